"""RBAC: may this user do that? And the impersonation headers that make a request another user's.

Members of `system:masters` may do everything. Sources: k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac/rbac.go,
pkg/apis/rbac/v1/evaluation_helpers.go, k8s.io/apiserver pkg/endpoints/filters/{authorization,impersonation}.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pytest_helmsim.apiserver import selection
from pytest_helmsim.apiserver.routes import Call
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import BadRequest, Forbidden, details, qualified
from pytest_helmsim.objects.wire import Request, User
from pytest_helmsim.schema.field_errors import quoted

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

MASTERS = "system:masters"
GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is asked for; a path stands for requests without a resource."""

    verb: str
    group: str = ""
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    path: str = ""


def of_call(request: Request, call: Call | None) -> Attributes:
    """The attributes of a request; one for many objects whose field selector wants one name is for that object.

    Source: k8s.io/apiserver pkg/endpoints/request/requestinfo.go.
    """
    if call is None:
        return Attributes(request.method.lower(), path=request.path)
    name = call.name or (_selected_name(request) if call.verb in ("list", "watch", "deletecollection") else "")
    return Attributes(call.verb, call.group, call.plural, call.namespace, name, call.subresource)


def _selected_name(request: Request) -> str:
    try:
        fields = selection.split_fields(request.first("fieldSelector"))
    except BadRequest:
        return ""
    name = next((value for path, is_equal, value in fields if path == "metadata.name" and is_equal), "")
    return "" if name in (".", "..") or "/" in name or "%" in name else name


def check(server: ApiServer, user: User, wanted: Attributes) -> None:
    """Raise `Forbidden` with the words of the real server."""
    if not allowed(server, user, wanted):
        raise _refusal(user, wanted)


def allowed(server: ApiServer, user: User, wanted: Attributes) -> bool:
    """Whether a rule that is bound to the user covers the request."""
    return why_allowed(server, user, wanted) is not None


def why_allowed(server: ApiServer, user: User, wanted: Attributes) -> str | None:
    """By which binding, in the server's words; empty for what everybody may, None when nothing allows it."""
    if MASTERS in user.groups:
        return ""
    if wanted.path:
        return next((why for rule, why in _grants(server, user, "") if _covers_path(rule, wanted)), None)
    return next((why for rule, why in _grants(server, user, wanted.namespace) if _covers(rule, wanted)), None)


def rules(server: ApiServer, user: User, namespace: str) -> Iterator[JsonObject]:
    """All rules that hold for the user, cluster-wide and in the namespace."""
    for rule, _ in _grants(server, user, namespace):
        yield rule


def _grants(server: ApiServer, user: User, namespace: str) -> Iterator[tuple[JsonObject, str]]:
    store = server.store
    bindings = [(record.obj, "") for _, _, record in store.records(StoreKey(GROUP, "clusterrolebindings"))]
    if namespace:
        bindings += [(record.obj, namespace) for _, _, record in store.records(StoreKey(GROUP, "rolebindings"), namespace)]
    for binding, space in bindings:
        subject = next((entry for entry in binding.get("subjects") or () if _is_subject(entry, user, space)), None)
        if subject is None:
            continue
        role = binding.get("roleRef") or {}
        plural, where = ("roles", space) if role.get("kind") == "Role" else ("clusterroles", "")
        record = store.get(StoreKey(GROUP, plural), where, role.get("name") or "")
        if record is not None:
            why = _because(binding, role, subject, space)
            yield from ((rule, why) for rule in record.obj.get("rules") or ())


def _because(binding: JsonObject, role: JsonObject, subject: JsonObject, space: str) -> str:
    name, kind = binding["metadata"]["name"], subject.get("kind")
    who = subject.get("name")
    if kind == "ServiceAccount":
        who = f"{who}/{subject.get('namespace') or space}"
    bound = f'RoleBinding "{name}/{space}"' if space else f'ClusterRoleBinding "{name}"'
    return f'RBAC: allowed by {bound} of {role.get("kind")} "{role.get("name")}" to {kind} "{who}"'


