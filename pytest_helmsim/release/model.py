"""A release as a value: its record, its hooks, and what an operation did to each object.

Source: helm.sh/helm/v4 pkg/release/v1 (release.go, info.go, hook.go), helm.sh/helm/v3 pkg/release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from pytest_helmsim.objects.json import JsonObject

Status: TypeAlias = str
"""One of the words below; a record from elsewhere may hold any text."""

UNKNOWN: Final = "unknown"
DEPLOYED: Final = "deployed"
UNINSTALLED: Final = "uninstalled"
SUPERSEDED: Final = "superseded"
FAILED: Final = "failed"
UNINSTALLING: Final = "uninstalling"
PENDING_INSTALL: Final = "pending-install"
PENDING_UPGRADE: Final = "pending-upgrade"
PENDING_ROLLBACK: Final = "pending-rollback"
PENDING: Final = frozenset({PENDING_INSTALL, PENDING_UPGRADE, PENDING_ROLLBACK})

SERVER_SIDE: Final = "ssa"
CLIENT_SIDE: Final = "csa"

SYSTEM_LABELS: Final = ("name", "owner", "status", "version", "createdAt", "modifiedAt")


@dataclass(frozen=True, slots=True)
class Info:
    """What happened to a release: times in RFC 3339 (empty when never), status, description, rendered notes."""

    first_deployed: str = ""
    last_deployed: str = ""
    deleted: str = ""
    description: str = ""
    status: Status = UNKNOWN
    rollback_revision: int = 0
    notes: str = ""


@dataclass(frozen=True, slots=True)
class HookRun:
    """The last run of a hook; `phase` is empty before any, then Running, Unknown, Succeeded or Failed."""

    started_at: str = ""
    completed_at: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True)
class HookRecord:
    """One hook of a release as its record holds it."""

    name: str
    kind: str
    path: str
    manifest: str
    events: tuple[str, ...] = ()
    last_run: HookRun = HookRun()
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    output_log_policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One revision of one release. `chart` is the chart as records hold it; `labels` stand on the storage object."""

    name: str
    namespace: str
    version: int = 1
    info: Info = Info()
    chart: JsonObject | None = field(default=None, repr=False)
    config: JsonObject = field(default_factory=dict)
    manifest: str = field(default="", repr=False)
    hooks: tuple[HookRecord, ...] = ()
    apply_method: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """`info.status`."""
        return self.info.status

    @property
    def is_pending(self) -> bool:
        """An operation wrote it and has not said yet how it ended."""
        return self.info.status in PENDING

    def with_info(self, **changes: object) -> Release:
        """A copy with parts of the info changed."""
        return replace(self, info=replace(self.info, **changes))  # type: ignore[arg-type]

    def with_status(self, status: Status, description: str) -> Release:
        """A copy with another status and description."""
        return self.with_info(status=status, description=description)

    @property
    def chart_metadata(self) -> JsonObject:
        """Chart.yaml's fields; empty for a record without chart."""
        return (self.chart or {}).get("metadata") or {}


Action: TypeAlias = Literal["created", "patched", "applied", "replaced", "unchanged", "deleted", "kept", "failed"]


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """What an operation did to one object.

    `original` is the object in the base record (None for an addition), `target` in the new one (None for a deletion),
    `live_before` and `live_after` in the cluster (None when absent), `patch` what was sent, `error` why it failed.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    original: JsonObject | None
    target: JsonObject | None
    live_before: JsonObject | None
    live_after: JsonObject | None
    patch: JsonObject | None
    action: Action
    error: Exception | None = None

    @property
    def key(self) -> str:
        """`Deployment/web`."""
        return f"{self.kind}/{self.name}"
