"""ServiceCIDRs: ready, and held by a finalizer while they are there.

Source: k8s.io/kubernetes pkg/controller/servicecidrs
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import MANAGER, SERVICE_CIDR, Key, Keys, Reconciler

FINALIZER = "networking.k8s.io/service-cidr-finalizer"
DEFAULT = "kubernetes"
_READY = {"type": "Ready", "status": "True", "reason": "", "message": "Kubernetes Service CIDR is ready"}
_SINCE = 33


class ServiceRanges(Reconciler):
    """Reports ranges of Service addresses as ready; the range that the cluster began with does not go."""

    name = "service-cidr-controller"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        minor = int(self.api.version.partition(".")[2])
        return {common.kind(SERVICE_CIDR): common.itself} if minor >= _SINCE else {}

    def sync(self, key: Key) -> float | None:
        found = self.api.get(SERVICE_CIDR, "", key.name)
        if found is None:
            return None
        finalizers = list(found["metadata"].get("finalizers") or ())
        if common.is_deleting(found):
            if key.name != DEFAULT and FINALIZER in finalizers:
                left = [each for each in finalizers if each != FINALIZER]
                self.api.update({**found, "metadata": {**found["metadata"], "finalizers": left}}, manager=MANAGER)
            return None
        if FINALIZER not in finalizers:
            self.api.update({**found, "metadata": {**found["metadata"], "finalizers": [*finalizers, FINALIZER]}}, manager=MANAGER)
        ready = common.condition(common.status_of(found), "Ready")
        if ready is None or ready.get("message") != _READY["message"]:
            status = {"conditions": [{**_READY, "lastTransitionTime": self.world.stamp()}]}
            head = {"apiVersion": SERVICE_CIDR.api_version, "kind": SERVICE_CIDR.kind, "metadata": {"name": key.name}}
            way = "application/apply-patch+yaml"
            manager = "service-cidr-controller"
            self.api.patch(
                SERVICE_CIDR, "", key.name, {**head, "status": status}, manager=manager, content_type=way, subresource="status", force=True
            )
        return None
