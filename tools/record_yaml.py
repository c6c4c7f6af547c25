"""Record what Go's YAML says to tricky texts and values, for tests/objects/test_yamlio.py.

    python tools/record_yaml.py tests/recorded/yaml

Needs Go; runs the small program in tools/record_yaml_go, which uses sigs.k8s.io/yaml v1.6.0 as Helm and Kubernetes do.
The questions stand in `texts.json` (YAML to read) and `values.json` (values to write) of the folder; the answers go into
`answers.json` there: for each question the output or the error.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "record_yaml_go"


def ask(questions: list[dict[str, str]]) -> list[dict[str, str]]:
    """Go's answers, in order."""
    done = subprocess.run(["go", "run", "."], cwd=PROGRAM, input=json.dumps(questions).encode(), stdout=subprocess.PIPE, check=True)
    answers: list[dict[str, str]] = json.loads(done.stdout)
    return answers


def main() -> None:
    folder = Path(sys.argv[1])
    texts: list[str] = json.loads((folder / "texts.json").read_text())
    values: list[Any] = json.loads((folder / "values.json").read_text())
    questions = [{"op": op, "text": text} for op in ("load", "strict") for text in texts]
    questions += [{"op": op, "text": json.dumps(value)} for op in ("dump", "pretty") for value in values]
    answers = ask(questions)
    result: dict[str, list[dict[str, str]]] = {}
    for question, answer in zip(questions, answers, strict=True):
        result.setdefault(question["op"], []).append(answer)
    lines = [f"{json.dumps(op)}: [\n" + ",\n".join(json.dumps(each) for each in rows) + "\n]" for op, rows in result.items()]
    (folder / "answers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
