"""The little language of `--set` and its kin: `a.b[0].c=1,d={x,y}`.

Grammar: pairs separated by `,`; a path of names separated by `.` with `[index]` steps, `=`, a value or `{list}`; a backslash takes the
next character literally. `parse_into` types values (int64, true, false, null), `parse_string_into` does not, `parse_file_into` reads
files, `parse_json_into` takes JSON after the `=`, `parse_literal_into` takes one path and the rest as it is.
All change `values` in place, as far as they came when they fail; the error is Helm's.

Source: helm.sh/helm pkg/strvals/{parser,literal_parser}.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from pytest_helmsim.chart.errors import ValuesError
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template.values import Int64, go_type

MAX_INDEX: Final = 65536
MAX_NESTING: Final = 30
_INT64: Final = 1 << 63
_INTEGER = re.compile(r"[-+]?[0-9]+")
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}

_RUNES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t"}

Reader = Callable[[str], Any]


class _EndOfText(Exception):
    """The text is used up where Go's reader would say EOF; ends the parsing without an error at the top."""


class _NotAList(Exception):
    """The value does not start with a brace."""


def parse_into(text: str, values: JsonObject) -> None:
    """`--set`."""
    _Parser(text, typed_value).parse(values)


def parse_string_into(text: str, values: JsonObject) -> None:
    """`--set-string`: every value is a string."""
    _Parser(text, str).parse(values)


def parse_file_into(text: str, values: JsonObject, read: Reader) -> None:
    """`--set-file`: every value is the content that `read` gives for its path."""
    _Parser(text, read).parse(values)


def parse_json_into(text: str, values: JsonObject) -> None:
    """`--set-json key=JSON,…`."""
    _Parser(text, None).parse(values)


def parse_literal_into(text: str, values: JsonObject) -> None:
    """`--set-literal`: one path; everything after the first `=` is the value."""
    _LiteralParser(text, str).parse(values)


def typed_value(text: str) -> Any:
    """A value of `--set`: booleans and null in any case, integers of 64 bits without leading zero, else the text."""
    folded = text.lower()
    if folded in _WORDS:
        return _WORDS[folded]
    if text == "0":
        return Int64(0)
    if text and text[0] != "0" and _INTEGER.fullmatch(text) and len(text) < 24 and -_INT64 <= (number := int(text)) < _INT64:
        return Int64(number)
    return text


