"""What Go's reflection tells: kinds and types by name, deep equality, slices of any type.

Source: github.com/Masterminds/sprig/v3 reflect.go; Go src/reflect/deepequal.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.nils import is_nil
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import GoObject, UInt8, Value, go_kind, go_type

TABLE = Table()

NIL_DEREFERENCE = "runtime error: invalid memory address or nil pointer dereference"


def items_of(value: Value, complaint: str) -> list[Value]:
    """The elements of a slice of any type; `complaint` is the message for other kinds, the kind is appended.

    nil has no type to ask for its kind: Go panics there.
    """
    if type(value) is list:
        return value
    if value is None:
        raise FunctionError(NIL_DEREFERENCE)
    kind = go_kind(value)
    if kind not in ("slice", "array"):
        raise FunctionError(f"{complaint} {kind}")
    return elements(value)


def elements(value: Value) -> list[Value]:
    """The elements of a value of kind slice."""
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        return [UInt8(byte) for byte in value]
    assert isinstance(value, Iterable), f"{go_type(value)} is a slice that nobody can iterate"
    return list(value)


def deep_equal(left: Value, right: Value) -> bool:
    """Same Go type and equal through and through: 1 and 1.0 differ, so do a nil and an empty slice, and NaN from itself."""
    if left is None or right is None:
        return left is right
    if go_type(left) != go_type(right) or is_nil(left) != is_nil(right):
        return False
    if isinstance(left, list):
        if left is right:
            return True
        return len(left) == len(right) and all(deep_equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        if left is right:
            return True
        return left.keys() == right.keys() and all(deep_equal(item, right[key]) for key, item in left.items())
    if isinstance(left, GoObject):
        return left is right or (left.KIND != "func" and _equal_objects(left, right))
    return bool(left == right)


def _equal_objects(left: GoObject, right: GoObject) -> bool:
    mine, theirs = left.go_fields(), right.go_fields()
    return bool(mine) and len(mine) == len(theirs) and all(deep_equal(a, b) for (_, a), (_, b) in zip(mine, theirs, strict=True))


TABLE.function("deepEqual", "any", "any", result="bool")(deep_equal)


@TABLE.function("typeOf", "any", result="string")
def type_of(value: Value) -> str:
    return go_type(value)


@TABLE.function("kindOf", "any", result="string")
def kind_of(value: Value) -> str:
    return go_kind(value)


@TABLE.function("typeIs", "string", "any", result="bool")
def type_is(name: str, value: Value) -> bool:
    return name == go_type(value)


@TABLE.function("typeIsLike", "string", "any", result="bool")
def type_is_like(name: str, value: Value) -> bool:
    return go_type(value) in (name, f"*{name}")


@TABLE.function("kindIs", "string", "any", result="bool")
def kind_is(name: str, value: Value) -> bool:
    return name == go_kind(value)
