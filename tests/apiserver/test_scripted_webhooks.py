"""Webhooks behind Services: nobody there, nobody ready, ready pods that cannot answer, and what a test lets them say."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim import Allow, Deny, Patch, Unreachable
from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.wire import Request

NAME = "hook.example.com"
URL = "https://web.default.svc:443/hook?timeout=10s"
FAILED = f'Internal error occurred: failed calling webhook "{NAME}": failed to call webhook: Post "{URL}": '
MAPS = "/api/v1/namespaces/default/configmaps"
POD = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}
LABEL = {"op": "add", "path": "/metadata/labels", "value": {"mesh": "on"}}


@pytest.fixture
def server() -> ApiServer:
    server = ApiServer(clock=VirtualClock())
    Controllers(server).start()
    return server


def post(server: ApiServer, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    response = server.handle(Request.make("POST", path, body=body))
    assert response.status == status, response.body
    found: dict[str, Any] = response.json()
    return found


def declare(server: ApiServer, plural: str = "mutating", **more: Any) -> None:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE", "DELETE"], "resources": ["configmaps"]}
    service = {"name": "web", "namespace": "default", "path": "/hook"}
    hook = {"name": NAME, "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"], "clientConfig": {"service": service}}
    body = {"metadata": {"name": plural}, "webhooks": [{**hook, **more}]}
    post(server, f"/apis/admissionregistration.k8s.io/v1/{plural}webhookconfigurations", body)


def serve(server: ApiServer, *, ready: bool) -> None:
    post(
        server,
        "/api/v1/namespaces/default/services",
        {"metadata": {"name": "web"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 443}]}},
    )
    if ready:
        post(server, "/api/v1/namespaces/default/pods", {**POD, "metadata": {"name": "p", "labels": {"a": "b"}}})
        server.clock.sleep(5)


def config(server: ApiServer, status: int = 201) -> dict[str, Any]:
    return post(server, MAPS, {"metadata": {"name": "c"}}, status)


def test_a_service_that_is_not_there_fails_the_write(server: ApiServer) -> None:
    declare(server)
    assert config(server, 500)["message"] == f'{FAILED}service "web" not found'


def test_a_service_without_ready_pods_refuses_the_connection(server: ApiServer) -> None:
    serve(server, ready=False)
    declare(server)
    server.webhooks[NAME] = Allow()
    address = server.handle(Request.make("GET", "/api/v1/namespaces/default/services/web")).json()["spec"]["clusterIP"]
    assert config(server, 500)["message"] == f"{FAILED}dial tcp {address}:443: connect: connection refused"


def test_failures_are_ignored_where_the_policy_says_so(server: ApiServer) -> None:
    declare(server, failurePolicy="Ignore")
    config(server)
    assert server.notes == []


def test_ready_pods_let_the_write_pass_with_a_note(server: ApiServer) -> None:
    serve(server, ready=True)
    declare(server)
    config(server)
    assert server.notes == [
        f"webhook {NAME}: not called: the pods behind its Service run no processes; script its answer with `cluster.webhook(name, answer)`"
    ]


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (Allow(), 201, None),
        (Deny("not today"), 403, f'admission webhook "{NAME}" denied the request: not today'),
        (Deny(code=409, reason="Conflict"), 409, f'admission webhook "{NAME}" denied the request: Conflict'),
        (Unreachable(), 500, f"{FAILED}connect: connection refused"),
        (lambda request: Deny(request["operation"]), 403, f'admission webhook "{NAME}" denied the request: CREATE'),
        (lambda request: None, 201, None),
        (lambda request: {"allowed": False}, 400, f'admission webhook "{NAME}" denied the request without explanation'),
    ],
    ids=["allow", "deny", "conflict", "unreachable", "function", "nothing", "response"],
)
@pytest.mark.parametrize("plural", ["mutating", "validating"])
def test_a_script_answers(server: ApiServer, plural: str, answer: Any, status: int, told: str | None) -> None:
    serve(server, ready=True)
    declare(server, plural)
    server.webhooks[NAME] = answer
    assert config(server, status).get("message") == told
    assert server.notes == []


def test_a_patch_changes_the_object_and_a_fork_keeps_the_script(server: ApiServer) -> None:
    serve(server, ready=True)
    declare(server)
    server.webhooks[NAME] = Patch([LABEL])
    assert config(server.fork())["metadata"]["labels"] == {"mesh": "on"}


def test_a_script_may_ask_the_cluster(server: ApiServer) -> None:
    serve(server, ready=True)
    declare(server, "validating")

    def answer(request: dict[str, Any]) -> Deny:
        found = server.handle(Request.make("GET", f"/api/v1/namespaces/{request['namespace']}")).json()
        return Deny(f"{found['status']['phase']} {request['options']['kind']}")

    server.webhooks[NAME] = answer
    assert config(server, 403)["message"].endswith("denied the request: Active CreateOptions")


def test_what_no_webhook_could_say_is_an_error(server: ApiServer) -> None:
    serve(server, ready=True)
    declare(server)
    server.webhooks[NAME] = lambda request: 5  # type: ignore[assignment, return-value]
    with pytest.raises(TypeError, match="a webhook's script gave 5"):
        config(server)


def test_other_addresses_are_not_called(server: ApiServer) -> None:
    declare(server, clientConfig={"url": "https://example.com/hook"})
    config(server)
    assert server.notes == [f"webhook {NAME}: not called: https://example.com is not on loopback"]


def test_webhooks_go_with_their_configuration(server: ApiServer) -> None:
    before = server.snapshot()
    declare(server)
    config(server, 500)
    server.restore(before)
    config(server)
