"""Post-renderers: what each Helm gives them and what becomes of their output; pods recreated on request."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import scenarios

from pytest_helmsim.chart.errors import RenderError
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.release.engine import Engine
from pytest_helmsim.release.post_render import executable

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: old}\n",
    "templates/h.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\ndata: {k: old}\n",
    "templates/NOTES.txt": "old\n",
    "templates/web.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {a: b}}\n"
        "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}\n"
    ),
}


@pytest.fixture
def make(tmp_path: Path) -> Any:
    from pytest_helmsim.backends import embedded

    scenarios.write_charts(scenarios.Scenario("x", "helm4", {"app": CHART}, []), tmp_path)
    server = embedded.prepare("1.36")

    def engine(flavour: Any) -> Engine:
        from pytest_helmsim.apiserver.controllers.loop import Controllers

        clock = VirtualClock(server.clock.now())
        twin = server.fork(clock=clock)
        Controllers(twin).start()
        return Engine(Client(twin.handle, clock), flavour=flavour)

    return engine


@pytest.mark.parametrize(("flavour", "hook"), [("helm3", "old"), ("helm4", "new")])
def test_where_the_output_goes(flavour: str, hook: str, make: Any, tmp_path: Path) -> None:
    engine = make(flavour)
    seen: list[str] = []

    def renderer(text: str) -> str:
        seen.append(text)
        return text.replace("old", "new")

    release = engine.install("app", tmp_path / "app", post_renderer=renderer)
    assert engine.client.get("cm", "a", "default")["data"] == {"k": "new"}
    assert engine.client.get("cm", "h", "default")["data"] == {"k": hook}
    assert release.info.notes == "old\n"
    assert ("postrenderer.helm.sh/postrender-filename: app/templates/h.yaml" in seen[0]) is (flavour == "helm4")
    assert "postrenderer" not in release.manifest
    assert "# Source: app/templates/a.yaml" in release.manifest


def test_a_new_document_gets_a_name_by_its_place(make: Any, tmp_path: Path) -> None:
    more = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"
    release = make("helm4").install("app", tmp_path / "app", post_renderer=lambda text: text + more)
    assert "# Source: generated-by-postrender-3.yaml" in release.manifest


def test_a_program_that_fails_says_why() -> None:
    assert executable([sys.executable, "-c", "print(input() + '!')"])("a\n") == "a!\n"
    with pytest.raises(RenderError, match=r"error output:\nno: exit status 3"):
        executable([sys.executable, "-c", "import sys; sys.stderr.write('no'); sys.exit(3)"])("")
    with pytest.raises(RenderError, match="no-such-program"):
        executable(["no-such-program"])("")


def test_pods_are_recreated_on_request(make: Any, tmp_path: Path) -> None:
    engine = make("helm3")
    engine.install("app", tmp_path / "app")
    before = {pod["metadata"]["uid"] for pod in engine.client.list("pods", "default")}
    engine.upgrade("app", tmp_path / "app")
    assert {pod["metadata"]["uid"] for pod in engine.client.list("pods", "default")} == before
    engine.upgrade("app", tmp_path / "app", recreate_pods=True)
    engine.clock.sleep(60)
    after = {pod["metadata"]["uid"] for pod in engine.client.list("pods", "default")}
    assert len(before) == len(after) == 1
    assert before.isdisjoint(after)
