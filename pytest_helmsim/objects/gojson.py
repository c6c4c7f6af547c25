"""JSON as Go's encoding/json writes and reads it: key order, escapes, number formats, error texts.

`encode(value)`: maps by sorted key, `<`, `>`, `&`, U+2028 and U+2029 escaped, floats by the shortest digits ('e' form below
1e-6 and from 1e21 on), bytes as base64, bytes that are no UTF-8 (surrogate escapes in our strings) as `\\ufffd`.
`decode(text)`: every number is a float, as in Go's `interface{}`; the first syntax error in Go's words.

Source: Go src/encoding/json/{encode,decode,scanner}.go.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring as _quote_plain
from typing import Any, NoReturn, Protocol, runtime_checkable

from pytest_helmsim.objects.errors import HelmsimError

MAX_DEPTH = 10000
_CYCLE = "json: unsupported value: encountered a cycle via map[string]interface {}"
_HTML = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_RAW = re.compile("[\u2028\u2029\ud800-\udfff]")
_TYPE_NAMES: dict[type, str] = {complex: "complex128"}
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class GoJsonError(HelmsimError):
    """What json.Marshal or json.Unmarshal returns as error; the text is Go's.

    `partial` is what Go has decoded nevertheless: all but the numbers that no float64 holds, which are None.
    """

    def __init__(self, message: str, partial: Any = None) -> None:
        super().__init__(message)
        self.partial = partial


@runtime_checkable
class Marshaler(Protocol):
    """A value with its own JSON form (structs, times, versions): compact JSON text."""

    def marshal_json(self) -> str:
        """The value as JSON text."""


def encode(value: Any, *, indent: str = "", escape_html: bool = True) -> str:
    """Compact JSON; with `indent`, as json.MarshalIndent with an empty prefix does it.

    `encode({}) = "{}"` in both forms. A value of no JSON type raises GoJsonError.
    """
    parts: list[str] = []
    try:
        _write(value, parts.append, _HTML if escape_html else _RAW, 0)
    except RecursionError:
        raise GoJsonError(_CYCLE) from None
    text = "".join(parts)
    return _indented(text, indent) if indent else text


def encode_fields(fields: Iterable[tuple[str, Any]]) -> str:
    """A struct: the fields in the order given."""
    return "{" + ",".join(f"{quote(name)}:{encode(value)}" for name, value in fields) + "}"


def quote(text: str, *, escape_html: bool = True) -> str:
    """A JSON string."""
    return _quote(text, _HTML if escape_html else _RAW)


def _quote(text: str, special: re.Pattern[str]) -> str:
    quoted = _quote_plain(text)
    return special.sub(_escape, quoted) if special.search(quoted) else quoted


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match.group(), "\\ufffd")


def format_float(value: float) -> str:
    """A number as encoding/json prints a float64: `1` for 1.0, `1e+21`, `1e-7`."""
    if value != value or value in (math.inf, -math.inf):
        name = "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
        raise GoJsonError(f"json: unsupported value: {name}")
    size = abs(value)
    if size != 0 and (size < 1e-6 or size >= 1e21):
        mantissa, _, exponent = float.__repr__(value).partition("e")
        mantissa = mantissa.removesuffix(".0")
        sign, digits = exponent[0], exponent.lstrip("+-").lstrip("0")
        return f"{mantissa}e{'-' if sign == '-' else '+'}{digits.rjust(1 if sign == '-' else 2, '0')}"
    if size < 1e15 and value == int(value):
        return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    text = float.__repr__(value).removesuffix(".0")
    if "e" not in text:
        return text
    from decimal import Decimal

    return format(Decimal(text), "f")


def _write(value: Any, out: Any, special: re.Pattern[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise GoJsonError(_CYCLE)
    if value is None:
        out("null")
    elif isinstance(value, str):
        out(_quote(value, special))
    elif isinstance(value, bool):
        out("true" if value else "false")
    elif isinstance(value, int):
        out(int.__repr__(value))
    elif isinstance(value, float):
        out(format_float(value))
    elif type(value) is not dict and type(value) is not list and hasattr(value, "marshal_json"):
        out(value.marshal_json())
    elif isinstance(value, Mapping):
        _write_map(value, out, special, depth)
    elif isinstance(value, list | tuple):
        _write_list(value, out, special, depth)
    elif isinstance(value, bytes | bytearray):
        out('"' + base64.b64encode(value).decode() + '"')
    else:
        raise GoJsonError(f"json: unsupported type: {_TYPE_NAMES.get(type(value)) or getattr(value, 'type_name', type(value).__name__)}")


def _write_map(value: Mapping[Any, Any], out: Any, special: re.Pattern[str], depth: int) -> None:
    keys = [(key if isinstance(key, str) else int.__repr__(key) if isinstance(key, int) else None, key) for key in value]
    separator = "{"
    for name, key in sorted(keys, key=_by_bytes):
        if name is None:
            raise GoJsonError("json: unsupported type: map[interface {}]interface {}")
        out(separator)
        separator = ","
        out(_quote(name, special))
        out(":")
        _write(value[key], out, special, depth + 1)
    out("{}" if separator == "{" else "}")


def _by_bytes(pair: tuple[str | None, Any]) -> bytes:
    return (pair[0] or "").encode("utf-8", "surrogateescape")


def _write_list(value: list[Any] | tuple[Any, ...], out: Any, special: re.Pattern[str], depth: int) -> None:
    separator = "["
    for item in value:
        out(separator)
        separator = ","
        _write(item, out, special, depth + 1)
    out("[]" if separator == "[" else "]")


_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^"{}\[\],:]+')


def _indented(text: str, indent: str) -> str:
    out: list[str] = []
    level, opened = 0, False
    for token in _TOKENS.findall(text):
        if token in ("}", "]"):
            level -= 1
            out.append(token if opened else "\n" + indent * level + token)
            opened = False
            continue
        if opened:
            out.append("\n" + indent * level)
            opened = False
        out.append(token)
        if token in ("{", "["):
            level, opened = level + 1, True
        elif token == ",":
            out.append("\n" + indent * level)
        elif token == ":":
            out.append(" ")
    return "".join(out)


def decode(text: str) -> Any:
    """The value of a whole JSON text as Go's `interface{}` holds it: dict, list, str, float, bool, None.

    Raise GoJsonError with Go's text for the first syntax error, or for a number that no float64 holds.
    """
    numbers = _Numbers()
    try:
        value = json.loads(text, parse_int=numbers.read, parse_float=numbers.read, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _Scanner(text).check()
        raise AssertionError("text that is valid for one reader only") from None
    if "\\u" in text or _SURROGATE.search(text):
        value = _clean(value)
    if numbers.overflow:
        raise GoJsonError(f"json: cannot unmarshal number {numbers.overflow} into Go value of type float64", value)
    return value


def decode_map(text: str) -> dict[str, Any] | None:
    """Into a `map[string]interface {}`; `null` gives None (a nil map), any other type Go's error."""
    return _of_kind(text, dict, "map[string]interface {}")  # type: ignore[no-any-return]


