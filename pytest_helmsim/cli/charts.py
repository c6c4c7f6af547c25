"""What works on charts alone: `lint`, `show`, `package`, `dependency list|update|build`.

Source: helm.sh/helm/v4 pkg/cmd and pkg/action: lint.go, show.go, package.go, dependency*.go.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from pytest_helmsim.chart import dependency_list, lint, loader, package, show, show_jsonpath
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.dependency_update import Manager
from pytest_helmsim.chart.errors import ChartError, DependencyError
from pytest_helmsim.chart.package import expand
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli import debuglines
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import out, quoted
from pytest_helmsim.cli.tables import table
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import HelmsimError, UnsupportedFeature
from pytest_helmsim.template.functions.versions import Version, VersionError


class ChartFailed(HelmsimError):
    """A chart that the command refuses, in Helm's words."""


def lint_charts(paths: list[str], options: Options) -> None:
    """Print what is wrong with each chart; raises `ChartFailed` with the summary when any has errors."""
    paths = paths or ["."]
    if options.kube_version:
        Capabilities.default(args.flavour_of(options)).with_kube_version(options.kube_version)
    if options.with_subcharts:
        paths = [*paths, *(each for path in paths for each in subcharts(Path(path) / "charts"))]
    values = args.values_of(options)
    failed = noticed = 0
    text: list[str] = []
    for path in paths:
        messages, problem = _lint(path, values, options)
        worst = {each.severity for each in messages}
        is_bad = bool(problem) or "ERROR" in worst or (options.strict and "WARNING" in worst)
        has_more = is_bad or "WARNING" in worst
        noticed += has_more
        failed += is_bad
        if options.quiet and not has_more:
            continue
        text.append(f"==> Linting {path}\n")
        if not messages and problem:
            text.append(f"Error {problem}\n")
        text.extend(f"{each}\n" for each in messages if not options.quiet or each.severity != "INFO")
        text.append("\n")
    out("".join(text))
    summary = f"{len(paths)} chart(s) linted, {failed} chart(s) failed"
    if failed:
        raise ChartFailed(summary)
    if not options.quiet or noticed:
        out(f"{summary}\n")


def subcharts(folder: Path) -> Iterator[str]:
    """The charts below a folder, directories and archives, in the order of a walk."""
    try:
        entries = sorted(folder.iterdir(), key=lambda each: os.fsencode(each.name))
    except OSError:
        return
    for each in entries:
        if each.is_dir() and not each.is_symlink():
            yield from subcharts(each)
        elif each.name == "Chart.yaml":
            yield str(each.parent)
        elif each.name.endswith((".tgz", ".tar.gz")):
            yield str(each)


def _lint(path: str, values: dict[str, object], options: Options) -> tuple[list[lint.Message], str]:
    """The messages, or why there are none."""
    flavour = args.flavour_of(options)
    try:
        with tempfile.TemporaryDirectory(prefix="helm-lint") as scratch:
            folder = path
            if path.endswith((".tgz", ".tar.gz")):
                try:
                    data = Path(path).read_bytes()
                except OSError as error:
                    reason = (error.strerror or str(error)).lower()
                    return [], f"unable to open tarball: open {path}: {reason}"
                try:
                    folder = str(expand(data, Path(scratch), flavour=flavour))
                except ChartError as error:
                    return [], f"unable to extract tarball: {error}"
            return (
                lint.lint(
                    folder,
                    values,
                    namespace=args.namespace_of(options),
                    kube_version=options.kube_version,
                    skip_schema_validation=options.skip_schema_validation,
                    flavour=flavour,
                ),
                "",
            )
    except ChartError as error:
        return [], str(error)


def show_all(arguments: list[str], options: Options) -> None:
    """Chart.yaml, values, README and CRDs."""
    _show(arguments, options, "all")


def show_chart(arguments: list[str], options: Options) -> None:
    """Chart.yaml as it was understood."""
    _show(arguments, options, "chart")


def show_values(arguments: list[str], options: Options) -> None:
    """values.yaml, or what `--jsonpath` takes from it."""
    _show(arguments, options, "values")


def show_readme(arguments: list[str], options: Options) -> None:
    """The README."""
    _show(arguments, options, "readme")


def show_crds(arguments: list[str], options: Options) -> None:
    """The files of crds/."""
    _show(arguments, options, "crds")


def _show(arguments: list[str], options: Options, part: show.Part) -> None:
    flavour = args.flavour_of(options)
    debuglines.version(options, file="show.go", lines=(214, 216))
    chart = loader.load(args.locate(arguments[0], options), flavour=flavour, check_version=False)
    if part == "values" and options.jsonpath:
        if chart.values is not None:
            out(show_jsonpath.render(options.jsonpath, chart.values))
        return
    out(show.show(chart, part, flavour=flavour))


