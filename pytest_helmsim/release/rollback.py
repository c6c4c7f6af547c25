"""Rollback: a new revision with an old one's manifest, values and hooks.

Source: helm.sh/helm/v4 pkg/action/rollback.go, helm.sh/helm/v3 pkg/action/rollback.go.
"""

from __future__ import annotations

from pytest_helmsim.release import names, ownership, plan
from pytest_helmsim.release.build import Built, build_both
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import (
    InvalidOption,
    NoDeployedReleases,
    NoSuchRevision,
    ReleaseError,
    RollbackFailed,
)
from pytest_helmsim.release.hooks import HookRunner, Journal
from pytest_helmsim.release.install import creating_way, method, updating_way
from pytest_helmsim.release.model import DEPLOYED, FAILED, PENDING_ROLLBACK, SUPERSEDED, Info, Release
from pytest_helmsim.release.options import RollbackOptions, server_side, strategy, waiter
from pytest_helmsim.release.waiters import Waiter

MAX_DESCRIPTION = 256


def rollback(context: Context, name: str, revision: int, options: RollbackOptions) -> Release:
    """Go back to `revision` (0: the one before the last); raise `ReleaseError`, or `RollbackFailed` once the record exists."""
    if len(options.description) > MAX_DESCRIPTION:
        raise InvalidOption(f"description must be {MAX_DESCRIPTION} characters or less, got {len(options.description)}")
    context.check_reachable()
    context.history.limit = options.history_max
    current, release, applying = prepare(context, name, revision, options)
    if options.dry_run != "none":
        return release
    context.history.create(release)
    journal = Journal(context, release)
    try:
        _perform(context, journal, current, applying, options)
        journal.release = journal.release.with_info(status=DEPLOYED)
        context.history.update(journal.release)
    except RollbackFailed:
        raise
    except ReleaseError as error:
        raise RollbackFailed(str(error), release=journal.release, cause=error) from error
    return journal.release


def prepare(context: Context, name: str, revision: int, options: RollbackOptions) -> tuple[Release, Release, bool]:
    """The current record, the one to write, and whether it applies server-side; a pending record is no obstacle."""
    names.check(name, "prepareRollback: Release name is invalid")
    if revision < 0:
        raise InvalidOption("invalid release revision")
    current = context.history.last(name)
    wanted = revision or current.version - 1
    if all(each.version != wanted for each in context.history.all(name)):
        raise NoSuchRevision(f"release has no {wanted} version")
    old = context.history.driver.get(name, wanted)
    rules = context.rules
    applying = rules.server_side and server_side(options.server_side, old.apply_method)
    release = Release(
        name=name,
        namespace=current.namespace,
        version=current.version + 1,
        info=Info(
            first_deployed=current.info.first_deployed,
            last_deployed=context.now(),
            status=PENDING_ROLLBACK,
            description=options.description or f"Rollback to {wanted}",
            notes=old.info.notes,
            rollback_revision=wanted if rules.rollback_revision else 0,
        ),
        chart=old.chart,
        config=old.config,
        manifest=old.manifest,
        hooks=old.hooks,
        apply_method=method(context, applying),
        labels=old.labels,
    )
    return current, release, applying


def _perform(context: Context, journal: Journal, current: Release, applying: bool, options: RollbackOptions) -> None:
    release = journal.release
    originals, targets = build_both(context.client, current.manifest, release.manifest, context.namespace)
    wait = waiter(context, strategy(options.wait, context.rules.flavour))
    runner = HookRunner(context, creating_way(context, applying), wait, options.seconds)
    if not options.no_hooks:
        runner.run(journal, "pre-rollback")
    targets = ownership.claim(targets, release.name, release.namespace)
    _update(context, journal, current, originals, targets, applying, options)
    _wait(context, journal, current, targets, wait, options)
    if not options.no_hooks:
        runner.run(journal, "post-rollback")
    try:
        deployed = context.history.all_deployed(current.name)
    except NoDeployedReleases:
        deployed = []
    for each in deployed:
        context.history.try_update(each.with_info(status=SUPERSEDED))


def _update(
    context: Context,
    journal: Journal,
    current: Release,
    originals: list[Built],
    targets: list[Built],
    applying: bool,
    options: RollbackOptions,
) -> None:
    done = plan.Done()
    try:
        way = updating_way(context, server_side=applying, force=options.force, force_conflicts=options.force_conflicts, migrate=True)
        plan.perform_update(context, plan.make(originals, targets), way, done)
        if options.recreate_pods:
            plan.recreate_pods(context, done.updated)
    except ReleaseError as error:
        words = f'Rollback "{journal.release.name}" failed: {error}'
        context.log("warn", words)
        journal.release = journal.release.with_status(FAILED, words)
        context.history.try_update(current.with_info(status=SUPERSEDED))
        journal.write()
        if options.cleanup_on_fail:
            problems = plan.delete_all(context, done.created, "Background")
            if problems:
                cause = f"{error}: " if context.rules.cleanup_keeps_cause else ""
                head = "an error occurred while cleaning up resources. original rollback error"
                text = f"{head}: {cause}unable to cleanup resources: {', '.join(map(str, problems))}"
                raise RollbackFailed(text, release=journal.release, cause=error) from error
        raise RollbackFailed(str(error), release=journal.release, cause=error) from error


def _wait(context: Context, journal: Journal, current: Release, targets: list[Built], wait: Waiter, options: RollbackOptions) -> None:
    try:
        wait.ready(targets, options.seconds, jobs=options.wait_for_jobs)
    except ReleaseError as error:
        name = journal.release.name
        journal.release = journal.release.with_status(FAILED, f'Release "{name}" failed: {error}')
        context.history.try_update(current)
        journal.write()
        raise RollbackFailed(f"release {name} failed: {error}", release=journal.release, cause=error) from error
