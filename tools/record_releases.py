"""Run the release scenarios with the real helm on a real control plane and store what they did.

    python tools/record_releases.py [--only NAME] [--missing]

The programs are found as the tests find them (tests/oracle.py). One file for each flavour and scenario file's scenario:
tests/recorded/releases/<flavour>/<scenario>.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "release")]

import oracle  # noqa: E402
import scenarios  # noqa: E402

from pytest_helmsim.client.client import Client  # noqa: E402
from pytest_helmsim.objects.clock import RealClock  # noqa: E402


def main() -> None:
    """Record all scenarios, or those asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", help="record scenarios of this name only")
    parser.add_argument("--missing", action="store_true", help="record only what has no recording")
    arguments = parser.parse_args()
    with oracle.control_plane() as kubeconfig:
        client = Client(oracle.connect(kubeconfig), RealClock())
        for scenario in scenarios.load():
            wanted = not arguments.only or scenario.name in arguments.only
            if wanted and not (arguments.missing and scenario.recording.exists()):
                record(scenario, client, kubeconfig)


def record(scenario: scenarios.Scenario, client: Client, kubeconfig: str) -> None:
    """One scenario with one helm."""
    scenarios.await_gone(client, scenario)
    with scenarios.temporary_charts(scenario) as folder:
        runner = scenarios.Real(oracle.binary(oracle.HELM[scenario.flavour]), kubeconfig, scenario, Path(folder))
        try:
            history = scenarios.run(scenario, runner, client)
        finally:
            scenarios.clean(client, scenario)
    scenario.recording.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(entry, separators=(",", ":"), sort_keys=True) for entry in history]
    scenario.recording.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    sys.stdout.write(f"{scenario.flavour} {scenario.name}: {' '.join('ok' if entry['ok'] else 'failed' for entry in history)}\n")


if __name__ == "__main__":
    main()
