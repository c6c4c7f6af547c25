"""Types of trees: what each node is, which overloads a call may mean, and what does not fit, in the words of the real checker.

Source: github.com/google/cel-go checker/checker.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.declarations import Functions, Overload, functions
from pytest_helmsim.schema.cel.nodes import Issues, Node
from pytest_helmsim.schema.cel.types import Type
from pytest_helmsim.schema.cel.unify import Unifier, most_general

FieldType = Callable[[str, str], Type | None]
"""The type of a field of an object type, by the names of both."""


def _no_field(holder: str, name: str) -> Type | None:
    return None


@dataclass(frozen=True, slots=True)
class Environment:
    """What an expression can name: variables, fields of objects, functions."""

    variables: Mapping[str, Type]
    field_type: FieldType = _no_field
    structs: frozenset[str] = frozenset()
    functions: Functions = field(default_factory=functions)


def check(tree: Node, environment: Environment, issues: Issues) -> None:
    """Find every node's type; complaints go to the issues."""
    checker = _Checker(environment, issues)
    checker.check(tree)
    if not issues:
        _settle(tree, checker.unifier)


def _settle(tree: Node, unifier: Unifier) -> None:
    if tree.type is not None:
        tree.type = unifier.resolved(tree.type, open_to_dyn=True)
    for child in tree.children():
        _settle(child, unifier)


def qualified_name(tree: Node) -> str:
    """`a.b.c` for a chain of names, empty for anything else."""
    names: list[str] = []
    while tree.kind == "select" and not tree.tested:
        names.append(tree.name)
        tree = tree.args[0]
    return ".".join([tree.name, *reversed(names)]) if tree.kind == "ident" else ""


