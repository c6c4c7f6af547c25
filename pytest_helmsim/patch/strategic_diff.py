"""The strategic merge patch between two objects: `strategic.apply(a, two_way(a, b, schema), schema)` is `b`.

Keyed lists give items and `$patch: delete`, lists of scalars give additions and `$deleteFromPrimitiveList`, both with
`$setElementOrder` when anything moved; maps under the retainKeys strategy give `$retainKeys`; all else is replaced.
Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (CreateTwoWayMergePatch, diffMaps, diffLists).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch import directives, ordering
from pytest_helmsim.patch.directives import DELETE_FROM_PRIMITIVE_LIST, MERGE, PATCH, REPLACE, RETAIN_KEYS, SET_ELEMENT_ORDER
from pytest_helmsim.patch.errors import PatchError, bounded
from pytest_helmsim.patch.gotext import sprint
from pytest_helmsim.patch.values import same
from pytest_helmsim.schema.model import Schema


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which differences the patch shall carry; `retain_keys` holds for the map at hand only."""

    changes: bool = True
    deletions: bool = True
    retain_keys: bool = False


@bounded
def two_way(original: JsonObject, modified: JsonObject, schema: Schema) -> JsonObject:
    """CreateTwoWayMergePatch: `{}` for equal objects.

    Raise PatchError where two values differ and the schema does not know the field, or an item has no merge key.
    """
    return diff(original, modified, schema, Wanted())


def diff(original: JsonObject, modified: JsonObject, schema: Schema, wanted: Wanted) -> JsonObject:
    """The wanted differences of two maps."""
    patch: JsonObject = {}
    for key, after in modified.items():
        if key not in original:
            if wanted.changes:
                patch[key] = after
            continue
        before = original[key]
        if key == PATCH:
            _directive(before, after, patch)
        elif type(before) is dict and type(after) is dict:
            _map(key, before, after, patch, schema, wanted)
        elif type(before) is list and type(after) is list:
            _list(key, before, after, patch, schema, wanted)
        elif wanted.changes and not same(before, after):
            patch[key] = after
    if wanted.deletions:
        patch.update((key, None) for key in original if key not in modified)
    if wanted.retain_keys:
        retained = [key for key, value in modified.items() if value is not None]
        lost = any(value is not None and key not in modified for key, value in original.items())
        if retained and (patch or lost):
            patch[RETAIN_KEYS] = sorted(retained)
    return patch


def _directive(before: Json, after: Json, patch: JsonObject) -> None:
    if type(before) is not str or type(after) is not str:
        raise PatchError(f"invalid value for special key: {PATCH}")
    if before != after:
        patch[PATCH] = after


def _map(key: str, before: JsonObject, after: JsonObject, patch: JsonObject, schema: Schema, wanted: Wanted) -> None:
    try:
        merging = directives.of_map(schema, key)
    except PatchError:
        if same(before, after):
            return
        raise
    if merging.strategy == REPLACE:
        if wanted.changes:
            patch[key] = after
        return
    below = diff(before, after, merging.schema, replace(wanted, retain_keys=merging.retain_keys))
    if below:
        patch[key] = below


def _list(key: str, before: list[Json], after: list[Json], patch: JsonObject, schema: Schema, wanted: Wanted) -> None:
    try:
        merging = directives.of_list(schema, key)
    except PatchError:
        if same(before, after):
            return
        raise
    if merging.strategy != MERGE:
        if wanted.changes and not same(before, after):
            patch[key] = after
        return
    if not before:
        if after and wanted.changes:
            patch[key] = after
        return
    if ordering.element_kind(before, after) is dict:
        items, order = _keyed(before, after, merging, replace(wanted, retain_keys=merging.retain_keys))
        gone: list[Json] = []
    else:
        items, gone, order = _scalars(before, after, wanted)
    if items:
        patch[key] = items
    if gone:
        patch[f"{DELETE_FROM_PRIMITIVE_LIST}/{key}"] = gone
    if order:
        patch[f"{SET_ELEMENT_ORDER}/{key}"] = order


def _keyed(before: list[Json], after: list[Json], merging: directives.Merging, wanted: Wanted) -> tuple[list[Json], list[Json]]:
    """(changed, new and deleted items, the order if it must be said)."""
    key = merging.merge_key
    items, deletions = _paired(ordering.sort_by_key(before, key), ordering.sort_by_key(after, key), merging, wanted)
    items = ordering.sort_like(items, after, key, maps=True)
    moved = len(before) != len(after) or not all(map(lambda a, b: _same_key(a, b, key), before, after))
    items += deletions
    if (wanted.changes and (items or moved)) or (wanted.deletions and items):
        return items, [{key: item[key]} for item in after]
    return items, []


def _same_key(left: Json, right: Json, key: str) -> bool:
    ordering.require_keys(key, [left, right])
    return same(left[key], right[key])


def _paired(before: list[Json], after: list[Json], merging: directives.Merging, wanted: Wanted) -> tuple[list[Json], list[Json]]:
    """Walk both lists, sorted by key, side by side: (changed and new items, deletions)."""
    key = merging.merge_key
    items: list[Json] = []
    deletions: list[Json] = []
    left = right = 0
    while left < len(before) or right < len(after):
        ordering.require_keys(key, before[left : left + 1], after[right : right + 1])
        old = sprint(before[left][key]) if left < len(before) else None
        new = sprint(after[right][key]) if right < len(after) else None
        if old is not None and old == new:
            below = diff(before[left], after[right], merging.schema, wanted)
            if below:
                items.append({**below, key: after[right][key]})
            left, right = left + 1, right + 1
        elif old is None or (new is not None and new < old):
            if wanted.changes:
                items.append(after[right])
            right += 1
        else:
            if wanted.deletions:
                deletions.append(directives.deletion(key, before[left][key]))
            left += 1
    return items, deletions


def _scalars(before: list[Json], after: list[Json], wanted: Wanted) -> tuple[list[Json], list[Json], list[Json]]:
    """(additions, deletions, the order if it must be said).

    Upstream compares the order with the sorted original, so an unsorted list that did not change gives an order too.
    """
    before, ordered = ordering.sort_scalars(before), ordering.sort_scalars(after)
    added: list[Json] = []
    gone: list[Json] = []
    left = right = 0
    while left < len(before) or right < len(ordered):
        old = sprint(before[left]) if left < len(before) else None
        new = sprint(ordered[right]) if right < len(ordered) else None
        if old is not None and old == new:
            left, right = left + 1, right + 1
        elif old is None or (new is not None and new < old):
            added.append(ordered[right])
            right += 1
        else:
            gone.append(before[left])
            left += 1
    added = ordering.sort_like(added, after, "", maps=False) if wanted.changes else []
    gone = ordering.without_duplicates(gone) if wanted.deletions else []
    said = gone or (wanted.changes and not same(before, after))
    return added, gone, after if said else []
