"""Objects of CustomResourceDefinitions on their way in: pruning, defaults and checks by the definition's schema.

Source: k8s.io/apiextensions-apiserver pkg/apiserver/customresource_handler.go, pkg/apiserver/schema/{pruning,defaulting}.
"""

from __future__ import annotations

from pytest_helmsim.apiserver import custom_schemas as schemas
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.objects.status import BadRequest, invalid
from pytest_helmsim.patch import gotext
from pytest_helmsim.schema import decoding
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update

MAX_DEPTH = 200
_BLOCKING = frozenset({"FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"})
"""Errors of the schema after which its rules are not looked at."""


def check_create(op: Operation, new: JsonObject) -> None:
    """Raise `Invalid` when the new object breaks its schema or the rules of metadata."""
    errors = Errors()
    check_metadata(errors, new, namespaced=op.served.namespaced, name_rule=names.path_segment)
    _refuse(op, new, [*errors, *_schema_errors(op, new, None)])


def check_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """As `check_create`, for a change."""
    errors = Errors()
    check_metadata_update(errors, new, old)
    _refuse(op, new, [*errors, *_schema_errors(op, new, old)])


def _refuse(op: Operation, new: JsonObject, errors: list[FieldError]) -> None:
    if errors:
        kind, group = op.served.stored.kind, op.served.stored.group
        raise invalid(kind, group, new["metadata"].get("name") or "", [error.cause() for error in errors])


def _schema_errors(op: Operation, new: JsonObject, old: JsonObject | None) -> list[FieldError]:
    served = op.served
    if served.schema is None:
        return _scale_errors(op, new)
    from pytest_helmsim.schema import rules

    found = [*schemas.errors(new, served.schema), *_scale_errors(op, new)]
    if not rules.has_rules(served.schema):
        return found
    if any(error.type in _BLOCKING for error in found):
        return [*found, rules.NOT_CHECKED]
    verdict = rules.check(new, served.schema, old)
    for text in verdict.unchecked:
        op.server.note(f"{op.served.stored.kind}: {text}")
    return [*found, *verdict.errors]


def _scale_errors(op: Operation, new: JsonObject) -> list[FieldError]:
    """The replica count that the definition declares must be a number that is not negative."""
    path = ((op.served.custom.scale if op.served.custom else None) or {}).get("specReplicasPath") or ""
    value: Json = new
    for step in path.strip(".").split(".") if path else ():
        if not isinstance(value, dict):
            why = f"{path} accessor error: {gotext.sprint(value)} is of the type {gotext.go_type(value)}, expected map[string]interface{{}}"
            return [FieldError("FieldValueInvalid", path, 0, why)]
        value = value.get(step)
        if value is None:
            return []
    if not path:
        return []
    if isinstance(value, bool) or not isinstance(value, int):
        why = f"{path} accessor error: {gotext.sprint(value)} is of the type {gotext.go_type(value)}, expected int64"
        return [FieldError("FieldValueInvalid", path, 0, why)]
    if value < 0:
        return [FieldError("FieldValueInvalid", path, value, "should be a non-negative integer")]
    return []


def decoded(op: Operation, obj: JsonObject, complaints: tuple[str, ...]) -> JsonObject:
    """A private copy without unknown fields, with defaults; what was unknown is refused or warned of."""
    schema = op.served.schema
    assert schema is not None
    if op.validation != "Ignore":
        found = list(complaints)
        if not (op.served.custom and op.served.custom.preserve_unknown):
            found += [f'unknown field "{path}"' for path in decoding.unknown_fields(obj, schema)]
        if found and op.validation == "Strict":
            kind, version = op.served.gvk.kind, op.served.gvk.version
            raise BadRequest(f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding error: {", ".join(found)}')
        for text in found:
            op.warn(text)
    return defaulted(op, obj)


def defaulted(op: Operation, obj: JsonObject) -> JsonObject:
    """A private copy, pruned and with the schema's defaults."""
    schema = op.served.schema
    assert schema is not None
    custom = op.served.custom
    pruned = copy(obj) if custom is not None and custom.preserve_unknown else decoding.prune_unknown(obj, schema)
    result: JsonObject = copy(pruned)
    _fill(result, schema, 0)
    return result


def _fill(value: Json, schema: Schema, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, field in (schema.fields or {}).items():
            if value.get(key, 0) is None and not field.nullable and field.type != "any":
                del value[key]
            if field.has_default and key not in value:
                value[key] = copy(field.default)
            if key in value:
                _fill(value[key], field, depth + 1)
        if schema.values is not None:
            for key, item in value.items():
                if key not in (schema.fields or {}):
                    _fill(item, schema.values, depth + 1)
    elif isinstance(value, list) and schema.items is not None:
        for item in value:
            _fill(item, schema.items, depth + 1)
