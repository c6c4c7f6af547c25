"""Rules for CustomResourceDefinitions: names, versions, and schemas that are structural.

The server keeps what all versions share above them, so errors of a common schema stand under `spec.validation`.
Sources: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation, pkg/apiserver/schema/validation.go.
"""

from __future__ import annotations

import re
from typing import Any

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema import rules
from pytest_helmsim.schema.cel.patterns import pattern_error
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.custom_expressions import check_expressions
from pytest_helmsim.schema.validate.custom_rules import check_defaults, check_rules, check_selectable
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update
from pytest_helmsim.schema.validate.webhooks import check_client_config

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_INT_OR_STRING: list[Json] = [{"type": "integer"}, {"type": "string"}]
MAX_DEPTH = 100


def check_definition(errors: Errors, obj: JsonObject) -> None:
    """A new definition."""
    spec = obj.get("spec") or {}
    required = f"{(spec.get('names') or {}).get('plural', '')}.{spec.get('group', '')}"

    def rule(name: str) -> tuple[str, ...]:
        wrong = () if name == required else ('must be spec.names.plural+"."+spec.group',)
        return (*names.dns_subdomain(name), *wrong)

    check_metadata(errors, obj, namespaced=False, name_rule=rule, standard=False)
    _check_approval(errors, obj, spec.get("group") or "")
    _check_rest(errors, obj)


def _check_approval(errors: Errors, obj: JsonObject, group: str) -> None:
    """Groups that belong to the project itself need a word that they were approved."""
    key = "api-approved.kubernetes.io"
    told = ((obj.get("metadata") or {}).get("annotations") or {}).get(key)
    if not (group in ("k8s.io", "kubernetes.io") or group.endswith((".k8s.io", ".kubernetes.io"))):
        return
    path = f"metadata.annotations[{key}]"
    if told is None or not told:
        why = f'protected groups must have approval annotation "{key}", see https://github.com/kubernetes/enhancements/pull/1111'
        errors.required(path, why)
    elif not told.startswith("unapproved") and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/ ]+", told):
        why = "protected groups must have approval annotation, see https://github.com/kubernetes/enhancements/pull/1111"
        errors.invalid(path, told, why)


def _check_rest(errors: Errors, obj: JsonObject) -> None:
    spec = obj.get("spec") or {}
    _check_spec(errors, spec)
    _check_stored(errors, (obj.get("status") or {}).get("storedVersions") or [], spec.get("versions") or [])
    _check_preserving(errors, spec, {})


def _check_preserving(errors: Errors, spec: JsonObject, before: JsonObject) -> None:
    """Keeping everything unknown is of the past; nothing may have a default then."""
    if spec.get("preserveUnknownFields") and any(
        _has_default((v.get("schema") or {}).get("openAPIV3Schema")) for v in spec.get("versions") or ()
    ):
        errors.invalid("spec.preserveUnknownFields", True, "must be false in order to use defaults in the schema")
    if spec.get("preserveUnknownFields") and not before.get("preserveUnknownFields"):
        why = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        errors.invalid("spec.preserveUnknownFields", True, why)


