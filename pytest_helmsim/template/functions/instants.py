"""Moments with a time zone: Go's time.Time over unix seconds, nanoseconds and a Location.

Years are unbounded, the calendar is the proleptic Gregorian one. The zero value is 0001-01-01 00:00:00 UTC.

Source: Go src/time/{time,zoneinfo}.go.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAY = 86400
_CYCLE = 146097 * _DAY
ZERO_UNIX = -62135596800


@dataclass(frozen=True, slots=True)
class Location:
    """A time zone by name, or a fixed offset (`zone` None)."""

    name: str
    offset: int = 0
    zone: ZoneInfo | None = None

    def lookup(self, unix: int) -> tuple[str, int]:
        """Abbreviation and offset in seconds east of UTC at that moment."""
        if self.zone is None:
            return self.name, self.offset
        local = datetime.fromtimestamp(_within(unix), UTC).astimezone(self.zone)
        return local.tzname() or "", _seconds(local.utcoffset())

    def offset_of_wall(self, wall: int) -> int:
        """The offset that holds at wall clock seconds: in a gap or an overlap Go's choice, the offset before the change."""
        if self.zone is None:
            return self.offset
        offset = self.lookup(wall)[1]
        return self.lookup(wall - offset)[1] if offset else 0

    def offset_of_name(self, abbreviation: str, unix: int) -> int | None:
        """The offset that the zone gives an abbreviation such as CEST, near `unix` if it has several; None if it has none."""
        if self.zone is None:
            return self.offset if abbreviation == self.name else None
        name, offset = self.lookup(unix)
        if name == abbreviation:
            return offset
        for days in range(0, 366, 15):
            for moment in (unix + days * _DAY, unix - days * _DAY):
                name, offset = self.lookup(moment)
                if name == abbreviation:
                    return offset
        return None


def _within(unix: int) -> int:
    """The same wall clock some cycles of 400 years away, for years that `datetime` does not know."""
    while unix > 253370764800:
        unix -= _CYCLE
    while unix < -62100000000:
        unix += _CYCLE
    return unix


def _seconds(offset: timedelta | None) -> int:
    return int(offset.total_seconds()) if offset is not None else 0


UTC_LOCATION = Location("UTC")


def local_location() -> Location:
    """The zone of this machine as Go finds it: `TZ`, else /etc/localtime, else UTC."""
    name = os.environ.get("TZ")
    if name is None:
        return _system_zone()
    if name in ("", "UTC"):
        return Location("UTC")
    return load_location(name.removeprefix(":")) or UTC_LOCATION


@functools.cache
def _system_zone() -> Location:
    try:
        with open("/etc/localtime", "rb") as file:
            return Location("Local", zone=ZoneInfo.from_file(file, "Local"))
    except (OSError, ValueError):
        return UTC_LOCATION


@functools.lru_cache(maxsize=64)
def load_location(name: str) -> Location | None:
    """By name of the time zone database; empty and `UTC` are UTC; None for a name that does not exist or looks outside."""
    if name in ("", "UTC"):
        return UTC_LOCATION
    if name.startswith(("/", "\\")) or ".." in name:
        return None
    try:
        return Location(name, zone=ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Instant:
    """Unix seconds, nanoseconds of the second, and the zone it is shown in."""

    unix: int = ZERO_UNIX
    nanosecond: int = 0
    location: Location = UTC_LOCATION

    def add(self, nanoseconds: int) -> Instant:
        """Moved by a duration."""
        seconds, rest = divmod(self.nanosecond + nanoseconds, 10**9)
        return Instant(self.unix + seconds, rest, self.location)

    def within(self, location: Location) -> Instant:
        """The same moment shown in another zone."""
        return Instant(self.unix, self.nanosecond, location)

    def wall(self) -> Wall:
        """The reading of calendar and clock in its zone."""
        zone, offset = self.location.lookup(self.unix)
        days, seconds = divmod(self.unix + offset, _DAY)
        year, month, day, yday = civil(days)
        return Wall(
            year, month, day, yday, (days + 4) % 7, seconds // 3600, seconds // 60 % 60, seconds % 60, self.nanosecond, zone, offset
        )


@dataclass(frozen=True, slots=True)
class Wall:
    """A reading; `yearday` from 1, `weekday` from Sunday = 0."""

    year: int
    month: int
    day: int
    yearday: int
    weekday: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    zone: str
    offset: int


def civil(days: int) -> tuple[int, int, int, int]:
    """Year, month, day and day of the year of a count of days since 1970-01-01."""
    era, doe = divmod(days + 719468, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    month = (5 * doy + 2) // 153
    day = doy - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9
    year = yoe + era * 400 + (month <= 2)
    return year, month, day, days - days_before(year, 1, 1) + 1


def days_before(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date; month and day may be outside their ranges."""
    carry, month = divmod(month - 1, 12)
    year, month = year + carry, month + 1
    shifted = year - (month <= 2)
    era, yoe = divmod(shifted, 400)
    doy = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468 + day - 1


def is_leap(year: int) -> bool:
    """Gregorian leap year."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(month: int, year: int) -> int:
    """Days of a month."""
    return 28 + is_leap(year) if month == 2 else 30 + (month + month // 8) % 2


def from_wall(date: tuple[int, int, int], clock: tuple[int, int, int], nanosecond: int, location: Location) -> Instant:
    """The moment at which the zone's calendar and clock show that."""
    wall = days_before(*date) * _DAY + clock[0] * 3600 + clock[1] * 60 + clock[2]
    return Instant(wall - location.offset_of_wall(wall), nanosecond, location)
