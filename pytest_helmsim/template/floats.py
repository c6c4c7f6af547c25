"""Floats as Go writes them. Go: strconv/ftoa.go."""

from __future__ import annotations

import math
import struct
from typing import Final

_MANTISSA: Final = {64: 52, 32: 23}
_BIAS: Final = {64: 1075, 32: 150}


def show_float(value: float, bits: int = 64) -> str:
    """`%v`: the shortest digits that read back, with an exponent below 1e-04 and from 1e+06 on where fewer digits need it."""
    return format_float(value, "g", -1, bits)


def format_float(value: float, verb: str, precision: int, bits: int = 64) -> str:
    """`strconv.FormatFloat(value, verb, precision, bits)`; precision -1 is the shortest that reads back as the same value."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    value = abs(value)
    if verb == "b":
        return sign + _binary(value, bits)
    if verb in "xX":
        text = _hexadecimal(value, precision, bits)
        return sign + (text.upper() if verb == "X" else text)
    if verb in "eE":
        text = _exponent(*_digits(value, precision + 1 if precision >= 0 else -1, bits), precision)
    elif verb == "f":
        text = f"{value:.{precision}f}" if precision >= 0 else _plain(*_digits(value, -1, bits))
    else:
        text = _general(value, precision, bits)
    return sign + (text.upper() if verb in "EG" else text)


def _digits(value: float, count: int, bits: int) -> tuple[str, int]:
    """Significant digits without trailing zeros, and the place of the decimal point behind the first; zero is ("", 0)."""
    if value == 0:
        return "", 0
    if count >= 0:
        text = f"{value:.{max(count - 1, 0)}e}"
    elif bits == 32:
        text = _shortest32(value)
    else:
        text = repr(value)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    point = len(whole) - leading + (int(exponent) if exponent else 0)
    return digits.rstrip("0"), point


def _shortest32(value: float) -> str:
    for precision in range(1, 10):
        text = f"{value:.{precision - 1}e}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return text
    return repr(value)


def _exponent(digits: str, point: int, precision: int) -> str:
    """`d.ddde±dd`, with `precision` decimals or as many as there are digits."""
    first, rest = digits[:1] or "0", digits[1:]
    if precision > 0:
        rest = rest[:precision].ljust(precision, "0")
    elif precision == 0:
        rest = ""
    power = point - 1 if digits else 0
    return f"{first}{'.' if rest else ''}{rest}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _plain(digits: str, point: int) -> str:
    """`ddd.ddd` with as many decimals as there are digits."""
    if point <= 0:
        return "0" if not digits else f"0.{'0' * -point}{digits}"
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return f"{whole}.{fraction}" if fraction else whole


def _general(value: float, precision: int, bits: int) -> str:
    wanted = -1 if precision < 0 else max(precision, 1)
    digits, point = _digits(value, wanted, bits)
    largest = 6 if precision < 0 else wanted
    if precision >= 0 and largest > len(digits) >= point:
        largest = len(digits)
    power = point - 1
    if digits and (power < -4 or power >= largest):
        return _exponent(digits, point, len(digits) - 1)
    return _plain(digits, point)


def _binary(value: float, bits: int) -> str:
    """`4503599627370496p-52`: mantissa and power of two."""
    mantissa, power = _mantissa(value, bits)
    return f"{mantissa}p{'-' if power < 0 else '+'}{abs(power)}"


def _mantissa(value: float, bits: int) -> tuple[int, int]:
    width = _MANTISSA[bits]
    fields = struct.unpack("<Q", struct.pack("<d", value))[0] if bits == 64 else struct.unpack("<I", struct.pack("<f", value))[0]
    exponent = fields >> width
    mantissa = fields & ((1 << width) - 1)
    if exponent == 0:
        exponent = 1
    else:
        mantissa |= 1 << width
    return mantissa, exponent - _BIAS[bits]


def _hexadecimal(value: float, precision: int, bits: int) -> str:
    """`0x1.8p+01`."""
    if value == 0:
        return f"0x0{'.' + '0' * precision if precision > 0 else ''}p+00"
    mantissa, _ = _mantissa(value, bits)
    _, exponent = math.frexp(value)
    power = exponent - 1
    mantissa <<= 60 - (mantissa.bit_length() - 1)
    if 0 <= precision < 15:
        drop = (15 - precision) * 4
        half, rest = 1 << (drop - 1), mantissa & ((1 << drop) - 1)
        mantissa >>= drop
        if rest > half or (rest == half and mantissa & 1):
            mantissa += 1
        mantissa <<= drop
        if mantissa >> 61:
            mantissa >>= 1
            power += 1
    fraction = f"{mantissa & ((1 << 60) - 1):015x}"
    fraction = fraction.rstrip("0") if precision < 0 else fraction[:precision].ljust(precision, "0")
    return f"0x1{'.' + fraction if fraction else ''}p{'-' if power < 0 else '+'}{abs(power):02d}"
