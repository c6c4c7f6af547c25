"""Random requests to the simulator and to a real kube-apiserver: nothing but the known kinds of difference for half a minute.

`HELMSIM_FUZZ=URL,TOKEN` names a server that runs without controllers; see `tools/fuzz_api.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.oracle
SECONDS = 30
KINDS = ["ConfigMap", "ServiceAccount"]
"""Kinds over which the fuzzer has found nothing for long; others differ in single rules of validation that it prints."""


def test_random_requests_are_answered_alike() -> None:
    where = os.environ.get("HELMSIM_FUZZ")
    if not where:
        pytest.skip("HELMSIM_FUZZ=URL,TOKEN names no server")
    sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
    import fuzz_api

    lines: list[str] = []
    url, _, token = where.partition(",")
    both = fuzz_api.Both(url, token)
    fuzz_api.fuzz(both, SECONDS, 0, KINDS, lines.append, most=3)
    both.close()
    assert not lines, "\n".join(lines)
