"""What is remembered of requests is bounded in number and in size."""

from __future__ import annotations

import pytest

from pytest_helmsim.apiserver import app
from pytest_helmsim.objects.wire import Request


def ask(server: app.ApiServer, size: int) -> None:
    server.handle(Request("POST", "/api/v1/namespaces/default/configmaps", body=b"x" * size))


def test_the_oldest_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REQUEST_LOG", 5)
    server = app.ApiServer()
    for size in range(20):
        ask(server, size)
    assert [len(logged.body) for logged in server.requests] == [15, 16, 17, 18, 19]


def test_the_oldest_go_when_they_sent_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REQUEST_LOG_BYTES", 1000)
    server = app.ApiServer()
    for _ in range(50):
        ask(server, 300)
    assert [len(logged.body) for logged in server.requests] == [300, 300, 300]
    server.requests.clear()
    ask(server, 900)
    ask(server, 50)
    assert [len(logged.body) for logged in server.requests] == [900, 50]
    ask(server, 70_000)
    assert [len(logged.body) for logged in server.requests] == [app.PATCH_LOG]
