"""Chart repositories on the command line: `repo add|list|update|remove|index`, `search repo`, `pull`.

Source: helm.sh/helm/v4 pkg/cmd/repo*.go, search_repo.go, search/search.go, pull.go; pkg/action/pull.go.
"""

from __future__ import annotations

import functools
import getpass
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from pytest_helmsim.chart import package, repository_index
from pytest_helmsim.chart.errors import ChartError, RepositoryError
from pytest_helmsim.chart.repository import Repositories, write
from pytest_helmsim.chart.repository_file import Entry, RepositoryFile
from pytest_helmsim.chart.repository_http import check_scheme
from pytest_helmsim.chart.repository_index import ChartVersion, Index
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import document, out
from pytest_helmsim.cli.tables import table
from pytest_helmsim.objects import gojson
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import HelmsimError, UnsupportedFeature
from pytest_helmsim.template.functions import regexes
from pytest_helmsim.template.functions.versions import Constraint, Version, VersionError

GONE = {
    "//kubernetes-charts.storage.googleapis.com": "https://charts.helm.sh/stable",
    "//kubernetes-charts-incubator.storage.googleapis.com": "https://charts.helm.sh/incubator",
}
SEPARATOR = "\v"
LOCK_SECONDS = 30
MAX_SCORE = 25


class RepositoryFailed(HelmsimError):
    """What a command on repositories refuses, in Helm's words."""


def add(arguments: list[str], options: Options) -> None:
    """Download a repository's index and remember the repository."""
    name, url = arguments
    if not options.allow_deprecated_repos:
        for old, new in GONE.items():
            if old in url:
                raise RepositoryFailed(f"repo {json.dumps(url)} is no longer available; try {json.dumps(new)} instead")
    repositories = args.repositories(options)
    config = repositories.places.config
    config.parent.mkdir(parents=True, exist_ok=True)
    with locked(config):
        known = RepositoryFile.read(config) or RepositoryFile()
        entry = Entry(
            name,
            url,
            username=options.username,
            password=password_of(options),
            cert_file=options.cert_file,
            key_file=options.key_file,
            ca_file=options.ca_file,
            insecure=options.insecure_skip_tls_verify,
            pass_credentials=options.pass_credentials,
        )
        if "/" in name:
            raise RepositoryFailed(f"repository name ({name}) contains '/', please specify a different name without '/'")
        existing = known.get(name)
        if existing is not None and not options.force_update:
            if existing != entry:
                raise RepositoryFailed(f"repository name ({name}) already exists, please specify a different name")
            out(f"{json.dumps(name)} already exists with the same configuration, skipping\n")
            return
        check_scheme(url)
        try:
            repositories.download_index(entry, timeout=options.timeout / 1e9)
        except RepositoryError as error:
            reason = f"looks like {json.dumps(url)} is not a valid chart repository or cannot be reached: {error}"
            raise RepositoryFailed(reason) from error
        known.put(entry)
        known.write(config)
    out(f"{json.dumps(name)} has been added to your repositories\n")


def password_of(options: Options) -> str:
    """`--password`, or what standard input or the terminal says when there is a user without one."""
    password: str = options.password
    if not options.username or password:
        return password
    if options.password_stdin:
        return sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        out("Password: \n")
        raise RepositoryFailed("inappropriate ioctl for device")
    return getpass.getpass("Password: ")


