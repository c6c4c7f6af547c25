"""Time-outs of options as seconds: numbers, timedeltas, and Go's words (`5m`, `1h30m`, `2.5s`, `300ms`)."""

from __future__ import annotations

from datetime import timedelta

from pytest_helmsim.objects import durations
from pytest_helmsim.release.errors import InvalidOption


def seconds(value: str | float | timedelta) -> float:
    """Numbers are seconds, texts Go's (`0` needs no unit); raise `InvalidOption` in Go's words for others."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, str):
        return float(value)
    try:
        return durations.parse(value) / durations.SECOND
    except durations.DurationError as error:
        raise InvalidOption(str(error)) from error
