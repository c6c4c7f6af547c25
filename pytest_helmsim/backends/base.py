"""What every source of clusters gives: a session-wide source, and from it one isolated backend for each test."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_helmsim.objects.errors import HelmsimError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

    from pytest_helmsim.client.client import Client
    from pytest_helmsim.objects.clock import Clock


class BackendError(HelmsimError):
    """A cluster cannot be had: what is missing, and what to do."""


class ClusterCannot(HelmsimError):
    """This kind of cluster lacks a feature that the test asked for; under pytest a skip with this reason."""

    def __init__(self, cluster: str, feature: str, why: str) -> None:
        super().__init__(f"the cluster `{cluster}` has no {feature}: {why}")
        self.feature = feature


@dataclass(frozen=True, slots=True)
class Settings:
    """Where clusters come from; empty text means the default that the option's help names."""

    cluster: str = "embedded"
    kubernetes: str = "1.36"
    kubeconfig: str = ""
    context: str = ""
    kind_bin: str = ""
    kind_kubectl_bin: str = ""
    kind_image: str = ""
    kind_name: str = "pytest-helmsim"
    keep: bool = False


FEATURES = {
    "virtual clock": "its time is the machine's",
    "scripted images": "its kubelet runs the images that are there",
    "scripted webhooks": "its API server calls the webhooks that are there",
    "controllers by name": "its controllers are the cluster's own",
    "Kubernetes version by test": "it runs the version it was made with",
    "snapshots": "its content is its own store's",
    "request log": "nothing stands between it and its clients",
}
"""What only the embedded cluster has, with the reason why another one does not."""


class Backend(Protocol):
    """One isolated cluster, or one isolated namespace of a shared one."""

    @property
    def name(self) -> str:
        """`embedded`, `kind`, `kubeconfig`."""

    @property
    def client(self) -> Client:
        """Our client of it."""

    @property
    def api_client(self) -> ApiClient:
        """For the `kubernetes` package."""

    @property
    def clock(self) -> Clock:
        """Its time."""

    @property
    def namespace(self) -> str:
        """Where a release of this test goes by default."""

    @property
    def server(self) -> Any:
        """The simulated API server; None for a real one."""

    @property
    def images(self) -> Any:
        """Its scripted images; None for a real one."""


class Source(Protocol):
    """Opened once a session; gives each test an isolated backend."""

    def isolate(self, name: str, *, kubernetes: str | None = None, controllers: str | None = None) -> AbstractContextManager[Backend]:
        """A backend for the test called `name`; raises `ClusterCannot` for a version or controllers it cannot give."""


def open_source(settings: Settings) -> AbstractContextManager[Source]:
    """The source that `settings.cluster` names; heavy parts are imported by the one that needs them."""
    if settings.cluster == "embedded":
        from pytest_helmsim.backends import embedded

        return embedded.open_source(settings)
    if settings.cluster == "kind":
        from pytest_helmsim.backends import kind

        return kind.open_source(settings)
    if settings.cluster == "kubeconfig":
        from pytest_helmsim.backends import kubeconfig

        return kubeconfig.open_source(settings)
    raise BackendError(f"no cluster is called {settings.cluster!r}; there are embedded, kind and kubeconfig")
