"""What is special about pods when they are written: labels that become selectors, profiles, the three narrow endpoints, a slow end.

Source: k8s.io/kubernetes pkg/registry/core/pod/strategy.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.strategies import Paths, Strategy, keep
from pytest_helmsim.objects.json import JsonObject, copy
from pytest_helmsim.patch.field_set import AllBut, FieldSet
from pytest_helmsim.schema.gates import without_disabled
from pytest_helmsim.schema.strategies import with_generation
from pytest_helmsim.schema.validate.pod_annotations import APP_ARMOR

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

_EPHEMERAL = AllBut(("f:spec", "f:ephemeralContainers"), ("f:metadata",))
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_GATED = {
    "type": "PodScheduled",
    "status": "False",
    "lastProbeTime": None,
    "lastTransitionTime": None,
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
_TERMS = ("preferredDuringSchedulingIgnoredDuringExecution", "requiredDuringSchedulingIgnoredDuringExecution")


class Pod(Strategy):
    """Lives on after DELETE until its grace period is over and the kubelet has confirmed."""

    def reset_fields(self, subresource: str) -> Paths:
        if subresource == "status":
            return (("spec",), ("metadata", "deletionTimestamp"), ("metadata", "ownerReferences"))
        return super().reset_fields(subresource)

    def ignored_fields(self, subresource: str) -> FieldSet | None:
        return _EPHEMERAL if subresource == "ephemeralcontainers" else None

    def prepare_create(self, op: Operation, new: JsonObject) -> JsonObject:
        new = super().prepare_create(op, new)
        if new["spec"].get("schedulingGates"):
            new["status"] = {**new["status"], "conditions": [{**_GATED, "lastTransitionTime": op.now}]}
        minor = op.server.catalog.version.minor
        _add_label_keys(new, minor)
        if minor >= 30:
            _adopt_profiles(op, new)
        if 30 <= minor < 34:
            _annotate_profiles(new)
        return new

    def prepare_status(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        new["metadata"].pop("deletionTimestamp", None)
        keep(new["metadata"], old["metadata"], "ownerReferences")
        status, before = dict(new.get("status") or {}), old.get("status") or {}
        if not status.get("qosClass") and before.get("qosClass"):
            status["qosClass"] = before["qosClass"]
        _keep_generations(status, before)
        if not before.get("nodeAllocatableResourceClaimStatuses"):
            status.pop("nodeAllocatableResourceClaimStatuses", None)
        if not any(_tells_volumes(entry) for key in _STATUSES for entry in before.get(key) or ()):
            status |= {key: [_without_volumes(entry) for entry in status[key]] for key in _STATUSES if status.get(key)}
        new["status"] = status
        return super().prepare_status(op, new, old)

    def prepare_part(self, op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
        spec = new.get("spec") or {}
        if op.subresource == "ephemeralcontainers":
            minor = op.server.catalog.version.minor
            spec = without_disabled(("", "Pod"), new, old, minor).get("spec") or {}
            wanted = {**old["spec"], "ephemeralContainers": spec.get("ephemeralContainers")}
        elif op.subresource == "resize":
            resized = _resized(spec, old["spec"])
            if resized is None:
                return new
            wanted = resized
        else:
            return new
        wanted = {key: value for key, value in wanted.items() if value not in (None, [])}
        meta = {**old["metadata"], **{key: new["metadata"][key] for key in ("managedFields", "resourceVersion") if key in new["metadata"]}}
        result = keep({**new, "metadata": meta, "spec": wanted}, old, "status")
        return with_generation(op.served.stored, result, old, version=op.server.version)

    def grace_period(self, obj: JsonObject, requested: int | None) -> int | None:
        spec, status = obj.get("spec") or {}, obj.get("status") or {}
        period = requested if requested is not None else spec.get("terminationGracePeriodSeconds") or 0
        if not spec.get("nodeName") or status.get("phase") in ("Failed", "Succeeded"):
            period = 0
        return 1 if period < 0 else int(period)


def _tells_volumes(status: JsonObject) -> bool:
    """Says which image a volume came from: a feature that is off."""
    return any(mount.get("volumeStatus") is not None for mount in status.get("volumeMounts") or ())


def _without_volumes(status: JsonObject) -> JsonObject:
    if not _tells_volumes(status):
        return status
    mounts = [{key: value for key, value in mount.items() if key != "volumeStatus"} for mount in status["volumeMounts"]]
    return {**status, "volumeMounts": mounts}


def _keep_generations(status: JsonObject, before: JsonObject) -> None:
    """A client that does not know `observedGeneration` does not take it away."""
    if not status.get("observedGeneration") and before.get("observedGeneration"):
        status["observedGeneration"] = before["observedGeneration"]
    known: dict[str, list[int]] = {}
    for condition in before.get("conditions") or ():
        known.setdefault(condition.get("type", ""), []).append(condition.get("observedGeneration") or 0)
    conditions = []
    for condition in status.get("conditions") or ():
        generations = known.get(condition.get("type", "")) or [0]
        generation = generations.pop(0)
        conditions.append(
            condition if condition.get("observedGeneration") or not generation else {**condition, "observedGeneration": generation}
        )
    if conditions:
        status["conditions"] = conditions


def _resized(spec: JsonObject, before: JsonObject) -> JsonObject | None:
    """The old spec with the new resources; None where containers came, went or changed places, which is refused as it is."""
    wanted: JsonObject = {**before, "resources": spec.get("resources")}
    for group in ("containers", "initContainers"):
        here, there = spec.get(group) or [], before.get(group) or []
        if len(here) != len(there):
            return None
        if any(one.get("name") != other.get("name") for one, other in zip(here, there, strict=True)):
            wanted[group] = here
            continue
        wanted[group] = [keep(dict(other), one, "resources", "resizePolicy") for one, other in zip(here, there, strict=True)]
    return wanted


def _label_terms(spec: JsonObject) -> Iterator[JsonObject]:
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        part = affinity.get(kind) or {}
        for weighted in part.get(_TERMS[0]) or ():
            yield weighted.get("podAffinityTerm") or {}
        yield from part.get(_TERMS[1]) or ()


def _add_label_keys(pod: JsonObject, minor: int) -> None:
    """`matchLabelKeys` become expressions of the selector beside them, with the values that the pod has; of a spread since 1.34."""
    spec, labels = pod["spec"], pod["metadata"].get("labels") or {}
    if not labels or not (spec.get("affinity") or spec.get("topologySpreadConstraints")):
        return
    pod["spec"] = spec = copy(spec)
    for term in (*_label_terms(spec), *((spec.get("topologySpreadConstraints") or ()) if minor >= 34 else ())):
        selector = term.get("labelSelector")
        if selector is None:
            continue
        added = [
            {"key": key, "operator": operator, "values": [labels[key]]}
            for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))
            for key in term.get(field) or ()
            if key in labels
        ]
        if added:
            selector["matchExpressions"] = [*(selector.get("matchExpressions") or ()), *added]


def _adopt_profiles(op: Operation, pod: JsonObject) -> None:
    """The old annotation for AppArmor becomes the field that took its place."""
    annotations = pod["metadata"].get("annotations") or {}
    if not any(key.startswith(APP_ARMOR) for key in annotations) or (pod["spec"].get("os") or {}).get("name") == "windows":
        return
    general = (pod["spec"].get("securityContext") or {}).get("appArmorProfile")
    pod["spec"] = spec = copy(pod["spec"])
    for group in ("initContainers", "containers"):
        for container in spec.get(group) or ():
            key = f"{APP_ARMOR}{container.get('name', '')}"
            if key not in annotations or (container.get("securityContext") or {}).get("appArmorProfile") is not None:
                continue
            profile = profile_of(annotations[key])
            if profile is not None and profile != general:
                container["securityContext"] = {**(container.get("securityContext") or {}), "appArmorProfile": profile}
            elif profile is not None:
                continue
            op.warn(f'metadata.annotations[{key}]: deprecated since v1.30; use the "appArmorProfile" field instead')


def _annotate_profiles(pod: JsonObject) -> None:
    """The field for AppArmor goes into the annotation that it took the place of, for nodes that are older than the server."""
    spec = pod["spec"]
    if (spec.get("os") or {}).get("name") == "windows":
        return
    annotations = dict(pod["metadata"].get("annotations") or {})
    general = (spec.get("securityContext") or {}).get("appArmorProfile")
    for group in ("initContainers", "containers"):
        for container in spec.get(group) or ():
            profile = (container.get("securityContext") or {}).get("appArmorProfile") or general or {}
            text = {
                "Unconfined": "unconfined",
                "RuntimeDefault": "runtime/default",
                "Localhost": f"localhost/{profile['localhostProfile']}" if profile.get("localhostProfile") is not None else "",
            }.get(profile.get("type", ""), "")
            if text:
                annotations.setdefault(f"{APP_ARMOR}{container.get('name', '')}", text)
    if annotations:
        pod["metadata"]["annotations"] = dict(sorted(annotations.items()))


def profile_of(annotation: str) -> JsonObject | None:
    """The field that an annotation for AppArmor stands for; None for one that cannot be read."""
    known = {"unconfined": "Unconfined", "runtime/default": "RuntimeDefault"}
    if annotation in known:
        return {"type": known[annotation]}
    path = annotation.removeprefix("localhost/")
    if path != annotation and path and path.strip() == path and len(path) <= 4095:
        return {"type": "Localhost", "localhostProfile": path}
    return None
