"""What the server says of a body that it cannot read into a kind, and of fields it does not know.

A type error ends a request (400 `json: cannot unmarshal …`), unknown and duplicate fields do so under fieldValidation=Strict only.
Sources: sigs.k8s.io/json (a fork of encoding/json with strict errors), k8s.io/apimachinery pkg/runtime/serializer/json.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_helmsim.objects import gojson, quantity
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.canonical import time_text
from pytest_helmsim.schema.model import Schema

MAX_STRICT_ERRORS = 100
_TIME_LAYOUT = "2006-01-02T15:04:05Z07:00"
_MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"
_MICRO_TEXT = re.compile(r".*\.\d{6}(?:Z|[+-]\d\d:\d\d)")
_LIMITS = {"int32": 31, "int64": 63, "int": 63}


class JsonSyntaxError(ValueError):
    """A body that is no JSON; the message is Go's."""


class _Pairs(dict[str, Any]):
    """A JSON object that remembers which of its keys came more than once."""

    __slots__ = ("repeated",)
    repeated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON body: the value (the last of equal keys counts) and the paths of the keys that came twice."""

    value: Json
    duplicates: tuple[str, ...] = ()


def parse(body: bytes) -> Parsed:
    """Read a JSON body; raise `JsonSyntaxError` with Go's words."""
    repeated = False

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        made = dict(items)
        if len(made) == len(items):
            return made
        repeated = True
        marked = _Pairs(made)
        seen: set[str] = set()
        twice = []
        for key, _ in items:
            if key in seen:
                twice.append(key)
            seen.add(key)
        marked.repeated = tuple(dict.fromkeys(twice))
        return marked

    try:
        value = json.loads(body, object_pairs_hook=pairs, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise JsonSyntaxError(_syntax_error(body) or str(error)) from error
    if not repeated:
        return Parsed(value)
    found = tuple(_duplicates(value, ""))
    return Parsed(_plain(value), found)


def _no_constant(name: str) -> Json:
    raise ValueError(f"invalid character '{name[0]}' looking for beginning of value")


def _syntax_error(body: bytes) -> str:
    try:
        gojson.decode(body.decode("utf-8", "replace"))
    except gojson.GoJsonError as error:
        return str(error)
    return ""


def _duplicates(value: Json, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            here = f"{path}.{key}" if path else key
            yield from _duplicates(child, here)
            if isinstance(value, _Pairs) and key in value.repeated:
                yield here
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _duplicates(child, f"{path}[{index}]")


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    return [_plain(child) for child in value] if isinstance(value, list) else value


def unknown_fields(obj: JsonObject, schema: Schema) -> list[str]:
    """Paths of fields that the schema does not know, in the order of the document: `spec.template.spec.containers[0].foo`."""
    return list(_unknown(obj, schema, ""))


def strict_errors(obj: JsonObject, schema: Schema, duplicates: tuple[str, ...] = ()) -> list[str]:
    """`unknown field "…"` and `duplicate field "…"`, at most a hundred, as Strict refuses and Warn warns."""
    found = [f'duplicate field "{path}"' for path in duplicates] + [f'unknown field "{path}"' for path in unknown_fields(obj, schema)]
    return found[:MAX_STRICT_ERRORS]


def _unknown(value: Json, schema: Schema, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        if schema.fields is None and schema.values is None:
            if schema.type == "object" and not schema.preserve_unknown and schema.raw:
                yield from (f"{path}.{key}" if path else key for key in value)
            return
        for key, child in value.items():
            here = f"{path}.{key}" if path else key
            node = schema.child(key)
            if node is None:
                if not schema.preserve_unknown:
                    yield here
            else:
                yield from _unknown(child, node, here)
    elif isinstance(value, list) and schema.items is not None:
        for index, child in enumerate(value):
            yield from _unknown(child, schema.items, f"{path}[{index}]")


def prune_unknown(obj: JsonObject, schema: Schema) -> JsonObject:
    """The object without the fields that the schema does not know."""
    pruned: JsonObject = _prune(obj, schema)
    return pruned


def _prune(value: Json, schema: Schema) -> Json:
    if isinstance(value, dict):
        if schema.fields is None and schema.values is None:
            return {} if schema.type == "object" and not schema.preserve_unknown and schema.raw else value
        result = {}
        for key, child in value.items():
            node = schema.child(key)
            if node is not None:
                result[key] = _prune(child, node)
            elif schema.preserve_unknown:
                result[key] = child
        return result
    if isinstance(value, list) and schema.items is not None:
        return [_prune(child, schema.items) for child in value]
    return value


@dataclass(slots=True)
class _Finder:
    """Go keeps the first wrong type and reads on; what a type's own reader refuses (quantities, times) ends it at once."""

    first: str = ""


class _Abort(Exception):
    """The message of a type's own reader."""


def type_error(obj: Json, schema: Schema) -> str | None:
    """The decoder's message for an object of a built-in kind, None when it can be read.

    `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
    """
    finder = _Finder()
    name = schema.name.rpartition(".")[2]
    try:
        _check(obj, schema, finder, struct="", path=(), expected=".".join(schema.name.split(".")[-2:]) or name)
    except _Abort as error:
        return str(error)
    return finder.first or None


def _wrong(finder: _Finder, value: Json, struct: str, path: tuple[str, ...], expected: str) -> None:
    if finder.first:
        return
    found = _kind(value)
    if found == "number" and expected in _LIMITS:
        found = f"number {gojson.format_float(value) if isinstance(value, float) and not value.is_integer() else value}"
    where = f"Go struct field {struct}.{'.'.join(path)}" if path else "Go value"
    finder.first = f"json: cannot unmarshal {found} into {where} of type {expected}"


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "array" if isinstance(value, list) else "object"


def _check(value: Json, schema: Schema, finder: _Finder, *, struct: str, path: tuple[str, ...], expected: str) -> None:
    if value is None or schema.preserve_unknown or schema.type == "any":
        return
    if schema.format == "byte":
        _check_bytes(value, finder, struct, path)
    elif schema.type == "object":
        if not isinstance(value, dict):
            _wrong(finder, value, struct, path, expected)
        elif schema.fields is not None:
            own = schema.name.rpartition(".")[2]
            for key, child in value.items():
                node = schema.fields.get(key)
                if node is not None:
                    below = (*path, node.embedded, key) if node.embedded else (*path, key)
                    _check(child, node, finder, struct=own, path=below, expected=node.go_type)
        elif schema.values is not None:
            inner = "resource.Quantity" if expected == "v1.ResourceList" else expected.partition("]")[2]
            for child in value.values():
                _check(child, schema.values, finder, struct=struct, path=path, expected=inner)
    elif schema.type == "array":
        if not isinstance(value, list):
            _wrong(finder, value, struct, path, expected)
        elif schema.items is not None:
            for child in value:
                _check(child, schema.items, finder, struct=struct, path=path, expected=expected.removeprefix("[]"))
    else:
        _check_scalar(value, schema, finder, struct, path, expected)


def _check_scalar(value: Json, schema: Schema, finder: _Finder, struct: str, path: tuple[str, ...], expected: str) -> None:
    if schema.format == "quantity":
        _check_quantity(value)
    elif schema.format == "date-time":
        _check_time(value, finder, struct, path, micro=expected == "v1.MicroTime")
    elif schema.type == "int-or-string":
        if not isinstance(value, str) and not _is_int(value, 31):
            _wrong(finder, value, struct, path, "int32")
    elif schema.type == "string":
        if not isinstance(value, str):
            _wrong(finder, value, struct, path, expected)
    elif schema.type == "boolean":
        if not isinstance(value, bool):
            _wrong(finder, value, struct, path, expected)
    elif schema.type == "integer":
        if not _is_int(value, _LIMITS.get(schema.format, 63)):
            _wrong(finder, value, struct, path, schema.format if expected not in _LIMITS else expected)
    elif schema.type == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        _wrong(finder, value, struct, path, expected)


def _is_int(value: Json, bits: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(1 << bits) <= value < 1 << bits


def _check_quantity(value: Json) -> None:
    text = value if isinstance(value, (str, int, float)) and not isinstance(value, bool) else "{}"
    try:
        quantity.parse(text)
    except quantity.QuantityError as error:
        raise _Abort(str(error)) from error


def _check_time(value: Json, finder: _Finder, struct: str, path: tuple[str, ...], *, micro: bool) -> None:
    if not isinstance(value, str):
        _wrong(finder, value, struct, path, "string")
        return
    layout = _MICRO_LAYOUT if micro else _TIME_LAYOUT
    if not value:
        raise _Abort(f'parsing time "" as "{layout}": cannot parse "" as "2006"')
    if time_text(value) is None:
        raise _Abort(_time_error(value, layout))
    if micro and not _MICRO_TEXT.fullmatch(value):
        rest = re.sub(r"^[^.Z+]*", "", value[19:]) or value[19:]
        raise _Abort(f'parsing time "{value}" as "{layout}": cannot parse "{rest}" as ".000000"')


_TIME_PARTS = (
    ("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d"), ("-", "-"), ("02", r"\d\d"), ("T", "T"), ("15", r"\d\d"), (":", ":"), ("04", r"\d\d"),
    (":", ":"), ("05", r"\d\d"), ("Z07:00", r"(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"),
)  # fmt: skip


def _time_error(text: str, layout: str) -> str:
    rest = text
    for name, pattern in _TIME_PARTS:
        match = re.match(pattern, rest)
        if match is None:
            return f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{name}"'
        rest = rest[match.end() :]
    if rest:
        return f'parsing time "{text}": extra text: "{rest}"'
    month = text[5:7]
    return f'parsing time "{text}": {"day" if "01" <= month <= "12" else "month"} out of range'


def _check_bytes(value: Json, finder: _Finder, struct: str, path: tuple[str, ...]) -> None:
    if isinstance(value, str):
        try:
            base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
        except binascii.Error:
            _first_wrong(finder, f"illegal base64 data at input byte {_bad_byte(value)}")
    elif isinstance(value, list):
        for child in value:
            if not _is_int(child, 8) or child < 0:
                _wrong(finder, child, struct, path, "uint8")
    else:
        _wrong(finder, value, struct, path, "[]uint8")


def _first_wrong(finder: _Finder, message: str) -> None:
    finder.first = finder.first or message


def _bad_byte(text: str) -> int:
    """Where Go's decoder stops: the first byte that cannot be, or the start of an unfinished group of four."""
    digits = 0
    for index, letter in enumerate(text):
        if letter in "\r\n":
            continue
        if letter == "=":
            if digits % 4 < 2:
                return index
            rest = text[index + 1 :].replace("\n", "").replace("\r", "")
            wanted = "=" if digits % 4 == 2 else ""
            return len(text) if not rest.startswith(wanted) and not rest else index + 1 + len(wanted)
        if not (letter.isascii() and (letter.isalnum() or letter in "+/")):
            return index
        digits += 1
    return len(text) - digits % 4
