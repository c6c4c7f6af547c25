"""What a definition says about values: defaults that must fit, rules in CEL as far as their words go, selectable fields.

Expressions are not compiled: their types and costs stay unchecked. Sources: k8s.io/apiextensions-apiserver
pkg/apis/apiextensions/validation/{validation,cel_validation}.go, pkg/apiserver/schema/defaulting/validation.go.
"""

from __future__ import annotations

import re

from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.validate import custom_values

MAX_DEPTH = 100
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\['((?:[^'\\]|\\.)+)'\]")


def check_default(errors: Errors, path: str, schema: JsonObject) -> None:
    """A default must be a value of its own schema, without fields that the schema does not know."""
    default = schema.get("default")
    if default is None:
        return
    if _pruned(copy(default), schema, 0) != default:
        errors.invalid(path, default, "must not have unknown fields")
        return
    for error in custom_values.errors(default, schema):
        errors.append(FieldError(error.type, f"{path}.{error.field}" if error.field else path, error.value, error.detail))


def _pruned(value: Json, schema: JsonObject, depth: int) -> Json:
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, dict):
        properties, others = schema.get("properties") or {}, schema.get("additionalProperties")
        kept: JsonObject = {}
        for key, item in value.items():
            if key in properties:
                kept[key] = _pruned(item, properties[key], depth + 1)
            elif isinstance(others, dict):
                kept[key] = _pruned(item, others, depth + 1)
            elif others is True or schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource"):
                kept[key] = item
        return kept
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_pruned(item, schema["items"], depth + 1) for item in value]
    return value


def check_rules(errors: Errors, path: str, schema: JsonObject, within: str) -> None:
    """The rules of one node; `within` is the list or map around it whose items cannot be told from one another, if any."""
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        here, text = f"{path}.x-kubernetes-validations[{index}]", rule.get("rule") or ""
        if not text.strip():
            errors.required(f"{here}.rule", "rule is not specified")
            continue
        message = rule.get("message")
        if message and not message.strip():
            errors.invalid(f"{here}.message", message, "must be non-empty if specified")
        elif message and "\n" in message.strip():
            errors.invalid(f"{here}.message", message, "must not contain line breaks")
        elif "\n" in text.strip() and not message:
            errors.required(f"{here}.message", "message must be specified if rule contains line breaks")
        if rule.get("messageExpression") and not rule["messageExpression"].strip():
            errors.required(f"{here}.messageExpression", "must be non-empty if specified")
        if rule.get("reason") and rule["reason"] not in _REASONS:
            errors.unsupported(f"{here}.reason", rule["reason"], _REASONS)
        if rule.get("fieldPath") and not _refers(schema, rule["fieldPath"]):
            errors.invalid(f"{here}.fieldPath", rule["fieldPath"], "must be a valid path")
        compares = re.search(r"\boldSelf\b", text) is not None
        if compares and within:
            why = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {within}"
            errors.invalid(f"{here}.rule", text, why)
        if rule.get("optionalOldSelf") is not None and not compares:
            errors.invalid(f"{here}.optionalOldSelf", rule["optionalOldSelf"], "may not be set if oldSelf is not used in rule")


def _refers(schema: JsonObject, path: str) -> bool:
    """Whether a path leads to a field of the schema."""
    position, node = 0, schema
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            return False
        key = step[1] or re.sub(r"\\(.)", r"\1", step[2])
        others = node.get("additionalProperties")
        found = (node.get("properties") or {}).get(key) or (others if isinstance(others, dict) and not step[1] else None)
        if not isinstance(found, dict):
            return False
        node, position = found, step.end()
    return bool(path)


def check_selectable(errors: Errors, path: str, fields: list[JsonObject], schema: JsonObject | None) -> None:
    """Fields by which objects can be selected must be there, and be strings, integers or booleans."""
    seen: set[str] = set()
    for index, field in enumerate(fields):
        here, json_path = f"{path}.selectableFields[{index}].jsonPath", field.get("jsonPath") or ""
        if not json_path:
            errors.required(here)
            continue
        if not json_path.startswith((".", "[")):
            errors.invalid(here, json_path, f"is an invalid path: expected [ or . but got: {json_path}")
            continue
        node = _node(schema or {}, json_path)
        if node is None or json_path.startswith(".metadata"):
            errors.invalid(here, json_path, "is an invalid path: does not refer to a valid field")
        elif node.get("type") not in ("string", "integer", "boolean"):
            kinds = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
            errors.invalid(here, json_path, kinds)
        if json_path in seen:
            errors.duplicate(here, json_path)
        seen.add(json_path)


def _node(schema: JsonObject, path: str) -> JsonObject | None:
    node: JsonObject | None = schema
    for key in path.strip(".").split("."):
        node = ((node or {}).get("properties") or {}).get(key)
        if not isinstance(node, dict):
            return None
    return node
