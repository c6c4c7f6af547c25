"""One node of a schema: what a field holds and how lists and maps under it merge.

Built from the published OpenAPI of a Kubernetes version or from a CustomResourceDefinition; shared and immutable.
Sources: OpenAPI extensions `x-kubernetes-patch-strategy`, `-patch-merge-key`, `-list-type`, `-list-map-keys`,
`-map-type`, `-int-or-string`, `-preserve-unknown-fields`, `-embedded-resource`; structured-merge-diff schema/elements.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_helmsim.objects.json import Json

Type = Literal["object", "array", "string", "integer", "number", "boolean", "int-or-string", "any"]
ListType = Literal["atomic", "set", "map"]
MapType = Literal["granular", "atomic"]
Presence = Literal["optional", "omitempty", "always"]


@dataclass(slots=True, eq=False)
class Schema:
    """A field's meaning. Treat as immutable once built (nodes may refer to themselves, as JSONSchemaProps does).

    `object`: a struct has `fields`; a map has `values`; both may be None for a free-form object (`preserve_unknown`).
    `array`: `items`. `list_type` None means atomic to server-side apply; the strategic merge of a list asks
    `patch_strategy` and `patch_merge_key` only.
    """

    type: Type
    fields: Mapping[str, Schema] | None = None
    items: Schema | None = None
    values: Schema | None = None
    required: tuple[str, ...] = ()
    patch_strategy: tuple[str, ...] = ()
    patch_merge_key: str = ""
    list_type: ListType | None = None
    list_map_keys: tuple[str, ...] = ()
    map_type: MapType | None = None
    preserve_unknown: bool = False
    embedded_resource: bool = False
    format: str = ""
    nullable: bool = False
    has_default: bool = False
    default: Json = None
    enum: tuple[Json, ...] = ()
    name: str = ""
    """Name of the definition, such as `io.k8s.api.core.v1.Container`; empty for inline schemas."""
    presence: Presence = "optional"
    """How Go writes the field: `optional` when it is there (a pointer), `omitempty` unless zero, `always` even when zero."""
    go_type: str = ""
    """The field's type as Go prints it (`int32`, `v1.Protocol`, `[]v1.Container`), for the decoder's messages."""
    embedded: str = ""
    """The Go struct that the field is inlined from (`ProbeHandler`): part of the path in the decoder's messages."""
    plan: Any = field(default=None, repr=False)
    """Kept by `canonical`: how to write the struct, worked out when it is first written."""
    raw: Mapping[str, Json] = field(default_factory=dict)
    """Of a CRD's node: its OpenAPI keywords as written (pattern, minimum, x-kubernetes-validations …)."""

    def child(self, key: str) -> Schema | None:
        """Schema of one key of an object: a declared field, else the map's value schema, else None."""
        if self.fields is not None and key in self.fields:
            return self.fields[key]
        return self.values

    def within(self, *, inside: bool = False) -> Iterator[tuple[Schema, bool]]:
        """This node and all below, each once, with whether a list that is one value holds it (or `inside`: something above does)."""
        seen: set[tuple[int, bool]] = set()
        todo: list[tuple[Schema | None, bool]] = [(self, inside)]
        while todo:
            node, held = todo.pop()
            if node is None or (id(node), held) in seen:
                continue
            seen.add((id(node), held))
            yield node, held
            todo += [(child, held) for child in (*(node.fields or {}).values(), node.values)]
            todo.append((node.items, held or node.list_type in (None, "atomic")))
