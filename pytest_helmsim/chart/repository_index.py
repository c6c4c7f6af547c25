"""The index.yaml of a chart repository: reading, looking up, making one from a folder of archives, merging.

`Index.load(data)` sorts versions from new to old and leaves out entries that are no charts; `.get(name, version)` takes the exact text
first, then the highest version in the range, pre-releases only where the range names one.

Source: helm.sh/helm pkg/repo/v1/index.go.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import posixpath
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pytest_helmsim.chart import loader, model
from pytest_helmsim.chart.errors import ChartError, RepositoryError
from pytest_helmsim.chart.model import Metadata
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.clock import Clock, rfc3339
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError

FILE_NAME: Final = "index.yaml"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChartVersion:
    """One packed chart in an index."""

    metadata: Metadata
    urls: tuple[str, ...]
    digest: str = ""
    created: str = model.ZERO_TIME

    @property
    def version(self) -> str:
        return self.metadata.version

    def to_json(self) -> JsonObject:
        """As it stands in index.yaml."""
        entry = model.metadata_json(self.metadata) | {"urls": list(self.urls), "created": self.created}
        return entry | {"digest": self.digest} if self.digest else entry


@dataclass(slots=True)
class Index:
    """Charts by name, each with its versions from new to old."""

    entries: dict[str, list[ChartVersion]] = field(default_factory=dict)
    generated: str = model.ZERO_TIME

    @classmethod
    def load(cls, data: bytes, *, source: str = FILE_NAME) -> Index:
        """An index from its bytes; RepositoryError for text that is no index."""
        if not data:
            raise RepositoryError("empty index.yaml file")
        try:
            document = yamlio.load_map(data)
        except yamlio.YamlError as error:
            raise RepositoryError(str(error)) from error
        index = cls(generated=str(document.get("generated") or model.ZERO_TIME))
        for name, versions in (document.get("entries") or {}).items():
            index.entries[name] = [each for entry in versions or () if (each := _read_entry(name, entry, source)) is not None]
        index.sort()
        if not document.get("apiVersion"):
            raise RepositoryError("no API version specified")
        return index

    def sort(self) -> None:
        """Newest first; what is no version comes last."""
        for versions in self.entries.values():
            versions.sort(key=functools.cmp_to_key(_compare), reverse=True)

    def get(self, name: str, version: str = "") -> ChartVersion:
        """The chart of that name: the exact version, else the highest in the range; an empty one means any release."""
        versions = self.entries.get(name)
        if versions is None:
            raise RepositoryError("no chart name found")
        if not versions:
            raise RepositoryError("no chart version found")
        try:
            constraint = Constraint.parse(version or "*")
        except VersionError as error:
            raise RepositoryError(str(error)) from error
        for each in versions:
            if version and each.version == version:
                return each
        for each in versions:
            try:
                fits = constraint.check(Version.parse(each.version))
            except VersionError:
                continue
            if fits:
                return each
        raise RepositoryError(f"no chart version found for {name}-{version}")

    def merge(self, other: Index) -> None:
        """Add what `other` has and this has not, by name and version."""
        for name, versions in other.entries.items():
            own = self.entries.setdefault(name, [])
            known = {each.version for each in own}
            own.extend(each for each in versions if each.version not in known)

    def dump(self) -> str:
        """The text of index.yaml."""
        entries = {name: [each.to_json() for each in versions] for name, versions in self.entries.items()}
        return yamlio.dump({"apiVersion": "v1", "entries": entries, "generated": self.generated})


def _read_entry(name: str, entry: object, source: str) -> ChartVersion | None:
    if not isinstance(entry, dict):
        _log.warning("skipping loading invalid entry for chart %s from %s: empty entry", name, source)
        return None
    try:
        metadata = model.metadata_from_json(entry)
        metadata.api_version = metadata.api_version or "v1"
        model.validate(metadata)
    except (ChartError, AttributeError, TypeError) as error:
        _log.warning("skipping loading invalid entry for chart %s %s from %s: %s", name, entry.get("version"), source, error)
        return None
    urls = tuple(str(each) for each in entry.get("urls") or ())
    return ChartVersion(metadata, urls, str(entry.get("digest") or ""), str(entry.get("created") or model.ZERO_TIME))


def _compare(a: ChartVersion, b: ChartVersion) -> int:
    try:
        first = Version.parse(a.version)
    except VersionError:
        return -1
    try:
        return first.compare(Version.parse(b.version))
    except VersionError:
        return 1


def index_folder(folder: Path, *, clock: Clock, base_url: str = "", flavour: Flavour = HELM4) -> Index:
    """The index of the archives in a folder and the folders right below it; archives that are no charts are passed over."""
    now = rfc3339(clock.now())
    index = Index(generated=now)
    for archive in (*sorted(folder.glob("*.tgz")), *sorted(folder.glob("*/*.tgz"))):
        try:
            chart = loader.load(archive, flavour=flavour, check_version=False)
        except ChartError as error:
            _log.info("%s is no chart: %s", archive, error)
            continue
        relative = archive.relative_to(folder).as_posix()
        url = posixpath.join(base_url, relative) if base_url else relative
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        index.entries.setdefault(chart.name, []).append(ChartVersion(chart.metadata, (url,), digest, now))
    index.sort()
    return index
