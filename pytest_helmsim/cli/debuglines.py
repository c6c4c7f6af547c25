"""What `--debug` adds on standard error where charts are looked for, as each Helm's log writes it.

Helm 3 names file and line of its source and the moment; Helm 4 writes `level=DEBUG msg=… key=value`.
Source: the calls of `debug` in Helm 3.22.0 (cmd/helm/install.go, show.go) and of `slog.Debug` in 4.3.1 (pkg/cmd).
"""

from __future__ import annotations

import json
from datetime import datetime

import click

from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import quoted
from pytest_helmsim.objects.clock import RealClock


def version(options: Options, *, file: str = "install.go", lines: tuple[int, int] = (225, 227)) -> None:
    """Which version was asked for, and what `--devel` makes of none."""
    if not options.debug:
        return
    name = "Original chart version" if file == "install.go" else "original chart version"
    _print(options, f"{file}:{lines[0]}", f"Original chart version: {json.dumps(options.version)}", name, version=options.version)
    devel(options, place=f"{file}:{lines[1]}")


def devel(options: Options, *, place: str) -> None:
    """That `--devel` asks for any version."""
    if options.debug and options.devel and not options.version:
        _print(options, place, "setting version to >0.0.0-0", "setting version to >0.0.0-0")


def path(options: Options, found: str) -> None:
    """Where the chart is."""
    if options.debug:
        _print(options, "install.go:242", f"CHART PATH: {found}\n", "Chart path", path=found)


def _print(options: Options, place: str, old: str, new: str, **fields: str) -> None:
    if options.is_helm4:
        click.echo(" ".join([f"level=DEBUG msg={quoted(new)}", *(f"{key}={quoted(value)}" for key, value in fields.items())]), err=True)
        return
    moment = datetime.fromtimestamp(RealClock().now()).astimezone()
    zone = "UTC" if moment.strftime("%z") == "+0000" else moment.strftime("%Z")
    click.echo(f"{place}: {moment:%Y-%m-%d %H:%M:%S.%f}000 {moment:%z} {zone} m=+0.000000000 [debug] {old}", err=True)
