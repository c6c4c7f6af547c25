"""What the server itself writes: API services of definitions, the status of API services and flow schemas."""

from __future__ import annotations

from typing import Any

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.objects.wire import Request

SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1"
SCHEMA = {"openAPIV3Schema": {"type": "object"}}


def ask(server: ApiServer, method: str, path: str, body: Any = None) -> Any:
    return server.handle(Request.make(method, path, body=body, content_type="application/merge-patch+json" if method == "PATCH" else ""))


def definition(*versions: str) -> dict[str, Any]:
    served = [{"name": name, "served": True, "storage": name == versions[0], "schema": SCHEMA} for name in versions]
    names = {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": served}
    return {"metadata": {"name": "gadgets.example.com"}, "spec": spec}


def test_api_services_follow_definitions() -> None:
    server = ApiServer()
    Controllers(server).start()
    assert ask(server, "POST", DEFINITIONS, definition("v1", "v2")).status == 201
    made = ask(server, "GET", f"{SERVICES}/v2.example.com").json()
    assert made["metadata"]["labels"] == {"kube-aggregator.kubernetes.io/automanaged": "true"}
    assert (made["spec"]["groupPriorityMinimum"], made["spec"]["versionPriority"]) == (1000, 100)
    ask(server, "PATCH", f"{DEFINITIONS}/gadgets.example.com", {"spec": {"versions": definition("v1")["spec"]["versions"]}})
    assert ask(server, "GET", f"{SERVICES}/v2.example.com").status == 404
    ask(server, "DELETE", f"{DEFINITIONS}/gadgets.example.com")
    assert ask(server, "GET", f"{SERVICES}/v1.example.com").status == 404


def test_an_extension_server_is_never_there() -> None:
    server = ApiServer()
    service = {"name": "metrics", "namespace": "default"}
    spec = {"group": "m.example.com", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1, "service": service}
    body = {"metadata": {"name": "v1.m.example.com"}, "spec": spec}
    assert "conditions" not in (ask(server, "POST", SERVICES, body).json().get("status") or {})
    [condition] = ask(server, "GET", f"{SERVICES}/v1.m.example.com").json()["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "ServiceNotFound")


def test_an_extension_server_is_there_when_its_service_leads_somewhere() -> None:
    server = ApiServer()
    Controllers(server).start()
    service = {"name": "metrics", "namespace": "default", "port": 443}
    spec = {"group": "m.example.com", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1, "service": service}

    def condition() -> tuple[str, str]:
        [found] = ask(server, "GET", f"{SERVICES}/v1.m.example.com").json()["status"]["conditions"]
        return found["reason"], found["message"]

    ask(server, "POST", SERVICES, {"metadata": {"name": "v1.m.example.com"}, "spec": spec})
    assert condition() == ("ServiceNotFound", 'service/metrics in "default" is not present')
    namespace = "/api/v1/namespaces/default"
    ports = [{"name": "https", "port": 80}]
    ask(server, "POST", f"{namespace}/services", {"metadata": {"name": "metrics"}, "spec": {"ports": ports}})
    assert condition() == ("ServicePortError", 'service/metrics in "default" is not listening on port 443')
    ask(server, "PATCH", f"{namespace}/services/metrics", {"spec": {"ports": [{"name": "https", "port": 443}]}})
    assert condition() == ("EndpointsNotFound", 'cannot find endpointslices for service/metrics in "default"')
    ask(server, "PATCH", f"{namespace}/services/metrics", {"spec": {"selector": {"app": "metrics"}}})
    server.clock.sleep(5)
    missing = 'endpointslices for service/metrics in "default" have no addresses with port name "https"'
    assert condition() == ("MissingEndpoints", missing)
    container = {"name": "c", "image": "c", "ports": [{"containerPort": 443}]}
    pod = {"metadata": {"name": "metrics", "labels": {"app": "metrics"}}, "spec": {"containers": [container]}}
    ask(server, "POST", f"{namespace}/pods", pod)
    server.clock.sleep(30)
    assert condition() == ("Passed", "all checks passed")


def test_a_flow_schema_dangles_until_its_level_is_there() -> None:
    server = ApiServer()
    ask(server, "POST", f"{FLOW}/flowschemas", {"metadata": {"name": "x"}, "spec": {"priorityLevelConfiguration": {"name": "y"}}})
    assert ask(server, "GET", f"{FLOW}/flowschemas/x").json()["status"]["conditions"][0]["status"] == "True"
    level = {"metadata": {"name": "y"}, "spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}}
    assert ask(server, "POST", f"{FLOW}/prioritylevelconfigurations", level).status == 201
    assert ask(server, "GET", f"{FLOW}/flowschemas/x").json()["status"]["conditions"][0]["reason"] == "Found"


def test_ranges_of_service_addresses_are_held_and_ready() -> None:
    path = "/apis/networking.k8s.io/v1/servicecidrs"
    server = ApiServer()
    Controllers(server).start()
    ask(server, "POST", path, {"metadata": {"name": "more"}, "spec": {"cidrs": ["10.200.0.0/24"]}})
    for name in ("kubernetes", "more"):
        found = ask(server, "GET", f"{path}/{name}").json()
        assert found["metadata"]["finalizers"] == ["networking.k8s.io/service-cidr-finalizer"]
        assert found["status"]["conditions"][0]["message"] == "Kubernetes Service CIDR is ready"
        ask(server, "DELETE", f"{path}/{name}")
    assert [ask(server, "GET", f"{path}/{name}").status for name in ("kubernetes", "more")] == [200, 404]
    Controllers(ApiServer("1.30")).start()
