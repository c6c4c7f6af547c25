"""Rules for writes to the subresource `status`; Jobs have a module of their own.

Sources: k8s.io/kubernetes pkg/apis/core/validation/validation.go, pkg/apis/apps/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.validate.metadata import check_metadata_update
from pytest_helmsim.schema.validate.pod_annotations import check_annotation_changes
from pytest_helmsim.schema.validate.pods import check_ip
from pytest_helmsim.schema.validate.resources import check_amount, check_basic_amount, is_native

Check = Callable[[Errors, JsonObject, JsonObject], None]
_ALL = "status.replicas"
_RESIZES = (
    "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending",
)  # fmt: skip


def _status(obj: JsonObject) -> JsonObject:
    return obj.get("status") or {}


def _check_counts(errors: Errors, status: JsonObject, counts: tuple[str, ...], bounded: tuple[str, ...], ready: str) -> None:
    """Counters are not negative; `bounded` ones not above the replicas, the available ones not above the ready ones."""
    for key in counts:
        errors.not_negative(f"status.{key}", status.get(key))
    for key in bounded:
        if (status.get(key) or 0) > (status.get("replicas") or 0):
            errors.invalid(f"status.{key}", status.get(key) or 0, f"cannot be greater than {_ALL}")
    if (status.get("availableReplicas") or 0) > (status.get("readyReplicas") or 0):
        errors.invalid("status.availableReplicas", status.get("availableReplicas") or 0, f"cannot be greater than {ready}")


def _check_collisions(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    now, before = _status(new).get("collisionCount"), _status(old).get("collisionCount")
    if before is not None and (now is None or now < before):
        errors.invalid("status.collisionCount", now or 0, "cannot be decremented")


def _deployment(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    counts = (
        "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas",
        "terminatingReplicas", "collisionCount",
    )  # fmt: skip
    _check_counts(errors, _status(new), counts, ("updatedReplicas", "readyReplicas", "availableReplicas"), "readyReplicas")
    _check_collisions(errors, new, old)


def _replica_set(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    bounded = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    _check_counts(errors, _status(new), ("replicas", *bounded, "observedGeneration", "terminatingReplicas"), bounded, "readyReplicas")


def _stateful_set(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    bounded = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    counts = ("replicas", *bounded, "observedGeneration", "collisionCount")
    _check_counts(errors, _status(new), counts, bounded, "status.readyReplicas")
    check_metadata_update(errors, new, old)
    _check_collisions(errors, new, old)


def _daemon_set(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    for key in (
        "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
        "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
    ):  # fmt: skip
        errors.not_negative(f"status.{key}", _status(new).get(key))
    _check_collisions(errors, new, old)


def _service(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    ingresses = (_status(new).get("loadBalancer") or {}).get("ingress") or []
    path = "status.loadBalancer.ingress"
    if ingresses and (new.get("spec") or {}).get("type") != "LoadBalancer":
        errors.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
        return
    known = {entry.get("ip") for entry in (_status(old).get("loadBalancer") or {}).get("ingress") or ()}
    for index, ingress in enumerate(ingresses):
        _check_ingress_point(errors, f"{path}[{index}]", ingress, known)


def _check_ingress_point(errors: Errors, path: str, ingress: JsonObject, known: set[str | None]) -> None:
    address, mode, host = ingress.get("ip", ""), ingress.get("ipMode"), ingress.get("hostname", "")
    if address and address not in known:
        check_ip(errors, f"{path}.ip", address)
    if errors.minor >= 30:
        if mode is None:
            if address:
                errors.required(f"{path}.ipMode", "must be specified when `ip` is set")
        elif not address:
            errors.forbidden(f"{path}.ipMode", "may not be specified when `ip` is not set")
        elif mode not in ("Proxy", "VIP"):
            errors.unsupported(f"{path}.ipMode", mode, ("Proxy", "VIP"))
    if host:
        errors.all_invalid(f"{path}.hostname", host, names.dns_subdomain(host))
        if names.is_address(host):
            errors.invalid(f"{path}.hostname", host, "must be a DNS name, not an IP address")


_ZEROS = re.compile(r"(?<![\da-fA-F:])0+(?=\d)")
"""Leading zeros in an IPv4 address, which Go's lenient reader passes over."""


