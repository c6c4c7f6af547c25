"""What policies and webhooks are told of a write: who does what to which object, before and after.

Source: k8s.io/apiserver pkg/admission/attributes.go, pkg/admission/plugin/cel/condition.go (CreateAdmissionRequest).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import conversion, customs, routes
from pytest_helmsim.apiserver.admission.builtin import NAMESPACES
from pytest_helmsim.apiserver.admission.refusals import internal
from pytest_helmsim.apiserver.operation import CONTROLLER
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema import decoding, defaults

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation
    from pytest_helmsim.apiserver.registry import Served

_SCALE = GroupVersionKind("autoscaling", "v1", "Scale")
_OPTIONS = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}


@dataclass(slots=True)
class Attributes:
    """One write as admission sees it. `new` and `old` are in the stored version; None where there is no such object."""

    op: Operation
    operation: str
    new: JsonObject | None
    old: JsonObject | None
    options: JsonObject = field(default_factory=dict)
    _versioned: dict[tuple[str, GroupVersionKind], JsonObject | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Empty for an object whose name is not drawn yet, and for those that are deleted together."""
        if self.operation == "DELETE" and self._from_outside and not self._call_name():
            return ""
        return self.op.name or str(((self.new or {}).get("metadata") or {}).get("name") or "")

    @property
    def _from_outside(self) -> bool:
        return self.op.user is not CONTROLLER and self.op.server.request is not None

    def _call_name(self) -> str:
        request = self.op.server.request
        call = routes.parse(request) if request is not None else None
        return call.name if call is not None else ""

    @property
    def namespace(self) -> str:
        """Of a namespace its own name; empty for other objects of the cluster."""
        return self.name if self.op.served.key == NAMESPACES else self.op.namespace

    def kind(self, served: Served) -> GroupVersionKind:
        """What the object is, seen as that resource."""
        return _SCALE if self.op.subresource == "scale" else served.gvk

    def object(self, served: Served) -> JsonObject | None:
        """The new object in a version."""
        return self._in("new", self.new, served)

    def old_object(self, served: Served) -> JsonObject | None:
        """The stored object in a version."""
        return self._in("old", self.old, served)

    def _in(self, which: str, obj: JsonObject | None, served: Served) -> JsonObject | None:
        key = (which, served.gvk)
        if key not in self._versioned:
            self._versioned[key] = self._converted(obj, served)
        return self._versioned[key]

    def _converted(self, obj: JsonObject | None, served: Served) -> JsonObject | None:
        if obj is None:
            return None
        if self.op.subresource == "scale":
            from pytest_helmsim.apiserver import scaling

            return scaling.of_object(self.op, obj)
        return conversion.convert(obj, served.stored, served.gvk)

    def replace(self, new: JsonObject) -> None:
        """Go on with another new object."""
        self.new = new
        self._versioned = {key: obj for key, obj in self._versioned.items() if key[0] != "new"}

    def settled(self, served: Served, obj: JsonObject, *, strict: bool = False) -> JsonObject:
        """An object that somebody changed in that version: read as the kind it is, with defaults, in the stored version.

        Fields that the kind does not have are dropped, or with `strict` an error.
        """
        op = self.op
        if GroupVersionKind.of_object(obj) != self.kind(served):
            why = f"admission must not make another kind of a {self.kind(served).kind}"
            raise internal(why)
        if op.subresource == "scale":
            op.server.note(f"{op.plural}/scale: what admission makes of a Scale is not applied")
            return self.new or {}
        if served.custom is not None:
            return conversion.convert(customs.defaulted(op, obj) if served.gvk == op.served.gvk else obj, served.gvk, served.stored)
        if served.schema is not None:
            wrong = decoding.type_error(obj, served.schema)
            if wrong is not None:
                raise internal(wrong)
            unknown = decoding.strict_errors(obj, served.schema) if strict else []
            if unknown:
                raise internal(f"strict decoding error: {', '.join(unknown)}")
            obj = defaults.apply(served.gvk, decoding.prune_unknown(obj, served.schema), op.server.version)
        return conversion.convert(obj, served.gvk, served.stored)

    def request(self, served: Served) -> JsonObject:
        """The part of an AdmissionRequest that does not hold the objects."""
        op, asked = self.op, self.op.served
        user: JsonObject = {"username": op.user.name, **({"uid": op.user.uid} if op.user.uid else {}), "groups": list(op.user.groups)}
        parts: JsonObject = {
            "kind": _kind(self.kind(served)),
            "resource": _resource(served),
            "subResource": op.subresource,
            "requestKind": _kind(self.kind(asked)),
            "requestResource": _resource(asked),
            "requestSubResource": op.subresource,
            "name": self.name,
            "namespace": self.namespace,
            "operation": self.operation,
            "userInfo": user,
        }
        options = self.options or self._given_options()
        return {**{key: value for key, value in parts.items() if value != ""}, "dryRun": op.dry_run, "options": options}

    def _given_options(self) -> JsonObject:
        kind = _OPTIONS[self.operation]
        result: JsonObject = {"kind": kind, "apiVersion": "meta.k8s.io/v1"}
        request = self.op.server.request
        if request is None or not self._from_outside:
            return result
        if self.op.dry_run:
            result["dryRun"] = ["All"]
        result |= {key: request.first(key) for key in ("fieldManager", "fieldValidation") if request.first(key)}
        return result


def _kind(gvk: GroupVersionKind) -> JsonObject:
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}


def _resource(served: Served) -> JsonObject:
    return {"group": served.group, "version": served.gvk.version, "resource": served.plural}
