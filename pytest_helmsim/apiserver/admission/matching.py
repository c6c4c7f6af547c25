"""Which writes a policy or a webhook is asked about: rules, and the labels of object and namespace.

Source: k8s.io/apiserver pkg/admission/plugin/policy/matching, pkg/admission/plugin/webhook/predicates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import selection
from pytest_helmsim.apiserver.admission.builtin import NAMESPACES
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import not_found

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.admission.attributes import Attributes
    from pytest_helmsim.apiserver.registry import Served


def selected(attributes: Attributes, holder: JsonObject) -> bool:
    """Whether `namespaceSelector` and `objectSelector` take the write; raises `NotFound` for a namespace that is not there."""
    space = selection.of_object(holder.get("namespaceSelector"))
    if space and attributes.namespace and not all(each.matches(_labels_of_namespace(attributes)) for each in space):
        return False
    wanted = selection.of_object(holder.get("objectSelector"))
    objects = [obj for obj in (attributes.new, attributes.old) if obj is not None]
    return not wanted or any(selection.labels_match(wanted, {"metadata": obj.get("metadata") or {}}) for obj in objects)


def _labels_of_namespace(attributes: Attributes) -> JsonObject:
    op = attributes.op
    if op.served.key == NAMESPACES and not op.subresource and attributes.operation in ("CREATE", "UPDATE"):
        return ((attributes.new or {}).get("metadata") or {}).get("labels") or {}
    record = op.server.store.get(NAMESPACES, "", attributes.namespace)
    if record is None:
        raise not_found("namespaces", "", attributes.namespace)
    return record.obj["metadata"].get("labels") or {}


def resource_matched(attributes: Attributes, rules: Iterable[JsonObject], policy: str) -> Served | None:
    """The resource, in the version that a rule names: that of the request, or with `Equivalent` another served one."""
    listed = list(rules)
    asked = attributes.op.served
    if any(_names(rule, attributes, asked) for rule in listed):
        return asked
    if policy != "Equivalent":
        return None
    others = [served for served in attributes.op.server.registry.versions_of(asked.key) if served.gvk != asked.gvk]
    return next((served for rule in listed for served in others if _names(rule, attributes, served)), None)


def constrained(attributes: Attributes, constraints: JsonObject) -> Served | None:
    """What `matchConstraints` of a policy, or `matchResources` of a binding, make of the write."""
    if not selected(attributes, constraints):
        return None
    policy = constraints.get("matchPolicy") or "Exact"
    if resource_matched(attributes, constraints.get("excludeResourceRules") or (), policy) is not None:
        return None
    rules = constraints.get("resourceRules")
    return resource_matched(attributes, rules, policy) if rules else attributes.op.served


def _names(rule: JsonObject, attributes: Attributes, served: Served) -> bool:
    if not _has(rule.get("operations"), attributes.operation):
        return False
    if not (_has(rule.get("apiGroups"), served.group) and _has(rule.get("apiVersions"), served.gvk.version)):
        return False
    scope = rule.get("scope") or "*"
    in_namespace = served.key != NAMESPACES and bool(attributes.namespace)
    if scope != "*" and in_namespace is not (scope == "Namespaced"):
        return False
    names = rule.get("resourceNames")
    return _has_resource(rule, served.plural, attributes.op.subresource) and (not names or attributes.name in names)


def _has(values: list[str] | None, value: str) -> bool:
    return "*" in (values or ()) or value in (values or ())


def _has_resource(rule: JsonObject, plural: str, subresource: str) -> bool:
    for each in rule.get("resources") or ():
        resource, _, part = each.partition("/")
        if resource in ("*", plural) and part in ("*", subresource):
            return True
    return False
