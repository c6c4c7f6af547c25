"""What compiled code leaves open: calls to be bound to functions, and the nodes to blame for an error at a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Final, NamedTuple, TypeAlias

from pytest_helmsim.template import nodes
from pytest_helmsim.template.nodes import Node

LONGEST_FIELDS: Final = 4
"""`field1` … `field4` are functions of their own; longer chains take a tuple of names."""


class Argument(NamedTuple):
    """How an argument is written: `literal`, or else whether nil in it is Go's "invalid value" or an `interface {}` holding nil.

    With `based` that depends on the value whose field it is, `$x` in `$x.a`: a field of an invalid value is invalid. The calls of a
    binding then have one argument more, a tuple of these values.
    """

    literal: Node | None = None
    interface: bool = False
    based: bool = False

    @property
    def key(self) -> object:
        return (type(self.literal), str(self.literal)) if self.literal is not None else (self.interface, self.based)


@dataclass(frozen=True, slots=True)
class Binding:
    """A free variable that is a call: of the function `name`, or with `method` of a receiver's field `name` with arguments."""

    name: str
    arguments: tuple[Argument, ...]
    piped: bool = False
    method: bool = False
    interface: bool = False
    """Of a method's receiver: nil in it is an `interface {}` holding nil."""
    early: int = -1
    """No call, but the check of argument `early` alone, before later arguments are evaluated; its base follows where it has one."""
    key: tuple[object, ...] = field(init=False, compare=False)
    """Calls of one key need the same checks."""

    def __post_init__(self) -> None:
        arguments = tuple([argument.key for argument in self.arguments])
        object.__setattr__(self, "key", (self.name, self.piped, self.method, self.interface, self.early, arguments))


class Site(NamedTuple):
    """What an error at a line of the code is blamed on.

    `node` for an error of the function called, `head` for everything else (`node` too where it is None), `tails` for each argument
    (the last of them may be the piped one), as Go's executor would stand on. `outer` is the line of the call of which this is part of an
    argument (0 for none) and `binding` the name of this call, since Go counts a call's arguments before it evaluates them.
    `items` is the local with the items of a loop, where this is a field of one of them.
    """

    node: Node
    name: str = ""
    head: Node | None = None
    tails: tuple[Node, ...] = ()
    outer: int = 0
    binding: str = ""
    items: str = ""


Reached: TypeAlias = dict[int, list[tuple[str, tuple[Node, ...]]]]
"""For nodes (by `id`) that end operands of `and` and `or`, outer ones first: the local that says which came last, and their ends."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """`code` of `run`; a line number n in it is `sites[n - 1]`, which only errors and traces ask for."""

    code: CodeType
    bindings: dict[str, Binding]
    sites: list[Site]
    reached: Reached = field(default_factory=dict)

    def visited(self, node: Node, local: Mapping[str, object]) -> Node:
        """The node that was evaluated last where `node` is the last in the text: an operand of `and` or `or` may have ended it."""
        for name, operands in self.reached.get(id(node), ()):
            index = local.get(name)
            if isinstance(index, int) and operands[index] is not node:
                return self.visited(operands[index], local)
        return node


def last_visited(node: Node) -> Node:
    """The node on which Go's executor stands after it has evaluated `node`: what it blames for the next check."""
    if isinstance(node, nodes.Pipe):
        return last_visited(node.commands[-1])
    if isinstance(node, nodes.Command):
        if len(node.args) > 1:
            return last_visited(node.args[-1])
        return last_visited(node.args[0])
    if isinstance(node, nodes.Chain):
        return last_visited(node.node)
    return node


def overflow(number: nodes.Number) -> str:
    """What Go says of an integer literal that only a uint64 can hold where no type is asked for; "" for all others."""
    return f"{number.text} overflows int" if number.integer is None and number.complex_ is None and not is_real(number) else ""


def is_real(number: nodes.Number) -> bool:
    hexadecimal = number.text[:2].lower() == "0x" and "p" not in number.text.lower()
    return not hexadecimal and number.text[:1] != "'" and any(mark in number.text for mark in ".eEpP")


def needs_order(command: nodes.Command) -> bool:
    """Whether a value piped into the command must be evaluated before its arguments."""
    first = command.args[0]
    if not isinstance(first, nodes.Identifier):
        return True
    return first.name in ("and", "or") or any(map(may_fail, command.args[1:]))


def may_fail(node: Node) -> bool:
    if isinstance(node, nodes.Variable):
        return len(node.names) > 1
    return not isinstance(node, nodes.Dot | nodes.String | nodes.Bool | nodes.Nil | nodes.Number)


def tails_of(args: list[Node], final: object, head: Node) -> tuple[Node, ...]:
    """The nodes to blame for each argument; `final` is what is piped in, None for nothing."""
    tails = tuple(map(last_visited, args))
    return tails if final is None else (*tails, tails[-1] if tails else head)


def weight(body: list[Node]) -> int:
    """How many steps one pass through a body takes at most."""
    total = 1
    for node in body:
        total += 1
        if isinstance(node, nodes.Branch):
            total += weight(node.body) + (weight(node.otherwise) if node.otherwise is not None else 0)
    return total
