"""Record what Go's text/template gives for the rows of `tests/template/rows*.py`.

    python tools/record_templates.py [GO]

runs `GO run tools/record_templates.go` (`go` by default; the answers come from the release of Go that Helm is built with, 1.26) and
writes `tests/recorded/template/language.json`: a list of `[missing key option, files, out or null, error or null]`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tests" / "recorded" / "template" / "language.json"


def main() -> None:
    go = sys.argv[1] if len(sys.argv) > 1 else "go"
    sys.path.insert(0, str(ROOT / "tests" / "template"))
    import rows

    asked = [{"files": row.files, "run": row.run, "missing": row.missing} for row in rows.ROWS]
    run = subprocess.run(
        [go, "run", str(Path(__file__).with_suffix(".go"))],
        input=json.dumps({"data": rows.DATA, "rows": asked}),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        sys.exit(run.stderr)
    answers = json.loads(run.stdout)
    lines = [
        json.dumps([row.missing, row.files, answer.get("out"), answer.get("err")], ensure_ascii=False)
        for row, answer in zip(rows.ROWS, answers, strict=True)
    ]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
