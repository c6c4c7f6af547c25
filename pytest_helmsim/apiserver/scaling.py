"""The subresource `scale`: a Scale object seen through Deployments, ReplicaSets, StatefulSets and custom resources that declare it.

Sources: k8s.io/kubernetes pkg/registry/apps/deployment/storage/storage.go (ScaleREST), k8s.io/apimachinery
pkg/util/managedfields/scalehandler.go, k8s.io/apiextensions-apiserver pkg/registry/customresource/etcd.go.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.apiserver import bodies, conversion, writes
from pytest_helmsim.apiserver.field_managers import with_entries
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.objects.json import Json, JsonObject, copy, dumps
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, BadRequest, Cause, Conflict, InternalError, Invalid, details, invalid, qualified
from pytest_helmsim.patch import dispatch, server_side
from pytest_helmsim.patch import managers as owners_of
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.field_set import FieldSet
from pytest_helmsim.patch.managers import Owned, Owners
from pytest_helmsim.schema import decoding
from pytest_helmsim.schema.field_errors import quoted
from pytest_helmsim.schema.model import Schema

SCALE = GroupVersionKind("autoscaling", "v1", "Scale")
_IN_SCALE = ("f:spec", "f:replicas")


def _paths(op: Operation) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Where spec replicas, status replicas and the selector stand."""
    if op.served.custom is None:
        return ("spec", "replicas"), ("status", "replicas"), ("spec", "selector")
    declared = op.served.custom.scale or {}

    def split(key: str) -> tuple[str, ...]:
        return tuple(step for step in (declared.get(key) or "").split(".") if step)

    return split("specReplicasPath"), split("statusReplicasPath"), split("labelSelectorPath")


