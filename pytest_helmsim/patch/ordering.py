"""Lists as strategic merge sees them: element types, duplicates, and the order that results from two orders.

Pure; a list of maps is keyed by its merge key, any other list by its values (merge key empty).
Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (normalizeElementOrder, mergeSortedSlice, sliceElementType).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_helmsim.objects.json import Json
from pytest_helmsim.patch.directives import is_deletion, no_merge_key, wrong_type
from pytest_helmsim.patch.errors import PatchError, UnprocessablePatch
from pytest_helmsim.patch.gotext import sprint
from pytest_helmsim.patch.values import Identity, identity

Positions = dict[Identity, int]


def element_kind(*lists: list[Json]) -> type:
    """The one Python type of all items; lists of lists, mixed types and no items at all are errors."""
    kind: type | None = None
    for items in lists:
        for item in items:
            if kind is None:
                kind = type(item)
                if kind is list:
                    raise UnprocessablePatch("lists of lists are not supported")
            elif type(item) is not kind:
                raise PatchError(f"list element types are not identical: [{' '.join(map(sprint, lists))}]")
    if kind is None:
        raise PatchError("no elements in any of the given slices")
    return kind


def require_keys(merge_key: str, *lists: list[Json]) -> None:
    """Every item is a map and has the merge key."""
    for items in lists:
        for item in items:
            if type(item) is not dict:
                raise wrong_type({}, item)
            if merge_key not in item:
                raise no_merge_key(item, merge_key)


def positions(items: list[Json], merge_key: str) -> Positions:
    """Where each key (or value) stands first."""
    result: Positions = {}
    for index, item in enumerate(items):
        result.setdefault(_key(item, merge_key), index)
    return result


def _key(item: Json, merge_key: str) -> Identity:
    return identity(item.get(merge_key) if merge_key and type(item) is dict else item)


def find(items: list[Json], merge_key: str, value: Json) -> int:
    """Index of the first map whose merge key has this value, -1 without one."""
    wanted = identity(value)
    for index, item in enumerate(items):
        if type(item) is not dict:
            raise PatchError(f"value for key {index} is not a map")
        if merge_key in item and identity(item[merge_key]) == wanted:
            return index
    return -1


def places(items: list[Json], merge_key: str) -> Positions:
    """Where each value of the merge key stands first; items without the key are passed over."""
    result: Positions = {}
    for index, item in enumerate(items):
        if type(item) is not dict:
            raise PatchError(f"value for key {index} is not a map")
        if merge_key in item:
            result.setdefault(identity(item[merge_key]), index)
    return result


def split_by(items: list[Json], chosen: list[Json], merge_key: str) -> tuple[list[Json], list[Json]]:
    """(items that `chosen` names, the others), each in their order."""
    inside: list[Json] = []
    outside: list[Json] = []
    if not merge_key:
        named = {identity(item) for item in chosen}
        for item in items:
            (inside if identity(item) in named else outside).append(item)
        return inside, outside
    wanted: Positions | None = None
    for item in items:
        if type(item) is not dict:
            raise wrong_type({}, item)
        if merge_key not in item:
            raise no_merge_key(item, merge_key)
        if wanted is None:
            wanted = places(chosen, merge_key)
        (inside if identity(item[merge_key]) in wanted else outside).append(item)
    return inside, outside


def sort_like(items: list[Json], order: list[Json], merge_key: str, *, maps: bool) -> list[Json]:
    """Items in the order of `order`; deletions of a list of maps come last."""
    deletions: list[Json] = []
    if maps:
        require_keys(merge_key, items, order)
        deletions = [item for item in items if is_deletion(item)]
        items = [item for item in items if not is_deletion(item)]
    place = positions(order, merge_key if maps else "")
    places = [place.get(_key(item, merge_key if maps else ""), -1) for item in items]
    if -1 not in places:
        ordered = [items[index] for index in sorted(range(len(items)), key=places.__getitem__)]
    else:
        ordered = [item for _, item in _insertion_sort(list(zip(places, items, strict=True)), _unplaced_first)]
    return ordered + deletions


def _unplaced_first(left: tuple[int, Json], right: tuple[int, Json]) -> bool:
    return left[0] < right[0] if left[0] >= 0 and right[0] >= 0 else True


def _insertion_sort(items: list[tuple[int, Json]], less: Callable[[tuple[int, Json], tuple[int, Json]], bool]) -> list[tuple[int, Json]]:
    """Go's stable sort of up to twenty items: what it gives for a `less` that is no order (as the one above) is visible."""
    for start in range(1, len(items)):
        index = start
        while index > 0 and less(items[index], items[index - 1]):
            items[index], items[index - 1] = items[index - 1], items[index]
            index -= 1
    return items


def interleave(
    patch: list[Json], live_only: list[Json], *, patch_order: list[Json], live_order: list[Json], merge_key: str, maps: bool
) -> list[Json]:
    """One list of both: patch items in the patch's order, live-only items where they stood before patch items in the live order."""
    patch = sort_like(patch, patch_order, merge_key, maps=maps)
    live_only = sort_like(live_only, live_order, merge_key, maps=maps)
    key = merge_key if maps else ""
    place = positions(live_order, key)
    result: list[Json] = []
    left = right = 0
    while left < len(live_only) and right < len(patch):
        before = place.get(_key(live_only[left], key), -1)
        after = place.get(_key(patch[right], key), -1)
        if before >= 0 and after >= 0 and before < after:
            result.append(live_only[left])
            left += 1
        else:
            result.append(patch[right])
            right += 1
    return result + live_only[left:] + patch[right:]


def without_duplicates(items: Sequence[Json]) -> list[Json]:
    """First of each value; the last item moves into a duplicate's place, as upstream does it.

    `[a, a, b, c]` gives `[a, c, b]`.
    """
    result = list(items)
    index = 0
    while index < len(result):
        other = index + 1
        while other < len(result):
            if identity(result[index]) == identity(result[other]):
                result[other] = result[-1]
                result.pop()
            else:
                other += 1
        index += 1
    return result


def sort_scalars(items: list[Json]) -> list[Json]:
    """By their printed form."""
    return sorted(items, key=sprint)


def sort_by_key(items: list[Json], merge_key: str) -> list[Json]:
    """By the printed form of the merge key; equal keys come in reverse, as upstream's sort leaves them in lists of up to twelve."""
    backwards = list(items)
    backwards.reverse()
    return sorted(backwards, key=lambda item: sprint(item.get(merge_key)))
