"""Functions with declared Go signatures, and the checks that Go's reflection makes on their arguments.

A parameter type is Go's name of it: "string", "bool", "int", "int64", "float64", "interface {}" (or "any"), "reflect.Value",
"[]interface {}", "[]string", "map[string]interface {}", "map[string]string", "[]uint8", or any other type's name, which then takes
values whose `go_type` is that name. nil given to a map, slice, pointer or interface parameter arrives as None.
Go: text/template/exec.go `evalCall`, `evalArg`, `validateType`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pytest_helmsim.template.values import TypedList, TypedMap, Value, go_type

ANY = "interface {}"
_ALIASES = {"any": ANY, "[]any": "[]interface {}", "map[string]any": "map[string]interface {}", "...any": ANY}
_EXACT: dict[str, type] = {"string": str, "bool": bool, "int": int, "float64": float, "[]uint8": bytes}
_UNNAMED_PREFIXES = ("[]", "map[", "*", "func(")

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Function:
    """A template function: its name in templates, the callable, and its Go signature.

    `call` takes the already evaluated and checked values as positional arguments and returns a value; it raises `FunctionError`
    where Go's function returns an error. `variadic` is the type of `...T`, None for a function without one. `on_invalid` is what a
    function on a `reflect.Value` says of the zero one (nil from a pipeline, where nil from a map is an `interface {}`); "" if it bears it.
    """

    name: str
    call: Callable[..., Value]
    params: tuple[str, ...] = ()
    variadic: str | None = None
    result: str = ANY
    on_invalid: str = ""
    bound: dict[object, Callable[..., Value]] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What `binding.bind` has made of it, by the calls' keys."""

    @property
    def unchecked(self) -> bool:
        """Every parameter takes every value, so that calls need no checks."""
        return all(takes_everything(each) for each in self.params) and (self.variadic is None or takes_everything(self.variadic))

    @property
    def go_type(self) -> str:
        inputs = [*self.params, f"...{self.variadic}"] if self.variadic is not None else list(self.params)
        return f"func({', '.join(inputs)}) {self.result}"

    def param(self, index: int) -> str:
        """The type that argument `index` must have."""
        if index < len(self.params):
            return self.params[index]
        assert self.variadic is not None, f"{self.name} has no argument {index}"
        return self.variadic

    def arity_error(self, *, count: int, piped: bool) -> str | None:
        """Go's text for a wrong number of arguments, None for a right one; `piped` says that the last came through a pipe."""
        if self.variadic is not None:
            if count < len(self.params):
                given = count - 1 if piped else count
                return f"wrong number of args for {self.name}: want at least {len(self.params)} got {given}"
        elif count != len(self.params):
            return f"wrong number of args for {self.name}: want {len(self.params)} got {count}"
        return None


class Table(Mapping[str, Function]):
    """Functions by name; a module of functions has one and fills it with the decorator `function`."""

    def __init__(self) -> None:
        self._functions: dict[str, Function] = {}

    def function(self, name: str, *params: str, variadic: str | None = None, result: str = ANY, on_invalid: str = "") -> Callable[[F], F]:
        """Register the decorated callable under `name`; it is returned unchanged, so decorators stack for aliases."""

        def register(call: F) -> F:
            if name in self._functions:
                raise ValueError(f"template function {name!r} is registered twice")
            made = define(name, call, *params, variadic=variadic, result=result)
            self._functions[name] = replace(made, on_invalid=on_invalid)
            return call

        return register

    def __getitem__(self, name: str) -> Function:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


class Homed(Mapping[str, Function]):
    """Functions that are looked up where they live; which there are is known without looking."""

    _homes: Mapping[str, Any]

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


class Layered(Homed):
    """Functions of several tables, those of later ones first; a table is asked for a function only when a template calls it."""

    def __init__(self, *tables: Mapping[str, Function], without: Collection[str] = ()) -> None:
        self._homes: dict[str, Mapping[str, Function]] = {}
        for table in tables:
            self._homes.update(table._homes if isinstance(table, Layered) else dict.fromkeys(table, table))
        for name in without:
            self._homes.pop(name, None)

    def keeps(self, other: Layered) -> bool:
        """Whether every function of `other` is the same here, or missing."""
        homes = self._homes
        return all(homes.get(name, home) is home for name, home in other._homes.items())

    def __getitem__(self, name: str) -> Function:
        return self._homes[name][name]


def define(name: str, call: Callable[..., Value], *params: str, variadic: str | None = None, result: str = ANY) -> Function:
    """A `Function` with short type names written out; for closures such as `include` that are made for each rendering."""
    return Function(
        name,
        call,
        tuple(_ALIASES.get(each, each) for each in params),
        _ALIASES.get(variadic, variadic) if variadic is not None else None,
        _ALIASES.get(result, result),
    )


def takes_everything(type_name: str) -> bool:
    return type_name in (ANY, "reflect.Value")


def nilable(type_name: str) -> bool:
    """Whether an untyped nil can stand for a value of the type."""
    return takes_everything(type_name) or type_name.startswith(_UNNAMED_PREFIXES)


def assignable(value: Value, type_name: str) -> bool:
    """Whether Go lets a non-nil value be passed as `type_name`; a named map goes where its plain type is asked for."""
    exact = _EXACT.get(type_name)
    if exact is not None and type(value) is exact:
        return True
    if takes_everything(type_name):
        return True
    if go_type(value) == type_name:
        return True
    if isinstance(value, TypedMap | TypedList) and not value.GO_TYPE.startswith(_UNNAMED_PREFIXES):
        return getattr(value, "UNDERLYING", None) == type_name
    return False
