"""When an object is ready by Helm 3's rules (and Helm 4's `--wait=legacy`): one function per kind.

Source: helm.sh/helm/v3 pkg/kube/ready.go; k8s.io/kubernetes pkg/controller/deployment/util (the newest ReplicaSet).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects import meta
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release.build import Built
from pytest_helmsim.release.errors import ReleaseError

PODS = GroupVersionKind("", "v1", "Pod")
REPLICA_SETS = GroupVersionKind("apps", "v1", "ReplicaSet")


class JobIsFailed(ReleaseError):
    """More pods of a Job failed than its backoffLimit allows."""


def is_ready(client: Client, target: Built, *, jobs: bool) -> bool:
    """Read the live object and judge it; kinds without a rule are ready unread. API errors are the caller's."""
    rule = RULES.get((target.resource.gvk.group, target.kind))
    if rule is None or (target.kind == "Job" and not jobs):
        return True
    return rule(client, client.get(target.resource, target.name, target.namespace), target)


def may_recover(error: Exception) -> bool:
    """Whether another look may help: no answer, 429 and 5xx but 501; anything that is no API error."""
    if isinstance(error, ApiError):
        return error.code in (0, 429) or (error.code >= 500 and error.code != 501)
    return True


def condition(obj: JsonObject, kind: str) -> JsonObject:
    """The condition of that type, `{}` when absent."""
    found = (obj.get("status") or {}).get("conditions") or []
    return next((each for each in found if each.get("type") == kind), {})


def has(obj: JsonObject, kind: str, status: str = "True") -> bool:
    """The condition of that type has that status."""
    return bool(condition(obj, kind).get("status") == status)


def _observed(obj: JsonObject) -> bool:
    return (_status(obj).get("observedGeneration") or 0) == meta.generation(obj)


def _status(obj: JsonObject) -> JsonObject:
    return obj.get("status") or {}


def _number(obj: Mapping[str, Json], key: str, default: int = 0) -> int:
    value = obj.get(key)
    return default if value is None else int(value)


def scaled(value: Json, total: int, *, up: bool) -> int:
    """An int-or-percent of `total`."""
    if isinstance(value, str):
        share = total * int(value.removesuffix("%")) / 100
        return math.ceil(share) if up else math.floor(share)
    return int(value or 0)


def _pod(client: Client, pod: JsonObject, target: Built) -> bool:
    return has(pod, "Ready")


def _job(client: Client, job: JsonObject, target: Built) -> bool:
    status, spec = _status(job), job["spec"]
    if _number(status, "failed") > _number(spec, "backoffLimit", 6):
        raise JobIsFailed(f"job is failed: {meta.namespace(job)}/{meta.name(job)}")
    completions = spec.get("completions")
    return completions is None or _number(status, "succeeded") >= completions


def _deployment(client: Client, deployment: JsonObject, target: Built) -> bool:
    spec = deployment["spec"]
    if spec.get("paused"):
        return True
    newest = newest_replica_set(client, deployment)
    if newest is None or not _observed(newest) or not _observed(deployment):
        return False
    replicas = _number(spec, "replicas", 1)
    return _number(_status(newest), "readyReplicas") >= replicas - max_unavailable(spec, replicas)


