"""Rules for PersistentVolumeClaims, and the spec they share with claim templates.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaimSpec and the update).
"""

from __future__ import annotations

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import alike, go_diff
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, check_selector

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")


_SOURCES = ("dataSource", "dataSourceRef")


def check_access_modes(errors: Errors, path: str, modes: list[str]) -> None:
    """Known ones; ReadWriteOncePod stands alone."""
    for mode in modes:
        if mode not in ACCESS_MODES:
            errors.unsupported(path, mode, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and any(mode in ACCESS_MODES and mode != "ReadWriteOncePod" for mode in modes):
        errors.forbidden(path, "may not use ReadWriteOncePod with other access modes")


def check_claim_spec(errors: Errors, path: str, spec: JsonObject, *, any_group: bool = False) -> None:
    """Of a claim or of a template for claims; `any_group`: the group of a source is not looked at."""
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
    for key in _SOURCES:
        _check_source(errors, f"{path}.{key}", spec.get(key), any_group=any_group)
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if reference is not None and reference.get("namespace"):
        if source is not None:
            errors.invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified")
    elif source is not None and reference is not None and _differ(source, reference):
        errors.invalid(path, {}, "must match dataSourceRef")
    attributes = spec.get("volumeAttributesClassName")
    if attributes and errors.minor >= 34:
        errors.all_invalid(f"{path}.volumeAttributesClassName", attributes, names.dns_subdomain(attributes))


def _differ(source: JsonObject, reference: JsonObject) -> bool:
    return any(source.get(key) != reference.get(key) for key in ("apiGroup", "kind", "name"))


def _check_source(errors: Errors, path: str, source: JsonObject | None, *, any_group: bool) -> None:
    if source is None:
        return
    for key in ("name", "kind"):
        if not source.get(key):
            errors.required(f"{path}.{key}")
    group = source.get("apiGroup") or ""
    if not group and source.get("kind") != "PersistentVolumeClaim":
        errors.invalid(path, source.get("kind", ""), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
    elif group and not any_group:
        errors.all_invalid(f"{path}.apiGroup", group, names.dns_subdomain(group))
    if source.get("namespace"):
        errors.all_invalid(f"{path}.namespace", source["namespace"], names.dns_label(source["namespace"]))


def check_claim(errors: Errors, obj: JsonObject, *, any_group: bool = False) -> None:
    """A PersistentVolumeClaim."""
    check_metadata(errors, obj, namespaced=True)
    check_claim_spec(errors, "spec", obj.get("spec") or {}, any_group=any_group)


def check_claim_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Nothing of the spec may change but the size of a bound claim and its attributes class."""
    check_metadata_update(errors, new, old)
    check_claim(errors, new, any_group=any(((old.get("spec") or {}).get(key) or {}).get("apiGroup") is not None for key in _SOURCES))
    now, before = new.get("spec") or {}, old.get("spec") or {}
    bound = (new.get("status") or {}).get("phase") == "Bound"
    allowed, base = dict(now), dict(before)
    if not before.get("volumeName"):
        base["volumeName"] = now.get("volumeName")
    _check_class(errors, allowed, new, old)
    requests, old_requests = ((spec.get("resources") or {}).get("requests") or {} for spec in (now, before))
    if bound and requests:
        allowed["resources"] = {**now["resources"], "requests": {**requests, "storage": old_requests.get("storage", "0")}}
    if bound:
        allowed["volumeAttributesClassName"] = before.get("volumeAttributesClassName")
    if not alike("PersistentVolumeClaimSpec", allowed, base):
        why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        errors.forbidden("spec", f"{why}\n{go_diff('PersistentVolumeClaimSpec', base, allowed)}")
    old_size, new_size = (quantity.parse(amounts.get("storage", "0")) for amounts in (old_requests, requests))
    if new_size.compare(old_size) < 0:
        real = quantity.parse(((old.get("status") or {}).get("capacity") or {}).get("storage", "0"))
        if errors.minor < 32:
            errors.forbidden("spec.resources.requests.storage", "field can not be less than previous value")
        elif new_size.compare(real) <= 0:
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")
    if now.get("volumeMode") != before.get("volumeMode"):
        errors.invalid("volumeMode", now.get("volumeMode"), "field is immutable")
    attributes, current = now.get("volumeAttributesClassName"), (old.get("status") or {}).get("currentVolumeAttributesClassName")
    if attributes != before.get("volumeAttributesClassName") and current is not None and errors.minor >= 34:
        word = "nil" if attributes is None else "empty string"
        if not attributes:
            why = f"update to {word} is forbidden when status.currentVolumeAttributesClassName is not nil"
            errors.forbidden("spec.volumeAttributesClassName", why)


def _check_class(errors: Errors, allowed: JsonObject, new: JsonObject, old: JsonObject) -> None:
    """The class may move from the old annotation into the spec, or be set where there was none; `allowed` forgets such a change."""
    now, before = (((side.get("metadata") or {}).get("annotations") or {}).get(_BETA) for side in (new, old))
    wanted, had = (new.get("spec") or {}).get("storageClassName"), (old.get("spec") or {}).get("storageClassName")
    if before is not None and had is None and wanted == before and now in (None, before):
        allowed["storageClassName"] = None
        return
    if now != before and (now or before):
        errors.invalid(f"metadata.annotations.{_BETA}", now or "", "field is immutable")
    if wanted is not None and had is None and before in (None, wanted):
        allowed["storageClassName"] = None


_BETA = "volume.beta.kubernetes.io/storage-class"
