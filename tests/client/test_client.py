"""The client over a handler: URLs, queries, errors, warnings, retries, discovery, streams, the kubernetes package's door.

Not here: TLS and credentials, which are the kubernetes package's; the real server is in tests/release (oracle).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_helmsim.client import in_process
from pytest_helmsim.client.client import APPLY_PATCH, Client
from pytest_helmsim.client.resources import NoKindMatch, UnknownResource
from pytest_helmsim.client.waiting import poll
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, Conflict, InternalError, NotFound, ServiceUnavailable, not_found
from pytest_helmsim.objects.wire import Request, Response

CORE = {
    "kind": "APIResourceList",
    "resources": [
        {
            "name": "configmaps",
            "singularName": "configmap",
            "namespaced": True,
            "kind": "ConfigMap",
            "shortNames": ["cm"],
            "verbs": ["get"],
        },
        {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
        {"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
    ],
}
CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")


class Server:
    """Answers by path; remembers what was asked."""

    def __init__(self, answers: dict[str, Callable[[Request], Response] | Response] | None = None) -> None:
        self.requests: list[Request] = []
        self.answers = answers or {}

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if request.path == "/api/v1":
            return Response.of(CORE)
        if request.path == "/api":
            return Response.of({"kind": "APIVersions", "versions": ["v1"]})
        if request.path == "/apis":
            return Response.of({"kind": "APIGroupList", "groups": []})
        answer = self.answers.get(request.path)
        if answer is None:
            return Response.of(not_found("paths", "", request.path).to_status(), 404)
        return answer(request) if callable(answer) else answer

    def client(self) -> Client:
        return Client(self, VirtualClock())


MAP = "/api/v1/namespaces/n/configmaps/a"


@pytest.mark.parametrize(
    ("call", "method", "path", "query", "content_type"),
    [
        (lambda c: c.get(CONFIG_MAP, "a", "n"), "GET", MAP, {}, None),
        (lambda c: c.get("cm", "a", "n"), "GET", MAP, {}, None),
        (
            lambda c: c.create({"apiVersion": "v1", "kind": "ConfigMap"}, "n", field_manager="m"),
            "POST",
            MAP[:-2],
            {"fieldManager": "m"},
            "application/json",
        ),
        (
            lambda c: c.replace({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}, dry_run=True),
            "PUT",
            MAP,
            {"dryRun": "All"},
            "application/json",
        ),
        (
            lambda c: c.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, "n", field_manager="m", force=True),
            "PATCH",
            MAP,
            {"fieldManager": "m", "force": "true"},
            APPLY_PATCH,
        ),
        (lambda c: c.delete("configmap", "a", "n", propagation="Orphan"), "DELETE", MAP, {}, "application/json"),
        (lambda c: c.list("ConfigMap", label_selector="a=b"), "GET", "/api/v1/configmaps", {"labelSelector": "a=b"}, None),
        (
            lambda c: c.logs("p", "n", container="c", tail_lines=3),
            "GET",
            "/api/v1/namespaces/n/pods/p/log",
            {"container": "c", "tailLines": "3"},
            None,
        ),
    ],
)
def test_requests(call: Any, method: str, path: str, query: dict[str, str], content_type: str | None) -> None:
    server = Server()
    server.answers = dict.fromkeys((path,), Response.of({"items": []}))
    call(server.client())
    last = server.requests[-1]
    assert (last.method, last.path, {key: values[0] for key, values in last.query.items()}) == (method, path, query)
    assert last.headers.get("content-type") == content_type


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (Response.of(not_found("configmaps", "", "a").to_status(), 404), NotFound, 'configmaps "a" not found'),
        (Response.of({"kind": "Status", "reason": "Conflict", "code": 409, "message": "no"}, 409), Conflict, "no"),
        (Response(500, b"boom"), InternalError, 'an error on the server ("boom") has prevented the request from succeeding'),
        (Response(502, b"<html>"), ApiError, "<html>"),
    ],
)
def test_errors(answer: Response, kind: type[ApiError], text: str) -> None:
    with pytest.raises(kind) as failure:
        Server({MAP: answer}).client().get(CONFIG_MAP, "a", "n")
    assert str(failure.value) == text


def test_a_server_that_asks_to_wait_is_asked_again_on_the_clock() -> None:
    answers = [Response(503, b"{}", (("Retry-After", "2"),)), Response.of({"ok": True})]
    server = Server({MAP: lambda request: answers.pop(0)})
    client = server.client()
    before = client.clock.now()
    assert client.get(CONFIG_MAP, "a", "n") == {"ok": True}
    assert client.clock.now() - before == 2


def test_it_gives_up_after_ten_more_tries() -> None:
    server = Server({MAP: Response(503, b"{}", (("Retry-After", "1"),))})
    with pytest.raises((ServiceUnavailable, ApiError)):
        server.client().get(CONFIG_MAP, "a", "n")
    assert len([request for request in server.requests if request.path == MAP]) == 11


def test_warnings_are_collected_and_taken() -> None:
    headers = (("Warning", '299 - "first \\"quoted\\""'), ("Warning", '299 - "second"'))
    client = Server({MAP: Response(200, b"{}", headers)}).client()
    client.get(CONFIG_MAP, "a", "n")
    assert client.take_warnings() == ['first "quoted"', "second"]
    assert client.take_warnings() == []


def test_unknown_kinds_are_looked_up_afresh_each_time_and_known_ones_once() -> None:
    server = Server({MAP: Response.of({})})
    client = server.client()
    client.get(CONFIG_MAP, "a", "n")
    client.get(CONFIG_MAP, "a", "n")
    assert [request.path for request in server.requests].count("/api/v1") == 1
    for _ in range(2):
        with pytest.raises(NoKindMatch, match=r'no matches for kind "Thing" in version "x.example/v1"'):
            client.resource_for(GroupVersionKind("x.example", "v1", "Thing"))
    assert [request.path for request in server.requests].count("/apis/x.example/v1") == 2
    with pytest.raises(UnknownResource, match='the server doesn\'t have a resource type "thing"'):
        client.resource_for("thing")


def test_subresources_belong_to_their_resource() -> None:
    assert Server().client().resource_for("pod").subresources == ("log",)


def test_an_agent_shares_discovery_but_not_warnings() -> None:
    server = Server({MAP: Response(200, b"{}", (("Warning", '299 - "w"'),))})
    client = server.client()
    other = client.as_agent("Helm/4")
    other.get(CONFIG_MAP, "a", "n")
    assert server.requests[-1].headers["user-agent"] == "Helm/4"
    assert (client.take_warnings(), other.take_warnings()) == ([], ["w"])
    client.get(CONFIG_MAP, "a", "n")
    assert [request.path for request in server.requests].count("/api/v1") == 1


def stream(request: Request) -> Response:
    if request.first("watch") != "true":
        return Response.of({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []})
    first = b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'
    return Response(200, iter([first[:20], b"", first[20:], b'{"type":"ERROR","object":{"kind":"Status","code":410,"message":"gone"}}\n']))


def test_watches_put_lines_together_and_end_in_the_servers_error() -> None:
    events = Server({"/api/v1/namespaces/n/configmaps": stream}).client().watch("cm", "n")
    found = [next(events), next(events)]
    assert [event and (event.type, event.object["metadata"]["name"]) for event in found] == [None, ("ADDED", "a")]
    with pytest.raises(ApiError, match="gone"):
        next(events)


def test_the_kubernetes_package_reads_and_watches_in_process() -> None:
    from kubernetes import client as kubernetes
    from kubernetes import watch

    server = Server({"/api/v1/namespaces/n/configmaps": stream})
    api = kubernetes.CoreV1Api(in_process.api_client(server))
    assert api.list_namespaced_config_map("n").items == []
    for event in watch.Watch().stream(api.list_namespaced_config_map, "n"):
        assert event["object"].metadata.name == "a"
        break
    with pytest.raises(kubernetes.ApiException) as failure:
        api.read_namespaced_config_map("b", "n")
    assert failure.value.status == 404
    assert Client(api.api_client, VirtualClock()).list("cm", "n") == []


def test_polling_goes_from_event_to_event() -> None:
    clock = VirtualClock(0)
    done: list[int] = []
    looks: list[float] = []
    clock.call_at(600, lambda: done.append(1))

    def look() -> bool:
        looks.append(clock.now())
        return bool(done)

    assert poll(clock, look, timeout=3600, interval=2)
    assert looks == [0, 600]


@pytest.mark.parametrize(("timeout", "looks"), [(0, 1), (5, 2)])
def test_polling_ends_in_time(timeout: float, looks: int) -> None:
    clock = VirtualClock(0)
    seen: list[float] = []
    assert not poll(clock, lambda: bool(seen.append(clock.now())), timeout=timeout, interval=2)
    assert len(seen) == looks
    assert clock.now() == timeout
