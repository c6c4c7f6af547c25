"""Addresses that a cloud gives: of Services of type LoadBalancer and of Ingresses.

Source: k8s.io/cloud-provider controllers/service/controller.go; an ingress controller's status writer for the second
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import INGRESS, SERVICE, Key, Keys, Reconciler
from pytest_helmsim.objects.json import JsonObject

APPROXIMATE = ("load balancers and ingress controllers: played by the cluster, which gives addresses at once",)
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
COMPONENT = "service-controller"
CLOUD = "cloud-controller-manager"
INGRESS_MANAGER = "ingress-controller"


class LoadBalancers(Reconciler):
    """Gives each Service of type LoadBalancer an address of its own while the settings say so."""

    name, alias = "service-lb-controller", "service"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(SERVICE): common.itself}

    def sync(self, key: Key) -> float | None:
        service = self.api.get(SERVICE, *key)
        if service is None or not self.world.settings.load_balancers:
            return None
        finalizers = service["metadata"].get("finalizers") or []
        wanted = (
            service["spec"].get("type") == "LoadBalancer"
            and not service["spec"].get("loadBalancerClass")
            and not common.is_deleting(service)
        )
        if wanted:
            if FINALIZER not in finalizers:
                self.world.events(service, "EnsuringLoadBalancer", "Ensuring load balancer", component=COMPONENT, manager=CLOUD)
                service = self.api.update(common.with_metadata(service, finalizers=[*finalizers, FINALIZER]), manager=CLOUD)
            if not (common.status_of(service).get("loadBalancer") or {}).get("ingress"):
                address = service["spec"].get("loadBalancerIP") or self._free_address()
                balancer = {"ingress": [{"ip": address, "ipMode": "VIP"}]}
                common.update_status(self.api, service, {**common.status_of(service), "loadBalancer": balancer}, manager=CLOUD)
                self.world.events(service, "EnsuredLoadBalancer", "Ensured load balancer", component=COMPONENT, manager=CLOUD)
        elif FINALIZER in finalizers:
            if (common.status_of(service).get("loadBalancer") or {}).get("ingress"):
                service = common.update_status(self.api, service, {**common.status_of(service), "loadBalancer": {}}, manager=CLOUD)
            rest = [name for name in finalizers if name != FINALIZER]
            self.api.update(common.with_metadata(service, finalizers=rest or None), manager=CLOUD)
        return None

    def _free_address(self) -> str:
        taken = {
            item.get("ip")
            for service in self.api.list(SERVICE)
            for item in (common.status_of(service).get("loadBalancer") or {}).get("ingress") or ()
        }
        return _lowest_free(taken)


class Ingresses(Reconciler):
    """Gives each Ingress the address of the one ingress controller, which is not part of kube-controller-manager."""

    name = "ingress-controller"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(INGRESS): common.itself}

    def sync(self, key: Key) -> float | None:
        ingress = self.api.get(INGRESS, *key)
        if ingress is None or common.is_deleting(ingress) or not self.world.settings.load_balancers:
            return None
        status: JsonObject = {"loadBalancer": {"ingress": [{"ip": "172.18.255.200"}]}}
        common.update_status(self.api, ingress, status, manager=INGRESS_MANAGER)
        return None


def _lowest_free(taken: set[str | None]) -> str:
    number = 1
    while (address := f"172.18.{254 if number > 250 else 255}.{(number - 1) % 250 + 1}") in taken and number < 500:
        number += 1
    return address
