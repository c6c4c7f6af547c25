"""Semantic versions and constraints by Masterminds' rules: tolerant parsing, ranges, `^`, `~`, wildcards, `||`.

`Version.parse("v1.2") = 1.2.0`; a constraint without operator is exact when all three numbers stand there, else `~`.
Pre-releases match only a group of constraints of which one names a pre-release.

Source: github.com/Masterminds/semver/v3 version.go, constraints.go (v3.5.0).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import re2

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.template.quoting import quote

MAX_VERSION = 256
MAX_CONSTRAINT = 512
MAX_GROUPS = 32
_MAX_UINT64 = 2**64 - 1

_SUFFIX = r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
_LOOSE = r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?" + _SUFFIX
_WILD = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?" + _SUFFIX
_OPERATORS = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"

_VERSION = re2.compile(f"^{_LOOSE}$")
_ONE = re2.compile(rf"^\s*({_OPERATORS})\s*({_WILD})\s*$")
_RANGE = re2.compile(rf"\s*({_WILD})\s+-\s+({_WILD})\s*")
_FIND = re2.compile(rf"({_OPERATORS})\s*({_WILD})")
_VALID = re2.compile(rf"^(\s*({_OPERATORS})\s*({_WILD})\s*)((?:\s+|,\s*)({_OPERATORS})\s*({_WILD})\s*)*$")


class VersionError(HelmsimError):
    """Text that is no version or no constraint, in the library's words."""


