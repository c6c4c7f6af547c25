"""Commands on charts and repositories against recorded answers of the real programs (tests/recorded/chart_commands), both flavours.

Output, errors, exit codes, the files that are left, and what HTTP servers were asked, credentials included.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from pytest_helmsim.cli import app
from pytest_helmsim.objects.flavour import FLAVOURS, Flavour

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "recorded" / "chart_commands"
DOCUMENT: dict[str, Any] = yaml.load((RECORDED / "cases.yaml").read_text(), yaml.CSafeLoader)
ANSWERS = {flavour: json.loads((RECORDED / f"{flavour}.json").read_text()) for flavour in FLAVOURS}
ROWS = [(flavour, case) for case in DOCUMENT["cases"] for flavour in FLAVOURS if case.get("only", flavour) == flavour]


@pytest.fixture(scope="module")
def recorder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record_chart_commands", ROOT / "tools" / "record_chart_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def world(recorder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    opened = recorder.World(tmp_path_factory.mktemp("world"))
    yield opened
    opened.close()


@pytest.mark.parametrize(("flavour", "case"), ROWS, ids=[f"{flavour}-{case['name']}" for flavour, case in ROWS])
def test_does_what_helm_does(
    flavour: Flavour, case: dict[str, Any], world: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: list[str], folder: str, environment: dict[str, str], text: str) -> tuple[int, str, str]:
        for name in os.environ:
            if name.startswith(("HELM", "XDG_", "SOURCE_DATE")) or name.lower().endswith("_proxy"):
                monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        code = app.run([*arguments, "--helm-version", flavour[-1]])
        printed = capsys.readouterr()
        return code, printed.out.replace("helmsim", "helm"), printed.err.replace("helmsim", "helm")

    if case["name"].startswith("oci"):
        pytest.importorskip("oras")
    world.prepare(case, DOCUMENT["common"])
    given = world.play(case, run)
    assert [plain(each) for each in given] == [plain(each) for each in ANSWERS[flavour][case["name"]]]


def plain(step: dict[str, Any]) -> dict[str, Any]:
    """What has an order in Helm; messages of parallel downloads come in any."""
    result = dict(step)
    if "chart repository" in step.get("out", ""):
        result |= {key: sorted(step.get(key, "").split("\n")) for key in ("out", "err")}
    return result
