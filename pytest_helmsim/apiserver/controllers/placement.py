"""Whether a node can take a pod: the scheduler's filters as functions of the cluster's nodes and the pods on them.

Source: k8s.io/kubernetes pkg/scheduler/framework/plugins (nodeunschedulable, tainttoleration, nodeaffinity, nodeports, noderesources,
volumerestrictions, volumebinding, podtopologyspread, interpodaffinity), in the order of the default profile
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pytest_helmsim.apiserver.controllers import affinity, common, volumes
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject

ANY_ADDRESS = "0.0.0.0"
_OTHER_RESOURCES_FIRST = ("cpu", "memory", "ephemeral-storage")


class Held(NamedTuple):
    """What a pod takes from its node."""

    node: str
    namespace: str
    name: str
    requests: tuple[tuple[str, float], ...]
    ports: tuple[tuple[str, str, int], ...]
    averse: bool
    """It has required anti-affinity, which keeps others away."""
    owner: str
    """The uid of its controller."""


class Load(NamedTuple):
    """What the pods of a node take together."""

    pods: int = 0
    amounts: Mapping[str, float] = {}

    def plus(self, held: Held, sign: int = 1) -> Load:
        amounts = dict(self.amounts)
        for name, amount in held.requests:
            amounts[name] = amounts.get(name, 0.0) + sign * amount
        return Load(self.pods + sign, amounts)


class Refusal(NamedTuple):
    """Why a node cannot take a pod. Hopeless: no pod that left it would help."""

    reasons: tuple[str, ...]
    hopeless: bool


@dataclass(slots=True)
class View:
    """The cluster as seen for one pod: nodes, what they hold, and how to look at the pods, their namespaces and their claims."""

    nodes: list[JsonObject]
    held: Mapping[str, Held]
    loads: Mapping[str, Load]
    crowds: Mapping[tuple[str, str], int]
    """How many pods of a controller, by its uid, a node holds."""
    shunned: bool
    """Some pod keeps others away."""
    pod_at: Callable[[str, str], JsonObject | None]
    namespace_labels: Callable[[str], Mapping[str, str]]
    volumes_of: Callable[[JsonObject], list[JsonObject]]
    exclusive_claims: Callable[[JsonObject], set[str]]
    _neighbours: list[affinity.Neighbour] | None = field(default=None, init=False)

    def without(self, gone: Iterable[str]) -> View:
        """The same without some pods, named by uid."""
        left, loads = dict(self.held), dict(self.loads)
        for uid in gone:
            held = left.pop(uid)
            loads[held.node] = loads[held.node].plus(held, -1)
        return replace(self, held=left, loads=loads)

    def neighbours(self) -> list[affinity.Neighbour]:
        """All pods on nodes, with their node's labels."""
        if self._neighbours is None:
            labels = {common.name_of(node): common.labels_of(node) for node in self.nodes}
            found = []
            for held in self.held.values():
                pod = self.pod_at(held.namespace, held.name)
                if pod is not None and held.node in labels:
                    found.append(affinity.Neighbour(pod, held.node, labels[held.node]))
            self._neighbours = found
        return self._neighbours


def hold(pod: JsonObject, node: str) -> Held:
    """What the pod would take from that node."""
    terms = ((pod["spec"].get("affinity") or {}).get("podAntiAffinity") or {}).get(affinity.REQUIRED)
    namespace, name, owner = common.namespace_of(pod), common.name_of(pod), (common.controller_of(pod) or {}).get("uid") or ""
    return Held(node, namespace, name, tuple(sorted(requests(pod).items())), tuple(ports(pod)), bool(terms), owner)


def requests(pod: JsonObject) -> dict[str, float]:
    """What the pod asks for: its containers and sidecars together, or more if an init container does; then its overhead.

    What the pod itself says of CPU and memory stands for its containers.
    """
    spec = pod["spec"]
    total = _sum(_of(item) for item in spec.get("containers") or ())
    sidecars: dict[str, float] = {}
    peak: dict[str, float] = {}
    for item in spec.get("initContainers") or ():
        if item.get("restartPolicy") == "Always":
            sidecars = _sum((sidecars, _of(item)))
            peak = _largest(peak, sidecars)
        else:
            peak = _largest(peak, _sum((sidecars, _of(item))))
    total = _largest(_sum((total, sidecars)), peak) | _of(spec)
    return _sum((total, {name: number(value) for name, value in (spec.get("overhead") or {}).items()}))


def _of(holder: JsonObject) -> dict[str, float]:
    return {name: number(value) for name, value in ((holder.get("resources") or {}).get("requests") or {}).items()}


