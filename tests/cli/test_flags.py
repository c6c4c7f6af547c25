"""Every command of Helm's is there or refused by name, with every flag of it: spelling, shorthand, whether it takes a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.cli import app
from pytest_helmsim.cli.app import VERBS
from pytest_helmsim.cli.flag_tables import COMMANDS, GLOBAL
from pytest_helmsim.cli.flags import parse_table

RECORDED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parents[1] / "recorded" / "flags" / "flags.json").read_text())
ROWS = [(version, command) for version, commands in RECORDED.items() for command in commands]


@pytest.mark.parametrize(("version", "command"), ROWS, ids=[f"helm{version}-{command or 'global'}" for version, command in ROWS])
def test_has_helms_flags(version: str, command: str) -> None:
    wanted = RECORDED[version][command]
    ours = {each.name: each for each in parse_table(COMMANDS[command] if command else GLOBAL, version)}
    for name, text in wanted["flags"].items():
        shorthand, kind = text.split()
        assert name in ours
        assert (ours[name].shorthand or "-") == shorthand
        assert (ours[name].kind == "bool") == (kind == "bool")
    if command:
        assert sorted(VERBS[command].aliases) == sorted(wanted.get("aliases", []))
        assert VERBS[command].only in ("", version)
        assert wanted["usage"].replace(" [flags]", "") == f"helm {command} {VERBS[command].usage}".rstrip()


REFUSED = [
    # arguments, the beginning of the error
    (["search", "hub", "x"], "search hub; look at https://artifacthub.io"),
    (["plugin", "list"], "plugins; call the plugin's own program"),
    (["plugin", "install", "https://example.com/x"], "plugins; "),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[" ".join(row[0]) for row in REFUSED])
def test_what_is_refused_says_what_to_do(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(arguments) == 1
    assert f"Error: not supported: {message}" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["completion", shell]) == 0
    assert "_HELMSIM_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize("group", ["repo", "registry", "plugin", "get"])
def test_a_group_alone_prints_its_help(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([group]) == 0
    printed = capsys.readouterr()
    assert "Commands:" in printed.out
    assert printed.err == ""
