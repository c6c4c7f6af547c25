"""Upgrade: choose the base, merge values, render; then record, hooks, update, wait; then say how it ended.

Source: helm.sh/helm/v4 pkg/action/upgrade.go, helm.sh/helm/v3 pkg/action/upgrade.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_helmsim.chart import dependencies, model
from pytest_helmsim.chart import values as chart_values
from pytest_helmsim.chart.errors import ValuesError
from pytest_helmsim.chart.render import ReleaseInfo
from pytest_helmsim.objects.json import JsonObject, copy
from pytest_helmsim.release import codec, names, ownership, plan, rendering, rollback
from pytest_helmsim.release.build import Built, build, build_both
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import (
    HookFailed,
    NoDeployedReleases,
    OperationInProgress,
    OwnershipConflict,
    ReleaseError,
    ReleaseNotFound,
    UpgradeFailed,
)
from pytest_helmsim.release.hooks import HookRunner, Journal
from pytest_helmsim.release.install import creating_way, method, updating_way
from pytest_helmsim.release.model import DEPLOYED, FAILED, PENDING_UPGRADE, SERVER_SIDE, SUPERSEDED, Info, Release
from pytest_helmsim.release.options import RollbackOptions, UpgradeOptions, server_side, strategy, undoing_wait, waiter


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that is decided before the record is written."""

    base: Release
    release: Release
    server_side: bool
    originals: list[Built]
    targets: list[Built]


def upgrade(context: Context, name: str, chart: model.Chart, values: JsonObject, options: UpgradeOptions) -> Release:
    """Upgrade a release; raise `ReleaseError`, `ChartError`, or `UpgradeFailed` once the record exists."""
    context.check_reachable()
    names.check(name, "release name is invalid")
    rendering.check_hide_secret(context, options)
    prepared = prepare(context, name, chart, values, options)
    if options.dry_run != "none":
        return prepared.release.with_info(description=options.description or "Dry run complete")
    context.history.limit = options.history_max
    try:
        context.history.create(prepared.release)
    except ReleaseError as error:
        raise UpgradeFailed(str(error), release=prepared.release, cause=error) from error
    journal = Journal(context, prepared.release)
    done = plan.Done()
    try:
        with context.cancellation.heeded():
            _perform(context, journal, prepared, done, options)
    except (ReleaseError, KeyboardInterrupt) as error:
        raise _fail(context, journal, done, error, options) from error
    journal.release = journal.release.with_status(DEPLOYED, options.description or "Upgrade complete")
    try:
        context.history.update(journal.release)
    except ReleaseError as error:
        raise UpgradeFailed(str(error), release=journal.release, cause=error) from error
    return journal.release


def base_of(context: Context, name: str) -> tuple[Release, Release]:
    """The last record, and the one to upgrade from: the last deployed, or the last failed or superseded when none is.

    Raise `OperationInProgress` over a pending record, `NoDeployedReleases` when there is nothing to start from.
    """
    try:
        last = context.history.last(name)
    except ReleaseNotFound as error:
        raise NoDeployedReleases(name) from error
    if last.is_pending:
        raise OperationInProgress
    if last.status == DEPLOYED:
        return last, last
    try:
        return last, context.history.deployed(name)
    except NoDeployedReleases:
        if last.status not in (FAILED, SUPERSEDED):
            raise
        return last, last


def prepare(context: Context, name: str, chart: model.Chart, values: JsonObject, options: UpgradeOptions) -> Prepared:
    """Decide everything; nothing is written."""
    last, base = base_of(context, name)
    chart, values, base = merged_values(context, chart, base, values, options)
    chart = dependencies.process(chart, values, context.rules.flavour)
    revision = last.version + 1
    info = ReleaseInfo(name, base.namespace, revision, False, True)
    rendered = rendering.prepare(context, chart, values, info, options, rendering.capabilities(context))
    rendering.check_labels(options)
    applying = context.rules.server_side and server_side(options.server_side, last.apply_method)
    release = Release(
        name=name,
        namespace=base.namespace,
        version=revision,
        info=Info(
            first_deployed=base.info.first_deployed,
            last_deployed=context.now(),
            status=PENDING_UPGRADE,
            description="Preparing upgrade",
            notes=rendered.notes,
        ),
        chart=model.to_record(chart, context.rules.flavour),
        config=values,
        manifest=rendered.manifest,
        hooks=rendered.hooks,
        apply_method=method(context, applying),
        labels=merged_labels(last.labels, options.labels),
    )
    build(context.client, release.manifest, context.namespace, validate=context.validator(options.disable_openapi_validation))
    originals, targets = _objects(context, base, release, options)
    return Prepared(base, release, applying, originals, targets)


def _objects(context: Context, base: Release, release: Release, options: UpgradeOptions) -> tuple[list[Built], list[Built]]:
    """Old and new objects; additions that exist join the old ones with their own new content."""
    originals, targets = build_both(context.client, base.manifest, release.manifest, context.namespace)
    targets = ownership.claim(targets, release.name, release.namespace)
    known = {_key(each) for each in originals}
    additions = [each for each in targets if _key(each) not in known]
    try:
        if options.take_ownership:
            adopted = ownership.existing(context, additions)
        else:
            adopted = ownership.adoptable(context, additions, release.name, release.namespace)
    except OwnershipConflict as error:
        raise OwnershipConflict(f"{context.rules.unable_to_continue}update: {error}") from error
    return [*originals, *adopted], targets


