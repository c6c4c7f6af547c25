"""`/openapi/v3` and `/openapi/v2`: schemas of what is served, for clients that validate, explain and merge by them.

Made from `schema.Schema`: types, merge keys, list types and references; without the prose of the published documents.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import openapi_protobuf
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import NotAcceptable
from pytest_helmsim.objects.wire import Request, Response
from pytest_helmsim.schema.model import Schema

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

_TYPES = {"object": "object", "array": "array", "string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_WRITES = ("post", "put", "patch")
_METHODS = {"create": "post", "update": "put", "patch": "patch", "get": "get", "delete": "delete"}


def answer(server: ApiServer, request: Request, path: str) -> Response:
    """The index, one group version's document, or the whole as version 2."""
    if path == "/openapi/v3":
        paths = {name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={_hash(server, name)}"} for name in _names(server)}
        return Response.of({"paths": paths})
    if path == "/openapi/v2":
        accept = request.headers.get("accept", "application/json")
        if openapi_protobuf.accepted(accept):
            body = openapi_protobuf.encode(_document(server, None, 2))
            return Response(200, body, (("Content-Type", openapi_protobuf.MEDIA),))
        if "json" not in accept and "*/*" not in accept:
            raise NotAcceptable("only the following media types are accepted: application/json")
        return Response.of(_document(server, None, 2))
    name = path.removeprefix("/openapi/v3/")
    if name in _names(server):
        if "json" not in request.headers.get("accept", "application/json") and "*/*" not in request.headers.get("accept", ""):
            raise NotAcceptable("only the following media types are accepted: application/json")
        return Response.of(_document(server, name, 3))
    return Response(404, b"404 page not found\n", (("Content-Type", "text/plain; charset=utf-8"),))


def _name(served: Served) -> str:
    group, version, _ = served.gvk
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _names(server: ApiServer) -> list[str]:
    return sorted({_name(served) for served in server.registry.all()})


def _hash(server: ApiServer, name: str) -> str:
    parts = [f"{server.catalog.version}{name}"]
    parts += [served.custom.uid for served in server.registry.all() if served.custom is not None and _name(served) == name]
    return hashlib.sha512("".join(parts).encode()).hexdigest().upper()


def _document(server: ApiServer, name: str | None, version: int) -> JsonObject:
    schemas: dict[str, Json] = {}
    paths: dict[str, Json] = {}
    for served in server.registry.all():
        if name is None or _name(served) == name:
            _add(served, schemas, paths, version)
    info = {"title": "Kubernetes", "version": str(server.catalog.version)}
    if version == 2:
        return {"swagger": "2.0", "info": info, "paths": paths, "definitions": schemas}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _add(served: Served, schemas: dict[str, Json], paths: dict[str, Json], version: int) -> None:
    group, api_version, kind = served.gvk
    gvk = {"group": group, "version": api_version, "kind": kind}
    schema = served.schema
    name = schema.name if schema is not None and schema.name else f"{'.'.join(reversed(group.split('.')))}.{api_version}.{kind}"
    if schema is not None:
        written = _definition(schema, schemas, version)
        if not schema.name:
            schemas[name] = written
        schemas[name] = {**schemas[name], "x-kubernetes-group-version-kind": [gvk]}
        fields = schemas[name].setdefault("properties", {})
        fields.setdefault("apiVersion", {"type": "string"})
        fields.setdefault("kind", {"type": "string"})
        fields.setdefault("metadata", {"type": "object"})
    one = served.resource.path("{namespace}", "{name}")
    many = served.resource.path("{namespace}")
    for path, verbs in ((many, ("create",)), (one, ("get", "update", "patch", "delete"))):
        for verb in verbs:
            if verb in served.resource.verbs:
                paths.setdefault(path, {})[_METHODS[verb]] = _operation(verb, gvk, version)


def _operation(verb: str, gvk: JsonObject, version: int) -> JsonObject:
    names = ["dryRun", "fieldManager", "fieldValidation"] if _METHODS[verb] in _WRITES else []
    if verb == "patch":
        names.append("force")
    text: JsonObject = {"type": "string"} if version == 2 else {"schema": {"type": "string"}}
    parameters = [{"name": name, "in": "query", **text} for name in names]
    result: JsonObject = {"responses": {"200": {"description": "OK"}}, "x-kubernetes-action": verb, "x-kubernetes-group-version-kind": gvk}
    if parameters:
        result["parameters"] = parameters
    return result


def _definition(schema: Schema, schemas: dict[str, Json], version: int) -> JsonObject:
    """The schema written out; named ones below it become entries of `schemas` and references."""
    written: JsonObject = {}
    if schema.name and schema.fields is not None:
        if schema.name in schemas:
            return schemas[schema.name]  # type: ignore[no-any-return]
        schemas[schema.name] = written
    _fill(written, schema, schemas, version)
    return written


def _reference(schema: Schema, schemas: dict[str, Json], version: int) -> JsonObject:
    if schema.name and schema.fields is not None:
        _definition(schema, schemas, version)
        where = "definitions" if version == 2 else "components/schemas"
        target = {"$ref": f"#/{where}/{schema.name}"}
        extensions = _extensions(schema)
        if version == 2:
            return {**target, **extensions}
        return {"allOf": [target], "default": {}, **extensions} if extensions else target
    return _definition(schema, schemas, version)


def _extensions(schema: Schema) -> JsonObject:
    found: JsonObject = {}
    if schema.patch_strategy:
        found["x-kubernetes-patch-strategy"] = ",".join(schema.patch_strategy)
    if schema.patch_merge_key:
        found["x-kubernetes-patch-merge-key"] = schema.patch_merge_key
    if schema.list_type:
        found["x-kubernetes-list-type"] = schema.list_type
    if schema.list_map_keys:
        found["x-kubernetes-list-map-keys"] = list(schema.list_map_keys)
    if schema.map_type:
        found["x-kubernetes-map-type"] = schema.map_type
    return found


def _fill(written: JsonObject, schema: Schema, schemas: dict[str, Json], version: int) -> None:
    if schema.type == "int-or-string":
        if version == 2:
            written |= {"type": "string", "format": "int-or-string"}
        else:
            written["x-kubernetes-int-or-string"] = True
    elif schema.type in _TYPES:
        written["type"] = _TYPES[schema.type]
    if schema.format and schema.format != "quantity":
        written["format"] = schema.format
    if schema.preserve_unknown:
        written["x-kubernetes-preserve-unknown-fields"] = True
    if schema.enum:
        written["enum"] = list(schema.enum)
    if schema.required:
        written["required"] = list(schema.required)
    if schema.fields is not None:
        written["properties"] = {key: _reference(field, schemas, version) for key, field in schema.fields.items()}
    if schema.items is not None:
        written["items"] = _reference(schema.items, schemas, version)
    if schema.values is not None:
        written["additionalProperties"] = _reference(schema.values, schemas, version)
    description = schema.raw.get("description")
    if description:
        written["description"] = description
    written |= _extensions(schema)
