"""Trees to values: operators, macros and access to fields; functions are in `functions`.

`&&` and `||` hide an error of one side when the other decides. An absent field is the error `no such key: x`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_helmsim.schema.cel.functions import FUNCTIONS, METHODS, TYPES, CelError, Optional, equal, overload, unsupported
from pytest_helmsim.schema.cel.parser import Node, parse

APPROXIMATE = (
    "rules in CEL: evaluated without types and costs; one that uses a function we lack is skipped with a note",
    "definitions with rules in CEL: accepted though the real server refuses the rule for its types or its cost",
)
MAX_STEPS = 50_000
_KEYWORDS = frozenset(
    [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
_ESCAPED = {"__underscores__": "__", "__dot__": ".", "__dash__": "-", "__slash__": "/"}


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression; raise `CelError` (the server's words), `CelSyntaxError` or `UnsupportedFeature`."""
    return _Run().value(parse(text), dict(variables))


def mentions(text: str, name: str) -> bool:
    """Whether an expression uses a variable."""
    return _uses(parse(text), name)


def _uses(tree: Any, name: str) -> bool:
    if isinstance(tree, tuple):
        return tree == ("name", name) or any(_uses(part, name) for part in tree)
    return False


def unescaped(name: str) -> str:
    """The property that a CEL name stands for: `__dash__` and its kin, keywords between underscores."""
    if name.startswith("__") and name.endswith("__") and name[2:-2] in _KEYWORDS:
        return name[2:-2]
    return re.sub("|".join(_ESCAPED), lambda match: _ESCAPED[match.group(0)], name)


class _Run:
    """One evaluation; counts its steps, since rules come from strangers."""

    def __init__(self) -> None:
        self._steps = 0

    def value(self, tree: Node, names: dict[str, Any]) -> Any:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise CelError("operation cancelled: actual cost limit exceeded")
        return getattr(self, f"_{tree[0]}")(tree, names)

    def _value(self, tree: Node, names: dict[str, Any]) -> Any:
        return tree[1]

    def _name(self, tree: Node, names: dict[str, Any]) -> Any:
        if tree[1] not in names:
            if tree[1] in TYPES:
                return TYPES[tree[1]]
            raise CelError(f"no such attribute(s): {tree[1]}")
        return names[tree[1]]

    def _list(self, tree: Node, names: dict[str, Any]) -> Any:
        return [self.value(item, names) for item in tree[1]]

    def _map(self, tree: Node, names: dict[str, Any]) -> Any:
        return {self.value(key, names): self.value(item, names) for key, item in tree[1]}

    def _if(self, tree: Node, names: dict[str, Any]) -> Any:
        return self.value(tree[2] if self._truth(tree[1], names) else tree[3], names)

    def _truth(self, tree: Node, names: dict[str, Any]) -> bool:
        found = self.value(tree, names)
        if not isinstance(found, bool):
            raise overload()
        return found

    def _unary(self, tree: Node, names: dict[str, Any]) -> Any:
        if tree[1] == "!":
            return not self._truth(tree[2], names)
        found = self.value(tree[2], names)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise overload()
        return -found

    def _binary(self, tree: Node, names: dict[str, Any]) -> Any:
        operator = tree[1]
        left, right = self.value(tree[2], names), self.value(tree[3], names)
        if operator == "==":
            return equal(left, right)
        if operator == "!=":
            return not equal(left, right)
        if operator == "in":
            return any(equal(left, item) for item in right)
        return _arithmetic(operator, left, right)

    def _logical(self, tree: Node, names: dict[str, Any]) -> bool:
        decides = tree[1] == "||"
        error: CelError | None = None
        for side in tree[2]:
            try:
                if self._truth(side, names) is decides:
                    return decides
            except CelError as found:
                error = error or found
        if error is not None:
            raise error
        return not decides

    def _field(self, tree: Node, names: dict[str, Any]) -> Any:
        holder = self.value(tree[1], names)
        if isinstance(holder, Optional):
            return _select(holder, tree[2])
        return _get(holder, tree[2])

    def _index(self, tree: Node, names: dict[str, Any]) -> Any:
        holder, key = self.value(tree[1], names), self.value(tree[2], names)
        if isinstance(holder, list):
            if isinstance(key, bool) or not isinstance(key, int):
                raise overload()
            if not 0 <= key < len(holder):
                raise CelError(f"index out of bounds: {key}")
            return holder[key]
        if isinstance(holder, dict):
            if key not in holder:
                raise CelError(f"no such key: {key}")
            return holder[key]
        raise overload()

    def _optional(self, tree: Node, names: dict[str, Any]) -> Any:
        holder, key = self.value(tree[1], names), self.value(tree[2], names)
        return _select(holder if isinstance(holder, Optional) else Optional(holder), key)

    def _call(self, tree: Node, names: dict[str, Any]) -> Any:
        name, arguments = tree[1], tree[2]
        if name == "has":
            return self._has(arguments[0], names)
        function = FUNCTIONS.get(name)
        if function is None:
            raise unsupported(name)
        return function(*(self.value(argument, names) for argument in arguments))

    def _has(self, tree: Node, names: dict[str, Any]) -> bool:
        if tree[0] != "field":
            raise CelError("invalid argument to has() macro")
        holder = self.value(tree[1], names)
        if isinstance(holder, Optional):
            return _select(holder, tree[2]).present
        if not isinstance(holder, dict):
            raise CelError(f"no such key: {tree[2]}")
        return holder.get(tree[2], holder.get(unescaped(tree[2]))) is not None

    def _method(self, tree: Node, names: dict[str, Any]) -> Any:
        name, arguments = tree[2], tree[3]
        if tree[1][0] == "name" and tree[1][1] not in names:
            whole = f"{tree[1][1]}.{name}"
            if whole == "cel.bind":
                return self.value(arguments[2], {**names, arguments[0][1]: self.value(arguments[1], names)})
            function = FUNCTIONS.get(whole)
            if function is not None:
                return function(*(self.value(argument, names) for argument in arguments))
        macro = _MACROS.get(name)
        holder = self.value(tree[1], names)
        if macro is not None and len(arguments) >= 2 and arguments[0][0] == "name" and not isinstance(holder, Optional):
            return macro(self, holder, arguments, names)
        method = METHODS.get(name)
        if method is None:
            raise unsupported(name)
        given = [self.value(argument, names) for argument in arguments]
        try:
            return method(holder, *given)
        except (AttributeError, TypeError) as error:
            raise overload() from error

    def each(self, holder: Any, arguments: tuple[Node, ...], names: dict[str, Any], tests: int) -> Any:
        """Scopes of a comprehension: one name for an item (a map's key), two for index and item (key and value)."""
        count = len(arguments) - tests
        if not isinstance(holder, (list, dict)):
            raise overload()
        if count == 1:
            return ((item, {**names, arguments[0][1]: item}) for item in holder)
        pairs = enumerate(holder) if isinstance(holder, list) else holder.items()
        return ((item, {**names, arguments[0][1]: key, arguments[1][1]: item}) for key, item in pairs)

    def decide(self, holder: Any, arguments: tuple[Node, ...], names: dict[str, Any], on: bool) -> bool:
        error: CelError | None = None
        for _, scope in self.each(holder, arguments, names, 1):
            try:
                if self._truth(arguments[-1], scope) is on:
                    return on
            except CelError as found:
                error = error or found
        if error is not None:
            raise error
        return not on

    def test(self, tree: Node, names: dict[str, Any]) -> bool:
        """A condition's value."""
        return self._truth(tree, names)


