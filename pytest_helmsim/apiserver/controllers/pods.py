"""What is true of a pod, which pods go first when there are too many, and making and removing pods for a controller.

Source: k8s.io/kubernetes pkg/controller/controller_utils.go (RealPodControl, ActivePodsWithRanks), pkg/api/v1/pod/util.go
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pytest_helmsim.apiserver.controllers.common import (
    MANAGER,
    POD,
    World,
    condition,
    controller_reference,
    is_deleting,
    name_of,
    namespace_of,
    seconds,
    status_of,
    uid_of,
)
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, NotFound

FINISHED = ("Succeeded", "Failed")
_PHASE_ORDER = {"Pending": 0, "": 0, "Unknown": 1, "Running": 2}


def phase(pod: JsonObject) -> str:
    return str(status_of(pod).get("phase") or "Pending")


def is_finished(pod: JsonObject) -> bool:
    return phase(pod) in FINISHED


def is_active(pod: JsonObject) -> bool:
    """Neither finished nor being deleted."""
    return not is_finished(pod) and not is_deleting(pod)


def is_ready(pod: JsonObject) -> bool:
    """Condition Ready is True."""
    found = condition(status_of(pod), "Ready")
    return found is not None and found.get("status") == "True"


def ready_since(pod: JsonObject) -> float | None:
    """When condition Ready became True; None while it is not."""
    found = condition(status_of(pod), "Ready")
    return seconds(found.get("lastTransitionTime")) if found and found.get("status") == "True" else None


def available_in(pod: JsonObject, min_ready: int, now: float) -> float | None:
    """Seconds until the ready pod counts as available, 0 when it does, None when it is not ready."""
    since = ready_since(pod)
    if since is None:
        return None
    return max(since + min_ready - now, 0.0) if min_ready else 0.0


def is_available(pod: JsonObject, min_ready: int, now: float) -> bool:
    """Ready for at least `min_ready` seconds."""
    return available_in(pod, min_ready, now) == 0.0


def next_available(pods: Iterable[JsonObject], min_ready: int, now: float) -> float | None:
    """Seconds until one more of the ready pods becomes available."""
    waits = [wait for pod in pods if (wait := available_in(pod, min_ready, now))]
    return min(waits) if waits else None


def restarts(pod: JsonObject) -> int:
    """The most restarts of any of its containers."""
    return max((item.get("restartCount") or 0 for item in status_of(pod).get("containerStatuses") or ()), default=0)


def first_to_go(pods: list[JsonObject], related: list[JsonObject], now: float) -> list[JsonObject]:
    """The pods in the order in which a ReplicaSet gives them up.

    Unassigned, then pending, not ready, cheap by annotation, crowded on their node, ready for a shorter time (by powers of
    two), restarted more often, younger; equal ages by uid.
    """
    crowd: dict[str, int] = {}
    for pod in related:
        if is_active(pod) and is_ready(pod):
            node = pod["spec"].get("nodeName") or ""
            crowd[node] = crowd.get(node, 0) + 1

    def rank(pod: JsonObject) -> tuple[object, ...]:
        node = pod["spec"].get("nodeName") or ""
        cost = (pod["metadata"].get("annotations") or {}).get("controller.kubernetes.io/pod-deletion-cost") or "0"
        since = ready_since(pod)
        return (
            bool(node),
            _PHASE_ORDER.get(phase(pod), 2),
            is_ready(pod),
            int(cost),
            -crowd.get(node, 0),
            _age_class(since, now) if since is not None else -1,
            -restarts(pod),
            _age_class(seconds(pod["metadata"].get("creationTimestamp")) or now, now),
            uid_of(pod),
        )

    return sorted(pods, key=rank)


def _age_class(since: float, now: float) -> int:
    age = now - since
    return math.floor(math.log2(age)) if age >= 1 else 0


def from_template(template: JsonObject, owner: JsonObject, gvk: GroupVersionKind) -> JsonObject:
    """The pod that a template describes, owned by the controller, its name generated from the owner's."""
    source = template.get("metadata") or {}
    metadata: JsonObject = {key: dict(source[key]) for key in ("labels", "annotations") if source.get(key)}
    if source.get("finalizers"):
        metadata["finalizers"] = list(source["finalizers"])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{name_of(owner)}-",
            "namespace": namespace_of(owner),
            **metadata,
            "ownerReferences": [controller_reference(owner, gvk)],
        },
        "spec": template["spec"],
    }


def create(world: World, pod: JsonObject, owner: JsonObject, *, component: str) -> JsonObject:
    """Create, with the event on the owner that says so, or that it failed; the error is the caller's."""
    try:
        made = world.api.create(pod, manager=MANAGER)
    except ApiError as error:
        if not is_namespace_terminating(error):
            world.events(owner, "FailedCreate", f"Error creating: {error.message}", component=component, warning=True)
        raise
    world.events(owner, "SuccessfulCreate", f"Created pod: {name_of(made)}", component=component)
    return made


def delete(world: World, pod: JsonObject, owner: JsonObject, *, component: str) -> None:
    """Delete with the event on the owner; one that is already gone is no error."""
    try:
        world.api.delete(POD, namespace_of(pod), name_of(pod), uid=uid_of(pod))
    except NotFound:
        return
    world.events(owner, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}", component=component)


def is_namespace_terminating(error: ApiError) -> bool:
    """A create that failed because its namespace is going away: no reason to complain or to try again."""
    return any(cause.get("reason") == "NamespaceTerminating" for cause in (error.details or {}).get("causes") or ())
