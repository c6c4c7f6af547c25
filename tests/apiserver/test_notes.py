"""What the server accepts without checking it leaves a note, once; what it checks leaves none, and neither do controllers.

Left out on purpose: how notes reach the report of a test (tests/plugin/test_honesty.py).
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.objects.wire import Request

CLIENT = {"service": {"name": "s", "namespace": "n"}}
WEBHOOK = {"name": "a.b.c", "clientConfig": CLIENT, "admissionReviewVersions": ["v1"], "sideEffects": "None"}
SCHEMA = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
CONVERSION = {"strategy": "Webhook", "webhook": {"clientConfig": CLIENT, "conversionReviewVersions": ["v1"]}}
DEFINITION = {
    "group": "example.com",
    "scope": "Namespaced",
    "names": {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"},
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": SCHEMA}],
}
CASES = [
    # version and kind, path, what the object has besides its name, notes
    (
        "resource.k8s.io/v1 DeviceClass",
        "deviceclasses",
        {"spec": {}},
        ["DeviceClass.resource.k8s.io: accepted as it came, only its metadata is checked"],
    ),
    ("v1 ConfigMap", "namespaces/default/configmaps", {"data": {}}, []),
    ("v1 Namespace", "namespaces", {}, []),
    (
        "v1 Namespace",
        "namespaces",
        {"metadata": {"name": "foos", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        [],
    ),
    (
        "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        {"webhooks": [WEBHOOK]},
        [],
    ),
    ("apiextensions.k8s.io/v1 CustomResourceDefinition", "customresourcedefinitions", {"spec": DEFINITION}, []),
    (
        "apiextensions.k8s.io/v1 CustomResourceDefinition",
        "customresourcedefinitions",
        {"spec": {**DEFINITION, "conversion": CONVERSION}},
        ["CustomResourceDefinition.apiextensions.k8s.io: stored, its conversion webhook is not called"],
    ),
]


@pytest.mark.parametrize(("kind", "path", "content", "notes"), CASES)
def test_what_is_not_checked_is_noted(kind: str, path: str, content: dict[str, Any], notes: list[str]) -> None:
    version, _, kind = kind.partition(" ")
    server = ApiServer()
    name = "foos.example.com" if kind == "CustomResourceDefinition" else "foos"
    obj = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **content}
    root = "/apis/" if "/" in version else "/api/"
    for code in (201, 409):
        answer = server.handle(Request.make("POST", f"{root}{version}/{path}", body=obj))
        assert (answer.status, server.notes) == (code, notes), answer.body
    assert server.fork().notes == []


def test_controllers_leave_no_notes() -> None:
    server = ApiServer()
    Controllers(server).start()
    assert server.handle(Request.make("GET", "/api/v1/nodes/node-0")).status == 200
    assert server.notes == []
