"""Install: prepare (nothing is written), perform (record, hooks, objects, waiting), record how it ended.

Source: helm.sh/helm/v4 pkg/action/install.go, helm.sh/helm/v3 pkg/action/install.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pytest_helmsim.chart import dependencies, model
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.errors import ChartError
from pytest_helmsim.chart.render import ReleaseInfo
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import AlreadyExists
from pytest_helmsim.release import names, ownership, plan, rendering, uninstall
from pytest_helmsim.release.apply import Replace, ServerSide, ThreeWay, Way
from pytest_helmsim.release.build import Built, build
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import (
    BuildFailed,
    InstallFailed,
    InvalidOption,
    InvalidReleaseName,
    NameInUse,
    OwnershipConflict,
    ReleaseError,
    ReleaseNotFound,
    StorageFailed,
    UpdateFailed,
    WaitFailed,
)
from pytest_helmsim.release.hooks import HookRunner, Journal
from pytest_helmsim.release.model import (
    CLIENT_SIDE,
    DEPLOYED,
    FAILED,
    PENDING_INSTALL,
    SERVER_SIDE,
    SUPERSEDED,
    UNINSTALLED,
    Info,
    Release,
)
from pytest_helmsim.release.options import InstallOptions, UninstallOptions, strategy, undoing_wait, waiter

CRD_TIMEOUT = 60.0


def install(context: Context, name: str, chart: model.Chart, values: JsonObject, options: InstallOptions) -> Release:
    """Install a chart under a new name; raise `ReleaseError`, `ChartError`, or `InstallFailed` once the record exists."""
    offline = context.rules.offline_dry_run and options.dry_run == "client"
    with logged(context):
        if not offline:
            context.check_reachable(context.rules.install_unreachable)
        rendering.check_hide_secret(context, options)
    with logged(context, split=True):
        check_name(context, name, options)
        chart = _process(context, chart, values)
    if not options.skip_crds and not offline:
        process_crds(context, chart, options)
    release, targets, adopted = _prepare(context, name, chart, values, options, offline)
    if options.dry_run != "none":
        return release.with_info(description="Dry run complete")
    if options.create_namespace:
        _create_namespace(context, options)
    if options.replace:
        release = _supersede_last(context, release)
    try:
        context.history.create(release)
    except ReleaseError as error:
        raise InstallFailed(str(error), release=release, cause=error) from error
    journal = Journal(context, release)
    try:
        with context.cancellation.heeded():
            _perform(context, journal, targets, adopted, options)
    except (ReleaseError, KeyboardInterrupt) as error:
        raise _fail(context, journal, error, options) from error
    return journal.release


@contextmanager
def logged(context: Context, *, split: bool = False) -> Iterator[None]:
    """What is wrong before anything is written is an error line too: whole, or what failed and why apart."""
    try:
        yield
    except HelmsimError as error:
        what, _, why = str(error).partition(": ") if split else (str(error), "", "")
        context.log("error", what, **({"error": why} if why else {}))
        raise


def check_name(context: Context, name: str, options: InstallOptions) -> None:
    """Raise `InvalidReleaseName`, or `NameInUse` for a name that has a record (unless it may be replaced)."""
    why = names.problem(name)
    if why:
        raise InvalidReleaseName(f'{context.rules.name_check}release name "{name}": {why}')
    if options.dry_run != "none":
        return
    try:
        last = context.history.last(name)
    except (ReleaseNotFound, StorageFailed):
        return
    if not (options.replace and last.status in (UNINSTALLED, FAILED)):
        raise NameInUse(f"{context.rules.name_check}{context.rules.name_in_use}")


def _process(context: Context, chart: model.Chart, values: JsonObject) -> model.Chart:
    try:
        return dependencies.process(chart, values, context.rules.flavour)
    except ChartError as error:
        raise type(error)(f"{context.rules.dependencies_failed}: {error}") from error


def _prepare(
    context: Context, name: str, chart: model.Chart, values: JsonObject, options: InstallOptions, offline: bool
) -> tuple[Release, list[Built], list[Built]]:
    """The release as it will be recorded, its objects, and those of them that exist and are adopted."""
    is_upgrade = options.is_upgrade and options.dry_run != "none"
    info = ReleaseInfo(name, context.namespace, 1, not is_upgrade, is_upgrade)
    known = Capabilities.default(context.rules.flavour) if offline else rendering.capabilities(context)
    rendered = rendering.prepare(context, chart, values, info, options, known, before=lambda: rendering.check_labels(options))
    now = context.now()
    release = Release(
        name=name,
        namespace=context.namespace,
        info=Info(now, now, status=PENDING_INSTALL, description="Initial install underway", notes=rendered.notes),
        chart=model.to_record(chart, context.rules.flavour),
        config=values,
        manifest=rendered.manifest,
        hooks=rendered.hooks,
        apply_method=method(context, options.server_side),
        labels=dict(options.labels),
    )
    if offline:
        return release, [], []
    targets, adopted = check_objects(context, release.manifest, name, options)
    return release, targets, adopted


def check_objects(context: Context, manifest: str, name: str, options: InstallOptions) -> tuple[list[Built], list[Built]]:
    """The objects of a manifest as the release's, and those of them that exist; nothing is written.

    Raise `BuildFailed` for what the server does not know, `OwnershipConflict` for what exists and is not the release's.
    """
    try:
        targets = build(context.client, manifest, context.namespace, validate=context.validator(options.disable_openapi_validation))
    except BuildFailed as error:
        raise BuildFailed(f"unable to build kubernetes objects from release manifest: {error}") from error
    targets = ownership.claim(targets, name, context.namespace)
    if not targets or (options.is_upgrade and options.dry_run != "none"):
        return targets, []
    try:
        if options.take_ownership:
            return targets, ownership.existing(context, targets)
        return targets, ownership.adoptable(context, targets, name, context.namespace)
    except OwnershipConflict as error:
        raise OwnershipConflict(f"{context.rules.unable_to_continue}install: {error}") from error


def method(context: Context, server_side: bool) -> str:
    """What a record says of how its objects were applied; nothing in Helm 3's."""
    if not context.rules.server_side:
        return ""
    return SERVER_SIDE if server_side else CLIENT_SIDE


