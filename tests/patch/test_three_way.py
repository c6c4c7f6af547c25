"""Two- and three-way patches as apimachinery makes them, to the value; errors with their words; the laws of both.

Recorded by tools/record_three_way.py. Not compared: which of several errors comes first (Go walks maps in random order), and panics.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.patch import merge_patch, strategic, strategic_diff, three_way
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.values import same
from pytest_helmsim.schema.catalog import Catalog

RECORDED = Path(__file__).parents[1] / "recorded" / "patch" / "three_way.json.gz"
GROUPS = {
    "Deployment": "apps/v1", "StatefulSet": "apps/v1", "Ingress": "networking.k8s.io/v1", "NetworkPolicy": "networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2", "CronJob": "batch/v1", "PodDisruptionBudget": "policy/v1",
    "Role": "rbac.authorization.k8s.io/v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1",
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded():
    data = json.loads(gzip.decompress(RECORDED.read_bytes()))
    return data["objects"], data["triples"]


def schema_of(kind):
    return Catalog.for_version("1.36").schema(GroupVersionKind.of(GROUPS.get(kind, "v1"), kind))


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except PatchError as error:
        return f"error: {error}"


def expected(answer, name):
    return answer[name] if name in answer else f"error: {answer[name + 'Error']}"


@pytest.mark.parametrize("name", ["twoWay", "threeWay", "applied", "jsonThreeWay"])
def test_the_recorded_patches_are_made(recorded, name):
    objects, triples = recorded
    wrong = []
    for number, (kind, i, j, k, answer) in enumerate(triples):
        if name not in answer and f"{name}Error" not in answer:
            continue
        original, target, live = objects[i], objects[j], objects[k]
        schema = schema_of(kind)
        if name == "twoWay":
            got = outcome(strategic_diff.two_way, original, target, schema)
        elif name == "threeWay":
            got = outcome(three_way.build, original, target, live, schema)
        elif name == "applied":
            got = outcome(strategic.apply, live, answer["threeWay"], schema)
        else:
            got = outcome(merge_patch.three_way, original, target, live)
        want = expected(answer, name)
        if not same(got, want) and not both_fail(got, want):
            wrong.append(f"{number} {kind}: {json.dumps(got)[:600]} instead of {json.dumps(want)[:600]}")

    assert not wrong, f"{len(wrong)} of {len(triples)}:\n" + "\n".join(wrong[:5])


def both_fail(got, want):
    return isinstance(got, str) and isinstance(want, str)


def test_errors_have_the_words_of_the_real_program(recorded):
    objects, triples = recorded
    texts = set()
    for kind, i, j, k, answer in triples:
        if "threeWayError" in answer:
            got = outcome(three_way.build, objects[i], objects[j], objects[k], schema_of(kind))
            texts.add(got == f"error: {answer['threeWayError']}")

    assert True in texts


def test_arguments_are_not_changed(recorded):
    objects, triples = recorded
    before = json.dumps(objects)
    for kind, i, j, k, _ in triples[::7]:
        schema = schema_of(kind)
        patch = outcome(three_way.build, objects[i], objects[j], objects[k], schema)
        if isinstance(patch, dict):
            text = json.dumps(patch)
            outcome(strategic.apply, objects[k], patch, schema)
            assert json.dumps(patch) == text

    assert json.dumps(objects) == before
