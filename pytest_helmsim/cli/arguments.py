"""What install, upgrade and template share: the name and the chart on the command line, where the chart is, which values.

Source: helm.sh/helm/v4 pkg/action/install.go (NameAndChart, LocateChart), pkg/cmd/install.go; spec of flags in `flags.py`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_helmsim.chart import dependencies, loader
from pytest_helmsim.chart.errors import ChartNotFound, DependencyError, RepositoryError, ValuesError
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.chart.values import Options as ValueOptions
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import out, quoted
from pytest_helmsim.cli.settings import kubeconfig_files, setting
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.clock import Clock, RealClock
from pytest_helmsim.objects.errors import HelmsimError, UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.functions import FUNCTIONS

if TYPE_CHECKING:
    from pytest_helmsim.chart.registry import Charts
    from pytest_helmsim.chart.repository import Repositories
    from pytest_helmsim.chart.repository_http import Access


class ArgumentError(HelmsimError):
    """A name and chart that do not go together."""


def flavour_of(options: Options) -> Flavour:
    """Whose rules: `helm3` or `helm4`."""
    return HELM4 if options.is_helm4 else HELM3


def name_and_chart(arguments: Sequence[str], options: Options, clock: Clock, *, default_name: str = "") -> tuple[str, str]:
    """The release's name and the chart's reference; raises `ArgumentError` in Helm's words."""
    if len(arguments) > 2:
        raise ArgumentError(f"expected at most two arguments, unexpected arguments: {', '.join(arguments[2:])}")
    if len(arguments) == 2:
        for flag in ("generate_name", "name_template"):
            if options[flag]:
                raise ArgumentError(f"cannot set --{flag.replace('_', '-')} and also specify a name")
        return arguments[0], arguments[1]
    (chart,) = arguments
    if options.name_template:
        return template_name(options.name_template), chart
    if default_name:
        return default_name, chart
    if not options.generate_name:
        raise ArgumentError("must either provide a name or specify --generate-name")
    base = os.path.basename(chart)
    if base in (".", ""):
        base = "chart"
    return f"{base.partition('.')[0] if '.' in base else base}-{int(clock.now())}", chart


def template_name(text: str) -> str:
    """`--name-template`: a template without data."""
    environment = Environment(FUNCTIONS)
    environment.add("name-template", text)
    return environment.execute("name-template", None)


def locate(reference: str, options: Options) -> str:
    """The path of a chart: a folder or an archive that is there, else one fetched from a repository; errors are Helm's.

    [3] takes what is there even where `--repo` is given, and says so.
    """
    reference = reference.strip()
    if options.verify:
        raise UnsupportedFeature("provenance files (--verify)", "leave the flag out, or verify with gpg before")
    if not options.repo or not options.is_helm4:
        if reference and os.path.exists(reference):
            if options.repo:
                text = f"local chart found in current working directory. repository url ignored chart={reference}"
                click.echo(f"install.go:759: WARN {text} repository={options.repo}", err=True)
            return os.path.abspath(reference)
        if os.path.isabs(reference) or reference.startswith("."):
            raise ChartNotFound(f'path "{reference}" not found')
    return str(repositories(options).locate(reference, version_of(options), access_of(options), repository=options.repo))


def namespace_of(options: Options) -> str:
    """The flag's, the environment's, or that of the kubeconfig's context; `default` where none says it, or the file cannot be read."""
    given: str = setting(options, "namespace")
    if given:
        return given
    wanted: str = setting(options, "kube_context")
    namespaces: dict[str, str] = {}
    for file in kubeconfig_files(options):
        try:
            document = yamlio.load_map(Path(file).read_bytes())
        except (OSError, yamlio.YamlError):
            return "default"
        wanted = wanted or str(document.get("current-context") or "")
        for each in document.get("contexts") or ():
            if isinstance(each, dict) and isinstance(each.get("context"), dict):
                namespaces.setdefault(str(each.get("name")), str(each["context"].get("namespace") or ""))
    return namespaces.get(wanted) or "default"


def version_of(options: Options) -> str:
    """`--version`, or with `--devel` any version."""
    version: str = options.version.strip()
    return version or (">0.0.0-0" if options.devel else "")


def access_of(options: Options) -> Access:
    """The flags for credentials and certificates."""
    from pytest_helmsim.chart.repository_http import Access

    return Access(
        username=options.username,
        password=options.password,
        cert_file=options.cert_file,
        key_file=options.key_file,
        ca_file=options.ca_file,
        insecure=options.insecure_skip_tls_verify,
        pass_credentials=options.get("pass_credentials", False),
        plain_http=options.plain_http,
    )


def registry_config(options: Options) -> str:
    """The file with the credentials of registries."""
    from pytest_helmsim.chart.repository_file import Places

    given: str = options.registry_config or os.environ.get("HELM_REGISTRY_CONFIG", "")
    return given or f"{Places.homes()['config']}/registry/config.json"


