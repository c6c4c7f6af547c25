"""Values files made out of a chart's own values.yaml, for branches that its defaults never reach.

`mutants(values, seed, count)` gives `count` pairs of a name and a values map, the same for the same seed. The first ones change a whole
class of values at once so that the chart still has a chance to render (every boolean turned, every empty value filled); the rest change
one or a few values to something of a wrong type, unusual text, or null.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]
Mutant: TypeAlias = tuple[str, dict[str, Json]]

UNUSUAL: Final[tuple[Json, ...]] = (
    *(None, True, False, 0, -1, 1, 443, 65536, 12345678, 2**31, 2**53 + 1, 9007199254740993000, 1e21, 0.5, 1.0, -2.75e-7, 1e6, 123456.789),
    *("", " ", "0", "true", "null", "~", "yes", "text", "ünï ☃ 😀", "a: b", "- x", "# no", "{{ .Release.Name }}", '"quoted"', "it's", "%s"),
    *("a\tb", "line one\nline two\n", "\n\nx\n\n", "trailing ", "1.20", "1e3", "0x1F", "012", "2024-01-02", "v1.2.3", "10Gi", "100m"),
    *("*anchor", "&a", "!t", "a\\b", "<&>", "a\u2028b", "x" * 70, "http://[::1]:80/p?q=1#f"),
    *([], [None], ["a", "b"], [1, 2.5, True, None], [{"name": "a", "value": "b"}], [[]], [{}]),
    *({}, {"a": None}, {"a": "b"}, {"a": 1, "b": [1, {"c": "d"}]}, {"enabled": True}, {"name": "x", "key": "y"}, {"1": 2, "true": "x"}),
)
_FILLINGS: Final[tuple[Json, ...]] = ("text", 5, True, ["a"], {"a": "b"}, [{"name": "a", "value": "b", "key": "k"}], {"a": {"b": ["c"]}})


def mutants(values: dict[str, Json], seed: str, count: int) -> Iterator[Mutant]:
    """Changed copies of `values`; only the changed part of each, as a user would give it."""
    source = random.Random(seed)
    paths = list(_walk(values, ()))
    if not paths:
        return
    gentle: list[tuple[str, Callable[[], dict[str, Json]]]] = [
        ("all booleans turned", lambda: _every(values, paths, lambda each: not each, bool)),
        ("all booleans true", lambda: _every(values, paths, lambda _: True, bool)),
        ("half the booleans turned", lambda: _every(values, [p for p in paths if source.random() < 0.5], lambda each: not each, bool)),
        ("all empty maps filled", lambda: _every(values, paths, _map_filling(source), dict)),
        ("all empty lists filled", lambda: _every(values, paths, _list_filling(source), list)),
        ("all empty strings filled", lambda: _every(values, paths, lambda each: each or "filled", str)),
        ("booleans true and empty values filled", lambda: _filled(values, paths, source)),
    ]
    for number in range(count):
        if number < len(gentle):
            yield gentle[number][0], gentle[number][1]()
        elif number % 3 == 0:
            path = source.choice(paths)
            yield f"{number} one value", _set({}, values, path, source.choice(UNUSUAL))
        else:
            changed: dict[str, Json] = _filled(values, paths, source) if number % 3 == 1 else {}
            for path in source.sample(paths, min(len(paths), source.choice((1, 2, 4)))):
                changed = _set(changed, values, path, _unusual_like(source, _at(values, path)))
            yield f"{number} some values", changed


def _unusual_like(source: random.Random, value: Json) -> Json:
    """Mostly something of the same type, which passes more checks."""
    if isinstance(value, str) and source.random() < 0.6:
        return source.choice([each for each in UNUSUAL if isinstance(each, str)])
    if isinstance(value, list | dict) and source.random() < 0.6:
        return source.choice([each for each in UNUSUAL if type(each) is type(value)])
    if isinstance(value, int | float) and not isinstance(value, bool) and source.random() < 0.6:
        return source.choice([each for each in UNUSUAL if isinstance(each, int | float)])
    return source.choice(UNUSUAL)


def _walk(value: Json, path: Path) -> Iterator[Path]:
    """Where each value is; of lists only whole ones, as a values file cannot change an item."""
    for key, item in value.items():
        yield (*path, key)
        if isinstance(item, dict):
            yield from _walk(item, (*path, key))


def _at(values: dict[str, Json], path: Path) -> Json:
    found: Json = values
    for step in path:
        found = found[step]
    return found


def _set(changed: dict[str, Json], values: dict[str, Json], path: Path, value: Json) -> dict[str, Json]:
    target: Json = changed
    for step in path[:-1]:
        if not isinstance(target.get(step), dict):
            target[step] = {}
        target = target[step]
    target[path[-1]] = copy.deepcopy(value)
    return changed


def _every(values: dict[str, Json], paths: list[Path], change: Callable[[Json], Json], kind: type) -> dict[str, Json]:
    changed: dict[str, Json] = {}
    for path in paths:
        value = _at(values, path)
        if type(value) is kind and (kind not in (dict, list) or not value):
            _set(changed, values, path, change(value))
    return changed


def _filled(values: dict[str, Json], paths: list[Path], source: random.Random) -> dict[str, Json]:
    changed: dict[str, Json] = {}
    for path in paths:
        value = _at(values, path)
        if value is False and source.random() < 0.8:
            _set(changed, values, path, True)
        elif value is None or value == "":
            _set(changed, values, path, source.choice(_FILLINGS[:2]) if source.random() < 0.8 else source.choice(_FILLINGS))
        elif value == {}:
            _set(changed, values, path, _map_filling(source)(value))
        elif value == []:
            _set(changed, values, path, _list_filling(source)(value))
    return changed


def _map_filling(source: random.Random) -> Callable[[Json], Json]:
    return lambda _: source.choice([each for each in _FILLINGS if isinstance(each, dict)])


def _list_filling(source: random.Random) -> Callable[[Json], Json]:
    return lambda _: source.choice([each for each in _FILLINGS if isinstance(each, list)])
