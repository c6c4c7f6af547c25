"""PATCH: the four content types, from bytes to a stored object.

Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go.
"""

from __future__ import annotations

import re

from pytest_helmsim.apiserver import bodies, customs, field_managers, known_versions, unstructured, writes
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.json import Json, JsonObject, dumps, dumps_sorted, loads
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, BadRequest, Cause, Invalid, UnsupportedMediaType, details
from pytest_helmsim.patch import dispatch, gotext, json_patch
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.schema import decoding

APPLY = dispatch.APPLY_PATCH
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
TYPES = (dispatch.JSON_PATCH, dispatch.MERGE_PATCH, dispatch.STRATEGIC_MERGE_PATCH, dispatch.APPLY_PATCH)
_LONG_KEY = 500
_CUSTOM_TYPES = (dispatch.JSON_PATCH, dispatch.MERGE_PATCH, dispatch.APPLY_PATCH)


def check_type(served: Served, content_type: str) -> None:
    """Custom resources know no strategic merge patch."""
    accepted = _CUSTOM_TYPES if served.custom is not None else TYPES
    if content_type not in accepted and content_type.strip() in TYPES:
        raise bodies.unsupported(accepted)
    if content_type not in accepted:
        raise UnsupportedMediaType("415: Unsupported Media Type", details={})


def patch(op: Operation, content_type: str, body: bytes, *, force: bool = False) -> tuple[JsonObject, bool]:
    """Apply the patch; the result is the stored object and whether it was created (by server-side apply)."""
    if content_type == dispatch.APPLY_PATCH:
        value, complaints = parse_apply(body)
        return apply(op, value, force=force, complaints=complaints)
    if op.server.store.get(op.served.key, op.namespace, op.name) is None:
        raise op.not_found()
    value, complaints = parse(op, content_type, body)
    return merge(op, content_type, value, complaints=complaints)


def parse_apply(body: bytes) -> tuple[JsonObject, tuple[str, ...]]:
    """The configuration of an apply, and its doubled keys."""
    plain = _plain_json(body)
    if plain is not None:
        return plain, ()
    from pytest_helmsim.objects import yamlio

    try:
        value = yamlio.load_object(body)
        if not isinstance(value, dict):
            value = yamlio.as_map(value)
    except yamlio.YamlError as error:
        raise BadRequest(f"error decoding YAML: {error}") from error
    if decoding.is_too_deep(value):
        raise BadRequest("error decoding YAML: exceeded max depth")
    return value, bodies.yaml_complaints(body) if not body.lstrip().startswith(b"{") or _doubled(body) else ()


_ESCAPE = re.compile(rb'\\["\\nrtbf]')


def _plain_json(body: bytes) -> JsonObject | None:
    """A JSON object that a reader of YAML takes for the same, read many times faster; None when there is any doubt."""
    if body[:1] != b"{" or not body.isascii() or b"\t" in body or b"\x7f" in body or b"\\" in _ESCAPE.sub(b"", body):
        return None
    try:
        found = decoding.parse(body)
    except decoding.JsonSyntaxError:
        return None
    return None if found.duplicates or not _is_plain(found.value) else found.value


def _is_plain(value: Json) -> bool:
    """Without fractions, numbers beyond 64 bits, and keys that mean more in YAML."""
    if isinstance(value, dict):
        if any(len(key) > _LONG_KEY or key == "<<" for key in value):
            return False
        return all(type(item) is str or _is_plain(item) for item in value.values())
    if isinstance(value, list):
        return all(type(item) is str or _is_plain(item) for item in value)
    if isinstance(value, float):
        return False
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _doubled(body: bytes) -> bool:
    try:
        return bool(decoding.parse(body).duplicates)
    except decoding.JsonSyntaxError:
        return False


def parse(op: Operation, content_type: str, body: bytes) -> tuple[Json, tuple[str, ...]]:
    """The patch document, and what a strict reader complains of in it."""
    prefix = "" if content_type == dispatch.STRATEGIC_MERGE_PATCH else "error decoding patch: "
    try:
        found = decoding.parse(body)
    except decoding.JsonSyntaxError as error:
        if content_type == dispatch.MERGE_PATCH and op.validation == "Ignore":
            raise BadRequest("Invalid JSON Patch") from error
        raise BadRequest(f"{prefix if op.validation != 'Ignore' else ''}{error}") from error
    complaints = tuple(f'duplicate field "{path}"' for path in found.duplicates)
    if content_type == dispatch.JSON_PATCH:
        try:
            json_patch.check(found.value)
        except PatchError as error:
            raise error.to_api_error() from error
        complaints = tuple(f"json patch {text}" for text in (*complaints, *json_patch.unknown_fields(found.value)))
    return found.value, complaints if op.validation != "Ignore" else ()


