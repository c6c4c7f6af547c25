"""Which Python local a template variable is, decided before the template runs.

Go keeps a stack of names at run time; since a name is pushed where its declaration stands and popped at its block's end, the same
search can be made while compiling. A declaration makes a new local each time, so that `:=` in a block hides and `=` reaches out.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Local:
    """A Python local; `element` says that None in it is an `interface {}` holding nil (an item of a list or map), not "no value"."""

    name: str
    element: bool = False
    items: str = ""
    """Of an element: the local that holds the list or map's items."""


@dataclass(slots=True)
class Scope:
    _stack: list[tuple[str, Local]] = field(default_factory=list)
    _count: int = 0

    def new_local(self, prefix: str, *, element: bool = False, items: str = "") -> Local:
        """A local that no variable stands for yet."""
        self._count += 1
        return Local(f"{prefix}{self._count}", element, items)

    def declare(self, name: str, *, element: bool = False, items: str = "") -> Local:
        local = self.new_local("v", element=element, items=items)
        self._stack.append((name, local))
        return local

    def lookup(self, name: str) -> Local | None:
        """The innermost declaration that is alive here; None where only Go's parser (not its executor) knows one."""
        for known, local in reversed(self._stack):
            if known == name:
                return local
        return None

    def mark(self) -> int:
        return len(self._stack)

    def pop(self, mark: int) -> None:
        del self._stack[mark:]
