"""Rules for Nodes and their status.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go, pkg/registry/core/node/strategy.go.
"""

from __future__ import annotations

import ipaddress
import re

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors, FieldError, quoted
from pytest_helmsim.schema.validate.affinity import EFFECTS
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update
from pytest_helmsim.schema.validate.resources import check_amount
from pytest_helmsim.schema.validate.services import check_cidr

_FEATURE = re.compile(r"[A-Z][a-zA-Z0-9]*(/[a-zA-Z0-9]+)*")
_ONCE = 'node updates may not change {} except from "" to valid'


def check_node(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    _check_taints(errors, "metadata.taints", spec.get("taints") or [])
    _check_amounts(errors, status)
    swap = ((status.get("nodeInfo") or {}).get("swap") or {}).get("capacity")
    if swap is not None and swap <= 0:
        errors.invalid("metadata.nodeSwapStatus.capacity", swap, "must be greater than zero")
    _check_features(errors, status.get("declaredFeatures") or [])
    _check_blocks(errors, "spec.podCIDRs", spec.get("podCIDRs") or [])


def check_node_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_node(errors, new)
    check_node_change(errors, new, old)


def check_node_change(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """What a write to the status is refused for, and, besides the rules of a new node, any other change."""
    check_metadata_update(errors, new, old)
    spec, before, status = new.get("spec") or {}, old.get("spec") or {}, new.get("status") or {}
    _check_amounts(errors, status)
    _check_features(errors, status.get("declaredFeatures") or [])
    addresses = [(entry.get("type", ""), entry.get("address", "")) for entry in status.get("addresses") or ()]
    for index, (kind, address) in enumerate(addresses):
        if (kind, address) in addresses[:index]:
            errors.duplicate(f"status.addresses[{index}]", {"Type": kind, "Address": address})
    blocks, known = spec.get("podCIDRs") or [], before.get("podCIDRs") or []
    if known:
        changes = 1 if len(blocks) != len(known) else sum(a != b for a, b in zip(blocks, known, strict=True))
        for _ in range(changes):
            errors.forbidden("spec.podCIDRs", _ONCE.format("podCIDR"))
    if before.get("providerID") and spec.get("providerID", "") != before["providerID"]:
        errors.forbidden("spec.providerID", _ONCE.format("providerID"))
    _check_taints(errors, "metadata.taints", spec.get("taints") or [])
    if spec.get("externalID", "") != before.get("externalID", ""):
        errors.forbidden("spec.externalID", "may not be updated")


def _check_amounts(errors: Errors, status: JsonObject) -> None:
    for key in ("capacity", "allocatable"):
        for name, amount in (status.get(key) or {}).items():
            check_amount(errors, f"status.{key}.{name}", name, amount)


def _check_taints(errors: Errors, path: str, taints: list[JsonObject]) -> None:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        here, key, value, effect = f"{path}[{index}]", taint.get("key", ""), taint.get("value", ""), taint.get("effect", "")
        errors.all_invalid(f"{here}.key", key, names.label_key(key))
        complaints = names.label_value(value)
        if complaints:
            errors.invalid(f"{here}.value", value, ";".join(complaints))
        if not effect:
            errors.required(f"{here}.effect")
        elif effect not in EFFECTS:
            errors.unsupported(f"{here}.effect", effect, EFFECTS)
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            errors.append(FieldError("FieldValueDuplicate", here, shown, "taints must be unique by key and effect pair"))
        seen.add((key, effect))


def _check_features(errors: Errors, features: list[str]) -> None:
    path = "status.declaredFeatures"
    for index, feature in enumerate(features):
        if len(feature) > 253:
            errors.invalid(f"{path}[{index}]", feature, f"invalid feature name {quoted(feature)}: must be no more than 253 characters")
        elif not _FEATURE.fullmatch(feature):
            form = "must start with an UpperCamelCase segment, with subsequent segments separated by '/'"
            example = "(e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
            errors.invalid(f"{path}[{index}]", feature, f"invalid feature name {quoted(feature)}: {form} {example}")
        if index + 1 < len(features) and feature >= features[index + 1]:
            following = features[index + 1]
            if feature == following:
                errors.duplicate(f"{path}[{index + 1}]", following)
            else:
                errors.invalid(f"{path}[{index + 1}]", following, "list must be sorted alphabetically")


def _check_blocks(errors: Errors, path: str, blocks: list[str]) -> None:
    """One of each family at most."""
    for index, text in enumerate(blocks):
        check_cidr(errors, f"{path}[{index}]", text)
    if len(blocks) < 2:
        return
    families = set()
    for index, text in enumerate(blocks):
        try:
            families.add(ipaddress.ip_network(text if "/" in text else "", strict=False).version)
        except ValueError:
            why = f"invalid CIDR[{index}]: <nil> (invalid CIDR address: {text})"
            detail = f"invalid PodCIDRs. failed to check with dual stack with error:{why}"
            errors.append(FieldError("InternalError", path, detail=detail))
            families = set()
            break
    if len(families) < 2 or len(blocks) > 2:
        errors.invalid(path, list(blocks), "may specify no more than one CIDR for each IP family")
