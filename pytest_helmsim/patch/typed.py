"""Values seen through their schema as server-side apply sees them: leaf, map, keyed list, set.

`node(schema)` says how a value merges; `validate`, `field_set` and `compare` walk values by it.
Source: structured-merge-diff typed/{helpers,validate,tofieldset,compare}.go; kube-openapi pkg/schemaconv/openapi.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.field_set import EMPTY, Element, FieldSet, display, keyed, valued
from pytest_helmsim.patch.gotext import go_type, sprint, sprint_syntax
from pytest_helmsim.patch.values import equal_numbers
from pytest_helmsim.schema.model import Schema


class _Absent:
    """Nothing at all, as against an explicit null; copies are the same object."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __copy__(self) -> _Absent:
        return self

    def __deepcopy__(self, memo: object) -> _Absent:
        return self


ABSENT: Final[Any] = _Absent()
"""No value at all; `None` is an explicit null."""

ANYTHING: Final = Schema("any")
_ATOMIC_ANYTHING: Final = Schema("any", name="untyped")
_RAW_EXTENSION: Final = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """How one value merges. A node may be more than one kind (free-form values): the value decides."""

    scalar: str = ""
    """`string`, `numeric`, `boolean`, `untyped`; empty when no scalar may stand here."""
    is_map: bool = False
    atomic_map: bool = False
    fields: Mapping[str, Schema] | None = None
    other: Schema | None = None
    """Schema of keys that are not declared; None when there may be none."""
    is_list: bool = False
    atomic_list: bool = True
    items: Schema = ANYTHING
    keys: tuple[str, ...] = ()
    key_defaults: Mapping[str, Json] | None = None
    quantity: bool = False
    """A scalar with many spellings: `0.5` is `500m`."""
    omits_zero: bool = False
    """A scalar that the server does not write when it is zero: `paused: false` is the same as no `paused`."""
    free: bool = False
    """Below an `x-kubernetes-preserve-unknown-fields`: undeclared keys are allowed all the way down, but not within a named type."""

    def child(self, key: str) -> Schema | None:
        """Schema of one key of a map."""
        if self.fields is not None and key in self.fields:
            return self.fields[key]
        return self.other


_SCALARS = {"string": "string", "integer": "numeric", "number": "numeric", "boolean": "boolean"}


@lru_cache(maxsize=65536)
def node(schema: Schema, free: bool = False) -> Node:
    """How a value under this schema merges."""
    if schema is _ATOMIC_ANYTHING or schema.name == _RAW_EXTENSION or schema.go_type == "runtime.RawExtension":
        return Node(
            scalar="untyped", is_map=True, atomic_map=True, other=_ATOMIC_ANYTHING, is_list=True, items=_ATOMIC_ANYTHING
        )  # fmt: skip
    if schema.name == _QUANTITY:
        return Node(scalar="untyped", quantity=True)
    free = (free and not schema.name) or schema.preserve_unknown
    kind = schema.type
    if kind == "int-or-string" and schema.raw.get("type") in _SCALARS:
        return Node(scalar=_SCALARS[str(schema.raw["type"])])
    if kind in _SCALARS:
        scalar = "untyped" if kind == "string" and schema.format not in ("", "byte") else _SCALARS[kind]
        return Node(scalar=scalar, omits_zero=schema.presence == "omitempty")
    if kind == "array":
        atomic, keys = _relationship(schema)
        items = schema.items or ANYTHING
        return Node(is_list=True, atomic_list=atomic, items=items, keys=keys, key_defaults=_defaults(items, keys), free=free)
    other = schema.values
    if other is None and (free or not schema.fields):
        other = ANYTHING
    if kind == "object":
        return Node(is_map=True, atomic_map=schema.map_type == "atomic", fields=schema.fields, other=other, free=free)
    return Node(
        scalar="untyped", is_map=True, atomic_map=schema.map_type == "atomic", fields=schema.fields, other=other,
        is_list=True, items=_ATOMIC_ANYTHING, free=free,
    )  # fmt: skip


