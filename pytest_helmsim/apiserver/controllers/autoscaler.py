"""HorizontalPodAutoscalers, fed by scripted metrics.

`Settings.metrics[("namespace/name", "cpu")] = 90` is the present utilisation (or average value); without an entry the metric cannot be
read, as in a cluster without a metrics server.
Source: k8s.io/kubernetes pkg/controller/podautoscaler/horizontal.go
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import AUTOSCALER, MANAGER, Key, Keys, Reconciler, World
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError

APPROXIMATE = (
    "HorizontalPodAutoscaler `behavior`: of it only `scaleDown.stabilizationWindowSeconds` is followed; the rest is as by default",
    "metrics of a HorizontalPodAutoscaler: scripted by the test, one number for each metric; pods that are not ready do not dampen it",
)
COMPONENT = "horizontal-pod-autoscaler"
PERIOD = 15.0
TOLERANCE = 0.1
DOWNSCALE_WINDOW = 300.0


class Autoscalers(Reconciler):
    """Looks at each autoscaler every fifteen seconds."""

    name, alias = "horizontal-pod-autoscaler-controller", "horizontalpodautoscaling"
    memory = ("_next", "_history")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._next: dict[str, float] = {}
        self._history: dict[str, list[tuple[float, int]]] = {}

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(AUTOSCALER): common.itself}

    def sync(self, key: Key) -> float | None:
        found = self.api.get(AUTOSCALER, *key)
        if found is None:
            return None
        uid, now = common.uid_of(found), self.world.now()
        due = self._next.setdefault(uid, now + PERIOD)
        if now < due:
            return due - now
        self._next[uid] = now + PERIOD
        status = self._look(found, dict(common.status_of(found)))
        latest = self.api.get(AUTOSCALER, *key)
        if latest is not None:
            common.update_status(self.api, latest, common.without_empty(status, "desiredReplicas", "currentMetrics"))
        return PERIOD

    def _look(self, found: JsonObject, status: JsonObject) -> JsonObject:
        spec, target = found["spec"], found["spec"]["scaleTargetRef"]
        gvk = GroupVersionKind.of(target.get("apiVersion") or "", target["kind"])
        status.setdefault("desiredReplicas", 0)
        status.setdefault("currentMetrics", None)
        try:
            scaled = self.api.get(gvk, common.namespace_of(found), target["name"])
        except ApiError:
            scaled = None
        if scaled is None:
            plural = f"{target['kind'].lower()}s.{gvk.group}".rstrip(".")
            problem = f'{plural} "{target["name"]}" not found'
            self._tell(found, "FailedGetScale", problem, warning=True)
            message = f"the HPA controller was unable to get the target's current scale: {problem}"
            return self._with(status, "AbleToScale", "False", "FailedGetScale", message)
        current = int(scaled["spec"].get("replicas") or 0)
        minimum, maximum = int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])
        status = {**status, "currentReplicas": current, "observedGeneration": None}
        message = "the HPA controller was able to get the target's current scale"
        status = self._with(status, "AbleToScale", "True", "SucceededGetScale", message)
        if current == 0 and minimum != 0:
            message = "scaling is disabled since the replica count of the target is zero"
            return self._with({**status, "desiredReplicas": 0}, "ScalingActive", "False", "ScalingDisabled", message)
        if current > maximum:
            desired, reason = maximum, "Current number of replicas above Spec.MaxReplicas"
        elif current < minimum:
            desired, reason = minimum, "Current number of replicas below Spec.MinReplicas"
        else:
            status, wanted, reason = self._recommend(found, status, current)
            if wanted is None:
                return {**status, "desiredReplicas": current if not status["desiredReplicas"] else status["desiredReplicas"]}
            status, desired = self._limit(found, status, current, wanted, minimum, maximum)
        if desired != current:
            self.api.patch(
                gvk, common.namespace_of(found), target["name"], {"spec": {"replicas": desired}}, manager=MANAGER, subresource="scale"
            )
            message = f"the HPA controller was able to update the target scale to {desired}"
            status = self._with(status, "AbleToScale", "True", "SucceededRescale", message)
            self._tell(found, "SuccessfulRescale", f"New size: {desired}; reason: {reason}")
            status["lastScaleTime"] = self.world.stamp()
        return {**status, "desiredReplicas": desired}

    def _recommend(self, found: JsonObject, status: JsonObject, current: int) -> tuple[JsonObject, int | None, str]:
        """The largest size that any metric asks for; None when none can be read."""
        wanted: int | None = None
        reason, shown, label = "", [], ""
        for metric in found["spec"].get("metrics") or ():
            described = self._metric(found, metric, current)
            if described is None:
                continue
            size, text, state = described
            shown.append(state)
            if wanted is None or size > wanted:
                wanted, label = size, text
                reason = f"{text} above target" if size > current else "All metrics below target"
        if wanted is None:
            return self._unreadable(found, status), None, ""
        message = f"the HPA was able to successfully calculate a replica count from {label}"
        status = self._with({**status, "currentMetrics": shown}, "ScalingActive", "True", "ValidMetricFound", message)
        return status, wanted, reason

    def _metric(self, found: JsonObject, metric: JsonObject, current: int) -> tuple[int, str, JsonObject] | None:
        source = metric[metric["type"][0].lower() + metric["type"][1:]]
        name = source["name"] if "name" in source else source["metric"]["name"]
        value = self.world.settings.metrics.get((f"{common.namespace_of(found)}/{common.name_of(found)}", name))
        target = source["target"]
        if value is None:
            return None
        if "averageUtilization" in target:
            ratio, shown = value / float(target["averageUtilization"]), {"averageUtilization": value, "averageValue": "0"}
            label = f"{name} resource utilization (percentage of request)"
        else:
            wanted = quantity.parse(target.get("averageValue") or target.get("value")).scaled(-3) / 1000
            ratio, shown = (value / wanted if wanted else 1.0), {"averageValue": str(value)}
            label = f"{name} resource" if metric["type"] == "Resource" else f"{metric['type'].lower()} metric {name}"
        size = current if abs(ratio - 1.0) <= TOLERANCE else math.ceil(ratio * current)
        kind = metric["type"][0].lower() + metric["type"][1:]
        identity = {"name": name} if "name" in source else {"metric": source["metric"]}
        return size, label, {"type": metric["type"], kind: {**identity, "current": shown}}

    def _unreadable(self, found: JsonObject, status: JsonObject) -> JsonObject:
        metrics = found["spec"].get("metrics") or ()
        if not metrics:
            return status
        first = metrics[0]
        source = first[first["type"][0].lower() + first["type"][1:]]
        name = source["name"] if "name" in source else source["metric"]["name"]
        what = f"{name} utilization" if "averageUtilization" in source["target"] else f"{name} usage"
        api = {"External": "external.metrics", "Pods": "custom.metrics", "Object": "custom.metrics"}.get(first["type"], "metrics")
        cause = (
            f"failed to get {what}: unable to get metrics for resource {name}: unable to fetch metrics from resource metrics API: "
            f"the server could not find the requested resource (get pods.{api}.k8s.io)"
        )
        reason = f"FailedGet{first['type']}Metric"
        self._tell(found, reason, cause, warning=True)
        count = len(metrics)
        first_error = f"failed to get {name} resource metric value: {cause}"
        total = f"invalid metrics ({count} invalid out of {count}), first error is: {first_error}"
        self._tell(found, "FailedComputeMetricsReplicas", total, warning=True)
        status["currentMetrics"] = [{"type": ""} for _ in metrics]
        return self._with(status, "ScalingActive", "False", reason, f"the HPA was unable to compute the replica count: {cause}")

    def _limit(
        self, found: JsonObject, status: JsonObject, current: int, wanted: int, minimum: int, maximum: int
    ) -> tuple[JsonObject, int]:
        """Waits before shrinking, does not grow too fast, stays within the limits; each says so in a condition."""
        now = self.world.now()
        behavior = (found["spec"].get("behavior") or {}).get("scaleDown") or {}
        window = float(behavior.get("stabilizationWindowSeconds", DOWNSCALE_WINDOW))
        history = [(when, size) for when, size in self._history.get(common.uid_of(found), ()) if when > now - window]
        self._history[common.uid_of(found)] = [*history, (now, wanted)]
        stable = max([wanted, *(min(size, current) for _, size in history)]) if wanted < current else wanted
        if stable != wanted:
            message = "recent recommendations were higher than current one, applying the highest recent recommendation"
            status = self._with(status, "AbleToScale", "True", "ScaleDownStabilized", message)
        else:
            status = self._with(status, "AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
        fastest = max(current * 2, current + 4)
        if stable > min(maximum, fastest):
            limit = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
            if fastest < maximum:
                limit = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
            return self._with(status, "ScalingLimited", "True", *limit), min(maximum, fastest)
        if stable < minimum:
            message = "the desired replica count is less than the minimum replica count"
            return self._with(status, "ScalingLimited", "True", "TooFewReplicas", message), minimum
        message = "the desired count is within the acceptable range"
        return self._with(status, "ScalingLimited", "False", "DesiredWithinRange", message), stable

    def _with(self, status: JsonObject, type_: str, value: str, reason: str, message: str) -> JsonObject:
        before = common.condition(status, type_)
        since = before["lastTransitionTime"] if before and before["status"] == value else self.world.stamp()
        made = {"type": type_, "status": value, "lastTransitionTime": since, "reason": reason, "message": message}
        present = status.get("conditions") or []
        return {**status, "conditions": [made if item is before else item for item in present] if before else [*present, made]}

    def _tell(self, found: JsonObject, reason: str, message: str, *, warning: bool = False) -> None:
        self.world.events(found, reason, message, component=COMPONENT, warning=warning)
