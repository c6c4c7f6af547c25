"""Names from hashes: the text that Go's spew makes of pod templates (recorded), and the names that a real cluster gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.apiserver.controllers import spew, templatehash

RECORDED = Path(__file__).resolve().parents[2] / "recorded" / "controllers"
CASES = json.loads((RECORDED / "go" / "pod_templates.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_spew(case: Any) -> None:
    assert spew.pod_template(case["template"]) == case["spew"]


def recorded_names() -> list[Any]:
    """Every ReplicaSet of the recorded scenarios: its name and its template without the label."""
    found = {}
    for path in sorted(RECORDED.glob("*.json")):
        for state in json.loads(path.read_text()):
            for item in state:
                owned = any(owner["kind"] == "Deployment" for owner in item.get("metadata", {}).get("ownerReferences", ()))
                if item["plural"] == "replicasets" and owned:
                    found[item["metadata"]["name"]] = item["spec"]["template"]
    return sorted(found.items())


@pytest.mark.parametrize(("name", "template"), recorded_names())
def test_replica_set_is_named_as_the_real_one(name: str, template: Any) -> None:
    labels = {key: value for key, value in template["metadata"]["labels"].items() if key != "pod-template-hash"}
    plain = {**template, "metadata": {**template["metadata"], "labels": labels}}
    assert templatehash.pod_template_hash(plain, None) == name.rpartition("-")[2]


@pytest.mark.parametrize(("collisions", "expected"), [(None, "5b68bdc47d"), (0, "d4b9954d6")])
def test_a_collision_gives_another_name(collisions: int | None, expected: str) -> None:
    containers = [
        {
            "image": "nginx:1",
            "imagePullPolicy": "IfNotPresent",
            "name": "c",
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        }
    ]
    pod = {
        "containers": containers,
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }
    data = {"spec": {"template": {"$patch": "replace", "metadata": {"labels": {"app": "ds"}}, "spec": pod}}}
    assert templatehash.revision_hash(data, collisions) == expected


@pytest.mark.parametrize(("number", "expected"), [(0, "4"), (1234567890, "5678945bc4")])
def test_safe(number: int, expected: str) -> None:
    assert set(templatehash.safe(number)) <= set("bcdfghjklmnpqrstvwxz2456789")
    assert len(templatehash.safe(number)) == len(str(number))


def test_markup_is_escaped_as_go_does() -> None:
    assert templatehash.revision_hash({"a": "<&>"}, 0) != templatehash.revision_hash({"a": "(+)"}, 0)
    assert templatehash.revision_hash({"a": "\\u003c"}, 0) != templatehash.revision_hash({"a": "<"}, 0)
