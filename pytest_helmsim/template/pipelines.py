"""Pipelines of outlines to closures: `expression(text, …)(dot, names)` is a pipeline's value.

A closure holds nothing of an environment: `names` has the variables, and under `CALLS` and `DEPTH` what else an execution knows. The text
is one that an outline has found to be right. Go: text/template/exec.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from pytest_helmsim.template import nodes, numbers
from pytest_helmsim.template.binding import bind
from pytest_helmsim.template.calls import Argument, Binding
from pytest_helmsim.template.errors import Fault
from pytest_helmsim.template.fields import method_caller, walk_zero
from pytest_helmsim.template.quoting import unquote
from pytest_helmsim.template.signatures import Function
from pytest_helmsim.template.values import MAP_METHODS, PLAIN_MAPS, Value

CALLS: Final = 0
DEPTH: Final = 1

Names: TypeAlias = dict[Any, Any]
Expression: TypeAlias = Callable[[Value, Names], Value]
Scope: TypeAlias = dict[str, tuple[str, bool]]
"""The variables in scope: under which name each is kept, and whether nil in it is an `interface {}` holding nil."""


_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*+\"|`[^`]*`|\)(?:\.[A-Za-z_][A-Za-z0-9_]*)*+|[(|]|\$[A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*+"
    r"|(?:\.[A-Za-z_][A-Za-z0-9_]*)++|-?[0-9][0-9.]*|[A-Za-z_][A-Za-z0-9_]*|\.",
    re.DOTALL,
)
_plain = PLAIN_MAPS
_INTERFACE: Final = Argument(interface=True)
_INVALID: Final = Argument()
_BASED: Final = Argument(interface=True, based=True)


class Call:
    """A call that each environment binds to a function of its own."""

    __slots__ = ("binding",)

    def __init__(self, binding: Binding) -> None:
        self.binding = binding


class Calls(dict[Any, Any]):
    """What one environment's closures call, by `Call` or by the names above; bound when first called."""

    __slots__ = ("_functions",)

    def __init__(self, functions: Mapping[str, Function], known: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(known)
        self._functions = functions

    def __missing__(self, call: Call) -> Callable[..., Value]:
        made = self[call] = bind(self._functions[call.binding.name], call.binding)
        return made


def expression(text: str, dot: bool, scope: Scope, functions: Mapping[str, Function]) -> Expression:
    """The closure of a pipeline; `dot` says of dot what `scope` says of variables, `functions` are called directly."""
    return _Reader(text, dot, scope, functions).whole()


@lru_cache(maxsize=8192)
def variables_of(text: str) -> tuple[str, ...]:
    return tuple({token.partition(".")[0]: None for token in _TOKEN.findall(text) if token[0] == "$" and token[:2] not in ("$", "$.")})


def nothing(_: Value, __: Names) -> Value:
    return None


class _Term:
    """An operand: its closure and how it is written as an argument; of fields also the value whose they are and the path to them."""

    __slots__ = ("argument", "base", "constant", "element", "path", "value")

    def __init__(
        self,
        value: Expression,
        argument: Argument,
        *,
        base: Expression | None = None,
        path: tuple[str, ...] = (),
        element: bool = False,
        constant: Value = None,
    ) -> None:
        self.value = value
        self.argument = argument
        self.base = base
        self.path = path
        self.element = element
        self.constant = constant


class _Reader:
    """Reads the tokens of a pipeline that its outline has found to be right."""

    __slots__ = ("_dot", "_functions", "_index", "_scope", "_tokens")

    def __init__(self, text: str, dot: bool, scope: Scope, functions: Mapping[str, Function]) -> None:
        self._tokens: list[str] = _TOKEN.findall(text)
        self._tokens.append("")
        self._index = 0
        self._dot = dot
        self._scope = scope
        self._functions = functions

    def whole(self) -> Expression:
        """The closure of all tokens."""
        value = self._command(None)
        while self._tokens[self._index] == "|":
            self._index += 1
            value = self._command(value)
        return value

    def _command(self, final: Expression | None) -> Expression:
        token = self._tokens[self._index]
        if token[0] in _LETTERS and token not in _WORDS:
            self._index += 1
            return self._call(token, self._arguments(), final)
        first = self._term()
        args = self._arguments()
        if not args and final is None:
            return _refuse if token == "nil" else first.value
        if first.path:
            return self._method(first, args, final)
        return _refuse

    def _arguments(self) -> list[_Term]:
        found: list[_Term] = []
        while (token := self._tokens[self._index]) and token != "|" and token[0] != ")":
            found.append(self._term())
        return found

    def _term(self) -> _Term:
        token = self._tokens[self._index]
        self._index += 1
        first = token[0]
        if first == ".":
            if token == ".":
                return _Term(_dot, _INTERFACE if self._dot else _INVALID)
            return self._fields(_dot, token, element=self._dot)
        if first in _LETTERS:
            if token not in _WORDS:
                return _Term(self._call(token, [], None), _INTERFACE)
            word = _WORDS[token]
            return _literal(nodes.Nil(0) if word is None else nodes.Bool(0, word), word)
        if first in '"`':
            text = unquote(token)
            return _literal(nodes.String(0, token, text), text)
        if first == "$":
            name, _, rest = token.partition(".")
            slot, element = self._scope[name]
            value = _variable(slot)
            if not rest:
                return _Term(value, _INTERFACE if element else _INVALID)
            term = self._fields(value, rest, element=element)
            if not element and name != "$":
                term.argument = _BASED
            return term
        if first == "(":
            value = self.whole()
            token = self._tokens[self._index]
            self._index += 1
            if len(token) == 1:
                return _Term(value, _INVALID)
            term = self._fields(value, token[1:], element=False)
            term.argument = _BASED
            return term
        node = numbers.parse_number(0, token)
        real = any(mark in token for mark in ".")
        return _literal(node, node.float_ if real else node.integer)

    def _fields(self, value: Expression, text: str, *, element: bool) -> _Term:
        path = tuple(text.removeprefix(".").split("."))
        return _Term(_walk(value, path, element), _INTERFACE, base=value, path=path, element=element)

    def _method(self, term: _Term, args: list[_Term], final: Expression | None) -> Expression:
        """`.a.Method x`: the last field gets the arguments."""
        assert term.base is not None
        *before, name = term.path
        element = term.element or bool(before)
        binding = Binding(name, _written(args, final), piped=final is not None, method=True, interface=element)
        find = method_caller(binding, "zero")
        receiver = _walk(term.base, tuple(before), term.element) if before else term.base
        return _calling(lambda dot, names: find(receiver(dot, names)), args, final)

    def _call(self, name: str, args: list[_Term], final: Expression | None) -> Expression:
        values = [arg.value for arg in args]
        count = len(values) + (final is not None)
        if name == "not" and count == 1:
            return _not(final if final is not None else values[0])
        if name in ("and", "or") and count:
            return _shortcut(name == "and", values, final)
        function = self._functions.get(name)
        if function is None or not _is_plain(function) or function.arity_error(count=count, piped=final is not None) is not None:
            return _bound_call(name, function, args, final)
        called = function.call
        if final is not None:
            return _piped(called, values, final, [arg.constant for arg in args] if all(map(_is_constant, args)) else None)
        if count == 1:
            return _call1(called, values[0])
        if count == 2:
            if _is_constant(args[0]):
                return _call_constant(called, args[0].constant, values[1])
            return _call2(called, values[0], values[1])
        return _call_all(called, values)


_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "nil": None}


