"""Why a patch cannot be applied: one class per HTTP answer, with the words of kube-apiserver.

`to_api_error()` is the answer itself. Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go
(interpretStrategicMergePatchError, applyJSPatch), k8s.io/apimachinery pkg/util/mergepatch/errors.go.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.status import ApiError, BadRequest, Invalid, RequestEntityTooLarge

_P = ParamSpec("_P")
_R = TypeVar("_R")


class PatchError(HelmsimError):
    """A patch that cannot be computed or applied; on the wire a 500 without a reason."""

    def to_api_error(self) -> ApiError:
        """The server's answer."""
        return ApiError(str(self), code=500)


def bounded(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn values nested deeper than the interpreter can follow into a BadPatch."""

    @wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except RecursionError:
            raise BadPatch("the value is nested too deeply") from None

    return guarded


class BadPatch(PatchError):
    """The patch document is malformed: 400 BadRequest."""

    def to_api_error(self) -> ApiError:
        return BadRequest(str(self))


class UnprocessablePatch(PatchError):
    """A well-formed patch that does not fit the object: 422, and the server keeps the reason to itself."""

    def to_api_error(self) -> ApiError:
        return Invalid("the server rejected our request due to an error in our request", details={})


class PatchTooLarge(PatchError):
    """More operations than a JSON patch may hold: 413."""

    def to_api_error(self) -> ApiError:
        return RequestEntityTooLarge(str(self), details={})


class MergeConflict(PatchError):
    """Two changes of one field exclude each other (three-way JSON merge)."""
