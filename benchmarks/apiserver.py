"""The simulated API server against the real one on loopback, through the same client, in one run.

Each operation in process, over HTTP, and on the real server; then what only ours has: start, fork, and cost by the size of the cluster.
HELMSIM_ORACLE names the folder of the real programs, HELMSIM_CONTROLPLANE the script that starts a control plane.
"""

from __future__ import annotations

import gc
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.measure import Timing, control_plane, timed
from pytest_helmsim.apiserver import http_server
from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind

SPACE = "benchmark"
CONFIG_MAP, DEPLOYMENT = GroupVersionKind("", "v1", "ConfigMap"), GroupVersionKind("apps", "v1", "Deployment")
STRATEGIC = "application/strategic-merge-patch+json"
WATCHERS, LISTED, WRITES = 50, 1_000, 100


def config_map(name: str) -> JsonObject:
    """A small object."""
    meta = {"name": name, "namespace": SPACE, "labels": {"app": "benchmark"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"key": "value" * 20}}


def deployment(name: str, replicas: int = 0) -> JsonObject:
    """One as charts have it; nothing runs, since it wants no replicas."""
    labels = {"app": name}
    probe = {"httpGet": {"path": "/", "port": "http"}}
    container = {"name": "web", "image": "nginx:1.27", "ports": [{"name": "http", "containerPort": 80}], "livenessProbe": probe,
                 "readinessProbe": probe, "env": [{"name": "A", "value": "1"}], "resources": {"limits": {"cpu": "100m"}}}  # fmt: skip
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "paused": True, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SPACE}, "spec": spec}


class Operations:
    """The operations on one cluster."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._count = 0
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
        for number in range(LISTED):
            client.create(config_map(f"c-{number}"))
        client.create(deployment("web"))

    def _next(self) -> str:
        self._count += 1
        return f"n-{self._count}"

    def get(self) -> None:
        """One Deployment."""
        self.client.get(DEPLOYMENT, "web", SPACE)

    def list(self) -> None:
        """A thousand ConfigMaps, parsed."""
        assert (
            len(self.client.request("GET", f"/api/v1/namespaces/{SPACE}/configmaps", query={"labelSelector": "app"}).json()["items"])
            >= LISTED
        )

    def page(self) -> None:
        """The first ten ConfigMaps."""
        assert len(self.client.request("GET", f"/api/v1/namespaces/{SPACE}/configmaps", query={"limit": "10"}).json()["items"]) == 10

    def named(self) -> None:
        """One ConfigMap, by a list with a field selector."""
        assert len(self.client.list(CONFIG_MAP, SPACE, field_selector="metadata.name=c-00007")) == 1

    def create(self) -> None:
        """A Deployment."""
        self.client.create(deployment(self._next()))

    def patch(self) -> None:
        """A strategic merge patch of a container."""
        value = {"spec": {"template": {"spec": {"containers": [{"name": "web", "env": [{"name": "A", "value": self._next()}]}]}}}}
        self.client.patch(DEPLOYMENT, "web", value, SPACE, content_type=STRATEGIC, field_manager="benchmark")

    def apply(self) -> None:
        """A server-side apply that changes the image."""
        wanted = deployment("web")
        wanted["spec"]["template"]["spec"]["containers"][0]["image"] = f"nginx:{self._next()}"
        self.client.apply(wanted, SPACE, field_manager="applier", force=True)

    def fan_out(self) -> None:
        """Every one of the watchers sees every one of the writes."""
        ready, ended = threading.Barrier(WATCHERS + 1), []
        path, name = f"/api/v1/namespaces/{SPACE}/configmaps", f"fan-{self._next()}"
        version = self.client.request("GET", path, query={"limit": "1"}).json()["metadata"]["resourceVersion"]

        def watch() -> None:
            chosen = {"resource_version": version, "field_selector": f"metadata.name={name}", "timeout_seconds": 60}
            events = self.client.watch(CONFIG_MAP, SPACE, **chosen)
            ready.wait()
            ended.append(sum(1 for _ in islice(filter(None, events), WRITES)))

        threads = [threading.Thread(target=watch) for _ in range(WATCHERS)]
        for thread in threads:
            thread.start()
        ready.wait()
        obj = self.client.create(config_map(name))
        for number in range(WRITES - 1):
            obj["data"] = {"key": str(number)}
            obj = self.client.replace(obj)
        for thread in threads:
            thread.join()
        assert ended == [WRITES] * WATCHERS


CASES: tuple[tuple[str, Callable[[Operations], None], int, int], ...] = (
    ("get", Operations.get, 100, 7),
    ("list of 1,000", Operations.list, 1, 15),
    ("create", Operations.create, 20, 7),
    ("strategic patch", Operations.patch, 20, 7),
    ("apply", Operations.apply, 20, 7),
    (f"{WRITES} writes to {WATCHERS} watchers", Operations.fan_out, 1, 3),
)


NARROW: tuple[tuple[str, Callable[[Operations], None], int, int], ...] = (
    ("page of 10", Operations.page, 100, 7),
    ("list by name", Operations.named, 100, 7),
)
"""Lists that are not full: what they cost does not depend on the size of the cluster."""


def over_http(kubeconfig: Path) -> Client:
    """A client of what a kubeconfig names, its pool wide enough for the watchers."""
    import kubernetes.client
    import kubernetes.config
    import urllib3

    urllib3.disable_warnings()
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    configuration.connection_pool_maxsize = WATCHERS + 10
    return Client(kubernetes.client.ApiClient(configuration), RealClock())


@contextmanager
def served() -> Iterator[Client]:
    """Ours over HTTP, in a process of its own, as a user of `helmsim serve` has it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kubeconfig"
        process = start_process(path, "--controllers=namespace")
        try:
            yield over_http(path)
        finally:
            process.terminate()
            process.wait()