def max_unavailable(spec: JsonObject, replicas: int) -> int:
    """Pods of a Deployment that may be missing: 0 unless it rolls, never more than it has, at least 1 when it may not surge."""
    strategy = spec.get("strategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate" or replicas == 0:
        return 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = scaled(rolling.get("maxSurge", "25%"), replicas, up=True)
    missing = scaled(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    if surge == 0 and missing == 0:
        missing = 1
    return min(missing, replicas)


def newest_replica_set(client: Client, deployment: JsonObject) -> JsonObject | None:
    """The oldest ReplicaSet of the Deployment whose pod template is the Deployment's, its hash label aside."""
    selector = selector_text(deployment["spec"].get("selector") or {})
    found = client.list(REPLICA_SETS, meta.namespace(deployment), label_selector=selector)
    owned = [each for each in found if (meta.controller_of(each) or {}).get("uid") == meta.uid(deployment)]
    wanted = _template(deployment)
    for each in sorted(owned, key=lambda one: (meta.metadata(one).get("creationTimestamp") or "", meta.name(one))):
        if _template(each) == wanted:
            return each
    return None


def _template(obj: JsonObject) -> JsonObject:
    template = obj["spec"]["template"]
    labels = {key: value for key, value in (template.get("metadata", {}).get("labels") or {}).items() if key != "pod-template-hash"}
    return {**template, "metadata": {**template.get("metadata", {}), "labels": labels}}


def selector_text(selector: JsonObject) -> str:
    """A label selector as the query parameter has it."""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for each in selector.get("matchExpressions") or []:
        operator, key = each["operator"], each["key"]
        values = ",".join(sorted(each.get("values") or []))
        text = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
        parts.append(text[operator])
    return ",".join(parts)


_SELECTING = frozenset({"ReplicaSet", "StatefulSet", "DaemonSet", "Deployment", "Job"})
_SELECTING_PLAINLY = frozenset({"ReplicationController", "Service"})


def pod_selector(obj: JsonObject) -> str:
    """Which pods an object selects, as a query has it; empty for kinds that select none."""
    selector = (obj.get("spec") or {}).get("selector") or {}
    if obj.get("kind") in _SELECTING:
        return selector_text(selector)
    return selector_text({"matchLabels": selector}) if obj.get("kind") in _SELECTING_PLAINLY else ""


def _claim(client: Client, claim: JsonObject, target: Built) -> bool:
    return bool(_status(claim).get("phase") == "Bound")


def _service(client: Client, service: JsonObject, target: Built) -> bool:
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return True
    if not spec.get("clusterIP"):
        return False
    if spec.get("type") != "LoadBalancer" or spec.get("externalIPs"):
        return True
    return bool((_status(service).get("loadBalancer") or {}).get("ingress"))


def _daemon_set(client: Client, daemons: JsonObject, target: Built) -> bool:
    strategy, status = daemons["spec"].get("updateStrategy") or {}, _status(daemons)
    if not _observed(daemons):
        return False
    if strategy.get("type") != "RollingUpdate":
        return True
    desired = _number(status, "desiredNumberScheduled")
    if _number(status, "updatedNumberScheduled") != desired:
        return False
    missing = scaled((strategy.get("rollingUpdate") or {}).get("maxUnavailable"), desired, up=True)
    return _number(status, "numberReady") >= desired - missing


def _stateful_set(client: Client, stateful: JsonObject, target: Built) -> bool:
    spec, status = stateful["spec"], _status(stateful)
    if not _observed(stateful):
        return False
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") != "RollingUpdate":
        return True
    partition = _number(strategy.get("rollingUpdate") or {}, "partition")
    replicas = _number(spec, "replicas", 1)
    if _number(status, "updatedReplicas") < replicas - partition or _number(status, "readyReplicas") != replicas:
        return False
    return partition != 0 or status.get("currentRevision") == status.get("updateRevision")


def _all_pods_ready(client: Client, owner: JsonObject, target: Built) -> bool:
    if not _observed(owner):
        return False
    selector = target.object["spec"].get("selector") or {}
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        selector = {"matchLabels": selector}
    pods = client.list(PODS, target.namespace, label_selector=selector_text(selector))
    return all(has(pod, "Ready") for pod in pods)


def _definition(client: Client, definition: JsonObject, target: Built) -> bool:
    for each in _status(definition).get("conditions") or []:
        if each["type"] == "Established" and each["status"] == "True":
            return True
        if each["type"] == "NamesAccepted" and each["status"] == "False":
            return True
    return False


RULES: Mapping[tuple[str, str], Callable[[Client, JsonObject, Built], bool]] = {
    ("", "Pod"): _pod,
    ("batch", "Job"): _job,
    ("apps", "Deployment"): _deployment,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("", "ReplicationController"): _all_pods_ready,
    ("apps", "ReplicaSet"): _all_pods_ready,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
