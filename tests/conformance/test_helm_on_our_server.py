"""The real helm, 3 and 4, the same commands against the real server and the embedded cluster: same output, same exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance.helms import CASES, IDS, differences, real_helm, report
from conformance.programs import Script, Server

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize(("script", "version"), CASES, ids=IDS)
def test_helm_cannot_tell(script: Script, version: str, real: Server, bare: Server, tmp_path: Path):
    helm = real_helm(version, tmp_path)
    found = differences(script, version, tmp_path, ("real server", real, helm), ("simulated server", bare, helm))
    assert not found, report(found, script, version)
