"""Helm 4's duration helpers: text such as `1h30m`, or a number of seconds, in every unit; errors are 0 but for `mustToDuration`.

Source: helm.sh/helm/v4 pkg/engine/funcs.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pytest_helmsim.objects import durations
from pytest_helmsim.template import gofmt
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions import times
from pytest_helmsim.template.functions.casts import parse_float
from pytest_helmsim.template.functions.runes import SPACES
from pytest_helmsim.template.functions.times import Duration
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import Int64, Value, go_type

TABLE = Table()

_MOST_SECONDS = durations.MAX_INT64 // durations.SECOND


def _nanoseconds(value: Value) -> int:
    """Raise FunctionError for what is no duration."""
    if isinstance(value, Duration):
        return int(value)
    if value is None:
        raise FunctionError("invalid duration")
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FunctionError(f"unsupported duration type {go_type(value)}")
    if isinstance(value, float):
        return _of_seconds(value)
    if abs(value) > _MOST_SECONDS:
        raise FunctionError(f"duration seconds overflow: {int(value)}")
    return int(value) * durations.SECOND


def _of_text(text: str) -> int:
    trimmed = text.strip(SPACES)
    if not trimmed:
        raise FunctionError("empty duration")
    try:
        return durations.parse(trimmed)
    except durations.DurationError:
        number = parse_float(trimmed)
        if number is None:
            raise FunctionError(f"could not parse duration {quote(text)}") from None
        return _of_seconds(number)


def _of_seconds(seconds: float) -> int:
    shown = gofmt.show_reflected(seconds)
    if not math.isfinite(seconds):
        raise FunctionError(f"invalid duration seconds: {shown}")
    if abs(seconds) > float(durations.MAX_INT64) / durations.SECOND:
        raise FunctionError(f"duration seconds overflow: {shown}")
    nanoseconds = int(seconds * 1e9)
    return max(durations.MIN_INT64, nanoseconds) if nanoseconds <= durations.MAX_INT64 else durations.MIN_INT64


@TABLE.function("mustToDuration", "any", result="time.Duration")
def must_to_duration(value: Value) -> Duration:
    return Duration(_nanoseconds(value))


def _measure(name: str, result: str, of: Callable[[int], Value], nothing: Value) -> None:
    def measured(value: Value) -> Value:
        try:
            return of(_nanoseconds(value))
        except FunctionError:
            return nothing

    TABLE.function(name, "any", result=result)(measured)


_measure("durationSeconds", "float64", times.seconds, 0.0)
_measure("durationMinutes", "float64", times.minutes, 0.0)
_measure("durationHours", "float64", times.hours, 0.0)
_measure("durationDays", "float64", lambda n: times.hours(n) / 24.0, 0.0)
_measure("durationWeeks", "float64", lambda n: times.hours(n) / 24.0 / 7.0, 0.0)
_measure("durationMilliseconds", "int64", lambda n: times.quotient(n, durations.MILLISECOND), Int64(0))
_measure("durationMicroseconds", "int64", lambda n: times.quotient(n, durations.MICROSECOND), Int64(0))
_measure("durationNanoseconds", "int64", Int64, Int64(0))


def _to_multiple(value: Value, multiple: Value, change: Callable[[int, int], int]) -> Duration:
    try:
        nanoseconds = _nanoseconds(value)
    except FunctionError:
        return Duration(0)
    try:
        return Duration(change(nanoseconds, _nanoseconds(multiple)))
    except FunctionError:
        return Duration(nanoseconds)


@TABLE.function("durationRoundTo", "any", "any", result="time.Duration")
def duration_round_to(value: Value, multiple: Value) -> Duration:
    return _to_multiple(value, multiple, durations.round_to)


@TABLE.function("durationTruncateTo", "any", "any", result="time.Duration")
def duration_truncate_to(value: Value, multiple: Value) -> Duration:
    return _to_multiple(value, multiple, durations.truncate)