def _get(holder: Any, name: str) -> Any:
    if not isinstance(holder, dict):
        raise overload()
    if name in holder and holder[name] is not None:
        return holder[name]
    plain = unescaped(name)
    if plain in holder:
        return holder[plain]
    raise CelError(f"no such key: {name}")


def _select(holder: Optional, key: Any) -> Optional:
    if not holder.present:
        return holder
    value = holder.value
    if isinstance(value, dict):
        found = value.get(key, value.get(unescaped(key)) if isinstance(key, str) else None)
        return Optional(found, found is not None)
    if isinstance(value, list) and isinstance(key, int):
        return Optional(value[key]) if 0 <= key < len(value) else Optional(None, False)
    raise overload()


def _arithmetic(operator: str, left: Any, right: Any) -> Any:
    numbers = all(isinstance(side, (int, float)) and not isinstance(side, bool) for side in (left, right))
    same = numbers or type(left) is type(right)
    if operator in ("<", "<=", ">", ">="):
        if not same or isinstance(left, (dict, list)) or left is None:
            raise overload()
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
    if operator == "+" and same and not isinstance(left, (dict, bool)) and left is not None:
        return left + right
    if not numbers:
        if operator == "-" and hasattr(left, "__sub__") and not isinstance(left, (bool, str)):
            return left - right
        raise overload()
    if operator in ("/", "%"):
        if right == 0:
            if isinstance(left, int):
                raise CelError("division by zero" if operator == "/" else "modulus by zero")
            return float("nan") if left == 0 else float("inf")
        if isinstance(left, int) and isinstance(right, int):
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if operator == "/" else left - quotient * right
        return left / right
    result = left - right if operator == "-" else left * right
    if isinstance(result, int) and not -(2**63) <= result < 2**63:
        raise CelError("integer overflow")
    return result


def _exists_one(run: _Run, holder: Any, arguments: tuple[Node, ...], names: dict[str, Any]) -> bool:
    return sum(run.test(arguments[-1], scope) for _, scope in run.each(holder, arguments, names, 1)) == 1


def _filter(run: _Run, holder: Any, arguments: tuple[Node, ...], names: dict[str, Any]) -> list[Any]:
    return [item for item, scope in run.each(holder, arguments, names, 1) if run.test(arguments[-1], scope)]


def _map(run: _Run, holder: Any, arguments: tuple[Node, ...], names: dict[str, Any]) -> list[Any]:
    if len(arguments) == 3:
        return [run.value(arguments[2], scope) for _, scope in run.each(holder, arguments, names, 2) if run.test(arguments[1], scope)]
    return [run.value(arguments[1], scope) for _, scope in run.each(holder, arguments, names, 1)]


_MACROS: dict[str, Callable[[_Run, Any, tuple[Node, ...], dict[str, Any]], Any]] = {
    "all": lambda run, holder, arguments, names: run.decide(holder, arguments, names, False),
    "exists": lambda run, holder, arguments, names: run.decide(holder, arguments, names, True),
    "exists_one": _exists_one,
    "existsOne": _exists_one,
    "filter": _filter,
    "map": _map,
}
