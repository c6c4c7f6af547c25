"""Endpoints and EndpointSlices of Services that select pods.

Source: k8s.io/kubernetes pkg/controller/endpoint, pkg/api/v1/endpoints (RepackSubsets), k8s.io/endpointslice
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, pods
from pytest_helmsim.apiserver.controllers.common import ENDPOINT_SLICE, ENDPOINTS, MANAGER, POD, SERVICE, Key, Keys, Reconciler, World
from pytest_helmsim.apiserver.controllers.templatehash import endpoint_port_order, slice_port_order
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import NotFound

APPROXIMATE = ("subsets of Endpoints whose pods differ in their ports: in the order of their addresses, not of a hash with their uids",)
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
HEADLESS = "service.kubernetes.io/headless"
MANAGED_BY = "endpoints.kubernetes.io/managed-by"
SLICE_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
SERVICE_NAME = "kubernetes.io/service-name"


class _OfServices(Reconciler):
    """Follows Services and the pods that they select."""

    memory = ("_seen",)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._seen: dict[str, dict[str, str]] = {}

    def _trigger(self, service: JsonObject, found: Iterable[JsonObject]) -> str | None:
        """The earliest of the changes since the last look that made endpoints change: a pod's readiness, the Service itself.

        None when only something has gone; the annotation then goes too.
        Source: k8s.io/endpointslice util/trigger_time_tracker.go
        """
        times = {"": service["metadata"].get("creationTimestamp") or ""}
        for pod in found:
            ready = common.condition(common.status_of(pod), "Ready")
            if ready is not None:
                times[common.name_of(pod)] = ready["lastTransitionTime"]
        before = self._seen.get(common.uid_of(service), {})
        self._seen[common.uid_of(service)] = times
        changed = [when for name, when in times.items() if when > before.get(name, "")]
        return min(changed) if changed else None

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(SERVICE): common.itself, common.kind(POD): self._selecting}

    def _selecting(self, event: StoreEvent) -> Iterable[Key]:
        """Services that select the pod as it is or as it was."""
        states = [state for state in (event.old, event.new) if state is not None]
        found = []
        for service in self.api.list(SERVICE, common.namespace_of(event.new)):
            selector = service["spec"].get("selector")
            if selector and any(selector.items() <= common.labels_of(state).items() for state in states):
                found.append(common.key_of(service))
        return found


class EndpointsController(_OfServices):
    """The older form: one object per Service."""

    name, alias = "endpoints-controller", "endpoint"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {**super().watches(), common.kind(ENDPOINTS): common.itself}

    def sync(self, key: Key) -> float | None:
        service = self.api.get(SERVICE, *key)
        current = self.api.get(ENDPOINTS, *key)
        if service is None:
            if current is not None and common.labels_of(current).get(MANAGED_BY) == "endpoint-controller":
                self.api.delete(ENDPOINTS, *key)
            return None
        if not selects_pods(service):
            return None
        found = self.api.list(POD, key.namespace, {"matchLabels": service["spec"]["selector"]})
        trigger = self._trigger(service, found)
        subsets = _subsets(service, _candidates(service, found, terminating=False))
        labels = {**common.labels_of(service), MANAGED_BY: "endpoint-controller"}
        if service["spec"].get("clusterIP") == "None":
            labels[HEADLESS] = ""
        if current is not None and (current.get("subsets") or []) == subsets and common.labels_of(current) == labels:
            return None
        annotations = _triggered(common.annotations_of(current) if current else {}, trigger)
        base = current or {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": key.name, "namespace": key.namespace}}
        wanted = {
            name: value
            for name, value in common.with_metadata(base, labels=labels, annotations=annotations or None).items()
            if name != "subsets"
        }
        if subsets:
            wanted["subsets"] = subsets
        if current is None:
            self.api.create(wanted, manager=MANAGER)
        else:
            self.api.update(wanted, manager=MANAGER)
        return None


class EndpointSlices(_OfServices):
    """The newer form: slices owned by the Service, with the conditions of each endpoint."""

    name, alias = "endpointslice-controller", "endpointslice"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {**super().watches(), common.kind(ENDPOINT_SLICE): common.controlled_by(SERVICE)}

    def sync(self, key: Key) -> float | None:
        service = self.api.get(SERVICE, *key)
        if service is None or not selects_pods(service):
            return None
        mine = common.owned(self.world, service, ENDPOINT_SLICE)
        family = (service["spec"].get("ipFamilies") or ["IPv4"])[0]
        grouped: dict[str, tuple[list[JsonObject], list[JsonObject]]] = {}
        found = self.api.list(POD, key.namespace, {"matchLabels": service["spec"]["selector"]})
        trigger = self._trigger(service, found)
        for pod in _candidates(service, found, terminating=True):
            ports = _slice_ports(service, pod)
            grouped.setdefault(repr(ports), (ports, []))[1].append(_endpoint(service, pod))
        if not grouped:
            grouped[""] = ([], [])
        labels = {**common.labels_of(service), SERVICE_NAME: key.name, SLICE_MANAGED_BY: "endpointslice-controller.k8s.io"}
        if service["spec"].get("clusterIP") == "None":
            labels[HEADLESS] = ""
        left = list(mine)
        for ports, endpoints in grouped.values():
            present = next((item for item in left if (item.get("ports") or []) == ports), left[0] if left and len(grouped) == 1 else None)
            if present is not None:
                left.remove(present)
            self._write(service, present, family, labels, trigger, ports, endpoints)
        for item in left:
            try:
                self.api.delete(ENDPOINT_SLICE, key.namespace, common.name_of(item))
            except NotFound:
                continue
        return None

    def _write(
        self,
        service: JsonObject,
        present: JsonObject | None,
        family: str,
        labels: JsonObject,
        trigger: str | None,
        ports: list[JsonObject],
        endpoints: list[JsonObject],
    ) -> None:
        content = {"endpoints": endpoints or None, "ports": ports or None}
        if present is None:
            metadata = {
                "generateName": f"{common.name_of(service)}-",
                "namespace": common.namespace_of(service),
                "labels": labels,
                "annotations": _triggered({}, trigger),
                "ownerReferences": [common.controller_reference(service, SERVICE)],
            }
            made = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata, "addressType": family, **content}
            self.api.create(made, manager=MANAGER)
            return
        same = (present.get("endpoints") or []) == endpoints and (present.get("ports") or []) == ports
        if same and common.labels_of(present) == labels:
            return
        annotations = _triggered(common.annotations_of(present), trigger)
        self.api.update({**common.with_metadata(present, labels=labels, annotations=annotations or None), **content}, manager=MANAGER)


def selects_pods(service: JsonObject) -> bool:
    """Whether the controller makes endpoints for it: not for external names, nor where somebody else writes them."""
    return bool(service["spec"].get("selector")) and service["spec"].get("type") != "ExternalName"


def _triggered(annotations: JsonObject, trigger: str | None) -> JsonObject:
    """The annotations with the trigger time in place of the old one."""
    rest = {name: value for name, value in annotations.items() if name != TRIGGER}
    return {**rest, TRIGGER: trigger} if trigger else rest


def _candidates(service: JsonObject, found: Iterable[JsonObject], *, terminating: bool) -> list[JsonObject]:
    """Pods with an address that are not finished; those being deleted only for slices or when not-ready ones are published."""
    wanted = terminating or service["spec"].get("publishNotReadyAddresses")
    return [
        pod for pod in found if common.status_of(pod).get("podIP") and not pods.is_finished(pod) and (wanted or not common.is_deleting(pod))
    ]


def _port_number(service_port: JsonObject, pod: JsonObject) -> int | None:
    """The number behind `targetPort`: a name is looked up in the pod's containers."""
    target: Json = service_port.get("targetPort") or service_port["port"]
    if isinstance(target, int):
        return target
    protocol = service_port.get("protocol", "TCP")
    sidecars = [item for item in pod["spec"].get("initContainers") or () if item.get("restartPolicy") == "Always"]
    for container in (*(pod["spec"].get("containers") or ()), *sidecars):
        for port in container.get("ports") or ():
            if port.get("name") == target and port.get("protocol", "TCP") == protocol:
                return int(port["containerPort"])
    return None


