"""What functions and methods do; the holder of a method is its first argument.

Sources: github.com/google/cel-go ext/{strings,lists,sets}.go, cel/library.go, k8s.io/apiserver pkg/cel/library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key, lru_cache
from itertools import pairwise
from typing import Any

import re2

from pytest_helmsim.objects.quantity import Quantity
from pytest_helmsim.schema.cel import addresses, operators, semver
from pytest_helmsim.schema.cel.formats import FORMATS, NamedFormat
from pytest_helmsim.schema.cel.formatting import formatted
from pytest_helmsim.schema.cel.operators import convert, is_zero, overload
from pytest_helmsim.schema.cel.patterns import pattern_error
from pytest_helmsim.schema.cel.values import (
    NOTHING,
    CelError,
    Duration,
    Optional,
    Timestamp,
    compare,
    equal,
    parse_quantity,
    type_of,
)  # fmt: skip
from pytest_helmsim.schema.cel.zones import part_of_moment

__all__ = ["FUNCTIONS", "METHODS", "CelError", "NamedFormat", "Optional", "overload"]
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


@lru_cache(maxsize=512)
def pattern(text: str) -> Any:
    """A regular expression; raise `CelError` in Go's words."""
    why = pattern_error(text)
    if why:
        raise CelError(why)
    return re2.compile(text)


def _matches(text: str, wanted: str) -> bool:
    return pattern(wanted).search(text) is not None


def _illegal(wanted: str) -> Any:
    try:
        return pattern(wanted)
    except CelError as error:
        raise CelError(f"Illegal regex: {error}") from error


def _find(text: str, wanted: str) -> str:
    match = _illegal(wanted).search(text)
    return match.group(0) if match else ""


def _find_all(text: str, wanted: str, limit: int = -1) -> list[str]:
    found = [match.group(0) for match in _illegal(wanted).finditer(text)]
    return found if limit < 0 else found[:limit]


def _size(value: Any) -> int:
    try:
        return len(value)
    except TypeError as error:
        raise overload("size") from error


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise CelError(f"index out of range: {index}")
    return text[index : index + 1]


def _index_of(holder: Any, item: Any, start: int = 0) -> int:
    if not isinstance(holder, str):
        return next((index for index, value in enumerate(holder) if equal(value, item)), -1)
    if item == "":
        return start
    if start < 0:
        raise CelError(f"index out of range: {start}")
    return holder.find(item, start)


