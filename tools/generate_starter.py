"""Write pytest_helmsim/chart/data/starter.json: the files that `helm create` writes, with `<CHARTNAME>` for the chart's name.

    python tools/generate_starter.py --helm3 BIN --helm4 BIN

The files are Helm's, under the Apache License 2.0 (see NOTICE).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "pytest_helmsim" / "chart" / "data" / "starter.json"
NAME = "zz-name-of-the-chart-zz"


def files(binary: str) -> dict[str, str]:
    """Path to text."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([binary, "create", NAME], cwd=folder, check=True, capture_output=True)
        top = Path(folder) / NAME
        found = sorted(path for path in top.rglob("*") if path.is_file())
        return {path.relative_to(top).as_posix(): path.read_text().replace(NAME, "<CHARTNAME>") for path in found}


def main() -> None:
    """Both Helms; what they have in common stands once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helm3", required=True)
    parser.add_argument("--helm4", required=True)
    options = parser.parse_args()
    helm3, helm4 = files(options.helm3), files(options.helm4)
    shared = {name: text for name, text in helm3.items() if helm4.get(name) == text}
    document = {
        "shared": shared,
        "helm3": {name: text for name, text in helm3.items() if name not in shared},
        "helm4": {name: text for name, text in helm4.items() if name not in shared},
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