@contextmanager
def locked(config: Path) -> Iterator[None]:
    """Hold the lock beside repositories.yaml that Helm takes, too; raises when somebody else keeps it."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    clock = RealClock()
    with open(config.with_suffix(".lock") if config.suffix else Path(f"{config}.lock"), "a") as stream:
        for _ in range(LOCK_SECONDS):
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                clock.sleep(1)
        else:
            raise RepositoryFailed("context deadline exceeded")
        try:
            yield
        finally:
            fcntl.flock(stream, fcntl.LOCK_UN)


def readable(repositories: Repositories) -> RepositoryFile:
    """repositories.yaml, as the commands see it that take a broken one for none."""
    try:
        return repositories.known()
    except RepositoryError:
        return RepositoryFile()


def list_repositories(arguments: list[str], options: Options) -> None:
    """Names and URLs."""
    del arguments
    entries = readable(args.repositories(options)).entries
    if options.output != "table":
        document([{"name": each.name, "url": each.url} for each in entries], options.output)
        return
    if not entries:
        if not options.is_helm4:
            raise RepositoryFailed("no repositories to show")
        click.echo("no repositories to show", err=True)
        return
    header = () if options.get("no_headers") else ("NAME", "URL")
    out(table(header, [(each.name, each.url) for each in entries]))


def remove(names: list[str], options: Options) -> None:
    """Forget repositories and their cached indexes."""
    repositories = args.repositories(options)
    places = repositories.places
    known = readable(repositories)
    if not known.entries:
        raise RepositoryFailed("no repositories configured")
    for name in names:
        if not known.remove(name):
            raise RepositoryFailed(f"no repo named {json.dumps(name)} found")
        known.write(places.config)
        for file in (places.charts_file(name), places.index_file(name)):
            file.unlink(missing_ok=True)
        out(f"{json.dumps(name)} has been removed from your repositories\n")


def update(names: list[str], options: Options) -> None:
    """Download the indexes of all known repositories, or of the named ones."""
    repositories = args.repositories(options)
    config = repositories.places.config
    try:
        known = repositories.known().entries
    except RepositoryError as error:
        raise RepositoryFailed(f"failed loading file: {config}: {error}") from error
    if not known:
        raise RepositoryFailed("no repositories found. You must add one before updating")
    for name in names:
        if name not in [each.name for each in known]:
            raise RepositoryFailed(f"no repositories found matching '{name}'.  Nothing will be updated")
    chosen = [each for each in known if not names or each.name in names]
    for each in chosen:
        check_scheme(each.url)
    out("Hang tight while we grab the latest from your chart repositories...\n")
    failed = []
    for each in chosen:
        try:
            repositories.download_index(each, timeout=options.timeout / 1e9)
        except RepositoryError as error:
            out(f"...Unable to get an update from the {json.dumps(each.name)} chart repository ({each.url}):\n\t{error}\n")
            failed.append(each.url)
        else:
            out(f"...Successfully got an update from the {json.dumps(each.name)} chart repository\n")
    if failed and (options.is_helm4 or options.fail_on_repo_update_fail):
        word = "failed" if options.is_helm4 else "Failed"
        raise RepositoryFailed(f"{word} to update the following repositories: [{' '.join(failed)}]")
    out("Update Complete. ⎈Happy Helming!⎈\n")


def index(arguments: list[str], options: Options) -> None:
    """Write index.yaml into a folder of archives; with `--merge`, what that index has besides is kept."""
    folder = Path(os.path.abspath(arguments[0]))
    clock = RealClock()
    made = repository_index.index_folder(folder, clock=clock, base_url=options.url, flavour=args.flavour_of(options))
    if options.merge:
        other = Path(options.merge)
        if other.exists():
            try:
                made.merge(Index.read(other))
            except RepositoryError as error:
                raise RepositoryFailed(f"merge failed: {error}") from error
        else:
            _write_index(Index(generated=made.generated), other, options)
    made.sort()
    _write_index(made, folder / repository_index.FILE_NAME, options)


def _write_index(made: Index, path: Path, options: Options) -> None:
    write(path, (made.dump_json() if options.json else made.dump()).encode("utf-8", "surrogateescape"), make=False)


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a search."""

    name: str
    chart: ChartVersion
    score: int = 0


def search(words: list[str], options: Options) -> None:
    """Charts of the known repositories that match a keyword, the newest version in the range of each."""
    asked = options.version or (">0.0.0-0" if options.devel else ">0.0.0")
    repositories = args.repositories(options)
    known = readable(repositories).entries
    if not known:
        raise RepositoryFailed("no repositories configured")
    charts = list(_charts(repositories, known, options))
    found = matching(charts, " ".join(words), options) if words else [Found(name, chart) for name, chart in charts]
    found.sort(key=functools.cmp_to_key(_by_score))
    shown = newest(found, asked, every=options.versions)
    if not shown and options.fail_on_no_result:
        raise RepositoryFailed("no results found")
    keys = ("name", "version", "app_version", "description")
    if options.output == "json":
        out(f"[{','.join(gojson.encode_fields(zip(keys, _row(each), strict=True)) for each in shown)}]\n")
    elif options.output == "yaml":
        document([dict(zip(keys, row, strict=True)) for row in map(_row, shown)], "yaml")
    elif not shown:
        out("No results found\n")
    else:
        out(table(("NAME", "CHART VERSION", "APP VERSION", "DESCRIPTION"), [_row(each) for each in shown], options.max_col_width))


def _row(found: Found) -> tuple[str, str, str, str]:
    metadata = found.chart.metadata
    return found.name, metadata.version, metadata.app_version, metadata.description


