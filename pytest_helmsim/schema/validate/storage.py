"""Rules for PersistentVolumes, StorageClasses, PriorityClasses, Leases and RuntimeClasses.

Sources: k8s.io/kubernetes pkg/apis/{core,storage,scheduling,coordination,node}/validation.
"""

from __future__ import annotations

import posixpath

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import alike, go_diff
from pytest_helmsim.schema.validate.affinity import check_node_selector, check_tolerations
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
    check_volume_spec(errors, "spec", obj.get("spec") or {}, (obj.get("metadata") or {}).get("name", ""))


def check_volume_spec(errors: Errors, path: str, spec: JsonObject, name: str, *, inline: bool = False) -> None:
    """What a PersistentVolume says; `inline`: within a VolumeAttachment, where only some of it may be said."""
    here = "in the context of inline volumes"
    if inline:
        if spec.get("claimRef") is not None:
            errors.forbidden(f"{path}.claimRef", f"may not be specified {here}")
        if spec.get("capacity"):
            errors.forbidden(f"{path}.capacity", f"may not be specified {here}")
        if spec.get("csi") is None:
            errors.required(f"{path}.csi", f"has to be specified {here}")
    if not spec.get("accessModes"):
        errors.required(f"{path}.accessModes")
    check_access_modes(errors, f"{path}.accessModes", spec.get("accessModes") or [])
    if not inline:
        _check_capacity(errors, f"{path}.capacity", spec)
    policy = spec.get("persistentVolumeReclaimPolicy", "")
    if policy and inline and policy != "Retain":
        errors.forbidden(f"{path}.persistentVolumeReclaimPolicy", f"may only be Retain {here}")
    elif policy and not inline and policy not in _RECLAIM:
        errors.unsupported(f"{path}.persistentVolumeReclaimPolicy", policy, _RECLAIM)
    affinity = spec.get("nodeAffinity")
    if affinity is not None and inline:
        errors.forbidden(f"{path}.nodeAffinity", f"may not be specified {here}")
    elif affinity is not None:
        if affinity.get("required") is None:
            errors.required(f"{path}.nodeAffinity.required", "must specify required node constraints")
        else:
            check_node_selector(errors, f"{path}.nodeAffinity.required", affinity["required"])
    check_persistent_sources(errors, path, spec, name)
    if spec.get("hostPath") is not None and _is_root(spec["hostPath"].get("path", "")) and policy == "Recycle":
        errors.forbidden(f"{path}.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")
    if spec.get("storageClassName") and inline:
        errors.forbidden(f"{path}.storageClassName", f"may not be specified {here}")
    elif spec.get("storageClassName"):
        errors.all_invalid(f"{path}.storageClassName", spec["storageClassName"], names.dns_subdomain(spec["storageClassName"]))
    mode = spec.get("volumeMode")
    if mode is not None and inline and mode != "Filesystem":
        errors.forbidden(f"{path}.volumeMode", f"may not specify volumeMode other than Filesystem {here}")
    elif mode is not None and mode not in VOLUME_MODES:
        errors.unsupported(f"{path}.volumeMode", mode, VOLUME_MODES)
    if not inline:
        _check_attributes(errors, path, spec)


def _check_capacity(errors: Errors, path: str, spec: JsonObject) -> None:
    capacity = spec.get("capacity") or {}
    if not capacity:
        errors.required(path)
    if "storage" not in capacity or len(capacity) > 1:
        errors.unsupported(path, None if spec.get("capacity") is None else capacity, ("storage",))
    for name, amount in capacity.items():
        check_basic_amount(errors, f"{path}[{name}]", amount)
        if quantity.parse(amount).unscaled <= 0:
            errors.invalid(f"{path}[{name}]", amount, "must be greater than zero")


def _check_attributes(errors: Errors, path: str, spec: JsonObject) -> None:
    attributes = spec.get("volumeAttributesClassName")
    if attributes is None or errors.minor < 34:
        return
    if not attributes:
        errors.required(f"{path}.volumeAttributesClassName", "an empty string is disallowed")
    else:
        errors.all_invalid(f"{path}.volumeAttributesClassName", attributes, names.dns_subdomain(attributes))
    if spec.get("csi") is None:
        errors.required(f"{path}.csi", "has to be specified when using volumeAttributesClassName")


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
        if given is None:
            return None
        return [{"Key": r.get("key", ""), "Operator": r.get("operator", ""), "Values": r.get("values")} for r in given]

    terms = selector.get("nodeSelectorTerms")
    if terms is None:
        return {"NodeSelectorTerms": None}
    return {
        "NodeSelectorTerms": [
            {"MatchExpressions": rules(t.get("matchExpressions")), "MatchFields": rules(t.get("matchFields"))} for t in terms
        ]
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
    _check_topologies(errors, obj.get("allowedTopologies") or [])


def _check_topologies(errors: Errors, terms: list[JsonObject]) -> None:
    """No term twice; the server compares each with as many empty ones as there are terms besides."""
    seen: list[dict[str, frozenset[str]]] = [{} for _ in terms]
    for index, term in enumerate(terms):
        found: dict[str, frozenset[str]] = {}
        path = f"allowedTopologies[{index}].matchLabelExpressions"
        for position, entry in enumerate(term.get("matchLabelExpressions") or ()):
            here, key, values = f"{path}[{position}]", entry.get("key", ""), entry.get("values") or []
            if not values:
                errors.required(f"{here}.values")
            for place, value in enumerate(values):
                if value in values[:place]:
                    errors.duplicate(f"{here}.values[{place}]", value)
            errors.all_invalid(f"{here}.key", key, names.label_key(key))
            if key in found:
                errors.duplicate(f"{here}.key", key)
            found[key] = frozenset(values)
        for other in seen:
            if other == found:
                errors.duplicate(path, "")
        seen.append(found)


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
    for key in ("driverName", "parameters"):
        if (new.get(key) or None) != (old.get(key) or None):
            errors.forbidden(key, f"updates to {key} are forbidden.")
    check_attributes_class(errors, new)


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
    scheduling = obj.get("scheduling") or {}
    check_labels(errors, "scheduling.nodeSelector", scheduling.get("nodeSelector"))
    tolerations = scheduling.get("tolerations") or []
    check_tolerations(errors, "scheduling.tolerations", tolerations)
    seen: list[tuple[str, ...]] = []
    for index, toleration in enumerate(tolerations):
        key = tuple(toleration.get(field, "") for field in ("key", "operator", "value", "effect"))
        if key in seen:
            shown = dict(zip(("Key", "Operator", "Value", "Effect"), key, strict=True))
            errors.duplicate(f"scheduling.tolerations[{index}]", {**shown, "TolerationSeconds": toleration.get("tolerationSeconds")})
        seen.append(key)


def check_runtime_class_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_runtime_class(errors, new)
    check_metadata_update(errors, new, old, standard=False)
    errors.immutable("handler", new.get("handler"), old.get("handler"))
