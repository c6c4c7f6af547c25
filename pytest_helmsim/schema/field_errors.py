"""What is wrong with one field, in the server's words: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.

Source: k8s.io/apimachinery pkg/util/validation/field/errors.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.json import Json, JsonObject, dumps
from pytest_helmsim.objects.status import Cause
from pytest_helmsim.schema import gosyntax, wording
from pytest_helmsim.schema.gosyntax import GoText

_TITLES = {
    "FieldValueNotFound": "Not found",
    "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "FieldValueTooFew": "Too few",
    "FieldValueTooShort": "Too short",
    "FieldValueTypeInvalid": "Invalid value",
    "InternalError": "Internal error",
}
_WITHOUT_VALUE = frozenset({"FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong", "FieldValueTooShort", "InternalError"})


class _Omitted:
    """Stands for a value that a message leaves out."""


OMITTED = _Omitted()
IMMUTABLE = "field is immutable"
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"'}


def quoted(text: str) -> str:
    """As Go's %q: printable letters as they are, the rest escaped."""
    return '"' + "".join(_quoted_letter(letter) for letter in text) + '"'


def _quoted_letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    number = ord(letter)
    if number < 0x80:
        return f"\\x{number:02x}"
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One complaint: its type (the `reason` of a cause), the field's path, the value as given, and what is wrong."""

    type: str
    field: str
    value: Json = None
    detail: str = ""

    @property
    def body(self) -> str:
        """The message without the path: strings quoted, objects as compact JSON."""
        text = _TITLES[self.type]
        if self.type not in _WITHOUT_VALUE and self.value is not OMITTED:
            value = self.value
            if isinstance(value, GoText):
                shown = str(value)
            elif isinstance(value, str):
                shown = quoted(value)
            elif isinstance(value, float):
                shown = gojson.format_float(value)
            else:
                shown = dumps(value).decode().translate(_HTML)
            text += f": {shown}"
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"

    def cause(self) -> Cause:
        """The entry of a Status's `details.causes`."""
        return Cause(self.type, self.body, self.field)


class Errors(list[FieldError]):
    """Complaints in the order found, with a word for each type; `minor` is the Kubernetes minor version that judges.

    `asked` is the API version that the request named, where a kind has rules by it.

    `pod_before` is the stored spec of pods that a change starts from: some values may stay that could not be set anew.
    """

    def __init__(self, minor: int = 36, pod_before: JsonObject | None = None, asked: str = "") -> None:
        super().__init__()
        self.minor = minor
        self.pod_before = pod_before or {}
        self.asked = asked

    def append(self, error: FieldError) -> None:
        """In the words and the syntax of the version."""
        if self.minor < wording.LAST:
            detail = wording.said(error.field, error.detail, self.minor)
            value = error.value if self.minor >= gosyntax.JSON_SINCE else gosyntax.shown(error.field, error.value, detail)
            error = FieldError(error.type, error.field, value, detail)
        super().append(error)

    def required(self, path: str, detail: str = "") -> None:
        self.append(FieldError("FieldValueRequired", path, "", detail))

    def invalid(self, path: str, value: Json, detail: str) -> None:
        self.append(FieldError("FieldValueInvalid", path, value, detail))

    def forbidden(self, path: str, detail: str) -> None:
        self.append(FieldError("FieldValueForbidden", path, "", detail))

    def duplicate(self, path: str, value: Json) -> None:
        self.append(FieldError("FieldValueDuplicate", path, value))

    def not_found(self, path: str, value: Json, detail: str = "") -> None:
        self.append(FieldError("FieldValueNotFound", path, value, detail))

    def unsupported(self, path: str, value: Json, supported: Iterable[str]) -> None:
        """The supported values are listed in the given order."""
        listed = ", ".join(quoted(item) for item in supported)
        self.append(FieldError("FieldValueNotSupported", path, value, f"supported values: {listed}" if listed else ""))

    def too_long(self, path: str, limit: int, unit: str = "bytes") -> None:
        self.append(FieldError("FieldValueTooLong", path, "<value omitted>", f"may not be more than {limit} {unit}"))

    def too_many(self, path: str, actual: int, limit: int) -> None:
        self.append(FieldError("FieldValueTooMany", path, actual, f"must have at most {limit} item{'' if limit == 1 else 's'}"))

    def all_invalid(self, path: str, value: Json, complaints: Iterable[str]) -> None:
        """One error for each complaint about a value."""
        for complaint in complaints:
            self.invalid(path, value, complaint)

    def not_negative(self, path: str, value: int | None) -> None:
        """Missing counts as zero."""
        if value is not None and value < 0:
            self.invalid(path, value, "must be greater than or equal to 0")

    def immutable(self, path: str, new: Json, old: Json) -> None:
        """Empty and missing are the same."""
        if (new or None) != (old or None):
            self.invalid(path, new, IMMUTABLE)

    def immutable_value(self, path: str, new: Json, old: Json) -> None:
        """As `immutable` for numbers and the like: nothing and zero are not the same."""
        if new != old:
            self.invalid(path, new, IMMUTABLE)
