"""The real kubectl, the same commands against the real server and the embedded cluster: same output, same exit status."""

from __future__ import annotations

from pathlib import Path

import oracle
import pytest
import yaml
from conformance.programs import PATIENCE, Place, Script, Server, compare, executable, name_namespace, namespaces, scripts

pytestmark = pytest.mark.oracle

FILE = Path(__file__).with_name("kubectl.yaml")
SCRIPTS = list(scripts(FILE))
DIFFERS = yaml.safe_load(FILE.read_text())["differs"]
"""Commands whose answers are known to differ, and why."""


def test_there_are_commands_enough():
    assert len({line for script in SCRIPTS for line in script.lines}) >= 200


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_kubectl_cannot_tell(script: Script, real: Server, bare: Server, tmp_path: Path):
    kubectl = oracle.binary("kubectl")
    namespace = name_namespace(script.name)
    places = []
    for server in (real, bare):
        folder = tmp_path / server.name
        script.write(folder)
        places.append(Place(server.name, folder, server.in_namespace(namespace, folder), namespace, {"kubectl": executable(kubectl)}))
    with namespaces(kubectl, (namespace, real), (namespace, bare)):
        answers = [
            (line, compare(line.replace("NAMESPACE", namespace), *places, patience=0 if line in DIFFERS else PATIENCE))
            for line in script.lines
        ]
    found = [difference for line, difference in answers if difference and line not in DIFFERS]
    assert not found, f"{len(found)} of {len(script.lines)} commands differ\n" + "\n".join(found)
    assert [line for line, difference in answers if line in DIFFERS and not difference] == [], "no longer differs"
