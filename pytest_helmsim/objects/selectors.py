"""Selectors by labels, as `kubectl -l` writes them or as a LabelSelector object.

Grammar: `requirement {"," requirement}`, a requirement is `key`, `!key`, `key (=|==|!=|<|>) value` or
`key (in|notin) "(" value {"," value} ")"`. Source: k8s.io/apimachinery pkg/labels/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_helmsim.objects import gojson, names
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import JsonObject

_TOKENS = {")": ")", ",": ",", "!": "!", "==": "==", "=": "=", ">": ">", "in": "in", "<": "<", "!=": "!=", "notin": "notin", "(": "("}
_SPECIAL = "=!(),><"
_OPERATORS = "in, notin, =, ==, !=, gt, lt"


class SelectorError(HelmsimError, ValueError):
    """A selector that cannot be read; the message is the server's."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label; `operator` is `=`, `==`, `!=`, `in`, `notin`, `exists`, `!`, `gt` or `lt`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """An absent label satisfies `!=`, `notin` and `!`."""
        present = self.key in labels
        match self.operator:
            case "=" | "==" | "in":
                return present and labels[self.key] in self.values
            case "!=" | "notin":
                return not present or labels[self.key] not in self.values
            case "exists":
                return present
            case "!":
                return not present
        if not present or not _is_int(labels[self.key]):
            return False
        left, right = int(labels[self.key]), int(self.values[0])
        return left > right if self.operator == "gt" else left < right

    def __str__(self) -> str:
        match self.operator:
            case "!":
                return f"!{self.key}"
            case "exists":
                return self.key
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
        return f"{self.key}{ {'gt': '>', 'lt': '<'}.get(self.operator, self.operator) }{self.values[0]}"


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements together; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        return all(requirement.matches(labels or {}) for requirement in self.requirements)

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything."""
        return not self.requirements

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


EVERYTHING = LabelSelector()


def parse_labels(text: str) -> LabelSelector:
    """From the text of a query; raise `SelectorError` with the server's words."""
    return LabelSelector(tuple(sorted(_Parser(text).parse(), key=lambda requirement: requirement.key)))


def of_labels(labels: Mapping[str, str] | None) -> LabelSelector:
    """Every given label must be there with its value (`spec.selector` of a Service)."""
    return LabelSelector(tuple(Requirement(key, "=", (value,)) for key, value in sorted((labels or {}).items())))


def of_object(selector: JsonObject | None) -> LabelSelector | None:
    """From a LabelSelector object: None (which selects nothing) for a missing one, everything for an empty one."""
    if selector is None:
        return None
    found = [Requirement(key, "=", (value,)) for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or ():
        operator = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}.get(expression.get("operator", ""))
        if operator is None:
            raise SelectorError(f'"{expression.get("operator", "")}" is not a valid label selector operator')
        found.append(Requirement(expression.get("key", ""), operator, tuple(expression.get("values") or ())))
    return LabelSelector(tuple(found))


def selects(selector: JsonObject | None, labels: Mapping[str, str] | None) -> bool:
    """Whether a LabelSelector object selects something with these labels; a missing selector selects nothing."""
    made = of_object(selector)
    return made is not None and made.matches(labels)


class _Parser:
    def __init__(self, text: str) -> None:
        self._items = list(_scan(text))
        self._at = 0

    def _peek(self, *, value: bool = True) -> tuple[str, str]:
        token, literal = self._items[self._at]
        return ("id" if value and token in ("in", "notin") else token), literal

    def _next(self, *, value: bool = True) -> tuple[str, str]:
        found = self._peek(value=value)
        self._at = min(self._at + 1, len(self._items) - 1)
        return found

    def parse(self) -> list[Requirement]:
        found: list[Requirement] = []
        while True:
            token, literal = self._peek()
            if token == "end":
                return found
            if token not in ("id", "!"):
                raise SelectorError(f"found '{literal}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from error
            token, literal = self._next()
            if token == "end":
                return found
            if token != ",":
                raise SelectorError(f"found '{literal}', expected: ',' or 'end of string'")
            token, literal = self._peek()
            if token not in ("id", "!"):
                raise SelectorError(f"found '{literal}', expected: identifier after ','")

    def _requirement(self) -> Requirement:
        token, key = self._next()
        absent = token == "!"
        if absent:
            token, key = self._next()
        if token != "id":
            raise SelectorError(f"found '{key}', expected: identifier")
        _check("<nil>", key, names.label_key(key))
        if absent:
            return Requirement(key, "!")
        if self._peek()[0] in ("end", ","):
            return Requirement(key, "exists")
        token, literal = self._next(value=False)
        if token not in ("in", "notin", "=", "==", "!=", ">", "<"):
            raise SelectorError(f"found '{literal}', expected: {_OPERATORS}")
        values = self._values() if token in ("in", "notin") else self._value()
        operator = {">": "gt", "<": "lt"}.get(token, token)
        ordered = tuple(sorted(set(values)))
        if operator in ("gt", "lt") and not _is_int(ordered[0]):
            raise SelectorError(f"values[0]: Invalid value: \"{ordered[0]}\": for 'Gt', 'Lt' operators, the value must be an integer")
        for index, value in enumerate(ordered):
            _check(f"values[{index}][{key}]", value, names.label_value(value))
        return Requirement(key, operator, ordered)

    def _value(self) -> list[str]:
        if self._peek()[0] in ("end", ","):
            return [""]
        token, literal = self._next()
        if token != "id":
            raise SelectorError(f"found '{literal}', expected: identifier")
        return [literal]

    def _values(self) -> list[str]:
        token, literal = self._next()
        if token != "(":
            raise SelectorError(f"found '{literal}' expected: '('")
        token, first = self._peek()
        if token == ")":
            self._next()
            return [""]
        if token not in ("id", ","):
            raise SelectorError(f"found '{first}', expected: ',', ')' or identifier")
        values = self._list()
        if self._next()[0] != ")":
            raise SelectorError(f"found '{first}', expected: ')'")
        return values

    def _list(self) -> list[str]:
        values: list[str] = []
        while True:
            token, literal = self._next()
            if token == "id":
                values.append(literal)
                token, literal = self._peek()
                if token == ")":
                    return values
                if token != ",":
                    raise SelectorError(f"found '{literal}', expected: ',' or ')'")
            elif token == ",":
                if not values:
                    values.append("")
                token, _ = self._peek()
                if token in (")", ","):
                    values.append("")
                if token == ")":
                    return values
            else:
                raise SelectorError(f"found '{literal}', expected: ',', or identifier")


def _check(path: str, value: str, complaints: tuple[str, ...]) -> None:
    if complaints:
        raise SelectorError(f"{path}: Invalid value: {gojson.quote(value, escape_html=False)}: {'; '.join(complaints)}")


def _scan(text: str) -> list[tuple[str, str]]:
    items: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        letter = text[position]
        if letter in " \t\r\n":
            position += 1
        elif letter in _SPECIAL:
            size = 2 if text[position : position + 2] in _TOKENS else 1
            literal = text[position : position + size]
            items.append((_TOKENS[literal], literal))
            position += size
        else:
            match = re.compile(r"[^=!(),><\s]+").match(text, position)
            literal = match.group(0) if match else letter
            items.append((_TOKENS.get(literal, "id"), literal))
            position += len(literal)
    items.append(("end", ""))
    return items


def _is_int(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII) is not None
