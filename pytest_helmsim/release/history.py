"""Questions about the revisions of a release: last, deployed, all; and the limit to how many are kept.

Source: helm.sh/helm/v4 pkg/storage/storage.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_helmsim.release.errors import NoDeployedReleases, ReleaseError, ReleaseNotFound, StorageFailed
from pytest_helmsim.release.model import DEPLOYED, Release
from pytest_helmsim.release.storage import Driver


@dataclass(slots=True)
class History:
    """The records of one driver; `limit` is how many of a release may exist after a `create` (0: any number)."""

    driver: Driver
    limit: int = 0

    def all(self, name: str) -> list[Release]:
        """Every revision in the API's order (by key, so v10 before v2); raise `ReleaseNotFound` when there is none."""
        return self.driver.query({"name": name, "owner": "helm"})

    def last(self, name: str) -> Release:
        """The highest revision, whatever its status."""
        found = self.all(name)
        if not found:
            raise StorageFailed(f'no revision for release "{name}"')
        return max(found, key=lambda release: release.version)

    def all_deployed(self, name: str) -> list[Release]:
        """Those whose object is labelled deployed; raise `NoDeployedReleases` when there is none."""
        try:
            return self.driver.query({"name": name, "owner": "helm", "status": DEPLOYED})
        except ReleaseNotFound as error:
            raise NoDeployedReleases(name) from error
        except StorageFailed as error:
            if "not found" in str(error):
                raise NoDeployedReleases(name) from error
            raise

    def deployed(self, name: str) -> Release:
        """The highest of them."""
        found = self.all_deployed(name)
        if not found:
            raise NoDeployedReleases(name)
        return max(found, key=lambda release: release.version)

    def get(self, name: str, version: int) -> Release:
        """One revision, or the last for 0."""
        return self.driver.get(name, version) if version > 0 else self.last(name)

    def create(self, release: Release) -> None:
        """Write a new record; before that make room for it, where there is a limit."""
        if self.limit > 0:
            self._prune(release.name, self.limit - 1)
        self.driver.create(release)

    def update(self, release: Release) -> None:
        """Write a record over itself."""
        self.driver.update(release)

    def try_update(self, release: Release) -> None:
        """The same where Helm has another error to deal with, or only logs this one."""
        try:
            self.driver.update(release)
        except ReleaseError:
            return

    def _prune(self, name: str, maximum: int) -> None:
        """Delete the oldest until `maximum` remain, but never the highest deployed one."""
        try:
            found = sorted(self.all(name), key=lambda release: release.version)
        except ReleaseNotFound:
            return
        if len(found) <= maximum:
            return
        try:
            protected = self.deployed(name).version
        except NoDeployedReleases:
            protected = 0
        surplus = [release for release in found if release.version != protected][: len(found) - maximum]
        errors: list[Exception] = []
        for release in surplus:
            try:
                self.driver.delete(name, release.version)
            except ReleaseError as error:
                errors.append(error)
        if len(errors) > 1:
            raise StorageFailed(f"encountered {len(errors)} deletion errors. First is: {errors[0]}") from errors[0]
        if errors and not isinstance(errors[0], ReleaseNotFound):
            raise errors[0]
