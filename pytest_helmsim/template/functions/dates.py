"""Dates with Go's layouts. What is neither a time nor an int or int64 counts as now, a zone that does not exist as UTC.

Source: github.com/Masterminds/sprig/v3 date.go.
"""

from __future__ import annotations

from pytest_helmsim.objects import durations
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions import layouts
from pytest_helmsim.template.functions.casts import MAX_INT64, MIN_INT64, integer_of
from pytest_helmsim.template.functions.instants import UTC_LOCATION, Instant, load_location, local_location
from pytest_helmsim.template.functions.times import Time
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import Int32, Int64, Value

_HTML = "2006-01-02"
_UNITS = (
    (365 * 24 * durations.HOUR, "y"),
    (30 * 24 * durations.HOUR, "mo"),
    (24 * durations.HOUR, "d"),
    (durations.HOUR, "h"),
    (durations.MINUTE, "m"),
    (durations.SECOND, "s"),
)


def table(clock: Clock) -> Table:
    """The functions over a clock."""
    dates = _Dates(clock)
    result = Table()
    result.function("now", result="time.Time")(dates.now)
    result.function("ago", "any", result="string")(dates.ago)
    result.function("date", "string", "any", result="string")(lambda layout, date: dates.in_zone(layout, date, "Local"))
    result.function("htmlDate", "any", result="string")(lambda date: dates.in_zone(_HTML, date, "Local"))
    result.function("htmlDateInZone", "any", "string", result="string")(lambda date, zone: dates.in_zone(_HTML, date, zone))
    for name in ("dateInZone", "date_in_zone"):
        result.function(name, "string", "any", "string", result="string")(dates.in_zone)
    for name in ("dateModify", "date_modify"):
        result.function(name, "string", "time.Time", result="time.Time")(date_modify)
    for name in ("mustDateModify", "must_date_modify"):
        result.function(name, "string", "time.Time", result="time.Time")(must_date_modify)
    result.function("duration", "any", result="string")(duration)
    result.function("durationRound", "any", result="string")(dates.duration_round)
    result.function("toDate", "string", "string", result="time.Time")(to_date)
    result.function("mustToDate", "string", "string", result="time.Time")(must_to_date)
    result.function("unixEpoch", "time.Time", result="string")(lambda date: str(date.instant.unix))
    return result


class _Dates:
    """What needs to know the time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.start = clock.now()

    def now(self) -> Time:
        now = self.clock.now()
        seconds, rest = divmod(round(now * 10**6) * 1000, 10**9)
        return Time(Instant(seconds, rest, local_location()), round((now - self.start) * 10**9))

    def in_zone(self, layout: str, date: Value, zone: str) -> str:
        if isinstance(date, Time):
            instant = date.instant
        elif type(date) in (int, Int64, Int32):
            instant = Instant(int(date))
        else:
            instant = self.now().instant
        location = local_location() if zone == "Local" else load_location(zone) or UTC_LOCATION
        return layouts.format(instant.within(location), layout)

    def ago(self, date: Value) -> str:
        now = self.now()
        then = date if isinstance(date, Time) else Time(Instant(int(date))) if type(date) in (int, Int64) else now
        return durations.format(durations.round_to(now.since(then), durations.SECOND))

    def duration_round(self, value: Value) -> str:
        """The largest unit of which there is more than one whole: `2h10m` is `2h`, `1h` is `60m`."""
        size = abs(self._nanoseconds(value))
        return next((f"{size // unit}{name}" for unit, name in _UNITS if size > unit), "0s")

    def _nanoseconds(self, value: Value) -> int:
        if isinstance(value, str):
            try:
                return durations.parse(value)
            except durations.DurationError:
                return 0
        if isinstance(value, Time):
            return self.now().since(value)
        return int(value) if type(value) is Int64 else 0


def date_modify(change: str, date: Time) -> Time:
    """Moved by a duration; unchanged for text that is none."""
    try:
        return date.moved(durations.parse(change))
    except durations.DurationError:
        return date


def must_date_modify(change: str, date: Time) -> Time:
    """Moved by a duration, or an error."""
    try:
        return date.moved(durations.parse(change))
    except durations.DurationError as error:
        raise FunctionError(str(error)) from error


def duration(seconds: Value) -> str:
    """Seconds as `1h2m3s`; only text and int64 count, everything else is no time at all."""
    number = 0
    if isinstance(seconds, str):
        parsed = integer_of(seconds)
        number = 0 if parsed is None else max(MIN_INT64, min(MAX_INT64, parsed))
    elif type(seconds) is Int64:
        number = int(seconds)
    return durations.format(int(Int64.wrap(number * durations.SECOND)))


def to_date(layout: str, text: str) -> Time:
    """The zero time for text that does not fit."""
    try:
        return Time(layouts.parse(layout, text, local_location()))
    except layouts.ParseError:
        return Time(Instant())


def must_to_date(layout: str, text: str) -> Time:
    """The time in the text, or Go's error."""
    try:
        return Time(layouts.parse(layout, text, local_location()))
    except layouts.ParseError as error:
        raise FunctionError(str(error)) from error