def start_process(path: Path, *options: str) -> subprocess.Popen[bytes]:
    """`helmsim serve`; returns when the kubeconfig is there and the server answers."""
    command = [str(Path(sys.executable).parent / "helmsim"), "serve", "--kubeconfig", str(path), *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not path.exists() or not path.read_bytes():
        time.sleep(0.002)
        if process.poll() is not None:
            raise SystemExit("helmsim serve ended")
    return process


def repeated(call: Callable[[Operations], None], side: Operations, times: int) -> Callable[[], None]:
    """The operation so many times."""

    def run() -> None:
        for _ in range(times):
            call(side)

    return run


def compare() -> None:
    """Each operation on the three, and the ratios."""
    with control_plane() as kubeconfig, served() as ours:
        sides = {"in process": Client(ApiServer().handle, RealClock()), "over HTTP": ours, "real": over_http(kubeconfig)}
        operations = {name: Operations(client) for name, client in sides.items()}
        for title, call, repeat, runs in CASES:
            found: dict[str, Timing] = {}
            for name, side in operations.items():
                call(side)
                found[name] = timed(f"{title} x{repeat}, {name}", repeated(call, side, repeat), runs)
                print(found[name])
            real = found["real"].fastest
            faster, slower = real / found["in process"].fastest, found["over HTTP"].fastest / real
            print(f"  fastest runs: in process {faster:.1f} times faster than real (goal 3); over HTTP {slower:.2f} of its time (goal 2)")


def starts() -> None:
    """From nothing to an answer; processes find byte code, as those of an installed package do."""
    opened: list[http_server.HttpServer] = []

    def thread() -> None:
        opened.append(http_server.serve(ApiServer()))
        served = opened[-1].served
        context = ssl.create_default_context(cadata=served.certificate.decode())
        connection = http.client.HTTPSConnection(served.url.removeprefix("https://"), context=context)
        connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {served.token}"})
        assert connection.getresponse().read() == b"ok"
        connection.close()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kubeconfig"
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

        def process() -> None:
            path.unlink(missing_ok=True)
            running = start_process(path)
            running.kill()
            running.wait()

        print(timed("start over HTTP in this process, until it answers", thread, 9), "(goal 100)")
        for server in opened:
            server.close()
        process()
        print(timed("start as a process, until it answers", process, 9), "(goal 400)")
        del os.environ["PYTHONPYCACHEPREFIX"]


def filled(size: int) -> ApiServer:
    """A cluster with so many objects."""
    server = ApiServer()
    client = Client(server.handle, RealClock())
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}})
    for number in range(size):
        client.create(config_map(f"c-{number:05}"))
    client.create(deployment("web"))
    return server


def sizes() -> None:
    """Fork and single requests by the number of objects."""
    for size in (100, 1_000, 10_000):
        server = filled(size)
        print(timed(f"{size} objects: fork", server.fork, 15))
        if size == 10_000:
            gc.collect()
            tracemalloc.start()
            twin = server.fork()
            taken = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            print(f"{size} objects: a fork takes {taken / 1024 / 1024:.2f} MiB ({twin.store.revision} writes)")
        operations: Any = Operations.__new__(Operations)
        operations.client, operations._count = Client(server.handle, RealClock()), 0
        for title, call, repeat, _ in (*CASES, *NARROW):
            if call not in (Operations.list, Operations.fan_out):
                print(timed(f"{size} objects: {title} x{repeat}", repeated(call, operations, repeat), 5))


def main() -> None:
    """All three parts."""
    starts()
    sizes()
    if os.environ.get("HELMSIM_CONTROLPLANE"):
        compare()
    else:
        print(json.dumps("the comparison with a real server wants HELMSIM_CONTROLPLANE and HELMSIM_ORACLE"))


if __name__ == "__main__":
    main()
