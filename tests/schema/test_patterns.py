"""Bad patterns in the words of Go's regexp (Go 1.26, `regexp.Compile`)."""

from __future__ import annotations

import pytest

from pytest_helmsim.schema.cel.patterns import pattern_error


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a+", ""),
        ("a(b", "missing closing ): `a(b`"),
        ("[a", "missing closing ]: `[a`"),
        ("(?P<n", "invalid named capture: `(?P<n`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("*", "missing argument to repetition operator: `*`"),
    ],
)
def test_bad_patterns(pattern: str, why: str) -> None:
    assert pattern_error(pattern) == (f"error parsing regexp: {why}" if why else "")
