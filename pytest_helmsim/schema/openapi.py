"""OpenAPI to `Schema`: the published definitions of a Kubernetes version, and the schema of a CustomResourceDefinition.

Built-in kinds come in the short form of `tools/generate_schemas.py`; nodes are built when first asked for and shared.
Sources: kube-openapi pkg/schemaconv (what server-side apply reads), apiextensions-apiserver pkg/apiserver/schema (structural schemas).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.model import Presence, Schema, Type

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"

_TYPES: dict[str, Type] = {
    "s": "string",
    "i": "integer",
    "n": "number",
    "b": "boolean",
    "o": "object",
    "a": "array",
    "x": "int-or-string",
    "?": "any",
    "*": "object",
}
_ZERO: dict[Type, Json] = {"string": "", "integer": 0}


class Definitions:
    """Named schemas of one Kubernetes version, built on demand; a node that names another shares its tables."""

    __slots__ = ("_built", "_source")

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source
        self._built: dict[str, Schema] = {}

    def get(self, name: str) -> Schema:
        """The schema of one definition; `KeyError` for a name that this version does not have."""
        known = self._built.get(name)
        if known is not None:
            return known
        source = self._source[name]
        if isinstance(source, str):
            node = self._built[name] = _scalar(source, name)
            return node
        fields: dict[str, Schema] = {}
        node = self._built[name] = Schema(
            "object", fields=fields, required=tuple(source.get("q", ())), map_type=source.get("a"), name=name, preserve_unknown=False
        )
        types, inlined = source.get("g", {}), source.get("e", {})
        for (key, value), letter in zip(source["p"].items(), source["w"], strict=True):
            child = self._node(value)
            if isinstance(value, str) and value.startswith("#"):
                child = _copy(child)
            child.presence = _presence(letter, child)
            child.nullable = letter == "n"
            child.go_type = types.get(key, "").replace("[]byte", "[]uint8") or go_type(child)
            child.embedded = inlined.get(key, "")
            if child.go_type == "runtime.RawExtension":
                child.map_type = "atomic"
            fields[key] = child
        return node

    def _node(self, source: Any) -> Schema:
        if isinstance(source, str):
            return self.get(source[1:]) if source.startswith("#") else _scalar(source, "")
        kind = source["t"]
        node = _copy(self.get(kind[1:])) if kind.startswith("#") else _scalar(kind, "")
        if "i" in source:
            node.items = self._node(source["i"])
        if "v" in source:
            node.values = self._node(source["v"])
        node.patch_strategy = tuple(source.get("s", "").split(",")) if source.get("s") else ()
        node.patch_merge_key = source.get("m", "")
        node.list_type = source.get("l")
        node.list_map_keys = tuple(source.get("k", ()))
        node.map_type = source.get("a") or node.map_type
        if node.list_map_keys and node.items is not None:
            self._default_keys(node.items, node.list_map_keys)
        return node

    def _default_keys(self, item: Schema, keys: tuple[str, ...]) -> None:
        """Keys of a keyed list take the zero value when required, as fields without omitempty do, else the published default."""
        extra = self._source[item.name].get("d", {}) if item.name else {}
        fields = item.fields
        if not isinstance(fields, dict):
            return
        for key in keys:
            if (key in item.required or key in extra) and not fields[key].has_default:
                field = _copy(fields[key])
                field.has_default = True
                field.default = extra[key] if key in extra else _ZERO[field.type]
                fields[key] = field


def _presence(letter: str, node: Schema) -> Presence:
    """Go's omitempty has no effect on structs: those are written unless omitzero says otherwise."""
    if letter == "p":
        return "optional"
    if letter == "o" and (node.fields is not None or node.format in ("date-time", "quantity") or node.type == "int-or-string"):
        return "always"
    return "always" if letter in "an" or (letter == "o" and node.preserve_unknown and node.type == "object") else "omitempty"


