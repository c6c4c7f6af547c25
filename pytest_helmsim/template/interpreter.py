"""Outlines to running templates without compiling them: a closure for each statement, made when it first runs.

A template of a chart runs once or twice in most processes, and much of it not at all; compiling it takes longer than that. So the first
executions are interpreted, block by block as they are reached. Closures hold nothing of an environment: `names` has the variables by
name, under `CALLS` the environment's functions and under `DEPTH` how many templates this one is in, so that all environments share them.

What fails here has failed for certain, but nobody knows where: the caller runs it again, compiled, to learn the words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pytest_helmsim.template import gofmt
from pytest_helmsim.template.outline import BREAK, CONTINUE, IF, PRINT, RANGE, SET, TEMPLATE, WITH, Body, Statement
from pytest_helmsim.template.pipelines import CALLS, DEPTH, Calls, Expression, Names, Scope, expression, nothing, variables_of
from pytest_helmsim.template.runtime import Run
from pytest_helmsim.template.signatures import Function
from pytest_helmsim.template.values import Value

EACH: Final = "each"
PAIRS: Final = "pairs"
TEMPLATES: Final = "template"

Step: TypeAlias = Callable[[Value, Names, Callable[[str], None]], None]
_show = gofmt.show


class _Break(Exception):
    """`{{ break }}` on its way to its loop."""


class _Continue(Exception):
    """`{{ continue }}` on its way to its loop."""


class Dialect:
    """Functions that every environment of a kind has in common: closures call these directly, all others by way of `Calls`."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions
        self._pipelines: dict[object, Expression] = {}

    def pipeline(self, text: str, dot: bool, scope: Scope) -> Expression:
        """The closure of a pipeline; `dot` says of dot what `scope` says of variables."""
        key = (text, dot, *[(name, scope[name]) for name in variables_of(text)]) if "$" in text else (text, dot)
        made = self._pipelines.get(key)
        if made is None:
            made = expression(text, dot, scope, self.functions)
            if len(text) <= _LONGEST_KNOWN:
                if len(self._pipelines) >= _MAX_PIPELINES:
                    self._pipelines.clear()
                self._pipelines[key] = made
        return made

    def program(self, body: Body) -> Program:
        """A template's body, made ready as it runs."""
        return Program(self, body)


_MAX_PIPELINES: Final = 50_000
_LONGEST_KNOWN: Final = 4096


class Program:
    """The statements of one template, shared by all environments of a dialect."""

    __slots__ = ("_body", "_dialect", "_steps")

    def __init__(self, dialect: Dialect, body: Body) -> None:
        self._dialect = dialect
        self._body = body
        self._steps: list[Step] | None = None

    def link(self, calls: Calls) -> Run:
        """The template as one environment runs it."""
        if self._steps is None:
            self._steps = _Block(self._dialect, self._body, False, {"$": ("$", False)}).steps()
        steps = self._steps

        def run(dot: Value, write: Callable[[str], None], depth: int) -> None:
            names = {"$": dot, CALLS: calls, DEPTH: depth}
            for step in steps:
                step(dot, names, write)

        return run


class _Block:
    """A body with what is known where it begins; its steps are made when it is first entered."""

    __slots__ = ("_body", "_dialect", "_dot", "_made", "_own", "_scope")

    def __init__(self, dialect: Dialect, body: Body, dot: bool, scope: Scope) -> None:
        self._dialect = dialect
        self._body = body
        self._dot = dot
        self._scope = scope
        self._own: set[str] = set()
        self._made: list[Step] | None = None

    def steps(self) -> list[Step]:
        if self._made is None:
            self._made = [self._step(statement) for statement in self._body]
        return self._made

    def _inner(self, body: Body, dot: bool, scope: Scope) -> _Block:
        return _Block(self._dialect, body, dot, self._scope | scope)

    def _slot(self, name: str) -> str:
        """Where a variable that is declared here is kept: apart from the one that it hides."""
        hidden = self._scope.get(name)
        return name if hidden is None else hidden[0] + "'"

    def _step(self, statement: Statement) -> Step:
        if statement.__class__ is str:
            return _text(statement)
        kind = statement[0]
        if kind == BREAK:
            return _leave(_Break)
        if kind == CONTINUE:
            return _leave(_Continue)
        if kind == TEMPLATE and not statement[1]:
            return _template(statement[2], nothing)
        value = self._dialect.pipeline(statement[1], self._dot, self._scope)
        if kind == PRINT:
            return _print(value)
        if kind == SET:
            name = statement[2]
            if statement[3] and name not in self._own:
                self._own.add(name)
                self._scope = {**self._scope, name: (self._slot(name), False)}
            return _set(self._scope[name][0], value)
        if kind == TEMPLATE:
            return _template(statement[2], value)
        _, _, names, body, other = statement
        slots = tuple([self._slot(name) for name in names])
        scope = {name: (slot, kind == RANGE and name == names[-1]) for name, slot in zip(names, slots, strict=True)}
        otherwise = self._inner(other or (), self._dot, scope)
        if kind == IF:
            return _if(slots, value, self._inner(body, self._dot, scope), otherwise)
        if kind == WITH:
            return _with(slots, value, self._inner(body, False, scope), otherwise)
        return _range(slots, value, self._inner(body, True, scope), otherwise, _weight(body), leaves=_leaves(body))


