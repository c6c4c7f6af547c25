"""What a cluster has before anybody asks: namespaces, roles and bindings, priority and flow classes, APIServices, the service `kubernetes`.

The objects are those that a real kube-apiserver writes at its start (tools/record_bootstrap.py); what controllers add is not here.
"""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pytest_helmsim.apiserver import addresses, apiservices, default_roles
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.clock import rfc3339
from pytest_helmsim.objects.json import JsonObject, copy, loads
from pytest_helmsim.objects.kinds import GroupVersionKind

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

APPROXIMATE = (
    "objects of a fresh cluster: those of 1.36, without kinds that a version does not serve, with the roles of that version",
    "ComponentStatus: the parts of the control plane are healthy, whichever controllers are on",
    "the server's own Lease, and endpoints of the service `kubernetes`: the Lease is never renewed; a server on loopback has no endpoints",
)
MANAGER = "kube-apiserver"


@cache
def _recorded() -> tuple[bytes, list[tuple[StoreKey, str]]]:
    """The text of all objects, and where each lies."""
    data = (resources.files("pytest_helmsim.apiserver") / "data" / "bootstrap.json.z").read_bytes()
    text = zlib.decompress(data)
    head, _, rows = text.partition(b',"objects":')
    places = [(StoreKey(group, plural), namespace) for group, plural, namespace in loads(head + b"}")["places"]]
    return rows[:-1], places


def populate(server: ApiServer) -> None:
    """Put the objects of an empty cluster into its empty store."""
    identities, rows = _defaults(server)
    for _, _, obj in rows:
        obj["metadata"]["uid"] = next(identities)
    server.store.load([*rows, *_components()])


def move(server: ApiServer) -> None:
    """After the server began to be another Kubernetes version: what it writes at its start into a cluster that exists."""
    now = rfc3339(server.clock.now())
    apiservices.move(server, now)
    default_roles.reconcile(server, _defaults(server)[1], now)
    addresses.complete(server)


def _defaults(server: ApiServer) -> tuple[Iterator[str], list[tuple[StoreKey, str, JsonObject]]]:
    """The objects that the server's version writes, without uids, and uids for them."""
    now = server.clock.now()
    text, places = _recorded()
    stamp, host_port = rfc3339(now), server.address
    identities = _uids(server, len(text))
    for placeholder, value in (
        (b'"@now"', f'"{stamp}"'),
        (b'"@micro"', f'"{stamp[:-1]}.000000Z"'),
        (b'"@date"', f'"{stamp[:10]}"'),
        (b'"@port"', host_port.rpartition(":")[2]),
        (b"@address", host_port),
        (b"@uid", next(identities)),
    ):
        text = text.replace(placeholder, value.encode())
    stored = {served.key: served.stored for served in server.registry.all()}
    rows = []
    for place, obj in loads(text):
        key, namespace = places[place]
        gvk = stored.get(key)
        if gvk is None or (key == apiservices.KEY and not apiservices.is_served(server, obj)):
            continue
        rows.append((key, namespace, _in_version(obj, gvk)))
    rows = default_roles.of_version(rows, server.version, stamp)
    if server.catalog.version.minor < _FLOWS_UNTIL:
        rows += _old_flows(rows)
    rows += [(apiservices.KEY, "", obj) for obj in apiservices.missing(server, {obj["metadata"]["name"] for _, _, obj in rows}, stamp)]
    return identities, rows


_FLOWS_UNTIL = 34
_OLD_FLOWS: tuple[JsonObject, ...] = (
    {
        "name": "endpoint-controller",
        "level": "workload-high",
        "precedence": 150,
        "accounts": ("endpoint-controller", "endpointslicemirroring-controller"),
        "user": "system:kube-controller-manager",
        "resources": (("", ["endpoints"]),),
    },
    {
        "name": "workload-leader-election",
        "level": "leader-election",
        "precedence": 200,
        "accounts": ("*",),
        "user": "",
        "resources": (("", ["endpoints", "configmaps"]), ("coordination.k8s.io", ["leases"])),
    },
)
"""Flow schemas that a server makes before 1.34: k8s.io/apiserver pkg/apis/flowcontrol/bootstrap/default.go."""


def _old_flows(rows: list[tuple[StoreKey, str, JsonObject]]) -> Iterator[tuple[StoreKey, str, JsonObject]]:
    """As the others are, with a name and rules of their own."""
    key, namespace, model = next(row for row in rows if row[2]["metadata"]["name"] == "service-accounts")
    for flow in _OLD_FLOWS:
        obj = copy(model)
        obj["metadata"]["name"], level = flow["name"], flow["level"]
        users = [{"kind": "User", "user": {"name": flow["user"]}}] if flow["user"] else []
        accounts = [{"kind": "ServiceAccount", "serviceAccount": {"namespace": "kube-system", "name": name}} for name in flow["accounts"]]
        rules = [
            {"verbs": ["get", "create", "update"], "apiGroups": [group], "resources": list(names), "namespaces": ["*"]}
            for group, names in flow["resources"]
        ]
        obj["spec"] |= {
            "priorityLevelConfiguration": {"name": level},
            "matchingPrecedence": flow["precedence"],
            "rules": [{"subjects": [*users, *accounts], "resourceRules": rules}],
        }
        condition = obj["status"]["conditions"][0]
        condition["message"] = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}" and it exists'
        yield key, namespace, obj


def _components() -> Iterator[tuple[StoreKey, str, JsonObject]]:
    """How the parts of the control plane do: well, as long as there is a cluster."""
    condition = {"type": "Healthy", "status": "True", "message": "ok"}
    for name in ("controller-manager", "etcd-0", "scheduler"):
        obj: JsonObject = {"kind": "ComponentStatus", "apiVersion": "v1", "metadata": {"name": name}, "conditions": [condition]}
        yield StoreKey("", "componentstatuses"), "", obj


def _uids(server: ApiServer, size: int) -> Iterator[str]:
    """Random uids that follow from one draw; `size`: more than will be needed."""
    drawn = hashlib.shake_256(server.store.draw("bootstrap")).digest(16 * min(size, 512))
    for start in range(0, len(drawn), 16):
        yield str(uuid.UUID(bytes=drawn[start : start + 16], version=4))


def _in_version(obj: JsonObject, gvk: GroupVersionKind) -> JsonObject:
    """The object as a version stores it that does not have the recorded one yet."""
    if obj["apiVersion"] != gvk.api_version:
        before, obj["apiVersion"] = obj["apiVersion"], gvk.api_version
        entries: list[Any] = obj["metadata"].get("managedFields") or []
        for entry in entries:
            if entry["apiVersion"] == before:
                entry["apiVersion"] = gvk.api_version
    return obj
