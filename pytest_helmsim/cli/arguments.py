"""What install, upgrade and template share: the name and the chart on the command line, where the chart is, which values.

Source: helm.sh/helm/v4 pkg/action/install.go (NameAndChart, LocateChart), pkg/cmd/install.go; spec of flags in `flags.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pytest_helmsim.chart import dependencies, loader
from pytest_helmsim.chart.errors import ChartNotFound, ValuesError
from pytest_helmsim.chart.model import Chart
from pytest_helmsim.chart.values import Options as ValueOptions
from pytest_helmsim.cli.app import Options
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.errors import HelmsimError, UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.functions import FUNCTIONS


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
    """The path of a chart; raises `ChartNotFound` in Helm's words."""
    reference = reference.strip()
    if options.repo:
        raise UnsupportedFeature(f"charts from the repository {options.repo} (--repo)", "pull the chart and give its folder or archive")
    if os.path.exists(reference):
        if options.verify:
            raise UnsupportedFeature("provenance files (--verify)", "leave the flag out, or verify with gpg before")
        return os.path.abspath(reference)
    if os.path.isabs(reference) or reference.startswith("."):
        raise ChartNotFound(f'path "{reference}" not found')
    if reference.startswith("oci://"):
        raise UnsupportedFeature(f"charts from OCI registries ({reference})", "pull the chart with helm and give its folder or archive")
    if "/" not in reference:
        raise ChartNotFound(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}")
    raise UnsupportedFeature(f"charts from repositories ({reference})", "pull the chart with helm and give its folder or archive")


def values_of(options: Options) -> JsonObject:
    """The values of `-f` and `--set…`."""
    return ValueOptions(
        files=tuple(options["values"]),
        set=tuple(options.set),
        set_string=tuple(options.set_string),
        set_json=tuple(options.set_json),
        set_file=tuple(options.set_file),
        set_literal=tuple(options.set_literal),
        read=read,
    ).merge(flavour=flavour_of(options))


def read(path: str) -> bytes:
    """A file of values; `-` is standard input."""
    if path.strip() == "-":
        return sys.stdin.buffer.read()
    if path.startswith(("http://", "https://", "oci://")):
        raise UnsupportedFeature(f"values from the URL {path}", "download the file and give its path")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValuesError(f"open {path}: {(error.strerror or str(error)).lower()}") from error


def load(reference: str, options: Options) -> Chart:
    """The chart at a reference, its dependencies present; a deprecated one warns."""
    flavour = flavour_of(options)
    chart = loader.load(locate(reference, options), flavour=flavour)
    if chart.metadata.dependencies:
        if options.dependency_update:
            raise UnsupportedFeature("--dependency-update", "run `helm dependency update` on the chart before")
        dependencies.check_presence(chart, flavour)
    if chart.metadata.deprecated:
        click.echo('level=WARN msg="this chart is deprecated"' if options.is_helm4 else "WARNING: This chart is deprecated", err=True)
    return chart


def check_installable(chart: Chart) -> None:
    """Raise for a chart that is no application."""
    kind = chart.metadata.type
    if kind not in ("", "application"):
        raise ArgumentError(f"{kind} charts are not installable")
