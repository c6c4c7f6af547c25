"""Go's values as Python's: one table of types, what `reflect` would say of them, and what is true.

| Go | Python |
| --- | --- |
| `nil`, an invalid `reflect.Value` | `None` |
| `bool`, `string`, `int`, `float64`, `complex128` | `bool`, `str`, `int`, `float`, `complex` |
| other numbers | `Int64`, `Int32` (rune), `UInt8` (byte), `UInt64`, `Float32` …: subclasses of `int` and `float` |
| `[]interface {}`, `map[string]interface {}` | `list`, `dict` |
| other slices and maps | `TypedList`, `TypedMap` subclasses: `StringList`, `StringMap` … |
| `[]byte` | `bytes` |
| structs, pointers, named types with methods | subclasses of `GoObject` |

A `str` may hold surrogate escapes for bytes that are no UTF-8 (`text.encode("utf-8", "surrogateescape")` gives Go's bytes).
Arithmetic on an `int` subclass gives a plain `int`: a function whose Go result is an `int64` returns `Int64(...)`.
Go: reflect/type.go, text/template/exec.go `isTrue`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    from pytest_helmsim.template.signatures import Function

Value: TypeAlias = Any


class GoInt(int):
    """An integer of a kind other than `int`. The constructor does not wrap around; `wrap` does."""

    __slots__ = ()
    GO_TYPE: ClassVar[str] = "int"
    BITS: ClassVar[int] = 64
    SIGNED: ClassVar[bool] = True

    @classmethod
    def wrap(cls, number: int) -> GoInt:
        """Overflow as Go's conversion does: `Int64.wrap(2**63)` is -2**63, `UInt8.wrap(-1)` is 255."""
        number &= (1 << cls.BITS) - 1
        if cls.SIGNED and number >> (cls.BITS - 1):
            number -= 1 << cls.BITS
        return cls(number)


class Int64(GoInt):
    __slots__ = ()
    GO_TYPE = "int64"


class Int32(GoInt):
    __slots__ = ()
    GO_TYPE = "int32"
    BITS = 32


class Int16(GoInt):
    __slots__ = ()
    GO_TYPE = "int16"
    BITS = 16


class Int8(GoInt):
    __slots__ = ()
    GO_TYPE = "int8"
    BITS = 8


class UInt(GoInt):
    __slots__ = ()
    GO_TYPE = "uint"
    SIGNED = False


class UInt64(GoInt):
    __slots__ = ()
    GO_TYPE = "uint64"
    SIGNED = False


class UInt32(GoInt):
    __slots__ = ()
    GO_TYPE = "uint32"
    BITS = 32
    SIGNED = False


class UInt16(GoInt):
    __slots__ = ()
    GO_TYPE = "uint16"
    BITS = 16
    SIGNED = False


class UInt8(GoInt):
    __slots__ = ()
    GO_TYPE = "uint8"
    BITS = 8
    SIGNED = False


class NamedInt(GoInt):
    """A named integer type with a `String` method, as `time.Duration` or `time.Month`: subclasses set GO_TYPE and KIND."""

    __slots__ = ()
    KIND: ClassVar[str] = "int64"
    methods: ClassVar[Mapping[str, Function]] = {}

    def go_string(self) -> str | None:
        """What Go's `String` method gives; None for a type without one."""
        return None


class Float32(float):
    """The nearest float of 32 bits."""

    __slots__ = ()
    GO_TYPE: ClassVar[str] = "float32"

    def __new__(cls, number: float) -> Float32:
        return super().__new__(cls, struct.unpack("f", struct.pack("f", number))[0])


class TypedList(list[Any]):
    """A slice whose elements have a type of their own. ZERO is the element's zero value."""

    __slots__ = ()
    GO_TYPE: ClassVar[str] = "[]interface {}"
    ZERO: ClassVar[Value] = None
    methods: ClassVar[Mapping[str, Function]] = {}


class StringList(TypedList):
    __slots__ = ()
    GO_TYPE = "[]string"
    ZERO = ""


class IntList(TypedList):
    __slots__ = ()
    GO_TYPE = "[]int"
    ZERO = 0


class MapList(TypedList):
    __slots__ = ()
    GO_TYPE = "[]map[string]interface {}"


PLAIN_MAPS: set[type] = {dict}
"""Types on which a field is just a key, and a missing one nil; for names of MAP_METHODS that has to be looked at."""
MAP_METHODS: set[str] = set()
"""The names of methods that some types of PLAIN_MAPS have."""


