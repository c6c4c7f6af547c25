"""Record commands, aliases and flags of real helm programs, as their `--help` lists them.

python tools/record_flags.py tests/recorded/flags/flags.json --helm3 BIN --helm4 BIN
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path
from typing import Any

COMMAND = re.compile(r"^  ([a-z]+) +\S", re.MULTILINE)
FLAG = re.compile(r"^ {2,}(?:-(?P<short>\w), )?--(?P<name>[\w-]+)(?: (?P<kind>\w+)\S*)?(?:\s{2,}.*)?$", re.MULTILINE)


def help_of(binary: str, words: list[str]) -> str:
    """The text of `--help`."""
    return subprocess.run([binary, *words, "--help"], capture_output=True, text=True, check=True).stdout


def flags(text: str) -> dict[str, str]:
    """Flag to `shorthand kind default`, where there are any; what the commands share is left out."""
    head = text.partition("\nGlobal Flags:")[0]
    _, _, own = head.partition("\nFlags:")
    result = {}
    for match in FLAG.finditer(own):
        if match["name"] != "help":
            result[match["name"]] = f"{match['short'] or '-'} {match['kind'] or 'bool'}"
    return result


def walk(binary: str, words: list[str]) -> dict[str, Any]:
    """Every command below a word, by its whole name."""
    text = help_of(binary, words)
    _, _, listed = text.partition("Available Commands:")
    names = [name for name in COMMAND.findall(listed.partition("\nFlags:")[0]) if words != [] or name != "help"]
    if not names:
        usage = re.search(r"Usage:\n  (\S.*)", text)
        aliases = re.search(r"Aliases:\n  (.*)", text)
        entry = {"usage": usage[1] if usage else "", "flags": flags(text)}
        if aliases:
            entry["aliases"] = aliases[1].split(", ")[1:]
        return {" ".join(words): entry}
    result: dict[str, Any] = {}
    for name in names:
        result |= walk(binary, [*words, name])
    return result


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--helm3", required=True)
    parser.add_argument("--helm4", required=True)
    options = parser.parse_args()
    found = {}
    for version, binary in (("3", options.helm3), ("4", options.helm4)):
        shared = help_of(binary, ["env"]).partition("\nGlobal Flags:")[2]
        found[version] = {"": {"usage": "", "flags": flags(f"\nFlags:{shared}")}} | walk(binary, [])
    lines = []
    for version, commands in found.items():
        rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in commands.items())
        lines.append(f" {json.dumps(version)}: {{\n{rows}\n }}")
    options.file.parent.mkdir(parents=True, exist_ok=True)
    options.file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
