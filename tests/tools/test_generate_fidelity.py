"""The fidelity page: counts that have grown leave it true, anything else makes it out of date."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import generate_fidelity

ROUNDED = [(0, "none"), (7, "7+"), (58, "50+"), (128, "120+"), (2741, "2,700+"), (12999, "12,000+")]
DIFFERENCES = [
    # the page, what it would be now, what is said of it
    ("| Pod | 2,700+ |", "| Pod | 2,700+ |", []),
    ("| Pod | 2,700+ |", "| Pod | 3,100+ |", []),
    ("| Pod | none |", "| Pod | 5+ |", []),
    ("| Pod | 2,700+ |", "| Pod | 2,600+ |", ["count: | Pod | 2,700+ |"]),
    ("| Pod | 2,700+ |", "| Pod | 28,000+ |", ["count: | Pod | 2,700+ |"]),
    ("| Pod | exact |", "| Pod | approximate |", ["new: | Pod | approximate |", "gone: | Pod | exact |"]),
    ("\n\na", "\na", ["gone: "]),
]


@pytest.mark.parametrize(("number", "text"), ROUNDED)
def test_counts_are_rounded_down(number: int, text: str) -> None:
    assert generate_fidelity.rounded(number) == text


@pytest.mark.parametrize(("page", "now", "said"), DIFFERENCES)
def test_what_makes_the_page_out_of_date(page: str, now: str, said: list[str]) -> None:
    assert list(generate_fidelity.differences(page, now)) == said