def package_charts(paths: list[str], options: Options) -> None:
    """Pack each chart into `--destination`."""
    if not paths:
        raise ChartFailed("need at least one argument, the path to the chart")
    modified = source_date_epoch() if options.is_helm4 else None
    if options.sign:
        if not options.key:
            raise ChartFailed("--key is required for signing a package")
        raise UnsupportedFeature("signing packages (--sign)", "leave the flag out, and sign the archive with gpg")
    for path in paths:
        if not os.path.exists(path):
            raise ChartFailed(f"stat {path}: no such file or directory")
        full = os.path.abspath(path)
        if options.dependency_update:
            known, flavour = args.repositories(options), args.flavour_of(options)
            Manager(full, RealClock(), repositories=known, flavour=flavour, access=args.access_of(options)).update()
        saved = _package(full, options, modified)
        out(f"Successfully packaged chart and saved it to: {saved}\n")


def _package(path: str, options: Options, modified: float | None) -> str:
    flavour = args.flavour_of(options)
    chart = loader.load_directory(path, flavour=flavour)
    if options.version:
        chart.metadata.version = options.version
    try:
        Version.parse(chart.metadata.version)
    except VersionError as error:
        raise ChartFailed(str(error)) from error
    if options.app_version:
        chart.metadata.app_version = options.app_version
    declared = chart.metadata.dependencies
    if declared or (declared is not None and not options.is_helm4):
        present = {each.name for each in chart.dependencies}
        missing = [each.name for each in declared if each.name not in present]
        if missing:
            raise DependencyError(f"found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}")
    folder = Path.cwd() if options.destination == "." else Path(options.destination)
    try:
        saved = package.save(chart, folder, modified=RealClock().now() if modified is None else modified, flavour=flavour)
    except (ChartError, OSError) as error:
        raise ChartFailed(f"failed to save: {error}") from error
    return os.path.normpath(saved)


def verify(arguments: list[str], options: Options) -> None:
    """Refused for a packed chart; said at once for what can have no signature."""
    del options
    (path,) = arguments
    if not os.path.exists(path):
        raise ChartFailed(f"stat {path}: no such file or directory")
    if os.path.isdir(path):
        raise ChartFailed("unpacked charts cannot be verified")
    if not path.endswith((".tgz", ".tar.gz")):
        raise ChartFailed("chart must be a tgz file")
    if not os.path.exists(f"{path}.prov"):
        raise ChartFailed(f"could not load provenance file {path}.prov: stat {path}.prov: no such file or directory")
    raise UnsupportedFeature("provenance files (verify)", "verify with gpg")


def source_date_epoch() -> float | None:
    """SOURCE_DATE_EPOCH, which [4] puts as the time of every entry; raises for one that is no time."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    try:
        seconds = int(text)
    except ValueError:
        raise ChartFailed(f'invalid SOURCE_DATE_EPOCH: strconv.ParseInt: parsing "{text}": invalid syntax') from None
    if seconds < 0:
        raise ChartFailed("invalid SOURCE_DATE_EPOCH: must not be negative")
    return float(seconds)


def list_dependencies(arguments: list[str], options: Options) -> None:
    """The declared dependencies and what is in `charts/`."""
    path = os.path.normpath(arguments[0]) if arguments else "."
    listing = dependency_list.list_dependencies(path, flavour=args.flavour_of(options))
    if listing.rows is not None:
        width = options.max_col_width
        rows = [(each.name, each.version, each.repository, each.status) for each in listing.rows]
        out(table(("NAME", "VERSION", "REPOSITORY", "STATUS"), rows, width) + "\n")
    out("".join(f"{each}\n" for each in listing.warnings))


def update_dependencies(arguments: list[str], options: Options) -> None:
    """Fill `charts/` and lock."""
    _manager(arguments, options).update()


def build_dependencies(arguments: list[str], options: Options) -> None:
    """Fill `charts/` from the lock."""
    _manager(arguments, options).build()


def _manager(arguments: list[str], options: Options) -> Manager:
    if options.verify:
        raise UnsupportedFeature("provenance files (--verify)", "leave the flag out, or verify with gpg before")
    if options.is_helm4:
        source_date_epoch()
    return Manager(
        os.path.normpath(arguments[0]) if arguments else ".",
        RealClock(),
        repositories=args.repositories(options),
        flavour=args.flavour_of(options),
        say=out,
        log=lambda text: click.echo(f"level=INFO msg={quoted(text)}" if options.is_helm4 else f"manager.go:122: {text}", err=True),
        skip_refresh=options.skip_refresh,
        debug=options.debug,
        access=args.access_of(options),
    )
