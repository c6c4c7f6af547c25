"""Lists: pages are one consistent view, also over namespaces and beside writes; tokens that are too old."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.objects.wire import Request


@pytest.fixture
def server() -> ApiServer:
    server = ApiServer()
    for namespace in ("default", "kube-public"):
        for name in "abcd":
            body = {"metadata": {"name": name, "labels": {"n": name}}}
            server.handle(Request.make("POST", f"/api/v1/namespaces/{namespace}/secrets", body=body))
    return server


def page(server: ApiServer, path: str, query: str) -> Any:
    return server.handle(Request.make("GET", path, query)).json()


def names(found: Any) -> list[str]:
    return [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in found["items"]]


@pytest.mark.parametrize("path", ["/api/v1/secrets", "/api/v1/namespaces/default/secrets"])
@pytest.mark.parametrize("limit", [1, 3, 4, 100])
def test_pages_together_are_the_whole(server: ApiServer, path: str, limit: int) -> None:
    whole = names(page(server, path, ""))
    found: list[str] = []
    query = f"limit={limit}"
    while query:
        answer = page(server, path, query)
        assert len(answer["items"]) <= limit
        found += names(answer)
        token = answer["metadata"].get("continue")
        assert answer["metadata"].get("remainingItemCount", 0) == len(whole) - len(found)
        query = f"limit={limit}&continue={quote(token)}" if token else ""
    assert found == whole


def test_a_later_page_does_not_see_later_writes(server: ApiServer) -> None:
    path = "/api/v1/namespaces/default/secrets"
    first = page(server, path, "limit=2")
    server.handle(Request.make("DELETE", f"{path}/c"))
    server.handle(Request.make("POST", path, body={"metadata": {"name": "bb"}}))
    second = page(server, path, f"limit=9&continue={quote(first['metadata']['continue'])}")
    assert names(second) == ["default/c", "default/d"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_with_a_selector_nobody_counts_the_rest(server: ApiServer) -> None:
    answer = page(server, "/api/v1/secrets", "limit=1&labelSelector=n%20in%20(a,b)")
    assert names(answer) == ["default/a"]
    assert "remainingItemCount" not in answer["metadata"]


def test_a_forgotten_page_is_gone(server: ApiServer) -> None:
    path = "/api/v1/namespaces/default/secrets"
    token = page(server, path, "limit=2")["metadata"]["continue"]
    server.restore(server.snapshot())
    answer = page(server, path, f"limit=2&continue={quote(token)}")
    assert (answer["code"], answer["reason"]) == (410, "Expired")