def _read(obj: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def of_object(op: Operation, obj: JsonObject) -> JsonObject:
    """The Scale of a stored object."""
    wanted, present, selector = _paths(op)
    meta = {
        key: obj["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if key in obj["metadata"]
    }
    spec = {"replicas": _read(obj, wanted)} if _read(obj, wanted) else {}
    status: JsonObject = {"replicas": _read(obj, present) or 0}
    text = _read(obj, selector)
    if isinstance(text, dict):
        text = selector_text(text if op.served.plural != "replicationcontrollers" else {"matchLabels": text})
    if text:
        status["selector"] = text
    return {"kind": SCALE.kind, "apiVersion": SCALE.api_version, "metadata": meta, "spec": spec, "status": status}


def selector_text(selector: JsonObject) -> str:
    """A LabelSelector as text, sorted by key: `app=web,tier in (a,b)`."""
    parts = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for entry in selector.get("matchExpressions") or ():
        key, values = entry["key"], ",".join(sorted(entry.get("values") or ()))
        words = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
        parts.append((key, words[entry["operator"]]))
    return ",".join(text for _, text in sorted(parts))


def get(op: Operation) -> JsonObject:
    """The Scale of `op.name`."""
    record = op.server.store.get(op.served.key, op.namespace, op.name)
    if record is None:
        raise op.not_found()
    return of_object(op, conversion.from_storage(op.served, record.obj))


def replace(op: Operation, wanted: JsonObject) -> JsonObject:
    """PUT of a Scale."""
    return _change(op, lambda scale: wanted, forgetful=op.served.custom is not None)


def patch(op: Operation, content_type: str, value: Json, *, force: bool) -> JsonObject:
    """PATCH of a Scale by any of the four content types."""
    if content_type == dispatch.APPLY_PATCH and op.served.custom is not None:
        if op.server.store.get(op.served.key, op.namespace, op.name) is None:
            raise op.not_found()
        raise ApiError(_NO_APPLY, code=500)
    if content_type == dispatch.APPLY_PATCH:
        return _change(op, lambda scale: value, applying=True, force=force)

    def change(scale: JsonObject) -> JsonObject:
        try:
            result = dispatch.PATCHERS[content_type](scale, value, _schema(op))
        except PatchError as error:
            raise error.to_api_error() from error
        wrong = decoding.type_error(result, _schema(op)) if isinstance(result, dict) else None
        if wrong is not None:
            strategic = content_type == dispatch.STRATEGIC_MERGE_PATCH
            shown = {key: item for key, item in scale.items() if key != "metadata"} if strategic else result
            raise _unreadable(result if not strategic else shown, wrong)
        return result if isinstance(result, dict) else {}

    return _change(op, change)


_NO_APPLY = (
    "failed to create manager for existing fields: failed to convert live object (/; autoscaling/v1, Kind=Scale) to proper version: "
    "request to convert CR to an invalid group/version: autoscaling/v1"
)
"""What an apply to the scale of a custom object is answered with."""


def _unreadable(result: Json, why: str) -> Invalid:
    """A patched Scale that cannot be one."""
    scale: Any = result
    head = {key: scale.get(key) for key in ("apiVersion", "kind")}
    meta = {key: value for key, value in scale["metadata"].items() if value != []}
    rest = {key: value for key, value in sorted(scale.items()) if key not in ("apiVersion", "kind", "metadata")}
    text = dumps({**head, "metadata": meta, **rest}).decode()
    message = f"Invalid value: {quoted(text)}: {why}"
    return Invalid(f' "" is invalid: patch: {message}', details=details(causes=[Cause("FieldValueInvalid", message, "patch")]))


def _schema(op: Operation) -> Schema:
    schema = op.server.catalog.schema(SCALE)
    if schema is None:
        raise InternalError("no schema for autoscaling/v1 Scale")
    return schema


def _change(op: Operation, change: Any, *, applying: bool = False, force: bool = False, forgetful: bool = False) -> JsonObject:
    """`forgetful`: as the server fails to, nobody comes to own the count that a PUT brings to a custom object."""
    path = _paths(op)[0]
    in_parent = tuple(f"f:{step}" for step in path)

    def transform(live: JsonObject | None) -> JsonObject:
        if live is None:
            raise op.not_found()
        entries = live["metadata"].get("managedFields") or []
        owners = owners_of.decode(entries)
        scale = with_entries(of_object(op, live), owners_of.encode(_to_scale(owners, in_parent)))
        if applying:
            new = _applied(op, scale, change(scale), force)
        else:
            new = _updated(op, scale, change(scale))
        _check(op, live, new)
        result: JsonObject = copy(live)
        target: JsonObject = result
        for step in path[:-1]:
            target = target.setdefault(step, {})
        target[path[-1]] = (new.get("spec") or {}).get("replicas") or 0
        version = (new.get("metadata") or {}).get("resourceVersion")
        if op.served.custom is not None:
            version = version or live["metadata"]["resourceVersion"]
        result["metadata"].pop("resourceVersion", None)
        if version:
            result["metadata"]["resourceVersion"] = version
        kept = owners_of.decode(new["metadata"].get("managedFields") or []) if not forgetful else {}
        merged = _to_parent(owners, kept, in_parent, op.served.gvk.api_version)
        return with_entries(result, owners_of.encode(merged))

    obj, _ = writes.update(op, transform)
    return of_object(op, conversion.from_storage(op.served, obj))


def _updated(op: Operation, scale: JsonObject, wanted: JsonObject) -> JsonObject:
    expected = {"kind": SCALE.kind, "apiVersion": SCALE.api_version}
    if op.served.custom is not None and decoding.type_error({**wanted, **expected}, _schema(op)) is not None:
        raise BadRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"')
    new = bodies.decoded(op, bodies.Body({**wanted, **expected}), SCALE)
    meta = {key: value for key, value in (new.get("metadata") or {}).items() if key != "managedFields"}
    if meta.get("name", op.name) != op.name or not meta.get("name"):
        writes.match_name(op, {"metadata": meta})
    new = {**new, "metadata": meta}
    entries = server_side.update(
        scale,
        new,
        scale["metadata"].get("managedFields") or [],
        manager=op.manager,
        api_version=SCALE.api_version,
        schema=_schema(op),
        now=op.now,
        subresource="scale",
    )
    return with_entries(new, entries)


def _applied(op: Operation, scale: JsonObject, wanted: JsonObject, force: bool) -> JsonObject:
    try:
        applied = server_side.apply(
            scale,
            scale["metadata"].get("managedFields") or [],
            wanted,
            manager=op.manager,
            api_version=SCALE.api_version,
            schema=_schema(op),
            now=op.now,
            force=force,
            subresource="scale",
        )
    except PatchError as error:
        raise error.to_api_error() from error
    return with_entries(applied.object, applied.managers)


def _check(op: Operation, live: JsonObject, new: JsonObject) -> None:
    replicas = (new.get("spec") or {}).get("replicas") or 0
    if replicas < 0 and op.served.custom is None:
        cause = Cause("FieldValueInvalid", f"Invalid value: {replicas}: must be greater than or equal to 0", "spec.replicas")
        raise invalid(SCALE.kind, SCALE.group, op.name, [cause])
    uid = (new.get("metadata") or {}).get("uid")
    if uid and uid != live["metadata"]["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {live['metadata']['uid']}"
        resource = f"{op.plural}/scale"
        message = f'Operation cannot be fulfilled on {qualified(resource, op.served.group)} "{op.name}": {why}'
        raise Conflict(message, details=details(name=op.name, group=op.served.group, kind=resource))


def _to_scale(owners: Owners, in_parent: tuple[str, ...]) -> Owners:
    fields = FieldSet.of(_IN_SCALE)
    return {
        (manager._replace(api_version=SCALE.api_version) if manager.api_version else manager): Owned(fields, SCALE.api_version, owned.time)
        for manager, owned in owners.items()
        if in_parent in owned.fields
    }


def _to_parent(owners: Owners, scale: Owners, in_parent: tuple[str, ...], api_version: str) -> Owners:
    """The parent's owners after a write to its scale: replicas are taken from those that lost them, given to those that have them.

    Updates are told apart by their version, too, and a Scale has another one than its parent: so whoever set replicas on the parent
    loses them by any write to the scale, and gets an entry without a time beside the old one.
    """
    left = dict(scale)
    result: Owners = {}
    fields = FieldSet.of(in_parent)
    for manager, owned in owners.items():
        if in_parent not in owned.fields or manager in left:
            result[manager] = owned
            left.pop(manager, None)
            continue
        rest = owned.fields - fields
        if rest:
            result[manager] = owned._replace(fields=rest)
    for manager, owned in left.items():
        if _IN_SCALE in owned.fields:
            known = owners.get(manager)
            result[manager] = Owned(fields, api_version, known.time if known is not None else None)
    return result
