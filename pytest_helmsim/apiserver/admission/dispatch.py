"""Asks the policies and webhooks of a cluster about one write, in the server's order.

Changing: policies, webhooks, and once more those that want to see what others changed. Refusing: policies, webhooks.
Sources: k8s.io/apiserver pkg/admission/reinvocation.go, pkg/admission/plugin/{policy,webhook}.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pytest_helmsim.apiserver.admission import mutations, policies, webhooks
from pytest_helmsim.apiserver.admission.attributes import Attributes
from pytest_helmsim.apiserver.admission.configured import GROUP
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation
    from pytest_helmsim.apiserver.options import DeleteOptions


@dataclass(slots=True)
class _Memory:
    """Whom to ask a second time: those that want to know what was changed after they had looked."""

    asked: set[Hashable] = field(default_factory=set)
    again: set[Hashable] = field(default_factory=set)
    output: JsonObject | None = None

    def changed(self) -> None:
        """Something was changed: whoever looked before and wants to know is asked again."""
        self.again |= self.asked
        self.asked = set()


Plugins: TypeAlias = "Callable[[Operation, JsonObject, JsonObject | None], JsonObject]"


def mutate(op: Operation, new: JsonObject, old: JsonObject | None, plugins: Plugins) -> JsonObject:
    """The object as policies and webhooks leave it; `plugins` run once more after a change."""
    if op.served.key.group == GROUP:
        return new
    attributes = Attributes(op, "CREATE" if old is None else "UPDATE", new, old)
    _mutate(attributes, plugins)
    return attributes.new if attributes.new is not None else new


def _mutate(attributes: Attributes, plugins: Plugins | None) -> None:
    by_policies, by_webhooks = _Memory(), _Memory()
    changed = _policies(attributes, by_policies, second=False)
    changed = _webhooks(attributes, by_webhooks, second=False) or changed
    if not changed or plugins is None or attributes.new is None:
        return
    attributes.replace(plugins(attributes.op, attributes.new, attributes.old))
    _policies(attributes, by_policies, second=True)
    _webhooks(attributes, by_webhooks, second=True)


def _policies(attributes: Attributes, memory: _Memory, *, second: bool) -> bool:
    """Ask the policies that change objects, one after the other; whether any did."""
    server = attributes.op.server
    if not server.configured.mutating or "MutatingAdmissionPolicy" in server.disabled_admission:
        return False
    denials = mutations.Denials(attributes)
    asked = list(mutations.invocations(attributes, server.configured.mutating, denials))
    if second and memory.output != attributes.new:
        memory.changed()
    any_change = False
    for invocation in asked:
        if second and invocation.key not in memory.again:
            continue
        before = attributes.new
        if not mutations.invoke(attributes, invocation, denials):
            continue
        if attributes.new != before:
            any_change = True
            memory.changed()
        if invocation.wants_to_know:
            memory.asked.add(invocation.key)
    if any_change:
        memory.changed()
    memory.output = attributes.new
    denials.refuse()
    return any_change


def _webhooks(attributes: Attributes, memory: _Memory, *, second: bool) -> bool:
    """Ask the webhooks that change objects, one after the other; whether any did."""
    server = attributes.op.server
    if not server.configured.mutating_hooks or "MutatingAdmissionWebhook" in server.disabled_admission:
        return False
    if second and memory.output != attributes.new:
        memory.changed()
    any_change = False
    for hook in server.configured.mutating_hooks:
        served = webhooks.called_for(attributes, hook)
        if served is None or (second and hook.key not in memory.again):
            continue
        operations = webhooks.ask(attributes, hook, served, mutating=True)
        if operations:
            before = attributes.new
            attributes.replace(webhooks.patched(attributes, served, operations))
            if attributes.new != before:
                any_change = True
                memory.changed()
        if hook.spec.get("reinvocationPolicy") == "IfNeeded":
            memory.asked.add(hook.key)
    memory.output = attributes.new
    return any_change


def validate(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Raise the refusal of a policy or a webhook."""
    if op.served.key.group != GROUP:
        _validate(Attributes(op, "CREATE" if old is None else "UPDATE", new, old))


def validate_delete(op: Operation, old: JsonObject, options: DeleteOptions) -> None:
    """The same for a deletion, which nothing can change."""
    if op.served.key.group == GROUP:
        return
    attributes = Attributes(op, "DELETE", None, old, _told(options))
    _mutate(attributes, None)
    _validate(attributes)


def _validate(attributes: Attributes) -> None:
    server = attributes.op.server
    if "ValidatingAdmissionPolicy" not in server.disabled_admission:
        policies.validate(attributes, server.configured.validating)
    if "ValidatingAdmissionWebhook" in server.disabled_admission:
        return
    wanted = [(hook, webhooks.called_for(attributes, hook)) for hook in server.configured.validating_hooks]
    first: ApiError | None = None
    for hook, served in wanted:
        if served is None:
            continue
        try:
            webhooks.ask(attributes, hook, served, mutating=False)
        except ApiError as error:
            first = first or error
    if first is not None:
        raise first


def _told(options: DeleteOptions) -> JsonObject:
    given: JsonObject = {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"}
    if options.grace_period is not None:
        given["gracePeriodSeconds"] = options.grace_period
    preconditions = {key: value for key, value in (("uid", options.uid), ("resourceVersion", options.resource_version)) if value}
    if preconditions:
        given["preconditions"] = preconditions
    if options.orphan_dependents is not None:
        given["orphanDependents"] = options.orphan_dependents
    elif options.propagation is not None:
        given["propagationPolicy"] = options.propagation
    if options.dry_run:
        given["dryRun"] = ["All"]
    return given
