"""Accessors for the metadata every object has. Reading never fails on what is missing; writing gives a new object."""

from collections.abc import Iterator, Mapping

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, ObjectKey


def metadata(obj: JsonObject) -> JsonObject:
    """The metadata, `{}` when absent or null."""
    return obj.get("metadata") or {}


def name(obj: JsonObject) -> str:
    """`metadata.name` or the empty string."""
    return metadata(obj).get("name") or ""


def namespace(obj: JsonObject) -> str:
    """`metadata.namespace`; empty for cluster-scoped objects and for manifests that leave it out."""
    return metadata(obj).get("namespace") or ""


def uid(obj: JsonObject) -> str:
    """`metadata.uid` or the empty string."""
    return metadata(obj).get("uid") or ""


def resource_version(obj: JsonObject) -> str:
    """`metadata.resourceVersion` or the empty string."""
    return metadata(obj).get("resourceVersion") or ""


def generation(obj: JsonObject) -> int:
    """`metadata.generation` or 0."""
    return metadata(obj).get("generation") or 0


def labels(obj: JsonObject) -> dict[str, str]:
    """The labels, `{}` when there are none."""
    return metadata(obj).get("labels") or {}


def annotations(obj: JsonObject) -> dict[str, str]:
    """The annotations, `{}` when there are none."""
    return metadata(obj).get("annotations") or {}


def finalizers(obj: JsonObject) -> list[str]:
    """The finalizers, in order."""
    return metadata(obj).get("finalizers") or []


def owner_references(obj: JsonObject) -> list[JsonObject]:
    """All owner references."""
    return metadata(obj).get("ownerReferences") or []


def controller_of(obj: JsonObject) -> JsonObject | None:
    """The owner reference with `controller: true`; an object has at most one."""
    return next((owner for owner in owner_references(obj) if owner.get("controller")), None)


def is_terminating(obj: JsonObject) -> bool:
    """A deletion has been asked for and finalizers hold it up."""
    return bool(metadata(obj).get("deletionTimestamp"))


def managed_fields(obj: JsonObject) -> list[JsonObject]:
    """The entries of `metadata.managedFields`."""
    return metadata(obj).get("managedFields") or []


def object_key(obj: JsonObject) -> ObjectKey:
    """Group, kind, namespace and name."""
    gvk = GroupVersionKind.of_object(obj)
    return ObjectKey(gvk.group, gvk.kind, namespace(obj), name(obj))


def owner_reference(owner: JsonObject, *, controller: bool = True, block_owner_deletion: bool = True) -> JsonObject:
    """A reference to `owner`, which must be stored already (it needs a uid)."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name(owner),
        "uid": uid(owner),
        "controller": controller,
        "blockOwnerDeletion": block_owner_deletion,
    }


def with_metadata(obj: JsonObject, **fields: object) -> JsonObject:
    """A copy with these metadata fields set; None removes one."""
    changed = {**metadata(obj), **fields}
    return {**obj, "metadata": {key: value for key, value in changed.items() if value is not None}}


def with_labels(obj: JsonObject, extra: Mapping[str, str]) -> JsonObject:
    """A copy with labels added or changed."""
    return with_metadata(obj, labels={**labels(obj), **extra})


def with_annotations(obj: JsonObject, extra: Mapping[str, str]) -> JsonObject:
    """A copy with annotations added or changed."""
    return with_metadata(obj, annotations={**annotations(obj), **extra})


def describe(obj: JsonObject) -> Iterator[str]:
    """Parts of a name for messages: kind, then namespace/name."""
    yield obj.get("kind") or "object"
    yield f"{namespace(obj)}/{name(obj)}" if namespace(obj) else name(obj)
