"""`helm dependency update` and `build`: fill `charts/` with what Chart.yaml asks for, and lock it.

`update(path, …)` picks versions anew and writes Chart.lock (requirements.lock for old charts) when its digest changes; `build(path, …)`
takes the locked versions and refuses a lock that is out of date. Repositories: `file://` directories, the chart's own `charts/` (an empty
repository), and what `find` knows. Nothing is written before every dependency is found.

Source: helm.sh/helm pkg/downloader/manager.go, internal/resolver/resolver.go.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_helmsim.chart import dependencies, loader, model, package
from pytest_helmsim.chart.errors import DependencyError
from pytest_helmsim.chart.model import Chart, Dependency, Lock
from pytest_helmsim.objects import gojson, yamlio
from pytest_helmsim.objects.clock import Clock, rfc3339
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.template.functions.versions import Constraint, VersionError

Find = Callable[[str, str, str], tuple[str, bytes]]
"""Repository, name and version range to the version found and its archive; DependencyError when there is none."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A locked dependency and its archive; None for a chart that lies in `charts/` already."""

    locked: Dependency
    archive: bytes | None


def update(path: str, *, clock: Clock, find: Find | None = None, flavour: Flavour = HELM4) -> Lock | None:
    """Resolve, pack and lock; the lock, or None for a chart without dependencies."""
    chart = loader.load_directory(path, flavour=flavour, check_version=False)
    declared = chart.metadata.dependencies
    if not declared:
        return None
    found = [_locate(path, each, each.version, find, clock, flavour) for each in declared]
    missing = [each for each in found if isinstance(each, str)]
    if missing:
        raise DependencyError(
            f"can't get a valid version for {len(missing)} subchart(s): {', '.join(missing)}. Make sure a matching chart version exists in "
            "the repo, or change the version constraint in Chart.yaml"
        )
    resolved = [each for each in found if isinstance(each, _Found)]
    locked = [each.locked for each in resolved]
    lock = Lock(rfc3339(clock.now()), digest(declared, locked), locked)
    _store(path, resolved)
    if chart.lock is None or chart.lock.digest != lock.digest:
        (Path(path) / _lock_name(chart)).write_text(lock_text(lock))
    return lock


def build(path: str, *, clock: Clock, find: Find | None = None, flavour: Flavour = HELM4) -> Lock | None:
    """Fetch what the lock says; without a lock, the same as `update`."""
    chart = loader.load_directory(path, flavour=flavour, check_version=False)
    declared = chart.metadata.dependencies or []
    lock = chart.lock
    if lock is None:
        return update(path, clock=clock, find=find, flavour=flavour)
    locked = lock.dependencies or []
    if digest(declared, locked) != lock.digest:
        tail = "" if flavour == HELM3 else " with 'helm dependency update'"
        yaml_name = "Chart.yaml" if _lock_name(chart) == "Chart.lock" else "requirements.yaml"
        raise DependencyError(
            f"the lock file ({_lock_name(chart)}) is out of sync with the dependencies file ({yaml_name}). "
            f"Please update the dependencies{tail}"
        )
    found = [_locate(path, each, each.version, find, clock, flavour) for each in locked]
    for each in found:
        if isinstance(each, str):
            raise DependencyError(f"can't get a valid version for 1 subchart(s): {each}")
    _store(path, [each for each in found if isinstance(each, _Found)])
    return lock


def digest(declared: Sequence[Dependency], locked: Sequence[Dependency]) -> str:
    """What the lock remembers of both sides."""
    sides = (
        "[" + ",".join(gojson.encode_fields(model.dependency_json(each).items()) for each in side) + "]" for side in (declared, locked)
    )
    return "sha256:" + hashlib.sha256(f"[{','.join(sides)}]".encode()).hexdigest()


def lock_text(lock: Lock) -> str:
    """A lock as its file's text."""
    entries = [model.dependency_json(each) for each in lock.dependencies or ()]
    return yamlio.dump({"dependencies": entries, "digest": lock.digest, "generated": lock.generated})


def _lock_name(chart: Chart) -> str:
    return "requirements.lock" if chart.metadata.api_version == "v1" else "Chart.lock"


def _locate(path: str, entry: Dependency, version: str, find: Find | None, clock: Clock, flavour: Flavour) -> _Found | str:
    """The dependency, or a text that names it when no version fits."""
    try:
        Constraint.parse(version)
    except VersionError as error:
        raise DependencyError(f"dependency {json.dumps(entry.name)} has an invalid version/constraint format: {error}") from error
    if not entry.repository:
        _existing(os.path.join(path, "charts", entry.name))
        return _Found(Dependency(name=entry.name, version=version), None)
    if entry.repository.startswith("file://"):
        place = entry.repository.removeprefix("file://")
        chart = loader.load_directory(_existing(os.path.join(path, place)), flavour=flavour, check_version=False)
        if not dependencies.is_compatible(version, chart.metadata.version):
            return f"{json.dumps(entry.name)} (repository {json.dumps(entry.repository)}, version {json.dumps(version)})"
        archive = package.pack(chart, modified=clock.now())
        return _Found(Dependency(name=entry.name, version=chart.metadata.version, repository=entry.repository), archive)
    if find is None:
        raise UnsupportedFeature(f"the repository {entry.repository}", "put the chart into charts/ or use a file:// repository")
    exact, archive = find(entry.repository, entry.name, version)
    return _Found(Dependency(name=entry.name, version=exact, repository=entry.repository), archive)


def _existing(path: str) -> str:
    place = os.path.normpath(path)
    if not os.path.exists(place):
        raise DependencyError(f"directory {place} not found")
    return place


def _store(path: str, found: Sequence[_Found]) -> None:
    """Write the archives, and remove older ones of the same charts."""
    folder = Path(path) / "charts"
    folder.mkdir(exist_ok=True)
    kept = {f"{each.locked.name}-{each.locked.version}.tgz" for each in found if each.archive is not None}
    for each in found:
        if each.archive is None:
            continue
        target = folder / f"{each.locked.name}-{each.locked.version}.tgz"
        if target.parent != folder:
            raise DependencyError(f"{target.name} is no name for an archive")
        target.write_bytes(each.archive)
        for old in folder.glob(f"{each.locked.name}-[0-9]*.tgz"):
            if old.name not in kept:
                old.unlink()
