"""The URLs of custom kinds in a document of OpenAPI 3: what can be done there, with which parameters, and what comes back.

Texts that built-in kinds have too are read from their published documents.
Sources: k8s.io/apiextensions-apiserver pkg/controller/openapi/builder/builder.go, k8s.io/apiserver pkg/endpoints/openapi/openapi.go.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver import published
from pytest_helmsim.objects.json import Json, JsonObject, loads

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.registry import Served

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_TEXTS = {"200": "OK", "201": "Created", "202": "Accepted", "401": "Unauthorized"}
_CODES = {"post": ("200", "201", "202"), "put": ("200", "201"), "delete": ("200", "202")}
_BODIES = ("application/json", "application/yaml")
_PATCHES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")
_VERBS = {"get": "read", "put": "replace", "delete": "delete", "patch": "patch", "list": "list", "post": "create"}
_PHRASES = {"read": "read{} the specified", "replace": "replace{} the specified", "patch": "partially update{} the specified"}
_OTHERS = {"list": "list objects of kind", "create": "create a", "delete": "delete a"}


def paths(served: Served) -> JsonObject:
    """Collection, object and its subresources; for a namespaced kind the list over all namespaces besides."""
    many, one = served.resource.path("{namespace}"), served.resource.path("{namespace}", "{name}")
    around = ["namespace"] if served.namespaced else []
    found: JsonObject = {
        many: {
            "get": _operation(served, "list"),
            "post": _operation(served, "post"),
            "delete": _operation(served, "deletecollection"),
            "parameters": _around(served, *around),
        },
        one: {
            **{verb: _operation(served, verb) for verb in ("get", "put", "delete", "patch")},
            "parameters": _around(served, "name", *around),
        },
    }
    for part in sorted({"status", "scale"} & set(served.resource.subresources)):
        operations = {verb: _operation(served, verb, part) for verb in ("get", "put", "patch")}
        found[f"{one}/{part}"] = {**operations, "parameters": _around(served, "name", *around)}
    if served.namespaced:
        everywhere = _operation(served, "list", everywhere=True)
        parameters = sorted([*everywhere.pop("parameters"), *_around(served)], key=lambda each: str(each["name"]))
        found[served.resource.path("")] = {"get": everywhere, "parameters": parameters}
    return found


def _operation(served: Served, action: str, part: str = "", *, everywhere: bool = False) -> JsonObject:
    group, version, kind = served.gvk
    verb = "delete" if action == "deletecollection" else _VERBS[action]
    prefix = f"{'.'.join(reversed(group.split('.')))}.{version}."
    schema = "io.k8s.api.autoscaling.v1.Scale" if part == "scale" else prefix + kind
    assert served.custom is not None
    status = f"{_META}Status"
    answer = {"list": prefix + served.custom.list_kind, "delete": status, "deletecollection": status}.get(action, schema)
    own = group.removesuffix(".k8s.io")
    result: JsonObject = {"tags": [f"{_joined(own)}_{_joined(version)}"], "description": _description(kind, action, verb, part)}
    collection = "Collection" if action == "deletecollection" else ""
    scope = "Namespaced" if served.namespaced and not everywhere else ""
    end = "ForAllNamespaces" if everywhere else part.title()
    result["operationId"] = f"{verb}{_joined(own, first=True)}{_joined(version, first=True)}{collection}{scope}{kind}{end}"
    if parameters := _parameters()["list" if action == "deletecollection" else action]:
        result["parameters"] = list(parameters)
    if action in ("post", "put"):
        result["requestBody"] = {"content": _content(schema, _BODIES), "required": True}
    elif action == "patch":
        result["requestBody"] = {"content": _content(f"{_META}Patch", _PATCHES), "required": True}
    elif action == "delete":
        result["requestBody"] = {"content": _content(f"{_META}DeleteOptions", _BODIES)}
    content, codes = _content(answer, _BODIES), _CODES.get(action, ("200",))
    responses: JsonObject = {code: {"description": _TEXTS[code], "content": content} for code in codes}
    result["responses"] = {**responses, "401": {"description": _TEXTS["401"]}}
    result["x-kubernetes-action"] = action
    result["x-kubernetes-group-version-kind"] = {"group": group, "version": version, "kind": kind}
    return result


def _description(kind: str, action: str, verb: str, part: str) -> str:
    if action == "deletecollection":
        return f"delete collection of {kind}"
    if verb in _PHRASES:
        return f"{_PHRASES[verb].format(f' {part} of' if part else '')} {kind}"
    return f"{_OTHERS[verb]} {kind}"


def _content(schema: str, types: tuple[str, ...]) -> JsonObject:
    return {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}} for media in types}


def _joined(text: str, *, first: bool = False) -> str:
    """As a part of an identifier: what follows a separator begins with a capital."""
    start, *rest = re.split(r"[^A-Za-z0-9_]+", text)
    return "".join([start[:1].upper() + start[1:] if first else start, *(part[:1].upper() + part[1:] for part in rest)])


@cache
def _parameters() -> dict[str, list[JsonObject]]:
    """By action, and `around` those of whole paths: as the published documents have them for Deployments."""
    document: Any = loads(published.document("apis/apps/v1"))
    many = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]
    one = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    found = {"list": many["get"]["parameters"], "post": many["post"]["parameters"], "around": one["parameters"]}
    found["get"] = [each for each in found["list"] if each["name"] == "resourceVersion"]
    return found | {verb: one[verb]["parameters"] for verb in ("put", "patch", "delete")}


def _around(served: Served, *names: str) -> list[Json]:
    found: list[Json] = []
    for each in _parameters()["around"]:
        if each["name"] == "name" and "name" in names:
            found.append({**each, "description": f"name of the {served.gvk.kind}"})
        elif each["name"] in names or each["in"] == "query":
            found.append(each)
    return found
