"""Chart.yaml and Chart.lock: YAML into typed fields, as Go's decoder fills a struct.

A number or boolean where a text is wanted becomes text (`version: 1.10` is "1.1"), keys match in any case, unknown ones are ignored.

Source: sigs.k8s.io/yaml yaml.go convertToJSONableObject; encoding/json.
"""

from __future__ import annotations

from typing import Any, Final

from pytest_helmsim.chart.errors import InvalidChart
from pytest_helmsim.chart.model import ZERO_TIME, Dependency, Lock, Maintainer, Metadata
from pytest_helmsim.objects import gojson, yaml_load, yamlio

_TEXTS: Final = (
    ("name", "name"), ("home", "home"), ("version", "version"), ("description", "description"), ("icon", "icon"),
    ("apiVersion", "api_version"), ("condition", "condition"), ("tags", "tags"), ("appVersion", "app_version"),
    ("kubeVersion", "kube_version"), ("type", "type"),
)  # fmt: skip
_DEPENDENCY_TEXTS: Final = ("name", "version", "repository", "condition", "alias")
_UNMARSHAL: Final = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "


def read_metadata(data: bytes, metadata: Metadata, file_name: str, *, type_name: str = "chart.Metadata") -> None:
    """Fill in the fields that the file names, leaving the others as they are."""
    document = _load(data, file_name, type_name)
    if document is not None:
        fill_metadata(document, metadata, file_name)


def fill_metadata(document: dict[str, Any], metadata: Metadata, file_name: str) -> None:
    """The same from a map that is read already, as in the index of a repository."""
    fields = _Fields(document, "Metadata", file_name)
    for key, attribute in _TEXTS:
        text = fields.text(key)
        if text is not None:
            setattr(metadata, attribute, text)
    for key in ("sources", "keywords"):
        texts = fields.texts(key)
        if texts is not None:
            setattr(metadata, key, texts)
    deprecated = fields.boolean("deprecated")
    if deprecated is not None:
        metadata.deprecated = deprecated
    annotations = fields.text_map("annotations")
    if annotations is not None:
        metadata.annotations = annotations
    maintainers = fields.structs("maintainers", "Maintainer.maintainers")
    if maintainers is not None:
        metadata.maintainers = [
            None if each is None else Maintainer(each.text("name") or "", each.text("email") or "", each.text("url") or "")
            for each in maintainers
        ]
    dependencies = fields.structs("dependencies", "Dependency.dependencies")
    if dependencies is not None:
        metadata.dependencies = [_dependency(each) for each in dependencies]


def read_lock(data: bytes, file_name: str) -> Lock:
    """A lock file."""
    document = _load(data, file_name, "chart.Lock")
    lock = Lock()
    if document is None:
        return lock
    fields = _Fields(document, "Lock", file_name)
    generated = fields.get("generated")
    if isinstance(generated, str):
        lock.generated = _normal_time(generated)
    elif generated is not None:
        raise fields.mismatch(generated, "generated", "time.Time")
    lock.generated = lock.generated or ZERO_TIME
    lock.digest = fields.text("digest") or ""
    dependencies = fields.structs("dependencies", "Dependency.dependencies")
    if dependencies is not None:
        lock.dependencies = [_dependency(each) for each in dependencies]
    return lock


def _normal_time(text: str) -> str:
    """RFC 3339 without trailing zeros in the fraction."""
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    fraction = tail[:digits].rstrip("0")
    return head + (f".{fraction}" if fraction else "") + tail[digits:]


def _dependency(fields: _Fields | None) -> Any:
    if fields is None:
        return None
    texts = {name: fields.text(name) or "" for name in _DEPENDENCY_TEXTS}
    imports = fields.get("import-values")
    if imports is not None and not isinstance(imports, list):
        raise fields.mismatch(imports, "import-values", "[]interface {}")
    return Dependency(**texts, tags=fields.texts("tags"), enabled=fields.boolean("enabled") or False, import_values=imports)


def _load(data: bytes, file_name: str, type_name: str) -> dict[str, Any] | None:
    try:
        document = yamlio.load_object(data)
    except yamlio.YamlError as error:
        raise InvalidChart(f"cannot load {file_name}: {error}") from error
    if document is None:
        return None
    if not isinstance(document, dict):
        raise InvalidChart(f"cannot load {file_name}: {_UNMARSHAL}{gojson.kind_name(document)} into Go value of type {type_name}")
    return document


class _Fields:
    """A YAML map read as a Go struct."""

    def __init__(self, document: dict[str, Any], path: str, file_name: str) -> None:
        self._by_name = document
        self._by_folded = {key.lower(): value for key, value in document.items()}
        self._path = path
        self._file_name = file_name

    def get(self, key: str) -> Any:
        if key in self._by_name:
            return self._by_name[key]
        return self._by_folded.get(key.lower())

    def mismatch(self, value: Any, key: str, wanted: str) -> InvalidChart:
        """Go's error for a value of the wrong kind."""
        return InvalidChart(
            f"cannot load {self._file_name}: {_UNMARSHAL}{gojson.kind_name(value)} into Go struct field {self._path}.{key} of type {wanted}"
        )

    def text(self, key: str) -> str | None:
        value = self.get(key)
        return None if value is None else self._as_text(value, key)

    def _as_text(self, value: Any, key: str) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return yaml_load.float32_text(value)
        raise self.mismatch(value, key, "string")

    def texts(self, key: str) -> list[str] | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.mismatch(value, key, "[]string")
        return ["" if each is None else self._as_text(each, key) for each in value]

    def text_map(self, key: str) -> dict[str, str] | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.mismatch(value, key, "map[string]string")
        return {name: "" if each is None else self._as_text(each, key) for name, each in value.items()}

    def boolean(self, key: str) -> bool | None:
        value = self.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.mismatch(value, key, "bool")
        return value

    def structs(self, key: str, path: str) -> list[_Fields | None] | None:
        value = self.get(key)
        if value is None:
            return None
        kind = "Maintainer" if key == "maintainers" else "Dependency"
        if not isinstance(value, list):
            raise self.mismatch(value, key, f"[]*chart.{kind}")
        result: list[_Fields | None] = []
        for each in value:
            if each is not None and not isinstance(each, dict):
                raise self.mismatch(each, key, f"chart.{kind}")
            result.append(None if each is None else _Fields(each, path, self._file_name))
        return result
