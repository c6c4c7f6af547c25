"""What Go's regexp says of a pattern that re2 cannot read.

Source: regexp/syntax of Go.
"""

from __future__ import annotations

_GO_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
    "invalid repetition size": "invalid repeat count",
}


def complaint(error: Exception, pattern: str) -> str:
    """Go's message for what re2 said of the pattern."""
    reason = error.args[0] if error.args else ""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    code, _, argument = text.partition(": ")
    if code.startswith("pattern too large"):
        return f"error parsing regexp: expression too large: `{pattern}`"
    if code == "missing )" or (code == "missing ]" and not argument):
        argument = pattern
    if code in ("invalid escape sequence", "trailing \\") and text.endswith("\\"):
        code, argument = "trailing \\", ""
    return f"error parsing regexp: {_GO_WORDS.get(code, code)}: `{argument}`"
