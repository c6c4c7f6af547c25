"""Functions and methods of expressions: the standard ones, and those that Kubernetes adds.

Source: github.com/google/cel-go ext, k8s.io/apiserver pkg/cel/library.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import re2

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.quantity import Quantity
from pytest_helmsim.schema.cel import semver


class CelError(Exception):
    """An error of an evaluation, in the server's words."""


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be absent."""

    value: Any
    present: bool = True


def overload() -> CelError:
    """Operands of kinds that an operator does not take."""
    return CelError("no such overload")


def unsupported(name: str) -> UnsupportedFeature:
    """A function that we lack."""
    return UnsupportedFeature(f"the CEL function {name}()", "the rule that uses it is not checked")


def equal(left: Any, right: Any) -> bool:
    """Numbers by value; otherwise only values of one kind are equal."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(item, right[key]) for key, item in left.items())
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return left.compare(right) == 0
    return bool(left == right)


def _pattern(text: str) -> Any:
    try:
        return re2.compile(text)
    except re2.error as error:
        raise CelError(f"error parsing regexp: {error}") from error


def _size(value: Any) -> int:
    if isinstance(value, (str, list, dict, bytes)):
        return len(value)
    raise overload()


_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def _duration(text: Any) -> timedelta:
    if isinstance(text, timedelta):
        return text
    sign = -1 if str(text).startswith("-") else 1
    body = str(text).lstrip("+-")
    if (body != "0" and "".join(match.group(0) for match in _DURATION.finditer(body)) != body) or not body:
        raise CelError(f'time: invalid duration "{text}"')
    return timedelta(seconds=sign * sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(body)))


def _timestamp(text: Any) -> datetime:
    if isinstance(text, datetime):
        return text
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError as error:
        raise CelError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse') from error


