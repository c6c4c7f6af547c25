"""Go's `fmt` on template values: `%v` and its fellows, and what a template prints for a pipeline.

Maps are sorted, nil inside a value is `<nil>`, no value at all is `<no value>`, floats have `%g`'s form (`1e+06`), and mistakes are
written into the text (`%!d(string=x)`). Go: fmt/print.go, fmt/format.go, internal/fmtsort.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pytest_helmsim.template import values
from pytest_helmsim.template.errors import UnprintableFault
from pytest_helmsim.template.floats import format_float, show_float
from pytest_helmsim.template.limits import check_size
from pytest_helmsim.template.quoting import can_backquote, is_printable, quote
from pytest_helmsim.template.values import Float32, GoFunction, GoInt, GoObject, NamedInt, TypedList, TypedMap, Value, go_kind, go_type

_MAX_RUNE = 0x10FFFF
_TOO_LARGE = 1_000_000
_ADDRESS = 0xC000012000
"""Stands for every address, which Go prints for pointers inside values and which no two runs share."""
_PIECE = 256
"""What every piece of output counts beyond its length, so that a small value nested in itself without end stops soon."""
_STRINGISH = frozenset("vsxXq")


def show(value: Value) -> str:
    """What a template prints for a pipeline's value."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if value is None:
        return "<no value>"
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple(value)
    if isinstance(value, GoFunction):
        raise UnprintableFault(go_type(value))
    return show_reflected(value)


def show_reflected(value: Value) -> str:
    """`%v`."""
    return _Printer().print_all([value])


def sprint(*arguments: Value) -> str:
    """`fmt.Sprint`: a space between two operands of which neither is a string."""
    if len(arguments) == 1 and type(arguments[0]) is str:
        return arguments[0]
    printer = _Printer()
    after_string = True
    for index, argument in enumerate(arguments):
        is_string = isinstance(argument, str)
        if index and not is_string and not after_string:
            printer.write(" ")
        printer.argument(argument, "v")
        after_string = is_string
    return printer.text()


def sprintln(*arguments: Value) -> str:
    """`fmt.Sprintln`: spaces between all, a line feed at the end."""
    printer = _Printer()
    for index, argument in enumerate(arguments):
        if index:
            printer.write(" ")
        printer.argument(argument, "v")
    printer.write("\n")
    return printer.text()


def sprintf(template: str, *arguments: Value) -> str:
    """`fmt.Sprintf`."""
    printer = _Printer()
    printer.format(template, arguments)
    return printer.text()


def sorted_items(mapping: dict[Value, Value]) -> list[tuple[Value, Value]]:
    """A map's entries in the order in which Go prints and ranges over them."""
    try:
        return sorted(mapping.items()) if type(mapping) is dict or all(type(key) is str for key in mapping) else _sorted_mixed(mapping)
    except TypeError:
        return _sorted_mixed(mapping)


_KEY_ORDER = {"string": 0, "int": 1, "int64": 2, "float64": 3, "bool": 4}
"""Keys of several types: Go orders them by where its types lie in memory, which differs between programs; this is one such order."""


def _sorted_mixed(mapping: dict[Value, Value]) -> list[tuple[Value, Value]]:
    def order(item: tuple[Value, Value]) -> tuple[int, str, Value]:
        key = item[0]
        return (-1, "", 0) if key is None else (_KEY_ORDER.get(go_kind(key), len(_KEY_ORDER)), go_type(key), key)

    return sorted(mapping.items(), key=order)


_SIMPLE: dict[type, Callable[[Value], str]] = {
    bool: lambda value: "true" if value else "false",
    int: str,
    float: show_float,
    values.Int64: int.__repr__,
}


@dataclass(slots=True)
class _Flags:
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


