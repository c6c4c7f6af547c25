"""Quantities as a real server prints them (emptyDir.sizeLimit of a dry run), and the words with which it refuses a text."""

import pytest

from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.quantity import FORMAT_WRONG, SUFFIX_WRONG, Quantity, QuantityError

WRITTEN = """
1000m 1|0.5 500m|1024Mi 1Gi|1.5Gi 1536Mi|1e3 1e3|0100 0100|0.1m 100u|100000000000000000000 100E|+5 +5
1.500 1.500|100.100 100.100|12Mi 12Mi|0 0|00 0|0.0 0|1E3 1E3|1e-3 1e-3|1Ki 1Ki|1000Ki 1000Ki|1025 1025
1048576 1048576|0.5Gi 512Mi|1.0 1|10.0 10|1.23456789123 1234567892n|1n 1n|1500u 1500u|1Ti 1Ti|1M 1M|1000000 1M
1.5k 1500|0.25 250m|-0.5 -500m|.5 500m|5. 5.|512.5Mi 524800Ki|8Ei 9223372036854775807|1 1|500m 500m
"""


@pytest.mark.parametrize(("text", "written"), [row.split() for row in WRITTEN.replace("\n", "|").strip("|").split("|")])
def test_written_as_the_server_does(text, written):
    assert quantity.canonical(text) == written


@pytest.mark.parametrize(("number", "written"), [(1, "1"), (0.5, "500m"), (1000.0, "1k"), (0, "0"), (1.5, "1500m")])
def test_numbers_of_json(number, written):
    assert quantity.canonical(number) == written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", FORMAT_WRONG),
        ("abc", FORMAT_WRONG),
        ("1Mi2", SUFFIX_WRONG),
        ("1KI", FORMAT_WRONG),
        ("1.1.1", FORMAT_WRONG),
        ("1e", SUFFIX_WRONG),
    ],
)
def test_refused(text, why):
    with pytest.raises(QuantityError) as failure:
        quantity.parse(text)
    assert str(failure.value) == why


def test_lists_of_resources_round_up_to_thousandths():
    assert [quantity.canonical(text, milli=True) for text in ("100u", "0.0001", "1.0001", "1n", "100m")] == [
        "1m",
        "1m",
        "1001m",
        "1m",
        "100m",
    ]


@pytest.mark.parametrize(("a", "b", "sign"), [("1", "1000m", 0), ("1Gi", "1G", 1), ("0.5", "1", -1), ("-1", "0", -1), ("1e3", "1k", 0)])
def test_compared_by_value(a, b, sign):
    assert quantity.parse(a).compare(quantity.parse(b)) == sign


def test_whole_values_round_away_from_zero():
    assert [quantity.parse(text).value for text in ("1500m", "0.1", "-0.1", "1Gi")] == [2, 1, -1, 1073741824]
    assert quantity.parse("250m").scaled(-3) == 250
    assert (quantity.parse("2").is_integer, quantity.parse("2500m").is_integer) == (True, False)


def test_sums_keep_the_family_of_the_first():
    assert str(quantity.parse("1Gi").plus(quantity.parse("512Mi"))) == "1536Mi"
    assert str(Quantity(0).plus(quantity.parse("1Mi"))) == "1Mi"
    assert str(quantity.parse("100m").plus(quantity.parse("0.2"))) == "300m"