def repositories(options: Options) -> Repositories:
    """The repositories and caches that the flags and the environment name."""
    from pytest_helmsim.chart.repository import Repositories
    from pytest_helmsim.chart.repository_file import Places

    places = Places.of_environment(
        config=options.repository_config, cache=options.repository_cache, content=options.get("content_cache", "")
    )
    return Repositories(
        places, flavour=flavour_of(options), warn=lambda text, fields: warn(text, fields, options), registries=registries(options)
    )


def registries(options: Options) -> Callable[[Access], Charts]:
    """How OCI registries are opened: with the flags' credentials where a repository brings none."""

    def connect(access: Access) -> Charts:
        from pytest_helmsim.chart.registry import Charts

        return Charts(access, Path(registry_config(options)), lambda text: tell(text, options), flavour=flavour_of(options))

    return connect


def tell(text: str, options: Options) -> None:
    """What a registry was asked for: [3] on standard error, [4] on standard output but for `template` and `show`."""
    verb = click.get_current_context().command_path.split()[1:]
    click.echo(text, nl=False, err=not options.is_helm4 or verb[0] in ("template", "show"))


def warn(text: str, fields: Mapping[str, str], options: Options) -> None:
    """A warning on standard error, as each Helm's log writes it."""
    if options.is_helm4:
        click.echo(" ".join([f"level=WARN msg={quoted(text)}", *(f"{key}={quoted(value)}" for key, value in fields.items())]), err=True)
        return
    error = fields.get("error", "empty entry")
    names = " ".join(json.dumps(fields[key]) for key in ("name", "version") if key in fields)
    click.echo(f"index.go:371: skipping loading invalid entry for chart {names} from {fields.get('source', '')}: {error}", err=True)


def value_options(options: Options) -> ValueOptions:
    """`-f` and `--set…`, not yet read."""
    return ValueOptions(
        files=tuple(options["values"]),
        set=tuple(options.set),
        set_string=tuple(options.set_string),
        set_json=tuple(options.set_json),
        set_file=tuple(options.set_file),
        set_literal=tuple(options.set_literal),
        read=read,
    )


def values_of(options: Options) -> JsonObject:
    """The values of `-f` and `--set…`."""
    return value_options(options).merge(flavour=flavour_of(options))


def read(path: str) -> bytes:
    """A file of values; `-` is standard input, an HTTP URL is fetched."""
    if path.strip() == "-":
        return sys.stdin.buffer.read()
    if path.startswith("oci://"):
        raise UnsupportedFeature(f"values from OCI registries ({path})", "download the file and give its path")
    if path.startswith(("http://", "https://")):
        from pytest_helmsim.chart.repository_http import Access, fetch

        try:
            return fetch(path, Access(url=path))
        except RepositoryError as error:
            raise ValuesError(str(error)) from error
    try:
        return Path(path).read_bytes()
    except OSError as error:
        verb = "read" if isinstance(error, IsADirectoryError) else "open"
        raise ValuesError(f"{verb} {path}: {(error.strerror or str(error)).lower()}") from error


def load(reference: str, options: Options, *, installing: bool = False) -> Chart:
    """The chart at a reference, its dependencies present or (`--dependency-update`) fetched; a deprecated one warns."""
    return load_path(locate(reference, options), options, installing=installing)


def load_path(path: str, options: Options, *, installing: bool = False) -> Chart:
    """The same for the path of a folder or an archive; `installing` refuses libraries first, as `install` and `template` do."""
    flavour = flavour_of(options)
    chart = loader.load(path, flavour=flavour)
    if installing:
        check_installable(chart)
        warn_deprecated(chart, options)
    if chart.metadata.dependencies:
        try:
            dependencies.check_presence(chart, flavour)
        except DependencyError:
            if not options.dependency_update:
                raise
            from pytest_helmsim.chart.dependency_update import Manager

            clock = RealClock()
            known, access = repositories(options), access_of(options)
            Manager(path, clock, repositories=known, flavour=flavour, say=out, debug=options.debug, access=access).update()
            chart = loader.load(path, flavour=flavour)
    if not installing:
        warn_deprecated(chart, options)
    return chart


def warn_deprecated(chart: Chart, options: Options) -> None:
    """Say that a chart is deprecated."""
    if chart.metadata.deprecated:
        click.echo('level=WARN msg="this chart is deprecated"' if options.is_helm4 else "WARNING: This chart is deprecated", err=True)


def check_installable(chart: Chart) -> None:
    """Raise for a chart that is no application."""
    kind = chart.metadata.type
    if kind not in ("", "application"):
        raise ArgumentError(f"{kind} charts are not installable")