def go_type(node: Schema) -> str:
    """The Go type of a node that has no name of its own: `int32`, `[]v1.Container`, `map[string]string`."""
    if node.type == "array":
        return "[]" + (go_type(node.items) if node.items is not None else "interface {}")
    if node.type == "object" and node.name:
        return ".".join(node.name.split(".")[-2:])
    if node.type == "object" and node.values is not None:
        return "map[string]" + go_type(node.values)
    by_format = {"quantity": "resource.Quantity", "date-time": "v1.Time", "byte": "[]uint8", "int32": "int32", "int64": "int64"}
    by_type = {"string": "string", "boolean": "bool", "int-or-string": "intstr.IntOrString", "integer": "int64", "number": "float64"}
    return by_format.get(node.format) or by_type.get(node.type, "runtime.RawExtension")


def _scalar(source: str, name: str) -> Schema:
    kind, _, form = source.partition(":")
    if form == "quantity":
        name = QUANTITY
    elif kind == "x":
        name = INT_OR_STRING
    return Schema(_TYPES[kind], format=form, name=name, preserve_unknown=kind in "*?")


def _copy(node: Schema) -> Schema:
    """The same meaning at another place; tables are shared, so a node still under construction may be copied."""
    return Schema(
        node.type,
        fields=node.fields,
        items=node.items,
        values=node.values,
        required=node.required,
        map_type=node.map_type,
        preserve_unknown=node.preserve_unknown,
        presence=node.presence,
        go_type=node.go_type,
        nullable=node.nullable,
        embedded=node.embedded,
        format=node.format,
        has_default=node.has_default,
        default=node.default,
        name=node.name,
    )


def from_crd(crd: JsonObject, version: str, meta: Schema | None = None) -> Schema | None:
    """The schema of one version of a custom kind; None for a version that the CRD does not have.

    `meta`: the schema of ObjectMeta (`Catalog.meta`), for metadata and for embedded resources.
    A version without a schema is free-form.
    """
    for entry in crd.get("spec", {}).get("versions") or ():
        if entry.get("name") == version:
            source = (entry.get("schema") or {}).get("openAPIV3Schema") or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            return _resource(from_openapi(source, meta), meta)
    return None


def _resource(node: Schema, meta: Schema | None) -> Schema:
    """An object at the root or embedded: apiVersion, kind and metadata are the server's, whatever the schema says."""
    fields = dict(node.fields or {})
    fields["apiVersion"] = Schema("string")
    fields["kind"] = Schema("string")
    fields["metadata"] = meta if meta is not None else Schema("object", preserve_unknown=True)
    node.fields = fields
    return node


def from_openapi(source: Mapping[str, Any], meta: Schema | None = None) -> Schema:
    """One node of a structural schema and everything under it; the keywords stay in `raw`."""
    preserve = bool(source.get("x-kubernetes-preserve-unknown-fields"))
    if source.get("x-kubernetes-int-or-string"):
        kind: Type = "int-or-string"
    else:
        kind = source.get("type") or "any"
    list_type = source.get("x-kubernetes-list-type")
    node = Schema(
        kind,
        required=tuple(source.get("required") or ()),
        list_type=list_type,
        list_map_keys=tuple(source.get("x-kubernetes-list-map-keys") or ()),
        map_type=source.get("x-kubernetes-map-type"),
        preserve_unknown=preserve,
        embedded_resource=bool(source.get("x-kubernetes-embedded-resource")),
        format=source.get("format") or "",
        nullable=bool(source.get("nullable")),
        has_default="default" in source,
        default=source.get("default"),
        enum=tuple(source.get("enum") or ()),
        raw=source,
    )
    if "properties" in source:
        node.fields = {key: from_openapi(value, meta) for key, value in source["properties"].items()}
    extra = source.get("additionalProperties")
    if isinstance(extra, dict):
        node.values = from_openapi(extra, meta)
    elif extra is True:
        node.values = Schema("any", preserve_unknown=True)
    if isinstance(source.get("items"), dict):
        node.items = from_openapi(source["items"], meta)
    return _resource(node, meta) if node.embedded_resource else node
