"""Namespaces: what each one gets, and taking everything away from one that is deleted.

Source: k8s.io/kubernetes pkg/controller/namespace/deletion, serviceaccount/serviceaccounts_controller.go, certificates/rootcacertpublisher
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import CONFIG_MAP, MANAGER, NAMESPACE, POD, SERVICE_ACCOUNT, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import AlreadyExists, Forbidden, MethodNotAllowed, NotFound

ROOT_CERTIFICATE = "kube-root-ca.crt"
DESCRIPTION = "kubernetes.io/description"
ABOUT_ROOT_CERTIFICATE = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or "
    "kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nc2ltdWxhdGVk\n-----END CERTIFICATE-----\n"


def _namespace_of(event: StoreEvent) -> Iterable[Key]:
    return (Key("", common.namespace_of(event.new)),)


class _PerNamespace(Reconciler):
    """Something that every active namespace has."""

    @abstractmethod
    def _make(self, namespace: str) -> None:
        """Create it, or put it right."""

    def sync(self, key: Key) -> float | None:
        namespace = self.api.get(NAMESPACE, "", key.name)
        if namespace is None or common.is_deleting(namespace) or common.status_of(namespace).get("phase") == "Terminating":
            return None
        try:
            self._make(key.name)
        except AlreadyExists:
            return None
        return None


class ServiceAccounts(_PerNamespace):
    """The ServiceAccount `default`."""

    name, alias = "serviceaccount-controller", "serviceaccount"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(NAMESPACE): common.itself, common.kind(SERVICE_ACCOUNT): _namespace_of}

    def _make(self, namespace: str) -> None:
        if self.api.get(SERVICE_ACCOUNT, namespace, "default") is None:
            made = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}
            self.api.create(made, manager=MANAGER)


class RootCertificates(_PerNamespace):
    """The ConfigMap with the certificate of the server."""

    name, alias = "root-ca-certificate-publisher-controller", "root-ca-cert-publisher"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(NAMESPACE): common.itself, common.kind(CONFIG_MAP): self._certificate}

    def _certificate(self, event: StoreEvent) -> Iterable[Key]:
        return _namespace_of(event) if common.name_of(event.new) == ROOT_CERTIFICATE else ()

    def _make(self, namespace: str) -> None:
        found = self.api.get(CONFIG_MAP, namespace, ROOT_CERTIFICATE)
        if found is None:
            metadata = {"name": ROOT_CERTIFICATE, "namespace": namespace, "annotations": {DESCRIPTION: ABOUT_ROOT_CERTIFICATE}}
            self.api.create(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": CERTIFICATE}}, manager=MANAGER
            )
        elif found.get("data") != {"ca.crt": CERTIFICATE}:
            self.api.update({**found, "data": {"ca.crt": CERTIFICATE}}, manager=MANAGER)


class Namespaces(Reconciler):
    """Deletes the content of a namespace that is going away, then lets it go."""

    name, alias = "namespace-controller", "namespace"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.EVERY_KIND: self._terminating}

    def _terminating(self, event: StoreEvent) -> Iterable[Key]:
        if event.gvk.group == "" and event.gvk.kind == "Namespace":
            return (common.key_of(event.new),) if common.is_deleting(event.new) and event.type != "DELETED" else ()
        if event.type != "DELETED":
            return ()
        namespace = self.api.get(NAMESPACE, "", common.namespace_of(event.new)) if common.namespace_of(event.new) else None
        return (common.key_of(namespace),) if namespace is not None and common.is_deleting(namespace) else ()

    def initial(self) -> Iterable[Key]:
        return [common.key_of(item) for item in self.api.list(NAMESPACE) if common.is_deleting(item)]

    def sync(self, key: Key) -> float | None:
        namespace = self.api.get(NAMESPACE, "", key.name)
        if namespace is None or not common.is_deleting(namespace):
            return None
        if common.status_of(namespace).get("phase") != "Terminating":
            namespace = common.update_status(self.api, namespace, {**common.status_of(namespace), "phase": "Terminating"})
        if "kubernetes" not in (namespace["spec"].get("finalizers") or ()):
            return None
        self._empty(key.name)
        left = list(self.world.index.in_namespace(key.name))
        held: dict[str, int] = {}
        remaining: dict[str, int] = {}
        for gvk, space, name in left:
            found = self.api.get(gvk, space, name)
            if found is None:
                continue
            plural = f"{gvk.kind.lower()}s.{gvk.group}"
            remaining[plural] = remaining.get(plural, 0) + 1
            for finalizer in found["metadata"].get("finalizers") or ():
                held[finalizer] = held.get(finalizer, 0) + 1
        namespace = self._report(namespace, remaining, held)
        if not remaining:
            spec = {**namespace["spec"], "finalizers": [item for item in namespace["spec"]["finalizers"] if item != "kubernetes"]}
            self.api.finalize({**namespace, "spec": spec}, manager=MANAGER)
        return None

    def _empty(self, name: str) -> None:
        places = sorted(self.world.index.in_namespace(name), key=lambda place: place.gvk != POD)
        for gvk, space, item in places:
            found = self.api.get(gvk, space, item)
            if found is None or common.is_deleting(found):
                continue
            try:
                self.api.delete(gvk, space, item, propagation="Background")
            except (NotFound, MethodNotAllowed, Forbidden):
                continue

    def _report(self, namespace: JsonObject, remaining: Mapping[str, int], held: Mapping[str, int]) -> JsonObject:
        """The conditions that say what keeps the namespace."""
        many = ", ".join(f"{kind} has {count} resource instances" for kind, count in sorted(remaining.items()))
        why = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(held.items()))
        rows = (
            ("NamespaceDeletionDiscoveryFailure", False, "ResourcesDiscovered", "All resources successfully discovered"),
            ("NamespaceDeletionGroupVersionParsingFailure", False, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
            (
                "NamespaceDeletionContentFailure",
                False,
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization",
            ),
            ("NamespaceContentRemaining", bool(remaining), "SomeResourcesRemain", f"Some resources are remaining: {many}")
            if remaining
            else ("NamespaceContentRemaining", False, "ContentRemoved", "All content successfully removed"),
            (
                "NamespaceFinalizersRemaining",
                bool(held),
                "SomeFinalizersRemain",
                f"Some content in the namespace has finalizers remaining: {why}",
            )
            if held
            else ("NamespaceFinalizersRemaining", False, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
        )
        status, stamp = common.status_of(namespace), self.world.stamp()
        conditions = []
        for type_, true, reason, message in rows:
            before, value = common.condition(status, type_), "True" if true else "False"
            since = before["lastTransitionTime"] if before and before["status"] == value else stamp
            conditions.append({"type": type_, "status": value, "lastTransitionTime": since, "reason": reason, "message": message})
        return common.update_status(self.api, namespace, {**status, "conditions": conditions})
