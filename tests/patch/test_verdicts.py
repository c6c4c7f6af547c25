"""Verdicts: the truth table row by row, whole subtrees, keyed lists, ownership, and looking up one path."""

from __future__ import annotations

import pytest

from pytest_helmsim.objects.fields import FieldPath
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.patch import verdicts
from pytest_helmsim.patch.verdicts import ABSENT
from pytest_helmsim.schema.catalog import Catalog

DEPLOYMENT = Catalog.for_version("1.36").schema(GroupVersionKind("apps", "v1", "Deployment"))
SERVER = {"name": "server", "image": "web:1"}
MESH = {"name": "mesh", "image": "mesh:1"}


def config(value):
    return {"kind": "ConfigMap", "data": {} if value is ABSENT else {"k": value}}


def owned_by(manager, obj):
    entry = {"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:k": {}}}}
    return {**obj, "metadata": {"managedFields": [entry]}}


def deployment(*containers, **spec):
    return {"kind": "Deployment", "spec": {**spec, "template": {"spec": {"containers": list(containers)}}}}


def verdict(original, live, target, result, path="data.k"):
    found = verdicts.at(FieldPath.parse(path), original, live, target, result)
    return found and found.verdict


@pytest.mark.parametrize(
    ("original", "target", "live", "result", "expected"),
    [
        ("o", "o", "o", "o", "unchanged"),
        ("o", "o", "l", "o", "converged"),
        ("o", "o", ABSENT, "o", "converged"),
        ("o", "t", "o", "t", "changed"),
        ("o", "t", "l", "t", "changed"),
        ("o", "t", "t", "t", "changed"),
        ("o", "o", "l", "l", "diverged"),
        ("o", "t", "o", "o", "diverged"),
        ("o", "o", "l", ABSENT, "diverged"),
        (ABSENT, "t", ABSENT, "t", "added"),
        (ABSENT, "t", "l", "t", "added"),
        (ABSENT, "t", ABSENT, ABSENT, "diverged"),
        ("o", ABSENT, "o", ABSENT, "removed"),
        ("o", ABSENT, "l", ABSENT, "removed"),
        ("o", ABSENT, ABSENT, ABSENT, "removed"),
        ("o", ABSENT, "l", "l", "kept"),
        ("o", ABSENT, "o", "d", "removed"),
        (ABSENT, ABSENT, "l", "l", "kept"),
        (ABSENT, ABSENT, "l", ABSENT, "lost"),
        (ABSENT, ABSENT, "l", "d", "lost"),
        (ABSENT, ABSENT, ABSENT, "r", "unchanged"),
        (ABSENT, ABSENT, ABSENT, ABSENT, None),
    ],
)
def test_each_row_of_the_table(original, target, live, result, expected):
    assert verdict(config(original), config(live), config(target), config(result)) == expected


@pytest.mark.parametrize(
    ("manager", "result", "expected"),
    [
        ("helm", "l", "unchanged"),
        ("kubectl", "l", "kept"),
        ("helm", ABSENT, "removed"),
        ("helm", "d", "changed"),
        ("kubectl", ABSENT, "lost"),
    ],
)
def test_what_nobody_declares_is_out_of_band_when_another_owns_it(manager, result, expected):
    live = owned_by(manager, config("l"))

    assert verdict(config(ABSENT), live, config(ABSENT), config(result)) == expected


def test_a_refused_field_is_a_conflict():
    merges = verdicts.field_merges(config("o"), config("l"), config("t"), config("l"), conflicts=[("f:data", "f:k")])

    assert [(str(merge.path), merge.verdict) for merge in merges] == [("kind", "unchanged"), ("data.k", "conflict")]


def merged(original, live, target, result):
    merges = verdicts.field_merges(original, live, target, result, DEPLOYMENT)
    return {str(merge.path): merge.verdict for merge in merges if merge.verdict != "unchanged"}


CONTAINERS = "spec.template.spec.containers"


