"""Each scenario of the profiles leaves what the real engine left: how the sync ended, every object, its owners, the order of kinds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import profile_scenarios
import pytest
import scenarios

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.release import argocd

RECORDED = {profile: json.loads((profile_scenarios.RECORDED / f"{profile}.json").read_text()) for profile in ("argocd",)}


@pytest.fixture(scope="module")
def prepared() -> Any:
    from pytest_helmsim.backends import embedded

    return embedded.prepare("1.36", "*,-cronjob-controller")


def cluster(prepared: Any, place: scenarios.Scenario) -> Client:
    from pytest_helmsim.apiserver.controllers.loop import Controllers

    clock = VirtualClock(prepared.clock.now())
    server = prepared.fork(clock=clock)
    Controllers(server, names="*,-scheduler").start()
    client = Client(server.handle, clock)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.namespace}})
    return client


@pytest.mark.parametrize("name", sorted(RECORDED["argocd"]))
def test_argocd(name: str, prepared: Any, tmp_path: Path) -> None:
    body = profile_scenarios.ARGOCD[name]
    place = profile_scenarios.scenario(name, "argocd", body["chart"])
    scenarios.write_charts(place, tmp_path)
    client = cluster(prepared, place)
    engine = argocd.ArgoCD(client, namespace=place.namespace)
    before: dict[str, Any] = {}
    for number, (step, wanted) in enumerate(zip(body["steps"], RECORDED["argocd"][name], strict=True)):
        phase = None
        if "drift" in step:
            scenarios.drift(client, place, step["drift"])
        else:
            phase = "Succeeded" if sync(engine, tmp_path / "app", step["sync"]) else "Failed"
        after = profile_scenarios.snapshot(client, place)
        assert (phase, profile_scenarios.changes(before, after)) == (wanted.get("phase"), wanted["changes"]), f"step {number}"
        before = after


def sync(engine: argocd.ArgoCD, chart: Path, step: dict[str, Any]) -> bool:
    """One sync under the step's options."""
    options = step["options"]
    engine.prune, engine.server_side = options["prune"], options.get("serverSide", False)
    flags = {"replace": "Replace=true", "force": "Force=true", "pruneLast": "PruneLast=true"}
    engine.sync_options = tuple(text for key, text in flags.items() if options.get(key))
    try:
        engine.upgrade("app", chart, step.get("values"))
    except HelmsimError:
        return False
    return True
