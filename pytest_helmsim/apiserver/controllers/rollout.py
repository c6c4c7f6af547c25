"""What follows from a Deployment and its ReplicaSets, as pure functions: sizes, annotations, counts, conditions, deadlines.

Source: k8s.io/kubernetes pkg/controller/deployment/util/deployment_util.go, sync.go (calculateStatus), progress.go
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import DEPLOYMENT
from pytest_helmsim.objects import clock as clocks
from pytest_helmsim.objects.json import JsonObject

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
HASH_LABEL = "pod-template-hash"
HISTORY_CHARACTERS = 2000
NO_DEADLINE = 2**31 - 1

_NOT_COPIED = frozenset(
    {"kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAXIMUM, "deprecated.deployment.rollback.to"}
)


def replicas(obj: JsonObject) -> int:
    """`spec.replicas` of a Deployment or ReplicaSet."""
    return int(obj["spec"].get("replicas") or 0)


def status_count(obj: JsonObject, name: str) -> int:
    """A number of the status; absent is 0."""
    return int(common.status_of(obj).get(name) or 0)


def age(obj: JsonObject) -> tuple[str, str]:
    """Sorts oldest first; equal times by name."""
    return obj["metadata"].get("creationTimestamp") or "", common.name_of(obj)


def number_annotation(obj: JsonObject, name: str) -> int | None:
    """A non-negative number kept in an annotation; None when there is none."""
    text = common.annotations_of(obj).get(name, "")
    return int(text) if text.isdigit() else None


def revision(obj: JsonObject) -> int:
    """The revision of a ReplicaSet; 0 without one."""
    return number_annotation(obj, REVISION) or 0


def is_rolling(deployment: JsonObject) -> bool:
    return bool((deployment["spec"].get("strategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")


def _fences(deployment: JsonObject) -> tuple[int, int]:
    """maxSurge (rounded up) and maxUnavailable (rounded down); both zero would never move, so then one may be unavailable."""
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    surge = common.scaled(rolling.get("maxSurge", 0), replicas(deployment), round_up=True)
    unavailable = common.scaled(rolling.get("maxUnavailable", 0), replicas(deployment), round_up=False)
    return surge, unavailable or (0 if surge else 1)


def max_surge(deployment: JsonObject) -> int:
    return _fences(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: JsonObject) -> int:
    if not is_rolling(deployment) or not replicas(deployment):
        return 0
    return min(_fences(deployment)[1], replicas(deployment))


def new_size(deployment: JsonObject, every: list[JsonObject], new: JsonObject) -> int:
    """How large the new ReplicaSet may be now."""
    wanted = replicas(deployment)
    if not is_rolling(deployment):
        return wanted
    room = wanted + max_surge(deployment) - sum(map(replicas, every))
    return replicas(new) + min(room, wanted - replicas(new)) if room > 0 else replicas(new)


def is_saturated(deployment: JsonObject, new: JsonObject) -> bool:
    """The new ReplicaSet has, was sized for, and offers all replicas."""
    wanted = replicas(deployment)
    return number_annotation(new, DESIRED) == wanted == replicas(new) == status_count(new, "availableReplicas")


def proportional(deployment: JsonObject, active: list[JsonObject]) -> dict[str, int]:
    """Sizes by uid: the difference is shared by size, larger ones first; what rounding leaves goes to the first."""
    wanted = replicas(deployment)
    allowed = wanted + max_surge(deployment) if wanted > 0 else 0
    change = allowed - sum(map(replicas, active))
    ordered = sorted(active, key=age, reverse=change > 0)
    ordered.sort(key=replicas, reverse=True)
    sizes, added = {}, 0
    for item in ordered:
        share = _share(deployment, item, change, added) if change else 0
        sizes[common.uid_of(item)] = replicas(item) + share
        added += share
    if change and ordered:
        first = common.uid_of(ordered[0])
        sizes[first] = max(sizes[first] + change - added, 0)
    return sizes


def _share(deployment: JsonObject, item: JsonObject, change: int, added: int) -> int:
    if not replicas(item) or change == added:
        return 0
    wanted = replicas(deployment)
    if wanted == 0:
        fraction = -replicas(item)
    else:
        before = number_annotation(item, MAXIMUM) or status_count(deployment, "replicas")
        exact = replicas(item) * (wanted + max_surge(deployment)) / before if before else float(replicas(item))
        fraction = int(exact + 0.5) - replicas(item)
    return min(fraction, change - added) if change > 0 else max(fraction, change - added)


def find_new(deployment: JsonObject, sets: list[JsonObject]) -> JsonObject | None:
    """The oldest ReplicaSet whose template is the Deployment's, the hash label aside."""
    wanted = _plain_template(deployment["spec"]["template"])
    return next((item for item in sets if _plain_template(item["spec"]["template"]) == wanted), None)


