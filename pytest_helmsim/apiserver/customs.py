"""Objects of CustomResourceDefinitions on their way in: pruning, defaults and checks by the definition's schema.

Source: k8s.io/apiextensions-apiserver pkg/apiserver/customresource_handler.go, pkg/apiserver/schema/{pruning,defaulting}.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pytest_helmsim.apiserver import custom_objects
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.registry import CRD_KEY
from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, BadRequest, Forbidden, details, invalid
from pytest_helmsim.patch import gotext
from pytest_helmsim.schema import decoding
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.validate import custom_values as schemas
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update

MAX_DEPTH = 200
_FREE = Schema("object", preserve_unknown=True)
_BLOCKING = frozenset({"FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"})
"""Errors of the schema after which its rules are not looked at."""


def check_create(op: Operation, new: JsonObject) -> None:
    """Raise `Invalid` when the new object breaks its schema or the rules of metadata."""
    errors = Errors()
    check_metadata(errors, new, namespaced=op.served.namespaced, name_rule=names.dns_subdomain, standard=False)
    _warn_of_finalizers(op, new, None)
    _refuse(op, new, [*errors, *_schema_errors(op, new, None)])


def check_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """As `check_create`, for a change."""
    errors = Errors()
    check_metadata_update(errors, new, old, standard=False)
    _warn_of_finalizers(op, new, old)
    _refuse(op, new, [*errors, *_schema_errors(op, new, old)])


def _warn_of_finalizers(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Of new ones without a domain, which other kinds refuse."""
    before = ((old or {}).get("metadata") or {}).get("finalizers") or ()
    for name in new["metadata"].get("finalizers") or ():
        if name not in before and "/" not in name and name not in ("orphan", "foregroundDeletion", "kubernetes"):
            why = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
            op.warn(f'metadata.finalizers: "{name}": {why}')


def _refuse(op: Operation, new: JsonObject, errors: list[FieldError]) -> None:
    if errors:
        kind, group = op.served.stored.kind, op.served.stored.group
        said = Errors(op.server.catalog.version.minor)
        for error in errors:
            said.append(error)
        raise invalid(kind, group, new["metadata"].get("name") or "", [error.cause() for error in said])


def _schema_errors(op: Operation, new: JsonObject, old: JsonObject | None) -> list[FieldError]:
    served = op.served
    if served.schema is None:
        return _scale_errors(op, new)
    from pytest_helmsim.schema import rules

    raw, minor = _raw_schema(op), op.server.catalog.version.minor
    found = [
        *_value_errors(op, new, raw, schemas.MISSING if old is None or minor < rules.RATCHETING_SINCE else old),
        *_embedded_errors(new, raw),
        *(() if old is not None and schemas.list_errors(old, served.schema) else schemas.list_errors(new, served.schema)),
        *_scale_errors(op, new),
    ]
    if not rules.has_rules(served.schema):
        return found
    if any(error.type in _BLOCKING for error in found):
        return [*found, rules.NOT_CHECKED]
    verdict = rules.check(new, served.schema, old, minor)
    for text in verdict.unchecked:
        op.server.note(f"{op.served.stored.kind}: {text}")
    for text in verdict.warnings:
        op.warn(text)
    return [*found, *verdict.errors]


def _embedded_errors(value: Json, raw: JsonObject, path: str = "", depth: int = 0) -> list[FieldError]:
    """Objects within the object that must be whole ones: with a version, a kind, and metadata that follows the rules."""
    found: list[FieldError] = []
    if depth > MAX_DEPTH or not isinstance(raw, dict):
        return found
    if isinstance(value, dict):
        if raw.get("x-kubernetes-embedded-resource"):
            found += _whole_object_errors(value, path)
        properties, others = raw.get("properties") or {}, raw.get("additionalProperties")
        for key, item in value.items():
            if key in properties:
                found += _embedded_errors(item, properties[key], f"{path}.{key}" if path else key, depth + 1)
            elif isinstance(others, dict):
                found += _embedded_errors(item, others, f"{path}[{key}]", depth + 1)
    elif isinstance(value, list) and isinstance(raw.get("items"), dict):
        for index, item in enumerate(value):
            found += _embedded_errors(item, raw["items"], f"{path}[{index}]", depth + 1)
    return found


def _whole_object_errors(value: JsonObject, path: str) -> list[FieldError]:
    errors = Errors()
    for key in ("apiVersion", "kind"):
        if key not in value:
            errors.required(f"{path}.{key}")
        elif not isinstance(value[key], str):
            errors.invalid(f"{path}.{key}", value[key], "must be a string")
        elif not value[key]:
            errors.invalid(f"{path}.{key}", "", "must not be empty")
        elif key == "kind" and names.dns_1035_label(value[key].lower()):
            why = ",".join(names.dns_1035_label(value[key].lower()))
            errors.invalid(f"{path}.{key}", value[key], f"may have mixed case, but should otherwise match: {why}")
    return list(errors)


