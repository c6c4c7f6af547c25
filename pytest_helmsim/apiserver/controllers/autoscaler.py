"""HorizontalPodAutoscalers, fed by scripted metrics.

`Settings.metrics[("namespace/name", "cpu")] = 90` is the present utilisation in percent, the mean value of a pod, or the value of an
object's or external metric; without an entry the metric cannot be read, as in a cluster without a metrics server.
Source: k8s.io/kubernetes pkg/controller/podautoscaler/horizontal.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pytest_helmsim.apiserver.controllers import common, scalemetrics, scalerules
from pytest_helmsim.apiserver.controllers.common import (
    AUTOSCALER,
    DEFINITION,
    DEPLOYMENT,
    MANAGER,
    POD,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    STATEFUL_SET,
    Key,
    Keys,
    Reconciler,
    World,
)
from pytest_helmsim.apiserver.controllers.scalemetrics import Proposal, Target, Unreadable
from pytest_helmsim.apiserver.controllers.scalerules import Past
from pytest_helmsim.objects.fields import FieldPath
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import NotFound

APPROXIMATE = ("metrics of a HorizontalPodAutoscaler: scripted by the test, one number for each metric, the same for every pod",)
COMPONENT = "horizontal-pod-autoscaler"
PERIOD = 15.0
TOLERANCES_FROM = 35
"""The minor version from which `behavior` may say what deviation is tolerated."""
_SCALED = (DEPLOYMENT, REPLICA_SET, STATEFUL_SET, REPLICATION_CONTROLLER)


class _Scale(NamedTuple):
    """The object that is scaled, where its size stands, and which pods are its own."""

    gvk: GroupVersionKind
    name: str
    replicas: int
    counted: int
    selector: JsonObject | None


class _NoScale(Exception):
    """Why the target's size cannot be read."""


