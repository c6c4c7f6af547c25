"""`helm dependency update` and `build`: fill `charts/` with what Chart.yaml asks for, and lock it.

`update(path, …)` picks versions anew and writes Chart.lock (requirements.lock for old charts) when its digest changes; `build(path, …)`
takes the locked versions and refuses a lock that is out of date. Sources: `file://` directories, the chart's own `charts/` (an empty
repository), and HTTP repositories, known ones by URL, `@name` or `alias:name`, through `repositories`. Without that, nothing but local
sources. Nothing in `charts/` is touched before every archive is there.

Source: helm.sh/helm pkg/downloader/manager.go, internal/resolver/resolver.go.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pytest_helmsim.chart import loader, model, package, repository
from pytest_helmsim.chart.errors import ChartError, DependencyError, RepositoryError
from pytest_helmsim.chart.model import Chart, Dependency, Lock
from pytest_helmsim.chart.registry import SCHEME, is_version
from pytest_helmsim.chart.repository import Repositories
from pytest_helmsim.chart.repository_file import Entry
from pytest_helmsim.chart.repository_http import Access, check_scheme
from pytest_helmsim.chart.repository_index import ChartVersion, Index
from pytest_helmsim.objects import gojson, yamlio
from pytest_helmsim.objects.clock import Clock, rfc3339
from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError

UNMANAGED: Final = "helm-manager-"
_FILE: Final = "file://"


def _say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Manager:
    """One run over the chart in the directory `path`.

    `say` gets what Helm prints, `log` what it logs; `skip_refresh` leaves cached indexes as they are.
    """

    path: str
    clock: Clock
    repositories: Repositories | None = None
    flavour: Flavour = HELM4
    say: Callable[[str], object] = _say_nothing
    log: Callable[[str], object] = _say_nothing
    skip_refresh: bool = False
    debug: bool = False
    access: Access = field(default_factory=Access)
    """The flags' credentials and certificates, which registries are asked with."""
    _sources: dict[str, str] = field(default_factory=dict)

    def update(self) -> Lock | None:
        """Resolve, pack and lock; the lock, or None for a chart that declares nothing."""
        return self._update(self._load())

    def _update(self, chart: Chart) -> Lock | None:
        declared = chart.metadata.dependencies
        if declared is None:
            return None
        self._name_sources(declared)
        self._fetch_unmanaged(declared)
        self._refresh()
        locked = self._resolve(declared)
        self._fetch_all(locked)
        lock = Lock(rfc3339(self.clock.now()), digest(declared, locked), locked)
        if chart.lock is None or chart.lock.digest != lock.digest:
            self._write_lock(chart, lock)
        return lock

    def build(self) -> Lock | None:
        """Fetch what the lock says; without a lock, the same as `update`."""
        chart = self._load()
        declared = chart.metadata.dependencies or []
        lock = chart.lock
        if lock is None:
            return self._update(chart)
        locked = lock.dependencies or []
        self._name_sources(declared)
        if digest(declared, locked) != lock.digest:
            self._refuse_lock(chart, lock)
        self._check_known(locked)
        self._refresh()
        self._fetch_all(locked)
        return lock

    def _load(self) -> Chart:
        if not os.path.exists(self.path):
            raise DependencyError(f"could not find {self.path}: stat {self.path}: no such file or directory")
        if not os.path.isdir(self.path):
            raise DependencyError("only unpacked charts can be updated")
        return loader.load_directory(self.path, flavour=self.flavour, check_version=False)

    def _refuse_lock(self, chart: Chart, lock: Lock) -> None:
        if chart.metadata.api_version != "v1":
            tail = "" if self.flavour == HELM3 else " with 'helm dependency update'"
            raise DependencyError(
                f"the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the dependencies{tail}"
            )
        self.log("warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...")
        if old_digest(chart.metadata.dependencies or []) != lock.digest:
            raise DependencyError(
                "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). "
                "Please update the dependencies"
            )

    def _known(self) -> list[Entry]:
        return self.repositories.known().entries if self.repositories is not None else []

    def _name_sources(self, declared: Sequence[Dependency]) -> None:
        """Find the repository of each dependency, and put its URL for `@name` and `alias:name`."""
        known = self._known()
        missing: list[str] = []
        for each in declared:
            if not each.repository:
                continue
            if each.repository.startswith(_FILE):
                local_path(each.repository, self.path)
                if self.debug:
                    self.say(f"Repository from local path: {each.repository}\n")
                self._sources[each.name] = each.repository
                continue
            if each.repository.startswith(SCHEME):
                self._sources[each.name] = each.repository
                continue
            alias = next((each.repository.removeprefix(mark) for mark in ("@", "alias:") if each.repository.startswith(mark)), None)
            entry = next((one for one in known if one.name == alias or repository.same_url(one.url, each.repository)), None)
            if entry is not None:
                if alias is not None:
                    each.repository = entry.url
                self._sources[each.name] = entry.name
            elif not urllib.parse.urlsplit(each.repository).scheme and not each.repository.startswith("/"):
                missing.append(each.repository)
        if missing:
            text = f"no repository definition for {', '.join(missing)}. Please add them via 'helm repo add'"
            if any("//" not in each and not each.startswith(("@", "alias:")) for each in missing):
                text += (
                    '\nNote that repositories must be URLs or aliases. For example, to refer to the "example"\n'
                    'repository, use "https://charts.example.com/" or "@example" instead of\n'
                    "\"example\". Don't forget to add the repo, too ('helm repo add')."
                )
            raise DependencyError(text)

    def _fetch_unmanaged(self, declared: Sequence[Dependency]) -> None:
        """Download the indexes of repositories that nobody has added."""
        entries = []
        for each in declared:
            if each.repository and each.name not in self._sources:
                name = UNMANAGED + hashlib.sha256(each.repository.encode()).hexdigest()
                self._sources[each.name] = name
                entries.append(Entry(name, each.repository))
        if entries and not self.skip_refresh:
            self.say("Getting updates for unmanaged Helm repositories...\n")
            self._download_indexes(entries)

    def _refresh(self) -> None:
        known = self._known()
        if known and not self.skip_refresh:
            self.say("Hang tight while we grab the latest from your chart repositories...\n")
            self._download_indexes(known)
            self.say("Update Complete. ⎈Happy Helming!⎈\n")

    def _download_indexes(self, entries: Sequence[Entry]) -> None:
        """One after the other, [4] each URL once, the last one of its name."""
        if self.flavour == HELM4:
            entries = list({each.url.removesuffix("/"): each for each in entries}.values())
        for each in entries:
            check_scheme(each.url)
        for each in entries:
            unmanaged = each.name.startswith(UNMANAGED)
            try:
                self._remote(each.url).download_index(each)
            except RepositoryError as error:
                shown = json.dumps(each.url) if unmanaged else json.dumps(each.name)
                place = "" if unmanaged else f" ({each.url})"
                self.say(f"...Unable to get an update from the {shown} chart repository{place}:\n\t{error}\n")
            else:
                self.say(f"...Successfully got an update from the {json.dumps(each.url if unmanaged else each.name)} chart repository\n")

    def _remote(self, url: str) -> Repositories:
        if self.repositories is None:
            raise UnsupportedFeature(f"the repository {url}", "put the chart into charts/ or use a file:// repository")
        return self.repositories

    def _resolve(self, declared: Sequence[Dependency]) -> list[Dependency]:
        locked: list[Dependency] = []
        missing: list[str] = []
        for each in declared:
            constraint = _constraint(each)
            if not each.repository:
                local_path(posixpath.join("charts", each.name), self.path)
                locked.append(Dependency(name=each.name, version=each.version))
                continue
            version = self._version(each, constraint)
            if version is None:
                missing.append(f"{_quoted(each.name)} (repository {_quoted(each.repository)}, version {_quoted(each.version)})")
            else:
                locked.append(Dependency(name=each.name, version=version, repository=each.repository))
        if missing:
            raise DependencyError(
                f"can't get a valid version for {len(missing)} subchart(s): {', '.join(missing)}. Make sure a matching chart version "
                "exists in the repo, or change the version constraint in Chart.yaml"
            )
        return locked

    def _version(self, entry: Dependency, constraint: Constraint) -> str | None:
        """The version of a dependency that fits; None when none does."""
        if entry.repository.startswith(_FILE):
            chart = loader.load_directory(local_path(entry.repository, self.path), flavour=self.flavour, check_version=False)
            return chart.metadata.version if _fits(constraint, chart.metadata.version) else None
        source = self._sources[entry.name]
        if entry.repository.startswith(SCHEME):
            return self._tag(entry, constraint)
        try:
            index = self._remote(entry.repository).cached_index(source)
        except RepositoryError as error:
            raise RepositoryError(f"no cached repository for {source} found. (try 'helm repo update'): {error}") from error
        versions = index.entries.get(entry.name)
        if versions is None:
            raise RepositoryError(f"{entry.name} chart not found in repo {entry.repository}")
        return next((each.version for each in versions if each.urls and _fits(constraint, each.version)), None)

    def _tag(self, entry: Dependency, constraint: Constraint) -> str:
        """The newest tag in the range; a plain version, and a range that fits nothing, stay as they are, to fail when they are fetched."""
        if is_version(entry.version):
            return entry.version
        try:
            tags = self._remote(entry.repository).oci_tags(f"{entry.repository}/{entry.name}", self.access)
        except RepositoryError as error:
            raise RepositoryError(f"could not retrieve list of tags for repository {entry.repository}: {error}") from error
        return next((each for each in tags if _fits(constraint, each)), entry.version)

    def _check_known(self, locked: Sequence[Dependency]) -> None:
        known = self._known()
        missing = [
            each.repository
            for each in locked
            if each.repository
            and not each.repository.startswith((_FILE, SCHEME))
            and not any(repository.same_url(one.url, each.repository.removesuffix("/")) for one in known)
        ]
        if missing:
            names = ", ".join(missing)
            raise DependencyError(f"no repository definition for {names}. Please add the missing repos via 'helm repo add'")

    def _fetch_all(self, locked: Sequence[Dependency]) -> None:
        """Every archive first, then `charts/` is changed."""
        indexes = {each.name: (each, self._remote(each.url).cached_index(each.name)) for each in self._known()}
        folder = Path(self.path) / "charts"
        if folder.exists() and not folder.is_dir():
            raise DependencyError(f"{_quoted(str(folder))} is not a directory")
        folder.mkdir(parents=True, exist_ok=True)
        self.say(f"Saving {len(locked)} charts\n")
        archives: dict[str, bytes] = {}
        seen: set[str] = set()
        for each in locked:
            if not each.repository:
                self.say(f"Dependency {each.name} did not declare a repository. Assuming it exists in the charts directory\n")
            try:
                self._fetch(each, folder, indexes, archives, seen)
            except _SaveError as error:
                self.say(f"Save error occurred:  {error}\n")
                raise DependencyError(str(error)) from error
        self._store(folder, archives, {each.name for each in locked if not each.repository})

    def _fetch(
        self,
        entry: Dependency,
        folder: Path,
        indexes: dict[str, tuple[Entry, Index]],
        archives: dict[str, bytes],
        seen: set[str],
    ) -> None:
        if not entry.repository:
            _check_present(entry, folder / entry.name, self.flavour)
            return
        if entry.repository.startswith(_FILE):
            if self.debug:
                self.say(f"Archiving {entry.name} from repo {entry.repository}\n")
            try:
                chart = loader.load_directory(local_path(entry.repository, self.path), flavour=self.flavour, check_version=False)
                constraint = _constraint(entry, shown=entry.name)
                if not _fits(constraint, chart.metadata.version):
                    raise DependencyError(f"can't get a valid version for dependency {entry.name}")
                name = package.archive_name(chart)
            except ChartError as error:
                raise _SaveError(str(error)) from error
            archives[name] = package.pack(chart, modified=self.clock.now(), flavour=self.flavour)
            entry.version = chart.metadata.version
            return
        try:
            url, access = self._find(entry, indexes)
        except ChartError as error:
            raise _SaveError(f"could not find : {error}") from error
        is_oci = url.startswith(SCHEME)
        if url in seen and not is_oci:
            self.say(f"Already downloaded {entry.name} from repo {entry.repository}\n")
            return
        self.say(f"Downloading {entry.name} from repo {entry.repository}\n")
        try:
            found = self._remote(url).resolve(url, entry.version if is_oci else "", access)
            archives[repository.archive_name(found.url)] = self._remote(url).fetch_archive(found)
        except ChartError as error:
            raise _SaveError(f"could not download {url}: {error}") from error
        seen.add(url)

    def _find(self, entry: Dependency, indexes: dict[str, tuple[Entry, Index]]) -> tuple[str, Access]:
        """The archive's URL, by the index of a known repository or by asking."""
        if entry.repository.startswith(SCHEME):
            return f"{entry.repository}/{entry.name}", self.access
        for known, index in indexes.values():
            if repository.same_url(known.url, entry.repository):
                versions = index.entries.get(entry.name)
                if versions is None:
                    raise RepositoryError("entry not found")
                return repository.resolve_url(entry.repository, _exact(entry.version, versions).urls[0]), known.access()
        try:
            return self._remote(entry.repository).find_in(entry.repository, entry.name, entry.version, Access()), Access()
        except RepositoryError as error:
            raise RepositoryError(f"chart {entry.name} not found in {entry.repository}: {error}") from error

    def _store(self, folder: Path, archives: dict[str, bytes], local: set[str]) -> None:
        """Put the archives in place, and remove those of charts that are not asked for any more."""
        before = sorted(each for each in folder.iterdir() if not each.is_dir())
        for name, data in archives.items():
            try:
                loader.load_files(loader.read_archive(data, flavour=self.flavour), flavour=self.flavour)
            except ChartError as error:
                self.say(f"Could not verify {folder.parent / name} for moving: {error} (Skipping)")
                continue
            repository.write(folder / name, data)
        self.say("Deleting outdated charts\n")
        for old in before:
            if old.name in archives:
                continue
            try:
                chart = loader.load_file(str(old), flavour=self.flavour, check_version=False)
            except ChartError as error:
                self.say(f"Could not verify {old} for deletion: {error} (Skipping)\n")
                continue
            if chart.name not in local:
                old.unlink()

    def _write_lock(self, chart: Chart, lock: Lock) -> None:
        name = "requirements.lock" if chart.metadata.api_version == "v1" else "Chart.lock"
        target = Path(self.path) / name
        if target.is_symlink():
            raise DependencyError(f"the {name} file is a symlink to {_quoted(os.readlink(target))}")
        target.write_text(lock_text(lock), encoding="utf-8", newline="")


