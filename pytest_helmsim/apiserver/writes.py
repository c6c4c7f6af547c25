"""The write pipeline: create, update, and what is common to every write, from a decoded object to the stored one.

Order of a create: system fields, field owners, mutating admission, name and uid, allocation, preparation by the kind's strategy,
validation, validating admission, store. Of an update: field owners, mutating admission, resourceVersion check, preparation,
validation, validating admission, finalizers, store (a write without effect keeps the resourceVersion).
Sources: k8s.io/apiserver pkg/endpoints/handlers/{create,update}.go, pkg/registry/generic/registry/store.go, pkg/registry/rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pytest_helmsim.apiserver import admission, conversion, custom_objects, customs, field_managers, validation, warnings
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.store import Record, StoreKey, with_revision
from pytest_helmsim.apiserver.strategies import keep
from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.objects.status import AlreadyExists, ApiError, BadRequest, already_exists
from pytest_helmsim.schema.canonical import canonical
from pytest_helmsim.schema.strategies import JOB_NAME_LABELS, JOB_UID_LABELS

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_META_ORDER = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip
_SYSTEM = ("creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")

_FOLDERS = {"replicationcontrollers": "controllers", "services": "services/specs", "endpoints": "services/endpoints"}
"""Where etcd keeps what is not under its plural name."""

_CLAIMS, _JOBS = StoreKey("", "persistentvolumeclaims"), StoreKey("batch", "jobs")

Transform: TypeAlias = Callable[[JsonObject | None], JsonObject]
"""The stored object in the requested version (None when there is none) to the wanted one, a private copy."""


def create(op: Operation, new: JsonObject) -> JsonObject:
    """Store a new object; `new` is private to this write, in the requested version, defaulted. The result is the stored object."""
    meta = metadata_of(new)
    for field in _SYSTEM:
        meta.pop(field, None)
    match_namespace(op, new)
    deduplicate_owners(op, new, after_admission=False)
    new = field_managers.update(op, None, new)
    return _insert(op, new)


def _insert(op: Operation, new: JsonObject) -> JsonObject:
    new = conversion.to_storage(op.served, new)
    if op.served.custom is not None:
        customs.refuse_terminating(op, metadata_of(new).get("name") or "")
    new = admission.mutate(op, new, None)
    meta = metadata_of(new)
    if not op.name:
        op.name = meta.get("name") or ""
    deduplicate_owners(op, new, after_admission=True)
    _fill_identity(op, meta)
    op.name = meta.get("name") or op.name
    strategy = op.served.strategy
    try:
        strategy.begin_create(op, new)
        return _insert_begun(op, new)
    except ApiError:
        strategy.give_back(op)
        raise


def _insert_begun(op: Operation, new: JsonObject) -> JsonObject:
    strategy = op.served.strategy
    match_namespace(op, new)
    new = strategy.prepare_create(op, new)
    meta = new["metadata"]
    validation.check_create(op, new)
    warnings.add(op, new, None)
    strategy.canonicalize(op, new)
    admission.validate(op, new, None)
    if meta.get("resourceVersion") and not op.dry_run:
        _require_number(meta["resourceVersion"])
        raise ApiError("resourceVersion should not be set on objects to be created", code=500)
    store, name = op.server.store, meta.get("name") or ""
    existing = store.get(op.served.key, op.namespace, name)
    if existing is not None:
        raise _exists(op, existing.obj, name)
    new = finished(op, new)
    if op.dry_run:
        return new
    return store.put(op.served.key, op.namespace, name, new, loose=op.raw is not None and strategy.stores_otherwise(op.raw)).obj


def _exists(op: Operation, existing: JsonObject, name: str) -> AlreadyExists:
    error = already_exists(op.plural, op.served.group, name)
    if existing["metadata"].get("deletionTimestamp"):
        error.message = f"object is being deleted: {error.message}"
    return error


def _fill_identity(op: Operation, meta: JsonObject) -> None:
    store = op.server.store
    if not meta.get("name") and meta.get("generateName"):
        prefix = meta["generateName"][:58]
        for _ in range(8):
            drawn = store.draw("name")
            name = prefix + "".join(_SUFFIX[byte % len(_SUFFIX)] for byte in drawn[:5])
            if store.get(op.served.key, op.namespace, name) is None:
                break
        meta["name"] = name
    meta["creationTimestamp"] = op.now
    meta["uid"] = store.draw_uid()


def replace(op: Operation, new: JsonObject) -> tuple[JsonObject, bool]:
    """PUT: `new` is private, in the requested version, defaulted."""
    match_namespace(op, new)
    match_name(op, new)
    deduplicate_owners(op, new, after_admission=False)
    return update(op, lambda live: field_managers.update(op, live, new), uid=metadata_of(new).get("uid") or "")


def update(op: Operation, transform: Transform, *, uid: str = "", upsert: bool = False) -> tuple[JsonObject, bool]:
    """Change the stored object by `transform`, or create it where the kind (or `upsert`, for apply) allows that.

    `uid` is a precondition. The result is the stored object and whether it was created.
    """
    strategy, store = op.served.strategy, op.server.store
    record = store.get(op.served.key, op.namespace, op.name)
    if record is None:
        if uid and not (upsert or (strategy.allow_create_on_update and not op.subresource)):
            raise op.not_found()
        if not upsert and (not strategy.allow_create_on_update or op.subresource):
            raise op.not_found()
        if uid:
            raise _uid_differs(op, uid, "")
        return _insert(op, transform(None)), True
    stored = old = record.obj
    if op.served.custom is not None:
        old = {**conversion.from_storage(op.served, stored), "apiVersion": op.served.stored.api_version}
    if uid and uid != old["metadata"]["uid"]:
        raise _uid_differs(op, uid, old["metadata"]["uid"])
    new = conversion.to_storage(op.served, transform(conversion.from_storage(op.served, strategy.as_stored(op, stored))))
    new = admission.mutate(op, new, old)
    deduplicate_owners(op, new, after_admission=True)
    meta, before = metadata_of(new), old["metadata"]
    asked = meta.get("resourceVersion") or ""
    if not asked or asked == "0":
        if not strategy.allow_unconditional_update:
            raise op.must_specify_version()
    elif _require_number(asked) != int(before["resourceVersion"]):
        raise op.conflict(MODIFIED)
    meta["resourceVersion"] = before["resourceVersion"]
    try:
        if not op.subresource:
            strategy.begin_update(op, new, old)
        return _update_begun(op, new, old, record)
    except ApiError:
        strategy.give_back(op)
        raise


def _update_begun(op: Operation, new: JsonObject, old: JsonObject, record: Record) -> tuple[JsonObject, bool]:
    strategy, store, stored, before = op.served.strategy, op.server.store, record.obj, old["metadata"]
    match_namespace(op, new)
    new = _before_update(op, new, old)
    if _same_but_for_times(new, old):
        new["metadata"]["managedFields"] = before["managedFields"]
    admission.validate(op, new, old)
    new = finished(op, new, old)
    loose = op.raw is not None and not op.subresource and strategy.stores_otherwise(op.raw)
    if new == stored and not (loose != record.loose or (loose and strategy.writes_again) or (record.first and _reads_otherwise(op, old))):
        return old, False
    if _ends_life(new, old):
        if not op.dry_run:
            store.remove(op.served.key, op.namespace, op.name)
            strategy.after_delete(op, new)
        return new, False
    strategy.finish_update(op, new, old)
    if op.dry_run:
        return new, False
    return store.put(op.served.key, op.namespace, op.name, new, loose=loose).obj, False


def _before_update(op: Operation, new: JsonObject, old: JsonObject) -> JsonObject:
    strategy, before = op.served.strategy, old["metadata"]
    meta = metadata_of(new)
    _keep(meta, before, "generation")
    if op.subresource == "status":
        new = strategy.prepare_status(op, new, old)
    elif op.subresource == "finalize":
        new = keep(new, old, "status")
    elif op.subresource in ("", "scale"):
        new = strategy.prepare_update(op, new, old)
    else:
        new = strategy.prepare_part(op, new, old)
    meta = metadata_of(new)
    if not meta.get("uid"):
        meta["uid"] = before["uid"]
    if before.get("creationTimestamp"):
        meta["creationTimestamp"] = before["creationTimestamp"]
    if before.get("deletionTimestamp"):
        meta["deletionTimestamp"] = before["deletionTimestamp"]
    if "deletionGracePeriodSeconds" in before and meta.get("deletionGracePeriodSeconds") is None:
        meta["deletionGracePeriodSeconds"] = before["deletionGracePeriodSeconds"]
    validation.check_update(op, new, old)
    if op.subresource in ("", "scale"):
        warnings.add(op, new, old)
        strategy.canonicalize(op, new)
    return new


def _reads_otherwise(op: Operation, obj: JsonObject) -> bool:
    """A new object is stored without the defaults that only reading gives it: its first update always writes.

    These are the phase of a claim, and the labels of a Job that came without any.
    """
    if op.served.key != _JOBS:
        return op.served.key == _CLAIMS
    spec = obj.get("spec") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    generated = not spec.get("manualSelector") and labels.keys() == {*JOB_NAME_LABELS, *JOB_UID_LABELS}
    return generated and obj["metadata"].get("labels") == labels


def _keep(meta: JsonObject, before: JsonObject, field: str) -> None:
    if field in before:
        meta[field] = before[field]
    else:
        meta.pop(field, None)


def _ends_life(new: JsonObject, old: JsonObject) -> bool:
    """The last finalizer of an object that is being deleted is gone."""
    before = old["metadata"]
    if new["metadata"].get("finalizers") or not before.get("deletionTimestamp"):
        return False
    if (new.get("kind"), new.get("apiVersion")) == ("Namespace", "v1") and (new.get("spec") or {}).get("finalizers"):
        return False
    return not before.get("deletionGracePeriodSeconds")


def _same_but_for_times(new: JsonObject, old: JsonObject) -> bool:
    entries, before = new["metadata"].get("managedFields") or [], old["metadata"].get("managedFields") or []
    if not entries or len(entries) != len(before) or entries == before:
        return False
    if [{**entry, "time": 0} for entry in entries] != [{**entry, "time": 0} for entry in before]:
        return False
    skip = {"managedFields", "resourceVersion"}
    meta = {k: v for k, v in new["metadata"].items() if k not in skip}
    meta_before = {k: v for k, v in old["metadata"].items() if k not in skip}
    return meta == meta_before and {**new, "metadata": 0} == {**old, "metadata": 0}


def _uid_differs(op: Operation, expected: str, found: str) -> ApiError:
    group = f"{op.served.group}/" if op.served.group and "." in op.served.group else ""
    path = "/".join(part for part in (op.namespace, op.name) if part)
    key = f"{'' if op.dry_run else '/registry'}/{group}{_FOLDERS.get(op.served.plural, op.served.plural)}/{path}"
    why = f"Precondition failed: UID in precondition: {expected}, UID in object meta: {found}"
    return op.conflict(f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: {why}")


def _require_number(text: str) -> int:
    if not text.isdigit():
        raise ApiError(f'strconv.ParseUint: parsing "{text}": invalid syntax', code=500)
    return int(text)


def metadata_of(obj: JsonObject) -> JsonObject:
    """The metadata of a private object, made when absent."""
    meta = obj.get("metadata")
    if meta is None:
        meta = obj["metadata"] = {}
    return meta


def match_namespace(op: Operation, new: JsonObject) -> None:
    """Fill in the namespace of the request; another one is an error."""
    meta = metadata_of(new)
    expected = op.namespace if op.served.namespaced else ""
    given = meta.get("namespace") or ""
    if given == expected:
        return
    if not expected:
        meta.pop("namespace", None)
    elif not given:
        meta["namespace"] = expected
    else:
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")


def match_name(op: Operation, new: JsonObject) -> None:
    """An update must carry the name that the URL names."""
    meta = metadata_of(new)
    name = meta.get("name") or ""
    if not name:
        raise BadRequest(f"the name of the object ({op.name} based on URL) was undeterminable: name must be provided")
    if name != op.name:
        raise BadRequest(f"the name of the object ({name}) does not match the name on the URL ({op.name})")


def deduplicate_owners(op: Operation, new: JsonObject, *, after_admission: bool) -> None:
    """An owner that is listed twice is kept once, with a warning."""
    owners = metadata_of(new).get("ownerReferences")
    if not owners or len(owners) < 2:
        return
    kept: list[Json] = []
    doubled = []
    for owner in owners:
        if owner in kept:
            doubled.append(owner.get("uid", ""))
        else:
            kept.append(owner)
    if doubled:
        when = " after mutating admission happens" if after_admission else ""
        listed = ", ".join(doubled)
        op.warn(
            f".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, "
            f"and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {listed}"
        )
        new["metadata"]["ownerReferences"] = kept


def ordered(obj: JsonObject) -> JsonObject:
    """Kind first, then the fields of metadata in the order the API prints them; empty ones left out."""
    meta = obj["metadata"]
    clean = {field: meta[field] for field in _META_ORDER if field in meta and meta[field] not in (None, "", {}, [])}
    result: JsonObject = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "metadata": clean}
    for field, value in obj.items():
        if field not in result:
            result[field] = value
    return result


def finished(op: Operation, obj: JsonObject, old: JsonObject | None = None) -> JsonObject:
    """The object as it is stored: built-in kinds in the form that Go gives them, custom ones as they are."""
    served = op.server.registry.of_kind(op.served.stored) if op.served.gvk != op.served.stored else op.served
    if op.served.custom is not None and not op.served.custom.preserve_unknown and op.served.schema_of is not None:
        written = op.served.schema_of(op.served.stored.version)
        obj = obj if written is None else custom_objects.cleaned(obj, written, defaults=False)
    if op.served.custom is not None or served is None or served.schema is None:
        return ordered(obj)
    return canonical(obj, served.schema, known=old)


def private(obj: JsonObject) -> JsonObject:
    """A copy that a write may change."""
    result: JsonObject = copy(obj)
    return result


__all__ = ["MODIFIED", "create", "match_name", "match_namespace", "ordered", "private", "update", "with_revision"]
