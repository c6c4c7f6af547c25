"""The words of strategic merge patches, and what a schema says about the merge of one field.

Source: k8s.io/apimachinery pkg/util/strategicpatch/{patch,meta}.go, third_party/forked/golang/json/fields.go. The real
programs read Go struct tags; a schema that knows a struct has `fields`, a Go map has `values`.
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch.errors import BadPatch, PatchError
from pytest_helmsim.patch.gotext import go_type, sprint, sprint_string
from pytest_helmsim.schema.model import Schema

PATCH = "$patch"
DELETE = "delete"
REPLACE = "replace"
MERGE = "merge"
RETAIN_KEYS = "$retainKeys"
SET_ELEMENT_ORDER = "$setElementOrder"
DELETE_FROM_PRIMITIVE_LIST = "$deleteFromPrimitiveList"

BAD_RETAIN_KEYS = "invalid patch format of retainKeys"
BAD_ELEMENT_ORDER = "invalid patch format of setElementOrder list"
BAD_PRIMITIVE_LIST = "invalid patch format of primitive list"


class Merging(NamedTuple):
    """How one field merges: schema below it (of the items, for a list), `merge`, `replace` or empty, merge key, retainKeys."""

    schema: Schema
    strategy: str
    merge_key: str
    retain_keys: bool


def of_map(schema: Schema, key: str) -> Merging:
    """Of a field that holds a map.

    Raise for a Go map (`data type is not struct`) and for an undeclared field: strategic merge cannot look below either.
    """
    field = _field(schema, key)
    return _merging(field, field)


def of_list(schema: Schema, key: str) -> Merging:
    """Of a field that holds a list; the schema is that of its items."""
    field = _field(schema, key)
    if field.items is None:
        raise PatchError(f"expected slice or array type, but got: {go_kind(schema)}")
    if field.items.type == "array":
        raise PatchError("unexpected slice of slice")
    return _merging(field, field.items)


def _field(schema: Schema, key: str) -> Schema:
    if schema.fields is None and (schema.values is not None or schema.type != "object"):
        raise PatchError(f"merging an object in json but data type is not struct, instead is: {go_kind(schema)}")
    fields = schema.fields or {}
    if key in fields:
        return fields[key]
    folded = key.casefold()
    for name in fields:
        if name.casefold() == folded:
            return fields[name]
    struct = schema.name.rpartition(".")[2]
    raise PatchError(f'unable to find api field in struct {struct} for the json field "{key}"')


def _merging(field: Schema, below: Schema) -> Merging:
    strategies = field.patch_strategy
    if len(strategies) <= 1:
        only = strategies[0] if strategies else ""
        return Merging(below, "" if only == "retainKeys" else only, field.patch_merge_key, only == "retainKeys")
    if len(strategies) == 2 and "retainKeys" in strategies:
        other = strategies[1] if strategies[0] == "retainKeys" else strategies[0]
        return Merging(below, other, field.patch_merge_key, True)
    raise PatchError(f"unexpected patch strategy: [{' '.join(strategies)}]")


def go_kind(schema: Schema) -> str:
    """Kind of the Go type that a schema stands for, as `reflect.Kind` prints it."""
    if schema.type == "object":
        return "map" if schema.values is not None and schema.fields is None else "struct"
    if schema.type == "array":
        return "slice"
    if schema.type == "integer":
        return schema.format or "int64"
    return {"string": "string", "number": "float64", "boolean": "bool", "int-or-string": "struct", "any": "struct"}[schema.type]


def list_name(key: str, prefix: str) -> str:
    """`$setElementOrder/containers` → `containers`."""
    head, slash, name = key.partition("/")
    if not slash or head != prefix:
        raise BadPatch(BAD_PRIMITIVE_LIST if prefix == DELETE_FROM_PRIMITIVE_LIST else BAD_ELEMENT_ORDER)
    return name


def deletion(merge_key: str, value: Json) -> JsonObject:
    """The list item that deletes another."""
    return {PATCH: DELETE, merge_key: value}


def is_deletion(item: Json) -> bool:
    """An item that only says that another goes."""
    return bool(item.get(PATCH) == DELETE)


def no_merge_key(item: JsonObject, merge_key: str) -> PatchError:
    """An item of a keyed list without its key."""
    return PatchError(f"map: {sprint(item)} does not contain declared merge key: {merge_key}")


def wrong_type(expected: Json, actual: Json) -> PatchError:
    """A list where a map should be, and the like."""
    return PatchError(f"expected a {go_type(expected)}, but received a {go_type(actual)}")


def unknown_directive(directive: Json, patch: JsonObject) -> PatchError:
    """A `$patch` with another word."""
    return PatchError(f"unknown patch type: {sprint_string(directive)} in map: {sprint(patch)}")
