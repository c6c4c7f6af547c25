"""Rules for ConfigMaps, Secrets, Namespaces, ServiceAccounts and quotas.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import base64
import binascii
import math

from pytest_helmsim.objects import gojson, names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, check_standard_finalizer, same
from pytest_helmsim.schema.validate.resources import check_amount, check_any_resource_name, check_resource_name, is_overcommitted

MAX_SIZE = 1024 * 1024
_MOST_MILLI = (2**63 - 1) // 1000
_FIXED = "field is immutable when `immutable` is set"


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "")
    except binascii.Error:
        return b""


def check_config_map(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _check_data(errors, obj)


def _check_data(errors: Errors, obj: JsonObject) -> None:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for key in data:
        errors.all_invalid(f"data[{key}]", key, names.config_key(key))
        if key in binary:
            errors.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        errors.all_invalid(f"binaryData[{key}]", key, names.config_key(key))
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in data.values()) + sum(len(_decoded(text)) for text in binary.values())
    if size > MAX_SIZE:
        errors.too_long("[]", MAX_SIZE)


def check_config_map_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _check_fixed(errors, new, old, "data", "binaryData")
    check_metadata(errors, new, namespaced=True)
    _check_data(errors, new)


def _check_fixed(errors: Errors, new: JsonObject, old: JsonObject, *keys: str) -> None:
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        errors.forbidden("immutable", _FIXED)
    for key in keys:
        if new.get(key) != old.get(key):
            errors.forbidden(key, _FIXED)


_REQUIRED_KEYS = {"kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson"}


def check_secret(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    data = obj.get("data") or {}
    for key in data:
        errors.all_invalid(f"data[{key}]", key, names.config_key(key))
    if sum(len(_decoded(text)) for text in data.values()) > MAX_SIZE:
        errors.too_long("data", MAX_SIZE)
    kind = obj.get("type", "")
    if kind == "kubernetes.io/service-account-token":
        name = "kubernetes.io/service-account.name"
        if not (obj["metadata"].get("annotations") or {}).get(name):
            errors.required(f"metadata.annotations[{name}]")
    elif kind in _REQUIRED_KEYS:
        key = _REQUIRED_KEYS[kind]
        if key not in data:
            errors.required(f"data[{key}]")
        else:
            _check_json(errors, f"data[{key}]", _decoded(data[key]))
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            errors.required("data[username]")
            errors.required("data[password]")
    elif kind == "kubernetes.io/ssh-auth":
        if not data.get("ssh-privatekey"):
            errors.required("data[ssh-privatekey]")
    elif kind == "kubernetes.io/tls":
        for key in ("tls.crt", "tls.key"):
            if key not in data:
                errors.required(f"data[{key}]")


def _check_json(errors: Errors, path: str, content: bytes) -> None:
    try:
        gojson.decode_map(content.decode("utf-8", "replace"))
    except gojson.GoJsonError as error:
        errors.invalid(path, "<secret contents redacted>", str(error))


def check_secret_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    errors.immutable("type", new.get("type"), old.get("type"))
    _check_fixed(errors, new, old, "data")
    check_secret(errors, new)


def check_namespace(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, name_rule=names.dns_label)
    finalizers = (obj.get("spec") or {}).get("finalizers") or []
    for name in finalizers:
        errors.all_invalid("spec.finalizers", name, names.label_key(name))
        check_standard_finalizer(errors, "spec.finalizers", name)


def check_namespace_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_namespace(errors, new)
    check_metadata_update(errors, new, old)


def check_service_account(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)


def check_service_account_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    check_service_account(errors, new)


def check_resource_quota(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _check_hard(errors, obj)


def check_resource_quota_status(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    if not (new.get("metadata") or {}).get("resourceVersion"):
        errors.required("resourceVersion")
    for key in ("hard", "used"):
        for name, amount in ((new.get("status") or {}).get(key) or {}).items():
            _check_limited(errors, f"status.{key}[{name}]", name, amount)


def _check_limited(errors: Errors, path: str, name: str, amount: str) -> None:
    """One resource of a quota and its amount."""
    check_any_resource_name(errors, path, name)
    if "/" not in name and name not in _QUOTA_NAMES and not name.startswith(("hugepages-", "requests.hugepages-")):
        errors.invalid(path, name, "must be a standard resource for quota")
    check_amount(errors, path, name, amount)


def _check_hard(errors: Errors, obj: JsonObject) -> None:
    for name, amount in ((obj.get("spec") or {}).get("hard") or {}).items():
        _check_limited(errors, f"spec.hard[{name}]", name, amount)
    spec = obj.get("spec") or {}
    scopes = spec.get("scopes") or []
    for scope in scopes:
        if scope not in _SCOPES:
            errors.invalid("spec.scopes", scopes, "unsupported scope")
        for _ in _outside(scope, spec):
            errors.invalid("spec.scopes", scopes, "unsupported scope applied to resource")
    _check_pairs(errors, "spec.scopes", scopes, scopes)
    if spec.get("scopeSelector") is not None:
        _check_scope_selector(errors, spec)


def _check_pairs(errors: Errors, path: str, given: list[str], scopes: list[str]) -> None:
    for pair in (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")):
        if set(pair) <= set(given):
            errors.invalid(path, scopes or None, "conflicting scopes")


def _check_scope_selector(errors: Errors, spec: JsonObject) -> None:
    path, selector = "spec.scopeSelector.matchExpressions", spec["scopeSelector"]
    given = selector.get("matchExpressions") or []
    for entry in given:
        scope, operator, values = entry.get("scopeName", ""), entry.get("operator", ""), entry.get("values") or []
        if scope not in _SCOPES:
            errors.invalid(f"{path}.scopeName", scope, "unsupported scope")
        for _ in _outside(scope, spec):
            shown = [{"ScopeName": e.get("scopeName", ""), "Operator": e.get("operator", ""), "Values": e.get("values")} for e in given]
            errors.invalid(path, {"MatchExpressions": shown}, "unsupported scope applied to resource")
        if scope in (*_SCOPES[:4], "CrossNamespacePodAffinity") and operator != "Exists":
            listed = ", ".join(f"ResourceQuotaScope{name}" for name in _SCOPES[:4])
            why = f"must be 'Exists' when scope is any of {listed} or ResourceQuotaScopeCrossNamespacePodAffinity"
            errors.invalid(f"{path}.operator", operator, why)
        if operator in ("In", "NotIn"):
            if not values:
                errors.required(f"{path}.values", "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
        elif operator not in ("Exists", "DoesNotExist"):
            errors.invalid(f"{path}.operator", operator, "not a valid selector operator")
        elif values:
            why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            errors.invalid(f"{path}.values", values, why)
    _check_pairs(errors, path, [entry.get("scopeName", "") for entry in given], spec.get("scopes") or [])


def _outside(scope: str, spec: JsonObject) -> list[str]:
    """The limited resources that a scope has nothing to do with."""
    known = _IN_SCOPE.get(scope)
    hard = spec.get("hard") or {}
    return [name for name in sorted(hard) if known is not None and name in _QUOTA_NAMES and name not in known]


_OF_PODS = frozenset({"pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"})
_IN_SCOPE = {
    **dict.fromkeys(("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"), _OF_PODS),
    "BestEffort": frozenset({"pods"}),
    "VolumeAttributesClass": frozenset({"persistentvolumeclaims", "requests.storage"}),
}


_QUOTA_NAMES = frozenset(
    {
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage",
        "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers",
        "secrets", "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers",
    }
)  # fmt: skip
_SCOPES = (
    "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass",
)  # fmt: skip


def check_resource_quota_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _check_hard(errors, new)
    if not same((new.get("spec") or {}).get("scopes"), (old.get("spec") or {}).get("scopes")):
        errors.invalid("spec.scopes", (new.get("spec") or {}).get("scopes"), "field is immutable")


def check_limit_range(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    seen: set[str] = set()
    for index, item in enumerate((obj.get("spec") or {}).get("limits") or ()):
        path = f"spec.limits[{index}]"
        kind = item.get("type", "")
        errors.all_invalid(f"{path}.type", kind, names.label_key(kind))
        if kind and not names.label_key(kind) and "/" not in kind and kind not in ("Container", "Pod", "PersistentVolumeClaim"):
            errors.invalid(f"{path}.type", kind, "must be a standard limit type or fully qualified")
        if kind in seen:
            errors.duplicate(f"{path}.type", kind)
        seen.add(kind)
        rule = check_resource_name if kind in ("Pod", "Container") else check_any_resource_name
        for field in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
            if kind == "Pod" and field.startswith("default"):
                if item.get(field):
                    errors.forbidden(f"{path}.{field}", "may not be specified when `type` is 'Pod'")
                continue
            if (
                kind == "PersistentVolumeClaim"
                and field == "maxLimitRequestRatio"
                and not any("storage" in (item.get(bound) or {}) for bound in ("min", "max"))
            ):
                errors.required(f"{path}.limits", "either minimum or maximum storage value is required, but neither was provided")
            for name in item.get(field) or {}:
                rule(errors, f"{path}.{field}[{name}]", name)
        _check_bounds(errors, path, item)


def _above(a: str | None, b: str | None) -> bool:
    return a is not None and b is not None and quantity.parse(a).compare(quantity.parse(b)) > 0


def _check_bounds(errors: Errors, path: str, item: JsonObject) -> None:
    fields = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
    lists = {key: item.get(key) or {} for key in fields}
    if item.get("type") == "Pod":
        lists |= {"default": {}, "defaultRequest": {}}
    for name in sorted({name for amounts in lists.values() for name in amounts}):
        high, low, default, request, ratio = (lists[key].get(name) for key in fields)
        if _above(low, high):
            errors.invalid(f"{path}.min[{name}]", low, f"min value {low} is greater than max value {high}")
        if _above(low, request):
            errors.invalid(f"{path}.defaultRequest[{name}]", request, f"min value {low} is greater than default request value {request}")
        if _above(request, high):
            errors.invalid(f"{path}.defaultRequest[{name}]", request, f"default request value {request} is greater than max value {high}")
        if _above(request, default):
            why = f"default request value {request} is greater than default limit value {default}"
            errors.invalid(f"{path}.defaultRequest[{name}]", request, why)
        if _above(low, default):
            errors.invalid(f"{path}.default[{name}]", low, f"min value {low} is greater than default value {default}")
        if _above(default, high):
            errors.invalid(f"{path}.default[{name}]", high, f"default value {default} is greater than max value {high}")
        if ratio is not None:
            _check_ratio(errors, f"{path}.maxLimitRequestRatio[{name}]", ratio, low, high)
        if default is not None and request is not None and not is_overcommitted(name) and not _alike(default, request):
            why = f"default value {default} must equal to defaultRequest value {request} in {name}"
            errors.invalid(f"{path}.defaultRequest[{name}]", request, why)


def _alike(a: str, b: str) -> bool:
    return quantity.parse(a).compare(quantity.parse(b)) == 0


def _check_ratio(errors: Errors, path: str, ratio: str, low: str | None, high: str | None) -> None:
    """At least 1, and no more than there is room for; small numbers are compared in thousandths."""
    if _above("1", ratio):
        errors.invalid(path, ratio, f"ratio {ratio} is less than 1")
    if low is None or high is None:
        return
    parsed = [quantity.parse(amount) for amount in (ratio, low, high)]
    small = all(amount.value < _MOST_MILLI for amount in parsed)
    limit, bottom, top = (amount.scaled(-3) if small else amount.value for amount in parsed)
    room = top / bottom if bottom else math.nan if not top else math.inf
    if (limit / 1000 if small else float(limit)) > room:
        errors.invalid(path, ratio, f"ratio {ratio} is greater than max/min = {room:f}")


def check_limit_range_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_limit_range(errors, new)
