"""The index.yaml of a chart repository: reading, looking up, making one from a folder of archives, merging.

`Index.load(data)` sorts versions from new to old and leaves out entries that are no charts; `.get(name, version)` takes the exact text
first, then the highest version in the range, pre-releases only where the range names one. An index in YAML may hold known fields only.

Source: helm.sh/helm pkg/repo/v1/index.go.
"""

from __future__ import annotations

import functools
import hashlib
import posixpath
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pytest_helmsim.chart import chart_yaml, loader, model
from pytest_helmsim.chart.errors import ChartError, RepositoryError
from pytest_helmsim.chart.model import Metadata
from pytest_helmsim.objects import gojson, yamlio
from pytest_helmsim.objects.clock import Clock, rfc3339
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError

FILE_NAME: Final = "index.yaml"
Warn = Callable[[str, dict[str, str]], object]
"""Takes a message and its fields."""
_JSON: Final = "error unmarshaling JSON: while decoding JSON: json: "
_ROOT_FIELDS: Final = frozenset(("serverinfo", "apiversion", "generated", "entries", "publickeys", "annotations"))
_PERSON_FIELDS: Final = frozenset(("name", "email", "url"))
_DEPENDENCY_FIELDS: Final = frozenset(("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"))
_CHART_FIELDS: Final = frozenset((
    "name", "home", "sources", "version", "description", "keywords", "maintainers", "icon", "apiversion", "condition", "tags",
    "appversion", "deprecated", "annotations", "kubeversion", "dependencies", "type", "urls", "created", "removed", "digest", "checksum",
    "engine", "tillerversion", "url",
))  # fmt: skip


_OWN_FIELDS: Final = frozenset(("urls", "created", "removed", "digest", "checksum", "engine", "tillerversion", "url"))
_INNER: Final = {"maintainers": _PERSON_FIELDS, "dependencies": _DEPENDENCY_FIELDS}
_TYPES: Final = {
    "sources": ("[]string", "string"), "keywords": ("[]string", "string"), "urls": ("[]string", "string"), "deprecated": ("bool", ""),
    "removed": ("bool", ""), "annotations": ("map[string]string", ""), "maintainers": ("[]*chart.Maintainer", ""),
    "dependencies": ("[]*chart.Dependency", ""),
}  # fmt: skip
_KINDS: Final = {"string": "string", "bool": "bool", "map[string]string": "object"}


@dataclass(frozen=True, slots=True)
class ChartVersion:
    """One packed chart in an index."""

    metadata: Metadata
    urls: tuple[str, ...]
    digest: str = ""
    created: str = model.ZERO_TIME
    removed: bool = False

    @property
    def version(self) -> str:
        return self.metadata.version

    def to_json(self) -> JsonObject:
        """As it stands in the index, in Go's order of fields."""
        entry = model.metadata_json(self.metadata) | {"urls": list(self.urls) or None, "created": self.created}
        if self.removed:
            entry["removed"] = True
        return entry | {"digest": self.digest} if self.digest else entry


@dataclass(slots=True)
class Index:
    """Charts by name, each with its versions from new to old."""

    entries: dict[str, list[ChartVersion]] = field(default_factory=dict)
    generated: str = model.ZERO_TIME

    @classmethod
    def load(cls, data: bytes, *, source: str = FILE_NAME, warn: Warn | None = None) -> Index:
        """An index from its bytes; RepositoryError for text that is no index. `warn` hears of each entry that is no chart."""
        if not data:
            raise RepositoryError("empty index.yaml file")
        document = _document(data)
        index = cls(generated=str(document.get("generated") or model.ZERO_TIME))
        for name, versions in (document.get("entries") or {}).items():
            index.entries[name] = [each for entry in versions or () if (each := _read_entry(name, entry, source, warn)) is not None]
        index.sort()
        if not document.get("apiVersion"):
            raise RepositoryError("no API version specified")
        return index

    @classmethod
    def read(cls, path: Path, *, warn: Warn | None = None) -> Index:
        """An index from a file, which errors name."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise RepositoryError(f"open {path}: {(error.strerror or str(error)).lower()}") from error
        try:
            return cls.load(data, source=str(path), warn=warn)
        except RepositoryError as error:
            raise RepositoryError(f"error loading {path}: {error}") from error

    def sort(self) -> None:
        """Newest first; what is no version comes last."""
        for versions in self.entries.values():
            versions.sort(key=functools.cmp_to_key(_compare), reverse=True)

    def get(self, name: str, version: str = "", *, warn: Warn | None = None) -> ChartVersion:
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
                if warn is not None and version and not is_range(version):
                    text = "unable to find exact version requested; falling back to closest available version"
                    warn(text, {"chart": name, "requested": version, "selected": each.version})
                return each
        raise RepositoryError(f"no chart version found for {name}-{version}")

    def has(self, name: str, version: str) -> bool:
        """Whether that version, read as a range, is there."""
        try:
            self.get(name, version)
        except RepositoryError:
            return False
        return True

    def merge(self, other: Index) -> None:
        """Add what `other` has and this has not, by name and version."""
        for versions in other.entries.values():
            for each in versions:
                if not self.has(each.metadata.name, each.version):
                    self.entries.setdefault(each.metadata.name, []).append(each)

    def to_json(self) -> JsonObject:
        """In Go's order of fields."""
        entries = {name: [each.to_json() for each in versions] for name, versions in sorted(self.entries.items())}
        return {"apiVersion": "v1", "generated": self.generated, "entries": entries}

    def dump(self) -> str:
        """The text of index.yaml."""
        return yamlio.dump(self.to_json())

    def dump_json(self) -> str:
        """The text of `--json`."""
        return _indented(self.to_json())


