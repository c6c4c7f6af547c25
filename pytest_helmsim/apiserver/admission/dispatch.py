"""Asks the policies and webhooks of a cluster about one write, in the server's order.

Changing: policies, webhooks, and once more those that want to see what others changed. Refusing: policies, webhooks.
Sources: k8s.io/apiserver pkg/admission/reinvocation.go, pkg/admission/plugin/{policy,webhook}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission import policies
from pytest_helmsim.apiserver.admission.attributes import Attributes
from pytest_helmsim.apiserver.admission.configured import GROUP
from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation
    from pytest_helmsim.apiserver.options import DeleteOptions


def mutate(op: Operation, new: JsonObject, old: JsonObject | None) -> JsonObject:
    """The object as policies and webhooks leave it."""
    return new


def validate(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Raise the refusal of a policy or a webhook."""
    _validate(Attributes(op, "CREATE" if old is None else "UPDATE", new, old))


def validate_delete(op: Operation, old: JsonObject, options: DeleteOptions) -> None:
    """The same for a deletion, which nothing can change."""
    _validate(Attributes(op, "DELETE", None, old, _told(options)))


def _validate(attributes: Attributes) -> None:
    op = attributes.op
    if op.served.key.group == GROUP:
        return
    if "ValidatingAdmissionPolicy" not in op.server.disabled_admission:
        policies.validate(attributes, op.server.configured.validating)


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
