"""Request bodies to objects: content types, JSON, YAML and protobuf, unknown and doubled fields by `fieldValidation`, defaulting.

Sources: k8s.io/apimachinery pkg/runtime/serializer/json, k8s.io/apiserver pkg/endpoints/handlers/rest.go (transformDecodeError).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pytest_helmsim.apiserver import conversion, customs, known_versions, protobuf
from pytest_helmsim.apiserver.field_managers import keep_reset
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import (
    ApiError,
    BadRequest,
    Cause,
    Invalid,
    RequestEntityTooLarge,
    UnsupportedMediaType,
    details,
    qualified,
)
from pytest_helmsim.objects.wire import Request
from pytest_helmsim.patch import gotext
from pytest_helmsim.schema import decoding, defaults
from pytest_helmsim.schema.catalog import Catalog
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.strategies import TEMPLATE_GENERATION

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
_DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_UNVERSIONED = ("Status", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList")
MAX_BODY = 3 * 1024 * 1024
_OLD_AUTOSCALER, _AUTOSCALER = (GroupVersionKind("autoscaling", version, "HorizontalPodAutoscaler") for version in ("v1", "v2"))
_YAML_PREFIXES = ("error converting YAML to JSON: ", "yaml: unmarshal errors:\n")


@dataclass(frozen=True, slots=True)
class Body:
    """A parsed body: the value, and what a strict reader would complain of besides unknown fields."""

    value: Json
    complaints: tuple[str, ...] = ()
    marked: Json = None
    """The value with its doubled keys, when it has some."""


def check_size(request: Request) -> None:
    """Bodies over 3 MiB are refused."""
    if len(request.body) > MAX_BODY:
        raise RequestEntityTooLarge(f"Request entity too large: limit is {MAX_BODY}")


def media_type(request: Request) -> str:
    """The content type without parameters; JSON when none is given."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() or JSON


def unsupported(accepted: tuple[str, ...]) -> UnsupportedMediaType:
    """415 with the list of what is understood."""
    listed = ", ".join(accepted)
    return UnsupportedMediaType(f"the body of the request was in an unknown format - accepted media types include: {listed}")


def read(op: Operation, request: Request) -> JsonObject:
    """The object of a POST or PUT: decoded, checked, defaulted, in the requested version; a private copy."""
    return decoded(op, parse(op.served, request), op.served.gvk)


def parse(served: Served, request: Request, name: str = "") -> Body:
    """Bytes to JSON values; text that cannot be read is 400. `name` is the kind of a body that is another one than the resource's."""
    kind = media_type(request)
    accepted = (JSON, YAML) if served.custom is not None else (JSON, YAML, PROTOBUF)
    if kind not in accepted:
        raise unsupported(accepted)
    try:
        found = _parsed(request.body, kind)
        if served.custom is not None and not name and not found.value.get("kind"):
            raise ValueError(f"Object 'Kind' is missing in '{request.body.decode(errors='replace')}'")
        return found
    except ValueError as error:
        why = f"the object provided is unrecognized (must be of type {name or served.gvk.kind}): {error} ({_summary(request.body)})"
        raise BadRequest(why) from error


def _parsed(body: bytes, kind: str) -> Body:
    if kind == PROTOBUF:
        return Body(protobuf.decode(body))
    if kind == JSON:
        try:
            found = decoding.parse(body)
        except decoding.JsonSyntaxError as error:
            raise ValueError(f"couldn't get version/kind; json parse error: {error}") from error
        if found.value is None:
            return Body({})
        return Body(head_checked(found.value), tuple(f'duplicate field "{path}"' for path in found.duplicates), found.marked)
    from pytest_helmsim.objects import yamlio

    try:
        value = yamlio.load_object(body)
    except yamlio.YamlError as error:
        raise ValueError(str(error).removeprefix(_YAML_PREFIXES[0])) from error
    if isinstance(value, dict) and decoding.is_too_deep(value):
        raise ValueError("exceeded max depth")
    return Body({}) if value is None else Body(head_checked(value), yaml_complaints(body))


