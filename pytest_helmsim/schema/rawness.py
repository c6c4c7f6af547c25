"""What Go still knows of a value as it was sent, and its written form has lost: empty lists and maps, and how a quantity was spelled.

Source: encoding/json decodes `[]` to an empty slice and nothing to nil; `reflect.DeepEqual` tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.model import Schema

Takes: TypeAlias = Callable[[JsonObject, str, Json, Schema, bool], bool]
"""(object, key, what was sent for it, the key's schema, whether a list that is one value holds it): whether the sent value is put in."""


def overlaid(value: Json, raw: Json, schema: Schema | None, takes: Takes, *, inside: bool = False, closed: str = "") -> Any:
    """The value with what `raw` has at the same places where `takes` says so; the very same value when that is nowhere.

    Lists of another length are left alone, and so are types whose name ends with `closed`. What is taken though it is written alike
    stands for another value of Go's.
    """
    if schema is None or (value == raw and not _may_forget(schema, inside)) or (closed and schema.name.endswith(closed)):
        return value
    if isinstance(value, list) and isinstance(raw, list):
        if schema.items is None or len(value) != len(raw):
            return value
        inside = inside or schema.list_type in (None, "atomic")
        items = [overlaid(item, sent, schema.items, takes, inside=inside, closed=closed) for item, sent in zip(value, raw, strict=True)]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if not isinstance(value, dict) or not isinstance(raw, dict):
        return value
    found: JsonObject = {}
    for key, sent in raw.items():
        field = schema.child(key)
        if field is None:
            continue
        if takes(value, key, sent, field, inside):
            found[key] = sent if sent != value.get(key) else [sent]
        elif value.get(key) is not None:
            item = overlaid(value[key], sent, field, takes, inside=inside, closed=closed)
            if item is not value[key]:
                found[key] = item
    return {**value, **found} if found else value


@lru_cache(maxsize=4096)
def _may_forget(schema: Schema, inside: bool) -> bool:
    """Whether amounts can stand within a list that is one value: only those can be others though they are written alike."""
    return any(held and node.format == "quantity" and bool(node.go_type) for node, held in schema.within(inside=inside))


def is_empty(value: JsonObject, key: str, sent: Json, field: Schema, inside: bool) -> bool:
    """An empty list, map or string of bytes was sent where the written form has none."""
    return value.get(key) is None and (sent == [] or (sent == {} and field.fields is None) or (sent == "" and field.format == "byte"))


def is_otherwise(value: JsonObject, key: str, sent: Json, field: Schema, inside: bool) -> bool:
    """As `is_empty`, or a quantity was spelled in another way: what makes Go's values differ that are written alike.

    A quantity whose text its parser does not keep (0, and eights of a power of two) is never the one that was read before, unless it
    is one of a list of resources, which is rounded.
    """
    if field.format == "quantity":
        written = value.get(key)
        if not isinstance(sent, str) or not isinstance(written, str):
            return False
        return sent != written or (bool(field.go_type) and _is_forgotten(written))
    return is_empty(value, key, sent, field, inside) and (field.type == "array" or field.values is not None)


def _is_forgotten(amount: str) -> bool:
    number = amount[:-2]
    return amount == "0" or (amount.endswith("i") and number.removeprefix("-").isdigit() and int(number) % 8 == 0)


def is_owned(value: JsonObject, key: str, sent: Json, field: Schema, inside: bool) -> bool:
    """What the keeper of field owners sees: lists that are one value are compared by Go's values, others by what is written."""
    if inside:
        return is_otherwise(value, key, sent, field, inside)
    return sent == [] and key in value and value[key] is None
