"""What a definition says about values: defaults that must fit, the words of rules in CEL, selectable fields.

Expressions themselves are compiled by `custom_expressions`. Sources: k8s.io/apiextensions-apiserver
pkg/apis/apiextensions/validation/validation.go, pkg/apiserver/schema/defaulting/validation.go.
"""

from __future__ import annotations

import re

from pytest_helmsim.objects.json import Json, JsonObject, copy
from pytest_helmsim.schema import rules
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.validate import custom_values

MAX_DEPTH = 100
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")


def check_defaults(errors: Errors, path: str, schema: JsonObject, *, root: bool = True, depth: int = 0) -> None:
    """Every default must be a value of its own schema, without unknown fields, and pass the rules there."""
    if depth > MAX_DEPTH:
        return
    if schema.get("default") is not None:
        _check_default(errors, f"{path}.default", schema, root=root)
    for key, child in (schema.get("properties") or {}).items():
        check_defaults(errors, f"{path}.properties[{key}]", child, root=False, depth=depth + 1)
    if isinstance(schema.get("items"), dict):
        check_defaults(errors, f"{path}.items", schema["items"], root=False, depth=depth + 1)


def _check_default(errors: Errors, path: str, schema: JsonObject, *, root: bool) -> None:
    default = schema["default"]
    if _pruned(copy(default), schema, 0) != default:
        errors.invalid(path, default, "must not have unknown fields")
        return
    found = custom_values.errors(default, schema)
    for error in found:
        errors.append(FieldError(error.type, f"{path}.{error.field}" if error.field else path, error.value, error.detail))
    if not found:
        whole = root or bool(schema.get("x-kubernetes-embedded-resource"))
        errors.extend(rules.default_errors(schema, default, path, root=whole))


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


def check_rules(errors: Errors, path: str, schema: JsonObject) -> None:
    """The rules of one node as far as their words go."""
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        here, text = f"{path}.x-kubernetes-validations[{index}]", rule.get("rule") or ""
        if not text.strip():
            errors.required(f"{here}.rule", "rule is not specified")
        message = rule.get("message")
        if not text.strip():
            pass
        elif message and not message.strip():
            errors.invalid(f"{here}.message", message, "must be non-empty if specified")
        elif message and re.search(r"[\n\r]", message.strip()):
            errors.invalid(f"{here}.message", message, "must not contain line breaks")
        elif re.search(r"[\n\r]", text.strip()) and not message:
            errors.required(f"{here}.message", "message must be specified if rule contains line breaks")
        if rule.get("messageExpression") and not rule["messageExpression"].strip():
            errors.required(f"{here}.messageExpression", "messageExpression must be non-empty if specified")
        if rule.get("reason") and rule["reason"] not in _REASONS:
            errors.unsupported(f"{here}.reason", rule["reason"], _REASONS)
        _check_field_path(errors, f"{here}.fieldPath", rule.get("fieldPath") or "", schema)


def _check_field_path(errors: Errors, path: str, given: str, schema: JsonObject) -> None:
    if given and not given.strip():
        errors.invalid(path, given, "must be non-empty if specified")
    if re.search(r"[\n\r]", given):
        errors.invalid(path, given, "must not contain line breaks")
    if given and rules.field_path(given, schema) is None:
        errors.invalid(path, given, "must be a valid path")


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
