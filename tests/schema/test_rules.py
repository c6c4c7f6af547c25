"""Rules in CEL: a real 1.36 server's refusals of custom objects, and the language over untyped values."""

import json
from pathlib import Path

import pytest
import yaml

from pytest_helmsim.schema import rules
from pytest_helmsim.schema.cel.evaluator import evaluate, mentions
from pytest_helmsim.schema.cel.functions import CelError
from pytest_helmsim.schema.cel.parser import CelSyntaxError
from pytest_helmsim.schema.openapi import from_crd

HERE = Path(__file__).parents[1] / "recorded" / "validation"
RECORDED = json.loads((HERE / "rules.json").read_text())
SCHEMA = from_crd(yaml.safe_load((HERE / "rules.yaml").read_text())["crd"], "v1")


def not_checked(row):
    return any("rules were not checked" in cause["message"] for cause in row["causes"])


@pytest.mark.parametrize("row", [row for row in RECORDED if not not_checked(row)], ids=lambda row: json.dumps(row["new"]["spec"]))
def test_as_the_server_refuses(row):
    verdict = rules.check(row["new"], SCHEMA, row["old"])
    found = sorted((error.type, error.field, error.body) for error in verdict.errors)
    assert found == sorted((cause["reason"], cause["field"], cause["message"]) for cause in row["causes"])
    assert verdict.unchecked == ()


def test_rules_wait_for_a_good_schema():
    notes = [cause for row in RECORDED for cause in row["causes"] if "rules were not checked" in cause["message"]]
    assert notes
    assert {(note["reason"], note["field"], note["message"]) for note in notes} == {
        (rules.NOT_CHECKED.type, rules.NOT_CHECKED.field, rules.NOT_CHECKED.body)
    }
    assert rules.has_rules(SCHEMA)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3 == 7 && !(1 > 2)", True), ("'a' + 'b'", "ab"), ("7 / -2", -3), ("7 % -2", 1), ("true ? 1 : 2", 1),
        ("[1, 2, 3].exists(x, x > 2)", True), ("[1, 2].all(x, x > 1)", False), ("{'a': 1}.all(k, k == 'a')", True),
        ("[1, 2, 3].filter(x, x > 1).map(x, x * 2)", [4, 6]), ("[1, 2, 3].map(x, x > 1, x + 1)", [3, 4]), ("2 in [1, 2]", True),
        ("'k' in {'k': 1}", True), ("has(self.a) && self.a.b == 'x'", True), ("has(self.z)", False), ("self.?a.?b.orValue('none')", "x"),
        ("self.?z.b.orValue('none')", "none"), ("size(self.list) == 3", True), ("self.list[1]", 2), ("'abc'.matches('^a.c$')", True),
        ("duration('1h30m') > duration('1h')", True),
        ("timestamp('2024-01-02T03:04:05Z').getFullYear()", 2024), ("'a,b'.split(',')", ["a", "b"]), ("['a', 'b'].join('-')", "a-b"),
        ("quantity('1Gi').isGreaterThan(quantity('1G'))", True), ("isIP('10.0.0.1') && !isIP('x')", True),
        ("cidr('10.0.0.0/8').containsIP('10.1.1.1')", True), ("url('https://a:1/b').getPort()", "1"), ("int('5') + 1", 6),
        ("string(1.0) == '1'", True), ("optional.of(2).optMap(x, x * x).value()", 4), ("[3, 1].min()", 1), ("dyn(1) == 1.0", True), ("dyn(1) == true", False),
        ("false && self.nope == 1", False), ("self.nope == 1 || true", True), ("self.list.all(i, v, v == i + 1)", True),
        ("!format.dns1123Label().validate('Bad').hasValue()", False), ("r'\\d' == '\\\\d'", True),
    ],
)  # fmt: skip
def test_values(text, value):
    self = {"a": {"b": "x"}, "list": [1, 2, 3]}
    assert evaluate(text, {"self": self}) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("self.x", "no such key: x"),
        ("[1][5]", "index out of bounds: 5"),
        ("1 / 0", "division by zero"),
        ("dyn(1) + dyn('a')", "no such overload"),
        ("!dyn(1)", "no such overload"),
        ("dyn(1).startsWith('a')", "no such overload"),
        ("size(dyn(1))", "no such overload: size"),
        ("dyn(1).join('')", "no such overload: join(int, string)"),
    ],
)
def test_errors(text, why):
    with pytest.raises(CelError) as failure:
        evaluate(text, {"self": {}})
    assert str(failure.value) == why


@pytest.mark.parametrize(
    "text", ["1 +", "(", "a b", "'x", "{1}", "@", "(" * 400, "1" + "+1" * 400, "f(1)", "self + self.all(x)", "a" + ".b" * 400]
)
def test_what_is_no_expression(text):
    with pytest.raises(CelSyntaxError):
        evaluate(text, {})


def test_a_rule_that_cannot_be_compiled_refuses():
    rule = {"type": "object", "x-kubernetes-validations": [{"rule": "frobnicate(self)"}]}
    schema = from_crd({"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": rule}}]}}, "v1")
    verdict = rules.check({"metadata": {"name": "x"}}, schema)
    assert [error.detail.partition("\n")[0] for error in verdict.errors] == [
        "rule compile error: compilation failed: ERROR: <input>:1:11: undeclared reference to 'frobnicate' (in container '')"
    ]


def test_endless_work_is_cut():
    with pytest.raises(CelError, match="cost limit"):
        evaluate("self.all(a, self.all(b, self.all(c, a + b + c >= 0)))", {"self": list(range(200))})


def test_names_of_variables():
    assert mentions("self == oldSelf", "oldSelf")
    assert not mentions("self.oldSelf == 'oldSelf'", "oldSelf")


RATCHETED = {
    "type": "object",
    "x-kubernetes-validations": [{"rule": "self.b > 100"}, {"rule": "!has(self.a) || self.a > 50"}, {"rule": "self.b >= oldSelf.b"}],
    "properties": {
        "a": {"type": "integer", "nullable": True, "x-kubernetes-validations": [{"rule": "self > 10"}]},
        "b": {"type": "integer"},
        "m": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["k"],
            "items": {
                "type": "object",
                "properties": {"k": {"type": "string"}, "v": {"type": "integer"}},
                "x-kubernetes-validations": [{"rule": "self.v > 10"}],
            },
        },
    },
}
BEFORE = {"a": 1, "b": 1, "m": [{"k": "p", "v": 1}, {"k": "q", "v": 2}]}


@pytest.mark.parametrize(
    ("change", "refused", "warned"),
    [
        ({}, [], 5),
        ({"m": [{"k": "q", "v": 2}, {"k": "p", "v": 1}]}, [], 5),
        ({"b": 2}, ["spec", "spec"], 3),
        ({"b": 0}, ["spec", "spec", "spec"], 3),
        ({"a": None}, ["spec"], 2),
        ({"m": [{"k": "p", "v": 1}, {"k": "q", "v": 3}]}, ["spec", "spec", "spec.m[1]"], 2),
    ],
)
def test_what_has_not_changed_is_only_warned_of(change, refused, warned):
    node = {"type": "object", "properties": {"spec": RATCHETED}}
    schema = from_crd({"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": node}}]}}, "v1")
    verdict = rules.check({"spec": BEFORE | change}, schema, {"spec": BEFORE})
    assert [error.field for error in verdict.errors] == refused
    assert len(verdict.warnings) == warned