def _is_subject(subject: JsonObject, user: User, namespace: str) -> bool:
    match subject.get("kind"):
        case "User":
            return bool(subject.get("name") == user.name)
        case "Group":
            return subject.get("name") in user.groups
        case "ServiceAccount":
            return user.name == f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject.get('name')}"
    return False


def _covers(rule: JsonObject, wanted: Attributes) -> bool:
    resource = f"{wanted.plural}/{wanted.subresource}" if wanted.subresource else wanted.plural
    resources = rule.get("resources") or ()
    named = rule.get("resourceNames") or ()
    return (
        _has(rule.get("verbs"), wanted.verb)
        and _has(rule.get("apiGroups"), wanted.group)
        and ("*" in resources or resource in resources or bool(wanted.subresource and f"*/{wanted.subresource}" in resources))
        and (not named or wanted.name in named)
    )


def _has(values: list[str] | None, value: str) -> bool:
    return "*" in (values or ()) or value in (values or ())


def _covers_path(rule: JsonObject, wanted: Attributes) -> bool:
    return _has(rule.get("verbs"), wanted.verb) and any(
        _path_matches(pattern, wanted.path) for pattern in rule.get("nonResourceURLs") or ()
    )


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))


def _refusal(user: User, wanted: Attributes) -> Forbidden:
    if wanted.path:
        why = f'User "{user.name}" cannot {wanted.verb} path "{wanted.path}"'
        return Forbidden(f"forbidden: {why}", details={})
    resource = f"{wanted.plural}/{wanted.subresource}" if wanted.subresource else wanted.plural
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {wanted.verb} resource "{resource}" in API group "{wanted.group}" {where}'
    named = f' "{wanted.name}"' if wanted.name else ""
    message = f"{qualified(wanted.plural, wanted.group)}{named} is forbidden: {why}"
    return Forbidden(message, details=details(name=wanted.name, group=wanted.group, kind=wanted.plural))


def effective_user(server: ApiServer, request: Request) -> User:
    """The user of the request, after the `Impersonate-…` headers (user, group, uid, extra) when the caller may use them."""
    name, uid = request.headers.get("impersonate-user", ""), request.headers.get("impersonate-uid", "")
    groups = tuple(group for group in request.headers.get("impersonate-group", "").split("\n") if group)
    prefix = "impersonate-extra-"
    extra = tuple(sorted((unquote(key.removeprefix(prefix)), (text,)) for key, text in request.headers.items() if key.startswith(prefix)))
    if not name:
        if not (uid or groups or extra):
            return request.user
        listed = f"{{{', '.join(quoted(group) for group in groups)}}}" if groups else "(nil)"
        more = f"{{{', '.join(f'{quoted(key)}:[]string{{{quoted(value[0])}}}' for key, value in extra)}}}" if extra else "(nil)"
        info = f'Name:"", UID:{quoted(uid)}, Groups:[]string{listed}, Extra:map[string][]string{more}'
        raise BadRequest(f"requested &user.DefaultInfo{{{info}}} without impersonating a user name")
    namespace, _, account = name.removeprefix("system:serviceaccount:").partition(":")
    if name.startswith("system:serviceaccount:") and namespace and account and ":" not in account:
        check(server, request.user, Attributes("impersonate", "", "serviceaccounts", namespace, account))
        groups = groups or ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    else:
        check(server, request.user, Attributes("impersonate", "", "users", "", name))
    for group in groups:
        check(server, request.user, Attributes("impersonate", "", "groups", "", group))
    for key, values in extra:
        check(server, request.user, Attributes("impersonate", "authentication.k8s.io", "userextras", "", values[0], key))
    if uid:
        check(server, request.user, Attributes("impersonate", "authentication.k8s.io", "uids", "", uid))
    everybody = "system:unauthenticated" if name == "system:anonymous" else "system:authenticated"
    if everybody not in groups:
        groups = (*groups, everybody)
    return User(name, groups, uid, extra)
