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

APPROXIMATE = ("bodies nested more than 200 levels deep: refused; the real server reads 10,000",)
MAX_STRICT_ERRORS = 100
MAX_DEPTH = 200
_TOO_DEEP = "exceeded max depth"
_TIME_LAYOUT = "2006-01-02T15:04:05Z07:00"
_MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"
_MICRO_TEXT = re.compile(r".*\.\d{6}(?:Z|[+-]\d\d:\d\d)")
_LIMITS = {"int32": 31, "int64": 63, "int": 63}


class JsonSyntaxError(ValueError):
    """A body that is no JSON; the message is Go's."""


class _Pairs(dict[str, Any]):
    """A JSON object with keys that came more than once; `items` gives all of them, as the text has them."""

    __slots__ = ("all",)
    all: list[tuple[str, Any]]

    def items(self) -> Any:
        return self.all


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON body: the value (the last of equal keys counts) and the paths of the keys that came twice."""

    value: Json
    duplicates: tuple[str, ...] = ()
    marked: Json = None
    """The value with all of the doubled keys, for `type_error`, `strict_errors` and `merged`; None when there are none."""


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
        marked.all = items
        return marked

    try:
        value = json.loads(body, object_pairs_hook=pairs, parse_constant=_no_constant)
    except RecursionError as error:
        raise JsonSyntaxError(_TOO_DEEP) from error
    except ValueError as error:
        raise JsonSyntaxError(_syntax_error(body) or str(error)) from error
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and is_too_deep(value):
        raise JsonSyntaxError(_TOO_DEEP)
    if not repeated:
        return Parsed(value)
    return Parsed(_plain(value), tuple(dict.fromkeys(_duplicates(value, ""))), value)


def is_too_deep(value: Json) -> bool:
    """Whether maps and lists are nested more than `MAX_DEPTH` levels deep."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [item for part in level for item in (part.values() if isinstance(part, dict) else part) if isinstance(item, (dict, list))]
        if not level:
            return False
    return True


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
        seen: set[str] = set()
        for key, child in value.items():
            here = f"{path}.{key}" if path else key
            if key in seen:
                yield here
            seen.add(key)
            yield from _duplicates(child, here)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _duplicates(child, f"{path}[{index}]")


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    return [_plain(child) for child in value] if isinstance(value, list) else value


def merged(value: Json) -> Json:
    """What a Go struct holds after reading the doubled keys one after the other: objects grow, lists are read over, others replaced."""
    if isinstance(value, dict):
        result: dict[str, Any] = {}
        for key, child in value.items():
            result[key] = _read_over(result[key], merged(child)) if key in result else merged(child)
        return result
    return [merged(child) for child in value] if isinstance(value, list) else value


def _read_over(before: Json, after: Json) -> Json:
    if isinstance(before, dict) and isinstance(after, dict):
        return {**before, **{key: _read_over(before[key], child) if key in before else child for key, child in after.items()}}
    if isinstance(before, list) and isinstance(after, list):
        return [_read_over(before[index], child) if index < len(before) else child for index, child in enumerate(after)]
    return after


def unknown_fields(obj: JsonObject, schema: Schema) -> list[str]:
    """Paths of fields that the schema does not know, in the order of the document: `spec.template.spec.containers[0].foo`."""
    return list(_unknown(obj, schema, ""))


def strict_errors(obj: JsonObject, schema: Schema) -> list[str]:
    """`unknown field "…"` and `duplicate field "…"`, at most a hundred, as Strict refuses and Warn warns."""
    found = dict.fromkeys(f'{what} field "{path}"' for what, path in _strict(obj, schema, ""))
    return list(found)[:MAX_STRICT_ERRORS]


def _unknown(value: Json, schema: Schema, path: str) -> Iterator[str]:
    return (here for what, here in _strict(value, schema, path) if what == "unknown")


def _strict(value: Json, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """In the order of the text; below an unknown field nothing is looked at."""
    if isinstance(value, dict):
        if schema.fields is None and schema.values is None:
            if _is_closed(schema):
                yield from (("unknown", f"{path}.{key}" if path else key) for key in value)
            elif schema.go_type != "runtime.RawExtension":
                yield from (("duplicate", here) for here in _duplicates(value, path))
            return
        seen: set[str] = set()
        for key, child in value.items():
            here = f"{path}.{key}" if path else key
            node = schema.child(key)
            if node is None and not schema.preserve_unknown:
                yield "unknown", here
                continue
            if key in seen:
                yield "duplicate", here
            seen.add(key)
            if node is not None:
                yield from _strict(child, node, here)
    elif isinstance(value, list) and (items := _items(schema)) is not None:
        for index, child in enumerate(value):
            yield from _strict(child, items, f"{path}[{index}]")


def prune_unknown(obj: JsonObject, schema: Schema) -> JsonObject:
    """The object without the fields that the schema does not know."""
    pruned: JsonObject = _prune(obj, schema)
    return pruned


def _prune(value: Json, schema: Schema) -> Json:
    if isinstance(value, dict):
        if schema.fields is None and schema.values is None:
            return {} if _is_closed(schema) else value
        result = {}
        for key, child in value.items():
            node = schema.child(key)
            if node is not None:
                result[key] = _prune(child, node)
            elif schema.preserve_unknown:
                result[key] = child
        return result
    if isinstance(value, list) and (items := _items(schema)) is not None:
        return [_prune(child, items) for child in value]
    return value


_NOTHING = Schema("object", raw={"type": "object"})
"""Of a custom kind, a place where no field is known."""


def _is_closed(schema: Schema) -> bool:
    """A custom kind's node without fields knows none, whatever its type."""
    return bool(schema.raw) and not schema.preserve_unknown


def _items(schema: Schema) -> Schema | None:
    """What items are judged by: where a custom kind wants no list, objects in one have no known field."""
    return schema.items if schema.items is not None else _NOTHING if _is_closed(schema) else None


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
    if not finder.first:
        finder.first = _wrong_type(value, struct, path, expected)


def _wrong_type(value: Json, struct: str, path: tuple[str, ...], expected: str) -> str:
    found = _kind(value)
    if found == "number" and expected in _LIMITS:
        found = f"number {gojson.format_float(value) if isinstance(value, float) and not value.is_integer() else value}"
    where = f"Go struct field {struct}.{'.'.join(path)}" if path else "Go value"
    return f"json: cannot unmarshal {found} into {where} of type {expected}"


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "array" if isinstance(value, list) else "object"


def _check(value: Json, schema: Schema, finder: _Finder, *, struct: str, path: tuple[str, ...], expected: str) -> None:
    if schema.go_type == "v1.JSONSchemaPropsOrBool" and not isinstance(value, (dict, bool, type(None))):
        raise _Abort("boolean or JSON schema expected")
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
            for _, child in value.items():  # with the doubled keys
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
        _check_time(value, struct, path, micro=expected == "v1.MicroTime")
    elif schema.type == "int-or-string":
        if not isinstance(value, str) and not _is_int(value, 31):
            raise _Abort(_wrong_type(value, struct, path, "int32"))
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


def _check_time(value: Json, struct: str, path: tuple[str, ...], *, micro: bool) -> None:
    if not isinstance(value, str):
        raise _Abort(_wrong_type(value, struct, path, "string"))
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
