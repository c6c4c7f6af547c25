"""What a kind's strategy does to an object before it is validated and stored: status, generation, generated labels.

`prepare_for_create` and `prepare_for_update` are pure; names, uids, addresses and times are the server's work.
Source: k8s.io/kubernetes pkg/registry/*/*/strategy.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.canonical import canonical, zero
from pytest_helmsim.schema.catalog import DEFAULT, Catalog
from pytest_helmsim.schema.gates import without_disabled
from pytest_helmsim.schema.pod_resources import quality_of_service

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
JOB_NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")
JOB_UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")

_STARTS_WITH: dict[str, JsonObject] = {
    "Pod": {"phase": "Pending"},
    "PersistentVolume": {"phase": "Pending"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "Namespace": {"phase": "Active"},
}
_KEEPS_STATUS = frozenset({("", "Node"), ("apiextensions.k8s.io", "CustomResourceDefinition")})

_SPEC = ("spec",)
GENERATION: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps", "Deployment"): ("spec", "metadata.annotations"),
    ("apps", "DaemonSet"): _SPEC,
    ("apps", "ReplicaSet"): _SPEC,
    ("apps", "StatefulSet"): _SPEC,
    ("batch", "CronJob"): _SPEC,
    ("batch", "Job"): _SPEC,
    ("", "Pod"): _SPEC,
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): _SPEC,
    ("networking.k8s.io", "Ingress"): _SPEC,
    ("networking.k8s.io", "IngressClass"): _SPEC,
    ("networking.k8s.io", "NetworkPolicy"): _SPEC,
    ("policy", "PodDisruptionBudget"): _SPEC,
    ("storage.k8s.io", "CSIDriver"): _SPEC,
    ("discovery.k8s.io", "EndpointSlice"): ("addressType", "endpoints", "ports", "metadata.labels"),
    ("scheduling.k8s.io", "PriorityClass"): (),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): _SPEC,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): _SPEC,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): ("webhooks",),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): ("webhooks",),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): _SPEC,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): _SPEC,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): _SPEC,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): _SPEC,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _SPEC,
    ("resource.k8s.io", "DeviceClass"): _SPEC,
    ("resource.k8s.io", "ResourceSlice"): _SPEC,
    ("resource.k8s.io", "DeviceTaintRule"): _SPEC,
}
"""Kinds with metadata.generation, and the parts whose change raises it."""

_UNNUMBERED_AT_FIRST = frozenset({("storage.k8s.io", "CSIDriver")})
_SINCE = {("", "Pod"): 33}

PROTECTION = {
    ("", "PersistentVolume"): "kubernetes.io/pv-protection",
    ("", "PersistentVolumeClaim"): "kubernetes.io/pvc-protection",
    ("storage.k8s.io", "VolumeAttributesClass"): "kubernetes.io/vac-protection",
}
"""Finalizers that new objects get: plugin/pkg/admission/storage/storageobjectinuseprotection."""


def prepare_for_create(gvk: GroupVersionKind, obj: JsonObject, *, uid: str = "", now: str = "", version: str = DEFAULT) -> JsonObject:
    """A new object as its kind's strategy leaves it: no status of its own, generation 1, Job selector, pod quality of service.

    `uid` goes into a Job's labels, `now` (RFC 3339) into a PersistentVolume's status.
    """
    key = (gvk.group, gvk.kind)
    minor = Catalog.for_version(version).version.minor
    result = _without_gated(key, {**obj, "metadata": dict(obj.get("metadata") or {})}, {}, minor)
    _reset_status(gvk, result, version)
    if key in GENERATION and key not in _UNNUMBERED_AT_FIRST and minor >= _SINCE.get(key, 0):
        result["metadata"]["generation"] = 1
    elif key in GENERATION:
        result["metadata"].pop("generation", None)
    if key in PROTECTION:
        finalizers = result["metadata"].get("finalizers") or []
        if PROTECTION[key] not in finalizers:
            result["metadata"]["finalizers"] = [*finalizers, PROTECTION[key]]
    if key == ("", "PersistentVolume") and now and minor >= 29:
        result["status"] = {**result["status"], "lastPhaseTransitionTime": now}
    on_create = _ON_CREATE.get(key)
    if on_create is not None:
        result = on_create(result, uid)
    schema = Catalog.for_version(version).schema(gvk)
    return canonical(result, schema) if schema is not None else result


def prepare_status(gvk: GroupVersionKind, new: JsonObject, old: JsonObject, *, version: str = DEFAULT) -> JsonObject:
    """A write to the subresource `status` without what the version ignores."""
    return without_disabled((gvk.group, gvk.kind), new, old, Catalog.for_version(version).version.minor)


def prepare_for_update(gvk: GroupVersionKind, new: JsonObject, old: JsonObject, *, version: str = DEFAULT) -> JsonObject:
    """The new object with the old status, and a generation that rises when a part named in `GENERATION` changed."""
    key = (gvk.group, gvk.kind)
    minor = Catalog.for_version(version).version.minor
    result = _without_gated(key, {**new, "metadata": dict(new.get("metadata") or {})}, old, minor)
    if _has_status(gvk, version):
        if "status" in old:
            result["status"] = old["status"]
        else:
            result.pop("status", None)
    if key == ("", "Namespace"):
        result["spec"] = {**(new.get("spec") or {}), "finalizers": (old.get("spec") or {}).get("finalizers", [])}
    if key == ("", "PersistentVolumeClaim"):
        result = normalize_data_sources(result)
    if key == ("apps", "DaemonSet"):
        _carry_template_generation(result, old)
    return with_generation(gvk, result, old, version=version)


def _without_gated(key: tuple[str, str], obj: JsonObject, old: JsonObject, minor: int) -> JsonObject:
    obj = without_disabled(key, obj, old, minor)
    return _without_disabled_sources(obj, old) if key == ("", "PersistentVolumeClaim") else obj


def with_generation(gvk: GroupVersionKind, new: JsonObject, old: JsonObject, *, version: str = DEFAULT) -> JsonObject:
    """`new` with the generation that follows from `old`; a kind without generations keeps what was there."""
    key = (gvk.group, gvk.kind)
    before = (old.get("metadata") or {}).get("generation")
    result = {**new, "metadata": dict(new.get("metadata") or {})}
    if before is None:
        result["metadata"].pop("generation", None)
        before = 0
    else:
        result["metadata"]["generation"] = before
    if key == ("discovery.k8s.io", "EndpointSlice"):
        result = _without_topology(result)
    counted = Catalog.for_version(version).version.minor >= _SINCE.get(key, 0)
    if counted and any(_part(new, part) != _part(old, part) for part in GENERATION.get(key, ())):
        result["metadata"]["generation"] = before + 1
    return result


def _without_topology(obj: JsonObject) -> JsonObject:
    """v1 of EndpointSlice shows the old field but takes none."""
    endpoints = obj.get("endpoints") or []
    if not any("deprecatedTopology" in endpoint for endpoint in endpoints):
        return obj
    kept = [{key: value for key, value in endpoint.items() if key != "deprecatedTopology"} for endpoint in endpoints]
    return {**obj, "endpoints": kept}


def _part(obj: JsonObject, path: str) -> Json:
    value: Any = obj
    for key in path.split("."):
        value = (value or {}).get(key)
    return value or None


def _has_status(gvk: GroupVersionKind, version: str) -> bool:
    catalog = Catalog.for_version(version)
    resource = catalog.resource(gvk)
    schema = catalog.schema(gvk)
    return resource is not None and schema is not None and "status" in resource.subresources and "status" in (schema.fields or {})


def _reset_status(gvk: GroupVersionKind, obj: JsonObject, version: str) -> None:
    if not _has_status(gvk, version) or (gvk.group, gvk.kind) in _KEEPS_STATUS:
        return
    schema = Catalog.for_version(version).schema(gvk)
    assert schema is not None
    assert schema.fields is not None
    obj.pop("status", None)
    status = schema.fields["status"]
    start = _STARTS_WITH.get(gvk.kind, {}) if gvk.group == "" else {}
    if status.presence == "always" or start:
        obj["status"] = {**zero(status), **start} if status.presence == "always" else dict(start)


def _pod(obj: JsonObject, uid: str) -> JsonObject:
    obj["status"] = {**obj["status"], "qosClass": quality_of_service(obj.get("spec") or {})}
    return obj


def _namespace(obj: JsonObject, uid: str) -> JsonObject:
    spec = obj.get("spec") or {}
    finalizers = spec.get("finalizers") or []
    if "kubernetes" not in finalizers:
        obj["spec"] = {**spec, "finalizers": [*finalizers, "kubernetes"]}
    return obj


def _daemon_set(obj: JsonObject, uid: str) -> JsonObject:
    annotations = obj["metadata"].get("annotations") or {}
    if not annotations.get(TEMPLATE_GENERATION, "").isdigit() or int(annotations[TEMPLATE_GENERATION]) < 1:
        obj["metadata"]["annotations"] = dict(sorted({**annotations, TEMPLATE_GENERATION: "1"}.items()))
    return obj


def _carry_template_generation(new: JsonObject, old: JsonObject) -> None:
    before = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1"))
    if _part(new, "spec.template") != _part(old, "spec.template"):
        before += 1
    new["metadata"]["annotations"] = dict(sorted({**(new["metadata"].get("annotations") or {}), TEMPLATE_GENERATION: str(before)}.items()))


def _job(obj: JsonObject, uid: str) -> JsonObject:
    """Generated labels; those that defaulting took over from the template are the very same map, and grow with it."""
    spec = obj.get("spec") or {}
    if spec.get("manualSelector"):
        return obj
    spec = obj["spec"] = copy(spec)
    labels = spec.setdefault("template", {}).setdefault("metadata", {}).setdefault("labels", {})
    shared = (obj["metadata"].get("labels") or {}) == labels
    for key in JOB_NAME_LABELS:
        labels.setdefault(key, obj["metadata"].get("name", ""))
    for key in JOB_UID_LABELS:
        labels.setdefault(key, uid)
    spec.setdefault("selector", {}).setdefault("matchLabels", {}).setdefault(JOB_UID_LABELS[0], uid)
    if shared:
        obj["metadata"]["labels"] = dict(labels)
    return obj


def normalize_data_sources(claim: JsonObject) -> JsonObject:
    """A claim's `dataSource` and `dataSourceRef` say the same, unless the reference names another namespace."""
    spec = claim.get("spec") or {}
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and reference is None:
        return {**claim, "spec": {**spec, "dataSourceRef": dict(source)}}
    if reference is not None and source is None and not reference.get("namespace"):
        return {**claim, "spec": {**spec, "dataSource": {key: value for key, value in reference.items() if key != "namespace"}}}
    return claim


