"""Objects with a label are found alike with and without the index, over writes, removals and forks."""

from __future__ import annotations

import random

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.store import MANY
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.status import NotFound


def names(client: Client, selector: str) -> list[str]:
    return [obj["metadata"]["name"] for obj in client.list("ConfigMap", "default", label_selector=selector)]


def plain(client: Client, **wanted: str) -> list[str]:
    found = client.list("ConfigMap", "default")
    return [obj["metadata"]["name"] for obj in found if wanted.items() <= (obj["metadata"].get("labels") or {}).items()]


def test_index_and_scan_agree() -> None:
    draw = random.Random(4)
    server = ApiServer("1.36")
    client = Client(server.handle, server.clock)
    for number in range(MANY + 20):
        labels = {"a": str(number % 7), "b": str(number % 3)} if number % 5 else {}
        client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"m{number}", "labels": labels}}, "default")
    for turn in range(60):
        if turn == 30:
            twin = server.fork()
            other = Client(twin.handle, twin.clock)
            other.delete("ConfigMap", "m1", "default")
            assert names(other, "a=1") == plain(other, a="1")
            assert "m1" in names(client, "a=1")
        name = f"m{draw.randrange(2, MANY + 15)}"
        try:
            if draw.random() < 0.3:
                client.delete("ConfigMap", name, "default")
            else:
                patch = {"metadata": {"labels": {"a": str(draw.randrange(7)), "b": draw.choice(["0", "1", None])}}}
                client.patch("ConfigMap", name, patch, "default", content_type="application/merge-patch+json")
        except NotFound:
            continue
        value = str(draw.randrange(7))
        assert names(client, f"a={value}") == plain(client, a=value)
        assert names(client, f"a={value},b=1") == plain(client, a=value, b="1")
        assert names(client, "b in (0,1)") == sorted([*plain(client, b="0"), *plain(client, b="1")])
        assert names(client, "!b") == [each for each in plain(client) if each not in {n for v in "012" for n in plain(client, b=v)}]
