"""The revisions of a release as values: what tests compare, and a table where a comparison fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from pytest_helmsim.harness.errors import NoSuchObject

if TYPE_CHECKING:
    from pytest_helmsim.objects.json import JsonObject
    from pytest_helmsim.release.model import Release


@dataclass(frozen=True, slots=True)
class Revision:
    """One record, read."""

    record: Release

    @property
    def number(self) -> int:
        """1 for the first."""
        return self.record.version

    @property
    def status(self) -> str:
        """`deployed`, `superseded`, `failed` …"""
        return self.record.info.status

    @property
    def description(self) -> str:
        """`Upgrade complete`, or why it failed."""
        return self.record.info.description

    @property
    def chart(self) -> str:
        """`web-1.1.0`."""
        metadata = self.record.chart_metadata
        return f"{metadata.get('name', '')}-{metadata.get('version', '')}" if metadata else "MISSING"

    @property
    def values(self) -> JsonObject:
        """The user's values."""
        return self.record.config or {}

    @property
    def manifest(self) -> str:
        """The stored manifest."""
        return self.record.manifest


class Statuses(dict[int, str]):
    """Revision number to status; a failed comparison prints the whole history."""

    def __init__(self, history: History) -> None:
        super().__init__({each.number: each.status for each in history})
        self._history = history

    def __helmsim_explain__(self) -> list[str]:
        return self._history.table()


class History(Sequence[Revision]):
    """All revisions that are stored, oldest first; `history[3]` is revision 3."""

    def __init__(self, records: Sequence[Release]) -> None:
        self._revisions = tuple(Revision(record) for record in records)

    def __iter__(self) -> Iterator[Revision]:
        return iter(self._revisions)

    def __len__(self) -> int:
        return len(self._revisions)

    @overload
    def __getitem__(self, number: int) -> Revision: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Revision, ...]: ...
    def __getitem__(self, number: int | slice) -> Revision | tuple[Revision, ...]:
        """By revision number (negative: from the end); raises `NoSuchObject` for one that is not stored."""
        if isinstance(number, slice):
            return self._revisions[number]
        if number < 0:
            return self._revisions[number]
        for each in self._revisions:
            if each.number == number:
                return each
        there = ", ".join(str(each.number) for each in self._revisions) or "none"
        raise NoSuchObject(f"no revision {number} is stored; there are {there}")

    @property
    def statuses(self) -> Statuses:
        """`{1: "superseded", 2: "deployed"}`."""
        return Statuses(self)

    def table(self) -> list[str]:
        """The revisions as lines of a table; none where there are no revisions."""
        if not self._revisions:
            return []
        rows = [("REVISION", "UPDATED", "STATUS", "CHART", "DESCRIPTION")]
        for each in self._revisions:
            rows.append((str(each.number), each.record.info.last_deployed[:19], each.status, each.chart, each.description.split("\n")[0]))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
