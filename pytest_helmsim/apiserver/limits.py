"""LimitRange and ResourceQuota at admission: defaults for containers, bounds, and what a namespace may use in all.

Sources: k8s.io/kubernetes plugin/pkg/admission/{limitranger,resourcequota}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.quantity import Quantity

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

_RANGES = StoreKey("", "limitranges")
_QUOTAS = StoreKey("", "resourcequotas")
_CLASSES = StoreKey("storage.k8s.io", "storageclasses")


def _items(op: Operation, kind: str) -> list[JsonObject]:
    if not op.server.store.count(_RANGES, op.namespace):
        return []
    return [
        item
        for _, _, record in op.server.store.records(_RANGES, op.namespace)
        for item in (record.obj.get("spec") or {}).get("limits") or ()
        if item.get("type") == kind
    ]


def default_pod(op: Operation, pod: JsonObject) -> None:
    """Containers without requests or limits get the defaults of the namespace's LimitRanges; an annotation says which."""
    for item in _items(op, "Container"):
        notes = []
        for group in ("containers", "initContainers"):
            for container in pod["spec"].get(group) or ():
                word = "container" if group == "containers" else "init container"
                resources = container.setdefault("resources", {})
                set_requests = _fill(resources, "requests", item.get("defaultRequest") or {})
                set_limits = _fill(resources, "limits", item.get("default") or {})
                if not resources:
                    del container["resources"]
                if set_requests:
                    notes.append(f"{', '.join(sorted(set_requests))} request for {word} {container['name']}")
                if set_limits:
                    notes.append(f"{', '.join(sorted(set_limits))} limit for {word} {container['name']}")
        if notes:
            annotations = pod["metadata"].get("annotations") or {}
            pod["metadata"]["annotations"] = {**annotations, "kubernetes.io/limit-ranger": "LimitRanger plugin set: " + "; ".join(notes)}


def _fill(resources: JsonObject, side: str, defaults: JsonObject) -> list[str]:
    present = resources.get(side) or {}
    missing = [name for name in defaults if name not in present]
    if missing:
        resources[side] = {**present, **{name: defaults[name] for name in missing}}
    return missing