class _Parser:
    """One option's text. `convert` makes a value of the text after `=`; None means JSON."""

    _escapes = True
    _key_ends = "=[,."

    def __init__(self, text: str, convert: Reader | None) -> None:
        self._text = text
        self._at = 0
        self._convert = convert

    def parse(self, values: JsonObject) -> None:
        try:
            while True:
                self._key(values, 0)
        except _EndOfText:
            return

    def _until(self, ends: str) -> tuple[str, str]:
        """The text up to one of the characters, and that character, empty at the end of the text."""
        text, at = self._text, self._at
        parts: list[str] = []
        while at < len(text):
            character = text[at]
            at += 1
            if character in ends:
                self._at = at
                return "".join(parts), character
            if character == "\\" and self._escapes:
                if at >= len(text):
                    break
                character = text[at]
                at += 1
            parts.append(character)
        self._at = len(text)
        return "".join(parts), ""

    def _key(self, values: JsonObject, nesting: int) -> None:
        name, end = self._until(self._key_ends)
        if not end:
            if not name:
                raise _EndOfText
            raise ValuesError(f"key {_quote(name)} has no value")
        if end == "[":
            self._indexed(values, name, nesting)
        elif end == "=":
            self._assigned(values, name)
        elif end == ",":
            _set(values, name, "")
            raise ValuesError(f"key {_quote(name)} has no value (cannot end with ,)")
        else:
            self._nested(values, name, nesting + 1)

    def _indexed(self, values: JsonObject, name: str, nesting: int) -> None:
        index = self._index()
        items: list[Any] = []
        if name in values:
            items = _expect(values[name], list)
        result = items
        try:
            result = self._item(items, index, nesting)
        except _Partial as partial:
            result = partial.items
            raise partial.error from None
        finally:
            _set(values, name, result)

    def _assigned(self, values: JsonObject, name: str) -> None:
        if self._convert is None:
            if self._skip_empty():
                _set(values, name, None)
                return
            _set(values, name, self._json())
            self._skip_empty()
            return
        try:
            _set(values, name, self._list())
        except _EndOfText:
            _set(values, name, "")
            raise
        except _NotAList:
            text, _ = self._until(",")
            _set(values, name, self._convert(text))

    def _nested(self, values: JsonObject, name: str, nesting: int) -> None:
        if nesting > MAX_NESTING:
            raise ValuesError(f"value name nested level is greater than maximum supported nested level of {MAX_NESTING}")
        inner: JsonObject = _expect(values[name], dict) if name in values else {}
        try:
            self._key(inner, nesting)
        except (ValuesError, _EndOfText):
            if inner:
                _set(values, name, inner)
            raise
        if not inner:
            raise ValuesError(f"key map {_quote(name)} has no value")
        _set(values, name, inner)

    def _index(self) -> int:
        text, end = self._until("]")
        if not end:
            raise _index_error("EOF", at_end=True)
        if not _INTEGER.fullmatch(text):
            raise _index_error(f"strconv.Atoi: parsing {_quote(text)}: invalid syntax")
        if len(text) > 24 or not -_INT64 <= int(text) < _INT64:
            raise _index_error(f"strconv.Atoi: parsing {_quote(text)}: value out of range")
        return int(text)

    def _item(self, items: list[Any], index: int, nesting: int) -> list[Any]:
        """The list with the value that follows at `index`; _Partial carries a list to keep along with the error."""
        try:
            return self._read_item(items, index, nesting)
        except (ValuesError, _EndOfText) as error:
            raise _Partial(items, error) from None

    def _read_item(self, items: list[Any], index: int, nesting: int) -> list[Any]:
        if index < 0:
            raise ValuesError(f"negative {index} index not allowed")
        name, end = self._until("[.=")
        if name:
            shown = " ".join(f"'{_RUNES.get(character, character)}'" for character in name)
            raise ValuesError(f"unexpected data at end of array index: [{shown}]")
        if not end:
            raise _EndOfText
        if end == "=":
            return self._assigned_item(items, index)
        if end == "[":
            following = self._index()
            inner: list[Any] = []
            if len(items) > index and items[index] is not None:
                inner = _expect(items[index], list)
            try:
                return _set_index(items, index, self._item(inner, following, nesting))
            except _Partial as partial:
                raise partial.error from None
        existing: JsonObject = {}
        if len(items) > index:
            if not isinstance(items[index], dict):
                items[index] = {}
            existing = items[index]
        self._key(existing, nesting)
        return _set_index(items, index, existing)

    def _assigned_item(self, items: list[Any], index: int) -> list[Any]:
        if self._convert is None:
            if self._skip_empty():
                return _set_index(items, index, None)
            items = _set_index(items, index, self._json())
            self._skip_empty()
            return items
        try:
            return _set_index(items, index, self._list())
        except _EndOfText:
            return _set_index(items, index, "")
        except _NotAList:
            text, _ = self._until(",")
            return _set_index(items, index, self._convert(text))

    def _skip_empty(self) -> bool:
        """Whether nothing but white space stands before the next comma or the end, which is skipped then."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == ",":
                self._at += 1
                return True
            if not character.isspace():
                return False
            self._at += 1
        return True

    def _json(self) -> Any:
        try:
            value, self._at = _JSON.raw_decode(self._text, self._at)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValuesError(f"invalid JSON value: {error}") from error
        return value

    def _list(self) -> list[Any]:
        if self._at >= len(self._text):
            raise _EndOfText
        if self._text[self._at] != "{":
            raise _NotAList
        assert self._convert is not None
        self._at += 1
        items: list[Any] = []
        while True:
            text, end = self._until(",}")
            if not end:
                raise ValuesError("list must terminate with '}'")
            items.append(self._convert(text))
            if end == "}":
                if self._text[self._at : self._at + 1] == ",":
                    self._at += 1
                return items


class _LiteralParser(_Parser):
    """No escapes, no lists, no second pair."""

    _escapes = False
    _key_ends = "=[."

    def _assigned(self, values: JsonObject, name: str) -> None:
        _set(values, name, self._rest())

    def _assigned_item(self, items: list[Any], index: int) -> list[Any]:
        return _set_index(items, index, self._rest())

    def _rest(self) -> str:
        rest, self._at = self._text[self._at :], len(self._text)
        return rest


class _Partial(Exception):
    """An error inside a list item, with the list as far as it came."""

    def __init__(self, items: list[Any], error: Exception) -> None:
        super().__init__(str(error))
        self.items = items
        self.error = error


def _index_error(reason: str, *, at_end: bool = False) -> Exception:
    if at_end:
        return UnterminatedIndex()
    return ValuesError(f"error parsing index: {reason}")


class UnterminatedIndex(ValuesError):
    """`a[=1`: an error in [3]; [4] takes it for the end of the text."""

    def __init__(self) -> None:
        super().__init__("error parsing index: EOF")


def _set(values: JsonObject, name: str, value: Any) -> None:
    if name:
        values[name] = value


def _set_index(items: list[Any], index: int, value: Any) -> list[Any]:
    if index > MAX_INDEX:
        raise ValuesError(f"index of {index} is greater than maximum supported index of {MAX_INDEX}")
    if len(items) <= index:
        items = items + [None] * (index + 1 - len(items))
    items[index] = value
    return items


def _expect(value: Any, kind: type) -> Any:
    """The value as a map or list; Go's failed conversion otherwise."""
    if isinstance(value, kind):
        return value
    wanted = "[]interface {}" if kind is list else "map[string]interface {}"
    given = "nil" if value is None else go_type(value)
    raise ValuesError(f"unable to parse key: interface conversion: interface {{}} is {given}, not {wanted}")


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _no_constant(name: str) -> Any:
    raise ValueError(f"invalid character in {name}")


_JSON: Final = json.JSONDecoder(parse_int=float, parse_constant=_no_constant)
