"""What differs between two values, field by field; keyed lists are compared by key, sets by value, atomic lists as one, maps always by key.

`changes(a, a) = []`. What came or went whole is one Change at its root. Without a schema, lists whose items all have a different
`name` are keyed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pytest_helmsim.objects.fields import FieldPath, Step, item_step
from pytest_helmsim.objects.json import Json
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.field_set import Element, keyed
from pytest_helmsim.patch.typed import ABSENT, ANYTHING, Node, element_of, node
from pytest_helmsim.patch.values import equal_numbers
from pytest_helmsim.schema.model import Schema

__all__ = ["ABSENT", "Change", "changes", "iter_changes"]

_ROOT = FieldPath()
_FREE = node(ANYTHING)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; ABSENT stands for nothing at all."""

    path: FieldPath
    before: Json
    after: Json


def changes(before: Json, after: Json, schema: Schema | None = None) -> list[Change]:
    """All differences, in the order of `before`, then what is new."""
    return list(iter_changes(before, after, schema))


def iter_changes(before: Json, after: Json, schema: Schema | None = None, path: FieldPath = _ROOT) -> Iterator[Change]:
    """The differences one by one."""
    yield from _walk(before, after, node(schema) if schema is not None else _FREE, path)


def _walk(before: Json, after: Json, at: Node, path: FieldPath) -> Iterator[Change]:
    if before is after or equal_numbers(before, after):
        return
    left, right = children(before, at), children(after, at)
    if left is None or right is None:
        yield Change(path, before, after)
        return
    for step, child in left.items():
        other = right.get(step)
        yield from _walk(child.value, other.value if other is not None else ABSENT, child.at, path / child.step)
    for step, child in right.items():
        if step not in left:
            yield Change(path / child.step, ABSENT, child.value)


class Child(NamedTuple):
    """One child of a map or keyed list: its step in a path, its value, how it merges."""

    step: Step
    value: Json
    at: Node


def children(value: Json, at: Node) -> dict[Element, Child] | None:
    """The children by element; None for a leaf: scalars, atomic lists, lists whose items cannot be told apart."""
    if type(value) is dict:
        return {f"f:{key}": Child(key, item, _below(at, key)) for key, item in value.items()}
    if type(value) is not list:
        return None
    if at.is_list and not at.atomic_list:
        return _items(value, at, at.keys)
    if at.free or at is _FREE or at.scalar:
        return _items(value, at, ("name",)) if value and all(type(item) is dict and "name" in item for item in value) else None
    return None


def _below(at: Node, key: str) -> Node:
    schema = at.child(key)
    return node(schema, at.free) if schema is not None else _FREE


def _items(value: list[Json], at: Node, keys: tuple[str, ...]) -> dict[Element, Child] | None:
    below = node(at.items, at.free) if at.is_list else _FREE
    result: dict[Element, Child] = {}
    for item in value:
        try:
            element = element_of(item, at) if at.keys or not keys else keyed({key: item[key] for key in keys})
        except PatchError:
            return None
        if element in result:
            return None
        full = {**at.key_defaults, **item} if at.key_defaults and type(item) is dict else item
        step = item_step(full, keys) if keys else item_step(item, ())
        result[element] = Child(step, item, below)
    return result
