"""What the scheduler says and does, as kube-scheduler 1.36.3 does it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.apiserver.controllers.common import Settings

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
NO_VICTIMS = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
NO_HELP = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."


def pod(name: str, app: str = "x", cpu: str = "", ports: list[Any] | None = None, **spec: Any) -> Any:
    container: dict[str, Any] = {"name": "c", "image": "a"}
    if cpu:
        container["resources"] = {"requests": {"cpu": cpu}}
    if ports:
        container["ports"] = ports
    metadata = {"name": name, "labels": {"app": app}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], **spec}}


def near(kind: str, app: str, key: str = "kubernetes.io/hostname") -> Any:
    return {kind: {REQUIRED: [{"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key}]}}


def spread(key: str = "kubernetes.io/hostname", **more: Any) -> Any:
    rule = {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "x"}}}
    return [{**rule, **more}]


def named_node(name: str) -> Any:
    return {
        "nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}]}}
    }


PORT = [{"containerPort": 80, "hostPort": 8080}]
CASES = {
    "nobody to be with": ([pod("a", affinity=near("podAffinity", "none"))], f"1 node(s) didn't match pod affinity rules. {NO_HELP}"),
    "the first of its kind": ([pod("a", affinity=near("podAffinity", "x"))], None),
    "no such label": ([pod("a", affinity=near("podAffinity", "x", "zone"))], f"1 node(s) didn't match pod affinity rules. {NO_HELP}"),
    "shuns": (
        [pod("a"), pod("b", affinity=near("podAntiAffinity", "x"))],
        f"1 node(s) didn't match pod anti-affinity rules. {NO_VICTIMS}",
    ),
    "is shunned": (
        [pod("a", "y", affinity=near("podAntiAffinity", "x")), pod("b")],
        f"1 node(s) didn't satisfy existing pods anti-affinity rules. {NO_VICTIMS}",
    ),
    "spread": ([pod("a"), pod("b", topologySpreadConstraints=spread())], None),
    "spread over more domains": (
        [pod("a"), pod("b", topologySpreadConstraints=spread(minDomains=2))],
        f"1 node(s) didn't match pod topology spread constraints. {NO_VICTIMS}",
    ),
    "spread without label": (
        [pod("a", topologySpreadConstraints=spread("zone"))],
        f"1 node(s) didn't match pod topology spread constraints (missing required label). {NO_HELP}",
    ),
    "spread if possible": ([pod("a", topologySpreadConstraints=spread("zone", whenUnsatisfiable="ScheduleAnyway"))], None),
    "port taken": (
        [pod("a", ports=PORT), pod("b", ports=PORT)],
        f"1 node(s) didn't have free ports for the requested pod ports. {NO_VICTIMS}",
    ),
    "port of another protocol": ([pod("a", ports=PORT), pod("b", ports=[{**PORT[0], "protocol": "UDP"}])], None),
    "larger than any node": ([pod("a", cpu="64")], f"1 Insufficient cpu. {NO_HELP}"),
    "no room": ([pod("a", cpu="20"), pod("b", cpu="20")], f"1 Insufficient cpu. {NO_VICTIMS}"),
    "another node's": ([pod("a", affinity=named_node("node-9"))], f"1 node(s) didn't satisfy plugin(s) [NodeAffinity]. {NO_HELP}"),
    "selector": ([pod("a", nodeSelector={"a": "b"})], f"1 node(s) didn't match Pod's node affinity/selector. {NO_HELP}"),
}


@pytest.mark.parametrize("case", CASES)
def test_why_the_last_pod_waits(case: str, make_cluster: Any) -> None:
    cluster = make_cluster(settings=Settings(nodes=1))
    pods, expected = CASES[case]
    for item in pods:
        cluster.create("pods", item)
    cluster.clock.sleep(2)
    found = next(
        item for item in cluster.get(f"pods/{pods[-1]['metadata']['name']}")["status"]["conditions"] if item["type"] == "PodScheduled"
    )
    assert found.get("message") == (f"0/1 nodes are available: {expected}" if expected else None)


def test_a_more_important_pod_takes_the_place_of_others(make_cluster: Any) -> None:
    cluster = make_cluster(settings=Settings(nodes=1))
    cluster.create(
        "/apis/scheduling.k8s.io/v1/priorityclasses",
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000},
    )
    cluster.create("pods", pod("large", cpu="20"))
    cluster.create("pods", pod("small", cpu="8"))
    cluster.clock.sleep(2)
    cluster.create("pods", pod("important", cpu="20", priorityClassName="high"))
    cluster.clock.sleep(2)
    important = cluster.get("pods/important")
    assert (important["spec"]["nodeName"], important["status"].get("nominatedNodeName")) == ("node-0", None)
    assert sorted(item["metadata"]["name"] for item in cluster.get("pods")["items"]) == ["important", "small"]
    told = [
        (item["reason"], item["message"]) for item in cluster.get("events")["items"] if item["reason"] in ("Preempted", "FailedScheduling")
    ]
    assert told == [
        ("FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu."),
        ("Preempted", f"Preempted by pod {important['metadata']['uid']} on node node-0"),
    ]


def test_a_pod_goes_where_it_would_rather_be(make_cluster: Any) -> None:
    cluster = make_cluster(settings=Settings(nodes=3))
    preferred = [
        {"weight": 10, "preference": {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-2"]}]}}
    ]
    cluster.create("pods", pod("a", affinity={"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}))
    cluster.create("pods", pod("b", affinity=near("podAffinity", "x")))
    cluster.create("pods", pod("c", affinity=near("podAntiAffinity", "x")))
    cluster.clock.sleep(2)
    assert [cluster.get(f"pods/{name}")["spec"]["nodeName"] for name in "abc"] == ["node-2", "node-2", "node-0"]


def test_a_pod_that_came_is_company_for_one_that_waits(make_cluster: Any) -> None:
    cluster = make_cluster(settings=Settings(nodes=1))
    cluster.create("pods", pod("a", affinity=near("podAffinity", "friend")))
    cluster.clock.sleep(2)
    assert "nodeName" not in cluster.get("pods/a")["spec"]
    cluster.create("pods", pod("b", "friend"))
    cluster.clock.sleep(2)
    assert cluster.get("pods/a")["spec"]["nodeName"] == "node-0"


def test_an_ephemeral_volume_gets_a_claim_that_goes_with_its_pod(make_cluster: Any) -> None:
    cluster = make_cluster(settings=Settings(nodes=1))
    claim = {"metadata": {"labels": {"a": "b"}}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    cluster.create("pods", pod("a", volumes=[{"name": "scratch", "ephemeral": {"volumeClaimTemplate": claim}}]))
    cluster.clock.sleep(3)
    found = cluster.get("persistentvolumeclaims/a-scratch")
    assert (found["metadata"]["labels"], found["metadata"]["ownerReferences"][0]["kind"]) == ({"a": "b"}, "Pod")
    assert cluster.get("pods/a")["spec"]["nodeName"] == "node-0"


def test_the_pods_of_a_controller_spread_over_the_nodes(make_cluster: Any, workload: Any) -> None:
    cluster = make_cluster(settings=Settings(nodes=3))
    for name in "xyz":
        cluster.create("pods", {**pod(name), "spec": {**pod(name)["spec"], "nodeName": "node-1"}})
    cluster.create("deployments", workload("Deployment", "web", "web:1", replicas=6))
    cluster.clock.sleep(5)
    nodes = [item["spec"]["nodeName"] for item in cluster.list("pods") if item["metadata"]["labels"]["app"] == "web"]
    assert sorted(nodes) == ["node-0", "node-0", "node-1", "node-1", "node-2", "node-2"]
