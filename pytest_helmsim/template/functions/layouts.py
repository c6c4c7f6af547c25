"""Go's layouts: a moment written and read as `Mon Jan 2 15:04:05 MST 2006` shows it.

Source: Go src/time/format.go.
"""

from __future__ import annotations

import re
from typing import NoReturn

from pytest_helmsim.objects.durations import quote_ascii
from pytest_helmsim.template.functions.instants import UTC_LOCATION, Instant, Location, Wall, days_before, days_in, from_wall, is_leap

RFC3339 = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO = "2006-01-02T15:04:05.999999999Z07:00"

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_ELEMENT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|(?<=_)2006|_2(?!006)|__2|3|4|5|PM|pm"
    r"|[-Z]070000|[-Z]07:00:00|[-Z]0700|[-Z]07:00|[-Z]07|[.,](?:0+|9+)(?![0-9])"
)


class ParseError(ValueError):
    """Text that does not fit the layout, in Go's words."""


def format(moment: Instant, layout: str) -> str:
    """Text of the moment; what is no element of a layout stands for itself."""
    wall = moment.wall()
    return _ELEMENT.sub(lambda match: _write(match.group(), wall), layout)


def _write(element: str, wall: Wall) -> str:
    if element[0] in ".,":
        return _write_fraction(element, wall.nanosecond)
    if element[0] in "-Z":
        return _write_offset(element, wall.offset)
    hour12 = wall.hour % 12 or 12
    match element:
        case "2006":
            return _padded(wall.year, 4)
        case "06":
            return f"{abs(wall.year) % 100:02d}"
        case "January":
            return MONTHS[wall.month - 1]
        case "Jan":
            return MONTHS[wall.month - 1][:3]
        case "01":
            return f"{wall.month:02d}"
        case "1":
            return str(wall.month)
        case "Monday":
            return DAYS[wall.weekday]
        case "Mon":
            return DAYS[wall.weekday][:3]
        case "2":
            return str(wall.day)
        case "_2":
            return f"{wall.day:2d}"
        case "02":
            return f"{wall.day:02d}"
        case "__2":
            return f"{wall.yearday:3d}"
        case "002":
            return f"{wall.yearday:03d}"
        case "15":
            return f"{wall.hour:02d}"
        case "3":
            return str(hour12)
        case "03":
            return f"{hour12:02d}"
        case "4":
            return str(wall.minute)
        case "04":
            return f"{wall.minute:02d}"
        case "5":
            return str(wall.second)
        case "05":
            return f"{wall.second:02d}"
        case "PM":
            return "PM" if wall.hour >= 12 else "AM"
        case "pm":
            return "pm" if wall.hour >= 12 else "am"
    return wall.zone or _write_offset("-0700", wall.offset)


def _padded(number: int, width: int) -> str:
    return f"-{-number:0{width}d}" if number < 0 else f"{number:0{width}d}"


def _write_offset(element: str, offset: int) -> str:
    if element[0] == "Z" and offset == 0:
        return "Z"
    size = abs(offset)
    minutes = size // 60
    text = ("-" if offset <= -60 else "+") + f"{minutes // 60:02d}"
    if element[1:] == "07":
        return text
    colon = ":" if ":" in element else ""
    text += f"{colon}{minutes % 60:02d}"
    return text + f"{colon}{size % 60:02d}" if len(element.replace(":", "")) == 7 else text


def _write_fraction(element: str, nanosecond: int) -> str:
    digits = f"{nanosecond:09d}"[: len(element) - 1].ljust(len(element) - 1, "0")[:9]
    if element[1] == "0":
        return element[0] + digits
    digits = digits.rstrip("0")
    return element[0] + digits if digits else ""


def parse(layout: str, text: str, location: Location) -> Instant:
    """The moment that the text names; without a zone in it, in `location`. Raise ParseError with Go's message."""
    return _Parser(layout, text, location).run()


class _Bad(Exception):
    pass


class _OutOfRange(Exception):
    pass


