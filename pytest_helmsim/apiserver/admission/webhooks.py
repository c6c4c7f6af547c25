"""Admission webhooks: who is asked about a write, what is sent, and what an answer does.

A webhook with a URL on loopback is called. One behind a Service fails as it does on a real cluster while the Service has no ready
endpoint; with one, simulated pods cannot answer: the write passes with a note, unless the test has scripted the answer.
Sources: k8s.io/apiserver pkg/admission/plugin/webhook/{generic,mutating,validating,request,errors}.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission import calls, expressions, matching, scripted
from pytest_helmsim.apiserver.admission.expressions import ExpressionError, NotJudged
from pytest_helmsim.apiserver.admission.refusals import forbidden, internal, pass_on
from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.json import Json, JsonObject, loads
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.patch import json_patch
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.patch.gotext import go_json_type

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.admission.attributes import Attributes
    from pytest_helmsim.apiserver.admission.configured import Webhook
    from pytest_helmsim.apiserver.registry import Served


def called_for(attributes: Attributes, hook: Webhook) -> Served | None:
    """The resource, in the version the webhook wants, when it is to be asked; raise `Forbidden` for a condition that fails."""
    spec = hook.spec
    if not matching.selected(attributes, spec):
        return None
    served = matching.resource_matched(attributes, spec.get("rules") or (), spec.get("matchPolicy") or "Equivalent")
    if served is None or not spec.get("matchConditions"):
        return served
    try:
        known = expressions.scope(attributes, served).without_namespace()
        return served if expressions.conditions_hold(known, spec["matchConditions"], spec.get("failurePolicy") or "Fail") else None
    except ExpressionError as error:
        raise forbidden(attributes.op, str(error)) from error
    except NotJudged as error:
        attributes.op.server.note(f"webhook {hook.name}: match conditions not judged, so not called: {error}")
        return None


def ask(attributes: Attributes, hook: Webhook, served: Served, *, mutating: bool) -> tuple[JsonObject, ...] | None:
    """The operations of the patch with which a webhook answers (None without one); raise its refusal."""
    try:
        response = _response(attributes, hook, served, mutating=mutating)
    except calls.NotCallable as error:
        attributes.op.server.note(f"webhook {hook.name}: not called: {error}")
        return None
    except calls.CallFailed as error:
        if hook.spec.get("failurePolicy") == "Ignore":
            return None
        raise internal(f'failed calling webhook "{hook.name}": {error}') from error
    for warning in response.get("warnings") or ():
        pass_on(attributes.op, warning)
    if response.get("allowed") is not True:
        raise _denial(hook.name, response.get("status") or {})
    patch = response.get("patch")
    if not patch:
        return None
    if attributes.new is None:
        raise internal(f'admission webhook "{hook.name}" attempted to modify the object, which is not supported for this operation')
    return tuple(patch)


def patched(attributes: Attributes, served: Served, operations: tuple[JsonObject, ...]) -> JsonObject:
    """The object after a webhook's patch, with defaults, in the stored version."""
    try:
        result = json_patch.apply(attributes.object(served) or {}, list(operations))
    except PatchError as error:
        raise internal(str(error)) from error
    return attributes.settled(served, result)


