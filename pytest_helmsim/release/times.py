"""Times as records hold them: RFC 3339 with nanoseconds, trailing zeros dropped, in the machine's zone.

Source: Go time.RFC3339Nano.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pytest_helmsim.objects.clock import Clock

ZERO = "0001-01-01T00:00:00Z"
_FRACTION = re.compile(r"\.(\d+)")


def now(clock: Clock) -> str:
    """The clock's time, to the microsecond."""
    moment = datetime.fromtimestamp(clock.now(), UTC).astimezone()
    zone = moment.strftime("%z")
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + ("Z" if zone in ("+0000", "") else f"{zone[:3]}:{zone[3:]}")


def normal(text: str | None) -> str:
    """As Go writes back what it read: zero times are empty, the fraction has no trailing zeros."""
    if not text or text == ZERO:
        return ""
    match = _FRACTION.search(text)
    if match is None:
        return text
    digits = match.group(1)[:9].rstrip("0")
    return text[: match.start()] + (f".{digits}" if digits else "") + text[match.end() :]


def parse(text: str) -> datetime | None:
    """A moment with zone, cut to microseconds; None for the zero time."""
    if not text:
        return None
    match = _FRACTION.search(text)
    if match is not None:
        text = text[: match.start()] + "." + match.group(1)[:6].ljust(6, "0") + text[match.end() :]
    return datetime.fromisoformat(text)
