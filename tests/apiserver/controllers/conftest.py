"""A running embedded cluster with a few shorthands."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.common import Settings
from pytest_helmsim.apiserver.controllers.images import Images
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.wire import Request

PREFIXES = {
    "deployments": "/apis/apps/v1", "replicasets": "/apis/apps/v1", "statefulsets": "/apis/apps/v1", "daemonsets": "/apis/apps/v1",
    "controllerrevisions": "/apis/apps/v1", "jobs": "/apis/batch/v1", "cronjobs": "/apis/batch/v1",
    "endpointslices": "/apis/discovery.k8s.io/v1", "ingresses": "/apis/networking.k8s.io/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
}  # fmt: skip


class Cluster:
    """Server, controllers and clock; requests by plural and name in the namespace `default`."""

    def __init__(
        self, names: str = "*", *, server: ApiServer | None = None, settings: Settings | None = None, images: Images | None = None
    ) -> None:
        self.server = server if server is not None else ApiServer("1.36")
        self.controllers = Controllers(self.server, names=names, settings=settings, images=images)
        self.images = self.controllers.images
        self.controllers.start()

    def fork(self) -> Cluster:
        """An independent cluster that goes on from here."""
        twin = Cluster.__new__(Cluster)
        twin.server = self.server.fork()
        twin.controllers = self.controllers.fork(twin.server)
        twin.images = twin.controllers.images
        return twin

    @property
    def clock(self) -> VirtualClock:
        assert isinstance(self.server.clock, VirtualClock)
        return self.server.clock

    def path(self, target: str) -> str:
        return target if target.startswith("/") else f"{PREFIXES.get(target.partition('/')[0], '/api/v1')}/namespaces/default/{target}"

    def ask(self, method: str, target: str, body: Any = None, content_type: str = "application/json") -> Any:
        response = self.server.handle(Request.make(method, self.path(target), "", body, content_type))
        answer = response.json()
        assert response.status < 300, answer
        return answer

    def create(self, target: str, body: Any) -> Any:
        return self.ask("POST", target, body)

    def patch(self, target: str, body: Any) -> Any:
        return self.ask("PATCH", target, body, "application/merge-patch+json")

    def delete(self, target: str, propagation: str = "Background") -> Any:
        return self.ask("DELETE", target, {"propagationPolicy": propagation})

    def get(self, target: str) -> Any:
        return self.ask("GET", target)

    def list(self, target: str) -> list[Any]:
        items: list[Any] = self.ask("GET", target)["items"]
        return items

    def exists(self, target: str) -> bool:
        return self.server.handle(Request.make("GET", self.path(target))).status == 200

    def log(self, pod: str, container: str = "c", *, previous: bool = False) -> str:
        return self.server.logs.get(("default", pod, container, previous), "")

    def reasons(self, kind: str) -> list[str]:
        return [item["reason"] for item in self.list("events") if item["involvedObject"]["kind"] == kind]


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def workload(kind: str, name: str, image: str, **spec: Any) -> Any:
    """A Deployment, StatefulSet or DaemonSet with one container `c`."""
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": image}], **spec.pop("pod", {})}}
    extra = {"serviceName": name} if kind == "StatefulSet" else {}
    body = {"selector": {"matchLabels": {"app": name}}, "template": pod, **extra, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body}


def job(name: str, image: str, **spec: Any) -> Any:
    """A Job with one container `c`."""
    pod = {"spec": {"restartPolicy": spec.pop("restart", "Never"), "containers": [{"name": "c", "image": image}]}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": pod, **spec}}


@pytest.fixture(name="workload")
def _workload() -> Any:
    return workload


@pytest.fixture(name="job")
def _job() -> Any:
    return job


@pytest.fixture(name="make_cluster")
def _make_cluster() -> type[Cluster]:
    return Cluster
