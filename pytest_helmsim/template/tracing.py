"""Where a piece of output came from: the template lines that printed it and the values that were read for it.

`Environment.trace` runs a template with other helpers and another output than `execute`; the compiled code is the same, so that tracing
costs nothing while it is off. A piece belongs to the text or action that wrote it, and to everything that was read since the piece
before, conditions included. What an action printed through `include` or `tpl` is looked up in their own trace by the line's text, so
that indentation on the way does no harm.

Values are known by identity: every map and list under `root` has its path, whatever variable or argument it travels in; a copy (`merge`,
`deepCopy`) has none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_helmsim.template.errors import Location
from pytest_helmsim.template.fields import MissingKey, helpers
from pytest_helmsim.template.runtime import Budget, Linked, Output, template_of
from pytest_helmsim.template.values import Value


@dataclass(frozen=True, slots=True)
class Origin:
    """One step on the way to a piece of text: a template's line, and the paths of values read for it, in order."""

    template: str
    location: Location
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """`text[start:end]` and what wrote it; `inner` are the executions whose text it may hold."""

    start: int
    end: int
    origin: Origin
    inner: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """What one template printed, piece by piece."""

    text: str
    pieces: tuple[Piece, ...]

    def origins(self, offset: int) -> list[Origin]:
        """The way to the character at `offset`, outermost first: the file's own place, then those in what it includes.

        Its reads are those of the line up to there, with the conditions and loops that led to the line.
        """
        piece = self._piece(offset)
        if piece is None:
            return []
        before = max(0, self.text.rfind("\n", 0, offset))
        reads = {path: None for each in self.pieces if each.start <= offset and each.end > before for path in each.origin.reads}
        origin = replace(piece.origin, reads=tuple(reads))
        start = max(piece.start, self.text.rfind("\n", 0, offset) + 1)
        end = self.text.find("\n", offset, piece.end)
        line = self.text[start : end if end >= 0 else piece.end]
        behind = offset - start - (len(line) - len(line.lstrip()))
        for trace in piece.inner:
            position = trace.find_line(line.strip())
            if position is not None and behind >= 0:
                return [origin, *trace.origins(position + behind)]
        return [origin]

    def find_line(self, line: str) -> int | None:
        """Where the text of a line begins that is `line` but for white space at its ends."""
        if not line:
            return None
        offset = 0
        for each in self.text.split("\n"):
            if each.strip() == line:
                return offset + len(each) - len(each.lstrip())
            offset += len(each) + 1
        return None

    def line_origins(self, number: int) -> list[Origin]:
        """The way to what stands in line `number`, counted from 1: to its value, the last thing printed in it."""
        lines = self.text.split("\n")
        if not 1 <= number <= len(lines):
            return []
        start = sum(len(line) + 1 for line in lines[: number - 1])
        return self.origins(start + max(0, len(lines[number - 1].rstrip()) - 1))

    def _piece(self, offset: int) -> Piece | None:
        return next((piece for piece in self.pieces if piece.start <= offset < piece.end), None)


class TracedOutput(Output):
    """An output that asks the running template, by its frame, where it stands."""

    __slots__ = ("_size", "_tracer", "inner", "pieces", "reads")

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self._tracer = tracer
        self._size = 0
        self.pieces: list[Piece] = []
        self.reads: dict[str, None] = {}
        self.inner: list[Trace] = []

    def append(self, text: str) -> None:
        super().append(text)
        frame = sys._getframe(1)
        template = template_of(frame)
        if text and isinstance(template, Linked):
            node = template.compiled.sites[frame.f_lineno - 1].node
            origin = Origin(template.name, template.location(node), tuple(self.reads))
            self.pieces.append(Piece(self._size, self._size + len(text), origin, tuple(self.inner)))
            self.reads, self.inner = {}, []
        self._size += len(text)

    def trace(self) -> Trace:
        return Trace("".join(self), tuple(self.pieces))


@dataclass(slots=True)
class Tracer:
    """The paths of the values that one execution may read."""

    budget: Budget
    _paths: dict[int, str] = field(default_factory=dict)
    _kept: list[Value] = field(default_factory=list)

    def know(self, value: Value, path: str) -> None:
        """Give every map and list in `value` its path; the first path counts for what is met twice."""
        pending = [(value, path)]
        while pending:
            each, name = pending.pop()
            if not isinstance(each, dict | list) or id(each) in self._paths:
                continue
            self._paths[id(each)] = name
            self._kept.append(each)
            items = each.items() if isinstance(each, dict) else enumerate(each)
            pending += [(item, _join(name, key)) for key, item in items]

    def output(self) -> Output:
        """An output for one of the execution's templates."""
        return TracedOutput(self)

    def finish(self, output: Output, outer: Output | None) -> Trace | None:
        """Give the trace of a template to the one around it; the trace itself where there is none."""
        assert isinstance(output, TracedOutput), "a traced execution has traced outputs"
        trace = output.trace()
        if isinstance(outer, TracedOutput):
            outer.inner.append(trace)
            return None
        return trace

    def read(self, path: str) -> None:
        if isinstance(self.budget.output, TracedOutput):
            self.budget.output.reads[path] = None

    def read_fields(self, value: Value, names: Iterable[str]) -> None:
        path = self._paths.get(id(value))
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
            path = self._paths.get(id(value)) or (_join(path, name) if path is not None else None)
        if path is not None:
            self.read(path)

    def helpers(self, missing_key: MissingKey) -> dict[str, Callable[..., Any]]:
        """Helpers of compiled code that note what they read."""
        plain = helpers(missing_key)
        made: dict[str, Callable[..., Any]] = {name: self._reading(call, several=name[-1] == "s") for name, call in plain.items()}
        return made | {"each": self._each, "pairs": self._pairs}

    def _reading(self, call: Callable[..., Value], *, several: bool) -> Callable[..., Value]:
        def read(value: Value, *names: Any) -> Value:
            self.read_fields(value, names[0] if several else names)
            return call(value, *names)

        return read

    def _each(self, value: Value, weight: int, write: Callable[[str], None]) -> Iterable[Value]:
        return self._noting(value, self.budget.each(value, weight, write), pairs=False)

    def _pairs(self, value: Value, weight: int, write: Callable[[str], None]) -> Iterable[Value]:
        return self._noting(value, self.budget.pairs(value, weight, write), pairs=True)

    def _noting(self, value: Value, items: Iterable[Value], *, pairs: bool) -> Iterable[Value]:
        path = self._paths.get(id(value))
        if path is None or items == ():
            return items
        keys = sorted(value, key=str) if isinstance(value, dict) else None
        return self._note_each(path, items, keys, pairs)

    def _note_each(self, path: str, items: Iterable[Value], keys: list[Value] | None, pairs: bool) -> Iterator[Value]:
        for index, item in enumerate(items):
            key = item[0] if pairs else keys[index] if keys is not None else index
            self.read(_join(path, key))
            yield item


def _join(path: str, key: object) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    name = str(key)
    return f"{path}.{name}" if name.replace("_", "a").replace("-", "a").isalnum() else f'{path}["{name}"]'
