"""What clients ask before they ask anything: `/api`, `/apis` (legacy and aggregated), `/version`, health, OpenAPI.

Sources: k8s.io/apiserver pkg/endpoints/discovery, k8s.io/kube-aggregator pkg/apiserver (order of groups).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.json import JsonObject, dumps
from pytest_helmsim.objects.kinds import GroupVersionKind

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

AGGREGATED = "apidiscovery.k8s.io"
_STATUS_VERBS = ("get", "patch", "update")


def _groups(server: ApiServer) -> dict[str, dict[str, list[Served]]]:
    """Group → version → resources, in the order in which discovery lists them; the core group is the empty string."""
    groups: dict[str, dict[str, list[Served]]] = {}
    for served in server.registry.all():
        groups.setdefault(served.group, {}).setdefault(served.gvk.version, []).append(served)
    return {group: dict(sorted(versions.items(), key=lambda item: _rank(item[0]))) for group, versions in groups.items()}


def _rank(version: str) -> tuple[int, int, int, str]:
    """v2 before v1 before v1beta1 before v1alpha1; other names last."""
    import re

    shape = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if shape is None:
        return (3, 0, 0, version)
    major, stage, minor = shape.groups()
    return ({None: 0, "beta": 1, "alpha": 2}[stage], -int(major), -int(minor or 0), version)


def api_versions(server: ApiServer) -> JsonObject:
    """`/api`."""
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": server.address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def _group_object(group: str, versions: Iterable[str]) -> JsonObject:
    listed = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def api_groups(server: ApiServer) -> JsonObject:
    """`/apis`."""
    groups = [_group_object(group, versions) for group, versions in _groups(server).items() if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(server: ApiServer, group: str) -> JsonObject | None:
    """`/apis/apps`."""
    versions = _groups(server).get(group)
    return None if not versions else {"kind": "APIGroup", "apiVersion": "v1", **_group_object(group, versions)}


def api_resources(server: ApiServer, group: str, version: str) -> JsonObject | None:
    """`/api/v1` and `/apis/apps/v1`."""
    found = _groups(server).get(group, {}).get(version)
    if not found:
        return None
    resources: list[JsonObject] = []
    for served in found:
        resource = served.resource
        entry: JsonObject = {
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.gvk.kind,
            "verbs": list(resource.verbs),
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        if "watch" in resource.verbs:
            entry["storageVersionHash"] = _storage_hash(served)
        resources.append(entry)
        for name, gvk, own, verbs in subresources(server, served):
            sub: JsonObject = {"name": f"{resource.plural}/{name}", "singularName": "", "namespaced": resource.namespaced}
            if not own:
                sub["group"], sub["version"] = gvk.group, gvk.version
            resources.append({**sub, "kind": gvk.kind, "verbs": list(verbs)})
    group_version = f"{group}/{version}" if group else version
    api_version = {"apiVersion": "v1"} if group else {}
    return {"kind": "APIResourceList", **api_version, "groupVersion": group_version, "resources": resources}


def _storage_hash(served: Served) -> str:
    import base64

    stored = served.stored
    text = f"{served.key.group}/{stored.version}/{stored.kind}" if served.key.group else f"{stored.version}/{stored.kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def subresources(server: ApiServer, served: Served) -> list[tuple[str, GroupVersionKind, bool, tuple[str, ...]]]:
    """Name, kind, whether the kind is of the resource's own group and version, verbs."""
    if served.custom is None:
        return [(sub.name, sub.gvk, sub.own_group, sub.verbs) for sub in server.catalog.subresources(served.gvk)]
    kinds = {"status": (served.gvk, True), "scale": (GroupVersionKind("autoscaling", "v1", "Scale"), False)}
    return [(name, *kinds[name], _STATUS_VERBS) for name in served.resource.subresources]


def aggregated(server: ApiServer, *, core: bool, version: str) -> JsonObject:
    """`/api` or `/apis` as one APIGroupDiscoveryList (v2 or v2beta1)."""
    items: list[JsonObject] = []
    timed: JsonObject = {"creationTimestamp": None} if server.catalog.version.minor < 34 else {}
    for group, versions in _groups(server).items():
        if bool(group) == core:
            continue
        listed = [
            {"version": name, "resources": [_resource_discovery(server, served) for served in found], "freshness": "Current"}
            for name, found in versions.items()
        ]
        items.append({"metadata": {**({"name": group} if group else {}), **timed}, "versions": listed})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": f"{AGGREGATED}/{version}", "metadata": {}, "items": items}


def _kind(gvk: GroupVersionKind, own: bool) -> JsonObject:
    if own:
        return {"group": "", "version": "", "kind": gvk.kind}
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}


def _resource_discovery(server: ApiServer, served: Served) -> JsonObject:
    resource = served.resource
    own = served.custom is None
    entry: JsonObject = {
        "resource": resource.plural,
        "responseKind": _kind(resource.gvk, own),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    subs = [
        {"subresource": name, "responseKind": _kind(gvk, is_own and own), "verbs": list(verbs)}
        for name, gvk, is_own, verbs in subresources(server, served)
    ]
    if subs:
        entry["subresources"] = subs
    return entry


def version(server: ApiServer) -> JsonObject:
    """`/version`."""
    known = server.catalog.version
    minor = str(known.minor)
    result: JsonObject = {"major": str(known.major), "minor": minor}
    if known.minor >= 33:
        result |= {
            "emulationMajor": str(known.major),
            "emulationMinor": minor,
            "minCompatibilityMajor": str(known.major),
            "minCompatibilityMinor": str(known.minor - 1),
        }
    return result | {
        "gitVersion": known.git_version,
        "gitCommit": "$Format:%H$",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "go1.26.8",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def etag(value: JsonObject) -> str:
    """A strong validator of a discovery document."""
    return f'"{hashlib.sha512(dumps(value)).hexdigest().upper()}"'
