"""How kinds of CustomResourceDefinitions are published: the schema of their definition, with what every object and list has around it.

Source: k8s.io/apiextensions-apiserver pkg/controller/openapi/builder/builder.go, pkg/controller/openapi/v2/conversion.go.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver import published
from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.registry import Served

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
SHARED = (_META + "DeleteOptions", _META + "ListMeta", _META + "ObjectMeta", _META + "Patch", _META + "Status")
"""Schemas that every document of custom kinds refers to."""
SCALE = "io.k8s.api.autoscaling.v1.Scale"
_ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_INT_OR_STRING = {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def schemas(served: Served, version: int) -> JsonObject:
    """The kind and its list, by their published names, for a document of OpenAPI 2 or 3."""
    assert served.custom is not None
    group, api_version, kind = served.gvk
    prefix = f"{'.'.join(reversed(group.split('.')))}.{api_version}."
    source: Any = (served.custom.raw.get("schema") or {}).get("openAPIV3Schema") or _ANYTHING
    own = _node(source, version)
    if version == 2 and source.get("x-kubernetes-preserve-unknown-fields"):
        own = {"type": "object"}
    else:
        own["properties"] = {**own.get("properties", {}), **_around()["object"]}
    own["x-kubernetes-group-version-kind"] = [{"group": group, "kind": kind, "version": api_version}]
    list_kind = served.custom.list_kind
    around = _around()["list"]
    items = {"description": f"List of {served.plural}. {_CONVENTIONS}", "type": "array", "items": {"$ref": f"{_SCHEMAS}{prefix}{kind}"}}
    many: JsonObject = {
        "description": f"{list_kind} is a list of {kind}",
        "type": "object",
        "required": ["items"],
        "properties": {**around, "items": items},
        "x-kubernetes-group-version-kind": [{"group": group, "kind": list_kind, "version": api_version}],
    }
    if served.custom.selectable:
        fields = [{"fieldPath": path.lstrip(".")} for path in served.custom.selectable]
        own["x-kubernetes-selectable-fields"] = many["x-kubernetes-selectable-fields"] = fields
    found = {prefix + kind: own, prefix + list_kind: many}
    return found if version == 3 else {name: published.to_second(node) for name, node in found.items()}


def options() -> JsonObject:
    """The schema of DeleteOptions with the kinds that a server of definitions knows it as: those of the built-in groups."""
    name = f"{_META}DeleteOptions"
    kinds = [kind for kind in published.kinds(name) if kind["group"] not in _OF_OTHER_SERVERS]
    return {name: {**published.schemas()[name], "x-kubernetes-group-version-kind": kinds}}


_OF_OTHER_SERVERS = ("admission.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "imagepolicy.k8s.io")
_SCHEMAS = "#/components/schemas/"
_CONVENTIONS = "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"


@cache
def _around() -> JsonObject:
    """The fields of every object and of every list, as they are published for built-in kinds."""
    pod, pods = (published.schemas()[f"io.k8s.api.core.v1.{kind}"]["properties"] for kind in ("Pod", "PodList"))
    result = {}
    for name, fields in (("object", pod), ("list", pods)):
        meta = {key: value for key, value in fields["metadata"].items() if key != "default"}
        result[name] = {"apiVersion": fields["apiVersion"], "kind": fields["kind"], "metadata": meta}
    return result


def _node(source: Any, version: int) -> JsonObject:
    """One node of the definition's schema. Version 2 cannot say what may be null or holds anything, so it leaves the type out."""
    result = dict(source)
    if "properties" in result:
        result["properties"] = {key: _node(value, version) for key, value in source["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(result.get(key), dict):
            result[key] = _node(source[key], version)
    if source.get("x-kubernetes-int-or-string") and version == 3:
        result = {**_INT_OR_STRING, **result}
    if version == 2:
        vague = source.get("nullable") or source.get("x-kubernetes-preserve-unknown-fields")
        for key in ("nullable", "default", "anyOf", "oneOf", "allOf", "not", *(("type", "items", "properties") if vague else ())):
            result.pop(key, None)
    if source.get("x-kubernetes-embedded-resource") and not (version == 2 and source.get("x-kubernetes-preserve-unknown-fields")):
        result["properties"] = {**result.get("properties", {}), **_embedded()}
        required = list(source.get("required") or ())
        result["required"] = [*required, *(key for key in ("kind", "apiVersion") if key not in required)]
    return result


def _embedded() -> JsonObject:
    """The fields of an object within an object: they must be there, and say less of themselves."""
    around = _around()["object"]
    texts = {
        "apiVersion": f"apiVersion defines the versioned schema of this representation of an object. {_CONVENTIONS}#resources",
        "kind": f"kind is a string value representing the type of this object. In CamelCase. {_CONVENTIONS}#types-kinds",
    }
    return {**around, **{key: {**around[key], "description": text} for key, text in texts.items()}}