def check_ranges(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Containers, pods and claims must stay within the bounds of every LimitRange; the first range that is broken says how."""
    is_pod = op.served.key == ("", "pods") and old is None
    if not is_pod and op.served.key != ("", "persistentvolumeclaims"):
        return
    for _, _, record in op.server.store.records(_RANGES, op.namespace) if op.server.store.count(_RANGES, op.namespace) else ():
        errors: list[str] = []
        for item in (record.obj.get("spec") or {}).get("limits") or ():
            errors += _of_pod(item, new["spec"]) if is_pod else _of_claim(item, new.get("spec") or {})
        if errors:
            from pytest_helmsim.apiserver.admission import forbidden

            found = list(dict.fromkeys(errors))
            raise forbidden(op, found[0] if len(found) == 1 else f"[{', '.join(found)}]")


def _of_pod(item: JsonObject, spec: JsonObject) -> list[str]:
    if item.get("type") == "Pod":
        return _bounds("Pod", item, _pod_resources(spec))
    if item.get("type") != "Container":
        return []
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    return [error for container in containers for error in _bounds("Container", item, container.get("resources") or {})]


def _of_claim(item: JsonObject, spec: JsonObject) -> list[str]:
    kind = "PersistentVolumeClaim"
    return _bounds(kind, item, spec.get("resources") or {}, requests_only=True) if item.get("type") == kind else []


def _pod_resources(spec: JsonObject) -> JsonObject:
    """What the pod asks for as a whole: what runs side by side, or the largest step of its start; what it says itself comes first."""
    beside = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    steps = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") != "Always"]
    total = _sum([*(spec.get("containers") or ()), *beside])
    for step in steps:
        for side in ("requests", "limits"):
            for name, amount in ((step.get("resources") or {}).get(side) or {}).items():
                if name not in total[side] or _less(total[side][name], amount):
                    total[side][name] = str(amount)
    own = spec.get("resources") or {}
    return {side: {**total[side], **(own.get(side) or {})} for side in ("requests", "limits")}


def _sum(containers: list[JsonObject]) -> JsonObject:
    result: JsonObject = {}
    for side in ("requests", "limits"):
        totals: dict[str, list[str]] = {}
        for container in containers:
            for name, amount in ((container.get("resources") or {}).get(side) or {}).items():
                totals.setdefault(name, []).append(str(amount))
        result[side] = {name: amounts[0] if len(amounts) == 1 else _plus(amounts) for name, amounts in totals.items()}
    return result


def _plus(amounts: list[str]) -> str:
    total = quantity.parse(amounts[0])
    for amount in amounts[1:]:
        total = total.plus(quantity.parse(amount))
    return str(total)


def _bounds(kind: str, item: JsonObject, resources: JsonObject, *, requests_only: bool = False) -> list[str]:
    requests, limits = resources.get("requests") or {}, {} if requests_only else resources.get("limits") or {}
    errors = []
    for name, least in sorted((item.get("min") or {}).items()):
        start = f"minimum {name} usage per {kind} is {least}"
        if name not in requests:
            errors.append(f"{start}.  No request is specified")
        elif _less(requests[name], least):
            errors.append(f"{start}, but request is {requests[name]}")
        elif name in limits and _less(limits[name], least):
            errors.append(f"{start}, but limit is {limits[name]}")
    for name, most in sorted((item.get("max") or {}).items()):
        start, word, bounded = f"maximum {name} usage per {kind} is {most}", "limit", limits
        if requests_only:
            word, bounded = "request", requests
        if name not in bounded:
            errors.append(f"{start}.  No {word} is specified")
        elif _less(most, bounded[name]):
            errors.append(f"{start}, but {word} is {bounded[name]}")
        elif name in requests and _less(most, requests[name]):
            errors.append(f"{start}, but request is {requests[name]}")
    for name, ratio in sorted(({} if requests_only else item.get("maxLimitRequestRatio") or {}).items()):
        errors += _ratio(kind, name, ratio, requests.get(name), limits.get(name))
    return errors


def _ratio(kind: str, name: str, most: str, request: str | None, limit: str | None) -> list[str]:
    start = f"{name} max limit to request ratio per {kind} is {most}"
    asked, bound = (None if text is None else quantity.parse(str(text)) for text in (request, limit))
    if asked is None or not asked.unscaled:
        return [f"{start}, but no request is specified or request is 0"]
    if bound is None or not bound.unscaled:
        return [f"{start}, but no limit is specified or limit is 0"]
    ratio = bound.scaled(-3) / asked.scaled(-3)
    return [f"{start}, but provided ratio is {ratio:f}"] if ratio * 1000 > quantity.parse(str(most)).scaled(-3) else []


def _less(left: str, right: str) -> bool:
    return quantity.parse(str(left)).compare(quantity.parse(str(right))) < 0


def check_resize(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """A bound claim of a class that allows it may grow."""
    wanted = ((new["spec"].get("resources") or {}).get("requests") or {}).get("storage")
    present = ((old["spec"].get("resources") or {}).get("requests") or {}).get("storage")
    if wanted is None or present is None or not _less(present, wanted):
        return
    from pytest_helmsim.apiserver.admission import forbidden

    if (old.get("status") or {}).get("phase") != "Bound":
        raise forbidden(op, "Only bound persistent volume claims can be expanded")
    record = op.server.store.get(_CLASSES, "", old["spec"].get("storageClassName") or "")
    if record is None or not record.obj.get("allowVolumeExpansion"):
        raise forbidden(
            op, "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
        )


def check_quota(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """The namespace's ResourceQuotas bound how many objects there are and what pods and claims ask for."""
    if not op.server.store.count(_QUOTAS, op.namespace):
        return
    wanted = _usage(op, new)
    if old is not None:
        before = _usage(op, old)
        wanted = {name: _minus(amount, before.get(name, _NOTHING)) for name, amount in wanted.items()}
    if not wanted:
        return
    from pytest_helmsim.apiserver.admission import forbidden

    for _, name, record in list(op.server.store.records(_QUOTAS, op.namespace)):
        if not _in_scope(op, record.obj.get("spec") or {}, new):
            continue
        hard = {key: str(value) for key, value in ((record.obj.get("spec") or {}).get("hard") or {}).items()}
        if op.served.key == ("", "pods") and old is None:
            missing = sorted(key for key in hard if key in _OF_PODS and key not in wanted)
            if missing:
                details = _must_specify(new, missing)
                raise forbidden(op, f"failed quota: {name}: must specify {details}")
        matched = sorted(key for key in hard if key in wanted and wanted[key].compare(_NOTHING) > 0)
        used = _used(op, matched, record.obj.get("spec") or {})
        exceeded = [key for key in matched if used[key].plus(wanted[key]).compare(quantity.parse(hard[key])) > 0]
        if exceeded:
            asked = ",".join(f"{key}={wanted[key]}" for key in exceeded)
            spent = ",".join(f"{key}={used[key]}" for key in exceeded)
            limit = ",".join(f"{key}={hard[key]}" for key in exceeded)
            raise forbidden(op, f"exceeded quota: {name}, requested: {asked}, used: {spent}, limited: {limit}")
        if not op.dry_run:
            _charge(op, record.obj, {key: str(used[key].plus(wanted[key])) for key in matched})


def _in_scope(op: Operation, quota: JsonObject, obj: JsonObject) -> bool:
    """Whether a quota counts the object: with scopes only pods that all of them fit."""
    given = [{"scopeName": scope, "operator": "Exists"} for scope in quota.get("scopes") or ()]
    given += (quota.get("scopeSelector") or {}).get("matchExpressions") or []
    return not given or (op.served.key == ("", "pods") and all(_fits(entry, obj.get("spec") or {}) for entry in given))


def _fits(entry: JsonObject, spec: JsonObject) -> bool:
    match entry.get("scopeName"):
        case "BestEffort" | "NotBestEffort" as scope:
            amounts = _pod_resources(spec)
            return bool(bool(amounts["requests"] or amounts["limits"]) != (scope == "BestEffort"))
        case "Terminating" | "NotTerminating" as scope:
            return bool((spec.get("activeDeadlineSeconds") is not None) == (scope == "Terminating"))
        case "PriorityClass":
            name, values = spec.get("priorityClassName") or "", entry.get("values") or ()
            verdicts = {"Exists": bool(name), "DoesNotExist": not name, "In": name in values, "NotIn": name not in values}
            return verdicts[entry["operator"]]
    return False


def _charge(op: Operation, quota: JsonObject, used: dict[str, str]) -> None:
    """What the object takes is booked at once; the controller counts anew later. A quota that nobody has counted yet stays as it is."""
    status = quota.get("status") or {}
    if status.get("hard") and used:
        spent = {**(status.get("used") or {}), **used}
        op.server.api.update_status({**quota, "status": {**status, "used": spent}}, manager="kube-apiserver")


_OF_PODS = {
    "cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    "requests.cpu": ("requests", "cpu"),
    "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"),
    "limits.memory": ("limits", "memory"),
}


