"""Fetching over HTTP: bounds, redirects, time, and where credentials go."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pytest_helmsim.chart import package, repository
from pytest_helmsim.chart.errors import InvalidChart, RepositoryError
from pytest_helmsim.chart.loader import MAX_CHART_SIZE
from pytest_helmsim.chart.repository import Repositories
from pytest_helmsim.chart.repository_file import Entry, Places, RepositoryFile
from pytest_helmsim.chart.repository_http import Access, fetch
from pytest_helmsim.objects.errors import UnsupportedFeature

HUNG = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path
        if path == "/hang":
            HUNG.wait(5)
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", path.removeprefix("/to/"))
            self.end_headers()
            return
        body = self.headers.get("Authorization", "nobody").encode()
        self.send_response(200)
        if path == "/short":
            self.send_header("Content-Length", "100")
        self.end_headers()
        if path == "/endless":
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    HUNG.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "access", "reason"),
    [
        ("/endless", Access(), r"/endless is larger than the maximum size 1000000"),
        ("/short", Access(), "unexpected EOF"),
        ("/hang", Access(timeout=0.2), r"context deadline exceeded \(Client.Timeout exceeded while awaiting headers\)"),
        ("/to/file:///etc/passwd", Access(), 'unsupported protocol scheme "file"'),
        ("/to/ftp://x/y", Access(), 'unsupported protocol scheme "ftp"'),
    ],
)
def test_what_is_refused(url: str, path: str, access: Access, reason: str) -> None:
    with pytest.raises(RepositoryError, match=reason):
        fetch(url + path, access, limit=1_000_000)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/etc/passwd", "gopher://x"])
def test_only_http_is_opened(target: str) -> None:
    with pytest.raises(RepositoryError, match="could not find protocol handler for"):
        fetch(target, Access())


def test_registries_are_no_repositories() -> None:
    with pytest.raises(RepositoryError, match="is not a valid chart repository"):
        fetch("oci://x/y", Access())


def _header(user: str, word: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{word}".encode())


def test_credentials_stay_where_they_belong(url: str) -> None:
    mine = Access("u", "p", url=url)
    other = url.replace("127.0.0.1", "localhost")
    assert fetch(f"{url}/a", mine) == _header("u", "p")
    assert fetch(f"{other}/a", mine) == b"nobody"
    assert fetch(f"{other}/a", Access("u", "p", url=url, pass_credentials=True)) == _header("u", "p")
    assert fetch(f"{url}/to/{url}/a", mine) == _header("u", "p")
    assert fetch(f"{url}/to/{other}/a", mine) == b"nobody"
    assert fetch(f"{url.replace('//', '//me:secret@')}/a", Access()) == _header("me", "secret")


def test_a_password_in_a_url_is_not_shown() -> None:
    with pytest.raises(RepositoryError, match=r'Get "http://me:\*\*\*@127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused'):
        fetch("http://me:secret@127.0.0.1:1/", Access())


@pytest.mark.parametrize("url", ["http://x/..", "http://x/a/%2e%2e", "http://x/", "http://x", "http://x/a%2F..", "http://x/a%00b"])
def test_names_of_archives_stay_in_their_folder(url: str) -> None:
    with pytest.raises(RepositoryError, match="names no file"):
        repository.archive_name(url)


def test_an_archive_cannot_leave_its_folder_through_a_link(tmp_path: Path) -> None:
    chart = tmp_path / "src"
    (chart / "files").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (chart / "files" / "a").write_text("text")
    from pytest_helmsim.chart import loader

    data = package.save(loader.load(chart), tmp_path, modified=0).read_bytes()
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "out" / "c").mkdir(parents=True)
    (tmp_path / "out" / "c" / "files").symlink_to(outside)
    with pytest.raises(InvalidChart, match="would be written outside of"):
        package.expand(data, tmp_path / "out")
    assert list(outside.iterdir()) == []
    assert (package.expand(data, tmp_path / "fresh") / "files" / "a").read_text() == "text"


def test_repositories_are_private(tmp_path: Path) -> None:
    file = RepositoryFile([Entry("r", "https://x", password="secret")])
    file.write(tmp_path / "new" / "repositories.yaml")
    assert (tmp_path / "new" / "repositories.yaml").stat().st_mode & 0o777 == 0o600
    read = RepositoryFile.read(tmp_path / "new" / "repositories.yaml")
    assert read is not None
    assert read.entries == file.entries


def test_nobody_reads_half_an_index(tmp_path: Path) -> None:
    repository.write(tmp_path / "a" / "b", b"one")
    repository.write(tmp_path / "a" / "b", b"two")
    assert [(each.name, each.read_bytes()) for each in (tmp_path / "a").iterdir()] == [("b", b"two")]


@pytest.mark.parametrize(
    ("environment", "config", "cache", "content"),
    [
        ({"HOME": "/h"}, "/h/.config/helm/repositories.yaml", "/h/.cache/helm/repository", "/h/.cache/helm/content"),
        (
            {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/k"},
            "/c/helm/repositories.yaml",
            "/k/helm/repository",
            "/k/helm/content",
        ),
        ({"HOME": "/h", "HELM_CONFIG_HOME": "/c", "HELM_CACHE_HOME": "/k"}, "/c/repositories.yaml", "/k/repository", "/k/content"),
        ({"HOME": "/h", "HELM_REPOSITORY_CONFIG": "/f", "HELM_REPOSITORY_CACHE": "/r", "HELM_CONTENT_CACHE": "/o"}, "/f", "/r", "/o"),
    ],
)
def test_places(environment: dict[str, str], config: str, cache: str, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert Places.of_environment(environment) == Places(Path(config), Path(cache), Path(content))


def test_the_bound_of_an_answer_is_no_smaller_than_that_of_a_chart() -> None:
    assert repository.repository_http.MAX_BODY >= MAX_CHART_SIZE


def test_a_registry_needs_somebody_who_opens_it(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFeature, match="pull the chart and give its folder"):
        Repositories(Places(tmp_path / "f", tmp_path, tmp_path)).resolve("oci://x/y", "", Access())
