"""time.Duration: text in (`1h2m3.5s`), text out, rounding; a count of nanoseconds in an int64.

Source: Go src/time/{time,format}.go.
"""

from __future__ import annotations

import re

NANOSECOND = 1
MICROSECOND = 1000
MILLISECOND = 1000 * MICROSECOND
SECOND = 1000 * MILLISECOND
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

MAX_INT64 = 2**63 - 1
MIN_INT64 = -(2**63)

_UNITS = {
    "ns": NANOSECOND, "us": MICROSECOND, "µs": MICROSECOND, "μs": MICROSECOND,
    "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR,
}  # fmt: skip
_PART = re.compile(r"([0-9]*)(\.[0-9]*)?([^0-9.]*)", re.ASCII)


class DurationError(ValueError):
    """Text that is no duration, in Go's words."""


def quote_ascii(text: str) -> str:
    """The quoting of package time: `"` and `\\` escaped, control characters and every byte beyond ASCII as `\\xNN`."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif " " <= char < "\x80":
            out.append(char)
        else:
            out.extend(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    return '"' + "".join(out) + '"'


def parse(text: str) -> int:
    """Nanoseconds; `0` needs no unit. Raise DurationError with Go's message."""
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    invalid = DurationError(f"time: invalid duration {quote_ascii(text)}")
    if not rest:
        raise invalid
    total = 0
    while rest:
        match = _PART.match(rest)
        assert match is not None
        whole, fraction, unit = match[1], (match[2] or "")[1:], match[3]
        if not whole and not fraction:
            raise invalid
        if len(whole) > 19 and int(whole) > 2**63:
            raise invalid
        if not unit:
            raise DurationError(f"time: missing unit in duration {quote_ascii(text)}")
        if unit not in _UNITS:
            raise DurationError(f"time: unknown unit {quote_ascii(unit)} in duration {quote_ascii(text)}")
        scale = _UNITS[unit]
        value = int(whole or "0")
        if value > 2**63 // scale:
            raise invalid
        value *= scale
        if fraction:
            digits = fraction if len(fraction) <= 18 else _leading_fraction(fraction)
            value += int(float(int(digits)) * (float(scale) / 10.0 ** len(digits)))
        total += value
        if value > 2**63 or total > 2**63:
            raise invalid
        rest = rest[match.end() :]
    if text[0] == "-":
        return -total
    if total > MAX_INT64:
        raise invalid
    return total


def _leading_fraction(digits: str) -> str:
    number, used = 0, 0
    for char in digits:
        if number > MAX_INT64 // 10:
            break
        number = number * 10 + int(char)
        used += 1
    return digits[:used]


def format(nanoseconds: int) -> str:
    """`72h3m0.5s`; below a second the unit is ns, µs or ms; zero is `0s`."""
    if nanoseconds == 0:
        return "0s"
    sign, size = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if size < MICROSECOND:
        return f"{sign}{size}ns"
    if size < MILLISECOND:
        return f"{sign}{_with_fraction(size, 3)}µs"
    if size < SECOND:
        return f"{sign}{_with_fraction(size, 6)}ms"
    minutes, rest = divmod(size, MINUTE)
    seconds = _with_fraction(rest, 9) + "s"
    if not minutes:
        return sign + seconds
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}h{minutes}m{seconds}" if hours else f"{sign}{minutes}m{seconds}"


def _with_fraction(value: int, digits: int) -> str:
    whole, fraction = divmod(value, 10**digits)
    tail = f"{fraction:0{digits}d}".rstrip("0")
    return f"{whole}.{tail}" if tail else str(whole)


def truncate(duration: int, multiple: int) -> int:
    """Towards zero; a multiple of zero or less changes nothing."""
    return duration if multiple <= 0 else duration - _remainder(duration, multiple)


def round_to(duration: int, multiple: int) -> int:
    """To the nearest multiple, halves away from zero; overflow gives the largest or smallest duration."""
    if multiple <= 0:
        return duration
    rest = _remainder(duration, multiple)
    if duration < 0:
        rest = -rest
        result = duration + rest if rest + rest < multiple else duration - multiple + rest
        return result if result >= MIN_INT64 else MIN_INT64
    result = duration - rest if rest + rest < multiple else duration + multiple - rest
    return result if result <= MAX_INT64 else MAX_INT64


def _remainder(value: int, divisor: int) -> int:
    rest = abs(value) % divisor
    return -rest if value < 0 else rest