@dataclass(slots=True)
class _Printer:
    flags: _Flags = field(default_factory=_Flags)
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

    def byte_slice(self, data: bytes, verb: str) -> None:
        if verb in "vd":
            if self.flags.sharp_v:
                self.write("[]byte{")
                self.separated(data, ", ", lambda byte: self.hexadecimal(byte, prefix=True))
                self.write("}")
            else:
                self.write("[")
                self.separated(data, " ", lambda byte: self.digits(byte, 10, verb))
                self.write("]")
        elif verb in "sq":
            text = data.decode("utf-8", "surrogateescape")
            if verb == "q":
                self.quoted(text)
            else:
                self.pad(self.cut(text))
        elif verb in "xX":
            self.hex_bytes(data, verb)
        else:
            self.write("[")
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
        elif verb == "w":
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
            self.byte_slice(value, verb)
        elif isinstance(value, complex):
            self.complex_number(value, verb)
        elif isinstance(value, GoObject):
            self.struct(value, verb, depth)
        else:
            self.pointer(value, verb)

    def has_text(self, value: Value, verb: str) -> bool:
        """Print what the value's own `String` or `Error` method gives, where it has one and the verb takes strings."""
        if self.erroring or self.flags.sharp_v or verb not in _STRINGISH:
            return False
        text = value.go_string() if hasattr(value, "go_string") else None
        if text is None:
            return False
        self.string(text, verb, value)
        return True

    def mapping(self, mapping: dict[Value, Value], verb: str, depth: int) -> None:
        sharp = self.flags.sharp_v
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

    # Formats.

    def format(self, template: str, arguments: Sequence[Value]) -> None:
        """`doPrintf`."""
        end, position, number = len(template), 0, 0
        reordered = False
        while position < end:
            start = template.find("%", position)
            if start < 0:
                self.write(template[position:])
                break
            self.write(template[position:start])
            verb = _Verb(self, template, start + 1, arguments, number)
            reordered = verb.read() or reordered
            position, number = verb.position, verb.number
        if not reordered and number < len(arguments):
            self.flags = _Flags()
            self.write("%!(EXTRA ")
            for index, argument in enumerate(arguments[number:]):
                if index:
                    self.write(", ")
                if argument is None:
                    self.write("<nil>")
                else:
                    self.write(f"{go_type(argument)}=")
                    self.argument(argument, "v")
            self.write(")")


@dataclass(slots=True)
class _Verb:
    """One `%…` of a format: `position` behind its percent sign, `number` of the next argument."""

    printer: _Printer
    template: str
    position: int
    arguments: Sequence[Value]
    number: int
    reordered: bool = False
    good: bool = True

    def read(self) -> bool:
        """Print it; say whether it chose its argument by `[n]`."""
        printer, template, end = self.printer, self.template, len(self.template)
        flags = printer.flags = _Flags()
        while self.position < end and template[self.position] in _FLAGS:
            setattr(flags, _FLAGS[template[self.position]], True)
            self.position += 1
        indexed = self.index()
        if template[self.position : self.position + 1] == "*":
            self.position += 1
            flags.width = self.from_argument()
            if flags.width is None:
                printer.write("%!(BADWIDTH)")
            elif flags.width < 0:
                flags.width, flags.minus, flags.zero = -flags.width, True, False
            indexed = False
        else:
            flags.width = self.digits()
            if indexed and flags.width is not None:
                self.good = False
        if self.position + 1 < end and template[self.position] == ".":
            indexed = self.precision(flags, indexed)
        if not indexed:
            self.index()
        if self.position >= end:
            printer.write("%!(NOVERB)")
            return self.reordered
        verb = template[self.position]
        self.position += 1
        if verb == "%":
            printer.write("%")
        elif not self.good:
            printer.write(f"%!{verb}(BADINDEX)")
        elif self.number >= len(self.arguments):
            printer.write(f"%!{verb}(MISSING)")
        else:
            if verb in "vw":
                flags.sharp_v, flags.sharp, flags.plus_v, flags.plus = flags.sharp, False, flags.plus, False
            printer.argument(self.arguments[self.number], verb)
            self.number += 1
        return self.reordered

    def precision(self, flags: _Flags, indexed: bool) -> bool:
        self.position += 1
        if indexed:
            self.good = False
        indexed = self.index()
        if self.template[self.position : self.position + 1] == "*":
            self.position += 1
            flags.precision = self.from_argument()
            if flags.precision is not None and flags.precision < 0:
                flags.precision = None
            if flags.precision is None:
                self.printer.write("%!(BADPREC)")
            return False
        flags.precision = self.digits() or 0
        return indexed

    def digits(self) -> int | None:
        """A number at the position; one that is too large ends the format, as in Go."""
        start, template = self.position, self.template
        number = 0
        while self.position < len(template) and "0" <= template[self.position] <= "9":
            if number > _TOO_LARGE:
                self.position = len(template)
                return None
            number = number * 10 + int(template[self.position])
            self.position += 1
        return number if self.position > start else None

    def index(self) -> bool:
        """`[n]` chooses the next argument."""
        template, start = self.template, self.position
        if template[start : start + 1] != "[":
            return False
        self.reordered = True
        close = template.find("]", start + 1)
        if len(template) - start < 3 or close < 0:
            self.position += 1
            self.good = False
            return False
        inside = template[start + 1 : close]
        self.position = close + 1
        ok = inside.isascii() and inside.isdigit() and int(inside[:8]) <= _TOO_LARGE * 10
        if ok and 1 <= int(inside) <= len(self.arguments):
            self.number = int(inside) - 1
            return True
        self.good = False
        return ok

    def from_argument(self) -> int | None:
        """`*`: the next argument as a width or precision; None for one that is no reasonable integer."""
        if self.number >= len(self.arguments):
            return None
        value = self.arguments[self.number]
        self.number += 1
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _TOO_LARGE:
            return None
        return int(value)


_FLAGS = {"#": "sharp", "0": "zero", "+": "plus", "-": "minus", " ": "space"}


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
