"""MutatingAdmissionPolicies: patches made by expressions in CEL, as apply configurations or as JSON patches.

Sources: k8s.io/apiserver pkg/admission/plugin/policy/{generic,mutating}, pkg/cel/mutation.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver.admission import expressions, matching
from pytest_helmsim.apiserver.admission.expressions import ExpressionError, NotJudged, Scope
from pytest_helmsim.apiserver.admission.policies import ConfigurationError, bound, check_param_kind
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import ApiError, Cause, Forbidden, details
from pytest_helmsim.patch import json_patch, typed, typed_merge
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.schema.cel.made import Made

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.admission.attributes import Attributes
    from pytest_helmsim.apiserver.admission.configured import Policy
    from pytest_helmsim.apiserver.registry import Served
    from pytest_helmsim.patch.typed import Node


class MutationError(Exception):
    """A mutation that cannot be made; the words of the real server."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One policy in one of its bindings with one set of parameters, ready to change a write."""

    policy: Policy
    binding: str
    served: Served
    params: Json

    @property
    def key(self) -> Hashable:
        """What tells it apart when it is to be asked again."""
        meta = self.params["metadata"] if isinstance(self.params, dict) else {}
        return (self.policy.name, self.binding, meta.get("namespace"), meta.get("name"))

    @property
    def wants_to_know(self) -> bool:
        """Whether it is to be asked again after others have changed the object."""
        return bool(self.policy.obj["spec"].get("reinvocationPolicy") == "IfNeeded")


class Denials:
    """Why policies refuse; the first is told, all are causes."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._found: list[tuple[str, str]] = []

    def add(self, policy: Policy, binding: str, why: str, reason: str = "") -> None:
        """One more, unless the policy ignores failures."""
        if (policy.obj["spec"].get("failurePolicy") or "Fail") == "Fail":
            where = f"policy '{policy.name}' with binding '{binding}'" if binding else f'policy "{policy.name}"'
            self._found.append((f"{where} denied request: {why}", reason))

    def refuse(self) -> None:
        """Raise the refusal, if there is any."""
        if not self._found:
            return
        op, attributes = self._attributes.op, self._attributes
        name = attributes.name or ((attributes.new or {}).get("metadata") or {}).get("generateName") or "Unknown"
        causes = [Cause("", message) for message, _ in self._found]
        error = Forbidden(self._found[0][0], details=details(name=name, group=op.served.group, kind=op.plural, causes=causes))
        error.reason = self._found[0][1] or error.reason
        raise error


def invocations(attributes: Attributes, policies: tuple[Policy, ...], denials: Denials) -> Iterator[Invocation]:
    """Which policies are to be asked; what stands in the way of one goes to `denials`."""
    for policy in policies:
        spec = policy.obj["spec"]
        try:
            served = matching.constrained(attributes, spec.get("matchConstraints") or {})
            if served is None:
                continue
            check_param_kind(attributes, spec)
        except (ConfigurationError, ApiError) as error:
            denials.add(policy, "", f"failed to configure policy: {error}")
            continue
        for binding in policy.bindings:
            name = binding["metadata"]["name"]
            try:
                for params in bound(attributes, spec, binding):
                    yield Invocation(policy, name, served, params)
            except (ConfigurationError, ApiError) as error:
                denials.add(policy, name, f"failed to configure binding: {error}")


def invoke(attributes: Attributes, invocation: Invocation, denials: Denials) -> bool:
    """Let one policy change the object; False when its conditions keep it from that."""
    policy, spec = invocation.policy, invocation.policy.obj["spec"]
    try:
        known = _scope(attributes, invocation).without_namespace()
        if not expressions.conditions_hold(known, spec.get("matchConditions") or (), spec.get("failurePolicy") or "Fail"):
            return False
        for mutation in spec.get("mutations") or ():
            if attributes.new is not None:
                _mutate(attributes, invocation, mutation, denials)
    except ExpressionError as error:
        denials.add(policy, invocation.binding, str(error), "Invalid")
        return False
    except NotJudged as error:
        attributes.op.server.note(f"MutatingAdmissionPolicy {policy.name}: not judged: {error}")
        return False
    return True


def _scope(attributes: Attributes, invocation: Invocation) -> Scope:
    variables = invocation.policy.obj["spec"].get("variables") or ()
    return expressions.scope(attributes, invocation.served, params=invocation.params, variables=variables)


def _mutate(attributes: Attributes, invocation: Invocation, mutation: JsonObject, denials: Denials) -> None:
    served, current = invocation.served, attributes.object(invocation.served) or {}
    known = _scope(attributes, invocation)
    try:
        if mutation.get("patchType") == "JSONPatch":
            changed = _patched(current, known.value(mutation["jsonPatch"]["expression"], patches=True))
        else:
            changed = _configured(current, known.value(mutation["applyConfiguration"]["expression"], patches=True), served)
    except (MutationError, ExpressionError) as error:
        denials.add(invocation.policy, invocation.binding, str(error), "Invalid")
        return
    if changed is not current:
        attributes.replace(attributes.settled(served, changed, strict=True))


def _patched(current: JsonObject, operations: Any) -> JsonObject:
    """After a JSON patch; one whose test fails changes nothing."""
    listed = []
    for operation in operations:
        made = {key: _plain(operation[key]) for key in ("op", "path", "from", "value") if key in operation}
        _check_names(operation.get("value"))
        listed.append(made)
    try:
        result: JsonObject = json_patch.apply(current, listed)
    except PatchError as error:
        if str(error).endswith("test failed"):
            return current
        raise MutationError(f"JSON Patch: {error}") from error
    return result


def _configured(current: JsonObject, made: Any, served: Served) -> JsonObject:
    """After an apply configuration, which must not touch what can only be replaced as a whole."""
    _check_names(made)
    patch = {**_plain(made), "apiVersion": current["apiVersion"], "kind": current["kind"]}
    schema = served.schema
    if schema is None:
        raise MutationError("error applying patch: type converter must not be nil")
    errors = typed.validate(patch, schema)
    if errors:
        raise MutationError(f"error applying patch: failed to convert patch object to typed object: {typed.describe(errors)}")
    atomic = list(_atomic(patch, typed.node(schema), ""))
    if atomic:
        why = f"may not mutate atomic arrays, maps or structs: {', '.join(atomic)}"
        raise MutationError(f"error applying patch: invalid ApplyConfiguration: {why}")
    return typed_merge.merged(current, patch, schema)


def _atomic(value: Json, at: Node, path: str) -> Iterator[str]:
    if type(value) is dict and at.is_map:
        if at.atomic_map:
            yield path
        for key, item in value.items():
            child = at.child(key)
            if child is not None:
                yield from _atomic(item, typed.node(child, at.free), f"{path}.{key}")
    elif type(value) is list and at.is_list:
        if at.atomic_list:
            yield path
        for index, item in enumerate(value):
            yield from _atomic(item, typed.node(at.items, at.free), f"{path}[{index}]")


def _plain(value: Any) -> Any:
    """An object as JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, str, float)) else int(value) if isinstance(value, int) else str(value)


def _check_names(value: Any) -> None:
    """The name of each object's type must be the way to it from the root."""
    if isinstance(value, Made):
        wrong = list(_misnamed(value, value.type_name))
        if wrong:
            raise MutationError("type mismatch: " + "\n".join(wrong))


def _misnamed(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Made):
        if value.type_name != path:
            yield f'unexpected type name "{value.type_name}", expected "{path}", which matches field name path from root Object type'
        for key, item in value.items():
            yield from _misnamed(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _misnamed(item, path)
