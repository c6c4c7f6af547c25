"""`helmsim diff`: stored against new, and with `--three-way` the live object against what the server would make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pytest_helmsim.apiserver import http_server
from pytest_helmsim.backends.embedded import prepare
from pytest_helmsim.cli import app
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import RealClock, VirtualClock

TEMPLATES = {
    "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  key: {{ .Values.key | quote }}\n  same: x\n",
    "b.yaml": "{{ if .Values.b }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n{{ end }}",
    "s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: {{ .Values.key | quote }}}\n",
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Client]]:
    file = tmp_path_factory.mktemp("served") / "kubeconfig"
    server = prepare("1.36", "namespace").fork(clock=VirtualClock(RealClock().now()))
    with http_server.serve(server, kubeconfig=file):
        yield str(file), Client(server.handle, server.clock)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("app")
    (place / "templates").mkdir()
    (place / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (place / "values.yaml").write_text("key: one\nb: true\n")
    for name, text in TEMPLATES.items():
        (place / "templates" / name).write_text(text)
    return str(place)


@pytest.fixture
def helmsim(cluster: tuple[str, Client], capsys: pytest.CaptureFixture[str]) -> Iterator[object]:
    def run(*words: str) -> tuple[int, str]:
        status = app.run([*words, "--kubeconfig", cluster[0]])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    yield run
    for each in ("one", "two"):
        run("uninstall", each, "--ignore-not-found")


@pytest.mark.parametrize("version", ["3", "4"])
def test_upgrade(helmsim, chart: str, version: str) -> None:  # type: ignore[no-untyped-def]
    helm = ("--helm-version", version)
    assert helmsim("install", "one", chart, *helm)[0] == 0
    assert helmsim("diff", "upgrade", "one", chart, "--detailed-exitcode", *helm) == (0, "")
    status, text = helmsim("diff", "upgrade", "one", chart, "--set", "key=two,b=false", "--detailed-exitcode", *helm)
    assert status == 2
    assert "default, ConfigMap/a, v1: changed\n" in text
    assert "-  key: one\n+  key: two\n" in text
    assert "default, ConfigMap/b, v1: removed\n" in text
    assert "-  p: '-------- (3 characters)'\n+  p: ++++++++ (3 characters)\n" in text
    assert text.endswith("2 changed, 1 removed\n")
    assert helmsim("history", "one", *helm)[1].count("\n") == 2


@pytest.mark.parametrize("version", ["3", "4"])
def test_three_way_shows_drift(helmsim, cluster: tuple[str, Client], chart: str, version: str) -> None:  # type: ignore[no-untyped-def]
    helm = ("--helm-version", version)
    helmsim("install", "one", chart, *helm)
    drift = {"data": {"key": "edited", "extra": "mine"}}
    client = cluster[1]
    client.patch("ConfigMap", "a", drift, "default", content_type="application/merge-patch+json", field_manager="kubectl-edit")
    assert helmsim("diff", "upgrade", "one", chart, *helm)[1] == ""
    status, text = helmsim("diff", "upgrade", "one", chart, "--three-way", "-o", "json", *helm)
    (entry,) = json.loads(text)
    assert status == 0
    if version == "3":
        assert entry["change"] == "changed"
        assert {each["path"]: each["verdict"] for each in entry["fields"]} == {"data.key": "converged", "data.extra": "kept"}
        assert "-  key: edited\n+  key: one\n" in entry["diff"]
    else:
        assert entry["change"] == "failed"
        assert "conflict" in entry["error"]
        assert {each["path"]: each["verdict"] for each in entry["fields"]} == {"data.key": "conflict", "data.extra": "kept"}
    assert client.get("ConfigMap", "a", "default")["data"] == {"extra": "mine", "key": "edited", "same": "x"}


def test_rollback_revision_and_release(helmsim, chart: str) -> None:  # type: ignore[no-untyped-def]
    helmsim("install", "one", chart)
    helmsim("upgrade", "one", chart, "--set", "key=two")
    for words in (("rollback", "one", "1"), ("rollback", "one", "1", "--three-way"), ("rollback", "one")):
        assert "-  key: two\n+  key: one\n" in helmsim("diff", *words)[1]
    for words in (("revision", "one", "1", "2"), ("revision", "one", "1")):
        assert "-  key: one\n+  key: two\n" in helmsim("diff", *words)[1]
    assert helmsim("diff", "release", "one", "one") == (0, "")


def test_install_and_words(helmsim, chart: str) -> None:  # type: ignore[no-untyped-def]
    assert helmsim("diff", "upgrade", "two", chart) == (1, 'Error: "two" has no deployed releases\n')
    for words in ((), ("--three-way",)):
        assert helmsim("diff", "upgrade", "two", chart, "--install", *words)[1].endswith("3 added\n")
    assert helmsim("history", "two")[0] == 1
    assert "diff prints diff or json" in helmsim("diff", "upgrade", "two", chart, "-o", "yaml")[1]
    assert "could not convert revision" in helmsim("diff", "revision", "two", "x")[1]
