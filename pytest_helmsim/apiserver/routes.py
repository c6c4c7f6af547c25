"""What a request asks for: URL path and method to a `Call`.

Source: k8s.io/apiserver pkg/endpoints/request/requestinfo.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_helmsim.objects.status import BadRequest
from pytest_helmsim.objects.wire import Request

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = ("status", "finalize")


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a resource. `verb` is the API's word (get, list, watch, create, update, patch, delete, deletecollection)."""

    verb: str
    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    """What follows the subresource, as in `services/x/proxy/some/path`."""
    within: str = ""
    """The namespace that the path names, also where it means nothing (`/namespaces/a/namespaces`)."""


def parse(request: Request) -> Call | None:
    """None when the path is not one of a resource (`/version`, `/apis/apps/v1`, `/nope`)."""
    parts = [part for part in request.path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, parts = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    verb = _VERBS.get(request.method, request.method.lower())
    if parts[0] == "watch" and len(parts) > 1:
        verb, parts = "watch", parts[1:]
    namespace = within = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
            parts, within = parts[2:], namespace
    plural, name, subresource = (*parts[:3], "", "", "")[:3]
    if plural == "namespaces" and not group:
        namespace = ""
    if not name:
        if verb == "get":
            verb = "watch" if is_true(request.first("watch")) else "list"
        elif verb == "delete":
            verb = "deletecollection"
    return Call(verb, group, version, plural, namespace, name, subresource, "/".join(parts[3:]), within)


def is_true(text: str) -> bool:
    """A boolean query parameter as the API server decodes it: anything but an empty string, `0` and `false` is true."""
    return text.lower() not in ("", "0", "false")


def integer(request: Request, key: str) -> int | None:
    """A number of 64 bits among the query parameters; None when it is not given."""
    if key not in request.query:
        return None
    text = request.first(key)
    if not re.fullmatch(r"[+-]?\d+", text):
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if not -(2**63) <= int(text) < 2**63:
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)
