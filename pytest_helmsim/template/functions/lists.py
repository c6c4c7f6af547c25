"""Lists of any slice type; results are `[]interface {}` unless said otherwise.

Source: github.com/Masterminds/sprig/v3 list.go.
"""

from __future__ import annotations

import math

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.casts import float_to_int, to_int
from pytest_helmsim.template.functions.nils import NilList
from pytest_helmsim.template.functions.reflection import NIL_DEREFERENCE, deep_equal, elements, items_of
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import TypedList, Value, go_kind

TABLE = Table()

_ITEM_SIZE = 200
_SCALARS = (str, bool, int, float)


class ListList(TypedList):
    """What `chunk` gives."""

    __slots__ = ()
    GO_TYPE = "[][]interface {}"
    ZERO = NilList()


@TABLE.function("tuple", variadic="any", result="[]any")
@TABLE.function("list", variadic="any", result="[]any")
def make_list(*values: Value) -> list[Value]:
    return list(values)


@TABLE.function("append", "any", "any", result="[]any")
@TABLE.function("push", "any", "any", result="[]any")
@TABLE.function("mustAppend", "any", "any", result="[]any")
@TABLE.function("mustPush", "any", "any", result="[]any")
def push(values: Value, value: Value) -> list[Value]:
    return [*items_of(values, "Cannot push on type"), value]


@TABLE.function("prepend", "any", "any", result="[]any")
@TABLE.function("mustPrepend", "any", "any", result="[]any")
def prepend(values: Value, value: Value) -> list[Value]:
    return [value, *items_of(values, "Cannot prepend on type")]


@TABLE.function("first", "any")
@TABLE.function("mustFirst", "any")
def first(values: Value) -> Value:
    items = items_of(values, "Cannot find first on type")
    return items[0] if items else None


@TABLE.function("last", "any")
@TABLE.function("mustLast", "any")
def last(values: Value) -> Value:
    items = items_of(values, "Cannot find last on type")
    return items[-1] if items else None


@TABLE.function("rest", "any", result="[]any")
@TABLE.function("mustRest", "any", result="[]any")
def rest(values: Value) -> list[Value]:
    items = items_of(values, "Cannot find rest on type")
    return list(items[1:]) if items else NilList()


@TABLE.function("initial", "any", result="[]any")
@TABLE.function("mustInitial", "any", result="[]any")
def initial(values: Value) -> list[Value]:
    items = items_of(values, "Cannot find initial on type")
    return list(items[:-1]) if items else NilList()


@TABLE.function("reverse", "any", result="[]any")
@TABLE.function("mustReverse", "any", result="[]any")
def reverse(values: Value) -> list[Value]:
    return list(reversed(items_of(values, "Cannot find reverse on type")))


@TABLE.function("compact", "any", result="[]any")
@TABLE.function("mustCompact", "any", result="[]any")
def compact(values: Value) -> list[Value]:
    return [item for item in items_of(values, "Cannot compact on type") if item]


@TABLE.function("uniq", "any", result="[]any")
@TABLE.function("mustUniq", "any", result="[]any")
def uniq(values: Value) -> list[Value]:
    result: list[Value] = []
    seen: set[tuple[type, Value]] = set()
    others: list[Value] = []
    for item in items_of(values, "Cannot find uniq on type"):
        if isinstance(item, _SCALARS):
            key = (type(item), item)
            if key in seen and item == item:
                continue
            seen.add(key)
        elif _in_list(others, item):
            continue
        else:
            others.append(item)
        result.append(item)
    return result


def _in_list(haystack: list[Value] | tuple[Value, ...], needle: Value) -> bool:
    return any(deep_equal(needle, item) for item in haystack)


@TABLE.function("without", "any", variadic="any", result="[]any")
@TABLE.function("mustWithout", "any", variadic="any", result="[]any")
def without(values: Value, *omitted: Value) -> list[Value]:
    return [item for item in items_of(values, "Cannot find without on type") if not _in_list(omitted, item)]


@TABLE.function("has", "any", "any", result="bool")
@TABLE.function("mustHas", "any", "any", result="bool")
def has(needle: Value, haystack: Value) -> bool:
    return haystack is not None and _in_list(items_of(haystack, "Cannot find has on type"), needle)


@TABLE.function("slice", "any", variadic="any")
@TABLE.function("mustSlice", "any", variadic="any")
def slice_of(values: Value, *bounds: Value) -> Value:
    """A part of the same type; an empty list gives nil."""
    items = items_of(values, "list should be type of slice or array but")
    if not items:
        return None
    start = to_int(bounds[0]) if bounds else 0
    end = to_int(bounds[1]) if len(bounds) > 1 else len(items)
    if start < 0 or end < start or end > len(items):
        raise FunctionError("reflect.Value.Slice: slice index out of bounds")
    if isinstance(values, bytes):
        return values[start:end]
    part = items[start:end]
    return type(values)(part) if isinstance(values, TypedList) else part


@TABLE.function("concat", variadic="any")
def concat(*lists: Value) -> Value:
    result: list[Value] = NilList()
    for values in lists:
        if values is None:
            raise FunctionError(NIL_DEREFERENCE)
        kind = go_kind(values)
        if kind not in ("slice", "array"):
            raise FunctionError(f"Cannot concat type {kind} as list")
        result = [*result, *elements(values)] if len(elements(values)) else result
        check_size(len(result))
    return result


@TABLE.function("chunk", "int", "any", result="[][]interface {}")
@TABLE.function("mustChunk", "int", "any", result="[][]interface {}")
def chunk(size: int, values: Value) -> ListList:
    items = items_of(values, "Cannot chunk type")
    length = len(items)
    quotient = math.inf * (length - 1) if size == 0 and length != 1 else math.nan if size == 0 else (length - 1) / size
    count = float_to_int(math.floor(quotient) + 1.0 if math.isfinite(quotient) else quotient)
    check_size(max(count, 0) * _ITEM_SIZE)
    if count < 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    result = ListList()
    for index in range(count):
        taken = size if index < count - 1 else int(math.fmod(length, size)) or size
        if taken < 0:
            raise FunctionError("runtime error: makeslice: len out of range")
        part = items[index * size : index * size + taken]
        result.append(part if isinstance(part, list) and type(part) is list else list(part))
    return result
