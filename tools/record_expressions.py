"""Record what the real Helm makes of template expressions, as the answers that the unit tests compare with.

    python tools/record_expressions.py --helm4 PATH --helm3 PATH [--all] [FILE…]

A file of tests/recorded/expressions/ holds a row of JSON on each line: `t` is the template, `out` what it prints, or `error` Helm's
message; `helm3` is there where Helm 3 says something else, `{"out": …}` or `{"error": …}`. To add a row, write its `t` and run this.
Rows see values.yaml beside them as `.Values`; they must not change it, as one run of Helm evaluates many of them.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "tests" / "recorded" / "expressions"
BATCH = 40
TEMPLATE = "c/templates/e.yaml"
_RESULT = re.compile(r'^  name: e-(\d+)$\n^  out: "([^"]*)"$', re.MULTILINE)
_FAILED = re.compile(r"c/templates/e(\d+)\.yaml")

Row = dict[str, object]


class Helm:
    """One helm binary and a scratch chart."""

    def __init__(self, binary: str, folder: Path, values: Path) -> None:
        self.binary, self.folder, self.values = binary, folder, values
        (folder / "templates").mkdir(parents=True)
        (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")

    def run(self, files: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
        """`helm template` on these templates alone."""
        for old in (self.folder / "templates").iterdir():
            old.unlink()
        for name, text in files.items():
            (self.folder / "templates" / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        command = [self.binary, "template", "r", str(self.folder), "-f", str(self.values)]
        return subprocess.run(command, capture_output=True, check=False, env={"HOME": str(self.folder), "TZ": "UTC"}, timeout=60)

    def evaluate(self, templates: dict[int, str]) -> dict[int, Row]:
        """Outputs and errors by number: in one run as long as nothing fails, a failing one is taken out and asked alone."""
        answers: dict[int, Row] = {}
        left = dict(templates)
        while left:
            done = self.run({f"e{number}.yaml": _wrapped(number, text) for number, text in left.items()})
            if done.returncode == 0:
                for match in _RESULT.finditer(done.stdout.decode()):
                    answers[int(match[1])] = {"out": base64.b64decode(match[2]).decode("utf-8", "surrogateescape")}
                break
            failed = _FAILED.search(done.stderr.decode("utf-8", "replace"))
            if failed is None:
                raise SystemExit(f"helm failed without naming a row: {done.stderr.decode('utf-8', 'replace')}")
            number = int(failed[1])
            answers[number] = self.error(left.pop(number))
        return answers

    def error(self, template: str) -> Row:
        """Helm's message for a template alone in its file."""
        done = self.run({"e.yaml": template})
        text = done.stderr.decode("utf-8", "surrogateescape")
        if done.returncode == 0:
            raise SystemExit(f"fails within include only: {template}")
        text = text.removeprefix("Error: ").split("\n\nUse --debug flag")[0].rstrip("\n")
        return {"error": one_line(text)}


def _wrapped(number: int, text: str) -> str:
    name = f"e.{number}"
    call = f'{{{{ include "{name}" . | b64enc | quote }}}}'
    return f'{{{{ define "{name}" }}}}{text}{{{{ end }}}}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: e-{number}\n  out: {call}\n'


def one_line(text: str) -> str:
    """Go's own message: Helm 4 breaks some into place, template and reason on three lines."""
    match = re.fullmatch(r"(c/\S+)\n  (executing .*:)\n    (.*)", text, re.DOTALL)
    return f"template: {match[1]}: {match[2]} {match[3]}" if match else text


def record(path: Path, helm4: Helm, helm3: Helm, *, everything: bool) -> int:
    """Write the answers into a file of rows, those that have none or all; return how many rows there are."""
    rows: list[Row] = [json.loads(line) for line in path.read_text().splitlines()]
    asked = {number: str(row["t"]) for number, row in enumerate(rows) if everything or not row.keys() & {"out", "error"}}
    fours: dict[int, Row] = {}
    threes: dict[int, Row] = {}
    for start in range(0, len(asked), BATCH):
        part = dict(list(asked.items())[start : start + BATCH])
        fours.update(helm4.evaluate(part))
        threes.update(helm3.evaluate(part))
    lines = []
    for number, row in enumerate(rows):
        if number in asked:
            four, three = fours[number], threes[number]
            row = {"t": row["t"], **four} | ({"helm3": three} if three != four else {})
        lines.append(json.dumps(row, ensure_ascii=False) if _is_clean(row) else json.dumps(row))
    path.write_text("".join(line + "\n" for line in lines))
    return len(lines)


def _is_clean(row: Row) -> bool:
    return not re.search("[\ud800-\udfff\u2028\u2029\x85]", json.dumps(row, ensure_ascii=False))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helm4", required=True)
    parser.add_argument("--helm3", required=True)
    parser.add_argument("--all", action="store_true", help="ask again for rows that have an answer")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    values = HERE / "values.yaml"
    with tempfile.TemporaryDirectory() as scratch:
        helm4 = Helm(arguments.helm4, Path(scratch) / "4" / "c", values)
        helm3 = Helm(arguments.helm3, Path(scratch) / "3" / "c", values)
        for path in arguments.files or sorted(HERE.glob("*.jsonl")):
            sys.stdout.write(f"{path.name}: {record(path, helm4, helm3, everything=arguments.all)} rows\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