def check_definition_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Group and plural stay; scope and kind stay once the kind is served."""
    check_metadata_update(errors, new, old, standard=False)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    established = any(
        condition.get("type") == "Established" and condition.get("status") == "True"
        for condition in (old.get("status") or {}).get("conditions") or ()
    )
    _check_spec(errors, now)
    kinds = [(side.get("names") or {}) for side in (now, before)]
    if established:
        errors.immutable("spec.scope", now.get("scope"), before.get("scope"))
        errors.immutable("spec.names.kind", kinds[0].get("kind"), kinds[1].get("kind"))
    errors.immutable("spec.group", now.get("group"), before.get("group"))
    errors.immutable("spec.names.plural", kinds[0].get("plural"), kinds[1].get("plural"))
    _check_stored(errors, (new.get("status") or {}).get("storedVersions") or [], now.get("versions") or [])
    _check_preserving(errors, now, before)


def _check_stored(errors: Errors, stored: list[str], versions: list[JsonObject]) -> None:
    path = "status.storedVersions"
    if not stored:
        errors.invalid(path, None, "must have at least one stored version")
        return
    open_names = set(stored)
    for version in versions:
        name = version.get("name")
        if version.get("storage") and name not in open_names:
            errors.invalid(path, stored, f"must have the storage version {name}")
        open_names.discard(name)
    for index, name in enumerate(stored):
        if name in open_names:
            why = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions "
                "until a storage migration ensures no data remains persisted in "
                f"{name} and removes {name} from status.storedVersions"
            )
            errors.invalid(f"{path}[{index}]", name, why)


def _has_default(schema: Json, depth: int = 0) -> bool:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return False
    parts = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return schema.get("default") is not None or any(_has_default(part, depth + 1) for part in parts)


def _common(versions: list[JsonObject], key: str) -> bool:
    return bool(versions) and all(version.get(key) == versions[0].get(key) for version in versions)


def _check_spec(errors: Errors, spec: JsonObject) -> None:
    group, versions = spec.get("group", ""), spec.get("versions") or []
    if not group:
        errors.required("spec.group")
    elif names.dns_subdomain(group):
        errors.invalid("spec.group", group, ",".join(names.dns_subdomain(group)))
    elif "." not in group:
        errors.invalid("spec.group", group, "should be a domain with at least one dot")
    _check_choice(errors, "spec.scope", spec.get("scope", ""), ("Cluster", "Namespaced"))
    for index, version in enumerate(versions):
        if (version.get("schema") or {}).get("openAPIV3Schema") is None:
            errors.required(f"spec.versions[{index}].schema.openAPIV3Schema")
    shared = {key: _common(versions, key) for key in ("schema", "subresources", "additionalPrinterColumns")}
    for index, version in enumerate(versions):
        _check_version(errors, f"spec.versions[{index}]", version, shared)
    shown = [_internal_version(version, shared) for version in versions]
    listed = [version.get("name") for version in versions]
    shown_or_nil: Json = shown if group else None
    if len(set(listed)) != len(listed):
        errors.invalid("spec.versions", shown, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        errors.invalid("spec.versions", shown_or_nil, "must have exactly one version marked as storage version")
    if versions and versions[0].get("name") and names.dns_1035_label(versions[0]["name"]):
        first = versions[0].get("name", "")
        errors.invalid("spec.version", first, ",".join(names.dns_1035_label(first)))
    _check_names(errors, spec.get("names") or {})
    if versions:
        _check_parts(errors, "spec", versions[0], {key: not same for key, same in shared.items()}, schema_path="spec.validation")
    one = _common(versions, "selectableFields")
    for index, version in enumerate(versions[:1] if one else versions):
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        check_selectable(errors, "spec" if one else f"spec.versions[{index}]", version.get("selectableFields") or [], schema)
    _check_conversion(errors, "spec.conversion", spec.get("conversion"))


def _internal_version(version: JsonObject, shared: dict[str, bool]) -> dict[str, Any]:
    """The server's own struct, without what moved above the versions."""
    return {
        "Name": version.get("name", ""),
        "Served": bool(version.get("served")),
        "Storage": bool(version.get("storage")),
        "Deprecated": bool(version.get("deprecated")),
        "DeprecationWarning": version.get("deprecationWarning"),
        "Schema": None if shared["schema"] else version.get("schema"),
        "Subresources": None if shared["subresources"] else version.get("subresources"),
        "AdditionalPrinterColumns": None if shared["additionalPrinterColumns"] else version.get("additionalPrinterColumns"),
        "SelectableFields": None,
    }


def _check_version(errors: Errors, path: str, version: JsonObject, shared: dict[str, bool]) -> None:
    name, warning = version.get("name", ""), version.get("deprecationWarning")
    if names.dns_1035_label(name):
        errors.invalid(f"{path}.name", name, ",".join(names.dns_1035_label(name)))
    if warning == "" and version.get("deprecated"):
        errors.invalid(f"{path}.deprecationWarning", "", "must not be an empty string")
    if warning is not None and not version.get("deprecated"):
        errors.invalid(f"{path}.deprecationWarning", warning, "can only be set for deprecated versions")
    _check_parts(errors, path, version, shared, schema_path=f"{path}.schema")


def _check_parts(errors: Errors, path: str, version: JsonObject, elsewhere: dict[str, bool], *, schema_path: str) -> None:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is not None and not elsewhere["schema"]:
        _check_schema(errors, f"{schema_path}.openAPIV3Schema", schema)
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None and not elsewhere["subresources"]:
        for key, start in (("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")):
            value = scale.get(key, "")
            if not value:
                errors.required(f"{path}.subresources.scale.{key}")
            elif not value.startswith("."):
                errors.invalid(f"{path}.subresources.scale.{key}", value, "must be a simple json path starting with .")
            elif not value.startswith(f"{start}."):
                errors.invalid(f"{path}.subresources.scale.{key}", value, f"should be a json path under {start}")
        label = scale.get("labelSelectorPath") or ""
        if label and not label.startswith((".spec.", ".status.")):
            under = "should be a json path under either .spec or .status"
            why = under if label.startswith(".") else "must be a simple json path starting with ."
            errors.invalid(f"{path}.subresources.scale.labelSelectorPath", label, why)
    columns = version.get("additionalPrinterColumns") or []
    for index, column in enumerate(() if elsewhere["additionalPrinterColumns"] else columns):
        _check_column(errors, f"{path}.additionalPrinterColumns[{index}]", column)


