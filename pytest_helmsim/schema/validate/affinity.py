"""Rules for where pods may run: affinity, node selectors, spreading, tolerations.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import check_operator, check_selector

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")


def check_affinity(errors: Errors, path: str, affinity: JsonObject) -> None:
    """To nodes, to pods and away from pods."""
    node = affinity.get("nodeAffinity") or {}
    if node.get(_REQUIRED) is not None:
        check_node_selector(errors, f"{path}.nodeAffinity.{_REQUIRED}", node[_REQUIRED])
    for index, term in enumerate(node.get(_PREFERRED) or ()):
        here = f"{path}.nodeAffinity.{_PREFERRED}[{index}]"
        _check_weight(errors, here, term)
        _check_node_term(errors, f"{here}.preference", term.get("preference") or {}, values=False)
    for key in ("podAffinity", "podAntiAffinity"):
        part = affinity.get(key) or {}
        for index, term in enumerate(part.get(_REQUIRED) or ()):
            _check_pod_term(errors, f"{path}.{key}.{_REQUIRED}[{index}]", term)
        for index, weighted in enumerate(part.get(_PREFERRED) or ()):
            here = f"{path}.{key}.{_PREFERRED}[{index}]"
            _check_weight(errors, here, weighted)
            _check_pod_term(errors, f"{here}.podAffinityTerm", weighted.get("podAffinityTerm") or {})


def _check_weight(errors: Errors, path: str, term: JsonObject) -> None:
    weight = term.get("weight", 0)
    if not 0 < weight <= 100:
        errors.invalid(f"{path}.weight", weight, "must be in the range 1-100")


def check_node_selector(errors: Errors, path: str, selector: JsonObject) -> None:
    """At least one term."""
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        errors.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        _check_node_term(errors, f"{path}.nodeSelectorTerms[{index}]", term, values=True)


def _check_node_term(errors: Errors, path: str, term: JsonObject, *, values: bool) -> None:
    for index, rule in enumerate(term.get("matchExpressions") or ()):
        here = f"{path}.matchExpressions[{index}]"
        operator, given = rule.get("operator", ""), rule.get("values") or []
        if operator not in ("Gt", "Lt"):
            check_operator(errors, here, operator, given)
        elif len(given) != 1:
            errors.required(f"{here}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
        errors.all_invalid(f"{here}.key", rule.get("key", ""), names.label_key(rule.get("key", "")))
        for position, value in enumerate(given if values else ()):
            errors.all_invalid(f"{here}.values[{position}]", value, names.label_value(value))
    for index, rule in enumerate(term.get("matchFields") or ()):
        _check_field_rule(errors, f"{path}.matchFields[{index}]", rule)


def _check_field_rule(errors: Errors, path: str, rule: JsonObject) -> None:
    operator, given = rule.get("operator", ""), rule.get("values") or []
    if operator not in ("In", "NotIn"):
        errors.invalid(f"{path}.operator", operator, "not a valid selector operator")
    elif len(given) != 1:
        errors.required(f"{path}.values", "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
    if rule.get("key", "") != "metadata.name":
        errors.invalid(f"{path}.key", rule.get("key", ""), "not a valid field selector key")
        return
    for position, value in enumerate(given):
        errors.all_invalid(f"{path}.values[{position}]", value, names.dns_subdomain(value))


def _check_pod_term(errors: Errors, path: str, term: JsonObject) -> None:
    check_selector(errors, f"{path}.labelSelector", term.get("labelSelector"))
    check_selector(errors, f"{path}.namespaceSelector", term.get("namespaceSelector"))
    for namespace in term.get("namespaces") or ():
        errors.all_invalid(f"{path}.namespace", namespace, names.dns_label(namespace))
    check_match_keys(errors, path, term)
    key = term.get("topologyKey", "")
    if not key:
        errors.required(f"{path}.topologyKey", "can not be empty")
    errors.all_invalid(f"{path}.topologyKey", key, names.label_key(key))


def check_match_keys(errors: Errors, path: str, term: JsonObject) -> None:
    """Label keys whose values come from the pod itself; they need a selector to be added to, and are not in it already."""
    selector = term.get("labelSelector")
    keys, others = term.get("matchLabelKeys") or [], term.get("mismatchLabelKeys") or []
    for name, given in (("matchLabelKeys", keys), ("mismatchLabelKeys", others)):
        if given and selector is None:
            errors.forbidden(f"{path}.{name}", "must not be specified when labelSelector is not set")
        elif given:
            for index, key in enumerate(given):
                errors.all_invalid(f"{path}.{name}[{index}]", key, names.label_key(key))
    if selector is not None:
        positions = {key: index for index, key in enumerate(keys)}
        known = set(selector.get("matchLabels") or ())
        for expression in selector.get("matchExpressions") or ():
            key = expression.get("key", "")
            if key in positions and key in known:
                errors.invalid(f"{path}[{positions[key]}]", key, "exists in both matchLabelKeys and labelSelector")
            known.add(key)
    for index, key in enumerate(keys):
        if key in others:
            errors.invalid(f"{path}.matchLabelKeys[{index}]", key, "exists in both matchLabelKeys and mismatchLabelKeys")


def check_spread(errors: Errors, path: str, constraints: list[JsonObject]) -> None:
    """Topology spread constraints."""
    for index, constraint in enumerate(constraints):
        here = f"{path}[{index}]"
        skew, key, action = constraint.get("maxSkew", 0), constraint.get("topologyKey", ""), constraint.get("whenUnsatisfiable", "")
        if skew <= 0:
            errors.invalid(f"{here}.maxSkew", skew, "must be greater than zero")
        if not key:
            errors.required(f"{here}.topologyKey", "can not be empty")
        if action not in _ACTIONS:
            errors.unsupported(f"{here}.whenUnsatisfiable", action, _ACTIONS)
        if any((other.get("topologyKey", ""), other.get("whenUnsatisfiable", "")) == (key, action) for other in constraints[index + 1 :]):
            errors.duplicate(f"{here}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        domains = constraint.get("minDomains")
        if domains is not None:
            if domains <= 0:
                errors.invalid(f"{here}.minDomains", domains, "must be greater than zero")
            if action != "DoNotSchedule":
                why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
                errors.invalid(f"{here}.minDomains", domains, why)
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if constraint.get(name) is not None and constraint[name] not in ("Honor", "Ignore"):
                errors.unsupported(f"{here}.{name}", constraint[name], ("Honor", "Ignore"))
        if errors.minor >= 34:
            check_match_keys(errors, here, constraint)
        else:
            _check_old_match_keys(errors, f"{here}.matchLabelKeys", constraint)
        check_selector(errors, f"{here}.labelSelector", constraint.get("labelSelector"))


def _check_old_match_keys(errors: Errors, path: str, constraint: JsonObject) -> None:
    keys, selector = constraint.get("matchLabelKeys") or [], constraint.get("labelSelector")
    if not keys:
        return
    if selector is None:
        errors.forbidden(path, "must not be specified when labelSelector is not set")
    used = {*((selector or {}).get("matchLabels") or ())}
    used |= {expression.get("key", "") for expression in (selector or {}).get("matchExpressions") or ()}
    for index, key in enumerate(keys):
        errors.all_invalid(f"{path}[{index}]", key, names.label_key(key))
        if key in used:
            errors.invalid(f"{path}[{index}]", key, "exists in both matchLabelKeys and labelSelector")


def check_tolerations(errors: Errors, path: str, tolerations: list[JsonObject]) -> None:
    """Which taints a pod bears."""
    for index, toleration in enumerate(tolerations):
        here = f"{path}[{index}]"
        key, operator, value = toleration.get("key", ""), toleration.get("operator", ""), toleration.get("value", "")
        effect = toleration.get("effect", "")
        if key:
            errors.all_invalid(f"{here}.key", key, names.label_key(key))
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            errors.invalid(f"{here}.operator", operator, why)
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            errors.invalid(f"{here}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        if operator in ("Equal", ""):
            complaints = names.label_value(value)
            if complaints:
                errors.invalid(f"{here}.operator", value, ";".join(complaints))
        elif operator == "Exists":
            if value:
                errors.invalid(f"{here}.operator", value, "value must be empty when `operator` is 'Exists'")
        elif operator in ("Lt", "Gt") and errors.minor >= 35:
            errors.unsupported(f"{here}.operator", operator, ("Equal", "Exists", "Lt", "Gt"))
        else:
            errors.unsupported(f"{here}.operator", operator, ("Equal", "Exists"))
        if effect and effect not in EFFECTS:
            errors.unsupported(f"{here}.effect", effect, EFFECTS)
