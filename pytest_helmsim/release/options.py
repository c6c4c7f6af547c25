"""The options of operations: frozen, with Helm's defaults; one class for each operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

from pytest_helmsim.objects.flavour import HELM3, Flavour
from pytest_helmsim.release import durations
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import InvalidOption
from pytest_helmsim.release.post_render import PostRenderer
from pytest_helmsim.release.waiters import HookOnly, HooksAndDeletions, Polling, Waiter, Watcher

Wait: TypeAlias = bool | str | None
"""True: wait (Helm 3 by polling, Helm 4 by status); False or None: hooks only; Helm 4 also `watcher`, `hookOnly`, `legacy`."""

DryRun: TypeAlias = Literal["none", "client", "server"]
Duration: TypeAlias = str | float | timedelta
ServerSideFlag: TypeAlias = bool | Literal["auto", "true", "false"]

DEFAULT_TIMEOUT: Duration = "5m0s"
DEFAULT_HISTORY = 10


@dataclass(frozen=True, slots=True)
class _Common:
    """What all writing operations have."""

    wait: Wait = None
    wait_for_jobs: bool = False
    timeout: Duration = DEFAULT_TIMEOUT
    no_hooks: bool = False
    description: str = ""

    @property
    def seconds(self) -> float:
        """The time-out as a number."""
        return durations.seconds(self.timeout)


@dataclass(frozen=True, slots=True)
class _Rendering(_Common):
    """What install and upgrade share."""

    atomic: bool = False
    force: bool = False
    force_conflicts: bool = False
    take_ownership: bool = False
    dry_run: DryRun = "none"
    hide_secret: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    skip_crds: bool = False
    disable_openapi_validation: bool = False
    skip_schema_validation: bool = False
    subchart_notes: bool = False
    enable_dns: bool = False
    post_renderer: PostRenderer | None = None


@dataclass(frozen=True, slots=True)
class InstallOptions(_Rendering):
    """Of `install`."""

    server_side: bool = True
    create_namespace: bool = False
    replace: bool = False
    is_upgrade: bool = False


@dataclass(frozen=True, slots=True)
class UpgradeOptions(_Rendering):
    """Of `upgrade`. Without any of the three values options, no values repeat the old ones and given values replace them."""

    server_side: ServerSideFlag = "auto"
    install: bool = False
    create_namespace: bool = False
    reset_values: bool = False
    reuse_values: bool = False
    reset_then_reuse_values: bool = False
    cleanup_on_fail: bool = False
    recreate_pods: bool = False
    history_max: int = DEFAULT_HISTORY


@dataclass(frozen=True, slots=True)
class RollbackOptions(_Common):
    """Of `rollback`."""

    server_side: ServerSideFlag = "auto"
    force: bool = False
    force_conflicts: bool = False
    cleanup_on_fail: bool = False
    recreate_pods: bool = False
    dry_run: DryRun = "none"
    history_max: int = DEFAULT_HISTORY


@dataclass(frozen=True, slots=True)
class UninstallOptions(_Common):
    """Of `uninstall`."""

    keep_history: bool = False
    ignore_not_found: bool = False
    dry_run: bool = False
    cascade: str = "background"


@dataclass(frozen=True, slots=True)
class TestOptions:
    """Of `test`: hooks by name; `filters` maps to what is included and excluded."""

    __test__ = False

    timeout: Duration = DEFAULT_TIMEOUT
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """The time-out as a number."""
        return durations.seconds(self.timeout)


def strategy(wait: Wait, flavour: Flavour, *, atomic: bool = False) -> str:
    """The name of the wait strategy: an atomic operation waits at least as `--wait` does.

    Raise `InvalidOption` for a name that this Helm does not know.
    """
    if flavour == HELM3:
        if isinstance(wait, str):
            raise InvalidOption(f'invalid argument "{wait}" for "--wait" flag: Helm 3 waits or does not')
        return "polling" if wait or atomic else "none"
    name = {True: "watcher", "true": "watcher", False: "hookOnly", "false": "hookOnly", None: "hookOnly"}.get(wait, wait)
    if name not in ("watcher", "hookOnly", "legacy"):
        raise InvalidOption(
            f'invalid argument "{wait}" for "--wait" flag: invalid wait input "{wait}". Valid inputs are watcher, hookOnly, and legacy'
        )
    return "watcher" if atomic and name == "hookOnly" else str(name)


def undoing_wait(wait: Wait, flavour: Flavour) -> Wait:
    """How the rollback or uninstall waits that an atomic operation ends with."""
    return True if flavour == HELM3 else strategy(wait, flavour, atomic=True)


_WAITERS: Mapping[str, Callable[[Context], Waiter]] = {
    "polling": Polling,
    "legacy": Polling,
    "none": HooksAndDeletions,
    "watcher": Watcher,
    "hookOnly": HookOnly,
}


def waiter(context: Context, name: str) -> Waiter:
    """The waiter of a strategy."""
    return _WAITERS[name](context)


def server_side(flag: ServerSideFlag, last_method: str) -> bool:
    """Whether an upgrade or rollback applies server-side: `auto` follows the record's method."""
    text = str(flag).lower() if isinstance(flag, bool) else flag
    if text == "auto":
        return last_method == "ssa"
    if text in ("true", "false"):
        return text == "true"
    raise InvalidOption(f"invalid/unknown release server-side apply method: {flag}")
