"""What a Go server makes of an object by reading and writing it: the form in which it is stored and printed.

Fields come in the order of the Go struct; nulls, unknown fields and empty omitempty values go; what Go always writes
comes in (`status: {}`, `resources: {}`, `rules: null`, also for an empty list); quantities, times and bytes get their
canonical text. Wrongly typed values stay as they are: `decoding` reports those first. Custom objects are free of all
this: the server keeps them as written.

Source: encoding/json as k8s.io/apimachinery's serializer uses it, over the types of k8s.io/api.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.model import Schema

_SCALAR = frozenset({"string", "integer", "number", "boolean", "int-or-string"})
RESOURCE_LIST = "v1.ResourceList"
_MICRO = "v1.MicroTime"
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def canonical(obj: JsonObject, schema: Schema, *, draft: bool = False, known: JsonObject | None = None) -> JsonObject:
    """The object as the server writes it; what comes in is not changed.

    `draft`: as it is read, before defaulting: structs are there, but a field that holds its zero value is missing (not an empty list,
    which some defaults tell from none). `known` is canonical already: parts that the object shares with it are shared again.
    """
    if known is None:
        result: JsonObject = _value(obj, schema, draft)
        return result
    shared = {key: value for key, value in obj.items() if key != "metadata" and value and value is known.get(key)}
    return _struct({key: value for key, value in obj.items() if key not in shared}, schema, draft, shared)


def zero(schema: Schema) -> Json:
    """What Go writes for a field that is always written and was not given."""
    if schema.nullable:
        return None
    if schema.fields is not None:
        return _struct({}, schema, False)
    if schema.format == "quantity":
        return "0"
    if schema.format in ("date-time", "byte") or schema.type in ("array", "object", "any"):
        return None
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "int-or-string": 0}[schema.type]


def _value(value: Json, schema: Schema, draft: bool) -> Json:
    kind = schema.type
    if kind == "object":
        if not isinstance(value, dict):
            return value
        if schema.fields is not None:
            return _struct(value, schema, draft)
        if schema.values is not None:
            item = schema.values
            if schema.go_type == RESOURCE_LIST:
                return {key: _amount(v, milli=True) for key, v in sorted(value.items())}
            nothing = "" if item.format == "byte" else zero(item)
            if item.type in _SCALAR and not item.format:
                return {key: nothing if v is None else v for key, v in sorted(value.items())}
            return {key: nothing if v is None else _value(v, item, draft) for key, v in sorted(value.items())}
        return value
    if kind == "array":
        if not isinstance(value, list) or schema.items is None:
            return value
        item = schema.items
        if item.fields is not None:
            return [_value({} if v is None else v, item, draft) for v in value]
        if item.type in _SCALAR and not item.format:
            return [zero(item) if v is None else v for v in value]
        return [zero(item) if v is None else _value(v, item, draft) for v in value]
    if schema.format:
        return _formatted(value, schema)
    return value


class _Row(NamedTuple):
    """How one field of a struct is written."""

    omitempty: bool
    struct: bool
    """Holds a struct, so is never empty as a scalar is."""
    pointer: bool
    strips: bool
    """Is left out when it holds its zero value."""
    plain: bool
    """A scalar that is written as given."""
    field: Schema


Plan: TypeAlias = tuple[tuple[str, bool, _Row], ...]
"""Each field in struct order: its key; whether it is written, or has parts that are, when it is not given; and the rest."""


def _plan(schema: Schema) -> Plan:
    assert schema.fields is not None
    rows = []
    for key, field in schema.fields.items():
        struct = field.fields is not None
        plain = field.type in _SCALAR and field.format not in ("quantity", "date-time", "byte")
        strips = not struct and not field.preserve_unknown
        row = _Row(field.presence == "omitempty", struct, field.nullable, strips, plain, field)
        rows.append((key, field.presence == "always", row))
    schema.plan = tuple(rows)
    return schema.plan  # type: ignore[no-any-return]


def _struct(value: dict[str, Any], schema: Schema, draft: bool, shared: JsonObject | None = None) -> JsonObject:
    result: JsonObject = {}
    for key, always, row in schema.plan or _plan(schema):
        if key in value:
            given = value[key]
        elif shared is not None and key in shared:
            result[key] = shared[key]
            continue
        elif always:
            given = None
        else:
            continue
        omitempty, struct, pointer, strips, plain, field = row
        if given is None:
            if always and not draft:
                result[key] = zero(field)
            elif always and struct and not pointer:
                result[key] = _struct({}, field, draft)
            continue
        if not given and strips:
            if omitempty and draft and given == []:
                result[key] = []
                continue
            if omitempty or (draft and always and not pointer):
                continue
            if given == [] and always:
                result[key] = None
                continue
        if plain:
            result[key] = given
            continue
        written = _value(given, field, draft)
        if omitempty and struct and not written:
            continue
        result[key] = written
    return result


def _formatted(value: Json, schema: Schema) -> Json:
    form = schema.format
    if form == "quantity":
        return _amount(value)
    if form == "date-time" and isinstance(value, str):
        return time_text(value, micro=schema.go_type == _MICRO) or value
    if form == "byte" and isinstance(value, str):
        return bytes_text(value)
    if form == "byte" and isinstance(value, list) and all(type(item) is int and 0 <= item < 256 for item in value):
        return base64.b64encode(bytes(value)).decode()
    return value


def _amount(value: Json, *, milli: bool = False) -> Json:
    """A quantity; in a ResourceList finer than a thousandth rounds up, which Go does while defaulting."""
    if value is None:
        return "0"
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    try:
        return quantity.canonical(value, milli=milli)
    except quantity.QuantityError:
        return value


@lru_cache(maxsize=4096)
def time_text(text: str, *, micro: bool = False) -> str | None:
    """RFC 3339 in UTC, whole seconds (metav1.Time) or six places (MicroTime); None for a text that is no time."""
    shape = _TIME.fullmatch(text)
    if shape is None:
        return None
    day, clock, fraction, zone = shape.groups()
    digits = (fraction or ".0")[1:7].ljust(6, "0")
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{digits}{'+00:00' if zone in 'Zz' else zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond:06d}Z" if micro else "Z")


def bytes_text(text: str) -> str:
    """Base64 without line breaks, as Go writes it; a text that is no base64 stays."""
    if "\n" not in text and "\r" not in text:
        return text
    stripped = text.replace("\n", "").replace("\r", "")
    try:
        return base64.b64encode(base64.b64decode(stripped, validate=True)).decode()
    except binascii.Error:
        return text
