"""Cluster IPs as objects: since 1.33 each that a Service holds is an IPAddress, written before the Service and removed after it.

Sources: k8s.io/kubernetes pkg/registry/core/service/ipallocator/{ipallocator,cidrallocator,bitmap}.go.
"""

from __future__ import annotations

import contextlib
import ipaddress
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission.configured import NOTHING
from pytest_helmsim.apiserver.store import SERVICES, StoreKey
from pytest_helmsim.objects.clock import rfc3339
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import AlreadyExists, ApiError, invalid
from pytest_helmsim.objects.wire import User
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.registration import check_address

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer
    from pytest_helmsim.apiserver.operation import Operation

APPROXIMATE = ("IPAddress: one deleted by hand is not made again; ranges of further ServiceCIDRs give out nothing",)
RANGE = ipaddress.IPv4Network("10.96.0.0/16")
KEY = StoreKey("networking.k8s.io", "ipaddresses")
TAKEN = "provided IP is already allocated"
_KIND = GroupVersionKind("networking.k8s.io", "v1", "IPAddress")
_SINCE = 33
_MANAGER = "kube-apiserver"
_SERVER = User("system:apiserver", ("system:masters", "system:authenticated"))
_LABELS = {"ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}
_OWNED: JsonObject = {
    "f:metadata": {"f:labels": {".": {}, **{f"f:{label}": {} for label in _LABELS}}},
    "f:spec": {"f:parentRef": {".": {}, "f:name": {}, "f:namespace": {}, "f:resource": {}}},
}


def are_objects(server: ApiServer) -> bool:
    """Whether this version of the server keeps what it gave out as IPAddresses."""
    return server.catalog.version.minor >= _SINCE


def is_free(server: ApiServer, address: str) -> bool:
    """Nobody holds it: by the objects where there are such, else by the Services."""
    return server.store.get(KEY, "", address) is None if are_objects(server) else address not in server.store.claimed


def complaint(op: Operation, address: str) -> str:
    """Why the address that a Service asks for cannot be had; a dry run does not look whether it is free."""
    if ":" not in address and not RANGE.network_address < ipaddress.IPv4Address(address) < RANGE.broadcast_address:
        if are_objects(op.server) and not op.dry_run:
            return "the provided network does not match the current range"
        return f"the provided IP ({address}) is not in the valid range. The range of valid IPs is {RANGE}"
    return "" if op.dry_run or is_free(op.server, address) else TAKEN


def take(op: Operation, service: str, address: str) -> str:
    """Write the IPAddress that says who holds the address, and note it in `op.allocated`; the result is why that failed."""
    if op.dry_run or not are_objects(op.server):
        return ""
    obj = _object(op.now, op.namespace, service, address)
    errors = Errors()
    check_address(errors, obj)
    try:
        if errors:
            raise invalid("IPAddress", _KIND.group, address, [error.cause() for error in errors])
        _write(op.server, obj)
    except AlreadyExists:
        return TAKEN
    except ApiError as error:
        return error.message
    op.allocated.append(address)
    return ""


def release(op: Operation, given: list[str]) -> None:
    """Delete the IPAddresses, whoever they say holds them; those that are not there are no error."""
    if op.dry_run or not are_objects(op.server):
        return
    for address in given:
        with contextlib.suppress(ApiError):
            op.server.api.delete(_KIND, "", address)


def held(service: JsonObject) -> list[str]:
    """The cluster IPs of a Service."""
    spec = service.get("spec") or {}
    return [address for address in spec.get("clusterIPs") or () if address != "None"] if spec.get("type") != "ExternalName" else []


def complete(server: ApiServer) -> None:
    """Of every Service: what a server of a version that keeps IPAddresses writes where it finds none."""
    if not are_objects(server):
        return
    now = rfc3339(server.clock.now())
    for namespace, name, record in list(server.store.records(SERVICES)):
        for address in held(record.obj):
            if ":" not in address and is_free(server, address):
                _write(server, _object(now, namespace, name, address))


def _object(now: str, namespace: str, service: str, address: str) -> JsonObject:
    entry = {"manager": _MANAGER, "operation": "Update", "apiVersion": _KIND.api_version, "time": now, "fieldsType": "FieldsV1"}
    meta = {"name": address, "uid": "", "creationTimestamp": now, "labels": _LABELS, "managedFields": [{**entry, "fieldsV1": _OWNED}]}
    parent = {"resource": "services", "namespace": namespace, "name": service}
    return {"kind": _KIND.kind, "apiVersion": _KIND.api_version, "metadata": meta, "spec": {"parentRef": parent}}


def _write(server: ApiServer, obj: JsonObject) -> None:
    """As the server's own client does: where somebody may have a say in it by the whole way, else at once."""
    from pytest_helmsim.apiserver import operation, writes

    meta = obj["metadata"]
    served = server.registry.of_kind(_KIND)
    assert served is not None
    if server.configured is not NOTHING:
        op = operation.Operation(server, served, "", meta["name"], user=_SERVER, manager=_MANAGER, validation="Ignore")
        writes.create(op, writes.private({**obj, "metadata": {"name": meta["name"], "labels": meta["labels"]}}))
        return
    server.store.put(KEY, "", meta["name"], {**obj, "metadata": {**meta, "uid": server.store.draw_uid()}})