def creating_way(context: Context, server_side: bool) -> Way:
    """How new objects are written outside an update: hooks, the namespace, an install without adoption."""
    return ServerSide(context) if context.rules.server_side and server_side else ThreeWay(context)


def updating_way(
    context: Context, *, server_side: bool, force: bool, force_conflicts: bool, migrate: bool, unstructured: bool = False
) -> Way:
    """How an update writes; raise `UpdateFailed` for options that exclude each other."""
    applying = context.rules.server_side and server_side
    if force_conflicts and not applying:
        raise UpdateFailed("invalid client update option(s): forceConflicts enabled when serverSideApply disabled")
    if force_conflicts and force:
        raise UpdateFailed("invalid operation: cannot use force conflicts and force replace together")
    if applying and force:
        raise UpdateFailed("invalid operation: cannot use server-side apply and force replace together")
    if force:
        return Replace(context)
    if applying:
        return ServerSide(context, force=force_conflicts, migrate=migrate)
    return ThreeWay(context, unstructured=unstructured)


def process_crds(context: Context, chart: model.Chart, options: InstallOptions) -> None:
    """Create the files of `crds/`, wait for them, forget what was known of the cluster's kinds."""
    files = list(chart.crds())
    if not files:
        return
    if options.dry_run != "none":
        context.log("warn", "This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies.")
        return
    way = ServerSide(context, force=options.force_conflicts) if context.rules.server_side and options.server_side else ThreeWay(context)
    if options.force_conflicts and not (context.rules.server_side and options.server_side):
        why = "invalid client create option(s): forceConflicts enabled when serverSideApply disabled"
        raise InvalidOption(f"failed to install CRD {files[0][1].name}: {why}")
    created: list[Built] = []
    for _, file in files:
        try:
            objects = build(context.client, file.data, context.namespace)
            plan.create_all(context, objects, way)
        except UpdateFailed as error:
            if any(isinstance(each, AlreadyExists) for each in error.errors):
                context.log("debug", f"CRD {objects[0].name} is already present. Skipping.")
                continue
            raise InstallFailed(f"failed to install CRD {file.name}: {error}", cause=error) from error
        except BuildFailed as error:
            raise InstallFailed(f"failed to install CRD {file.name}: {error}", cause=error) from error
        created += objects
    if created:
        name = strategy(True if options.wait in (None, False) else options.wait, context.rules.flavour)
        try:
            waiter(context, name).ready(created, CRD_TIMEOUT, jobs=False)
        except WaitFailed as error:
            raise InstallFailed(str(error), cause=error) from error
        context.client.resources.invalidate()


