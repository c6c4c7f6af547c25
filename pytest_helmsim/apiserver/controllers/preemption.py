"""Which pods would have to leave a node so that a more important one fits, and sending them away.

Source: k8s.io/kubernetes pkg/scheduler/framework/preemption, plugins/defaultpreemption/default_preemption.go
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_helmsim.apiserver.controllers import common, placement
from pytest_helmsim.apiserver.controllers.common import BUDGET, POD, World
from pytest_helmsim.apiserver.controllers.placement import Refusal, View
from pytest_helmsim.apiserver.loopback import Api
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import NotFound

MANAGER = "kube-scheduler"
DISRUPTED = "DisruptionTarget"
PREEMPTED = "PreemptionByScheduler"


class Candidate(NamedTuple):
    """A node, the pods that would have to leave it, the most important first, and how many of them a budget would keep."""

    node: str
    victims: list[JsonObject]
    violations: int


def priority(pod: JsonObject) -> int:
    """How important the pod is."""
    return int(pod["spec"].get("priority") or 0)


def is_being_preempted(pod: JsonObject) -> bool:
    """Whether it is leaving because the scheduler sent it away."""
    found = common.condition(common.status_of(pod), DISRUPTED)
    return common.is_deleting(pod) and found is not None and (found["status"], found.get("reason")) == ("True", PREEMPTED)


def budgets(api: Api) -> list[JsonObject]:
    """All budgets; a version without the kind has none."""
    return api.list(BUDGET)


def victims_on(pod: JsonObject, node: JsonObject, view: View, limits: list[JsonObject], version: str) -> Candidate | Refusal:
    """The fewest and least important pods of lower priority without which the pod fits; or why it would not fit without any of them."""
    name, lower = common.name_of(node), {}
    for uid, held in view.held.items():
        other = view.pod_at(held.namespace, held.name) if held.node == name else None
        if other is not None and priority(other) < priority(pod):
            lower[uid] = other
    if not lower:
        return Refusal(("No preemption victims found for incoming pod",), True)
    gone = set(lower)
    why = placement.refusal(pod, node, view.without(gone), version)
    if why is not None:
        return why
    ordered = sorted(lower.values(), key=_importance)
    kept, violations, victims = _kept_by_budgets(ordered, limits), 0, []
    for other in [
        *(item for item in ordered if common.uid_of(item) in kept),
        *(item for item in ordered if common.uid_of(item) not in kept),
    ]:
        uid = common.uid_of(other)
        if placement.refusal(pod, node, view.without(gone - {uid}), version) is None:
            gone.discard(uid)
        else:
            victims.append(other)
            violations += uid in kept
    return Candidate(name, sorted(victims, key=_importance), violations)


def _importance(pod: JsonObject) -> tuple[int, str]:
    """The more important sorts first: higher priority, then longer running."""
    return -priority(pod), str(common.status_of(pod).get("startTime") or "~")


def _kept_by_budgets(ordered: list[JsonObject], limits: list[JsonObject]) -> set[str]:
    """The uids of pods that a budget does not allow to go."""
    left = {common.uid_of(item): int(common.status_of(item).get("disruptionsAllowed") or 0) for item in limits}
    kept = set()
    for pod in ordered:
        for item in limits:
            selector = item["spec"].get("selector")
            if common.namespace_of(item) != common.namespace_of(pod) or not selector or not common.labels_of(pod):
                continue
            if not common.selects(selector, common.labels_of(pod)) or common.name_of(pod) in (
                common.status_of(item).get("disruptedPods") or {}
            ):
                continue
            left[common.uid_of(item)] -= 1
            if left[common.uid_of(item)] < 0:
                kept.add(common.uid_of(pod))
    return kept


def choose(candidates: list[Candidate]) -> Candidate:
    """Fewest broken budgets, least important victims, fewest of them, and then the shortest running."""

    def cost(candidate: Candidate) -> tuple[int, int, int, int]:
        ranks = [priority(victim) for victim in candidate.victims]
        return candidate.violations, max(ranks), sum(rank + 2**31 for rank in ranks), len(ranks)

    def started(candidate: Candidate) -> str:
        top = priority(candidate.victims[0])
        return min(str(common.status_of(item).get("startTime") or "~") for item in candidate.victims if priority(item) == top)

    least = min(cost(candidate) for candidate in candidates)
    return max((candidate for candidate in candidates if cost(candidate) == least), key=started)


def send_away(world: World, victim: JsonObject, preemptor: JsonObject, node: str) -> None:
    """Note in the victim why it goes, delete it and tell."""
    if common.is_deleting(victim):
        return
    condition = {
        "type": DISRUPTED,
        "observedGeneration": victim["metadata"].get("generation"),
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": world.stamp(),
        "reason": PREEMPTED,
        "message": "default-scheduler: preempting to accommodate a higher priority pod",
    }
    status = common.status_of(victim)
    conditions = [*(item for item in status.get("conditions") or () if item["type"] != DISRUPTED), condition]
    try:
        written = common.update_status(world.api, victim, {**status, "conditions": conditions}, manager=MANAGER)
        world.api.delete(POD, common.namespace_of(victim), common.name_of(victim), uid=common.uid_of(victim))
    except NotFound:
        return
    message = f"Preempted by pod {common.uid_of(preemptor)} on node {node}"
    world.events.scheduled(written, "Preempted", message, action="Preempting")
