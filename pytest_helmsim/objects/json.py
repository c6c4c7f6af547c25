"""JSON as Python values: the one alias for plain data, and bytes in and out.

`Json` is what `orjson` reads: None, bool, int, float, str, list, dict. Objects of the cluster are `JsonObject`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]
_FLOAT_MAX = 2**1023


def dumps(value: Json) -> bytes:
    """Compact JSON in the order of the dict's keys. Whole numbers beyond 64 bits become floats, as Go holds them."""
    import orjson

    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_in_range(value))


def dumps_sorted(value: Json) -> bytes:
    """Compact JSON with sorted keys: equal values give equal bytes."""
    import orjson

    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return orjson.dumps(_in_range(value), option=orjson.OPT_SORT_KEYS)


def _in_range(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _in_range(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_range(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value) if abs(value) < _FLOAT_MAX else None
    return value


def loads(data: bytes | str) -> Json:
    """Raise `ValueError` (orjson.JSONDecodeError) with line and column for text that is no JSON."""
    import orjson

    return orjson.loads(data)


def copy(value: Json) -> Json:
    """A deep copy of plain data; scalars are shared."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy(item) for item in value]
    return value


def type_name(value: Json) -> str:
    """JSON Schema's word for the value's type; whole numbers are `integer`, others `number`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "array" if isinstance(value, list) else "object"
