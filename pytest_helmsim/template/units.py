"""Parsed texts, kept for all environments of the process.

A text is looked at once. Of nearly all there is an outline, which the interpreter runs; nodes and code are made when something asks for
them, which only an error, a trace, a text without outline or an environment that does not interpret does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_helmsim.template import outline as outlines
from pytest_helmsim.template.calls import Compiled
from pytest_helmsim.template.interpreter import Dialect, Program
from pytest_helmsim.template.lexer import BRACES, Delimiters
from pytest_helmsim.template.signatures import Function

if TYPE_CHECKING:
    from pytest_helmsim.template import nodes as tree


class Body:
    """One template of a text; its nodes are parsed, and compiled, when they are first asked for."""

    __slots__ = ("_compiled", "_nodes", "_outline", "_program", "empty", "name", "unit")

    def __init__(self, unit: Unit, name: str, *, empty: bool, outline: outlines.Body | None = None) -> None:
        self.unit = unit
        self.name = name
        self.empty = empty
        self._outline = outline
        self._nodes: list[tree.Node] | None = None
        self._compiled: Compiled | None = None
        self._program: tuple[Dialect, Program] | None = None

    @property
    def text(self) -> str:
        return self.unit.text

    @property
    def nodes(self) -> list[tree.Node]:
        if self._nodes is None:
            self.unit.parse_again()
        assert self._nodes is not None, "a text with an outline has the same templates when it is parsed"
        return self._nodes

    def program(self, dialect: Dialect) -> Program | None:
        """What the interpreter runs; None where there is no outline."""
        if self._outline is None:
            return None
        if self._program is None or self._program[0] is not dialect:
            self._program = dialect, dialect.program(self._outline)
        return self._program[1]

    @property
    def compiled(self) -> Compiled:
        if self._compiled is None:
            from pytest_helmsim.template.compiler import compile_body

            self._compiled = compile_body(self.name, self.nodes)
        return self._compiled

    def give_nodes(self, body: list[tree.Node]) -> None:
        self._nodes = body


class Unit:
    """A text's own body and those it defines; `functions` are the names it needs."""

    __slots__ = ("defined", "delimiters", "functions", "main", "text")

    def __init__(self, name: str, text: str, functions: Mapping[str, Function], delimiters: Delimiters) -> None:
        """Raise `ParseError`."""
        self.text = text
        self.delimiters = delimiters
        known = outlines.outline(text, functions) if delimiters == BRACES else None
        if known is not None and all(each not in ("", name) for each, _ in known.defined):
            self.functions = known.functions
            self.main = self._outlined("", known.main)
            self.defined = tuple([self._outlined(each, body) for each, body in known.defined])
        else:
            self._parse(name, functions)

    def _outlined(self, name: str, body: outlines.Body) -> Body:
        return Body(self, name, empty=outlines.is_empty(body), outline=body)

    def _parse(self, name: str, functions: Mapping[str, Function]) -> None:
        from pytest_helmsim.template.nodes import is_empty
        from pytest_helmsim.template.parser import parse

        parsed = parse(name, self.text, functions, delimiters=self.delimiters)
        self.functions = parsed.functions
        self.main = Body(self, "", empty=is_empty(parsed.main))
        self.main.give_nodes(parsed.main)
        self.defined = tuple([Body(self, each.name, empty=is_empty(each.body)) for each in parsed.definitions])
        for body, definition in zip(self.defined, parsed.definitions, strict=True):
            body.give_nodes(definition.body)

    def parse_again(self) -> None:
        from pytest_helmsim.template.parser import parse

        parsed = parse("", self.text, self.functions, delimiters=self.delimiters)
        self.main.give_nodes(parsed.main)
        bodies = {each.name: each.body for each in parsed.definitions}
        for body in self.defined:
            body.give_nodes(bodies[body.name])

    def fits(self, name: str, functions: Mapping[str, Function]) -> bool:
        """Whether parsing under this name and with these functions gives the same: a template that defines its own name is not shared."""
        return all(each in functions for each in self.functions) and all(body.name != name for body in self.defined)


class _Place:
    """Where a text's unit stands once it has been parsed without a fault."""

    __slots__ = ("unit",)

    def __init__(self) -> None:
        self.unit: Unit | None = None


@lru_cache(maxsize=4096)
def _place(text: str, delimiters: Delimiters) -> _Place:
    return _Place()


def unit(name: str, text: str, functions: Mapping[str, Function], delimiters: Delimiters) -> Unit:
    """The unit of a text; raise `ParseError`.

    `break` and `continue` as functions change the grammar, so such an environment shares nothing.
    """
    if "break" in functions or "continue" in functions:
        return Unit(name, text, functions, delimiters)
    place = _place(text, delimiters)
    if place.unit is None or not place.unit.fits(name, functions):
        place.unit = Unit(name, text, functions, delimiters)
    return place.unit
