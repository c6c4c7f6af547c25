"""The functions of text/template itself; `and`, `or` and `not` are compiled in place and stand here for their signatures.

Go: text/template/funcs.go.
"""

from __future__ import annotations

from urllib.parse import quote_plus

from pytest_helmsim.template import gofmt
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.quoting import is_printable
from pytest_helmsim.template.signatures import ANY, Function, Table, nilable
from pytest_helmsim.template.values import GoFunction, TypedMap, UInt8, Value, go_kind, go_type

TABLE = Table()

_INTEGERS = frozenset({"int", "int8", "int16", "int32", "int64"})
_UNSIGNED = frozenset({"uint", "uint8", "uint16", "uint32", "uint64", "uintptr"})
_BASIC = {
    **dict.fromkeys(_INTEGERS, "int"),
    **dict.fromkeys(_UNSIGNED, "uint"),
    **dict.fromkeys(("float32", "float64"), "float"),
    **dict.fromkeys(("complex64", "complex128"), "complex"),
    "bool": "bool",
    "string": "string",
}
_DIRECT = frozenset({str, bool, int, float})
"""Types whose values compare in Python as in Go."""


@TABLE.function("and", "reflect.Value", variadic="reflect.Value")
def and_(first: Value, *rest: Value) -> Value:
    for value in (first, *rest):
        if not value:
            return value
    return rest[-1] if rest else first


@TABLE.function("or", "reflect.Value", variadic="reflect.Value")
def or_(first: Value, *rest: Value) -> Value:
    for value in (first, *rest):
        if value:
            return value
    return rest[-1] if rest else first


@TABLE.function("not", "reflect.Value", result="bool")
def not_(value: Value) -> bool:
    return not value


# Comparison. None is an invalid value or a nil; a basic kind of "" stands for everything that is not basic.


@TABLE.function("eq", "reflect.Value", variadic="reflect.Value", result="bool")
def eq(first: Value, *others: Value) -> bool:
    if len(others) == 1 and type(first) is type(others[0]) and type(first) in _DIRECT:
        return bool(first == others[0])
    if not others:
        raise FunctionError("missing argument for comparison")
    return any(_equal(first, other) for other in others)


def _equal(first: Value, other: Value) -> bool:
    kinds = _basic_kind(first), _basic_kind(other)
    if kinds[0] == kinds[1]:
        return bool(first == other) if kinds[0] else _equal_objects(first, other)
    if set(kinds) == {"int", "uint"}:
        return int(first) == int(other)
    if first is None or other is None:
        return False
    raise FunctionError(f"incompatible types for comparison: {go_type(first)} and {go_type(other)}")


def _equal_objects(first: Value, other: Value) -> bool:
    """Maps, lists, structs and nil: only what Go's `==` takes."""
    if first is None or other is None:
        return first is other
    if go_kind(first) != go_kind(other):
        raise FunctionError(
            f"non-comparable types {gofmt.sprintf('%s', first)}: {go_type(first)}, {go_type(other)}: {gofmt.show_reflected(other)}"
        )
    if go_kind(other) == "ptr":
        return first is other
    if not getattr(other, "COMPARABLE", False):
        raise FunctionError(f"non-comparable type {gofmt.sprintf('%s', other)}: {go_type(other)}")
    return go_type(first) == go_type(other) and bool(first == other)


def _basic_kind(value: Value) -> str:
    return _BASIC.get(go_kind(value), "")


@TABLE.function("ne", "reflect.Value", "reflect.Value", result="bool")
def ne(first: Value, second: Value) -> bool:
    return not eq(first, second)


@TABLE.function("lt", "reflect.Value", "reflect.Value", result="bool")
def lt(first: Value, second: Value) -> bool:
    kinds = _basic_kind(first), _basic_kind(second)
    if not kinds[0] or not kinds[1]:
        raise FunctionError("invalid type for comparison")
    if kinds[0] != kinds[1]:
        if set(kinds) == {"int", "uint"}:
            return int(first) < int(second)
        raise FunctionError(f"incompatible types for comparison: {go_type(first)} and {go_type(second)}")
    if kinds[0] in ("bool", "complex"):
        raise FunctionError("invalid type for comparison")
    return bool(first < second)


