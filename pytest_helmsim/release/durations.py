"""Go durations as seconds: `5m`, `1h30m`, `2.5s`, `300ms`."""

from __future__ import annotations

import re
from datetime import timedelta

from pytest_helmsim.release.errors import InvalidOption

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


def seconds(value: str | float | timedelta) -> float:
    """Numbers are seconds, texts Go's (`0` needs no unit); raise `InvalidOption` in Go's words for others."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, str):
        return float(value)
    text = value.removeprefix("-").removeprefix("+")
    if text == "0":
        return 0.0
    parts = _PART.findall(text)
    if not text or "".join(number + unit for number, unit in parts) != text:
        if re.fullmatch(r"\d+(\.\d*)?", text):
            raise InvalidOption(f'time: missing unit in duration "{value}"')
        raise InvalidOption(f'time: invalid duration "{value}"')
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return -total if value.startswith("-") else total