def _indented(value: Any, depth: int = 0) -> str:
    """Go's MarshalIndent, which keeps the order of a struct's fields."""
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict) and value:
        items = [f"{inner}{gojson.quote(key)}: {_indented(each, depth + 1)}" for key, each in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{outer}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _indented(each, depth + 1) for each in value) + f"\n{outer}]"
    return gojson.encode(value)


def is_range(version: str) -> bool:
    """Whether a text asks for a range rather than for one version."""
    if any(mark in version for mark in "^~<>=!*") or "||" in version or " - " in version:
        return True
    core = version.partition("-")[0].partition("+")[0]
    return "x" in core.lower()


def _document(data: bytes) -> JsonObject:
    text = data.decode("utf-8", "surrogateescape")
    if text.lstrip().startswith("{"):
        try:
            return gojson.decode_map(text) or {}
        except gojson.GoJsonError:
            pass  # a flow map of YAML starts like JSON does
    try:
        document = yamlio.load_object(data, strict=True)
    except yamlio.YamlError as error:
        raise RepositoryError(str(error)) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise RepositoryError(f"{_JSON}cannot unmarshal {kind(document)} into Go value of type repo.IndexFile")
    _check_fields(document)
    return document


def kind(value: Any) -> str:
    """JSON's word for a value that YAML gave."""
    return "number" if isinstance(value, int) and not isinstance(value, bool) else gojson.kind_name(value)


def _check_fields(document: JsonObject) -> None:
    """Raise for the first unknown field, keys sorted as Go meets them."""
    for key, value in sorted(document.items()):
        _check_key(key, _ROOT_FIELDS)
        if key.lower() != "entries" or value is None:
            continue
        if not isinstance(value, dict):
            raise _mismatch(value, "entries", "map[string]repo.ChartVersions")
        for _, versions in sorted(value.items()):
            if versions is not None and not isinstance(versions, list):
                raise _mismatch(versions, "entries", "repo.ChartVersions")
            for entry in versions or ():
                if entry is not None and not isinstance(entry, dict):
                    raise _mismatch(entry, "entries", "repo.ChartVersion")
                _check_entry(entry or {})


def _check_entry(entry: JsonObject) -> None:
    """The types of Go's struct: a number is no text here, since nothing tells the YAML reader what is wanted."""
    for key, value in sorted(entry.items()):
        folded = key.lower()
        _check_key(key, _CHART_FIELDS)
        wanted, items = _TYPES.get(folded, ("string", ""))
        place = f"{'' if folded in _OWN_FIELDS else 'Metadata.'}{key}"
        if value is None or folded == "created":
            continue
        if kind(value) != _KINDS.get(wanted, "array"):
            raise _mismatch(value, place, wanted, struct="ChartVersion.entries")
        for each in value if isinstance(value, list) else ():
            if items and each is not None and not isinstance(each, str):
                raise _mismatch(each, place, items, struct="ChartVersion.entries")
        for each in value if folded in _INNER and isinstance(value, list) else ():
            for name in sorted(each) if isinstance(each, dict) else ():
                _check_key(name, _INNER[folded])


def _check_key(key: str, known: frozenset[str]) -> None:
    if key.lower() not in known:
        raise RepositoryError(f"{_JSON}unknown field {gojson.quote(key)}")


def _mismatch(value: Any, place: str, wanted: str, *, struct: str = "IndexFile") -> RepositoryError:
    return RepositoryError(f"{_JSON}cannot unmarshal {kind(value)} into Go struct field {struct}.{place} of type {wanted}")


def _read_entry(name: str, entry: Any, source: str, warn: Warn | None) -> ChartVersion | None:
    def skip(text: str, fields: dict[str, str]) -> None:
        if warn is not None:
            warn(text, fields)

    if not isinstance(entry, dict):
        skip("skipping loading invalid entry for chart: empty entry", {"name": name, "source": source})
        return None
    metadata = Metadata()
    try:
        chart_yaml.fill_metadata(entry, metadata, FILE_NAME)
    except ChartError as error:
        raise RepositoryError(str(error).removeprefix(f"cannot load {FILE_NAME}: ")) from error
    metadata.api_version = metadata.api_version or "v1"
    try:
        model.validate(metadata)
    except ChartError as error:
        if not str(error).startswith("validation: more than one dependency with name or alias"):
            fields = {"name": name, "version": metadata.version, "source": source, "error": str(error)}
            skip("skipping loading invalid entry for chart", fields)
            return None
    urls = entry.get("urls")
    return ChartVersion(
        metadata,
        tuple(str(each) for each in urls) if isinstance(urls, list) else (),
        str(entry.get("digest") or ""),
        str(entry.get("created") or model.ZERO_TIME),
        entry.get("removed") is True,
    )


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
        except ChartError:
            continue
        parent = archive.parent.relative_to(folder).as_posix()
        url = join_url(base_url, "" if parent == "." else parent)
        url = join_url(url, archive.name) if url else archive.name
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        index.entries.setdefault(chart.name, []).append(ChartVersion(chart.metadata, (url,), digest, now))
    index.sort()
    return index


def join_url(base: str, path: str) -> str:
    """A URL with one more path below it, its query kept."""
    parts = urllib.parse.urlsplit(base)
    joined = posixpath.normpath(posixpath.join(parts.path, path)) if parts.path or path else ""
    if parts.netloc and joined and not joined.startswith("/"):
        joined = f"/{joined}"
    return parts._replace(path=joined if parts.netloc or not joined else urllib.parse.quote(joined)).geturl()
