"""Holds the docs against the code: links lead somewhere, names and options exist, the first test runs, the fidelity page is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import generate_fidelity

import pytest_helmsim
from pytest_helmsim.plugin.options import OPTIONS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def broken_links() -> Iterator[str]:
    """Relative links to files that are not there, and anchors that no heading has."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                yield f"{page.name}: link to {target}, which is not there"
            elif anchor and anchor not in anchors(file):
                yield f"{page.name}: link to {target}, which has no such heading"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def undocumented() -> Iterator[str]:
    """Public names and options that the reference does not have."""
    text = (ROOT / "docs" / "reference.md").read_text()
    for name in pytest_helmsim.__all__:
        if f"`{name}" not in text:
            yield f"reference.md: the public name {name} is missing"
    for option in OPTIONS:
        if f"`--helmsim-{option.name}" not in text:
            yield f"reference.md: the option --helmsim-{option.name} is missing"
    for name in re.findall(r"`--helmsim-([a-z-]+)", text):
        if name not in {option.name for option in OPTIONS}:
            yield f"reference.md: there is no option --helmsim-{name}"


def first_test_fails() -> Iterator[str]:
    """Write the files of the first test into an empty folder and run its commands."""
    text = (ROOT / "docs" / "first-test.md").read_text()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)```", text, re.S):
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        for command in re.findall(r"<!-- run -->\n```\n(.*?)```", text, re.S):
            words = command.replace(".venv/bin/pytest", f"{sys.executable} -m pytest").split()
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"first-test.md: {command.strip()} failed:\n{done.stdout}{done.stderr}"


def untrue_fidelity() -> Iterator[str]:
    """Where docs/fidelity.md says something else than code and recorded answers."""
    for line in generate_fidelity.out_of_date():
        yield f"fidelity.md: {line}; run `python tools/generate_fidelity.py`"


def main() -> int:
    """Print every finding; 1 when there is one."""
    findings = [*broken_links(), *undocumented(), *untrue_fidelity(), *first_test_fails()]
    print("\n".join(findings) or f"{len(PAGES)} pages: links, names, options, fidelity and the first test are right")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
