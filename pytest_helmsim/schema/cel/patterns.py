"""Whether Go can read a regular expression; re2 is loaded when the first one is asked about."""

from __future__ import annotations

from pytest_helmsim.objects import gopatterns


def pattern_error(pattern: str) -> str:
    """What Go's regexp says of a pattern, empty for a good one."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        return gopatterns.complaint(error, pattern)
    return ""
