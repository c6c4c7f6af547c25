"""Rules for RBAC objects.

Source: k8s.io/kubernetes pkg/apis/rbac/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, check_selector, is_readable

GROUP = "rbac.authorization.k8s.io"
Check = Callable[[Errors, JsonObject], None]


def _check_rules(errors: Errors, obj: JsonObject, namespaced: bool) -> None:
    for index, rule in enumerate(obj.get("rules") or ()):
        path = f"rules[{index}]"
        if not rule.get("verbs"):
            errors.required(f"{path}.verbs", "verbs must contain at least one value")
        urls = rule.get("nonResourceURLs")
        if urls:
            if namespaced:
                errors.invalid(f"{path}.nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs")
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                why = "rules cannot apply to both regular resources and non-resource URLs"
                errors.invalid(f"{path}.nonResourceURLs", urls, why)
            continue
        if not rule.get("apiGroups"):
            errors.required(f"{path}.apiGroups", "resource rules must supply at least one api group")
        if not rule.get("resources"):
            errors.required(f"{path}.resources", "resource rules must supply at least one resource")


def check_role(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True, name_rule=names.path_segment)
    _check_rules(errors, obj, True)


def check_cluster_role(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, name_rule=names.path_segment)
    _check_rules(errors, obj, False)
    aggregation = obj.get("aggregationRule")
    if aggregation is not None:
        path = "aggregationRule.clusterRoleSelectors"
        if not aggregation.get("clusterRoleSelectors"):
            errors.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")
        for index, selector in enumerate(aggregation.get("clusterRoleSelectors") or ()):
            check_selector(errors, f"{path}[{index}]", selector)
            if not is_readable(selector):
                errors.invalid(f"{path}[{index}]", None, "invalid label selector.")


def check_role_binding(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True, name_rule=names.path_segment)
    _check_binding(errors, obj, ("Role", "ClusterRole"))


def check_cluster_role_binding(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, name_rule=names.path_segment)
    _check_binding(errors, obj, ("ClusterRole",))


def _check_binding(errors: Errors, obj: JsonObject, kinds: tuple[str, ...]) -> None:
    reference = obj.get("roleRef") or {}
    if reference.get("apiGroup", "") != GROUP:
        errors.unsupported("roleRef.apiGroup", reference.get("apiGroup", ""), (GROUP,))
    if reference.get("kind", "") not in kinds:
        errors.unsupported("roleRef.kind", reference.get("kind", ""), kinds)
    if not reference.get("name"):
        errors.required("roleRef.name")
    else:
        errors.all_invalid("roleRef.name", reference["name"], names.path_segment(reference["name"]))
    for index, subject in enumerate(obj.get("subjects") or ()):
        _check_subject(errors, f"subjects[{index}]", subject, namespaced="Role" in kinds)


def _check_subject(errors: Errors, path: str, subject: JsonObject, *, namespaced: bool) -> None:
    name, kind, group = subject.get("name", ""), subject.get("kind", ""), subject.get("apiGroup", "")
    if not name:
        errors.required(f"{path}.name")
    if kind == "ServiceAccount":
        if name:
            errors.all_invalid(f"{path}.name", name, names.dns_subdomain(name))
        if group:
            errors.unsupported(f"{path}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            errors.required(f"{path}.namespace")
    elif kind in ("User", "Group"):
        if group != GROUP:
            errors.unsupported(f"{path}.apiGroup", group, (GROUP,))
    else:
        errors.unsupported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group"))


def _update(check: Check) -> Callable[[Errors, JsonObject, JsonObject], None]:
    def check_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
        check(errors, new)
        check_metadata_update(errors, new, old)
        if new.get("roleRef") != old.get("roleRef"):
            now = new.get("roleRef") or {}
            shown = {"APIGroup": now.get("apiGroup", ""), "Kind": now.get("kind", ""), "Name": now.get("name", "")}
            errors.invalid("roleRef", shown, "cannot change roleRef")

    return check_update


check_role_update = _update(check_role)
check_cluster_role_update = _update(check_cluster_role)
check_role_binding_update = _update(check_role_binding)
check_cluster_role_binding_update = _update(check_cluster_role_binding)
