"""Trees of expressions, places in a text, and complaints with the line they point at.

Source: github.com/google/cel-go common/ast, common/error.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_helmsim.schema.cel.types import Type

NOWHERE = -1
_LONGEST_LINE = 16384


class Node:
    """One node; the checker adds its type and the overloads that a call may mean.

    literal: value · ident: name · select: name, args[0], `tested` for has() · call: name, args, `member` when args[0] is its holder
    · list: args, `optional` positions · map: args in pairs, `optional` entries · struct: name, args, `fields`, their places as value
    · fold: see `Fold`
    """

    __slots__ = ("args", "at", "fields", "fold", "kind", "member", "name", "optional", "overloads", "tested", "type", "value")

    def __init__(self, kind: str, at: int, name: str = "", args: tuple[Node, ...] = (), **more: Any) -> None:
        self.kind = kind
        self.at = at
        self.name = name
        self.args = args
        self.value: Any = more.get("value")
        self.member: bool = more.get("member", False)
        self.tested: bool = more.get("tested", False)
        self.optional: frozenset[int] = more.get("optional", frozenset())
        self.fields: tuple[str, ...] = more.get("fields", ())
        self.fold: Fold | None = more.get("fold")
        self.type: Type | None = None
        self.overloads: tuple[str, ...] = ()

    def copy(self) -> Node:
        """The same tree once more, to be checked by itself."""
        return Node(
            self.kind, self.at, self.name, tuple(arg.copy() for arg in self.args), value=self.value, member=self.member,
            tested=self.tested, optional=self.optional, fields=self.fields, fold=self.fold.copy() if self.fold else None,
        )  # fmt: skip

    def children(self) -> tuple[Node, ...]:
        """Every node directly below."""
        fold = self.fold
        return self.args if fold is None else (fold.range, fold.start, fold.going_on, fold.step, fold.result)


@dataclass(slots=True)
class Fold:
    """A walk over a range that builds up a value, as macros make them."""

    range: Node
    item: str
    second: str
    total: str
    start: Node
    going_on: Node
    step: Node
    result: Node

    @property
    def is_bind(self) -> bool:
        """Whether it only gives a name to a value."""
        going_on = self.going_on
        empty = self.range.kind == "list" and not self.range.args
        return empty and going_on.kind == "literal" and going_on.value is False and self.total != "__result__"

    def copy(self) -> Fold:
        """The same walk once more."""
        parts = (self.start, self.going_on, self.step, self.result)
        return Fold(self.range.copy(), self.item, self.second, self.total, *(part.copy() for part in parts))


@dataclass(slots=True)
class Issues:
    """What is wrong with a text, in the words and with the pointing arrow of the real compiler."""

    text: str
    found: list[tuple[int, int, str]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.found)

    def report(self, at: int, message: str) -> None:
        """A complaint about one place."""
        self.found.append((*self.place(at), message))

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a place, the line counted from 1, the column from 0."""
        if at < 0:
            return -1, -1
        if not self.starts:
            self.starts = [0]
            self.starts.extend(index + 1 for index, letter in enumerate(self.text) if letter == "\n")
        line = 0
        for line in range(len(self.starts) - 1, -1, -1):
            if self.starts[line] <= at:
                break
        return line + 1, at - self.starts[line]

    def __str__(self) -> str:
        ordered = sorted(self.found, key=lambda entry: entry[:2])
        shown = [self._shown(*entry) for entry in ordered[:100]]
        if len(ordered) > 100:
            shown.append(f"{len(ordered) - 100} more errors were truncated")
        return "\n".join(shown)

    def _shown(self, line: int, column: int, message: str) -> str:
        head = f"ERROR: <input>:{line}:{column + 1}: {message}"
        lines = self.text.split("\n")
        if not 0 < line <= len(lines) or len(lines[line - 1].encode()) > _LONGEST_LINE:
            return head
        shown = lines[line - 1].replace("\t", " ")
        dots = "".join("．" if ord(letter) > 127 else "." for letter in shown[:column])
        arrow = "＾" if column < len(shown) and ord(shown[column]) > 127 else "^"
        return f"{head}\n | {shown}\n | {dots}{arrow}"
