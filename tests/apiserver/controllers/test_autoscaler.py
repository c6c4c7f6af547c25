"""Autoscalers: pace and windows of `behavior`, and what is said of metrics that cannot be read (as kube-controller-manager 1.36.3 says it)."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.apiserver.controllers import scalerules
from pytest_helmsim.apiserver.controllers.scalerules import Past

NONE = "the server could not find the requested resource"
METRICS = f"unable to fetch metrics from resource metrics API: {NONE} (get pods.metrics.k8s.io)"
CUSTOM = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
EXTERNAL = f"unable to fetch metrics from external metrics API: {NONE} (get queue.external.metrics.k8s.io)"
SELECTOR = "&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}"
SERVICE = {"apiVersion": "v1", "kind": "Service", "name": "s"}
LABELLED = {"name": "queue", "selector": {"matchLabels": {"a": "b"}}}
UNREADABLE: dict[str, tuple[Any, str, str]] = {
    "cpu": (
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
        f"failed to get cpu utilization: unable to get metrics for resource cpu: {METRICS}",
        "failed to get cpu resource metric value: {}",
    ),
    "memory": (
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
        f"failed to get memory usage: unable to get metrics for resource memory: {METRICS}",
        "failed to get memory resource metric value: {}",
    ),
    "container": (
        {
            "type": "ContainerResource",
            "containerResource": {"name": "cpu", "container": "c", "target": {"type": "Utilization", "averageUtilization": 50}},
        },
        f"failed to get cpu utilization: unable to get metrics for resource cpu: {METRICS}",
        "failed to get c container metric value: {}",
    ),
    "pods": (
        {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "5"}}},
        f"unable to get metric hits: {CUSTOM}",
        "failed to get pods metric value: {}",
    ),
    "object": (
        {"type": "Object", "object": {"metric": {"name": "rate"}, "describedObject": SERVICE, "target": {"type": "Value", "value": "5"}}},
        f"unable to get metric rate: Service on default s/{CUSTOM}",
        "failed to get object metric value: {}",
    ),
    "object shared": (
        {
            "type": "Object",
            "object": {"metric": {"name": "rate"}, "describedObject": SERVICE, "target": {"type": "AverageValue", "averageValue": "5"}},
        },
        f"unable to get metric rate: Service on default s/{CUSTOM}",
        "failed to get object metric value: failed to get rate object metric: {}",
    ),
    "external": (
        {"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "5"}}},
        f"unable to get external metric default/queue/nil: {EXTERNAL}",
        "failed to get queue external metric value: failed to get external metric queue: {}",
    ),
    "external shared": (
        {"type": "External", "external": {"metric": LABELLED, "target": {"type": "AverageValue", "averageValue": "5"}}},
        f"unable to get external metric default/queue/{SELECTOR}: {EXTERNAL}",
        "failed to get queue external metric value: failed to get queue external metric: {}",
    ),
}


def autoscaler(target: Any, **spec: Any) -> Any:
    head = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}}
    return {**head, "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 20, **spec}}


WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def events(cluster: Any) -> list[tuple[str, str]]:
    found = cluster.get("events")["items"]
    return [(item["reason"], item["message"]) for item in found if item["involvedObject"]["kind"] == "HorizontalPodAutoscaler"]


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_metric_that_cannot_be_read(case: str, cluster: Any, workload: Any) -> None:
    metric, text, wrapped = UNREADABLE[case]
    cluster.create("deployments", workload("Deployment", "web", "web:1", replicas=2))
    cluster.create("horizontalpodautoscalers", autoscaler(WEB, metrics=[metric]))
    cluster.clock.sleep(16)
    status = cluster.get("horizontalpodautoscalers/web")["status"]
    active = next(item for item in status["conditions"] if item["type"] == "ScalingActive")
    reason = f"FailedGet{metric['type']}Metric"
    assert (active["reason"], active["message"]) == (reason, f"the HPA was unable to compute the replica count: {text}")
    total = f"invalid metrics (1 invalid out of 1), first error is: {wrapped.format(text)}"
    assert events(cluster) == [(reason, text), ("FailedComputeMetricsReplicas", total)]
    assert (status["currentReplicas"], status["desiredReplicas"], status["currentMetrics"]) == (2, 0, [{"type": ""}])


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ({"apiVersion": "example.com/v1", "kind": "Nothing", "name": "x"}, 'no matches for kind "Nothing" in group "example.com"'),
        ({"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "x"}, NONE),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}, 'deployments.apps "x" not found'),
    ],
    ids=["kind", "scale", "object"],
)
def test_a_target_that_cannot_be_scaled(target: Any, problem: str, cluster: Any) -> None:
    cluster.create("horizontalpodautoscalers", autoscaler(target))
    cluster.clock.sleep(16)
    assert events(cluster) == [("FailedGetScale", problem)]


def test_pods_have_to_ask_for_what_is_measured(cluster: Any, workload: Any) -> None:
    cluster.create("deployments", workload("Deployment", "web", "web:1", replicas=1))
    cluster.create("horizontalpodautoscalers", autoscaler(WEB, metrics=[UNREADABLE["cpu"][0]]))
    cluster.controllers.settings.metrics["default/web", "cpu"] = 100
    cluster.clock.sleep(16)
    assert events(cluster)[0][1].startswith("failed to get cpu utilization: missing request for cpu in container c of Pod web-")


def test_a_queue_is_shared_among_the_replicas(cluster: Any, workload: Any) -> None:
    cluster.create("deployments", workload("Deployment", "web", "web:1", replicas=2))
    cluster.create("horizontalpodautoscalers", autoscaler(WEB, metrics=[UNREADABLE["external shared"][0]]))
    cluster.controllers.settings.metrics["default/web", "queue"] = 17
    cluster.clock.sleep(16)
    assert cluster.get("deployments/web")["spec"]["replicas"] == 4
    current = cluster.get("horizontalpodautoscalers/web")["status"]["currentMetrics"][0]["external"]["current"]
    assert current == {"averageValue": "8500m"}


def up(*policies: tuple[str, int, int], select: str = "Max", window: int = 0) -> Any:
    rows = [{"type": kind, "value": value, "periodSeconds": period} for kind, value, period in policies]
    return {"stabilizationWindowSeconds": window, "selectPolicy": select, "policies": rows}


PACES: dict[str, tuple[Any, Past, int, int, tuple[int, str]]] = {
    "within": ({"scaleUp": up(("Pods", 4, 15))}, Past(), 4, 6, (6, "DesiredWithinRange")),
    "largest policy": ({"scaleUp": up(("Pods", 4, 15), ("Percent", 100, 15))}, Past(), 8, 20, (16, "ScaleUpLimit")),
    "smallest policy": ({"scaleUp": up(("Pods", 4, 15), ("Percent", 100, 15), select="Min")}, Past(), 8, 20, (12, "ScaleUpLimit")),
    "not at all": ({"scaleUp": up(("Pods", 4, 15), select="Disabled")}, Past(), 8, 20, (8, "ScaleUpLimit")),
    "grown before": ({"scaleUp": up(("Pods", 4, 60))}, Past(grown=((950.0, 3), (900.0, 9))), 8, 20, (9, "ScaleUpLimit")),
    "shrunk before": ({"scaleUp": up(("Pods", 4, 60))}, Past(shrunk=((950.0, 3),)), 8, 20, (15, "ScaleUpLimit")),
    "one pod down": ({"scaleDown": up(("Pods", 1, 60))}, Past(), 8, 2, (7, "ScaleDownLimit")),
    "half down": ({"scaleDown": up(("Percent", 50, 60), ("Pods", 1, 60))}, Past(), 9, 2, (4, "ScaleDownLimit")),
    "few down": ({"scaleDown": up(("Percent", 50, 60), ("Pods", 1, 60), select="Min")}, Past(), 9, 2, (8, "ScaleDownLimit")),
    "to the minimum": ({"scaleDown": up(("Percent", 100, 15))}, Past(), 9, 0, (1, "TooFewReplicas")),
    "to the maximum": ({"scaleUp": up(("Percent", 900, 15))}, Past(), 9, 40, (20, "TooManyReplicas")),
    "without behavior": (None, Past(), 1, 20, (4, "ScaleUpLimit")),
}


@pytest.mark.parametrize("case", PACES)
def test_pace(case: str) -> None:
    behavior, past, current, wanted, expected = PACES[case]
    found = scalerules.limited({"minReplicas": 1, "maxReplicas": 20, "behavior": behavior}, past, current, wanted, 1000.0)
    assert (found.size, found.reason) == expected


def test_windows_hold_growth_and_shrinking_back() -> None:
    past = Past(((940.0, 4), (990.0, 9)))
    behavior = {"scaleUp": up(window=30), "scaleDown": up(window=100)}
    assert scalerules.stabilized(behavior, past, 8, 12, 1000.0) == (9, *scalerules.LOWER)
    assert scalerules.stabilized(behavior, past, 8, 3, 1000.0) == (8, *scalerules.HIGHER)
    assert scalerules.stabilized(None, past, 8, 3, 1000.0) == (9, *scalerules.HIGHER)
    assert scalerules.stabilized(None, past, 8, 12, 1000.0).reason == "ReadyForNewScale"
