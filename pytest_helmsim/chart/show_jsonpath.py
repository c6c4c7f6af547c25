"""`helm show values --jsonpath`: kubectl's JSONPath templates.

`render("{.image.tag}", values)` is what is printed. A template that cannot be parsed is a ValuesError; a path that is not there prints
nothing at all, since Helm drops the error. Text outside of braces stands for itself.

Source: k8s.io/client-go util/jsonpath (parser.go, jsonpath.go).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_helmsim.chart.errors import ValuesError
from pytest_helmsim.objects import gojson

MAX_STEPS: Final = 1_000_000
_KEY = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_END: Final = " \t\r\n.,[]$@{}"

Step = Callable[[list[Any]], list[Any]]


class _NotFound(Exception):
    """A path that leads nowhere, or a comparison that cannot be: the whole template prints nothing."""


@dataclass(frozen=True, slots=True)
class _Word:
    """`range` or `end`."""

    name: str


Part = str | tuple["Step | _Word", ...]


def render(template: str, values: Any) -> str:
    """The text, or nothing when a path of it is not there."""
    try:
        parts = _parse(template)
    except _SyntaxError as error:
        raise ValuesError(f"error parsing jsonpath {template}: {error}") from error
    try:
        results, rest = _run(parts, 0, values, inside=False)
        if rest < len(parts):
            return ""
    except _NotFound:
        return ""
    return "".join(" ".join(map(_text, each)) for each in results)


def _run(parts: Sequence[Part], at: int, value: Any, *, inside: bool) -> tuple[list[list[Any]], int]:
    """What the parts from `at` give, and where they stop: behind the `end` of this range, or at the end of all."""
    results: list[list[Any]] = []
    while at < len(parts):
        part = parts[at]
        at += 1
        if isinstance(part, str):
            results.append([part])
            continue
        found, word = [value], ""
        for step in part:
            if not isinstance(step, _Word):
                found = step(found)
            elif step.name in ("range", "end"):
                word = step.name
            else:
                raise _NotFound
        if word == "end":
            if not inside:
                raise _NotFound
            return results, at
        if word == "range":
            start = at
            for each in found or [None]:
                inner, at = _run(parts, start, each, inside=True)
                if found:
                    results += inner
            continue
        results.append(found)
    return results, at


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        return gojson.encode(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    return str(value)


def _float_text(value: float) -> str:
    """Go's `%v`: an exponent from 1e21 on and below 1e-4."""
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    return gojson.format_float(value) if 1e-4 <= abs(value) < 1e21 else re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", repr(value))


class _SyntaxError(Exception):
    """A template that is none."""


def _parse(template: str) -> list[Part]:
    parts: list[Part] = []
    at = 0
    while at < len(template):
        start = template.find("{", at)
        if start < 0:
            parts.append(template[at:])
            break
        if start > at:
            parts.append(template[at:start])
        parser = _Action(template, start + 1)
        parts.append(tuple(parser.run()))
        at = parser.at
    return parts


