"""Strategic merge patch: `apply(document, patch, schema)` as kube-apiserver applies it.

A patch names what changes; lists with a merge key merge item by item, others are replaced. Directives:
`$patch: delete|replace` on a map or a list item, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`, `$retainKeys`.
The result shares the parts that did not change with the document and the patch; neither is modified.

`merge(a, b, schema, applying=False)` adds one patch to another instead: directives and nulls stay in the result.
Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (StrategicMergeMapPatch, mergeMap).
"""

from __future__ import annotations

from typing import Final

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch import directives, ordering
from pytest_helmsim.patch.directives import (
    BAD_ELEMENT_ORDER,
    BAD_RETAIN_KEYS,
    DELETE,
    DELETE_FROM_PRIMITIVE_LIST,
    MERGE,
    PATCH,
    REPLACE,
    RETAIN_KEYS,
    SET_ELEMENT_ORDER,
    Merging,
)
from pytest_helmsim.patch.errors import BadPatch, PatchError, bounded
from pytest_helmsim.patch.gotext import sprint
from pytest_helmsim.patch.values import identity, same
from pytest_helmsim.schema.model import Schema

_DROPPED: Final = object()


@bounded
def apply(document: JsonObject, patch: JsonObject, schema: Schema) -> JsonObject:
    """The document after the patch.

    `null` deletes and is no error where nothing is; `{}` and an empty list change nothing; `$patch: delete` at the root
    gives `{}`. Raise PatchError (BadPatch, UnprocessablePatch) with the server's words.
    """
    return merge(document, patch, schema, applying=True)


def merge(original: JsonObject, patch: JsonObject, schema: Schema, *, applying: bool) -> JsonObject:
    """Merge one map. `applying` False keeps directives and nulls: the result is again a patch."""
    if PATCH in patch:
        return _whole(patch)
    result = dict(original)
    rest = dict(patch)
    _retain_keys(result, rest, applying)
    _ordered_lists(result, rest, schema, applying)
    for name, value in rest.items():
        key, deletes_items = name, name.startswith(DELETE_FROM_PRIMITIVE_LIST)
        if deletes_items:
            if not applying:
                result[name] = value
                continue
            key = directives.list_name(name, DELETE_FROM_PRIMITIVE_LIST)
        if value is None:
            result.pop(key, None)
            if applying:
                continue
        if key not in result or type(result[key]) is not type(value) or type(value) not in (dict, list):
            if not deletes_items or (key in result and type(result[key]) is type(value)):
                _put(result, key, _cleaned(value, applying))
        elif type(value) is dict:
            result[key] = _map(result[key], value, directives.of_map(schema, key), applying)
        else:
            result[key] = _list(result[key], value, directives.of_list(schema, key), applying, deletes_items)
    return result


def _whole(patch: JsonObject) -> JsonObject:
    directive = patch[PATCH]
    if directive == REPLACE:
        return {key: value for key, value in patch.items() if key != PATCH}
    if directive == DELETE:
        return {}
    raise directives.unknown_directive(directive, patch)


def _put(result: JsonObject, key: str, value: Json) -> None:
    if value is _DROPPED:
        result.pop(key, None)
    else:
        result[key] = value


def _cleaned(value: Json, applying: bool) -> Json:
    """A new value as it enters the result: maps with `$patch` drop out, and when applying nulls in maps do."""
    if type(value) is dict:
        if PATCH in value:
            return _DROPPED
        entries = ((key, _cleaned(item, applying)) for key, item in value.items() if not (applying and item is None))
        return {key: item for key, item in entries if item is not _DROPPED}
    if type(value) is list:
        return [item for item in (_cleaned(item, applying) for item in value) if item is not _DROPPED]
    return value


def _map(original: JsonObject, patch: JsonObject, merging: Merging, applying: bool) -> JsonObject:
    if merging.strategy == REPLACE:
        return patch
    return merge(original, patch, merging.schema, applying=applying)


def _list(original: list[Json], patch: list[Json], merging: Merging, applying: bool, deletes_items: bool) -> list[Json]:
    """A list of the patch over one of the document: merged by its strategy, else replaced."""
    if merging.strategy != MERGE and not deletes_items:
        return patch
    if not original and not patch:
        return original
    if ordering.element_kind(original, patch) is dict:
        return _keyed_list(original, patch, merging, applying)[0]
    if applying and deletes_items:
        gone = {identity(item) for item in patch}
        return [item for item in original if identity(item) not in gone]
    merged = ordering.without_duplicates(original + patch)
    inside, outside = ordering.split_by(merged, patch, merging.merge_key)
    return ordering.interleave(inside, outside, patch_order=patch, live_order=original, merge_key=merging.merge_key, maps=False)


def _keyed_list(original: list[Json], patch: list[Json], merging: Merging, applying: bool) -> tuple[list[Json], list[Json]]:
    """(the merged list, the original list as upstream leaves it).

    Upstream deletes in place and appends into the room that this makes. A caller that still looks at the original for the live
    order finds there: what stayed, as many new items as were deleted, then stale copies of the last ones.
    """
    key = merging.merge_key
    if not key:
        raise PatchError(f"cannot merge lists without merge key for {directives.go_kind(merging.schema)}")
    before, patch, stale = _without_directives(original, patch, key)
    items = _items(before, patch, merging, applying)
    inside, outside = ordering.split_by(items, patch, key)
    merged = ordering.interleave(inside, outside, patch_order=patch, live_order=before, merge_key=key, maps=True)
    room = items[len(before) : len(before) + len(stale)]
    return merged, before + room + stale[len(room) :]


