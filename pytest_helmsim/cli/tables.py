"""Helm's tables, to the byte.

Columns are padded to their widest line and joined by a tab, the last one too; a cell of several lines spreads over lines of
its own. Source: github.com/gosuri/uitable (table.go, util/strutil), as Helm sets it up in pkg/cli/output.
"""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], widest: int = 0) -> str:
    """Every row ends in a newline; without a header (empty sequence) only the rows are printed. No column is wider than `widest`."""
    lines = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    if not lines:
        return "\n"
    widths = [max(width_of(row[column]) for row in lines) for column in range(len(lines[0]))]
    if widest:
        widths = [min(width, widest) for width in widths]
    return "".join(print_row(row, widths) for row in lines)


def width_of(cell: str) -> int:
    """The longest line of a cell."""
    return max((len(line) for line in cell.split("\n")), default=0)


def print_row(row: Sequence[str], widths: Sequence[int]) -> str:
    """One row, over as many lines as its longest cell has."""
    cells = [cut(cell, width).split("\n") for cell, width in zip(row, widths, strict=True)]
    height = max(len(cell) for cell in cells)
    lines = []
    for number in range(height):
        parts = [(cell[number] if number < len(cell) else "").ljust(width) for cell, width in zip(cells, widths, strict=True)]
        lines.append("\t".join(parts) + "\n")
    return "".join(lines)


def cut(cell: str, width: int) -> str:
    """A text that is longer than its column (newlines count nothing) loses its end to `...`."""
    if len(cell.replace("\n", "")) <= width:
        return cell
    kept, count = [], 0
    for char in cell:
        if char != "\n":
            if count == width - 3:
                break
            count += 1
        kept.append(char)
    return "".join(kept) + "..."
