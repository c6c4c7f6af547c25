"""Plugins that need no configuration: what each one does to a new object, and what it refuses.

NamespaceLifecycle, ServiceAccount, LimitRanger, Priority, DefaultTolerationSeconds, TaintNodesByCondition, DefaultStorageClass,
DefaultIngressClass, PodTopologyLabels, PersistentVolumeClaimResize, ResourceQuota. Source: k8s.io/kubernetes plugin/pkg/admission.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pytest_helmsim.apiserver import limits
from pytest_helmsim.apiserver.admission import accounts
from pytest_helmsim.apiserver.admission.refusals import forbidden
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject, copy
from pytest_helmsim.objects.status import Cause, not_found

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer
    from pytest_helmsim.apiserver.operation import Operation

NAMESPACES = StoreKey("", "namespaces")
IMMORTAL = ("default", "kube-system", "kube-public")
_PRIORITIES = StoreKey("scheduling.k8s.io", "priorityclasses")
_SYSTEM_PRIORITIES = ("system-node-critical", "system-cluster-critical")
_REVIEWS = ("localsubjectaccessreviews", "selfsubjectaccessreviews", "subjectaccessreviews", "selfsubjectrulesreviews")

Plugin: TypeAlias = Callable[["Operation", JsonObject, JsonObject | None], JsonObject | None]
"""Gets the new object (a private copy) and the stored one (None on create); changes it in place, or gives another."""


def validate_delete(op: Operation, old: JsonObject) -> None:
    """Some namespaces and priority classes stay."""
    if op.served.key == NAMESPACES and op.name in IMMORTAL:
        raise forbidden(op, "this namespace may not be deleted")
    if op.served.key == _PRIORITIES and op.name in _SYSTEM_PRIORITIES:
        raise forbidden(op, "this is a system priority class and cannot be deleted")


def _namespace_lifecycle(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if not op.served.namespaced or op.plural in _REVIEWS:
        return
    record = op.server.store.get(NAMESPACES, "", op.namespace)
    if record is None:
        raise not_found("namespaces", "", op.namespace)
    if old is None and (record.obj.get("status") or {}).get("phase") == "Terminating":
        op.name = op.name or (new.get("metadata") or {}).get("name") or ""
        why = f"unable to create new content in namespace {op.namespace} because it is being terminated"
        cause = Cause("NamespaceTerminating", f"namespace {op.namespace} is being terminated", "metadata.namespace")
        raise forbidden(op, why, (cause,))


def _is_new_pod(op: Operation, old: JsonObject | None) -> bool:
    return op.served.key == ("", "pods") and not op.subresource and old is None


def _limit_ranger(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if _is_new_pod(op, old):
        limits.default_pod(op, new)


def _priority(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.key != ("", "pods") or op.subresource:
        return
    spec = new["spec"]
    if old is not None:
        if "priority" not in spec and "priority" in old["spec"]:
            spec["priority"] = old["spec"]["priority"]
        if not spec.get("preemptionPolicy") and old["spec"].get("preemptionPolicy"):
            spec["preemptionPolicy"] = old["spec"]["preemptionPolicy"]
        return
    key = _PRIORITIES
    name = spec.get("priorityClassName") or ""
    if not name:
        default = [r.obj for _, _, r in op.server.store.records(key) if r.obj.get("globalDefault")]
        found = min(default, key=lambda c: c.get("value", 0)) if default else None
        if found:
            spec["priorityClassName"] = found["metadata"]["name"]
    else:
        record = op.server.store.get(key, "", name)
        if record is None:
            op.name = op.name or (new.get("metadata") or {}).get("name") or ""
            raise forbidden(op, f"no PriorityClass with name {name} was found")
        found = record.obj
    priority = found.get("value", 0) if found else 0
    preemption = (found.get("preemptionPolicy") if found else None) or "PreemptLowerPriority"
    rule = "must not be provided in pod spec; priority admission controller computed"
    op.name = op.name or (new.get("metadata") or {}).get("name") or ""
    if spec.get("priority", priority) != priority:
        raise forbidden(op, f"the integer value of priority ({spec['priority']}) {rule} {priority} from the given PriorityClass name")
    if spec.get("preemptionPolicy", preemption) != preemption:
        given = spec["preemptionPolicy"]
        raise forbidden(op, f"the string value of PreemptionPolicy ({given}) {rule} {preemption} from the given PriorityClass name")
    spec["priority"], spec["preemptionPolicy"] = priority, preemption


_OVERHEAD = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"


def _runtime_class_of(op: Operation, new: JsonObject) -> JsonObject | None:
    name = new["spec"].get("runtimeClassName")
    if name is None:
        return None
    record = op.server.store.get(StoreKey("node.k8s.io", "runtimeclasses"), "", name)
    if record is None:
        op.name = op.name or (new.get("metadata") or {}).get("name") or ""
        raise forbidden(op, f'pod rejected: RuntimeClass "{name}" not found')
    return record.obj


def _runtime_class(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """The class adds its overhead, node labels and tolerations to new pods."""
    if not _is_new_pod(op, old):
        return
    found, spec = _runtime_class_of(op, new), new["spec"]
    overhead = ((found or {}).get("overhead") or {}).get("podFixed")
    if overhead:
        if spec.get("overhead") and spec["overhead"] != overhead:
            raise forbidden(op, _OVERHEAD)
        spec["overhead"] = copy(overhead)
    scheduling = (found or {}).get("scheduling") or {}
    for key, value in (scheduling.get("nodeSelector") or {}).items():
        given = spec.setdefault("nodeSelector", {})
        if given.get(key, value) != value:
            shown = f"runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {given[key]}"
            raise forbidden(op, f"conflict: {shown}")
        given[key] = value
    present = list(spec.get("tolerations") or ())
    added = [copy(entry) for entry in scheduling.get("tolerations") or () if entry not in present]
    if added:
        spec["tolerations"] = [*present, *added]


def _runtime_overhead(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if not _is_new_pod(op, old):
        return
    wanted = ((_runtime_class_of(op, new) or {}).get("overhead") or {}).get("podFixed")
    given = new["spec"].get("overhead")
    if wanted and given != wanted:
        raise forbidden(op, _OVERHEAD)
    asked = ((op.raw or {}).get("spec") or {}).get("overhead")
    if not wanted and (given is not None or asked == {}):
        raise forbidden(op, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")


_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def _default_tolerations(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.key != ("", "pods") or op.subresource:
        return
    present = new["spec"].get("tolerations") or []
    added = list(present)
    for taint in _TOLERATED:
        if not any(
            (entry.get("key") == taint or not entry.get("key")) and entry.get("effect") in ("NoExecute", "", None) for entry in present
        ):
            added.append({"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    if len(added) != len(present):
        new["spec"]["tolerations"] = added


def _taint_nodes(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.key != ("", "nodes") or op.subresource or old is not None:
        return
    spec = new.setdefault("spec", {})
    taints, wanted = list(spec.get("taints") or ()), {"key": _TOLERATED[0], "effect": "NoSchedule"}
    if not any((taint.get("key"), taint.get("effect")) == (wanted["key"], wanted["effect"]) for taint in taints):
        spec["taints"] = [*taints, wanted]


_TOPOLOGY = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
LABELS_SINCE = 35


def _topology_labels(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """A pod that comes with its node says where that is."""
    if _is_new_pod(op, old) and new["spec"].get("nodeName"):
        found = topology_of(op.server, new["spec"]["nodeName"])
        if found:
            new["metadata"]["labels"] = {**(new["metadata"].get("labels") or {}), **found}


def topology_of(server: ApiServer, node: str) -> JsonObject:
    """Zone and region of a node, which pods that run there are labelled with."""
    if server.catalog.version.minor < LABELS_SINCE or "PodTopologyLabels" in server.disabled_admission:
        return {}
    record = server.store.get(StoreKey("", "nodes"), "", node)
    labels = (record.obj["metadata"].get("labels") or {}) if record is not None else {}
    return {key: labels[key] for key in _TOPOLOGY if key in labels}


def _marked_default(op: Operation, key: StoreKey, annotation: str) -> str:
    marked = [
        record.obj["metadata"]
        for _, _, record in op.server.store.records(key)
        if (record.obj["metadata"].get("annotations") or {}).get(annotation) == "true"
    ]
    if not marked:
        return ""
    newest = max(meta["creationTimestamp"] for meta in marked)
    return str(min(meta["name"] for meta in marked if meta["creationTimestamp"] == newest))


def _default_storage_class(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.key != ("", "persistentvolumeclaims") or op.subresource or old is not None:
        return
    spec = new.setdefault("spec", {})
    beta = (new["metadata"].get("annotations") or {}).get("volume.beta.kubernetes.io/storage-class")
    if spec.get("storageClassName") is None and beta is None:
        name = _marked_default(op, StoreKey("storage.k8s.io", "storageclasses"), "storageclass.kubernetes.io/is-default-class")
        if name:
            spec["storageClassName"] = name


def _default_ingress_class(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.key != ("networking.k8s.io", "ingresses") or op.subresource or old is not None:
        return
    annotated = "kubernetes.io/ingress.class" in (new["metadata"].get("annotations") or {})
    if (new.get("spec") or {}).get("ingressClassName") is None and not annotated:
        name = _marked_default(op, StoreKey("networking.k8s.io", "ingressclasses"), "ingressclass.kubernetes.io/is-default-class")
        if name:
            new.setdefault("spec", {})["ingressClassName"] = name


def _claim_resize(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.key != ("", "persistentvolumeclaims") or op.subresource or old is None:
        return
    limits.check_resize(op, new, old)


def _quota(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.namespaced and not op.subresource:
        limits.check_quota(op, new, old)


def _limit_check(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    if op.served.namespaced and not op.subresource:
        limits.check_ranges(op, new, old)


MUTATING: dict[str, Plugin] = {
    "NamespaceLifecycle": _namespace_lifecycle,
    "ServiceAccount": accounts.admit,
    "LimitRanger": _limit_ranger,
    "TaintNodesByCondition": _taint_nodes,
    "Priority": _priority,
    "DefaultTolerationSeconds": _default_tolerations,
    "DefaultStorageClass": _default_storage_class,
    "RuntimeClass": _runtime_class,
    "DefaultIngressClass": _default_ingress_class,
    "PodTopologyLabels": _topology_labels,
}
VALIDATING: dict[str, Plugin] = {
    "LimitRanger": _limit_check,
    "RuntimeClass": _runtime_overhead,
    "PersistentVolumeClaimResize": _claim_resize,
    "ResourceQuota": _quota,
}
