"""Objects with a label are found alike with and without the index, over writes, removals and forks."""

from __future__ import annotations

import random

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.store import MANY
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.status import NotFound


def names(client: Client, selector: str) -> list[str]:
    return [obj["metadata"]["name"] for obj in client.list("ConfigMap", "default", label_selector=selector)]


def labelled(client: Client) -> dict[str, dict[str, str]]:
    return {obj["metadata"]["name"]: obj["metadata"].get("labels") or {} for obj in client.list("ConfigMap", "default")}


def plain(found: dict[str, dict[str, str]], **wanted: str) -> list[str]:
    return [name for name, labels in found.items() if wanted.items() <= labels.items()]


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
            assert names(other, "a=1") == plain(labelled(other), a="1")
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
        found = labelled(client)
        assert names(client, f"a={value}") == plain(found, a=value)
        assert names(client, f"a={value},b=1") == plain(found, a=value, b="1")
        assert names(client, "b in (0,1)") == sorted([*plain(found, b="0"), *plain(found, b="1")])
        assert names(client, "!b") == [name for name, labels in found.items() if "b" not in labels]
