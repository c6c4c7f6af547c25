"""ValidatingAdmissionPolicies: rules in CEL over writes, put to work by bindings that deny, warn or only audit.

Sources: k8s.io/apiserver pkg/admission/plugin/policy/{generic,validating}.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import selection
from pytest_helmsim.apiserver.admission import expressions, matching
from pytest_helmsim.apiserver.admission.expressions import ExpressionError, NotJudged, Scope
from pytest_helmsim.apiserver.admission.refusals import pass_on
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import ApiError, Cause, details, qualified

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.admission.attributes import Attributes
    from pytest_helmsim.apiserver.admission.configured import Policy
    from pytest_helmsim.apiserver.registry import Served

_CODES = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413}
_LONGEST_MESSAGE = 5 * 1024


class ConfigurationError(Exception):
    """A policy or a binding that cannot be put to work."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a policy, in one of its bindings, refuses; without a reason it is `Invalid`."""

    message: str
    reason: str = ""


def validate(attributes: Attributes, policies: tuple[Policy, ...]) -> None:
    """Ask all policies; the first that denies refuses the write."""
    first: tuple[str, Denial] | None = None
    for policy in policies:
        for where, denial in _denials(attributes, policy):
            first = first or (where, denial)
    if first is not None:
        where, denial = first
        raise _refusal(attributes, f"ValidatingAdmissionPolicy {where} denied request: {denial.message}", denial.reason)


def _refusal(attributes: Attributes, message: str, reason: str) -> ApiError:
    op = attributes.op
    name = attributes.name or ((attributes.new or {}).get("metadata") or {}).get("generateName") or "Unknown"
    shown = details(name=name, group=op.served.group, kind=op.plural, causes=[Cause("", message)])
    text = f'{qualified(op.plural, op.served.group)} "{name}" is forbidden: {message}'
    return ApiError(text, code=_CODES.get(reason, 422), reason=reason or "Invalid", details=shown)


def _denials(attributes: Attributes, policy: Policy) -> Iterator[tuple[str, Denial]]:
    spec, name = policy.obj["spec"], policy.name
    failure = spec.get("failurePolicy") or "Fail"
    try:
        served = matching.constrained(attributes, spec.get("matchConstraints") or {})
        if served is None:
            return
        check_param_kind(attributes, spec)
    except (ConfigurationError, ApiError) as error:
        if failure == "Fail":
            yield f"'{name}'", Denial(f"failed to configure policy: {error}")
        return
    for binding in policy.bindings:
        where = f"'{name}' with binding '{binding['metadata']['name']}'"
        try:
            given = bound(attributes, spec, binding)
        except (ConfigurationError, ApiError) as error:
            if failure == "Fail":
                yield where, Denial(f"failed to configure binding: {error}")
            continue
        for params in given:
            try:
                found = list(_judge(attributes, served, spec, params, failure))
            except NotJudged as error:
                attributes.op.server.note(f"ValidatingAdmissionPolicy {name}: not judged: {error}")
                continue
            for denial in found:
                yield from _acted_on(attributes, binding, where, denial)


def _acted_on(attributes: Attributes, binding: JsonObject, where: str, denial: Denial) -> Iterator[tuple[str, Denial]]:
    for action in binding["spec"].get("validationActions") or ():
        if action == "Deny":
            yield where, denial
        elif action == "Warn":
            pass_on(attributes.op, f"Validation failed for ValidatingAdmissionPolicy {where}: {denial.message}")


def check_param_kind(attributes: Attributes, spec: JsonObject) -> None:
    """The kind of the parameters must be served."""
    if spec.get("paramKind") and _params_served(attributes, spec) is None:
        kind = spec["paramKind"]
        shown = f"{kind.get('apiVersion', '')}, Kind={kind.get('kind', '')}"
        raise ConfigurationError(f"failed to find resource referenced by paramKind: '{shown}'")


def _params_served(attributes: Attributes, spec: JsonObject) -> Served | None:
    kind = spec["paramKind"]
    return next(
        (
            served
            for served in attributes.op.server.registry.all()
            if served.gvk.kind == kind.get("kind") and served.gvk.api_version == kind.get("apiVersion")
        ),
        None,
    )


def bound(attributes: Attributes, spec: JsonObject, binding: JsonObject) -> tuple[Json, ...]:
    """The parameters with which a binding puts a policy to work; none when it leaves the write alone."""
    resources = binding["spec"].get("matchResources")
    if resources is not None and matching.constrained(attributes, resources) is None:
        return ()
    reference = binding["spec"].get("paramRef")
    served = _params_served(attributes, spec) if spec.get("paramKind") else None
    if served is None or reference is None:
        return (None,)
    found = _params(attributes, served, reference)
    if not found and reference.get("parameterNotFoundAction") == "Deny":
        raise ConfigurationError("no params found for policy binding with `Deny` parameterNotFoundAction")
    return found


def _params(attributes: Attributes, served: Served, reference: JsonObject) -> tuple[Json, ...]:
    space = reference.get("namespace") or ""
    if not served.namespaced and space:
        raise ConfigurationError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    if served.namespaced:
        space = space or attributes.namespace
        if not space:
            raise ConfigurationError("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
    store = attributes.op.server.store
    if reference.get("name"):
        record = store.get(served.key, space, reference["name"])
        return () if record is None else (record.obj,)
    wanted = selection.of_object(reference.get("selector"))
    return tuple(record.obj for _, _, record in store.records(served.key, space) if selection.labels_match(wanted, record.obj))


def _judge(attributes: Attributes, served: Served, spec: JsonObject, params: Json, failure: str) -> Iterator[Denial]:
    """What the validations of one policy refuse, with one set of parameters."""
    known = expressions.scope(attributes, served, params=params, variables=spec.get("variables") or ())
    try:
        if not expressions.conditions_hold(known.without_namespace(), spec.get("matchConditions") or (), failure):
            return
    except ExpressionError as error:
        yield Denial(str(error))
        return
    for validation in spec.get("validations") or ():
        try:
            if known.value(validation["expression"]) is not True:
                yield Denial(_message(known, validation), validation.get("reason") or "Invalid")
        except ExpressionError as error:
            if failure == "Fail":
                yield Denial(str(error))
    for annotation in spec.get("auditAnnotations") or ():
        try:
            known.value(annotation["valueExpression"])
        except ExpressionError as error:
            if failure == "Fail":
                yield Denial(str(error))


def _message(known: Scope, validation: JsonObject) -> str:
    message = ""
    if validation.get("messageExpression"):
        try:
            found = known.value(validation["messageExpression"])
            message = found.strip() if isinstance(found, str) else ""
        except ExpressionError:
            message = ""
        if "\n" in message or len(message.encode()) > _LONGEST_MESSAGE:
            message = ""
    return message or (validation.get("message") or "").strip() or f"failed expression: {validation['expression'].strip()}"
