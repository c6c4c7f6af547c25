"""Every recorded expression prints, or fails with, what the real Helm did.

Rows and how they were made: tests/recorded/expressions/README.md. Deliberate gaps: Helm's reflowing of error texts, which is done where
charts are rendered, so that a row's error is Go's own text; `include`, `tpl`, `required` and `lookup`, which need a chart.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.chart.scope import Values3, Values4
from pytest_helmsim.objects import yamlio
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.errors import ParseError, TemplateError
from pytest_helmsim.template.functions import FUNCTIONS, HELM_4_ONLY, builtins
from pytest_helmsim.template.signatures import Function

RECORDED = Path(__file__).parents[2] / "recorded" / "expressions"
NAME = "c/templates/e.yaml"
HELM_3 = {name: function for name, function in FUNCTIONS.items() if name not in HELM_4_ONLY}

Answer = dict[str, str]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone in which the rows were recorded."""
    monkeypatch.setenv("TZ", "UTC")


def answer(template: str, functions: dict[str, Function], values: Any) -> Answer:
    """What our environment makes of a template, in the form of a row."""
    environment = Environment(functions, missing_key="zero")
    try:
        environment.add(NAME, template)
        named = Values3 if functions is HELM_3 else Values4
        return {"out": environment.execute(NAME, named(Values=named(values)))}
    except ParseError as error:
        place, _, reason = str(error).removeprefix("template: ").partition(": ")
        return {"error": f"parse error at ({place}): {reason.rpartition(': ')[2]}"}
    except TemplateError as error:
        return {"error": str(error)}


def differences(path: Path) -> list[str]:
    """The rows of a file that come out otherwise, with both answers."""
    values = yamlio.load((RECORDED / "values.yaml").read_text())
    found = []
    for line in path.read_text().splitlines():
        row = json.loads(line)
        expected = {key: row[key] for key in ("out", "error") if key in row}
        for functions, wanted in ((dict(FUNCTIONS), expected), (HELM_3, row.get("helm3", expected))):
            if functions is HELM_3 and "helm3" not in row:
                continue
            got = answer(row["t"], functions, copy.deepcopy(values))
            if got != wanted:
                found.append(f"{row['t']}\n   got {got}\n  want {wanted}")
    return found


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_expressions(path: Path) -> None:
    found = differences(path)
    assert not found, f"{len(found)} rows differ:\n" + "\n".join(found[:20])


def test_there_are_enough_rows() -> None:
    assert sum(len(path.read_text().splitlines()) for path in RECORDED.glob("*.jsonl")) >= 1500


def test_every_function_has_a_row() -> None:
    text = "".join(path.read_text() for path in RECORDED.glob("*.jsonl"))
    called = {name for name in FUNCTIONS if re.search(rf"[ (]{name}[ )]", text)}
    elsewhere = {*builtins.TABLE, "genSignedCertWithKey"}
    assert FUNCTIONS.keys() - called - elsewhere == set()
