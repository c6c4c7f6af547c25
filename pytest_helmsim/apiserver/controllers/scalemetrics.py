"""What one metric of an autoscaler asks for: how many replicas, and what its status shows; or why it cannot be read.

Source: k8s.io/kubernetes pkg/controller/podautoscaler/replica_calculator.go, horizontal.go (computeStatusFor…)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from pytest_helmsim.apiserver.controllers import common, placement, pods
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import JsonObject

TOLERANCE = 0.1
INITIALIZING = 300.0
"""Seconds for which a young pod's CPU does not count until it is ready."""
FIRST_READINESS = 30.0
_MISSING = "the server could not find the requested resource"


class Unreadable(HelmsimError):
    """Why a metric has no value: `text` for event and condition, `wrapped` for the sum of all metrics."""

    def __init__(self, reason: str, text: str, wrapped: str) -> None:
        super().__init__(text)
        self.reason, self.text, self.wrapped = reason, text, wrapped


class Proposal(NamedTuple):
    """A size, what it was computed from in words, and the entry of `status.currentMetrics`."""

    size: int
    label: str
    state: JsonObject


class Target(NamedTuple):
    """What is scaled: its size by spec and by status, and its pods."""

    namespace: str
    replicas: int
    counted: int
    pods: Sequence[JsonObject]


def source_of(metric: JsonObject) -> JsonObject:
    """The part that `type` names."""
    found: JsonObject = metric[metric["type"][0].lower() + metric["type"][1:]]
    return found


def name_of(metric: JsonObject) -> str:
    """By which name it is scripted."""
    source = source_of(metric)
    return str(source["name"] if "name" in source else source["metric"]["name"])


def propose(metric: JsonObject, value: float | None, target: Target, behavior: JsonObject | None, now: float) -> Proposal:
    """The replicas that the metric asks for at its scripted value; `Unreadable` without one, as without an API for metrics."""
    if value is None:
        raise _unread(metric, target, None)
    kind, wanted = metric["type"], source_of(metric)["target"]
    if kind in ("Object", "External"):
        return _of_value(metric, value, target, behavior, wanted)
    return _of_pods(metric, value, target, behavior, now)


def _of_pods(metric: JsonObject, value: float, target: Target, behavior: JsonObject | None, now: float) -> Proposal:
    """A mean over the pods that count: those not ready hold growth back."""
    kind, source, name = metric["type"], source_of(metric), name_of(metric)
    wanted, utilization = source["target"], "averageUtilization" in source["target"]
    if not target.pods:
        raise _unread(metric, target, "no pods returned by selector while calculating replica count")
    counted = [pod for pod in target.pods if not common.is_deleting(pod) and pods.phase(pod) != "Failed"]
    unready = [pod for pod in counted if _is_unready(pod, now, cpu=name == "cpu" and kind != "Pods")]
    ready = len(counted) - len(unready)
    if not ready:
        raise _unread(metric, target, "did not receive metrics for targeted pods (pods might be unready)")
    shown: JsonObject = {"averageValue": _written(value)}
    ratio = value / (float(wanted["averageUtilization"]) if utilization else _plain(wanted["averageValue"]))
    if utilization:
        asked = [_request(pod, name, source.get("container"), metric, target) for pod in counted]
        raw = value / 100 * sum(asked) / len(asked)
        shown = {"averageUtilization": int(value), "averageValue": _binary(raw) if name == "memory" else _written(raw)}
    size = _size(ratio, target.replicas, ready, len(unready), behavior)
    identity = {"metric": source["metric"]} if kind == "Pods" else {"name": name}
    if kind == "ContainerResource":
        identity["container"] = source["container"]
    label = f"pods metric {name}" if kind == "Pods" else f"{name} resource"
    if utilization:
        where = "container resource" if kind == "ContainerResource" else "resource"
        label = f"{name} {where} utilization (percentage of request)"
    return Proposal(size, label, {"type": kind, kind[0].lower() + kind[1:]: {**identity, "current": shown}})


def _size(ratio: float, current: int, ready: int, unready: int, behavior: JsonObject | None) -> int:
    if unready == 0 or ratio <= 1.0:
        return current if is_within(ratio, behavior) else math.ceil(ratio * ready)
    dampened = ratio * ready / (ready + unready)
    if is_within(dampened, behavior) or dampened < 1.0:
        return current
    return max(math.ceil(dampened * (ready + unready)), current)


