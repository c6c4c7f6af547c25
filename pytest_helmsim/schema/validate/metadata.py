"""Rules for metadata, label selectors and what all kinds share.

Sources: k8s.io/apimachinery pkg/api/validation/objectmeta.go, pkg/apis/meta/v1/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.field_errors import Errors

MAX_ANNOTATIONS = 256 * 1024
NameRule = Callable[[str], Iterable[str]]


def check_metadata(
    errors: Errors, obj: JsonObject, *, namespaced: bool, name_rule: NameRule = names.dns_subdomain, standard: bool = True
) -> None:
    """Of a new object; `standard`: finalizers without a domain must be known ones, as most kinds ask."""
    meta = obj.get("metadata") or {}
    if meta.get("generateName"):
        prefix = meta["generateName"]
        rule = names.path_segment_prefix if name_rule is names.path_segment else name_rule
        masked = prefix[:-1] + "a" if prefix.endswith("-") and rule is not names.path_segment_prefix else prefix
        errors.all_invalid("metadata.generateName", prefix, rule(masked))
    if not meta.get("name"):
        errors.required("metadata.name", "name or generateName is required")
    else:
        errors.all_invalid("metadata.name", meta["name"], name_rule(meta["name"]))
    if namespaced:
        if not meta.get("namespace"):
            errors.required("metadata.namespace")
        else:
            errors.all_invalid("metadata.namespace", meta["namespace"], names.dns_label(meta["namespace"]))
    elif meta.get("namespace"):
        errors.forbidden("metadata.namespace", "not allowed on this type")
    errors.not_negative("metadata.generation", meta.get("generation"))
    _check_common(errors, meta)
    check_finalizers(errors, "metadata.finalizers", meta.get("finalizers") or [])
    if standard:
        _check_standard(errors, meta.get("finalizers") or [])
    _check_managed_fields(errors, meta.get("managedFields") or [])


def check_metadata_update(errors: Errors, new: JsonObject, old: JsonObject, *, standard: bool = True) -> None:
    """Of a changed object."""
    now, before = new.get("metadata") or {}, old.get("metadata") or {}
    if before.get("deletionTimestamp"):
        extra = sorted(set(now.get("finalizers") or ()) - set(before.get("finalizers") or ()))
        if extra:
            listed = ", ".join(f'"{name}"' for name in extra)
            why = f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{listed}}}"
            errors.forbidden("metadata.finalizers", why)
    if not now.get("resourceVersion"):
        errors.invalid("metadata.resourceVersion", now.get("resourceVersion") or "", "must be specified for an update")
    if (now.get("generation") or 0) < (before.get("generation") or 0):
        errors.invalid("metadata.generation", now.get("generation") or 0, "must not be decremented")
    for key in ("name", "namespace", "uid"):
        errors.immutable(f"metadata.{key}", now.get(key) or "", before.get(key) or "")
    for key in ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if now.get(key) != before.get(key):
            errors.invalid(f"metadata.{key}", now.get(key), "field is immutable")
    _check_common(errors, now)
    _check_managed_fields(errors, now.get("managedFields") or [])
    if standard:
        _check_standard(errors, now.get("finalizers") or [])


def _check_common(errors: Errors, meta: JsonObject) -> None:
    check_labels(errors, "metadata.labels", meta.get("labels"))
    check_annotations(errors, "metadata.annotations", meta.get("annotations"))
    _check_owners(errors, meta.get("ownerReferences") or [])


def check_labels(errors: Errors, path: str, labels: dict[str, str] | None) -> None:
    """Keys and values."""
    for key, value in (labels or {}).items():
        errors.all_invalid(path, key, names.label_key(key))
        errors.all_invalid(path, value, names.label_value(value))


def check_annotations(errors: Errors, path: str, annotations: dict[str, str] | None) -> None:
    """Keys, and 256 KiB for all together."""
    size = 0
    for key, value in (annotations or {}).items():
        errors.all_invalid(path, key, names.label_key(key.lower()))
        size += len(key.encode("utf-8", "surrogatepass")) + len(value.encode("utf-8", "surrogatepass"))
    if size > MAX_ANNOTATIONS:
        errors.too_long(path, MAX_ANNOTATIONS)


def _check_owners(errors: Errors, owners: list[JsonObject]) -> None:
    path = "metadata.ownerReferences"
    controller = ""
    for owner in owners:
        api_version = owner.get("apiVersion") or ""
        if not api_version.rpartition("/")[2] or api_version.count("/") > 1:
            errors.invalid(f"{path}.apiVersion", api_version, "version must not be empty")
        for key in ("kind", "name", "uid"):
            if not owner.get(key):
                errors.invalid(f"{path}.{key}", "", "must not be empty")
        if (api_version, owner.get("kind")) == ("v1", "Event"):
            errors.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")
        if owner.get("controller"):
            current = f"{owner.get('kind')}/{owner.get('name')}"
            if controller:
                why = f'Only one reference can have Controller set to true. Found "true" in references for {controller} and {current}'
                errors.invalid(path, owners, why)
            else:
                controller = current


def check_finalizers(errors: Errors, path: str, finalizers: list[str]) -> None:
    """Qualified names; `orphan` and `foregroundDeletion` exclude each other."""
    for name in finalizers:
        errors.all_invalid(path, name, names.label_key(name))
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        errors.invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set")


def _check_standard(errors: Errors, finalizers: list[str]) -> None:
    for index, name in enumerate(finalizers):
        check_standard_finalizer(errors, f"metadata.finalizers[{index}]", name)


def check_standard_finalizer(errors: Errors, path: str, name: str) -> None:
    """Without a domain only the known ones."""
    if "/" not in name and name not in ("kubernetes", "orphan", "foregroundDeletion"):
        errors.invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified")


def is_readable(selector: JsonObject | None) -> bool:
    """Whether a server can make a matcher of a LabelSelector."""
    found = Errors()
    check_selector(found, "", selector)
    return not found


def _check_managed_fields(errors: Errors, entries: list[JsonObject]) -> None:
    for index, entry in enumerate(entries):
        path = f"metadata.managedFields[{index}]"
        if entry.get("operation") not in ("Apply", "Update"):
            errors.invalid(f"{path}.operation", entry.get("operation") or "", "must be `Apply` or `Update`")
        if entry.get("fieldsType") and entry["fieldsType"] != "FieldsV1":
            errors.invalid(f"{path}.fieldsType", entry["fieldsType"], "must be `FieldsV1`")
        if len(entry.get("manager") or "") > 128:
            errors.too_long(f"{path}.manager", 128)


def check_operator(errors: Errors, path: str, operator: str, values: list[str]) -> None:
    """An operator of a selector, and whether it takes values."""
    if operator in ("In", "NotIn"):
        if not values:
            errors.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            errors.forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    else:
        errors.invalid(f"{path}.operator", operator, "not a valid selector operator")


def check_selector(errors: Errors, path: str, selector: JsonObject | None) -> None:
    """A LabelSelector."""
    if selector is None:
        return
    check_labels(errors, f"{path}.matchLabels", selector.get("matchLabels"))
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        here = f"{path}.matchExpressions[{index}]"
        operator, values = expression.get("operator", ""), expression.get("values") or []
        check_operator(errors, here, operator, values)
        errors.all_invalid(f"{here}.key", expression.get("key", ""), names.label_key(expression.get("key", "")))
        for position, value in enumerate(values):
            errors.all_invalid(f"{here}.values[{position}]", value, names.label_value(value))


def is_empty_selector(selector: JsonObject | None) -> bool:
    """Given, and without any condition."""
    return selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions")


def check_int_or_percent(errors: Errors, path: str, value: Any) -> None:
    """A number from zero on, or `25%`."""
    if isinstance(value, str):
        errors.all_invalid(path, value, names.percent(value))
    elif value is not None:
        errors.not_negative(path, value)


def check_at_most_all(errors: Errors, path: str, value: Any) -> None:
    """Not more than 100%."""
    number = percent_of(value)
    if number is not None and number > 100:
        errors.invalid(path, value, "must not be greater than 100%")


def percent_of(value: Any) -> int | None:
    """25 for `25%`, None for what is no percentage."""
    return int(value[:-1]) if isinstance(value, str) and not names.percent(value) else None


def int_or_percent(value: Any) -> int:
    """The number of either form; 0 for what is none."""
    percentage = percent_of(value)
    if percentage is not None:
        return percentage
    return value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdigit() else 0


def check_port(errors: Errors, path: str, port: Any) -> None:
    """A number or a name of a port."""
    if isinstance(port, str):
        errors.all_invalid(path, port, names.port_name(port))
    else:
        errors.all_invalid(path, port or 0, names.port_number(port or 0))


def same(a: Json, b: Json) -> bool:
    """Go's semantic equality: missing and empty are the same, at any depth."""
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same(a.get(key), b.get(key)) for key in a.keys() | b.keys())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if a in (None, {}, []) and b in (None, {}, []):
        return True
    return bool(a == b)
