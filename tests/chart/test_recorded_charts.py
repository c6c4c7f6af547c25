"""Small charts against recorded answers of the real programs (tests/recorded/charts), both flavours.

Aspects: built-in objects, values options, coalescing and nulls, dependencies, imports, schemas, errors, splitting, hooks, ignore files.
Lines of schema errors and of schema checks have no fixed order in Helm: they are compared sorted.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_helmsim.chart import lint, template_command
from pytest_helmsim.chart.errors import ChartError
from pytest_helmsim.chart.template_command import TemplateOptions
from pytest_helmsim.chart.values import Options
from pytest_helmsim.objects.flavour import FLAVOURS, Flavour

RECORDED = Path(__file__).parents[1] / "recorded" / "charts"
CASES: list[dict[str, Any]] = yaml.safe_load((RECORDED / "cases.yaml").read_text())
ANSWERS = {flavour: json.loads((RECORDED / f"{flavour}.json").read_text()) for flavour in FLAVOURS}
CHART_YAML = "apiVersion: v2\nname: c\nversion: 0.1.0\n"
VALUES = {"-f": "files", "--set": "set", "--set-string": "set_string", "--set-json": "set_json", "--set-literal": "set_literal"}
SWITCHES = {"--include-crds", "--no-hooks", "--skip-tests", "--is-upgrade", "--skip-schema-validation"}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("case", [case for case in CASES if case.get("lint")], ids=lambda case: str(case["name"]))
def test_lints_as_helm_lints(case: dict[str, Any], flavour: Flavour, tmp_path: Path) -> None:
    folder = _write(case, tmp_path)
    given = "".join(f"{message}\n" for message in lint.lint(str(folder), flavour=flavour)).replace(str(folder), "CHART")
    wanted = ANSWERS[flavour][case["name"]]["out"].removeprefix("==> Linting CHART\n")
    assert given.strip() == re.sub(r"\n\n(1 chart\(s\) linted.*)?$", "", wanted).strip()


def _write(case: dict[str, Any], tmp_path: Path) -> Path:
    folder = tmp_path / "c"
    for name, text in {"Chart.yaml": CHART_YAML, **case["files"]}.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
    return folder


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("case", [case for case in CASES if not case.get("lint")], ids=lambda case: str(case["name"]))
def test_prints_what_helm_prints(case: dict[str, Any], flavour: Flavour, tmp_path: Path) -> None:
    folder = _write(case, tmp_path)
    try:
        given = {"out": template_command.run(str(folder), _options(case, folder, flavour))}
    except ChartError as error:
        given = {"error": str(error) + "\n"}
    given = {key: text.replace(str(folder), "CHART") for key, text in given.items()}
    wanted = {key: text for key, text in ANSWERS[flavour][case["name"]].items() if key in given or key == "error"}
    if "the schema(s)" in wanted.get("error", ""):
        assert sorted(given["error"].split("\n")) == sorted(wanted["error"].split("\n"))
    else:
        assert given == wanted


def _options(case: dict[str, Any], folder: Path, flavour: Flavour) -> TemplateOptions:
    values: dict[str, list[str]] = {}
    flags: dict[str, Any] = {"flavour": flavour, "name": "rel"}
    arguments = iter(case.get("args", []))
    for flag in arguments:
        if flag in SWITCHES:
            flags[flag[2:].replace("-", "_")] = True
            continue
        value = next(arguments)
        if flag in VALUES:
            values.setdefault(VALUES[flag], []).append(str(folder / value[1:]) if value.startswith("@") else value)
        elif flag == "-a":
            flags["api_versions"] = (*flags.get("api_versions", ()), *value.split(","))
        elif flag == "-s":
            flags["show_only"] = (*flags.get("show_only", ()), value)
        elif flag == "-n":
            flags["namespace"] = value
        elif flag == "--name-template":
            flags["name"] = template_command.name_from_template(value)
        else:
            flags[flag[2:].replace("-", "_")] = value
    return TemplateOptions(values=Options(**{name: tuple(given) for name, given in values.items()}), **flags)
