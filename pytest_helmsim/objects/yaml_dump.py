"""Plain values to YAML, as sigs.k8s.io/yaml's Marshal prints them: through JSON, then go-yaml v2's emitter.

Keys in Go's natural order (`a2` before `a10`), lists at the indentation of their key, strings plain where that is safe,
`|` blocks for text with line ends, long lines folded at blanks beyond column 80.
`dump(1e6)` is 1000000, `dump(1234567.5)` is 1.2345675e+06.

Source: go.yaml.in/yaml/v2 encode.go, emitterc.go, sorter.go; sigs.k8s.io/yaml yaml.go; encoding/json.
"""

from __future__ import annotations

import base64
import json
import math
import re
from functools import cache, cmp_to_key
from typing import Any, Final

from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.yaml_load import YamlError
from pytest_helmsim.objects.yaml_scalars import (
    INT64_MIN,
    STR,
    UINT64_MAX,
    format_float,
    is_base60,
    resolve,
    shortest_digits,
)

MAX_DEPTH: Final = 900
_WIDTH: Final = 80
_CACHE_LIMIT: Final = 50_000
_SAFE = re.compile(r"[A-Za-z_/][A-Za-z0-9_/-]*(?:[. ][A-Za-z0-9_/-]+)*").fullmatch
_PRINTABLE = "\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd"
_UNPRINTABLE_ASCII = re.compile("[^\n\x20-\x7e]")
_BREAKS = "\r\n\x85\u2028\u2029"
_BREAK = re.compile(f"[{_BREAKS}]")
_SPACE_BREAK = re.compile(f" [{_BREAKS}]")
_BREAK_SPACE = re.compile(f"[{_BREAKS}] ")
_BLOCK_INDICATOR = re.compile("[#,\\[\\]{}&*!|>'\"%@`]|[?:-](?:[ \t]|$)|---|\\.\\.\\.")
_INNER_INDICATOR = re.compile(f":(?:[ \t]|\\Z)|[ \t\0{_BREAKS}]#")
_ODD_JSON = re.compile("[\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_NEL = re.compile("[ \t]*\x85[ \t\x85]*")
_ESCAPES = {
    "\0": "\\0", "\x07": "\\a", "\x08": "\\b", "\t": "\\t", "\n": "\\n", "\x0b": "\\v", "\x0c": "\\f", "\r": "\\r", "\x1b": "\\e",
    '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\xa0": "\\_", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_TO_ESCAPE_ASCII = re.compile('["\\\\]|[^\x20-\x7e]')
_SOFT_BREAKS = re.compile("([\u2028\u2029]+)")
_INLINE: dict[str, str | None] = {}
_KEYS: dict[str, str] = {}
_ORDERS: dict[tuple[str, ...], list[str]] = {}


@cache
def _unprintable() -> re.Pattern[str]:
    """Over all of Unicode: such a pattern takes longer to compile than most documents to write."""
    return re.compile(f"[^\n{_PRINTABLE}]")


@cache
def _to_escape() -> re.Pattern[str]:
    return re.compile(f'["\\\\\n\u2028\u2029]|[^{_PRINTABLE}]')


class TooDeep(HelmsimError):
    """A value that is nested deeper than any object needs; Go has no such error, so that no function may hide it."""

    def __init__(self) -> None:
        super().__init__(f"a value for YAML is nested more than {MAX_DEPTH} levels deep; no chart needs that, look for an endless loop")


def dump(value: Any) -> str:
    """YAML text with a final newline; raise YamlError for a value that JSON or YAML cannot hold."""
    parts: list[str] = []
    _write_root(value, parts)
    return "".join(parts)


def _write_root(value: Any, out: list[str]) -> None:
    if isinstance(value, dict) and value:
        _write_map(value, out, "", 0, False)
    elif isinstance(value, list | tuple) and value:
        _write_list(value, out, "", 0, False)
    else:
        _write_scalar(value, out, 0, "  ")


def _write_scalar(value: Any, out: list[str], column: int, indent: str) -> None:
    """A scalar and its line end, on a line that has reached `column`; what follows on other lines is indented."""
    text = _inline(value) if value.__class__ is str else _scalar(value)
    if text is None:
        out.append(block(clean(value), indent))
    elif text[0] == "'" and _BREAK.search(text):
        out.append(_break_line(text, column, indent) + "\n")
    elif column + len(text) > _WIDTH and " " in text:
        out.append(_fold_line(text, column, indent) + "\n")
    else:
        out.append(text + "\n")


def _write_map(value: dict[Any, Any], out: list[str], indent: str, depth: int, started: bool) -> None:
    """A map's lines; `started`: the first key stands on a line that is begun already."""
    if depth > MAX_DEPTH:
        raise TooDeep
    append = out.append
    inner = indent + "  "
    for name in sort_keys(value):
        key = _KEYS.get(name)
        if key is None and (key := _render_key(name)) is None:
            _write_complex_entry(name, value[name], out, indent, depth, started)
            started = False
            continue
        prefix = key if started else indent + key
        started = False
        item = value[name]
        if item.__class__ is str:
            text = _INLINE.get(item, item)
            if text is item:
                text = _inline(item)
            if text is not None and len(indent) + len(key) + len(text) < _WIDTH and text[0] != "'":
                append(f"{prefix} {text}\n")
                continue
        elif isinstance(item, dict):
            if item:
                append(prefix + "\n")
                _write_map(item, out, inner, depth + 1, False)
            else:
                append(f"{prefix} {_empty(item, '{}')}\n")
            continue
        elif isinstance(item, list | tuple):
            if item:
                append(prefix + "\n")
                _write_list(item, out, indent, depth + 1, False)
            else:
                append(f"{prefix} {_empty(item, '[]')}\n")
            continue
        else:
            plain = _to_plain(item)
            if plain is not item:
                _write_map({name: plain}, out, indent, depth, prefix is key)
                continue
        append(prefix + " ")
        _write_scalar(item, out, len(indent) + len(key) + 1, inner)


def _write_complex_entry(name: str, item: Any, out: list[str], indent: str, depth: int, started: bool) -> None:
    """`? key` and `: value`, for keys of more than one line or 128 bytes."""
    out.append("? " if started else indent + "? ")
    _write_scalar(clean(name), out, len(indent) + 2, indent + "  ")
    out.append(indent + ":")
    plain = _to_plain(item)
    if isinstance(plain, dict | list | tuple) and plain:
        out.append(" ")
        write: Any = _write_map if isinstance(plain, dict) else _write_list
        write(plain, out, indent + "  ", depth + 1, True)
    else:
        out.append(" ")
        _write_scalar(plain, out, len(indent) + 2, indent + "  ")


def _write_list(value: list[Any] | tuple[Any, ...], out: list[str], indent: str, depth: int, started: bool) -> None:
    if depth > MAX_DEPTH:
        raise TooDeep
    append = out.append
    inner = indent + "  "
    for entry in value:
        item = _to_plain(entry)
        append("- " if started else indent + "- ")
        started = False
        if isinstance(item, dict) and item:
            _write_map(item, out, inner, depth + 1, True)
        elif isinstance(item, list | tuple) and item:
            _write_list(item, out, inner, depth + 1, True)
        else:
            _write_scalar(item, out, len(inner), inner)


def _break_line(text: str, column: int, indent: str) -> str:
    """A single-quoted scalar with line separators: each goes out as it is, the text behind it is indented and folded for itself."""
    first, *rest = _SOFT_BREAKS.split(text[:-1])
    parts = [_fold_line(first + "'", column, indent)[:-1]]
    for breaks, line in zip(rest[::2], rest[1::2], strict=True):
        parts.append(breaks)
        if line:
            parts.append(indent + _fold_line(f"'{line}'", len(indent) - 1, indent)[1:-1])
    return "".join(parts) + "'"


def _fold_line(text: str, column: int, indent: str) -> str:
    """Break a rendered scalar at single blanks beyond column 80, as the emitter does where it may."""
    style = text[0] if text[0] in "\"'" else ""
    first, last = (1, len(text) - 2) if style else (0, len(text) - 1)
    parts: list[str] = []
    start = 0
    place = text.find(" ", max(first + 1 if style else first, start + _WIDTH + 1 - column))
    while place != -1 and (not style or place < last):
        after_blank = text[place - 1] == " " if place > start else place > 0
        before_blank = text[place + 1 : place + 2] == " "
        if after_blank or (before_blank and style != '"'):
            place = text.find(" ", place + 1)
            continue
        parts.append(text[start:place] + "\n" + indent)
        column = len(indent)
        if before_blank:
            parts.append("\\")
            column += 1
        start = place + 1
        place = text.find(" ", max(start, start + _WIDTH + 1 - column))
    parts.append(text[start:])
    return "".join(parts)


def _to_plain(value: Any) -> Any:
    """A value with a JSON form of its own (times, versions, structs) as plain data."""
    if value is None or isinstance(value, str | int | float | dict | list | tuple | bytes):
        return value
    if isinstance(value, gojson.Marshaler):
        return json.loads(value.marshal_json())
    raise YamlError(f"json: unsupported type: {type(value).__name__}")


def _scalar(value: Any) -> str | None:
    """The text of a scalar or an empty collection; None for a string that needs a block."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return _inline(value)
    if isinstance(value, int):
        return str(int(value)) if INT64_MIN <= value <= UINT64_MAX else format_float(float(value))
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bytes):
        return _inline(base64.b64encode(value).decode())
    if isinstance(value, dict):
        return _empty(value, "{}")
    if isinstance(value, list | tuple):
        return _empty(value, "[]")
    plain = _to_plain(value)
    parts: list[str] = []
    _write_root(plain, parts)
    return "".join(parts).removesuffix("\n")


def _empty(value: Any, text: str) -> str:
    """An empty collection; one with a JSON form of its own is Go's nil."""
    return "null" if value.__class__ not in _PLAIN_COLLECTIONS and isinstance(value, gojson.Marshaler) else text


_PLAIN_COLLECTIONS: Final = frozenset({dict, list, tuple})


def _number(value: float) -> str:
    """A float64 after its way through JSON: whole numbers of 64 bits lose their point and exponent."""
    if value != value or value in (math.inf, -math.inf):
        name = "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
        raise YamlError(f"json: unsupported value: {name}")
    if value.is_integer() and abs(value) < 2e19:
        if abs(value) < 1e15:
            return str(int(value))
        sign, digits, point = shortest_digits(value)
        number = int(sign + digits + "0" * (point - len(digits)))
        if INT64_MIN <= number <= UINT64_MAX:
            return str(number)
    return format_float(value)


def _inline(text: str) -> str | None:
    if text in _INLINE:
        return _INLINE[text]
    if _SAFE(text) and resolve(text)[0] is STR:
        rendered: str | None = text
    else:
        rendered = _render(clean(text), False)
    if len(text) < 200:
        if len(_INLINE) >= _CACHE_LIMIT:
            _INLINE.clear()
        _INLINE[text] = rendered
    return rendered


def clean(text: str) -> str:
    """A string after its way through JSON: bytes that are no UTF-8 replaced, NEL folded; control characters YAML refuses raise."""
    if not _ODD_JSON.search(text):
        return text
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    text = _NEL.sub(_fold, text)
    if _ODD_JSON.search(text):
        raise YamlError("yaml: control characters are not allowed")
    return text


def _fold(match: re.Match[str]) -> str:
    count = match.group().count("\x85")
    return " " if count == 1 else "\n" * (count - 1)


def _render(text: str, as_key: bool) -> str | None:
    """One line for a string, or None when it goes into a literal block (or, as a key, never: quoted)."""
    if not text:
        return '""'
    special = (_UNPRINTABLE_ASCII if text.isascii() else _unprintable()).search(text) is not None
    multiline = _BREAK.search(text) is not None
    if "\n" in text and not as_key:
        if special or text[-1] == " " or _SPACE_BREAK.search(text):
            return quote_double(text)
        return None
    if special or (as_key and multiline) or _SPACE_BREAK.search(text) or _BREAK_SPACE.search(text):
        return quote_double(text)
    if resolve(text)[0] is not STR or is_base60(text):
        return quote_double(text)
    if multiline or text[0] == " " or text[-1] == " " or _BLOCK_INDICATOR.match(text) or _INNER_INDICATOR.search(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def quote_double(text: str) -> str:
    """A double-quoted scalar. Text that starts with a byte order mark is escaped whole, as Go does it."""
    if text.startswith("\ufeff"):
        return '"' + "".join(_escape_character(character) for character in text) + '"'
    return '"' + (_TO_ESCAPE_ASCII if text.isascii() else _to_escape()).sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    return _escape_character(match.group())


def _escape_character(character: str) -> str:
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def block(text: str, indent: str) -> str:
    """A literal block scalar: `|`, an indentation hint before leading blanks, `-` or `+` for the end, the lines."""
    head = "|"
    if text[0] == " " or text[0] in _BREAKS:
        head += "2"
    if text[-1] not in _BREAKS:
        head += "-"
    elif len(text) == 1 or text[-2] in _BREAKS:
        head += "+"
    lines = re.split(f"([{_BREAKS}])", text)
    parts = [head, "\n"]
    for index in range(0, len(lines), 2):
        if lines[index]:
            parts.append(indent + lines[index])
        if index + 1 < len(lines):
            parts.append(lines[index + 1])
    if text[-1] not in _BREAKS:
        parts.append("\n")
    return "".join(parts)


def _render_key(name: str) -> str | None:
    """A key with its colon; None for one that needs the `?` form."""
    if "\x85" in name or (len(name) > 160 and len(gojson.quote(name).encode("utf-8", "replace")) > 1024):
        raise YamlError("yaml: did not find expected ',' or '}'")
    cleaned = clean(name)
    if _BREAK.search(cleaned) or len(cleaned.encode()) > 128:
        return None
    text = cleaned if _SAFE(cleaned) and resolve(cleaned)[0] is STR else _render(cleaned, True) or ""
    if len(_KEYS) >= _CACHE_LIMIT:
        _KEYS.clear()
    rendered = _KEYS[name] = text + ":"
    return rendered


def sort_keys(value: dict[Any, Any]) -> list[str]:
    """The keys in go-yaml's natural order."""
    keys = tuple(value)
    known = _ORDERS.get(keys)
    if known is not None:
        return known
    for key in keys:
        if not isinstance(key, str):
            raise YamlError("json: unsupported type: map[interface {}]interface {}")
    ordered = sorted(keys, key=_natural)
    if len(_ORDERS) >= _CACHE_LIMIT:
        _ORDERS.clear()
    _ORDERS[keys] = ordered
    return ordered


def _compare(a: str, b: str) -> int:
    return -1 if _less(a, b) else 1 if _less(b, a) else 0


def _less(a: str, b: str) -> bool:
    """Letters by code, other characters before letters, runs of digits by their number."""
    for i, (left, right) in enumerate(zip(a, b, strict=False)):
        if left == right:
            continue
        left_letter, right_letter = left.isalpha(), right.isalpha()
        if left_letter and right_letter:
            return left < right
        if left_letter or right_letter:
            return right_letter
        start = 0
        if left == "0" or right == "0":
            j = i - 1
            while j >= 0 and a[j].isdecimal():
                if a[j] != "0":
                    start = 1
                    break
                j -= 1
        left_number, left_end = _digits(a, i, start)
        right_number, right_end = _digits(b, i, start)
        if left_number != right_number:
            return left_number < right_number
        if left_end != right_end:
            return left_end < right_end
        return left < right
    return len(a) < len(b)


def _digits(text: str, start: int, number: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdecimal():
        number = number * 10 + ord(text[end]) - 48
        end += 1
    return (number + (1 << 63)) % (1 << 64) - (1 << 63), end


_natural = cmp_to_key(_compare)
