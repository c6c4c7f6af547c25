"""JSON patch (RFC 6902) with the liberties and the errors of evanphx/json-patch v4, which kube-apiserver uses.

Where it departs from the RFC: negative indices count from the end, `replace` of a missing key adds it, `test` of a missing key
equals `null`, a missing `value` is `null`. The jsonpatch package keeps to the RFC in all four, hence the table below.
Source: gopkg.in/evanphx/json-patch.v4 patch.go; k8s.io/apiserver pkg/endpoints/handlers/patch.go (applyJSPatch).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.patch.errors import BadPatch, PatchTooLarge, UnprocessablePatch, bounded
from pytest_helmsim.patch.gotext import go_json_type
from pytest_helmsim.patch.values import same

MAX_OPERATIONS = 10_000
FIELDS = ("op", "path", "from", "value")

_INDEX = re.compile(r"[+-]?[0-9]+")
_MISSING = "missing value"
_Operation: TypeAlias = Callable[[Json, JsonObject], Json]


@bounded
def apply(document: JsonObject, operations: Json) -> Json:
    """The document after all operations, or an error and no change at all.

    BadPatch (400) for what is no list of operations, PatchTooLarge (413), UnprocessablePatch (422) for an operation that
    does not fit. `apply(d, []) = d`.
    """
    check(operations)
    result = copy(document)
    for operation in operations or []:
        operation = operation or {}
        kind = operation.get("op") or "unknown"
        perform = _OPERATIONS.get(kind)
        if perform is None:
            raise UnprocessablePatch(f"Unexpected kind: {kind}")
        result = perform(result, operation)
    return result


def check(operations: Json) -> None:
    """Raise for a body that does not decode into a list of operations."""
    if operations is None:
        return
    if type(operations) is not list:
        raise _undecodable(operations, "[]handlers.jsonPatchOp")
    for operation in operations:
        if operation is None:
            continue
        if type(operation) is not dict:
            raise _undecodable(operation, "handlers.jsonPatchOp")
        for field in ("op", "path", "from"):
            value = operation.get(field)
            if value is not None and type(value) is not str:
                found = go_json_type(value)
                raise BadPatch(
                    f"error decoding patch: json: cannot unmarshal {found} into Go struct field jsonPatchOp.{field} of type string"
                )
    if len(operations) > MAX_OPERATIONS:
        raise PatchTooLarge(f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}")


def _undecodable(value: Json, target: str) -> BadPatch:
    return BadPatch(f"error decoding patch: json: cannot unmarshal {go_json_type(value)} into Go value of type {target}")


def unknown_fields(operations: Json) -> list[str]:
    """What strict decoding complains about: `json patch unknown field "[0].foo"`."""
    return [
        f'json patch unknown field "[{index}].{key}"'
        for index, operation in enumerate(operations if isinstance(operations, list) else [])
        for key in (operation if isinstance(operation, dict) else ())
        if key not in FIELDS
    ]


def _path(operation: JsonObject, field: str) -> str:
    path = operation.get(field)
    if path is None:
        raise UnprocessablePatch(f"{operation['op']} operation failed to decode {field}: operation missing {field} field: {_MISSING}")
    return str(path)


def _parent(document: Json, path: str, role: str, operation: JsonObject) -> tuple[Json, str]:
    """(the container that holds the last step, that step); the container exists."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")]
    if len(steps) >= 2:
        value = document
        for step in steps[1:-1]:
            value = _get(value, step) if type(value) in (dict, list) else None
        if type(value) in (dict, list):
            return value, steps[-1]
    raise UnprocessablePatch(f'{operation["op"]} operation does not apply: doc is missing {role}: "{path}": {_MISSING}')


def _get(container: Json, step: str) -> Json:
    """Value of one step; a missing key is None, a bad index an error."""
    if type(container) is dict:
        return container.get(step)
    return container[_index(step, len(container))]


def _index(step: str, length: int) -> int:
    """An index into a list of `length` items, negative ones from the end."""
    if not _INDEX.fullmatch(step):
        raise UnprocessablePatch(f"value was not a proper array index: '{step}'")
    index = int(step)
    if not -length <= index < length:
        raise UnprocessablePatch(f"Unable to access invalid index: {index}: invalid index referenced")
    return index if index >= 0 else index + length


def _add(document: Json, operation: JsonObject) -> Json:
    path = _path(operation, "path")
    container, step = _parent(document, path, "path", operation)
    _insert(container, step, copy(operation.get("value")))
    return document


def _insert(container: Json, step: str, value: Json) -> None:
    if type(container) is dict:
        container[step] = value
    elif step == "-":
        container.append(value)
    else:
        container.insert(_index(step, len(container) + 1), value)


def _remove(document: Json, operation: JsonObject) -> Json:
    path = _path(operation, "path")
    container, step = _parent(document, path, "path", operation)
    _delete(container, step)
    return document


def _delete(container: Json, step: str) -> None:
    if type(container) is list:
        del container[_index(step, len(container))]
    elif step in container:
        del container[step]
    else:
        raise UnprocessablePatch(f"Unable to remove nonexistent key: {step}: {_MISSING}")


def _replace(document: Json, operation: JsonObject) -> Json:
    path = _path(operation, "path")
    value = copy(operation.get("value"))
    if path == "":
        if type(value) not in (dict, list):
            raise UnprocessablePatch("replace operation value must be object or array")
        return value
    container, step = _parent(document, path, "path", operation)
    if type(container) is dict:
        container[step] = value
    else:
        container[_index(step, len(container))] = value
    return document


def _move(document: Json, operation: JsonObject) -> Json:
    source = _path(operation, "from")
    container, step = _parent(document, source, "from path", operation)
    value = _get(container, step)
    _delete(container, step)
    container, step = _parent(document, _path(operation, "path"), "destination path", operation)
    _insert(container, step, value)
    return document


def _copy(document: Json, operation: JsonObject) -> Json:
    source = _path(operation, "from")
    container, step = _parent(document, source, "from path", operation)
    value = copy(_get(container, step))
    container, step = _parent(document, _path(operation, "path"), "destination path", operation)
    _insert(container, step, value)
    return document


def _test(document: Json, operation: JsonObject) -> Json:
    path = _path(operation, "path")
    if path == "":
        found = document
    else:
        container, step = _parent(document, path, "path", operation)
        found = _get(container, step)
    if not same(found, operation.get("value")):
        raise UnprocessablePatch(f"testing value {path} failed: test failed")
    return document


_OPERATIONS: dict[str, _Operation] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