def merge(op: Operation, content_type: str, value: Json, *, complaints: tuple[str, ...] = ()) -> tuple[JsonObject, bool]:
    """JSON patch, JSON merge patch and strategic merge patch of parsed values."""

    def transform(live: JsonObject | None) -> JsonObject:
        if live is None:
            raise op.not_found()
        shown = live
        if op.served.custom is None and content_type == dispatch.STRATEGIC_MERGE_PATCH:
            shown = {key: item for key, item in live.items() if key not in ("kind", "apiVersion")}
        try:
            patched = dispatch.PATCHERS[content_type](shown, value, op.served.schema)
        except PatchError as error:
            raise error.to_api_error() from error
        if content_type == dispatch.JSON_PATCH and isinstance(patched, dict) and decoding.is_too_deep(patched):
            raise BadRequest("exceeded max depth")
        new = _decoded(op, patched, content_type, value, complaints, shown)
        new = field_managers.update(op, live, new)
        writes.match_namespace(op, new)
        writes.match_name(op, new)
        return new

    return writes.update(op, transform)


def _decoded(op: Operation, patched: Json, content_type: str, value: Json, complaints: tuple[str, ...], live: JsonObject) -> JsonObject:
    """The patched document as an object again; what it cannot be is 422 with the whole document in the message."""

    strategic = content_type == dispatch.STRATEGIC_MERGE_PATCH

    def refuse(why: str) -> ApiError:
        if op.served.custom is not None:
            text = dumps_sorted(patched).decode().translate(_HTML)
        else:
            text = gotext.sprint(_as_merged(value, live)) if strategic else dumps(_as_go_writes(patched, touched)).decode().translate(_HTML)
        message = f"Invalid value: {gojson.encode(text, escape_html=False)}: {why}"
        cause = Cause("FieldValueInvalid", message, "patch")
        return Invalid(f' "" is invalid: patch: {message}', details=details(causes=[cause]))

    touched = value if content_type == dispatch.MERGE_PATCH else _touched(value)
    if not isinstance(patched, dict):
        raise refuse(f"json: cannot unmarshal {gotext.go_json_type(patched)} into Go value of type map[string]interface {{}}")
    expected, schema = op.served.gvk, op.served.schema
    if op.served.custom is not None:
        if patched.get("kind") != expected.kind or patched.get("apiVersion") != expected.api_version:
            return customs.decoded(op, {**patched, "kind": expected.kind, "apiVersion": expected.api_version}, complaints)
        return customs.decoded(op, patched, complaints, refuse)
    if not strategic:
        try:
            bodies.head_checked(patched)
        except ValueError as error:
            raise refuse(str(error)) from error
        version = patched.get("apiVersion") or ""
        given = GroupVersionKind.of(version.removeprefix("/") or expected.api_version, patched.get("kind") or expected.kind)
    if not strategic and given != expected and not _is_old(op, given):
        known = bodies.known(op.server.catalog, given)
        raise refuse(bodies.unconvertible(given, expected) if known else bodies.unregistered(given))
    if schema is not None:
        wrong = unstructured.error(patched, schema) if strategic else decoding.type_error(patched, schema)
        if wrong is not None:
            written = wrong if strategic else decoding.type_error(_as_go_writes(patched, touched), schema)
            raise refuse(written or wrong)
        if op.validation != "Ignore":
            seen = unstructured.in_struct_order(patched, schema) if strategic else patched
            found = [*complaints, *decoding.strict_errors(seen, schema)]
            if len(found) > len(complaints) + 1 and not strategic:
                found = [*complaints, *decoding.strict_errors(_as_go_writes(patched, touched), schema)]
            if found and op.validation == "Strict":
                raise refuse(f"strict decoding error: {', '.join(found)}")
            for text in found:
                op.warn(text)
        if strategic:
            patched = unstructured.wrapped(patched, schema)
    new = bodies.defaulted(op, {**patched, "kind": expected.kind, "apiVersion": expected.api_version})
    return field_managers.keep_reset(new, patched)


