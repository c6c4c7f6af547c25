"""What can go wrong with a template: parsing it, running it, calling a function, breaking a bound.

`str(error)` is Go's text, so that callers who wrap, cut or search it (as Helm does) find what they expect.
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_helmsim.objects.errors import HelmsimError


class TemplateError(HelmsimError):
    """A template that cannot be parsed or run."""


class ParseError(TemplateError):
    """`template: NAME:LINE: REASON`."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(f"template: {name}:{line}: {reason}")
        self.name = name
        self.line = line
        self.reason = reason


class Location(NamedTuple):
    """Where a node stands: the file that was parsed, its line from 1, its column in bytes from 0."""

    name: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.name}:{self.line}:{self.column}"


class ExecutionError(TemplateError):
    """`template: NAME:LINE:COL: executing "TEMPLATE" at <NODE>: REASON`; without a location `template: TEMPLATE: REASON`.

    `reason` holds the whole chain as text; the inner error of an `include` or `tpl` is `__cause__`.
    """

    def __init__(self, text: str, *, template: str, location: Location | None, context: str, reason: str) -> None:
        super().__init__(text)
        self.template = template
        self.location = location
        self.context = context
        self.reason = reason


class NoSuchTemplate(TemplateError):
    """`template: no template "X" associated with template "Y"`."""


class LimitExceeded(TemplateError):
    """A bound that protects the process from a chart: output size, steps or depth; Go has no such error."""

    def __init__(self, what: str, limit: int, way_round: str) -> None:
        super().__init__(f"template limit exceeded: {what} (limit {limit}); {way_round}")
        self.what = what
        self.limit = limit


class FunctionError(Exception):
    """What a template function raises where Go's returns an error (or panics): shown as `error calling NAME: MESSAGE`.

    Raise it `from` the inner error where there is one, so that callers can look at the chain.
    """


class Fault(Exception):
    """An error of the running template that does not know its place yet; `runtime` turns it into an `ExecutionError`."""


class ArgumentFault(Fault):
    """Argument `index` of a call does not fit; index -1 is the number of arguments."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


class ElementFault(Fault):
    """`name` is no field of an item; the text names the item's type unless the list or map holds interfaces."""

    def __init__(self, name: str, type_name: str) -> None:
        super().__init__(f"can't evaluate field {name} in type interface {{}}")
        self.concrete = f"can't evaluate field {name} in type {type_name}"


class UnprintableFault(Fault):
    """A function is to be printed."""

    def __init__(self, type_name: str) -> None:
        super().__init__(f"can't print a value of type {type_name}")
        self.type_name = type_name


class Unplaced(Exception):
    """An interpreted execution failed, which does not know where: it says nothing until the same is executed compiled."""
