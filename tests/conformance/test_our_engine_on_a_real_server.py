"""`helmsim` and the real helm, 3 and 4, the same commands on the real server: same output, same exit status, same objects."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance.forks import Forks
from conformance.helms import CASES, IDS, differences, our_helm, real_helm, report
from conformance.programs import Script, Server

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize(("script", "version"), CASES, ids=IDS)
def test_the_server_cannot_tell(script: Script, version: str, real: Server, forks: Forks, tmp_path: Path):
    ours, theirs = our_helm(version, forks), real_helm(version, tmp_path)
    found = differences(script, version, tmp_path, ("helm", real, theirs), ("helmsim", real, ours))
    assert not found, report(found, script, version)
