"""The types that a structural schema declares, with the sizes that estimates of costs are made of.

Names of properties are escaped; what has no type of its own is not declared. Sources: k8s.io/apiserver pkg/cel/common/schemas.go,
pkg/cel/{types,limits,escaping}.go, pkg/apis/cel/config.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.types import Type

MAX_REQUEST = 3 * 1024 * 1024
_SYMBOLS = frozenset(
    [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
        "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]
)  # fmt: skip
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_STRING: JsonObject = {"type": "string"}


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A type with its greatest number of elements and its smallest size in bytes."""

    kind: str
    type: Type
    max_elements: int = 0
    min_size: int = 0
    fields: dict[str, Declared] = field(default_factory=dict)
    item: Declared | None = None


_BOOL = Declared("bool", types.BOOL, 0, 4)
_DOUBLE = Declared("double", types.DOUBLE, 0, 1)
_INT = Declared("int", types.INT, 0, 1)
_KEY = Declared("string", types.STRING, 0, 2)


def escaped(name: str) -> str:
    """How a property is named in expressions, empty when it cannot be."""
    if not name or name[0].isdigit():
        return ""
    if name in _SYMBOLS:
        return f"__{name}__"
    if not re.fullmatch(r"[A-Za-z0-9_./-]+", name):
        return ""
    return re.sub(r"__|[./-]", lambda match: _ESCAPES[match.group()], name)


def declared(schema: JsonObject, *, root: bool, depth: int = 0) -> Declared | None:
    """What a schema declares, or None when expressions cannot see it; `root` adds what every object has."""
    if depth > 100:
        return None
    longest = schema.get("maxLength")
    if schema.get("x-kubernetes-int-or-string"):
        return Declared("dyn", types.DYN, MAX_REQUEST - 2 if longest is None else max(longest, 0) * 4, 1)
    match schema.get("type"):
        case "array":
            return _list(schema, depth)
        case "object":
            others = schema.get("additionalProperties")
            if isinstance(others, dict) and not root:
                return _map(schema, others, depth)
            return _object(with_metadata(schema) if root else schema, depth)
        case "string":
            return _string(schema)
        case "boolean":
            return _BOOL
        case "number":
            return _DOUBLE
        case "integer":
            return _INT
    return None


def with_metadata(schema: JsonObject) -> JsonObject:
    """The schema of a whole object: kind, version, and of the metadata its names."""
    metadata: JsonObject = {"type": "object", "properties": {"name": _STRING, "generateName": _STRING}}
    given = (schema.get("properties") or {}).get("metadata")
    if isinstance(given, dict) and given.get("properties"):
        metadata = {**metadata, "properties": {**metadata["properties"], **given["properties"]}}
    return {**schema, "properties": {**(schema.get("properties") or {}), "kind": _STRING, "apiVersion": _STRING, "metadata": metadata}}


def _list(schema: JsonObject, depth: int) -> Declared | None:
    items = schema.get("items")
    if not isinstance(items, dict):
        return None
    item = declared(items, root=bool(items.get("x-kubernetes-embedded-resource")), depth=depth + 1)
    if item is None:
        return None
    most = schema.get("maxItems")
    count = (MAX_REQUEST - 2) // (item.min_size + 1) if most is None else max(most, 0)
    return Declared("list", types.list_of(item.type), count, 2, item=item)


def _map(schema: JsonObject, others: JsonObject, depth: int) -> Declared | None:
    item = declared(others, root=bool(others.get("x-kubernetes-embedded-resource")), depth=depth + 1)
    if item is None:
        return None
    most = schema.get("maxProperties")
    count = (MAX_REQUEST - 2) // (item.min_size + 6) if most is None else max(most, 0)
    return Declared("map", types.map_of(types.STRING, item.type), count, 2, item=item)


def _object(schema: JsonObject, depth: int) -> Declared:
    required = schema.get("required") or ()
    fields: dict[str, Declared] = {}
    size = 2
    for name, node in (schema.get("properties") or {}).items():
        found = declared(node, root=bool(node.get("x-kubernetes-embedded-resource")), depth=depth + 1)
        if found is None:
            continue
        known = escaped(name)
        if known:
            fields[known] = found
        if name in required and node.get("default") is None:
            size += len(name.encode()) + found.min_size + 4
    return Declared("object", types.struct("object"), 0, size, fields)


def _string(schema: JsonObject) -> Declared:
    longest, named = schema.get("maxLength"), schema.get("format")
    match named:
        case "byte":
            return Declared("bytes", types.BYTES, MAX_REQUEST - 2 if longest is None else max(longest, 0), 2)
        case "duration":
            return Declared("duration", types.DURATION, 32, 3)
        case "date":
            return Declared("timestamp", types.TIMESTAMP, 12, 12)
        case "date-time":
            return Declared("timestamp", types.TIMESTAMP, 32, 21)
    if longest is not None:
        return Declared("string", types.STRING, max(longest, 0) * 4, 2)
    if schema.get("enum"):
        return Declared("string", types.STRING, max((len(v.encode()) for v in schema["enum"] if isinstance(v, str)), default=0), 2)
    return Declared("string", types.STRING, MAX_REQUEST - 2, 2)


def at_path(root: Declared, path: list[str]) -> Declared | None:
    """The declaration that a path of fields, `@items`, `@values` and `@keys` leads to."""
    here = root
    for step in path:
        if step in ("@items", "@values"):
            if here.item is None:
                return None
            here = here.item
        elif step == "@keys":
            if here.kind != "map":
                return None
            here = _KEY
        else:
            found = here.fields.get(step)
            if found is None:
                return None
            here = found
    return here


@dataclass(slots=True)
class NamedTypes:
    """Objects by the names that types of expressions have: `selfType0.spec`, `selfType0.list.@idx`."""

    root: Declared
    name: str
    objects: dict[str, dict[str, Type]] = field(default_factory=dict)
    type: Type = types.DYN

    def __post_init__(self) -> None:
        self.type = self._named(self.root, self.name)

    def _named(self, node: Declared, name: str) -> Type:
        if node.kind == "object":
            self.objects[name] = {key: self._named(child, f"{name}.{key}") for key, child in node.fields.items()}
            return types.struct(name)
        if node.item is not None and node.kind == "map":
            return types.map_of(types.STRING, self._named(node.item, f"{name}.@elem"))
        if node.item is not None:
            return types.list_of(self._named(node.item, f"{name}.@idx"))
        return node.type

    def field_type(self, holder: str, key: str) -> Type | None:
        """The type of a field."""
        fields = self.objects.get(holder, {})
        return fields.get(key) or (fields.get(f"__{key}__") if key in _SYMBOLS else None)
