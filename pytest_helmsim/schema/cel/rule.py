"""One rule of a definition, compiled: its complaint or its program, its greatest cost, and the same of its message.

Source: k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel/compilation.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.checker import Environment
from pytest_helmsim.schema.cel.compiler import compile_text, program_error, walk
from pytest_helmsim.schema.cel.cost import Size, estimate
from pytest_helmsim.schema.cel.declarations import functions
from pytest_helmsim.schema.cel.declared import MAX_REQUEST, Declared, NamedTypes, at_path
from pytest_helmsim.schema.cel.nodes import Issues, Node
from pytest_helmsim.schema.cel.parser import MAX_DEPTH
from pytest_helmsim.schema.cel.program import Program

_SELF_TYPE = "selfType0"
"""The real server draws the digits."""


@dataclass(slots=True)
class Compiled:
    """A rule; without a program when there is a complaint or nothing to compile."""

    error: str = ""
    tree: Node | None = None
    uses_old: bool = False
    cost: int = 0
    message_error: str = ""
    message_tree: Node | None = None
    message_cost: int = 0
    _program: Program | None = None
    _message: Program | None = None

    @property
    def program(self) -> Program | None:
        """What decides."""
        if self._program is None and self.tree is not None:
            self._program = Program(self.tree, functions())
        return self._program

    @property
    def message(self) -> Program | None:
        """What words the refusal."""
        if self._message is None and self.message_tree is not None:
            self._message = Program(self.message_tree, functions())
        return self._message


class Rules:
    """The compiler of one schema node's rules."""

    def __init__(self, root: Declared) -> None:
        self._root = root
        self._named = NamedTypes(root, _SELF_TYPE)
        self._structs = frozenset(self._named.objects)

    @property
    def times(self) -> int:
        """How often the node may occur in a request at most."""
        return MAX_REQUEST // (self._root.min_size + 1)

    def compile(self, rule: Mapping[str, Any]) -> Compiled:
        """One rule; an empty one gives nothing."""
        result = Compiled()
        text = rule.get("rule") or ""
        if not text.strip():
            return result
        environment = self._environment(optional=bool(rule.get("optionalOldSelf")))
        tree, result.error = _compiled(text, environment, "", types.BOOL, "cel expression must evaluate to a bool")
        if tree is None:
            return result
        result.uses_old = any(node.kind == "ident" and node.name == "oldSelf" for node in walk(tree))
        failed = program_error(tree)
        if failed:
            result.error = f"program instantiation failed: {failed}"
            return result
        try:
            result.tree, result.cost = tree, estimate(tree, self._size)
        except RecursionError:
            result.error = f"compilation failed: ERROR: <input>:-1:0: expression recursion limit exceeded: {MAX_DEPTH}"
            return result
        if rule.get("messageExpression"):
            self._compile_message(result, rule["messageExpression"], environment)
        return result

    def _compile_message(self, result: Compiled, text: str, environment: Environment) -> None:
        tree, error = _compiled(text, environment, "messageExpression ", types.STRING, "messageExpression must evaluate to a string")
        failed = "" if tree is None else program_error(tree)
        result.message_error = f"messageExpression instantiation failed: {failed}" if failed else error
        if tree is not None and not failed:
            result.message_tree, result.message_cost = tree, estimate(tree, self._size)

    def _environment(self, *, optional: bool) -> Environment:
        own = self._named.type
        old = types.optional_of(own) if optional else own
        return Environment({"self": own, "oldSelf": old}, self._named.field_type, self._structs)

    def _size(self, path: list[str]) -> Size | None:
        found = at_path(self._root, path[1:])
        return None if found is None else Size(0, found.max_elements)


def _compiled(text: str, environment: Environment, head: str, wanted: types.Type, otherwise: str) -> tuple[Node | None, str]:
    issues = Issues(text)
    tree = compile_text(text, environment, issues)
    if tree is None:
        return None, f"{head}compilation failed: {issues}"
    return (tree, "") if tree.type == wanted else (None, otherwise)
