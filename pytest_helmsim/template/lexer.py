"""Template text to tokens; trimming and comments end here, the parser never sees them.

`{{- ` drops the white space before the action, ` -}}` the one after it; the space beside the minus is required, so `{{-3}}` is a number.
An unreadable text gives tokens up to the fault and then one ERROR token, since the parser may find an earlier fault.
Go: text/template/parse/lex.go.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from pytest_helmsim.template.quoting import is_printable, quote

ERROR: Final = 0
BOOL: Final = 1
CHAR: Final = 2
CHAR_CONSTANT: Final = 3
COMPLEX: Final = 4
ASSIGN: Final = 5
DECLARE: Final = 6
EOF: Final = 7
FIELD: Final = 8
IDENTIFIER: Final = 9
LEFT_DELIM: Final = 10
LEFT_PAREN: Final = 11
NUMBER: Final = 12
PIPE: Final = 13
RAW_STRING: Final = 14
RIGHT_DELIM: Final = 15
RIGHT_PAREN: Final = 16
SPACE: Final = 17
STRING: Final = 18
TEXT: Final = 19
VARIABLE: Final = 20
KEYWORD: Final = 21
"""Types above this one are keywords."""
BLOCK: Final = 22
BREAK: Final = 23
CONTINUE: Final = 24
DOT: Final = 25
DEFINE: Final = 26
ELSE: Final = 27
END: Final = 28
IF: Final = 29
NIL: Final = 30
RANGE: Final = 31
TEMPLATE: Final = 32
WITH: Final = 33

Token: TypeAlias = tuple[int, int, str]
"""Type, position in the text, value."""

KEYWORDS: Final = {
    "block": BLOCK,
    "break": BREAK,
    "continue": CONTINUE,
    "define": DEFINE,
    "else": ELSE,
    "end": END,
    "if": IF,
    "nil": NIL,
    "range": RANGE,
    "template": TEMPLATE,
    "with": WITH,
    "true": BOOL,
    "false": BOOL,
}
SPACES: Final = " \t\r\n"

_NUMBER = (
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_SCAN_NUMBER = re.compile(_NUMBER)
_SIMPLE = {"=": ASSIGN, ":=": DECLARE, "|": PIPE, "(": LEFT_PAREN, ")": RIGHT_PAREN}


class Delimiters(NamedTuple):
    left: str = "{{"
    right: str = "}}"


BRACES: Final = Delimiters()


@lru_cache(maxsize=8)
def _action_pattern(right: str) -> re.Pattern[str]:
    """One token inside an action; the group's number is looked up in `_scan_action`."""
    end = re.escape(right)
    stop = rf"(?=[ \t\r\n.,|:)(]|{end}|\Z)"
    return re.compile(
        rf"(?P<end>[ \t\r\n]-{end}[ \t\r\n]*|{end})"
        rf"|(?P<space>[ \t\r\n]+(?=[ \t\r\n]-{end})|[ \t\r\n]+)"
        rf"|(?P<field>\.[A-Za-z_][A-Za-z0-9_]*){stop}"
        rf"|(?P<word>[A-Za-z_][A-Za-z0-9_]*){stop}"
        rf"|(?P<variable>\$[A-Za-z0-9_]*){stop}"
        r'|(?P<string>"(?:[^"\\\n]|\\[^\n])*")'
        r"|(?P<simple>:=|[=|()])"
        rf"|(?P<dot>\.){stop}(?!\Z)"
        r"|(?P<raw>`[^`]*`)"
        r"|(?P<char>'(?:[^'\\\n]|\\[^\n])*')"
    )


def tokenize(text: str, delimiters: Delimiters = BRACES) -> list[Token]:
    """All tokens; the last is EOF or ERROR."""
    left, right = delimiters
    tokens: list[Token] = []
    position, size = 0, len(text)
    while True:
        start = text.find(left, position)
        if start < 0:
            if position < size:
                tokens.append((TEXT, position, text[position:]))
            tokens.append((EOF, size, ""))
            return tokens
        inside = start + len(left)
        trims = text[inside : inside + 1] == "-" and text[inside + 1 : inside + 2] in SPACES and inside + 1 < size
        if start > position:
            piece = text[position:start]
            if trims:
                piece = piece.rstrip(SPACES)
            if piece:
                tokens.append((TEXT, position, piece))
        if trims:
            inside += 2
        if text.startswith("/*", inside):
            close = text.find("*/", inside + 2)
            if close < 0:
                tokens.append((ERROR, inside, "unclosed comment"))
                return tokens
            end = _action_pattern(right).match(text, close + 2)
            if end is None or end.lastgroup != "end":
                tokens.append((ERROR, inside, "comment ends before closing delimiter"))
                return tokens
            position = end.end()
            continue
        tokens.append((LEFT_DELIM, start, left))
        position = _scan_action(text, inside, right, tokens)
        if position < 0:
            return tokens


