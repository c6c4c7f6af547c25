"""Values of expressions: JSON's kinds, and times, unsigned numbers, optional values, addresses, and objects with declared fields.

Times count nanoseconds, since a moment's fraction has nine digits. Sources: github.com/google/cel-go common/types,
k8s.io/apiserver pkg/cel/common/valuesunstructured.go.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.quantity import Quantity
from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.declared import escaped, with_metadata
from pytest_helmsim.schema.cel.types import Type

_SECOND = 10**9
_UNITS = {"h": 3600 * _SECOND, "m": 60 * _SECOND, "s": _SECOND, "ms": 10**6, "us": 10**3, "µs": 10**3, "μs": 10**3, "ns": 1}
_SPAN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|μs|ns)")
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|z|[+-]\d\d:?\d\d)?")
_LEAST_MOMENT, _GREATEST_MOMENT = -62135596800, 253402300799


class CelError(Exception):
    """An error of an evaluation, in the server's words."""


class Uint(int):
    """A number without a sign."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be absent."""

    value: Any
    present: bool = True


NOTHING = Optional(None, False)


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time."""

    nanoseconds: int

    def __str__(self) -> str:
        seconds, rest = divmod(abs(self.nanoseconds), _SECOND)
        sign = "-" if self.nanoseconds < 0 else ""
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        return f"{sign}{seconds}{fraction}s"


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A moment, in nanoseconds since 1970, and how many seconds the clock that it was written by is ahead."""

    nanoseconds: int
    offset: int = field(default=0, compare=False)

    def __str__(self) -> str:
        moment = self.moment() + timedelta(seconds=self.offset)
        rest = self.nanoseconds % _SECOND
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        hours, minutes = divmod(abs(self.offset) // 60, 60)
        zone = f"{'-' if self.offset < 0 else '+'}{hours:02d}:{minutes:02d}" if self.offset else "Z"
        return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%S}{fraction}{zone}"

    def moment(self) -> datetime:
        """The second, as a date of the calendar."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.nanoseconds // _SECOND)


@dataclass(frozen=True, slots=True)
class Url:
    """An address in its parts."""

    scheme: str
    host: str
    path: str
    query: str
    text: str


class SetList(list[Any]):
    """A list whose order does not count."""

    __slots__ = ()


class KeyedList(list[Any]):
    """A list whose items have keys."""

    __slots__ = ("keys",)

    def __init__(self, items: list[Any], keys: tuple[str, ...]) -> None:
        super().__init__(items)
        self.keys = keys


class Thing:
    """An object with declared fields, read when asked for."""

    __slots__ = ("_seen", "raw", "schema")

    def __init__(self, raw: JsonObject, schema: JsonObject) -> None:
        self.raw = raw
        self.schema = schema
        self._seen: dict[str, Any] = {}

    def find(self, name: str) -> tuple[bool, Any]:
        """Whether a field is set, and its value."""
        if name in self._seen:
            return True, self._seen[name]
        for key in (name, unescaped(name)):
            if self.raw.get(key) is not None:
                node = (self.schema.get("properties") or {}).get(key)
                if node is None:
                    return False, None
                self._seen[name] = found = adapt(self.raw[key], node)
                return True, found
        return False, None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Thing):
            return False
        mine, theirs = self.raw, other.raw
        if mine.keys() != theirs.keys():
            return False
        nodes = self.schema.get("properties") or {}
        return all(
            equal(adapt(value, nodes[key]), adapt(theirs[key], nodes[key])) if key in nodes else value == theirs[key]
            for key, value in mine.items()
        )

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.raw)))

    def __len__(self) -> int:
        return len(self.raw)


_UNESCAPED = {"underscores": "__", "dot": ".", "dash": "-", "slash": "/"}


def unescaped(name: str) -> str:
    """The property that a name of an expression stands for: `__dash__` and its kin, keywords between underscores."""
    if "__" not in name:
        return name
    if name.startswith("__") and name.endswith("__") and escaped(name[2:-2]) == name:
        return name[2:-2]
    return re.sub(r"__([^_]+)__", lambda match: _UNESCAPED.get(match[1], match[0]), name)


def adapt(value: Any, schema: JsonObject, *, root: bool = False) -> Any:
    """A JSON value as its schema declares it."""
    if value is None:
        return None
    if schema.get("x-kubernetes-int-or-string"):
        return value
    kind = schema.get("type")
    if isinstance(value, dict):
        if root or schema.get("x-kubernetes-embedded-resource"):
            return Thing(value, with_metadata(schema))
        others = schema.get("additionalProperties")
        if isinstance(others, dict) and not schema.get("properties"):
            return {key: adapt(item, others) for key, item in value.items()}
        return Thing(value, schema)
    if isinstance(value, list):
        items = schema.get("items")
        found = [adapt(item, items) for item in value] if isinstance(items, dict) else list(value)
        match schema.get("x-kubernetes-list-type"):
            case "set":
                return SetList(found)
            case "map":
                return KeyedList(found, tuple(schema.get("x-kubernetes-list-map-keys") or ()))
        return found
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "string" and isinstance(value, str) and schema.get("format"):
        return _timed(value, schema["format"])
    return value


def _timed(text: str, named: str) -> Any:
    try:
        match named:
            case "duration":
                return duration(text)
            case "date":
                return timestamp(f"{text}T00:00:00Z")
            case "date-time":
                return timestamp(text)
            case "byte":
                return base64.b64decode(text, validate=True)
    except (CelError, binascii.Error):
        return text
    return text


def duration(text: str) -> Duration:
    """A span from `1h30m`, `-1.5s`, `0`."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return Duration(0)
    total, position = 0, 0
    while position < len(rest):
        match = _SPAN.match(rest, position)
        if match is None:
            break
        whole, _, part = match[1].partition(".")
        unit = _UNITS[match[2]]
        total += int(whole or 0) * unit + (int(part or 0) * unit) // 10 ** len(part)
        position = match.end()
    if not rest or position < len(rest) or total >= 2**63:
        raise CelError("type conversion error from 'string' to 'google.protobuf.Duration'")
    return Duration(sign * total)


