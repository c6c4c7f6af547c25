"""Controllers of the system's own kinds: nodes, roles, policies, owners of kinds that nobody knows."""

from __future__ import annotations

from typing import Any

ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"


def test_a_cordoned_node_is_tainted_until_it_is_not(cluster: Any) -> None:
    cluster.patch("/api/v1/nodes/node-0", {"spec": {"unschedulable": True}})
    (taint,) = cluster.get("/api/v1/nodes/node-0")["spec"]["taints"]
    assert (taint["key"], taint["effect"]) == ("node.kubernetes.io/unschedulable", "NoSchedule")
    cluster.patch("/api/v1/nodes/node-0", {"spec": {"unschedulable": None}})
    assert "taints" not in cluster.get("/api/v1/nodes/node-0")["spec"]


def test_a_role_that_selects_none_keeps_its_own_rules(cluster: Any) -> None:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "all"}}
    selectors = {"clusterRoleSelectors": [{"matchLabels": {"no": "body"}}]}
    cluster.create(ROLES, {**head, "aggregationRule": selectors, "rules": [rule]})
    assert cluster.get(f"{ROLES}/all")["rules"] == [rule]


def test_a_policy_says_that_it_was_looked_at(cluster: Any) -> None:
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
    spec = {"matchConstraints": {"resourceRules": rules}, "validations": [{"expression": "true"}]}
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "p"}}
    cluster.create(POLICIES, {**head, "spec": spec})
    found = cluster.get(f"{POLICIES}/p")
    assert found["status"] == {"observedGeneration": 1, "typeChecking": {}}
    assert "validatingadmissionpolicy-status" in {entry["manager"] for entry in found["metadata"]["managedFields"]}


def test_an_owner_of_a_kind_that_nobody_knows_keeps_what_it_owns(cluster: Any) -> None:
    def child(name: str, version: str) -> Any:
        owner = {"apiVersion": version, "kind": "Secret", "name": "gone", "uid": "u"}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "ownerReferences": [owner]}}

    cluster.create("configmaps", child("kept", "example.com/v1"))
    cluster.create("configmaps", child("lost", "v1"))
    cluster.clock.sleep(5)
    assert {item["metadata"]["name"] for item in cluster.get("configmaps")["items"]} == {"kept", "kube-root-ca.crt"}


def test_a_cron_job_tells_of_a_job_that_it_did_not_start(cluster: Any) -> None:
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a"}]}}, "suspend": True}
    head = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}}
    made = cluster.create("cronjobs", {**head, "spec": {"schedule": "@yearly", "jobTemplate": {"spec": job}}})
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly", "uid": made["metadata"]["uid"], "controller": True}
    cluster.create("jobs", {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "now", "ownerReferences": [owner]}, "spec": job})
    told = [item["message"] for item in cluster.get("events")["items"] if item["reason"] == "UnexpectedJob"]
    assert told == ["Saw a job that the controller did not create or forgot: now"]


def test_a_job_with_limits_per_index_lists_failed_ones_from_the_start(cluster: Any) -> None:
    spec = {
        "completions": 1,
        "parallelism": 0,
        "completionMode": "Indexed",
        "backoffLimitPerIndex": 0,
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "a"}]}},
    }
    cluster.create("jobs", {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work"}, "spec": spec})
    assert cluster.get("jobs/work")["status"]["failedIndexes"] == ""
