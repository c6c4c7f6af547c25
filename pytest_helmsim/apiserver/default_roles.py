"""The roles and bindings that each Kubernetes version makes for itself, and what a server does with them when it starts on an old cluster.

A fresh cluster has those of its version; one that moves to another version gets what it lacks and loses nothing.
Data: `data/roles.json.z` (tools/generate_roles.py), differences to the recorded objects of 1.36.
Source: k8s.io/kubernetes pkg/registry/rbac/rest/storage_rbac.go, k8s.io/component-helpers auth/rbac/reconciliation.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver.escalation import uncovered
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject, copy, loads

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

GROUP = "rbac.authorization.k8s.io"
_KINDS = {"clusterroles": "ClusterRole", "clusterrolebindings": "ClusterRoleBinding", "roles": "Role", "rolebindings": "RoleBinding"}
_UPDATED = "rbac.authorization.kubernetes.io/autoupdate"
_BOUND: JsonObject = {"f:roleRef": {}, "f:subjects": {}}

Row = tuple[StoreKey, str, JsonObject]


@cache
def _recorded() -> tuple[list[Any], dict[str, dict[str, Any]]]:
    data = loads(zlib.decompress((resources.files("pytest_helmsim.apiserver") / "data" / "roles.json.z").read_bytes()))
    return data["parts"], data["versions"]


def of_version(rows: list[Row], version: str, now: str) -> list[Row]:
    """The objects of a fresh cluster: the roles among `rows`, which are those of 1.36, as this version has them."""
    parts, versions = _recorded()
    if version not in versions:
        return rows
    known = versions[version]
    gone = set(known["gone"])
    found: list[Row] = []
    last = 0
    for key, namespace, obj in rows:
        if key.group == GROUP:
            name = f"{key.plural}/{namespace}/{obj['metadata']['name']}"
            if name in gone:
                continue
            obj |= {field: parts[index] for field, index in known["changed"].get(name, {}).items()}
            last = len(found) + 1
        found.append((key, namespace, obj))
    added = []
    for name, fields in known["new"].items():
        plural, namespace, own = name.split("/")
        added.append((StoreKey(GROUP, plural), namespace, _made(plural, namespace, own, {f: parts[i] for f, i in fields.items()}, now)))
    return [*found[:last], *added, *found[last:]]


def _made(plural: str, namespace: str, name: str, content: JsonObject, now: str) -> JsonObject:
    """A default role or binding as the server writes it."""
    owned = {
        "f:metadata": {"f:annotations": {".": {}, f"f:{_UPDATED}": {}}, "f:labels": {".": {}, "f:kubernetes.io/bootstrapping": {}}},
        **(_BOUND if "roleRef" in content else {f"f:{field}": {} for field in content}),
    }
    entry = {"manager": "kube-apiserver", "operation": "Update", "apiVersion": f"{GROUP}/v1", "time": now, "fieldsType": "FieldsV1"}
    meta: JsonObject = {"name": name, **({"namespace": namespace} if namespace else {}), "uid": "", "resourceVersion": ""}
    meta |= {"creationTimestamp": now, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}, "annotations": {_UPDATED: "true"}}
    meta["managedFields"] = [{**entry, "fieldsV1": owned}]
    return {"kind": _KINDS[plural], "apiVersion": f"{GROUP}/v1", "metadata": meta, **content}


def reconcile(server: ApiServer, defaults: list[Row], now: str) -> None:
    """What a starting server does: missing objects come back, missing permissions and subjects are added, nothing is taken away."""
    for key, namespace, wanted in defaults:
        if key.group != GROUP:
            continue
        name = wanted["metadata"]["name"]
        record = server.store.get(key, namespace, name)
        if record is None:
            wanted["metadata"]["uid"] = server.store.draw_uid()
            server.store.put(key, namespace, name, wanted)
        elif (record.obj["metadata"].get("annotations") or {}).get(_UPDATED) != "false":
            grown = _grown(record.obj, wanted)
            if grown:
                server.store.put(key, namespace, name, _owned(record.obj, now) | grown)


def _owned(obj: JsonObject, now: str) -> JsonObject:
    """The object with the time at which the server wrote it again."""
    result: JsonObject = copy(obj)
    for entry in result["metadata"].get("managedFields") or ():
        if entry["manager"] == "kube-apiserver" and entry["operation"] == "Update":
            entry["time"] = now
    return result


def _grown(obj: JsonObject, wanted: JsonObject) -> JsonObject:
    """The parts of `obj` that lack something of `wanted`, with it."""
    found: JsonObject = {}
    rules = obj.get("rules") or []
    missing = uncovered(rules, wanted.get("rules") or []) if not wanted.get("aggregationRule") else []
    if missing:
        found["rules"] = [*rules, *missing]
    subjects = obj.get("subjects") or []
    if absent := [subject for subject in wanted.get("subjects") or [] if subject not in subjects]:
        found["subjects"] = [*subjects, *absent]
    own = (obj.get("aggregationRule") or {}).get("clusterRoleSelectors") or []
    lacking = [selector for selector in _selectors(wanted) if selector not in own]
    if lacking:
        found["aggregationRule"] = {"clusterRoleSelectors": [*own, *lacking]}
    return found


def _selectors(role: JsonObject) -> Iterator[JsonObject]:
    yield from (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
