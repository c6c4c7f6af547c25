"""Quantities of resources (`500m`, `1.5Gi`, `1e3`): parse, compare, and write as the API server writes them.

The server keeps the suffix family of the input and prints the shortest whole number in it: `1024Mi` is `1Gi`, `0.5` is `500m`,
`1.5Gi` is `1536Mi`. Finer than nano rounds up. Some inputs are kept as written although another form would be shorter (`1.500`).
Source: k8s.io/apimachinery pkg/api/resource/{quantity,suffix,amount}.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
NUMERIC_WRONG = "unable to parse numeric part of quantity"
SUFFIX_WRONG = "unable to parse quantity's suffix"

_SHAPE = re.compile(r"([+-]?)0*([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_NAMES = {exponent: name for name, exponent in _DECIMAL.items()}
_BINARY_NAMES = {exponent: name for name, exponent in _BINARY.items()}
_NANO = -9
_MAX_INT64 = 2**63 - 1
_SAFE_DIGITS = 18


class QuantityError(ValueError):
    """A text that is no quantity; the message is the server's."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """`unscaled` · 10^`scale`, written in `family`: `decimal` (m, k, M …), `exponent` (e3 …) or `binary` (Ki, Mi …)."""

    unscaled: int
    scale: int = 0
    family: str = "decimal"
    text: str = ""
    """The input, where the server repeats it; else empty."""

    def __str__(self) -> str:
        return self.text or _written(self)

    def scaled(self, scale: int) -> int:
        """The value in units of 10^scale, rounded away from zero: `scaled(-3)` counts thousandths."""
        shift = self.scale - scale
        if shift >= 0:
            return self.unscaled * int(10**shift)
        return _divide_up(self.unscaled, int(10**-shift))

    @property
    def value(self) -> int:
        """The whole number, rounded away from zero."""
        return self.scaled(0)

    @property
    def is_integer(self) -> bool:
        """Whether nothing is lost by `value`."""
        return self.compare(Quantity(self.value)) == 0

    def compare(self, other: Quantity) -> int:
        """-1, 0 or 1."""
        low = min(self.scale, other.scale)
        mine, theirs = self.unscaled * int(10 ** (self.scale - low)), other.unscaled * int(10 ** (other.scale - low))
        return int(mine > theirs) - int(mine < theirs)

    def __lt__(self, other: Quantity) -> bool:
        """By value: `1Gi` is not less than `1024Mi`."""
        return self.compare(other) < 0

    def rounded_up(self, scale: int) -> Quantity:
        """Not finer than 10^scale; a quantity that is coarse enough keeps its text."""
        if self.scale >= scale:
            return self
        return Quantity(self.scaled(scale), scale, self.family)

    def plus(self, other: Quantity) -> Quantity:
        """The sum, in the family of the first that is not zero."""
        low = min(self.scale, other.scale)
        family = self.family if self.unscaled else other.family
        return Quantity(self.unscaled * 10 ** (self.scale - low) + other.unscaled * 10 ** (other.scale - low), low, family)


def parse(text: str | int | float) -> Quantity:
    """A quantity from what stands in JSON; raise `QuantityError` with the server's words."""
    source = _json_number(text) if isinstance(text, (int, float)) else text.strip()
    return _parse(source)


def canonical(text: str | int | float, *, milli: bool = False) -> str:
    """As the server prints it; `milli`: as in a ResourceList, where finer than a thousandth rounds up."""
    quantity = parse(text)
    return str(quantity.rounded_up(-3) if milli else quantity)


def _json_number(value: int | float) -> str:
    text = repr(value)
    return text[:-2] if text.endswith(".0") else text


@lru_cache(maxsize=4096)
def _parse(text: str) -> Quantity:
    if not text:
        raise QuantityError(FORMAT_WRONG)
    if text == "0":
        return Quantity(0, 0, "decimal", text)
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise QuantityError(FORMAT_WRONG)
    sign, number, dot, fraction, suffix = shape.groups()
    number, fraction = number or "0", fraction or ""
    base, exponent, family = _suffix(suffix)
    digits = number + fraction
    negative = -1 if sign == "-" else 1
    fast = _fast(digits, len(fraction), base, exponent)
    if fast is not None:
        unscaled, scale, exact_text = fast
        return Quantity(negative * unscaled, scale, family, text if exact_text else "")
    if not dot and not text.strip("+-")[:1].isdigit():
        raise QuantityError(NUMERIC_WRONG)
    unscaled, scale = int(digits), -len(fraction)
    if base == 10:
        scale += exponent
    else:
        unscaled <<= exponent
    if scale < _NANO:
        unscaled, scale = _divide_up(unscaled, 10 ** (_NANO - scale)), _NANO
    if family == "binary":
        if unscaled * 10**scale > _MAX_INT64 if scale >= 0 else unscaled > _MAX_INT64 * 10**-scale:
            unscaled, scale = _MAX_INT64, 0
        if unscaled and scale < 0 and unscaled < 10**-scale:
            family = "decimal"
    return Quantity(negative * unscaled, scale, family)


def _fast(digits: str, places: int, base: int, exponent: int) -> tuple[int, int, bool] | None:
    """The common case in 64 bits: value, scale, and whether the text is kept; None when it does not fit."""
    if base == 10:
        if len(digits) > _SAFE_DIGITS or exponent - places < _NANO:
            return None
        scale = exponent - places
        return int(digits), scale, scale % 3 == 0 and not digits.endswith("000") and not digits.startswith("0")
    if places or 15 - len(digits) - int(exponent * 3 / 10) - 1 < 0:
        return None
    return int(digits) << exponent, 0, int(digits) & 7 != 0


def _suffix(suffix: str) -> tuple[int, int, str]:
    if suffix in _DECIMAL:
        return 10, _DECIMAL[suffix], "decimal"
    if suffix in _BINARY:
        return 2, _BINARY[suffix], "binary"
    if re.fullmatch(r"[eE][-+]?[0-9]{1,9}", suffix):
        return 10, int(suffix[1:]), "exponent"
    raise QuantityError(SUFFIX_WRONG)


def _divide_up(value: int, by: int) -> int:
    return -(-value // by) if value >= 0 else value // by


def _written(quantity: Quantity) -> str:
    if quantity.unscaled == 0:
        return "0"
    family = quantity.family
    if family == "binary":
        small = abs(quantity.unscaled) < 1024 * 10 ** max(0, -quantity.scale) if quantity.scale <= 0 else False
        if small or not quantity.is_integer:
            family = "decimal"
    if family == "binary":
        number, exponent = quantity.value, 0
        while number % 1024 == 0:
            number, exponent = number // 1024, exponent + 10
        return f"{number}{_BINARY_NAMES.get(exponent, '')}"
    number, exponent = quantity.unscaled, quantity.scale
    while number % 10 == 0:
        number, exponent = number // 10, exponent + 1
    while exponent % 3:
        number, exponent = number * 10, exponent - 1
    if family == "exponent":
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_NAMES.get(exponent, '')}"
