"""The part RESOURCES of `status`: live objects as tables, grouped by kind, as kubectl prints them.

Source: helm.sh/helm/v4 pkg/cmd/status.go, k8s.io/cli-runtime pkg/printers (TablePrinter).
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.cli.session import Session
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.release.model import Release

AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
GAP = 3
LEAST = 6
"""A column's least width with the gap behind it: kubectl's tab writer."""


def text(session: Session, release: Release) -> str:
    """`RESOURCES:` and one table for each kind, an empty line behind each, one more at the end; nothing when nothing is there."""
    parts = []
    for group, tables in session.engine.resources(release, AS_TABLE).items():
        parts.append(f"==> {group}\n")
        columns: list[JsonObject] = []
        for table in tables:
            if not table.get("rows"):
                continue
            rows = [[shown(cell) for cell in visible(table, row["cells"])] for row in table["rows"]]
            definitions = table["columnDefinitions"]
            header = [] if definitions == columns else [[each["name"].upper() for each in visible(table, definitions)]]
            columns = definitions
            parts.append(aligned(header + rows))
        parts.append("\n")
    return f"RESOURCES:\n{''.join(parts)}\n" if parts else ""


def visible(table: JsonObject, cells: list[Any]) -> list[Any]:
    """The cells of the columns that are shown without `-o wide`."""
    return [cell for cell, column in zip(cells, table["columnDefinitions"], strict=True) if not column.get("priority")]


def shown(cell: Any) -> str:
    """A cell as Go prints it."""
    return "<none>" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def aligned(lines: list[list[str]]) -> str:
    """Columns three blanks apart; the last one is not padded."""
    widths = [max(LEAST, max(len(line[column]) for line in lines) + GAP) for column in range(len(lines[0]))]
    return "".join("".join(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False)) + line[-1] + "\n" for line in lines)
