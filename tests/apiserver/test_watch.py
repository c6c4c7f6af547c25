"""Watches in process: initial state, selectors that objects enter and leave, old revisions, timeouts, bookmarks, fan-out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from threading import Thread
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.client import in_process
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.wire import Request

PATH = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def server() -> ApiServer:
    server = ApiServer()
    server.handle(Request.make("DELETE", f"{PATH}/kube-root-ca.crt"))
    return server


def create(server: ApiServer, name: str, **labels: str) -> Any:
    return server.handle(Request.make("POST", PATH, body={"metadata": {"name": name, "labels": labels}})).json()


def label(server: ApiServer, name: str, **labels: str | None) -> None:
    server.handle(
        Request.make("PATCH", f"{PATH}/{name}", body={"metadata": {"labels": labels}}, content_type="application/merge-patch+json")
    )


def watch(server: ApiServer, query: str = "") -> Iterator[bytes]:
    body = server.handle(Request.make("GET", PATH, f"watch=true&{query}")).body
    assert not isinstance(body, bytes)
    return body


def events(stream: Iterator[bytes]) -> list[tuple[str, str]]:
    """All that is there now."""
    found = []
    for line in stream:
        if not line:
            break
        event = json.loads(line)
        found.append((event["type"], event["object"]["metadata"].get("name", "")))
    return found


def test_without_a_revision_the_present_state_comes_first(server: ApiServer) -> None:
    create(server, "a")
    stream = watch(server)
    create(server, "b")
    server.handle(Request.make("DELETE", f"{PATH}/a"))
    assert events(stream) == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a")]


def test_from_a_revision_on(server: ApiServer) -> None:
    version = create(server, "a")["metadata"]["resourceVersion"]
    create(server, "b")
    assert events(watch(server, f"resourceVersion={version}")) == [("ADDED", "b")]


def test_an_object_enters_and_leaves_a_selector(server: ApiServer) -> None:
    create(server, "a", tier="x")
    stream = watch(server, "labelSelector=tier=y&resourceVersion=" + str(server.store.revision))
    label(server, "a", tier="y")
    label(server, "a", other="1")
    label(server, "a", tier=None)
    label(server, "a", other="2")
    assert events(stream) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


def test_one_object_by_field_selector(server: ApiServer) -> None:
    stream = watch(server, "fieldSelector=metadata.name=b&resourceVersion=" + str(server.store.revision))
    create(server, "a")
    create(server, "b")
    assert events(stream) == [("ADDED", "b")]


def test_a_forgotten_revision_is_gone(server: ApiServer) -> None:
    server.restore(server.snapshot())
    event = json.loads(next(watch(server, "resourceVersion=2")))
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


def test_it_ends_at_its_time(server: ApiServer) -> None:
    stream = watch(server, f"timeoutSeconds=30&resourceVersion={server.store.revision}")
    assert next(stream) == b""
    server.clock.sleep(31)
    assert list(stream) == []
    assert server.hub.open == 0


def test_bookmarks_and_the_end_of_the_initial_events(server: ApiServer) -> None:
    create(server, "a")
    query = "allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    stream = watch(server, query)
    assert json.loads(next(stream))["type"] == "ADDED"
    mark = json.loads(next(stream))
    assert (mark["type"], mark["object"]["metadata"]["annotations"]) == ("BOOKMARK", {"k8s.io/initial-events-end": "true"})
    server.clock.sleep(61)
    assert json.loads(next(stream))["type"] == "BOOKMARK"


def test_many_watchers_see_the_same(server: ApiServer) -> None:
    streams = [watch(server, f"resourceVersion={server.store.revision}") for _ in range(50)]
    create(server, "a")
    assert {line for stream in streams for line in [next(stream)]} == {next(iter(watch(server)))}


def test_waiting_for_the_next_event_moves_the_clock_to_it(server: ApiServer) -> None:
    client = Client(server.handle, server.clock)
    start = server.clock.now()
    server.clock.call_at(start + 600, lambda: create(server, "later"))  # type: ignore[attr-defined]
    events = client.watch("configmaps", "default", timeout_seconds=1000)
    assert next(event for event in events if event).object["metadata"]["name"] == "later"
    assert server.clock.now() == start + 600
    assert list(events) == []
    assert server.clock.now() == start + 1000


def test_a_watch_of_the_kubernetes_package_ends_at_its_time(server: ApiServer) -> None:
    from kubernetes import client, watch

    api = client.CoreV1Api(in_process.api_client(server.handle))
    assert list(watch.Watch().stream(api.list_namespaced_config_map, "default", timeout_seconds=30)) == []


def test_another_thread_waits_for_what_the_first_one_does(server: ApiServer) -> None:
    events = Client(server.handle, server.clock).watch("configmaps", "default")
    seen: list[str] = []
    thread = Thread(target=lambda: seen.extend(event.object["metadata"]["name"] for event in islice(events, 100) if event))
    thread.start()
    for number in range(100):
        create(server, f"c-{number}")
    thread.join(30)
    assert seen == [f"c-{number}" for number in range(100)]


def test_a_waiting_thread_ends_with_the_watch(server: ApiServer) -> None:
    events = Client(server.handle, server.clock).watch("configmaps", "default")
    left: list[object] = []
    thread = Thread(target=lambda: left.extend(events))
    thread.start()
    server.hub.close_all()
    thread.join(30)
    assert not thread.is_alive()
    assert left == []


def test_a_closed_watch_is_forgotten(server: ApiServer) -> None:
    stream = watch(server)
    stream.close()  # type: ignore[attr-defined]
    assert server.hub.open == 0
