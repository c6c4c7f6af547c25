"""Who owns which field: books every write under its manager, and runs server-side apply.

The algebra is `patch.server_side`; here is what it needs from a request: manager, endpoint, time, other versions of the kind.
Source: k8s.io/apimachinery pkg/util/managedfields.
"""

from __future__ import annotations

from functools import lru_cache

from pytest_helmsim.apiserver import conversion
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.strategies import Paths
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.patch import server_side
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.field_set import FieldSet
from pytest_helmsim.patch.managers import is_reset
from pytest_helmsim.patch.typed import ElementError, describe, validate
from pytest_helmsim.schema.canonical import canonical
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.rawness import is_owned, overlaid

_FREE = Schema("object", preserve_unknown=True)
_MANAGER_BYTES = 128


def keep_reset(new: JsonObject, raw: JsonObject) -> JsonObject:
    """`new` (defaulted, so without empty lists) with the managedFields of the request when those ask to forget all owners."""
    sent = (raw.get("metadata") or {}).get("managedFields") if isinstance(raw.get("metadata"), dict) else None
    if sent is None or not is_reset(sent):
        return new
    return {**new, "metadata": {**(new.get("metadata") or {}), "managedFields": sent}}


def update(op: Operation, live: JsonObject | None, new: JsonObject) -> JsonObject:
    """The new object with the owners of what changed between `live` and it; both in the requested version.

    An object whose fields cannot be told apart (a keyed list without its keys, a status of other types than declared) is written
    without owners, as upstream does.
    """
    entries = (live or {}).get("metadata", {}).get("managedFields") or []
    if op.served.strategy.forgets_owners(new):
        return with_entries(new, [])
    if op.served.custom is not None and op.served.schema is not None and validate(new, op.served.schema, allow_duplicates=True):
        return with_entries(new, [])
    try:
        managed = server_side.update(
            live,
            overlaid(new, op.raw, op.served.schema, is_owned),
            entries,
            manager=op.manager,
            api_version=op.served.gvk.api_version,
            schema=op.served.schema or _FREE,
            now=op.now,
            subresource=op.subresource,
            ignored=ignored(op),
            convert=converter(op),
        )
    except (PatchError, ElementError):
        managed = []
    return with_entries(new, managed)


def apply(op: Operation, live: JsonObject | None, wanted: JsonObject, *, force: bool) -> JsonObject:
    """Server-side apply of a configuration under the manager of the operation; the result is not defaulted."""
    entries = (live or {}).get("metadata", {}).get("managedFields") or []
    try:
        applied = server_side.apply(
            live,
            entries,
            wanted,
            manager=op.manager,
            api_version=op.served.gvk.api_version,
            schema=op.served.schema or _FREE,
            now=op.now,
            force=force,
            subresource=op.subresource,
            ignored=ignored(op),
            convert=converter(op),
        )
    except PatchError as error:
        raise error.to_api_error() from error
    return with_entries(applied.object, applied.managers)


def with_entries(obj: JsonObject, entries: list[JsonObject]) -> JsonObject:
    """The object with these entries as its managedFields, none when the list is empty."""
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key != "managedFields"}
    if entries:
        meta["managedFields"] = entries
    return {**obj, "metadata": meta}


def ignored(op: Operation) -> dict[str, FieldSet]:
    """Per version of the kind, what a write at this endpoint cannot own."""
    fields = op.served.strategy.ignored_fields(op.subresource) or _field_set(op.served.strategy.reset_fields(op.subresource))
    if not fields:
        return {}
    return {version.gvk.api_version: fields for version in op.server.registry.versions_of(op.served.key)}


@lru_cache(maxsize=64)
def _field_set(paths: Paths) -> FieldSet:
    return FieldSet.of(*(tuple(f"f:{step}" for step in path) for path in paths))


def converter(op: Operation) -> server_side.Convert | None:
    """To other served versions of the kind in the same group (what is owned in another group's is forgotten); None without such."""
    known = op.server.registry.versions_of(op.served.key)
    versions = {served.gvk.api_version: served for served in known if served.gvk.group == op.served.gvk.group}
    if len(versions) < 2 and len(known) > 1:
        return lambda obj, api_version: (obj, op.served.schema or _FREE) if api_version == op.served.gvk.api_version else None
    if len(versions) < 2:
        return None

    def convert(obj: JsonObject, api_version: str) -> tuple[JsonObject, Schema] | None:
        there = versions.get(api_version)
        if there is None:
            return None
        if not obj.get("kind"):
            return {**obj, "apiVersion": api_version}, there.schema or _FREE
        source = GroupVersionKind.of_object(obj)
        stored = conversion.convert(obj, source, op.served.stored) if source != op.served.stored else obj
        result = conversion.convert(stored, op.served.stored, there.gvk)
        if there.custom is not None and there.schema is not None and (wrong := validate(result, there.schema, allow_duplicates=True)):
            raise PatchError(f"failed to convert to {api_version}: {describe(wrong)}")
        if there.custom is None and there.schema is not None and there.gvk != source:
            result = canonical(result, there.schema)
            if wrong := validate(result, there.schema):
                raise PatchError(f"failed to convert to {api_version}: {describe(wrong)}")
        return result, there.schema or _FREE

    return convert


def manager_name(given: str, user_agent: str) -> str:
    """The `fieldManager` of the query, else what stands before the first slash of the User-Agent, printable, at most 128 bytes."""
    if given:
        return given
    result = ""
    for character in user_agent.split("/")[0]:
        if not character.isprintable():
            continue
        if len((result + character).encode()) > _MANAGER_BYTES:
            break
        result += character
    return result
