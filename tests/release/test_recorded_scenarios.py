"""Our engine does what the real helm did: recorded scenarios over the embedded cluster, and over the real one.

Compared after every step: how it ended, the error's text, every object with its owners, every record with its labels.
Not compared: times, addresses, status, what controllers own; warnings and standard output (the command line's tests).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oracle
import pytest
import scenarios

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import RealClock

CASES = [pytest.param(scenario, id=f"{scenario.flavour}-{scenario.name}") for scenario in scenarios.load() if scenario.recording.exists()]
CONTROLLERS = "*,-scheduler,-kubelet,-service-lb-controller,-ingress-controller"
"""What the real control plane of the recordings runs: no nodes, no cloud."""

EVERYTHING = bool(os.environ.get("HELMSIM_ORACLE_ALL"))


def compare(scenario: scenarios.Scenario, ours: list[dict[str, Any]]) -> None:
    recorded = json.loads(scenario.recording.read_text())
    for number, (got, wanted) in enumerate(zip(ours, recorded, strict=True), 1):
        where = f"step {number} ({wanted['step']})"
        assert (got["ok"], got.get("error")) == (wanted["ok"], wanted.get("error")), where
        assert list(got["changes"]) == list(wanted["changes"]), where
        for key, value in wanted["changes"].items():
            assert got["changes"][key] == value, f"{where}: {key}"


@pytest.fixture(scope="module")
def prepared() -> Any:
    from pytest_helmsim.backends import embedded

    return embedded.prepare("1.36", CONTROLLERS)


@pytest.mark.parametrize("scenario", CASES)
def test_embedded(scenario: scenarios.Scenario, prepared: Any) -> None:
    from pytest_helmsim.apiserver.controllers.loop import Controllers
    from pytest_helmsim.objects.clock import VirtualClock

    clock = VirtualClock(prepared.clock.now())
    server = prepared.fork(clock=clock)
    Controllers(server, names=CONTROLLERS).start()
    client = Client(server.handle, clock)
    with scenarios.temporary_charts(scenario) as folder:
        compare(scenario, scenarios.run(scenario, scenarios.Ours(client, scenario, Path(folder)), client))


@pytest.fixture(scope="session")
def kubeconfig() -> Iterator[str]:
    with oracle.control_plane() as file:
        yield file


@pytest.fixture(scope="session")
def real_client(kubeconfig: str) -> Client:
    return Client(oracle.connect(kubeconfig), RealClock())


def run_for_real(scenario: scenarios.Scenario, client: Client, make: Callable[[Path], Any]) -> None:
    scenarios.await_gone(client, scenario)
    with scenarios.temporary_charts(scenario) as folder:
        try:
            history = scenarios.run(scenario, make(Path(folder)), client)
        finally:
            scenarios.clean(client, scenario)
    compare(scenario, history)


def sample(first: int) -> list[Any]:
    """Some of the cases; all with HELMSIM_ORACLE_ALL=1."""
    return CASES if EVERYTHING else CASES[first::18]


@pytest.mark.oracle
@pytest.mark.parametrize("scenario", sample(0))
def test_real_server(scenario: scenarios.Scenario, real_client: Client) -> None:
    run_for_real(scenario, real_client, lambda place: scenarios.Ours(real_client, scenario, place))


@pytest.mark.oracle
@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize("scenario", sample(7))
def test_interop(scenario: scenarios.Scenario, ours_first: bool, real_client: Client, kubeconfig: str) -> None:
    """The real helm and ours take turns on one release: the history is that of the real one alone."""
    program = oracle.binary(oracle.HELM[scenario.flavour])

    def make(place: Path) -> scenarios.Mixed:
        pair = [scenarios.Ours(real_client, scenario, place), scenarios.Real(program, kubeconfig, scenario, place)]
        return scenarios.Mixed(*(pair if ours_first else reversed(pair)))

    run_for_real(scenario, real_client, make)
