"""Single characters as Go's package unicode sees them, and byte-wise views of strings.

Case mapping is by rune: `ß` stays `ß` in upper case. Bytes that are no UTF-8 become U+FFFD wherever Go goes by runes.

Source: Go src/unicode, src/strings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
SPACE_SET = frozenset(SPACES)
_INVALID = re.compile("[\ud800-\udfff]")


def to_bytes(text: str) -> bytes:
    """The bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def to_text(data: bytes) -> str:
    """A Go string of bytes."""
    return data.decode("utf-8", "surrogateescape")


def valid(text: str) -> str:
    """With U+FFFD for each byte that is no UTF-8, as `[]rune(text)` gives it."""
    return text if text.isascii() else _INVALID.sub("\ufffd", text)


def byte_length(text: str) -> int:
    """`len(text)` in Go."""
    return len(text) if text.isascii() else len(to_bytes(text))


def byte_slice(text: str, start: int | None, end: int | None) -> str:
    """`text[start:end]` in Go, for bounds that are in range."""
    return text[start:end] if text.isascii() else to_text(to_bytes(text)[start:end])


def upper_rune(char: str) -> str:
    """`unicode.ToUpper`."""
    upper = char.upper()
    if len(upper) == 1:
        return upper
    title = char.title()
    return title if len(title) == 1 else char


def lower_rune(char: str) -> str:
    """`unicode.ToLower`."""
    lower = char.lower()
    return lower if len(lower) == 1 else lower[0]


def title_rune(char: str) -> str:
    """`unicode.ToTitle`."""
    title = char.title()
    return title if len(title) == 1 else char


def map_runes(text: str, change: Callable[[str], str]) -> str:
    """`strings.Map` with a function that drops nothing."""
    return "".join(map(change, valid(text)))


def is_upper(char: str) -> bool:
    """`unicode.IsUpper`."""
    return unicodedata.category(char) == "Lu"


def is_lower(char: str) -> bool:
    """`unicode.IsLower`."""
    return unicodedata.category(char) == "Ll"


def is_title(char: str) -> bool:
    """`unicode.IsTitle`."""
    return unicodedata.category(char) == "Lt"


def is_letter(char: str) -> bool:
    """`unicode.IsLetter`."""
    return unicodedata.category(char)[0] == "L"


def is_digit(char: str) -> bool:
    """`unicode.IsDigit`."""
    return unicodedata.category(char) == "Nd"


def is_number(char: str) -> bool:
    """`unicode.IsNumber`."""
    return unicodedata.category(char)[0] == "N"


def is_punctuation(char: str) -> bool:
    """`unicode.IsPunct`."""
    return unicodedata.category(char)[0] == "P"
