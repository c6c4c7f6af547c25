"""The tree of a template; `str(node)` is the text that Go prints in `executing "x" at <…>`.

`position` is an index into the parsed text. Go: text/template/parse/node.go.
"""

from __future__ import annotations

from pytest_helmsim.template.quoting import quote


class Node:
    __slots__ = ()
    position: int


class Text(Node):
    __slots__ = ("position", "text")

    def __init__(self, position: int, text: str) -> None:
        self.position = position
        self.text = text

    def __str__(self) -> str:
        return self.text


class Dot(Node):
    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __str__(self) -> str:
        return "."


class Nil(Node):
    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __str__(self) -> str:
        return "nil"


class Bool(Node):
    __slots__ = ("position", "value")

    def __init__(self, position: int, value: bool) -> None:
        self.position = position
        self.value = value

    def __str__(self) -> str:
        return "true" if self.value else "false"


class Number(Node):
    """A literal under every type that can hold it; None where it fits not."""

    __slots__ = ("complex_", "float_", "integer", "position", "text", "unsigned")

    def __init__(
        self,
        position: int,
        text: str,
        integer: int | None = None,
        unsigned: int | None = None,
        float_: float | None = None,
        complex_: complex | None = None,
    ) -> None:
        self.position = position
        self.text = text
        self.integer = integer
        self.unsigned = unsigned
        self.float_ = float_
        self.complex_ = complex_

    def __str__(self) -> str:
        return self.text


class String(Node):
    __slots__ = ("position", "quoted", "value")

    def __init__(self, position: int, quoted: str, value: str) -> None:
        self.position = position
        self.quoted = quoted
        self.value = value

    def __str__(self) -> str:
        return self.quoted


class Identifier(Node):
    """A function's name."""

    __slots__ = ("name", "position")

    def __init__(self, position: int, name: str) -> None:
        self.position = position
        self.name = name

    def __str__(self) -> str:
        return self.name


class Field(Node):
    """`.a.b`; the position is that of the second name where there is one, as in Go."""

    __slots__ = ("names", "position")

    def __init__(self, position: int, names: list[str]) -> None:
        self.position = position
        self.names = names

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


class Variable(Node):
    """`$x.a.b`: the variable's name with its dollar, then fields."""

    __slots__ = ("names", "position")

    def __init__(self, position: int, names: list[str]) -> None:
        self.position = position
        self.names = names

    def __str__(self) -> str:
        return ".".join(self.names)


class Chain(Node):
    """`(pipeline).a.b`, `f.a`."""

    __slots__ = ("names", "node", "position")

    def __init__(self, position: int, node: Node, names: list[str]) -> None:
        self.position = position
        self.node = node
        self.names = names

    def __str__(self) -> str:
        base = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return base + "".join(f".{name}" for name in self.names)


class Command(Node):
    __slots__ = ("args", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self.args: list[Node] = []

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


class Pipe(Node):
    """`$a, $b := command | command`; `assigns` for `=`."""

    __slots__ = ("assigns", "commands", "declared", "position")

    def __init__(self, position: int, assigns: bool = False) -> None:
        self.position = position
        self.declared: list[Variable] = []
        self.assigns = assigns
        self.commands: list[Command] = []

    def __str__(self) -> str:
        text = " | ".join(map(str, self.commands))
        if self.declared:
            return f"{', '.join(map(str, self.declared))} {'=' if self.assigns else ':='} {text}"
        return text


class Action(Node):
    __slots__ = ("pipe", "position")

    def __init__(self, position: int, pipe: Pipe) -> None:
        self.position = position
        self.pipe = pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


class Break(Node):
    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __str__(self) -> str:
        return "{{break}}"


class Continue(Node):
    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __str__(self) -> str:
        return "{{continue}}"


class End(Node):
    """`{{end}}`; only the parser sees it."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __str__(self) -> str:
        return "{{end}}"


class Else(Node):
    """`{{else}}`; only the parser sees it."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def __str__(self) -> str:
        return "{{else}}"


class Branch(Node):
    """What `if`, `with` and `range` have in common; `otherwise` is None without an else."""

    __slots__ = ("body", "otherwise", "pipe", "position")

    def __init__(self, position: int, pipe: Pipe, body: list[Node], otherwise: list[Node] | None) -> None:
        self.position = position
        self.pipe = pipe
        self.body = body
        self.otherwise = otherwise

    def _render(self, keyword: str) -> str:
        otherwise = "" if self.otherwise is None else "{{else}}" + "".join(map(str, self.otherwise))
        return f"{{{{{keyword} {self.pipe}}}}}{''.join(map(str, self.body))}{otherwise}{{{{end}}}}"


class If(Branch):
    __slots__ = ()

    def __str__(self) -> str:
        return self._render("if")


class With(Branch):
    __slots__ = ()

    def __str__(self) -> str:
        return self._render("with")


class Range(Branch):
    __slots__ = ()

    def __str__(self) -> str:
        return self._render("range")


class Template(Node):
    __slots__ = ("name", "pipe", "position")

    def __init__(self, position: int, name: str, pipe: Pipe | None) -> None:
        self.position = position
        self.name = name
        self.pipe = pipe

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{'' if self.pipe is None else f' {self.pipe}'}}}}}"


def is_empty(nodes: list[Node]) -> bool:
    """Nothing but white space: such a definition does not replace another."""
    return all(isinstance(node, Text) and not node.text.strip() for node in nodes)
