"""What expressions of policies can name, with types; and texts made ready to run.

Source: k8s.io/apiserver pkg/admission/plugin/cel/{compile,composition}.go, pkg/cel/mutation/typeresolver.go.
"""

from __future__ import annotations

from functools import lru_cache

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.checker import Environment
from pytest_helmsim.schema.cel.compiler import walk
from pytest_helmsim.schema.cel.declarations import functions
from pytest_helmsim.schema.cel.evaluator import compiled
from pytest_helmsim.schema.cel.nodes import Node
from pytest_helmsim.schema.cel.parser import parse
from pytest_helmsim.schema.cel.program import Program
from pytest_helmsim.schema.cel.types import Type

Declared = tuple[tuple[str, str], ...]
"""Variables of a policy: names and texts, in their order."""
_REQUEST, _NAMESPACE, _VARIABLES = (types.struct(f"kubernetes.{name}") for name in ("AdmissionRequest", "Namespace", "variables"))
_TEXTS, _TEXT_MAP = types.list_of(types.STRING), types.map_of(types.STRING, types.STRING)
_KIND, _RESOURCE, _USER = (types.struct(f"kubernetes.{name}") for name in ("GroupVersionKind", "GroupVersionResource", "UserInfo"))
_PARTS = {part: types.struct(f"kubernetes.Namespace{part.title()}") for part in ("metadata", "spec", "status")}
_CONDITION = types.struct("kubernetes.NamespaceCondition")
_FIELDS: dict[str, dict[str, Type]] = {
    _KIND.name: dict.fromkeys(("group", "version", "kind"), types.STRING),
    _RESOURCE.name: dict.fromkeys(("group", "version", "resource"), types.STRING),
    _USER.name: {
        "username": types.STRING,
        "uid": types.STRING,
        "groups": _TEXTS,
        "extra": types.map_of(types.STRING, _TEXTS),
    },
    _REQUEST.name: {
        **dict.fromkeys(("subResource", "requestSubResource", "name", "namespace", "operation"), types.STRING),
        **dict.fromkeys(("kind", "requestKind"), _KIND),
        **dict.fromkeys(("resource", "requestResource"), _RESOURCE),
        "userInfo": _USER,
        "dryRun": types.BOOL,
        "options": types.DYN,
    },
    _NAMESPACE.name: _PARTS,
    _PARTS["spec"].name: {"finalizers": _TEXTS},
    _PARTS["status"].name: {"conditions": types.list_of(_CONDITION), "phase": types.STRING},
    _CONDITION.name: {**dict.fromkeys(("status", "type", "message", "reason"), types.STRING), "lastTransitionTime": types.TIMESTAMP},
    _PARTS["metadata"].name: {
        **dict.fromkeys(("name", "generateName", "namespace", "UID", "resourceVersion"), types.STRING),
        **dict.fromkeys(("labels", "annotations"), _TEXT_MAP),
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), types.TIMESTAMP),
        **dict.fromkeys(("deletionGracePeriodSeconds", "generation"), types.INT),
        "finalizers": _TEXTS,
    },
    "JSONPatch": {**dict.fromkeys(("op", "path", "from"), types.STRING), "value": types.DYN},
}
_NAMES = {
    **dict.fromkeys(("object", "oldObject", "params"), types.DYN),
    "request": _REQUEST,
    "namespaceObject": _NAMESPACE,
    "variables": _VARIABLES,
    "authorizer": types.AUTHORIZER,
    "authorizer.requestResource": types.RESOURCE_CHECK,
}


@lru_cache(maxsize=1024)
def program(text: str, declared: Declared = (), *, patches: bool = False) -> Program:
    """An expression ready to run; raise `CelSyntaxError` for one that the server would not have taken."""
    return Program(_checked(text, declared, patches), functions(patches=patches))


@lru_cache(maxsize=1024)
def _checked(text: str, declared: Declared, patches: bool) -> Node:
    variables = {name: _type_of(name, declared) for name, _ in declared}
    structs = {*_FIELDS, _VARIABLES.name}
    if patches:
        structs |= {node.name.removeprefix(".") for node in walk(parse(text)) if node.kind == "struct"}

    def field_type(holder: str, name: str) -> Type | None:
        if holder == _VARIABLES.name:
            return variables.get(name)
        fields = _FIELDS.get(holder)
        return types.DYN if fields is None else fields.get(name)

    return compiled(text, Environment(_NAMES, field_type, frozenset(structs), functions(patches=patches)))


@lru_cache(maxsize=1024)
def _type_of(name: str, declared: Declared) -> Type:
    """The type of a variable, which may use those before it."""
    index = next(index for index, (each, _) in enumerate(declared) if each == name)
    tree = _checked(declared[index][1], declared[:index], False)
    return _kept(tree.type or types.DYN)


def _kept(found: Type) -> Type:
    """As much of a type as a variable keeps: scalars, lists and maps of them."""
    if found.kind in ("list", "map"):
        parts = tuple(_kept(part) for part in found.params)
        return types.list_of(*parts) if found.kind == "list" else types.map_of(*parts)
    plain = ("bool", "bytes", "double", "int", "string", "uint", "duration", "timestamp", "null")
    return found if found.kind in plain else types.DYN