class _SaveError(ChartError):
    """An archive that could not be had; it is said twice."""


def update(path: str, *, clock: Clock, repositories: Repositories | None = None, flavour: Flavour = HELM4) -> Lock | None:
    """`Manager.update` without words."""
    return Manager(path, clock, repositories=repositories, flavour=flavour).update()


def build(path: str, *, clock: Clock, repositories: Repositories | None = None, flavour: Flavour = HELM4) -> Lock | None:
    """`Manager.build` without words."""
    return Manager(path, clock, repositories=repositories, flavour=flavour).build()


def digest(declared: Sequence[Dependency], locked: Sequence[Dependency]) -> str:
    """What the lock remembers of both sides."""
    sides = (f"[{_encoded(side)}]" for side in (declared, locked))
    return "sha256:" + hashlib.sha256(f"[{','.join(sides)}]".encode()).hexdigest()


def old_digest(declared: Sequence[Dependency]) -> str:
    """What locks of Helm 2 remember."""
    return "sha256:" + hashlib.sha256(f'{{"dependencies":[{_encoded(declared)}]}}'.encode()).hexdigest()


def _encoded(entries: Sequence[Dependency]) -> str:
    return ",".join(gojson.encode_fields(model.dependency_json(each).items()) for each in entries)


def lock_text(lock: Lock) -> str:
    """A lock as its file's text."""
    entries = [model.dependency_json(each) for each in lock.dependencies or ()]
    return yamlio.dump({"dependencies": entries, "digest": lock.digest, "generated": lock.generated})