def _value_errors(op: Operation, new: JsonObject, raw: JsonObject, old: Json) -> list[FieldError]:
    """Of a write to the status only the status counts, and paths in messages start below it."""
    if op.subresource != "status":
        return schemas.errors(new, raw, old)
    part = (raw.get("properties") or {}).get("status")
    if part is None or "status" not in new:
        return []
    before = old.get("status", schemas.MISSING) if isinstance(old, dict) else schemas.MISSING
    found = schemas.errors(new["status"], part, before)
    return [replace(error, field=error.field if error.field == "<nil>" else f"status.{error.field}".removesuffix(".")) for error in found]


def _raw_schema(op: Operation) -> JsonObject:
    """The schema as the definition has it, of the version that the object is stored in."""
    custom = op.served.custom
    return ((custom.raw.get("schema") or {}).get("openAPIV3Schema") or {}) if custom is not None else {}


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


def decoded(op: Operation, obj: JsonObject, complaints: tuple[str, ...], refuse: Callable[[str], ApiError] | None = None) -> JsonObject:
    """A private copy without unknown fields, with defaults; what was unknown is refused or warned of. `refuse` words that of a patch."""
    schema = op.served.schema
    assert schema is not None
    wrong = _metadata_error(op, obj)
    if wrong:
        kind, version = op.served.gvk.kind, op.served.gvk.version
        raise BadRequest(f'{kind} in version "{version}" cannot be handled as a {kind}: {wrong}')
    if op.validation != "Ignore":
        found = list(complaints)
        if not (op.served.custom and op.served.custom.preserve_unknown):
            found += [f'unknown field "{path}"' for path in sorted(decoding.unknown_fields(obj, schema))]
        _complain(op, op.served.gvk, found, refuse)
    return defaulted(op, obj)


def _complain(op: Operation, gvk: GroupVersionKind, found: Sequence[str], refuse: Callable[[str], ApiError] | None = None) -> None:
    """Refuse what a strict reader would, or warn of it."""
    from pytest_helmsim.apiserver.bodies import told

    if found and op.validation == "Strict":
        why = f"strict decoding error: {', '.join(found)}"
        if refuse is not None:
            raise refuse(why)
        raise BadRequest(f'{gvk.kind} in version "{gvk.version}" cannot be handled as a {gvk.kind}: {why}')
    for text in told(found):
        op.warn(text)


def complain_of_other_version(op: Operation, given: GroupVersionKind, obj: JsonObject, complaints: tuple[str, ...]) -> None:
    """A body of another version of the kind is read by that version's schema first; one that does not exist knows no field."""
    custom = op.served.custom
    if op.validation == "Ignore" or custom is None or custom.preserve_unknown:
        return
    schema = next((entry.schema for entry in op.server.registry.versions_of(op.served.key) if entry.gvk == given), None)
    if schema is None:
        schema = Schema("object", fields=dict.fromkeys(("apiVersion", "kind", "metadata"), _FREE))
    _complain(op, given, [*complaints, *(f'unknown field "{path}"' for path in sorted(decoding.unknown_fields(obj, schema)))])


def _metadata_error(op: Operation, obj: JsonObject) -> str | None:
    """What Go says of metadata that cannot be an ObjectMeta."""
    meta = obj.get("metadata")
    if not meta:
        return None
    if not isinstance(meta, dict):
        return f"json: cannot unmarshal {gotext.go_json_type(meta)} into Go value of type v1.ObjectMeta"
    wrong = decoding.type_error(meta, op.server.catalog.meta)
    return wrong.replace("Go struct field .", "Go struct field ObjectMeta.") if wrong else None


def defaulted(op: Operation, obj: JsonObject, *, nulls: bool = False) -> JsonObject:
    """A private copy, pruned and with the schema's defaults; with `nulls` (after an apply) nulls and unknown fields stay as well."""
    schema = op.served.schema
    assert schema is not None
    custom = op.served.custom
    prunes = not nulls and (custom is None or not custom.preserve_unknown)
    return custom_objects.cleaned(obj, schema, defaults=True, nulls=nulls, prunes=prunes)


def refuse_terminating(op: Operation, name: str) -> None:
    """No object is created while its definition is being deleted."""
    record = op.server.store.get(CRD_KEY, "", op.qualified)
    if record is not None and record.obj["metadata"].get("deletionTimestamp"):
        why = "create not allowed while custom resource definition is terminating"
        shown = details(name=name, group=op.served.group, kind=op.served.plural)
        raise Forbidden(f'{op.qualified} "{name}" is forbidden: {why}', details=shown)
