"""A chart in memory: metadata, files, values, schema, subcharts; and its form in a release record.

Source: helm.sh/helm pkg/chart/v2 ([4]), pkg/chart ([3]).
"""

from __future__ import annotations

import base64
import posixpath
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from pytest_helmsim.chart.errors import InvalidChart
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject

_PLAIN_VERSION: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}")
_ALIAS: Final = re.compile(r"[a-zA-Z0-9_-]+")
_MANIFEST_ENDINGS: Final = (".yaml", ".yml", ".json")
ZERO_TIME: Final = "0001-01-01T00:00:00Z"


class File(NamedTuple):
    """A file of a chart: its path below the chart's root with `/`, its bytes, and (for [4]) when it was changed, in RFC 3339."""

    name: str
    data: bytes
    modified: str = ""

    @property
    def text(self) -> str:
        """The content, bytes that are no UTF-8 as surrogate escapes."""
        return self.data.decode("utf-8", "surrogateescape")


@dataclass(slots=True)
class Dependency:
    """One entry of `dependencies` in Chart.yaml. Processing changes name, enabled and import_values, as Helm does."""

    name: str = ""
    version: str = ""
    repository: str = ""
    condition: str = ""
    tags: list[str] | None = None
    enabled: bool = False
    import_values: list[Any] | None = None
    alias: str = ""


@dataclass(slots=True)
class Maintainer:
    name: str = ""
    email: str = ""
    url: str = ""


@dataclass(slots=True)
class Metadata:
    """The fields of Chart.yaml; empty where they are absent, lists and maps None."""

    name: str = ""
    home: str = ""
    sources: list[str] | None = None
    version: str = ""
    description: str = ""
    keywords: list[str] | None = None
    maintainers: list[Maintainer | None] | None = None
    icon: str = ""
    api_version: str = ""
    condition: str = ""
    tags: str = ""
    app_version: str = ""
    deprecated: bool = False
    annotations: dict[str, str] | None = None
    kube_version: str = ""
    dependencies: list[Dependency] | None = None
    type: str = ""

    @property
    def is_library(self) -> bool:
        return self.type.lower() == "library"

    def copy(self) -> Metadata:
        """A copy whose dependencies can be processed without changing this one."""
        dependencies = None if self.dependencies is None else [replace(each) for each in self.dependencies]
        return replace(self, dependencies=dependencies)


@dataclass(slots=True)
class Lock:
    """Chart.lock: what was resolved, when, and the digest of what was asked and what was found."""

    generated: str = ZERO_TIME
    digest: str = ""
    dependencies: list[Dependency] | None = None


@dataclass(slots=True)
class Chart:
    """A loaded chart. `raw` are all its files as they were read; `dependencies` the subcharts in load order."""

    metadata: Metadata
    lock: Lock | None = None
    templates: list[File] = field(default_factory=list)
    values: JsonObject | None = None
    schema: bytes | None = None
    schema_modified: str = ""
    files: list[File] = field(default_factory=list)
    modified: str = ""
    raw: list[File] = field(default_factory=list)
    dependencies: list[Chart] = field(default_factory=list)
    parent: Chart | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def is_root(self) -> bool:
        return self.parent is None

    @property
    def full_path(self) -> str:
        """`web`, `web/charts/db`: how its templates are called."""
        return self.name if self.parent is None else f"{self.parent.full_path}/charts/{self.name}"

    def set_dependencies(self, charts: list[Chart]) -> None:
        """Make these the subcharts, and this their parent."""
        self.dependencies = list(charts)
        for chart in charts:
            chart.parent = self

    def copy(self) -> Chart:
        """A copy down to the subcharts and their metadata; files are shared, values too (nobody changes them in place)."""
        twin = replace(self, metadata=self.metadata.copy(), parent=None)
        twin.set_dependencies([each.copy() for each in self.dependencies])
        return twin

    def crds(self) -> Iterator[tuple[str, File]]:
        """Path and file of everything under `crds/` that looks like a manifest: this chart's in load order, then the subcharts'."""
        for file in self.files:
            if file.name.startswith("crds/") and posixpath.splitext(file.name)[1].lower() in _MANIFEST_ENDINGS:
                yield posixpath.normpath(f"{self.full_path}/{file.name}"), file
        for chart in self.dependencies:
            yield from chart.crds()