class _Parser:
    """State of one parse: the rest of the text and what was read so far."""

    def __init__(self, layout: str, text: str, location: Location) -> None:
        self.layout, self.text, self.location = layout, text, location
        self.rest = text
        self.year, self.month, self.day, self.yearday = 0, -1, -1, -1
        self.hour = self.minute = self.second = self.nanosecond = 0
        self.am = self.pm = self.utc = False
        self.offset: int | None = None
        self.zone = ""

    def run(self) -> Instant:
        at = 0
        elements = list(_ELEMENT.finditer(self.layout))
        for index, match in enumerate(elements):
            self._skip(self.layout[at : match.start()])
            at = match.end()
            held = self.rest
            following = elements[index + 1].group() if index + 1 < len(elements) else ""
            try:
                self._read(match.group(), following)
            except _OutOfRange as reason:
                self._fail("", "", f": {reason} out of range")
            except _Bad:
                self._fail(match.group(), held)
        self._skip(self.layout[at:])
        if self.rest:
            self._fail("", self.rest, f": extra text: {quote_ascii(self.rest)}")
        return self._moment()

    def _fail(self, element: str, value: str, message: str = "") -> NoReturn:
        if message:
            raise ParseError(f"parsing time {quote_ascii(self.text)}{message}")
        raise ParseError(
            f"parsing time {quote_ascii(self.text)} as {quote_ascii(self.layout)}: "
            f"cannot parse {quote_ascii(value)} as {quote_ascii(element)}"
        )

    def _skip(self, prefix: str) -> None:
        value = self.rest
        whole = prefix
        while prefix:
            if prefix[0] == " ":
                if value and value[0] != " ":
                    self._fail(whole, value)
                prefix, value = prefix.lstrip(" "), value.lstrip(" ")
            elif not value or value[0] != prefix[0]:
                self._fail(whole, value)
            else:
                prefix, value = prefix[1:], value[1:]
        self.rest = value

    def _take(self, count: int) -> str:
        if len(self.rest) < count:
            raise _Bad
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def _number(self, fixed: bool, most: int = 2) -> int:
        digits = 0
        while digits < most and digits < len(self.rest) and "0" <= self.rest[digits] <= "9":
            digits += 1
        if not digits or (fixed and digits != most):
            raise _Bad
        return int(self._take(digits))

    def _word(self, words: tuple[str, ...], length: int | None = None) -> int:
        for index, word in enumerate(words):
            word = word[:length]
            if self.rest[: len(word)].lower() == word.lower():
                self.rest = self.rest[len(word) :]
                return index
        raise _Bad

    def _read(self, element: str, following: str) -> None:
        if element[0] in ".,":
            self._read_fraction(element)
        elif element[0] in "-Z":
            self._read_offset(element)
        elif element in ("Mon", "Monday"):
            self._word(DAYS, 3 if element == "Mon" else None)
        elif element in ("Jan", "January"):
            self.month = self._word(MONTHS, 3 if element == "Jan" else None) + 1
        elif element in ("PM", "pm"):
            self._read_half(element)
        elif element == "MST":
            self._read_zone()
        elif element in ("2006", "06"):
            self._read_year(element)
        elif element in ("002", "__2"):
            if element == "__2":
                self.rest = self.rest[2 if self.rest.startswith("  ") else self.rest.startswith(" ") :]
            self.yearday = self._number(element == "002", 3)
        elif element in ("01", "1"):
            self.month = self._number(element == "01")
            if not 1 <= self.month <= 12:
                raise _OutOfRange("month")
        elif element in ("02", "2", "_2"):
            if element == "_2":
                self.rest = self.rest.removeprefix(" ")
            self.day = self._number(element == "02")
        else:
            self._read_clock(element, following)

    def _read_year(self, element: str) -> None:
        if element == "2006" and not self.rest[:1].isdigit():
            raise _Bad
        text = self._take(len(element) if element == "2006" else 2)
        try:
            year = int(text)
        except ValueError:
            raise _Bad from None
        if not re.fullmatch(r"[-+]?[0-9]+", text):
            raise _Bad
        if element == "06":
            year += 1900 if year >= 69 else 2000
        self.year = year

    def _read_clock(self, element: str, following: str) -> None:
        if element in ("15", "03", "3"):
            self.hour = self._number(element == "03")
            if self.hour > (23 if element == "15" else 12):
                raise _OutOfRange("hour")
        elif element in ("04", "4"):
            self.minute = self._number(element == "04")
            if self.minute >= 60:
                raise _OutOfRange("minute")
        else:
            self.second = self._number(element == "05")
            if self.second >= 60:
                raise _OutOfRange("second")
            if re.match(r"[.,][0-9]", self.rest) and following[:1] not in (".", ","):
                self._read_fraction(".9")

    def _read_fraction(self, element: str) -> None:
        if element[1] == "0":
            text = self._take(len(element))
            if text[0] not in ".," or not re.fullmatch(r"[0-9]+", text[1:]):
                raise _Bad
        else:
            match = re.match(r"[.,][0-9]+", self.rest)
            if match is None:
                return
            text = self._take(match.end())
        self.nanosecond = int(text[1:10].ljust(9, "0"))

    def _read_half(self, element: str) -> None:
        text = self._take(2)
        self.pm, self.am = text == element, text == ("AM" if element == "PM" else "am")
        if not self.pm and not self.am:
            raise _Bad

    def _read_offset(self, element: str) -> None:
        if element[0] == "Z" and self.rest[:1] == "Z":
            self.rest, self.utc = self.rest[1:], True
            return
        text = self._take(len(element))
        parts = [text[1:3]]
        body = text[3:]
        for _ in range({3: 0, 5: 1, 7: 2}[len(element.replace(":", ""))]):
            if ":" in element:
                if body[:1] != ":":
                    raise _Bad
                body = body[1:]
            parts.append(body[:2])
            body = body[2:]
        if not all(re.fullmatch("[0-9][0-9]", part) for part in parts):
            raise _Bad
        hours, minutes, seconds = [int(part) for part in [*parts, "0", "0"][:3]]
        for value, most, name in ((hours, 24, "hour"), (minutes, 60, "minute"), (seconds, 60, "second")):
            if value > most:
                raise _OutOfRange(f"time zone offset {name}")
        if text[0] not in "+-":
            raise _Bad
        self.offset = (hours * 3600 + minutes * 60 + seconds) * (-1 if text[0] == "-" else 1)

    def _read_zone(self) -> None:
        if self.rest.startswith("UTC"):
            self.rest, self.utc = self.rest[3:], True
            return
        self.zone = self._take(_zone_length(self.rest))

    def _moment(self) -> Instant:
        if self.pm and self.hour < 12:
            self.hour += 12
        elif self.am and self.hour == 12:
            self.hour = 0
        self._settle_date()
        if self.day < 1 or self.day > days_in(self.month, self.year):
            self._fail("", "", ": day out of range")
        date, clock = (self.year, self.month, self.day), (self.hour, self.minute, self.second)
        if self.utc:
            return from_wall(date, clock, self.nanosecond, UTC_LOCATION)
        if self.offset is None and not self.zone:
            return from_wall(date, clock, self.nanosecond, self.location)
        moment = from_wall(date, clock, self.nanosecond, UTC_LOCATION)
        if self.offset is not None and self.offset != -1:
            moment = moment.add(-self.offset * 10**9)
            name, offset = self.location.lookup(moment.unix)
            if offset == self.offset and self.zone in ("", name):
                return moment.within(self.location)
            return moment.within(Location(self.zone, self.offset))
        known = self.location.offset_of_name(self.zone, moment.unix)
        if known is not None:
            return moment.add(-known * 10**9).within(self.location)
        hours = int(self.zone[3:]) if self.zone.startswith("GMT") and len(self.zone) > 3 else 0
        return moment.within(Location(self.zone, hours * 3600))

    def _settle_date(self) -> None:
        if self.yearday < 0:
            self.month, self.day = max(self.month, 1) if self.month < 0 else self.month, 1 if self.day < 0 else self.day
            return
        if not 1 <= self.yearday <= 365 + is_leap(self.year):
            self._fail("", "", ": day-of-year out of range")
        month = 1
        while days_before(self.year, month + 1, 1) - days_before(self.year, 1, 1) < self.yearday:
            month += 1
        day = self.yearday - (days_before(self.year, month, 1) - days_before(self.year, 1, 1))
        if self.month >= 0 and self.month != month:
            self._fail("", "", ": day-of-year does not match month")
        if self.day >= 0 and self.day != day:
            self._fail("", "", ": day-of-year does not match day")
        self.month, self.day = month, day


def _zone_length(text: str) -> int:
    """Length of the zone abbreviation at the start of a text; raise when there is none."""
    if text.startswith(("ChST", "MeST")):
        return 4
    signed = r"[-+](?:[01]?[0-9]|2[0-3])(?![0-9])"
    if text.startswith("GMT"):
        match = re.match(signed, text[3:])
        return 3 + match.end() if match else 3
    if len(text) >= 3 and text[0] in "+-":
        match = re.match(signed, text)
        if match is None:
            raise _Bad
        return match.end()
    upper = len(text[:6]) - len(text[:6].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if (upper == 5 and text[4] == "T") or (upper == 4 and (text[3] == "T" or text.startswith("WITA"))) or upper == 3:
        return upper
    raise _Bad
