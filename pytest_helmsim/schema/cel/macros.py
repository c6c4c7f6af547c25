"""Macros: calls that stand for walks over a range, for tests of presence, and for names given to values.

Source: github.com/google/cel-go parser/macro.go, ext/{comprehensions,lists}.go, cel/library.go.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_helmsim.schema.cel.nodes import Fold, Node

TOTAL = "__result__"
_UNUSED = "#unused"
_TAKEN = "iteration variable overwrites accumulator variable"


class MacroError(Exception):
    """A macro whose arguments are not what it takes."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


_Maker = Callable[[int, Node, tuple[Node, ...]], Node]


def expand(at: int, name: str, holder: Node | None, arguments: tuple[Node, ...]) -> Node | None:
    """What a call stands for, or None when it is no macro; raise `MacroError`."""
    if holder is None:
        return _has(at, arguments[0]) if name == "has" and len(arguments) == 1 else None
    maker = _MAKERS.get((name, len(arguments)))
    return None if maker is None else maker(at, holder, arguments)


def _has(at: int, argument: Node) -> Node:
    if argument.kind != "select" or argument.tested:
        raise MacroError(argument.at, "invalid argument to has() macro")
    return Node("select", at, argument.name, argument.args, tested=True)


def _call(at: int, name: str, *arguments: Node) -> Node:
    return Node("call", at, name, arguments)


def _ident(at: int, name: str = TOTAL) -> Node:
    return Node("ident", at, name)


def _literal(at: int, value: object) -> Node:
    return Node("literal", at, value=value)


def _names(arguments: tuple[Node, ...], complaint: str) -> tuple[str, str]:
    """The names of one or two variables; a second name is empty when there is none."""
    found = []
    for argument in arguments:
        if argument.kind != "ident":
            raise MacroError(argument.at, complaint)
        found.append(argument.name)
    if len(found) == 2 and found[0] == found[1]:
        raise MacroError(arguments[1].at, f"duplicate variable name: {found[0]}")
    for argument in arguments:
        if argument.name == TOTAL:
            raise MacroError(argument.at, _TAKEN)
    return found[0], found[1] if len(found) == 2 else ""


def _walk(at: int, holder: Node, names: tuple[str, str], start: Node, going_on: Node, step: Node, result: Node | None = None) -> Node:
    fold = Fold(holder, names[0], names[1], TOTAL, start, going_on, step, result or _ident(at))
    return Node("fold", at, fold=fold)


def _all(variables: int) -> _Maker:
    def make(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
        names = _names(arguments[:variables], "argument must be a simple name")
        going_on = _call(at, "@not_strictly_false", _ident(at))
        return _walk(at, holder, names, _literal(at, True), going_on, _call(at, "_&&_", _ident(at), arguments[-1]))

    return make


def _exists(variables: int) -> _Maker:
    def make(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
        names = _names(arguments[:variables], "argument must be a simple name")
        going_on = _call(at, "@not_strictly_false", _call(at, "!_", _ident(at)))
        return _walk(at, holder, names, _literal(at, False), going_on, _call(at, "_||_", _ident(at), arguments[-1]))

    return make


def _exists_one(variables: int) -> _Maker:
    def make(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
        names = _names(arguments[:variables], "argument must be a simple name")
        step = _call(at, "_?_:_", arguments[-1], _call(at, "_+_", _ident(at), _literal(at, 1)), _ident(at))
        result = _call(at, "_==_", _ident(at), _literal(at, 1))
        return _walk(at, holder, names, _literal(at, 0), _literal(at, True), step, result)

    return make


def _filtered(at: int, condition: Node | None, step: Node) -> Node:
    return step if condition is None else _call(at, "_?_:_", condition, step, _ident(at))


def _map(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
    names = _names(arguments[:1], "argument is not an identifier")
    condition = arguments[1] if len(arguments) == 3 else None
    step = _filtered(at, condition, _call(at, "_+_", _ident(at), Node("list", at, "", (arguments[-1],))))
    return _walk(at, holder, names, Node("list", at), _literal(at, True), step)


def _filter(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
    names = _names(arguments[:1], "argument is not an identifier")
    step = _filtered(at, arguments[1], _call(at, "_+_", _ident(at), Node("list", at, "", (arguments[0],))))
    return _walk(at, holder, names, Node("list", at), _literal(at, True), step)


def _transform(how: str) -> _Maker:
    def make(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
        names = _names(arguments[:2], "argument must be a simple name")
        condition = arguments[2] if len(arguments) == 4 else None
        if how == "list":
            step = _call(at, "_+_", _ident(at), Node("list", at, "", (arguments[-1],)))
        elif how == "map":
            step = _call(at, "cel.@mapInsert", _ident(at), _ident(at, names[0]), arguments[-1])
        else:
            step = _call(at, "cel.@mapInsert", _ident(at), arguments[-1])
        start = Node("list" if how == "list" else "map", at)
        return _walk(at, holder, names, start, _literal(at, True), _filtered(at, condition, step))

    return make


def _bound(at: int, name: str, value: Node, result: Node) -> Node:
    fold = Fold(Node("list", at), _UNUSED, "", name, value, _literal(at, False), _ident(at, name), result)
    return Node("fold", at, fold=fold)


def _opt_map(name: str) -> _Maker:
    def make(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
        if arguments[0].kind != "ident":
            raise MacroError(arguments[0].at, f"{name}() variable name must be a simple identifier")
        value = Node("call", at, "value", (holder.copy(),), member=True)
        found = _bound(at, arguments[0].name, value, arguments[1])
        if name == "optMap":
            found = _call(at, "optional.of", found)
        present = Node("call", at, "hasValue", (holder,), member=True)
        return _call(at, "_?_:_", present, found, _call(at, "optional.none"))

    return make


def _sort_by(at: int, holder: Node, arguments: tuple[Node, ...]) -> Node:
    if holder.kind not in ("list", "select", "ident", "fold", "call"):
        raise MacroError(holder.at, "sortBy can only be applied to a list, identifier, comprehension, call or select expression")
    name = "@__sortBy_input__"
    keys = _map(at, _ident(at, name), arguments)
    return _bound(at, name, holder, Node("call", at, "@sortByAssociatedKeys", (_ident(at, name), keys), member=True))


_MAKERS: dict[tuple[str, int], _Maker] = {
    ("all", 2): _all(1),
    ("all", 3): _all(2),
    ("exists", 2): _exists(1),
    ("exists", 3): _exists(2),
    **{(name, size): _exists_one(size - 1) for name in ("exists_one", "existsOne") for size in (2, 3)},
    ("map", 2): _map,
    ("map", 3): _map,
    ("filter", 2): _filter,
    **{("transformList", size): _transform("list") for size in (3, 4)},
    **{("transformMap", size): _transform("map") for size in (3, 4)},
    **{("transformMapEntry", size): _transform("entry") for size in (3, 4)},
    ("optMap", 2): _opt_map("optMap"),
    ("optFlatMap", 2): _opt_map("optFlatMap"),
    ("sortBy", 2): _sort_by,
}
