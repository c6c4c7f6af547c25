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


JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "j"},
    "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "a"}]}}},
}
IMAGE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [], "volumes": [{"name": "i", "image": {"reference": "r:1"}}]},
}
BALANCER = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {},
    "spec": {"type": "LoadBalancer"},
    "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
}


@pytest.mark.parametrize(
    ("obj", "path", "before", "since", "value"),
    [
        (JOB, "spec.podReplacementPolicy", "1.28", "1.29", "TerminatingOrFailed"),
        (IMAGE, "spec.volumes.0.image.pullPolicy", "1.34", "1.35", "IfNotPresent"),
        (BALANCER, "status.loadBalancer.ingress.0.ipMode", "1.29", "1.30", "VIP"),
    ],
)
def test_defaults_that_came_with_a_version(obj, path, before, since, value):
    found = []
    for version in (before, since):
        node = defaults.apply(GroupVersionKind.of_object(obj), obj, version)
        for step in path.split("."):
            node = node[int(step)] if isinstance(node, list) else node.get(step, {})
        found.append(node)
    assert found == [{}, value]


def test_templates_showed_a_null_time_before_1_34():
    gvk = GroupVersionKind("batch", "v1", "Job")
    metadata = [defaults.apply(gvk, JOB, version)["spec"]["template"]["metadata"] for version in ("1.33", "1.34")]
    assert metadata == [{"creationTimestamp": None}, {}]


@pytest.mark.parametrize(
    ("change", "generation"),
    [
        ({"spec": {"replicas": 2}}, 4),
        ({"metadata": {"annotations": {"a": "b"}}}, 4),
        ({"metadata": {"labels": {"a": "b"}}}, 3),
        ({"status": {"replicas": 9}}, 3),
    ],
)
def test_generation_of_a_deployment(change, generation):
    gvk = GroupVersionKind("apps", "v1", "Deployment")
    old = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "generation": 3},
        "spec": {"replicas": 1},
        "status": {"replicas": 1},
    }
    new = {key: {**old[key], **change.get(key, {})} if isinstance(old[key], dict) else old[key] for key in old}
    after = strategies.prepare_for_update(gvk, new, old)
    assert after["metadata"]["generation"] == generation
    assert after["status"] == {"replicas": 1}
    assert old["metadata"]["generation"] == 3


def test_a_daemon_set_counts_its_templates():
    gvk = GroupVersionKind("apps", "v1", "DaemonSet")
    old = strategies.prepare_for_create(gvk, {"metadata": {"name": "d"}, "spec": {"template": {"a": 1}, "selector": {}}})
    assert old["metadata"]["annotations"] == {strategies.TEMPLATE_GENERATION: "1"}
    same = strategies.prepare_for_update(gvk, {**old, "metadata": {"name": "d"}}, old)
    assert same["metadata"]["annotations"] == {strategies.TEMPLATE_GENERATION: "1"}
    new = {**old, "spec": {"template": {"metadata": {"labels": {"x": "y"}}}, "selector": {}}}
    assert strategies.prepare_for_update(gvk, new, old)["metadata"]["annotations"] == {strategies.TEMPLATE_GENERATION: "2"}
