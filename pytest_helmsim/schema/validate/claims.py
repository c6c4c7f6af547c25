"""Rules for PersistentVolumeClaims, and the spec they share with claim templates.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaimSpec and the update).
"""

from __future__ import annotations

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import go_diff
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, check_selector, same

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")


def check_access_modes(errors: Errors, path: str, modes: list[str]) -> None:
    """Known ones; ReadWriteOncePod stands alone."""
    for mode in modes:
        if mode not in ACCESS_MODES:
            errors.unsupported(path, mode, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and any(mode in ACCESS_MODES and mode != "ReadWriteOncePod" for mode in modes):
        errors.forbidden(path, "may not use ReadWriteOncePod with other access modes")


def check_claim_spec(errors: Errors, path: str, spec: JsonObject) -> None:
    """Of a claim or of a template for claims."""
    if not spec.get("accessModes"):
        errors.required(f"{path}.accessModes", "at least 1 access mode is required")
    check_selector(errors, f"{path}.selector", spec.get("selector"))
    check_access_modes(errors, f"{path}.accessModes", spec.get("accessModes") or [])
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if storage is None:
        errors.required(f"{path}.resources[storage]")
    elif quantity.parse(storage).unscaled <= 0:
        errors.invalid(f"{path}.resources[storage]", storage, "must be greater than zero")
    name = spec.get("storageClassName")
    if name:
        errors.all_invalid(f"{path}.storageClassName", name, names.dns_subdomain(name))
    mode = spec.get("volumeMode")
    if mode is not None and mode not in VOLUME_MODES:
        errors.unsupported(f"{path}.volumeMode", mode, VOLUME_MODES)
    for key in ("dataSource", "dataSourceRef"):
        _check_source(errors, f"{path}.{key}", spec.get(key))
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if reference is not None and reference.get("namespace"):
        if source is not None:
            errors.invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified")
    elif source is not None and reference is not None and not same(source, reference):
        errors.invalid(path, {}, "must match dataSourceRef")
    attributes = spec.get("volumeAttributesClassName")
    if attributes:
        errors.all_invalid(f"{path}.volumeAttributesClassName", attributes, names.dns_subdomain(attributes))


def _check_source(errors: Errors, path: str, source: JsonObject | None) -> None:
    if source is None:
        return
    if not source.get("name"):
        errors.required(f"{path}.name")
    if not source.get("kind"):
        errors.required(f"{path}.kind")
    if not source.get("apiGroup") and source.get("kind") != "PersistentVolumeClaim":
        errors.invalid(path, source.get("kind", ""), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
    elif source.get("apiGroup"):
        errors.all_invalid(f"{path}.apiGroup", source["apiGroup"], names.dns_subdomain(source["apiGroup"]))


def check_claim(errors: Errors, obj: JsonObject) -> None:
    """A PersistentVolumeClaim."""
    check_metadata(errors, obj, namespaced=True)
    check_claim_spec(errors, "spec", obj.get("spec") or {})


def check_claim_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Nothing of the spec may change but the size of a bound claim and its attributes class."""
    check_metadata_update(errors, new, old)
    check_claim(errors, new)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    bound = (new.get("status") or {}).get("phase") == "Bound"
    allowed, base = dict(now), dict(before)
    if not before.get("volumeName"):
        base["volumeName"] = now.get("volumeName")
    if before.get("storageClassName") is None and not _beta_class(old) and now.get("storageClassName"):
        allowed["storageClassName"] = before.get("storageClassName")
    resources, old_resources = now.get("resources") or {}, before.get("resources") or {}
    requests, old_requests = resources.get("requests"), old_resources.get("requests") or {}
    if bound and requests is not None:
        allowed["resources"] = {**resources, "requests": {**requests, "storage": old_requests.get("storage")}}
    if bound:
        allowed["volumeAttributesClassName"] = before.get("volumeAttributesClassName")
    if not same(allowed, base):
        why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        errors.forbidden("spec", f"{why}\n{go_diff('PersistentVolumeClaimSpec', base, allowed)}")
    old_size, new_size = (quantity.parse(amounts.get("storage", "0")) for amounts in (old_requests, requests or {}))
    if new_size.compare(old_size) < 0:
        real = quantity.parse(((old.get("status") or {}).get("capacity") or {}).get("storage", "0"))
        if new_size.compare(real) <= 0:
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
    if now.get("volumeMode") != before.get("volumeMode"):
        errors.invalid("volumeMode", now.get("volumeMode"), "field is immutable")


def _beta_class(obj: JsonObject) -> bool:
    return "volume.beta.kubernetes.io/storage-class" in ((obj.get("metadata") or {}).get("annotations") or {})