def _without_directives(original: list[Json], patch: list[Json], merge_key: str) -> tuple[list[Json], list[Json], list[Json]]:
    """Carry out the `$patch` items of a keyed list: (what stays of the original, what is still to merge, the stale tail)."""
    plain: list[Json] = []
    stale: list[Json] = []
    replaces = False
    for item in patch:
        if PATCH not in item:
            plain.append(item)
            continue
        directive = item[PATCH]
        if directive == DELETE:
            if merge_key not in item:
                raise directives.no_merge_key(item, merge_key)
            while (index := ordering.find(original, merge_key, item[merge_key])) >= 0:
                stale.insert(0, original[-1])
                original = original[:index] + original[index + 1 :]
        elif directive == REPLACE:
            replaces = True
        elif directive == MERGE:
            raise PatchError("merging lists cannot yet be specified in the patch")
        else:
            raise directives.unknown_directive(directive, item)
    return (plain, [], stale) if replaces else (original, plain, stale)


def _items(original: list[Json], patch: list[Json], merging: Merging, applying: bool) -> list[Json]:
    """Each item of the patch into the first one with its key, new ones at the end."""
    key = merging.merge_key
    result = list(original)
    places: ordering.Positions | None = None
    for item in patch:
        if key not in item:
            raise directives.no_merge_key(item, key)
        if places is None:
            places = ordering.places(result, key)
        index = places.setdefault(identity(item[key]), len(result))
        if index == len(result):
            result.append(item)
        else:
            result[index] = merged = merge(result[index], item, merging.schema, applying=applying)
            if not (key in merged and identity(merged[key]) == identity(item[key])):
                places = None
    return result


def _retain_keys(result: JsonObject, patch: JsonObject, applying: bool) -> None:
    """`$retainKeys: [a]`: every other key of the document goes; the patch may set no other."""
    if RETAIN_KEYS not in patch:
        return
    retained = patch.pop(RETAIN_KEYS)
    if not applying:
        if RETAIN_KEYS in result and not same(result[RETAIN_KEYS], retained):
            raise PatchError(
                f"{sprint(result[RETAIN_KEYS])} and {sprint(retained)} are not deep equal: "
                "this may happen when calculating the 3-way diff patch"
            )
        result.setdefault(RETAIN_KEYS, retained)
        return
    if type(retained) is not list:
        raise BadPatch(BAD_RETAIN_KEYS)
    for key, value in patch.items():
        if value is not None and key not in retained and not key.startswith((DELETE_FROM_PRIMITIVE_LIST, SET_ELEMENT_ORDER)):
            raise BadPatch(BAD_RETAIN_KEYS)
    for key in [key for key in result if key not in retained]:
        del result[key]


def _ordered_lists(result: JsonObject, patch: JsonObject, schema: Schema, applying: bool) -> None:
    """Merge the lists for which the patch gives an order, and take them out of the patch."""
    for directive in [key for key in patch if key.startswith(SET_ELEMENT_ORDER)]:
        order = patch.pop(directive)
        if not applying:
            if directive in result and not same(result[directive], order):
                raise BadPatch(BAD_ELEMENT_ORDER)
            result.setdefault(directive, order)
        if type(order) is not list:
            raise directives.wrong_type([], order)
        key = directives.list_name(directive, SET_ELEMENT_ORDER)
        live, listed = result.get(key, []), patch.get(key, [])
        for items in (live, listed):
            if type(items) is not list:
                raise directives.wrong_type([], items)
        merging = directives.of_list(schema, key)
        _require_order(listed, order, merging.merge_key)
        if key not in result and key not in patch:
            continue
        maps = ordering.element_kind(live, listed) is dict
        merged, live_order = live, live
        if key not in result:
            merged = [item for item in map(_without_marked, listed) if item is not _DROPPED]
        elif key in patch and maps and merging.strategy == MERGE:
            merged, live_order = _keyed_list(live, listed, merging, applying)
        elif key in patch:
            merged = _list(live, listed, merging, applying, False)
        inside, outside = ordering.split_by(merged, order, merging.merge_key)
        result[key] = ordering.interleave(
            inside, outside, patch_order=order, live_order=live_order, merge_key=merging.merge_key, maps=maps
        )  # fmt: skip
        patch.pop(key, None)


def _without_marked(value: Json) -> Json:
    return _cleaned(value, applying=False)


def _require_order(listed: list[Json], order: list[Json], merge_key: str) -> None:
    """The items of the patch stand in the order that the patch itself gives."""
    if not order or not listed:
        return
    for item in listed if merge_key else []:
        if type(item) is not dict:
            raise directives.wrong_type({}, item)
    kept = [item for item in listed if not (merge_key and directives.is_deletion(item))]
    index = place = 0
    while index < len(kept) and place < len(order):
        if type(kept[index]) is dict and PATCH in kept[index]:
            index += 1
            continue
        if _same_key(kept[index], order[place], merge_key):
            index += 1
        place += 1
    if index < len(kept):
        raise PatchError(f"The order in patch list:\n{sprint(listed)}\n doesn't match {SET_ELEMENT_ORDER} list:\n{sprint(order)}\n")


def _same_key(left: Json, right: Json, merge_key: str) -> bool:
    if not merge_key:
        return identity(left) == identity(right)
    ordering.require_keys(merge_key, [left, right])
    return identity(left[merge_key]) == identity(right[merge_key])
