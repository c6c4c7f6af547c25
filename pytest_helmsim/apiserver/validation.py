"""Asks the schema package what is wrong with an object, and answers 422 with all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_helmsim.apiserver import customs
from pytest_helmsim.apiserver.operation import CONTROLLER, Operation
from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import invalid, qualified
from pytest_helmsim.schema import validate
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.gates import pod_spec
from pytest_helmsim.schema.rawness import is_empty, overlaid
from pytest_helmsim.schema.validate.metadata import check_metadata


def check_create(op: Operation, new: JsonObject) -> None:
    """Raise `Invalid` when the new object breaks a rule of its kind."""
    if op.served.custom is not None:
        customs.check_create(op, new)
        return
    gvk, version, asked = op.served.stored, op.server.version, op.served.gvk.api_version
    if _empties_count(op, new, {}):
        new = _with_empties(op, new)
    _refuse(op, new, lambda shown: validate.validate_create(gvk, shown, version=version, asked=asked))
    common = Errors()
    check_metadata(common, new, namespaced=op.served.namespaced, name_rule=names.path_segment, standard=False)
    _refuse(op, new, lambda shown: common)
    if op.user != CONTROLLER:
        _note_unchecked(op, new)


def check_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """Raise `Invalid` when the new object, or the change, breaks a rule of its kind."""
    if op.served.custom is not None:
        customs.check_update(op, new, old)
        return
    gvk, version, asked = op.served.stored, op.server.version, op.served.gvk.api_version
    if _empties_count(op, new, old):
        new = _with_empties(op, new)
    if op.subresource in ("", "scale"):
        _refuse(op, new, lambda shown: validate.validate_update(gvk, shown, old, version=version, asked=asked))
    elif op.subresource in ("ephemeralcontainers", "resize"):
        _refuse(op, new, lambda shown: validate.validate_pod_part(op.subresource, shown, old, version=version))
    elif op.subresource == "approval":
        _refuse(op, new, lambda shown: validate.validate_approval(gvk, shown, old, version=version))
    else:
        check_status = op.subresource == "status" and validate.has_status_rules(gvk)
        check = validate.validate_status if check_status else validate.validate_common_update
        _refuse(op, new, lambda shown: check(gvk, shown, old, version=version))


def _note_unchecked(op: Operation, new: JsonObject) -> None:
    """Say where a real cluster would look closer: at kinds without rules of their own, and at what we store and never use."""
    gvk = op.served.stored
    kind = qualified(gvk.kind, gvk.group)
    if not validate.is_modelled(gvk):
        op.server.note(f"{kind}: accepted as it came, only its metadata is checked")
    if gvk.kind == "CustomResourceDefinition" and ((new["spec"].get("conversion") or {}).get("strategy")) == "Webhook":
        op.server.note(f"{kind}: stored, its conversion webhook is not called")


def _refuse(op: Operation, new: JsonObject, check: Callable[[JsonObject], Sequence[FieldError]]) -> None:
    """Raise what the check complains of; it is asked again with the empty lists and maps of the request, which messages show."""
    errors = check(new)
    if not errors:
        return
    if op.raw is not None and op.served.schema is not None and op.served.gvk == op.served.stored:
        shown = _with_empties(op, new)
        found = {(error.type, error.field) for error in errors}
        if shown is not new:
            errors = [error for error in check(shown) if (error.type, error.field) in found] or errors
    kind, group = op.served.stored.kind, op.served.stored.group
    raise invalid(kind, group, new["metadata"].get("name") or "", [error.cause() for error in errors])


def _with_empties(op: Operation, new: JsonObject) -> JsonObject:
    """The object with the empty lists and maps of the request; selectors are shown without them."""
    shown: JsonObject = overlaid(new, op.raw, op.served.schema, is_empty, closed="LabelSelector")
    return shown


def _empties_count(op: Operation, new: JsonObject, old: JsonObject) -> bool:
    """Whether an empty list or map is looked at otherwise than none: in data that may not change, and in what may not be given at all."""
    if op.raw is None or op.served.schema is None or op.served.gvk != op.served.stored:
        return False
    if old.get("immutable") or op.subresource in ("ephemeralcontainers", "resize"):
        return True
    spec = pod_spec(op.served.stored, op.raw)
    resources = spec.get("resources")
    return bool(spec.get("ephemeralContainers")) or (isinstance(resources, dict) and resources.get("claims") == [])
