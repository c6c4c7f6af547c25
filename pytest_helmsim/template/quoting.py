"""Go's quoted strings, out (`%q`) and in (literals). Go: strconv/quote.go."""

from __future__ import annotations

import unicodedata

_ESCAPES = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\"}
_UNESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_PRINTABLE_CATEGORIES = frozenset({"L", "M", "N", "P", "S"})


def is_printable(char: str) -> bool:
    """`strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space."""
    return char == " " or (unicodedata.category(char)[0] in _PRINTABLE_CATEGORIES)


def quote(text: str, *, ascii_only: bool = False, mark: str = '"') -> str:
    """`strconv.Quote`, with `ascii_only` `QuoteToASCII`, with mark `'` `QuoteRune`; lone bytes become `\\xff`."""
    if text.isascii() and text.isprintable() and mark not in text and "\\" not in text:
        return f"{mark}{text}{mark}"
    out = [mark]
    for char in text:
        code = ord(char)
        if char == mark:
            out.append("\\" + char)
        elif char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif 0xDC80 <= code <= 0xDCFF:
            out.append(f"\\x{code - 0xDC00:02x}")
        elif is_printable(char) and (code < 0x80 or not ascii_only):
            out.append(char)
        elif code < 0x20 or code == 0x7F:
            out.append(f"\\x{code:02x}")
        elif code < 0x10000:
            out.append(f"\\u{code:04x}")
        else:
            out.append(f"\\U{code:08x}")
    out.append(mark)
    return "".join(out)


def can_backquote(text: str) -> bool:
    """`strconv.CanBackquote`: one line without control characters (but tabs), back quotes and broken bytes."""
    return not any((char < " " and char != "\t") or char in "`\x7f\ufeff" or "\ud800" <= char <= "\udfff" for char in text)


def unquote(literal: str) -> str:
    """The value of a string literal with its quotes; ValueError("invalid syntax") for a wrong escape."""
    body = literal[1:-1]
    if literal[0] == "`":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    out = bytearray()
    position = 0
    while position < len(body):
        data, position = unquote_char(body, position, '"')
        out += data
    return out.decode("utf-8", "surrogateescape")


def unquote_char(text: str, position: int, mark: str) -> tuple[bytes, int]:
    """One character or escape at `position` as UTF-8 (one byte for `\\x` and octal), and the position behind it."""
    if position >= len(text) or text[position] == mark:
        raise ValueError("invalid syntax")
    char = text[position]
    position += 1
    if char != "\\":
        return char.encode("utf-8", "surrogateescape"), position
    if position >= len(text):
        raise ValueError("invalid syntax")
    char = text[position]
    position += 1
    if char in _UNESCAPES:
        return bytes([_UNESCAPES[char]]), position
    if char in "xuU":
        count = {"x": 2, "u": 4, "U": 8}[char]
        code = _digits(text, position, count=count, base=16)
        if char == "x":
            return bytes([code]), position + count
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise ValueError("invalid syntax")
        return chr(code).encode(), position + count
    if char in "01234567":
        code = _digits(text, position - 1, count=3, base=8)
        if code > 255:
            raise ValueError("invalid syntax")
        return bytes([code]), position + 2
    if char in "'\"" and char == mark:
        return char.encode(), position
    raise ValueError("invalid syntax")


def _digits(text: str, position: int, *, count: int, base: int) -> int:
    digits = text[position : position + count]
    allowed = "0123456789abcdefABCDEF" if base == 16 else "01234567"
    if len(digits) < count or any(each not in allowed for each in digits):
        raise ValueError("invalid syntax")
    return int(digits, base)