def local_path(place: str, chart_path: str) -> str:
    """The directory of a `file://` repository; raises when it is not there."""
    path = os.path.normpath(os.path.join(chart_path, place.removeprefix(_FILE)))
    if not os.path.exists(path):
        raise DependencyError(f"directory {path} not found")
    return path


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _constraint(entry: Dependency, *, shown: str = "") -> Constraint:
    try:
        return Constraint.parse(entry.version)
    except VersionError as error:
        raise DependencyError(f"dependency {shown or _quoted(entry.name)} has an invalid version/constraint format: {error}") from error


def _fits(constraint: Constraint, version: str) -> bool:
    try:
        return constraint.check(Version.parse(version))
    except VersionError:
        return False


def _exact(version: str, versions: Sequence[ChartVersion]) -> ChartVersion:
    for each in versions:
        if each.urls and (not version or _equal(version, each.version)):
            return each
    raise RepositoryError("no matching version")


def _equal(a: str, b: str) -> bool:
    try:
        first = Version.parse(a)
    except VersionError:
        return a == b
    try:
        return first.compare(Version.parse(b)) == 0
    except VersionError:
        return False


def _check_present(entry: Dependency, folder: Path, flavour: Flavour) -> None:
    """A dependency without repository must lie in `charts/` in a version that fits."""
    try:
        chart = loader.load_directory(str(folder), flavour=flavour, check_version=False)
    except ChartError as error:
        raise DependencyError(f"unable to load chart '{folder}': {error}") from error
    if not _fits(_constraint(entry, shown=entry.name), chart.metadata.version):
        raise _SaveError(f"dependency {entry.name} at version {chart.metadata.version} does not satisfy the constraint {entry.version}")
