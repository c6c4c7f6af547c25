"""The part RESOURCES of `status`: live objects as tables, grouped by kind, as kubectl prints them.

Source: helm.sh/helm/v4 pkg/cmd/status.go, k8s.io/cli-runtime pkg/printers (TablePrinter).
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.cli.session import Session
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release.model import Release

AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
GAP = 3


def text(session: Session, release: Release) -> str:
    """`RESOURCES:` and one table for each kind, an empty line behind each, one more at the end."""
    parts = ["RESOURCES:\n"]
    for group, objects in session.engine.resources(release).items():
        rows: list[list[str]] = []
        header: list[str] = []
        for obj in objects:
            found = as_table(session, obj)
            columns = [each for each in found.get("columnDefinitions") or () if not each.get("priority")]
            header = [each["name"].upper() for each in columns]
            for row in found.get("rows") or ():
                cells = zip(row["cells"], found["columnDefinitions"], strict=True)
                rows.append([shown(cell) for cell, column in cells if not column.get("priority")])
        parts.append(f"==> {group}\n{aligned([header, *rows])}\n")
    return "".join(parts) + "\n"


def as_table(session: Session, obj: JsonObject) -> Any:
    """One object as the server's Table; empty when it went away meanwhile."""
    resource = session.client.resource_for(GroupVersionKind.of_object(obj))
    metadata = obj["metadata"]
    try:
        return session.client.request("GET", resource.path(metadata.get("namespace", ""), metadata["name"]), accept=AS_TABLE).json()
    except ApiError:
        return {}


def shown(cell: Any) -> str:
    """A cell as Go prints it."""
    return "<none>" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def aligned(lines: list[list[str]]) -> str:
    """Columns three blanks apart; the last one is not padded."""
    if not lines[0]:
        return ""
    widths = [max(len(line[column]) for line in lines) + GAP for column in range(len(lines[0]))]
    return "".join("".join(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False)) + line[-1] + "\n" for line in lines)