def _plain_template(template: JsonObject) -> JsonObject:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL}
    rest = {key: value for key, value in metadata.items() if key not in ("labels", "creationTimestamp") and value}
    return {"metadata": rest, "labels": labels, "spec": template.get("spec")}


def new_replica_set(deployment: JsonObject, digest: str) -> JsonObject:
    """The ReplicaSet for the Deployment's template, without annotations and with no replicas yet."""
    spec = deployment["spec"]
    template = spec["template"]
    labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH_LABEL: digest}
    selector = {**spec["selector"], "matchLabels": {**(spec["selector"].get("matchLabels") or {}), HASH_LABEL: digest}}
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if key != "creationTimestamp"}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{common.name_of(deployment)}-{digest}",
            "namespace": common.namespace_of(deployment),
            "labels": labels,
            "ownerReferences": [common.controller_reference(deployment, DEPLOYMENT)],
        },
        "spec": {
            "replicas": 0,
            **({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
            "selector": selector,
            "template": {**template, "metadata": {**metadata, "labels": labels}},
        },
    }


def synced(replica_set: JsonObject, deployment: JsonObject, number: str) -> JsonObject:
    """The ReplicaSet with the Deployment's annotations, at least that revision, and its minReadySeconds; itself when it has them."""
    annotations = dict(common.annotations_of(replica_set))
    annotations.update({key: value for key, value in common.annotations_of(deployment).items() if key not in _NOT_COPIED})
    before = annotations.get(REVISION)
    if int(before or 0) < int(number):
        annotations[REVISION] = number
        if before is not None:
            annotations[HISTORY] = _longer_history(annotations.get(HISTORY, ""), before)
    wanted = deployment["spec"].get("minReadySeconds") or 0
    if annotations == common.annotations_of(replica_set) and wanted == (replica_set["spec"].get("minReadySeconds") or 0):
        return replica_set
    spec = {key: value for key, value in replica_set["spec"].items() if key != "minReadySeconds"}
    changed = {**replica_set, "spec": {**spec, "minReadySeconds": wanted} if wanted else spec}
    return common.with_metadata(changed, annotations=annotations)


def _longer_history(history: str, number: str) -> str:
    """Revisions that a ReplicaSet has served, oldest dropped when the text grows too long."""
    numbers = [*filter(None, history.split(",")), number]
    while len(",".join(numbers)) > HISTORY_CHARACTERS:
        numbers.pop(0)
    return ",".join(numbers)


def sized(replica_set: JsonObject, deployment: JsonObject) -> JsonObject:
    """The ReplicaSet with the annotations that say for how many replicas it was sized."""
    wanted = replicas(deployment)
    marks = {DESIRED: str(wanted), MAXIMUM: str(wanted + max_surge(deployment))}
    return common.with_metadata(replica_set, annotations={**common.annotations_of(replica_set), **marks})


def with_revision(deployment: JsonObject, number: str) -> JsonObject:
    """The Deployment with its revision noted; itself when it is."""
    annotations = common.annotations_of(deployment)
    return (
        deployment
        if annotations.get(REVISION) == number
        else common.with_metadata(deployment, annotations={**annotations, REVISION: number})
    )


def has_deadline(deployment: JsonObject) -> bool:
    return deployment["spec"].get("progressDeadlineSeconds") not in (None, NO_DEADLINE)


def with_condition(status: JsonObject, type_: str, value: str, reason: str, message: str, stamp: str, transition: str = "") -> JsonObject:
    """The status with that condition; an equal one (status and reason) stays as it is, the transition time changes with the status."""
    current = common.condition(status, type_)
    if current and current.get("status") == value and current.get("reason") == reason:
        return status
    since = transition or (current["lastTransitionTime"] if current and current.get("status") == value else stamp)
    made = {"type": type_, "status": value, "lastUpdateTime": stamp, "lastTransitionTime": since, "reason": reason, "message": message}
    return {**status, "conditions": [*(item for item in status.get("conditions") or () if item.get("type") != type_), made]}


def without_condition(status: JsonObject, type_: str) -> JsonObject:
    rest = [item for item in status.get("conditions") or () if item.get("type") != type_]
    return {**{key: value for key, value in status.items() if key != "conditions"}, **({"conditions": rest} if rest else {})}


def counts(deployment: JsonObject, every: list[JsonObject], new: JsonObject | None, terminating: bool, stamp: str) -> JsonObject:
    """The status as far as it is counted from the ReplicaSets, with condition Available; other conditions are kept."""
    old = common.status_of(deployment)

    def total(name: str) -> int:
        return sum(status_count(item, name) for item in every)

    status: dict[str, Any] = {
        "observedGeneration": deployment["metadata"].get("generation"),
        "replicas": total("replicas"),
        "updatedReplicas": status_count(new, "replicas") if new else 0,
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": total("availableReplicas"),
        "unavailableReplicas": max(sum(map(replicas, every)) - total("availableReplicas"), 0),
        "terminatingReplicas": total("terminatingReplicas") if terminating else None,
        "collisionCount": old.get("collisionCount"),
        "conditions": old.get("conditions"),
    }
    status = common.without_empty(status, *(("terminatingReplicas",) if terminating else ()))
    if total("availableReplicas") >= replicas(deployment) - max_unavailable(deployment):
        return with_condition(status, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", stamp)
    message = "Deployment does not have minimum availability."
    return with_condition(status, "Available", "False", "MinimumReplicasUnavailable", message, stamp)


def is_complete(deployment: JsonObject, status: JsonObject) -> bool:
    """All replicas are updated and available, nothing old is left, and the status is about the present spec."""
    wanted = replicas(deployment)
    numbers = [int(status.get(name) or 0) for name in ("updatedReplicas", "replicas", "availableReplicas")]
    return numbers == [wanted] * 3 and int(status.get("observedGeneration") or 0) >= int(deployment["metadata"].get("generation") or 0)


def _is_progressing(old: JsonObject, new: JsonObject) -> bool:
    def number(status: JsonObject, name: str) -> int:
        return int(status.get(name) or 0)

    def outdated(status: JsonObject) -> int:
        return number(status, "replicas") - number(status, "updatedReplicas")

    grown = any(number(new, name) > number(old, name) for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return grown or outdated(new) < outdated(old)


def progress(deployment: JsonObject, every: list[JsonObject], new: JsonObject | None, terminating: bool, now: float) -> JsonObject:
    """The status of a rollout: counts, and the conditions Progressing and ReplicaFailure."""
    stamp = clocks.rfc3339(now)
    before = common.status_of(deployment)
    status = counts(deployment, every, new, terminating, stamp)
    current = common.condition(before, "Progressing")
    if not has_deadline(deployment):
        status = without_condition(status, "Progressing")
    settled = (current or {}).get("reason") == "NewReplicaSetAvailable" and status.get("replicas", 0) == status.get("updatedReplicas", 0)
    if has_deadline(deployment) and not settled:
        subject = f'ReplicaSet "{common.name_of(new)}"' if new else f'Deployment "{common.name_of(deployment)}"'
        if is_complete(deployment, status):
            message = f"{subject} has successfully progressed."
            status = with_condition(status, "Progressing", "True", "NewReplicaSetAvailable", message, stamp)
        elif _is_progressing(before, status):
            since = current["lastTransitionTime"] if current and current.get("status") == "True" else stamp
            status = without_condition(status, "Progressing")
            status = with_condition(status, "Progressing", "True", "ReplicaSetUpdated", f"{subject} is progressing.", stamp, since)
        elif _is_timed_out(deployment, current, now):
            message = f"{subject} has timed out progressing."
            status = with_condition(status, "Progressing", "False", "ProgressDeadlineExceeded", message, stamp)
    failures = [found for item in ([new] if new else []) + every if (found := common.condition(common.status_of(item), "ReplicaFailure"))]
    if not failures:
        return without_condition(status, "ReplicaFailure")
    first = failures[0]
    current = common.condition(status, "ReplicaFailure")
    if current and (current["status"], current["reason"]) == (first["status"], first["reason"]):
        return status
    moved = {**first, "lastUpdateTime": first["lastTransitionTime"]}
    return {**status, "conditions": [*(item for item in status.get("conditions") or () if item["type"] != "ReplicaFailure"), moved]}


def _is_timed_out(deployment: JsonObject, current: JsonObject | None, now: float) -> bool:
    if current is None or current.get("reason") == "NewReplicaSetAvailable":
        return False
    if current.get("reason") == "ProgressDeadlineExceeded":
        return True
    since = common.seconds(current.get("lastUpdateTime")) or now
    return since + float(deployment["spec"]["progressDeadlineSeconds"]) < now


def deadline_in(deployment: JsonObject, status: JsonObject, now: float) -> float | None:
    """Seconds until the deadline can have passed; None when there is none to wait for."""
    current = common.condition(status, "Progressing")
    if not has_deadline(deployment) or current is None or is_complete(deployment, status):
        return None
    if current.get("reason") in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable") or deployment["spec"].get("paused"):
        return None
    since = common.seconds(current.get("lastUpdateTime")) or now
    return max(since + float(deployment["spec"]["progressDeadlineSeconds"]) + 1 - now, 0.0)
