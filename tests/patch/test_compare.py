"""Changes between two values; what patches do with hostile input."""

from __future__ import annotations

import pytest

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.patch import compare, dispatch, json_patch, merge_patch, strategic
from pytest_helmsim.patch.errors import BadPatch, PatchError, PatchTooLarge, UnprocessablePatch
from pytest_helmsim.patch.gotext import sprint, sprint_string, sprint_syntax
from pytest_helmsim.schema.catalog import Catalog

POD = Catalog.for_version("1.36").schema(GroupVersionKind("", "v1", "Pod"))


def changes(before, after, schema=None):
    return {str(change.path): (change.before, change.after) for change in compare.changes(before, after, schema)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": 1}, {"a": True}, {"a": (1, True)}),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, {"a.b": (1, compare.ABSENT), "a.c": (compare.ABSENT, 1)}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": ([1, 2], [2, 1])}),
        ({"a": [{"name": "x"}, {"name": "y", "v": 1}]}, {"a": [{"name": "y", "v": 2}, {"name": "x"}]}, {"a[y].v": (1, 2)}),
        ({"a": {"b": 1}}, {"a": None}, {"a": ({"b": 1}, None)}),
        ({"a": {"x.y/z": 1}}, {"a": {}}, {"a[x.y/z]": (1, compare.ABSENT)}),
    ],
)
def test_changes_without_a_schema(before, after, expected):
    assert changes(before, after) == expected


def test_changes_with_a_schema_know_keys_and_sets():
    before = {"metadata": {"finalizers": ["a", "b"]}, "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}}
    after = {
        "metadata": {"finalizers": ["b", "c"]},
        "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]},
    }

    assert changes(before, after, POD) == {
        "metadata.finalizers[a]": ("a", compare.ABSENT),
        "metadata.finalizers[c]": (compare.ABSENT, "c"),
        "spec.containers[c].ports[containerPort=80,protocol=TCP].protocol": (compare.ABSENT, "TCP"),
    }


def deep(depth):
    value = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: merge_patch.apply(deep(3000), deep(3000)),
        lambda: merge_patch.diff(deep(3000), deep(2999)),
        lambda: json_patch.apply({}, [{"op": "add", "path": "/a", "value": deep(3000)}]),
        lambda: strategic.apply({}, {"spec": deep(3000)}, POD),
    ],
)
def test_nesting_without_end_is_refused(attempt):
    with pytest.raises(BadPatch, match="nested too deeply"):
        attempt()


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (PatchError("why"), 500, "why"),
        (BadPatch("why"), 400, "why"),
        (PatchTooLarge("why"), 413, "why"),
        (UnprocessablePatch("why"), 422, "the server rejected our request due to an error in our request"),
    ],
)
def test_each_class_is_one_answer(error, code, message):
    answer = error.to_api_error()

    assert (answer.code, answer.message) == (code, message)


def test_too_many_operations():
    with pytest.raises(PatchTooLarge, match="maximum operations in a JSON patch is 10000, got 10001"):
        json_patch.apply({}, [{"op": "test", "path": "/a", "value": None}] * 10_001)


def test_strict_decoding_names_unknown_fields_of_operations():
    operations = [{"op": "add", "path": "/a", "value": 1, "bogus": 2}]

    assert json_patch.unknown_fields(operations) == ['json patch unknown field "[0].bogus"']


def test_a_kind_without_schema_knows_no_strategic_merge():
    with pytest.raises(BadPatch, match="strategic merge patch format is not supported"):
        dispatch.PATCHERS[dispatch.STRATEGIC_MERGE_PATCH]({}, {}, None)


@pytest.mark.parametrize(
    ("value", "v", "s", "syntax"),
    [
        ("a", "a", "a", '"a"'),
        (5, "5", "%!s(int64=5)", "5"),
        (True, "true", "%!s(bool=true)", "true"),
        (None, "<nil>", "%!s(<nil>)", "interface {}(nil)"),
        (0.5, "0.5", "%!s(float64=0.5)", "0.5"),
        (1e21, "1e+21", "%!s(float64=1e+21)", "1e+21"),
        (1e20, "1e+20", "%!s(float64=1e+20)", "1e+20"),
        (10**20, "1e+20", "%!s(float64=1e+20)", "1e+20"),
        (1000000.0, "1e+06", "%!s(float64=1e+06)", "1e+06"),
        (123456.0, "123456", "%!s(float64=123456)", "123456"),
        (1234567.5, "1.2345675e+06", "%!s(float64=1.2345675e+06)", "1.2345675e+06"),
        (1e-5, "1e-05", "%!s(float64=1e-05)", "1e-05"),
        (-0.001, "-0.001", "%!s(float64=-0.001)", "-0.001"),
        ({"b": [1, "x"], "a": None}, "map[a:<nil> b:[1 x]]", "map[a:%!s(<nil>) b:[%!s(int64=1) x]]",
         'map[string]interface {}{"a":interface {}(nil), "b":[]interface {}{1, "x"}}'),
    ],
)  # fmt: skip
def test_values_are_quoted_as_go_prints_them(value, v, s, syntax):
    assert (sprint(value), sprint_string(value), sprint_syntax(value)) == (v, s, syntax)
