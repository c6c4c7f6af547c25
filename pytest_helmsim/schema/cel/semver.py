"""Semantic versions in CEL: `semver('1.2.3').isGreaterThan(semver('1.2'  , true))`.

Source: k8s.io/apiserver pkg/cel/library/semverlib.go; strict as github.com/blang/semver, lenient when told to normalize.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.types import Type

_STRICT = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)


@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version; its build is no part of any comparison."""

    major: int
    minor: int
    patch: int
    before: tuple[str, ...] = ()

    @property
    def cel_type(self) -> Type:
        """The type it has in expressions."""
        return types.SEMVER

    def compare(self, other: Version) -> int:
        """Below 0, 0 or above 0."""
        mine, theirs = ((each.major, each.minor, each.patch) for each in (self, other))
        if mine != theirs:
            return 1 if mine > theirs else -1
        if not self.before or not other.before:
            return bool(other.before) - bool(self.before)
        for one, two in zip(self.before, other.before, strict=False):
            if one != two:
                return 1 if _rank(one) > _rank(two) else -1
        return (len(self.before) > len(other.before)) - (len(self.before) < len(other.before))


def _rank(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def parse(text: str, *, normalize: bool = False) -> Version | None:
    """The version, or None. Normalized: a leading v, missing numbers and leading zeros are put right first."""
    if normalize:
        text = text.removeprefix("v")
        core, mark, rest = re.fullmatch(r"([^-+]*)([-+]?)(.*)", text, re.S).groups()  # type: ignore[union-attr]
        parts = core.split(".")
        if len(parts) < 3 and not mark:
            parts += ["0"] * (3 - len(parts))
        text = ".".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts) + mark + rest
    found = _STRICT.fullmatch(text)
    if found is None:
        return None
    return Version(int(found[1]), int(found[2]), int(found[3]), tuple((found[4] or "").split(".")) if found[4] else ())


def why(text: str) -> str:
    """What the server says of a text that is no version."""
    if not text:
        return "Version string empty"
    core = re.split(r"[-+]", text)[0].split(".", 2)
    if len(core) < 3:
        return "No Major.Minor.Patch elements found"
    for part, name in zip(core, ("major", "minor", "patch"), strict=True):
        if not part.isdigit():
            return f'Invalid character(s) found in {name} number "{part}"'
        if len(part) > 1 and part.startswith("0"):
            return f'{name.capitalize()} number must not contain leading zeroes "{part}"'
    return f'Invalid character(s) found in prerelease "{text.partition("-")[2]}"'