def _check_column(errors: Errors, path: str, column: JsonObject) -> None:
    if not column.get("name"):
        errors.required(f"{path}.name")
    kind, json_path = column.get("type", ""), column.get("jsonPath", "")
    if not kind:
        errors.required(f"{path}.type", f"must be one of {','.join(_COLUMN_TYPES)}")
    elif kind not in _COLUMN_TYPES:
        errors.invalid(f"{path}.type", kind, f"must be one of {','.join(_COLUMN_TYPES)}")
    if column.get("format") and column["format"] not in _COLUMN_FORMATS:
        errors.invalid(f"{path}.format", column["format"], f"must be one of {','.join(_COLUMN_FORMATS)}")
    if not json_path:
        errors.required(f"{path}.JSONPath")
    elif not json_path.startswith("."):
        errors.invalid(f"{path}.JSONPath", json_path, "must be a simple json path starting with .")


def _check_choice(errors: Errors, path: str, value: str, known: tuple[str, ...]) -> None:
    if not value:
        errors.required(path)
    elif value not in known:
        errors.unsupported(path, value, known)


def _check_names(errors: Errors, given: JsonObject) -> None:
    for key in ("plural", "singular", "kind", "listKind"):
        if not given.get(key):
            errors.required(f"spec.names.{key}")
    for key in ("plural", "singular"):
        value = given.get(key)
        if value and names.dns_1035_label(value):
            errors.invalid(f"spec.names.{key}", value, ",".join(names.dns_1035_label(value)))
    for key in ("kind", "listKind"):
        value = given.get(key)
        if value and names.dns_1035_label(value.lower()):
            why = "may have mixed case, but should otherwise match: " + ",".join(names.dns_1035_label(value.lower()))
            errors.invalid(f"spec.names.{key}", value, why)
    for index, short in enumerate(given.get("shortNames") or ()):
        if names.dns_1035_label(short):
            errors.invalid(f"spec.names.shortNames[{index}]", short, ",".join(names.dns_1035_label(short)))
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        errors.invalid("spec.names.listKind", given["listKind"], "kind and listKind may not be the same")
    for index, category in enumerate(given.get("categories") or ()):
        if names.dns_1035_label(category):
            errors.invalid(f"spec.names.categories[{index}]", category, ",".join(names.dns_1035_label(category)))


def _check_conversion(errors: Errors, path: str, conversion: JsonObject | None) -> None:
    if conversion is None:
        return
    strategy, webhook = conversion.get("strategy", ""), conversion.get("webhook")
    _check_choice(errors, f"{path}.strategy", strategy, ("None", "Webhook"))
    config = (webhook or {}).get("clientConfig")
    reviews = (webhook or {}).get("conversionReviewVersions") or []
    if strategy != "Webhook":
        if config is not None:
            errors.forbidden(f"{path}.webhookClientConfig", "should not be set when strategy is not set to Webhook")
        if reviews:
            errors.forbidden(f"{path}.conversionReviewVersions", "should not be set when strategy is not set to Webhook")
        return
    if config is None:
        errors.required(f"{path}.webhookClientConfig", "required when strategy is set to Webhook")
    elif (config.get("url") is None) == (config.get("service") is None):
        errors.required(f"{path}.webhookClientConfig", "exactly one of url or service is required")
    else:
        check_client_config(errors, f"{path}.webhookClientConfig", config)
    if not reviews:
        errors.required(f"{path}.conversionReviewVersions")
    elif not {"v1", "v1beta1"} & set(reviews):
        errors.invalid(f"{path}.conversionReviewVersions", reviews, "must include at least one of v1, v1beta1")


# --- structural schemas -------------------------------------------------------------------------------------------------------


