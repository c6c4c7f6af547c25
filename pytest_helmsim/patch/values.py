"""JSON values compared and told apart by Go's types: 1, 1.0 and true are three values."""

from __future__ import annotations

from typing import Any, TypeAlias

from pytest_helmsim.objects.json import Json

Identity: TypeAlias = tuple[type, Any]


def identity(scalar: Json) -> Identity:
    """A hashable stand-in for one scalar: equal exactly when Go's `==` on two interfaces is true.

    Lists and maps, on which Go would panic, are equal only to themselves.
    """
    kind = type(scalar)
    return (kind, id(scalar)) if kind is dict or kind is list else (kind, scalar)


def same(left: Json, right: Json) -> bool:
    """Deep equality that keeps integers, floats and booleans apart."""
    if left is right:
        return True
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is dict:
        return len(left) == len(right) and all(key in right and same(value, right[key]) for key, value in left.items())
    if kind is list:
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def equal_numbers(left: Json, right: Json) -> bool:
    """Deep equality in which 1 and 1.0 are one value, 1 and true are not: what server-side apply calls unchanged."""
    if left is right:
        return True
    kind, other = type(left), type(right)
    if kind is not other:
        return kind in (int, float) and other in (int, float) and bool(left == right)
    if kind is dict:
        return len(left) == len(right) and all(key in right and equal_numbers(value, right[key]) for key, value in left.items())
    if kind is list:
        return len(left) == len(right) and all(map(equal_numbers, left, right))
    return bool(left == right)
