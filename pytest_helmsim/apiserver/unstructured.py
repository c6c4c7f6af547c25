"""What the server says when a strategically patched object no longer fits its Go type.

The patched map is not decoded from JSON but converted value by value, so the words differ from those of the JSON decoder.
Source: k8s.io/apimachinery pkg/runtime/converter.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_helmsim.objects.json import Json
from pytest_helmsim.schema import decoding
from pytest_helmsim.schema.model import Schema

_GO = {"string": "string", "integer": "int64", "number": "float64", "boolean": "bool"}


def error(value: Json, schema: Schema) -> str | None:
    """The first misfit in the order of the Go struct, None when all fits."""
    return next(_errors(value, schema), None)


def in_struct_order(value: Json, schema: Schema) -> Json:
    """The value with the fields of every struct in the order of the Go type, unknown ones last: the order in which they are met."""
    if isinstance(value, dict) and schema.fields is not None:
        known = {key: in_struct_order(value[key], field) for key, field in schema.fields.items() if key in value}
        return {**known, **{key: item for key, item in value.items() if key not in known}}
    if isinstance(value, list) and schema.items is not None:
        return [in_struct_order(item, schema.items) for item in value]
    return value


def wrapped(value: Json, schema: Schema) -> Json:
    """Whole floats of int fields are ints; beyond int32 numbers lose their upper bits. The value itself when nothing changes."""
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            node = schema.child(key)
            found[key] = wrapped(item, node) if node is not None else item
        return found if any(found[key] is not value[key] for key in value) else value
    if isinstance(value, list) and schema.items is not None:
        items = [wrapped(item, schema.items) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, float) and schema.type in ("integer", "int-or-string"):
        value = int(value)
    if schema.format == "int32" and isinstance(value, int) and not -(2**31) <= value < 2**31:
        return (value + 2**31) % 2**32 - 2**31
    return value


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    return "slice" if isinstance(value, list) else "map"


def _errors(value: Json, schema: Schema, of: str = "") -> Iterator[str]:
    if value is None or schema.preserve_unknown or schema.type == "any":
        return
    if schema.type == "int-or-string" and isinstance(value, float) and value.is_integer():
        value = int(value)
    if schema.format in ("quantity", "date-time") or schema.type == "int-or-string":
        wrong = decoding.type_error({"x": value}, Schema("object", fields={"x": schema}))
        if wrong:
            yield re.sub(r"Go struct field \S* of", "Go value of", wrong)
    elif schema.format == "byte":
        if not isinstance(value, (str, list)):
            yield f"cannot restore slice from {_kind(value)}"
        elif isinstance(value, str) and (wrong := decoding.type_error({"x": value}, Schema("object", fields={"x": schema}))):
            yield f"error decoding from json: {wrong}"
    elif schema.type == "object":
        yield from _object(value, schema)
    elif schema.type == "array":
        if not isinstance(value, list):
            yield f"cannot restore slice from {_kind(value)}"
        elif schema.items is not None:
            for item in value:
                yield from _errors(item, schema.items, schema.go_type.removeprefix("[]"))
    else:
        yield from _scalar(value, schema, of or schema.go_type)


def _object(value: Json, schema: Schema) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"cannot restore struct from: {_kind(value)}" if schema.fields is not None else f"cannot restore map from {_kind(value)}"
    elif schema.fields is not None:
        for key, field in schema.fields.items():
            if key in value:
                yield from _errors(value[key], field)
    elif schema.values is not None:
        for item in value.values():
            yield from _errors(item, schema.values)


def _scalar(value: Json, schema: Schema, go_type: str) -> Iterator[str]:
    found = _kind(value)
    wanted = schema.format if schema.format in ("int32", "int64") else _GO.get(schema.type, "")
    if schema.type == "integer" and isinstance(value, (int, float)) and not isinstance(value, bool):
        if isinstance(value, float) and not value.is_integer():
            yield f"cannot convert {found} to {wanted}"
        return
    if schema.type == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return
    if found == wanted:
        return
    if found == "int64" and wanted == "string":
        yield f"cannot convert int64 to {go_type.removeprefix('*') or 'string'}"
        return
    yield f"unrecognized type: {wanted}"
