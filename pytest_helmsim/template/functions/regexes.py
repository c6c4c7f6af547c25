"""Regular expressions with RE2's syntax and Go's ways of finding, replacing and splitting.

`$1` and `${name}` in a replacement are groups (an unknown one is empty, `$$` is a dollar); an empty match right behind a match does
not count. Bytes that are no UTF-8 are matched as U+FFFD.

Source: github.com/Masterminds/sprig/v3 regex.go; Go src/regexp/{regexp,syntax/parse}.go.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import re2

from pytest_helmsim.objects import gopatterns
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.nils import NilStringList
from pytest_helmsim.template.functions.runes import to_bytes, to_text, valid
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.quoting import can_backquote, quote
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import StringList

TABLE = Table()

MAX_PATTERN = 64 * 1024
MAX_MATCHES = 200_000
_INVALID = re.compile("[\udc80-\udcff]")
_STAND_IN = re.compile("[\U0010ff80-\U0010ffff]")
_STAND_INS = {0xDC00 + byte: 0x10FF00 + byte for byte in range(0x80, 0x100)}
_STAND_FOR = {private: surrogate for surrogate, private in _STAND_INS.items()}
_ANY_BYTE = re.compile(r"(?:\\Q.*?(?:\\E|\Z)|\\[^C]|[^\\])*\\C", re.DOTALL)
_TEMPLATE = re.compile(rb"\$(?:(\$)|([0-9A-Za-z_\x80-\xff]+)|\{([0-9A-Za-z_\x80-\xff]+)\})?")


class RegexError(ValueError):
    """A pattern that cannot be compiled, in Go's words."""


@functools.lru_cache(maxsize=512)
def compile(pattern: str) -> Any:
    """The compiled pattern; raise RegexError with Go's message."""
    if len(pattern) > MAX_PATTERN:
        raise RegexError(f"error parsing regexp: expression too large: larger than the limit of {MAX_PATTERN} characters")
    if valid(pattern) != pattern:
        raise RegexError(f"error parsing regexp: invalid UTF-8: `{pattern}`")
    if _ANY_BYTE.match(pattern):
        raise RegexError("error parsing regexp: invalid escape sequence: `\\C`")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise RegexError(gopatterns.complaint(error, pattern)) from None


def _compiled(pattern: str) -> Any:
    try:
        return compile(pattern)
    except RegexError as error:
        raise FunctionError(str(error)) from error


def _panicking(pattern: str) -> Any:
    try:
        return compile(pattern)
    except RegexError as error:
        shown = f"`{pattern}`" if can_backquote(pattern) else quote(pattern)
        raise FunctionError(f"regexp: Compile({shown}): {error}") from error


def _matches(regex: Any, data: bytes) -> Iterator[Any]:
    """All matches as Go finds them: left to right, none overlapping, no empty one right behind another."""
    at, previous = 0, -1
    for _ in range(MAX_MATCHES):
        if at > len(data):
            return
        match = regex.search(data, at)
        if match is None:
            return
        start, end = match.span()
        accepted = end != at or start != previous
        at = at + _rune_width(data, at) if end == at else end
        previous = end
        if accepted:
            yield match
    raise _too_many()


def _too_many() -> FunctionError:
    return FunctionError(f"regular expression matches more often than the limit of {MAX_MATCHES} times")


def _rune_width(data: bytes, at: int) -> int:
    width = 1
    while at + width < len(data) and data[at + width] & 0xC0 == 0x80:
        width += 1
    return width


def _searched(text: str) -> bytes:
    """UTF-8 for the library: a byte that is none goes as a character for private use, which only `.` and negated classes match."""
    return to_bytes(text.translate(_STAND_INS) if _INVALID.search(text) else text)


def _shown(data: bytes) -> str:
    """Text of a part of what was searched."""
    text = to_text(data)
    return text.translate(_STAND_FOR) if _STAND_IN.search(text) else text


@TABLE.function("regexMatch", "string", "string", result="bool")
def regex_match(pattern: str, text: str) -> bool:
    """False for a pattern that cannot be compiled."""
    try:
        return compile(pattern).search(_searched(text)) is not None
    except RegexError:
        return False


