"""JSON as Go writes and reads it: numbers, escapes, order, indentation, types; error texts are rows of tests/recorded/expressions."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from pytest_helmsim.objects import gojson

NUMBERS = [
    (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (1.5, "1.5"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e300, "1.5e+300"),
    (1e-6, "0.000001"), (1e-7, "1e-7"), (1.25e-10, "1.25e-10"), (5e-324, "5e-324"), (123456789.125, "123456789.125"),
    (12345678901234567890.0, "12345678901234567000"), (0.1 + 0.2, "0.30000000000000004"), (2.0**53, "9007199254740992"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_floats(number: float, text: str) -> None:
    assert gojson.format_float(number) == text
    assert float(text) == number


@pytest.mark.parametrize(("number", "name"), [(math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf")])
def test_what_no_json_number_is(number: float, name: str) -> None:
    with pytest.raises(gojson.GoJsonError, match=f"json: unsupported value: {name.replace('+', '.')}"):
        gojson.encode([number])


VALUES: list[tuple[Any, str]] = [
    ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
    ({"é": 1, "z": 2, "Z": 3}, '{"Z":3,"z":2,"é":1}'),
    ("<a & b>\u2028\x7f", '"\\u003ca \\u0026 b\\u003e\\u2028\x7f"'),
    ("\udcff", '"\\ufffd"'),
    ("\b\f\n\r\t\x01", '"\\b\\f\\n\\r\\t\\u0001"'),
    (b"hi", '"aGk="'),
    ({}, "{}"),
    ([], "[]"),
    ((1, 2), "[1,2]"),
    ({2: "x", 10: "y"}, '{"10":"y","2":"x"}'),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_encode(value: Any, text: str) -> None:
    assert gojson.encode(value) == text


def test_raw_text_keeps_html_but_not_line_separators() -> None:
    assert gojson.encode("<&>\u2028", escape_html=False) == '"<&>\\u2028"'


def test_indentation() -> None:
    value = {"a": [1, {"b": 'x: [1, {2}] "'}], "c": {}, "d": []}
    assert gojson.encode(value, indent="  ") == json.dumps(value, indent=2)


def test_a_struct_keeps_its_order() -> None:
    assert gojson.encode_fields([("name", "x"), ("apiVersion", 1)]) == '{"name":"x","apiVersion":1}'


def test_decoded_numbers_are_floats() -> None:
    value = gojson.decode('{"a":[1,2.5]}')
    assert value == {"a": [1.0, 2.5]}
    assert [type(item) for item in value["a"]] == [float, float]


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert gojson.decode('"\\ud83d\\ude00 \\ud800x"') == "\U0001f600 \ufffdx"


def test_null_is_a_nil_map_or_slice() -> None:
    assert gojson.decode_map("null") is None
    assert gojson.decode_list("null") is None


def test_too_large_a_number_leaves_the_rest() -> None:
    with pytest.raises(gojson.GoJsonError) as failure:
        gojson.decode_map('{"a":1e999,"b":2}')
    assert failure.value.partial == {"a": None, "b": 2.0}


@pytest.mark.parametrize("text", ["[" * 20_000, '{"a":' * 20_000, "[" * 20_000 + "]" * 20_000])
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(gojson.GoJsonError, match="exceeded max depth|unexpected end"):
        gojson.decode(text)
