"""Label selectors: what they select, and the words with which a real 1.36 server refuses them.

Left out on purpose: how a server uses them for lists and watches (tests/apiserver).
"""

import pytest

from pytest_helmsim.objects import selectors
from pytest_helmsim.objects.selectors import SelectorError, parse_labels, selects

NAME = "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g."
KEY_EXAMPLES = "'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a==b", {"a": "c"}, False),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a in (b,c)", {"a": "c"}, True),
        ("a in (b, c)", {}, False),
        ("a notin (b)", {}, True),
        ("a notin (b)", {"a": "b"}, False),
        ("a", {"a": ""}, True),
        ("!a", {"a": ""}, False),
        ("!a", {}, True),
        ("a=", {"a": ""}, True),
        ("a=", {}, False),
        ("a>1", {"a": "2"}, True),
        ("a>1", {"a": "x"}, False),
        ("a<1", {"a": "0"}, True),
        (" a = b , c ", {"a": "b", "c": "1"}, True),
        ("a in ()", {"a": ""}, True),
        ("a in (,b)", {"a": ""}, True),
        ("in=notin", {"in": "notin"}, True),
        ("in in (in)", {"in": "in"}, True),
    ],
)
def test_selects_by_labels(text, labels, expected):
    assert parse_labels(text).matches(labels) is expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a<x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("=b", "found '=', expected: !, identifier, or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("-a=b", f'unable to parse requirement: <nil>: Invalid value: "-a": name part must {NAME} {KEY_EXAMPLES}'),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a=(b)", "unable to parse requirement: found '(', expected: identifier"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a>=1", "unable to parse requirement: found '=', expected: identifier"),
        ("a notin", "unable to parse requirement: found '' expected: '('"),
        ("(", "found '(', expected: !, identifier, or 'end of string'"),
        ("a=" + "x" * 64, f'unable to parse requirement: values[0][a]: Invalid value: "{"x" * 64}": must be no more than 63 bytes'),
    ],
)
def test_refused_label_selectors(text, why):
    with pytest.raises(SelectorError) as failure:
        parse_labels(text)
    assert str(failure.value) == why


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        (None, {}, False),
        ({}, {}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "b", "c": "d"}, True),
        ({"matchLabels": {"a": "b"}}, None, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["x", "y"]}]}, {"a": "y"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": "y"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}, {}, True),
    ],
)
def test_selector_objects(selector, labels, expected):
    assert selects(selector, labels) is expected


def test_an_unknown_operator_is_refused():
    with pytest.raises(SelectorError, match="not a valid label selector operator"):
        selects({"matchExpressions": [{"key": "a", "operator": "Like"}]}, {})


def test_written_again():
    assert str(parse_labels("b in (y,x),a=1,!c,d,e>3")) == "a=1,b in (x,y),!c,d,e>3"
    assert selectors.of_labels(None).is_empty