class _Action:
    """Reads one `{…}`."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.steps: list[Step | _Word] = []

    def run(self) -> list[Step | _Word]:
        """The steps; `at` stands behind the closing brace then."""
        recursive_before = False
        while True:
            rest = self.text[self.at : self.at + 3]
            recursive = False
            if rest.startswith("}"):
                self.at += 1
                return self.steps
            if rest == "[?(":
                self._filter()
            elif rest.startswith(".."):
                if recursive_before:
                    raise _SyntaxError("invalid multiple recursive descent")
                recursive = True
                self.at += 2
                self.steps.append(_descend)
                following = self.text[self.at : self.at + 1]
                if following and (following == "_" or following.isalnum()):
                    self._field()
                    recursive = False
            elif not rest or rest[0] in "\r\n":
                raise _SyntaxError("unclosed action")
            else:
                self._one(rest[0])
            recursive_before = recursive

    def _one(self, character: str) -> None:
        if character in " @$":
            self.at += 1
        elif character == "[":
            self._array()
        elif character in "\"'":
            self._quoted(character)
        elif character == ".":
            self.at += 1
            self._field()
        elif character in "+-" or character.isdigit():
            self._number()
        elif character == "_" or character.isalpha():
            word = self._word()
            self.steps.append(_constant(word == "true") if word in ("true", "false") else _Word(word))
        else:
            raise _SyntaxError(f"unrecognized character in action: U+{ord(character):04X} '{character}'")

    def _word(self) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _END:
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.at = min(self.at, len(self.text))
        return self.text[start : self.at]

    def _field(self) -> None:
        name = self._word()
        self.steps.append(_wildcard if name == "*" else _field(name.replace("\\", "")))

    def _number(self) -> None:
        found = re.compile(r"[+-]?[\d.]*").match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        try:
            self.steps.append(_constant(int(found[0]) if "." not in found[0] else float(found[0])))
        except ValueError as error:
            raise _SyntaxError(f"cannot parse number {found[0]}") from error

    def _quoted(self, quote: str) -> None:
        end = self.at + 1
        while True:
            if end >= len(self.text) or self.text[end] == "\n":
                raise _SyntaxError("unterminated quoted string")
            if self.text[end] == quote and self.text[end - 1] != "\\":
                break
            end += 1
        raw = self.text[self.at + 1 : end]
        self.at = end + 1
        self.steps.append(_constant(_ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), raw)))

    def _array(self) -> None:
        end = self.text.find("]", self.at)
        newline = self.text.find("\n", self.at)
        if end < 0 or -1 < newline < end:
            raise _SyntaxError("unterminated array")
        inner = self.text[self.at + 1 : end]
        self.at = end + 1
        inner = ":" if inner == "*" else inner
        if "," in inner:
            self.steps.append(_union([_parse_one(f"[{each.strip(' ')}]") for each in inner.split(",")]))
        elif key := _KEY.fullmatch(inner):
            self.steps.extend(_parse_one(f".{key[1]}"))
        elif bounds := _SLICE.fullmatch(inner):
            self.steps.append(_slice([bounds[1], bounds[2], bounds[3]]))
        else:
            raise _SyntaxError(f"invalid array index {inner}")

    def _filter(self) -> None:
        at, pair, closed = self.at + 3, "", False
        while True:
            if at >= len(self.text) or self.text[at] == "\n":
                raise _SyntaxError("unterminated filter")
            character = self.text[at]
            if character in "\"'":
                if not pair:
                    pair = character
                elif character == pair and self.text[at - 1] != "\\":
                    closed = True
            elif character == ")" and bool(pair) == closed:
                break
            at += 1
        if self.text[at + 1 : at + 2] != "]":
            raise _SyntaxError("unclosed array expect ]")
        inner = self.text[self.at + 3 : at]
        self.at = at + 2
        compared = _COMPARISON.fullmatch(inner)
        if compared is None:
            self.steps.append(_existing(_parse_one(inner)))
        else:
            self.steps.append(_filtered(_parse_one(compared[1]), compared[2], _parse_one(compared[3])))


def _parse_one(text: str) -> list[Step | _Word]:
    return _Action(f"{text}}}", 0).run()


def _follow(steps: Sequence[Step | _Word], found: list[Any]) -> list[Any]:
    for step in steps:
        if isinstance(step, _Word):
            raise _NotFound
        found = step(found)
    return found


def _constant(value: Any) -> Step:
    return lambda found: [value] if isinstance(value, str) else [value] * len(found)


def _field(name: str) -> Step:
    def step(found: list[Any]) -> list[Any]:
        results = [each[name] for each in found if isinstance(each, dict) and name in each]
        if found and not results:
            raise _NotFound
        return results

    return step


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, list) else []


def _wildcard(found: list[Any]) -> list[Any]:
    return [child for each in found for child in _children(each)]


def _descend(found: list[Any]) -> list[Any]:
    results: list[Any] = []
    pending = list(reversed(found))
    while pending:
        value = pending.pop()
        children = _children(value)
        if children:
            results.append(value)
            pending.extend(reversed(children))
        if len(results) > MAX_STEPS:
            raise ValuesError(f"the expression visits more than {MAX_STEPS} values")
    return results


def _union(branches: list[list[Step | _Word]]) -> Step:
    return lambda found: [each for branch in branches for each in _follow(branch, found)]


def _slice(bounds: list[str | None]) -> Step:
    first = int(bounds[0]) if bounds[0] not in ("", "-") and bounds[0] is not None else None
    second = bounds[1]
    stride = int(bounds[2][1:]) if bounds[2] and bounds[2][1:] else None

    def step(found: list[Any]) -> list[Any]:
        results: list[Any] = []
        for value in found:
            if value is None:
                continue
            if not isinstance(value, list):
                raise _NotFound
            size = len(value)
            start = first or 0
            if second is None:
                end = start + 1
                end += size if end <= 0 else 0
            else:
                end = int(second[1:]) if second[1:] else size
                end += size if end < 0 else 0
            start += size if start < 0 else 0
            if start == end:
                return results
            if not (0 <= start < size and 0 <= end <= size and start <= end) or (stride is not None and stride <= 0):
                raise _NotFound
            results += value[start : end : stride or 1]
        return results

    return step


def _existing(path: list[Step | _Word]) -> Step:
    def step(found: list[Any]) -> list[Any]:
        results = []
        for item in _items(found):
            try:
                is_there = bool(_follow(path, [item]))
            except _NotFound:
                is_there = False
            if is_there:
                results.append(item)
        return results

    return step


def _filtered(left: list[Step | _Word], operator: str, right: list[Step | _Word]) -> Step:
    def step(found: list[Any]) -> list[Any]:
        results = []
        for item in _items(found):
            sides = _follow(left, [item]), _follow(right, [item])
            if not all(sides):
                continue
            if any(len(side) > 1 for side in sides):
                raise _NotFound
            if _compare(sides[0][0], operator, sides[1][0]):
                results.append(item)
        return results

    return step


def _items(found: list[Any]) -> list[Any]:
    if not all(isinstance(each, list) for each in found):
        raise _NotFound
    return [item for each in found for item in each]


def _compare(a: Any, operator: str, b: Any) -> bool:
    """Values of one kind only; integers and floats are two kinds in Go, and comparing them ends it."""
    if type(a) is not type(b) or isinstance(a, (dict, list)):
        raise _NotFound
    if operator == "==":
        return bool(a == b)
    if operator == "!=":
        return bool(a != b)
    if isinstance(a, bool) or a is None:
        raise _NotFound
    if operator == "<":
        return bool(a < b)
    if operator == "<=":
        return bool(a <= b)
    if operator == ">":
        return bool(a > b)
    if operator == ">=":
        return bool(a >= b)
    raise _NotFound
