"""`helm create`: a new chart, from Helm's own starter or from one of the user's.

Helm's files are data (`data/starter.json`, see NOTICE).
Source: helm.sh/helm pkg/chart/v2/util/create.go, save.go (SaveDir).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Final

from pytest_helmsim.chart import loader, model, package
from pytest_helmsim.chart.errors import ChartError, InvalidChart
from pytest_helmsim.chart.model import Metadata
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.flavour import HELM4, Flavour

PLACEHOLDER: Final = "<CHARTNAME>"
MAX_NAME: Final = 250
ORDER: Final = (
    "Chart.yaml", "values.yaml", ".helmignore", "templates/ingress.yaml", "templates/httproute.yaml", "templates/deployment.yaml",
    "templates/service.yaml", "templates/serviceaccount.yaml", "templates/hpa.yaml", "templates/NOTES.txt", "templates/_helpers.tpl",
    "templates/tests/test-connection.yaml",
)  # fmt: skip
_NAME: Final = re.compile(r"[a-zA-Z0-9._-]+")


def create(name: str, folder: Path, *, warn: Callable[[str], None], flavour: Flavour = HELM4) -> Path:
    """Write Helm's starter chart below an existing folder; what stands there is overwritten, and `warn` is told."""
    if not name or len(name.encode()) > MAX_NAME:
        raise InvalidChart(f"chart name must be between 1 and {MAX_NAME} characters")
    if not _NAME.fullmatch(name):
        raise InvalidChart(f'chart name must match the regular expression "^{_NAME.pattern}$"')
    folder = folder.absolute()
    if not folder.exists():
        raise InvalidChart(f"stat {folder}: no such file or directory")
    if not folder.is_dir():
        raise InvalidChart(f"no such directory {folder}")
    top = folder / name
    if top.exists() and not top.is_dir():
        raise InvalidChart(f"file {top} already exists and is not a directory")
    known = json.loads(resources.files("pytest_helmsim.chart").joinpath("data/starter.json").read_text())
    texts = known["shared"] | known[flavour]
    for path in sorted(texts, key=ORDER.index):
        text, target = texts[path], top / path
        if target.exists():
            warn(f'WARNING: File "{target}" already exists. Overwriting.\n')
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace(PLACEHOLDER, name))
    (top / "charts").mkdir(exist_ok=True)
    return top


def create_from(name: str, folder: Path, starter: Path, *, modified: float, flavour: Flavour = HELM4) -> Path:
    """Write a chart like the one at `starter`, with the new name for its placeholder; `modified` goes into packed subcharts."""
    try:
        chart = loader.load(str(starter), flavour=flavour)
    except ChartError as error:
        raise type(error)(f"could not load {starter}: {error}") from error
    if not _is_name(name):
        raise InvalidChart(f'chart name "{name}" is not allowed' if name in (".", "..") else f'"{name}" is no name for a chart')
    top = folder / name
    if top.exists() and not top.is_dir():
        raise InvalidChart(f"file {top} already exists and is not a directory")
    metadata = Metadata(name=name, description="A Helm chart for Kubernetes", type="application")
    metadata.version, metadata.app_version, metadata.api_version = "0.1.0", "0.1.0", "v2"
    files = {"Chart.yaml": yamlio.dump(model.metadata_json(metadata)).encode()}
    files |= {each.name: _named(each.data, name) for each in chart.raw if each.name == "values.yaml"}
    if chart.schema is not None:
        files["values.schema.json"] = chart.schema
    files |= {each.name: _named(each.data, name) for each in chart.templates}
    files |= {each.name: each.data for each in chart.files}
    for path, data in files.items():
        target = top / path
        if not target.resolve().is_relative_to(top.resolve()):
            raise InvalidChart(f"{path} would be written outside of {top}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    for child in chart.dependencies:
        package.save(child, top / "charts", modified=modified, flavour=flavour)
    return top


def _is_name(name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name and "\\" not in name


def _named(data: bytes, name: str) -> bytes:
    return data.replace(PLACEHOLDER.encode(), name.encode())
