"""Rules for webhook configurations.

Source: k8s.io/kubernetes pkg/apis/admissionregistration/validation/validation.go.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.admission_expressions import Expressions
from pytest_helmsim.schema.validate.metadata import check_metadata, check_selector

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_MOST_CONDITIONS = 64
_SCOPES = ("*", "Cluster", "Namespaced")


def check_validating(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, standard=False)
    _check_webhooks(errors, obj, mutating=False)


def check_mutating(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, standard=False)
    _check_webhooks(errors, obj, mutating=True)


def check_validating_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata(errors, new, namespaced=False, standard=False)
    _check_webhooks(errors, new, mutating=False)


def check_mutating_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata(errors, new, namespaced=False, standard=False)
    _check_webhooks(errors, new, mutating=True)


def _check_webhooks(errors: Errors, obj: JsonObject, *, mutating: bool) -> None:
    seen: set[str] = set()
    hooks = obj.get("webhooks") or []
    for index, hook in enumerate(hooks):
        path = f"webhooks[{index}]"
        _check_webhook(errors, path, hook, mutating=mutating)
        versions = hook.get("admissionReviewVersions") or []
        if not versions:
            errors.required(f"{path}.admissionReviewVersions", "must specify one of v1, v1beta1")
        for position, version in enumerate(versions):
            if version in versions[:position]:
                errors.invalid(f"{path}.admissionReviewVersions[{position}]", version, "duplicate version")
                continue
            errors.all_invalid(f"{path}.admissionReviewVersions[{position}]", version, names.dns_1035_label(version))
        if versions and not {"v1", "v1beta1"} & set(versions):
            why = "must include at least one of v1, v1beta1"
            errors.invalid(f"{path}.admissionReviewVersions", versions, why)
        name = hook.get("name", "")
        if name and name in seen:
            errors.duplicate(f"{path}.name", name)
        seen.add(name)


def _check_webhook(errors: Errors, path: str, hook: JsonObject, *, mutating: bool) -> None:
    _check_name(errors, f"{path}.name", hook.get("name", ""))
    for index, rule in enumerate(hook.get("rules") or ()):
        check_rule(errors, f"{path}.rules[{index}]", rule)
    failure = hook.get("failurePolicy")
    if failure is not None and failure not in ("Fail", "Ignore"):
        errors.unsupported(f"{path}.failurePolicy", failure, ("Fail", "Ignore"))
    match = hook.get("matchPolicy")
    if match is not None and match not in ("Equivalent", "Exact"):
        errors.unsupported(f"{path}.matchPolicy", match, ("Equivalent", "Exact"))
    effects = hook.get("sideEffects")
    if effects is None:
        errors.required(f"{path}.sideEffects", "must specify one of None, NoneOnDryRun")
    elif effects not in ("None", "NoneOnDryRun"):
        errors.unsupported(f"{path}.sideEffects", effects, ("None", "NoneOnDryRun"))
    timeout = hook.get("timeoutSeconds")
    if timeout is not None and not 1 <= timeout <= 30:
        errors.invalid(f"{path}.timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds")
    check_selector(errors, f"{path}.namespaceSelector", hook.get("namespaceSelector"))
    check_selector(errors, f"{path}.objectSelector", hook.get("objectSelector"))
    again = hook.get("reinvocationPolicy")
    if mutating and again is not None and again not in ("IfNeeded", "Never"):
        errors.unsupported(f"{path}.reinvocationPolicy", again, ("IfNeeded", "Never"))
    check_client_config(errors, f"{path}.clientConfig", hook.get("clientConfig") or {})
    check_match_conditions(errors, f"{path}.matchConditions", hook.get("matchConditions") or [])


def check_match_conditions(errors: Errors, path: str, conditions: list[JsonObject], *, params: bool = False) -> None:
    """What a request must fulfil besides."""
    seen: set[str] = set()
    compiler = Expressions(errors, params=params)
    if len(conditions) > _MOST_CONDITIONS:
        errors.too_many(path, len(conditions), _MOST_CONDITIONS)
    for index, condition in enumerate(conditions):
        name = condition.get("name", "")
        if not condition.get("expression", "").strip():
            errors.required(f"{path}[{index}].expression")
        else:
            compiler.check(f"{path}[{index}].expression", condition["expression"].strip(), ("bool",))
        if not name:
            errors.required(f"{path}[{index}].name")
            continue
        errors.all_invalid(f"{path}[{index}].name", name, names.label_key(name))
        if name in seen:
            errors.duplicate(f"{path}[{index}].name", name)
        seen.add(name)


def _check_name(errors: Errors, path: str, name: str) -> None:
    if not name:
        errors.required(path)
        return
    complaints = names.dns_subdomain(name)
    if complaints:
        errors.invalid(path, name, ",".join(complaints))
    elif len(name.split(".")) < 3:
        errors.invalid(path, name, "should be a domain with at least three segments separated by dots")


def check_rule(errors: Errors, path: str, rule: JsonObject) -> None:
    """Which requests a webhook or a policy sees."""
    operations = rule.get("operations") or []
    if not operations:
        errors.required(f"{path}.operations")
    if len(operations) > 1 and "*" in operations:
        errors.invalid(f"{path}.operations", operations, "if '*' is present, must not specify other operations")
    for index, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            errors.unsupported(f"{path}.operations[{index}]", operation, _OPERATIONS)
    for key, what in (("apiGroups", "groups"), ("apiVersions", "versions"), ("resources", "resources")):
        values = rule.get(key) or []
        if not values:
            errors.required(f"{path}.{key}")
        if key == "resources":
            _check_resources(errors, f"{path}.resources", values)
        elif len(values) > 1 and "*" in values:
            errors.invalid(f"{path}.{key}", values, f"if '*' is present, must not specify other API {what}")
        for index, version in enumerate(values if key == "apiVersions" else ()):
            if not version:
                errors.required(f"{path}.{key}[{index}]")
    scope = rule.get("scope")
    if scope is not None and scope not in _SCOPES:
        errors.unsupported(f"{path}.scope", scope, _SCOPES)


def _check_resources(errors: Errors, path: str, values: list[str]) -> None:
    """`pods`, `pods/status`, `pods/*`, `*/scale`, `*`, `*/*`: none may say what another one says already."""
    whole: set[str] = set()
    everywhere: set[str] = set()
    plain = False
    for index, value in enumerate(values):
        resource, slash, sub = value.partition("/")
        if not value:
            errors.required(f"{path}[{index}]")
        elif not slash:
            plain = value != "*"
        else:
            if resource in whole:
                errors.invalid(f"{path}[{index}]", value, f"if '{resource}/*' is present, must not specify {value}")
            if sub in everywhere:
                errors.invalid(f"{path}[{index}]", value, f"if '*/{sub}' is present, must not specify {value}")
            if sub == "*":
                whole.add(resource)
            if resource == "*":
                everywhere.add(sub)
    if len(values) > 1 and "*/*" in values:
        errors.invalid(path, values, "if '*/*' is present, must not specify other resources")
    if "*" in values and plain:
        errors.invalid(path, values, "if '*' is present, must not specify other resources without subresources")


def check_client_config(errors: Errors, path: str, config: JsonObject) -> None:
    """Exactly one of url and service."""
    url, service = config.get("url"), config.get("service")
    if (url is None and service is None) or (url is not None and service is not None):
        errors.required(path, "exactly one of url or service is required")
    elif url is not None:
        parts = urlsplit(url)
        if parts.scheme != "https":
            errors.invalid(f"{path}.url", parts.scheme, "'https' is the only allowed URL scheme; desired format: https://host[/path]")
        if not parts.netloc.rpartition("@")[2]:
            errors.invalid(f"{path}.url", "", "host must be specified; desired format: https://host[/path]")
        user, at, _ = parts.netloc.rpartition("@")
        if at:
            errors.invalid(f"{path}.url", user, "user information is not permitted in the URL")
        if parts.fragment:
            errors.invalid(f"{path}.url", parts.fragment, "fragments are not permitted in the URL")
        if parts.query:
            errors.invalid(f"{path}.url", parts.query, "query parameters are not permitted in the URL")
    elif service is not None:
        check_service(errors, f"{path}.service", service)


def check_service(errors: Errors, path: str, service: JsonObject) -> None:
    """The Service behind a webhook; the server mixes up name and namespace when one is missing."""
    for key, other in (("name", "namespace"), ("namespace", "name")):
        if not service.get(other):
            errors.required(f"{path}.{key}")
    port = service.get("port")
    if port is not None and not 1 <= port <= 65535:
        errors.invalid(f"{path}.port", port, "port is not valid: must be between 1 and 65535, inclusive")
    url = service.get("path")
    if url in (None, "", "/"):
        return
    if url == "//":
        errors.invalid(f"{path}.path", url, "segment[0] may not be empty")
        return
    if not url.startswith("/"):
        errors.invalid(f"{path}.path", url, "must start with a '/'")
    for index, step in enumerate(url[1:].removesuffix("/").split("/")):
        if not step:
            errors.invalid(f"{path}.path", url, f"segment[{index}] may not be empty")
            continue
        for complaint in names.dns_subdomain(step):
            errors.invalid(f"{path}.path", url, f"segment[{index}]: {complaint}")
