"""Defaulting against a real server's answers: minimal and rich objects of every kind that charts contain.

The answers were recorded from creations, so `prepare_for_create` runs first, as it does in the server.
Left out on purpose: what admission adds to pods (tolerations, priority), and allocated addresses.
"""

import json
from pathlib import Path

import pytest

from pytest_helmsim.objects.json import copy
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema import defaults, strategies
from pytest_helmsim.schema.defaults import image_tag

RECORDED = json.loads((Path(__file__).parents[1] / "recorded" / "defaults" / "answers.json").read_text())
NOT_OURS = {"Pod": ("priority", "preemptionPolicy", "tolerations"), "Service": ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")}


def case_id(row):
    return f"{row['request']['apiVersion']}-{row['request']['kind']}-{row['request']['metadata']['name']}"


def comparable(obj):
    """Without what admission and allocation do, and what is generated."""
    obj = copy(obj)
    for key in ("creationTimestamp", "uid"):
        obj["metadata"].pop(key, None)
    obj["metadata"].setdefault("namespace", "default")
    for key in NOT_OURS.get(obj["kind"], ()):
        obj.get("spec", {}).pop(key, None)
    obj.get("status", {}).pop("lastPhaseTransitionTime", None)
    if obj["kind"] == "Job":
        for key in ("controller-uid", "batch.kubernetes.io/controller-uid"):
            for labels in (
                obj["metadata"]["labels"],
                obj["spec"]["template"]["metadata"]["labels"],
                obj["spec"]["selector"]["matchLabels"],
            ):
                labels.pop(key, None)
    return obj


def ours(request):
    gvk = GroupVersionKind.of_object(request)
    before = copy(request)
    result = strategies.prepare_for_create(gvk, defaults.apply(gvk, request), uid="0")
    assert request == before
    return result


@pytest.mark.parametrize("row", [row for row in RECORDED if row["status"] == 201], ids=case_id)
def test_as_the_server_answers(row):
    assert comparable(ours(row["request"])) == comparable(row["response"])


@pytest.mark.parametrize("row", [row for row in RECORDED if row["status"] == 201], ids=case_id)
def test_applying_twice_changes_nothing(row):
    gvk = GroupVersionKind.of_object(row["request"])
    once = defaults.apply(gvk, row["request"])
    assert defaults.apply(gvk, once) == once
    assert list(once) == list(defaults.apply(gvk, once))


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("nginx", "latest"),
        ("nginx:1", "1"),
        ("r:5000/nginx", "latest"),
        ("n@sha256:" + "a" * 64, ""),
        ("Nginx", ""),
        ("a/b:c_d", "c_d"),
        ("", ""),
    ],
)
def test_image_tag(image, tag):
    assert image_tag(image) == tag
