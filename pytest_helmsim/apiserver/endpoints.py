"""From a parsed request to its answer: discovery, reads and writes, in the representation that was asked for.

Source: k8s.io/apiserver pkg/endpoints/installer.go (which verbs exist where), pkg/endpoints/handlers/response.go.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import orjson

from pytest_helmsim.apiserver import (
    authorization,
    bodies,
    conversion,
    deletes,
    deprecations,
    discovery,
    health,
    negotiation,
    openapi,
    options,
    patches,
    reads,
    subresources,
    writes,
)
from pytest_helmsim.apiserver.field_managers import manager_name
from pytest_helmsim.apiserver.negotiation import Representation
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.apiserver.routes import Call
from pytest_helmsim.apiserver.store import Record
from pytest_helmsim.objects import durations
from pytest_helmsim.objects.json import JsonObject, dumps
from pytest_helmsim.objects.status import BadRequest, MethodNotAllowed, NotFound, details, not_found
from pytest_helmsim.objects.wire import Request, Response

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

JSON_HEADERS = (("Content-Type", "application/json"),)
_TEXT = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))


def answer(server: ApiServer, request: Request, call: Call | None) -> Response:
    """The response, or an `ApiError`."""
    _check_timeout(request, call)
    user = authorization.effective_user(server, request)
    if user != request.user:
        request = dataclasses.replace(request, user=user)
    authorization.check(server, user, authorization.of_call(request, call))
    if request.path.startswith("//") or ("//" in request.path and call is None):
        return _not_a_page()
    if "//" in request.path:
        raise _no_such_resource()
    if call is None:
        return _without_resource(server, request)
    served = server.registry.find(call.group, call.version, call.plural)
    if served is None:
        if not any(entry.group == call.group and entry.custom is None for entry in server.registry.all()):
            return _not_a_page()
        raise _no_such_resource()
    if call.verb == "patch" and served.persisted and not call.subresource and call.name:
        patches.check_type(served, bodies.media_type(request))
    server.warnings += deprecations.of(served, server.catalog.version.minor)
    bodies.check_size(request)
    if call.name in (".", ".."):
        raise BadRequest(f"Name parameter invalid: \"{call.name}\": may not be '{call.name}'")
    if request.method not in _METHODS and served.custom is not None:
        whole = f"{call.plural}.{call.group}"
        raise MethodNotAllowed(f' is not supported on resources of kind "{whole}"', details=details(group=call.group, kind=call.plural))
    if request.method not in _METHODS:
        there = not call.subresource or call.subresource in served.resource.subresources
        raise method_not_allowed(call, served) if there else _no_such_resource()
    if call.subresource:
        return subresources.answer(server, request, call, served)
    if not served.persisted:
        return subresources.review(server, request, call, served)
    if call.verb == "watch" and request.method != "GET":
        raise method_not_allowed(call, served)
    if call.verb == "watch" and "watch" not in served.resource.verbs:
        why = f'watch is not supported on resources of kind "{call.plural}"'
        raise MethodNotAllowed(why, details=details(group=call.group, kind=call.plural))
    if call.verb not in served.resource.verbs:
        raise method_not_allowed(call, served)
    if served.namespaced and not call.namespace and (call.name or call.verb not in ("list", "watch")):
        raise _no_such_resource() if call.name else method_not_allowed(call, served)
    if call.verb in ("update", "patch") and not call.name:
        raise method_not_allowed(call, served)
    if call.group == "" and call.plural == "namespaces" and call.within:
        raise _no_such_resource()
    return _VERBS[call.verb](server, request, call, served)


def _check_timeout(request: Request, call: Call | None) -> None:
    """`timeout` must be a duration, except where requests may take long; no request of ours takes time."""
    text = request.first("timeout")
    if not text or (call is not None and (call.verb == "watch" or call.subresource in _LONG)):
        return
    try:
        durations.parse(text)
    except durations.DurationError as error:
        raise BadRequest(f"invalid timeout specified in the request URL - {error}") from error


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_LONG = ("attach", "exec", "proxy", "log", "portforward")


def _no_such_resource() -> NotFound:
    return NotFound("the server could not find the requested resource", details={})


def method_not_allowed(call: Call, served: Served) -> MethodNotAllowed:
    """The path exists, the verb does not."""
    return MethodNotAllowed("the server does not allow this method on the requested resource", details={})


def _not_a_page() -> Response:
    return Response(404, b"404 page not found\n", _TEXT)


def operation(server: ApiServer, request: Request, call: Call, served: Served, given: options.WriteOptions) -> Operation:
    """What the pipeline needs to know about this request."""
    return Operation(
        server,
        served,
        call.namespace if served.namespaced else "",
        call.name,
        call.subresource,
        request.user,
        manager_name(given.manager, request.headers.get("user-agent", "")),
        given.dry_run,
        given.validation,
        server.warnings,
    )


def respond(op: Operation, representation: Representation, obj: JsonObject, status: int = 200) -> Response:
    """A stored object in the requested version and form, with the warnings of the operation."""
    record = Record(conversion.from_storage(op.served, obj), 0)
    headers = negotiation.warning_headers(op.warnings)
    body, content_type = representation.one(op.server, op.served, record)
    return Response(status, body, (("Content-Type", content_type), *headers))


def get(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    """One object."""
    representation = negotiation.negotiate(request, served, single=True)
    version = request.first("resourceVersion")
    if version and reads.own_revision(version) > server.store.revision:
        raise reads.too_large(int(version), server.store.revision)
    record = server.store.get(served.key, call.namespace if served.namespaced else "", call.name)
    if record is None:
        raise not_found(call.plural, call.group, call.name)
    body, content_type = representation.one(server, served, reads.shown(served, record))
    return Response(200, body, (("Content-Type", content_type), *_warnings(server)))


def _list(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    representation = negotiation.negotiate(request, served)
    chosen = reads.list_options(request, served, call.namespace, call.name)
    found = reads.page(server, served, _space(call, served), chosen)
    body, content_type = representation.many(server, served, found)
    return Response(200, body, (("Content-Type", content_type), *_warnings(server)))


def _warnings(server: ApiServer) -> tuple[tuple[str, str], ...]:
    return negotiation.warning_headers(server.warnings)


def _space(call: Call, served: Served) -> str | None:
    if not served.namespaced:
        return ""
    return call.namespace or None


def _watch(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    representation = negotiation.negotiate(request, served, stream=True)
    chosen = reads.list_options(request, served, call.namespace, call.name, watch=True)
    encode = representation.event_encoder(server, served)
    stream = reads.watch(server, served, _space(call, served), chosen, encode, representation.bookmark_encoder(server, served))
    if representation.shape == "PartialObjectMetadataList":
        stream.abort()
    return Response(200, stream, (("Content-Type", representation.stream_type), *_warnings(server)))


def _create(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    if call.name:
        raise method_not_allowed(call, served)
    representation = negotiation.negotiate(request, served)
    op = operation(server, request, call, served, options.write_options(request, "CreateOptions"))
    new = bodies.read(op, request)
    return respond(op, representation, writes.create(op, new), 201)


def update(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    """PUT of an object, or of its status."""
    representation = negotiation.negotiate(request, served)
    op = operation(server, request, call, served, options.write_options(request, "UpdateOptions"))
    new = bodies.read(op, request)
    obj, created = writes.replace(op, new)
    return respond(op, representation, obj, 201 if created else 200)


def patch(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    """PATCH of an object, or of its status."""
    content_type = request.headers.get("content-type", "").partition(";")[0]
    patches.check_type(served, content_type)
    representation = negotiation.negotiate(request, served)
    given = options.write_options(request, "PatchOptions", apply=content_type == patches.APPLY)
    op = operation(server, request, call, served, given)
    obj, created = patches.patch(op, content_type, request.body, force=given.force)
    return respond(op, representation, obj, 201 if created else 200)


def _delete(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    representation = negotiation.negotiate(request, served)
    chosen = options.delete_options(request, bodies.read_options(server.catalog, request))
    op = operation(server, request, call, served, options.WriteOptions(chosen.dry_run))
    done = deletes.delete(op, chosen)
    status = 202 if not done.gone and chosen.orphan_dependents is False else 200
    if served.strategy.returns_deleted or done.marked:
        return respond(op, representation, done.obj, status)
    meta = done.obj["metadata"]
    shown = details(name=meta["name"], group=call.group, kind=call.plural, uid=meta["uid"])
    body: JsonObject = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": shown}
    media = representation.media
    return Response(status, negotiation.encode(body, media), (("Content-Type", media), *negotiation.warning_headers(op.warnings)))


def _delete_collection(server: ApiServer, request: Request, call: Call, served: Served) -> Response:
    representation = negotiation.negotiate(request, served)
    chosen = reads.list_options(request, served, call.namespace, "")
    deletion = options.delete_options(request, bodies.read_options(server.catalog, request))
    found = reads.page(server, served, _space(call, served), chosen, waits=False)
    op = operation(server, request, call, served, options.WriteOptions(deletion.dry_run))
    for record in found.records:
        op.name = record.obj["metadata"]["name"]
        deletes.delete(op, deletion)
    body, content_type = representation.many(server, served, found)
    return Response(200, body, (("Content-Type", content_type), *negotiation.warning_headers(op.warnings)))


_VERBS = {
    "get": get,
    "list": _list,
    "watch": _watch,
    "create": _create,
    "update": update,
    "patch": patch,
    "delete": _delete,
    "deletecollection": _delete_collection,
}


def _without_resource(server: ApiServer, request: Request) -> Response:
    path = request.path.rstrip("/") or "/"
    if path != request.path and path.startswith(("/healthz", "/livez", "/readyz", "/openapi/")):
        return _not_a_page()
    healthy = health.answer(request, path)
    if healthy is not None:
        return healthy
    if path.startswith("/openapi/"):
        return openapi.answer(server, request, path)
    found = _discovery(server, request, path)
    if found is None:
        parts = path.strip("/").split("/")
        if len(parts) == 3 and parts[0] == "apis" and discovery.api_group(server, parts[1]):
            raise _no_such_resource()
        if len(parts) == 2 and parts[0] == "api":
            raise _no_such_resource()
        return _not_a_page()
    if path not in ("/", "/apis") and request.method != "GET":
        raise MethodNotAllowed("the server does not allow this method on the requested resource", details={})
    return found


def _discovery(server: ApiServer, request: Request, path: str) -> Response | None:
    parts = path.strip("/").split("/")
    if path in ("/api", "/apis"):
        version = negotiation.aggregated_version(request, server.catalog.version.minor)
        if version:
            body = discovery.aggregated(server, core=path == "/api", version=version)
            tag = discovery.etag(body)
            content_type = f"application/json;g={discovery.AGGREGATED};v={version};as=APIGroupDiscoveryList"
            headers = (("Content-Type", content_type), ("Etag", tag), ("Cache-Control", "public"), ("Vary", "Accept"))
            if request.headers.get("if-none-match") == tag:
                return Response(304, b"", headers)
            return Response(200, dumps(body), headers)
    value: JsonObject | None = None
    media = negotiation.JSON
    if path == "/version" or parts[0] in ("api", "apis"):
        media = negotiation.of_discovery(request, path)
    if path == "/":
        value = {"paths": health.paths([(entry.gvk.group, entry.gvk.version) for entry in server.registry.all()])}
    elif path == "/version":
        return Response(200, orjson.dumps(discovery.version(server), option=orjson.OPT_INDENT_2), JSON_HEADERS)
    elif path == "/api":
        value = discovery.api_versions(server)
    elif path == "/apis":
        value = discovery.api_groups(server)
    elif parts[0] == "api" and len(parts) == 2:
        value = discovery.api_resources(server, "", parts[1])
    elif parts[0] == "apis" and len(parts) == 2:
        value = discovery.api_group(server, parts[1])
    elif parts[0] == "apis" and len(parts) == 3:
        value = discovery.api_resources(server, parts[1], parts[2])
    if value is not None and media != negotiation.JSON:
        return Response(200, negotiation.encode(value, media), (("Content-Type", media),))
    return None if value is None else Response.of(value)
