"""API errors as exceptions, and their form on the wire: the `Status` object.

Source: k8s.io/apimachinery pkg/api/errors/errors.go and pkg/apis/meta/v1/types.go (Status).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_helmsim.objects.json import JsonObject


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of `details.causes`: `reason` such as FieldValueInvalid, the message, the field path."""

    reason: str
    message: str
    field: str = ""

    def to_json(self) -> JsonObject:
        """Empty parts are left out, as Go's omitempty does."""
        return {k: v for k, v in (("reason", self.reason), ("message", self.message), ("field", self.field)) if v}


class ApiError(Exception):
    """An answer of the API server that is no success. Subclasses name the reason a caller can act on.

    `details` is the `details` object of the Status (name, group, kind, uid, causes, retryAfterSeconds) or None.
    """

    code = 500
    reason = ""

    def __init__(self, message: str, *, code: int | None = None, reason: str | None = None, details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if code is not None:
            self.code = code
        if reason is not None:
            self.reason = reason

    def to_status(self) -> JsonObject:
        """The Status object, keys in the order of the Go struct."""
        status: JsonObject = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message}
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.code
        return status

    @staticmethod
    def from_status(status: JsonObject) -> ApiError:
        """The exception of the class that the reason (or, without one, the code) names."""
        reason, code = status.get("reason") or "", status.get("code") or 500
        cls = _BY_REASON.get(reason) or (_BY_CODE.get(code) if not reason else None) or ApiError
        return cls(status.get("message") or "", code=code, reason=reason, details=status.get("details"))


class BadRequest(ApiError):
    code, reason = 400, "BadRequest"


class Unauthorized(ApiError):
    code, reason = 401, "Unauthorized"


class Forbidden(ApiError):
    code, reason = 403, "Forbidden"


class NotFound(ApiError):
    code, reason = 404, "NotFound"


class MethodNotAllowed(ApiError):
    code, reason = 405, "MethodNotAllowed"


class NotAcceptable(ApiError):
    code, reason = 406, "NotAcceptable"


class AlreadyExists(ApiError):
    code, reason = 409, "AlreadyExists"


class Conflict(ApiError):
    code, reason = 409, "Conflict"


class Gone(ApiError):
    code, reason = 410, "Gone"


class Expired(ApiError):
    code, reason = 410, "Expired"


class RequestEntityTooLarge(ApiError):
    code, reason = 413, "RequestEntityTooLarge"


class UnsupportedMediaType(ApiError):
    code, reason = 415, "UnsupportedMediaType"


class Invalid(ApiError):
    code, reason = 422, "Invalid"


class TooManyRequests(ApiError):
    code, reason = 429, "TooManyRequests"


class InternalError(ApiError):
    code, reason = 500, "InternalError"


class ServiceUnavailable(ApiError):
    code, reason = 503, "ServiceUnavailable"


class Timeout(ApiError):
    code, reason = 504, "Timeout"


_ALL: tuple[type[ApiError], ...] = (
    BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, AlreadyExists, Conflict, Gone, Expired,
    RequestEntityTooLarge, UnsupportedMediaType, Invalid, TooManyRequests, InternalError, ServiceUnavailable, Timeout,
)  # fmt: skip
_BY_REASON = {cls.reason: cls for cls in _ALL}
_BY_CODE: dict[int, type[ApiError]] = {}
for _cls in _ALL:
    _BY_CODE.setdefault(_cls.code, _cls)


def qualified(plural: str, group: str) -> str:
    """`deployments.apps`; `pods` in the core group: how messages name a resource or a kind."""
    return f"{plural}.{group}" if group else plural


def details(
    *, name: str = "", group: str = "", kind: str = "", uid: str = "", causes: Sequence[Cause] = (), retry_after: int = 0
) -> JsonObject:
    """The details object with empty parts left out, keys in the order of the Go struct."""
    result: dict[str, Any] = {k: v for k, v in (("name", name), ("group", group), ("kind", kind), ("uid", uid)) if v}
    if causes:
        result["causes"] = [cause.to_json() for cause in causes]
    if retry_after:
        result["retryAfterSeconds"] = retry_after
    return result


def not_found(plural: str, group: str, name: str) -> NotFound:
    """`deployments.apps "web" not found`."""
    return NotFound(f'{qualified(plural, group)} "{name}" not found', details=details(name=name, group=group, kind=plural))


def already_exists(plural: str, group: str, name: str) -> AlreadyExists:
    """`configmaps "a" already exists`."""
    return AlreadyExists(f'{qualified(plural, group)} "{name}" already exists', details=details(name=name, group=group, kind=plural))


def conflict(plural: str, group: str, name: str, why: str) -> Conflict:
    """`Operation cannot be fulfilled on configmaps "a": …`."""
    message = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return Conflict(message, details=details(name=name, group=group, kind=plural))


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> Invalid:
    """`Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: …`; several causes are bracketed and joined."""
    lines = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    message = f'{qualified(kind, group)} "{name}" is invalid: {text}'
    return Invalid(message, details=details(name=name, group=group, kind=kind, causes=causes))
