"""Rules for admission policies and their bindings; expressions in CEL are compiled.

Source: k8s.io/kubernetes pkg/apis/admissionregistration/validation/validation.go.
"""

from __future__ import annotations

import re

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.admission_expressions import Expressions
from pytest_helmsim.schema.validate.metadata import check_metadata, check_selector
from pytest_helmsim.schema.validate.webhooks import check_match_conditions, check_rule

_FAILURE, _MATCH = ("Fail", "Ignore"), ("Equivalent", "Exact")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_ACTIONS = ("Audit", "Deny", "Warn")
_MUTATED = ("*", "CONNECT", "CREATE", "UPDATE")
_REINVOCATION, _PATCHES = ("IfNeeded", "Never"), ("ApplyConfiguration", "JSONPatch")
_IDENTIFIER = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED = frozenset(
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
        "package", "namespace", "return", "var", "void", "while",
    }
)  # fmt: skip
_ANNOTATIONS = 20
_ANNOTATION = 5 * 1024
_LINE = re.compile(r"[\n\r]+")


def check_validating(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, standard=False)
    spec = obj.get("spec") or {}
    known = _check_policy(errors, spec)
    _check_variables(errors, spec)
    known.declare(spec.get("variables") or [])
    rules, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not rules and not annotations:
        why = "validations or auditAnnotations must contain at least one item"
        errors.required("spec.validations", why)
        errors.required("spec.auditAnnotations", why)
    for index, rule in enumerate(rules):
        _check_validation(errors, f"spec.validations[{index}]", rule, known)
    if len(annotations) > _ANNOTATIONS:
        errors.invalid("spec.auditAnnotations", annotations, f"must not have more than {_ANNOTATIONS} auditAnnotations")
    seen: set[str] = set()
    for index, entry in enumerate(annotations):
        path, key = f"spec.auditAnnotations[{index}]", entry.get("key", "")
        _check_annotation(errors, path, entry, (obj.get("metadata") or {}).get("name", ""))
        value = entry.get("valueExpression", "")
        if 0 < len(value.strip()) <= _ANNOTATION:
            known.check(f"{path}.valueExpression", value.strip(), ("string", "null_type"), shown=value)
        if key in seen:
            errors.duplicate(f"{path}.key", key)
        seen.add(key)


def check_validating_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_validating(errors, new)


def check_mutating(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, standard=False)
    spec = obj.get("spec") or {}
    known = _check_policy(errors, spec, mutating=True)
    _check_variables(errors, spec)
    known.declare(spec.get("variables") or [])
    mutations = spec.get("mutations") or []
    if not mutations:
        errors.required("spec.mutations", "mutations must contain at least one item")
    for index, mutation in enumerate(mutations):
        _check_mutation(errors, f"spec.mutations[{index}]", mutation, known)
    again = spec.get("reinvocationPolicy", "")
    if not again:
        errors.required("spec.reinvocationPolicy")
    elif again not in _REINVOCATION:
        errors.unsupported("spec.reinvocationPolicy", again, _REINVOCATION)


def check_mutating_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_mutating(errors, new)


def check_validating_binding(errors: Errors, obj: JsonObject) -> None:
    _check_binding(errors, obj)
    path, actions = "spec.validationActions", (obj.get("spec") or {}).get("validationActions") or []
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            errors.unsupported(f"{path}[{index}]", action, _ACTIONS)
        if action in actions[:index]:
            errors.duplicate(f"{path}[{index}]", action)
    if "Deny" in actions and "Warn" in actions:
        why = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers"
        errors.invalid(path, actions, f"{why} serves no purpose)")
    if not actions:
        errors.required(path, "at least one validation action is required")


def check_validating_binding_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_validating_binding(errors, new)


def check_mutating_binding(errors: Errors, obj: JsonObject) -> None:
    _check_binding(errors, obj)
    _check_operations(errors, "spec.matchResources", (obj.get("spec") or {}).get("matchResources") or {})


