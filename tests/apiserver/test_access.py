"""Impersonated users, RBAC, access reviews, service account tokens; forks and snapshots of a whole server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.objects.wire import Request, Response

RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"


@pytest.fixture(scope="module")
def server() -> ApiServer:
    server = ApiServer()
    server.handle(Request.make("POST", "/api/v1/namespaces/default/configmaps", body={"metadata": {"name": "one"}}))
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    server.handle(Request.make("POST", f"{RBAC}/roles", body={"metadata": {"name": "reader"}, "rules": rules}))
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    subjects = [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "jane"}]
    body = {"metadata": {"name": "jane"}, "roleRef": reference, "subjects": subjects}
    assert server.handle(Request.make("POST", f"{RBAC}/rolebindings", body=body)).status == 201
    return server


def as_user(server: ApiServer, name: str, method: str, path: str, body: Any = None) -> Response:
    request = Request.make(method, path, body=body)
    return server.handle(replace(request, headers={**request.headers, "impersonate-user": name}))


@pytest.mark.parametrize(
    ("user", "method", "path", "status"),
    [
        ("jane", "GET", "/api/v1/namespaces/default/configmaps", 200),
        ("jane", "GET", "/api/v1/namespaces/default/configmaps/one", 200),
        ("jane", "DELETE", "/api/v1/namespaces/default/configmaps/one", 403),
        ("jane", "GET", "/api/v1/namespaces/kube-system/configmaps", 403),
        ("jane", "GET", "/api/v1/configmaps", 403),
        ("jane", "GET", "/version", 200),
        ("jane", "GET", "/metrics", 403),
        ("joe", "GET", "/api/v1/namespaces/default/configmaps", 403),
    ],
)
def test_what_a_role_allows(server: ApiServer, user: str, method: str, path: str, status: int) -> None:
    assert as_user(server, user, method, path).status == status


def test_the_refusal_says_who_what_and_where(server: ApiServer) -> None:
    answer = as_user(server, "joe", "DELETE", "/apis/apps/v1/namespaces/default/deployments/web").json()
    assert answer["message"] == (
        'deployments.apps "web" is forbidden: User "joe" cannot delete resource "deployments" in API group "apps" in the namespace "default"'
    )
    assert answer["details"] == {"name": "web", "group": "apps", "kind": "deployments"}


@pytest.mark.parametrize(("verb", "allowed"), [("get", True), ("delete", False)])
def test_a_user_may_ask_what_is_allowed(server: ApiServer, verb: str, allowed: bool) -> None:
    body = {"spec": {"resourceAttributes": {"verb": verb, "resource": "configmaps", "namespace": "default"}}}
    answer = as_user(server, "jane", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    assert answer.json()["status"]["allowed"] is allowed


def test_a_snapshot_brings_everything_back() -> None:
    server = ApiServer()
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/edit"
    snapshot = server.snapshot()
    server.handle(Request.make("DELETE", path))
    assert server.handle(Request.make("GET", path)).status == 404
    server.restore(snapshot)
    assert server.handle(Request.make("GET", path)).status == 200


def test_forks_are_independent_and_alike() -> None:
    server = ApiServer()
    one, two = server.fork(), server.fork()
    body = {"metadata": {"generateName": "x-"}}
    first, second = (s.handle(Request.make("POST", "/api/v1/namespaces/default/configmaps", body=body)).json() for s in (one, two))
    assert first == second
    assert server.handle(Request.make("GET", f"/api/v1/namespaces/default/configmaps/{first['metadata']['name']}")).status == 404


@pytest.mark.parametrize(("version", "status"), [("1.28", 200), ("1.31", 404)])
def test_a_moved_cluster_serves_what_its_version_serves(version: str, status: int) -> None:
    server = ApiServer()
    server.move_to(version)
    assert server.handle(Request.make("GET", "/apis/flowcontrol.apiserver.k8s.io/v1beta2/flowschemas")).status == status
    assert server.handle(Request.make("GET", "/api/v1/namespaces/default")).status == 200


POD: dict[str, Any] = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
PODS = "/api/v1/namespaces/default/pods"


def test_pods_get_no_token_by_default() -> None:
    pod = ApiServer().handle(Request.make("POST", PODS, body=POD)).json()
    assert "serviceAccountName" not in pod["spec"]
    assert "volumes" not in pod["spec"]


def test_with_the_plugin_pods_get_an_account_and_its_token() -> None:
    server = ApiServer(disabled_admission=())
    server.handle(Request.make("POST", "/api/v1/namespaces/default/serviceaccounts", body={"metadata": {"name": "default"}}))
    pod = server.handle(Request.make("POST", PODS, body=POD)).json()
    assert pod["spec"]["serviceAccountName"] == "default"
    assert pod["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"


def test_with_the_plugin_the_account_must_exist() -> None:
    body = {**POD, "spec": {**POD["spec"], "serviceAccountName": "nobody"}}
    answer = ApiServer(disabled_admission=()).handle(Request.make("POST", PODS, body=body))
    assert answer.status == 403
    assert 'serviceaccount "nobody" not found' in answer.json()["message"]


def test_a_list_of_one_name_is_asked_for_by_that_name(server: ApiServer) -> None:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch"], "resourceNames": ["mine"]}]
    server.handle(Request.make("PUT", f"{RBAC}/roles/reader", body={"metadata": {"name": "reader"}, "rules": rules}))
    path = "/api/v1/namespaces/default/secrets"

    def answer(name: str) -> Response:
        request = Request.make("GET", path, f"fieldSelector=metadata.name={name}")
        return server.handle(replace(request, headers={**request.headers, "impersonate-user": "jane"}))

    assert answer("mine").status == 200
    words = 'secrets "other" is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"'
    assert (answer("other").status, answer("other").json()["message"]) == (403, words)
    assert as_user(server, "jane", "GET", path).status == 403
