"""Rules in CEL as a real 1.36 server compiles, estimates and judges them (`tools/record_cel.py`).

`KNOWN` lists what is not the same, with the reason; the list is exact, so what has become right must leave it.
"""

import json
import re
import zlib
from pathlib import Path

import pytest

from pytest_helmsim.schema import rules
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.openapi import from_crd
from pytest_helmsim.schema.validate import definitions, policies, webhooks

HERE = Path(__file__).parents[1] / "recorded" / "cel"
REFUSED, JUDGED, DECLARED = (
    json.loads(zlib.decompress((HERE / f"{name}.json.z").read_bytes())) for name in ("refused", "judged", "declared")
)
CHECKS = {
    "validatingadmissionpolicies": policies.check_validating,
    "mutatingadmissionpolicies": policies.check_mutating,
    "validatingwebhookconfigurations": webhooks.check_validating,
}
_TREE = "what a broken tree says besides"
_DECIMAL = "whether a whole number was kept as a decimal one"
KNOWN: dict[str, str] = {
    "has(self.])": _TREE,
    "'%s'.format([string(quantity('1.5Gi').asInteger())])": _DECIMAL,
}


def definition(properties):
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}}}
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    spec = {"group": "e.example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    return {"metadata": {"name": "things.e.example.com"}, "spec": spec}


def node(spec, rule, times=None):
    found = {**spec, "x-kubernetes-validations": [rule]}
    return found if times is None else {"type": "array", "maxItems": times, "items": found}


def said(properties):
    errors = Errors()
    definitions.check_definition(errors, definition(properties))
    found = {}
    for error in errors:
        match = re.match(r"spec\.validation\.openAPIV3Schema\.properties\[(p\d+)\](.*)", error.field)
        if match is not None and "contributed to" not in error.body:
            found.setdefault(match[1], []).append(f"{match[2]}: {error.body}")
    return found


def compare(rows):
    """Texts whose answers differ, and those of them that are known to."""
    different = {text for text, ours, theirs in rows if ours != theirs}
    known = {text for text, _, _ in rows} & KNOWN.keys()
    assert different == known, [row for row in rows if row[0] in different ^ known]


@pytest.mark.parametrize("start", range(0, len(REFUSED["rows"]), 40))
def test_rules_are_refused_in_the_same_words(start):
    rows = REFUSED["rows"][start : start + 40]
    found = said({f"p{index}": node(REFUSED["spec"], row["rule"], row["times"]) for index, row in enumerate(rows)})
    compare([(row["rule"]["rule"], sorted(found.get(f"p{index}", [])), row["said"]) for index, row in enumerate(rows)])


@pytest.mark.parametrize("index", range(len(JUDGED["rows"])))
def test_values_are_those_of_the_server(index):
    row = JUDGED["rows"][index]
    properties = {
        f"p{number}": node(JUDGED["spec"], {"rule": f"has({{'a': {text}}}.a) && false", "messageExpression": f"'%s'.format([{text}])"})
        for number, text in enumerate(shown[len("'%s'.format([") : -2] for shown, _ in row["said"])
    }
    schema = from_crd(definition(properties), "v1")
    obj = {"metadata": {"name": "x"}, **dict.fromkeys(properties, row["value"])}
    found = {error.field: error.body for error in rules.check(obj, schema).errors}
    compare([(text, found.get(f"p{number}"), theirs) for number, (text, theirs) in enumerate(row["said"])])


@pytest.mark.parametrize("resource", CHECKS)
def test_expressions_of_admission_are_refused_in_the_same_words(resource):
    for row in DECLARED["rows"]:
        if row["resource"] == resource:
            errors = Errors()
            CHECKS[resource](errors, row["object"])
            assert sorted([error.field, error.body] for error in errors) == row["said"], row["object"]


def test_the_record_is_worth_it():
    assert len(REFUSED["rows"]) > 700
    assert sum(1 for row in REFUSED["rows"] if not row["said"]) > 15
    assert sum(len(row["said"]) for row in JUDGED["rows"]) > 300
