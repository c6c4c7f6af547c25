"""Server-side apply and the ownership of every other write, as pure functions.

`apply(live, managers, applied, …)` merges what one manager wants, prunes what it no longer wants and nobody else owns, and raises
`Conflicts` where it changes what others own. `update(old, new, managers, …)` gives the owners after a create, update or patch:
what changed belongs to the writer, what went belongs to nobody.

Laws: apply twice = apply once (times included); an applied value that others have too is shared; owners of nothing vanish;
apiVersion, kind and the server's own metadata are owned by nobody.
Source: structured-merge-diff merge/{update,conflict}.go; k8s.io/apimachinery pkg/util/managedfields/internal/*.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from pytest_helmsim.objects.gojson import encode as go_json
from pytest_helmsim.objects.json import JsonObject, loads
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, Cause, Conflict
from pytest_helmsim.patch import managers as owners_of
from pytest_helmsim.patch.errors import BadPatch, PatchError, bounded
from pytest_helmsim.patch.field_set import EMPTY, FieldSet, Path, display_path
from pytest_helmsim.patch.managers import APPLY, UPDATE, Manager, Owned, Owners
from pytest_helmsim.patch.typed import Comparison, ElementError, compare, describe, field_set, validate
from pytest_helmsim.patch.typed_merge import merged, reconciled, removed, with_named_fields
from pytest_helmsim.patch.values import equal_numbers
from pytest_helmsim.patch.zero import without_nulls, zero
from pytest_helmsim.schema.model import Schema

BEFORE_FIRST_APPLY: Final = "before-first-apply"
KUBECTL: Final = "kubectl"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

STRIPPED: Final = FieldSet.of(
    ("f:apiVersion",), ("f:kind",), ("f:metadata",),
    *(("f:metadata", f"f:{name}") for name in (
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion",
    )),
)  # fmt: skip
"""What nobody owns."""

Convert: TypeAlias = Callable[[JsonObject, str], "tuple[JsonObject, Schema] | None"]
"""The object at another API version with that version's schema; None when the version is gone, and its managers with it."""

Ignored: TypeAlias = Mapping[str, FieldSet]
"""Per API version: fields that a write at this endpoint cannot set (status on the main resource, spec on /status)."""


class Applied(NamedTuple):
    """The object after an apply, without managedFields, and the entries that belong to it. `changed` is False for a no-op."""

    object: JsonObject
    managers: list[JsonObject]
    changed: bool


