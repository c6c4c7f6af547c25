"""`helm dependency list`: what Chart.yaml asks for against what lies in `charts/`.

Source: helm.sh/helm pkg/action/dependency.go.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pytest_helmsim.chart import loader
from pytest_helmsim.chart.errors import ChartError
from pytest_helmsim.chart.model import Chart, Dependency
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError

STRICT_VERSION: Final = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One declared dependency and its state."""

    name: str
    version: str
    repository: str
    status: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The table, None where nothing is declared, and the warnings below it."""

    rows: tuple[Row, ...] | None
    warnings: tuple[str, ...]


def list_dependencies(path: str, *, flavour: Flavour = HELM4) -> Listing:
    """The declared dependencies of the chart at `path`; without any, the one warning that Helm prints."""
    chart = loader.load(path, flavour=flavour, check_version=False)
    declared = chart.metadata.dependencies
    if declared is None:
        return Listing(None, (f"WARNING: no dependencies at {os.path.normpath(os.path.join(path, 'charts'))}",))
    rows = tuple(Row(each.name, each.version, each.repository, status(path, each, chart, flavour=flavour)) for each in declared)
    return Listing(rows, tuple(_undeclared(path, {each.name for each in declared}, flavour)))


def status(path: str, dependency: Dependency, chart: Chart, *, flavour: Flavour = HELM4) -> str:
    """`ok` for a fitting archive, `unpacked` for a fitting directory, else what is wrong."""
    archives = sorted((Path(path) / "charts").glob(f"{dependency.name}-*.tgz")) if os.path.isdir(path) else []
    if len(archives) > 1:
        versions = {each: each.name.removeprefix(f"{dependency.name}-").removesuffix(".tgz") for each in archives}
        archives = [each for each, version in versions.items() if STRICT_VERSION.fullmatch(version)]
        if len(archives) > 1:
            return "too many matches"
    if archives:
        try:
            packed = loader.load(archives[0], flavour=flavour, check_version=False)
        except ChartError:
            return "corrupt"
        return "misnamed" if packed.name != dependency.name else _fit(dependency, packed, "ok")
    found = [each for each in chart.dependencies if each.name == dependency.name]
    return _fit(dependency, found[-1], "unpacked") if found else "missing"


def _fit(dependency: Dependency, chart: Chart, good: str) -> str:
    if chart.metadata.version == dependency.version:
        return good
    try:
        return good if Constraint.parse(dependency.version).check(Version.parse(chart.metadata.version)) else "wrong version"
    except VersionError:
        return "invalid version"


def _undeclared(path: str, names: set[str], flavour: Flavour) -> list[str]:
    warnings: list[str] = []
    folder = Path(os.path.normpath(os.path.join(path, "charts")))
    for entry in sorted(folder.glob("*")) if folder.is_dir() else ():
        if not entry.is_dir() and entry.suffix != ".tgz":
            continue
        try:
            name = loader.load(entry, flavour=flavour, check_version=False).name
        except ChartError:
            warnings.append(f'WARNING: "{entry}" is not a chart.')
            continue
        if name not in names:
            warnings.append(f'WARNING: "{entry}" is not in Chart.yaml.')
    return warnings