def _int(value: Any) -> int:
    try:
        if isinstance(value, datetime):
            return int(value.timestamp())
        return int(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise CelError(f'strconv.ParseInt: parsing "{value}": invalid syntax') from error


def _double(value: Any) -> float:
    try:
        return float(value)
    except (ValueError, TypeError) as error:
        raise CelError(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from error


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (str, int, float)):
        return str(value)
    raise overload()


def _bool(value: Any) -> bool:
    known = {"true": True, "false": False, "True": True, "False": False, "1": True, "0": False, "t": True, "f": False}
    if isinstance(value, bool):
        return value
    if value not in known:
        raise CelError(f'strconv.ParseBool: parsing "{value}": invalid syntax')
    return known[value]


def _type(value: Any) -> str:
    if isinstance(value, TypeName):
        return TYPES["type"]
    kinds = ((bool, "bool"), (int, "int"), (float, "double"), (str, "string"), (bytes, "bytes"), (list, "list"), (dict, "map"))
    return TypeName(next((name for kind, name in kinds if isinstance(value, kind)), "null_type" if value is None else "dyn"))


def _good(check: Callable[[Any], Any], *kinds: type[Exception]) -> Callable[[Any], bool]:
    def is_good(value: Any) -> bool:
        try:
            check(value)
        except kinds:
            return False
        return True

    return is_good


def _quantity(text: Any) -> Quantity:
    try:
        return quantity.parse(text)
    except quantity.QuantityError as error:
        raise CelError(str(error)) from error


def _ip(text: Any) -> Any:
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise CelError(f'IP Address "{text}" parse error during conversion from string: invalid IP address') from error


def _cidr(text: Any) -> Any:
    try:
        return ipaddress.ip_interface(text)
    except ValueError as error:
        raise CelError(f'network address parse error during conversion from string: "{text}"') from error


def _url(text: Any) -> Any:
    parts = urlsplit(text)
    if not (parts.scheme or text.startswith("/")):
        raise CelError(f'URL parse error during conversion from string: parse "{text}": invalid URI for request')
    return parts


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator == "":
        return list(text) if limit < 0 else [*text[: limit - 1], text[limit - 1 :]]
    return text.split(separator) if limit < 0 else text.split(separator, limit - 1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    last = len(text) if end is None else end
    if not 0 <= start <= last <= len(text):
        raise CelError(f"index out of range: {start if end is None or start > len(text) else last}")
    return text[start:last]


def _index_of(holder: Any, item: Any, start: int = 0) -> int:
    if isinstance(holder, str):
        return holder.find(item, start)
    return next((index for index, value in enumerate(holder) if equal(value, item)), -1)


def _last_index_of(holder: Any, item: Any) -> int:
    if isinstance(holder, str):
        return holder.rfind(item)
    return next((index for index in range(len(holder) - 1, -1, -1) if equal(holder[index], item)), -1)


def _find(text: str, pattern: str) -> str:
    match = _pattern(pattern).search(text)
    return match.group(0) if match else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [match.group(0) for match in _pattern(pattern).finditer(text)]
    return found if limit < 0 else found[:limit]


def _first(values: list[Any], pick: Callable[[list[Any]], Any], name: str) -> Any:
    if not values:
        raise CelError(f"{name} called on empty list")
    return pick(values)


def _greatest(*values: Any) -> Any:
    return max(values[0] if len(values) == 1 and isinstance(values[0], list) else values)


def _least(*values: Any) -> Any:
    return min(values[0] if len(values) == 1 and isinstance(values[0], list) else values)


def _contains(holder: Any, item: Any) -> bool:
    if not isinstance(holder, str):
        raise overload()
    return item in holder


def _add(left: Quantity, right: Any) -> Quantity:
    return left.plus(right if isinstance(right, Quantity) else Quantity(right))


def _sub(left: Quantity, right: Any) -> Quantity:
    other = right if isinstance(right, Quantity) else Quantity(right)
    return left.plus(Quantity(-other.unscaled, other.scale, other.family))


def _integer(value: Quantity) -> int:
    if not value.is_integer:
        raise CelError("cannot convert value to integer")
    return value.value


def _seconds(value: Any) -> int:
    return value.second if isinstance(value, datetime) else int(value.total_seconds())


def _semver(text: str, normalize: bool = False) -> semver.Version:
    found = semver.parse(text, normalize=normalize)
    if found is None:
        raise CelError(f"semver parse error: {text}")
    return found


class TypeName(str):
    """What `type()` gives, and what `int`, `string` and their kin mean by themselves."""

    __slots__ = ()


TYPES = {name: TypeName(name) for name in ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "semver": _semver,
    "isSemver": lambda text, normalize=False: semver.parse(text, normalize=normalize) is not None,
    "size": _size,
    "int": _int,
    "uint": _int,
    "double": _double,
    "string": _string,
    "bytes": lambda value: value.encode() if isinstance(value, str) else value,
    "bool": _bool,
    "dyn": lambda value: value,
    "type": _type,
    "duration": _duration,
    "timestamp": _timestamp,
    "matches": lambda text, pattern: _pattern(pattern).search(text) is not None,
    "quantity": _quantity,
    "isQuantity": _good(_quantity, CelError),
    "ip": _ip,
    "isIP": _good(_ip, CelError),
    "cidr": _cidr,
    "isCIDR": _good(_cidr, CelError),
    "url": _url,
    "isURL": _good(_url, CelError, ValueError),
    "optional.of": Optional,
    "optional.none": lambda: Optional(None, False),
    "optional.ofNonZeroValue": lambda value: Optional(value, bool(value)),
    "math.greatest": _greatest,
    "math.least": _least,
    "sets.contains": lambda whole, part: all(any(equal(a, b) for b in whole) for a in part),
    "sets.intersects": lambda one, other: any(any(equal(a, b) for b in other) for a in one),
    "sets.equivalent": lambda one, other: (
        all(any(equal(a, b) for b in other) for a in one) and all(any(equal(a, b) for b in one) for a in other)
    ),
    "ip.isCanonical": lambda text: str(_ip(text)) == text,
}

METHODS: dict[str, Callable[..., Any]] = {
    "major": lambda version: version.major,
    "minor": lambda version: version.minor,
    "patch": lambda version: version.patch,
    "size": _size,
    "contains": _contains,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "matches": FUNCTIONS["matches"],
    "find": _find,
    "findAll": _find_all,
    "charAt": lambda text, index: text[index : index + 1],
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "lowerAscii": lambda text: "".join(letter.lower() if letter.isascii() else letter for letter in text),
    "upperAscii": lambda text: "".join(letter.upper() if letter.isascii() else letter for letter in text),
    "replace": lambda text, old, new, limit=-1: text.replace(old, new, limit),
    "split": _split,
    "join": lambda values, separator="": separator.join(values),
    "substring": _substring,
    "trim": str.strip,
    "reverse": lambda holder: holder[::-1],
    "isSorted": lambda values: all(a <= b for a, b in pairwise(values)),
    "sum": sum,
    "min": lambda values: _first(values, min, "min"),
    "max": lambda values: _first(values, max, "max"),
    "distinct": lambda values: [item for index, item in enumerate(values) if not any(equal(item, other) for other in values[:index])],
    "sort": sorted,
    "flatten": lambda values: [item for inner in values for item in (inner if isinstance(inner, list) else [inner])],
    "hasValue": lambda value: value.present,
    "value": lambda value: value.value,
    "orValue": lambda value, other: value.value if value.present else other,
    "or": lambda value, other: value if value.present else other,
    "isGreaterThan": lambda left, right: left.compare(right) > 0,
    "isLessThan": lambda left, right: left.compare(right) < 0,
    "compareTo": lambda left, right: left.compare(right),
    "isInteger": lambda value: value.is_integer,
    "asInteger": _integer,
    "asApproximateFloat": lambda value: value.unscaled * 10.0**value.scale,
    "sign": lambda value: value.compare(Quantity(0)),
    "add": _add,
    "sub": _sub,
    "family": lambda address: address.version,
    "isLoopback": lambda address: address.is_loopback,
    "isUnspecified": lambda address: address.is_unspecified,
    "containsIP": lambda block, address: _ip(str(address)) in block.network,
    "containsCIDR": lambda block, other: (other if hasattr(other, "network") else _cidr(other)).network.subnet_of(block.network),
    "prefixLength": lambda block: block.network.prefixlen,
    "masked": lambda block: _cidr(str(block.network)),
    "getScheme": lambda url: url.scheme,
    "getHost": lambda url: url.netloc,
    "getHostname": lambda url: url.hostname or "",
    "getPort": lambda url: str(url.port or ""),
    "getEscapedPath": lambda url: url.path,
    "getQuery": lambda url: parse_qs(url.query),
    "getSeconds": _seconds,
    "getMinutes": lambda value: value.minute if isinstance(value, datetime) else int(value.total_seconds() // 60),
    "getHours": lambda value: value.hour if isinstance(value, datetime) else int(value.total_seconds() // 3600),
    "getMilliseconds": lambda value: int(value.microseconds // 1000) if isinstance(value, timedelta) else value.microsecond // 1000,
    "getFullYear": lambda value: value.year,
    "getMonth": lambda value: value.month - 1,
    "getDayOfMonth": lambda value: value.day - 1,
    "getDate": lambda value: value.day,
    "getDayOfWeek": lambda value: (value.weekday() + 1) % 7,
    "validate": lambda form, text: form(text),
}

_FORMATS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "dns1123Label": names.dns_label,
    "dns1123Subdomain": names.dns_subdomain,
    "dns1035Label": names.dns_1035_label,
    "qualifiedName": names.label_key,
    "labelValue": names.label_value,
}


def _named_format(check: Callable[[str], tuple[str, ...]]) -> Callable[[], Callable[[str], Optional]]:
    def form(text: str) -> Optional:
        complaints = list(check(text))
        return Optional(complaints, bool(complaints))

    return lambda: form


FUNCTIONS.update({f"format.{name}": _named_format(check) for name, check in _FORMATS.items()})
