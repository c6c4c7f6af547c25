"""TOML 1.1 text into Go's values, with the library's messages: `toml: line 2 (last key "a.b"): …`.

Integers are int64, arrays of `[[tables]]` are `[]map[string]interface {}`, dates and times without a zone are times in a zone named
`datetime-local`, `date-local` or `time-local`.

Source: github.com/BurntSushi/toml v1.6.0 lex.go, parse.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions import toml_scalars
from pytest_helmsim.template.functions.runes import SPACES, is_letter, to_bytes
from pytest_helmsim.template.functions.times import Time
from pytest_helmsim.template.functions.toml_tables import Key, Redefined, Tables
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.values import Int64, Value

MAX_DEPTH = 500
T = TypeVar("T")
_BARE = re.compile(r"[A-Za-z0-9_-]*")
_DATE = re.compile(r"[0-9:tTzZ .+-]*")
_DIGITS = re.compile(r"[0-9]*")
_DECIMAL = re.compile(r"[0-9_]*")
_FLOAT = re.compile(r"[0-9_.eE+-]*")
_BASES = {"b": ("a binary", "01"), "o": ("an octal", "01234567"), "x": ("a hexadecimal", "0123456789abcdefABCDEF")}
_HEX = "0123456789abcdefABCDEF"
_HEX_WORDS = {"x": (2, "two"), "u": (4, "four"), "U": (8, "eight")}
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_MARKS = ("\ufeff", "\udcff\udcfe", "\udcfe\udcff")


class TomlError(HelmsimError):
    """What the library returns as error."""


def decode(text: str) -> dict[str, Value]:
    """A document as a map; raise TomlError with line and key of the mistake."""
    for mark in _MARKS:
        text = text.removeprefix(mark)
    if "\0" in text[:6]:
        raise TomlError("toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8")
    return _Reader(text).document()


class _Reader:
    """A cursor over the text, and the tables read so far. `next` at the end gives the empty string."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1
        self.tables = Tables()
        self.key_line = 1
        self.depth = 0

    # Characters.

    def next(self) -> str:
        """The next character; control characters and bytes that are no UTF-8 are errors."""
        char = self.text[self.at : self.at + 1]
        if not char:
            return ""
        if char == "\n":
            self.line += 1
        elif "\udc80" <= char <= "\udcff":
            self._fail(f"invalid UTF-8 byte: 0x{to_bytes(char)[0]:02x}")
        elif (char < " " and char not in "\t\r") or char == "\x7f" or (char == "\r" and self.text[self.at + 1 : self.at + 2] != "\n"):
            self._fail(f"TOML files cannot contain control characters: '0x{ord(char):02x}'")
        self.at += 1
        return char

    def peek(self) -> str:
        """The next character without going on."""
        at, line = self.at, self.line
        char = self.next()
        self.at, self.line = at, line
        return char

    def take(self, pattern: re.Pattern[str]) -> str:
        """What a pattern without line ends matches here; the character behind it is looked at, as the library does."""
        match = pattern.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        self.peek()
        return match.group()

    def skip_blanks(self, *, lines: bool = False) -> None:
        """Blanks and tabs; with `lines` also line ends and comments."""
        while (char := self.peek()) and (char in " \t" or (lines and char in "\r\n#")):
            self.next()
            if char == "#":
                self._comment()

    def _comment(self) -> None:
        while (char := self.peek()) and char not in "\r\n":
            self.next()

    # Errors.

    def _fail(self, message: str, line: int | None = None) -> NoReturn:
        key = self.tables.last_key()
        place = f"toml: line {self.line if line is None else line}"
        raise TomlError(f"{place} (last key {quote(key)}): {message}" if key else f"{place}: {message}")

    def _refuse(self, message: str) -> NoReturn:
        """An error of the lexer: at the end of a text that ends with a line end, it is on the line before."""
        at_end = self.at >= len(self.text)
        self._fail(message, self.line - 1 if at_end and self.text.endswith("\n") else self.line)

    def _expected(self, what: str, char: str, suffix: str = "") -> NoReturn:
        shown = quote(char or "\0", mark="'")
        if char == "\n":
            self._fail(f"{what} {shown}{suffix}", self.line - 1)
        self._refuse(f"{what} {shown}{suffix}")

    # Statements.

    def document(self) -> dict[str, Value]:
        """All statements."""
        while True:
            self.skip_blanks(lines=True)
            char = self.peek()
            if not char:
                return self.tables.root
            if char == "[":
                self._header()
            else:
                self._key_value()
            self._end_of_statement()

    def _end_of_statement(self) -> None:
        self.skip_blanks()
        char = self.next()
        if char == "#":
            self._comment()
        elif char not in ("", "\n", "\r"):
            shown = quote(char, mark="'")
            self._refuse(f"expected a top-level item to end with a newline, comment, or EOF, but got {shown} instead")

    def _header(self) -> None:
        self.next()
        array = self.peek() == "["
        if array:
            self.next()
        parts: list[str] = []
        while True:
            self.skip_blanks()
            char = self.peek()
            if char in ("]", ""):
                self._fail("unexpected end of table name (table names cannot be empty)")
            if char == ".":
                self._refuse("unexpected table separator (table names cannot be empty)")
            if not parts:
                self.key_line = self.line
            parts.append(self._name(char))
            self.skip_blanks()
            char = self.next()
            if char == "]":
                break
            if char != ".":
                self._refuse(f"expected '.' or ']' to end table name, but got {quote(char or chr(0), mark=chr(39))} instead")
        if array and (char := self.next()) != "]":
            self._refuse(f"expected end of table array name delimiter ']', but got {quote(char or chr(0), mark=chr(39))} instead")
        self._guarded(lambda: self.tables.open(tuple(parts), array=array))
        self.tables.settle("", is_array=False)

    def _guarded(self, change: object) -> None:
        assert callable(change)
        try:
            change()
        except Redefined as error:
            self._fail(str(error), self.key_line)

    def _name(self, char: str) -> str:
        if char == '"':
            self.next()
            return self._basic_string()
        if char == "'":
            self.next()
            return self._literal_string()
        return self.take(_BARE)

    def _key(self) -> Key:
        """A dotted key with its `=`."""
        self.skip_blanks()
        char = self.peek()
        if char in ("=", ""):
            self._fail("unexpected '=': key name appears blank")
        if char == ".":
            self._refuse("unexpected '.': keys cannot start with a '.'")
        self.key_line = self.line
        parts = [self._name(char)]
        while True:
            self.skip_blanks()
            char = self.next()
            if char == "=":
                return tuple(parts)
            if not char:
                self._refuse("unexpected EOF; expected key separator '='")
            if char != ".":
                self._expected("expected '.' or '=', but got", char, " instead")
            self.skip_blanks()
            char = self.peek()
            if char in ("=", ""):
                self._fail("unexpected '='")
            if char == ".":
                self._refuse("unexpected '.'")
            parts.append(self._name(char))

    def _key_value(self) -> tuple[Key, Value]:
        """A key and its value, set in the context, which is the same afterwards."""
        outer = self.tables.context
        key = self._key()
        self.tables.current = key[-1]
        self._guarded(lambda: self.tables.enter(key[:-1]))
        value = self._value(within_array=False)
        self._guarded(lambda: self.tables.put(key[-1], value))
        self.tables.settle(key[-1], is_array=isinstance(value, list))
        self.tables.context, self.tables.current = outer, ""
        return key, value

    # Values.

    def _value(self, *, within_array: bool) -> Value:
        self.skip_blanks()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FunctionError(f"TOML is nested deeper than the limit of {MAX_DEPTH}")
        try:
            return self._value_here(within_array=within_array)
        finally:
            self.depth -= 1

    def _value_here(self, *, within_array: bool) -> Value:
        char = self.peek()
        if char and char in "0123456789":
            return self._number_or_date()
        self.next()
        if char == "[":
            return self._array()
        if char == "{":
            return self._inline_table(within_array=within_array)
        if char in ('"', "'"):
            return self._string(char)
        if char == ".":
            self._refuse("floats must start with a digit, not '.'")
        if char in ("+", "-"):
            return self._signed(char)
        if not char:
            self._refuse("unexpected EOF; expected value")
        if not is_letter(char):
            self._expected("expected value but found", char, " instead")
        return self._word(char)

    def _word(self, char: str) -> Value:
        start = self.at - 1
        if char in "in":
            for word in ("nf", "an"):
                if self.text.startswith(word, self.at):
                    self.at += 2
                    return self._float(char + word)
            if self.peek() in ("n", "a"):
                start += 1
        self.at = start
        while (letter := self.peek()) and is_letter(letter):
            self.next()
        word = self.text[start : self.at]
        if word not in ("true", "false"):
            self._refuse(f"expected value but found {quote(word)} instead")
        return word == "true"

    def _string(self, mark: str) -> str:
        if self.text.startswith(mark * 2, self.at):
            self.at += 2
            return self._multiline_string(mark)
        return self._basic_string() if mark == '"' else self._literal_string()

    def _literal_string(self) -> str:
        start = self.at
        while (char := self.next()) != "'":
            self._check_in_string(char, "'")
        return self.text[start : self.at - 1]

    def _check_in_string(self, char: str, mark: str) -> None:
        if not char:
            self._refuse(f'unexpected EOF; expected "{mark}"' if mark == "'" else f"unexpected EOF; expected '{mark}'")
        if char in "\r\n":
            self._fail("strings cannot contain newlines", self.line - 1)

    def _basic_string(self) -> str:
        start, line, escaped = self.at, self.line, False
        while (char := self.next()) != '"':
            self._check_in_string(char, '"')
            if char == "\\":
                self._check_escape(start)
                escaped = True
        body = self.text[start : self.at - 1]
        return self._unescaped(body, line) if escaped else body

    def _check_escape(self, start: int) -> None:
        char = self.next()
        if char in _HEX_WORDS:
            count, word = _HEX_WORDS[char]
            for _ in range(count):
                digit = self.next()
                if not digit or digit not in _HEX:
                    self._refuse(
                        f"expected {word} hexadecimal digits after '\\{char}', but got {quote(self.text[start : self.at])} instead"
                    )
        elif char not in (*_ESCAPES, " ", "\t"):
            self._fail(f"invalid escape in string '\\{char or chr(0)}'", self.line - (not char))

    def _unescaped(self, body: str, line: int) -> str:
        def plain(match: re.Match[str]) -> str:
            code, digits = match[1], match[2] or match[3] or match[4]
            if not digits:
                if code in " \t":
                    self._fail(f"invalid escape: '\\{code}'", line)
                return _ESCAPES[code]
            number = int(digits, 16)
            if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                self._fail(f"Escaped character '\\u{digits}' is not valid UTF-8.", line)
            return chr(number)

        return re.sub(r"\\(x(..)|u(.{4})|U(.{8})|.)", plain, body, flags=re.DOTALL)

    def _multiline_string(self, mark: str) -> str:
        start = self.at
        while True:
            char = self.next()
            if not char:
                self._refuse(f'unexpected EOF; expected "{mark * 3}"' if mark == "'" else f"unexpected EOF; expected '{mark * 3}'")
            if char == "\\" and mark == '"':
                if self.peek() in ("\r", "\n"):
                    self.next()
                else:
                    self._check_escape(start)
            elif char == mark and self.text.startswith(mark * 2, self.at):
                run = len(self.text[self.at - 1 :]) - len(self.text[self.at - 1 :].lstrip(mark))
                if run > 5:
                    self.at += 5
                    self._refuse(f'unexpected "{mark * 6}"' if mark == "'" else f"unexpected '{mark * 6}'")
                self.at += run - 1
                body = self.text[start : self.at - 3]
                break
        body = re.sub(r"\A\r?\n", "", body)
        if mark == "'":
            return body
        body = re.sub(r"(\\\\)|\\[ \t\r]*\n[ \t\r\n]*", lambda match: match[1] or "", body)
        return self._unescaped(body, self.line)

    def _array(self) -> list[Value]:
        self.tables.begin_array()
        items: list[Value] = []
        while True:
            self.skip_blanks(lines=True)
            char = self.peek()
            if char == ",":
                self.next()
                self._refuse("unexpected comma")
            if char == "]":
                self.next()
                return items
            items.append(self._value(within_array=True))
            self.skip_blanks(lines=True)
            char = self.next()
            if char == "]":
                return items
            if char != ",":
                self._refuse(f"expected a comma (',') or array terminator (']'), but got {_shown(char)}")

    def _inline_table(self, *, within_array: bool) -> dict[str, Value]:
        outer, current = self.tables.context, self.tables.current
        self._guarded(lambda: self.tables.enter_inline(within_array=within_array))
        result: dict[str, Value] = {}
        while True:
            self.skip_blanks(lines=True)
            char = self.peek()
            if char == ",":
                self.next()
                self._refuse("unexpected comma")
            if char != "}":
                key, value = self._key_value()
                self._keep(result, key, value)
                self.tables.current = key[-1]
                self.skip_blanks(lines=True)
                char = self.peek()
                if char not in (",", "}"):
                    self.next()
                    self._refuse(f"expected a comma or an inline table terminator '}}', but got {_shown(char)} instead")
            self.next()
            if char == "}":
                self.tables.context, self.tables.current = outer, current
                return result

    def _keep(self, table: dict[str, Value], key: Key, value: Value) -> None:
        for part in key[:-1]:
            step = table.setdefault(part, {})
            if not isinstance(step, dict):
                self._fail(f"{quote(str(list(self.tables.context)))} is not a table", self.key_line)
            table = step
        table[key[-1]] = value

    # Numbers and dates.

    def _number_or_date(self) -> Value:
        start = self.at
        first = self.next()
        following = self.peek()
        if first == "0" and following in _BASES:
            return self._based(following)
        zero = first == "0" and following not in tuple("0123456789")
        self.take(_DIGITS)
        following = self.peek()
        if following in ("-", ":") and not zero:
            return self._date(start)
        return self._decimal(start)

    def _decimal(self, start: int) -> Value:
        self.take(_DECIMAL)
        if self.peek() in (".", "e", "E"):
            self.take(_FLOAT)
            return self._float(self.text[start : self.at])
        return self._integer(self.text[start : self.at])

    def _based(self, base: str) -> Value:
        start = self.at - 1
        self.next()
        name, digits = _BASES[base]
        following = self.peek()
        if not following or following not in digits:
            self._refuse(f"not {name} number: '0{base}{following or chr(0)}'")
        while (char := self.peek()) and (char in digits or char == "_"):
            self.next()
        return self._integer(self.text[start : self.at])

    def _signed(self, sign: str) -> Value:
        start = self.at - 1
        char = self.next()
        for word in ("inf", "nan"):
            if char == word[0]:
                for expected in word[1:]:
                    if self.peek() != expected:
                        self._refuse(f"invalid float: '{self.text[start : self.at]}'")
                    self.next()
                return self._float(sign + word)
        if char == "0" and self.peek() in _BASES:
            self._refuse(f"cannot use sign with non-decimal numbers: '{self.text[start : self.at]}{self.peek()}'")
        if char == ".":
            self._refuse("floats must start with a digit, not '.'")
        if not char or char not in "0123456789":
            self._refuse(f"expected a digit but got {quote(char or chr(0), mark=chr(39))}")
        return self._decimal(start)

    def _date(self, start: int) -> Time:
        self.take(_DATE)
        text = self.text[start : self.at].strip(SPACES).translate({ord("z"): "Z", ord("t"): "T", ord(" "): "T"})
        return Time(self._scalar(toml_scalars.instant, text))

    def _integer(self, text: str) -> Int64:
        return Int64(self._scalar(toml_scalars.integer, text))

    def _float(self, text: str) -> float:
        return self._scalar(toml_scalars.number, text)

    def _scalar(self, read: Callable[[str], T], text: str) -> T:
        try:
            return read(text)
        except toml_scalars.ScalarError as error:
            self._fail(str(error))


def _shown(char: str) -> str:
    return f"'{char}'" if char else "end of file"