def _must_specify(pod: JsonObject, missing: list[str]) -> str:
    parts = []
    for key in missing:
        side, resource = _OF_PODS[key]
        names = [c["name"] for c in pod["spec"].get("containers") or () if resource not in ((c.get("resources") or {}).get(side) or {})]
        parts.append(f"{key} for: {','.join(names)}")
    return "; ".join(parts)


_NOTHING, _ONE = Quantity(0), Quantity(1)
_COUNTED = ("pods", "services", "secrets", "configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas")


def _minus(left: Quantity, right: Quantity) -> Quantity:
    return left.plus(Quantity(-right.unscaled, right.scale, right.family))


def _usage(op: Operation, obj: JsonObject) -> dict[str, Quantity]:
    plural, group = op.served.plural, op.served.group
    found = {f"count/{plural}.{group}" if group else f"count/{plural}": _ONE}
    if not group and plural in _COUNTED:
        found[plural] = _ONE
    spec = obj.get("spec") or {}
    if op.served.key == ("", "pods"):
        if (obj.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
            return {}
        totals = _pod_resources(spec)
        for key, (side, resource) in _OF_PODS.items():
            if resource in totals[side]:
                found[key] = quantity.parse(str(totals[side][resource]))
    elif op.served.key == ("", "services"):
        if spec.get("type") == "LoadBalancer":
            found["services.loadbalancers"] = _ONE
        ports = len(spec.get("ports") or ()) if spec.get("type") in ("NodePort", "LoadBalancer") else 0
        if ports:
            found["services.nodeports"] = Quantity(ports)
    elif op.served.key == ("", "persistentvolumeclaims"):
        storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
        if storage is not None:
            found["requests.storage"] = quantity.parse(str(storage))
        if spec.get("storageClassName"):
            mark = f"{spec['storageClassName']}.storageclass.storage.k8s.io/"
            found |= {f"{mark}{key}": found[key] for key in ("requests.storage", "persistentvolumeclaims") if key in found}
    return found


def _used(op: Operation, keys: list[str], quota: JsonObject) -> dict[str, Quantity]:
    totals = dict.fromkeys(keys, _NOTHING)
    for _, name, record in op.server.store.records(op.served.key, op.namespace):
        if name == op.name or not _in_scope(op, quota, record.obj):
            continue
        for key, amount in _usage(op, record.obj).items():
            if key in totals:
                totals[key] = totals[key].plus(amount)
    return totals
