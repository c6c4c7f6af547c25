"""Registries: references, tags, what a manifest must hold, and what is never taken. Commands are in tests/cli/test_chart_commands.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.chart import registry
from pytest_helmsim.chart.registry import CHART, CONFIG, OLD_CHART, Charts, Reference, RegistryError, matching
from pytest_helmsim.chart.repository_http import Access
from pytest_helmsim.objects.errors import UnsupportedFeature

WRONG = [
    # text, what is wrong
    ("oci://host", "missing registry or repository"),
    ("oci://host/", 'invalid repository ""'),
    ("host/Big", 'invalid repository "Big"'),
    ("host/a//b", 'invalid repository "a//b"'),
    ("user@host/a", "missing registry or repository"),
    ("ho st/a", 'invalid registry "ho st"'),
    ("host/a:-x", 'invalid tag "-x"'),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_no_reference(text: str, message: str) -> None:
    with pytest.raises(RegistryError) as error:
        Reference.parse(text)
    assert str(error.value) == f"invalid reference: {message}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("oci://host:5000/a/b:1.0.0+x", "host:5000/a/b:1.0.0_x"),
        ("host/a", "host/a"),
        (f"host/a@sha256:{'0' * 64}", f"host/a@sha256:{'0' * 64}"),
    ],
    ids=["tag", "bare", "digest"],
)
def test_references(text: str, shown: str) -> None:
    assert str(Reference.parse(text)) == shown


def test_tags() -> None:
    tags = ["2.0.0-rc.1", "1.1.0", "1.0.0+a"]
    assert matching(tags, "") == "1.1.0"
    assert matching(tags, ">0.0.0-0") == "2.0.0-rc.1"
    assert matching(tags, "1.0.0+a") == "1.0.0+a"
    with pytest.raises(RegistryError, match="ould not locate a version matching"):
        matching(tags, ">3")


class Response:
    """An answer as `requests` has it."""

    def __init__(self, body: bytes) -> None:
        self.body, self.url, self.links = body, "https://host/x", dict[str, Any]()

    def iter_content(self, size: int) -> list[bytes]:
        return [self.body[start : start + size] for start in range(0, len(self.body), size)]


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Charts]:
    def make(layers: list[dict[str, str]], blob: bytes = b"", config: str = CONFIG) -> Charts:
        manifest = json.dumps({"config": {"mediaType": config}, "layers": layers}).encode()
        charts = Charts(Access(), tmp_path / "config.json", said.append)
        monkeypatch.setattr(charts, "_ask", lambda method, url, **_: Response(manifest if "/manifests/" in url else blob))
        return charts

    said: list[str] = []
    return make


MANIFESTS = [
    # layers, blob, configuration, message
    ([], b"", CONFIG, "minimum number of descriptors (2), descriptors found: 1"),
    ([{"mediaType": CHART}, {"mediaType": OLD_CHART}], b"", "application/x", "could not load config with mediatype"),
    ([{"mediaType": CHART, "digest": "sha256:00"}], b"x", CONFIG, "mismatch digest"),
]


@pytest.mark.parametrize(("layers", "blob", "config", "message"), MANIFESTS, ids=["few", "config", "digest"])
def test_what_is_no_chart(answering: Callable[..., Charts], layers: list[dict[str, str]], blob: bytes, config: str, message: str) -> None:
    with pytest.raises(RegistryError) as error:
        answering(layers, blob, config).pull(Reference("host", "a", "1.0.0"))
    assert message in str(error.value)


def test_a_layer_without_end_is_refused(answering: Callable[..., Charts], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_BODY", 10)
    with pytest.raises(RegistryError, match="larger than the maximum size 10"):
        answering([{"mediaType": CHART, "digest": "sha256:00"}], b"x" * 100).pull(Reference("host", "a", "1.0.0"))


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oras.provider", None)
    monkeypatch.setitem(sys.modules, "oras.logger", None)
    with pytest.raises(UnsupportedFeature, match=r"install `pytest-helmsim\[oci\]`"):
        registry.open_door("host", Access(), tmp_path)


def test_credentials_are_for_the_first_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[str, str]] = []
    monkeypatch.setattr(registry, "open_door", lambda host, access, _: given.append((host, access.password)))
    charts = Charts(Access(username="u", password="p"), tmp_path, str)
    charts._door("one")
    charts._door("other")
    assert given == [("one", "p"), ("other", "")]
