"""The server's own structs as JSON, and unified diffs of them: how some refusals show a whole object.

The structs inside the server have no JSON names and leave nothing out, so every field appears, under its Go name. Their
fields are in `data/internal.json.z` (tools/generate_schemas.py).
Source: k8s.io/apimachinery pkg/util/diff/diff.go, k8s.io/kubernetes pkg/apis/core/types.go.
"""

from __future__ import annotations

import difflib
import json
import zlib
from functools import cache
from importlib import resources as package_files

from pytest_helmsim.objects.json import Json, JsonObject, loads

_HOST = ("hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace")


@cache
def _structs() -> dict[str, list[list[str]]]:
    raw = (package_files.files("pytest_helmsim.schema") / "data" / "internal.json.z").read_bytes()
    found: dict[str, list[list[str]]] = loads(zlib.decompress(raw))
    return found


def internal(struct: str, obj: JsonObject | None, *, empties: bool = True) -> Json:
    """An object of the published API as the server's own struct: `{"Limits":null,"Requests":{"storage":"1Gi"}}`.

    An empty list or map is shown as one; `alike` takes it for none.
    """
    if obj is None:
        return None
    if struct == "PodSpec":
        obj = _moved(obj)
    return {name: _field(kind, obj.get(key), empties) for name, key, kind in _structs()[struct]}


def alike(struct: str, a: JsonObject | None, b: JsonObject | None) -> bool:
    """Go's semantic equality of two of the server's own structs: an empty list is no list, but an empty struct is one."""
    return bool(internal(struct, a, empties=False) == internal(struct, b, empties=False))


def _moved(spec: JsonObject) -> JsonObject:
    """What the published PodSpec says beside its security context, the server keeps inside."""
    context = dict(spec.get("securityContext") or {})
    context.update({key: spec[key] for key in _HOST if key in spec})
    return {**spec, "securityContext": context}


def _field(kind: str, value: Json, empties: bool) -> Json:
    pointer = kind.startswith("*")
    kind = kind.removeprefix("*")
    if kind.startswith(("[]", "map[")) and not (value or (empties and value is not None)):
        return None
    if kind.startswith("[]"):
        return [_field(kind[2:], item, empties) for item in value]
    if kind.startswith("map["):
        inner = kind.partition("]")[2]
        return {key: _field(inner, item, empties) for key, item in value.items()}
    if kind in _structs():
        return None if value is None and pointer else internal(kind, value or {}, empties=empties)
    if value is None:
        return None if pointer else _ZERO.get(kind)
    return value


_ZERO: dict[str, Json] = {"s": "", "i": 0, "b": False, "q": "0", "x": 0, "meta": {}}


def go_diff(struct: str, old: JsonObject, new: JsonObject) -> str:
    """A unified diff of two objects, printed as indented JSON of the server's own structs."""
    sides = [json.dumps(internal(struct, side), indent=1, ensure_ascii=False).splitlines(keepends=True) for side in (old, new)]
    before, after = ([*side[:-1], side[-1] + "\n"] for side in sides)
    lines = list(difflib.unified_diff(before, after, n=3))[2:]
    return "".join(lines)
