"""Laws that hold for all values: a diff applied gives the other side, merging is idempotent, nothing that comes in is changed."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.patch import compare, field_codec, merge_patch, server_side, strategic, strategic_diff, three_way
from pytest_helmsim.patch.typed import compare as typed_compare
from pytest_helmsim.patch.typed import field_set, validate
from pytest_helmsim.schema.catalog import Catalog

DEPLOYMENT = Catalog.for_version("1.36").schema(GroupVersionKind("apps", "v1", "Deployment"))
CHEAP = settings(max_examples=20, deadline=None, derandomize=True)

words = st.sampled_from(["a", "b", "c", "d"])
environment = st.lists(st.fixed_dictionaries({"name": words, "value": words}), unique_by=lambda item: item["name"], min_size=1, max_size=3)
ports = st.lists(
    st.fixed_dictionaries({"containerPort": st.sampled_from([80, 443, 9090])}, optional={"name": words}),
    unique_by=lambda item: item["containerPort"],
    min_size=1,
    max_size=2,
)
containers = st.lists(
    st.fixed_dictionaries(
        {"name": words},
        optional={
            "image": words,
            "args": st.lists(words, min_size=1, max_size=2),
            "env": environment,
            "ports": ports,
            "tty": st.booleans(),
        },
    ),
    unique_by=lambda item: item["name"],
    min_size=1,
    max_size=3,
)
volumes = st.lists(
    st.one_of(
        st.fixed_dictionaries({"name": words, "emptyDir": st.just({"medium": "Memory"})}),
        st.fixed_dictionaries({"name": words, "configMap": st.fixed_dictionaries({"name": words})}),
    ),
    unique_by=lambda item: item["name"],
    min_size=1,
    max_size=2,
)
labels = st.dictionaries(words, words, min_size=1, max_size=3)
strategies = st.sampled_from([{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}])
deployments = st.builds(
    lambda metadata, spec, pod: {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", **metadata},
        "spec": {**spec, "template": {"spec": pod}},
    },
    st.fixed_dictionaries({}, optional={"labels": labels, "finalizers": st.lists(words, unique=True, min_size=1, max_size=3)}),
    st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 3), "strategy": strategies}),
    st.fixed_dictionaries({"containers": containers}, optional={"volumes": volumes, "nodeSelector": labels}),
)  # fmt: skip
scalars = st.one_of(st.booleans(), st.integers(-3, 3), words)
documents = st.dictionaries(
    words,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8),
    max_size=4,
)


def without_empties(value):
    """What is left when maps and lists that lost everything are gone: a diff cannot tell `[]` from nothing."""
    if isinstance(value, dict):
        kept = {key: without_empties(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in ({}, [], None)}
    return [without_empties(item) for item in value] if isinstance(value, list) else value


def decoded(value):
    """As the server reads a patched object: nulls and directives that were left over in new items go."""
    if isinstance(value, dict):
        return {key: decoded(item) for key, item in value.items() if item is not None and not key.startswith("$")}
    return [decoded(item) for item in value] if isinstance(value, list) else value


@CHEAP
@given(deployments, deployments)
def test_a_two_way_patch_leads_to_the_other_side(before, after):
    text = json.dumps([before, after])
    patch = strategic_diff.two_way(before, after, DEPLOYMENT)

    assert without_empties(strategic.apply(before, patch, DEPLOYMENT)) == without_empties(after)
    assert json.dumps([before, after]) == text


@CHEAP
@given(deployments, deployments, deployments)
def test_after_a_three_way_patch_everything_declared_is_there_and_there_is_nothing_more_to_send(original, target, live):
    result = decoded(strategic.apply(live, three_way.build(original, target, live, DEPLOYMENT), DEPLOYMENT))
    again = three_way.build(target, target, result, DEPLOYMENT)

    lost = [
        change for change in compare.changes(target, result, DEPLOYMENT) if change.after is compare.ABSENT and change.before not in ({}, [])
    ]
    assert not lost
    assert decoded(strategic.apply(result, again, DEPLOYMENT)) == decoded(result)


@CHEAP
@given(documents, documents)
def test_a_merge_patch_leads_to_the_other_side(before, after):
    assert merge_patch.apply(before, merge_patch.diff(before, after)) == after


@CHEAP
@given(documents)
def test_nothing_differs_from_itself(document):
    assert merge_patch.diff(document, document) == {}
    assert compare.changes(document, document) == []


@CHEAP
@given(deployments)
def test_a_field_set_survives_its_encoding(value):
    fields = field_set(value, DEPLOYMENT)

    assert not validate(value, DEPLOYMENT)
    assert field_codec.decode(field_codec.encode(fields)) == fields


@CHEAP
@given(deployments, deployments)
def test_comparisons_mirror_each_other(before, after):
    there, back = typed_compare(before, after, DEPLOYMENT), typed_compare(after, before, DEPLOYMENT)

    assert (there.added, there.removed) == (back.removed, back.added)
    assert there.modified == back.modified


@CHEAP
@given(deployments, deployments, deployments)
def test_forced_applies_leave_what_the_last_one_said(first, second, third):
    live, managers = None, []
    common = {"api_version": "apps/v1", "schema": DEPLOYMENT, "now": "2026-01-01T00:00:00Z", "force": True}
    for manager, wanted in (("a", first), ("b", second), ("a", third), ("a", third)):
        before = json.dumps([live, managers, wanted])
        applied = server_side.apply(live, managers, wanted, manager=manager, **common)
        assert json.dumps([live, managers, wanted]) == before
        live, managers = applied.object, applied.managers

    assert not applied.changed
    missing = field_set(third, DEPLOYMENT) - field_set(live, DEPLOYMENT)
    assert not missing