class TypedMap(dict[Any, Any]):
    """A map of a type other than `map[string]interface {}`. ZERO is the element's zero value, KEY the key's type."""

    __slots__ = ()
    GO_TYPE: ClassVar[str] = "map[string]interface {}"
    KEY: ClassVar[str] = "string"
    ZERO: ClassVar[Value] = None
    methods: ClassVar[Mapping[str, Function]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.KEY == "string" and cls.ZERO is None and not cls.methods:
            PLAIN_MAPS.add(cls)


class StringMap(TypedMap):
    __slots__ = ()
    GO_TYPE = "map[string]string"
    ZERO = ""


class AnyMap(TypedMap):
    __slots__ = ()
    GO_TYPE = "map[interface {}]interface {}"
    KEY = "interface {}"


class GoObject:
    """A struct, a pointer to one, or a named type with methods, as templates see it.

    `fields` maps the name in Go to the attribute here, in Go's order (printing follows it); `methods` maps a name to a `Function`
    whose callable gets the object first. `type_name` may be overridden where one class stands for several Go types.
    A subclass with kind "map" or "slice" also has `__len__`. Truth is Go's: structs and pointers are true, empty maps are not.
    """

    GO_TYPE: ClassVar[str] = "struct {}"
    KIND: ClassVar[str] = "struct"
    fields: ClassVar[Mapping[str, str]] = {}
    methods: ClassVar[Mapping[str, Function]] = {}
    field_types: ClassVar[Mapping[str, str]] = {}
    """Go types of fields that may be None and are no `interface {}`: {"Pointer": "*main.Inner"}."""
    unexported: ClassVar[frozenset[str]] = frozenset()
    COMPARABLE: ClassVar[bool] = False
    """Whether Go's `==` takes the struct: none of its fields is a map, slice or function. Pointers compare by identity."""

    @property
    def type_name(self) -> str:
        return self.GO_TYPE

    def __bool__(self) -> bool:
        return True

    def go_string(self) -> str | None:
        """The result of a `String` or `Error` method, which printing prefers; None for a type without one."""
        return None

    def go_syntax(self) -> str | None:
        """The result of a `GoString` method, which `%#v` prints; None for a type without one."""
        return None

    def go_fields(self) -> list[tuple[str, Value]]:
        """All fields in Go's order, for printing (unexported ones too, where a subclass lists them)."""
        return [(name, getattr(self, attribute)) for name, attribute in self.fields.items()]


class GoFunction:
    """A function as a value (what `call` calls); a field or map entry may hold one."""

    def __init__(self, function: Function) -> None:
        self.function = function

    @property
    def type_name(self) -> str:
        return self.function.go_type


_TYPES: dict[type, tuple[str, str]] = {
    type(None): ("<nil>", "invalid"),
    bool: ("bool", "bool"),
    str: ("string", "string"),
    int: ("int", "int"),
    float: ("float64", "float64"),
    Float32: ("float32", "float32"),
    complex: ("complex128", "complex128"),
    list: ("[]interface {}", "slice"),
    dict: ("map[string]interface {}", "map"),
    bytes: ("[]uint8", "slice"),
}


def _describe(value: Value) -> tuple[str, str]:
    if isinstance(value, GoObject):
        return value.type_name, value.KIND
    if isinstance(value, NamedInt):
        return value.GO_TYPE, value.KIND
    if isinstance(value, GoInt):
        return value.GO_TYPE, value.GO_TYPE
    if isinstance(value, TypedList):
        return value.GO_TYPE, "slice"
    if isinstance(value, TypedMap):
        return value.GO_TYPE, "map"
    if isinstance(value, GoFunction):
        return value.type_name, "func"
    for base in (bool, str, int, float, list, dict, bytes):
        if isinstance(value, base):
            return _TYPES[base]
    raise TypeError(f"{type(value).__module__}.{type(value).__qualname__} stands for no Go type; make it a GoObject")


def go_type(value: Value) -> str:
    """`reflect.TypeOf(value).String()`: `go_type({})` is "map[string]interface {}", `go_type(None)` is "<nil>"."""
    known = _TYPES.get(type(value))
    return known[0] if known is not None else _describe(value)[0]


def go_kind(value: Value) -> str:
    """`reflect.ValueOf(value).Kind().String()`: "map", "slice", "string", "int64", "ptr", "struct", "invalid" …"""
    known = _TYPES.get(type(value))
    return known[1] if known is not None else _describe(value)[1]


def is_true(value: Value) -> bool:
    """Go's truth is Python's here: zero numbers, empty strings, lists and maps, false and nil are not true."""
    return bool(value)