def _refuse(_: Value, __: Names) -> Value:
    raise Fault("a command that Go's parser takes and its executor does not")


def _dot(dot: Value, _: Names) -> Value:
    return dot


def _literal(node: nodes.Node, value: Value) -> _Term:
    return _Term(lambda _, __: value, Argument(node), constant=value)


def _is_constant(term: _Term) -> bool:
    return term.argument.literal is not None


@lru_cache(maxsize=1024)
def _variable(name: str) -> Expression:
    return lambda _, names: names[name]


def _walk(value: Expression, path: tuple[str, ...], element: bool) -> Expression:
    """Fields of a value, by the short way through plain maps."""
    if not MAP_METHODS.isdisjoint(path):
        return lambda dot, names: walk_zero(value(dot, names), path, element)
    if value is _dot:
        return _walk_dot(path, element)

    def walk(dot: Value, names: Names) -> Value:
        found = first = value(dot, names)
        for name in path:
            if type(found) not in _plain:
                return walk_zero(first, path, element)
            found = found.get(name)
        return found

    return walk


def _walk_dot(path: tuple[str, ...], element: bool) -> Expression:
    if len(path) == 1:
        only = path[0]

        def one(dot: Value, _: Names) -> Value:
            return dot.get(only) if type(dot) in _plain else walk_zero(dot, path, element)

        return one
    if len(path) == 2:
        first, second = path

        def two(dot: Value, _: Names) -> Value:
            if type(dot) in _plain:
                found = dot.get(first)
                if type(found) in _plain:
                    return found.get(second)
            return walk_zero(dot, path, element)

        return two

    def walk(dot: Value, _: Names) -> Value:
        found = dot
        for name in path:
            if type(found) not in _plain:
                return walk_zero(dot, path, element)
            found = found.get(name)
        return found

    return walk


