"""Bodies that cannot be read into a kind, and fields that it does not know, as a real 1.36 server reports them.

Rows with status 400 of tests/recorded/validation/answers.json, sent with fieldValidation=Strict. Left out on purpose: numbers whose
spelling JSON readers lose (`1e3`).
"""

import json
from pathlib import Path

import pytest

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema import decoding
from pytest_helmsim.schema.catalog import Catalog
from pytest_helmsim.schema.openapi import from_crd

RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "validation" / "answers.json").read_text())
CATALOG = Catalog.for_version("1.36")
DEPLOYMENT = CATALOG.schema(GroupVersionKind("apps", "v1", "Deployment"))


@pytest.mark.parametrize("row", [row for row in RECORDED if row["status"] == 400], ids=lambda row: f"{row['base']}-{row['edits']}"[:100])
def test_as_the_server_reports(row):
    gvk = GroupVersionKind.of_object(row["request"])
    schema = CATALOG.schema(gvk)
    found = decoding.type_error(row["request"], schema)
    if found is None:
        found = "strict decoding error: " + ", ".join(decoding.strict_errors(row["request"], schema))
    assert f'{gvk.kind} in version "{gvk.version}" cannot be handled as a {gvk.kind}: {found}' == row["message"]


@pytest.mark.parametrize(
    "row", [row for row in RECORDED if row["status"] in (200, 201)], ids=lambda row: f"{row['base']}-{row['edits']}"[:100]
)
def test_good_objects_have_no_complaint(row):
    schema = CATALOG.schema(GroupVersionKind.of_object(row["request"]))
    assert decoding.type_error(row["request"], schema) is None
    assert decoding.unknown_fields(row["request"], schema) == []


def test_duplicate_keys_are_found_with_their_paths():
    parsed = decoding.parse(b'{"metadata":{"name":"d","name":"e"},"spec":{"a":[{"b":1,"c":2,"b":3}]}}')
    assert parsed.duplicates == ("metadata.name", "spec.a[0].b")
    assert parsed.value == {"metadata": {"name": "e"}, "spec": {"a": [{"b": 3, "c": 2}]}}
    assert type(parsed.value["metadata"]) is dict


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "unexpected end of JSON input"),
        (b"", "unexpected end of JSON input"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
    ],
)
def test_syntax_errors_in_the_words_of_go(body, why):
    with pytest.raises(decoding.JsonSyntaxError) as failure:
        decoding.parse(body)
    assert str(failure.value) == why


def test_unknown_fields_are_pruned_where_the_schema_says_so():
    crd = {"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"a": {"type": "string"}}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"in": {"type": "object"}}},
        "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"x": {"type": "integer"}}}}}}}}]}}  # fmt: skip
    schema = from_crd(crd, "v1")
    obj = {
        "apiVersion": "e/v1",
        "kind": "K",
        "metadata": {},
        "spec": {"a": "1", "b": 2},
        "free": {"y": 1, "in": {"z": 1}},
        "map": {"k": {"x": 1, "y": 2}},
        "top": 1,
    }
    assert decoding.unknown_fields(obj, schema) == ["spec.b", "free.in.z", "map.k.y", "top"]
    pruned = decoding.prune_unknown(obj, schema)
    assert pruned["spec"] == {"a": "1"}
    assert (pruned["free"], pruned["map"], "top" in pruned) == ({"y": 1, "in": {}}, {"k": {"x": 1}}, False)


def test_strict_errors_stop_at_a_hundred():
    obj = {"spec": {f"x{index}": 1 for index in range(300)}}
    assert len(decoding.strict_errors(obj, DEPLOYMENT)) == 100
