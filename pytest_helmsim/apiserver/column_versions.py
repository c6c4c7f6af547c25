"""Columns of Tables as each version has them: which came later, which stood elsewhere, which are gone.

Source: k8s.io/kubernetes pkg/printers/internalversion/printers.go of 1.28 to 1.37.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_helmsim.objects.json import Json, JsonObject

_SINCE: dict[tuple[str, str], dict[str, int]] = {
    ("", "persistentvolumes"): {"VolumeAttributesClass": 29},
    ("", "persistentvolumeclaims"): {"VolumeAttributesClass": 29},
    ("batch", "jobs"): {"Status": 30},
    ("batch", "cronjobs"): {"Timezone": 30},
    ("scheduling.k8s.io", "priorityclasses"): {"PreemptionPolicy": 32},
}
_BEFORE: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {
    ("", "resourcequotas"): (33, ("Name", "Age", "Request", "Limit")),
    ("", "serviceaccounts"): (35, ("Name", "Secrets", "Age")),
}
"""The version that changed the order or dropped a column, and the columns before."""


def layout(key: tuple[str, str], names: Sequence[str], minor: int) -> list[str]:
    """The names of a version's columns, given those of the newest."""
    since, before = _BEFORE.get(key, (0, ()))
    if minor < since:
        return list(before)
    return [name for name in names if minor >= _SINCE.get(key, {}).get(name, 0)]


def definitions(key: tuple[str, str], columns: list[JsonObject], minor: int) -> list[JsonObject]:
    """The definitions of a version's columns."""
    known = {str(column["name"]): column for column in columns}
    plain = {"type": "string", "format": "", "priority": 0}
    told = "The number of secrets" if key == ("", "serviceaccounts") else ""
    return [known.get(name) or {"name": name, **plain, "description": told} for name in layout(key, list(known), minor)]


def cells(key: tuple[str, str], names: Sequence[str], row: list[Json], obj: JsonObject, minor: int) -> list[Json]:
    """A row in a version's columns; `names` are those that it has now."""
    wanted = layout(key, names, minor)
    if wanted == list(names):
        return row
    known = dict(zip(names, row, strict=True))
    return [len(obj.get("secrets") or ()) if name == "Secrets" else known[name] for name in wanted]
