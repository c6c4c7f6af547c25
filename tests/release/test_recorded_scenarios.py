"""Our engine does what the real helm did: recorded scenarios over the embedded cluster, and over the real one.

Compared after every step: how it ended, the error's text, every object with its owners, every record with its labels.
Not compared: times, addresses, status, what controllers own; warnings and standard output (the command line's tests).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oracle
import pytest
import scenarios

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import RealClock

CASES = [pytest.param(scenario, id=f"{scenario.flavour}-{scenario.name}") for scenario in scenarios.load() if scenario.recording.exists()]
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

    return embedded.prepare("1.36", "*,-scheduler,-kubelet")


@pytest.mark.parametrize("scenario", CASES)
def test_embedded(scenario: scenarios.Scenario, prepared: Any) -> None:
    from pytest_helmsim.apiserver.controllers.loop import Controllers
    from pytest_helmsim.objects.clock import VirtualClock

    clock = VirtualClock(prepared.clock.now())
    server = prepared.fork(clock=clock)
    Controllers(server, names="*,-scheduler,-kubelet").start()
    client = Client(server.handle, clock)
    with scenarios.temporary_charts(scenario) as folder:
        compare(scenario, scenarios.run(scenario, scenarios.Ours(client, scenario, Path(folder)), client))


@pytest.fixture(scope="session")
def real_client() -> Iterator[Client]:
    with oracle.control_plane() as kubeconfig:
        yield Client(oracle.connect(kubeconfig), RealClock())


@pytest.mark.oracle
@pytest.mark.parametrize("scenario", CASES if EVERYTHING else CASES[::12])
def test_real_server(scenario: scenarios.Scenario, real_client: Client) -> None:
    """A sample; all with HELMSIM_ORACLE_ALL=1."""
    scenarios.await_gone(real_client, scenario)
    with scenarios.temporary_charts(scenario) as folder:
        try:
            history = scenarios.run(scenario, scenarios.Ours(real_client, scenario, Path(folder)), real_client)
        finally:
            scenarios.clean(real_client, scenario)
    compare(scenario, history)