def _create_namespace(context: Context, options: InstallOptions) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": context.namespace, "labels": {"name": context.namespace}}}
    objects = build(context.client, yamlio.dump(body), context.namespace)
    try:
        plan.create_all(context, objects, creating_way(context, options.server_side))
    except UpdateFailed as error:
        if not any(isinstance(each, AlreadyExists) for each in error.errors):
            raise


def _supersede_last(context: Context, release: Release) -> Release:
    """The last record gives way (a failed one keeps its status), and its number goes up."""
    try:
        last = context.history.last(release.name)
    except ReleaseError:
        return release
    if last.status != FAILED:
        context.history.update(last.with_status(SUPERSEDED, "superseded by new release"))
    return replace(release, version=last.version + 1)


def _perform(context: Context, journal: Journal, targets: Sequence[Built], adopted: Sequence[Built], options: InstallOptions) -> None:
    wait = waiter(context, strategy(options.wait, context.rules.flavour, atomic=options.atomic))
    runner = HookRunner(context, creating_way(context, options.server_side), wait, options.seconds)
    if not options.no_hooks:
        try:
            runner.run(journal, "pre-install")
        except ReleaseError as error:
            raise _prefixed("failed pre-install: ", error) from error
    if not adopted and targets:
        plan.create_all(context, targets, creating_way(context, options.server_side))
    elif targets:
        way = updating_way(
            context,
            server_side=options.server_side,
            force=options.force,
            force_conflicts=options.force_conflicts,
            migrate=True,
            unstructured=options.take_ownership,
        )
        plan.perform_update(context, plan.make(adopted, targets), way, plan.Done())
    wait.ready(targets, options.seconds, jobs=options.wait_for_jobs)
    if not options.no_hooks:
        try:
            runner.run(journal, "post-install")
        except ReleaseError as error:
            raise _prefixed("failed post-install: ", error) from error
    journal.release = journal.release.with_status(DEPLOYED, options.description or "Install complete")
    try:
        context.history.update(journal.release)
    except ReleaseError as error:
        context.log("error", "failed to record the release", error=error)


def _prefixed(prefix: str, error: ReleaseError) -> WaitFailed:
    return WaitFailed(f"{prefix}{error}", getattr(error, "not_ready", None))


def _fail(context: Context, journal: Journal, error: BaseException, options: InstallOptions) -> InstallFailed:
    """Record the failure, or take everything back where the install is atomic."""
    text = "context canceled" if isinstance(error, KeyboardInterrupt) else str(error)
    release = journal.release.with_status(FAILED, f'Release "{journal.release.name}" failed: {text}')
    name = release.name
    if not options.atomic:
        journal.release = release
        journal.write()
        return InstallFailed(text, release=release, cause=error)
    undo = UninstallOptions(no_hooks=options.no_hooks, timeout=options.timeout, wait=undoing_wait(options.wait, context.rules.flavour))
    try:
        uninstall.uninstall(context, name, undo)
    except ReleaseError as second:
        words = f"an error occurred while uninstalling the release. original install error: {text}: {second}"
        return InstallFailed(words, release=release, cause=error)
    words = f"release {name} failed, and has been uninstalled due to {context.rules.atomic} being set: {text}"
    return InstallFailed(words, release=release, cause=error)
