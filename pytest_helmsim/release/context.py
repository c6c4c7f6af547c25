"""What every step of an operation needs: client, records, clock, rules, who watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release import times
from pytest_helmsim.release.cancellation import Cancellation
from pytest_helmsim.release.errors import ClusterUnreachable
from pytest_helmsim.release.history import History
from pytest_helmsim.release.model import ObjectChange
from pytest_helmsim.release.rules import Rules
from pytest_helmsim.schema.catalog import Catalog, UnknownKubernetesVersion
from pytest_helmsim.schema.model import Schema

Observer: TypeAlias = Callable[[ObjectChange], None]


class Log(Protocol):
    """Where log lines go: level (debug, info, warn, error), message, key and value pairs."""

    def __call__(self, level: str, message: str, /, **fields: object) -> None: ...


class LogOutput(Protocol):
    """Where the logs of hooks go, by their output-log policies."""

    def __call__(self, namespace: str, pod: str, container: str, text: str, /) -> None: ...


class Progress(Protocol):
    """Told at every look of a wait: `Kind/name` of what is not there yet and why, nothing once the wait is over."""

    def __call__(self, left: Mapping[str, str], /) -> None: ...


def ignore_change(change: ObjectChange) -> None:
    """The observer of those who do not look."""


def ignore_log(level: str, message: str, /, **fields: object) -> None:
    """The log of those who do not read."""


def ignore_output(namespace: str, pod: str, container: str, text: str, /) -> None:
    """The hook output of those who do not read."""


def ignore_progress(left: Mapping[str, str], /) -> None:
    """The progress of those who do not watch."""


@dataclass(slots=True)
class Context:
    """One engine's surroundings; operations receive it and keep no state of their own."""

    client: Client
    history: History
    clock: Clock
    rules: Rules
    namespace: str
    observe: Observer = ignore_change
    log: Log = ignore_log
    output: LogOutput = ignore_output
    progress: Progress = ignore_progress
    cancellation: Cancellation = field(default_factory=Cancellation)
    _catalog: Catalog | None = None

    def now(self) -> str:
        """The time as records write it."""
        return times.now(self.clock)

    def check_reachable(self, prefix: str = "") -> None:
        """Ask the cluster for its version; raise `ClusterUnreachable` in Helm's words.

        Every operation begins here and knows nothing yet of the cluster's kinds, as a process that has just started.
        """
        self.client.resources.invalidate()
        try:
            self._note_version(self.client.version().get("gitVersion") or "")
        except ApiError as error:
            raise ClusterUnreachable(f"{prefix}{self.rules.unreachable}: {error}") from error

    def _note_version(self, version: str) -> None:
        try:
            self._catalog = Catalog.for_version(version)
        except UnknownKubernetesVersion:
            self._catalog = Catalog.for_version()

    def validator(self, is_disabled: bool) -> Callable[[GroupVersionKind], Schema | None] | None:
        """What `build` holds new manifests against; None where `--disable-openapi-validation` asks for it."""
        return None if is_disabled else self.builtin_schema

    def builtin_schema(self, gvk: GroupVersionKind) -> Schema | None:
        """The schema of a kind that Helm's client library has Go types for, None for any other (they merge by JSON merge patch)."""
        if self._catalog is None:
            self._note_version("")
        assert self._catalog is not None
        return self._catalog.schema(gvk)
