"""`semver` and `semverCompare`: versions as objects with methods, and constraints.

Source: github.com/Masterminds/sprig/v3 semver.go; github.com/Masterminds/semver/v3 version.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pytest_helmsim.objects import gojson
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError
from pytest_helmsim.template.signatures import Function, Table
from pytest_helmsim.template.values import GoObject, UInt64, Value

TABLE = Table()
METHODS = Table()
VALUE_METHODS: dict[str, Function] = {}


class VersionObject(GoObject):
    """`*semver.Version`: numbers and parts by methods, printed in the full form."""

    GO_TYPE = "*semver.Version"
    KIND = "ptr"
    methods: ClassVar[Mapping[str, Function]] = METHODS

    def __init__(self, version: Version) -> None:
        self.version = version

    def go_string(self) -> str:
        """The full form."""
        return str(self.version)

    def go_fields(self) -> list[tuple[str, Value]]:
        """The unexported fields, which deepEqual compares."""
        v = self.version
        return [
            ("major", UInt64(v.major)), ("minor", UInt64(v.minor)), ("patch", UInt64(v.patch)),
            ("pre", v.prerelease), ("metadata", v.metadata), ("original", v.original),
        ]  # fmt: skip

    def marshal_json(self) -> str:
        """As a string."""
        return gojson.quote(str(self.version))


class VersionValue(VersionObject):
    """`semver.Version`, the struct itself: what the increments give."""

    GO_TYPE = "semver.Version"
    KIND = "struct"
    COMPARABLE: ClassVar[bool] = True
    methods: ClassVar[Mapping[str, Function]] = VALUE_METHODS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VersionValue) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)


_POINTER = "*semver.Version"


@TABLE.function("semver", "string", result=_POINTER)
def semver(text: str) -> VersionObject:
    try:
        return VersionObject(Version.parse(text))
    except VersionError as error:
        raise FunctionError(str(error)) from error


@TABLE.function("semverCompare", "string", "string", result="bool")
def semver_compare(constraint: str, version: str) -> bool:
    try:
        return Constraint.parse(constraint).check(Version.parse(version))
    except VersionError as error:
        raise FunctionError(str(error)) from error


@METHODS.function("Major", result="uint64")
def _major(this: VersionObject) -> UInt64:
    return UInt64(this.version.major)


@METHODS.function("Minor", result="uint64")
def _minor(this: VersionObject) -> UInt64:
    return UInt64(this.version.minor)


@METHODS.function("Patch", result="uint64")
def _patch(this: VersionObject) -> UInt64:
    return UInt64(this.version.patch)


@METHODS.function("Prerelease", result="string")
def _prerelease(this: VersionObject) -> str:
    return this.version.prerelease


@METHODS.function("Metadata", result="string")
def _metadata(this: VersionObject) -> str:
    return this.version.metadata


@METHODS.function("Original", result="string")
def _original(this: VersionObject) -> str:
    return this.version.original


@METHODS.function("String", result="string")
def _string(this: VersionObject) -> str:
    return str(this.version)


@METHODS.function("Compare", _POINTER, result="int")
def _compare(this: VersionObject, other: VersionObject) -> int:
    return this.version.compare(other.version)


@METHODS.function("Equal", _POINTER, result="bool")
def _equal(this: VersionObject, other: VersionObject) -> bool:
    return this.version.compare(other.version) == 0


@METHODS.function("LessThan", _POINTER, result="bool")
def _less_than(this: VersionObject, other: VersionObject) -> bool:
    return this.version.compare(other.version) < 0


@METHODS.function("LessThanEqual", _POINTER, result="bool")
def _less_than_equal(this: VersionObject, other: VersionObject) -> bool:
    return this.version.compare(other.version) <= 0


@METHODS.function("GreaterThan", _POINTER, result="bool")
def _greater_than(this: VersionObject, other: VersionObject) -> bool:
    return this.version.compare(other.version) > 0


@METHODS.function("GreaterThanEqual", _POINTER, result="bool")
def _greater_than_equal(this: VersionObject, other: VersionObject) -> bool:
    return this.version.compare(other.version) >= 0


def _changed(this: VersionObject, major: int, minor: int, patch: int, prerelease: str = "", metadata: str = "") -> VersionValue:
    changed = Version(major, minor, patch, prerelease, metadata)
    prefix = "v" if this.version.original.startswith("v") else ""
    return VersionValue(Version(major, minor, patch, prerelease, metadata, prefix + str(changed)))


@METHODS.function("IncMajor", result="semver.Version")
def _next_major(this: VersionObject) -> VersionValue:
    return _changed(this, this.version.major + 1, 0, 0)


@METHODS.function("IncMinor", result="semver.Version")
def _next_minor(this: VersionObject) -> VersionValue:
    return _changed(this, this.version.major, this.version.minor + 1, 0)


@METHODS.function("IncPatch", result="semver.Version")
def _next_patch(this: VersionObject) -> VersionValue:
    v = this.version
    return _changed(this, v.major, v.minor, v.patch + (0 if v.prerelease else 1))


@METHODS.function("SetPrerelease", "string", result="semver.Version")
def _set_prerelease(this: VersionObject, prerelease: str) -> VersionValue:
    v = this.version
    _check(f"-{prerelease}" if prerelease else "", "prerelease")
    return _changed(this, v.major, v.minor, v.patch, prerelease, v.metadata)


@METHODS.function("SetMetadata", "string", result="semver.Version")
def _set_metadata(this: VersionObject, metadata: str) -> VersionValue:
    v = this.version
    _check(f"+{metadata}" if metadata else "", "metadata")
    return _changed(this, v.major, v.minor, v.patch, v.prerelease, metadata)


def _check(suffix: str, what: str) -> None:
    try:
        Version.parse(f"0.0.0{suffix}")
    except VersionError as error:
        raise FunctionError(str(error) if "starts with 0" in str(error) else f"invalid {what} string") from error


_OF_POINTERS = {"Original", "Compare", "Equal", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"}
VALUE_METHODS.update({name: method for name, method in METHODS.items() if name not in _OF_POINTERS})
