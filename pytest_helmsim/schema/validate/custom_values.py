"""Objects of CustomResourceDefinitions against their OpenAPI schema, in the server's words and order.

Types, formats, bounds, patterns, enumerations, required fields, anyOf and its kin, list types. Of an update, a value that is the same as
before may stay wrong where the two can be told to be the same: fields, entries of maps, items of keyed lists. Rules in CEL are elsewhere.
Sources: k8s.io/kube-openapi pkg/validation/validate, k8s.io/apiextensions-apiserver pkg/apiserver/validation (ratcheting.go),
pkg/apiserver/schema/listtype.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.json import Json, JsonObject, dumps, dumps_sorted
from pytest_helmsim.schema import formats
from pytest_helmsim.schema.field_errors import FieldError, quoted
from pytest_helmsim.schema.model import Schema

MAX_DEPTH = 200
_INVALID, _REQUIRED, _TYPE = "FieldValueInvalid", "FieldValueRequired", "FieldValueTypeInvalid"
_MAX_SAFE = 2**53 - 1
MISSING: Any = object()
"""Stands for an old value that there is none of."""


def errors(obj: JsonObject, raw: JsonObject, old: Json = MISSING) -> list[FieldError]:
    """What is wrong by the schema as the definition has it; `old` is the stored object of an update."""
    return _check(obj, raw, "", old, 0).errors


def list_errors(obj: JsonObject, schema: Schema) -> list[FieldError]:
    """Items that are doubled in sets and keyed lists."""
    return list(_lists(obj, schema, "", 0))


class _Result:
    """Errors, each message once, and how many checks were made: by that number the best branch of an anyOf is chosen."""

    __slots__ = ("count", "errors")

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.count = 0

    def add(self, error: FieldError) -> None:
        if error not in self.errors:
            self.errors.append(error)

    def merge(self, other: _Result) -> None:
        for error in other.errors:
            self.add(error)
        self.count += other.count

    def invalid(self, path: str, value: Json, why: str) -> None:
        self.add(FieldError(_INVALID, path.removeprefix("."), value, why))

    def pathless(self, why: str) -> None:
        self.add(FieldError(_INVALID, "<nil>", "", why))

    def wrong_type(self, path: str, wanted: str, found: str) -> None:
        self.add(FieldError(_TYPE, path.removeprefix("."), found, f"{path} in body must be of type {wanted}: {quoted(found)}"))


def _types(raw: JsonObject) -> list[str]:
    if raw.get("x-kubernetes-int-or-string"):
        return ["integer", "string"]
    return [raw["type"]] if raw.get("type") else []


def _kind(value: Json) -> tuple[str, str]:
    """JSON type, and the format that Go's type stands for."""
    if isinstance(value, bool):
        return "boolean", ""
    if isinstance(value, str):
        return "string", ""
    if isinstance(value, int):
        return ("integer", "int64") if -(2**63) <= value < 2**63 else ("number", "float64")
    if isinstance(value, float):
        return "number", "float64"
    return ("array", "") if isinstance(value, list) else ("object", "")


