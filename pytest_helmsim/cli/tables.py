"""Helm's tables, to the byte.

Columns are padded to their widest line and joined by a tab, the last one too; a cell of several lines spreads over lines of
its own. Source: github.com/gosuri/uitable (table.go, util/strutil), as Helm sets it up in pkg/cli/output; github.com/mattn/go-runewidth.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_NO_WIDTH = (
    (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x300, 0x36F), (0x483, 0x489), (0x180B, 0x180E), (0x1AB0, 0x1AC0), (0x1DC0, 0x1DFF),
    (0x200B, 0x200F), (0x2028, 0x202E), (0x206A, 0x206F), (0x20D0, 0x20F0), (0x2DE0, 0x2DFF), (0x3099, 0x309A), (0xD800, 0xDFFF),
    (0xFE20, 0xFE2F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xFFFE, 0xFFFF),
)  # fmt: skip
"""Control, format and combining characters, as go-runewidth 0.0.9 has them."""


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
    """The widest line of a cell."""
    return max((columns(line) for line in cell.split("\n")), default=0)


def columns(text: str) -> int:
    """How many places a text takes on a terminal: none for a tab or an accent of its own, two for wide characters."""
    return len(text) if text.isascii() and text.isprintable() else sum(map(_places, text))


def _places(char: str) -> int:
    code = ord(char)
    if any(first <= code <= last for first, last in _NO_WIDTH):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def print_row(row: Sequence[str], widths: Sequence[int]) -> str:
    """One row, over as many lines as its longest cell has."""
    cells = [cut(cell, width).split("\n") for cell, width in zip(row, widths, strict=True)]
    height = max(len(cell) for cell in cells)
    lines = []
    for number in range(height):
        parts = [(cell[number] if number < len(cell) else "") for cell in cells]
        lines.append("\t".join(part + " " * (width - columns(part)) for part, width in zip(parts, widths, strict=True)) + "\n")
    return "".join(lines)


def cut(cell: str, width: int) -> str:
    """A text that is wider than its column (newlines count nothing) loses its end to `...`."""
    if columns(cell) <= width:
        return cell
    kept, count = [], 0
    for char in cell:
        kept.append(char)
        if count + _places(char) >= width - 3:
            break
        count += _places(char)
    return "".join(kept) + "..."
