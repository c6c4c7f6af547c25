"""JSON merge patch (RFC 7396), as evanphx/json-patch v4 applies and makes it.

Source: gopkg.in/evanphx/json-patch.v4 merge.go; k8s.io/apimachinery pkg/util/jsonmergepatch/patch.go.
"""

from __future__ import annotations

from pytest_helmsim.objects.gojson import encode
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch.errors import BadPatch, MergeConflict, bounded
from pytest_helmsim.patch.gotext import go_json_type
from pytest_helmsim.patch.values import same


@bounded
def apply(document: JsonObject, patch: Json) -> JsonObject:
    """The document after the patch: `null` deletes, maps merge, all else replaces.

    Nulls inside a new value drop out; inside a list that replaces a map they stay. A patch that is no map is a BadPatch.
    """
    if patch is None:
        raise BadPatch("Invalid JSON Patch")
    if type(patch) is not dict:
        raise BadPatch(
            f"error decoding patch: json: cannot unmarshal {go_json_type(patch)} into Go value of type map[string]interface {{}}"
        )
    return _merged(document, patch)


def _merged(document: JsonObject, patch: JsonObject) -> JsonObject:
    result = dict(document)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
            continue
        before = result.get(key)
        if type(before) is dict:
            result[key] = _merged(before, value) if type(value) is dict else value
        else:
            result[key] = _without_nulls(value)
    return result


def _without_nulls(value: Json) -> Json:
    if type(value) is dict:
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if type(value) is list:
        return [_without_nulls(item) for item in value]
    return value


@bounded
def diff(original: JsonObject, modified: JsonObject) -> JsonObject:
    """CreateMergePatch: `{}` for equal documents; lists that differ come whole; 1 and 1.0 are equal."""
    return _diff(original, modified)


def _diff(original: JsonObject, modified: JsonObject) -> JsonObject:
    patch: JsonObject = {}
    for key, after in modified.items():
        if key not in original:
            patch[key] = after
            continue
        before = original[key]
        if type(before) is dict and type(after) is dict:
            if below := _diff(before, after):
                patch[key] = below
        elif not _equal(before, after):
            patch[key] = after
    patch.update((key, None) for key in original if key not in modified)
    return patch


def _equal(left: Json, right: Json) -> bool:
    """Equality of JSON texts whose numbers are all float64."""
    if type(left) in (int, float) and type(right) in (int, float):
        return float(left) == float(right)
    if type(left) is dict and type(right) is dict:
        return left.keys() == right.keys() and all(_equal(value, right[key]) for key, value in left.items())
    if type(left) is list and type(right) is list:
        return len(left) == len(right) and all(map(_equal, left, right))
    return same(left, right)


@bounded
def three_way(original: JsonObject, modified: JsonObject, current: JsonObject) -> JsonObject:
    """CreateThreeWayJSONMergePatch: changes from current to modified, deletions from original to modified.

    Raise MergeConflict where one part deletes what the other sets below.
    """
    changes = _changes(_diff(current, modified))
    deletions = _deletions(_diff(original, modified))
    if _excluding(changes, deletions):
        raise MergeConflict(f"patch:\n{encode(changes)}\nconflicts with changes made from original to current:\n{encode(deletions)}\n")
    return _merged_patches(deletions, changes)


def _changes(patch: JsonObject) -> JsonObject:
    result: JsonObject = {}
    for key, value in patch.items():
        if type(value) is dict and value:
            if below := _changes(value):
                result[key] = below
        elif value is not None:
            result[key] = value
    return result


def _deletions(patch: JsonObject) -> JsonObject:
    result: JsonObject = {}
    for key, value in patch.items():
        if value is None:
            result[key] = None
        elif type(value) is dict and (below := _deletions(value)):
            result[key] = below
    return result


def _excluding(changes: Json, deletions: Json) -> bool:
    if type(changes) is dict and type(deletions) is dict:
        return any(_excluding(value, deletions[key]) for key, value in changes.items() if key in deletions)
    return not same(changes, deletions)


def _merged_patches(deletions: JsonObject, changes: JsonObject) -> JsonObject:
    """`apply(deletions, changes)` with the nulls of the first kept."""
    result = dict(deletions)
    for key, value in changes.items():
        before = result.get(key)
        if type(before) is dict and type(value) is dict:
            result[key] = _merged_patches(before, value)
        else:
            result[key] = _without_nulls(value)
    return result