@pytest.mark.parametrize(
    ("original", "live", "target", "result", "expected"),
    [
        ([SERVER], [MESH, SERVER], [SERVER], [MESH, SERVER], {f"{CONTAINERS}[mesh]": "kept"}),
        ([SERVER], [MESH, SERVER], [SERVER], [SERVER], {f"{CONTAINERS}[mesh]": "lost"}),
        ([SERVER], [SERVER], [SERVER, MESH], [SERVER, {**MESH, "imagePullPolicy": "Always"}], {f"{CONTAINERS}[mesh]": "added"}),
        ([SERVER, MESH], [SERVER, MESH], [SERVER], [SERVER], {f"{CONTAINERS}[mesh]": "removed"}),
        ([SERVER, MESH], [SERVER], [SERVER, MESH], [SERVER, MESH], {f"{CONTAINERS}[mesh]": "converged"}),
        ([SERVER], [SERVER], [{**SERVER, "image": "web:2"}], [{**SERVER, "image": "web:2"}], {f"{CONTAINERS}[server].image": "changed"}),
        ([{**SERVER, "args": ["a"]}], [{**SERVER, "args": ["a", "b"]}], [{**SERVER, "args": ["a"]}], [{**SERVER, "args": ["a", "b"]}],
         {f"{CONTAINERS}[server].args": "diverged"}),
    ],
)  # fmt: skip
def test_what_came_or_went_whole_is_one_merge(original, live, target, result, expected):
    assert merged(*(deployment(*side) for side in (original, live, target, result))) == expected


def test_a_quantity_in_another_spelling_is_the_same():
    asked = {**SERVER, "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}}}
    stored = {**SERVER, "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}

    assert merged(deployment(asked), deployment(stored), deployment(asked), deployment(stored)) == {}


def test_a_zero_that_the_server_does_not_write_is_there():
    asked, stored = deployment(SERVER, paused=False), deployment(SERVER)

    assert merged(asked, stored, asked, stored) == {}


def test_an_install_is_one_addition_and_fields_can_be_asked_for():
    target = deployment(SERVER, replicas=3)

    assert merged(None, None, target, target) == {"": "added"}
    assert verdicts.at(FieldPath.parse("spec.replicas"), None, None, target, target, DEPLOYMENT).verdict == "added"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("spec.template.spec.containers[server].image", "changed"),
        ("spec.template.spec.containers[0].image", "kept"),
        ("spec.template.spec.containers[-1].image", "changed"),
        ("spec.template.spec.containers[mesh]", "kept"),
        ("spec.template.spec.containers", "changed"),
        ("spec", "converged"),
        ("spec.template.spec.containers[server].ports[containerPort=80].name", "unchanged"),
        ("spec.template.spec.containers[server].ports[containerPort=80,protocol=TCP].name", "unchanged"),
        ("spec.template.spec.nothing", None),
    ],
)
def test_a_path_is_found_whatever_way_it_names_items(path, expected):
    port = {"containerPort": 80, "name": "http"}
    old, new = ({**SERVER, "image": image, "ports": [port]} for image in ("web:1", "web:2"))
    stored = {**new, "ports": [{**port, "protocol": "TCP"}]}
    sides = (
        deployment(old, replicas=3), deployment(MESH, {**old, "ports": stored["ports"]}, replicas=0),
        deployment(new, replicas=3), deployment(MESH, stored, replicas=3),
    )  # fmt: skip

    found = verdicts.at(FieldPath.parse(path), *sides, DEPLOYMENT)

    assert (found and found.verdict) == expected


def test_what_the_server_writes_for_itself_is_not_listed():
    live = {"metadata": {"uid": "u", "generation": 1, "labels": {"a": "b"}}, "status": {"replicas": 1}}
    result = {"metadata": {"uid": "u", "generation": 2, "labels": {"a": "b"}}, "status": {"replicas": 2}}

    assert [str(merge.path) for merge in verdicts.field_merges({"metadata": {}}, live, {"metadata": {}}, result)] == ["metadata.labels"]


def test_a_secrets_string_data_is_compared_with_its_data():
    target = {"kind": "Secret", "stringData": {"a": "1"}}

    assert (
        verdict(target, {"kind": "Secret", "data": {"a": "MQ=="}}, target, {"kind": "Secret", "data": {"a": "MQ=="}}, "data.a")
        == "unchanged"
    )


def test_the_verdict_of_a_node_is_the_gravest_below_it():
    assert verdicts.combine(["unchanged", "kept", "changed"]) == "changed"
    assert verdicts.combine(["lost", "changed", "conflict"]) == "conflict"
    assert verdicts.combine([]) == "unchanged"
