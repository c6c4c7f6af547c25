"""Query parameters and DeleteOptions as values, checked as the API server checks them.

Source: k8s.io/apimachinery pkg/apis/meta/v1/validation/validation.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_helmsim.apiserver.operation import Validation
from pytest_helmsim.apiserver.routes import integer, is_true
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import Cause, Invalid, invalid
from pytest_helmsim.objects.wire import Request

META_GROUP = "meta.k8s.io"
_MANAGER_LENGTH = 128
_VALIDATIONS = ("Ignore", "Strict", "Warn")
_POLICIES = ("Background", "Foreground", "Orphan")


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Of create, update and patch."""

    dry_run: bool = False
    manager: str = ""
    validation: Validation = "Warn"
    force: bool = False


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """Of delete and deletecollection. `propagation` already stands for the old `orphanDependents`."""

    dry_run: bool = False
    grace_period: int | None = None
    propagation: str | None = None
    uid: str = ""
    resource_version: str = ""
    orphan_dependents: bool | None = None


def write_options(request: Request, kind: str, *, apply: bool = False) -> WriteOptions:
    """`kind` is CreateOptions, UpdateOptions or PatchOptions: the name under which mistakes are reported."""
    errors: list[Cause] = []
    manager = request.first("fieldManager")
    force_given = "force" in request.query
    if kind == "PatchOptions":
        if apply and not manager:
            errors.append(Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager"))
        elif not apply and force_given:
            errors.append(Cause("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"))
    errors += _manager_errors(manager)
    errors += _dry_run_errors(request.query.get("dryRun", ()))
    validation = request.first("fieldValidation")
    if validation and validation not in _VALIDATIONS:
        shown = ", ".join(f'"{value}"' for value in ("", *_VALIDATIONS))
        errors.append(Cause("FieldValueNotSupported", f'Unsupported value: "{validation}": supported values: {shown}', "fieldValidation"))
    if errors:
        raise _invalid_options(kind, errors)
    checked: Validation = validation if validation in _VALIDATIONS else "Warn"  # type: ignore[assignment]
    return WriteOptions("dryRun" in request.query, manager, checked, is_true(request.first("force")))


def _manager_errors(manager: str) -> list[Cause]:
    errors = []
    if len(manager.encode()) > _MANAGER_LENGTH:
        errors.append(Cause("FieldValueTooLong", f"Too long: may not be more than {_MANAGER_LENGTH} bytes", "fieldManager"))
    position = 0
    for character in manager:
        if not character.isprintable():
            why = f"invalid character U+{ord(character):04X} (at position {position})"
            errors.append(Cause("FieldValueInvalid", f'Invalid value: "{_quoted(manager)}": {why}', "fieldManager"))
        position += len(character.encode())
    return errors


def _quoted(text: str) -> str:
    return text.encode("unicode_escape").decode()


def _dry_run_errors(values: Any) -> list[Cause]:
    values = list(values or ())
    if all(value == "All" for value in values):
        return []
    shown = "[" + ",".join(f'"{value}"' for value in values) + "]"
    return [Cause("FieldValueNotSupported", f'Unsupported value: {shown}: supported values: "All"', "dryRun")]


def _invalid_options(kind: str, errors: list[Cause]) -> Invalid:
    return invalid(kind, META_GROUP, "", errors)


def delete_options(request: Request, body: JsonObject | None) -> DeleteOptions:
    """From the body when there is one, else from the query."""
    if body is None:
        raw: JsonObject = {}
        if "gracePeriodSeconds" in request.query:
            raw["gracePeriodSeconds"] = integer(request, "gracePeriodSeconds")
        if "propagationPolicy" in request.query:
            raw["propagationPolicy"] = request.first("propagationPolicy")
        if "orphanDependents" in request.query:
            raw["orphanDependents"] = is_true(request.first("orphanDependents"))
        raw["dryRun"] = list(request.query.get("dryRun", ()))
        raw["preconditions"] = {key: request.first(key) for key in ("uid", "resourceVersion")}
    else:
        raw = body
    policy, orphan = raw.get("propagationPolicy"), raw.get("orphanDependents")
    errors: list[Cause] = []
    if orphan is not None and policy is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        errors.append(Cause("FieldValueInvalid", f'Invalid value: "{policy}": {why}', "propagationPolicy"))
    if policy is not None and policy not in _POLICIES:
        shown = ", ".join(f'"{value}"' for value in ("Foreground", "Background", "Orphan", "nil"))
        errors.append(Cause("FieldValueNotSupported", f'Unsupported value: "{policy}": supported values: {shown}', "propagationPolicy"))
    errors += _dry_run_errors(raw.get("dryRun"))
    if errors:
        raise _invalid_options("DeleteOptions", errors)
    preconditions = raw.get("preconditions") or {}
    return DeleteOptions(
        bool(raw.get("dryRun")),
        raw.get("gracePeriodSeconds"),
        policy if policy is not None else {True: "Orphan", False: "Background", None: None}[orphan],
        preconditions.get("uid") or "",
        preconditions.get("resourceVersion") or "",
        orphan,
    )
