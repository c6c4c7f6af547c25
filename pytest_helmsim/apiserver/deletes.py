"""Deleting: preconditions, grace periods, finalizers for the garbage collector, collections.

Sources: k8s.io/apiserver pkg/registry/generic/registry/store.go (Delete, DeleteCollection), pkg/registry/rest/delete.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pytest_helmsim.apiserver import admission
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.options import DeleteOptions
from pytest_helmsim.apiserver.registry import CRD_KEY
from pytest_helmsim.apiserver.store import Record
from pytest_helmsim.objects.clock import rfc3339
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import Conflict, details, qualified

_CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of the object: its last state, and whether it is gone; `marked` when this request wrote that it is to be deleted."""

    obj: JsonObject
    gone: bool
    marked: bool = False


def delete(op: Operation, options: DeleteOptions) -> Deleted:
    """Delete `op.name`, or mark it when finalizers or a grace period hold it."""
    if op.served.strategy.warns_of_orphans and options.propagation is None and options.orphan_dependents is None:
        op.warn(
            f"child pods are preserved by default when {op.served.plural} are deleted; set propagationPolicy=Background to remove them "
            "or set propagationPolicy=Orphan to suppress this warning"
        )
    record = op.server.store.get(op.served.key, op.namespace, op.name)
    if record is None:
        raise op.not_found()
    old = record.obj
    admission.validate_delete(op, old, options)
    if op.served.key == admission.NAMESPACES:
        return _delete_namespace(op, record, options)
    if op.served.key == CRD_KEY and not old["metadata"].get("deletionTimestamp"):
        return _delete_definition(op, old, options)
    _check_preconditions(op, old, options)
    meta = dict(old["metadata"])
    graceful = _set_grace_period(op, old, meta, options)
    if graceful == "pending":
        return Deleted(old, False)
    finalizers = _finalizers(op, meta, options)
    if finalizers != (meta.get("finalizers") or []):
        meta["finalizers"] = finalizers
    if graceful == "no" and finalizers:
        _mark(op, meta)
    if finalizers or (graceful == "yes" and meta.get("deletionGracePeriodSeconds")):
        return Deleted(_store(op, old, meta), False, True)
    if graceful == "yes":
        old = _store(op, old, meta)
        if op.dry_run:
            return Deleted(old, True)
    return Deleted(_remove(op, old), True)


def _store(op: Operation, old: JsonObject, meta: JsonObject) -> JsonObject:
    if not meta.get("finalizers"):
        meta.pop("finalizers", None)
    new = _ordered_meta(old, meta)
    if op.dry_run or new == old:
        return new
    return op.server.store.put(op.served.key, op.namespace, op.name, new).obj


def _ordered_meta(old: JsonObject, meta: JsonObject) -> JsonObject:
    from pytest_helmsim.apiserver.writes import ordered

    return ordered({**old, "metadata": meta})


def _remove(op: Operation, old: JsonObject) -> JsonObject:
    if op.dry_run:
        return old
    last = op.server.store.remove(op.served.key, op.namespace, op.name).obj
    op.served.strategy.after_delete(op, last)
    return last


def _check_preconditions(op: Operation, old: JsonObject, options: DeleteOptions) -> None:
    meta = old["metadata"]
    kind = op.served.gvk.kind
    for what, expected, found, hint in (
        ("UID", options.uid, meta["uid"], "The object might have been deleted and then recreated"),
        ("ResourceVersion", options.resource_version, meta["resourceVersion"], "The object might have been modified"),
    ):
        if expected and expected != found:
            why = f"the {what} in the precondition ({expected}) does not match the {what} in record ({found}). {hint}"
            message = f'Operation cannot be fulfilled on {qualified(kind, op.served.group)} "{op.name}": {why}'
            raise Conflict(message, details=details(name=op.name, group=op.served.group, kind=kind))


