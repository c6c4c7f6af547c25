"""Dates where the machine is not in UTC; the answers are Helm's with TZ=Europe/Berlin, gaps and overlaps of summer time included."""

from __future__ import annotations

import pytest

from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.functions import FUNCTIONS

ROWS = [
    ('toDate "2006-01-02 15:04" "2020-07-04 12:00"', "2020-07-04 12:00:00 +0200 CEST"),
    ('toDate "2006-01-02 15:04" "2020-03-29 02:30"', "2020-03-29 03:30:00 +0200 CEST"),
    ('toDate "2006-01-02 15:04" "2020-10-25 02:30"', "2020-10-25 02:30:00 +0100 CET"),
    ('toDate "2006-01-02 15:04 MST" "2020-07-04 12:00 CEST"', "2020-07-04 12:00:00 +0200 CEST"),
    ('toDate "2006-01-02T15:04:05Z07:00" "2020-07-04T12:00:00+02:00"', "2020-07-04 12:00:00 +0200 CEST"),
    ('toDate "2006-01-02T15:04:05Z07:00" "2020-07-04T12:00:00+03:00"', "2020-07-04 12:00:00 +0300 +0300"),
    ('date "2006-01-02 15:04 MST" (int64 1600000000)', "2020-09-13 14:26 CEST"),
    ("htmlDate (int64 1600041600)", "2020-09-14"),
    ("(now).Local.Location", "Europe/Berlin"),
]


@pytest.mark.parametrize(("call", "expected"), ROWS, ids=[call for call, _ in ROWS])
def test_local_zone(call: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    environment = Environment(FUNCTIONS)
    environment.add("t", f"{{{{ {call} }}}}")
    assert environment.execute("t", {}) == expected
