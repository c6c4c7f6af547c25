"""Rules for PersistentVolumes, StorageClasses, PriorityClasses, Leases and RuntimeClasses.

Sources: k8s.io/kubernetes pkg/apis/{core,storage,scheduling,coordination,node}/validation.
"""

from __future__ import annotations

import posixpath

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import alike, go_diff
from pytest_helmsim.schema.validate.affinity import check_node_selector
from pytest_helmsim.schema.validate.claims import VOLUME_MODES, check_access_modes
from pytest_helmsim.schema.validate.metadata import check_labels, check_metadata, check_metadata_update, same
from pytest_helmsim.schema.validate.resources import check_basic_amount, check_resources
from pytest_helmsim.schema.validate.volume_sources import check_persistent_sources

_RECLAIM = ("Delete", "Recycle", "Retain")
_NOT_SOURCES = frozenset(
    {
        "capacity",
        "accessModes",
        "claimRef",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "mountOptions",
        "volumeMode",
        "nodeAffinity",
        "volumeAttributesClassName",
    }
)
HIGHEST_PRIORITY = 1000000000


def check_volume(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    spec = obj.get("spec") or {}
    if not spec.get("accessModes"):
        errors.required("spec.accessModes")
    check_access_modes(errors, "spec.accessModes", spec.get("accessModes") or [])
    capacity = spec.get("capacity") or {}
    if not capacity:
        errors.required("spec.capacity")
    if "storage" not in capacity or len(capacity) > 1:
        shown = None if spec.get("capacity") is None else capacity
        errors.unsupported("spec.capacity", shown, ("storage",))
    for name, amount in capacity.items():
        check_basic_amount(errors, f"spec.capacity[{name}]", amount)
        if quantity.parse(amount).unscaled <= 0:
            errors.invalid(f"spec.capacity[{name}]", amount, "must be greater than zero")
    policy = spec.get("persistentVolumeReclaimPolicy", "")
    if policy and policy not in _RECLAIM:
        errors.unsupported("spec.persistentVolumeReclaimPolicy", policy, _RECLAIM)
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        if affinity.get("required") is None:
            errors.required("spec.nodeAffinity.required", "must specify required node constraints")
        else:
            check_node_selector(errors, "spec.nodeAffinity.required", affinity["required"])
    check_persistent_sources(errors, "spec", spec, (obj.get("metadata") or {}).get("name", ""))
    if spec.get("hostPath") is not None and _is_root(spec["hostPath"].get("path", "")) and policy == "Recycle":
        errors.forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")
    if spec.get("storageClassName"):
        errors.all_invalid("spec.storageClassName", spec["storageClassName"], names.dns_subdomain(spec["storageClassName"]))
    mode = spec.get("volumeMode")
    if mode is not None and mode not in VOLUME_MODES:
        errors.unsupported("spec.volumeMode", mode, VOLUME_MODES)
    attributes = spec.get("volumeAttributesClassName")
    if attributes is None or errors.minor < 34:
        return
    if not attributes:
        errors.required("spec.volumeAttributesClassName", "an empty string is disallowed")
    else:
        errors.all_invalid("spec.volumeAttributesClassName", attributes, names.dns_subdomain(attributes))
    if spec.get("csi") is None:
        errors.required("spec.csi", "has to be specified when using volumeAttributesClassName")


def _is_root(path: str) -> bool:
    return path.startswith("/") and posixpath.normpath(path) in ("/", "//")


def check_volume_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """The server looks at the whole volume twice, then at what may not change."""
    check_volume(errors, new)
    check_volume(errors, new)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    sources = [{key: value for key, value in spec.items() if key not in _NOT_SOURCES} for spec in (now, before)]
    expand = "controllerExpandSecretRef"
    now_csi, old_csi = sources[0].get("csi"), sources[1].get("csi")
    if now_csi and old_csi is not None and expand not in old_csi:
        sources[0]["csi"] = {key: value for key, value in now_csi.items() if key != expand}
    if not alike("PersistentVolumeSource", *sources):
        shown = go_diff("PersistentVolumeSource", sources[1], sources[0])
        errors.forbidden("spec.persistentvolumesource", f"spec.persistentvolumesource is immutable after creation\n{shown}")
    if now.get("volumeMode") != before.get("volumeMode"):
        errors.invalid("volumeMode", now.get("volumeMode"), "field is immutable")
    affinity = before.get("nodeAffinity")
    if affinity is not None and not same(now.get("nodeAffinity"), affinity):
        given = now.get("nodeAffinity")
        affine = None if given is None else {"Required": _internal_selector(given.get("required"))}
        errors.invalid("nodeAffinity", affine, "field is immutable, except for updating from beta label to GA")


def _internal_selector(selector: JsonObject | None) -> JsonObject | None:
    """The server's own struct of a NodeSelector."""
    if selector is None:
        return None

    def rules(given: list[JsonObject] | None) -> list[JsonObject] | None:
        return [{"Key": r.get("key", ""), "Operator": r.get("operator", ""), "Values": r.get("values")} for r in given or ()] or None

    terms = selector.get("nodeSelectorTerms") or ()
    return {
        "NodeSelectorTerms": [
            {"MatchExpressions": rules(t.get("matchExpressions")), "MatchFields": rules(t.get("matchFields"))} for t in terms
        ]
        or None
    }


def check_storage_class(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    provisioner = obj.get("provisioner", "")
    if not provisioner:
        errors.required("provisioner")
    else:
        errors.all_invalid("provisioner", provisioner.lower(), names.label_key(provisioner.lower()))
    _check_parameters(errors, obj.get("parameters") or {})
    policy = obj.get("reclaimPolicy")
    if policy and policy not in ("Delete", "Retain"):
        errors.unsupported("reclaimPolicy", policy, ("Delete", "Retain"))
    mode = obj.get("volumeBindingMode")
    if mode is None:
        errors.required("volumeBindingMode")
    elif mode not in ("Immediate", "WaitForFirstConsumer"):
        errors.unsupported("volumeBindingMode", mode, ("Immediate", "WaitForFirstConsumer"))


def _check_parameters(errors: Errors, parameters: dict[str, str]) -> None:
    if len(parameters) > 512:
        errors.too_long("parameters", 512)
        return
    if "" in parameters:
        errors.invalid("parameters", "", "field can not be empty.")
    if sum(len(key) + len(value) for key, value in parameters.items()) > 256 * 1024:
        errors.too_long("parameters", 256 * 1024)


def check_storage_class_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_storage_class(errors, new)
    check_metadata_update(errors, new, old)
    for key in ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"):
        errors.immutable(key, new.get(key), old.get(key))


def check_attributes_class(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    name = obj.get("driverName", "")
    if not name:
        errors.required("driverName")
    else:
        errors.all_invalid("driverName", name, names.label_key(name.lower()))
    _check_parameters(errors, obj.get("parameters") or {})
    if not obj.get("parameters"):
        errors.required("parameters", "must contain at least one key/value pair")


def check_attributes_class_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    errors.immutable("driverName", new.get("driverName"), old.get("driverName"))
    errors.immutable("parameters", new.get("parameters"), old.get("parameters"))


def check_priority_class(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    name, value = obj["metadata"].get("name", ""), obj.get("value", 0)
    if name.startswith("system-"):
        if name not in ("system-node-critical", "system-cluster-critical"):
            why = f"{name} is not a known system priority class"
            errors.forbidden("metadata.name", f"priority class names with 'system-' prefix are reserved for system use only. error: {why}")
    elif value > HIGHEST_PRIORITY:
        errors.forbidden("value", f"maximum allowed value of a user defined priority is {HIGHEST_PRIORITY}")
    policy = obj.get("preemptionPolicy")
    if policy is not None and policy not in ("Never", "PreemptLowerPriority"):
        errors.unsupported("preemptionPolicy", policy, ("PreemptLowerPriority", "Never"))


def check_priority_class_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    if new.get("value", 0) != old.get("value", 0):
        errors.forbidden("value", "may not be changed in an update.")
    errors.immutable("preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy"))


def check_lease(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True, standard=False)
    _check_lease_spec(errors, obj.get("spec") or {})


def _check_lease_spec(errors: Errors, spec: JsonObject) -> None:
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        errors.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    if transitions is not None and transitions < 0:
        errors.invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0")


def check_lease_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old, standard=False)
    _check_lease_spec(errors, new.get("spec") or {})


def check_runtime_class(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, standard=False)
    handler = obj.get("handler", "")
    if not handler:
        errors.required("handler")
    else:
        errors.all_invalid("handler", handler, names.dns_label(handler))
    if obj.get("overhead") is not None:
        check_resources(errors, "overhead", {"limits": obj["overhead"].get("podFixed")})
    selector = (obj.get("scheduling") or {}).get("nodeSelector")
    check_labels(errors, "scheduling.nodeSelector", selector)


def check_runtime_class_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old, standard=False)
    check_runtime_class(errors, new)
    errors.immutable("handler", new.get("handler"), old.get("handler"))
