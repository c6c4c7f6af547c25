"""What an operation would do: its plan walked against the server with every write as a dry run, and manifests compared.

Nothing is stored: the server merges, defaults and refuses as it would, and the changes that an observer would see are
returned. Hooks are not run, and an object that needs another new one first (a namespace, a definition) cannot be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pytest_helmsim.chart import model
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release import install, ownership, plan, rollback, upgrade
from pytest_helmsim.release.apply import Way
from pytest_helmsim.release.build import Built, build, build_both
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import ReleaseError
from pytest_helmsim.release.model import SERVER_SIDE, ObjectChange, Release
from pytest_helmsim.release.options import InstallOptions, RollbackOptions, UpgradeOptions


def of_upgrade(
    context: Context, name: str, chart: model.Chart, values: JsonObject, options: UpgradeOptions
) -> tuple[Release, list[ObjectChange]]:
    """The record that an upgrade would write, and its changes."""
    context.check_reachable()
    prepared = upgrade.prepare(context, name, chart, values, options)

    def way(trial: Context) -> Way:
        migrate = prepared.server_side and prepared.base.apply_method != SERVER_SIDE
        return install.updating_way(
            trial,
            server_side=prepared.server_side,
            force=options.force,
            force_conflicts=options.force_conflicts or migrate,
            migrate=False,
        )

    return prepared.release, walk(context, prepared.originals, prepared.targets, way)


def of_install(
    context: Context, name: str, chart: model.Chart, values: JsonObject, options: InstallOptions
) -> tuple[Release, list[ObjectChange]]:
    """The record that an install would write, and its changes; custom resource definitions are not among them."""
    release = install.install(context, name, chart, values, replace(options, dry_run="server"))
    targets = ownership.claim(build(context.client, release.manifest, context.namespace), name, context.namespace)
    return release, walk(context, [], targets, lambda trial: install.creating_way(trial, options.server_side))


def of_rollback(context: Context, name: str, revision: int, options: RollbackOptions) -> tuple[Release, list[ObjectChange]]:
    """The record that a rollback would write, and its changes."""
    context.check_reachable()
    current, release, applying = rollback.prepare(context, name, revision, options)
    originals, targets = build_both(context.client, current.manifest, release.manifest, context.namespace)

    def way(trial: Context) -> Way:
        conflicts = options.force_conflicts or applying
        return install.updating_way(trial, server_side=applying, force=options.force, force_conflicts=conflicts, migrate=False)

    return release, walk(context, originals, ownership.claim(targets, name, context.namespace), way)


def between(context: Context, old: Release | None, new: Release) -> list[ObjectChange]:
    """The objects of two records, the cluster left out of it: `live_before` and `live_after` are the manifests'."""
    originals = build(context.client, old.manifest, old.namespace) if old else []
    targets = build(context.client, new.manifest, new.namespace)
    made = plan.make(originals, targets)
    pairs = [(step.original, step.target) for step in made.steps] + [(each, None) for each in made.leaving]
    return [_compared(original, target) for original, target in pairs]


def _compared(original: Built | None, target: Built | None) -> ObjectChange:
    at = target or original
    assert at is not None
    before = None if original is None else original.object
    after = None if target is None else target.object
    action = "created" if before is None else "deleted" if after is None else "unchanged" if before == after else "patched"
    return ObjectChange(
        at.resource.gvk.api_version,
        at.kind,
        at.namespace,
        at.name,
        before,
        after,
        before,
        after,
        None,
        action,  # type: ignore[arg-type]
    )


def walk(context: Context, originals: Sequence[Built], targets: Sequence[Built], way: Callable[[Context], Way]) -> list[ObjectChange]:
    """Each step by itself, so that one that fails does not hide the next."""
    changes: list[ObjectChange] = []
    trial = replace(context, client=context.client.rehearsing(), observe=changes.append)
    chosen = way(trial)
    made = plan.make(originals, targets)
    for step in made.steps:
        _try(trial, plan.Plan((step,), ()), chosen)
    for each in made.leaving:
        _try(trial, plan.Plan((), (each,)), chosen)
    return changes


def _try(trial: Context, part: plan.Plan, way: Way) -> None:
    try:
        plan.perform_update(trial, part, way, plan.Done())
    except (ReleaseError, ApiError):
        return