def _whole(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _MAX_SAFE and float(value).is_integer()


def _check(value: Json, raw: JsonObject, path: str, old: Json, depth: int) -> _Result:
    """One value; what is wrong with it counts for nothing when it is as it was before."""
    result = _checked(value, raw, path, old, depth)
    if result.errors and old is not MISSING and old == value and _same_kinds(old, value):
        result.errors = []
    return result


def _same_kinds(one: Json, other: Json) -> bool:
    """`1 == True == 1.0` in Python, not in JSON."""
    return dumps(one) == dumps(other)


def _checked(value: Json, raw: JsonObject, path: str, old: Json, depth: int) -> _Result:
    result = _Result()
    if depth > MAX_DEPTH:
        return result
    types = _types(raw)
    named = formats.effective(raw.get("format") or "", types)
    if value is None:
        result.count += 1
        if types and not raw.get("nullable"):
            result.wrong_type(path, ",".join(types), "null")
        _enum(result, value, raw, path)
        return result
    if types or named:
        result.count += 2
        _type(result, value, types, named, path)
    _combined(result, value, raw, path, old, depth)
    result.count += 1
    if isinstance(value, str):
        result.count += 1
        _text(result, value, raw, path)
        if named in formats.FITS or named.replace("-", "") in formats.FITS:
            result.count += 1
            if not formats.fits(named, value):
                result.wrong_type(path, named, value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        result.count += 2
        _number(result, value, raw, types, named, path)
    elif isinstance(value, list):
        result.count += 2
        _array(result, value, raw, path, old, depth)
    _enum(result, value, raw, path)
    result.count += 1
    if isinstance(value, dict):
        result.count += 1
        _object(result, value, raw, path, old, depth)
    result.count += 1
    return result


def _type(result: _Result, value: Json, types: list[str], named: str, path: str) -> None:
    kind, form = _kind(value)
    number_as_integer = kind == "number" and _whole(value) and "integer" in types
    integer_as_number = kind == "integer" and "number" in types
    fits = kind in types or number_as_integer or integer_as_number
    if kind not in ("string", "array") and named and not fits and form != named:
        result.wrong_type(path, named, form)
    elif named and kind in ("string", "array") and not {"number", "integer"} & set(types):
        return
    elif not fits:
        result.wrong_type(path, ",".join(types), kind)


def _combined(result: _Result, value: Json, raw: JsonObject, path: str, old: Json, depth: int) -> None:
    """anyOf, oneOf, allOf and not. Of branches that fail, the one in which most was checked tells why."""
    branches = [_checked(value, part, path, old, depth + 1) for part in raw.get("anyOf") or ()]
    if branches:
        good = next((branch for branch in branches if not branch.errors), None)
        if good is None:
            result.pathless(f"{quoted(path)} must validate at least one schema (anyOf)")
        result.merge(good or max(branches, key=lambda branch: branch.count))
    branches = [_checked(value, part, path, old, depth + 1) for part in raw.get("oneOf") or ()]
    if branches:
        fitting = [branch for branch in branches if not branch.errors]
        if len(fitting) == 1:
            result.merge(fitting[0])
        else:
            why = f"Found {len(fitting)} valid alternatives" if fitting else "Found none valid"
            result.pathless(f"{quoted(path)} must validate one and only one schema (oneOf). {why}")
            if not fitting:
                result.merge(max(branches, key=lambda branch: branch.count))
    branches = [_checked(value, part, path, old, depth + 1) for part in raw.get("allOf") or ()]
    for branch in branches:
        result.merge(branch)
    fitting = [branch for branch in branches if not branch.errors]
    if len(fitting) != len(branches):
        result.pathless(f"{quoted(path)} must validate all the schemas (allOf){'' if fitting else '. None validated'}")
    if isinstance(raw.get("not"), dict) and not _checked(value, raw["not"], path, old, depth + 1).errors:
        result.pathless(f"{quoted(path)} must not validate the schema (not)")


@lru_cache(maxsize=1024)
def _pattern(text: str) -> Any:
    return re2.compile(text)


def _text(result: _Result, value: str, raw: JsonObject, path: str) -> None:
    """The first of length and pattern that does not fit."""
    most, least = raw.get("maxLength"), raw.get("minLength")
    if most is not None and len(value) > most:
        result.add(FieldError("FieldValueTooLong", path.removeprefix("."), "", f"may not be more than {most} bytes"))
    elif least is not None and len(value) < least:
        result.invalid(path, value, f"{path} in body should be at least {least} chars long")
    elif raw.get("pattern") and not _pattern(raw["pattern"]).search(value):
        result.invalid(path, value, f"{path} in body should match '{raw['pattern']}'")


def _in_range(value: float, kind: str, form: str) -> bool:
    if kind == "integer":
        bits = 31 if form == "int32" else 63
        return (isinstance(value, int) or value.is_integer()) and -(2**bits) <= value < 2**bits
    if kind == "number" and form == "float":
        try:
            struct.pack("f", value)
        except OverflowError:
            return False
    return True


def _number(result: _Result, value: float, raw: JsonObject, types: list[str], named: str, path: str) -> None:
    kind = types[0] if len(types) == 1 and types[0] in ("integer", "number") else ""
    form = named if kind else ""

    def ranged(bound: float, what: str) -> bool:
        if _in_range(bound, kind, form):
            return True
        result.pathless(f"{what} value must be of type {kind} {f'with format {form}' if form else '(default format)'} in {path}")
        return False

    ranged(value, "Checked")
    whole = _kind(value)[0] == "integer"
    factor = raw.get("multipleOf")
    if factor is not None:
        _multiple(result, value, int(factor) if ranged(factor, "MultipleOf") and whole else float(factor), path)
    for key, what in (("maximum", "Maximum boundary"), ("minimum", "Minimum boundary")):
        bound = raw.get(key)
        if bound is None:
            continue
        native = ranged(bound, what) and whole
        limit = int(bound) if native else float(bound)
        exclusive = bool(raw.get("exclusiveM" + key[1:]))
        above = key == "maximum"
        if (value > limit if above else value < limit) or (exclusive and value == limit):
            word = ("less than" if above else "greater than") + ("" if exclusive else " or equal to")
            result.invalid(path, value, f"{path} in body should be {word} {_plain(limit)}")


def _plain(number: float) -> str:
    return str(number) if isinstance(number, int) else gojson.format_float(number)


def _multiple(result: _Result, value: float, factor: float, path: str) -> None:
    if factor <= 0:
        result.invalid(path, factor, f"factor MultipleOf declared for {path} must be positive: {_plain(factor)}")
        return
    fits = value % factor == 0 if isinstance(factor, int) else _whole(1 / factor * value if factor < 1 else value / factor)
    if not fits:
        result.invalid(path, value, f"{path} in body should be a multiple of {_plain(factor)}")


def _enum(result: _Result, value: Json, raw: JsonObject, path: str) -> None:
    known = raw.get("enum")
    if not known or any(value == item and _kind(value)[0] == _kind(item)[0] for item in known if item is not None and value is not None):
        return
    if isinstance(value, (int, float)) and any(isinstance(item, (int, float)) and item == value for item in known):
        return
    listed = ", ".join(quoted(item if isinstance(item, str) else dumps(item).decode()) for item in known)
    result.add(FieldError("FieldValueNotSupported", path.removeprefix("."), value, f"supported values: {listed}"))


def _too_many(result: _Result, path: str, found: int, limit: int) -> None:
    why = f"must have at most {limit} item{'' if limit == 1 else 's'}"
    result.add(FieldError("FieldValueTooMany", path.removeprefix("."), found, why))


def _array(result: _Result, value: list[Json], raw: JsonObject, path: str, old: Json, depth: int) -> None:
    if isinstance(raw.get("items"), dict):
        for index, item in enumerate(value):
            result.merge(_check(item, raw["items"], f"{path}[{index}]", _partner(item, old, raw), depth + 1))
    least, most = raw.get("minItems"), raw.get("maxItems")
    if least is not None and len(value) < least:
        result.invalid(path, len(value), f"{path} in body should have at least {least} items")
    if most is not None and len(value) > most:
        _too_many(result, path, len(value), most)


def _partner(item: Json, old: Json, raw: JsonObject) -> Json:
    """The old item with the same keys, where the list has keys."""
    keys = raw.get("x-kubernetes-list-map-keys")
    if raw.get("x-kubernetes-list-type") != "map" or not keys or not isinstance(old, list) or not isinstance(item, dict):
        return MISSING
    return next((entry for entry in old if isinstance(entry, dict) and all(entry.get(key) == item.get(key) for key in keys)), MISSING)


def _object(result: _Result, value: JsonObject, raw: JsonObject, path: str, old: Json, depth: int) -> None:
    before: JsonObject = old if isinstance(old, dict) and raw.get("x-kubernetes-map-type") != "atomic" else {}
    least, most = raw.get("minProperties"), raw.get("maxProperties")
    if least is not None and len(value) < least:
        result.invalid(path, len(value), f"{path} in body should have at least {least} properties")
    if most is not None and len(value) > most:
        _too_many(result, path, len(value), most)
    properties, others = raw.get("properties") or {}, raw.get("additionalProperties")
    if isinstance(others, dict):
        for key, item in value.items():
            if key not in properties:
                result.merge(_check(item, others, f"{path}.{key}", before.get(key, MISSING), depth + 1))
    for key, item in value.items():
        if key in properties:
            here = f"{path}.{key}" if path else key
            result.merge(_check(item, properties[key], here, before.get(key, MISSING), depth + 1))
    for key in raw.get("required") or ():
        if key not in value:
            result.add(FieldError(_REQUIRED, f"{path}.{key}".removeprefix("."), ""))


def _lists(value: Json, schema: Schema, path: str, depth: int) -> Iterator[FieldError]:
    """Items of sets and keyed lists must differ."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            node = schema.child(key)
            if node is not None and (path or key != "metadata"):
                yield from _lists(item, node, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list) and schema.items is not None:
        yield from _doubled(value, schema, path)
        for index, item in enumerate(value):
            yield from _lists(item, schema.items, f"{path}[{index}]", depth + 1)


def _doubled(items: list[Json], schema: Schema, path: str) -> Iterator[FieldError]:
    """Each value that comes again, once; a keyed list with something else than objects is told nothing more of."""
    marks = items
    if schema.list_type == "map":
        for index, item in enumerate(items):
            if item is not None and not isinstance(item, dict):
                yield FieldError(_INVALID, f"{path}[{index}]", item, "must be an object for an array of list-type map")
                return
        marks = [{key: item[key] for key in schema.list_map_keys if key in item} if item else {} for item in items]
    elif schema.list_type != "set":
        return
    seen: dict[bytes, int] = {}
    for index, mark in enumerate(marks):
        text = dumps_sorted(mark)
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:
            yield FieldError("FieldValueDuplicate", f"{path}[{index}]", mark)
