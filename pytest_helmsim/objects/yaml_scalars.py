"""What a plain YAML scalar means to Go: null, bool, int, float, timestamp, merge or string.

`resolve(text) = (kind, value)`; the words of YAML 1.1 (`yes`, `off`, `y`) are booleans, `0755`, `0o755` and `0x1f` are integers,
`1_000` too, `08` and anything beyond 64 bits is a float, dates are timestamps whose value is their text.
`resolve_core` is the younger library's table: no `yes`, `on`, `y`.

Source: go.yaml.in/yaml v2 and v3, resolve.go.
"""

from __future__ import annotations

import calendar
import math
import re
from typing import Final, TypeAlias

Scalar: TypeAlias = bool | int | float | str | None

NULL: Final = "!!null"
BOOL: Final = "!!bool"
INT: Final = "!!int"
FLOAT: Final = "!!float"
STR: Final = "!!str"
TIMESTAMP: Final = "!!timestamp"
MERGE: Final = "!!merge"
BINARY: Final = "!!binary"

INT64_MIN: Final = -(1 << 63)
INT64_MAX: Final = (1 << 63) - 1
UINT64_MAX: Final = (1 << 64) - 1


def _spellings(word: str) -> tuple[str, str, str]:
    return word, word.capitalize(), word.upper()


_CORE: dict[str, tuple[str, Scalar]] = {
    **dict.fromkeys(_spellings("true"), (BOOL, True)),
    **dict.fromkeys(_spellings("false"), (BOOL, False)),
    **dict.fromkeys(("", "~", *_spellings("null")), (NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (FLOAT, math.nan)),
    **{sign + text: (FLOAT, math.inf) for sign in ("", "+") for text in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (FLOAT, -math.inf)),
}
_OLD_BOOLS: dict[str, tuple[str, Scalar]] = {
    **dict.fromkeys(("y", "Y", *_spellings("yes"), *_spellings("on")), (BOOL, True)),
    **dict.fromkeys(("n", "N", *_spellings("no"), *_spellings("off")), (BOOL, False)),
}
_WORDS = {**_CORE, **_OLD_BOOLS}
_STARTS = frozenset("+-0123456789.")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9]+([eE][-+]?[0-9]+)?")
_INT = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_SIGNED_BINARY = re.compile(r"0b([-+][01]+)")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+](\d\d):(\d\d))| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?)?",
    re.ASCII,
)


def resolve(text: str) -> tuple[str, Scalar]:
    """Kind and value of an unquoted, untagged scalar, as YAML 1.1 flavoured go-yaml v2 reads it."""
    word = _WORDS.get(text)
    if word is not None:
        return word
    if text[0] not in _STARTS:
        return STR, text
    return _resolve_number(text)


def resolve_core(text: str) -> tuple[str, Scalar]:
    """The same for go-yaml v3, which knows `true` and `false` only."""
    word = _CORE.get(text)
    if word is not None:
        return word
    if text[0] not in _STARTS:
        return STR, text
    return _resolve_number(text)


def is_old_bool(text: str) -> bool:
    """`yes`, `no`, `on`, `off`, `y`, `n` in their usual spellings."""
    return text in _OLD_BOOLS


def is_base60(text: str) -> bool:
    """`1:20`, `-12:30:45`: numbers to YAML 1.1 readers, which is why Go quotes them."""
    return text[:1] in _STARTS and ":" in text and _BASE60.fullmatch(text) is not None


def _resolve_number(text: str) -> tuple[str, Scalar]:
    if text[0] == ".":
        if _DOT_FLOAT.fullmatch(text) and (value := float(text)) != math.inf:
            return FLOAT, value
        return STR, text
    if is_timestamp(text):
        return TIMESTAMP, text
    plain = text.replace("_", "")
    number = parse_int(plain)
    if number is not None:
        return INT, number
    if _FLOAT.fullmatch(plain) and abs(value := float(plain)) != math.inf:
        return FLOAT, value
    signed = _SIGNED_BINARY.fullmatch(plain)
    if signed and INT64_MIN <= (number := int(signed[1], 2)) <= INT64_MAX:
        return INT, number
    return STR, text


def parse_int(text: str) -> int | None:
    """strconv.ParseInt(text, 0, 64), or ParseUint where that is too small; None for no number or one too large."""
    match = _INT.fullmatch(text)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal = match.groups()
    if hexadecimal:
        value = int(hexadecimal[-40:], 16) if len(hexadecimal) < 40 else UINT64_MAX + 1
    elif binary:
        value = int(binary, 2)
    elif octal:
        value = int(octal, 8)
    else:
        value = int(decimal) if len(decimal) < 40 else UINT64_MAX + 1
    if sign == "-":
        return -value if value <= -INT64_MIN else None
    if value <= INT64_MAX or (not sign and value <= UINT64_MAX):
        return value
    return None


def is_timestamp(text: str) -> bool:
    """Whether Go takes the text for a date or a date with time."""
    if len(text) < 8 or text[4] != "-":
        return False
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1 <= month <= 12 or not 1 <= day <= _month_days(year, month):
        return False
    hour, minute, second = (match[4], match[5], match[6]) if match[4] else (match[9], match[10], match[11])
    if hour is not None and (int(hour) > 23 or int(minute) > 59 or int(second) > 59):
        return False
    return match[7] is None or (int(match[7]) <= 24 and int(match[8]) <= 60)


def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if calendar.isleap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def format_float(value: float) -> str:
    """strconv.FormatFloat(value, 'g', -1, 64): `1.5`, `1e+06`, `1e-05`; infinities in YAML's spelling."""
    if value != value:
        return ".nan"
    if value in (math.inf, -math.inf):
        return ".inf" if value > 0 else "-.inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, digits, point = shortest_digits(value)
    exponent = point - 1
    if exponent < -4 or exponent >= 6:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return sign + place_point(digits, point)


def shortest_digits(value: float) -> tuple[str, str, int]:
    """Sign, digits and the place of the point: 1234.5 is ("", "12345", 4)."""
    text = repr(value)
    sign = ""
    if text[0] == "-":
        sign, text = "-", text[1:]
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    point = len(whole) + (int(exponent) if exponent else 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return sign, stripped.rstrip("0") or "0", point


def place_point(digits: str, point: int) -> str:
    """Digits with the decimal point at `point`, filled with zeros: ("15", 3) is 150, ("15", -1) is 0.015."""
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]
