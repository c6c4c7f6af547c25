"""FieldPath: where a value stands in an object, written as people write it.

    path    = step { "." key | "[" bracket "]" }
    step    = key | "[" bracket "]"
    key     = characters other than . [ ]
    bracket = index | quoted | match { "," match } | text
    match   = key "=" (quoted | text without , and ])

`spec.replicas` · `spec.template.spec.containers[server].image` (item by name) · `containers[0]`, `containers[-1]` ·
`ports[containerPort=80,protocol=TCP]` · `metadata.annotations[example.com/x]`, `data["a.b"]` (map keys with dots) ·
`finalizers[x]` (a scalar item by value). `[name=x]`, `[x]` and `["x"]` are the same step.

Reading and writing never change the object: writers return a new one that shares what did not change.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import Json


class Item(str):
    """A step written in brackets: equal to the same text after a dot, printed in brackets."""

    __slots__ = ()


class Match(NamedTuple):
    """A list item by other keys than `name`: pairs of key and the value as text, sorted by key."""

    pairs: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return ",".join(f"{key}={_quoted_if(value, _PLAIN_VALUE)}" for key, value in self.pairs)


Step: TypeAlias = str | int | Match

_KEY = re.compile(r"[^.\[\]]+")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BRACKET = re.compile(rf"\[((?:{_QUOTED}|[^\]\"])*)\]")
_INDEX = re.compile(r"-?[0-9]+")
_MATCH = re.compile(rf"([A-Za-z_$][\w.$/-]*)=({_QUOTED}|[^,\"]*)(?:,|$)")
_PLAIN_KEY = re.compile(r"[^.\[\]\"=,\s]+")
_PLAIN_ITEM = re.compile(r"(?!-?[0-9]+$)[^\[\]\"=\s]+")
_PLAIN_VALUE = re.compile(r"[^,\]\"\s]+")


class FieldPathError(HelmsimError):
    """Text that is no field path."""


class FieldNotFound(HelmsimError):
    """A path that leads nowhere: up to where it exists, and what is there."""

    def __init__(self, path: FieldPath, reached: FieldPath, names: tuple[str, ...], nearest: tuple[str, ...]) -> None:
        where = f"`{reached}` exists" if reached.steps else "the object exists"
        there = f" and has {', '.join(names)}" if names else " and has nothing below it"
        hint = f"; did you mean {' or '.join(f'`{name}`' for name in nearest)}?" if nearest else ""
        super().__init__(f"no field `{path}`: {where}{there}{hint}")
        self.path = path
        self.reached = reached
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class FieldPath:
    """An immutable path; `FieldPath.parse(str(path)) == path`."""

    steps: tuple[Step, ...] = ()

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Raise FieldPathError with the place of the mistake."""
        return cls(_parse(text))

    def __str__(self) -> str:
        parts: list[str] = []
        for step in self.steps:
            if isinstance(step, str) and not isinstance(step, Item) and _PLAIN_KEY.fullmatch(step):
                parts.append(f".{step}" if parts else step)
            elif isinstance(step, str):
                parts.append(f"[{_quoted_if(step, _PLAIN_ITEM)}]")
            else:
                parts.append(f"[{step}]")
        return "".join(parts)

    def __truediv__(self, step: Step) -> FieldPath:
        """One step further."""
        return FieldPath((*self.steps, step))

    @property
    def parent(self) -> FieldPath:
        """One step back; the root is its own parent."""
        return FieldPath(self.steps[:-1])

    def starts_with(self, other: FieldPath) -> bool:
        """`other` is this path or one of its ancestors."""
        return self.steps[: len(other.steps)] == other.steps

    def read(self, value: Json) -> Json:
        """The value there; FieldNotFound says how far the path exists."""
        for depth, step in enumerate(self.steps):
            place = _place(value, step)
            if place is None:
                names = _names(value)
                nearest = tuple(difflib.get_close_matches(str(step), names, n=3, cutoff=0.6))
                raise FieldNotFound(self, FieldPath(self.steps[:depth]), tuple(names), nearest)
            value = value[place]
        return value

    def get(self, value: Json, default: Json = None) -> Json:
        """The value there, or the default when the path leads nowhere."""
        for step in self.steps:
            place = _place(value, step)
            if place is None:
                return default
            value = value[place]
        return value

    def exists(self, value: Json) -> bool:
        """Something, be it null, stands there."""
        return self.get(value, _NOTHING) is not _NOTHING

    def set(self, value: Json, new: Json) -> Json:
        """A copy with `new` there; missing maps and list items on the way are made, an item with the keys that its step names."""
        return _set(value, self, 0, new)

    def remove(self, value: Json) -> Json:
        """A copy without it; FieldNotFound when it is not there."""
        self.read(value)
        return _remove(value, self.steps)


_NOTHING: Json = object()


@lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 0
    while position < len(text):
        if text[position] == "[":
            bracket = _BRACKET.match(text, position)
            if bracket is None:
                raise FieldPathError(f"`{text}` is no field path: the bracket at column {position + 1} is not closed")
            steps.append(_bracket(text, bracket.group(1), position))
            position = bracket.end()
            continue
        if text[position] == "." and steps:
            position += 1
        key = _KEY.match(text, position)
        if key is None:
            raise FieldPathError(f"`{text}` is no field path: a name is missing at column {position + 1}")
        steps.append(key.group())
        position = key.end()
    return tuple(steps)


