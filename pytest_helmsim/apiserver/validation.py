"""Asks the schema package what is wrong with an object, and answers 422 with all of it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_helmsim.apiserver import customs
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import invalid
from pytest_helmsim.schema import validate
from pytest_helmsim.schema.field_errors import IMMUTABLE, Errors, FieldError
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update


def check_create(op: Operation, new: JsonObject) -> None:
    """Raise `Invalid` when the new object breaks a rule of its kind."""
    if op.served.custom is not None:
        customs.check_create(op, new)
        return
    _refuse(op, new, validate.validate_create(op.served.stored, new, version=op.server.version))
    common = Errors()
    check_metadata(common, new, namespaced=op.served.namespaced, name_rule=names.path_segment, standard=False)
    _refuse(op, new, common)


def check_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """Raise `Invalid` when the new object, or the change, breaks a rule of its kind."""
    if op.served.custom is not None:
        customs.check_update(op, new, old)
        return
    if op.subresource in ("", "scale"):
        _refuse(op, new, _compared_once(validate.validate_update(op.served.stored, new, old, version=op.server.version)))
        return
    errors = Errors()
    check_metadata(errors, new, namespaced=op.served.namespaced, name_rule=names.path_segment, standard=False)
    check_metadata_update(errors, new, old, standard=False)
    _refuse(op, new, errors)


def _compared_once(errors: list[FieldError]) -> list[FieldError]:
    """The rules of metadata run twice before those of the kind; what may not change is compared in the second run only."""
    if len(errors) > 1 and errors[0].detail == IMMUTABLE and errors[0].field.startswith("metadata.") and errors[0] in errors[1:]:
        return errors[1:]
    return errors


def _refuse(op: Operation, new: JsonObject, errors: Sequence[FieldError]) -> None:
    if errors:
        kind, group = op.served.stored.kind, op.served.stored.group
        raise invalid(kind, group, new["metadata"].get("name") or "", [error.cause() for error in errors])
