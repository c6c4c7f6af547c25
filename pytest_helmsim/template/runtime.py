"""What runs under compiled templates: loops and their budget, linking, and the way from a traceback to Go's error text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CellType, FrameType, FunctionType, TracebackType
from typing import Any, TypeAlias

from pytest_helmsim.template import gofmt
from pytest_helmsim.template.calls import Compiled, Site
from pytest_helmsim.template.errors import (
    ArgumentFault,
    ElementFault,
    ExecutionError,
    Fault,
    FunctionError,
    LimitExceeded,
    Location,
    TemplateError,
    UnprintableFault,
)
from pytest_helmsim.template.limits import Limits
from pytest_helmsim.template.nodes import Node
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.values import TypedList, TypedMap, UInt8, Value

Run: TypeAlias = Callable[[Value, Callable[[str], None], int], None]

_CHECK_EVERY = 10_000
"""Steps between two looks at the size of the output."""
_MARK = "__template__"
"""The global by which a traceback's frame is known to be a template's."""


class Output(list[str]):
    """Pieces of output; those before `settled` are already counted."""

    __slots__ = ("settled",)

    def __init__(self) -> None:
        super().__init__()
        self.settled = 0


@dataclass(slots=True)
class Budget:
    """What one execution, with all templates that it includes, has used up."""

    limits: Limits
    steps: int = 0
    printed: int = 0
    output: Output | None = None
    tracer: Any = None
    trace: Any = None
    _next_check: int = _CHECK_EVERY

    def restart(self) -> None:
        """Another execution begins."""
        self.steps = self.printed = 0
        self._next_check = _CHECK_EVERY

    def spend(self, steps: int, output: Output) -> None:
        self.steps += steps
        if self.steps > self._next_check:
            if self.steps > self.limits.steps:
                raise LimitExceeded("steps of a template", self.limits.steps, "give Limits(steps=…) if the chart is to be trusted")
            self._next_check = self.steps + _CHECK_EVERY
            self.settle(output)

    def settle(self, output: Output) -> None:
        """Count the pieces that were printed since the last time."""
        count = len(output)
        self.printed += sum(map(len, output[output.settled :] if output.settled else output))
        output.settled = count
        if self.printed > self.limits.output:
            raise LimitExceeded("characters printed", self.limits.output, "give Limits(output=…) if the chart is to be trusted")

    def each(self, value: Value, weight: int, write: Callable[[str], None]) -> Iterable[Value]:
        """The items of a `range` with one variable or none."""
        items: Any
        if isinstance(value, list):
            items = value
        elif isinstance(value, dict):
            items = _like(value, [item for _, item in gofmt.sorted_items(value)])
        elif value is None:
            return ()
        elif isinstance(value, int) and not isinstance(value, bool):
            items = range(value) if type(value) is int else _TypedRange(value)
        elif isinstance(value, bytes):
            items = _Concrete(UInt8(byte) for byte in value)
        else:
            raise Fault(f"range can't iterate over {gofmt.show_reflected(value)}")
        return self._guard(items, weight, write)

    def pairs(self, value: Value, weight: int, write: Callable[[str], None]) -> Iterable[tuple[Value, Value]]:
        """The keys or indices and items of a `range` with two variables."""
        items: Any
        if isinstance(value, list):
            items = _like(value, list(enumerate(value)))
        elif isinstance(value, dict):
            items = _like(value, gofmt.sorted_items(value))
        elif value is None:
            return ()
        elif isinstance(value, bytes):
            items = _Concrete((index, UInt8(byte)) for index, byte in enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            raise Fault(f"can't use {gofmt.show_reflected(value)} to iterate over more than one variable")
        else:
            raise Fault(f"range can't iterate over {gofmt.show_reflected(value)}")
        return self._guard(items, weight, write)

    def _guard(self, items: Any, weight: int, write: Callable[[str], None]) -> Iterable[Any]:
        if not items:
            return ()
        steps = len(items) * weight
        output: Output = write.__self__  # type: ignore[attr-defined]
        if steps < _CHECK_EVERY:
            self.spend(steps, output)
            return items  # type: ignore[no-any-return]
        return self._spending(items, weight, output)

    def _spending(self, items: Iterable[Any], weight: int, output: Output) -> Iterator[Any]:
        for item in items:
            self.spend(weight, output)
            yield item


class _Concrete(list[Any]):
    """Items whose static type is not `interface {}`."""

    __slots__ = ()


def _like(container: Value, items: list[Any]) -> list[Any]:
    return _Concrete(items) if isinstance(container, TypedMap | TypedList) and container.ZERO is not None else items


def _holds_interfaces(items: object) -> bool:
    if isinstance(items, TypedList):
        return items.ZERO is None
    return not isinstance(items, _Concrete | _TypedRange | range)


class _TypedRange:
    """`range` over an integer of a kind other than int: its items are of the same kind."""

    def __init__(self, stop: int) -> None:
        self._stop = stop

    def __len__(self) -> int:
        return max(0, int(self._stop))

    def __iter__(self) -> Iterator[Value]:
        return map(type(self._stop), range(self._stop))


def template_of(frame: FrameType) -> Linked | None:
    """The template that a frame runs, None for other code."""
    found: Linked | None = frame.f_globals.get(_MARK)
    return found


def fail(message: str) -> Value:
    """An error that was known when the template was compiled."""
    raise Fault(message)


@dataclass(slots=True, eq=False)
class Linked:
    """A template as tracebacks know it: its names, its text and what its lines stand for."""

    name: str
    parse_name: str
    text: str
    compiled: Compiled
    arity_errors: Callable[[], Mapping[str, str]]
    run: Run = field(init=False)

    def link(self, resolve: Callable[[str], object]) -> Run:
        """Give every free variable of the code its value."""
        code = self.compiled.code
        closure = tuple(CellType(resolve(name)) for name in code.co_freevars)
        made: Any = FunctionType(code, {_MARK: self, "__builtins__": {}}, code.co_name, None, closure)
        self.run = made
        return self.run

    def location(self, node: Node) -> Location:
        before = self.text[: node.position]
        start = before.rfind("\n") + 1
        return Location(self.parse_name, before.count("\n") + 1, len(before[start:].encode("utf-8", "surrogateescape")))

    def error(self, node: Node, reason: str) -> ExecutionError:
        location, context = self.location(node), str(node)
        text = f"template: {location}: executing {quote(self.name)} at <{context}>: {reason}"
        return ExecutionError(text, template=self.name, location=location, context=context, reason=reason)


def explain(fault: BaseException) -> TemplateError:
    """The error of the innermost template that `fault` came through; `fault` itself where none was reached."""
    place = _innermost(fault.__traceback__)
    if place is None or (isinstance(fault, UnboundLocalError) and not _of_template(fault.__traceback__)):
        raise fault
    template, line, local = place
    sites = template.compiled.sites
    site = sites[line - 1]
    miscounted = None
    outer = site
    wrong = template.arity_errors() if outer.outer else {}
    while wrong and outer.outer:
        outer = sites[outer.outer - 1]
        if outer.binding in wrong:
            miscounted = outer
    if miscounted is not None:
        return template.error(miscounted.head or miscounted.node, wrong[miscounted.binding])
    if isinstance(fault, ElementFault) and site.items and not _holds_interfaces(local.get(site.items)):
        return template.error(site.node, fault.concrete)
    blamed = template.compiled.visited(_blamed(fault, site), local)
    return template.error(blamed, _reason(fault, site))


def _of_template(trace: TracebackType | None) -> bool:
    """Whether a template's own code raised, not a function that it called."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and template_of(trace.tb_frame) is not None


def _innermost(trace: TracebackType | None) -> tuple[Linked, int, dict[str, Any]] | None:
    """The last template that a traceback passes: it, its line, its locals."""
    found: tuple[Linked, int, FrameType] | None = None
    while trace is not None:
        template = template_of(trace.tb_frame)
        if template is not None:
            found = template, trace.tb_lineno, trace.tb_frame
        trace = trace.tb_next
    return (found[0], found[1], found[2].f_locals) if found is not None else None


def _blamed(fault: BaseException, site: Site) -> Node:
    if isinstance(fault, ArgumentFault) and 0 <= fault.index < len(site.tails):
        return site.tails[fault.index]
    if isinstance(fault, FunctionError | TemplateError):
        return site.node
    return site.head or site.node


def _reason(fault: BaseException, site: Site) -> str:
    if isinstance(fault, FunctionError | TemplateError) and site.name:
        return f"error calling {site.name}: {fault}"
    if isinstance(fault, UnprintableFault):
        return f"can't print {site.node} of type {fault.type_name}"
    if isinstance(fault, UnboundLocalError):
        return f"undefined variable: {site.node}".split(".", 1)[0]
    return str(fault)
