"""Watches in process: initial state, selectors that objects enter and leave, old revisions, timeouts, bookmarks, fan-out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
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


def test_a_closed_watch_is_forgotten(server: ApiServer) -> None:
    stream = watch(server)
    stream.close()  # type: ignore[attr-defined]
    assert server.hub.open == 0
