"""Go's `fmt` on template values: `%v` and its fellows, and what a template prints for a pipeline.

Maps are sorted, nil inside a value is `<nil>`, no value at all is `<no value>`, floats have `%g`'s form (`1e+06`), and mistakes are
written into the text (`%!d(string=x)`). Go: fmt/print.go, fmt/format.go, internal/fmtsort.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_helmsim.template import values
from pytest_helmsim.template.errors import UnprintableFault
from pytest_helmsim.template.floats import show_float
from pytest_helmsim.template.ordering import sorted_items
from pytest_helmsim.template.printer import Flags, Printer
from pytest_helmsim.template.values import GoFunction, Value, go_type

__all__ = ["show", "show_reflected", "sorted_items", "sprint", "sprintf", "sprintln"]

_TOO_LARGE = 1_000_000


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
    return Printer().print_all([value])


def sprint(*arguments: Value) -> str:
    """`fmt.Sprint`: a space between two operands of which neither is a string."""
    if len(arguments) == 1 and type(arguments[0]) is str:
        return arguments[0]
    printer = Printer()
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
    printer = Printer()
    for index, argument in enumerate(arguments):
        if index:
            printer.write(" ")
        printer.argument(argument, "v")
    printer.write("\n")
    return printer.text()


def sprintf(template: str, *arguments: Value) -> str:
    """`fmt.Sprintf`."""
    printer = Printer()
    _format(printer, template, arguments)
    return printer.text()


_SIMPLE: dict[type, Callable[[Value], str]] = {
    bool: lambda value: "true" if value else "false",
    int: str,
    float: show_float,
    values.Int64: int.__repr__,
}


def _format(printer: Printer, template: str, arguments: Sequence[Value]) -> None:
    """`doPrintf`."""
    end, position, number = len(template), 0, 0
    reordered = False
    while position < end:
        start = template.find("%", position)
        if start < 0:
            printer.write(template[position:])
            break
        printer.write(template[position:start])
        verb = _Verb(printer, template, start + 1, arguments, number)
        reordered = verb.read() or reordered
        position, number = verb.position, verb.number
    if not reordered and number < len(arguments):
        printer.flags = Flags()
        printer.write("%!(EXTRA ")
        for index, argument in enumerate(arguments[number:]):
            if index:
                printer.write(", ")
            if argument is None:
                printer.write("<nil>")
            else:
                printer.write(f"{go_type(argument)}=")
                printer.argument(argument, "v")
        printer.write(")")


@dataclass(slots=True)
class _Verb:
    """One `%…` of a format: `position` behind its percent sign, `number` of the next argument."""

    printer: Printer
    template: str
    position: int
    arguments: Sequence[Value]
    number: int
    reordered: bool = False
    good: bool = True

    def read(self) -> bool:
        """Print it; say whether it chose its argument by `[n]`."""
        printer, template, end = self.printer, self.template, len(self.template)
        flags = printer.flags = Flags()
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

    def precision(self, flags: Flags, indexed: bool) -> bool:
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
