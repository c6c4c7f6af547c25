"""Record which template functions the real Helms have: tests/recorded/functions.json.

    python tools/record_functions.py --helm3 PATH --helm4 PATH SOURCE…

`SOURCE` are the Go files that make Helm's function maps (sprig's functions.go, Helm's pkg/engine/funcs.go and engine.go, text/template's
funcs.go): every quoted key in them is a candidate, and each candidate is put to both programs, which refuse a template with a function
that they do not have.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "tests" / "recorded" / "functions.json"


def known(helm: str, candidates: set[str]) -> list[str]:
    """The candidates that this program parses; each run takes out the one that it names."""
    left = set(candidates)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "templates").mkdir()
        (Path(folder) / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
        while True:
            text = "".join(f"{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}" for name in sorted(left))
            (Path(folder) / "templates" / "all.yaml").write_text(text)
            done = subprocess.run([helm, "template", "r", folder], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return sorted(left)
            refused = re.search(r'function "(\w+)" not defined', done.stderr)
            if refused is None:
                raise SystemExit(f"{helm}: {done.stderr}")
            left.remove(refused[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--helm3", required=True)
    parser.add_argument("--helm4", required=True)
    parser.add_argument("sources", nargs="+", type=Path)
    arguments = parser.parse_args()
    keys = r'"([A-Za-z]\w*)":|\["([A-Za-z]\w*)"\]'
    candidates = {a or b for path in arguments.sources for a, b in re.findall(keys, path.read_text())}
    found = {flavour: known(getattr(arguments, flavour), candidates) for flavour in ("helm3", "helm4")}
    TARGET.write_text(json.dumps(found, indent=0) + "\n")
    print(f"{len(candidates)} candidates: Helm 3 has {len(found['helm3'])}, Helm 4 {len(found['helm4'])}")


if __name__ == "__main__":
    main()