def head_checked(value: Json) -> JsonObject:
    """The object in which the server looks for version and kind; `ValueError` when it cannot be one."""
    what = "couldn't get version/kind; json parse error: json: cannot unmarshal"
    if not isinstance(value, dict):
        struct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
        raise ValueError(f"{what} {gotext.go_json_type(value)} into Go value of type {struct}")
    for field in ("apiVersion", "kind"):
        if not isinstance(value.get(field) or "", str):
            raise ValueError(f"{what} {gotext.go_json_type(value[field])} into Go struct field .{field} of type string")
    if (value.get("apiVersion") or "").count("/") > 1:
        raise ValueError(f"unexpected GroupVersion string: {value['apiVersion']}")
    return value


def yaml_complaints(body: bytes) -> tuple[str, ...]:
    """Keys that a YAML document sets twice: one complaint, which names them all; `told` parts it for warnings."""
    from pytest_helmsim.objects import yamlio

    try:
        yamlio.load_object(body, strict=True)
    except yamlio.YamlError as error:
        return (str(error).removeprefix(_YAML_PREFIXES[0]),)
    return ()


def told(complaints: Iterable[str]) -> Iterator[str]:
    """Complaints as they are warned of: those of a YAML document one by one, without their heading."""
    for text in complaints:
        yield from (line.strip() for line in text.removeprefix(_YAML_PREFIXES[1]).split("\n"))


def _summary(body: bytes) -> str:
    if not body:
        return "<empty>"
    if body[:1] == b"{":
        return body[:30].decode(errors="replace") + (" ..." if len(body) > 30 else "")
    return body[:30].hex() + (" ..." if len(body) > 30 else "")


def decoded(op: Operation, body: Body, expected: GroupVersionKind) -> JsonObject:
    """Kind filled in and compared, fields checked, defaults applied."""
    raw = body.value
    given = GroupVersionKind.of(raw.get("apiVersion") or expected.api_version, raw.get("kind") or expected.kind)
    if given != expected:
        meta = raw.get("metadata")
        if op.served.custom is not None and (given.group, given.kind) == (expected.group, expected.kind):
            customs.complain_of_other_version(op, given, raw, body.complaints)
        raise _other_kind(op, given, expected, str(meta.get("name") or "") if isinstance(meta, dict) else "")
    obj: JsonObject = {**raw, "kind": expected.kind, "apiVersion": expected.api_version}
    schema = op.served.schema if expected == op.served.gvk else op.server.catalog.schema(expected)
    if op.served.custom is not None and expected == op.served.gvk:
        return customs.decoded(op, obj, body.complaints)
    if schema is not None:
        _check_fields(op, obj if body.marked is None else body.marked, schema, body.complaints if body.marked is None else (), expected)
        if body.marked is not None:
            obj = {**decoding.merged(body.marked), "kind": expected.kind, "apiVersion": expected.api_version}
    if expected == op.served.gvk:
        op.raw = obj
    return keep_reset(_with_conversions(expected, defaults.apply(expected, obj, op.server.version)), raw)


def _with_conversions(gvk: GroupVersionKind, obj: JsonObject) -> JsonObject:
    """What shows after a way through the internal type: a DaemonSet always has its template generation as an annotation, an old
    autoscaler what its version cannot say.
    """
    if gvk == _OLD_AUTOSCALER:
        return conversion.there_and_back(obj, gvk, _AUTOSCALER)
    if gvk.kind == "DaemonSet" and gvk.group == "apps":
        annotations = (obj.get("metadata") or {}).get("annotations") or {}
        if TEMPLATE_GENERATION not in annotations:
            obj = {**obj, "metadata": {**(obj.get("metadata") or {}), "annotations": {**annotations, TEMPLATE_GENERATION: "0"}}}
    return obj


