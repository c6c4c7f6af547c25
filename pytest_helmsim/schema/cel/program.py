"""Checked trees to values, counting what the real server counts as cost.

A tree becomes a function once. `&&`, `||` and the walks made of them hide an error when another part decides; a cost above the limit is
hidden by nothing. Sources: github.com/google/cel-go interpreter/{interpretable,attributes,runtimecost}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.access import at, entries, field, has, optional_at, optional_field
from pytest_helmsim.schema.cel.declarations import Functions, Overload
from pytest_helmsim.schema.cel.functions import FUNCTIONS
from pytest_helmsim.schema.cel.made import Made
from pytest_helmsim.schema.cel.nodes import Node
from pytest_helmsim.schema.cel.operators import overload
from pytest_helmsim.schema.cel.runtime_cost import call_cost
from pytest_helmsim.schema.cel.types import Type
from pytest_helmsim.schema.cel.values import CelError, Optional, Uint, type_of

PER_CALL_LIMIT = 1_000_000
EXCEEDED = "operation cancelled: actual cost limit exceeded"
_OWN_ERRORS = frozenset(
    [
        "_+_", "_-_", "_*_", "_/_", "_%_", "-_", "_<_", "_<=_", "_>_",
        "_>=_", "_==_", "_!=_", "@in", "size", "type", "dyn", "group", "path",
        "serviceAccount", "resource", "subresource", "namespace", "name", "check", "errored", "error", "allowed",
        "reason", "fieldSelector", "labelSelector",
    ]
)  # fmt: skip
_COUNTED = {"sort": 0, "distinct": 0, "@sortByAssociatedKeys": 1}
"""Functions whose cost the real server counts by an argument that it takes for a list without looking."""
_TEXT_TESTS = frozenset(["contains", "startsWith", "endsWith"])


class InternalFailure(Exception):
    """The real server fails in itself; nothing hides it."""


class CostExceeded(Exception):
    """More work than one expression may be."""


class Run:
    """One evaluation and its cost so far."""

    __slots__ = ("cost", "limit")

    def __init__(self, limit: int) -> None:
        self.cost = 0
        self.limit = limit

    def spend(self, cost: int) -> None:
        """Count a cost; raise `CostExceeded` above the limit."""
        self.cost += cost
        if self.cost > self.limit:
            raise CostExceeded(EXCEEDED)


Names = dict[str, Any]
Step = Callable[[Run, Names], Any]


class Program:
    """An expression that can be evaluated many times."""

    __slots__ = ("_functions", "_step", "_tree")

    def __init__(self, tree: Node, functions: Functions) -> None:
        self._tree, self._functions = tree, functions
        self._step: Step | None = None

    def run(self, variables: Mapping[str, Any], *, limit: int = PER_CALL_LIMIT) -> tuple[Any, int]:
        """The value (an error as a `CelError` that is not raised) and the cost; raise `CostExceeded`."""
        run = Run(limit)
        try:
            if self._step is None:
                self._step = _Planner(self._functions).plan(self._tree)
            return self._step(run, dict(variables)), run.cost
        except CelError as error:
            return error, run.cost
        except InternalFailure as failure:
            return CelError(f"internal error: {failure}"), run.cost
        except RecursionError as error:
            raise CostExceeded(EXCEEDED) from error


class _Planner:
    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def plan(self, tree: Node) -> Step:
        match tree.kind:
            case "literal":
                value = Uint(tree.value) if tree.name == "uint" else tree.value
                return lambda run, names: value
            case "ident":
                return _ident(tree)
            case "select":
                return self._select(tree)
            case "list":
                return self._list(tree)
            case "map":
                return self._map(tree)
            case "fold":
                return self._fold(tree)
            case "call":
                return self._call(tree)
            case "struct":
                return self._struct(tree)
        raise UnsupportedFeature(f"expressions in CEL of the kind {tree.kind}", "the rule that uses one is not checked")

    def _select(self, tree: Node) -> Step:
        holder, name = self.plan(tree.args[0]), tree.name
        if tree.tested:
            return lambda run, names: has(holder(run, names), name)

        def select(run: Run, names: Names) -> Any:
            found = holder(run, names)
            run.cost += 1
            return field(found, name)

        return select

    def _list(self, tree: Node) -> Step:
        items, optional = [self.plan(item) for item in tree.args], tree.optional
        constant = all(item.kind == "literal" for item in tree.args)

        def make(run: Run, names: Names) -> Any:
            if not constant:
                run.spend(10)
            if not optional:
                return [item(run, names) for item in items]
            found: list[Any] = []
            for index, item in enumerate(items):
                value = item(run, names)
                if index not in optional:
                    found.append(value)
                elif not isinstance(value, Optional):
                    raise CelError(f"cannot initialize optional list element from non-optional value {value}")
                elif value.present:
                    found.append(value.value)
            return found

        return make

    def _map(self, tree: Node) -> Step:
        parts, optional = [self.plan(part) for part in tree.args], tree.optional
        constant = all(part.kind == "literal" for part in tree.args)

        def make(run: Run, names: Names) -> Any:
            if not constant:
                run.spend(30)
            found: dict[Any, Any] = {}
            for index in range(0, len(parts), 2):
                key, value = parts[index](run, names), parts[index + 1](run, names)
                if isinstance(key, (list, dict)):
                    raise CelError(f"unsupported key type: {type_of(key).run_time_name}")
                if index // 2 not in optional:
                    found[key] = value
                elif not isinstance(value, Optional):
                    raise CelError(f"cannot initialize optional entry '{key}' from non-optional value {value}")
                elif value.present:
                    found[key] = value.value
                else:
                    found.pop(key, None)
            return found

        return make

    def _struct(self, tree: Node) -> Step:
        fields = [
            (name, self.plan(value), index in tree.optional) for index, (name, value) in enumerate(zip(tree.fields, tree.args, strict=True))
        ]

        def make(run: Run, names: Names) -> Any:
            run.spend(40)
            found: dict[str, Any] = {}
            for name, value, optional in fields:
                given = value(run, names)
                if not optional:
                    found[name] = given
                elif not isinstance(given, Optional):
                    raise CelError(f"cannot initialize optional entry '{name}' from non-optional value {given}")
                elif given.present:
                    found[name] = given.value
            return Made(tree.name, found)

        return make

    def _fold(self, tree: Node) -> Step:
        fold = tree.fold
        assert fold is not None
        over, start, going_on = self.plan(fold.range), self.plan(fold.start), self.plan(fold.going_on)
        step, result = self.plan(fold.step), self.plan(fold.result)
        first, second, total = fold.item, fold.second, fold.total
        endless = fold.going_on.kind == "literal" and fold.going_on.value is True
        if fold.is_bind:
            return lambda run, names: result(run, {**names, total: _kept(start, run, names)})

        def walk(run: Run, names: Names) -> Any:
            holder = over(run, names)
            scope = {**names, total: start(run, names)}
            for one, other in entries(holder, two=bool(second)):
                scope[first] = one
                if second:
                    scope[second] = other
                if not going_on(run, scope):
                    break
                try:
                    scope[total] = step(run, scope)
                except CelError as error:
                    if endless:
                        raise
                    scope[total] = error
                if run.cost > run.limit:
                    raise CostExceeded(EXCEEDED)
            return result(run, scope)

        return walk

    def _call(self, tree: Node) -> Step:
        special = _SPECIAL.get(tree.name)
        arguments = [self.plan(argument) for argument in tree.args]
        if special is not None:
            return special(tree, arguments)
        function = FUNCTIONS.get(tree.name)
        if function is None:
            raise UnsupportedFeature(f"the CEL function {tree.name}()", "the rule that uses it is not checked")
        if tree.name == "@in" and "in_list" in tree.overloads and _is_constant(tree.args[1]):
            return _membership(arguments, function)
        cost = call_cost(tree.name, tree.overloads)
        open_types = len(tree.overloads) != 1 or any(_is_open(argument.type) for argument in tree.args)
        guard = self._guard(tree) if open_types and tree.name not in _OWN_ERRORS else None
        plain = _is_folded(tree)

        counted = _COUNTED.get(tree.name, -1)

        def call(run: Run, names: Names) -> Any:
            try:
                values = [argument(run, names) for argument in arguments]
            except CelError:
                if counted >= 0 and isinstance(_kept(arguments[counted], run, names), CelError):
                    raise InternalFailure("interface conversion: *types.Err is not traits.Lister: missing method Add") from None
                raise
            if guard is not None:
                guard(values)
            try:
                found = function(*values)
            except (AttributeError, TypeError) as error:
                raise overload() from error
            if not plain:
                run.spend(1 if cost is None else cost(values, found))
            return found

        return call

    def _guard(self, tree: Node) -> Callable[[list[Any]], None]:
        name, member = tree.name, tree.member
        known = [each for each in self._functions.get(name, ()) if each.member is member]

        def check(values: list[Any]) -> None:
            if not any(_takes(each, values) for each in known):
                raise overload() if name in _TEXT_TESTS else overload(name, *values)

        return check


def _kept(step: Step, run: Run, names: Names) -> Any:
    """A value, or the error instead of it."""
    try:
        return step(run, names)
    except CelError as error:
        return error


def _is_open(found: Type | None) -> bool:
    return found is None or found.kind in ("dyn", "param") or any(_is_open(part) for part in found.params)


def _is_constant(node: Node) -> bool:
    return node.kind == "list" and all(item.kind == "literal" and not isinstance(item.value, bytes) for item in node.args)


def _is_folded(tree: Node) -> bool:
    """Whether the real server works the call out ahead."""
    from pytest_helmsim.schema.cel.compiler import CONVERSIONS

    return tree.name in CONVERSIONS and len(tree.args) == 1 and tree.args[0].kind == "literal"


def _takes(known: Overload, values: list[Any]) -> bool:
    if len(known.arguments) != len(values):
        return False
    for wanted, value in zip(known.arguments, values, strict=True):
        given = type_of(value)
        if wanted.kind in ("dyn", "param"):
            continue
        if wanted.kind != given.kind or (wanted.kind in ("opaque", "struct") and wanted.name != given.name):
            return False
    return True


def _ident(tree: Node) -> Step:
    name = tree.name

    def look_up(run: Run, names: Names) -> Any:
        run.cost += 1
        if name in names:
            found = names[name]
            if isinstance(found, CelError):
                raise found
            return found
        known = types.IDENTIFIERS.get(name)
        if known is None:
            raise CelError(f"no such attribute(s): {name}")
        return known.params[0] if known.params else types.TYPE

    return look_up


def _reaching(reach: Callable[[Any, Any], Any]) -> Callable[[Node, list[Step]], Step]:
    """Into a holder by a key or name."""

    def make(tree: Node, arguments: list[Step]) -> Step:
        def step(run: Run, names: Names) -> Any:
            holder, key = arguments[0](run, names), arguments[1](run, names)
            run.cost += 1
            return reach(holder, key)

        return step

    return make


def _item(holder: Any, key: Any) -> Any:
    return optional_at(holder, key) if isinstance(holder, Optional) else at(holder, key)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise overload()


def _logical(decides: bool) -> Callable[[Node, list[Step]], Step]:
    """Both sides as long as the first does not decide; of two errors the first counts."""

    def make(tree: Node, arguments: list[Step]) -> Step:
        left, right = arguments

        def decide(run: Run, names: Names) -> bool:
            try:
                first = _truth(left(run, names))
            except CelError as error:
                try:
                    second = _truth(right(run, names))
                except CelError:
                    raise error from None
                if second is decides:
                    return decides
                raise
            return decides if first is decides else _truth(right(run, names))

        return decide

    return make


def _conditional(tree: Node, arguments: list[Step]) -> Step:
    test, yes, no = arguments
    return lambda run, names: yes(run, names) if _truth(test(run, names)) else no(run, names)


def _not(tree: Node, arguments: list[Step]) -> Step:
    def deny(run: Run, names: Names) -> bool:
        found = not _truth(arguments[0](run, names))
        run.cost += 1
        return found

    return deny


def _not_strictly_false(tree: Node, arguments: list[Step]) -> Step:
    def test(run: Run, names: Names) -> bool:
        run.cost += 1
        try:
            return arguments[0](run, names) is not False
        except CelError:
            return True

    return test


def _or(tree: Node, arguments: list[Step]) -> Step:
    def choose(run: Run, names: Names) -> Any:
        found = arguments[0](run, names)
        if not isinstance(found, Optional):
            raise overload()
        run.cost += 1
        if found.present:
            return found if tree.name == "or" else found.value
        return arguments[1](run, names)

    return choose


def _membership(arguments: list[Step], function: Callable[..., Any]) -> Step:
    return lambda run, names: function(arguments[0](run, names), arguments[1](run, names))


_SPECIAL: dict[str, Callable[[Node, list[Step]], Step]] = {
    "_&&_": _logical(False),
    "_||_": _logical(True),
    "_?_:_": _conditional,
    "!_": _not,
    "@not_strictly_false": _not_strictly_false,
    "_[_]": _reaching(_item),
    "_[?_]": _reaching(optional_at),
    "_?._": _reaching(optional_field),
    "or": _or,
    "orValue": _or,
}