def _check_schema(errors: Errors, path: str, schema: JsonObject) -> None:
    keywords, found = Errors(errors.minor), Errors(errors.minor)
    _check_keywords(keywords, path, schema, 0)
    if any(error.field.endswith(".$ref") for error in keywords):
        errors.extend(keywords)
        return
    _check_structure(found, path, schema, "at the root", 0)
    if not found:
        check_defaults(found, path, schema)
    errors.extend([*keywords, *sorted(found, key=str)])
    if not found and rules.any_rules(schema):
        check_expressions(errors, path, schema, keywords)


def _children(schema: JsonObject, path: str) -> list[tuple[str, JsonObject, str]]:
    found = [(f"{path}.properties[{key}]", child, "for specified object fields") for key, child in (schema.get("properties") or {}).items()]
    if isinstance(schema.get("additionalProperties"), dict):
        found.append((f"{path}.additionalProperties", schema["additionalProperties"], "for specified object fields"))
    if isinstance(schema.get("items"), dict):
        found.append((f"{path}.items", schema["items"], "for specified array items"))
    return found


def _nested(schema: JsonObject, path: str) -> list[tuple[str, JsonObject]]:
    found = [(f"{path}.{key}[{index}]", part) for key in ("anyOf", "allOf", "oneOf") for index, part in enumerate(schema.get(key) or ())]
    return [*found, (f"{path}.not", schema["not"])] if isinstance(schema.get("not"), dict) else found