def _check_fields(op: Operation, obj: JsonObject, schema: Schema, complaints: tuple[str, ...], expected: GroupVersionKind) -> None:
    prefix = f'{expected.kind} in version "{expected.version}" cannot be handled as a {expected.kind}: '
    wrong = decoding.type_error(obj, schema)
    if wrong is not None:
        raise BadRequest(prefix + wrong)
    if op.validation == "Ignore":
        return
    found = [*complaints, *decoding.strict_errors(obj, schema)][: decoding.MAX_STRICT_ERRORS]
    if found and op.validation == "Strict":
        raise BadRequest(f"{prefix}strict decoding error: {', '.join(found)}")
    for text in told(found):
        op.warn(text)


def known(catalog: Catalog, given: GroupVersionKind) -> bool:
    """Whether the server has a Go type for the kind, lists included."""
    if catalog.resource(given) is not None or catalog.schema(given) is not None:
        return True
    if given.api_version == "v1" and given.kind in (*_UNVERSIONED, "List"):
        return True
    if known_versions.is_known(given, catalog.version.minor):
        return True
    return given.kind.endswith("List") and catalog.resource(given._replace(kind=given.kind.removesuffix("List"))) is not None


def unregistered(given: GroupVersionKind) -> str:
    """What is said of a kind without a Go type."""
    return f'no kind "{given.kind}" is registered for version "{given.api_version}" in scheme "pkg/runtime/scheme.go:111"'


def unconvertible(given: GroupVersionKind, expected: GroupVersionKind) -> str:
    """What is said of a kind that is another one."""
    group = "core" if expected.kind == "Event" else expected.group.partition(".")[0] or "core"
    target = f"{group}.{expected.kind}"
    return f"converting ({given.version}.{given.kind}) to ({target}): unknown conversion"


def _other_kind(op: Operation, given: GroupVersionKind, expected: GroupVersionKind, name: str) -> ApiError:
    if op.served.custom is not None and given.api_version == expected.api_version:
        return Invalid(
            f'{qualified(given.kind, given.group)} "{name}" is invalid: kind: Invalid value: "{given.kind}": must be {expected.kind}',
            details=details(
                name=name,
                group=given.group,
                kind=given.kind,
                causes=[Cause("FieldValueInvalid", f'Invalid value: "{given.kind}": must be {expected.kind}', "kind")],
            ),
        )
    if op.served.custom is None:
        if not known(op.server.catalog, given) and not known_versions.is_old_extension(given, expected):
            return BadRequest(f'{given.kind} in version "{given.version}" cannot be handled as a {expected.kind}: {unregistered(given)}')
        if given.kind != expected.kind:
            return BadRequest(
                f'{given.kind} in version "{given.version}" cannot be handled as a {expected.kind}: {unconvertible(given, expected)}'
            )
    why = f"the API version in the data ({given.api_version}) does not match the expected API version ({expected.api_version})"
    if given.api_version == expected.api_version:
        why = f"the kind in the data ({given.kind}) does not match the expected kind ({expected.kind})"
    return BadRequest(why)


def defaulted(op: Operation, obj: JsonObject) -> JsonObject:
    """The object with the server's defaults, a private copy."""
    if op.served.custom is not None:
        return customs.defaulted(op, obj)
    op.raw = obj
    return _with_conversions(op.served.gvk, defaults.apply(op.served.gvk, obj, op.server.version))


def read_options(catalog: Catalog, request: Request) -> JsonObject | None:
    """The DeleteOptions that a DELETE carries as its body; None when there is none."""
    if not request.body:
        return None
    kind = media_type(request)
    if kind not in (JSON, YAML, PROTOBUF):
        raise unsupported((JSON, YAML, PROTOBUF))
    try:
        value: Json = _parsed(request.body, kind).value
    except ValueError as error:
        raise BadRequest(str(error)) from error
    if isinstance(value, dict) and value.get("kind", "DeleteOptions") != "DeleteOptions":
        scheme = "pkg/runtime/scheme.go:111"
        version = value.get("apiVersion") or "meta.k8s.io/v1"
        raise BadRequest(f'no kind "{value["kind"]}" is registered for version "{version}" in scheme "{scheme}"')
    schema = catalog.definition(_DELETE_OPTIONS)
    wrong = decoding.type_error(value, schema) if schema is not None else None
    if wrong is not None:
        raise BadRequest(wrong)
    return value  # type: ignore[no-any-return]
