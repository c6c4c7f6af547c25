"""The release handle: Helm's operations on one name, each giving an outcome, and the live objects behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_helmsim.chart import loader
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.chart.values import Options as ValueOptions
from pytest_helmsim.harness.cluster import split_reference
from pytest_helmsim.harness.errors import BadReference, NoSuchChart, NoSuchObject
from pytest_helmsim.harness.history import History
from pytest_helmsim.harness.live import LiveObject
from pytest_helmsim.harness.outcome import Outcome, nearest
from pytest_helmsim.objects import gojson, yamlio
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.release import durations
from pytest_helmsim.release.engine import Engine
from pytest_helmsim.release.errors import OperationFailed, ReleaseError, ReleaseNotFound
from pytest_helmsim.release.model import ObjectChange
from pytest_helmsim.release.options import InstallOptions, RollbackOptions, UninstallOptions, UpgradeOptions
from pytest_helmsim.release.profiles import open_engine, reconcile

if TYPE_CHECKING:
    from pytest_helmsim.harness.cluster import Cluster
    from pytest_helmsim.release.model import Release as Record

OptionsT = TypeVar("OptionsT")
ChartLike = Chart | Path | str


class Releases:
    """Makes release handles in one cluster: `releases("blue")`. Relative chart paths are looked up in `chart_folders`, in order."""

    def __init__(self, cluster: Cluster, *, chart_folders: Sequence[Path] = ()) -> None:
        self.cluster = cluster
        self.chart_folders = tuple(dict.fromkeys([*chart_folders, Path.cwd()]))

    def __call__(self, name: str, *, namespace: str | None = None) -> Release:
        """A handle; nothing is asked or written until one of its methods is called."""
        return Release(self.cluster, name, namespace=namespace or self.cluster.namespace, chart_folders=self.chart_folders)


class Release:
    """One release by name. `install`, `upgrade`, `rollback` and `uninstall` take the options of Helm's flags, with underscores."""

    def __init__(self, cluster: Cluster, name: str, *, namespace: str, chart_folders: Sequence[Path] = ()) -> None:
        self.cluster = cluster
        self.name = name
        self.namespace = namespace
        self.chart_folders = tuple(chart_folders)
        self._changes: list[ObjectChange] = []
        self.engine: Engine = open_engine(
            cluster.profile, cluster.client, clock=cluster.clock, namespace=namespace, observer=self._changes.append
        )

    def on(self, cluster: Cluster) -> Release:
        """The same release in another cluster, such as a fork."""
        return Release(cluster, self.name, namespace=self.namespace, chart_folders=self.chart_folders)

    def install(
        self,
        chart: ChartLike,
        *,
        values: Mapping[str, Any] | None = None,
        values_files: Sequence[str | Path] = (),
        set: Sequence[str] = (),
        **options: Any,
    ) -> Outcome:
        """Install a chart. `values` count as a values file, after `values_files` and before `set` (`--set` texts).

        Raises `InstallFailed` once a record is written, another `ReleaseError` or a `ChartError` before that.
        """
        loaded, given = self._load(chart), self._values(values, values_files, set)
        chosen = _options(InstallOptions, "install", options)
        with self._operation(f"install    {_shown(loaded)} as {self.name}", given) as finish:
            return finish(self.engine.install(self.name, loaded, given, chosen))

    def upgrade(
        self,
        chart: ChartLike,
        *,
        values: Mapping[str, Any] | None = None,
        values_files: Sequence[str | Path] = (),
        set: Sequence[str] = (),
        **options: Any,
    ) -> Outcome:
        """Upgrade to a chart. Raises `UpgradeFailed` once a record is written, another `ReleaseError` or a `ChartError` before that."""
        loaded, given = self._load(chart), self._values(values, values_files, set)
        chosen = _options(UpgradeOptions, "upgrade", options)
        with self._operation(f"upgrade    {self.name} to {_shown(loaded)}", given) as finish:
            return finish(self.engine.upgrade(self.name, loaded, given, chosen))

    def rollback(self, revision: int = 0, **options: Any) -> Outcome:
        """Roll back to a revision (0: the one before the last). Raises `RollbackFailed` or another `ReleaseError`."""
        chosen = _options(RollbackOptions, "rollback", options)
        with self._operation(f"rollback   {self.name} to {revision or 'the previous revision'}") as finish:
            return finish(self.engine.rollback(self.name, revision, chosen))

    def uninstall(self, **options: Any) -> Outcome:
        """Uninstall. Raises `UninstallFailed` or another `ReleaseError`."""
        chosen = _options(UninstallOptions, "uninstall", options)
        last = self._last()
        with self._operation(f"uninstall  {self.name}") as finish:
            done = self.engine.uninstall(self.name, chosen)
            return finish(done.release or last)

    def reconcile(self) -> Sequence[str]:
        """One round of Argo CD's or Flux's controller without a new chart: which objects had drifted.

        They are corrected where `release.engine.self_heal` (Argo CD) or `.drift_detection = "enabled"` (Flux) says so.
        Raises `UnsupportedFeature` under Helm, which has no controller.
        """
        found = [change.key for change in reconcile(self.engine, self.name)]
        self.cluster.story.tell(f"reconcile  {self.name}: {', '.join(found) or 'nothing'} had drifted", [])
        return found

    @property
    def history(self) -> History:
        """The stored revisions, oldest first; empty for a release that does not exist."""
        try:
            return History(self.engine.history(self.name))
        except ReleaseNotFound:
            return History(())

    @property
    def status(self) -> str:
        """Status of the last revision. Raises `ReleaseNotFound`."""
        return self.engine.status(self.name).info.status

    @property
    def manifest(self) -> str:
        """The manifest of the last revision."""
        return self.engine.get_manifest(self.name)

    @property
    def notes(self) -> str:
        """The notes of the last revision."""
        return self.engine.get_notes(self.name)

    @property
    def values(self) -> JsonObject:
        """The user's values of the last revision."""
        return self.engine.get_values(self.name)

    def live(self, reference: str) -> LiveObject:
        """The live object `Kind/name`.

        Where nothing is called so, the one object of that kind in the release counts whose name begins with the release's name
        and ends in `name`, or whose label `app.kubernetes.io/name` is `name`.
        """
        found = self.cluster.live(reference, namespace=self.namespace)
        if found.exists:
            return found
        kind, name = split_reference(reference)
        candidates = [obj for obj in self._objects() if obj.get("kind") == kind.partition(".")[0]]
        named = nearest(name, self.name, candidates)
        return self.cluster.live(f"{kind}/{named}", namespace=self.namespace) if named else found

    def _objects(self) -> list[JsonObject]:
        """The objects of the last revision's manifest."""
        try:
            manifest = self.engine.get_manifest(self.name)
        except ReleaseError:
            return []
        return [obj for obj in yamlio.load_objects(manifest) if isinstance(obj, dict)]

    def _last(self) -> Record | None:
        try:
            return self.engine.status(self.name)
        except ReleaseError:
            return None

    def _load(self, chart: ChartLike) -> Chart:
        if isinstance(chart, Chart):
            return chart
        path = Path(chart)
        places = [path] if path.is_absolute() else [folder / path for folder in self.chart_folders]
        for place in places:
            if place.exists():
                return loader.load(place, flavour=self.cluster.flavour)
        raise NoSuchChart(f"no chart {str(chart)!r}; looked for {', '.join(map(str, places))}{_near(places)}")

    def _values(self, values: Mapping[str, Any] | None, files: Sequence[str | Path], set: Sequence[str]) -> JsonObject:
        merged = ValueOptions(files=tuple(str(self._file(each)) for each in files)).merge(flavour=self.cluster.flavour)
        merged = _laid_over(merged, as_file_values(values or {}))
        if not set:
            return merged
        from pytest_helmsim.chart import set_flags

        for text in set:
            set_flags.parse_into(text, merged)
        return merged

    def _file(self, path: str | Path) -> Path:
        places = [folder / path for folder in self.chart_folders] or [Path(path)]
        return next((place for place in places if place.exists()), Path(path))

    @contextmanager
    def _operation(self, title: str, values: JsonObject | None = None) -> Iterator[Callable[[Record | None], Outcome]]:
        """Collects what the engine does, tells the story, and gives a failure its outcome."""
        self._changes.clear()
        shown = f"{title} with {gojson.encode(values)}" if values else title

        def finish(record: Record | None) -> Outcome:
            outcome = Outcome.of(record, self._changes, self.cluster)
            self.cluster.story.tell(f"{shown}: {outcome.summary}", [*outcome.story(), *self.history.table()])
            return outcome

        try:
            yield finish
        except OperationFailed as error:
            outcome = Outcome.of(error.release, self._changes, self.cluster)
            error.outcome = outcome  # type: ignore[attr-defined]
            self.cluster.story.tell(f"{shown}: {error}", [*outcome.story(), *self.history.table()])
            raise
        except ReleaseError as error:
            self.cluster.story.tell(f"{shown}: refused: {error}", self.history.table())
            raise


