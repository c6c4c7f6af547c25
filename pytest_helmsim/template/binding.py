"""Calls: a function and the way one place calls it become a callable that checks its arguments as Go's reflection does.

Calls that need no check (all of sprig's `interface {}` functions) are the function itself. Go: text/template/exec.go `evalCall`,
`evalArg`, `validateType`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from pytest_helmsim.template import nodes, values
from pytest_helmsim.template.calls import Argument, Binding, overflow
from pytest_helmsim.template.errors import ArgumentFault, FunctionError
from pytest_helmsim.template.nodes import Node
from pytest_helmsim.template.signatures import ANY, Function, assignable, nilable, takes_everything
from pytest_helmsim.template.values import Value, go_type

Call: TypeAlias = Callable[..., Value]
Check: TypeAlias = Callable[..., Value]

_INTS: dict[str, type[int]] = {
    "int": int,
    "int8": values.Int8,
    "int16": values.Int16,
    "int32": values.Int32,
    "int64": values.Int64,
}
_UINTS: dict[str, type[values.GoInt]] = {
    "uint": values.UInt,
    "uint8": values.UInt8,
    "uint16": values.UInt16,
    "uint32": values.UInt32,
    "uint64": values.UInt64,
}
_EXACT: dict[str, type] = {"string": str, "bool": bool, "int": int, "float64": float}


def bind(function: Function, binding: Binding) -> Call:
    """A callable for exactly the positional arguments that the binding lists, and the tuple of bases where it has some."""
    made = function.bound.get(binding.key)
    if made is None:
        made = function.bound[binding.key] = _bind_new(function, binding)
    return made


def _bind_new(function: Function, binding: Binding) -> Call:
    if binding.early >= 0:
        return _early(function, binding)
    places = [index for index, argument in enumerate(binding.arguments) if argument.based]
    return _bind_based(function, binding, places) if places else _bind(function, binding)


def _early(function: Function, binding: Binding) -> Check:
    """Check one argument as the call will do; the call does so once more."""
    index, wrong = binding.early, function.arity_error(count=len(binding.arguments), piped=binding.piped)
    if wrong is not None:
        return _refuse(-1, wrong)
    argument, type_name = binding.arguments[index], function.param(index)
    if argument.based:
        valid, invalid = (_check(index, Argument(interface=each), type_name) or _pass for each in (True, False))
        return lambda value, base: invalid(value) if base is None else valid(value)
    return _check(index, argument, type_name) or _pass


def _pass(value: Value) -> Value:
    return value


def _bind_based(function: Function, binding: Binding, places: list[int]) -> Call:
    """An argument whose base is invalid is checked as an invalid value itself."""
    made: dict[tuple[bool, ...], Call] = {}

    def call(*arguments: Value) -> Value:
        *passed, bases = arguments
        valid = tuple([base is not None for base in bases])
        bound = made.get(valid)
        if bound is None:
            described = list(binding.arguments)
            for index, interface in zip(places, valid, strict=True):
                described[index] = Argument(interface=interface)
            bound = made[valid] = _bind(function, replace(binding, arguments=tuple(described)))
        return bound(*passed)

    return call


def _bind(function: Function, binding: Binding) -> Call:
    wrong = function.arity_error(count=len(binding.arguments), piped=binding.piped)
    if wrong is not None:
        return _refuse(-1, wrong)
    if function.unchecked and not function.on_invalid and not any(isinstance(each.literal, nodes.Number) for each in binding.arguments):
        return function.call
    checks = [
        (index, check)
        for index, argument in enumerate(binding.arguments)
        if (check := _check(index, argument, function.param(index))) is not None
    ]
    if function.on_invalid and not binding.arguments[0].interface:
        return _refusing_invalid(_checked(function.call, checks), function.on_invalid)
    return _checked(function.call, checks)


def _refusing_invalid(call: Call, message: str) -> Call:
    def refusing(first: Value, *rest: Value) -> Value:
        if first is None:
            raise FunctionError(message)
        return call(first, *rest)

    return refusing


def _refuse(index: int, message: str) -> Call:
    def refuse(*_: Value) -> Value:
        raise ArgumentFault(index, message)

    return refuse


def _checked(call: Call, checks: list[tuple[int, Check]]) -> Call:
    if not checks:
        return call
    if len(checks) == 1:
        only, check = checks[0]
        if only == 0:
            return lambda first, *rest: call(check(first), *rest)
        if only == 1:
            return lambda first, second, *rest: call(first, check(second), *rest)
    if len(checks) == 2 and checks[0][0] == 0 and checks[1][0] == 1:
        check_first, check_second = checks[0][1], checks[1][1]
        return lambda first, second, *rest: call(check_first(first), check_second(second), *rest)

    def checked(*arguments: Value) -> Value:
        passed = list(arguments)
        for index, check in checks:
            passed[index] = check(passed[index])
        return call(*passed)

    return checked


def _check(index: int, argument: Argument, type_name: str) -> Check | None:
    """What to do with argument `index` before the call; None for nothing."""
    if argument.literal is not None:
        return _literal(index, argument.literal, type_name)
    if takes_everything(type_name):
        return None
    exact: Any = _EXACT.get(type_name)
    interface = argument.interface

    def check(value: Value) -> Value:
        if type(value) is exact or (value is not None and assignable(value, type_name)):
            return value
        if value is None and not interface:
            if nilable(type_name):
                return None
            raise ArgumentFault(index, f"invalid value; expected {type_name}")
        got = ANY if value is None else go_type(value)
        raise ArgumentFault(index, f"wrong type for value; expected {type_name}; got {got}")

    return check


def _literal(index: int, node: Node, type_name: str) -> Check | None:
    """A literal takes the parameter's type; what does not fit is refused when the call is made."""
    if isinstance(node, nodes.Nil):
        return None if nilable(type_name) else _refuse(index, f"cannot assign nil to {type_name}")
    if takes_everything(type_name):
        reason = overflow(node) if isinstance(node, nodes.Number) else ""
        return _refuse(index, reason) if reason else None
    if type_name == "string":
        return None if isinstance(node, nodes.String) else _refuse(index, f"expected string; found {node}")
    if type_name == "bool":
        return None if isinstance(node, nodes.Bool) else _refuse(index, f"expected bool; found {node}")
    if (kind := _INTS.get(type_name) or _named_int(type_name)) is not None:
        if isinstance(node, nodes.Number) and node.integer is not None:
            return _always(kind(node.integer))
        return _refuse(index, f"expected integer; found {node}")
    if type_name in _UINTS:
        if isinstance(node, nodes.Number) and node.unsigned is not None:
            return _always(_UINTS[type_name](node.unsigned))
        return _refuse(index, f"expected unsigned integer; found {node}")
    if type_name in ("float64", "float32"):
        if isinstance(node, nodes.Number) and node.float_ is not None:
            return _always(node.float_ if type_name == "float64" else values.Float32(node.float_))
        return _refuse(index, f"expected float; found {node}")
    if type_name in ("complex128", "complex64"):
        if isinstance(node, nodes.Number) and node.complex_ is not None:
            return _always(node.complex_)
        return _refuse(index, f"expected complex; found {node}")
    return _refuse(index, f"can't handle {node} for arg of type {type_name}")


def _named_int(type_name: str) -> type[int] | None:
    """The class of a named integer type such as time.Duration."""
    return next((each for each in values.NamedInt.__subclasses__() if type_name == each.GO_TYPE), None)


def _always(value: Value) -> Check:
    return lambda _: value
