"""`helm show`: parts of a chart as text.

`show(chart, "chart")` is Chart.yaml as Helm read it, `"values"` the bytes of values.yaml, `"readme"`, `"crds"`, `"all"` everything.

Source: helm.sh/helm pkg/action/show.go.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from pytest_helmsim.chart import model
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.flavour import HELM4, Flavour

Part: TypeAlias = Literal["all", "chart", "crds", "readme", "values"]
_README: Final = ("readme.md", "readme.txt", "readme")


def show(chart: Chart, part: Part, *, flavour: Flavour = HELM4) -> str:
    """What is printed for a part. [4] puts `---` before every CRD file that has none, [3] only before the first one of `all`."""
    parts: list[str] = []
    if part in ("chart", "all"):
        parts.append(yamlio.dump(model.metadata_json(chart.metadata)) + "\n")
    if part in ("values", "all") and chart.values is not None:
        if part == "all":
            parts.append("---\n")
        parts.extend(f"{file.text}\n" for file in chart.raw if file.name == "values.yaml")
    if part in ("readme", "all"):
        readme = next((file for file in chart.files if file.name.lower() in _README), None)
        if readme is not None:
            parts.append(("---\n" if part == "all" else "") + f"{readme.text}\n")
    if part in ("crds", "all"):
        for index, (_, file) in enumerate(chart.crds()):
            separate = flavour == HELM4 or (part == "all" and index == 0)
            parts.append(("---\n" if separate and not file.data.startswith(b"---") else "") + f"{file.text}\n")
    return "".join(parts)