def _check_keywords(errors: Errors, path: str, schema: JsonObject, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    kind = schema.get("type")
    if kind and kind not in _TYPES:
        errors.unsupported(f"{path}.type", kind, _TYPES)
    if schema.get("uniqueItems"):
        errors.forbidden(f"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
    if schema.get("additionalProperties") not in (None, False) and schema.get("properties"):
        errors.forbidden(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive")
    if isinstance(schema.get("items"), list):
        errors.forbidden(f"{path}.items", "items must be a schema object and not an array")
    if schema.get("$ref"):
        errors.forbidden(f"{path}.$ref", "$ref is not supported")
    for key in ("id", "additionalItems", "patternProperties", "definitions", "dependencies"):
        if schema.get(key):
            errors.forbidden(f"{path}.{key}", f"{key} is not supported")
    _check_map_type(errors, path, schema)
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        errors.invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined")
    _check_list_type(errors, path, schema)
    check_rules(errors, path, schema)
    for here, child in [*((here, child) for here, child, _ in _children(schema, path)), *_nested(schema, path)]:
        _check_keywords(errors, here, child, depth + 1)


def _check_list_type(errors: Errors, path: str, schema: JsonObject) -> None:
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    items = schema.get("items") if isinstance(schema.get("items"), dict) else None
    if kind is not None and schema.get("type") and schema["type"] != "array":
        errors.invalid(f"{path}.type", schema["type"], "must be array if x-kubernetes-list-type is specified")
    if kind is not None and kind not in ("atomic", "set", "map"):
        errors.unsupported(f"{path}.x-kubernetes-list-type", kind, ("atomic", "set", "map"))
    if keys and kind != "map":
        errors.invalid(f"{path}.x-kubernetes-list-type", kind, "must be map if x-kubernetes-list-map-keys is non-empty")
    if kind == "set" and items is not None and items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        why = "must be atomic as item of a list with x-kubernetes-list-type=set"
        errors.invalid(f"{path}.items.x-kubernetes-map-type", items.get("x-kubernetes-map-type"), why)
    if kind != "map":
        return
    if not keys:
        errors.required(f"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")
    if items is None:
        return
    if items.get("type") != "object":
        why = "must be object if parent array's x-kubernetes-list-type is map"
        errors.invalid(f"{path}.items.type", items.get("type", ""), why)
        return
    if len(set(keys)) != len(keys):
        errors.invalid(f"{path}.x-kubernetes-list-map-keys", keys, "must not contain duplicate entries")
        return
    for key in keys:
        child = (items.get("properties") or {}).get(key)
        if child is None:
            why = "entries must all be names of item properties"
            errors.invalid(f"{path}.x-kubernetes-list-map-keys", keys, why)
        elif child.get("type") in ("array", "object"):
            why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            errors.invalid(f"{path}.items.properties[{key}].type", child["type"], why)
        elif child.get("default") is None and key not in (items.get("required") or ()):
            why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            errors.required(f"{path}.items.properties[{key}].default", why)


def _check_map_type(errors: Errors, path: str, schema: JsonObject) -> None:
    kind = schema.get("x-kubernetes-map-type")
    if kind is None:
        return
    if schema.get("type") and schema["type"] != "object":
        errors.invalid(f"{path}.type", schema["type"], "must be object if x-kubernetes-map-type is specified")
    if kind not in ("atomic", "granular"):
        errors.unsupported(f"{path}.x-kubernetes-map-type", kind, ("atomic", "granular"))


def _check_structure(errors: Errors, path: str, schema: JsonObject, level: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    kind, properties = schema.get("type", ""), schema.get("properties") or {}
    root, embedded = level == "at the root", bool(schema.get("x-kubernetes-embedded-resource"))
    free, either = bool(schema.get("x-kubernetes-preserve-unknown-fields")), bool(schema.get("x-kubernetes-int-or-string"))
    if kind == "array" and not isinstance(schema.get("items"), (dict, list)):
        errors.required(f"{path}.items", "must be specified")
    for here, child, where in _children(schema, path):
        _check_structure(errors, here, child, where, depth + 1)
    if root and schema.get("additionalProperties") is not None:
        errors.forbidden(f"{path}.additionalProperties", "must not be used at the root")
    if either and free:
        errors.invalid(f"{path}.x-kubernetes-preserve-unknown-fields", True, "must be false if x-kubernetes-int-or-string is true")
    if embedded and kind != "object":
        why = "must be object if x-kubernetes-embedded-resource is true"
        if kind:
            errors.invalid(f"{path}.type", kind, why)
        else:
            errors.required(f"{path}.type", why)
    elif not kind and not either and not free:
        errors.required(f"{path}.type", f"must not be empty {level}")
    if root and kind and kind != "object":
        errors.invalid(f"{path}.type", kind, "must be object at the root")
    _check_nested(errors, path, schema, depth)
    for key in ("kind", "apiVersion") if root or embedded else ():
        if key in properties and properties[key].get("type") != "string":
            errors.invalid(f"{path}.properties[{key}].type", properties[key].get("type", ""), "must be string")
    if "metadata" in properties and (root or embedded):
        _check_own_metadata(errors, f"{path}.properties[metadata]", properties["metadata"], root=root)
    if embedded and not free and not properties:
        why = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        errors.required(f"{path}.properties", why)


def _check_own_metadata(errors: Errors, path: str, schema: JsonObject, *, root: bool) -> None:
    if schema.get("type") != "object":
        errors.invalid(f"{path}.type", schema.get("type", ""), "must be object")
    extra = {key for key in schema if key not in ("type", "properties", "description", "default")}
    if root and (extra or not set(schema.get("properties") or {}) <= {"name", "generateName"}):
        why = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        errors.forbidden(path, why)


def _check_nested(errors: Errors, path: str, schema: JsonObject, depth: int) -> None:
    if schema.get("pattern"):
        why = pattern_error(schema["pattern"])
        if why:
            errors.invalid(f"{path}.pattern", schema["pattern"], f"must be a valid regular expression, but isn't: {why}")
    parts = _nested(schema, path)
    if schema.get("x-kubernetes-int-or-string") and schema.get("anyOf") == _INT_OR_STRING:
        parts = [part for part in parts if ".anyOf[" not in part[0][len(path) :]]
    for here, part in parts:
        _check_value_only(errors, here, part, depth + 1)


def _check_value_only(errors: Errors, path: str, schema: JsonObject, depth: int) -> None:
    """Inside anyOf and its kin only values may be restricted."""
    if depth > MAX_DEPTH:
        return
    pattern = schema.get("anyOf") == _INT_OR_STRING
    if schema.get("type"):
        errors.forbidden(f"{path}.type", "must be empty to be structural")
    if schema.get("additionalProperties") is not None:
        errors.forbidden(f"{path}.additionalProperties", "must be undefined to be structural")
    if schema.get("default") is not None:
        errors.forbidden(f"{path}.default", "must be undefined to be structural")
    for key in ("title", "description"):
        if schema.get(key):
            errors.forbidden(f"{path}.{key}", "must be empty to be structural")
    if schema.get("nullable"):
        errors.forbidden(f"{path}.nullable", "must be false to be structural")
    for key in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"):
        if schema.get(key):
            errors.forbidden(f"{path}.{key}", "must be false to be structural")
    if not pattern:
        _check_nested(errors, path, schema, depth)
    for key, child in (schema.get("properties") or {}).items():
        _check_value_only(errors, f"{path}.properties[{key}]", child, depth + 1)
    if isinstance(schema.get("items"), dict):
        _check_value_only(errors, f"{path}.items", schema["items"], depth + 1)
