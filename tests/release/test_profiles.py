"""Argo CD and Flux as engines: what each renders, applies, prunes, owns and corrects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.status import NotFound
from pytest_helmsim.release import argocd, flux, profiles
from pytest_helmsim.release.errors import InvalidOption, ReleaseNotFound

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
    "values.yaml": "key: one\nb: true\n",
    "templates/a.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  key: {{ .Values.key | quote }}\n"
        "  found: {{ empty (lookup `v1` `Namespace` `` `default`) | quote }}\n  install: {{ .Release.IsInstall | quote }}\n"
    ),
    "templates/b.yaml": "{{ if .Values.b }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n{{ end }}",
    "templates/hooks.yaml": "".join(
        f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {event}, annotations: {{helm.sh/hook: {event}}}}}\n"
        for event in ("pre-install", "post-upgrade", "test", "pre-rollback", "post-delete")
    ),
}


@pytest.fixture(scope="module")
def prepared() -> Any:
    from pytest_helmsim.backends import embedded

    return embedded.prepare("1.36")


@pytest.fixture
def client(prepared: Any) -> Client:
    from pytest_helmsim.apiserver.controllers.loop import Controllers

    clock = VirtualClock(prepared.clock.now())
    server = prepared.fork(clock=clock)
    Controllers(server).start()
    return Client(server.handle, clock)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    for name, text in CHART.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def names(client: Client) -> list[str]:
    return [obj["metadata"]["name"] for obj in client.list("ConfigMap", "default") if obj["metadata"]["name"] != "kube-root-ca.crt"]


def managers(client: Client, name: str) -> set[tuple[str, str]]:
    return {(each["manager"], each["operation"]) for each in client.get("ConfigMap", name, "default")["metadata"]["managedFields"]}


def edit(client: Client, data: Any) -> None:
    content = "application/merge-patch+json"
    client.patch("ConfigMap", "a", {"data": data}, "default", content_type=content, field_manager="kubectl-edit")


def test_argocd_syncs(client: Client, chart: Path) -> None:
    engine = profiles.open_engine("argocd", client)
    engine.install("app", chart)
    assert names(client) == ["a", "b", "post-upgrade", "pre-install"]  # no test hook, none of rollback or deletion
    live = client.get("ConfigMap", "a", "default")
    assert live["data"] == {"key": "one", "found": "true", "install": "true"}
    assert live["metadata"]["annotations"][argocd.TRACKING] == "app:/ConfigMap:default/a"
    assert argocd.LAST_APPLIED in live["metadata"]["annotations"]
    assert managers(client, "a") == {("argocd-controller", "Update")}

    engine.upgrade("app", chart, {"key": "two", "b": False})
    assert "b" not in names(client)
    assert client.get("ConfigMap", "a", "default")["data"]["install"] == "true"
    assert [(each.version, each.status) for each in engine.history("app")] == [(1, "superseded"), (2, "deployed")]
    assert client.list("Secret", "default") == []

    engine.rollback("app", 1)
    assert client.get("ConfigMap", "a", "default")["data"]["key"] == "one"
    assert "b" in names(client)

    engine.uninstall("app")
    assert names(client) == ["post-delete", "post-upgrade", "pre-install"]
    with pytest.raises(ReleaseNotFound):
        engine.history("app")


def test_argocd_without_pruning_and_with_marks_that_keep(client: Client, chart: Path) -> None:
    engine = argocd.ArgoCD(client, prune=False)
    engine.install("app", chart)
    engine.upgrade("app", chart, {"b": False})
    assert "b" in names(client)
    engine.prune = True
    annotation = {"metadata": {"annotations": {argocd.SYNC_OPTIONS: "Prune=false"}}}
    client.patch("ConfigMap", "b", annotation, "default", content_type="application/merge-patch+json")
    engine.upgrade("app", chart, {"b": False})
    assert "b" in names(client)


def test_argocd_drift_and_self_healing(client: Client, chart: Path) -> None:
    engine = argocd.ArgoCD(client)
    engine.install("app", chart)
    edit(client, {"key": "edited", "extra": "mine"})
    assert [change.key for change in engine.reconcile("app")] == ["ConfigMap/a"]
    assert client.get("ConfigMap", "a", "default")["data"]["key"] == "edited"
    engine.self_heal = True
    engine.reconcile("app")
    assert client.get("ConfigMap", "a", "default")["data"] == {"key": "one", "extra": "mine", "found": "true", "install": "true"}
    assert engine.reconcile("app") == []
    assert len(engine.history("app")) == 1


def test_argocd_server_side(client: Client, chart: Path) -> None:
    engine = argocd.ArgoCD(client, server_side=True)
    engine.install("app", chart)
    edit(client, {"key": "edited"})
    engine.upgrade("app", chart)
    assert client.get("ConfigMap", "a", "default")["data"]["key"] == "one"
    assert ("argocd-controller", "Apply") in managers(client, "a")


def test_each_object_is_a_hook_by_its_own_annotations(client: Client, chart: Path) -> None:
    own = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own, annotations: {argocd.argoproj.io/hook: PostSync}}\n"
    (chart / "templates/own.yaml").write_text(own)
    profiles.open_engine("argocd", client).install("app", chart)
    assert names(client) == ["a", "b", "own", "post-upgrade", "pre-install"]


def test_argocd_refuses_what_it_has_not(client: Client, chart: Path) -> None:
    with pytest.raises(InvalidOption, match="nothing like atomic"):
        profiles.open_engine("argocd", client).upgrade("app", chart, atomic=True)
    assert names(client) == []


def test_flux_takes_conflicts_and_starts_from_the_chart(client: Client, chart: Path) -> None:
    engine = profiles.open_engine("flux", client)
    engine.install("app", chart, {"key": "two"})
    assert managers(client, "a") == {("helm-controller", "Apply")}
    edit(client, {"key": "edited"})
    engine.upgrade("app", chart, {"b": False})
    assert client.get("ConfigMap", "a", "default")["data"]["key"] == "one"
    assert engine.get_values("app") == {"b": False}
    for _ in range(6):
        engine.upgrade("app", chart)
    assert len(engine.history("app")) == 5


@pytest.mark.parametrize(
    ("mode", "told", "key"), [("disabled", [], "edited"), ("warn", ["ConfigMap/a"], "edited"), ("enabled", ["ConfigMap/a"], "one")]
)
def test_flux_drift_detection(client: Client, chart: Path, mode: Any, told: list[str], key: str) -> None:
    engine = flux.Flux(client, drift_detection=mode)
    engine.install("app", chart)
    assert engine.reconcile("app") == []
    edit(client, {"key": "edited"})
    assert [change.key for change in engine.reconcile("app")] == told
    assert client.get("ConfigMap", "a", "default")["data"]["key"] == key
    assert len(engine.history("app")) == 1


def test_flux_brings_back_what_was_deleted(client: Client, chart: Path) -> None:
    engine = flux.Flux(client, drift_detection="enabled")
    engine.install("app", chart)
    client.delete("ConfigMap", "b", "default")
    with pytest.raises(NotFound):
        client.get("ConfigMap", "b", "default")
    assert [change.key for change in engine.reconcile("app")] == ["ConfigMap/b"]
    assert "b" in names(client)


@pytest.mark.parametrize("name", ["helm3", "helm4"])
def test_helm_has_no_controller(client: Client, name: Any) -> None:
    with pytest.raises(UnsupportedFeature, match="argocd or flux"):
        profiles.reconcile(profiles.open_engine(name, client), "app")
