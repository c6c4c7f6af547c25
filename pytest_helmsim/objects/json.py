"""JSON as Python values: the one alias for plain data, and bytes in and out.

`Json` is what `orjson` reads: None, bool, int, float, str, list, dict. Objects of the cluster are `JsonObject`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


def dumps(value: Json) -> bytes:
    """Compact JSON in the order of the dict's keys."""
    import orjson

    return orjson.dumps(value)


def dumps_sorted(value: Json) -> bytes:
    """Compact JSON with sorted keys: equal values give equal bytes."""
    import orjson

    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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
