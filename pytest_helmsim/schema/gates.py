"""Fields that belong to features which a version has but does not use: a server drops them, unless the object had them before.

One table for all built-in kinds: `_OF_PODS`, `_OF_CONTAINERS` and `_OF_KINDS`, from path to the minor version since which it is on.
Source: k8s.io/kubernetes pkg/api/pod/util.go (dropDisabledFields), pkg/registry/*/*/strategy.go, pkg/features/kube_features.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.objects.kinds import GroupVersionKind

NEVER = 1000
_EACH = ("containers", "initContainers", "ephemeralContainers")
_TERMS = tuple(
    f"affinity.{kind}.{when}"
    for kind in ("podAffinity", "podAntiAffinity")
    for when in ("requiredDuringSchedulingIgnoredDuringExecution[]", "preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm")
)
_OF_PODS: dict[tuple[str, ...], int] = {
    ("hostUsers",): 33,
    ("schedulingGroup",): NEVER,
    ("workloadRef",): NEVER,
    ("resources",): 34,
    ("hostnameOverride",): 35,
    ("resourceClaims",): 34,
    ("securityContext.supplementalGroupsPolicy",): 33,
    ("securityContext.seLinuxChangePolicy",): 33,
    ("volumes[].projected.sources[].clusterTrustBundle",): NEVER,
    ("volumes[].projected.sources[].podCertificate",): NEVER,
    ("initContainers[].restartPolicy",): 29,
    tuple(f"{term}.{field}" for term in _TERMS for field in ("matchLabelKeys", "mismatchLabelKeys")): 31,
}
_OF_CONTAINERS = {
    "resizePolicy": 33,
    "volumeMounts[].recursiveReadOnly": 31,
    "env[].valueFrom.fileKeyRef": 35,
    "resources.claims": 34,
    "lifecycle.preStop.sleep": 30,
    "lifecycle.postStart.sleep": 30,
    "lifecycle.stopSignal": NEVER,
}
_OF_KINDS: dict[tuple[str, str], dict[tuple[str, ...], int]] = {
    ("", "Pod"): {
        ("status.observedGeneration",): 34,
    },
    ("", "Service"): {
        ("spec.trafficDistribution",): 31,
        ("status.loadBalancer.ingress[].ipMode",): 30,
    },
    ("", "PersistentVolume"): {("spec.volumeAttributesClassName",): 34},
    ("", "PersistentVolumeClaim"): {
        ("spec.volumeAttributesClassName",): 34,
        ("status.currentVolumeAttributesClassName", "status.modifyVolumeStatus"): 34,
        ("spec.resources.claims",): NEVER,
        ("status.allocatedResources", "status.allocatedResourceStatuses"): 32,
    },
    ("apps", "Deployment"): {("status.terminatingReplicas",): 35},
    ("apps", "ReplicaSet"): {("status.terminatingReplicas",): 35},
    ("apps", "StatefulSet"): {("spec.updateStrategy.rollingUpdate.maxUnavailable",): NEVER},
    ("autoscaling", "HorizontalPodAutoscaler"): {("spec.behavior.scaleUp.tolerance", "spec.behavior.scaleDown.tolerance"): 35},
    ("batch", "Job"): {
        ("spec.backoffLimitPerIndex",): 29,
        ("spec.maxFailedIndexes",): 29,
        ("spec.podReplacementPolicy",): 29,
        ("spec.successPolicy",): 31,
        ("spec.managedBy",): 32,
    },
    ("coordination.k8s.io", "Lease"): {("spec.strategy",): NEVER, ("spec.preferredHolder",): NEVER},
    ("storage.k8s.io", "CSIDriver"): {
        ("spec.nodeAllocatableUpdatePeriodSeconds",): 35,
        ("spec.serviceAccountTokenInSecrets",): 35,
        ("spec.preventPodSchedulingIfMissing",): NEVER,
    },
    ("apiextensions.k8s.io", "CustomResourceDefinition"): {("spec.versions[].selectableFields",): 31},
}
"""Paths that one feature owns, and the minor version since which it is on; below a pod spec, each container, each object of a kind."""

_Paths = tuple[tuple[str, ...], ...]


def _split(paths: tuple[str, ...]) -> _Paths:
    return tuple(tuple(path.split(".")) for path in paths)


_POD_RULES: tuple[tuple[_Paths, int], ...] = (
    *((_split(paths), since) for paths, since in _OF_PODS.items()),
    *((_split(tuple(f"{group}[].{path}" for group in _EACH)), since) for path, since in _OF_CONTAINERS.items()),
)
_KIND_RULES = {key: tuple((_split(paths), since) for paths, since in rows.items()) for key, rows in _OF_KINDS.items()}

_IMAGE_VOLUMES_SINCE = 35
_RESTART_RULES_IGNORED = 34
"""The version that knows restart policies of all containers and does not use them; the ones before refuse them."""
_PROC_MOUNT_SINCE = 33
_FAIL_INDEX_SINCE = 29
_PROC_MOUNTS = _split(tuple(f"{group}[].securityContext.procMount" for group in _EACH))

_TEMPLATE = ("spec", "template", "spec")
TEMPLATES = {
    ("", "Pod"): ("spec",),
    ("", "PodTemplate"): ("template", "spec"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
    ("", "ReplicationController"): _TEMPLATE,
    **{("apps", kind): _TEMPLATE for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")},
    ("batch", "Job"): _TEMPLATE,
}
"""Where the spec of pods stands in each kind that has one."""


def without_disabled(key: tuple[str, str], obj: JsonObject, old: JsonObject, minor: int) -> JsonObject:
    """The object without what its version ignores; `old` is the stored one, empty for a new one."""
    obj = _without(_KIND_RULES.get(key, ()), obj, old, minor)
    if key == ("batch", "Job") and minor < _FAIL_INDEX_SINCE:
        obj = _without_fail_index(obj, old)
    path = TEMPLATES.get(key)
    if path is None:
        return obj
    spec, before = _at(obj, path), _at(old, path)
    if spec is before:
        return obj
    kept = _without(_POD_RULES, spec, before, minor)
    if minor < _IMAGE_VOLUMES_SINCE and not _images(before):
        kept = _without_images(kept)
    if minor == _RESTART_RULES_IGNORED and not _restarts(before):
        kept = _without_restarts(kept)
    if minor < _PROC_MOUNT_SINCE and _used(kept, _PROC_MOUNTS):
        kept = _with_usual_proc_mounts(kept, before)
    return obj if kept is spec else _replaced(obj, path, kept)


def _without(rules: tuple[tuple[_Paths, int], ...], obj: JsonObject, old: JsonObject, minor: int) -> JsonObject:
    gone = [paths for paths, since in rules if minor < since and _used(obj, paths) and not _used(old, paths)]
    if not gone:
        return obj
    result: JsonObject = copy(obj)
    for paths in gone:
        for steps in paths:
            for parents in list(_places(result, steps)):
                _drop(parents, steps)
    return result


def _images(spec: JsonObject) -> set[str]:
    return {volume.get("name", "") for volume in spec.get("volumes") or () if volume.get("image") is not None}


def _without_images(spec: JsonObject) -> JsonObject:
    """Volumes from images go with their mounts."""
    names = _images(spec)
    if not names:
        return spec
    result: JsonObject = {**spec, "volumes": [volume for volume in spec["volumes"] if volume.get("image") is None]}
    for group in _EACH:
        if group in spec:
            result[group] = [
                {**each, "volumeMounts": [mount for mount in each["volumeMounts"] if mount.get("name", "") not in names]}
                if each.get("volumeMounts")
                else each
                for each in spec[group] or ()
            ]
    return result


def _without_fail_index(obj: JsonObject, old: JsonObject) -> JsonObject:
    """Rules of a failure policy that count by index."""
    spec = obj.get("spec") or {}
    policy = spec.get("podFailurePolicy") or {}
    kept = [rule for rule in policy.get("rules") or () if rule.get("action") != "FailIndex"]
    if len(kept) == len(policy.get("rules") or ()) or "backoffLimitPerIndex" in (old.get("spec") or {}):
        return obj
    return {**obj, "spec": {**spec, "podFailurePolicy": {**policy, "rules": kept}}}


def _restarts(spec: JsonObject) -> bool:
    return any(_restart_fields(group, each) for group in _EACH for each in spec.get(group) or ())


def _restart_fields(group: str, container: JsonObject) -> set[str]:
    """What belongs to the feature: also in containers that run first, but for what makes one a sidecar."""
    found = {"restartPolicy", "restartPolicyRules"} & container.keys()
    return found - {"restartPolicy"} if group == "initContainers" and container.get("restartPolicy") == "Always" else found


def _without_restarts(spec: JsonObject) -> JsonObject:
    if not _restarts(spec):
        return spec
    result: JsonObject = dict(spec)
    for group in _EACH:
        if spec.get(group):
            result[group] = [{k: v for k, v in each.items() if k not in _restart_fields(group, each)} for each in spec[group]]
    return result


def _with_usual_proc_mounts(spec: JsonObject, before: JsonObject) -> JsonObject:
    """A value that the version ignores becomes the default one."""
    if any(parents[-1]["procMount"] != "Default" for steps in _PROC_MOUNTS for parents in _places(before, steps)):
        return spec
    result: JsonObject = copy(spec)
    for steps in _PROC_MOUNTS:
        for parents in _places(result, steps):
            parents[-1]["procMount"] = "Default"
    return result


def _replaced(obj: Json, path: tuple[str, ...], value: JsonObject) -> JsonObject:
    assert isinstance(obj, dict)
    return {**obj, path[0]: _replaced(obj[path[0]], path[1:], value) if path[1:] else value}


def pod_spec(gvk: GroupVersionKind, obj: JsonObject) -> JsonObject:
    """The spec of the pods that an object makes or is; empty for kinds without."""
    path = TEMPLATES.get((gvk.group, gvk.kind))
    return _at(obj, path) if path is not None else {}


def _at(obj: Any, path: tuple[str, ...]) -> JsonObject:
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else None
    found: JsonObject = obj if isinstance(obj, dict) else {}
    return found


def _used(spec: JsonObject, paths: tuple[tuple[str, ...], ...]) -> bool:
    return any(True for steps in paths for _ in _places(spec, steps))


def _places(node: Any, steps: tuple[str, ...], above: tuple[JsonObject, ...] = ()) -> Iterator[tuple[JsonObject, ...]]:
    """The objects on the way to each place where the last step is present, innermost last."""
    step, rest = steps[0], steps[1:]
    key = step.removesuffix("[]")
    if not isinstance(node, dict) or node.get(key) is None:
        return
    here = (*above, node)
    if not rest:
        yield here
    elif step.endswith("[]"):
        for item in node[key]:
            yield from _places(item, rest, here)
    else:
        yield from _places(node[key], rest, here)


def _drop(parents: tuple[JsonObject, ...], steps: tuple[str, ...]) -> None:
    """Remove the field; the handlers of a lifecycle go with their only action, and it with them."""
    del parents[-1][steps[-1]]
    if "lifecycle" not in steps:
        return
    for depth in range(len(steps) - 2, 0, -1):
        if parents[depth].get(steps[depth]) == {} and steps[depth] in ("lifecycle", "preStop", "postStart"):
            del parents[depth][steps[depth]]