def validate(metadata: Metadata) -> None:
    """Clean the texts and refuse what Helm refuses, with its words.

    Source: pkg/chart/v2/metadata.go Validate.
    """
    for name in ("name", "description", "home", "icon", "condition", "tags", "app_version", "kube_version"):
        setattr(metadata, name, _sanitize(getattr(metadata, name)))
    if metadata.sources is not None:
        metadata.sources = [_sanitize(each) for each in metadata.sources]
    if metadata.keywords is not None:
        metadata.keywords = [_sanitize(each) for each in metadata.keywords]
    if not metadata.api_version:
        raise _invalid("chart.metadata.apiVersion is required")
    if not metadata.name:
        raise _invalid("chart.metadata.name is required")
    if metadata.name in (".", ".."):
        raise _invalid(f"chart.metadata.name {_quote(metadata.name)} is not allowed")
    if "/" in metadata.name:
        raise _invalid(f"chart.metadata.name {_quote(metadata.name)} is invalid")
    if not metadata.version:
        raise _invalid("chart.metadata.version is required")
    if not _is_version(metadata.version):
        raise _invalid(f"chart.metadata.version {_quote(metadata.version)} is invalid")
    if metadata.type not in ("", "application", "library"):
        raise _invalid("chart.metadata.type must be application or library")
    for maintainer in metadata.maintainers or ():
        if maintainer is None:
            raise _invalid("maintainers must not contain empty or null nodes")
        maintainer.name, maintainer.email, maintainer.url = map(_sanitize, (maintainer.name, maintainer.email, maintainer.url))
    _validate_dependencies(metadata.dependencies or [])


def _validate_dependencies(dependencies: list[Dependency]) -> None:
    seen: set[str] = set()
    for dependency in dependencies:
        if dependency is None:
            raise _invalid("dependencies must not contain empty or null nodes")
        for name in ("name", "version", "repository", "condition"):
            setattr(dependency, name, _sanitize(getattr(dependency, name)))
        if dependency.tags is not None:
            dependency.tags = [_sanitize(each) for each in dependency.tags]
        if dependency.alias and not _ALIAS.fullmatch(dependency.alias):
            raise _invalid(f"dependency {_quote(dependency.name)} has disallowed characters in the alias")
        key = dependency.alias or dependency.name
        if key in seen:
            raise _invalid(f"more than one dependency with name or alias {_quote(key)}")
        seen.add(key)


def _invalid(reason: str) -> InvalidChart:
    return InvalidChart(f"validation: {reason}")


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_version(text: str) -> bool:
    if _PLAIN_VERSION.fullmatch(text):
        return True
    from pytest_helmsim.template.functions.versions import Version, VersionError

    try:
        Version.parse(text)
    except VersionError:
        return False
    return True


def _sanitize(text: str) -> str:
    """White space as blanks, without what cannot be printed."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] in "LMNPS" or character == " "
    )


_METADATA_KEYS: Final = (
    ("name", "name"), ("home", "home"), ("sources", "sources"), ("version", "version"), ("description", "description"),
    ("keywords", "keywords"), ("maintainers", "maintainers"), ("icon", "icon"), ("apiVersion", "api_version"),
    ("condition", "condition"), ("tags", "tags"), ("appVersion", "app_version"), ("deprecated", "deprecated"),
    ("annotations", "annotations"), ("kubeVersion", "kube_version"), ("dependencies", "dependencies"), ("type", "type"),
)  # fmt: skip


def metadata_json(metadata: Metadata) -> JsonObject:
    """Chart.yaml's fields under their names there, in Go's order, the empty ones left out."""
    result: JsonObject = {}
    for key, attribute in _METADATA_KEYS:
        value = getattr(metadata, attribute)
        if not value:
            continue
        if key == "maintainers":
            value = [{name: text for name in ("name", "email", "url") if (text := getattr(each, name))} for each in value]
        elif key == "dependencies":
            value = [dependency_json(each) for each in value]
        elif key == "annotations":
            value = dict(sorted(value.items()))
        result[key] = value
    return result


def dependency_json(dependency: Dependency) -> JsonObject:
    """One dependency in Go's order of fields; name and repository always stand there."""
    result: JsonObject = {"name": dependency.name}
    if dependency.version:
        result["version"] = dependency.version
    result["repository"] = dependency.repository
    for key, value in (
        ("condition", dependency.condition),
        ("tags", dependency.tags),
        ("enabled", dependency.enabled),
        ("import-values", dependency.import_values),
        ("alias", dependency.alias),
    ):
        if value:
            result[key] = value
    return result


