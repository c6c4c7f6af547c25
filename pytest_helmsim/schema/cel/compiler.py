"""Texts to checked trees, or to the complaints of the real compiler.

After the types come the checks of literals: durations, timestamps, patterns, formats, and lists and maps of one type.
Sources: github.com/google/cel-go cel/{env,validator}.go, ext/formatting.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.checker import Environment, check
from pytest_helmsim.schema.cel.nodes import NOWHERE, Issues, Node
from pytest_helmsim.schema.cel.parser import MAX_DEPTH, read
from pytest_helmsim.schema.cel.patterns import pattern_error
from pytest_helmsim.schema.cel.types import Type

if TYPE_CHECKING:
    from pytest_helmsim.schema.cel.formatting import Clause

CONVERSIONS = frozenset(["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"])
"""Functions that the real server works out ahead when they are given a literal."""


def compile_text(text: str, environment: Environment, issues: Issues) -> Node | None:
    """The checked tree, or None; complaints go to the issues."""
    tree = read(text, issues)
    if tree is None or issues:
        return None
    try:
        check(tree, environment, issues)
        if not issues:
            _check_literals(tree, issues)
            program_error(tree)
    except RecursionError:
        issues.report(NOWHERE, f"expression recursion limit exceeded: {MAX_DEPTH}")
    return None if issues else tree


def walk(tree: Node) -> Iterator[Node]:
    """Every node, a parent before its children."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.children()))


def _check_literals(tree: Node, issues: Issues) -> None:
    from pytest_helmsim.schema.cel.operators import convert
    from pytest_helmsim.schema.cel.values import CelError

    nodes = list(walk(tree))
    exempt = _within_format(tree)
    for node in nodes:
        arguments = node.args[1:] if node.member else node.args
        if node.kind != "call" or not arguments or arguments[0].kind != "literal":
            continue
        first = arguments[0]
        if node.name in ("duration", "timestamp"):
            try:
                convert(node.name, first.value)
            except CelError:
                issues.report(first.at, f"invalid {node.name} argument")
        elif node.name == "matches" and isinstance(first.value, str) and pattern_error(first.value):
            issues.report(first.at, "invalid matches argument")
    for node in nodes:
        if node.kind == "list" and id(node) not in exempt:
            _check_same(node, node.args, node.optional, issues)
        elif node.kind == "map" and id(node) not in exempt:
            _check_pairs(node, issues)
    for node in nodes:
        if node.kind == "call" and node.name == "format" and node.member and node.args[1].kind == "list":
            _check_format(node, issues)


def _within_format(tree: Node) -> set[int]:
    found: set[int] = set()
    todo = [(tree, False)]
    while todo:
        node, inside = todo.pop()
        if inside:
            found.add(id(node))
        inside = inside or (node.kind == "call" and node.name in ("format", "cel.@block"))
        todo.extend((child, inside) for child in node.children())
    return found


def _unwrapped(node: Node, optional: bool) -> Type:
    found = node.type or types.DYN
    return found.params[0] if optional and found.params else found


def _check_same(node: Node, items: tuple[Node, ...], optional: frozenset[int], issues: Issues) -> None:
    first: Type | None = None
    for index, item in enumerate(items):
        found = _unwrapped(item, index in optional)
        if first is None:
            first = found
        elif found != first:
            issues.report(item.at, f"expected type '{first}' but found '{found}'")
            return


def _check_pairs(node: Node, issues: Issues) -> None:
    first: tuple[Type, Type] | None = None
    for index in range(0, len(node.args), 2):
        key, value = node.args[index], node.args[index + 1]
        found = (_unwrapped(key, False), _unwrapped(value, index // 2 in node.optional))
        if first is None:
            first = found
            continue
        for part, wanted, given in ((key, first[0], found[0]), (value, first[1], found[1])):
            if wanted != given:
                issues.report(part.at, f"expected type '{wanted}' but found '{given}'")


def _check_format(node: Node, issues: Issues) -> None:
    from pytest_helmsim.schema.cel.formatting import FormatError, clauses

    holder, given = node.args
    if holder.kind != "literal" or not isinstance(holder.value, str):
        return
    count = 0
    try:
        for clause in clauses(holder.value):
            if not isinstance(clause, str):
                if count >= len(given.args):
                    issues.report(node.at, f"index {count} out of range")
                    return
                wrong = _refused(given.args[count], clause)
                if wrong is not None:
                    issues.report(wrong[0].at, f"error during formatting: {wrong[1]}")
                    return
                count += 1
    except FormatError as error:
        issues.report(node.at, str(error))
        return
    if len(given.args) > count:
        issues.report(node.at, f"too many arguments supplied to string.format (expected {count}, got {len(given.args)})")


def _refused(node: Node, clause: Clause) -> tuple[Node, str] | None:
    """The value that a clause does not take, in lists and maps as well, and why."""
    why = clause.refuses(node.type or types.DYN)
    if why:
        return node, why
    parts = node.args if clause.letter == "s" and node.kind in ("list", "map") else ()
    return next((found for part in parts if (found := _refused(part, clause)) is not None), None)


_OPEN: Any = object()
"""Of a constant: not one."""


def program_error(tree: Node) -> str:
    """What is wrong with a checked tree once constants are worked out ahead, empty for nothing."""
    from pytest_helmsim.schema.cel.values import CelError

    try:
        _constant(tree)
    except CelError as error:
        return str(error)
    return ""


def _constant(node: Node) -> Any:
    """The value of a node that the real server works out ahead; raise `CelError`, for patterns that are none as well."""
    from pytest_helmsim.schema.cel.operators import convert
    from pytest_helmsim.schema.cel.values import CelError, Uint

    if node.kind == "literal":
        return Uint(node.value) if node.name == "uint" else node.value
    below = [_constant(child) for child in node.children()]
    if node.kind == "list" and not node.optional and not any(each is _OPEN for each in below):
        return below
    if node.kind != "call":
        return _OPEN
    if node.name in CONVERSIONS and not node.member and len(below) == 1 and below[0] is not _OPEN:
        return convert(node.name, below[0])
    if node.name in ("matches", "find", "findAll") and len(below) > 1 and isinstance(below[1], str) and pattern_error(below[1]):
        raise CelError(pattern_error(below[1]))
    return _OPEN
