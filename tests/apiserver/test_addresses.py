"""IPAddresses beside the recorded sequence `addresses`: forks, versions, who may refuse them, and namespaces that go."""

from __future__ import annotations

import pytest

from pytest_helmsim.apiserver.addresses import KEY
from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.wire import Request

MANY = "/api/v1/namespaces/default/services"
FIRST = "10.96.0.1"


def given(server: ApiServer) -> list[str]:
    return sorted(name for _, name, _ in server.store.records(KEY))


def create(server: ApiServer, path: str, body: JsonObject) -> tuple[int, str]:
    response = server.handle(Request.make("POST", path, body=body))
    assert isinstance(response.body, bytes)
    return response.status, response.body.decode()


def make(server: ApiServer, name: str, address: str) -> int:
    return create(server, MANY, {"metadata": {"name": name}, "spec": {"clusterIP": address, "ports": [{"port": 80}]}})[0]


@pytest.mark.parametrize(("version", "objects"), [("1.32", []), ("1.33", [FIRST, "10.96.7.1"]), ("1.36", [FIRST, "10.96.7.1"])])
def test_addresses_are_objects_since_1_33(version: str, objects: list[str]) -> None:
    server = ApiServer(version=version)
    assert (make(server, "a", "10.96.7.1"), make(server, "b", "10.96.7.1"), given(server)) == (201, 422, objects)


def test_a_fork_gives_out_on_its_own_and_a_restored_store_has_what_it_had() -> None:
    server = ApiServer()
    kept = server.store.fork()
    twin = server.fork()
    assert (make(twin, "a", "10.96.7.1"), make(server, "b", "10.96.7.1")) == (201, 201)
    server.store.restore(kept)
    assert given(server) == [FIRST]
    assert make(server, "b", "10.96.7.1") == 201


def test_a_refused_address_refuses_its_service() -> None:
    server = ApiServer()
    rule = {"apiGroups": ["networking.k8s.io"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["ipaddresses"]}
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "false", "message": "none left"}]}
    assert create(server, f"{policies}ies", {"metadata": {"name": "no"}, "spec": spec})[0] == 201
    bound = {"policyName": "no", "validationActions": ["Deny"]}
    assert create(server, f"{policies}ybindings", {"metadata": {"name": "no"}, "spec": bound})[0] == 201
    status, said = create(server, MANY, {"metadata": {"name": "a"}, "spec": {"clusterIP": "10.96.7.1", "ports": [{"port": 80}]}})
    assert status == 422
    why = "is forbidden: ValidatingAdmissionPolicy 'no' with binding 'no' denied request: none left"
    assert f'failed to allocate IP 10.96.7.1: ipaddresses.networking.k8s.io \\"10.96.7.1\\" {why}' in said
    assert given(server) == [FIRST]


def test_a_cluster_that_moves_to_1_33_writes_the_objects_of_what_is_given_out() -> None:
    server = ApiServer(version="1.32")
    make(server, "a", "10.96.7.1")
    assert given(server) == []
    server.move_to("1.33")
    assert given(server) == [FIRST, "10.96.7.1"]
    assert make(server, "b", "10.96.7.1") == 422


def test_a_namespace_that_goes_gives_its_addresses_back() -> None:
    server = ApiServer()
    controllers = Controllers(server)
    controllers.start()
    assert create(server, "/api/v1/namespaces", {"metadata": {"name": "gone"}})[0] == 201
    body = {"metadata": {"name": "a"}, "spec": {"clusterIP": "10.96.7.1", "ports": [{"port": 80}]}}
    assert create(server, "/api/v1/namespaces/gone/services", body)[0] == 201
    server.handle(Request.make("DELETE", "/api/v1/namespaces/gone"))
    server.clock.sleep(60)
    assert given(server) == [FIRST]
    assert make(server, "b", "10.96.7.1") == 201
