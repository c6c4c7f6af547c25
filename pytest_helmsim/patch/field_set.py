"""Sets of field paths, and their algebra: who owns what becomes set operations.

A path is a row of elements; an element is its fieldsV1 text, which is its identity:
`f:name` a field, `k:{"name":"a"}` an item of a keyed list, `v:"x"` an item of a set, `i:0` an index. A path may be a member while
longer paths below it are not, and the reverse: owning a map (`.`) is not owning its fields.

Source: structured-merge-diff fieldpath/{element,path,set}.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from pytest_helmsim.objects.gojson import encode
from pytest_helmsim.objects.json import Json, JsonObject, loads
from pytest_helmsim.patch.gotext import sprint

Element: TypeAlias = str
Path: TypeAlias = tuple[Element, ...]
Pattern: TypeAlias = tuple[Element | None, ...]
"""A path in which None stands for any element."""


def field(name: str) -> Element:
    """`f:replicas`."""
    return f"f:{name}"


def keyed(keys: Mapping[str, Json]) -> Element:
    """`k:{"containerPort":80,"protocol":"TCP"}`: keys sorted by name."""
    try:
        return _keyed(tuple(keys), *keys.values())
    except TypeError:
        return f"k:{encode(dict(keys))}"


@lru_cache(maxsize=65536, typed=True)
def _keyed(names: tuple[str, ...], *values: Json) -> Element:
    return f"k:{encode(dict(zip(names, values, strict=True)))}"


@lru_cache(maxsize=65536, typed=True)
def valued(value: Json) -> Element:
    """`v:"x"`."""
    return f"v:{encode(value)}"


@lru_cache(maxsize=65536)
def order(element: Element) -> tuple[Any, ...]:
    """Sort key: fields by name, then keyed items, then values, then indices."""
    kind, rest = element[0], element[2:]
    if kind == "f":
        return (0, rest)
    if kind == "k":
        return (1, *((name, *_rank(value)) for name, value in sorted(loads(rest).items())))
    if kind == "v":
        return (2, *_rank(loads(rest)))
    return (3, int(rest))


def _rank(value: Json) -> tuple[int, Json]:
    """Numbers before strings before booleans before null; lists and maps by their text."""
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, (int, float)):
        return (0, value)
    if isinstance(value, str):
        return (1, value)
    return (3 if value is not None else 4, encode(value))


@lru_cache(maxsize=65536)
def display(element: Element) -> str:
    """`.replicas`, `[name="a"]`, `[="x"]`, `[0]`: how messages write an element."""
    kind, rest = element[0], element[2:]
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        return f"[{','.join(f'{name}={_quoted(value)}' for name, value in sorted(loads(rest).items()))}]"
    if kind == "v":
        return f"[={_quoted(loads(rest))}]"
    return f"[{rest}]"


def _quoted(value: Json) -> str:
    if isinstance(value, str):
        return encode(value, escape_html=False)
    if isinstance(value, list):
        return f"[{','.join(map(_quoted, value))}]"
    if isinstance(value, dict):
        return "".join(f"{key}={_quoted(item)}" for key, item in value.items())
    return "null" if value is None else sprint(value)


def display_path(path: Path) -> str:
    """`.spec.template.spec.containers[name="web"].image`."""
    return "".join(map(display, path))


class FieldSet:
    """An immutable set of paths: members of this level, and sets below elements.

    `a | b` union, `a & b` intersection, `a - b` difference (a member below a member of b stays),
    `a.minus_recursive(b)` (all below a member of b goes too). Empty sets below an element are not kept.
    """

    __slots__ = ("children", "fits", "members", "written")
    fits: object
    """The schema that `reconciled` found nothing to change for; not there before the first question."""
    written: JsonObject
    """The fieldsV1 form, kept by `field_codec`; not there before it was asked for."""

    def __init__(self, members: Iterable[Element] = (), children: Mapping[Element, FieldSet] | None = None) -> None:
        self.members: frozenset[Element] = members if isinstance(members, frozenset) else frozenset(members)
        self.children: Mapping[Element, FieldSet] = children or {}

    @classmethod
    def of(cls, *paths: Path) -> FieldSet:
        """The set of these paths; the root itself is no path."""
        members = frozenset(path[0] for path in paths if len(path) == 1)
        below: dict[Element, list[Path]] = {}
        for path in paths:
            if len(path) > 1:
                below.setdefault(path[0], []).append(path[1:])
        return cls(members, {element: cls.of(*rest) for element, rest in below.items()})

    def __bool__(self) -> bool:
        return bool(self.members) or any(self.children.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldSet) and self.members == other.members and self.children == other.children

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"FieldSet({', '.join(map(display_path, self))})"

    def __iter__(self) -> Iterator[Path]:
        """Every path: the members of a level in order, then what is below each element."""
        for element in sorted(self.members, key=order):
            yield (element,)
        for element in sorted(self.children, key=order):
            for path in self.children[element]:
                yield (element, *path)

    def __len__(self) -> int:
        return len(self.members) + sum(map(len, self.children.values()))

    def __contains__(self, path: Path) -> bool:
        if not path:
            return False
        node: FieldSet | None = self
        for element in path[:-1]:
            node = node.children.get(element) if node is not None else None
        return node is not None and path[-1] in node.members

    def below(self, element: Element) -> FieldSet:
        """The paths under one element, without it."""
        return self.children.get(element, EMPTY)

    def __or__(self, other: FieldSet) -> FieldSet:
        if not other.members and not other.children:
            return self
        if not self.members and not self.children:
            return other
        children = dict(self.children)
        for element, node in other.children.items():
            mine = children.get(element)
            children[element] = node if mine is None else mine | node
        return FieldSet(self.members | other.members, children)

    def __and__(self, other: FieldSet) -> FieldSet:
        children = {}
        for element, node in self.children.items():
            theirs = other.children.get(element)
            if theirs is not None and (both := node & theirs):
                children[element] = both
        return FieldSet(self.members & other.members, children)

    def __sub__(self, other: FieldSet) -> FieldSet:
        if not other.members and not other.children:
            return self
        children, same = {}, self.members.isdisjoint(other.members)
        for element, node in self.children.items():
            theirs = other.children.get(element)
            rest = node if theirs is None else node - theirs
            same = same and rest is node
            if theirs is None or rest:
                children[element] = rest
        return self if same else FieldSet(self.members - other.members, children)

    def minus_recursive(self, other: FieldSet) -> FieldSet:
        """Without the members of `other` and everything below them."""
        if isinstance(other, AllBut):
            return self.including(other.patterns)
        if not other.members and not other.children:
            return self
        children = {}
        for element, node in self.children.items():
            if element in other.members:
                continue
            theirs = other.children.get(element)
            rest = node if theirs is None else node.minus_recursive(theirs)
            if rest:
                children[element] = rest
        return FieldSet(self.members - other.members, children)

    def including(self, patterns: Sequence[Pattern]) -> FieldSet:
        """Only what lies on the way of a pattern or below its end."""
        if any(not pattern for pattern in patterns):
            return self
        members = {element for element in self.members if any(pattern[0] in (element, None) for pattern in patterns)}
        children = {}
        for element, node in self.children.items():
            rest = node.including([pattern[1:] for pattern in patterns if pattern[0] in (element, None)])
            if rest:
                children[element] = rest
        return FieldSet(members, children)

    def includes(self, other: FieldSet) -> bool:
        """Every path of `other` is here."""
        if not other.members <= self.members:
            return False
        for element, node in other.children.items():
            mine = self.children.get(element)
            if (mine is None and node) or (mine is not None and not mine.includes(node)):
                return False
        return True

    def leaves(self) -> FieldSet:
        """The paths with nothing below them."""
        return FieldSet(
            frozenset(element for element in self.members if element not in self.children),
            {element: node.leaves() for element, node in self.children.items()},
        )


EMPTY = FieldSet()


class AllBut(FieldSet):
    """Every path there is, but those on the way of a pattern or below its end: what a narrow endpoint cannot own."""

    __slots__ = ("patterns",)

    def __init__(self, *patterns: Pattern) -> None:
        super().__init__()
        self.patterns = patterns

    def __bool__(self) -> bool:
        return True