def _set_grace_period(op: Operation, old: JsonObject, meta: JsonObject, options: DeleteOptions) -> str:
    """`no`: the kind knows none; `pending`: a deletion is under way and stays as it is; `yes`: set in `meta`."""
    period = op.served.strategy.grace_period(old, options.grace_period)
    if period is None:
        return "no"
    now = op.server.clock.now()
    if meta.get("deletionTimestamp"):
        left = meta.get("deletionGracePeriodSeconds")
        if not left:
            return "no"
        asked = options.grace_period
        if asked is None or max(asked, 0 if asked >= 0 else 1) >= left:
            return "pending"
        asked = 1 if asked < 0 else asked
        when = datetime.fromisoformat(meta["deletionTimestamp"]).timestamp() - left + asked
        if when < now:
            when, asked = now, 1 if asked else 0
        meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"] = rfc3339(when), asked
        return "yes"
    meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"] = rfc3339(now + period), period
    if meta.get("generation"):
        meta["generation"] += 1
    return "yes"


def _mark(op: Operation, meta: JsonObject) -> None:
    if not meta.get("deletionTimestamp"):
        if meta.get("generation"):
            meta["generation"] += 1
        meta["deletionTimestamp"] = op.now
    elif meta["deletionTimestamp"] > op.now:
        meta["deletionTimestamp"] = op.now
    meta["deletionGracePeriodSeconds"] = 0


def _finalizers(op: Operation, meta: JsonObject, options: DeleteOptions) -> list[str]:
    present: list[str] = list(meta.get("finalizers") or ())
    default = op.served.strategy.dependents
    if default == "unsupported":
        return [name for name in present if name not in (ORPHAN, FOREGROUND)]
    orphan = foreground = False
    if options.orphan_dependents is not None:
        orphan = options.orphan_dependents
    elif options.propagation is not None:
        orphan, foreground = options.propagation == "Orphan", options.propagation == "Foreground"
    elif ORPHAN in present:
        orphan = True
    elif FOREGROUND in present:
        foreground = True
    else:
        orphan = default == "orphan"
    wanted = [name for name, wish in ((ORPHAN, orphan), (FOREGROUND, foreground)) if wish]
    kept = [name for name in present if name not in (ORPHAN, FOREGROUND)]
    return present if set(present) == {*kept, *wanted} else kept + wanted


def _delete_namespace(op: Operation, record: Record, options: DeleteOptions) -> Deleted:
    """A namespace first becomes Terminating; it goes when its content is gone and both lists of finalizers are empty."""
    old = record.obj
    meta = dict(old["metadata"])
    for what, expected, found in (
        ("UID", options.uid, meta["uid"]),
        ("ResourceVersion", options.resource_version, meta["resourceVersion"]),
    ):
        if expected and expected != found:
            raise op.conflict(f"Precondition failed: {what} in precondition: {expected}, {what} in object meta: {found}")
    spec_finalizers = (old.get("spec") or {}).get("finalizers") or []
    if not meta.get("deletionTimestamp"):
        meta["deletionTimestamp"] = op.now
        if meta.get("deletionGracePeriodSeconds") is None:
            meta.pop("deletionGracePeriodSeconds", None)
        finalizers = _finalizers(op, meta, options)
        meta["finalizers"] = finalizers
        new = {**old, "status": {**(old.get("status") or {}), "phase": "Terminating"}}
        return Deleted(_store_namespace(op, new, meta, old), False)
    if spec_finalizers:
        return Deleted(old, False)
    if meta.get("finalizers"):
        return Deleted(old, False)
    return Deleted(_remove(op, old), True)


def _delete_definition(op: Operation, old: JsonObject, options: DeleteOptions) -> Deleted:
    """A definition first loses its objects: it is marked, and the server's own controller takes the finalizer away."""
    _check_preconditions(op, old, options)
    meta = {**old["metadata"], "deletionTimestamp": op.now}
    finalizers = list(meta.get("finalizers") or ())
    meta["finalizers"] = finalizers if _CLEANUP in finalizers else [*finalizers, _CLEANUP]
    condition = {
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": op.now,
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    }
    status = old.get("status") or {}
    others = [entry for entry in status.get("conditions") or () if entry.get("type") != "Terminating"]
    new = {**old, "status": {**status, "conditions": [*others, condition]}}
    return Deleted(_store_namespace(op, new, meta, old), False, True)


def _store_namespace(op: Operation, new: JsonObject, meta: JsonObject, old: JsonObject) -> JsonObject:
    if not meta.get("finalizers"):
        meta.pop("finalizers", None)
    result = _ordered_meta(new, meta)
    if op.dry_run:
        return result
    return op.server.store.put(op.served.key, op.namespace, op.name, result).obj
