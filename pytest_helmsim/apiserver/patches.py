"""PATCH: the four content types, from bytes to a stored object.

Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go.
"""

from __future__ import annotations

from pytest_helmsim.apiserver import bodies, field_managers, writes
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.json import Json, JsonObject, dumps, loads
from pytest_helmsim.objects.status import ApiError, BadRequest, Cause, Invalid, UnsupportedMediaType, details
from pytest_helmsim.patch import dispatch
from pytest_helmsim.patch.errors import PatchError

APPLY = dispatch.APPLY_PATCH
TYPES = (dispatch.JSON_PATCH, dispatch.MERGE_PATCH, dispatch.STRATEGIC_MERGE_PATCH, dispatch.APPLY_PATCH)
_CUSTOM_TYPES = (dispatch.JSON_PATCH, dispatch.MERGE_PATCH, dispatch.APPLY_PATCH)


def check_type(served: Served, content_type: str) -> None:
    """Custom resources know no strategic merge patch."""
    accepted = _CUSTOM_TYPES if served.custom is not None else TYPES
    if content_type not in accepted:
        listed = ", ".join(accepted)
        raise UnsupportedMediaType(f"the body of the request was in an unknown format - accepted media types include: {listed}")


def patch(op: Operation, content_type: str, body: bytes, *, force: bool = False) -> tuple[JsonObject, bool]:
    """Apply the patch; the result is the stored object and whether it was created (by server-side apply)."""
    if content_type == dispatch.APPLY_PATCH:
        try:
            wanted = yamlio.load_object(body)
        except ValueError as error:
            raise BadRequest(f"error decoding YAML: {error}") from error
        return apply(op, wanted if isinstance(wanted, dict) else {}, force=force)
    try:
        value = loads(body)
    except ValueError as error:
        text = f"error decoding patch: {error}" if content_type != dispatch.STRATEGIC_MERGE_PATCH else str(error)
        raise BadRequest(text) from error
    return merge(op, content_type, value)


def merge(op: Operation, content_type: str, value: Json) -> tuple[JsonObject, bool]:
    """JSON patch, JSON merge patch and strategic merge patch of parsed values."""

    def transform(live: JsonObject | None) -> JsonObject:
        if live is None:
            raise op.not_found()
        try:
            patched = dispatch.PATCHERS[content_type](live, value, op.served.schema)
        except PatchError as error:
            raise error.to_api_error() from error
        if not isinstance(patched, dict):
            raise _undecodable(patched, "json: cannot unmarshal into Go value")
        new = bodies.defaulted(op, _checked(op, patched))
        new = field_managers.update(op, live, new)
        writes.match_namespace(op, new)
        writes.match_name(op, new)
        return new

    return writes.update(op, transform)


def _checked(op: Operation, patched: JsonObject) -> JsonObject:
    expected = op.served.gvk
    result = {**patched, "kind": expected.kind, "apiVersion": expected.api_version}
    return result


def _undecodable(patched: Json, why: str) -> ApiError:
    shown = dumps(patched).decode()
    message = f"Invalid value: {dumps(shown).decode()}: {why}"
    cause = Cause("FieldValueInvalid", message, "patch")
    return Invalid(f' "" is invalid: patch: {message}', details=details(causes=[cause]))


def apply(op: Operation, wanted: JsonObject, *, force: bool) -> tuple[JsonObject, bool]:
    """Server-side apply of a parsed configuration."""

    def transform(live: JsonObject | None) -> JsonObject:
        new = field_managers.apply(op, live, wanted, force=force)
        writes.match_namespace(op, new)
        writes.match_name(op, new)
        return new

    return writes.update(op, transform, upsert=True)
