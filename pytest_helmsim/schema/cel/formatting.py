"""`'%d of %s'.format([...])`: clauses of a text, what each takes, and what it writes.

Source: github.com/google/cel-go ext/formatting.go.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from pytest_helmsim.schema.cel.operators import convert, written_double
from pytest_helmsim.schema.cel.types import Type
from pytest_helmsim.schema.cel.values import CelError, Duration, Thing, Timestamp, Uint, type_of

_PRECISION = 6
_TAKEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "s": (
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
        ("list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null"),
    ),
    "d": ("decimal clause can only be used on integers", ("int", "uint")),
    "f": ("fixed-point clause can only be used on doubles", ("double", "string")),
    "e": ("scientific clause can only be used on doubles", ("double", "string")),
    "b": ("only integers and bools can be formatted as binary", ("int", "uint", "bool")),
    "x": ("only integers, byte buffers, and strings can be formatted as hex", ("int", "uint", "string", "bytes")),
    "o": ("octal clause can only be used on integers", ("int", "uint")),
}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class FormatError(ValueError):
    """A text whose clauses cannot be read."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A place for a value."""

    letter: str
    precision: int | None = None

    def refuses(self, given: Type) -> str:
        """Why values of a type cannot stand here, empty when they can."""
        why, kinds = _TAKEN[self.letter.lower()]
        return "" if given.is_dyn or given.kind in kinds else f"{why}, was given {given.run_time_name}"


def clauses(text: str) -> list[str | Clause]:
    """The text in pieces; raise `FormatError`."""
    found: list[str | Clause] = []
    at = 0
    while at < len(text):
        if text[at] != "%":
            end = text.find("%", at)
            end = len(text) if end < 0 else end
            found.append(text[at:end])
            at = end
            continue
        if text[at + 1 : at + 2] == "%":
            found.append("%")
            at += 2
            continue
        if at + 1 >= len(text):
            raise FormatError("unexpected end of string")
        clause, at = _clause(text, at + 1)
        found.append(clause)
    return found


def _clause(text: str, at: int) -> tuple[Clause, int]:
    head, precision = "could not parse formatting clause: ", None
    if text[at] == ".":
        end = at + 1
        while end < len(text) and text[end] in "0123456789":
            end += 1
        if end >= len(text):
            raise FormatError(f"{head}error while parsing precision: could not find end of precision specifier")
        if end == at + 1:
            why = 'error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax'
            raise FormatError(f"{head}error while parsing precision: {why}")
        precision, at = int(text[at + 1 : end]), end
    letter = text[at]
    if letter not in "sdfebxXo":
        raise FormatError(f'{head}unrecognized formatting clause "{letter}"')
    return Clause(letter, precision), at + 1


def formatted(text: str, values: list[Any]) -> str:
    """The text with its clauses filled in; raise `CelError`."""
    written: list[str] = []
    count = 0
    try:
        pieces = clauses(text)
    except FormatError as error:
        raise CelError(str(error)) from error
    for piece in pieces:
        if isinstance(piece, str):
            written.append(piece)
            continue
        if count >= len(values):
            raise CelError(f"index {count} out of range")
        value = values[count]
        why = piece.refuses(type_of(value))
        if why:
            raise CelError(f"error during formatting: {why}")
        written.append(_written(piece, value))
        count += 1
    return "".join(written)


def _written(clause: Clause, value: Any) -> str:
    match clause.letter:
        case "s":
            return _string(value)
        case "d":
            return str(int(value))
        case "b":
            return f"{int(value):b}"
        case "o":
            return f"{value:o}"
        case "x" | "X":
            raw = value.encode() if isinstance(value, str) else value
            found = raw.hex() if isinstance(raw, bytes) else f"{raw:x}"
            return found.upper() if clause.letter == "X" else found
    precision = _PRECISION if clause.precision is None else clause.precision
    return _double(value, precision, scientific=clause.letter == "e")


def _double(value: Any, precision: int, *, scientific: bool) -> str:
    if isinstance(value, str):
        if value not in ("NaN", "Infinity", "-Infinity"):
            kind = "scientific" if scientific else "fixed-point"
            raise CelError(f"error during formatting: {kind} clause can only be used on doubles, was given string")
        value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if not scientific:
        return f"{value:,.{precision}f}"
    mantissa, _, exponent = f"{value:.{_PRECISION}e}".partition("e")
    shown = f"{int(exponent):03d}" if int(exponent) < 0 else f"{int(exponent):02d}"
    return f"{mantissa}×10{shown.translate(_SUPERSCRIPT)}"


def _string(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_inner(item) for item in value)}]"
    if isinstance(value, (dict, Thing)):
        pairs = value.items() if isinstance(value, dict) else ((key, value.find(key)[1]) for key in value.raw)
        return "{" + ", ".join(sorted(f"{_key(key)}:{_inner(item)}" for key, item in pairs)) + "}"
    if value is None:
        return "null"
    if isinstance(value, Type):
        return value.run_time_name
    return str(convert("string", value))


def _key(key: Any) -> str:
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else _string(key)


def _inner(value: Any) -> str:
    """A value within a list or a map, as expressions would write it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes):
        return f"b{json.dumps(value.decode('utf-8', 'replace'), ensure_ascii=False)}"
    if isinstance(value, float):
        return f"{value:.{_PRECISION}f}" if math.isfinite(value) else f'"{written_double(value)}"'
    if isinstance(value, Timestamp):
        return f'timestamp("{value}")'
    if isinstance(value, Duration):
        return f'duration("{value}")'
    if isinstance(value, (bool, Uint, int, list, dict, Thing, Type)) or value is None:
        return _string(value)
    raise CelError(f"error during formatting: no formatting function for {type_of(value).run_time_name}")
