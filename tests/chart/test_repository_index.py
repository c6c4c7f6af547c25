"""index.yaml of repositories: order of versions, ranges, broken entries, making and merging."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_helmsim.chart import loader, package
from pytest_helmsim.chart.errors import RepositoryError
from pytest_helmsim.chart.repository_index import Index, index_folder, join_url
from pytest_helmsim.objects.clock import VirtualClock

TEXT = b"""
apiVersion: v1
generated: "2024-01-01T00:00:00Z"
entries:
  web:
  - {name: web, version: 1.2.0, urls: [web-1.2.0.tgz]}
  - {name: web, version: 1.10.0, urls: [https://x/web-1.10.0.tgz], digest: abc}
  - {name: web, version: 2.0.0-rc.1, urls: [web-2.tgz]}
  - {name: web, version: v1.3, urls: [web-1.3.tgz]}
  - {name: web, version: nonsense}
  -
  empty: []
"""


@pytest.mark.parametrize(
    ("wanted", "version"),
    [("", "1.10.0"), ("1.2.0", "1.2.0"), ("~1.2", "1.2.0"), ("^1", "1.10.0"), (">0-0", "2.0.0-rc.1"), ("v1.3", "v1.3"), ("1.3", "v1.3")],
)
def test_versions_are_picked_as_helm_picks_them(wanted: str, version: str) -> None:
    assert Index.load(TEXT).get("web", wanted).version == version


def test_versions_are_sorted_and_broken_ones_left_out() -> None:
    assert [each.version for each in Index.load(TEXT).entries["web"]] == ["2.0.0-rc.1", "1.10.0", "v1.3", "1.2.0"]


@pytest.mark.parametrize(
    ("name", "wanted", "reason"),
    [
        ("nope", "", "no chart name found"),
        ("empty", "", "no chart version found"),
        ("web", "9.x", "no chart version found for web-9.x"),
        ("web", "no range", "improper constraint"),
    ],
)
def test_what_is_not_there(name: str, wanted: str, reason: str) -> None:
    with pytest.raises(RepositoryError, match=reason):
        Index.load(TEXT).get(name, wanted)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "empty index.yaml file"),
        (b"entries: {}", "no API version specified"),
        (b"- a", "cannot unmarshal array"),
        (b"<html>", "cannot unmarshal string into Go value of type repo.IndexFile"),
        (b"apiVersion: v1\nentries: {web: [{name: web, shoe: 1}]}", 'unknown field "shoe"'),
        (b"apiVersion: v1\nentries: {web: [text]}", "cannot unmarshal string"),
        (b"apiVersion: v1\nentries: [1]", "cannot unmarshal array"),
    ],
)
def test_what_is_no_index(text: bytes, reason: str) -> None:
    with pytest.raises(RepositoryError, match=reason):
        Index.load(text)


def test_an_index_of_a_folder(tmp_path: Path) -> None:
    for version in ("0.9.0", "0.10.0"):
        chart = tmp_path / "src"
        chart.mkdir(exist_ok=True)
        (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: c\nversion: {version}\n")
        package.save(loader.load(chart), tmp_path / "repo", modified=0)
    (tmp_path / "repo" / "other.tgz").write_bytes(b"no chart")
    index = index_folder(tmp_path / "repo", clock=VirtualClock(0), base_url="https://charts.example")
    assert [(each.version, each.urls) for each in index.entries["c"]] == [
        ("0.10.0", ("https://charts.example/c-0.10.0.tgz",)),
        ("0.9.0", ("https://charts.example/c-0.9.0.tgz",)),
    ]
    again = Index.load(index.dump().encode())
    assert again.entries == index.entries
    again.merge(Index.load(TEXT))
    assert list(again.entries) == ["c", "web"]
    assert '"apiVersion": "v1"' in again.dump_json()


@pytest.mark.parametrize(
    ("version", "warned"), [("1.3.0", True), ("^1", False), ("1.2.0", False), ("", False), ("1.x", False), ("1.2.0-x", False)]
)
def test_another_version_than_the_one_asked_for_is_said(version: str, warned: bool) -> None:
    heard: list[str] = []
    try:
        Index.load(TEXT).get("web", version, warn=lambda text, _: heard.append(text))
    except RepositoryError:
        assert version == "1.2.0-x"
    assert bool(heard) is warned


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://x", "a.tgz", "https://x/a.tgz"),
        ("https://x/c/", "a.tgz", "https://x/c/a.tgz"),
        ("", "sub", "sub"),
        ("", "", ""),
        ("https://x?k=v", "a", "https://x/a?k=v"),
    ],
)
def test_urls_below_a_base(base: str, path: str, url: str) -> None:
    assert join_url(base, path) == url