def to_record(chart: Chart, flavour: Flavour) -> JsonObject:
    """The `chart` key of a release record: the root chart only, files in base64; [4] adds times of change."""
    modern = flavour == HELM4
    lock: JsonObject | None = None
    if chart.lock is not None:
        dependencies = chart.lock.dependencies
        lock = {
            "generated": chart.lock.generated,
            "digest": chart.lock.digest,
            "dependencies": None if dependencies is None else [dependency_json(each) for each in dependencies],
        }
    record: JsonObject = {
        "metadata": metadata_json(chart.metadata),
        "lock": lock,
        "templates": _files_json(chart.templates, modern),
        "values": chart.values,
        "schema": None if chart.schema is None else base64.b64encode(chart.schema).decode(),
    }
    if modern:
        record["schemamodtime"] = chart.schema_modified or ZERO_TIME
    record["files"] = _files_json(chart.files, modern)
    if modern and chart.modified:
        record["modtime"] = chart.modified
    return record


def _files_json(files: list[File], modern: bool) -> list[JsonObject] | None:
    if not files:
        return None
    result: list[JsonObject] = []
    for file in files:
        entry: JsonObject = {"name": file.name, "data": base64.b64encode(file.data).decode()}
        if modern and file.modified:
            entry["modtime"] = file.modified
        result.append(entry)
    return result


def from_record(record: JsonObject) -> Chart:
    """The chart of a release record; it has no subcharts, since records hold none."""
    lock = record.get("lock")
    schema = record.get("schema")
    return Chart(
        metadata=metadata_from_json(record.get("metadata") or {}),
        lock=None if lock is None else lock_from_json(lock),
        templates=_files_from_json(record.get("templates")),
        values=record.get("values"),
        schema=None if schema is None else base64.b64decode(schema),
        schema_modified=record.get("schemamodtime") or "",
        files=_files_from_json(record.get("files")),
        modified=record.get("modtime") or "",
    )


def _files_from_json(files: list[JsonObject] | None) -> list[File]:
    return [File(each["name"], base64.b64decode(each.get("data") or ""), each.get("modtime") or "") for each in files or ()]


def lock_from_json(lock: JsonObject) -> Lock:
    """A lock from its JSON form."""
    dependencies = lock.get("dependencies")
    return Lock(
        generated=lock.get("generated") or ZERO_TIME,
        digest=lock.get("digest") or "",
        dependencies=None if dependencies is None else [dependency_from_json(each) for each in dependencies],
    )


def dependency_from_json(entry: JsonObject) -> Dependency:
    """A dependency from its JSON form."""
    return Dependency(
        name=entry.get("name") or "",
        version=entry.get("version") or "",
        repository=entry.get("repository") or "",
        condition=entry.get("condition") or "",
        tags=entry.get("tags"),
        enabled=bool(entry.get("enabled")),
        import_values=entry.get("import-values"),
        alias=entry.get("alias") or "",
    )


def metadata_from_json(data: JsonObject) -> Metadata:
    """Metadata from its JSON form, unknown keys ignored; types are those of a record, already checked."""
    metadata = Metadata()
    for key, attribute in _METADATA_KEYS:
        value = data.get(key)
        if value is None:
            continue
        if key == "maintainers":
            value = [Maintainer(each.get("name") or "", each.get("email") or "", each.get("url") or "") for each in value]
        elif key == "dependencies":
            value = [dependency_from_json(each) for each in value]
        setattr(metadata, attribute, value)
    return metadata