def _response(attributes: Attributes, hook: Webhook, served: Served, *, mutating: bool) -> JsonObject:
    """The AdmissionResponse, checked; its patch as operations."""
    server = attributes.op.server
    version = next((each for each in hook.spec.get("admissionReviewVersions") or () if each in ("v1", "v1beta1")), "v1")
    request = {"uid": server.store.draw_uid(), **attributes.request(served)}
    request |= {"object": attributes.object(served), "oldObject": attributes.old_object(served)}
    if "service" in (hook.spec.get("clientConfig") or {}):
        try:
            calls.check_service(server, hook.spec)
        except calls.CallFailed as error:
            raise calls.CallFailed(f"failed to call webhook: {error}") from error
    script = server.webhooks.get(hook.name)
    if script is not None:
        return _scripted(attributes, hook, script, request)
    if "service" in (hook.spec.get("clientConfig") or {}):
        raise calls.NotCallable("the pods behind its Service run no processes; script its answer with `cluster.webhook(name, answer)`")
    review = {"kind": "AdmissionReview", "apiVersion": f"admission.k8s.io/{version}", "request": request}
    try:
        answer = calls.post(hook.spec, review, version)
    except calls.CallFailed as error:
        raise calls.CallFailed(f"failed to call webhook: {error}") from error
    try:
        return _checked(answer, version, str(request["uid"]), mutating=mutating)
    except ValueError as error:
        raise calls.CallFailed(f"received invalid webhook response: {error}") from error


def _scripted(attributes: Attributes, hook: Webhook, script: scripted.Script, request: JsonObject) -> JsonObject:
    """What the test lets the webhook say; its script may use the cluster."""
    server = attributes.op.server
    before = server.request, server.warnings
    try:
        given = scripted.answered(script, request)
    finally:
        server.request, server.warnings = before
    if isinstance(given, scripted.Unreachable):
        raise calls.CallFailed(f'failed to call webhook: Post "{calls.address(hook.spec)}": {given.why}')
    return {**given, "patch": _operations(given.get("patch"))}


def _checked(answer: JsonObject, version: str, uid: str, *, mutating: bool) -> JsonObject:
    response = answer.get("response")
    if not isinstance(response, dict):
        raise ValueError("webhook response was absent")
    patch, kind = response.get("patch"), response.get("patchType")
    if version == "v1":
        if response.get("uid", "") != uid:
            raise ValueError(f'expected response.uid="{uid}", got "{response.get("uid", "")}"')
        _check_patch(patch, kind, mutating=mutating)
    operations = _operations(patch) if response.get("allowed") is True else []
    if operations and kind not in ("JSONPatch", None):
        raise calls.CallFailed(f'unsupported patch type "{kind}"')
    return {**response, "patch": operations}


def _check_patch(patch: Json, kind: Json, *, mutating: bool) -> None:
    if not mutating:
        if patch:
            raise ValueError("validating webhook may not return response.patch")
        if kind is not None:
            raise ValueError("validating webhook may not return response.patchType")
        return
    if patch and kind is None:
        raise ValueError("webhook returned response.patch but not response.patchType")
    if not patch and kind is not None:
        raise ValueError("webhook returned response.patchType but not response.patch")
    if kind == "":
        raise ValueError('webhook returned invalid response.patchType of ""')


def _operations(patch: Json) -> list[JsonObject]:
    """From base64 or JSON text, or as they are."""
    if isinstance(patch, str):
        try:
            patch = base64.b64decode(patch, validate=True)
        except binascii.Error as error:
            raise calls.CallFailed("failed to call webhook: illegal base64 data at input byte 0") from error
    if not patch:
        return []
    if isinstance(patch, bytes):
        try:
            gojson.decode(patch.decode(errors="replace"))
        except gojson.GoJsonError as error:
            raise calls.CallFailed(f"received undecodable patch in webhook response: {error}") from error
    found = loads(patch) if isinstance(patch, bytes) else patch
    if not isinstance(found, list):
        kind = go_json_type(found)
        why = f"json: cannot unmarshal {kind} into Go value of type jsonpatch.Patch"
        raise calls.CallFailed(f"received undecodable patch in webhook response: {why}")
    return found


def _denial(name: str, status: JsonObject) -> ApiError:
    """A refusal in the webhook's words."""
    code = status.get("code") or 0
    why = status.get("message") or status.get("reason")
    text = f'admission webhook "{name}" denied the request'
    message = f"{text}: {why}" if why else f"{text} without explanation"
    error = ApiError(message, code=max(code, 400) if code >= 400 else 400, reason=status.get("reason") or "")
    error.details = status.get("details")
    return error