class _Checker:
    def __init__(self, environment: Environment, issues: Issues) -> None:
        self._environment = environment
        self._issues = issues
        self._scopes: list[dict[str, Type]] = [dict(environment.variables)]
        self.unifier = Unifier()

    def check(self, tree: Node) -> Type:
        """The type of a node."""
        found = tree.type
        if found is None:
            tree.type = found = self._type(tree)
        return found

    def _type(self, tree: Node) -> Type:
        match tree.kind:
            case "literal":
                return _literal(tree)
            case "ident":
                return self._ident(tree)
            case "select":
                return self._select(tree)
            case "call":
                return self._call(tree)
            case "list":
                return self._list(tree)
            case "map":
                return self._map(tree)
            case "struct":
                return self._struct(tree)
            case "fold":
                return self._fold(tree)
        return types.ERROR

    def _lookup(self, name: str) -> Type | None:
        plain = name.removeprefix(".")
        for scope in reversed(self._scopes):
            if plain in scope:
                return scope[plain]
        if plain in types.IDENTIFIERS:
            return types.IDENTIFIERS[plain]
        return types.type_of(types.struct(plain)) if plain in self._environment.structs else None

    def _ident(self, tree: Node) -> Type:
        return self._named(tree) or types.ERROR

    def _named(self, tree: Node) -> Type | None:
        """What the node's name stands for, written without a leading dot from now on; None, and a complaint, for nothing."""
        found = self._lookup(tree.name)
        if found is None:
            self._undeclared(tree.at, tree.name)
        else:
            tree.name = tree.name.removeprefix(".")
        return found

    def _undeclared(self, at: int, name: str) -> None:
        self._issues.report(at, f"undeclared reference to '{name}' (in container '')")

    def _select(self, tree: Node) -> Type:
        name = qualified_name(tree)
        found = self._lookup(name) if name else None
        if found is not None:
            tree.kind, tree.name, tree.args = "ident", name.removeprefix("."), ()
            return found
        result = self._field(tree, tree.args[0], tree.name, optional=False)
        return types.BOOL if tree.tested else self.unifier.resolved(result)

    def _field(self, tree: Node, holder: Node, name: str, *, optional: bool) -> Type:
        of = self.unifier.resolved(self.check(holder))
        target = of.params[0] if of.is_optional else of
        result = types.ERROR
        match target.kind:
            case "map":
                result = target.params[1]
            case "struct":
                result = self._declared_field(tree.at, target.name, name)
            case "param":
                self.unifier.fits(types.DYN, target)
                result = types.DYN
            case _:
                if target.kind not in ("dyn", "error"):
                    self._issues.report(tree.at, f"type '{target}' does not support field selection")
                result = types.DYN
        return types.optional_of(result) if of.is_optional or optional else result

    def _declared_field(self, at: int, holder: str, name: str) -> Type:
        if holder not in self._environment.structs:
            self._issues.report(at, f"unexpected failed resolution of '{holder}'")
            return types.ERROR
        found = self._environment.field_type(holder, name)
        if found is None:
            self._issues.report(at, f"undefined field '{name}'")
            return types.ERROR
        return found

    def _call(self, tree: Node) -> Type:
        if tree.name == "_?._":
            tree.overloads = ("select_optional_field",)
            name = tree.args[1]
            self.check(name)
            return self.unifier.resolved(self._field(tree, tree.args[0], str(name.value), optional=True))
        known = self._environment.functions
        for argument in tree.args[1:] if tree.member else tree.args:
            self.check(argument)
        if not tree.member:
            overloads = known.get(tree.name.removeprefix("."))
            if overloads is None:
                self._undeclared(tree.at, tree.name)
                return types.ERROR
            tree.name = tree.name.removeprefix(".")
            return self._resolve(tree, overloads)
        prefix = qualified_name(tree.args[0])
        whole = f"{prefix.removeprefix('.')}.{tree.name}"
        if prefix and whole in known:
            tree.name, tree.member, tree.args = whole, False, tree.args[1:]
            return self._resolve(tree, known[whole])
        self.check(tree.args[0])
        overloads = known.get(tree.name)
        if overloads is None:
            self._undeclared(tree.at, tree.name)
            return types.ERROR
        return self._resolve(tree, overloads)

    def _resolve(self, tree: Node, overloads: tuple[Overload, ...]) -> Type:
        given = [self.check(argument) for argument in tree.args]
        if tree.name in ("_&&_", "_||_"):
            return self._logical(tree, given, overloads[0].id)
        matching: list[str] = []
        result: Type | None = None
        for overload in overloads:
            if overload.member is not tree.member or len(overload.arguments) != len(given):
                continue
            wanted, returned = self._instance(overload)
            if not self.unifier.all_fit(given, wanted):
                continue
            matching.append(overload.id)
            returned = self.unifier.resolved(returned)
            if result is None:
                result = returned
            elif not result.is_dyn and returned != result:
                result = types.DYN
        if result is None:
            shown = [str(self.unifier.resolved(each, open_to_dyn=True)) for each in given]
            where = f"{shown.pop(0)}." if tree.member else ""
            applied = f"{where}({', '.join(shown)})"
            self._issues.report(tree.at, f"found no matching overload for '{tree.name}' applied to '{applied}'")
            return types.ERROR
        tree.overloads = tuple(matching)
        return result

    def _instance(self, overload: Overload) -> tuple[tuple[Type, ...], Type]:
        """The overload's types, with its open types new for this call."""
        if not overload.params:
            return overload.arguments, overload.result
        fresh = {name: self.unifier.fresh() for name in overload.params}
        return tuple(_replaced(argument, fresh) for argument in overload.arguments), _replaced(overload.result, fresh)

    def _logical(self, tree: Node, given: list[Type], overload: str) -> Type:
        tree.overloads = (overload,)
        right = True
        for argument, found in zip(tree.args, given, strict=True):
            if not self.unifier.fits(found, types.BOOL):
                self._mismatch(argument.at, types.BOOL, found)
                right = False
        return types.BOOL if right else types.ERROR

    def _mismatch(self, at: int, wanted: Type, found: Type) -> None:
        self._issues.report(at, f"expected type '{wanted}' but found '{found}'")

    def _joined(self, before: Type | None, found: Type) -> Type:
        if before is None:
            return found
        if self.unifier.fits(before, found):
            return most_general(before, found)
        return types.DYN

    def _unwrapped(self, node: Node, found: Type) -> Type:
        if found.is_optional:
            return found.params[0]
        if not found.is_dyn:
            self._mismatch(node.at, types.optional_of(found), found)
        return found

    def _list(self, tree: Node) -> Type:
        item: Type | None = None
        for index, node in enumerate(tree.args):
            found = self.check(node)
            item = self._joined(item, self._unwrapped(node, found) if index in tree.optional else found)
        return types.list_of(item or self.unifier.fresh())

    def _map(self, tree: Node) -> Type:
        keys: Type | None = None
        values: Type | None = None
        for index in range(0, len(tree.args), 2):
            key, value = tree.args[index], tree.args[index + 1]
            keys = self._joined(keys, self.check(key))
            found = self.check(value)
            values = self._joined(values, self._unwrapped(value, found) if index // 2 in tree.optional else found)
        if keys is None or values is None:
            return types.map_of(self.unifier.fresh(), self.unifier.fresh())
        return types.map_of(keys, values)

    def _struct(self, tree: Node) -> Type:
        found = self._named(tree)
        if found is None:
            return types.ERROR
        result = types.ERROR
        if found.kind != "type":
            if found.kind != "error":
                self._issues.report(tree.at, f"'{found.name}' is not a type")
        elif found.params and found.params[0].kind == "struct":
            result = found.params[0]
        else:
            self._issues.report(tree.at, f"'{found.params[0].name if found.params else found.name}' is not a message type")
        for index, (name, value) in enumerate(zip(tree.fields, tree.args, strict=True)):
            at = tree.value[index]
            given = self.check(value)
            wanted = self._declared_field(at, tree.name, name)
            given = self._unwrapped(value, given) if index in tree.optional else given
            if not self.unifier.fits(wanted, given):
                self._issues.report(at, f"expected type of field '{name}' is '{wanted}' but provided type is '{given}'")
        return result

    def _fold(self, tree: Node) -> Type:
        fold = tree.fold
        assert fold is not None
        self.check(fold.range)
        total = self.check(fold.start)
        over = self.unifier.resolved(self.check(fold.range))
        self._scopes.append({fold.total: total})
        first, second = types.ERROR, types.ERROR
        match over.kind:
            case "list":
                first, second = (types.INT, over.params[0]) if fold.second else (over.params[0], types.ERROR)
            case "map":
                first, second = over.params
            case "dyn" | "error" | "param":
                self.unifier.fits(types.DYN, over)
                first = second = types.DYN
            case _:
                why = f"expression of type '{over}' cannot be range of a comprehension (must be list, map, or dynamic)"
                self._issues.report(fold.range.at, why)
        inner = {fold.item: first, **({fold.second: second} if fold.second else {})}
        self._scopes.append(inner)
        for node, wanted in ((fold.going_on, types.BOOL), (fold.step, total)):
            found = self.check(node)
            if not self.unifier.fits(wanted, found):
                self._mismatch(node.at, wanted, found)
        self._scopes.pop()
        result = self.check(fold.result)
        self._scopes.pop()
        return self.unifier.resolved(result)


def _replaced(value: Type, fresh: dict[str, Type]) -> Type:
    if value.kind == "param":
        return fresh[value.name]
    return Type(value.kind, value.name, tuple(_replaced(part, fresh) for part in value.params)) if value.params else value


def _literal(tree: Node) -> Type:
    value = tree.value
    if value is None:
        return types.NULL
    if tree.name == "uint":
        return types.UINT
    kinds: dict[type, Type] = {bool: types.BOOL, int: types.INT, float: types.DOUBLE, str: types.STRING, bytes: types.BYTES}
    return kinds[type(value)]