@dataclass(frozen=True, slots=True)
class Version:
    """A parsed version; `original` is the text as it was written."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    metadata: str = ""
    original: str = ""

    @classmethod
    def parse(cls, text: str) -> Version:
        """`1`, `v1.2` and `1.2.3-rc.1+meta` are versions; leading zeros are no error in the three numbers."""
        if len(text.encode("utf-8", "surrogateescape")) > MAX_VERSION:
            raise VersionError(f"version string is too long (max {MAX_VERSION} bytes)")
        match = _VERSION.search(_scalar(text))
        if match is None:
            raise VersionError("invalid semantic version")
        major, minor, patch = _segment(match[1]), _segment((match[2] or ".0")[1:]), _segment((match[3] or ".0")[1:])
        prerelease, metadata = match[5] or "", match[8] or ""
        if any(len(part) > 1 and part.isdigit() and part[0] == "0" for part in prerelease.split(".")):
            raise VersionError("version segment starts with 0")
        return cls(major, minor, patch, prerelease, metadata, text)

    def __str__(self) -> str:
        """The full form, whatever the original left out."""
        text = f"{self.major}.{self.minor}.{self.patch}"
        text += f"-{self.prerelease}" if self.prerelease else ""
        return text + (f"+{self.metadata}" if self.metadata else "")

    def compare(self, other: Version) -> int:
        """-1, 0 or 1; build metadata does not count, a pre-release is less than its release."""
        mine, theirs = (self.major, self.minor, self.patch), (other.major, other.minor, other.patch)
        if mine != theirs:
            return 1 if mine > theirs else -1
        if not self.prerelease or not other.prerelease:
            return bool(other.prerelease) - bool(self.prerelease)
        return compare_prereleases(self.prerelease, other.prerelease)


def _segment(digits: str) -> int:
    number = int(digits)
    if number > _MAX_UINT64:
        raise VersionError(f'error parsing version segment: strconv.ParseUint: parsing "{digits}": value out of range')
    return number


def _scalar(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def compare_prereleases(mine: str, theirs: str) -> int:
    """Part by part: numbers by value and below words, words by bytes, fewer parts below more."""
    left, right = mine.split("."), theirs.split(".")
    for index in range(max(len(left), len(right))):
        a = left[index] if index < len(left) else ""
        b = right[index] if index < len(right) else ""
        if a == b:
            continue
        if not a or not b:
            return 1 if a else -1
        a_number, b_number = _is_uint64(a), _is_uint64(b)
        if a_number and b_number:
            return 1 if int(a) > int(b) else -1
        if a_number != b_number:
            return -1 if a_number else 1
        return 1 if a > b else -1
    return 0


def _is_uint64(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= _MAX_UINT64


@dataclass(frozen=True, slots=True)
class _Term:
    operator: str
    bound: Version
    minor_open: bool
    patch_open: bool
    dirty: bool


@dataclass(frozen=True, slots=True)
class Constraint:
    """Groups of terms: one group must hold, in it every term."""

    groups: tuple[tuple[_Term, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """Terms are parted by blanks or commas, groups by `||`; `a - b` means `>= a, <= b`."""
        return _parse_constraint(text)

    def check(self, version: Version) -> bool:
        """True when the version satisfies the constraint."""
        for group in self.groups:
            with_prereleases = any(term.bound.prerelease for term in group)
            if version.prerelease and not with_prereleases:
                continue
            if all(_CHECKS[term.operator](version, term) for term in group):
                return True
        return False


@functools.lru_cache(maxsize=512)
def _parse_constraint(text: str) -> Constraint:
    if len(text.encode("utf-8", "surrogateescape")) > MAX_CONSTRAINT:
        raise VersionError(f"constraint string is too long (max {MAX_CONSTRAINT} bytes)")
    parts = _rewrite_ranges(_scalar(text)).split("||")
    if len(parts) > MAX_GROUPS:
        raise VersionError(f"too many constraint groups (max {MAX_GROUPS})")
    groups = []
    for part in parts:
        if _VALID.search(part) is None:
            raise VersionError(f"improper constraint: {quote(part)}")
        groups.append(tuple(_parse_term(match.group()) for match in _FIND.finditer(part)))
    return Constraint(tuple(groups))


def _rewrite_ranges(text: str) -> str:
    for match in list(_RANGE.finditer(text)):
        text = text.replace(match.group(), f">= {match[1]}, <= {match[11]} ", 1)
    return text


def _parse_term(text: str) -> _Term:
    match = _ONE.search(text)
    if match is None:
        raise VersionError(f"improper constraint: {quote(text)}")
    major, minor, patch, prerelease = match[3] or "", match[4] or "", match[5] or "", match[6] or ""
    minor_open = patch_open = dirty = False
    bound = match[2]
    if major in ("x", "X", "*", ""):
        bound, dirty = f"0.0.0{prerelease}", True
    elif minor[1:] in ("x", "X", "*", ""):
        bound, dirty, minor_open = f"{major}.0.0{prerelease}", True, True
    elif patch[1:] in ("x", "X", "*", ""):
        bound, dirty, patch_open = f"{major}{minor}.0{prerelease}", True, True
    try:
        version = Version.parse(bound)
    except VersionError:
        raise VersionError("constraint parser error") from None
    return _Term(match[1], version, minor_open, patch_open, dirty)


def _not_equal(v: Version, term: _Term) -> bool:
    bound = term.bound
    if term.dirty:
        if bound.major != v.major:
            return True
        if bound.minor != v.minor and not term.minor_open:
            return True
        if term.minor_open:
            return False
        if bound.patch != v.patch and not term.patch_open:
            return True
        if term.patch_open:
            return compare_prereleases(v.prerelease, bound.prerelease) != 0
    return v.compare(bound) != 0


def _greater(v: Version, term: _Term) -> bool:
    if not term.dirty:
        return v.compare(term.bound) > 0
    if v.major != term.bound.major:
        return v.major > term.bound.major
    if term.minor_open:
        return False
    if term.patch_open:
        return v.minor > term.bound.minor
    return v.compare(term.bound) > 0


def _less_or_equal(v: Version, term: _Term) -> bool:
    if not term.dirty:
        return v.compare(term.bound) <= 0
    if v.major > term.bound.major:
        return False
    return not (v.major == term.bound.major and v.minor > term.bound.minor and not term.minor_open)


def _tilde(v: Version, term: _Term) -> bool:
    bound = term.bound
    if v.compare(bound) < 0:
        return False
    if (bound.major, bound.minor, bound.patch) == (0, 0, 0) and not term.minor_open and not term.patch_open:
        return True
    return v.major == bound.major and (v.minor == bound.minor or term.minor_open)


def _tilde_or_equal(v: Version, term: _Term) -> bool:
    return _tilde(v, term) if term.dirty else v.compare(term.bound) == 0


def _caret(v: Version, term: _Term) -> bool:
    bound = term.bound
    if v.compare(bound) < 0 or v.major != bound.major:
        return False
    if bound.major > 0 or term.minor_open:
        return True
    if bound.minor > 0 or term.patch_open:
        return v.minor == bound.minor
    return v.minor == 0 and v.patch == bound.patch


_CHECKS: dict[str, Callable[[Version, _Term], bool]] = {
    "": _tilde_or_equal,
    "=": _tilde_or_equal,
    "!=": _not_equal,
    ">": _greater,
    "<": lambda v, term: v.compare(term.bound) < 0,
    ">=": lambda v, term: v.compare(term.bound) >= 0,
    "=>": lambda v, term: v.compare(term.bound) >= 0,
    "<=": _less_or_equal,
    "=<": _less_or_equal,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
