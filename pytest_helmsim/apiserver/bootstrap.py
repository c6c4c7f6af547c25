"""What a cluster has before anybody asks: its namespaces, the service `kubernetes`, default accounts, priority classes.

Written as the real server does at start (k8s.io/kubernetes pkg/controlplane, pkg/registry/scheduling/rest).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

MANAGER = "kube-apiserver"
_MOVABLE = "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "default")


def populate(server: ApiServer) -> None:
    """Create the objects of an empty cluster."""
    for name in NAMESPACES:
        _create(server, {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}})
    for name, value, words in (
        ("system-node-critical", 2000001000, "Used for system critical pods that must not be moved from their current node."),
        ("system-cluster-critical", 2000000000, _MOVABLE),
    ):  # fmt: skip
        kind = {"kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1"}
        _create(server, {**kind, "metadata": {"name": name}, "value": value, "description": words})
    service: JsonObject = {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443}],
            "clusterIP": "10.96.0.1",
            "clusterIPs": ["10.96.0.1"],
        },
    }
    _create(server, service)
    for name in NAMESPACES:
        _create(server, {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "default", "namespace": name}})
        data = {"ca.crt": ""}
        text = (
            "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service "
            "IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
        )
        meta: JsonObject = {"name": "kube-root-ca.crt", "namespace": name, "annotations": {"kubernetes.io/description": text}}
        _create(server, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": data}, "kube-controller-manager")


def _create(server: ApiServer, obj: JsonObject, manager: str = MANAGER) -> None:
    server.api.create(obj, manager=manager)
