"""Run scripts of commands (tests/conformance/*.yaml) in two places and print what differs.

    python tools/compare_commands.py kubectl.yaml --one real.kubeconfig --other simulated.kubeconfig [--script scaling]
    python tools/compare_commands.py helm.yaml --version 3 --one real.kubeconfig --other real.kubeconfig --ours
    python tools/compare_commands.py helm.yaml --version 4 --one real.kubeconfig --record

`--ours` puts helmsim behind the word `helm` in the second place. `--record` stores what the first place answers as
tests/recorded/commands/<file>-<version>-<script>.json. The programs are found as the tests find them (tests/oracle.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import oracle  # noqa: E402
from conformance import helms, programs  # noqa: E402
from conformance.forks import Forks  # noqa: E402

RECORDED = ROOT / "tests" / "recorded" / "commands"


def main() -> None:
    """Compare, or record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="a file of tests/conformance")
    parser.add_argument("--one", required=True, help="kubeconfig of the first place")
    parser.add_argument("--other", help="kubeconfig of the second place")
    parser.add_argument("--version", default="4", choices=("3", "4"), help="which Helm")
    parser.add_argument("--script", action="append", help="only scripts of this name")
    parser.add_argument("--ours", action="store_true", help="helmsim in the second place")
    parser.add_argument("--record", action="store_true", help="store what the first place answers")
    arguments = parser.parse_args()
    file = ROOT / "tests" / "conformance" / arguments.file
    for script in programs.scripts(file):
        if not arguments.script or script.name in arguments.script:
            with tempfile.TemporaryDirectory() as folder:
                run(script.of(arguments.version), arguments, Path(folder))


def run(script: programs.Script, arguments: argparse.Namespace, folder: Path) -> None:
    """One script."""
    one = programs.Server("one", arguments.one)
    helm = helms.real_helm(arguments.version, folder)
    if arguments.record:
        answers = recorded(script, one, helm, arguments.version, folder)
        target = RECORDED / f"{Path(arguments.file).stem}-{arguments.version}-{script.name}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("[\n" + ",\n".join(json.dumps(answer) for answer in answers) + "\n]\n")
        sys.stdout.write(f"{target.name}: {len(answers)} answers\n")
        return
    if not arguments.other:
        raise SystemExit("--other is needed to compare with")
    other = programs.Server("other", arguments.other)
    with Forks() as forks:
        second = helms.our_helm(arguments.version, forks) if arguments.ours else helm
        found = helms.differences(script, arguments.version, folder, ("one", one, helm), ("other", other, second))
    sys.stdout.write(f"{script.name}: {len(found)} of {len(script.lines)} commands differ\n" + "\n".join(found))


def recorded(script: programs.Script, server: programs.Server, helm: programs.Program, version: str, folder: Path) -> list[list[object]]:
    """Line, exit status, standard output and error of each line of helm's."""
    kubectl, namespace = oracle.binary("kubectl"), programs.name_namespace(script.name)
    script.write(folder)
    known = {"kubectl": programs.executable(kubectl), "helm": helm, "setup": helms.real_helm(version, folder)}
    answers: list[list[object]] = []
    with programs.namespaces(kubectl, (namespace, server)):
        place = programs.Place("one", folder, server.in_namespace(namespace, folder), namespace, known)
        for line in script.lines:
            answer = place.run(line)
            if line.startswith("helm "):
                answers.append([line, answer.code, answer.out, answer.err])
    return answers


if __name__ == "__main__":
    main()
