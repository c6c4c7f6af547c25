"""YAML by Go's rules, against recorded answers of sigs.k8s.io/yaml (tests/recorded/yaml).

Aspects: reading (scalars, keys, tags, anchors, merge keys, block scalars, errors), strictness, writing (quoting, folding, blocks, order of
keys, numbers), integers kept for API objects, bounds. Left out: keys beyond 64 bits in Go's order, which depends on its sort algorithm.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.objects import yamlio

RECORDED = Path(__file__).parents[1] / "recorded" / "yaml"
TEXTS: list[str] = json.loads((RECORDED / "texts.json").read_text())
VALUES: list[Any] = json.loads((RECORDED / "values.json").read_text())
ANSWERS: dict[str, list[dict[str, str]]] = json.loads((RECORDED / "answers.json").read_text())


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_reading_gives_what_go_gives(strict: bool) -> None:
    wrong = []
    for text, answer in zip(TEXTS, ANSWERS["strict" if strict else "load"], strict=True):
        given = _load(text, strict)
        if given != _wanted(answer):
            wrong.append((text, given, answer))
    assert wrong == []


def test_writing_gives_what_go_gives() -> None:
    wrong = []
    for value, answer in zip(VALUES, ANSWERS["dump"], strict=True):
        given = _dump(_floats(value))
        if given != (answer.get("out"), "error" in answer):
            wrong.append((value, given, answer))
    assert wrong == []


def _load(text: str, strict: bool) -> tuple[Any, str]:
    try:
        return yamlio.load(text, strict=strict), ""
    except yamlio.YamlError as error:
        return None, str(error)


def _wanted(answer: dict[str, str]) -> tuple[Any, str]:
    return (None, answer["error"]) if "error" in answer else (_floats(json.loads(answer["out"])), "")


def _dump(value: Any) -> tuple[str | None, bool]:
    try:
        return yamlio.dump(value), False
    except yamlio.YamlError:
        return None, True


def _floats(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    return [_floats(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: 1.0\nc: 1.5\nd: 0x10", {"a": 1, "b": 1, "c": 1.5, "d": 16}),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", 9223372036854775808.0),
        ("1e3", 1000),
        ("1e21", 1e21),
    ],
)
def test_objects_keep_integers_of_64_bits(text: str, value: Any) -> None:
    loaded = yamlio.load_object(text)
    assert loaded == value
    assert json.dumps(loaded) == json.dumps(value)


def test_values_are_floats() -> None:
    assert type(yamlio.load("1")) is float


def test_aliases_are_copies() -> None:
    loaded = yamlio.load("a: &x {l: [1]}\nb: *x")
    loaded["a"]["l"].append(2)
    assert loaded["b"] == {"l": [1.0]}


def test_all_documents() -> None:
    assert yamlio.load_all("a: 1\n---\n---\nb: 2\n") == [{"a": 1.0}, None, {"b": 2.0}]
    assert yamlio.load_objects("a: 1\n---\n# nothing\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 2000 + "]" * 2000, "exceeded max depth"),
        (
            "a: &a [1,2,3,4,5,6,7,8,9]\n"
            + "\n".join(f"b{i}: &b{i} [{', '.join(['*' + ('a' if i == 0 else f'b{i - 1}')] * 9)}]" for i in range(9)),
            "excessive aliasing",
        ),
    ],
    ids=["nesting", "aliases"],
)
def test_bombs_are_refused(text: str, reason: str) -> None:
    with pytest.raises(yamlio.YamlError, match=reason):
        yamlio.load(text)


def test_maps_and_lists_where_they_are_wanted() -> None:
    assert yamlio.load_map("") == {}
    assert yamlio.load_list("") == []
    with pytest.raises(yamlio.YamlError, match=r"cannot unmarshal string into Go value of type map\[string\]interface \{\}"):
        yamlio.load_map("text")
    with pytest.raises(yamlio.YamlError, match=r"cannot unmarshal object into Go value of type \[\]interface \{\}"):
        yamlio.load_list("a: b")
