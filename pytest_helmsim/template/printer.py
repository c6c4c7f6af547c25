"""Values under one verb of Go's fmt: flags, padding, every kind, values in values. Go: fmt/print.go `printValue`, fmt/format.go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pytest_helmsim.template import values
from pytest_helmsim.template.floats import format_float
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.ordering import sorted_items
from pytest_helmsim.template.quoting import can_backquote, is_printable, quote
from pytest_helmsim.template.values import Float32, GoInt, GoObject, NamedInt, TypedList, TypedMap, Value, go_kind, go_type

_MAX_RUNE = 0x10FFFF
_ADDRESS = 0xC000012000
"""Stands for every address, which Go prints for pointers inside values and which no two runs share."""
_PIECE = 256
"""What every piece of output counts beyond its length, so that a small value nested in itself without end stops soon."""
_STRINGISH = frozenset("vsxXq")


@dataclass(slots=True)
class Flags:
    """Go's flags of one verb; `width` and `precision` are None where absent."""

    minus: bool = False
    plus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    plus_v: bool = False
    sharp_v: bool = False
    width: int | None = None
    precision: int | None = None


_PLAIN = Flags()


@dataclass(slots=True)
class Printer:
    flags: Flags = field(default_factory=Flags)
    out: list[str] = field(default_factory=list)
    size: int = 0
    erroring: bool = False

    def write(self, text: str) -> None:
        self.size += len(text) + _PIECE
        check_size(self.size)
        self.out.append(text)

    def text(self) -> str:
        return "".join(self.out)

    def print_all(self, arguments: Sequence[Value]) -> str:
        for argument in arguments:
            self.argument(argument, "v")
        return self.text()

    # Padding.

    def pad(self, text: str) -> None:
        width = (self.flags.width or 0) - len(text)
        if width <= 0:
            self.write(text)
        elif self.flags.minus:
            self.write(text)
            self.padding(width)
        else:
            self.padding(width)
            self.write(text)

    def padding(self, width: int) -> None:
        check_size(width)
        self.write(("0" if self.flags.zero and not self.flags.minus else " ") * max(0, width))

    def pad_with_spaces(self, text: str) -> None:
        zero, self.flags.zero = self.flags.zero, False
        self.pad(text)
        self.flags.zero = zero

    # Kinds.

    def bad_verb(self, verb: str, value: Value, *, known: bool = True) -> None:
        self.erroring = True
        self.write(f"%!{verb}(")
        if known:
            self.write(f"{go_type(value)}=")
            self.value(value, "v", 0)
        else:
            self.write("<nil>")
        self.write(")")
        self.erroring = False

    def boolean(self, value: bool, verb: str) -> None:
        if verb in "tv":
            self.pad("true" if value else "false")
        else:
            self.bad_verb(verb, value)

    def integer(self, value: int, verb: str) -> None:
        number = int(value)
        signed = not isinstance(value, GoInt) or value.SIGNED
        if verb == "v":
            if self.flags.sharp_v and not signed:
                self.hexadecimal(number, prefix=True)
            else:
                self.digits(number, 10, verb)
        elif verb == "d":
            self.digits(number, 10, verb)
        elif verb in "bxXoO":
            self.digits(number, {"b": 2, "o": 8, "O": 8}.get(verb, 16), verb)
        elif verb == "c":
            self.pad(_character(number))
        elif verb == "q":
            self.pad(quote(_character(number), ascii_only=self.flags.plus, mark="'"))
        elif verb == "U":
            self.code_point(number)
        else:
            self.bad_verb(verb, value)

    def digits(self, number: int, base: int, verb: str) -> None:
        flags = self.flags
        negative = number < 0
        number = abs(number)
        least = 0
        if flags.precision is not None:
            least = flags.precision
            if least == 0 and number == 0:
                zero, flags.zero = flags.zero, False
                self.padding(flags.width or 0)
                flags.zero = zero
                return
        elif flags.zero and not flags.minus and flags.width is not None:
            least = flags.width - (negative or flags.plus or flags.space)
        check_size(least)
        text = f"{number:{ {10: 'd', 2: 'b', 8: 'o', 16: 'X' if verb == 'X' else 'x'}[base] }}".rjust(least, "0")
        if flags.sharp:
            if base == 2:
                text = "0b" + text
            elif base == 8 and text[0] != "0":
                text = "0" + text
            elif base == 16:
                text = ("0X" if verb == "X" else "0x") + text
        if verb == "O":
            text = "0o" + text
        sign = "-" if negative else "+" if flags.plus else " " if flags.space else ""
        self.pad_with_spaces(sign + text)

    def hexadecimal(self, number: int, *, prefix: bool) -> None:
        sharp, self.flags.sharp = self.flags.sharp, prefix
        self.digits(number, 16, "v")
        self.flags.sharp = sharp

    def code_point(self, number: int) -> None:
        number &= 2**64 - 1
        text = f"U+{number:X}".replace("U+", f"U+{'0' * (max(4, self.flags.precision or 0) - len(f'{number:X}'))}")
        if self.flags.sharp and number <= _MAX_RUNE and not 0xD800 <= number <= 0xDFFF and is_printable(chr(number)):
            text += f" '{chr(number)}'"
        self.pad_with_spaces(text)

    def real(self, value: float, verb: str, *, bits: int = 64) -> None:
        if verb == "v":
            self.decimal(value, "g", -1, bits)
        elif verb in "bgGxX":
            self.decimal(value, verb, -1, bits)
        elif verb in "feEF":
            self.decimal(value, "f" if verb == "F" else verb, 6, bits)
        else:
            self.bad_verb(verb, value)

    def decimal(self, value: float, verb: str, precision: int, bits: int) -> None:
        flags = self.flags
        if flags.precision is not None:
            precision = flags.precision
        check_size(precision)
        text = format_float(value, verb, precision, bits)
        if text[0] not in "+-":
            text = "+" + text
        if flags.space and text[0] == "+" and not flags.plus:
            text = " " + text[1:]
        if text[1] in "IN":
            if text[1] == "N" and not flags.space and not flags.plus:
                text = text[1:]
            self.pad_with_spaces(text)
            return
        if flags.sharp and verb != "b":
            text = _with_point(text, verb, precision)
        if flags.plus or text[0] != "+":
            if flags.zero and not flags.minus and flags.width is not None and flags.width > len(text):
                self.write(text[0])
                self.padding(flags.width - len(text))
                self.write(text[1:])
            else:
                self.pad(text)
        else:
            self.pad(text[1:])

    def complex_number(self, value: complex, verb: str) -> None:
        if verb not in "vbgGxXfFeE":
            self.bad_verb(verb, value)
            return
        plus = self.flags.plus
        self.write("(")
        self.real(value.real, verb)
        self.flags.plus = True
        self.real(value.imag, verb)
        self.write("i)")
        self.flags.plus = plus

    def string(self, text: str, verb: str, original: Value) -> None:
        if verb == "s" or (verb == "v" and not self.flags.sharp_v):
            self.pad(self.cut(text))
        elif verb in "qv":
            self.quoted(text)
        elif verb in "xX":
            self.hex_bytes(text.encode("utf-8", "surrogateescape"), verb)
        else:
            self.bad_verb(verb, original)

    def cut(self, text: str) -> str:
        return text if self.flags.precision is None else text[: self.flags.precision]

    def quoted(self, text: str) -> None:
        text = self.cut(text)
        if self.flags.sharp and can_backquote(text):
            self.pad(f"`{text}`")
        else:
            self.pad(quote(text, ascii_only=self.flags.plus))

    def hex_bytes(self, data: bytes, verb: str) -> None:
        flags = self.flags
        if flags.precision is not None:
            data = data[: flags.precision]
        if not data:
            self.padding(flags.width or 0)
            return
        prefix = f"0{verb}" if flags.sharp else ""
        pairs = [f"{byte:02{verb}}" for byte in data]
        self.pad(" ".join(prefix + pair for pair in pairs) if flags.space else prefix + "".join(pairs))

    def byte_slice(self, data: bytes, verb: str, depth: int) -> None:
        if verb in "sq":
            text = data.decode("utf-8", "surrogateescape")
            if verb == "q":
                self.quoted(text)
            else:
                self.pad(self.cut(text))
        elif verb in "xX":
            self.hex_bytes(data, verb)
        elif self.flags.sharp_v:
            self.write("[]byte{" if depth == 0 and verb == "v" else "[]uint8{")
            self.separated(data, ", ", lambda byte: self.integer(values.UInt8(byte), verb))
            self.write("}")
        else:
            self.write("[")
            if verb in "dv" and self.flags == _PLAIN:
                check_size(self.size + 4 * len(data))
                self.write(" ".join(map(str, data)))
            else:
                self.separated(data, " ", lambda byte: self.integer(values.UInt8(byte), verb))
            self.write("]")

    def separated(self, items: Sequence[Value], mark: str, write: Callable[[Value], None]) -> None:
        for index, item in enumerate(items):
            if index:
                self.write(mark)
            write(item)

    # Values.

    def argument(self, value: Value, verb: str) -> None:
        """`printArg`."""
        if value is None:
            if verb in "Tv":
                self.pad("<nil>")
            else:
                self.bad_verb(verb, None, known=False)
        elif verb == "T":
            self.pad(self.cut(go_type(value)))
        elif verb == "p":
            self.pointer(value, verb)
        elif verb == "w" and not isinstance(value, bytes):
            self.bad_verb(verb, value)
        else:
            self.value(value, verb, 0)

    def pointer(self, value: Value, verb: str) -> None:
        if go_kind(value) not in ("map", "slice", "ptr", "func", "chan"):
            self.bad_verb(verb, value)
        elif verb == "v" and self.flags.sharp_v:
            self.write(f"({go_type(value)})(0x{_ADDRESS:x})")
        elif verb in "vp":
            self.hexadecimal(_ADDRESS, prefix=not self.flags.sharp)
        elif verb in "bodxX":
            self.integer(_ADDRESS, verb)
        else:
            self.bad_verb(verb, value)

    def value(self, value: Value, verb: str, depth: int) -> None:
        """`printValue`."""
        if isinstance(value, str):
            self.string(value, verb, value)
        elif isinstance(value, bool):
            self.boolean(value, verb)
        elif isinstance(value, GoObject | NamedInt | TypedMap | TypedList) and self.has_text(value, verb):
            return
        elif isinstance(value, int):
            self.integer(value, verb)
        elif isinstance(value, float):
            self.real(value, verb, bits=32 if isinstance(value, Float32) else 64)
        elif value is None:
            self.write("interface {}(nil)" if self.flags.sharp_v else "<nil>")
        elif isinstance(value, dict):
            self.mapping(value, verb, depth)
        elif isinstance(value, list):
            self.sequence(value, verb, depth)
        elif isinstance(value, bytes):
            self.byte_slice(value, verb, depth)
        elif isinstance(value, complex):
            self.complex_number(value, verb)
        elif isinstance(value, GoObject):
            self.struct(value, verb, depth)
        else:
            self.pointer(value, verb)

    def has_text(self, value: Value, verb: str) -> bool:
        """Print what the value's own `String` or `Error` method gives, where it has one and the verb takes strings; `GoString` for %#v."""
        if self.flags.sharp_v and not self.erroring and isinstance(value, GoObject) and (syntax := value.go_syntax()) is not None:
            self.pad_with_spaces(syntax)
            return True
        if self.erroring or self.flags.sharp_v or verb not in _STRINGISH:
            return False
        text = value.go_string() if hasattr(value, "go_string") else None
        if text is None:
            return False
        self.string(text, verb, value)
        return True

    def mapping(self, mapping: dict[Value, Value], verb: str, depth: int) -> None:
        sharp = self.flags.sharp_v
        if sharp and not mapping and getattr(type(mapping), "NIL", False):
            self.write(f"{go_type(mapping)}(nil)")
            return
        self.write(f"{go_type(mapping)}{{" if sharp else "map[")
        for index, (key, item) in enumerate(sorted_items(mapping)):
            if index:
                self.write(", " if sharp else " ")
            self.value(key, verb, depth + 1)
            self.write(":")
            self.value(item, verb, depth + 1)
        self.write("}" if sharp else "]")

    def sequence(self, items: list[Value], verb: str, depth: int) -> None:
        sharp = self.flags.sharp_v
        if sharp and not items and getattr(type(items), "NIL", False):
            self.write(f"{go_type(items)}(nil)")
            return
        self.write(f"{go_type(items)}{{" if sharp else "[")
        self.separated(items, ", " if sharp else " ", lambda item: self.value(item, verb, depth + 1))
        self.write("}" if sharp else "]")

    def struct(self, value: GoObject, verb: str, depth: int) -> None:
        if value.KIND == "ptr":
            if depth:
                self.pointer(value, verb)
                return
            self.write("&")
        sharp = self.flags.sharp_v
        self.write(f"{value.type_name.lstrip('*')}{{" if sharp else "{")
        for index, (name, item) in enumerate(value.go_fields()):
            if index:
                self.write(", " if sharp else " ")
            if sharp or self.flags.plus_v:
                self.write(f"{name}:")
            if item is None and name in value.field_types:
                self.nil_pointer(value.field_types[name], verb)
            else:
                self.value(item, verb, depth + 1)
        self.write("}")

    def nil_pointer(self, type_name: str, verb: str) -> None:
        if self.flags.sharp_v:
            self.write(f"({type_name})(nil)")
        elif verb == "v":
            self.pad("<nil>")
        else:
            self.write(f"%!{verb}({type_name}=<nil>)")


def _character(number: int) -> str:
    return chr(number) if 0 <= number <= _MAX_RUNE and not 0xD800 <= number <= 0xDFFF else "\ufffd"


def _with_point(text: str, verb: str, precision: int) -> str:
    """The `#` flag: always a decimal point, and the trailing zeros that `%g` drops."""
    missing = (6 if precision == -1 else precision) if verb in "gGx" else 0
    head, tail = text, ""
    for mark in "pP" if verb in "xX" else "eEpP":
        if mark in head:
            head, _, rest = head.partition(mark)
            tail = mark + rest + tail
    seen = False
    for char in head[1:]:
        if char == ".":
            continue
        seen = seen or char != "0"
        missing -= seen
    if "." not in head:
        missing -= head[1:] == "0"
        head += "."
    return head + "0" * max(0, missing) + tail