def _claim(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    if not (new.get("metadata") or {}).get("resourceVersion"):
        errors.required("resourceVersion")
    status = _status(new)
    for name, amount in (status.get("capacity") or {}).items():
        check_basic_amount(errors, f"status.capacity[{name}]", amount)
    for name, state in (status.get("allocatedResourceStatuses") or {}).items():
        path = "status.allocatedResourceStatuses"
        _check_claim_resource(errors, path, name)
        if state not in _RESIZES:
            errors.unsupported(path, name, sorted(_RESIZES))
    for name, amount in (status.get("allocatedResources") or {}).items():
        if not _check_claim_resource(errors, "status.allocatedResources", name):
            continue
        before = len(errors)
        check_basic_amount(errors, f"status.allocatedResources[{name}]", amount)
        if len(errors) == before:
            check_amount(errors, f"status.allocatedResources[{name}]", "storage", amount)


def _check_claim_resource(errors: Errors, path: str, name: str) -> bool:
    before = len(errors)
    errors.all_invalid(path, name, names.label_key(name))
    if len(errors) == before and is_native(name) and name != "storage":
        errors.unsupported(path, name, ("storage",))
    return len(errors) == before


def _volume(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    if not (new.get("metadata") or {}).get("resourceVersion"):
        errors.required("resourceVersion")


def _namespace(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    leaving, phase = bool((new.get("metadata") or {}).get("deletionTimestamp")), _status(new).get("phase") or ""
    if leaving and phase != "Terminating":
        errors.invalid("status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
    elif not leaving and phase != "Active":
        errors.invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")


def _pod(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    check_annotation_changes(errors, new, old)
    status, before = _status(new), _status(old)
    for index, condition in enumerate(status.get("conditions") or ()):
        here = f"status.conditions[{index}]"
        if (condition.get("observedGeneration") or 0) < 0:
            errors.invalid(f"{here}.observedGeneration", condition["observedGeneration"], "must be a non-negative integer")
        kind = condition.get("type", "")
        if kind not in ("PodScheduled", "Ready", "Initialized"):
            errors.all_invalid(f"{here}.Type", kind, names.label_key(kind))
    node = status.get("nominatedNodeName") or ""
    if node and node != before.get("nominatedNodeName"):
        errors.all_invalid("status.nominatedNodeName", node, names.dns_subdomain(node))
        if (old.get("spec") or {}).get("nodeName") and errors.minor >= 35:
            errors.forbidden("status.nominatedNodeName", "may not be set on pods that are already bound to a node")
    if (status.get("observedGeneration") or 0) < 0:
        errors.invalid("status.observedGeneration", status["observedGeneration"], "must be a non-negative integer")
    errors.immutable("status.qosClass", status.get("qosClass") or "", before.get("qosClass") or "")
    for key, group in (
        ("containerStatuses", "containers"),
        ("initContainerStatuses", "initContainers"),
        ("ephemeralContainerStatuses", ""),
    ):
        _check_transitions(errors, key, group, new, old)
    _check_claim_statuses(errors, new)
    if status.get("extendedResourceClaimStatus") is not None:
        _check_extended_claim(errors, "status.extendedResourceClaimStatus", status["extendedResourceClaimStatus"], new.get("spec") or {})
    _check_pod_addresses(errors, status, before)
    _check_container_statuses(errors, new)


def _check_transitions(errors: Errors, key: str, group: str, new: JsonObject, old: JsonObject) -> None:
    """A container that has ended does not run again, unless its restart policy says so."""
    spec, here = old.get("spec") or {}, {entry.get("name", ""): entry for entry in reversed(_status(new).get(key) or [])}
    if group and _any_restart_of_all(spec):
        return
    for index, entry in enumerate(_status(old).get(key) or ()):
        ended = (entry.get("state") or {}).get("terminated")
        later = here.get(entry.get("name", ""))
        if ended is None or later is None or (later.get("state") or {}).get("terminated") is not None:
            continue
        container = next((c for c in spec.get(group) or () if c.get("name") == entry.get("name")), None) if group else None
        if not (container is not None and _restarts(container, spec, ended.get("exitCode") or 0)):
            errors.forbidden(f"status.{key}[{index}].state", "may not be transitioned to non-terminated state")


def _any_restart_of_all(spec: JsonObject) -> bool:
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    return any(rule.get("action") == "RestartAllContainers" for c in containers for rule in c.get("restartPolicyRules") or ())


def _restarts(container: JsonObject, spec: JsonObject, code: int) -> bool:
    for rule in container.get("restartPolicyRules") or () if container.get("restartPolicy") is not None else ():
        codes = rule.get("exitCodes") or {}
        inside = code in (codes.get("values") or ())
        if rule.get("action") == "Restart" and inside == (codes.get("operator") == "In") and codes:
            return True
    policy = container.get("restartPolicy") or spec.get("restartPolicy")
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def _check_claim_statuses(errors: Errors, pod: JsonObject) -> None:
    known = {claim.get("name") for claim in (pod.get("spec") or {}).get("resourceClaims") or ()}
    seen: set[str] = set()
    for index, entry in enumerate(_status(pod).get("resourceClaimStatuses") or ()):
        here, name = f"status.resourceClaimStatuses[{index}]", entry.get("name", "")
        if name not in known:
            errors.invalid(f"{here}.name", name, "must match the name of an entry in `spec.resourceClaims`")
        if name in seen:
            errors.duplicate(f"{here}.name", name)
        seen.add(name)
        claim = entry.get("resourceClaimName")
        if claim is not None:
            errors.all_invalid(f"{here}.resourceClaimName", claim, names.dns_subdomain(claim))


def _check_extended_claim(errors: Errors, path: str, claim: JsonObject, spec: JsonObject) -> None:
    containers = {c.get("name", ""): c for group in ("initContainers", "containers") for c in spec.get(group) or ()}
    mappings = claim.get("requestMappings") or []
    if not mappings:
        errors.required(f"{path}.requestMappings", "at least one request mapping is required")
    seen: set[tuple[str, ...]] = set()
    for index, mapping in enumerate(mappings):
        here = f"{path}.requestMappings[{index}]"
        key = tuple(mapping.get(field, "") for field in ("containerName", "resourceName", "requestName"))
        container = containers.get(key[0])
        if container is None:
            why = "must match the name of an entry in spec.initContainers.name or spec.containers.name"
            errors.invalid(f"{here}.containerName", key[0], why)
        elif key[1] not in ((container.get("resources") or {}).get("requests") or {}):
            groups = "spec.initContainers.resources.requests or spec.containers.resources.requests"
            errors.invalid(f"{here}.resourceName", key[1], f"must match the extended resource name of an entry in {groups}")
        errors.all_invalid(f"{path}.requestName", key[2], names.dns_label(key[2]))
        if key in seen:
            for field, value in zip(("containerName", "resourceName", "requestName"), key, strict=True):
                errors.duplicate(f"{here}.{field}", value)
        seen.add(key)
    name = claim.get("resourceClaimName", "")
    if not name:
        errors.required(f"{path}.resourceClaimName")
    else:
        errors.all_invalid(f"{path}.resourceClaimName", name, names.dns_subdomain(name))


def _check_pod_addresses(errors: Errors, status: JsonObject, before: JsonObject) -> None:
    hosts = status.get("hostIPs") or []
    for key, values in (("podIPs", status.get("podIPs") or []), ("hostIPs", hosts)):
        if key == "hostIPs" and hosts and (status.get("hostIP") or "") != hosts[0].get("ip", ""):
            errors.invalid("status.hostIPs[0].ip", hosts[0].get("ip", ""), "must be equal to `hostIP`")
        known = {entry.get("ip") for entry in before.get(key) or ()}
        texts = [entry.get("ip", "") for entry in values]
        for index, text in enumerate(texts):
            if text not in known:
                check_ip(errors, f"status.{key}[{index}]", text)
        bad = next((index for index, text in enumerate(texts) if not names.is_address(_ZEROS.sub("", text))), None)
        if len(texts) > 1 and bad is not None:
            why = f"failed to check for dual stack with error:invalid IP[{bad}]: {texts[bad]}"
            errors.append(FieldError("InternalError", f"status.{key}", detail=why))
        if len(texts) > 2 or (len(texts) == 2 and (bad is not None or len({":" in text for text in texts}) < 2)):
            shown = [{"IP": text} for text in texts]
            errors.invalid(f"status.{key}", shown, "may specify no more than one IP for each IP family")


def _check_container_statuses(errors: Errors, pod: JsonObject) -> None:
    status = _status(pod)
    keys = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
    windows = ((pod.get("spec") or {}).get("os") or {}).get("name") == "windows"
    for key in keys:
        for index, entry in enumerate(status.get(key) or ()):
            user = (entry.get("user") or {}).get("linux")
            here = f"status.{key}[{index}].user.linux"
            if user is None:
                continue
            if windows:
                errors.forbidden(here, "cannot be set for a windows pod")
                continue
            for field in ("uid", "gid"):
                errors.all_invalid(f"{here}.{field}", user.get(field, 0), names.identity(user.get(field, 0)))
            for position, group in enumerate(user.get("supplementalGroups") or ()):
                errors.all_invalid(f"{here}.supplementalGroups[{position}]", group, names.identity(group))
    for index, entry in enumerate(status.get("ephemeralContainerStatuses") or ()):
        if entry.get("allocatedResourcesStatus"):
            where = f"status.ephemeralContainerStatuses[{index}].allocatedResourcesStatus"
            errors.forbidden(where, "must not be specified in container status")


def _only_metadata(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)


CHECKS: dict[tuple[str, str], Check] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replica_set,
    ("", "Service"): _service,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "CronJob"): _only_metadata,
}
"""What is looked at on a write to the status, by group and kind."""
