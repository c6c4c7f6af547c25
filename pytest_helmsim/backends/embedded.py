"""The embedded cluster: one prepared server per Kubernetes version and set of controllers, forked for every test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.backends.base import Settings
from pytest_helmsim.client.client import Client
from pytest_helmsim.client.in_process import api_client
from pytest_helmsim.objects.clock import VirtualClock

ALL_CONTROLLERS = "*"


@dataclass(frozen=True, slots=True)
class EmbeddedBackend:
    """A server of its own: nothing another test does is seen here."""

    client: Client
    clock: VirtualClock
    server: ApiServer
    name: str = "embedded"
    namespace: str = "default"


@dataclass(slots=True)
class EmbeddedSource:
    """Prepared servers by (Kubernetes version, controllers)."""

    settings: Settings
    _prepared: dict[tuple[str, str], ApiServer] = field(default_factory=dict)

    @contextmanager
    def isolate(self, name: str, *, kubernetes: str | None = None, controllers: str | None = None) -> Iterator[EmbeddedBackend]:
        """A fork of the prepared server; the fixture costs what the fork costs."""
        wanted = (kubernetes or self.settings.kubernetes, controllers or ALL_CONTROLLERS)
        if wanted not in self._prepared:
            self._prepared[wanted] = prepare(*wanted)
        server = self._prepared[wanted].fork()
        Controllers(server, wanted[1])
        yield EmbeddedBackend(Client(api_client(server.handle), server.clock), server.clock, server)


def prepare(kubernetes: str, controllers: str = ALL_CONTROLLERS) -> ApiServer:
    """A server as a fresh cluster is once its namespaces, node and ServiceAccounts are there."""
    server = ApiServer(version=kubernetes, clock=VirtualClock())
    Controllers(server, controllers)
    server.settle()
    return server


@contextmanager
def open_source(settings: Settings) -> Iterator[EmbeddedSource]:
    """Nothing to close: servers are objects of this process."""
    yield EmbeddedSource(settings)
