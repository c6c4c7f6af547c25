"""What a fresh server holds, by version; roles that hold for users; APIServices that follow what is served."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.objects.wire import Request, Response

RBAC = "/apis/rbac.authorization.k8s.io/v1"
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


def ask(server: ApiServer, method: str, path: str, body: Any = None, **headers: str) -> Response:
    request = Request.make(method, path, body=body)
    named = {key.replace("_", "-").lower(): value for key, value in headers.items()}
    return server.handle(replace(request, headers={**request.headers, **named}))


def names(server: ApiServer, path: str) -> list[str]:
    return [item["metadata"]["name"] for item in ask(server, "GET", path).json()["items"]]


@pytest.fixture(scope="module")
def server() -> ApiServer:
    server = ApiServer()
    Controllers(server).start()
    return server


@pytest.mark.parametrize(
    ("path", "count"),
    [
        (f"{RBAC}/clusterroles", 69),
        (f"{RBAC}/clusterrolebindings", 50),
        (f"{RBAC}/roles", 7),
        (f"{RBAC}/rolebindings", 7),
        (SERVICES, 21),
        ("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", 11),
        ("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations", 8),
        ("/api/v1/namespaces", 4),
        ("/api/v1/services", 1),
    ],
)
def test_a_fresh_server_holds_what_the_real_one_does(server: ApiServer, path: str, count: int) -> None:
    items = ask(server, "GET", path).json()["items"]
    assert len(items) == count
    assert len({item["metadata"]["uid"] for item in items}) == count
    assert all(item["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z" for item in items)
    assert "@" not in str([{**item, "metadata": item["metadata"]["managedFields"]} for item in items]).replace("@every", "")


def test_equal_seeds_give_equal_servers() -> None:
    path = f"{RBAC}/clusterroles/admin"
    one, two, other = (ask(ApiServer(seed=seed), "GET", path).json()["metadata"]["uid"] for seed in (1, 1, 2))
    assert one == two != other


def bind(server: ApiServer, role: str, user: str) -> None:
    body = {
        "metadata": {"name": f"{user}-{role}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
    }
    assert ask(server, "POST", f"{RBAC}/namespaces/default/rolebindings", body).status == 201


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("view", "GET", "/api/v1/namespaces/default/configmaps", 200),
        ("view", "GET", "/api/v1/namespaces/default/secrets", 403),
        ("view", "POST", "/api/v1/namespaces/default/configmaps", 403),
        ("edit", "GET", "/api/v1/namespaces/default/secrets", 200),
        ("edit", "POST", "/api/v1/namespaces/default/configmaps", 201),
        ("edit", "GET", f"{RBAC}/namespaces/default/roles", 403),
        ("admin", "GET", f"{RBAC}/namespaces/default/roles", 200),
        ("admin", "GET", "/api/v1/namespaces/kube-system/configmaps", 403),
        ("admin", "GET", "/api/v1/nodes", 403),
        ("cluster-admin", "GET", "/api/v1/namespaces/default/resourcequotas", 200),
    ],
)
def test_the_default_roles_hold(server: ApiServer, role: str, method: str, path: str, status: int) -> None:
    fork = server.fork()
    bind(fork, role, "ann")
    body = {"metadata": {"name": "x"}} if method == "POST" else None
    assert ask(fork, method, path, body, Impersonate_User="ann").status == status


def test_a_role_is_aggregated_into_the_default_ones(server: ApiServer) -> None:
    fork = server.fork()
    Controllers(fork).start()
    bind(fork, "admin", "ann")
    path = "/apis/storage.k8s.io/v1/namespaces/default/csistoragecapacities"
    assert ask(fork, "GET", path, Impersonate_User="ann").status == 403
    rules = [{"apiGroups": ["storage.k8s.io"], "resources": ["csistoragecapacities"], "verbs": ["list"]}]
    meta = {"name": "capacities", "labels": {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}}
    ask(fork, "POST", f"{RBAC}/clusterroles", {"metadata": meta, "rules": rules})
    assert ask(fork, "GET", path, Impersonate_User="ann").status == 200
    ask(fork, "DELETE", f"{RBAC}/clusterroles/capacities")
    assert ask(fork, "GET", path, Impersonate_User="ann").status == 403


@pytest.mark.parametrize(
    ("version", "has", "lacks"),
    [
        ("1.28", "v1beta3.flowcontrol.apiserver.k8s.io", "v1.flowcontrol.apiserver.k8s.io"),
        ("1.33", "v1.flowcontrol.apiserver.k8s.io", "v1.resource.k8s.io"),
        ("1.37", "v1.storagemigration.k8s.io", "v1beta3.flowcontrol.apiserver.k8s.io"),
    ],
)
def test_api_services_are_those_of_the_version(version: str, has: str, lacks: str) -> None:
    fresh, moved = ApiServer(version), ApiServer()
    moved.move_to(version)
    for server in (fresh, moved):
        found = names(server, SERVICES)
        assert has in found
        assert lacks not in found


def test_kinds_that_a_version_lacks_are_left_out() -> None:
    assert names(ApiServer("1.33"), "/apis/networking.k8s.io/v1/ipaddresses") == ["10.96.0.1"]
    assert ask(ApiServer("1.32"), "GET", "/apis/networking.k8s.io/v1/ipaddresses").status == 404
    flows = "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas"
    assert ask(ApiServer("1.28"), "GET", f"{flows}/exempt").json()["apiVersion"] == "flowcontrol.apiserver.k8s.io/v1beta3"


@pytest.mark.parametrize(
    ("version", "role", "count"),
    [("1.28", "system:controller:selinux-warning-controller", 0), ("1.36", "system:controller:selinux-warning-controller", 1)]
    + [(version, "system:cluster-trust-bundle-discovery", int(version == "1.37")) for version in ("1.36", "1.37")],
)
def test_default_roles_are_those_of_the_version(version: str, role: str, count: int) -> None:
    server = ApiServer(version)
    for kind in ("clusterroles", "clusterrolebindings"):
        assert names(server, f"{RBAC}/{kind}").count(role) == count


def test_a_cluster_that_moves_on_gets_what_its_default_roles_lack() -> None:
    server = ApiServer("1.28")
    own = f"{RBAC}/clusterroles/system:kube-scheduler"
    before = ask(server, "GET", own).json()["rules"]
    ask(server, "DELETE", f"{RBAC}/clusterroles/system:node-proxier")
    server.move_to("1.36")
    after = ask(server, "GET", own).json()["rules"]
    assert after[: len(before)] == before
    assert {"apiGroups": ["resource.k8s.io"], "resources": ["deviceclasses"], "verbs": ["get"]} in after[len(before) :]
    assert ask(server, "GET", f"{RBAC}/clusterroles/system:node-proxier").status == 200
    assert ask(server, "GET", f"{RBAC}/clusterroles/system:controller:selinux-warning-controller").status == 200
    server.move_to("1.28")
    assert ask(server, "GET", own).json()["rules"] == after
