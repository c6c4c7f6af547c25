"""Strings: cutting, filling, searching, quoting. Go counts bytes, so lengths and positions here are bytes too.

Source: github.com/Masterminds/sprig/v3 strings.go; github.com/Masterminds/goutils v1.1.1; Go src/strings.
"""

from __future__ import annotations

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.casts import strslice, strval, value_text
from pytest_helmsim.template.functions.runes import SPACES, byte_length, byte_slice, to_bytes, to_text
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.quoting import quote as quote_text
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import StringList, StringMap, Value, go_kind

TABLE = Table()

_ITEM_SIZE = 60


@TABLE.function("hello", result="string")
def hello() -> str:
    return "Hello!"


@TABLE.function("toString", "any", result="string")
def to_string(value: Value) -> str:
    return strval(value)


@TABLE.function("toStrings", "any", result="[]string")
def to_strings(value: Value) -> StringList:
    return value if type(value) is StringList else StringList(strslice(value))


@TABLE.function("trim", "string", result="string")
def trim(text: str) -> str:
    return text.strip(SPACES)


@TABLE.function("trimall", "string", "string", result="string")
@TABLE.function("trimAll", "string", "string", result="string")
def trim_all(cutset: str, text: str) -> str:
    return text.strip(cutset) if cutset else text


@TABLE.function("trimSuffix", "string", "string", result="string")
def trim_suffix(suffix: str, text: str) -> str:
    return text.removesuffix(suffix)


@TABLE.function("trimPrefix", "string", "string", result="string")
def trim_prefix(prefix: str, text: str) -> str:
    return text.removeprefix(prefix)


@TABLE.function("contains", "string", "string", result="bool")
def contains(part: str, text: str) -> bool:
    return part in text


@TABLE.function("hasPrefix", "string", "string", result="bool")
def has_prefix(prefix: str, text: str) -> bool:
    return text.startswith(prefix)


@TABLE.function("hasSuffix", "string", "string", result="bool")
def has_suffix(suffix: str, text: str) -> bool:
    return text.endswith(suffix)


@TABLE.function("replace", "string", "string", "string", result="string")
def replace(old: str, new: str, text: str) -> str:
    if len(new) > len(old):
        check_size(len(text) + (text.count(old)) * (len(new) - len(old)))
    return text.replace(old, new)


@TABLE.function("repeat", "int", "string", result="string")
def repeat(count: int, text: str) -> str:
    return repeated(text, count)


def repeated(text: str, count: int) -> str:
    """`strings.Repeat`, within the limit of sizes."""
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    check_size(len(text) * count)
    return text * count


@TABLE.function("trunc", "int", "string", result="string")
def trunc(count: int, text: str) -> str:
    length = byte_length(text)
    if count < 0 and length + count > 0:
        return byte_slice(text, length + count, None)
    if 0 <= count < length:
        return byte_slice(text, None, count)
    return text


@TABLE.function("substr", "int", "int", "string", result="string")
def substr(start: int, end: int, text: str) -> str:
    length = byte_length(text)
    if start < 0:
        if end < 0:
            raise FunctionError(f"runtime error: slice bounds out of range [:{end}]")
        if end > length:
            raise FunctionError(f"runtime error: slice bounds out of range [:{end}] with length {length}")
        return byte_slice(text, None, end)
    if end < 0 or end > length:
        end = length
    if start > end:
        raise FunctionError(f"runtime error: slice bounds out of range [{start}:{end}]")
    return byte_slice(text, start, end)


@TABLE.function("abbrev", "int", "string", result="string")
def abbrev(width: int, text: str) -> str:
    return text if width < 4 else to_text(_abbreviated(to_bytes(text), 0, width))


@TABLE.function("abbrevboth", "int", "int", "string", result="string")
def abbrevboth(left: int, right: int, text: str) -> str:
    if right < 4 or (left > 0 and right < 7):
        return text
    return to_text(_abbreviated(to_bytes(text), left, right))


def _abbreviated(data: bytes, offset: int, width: int) -> bytes:
    length = len(data)
    if width < 4 or length <= width:
        return data if length <= width else b""
    offset = min(offset, length)
    if length - offset < width - 3:
        offset = length - (width - 3)
    if offset <= 4:
        return data[: width - 3] + b"..."
    if width < 7:
        return b""
    if offset + width - 3 < length:
        return b"..." + _abbreviated(data[offset:], 0, width - 3)
    return b"..." + data[length - (width - 3) :]


