"""The template language against Go's text/template: every row of `rows.py` with the answer that Go gave."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.template.errors import TemplateError, Unplaced

sys.path.insert(0, str(Path(__file__).parent))
import rows
import support

RECORDED: list[list[Any]] = json.loads((Path(__file__).parent.parent / "recorded/template/language.json").read_text(encoding="utf-8"))


def _given(row: rows.Row, **options: Any) -> tuple[str | None, str | None]:
    environment = support.environment(row.missing, **options)
    try:
        for name, text in row.files:
            environment.add(name, text)
        return environment.execute(row.run, support.decode(rows.DATA)), None
    except TemplateError as error:
        return None, str(error)


def test_every_row_is_recorded() -> None:
    assert [[row.missing, row.files] for row in rows.ROWS] == [answer[:2] for answer in RECORDED]


@pytest.mark.parametrize("index", range(len(rows.ROWS)))
def test_row(index: int) -> None:
    assert list(_given(rows.ROWS[index])) == RECORDED[index][2:]


def test_interpreted_rows_print_the_same_or_fail_where_go_fails() -> None:
    for row, (_, _, printed, _) in zip(rows.ROWS, RECORDED, strict=True):
        try:
            given, _ = _given(row, interprets=True)
        except Unplaced:
            given = None
        assert given == printed, row
