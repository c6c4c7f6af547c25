"""Rules for FlowSchemas and PriorityLevelConfigurations, and what those that every server has must be.

Source: k8s.io/kubernetes pkg/apis/flowcontrol/validation/validation.go, pkg/apis/flowcontrol/internalbootstrap.
"""

from __future__ import annotations

import math
from typing import Any

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import check_metadata, same

_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_SUBJECTS = ("Group", "ServiceAccount", "User")
_MOST_QUEUES = 10_000_000
_HIGHEST = 10_000
_HASH_BITS = 60
_FIXED_SCHEMAS = {"exempt": ("exempt", 1, None, "system:masters"), "catch-all": ("catch-all", 10_000, "ByUser", None)}
"""Level, precedence and distinguisher of the two schemas that cannot be changed."""


def check_schema(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    spec, name = obj.get("spec") or {}, (obj.get("metadata") or {}).get("name", "")
    precedence = spec.get("matchingPrecedence", 0)
    if precedence <= 0:
        errors.invalid("spec.matchingPrecedence", precedence, "must be a positive value")
    if precedence > _HIGHEST:
        errors.invalid("spec.matchingPrecedence", precedence, f"must not be greater than {_HIGHEST}")
    if precedence == 1 and name != "exempt":
        errors.invalid("spec.matchingPrecedence", precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in ("ByNamespace", "ByUser"):
        errors.unsupported("spec.distinguisherMethod.type", {"Type": method.get("type", "")}, ("ByNamespace", "ByUser"))
    level = (spec.get("priorityLevelConfiguration") or {}).get("name", "")
    if level:
        errors.all_invalid("spec.priorityLevelConfiguration.name", level, names.dns_subdomain(level))
    else:
        errors.required("spec.priorityLevelConfiguration.name", "must reference a priority level")
    for index, rule in enumerate(spec.get("rules") or ()):
        _check_rule(errors, f"spec.rules[{index}]", rule)
    fixed = _FIXED_SCHEMAS.get(name)
    if fixed is not None and (level, precedence, (method or {}).get("type")) != fixed[:3]:
        errors.invalid("spec", spec, f"spec of '{name}' must equal the fixed value")


def check_schema_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_schema(errors, new)
    _check_fixed(errors, new, old, ("exempt", "catch-all"))


def _check_fixed(errors: Errors, new: JsonObject, old: JsonObject, fixed: tuple[str, ...]) -> None:
    name = (new.get("metadata") or {}).get("name", "")
    if name in fixed and not errors and not same(new.get("spec"), old.get("spec")):
        errors.invalid("spec", new.get("spec"), f"spec of '{name}' must equal the fixed value")


def _check_rule(errors: Errors, path: str, rule: JsonObject) -> None:
    subjects, resources, others = (rule.get(key) or [] for key in ("subjects", "resourceRules", "nonResourceRules"))
    for index, subject in enumerate(subjects):
        _check_subject(errors, f"{path}.subjects[{index}]", subject)
    if not subjects:
        errors.required(f"{path}.subjects", "subjects must contain at least one value")
    if not resources and not others:
        errors.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
    for index, entry in enumerate(resources):
        _check_resources(errors, f"{path}.resourceRules[{index}]", entry)
    for index, entry in enumerate(others):
        _check_urls(errors, f"{path}.nonResourceRules[{index}]", entry)


def _check_subject(errors: Errors, path: str, subject: JsonObject) -> None:
    kind = subject.get("kind", "")
    if kind not in _SUBJECTS:
        errors.unsupported(f"{path}.kind", kind, _SUBJECTS)
        return
    field = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}[kind]
    given, here = subject.get(field), f"{path}.{field}"
    if given is None:
        errors.required(here, f"{field} is required when subject kind is '{kind}'")
    elif not given.get("name"):
        errors.required(f"{here}.name")
    elif kind == "ServiceAccount" and given["name"] != "*":
        errors.all_invalid(f"{here}.name", given["name"], names.dns_subdomain(given["name"]))
    if given is not None and kind == "ServiceAccount":
        space = given.get("namespace", "")
        if space:
            errors.all_invalid(f"{here}.namespace", space, names.dns_label(space))
        else:
            errors.required(f"{here}.namespace", "must specify namespace for service account")
    order = {"Group": ("serviceAccount", "user"), "ServiceAccount": ("user", "group"), "User": ("serviceAccount", "group")}[kind]
    for other in order:
        if subject.get(other) is not None:
            owner = other[0].upper() + other[1:]
            errors.forbidden(f"{path}.{other}", f"{other} is forbidden when subject kind is not '{owner}'")


def _check_verbs(errors: Errors, path: str, verbs: list[str]) -> None:
    if not verbs:
        errors.required(f"{path}.verbs", "verbs must contain at least one value")
    elif "*" in verbs:
        if len(verbs) > 1:
            errors.invalid(f"{path}.verbs", verbs, "if '*' is present, must not specify other verbs")
    elif not set(verbs) <= set(_VERBS):
        errors.unsupported(f"{path}.verbs", verbs, _VERBS)


def _check_resources(errors: Errors, path: str, rule: JsonObject) -> None:
    _check_verbs(errors, path, rule.get("verbs") or [])
    for field, one, many in (("apiGroups", "api group", "api groups"), ("resources", "resource", "resources")):
        values = rule.get(field) or []
        if not values:
            errors.required(f"{path}.{field}", f"resource rules must supply at least one {one}")
        elif len(values) > 1 and "*" in values:
            errors.invalid(f"{path}.{field}", values, f"if '*' is present, must not specify other {many}")
    spaces = rule.get("namespaces") or []
    if not spaces and not rule.get("clusterScope"):
        why = "resource rules that are not cluster scoped must supply at least one namespace"
        errors.required(f"{path}.namespaces", why)
    elif "*" in spaces:
        if len(spaces) > 1:
            errors.invalid(f"{path}.namespaces", spaces, "if '*' is present, must not specify other namespaces")
    else:
        for index, space in enumerate(spaces):
            for complaint in names.dns_label(space):
                why = f"each member of this list must be '*' or a DNS-1123 label; {complaint}"
                errors.invalid(f"{path}.namespaces[{index}]", space, why)


def _check_urls(errors: Errors, path: str, rule: JsonObject) -> None:
    _check_verbs(errors, path, rule.get("verbs") or [])
    urls, here = rule.get("nonResourceURLs") or [], f"{path}.nonResourceURLs"
    if not urls:
        errors.required(here, "nonResourceURLs must contain at least one value")
    elif "*" in urls:
        if len(urls) > 1:
            errors.invalid(here, urls, "if '*' is present, must not specify other non-resource URLs")
    else:
        for index, url in enumerate(urls):
            complaint = _about_url(url)
            if complaint:
                errors.invalid(f"{here}[{index}]", url, complaint)


def _about_url(url: str) -> str:
    if not url:
        return "must not be empty"
    if url == "/":
        return ""
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    stars = url.count("*")
    return "wildcard can only do suffix matching" if stars > 1 or (stars == 1 and not url.endswith("/*")) else ""


def check_level(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    spec, name = obj.get("spec") or {}, (obj.get("metadata") or {}).get("name", "")
    kind, limited, exempt = spec.get("type", ""), spec.get("limited"), spec.get("exempt")
    if (name == "exempt") != (kind == "Exempt"):
        errors.invalid("spec.type", kind, "must be 'Exempt' if and only if `name` is 'exempt'")
    if kind == "Exempt":
        if limited is not None:
            errors.forbidden("spec.limited", "must be nil if the type is not Limited")
        if exempt is not None:
            _check_shares(errors, "spec.exempt", exempt)
    elif kind == "Limited":
        if exempt is not None:
            errors.forbidden("spec.exempt", "must be nil if the type is Limited")
        if limited is None:
            errors.required("spec.limited", "must not be empty when type is Limited")
        else:
            _check_limited(errors, limited)
    elif not kind:
        errors.required("spec.type")
    else:
        errors.unsupported("spec.type", kind, ("Exempt", "Limited"))


def check_level_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_level(errors, new)
    _check_fixed(errors, new, old, ("catch-all",))


def _check_shares(errors: Errors, path: str, part: JsonObject) -> None:
    shares, lendable = part.get("nominalConcurrencyShares"), part.get("lendablePercent")
    if shares is not None and shares < 0:
        errors.invalid(f"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer")
    if path == "spec.limited":
        _check_response(errors, f"{path}.limitResponse", part.get("limitResponse") or {})
    if lendable is not None and not 0 <= lendable <= 100:
        errors.invalid(f"{path}.lendablePercent", lendable, "must be between 0 and 100, inclusive")


def _check_limited(errors: Errors, limited: JsonObject) -> None:
    _check_shares(errors, "spec.limited", limited)
    borrowed = limited.get("borrowingLimitPercent")
    if borrowed is not None and borrowed < 0:
        errors.invalid("spec.limited.borrowingLimitPercent", borrowed, "if specified, must be a non-negative integer")


def _check_response(errors: Errors, path: str, response: JsonObject) -> None:
    kind, queuing = response.get("type", ""), response.get("queuing")
    if kind == "Reject":
        if queuing is not None:
            errors.forbidden(f"{path}.queuing", "must be nil if limited.limitResponse.type is not Limited")
    elif kind == "Queue":
        if queuing is None:
            errors.required(f"{path}.queuing", "must not be empty if limited.limitResponse.type is Limited")
        else:
            _check_queuing(errors, f"{path}.queuing", queuing)
    elif not kind:
        errors.required(f"{path}.type")
    else:
        errors.unsupported(f"{path}.type", kind, ("Queue", "Reject"))


def _check_queuing(errors: Errors, path: str, queuing: Any) -> None:
    queues, hand, limit = (queuing.get(key, 0) for key in ("queues", "handSize", "queueLengthLimit"))
    if limit <= 0:
        errors.invalid(f"{path}.queueLengthLimit", limit, "must be positive")
    if queues <= 0:
        errors.invalid(f"{path}.queues", queues, "must be positive")
    elif queues > _MOST_QUEUES:
        errors.invalid(f"{path}.queues", queues, f"must not be greater than {_MOST_QUEUES}")
    if hand <= 0:
        errors.invalid(f"{path}.handSize", hand, "must be positive")
    elif hand > queues:
        errors.invalid(f"{path}.handSize", hand, f"should not be greater than queues ({queues})")
    elif math.ceil(sum(math.log2(queues - drawn) for drawn in range(min(hand, _HASH_BITS * 2)))) > _HASH_BITS:
        sizes = f"deckSize {queues} and handSize {hand}"
        errors.invalid(f"{path}.handSize", hand, f"required entropy bits of {sizes} should not be greater than {_HASH_BITS}")
