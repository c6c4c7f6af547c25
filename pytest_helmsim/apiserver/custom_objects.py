"""Custom objects by their schema: unknown fields and meaningless nulls taken out, defaults put in.

Source: k8s.io/apiextensions-apiserver pkg/apiserver/schema/{pruning,defaulting}.
"""

from __future__ import annotations

from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.schema import decoding
from pytest_helmsim.schema.model import Schema

MAX_DEPTH = 200


def cleaned(obj: JsonObject, schema: Schema, *, defaults: bool, nulls: bool = False, prunes: bool = True) -> JsonObject:
    """A private copy, pruned, with the schema's defaults if asked for; with `nulls` (after an apply) nulls without a default stay."""
    result: JsonObject = copy(decoding.prune_unknown(obj, schema) if prunes else obj)
    _fill(result, schema, 0, nulls=nulls, defaults=defaults)
    return result


def _fill(value: Json, schema: Schema, depth: int, *, nulls: bool, defaults: bool) -> None:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, field in (schema.fields or {}).items():
            if value.get(key, 0) is None and not field.nullable and (field.has_default or not nulls):
                del value[key]
            if defaults and field.has_default and key not in value:
                value[key] = copy(field.default)
            if key in value:
                _fill(value[key], field, depth + 1, nulls=nulls, defaults=defaults)
        if schema.values is not None:
            for key, item in list(value.items()):
                if key in (schema.fields or {}):
                    continue
                if item is None and not schema.values.nullable and (schema.values.has_default or not nulls):
                    del value[key]
                else:
                    _fill(item, schema.values, depth + 1, nulls=nulls, defaults=defaults)
    elif isinstance(value, list) and schema.items is not None:
        for item in value:
            _fill(item, schema.items, depth + 1, nulls=nulls, defaults=defaults)
