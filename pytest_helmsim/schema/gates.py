"""Fields that belong to features which a version has but does not use: a server drops them, unless the object had them before.

Source: k8s.io/kubernetes pkg/api/pod/util.go (dropDisabledFields), pkg/features/kube_features.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_helmsim.objects.json import JsonObject, copy
from pytest_helmsim.objects.kinds import GroupVersionKind

NEVER = 1000
_EACH = ("containers", "initContainers", "ephemeralContainers")
_OF_SPEC = {
    "hostUsers": 33,
    "schedulingGroup": NEVER,
    "resources": 34,
    "hostnameOverride": 35,
    "resourceClaims": 34,
    "securityContext.supplementalGroupsPolicy": 33,
    "securityContext.seLinuxChangePolicy": 33,
    "volumes[].image": 35,
    "volumes[].projected.sources[].clusterTrustBundle": NEVER,
    "volumes[].projected.sources[].podCertificate": NEVER,
    "initContainers[].restartPolicy": 29,
}
_OF_CONTAINERS = {
    "resizePolicy": 33,
    "restartPolicyRules": 35,
    "securityContext.procMount": 33,
    "volumeMounts[].recursiveReadOnly": 31,
    "env[].valueFrom.fileKeyRef": 35,
    "resources.claims": 34,
    "lifecycle.preStop.sleep": 30,
    "lifecycle.postStart.sleep": 30,
    "lifecycle.stopSignal": NEVER,
}
_RULES: tuple[tuple[tuple[tuple[str, ...], ...], int], ...] = (
    *((((*path.split("."),),), since) for path, since in _OF_SPEC.items()),
    *((tuple((f"{group}[]", *path.split(".")) for group in _EACH), since) for path, since in _OF_CONTAINERS.items()),
)
"""Paths that one feature owns, and the minor version since which it is on."""

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
    path = TEMPLATES.get(key)
    if path is None:
        return obj
    spec, before = _at(obj, path), _at(old, path)
    gone = [paths for paths, since in _RULES if minor < since and _used(spec, paths) and not _used(before, paths)]
    if not gone:
        return obj
    result: JsonObject = copy(obj)
    spec = _at(result, path)
    for paths in gone:
        for steps in paths:
            for parents in list(_places(spec, steps)):
                _drop(parents, steps)
    return result


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
