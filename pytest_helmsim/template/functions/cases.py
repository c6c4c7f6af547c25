"""Upper, lower, title, camel, snake and kebab case, rune by rune.

Source: Go src/strings; github.com/Masterminds/goutils v1.1.1 wordutils.go; github.com/huandu/xstrings v1.5.0 convert.go.
"""

from __future__ import annotations

from itertools import takewhile

from pytest_helmsim.template.functions.runes import (
    SPACE_SET,
    is_digit,
    is_letter,
    is_lower,
    is_number,
    is_punctuation,
    is_title,
    is_upper,
    lower_rune,
    map_runes,
    title_rune,
    upper_rune,
    valid,
)
from pytest_helmsim.template.signatures import Table

TABLE = Table()

_BAD = "\ufffd" + "".join(map(chr, range(0xDC80, 0xDD00)))


@TABLE.function("upper", "string", result="string")
def upper(text: str) -> str:
    return text.upper() if text.isascii() else map_runes(text, upper_rune)


@TABLE.function("lower", "string", result="string")
def lower(text: str) -> str:
    return text.lower() if text.isascii() else map_runes(text, lower_rune)


@TABLE.function("title", "string", result="string")
def title(text: str) -> str:
    out, previous = [], " "
    for char in valid(text):
        out.append(title_rune(char) if _separates(previous) else char)
        previous = char
    return "".join(out)


def _separates(char: str) -> bool:
    if char < "\x80":
        return not (char.isalnum() or char == "_")
    return not (is_letter(char) or is_digit(char)) and char in SPACE_SET


@TABLE.function("untitle", "string", result="string")
def untitle(text: str) -> str:
    out, first = [], True
    for char in valid(text):
        if char in SPACE_SET:
            first = True
        elif first:
            char, first = lower_rune(char), False
        out.append(char)
    return "".join(out)


@TABLE.function("swapcase", "string", result="string")
def swapcase(text: str) -> str:
    """Upper to lower, lower to upper, but title case at the start of a word."""
    out, space = [], True
    for char in valid(text):
        if is_upper(char) or is_title(char):
            char, space = lower_rune(char), False
        elif is_lower(char):
            char, space = title_rune(char) if space else upper_rune(char), False
        else:
            space = char in SPACE_SET
        out.append(char)
    return "".join(out)


def _connects(char: str) -> bool:
    return char in "-_" or char in SPACE_SET


@TABLE.function("camelcase", "string", result="string")
def camelcase(text: str) -> str:
    """`some_words` is `SomeWords`; leading and doubled connectors stay."""
    runes = valid(text)
    lead = "".join(takewhile(_connects, runes))
    rest = runes[len(lead) :]
    if not rest:
        return lead + lead[-1:]
    was_upper = is_upper(rest[0])
    out, char = [lead], upper_rune(rest[0])
    if len(rest) == 1:
        return lead + char
    for following in rest[1:]:
        previous, char = char, following
        if _connects(char) and _connects(previous):
            out.append(previous)
            continue
        if _connects(previous):
            was_upper = is_upper(char)
            char = upper_rune(char)
            continue
        if was_upper:
            if is_upper(char):
                char = lower_rune(char)
            else:
                was_upper = False
        out.append(previous)
    return "".join([*out, char])


@TABLE.function("snakecase", "string", result="string")
def snakecase(text: str) -> str:
    return _delimited(text, "_")


@TABLE.function("kebabcase", "string", result="string")
def kebabcase(text: str) -> str:
    return _delimited(text, "-")


_INVALID, _NUMBER, _UPPER, _ALPHABET, _CONNECTOR, _PUNCTUATION, _OTHER = range(7)


def _is_alphabet(char: str) -> bool:
    """A letter that is no CJK ideograph."""
    if not is_letter(char):
        return False
    return not ("\u4e00" <= char <= "\u9fcc" or "\u3400" <= char <= "\u4d85" or "\U00020000" <= char <= "\U0002b81d")


class _Words:
    """Cuts a text into words of one kind each; an exhausted text gives (_INVALID, "")."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def next(self) -> tuple[int, str]:
        """Kind and text of the next word."""
        text = self.rest
        if not text:
            return _INVALID, ""
        skipped = len(text) - len(text.lstrip(_BAD))
        if skipped == len(text):
            self.rest = ""
            return _INVALID, text
        kind, length = _classify(text, skipped)
        self.rest = text[length:]
        return kind, text[:length]


def _classify(text: str, skipped: int) -> tuple[int, int]:
    char, at = text[skipped], skipped + 1
    if _connects(char):
        return _CONNECTOR, _run(text, at, _connects)
    if is_punctuation(char):
        return _PUNCTUATION, _run(text, at, is_punctuation)
    if is_upper(char):
        return _UPPER, _upper_run(text, at)
    if _is_alphabet(char):
        return _ALPHABET, _run(text, at, _continues_lower)
    if is_number(char):
        return _NUMBER, _run(text, at, is_number)
    return _OTHER, _run(text, at, _is_other)


def _continues_lower(char: str) -> bool:
    return _is_alphabet(char) and not is_upper(char)


def _is_other(char: str) -> bool:
    return not (_connects(char) or _is_alphabet(char) or is_number(char) or is_punctuation(char))


def _run(text: str, at: int, belongs: object) -> int:
    assert callable(belongs)
    while at < len(text) and (text[at] in _BAD or belongs(text[at])):
        at += 1
    return at


def _upper_run(text: str, at: int) -> int:
    if at >= len(text):
        return at
    if is_upper(text[at]):
        end = at
        while end < len(text) and is_upper(text[end]):
            end += 1
        return end - 1 if end < len(text) and _is_alphabet(text[end]) else end
    if _is_alphabet(text[at]):
        return _run(text, at + 1, _continues_lower)
    return at


def _delimited(text: str, connector: str) -> str:
    """Words in lower case with a connector between; a number joins the word before it unless letters follow.

    `HTTPServer = http_server`, `Bld4Floor3rd = bld4_floor_3rd`.
    """
    words, out = _Words(text), []
    kind, word = words.next()

    def put(kind: int, word: str) -> None:
        if kind in (_UPPER, _CONNECTOR):
            word = "".join(connector if _connects(char) else lower_rune(char) if is_upper(char) else char for char in valid(word))
        out.append(word)

    def put_letters_and_numbers() -> None:
        nonlocal kind, word
        while kind in (_ALPHABET, _NUMBER):
            put(kind, word)
            kind, word = words.next()

    while words.rest:
        if kind != _CONNECTOR:
            put(kind, word)
        previous, last = kind, word
        kind, word = words.next()
        if previous == _NUMBER:
            put_letters_and_numbers()
            if kind not in (_INVALID, _PUNCTUATION, _CONNECTOR):
                out.append(connector)
        elif previous == _CONNECTOR:
            put(previous, last)
        elif previous == _PUNCTUATION:
            continue
        elif kind != _NUMBER:
            if kind not in (_CONNECTOR, _PUNCTUATION):
                out.append(connector)
        elif words.rest:
            number = word
            kind, word = words.next()
            if kind != _ALPHABET:
                put(_NUMBER, number)
                if kind not in (_CONNECTOR, _PUNCTUATION):
                    out.append(connector)
                continue
            out.append(connector)
            put(_NUMBER, number)
            put_letters_and_numbers()
            if kind not in (_INVALID, _CONNECTOR, _PUNCTUATION):
                out.append(connector)
    put(kind, word)
    return "".join(out)
