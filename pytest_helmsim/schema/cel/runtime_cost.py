"""What a call costs when it is made, by the sizes of what it was given.

Sources: github.com/google/cel-go interpreter/runtimecost.go, ext/lists.go, k8s.io/apiserver pkg/cel/library/cost.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pytest_helmsim.schema.cel.values import Thing, size_of

Cost = Callable[[list[Any], Any], int]
TRAVERSAL, PATTERN = 0.1, 0.25


def _share(size: int, factor: float = TRAVERSAL) -> int:
    return math.ceil(size * factor)


def _traversal(value: Any) -> int:
    if isinstance(value, (str, bytes)):
        return int(len(value if isinstance(value, bytes) else value.encode()) * TRAVERSAL)
    if isinstance(value, list):
        return sum(_traversal(item) for item in value)
    if isinstance(value, dict):
        return sum(_traversal(key) + _traversal(item) for key, item in value.items())
    if isinstance(value, Thing):
        return sum(_traversal(key) + 1 for key in value.raw)
    return 1


def _of_first(factor: float = TRAVERSAL) -> Cost:
    return lambda values, found: _share(size_of(values[0]), factor)


def _least(values: list[Any], found: Any) -> int:
    return _share(min(size_of(values[0]), size_of(values[1])))


def _pattern(values: list[Any], found: Any) -> int:
    return _share(1 + size_of(values[0])) * _share(size_of(values[1]), PATTERN)


def _within(values: list[Any], found: Any) -> int:
    return _share(size_of(values[0])) * _share(size_of(values[1]))


def _both(values: list[Any], found: Any) -> int:
    return _share(size_of(values[0]) + size_of(values[1]))


def _compared(index: int) -> Cost:
    def cost(values: list[Any], found: Any) -> int:
        items = values[index]
        factor = 2.1 if items and isinstance(items[0], (str, bytes)) else 2.0
        return int(len(items) ** 2 * factor) + 11

    return cost


_BY_NAME: dict[str, Cost] = {
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), lambda values, found: _traversal(values[0])),
    **dict.fromkeys(("url", "lowerAscii", "upperAscii", "substring", "trim", "jsonpatch.escapeKey"), _of_first()),
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"), _of_first()),
    **dict.fromkeys(("replace", "split", "ip.isCanonical"), _of_first(2 * TRAVERSAL)),
    "join": lambda values, found: _share(size_of(found), 2 * TRAVERSAL),
    "find": _pattern,
    "findAll": _pattern,
    "containsIP": lambda values, found: _share(2 * size_of(values[0])) + (_share(len(values[1])) if isinstance(values[1], str) else 0),
    "containsCIDR": lambda values, found: (
        _share(2 * size_of(values[0])) + _share(size_of(values[0])) + 1 + (_share(len(values[1])) if isinstance(values[1], str) else 0)
    ),
    "validate": lambda values, found: _share(1 + size_of(values[1])) * _share(values[0].size, PATTERN),
}
_BY_OVERLOAD: dict[str, Cost] = {
    **dict.fromkeys(("starts_with_string", "ends_with_string", "string_to_bytes", "bytes_to_string"), _of_first()),
    **dict.fromkeys(("strings_quote", "string_format"), _of_first()),
    "in_list": lambda values, found: size_of(values[1]),
    **dict.fromkeys(("equals", "not_equals"), _least),
    **{f"{word}_{kind}": _least for word in ("less", "less_equals", "greater", "greater_equals") for kind in ("string", "bytes")},
    **dict.fromkeys(("add_string", "add_bytes"), _both),
    "matches_string": _pattern,
    "contains_string": _within,
    **dict.fromkeys(("list_slice", "lists_range", "list_reverse"), lambda values, found: size_of(found) + 11),
    "list_flatten": lambda values, found: size_of(values[0]) + 11,
    "list_flatten_int": lambda values, found: size_of(values[0]) * values[1] + 11,
    **dict.fromkeys(
        ("list_sets_contains_list", "list_sets_intersects_list"), lambda values, found: 1 + size_of(values[0]) * size_of(values[1])
    ),
    "list_sets_equivalent_list": lambda values, found: 1 + 2 * size_of(values[0]) * size_of(values[1]),
    "list_distinct": _compared(0),
    "string_to_ip": _of_first(),
}


def call_cost(name: str, overloads: tuple[str, ...]) -> Cost | None:
    """How to count the calls of a function, None for a cost of 1."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name == "sort":
        return _compared(0)
    if name == "@sortByAssociatedKeys":
        return _compared(1)
    return _BY_OVERLOAD.get(overloads[0]) if len(overloads) == 1 else None
