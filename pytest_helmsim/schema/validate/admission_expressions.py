"""Expressions of admission policies and match conditions, compiled when they are declared.

Objects and parameters are of any type; the request, the namespace, the authorizer and a policy's own variables have types.
Sources: k8s.io/apiserver pkg/admission/plugin/cel/{compile,composition}.go, pkg/cel/mutation, k8s.io/kubernetes
pkg/apis/admissionregistration/validation/validation.go.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors, FieldError

if TYPE_CHECKING:
    from pytest_helmsim.schema.cel.types import Type

_REQUEST, _NAMESPACE, _VARIABLES = "kubernetes.AdmissionRequest", "kubernetes.Namespace", "kubernetes.variables"
_FIELDS = {
    "kubernetes.GroupVersionKind": "group:string version:string kind:string",
    "kubernetes.GroupVersionResource": "group:string version:string resource:string",
    "kubernetes.UserInfo": "username:string uid:string groups:texts extra:lists",
    _REQUEST: (
        "kind:kubernetes.GroupVersionKind resource:kubernetes.GroupVersionResource subResource:string "
        "requestKind:kubernetes.GroupVersionKind requestResource:kubernetes.GroupVersionResource requestSubResource:string "
        "name:string namespace:string operation:string userInfo:kubernetes.UserInfo dryRun:bool options:dyn"
    ),
    "kubernetes.NamespaceSpec": "finalizers:texts",
    "kubernetes.NamespaceCondition": "status:string type:string lastTransitionTime:timestamp message:string reason:string",
    "kubernetes.NamespaceStatus": "conditions:conditions phase:string",
    "kubernetes.NamespaceMetadata": (
        "name:string generateName:string namespace:string labels:map annotations:map UID:string creationTimestamp:timestamp "
        "deletionGracePeriodSeconds:int deletionTimestamp:timestamp generation:int resourceVersion:string finalizers:texts"
    ),
    _NAMESPACE: "metadata:kubernetes.NamespaceMetadata spec:kubernetes.NamespaceSpec status:kubernetes.NamespaceStatus",
}
_PATCH = {"op": "string", "path": "string", "from": "string", "value": "dyn"}


@lru_cache(maxsize=1)
def _declared() -> dict[str, dict[str, Type]]:
    from pytest_helmsim.schema.cel import types

    texts = types.list_of(types.STRING)
    known = {
        "string": types.STRING,
        "int": types.INT,
        "bool": types.BOOL,
        "dyn": types.DYN,
        "timestamp": types.TIMESTAMP,
        "texts": texts,
        "lists": types.map_of(types.STRING, texts),
        "map": types.map_of(types.STRING, types.STRING),
        "conditions": types.list_of(types.struct("kubernetes.NamespaceCondition")),
    }

    def fields(text: str) -> dict[str, Type]:
        pairs = (entry.split(":") for entry in text.split())
        return {name: known.get(kind) or types.struct(kind) for name, kind in pairs}

    return {name: fields(text) for name, text in _FIELDS.items()}


class _Structs(frozenset[str]):
    """The names of object types; mutations may make objects of any `Object.…`."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and (name in ("Object", "JSONPatch") or name.startswith("Object.")))


class Expressions:
    """The compiler of one policy's or webhook's expressions; variables add up in the order in which they are declared."""

    def __init__(self, errors: Errors, *, params: bool) -> None:
        self._errors = errors
        self._params = params
        self._variables: dict[str, Any] = {}
        self._composed = False

    def declare(self, variables: list[JsonObject]) -> None:
        """The variables of a policy; each knows those before it, and one with a complaint is of any type."""
        if not variables:
            return
        from pytest_helmsim.schema.cel import types

        self._composed = True
        for index, variable in enumerate(variables):
            if variable.get("expression", "").strip():
                found = self.check(f"spec.variables[{index}].expression", variable["expression"], ())
                self._variables[variable.get("name", "")] = found or types.DYN

    def check(
        self, path: str, text: str, wanted: tuple[str, ...], *, authorizer: bool = True, patches: bool = False, shown: str = ""
    ) -> Type | None:
        """The type of an expression, None after a complaint; `wanted` are the types it may have, none for any."""
        from pytest_helmsim.schema.cel.compiler import compile_text, program_error
        from pytest_helmsim.schema.cel.nodes import Issues

        issues = Issues(text)
        tree = compile_text(text, self._environment(authorizer=authorizer, patches=patches), issues)
        if tree is None or tree.type is None:
            self._errors.invalid(path, shown or text, f"compilation failed: {issues}")
            return None
        found = _named(tree.type)
        if wanted and found not in wanted:
            one = wanted[0] if len(wanted) == 1 else f"one of [{' '.join(wanted)}]"
            self._errors.invalid(path, shown or text, f"must evaluate to {one} but got {found}")
            return None
        failed = program_error(tree)
        if failed:
            self._errors.append(FieldError("InternalError", path, "", f"program instantiation failed: {failed}"))
            return None
        return tree.type

    def _environment(self, *, authorizer: bool, patches: bool) -> Any:
        from pytest_helmsim.schema.cel import types
        from pytest_helmsim.schema.cel.checker import Environment
        from pytest_helmsim.schema.cel.declarations import functions

        names = {
            "object": types.DYN,
            "oldObject": types.DYN,
            "request": types.struct(_REQUEST),
            "namespaceObject": types.struct(_NAMESPACE),
        }
        if self._params:
            names["params"] = types.DYN
        if authorizer:
            names |= {"authorizer": types.AUTHORIZER, "authorizer.requestResource": types.RESOURCE_CHECK}
        if self._composed:
            names["variables"] = types.struct(_VARIABLES)
        known = frozenset([*_FIELDS, _VARIABLES])
        return Environment(names, self._field, _Structs(known) if patches else known, functions(patches=patches))

    def _field(self, holder: str, name: str) -> Type | None:
        from pytest_helmsim.schema.cel import types

        if holder == _VARIABLES:
            return self._variables.get(name)
        if holder == "JSONPatch":
            return {"string": types.STRING, "dyn": types.DYN}.get(_PATCH.get(name, ""), types.Type("unspecified", ""))
        if holder == "Object" or holder.startswith("Object."):
            return types.DYN
        return _declared().get(holder, {}).get(name)


def _named(found: Type) -> str:
    """The type as Go prints it."""
    inner = ", ".join(_named(part) for part in found.params)
    return f"{found.run_time_name}({inner})" if inner else found.run_time_name