def _of_value(metric: JsonObject, value: float, target: Target, behavior: JsonObject | None, wanted: JsonObject) -> Proposal:
    """One number for all: as such, or shared among the replicas."""
    kind, source, name = metric["type"], source_of(metric), name_of(metric)
    described = {"describedObject": source["describedObject"]} if kind == "Object" else {}
    label = f"external metric {name}({common.go_selector(source['metric'].get('selector'))})"
    if "averageValue" in wanted:
        each, size = _plain(wanted["averageValue"]), target.counted
        if not is_within(value / (each * size) if size else math.inf, behavior):
            size = math.ceil(value / each)
        shown = {"averageValue": _written(math.ceil(value * 1000 / (target.counted or 1)) / 1000)}
    else:
        ratio = value / _plain(wanted["value"])
        ready = sum(pods.phase(pod) == "Running" and pods.is_ready(pod) for pod in target.pods)
        size = math.ceil(ratio * ready) if target.replicas else math.ceil(ratio)
        if target.replicas and is_within(ratio, behavior):
            size = target.replicas
        shown = {"value": _written(value)}
        label = f"{source['describedObject']['kind']} metric {name}" if kind == "Object" else label
    state = {**described, "metric": source["metric"], "current": shown}
    return Proposal(size, label, {"type": kind, kind.lower(): state})


def is_within(ratio: float, behavior: JsonObject | None) -> bool:
    """Whether the value is near enough to the target to leave things as they are."""
    bounds = [(behavior or {}).get(part, {}).get("tolerance") for part in ("scaleDown", "scaleUp")]
    down, up = (TOLERANCE if bound is None else _plain(bound) for bound in bounds)
    return 1.0 - down <= ratio <= 1.0 + up


def _is_unready(pod: JsonObject, now: float, *, cpu: bool) -> bool:
    if pods.phase(pod) == "Pending":
        return True
    if not cpu:
        return False
    status = common.status_of(pod)
    condition, started = common.condition(status, "Ready"), common.seconds(status.get("startTime"))
    if condition is None or started is None:
        return True
    if condition["status"] != "False":
        return False
    return started + INITIALIZING > now or started + FIRST_READINESS > (common.seconds(condition["lastTransitionTime"]) or 0.0)


def _request(pod: JsonObject, name: str, container: str | None, metric: JsonObject, target: Target) -> float:
    """What the pod asks for of the resource; every container has to say."""
    sidecars = [item for item in pod["spec"].get("initContainers") or () if item.get("restartPolicy") == "Always"]
    found = [item for item in (*pod["spec"]["containers"], *sidecars) if container in (None, item["name"])]
    if not found:
        raise _unread(metric, target, f"container {container} not found in Pod {common.name_of(pod)}")
    total = 0.0
    for item in found:
        asked = ((item.get("resources") or {}).get("requests") or {}).get(name)
        if asked is None:
            raise _unread(metric, target, f"missing request for {name} in container {item['name']} of Pod {common.name_of(pod)}")
        total += placement.number(asked)
    return total


def _unread(metric: JsonObject, target: Target, why: str | None) -> Unreadable:
    """The words for a metric that cannot be computed; without a reason, because there is no API for it."""
    kind, source, name = metric["type"], source_of(metric), name_of(metric)
    reason = f"FailedGet{kind}Metric"
    if kind in ("Resource", "ContainerResource"):
        no_metrics = f"unable to fetch metrics from resource metrics API: {_MISSING} (get pods.metrics.k8s.io)"
        cause = why or f"unable to get metrics for resource {name}: {no_metrics}"
        text = f"failed to get {name} {'utilization' if 'averageUtilization' in source['target'] else 'usage'}: {cause}"
        what = f"{source['container']} container" if kind == "ContainerResource" else f"{name} resource"
        return Unreadable(reason, text, f"failed to get {what} metric value: {text}")
    no_custom = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
    average = "averageValue" in source["target"]
    if kind == "Pods":
        text = why or f"unable to get metric {name}: {no_custom}"
        return Unreadable(reason, text, f"failed to get pods metric value: {text}")
    if kind == "Object":
        about = source["describedObject"]
        text = why or f"unable to get metric {name}: {about['kind']} on {target.namespace} {about['name']}/{no_custom}"
        inner = f"failed to get {name} object metric: {text}" if average else text
        return Unreadable(reason, text, f"failed to get object metric value: {inner}")
    where = f"{target.namespace}/{name}/{common.go_selector(source['metric'].get('selector'))}"
    no_external = f"unable to fetch metrics from external metrics API: {_MISSING} (get {name}.external.metrics.k8s.io)"
    text = why or f"unable to get external metric {where}: {no_external}"
    inner = f"failed to get {name} external metric" if average else f"failed to get external metric {name}"
    return Unreadable(reason, text, f"failed to get {name} external metric value: {inner}: {text}")


def _plain(text: str) -> float:
    return placement.number(str(text))


def _written(value: float) -> str:
    """As a decimal quantity of thousandths."""
    return quantity.canonical(f"{round(value * 1000)}m")


def _binary(value: float) -> str:
    """As a binary quantity, which whole bytes are written in."""
    for shift, suffix in ((50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")):
        if value >= 1 << shift and value % (1 << shift) == 0:
            return f"{int(value) >> shift}{suffix}"
    return str(int(value))
