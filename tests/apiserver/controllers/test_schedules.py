"""Cron expressions: when they are due, and texts that are none."""

from __future__ import annotations

from datetime import datetime

import pytest

from pytest_helmsim.apiserver.controllers import schedules

START = datetime.fromisoformat("2026-01-01T00:00:00Z").timestamp()  # a Thursday


@pytest.mark.parametrize(
    ("text", "zone", "due"),
    [
        ("* * * * *", None, "2026-01-01T00:01:00Z"),
        ("*/15 * * * *", None, "2026-01-01T00:15:00Z"),
        ("0 0 * * *", None, "2026-01-02T00:00:00Z"),
        ("30 3 * * mon-fri", None, "2026-01-01T03:30:00Z"),
        ("0 12 * * 0", None, "2026-01-04T12:00:00Z"),
        ("0 0 13 * 5", None, "2026-01-02T00:00:00Z"),
        ("0 0 31 * *", None, "2026-01-31T00:00:00Z"),
        ("0 0 29 2 *", None, "2028-02-29T00:00:00Z"),
        ("5,10-12 1 * jan ?", None, "2026-01-01T01:05:00Z"),
        ("10/20 * * * *", None, "2026-01-01T00:10:00Z"),
        ("@hourly", None, "2026-01-01T01:00:00Z"),
        ("@weekly", None, "2026-01-04T00:00:00Z"),
        ("0 0 * * *", "Europe/Berlin", "2026-01-01T23:00:00Z"),
    ],
)
def test_next(text: str, zone: str | None, due: str) -> None:
    assert schedules.parse(text, zone).after(START) == datetime.fromisoformat(due).timestamp()


def test_never() -> None:
    assert schedules.parse("0 0 30 2 *").after(START) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [("", None), ("* * * *", None), ("60 * * * *", None), ("* * 0 * *", None), ("5-2 * * * *", None),
     ("*/0 * * * *", None), ("a * * * *", None), ("* * * * *", "Mars/Base")],
)  # fmt: skip
def test_no_schedule(text: str, zone: str | None) -> None:
    with pytest.raises(schedules.ScheduleError):
        schedules.parse(text, zone)