class Conflicts(PatchError):
    """The apply would change fields of other managers: (manager, path) pairs, sorted by manager."""

    def __init__(self, conflicts: Sequence[tuple[Manager, Path]]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(self._message())

    def _message(self) -> str:
        count = len(self.conflicts)
        if count == 1:
            manager, path = self.conflicts[0]
            return f"Apply failed with 1 conflict: conflict with {manager}: {display_path(path)}"
        lines: list[str] = []
        current: Manager | None = None
        for manager, path in self.conflicts:
            if manager != current:
                lines.append(f"conflicts with {manager}:")
                current = manager
            lines.append(f"- {display_path(path)}")
        return f"Apply failed with {count} conflicts: " + "\n".join(lines)

    @property
    def causes(self) -> list[Cause]:
        """`details.causes` of the answer."""
        return [Cause("FieldManagerConflict", f"conflict with {manager}", display_path(path)) for manager, path in self.conflicts]

    def to_api_error(self) -> ApiError:
        """409, with the causes as its only details."""
        return Conflict(str(self), details={"causes": [cause.to_json() for cause in self.causes]})


@bounded
def apply(
    live: JsonObject | None,
    managers: Sequence[JsonObject],
    applied: JsonObject,
    *,
    manager: str,
    api_version: str,
    schema: Schema,
    now: str,
    force: bool = False,
    subresource: str = "",
    ignored: Ignored | None = None,
    convert: Convert | None = None,
) -> Applied:
    """The object and its owners after `manager` applies `applied` to `live` (None: nothing is there yet).

    `managers` are the live object's entries. Raise Conflicts unless `force`; PatchError (500) where `applied` does not fit the
    schema; BadPatch for managedFields in the body or another kind. The result is not defaulted, nulls of removed maps are gone.
    """
    _check_request(live, applied, api_version)
    updater = _Updater(api_version, schema, ignored or {}, convert)
    base = without_managed_fields(live) if live is not None else {}
    owners = owners_of.decode(managers)
    if not owners:
        _check_live(base, schema, "failed to create manager for existing fields: failed to convert new object ({}) to smd typed")
    if _metadata(applied).get("managedFields") is not None:
        raise BadPatch("metadata.managedFields must be nil")
    errors = validate(applied, schema)
    if errors:
        raise PatchError(f"failed to create typed patch object ({_title(applied)}): {describe(errors)}")
    me = Manager.of(manager, APPLY, api_version, subresource)
    if owners:
        _check_live(base, schema, "failed to create typed live object ({})")
    elif live is not None:
        first = Manager.of(BEFORE_FIRST_APPLY, UPDATE, api_version, subresource)
        owners = updater.updated(zero(schema, live), base, owners, first, now)
    try:
        result, after = updater.applied(base, applied, owners, me, force=force)
    except Conflicts as conflicts:
        rest = _foreign(conflicts, base, schema, api_version) if manager == KUBECTL else conflicts.conflicts
        if rest:
            raise Conflicts(rest) from None
        result, after = updater.applied(base, applied, owners, me, force=True)
    after = _stripped(after, me)
    changed = live is None or result is not base
    if not changed:
        return Applied(base, owners_of.encode(after), False)
    if me in after:
        after[me] = after[me]._replace(time=now)
    result = without_nulls(result, schema)
    if manager == KUBECTL and (result.get("metadata") or {}).get("annotations", {}).get(LAST_APPLIED):
        result = _with_last_applied(result, applied)
    return Applied(result, owners_of.encode(after), True)


@bounded
def update(
    old: JsonObject | None,
    new: JsonObject,
    managers: Sequence[JsonObject],
    *,
    manager: str,
    api_version: str,
    schema: Schema,
    now: str,
    subresource: str = "",
    ignored: Ignored | None = None,
    convert: Convert | None = None,
) -> list[JsonObject]:
    """The entries after a create (`old` None), update or patch made `new` of `old`.

    `managers` are the old object's entries. `new` may bring its own in `metadata.managedFields`, as a PUT does: they count, `[]` and
    `[{}]` forget all, undecodable ones are overlooked; at a subresource they never count. An object that has no owners stays so,
    and one with a list item that has none of its keys loses them all.
    """
    owners = _sent_or_known(new, managers, subresource)
    if not owners and old is not None:
        return []
    updater = _Updater(api_version, schema, ignored or {}, convert)
    me = Manager.of(manager, UPDATE, api_version, subresource)
    before = without_managed_fields(old) if old is not None else zero(schema, new)
    try:
        after = updater.updated(before, without_managed_fields(new), owners, me, now)
    except ElementError:
        return []
    return owners_of.encode(owners_of.capped(after))


def without_managed_fields(obj: JsonObject) -> JsonObject:
    """A copy without `metadata.managedFields`; the object itself when it has none."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


def same_but_for_times(old: Sequence[JsonObject], new: Sequence[JsonObject]) -> bool:
    """The entries differ in nothing but their times: a write that changes no more than that is no change at all."""
    if len(old) != len(new):
        return False
    return all(
        {key: value for key, value in left.items() if key != "time"} == {key: value for key, value in right.items() if key != "time"}
        for left, right in zip(old, new, strict=True)
    )


def _sent_or_known(new: JsonObject, managers: Sequence[JsonObject], subresource: str) -> Owners:
    sent = (new.get("metadata") or {}).get("managedFields")
    if not subresource and sent is not None and sent != managers:
        if owners_of.is_reset(sent):
            return {}
        owners = _decoded(sent)
        if owners:
            return owners
    return _decoded(managers)


def _decoded(entries: Sequence[JsonObject]) -> Owners:
    """Owners, none at all where one entry cannot be read."""
    try:
        return owners_of.decode(entries)
    except PatchError:
        return {}


def _check_request(live: JsonObject | None, applied: JsonObject, api_version: str) -> None:
    gvk = GroupVersionKind.of_object(applied)
    if gvk.api_version != api_version or (live is not None and gvk.kind != live.get("kind", gvk.kind)):
        raise BadPatch(f"invalid object type: {gvk}")


def _check_live(live: JsonObject, schema: Schema, what: str) -> None:
    """Raise for a stored object whose list items cannot be told apart by their keys; duplicates are allowed there."""
    errors = validate(live, schema, allow_duplicates=True)
    if errors:
        raise PatchError(f"{what.format(_title(live))}: {describe(errors)}")


def _title(obj: JsonObject) -> str:
    metadata = _metadata(obj)
    namespace, name = (value if isinstance(value := metadata.get(key), str) else "" for key in ("namespace", "name"))
    return f"{namespace}/{name}; {GroupVersionKind.of_object(obj)}"


def _metadata(obj: JsonObject) -> JsonObject:
    """Empty for metadata that is no map: what is wrong with it is said by the schema."""
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def _stripped(owners: Owners, manager: Manager) -> Owners:
    owned = owners.get(manager)
    if owned is None:
        return owners
    fields = owned.fields - STRIPPED
    result = {key: value for key, value in owners.items() if key != manager}
    if fields:
        result[manager] = owned._replace(fields=fields)
    return result


Comparing: TypeAlias = Callable[[str], tuple[Comparison, FieldSet] | None]


class _Updater:
    """One write at one API version: the schema, what may not be set, how to see the object at other versions."""

    def __init__(self, api_version: str, schema: Schema, ignored: Ignored, convert: Convert | None) -> None:
        self.api_version = api_version
        self.schema = schema
        self.ignored = ignored
        self.convert = convert

    def at(self, obj: JsonObject, api_version: str) -> tuple[JsonObject, Schema] | None:
        """The object at a version; None for a version that is not served (any other one, without a converter)."""
        if api_version == self.api_version and obj.get("apiVersion", api_version) == api_version:
            return obj, self.schema
        return self.convert(obj, api_version) if self.convert is not None else None

    def reconciled(self, live: JsonObject, owners: Owners) -> Owners:
        """Owners whose version still exists, in terms of today's schema."""
        result: Owners = {}
        schemas: dict[str, Schema | None] = {self.api_version: self.schema}
        for manager, owned in owners.items():
            if owned.api_version not in schemas:
                there = self.at(live, owned.api_version)
                schemas[owned.api_version] = there[1] if there is not None else None
            schema = schemas[owned.api_version]
            if schema is not None:
                result[manager] = owned._replace(fields=reconciled(owned.fields, schema))
        return result

    def _comparing(self, old: JsonObject, new: JsonObject) -> Comparing:
        """The comparison at a version, with what was written there; made when first asked for. None for a version that is not served."""
        known: dict[str, tuple[Comparison, FieldSet] | None] = {}

        def compared(api_version: str) -> tuple[Comparison, FieldSet] | None:
            if api_version not in known:
                before, after = self.at(old, api_version), self.at(new, api_version)
                if before is None or after is None:
                    known[api_version] = None
                else:
                    found = compare(before[0], after[0], before[1]).without(self.ignored.get(api_version))
                    known[api_version] = (found, found.modified | found.added)
            return known[api_version]

        return compared

    def _disowned(self, compared: Comparing, owners: Owners, workflow: Manager | None, force: bool) -> Owners:
        """Take what changed and went from everybody but `workflow`; without `force` a changed field of another is a conflict."""
        result: Owners = {}
        conflicts: list[tuple[Manager, FieldSet]] = []
        for manager, owned in owners.items():
            if manager == workflow:
                result[manager] = owned
                continue
            found = compared(owned.api_version)
            if found is None:
                continue
            comparison, written = found
            taken = owned.fields & written
            if taken:
                conflicts.append((manager, taken))
            result[manager] = owned._replace(fields=owned.fields - taken - comparison.removed)
        if conflicts and not force:
            conflicts.sort(key=lambda row: row[0].identifier)
            raise Conflicts([(manager, path) for manager, fields in conflicts for path in fields])
        return {manager: owned for manager, owned in result.items() if owned.fields}

    def updated(self, old: JsonObject, new: JsonObject, owners: Owners, me: Manager, now: str) -> Owners:
        """Owners after an update: the writer gains what changed and what is new; its time moves only when it gains something."""
        before = self.reconciled(old, owners)
        compared = self._comparing(old, new)
        found = compared(self.api_version)
        owners = self._disowned(compared, before, None, True)
        gained = found[1] - STRIPPED if found is not None else EMPTY
        if gained:
            known, mine = owners.get(me), before.get(me)
            fields = gained | known.fields if known is not None else gained
            owners[me] = Owned(mine.fields if mine is not None and mine.fields == fields else fields, self.api_version, now)
        return owners

    def applied(self, live: JsonObject, config: JsonObject, owners: Owners, me: Manager, *, force: bool) -> tuple[JsonObject, Owners]:
        """(the very same live object when nothing changes, owners after the apply)."""
        owners = self.reconciled(live, owners)
        result = merged(live, config, self.schema)
        last = owners.get(me)
        fields = field_set(config, self.schema)
        ignored = self.ignored.get(self.api_version)
        if ignored:
            fields = fields.minus_recursive(ignored)
        owners[me] = Owned(fields, self.api_version, last.time if last is not None else None)
        if last is not None and last.fields:
            result = self._pruned(result, owners, me, last)
        owners = self._disowned(self._comparing(live, result), owners, me, force)
        return (live if equal_numbers(live, result) else result), owners

    def _pruned(self, obj: JsonObject, owners: Owners, me: Manager, last: Owned) -> JsonObject:
        """Without the fields that `me` owned until now and nobody owns any more."""
        there = self.at(obj, last.api_version)
        if there is None:
            return obj
        here, schema = there
        mine = with_named_fields(last.fields, schema)
        same_version = [owned for owned in owners.values() if owned.api_version == last.api_version]
        owned_here = EMPTY
        for owned in same_version:
            owned_here |= with_named_fields(owned.fields, schema)
        if owned_here.includes(mine):
            return obj
        pruned = removed(here, mine, schema)
        everything = with_named_fields(field_set(here, schema), schema)
        pruned = self._with_owned(here, pruned, schema, everything, owned_here)
        for version in sorted({owned.api_version for owned in owners.values()} - {last.api_version}):
            pruned = self._with_owned_at(here, pruned, version, owners, last.api_version)
        kept = with_named_fields(field_set(pruned, schema), schema)
        result = removed(here, (everything - kept) & mine, schema)
        back = self.at(result, self.api_version)
        return back[0] if back is not None else obj

    @staticmethod
    def _with_owned(obj: JsonObject, pruned: JsonObject, schema: Schema, everything: FieldSet, owned: FieldSet) -> JsonObject:
        kept = with_named_fields(field_set(pruned, schema), schema)
        return removed(obj, everything - (kept | owned), schema)

    def _with_owned_at(self, obj: JsonObject, pruned: JsonObject, version: str, owners: Owners, home: str) -> JsonObject:
        """Bring back what managers of another version own."""
        whole, part = self.at(obj, version), self.at(pruned, version)
        if whole is None or part is None:
            return pruned
        schema = whole[1]
        owned = EMPTY
        for entry in owners.values():
            if entry.api_version == version:
                owned |= with_named_fields(entry.fields, schema)
        everything = with_named_fields(field_set(whole[0], schema), schema)
        result = self._with_owned(whole[0], part[0], schema, everything, owned)
        back = self.at(result, home)
        return back[0] if back is not None else pruned


def _foreign(conflicts: Conflicts, live: JsonObject, schema: Schema, api_version: str) -> Sequence[tuple[Manager, Path]]:
    """Of kubectl's conflicts, those that its own last-applied annotation does not explain: moving from client-side apply is free."""
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return conflicts.conflicts
    try:
        last = loads(text)
    except ValueError:
        return conflicts.conflicts
    if not isinstance(last, dict) or last.get("apiVersion") != api_version or validate(last, schema) or validate(live, schema):
        return conflicts.conflicts
    comparison = compare(last, live, schema)
    own = field_set(last, schema) - comparison.modified - comparison.added - comparison.removed
    return [conflict for conflict in conflicts.conflicts if conflict[1] not in own]


def _with_last_applied(obj: JsonObject, applied: JsonObject) -> JsonObject:
    metadata = dict(applied.get("metadata") or {})
    kept = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    metadata.pop("annotations", None)
    if kept:
        metadata["annotations"] = kept
    text = go_json({**applied, "metadata": metadata}) + "\n"
    annotations = {**obj["metadata"]["annotations"], LAST_APPLIED: text}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}