def _is_old(op: Operation, given: GroupVersionKind) -> bool:
    """Whether it is the kind in a version that is no longer served, which a merge patch may name."""
    return given.kind == op.served.gvk.kind and known_versions.is_known(given, op.server.catalog.version.minor)


def _as_merged(patch: Json, live: Json) -> Json:
    """The patch as a strategic merge leaves it behind: what came in whole has lost its nulls."""
    if not isinstance(patch, dict):
        return patch
    known = live if isinstance(live, dict) else {}
    return {key: _as_merged(item, known[key]) if key in known else _without_nulls(item) for key, item in patch.items()}


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _touched(operations: Json) -> JsonObject:
    """The paths that a JSON patch walks, as nested objects."""
    found: JsonObject = {}
    for operation in operations if isinstance(operations, list) else ():
        for field in ("path", "from"):
            node = found
            for step in str(operation.get(field) or "").split("/")[1:]:
                node = node.setdefault(step.replace("~1", "/").replace("~0", "~"), {})
    return found


def _as_go_writes(value: Json, touched: Json) -> Json:
    """Objects that the patch opened or brought come out with sorted keys, the others in the order they had."""
    if isinstance(touched, list):
        return loads(dumps_sorted(value))
    if isinstance(value, list) and isinstance(touched, dict):
        return [_as_go_writes(item, touched.get(str(index))) if str(index) in touched else item for index, item in enumerate(value)]
    if not isinstance(value, dict) or not isinstance(touched, dict):
        return value
    return {key: _as_go_writes(value[key], touched.get(key)) for key in sorted(value)}


def _require_convertible(op: Operation, new: JsonObject, namespace: str) -> None:
    """A merged configuration that no Go struct can hold (a quantity that is none) is 500, as any failure inside the merge."""
    if op.served.custom is not None or op.served.schema is None:
        return
    wrong = unstructured.error(new, op.served.schema)
    if wrong is not None:
        meta, gvk = new.get("metadata") or {}, op.served.gvk
        title = f"{namespace}/{meta.get('name') or ''}; {gvk}"
        why = f"unable to convert unstructured object to {gvk}: {wrong}"
        raise ApiError(f"failed to convert new object ({title}) to proper version: {why}", code=500)


def _of_its_kind(op: Operation, wanted: JsonObject) -> JsonObject:
    """A configuration of a built-in kind must be of that kind, whatever version it is written for."""
    version, kind = wanted.get("apiVersion") or "", wanted.get("kind") or ""
    if op.served.custom is not None or not isinstance(version, str) or not isinstance(kind, str) or not version or not kind:
        return wanted
    if version.count("/") > 1:
        raise BadRequest("invalid object type: /, Kind=")
    given = GroupVersionKind.of(version.removeprefix("/"), kind)
    if given.kind != op.served.gvk.kind and op.server.store.get(op.served.key, op.namespace, op.name) is None:
        raise BadRequest(f"invalid object type: {given.group}/{given.version}, Kind={given.kind}")
    return {**wanted, "apiVersion": version.removeprefix("/")}


def apply(op: Operation, wanted: JsonObject, *, force: bool, complaints: tuple[str, ...] = ()) -> tuple[JsonObject, bool]:
    """Server-side apply of a parsed configuration."""

    wanted = _of_its_kind(op, wanted)

    def transform(live: JsonObject | None) -> JsonObject:
        new = field_managers.apply(op, live, wanted, force=force)
        if complaints and op.validation == "Strict":
            raise BadRequest(f"error strict decoding YAML: error converting YAML to JSON: {complaints[0]}")
        for text in bodies.told(complaints):
            if op.validation == "Warn":
                op.warn(text)
        _require_convertible(op, new, (wanted.get("metadata") or {}).get("namespace") or "")
        if op.served.custom is None and op.served.schema is not None:
            new = unstructured.wrapped(new, op.served.schema)
        new = customs.defaulted(op, new, nulls=True) if op.served.custom is not None else bodies.defaulted(op, new)
        if live is None and (new.get("metadata") or {}).get("uid"):
            uid = new["metadata"]["uid"]
            raise op.conflict(f"uid mismatch: the provided object specified uid {uid}, and no existing object was found")
        writes.match_namespace(op, new)
        writes.match_name(op, new)
        return new

    return writes.update(op, transform, upsert=True)
