"""Which of several nodes suits a pod best.

Source: k8s.io/kubernetes pkg/scheduler/framework/plugins: the scores of the default profile with their weights
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_helmsim.apiserver.controllers import affinity, common, placement
from pytest_helmsim.apiserver.controllers.placement import Load, View
from pytest_helmsim.objects.json import JsonObject

BEST = 100.0
LEAST_REQUESTS = {"cpu": 0.1, "memory": 200.0 * 1024 * 1024}
"""What a container counts for that asks for nothing."""

Score = Callable[[JsonObject, JsonObject, View], float]


def best(pod: JsonObject, nodes: list[JsonObject], view: View) -> JsonObject:
    """The node with the highest score; of equal ones the emptiest, then the first by name."""
    totals = {common.name_of(node): 0.0 for node in nodes}
    if len(nodes) > 1:
        for weight, score, lower_is_better in _SCORES:
            raw = {common.name_of(node): score(pod, node, view) for node in nodes}
            if score is _free:
                totals = {name: total + raw[name] for name, total in totals.items()}
                continue
            low, high = min(raw.values()), max(raw.values())
            for name, value in raw.items():
                share = (value - low) / (high - low) if high > low else 0.0
                totals[name] += weight * BEST * (1.0 - share if lower_is_better and high > low else share)

    def rank(node: JsonObject) -> tuple[float, int, str]:
        name = common.name_of(node)
        return -totals[name], view.loads.get(name, Load()).pods, name

    return min(nodes, key=rank)


def _unloved_taints(pod: JsonObject, node: JsonObject, view: View) -> float:
    taints = [item for item in node["spec"].get("taints") or () if item.get("effect") == "PreferNoSchedule"]
    return float(sum(not placement.tolerates(pod["spec"], taint) for taint in taints))


def _liked_nodes(pod: JsonObject, node: JsonObject, view: View) -> float:
    terms = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(affinity.PREFERRED) or ()
    return float(sum(int(item["weight"]) for item in terms if placement.term_matches(item["preference"], node)))


def _liked_company(pod: JsonObject, node: JsonObject, view: View) -> float:
    terms, labels, total = affinity.preferred(pod), common.labels_of(node), 0
    for weight, term in terms:
        value = labels.get(term["topologyKey"])
        if value is None:
            continue
        for other in view.neighbours():
            if other.labels.get(term["topologyKey"]) == value and affinity.matches(term, pod, other.pod, view.namespace_labels):
                total += weight
    return float(total)


def _crowd(pod: JsonObject, node: JsonObject, view: View) -> float:
    """Pods that soft constraints would keep apart; without any, pods of the same controller."""
    rules, labels, total = affinity.constraints(pod, "ScheduleAnyway"), common.labels_of(node), 0
    if not rules:
        owner = common.controller_of(pod)
        if owner is None or pod["spec"].get("topologySpreadConstraints"):
            return 0.0
        return float(view.crowds.get((common.name_of(node), owner.get("uid") or ""), 0))
    for rule in rules:
        value = labels.get(rule.key)
        for other in view.neighbours():
            same = common.namespace_of(other.pod) == common.namespace_of(pod) and not common.is_deleting(other.pod)
            total += same and other.labels.get(rule.key) == value and common.selects(rule.selector, common.labels_of(other.pod))
    return float(total)


def _free(pod: JsonObject, node: JsonObject, view: View) -> float:
    """How much would be left of CPU and memory, in hundredths."""
    allocatable = common.status_of(node).get("allocatable") or {}
    load, wanted, shares = view.loads.get(common.name_of(node), Load()), placement.requests(pod), []
    for name, least in LEAST_REQUESTS.items():
        capacity = placement.number(allocatable.get(name) or "0")
        if capacity > 0:
            used = load.amounts.get(name, 0.0) + (wanted.get(name) or least)
            shares.append(max(capacity - used, 0.0) / capacity)
    return BEST * sum(shares) / len(shares) if shares else 0.0


_SCORES: tuple[tuple[float, Score, bool], ...] = (
    (3.0, _unloved_taints, True),
    (2.0, _liked_nodes, False),
    (2.0, _crowd, True),
    (2.0, _liked_company, False),
    (1.0, _free, False),
)
"""Weight, score, and whether less of it is better."""