@TABLE.function("nospace", "string", result="string")
def nospace(text: str) -> str:
    """Byte by byte: once a blank is found, every byte beyond ASCII is taken for a Latin-1 character of its own."""
    data = to_bytes(text)
    kept = [byte for byte in data if chr(byte) not in SPACES]
    return text if len(kept) == len(data) else "".join(map(chr, kept))


@TABLE.function("initials", "string", result="string")
def initials(text: str) -> str:
    """First byte of each word, as a Latin-1 character."""
    out, gap = [], True
    for byte in to_bytes(text):
        if chr(byte) in SPACES:
            gap = True
        elif gap:
            out.append(chr(byte))
            gap = False
    return "".join(out)


@TABLE.function("wrap", "int", "string", result="string")
def wrap(width: int, text: str) -> str:
    return _wrapped(text, width, "\n", break_words=False)


@TABLE.function("wrapWith", "int", "string", "string", result="string")
def wrap_with(width: int, separator: str, text: str) -> str:
    return _wrapped(text, width, separator or "\n", break_words=True)


def _wrapped(text: str, width: int, newline: str, *, break_words: bool) -> str:
    data, width = to_bytes(text), max(width, 1)
    check_size(len(data) + len(newline) * (len(data) // width if break_words else data.count(b" ")))
    lines, at, tail = [], 0, b""
    while len(data) - at > width:
        if data[at : at + 1] == b" ":
            at += 1
            continue
        blank = data.rfind(b" ", at, at + width + 1)
        if blank >= 0:
            lines.append(data[at:blank])
            at = blank + 1
        elif break_words:
            lines.append(data[at : at + width])
            at += width
        else:
            blank = data.find(b" ", at + width)
            if blank < 0:
                tail, at = data[at:], len(data)
            else:
                lines.append(data[at:blank])
                at = blank + 1
    end = to_bytes(newline)
    return to_text(b"".join(line + end for line in lines) + tail + data[at:])


@TABLE.function("quote", variadic="any", result="string")
def quote(*values: Value) -> str:
    return " ".join([quote_text(strval(value)) for value in values if value is not None])


@TABLE.function("squote", variadic="any", result="string")
def squote(*values: Value) -> str:
    return " ".join([f"'{value_text(value)}'" for value in values if value is not None])


@TABLE.function("cat", variadic="any", result="string")
def cat(*values: Value) -> str:
    return " ".join([value_text(value) for value in values if value is not None])


@TABLE.function("indent", "int", "string", result="string")
def indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise FunctionError("strings: negative Repeat count")
    check_size(len(text) + spaces * (text.count("\n") + 1))
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


@TABLE.function("nindent", "int", "string", result="string")
def nindent(spaces: int, text: str) -> str:
    return "\n" + indent(spaces, text)


@TABLE.function("plural", "string", "string", "int", result="string")
def plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@TABLE.function("join", "string", "any", result="string")
def join(separator: str, value: Value) -> str:
    parts = strslice(value)
    check_size(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


@TABLE.function("splitList", "string", "string", result="[]string")
def split_list(separator: str, text: str) -> StringList:
    return StringList(_split(text, separator, -1))


@TABLE.function("split", "string", "string", result="map[string]string")
def split(separator: str, text: str) -> StringMap:
    return StringMap((f"_{index}", part) for index, part in enumerate(_split(text, separator, -1)))


@TABLE.function("splitn", "string", "int", "string", result="map[string]string")
def splitn(separator: str, count: int, text: str) -> StringMap:
    return StringMap((f"_{index}", part) for index, part in enumerate(_split(text, separator, count)))


def _split(text: str, separator: str, count: int) -> list[str]:
    """`strings.SplitN`: by characters with an empty separator, nothing for a count of 0, everything for one below."""
    if count == 0:
        return []
    check_size((text.count(separator) + 1 if separator else len(text)) * _ITEM_SIZE)
    if separator:
        return text.split(separator, count - 1 if count > 0 else -1)
    if count < 0 or count >= len(text):
        return list(text)
    return [*text[: count - 1], text[count - 1 :]]


@TABLE.function("sortAlpha", "any", result="[]string")
def sort_alpha(value: Value) -> StringList:
    """By bytes; a []string is sorted in place, as Go's does."""
    if value is None or go_kind(value) not in ("slice", "array"):
        return StringList([strval(value)])
    result = value if isinstance(value, StringList) else StringList(strslice(value))
    result.sort(key=to_bytes)
    return result