@TABLE.function("le", "reflect.Value", "reflect.Value", result="bool")
def le(first: Value, second: Value) -> bool:
    return lt(first, second) or eq(first, second)


@TABLE.function("gt", "reflect.Value", "reflect.Value", result="bool")
def gt(first: Value, second: Value) -> bool:
    return not le(first, second)


@TABLE.function("ge", "reflect.Value", "reflect.Value", result="bool")
def ge(first: Value, second: Value) -> bool:
    return not lt(first, second)


# Indexing.


@TABLE.function("index", "reflect.Value", variadic="reflect.Value", result="reflect.Value")
def index(item: Value, *indexes: Value) -> Value:
    if item is None:
        raise FunctionError("index of untyped nil")
    for key in indexes:
        if item is None:
            raise FunctionError("index of nil pointer")
        if isinstance(item, dict):
            item = _entry(item, key)
        elif isinstance(item, list):
            item = item[_element_index(key, len(item))]
        elif isinstance(item, str | bytes):
            data = item if isinstance(item, bytes) else item.encode("utf-8", "surrogateescape")
            item = UInt8(data[_element_index(key, len(data), "string" if isinstance(item, str) else "slice")])
        else:
            raise FunctionError(f"can't index item of type {_pointed(item)}")
    return item


def _entry(mapping: dict[Value, Value], key: Value) -> Value:
    wanted = mapping.KEY if isinstance(mapping, TypedMap) else "string"
    if key is None and not nilable(wanted):
        raise FunctionError(f"value is nil; should be of type {wanted}")
    if wanted != ANY and go_type(key) != wanted:
        kinds = _INTEGERS | _UNSIGNED
        if go_kind(key) not in kinds or wanted not in kinds:
            raise FunctionError(f"value has type {go_type(key)}; should be {wanted}")
    try:
        found = mapping.get(key, mapping)
    except TypeError as fault:
        raise FunctionError(f"runtime error: hash of unhashable type {go_type(key)}") from fault
    if found is mapping:
        return mapping.ZERO if isinstance(mapping, TypedMap) else None
    return found


def _checked_index(key: Value, capacity: int) -> int:
    if key is None:
        raise FunctionError("cannot index slice/array with nil")
    if go_kind(key) not in _INTEGERS and go_kind(key) not in _UNSIGNED:
        raise FunctionError(f"cannot index slice/array with type {go_type(key)}")
    if not 0 <= key <= capacity:
        raise FunctionError(f"index out of range: {int(key)}")
    return int(key)


def _element_index(key: Value, size: int, kind: str = "slice") -> int:
    position = _checked_index(key, size)
    if position == size:
        raise FunctionError(f"reflect: {kind} index out of range")
    return position


@TABLE.function("slice", "reflect.Value", variadic="reflect.Value", result="reflect.Value")
def slice_(item: Value, *indexes: Value) -> Value:
    if item is None:
        raise FunctionError("slice of untyped nil")
    if len(indexes) > 3:
        raise FunctionError(f"too many slice indexes: {len(indexes)}")
    if isinstance(item, str):
        if len(indexes) == 3:
            raise FunctionError("cannot 3-index slice a string")
        data = item.encode("utf-8", "surrogateescape")
        start, stop = _bounds(indexes, len(data))
        return data[start:stop].decode("utf-8", "surrogateescape")
    if isinstance(item, list | bytes):
        start, stop = _bounds(indexes, len(item))
        return type(item)(item[start:stop])
    raise FunctionError(f"can't slice item of type {_pointed(item)}")


