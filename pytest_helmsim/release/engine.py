"""The face: Helm's verbs as methods, over one cluster, one namespace, one flavour.

    engine = Engine(client, namespace="default", flavour="helm4")
    engine.install("web", "charts/web", {"replicas": 2}, wait=True)
    engine.upgrade("web", "charts/web", atomic=True, timeout="10m")
    engine.rollback("web", 1)

Options are those of `release.options`, as keywords or as one object.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_helmsim.chart import loader, model
from pytest_helmsim.chart import values as chart_values
from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.release import codec, durations, install, names, preview, queries, rollback, storage, testing, uninstall, upgrade
from pytest_helmsim.release.cancellation import Cancellation
from pytest_helmsim.release.context import (
    Context,
    Log,
    LogOutput,
    Observer,
    Progress,
    ignore_change,
    ignore_log,
    ignore_output,
    ignore_progress,
)
from pytest_helmsim.release.errors import InvalidOption, ReleaseError, ReleaseNotFound
from pytest_helmsim.release.history import History
from pytest_helmsim.release.model import UNINSTALLED, HookRecord, ObjectChange, Release
from pytest_helmsim.release.options import (
    InstallOptions,
    RollbackOptions,
    TestOptions,
    UninstallOptions,
    UpgradeOptions,
    strategy,
)
from pytest_helmsim.release.rules import RULES
from pytest_helmsim.release.uninstall import Uninstalled

ChartLike = model.Chart | str | os.PathLike[str]


class Engine:
    """Helm on one cluster and namespace. `observer` sees every object change, `log` what Helm logs, `output` the logs of hooks,
    `progress` what is waited for.
    """

    def __init__(
        self,
        client: Client,
        *,
        clock: Clock | None = None,
        flavour: Flavour = HELM4,
        namespace: str = "default",
        driver: str = "secret",
        memory: storage.Memory | None = None,
        observer: Observer = ignore_change,
        log: Log = ignore_log,
        output: LogOutput = ignore_output,
        progress: Progress = ignore_progress,
    ) -> None:
        self.flavour: Flavour = flavour
        self.namespace = namespace
        self.rules = RULES[flavour]
        self.client = client.as_agent(self.rules.user_agent)
        self.clock = clock or client.clock
        self.driver_name = driver
        self._memory = memory or storage.Memory()
        self.observer = observer
        self.log = log
        self.output = output
        self.progress = progress
        self.cancellation = Cancellation()
        self._driver(namespace)

    def _driver(self, namespace: str) -> storage.Driver:
        return storage.open_driver(self.driver_name, self.client, namespace, self.clock, self.flavour, self._memory)

    def context(self, namespace: str | None = None) -> Context:
        """The surroundings of one operation."""
        place = self.namespace if namespace is None else namespace
        history = History(self._driver(place))
        tellers = (self.observer, self.log, self.output, self.progress)
        return Context(self.client, history, self.clock, self.rules, place, *tellers, self.cancellation)

    def cancel(self) -> None:
        """End the install or upgrade under way, or else the next one, as a signal ends Helm's: its record says failed.

        For a signal's handler or another thread. Ctrl-C in the thread of the operation does the same, but where nothing has
        been written yet it is a `KeyboardInterrupt` as any other, and a rollback or uninstall stops where it stands.
        """
        self.cancellation.request()

    def load(self, chart: ChartLike) -> model.Chart:
        """A chart as it is, or from a directory or archive."""
        return chart if isinstance(chart, model.Chart) else loader.load(chart, flavour=self.flavour)

    # operations

    def install(
        self,
        name: str,
        chart: ChartLike,
        values: JsonObject | None = None,
        options: InstallOptions | None = None,
        **changes: Any,
    ) -> Release:
        """Install; the record as it was left. Raise `InstallFailed` and its kin of `release.errors`."""
        chosen = merged_options(InstallOptions, options, changes, self.flavour)
        return install.install(self.context(), name, self._installable(chart), values or {}, chosen)

    def upgrade(
        self,
        name: str,
        chart: ChartLike,
        values: JsonObject | None = None,
        options: UpgradeOptions | None = None,
        **changes: Any,
    ) -> Release:
        """Upgrade, or install with `install=True` where there is nothing to upgrade."""
        chosen = merged_options(UpgradeOptions, options, changes, self.flavour)
        if chosen.install and self.needs_install(name):
            return self.install(name, chart, values, self.as_install(name, chosen))
        return upgrade.upgrade(self.context(), name, self._installable(chart), values or {}, chosen)

    def needs_install(self, name: str) -> bool:
        """Whether `upgrade --install` installs: no records, or the last in the API's order says uninstalled.

        It asks as `history` does, and fails in its words.
        """
        try:
            records = self._asking(name, "release name is invalid").history.all(name)
        except ReleaseNotFound:
            return True
        return bool(records) and records[-1].status == UNINSTALLED

    def as_install(self, name: str, options: UpgradeOptions) -> InstallOptions:
        """The options of the install that an `upgrade --install` becomes."""
        shared = {key: getattr(options, key) for key in InstallOptions.__dataclass_fields__ if key in UpgradeOptions.__dataclass_fields__}
        shared["server_side"] = str(options.server_side).lower() != "false"
        try:
            self.context().history.all(name)
        except ReleaseNotFound:
            return InstallOptions(**shared)
        return InstallOptions(**shared, replace=True)

    def rollback(self, name: str, revision: int = 0, options: RollbackOptions | None = None, **changes: Any) -> Release:
        """Back to a revision; 0 means the one before the last."""
        return rollback.rollback(self.context(), name, revision, merged_options(RollbackOptions, options, changes, self.flavour))

    def uninstall(self, name: str, options: UninstallOptions | None = None, **changes: Any) -> Uninstalled:
        """Take a release away; the last record and the text on what was kept."""
        return uninstall.uninstall(self.context(), name, merged_options(UninstallOptions, options, changes, self.flavour))

    # what an operation would do

    def preview_upgrade(
        self,
        name: str,
        chart: ChartLike,
        values: JsonObject | None = None,
        options: UpgradeOptions | None = None,
        **changes: Any,
    ) -> tuple[Release, list[ObjectChange]]:
        """The record and the object changes of an upgrade that is not done: the server tries every write as a dry run."""
        chosen = merged_options(UpgradeOptions, options, changes, self.flavour)
        loaded = self._installable(chart)
        if chosen.install and self.needs_install(name):
            return preview.of_install(self.context(), name, loaded, values or {}, self.as_install(name, chosen))
        return preview.of_upgrade(self.context(), name, loaded, values or {}, chosen)

    def preview_rollback(
        self, name: str, revision: int = 0, options: RollbackOptions | None = None, **changes: Any
    ) -> tuple[Release, list[ObjectChange]]:
        """The same of a rollback."""
        return preview.of_rollback(self.context(), name, revision, merged_options(RollbackOptions, options, changes, self.flavour))

    def compare(self, old: Release | None, new: Release) -> list[ObjectChange]:
        """The objects of two records beside each other, the cluster left out of it."""
        return preview.between(self.context(), old, new)

    def test(self, name: str, options: TestOptions | None = None, *, show: testing.Show | None = None, **changes: Any) -> Release:
        """Run the test hooks; raise `TestFailed`. `show` gets the stored record while Helm 4's test pods can still be read."""
        return testing.run_tests(self.context(), name, merged_options(TestOptions, options, changes, self.flavour), show)

    def test_logs(self, release: Release, options: TestOptions | None = None, **changes: Any) -> list[tuple[str, str]]:
        """Heading and log of each test."""
        return testing.logs(self.context(), release, merged_options(TestOptions, options, changes, self.flavour))

    # questions

    def history(self, name: str, *, maximum: int = 256) -> list[Release]:
        """The newest `maximum` revisions, ascending; raise `ReleaseNotFound` when there is none."""
        context = self._asking(name, "release name is invalid")
        records = sorted(context.history.all(name), key=lambda each: each.version)
        return records[len(records) - min(len(records), max(maximum, 0)) :]

    def release(self, name: str, revision: int = 0) -> Release:
        """One record, the last for 0; raise `ReleaseNotFound`."""
        context = self._asking(name, "releaseContent: Release name is invalid")
        return context.history.get(name, revision)

    status = release

    def resources(self, release: Release, accept: str = "") -> dict[str, list[JsonObject]]:
        """The live objects of a record by `v1/ConfigMap`, and the pods of its workloads under `v1/Pod(related)`."""
        return queries.resources(self.context(), release, accept)

    def list(self, selection: queries.Selection | None = None, *, all_namespaces: bool = False) -> list[Release]:
        """Releases as `helm list` selects and sorts them."""
        context = self.context("" if all_namespaces else None)
        context.check_reachable()
        return queries.select(context, selection or queries.Selection())

    def get_values(self, name: str, revision: int = 0, *, all_values: bool = False) -> JsonObject:
        """The user's values, or all with the chart's defaults under them."""
        release = self.release(name, revision)
        if not all_values:
            return release.config
        chart = model.from_record(release.chart or {})
        chart.values = codec.floats(chart.values)
        return chart_values.coalesce(chart, release.config, flavour=self.flavour)

    def get_manifest(self, name: str, revision: int = 0) -> str:
        """The stored manifest."""
        return self.release(name, revision).manifest

    def get_hooks(self, name: str, revision: int = 0) -> tuple[HookRecord, ...]:
        """The stored hooks."""
        return self.release(name, revision).hooks

    def get_notes(self, name: str, revision: int = 0) -> str:
        """The rendered notes."""
        return self.release(name, revision).info.notes

    def get_metadata(self, name: str, revision: int = 0) -> queries.Metadata:
        """What `helm get metadata` shows."""
        return queries.metadata(self.release(name, revision), self.flavour)

    def _asking(self, name: str, words: str) -> Context:
        context = self.context()
        context.check_reachable()
        names.check(name, words)
        return context

    def _installable(self, chart: ChartLike) -> model.Chart:
        loaded = self.load(chart)
        kind = loaded.metadata.type
        if kind not in ("", "application"):
            raise InvalidOption(f"{kind} charts are not installable")
        return loaded


def merged_options(cls: type[Any], given: Any, changes: Mapping[str, Any], flavour: Flavour) -> Any:
    """One object of options; raise `ReleaseError` for an unknown one, `InvalidOption` for a value that cannot be."""
    unknown = [key for key in changes if key not in cls.__dataclass_fields__]
    if unknown:
        raise ReleaseError(f"{cls.__name__} has no option {unknown[0]!r}; it has {', '.join(cls.__dataclass_fields__)}")
    options = replace(given, **changes) if given is not None else cls(**changes)
    durations.seconds(options.timeout)
    if not isinstance(options, TestOptions):
        strategy(options.wait, flavour)
    return options