def _sum(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in parts:
        for name, amount in part.items():
            found[name] = found.get(name, 0.0) + amount
    return found


def _largest(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in one.keys() | other.keys()}


def number(text: str) -> float:
    """A quantity in units of one."""
    return quantity.parse(text).scaled(-3) / 1000


def ports(pod: JsonObject) -> Iterable[tuple[str, str, int]]:
    """The ports of the node that the pod wants: address, protocol, number."""
    for kind in ("containers", "initContainers"):
        for container in pod["spec"].get(kind) or ():
            if kind == "initContainers" and container.get("restartPolicy") != "Always":
                continue
            for port in container.get("ports") or ():
                if port.get("hostPort"):
                    yield port.get("hostIP") or ANY_ADDRESS, port.get("protocol") or "TCP", int(port["hostPort"])


def preselected(spec: JsonObject) -> set[str] | None:
    """The only nodes that can come into question because each term of the required node affinity names them; None for all."""
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(affinity.REQUIRED) or {}
    found: set[str] = set()
    for term in required.get("nodeSelectorTerms") or ():
        named: set[str] | None = None
        for rule in term.get("matchFields") or ():
            if rule.get("key") == "metadata.name" and rule["operator"] == "In":
                named = set(rule["values"]) if named is None else named & set(rule["values"])
        if named is None:
            return None
        found |= named
    return found or None


def refusal(pod: JsonObject, node: JsonObject, view: View, version: str) -> Refusal | None:
    """Why the node cannot take the pod; None when it can. The first filter that refuses counts; resources give all their reasons."""
    spec, name = pod["spec"], common.name_of(node)
    unschedulable = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    if node["spec"].get("unschedulable") and not tolerates(spec, unschedulable):
        return Refusal(("node(s) were unschedulable",), True)
    for taint in node["spec"].get("taints") or ():
        if taint.get("effect") in ("NoSchedule", "NoExecute") and not tolerates(spec, taint):
            return Refusal((untolerated(taint, version),), True)
    if not matches_node(spec, node):
        return Refusal(("node(s) didn't match Pod's node affinity/selector",), True)
    mine = hold(pod, name)
    if mine.ports and any(_clash(mine.ports, other.ports) for other in view.held.values() if other.node == name):
        return Refusal(("node(s) didn't have free ports for the requested pod ports",), False)
    return (
        _room(mine, node, view.loads.get(name, Load())) or _claims(pod, node, view) or _spread(pod, node, view) or _company(pod, node, view)
    )


def untolerated(taint: JsonObject, version: str) -> str:
    """Later schedulers do not name the taint."""
    major, minor = version.split(".")[:2]
    if (int(major), int(minor)) >= (1, 35):
        return "node(s) had untolerated taint(s)"
    return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}"


def _clash(mine: Iterable[tuple[str, str, int]], other: tuple[tuple[str, str, int], ...]) -> bool:
    return any(
        (protocol, number) == (taken[1], taken[2]) and (address == taken[0] or ANY_ADDRESS in (address, taken[0]))
        for address, protocol, number in mine
        for taken in other
    )


def _room(mine: Held, node: JsonObject, load: Load) -> Refusal | None:
    allocatable = common.status_of(node).get("allocatable") or {}
    why, hopeless = [], False
    if load.pods + 1 > number(allocatable.get("pods") or "0"):
        why.append("Too many pods")
    wanted = dict(mine.requests)
    for name in (*_OTHER_RESOURCES_FIRST, *(name for name in wanted if name not in _OTHER_RESOURCES_FIRST)):
        amount, capacity = wanted.get(name, 0.0), number(allocatable.get(name) or "0")
        if amount > 0 and amount > capacity - load.amounts.get(name, 0.0):
            why.append(f"Insufficient {name}")
            hopeless = hopeless or amount > capacity
    return Refusal(tuple(why), hopeless) if why else None


def _claims(pod: JsonObject, node: JsonObject, view: View) -> Refusal | None:
    """A claim that only one pod may use, or a volume that another node holds."""
    exclusive = view.exclusive_claims(pod)
    if exclusive and any(exclusive & set(volumes.claims_of(other.pod)) for other in view.neighbours() if _same_namespace(other.pod, pod)):
        why = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
        return Refusal((why,), False)
    for volume in view.volumes_of(pod):
        required = (volume["spec"].get("nodeAffinity") or {}).get("required")
        if required is not None and not _terms_match(required, node):
            return Refusal(("node(s) didn't match PersistentVolume's node affinity",), True)
    return None


def _same_namespace(one: JsonObject, other: JsonObject) -> bool:
    return common.namespace_of(one) == common.namespace_of(other)


def _spread(pod: JsonObject, node: JsonObject, view: View) -> Refusal | None:
    rules = affinity.constraints(pod, "DoNotSchedule")
    if not rules:
        return None
    labels, unmatched = common.labels_of(node), "node(s) didn't match pod topology spread constraints"
    for rule in rules:
        value = labels.get(rule.key)
        if value is None:
            return Refusal((f"{unmatched} (missing required label)",), True)
        counts = _domain_counts(pod, rule, rules, view)
        least = min(counts.values(), default=0) if len(counts) >= rule.domains else 0
        itself = common.selects(rule.selector, common.labels_of(pod))
        if counts.get(value, 0) + itself - least > rule.skew:
            return Refusal((unmatched,), False)
    return None


