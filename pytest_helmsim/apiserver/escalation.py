"""Nobody gives away what they do not hold: writes of roles and bindings by users with fewer rights.

A user may write a role whose rules all are covered by the user's own, or with the verb `escalate`; bind a role likewise, or with `bind`.
Sources: k8s.io/kubernetes pkg/registry/rbac, k8s.io/component-helpers auth/rbac/validation/policy_comparator.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver import authorization
from pytest_helmsim.apiserver.authorization import GROUP, MASTERS, Attributes
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import Forbidden, details, not_found, qualified
from pytest_helmsim.schema.field_errors import quoted

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

_EVERYTHING: tuple[JsonObject, ...] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
_NAMES = {
    "apiGroups": "APIGroups",
    "resources": "Resources",
    "nonResourceURLs": "NonResourceURLs",
    "resourceNames": "ResourceNames",
    "verbs": "Verbs",
}


def check_role(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Raise `Forbidden` for a Role or ClusterRole that gives more than the user has."""
    if MASTERS in op.user.groups or (old is not None and _only_for_the_collector(new, old)):
        return
    if authorization.allowed(op.server, op.user, Attributes("escalate", GROUP, op.plural, op.namespace, op.name if old else "")):
        return
    _confirm(op, new.get("rules") or [])
    if any((each or {}).get("aggregationRule", {}).get("clusterRoleSelectors") for each in (new, old)) and _missing(op, _EVERYTHING):
        raise _forbidden(op, "must have cluster-admin privileges to use the aggregationRule")


def check_binding(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Raise `Forbidden` for a RoleBinding or ClusterRoleBinding to a role with more than the user has."""
    if MASTERS in op.user.groups or (old is not None and _only_for_the_collector(new, old)):
        return
    role = new.get("roleRef") or {}
    name, kind = role.get("name", ""), role.get("kind", "")
    plural, where = ("roles", op.namespace) if kind == "Role" else ("clusterroles", "")
    if kind in ("Role", "ClusterRole"):
        asked = Attributes("bind", role.get("apiGroup", ""), plural, op.namespace, name)
        if authorization.allowed(op.server, op.user, asked):
            return
    record = op.server.store.get(StoreKey(GROUP, plural), where, name)
    if record is None:
        raise not_found(op.plural, GROUP, name)
    _confirm(op, record.obj.get("rules") or [])


def _only_for_the_collector(new: JsonObject, old: JsonObject) -> bool:
    """Whether nothing but owners and finalizers changes."""
    left_out = ("ownerReferences", "finalizers", "managedFields", "resourceVersion")

    def rest(obj: JsonObject) -> JsonObject:
        return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in left_out}}

    return rest(new) == rest(old)


def _confirm(op: Operation, wanted: list[JsonObject]) -> None:
    missing = _missing(op, wanted)
    if missing:
        groups = " ".join(quoted(group) for group in op.user.groups)
        lines = "\n".join(sorted({_shown(rule) for rule in _compact(missing)}))
        raise _forbidden(
            op, f"user {quoted(op.user.name)} (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{lines}"
        )


def _forbidden(op: Operation, why: str) -> Forbidden:
    message = f'{qualified(op.plural, op.served.group)} "{op.name}" is forbidden: {why}'
    return Forbidden(message, details=details(name=op.name, group=op.served.group, kind=op.plural))


def _missing(op: Operation, wanted: Any) -> list[JsonObject]:
    """The single permissions that none of the user's rules covers."""
    return uncovered(list(authorization.rules(op.server, op.user, op.namespace)), wanted)


def uncovered(own: list[JsonObject], wanted: Any) -> list[JsonObject]:
    """The single permissions of the wanted rules that none of one's own gives."""
    return [part for rule in wanted for part in _parts(rule) if not any(_covers(mine, part) for mine in own)]


def _parts(rule: JsonObject) -> Iterator[JsonObject]:
    """One group, resource, verb and name each; a path only goes with a verb."""
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in rule.get("verbs") or ():
                single = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                named = rule.get("resourceNames") or ()
                yield from ({**single, "resourceNames": [name]} for name in named) if named else (single,)
    for path in rule.get("nonResourceURLs") or ():
        yield from ({"nonResourceURLs": [path], "verbs": [verb]} for verb in rule.get("verbs") or ())


def _covers(own: JsonObject, part: JsonObject) -> bool:
    names, wanted = own.get("resourceNames") or [], part.get("resourceNames") or []
    return (
        _all_in(part["verbs"], own.get("verbs"))
        and _all_in(part.get("apiGroups") or [], own.get("apiGroups"))
        and all(_has_resource(own.get("resources") or [], resource) for resource in part.get("resources") or ())
        and (not names or (bool(wanted) and set(wanted) <= set(names)))
        and all(_has_path(own.get("nonResourceURLs") or [], path) for path in part.get("nonResourceURLs") or ())
    )


def _all_in(wanted: list[str], values: list[str] | None) -> bool:
    return "*" in (values or ()) or set(wanted) <= set(values or ())


def _has_resource(values: list[str], resource: str) -> bool:
    _, slash, sub = resource.partition("/")
    return "*" in values or resource in values or bool(slash and f"*/{sub}" in values)


def _has_path(values: list[str], path: str) -> bool:
    return any(own == path or (own.endswith("*") and path.startswith(own.rstrip("*"))) for own in values)


def _compact(parts: list[JsonObject]) -> list[JsonObject]:
    """Permissions on the same resource (and name) as one, with all of their verbs."""
    found: dict[tuple[str, ...], JsonObject] = {}
    others = []
    for part in parts:
        if "resources" not in part:
            others.append(part)
            continue
        key = (part["apiGroups"][0], part["resources"][0], *part.get("resourceNames", ()))
        if key in found:
            found[key] = {**found[key], "verbs": [*found[key]["verbs"], *part["verbs"]]}
        else:
            found[key] = part
    return others + list(found.values())


def _shown(rule: JsonObject) -> str:
    fields = ("apiGroups", "resources", "nonResourceURLs", "resourceNames", "verbs")
    parts = []
    for field in fields:
        if rule.get(field):
            name = (
                "APIGroups" if field == "apiGroups" else "NonResourceURLs" if field == "nonResourceURLs" else field[0].upper() + field[1:]
            )
            parts.append(f"{name}:[{' '.join(quoted(value) for value in rule[field])}]")
    return "{" + ", ".join(parts) + "}"
