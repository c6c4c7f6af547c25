"""`helmsim` on the embedded cluster prints what the real helm, 3 and 4, printed on the real server.

The answers are in tests/recorded/commands, made by `tools/compare_commands.py helm.yaml --record`. Lines of kubectl are left out:
the scripts chosen here only read with it.
"""

from __future__ import annotations

import json
from pathlib import Path

import oracle
import pytest
from conformance.forks import Forks
from conformance.helms import SCRIPTS, our_helm
from conformance.programs import Answer, Place, Server, expect, name_namespace

RECORDED = Path(__file__).parents[1] / "recorded" / "commands"
ROWS = [(script, version) for script in SCRIPTS for version in "34" if (RECORDED / f"helm-{version}-{script.name}.json").exists()]


@pytest.mark.parametrize(("script", "version"), ROWS, ids=lambda value: getattr(value, "name", value))
def test_as_recorded(script, version: str, bare: Server, forks: Forks, tmp_path: Path):
    from kubernetes.client import CoreV1Api

    namespace = name_namespace(script.name)
    CoreV1Api(oracle.connect(bare.kubeconfig)).create_namespace({"metadata": {"name": namespace}})
    script.write(tmp_path)
    server = bare.in_namespace(namespace, tmp_path)
    place = Place("helmsim", tmp_path, server, namespace, {"helm": our_helm(version, forks)}, {"helmsim": "helm"})
    answers = json.loads((RECORDED / f"helm-{version}-{script.name}.json").read_text())
    found = [expect(line, place, Answer(out, err, code)) for line, code, out, err in answers]
    found = [each for each in found if each]
    assert not found, f"{len(found)} of {len(answers)} commands differ\n" + "\n".join(found)
