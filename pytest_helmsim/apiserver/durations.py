"""Spans of time as kubectl writes them: `45s`, `5m12s`, `3h`, `2d4h`.

Source: k8s.io/apimachinery pkg/util/duration/duration.go.
"""

from __future__ import annotations

from datetime import datetime


def since(text: str | None, now: float) -> str:
    """From a timestamp of the API until now; `<unknown>` without one."""
    return human(now - datetime.fromisoformat(text).timestamp()) if text else "<unknown>"


def human(span: float) -> str:
    """Two units at most, the finer one only while it matters."""
    seconds = int(span)
    if seconds < -1:
        return "<invalid>"
    if seconds < 0:
        return "0s"
    if seconds < 120:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 10:
        return _pair(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _pair(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    if days < 2920:
        return _pair(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _pair(large: int, unit: str, small: int, subunit: str) -> str:
    return f"{large}{unit}{small}{subunit}" if small else f"{large}{unit}"
