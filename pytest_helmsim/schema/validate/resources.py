"""Rules for what containers and pods ask for: names, amounts, limits, claims.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go, pkg/apis/core/helper.
"""

from __future__ import annotations

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.pod_resources import container_requests

_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_STANDARD = _RESOURCES | {
    "storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps", "services.nodeports",
    "services.loadbalancers", "requests.storage",
}  # fmt: skip
_COUNTED = _STANDARD - _RESOURCES - {name for name in _STANDARD if name.startswith(("requests.", "limits.", "storage"))}
_HUGE = "hugepages-"
_MOST = 2**63 - 1
"""What does not fit in thousandths counts as this many of them."""
_POD_LEVEL = ("cpu", "hugepages-", "memory")


def check_resources(errors: Errors, path: str, resources: JsonObject, claims: frozenset[str] = frozenset(), *, pod: bool = False) -> None:
    """Names, amounts, requests within limits, claims by a name of the pod's; `pod`: of the pod as a whole."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    check_name = check_pod_resource_name if pod else check_resource_name
    for name, amount in limits.items():
        here = f"{path}.limits[{name}]"
        check_name(errors, here, name)
        check_amount(errors, here, name, amount)
        _check_pages(errors, here, name, amount)
    for name, amount in requests.items():
        here = f"{path}.requests[{name}]"
        check_name(errors, here, name)
        check_amount(errors, here, name, amount)
        _check_against_limit(errors, path, name, amount, limits.get(name))
        _check_pages(errors, here, name, amount)
    everything = {*limits, *requests}
    if any(name.startswith(_HUGE) for name in everything) and not everything & {"cpu", "memory"}:
        errors.forbidden(path, "HugePages require cpu or memory")
    _check_claims(errors, f"{path}.claims", resources.get("claims") or [], claims)


def _check_against_limit(errors: Errors, path: str, name: str, amount: str, limit: str | None) -> None:
    overcommit = is_overcommitted(name)
    if limit is None:
        if not overcommit:
            errors.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
        return
    order = quantity.parse(amount).compare(quantity.parse(limit))
    if order != 0 and not overcommit:
        errors.invalid(f"{path}.requests", amount, f"must be equal to {name} limit of {limit}")
    elif order > 0:
        errors.invalid(f"{path}.requests", amount, f"must be less than or equal to {name} limit of {limit}")


def _check_pages(errors: Errors, path: str, name: str, amount: str) -> None:
    if not name.startswith(_HUGE):
        return
    try:
        size = quantity.parse(name.removeprefix(_HUGE))
    except quantity.QuantityError:
        size = quantity.parse(0)
    if size.unscaled <= 0 or not size.is_integer or quantity.parse(amount).value % size.value:
        errors.invalid(path, amount, f"{amount} is not positive integer multiple of {name}")


def _check_claims(errors: Errors, path: str, claims: list[JsonObject], known: frozenset[str]) -> None:
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        here, name, request = f"{path}[{index}]", claim.get("name", ""), claim.get("request", "")
        if not name:
            errors.required(here)
            continue
        if name in seen:
            errors.duplicate(here, name)
        else:
            key = f"{name}/{request}" if request else name
            if request:
                errors.all_invalid(f"{here}.request", request, names.dns_label(request))
            if key in seen:
                errors.duplicate(here, key)
            elif not request:
                for other in seen:
                    if other.startswith(f"{name}/"):
                        errors.duplicate(here, name)
            seen.add(key)
        if name not in known:
            listed = f": {', '.join(sorted(known))}" if known else " which is empty"
            errors.not_found(here, name, f"must be one of the names in pod.spec.resourceClaims{listed}")


def is_native(name: str) -> bool:
    """Kubernetes' own: without a domain, or with its."""
    return "/" not in name or "kubernetes.io/" in name


def is_overcommitted(name: str) -> bool:
    """More of it may be promised than there is."""
    return is_native(name) and not name.startswith(_HUGE)


def check_any_resource_name(errors: Errors, path: str, name: str) -> None:
    """A qualified name; without a domain a known one."""
    before = len(errors)
    errors.all_invalid(path, name, names.label_key(name))
    if "/" not in name and len(errors) == before and name not in _STANDARD and not name.startswith((_HUGE, "requests.hugepages-")):
        errors.invalid(path, name, "must be a standard resource type or fully qualified")


def check_resource_name(errors: Errors, path: str, name: str) -> None:
    """Of what a container can ask for."""
    check_any_resource_name(errors, path, name)
    if "/" not in name:
        if name not in _RESOURCES and not name.startswith(_HUGE):
            errors.invalid(path, name, "must be a standard resource for containers")
    elif not is_native(name) and (name.startswith("requests.") or names.label_key(f"requests.{name}")):
        errors.invalid(path, name, "doesn't follow extended resource name standard")


def check_pod_resource_name(errors: Errors, path: str, name: str) -> None:
    """Of what a pod as a whole can ask for."""
    before = len(errors)
    check_any_resource_name(errors, path, name)
    if len(errors) == before and name not in ("cpu", "memory") and not name.startswith(_HUGE):
        errors.unsupported(path, name, _POD_LEVEL)


def check_amount(errors: Errors, path: str, name: str, amount: str) -> None:
    """Not negative; whole for what is counted."""
    parsed = quantity.parse(amount)
    if parsed.unscaled < 0:
        errors.invalid(path, str(parsed), "must be greater than or equal to 0")
    extended = not is_native(name) and not name.startswith("requests.")
    if (name in _COUNTED or extended) and min(parsed.scaled(-3), _MOST) % 1000:
        errors.invalid(path, str(parsed), "must be an integer")


def check_basic_amount(errors: Errors, path: str, amount: str) -> None:
    """Not negative, in whole units."""
    value = quantity.parse(amount).value
    if value < 0:
        errors.invalid(path, value, "must be a valid resource quantity")


def check_pod_resources(errors: Errors, path: str, spec: JsonObject, claims: frozenset[str]) -> None:
    """What the pod as a whole may use: its containers' requests must fit in."""
    resources = spec["resources"]
    if (spec.get("os") or {}).get("name") == "windows":
        errors.forbidden(path, "may not be set for a windows pod")
        return
    if resources.get("claims") is not None:
        errors.forbidden(f"{path}.claims", "claims may not be set for Resources at pod-level")
    check_resources(errors, path, resources, claims, pod=True)
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name, amount in container_requests(spec).items():
        if name in requests and _above(amount, requests[name]):
            why = f"must be greater than or equal to aggregate container requests of {amount}"
            errors.invalid(f"{path}.requests[{name}]", requests[name], why)
    for name, amount in container_requests(spec, "limits").items():
        if name.startswith(_HUGE) and name in limits and _above(amount, limits[name]):
            why = f"must be greater than or equal to aggregate container limits of {amount}"
            errors.invalid(f"{path}.limits[{name}]", limits[name], why)
    for index, container in enumerate(spec.get("containers") or ()):
        for name, amount in ((container.get("resources") or {}).get("limits") or {}).items():
            if name in limits and _above(amount, limits[name]):
                why = f"must be less than or equal to pod limits of {limits[name]}"
                errors.invalid(f"{path}.containers[{index}][{name}].limits", amount, why)


def _above(a: str, b: str) -> bool:
    return quantity.parse(a).compare(quantity.parse(b)) > 0
