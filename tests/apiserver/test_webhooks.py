"""Recorded answers of a real kube-apiserver with a webhook beside it, replayed: every answer is the same, and so is what it asked."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.objects.wire import Request, User

from .replay import Masker
from .webhook_server import WebhookServer

RECORDED = Path(__file__).parent.parent / "recorded" / "webhooks"
ADMIN = User("admin", ("system:masters", "system:authenticated"), "admin")


@pytest.fixture(scope="module")
def webhook() -> Iterator[WebhookServer]:
    server = WebhookServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def base() -> ApiServer:
    return ApiServer(disabled_admission=("ServiceAccount",))


@pytest.mark.parametrize("name", sorted(path.name.removesuffix(".json.z") for path in RECORDED.glob("*.json.z")))
def test_answers_and_reviews_are_those_of_the_real_server(name: str, base: ApiServer, webhook: WebhookServer) -> None:
    pairs = json.loads(zlib.decompress((RECORDED / f"{name}.json.z").read_bytes()))["pairs"]
    server = base.fork()
    server.handle(replace(Request.make("POST", "/api/v1/namespaces", body={"metadata": {"name": f"hook-{name}"}}), user=ADMIN))
    ours, theirs = Masker(), Masker()
    for index, (step, recorded, reviews) in enumerate(pairs):
        webhook.reviews.clear()
        answer = _send(server, webhook, step)
        seen = json.loads(webhook.masked(json.dumps(webhook.reviews)))
        if step.get("mask"):
            for side in (answer["body"], recorded["body"]):
                side.update(dict.fromkeys(step["mask"], "<masked>"))
        mine = _masked(ours, answer, seen)
        real = _masked(theirs, recorded, reviews)
        assert mine == real, f"{name} #{index}: {step['method']} {step['path']}?{step.get('query', '')} {step.get('body')}"


def _send(server: ApiServer, webhook: WebhookServer, step: dict[str, Any]) -> dict[str, Any]:
    body = json.loads(webhook.filled(json.dumps(step.get("body"))))
    data = json.dumps(body, separators=(",", ":")).encode() if body is not None else b""
    request = Request.make(step["method"], step["path"], step.get("query", ""), data, step.get("type", "application/json"))
    headers = {**request.headers, "accept": "application/json", "user-agent": "recorder/1.0"}
    response = server.handle(replace(request, headers=headers, user=ADMIN))
    assert isinstance(response.body, bytes)
    warnings = [value for key, value in response.headers if key == "Warning"]
    kind = dict(response.headers).get("Content-Type", "")
    answer = {"status": response.status, "warnings": warnings, "type": kind, "body": json.loads(response.body)}
    return json.loads(webhook.masked(json.dumps(answer)))


def _masked(masker: Masker, answer: dict[str, Any], reviews: list[Any]) -> Any:
    reviews = sorted(([path, masker.mask(review)] for path, review in reviews), key=json.dumps)
    return {**masker.answer(answer["status"], answer["warnings"], answer["type"], answer["body"]), "reviews": reviews}
