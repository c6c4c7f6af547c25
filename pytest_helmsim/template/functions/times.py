"""time.Time, time.Duration, time.Month and time.Weekday as values that templates hold, with their methods.

Source: Go src/time/{time,format}.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pytest_helmsim.objects import durations, gojson
from pytest_helmsim.template.errors import Fault, FunctionError
from pytest_helmsim.template.functions import layouts
from pytest_helmsim.template.functions.instants import (
    UTC_LOCATION,
    ZERO_UNIX,
    Instant,
    Location,
    from_wall,
    local_location,
)
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.signatures import Function, Table
from pytest_helmsim.template.values import GoInt, GoObject, Int64, NamedInt, Value

TIME_METHODS = Table()
DURATION_METHODS = Table()
MONTH_METHODS = Table()
WEEKDAY_METHODS = Table()
LOCATION_METHODS = Table()

_STRING_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST"


class Duration(NamedInt):
    """`time.Duration`: nanoseconds."""

    __slots__ = ()
    GO_TYPE = "time.Duration"
    KIND = "int64"
    methods: ClassVar[Mapping[str, Function]] = DURATION_METHODS

    def go_string(self) -> str:
        """`1h2m3s`."""
        return durations.format(int(self))


class Month(NamedInt):
    """`time.Month`, from 1."""

    __slots__ = ()
    GO_TYPE = "time.Month"
    KIND = "int"
    methods: ClassVar[Mapping[str, Function]] = MONTH_METHODS

    def go_string(self) -> str:
        """The English name."""
        return layouts.MONTHS[int(self) - 1]


class Weekday(NamedInt):
    """`time.Weekday`, from Sunday = 0."""

    __slots__ = ()
    GO_TYPE = "time.Weekday"
    KIND = "int"
    methods: ClassVar[Mapping[str, Function]] = WEEKDAY_METHODS

    def go_string(self) -> str:
        """The English name."""
        return layouts.DAYS[int(self)]


class LocationObject(GoObject):
    """`*time.Location`."""

    GO_TYPE = "*time.Location"
    KIND = "ptr"
    methods: ClassVar[Mapping[str, Function]] = LOCATION_METHODS

    def __init__(self, location: Location) -> None:
        self.location = location

    def go_string(self) -> str:
        """The name."""
        return self.location.name


class Time(GoObject):
    """`time.Time`; `monotonic` is the process's own clock in nanoseconds, which only `now` has and printing shows."""

    GO_TYPE = "time.Time"
    KIND = "struct"
    COMPARABLE: ClassVar[bool] = True
    methods: ClassVar[Mapping[str, Function]] = TIME_METHODS

    def __init__(self, instant: Instant, monotonic: int | None = None) -> None:
        self.instant = instant
        self.monotonic = monotonic

    def go_string(self) -> str:
        """Date, clock, offset and zone, and the monotonic reading if there is one."""
        text = layouts.format(self.instant, _STRING_LAYOUT)
        if self.monotonic is None:
            return text
        sign, size = ("-", -self.monotonic) if self.monotonic < 0 else ("+", self.monotonic)
        return f"{text} m={sign}{size // 10**9}.{size % 10**9:09d}"

    def go_syntax(self) -> str:
        """`%#v`: the call of `time.Date` that makes it."""
        wall, name = self.instant.wall(), self.instant.location.name
        zone = {"": "time.UTC", "UTC": "time.UTC", "Local": "time.Local"}.get(name) or f"time.Location({quote(name)})"
        month = f"time.{layouts.MONTHS[wall.month - 1]}"
        parts = (wall.year, month, wall.day, wall.hour, wall.minute, wall.second, wall.nanosecond, zone)
        return f"time.Date({', '.join(map(str, parts))})"

    def go_fields(self) -> list[tuple[str, Value]]:
        """What deepEqual compares."""
        return [("wall", self.instant.nanosecond), ("ext", self.instant.unix), ("loc", self.instant.location.name), ("m", self.monotonic)]

    def marshal_json(self) -> str:
        """RFC 3339 with nanoseconds, as a string."""
        if not 0 <= self.instant.wall().year <= 9999:
            raise gojson.GoJsonError("json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]")
        return gojson.quote(layouts.format(self.instant, layouts.RFC3339_NANO))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and (self.instant, self.monotonic) == (other.instant, other.monotonic)

    def __hash__(self) -> int:
        return hash(self.instant)

    def moved(self, nanoseconds: int) -> Time:
        """Later by a duration."""
        return Time(self.instant.add(nanoseconds), None if self.monotonic is None else self.monotonic + nanoseconds)

    def since(self, earlier: Time) -> int:
        """`Sub`: nanoseconds, cut to what an int64 holds."""
        if self.monotonic is not None and earlier.monotonic is not None:
            return self.monotonic - earlier.monotonic
        difference = (self.instant.unix - earlier.instant.unix) * 10**9 + self.instant.nanosecond - earlier.instant.nanosecond
        return max(durations.MIN_INT64, min(durations.MAX_INT64, difference))

    def nanoseconds(self) -> int:
        """Since 1970."""
        return self.instant.unix * 10**9 + self.instant.nanosecond


