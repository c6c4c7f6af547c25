"""`/openapi/v3` and `/openapi/v2`: schemas of what is served, for clients that validate, explain and merge by them.

Built-in kinds of 1.36 are those of `published`, word for word; those of other versions are made from `schema.Schema`, with the descriptions
of 1.36; custom kinds show the schema of their definition.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import custom_documents, custom_paths, openapi_protobuf, published
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import NotAcceptable
from pytest_helmsim.objects.wire import Request, Response
from pytest_helmsim.schema.model import Schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_helmsim.apiserver.app import ApiServer

_TYPES = {"object": "object", "array": "array", "string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_WRITES = ("post", "put", "patch")
_METHODS = {"create": "post", "update": "put", "patch": "patch", "get": "get", "delete": "delete"}


def answer(server: ApiServer, request: Request, path: str) -> Response:
    """The index, one group version's document, or the whole as version 2."""
    if path == "/openapi/v3":
        paths = {name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={_hash(server, name)}"} for name in _names(server)}
        return Response.of({"paths": paths})
    accept = request.headers.get("accept", "application/json")
    readable = "json" in accept or "*/*" in accept
    if path == "/openapi/v2":
        if openapi_protobuf.accepted(accept):
            return Response(200, _second_in_protobuf(server), (("Content-Type", openapi_protobuf.MEDIA),))
        if not readable:
            raise NotAcceptable("only the following media types are accepted: application/json")
        return Response.of(_second(server))
    name = path.removeprefix("/openapi/v3/")
    if name not in _names(server):
        return Response(404, b"404 page not found\n", (("Content-Type", "text/plain; charset=utf-8"),))
    if not readable:
        raise NotAcceptable("only the following media types are accepted: application/json")
    if _is_published(server) and name in published.names():
        return Response(200, published.document(name), (("Content-Type", "application/json"),))
    customs = any(served.custom is not None and _name(served) == name for served in server.registry.all())
    return Response.of(_custom_document(server, name) if customs else _generated(server, name, 3))


def _is_published(server: ApiServer) -> bool:
    """Whether this is the version whose documents are kept as they are."""
    return server.version == published.VERSION


def _name(served: Served) -> str:
    group, version, _ = served.gvk
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _names(server: ApiServer) -> list[str]:
    found = {_name(served) for served in server.registry.all()}
    return sorted(found.union(published.names()) if _is_published(server) else found)


def _hash(server: ApiServer, name: str) -> str:
    parts = [f"{server.catalog.version}{name}"]
    parts += [served.custom.uid for served in server.registry.all() if served.custom is not None and _name(served) == name]
    return hashlib.sha512("".join(parts).encode()).hexdigest().upper()


def _generated(server: ApiServer, name: str | None, version: int) -> JsonObject:
    """A document made of what is known of the fields; descriptions are those of another version where it has the same field."""
    schemas: dict[str, Json] = {}
    found = [served for served in server.registry.all() if name is None or _name(served) == name]
    for served in found:
        _add(served, schemas, version)
    paths = _paths(found, version)
    if version == 2:
        return {**_heading(server, paths), "definitions": schemas}
    info = {"title": "Kubernetes", "version": server.version}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _heading(server: ApiServer, paths: JsonObject) -> JsonObject:
    """A document of version 2 without definitions."""
    return {"swagger": "2.0", "info": {"title": "Kubernetes", "version": server.version}, "paths": paths}


def _second(server: ApiServer) -> JsonObject:
    document = published.second() if _is_published(server) else _generated(server, None, 2)
    customs = [served for served in server.registry.all() if served.custom is not None]
    document["paths"] |= _paths(customs, 2)
    for served in customs:
        document["definitions"] |= custom_documents.schemas(served, 2)
    return document


def _second_in_protobuf(server: ApiServer) -> bytes:
    """Custom kinds, and those of versions that are not published, have paths only: clients read their fields in version 3."""
    if not _is_published(server):
        return openapi_protobuf.encode(_heading(server, _paths(server.registry.all(), 2)))
    customs = _paths((served for served in server.registry.all() if served.custom is not None), 2)
    return published.second_in_protobuf() + openapi_protobuf.encode_paths(customs)


def _custom_document(server: ApiServer, name: str) -> JsonObject:
    """The kinds that CustomResourceDefinitions have in one version of a group."""
    schemas: JsonObject = {}
    shared = set(custom_documents.SHARED)
    found = [served for served in server.registry.all() if _name(served) == name]
    for served in found:
        schemas |= custom_documents.schemas(served, 3)
        if "scale" in served.resource.subresources:
            shared.add(custom_documents.SCALE)
    schemas |= {schema: published.schemas()[schema] for schema in published.closure(shared)}
    schemas |= custom_documents.options()
    paths: JsonObject = {}
    for served in found:
        paths |= custom_paths.paths(served)
    info, components = {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"}, {"schemas": dict(sorted(schemas.items()))}
    return {"openapi": "3.0.0", "info": info, "paths": dict(sorted(paths.items())), "components": components}


def _add(served: Served, schemas: dict[str, Json], version: int) -> None:
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


def _paths(entries: Iterable[Served], version: int) -> JsonObject:
    """The URLs of single objects, with what clients look up there: kinds, actions, parameters."""
    paths: JsonObject = {}
    for served in entries:
        group, api_version, kind = served.gvk
        gvk = {"group": group, "version": api_version, "kind": kind}
        one = served.resource.path("{namespace}", "{name}")
        many = served.resource.path("{namespace}")
        for path, verbs in ((many, ("create",)), (one, ("get", "update", "patch", "delete"))):
            for verb in verbs:
                if verb in served.resource.verbs:
                    paths.setdefault(path, {})[_METHODS[verb]] = _operation(verb, gvk, version)
    return paths


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
        written["properties"] = _properties(schema, schemas, version)
    if schema.items is not None:
        written["items"] = _reference(schema.items, schemas, version)
    if schema.values is not None:
        written["additionalProperties"] = _reference(schema.values, schemas, version)
    description = schema.raw.get("description") or _recorded(schema).get("description")
    if description:
        written["description"] = description
    written |= _extensions(schema)


def _recorded(schema: Schema) -> JsonObject:
    """The published schema of that name, of whatever version."""
    return published.schemas().get(schema.name) or {} if schema.name else {}


def _properties(schema: Schema, schemas: dict[str, Json], version: int) -> JsonObject:
    recorded: JsonObject = _recorded(schema).get("properties") or {}
    result: JsonObject = {}
    for key, field in (schema.fields or {}).items():
        node = _reference(field, schemas, version)
        text = (recorded.get(key) or {}).get("description")
        if text and version == 3 and "$ref" in node:
            node = {"allOf": [node]}
        result[key] = {**node, "description": text} if text else node
    return result
