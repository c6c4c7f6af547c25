"""The status of an object by the rules of Helm 4's watcher: Current, InProgress, Failed, Terminating, and a message.

Source: github.com/fluxcd/cli-utils pkg/kstatus/status, pkg/kstatus/polling/statusreaders;
helm.sh/helm/v4 internal/statusreaders (Jobs and Pods of hooks).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects import meta
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.release.readiness import PODS, condition, has, selector_text

CURRENT: Final = "Current"
IN_PROGRESS: Final = "InProgress"
FAILED: Final = "Failed"
TERMINATING: Final = "Terminating"
NOT_FOUND: Final = "NotFound"
UNKNOWN: Final = "Unknown"

SCHEDULE_WINDOW = 15.0


class Result(NamedTuple):
    """A status and why."""

    status: str
    message: str


Reader = Callable[[Client, JsonObject], Result]


def compute(client: Client, obj: JsonObject) -> Result:
    """The status of any object."""
    general = _general(obj)
    if general is not None:
        result = general
    else:
        rule = RULES.get((_group(obj), obj.get("kind") or ""))
        result = rule(client, obj) if rule else _by_ready_condition(obj)
    if result.status == IN_PROGRESS and (_group(obj), obj.get("kind")) in (("apps", "StatefulSet"), ("apps", "ReplicaSet")):
        failed = _failed_pods(client, obj)
        if failed:
            return Result(FAILED, f"{failed} pods have failed")
    return result


def compute_with_jobs(client: Client, obj: JsonObject) -> Result:
    """The same, but a Job is Current only when it is complete."""
    return _awaited_job(obj) if (_group(obj), obj.get("kind")) == ("batch", "Job") else compute(client, obj)


def compute_hook(client: Client, obj: JsonObject) -> Result:
    """Of a hook: Jobs and Pods have to succeed, everything else is Current once it is seen."""
    place = (_group(obj), obj.get("kind"))
    if place == ("batch", "Job"):
        return _awaited_job(obj)
    if place == ("", "Pod"):
        return _awaited_pod(obj)
    general = _general(obj)
    return general if general is not None and general.status == TERMINATING else Result(CURRENT, "Resource is current")


def _group(obj: JsonObject) -> str:
    return (obj.get("apiVersion") or "").rpartition("/")[0]


def _general(obj: JsonObject) -> Result | None:
    if meta.is_terminating(obj):
        return Result(TERMINATING, "Resource scheduled for deletion")
    generation = meta.metadata(obj).get("generation")
    observed = (obj.get("status") or {}).get("observedGeneration") if isinstance(obj.get("status"), dict) else None
    if generation is not None and observed is not None and observed != generation:
        return Result(IN_PROGRESS, f"{obj.get('kind')} generation is {generation}, but latest observed generation is {observed}")
    if has(obj, "Reconciling"):
        return Result(IN_PROGRESS, condition(obj, "Reconciling").get("message") or "")
    if has(obj, "Stalled"):
        return Result(FAILED, condition(obj, "Stalled").get("message") or "")
    return None


def _by_ready_condition(obj: JsonObject) -> Result:
    ready = condition(obj, "Ready")
    if ready.get("status") == "True":
        return Result(CURRENT, "Resource is Ready")
    if ready.get("status") in ("False", "Unknown"):
        return Result(IN_PROGRESS, ready.get("message") or "")
    return Result(CURRENT, "Resource is current")


def _failed_pods(client: Client, owner: JsonObject) -> int:
    """Pods of a controller that failed for good: not those being deleted, nor those that wait for a node."""
    pods = client.list(PODS, meta.namespace(owner), label_selector=selector_text(owner["spec"].get("selector") or {}))
    return sum(
        compute(client, pod).status == FAILED
        for pod in pods
        if not meta.is_terminating(pod) and condition(pod, "PodScheduled").get("reason") != "Unschedulable"
    )


def _int(obj: JsonObject, section: str, key: str, default: int) -> int:
    value = (obj.get(section) or {}).get(key)
    return value if isinstance(value, int) else default


def _stateful_set(client: Client, obj: JsonObject) -> Result:
    strategy = obj["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return Result(CURRENT, "StatefulSet is using the ondelete update strategy")
    wanted, there = _int(obj, "spec", "replicas", 1), _int(obj, "status", "replicas", 0)
    ready, updated = _int(obj, "status", "readyReplicas", 0), _int(obj, "status", "updatedReplicas", 0)
    if wanted > there:
        return Result(IN_PROGRESS, f"Replicas: {there}/{wanted}")
    if wanted > ready:
        return Result(IN_PROGRESS, f"Ready: {ready}/{wanted}")
    if there > wanted:
        return Result(IN_PROGRESS, f"Pending termination: {there - wanted}")
    partition = (strategy.get("rollingUpdate") or {}).get("partition")
    if partition is not None:
        if updated < wanted - partition:
            return Result(IN_PROGRESS, f"updated: {updated}/{wanted - partition}")
        return Result(CURRENT, f"Partition rollout complete. updated: {updated}")
    current = _int(obj, "status", "currentReplicas", 0)
    if wanted > current:
        return Result(IN_PROGRESS, f"current: {current}/{wanted}")
    status = obj.get("status") or {}
    if status.get("currentRevision") != status.get("updateRevision"):
        return Result(IN_PROGRESS, "Waiting for updated revision to match current")
    return Result(CURRENT, f"All replicas scheduled as expected. Replicas: {there}")


def _deployment(client: Client, obj: JsonObject) -> Result:
    progress = condition(obj, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Result(FAILED, "Progress deadline exceeded")
    no_deadline = _int(obj, "spec", "progressDeadlineSeconds", 2**31 - 1) == 2**31 - 1
    progressing = no_deadline or (progress.get("status") == "True" and progress.get("reason") == "NewReplicaSetAvailable")
    wanted, there = _int(obj, "spec", "replicas", 1), _int(obj, "status", "replicas", 0)
    updated, ready = _int(obj, "status", "updatedReplicas", 0), _int(obj, "status", "readyReplicas", 0)
    available = _int(obj, "status", "availableReplicas", 0)
    if wanted > there:
        return Result(IN_PROGRESS, f"Replicas: {there}/{wanted}")
    if wanted > updated:
        return Result(IN_PROGRESS, f"Updated: {updated}/{wanted}")
    if there > wanted:
        return Result(IN_PROGRESS, f"Pending termination: {there - wanted}")
    if updated > available:
        return Result(IN_PROGRESS, f"Available: {available}/{updated}")
    if wanted > ready:
        return Result(IN_PROGRESS, f"Ready: {ready}/{wanted}")
    if not progressing:
        return Result(IN_PROGRESS, "ReplicaSet not Available")
    if not has(obj, "Available"):
        return Result(IN_PROGRESS, "Deployment not Available")
    return Result(CURRENT, f"Deployment is available. Replicas: {there}")


def _replica_set(client: Client, obj: JsonObject) -> Result:
    if has(obj, "ReplicaFailure"):
        return Result(IN_PROGRESS, "Replica Failure condition. Check Pods")
    wanted, there = _int(obj, "spec", "replicas", 1), _int(obj, "status", "replicas", 0)
    for word, key in (("Labelled", "fullyLabeledReplicas"), ("Available", "availableReplicas"), ("Ready", "readyReplicas")):
        found = _int(obj, "status", key, 0)
        if wanted > found:
            return Result(IN_PROGRESS, f"{word}: {found}/{wanted}")
    if there > wanted:
        return Result(IN_PROGRESS, f"Pending termination: {there - wanted}")
    return Result(CURRENT, f"ReplicaSet is available. Replicas: {there}")


def _daemon_set(client: Client, obj: JsonObject) -> Result:
    for section, key in (("metadata", "generation"), ("status", "observedGeneration")):
        if (obj.get(section) or {}).get(key) is None:
            return Result(IN_PROGRESS, f"{obj['kind']} {section}.{key} not found")
    wanted = _int(obj, "status", "desiredNumberScheduled", -1)
    if wanted == -1:
        return Result(IN_PROGRESS, "Missing .status.desiredNumberScheduled")
    for word, key in (
        ("Current", "currentNumberScheduled"),
        ("Updated", "updatedNumberScheduled"),
        ("Available", "numberAvailable"),
        ("Ready", "numberReady"),
    ):
        found = _int(obj, "status", key, 0)
        if wanted > found:
            return Result(IN_PROGRESS, f"{word}: {found}/{wanted}")
    return Result(CURRENT, f"All replicas scheduled as expected. Replicas: {wanted}")


def _claim(client: Client, obj: JsonObject) -> Result:
    phase = (obj.get("status") or {}).get("phase") or "unknown"
    return Result(CURRENT, "PVC is Bound") if phase == "Bound" else Result(IN_PROGRESS, f"PVC is not Bound. phase: {phase}")


def _pod(client: Client, obj: JsonObject) -> Result:
    status = obj.get("status") or {}
    phase = status.get("phase") or ""
    if phase == "Succeeded":
        return Result(CURRENT, "Pod has completed successfully")
    if phase == "Failed":
        return Result(CURRENT, "Pod has completed, but not successfully")
    if phase == "Running":
        if has(obj, "Ready"):
            return Result(CURRENT, "Pod is Ready")
        looping = [
            each["name"]
            for each in status.get("containerStatuses") or []
            if ((each.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff"
        ]
        if looping:
            return Result(FAILED, f"Containers in CrashLoop state: {','.join(looping)}")
        return Result(IN_PROGRESS, "Pod is running but is not Ready")
    if phase == "Pending":
        scheduled = condition(obj, "PodScheduled")
        if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
            created = datetime.fromisoformat(meta.metadata(obj)["creationTimestamp"]).timestamp()
            if client.clock.now() - SCHEDULE_WINDOW < created:
                return Result(IN_PROGRESS, "Pod has not been scheduled")
            return Result(FAILED, "Pod could not be scheduled")
        return Result(IN_PROGRESS, "Pod is in the Pending phase")
    return Result(UNKNOWN, f"unknown phase {phase}") if phase else Result(IN_PROGRESS, "Pod phase not available")


def _completions(obj: JsonObject) -> int:
    return _int(obj, "spec", "completions", _int(obj, "spec", "parallelism", 1))


def _finished_job(obj: JsonObject) -> Result | None:
    wanted = _completions(obj)
    for each in (obj.get("status") or {}).get("conditions") or []:
        if each.get("status") != "True":
            continue
        if each.get("type") == "Complete":
            return Result(CURRENT, f"Job Completed. succeeded: {_int(obj, 'status', 'succeeded', 0)}/{wanted}")
        if each.get("type") == "Failed":
            return Result(FAILED, f"Job Failed. failed: {_int(obj, 'status', 'failed', 0)}/{wanted}")
    return None


def _job(client: Client, obj: JsonObject) -> Result:
    finished = _finished_job(obj)
    if finished is not None:
        return finished
    if not (obj.get("status") or {}).get("startTime"):
        return Result(IN_PROGRESS, "Job not started")
    succeeded, active, failed = (_int(obj, "status", key, 0) for key in ("succeeded", "active", "failed"))
    return Result(CURRENT, f"Job in progress. success:{succeeded}, active: {active}, failed: {failed}")


def _awaited_job(obj: JsonObject) -> Result:
    return _finished_job(obj) or Result(IN_PROGRESS, "Job in progress")


def _awaited_pod(obj: JsonObject) -> Result:
    phase, name = (obj.get("status") or {}).get("phase"), meta.name(obj)
    if phase == "Succeeded":
        return Result(CURRENT, f"pod {name} succeeded")
    if phase == "Failed":
        return Result(FAILED, f"pod {name} failed")
    return Result(IN_PROGRESS, "Pod in progress")


def _service(client: Client, obj: JsonObject) -> Result:
    spec = obj.get("spec") or {}
    if spec.get("type") == "LoadBalancer" and not spec.get("clusterIP"):
        return Result(IN_PROGRESS, "ClusterIP not set. Service type: LoadBalancer")
    return Result(CURRENT, "Service is ready")


def _definition(client: Client, obj: JsonObject) -> Result:
    for each in (obj.get("status") or {}).get("conditions") or []:
        kind, status = each.get("type"), each.get("status")
        if kind == "NamesAccepted" and status == "False":
            return Result(FAILED, each.get("message") or "")
        if kind == "Established" and status == "False" and each.get("reason") != "Installing":
            return Result(FAILED, each.get("message") or "")
        if kind == "Established" and status == "True":
            return Result(CURRENT, "CRD is established")
    return Result(IN_PROGRESS, "Install in progress")


def _always(client: Client, obj: JsonObject) -> Result:
    return Result(CURRENT, "Resource is always ready")


RULES: Mapping[tuple[str, str], Reader] = {
    ("", "Service"): _service,
    ("", "Pod"): _pod,
    ("", "Secret"): _always,
    ("", "ConfigMap"): _always,
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("policy", "PodDisruptionBudget"): lambda client, obj: Result(CURRENT, "AllowedDisruptions has been computed."),
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
