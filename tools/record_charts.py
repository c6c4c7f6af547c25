"""Record what real helm programs print for the small charts of tests/recorded/charts/cases.yaml.

    python tools/record_charts.py tests/recorded/charts --helm3 BIN --helm4 BIN

Cases with `lint: true` are given to `helm lint` instead.
Writes helm3.json and helm4.json beside the cases: name of the case to {"out"} or {"error"}. Paths are written as `CHART`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

CHART_YAML = "apiVersion: v2\nname: c\nversion: 0.1.0\n"


def write_chart(case: dict[str, Any], folder: Path) -> None:
    """The files of a case; a Chart.yaml of null is left out."""
    files = {"Chart.yaml": CHART_YAML, **case["files"]}
    for name, text in files.items():
        if text is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def arguments(case: dict[str, Any], folder: Path) -> list[str]:
    """What follows `helm template` for a case; `@file` is a file of the chart."""
    name = [] if case.get("noname") else ["rel"]
    given = [str(folder / each[1:]) if each.startswith("@") else each for each in case.get("args", [])]
    return [*name, str(folder), *given]


def run(helm: str, case: dict[str, Any]) -> dict[str, str]:
    """Output, or error, of one program for one case."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "c"
        folder.mkdir()
        write_chart(case, folder)
        command = [helm, "lint", str(folder)] if case.get("lint") else [helm, "template", *arguments(case, folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        out = done.stdout.decode().replace(str(folder), "CHART")
        if done.returncode == 0 or case.get("lint"):
            return {"out": out}
        lines = done.stderr.decode().replace(str(folder), "CHART")
        error = lines[lines.index("Error: ") :].removeprefix("Error: ")
        return {"error": error} if not out else {"error": error, "out": out}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--helm3", required=True)
    parser.add_argument("--helm4", required=True)
    options = parser.parse_args()
    cases = yaml.safe_load((options.folder / "cases.yaml").read_text())
    for flavour, helm in (("helm3", options.helm3), ("helm4", options.helm4)):
        answers = {case["name"]: run(helm, case) for case in cases}
        (options.folder / f"{flavour}.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
