"""Arithmetic on int64 (wrapping around) and on float64 through decimals, rounding, sequences.

Source: github.com/Masterminds/sprig/v3 numeric.go, functions.go; github.com/shopspring/decimal v1.4.0; Go src/math.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from pytest_helmsim.template import gofmt
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.casts import MAX_INT64, MIN_INT64, integer_of, parse_int, to_float, to_int, to_int64
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import GoInt, Int64, IntList, Value

TABLE = Table()

_DIVISION_DIGITS = 16
_ITEM_SIZE = 40


@TABLE.function("atoi", "string", result="int")
def atoi(text: str) -> int:
    """0 for what is no number; the nearest int64 for one that is too large."""
    number = integer_of(text)
    return 0 if number is None else max(MIN_INT64, min(MAX_INT64, number))


TABLE.function("int64", "any", result="int64")(to_int64)
TABLE.function("int", "any", result="int")(to_int)
TABLE.function("float64", "any", result="float64")(to_float)


@TABLE.function("toDecimal", "any", result="int64")
def to_decimal(value: Value) -> Int64:
    """Digits read as an octal number."""
    return Int64(parse_int(gofmt.show_reflected(value), 8) or 0)


@TABLE.function("add1", "any", result="int64")
def add1(value: Value) -> GoInt:
    return Int64.wrap(to_int64(value) + 1)


@TABLE.function("add", variadic="any", result="int64")
def add(*values: Value) -> GoInt:
    return Int64.wrap(sum(map(to_int64, values)))


@TABLE.function("sub", "any", "any", result="int64")
def sub(left: Value, right: Value) -> GoInt:
    return Int64.wrap(to_int64(left) - to_int64(right))


@TABLE.function("mul", "any", variadic="any", result="int64")
def mul(first: Value, *others: Value) -> GoInt:
    product = Int64.wrap(to_int64(first))
    for other in others:
        product = Int64.wrap(product * to_int64(other))
    return product


@TABLE.function("div", "any", "any", result="int64")
def div(left: Value, right: Value) -> GoInt:
    """Towards zero."""
    a, b = to_int64(left), _divisor(right)
    return Int64.wrap(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))


@TABLE.function("mod", "any", "any", result="int64")
def mod(left: Value, right: Value) -> GoInt:
    """With the sign of the dividend."""
    a, b = to_int64(left), _divisor(right)
    return Int64.wrap(abs(a) % abs(b) * (-1 if a < 0 else 1))


def _divisor(value: Value) -> int:
    divisor = to_int64(value)
    if divisor == 0:
        raise FunctionError("runtime error: integer divide by zero")
    return divisor


@TABLE.function("biggest", "any", variadic="any", result="int64")
@TABLE.function("max", "any", variadic="any", result="int64")
def maximum(*values: Value) -> Int64:
    return max(map(to_int64, values))


@TABLE.function("min", "any", variadic="any", result="int64")
def minimum(*values: Value) -> Int64:
    return min(map(to_int64, values))


@TABLE.function("maxf", "any", variadic="any", result="float64")
def maximum_float(*values: Value) -> float:
    numbers = list(map(to_float, values))
    return math.nan if any(map(math.isnan, numbers)) and math.inf not in numbers else max(numbers, key=_signed)


@TABLE.function("minf", "any", variadic="any", result="float64")
def minimum_float(*values: Value) -> float:
    numbers = list(map(to_float, values))
    return math.nan if any(map(math.isnan, numbers)) and -math.inf not in numbers else min(numbers, key=_signed)


def _signed(number: float) -> tuple[float, float]:
    return number, math.copysign(1, number)


@TABLE.function("floor", "any", result="float64")
def floor(value: Value) -> float:
    number = to_float(value)
    return _whole(number, math.floor)


@TABLE.function("ceil", "any", result="float64")
def ceil(value: Value) -> float:
    number = to_float(value)
    return _whole(number, math.ceil)


def _whole(number: float, rounding: Callable[[float], int]) -> float:
    return math.copysign(float(rounding(number)), number) if math.isfinite(number) and number else number


@TABLE.function("round", "any", "int", variadic="float64", result="float64")
def round_to(value: Value, places: int, *threshold: float) -> float:
    """At the given decimal place, up from `threshold` (0.5) on; below zero always down."""
    power = _power_of_ten(places)
    digit = power * to_float(value)
    fraction = math.modf(digit)[0] if math.isfinite(digit) else math.nan
    rounded = _whole(digit, math.ceil if fraction >= (threshold[0] if threshold else 0.5) else math.floor)
    if power == 0:
        return math.nan if rounded == 0 or math.isnan(rounded) else math.copysign(math.inf, rounded)
    return rounded / power


def _power_of_ten(places: int) -> float:
    """`math.Pow(10, places)` as Go computes it: squares of the mantissa, which differs from the nearest float at times."""
    mantissa, exponent = math.frexp(10.0)
    result, scale, rest = 1.0, 0, abs(places)
    while rest:
        if not -(1 << 12) <= exponent <= 1 << 12:
            scale += exponent
            break
        if rest & 1:
            result *= mantissa
            scale += exponent
        mantissa *= mantissa
        exponent <<= 1
        if mantissa < 0.5:
            mantissa += mantissa
            exponent -= 1
        rest >>= 1
    if places < 0:
        result, scale = 1 / result, -scale
    try:
        return math.ldexp(result, scale)
    except OverflowError:
        return math.inf


def _decimal(value: Value) -> Fraction:
    number = to_float(value)
    if not math.isfinite(number):
        raise FunctionError(f"Cannot create a Decimal from {gofmt.show_reflected(number)}")
    return Fraction(repr(number))


def _nearest(number: Fraction) -> float:
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return math.inf if number > 0 else -math.inf


@TABLE.function("add1f", "any", result="float64")
def add1f(value: Value) -> float:
    return _nearest(_decimal(value) + 1)


@TABLE.function("addf", variadic="any", result="float64")
def addf(*values: Value) -> float:
    return _nearest(sum(map(_decimal, values), Fraction(0)))


@TABLE.function("subf", "any", variadic="any", result="float64")
def subf(first: Value, *others: Value) -> float:
    return _nearest(_decimal(first) - sum(map(_decimal, others), Fraction(0)))


@TABLE.function("mulf", "any", variadic="any", result="float64")
def mulf(first: Value, *others: Value) -> float:
    product = _decimal(first)
    for other in others:
        product *= _decimal(other)
    return _nearest(product)


@TABLE.function("divf", "any", variadic="any", result="float64")
def divf(first: Value, *others: Value) -> float:
    """Each quotient to 16 decimal places, halves away from zero."""
    quotient = _decimal(first)
    for other in others:
        divisor = _decimal(other)
        if divisor == 0:
            raise FunctionError("decimal division by 0")
        scaled = quotient / divisor * 10**_DIVISION_DIGITS
        whole = math.floor(abs(scaled) + Fraction(1, 2))
        quotient = Fraction(whole if scaled >= 0 else -whole, 10**_DIVISION_DIGITS)
    return _nearest(quotient)


def _stepped(start: int, stop: int, step: int) -> IntList:
    if (stop < start and step >= 0) or (stop >= start and step <= 0):
        return IntList()
    check_size(-((start - stop) // step) * _ITEM_SIZE)
    return IntList(range(start, stop, step))


@TABLE.function("until", "int", result="[]int")
def until(count: int) -> IntList:
    return _stepped(0, count, -1 if count < 0 else 1)


@TABLE.function("untilStep", "int", "int", "int", result="[]int")
def until_step(start: int, stop: int, step: int) -> IntList:
    return _stepped(start, stop, step)


@TABLE.function("seq", variadic="int", result="string")
def seq(*bounds: int) -> str:
    """`seq end`, `seq start end`, `seq start step end`, both ends included; anything else is empty."""
    match bounds:
        case (end,):
            step = -1 if end < 1 else 1
            numbers = _stepped(1, end + step, step)
        case (start, end):
            step = -1 if end < start else 1
            numbers = _stepped(start, end + step, step)
        case (start, step, end):
            if end < start and step > 0:
                return ""
            numbers = _stepped(start, end + (-1 if end < start else 1), step)
        case _:
            return ""
    return " ".join(map(str, numbers))
