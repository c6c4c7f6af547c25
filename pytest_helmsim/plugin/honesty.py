"""Never green by silence: tests that the cluster cannot run, and what it accepted unchecked, are listed at the end of the run.

With `--helmsim-strict` both are failures. What a test leaves behind travels on its report, so that it arrives from xdist's workers too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_helmsim.plugin.fixtures import cluster_of
from pytest_helmsim.plugin.options import value

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

NOT_MODELLED = "helmsim: not modelled"
SKIPPED = "helmsim: not run"
_cannot = pytest.StashKey[str]()


class HonestyPlugin:
    """Hooks around a test and at the end of the run; registered always, does nothing for tests without a cluster."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.notes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """A cluster that cannot do what the mark asks for skips the test, visibly."""
        return (yield from self._where_the_cluster_cannot(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """The same for what the test itself asks for; when strict, a test that passed must leave no notes."""
        result = yield from self._where_the_cluster_cannot(item)
        cluster = cluster_of(item)
        if cluster is not None and cluster.notes and value(self.config, "strict"):
            pytest.fail("\n".join([f"{NOT_MODELLED} (--helmsim-strict)", *cluster.notes]), pytrace=False)
        return result

    def _where_the_cluster_cannot(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Turn `ClusterCannot` into a skip with its reason, or a failure."""
        try:
            return (yield)
        except Exception as error:
            if type(error).__name__ != "ClusterCannot":
                raise
            if value(self.config, "strict"):
                pytest.fail(f"{error} (--helmsim-strict)", pytrace=False)
            item.stash[_cannot] = str(error)
            pytest.skip(str(error))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The last report of a test carries what is said at the end of the run."""
        report = yield
        if report.when == "teardown":
            cluster = cluster_of(item)
            notes = cluster.notes if cluster is not None else []
            vars(report).update(helmsim_notes=notes, helmsim_cannot=item.stash.get(_cannot, ""))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what the tests left."""
        if report.when == "teardown":
            self.notes.update(getattr(report, "helmsim_notes", ()))
            self.reasons.update(filter(None, [getattr(report, "helmsim_cannot", "")]))

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Each note once, with the number of tests that had it."""
        for title, counted in ((NOT_MODELLED, self.notes), (SKIPPED, self.reasons)):
            if counted:
                terminalreporter.section(title, sep="=", yellow=True)
                for text, count in sorted(counted.items()):
                    terminalreporter.write_line(f"{count} test{'' if count == 1 else 's'}: {text}")
