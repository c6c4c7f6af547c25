"""Fields of values: `.a.b` on maps, structs and what has methods.

`field1` … `field4` are for values that come from a pipeline, where nil is Go's invalid value and a field of it is "no value" again;
`element1` … are for items of lists and maps, where nil is an `interface {}` holding nil and a field of it is an error.
Go: text/template/exec.go `evalField`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from pytest_helmsim.template.binding import bind
from pytest_helmsim.template.calls import LONGEST_FIELDS, Argument, Binding
from pytest_helmsim.template.errors import ArgumentFault, ElementFault, Fault, FunctionError, TemplateError
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.signatures import ANY, Function
from pytest_helmsim.template.values import MAP_METHODS, PLAIN_MAPS, GoObject, TypedMap, Value, go_type

MissingKey: TypeAlias = Literal["zero", "default", "error"]
Walk: TypeAlias = Callable[[Value, tuple[str, ...], bool], Value]


def helpers(missing_key: MissingKey) -> dict[str, Callable[..., Value]]:
    """What compiled code calls for fields, by name."""
    walk = _WALKS[missing_key]
    made: dict[str, Callable[..., Value]] = {
        "fields": lambda value, names: walk(value, names, False),
        "elements": lambda value, names: walk(value, names, True),
    }
    if missing_key == "zero":
        return made | _FAST
    for count in range(1, LONGEST_FIELDS + 1):
        made[f"field{count}"] = lambda value, *names: walk(value, names, False)
        made[f"element{count}"] = lambda value, *names: walk(value, names, True)
    return made


def method_caller(binding: Binding, missing_key: MissingKey) -> Callable[..., Value]:
    """For a receiver, what to call with the arguments of `.Name arguments`; Go complains of what is no method before it evaluates them."""
    name = binding.name
    bound: dict[int, Callable[..., Value]] = {}
    with_receiver = replace(binding, arguments=(Argument(), *binding.arguments))

    def find(receiver: Value) -> Callable[..., Value]:
        method = _method(receiver, name)
        if method is None:
            nothing = _refuse_arguments(receiver, binding, missing_key)
            return lambda *_: nothing
        caller = bound.get(id(method))
        if caller is None:
            wrong = method.arity_error(count=len(binding.arguments), piped=binding.piped)
            if wrong is not None:
                raise ArgumentFault(-1, wrong)
            caller = bound[id(method)] = bind(replace(method, params=(ANY, *method.params)), with_receiver)

        def call(*arguments: Value) -> Value:
            try:
                return caller(receiver, *arguments)
            except ArgumentFault as fault:
                raise ArgumentFault(fault.index - 1, str(fault)) from fault

        return call

    return find


def _refuse_arguments(receiver: Value, binding: Binding, missing_key: MissingKey) -> Value:
    name = binding.name
    if isinstance(receiver, GoObject) and name in receiver.fields:
        raise Fault(f"{name} has arguments but cannot be invoked as function")
    if isinstance(receiver, dict):
        raise Fault(f"{name} is not a method but has arguments")
    return _WALKS[missing_key](receiver, (name,), binding.interface)


def _method(value: Value, name: str) -> Function | None:
    methods = getattr(type(value), "methods", None)
    found: Function | None = methods.get(name) if methods else None
    return found


def _call_method(method: Function, receiver: Value) -> Value:
    wrong = method.arity_error(count=0, piped=False)
    if wrong is not None:
        raise Fault(wrong)
    try:
        return method.call(receiver)
    except (FunctionError, TemplateError) as fault:
        raise Fault(f"error calling {method.name}: {fault}") from fault


def _make_walk(missing_key: MissingKey) -> Walk:
    def walk(value: Value, names: tuple[str, ...], interface: bool) -> Value:
        """`interface` says that the static type of `value` is `interface {}`, which is what Go's messages name."""
        pointer = ""
        first = value
        for name in names:
            if value is None:
                if interface:
                    raise Fault(f"nil pointer evaluating {pointer or ANY}.{name}")
                if missing_key == "error":
                    raise Fault(f"nil data; no entry for key {quote(name)}")
                return None
            method = _method(value, name)
            if method is not None:
                value = _call_method(method, value)
                interface = method.result == ANY
            elif isinstance(value, dict) and _has_string_keys(value):
                zero = value.ZERO if isinstance(value, TypedMap) else None
                interface = zero is None
                if name in value:
                    value = value[name]
                elif missing_key == "zero":
                    value = zero
                elif missing_key == "error":
                    raise Fault(f"map has no entry for key {quote(name)}")
                else:
                    value, interface = None, False
            elif isinstance(value, GoObject) and name in value.fields:
                pointer = value.field_types.get(name, "")
                value = getattr(value, value.fields[name])
                interface = value is None
            elif isinstance(value, GoObject) and name in value.unexported:
                raise Fault(f"{name} is an unexported field of struct type {ANY if interface else go_type(value)}")
            elif value is first and interface:
                raise ElementFault(name, go_type(value))
            else:
                raise Fault(f"can't evaluate field {name} in type {ANY if interface else go_type(value)}")
        return value

    return walk


def _has_string_keys(value: dict[object, Value]) -> bool:
    return not isinstance(value, TypedMap) or value.KEY in ("string", ANY)


_WALKS: dict[MissingKey, Walk] = {"zero": _make_walk("zero"), "default": _make_walk("default"), "error": _make_walk("error")}
walk_zero: Final = _WALKS["zero"]
"""Fields where a missing key is its map's zero value, as Helm asks for it."""


_plain = PLAIN_MAPS


def _field1(value: Value, a: str) -> Value:
    if type(value) in _plain and a not in MAP_METHODS:
        return value.get(a)
    return walk_zero(value, (a,), False)


def _field2(value: Value, a: str, b: str) -> Value:
    if type(value) in _plain and MAP_METHODS.isdisjoint((a, b)):
        found = value.get(a)
        if type(found) in _plain:
            return found.get(b)
    return walk_zero(value, (a, b), False)


def _field3(value: Value, a: str, b: str, c: str) -> Value:
    if type(value) in _plain and MAP_METHODS.isdisjoint((a, b, c)):
        found = value.get(a)
        if type(found) in _plain:
            found = found.get(b)
            if type(found) is dict:
                return found.get(c)
    return walk_zero(value, (a, b, c), False)


def _field4(value: Value, a: str, b: str, c: str, d: str) -> Value:
    if type(value) in _plain and MAP_METHODS.isdisjoint((a, b, c, d)):
        found = value.get(a)
        if type(found) in _plain:
            found = found.get(b)
            if type(found) is dict:
                found = found.get(c)
                if type(found) is dict:
                    return found.get(d)
    return walk_zero(value, (a, b, c, d), False)


def _element1(value: Value, a: str) -> Value:
    if type(value) is dict:
        return value.get(a)
    return walk_zero(value, (a,), True)


_FAST: dict[str, Callable[..., Value]] = {
    "field1": _field1,
    "field2": _field2,
    "field3": _field3,
    "field4": _field4,
    "element1": _element1,
    "element2": lambda value, *names: walk_zero(value, names, True),
    "element3": lambda value, *names: walk_zero(value, names, True),
    "element4": lambda value, *names: walk_zero(value, names, True),
}