@TABLE.function("mustRegexMatch", "string", "string", result="bool")
def must_regex_match(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(_searched(text)) is not None


def _find_all(regex: Any, text: str, count: int) -> StringList:
    found = StringList()
    if count == 0:
        return NilStringList()
    for match in _matches(regex, _searched(text)):
        found.append(_shown(match.group()))
        if len(found) == count:
            break
    return found if found else NilStringList()


@TABLE.function("regexFindAll", "string", "string", "int", result="[]string")
def regex_find_all(pattern: str, text: str, count: int) -> StringList:
    return _find_all(_panicking(pattern), text, count)


@TABLE.function("mustRegexFindAll", "string", "string", "int", result="[]string")
def must_regex_find_all(pattern: str, text: str, count: int) -> StringList:
    return _find_all(_compiled(pattern), text, count)


def _find(regex: Any, text: str) -> str:
    match = regex.search(_searched(text))
    return _shown(match.group()) if match else ""


@TABLE.function("regexFind", "string", "string", result="string")
def regex_find(pattern: str, text: str) -> str:
    return _find(_panicking(pattern), text)


@TABLE.function("mustRegexFind", "string", "string", result="string")
def must_regex_find(pattern: str, text: str) -> str:
    return _find(_compiled(pattern), text)


def _replace_all(regex: Any, text: str, replacement: str, *, literal: bool) -> str:
    data, template = _searched(text), to_bytes(replacement)
    literal = literal or b"$" not in template
    names = {to_bytes(name): index for name, index in regex.groupindex.items()}
    references = 0 if literal else template.count(b"$")
    out: list[bytes] = []
    at, last, size, match = 0, 0, 0, None
    while at <= len(data):
        match = regex.search(data, at)
        if match is None:
            break
        if len(out) > 2 * MAX_MATCHES:
            raise _too_many()
        start, end = match.span()
        out.append(data[last:start])
        if end > last or start == 0:
            check_size(size + len(template) + references * (end - start))
            out.append(template if literal else _expanded(template, match, regex.groups, names))
            size += len(out[-1])
        last = end
        at = max(at + _rune_width(data, at), end)
    return _shown(b"".join(out) + data[last:]) if out else text


def _expanded(template: bytes, match: Any, groups: int, names: dict[bytes, int]) -> bytes:
    def group(reference: re.Match[bytes]) -> bytes:
        if reference[1]:
            return b"$"
        name = reference[2] or reference[3]
        if name is None:
            return b"$"
        if name.isdigit() and (name == b"0" or not name.startswith(b"0")):
            index = int(name) if len(name) < 9 else groups + 1
        else:
            index = names.get(name, groups + 1)
        return (match.group(index) or b"") if index <= groups else b""

    return _TEMPLATE.sub(group, template)


@TABLE.function("regexReplaceAll", "string", "string", "string", result="string")
def regex_replace_all(pattern: str, text: str, replacement: str) -> str:
    return _replace_all(_panicking(pattern), text, replacement, literal=False)


@TABLE.function("mustRegexReplaceAll", "string", "string", "string", result="string")
def must_regex_replace_all(pattern: str, text: str, replacement: str) -> str:
    return _replace_all(_compiled(pattern), text, replacement, literal=False)


@TABLE.function("regexReplaceAllLiteral", "string", "string", "string", result="string")
def regex_replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    return _replace_all(_panicking(pattern), text, replacement, literal=True)


@TABLE.function("mustRegexReplaceAllLiteral", "string", "string", "string", result="string")
def must_regex_replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    return _replace_all(_compiled(pattern), text, replacement, literal=True)


def _split(regex: Any, pattern: str, text: str, count: int) -> StringList:
    if count == 0:
        return NilStringList()
    if pattern and not text:
        return StringList([""])
    data = _searched(text)
    parts, start, end = StringList(), 0, 0
    for index, match in enumerate(_matches(regex, data)):
        if count > 0 and (len(parts) >= count - 1 or index == count):
            break
        end = match.start()
        if match.end() != 0:
            parts.append(_shown(data[start:end]))
        start = match.end()
    if end != len(data):
        parts.append(_shown(data[start:]))
    return parts


@TABLE.function("regexSplit", "string", "string", "int", result="[]string")
def regex_split(pattern: str, text: str, count: int) -> StringList:
    return _split(_panicking(pattern), pattern, text, count)


@TABLE.function("mustRegexSplit", "string", "string", "int", result="[]string")
def must_regex_split(pattern: str, text: str, count: int) -> StringList:
    return _split(_compiled(pattern), pattern, text, count)


@TABLE.function("regexQuoteMeta", "string", result="string")
def regex_quote_meta(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)
