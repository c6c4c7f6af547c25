"""The Python side of the values and functions with which `tools/record_templates.go` ran the rows."""

from __future__ import annotations

from typing import Any

from pytest_helmsim.template import values
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.signatures import Function, Table, define
from pytest_helmsim.template.values import Value

TABLE = Table()
METHODS = Table()


@METHODS.function("Hello", result="string")
def hello(self: Value) -> str:
    return "hello"


@METHODS.function("Greet", "string", result="string")
def greet(self: Value, who: str) -> str:
    return f"hi {who} from {self.name}"


@METHODS.function("Sum", variadic="int", result="int")
def total(self: Value, *numbers: int) -> int:
    return sum(numbers)


@METHODS.function("Scale", "float64", "int64", result="float64")
def scale(self: Value, factor: float, number: int) -> float:
    return factor * number


@METHODS.function("Broken", result="string")
def broken(self: Value) -> str:
    raise FunctionError("it is broken")


@METHODS.function("Nothing")
def nothing(self: Value) -> None:
    return None


class Inner(values.GoObject):
    GO_TYPE = "main.Inner"
    fields = {"Name": "name", "Tags": "tags"}

    def __init__(self, name: str, tags: list[str]) -> None:
        self.name = name
        self.tags = values.StringList(tags)


class Object(values.GoObject):
    GO_TYPE = "main.Object"
    KIND = "struct"
    fields = {"Name": "name", "Count": "count", "Inner": "inner", "Pointer": "pointer", "Any": "any", "Map": "map"}
    field_types = {"Pointer": "*main.Inner"}
    unexported = frozenset({"hidden"})
    methods = METHODS

    def __init__(self, name: str) -> None:
        self.name, self.count = name, 3
        self.inner = Inner("in", ["a", "b"])
        self.pointer = None
        self.any = None
        self.map = {"k": "v"}

    def go_fields(self) -> list[tuple[str, Value]]:
        return [*super().go_fields(), ("hidden", 0)]


class Pointed(Inner):
    GO_TYPE = "*main.Inner"
    KIND = "ptr"


class Pointer(Object):
    GO_TYPE = "*main.Object"
    KIND = "ptr"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.count = 4
        self.inner = Inner("in", [])
        self.pointer = Pointed("ptr", [])
        self.map = {}


class Named(values.TypedMap):
    GO_TYPE = "main.Named"
    UNDERLYING = "map[string]interface {}"
    methods = {"Size": define("Size", len, result="int")}


class Colour(values.NamedInt):
    GO_TYPE = "main.Colour"
    KIND = "int"

    def go_string(self) -> str:
        return f"colour-{int(self)}"

    methods = {"String": define("String", lambda self: self.go_string(), result="string")}


def decode(value: Any) -> Value:
    """Tagged JSON to values, as the recorder does."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, dict):
        return value
    tag, inside = next(iter(value.items()), ("", None))
    if tag in _TAGS:
        return _TAGS[tag](inside)
    return {key: decode(item) for key, item in value.items()}


_TAGS = {
    "$int": int,
    "$int64": values.Int64,
    "$int32": values.Int32,
    "$uint8": values.UInt8,
    "$uint64": values.UInt64,
    "$float32": values.Float32,
    "$complex": lambda pair: complex(*pair),
    "$bytes": lambda text: text.encode(),
    "$colour": Colour,
    "$strings": values.StringList,
    "$ints": values.IntList,
    "$stringmap": values.StringMap,
    "$anymap": lambda pairs: values.AnyMap({decode(key): decode(item) for key, item in pairs}),
    "$named": lambda entries: Named({key: decode(item) for key, item in entries.items()}),
    "$object": Object,
    "$pointer": Pointer,
}


@TABLE.function("upper", "string", result="string")
def upper(text: str) -> str:
    return text.upper()


@TABLE.function("trunc", "int", "string", result="string")
def trunc(count: int, text: str) -> str:
    if count > len(text):
        raise FunctionError(f"runtime error: slice bounds out of range [:{count}] with length {len(text)}")
    return text[:count]


@TABLE.function("half", "float64", result="float64")
def half(number: float) -> float:
    assert type(number) is float
    return number / 2


@TABLE.function("add", variadic="any", result="int64")
def add(*numbers: Value) -> Value:
    for number in numbers:
        if type(number) is not int:
            raise FunctionError(f"interface conversion: interface {{}} is {'nil' if number is None else values.go_type(number)}, not int")
    return values.Int64(sum(numbers))


@TABLE.function("join", "string", variadic="string", result="string")
def join(separator: str, *parts: str) -> str:
    return separator.join(parts)


@TABLE.function("size", "map[string]any", result="int")
@TABLE.function("count", "[]any", result="int")
def size(value: Value) -> int:
    return len(value or ())


@TABLE.function("words", "[]string", result="string")
def words(parts: Value) -> str:
    return "|".join(parts or ())


@TABLE.function("flag", "bool", result="string")
def flag(value: bool) -> str:
    return f"flag {str(value).lower()}"


@TABLE.function("wide", "int64", result="int64")
def wide(number: int) -> Value:
    assert type(number) is values.Int64
    return values.Int64(number * 2)


@TABLE.function("unsigned", "uint64", result="uint64")
def unsigned(number: Value) -> Value:
    return number


@TABLE.function("any", "any")
def any_(value: Value) -> Value:
    return value


@TABLE.function("pair", "any", "any", result="[]any")
@TABLE.function("list", variadic="any", result="[]any")
def list_(*items: Value) -> Value:
    return list(items)


@TABLE.function("dict", variadic="any", result="map[string]any")
def dict_(*items: Value) -> Value:
    for key in items[: len(items) // 2 * 2 : 2]:
        if type(key) is not str:
            raise FunctionError(f"interface conversion: interface {{}} is {'nil' if key is None else values.go_type(key)}, not string")
    return dict(zip(items[::2], items[1::2], strict=False))


@TABLE.function("fail", "string", result="string")
def fail(message: str) -> str:
    raise FunctionError(message)


@TABLE.function("null")
def null() -> None:
    return None


def environment(missing: Any = "zero", **options: Any) -> Environment:
    """An environment with the recorder's functions."""
    made: Environment

    def include(name: str, data: Value) -> str:
        return made.execute(name, data)

    functions: dict[str, Function] = {**TABLE, "include": define("include", include, "string", "any", result="string")}
    made = Environment(functions, missing_key=missing, **options)
    return made
