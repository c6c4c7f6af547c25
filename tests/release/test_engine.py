"""The engine as a library: options, questions, drivers, the observer, DNS, thread safety."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import scenarios

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.release.engine import Engine
from pytest_helmsim.release.errors import InvalidOption, ReleaseError, ReleaseNotFound
from pytest_helmsim.release.model import ObjectChange
from pytest_helmsim.release.options import InstallOptions
from pytest_helmsim.release.queries import STATE_WORDS, Selection

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\nappVersion: \"7\"\n",
    "values.yaml": "key: one\nmore: {a: 1}\n",
    "templates/a.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {key: {{ .Values.key | quote }}, "
        "ip: {{ getHostByName \"localhost\" | quote }}}\n"
    ),
}  # fmt: skip


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    scenarios.write_charts(scenarios.Scenario("x", "helm4", {"app": CHART}, []), tmp_path)
    return tmp_path / "app"


@pytest.fixture
def client() -> Client:
    from pytest_helmsim.backends import embedded

    clock = VirtualClock()
    return Client(embedded.prepare("1.36", "namespace").fork(clock=clock).handle, clock)


def test_questions(client: Client, chart: Path) -> None:
    engine = Engine(client)
    engine.install("web", chart, {"key": "mine"}, InstallOptions(description="by hand"), labels={"team": "a"})
    engine.upgrade("web", chart)
    assert engine.get_values("web") == {"key": "mine"}
    assert engine.get_values("web", all_values=True) == {"key": "mine", "more": {"a": 1.0}}
    assert engine.get_metadata("web").app_version == "7"
    assert engine.get_metadata("web").apply_method == "server-side apply"
    assert engine.release("web", 1).info.description == "by hand"
    assert [each.version for each in engine.history("web", maximum=1)] == [2]
    assert engine.history("web", maximum=0) == []
    assert list(engine.resources(engine.status("web"))) == ["v1/ConfigMap"]
    with pytest.raises(ReleaseNotFound):
        engine.release("web", 9)
    with pytest.raises(ReleaseError, match="InstallOptions has no option 'colour'"):
        engine.install("x", chart, colour=1)
    with pytest.raises(InvalidOption, match='invalid wait input "maybe"'):
        engine.upgrade("web", chart, wait="maybe")


@pytest.mark.parametrize(("flavour", "found"), [("helm3", ["a", "b"]), ("helm4", ["a", "b", "c"])])
def test_list(flavour: Any, found: list[str], client: Client, chart: Path) -> None:
    engine = Engine(client, flavour=flavour)
    for name in ("b", "c", "a"):
        engine.install(name, chart)
        client.clock.sleep(1)
    engine.uninstall("c", keep_history=True)
    names = lambda **selection: [each.name for each in engine.list(Selection(**selection))]  # noqa: E731
    assert names() == found
    assert names(states=STATE_WORDS["all"], reverse=True) == ["c", "b", "a"]
    assert names(states=STATE_WORDS["all"], by_date=True) == ["b", "c", "a"]
    assert names(name_filter="^[ab]$", offset=1) == ["b"]
    assert names(states=STATE_WORDS["uninstalled"]) == ["c"]
    assert names(label_selector="name=a") == ["a"]
    assert names(limit=1) == ["a"]
    assert names(offset=9) == []
    assert [each.name for each in engine.list(all_namespaces=True)] == found


@pytest.mark.parametrize("driver", ["secret", "configmap", "memory"])
def test_drivers(driver: str, client: Client, chart: Path) -> None:
    engine = Engine(client, driver=driver)
    engine.install("web", chart)
    engine.upgrade("web", chart, {"key": "two"})
    engine.rollback("web", 1)
    assert [(each.version, each.status) for each in engine.history("web")] == [(1, "superseded"), (2, "superseded"), (3, "deployed")]
    engine.uninstall("web")
    with pytest.raises(ReleaseNotFound):
        engine.history("web")


def test_the_observer_sees_every_change(client: Client, chart: Path) -> None:
    seen: list[ObjectChange] = []
    engine = Engine(client, flavour="helm3", observer=seen.append)
    engine.install("web", chart)
    engine.upgrade("web", chart, {"key": "two"})
    engine.upgrade("web", chart, {"key": "two"})
    engine.uninstall("web")
    assert [change.action for change in seen] == ["created", "patched", "unchanged", "deleted"]
    patched = seen[1]
    assert patched.live_before
    assert patched.live_after
    assert patched.patch == {"data": {"key": "two"}}
    assert (patched.live_before["data"]["key"], patched.live_after["data"]["key"]) == ("one", "two")


@pytest.mark.parametrize(("allowed", "found"), [(False, [""]), (True, ["127.0.0.1", "::1"])])
def test_names_are_resolved_on_request_only(allowed: bool, found: list[str], client: Client, chart: Path) -> None:
    Engine(client).install("web", chart, enable_dns=allowed)
    assert client.get("cm", "web", "default")["data"]["ip"] in found


def test_many_releases_in_parallel(client: Client, chart: Path) -> None:
    def loop(number: int) -> str:
        engine = Engine(client)
        name = f"web-{number}"
        engine.install(name, chart)
        engine.upgrade(name, chart, {"key": "two"})
        return engine.rollback(name, 1).status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(loop, range(20))) == ["deployed"] * 20
    assert len(Engine(client).list()) == 20
