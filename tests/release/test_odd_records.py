"""Records that are too large, truncated or not Helm's, and those that HELM_MEMORY_DRIVER_DATA brings."""

from __future__ import annotations

import base64
import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.release import memory_data
from pytest_helmsim.release.engine import Engine
from pytest_helmsim.release.errors import InstallFailed, NoDeployedReleases, ReleaseExists, ReleaseNotFound, StorageFailed, UpgradeFailed

TOO_LONG = 'create: failed to create: Secret "sh.helm.release.v1.app.v{}" is invalid: data: Too long: may not be more than 1048576 bytes'
"""As the real helm says it on a real server."""


@pytest.fixture(scope="module")
def prepared() -> Any:
    from pytest_helmsim.backends import embedded

    return embedded.prepare("1.36", "namespace")


@pytest.fixture
def client(prepared: Any) -> Client:
    clock = VirtualClock(prepared.clock.now())
    return Client(prepared.fork(clock=clock).handle, clock)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (tmp_path / "templates/a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    return tmp_path


@pytest.mark.parametrize("flavour", ["helm3", "helm4"])
def test_too_large(client: Client, chart: Path, flavour: Any) -> None:
    engine = Engine(client, flavour=flavour)
    small = engine.load(chart)
    (chart / "blob").write_bytes(random.Random(1).randbytes(900_000))
    with pytest.raises(InstallFailed) as failure:
        engine.install("app", chart)
    assert str(failure.value) == TOO_LONG.format(1)
    with pytest.raises(ReleaseNotFound):
        engine.history("app")
    engine.install("app", small)
    with pytest.raises(UpgradeFailed) as refused:
        engine.upgrade("app", chart)
    assert str(refused.value) == TOO_LONG.format(2)
    assert [(each.version, each.status) for each in engine.history("app")] == [(1, "deployed")]


def zipped(data: bytes) -> bytes:
    return base64.b64encode(gzip.compress(data, mtime=0))


GOOD = zipped(b'{"name": "app", "version": 2}')
BROKEN = [
    # what stands in the record, what asking for it by number says (helm 4.3.1; helm 3.22.0 crashes)
    (b"H4sI", "invalid character '\\x1f' looking for beginning of value"),
    (b"", "unexpected end of JSON input"),
    (b"!", "illegal base64 data at input byte 0"),
    (GOOD[:41], "illegal base64 data at input byte 40"),
    (GOOD[:40] + b"!" + GOOD[40:], "illegal base64 data at input byte 40"),
    (GOOD[:40], "unexpected EOF"),
    (base64.b64encode(b"hello"), "invalid character 'h' looking for beginning of value"),
    (zipped(b""), "unexpected end of JSON input"),
    (zipped(b'{"name":'), "unexpected end of JSON input"),
    (zipped(b"{} x"), "invalid character 'x' after top-level value"),
    (zipped(b"[1]"), "json: cannot unmarshal array into Go value of type v1.Release"),
    (zipped(b'{"name":1}'), "json: cannot unmarshal number into Go struct field Release.name of type string"),
    (zipped(b'{"version":"x"}'), "json: cannot unmarshal string into Go struct field Release.version of type int"),
]


@pytest.mark.parametrize(("data", "words"), BROKEN)
def test_a_broken_record_is_passed_over_and_never_overwritten(client: Client, chart: Path, data: bytes, words: str) -> None:
    engine = Engine(client)
    engine.install("app", chart)
    engine.upgrade("app", chart)
    name = "sh.helm.release.v1.app.v2"
    patch = {"data": {"release": base64.b64encode(data).decode()}}
    client.patch("Secret", name, patch, "default", content_type="application/merge-patch+json")
    before = client.get("Secret", name, "default")
    assert [each.version for each in engine.history("app")] == [1]
    with pytest.raises(StorageFailed) as failure:
        engine.release("app", 2)
    assert str(failure.value) == f'get: failed to decode data "{name}": {words}'
    with pytest.raises((UpgradeFailed, NoDeployedReleases, ReleaseExists, StorageFailed)):
        engine.upgrade("app", chart)
    assert client.get("Secret", name, "default") == before


def test_a_foreign_record_under_the_next_name_is_not_overwritten(client: Client, chart: Path) -> None:
    engine = Engine(client)
    engine.install("app", chart)
    foreign = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sh.helm.release.v1.app.v2"}, "data": {"mine": "eA=="}}
    before = client.create(foreign, "default")
    with pytest.raises(UpgradeFailed, match=r"^release: already exists$"):
        engine.upgrade("app", chart)
    assert client.get("Secret", "sh.helm.release.v1.app.v2", "default") == before
    assert [(each.version, each.status) for each in engine.history("app")] == [(1, "deployed")]


RECORDS = """
- {name: web, namespace: shop, version: 1, info: {status: superseded, description: first}}
- {name: web, namespace: shop, version: 2, info: {status: deployed, description: second}, config: {a: 1}}
"""


def test_memory_driver_data(client: Client, chart: Path, tmp_path: Path) -> None:
    file = tmp_path / "records.yaml"
    file.write_text(RECORDS)
    memory = memory_data.load([str(file)], client.clock, "helm4")
    engine = Engine(client, driver="memory", memory=memory, namespace="shop")
    assert [(each.version, each.status) for each in engine.history("web")] == [(1, "superseded"), (2, "deployed")]
    assert engine.get_values("web") == {"a": 1}
    assert engine.list()[0].name == "web"
    with pytest.raises(ReleaseNotFound):
        Engine(client, driver="memory", memory=memory).history("web")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([""], "Unable to read memory driver dataopen : no such file or directory"),
        (["Chart.yaml"], "Unable to unmarshal memory driver data"),
    ],
)
def test_memory_driver_data_that_cannot_be_used(
    client: Client, chart: Path, files: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(chart)
    with pytest.raises(StorageFailed, match=words):
        memory_data.load(files, client.clock, "helm4")
