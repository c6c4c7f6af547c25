"""The tree of a template; `str(node)` is the text that Go prints in `executing "x" at <…>`.

`position` is an index into the parsed text. Go: text/template/parse/node.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_helmsim.template.quoting import quote


class Node:
    __slots__ = ()
    position: int


@dataclass(slots=True, eq=False)
class Text(Node):
    position: int
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True, eq=False)
class Dot(Node):
    position: int

    def __str__(self) -> str:
        return "."


@dataclass(slots=True, eq=False)
class Nil(Node):
    position: int

    def __str__(self) -> str:
        return "nil"


@dataclass(slots=True, eq=False)
class Bool(Node):
    position: int
    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(slots=True, eq=False)
class Number(Node):
    """A literal under every type that can hold it; None where it fits not."""

    position: int
    text: str
    integer: int | None = None
    unsigned: int | None = None
    float_: float | None = None
    complex_: complex | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True, eq=False)
class String(Node):
    position: int
    quoted: str
    value: str

    def __str__(self) -> str:
        return self.quoted


@dataclass(slots=True, eq=False)
class Identifier(Node):
    """A function's name."""

    position: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True, eq=False)
class Field(Node):
    """`.a.b`; the position is that of the second name where there is one, as in Go."""

    position: int
    names: list[str]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(slots=True, eq=False)
class Variable(Node):
    """`$x.a.b`: the variable's name with its dollar, then fields."""

    position: int
    names: list[str]

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(slots=True, eq=False)
class Chain(Node):
    """`(pipeline).a.b`, `f.a`."""

    position: int
    node: Node
    names: list[str]

    def __str__(self) -> str:
        base = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return base + "".join(f".{name}" for name in self.names)


@dataclass(slots=True, eq=False)
class Command(Node):
    position: int
    args: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


@dataclass(slots=True, eq=False)
class Pipe(Node):
    """`$a, $b := command | command`; `assigns` for `=`."""

    position: int
    declared: list[Variable] = field(default_factory=list)
    assigns: bool = False
    commands: list[Command] = field(default_factory=list)

    def __str__(self) -> str:
        text = " | ".join(map(str, self.commands))
        if self.declared:
            return f"{', '.join(map(str, self.declared))} {'=' if self.assigns else ':='} {text}"
        return text


@dataclass(slots=True, eq=False)
class Action(Node):
    position: int
    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(slots=True, eq=False)
class Break(Node):
    position: int

    def __str__(self) -> str:
        return "{{break}}"


@dataclass(slots=True, eq=False)
class Continue(Node):
    position: int

    def __str__(self) -> str:
        return "{{continue}}"


@dataclass(slots=True, eq=False)
class End(Node):
    """`{{end}}`; only the parser sees it."""

    position: int

    def __str__(self) -> str:
        return "{{end}}"


@dataclass(slots=True, eq=False)
class Else(Node):
    """`{{else}}`; only the parser sees it."""

    position: int

    def __str__(self) -> str:
        return "{{else}}"


@dataclass(slots=True, eq=False)
class Branch(Node):
    """What `if`, `with` and `range` have in common; `otherwise` is None without an else."""

    position: int
    pipe: Pipe
    body: list[Node]
    otherwise: list[Node] | None

    def _render(self, keyword: str) -> str:
        otherwise = "" if self.otherwise is None else "{{else}}" + "".join(map(str, self.otherwise))
        return f"{{{{{keyword} {self.pipe}}}}}{''.join(map(str, self.body))}{otherwise}{{{{end}}}}"


@dataclass(slots=True, eq=False)
class If(Branch):
    def __str__(self) -> str:
        return self._render("if")


@dataclass(slots=True, eq=False)
class With(Branch):
    def __str__(self) -> str:
        return self._render("with")


@dataclass(slots=True, eq=False)
class Range(Branch):
    def __str__(self) -> str:
        return self._render("range")


@dataclass(slots=True, eq=False)
class Template(Node):
    position: int
    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{'' if self.pipe is None else f' {self.pipe}'}}}}}"


def is_empty(nodes: list[Node]) -> bool:
    """Nothing but white space: such a definition does not replace another."""
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)
