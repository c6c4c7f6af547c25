"""What budgets count, and what they say when they cannot."""

from __future__ import annotations

from typing import Any

BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
CONTAINERS = [{"name": "c", "image": "a"}]


def budget(**need: Any) -> Any:
    spec = {**need, "selector": {"matchLabels": {"app": "x"}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": spec}


def template() -> Any:
    return {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": CONTAINERS}}


def status(cluster: Any) -> Any:
    cluster.clock.sleep(5)
    return cluster.get(f"{BUDGETS}/b")["status"]


def test_pods_of_a_replication_controller_count(cluster: Any) -> None:
    spec = {"replicas": 4, "selector": {"app": "x"}, "template": template()}
    cluster.create(
        "replicationcontrollers", {"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "rc"}, "spec": spec}
    )
    cluster.create(BUDGETS, budget(maxUnavailable="25%"))
    found = status(cluster)
    assert (found["expectedPods"], found["desiredHealthy"], found["disruptionsAllowed"]) == (4, 3, 1)


def test_pods_without_controller_are_told_of(cluster: Any) -> None:
    lone = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "x"}}, "spec": {"containers": CONTAINERS}}
    cluster.create("pods", lone)
    cluster.create(BUDGETS, budget(maxUnavailable=1))
    assert status(cluster)["expectedPods"] == 0
    told = [item["message"] for item in cluster.get("events")["items"] if item["reason"] == "UnmanagedPods"]
    assert told[0].startswith(
        "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: x,},"
        "MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status"
    )


def test_pods_of_a_controller_without_scale_stop_the_count(cluster: Any) -> None:
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template()}
    cluster.create("daemonsets", {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "d"}, "spec": spec})
    cluster.create(BUDGETS, budget(minAvailable="50%"))
    found = status(cluster)["conditions"][0]
    assert (found["reason"], found["message"]) == ("SyncFailed", "daemonsets.apps does not implement the scale subresource")
