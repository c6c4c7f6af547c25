"""Each call of each operation fails, or the process dies at it: ours leaves what the real helm left, and finds the way out.

Compared: exit status, error text, every object with its owners, every record. Calls that only one of the two makes are not
compared: discovery, the schemas, and Helm 4's watches, where ours reads the object. A third of the cases, a few of those that
are more of the same; all with HELMSIM_ORACLE_ALL=1.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import faults
import pytest
import scenarios

LIST = re.compile("GET [a-z]+")
"""What Helm 4 asks before it watches."""
FILES = sorted(faults.RECORDED.glob("*.json"))


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("helmsim-charts")
    scenarios.write_charts(faults.case("helm4", "", "x"), place)
    return place


@pytest.fixture(scope="module")
def prepared() -> Any:
    from pytest_helmsim.backends import embedded

    return embedded.prepare("1.36", faults.CONTROLLERS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_left(file: Path, prepared: Any, charts: Path, subtests: Any) -> None:
    recorded = json.loads(file.read_text())
    flavour, _, operation = file.stem.partition(".")[0].partition("-")
    before = faults.prepared_for(prepared, flavour, operation, charts)
    every = 1 if os.environ.get("HELMSIM_ORACLE_ALL") else 13 if "." in file.stem or operation in faults.WITH_JOBS else 3
    for case in recorded["cases"][FILES.index(file) % every :: every]:
        with subtests.test(msg=f"{case['call']} ({case['number']}) {case['how']}"):
            compare(case, recorded["values"], before, flavour, operation, charts)


def compare(case: dict[str, Any], values: dict[str, Any], before: Any, flavour: str, operation: str, charts: Path) -> None:
    """One fault."""
    fault = faults.Fault(case["call"], case["number"], case["how"])
    ours = faults.run_ours(before, flavour, operation, fault, charts)
    if not ours["hit"]:
        assert flavour == "helm4"
        assert LIST.fullmatch(fault.call), "ours makes no such call"
        return
    assert (ours["exit"], ours.get("error")) == (case["exit"], case.get("error"))
    assert sorted(ours["state"]) == sorted(case["state"])
    for key, name in case["state"].items():
        assert ours["state"][key] == faults.masked(values[name]), key
    assert ours["recovery"][-1] == "install: deployed"


@pytest.mark.parametrize("call", ["GET /api", "GET /apis"])
@pytest.mark.parametrize("flavour", scenarios.FLAVOURS)
def test_discovery_that_fails(flavour: str, call: str, prepared: Any, charts: Path) -> None:
    """Seen of the real helm; the words of the answer itself are not read there."""
    before = faults.prepared_for(prepared, flavour, "upgrade", charts)
    ours = faults.run_ours(before, flavour, "upgrade", faults.Fault(call, 1, "500"), charts)
    words = "could not get apiVersions from Kubernetes: "
    assert ours["error"] == f'UPGRADE FAILED: {words}{words}an error on the server ("unknown") has prevented the request from succeeding'