def decode_list(text: str) -> list[Any] | None:
    """Into a `[]interface {}`; `null` gives None (a nil slice), any other type Go's error."""
    return _of_kind(text, list, "[]interface {}")  # type: ignore[no-any-return]


def _of_kind(text: str, kind: type, go_type: str) -> Any:
    try:
        value, failure = decode(text), None
    except GoJsonError as error:
        if error.partial is None and not str(error).startswith("json: "):
            raise
        value, failure = error.partial, error
    if isinstance(value, kind) or (value is None and failure is None):
        if failure is not None:
            raise failure
        return value
    name = "number" if value is None else kind_name(value)
    raise GoJsonError(f"json: cannot unmarshal {name} into Go value of type {go_type}")


def kind_name(value: Any) -> str:
    """JSON's word for a decoded value, as UnmarshalTypeError has it."""
    for kind, name in ((bool, "bool"), (str, "string"), ((int, float), "number"), (list, "array"), (dict, "object")):
        if isinstance(value, kind):
            return name
    return "null"


class _Numbers:
    """Reads numbers as float64, and keeps the text of the first that is too large."""

    def __init__(self) -> None:
        self.overflow = ""

    def read(self, text: str) -> float | None:
        """None for a number that is too large."""
        value = float(text)
        if math.isinf(value):
            self.overflow = self.overflow or text
            return None
        return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


