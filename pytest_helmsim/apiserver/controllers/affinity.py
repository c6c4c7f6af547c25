"""Rules of pods about other pods: affinity, anti-affinity, topology spread constraints.

Source: k8s.io/kubernetes pkg/scheduler/framework/types.go (AffinityTerm), plugins/podtopologyspread/common.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.objects.json import JsonObject

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class Neighbour(NamedTuple):
    """A pod on a node, and the node's labels."""

    pod: JsonObject
    node: str
    labels: Mapping[str, str]


class Rules(NamedTuple):
    """Terms that want other pods in the same domain, and terms that want none there."""

    together: list[JsonObject]
    apart: list[JsonObject]


class Constraint(NamedTuple):
    """One topology spread constraint."""

    key: str
    skew: int
    selector: JsonObject | None
    domains: int
    honours_affinity: bool
    honours_taints: bool


def required(pod: JsonObject) -> Rules:
    """What the pod insists on."""
    rules = pod["spec"].get("affinity") or {}
    return Rules(list((rules.get("podAffinity") or {}).get(REQUIRED) or ()), list((rules.get("podAntiAffinity") or {}).get(REQUIRED) or ()))


def preferred(pod: JsonObject) -> list[tuple[int, JsonObject]]:
    """What the pod would like: terms with their weights, negative for those that want distance."""
    rules = pod["spec"].get("affinity") or {}
    liked = [(int(item["weight"]), item["podAffinityTerm"]) for item in (rules.get("podAffinity") or {}).get(PREFERRED) or ()]
    shunned = [(-int(item["weight"]), item["podAffinityTerm"]) for item in (rules.get("podAntiAffinity") or {}).get(PREFERRED) or ()]
    return liked + shunned


def is_social(pod: JsonObject) -> bool:
    """Whether other pods' coming may make room for this one."""
    rules = required(pod)
    return bool(rules.together or pod["spec"].get("topologySpreadConstraints"))


def matches(term: JsonObject, owner: JsonObject, other: JsonObject, namespace_labels: Callable[[str], Mapping[str, str]]) -> bool:
    """Whether a term of `owner` speaks of `other`: by namespace (its own unless the term says others) and labels."""
    namespace = common.namespace_of(other)
    named, selector = term.get("namespaces") or (), term.get("namespaceSelector")
    if not named and selector is None:
        named = (common.namespace_of(owner),)
    if namespace not in named and not (selector is not None and common.selects(selector, namespace_labels(namespace))):
        return False
    return common.selects(term.get("labelSelector"), common.labels_of(other))


def constraints(pod: JsonObject, action: str) -> list[Constraint]:
    """The pod's constraints with that answer to being unsatisfiable; `matchLabelKeys` narrow the selector to the pod's own values."""
    found, labels = [], common.labels_of(pod)
    for item in pod["spec"].get("topologySpreadConstraints") or ():
        if item["whenUnsatisfiable"] != action:
            continue
        selector = item.get("labelSelector")
        own = {key: labels[key] for key in item.get("matchLabelKeys") or () if key in labels}
        if own and selector is not None:
            selector = {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), **own}}
        found.append(
            Constraint(
                item["topologyKey"],
                int(item["maxSkew"]),
                selector,
                int(item.get("minDomains") or 1),
                item.get("nodeAffinityPolicy", "Honor") == "Honor",
                item.get("nodeTaintsPolicy", "Ignore") == "Honor",
            )
        )
    return found
