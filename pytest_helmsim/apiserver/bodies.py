"""Request bodies to objects: content types, JSON and YAML, unknown and doubled fields by `fieldValidation`, defaulting.

Sources: k8s.io/apimachinery pkg/runtime/serializer/json, k8s.io/apiserver pkg/endpoints/handlers (transformDecodeError).
"""

from __future__ import annotations

from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.json import Json, JsonObject, copy, loads
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import BadRequest, RequestEntityTooLarge, UnsupportedMediaType
from pytest_helmsim.objects.wire import Request
from pytest_helmsim.schema import defaults

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
MAX_BODY = 3 * 1024 * 1024


def check_size(request: Request) -> None:
    """Bodies over 3 MiB are refused."""
    if len(request.body) > MAX_BODY:
        raise RequestEntityTooLarge(f"limit is {MAX_BODY}")


def media_type(request: Request) -> str:
    """The content type without parameters; JSON when none is given."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() or JSON


def read(op: Operation, request: Request) -> JsonObject:
    """The object of a POST or PUT: decoded, checked, defaulted, in the requested version; a private copy."""
    kind = media_type(request)
    if kind not in (JSON, YAML):
        listed = ", ".join((JSON, YAML) if op.served.custom else (JSON, YAML, PROTOBUF))
        raise UnsupportedMediaType(f"the body of the request was in an unknown format - accepted media types include: {listed}")
    raw = parse(op, request.body, kind)
    return decoded(op, raw)


def parse(op: Operation, body: bytes, kind: str) -> JsonObject:
    """Bytes to a JSON object."""
    try:
        value: Json = loads(body) if kind == JSON else yamlio.load_object(body)
    except ValueError as error:
        shown = body[:30].decode(errors="replace") + (" ..." if len(body) > 30 else "")
        text = f"the object provided is unrecognized (must be of type {op.served.gvk.kind}): {error} ({shown})"
        raise BadRequest(text) from error
    if not isinstance(value, dict):
        raise BadRequest(f"the object provided is unrecognized (must be of type {op.served.gvk.kind}): unexpected JSON")
    return value


def decoded(op: Operation, raw: JsonObject) -> JsonObject:
    """Kind filled in and compared, fields checked, defaults applied."""
    expected = op.served.gvk
    given = GroupVersionKind.of(raw.get("apiVersion") or expected.api_version, raw.get("kind") or expected.kind)
    if given != expected:
        if given.kind == expected.kind:
            why = f"the API version in the data ({given.api_version}) does not match the expected API version ({expected.api_version})"
            raise BadRequest(why)
        raise BadRequest(f'{given.kind} in version "{given.version}" cannot be handled as a {expected.kind}: kind mismatch')
    obj = {"kind": expected.kind, "apiVersion": expected.api_version, **raw}
    obj["kind"], obj["apiVersion"] = expected.kind, expected.api_version
    return defaulted(op, obj)


def defaulted(op: Operation, obj: JsonObject) -> JsonObject:
    """The object with the server's defaults, a private copy."""
    if op.served.custom is not None:
        return copy(obj)  # type: ignore[no-any-return]
    return defaults.apply(op.served.gvk, obj, op.server.version)


def defaulted_as(op: Operation, gvk: GroupVersionKind, obj: JsonObject) -> JsonObject:
    """As `defaulted`, for the kind that a subresource speaks."""
    return defaults.apply(gvk, obj, op.server.version)


def read_options(request: Request) -> JsonObject | None:
    """The DeleteOptions that a DELETE carries as its body; None when there is none."""
    if not request.body:
        return None
    kind = media_type(request)
    if kind not in (JSON, YAML):
        listed = ", ".join((JSON, YAML, PROTOBUF))
        raise UnsupportedMediaType(f"the body of the request was in an unknown format - accepted media types include: {listed}")
    try:
        value: Json = loads(request.body) if kind == JSON else yamlio.load_object(request.body)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    if not isinstance(value, dict):
        raise BadRequest("decoded object cannot be converted to DeleteOptions")
    return value
