"""Sequences for `record_api.py`: the IPAddress of each cluster IP, when it is written, when it is removed, and who can be in its way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import MERGE, Step

MANY = "/api/v1/namespaces/{ns}/services"
ADDRESSES = "/apis/networking.k8s.io/v1/ipaddresses"
DRY = "dryRun=All"


def service(name: str, address: str = "", **spec: Any) -> dict[str, Any]:
    """A Service; `address`: the cluster IP it asks for."""
    asked = {"clusterIP": address} if address else {}
    return {"metadata": {"name": name} if name else {}, "spec": {"ports": [{"name": "a", "port": 80}], **asked, **spec}}


def addresses() -> Iterator[Step]:
    """Creates, changes and deletes, each failing one beside; at the end everything that a watch of IPAddresses was told."""

    def post(body: dict[str, Any], query: str = "") -> Step:
        return {"method": "POST", "path": MANY, "query": query, "body": body}

    def put(body: dict[str, Any], query: str = "") -> Step:
        return {"method": "PUT", "path": f"{MANY}/{body['metadata']['name']}", "query": query, "body": body}

    def address(last: str) -> Step:
        return {"method": "GET", "path": f"{ADDRESSES}/10.96.7.{last}"}

    external = {"type": "ExternalName", "externalName": "x.y"}
    yield post(service("first", "10.96.7.1"))
    yield address("1")
    yield post(service("drawn"))
    yield {"method": "GET", "path": f"{ADDRESSES}/<2.spec.clusterIP>"}
    yield post(service("again", "10.96.7.1"))
    yield post(service("first", "10.96.7.2"))
    yield post(service("first"))
    yield address("2")
    yield post(service("WRONG", "10.96.7.2"))
    yield post(service("", "10.96.7.2"))
    yield post(service(""), DRY)
    yield post(service("", "10.96.7.2"), DRY)
    yield post(service("a/b", "10.96.7.2"))
    yield post(service("a%b", "10.96.7.2"))
    yield post(service("port", "10.96.7.2", type="NodePort", ports=[{"port": 80, "nodePort": 1}]))
    yield address("2")
    for asked in ("10.96.0.0", "10.96.255.255", "10.98.0.1", "10.96.7.1", "10.096.7.1", "::1"):
        yield post(service("asks", asked))
        yield post(service("asks", asked), DRY)
    yield post(service("dry"), DRY)
    yield post(service("dry", "10.96.7.3"), DRY)
    for policy, ports in (("Local", [None, None]), ("Cluster", [None, 30001, None]), ("Local", [30001, 30009, None])):
        wanted = [{"name": f"p{n}", "port": 80 + n, **({"nodePort": port} if port else {})} for n, port in enumerate(ports)]
        yield post(service("dry", type="LoadBalancer", externalTrafficPolicy=policy, ports=wanted), DRY)
    hand = {"metadata": {"name": "10.96.7.4"}, "spec": {"parentRef": {"resource": "services", "namespace": "{ns}", "name": "nobody"}}}
    yield {"method": "POST", "path": ADDRESSES, "body": hand}
    yield post(service("hand", "10.96.7.4"))
    yield post(service("hand", "10.96.7.4"), DRY)
    yield {"method": "DELETE", "path": f"{ADDRESSES}/10.96.7.4"}
    yield post(service("hand", "10.96.7.4"))
    yield put(service("first", "", **external), DRY)
    yield address("1")
    yield put(service("first", "", **external))
    yield address("1")
    yield put(service("first", "", type="ClusterIP"), DRY)
    yield put(service("first", "10.96.7.5", type="NodePort", ports=[{"port": 80, "nodePort": 1}]))
    yield address("5")
    yield put(service("first", "10.96.7.5", type="NodePort"), DRY)
    yield put(service("first", "10.96.7.5", type="NodePort"))
    yield address("5")
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    yield {"method": "PATCH", "path": f"{MANY}/first", "type": MERGE, "query": DRY, "body": {"spec": {"ports": ports}}}
    yield {"method": "PATCH", "path": f"{MANY}/first", "type": MERGE, "body": {"spec": {"clusterIP": "10.96.7.6", "clusterIPs": None}}}
    yield address("6")
    yield post(service("headless", "None"))
    yield {
        "method": "PATCH",
        "path": f"{MANY}/headless",
        "type": MERGE,
        "body": {"spec": external | {"clusterIP": None, "clusterIPs": None}},
    }
    held = service("held", "10.96.7.7")
    yield post({**held, "metadata": {"name": "held", "finalizers": ["x.y/z"]}})
    yield {"method": "DELETE", "path": f"{MANY}/held"}
    yield address("7")
    yield {"method": "PATCH", "path": f"{MANY}/held", "type": MERGE, "body": {"metadata": {"finalizers": None}}}
    yield address("7")
    yield {"method": "DELETE", "path": f"{ADDRESSES}/10.96.7.4"}
    yield post(service("other", "10.96.7.4"))
    yield address("4")
    yield {"method": "DELETE", "path": f"{MANY}/hand"}
    yield address("4")
    yield {"method": "DELETE", "path": f"{MANY}/first", "query": DRY}
    yield address("5")
    yield {"method": "DELETE", "path": f"{MANY}/first"}
    yield address("5")
    yield {"method": "DELETE", "path": MANY}
    told = "watch=1&timeoutSeconds=1&resourceVersion=<0.metadata.resourceVersion>"
    yield {"method": "GET", "path": ADDRESSES, "query": told, "watch": True}
    yield {"method": "GET", "path": MANY, "query": told, "watch": True}


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    yield "addresses", list(addresses())