def _without_disabled_sources(claim: JsonObject, old: JsonObject) -> JsonObject:
    """A `dataSource` other than a claim or a snapshot is silently dropped; `dataSourceRef` is the way to name it, in the same namespace."""
    spec, before = claim.get("spec") or {}, old.get("spec") or {}
    gone = set()
    reference = spec.get("dataSourceRef")
    if reference is not None and reference.get("namespace") and before.get("dataSourceRef") is None:
        gone.add("dataSourceRef")
        reference = None
    source = spec.get("dataSource")
    known = (("PersistentVolumeClaim", ""), ("VolumeSnapshot", "snapshot.storage.k8s.io"))
    in_use = before.get("dataSource") is not None or before.get("dataSourceRef") is not None
    if source is not None and reference is None and not in_use and (source.get("kind"), source.get("apiGroup") or "") not in known:
        gone.add("dataSource")
    if not gone & spec.keys():
        return claim
    return {**claim, "spec": {key: value for key, value in spec.items() if key not in gone}}


def _claim(obj: JsonObject, uid: str) -> JsonObject:
    return normalize_data_sources(obj)


def _limit_range(obj: JsonObject, uid: str) -> JsonObject:
    """The one kind that may come without a name: it gets a unique one."""
    if not obj["metadata"].get("name"):
        obj["metadata"]["name"] = uid
    return obj


def _service(obj: JsonObject, uid: str) -> JsonObject:
    """The two ways to say an address say the same."""
    spec = obj.get("spec") or {}
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        return {**obj, "spec": {**spec, "clusterIPs": [spec["clusterIP"]]}}
    return obj


def _crd(obj: JsonObject, uid: str) -> JsonObject:
    stored = [version.get("name") for version in (obj.get("spec") or {}).get("versions") or () if version.get("storage")]
    obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored[:1] or None}
    return obj


def _endpoint_slice(obj: JsonObject, uid: str) -> JsonObject:
    return _without_topology(obj)


_ON_CREATE: dict[tuple[str, str], Callable[[JsonObject, str], JsonObject]] = {
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Namespace"): _namespace,
    ("", "LimitRange"): _limit_range,
    ("", "Service"): _service,
    ("discovery.k8s.io", "EndpointSlice"): _endpoint_slice,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
}