def _charts(repositories: Repositories, known: list[Entry], options: Options) -> Iterator[tuple[str, ChartVersion]]:
    """Every version (only the newest when no version is asked for), under `repo/name`."""
    for entry in known:
        try:
            cached = repositories.cached_index(entry.name)
        except RepositoryError as error:
            if options.is_helm4:
                args.warn("repo is corrupt or missing", {"repo": entry.name, "error": str(error)}, options)
            else:
                click.echo(f"WARNING: Repo {json.dumps(entry.name)} is corrupt or missing. Try 'helm repo update'.", err=True)
                click.echo(f"WARNING: {error}", err=True)
            continue
        for name, versions in cached.entries.items():
            # Helm asks for all versions as soon as there is a range, and there always is one.
            for each in versions:
                yield f"{entry.name}/{name}", each


def matching(charts: list[tuple[str, ChartVersion]], term: str, options: Options) -> list[Found]:
    """The charts with the term in name, description or keywords; what is found earlier scores better."""
    if options.regexp:
        try:
            pattern = regexes.compile(term)
        except regexes.RegexError as error:
            raise RepositoryFailed(str(error)) from error
    result = []
    for name, chart in charts:
        metadata = chart.metadata
        repository = name.partition("/")[0]
        parts = (metadata.name, f"{repository}/{metadata.name}", metadata.description, " ".join(metadata.keywords or ()))
        line = SEPARATOR.join(parts)
        if options.regexp:
            match = pattern.search(line)
            place = -1 if match is None else match.start()
        else:
            line = line.lower()
            place = line.find(term.lower())
        if place >= 0 and (score := line.count(SEPARATOR, 0, place)) < MAX_SCORE:
            result.append(Found(name, chart, score))
    return result


def _by_score(a: Found, b: Found) -> int:
    if a.score != b.score:
        return a.score - b.score
    if a.name != b.name:
        return -1 if a.name < b.name else 1
    try:
        return Version.parse(b.chart.version).compare(Version.parse(a.chart.version))
    except VersionError:
        return 0


def newest(found: list[Found], asked: str, *, every: bool) -> list[Found]:
    """What is in the range; of each chart only the first, unless `every` one is asked for."""
    try:
        constraint = Constraint.parse(asked)
    except VersionError as error:
        raise RepositoryFailed(f"an invalid version/constraint format: {error}") from error
    shown, seen = [], set()
    for each in found:
        if not every and each.name in seen:
            continue
        try:
            fits = constraint.check(Version.parse(each.chart.version))
        except VersionError:
            continue
        if fits:
            shown.append(each)
            seen.add(each.name)
    return shown


def pull(references: list[str], options: Options) -> None:
    """Download archives, and unpack them with `--untar`."""
    if options.verify:
        raise UnsupportedFeature("provenance files (--verify)", "fetch the file with --prov and verify with gpg")
    if options.prov and any(each.startswith("oci://") for each in references):
        raise UnsupportedFeature("provenance files of registries (--prov)", "leave the flag out, and fetch the layer with oras")
    version = options.version or (">0.0.0-0" if options.devel else "")
    for reference in references:
        _pull(reference, version, options)


def _pull(reference: str, version: str, options: Options) -> None:
    repositories = args.repositories(options)
    access = args.access_of(options)
    source = reference
    if options.repo:
        source = repositories.find_in(options.repo, reference, version, access)
        access = replace(access, url=source)
    unsigned = out if options.prov else None
    if not options.untar:
        repositories.download(source, version, access, Path(options.destination), unsigned=unsigned)
        return
    with tempfile.TemporaryDirectory(prefix="helm-") as scratch:
        saved = repositories.download(source, version, access, Path(scratch), unsigned=unsigned)
        folder = os.path.normpath(os.path.join(options.destination, options.untardir))
        name = reference.rpartition("/")[2]
        check = name if folder == "." else os.path.normpath(os.path.join(folder, name))
        if os.path.exists(check):
            raise RepositoryFailed(f"failed to untar: a file or directory with the name {check} already exists")
        try:
            os.makedirs(check, exist_ok=True)
        except OSError as error:
            raise RepositoryFailed(f"failed to untar (mkdir): mkdir {check}: {(error.strerror or str(error)).lower()}") from error
        try:
            package.expand(saved.read_bytes(), Path(folder), flavour=args.flavour_of(options))
        except ChartError as error:
            raise RepositoryFailed(str(error)) from error
