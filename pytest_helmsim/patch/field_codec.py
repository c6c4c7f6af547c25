"""FieldSet ↔ fieldsV1, the JSON that `managedFields` holds: `{"f:spec":{"f:replicas":{}}}`, `.` where a map or item itself is owned.

Encoding sorts as the server does. Decoding forgives: unknown kinds of elements are skipped, spacing and order of keys do not matter.
Source: structured-merge-diff fieldpath/serialize.go, serialize-pe.go.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pytest_helmsim.objects.json import Json, JsonObject, loads
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.field_set import Element, FieldSet, keyed, order, valued

SELF: Final = "."


_WRITTEN: dict[int, tuple[JsonObject, FieldSet]] = {}
"""By identity: what `encode` wrote lately, which nobody changes, and its set. The first keeps the identity from being given again."""
MAX_WRITTEN = 4096


def encode(fields: FieldSet) -> JsonObject:
    """The fieldsV1 object; `{}` for the empty set. The same set gives the same object, which must not be changed."""
    try:
        return fields.written
    except AttributeError:
        written = fields.written = _encoded(fields)
        if len(_WRITTEN) >= MAX_WRITTEN:
            _WRITTEN.clear()
        _WRITTEN[id(written)] = (written, fields)
        return written


def _encoded(fields: FieldSet) -> JsonObject:
    children = fields.children
    if not children:
        return {element: {} for element in sorted(fields.members, key=order)}
    result: JsonObject = {}
    for element in sorted(fields.members | children.keys(), key=order):
        below = children.get(element)
        if below is None:
            result[element] = {}
        elif element in fields.members and (below.members or below.children):
            result[element] = {SELF: {}, **_encoded(below)}
        else:
            result[element] = _encoded(below)
    return result


def decode(fields: Json) -> FieldSet:
    """The set; raise PatchError for text that is no element."""
    if not isinstance(fields, dict):
        return FieldSet()
    known = _WRITTEN.get(id(fields))
    return _decode(fields) if known is None else known[1]


def _decode(node: JsonObject) -> FieldSet:
    members: set[Element] = set()
    children: dict[Element, FieldSet] = {}
    for text, below in node.items():
        if text == SELF:
            continue
        element = text if text.startswith("f:") else _canonical(text)
        if element is None:
            continue
        if not below or not isinstance(below, dict):
            members.add(element)
            continue
        inner = _decode(below)
        if SELF in below or not (inner.members or inner.children):
            members.add(element)
        if inner.members or inner.children:
            children[element] = inner
    return FieldSet(frozenset(members), children)


@lru_cache(maxsize=65536)
def _canonical(text: str) -> Element | None:
    """An element as we write it; None for a kind from a newer server."""
    kind, rest = text[:2], text[2:]
    if len(text) < 2 or kind[1] != ":":
        raise PatchError(f"{text!r} is no path element of fieldsV1")
    try:
        if kind == "k:":
            return keyed({name: _number(value) for name, value in loads(rest).items()})
        if kind == "v:":
            return valued(_number(loads(rest)))
        if kind == "i:":
            return f"i:{int(rest)}"
    except (ValueError, AttributeError) as error:
        raise PatchError(f"{text!r} is no path element of fieldsV1: {error}") from error
    return None


def _number(value: Json) -> Json:
    """80.0 and 80 are one key."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