def _bracket(text: str, inside: str, position: int) -> Step:
    if not inside:
        raise FieldPathError(f"`{text}` is no field path: the bracket at column {position + 1} is empty")
    if inside[0] == '"':
        return Item(_unquoted(inside))
    if _INDEX.fullmatch(inside):
        return int(inside)
    pairs: list[tuple[str, str]] = []
    end = 0
    while end < len(inside):
        match = _MATCH.match(inside, end)
        if match is None:
            return Item(inside)
        value = match.group(2)
        pairs.append((match.group(1), _unquoted(value) if value.startswith('"') else value))
        end = match.end()
    if len(pairs) == 1 and pairs[0][0] == "name":
        return Item(pairs[0][1])
    return Match(tuple(sorted(pairs)))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _quoted_if(text: str, plain: re.Pattern[str]) -> str:
    if plain.fullmatch(text):
        return text
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def scalar_text(value: Json) -> str:
    """A scalar as it is written in a step: `80`, `true`, the string itself."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def item_step(item: Json, keys: tuple[str, ...]) -> Step:
    """The step that names a list item by its keys: `Item` for `name` alone, else a `Match`; a scalar by its value."""
    if not isinstance(item, dict):
        return Item(scalar_text(item))
    if len(keys) == 1 and keys[0] == "name":
        return Item(scalar_text(item.get("name")))
    return Match(tuple(sorted((key, scalar_text(item[key])) for key in keys if key in item)))


def _place(value: Json, step: Step) -> Any:
    """Key (of a map) or index (of a list) under which a step finds its value; None when there is none."""
    if isinstance(value, dict):
        key = str(step) if isinstance(step, Match) else step
        if isinstance(key, int):
            key = str(key)
        return key if key in value else None
    if not isinstance(value, list):
        return None
    if isinstance(step, int):
        return step if -len(value) <= step < len(value) else None
    return next((index for index, item in enumerate(value) if _is(item, step)), None)


def _is(item: Json, step: str | Match) -> bool:
    if isinstance(step, Match):
        return isinstance(item, dict) and all(key in item and scalar_text(item[key]) == text for key, text in step.pairs)
    if isinstance(item, dict):
        return "name" in item and scalar_text(item["name"]) == step
    return not isinstance(item, list) and scalar_text(item) == step


def _names(value: Json) -> list[str]:
    """What can be named below a value, for messages."""
    if isinstance(value, dict):
        return sorted(value)
    if isinstance(value, list):
        named = [scalar_text(item["name"]) for item in value if isinstance(item, dict) and "name" in item]
        return named or [str(index) for index in range(len(value))]
    return []


def _set(value: Json, path: FieldPath, depth: int, new: Json) -> Json:
    if depth == len(path.steps):
        return new
    step = path.steps[depth]
    if value is None:
        value = [] if isinstance(step, (int, Match)) or _is_item_of_list(path, depth) else {}
    if not isinstance(value, (dict, list)):
        here = FieldPath(path.steps[:depth])
        raise FieldPathError(f"cannot set `{path}`: `{here}` is {scalar_text(value)!r}, neither a map nor a list")
    place = _place(value, step)
    below = _set(value[place] if place is not None else _fresh(step, path, depth), path, depth + 1, new)
    if isinstance(value, dict):
        return {**value, (place if place is not None else str(step)): below}
    if place is None:
        if isinstance(step, int) and step != len(value):
            raise FieldPathError(f"cannot set `{path}`: the list `{FieldPath(path.steps[:depth])}` has {len(value)} items")
        return [*value, below]
    result = list(value)
    result[place] = below
    return result


def _is_item_of_list(path: FieldPath, depth: int) -> bool:
    """Where nothing is yet, `containers[x].image` means a list of named items, `annotations[x]` a map."""
    return isinstance(path.steps[depth], Item) and depth + 1 < len(path.steps)


def _fresh(step: Step, path: FieldPath, depth: int) -> Json:
    """What a missing item starts as: the keys that name it."""
    if depth + 1 == len(path.steps):
        return None
    if isinstance(step, Match):
        return {key: int(text) if _INDEX.fullmatch(text) else text for key, text in step.pairs}
    return {"name": str(step)} if isinstance(step, Item) and _is_item_of_list(path, depth) else None


def _remove(value: Json, steps: tuple[Step, ...]) -> Json:
    place = _place(value, steps[0])
    if len(steps) == 1:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if key != place}
        index = range(len(value))[place]
        return [*value[:index], *value[index + 1 :]]
    below = _remove(value[place], steps[1:])
    if isinstance(value, dict):
        return {**value, str(place): below}
    result = list(value)
    result[place] = below
    return result


def walk(value: Json, path: FieldPath = FieldPath()) -> Iterator[tuple[FieldPath, Json]]:
    """Every leaf with its path: scalars, empty maps and lists; list items by name where all have one, else by index."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from walk(item, path / key)
    elif isinstance(value, list) and value:
        named = all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in value)
        for index, item in enumerate(value):
            yield from walk(item, path / (Item(item["name"]) if named else index))
    else:
        yield path, value
