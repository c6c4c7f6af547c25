"""The rules of a CustomResourceDefinition (`x-kubernetes-validations`) over an object: what they refuse, in the server's words.

A rule that names `oldSelf` is looked at when there is an old value to compare with; any other rule only where something changed.
Sources: k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel/validation.go, KEP-4008 (ratcheting).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.cel.evaluator import evaluate, mentions
from pytest_helmsim.schema.cel.functions import FUNCTIONS, CelError, Optional
from pytest_helmsim.schema.cel.parser import CelSyntaxError
from pytest_helmsim.schema.field_errors import OMITTED, FieldError
from pytest_helmsim.schema.model import Schema

NOT_CHECKED = FieldError(
    "FieldValueInvalid",
    "<nil>",
    None,
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
)
"""Comes after the errors of the schema itself, when the schema has rules: they are not looked at then."""

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules refuse, and which rules could not be judged (a sentence each)."""

    errors: tuple[FieldError, ...]
    unchecked: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def has_rules(schema: Schema) -> bool:
    """Whether any node of a schema has rules; looked up once for the schema of a kind."""
    return _any_rules(schema)


def _any_rules(schema: Schema) -> bool:
    if schema.raw.get("x-kubernetes-validations"):
        return True
    parts = [*(schema.fields or {}).values(), *(part for part in (schema.items, schema.values) if part is not None)]
    return any(_any_rules(part) for part in parts)


def check(obj: JsonObject, schema: Schema, old: JsonObject | None = None) -> Verdict:
    """Every rule of the schema; `old` is the stored object of an update."""
    unchecked: list[str] = []
    errors = tuple(_walk(_Place(obj, _MISSING if old is None else old, "", root=True), schema, unchecked))
    return Verdict(errors, tuple(dict.fromkeys(unchecked)))


@dataclass(frozen=True, slots=True)
class _Place:
    value: Json
    old: Any
    path: str
    root: bool = False

    @property
    def shown(self) -> str:
        return self.path or "<nil>"


def _walk(place: _Place, schema: Schema, unchecked: list[str]) -> Iterator[FieldError]:
    value = place.value
    if value is None:
        return
    for rule in schema.raw.get("x-kubernetes-validations") or ():
        yield from _judge(place, schema, rule, unchecked)
    if isinstance(value, dict):
        before = place.old if isinstance(place.old, dict) else {}
        for key, child in sorted(value.items()):
            if place.root and key in ("apiVersion", "kind", "metadata"):
                continue
            node = schema.child(key)
            if node is not None:
                declared = schema.fields is not None and key in schema.fields
                path = f"{place.path}[{key}]" if not declared else f"{place.path}.{key}" if place.path else key
                yield from _walk(_Place(child, before.get(key, _MISSING), path), node, unchecked)
    elif isinstance(value, list) and schema.items is not None:
        for index, child in enumerate(value):
            yield from _walk(_Place(child, _partner(child, place.old, schema), f"{place.path}[{index}]"), schema.items, unchecked)


def _partner(item: Json, old: Any, schema: Schema) -> Any:
    """The old item with the same keys; items of other lists have no partner."""
    if schema.list_type != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return _MISSING
    for other in old:
        if isinstance(other, dict) and all(other.get(key) == item.get(key) for key in schema.list_map_keys):
            return other
    return _MISSING


def _judge(place: _Place, schema: Schema, rule: JsonObject, unchecked: list[str]) -> Iterator[FieldError]:
    text = rule.get("rule", "")
    try:
        compares = mentions(text, "oldSelf")
        names: dict[str, Any] = {"self": _bound(place.value, schema, place.root)}
        if compares:
            if rule.get("optionalOldSelf"):
                present = place.old is not _MISSING
                names["oldSelf"] = Optional(_bound(place.old, schema, place.root) if present else None, present)
            elif place.old is _MISSING:
                return
            else:
                names["oldSelf"] = _bound(place.old, schema, place.root)
        elif place.old is not _MISSING and place.old == place.value:
            return
        if evaluate(text, names) is True:
            return
        yield _refusal(place, rule, names)
    except CelError as error:
        why = rule.get("message") or text
        yield FieldError("FieldValueInvalid", place.shown, schema.type, f"{error} evaluating rule: {why.strip()}")
    except (UnsupportedFeature, CelSyntaxError) as error:
        unchecked.append(f"rule {text!r} of {place.shown} is not checked: {error}")


def _bound(value: Json, schema: Schema, root: bool) -> Json:
    """At the root a rule sees the name only of metadata; declared fields that are null count as absent."""
    if root and isinstance(value, dict):
        meta = value.get("metadata") or {}
        return {**value, "metadata": {key: meta[key] for key in ("name", "generateName") if key in meta}}
    if schema.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _typed(value, schema) if _has_times(schema) else value


@lru_cache(maxsize=1024)
def _has_times(schema: Schema) -> bool:
    """Whether strings of this schema, or within it, stand for points or spans of time."""
    parts = [*(schema.fields or {}).values(), *(part for part in (schema.items, schema.values) if part is not None)]
    return schema.raw.get("format") in _TIMES or any(_has_times(part) for part in parts)


_TIMES = ("date", "date-time", "datetime", "duration")


def _typed(value: Any, schema: Schema) -> Any:
    """The value with times for the strings that stand for them."""
    if isinstance(value, str):
        named = schema.raw.get("format")
        if schema.type != "string" or named not in _TIMES:
            return value
        text = f"{value}T00:00:00Z" if named == "date" else value
        return FUNCTIONS["duration" if named == "duration" else "timestamp"](text)
    if isinstance(value, list) and schema.items is not None:
        return [_typed(item, schema.items) for item in value]
    if isinstance(value, dict):
        nodes = {key: schema.child(key) for key in value}
        return {key: item if (node := nodes[key]) is None else _typed(item, node) for key, item in value.items()}
    return value


def _refusal(place: _Place, rule: JsonObject, names: dict[str, Any]) -> FieldError:
    detail = rule.get("message", "").strip()
    if rule.get("messageExpression"):
        try:
            made = evaluate(rule["messageExpression"], names)
        except CelError:
            made = None
        if isinstance(made, str) and made.strip() and "\n" not in made:
            detail = made.strip()
    detail = detail or f"failed rule: {rule.get('rule', '').strip()}"
    path = place.shown
    if rule.get("fieldPath"):
        path = f"{place.path}{rule['fieldPath']}" if place.path else rule["fieldPath"].lstrip(".")
    reason = rule.get("reason") or "FieldValueInvalid"
    value = OMITTED if isinstance(place.value, (dict, list)) else place.value
    return FieldError(reason, path, value, "" if reason == "FieldValueDuplicate" else detail)
