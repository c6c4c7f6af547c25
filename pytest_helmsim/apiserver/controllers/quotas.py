"""ResourceQuotas: what a namespace uses of what it may.

Source: k8s.io/kubernetes pkg/controller/resourcequota, pkg/quota/v1/evaluator/core (pods, services, persistent_volume_claims)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, pods
from pytest_helmsim.apiserver.controllers.common import CLAIM, POD, QUOTA, SERVICE, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.quantity import Quantity
from pytest_helmsim.schema.catalog import Catalog

_COUNTED = {
    "pods": ("", "Pod"),
    "services": ("", "Service"),
    "secrets": ("", "Secret"),
    "configmaps": ("", "ConfigMap"),
    "persistentvolumeclaims": ("", "PersistentVolumeClaim"),
    "replicationcontrollers": ("", "ReplicationController"),
    "resourcequotas": ("", "ResourceQuota"),
}
_IGNORED = frozenset({("", "Event"), ("", "ResourceQuota")})


class Quotas(Reconciler):
    """Counts what every quota limits."""

    name, alias = "resourcequota-controller", "resourcequota"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.EVERY_KIND: self._concerned}

    def initial(self) -> Iterable[Key]:
        return [common.key_of(item) for item in self.api.list(QUOTA)]

    def _concerned(self, event: StoreEvent) -> Iterable[Key]:
        """A quota itself; all quotas of a namespace in which something came or went, or a pod or claim changed its size or end."""
        found = common.kind(event.gvk)
        if found == common.kind(QUOTA):
            return (common.key_of(event.new),)
        namespace = common.namespace_of(event.new)
        if not namespace or found in _IGNORED or (event.type == "MODIFIED" and found not in (common.kind(POD), common.kind(CLAIM))):
            return ()
        return [common.key_of(item) for item in self.api.list(QUOTA, namespace)]

    def sync(self, key: Key) -> float | None:
        quota = self.api.get(QUOTA, *key)
        if quota is None or common.is_deleting(quota):
            return None
        hard = quota["spec"].get("hard") or {}
        used = {name: str(self._used(name, key.namespace, quota["spec"])) for name in hard}
        known = common.status_of(quota).get("used") or {}
        kept = {
            name: text for name, text in known.items() if name in used and quantity.parse(text).compare(quantity.parse(used[name])) == 0
        }
        common.update_status(self.api, quota, {"hard": hard, "used": used | kept})
        return None

    def _used(self, name: str, namespace: str, spec: JsonObject) -> Quantity:
        if name.startswith("count/"):
            return Quantity(self._count(self._kind(name.removeprefix("count/")), namespace))
        if name == "pods":
            return Quantity(len(self._pods(namespace, spec)))
        if name in _COUNTED:
            return Quantity(self._count(_COUNTED[name], namespace))
        if name.startswith("services."):
            return Quantity(self._services(name.removeprefix("services."), namespace))
        if name.endswith("requests.storage"):
            return self._storage(name, namespace)
        if name.endswith(".storageclass.storage.k8s.io/persistentvolumeclaims"):
            wanted = name.partition(".storageclass.")[0]
            return Quantity(sum(claim["spec"].get("storageClassName") == wanted for claim in self.api.list(CLAIM, namespace)))
        kind, _, resource = name.partition(".") if name.startswith(("requests.", "limits.")) else ("requests", "", name)
        total = Quantity(0)
        for pod in self._pods(namespace, spec):
            total = total.plus(_asked(pod, kind, resource))
        return total

    def _kind(self, resource: str) -> tuple[str, str]:
        """`deployments.apps` to its group and kind."""
        plural, _, group = resource.partition(".")
        for known in Catalog.for_version(self.api.version).resources():
            if (known.plural, known.gvk.group) == (plural, group):
                return group, known.gvk.kind
        return group, plural

    def _count(self, kind: tuple[str, str], namespace: str) -> int:
        return sum(common.kind(place.gvk) == kind for place in self.world.index.in_namespace(namespace))

    def _pods(self, namespace: str, spec: JsonObject) -> list[JsonObject]:
        found = [pod for pod in self.api.list(POD, namespace) if not pods.is_finished(pod)]
        return [pod for pod in found if all(_in_scope(pod, scope) for scope in spec.get("scopes") or ())]

    def _services(self, which: str, namespace: str) -> int:
        found = self.api.list(SERVICE, namespace)
        if which == "loadbalancers":
            return sum(service["spec"].get("type") == "LoadBalancer" for service in found)
        exposed = [service for service in found if service["spec"].get("type") in ("NodePort", "LoadBalancer")]
        return sum(len(service["spec"].get("ports") or ()) for service in exposed)

    def _storage(self, name: str, namespace: str) -> Quantity:
        wanted, marker, _ = name.partition(".storageclass.")
        total = Quantity(0)
        for claim in self.api.list(CLAIM, namespace):
            if not marker or claim["spec"].get("storageClassName") == wanted:
                total = total.plus(quantity.parse(claim["spec"]["resources"]["requests"]["storage"]))
        return total


def _asked(pod: JsonObject, kind: str, resource: str) -> Quantity:
    """What the containers ask for together, or the largest init container when that is more."""
    total = Quantity(0)
    for container in pod["spec"].get("containers") or ():
        total = total.plus(_of_container(container, kind, resource))
    for container in pod["spec"].get("initContainers") or ():
        single = _of_container(container, kind, resource)
        total = single if total < single else total
    return total


def _of_container(container: JsonObject, kind: str, resource: str) -> Quantity:
    return quantity.parse(((container.get("resources") or {}).get(kind) or {}).get(resource) or "0")


def _in_scope(pod: JsonObject, scope: str) -> bool:
    if scope in ("BestEffort", "NotBestEffort"):
        return (common.status_of(pod).get("qosClass") == "BestEffort") == (scope == "BestEffort")
    if scope in ("Terminating", "NotTerminating"):
        return (pod["spec"].get("activeDeadlineSeconds") is not None) == (scope == "Terminating")
    return True
