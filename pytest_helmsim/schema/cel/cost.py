"""What an expression may cost at most, by the sizes that its schema allows.

Paths lead from a variable to its parts, so that limits declared there count. Where the real estimate lets two paths share their memory
and one overwrites the other's end, so does this one. Sources: github.com/google/cel-go checker/cost.go, ext/lists.go,
k8s.io/apiserver pkg/cel/library/cost.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.nodes import Node
from pytest_helmsim.schema.cel.types import Type

MAX = 2**64 - 1
TRAVERSAL, PATTERN = 0.1, 0.25
LIST, MAP, STRUCT = 10, 30, 40


@dataclass(frozen=True, slots=True)
class Size:
    """The smallest and the greatest size."""

    least: int
    most: int

    def plus(self, other: Size) -> Size:
        """The size of both together."""
        return Size(add(self.least, other.least), add(self.most, other.most))

    def times(self, other: Size) -> Size:
        """As many as both multiplied."""
        return Size(multiply(self.least, other.least), multiply(self.most, other.most))

    def union(self, other: Size) -> Size:
        """Either."""
        return Size(min(self.least, other.least), max(self.most, other.most))


UNKNOWN = Size(0, MAX)
_ONE = Size(1, 1)


def add(one: int, other: int) -> int:
    """The sum, at most what 64 bits hold."""
    return min(one + other, MAX)


def multiply(one: int, other: int) -> int:
    """The product, at most what 64 bits hold."""
    return min(one * other, MAX)


def scaled(size: int, factor: float) -> int:
    """A size times a factor, rounded up as doubles do it."""
    number = float(size)
    if number > 0 and factor > 0 and number > MAX / factor:
        return MAX
    found = math.ceil(number * factor)
    return MAX if found >= 2**64 else found


class Path:
    """A path; one made longer may write over what another one had written at the same place."""

    __slots__ = ("_cells", "_length", "_room")

    def __init__(self, cells: list[str], length: int, room: int) -> None:
        self._cells = cells
        self._length = length
        self._room = room

    @classmethod
    def of(cls, name: str) -> Path:
        """A path of one step."""
        return cls([name], 1, 1)

    def longer(self, step: str) -> Path:
        """The path and one more step."""
        length = self._length + 1
        if length <= self._room:
            del self._cells[self._length :]
            self._cells.append(step)
            return Path(self._cells, length, self._room)
        return Path([*self._cells[: self._length], step], length, max(1, self._room * 2))

    def steps(self) -> list[str]:
        """The steps as they stand now."""
        return self._cells[: self._length]


EMPTY = Path([], 0, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """Sizes of the keys and values of a list or a map."""

    kind: str
    key: Size
    value: Size

    def union(self, other: Entry | None) -> Entry | None:
        """Either, None when one is unknown."""
        return None if other is None else Entry(self.kind, self.key.union(other.key), self.value.union(other.value))


@dataclass(frozen=True, slots=True)
class _Local:
    path: Path
    size: Size | None
    entry: Entry | None


SizeOf = Callable[[list[str]], Size | None]
"""The size of what a path leads to, None when it is unknown."""


def estimate(tree: Node, size_of: SizeOf) -> int:
    """The greatest cost."""
    return Coster(size_of).cost(tree)


class Coster:
    """One estimate; trees must have been checked."""

    def __init__(self, size_of: SizeOf) -> None:
        self._size_of = size_of
        self._paths: dict[int, Path] = {}
        self._locals: dict[str, list[_Local]] = {}
        self._sizes: dict[int, Size] = {}
        self._entries: dict[int, Entry] = {}

    def cost(self, tree: Node) -> int:
        """The greatest cost of a node and all below."""
        match tree.kind:
            case "literal":
                return 0
            case "ident":
                local = self._local(tree.name)
                self._paths[id(tree)] = local.path if local else Path.of(tree.name)
                return 1
            case "select":
                return self._select(tree)
            case "call":
                return self._call(tree)
            case "list":
                return self._list(tree)
            case "map":
                return self._map(tree)
            case "struct":
                return add(sum(self.cost(value) for value in tree.args), STRUCT)
            case "fold":
                return self._fold(tree)
        return 0

    def _local(self, name: str) -> _Local | None:
        stack = self._locals.get(name)
        return stack[-1] if stack else None

    def path(self, node: Node) -> Path:
        """The path of a node, empty when it has none."""
        if node.kind == "ident":
            local = self._local(node.name)
            if local is not None:
                return local.path
        return self._paths.get(id(node), EMPTY)

    def _select(self, tree: Node) -> int:
        holder = tree.args[0]
        total = self.cost(holder)
        if tree.tested:
            return total
        kind = holder.type.kind if holder.type else "dyn"
        total = add(total, 1 if kind in ("map", "struct", "param") else 0)
        self._paths[id(tree)] = self.path(holder).longer(tree.name)
        return total

    def size(self, node: Node) -> Size | None:
        """The size of a node's value, None when nothing is known of it."""
        known = self._sizes.get(id(node))
        if known is not None:
            return known
        own = _own_size(node)
        if own is not None:
            return own
        steps = self.path(node).steps()
        found = self._size_of(steps) if steps else None
        if found is not None:
            self._sizes[id(node)] = found
            return found
        if node.type is not None and node.type.is_scalar:
            return _ONE
        local = self._local(node.name) if node.kind == "ident" else None
        return local.size if local else None

    def known_size(self, node: Node) -> Size:
        """The size, or anything."""
        return self.size(node) or UNKNOWN

    def entry(self, node: Node) -> Entry | None:
        """The sizes of a node's parts, None when unknown."""
        found = self._entries.get(id(node))
        if found is not None:
            return found
        local = self._local(node.name) if node.kind == "ident" else None
        return local.entry if local else None

    def item_size(self, node: Node) -> tuple[Type | None, Size]:
        """The type of a list's items and their size."""
        params = node.type.params if node.type else ()
        if not params:
            return None, UNKNOWN
        steps = self.steps_of(node)
        found = self._size_of([*steps, "@items"]) if steps else None
        return params[0], found or UNKNOWN

    def steps_of(self, node: Node) -> list[str]:
        """The path of an argument, which an accumulator has not."""
        steps = self.path(node).steps()
        return [] if steps and steps[0] == "__result__" else steps

    def _list(self, tree: Node) -> int:
        total = 0
        item = Size(MAX if tree.args else 0, 0)
        for node in tree.args:
            total = add(total, self.cost(node))
            item = item.union(self.known_size(node))
        self._entries[id(tree)] = Entry("list", _ONE, item)
        return add(total, LIST)

    def _map(self, tree: Node) -> int:
        total = 0
        keys = values = Size(MAX if tree.args else 0, 0)
        for index in range(0, len(tree.args), 2):
            total = add(add(total, self.cost(tree.args[index])), self.cost(tree.args[index + 1]))
            keys = keys.union(self.known_size(tree.args[index]))
            values = values.union(self.known_size(tree.args[index + 1]))
        self._entries[id(tree)] = Entry("map", keys, values)
        return add(total, MAP)

    def _fold(self, tree: Node) -> int:
        fold = tree.fold
        assert fold is not None
        total = add(self.cost(fold.range), self.cost(fold.start))
        self._push(fold.total, _Local(self.path(fold.start), self.size(fold.start), self.entry(fold.start)))
        if fold.is_bind:
            total = add(total, self.cost(fold.result))
            self._pop(fold.total)
            size, entry = self.size(fold.result), self.entry(fold.result)
            if size is not None:
                self._sizes[id(tree)] = size
            if entry is not None:
                self._entries[id(tree)] = entry
            return total
        self._push_items(fold.range, fold.item, fold.second)
        each = add(self.cost(fold.going_on), self.cost(fold.step))
        self._pop(fold.item)
        if fold.second:
            self._pop(fold.second)
        total = add(total, self.cost(fold.result))
        self._pop(fold.total)
        count = self.known_size(fold.range)
        total = add(total, multiply(count.most, each))
        if fold.start.kind == "literal":
            self._sizes[id(tree)] = self.known_size(fold.start)
        elif fold.start.kind in ("list", "map"):
            self._sizes[id(tree)] = count
            entry = self.entry(fold.step)
            if entry is not None:
                self._entries[id(tree)] = entry
        return total

    def _push(self, name: str, local: _Local) -> None:
        self._locals.setdefault(name, []).append(local)

    def _pop(self, name: str) -> None:
        self._locals[name].pop()

    def _push_items(self, over: Node, first: str, second: str) -> None:
        entry = self.entry(over)
        kind = entry.kind if entry else over.type.kind if over.type else "dyn"
        path = self.path(over)
        key, value = (entry.key, entry.value) if entry else (None, None)
        if second:
            self._push(first, _Local(path.longer("@indices" if kind == "list" else "@keys"), key, None))
            path = self.path(over)
            self._push(second, _Local(path.longer("@items" if kind == "list" else "@values"), value, None))
        elif kind == "list":
            self._push(first, _Local(path.longer("@items"), value, None))
        else:
            self._push(first, _Local(path.longer("@keys"), key, None))

    def _call(self, tree: Node) -> int:
        from pytest_helmsim.schema.cel.call_cost import Call, call_estimate

        if tree.name == "dyn" and not tree.member:
            argument = tree.args[0]
            total = add(self.cost(argument), 1)
            size, entry = self.size(argument), self.entry(argument)
            if size is not None:
                self._sizes[id(tree)] = size
            if entry is not None:
                self._entries[id(tree)] = entry
            return total
        arguments = tree.args[1:] if tree.member else tree.args
        costs: list[int] = []
        sizes: list[Size | None] = []
        for argument in arguments:
            costs.append(self.cost(argument))
            sizes.append(self.size(argument))
        if not tree.overloads:
            return 0
        total = 0
        holder = tree.args[0] if tree.member else None
        if holder is not None:
            total = self.cost(holder)
            self.size(holder)
        most = 0
        result: Size | None = None
        for overload in tree.overloads:
            call = Call(self, tree, overload, holder, arguments, tuple(costs), tuple(sizes))
            found, size = call_estimate(call)
            most = max(most, found)
            if size is not None:
                result = size if result is None else result.union(size)
            if overload in ("index_list", "index_map") and arguments:
                entry = self.entry(arguments[0])
                result = entry.value if entry else None
                self._paths[id(tree)] = self.path(arguments[0]).longer("@items" if overload == "index_list" else "@values")
            if result is None:
                result = self.size(tree)
        if result is not None:
            self._sizes[id(tree)] = result
        return add(total, most)

    def set_entry(self, node: Node, entry: Entry | None) -> None:
        """Remember the sizes of a node's parts."""
        if entry is not None:
            self._entries[id(node)] = entry


def _own_size(node: Node) -> Size | None:
    """The size of what is written out."""
    if node.kind == "literal":
        count = len(node.value) if isinstance(node.value, (str, bytes)) else 1
    elif node.kind == "list":
        count = len(node.args)
    elif node.kind == "map":
        count = len(node.args) // 2
    else:
        return None
    return Size(count, count)


STRINGS = (types.STRING, types.BYTES)
