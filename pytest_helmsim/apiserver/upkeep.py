"""What the server itself writes after others have written: the status of flow schemas and API services, API services of definitions.

In the real server these are controllers inside of it; here they run when a request has been answered.
Sources: k8s.io/apiserver pkg/util/flowcontrol/apf_controller.go, k8s.io/kube-aggregator pkg/controllers/status,
k8s.io/kubernetes pkg/controlplane/controller/crdregistration.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import apiservices
from pytest_helmsim.apiserver.store import Change, StoreKey
from pytest_helmsim.objects.clock import rfc3339
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

_FLOW = "flowcontrol.apiserver.k8s.io"
_SCHEMAS, _LEVELS = StoreKey(_FLOW, "flowschemas"), StoreKey(_FLOW, "prioritylevelconfigurations")
_DEFINITIONS = StoreKey("apiextensions.k8s.io", "customresourcedefinitions")
_CONSUMER = "api-priority-and-fairness-config-consumer-v1"
_SERVICES, _SLICES = StoreKey("", "services"), StoreKey("discovery.k8s.io", "endpointslices")
WATCHED = frozenset({_SCHEMAS, _LEVELS, _DEFINITIONS, apiservices.KEY, _SERVICES, _SLICES})


def run(server: ApiServer, changes: list[Change]) -> None:
    """Follow the changes of watched kinds up."""
    keys = {change.key for change in changes}
    if _DEFINITIONS in keys:
        _register(server)
    if _SCHEMAS in keys or _LEVELS in keys:
        for _, name, record in list(server.store.records(_SCHEMAS)):
            _judge_schema(server, name, record.obj)
    changed = {change.name for change in changes if change.key == apiservices.KEY}
    behind = bool(keys & {_SERVICES, _SLICES})
    if changed or behind:
        for _, name, record in list(server.store.records(apiservices.KEY)):
            if name in changed or (behind and record.obj["spec"].get("service") is not None):
                _judge_service(server, record.obj)


def _register(server: ApiServer) -> None:
    """Each served version of an established definition has an API service; those that nothing stands behind any more go."""
    wanted = {}
    for _, _, record in server.store.records(_DEFINITIONS):
        spec, conditions = record.obj["spec"], (record.obj.get("status") or {}).get("conditions") or ()
        if any(condition.get("type") == "Established" and condition.get("status") == "True" for condition in conditions):
            for version in spec.get("versions") or ():
                if version.get("served"):
                    wanted[apiservices.name_of(spec["group"], version["name"])] = spec["group"], version["name"]
    for _, name, record in list(server.store.records(apiservices.KEY)):
        automatic = (record.obj["metadata"].get("labels") or {}).get(apiservices.MANAGED) == "true"
        if name not in wanted and automatic:
            server.store.remove(apiservices.KEY, "", name)
        wanted.pop(name, None)
    now = rfc3339(server.clock.now())
    for name, (group, version) in wanted.items():
        made = apiservices.local(group, version, apiservices.OF_DEFINITIONS, "true", now)
        made["metadata"]["uid"] = server.store.draw_uid()
        server.store.put(apiservices.KEY, "", name, made)


def _judge_schema(server: ApiServer, name: str, obj: JsonObject) -> None:
    """Whether the priority level that a schema names is there."""
    level = ((obj.get("spec") or {}).get("priorityLevelConfiguration") or {}).get("name", "")
    found = server.store.get(_LEVELS, "", level) is not None
    text = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}"'
    message = f"{text} and it exists" if found else f"{text} but there is no such object"
    condition = {"type": "Dangling", "status": "False" if found else "True", "reason": "Found" if found else "NotFound"}
    before = next((c for c in (obj.get("status") or {}).get("conditions") or () if c.get("type") == "Dangling"), None)
    if before is not None and (before.get("status"), before.get("message")) == (condition["status"], message):
        return
    condition |= {"lastTransitionTime": rfc3339(server.clock.now()), "message": message}
    gvk = GroupVersionKind.of_object(obj)
    applied = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": {"name": name}, "status": {"conditions": [condition]}}
    way = "application/apply-patch+yaml"
    with contextlib.suppress(ApiError):
        server.api.patch(gvk, "", name, applied, manager=_CONSUMER, content_type=way, subresource="status", force=True)


def _judge_service(server: ApiServer, obj: JsonObject) -> None:
    """Whether somebody could answer for the group version; an extension server itself is never asked."""
    now, service = rfc3339(server.clock.now()), obj["spec"].get("service")
    condition = apiservices.available(now)
    if service is not None:
        condition |= _verdict(server, service)
    before = next((c for c in (obj.get("status") or {}).get("conditions") or () if c.get("type") == "Available"), None)
    if before is not None and {**before, "lastTransitionTime": now} == condition:
        return
    with contextlib.suppress(ApiError):
        server.api.update_status({**obj, "status": {"conditions": [condition]}}, manager="kube-apiserver")


def _verdict(server: ApiServer, service: JsonObject) -> JsonObject:
    """What the condition says: why the Service leads nowhere, or that it has an address."""
    name, namespace = service["name"], service["namespace"]
    where = f'service/{name} in "{namespace}"'

    def no(reason: str, message: str) -> JsonObject:
        return {"status": "False", "reason": reason, "message": message}

    stored = server.store.get(_SERVICES, namespace, name)
    if stored is None:
        return no("ServiceNotFound", f"{where} is not present")
    spec = stored.obj.get("spec") or {}
    passed = {"reason": "Passed", "message": "all checks passed"}
    if spec.get("type") != "ClusterIP":
        return passed
    ports = [each.get("name") or "" for each in spec.get("ports") or () if each.get("port") == service.get("port")]
    if not ports:
        return no("ServicePortError", f"{where} is not listening on port {service.get('port')}")
    slices = [
        record.obj
        for _, _, record in server.store.records(_SLICES, namespace)
        if (record.obj["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == name
    ]
    if not slices:
        return no("EndpointsNotFound", f"cannot find endpointslices for {where}")
    if not any(_reachable(each, ports[0]) for each in slices):
        return no("MissingEndpoints", f'endpointslices for {where} have no addresses with port name "{ports[0]}"')
    return passed


def _reachable(found: JsonObject, port: str) -> bool:
    ready = any((each.get("conditions") or {}).get("ready") is not False for each in found.get("endpoints") or ())
    return ready and any(each.get("name") == port and each.get("port") is not None for each in found.get("ports") or ())