def _ports(service: JsonObject, pod: JsonObject) -> list[JsonObject]:
    found = []
    for item in service["spec"].get("ports") or ():
        number = _port_number(item, pod)
        if number is not None:
            port = {
                "name": item.get("name"),
                "port": number,
                "protocol": item.get("protocol", "TCP"),
                "appProtocol": item.get("appProtocol"),
            }
            found.append({name: value for name, value in port.items() if value})
    return found


def _slice_ports(service: JsonObject, pod: JsonObject) -> list[JsonObject]:
    """As `_ports`; the name is always there."""
    return sorted(({"name": "", **port} for port in _ports(service, pod)), key=slice_port_order)


def _target(pod: JsonObject) -> JsonObject:
    return {"kind": "Pod", "namespace": common.namespace_of(pod), "name": common.name_of(pod), "uid": common.uid_of(pod)}


def _hostname(service: JsonObject, pod: JsonObject) -> str:
    spec = pod["spec"]
    named = spec.get("hostname") and spec.get("subdomain") == common.name_of(service)
    return str(spec["hostname"]) if named else ""


def _subsets(service: JsonObject, found: list[JsonObject]) -> list[JsonObject]:
    """Addresses that share their ports share a subset; ready and not ready ones are listed apart."""
    subsets: dict[str, JsonObject] = {}
    for pod in sorted(found, key=lambda item: (common.status_of(item)["podIP"], common.uid_of(item))):
        ports = sorted(_ports(service, pod), key=endpoint_port_order)
        if (service["spec"].get("ports") or ()) and not ports:
            continue
        if not service["spec"].get("ports") and service["spec"].get("clusterIP") != "None":
            continue
        address = {"ip": common.status_of(pod)["podIP"]}
        if hostname := _hostname(service, pod):
            address["hostname"] = hostname
        if pod["spec"].get("nodeName"):
            address["nodeName"] = pod["spec"]["nodeName"]
        address["targetRef"] = _target(pod)
        ready = service["spec"].get("publishNotReadyAddresses") or pods.is_ready(pod)
        subset = subsets.setdefault(repr(ports), {"addresses": [], "notReadyAddresses": [], "ports": ports})
        subset["addresses" if ready else "notReadyAddresses"].append(address)
    return [{name: value for name, value in subset.items() if value} for subset in subsets.values()]


def _endpoint(service: JsonObject, pod: JsonObject) -> JsonObject:
    deleting, serving = common.is_deleting(pod), pods.is_ready(pod)
    ready = bool(service["spec"].get("publishNotReadyAddresses")) or (serving and not deleting)
    endpoint: JsonObject = {
        "addresses": [common.status_of(pod)["podIP"]],
        "conditions": {"ready": ready, "serving": serving, "terminating": deleting},
    }
    if hostname := _hostname(service, pod):
        endpoint["hostname"] = hostname
    if pod["spec"].get("nodeName"):
        endpoint["nodeName"] = pod["spec"]["nodeName"]
    return {**endpoint, "targetRef": _target(pod)}
