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
from pytest_helmsim.release import argocd, flux

RECORDED = {profile: json.loads((profile_scenarios.RECORDED / f"{profile}.json").read_text()) for profile in ("argocd", "flux")}


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


@pytest.mark.parametrize("name", sorted(RECORDED["flux"]))
def test_flux(name: str, prepared: Any, tmp_path: Path) -> None:
    body = profile_scenarios.FLUX[name]
    place = profile_scenarios.scenario(name, "flux", body["chart"])
    scenarios.write_charts(place, tmp_path)
    client = cluster(prepared, place)
    engine = flux.Flux(client, namespace=place.namespace)
    before: dict[str, Any] = {}
    for number, (step, wanted) in enumerate(zip(body["steps"], RECORDED["flux"][name], strict=True)):
        error, drift = act(engine, client, place, tmp_path / "app", step)
        after = profile_scenarios.snapshot(client, place)
        after.pop("order")
        assert error == wanted.get("error", ""), f"step {number}"
        assert drift == [key for kind, key, _ in wanted.get("drift") or [] if kind != "exclude"], f"step {number}"
        assert profile_scenarios.settled(profile_scenarios.changes(before, after)) == profile_scenarios.settled(wanted["changes"]), number
        before = after


def act(engine: flux.Flux, client: Client, place: scenarios.Scenario, chart: Path, step: dict[str, Any]) -> tuple[str, list[str]]:
    """One step: its error, and what had drifted."""
    ((action, options),) = step.items()
    options = dict(options)
    values, revision = options.pop("values", None), options.pop("revision", 0)
    given = (
        {"server_side": options["serverSide"] if action != "install" else options["serverSide"] == "true"}
        if "serverSide" in options
        else {}
    )
    given |= {"force": True} if options.get("force") else {}
    try:
        match action:
            case "drift":
                scenarios.drift(client, place, options)
            case "install" | "upgrade":
                getattr(engine, action)("app", chart, values, timeout="20s", **given)
            case "rollback":
                engine.rollback("app", revision, timeout="20s")
            case "uninstall":
                engine.uninstall("app", timeout="20s")
            case _:
                rules = options.get("ignore", ())
                engine.ignore = tuple(flux.Ignore(tuple(each["paths"]), each.get("kind", ""), each.get("name", "")) for each in rules)
                engine.drift_detection = "enabled" if action == "correct" else "warn"
                return "", [change.key for change in engine.reconcile("app")]
    except HelmsimError as error:
        return scenarios.mask_text(str(error), place), []
    return "", []