def _domain_counts(pod: JsonObject, rule: affinity.Constraint, rules: list[affinity.Constraint], view: View) -> dict[str, int]:
    """How many matching pods each domain of the rule holds, over the nodes that count for it."""
    counts: dict[str, int] = {}
    counted = set()
    for node in view.nodes:
        labels = common.labels_of(node)
        if any(other.key not in labels for other in rules):
            continue
        if rule.honours_affinity and not matches_node(pod["spec"], node):
            continue
        taints = [item for item in node["spec"].get("taints") or () if item.get("effect") in ("NoSchedule", "NoExecute")]
        if rule.honours_taints and any(not tolerates(pod["spec"], taint) for taint in taints):
            continue
        counts.setdefault(labels[rule.key], 0)
        counted.add(common.name_of(node))
    for other in view.neighbours():
        if other.node in counted and _same_namespace(other.pod, pod) and not common.is_deleting(other.pod):
            counts[other.labels[rule.key]] += common.selects(rule.selector, common.labels_of(other.pod))
    return counts


def _company(pod: JsonObject, node: JsonObject, view: View) -> Refusal | None:
    """Required affinity and anti-affinity: the pod's own, and that of pods which are there."""
    rules = affinity.required(pod)
    if not rules.together and not rules.apart and not view.shunned:
        return None
    labels = common.labels_of(node)
    if rules.together and not _has_company(pod, rules.together, labels, view):
        return Refusal(("node(s) didn't match pod affinity rules",), True)
    for term in rules.apart:
        if term["topologyKey"] in labels and any(
            other.labels.get(term["topologyKey"]) == labels[term["topologyKey"]]
            for other in view.neighbours()
            if affinity.matches(term, pod, other.pod, view.namespace_labels)
        ):
            return Refusal(("node(s) didn't match pod anti-affinity rules",), False)
    for other in view.neighbours():
        for term in affinity.required(other.pod).apart:
            key = term["topologyKey"]
            here = key in labels and other.labels.get(key) == labels[key]
            if here and affinity.matches(term, other.pod, pod, view.namespace_labels):
                return Refusal(("node(s) didn't satisfy existing pods anti-affinity rules",), False)
    return None


def _has_company(pod: JsonObject, terms: list[JsonObject], labels: Mapping[str, str], view: View) -> bool:
    """Each term has a match in the node's domain; the first of a series that wants its own company may go anywhere."""
    if any(term["topologyKey"] not in labels for term in terms):
        return False
    friends = [other for other in view.neighbours() if all(affinity.matches(term, pod, other.pod, view.namespace_labels) for term in terms)]
    if all(any(other.labels.get(term["topologyKey"]) == labels[term["topologyKey"]] for other in friends) for term in terms):
        return True
    counted = any(term["topologyKey"] in other.labels for other in friends for term in terms)
    return not counted and all(affinity.matches(term, pod, pod, view.namespace_labels) for term in terms)


def matches_node(spec: JsonObject, node: JsonObject) -> bool:
    """nodeSelector and required node affinity."""
    labels = common.labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(affinity.REQUIRED)
    return required is None or _terms_match(required, node)


def _terms_match(selector: JsonObject, node: JsonObject) -> bool:
    return any(term_matches(term, node) for term in selector.get("nodeSelectorTerms") or ())


def term_matches(term: JsonObject, node: JsonObject) -> bool:
    """One term of a node selector; an empty one matches nothing."""
    labels, fields = common.labels_of(node), {"metadata.name": common.name_of(node)}
    return (
        bool(term.get("matchExpressions") or term.get("matchFields"))
        and all(_rule(rule, labels) for rule in term.get("matchExpressions") or ())
        and all(_rule(rule, fields) for rule in term.get("matchFields") or ())
    )


def _rule(rule: JsonObject, values: Mapping[str, Any]) -> bool:
    operator, found = rule["operator"], values.get(rule["key"])
    if operator in ("Gt", "Lt"):
        if found is None or not found.lstrip("-").isdigit():
            return False
        return int(found) > int(rule["values"][0]) if operator == "Gt" else int(found) < int(rule["values"][0])
    return common.selects({"matchExpressions": [rule]}, values)


def tolerates(spec: JsonObject, taint: JsonObject) -> bool:
    """Whether the pod tolerates the taint."""
    for item in spec.get("tolerations") or ():
        if item.get("effect") and item["effect"] != taint.get("effect"):
            continue
        if item.get("key") and item["key"] != taint["key"]:
            continue
        if item.get("operator") == "Exists" or (item.get("key") and (item.get("value") or "") == (taint.get("value") or "")):
            return True
    return False
