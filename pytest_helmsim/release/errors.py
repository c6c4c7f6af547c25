"""What can go wrong in a release operation: one class per reason, the words exactly Helm's.

`str(error)` is what Helm prints behind `Error: ` and, for install and upgrade, behind the operation's prefix, which the
command line adds. Errors of an operation that had written its record are `OperationFailed`; they carry that record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_helmsim.objects.errors import HelmsimError

if TYPE_CHECKING:
    from pytest_helmsim.release.model import Release


class ReleaseError(HelmsimError):
    """Any refusal or failure of a release operation."""


class ReleaseNotFound(ReleaseError):
    """No record of that name (and revision)."""

    def __init__(self, message: str = "release: not found") -> None:
        super().__init__(message)


class ReleaseExists(ReleaseError):
    """Somebody else wrote the same revision first."""

    def __init__(self) -> None:
        super().__init__("release: already exists")


class NoDeployedReleases(ReleaseError):
    """There may be records, but none that an operation could start from."""

    def __init__(self, name: str) -> None:
        super().__init__(f'"{name}" has no deployed releases')


class InvalidReleaseName(ReleaseError):
    """The name is no release name."""


class NameInUse(ReleaseError):
    """Install of a name that has a record."""


class OperationInProgress(ReleaseError):
    """The last record is pending: another operation runs, or was killed; a rollback is the way out."""

    def __init__(self) -> None:
        super().__init__("another operation (install/upgrade/rollback) is in progress")


class NoSuchRevision(ReleaseError):
    """Rollback to a revision that has no record."""


class InvalidOption(ReleaseError):
    """An option with a value it cannot have, or two that exclude each other."""


class ClusterUnreachable(ReleaseError):
    """The cluster did not answer."""


class BuildFailed(ReleaseError):
    """A manifest cannot be turned into objects: bad YAML, a kind that the cluster does not serve."""


class OwnershipConflict(ReleaseError):
    """An object that the chart wants exists and belongs to somebody else."""


class StorageFailed(ReleaseError):
    """A record could not be read or written."""


class UpdateFailed(ReleaseError):
    """Objects could not be created, changed or deleted; `errors` has them all."""

    def __init__(self, message: str, errors: Sequence[Exception] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class ObjectFailed(ReleaseError):
    """One object could not be changed; the cluster's answer is the cause."""


class HookFailed(ReleaseError):
    """A hook could not be run, or did not succeed."""

    def __init__(self, message: str, not_ready: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.not_ready = dict(not_ready or {})


class WaitFailed(ReleaseError):
    """Objects failed, or did not become ready (or go away) in time; `not_ready` says which and why."""

    def __init__(self, message: str, not_ready: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.not_ready = dict(not_ready or {})


class OperationFailed(ReleaseError):
    """An operation that had begun: `release` is the record it left, `not_ready` maps `Kind/name` to why it is not ready."""

    def __init__(self, message: str, *, release: Release | None = None, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.release = release
        self.cause = cause
        self.__cause__ = cause
        self.not_ready: Mapping[str, str] = _not_ready(cause)


class InstallFailed(OperationFailed):
    """An install that had written its record, or stored custom resource definitions."""


class UpgradeFailed(OperationFailed):
    """An upgrade that had written its record."""


class RollbackFailed(OperationFailed):
    """A rollback that had written its record."""


class UninstallFailed(OperationFailed):
    """An uninstall that had begun; the record may be left `uninstalling`, or gone although something failed."""


class TestFailed(OperationFailed):
    """A test hook that failed."""

    __test__ = False


def _not_ready(error: BaseException | None) -> Mapping[str, str]:
    while error is not None:
        found = getattr(error, "not_ready", None)
        if found:
            return dict(found)
        error = error.__cause__
    return {}
