"""Scripts of helm commands, and the programs that may stand behind the word `helm`."""

from __future__ import annotations

from pathlib import Path

import oracle
from conformance.forks import Forks
from conformance.programs import Place, Program, Script, Server, compare, executable, name_namespace, namespaces, scripts

SCRIPTS = list(scripts(Path(__file__).with_name("helm.yaml")))
CASES = [(script, version) for script in SCRIPTS for version in "34"]
IDS = [f"{script.name}-helm{version}" for script, version in CASES]


def real_helm(version: str, folder: Path) -> Program:
    """Helm 3 or 4 under the name `helm`: it writes its own name as the manager of fields."""
    link = folder / f"helm-{version}" / "helm"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(oracle.binary(oracle.HELM[f"helm{version}"]))
    return executable(str(link))


def our_helm(version: str, forks: Forks) -> Program:
    """`helmsim` with the rules and words of Helm 3 or 4."""

    def run(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[str, str, int]:
        return forks.run(["--helm-version", version, *words], folder, environment)

    return run


def differences(
    script: Script, version: str, tmp_path: Path, one: tuple[str, Server, Program], other: tuple[str, Server, Program]
) -> list[str]:
    """What two programs, or one on two servers, answer differently to a script's lines."""
    kubectl, setup = oracle.binary("kubectl"), real_helm(version, tmp_path)
    script = script.of(version)
    places = []
    with namespaces(kubectl, (name_namespace(script.name), one[1]), (name_namespace(script.name), other[1])) as names:
        for namespace, (name, server, program) in zip(names, (one, other), strict=True):
            folder = tmp_path / name.replace(" ", "-")
            script.write(folder)
            programs = {"kubectl": executable(kubectl), "setup": setup, "helm": program}
            places.append(Place(name, folder, server.in_namespace(namespace, folder), namespace, programs, {"helmsim": "helm"}))
        found = [compare(line, *places) for line in script.lines]
    return [each for each in found if each]


def report(found: list[str], script: Script, version: str) -> str:
    """The differences as one text."""
    return f"{len(found)} of {len(script.of(version).lines)} commands differ\n" + "\n".join(found)