def check_mutating_binding_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_mutating_binding(errors, new)


def _check_policy(errors: Errors, spec: JsonObject, *, mutating: bool = False) -> Expressions:
    """What both kinds of policies have: when they apply, and to what; gives the compiler of the policy's other expressions."""
    params = spec.get("paramKind") is not None
    failure, match = spec.get("failurePolicy"), spec.get("matchConstraints")
    if failure is None:
        errors.required("spec.failurePolicy")
    elif failure not in _FAILURE:
        errors.unsupported("spec.failurePolicy", failure, _FAILURE)
    if spec.get("paramKind") is not None:
        _check_param_kind(errors, spec["paramKind"])
    if match is None:
        errors.required("spec.matchConstraints")
    else:
        _check_match(errors, "spec.matchConstraints", match)
        if not match.get("resourceRules"):
            errors.required("spec.matchConstraints.resourceRules")
        if mutating:
            _check_operations(errors, "spec.matchConstraints", match)
    check_match_conditions(errors, "spec.matchConditions", spec.get("matchConditions") or [], params=params)
    return Expressions(errors, params=params)


def _check_param_kind(errors: Errors, kind: JsonObject) -> None:
    path, api_version, name = "spec.paramKind", kind.get("apiVersion", ""), kind.get("kind", "")
    group, _, version = api_version.rpartition("/")
    if not api_version:
        errors.required(f"{path}.apiVersion")
    elif api_version.count("/") > 1:
        errors.invalid(f"{path}.apiVersion", api_version, f"unexpected GroupVersion string: {api_version}")
    else:
        complaints = names.dns_subdomain(group) if group else ()
        if complaints:
            errors.invalid(f"{path}.apiVersion", group, ",".join(complaints))
        complaints = names.dns_1035_label(version) if version else ()
        if not version:
            errors.invalid(f"{path}.apiVersion", api_version, "version must be specified")
        elif complaints:
            errors.invalid(f"{path}.apiVersion", version, ",".join(complaints))
    complaints = names.dns_1035_label(name.lower()) if name else ()
    if not name:
        errors.required(f"{path}.kind")
    elif complaints:
        errors.invalid(f"{path}.kind", name, f"may have mixed case, but should otherwise match: {','.join(complaints)}")


def _check_match(errors: Errors, path: str, match: JsonObject) -> None:
    policy = match.get("matchPolicy")
    if policy is None:
        errors.required(f"{path}.matchPolicy")
    elif policy not in _MATCH:
        errors.unsupported(f"{path}.matchPolicy", policy, _MATCH)
    for field in ("namespaceSelector", "objectSelector"):
        if match.get(field) is None:
            errors.required(f"{path}.{field}")
        else:
            check_selector(errors, f"{path}.{field}", match[field])
    for field in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(match.get(field) or ()):
            here, given = f"{path}.{field}[{index}]", rule.get("resourceNames") or []
            for position, name in enumerate(given):
                errors.all_invalid(f"{here}.resourceNames[{position}]", name, names.path_segment(name))
                if name in given[:position]:
                    errors.duplicate(f"{here}.resourceNames[{position}]", name)
            check_rule(errors, here, rule)


def _check_operations(errors: Errors, path: str, match: JsonObject) -> None:
    for rule in match.get("resourceRules") or ():
        for operation in rule.get("operations") or ():
            if operation not in _MUTATED:
                errors.unsupported(f"{path}.resourceRules.operations", operation, _MUTATED)


def _check_variables(errors: Errors, spec: JsonObject) -> None:
    for index, variable in enumerate(spec.get("variables") or ()):
        path, name = f"spec.variables[{index}]", variable.get("name", "")
        if not name.strip():
            errors.required(f"{path}.name", "name is not specified")
        elif not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            errors.invalid(f"{path}.name", name, "must be a valid CEL identifier")
        if not variable.get("expression", "").strip():
            errors.required(f"{path}.expression", "expression is not specified")


