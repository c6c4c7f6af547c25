"""Asks the schema package what is wrong with an object, and answers 422 with all of it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_helmsim.apiserver import customs
from pytest_helmsim.apiserver.operation import CONTROLLER, Operation
from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import invalid, qualified
from pytest_helmsim.schema import validate
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update

_POD_SECURITY = "pod-security.kubernetes.io/enforce"
_NEVER_USED = {
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): "its webhooks are not called",
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): "its webhooks are not called",
}


def check_create(op: Operation, new: JsonObject) -> None:
    """Raise `Invalid` when the new object breaks a rule of its kind."""
    if op.served.custom is not None:
        customs.check_create(op, new)
        return
    _refuse(op, new, validate.validate_create(op.served.stored, new, version=op.server.version))
    common = Errors()
    check_metadata(common, new, namespaced=op.served.namespaced, name_rule=names.path_segment, standard=False)
    _refuse(op, new, common)
    if op.user != CONTROLLER:
        _note_unchecked(op, new)


def check_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """Raise `Invalid` when the new object, or the change, breaks a rule of its kind."""
    if op.served.custom is not None:
        customs.check_update(op, new, old)
        return
    if op.subresource in ("", "scale"):
        _refuse(op, new, validate.validate_update(op.served.stored, new, old, version=op.server.version))
        return
    if op.subresource in ("ephemeralcontainers", "resize"):
        _refuse(op, new, validate.validate_pod_part(op.subresource, new, old, version=op.server.version))
        return
    found = validate.validate_status(op.served.stored, new, old, version=op.server.version) if op.subresource == "status" else None
    if found is not None:
        _refuse(op, new, found)
        return
    errors = Errors()
    check_metadata(errors, new, namespaced=op.served.namespaced, name_rule=names.path_segment, standard=False)
    check_metadata_update(errors, new, old, standard=False)
    _refuse(op, new, errors)


def _note_unchecked(op: Operation, new: JsonObject) -> None:
    """Say where a real cluster would look closer: at kinds without rules of their own, and at what we store and never use."""
    gvk = op.served.stored
    kind = qualified(gvk.kind, gvk.group)
    if not validate.is_modelled(gvk):
        op.server.note(f"{kind}: accepted as it came, only its metadata is checked")
    if (gvk.group, gvk.kind) in _NEVER_USED:
        op.server.note(f"{kind}: stored, {_NEVER_USED[gvk.group, gvk.kind]}")
    if gvk.kind == "Namespace" and _POD_SECURITY in (new["metadata"].get("labels") or {}):
        op.server.note(f"{kind}: stored, the label {_POD_SECURITY} keeps no pod out")
    if gvk.kind == "CustomResourceDefinition" and ((new["spec"].get("conversion") or {}).get("strategy")) == "Webhook":
        op.server.note(f"{kind}: stored, its conversion webhook is not called")


def _refuse(op: Operation, new: JsonObject, errors: Sequence[FieldError]) -> None:
    if errors:
        kind, group = op.served.stored.kind, op.served.stored.group
        raise invalid(kind, group, new["metadata"].get("name") or "", [error.cause() for error in errors])
