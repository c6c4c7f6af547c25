"""Rules for changes of pods: the spec, ephemeral containers, and resources in place.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go (ValidatePodUpdate, ValidatePodEphemeralContainersUpdate,
ValidatePodResize).
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import alike, go_diff, internal
from pytest_helmsim.schema.pod_resources import quality_of_service
from pytest_helmsim.schema.validate.affinity import check_tolerations
from pytest_helmsim.schema.validate.containers import check_image_text
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, same
from pytest_helmsim.schema.validate.pod_annotations import MIRROR, check_annotation_changes
from pytest_helmsim.schema.validate.pods import MAX_INT32, check_pod_parts

_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_ONLY_RESOURCES = "only cpu and memory resources are mutable"


def check_pod_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Images, a shorter deadline, more tolerations; fewer gates, and while there are some, narrower node selectors."""
    check_metadata_update(errors, new, old)
    check_metadata(errors, new, namespaced=True)
    check_pod_parts(errors, new)
    check_annotation_changes(errors, new, old)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    for key in ("containers", "initContainers"):
        here, there = now.get(key) or [], before.get(key) or []
        if len(here) != len(there):
            errors.forbidden(f"spec.{key}", "pod updates may not add or remove containers")
            return
        for index, container in enumerate(here):
            if not container.get("image"):
                errors.required(f"spec.{key}[{index}].image")
            check_image_text(errors, f"spec.{key}[{index}]", container)
    if not _deadline_allowed(errors, now.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")):
        return
    _check_added_tolerations(errors, now, before)
    _check_removed_gates(errors, now, before)
    if alike("PodSpec", now, before):
        return
    munged: dict[str, Any] = {**now}
    for key in ("tolerations", "activeDeadlineSeconds", "schedulingGates"):
        munged[key] = before.get(key)
    for key in ("containers", "initContainers"):
        if now.get(key):
            munged[key] = [{**mine, "image": theirs.get("image")} for mine, theirs in zip(now[key], before[key], strict=True)]
    if (before.get("terminationGracePeriodSeconds") or 0) < 0 and munged.get("terminationGracePeriodSeconds") == 1:
        munged["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"]
    if before.get("schedulingGates"):
        _allow_narrowing(errors, munged, before)
    if not alike("PodSpec", munged, before):
        why = f"pod updates may not change fields other than {_UPDATABLE}"
        errors.forbidden("spec", f"{why}\n{go_diff('PodSpec', before, munged)}")


def _deadline_allowed(errors: Errors, now: int | None, before: int | None) -> bool:
    path = "spec.activeDeadlineSeconds"
    if now is None:
        if before is not None:
            errors.invalid(path, None, "must not update from a positive integer to nil value")
        return True
    if not 0 <= now <= MAX_INT32:
        errors.invalid(path, now, f"must be between 0 and {MAX_INT32}, inclusive")
        return False
    if before is not None and before < now:
        errors.invalid(path, now, "must be less than or equal to previous value")
        return False
    return True


def _check_added_tolerations(errors: Errors, now: JsonObject, before: JsonObject) -> None:
    given = now.get("tolerations") or []

    def identity(toleration: JsonObject) -> tuple[Any, ...]:
        return tuple(toleration.get(key) for key in ("key", "operator", "value", "effect"))

    kept = {identity(toleration) for toleration in given}
    if any(identity(toleration) not in kept for toleration in before.get("tolerations") or ()):
        errors.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
        return
    check_tolerations(errors, "spec.tolerations", given)


def _check_removed_gates(errors: Errors, now: JsonObject, before: JsonObject) -> None:
    known = {gate.get("name", "") for gate in before.get("schedulingGates") or ()}
    added = {gate.get("name", ""): index for index, gate in enumerate(now.get("schedulingGates") or ())}
    for name, index in added.items():
        if name not in known:
            errors.forbidden(f"spec.schedulingGates[{index}].name", f"only deletion is allowed, but found new scheduling gate '{name}'")


def _allow_narrowing(errors: Errors, munged: dict[str, Any], before: JsonObject) -> None:
    """A gated pod may get more node labels to look for; what is allowed is put back in `munged`."""
    labels, old_labels = munged.get("nodeSelector") or {}, before.get("nodeSelector") or {}
    if labels != old_labels:
        if any(labels.get(key) != value for key, value in old_labels.items()):
            why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
            errors.invalid("spec.nodeSelector", munged.get("nodeSelector"), why)
        munged["nodeSelector"] = before.get("nodeSelector")
    affinity, old_affinity = munged.get("affinity"), before.get("affinity")
    node, old_node = (affinity or {}).get("nodeAffinity"), (old_affinity or {}).get("nodeAffinity")
    if alike("NodeAffinity", node, old_node):
        return
    _check_narrower_affinity(errors, node or {}, old_node or {})
    if affinity is None:
        munged["affinity"] = {"nodeAffinity": old_node}
    elif old_affinity is None and not affinity.get("podAffinity") and not affinity.get("podAntiAffinity"):
        munged["affinity"] = None
    else:
        munged["affinity"] = {**affinity, "nodeAffinity": old_node}


def _check_narrower_affinity(errors: Errors, node: JsonObject, old_node: JsonObject) -> None:
    path = f"spec.affinity.nodeAffinity.{_REQUIRED}.nodeSelectorTerms"
    terms, old_terms = ((side.get(_REQUIRED) or {}).get("nodeSelectorTerms") or [] for side in (node, old_node))

    def shown(term: JsonObject) -> Json:
        return internal("NodeSelectorTerm", term)

    if old_terms and len(terms) != len(old_terms):
        value = [shown(term) for term in terms] or None
        errors.invalid(path, value, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
        return
    for index, (term, old) in enumerate(zip(terms, old_terms, strict=False)):
        if not _only_adds(term, old):
            errors.invalid(f"{path}[{index}]", shown(term), "only additions are allowed (no mutations or deletions)")


def _only_adds(term: JsonObject, old: JsonObject) -> bool:
    parts = ("matchExpressions", "matchFields")
    if not any(old.get(part) for part in parts) and any(term.get(part) for part in parts):
        return False
    return all(same((term.get(part) or [])[: len(old.get(part) or [])], old.get(part) or []) for part in parts)


def check_ephemeral_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Ephemeral containers are only ever added."""
    check_metadata_update(errors, new, old)
    check_metadata(errors, new, namespaced=True)
    check_pod_parts(errors, new)
    check_annotation_changes(errors, new, old)
    if MIRROR in ((old.get("metadata") or {}).get("annotations") or {}):
        errors.clear()
        errors.forbidden("[]", "static pods do not support ephemeral containers")
        return
    here = {container.get("name", ""): container for container in (new.get("spec") or {}).get("ephemeralContainers") or ()}
    for container in (old.get("spec") or {}).get("ephemeralContainers") or ():
        name = container.get("name", "")
        path = "spec.ephemeralContainers"
        if name not in here:
            errors.forbidden(path, f'existing ephemeral containers "{name}" may not be removed\n')
        elif not alike("EphemeralContainer", container, here[name]):
            shown = go_diff("EphemeralContainer", container, here[name])
            errors.forbidden(path, f'existing ephemeral containers "{name}" may not be changed\n{shown}')


def check_resize(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Requests and limits of cpu and memory, within the quality of service that the pod has."""
    check_metadata_update(errors, new, old)
    check_metadata(errors, new, namespaced=True)
    check_pod_parts(errors, new)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    for applies, why in (
        (MIRROR in ((old.get("metadata") or {}).get("annotations") or {}), "static pods cannot be resized"),
        ((before.get("os") or {}).get("name") == "windows", "windows pods cannot be resized"),
    ):
        if applies:
            errors.clear()
            errors.forbidden("[]", why)
            return
    service = (old.get("status") or {}).get("qosClass") or quality_of_service(before)
    if service != quality_of_service(now):
        errors.invalid("spec", (new.get("status") or {}).get("qosClass") or "", "Pod QOS Class may not change as a result of resizing")
    if not _resizable(old):
        errors.forbidden("spec", "Pod running on node without support for resize")
    munged = dict(now)
    if now.get("resources") or before.get("resources"):
        munged["resources"] = _pod_level(errors, now.get("resources"), before.get("resources"))
    if not _same_order(errors, now, before):
        return
    _check_resized(errors, munged, now, before)
    if not errors and not alike("PodSpec", munged, before):
        errors.forbidden("spec", _ONLY_RESOURCES)


def _resizable(pod: JsonObject) -> bool:
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        if (status.get("state") or {}).get("running") is not None:
            return status.get("resources") is not None
    return True


def _pod_level(errors: Errors, now: JsonObject | None, before: JsonObject | None) -> JsonObject | None:
    if before is not None and now is None:
        errors.forbidden("spec.resources", "pod-level resources cannot be removed")
        return before
    for key, word in (("requests", "resource requests"), ("limits", "resource limits")):
        if before is not None and (before.get(key) or {}).keys() - ((now or {}).get(key) or {}).keys():
            errors.forbidden(f"spec.resources.{key}", f"pod-level {word} cannot be removed")
    munged = _without_changes(now or {}, before or {})
    kept = munged if before is not None or any(munged.values()) else None
    if not alike("ResourceRequirements", kept, before):
        errors.forbidden("spec", f"{_ONLY_RESOURCES} at pod-level")
    return kept


def _without_changes(resources: JsonObject, old: JsonObject) -> JsonObject:
    """The resources with the cpu and memory that were there before."""
    result = dict(resources)
    for key in ("limits", "requests"):
        rest = {name: amount for name, amount in (resources.get(key) or {}).items() if name not in ("cpu", "memory")}
        result[key] = rest | {name: amount for name, amount in (old.get(key) or {}).items() if name in ("cpu", "memory")}
    return result


def _same_order(errors: Errors, now: JsonObject, before: JsonObject) -> bool:
    count = len(errors)
    for key in ("containers", "initContainers"):
        here, there = now.get(key) or [], before.get(key) or []
        if len(here) != len(there):
            errors.forbidden(f"spec.{key}", f"{key} may not be added or removed on resize")
            continue
        for index, (one, other) in enumerate(zip(here, there, strict=True)):
            if one.get("name") != other.get("name"):
                errors.forbidden(f"spec.{key}[{index}].name", f"{key} may not be renamed or reordered on resize")
    return len(errors) == count


def _check_resized(errors: Errors, munged: JsonObject, now: JsonObject, before: JsonObject) -> None:
    for key in ("initContainers", "containers"):
        for index, (one, other) in enumerate(zip(now.get(key) or [], before.get(key) or [], strict=True)):
            if key == "initContainers" and errors.minor < 36 and other.get("restartPolicy") != "Always":
                continue
            for part, word in (("requests", "resource requests"), ("limits", "resource limits")):
                if ((other.get("resources") or {}).get(part) or {}).keys() - ((one.get("resources") or {}).get(part) or {}).keys():
                    errors.forbidden(f"spec.{key}[{index}].resources.{part}", f"{word} cannot be removed")
    for key in ("containers", "initContainers"):
        if not now.get(key):
            continue
        kept = []
        for index, (one, other) in enumerate(zip(now[key], before[key], strict=True)):
            kept.append(_resized_container(errors, key, index, one, other))
        munged[key] = kept


def _resized_container(errors: Errors, key: str, index: int, one: JsonObject, other: JsonObject) -> JsonObject:
    plain = {part: value for part, value in (one.get("resources") or {}).items() if part != "claims"}
    restored = {**one, "resources": _without_changes(plain, other.get("resources") or {})}
    if key == "containers":
        if not alike("Container", restored, other):
            errors.forbidden("spec", _ONLY_RESOURCES)
        return restored
    changed, sidecar = not alike("Container", one, other), one.get("restartPolicy") == "Always"
    if not sidecar and errors.minor < 36:
        if changed:
            errors.forbidden("spec", "resources for non-sidecar init containers are immutable")
        return one
    if not alike("Container", restored, other):
        errors.forbidden(f"spec.initContainers[{index}]", "only cpu and memory resources for init or sidecar containers are mutable")
    if changed and not sidecar:
        for policy in one.get("resizePolicy") or ():
            if policy.get("restartPolicy") == "RestartContainer":
                why = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"
                errors.forbidden(f"spec.initContainers[{index}]", why)
    return restored