_SPACE = b" \t\r\n"
_DIGITS = b"0123456789"
_HEX = b"0123456789abcdefABCDEF"


_SHOWN = {
    "'": "\\'", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v",
}  # fmt: skip


class _Scanner:
    """Finds the first syntax error, byte by byte as Go's scanner does, and names it in Go's words."""

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8", "surrogateescape")
        self.at = 0

    def check(self) -> None:
        """Raise GoJsonError for the first error; return when there is none."""
        stack: list[bytes] = []
        self._space()
        while True:
            opened = self._value(stack)
            if opened:
                continue
            while True:
                self._space()
                if not stack:
                    if self.at < len(self.data):
                        self._invalid("after top-level value", self._peek())
                    return
                inside = stack[-1]
                char = self._next()
                if inside == b"{":
                    if char == b",":
                        self._space()
                        self._key()
                        break
                    if char != b"}":
                        self._invalid("after object key:value pair", char)
                elif char == b",":
                    break
                elif char != b"]":
                    self._invalid("after array element", char)
                stack.pop()
            self._space()

    def _value(self, stack: list[bytes]) -> bool:
        """Scan one scalar, or open one object or array; True when something stays open and a value comes next."""
        self._space()
        char = self._next()
        if char in (b"{", b"["):
            if len(stack) >= MAX_DEPTH:
                raise GoJsonError("exceeded max depth")
            self._space()
            if self._peek() == (b"}" if char == b"{" else b"]"):
                self.at += 1
                return False
            stack.append(char)
            if char == b"{":
                self._key()
            return True
        if char == b'"':
            self._string()
        elif char == b"-" or char in _DIGITS:
            self._numeric(char)
        elif char in (b"t", b"f", b"n"):
            self._literal({b"t": "true", b"f": "false", b"n": "null"}[char])
        else:
            self._invalid("looking for beginning of value", char)
        return False

    def _key(self) -> None:
        if (char := self._next()) != b'"':
            self._invalid("looking for beginning of object key string", char)
        self._string()
        self._space()
        if (char := self._next()) != b":":
            self._invalid("after object key", char)

    def _string(self) -> None:
        while True:
            char = self._next()
            if char == b'"':
                return
            if char == b"\\":
                char = self._next_or_blank()
                if char == b"u":
                    for _ in range(4):
                        if (char := self._next_or_blank()) not in _HEX:
                            self._invalid("in \\u hexadecimal character escape", char)
                elif char not in b'bfnrt\\/"':
                    self._invalid("in string escape code", char)
            elif char < b" ":
                self._invalid("in string literal", char)

    def _numeric(self, char: bytes) -> None:
        if char == b"-":
            char = self._digit("in numeric literal")
        if char != b"0":
            self._digits()
        if self._peek() == b".":
            self.at += 1
            self._digit("after decimal point in numeric literal")
            self._digits()
        if self._peek() in (b"e", b"E"):
            self.at += 1
            if self._peek() in (b"+", b"-"):
                self.at += 1
            self._digit("in exponent of numeric literal")
            self._digits()

    def _digit(self, context: str) -> bytes:
        char = self._next_or_blank()
        if char not in _DIGITS:
            self._invalid(context, char)
        return char

    def _digits(self) -> None:
        while (char := self._peek()) and char in _DIGITS:
            self.at += 1

    def _literal(self, word: str) -> None:
        for expected in word[1:]:
            char = self._next_or_blank()
            if char != expected.encode():
                self._invalid(f"in literal {word} (expecting '{expected}')", char)

    def _space(self) -> None:
        while (char := self._peek()) and char in _SPACE:
            self.at += 1

    def _peek(self) -> bytes:
        return self.data[self.at : self.at + 1]

    def _next(self) -> bytes:
        char = self._peek()
        if not char:
            raise GoJsonError("unexpected end of JSON input")
        self.at += 1
        return char

    def _next_or_blank(self) -> bytes:
        """Go ends an unfinished token with a blank, which is then the wrong character."""
        return self._next() if self.at < len(self.data) else b" "

    def _invalid(self, context: str, char: bytes) -> NoReturn:
        code = ord(char)
        text = _SHOWN.get(chr(code))
        if text is None:
            text = chr(code) if chr(code).isprintable() else f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"
        raise GoJsonError(f"invalid character '{text}' {context}")
