"""EndpointSlices for Endpoints that somebody writes by hand, for Services without a selector.

Source: k8s.io/kubernetes pkg/controller/endpointslicemirroring
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import ENDPOINT_SLICE, ENDPOINTS, MANAGER, SERVICE, Key, Keys, Reconciler
from pytest_helmsim.apiserver.controllers.endpoints import SERVICE_NAME, SLICE_MANAGED_BY, TRIGGER
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import NotFound

OURS = "endpointslicemirroring-controller.k8s.io"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Mirrors(Reconciler):
    """One slice per address family and set of ports."""

    name, alias = "endpointslice-mirroring-controller", "endpointslicemirroring"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {
            common.kind(ENDPOINTS): common.itself,
            common.kind(SERVICE): common.itself,
            common.kind(ENDPOINT_SLICE): self._mirrored,
        }

    def _mirrored(self, event: StoreEvent) -> Iterable[Key]:
        labels = common.labels_of(event.new)
        return (Key(common.namespace_of(event.new), labels[SERVICE_NAME]),) if labels.get(SLICE_MANAGED_BY) == OURS else ()

    def sync(self, key: Key) -> float | None:
        source, service = self.api.get(ENDPOINTS, *key), self.api.get(SERVICE, *key)
        wanted = _slices(source) if source is not None and service is not None and _is_mirrored(source, service) else []
        selector = {"matchLabels": {SERVICE_NAME: key.name, SLICE_MANAGED_BY: OURS}}
        left = self.api.list(ENDPOINT_SLICE, key.namespace, selector)
        for slice_ in wanted:
            same_family = [item for item in left if item["addressType"] == slice_["addressType"]]
            present = next((item for item in same_family if item.get("ports") == slice_["ports"]), same_family[0] if same_family else None)
            if present is None:
                self.api.create(slice_, manager=MANAGER)
                continue
            left.remove(present)
            changed = {**present, "endpoints": slice_["endpoints"], "ports": slice_["ports"]}
            metadata = slice_["metadata"]
            changed = common.with_metadata(changed, labels=metadata["labels"], annotations=metadata.get("annotations"))
            if changed != present:
                self.api.update(changed, manager=MANAGER)
        for item in left:
            try:
                self.api.delete(ENDPOINT_SLICE, key.namespace, common.name_of(item))
            except NotFound:
                continue
        return None


def _is_mirrored(source: JsonObject, service: JsonObject) -> bool:
    skipped = common.labels_of(source).get(SKIP) == "true" or LEADER in common.annotations_of(source)
    return not skipped and not service["spec"].get("selector") and bool(source.get("subsets"))


def _slices(source: JsonObject) -> list[JsonObject]:
    """What the subsets say, by address family."""
    name = common.name_of(source)
    labels = {**common.labels_of(source), SERVICE_NAME: name, SLICE_MANAGED_BY: OURS}
    annotations = {key: value for key, value in common.annotations_of(source).items() if key not in (LAST_APPLIED, TRIGGER)}
    metadata = {
        "generateName": f"{name}-",
        "namespace": common.namespace_of(source),
        "labels": labels,
        **({"annotations": annotations} if annotations else {}),
        "ownerReferences": [common.controller_reference(source, ENDPOINTS)],
    }
    base = {"apiVersion": ENDPOINT_SLICE.api_version, "kind": ENDPOINT_SLICE.kind, "metadata": metadata}
    found = []
    for subset in source["subsets"]:
        ports = [{"name": "", **port} for port in subset.get("ports") or ()]
        for family, mark in (("IPv4", "."), ("IPv6", ":")):
            endpoints = [_endpoint(item, True) for item in subset.get("addresses") or () if mark in item["ip"]]
            endpoints += [_endpoint(item, False) for item in subset.get("notReadyAddresses") or () if mark in item["ip"]]
            if endpoints:
                found.append({**base, "addressType": family, "endpoints": endpoints, "ports": ports})
    return found


def _endpoint(address: JsonObject, ready: bool) -> JsonObject:
    kept: JsonObject = {key: address[key] for key in ("hostname", "nodeName", "targetRef") if key in address}
    return {"addresses": [address["ip"]], "conditions": {"ready": ready}, **kept}