class Autoscalers(Reconciler):
    """Looks at each autoscaler every fifteen seconds."""

    name, alias = "horizontal-pod-autoscaler-controller", "horizontalpodautoscaling"
    memory = ("_next", "_past")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._next: dict[str, float] = {}
        self._past: dict[str, Past] = {}

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
        status.setdefault("desiredReplicas", 0)
        status.setdefault("currentMetrics", None)
        try:
            scale = self._scale(found)
        except _NoScale as problem:
            self._tell(found, "FailedGetScale", str(problem), warning=True)
            message = f"the HPA controller was unable to get the target's current scale: {problem}"
            return self._with(status, "AbleToScale", "False", "FailedGetScale", message)
        spec, current = found["spec"], scale.replicas
        self._past.setdefault(common.uid_of(found), Past(((self.world.now(), current),)))
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
            status, proposal = self._recommend(found, status, scale)
            if proposal is None:
                return status
            reason = f"{proposal.label} above target" if proposal.size > current else "All metrics below target"
            status, desired = self._limit(found, status, current, proposal.size)
        if desired != current:
            self._rescale(found, scale, desired)
            message = f"the HPA controller was able to update the target scale to {desired}"
            status = self._with(status, "AbleToScale", "True", "SucceededRescale", message)
            self._tell(found, "SuccessfulRescale", f"New size: {desired}; reason: {reason}")
            status["lastScaleTime"] = self.world.stamp()
        return {**status, "desiredReplicas": desired}

    def _scale(self, found: JsonObject) -> _Scale:
        target, namespace = found["spec"]["scaleTargetRef"], common.namespace_of(found)
        gvk = GroupVersionKind.of(target.get("apiVersion") or "", target["kind"])
        try:
            scaled = self.api.get(gvk, namespace, target["name"])
        except NotFound as error:
            raise _NoScale(f'no matches for kind "{gvk.kind}" in group "{gvk.group}"') from error
        size, counted, selector = "spec.replicas", "status.replicas", None
        if (gvk.group, gvk.kind) not in {(item.group, item.kind) for item in _SCALED}:
            paths = self._paths(gvk)
            if paths is None:
                raise _NoScale("the server could not find the requested resource")
            size, counted = paths["specReplicasPath"][1:], paths["statusReplicasPath"][1:]
        elif scaled is not None:
            selector = common.selector_of(scaled)
        if scaled is None:
            raise _NoScale(f'{gvk.kind.lower()}s.{gvk.group} "{target["name"]}" not found'.replace('. "', ' "'))
        replicas, existing = (int(FieldPath.parse(path).get(scaled, None) or 0) for path in (size, counted))
        return _Scale(gvk, target["name"], replicas, existing, selector)

    def _paths(self, gvk: GroupVersionKind) -> JsonObject | None:
        """Where a kind of a definition keeps its size; None when it does not say."""
        for definition in self.api.list(DEFINITION):
            if (definition["spec"]["group"], definition["spec"]["names"]["kind"]) == (gvk.group, gvk.kind):
                version = next((item for item in definition["spec"]["versions"] if item["name"] == gvk.version), None)
                found: JsonObject | None = ((version or {}).get("subresources") or {}).get("scale")
                return found
        return None

    def _rescale(self, found: JsonObject, scale: _Scale, desired: int) -> None:
        patch = {"spec": {"replicas": desired}}
        self.api.patch(scale.gvk, common.namespace_of(found), scale.name, patch, manager=MANAGER, subresource="scale")
        uid = common.uid_of(found)
        self._past[uid] = scalerules.scaled(self._past[uid], found["spec"].get("behavior"), scale.replicas, desired, self.world.now())

    def _recommend(self, found: JsonObject, status: JsonObject, scale: _Scale) -> tuple[JsonObject, Proposal | None]:
        """The largest size that any metric asks for; None when none can be read, or some cannot and the others would shrink."""
        metrics, namespace = found["spec"].get("metrics") or (), common.namespace_of(found)
        mine = self.api.list(POD, namespace, scale.selector) if scale.selector is not None else []
        target = Target(namespace, scale.replicas, scale.counted, mine)
        proposals, failures, shown = [], [], []
        for metric in metrics:
            value = self.world.settings.metrics.get((f"{namespace}/{common.name_of(found)}", scalemetrics.name_of(metric)))
            try:
                proposal = scalemetrics.propose(metric, value, target, self._behavior(found), self.world.now())
            except Unreadable as failure:
                failures.append(failure)
                shown.append({"type": ""})
                self._tell(found, failure.reason, failure.text, warning=True)
            else:
                proposals.append(proposal)
                shown.append(proposal.state)
        best = max(proposals, key=lambda item: item.size, default=None)
        status = {**status, "currentMetrics": shown}
        if best is None or (failures and best.size < scale.replicas):
            if not failures:
                return status, None
            first = failures[0]
            total = f"invalid metrics ({len(failures)} invalid out of {len(metrics)}), first error is: {first.wrapped}"
            self._tell(found, "FailedComputeMetricsReplicas", total, warning=True)
            message = f"the HPA was unable to compute the replica count: {first.text}"
            return self._with(status, "ScalingActive", "False", first.reason, message), None
        message = f"the HPA was able to successfully calculate a replica count from {best.label}"
        return self._with(status, "ScalingActive", "True", "ValidMetricFound", message), best

    def _behavior(self, found: JsonObject) -> JsonObject | None:
        """The part of `behavior` that has a say about tolerances."""
        minor = int(self.api.version.partition(".")[2])
        behavior: JsonObject | None = found["spec"].get("behavior")
        return behavior if minor >= TOLERANCES_FROM else None

    def _limit(self, found: JsonObject, status: JsonObject, current: int, wanted: int) -> tuple[JsonObject, int]:
        """Not sooner, not faster and not further than the spec wants; each says so in a condition."""
        uid, now, behavior = common.uid_of(found), self.world.now(), found["spec"].get("behavior")
        past = self._past[uid]
        stable = scalerules.stabilized(behavior, past, current, wanted, now)
        self._past[uid] = scalerules.recommended(past, behavior, wanted, now)
        status = self._with(status, "AbleToScale", "True", stable.reason, stable.message)
        bounded = scalerules.limited(found["spec"], past, current, stable.size, now)
        value = "True" if bounded.size != stable.size else "False"
        return self._with(status, "ScalingLimited", value, bounded.reason, bounded.message), bounded.size

    def _with(self, status: JsonObject, type_: str, value: str, reason: str, message: str) -> JsonObject:
        before = common.condition(status, type_)
        since = before["lastTransitionTime"] if before and before["status"] == value else self.world.stamp()
        made = {"type": type_, "status": value, "lastTransitionTime": since, "reason": reason, "message": message}
        present = status.get("conditions") or []
        return {**status, "conditions": [made if item is before else item for item in present] if before else [*present, made]}

    def _tell(self, found: JsonObject, reason: str, message: str, *, warning: bool = False) -> None:
        self.world.events(found, reason, message, component=COMPONENT, warning=warning)