def as_file_values(value: Json) -> Json:
    """Values of a test count as those of a values file: whole numbers are float64 to templates, as YAML's are."""
    if isinstance(value, Mapping):
        return {str(key): as_file_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_file_values(item) for item in value]
    if type(value) is int:
        return float(value)
    if value is None or isinstance(value, (bool, float, str)):
        return value
    raise BadReference(f"{value!r} ({type(value).__name__}) cannot stand in values: they are what YAML has")


def _laid_over(base: JsonObject, over: JsonObject) -> JsonObject:
    """Maps are merged deeply, everything else replaces."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = _laid_over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _options(cls: type[OptionsT], operation: str, given: Mapping[str, Any]) -> OptionsT:
    """The options of an operation; an unknown name is refused with the nearest ones, a time-out that is none with Go's words."""
    known = [each.name for each in fields(cls)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"; did you mean {', '.join(near)}?" if near else f"; it has {', '.join(sorted(known))}"
            raise NoSuchObject(f"{operation} has no option {name!r}{hint}")
    chosen = cls(**given)
    durations.seconds(given.get("timeout", 0))
    return chosen


def _shown(chart: Chart) -> str:
    return f"{chart.metadata.name} {chart.metadata.version}"


def _near(places: Sequence[Path]) -> str:
    for place in places:
        if place.parent.is_dir():
            names = sorted(each.name for each in place.parent.iterdir() if (each / "Chart.yaml").exists())
            if names:
                return f"; {place.parent} has {', '.join(names)}"
    return ""
