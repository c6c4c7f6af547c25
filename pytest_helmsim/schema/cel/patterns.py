"""Regular expressions as Go reads them, and what it says of one that it cannot read.

Source: regexp/syntax of Go.
"""

from __future__ import annotations

_GO_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
}


def pattern_error(pattern: str) -> str:
    """What Go's regexp says of a pattern, empty for a good one."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        told = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        what, _, where = told.partition(": ")
        return f"error parsing regexp: {_GO_WORDS.get(what, what)}: `{where}`"
    return ""
