"""Parsed texts and their compiled templates, kept for all environments of the process, and on disk between processes.

A text is parsed once and each of its templates compiled when it first runs. What comes from the disk has code but no nodes: those are
made again from the text when something asks for them, which only an error, a trace or a template that never ran before does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from pytest_helmsim.objects import disk_cache
from pytest_helmsim.template import nodes as tree
from pytest_helmsim.template.calls import Argument, Binding, Compiled, Site
from pytest_helmsim.template.lexer import Delimiters
from pytest_helmsim.template.signatures import Function

_KIND: Final = "template"
_SHORTEST: Final = 64
"""Shorter texts are parsed faster than a file is read."""


class Body:
    """One template of a text; its nodes are parsed, and compiled, when they are first asked for."""

    __slots__ = ("_compiled", "_nodes", "empty", "name", "unit")

    def __init__(self, unit: Unit, name: str, body: list[tree.Node] | None, *, empty: bool, compiled: Compiled | None = None) -> None:
        self.unit = unit
        self.name = name
        self.empty = empty
        self._nodes = body
        self._compiled = compiled

    @property
    def text(self) -> str:
        return self.unit.text

    @property
    def nodes(self) -> list[tree.Node]:
        if self._nodes is None:
            self.unit.parse_again()
        assert self._nodes is not None, "a text that was parsed before has the same templates again"
        return self._nodes

    @property
    def compiled(self) -> Compiled:
        if self._compiled is None:
            self._compiled = self._compile()
            self.unit.changed = True
        return self._compiled

    def _compile(self) -> Compiled:
        from pytest_helmsim.template.compiler import compile_body

        return compile_body(self.name, self.nodes)

    def record(self) -> tuple[object, ...]:
        """As plain data and code."""
        made = self._compiled
        if made is None:
            return (self.name, self.empty, None, ())
        bindings = tuple((free, *_binding_record(binding)) for free, binding in made.bindings.items())
        return (self.name, self.empty, made.code, bindings)

    @classmethod
    def of_record(cls, unit: Unit, record: tuple[Any, ...]) -> Body:
        name, empty, code, bindings = record
        body = cls(unit, name, None, empty=empty)
        if code is not None:
            body._compiled = Compiled(code, {free: _binding(parts) for free, *parts in bindings}, body._sites_again)
        return body

    def _sites_again(self) -> list[Site]:
        return self._compile().sites

    def give_nodes(self, body: list[tree.Node]) -> None:
        self._nodes = body


class Unit:
    """A parsed text: its own body and those it defines; `functions` are the names it needs."""

    __slots__ = ("changed", "defined", "delimiters", "functions", "main", "text")

    def __init__(self, text: str, delimiters: Delimiters) -> None:
        self.text = text
        self.delimiters = delimiters
        self.functions: frozenset[str] = frozenset()
        self.main = Body(self, "", [], empty=True)
        self.defined: tuple[Body, ...] = ()
        self.changed = False

    @classmethod
    def parse(cls, name: str, text: str, functions: Mapping[str, Function], delimiters: Delimiters) -> Unit:
        """Raise `ParseError`."""
        from pytest_helmsim.template.parser import parse

        unit = cls(text, delimiters)
        parsed = parse(name, text, functions, delimiters=delimiters)
        unit.functions = parsed.functions
        unit.main = Body(unit, "", parsed.main, empty=tree.is_empty(parsed.main))
        unit.defined = tuple(Body(unit, each.name, each.body, empty=tree.is_empty(each.body)) for each in parsed.definitions)
        unit.changed = True
        return unit

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

    def record(self) -> tuple[object, ...]:
        return (tuple(sorted(self.functions)), self.main.record(), tuple(body.record() for body in self.defined))

    @classmethod
    def of_record(cls, text: str, delimiters: Delimiters, record: tuple[Any, ...]) -> Unit:
        functions, main, defined = record
        unit = cls(text, delimiters)
        unit.functions = frozenset(functions)
        unit.main = Body.of_record(unit, main)
        unit.defined = tuple(Body.of_record(unit, each) for each in defined)
        return unit


class _Place:
    """Where a text's unit stands once it has been parsed without a fault."""

    __slots__ = ("unit",)

    def __init__(self) -> None:
        self.unit: Unit | None = None


@lru_cache(maxsize=4096)
def _place(text: str, delimiters: Delimiters) -> _Place:
    return _Place()


def unit(name: str, text: str, functions: Mapping[str, Function], delimiters: Delimiters, *, kept: bool) -> Unit:
    """The unit of a text; raise `ParseError`. `kept` says that it may be on disk.

    `break` and `continue` as functions change the grammar, so such an environment shares nothing.
    """
    sharing = "break" not in functions and "continue" not in functions
    if not sharing:
        return Unit.parse(name, text, functions, delimiters)
    place = _place(text, delimiters)
    if place.unit is None and kept and len(text) >= _SHORTEST:
        place.unit = _read(text, delimiters)
    if place.unit is not None and place.unit.fits(name, functions):
        return place.unit
    place.unit = Unit.parse(name, text, functions, delimiters)
    return place.unit


def _read(text: str, delimiters: Delimiters) -> Unit | None:
    store = disk_cache.shared()
    record = store.get(_key(text, delimiters)) if store is not None else None
    return Unit.of_record(text, delimiters, record) if record is not None else None


def save(units: Iterator[Unit]) -> None:
    """Put units on disk that have something new."""
    store = disk_cache.shared()
    for each in units:
        if each.changed and store is not None and len(each.text) >= _SHORTEST:
            store.put(_key(each.text, each.delimiters), each.record())
        each.changed = False


def _key(text: str, delimiters: Delimiters) -> str:
    return disk_cache.digest(_KIND, delimiters.left.encode(), delimiters.right.encode(), text.encode("utf-8", "surrogatepass"))


def _binding_record(binding: Binding) -> tuple[object, ...]:
    arguments = tuple((_literal_record(each.literal), each.interface, each.based) for each in binding.arguments)
    return (binding.name, arguments, binding.piped, binding.method, binding.interface)


def _binding(record: list[Any]) -> Binding:
    name, arguments, piped, method, interface = record
    made = tuple([_argument(*each) for each in arguments])
    return Binding(name, made, piped=piped, method=method, interface=interface)


@lru_cache(maxsize=1024)
def _argument(literal: tuple[Any, ...] | None, interface: bool, based: bool) -> Argument:
    return Argument(None if literal is None else _LITERALS[literal[0]](position=0, **dict(literal[1:])), interface, based)


_LITERALS: Final[dict[str, type[Any]]] = {each.__name__: each for each in (tree.String, tree.Number, tree.Bool, tree.Nil)}


def _literal_record(node: tree.Node | None) -> tuple[object, ...] | None:
    if node is None:
        return None
    kind: type[Any] = type(node)
    assert kind.__name__ in _LITERALS, f"{kind.__name__} is no literal"
    return (kind.__name__, *((name, getattr(node, name)) for name in kind.__slots__ if name != "position"))


__all__ = ["Body", "Unit", "save", "unit"]