def _bounds(indexes: tuple[Value, ...], size: int) -> tuple[int, int]:
    """The capacity of a slice counts as its length: what lies behind it is not known here."""
    bounds = [0, size, size]
    for position, key in enumerate(indexes):
        bounds[position] = _checked_index(key, size)
    if bounds[0] > bounds[1]:
        raise FunctionError(f"invalid slice index: {bounds[0]} > {bounds[1]}")
    if len(indexes) == 3 and bounds[1] > bounds[2]:
        raise FunctionError(f"invalid slice index: {bounds[1]} > {bounds[2]}")
    return bounds[0], bounds[1]


@TABLE.function("len", "reflect.Value", result="int", on_invalid="reflect: call of reflect.Value.Type on zero Value")
def length(item: Value) -> int:
    if isinstance(item, str):
        return len(item) if item.isascii() else len(item.encode("utf-8", "surrogateescape"))
    if isinstance(item, dict | list | bytes):
        return len(item)
    if item is None:
        raise FunctionError("len of nil pointer")
    raise FunctionError(f"len of type {_pointed(item)}")


def _pointed(value: Value) -> str:
    """The type behind a pointer."""
    return go_type(value).removeprefix("*")


@TABLE.function("call", "reflect.Value", variadic="reflect.Value", result="reflect.Value")
def call(written: str | None, function: Value, *arguments: Value) -> Value:
    """`written` is the function as it stands in the template, None where it comes through a pipe; the compiler adds it."""
    if function is None:
        raise FunctionError("call of nil")
    if not isinstance(function, GoFunction):
        name = written if written is not None else function if isinstance(function, str) else f"<{go_type(function)} Value>"
        raise FunctionError(f"non-function {name} of type {go_type(function)}")
    return _invoke(function.function, arguments)


def _invoke(function: Function, arguments: tuple[Value, ...]) -> Value:
    wanted = len(function.params)
    if len(arguments) < wanted or (function.variadic is None and len(arguments) > wanted):
        least = "at least " if function.variadic is not None else ""
        raise FunctionError(f"wrong number of args for {function.name}: got {len(arguments)} want {least}{wanted}")
    for position, argument in enumerate(arguments):
        type_name = function.param(position)
        if argument is None and not nilable(type_name):
            raise FunctionError(f"arg {position}: value is nil; should be of type {type_name}")
        if argument is not None and type_name not in (ANY, "reflect.Value", go_type(argument)):
            raise FunctionError(f"arg {position}: value has type {go_type(argument)}; should be {type_name}")
    return function.call(*arguments)


# Printing.

TABLE.function("print", variadic="any", result="string")(gofmt.sprint)
TABLE.function("printf", "string", variadic="any", result="string")(gofmt.sprintf)
TABLE.function("println", variadic="any", result="string")(gofmt.sprintln)

_HTML = str.maketrans({"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
_JS = {"\\": r"\\", "'": r"\'", '"': r"\"", "<": r"\u003C", ">": r"\u003E", "&": r"\u0026", "=": r"\u003D"}


def _text(arguments: tuple[Value, ...]) -> str:
    """`fmt.Sprint` of what a template would print for each."""
    return gofmt.sprint(*("<no value>" if argument is None else argument for argument in arguments))


@TABLE.function("html", variadic="any", result="string")
def html(*arguments: Value) -> str:
    return _text(arguments).translate(_HTML)


@TABLE.function("js", variadic="any", result="string")
def js(*arguments: Value) -> str:
    return "".join(map(_js_character, _text(arguments)))


def _js_character(char: str) -> str:
    if char in _JS:
        return _JS[char]
    if char < " ":
        return f"\\u00{ord(char):02X}"
    if char.isascii() or is_printable(char):
        return char
    return "\\uFFFD" if 0xDC80 <= ord(char) <= 0xDCFF else f"\\u{ord(char):04X}"


@TABLE.function("urlquery", variadic="any", result="string")
def urlquery(*arguments: Value) -> str:
    return quote_plus(_text(arguments).encode("utf-8", "surrogateescape"), safe="~")
