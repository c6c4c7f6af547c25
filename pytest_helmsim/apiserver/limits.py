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
    """Containers, pods and claims must stay within the bounds of every LimitRange."""
    errors: list[str] = []
    if op.served.key == ("", "pods") and old is None:
        containers = new["spec"].get("containers") or []
        for item in _items(op, "Container"):
            for container in containers:
                errors += _bounds("Container", item, container.get("resources") or {})
        for item in _items(op, "Pod"):
            errors += _bounds("Pod", item, _sum(containers))
    elif op.served.key == ("", "persistentvolumeclaims"):
        for item in _items(op, "PersistentVolumeClaim"):
            errors += _bounds("PersistentVolumeClaim", item, (new.get("spec") or {}).get("resources") or {}, requests_only=True)
    if errors:
        from pytest_helmsim.apiserver.admission import forbidden

        raise forbidden(op, errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")


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
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    errors = []
    for name, least in sorted((item.get("min") or {}).items()):
        for word, side in (("request", requests), ("limit", limits))[: 1 if requests_only else 2]:
            if name in side and _less(side[name], least):
                errors.append(f"minimum {name} usage per {kind} is {least}, but {word} is {side[name]}")
        if name not in requests:
            errors.append(f"minimum {name} usage per {kind} is {least}.  No request is specified")
    for name, most in sorted((item.get("max") or {}).items()):
        if requests_only:
            if name in requests and _less(most, requests[name]):
                errors.append(f"maximum {name} usage per {kind} is {most}, but request is {requests[name]}")
        elif name not in limits:
            errors.append(f"maximum {name} usage per {kind} is {most}.  No limit is specified")
        elif _less(most, limits[name]):
            errors.append(f"maximum {name} usage per {kind} is {most}, but limit is {limits[name]}")
        elif name in requests and _less(most, requests[name]):
            errors.append(f"maximum {name} usage per {kind} is {most}, but request is {requests[name]}")
    return errors


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

    for _, name, record in op.server.store.records(_QUOTAS, op.namespace):
        hard = {key: str(value) for key, value in ((record.obj.get("spec") or {}).get("hard") or {}).items()}
        if op.served.key == ("", "pods") and old is None:
            missing = sorted(key for key in hard if key in _OF_PODS and key not in wanted)
            if missing:
                details = _must_specify(new, missing)
                raise forbidden(op, f"failed quota: {name}: must specify {details}")
        matched = sorted(key for key in hard if key in wanted and wanted[key].compare(_NOTHING) > 0)
        used = _used(op, matched)
        exceeded = [key for key in matched if used[key].plus(wanted[key]).compare(quantity.parse(hard[key])) > 0]
        if exceeded:
            asked = ",".join(f"{key}={wanted[key]}" for key in exceeded)
            spent = ",".join(f"{key}={used[key]}" for key in exceeded)
            limit = ",".join(f"{key}={hard[key]}" for key in exceeded)
            raise forbidden(op, f"exceeded quota: {name}, requested: {asked}, used: {spent}, limited: {limit}")


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
        totals = _sum(spec.get("containers") or [])
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
    return found


def _used(op: Operation, keys: list[str]) -> dict[str, Quantity]:
    totals = dict.fromkeys(keys, _NOTHING)
    for _, name, record in op.server.store.records(op.served.key, op.namespace):
        if name == op.name:
            continue
        for key, amount in _usage(op, record.obj).items():
            if key in totals:
                totals[key] = totals[key].plus(amount)
    return totals
