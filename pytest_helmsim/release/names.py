"""Which names a release may have.

Source: helm.sh/helm/v4 pkg/chart/v2/util/validate_name.go.
"""

from __future__ import annotations

import re

from pytest_helmsim.release.errors import InvalidReleaseName

PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
MAX_LENGTH = 53
_NAME = re.compile(PATTERN.replace("$", r"\Z"))


def problem(name: str) -> str:
    """Why it is no release name; the empty string when it is one."""
    if not name:
        return "no name provided"
    if len(name.encode()) > MAX_LENGTH or not _NAME.match(name):
        return f"invalid release name, must match regex {PATTERN} and the length must not be longer than {MAX_LENGTH}"
    return ""


def check(name: str, words: str) -> None:
    """Raise `InvalidReleaseName` with an operation's own words before the name."""
    if problem(name):
        raise InvalidReleaseName(f"{words}: {name}")