def _reading(name: str, result: str = "int") -> None:
    attribute = {"YearDay": "yearday"}.get(name, name.lower())
    TIME_METHODS.function(name, result=result)(lambda this: getattr(this.instant.wall(), attribute))


for _name in ("Year", "Day", "Hour", "Minute", "Second", "Nanosecond", "YearDay"):
    _reading(_name)


@TIME_METHODS.function("Month", result="time.Month")
def _month(this: Time) -> Month:
    return Month(this.instant.wall().month)


@TIME_METHODS.function("Weekday", result="time.Weekday")
def _weekday(this: Time) -> Weekday:
    return Weekday(this.instant.wall().weekday)


@TIME_METHODS.function("Unix", result="int64")
def _unix(this: Time) -> Int64:
    return Int64(this.instant.unix)


@TIME_METHODS.function("UnixMilli", result="int64")
def _unix_milli(this: Time) -> GoInt:
    return Int64.wrap(this.nanoseconds() // 10**6)


@TIME_METHODS.function("UnixMicro", result="int64")
def _unix_micro(this: Time) -> GoInt:
    return Int64.wrap(this.nanoseconds() // 10**3)


@TIME_METHODS.function("UnixNano", result="int64")
def _unix_nano(this: Time) -> GoInt:
    return Int64.wrap(this.nanoseconds())


@TIME_METHODS.function("Format", "string", result="string")
def _format(this: Time, layout: str) -> str:
    return layouts.format(this.instant, layout)


@TIME_METHODS.function("String", result="string")
def _string(this: Time) -> str:
    return this.go_string()


@TIME_METHODS.function("UTC", result="time.Time")
def _utc(this: Time) -> Time:
    return Time(this.instant.within(UTC_LOCATION), this.monotonic)


@TIME_METHODS.function("Local", result="time.Time")
def _local(this: Time) -> Time:
    return Time(this.instant.within(local_location()), this.monotonic)


@TIME_METHODS.function("In", "*time.Location", result="time.Time")
def _in(this: Time, location: LocationObject | None) -> Time:
    if location is None:
        raise FunctionError("time: missing Location in call to Time.In")
    return Time(this.instant.within(location.location), this.monotonic)


@TIME_METHODS.function("Location", result="*time.Location")
def _location(this: Time) -> LocationObject:
    return LocationObject(this.instant.location)


@TIME_METHODS.function("Add", "time.Duration", result="time.Time")
def _add(this: Time, duration: int) -> Time:
    return this.moved(int(duration))


@TIME_METHODS.function("AddDate", "int", "int", "int", result="time.Time")
def _add_date(this: Time, years: int, months: int, days: int) -> Time:
    wall = this.instant.wall()
    date = (wall.year + years, wall.month + months, wall.day + days)
    return Time(from_wall(date, (wall.hour, wall.minute, wall.second), wall.nanosecond, this.instant.location))


@TIME_METHODS.function("Sub", "time.Time", result="time.Duration")
def _sub(this: Time, other: Time) -> Duration:
    return Duration(this.since(other))


@TIME_METHODS.function("Before", "time.Time", result="bool")
def _before(this: Time, other: Time) -> bool:
    return this.nanoseconds() < other.nanoseconds()


@TIME_METHODS.function("After", "time.Time", result="bool")
def _after(this: Time, other: Time) -> bool:
    return this.nanoseconds() > other.nanoseconds()


@TIME_METHODS.function("Equal", "time.Time", result="bool")
def _equal(this: Time, other: Time) -> bool:
    return this.nanoseconds() == other.nanoseconds()


@TIME_METHODS.function("Compare", "time.Time", result="int")
def _compare(this: Time, other: Time) -> int:
    mine, theirs = this.nanoseconds(), other.nanoseconds()
    return (mine > theirs) - (mine < theirs)


@TIME_METHODS.function("IsZero", result="bool")
def _is_zero(this: Time) -> bool:
    return this.instant.unix == ZERO_UNIX and this.instant.nanosecond == 0


def _several_results(table: Table, name: str, reason: str) -> None:
    def refuse(this: Value) -> Value:
        raise Fault(reason)

    table.function(name)(refuse)


for _name in ("Zone", "ISOWeek"):
    _several_results(TIME_METHODS, _name, f"invalid function signature for {_name}: second return value should be error; is int")
for _name in ("Date", "Clock"):
    _several_results(TIME_METHODS, _name, f"function {_name} has 3 return values; should be 1 or 2")


def _from_zero(this: Time) -> int:
    return (this.instant.unix - ZERO_UNIX) * 10**9 + this.instant.nanosecond


@TIME_METHODS.function("Truncate", "time.Duration", result="time.Time")
def _truncate(this: Time, duration: int) -> Time:
    return Time(this.instant.add(-(_from_zero(this) % int(duration))) if duration > 0 else this.instant)


@TIME_METHODS.function("Round", "time.Duration", result="time.Time")
def _round(this: Time, duration: int) -> Time:
    if duration <= 0:
        return Time(this.instant)
    rest = _from_zero(this) % int(duration)
    return Time(this.instant.add(-rest if rest * 2 < duration else int(duration) - rest))


@DURATION_METHODS.function("String", result="string")
def _duration_string(this: Duration) -> str:
    return this.go_string()


def seconds(nanoseconds: int) -> float:
    """`Duration.Seconds`: whole and fraction added as floats."""
    return _in_unit(nanoseconds, durations.SECOND)


def minutes(nanoseconds: int) -> float:
    """`Duration.Minutes`."""
    return _in_unit(nanoseconds, durations.MINUTE)


def hours(nanoseconds: int) -> float:
    """`Duration.Hours`."""
    return _in_unit(nanoseconds, durations.HOUR)


def _in_unit(nanoseconds: int, unit: int) -> float:
    whole, rest = divmod(abs(nanoseconds), unit)
    value = float(whole) + float(rest) / float(unit)
    return -value if nanoseconds < 0 else value


def quotient(nanoseconds: int, unit: int) -> Int64:
    """A whole number of units, towards zero."""
    whole = abs(nanoseconds) // unit
    return Int64(-whole if nanoseconds < 0 else whole)


DURATION_METHODS.function("Seconds", result="float64")(lambda this: seconds(int(this)))
DURATION_METHODS.function("Minutes", result="float64")(lambda this: minutes(int(this)))
DURATION_METHODS.function("Hours", result="float64")(lambda this: hours(int(this)))
DURATION_METHODS.function("Milliseconds", result="int64")(lambda this: quotient(int(this), durations.MILLISECOND))
DURATION_METHODS.function("Microseconds", result="int64")(lambda this: quotient(int(this), durations.MICROSECOND))
DURATION_METHODS.function("Nanoseconds", result="int64")(lambda this: Int64(int(this)))


@DURATION_METHODS.function("Round", "time.Duration", result="time.Duration")
def _duration_round(this: Duration, multiple: int) -> Duration:
    return Duration(durations.round_to(int(this), int(multiple)))


@DURATION_METHODS.function("Truncate", "time.Duration", result="time.Duration")
def _duration_truncate(this: Duration, multiple: int) -> Duration:
    return Duration(durations.truncate(int(this), int(multiple)))


@DURATION_METHODS.function("Abs", result="time.Duration")
def _duration_abs(this: Duration) -> Duration:
    return Duration(min(abs(int(this)), durations.MAX_INT64))


MONTH_METHODS.function("String", result="string")(Month.go_string)
WEEKDAY_METHODS.function("String", result="string")(Weekday.go_string)
LOCATION_METHODS.function("String", result="string")(LocationObject.go_string)