def _last_index_of(holder: Any, item: Any, start: int | None = None) -> int:
    if not isinstance(holder, str):
        return next((index for index in range(len(holder) - 1, -1, -1) if equal(holder[index], item)), -1)
    if start is None:
        return len(holder) if item == "" else holder.rfind(item)
    if item == "":
        return start
    if start < 0:
        raise CelError(f"index out of range: {start}")
    return -1 if start >= len(holder) else holder.rfind(item, 0, start + len(item))


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, max(limit, -1))


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator == "":
        whole = list(text)
        return whole if limit < 0 or limit >= len(whole) else [*whole[: limit - 1], text[limit - 1 :]]
    return text.split(separator) if limit < 0 else text.split(separator, limit - 1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    if end is not None and start > end:
        raise CelError(f"invalid substring range. start: {start}, end: {end}")
    for place in (start, len(text) if end is None else end):
        if not 0 <= place <= len(text):
            raise CelError(f"index out of range: {place}")
    return text[start:end]


def _ascii(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "".join(change(letter) if letter.isascii() else letter for letter in text)


_QUOTED = str.maketrans(
    {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"'}
)


def _join(values: list[Any], separator: str = "") -> str:
    for value in values:
        if not isinstance(value, str):
            raise CelError(f"join: invalid input: {value}")
    return separator.join(values)


def _sum(values: list[Any]) -> Any:
    if not values:
        return 0
    total: Any = Duration(0) if isinstance(values[0], Duration) else type(values[0])(0)
    for value in values:
        total = operators.add(total, value)
    return total


def _extreme(name: str, sign: int) -> Callable[[list[Any]], Any]:
    def pick(values: list[Any]) -> Any:
        if not values:
            raise CelError(f"{name} called on empty list")
        found = values[0]
        for value in values[1:]:
            if compare(value, found) * sign > 0:
                found = value
        return found

    return pick


def _slice(values: list[Any], start: int, end: int) -> list[Any]:
    head = f"cannot slice({start}, {end}), "
    if start < 0 or end < 0:
        raise CelError(f"{head}negative indexes not supported")
    if start > end:
        raise CelError(f"{head}start index must be less than or equal to end index")
    if len(values) < end:
        raise CelError(f"{head}list is length {len(values)}")
    return list(values[start:end])


def _flatten(values: list[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise CelError("level must be non-negative")
    found: list[Any] = []
    for value in values:
        if isinstance(value, list) and depth:
            found.extend(_flatten(value, depth - 1))
        else:
            found.append(value)
    return found


def _sort_by(values: list[Any], keys: list[Any]) -> list[Any]:
    if keys and any(type_of(key) != type_of(keys[0]) for key in keys):
        raise CelError("list elements must have the same type")

    def order(one: int, other: int) -> int:
        return compare(keys[one], keys[other])

    return [values[index] for index in sorted(range(len(values)), key=cmp_to_key(order))]


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(equal(value, other) for other in found):
            found.append(value)
    return found


def _range(count: int) -> list[int]:
    if count > 10**6:
        raise CelError("operation cancelled: actual cost limit exceeded")
    return list(range(count))


def _holds(whole: list[Any], part: list[Any]) -> bool:
    return all(any(equal(one, other) for other in whole) for one in part)


def _good(check: Callable[..., Any]) -> Callable[..., bool]:
    def is_good(*values: Any) -> bool:
        try:
            check(*values)
        except CelError:
            return False
        return True

    return is_good


def _semver(text: str, normalize: bool = False) -> semver.Version:
    found = semver.parse(text, normalize=normalize)
    if found is None:
        raise CelError(semver.why(text))
    return found


def _other(value: Any) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(value)


def _sub(left: Quantity, right: Any) -> Quantity:
    other = _other(right)
    return left.plus(Quantity(-other.unscaled, other.scale, other.family))


def _integer(value: Quantity) -> int:
    if not value.is_integer or not -(2**63) <= value.value < 2**63:
        raise CelError("cannot convert value to integer")
    return value.value


def _value(found: Optional) -> Any:
    if not found.present:
        raise CelError("optional.none() dereference")
    return found.value


def _insert(holder: dict[Any, Any], *given: Any) -> dict[Any, Any]:
    entries = given[0].items() if len(given) == 1 else [given]
    found = dict(holder)
    for key, value in entries:
        if key in found:
            raise CelError(f"insert failed: key {key} already exists")
        found[key] = value
    return found


def _time_part(name: str) -> Callable[..., int]:
    def part(value: Any, zone: str = "UTC") -> int:
        if isinstance(value, Duration):
            unit = {"getHours": 3600 * 10**9, "getMinutes": 60 * 10**9, "getSeconds": 10**9, "getMilliseconds": 10**6}[name]
            return abs(value.nanoseconds) // unit * (-1 if value.nanoseconds < 0 else 1)
        if not isinstance(value, Timestamp):
            raise overload(name, value)
        return part_of_moment(name, value, zone)

    return part


def _in(item: Any, holder: Any) -> bool:
    if isinstance(holder, list):
        return any(equal(item, other) for other in holder)
    if isinstance(holder, dict):
        return not isinstance(item, (list, dict)) and item in holder
    if hasattr(holder, "find"):
        return isinstance(item, str) and bool(holder.find(item)[0])
    raise overload()


def _validate(form: NamedFormat, text: str) -> Optional:
    complaints = list(form.check(text))
    return Optional(complaints) if complaints else NOTHING


def _named_format(name: str) -> Optional:
    return Optional(FORMATS[name]) if name in FORMATS else NOTHING


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "_+_": operators.add,
    "_-_": operators.subtract,
    "_*_": operators.multiply,
    "_/_": operators.divide,
    "_%_": operators.modulo,
    "-_": operators.negate,
    "_==_": equal,
    "_!=_": lambda left, right: not equal(left, right),
    "@in": _in,
    "size": _size,
    "matches": _matches,
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "find": _find,
    "findAll": _find_all,
    "charAt": _char_at,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "lowerAscii": _ascii(str.lower),
    "upperAscii": _ascii(str.upper),
    "replace": _replace,
    "split": _split,
    "join": _join,
    "substring": _substring,
    "trim": lambda text: text.strip(_SPACE),
    "format": formatted,
    "strings.quote": lambda text: f'"{text.translate(_QUOTED)}"',
    "isSorted": lambda values: all(compare(one, other) <= 0 for one, other in pairwise(values)),
    "sum": _sum,
    "min": _extreme("min", -1),
    "max": _extreme("max", 1),
    "first": lambda values: Optional(values[0]) if values else NOTHING,
    "last": lambda values: Optional(values[-1]) if values else NOTHING,
    "slice": _slice,
    "flatten": _flatten,
    "sort": lambda values: _sort_by(values, values),
    "@sortByAssociatedKeys": _sort_by,
    "lists.range": _range,
    "reverse": lambda values: list(values)[::-1],
    "distinct": _distinct,
    "sets.contains": _holds,
    "sets.equivalent": lambda one, other: _holds(one, other) and _holds(other, one),
    "sets.intersects": lambda one, other: any(_holds(other, [item]) for item in one),
    "cel.@mapInsert": _insert,
    "optional.of": Optional,
    "optional.none": lambda: NOTHING,
    "optional.ofNonZeroValue": lambda value: NOTHING if is_zero(value) else Optional(value),
    "optional.unwrap": lambda values: [each.value for each in values if each.present],
    "unwrapOpt": lambda values: [each.value for each in values if each.present],
    "hasValue": lambda found: found.present,
    "value": _value,
    "quantity": parse_quantity,
    "isQuantity": _good(parse_quantity),
    "isGreaterThan": lambda left, right: left.compare(right) > 0,
    "isLessThan": lambda left, right: left.compare(right) < 0,
    "compareTo": lambda left, right: left.compare(right),
    "isInteger": lambda value: value.is_integer and -(2**63) <= value.value < 2**63,
    "asInteger": _integer,
    "asApproximateFloat": lambda value: value.unscaled * 10.0**value.scale,
    "sign": lambda value: value.compare(Quantity(0)),
    "add": lambda left, right: left.plus(_other(right)),
    "sub": _sub,
    "semver": _semver,
    "isSemver": _good(_semver),
    "major": lambda version: version.major,
    "minor": lambda version: version.minor,
    "patch": lambda version: version.patch,
    "ip": lambda value: addresses.Address(value.address) if isinstance(value, addresses.Network) else addresses.address(value),
    "isIP": _good(addresses.address),
    "ip.isCanonical": lambda text: str(addresses.address(text)) == text,
    "family": lambda found: found.address.version,
    "isUnspecified": lambda found: found.address.is_unspecified,
    "isLoopback": lambda found: found.address.is_loopback,
    "isLinkLocalMulticast": addresses.is_local_multicast,
    "isLinkLocalUnicast": lambda found: found.address.is_link_local,
    "isGlobalUnicast": addresses.is_global,
    "cidr": addresses.network,
    "isCIDR": _good(addresses.network),
    "containsIP": lambda block, other: addresses.contains(block, _address(other)),
    "containsCIDR": lambda block, other: addresses.covers(block, _network(other)),
    "prefixLength": lambda block: block.bits,
    "masked": addresses.masked,
    "url": addresses.url,
    "isURL": _good(addresses.url),
    "getScheme": lambda found: found.scheme,
    "getHost": lambda found: found.host,
    "getHostname": addresses.hostname,
    "getPort": addresses.port,
    "getEscapedPath": addresses.escaped_path,
    "getQuery": addresses.query,
    "validate": _validate,
    "format.named": _named_format,
    "jsonpatch.escapeKey": lambda text: text.replace("~", "~0").replace("/", "~1"),
}


def _address(value: Any) -> Any:
    try:
        return addresses.address(value) if isinstance(value, str) else value
    except CelError as error:
        raise overload() from error


def _network(value: Any) -> Any:
    try:
        return addresses.network(value) if isinstance(value, str) else value
    except CelError as error:
        raise overload() from error


def _constant(form: NamedFormat) -> Callable[[], NamedFormat]:
    return lambda: form


def _converting(name: str) -> Callable[[Any], Any]:
    return lambda value: convert(name, value)


def _ordering(name: str) -> Callable[[Any, Any], bool]:
    return lambda left, right: operators.ordered(name, left, right)


FUNCTIONS.update({f"format.{name}": _constant(form) for name, form in FORMATS.items()})
FUNCTIONS.update({name: _ordering(name) for name in ("_<_", "_<=_", "_>_", "_>=_")})
FUNCTIONS.update(
    {name: _converting(name) for name in ("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint")}
)
FUNCTIONS.update(
    {
        name: _time_part(name)
        for name in ("getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes")
    }
)
FUNCTIONS.update({name: _time_part(name) for name in ("getSeconds", "getMilliseconds")})
METHODS = FUNCTIONS
"""Methods stand beside functions; what a package knows besides is added here."""
