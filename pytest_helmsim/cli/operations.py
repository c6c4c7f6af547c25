"""`install`, `upgrade`, `rollback`, `uninstall`, `test`: the operations that write, with Helm's words around them.

Source: helm.sh/helm/v4 pkg/cmd/{install,upgrade,rollback,uninstall,release_testing}.go, helm.sh/helm/v3 cmd/helm.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from pytest_helmsim.chart.model import Chart
from pytest_helmsim.cli import arguments as args
from pytest_helmsim.cli import debuglines, queries
from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.output import document, out, quoted, status_block
from pytest_helmsim.cli.session import Session, reaching
from pytest_helmsim.cli.settings import history_max
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.release import codec
from pytest_helmsim.release.model import Release
from pytest_helmsim.release.options import InstallOptions, RollbackOptions, TestOptions, UninstallOptions, UpgradeOptions
from pytest_helmsim.release.post_render import PostRenderer, executable

DRY_RUNS_3 = {"none": "none", "false": "none", "": "none", "true": "client", "client": "client", "server": "server"}
DRY_RUNS_4 = {"none": "none", "false": "none", "unset": "client", "true": "client", "client": "client", "server": "server"}


class CommandFailed(HelmsimError):
    """An operation's failure with the command's prefix."""


@contextmanager
def prefixed(prefix: str) -> Iterator[None]:
    """Errors of the operation proper carry its prefix."""
    try:
        yield
    except HelmsimError as error:
        raise CommandFailed(f"{prefix}: {error}") from error


@contextmanager
def cancellable(name: str, session: Session) -> Iterator[None]:
    """The first SIGINT or SIGTERM is said on standard output and ends the operation once its record is written; others are not heard."""
    heard = []

    def interrupt(number: int, frame: Any) -> None:
        heard.append(number)
        if len(heard) == 1:
            session.progress.interrupted()
            out(f"Release {name} has been cancelled.\n")
            session.engine.cancel()

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        session.progress.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def dry_run(options: Options, *, silent: bool = False) -> Any:
    """`none`, `client` or `server`; raises `CommandFailed` in Helm's words. Old spellings are warned of unless `silent`."""
    value, table = options.dry_run, DRY_RUNS_4 if options.is_helm4 else DRY_RUNS_3
    if value not in table:
        if options.is_helm4:
            raise CommandFailed(f'invalid dry-run value ("{value}"). Must be "none", "server", or "client"')
        raise CommandFailed("Invalid dry-run flag. Flag must one of the following: false, true, none, client, server")
    if options.is_helm4 and value in ("unset", "true", "false") and not silent:
        instead = {"unset": "client", "true": "client", "false": "none"}[value]
        if value == "unset":
            text = f"--dry-run is deprecated and should be replaced with '--dry-run={instead}'"
        else:
            text = f"boolean '--dry-run={value}' flag is deprecated and must be replaced with '--dry-run={instead}'"
        click.echo(f"level=WARN msg={quoted(text)}", err=True)
    return table[value]


def shared(options: Options) -> dict[str, Any]:
    """What install and upgrade have in common, as engine options."""
    return {
        "wait": options.wait,
        "wait_for_jobs": options.wait_for_jobs,
        "timeout": seconds(options),
        "no_hooks": options.no_hooks,
        "description": options.description,
        "atomic": options.rollback_on_failure if options.is_helm4 else options.atomic,
        "force": options.force_replace if options.is_helm4 else options.force,
        "force_conflicts": options.get("force_conflicts", False),
        "take_ownership": options.take_ownership,
        "dry_run": dry_run(options),
        "hide_secret": options.hide_secret,
        "labels": options.labels,
        "skip_crds": options.skip_crds,
        "disable_openapi_validation": options.disable_openapi_validation,
        "skip_schema_validation": options.skip_schema_validation,
        "subchart_notes": options.render_subchart_notes,
        "enable_dns": options.enable_dns,
        "post_renderer": post_renderer(options),
    }


def post_renderer(options: Options) -> PostRenderer | None:
    """The program of `--post-renderer`; under Helm 4, which knows plugins by name there, a program too.

    Raises `CommandFailed` for one that is not there.
    """
    name = options.post_renderer
    if not name:
        return None
    found = shutil.which(name)
    if found is None and options.is_helm4:
        missing = f"plugin: {{Name:{name} Type:postrenderer/v1}} not found"
        raise CommandFailed(f'invalid argument "{name}" for "--post-renderer" flag: {missing}')
    if found is None:
        why = f"stat {name}: no such file or directory" if "/" in name else "executable file not found in $PATH"
        raise CommandFailed(f'invalid argument "{name}" for "--post-renderer" flag: unable to find binary at {name}: exec: "{name}": {why}')
    return executable([os.path.abspath(found), *options.post_renderer_args])


def seconds(options: Options) -> float:
    """`--timeout`, which is read as nanoseconds."""
    return float(options.timeout) / 1e9


def show(session: Session, release: Release, *, hide_notes: bool = False, description: bool = False) -> None:
    """The record as `-o` asks for it."""
    form = session.options.output
    if form != "table":
        document(codec.to_struct(release, session.flavour), form)
        return
    values = (release.config, queries.both_values(session, release)[1]) if session.debug else None
    block = status_block(
        release,
        is_helm4=session.options.is_helm4,
        show_description=description,
        values=values,
        show_manifest=session.debug,
        hide_notes=hide_notes,
    )
    out("".join(block))


