"""Rules for CSIDriver, CSINode, CSIStorageCapacity and VolumeAttachment.

Source: k8s.io/kubernetes pkg/apis/storage/validation/validation.go, pkg/apis/core/validation (names of drivers).
"""

from __future__ import annotations

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import IMMUTABLE, Errors
from pytest_helmsim.schema.godiff import internal
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, check_selector, same
from pytest_helmsim.schema.validate.storage import check_volume_spec
from pytest_helmsim.schema.validate.volume_sources import check_driver_name

_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
_MODES = ("Persistent", "Ephemeral")
_SHORTEST, _LONGEST = 600, 2**32
_NODE_ID = 256
_METADATA, _MESSAGE = 256 * 1024, 1024


def check_driver(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    _check_driver_spec(errors, obj.get("spec") or {})


def check_driver_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    _check_driver_spec(errors, now)
    errors.immutable_value("spec.attachedRequired", now.get("attachRequired"), before.get("attachRequired"))
    errors.immutable("spec.volumeLifecycleModes", now.get("volumeLifecycleModes"), before.get("volumeLifecycleModes"))


def _check_driver_spec(errors: Errors, spec: JsonObject) -> None:
    for field, shown in (("attachRequired", "attachedRequired"), ("podInfoOnMount", ""), ("storageCapacity", "")):
        if spec.get(field) is None:
            errors.required(f"spec.{shown or field}")
    policy = spec.get("fsGroupPolicy")
    if policy is not None and policy not in _POLICIES:
        errors.unsupported("spec.fsGroupPolicy", policy, _POLICIES)
    seen: set[str] = set()
    for index, request in enumerate(spec.get("tokenRequests") or ()):
        path, audience, seconds = f"spec.tokenRequests[{index}]", request.get("audience", ""), request.get("expirationSeconds")
        if audience in seen:
            errors.duplicate(f"{path}.audience", audience)
            continue
        seen.add(audience)
        if seconds is not None and seconds < _SHORTEST:
            errors.invalid(f"{path}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
        if seconds is not None and seconds > _LONGEST:
            errors.invalid(f"{path}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")
    for mode in spec.get("volumeLifecycleModes") or ():
        if mode not in _MODES:
            errors.unsupported("spec.volumeLifecycleModes", mode, _MODES)
    if spec.get("seLinuxMount") is None and errors.minor >= 27:
        errors.required("spec.seLinuxMount")
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < 10:
        errors.invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, "must be greater than or equal to 10 seconds")
    in_secrets = spec.get("serviceAccountTokenInSecrets")
    if in_secrets is not None and not spec.get("tokenRequests"):
        why = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
        errors.invalid("spec.serviceAccountTokenInSecrets", in_secrets, why)


def check_node(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    seen: set[str] = set()
    for index, driver in enumerate((obj.get("spec") or {}).get("drivers") or ()):
        path, name, node = f"spec.drivers[{index}]", driver.get("name", ""), driver.get("nodeID", "")
        check_driver_name(errors, f"{path}.name", name)
        if not node:
            errors.required(f"{path}.nodeID")
        if len(node) > _NODE_ID:
            errors.invalid(f"{path}.nodeID", node, f"must be {_NODE_ID} characters or less")
        count = (driver.get("allocatable") or {}).get("count")
        errors.not_negative(f"{path}.allocatable.count", count)
        if name in seen:
            errors.duplicate(f"{path}.name", name)
        seen.add(name)
        keys: set[str] = set()
        for key in driver.get("topologyKeys") or ():
            if not key:
                errors.required(path)
            if key in keys:
                errors.duplicate(path, key)
            keys.add(key)
            errors.all_invalid(path, key, names.label_key(key))


def check_node_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_node(errors, new)
    before = {driver.get("name"): driver for driver in (old.get("spec") or {}).get("drivers") or ()}
    for driver in (new.get("spec") or {}).get("drivers") or ():
        known = before.get(driver.get("name"))
        if known is None:
            continue
        shown = [{key: value for key, value in each.items() if key != "allocatable"} for each in (driver, known)]
        if not same(*shown):
            whole = {"Name": driver.get("name", ""), "NodeID": driver.get("nodeID", ""), "TopologyKeys": driver.get("topologyKeys")}
            errors.invalid("spec.drivers", {**whole, "Allocatable": None}, IMMUTABLE)


def check_attachment(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    spec = obj.get("spec") or {}
    check_driver_name(errors, "spec.attacher", spec.get("attacher", ""))
    source = spec.get("source") or {}
    inline, volume = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    both = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if inline is None and volume is None:
        errors.required("spec.source", both)
    elif inline is not None and volume is not None:
        errors.forbidden("spec.source", both)
    elif volume == "":
        errors.required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName")
    elif inline is not None:
        check_volume_spec(errors, "spec.source.inlineVolumeSpec", inline, "", inline=True)
    errors.all_invalid("spec.nodeName", spec.get("nodeName", ""), names.dns_subdomain(spec.get("nodeName", "")))
    _check_attachment_status(errors, obj.get("status") or {})
    if volume is not None:
        errors.all_invalid("spec.source.persistentVolumeName", volume, names.dns_subdomain(volume))


def _check_attachment_status(errors: Errors, status: JsonObject) -> None:
    if sum(len(key) + len(value) for key, value in (status.get("attachmentMetadata") or {}).items()) > _METADATA:
        errors.too_long("status.attachmentMetadata", _METADATA)
    for key in ("attachError", "detachError"):
        found = status.get(key)
        if found is None:
            continue
        if len(found.get("message", "")) > _MESSAGE:
            errors.too_long(f"status.{key}.message", _METADATA)
        code = found.get("errorCode")
        if code is not None and code < 0:
            errors.all_invalid(f"status.{key}.errorCode", code, names.in_range(code, 0, 2**31 - 1))


def check_attachment_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_attachment(errors, new)
    now, before = (_internal_attachment(each.get("spec") or {}, empties=False) for each in (new, old))
    if now != before:
        errors.invalid("spec", _internal_attachment(new.get("spec") or {}, empties=True), IMMUTABLE)


def _internal_attachment(spec: JsonObject, *, empties: bool) -> JsonObject:
    source = spec.get("source") or {}
    inline = internal("PersistentVolumeSpec", source.get("inlineVolumeSpec"), empties=empties)
    shown = {"PersistentVolumeName": source.get("persistentVolumeName"), "InlineVolumeSpec": inline}
    return {"Attacher": spec.get("attacher", ""), "Source": shown, "NodeName": spec.get("nodeName", "")}


def check_capacity(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    check_selector(errors, "nodeTopology", obj.get("nodeTopology"))
    name = obj.get("storageClassName", "")
    errors.all_invalid("storageClassName", name, names.dns_subdomain(name))
    amount = obj.get("capacity")
    if amount is not None and quantity.parse(amount).unscaled < 0:
        errors.invalid("capacity", amount, "must be greater than or equal to 0")


def check_capacity_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_capacity(errors, new)
    check_metadata_update(errors, new, old)
    now, before = new.get("nodeTopology"), old.get("nodeTopology")
    if (now is None) != (before is None) or not same(now, before):
        errors.invalid("nodeTopology", new.get("nodeTopology"), IMMUTABLE)
    if new.get("storageClassName") != old.get("storageClassName"):
        errors.invalid("storageClassName", new.get("storageClassName", ""), IMMUTABLE)
