"""What a test's result shows: an explanation where an assertion failed, the story on request."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_helmsim.plugin.fixtures import cluster_of
from pytest_helmsim.plugin.options import value

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

SECTION = "helmsim: what happened"


class OutcomePlugin:
    """Hooks around a test; registered always, does nothing for tests without a cluster."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the story to the report of the call."""
        report = yield
        cluster = cluster_of(item)
        if call.when == "call" and cluster is not None:
            lines = [*cluster.story.lines(), *(f"unchecked  {note}" for note in cluster.notes)]
            if lines:
                report.sections.append((SECTION, "\n".join(lines)))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """With `--helmsim-explain`, print the story of a test that passed; pytest prints that of a failed one itself."""
        if report.when != "call" or not report.passed or not value(self.config, "explain"):
            return
        reporter: TerminalReporter | None = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        for title, text in report.sections:
            if title == SECTION:
                reporter.ensure_newline()
                reporter.write_line(report.nodeid, bold=True)
                for line in text.splitlines():
                    reporter.write_line(f"  {line}")
                reporter.write_line("")

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """The three sides of a field, or the history as a table."""
        for side in (left, right):
            explain = getattr(side, "__helmsim_explain__", None)
            if explain is not None:
                return [f"{left!r} {op} {right!r}", *explain()]
        return None