def install(arguments: list[str], options: Options) -> None:
    """Install a chart."""
    post_renderer(options)
    if options.is_helm4:
        dry_run(options, silent=True)
    with prefixed("INSTALLATION FAILED"):
        chosen = shared(options)
        debuglines.version(options)
        name, reference = args.name_and_chart(arguments, options, RealClock())
        chart, values = loaded(reference, options, installing=True)
        session = reaching(options, offline=options.is_helm4 and chosen["dry_run"] == "client")
        extra = {"create_namespace": options.create_namespace, "replace": options.replace}
        if options.is_helm4:
            extra["server_side"] = options.server_side
        with cancellable(arguments[0], session):
            release = session.engine.install(name, chart, values, InstallOptions(**chosen, **extra))
    show(session, release, hide_notes=options.hide_notes)


def upgrade(arguments: list[str], options: Options) -> None:
    """Upgrade a release, or install it with `--install` where there is nothing to upgrade."""
    name, reference = arguments
    upgrading = upgrade_options(options)
    if options.install:
        session = Session(options)
        if session.engine.needs_install(name):
            _install_now(name, reference, session, upgrading)
            return
    chart, values = loaded(reference, options)
    with prefixed("UPGRADE FAILED"):
        session = Session(options)
        with cancellable(name, session):
            release = session.engine.upgrade(name, chart, values, upgrading)
    if options.output == "table":
        out(f'Release "{name}" has been upgraded. Happy Helming!\n')
    show(session, release, hide_notes=options.hide_notes)


def _install_now(name: str, reference: str, session: Session, upgrading: UpgradeOptions) -> None:
    """What `upgrade --install` does where there is nothing to upgrade."""
    options = session.options
    if options.output == "table":
        out(f'Release "{name}" does not exist. Installing it now.\n')
    debuglines.version(options)
    chart, values = loaded(reference, options, installing=True)
    with cancellable(name, session):
        release = session.engine.install(name, chart, values, session.engine.as_install(name, upgrading))
    show(session, release, hide_notes=options.hide_notes)


def upgrade_options(options: Options) -> UpgradeOptions:
    """The flags of `upgrade` as the engine's options."""
    return UpgradeOptions(
        **shared(options),
        **({"server_side": options.server_side} if options.is_helm4 else {}),
        install=options.install,
        create_namespace=options.create_namespace,
        reset_values=options.reset_values,
        reuse_values=options.reuse_values,
        reset_then_reuse_values=options.reset_then_reuse_values,
        cleanup_on_fail=options.cleanup_on_fail,
        recreate_pods=bool(options.get("recreate_pods")),
        history_max=history_max(options),
    )


def loaded(reference: str, options: Options, *, installing: bool = False) -> tuple[Chart, dict[str, Any]]:
    """The chart and the values of the command line: found, values read, chart read and checked."""
    if not installing:
        debuglines.devel(options, place="upgrade.go:171")
    path = args.locate(reference, options)
    if installing:
        debuglines.path(options, path)
    values = args.values_of(options)
    return args.load_path(path, options, installing=installing), values


def rollback(arguments: list[str], options: Options) -> None:
    """Roll back to a revision, the one before the last without an argument."""
    revision = 0
    if len(arguments) > 1:
        is_number = re.fullmatch(r"[+-]?[0-9]+", arguments[1])
        revision = int(arguments[1]) if is_number else 0
        if not is_number or not -(2**63) <= revision < 2**63:
            why = "value out of range" if is_number else "invalid syntax"
            raise CommandFailed(f'could not convert revision to a number: strconv.Atoi: parsing "{arguments[1]}": {why}')
    session = Session(options)
    chosen: dict[str, Any] = {}
    if options.is_helm4:
        chosen = {"server_side": options.server_side, "force_conflicts": options.force_conflicts, "description": options.description}
        chosen["dry_run"] = dry_run(options)
    else:
        chosen["dry_run"] = "client" if options.dry_run else "none"
    session.engine.rollback(
        arguments[0],
        revision,
        RollbackOptions(
            **chosen,
            wait=options.wait,
            wait_for_jobs=options.wait_for_jobs,
            timeout=seconds(options),
            no_hooks=options.no_hooks,
            force=options.force_replace if options.is_helm4 else options.force,
            cleanup_on_fail=options.cleanup_on_fail,
            recreate_pods=bool(options.get("recreate_pods")),
            history_max=history_max(options),
        ),
    )
    out("Rollback was a success! Happy Helming!\n")


def uninstall(arguments: list[str], options: Options) -> None:
    """Uninstall releases, one after the other; the first failure ends it."""
    session = Session(options)
    chosen = UninstallOptions(
        wait=options.wait,
        timeout=seconds(options),
        no_hooks=options.no_hooks,
        description=options.description,
        keep_history=options.keep_history,
        ignore_not_found=options.ignore_not_found,
        dry_run=options.dry_run,
        cascade=options.cascade,
    )
    for name in arguments:
        done = session.engine.uninstall(name, chosen)
        if done.info:
            out(f"{done.info}\n")
        out(f'release "{name}" uninstalled\n')


def test(arguments: list[str], options: Options) -> None:
    """Run a release's test hooks and print how they ended."""
    include: list[str] = []
    exclude: list[str] = []
    for item in options.filter:
        if match := re.fullmatch(r"(!?) ?name=(.*)", item):
            (exclude if match[1] else include).append(match[2])
    session = Session(options)
    chosen = TestOptions(timeout=seconds(options), include=tuple(include), exclude=tuple(exclude))

    def report(release: Release) -> None:
        """The record, and the logs while the pods of Helm 4's tests are still there."""
        hide = options.is_helm4 or options.hide_notes
        out("".join(status_block(release, is_helm4=options.is_helm4, hide_notes=hide)))
        if options.logs:
            out("\n")
            for name, text in session.engine.test_logs(release, chosen):
                out(f"POD LOGS: {name}\n{text}\n")

    session.engine.test(arguments[0], chosen, show=report)


test.__test__ = False  # type: ignore[attr-defined]