def _relationship(schema: Schema) -> tuple[bool, tuple[str, ...]]:
    """(atomic, keys): by list type, else by the patch strategy."""
    if schema.list_type is not None:
        return schema.list_type == "atomic", schema.list_map_keys if schema.list_type == "map" else ()
    if "merge" in schema.patch_strategy:
        return False, (schema.patch_merge_key,) if schema.patch_merge_key else ()
    return True, ()


def _defaults(items: Schema, keys: tuple[str, ...]) -> Mapping[str, Json]:
    fields = items.fields or {}
    return {key: fields[key].default for key in keys if key in fields and fields[key].has_default and fields[key].default is not None}


class ElementError(PatchError):
    """A list item that cannot be told from the others."""


def element_of(item: Json, list_node: Node) -> Element:
    """The element that names an item of a keyed list or a set."""
    keys = list_node.keys
    if keys:
        if item is None:
            raise ElementError("associative list with keys may not have a null element")
        if type(item) is not dict:
            raise ElementError("associative list with keys may not have non-map elements")
        defaults = list_node.key_defaults or {}
        found = {key: item[key] if key in item else defaults[key] for key in keys if key in item or key in defaults}
        if not found:
            quoted = " ".join(f'"{key}"' for key in keys)
            raise ElementError(
                f"associative list with keys has an element that omits all key fields [{quoted}] "
                "(and doesn't have default values for any key fields)"
            )
        if len(found) == 1:
            ((key, value),) = found.items()
            if type(value) is str and value.isascii() and value.replace("-", "").isalnum():
                return f'k:{{"{key}":"{value}"}}'
        return keyed(found)
    if type(item) is dict:
        raise ElementError("associative list without keys has an element that's a map type")
    if type(item) is list:
        raise ElementError("not supported: associative list with lists as elements")
    if item is None:
        raise ElementError("associative list without keys has an element that's an explicit null")
    return valued(item)


