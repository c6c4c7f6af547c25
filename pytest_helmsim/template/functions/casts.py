"""Values turned into strings, numbers and lists of strings, by the rules of sprig's `strval` and of spf13/cast.

What cannot be converted is 0 or empty, never an error: `to_int64("0x10") = 16`, `to_int64("1.0") = 1`, `to_int64("abc") = 0`.

Source: github.com/spf13/cast v1.7.0 caste.go; github.com/Masterminds/sprig/v3 strings.go; Go src/strconv.
"""

from __future__ import annotations

import math
import re

from pytest_helmsim.template import gofmt
from pytest_helmsim.template.functions.reflection import elements
from pytest_helmsim.template.functions.runes import to_text
from pytest_helmsim.template.values import Float32, GoInt, Int64, NamedInt, Value, go_kind

MAX_INT64 = 2**63 - 1
MIN_INT64 = -(2**63)

_INTEGER = re.compile(r"([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_HEXADECIMAL = re.compile(r"([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)", re.ASCII)
_SPECIAL = {sign + word: value for sign, value in (("", math.inf), ("+", math.inf), ("-", -math.inf)) for word in ("inf", "infinity")} | {
    "nan": math.nan
}


def strval(value: Value) -> str:
    """`[]byte` as text, errors and Stringers by their method, everything else as `%v`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return to_text(value)
    return value_text(value)


def value_text(value: Value) -> str:
    """`%v`, by the shorter way for everything but nil."""
    return "<nil>" if value is None else gofmt.show(value)


def strslice(value: Value) -> list[str]:
    """A slice's elements as strings without the nils; a single value is a list of one, nil of none."""
    if value is None:
        return []
    if go_kind(value) in ("slice", "array"):
        return [strval(item) for item in elements(value) if item is not None]
    return [strval(value)]


def parse_int(text: str, base: int = 10) -> int | None:
    """`strconv.ParseInt(text, base, 64)`; base 0 goes by the prefix and allows underscores. None for an error."""
    number = integer_of(text, base)
    return None if number is None or not MIN_INT64 <= number <= MAX_INT64 else number


def integer_of(text: str, base: int = 10) -> int | None:
    """The number however large it is; None for bad syntax."""
    if base:
        digits = "0123456789"[:base] if base <= 10 else "0123456789abcdefABCDEF"
        body = text[1:] if text[:1] in ("+", "-") else text
        return int(text, base) if body and not body.strip(digits) else None
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    body = match[2].replace("_", "").lower()
    if body[:2] in ("0x", "0b", "0o"):
        number = int(body, 0)
    else:
        number = int(body, 8 if body[0] == "0" and len(body) > 1 else 10)
    return -number if match[1] == "-" else number


def parse_float(text: str) -> float | None:
    """`strconv.ParseFloat(text, 64)`; None for bad syntax and for what is too large."""
    special = _SPECIAL.get(text.lower())
    if special is not None:
        return special
    if "_" in text:
        if not _underscores_fit(text):
            return None
        text = text.replace("_", "")
    if _DECIMAL.fullmatch(text):
        number = float(text)
        return None if math.isinf(number) else number
    match = _HEXADECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    try:
        return float.fromhex(text)
    except OverflowError:
        return None


def _underscores_fit(text: str) -> bool:
    body = text.lstrip("+-")
    hexadecimal = body[:2] in ("0x", "0X")
    digit = "[0-9a-fA-F]" if hexadecimal else "[0-9]"
    before = "[0-9a-fA-FxX]" if hexadecimal else "[0-9]"
    return re.search(rf"(?<!{before})_|_(?!{digit})", body) is None


def _trim_zero_decimal(text: str) -> str:
    found = False
    for index in range(len(text) - 1, -1, -1):
        if text[index] == "." and found:
            return text[:index]
        if text[index] == "0":
            found = True
        elif text[index] != ".":
            return text
    return text


def to_int64(value: Value) -> Int64:
    """`cast.ToInt64`."""
    return Int64(_whole(value))


def to_int(value: Value) -> int:
    """`cast.ToInt`."""
    return _whole(value)


def _whole(value: Value) -> int:
    if isinstance(value, str):
        return parse_int(_trim_zero_decimal(value), 0) or 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return float_to_int(value)
    if isinstance(value, NamedInt):
        return int(value) if value.KIND == "int" else 0
    if isinstance(value, GoInt):
        return int(Int64.wrap(int(value)))
    return int(value) if isinstance(value, int) else 0


def float_to_int(number: float) -> int:
    """Go's conversion on amd64: towards zero; NaN and what does not fit is the smallest int64."""
    if math.isnan(number) or not -(2.0**63) <= number < 2.0**63:
        return MIN_INT64
    return int(number)


def to_float(value: Value) -> float:
    """`cast.ToFloat64`."""
    if isinstance(value, str):
        return parse_float(value) or 0.0
    if isinstance(value, NamedInt) and value.KIND != "int":
        return 0.0
    if isinstance(value, Float32 | float | int):
        return float(value)
    return 0.0
