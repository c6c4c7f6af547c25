"""What is found valid without the library is valid for it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from pytest_helmsim.chart import schema_quick, values_schema

VALUES = {"a": {"n": 1.0, "s": "x", "l": ["p", 2.5]}, "b": None, "c": True}


@pytest.mark.parametrize(
    ("schema", "valid"),
    [
        ({"type": "object", "properties": {"a": {"required": ["n"]}, "b": {"type": ["string", "null"]}}}, True),
        ({"additionalProperties": {"type": ["object", "null", "boolean"]}}, True),
        ({"properties": {"c": {"enum": [1]}}}, False),
        ({"properties": {"c": {"type": "number"}}}, False),
        ({"properties": {"a": {"properties": {"n": {"type": "integer", "minimum": 1, "exclusiveMaximum": 2}}}}}, True),
        ({"properties": {"a": {"properties": {"s": {"maxLength": 0}}}}}, False),
        ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, False),
        ({"if": {"required": ["a"]}, "then": {"required": ["z"]}}, False),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"not": {"required": ["z"]}}}}, True),
        ({"properties": {"a": {"properties": {"l": {"items": {"minLength": 1}, "maxItems": 2}}}}}, True),
        ({"title": "t", "x-form": 1, "format": "date"}, True),
        (True, False),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "format": "date"}, False),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, False),
        ({"patternProperties": {"a": True}}, False),
        ({"type": "text"}, False),
        ({"$ref": "#"}, False),
    ],
)
def test_yes_or_unsure(schema: Any, valid: bool) -> None:
    assert schema_quick.is_valid(json.loads(json.dumps(schema), parse_int=float), VALUES) is valid


def _value(source: random.Random, depth: int = 0) -> Any:
    if depth < 3 and source.random() < 0.5:
        if source.random() < 0.6:
            return {source.choice("abc"): _value(source, depth + 1) for _ in range(source.randint(0, 3))}
        return [_value(source, depth + 1) for _ in range(source.randint(0, 3))]
    return source.choice([None, True, False, 0.0, 1.0, 2.5, "", "a", "bb"])


def _schema(source: random.Random, depth: int = 0) -> Any:
    def inner() -> Any:
        return _schema(source, depth + 1)

    made: dict[str, Any] = {}
    if source.random() < 0.5:
        made["type"] = source.choice(["object", "array", "string", "number", "integer", "boolean", ["string", "null"]])
    simple = {
        "required": lambda: source.sample("abc", source.randint(0, 2)),
        "enum": lambda: [_value(source, 3), _value(source, 3)],
        "const": lambda: _value(source, 2),
        "format": lambda: "date",
        "pattern": lambda: "^a",
    } | dict.fromkeys(("minimum", "maximum", "minLength", "maxItems", "minProperties"), lambda: source.randint(0, 3))
    nested = dict.fromkeys(("additionalProperties", "items", "not", "if", "then", "else"), inner) | {
        "properties": lambda: {name: inner() for name in source.sample("abc", 2)},
        "patternProperties": lambda: {"a": inner()},
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), lambda: [inner(), inner()]),
    }
    choices = simple | nested if depth < 3 else simple
    for keyword in source.sample(sorted(choices), source.randint(0, 2)):
        made[keyword] = choices[keyword]()
    return made


@pytest.mark.parametrize("seed", range(3))
def test_random_schemas(seed: int) -> None:
    source = random.Random(seed)
    valid = 0
    for _ in range(250):
        schema, value = json.dumps(_schema(source)).encode(), _value(source)
        if schema_quick.is_valid(json.loads(schema, parse_int=float), value):
            valid += 1
            assert values_schema._check(value, schema) == "", (schema, value)
    assert valid > 50
