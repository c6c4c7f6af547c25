"""Objects of CustomResourceDefinitions against their OpenAPI schema, in the server's words and order.

Types, required fields, enumerations, bounds, patterns, list types. Rules in CEL are not evaluated.
Sources: k8s.io/kube-openapi pkg/validation/validate, k8s.io/apiextensions-apiserver pkg/apiserver/validation,
pkg/apiserver/schema/listtype.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject, type_name
from pytest_helmsim.schema.field_errors import FieldError
from pytest_helmsim.schema.model import Schema

MAX_DEPTH = 200
_INVALID, _REQUIRED, _UNSUPPORTED = "FieldValueInvalid", "FieldValueRequired", "FieldValueNotSupported"


def errors(obj: JsonObject, schema: Schema) -> list[FieldError]:
    """Everything that is wrong outside `apiVersion`, `kind` and `metadata`."""
    found = list(_object(obj, schema, "", 0))
    return found or list(_lists(obj, schema, "", 0))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _check(value: Json, schema: Schema, path: str, depth: int) -> Iterator[FieldError]:
    if depth > MAX_DEPTH:
        return
    if value is None:
        if not schema.nullable and schema.type != "any":
            yield FieldError("FieldValueTypeInvalid", path, "null", f'{path} in body must be of type {_name(schema)}: "null"')
        return
    if not _fits(value, schema):
        yield FieldError(
            "FieldValueTypeInvalid", path, type_name(value), f'{path} in body must be of type {_name(schema)}: "{type_name(value)}"'
        )
        return
    raw: Any = schema.raw
    if schema.enum and value not in schema.enum:
        listed = ", ".join(f'"{item}"' if isinstance(item, str) else str(item) for item in schema.enum)
        yield FieldError(_UNSUPPORTED, path, value, f"supported values: {listed}")
    if isinstance(value, str):
        yield from _text(value, raw, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number(value, raw, path)
    elif isinstance(value, list):
        yield from _array(value, schema, raw, path, depth)
    elif isinstance(value, dict):
        yield from _object(value, schema, path, depth)


def _name(schema: Schema) -> str:
    return "integer,string" if schema.type == "int-or-string" else schema.type


def _fits(value: Json, schema: Schema) -> bool:
    match schema.type:
        case "any":
            return True
        case "int-or-string":
            return isinstance(value, (int, str)) and not isinstance(value, bool)
        case "integer":
            return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case kind:
            return type_name(value) == kind


def _text(value: str, raw: Any, path: str) -> Iterator[FieldError]:
    if "maxLength" in raw and len(value) > raw["maxLength"]:
        yield FieldError("FieldValueTooLong", path, "", f"may not be more than {raw['maxLength']} bytes")
    if "minLength" in raw and len(value) < raw["minLength"]:
        yield FieldError(_INVALID, path, value, f"{path} in body should be at least {raw['minLength']} chars long")
    if "pattern" in raw:
        import re2

        if not re2.search(raw["pattern"], value):
            yield FieldError(_INVALID, path, value, f"{path} in body should match '{raw['pattern']}'")


def _number(value: float, raw: Any, path: str) -> Iterator[FieldError]:
    if "maximum" in raw and (value > raw["maximum"] or (raw.get("exclusiveMaximum") and value == raw["maximum"])):
        word = "less than" if raw.get("exclusiveMaximum") else "less than or equal to"
        yield FieldError(_INVALID, path, value, f"{path} in body should be {word} {raw['maximum']:g}")
    if "minimum" in raw and (value < raw["minimum"] or (raw.get("exclusiveMinimum") and value == raw["minimum"])):
        word = "greater than" if raw.get("exclusiveMinimum") else "greater than or equal to"
        yield FieldError(_INVALID, path, value, f"{path} in body should be {word} {raw['minimum']:g}")
    if raw.get("multipleOf") and value % raw["multipleOf"]:
        yield FieldError(_INVALID, path, value, f"{path} in body should be a multiple of {raw['multipleOf']:g}")


def _array(value: list[Json], schema: Schema, raw: Any, path: str, depth: int) -> Iterator[FieldError]:
    if "maxItems" in raw and len(value) > raw["maxItems"]:
        limit = raw["maxItems"]
        yield FieldError("FieldValueTooMany", path, len(value), f"must have at most {limit} item{'' if limit == 1 else 's'}")
    if "minItems" in raw and len(value) < raw["minItems"]:
        yield FieldError(_INVALID, path, len(value), f"{path} in body should have at least {raw['minItems']} items")
    if schema.items is not None:
        for index, item in enumerate(value):
            yield from _check(item, schema.items, f"{path}[{index}]", depth + 1)


def _object(value: JsonObject, schema: Schema, path: str, depth: int) -> Iterator[FieldError]:
    raw: Any = schema.raw
    for key in schema.required:
        if key not in value:
            yield FieldError(_REQUIRED, _join(path, key), "")
    if "maxProperties" in raw and len(value) > raw["maxProperties"]:
        limit = raw["maxProperties"]
        yield FieldError("FieldValueTooMany", path, len(value), f"must have at most {limit} item{'' if limit == 1 else 's'}")
    for key, item in value.items():
        if not path and key in ("apiVersion", "kind", "metadata"):
            continue
        node = schema.child(key)
        if node is not None:
            yield from _check(item, node, _join(path, key), depth + 1)


def _lists(value: Json, schema: Schema, path: str, depth: int) -> Iterator[FieldError]:
    """Items of sets and keyed lists must differ."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            node = schema.child(key)
            if node is not None and (path or key != "metadata"):
                yield from _lists(item, node, _join(path, key), depth + 1)
    elif isinstance(value, list) and schema.items is not None:
        seen: list[Json] = []
        for index, item in enumerate(value):
            mark = item
            if schema.list_type == "map" and isinstance(item, dict):
                mark = {key: item[key] for key in schema.list_map_keys if key in item}
            if schema.list_type in ("map", "set"):
                if mark in seen:
                    yield FieldError("FieldValueDuplicate", f"{path}[{index}]", mark)
                seen.append(mark)
            yield from _lists(item, schema.items, f"{path}[{index}]", depth + 1)
