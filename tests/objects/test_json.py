"""JSON out: what orjson cannot write goes as Go would hold it."""

from __future__ import annotations

import pytest

from pytest_helmsim.objects.json import dumps, dumps_sorted, loads


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"b": 2**63 - 1, "a": -(2**63)}, {"b": 9223372036854775807, "a": -9223372036854775808}),
        ({"b": [2**70], "a": {"c": -(2**64)}}, {"b": [float(2**70)], "a": {"c": -float(2**64)}}),
        ([True, None, "x", 1.5], [True, None, "x", 1.5]),
        (10**400, None),
    ],
    ids=["whole", "beyond 64 bits", "others", "beyond all"],
)
def test_numbers_beyond_64_bits_are_floats(value: object, read: object) -> None:
    assert loads(dumps(value)) == read
    assert loads(dumps_sorted(value)) == read


def test_what_is_no_json_stays_an_error() -> None:
    with pytest.raises(TypeError):
        dumps(object())
