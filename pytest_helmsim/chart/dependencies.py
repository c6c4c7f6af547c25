"""Which subcharts take part, under which name, and what their parents import from them.

`process(chart, values)` gives a new chart: disabled subcharts gone, aliases applied, defaults replaced by those with imports.

Source: helm.sh/helm pkg/chartutil/dependencies.go ([3]), pkg/chart/v2/util/dependencies.go ([4]).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from pytest_helmsim.chart import values as chart_values
from pytest_helmsim.chart.errors import DependencyError
from pytest_helmsim.chart.model import Chart, Dependency
from pytest_helmsim.objects import json as plain
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject

_log = logging.getLogger(__name__)
_MISSING = {
    HELM3: "An error occurred while checking for chart dependencies. You may need to run `helm dependency build`",
    HELM4: "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build'",
}


def process(chart: Chart, values: JsonObject | None, flavour: Flavour = HELM4) -> Chart:
    """The chart with its dependencies enabled, named and imported as the values say; `chart` itself is not changed."""
    result = chart.copy()
    _enable(result, values or {}, "", flavour)
    _import_values(result, flavour)
    return result


def is_compatible(constraint: str, version: str) -> bool:
    """Whether a version satisfies a range; what cannot be parsed does not."""
    from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError

    try:
        return Constraint.parse(constraint).check(Version.parse(version))
    except VersionError:
        return False


def check_presence(chart: Chart, flavour: Flavour = HELM4) -> None:
    """Raise DependencyError when Chart.yaml declares charts that are not in `charts/` (names only, as Helm looks)."""
    present = {each.name for each in chart.dependencies}
    missing = [each.name for each in chart.metadata.dependencies or () if each.name not in present]
    if missing:
        reason = f"found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}"
        raise DependencyError(f"{_MISSING[flavour]} to fetch missing dependencies: {reason}")


def _enable(chart: Chart, values: JsonObject, path: str, flavour: Flavour) -> None:
    declared = chart.metadata.dependencies
    if declared is None:
        return
    charts = [
        existing
        for existing in chart.dependencies
        if not any(existing.name == entry.name and is_compatible(entry.version, existing.metadata.version) for entry in declared)
    ]
    for entry in declared:
        found = _pick(chart.dependencies, entry, flavour)
        if found is not None:
            charts.append(found)
        if entry.alias:
            entry.name = entry.alias
    chart.set_dependencies(charts)
    for entry in declared:
        entry.enabled = True
    merged = chart_values.coalesce(chart, values, flavour=flavour)
    _apply_tags(declared, merged)
    _apply_conditions(declared, merged, path)
    removed = {entry.name for entry in declared if not entry.enabled}
    kept = [each for each in chart.dependencies if each.name not in removed]
    for each in kept:
        _enable(each, merged, f"{path}{each.name}.", flavour)
    chart.metadata.dependencies = [entry for entry in declared if entry.name not in removed] or None
    chart.set_dependencies(kept)


def _pick(charts: list[Chart], entry: Dependency, flavour: Flavour) -> Chart | None:
    """A copy of the first chart with the entry's name whose version fits, renamed to the alias.

    In [3] the copy shares the subcharts (which keep their parent) and the entries of its own dependencies with other copies.
    """
    for chart in charts:
        if chart.name != entry.name or not is_compatible(entry.version, chart.metadata.version):
            continue
        if flavour == HELM3:
            twin = replace(chart, metadata=replace(chart.metadata))
        else:
            twin = replace(chart, metadata=chart.metadata.copy())
            twin.set_dependencies([replace(each) for each in chart.dependencies])
        if entry.alias:
            twin.metadata.name = entry.alias
        return twin
    return None


def _apply_tags(entries: list[Dependency], values: JsonObject) -> None:
    tags = values.get("tags")
    if not isinstance(tags, dict):
        return
    for entry in entries:
        states = []
        for tag in entry.tags or ():
            if tag not in tags:
                continue
            if isinstance(tags[tag], bool):
                states.append(tags[tag])
            else:
                _log.warning("Tag '%s' for chart %s returned non-bool value", tag, entry.name)
        entry.enabled = any(states) or not states


def _apply_conditions(entries: list[Dependency], values: JsonObject, path: str) -> None:
    for entry in entries:
        for condition in entry.condition.strip().split(","):
            if not condition:
                continue
            found, value = chart_values.path_value(values, path + condition)
            if not found:
                continue
            if isinstance(value, bool):
                entry.enabled = value
                break
            _log.warning("Condition path '%s' for chart %s returned non-bool value", condition, entry.name)


def _import_values(chart: Chart, flavour: Flavour) -> None:
    """Deepest charts first: what children export into the parents' defaults, which win."""
    for child in chart.dependencies:
        _import_values(child, flavour)
    entries = chart.metadata.dependencies
    if entries is None:
        return
    defaults = chart_values.merge(chart, None, flavour=flavour)
    imported: JsonObject = {}
    for entry in entries:
        pairs: list[Any] = []
        for item in entry.import_values or ():
            if isinstance(item, dict):
                source, target = _text(item.get("child")), _text(item.get("parent"))
            elif isinstance(item, str):
                source, target = f"exports.{item}", "."
            else:
                continue
            pairs.append({"child": source, "parent": target})
            try:
                found = chart_values.table(defaults, f"{entry.name}.{source}")
            except chart_values.NoTable as error:
                if isinstance(item, str):
                    _log.warning("ImportValues missing table: %s", error)
                else:
                    _log.warning("ImportValues missing table from chart %s: %s", entry.name, error)
                continue
            imported = chart_values.merge_tables(imported, _at_path(target, found))
        entry.import_values = pairs or None
    chart.values = chart_values.merge_tables(plain.copy(defaults), imported)


def _text(value: Any) -> str:
    return "<nil>" if value is None else str(value)


def _at_path(path: str, data: JsonObject) -> JsonObject:
    """The map under a dotted path; `.` is the top."""
    if path == ".":
        return data
    for name in reversed(path.split(".")):
        data = {name: data}
    return data
