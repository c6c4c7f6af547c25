"""Numbers, dates and times of TOML, from the text that the reader has found them to be.

Source: github.com/BurntSushi/toml v1.6.0 parse.go.
"""

from __future__ import annotations

import re

from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.template.functions import layouts
from pytest_helmsim.template.functions.casts import parse_float, parse_int
from pytest_helmsim.template.functions.instants import Instant, Location, local_location
from pytest_helmsim.template.quoting import quote

_HEX = "0123456789abcdefABCDEF"


class ScalarError(ValueError):
    """A wrong number or date; the message is the library's."""


def integer(text: str) -> int:
    """Decimal, or with a prefix for base 2, 8 or 16, of 64 bits."""
    if not _underscores_fit(text):
        raise ScalarError(f"Invalid integer {quote(text)}: underscores must be surrounded by digits")
    if _has_leading_zero(text):
        raise ScalarError(f"Invalid integer {quote(text)}: cannot have leading zeroes")
    value = parse_int(text, 0)
    if value is None:
        raise ScalarError(f"{text} is out of range for int64")
    return value


def number(text: str) -> float:
    """A float, `inf` or `nan`."""
    parts = [part for part in re.split("[.eE]", text) if part]
    if not all(map(_underscores_fit, parts)):
        raise ScalarError(f"Invalid float {quote(text)}: underscores must be surrounded by digits")
    if parts and _has_leading_zero(parts[0]):
        raise ScalarError(f"Invalid float {quote(text)}: cannot have leading zeroes")
    if re.search(r"\.(?![0-9])", text):
        raise ScalarError(f"Invalid float {quote(text)}: '.' must be followed by one or more digits")
    plain = text.replace("_", "")
    if plain[1:] == "nan":
        return float(plain)
    value = parse_float(plain)
    if value is None and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", plain):
        raise ScalarError(f"{text} is out of range for float64")
    if value is None:
        raise ScalarError(f"Invalid float value: {quote(text)}")
    return value


def instant(text: str) -> Instant:
    """A moment; without a zone, a date or a time of day it is in a zone that is named so, with today's offset of the local one."""
    local = local_location()
    offset = local.lookup(int(RealClock().now()))[1]
    moment, day, time = (Location(f"{name}-local", offset) for name in ("datetime", "date", "time"))
    for layout, location in (
        (layouts.RFC3339_NANO, local),
        ("2006-01-02T15:04:05.999999999", moment),
        ("2006-01-02", day),
        ("15:04:05.999999999", time),
        ("2006-01-02T15:04Z07:00", local),
        ("2006-01-02T15:04", moment),
        ("15:04", time),
    ):
        try:
            found = layouts.parse(layout, text, location)
        except layouts.ParseError:
            continue
        if _misses_zero(text, layout):
            break
        return found
    raise ScalarError(f"invalid datetime: {quote(text)}")


def _misses_zero(text: str, layout: str) -> bool:
    head = re.split("[.Z]", layout)[0]
    return any(not char.isdigit() and text[at : at + 1] != char for at, char in enumerate(head))


def _has_leading_zero(text: str) -> bool:
    if len(text) > 1 and text[0] == "0":
        return text[1] not in "box"
    return len(text) > 2 and text[0] in "+-" and text[1] == "0"


def _underscores_fit(text: str) -> bool:
    if text.lstrip("+-") in ("nan", "inf"):
        return True
    accepted = False
    for char in text:
        if char == "_" and not accepted:
            return False
        accepted = char in _HEX
    return accepted
