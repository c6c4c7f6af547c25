"""What the server says of itself: documents of both forms for built-in and custom kinds, their descriptions in every version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_helmsim.apiserver import published
from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.objects.wire import Request

DEPLOYMENT = "io.k8s.api.apps.v1.Deployment"
PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
CRD = {
    "metadata": {"name": "gadgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "description": "A gadget.",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "size": {"type": "integer", "default": 1, "description": "How big."},
                                    "port": {"x-kubernetes-int-or-string": True},
                                    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "none": {"type": "string", "nullable": True},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


def get(server: ApiServer, path: str, accept: str = "application/json") -> Any:
    request = Request.make("GET", path)
    answer = server.handle(replace(request, headers={**request.headers, "accept": accept}))
    return answer.json() if accept == "application/json" else answer.body


@pytest.fixture(scope="module")
def server() -> ApiServer:
    server = ApiServer()
    made = server.handle(Request.make("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body=CRD))
    assert made.status == 201
    return server


def test_every_listed_document_is_there(server: ApiServer) -> None:
    paths = get(server, "/openapi/v3")["paths"]
    assert {"api/v1", "apis/apps/v1", "version", "apis/example.com/v1"} <= set(paths)
    for name in paths:
        assert get(server, f"/openapi/v3/{name}")["openapi"] == "3.0.0"


def test_references_lead_somewhere(server: ApiServer) -> None:
    for name in ("api/v1", "apis/apps/v1", "apis/example.com/v1"):
        document = get(server, f"/openapi/v3/{name}")
        schemas = document["components"]["schemas"]
        assert set(published.closure(set(schemas) & set(published.schemas()))) <= set(schemas)


def test_a_custom_kind_is_published_with_its_schema(server: ApiServer) -> None:
    schemas = get(server, "/openapi/v3/apis/example.com/v1")["components"]["schemas"]
    gadget = schemas["com.example.v1.Gadget"]
    spec = gadget["properties"]["spec"]["properties"]
    assert gadget["description"] == "A gadget."
    assert spec["size"] == {"type": "integer", "default": 1, "description": "How big."}
    assert spec["port"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    assert gadget["properties"]["metadata"]["allOf"][0]["$ref"].endswith("ObjectMeta")
    assert schemas["com.example.v1.GadgetList"]["properties"]["items"]["items"]["$ref"].endswith("com.example.v1.Gadget")
    assert "io.k8s.api.autoscaling.v1.Scale" in schemas


def test_version_2_cannot_say_everything(server: ApiServer) -> None:
    definitions = get(server, "/openapi/v2")["definitions"]
    spec = definitions["com.example.v1.Gadget"]["properties"]["spec"]["properties"]
    assert spec["any"] == {"x-kubernetes-preserve-unknown-fields": True}
    assert (spec["none"], spec["port"]) == ({}, {"x-kubernetes-int-or-string": True})
    assert "default" not in spec["size"]
    assert definitions[DEPLOYMENT]["properties"]["spec"]["$ref"] == "#/definitions/io.k8s.api.apps.v1.DeploymentSpec"


def test_protobuf_names_custom_kinds_too(server: ApiServer) -> None:
    body = get(server, "/openapi/v2", PROTOBUF)
    assert b"/apis/example.com/v1/namespaces/{namespace}/gadgets/{name}" in body
    assert b"DeploymentSpec is the specification of the desired behavior" in body


@pytest.mark.parametrize("version", ["1.28", "1.33", "1.37"])
def test_other_versions_have_the_descriptions_of_fields_that_are_the_same(version: str) -> None:
    document = get(ApiServer(version), "/openapi/v3/apis/apps/v1")
    recorded = published.schemas()[DEPLOYMENT]
    ours = document["components"]["schemas"][DEPLOYMENT]
    assert ours["description"] == recorded["description"]
    assert ours["properties"]["spec"]["description"] == recorded["properties"]["spec"]["description"]


def test_columns_say_what_they_show(server: ApiServer) -> None:
    table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    for path in ("/api/v1/pods", "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", "/apis/apiregistration.k8s.io/v1/apiservices"):
        request = Request.make("GET", path)
        columns = server.handle(replace(request, headers={**request.headers, "accept": table})).json()["columnDefinitions"]
        assert len(columns) > 3
        assert all(column["description"] for column in columns)


def test_flow_schemas_stand_by_precedence(server: ApiServer) -> None:
    request = Request.make("GET", "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas")
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    rows = server.handle(replace(request, headers={**request.headers, "accept": accept})).json()["rows"]
    assert [row["cells"][0] for row in rows][:3] == ["exempt", "probes", "system-leader-election"]
    assert rows[-1]["cells"][:4] == ["catch-all", "catch-all", 10000, "ByUser"]