def _not(value: Expression) -> Expression:
    return lambda dot, names: not value(dot, names)


def _shortcut(is_and: bool, values: list[Expression], final: Expression | None) -> Expression:
    """`and`, `or`: what is piped in is evaluated first and counts last."""
    if final is None and len(values) == 2:
        left, right = values
        if is_and:
            return lambda dot, names: left(dot, names) and right(dot, names)
        return lambda dot, names: left(dot, names) or right(dot, names)

    def find(dot: Value, names: Names) -> Value:
        last = None if final is None else final(dot, names)
        found = last
        for value in values:
            found = value(dot, names)
            if bool(found) is not is_and:
                return found
        return found if final is None else last

    return find


@lru_cache(maxsize=1024)
def _is_plain_function(name: str, params: tuple[str, ...], variadic: str | None) -> bool:
    return Function(name, _refuse, params, variadic).unchecked


def _is_plain(function: Function) -> bool:
    """Whether a call needs no checks."""
    return not function.on_invalid and _is_plain_function("", function.params, function.variadic)


def _written(args: list[_Term], final: Expression | None) -> tuple[Argument, ...]:
    arguments = tuple([arg.argument for arg in args])
    return arguments if final is None else (*arguments, _INVALID)


_calls: dict[tuple[object, ...], Call] = {}


def _bound_call(name: str, function: Function | None, args: list[_Term], final: Expression | None) -> Expression:
    """A call that checks its arguments, or of a function that each environment has its own of."""
    binding = Binding(name, _written(args, final), piped=final is not None)
    values = [arg.value for arg in args]
    based = any(arg.argument.based for arg in args)
    if function is not None:
        called = bind(function, binding)
        if based:
            return _calling(lambda _, __: called, args, final)
        return _call_all(called, values) if final is None else _piped(called, values, final, None)
    call = _calls.setdefault(binding.key, Call(binding))
    if final is None and len(values) == 2 and not based:
        first, second = values
        return lambda dot, names: names[CALLS][call](first(dot, names), second(dot, names))
    return _calling(lambda _, names: names[CALLS][call], args, final)


def _calling(find: Expression, args: list[_Term], final: Expression | None) -> Expression:
    """Call what `find` gives; the bases of arguments that are fields of values come behind them all."""
    parts = [(arg.value, arg.base if arg.argument.based else None, arg.path, arg.element) for arg in args]
    based = any(base is not None for _, base, _, _ in parts)

    def call(dot: Value, names: Names) -> Value:
        last = None if final is None else final(dot, names)
        called = find(dot, names)
        given: list[Value] = []
        bases: list[Value] = []
        for value, base, path, element in parts:
            if base is None:
                given.append(value(dot, names))
            else:
                bases.append(base(dot, names))
                given.append(walk_zero(bases[-1], path, element))
        if final is not None:
            given.append(last)
        if based:
            given.append(tuple(bases))
        return called(*given)

    return call


def _piped(called: Callable[..., Value], values: list[Expression], final: Expression, constants: list[Any] | None) -> Expression:
    if not values:
        return lambda dot, names: called(final(dot, names))
    if constants is not None and len(constants) == 1:
        only = constants[0]
        return lambda dot, names: called(only, final(dot, names))
    if constants is not None:
        return lambda dot, names: called(*constants, final(dot, names))

    def piped(dot: Value, names: Names) -> Value:
        last = final(dot, names)
        return called(*[value(dot, names) for value in values], last)

    return piped


def _call1(called: Callable[..., Value], value: Expression) -> Expression:
    return lambda dot, names: called(value(dot, names))


def _call2(called: Callable[..., Value], first: Expression, second: Expression) -> Expression:
    return lambda dot, names: called(first(dot, names), second(dot, names))


def _call_constant(called: Callable[..., Value], constant: Value, second: Expression) -> Expression:
    return lambda dot, names: called(constant, second(dot, names))


def _call_all(called: Callable[..., Value], values: list[Expression]) -> Expression:
    return lambda dot, names: called(*[value(dot, names) for value in values])
