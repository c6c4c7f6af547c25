"""Expressions over plain JSON: texts to values, without declared types.

What an expression names is of any type then; functions are checked as far as literals tell. Rules of definitions have types: `rule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.checker import Environment
from pytest_helmsim.schema.cel.compiler import compile_text, walk
from pytest_helmsim.schema.cel.declarations import functions
from pytest_helmsim.schema.cel.nodes import Issues, Node
from pytest_helmsim.schema.cel.parser import CelSyntaxError, parse
from pytest_helmsim.schema.cel.program import CostExceeded, Program
from pytest_helmsim.schema.cel.values import CelError

APPROXIMATE = (
    "rules in CEL: a rule whose cost is near the run-time limit may be cut a little sooner or later than on the real server",
    "deeply nested expressions in CEL: more than 60 brackets within each other are too deep; the real server takes 250",
)


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression; raise `CelError` (the server's words), `CelSyntaxError` or `UnsupportedFeature`."""
    try:
        found, _ = _program(text, frozenset(variables)).run(variables)
    except CostExceeded as error:
        raise CelError(str(error)) from error
    if isinstance(found, CelError):
        raise found
    return found


def mentions(text: str, name: str) -> bool:
    """Whether an expression uses a variable."""
    return any(node.kind == "ident" and node.name == name for node in walk(parse(text)))


def compiled(text: str, environment: Environment) -> Node:
    """The checked tree; raise `CelSyntaxError` with all complaints."""
    issues = Issues(text)
    tree = compile_text(text, environment, issues)
    if tree is None:
        raise CelSyntaxError(str(issues))
    return tree


@lru_cache(maxsize=512)
def _program(text: str, names: frozenset[str]) -> Program:
    return Program(compiled(text, Environment(dict.fromkeys(names, types.DYN))), functions())
