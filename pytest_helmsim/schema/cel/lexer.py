"""Text to tokens, each with its place; what is no token is a complaint, and reading goes on after it.

The longest match counts, and of equal ones the first. Source: github.com/google/cel-go parser/gen/CEL.g4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_helmsim.schema.cel.nodes import Issues

_ESCAPE = r"\\(?:[abfnrtv\"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
_STRING = (
    rf'"""(?:{_ESCAPE}|[^\\])*?"""'
    rf"|'''(?:{_ESCAPE}|[^\\])*?'''"
    rf'|"(?:{_ESCAPE}|[^\\"\n\r])*"'
    rf"|'(?:{_ESCAPE}|[^\\'\n\r])*'"
    r'|[rR]""".*?"""'
    r"|[rR]'''.*?'''"
    r'|[rR]"[^"\n\r]*"'
    r"|[rR]'[^'\n\r]*'"
)
_TOKEN = re.compile(
    rf"""(?P<hidden>[\t \r\n\f]+|//[^\n]*)
    |(?P<BYTES>[bB](?:{_STRING}))
    |(?P<STRING>{_STRING})
    |(?P<NUM_UINT>0x[0-9a-fA-F]+[uU]|[0-9]+[uU])
    |(?P<NUM_FLOAT>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    |(?P<NUM_INT>0x[0-9a-fA-F]+|[0-9]+)
    |(?P<IDENTIFIER>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<ESC_IDENTIFIER>`[A-Za-z0-9_./\ -]+`)
    |(?P<op>==|!=|<=|>=|&&|\|\||[][(){{}}.,!?:+*/%<>-])""",
    re.VERBOSE | re.DOTALL,
)
_BEGUN = re.compile(r"\\(?:[0-3][0-7]?|[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7})")
HIDDEN = re.compile(r"[\t \r\n\f]+|//[^\n]*")
"""What stands between tokens."""
_WORDS = frozenset(["in", "true", "false", "null"])
KINDS = (
    "==", "!=", "in", "<", "<=", ">=", ">", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*", "/", "%",
    "true", "false", "null", "WHITESPACE", "COMMENT", "NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER",
    "ESC_IDENTIFIER",
)  # fmt: skip
"""Kinds of tokens in the order in which the real compiler lists what it expected."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (an operator or word is its own kind), its text and where it starts."""

    kind: str
    text: str
    at: int


def scan(text: str, issues: Issues) -> list[Token]:
    """The tokens, with an EOF at their end."""
    found: list[Token] = []
    at, end = 0, len(text)
    match = _TOKEN.match
    while at < end:
        token = match(text, at)
        if token is None:
            at = _skip(text, at, issues)
            continue
        kind, words = token.lastgroup, token.group()
        if kind == "op" or words in _WORDS:
            found.append(Token(words, words, at))
        elif kind is not None and kind != "hidden":
            found.append(Token(kind, words, at))
        at = token.end()
    found.append(Token("EOF", "<EOF>", end))
    return found


def _skip(text: str, at: int, issues: Issues) -> int:
    """What a lexer drops when it gives up: what it had read on the way to a string, a number of two letters, or one letter."""
    end = at + 1
    rest = text[at:]
    quoted = re.match(r"[bB]?[rR]?(?:\"\"\"|'''|\"|')", rest)
    if quoted is not None:
        end = at + _unfinished(rest)
    elif rest.startswith("`"):
        end = at + len(re.match(r"`[A-Za-z0-9_./ -]*", rest).group())  # type: ignore[union-attr]
        end = min(end + 1, len(text)) if end < len(text) else end
    elif rest[0] in "&|=":
        end = min(at + 2, len(text))
    issues.report(at, f"Syntax error: token recognition error at: '{text[at:end]}'")
    return end


def _unfinished(rest: str) -> int:
    """How far a string without an end was read: up to and with the letter that cannot stand in it."""
    head = re.match(r"[bB]?([rR]?)(\"\"\"|'''|\"|')", rest)
    assert head is not None
    raw, quote = head[1], head[2]
    at = head.end()
    while at < len(rest):
        letter = rest[at]
        if not raw and letter == "\\":
            escape = re.compile(_ESCAPE).match(rest, at)
            if escape is None:
                known = _BEGUN.match(rest, at)
                return min((known.end() if known else at + 1) + 1, len(rest))
            at = escape.end()
            continue
        if len(quote) == 1 and letter in "\n\r":
            return at + 1
        at += 1
    return at