def _scan_action(text: str, position: int, right: str, tokens: list[Token]) -> int:
    """Add the tokens of one action up to its right delimiter; give the position behind it, or -1 after an ERROR token."""
    match = _action_pattern(right).match
    add = tokens.append
    depth = 0
    while True:
        found = match(text, position)
        if found is None:
            token, after = _scan_rare(text, position, right)
            add(token)
            if token[0] == ERROR:
                return -1
            position = after
            continue
        kind, value, after = found.lastgroup, found.group(), found.end()
        if kind == "space":
            add((SPACE, position, value))
        elif kind == "field":
            add((FIELD, position, value))
        elif kind == "word":
            add((KEYWORDS.get(value, IDENTIFIER), position, value))
        elif kind == "end":
            if depth:
                add((ERROR, position, "unclosed left paren"))
                return -1
            add((RIGHT_DELIM, position if value == right else position + 2, right))
            return after
        elif kind == "variable":
            add((VARIABLE, position, value))
        elif kind == "string":
            add((STRING, position, value))
        elif kind == "simple":
            if value == "(":
                depth += 1
            elif value == ")":
                depth -= 1
                if depth < 0:
                    add((ERROR, position, "unexpected right paren"))
                    return -1
            add((_SIMPLE[value], position, value))
        elif kind == "dot":
            add((DOT, position, value))
        elif kind == "raw":
            add((RAW_STRING, position, value))
        else:
            add((CHAR_CONSTANT, position, value))
        position = after


def _scan_rare(text: str, start: int, right: str) -> tuple[Token, int]:
    """Numbers, identifiers with letters outside ASCII, single characters, and everything that is wrong."""
    if start >= len(text):
        return (ERROR, start, "unclosed action"), start
    first = text[start]
    if first == ":":
        return (ERROR, start, "expected :="), start
    if first == '"':
        return (ERROR, start, "unterminated quoted string"), start
    if first == "`":
        return (ERROR, start, "unterminated raw quoted string"), start
    if first == "'":
        return (ERROR, start, "unterminated character constant"), start
    after = start + 1
    if first == "$" or (first == "." and after < len(text) and not ("0" <= text[after] <= "9")):
        return _scan_name(text, start, after, VARIABLE if first == "$" else FIELD, right)
    if first in "+-." or "0" <= first <= "9":
        return _scan_number(text, start)
    if is_alphanumeric(first):
        return _scan_name(text, start, start, IDENTIFIER, right)
    if first.isascii() and first.isprintable():
        return (CHAR, start, first), after
    return (ERROR, start, f"unrecognized character in action: {describe(first)}"), start


def _scan_name(text: str, start: int, position: int, kind: int, right: str) -> tuple[Token, int]:
    while position < len(text) and is_alphanumeric(text[position]):
        position += 1
    if position < len(text) and text[position] not in " \t\r\n.,|:)(" and not text.startswith(right, position):
        return (ERROR, start, f"bad character {describe(text[position])}"), start
    return (kind, start, text[start:position]), position


def _scan_number(text: str, start: int) -> tuple[Token, int]:
    kind = NUMBER
    position = start
    while True:
        found = _SCAN_NUMBER.match(text, position)
        position = found.end() if found is not None else position
        if position < len(text) and is_alphanumeric(text[position]):
            return (ERROR, start, f"bad number syntax: {quote(text[start : position + 1])}"), start
        if kind == COMPLEX and text[position - 1] != "i":
            return (ERROR, start, f"bad number syntax: {quote(text[start:position])}"), start
        if kind == COMPLEX or text[position : position + 1] not in ("+", "-"):
            return (kind, start, text[start:position]), position
        kind = COMPLEX


def is_alphanumeric(char: str) -> bool:
    """A letter, a decimal digit or an underscore, by Unicode's categories."""
    return char == "_" or char.isalpha() or unicodedata.category(char) == "Nd"


def describe(char: str) -> str:
    """Go's `%#U`: `U+0040 '@'`."""
    code = f"U+{ord(char):04X}"
    return f"{code} '{char}'" if is_printable(char) else code


def show(token: Token) -> str:
    """A token in an error message: `<if>`, `"foo"`, `"a long tex"...`, `EOF`."""
    kind, _, value = token
    if kind == EOF:
        return "EOF"
    if kind == ERROR:
        return value
    if kind > KEYWORD:
        return f"<{value}>"
    if len(value.encode("utf-8", "surrogateescape")) > 10:
        return f"{quote(value[:10])}..."
    return quote(value)