def _key(each: Built) -> tuple[str, str, str, str]:
    """With the version: a changed apiVersion is an addition."""
    return (each.resource.gvk.api_version, each.kind, each.namespace, each.name)


def merged_values(
    context: Context, chart: model.Chart, base: Release, values: JsonObject, options: UpgradeOptions
) -> tuple[model.Chart, JsonObject, Release]:
    """The chart (whose defaults `reuse_values` replaces by the old ones), the new record's user values, and the base.

    Where values are laid over the base's, Helm writes the new nulls into the old map too, which the base's next write stores.
    """
    if options.reset_values:
        return chart, values, base
    if options.reuse_values:
        old_chart = model.from_record(base.chart or {})
        old_chart.values = codec.floats(old_chart.values)
        try:
            old = chart_values.coalesce(old_chart, base.config, flavour=context.rules.flavour)
        except ValuesError as error:
            raise ValuesError(f"failed to rebuild old values: {error}") from error
        chart = chart.copy()
        chart.values = old
    if options.reuse_values or options.reset_then_reuse_values:
        merged = chart_values.coalesce_tables(copy(values), copy(base.config))
        return chart, merged, replace(base, config=_nulled(base.config, values))
    if not values and base.config:
        return chart, base.config, base
    return chart, values, base


def _nulled(old: JsonObject, new: JsonObject) -> JsonObject:
    """The old values with every null of the new ones, at any depth that both have."""
    if not old:
        return old
    result = dict(old)
    for key, value in new.items():
        if value is None:
            result[key] = None
        elif isinstance(value, dict) and isinstance(old.get(key), dict):
            result[key] = _nulled(old[key], value)
    return result


def merged_labels(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """The old labels with the new ones over them; the value `null` takes one away."""
    return {key: value for key, value in {**old, **new}.items() if value != "null"}


def _perform(context: Context, journal: Journal, prepared: Prepared, done: plan.Done, options: UpgradeOptions) -> None:
    wait = waiter(context, strategy(options.wait, context.rules.flavour, atomic=options.atomic))
    runner = HookRunner(context, creating_way(context, prepared.server_side), wait, options.seconds)
    if not options.no_hooks:
        try:
            runner.run(journal, "pre-upgrade")
        except ReleaseError as error:
            raise HookFailed(f"pre-upgrade hooks failed: {error}", getattr(error, "not_ready", None)) from error
    base = prepared.base
    try:
        way = updating_way(
            context,
            server_side=prepared.server_side,
            force=options.force,
            force_conflicts=options.force_conflicts,
            migrate=prepared.server_side and base.apply_method != SERVER_SIDE,
        )
        plan.perform_update(context, plan.make(prepared.originals, prepared.targets), way, done)
        if options.recreate_pods:
            plan.recreate_pods(context, done.updated)
        wait.ready(prepared.targets, options.seconds, jobs=options.wait_for_jobs)
    except ReleaseError:
        context.history.try_update(base)
        raise
    if not options.no_hooks:
        try:
            runner.run(journal, "post-upgrade")
        except ReleaseError as error:
            raise HookFailed(f"post-upgrade hooks failed: {error}", getattr(error, "not_ready", None)) from error
    context.history.try_update(base.with_info(status=SUPERSEDED))


def _fail(context: Context, journal: Journal, done: plan.Done, error: BaseException, options: UpgradeOptions) -> UpgradeFailed:
    """Record the failure, take back what was created, roll back, as asked."""
    text = "context canceled" if isinstance(error, KeyboardInterrupt) else str(error)
    name = journal.release.name
    context.log("warn", "upgrade failed", name=name, error=text)
    journal.release = journal.release.with_status(FAILED, f'Upgrade "{name}" failed: {text}')
    journal.write()
    if options.cleanup_on_fail and done.created and not isinstance(error, KeyboardInterrupt):
        problems = plan.delete_all(context, done.created, "Background")
        if problems:
            words = ", ".join(map(str, problems))
            head = "an error occurred while cleaning up resources. original upgrade error"
            return UpgradeFailed(f"{head}: {text}: unable to cleanup resources: {words}", release=journal.release, cause=error)
    if options.atomic:
        return UpgradeFailed(_roll_back(context, name, text, options), release=journal.release, cause=error)
    return UpgradeFailed(text, release=journal.release, cause=error)


def _roll_back(context: Context, name: str, text: str, options: UpgradeOptions) -> str:
    """Back to the last good revision; the words of the upgrade's error."""
    try:
        good = _last_good(context.history.all(name))
    except ReleaseError as error:
        return f"an error occurred while finding last successful release. original upgrade error: {text}: {error}"
    if good is None:
        return f"unable to find a previously successful release when attempting to rollback. original upgrade error: {text}"
    back = RollbackOptions(
        wait=undoing_wait(options.wait, context.rules.flavour),
        wait_for_jobs=options.wait_for_jobs,
        timeout=options.timeout,
        no_hooks=options.no_hooks,
        force=options.force,
        force_conflicts=options.force_conflicts,
        server_side=options.server_side,
        history_max=0,
    )
    try:
        rollback.rollback(context, name, good.version, back)
    except ReleaseError as error:
        return f"an error occurred while rolling back the release. original upgrade error: {text}: {error}"
    return f"release {name} failed, and has been rolled back due to {context.rules.atomic} being set: {text}"


def _last_good(records: Sequence[Release]) -> Release | None:
    good = [each for each in records if each.status in (SUPERSEDED, DEPLOYED)]
    return max(good, key=lambda each: each.version) if good else None