def _weight(body: Body) -> int:
    """How many steps one pass through a body takes at most."""
    total = 1
    for each in body:
        total += 1
        if each.__class__ is tuple and each[0] in (IF, WITH, RANGE):
            total += _weight(each[3]) + (_weight(each[4]) if each[4] is not None else 0)
    return total


def _leaves(body: Body) -> bool:
    """Whether a body may break or continue the loop around it."""
    for each in body:
        if each.__class__ is tuple:
            if each[0] in (BREAK, CONTINUE):
                return True
            if each[0] in (IF, WITH) and (_leaves(each[3]) or _leaves(each[4] or ())):
                return True
            if each[0] == RANGE and _leaves(each[4] or ()):
                return True
    return False


# Statements.


def _text(text: str) -> Step:
    return lambda _, __, write: write(text)


def _leave(kind: type[Exception]) -> Step:
    def leave(*_: Any) -> None:
        raise kind

    return leave


def _print(value: Expression) -> Step:
    def step(dot: Value, names: Names, write: Callable[[str], None]) -> None:
        result = value(dot, names)
        write(result if result.__class__ is str else _show(result))

    return step


def _set(name: str, value: Expression) -> Step:
    def step(dot: Value, names: Names, _: Callable[[str], None]) -> None:
        names[name] = value(dot, names)

    return step


def _template(name: str, value: Expression) -> Step:
    def step(dot: Value, names: Names, write: Callable[[str], None]) -> None:
        depth = names[DEPTH]
        run = names[CALLS][TEMPLATES](name, depth)
        run(value(dot, names), write, depth + 1)

    return step


def _if(names: tuple[str, ...], test: Expression, body: _Block, otherwise: _Block) -> Step:
    if names:
        test = _keeping(names[0], test)

    def step(dot: Value, names: Names, write: Callable[[str], None]) -> None:
        for each in (body if test(dot, names) else otherwise).steps():
            each(dot, names, write)

    return step


def _with(names: tuple[str, ...], value: Expression, body: _Block, otherwise: _Block) -> Step:
    if names:
        value = _keeping(names[0], value)

    def step(dot: Value, names: Names, write: Callable[[str], None]) -> None:
        found = value(dot, names)
        if found:
            for each in body.steps():
                each(found, names, write)
        else:
            for each in otherwise.steps():
                each(dot, names, write)

    return step


def _keeping(name: str, value: Expression) -> Expression:
    def keep(dot: Value, names: Names) -> Value:
        found = names[name] = value(dot, names)
        return found

    return keep


def _range(declared: tuple[str, ...], value: Expression, body: _Block, otherwise: _Block, weight: int, *, leaves: bool) -> Step:
    key = declared[0] if len(declared) > 1 else None
    element = declared[-1] if declared else None

    def step(dot: Value, names: Names, write: Callable[[str], None]) -> None:
        found = value(dot, names)
        for name in declared:
            names[name] = found
        if key is None:
            items = names[CALLS][EACH](found, weight, write)
        else:
            items = names[CALLS][PAIRS](found, weight, write)
        if not items:
            for each in otherwise.steps():
                each(dot, names, write)
            return
        steps = body.steps()
        for item in items:
            if key is not None:
                names[key], item = item
            if element is not None:
                names[element] = item
            if leaves:
                try:
                    for each in steps:
                        each(item, names, write)
                except _Continue:
                    continue
                except _Break:
                    break
            else:
                for each in steps:
                    each(item, names, write)

    return step
