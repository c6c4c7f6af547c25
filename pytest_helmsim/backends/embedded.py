"""The embedded cluster: one prepared server per Kubernetes version and set of controllers, forked for every test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.app import ApiServer, Snapshot
from pytest_helmsim.apiserver.controllers.images import Images
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.backends.base import BackendError, Settings
from pytest_helmsim.client import in_process
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.schema.catalog import UnknownKubernetesVersion

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

ALL_CONTROLLERS = "*"


@dataclass(frozen=True, slots=True)
class EmbeddedBackend:
    """A server of its own: nothing another test does is seen here."""

    client: Client
    clock: VirtualClock
    server: ApiServer
    controllers: Controllers
    name: str = "embedded"
    namespace: str = "default"

    @property
    def images(self) -> Images:
        """What its kubelet runs."""
        return self.controllers.images

    def snapshot(self) -> Snapshot:
        """Its content now; costs next to nothing."""
        return self.server.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Its content as it was. The clock goes on, open watches end, the controllers look at everything anew."""
        self.server.restore(snapshot)
        self._look_anew()

    def move_to(self, version: str) -> None:
        """The running cluster in another Kubernetes version; raises `BackendError` for one that is not known."""
        try:
            self.server.move_to(version)
        except UnknownKubernetesVersion as error:
            raise BackendError(str(error)) from error
        self._look_anew()

    def fork(self) -> EmbeddedBackend:
        """An independent cluster with the same content, time, images and plans; what it accepts unchecked is noted here too."""
        clock = VirtualClock(self.clock.now())
        server = self.server.fork(clock=clock)
        server.notes = self.server.notes
        client = Client(server.handle, clock, user_agent=self.client.user_agent)
        return EmbeddedBackend(client, clock, server, self.controllers.fork(server), self.name, self.namespace)

    def _look_anew(self) -> None:
        self.client.resources.invalidate()
        self.controllers.restart()

    @property
    def api_client(self) -> ApiClient:
        """The same server for the `kubernetes` package."""
        return in_process.api_client(self.server.handle)


@dataclass(slots=True)
class EmbeddedSource:
    """Prepared servers by (Kubernetes version, controllers)."""

    settings: Settings
    _prepared: dict[tuple[str, str], tuple[ApiServer, Controllers]] = field(default_factory=dict)

    @contextmanager
    def isolate(self, name: str, *, kubernetes: str | None = None, controllers: str | None = None) -> Iterator[EmbeddedBackend]:
        """A fork of the prepared server; the fixture costs what the fork costs."""
        version, names = kubernetes or self.settings.kubernetes, controllers or ALL_CONTROLLERS
        if (version, names) not in self._prepared:
            self._prepared[version, names] = _started(version, names)
        prepared, controlled = self._prepared[version, names]
        clock = VirtualClock(prepared.clock.now())
        server = prepared.fork(clock=clock)
        yield EmbeddedBackend(Client(server.handle, clock), clock, server, controlled.fork(server))


def prepare(kubernetes: str, controllers: str = ALL_CONTROLLERS) -> ApiServer:
    """A server as a fresh cluster is once its namespaces, node and ServiceAccounts are there; its controllers have stopped.

    Raises `BackendError` for a Kubernetes version or a controller that is not known.
    """
    server, loop = _started(kubernetes, controllers)
    loop.stop()
    return server


def _started(kubernetes: str, controllers: str) -> tuple[ApiServer, Controllers]:
    """A fresh cluster at rest, with the controllers that brought it there."""
    try:
        server = ApiServer(kubernetes, clock=VirtualClock())
    except UnknownKubernetesVersion as error:
        raise BackendError(str(error)) from error
    loop = Controllers(server, names=controllers)
    loop.start()
    return server, loop


@contextmanager
def open_source(settings: Settings) -> Iterator[EmbeddedSource]:
    """Nothing to close: servers are objects of this process."""
    yield EmbeddedSource(settings)
