"""Shell patterns as Go has them: path.Match, and the richer ones of `.Files.Glob`.

`shell(pattern)`: `*` and `?` do not cross `/`, `[a-z]`, `[^a-z]`, `\\` escapes. `deep(pattern)`: besides, `**` crosses `/`, `{a,b}` is a
choice, `[!a]` negates. Both give a function text -> bool (in linear time, by RE2) and raise ValueError for a broken pattern.

Source: Go path/match.go; github.com/gobwas/glob.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final

MAX_PATTERN: Final = 4096
Matcher = Callable[[str], bool]
_SUFFIX: Final = re.compile(r"\*[\w. ~-]+", re.ASCII)
_SIMPLE: Final = re.compile(r"[\w./ ~?-]*(?:\*[\w./ ~?-]*){0,2}", re.ASCII)
"""Patterns that Python's own expressions match in no more than quadratic time."""
_PLAIN: Final = re.compile(r"[\w./ ~-]+", re.ASCII)


@functools.lru_cache(maxsize=512)
def shell(pattern: str) -> Matcher:
    """path.Match as a function of the name."""
    return _compile(pattern, deep=False)


@functools.lru_cache(maxsize=512)
def deep(pattern: str) -> Matcher:
    """glob.Compile(pattern, '/') as a function of the name."""
    return _compile(pattern, deep=True)


def _compile(pattern: str, *, deep: bool) -> Matcher:
    if len(pattern) > MAX_PATTERN:
        raise ValueError("pattern is too long")
    if _PLAIN.fullmatch(pattern):
        return pattern.__eq__
    if _SUFFIX.fullmatch(pattern):
        suffix = pattern[1:]
        return lambda text: text.endswith(suffix) and "/" not in text
    if _SIMPLE.fullmatch(pattern):
        simple = re.compile(_translate(pattern, deep), re.DOTALL)
        return lambda text: simple.fullmatch(text) is not None
    import re2

    try:
        expression = re2.compile("(?s)" + _translate(pattern, deep))
    except re2.error as error:
        raise ValueError("syntax error in pattern") from error
    return lambda text: expression.fullmatch(_scalars(text)) is not None


def _scalars(text: str) -> str:
    """The text without surrogate escapes, which RE2 does not take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _translate(pattern: str, deep: bool) -> str:
    parts: list[str] = []
    index, choices = 0, 0
    while index < len(pattern):
        character = pattern[index]
        index += 1
        if character == "*":
            stars = 1
            while index < len(pattern) and pattern[index] == "*":
                stars += 1
                index += 1
            parts.append(".*" if deep and stars > 1 else "[^/]*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "[":
            text, index = _translate_class(pattern, index, deep)
            parts.append(text)
        elif character == "\\":
            if index >= len(pattern):
                raise ValueError("syntax error in pattern")
            parts.append(re.escape(pattern[index]))
            index += 1
        elif deep and character == "{":
            choices += 1
            parts.append("(?:")
        elif deep and character == "}" and choices:
            choices -= 1
            parts.append(")")
        elif deep and character == "," and choices:
            parts.append("|")
        else:
            parts.append(re.escape(character))
    if choices:
        raise ValueError("syntax error in pattern")
    return "".join(parts)


def _translate_class(pattern: str, index: int, deep: bool) -> tuple[str, int]:
    negated = index < len(pattern) and pattern[index] in ("!" if deep else "^")
    if negated:
        index += 1
    ranges: list[str] = []
    while True:
        if index >= len(pattern):
            raise ValueError("syntax error in pattern")
        if pattern[index] == "]" and ranges:
            break
        low, index = _class_character(pattern, index)
        high = low
        if index < len(pattern) and pattern[index] == "-":
            high, index = _class_character(pattern, index + 1)
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    body = "".join(ranges)
    if not body:
        return ("." if negated else "[^\\x{0}-\\x{10FFFF}]"), index + 1
    return f"[{'^' if negated else ''}{body}]", index + 1


def _class_character(pattern: str, index: int) -> tuple[str, int]:
    if index >= len(pattern) or pattern[index] in "-]":
        raise ValueError("syntax error in pattern")
    if pattern[index] == "\\":
        index += 1
        if index >= len(pattern):
            raise ValueError("syntax error in pattern")
    if index + 1 >= len(pattern):
        raise ValueError("syntax error in pattern")
    return pattern[index], index + 1