def timestamp(text: str) -> Timestamp:
    """A moment from its RFC 3339 form."""
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day, hour, minute, second = (int(match[index]) for index in range(1, 7))
        zone = match[8] or "Z"
        offset = 0 if zone in "Zz" else (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise CelError("type conversion error from 'string' to 'google.protobuf.Timestamp'") from error
    seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)) - offset
    return Timestamp(seconds * _SECOND + int((match[7] or "0")[:9].ljust(9, "0")), offset)


def checked_moment(nanoseconds: int, offset: int = 0) -> Timestamp:
    """A moment within the years 1 to 9999."""
    if not _LEAST_MOMENT <= nanoseconds // _SECOND <= _GREATEST_MOMENT:
        raise CelError("timestamp overflow")
    return Timestamp(nanoseconds, offset)


def type_of(value: Any) -> Type:
    """The type of a value, as `type()` gives it."""
    match value:
        case None:
            return types.NULL
        case bool():
            return types.BOOL
        case Uint():
            return types.UINT
        case int():
            return types.INT
        case float():
            return types.DOUBLE
        case str():
            return types.STRING
        case bytes():
            return types.BYTES
        case list():
            return Type("list", "list")
        case dict() | Thing():
            return Type("map", "map")
        case Duration():
            return types.DURATION
        case Timestamp():
            return types.TIMESTAMP
        case Optional():
            return Type("opaque", "optional_type")
        case Quantity():
            return types.QUANTITY
        case Url():
            return types.URL
        case Type():
            return types.TYPE
    named: Type = getattr(value, "cel_type", types.DYN)
    return named


def is_number(value: Any) -> bool:
    """Whether a value is an int, a uint or a double."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """Numbers by value; otherwise only values of one kind are equal."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, Type) and isinstance(right, Type):
        return left.run_time_name == right.run_time_name
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return _equal_lists(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return len(left) == len(right) and all(key in right and equal(item, right[key]) for key, item in left.items())
    if isinstance(left, dict) and isinstance(right, Thing):
        left, right = right, left
    if isinstance(left, Thing) and isinstance(right, dict):
        return set(left.raw) == set(right) and all(equal(left.find(key)[1], item) for key, item in right.items())
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return left.compare(right) == 0
    if isinstance(left, Optional) and isinstance(right, Optional):
        return left.present == right.present and (not left.present or equal(left.value, right.value))
    if isinstance(left, Url) and isinstance(right, Url):
        return left.text == right.text
    return type(left) is type(right) and bool(left == right)


def _equal_lists(left: list[Any], right: list[Any]) -> bool:
    if len(left) != len(right):
        return False
    if isinstance(left, SetList):
        return all(any(equal(item, other) for other in right) for item in left)
    if isinstance(left, KeyedList):
        theirs = {keys_of(item, left.keys): item for item in right}
        return all((key := keys_of(item, left.keys)) in theirs and equal(item, theirs[key]) for item in left)
    return all(equal(one, other) for one, other in zip(left, right, strict=True))


def keys_of(item: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of an item's keys."""
    raw = item.raw if isinstance(item, Thing) else item if isinstance(item, dict) else {}
    return tuple(raw.get(name) for name in names)


def added(left: list[Any], right: list[Any]) -> list[Any]:
    """Two lists one behind the other; sets and keyed lists take in what they lack, and what has a known key instead."""
    if isinstance(left, SetList):
        return SetList([*left, *(item for item in right if not any(equal(item, other) for other in left))])
    if isinstance(left, KeyedList):
        found = {keys_of(item, left.keys): item for item in left}
        found.update((keys_of(item, left.keys), item) for item in right)
        return KeyedList(list(found.values()), left.keys)
    return [*left, *right]


def size_of(value: Any) -> int:
    """How many parts a value has, for costs: 1 for what has none."""
    if isinstance(value, Optional) and value.present:
        return size_of(value.value)
    return len(value) if isinstance(value, (str, bytes, list, dict, Thing)) else 1


def compare(left: Any, right: Any) -> int:
    """Below 0, 0 or above 0; raise `CelError` for what has no order."""
    if is_number(left) and is_number(right):
        if (isinstance(left, float) and math.isnan(left)) or (isinstance(right, float) and math.isnan(right)):
            raise CelError("NaN values cannot be ordered")
    elif type(left) is not type(right) or not isinstance(left, (bool, str, bytes, Duration, Timestamp)):
        raise CelError("no such overload")
    if isinstance(left, str):
        left, right = left.encode(), right.encode()
    return int(left > right) - int(left < right)


def parse_quantity(text: str) -> Quantity:
    """A quantity; raise `CelError`."""
    try:
        return quantity.parse(text)
    except ValueError as error:
        raise CelError(f"{error}") from error