def _check_validation(errors: Errors, path: str, rule: JsonObject, known: Expressions) -> None:
    if not rule.get("expression", "").strip():
        errors.required(f"{path}.expression", "expression is not specified")
    else:
        known.check(f"{path}.expression", rule["expression"], ("bool",))
    if rule.get("messageExpression", "").strip():
        known.check(f"{path}.messageExpression", rule["messageExpression"], ("string",), authorizer=False)
    for field in ("messageExpression", "message"):
        text = rule.get(field, "")
        if text and not text.strip():
            errors.invalid(f"{path}.{field}", text, "must be non-empty if specified")
        elif field == "message" and _LINE.search(text.strip()):
            errors.invalid(f"{path}.{field}", text, "must not contain line breaks")
    reason = rule.get("reason")
    if reason is not None and reason not in _REASONS:
        errors.unsupported(f"{path}.reason", reason, _REASONS)


def _check_annotation(errors: Errors, path: str, entry: JsonObject, policy: str) -> None:
    key, value = entry.get("key", ""), entry.get("valueExpression", "").strip()
    if policy:
        errors.all_invalid(f"{path}.key", f"{policy}/{key}", names.label_key(f"{policy}/{key}"))
    else:
        errors.invalid(f"{path}.key", key, "requires metadata.name be non-empty")
    if not value:
        errors.required(f"{path}.valueExpression", "valueExpression is not specified")
    elif len(value) > _ANNOTATION:
        errors.required(f"{path}.valueExpression", f"must not exceed {_ANNOTATION} bytes in length")


def _check_mutation(errors: Errors, path: str, mutation: JsonObject, known: Expressions) -> None:
    kind = mutation.get("patchType", "")
    if not kind:
        errors.required(f"{path}.patchType")
        return
    if kind not in _PATCHES:
        errors.unsupported(f"{path}.patchType", kind, _PATCHES)
        return
    wanted, other = ("jsonPatch", "applyConfiguration") if kind == "JSONPatch" else ("applyConfiguration", "jsonPatch")
    if mutation.get(wanted) is None:
        errors.required(f"{path}.{wanted}", f"must be specified when patchType is {kind}")
    elif not mutation[wanted].get("expression", "").strip():
        errors.required(f"{path}.{wanted}.expression")
    else:
        result = "list(JSONPatch)" if kind == "JSONPatch" else "Object"
        known.check(f"{path}.{wanted}.expression", mutation[wanted]["expression"].strip(), (result,), patches=True)
    if mutation.get(other) is not None:
        errors.invalid(f"{path}.{other}", f"{{{other}}}", f"must not be specified when patchType is {kind}")


def _check_binding(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, standard=False)
    spec = obj.get("spec") or {}
    name, given = spec.get("policyName", ""), spec.get("paramRef")
    if not name:
        errors.required("spec.policyName")
    else:
        errors.all_invalid("spec.policyName", name, names.dns_subdomain(name))
    if given is not None:
        _check_param(errors, "spec.paramRef", given)
    if spec.get("matchResources") is not None:
        _check_match(errors, "spec.matchResources", spec["matchResources"])


def _check_param(errors: Errors, path: str, given: JsonObject) -> None:
    name, selector, absent = given.get("name", ""), given.get("selector"), given.get("parameterNotFoundAction")
    both = "name and selector are mutually exclusive"
    if name:
        errors.all_invalid(f"{path}.name", name, names.path_segment(name))
        if selector is not None:
            errors.forbidden(f"{path}.name", both)
    if selector is not None:
        check_selector(errors, f"{path}.selector", selector)
        if name:
            errors.forbidden(f"{path}.selector", both)
    if not name and selector is None:
        errors.required(path, "one of name or selector must be specified")
    if not absent:
        errors.required(f"{path}.parameterNotFoundAction")
    elif absent not in ("Deny", "Allow"):
        errors.unsupported(f"{path}.parameterNotFoundAction", absent, ("Deny", "Allow"))
