"""Uninstall: hooks, deletion of what the manifest names, then the records.

Source: helm.sh/helm/v4 pkg/action/uninstall.go, resource_policy.go; helm.sh/helm/v3 pkg/action/uninstall.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_helmsim.chart import manifests
from pytest_helmsim.chart.manifests import RESOURCE_POLICY, Manifest
from pytest_helmsim.objects.status import ApiError, NotFound
from pytest_helmsim.objects.yamlio import YamlError
from pytest_helmsim.release import names, ownership, plan
from pytest_helmsim.release.apply import ServerSide, ThreeWay
from pytest_helmsim.release.build import Built, build
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import (
    BuildFailed,
    InvalidOption,
    NoDeployedReleases,
    ReleaseError,
    ReleaseNotFound,
    UninstallFailed,
)
from pytest_helmsim.release.hooks import HookRunner, Journal
from pytest_helmsim.release.model import SUPERSEDED, UNINSTALLED, UNINSTALLING, Release
from pytest_helmsim.release.options import UninstallOptions, strategy, waiter

PROPAGATION = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """What is left to say: the last record (None when there was none to ignore), and the text on what was not deleted."""

    release: Release | None
    info: str = ""


@dataclass(frozen=True, slots=True)
class _Deletion:
    """What of a manifest is to go, and the text on what stays."""

    objects: list[Built]
    info: str


def uninstall(context: Context, name: str, options: UninstallOptions) -> Uninstalled:
    """Take a release away; raise `ReleaseError`, or `UninstallFailed` once it had begun."""
    if options.cascade not in PROPAGATION:
        raise InvalidOption(f'invalid cascade value ({options.cascade}). Must be "background", "foreground", or "orphan"')
    context.check_reachable()
    if options.dry_run:
        return _dry_run(context, name, options)
    names.check(name, "uninstall: Release name is invalid")
    try:
        records = sorted(context.history.all(name), key=lambda each: each.version)
    except ReleaseError as error:
        if options.ignore_not_found:
            return Uninstalled(None)
        raise ReleaseNotFound(f"uninstall: Release not loaded: {name}: {error}") from error
    if not records:
        raise ReleaseNotFound("no release provided")
    last = records[-1]
    if last.status == UNINSTALLED:
        if options.keep_history:
            raise ReleaseError(f'the release named "{name}" is already deleted')
        try:
            _purge(context, records)
        except (ApiError, ReleaseError) as error:
            raise ReleaseError(f"uninstall: Failed to purge the release: {error}") from error
        return Uninstalled(last)
    return _perform(context, records, options)


def _perform(context: Context, records: Sequence[Release], options: UninstallOptions) -> Uninstalled:
    last = records[-1]
    wait = waiter(context, strategy(options.wait, context.rules.flavour))
    way = ServerSide(context) if context.rules.server_side else ThreeWay(context)
    runner = HookRunner(context, way, wait, options.seconds)
    begun = last.with_status(UNINSTALLING, "Deletion in progress (or silently failed)").with_info(deleted=context.now())
    journal = Journal(context, begun)
    if not options.no_hooks:
        try:
            runner.run(journal, "pre-delete")
        except ReleaseError as error:
            raise UninstallFailed(str(error), release=journal.release, cause=error) from error
    journal.write()
    try:
        deletion = _deletion(context, journal.release)
        errors = plan.delete_all(context, deletion.objects, PROPAGATION[options.cascade]) if deletion.objects else []
    except (ApiError, ReleaseError) as error:
        raise UninstallFailed(f"failed to delete release: {last.name}", release=journal.release, cause=error) from error
    if errors:
        raise UninstallFailed(f"failed to delete release: {last.name}", release=journal.release, cause=errors[0])
    return _finish(context, records, journal, deletion, runner, options)


def _finish(
    context: Context, records: Sequence[Release], journal: Journal, deletion: _Deletion, runner: HookRunner, options: UninstallOptions
) -> Uninstalled:
    """Wait, post-delete hooks, records; errors are collected, the release is gone nevertheless."""
    errors: list[Exception] = []
    try:
        runner.waiter.gone(deletion.objects, options.seconds)
    except ReleaseError as error:
        errors.append(error)
    if not options.no_hooks:
        try:
            runner.run(journal, "post-delete")
        except ReleaseError as error:
            errors.append(error)
    journal.release = journal.release.with_status(UNINSTALLED, options.description or "Uninstallation complete")
    if options.keep_history:
        journal.write()
        _supersede_deployed(context, journal.release.name)
    else:
        try:
            _purge(context, records)
        except (ApiError, ReleaseError) as error:
            errors.append(ReleaseError(f"uninstall: Failed to purge the release: {error}"))
    if errors:
        text = f"uninstallation completed with {len(errors)} error(s): {'; '.join(map(str, errors))}"
        raise UninstallFailed(text, release=journal.release, cause=errors[0])
    return Uninstalled(journal.release, deletion.info)


def _supersede_deployed(context: Context, name: str) -> None:
    try:
        deployed = context.history.all_deployed(name)
    except NoDeployedReleases:
        return
    for each in deployed:
        context.history.try_update(each.with_info(status=SUPERSEDED))


def _purge(context: Context, records: Sequence[Release]) -> None:
    for each in records:
        context.history.driver.delete(each.name, each.version)


def kept_and_going(context: Context, release: Release) -> tuple[list[Manifest], list[Manifest]]:
    """The documents that the resource policy keeps, and those to delete in uninstall order; what has another policy is in neither."""
    flavour = context.rules.flavour
    try:
        _, documents = manifests.sort({str(n): text for n, text in enumerate(manifests.split(release.manifest, flavour))}, flavour)
    except (YamlError, ReleaseError) as error:
        raise BuildFailed(f"corrupted release record. You must manually delete the resources: {error}") from error
    kept: list[Manifest] = []
    going: list[Manifest] = []
    for each in manifests.sort_by_kind(documents, manifests.UNINSTALL_ORDER[flavour]):
        policy = (each.annotations or {}).get(RESOURCE_POLICY)
        if policy is None:
            going.append(each)
        elif policy.strip().lower() == plan.KEEP:
            kept.append(each)
    return kept, going


def _deletion(context: Context, release: Release) -> _Deletion:
    kept, going = kept_and_going(context, release)
    info = _kept_text(kept)
    try:
        objects = build(context.client, "".join(f"\n---\n{each.text}" for each in going), context.namespace)
    except BuildFailed as error:
        raise BuildFailed(f"unable to build kubernetes objects for delete: {error}") from error
    if not context.rules.verify_before_delete:
        return _Deletion(objects, info)
    owned: list[Built] = []
    foreign: list[str] = []
    unreadable: list[str] = []
    for each in objects:
        try:
            live = context.client.get(each.resource, each.name, each.namespace)
        except NotFound:
            continue
        except ApiError as error:
            unreadable.append(f"[{each.kind}] {each.name}: {error}\n")
            continue
        if ownership.problems(live, release.name, release.namespace):
            foreign.append(f"[{each.kind}] {each.name}\n")
        else:
            owned.append(each)
    for lines, why in (
        (foreign, "they are not owned by this release"),
        (unreadable, "their ownership could not be verified"),
    ):
        if lines:
            info += ("\n" if info else "") + f"{len(lines)} resource(s) were not deleted because {why}:\n" + "".join(lines)
    return _Deletion(owned, info)


def _kept_text(kept: Sequence[Manifest]) -> str:
    if not kept:
        return ""
    return "These resources were kept due to the resource policy:\n" + "".join(f"[{each.kind}] {each.name}\n" for each in kept)


def _dry_run(context: Context, name: str, options: UninstallOptions) -> Uninstalled:
    names.check(name, "releaseContent: Release name is invalid")
    try:
        release = context.history.last(name)
    except ReleaseNotFound:
        if options.ignore_not_found:
            return Uninstalled(None)
        raise
    try:
        kept, _ = kept_and_going(context, release)
    except BuildFailed:
        kept = []
    return Uninstalled(release, _kept_text(kept))
