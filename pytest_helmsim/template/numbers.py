"""Number literals: one text, every type that can hold it. Go: text/template/parse/node.go `newNumber`, strconv."""

from __future__ import annotations

import re

from pytest_helmsim.template.nodes import Number
from pytest_helmsim.template.quoting import quote, unquote_char

_INTEGER = re.compile(
    r"([+-]?)(?:0[xX](_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)|0[bB](_?[01]+(?:_[01]+)*)|0[oO]?(_?[0-7]+(?:_[0-7]+)*)|(0|[1-9]\d*(?:_\d+)*))"
)
_FLOAT = re.compile(r"[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?")
_HEX_FLOAT = re.compile(r"[+-]?0[xX]_?[0-9a-fA-F_]*\.?[0-9a-fA-F_]*[pP][+-]?\d+")
_COMPLEX = re.compile(r"(.*[^eEpP])([+-].*)i")
_MAX_INT = 2**63 - 1
_MIN_INT = -(2**63)
_MAX_UINT = 2**64 - 1


def parse_number(position: int, text: str) -> Number:
    """`12`, `0x1F`, `017`, `1_000`, `1.5e3`, `0x1p-2`, `2i`; ValueError with Go's text for what is none."""
    if text.endswith("i"):
        imaginary = parse_float(text[:-1])
        if imaginary is not None:
            return _simplify(Number(position, text, complex_=complex(0, imaginary)))
    number = Number(position, text)
    whole = parse_int(text)
    if whole is not None:
        if _MIN_INT <= whole <= _MAX_INT:
            number.integer = whole
        if 0 <= whole <= _MAX_UINT and (text[0] not in "+-" or whole == 0):
            number.unsigned = whole
        if number.integer is not None or number.unsigned is not None:
            number.float_ = float(whole)
            return number
    real = parse_float(text)
    if real is not None:
        if not any(mark in text for mark in ".eEpP"):
            raise ValueError(f"integer overflow: {quote(text)}")
        number.float_ = real
        _add_whole(number, real)
        return number
    raise ValueError(f"illegal number syntax: {quote(text)}")


def parse_char(position: int, text: str) -> Number:
    """`'a'` is its code point as an integer."""
    data, after = unquote_char(text, 1, "'")
    if text[after:] != "'":
        raise ValueError(f"malformed character constant: {text}")
    code = data[0] if text[1:2] == "\\" and len(data) == 1 else ord(data.decode("utf-8", "surrogateescape"))
    return Number(position, text, integer=code, unsigned=code, float_=float(code))


def parse_complex(position: int, text: str) -> Number:
    """`1+2i`."""
    found = _COMPLEX.fullmatch(text)
    real = parse_float(found.group(1)) if found is not None else None
    imaginary = parse_float(found.group(2)) if found is not None else None
    if real is None or imaginary is None:
        raise ValueError("syntax error scanning complex number")
    return _simplify(Number(position, text, complex_=complex(real, imaginary)))


def parse_int(text: str) -> int | None:
    """`strconv.ParseInt(text, 0, …)` without its bounds."""
    found = _INTEGER.fullmatch(text)
    if found is None:
        return None
    sign, hexadecimal, binary, octal, decimal = found.groups()
    if hexadecimal is not None:
        value = int(hexadecimal.lstrip("_"), 16)
    elif binary is not None:
        value = int(binary.lstrip("_"), 2)
    elif octal is not None:
        value = int(octal.lstrip("_"), 8)
    else:
        value = int(decimal)
    return -value if sign == "-" else value


def parse_float(text: str) -> float | None:
    """`strconv.ParseFloat` on what the lexer lets through; None for wrong syntax and for overflow."""
    try:
        if _FLOAT.fullmatch(text):
            value = float(text)
        elif _HEX_FLOAT.fullmatch(text):
            value = float.fromhex(text.replace("_", ""))
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return None if value in (float("inf"), float("-inf")) else value


def _simplify(number: Number) -> Number:
    assert number.complex_ is not None
    if number.complex_.imag == 0:
        number.float_ = number.complex_.real
        _add_whole(number, number.float_)
    return number


def _add_whole(number: Number, real: float) -> None:
    if not real.is_integer():
        return
    whole = int(real)
    if _MIN_INT <= whole <= _MAX_INT:
        number.integer = whole
    if 0 <= whole <= _MAX_UINT:
        number.unsigned = whole
