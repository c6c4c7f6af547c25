"""Widths of Helm's tables where characters are not one place wide; the lines are the real helm's."""

from __future__ import annotations

import pytest

from pytest_helmsim.cli.tables import columns, table


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("plain", 5), ("\t* tab", 5), ("日本語", 6), ("Größe", 5), ("e\u0301", 1), ("🚀", 2), ("\u200b", 0), ("ab\x7f", 2)],
)
def test_columns(text: str, expected: int) -> None:
    assert columns(text) == expected


def test_history() -> None:
    rows = [
        ("1", "日本語 wide"),
        ("2", "first line that is long enough:\n\t* tab t\n\n"),
        ("3", "e\u0301 accent 🚀 rocket\n\tanother line here ok"),
        ("4", "a much longer line of words in one row than others are\nx\n\ty\n日本日本日本"),
    ]
    assert [line.rstrip(" ") for line in table(("REVISION", "DESCRIPTION"), rows).splitlines()] == [
        "REVISION\tDESCRIPTION",
        "1       \t日本語 wide",
        "2       \tfirst line that is long enough:",
        "        \t\t* tab t",
        "        \t",
        "        \t",
        "3       \te\u0301 accent 🚀 rocket",
        "        \t\tanother line here ok",
        "4       \ta much longer line of words in one row than others ...",
    ]


def test_a_long_text_of_several_lines_is_cut_by_its_width() -> None:
    text = "one error occurred:\n\t* timed out waiting for the condition"
    assert [line.rstrip(" ") for line in table((), [(text,)]).splitlines()] == ["one error occurred:", "\t* timed out wai..."]
