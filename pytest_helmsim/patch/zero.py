"""What an object is before it is created, and nulls that mean nothing.

The server compares a new object with the zero value of its Go type, so maps that Go always writes (`spec.strategy`,
`spec.template.metadata`) are nobody's gain, while maps behind pointers are. A custom resource starts from nothing.
Source: k8s.io/apiserver pkg/endpoints/handlers/create.go; structured-merge-diff value/structreflect.go.
"""

from __future__ import annotations

from functools import lru_cache

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.model import Schema

_SCALARS = {"string": "", "integer": 0, "number": 0, "boolean": False}


def zero(schema: Schema, of: JsonObject) -> JsonObject:
    """The empty object of the kind of `of`."""
    return {**_zero(schema), "apiVersion": of.get("apiVersion"), "kind": of.get("kind")}


@lru_cache(maxsize=1024)
def _zero(schema: Schema) -> JsonObject:
    result: JsonObject = {}
    for key, field in (schema.fields or {}).items():
        if field.presence != "always":
            continue
        if field.type == "object" and field.fields is not None:
            result[key] = _zero(field)
        elif field.format in ("", "int32", "int64") and field.type in _SCALARS:
            result[key] = _SCALARS[field.type]
        else:
            result[key] = None
    return result


def _means_nothing(schema: Schema, declared: bool) -> bool:
    return not schema.nullable and schema.type != "any" and (declared or schema.type in ("object", "array"))


def without_nulls(value: Json, schema: Schema | None) -> Json:
    """Without nulls, except where a schema says nullable or nothing, and in maps of scalars, where null is read as the zero value.

    The nulls of a custom kind stay: no Go type reads them.
    """
    if type(value) is dict:
        result = {}
        changed = False
        declared = (schema.fields if schema is not None else None) or {}
        for key, item in value.items():
            below = schema.child(key) if schema is not None else None
            if item is None and below is not None and not below.raw and _means_nothing(below, key in declared):
                changed = True
                continue
            if type(item) in (dict, list) and below is not None:
                clean = without_nulls(item, below)
                changed = changed or clean is not item
                item = clean
            result[key] = item
        return result if changed else value
    if type(value) is list and schema is not None and schema.items is not None and schema.items.type == "object":
        items = [without_nulls(item, schema.items) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value
