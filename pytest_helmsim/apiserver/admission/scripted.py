"""What a test lets a webhook answer, instead of calling it: `cluster.webhook("validate.example.com", Deny("not today"))`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject, dumps


@dataclass(frozen=True, slots=True)
class Allow:
    """Let the write pass; `warnings` go to whoever asked."""

    warnings: Sequence[str] = ()

    def response(self) -> JsonObject:
        """As the webhook would send it."""
        return {"allowed": True, "warnings": list(self.warnings)}


@dataclass(frozen=True, slots=True)
class Deny:
    """Refuse the write."""

    message: str = ""
    code: int = 403
    reason: str = ""
    warnings: Sequence[str] = ()

    def response(self) -> JsonObject:
        """As the webhook would send it."""
        status = {key: value for key, value in (("message", self.message), ("code", self.code), ("reason", self.reason)) if value}
        return {"allowed": False, "status": status, "warnings": list(self.warnings)}


@dataclass(frozen=True, slots=True)
class Patch:
    """Change the object by a JSON patch, such as `[{"op": "add", "path": "/metadata/labels/mesh", "value": "on"}]`."""

    operations: Sequence[JsonObject] = field(default_factory=tuple)
    warnings: Sequence[str] = ()

    def response(self) -> JsonObject:
        """As the webhook would send it, but for the encoding of the patch."""
        return {"allowed": True, "warnings": list(self.warnings), "patchType": "JSONPatch", "patch": dumps(list(self.operations))}


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The webhook cannot be called: what its `failurePolicy` makes of that."""

    why: str = "connect: connection refused"


Answer: TypeAlias = Allow | Deny | Patch | Unreachable
Script: TypeAlias = Answer | Callable[[JsonObject], "Answer | JsonObject | None"]
"""An answer, or a function from the `request` of the AdmissionReview to one; None allows, a dict is a whole AdmissionResponse."""


def answered(script: Script, request: JsonObject) -> Unreachable | JsonObject:
    """The AdmissionResponse that a script gives."""
    given: Json | Answer = script(request) if callable(script) else script
    if given is None:
        given = Allow()
    if isinstance(given, Unreachable):
        return given
    if isinstance(given, (Allow, Deny, Patch)):
        return given.response()
    if isinstance(given, dict):
        return given
    raise TypeError(f"a webhook's script gave {given!r}: give Allow, Deny, Patch, Unreachable, an AdmissionResponse or None")
