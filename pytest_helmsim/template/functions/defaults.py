"""Values that are empty or not, and choosing between them.

Empty are nil, false, zero, and strings, lists and maps of length 0; structs and pointers never are.

Source: github.com/Masterminds/sprig/v3 defaults.go.
"""

from __future__ import annotations

from typing import NoReturn

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import Value, is_true

TABLE = Table()


@TABLE.function("default", "any", variadic="any")
def default(fallback: Value, *given: Value) -> Value:
    return given[0] if given and is_true(given[0]) else fallback


@TABLE.function("empty", "any", result="bool")
def empty(value: Value) -> bool:
    return not is_true(value)


@TABLE.function("coalesce", variadic="any")
def coalesce(*values: Value) -> Value:
    return next((value for value in values if is_true(value)), None)


@TABLE.function("all", variadic="any", result="bool")
def all_of(*values: Value) -> bool:
    return all(map(is_true, values))


@TABLE.function("any", variadic="any", result="bool")
def any_of(*values: Value) -> bool:
    return any(map(is_true, values))


@TABLE.function("ternary", "any", "any", "bool")
def ternary(yes: Value, no: Value, condition: bool) -> Value:
    return yes if condition else no


@TABLE.function("fail", "string", result="string")
def fail(message: str) -> NoReturn:
    raise FunctionError(message)


@TABLE.function("getHostByName", "string", result="string")
def get_host_by_name(name: str) -> str:
    """Helm asks no name server unless told so: empty."""
    return ""
