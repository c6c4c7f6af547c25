"""The APIService objects that the server keeps of what it serves itself: one for each version of each group.

Sources: k8s.io/kubernetes pkg/controlplane/apiserver/aggregator.go, cmd/kube-apiserver/app/aggregator.go,
pkg/controlplane/controller/crdregistration, k8s.io/kube-aggregator pkg/controllers/autoregister.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

GROUP = "apiregistration.k8s.io"
KEY = StoreKey(GROUP, "apiservices")
MANAGED = "kube-aggregator.kubernetes.io/automanaged"
OF_DEFINITIONS = (1000, 100)
"""Priorities of groups and versions that CustomResourceDefinitions add."""
_PRIORITIES = {
    ("", "v1"): (18000, 1),
    ("flowcontrol.apiserver.k8s.io", "v1beta2"): (16100, 15),
    ("flowcontrol.apiserver.k8s.io", "v1beta3"): (16100, 18),
    ("storagemigration.k8s.io", "v1"): (15800, 15),
}
"""Of versions that 1.36 does not serve; those that it does are recorded."""


def name_of(group: str, version: str) -> str:
    """`v1.apps`; the core group's is `v1.`."""
    return f"{version}.{group}"


def is_served(server: ApiServer, service: JsonObject) -> bool:
    """Whether this server's Kubernetes version has the group version."""
    spec = service["spec"]
    return (spec.get("group", ""), spec["version"]) in _built_in(server)


def missing(server: ApiServer, names: Collection[str], now: str) -> Iterator[JsonObject]:
    """New objects for group versions that are built in and have none of `names` yet."""
    for group, version in sorted(_built_in(server)):
        name = name_of(group, version)
        if name not in names:
            minimum, priority = _PRIORITIES.get((group, version), (15000, 9))
            yield local(group, version, (minimum, priority), "onstart", now)


def local(group: str, version: str, priorities: tuple[int, int], managed: str, now: str) -> JsonObject:
    """What stands for a group version that the server itself answers. `managed`: `onstart` for built-in ones, else `true`."""
    owned = {
        "f:metadata": {"f:labels": {".": {}, f"f:{MANAGED}": {}}},
        "f:spec": {"f:group": {}, "f:groupPriorityMinimum": {}, "f:version": {}, "f:versionPriority": {}},
    }
    entry = {"manager": "kube-apiserver", "operation": "Update", "apiVersion": f"{GROUP}/v1", "time": now, "fieldsType": "FieldsV1"}
    meta: JsonObject = {"name": name_of(group, version), "uid": "", "resourceVersion": "", "creationTimestamp": now}
    return {
        "kind": "APIService",
        "apiVersion": f"{GROUP}/v1",
        "metadata": {**meta, "labels": {MANAGED: managed}, "managedFields": [{**entry, "fieldsV1": owned}]},
        "spec": {"group": group, "version": version, "groupPriorityMinimum": priorities[0], "versionPriority": priorities[1]},
        "status": {"conditions": [available(now)]},
    }


def available(now: str) -> JsonObject:
    """The condition of a service that needs no other server."""
    message = "Local APIServices are always available"
    return {"type": "Available", "status": "True", "lastTransitionTime": now, "reason": "Local", "message": message}


def _built_in(server: ApiServer) -> set[tuple[str, str]]:
    found = {(resource.gvk.group, resource.gvk.version) for resource in server.catalog.resources()}
    return {pair for pair in found if pair[0] != GROUP}


def move(server: ApiServer, now: str) -> None:
    """After the server began to be another Kubernetes version: those of built-in groups follow it, as they do at a restart."""
    store = server.store
    records = [(name, record.obj) for _, name, record in store.records(KEY)]
    for name, obj in records:
        if (obj["metadata"].get("labels") or {}).get(MANAGED) == "onstart" and not is_served(server, obj):
            store.remove(KEY, "", name)
    for obj in missing(server, {name for name, _ in records}, now):
        obj["metadata"]["uid"] = store.draw_uid()
        store.put(KEY, "", obj["metadata"]["name"], obj)