class SchemaError(NamedTuple):
    """One thing that does not fit the schema: where (`.spec.foo`) and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def describe(errors: list[SchemaError]) -> str:
    """One error as it is, several under `errors:`."""
    return str(errors[0]) if len(errors) == 1 else "\n".join(["errors:", *(f"  {error}" for error in errors)])


def validate(value: Json, schema: Schema, *, allow_duplicates: bool = False) -> list[SchemaError]:
    """What does not fit: undeclared fields (the first of each map), wrong types, duplicate and nameless list items."""
    errors: list[SchemaError] = []
    _validate(value, node(schema), "", errors, allow_duplicates)
    return errors


def _validate(value: Json, at: Node, path: str, errors: list[SchemaError], duplicates: bool) -> None:
    if value is None:
        return
    kind = type(value)
    if at.is_map and (kind is dict or not (at.scalar or at.is_list)):
        if kind is not dict:
            errors.append(SchemaError(path, f"expected map, got {_pointer(value)}"))
            return
        for key, item in value.items():
            below = at.child(key)
            if below is None:
                errors.append(SchemaError(f"{path}.{key}", "field not declared in schema"))
                return
            if item is not None:
                _validate(item, node(below, at.free), f"{path}.{key}", errors, duplicates)
    elif at.is_list and (kind is list or not at.scalar):
        if kind is not list:
            errors.append(SchemaError(path, f"expected list, got {_pointer(value)}"))
            return
        _validate_items(value, at, path, errors, duplicates)
    elif at.scalar and (message := _misfit(value, at.scalar)):
        errors.append(SchemaError(path, message))


def _validate_items(items: list[Json], at: Node, path: str, errors: list[SchemaError], duplicates: bool) -> None:
    below = node(at.items, at.free)
    seen: set[Element] = set()
    for index, item in enumerate(items):
        if at.atomic_list:
            _validate(item, below, f"{path}[{index}]", errors, duplicates)
            continue
        try:
            element = element_of(item, at)
        except ElementError as error:
            errors.append(SchemaError(path, f"element {index}: {error}"))
            return
        if element in seen and not duplicates:
            errors.append(SchemaError(path, f"duplicate entries for key {display(element)}"))
        seen.add(element)
        _validate(item, below, path + display(element), errors, duplicates)


def _misfit(value: Json, scalar: str) -> str:
    kind = type(value)
    if scalar == "numeric" and kind not in (int, float):
        return f"expected numeric (int or float), got {go_type(value)}"
    if scalar == "string" and kind is not str:
        return f"expected string, got &value.valueUnstructured{{Value:{sprint_syntax(value)}}}"
    if scalar == "boolean" and kind is not bool:
        return f"expected boolean, got {_pointer(value)}"
    if scalar == "untyped" and kind in (dict, list):
        return f"expected any scalar, got {_pointer(value)}"
    return ""


def _pointer(value: Json) -> str:
    return f"&{{{sprint(value)}}}"


def field_set(value: Json, schema: Schema) -> FieldSet:
    """The paths that a value sets: leaves, empty maps and nulls, list items, and keys of maps that are no structs."""
    return _fields_below(value, node(schema))


def _fields_below(value: Json, at: Node) -> FieldSet:
    """Paths below a value; a leaf has none."""
    kind = type(value)
    if kind is dict and at.is_map and not at.atomic_map:
        members: set[Element] = set()
        children: dict[Element, FieldSet] = {}
        declared = at.fields or {}
        for key, item in value.items():
            element = f"f:{key}"
            schema = declared.get(key)
            if schema is None:
                members.add(element)
                schema = at.other
                if schema is None:
                    continue
            below = node(schema, at.free)
            if _is_leaf(item, below):
                members.add(element)
            elif inner := _fields_below(item, below):
                children[element] = inner
        return FieldSet(frozenset(members), children)
    if kind is list and at.is_list and not at.atomic_list:
        return _fields_of_items(value, at)
    return EMPTY


def _is_leaf(value: Json, at: Node) -> bool:
    """A value that counts as one: scalars, nulls, empty maps, everything atomic; an empty granular list counts as nothing."""
    kind = type(value)
    if kind is dict:
        return not value or at.atomic_map or not at.is_map
    if kind is list:
        return at.atomic_list or not at.is_list
    return True


def _fields_of_items(items: list[Json], at: Node) -> FieldSet:
    """Items with their contents; items that share a key are owned as one, without contents."""
    elements = [element_of(item, at) for item in items]
    children: dict[Element, FieldSet] = {}
    below = node(at.items, at.free)
    unique = len(set(elements)) == len(elements)
    for element, item in zip(elements, items, strict=True):
        if (unique or elements.count(element) == 1) and (inner := _fields_below(item, below)):
            children[element] = inner
    return FieldSet(frozenset(elements), children)


class Comparison(NamedTuple):
    """What differs between two values."""

    removed: FieldSet
    modified: FieldSet
    added: FieldSet

    def without(self, ignored: FieldSet | None) -> Comparison:
        """Without the ignored paths and all below them."""
        return self if not ignored else Comparison(*(fields.minus_recursive(ignored) for fields in self))


class _Changes:
    """A FieldSet being built."""

    __slots__ = ("children", "members")

    def __init__(self) -> None:
        self.members: set[Element] = set()
        self.children: dict[Element, FieldSet] = {}

    def done(self) -> FieldSet:
        return FieldSet(frozenset(self.members), self.children)

    def put(self, element: Element, below: FieldSet) -> None:
        if below.members or below.children:
            known = self.children.get(element)
            self.children[element] = below if known is None else known | below


_Building: TypeAlias = tuple[_Changes, _Changes, _Changes]


def compare(old: JsonObject, new: JsonObject, schema: Schema) -> Comparison:
    """Paths that are gone, other, new: `compare(a, a)` is empty; `compare({}, a).added` holds every map on the way as well."""
    building = (_Changes(), _Changes(), _Changes())
    if old != new or type(old) is not type(new):
        _compare_maps(old, new, node(schema), building)
    removed, modified, added = building
    return Comparison(removed.done(), modified.done(), added.done())


def _compare(element: Element, old: Json, new: Json, at: Node, into: _Building) -> None:
    """Compare one child; `into` belongs to its parent."""
    if old is ABSENT or new is ABSENT:
        target, only = (into[2], new) if old is ABSENT else (into[0], old)
        target.members.add(element)
        below_it = _whole(only, at)
        if below_it is not None:
            target.put(element, below_it)
        return
    if old == new and type(old) is type(new):
        return
    shape = _shape(new, at)
    if (other := _shape(old, at)) != shape:
        into[1].members.add(element)
        shape = other if shape == "leaf" else shape
    below: _Building | None = None
    if shape == "map" and (_filled(old, dict) or _filled(new, dict)):
        below = (_Changes(), _Changes(), _Changes())
        _compare_maps(old if type(old) is dict else {}, new if type(new) is dict else {}, at, below)
    elif shape == "list" and (_filled(old, list) or _filled(new, list)):
        below = (_Changes(), _Changes(), _Changes())
        _compare_lists(old if type(old) is list else [], new if type(new) is list else [], at, below)
    if below is not None:
        for target, inner in zip(into, below, strict=True):
            if inner.members or inner.children:
                target.put(element, inner.done())
    elif not equal_numbers(old, new):
        into[1].members.add(element)


def _whole(value: Json, at: Node) -> FieldSet | None:
    """Everything below a value that is on one side only; None when nothing is."""
    shape = _shape(value, at)
    if shape == "leaf" or not value:
        return None
    found = _Changes()
    if shape == "map":
        for key, item in value.items():
            element = f"f:{key}"
            found.members.add(element)
            below = _whole(item, node(at.child(key) or ANYTHING, at.free))
            if below is not None:
                found.children[element] = below
        return found.done()
    items = node(at.items, at.free)
    for element, same in _by_element(value, at).items():
        found.members.add(element)
        below = _whole(same[0], items) if len(same) == 1 else None
        if below is not None:
            found.children[element] = below
    return found.done()


def _filled(value: Json, kind: type) -> bool:
    return type(value) is kind and bool(value)


def _shape(value: Json, at: Node) -> str:
    """How a value is walked: `map`, `list` or `leaf`. A null is walked as what its schema allows first."""
    kind = type(value)
    if kind is dict and at.is_map:
        return "leaf" if at.atomic_map else "map"
    if kind is list and at.is_list:
        return "leaf" if at.atomic_list else "list"
    if value is None:
        if at.is_map:
            return "leaf" if at.atomic_map else "map"
        if at.is_list and not at.scalar:
            return "leaf" if at.atomic_list else "list"
    return "leaf"


def _compare_maps(old: JsonObject, new: JsonObject, at: Node, into: _Building) -> None:
    for key, before in old.items():
        after = new.get(key, ABSENT)
        if before is after:
            continue
        schema = at.child(key)
        _compare(f"f:{key}", before, after, node(schema or ANYTHING, at.free), into)
    for key, after in new.items():
        if key not in old:
            schema = at.child(key)
            _compare(f"f:{key}", ABSENT, after, node(schema or ANYTHING, at.free), into)


def _compare_lists(old: list[Json], new: list[Json], at: Node, into: _Building) -> None:
    """Items by their element; several items with one element are compared as a whole."""
    before, after = _by_element(old, at), _by_element(new, at)
    below = node(at.items, at.free)
    removed, modified, added = into
    for element in [*before, *(element for element in after if element not in before)]:
        left, right = before.get(element, []), after.get(element, [])
        if len(left) <= 1 and len(right) <= 1:
            _compare(element, left[0] if left else ABSENT, right[0] if right else ABSENT, below, into)
        elif len(left) >= 2 and len(right) >= 2:
            if not equal_numbers(left, right):
                modified.members.add(element)
        elif len(left) >= 2:
            if right:
                _compare(element, ABSENT, right[0], below, into)
            removed.members.add(element)
        else:
            if left:
                _compare(element, left[0], ABSENT, below, into)
            added.members.add(element)


def _by_element(items: list[Json], at: Node) -> dict[Element, list[Json]]:
    result: dict[Element, list[Json]] = {}
    for item in items:
        result.setdefault(element_of(item, at), []).append(item)
    return result
