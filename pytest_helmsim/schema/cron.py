"""What is wrong with a cron schedule, in the words of the parser that the server uses.

Source: github.com/robfig/cron/v3 parser.go (ParseStandard).
"""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_UNITS = ("ns", "us", "µs", "μs", "ms", "s", "m", "h")


class _Wrong(Exception):
    """The parser's message."""


def schedule_error(schedule: str) -> str | None:
    """The message for a schedule that cannot be read, None for a good one."""
    text = schedule
    if text.startswith(("TZ=", "CRON_TZ=")):
        zone, _, text = text.partition(" ")
        if not text:
            return f"provided bad location {zone.partition('=')[2]}: unknown time zone {zone.partition('=')[2]}"
        text = text.strip()
    if not text:
        return "empty spec string"
    try:
        _parse(text)
    except _Wrong as error:
        return str(error)
    return None


def _parse(text: str) -> None:
    if text.startswith("@"):
        if text in _DESCRIPTORS:
            return
        if text.startswith("@every "):
            _duration(text)
            return
        raise _Wrong(f"unrecognized descriptor: {text}")
    fields = text.split()
    if len(fields) != 5:
        raise _Wrong(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    for field, (low, high, names) in zip(fields, _FIELDS, strict=True):
        for part in filter(None, field.split(",")):
            _range(part, low, high, names)


def _duration(text: str) -> None:
    whole = text[7:]
    rest = whole.lstrip("+-") if whole[:1] in "+-" else whole
    if rest == "0":
        return
    why = "" if rest else "invalid duration"
    while rest and not why:
        match = re.match(r"(\d+\.?\d*|\.\d+)([^\d.]*)", rest)
        if match is None:
            why = "invalid duration"
        elif not match[2]:
            why = "missing unit in duration"
        elif match[2] not in _UNITS:
            why = f'unknown unit "{match[2]}" in duration'
        else:
            rest = rest[match.end() :]
    if why:
        raise _Wrong(f'failed to parse duration {text}: time: {why} "{whole}"')


def _range(part: str, low: int, high: int, names: dict[str, int]) -> None:
    start_and_step = part.split("/")
    edges = start_and_step[0].split("-")
    single = len(edges) == 1
    if edges[0] in ("*", "?"):
        start, end = low, high
    else:
        start = _number(edges[0], names)
        if single:
            end = start
        elif len(edges) == 2:
            end = _number(edges[1], names)
        else:
            raise _Wrong(f"too many hyphens: {part}")
    step = 1
    if len(start_and_step) == 2:
        step = _number(start_and_step[1], {})
        if single:
            end = high
    elif len(start_and_step) > 2:
        raise _Wrong(f"too many slashes: {part}")
    if start < low:
        raise _Wrong(f"beginning of range ({start}) below minimum ({low}): {part}")
    if end > high:
        raise _Wrong(f"end of range ({end}) above maximum ({high}): {part}")
    if start > end:
        raise _Wrong(f"beginning of range ({start}) beyond end of range ({end}): {part}")
    if step == 0:
        raise _Wrong(f"step of range should be a positive number: {part}")


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not re.fullmatch(r"[-+]?[0-9]+", text, re.ASCII):
        raise _Wrong(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if number < 0:
        raise _Wrong(f"negative number ({number}) not allowed: {text}")
    return number
