"""Values put together and taken apart by their schema: what server-side apply does to an object.

`merged(live, applied)` lays one over the other, `removed(value, paths)` takes paths out, `with_named_fields` and `reconciled`
bring a FieldSet in line with a schema. Nothing that comes in is changed; results share what did not change.
Source: structured-merge-diff typed/{merge,remove,reconcile_schema}.go, fieldpath/set.go (EnsureNamedFieldsAreMembers).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch.field_set import Element, FieldSet
from pytest_helmsim.patch.typed import ABSENT, ANYTHING, Node, element_of, node
from pytest_helmsim.schema.model import Schema


def merged(live: JsonObject, applied: JsonObject, schema: Schema) -> JsonObject:
    """`applied` over `live`: its leaves win, maps and keyed lists merge, atomic ones are replaced, its order leads in lists.

    `merged(a, {}) = a`; `merged({}, a) = a`.
    """
    return _merged_maps(live, applied, node(schema))


def _merged(live: Json, applied: Json, at: Node) -> Json:
    if applied is ABSENT:
        return live
    if live is ABSENT or live is applied:
        return applied
    if type(applied) is dict and at.is_map and not at.atomic_map:
        return _merged_maps(live, applied, at) if type(live) is dict else applied
    if type(applied) is list and at.is_list and not at.atomic_list:
        return _merged_lists(live, applied, at) if type(live) is list else applied
    if applied is None and live is not None and not _leaf_null(at, live):
        return live
    return applied


def _leaf_null(at: Node, live: Json) -> bool:
    """An applied null replaces a leaf; over a map or keyed list with contents it counts as an empty one."""
    if type(live) is dict:
        return at.atomic_map or not at.is_map or not live
    if type(live) is list:
        return at.atomic_list or not at.is_list or not live
    return True


def _merged_maps(live: JsonObject, applied: JsonObject, at: Node) -> JsonObject:
    if not live:
        return applied
    result = dict(live)
    for key, value in applied.items():
        before = result.get(key, ABSENT)
        if before is ABSENT:
            result[key] = value
        else:
            result[key] = _merged(before, value, node(at.child(key) or ANYTHING, at.free))
    return result


def _merged_lists(live: list[Json], applied: list[Json], at: Node) -> list[Json]:
    """Shared items stand in the applied order, live-only items keep their place before the next shared one."""
    if not live:
        return applied
    if not applied:
        return live
    right = [element_of(item, at) for item in applied]
    left = [element_of(item, at) for item in live]
    applied_by = dict(zip(right, applied, strict=True))
    live_by: dict[Element, Any] = {}
    for element, item in zip(left, live, strict=True):
        live_by[element] = None if element in live_by else item
    below = node(at.items, at.free)
    shared = [element for element in right if element in live_by]
    next_shared = 0
    done: set[Element] = set()
    result: list[Json] = []
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right):
            element = left[i]
            if element == right[j]:
                done.add(element)
                result.append(_merged(live_by[element], applied_by[element], below))
                i, j, next_shared = i + 1, j + 1, next_shared + 1
                continue
            if element in applied_by and next_shared < len(shared) and shared[next_shared] != element:
                i += 1
                continue
        if i < len(left):
            element = left[i]
            if element not in applied_by:
                result.append(live[i])
                i += 1
                continue
            if element in done:
                i += 1
        if j < len(right):
            element = right[j]
            done.add(element)
            result.append(_merged(live_by.get(element, ABSENT), applied_by[element], below))
            j += 1
            if next_shared < len(shared) and shared[next_shared] == element:
                next_shared += 1
    return result


def removed(value: JsonObject, paths: FieldSet, schema: Schema) -> JsonObject:
    """The value without these paths and what is below them; a map or list that loses everything becomes null.

    Atomic maps and lists lose nothing from inside.
    """
    result = _removed(value, paths, node(schema))
    return result if type(result) is dict else {}


def _removed(value: Json, paths: FieldSet, at: Node) -> Json:
    kind = type(value)
    if kind is dict and at.is_map and value:
        return None if at.atomic_map else _removed_from_map(value, paths, at)
    if kind is list and at.is_list and value:
        return None if at.atomic_list else _removed_from_list(value, paths, at)
    return None if kind in (dict, list) else value


def _removed_from_map(value: JsonObject, paths: FieldSet, at: Node) -> JsonObject | None:
    result: JsonObject = {}
    for key, item in value.items():
        element = f"f:{key}"
        if element in paths.members:
            continue
        below = paths.children.get(element)
        if below:
            item = _removed(item, below, node(at.child(key) or ANYTHING, at.free))
        result[key] = item
    return result or None


def _removed_from_list(value: list[Json], paths: FieldSet, at: Node) -> list[Json] | None:
    result: list[Json] = []
    for item in value:
        element = element_of(item, at)
        if element in paths.members:
            continue
        below = paths.children.get(element)
        result.append(_removed(item, below, node(at.items, at.free)) if below else item)
    return result or None


def with_named_fields(fields: FieldSet, schema: Schema) -> FieldSet:
    """Declared fields of structs on the way to a path become members too: owning `.spec.a` is owning `.spec`."""
    return _with_named_fields(fields, node(schema))


def _with_named_fields(fields: FieldSet, at: Node | None) -> FieldSet:
    if not fields.children:
        return fields
    members = set(fields.members)
    children: dict[Element, FieldSet] = {}
    declared = (at.fields if at is not None else None) or {}
    for element, below in fields.children.items():
        inner: Node | None = None
        if element[0] == "f" and at is not None and at.is_map:
            name = element[2:]
            if name in declared:
                members.add(element)
            schema = at.child(name)
            inner = node(schema, at.free) if schema is not None else None
        elif element[0] == "k" and at is not None and at.is_list:
            inner = node(at.items, at.free)
        children[element] = _with_named_fields(below, inner)
    return FieldSet(frozenset(members), children)


def reconciled(fields: FieldSet, schema: Schema) -> FieldSet:
    """Ownership recorded under an older schema: paths inside what is atomic now become ownership of the whole.

    The very same set when nothing has to change.
    """
    if getattr(fields, "fits", None) is schema:
        return fields
    result = _reconciled(fields, node(schema))
    result.fits = schema
    return result


@lru_cache(maxsize=4096)
def _free_form(at: Node) -> bool:
    return at.is_map and not at.fields and at.other is ANYTHING


def _reconciled(fields: FieldSet, at: Node) -> FieldSet:
    changed: dict[Element, FieldSet | None] = {}
    if (at.is_map and _free_form(at)) or (at.scalar and not at.is_map):
        return fields
    for element, below in fields.children.items():
        if at.is_map:
            schema = at.child(element[2:]) if element[0] == "f" else at.other
            inner = node(schema, at.free) if schema is not None else None
        else:
            inner = node(at.items, at.free) if at.is_list else None
        if inner is None:
            continue
        if (inner.is_map and inner.atomic_map and not _free_form(inner)) or (
            inner.is_list and inner.atomic_list and not inner.is_map and not inner.scalar
        ):
            if below:
                changed[element] = None
            continue
        again = _reconciled(below, inner)
        if again is not below:
            changed[element] = again
    if not changed:
        return fields
    children = {element: changed.get(element, below) for element, below in fields.children.items()}
    whole = frozenset(element for element, below in changed.items() if below is None)
    return FieldSet(fields.members | whole, {element: below for element, below in children.items() if below is not None})
