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
        objects = build(context.client, _joined(going), context.namespace)
    except BuildFailed as error:
        raise BuildFailed(f"unable to build kubernetes objects for delete: {error}") from error
    if not context.rules.verify_before_delete:
        return _Deletion(objects, info)
    found = _Ownership.of(context, objects, release)
    for each in found.foreign:
        context.log("warn", "skipping delete of resource not owned by this release", **_fields(each), release=release.name)
    for each, cause in found.unreadable:
        words = "skipping delete of resource because ownership could not be verified"
        context.log("warn", words, **_fields(each), release=release.name, error=cause)
    for lines, why in (
        ([f"[{each.kind}] {each.name}\n" for each in found.foreign], "they are not owned by this release"),
        ([f"[{each.kind}] {each.name}: {cause}\n" for each, cause in found.unreadable], "their ownership could not be verified"),
    ):
        if lines:
            info += ("\n" if info else "") + f"{len(lines)} resource(s) were not deleted because {why}:\n" + "".join(lines)
    return _Deletion(found.owned, info)


@dataclass(frozen=True, slots=True)
class _Ownership:
    """The objects that exist, by whose they are; those that cannot be read, with the error."""

    owned: list[Built]
    foreign: list[Built]
    unreadable: list[tuple[Built, ApiError]]

    @classmethod
    def of(cls, context: Context, objects: Sequence[Built], release: Release) -> _Ownership:
        """Read every object."""
        found = cls([], [], [])
        for each in objects:
            try:
                live = context.client.get(each.resource, each.name, each.namespace)
            except NotFound:
                continue
            except ApiError as error:
                found.unreadable.append((each, error))
                continue
            is_foreign = ownership.problems(live, release.name, release.namespace)
            (found.foreign if is_foreign else found.owned).append(each)
        return found


def _fields(each: Built) -> dict[str, str]:
    """An object in a log line."""
    return {"kind": each.kind, "name": each.name, "namespace": each.namespace}


def _joined(documents: Sequence[Manifest]) -> str:
    return "".join(f"\n---\n{each.text}" for each in documents)


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
        kept, going = kept_and_going(context, release)
    except BuildFailed:
        return Uninstalled(release)
    if context.rules.verify_before_delete:
        _rehearse(context, release, going)
    return Uninstalled(release, _kept_text(kept))


def _rehearse(context: Context, release: Release, going: Sequence[Manifest]) -> None:
    """Log what would not be deleted, and what would."""
    try:
        objects = build(context.client, _joined(going), context.namespace)
    except BuildFailed:
        return
    found = _Ownership.of(context, objects, release)
    skipped = "dry-run: resources would be skipped because"
    if found.foreign:
        context.log("warn", f"{skipped} they are not owned by this release", release=release.name, count=len(found.foreign))
        for each in found.foreign:
            context.log("warn", "dry-run: would skip resource", **_fields(each))
    if found.unreadable:
        context.log("warn", f"{skipped} their ownership could not be verified", release=release.name, count=len(found.unreadable))
        for each, why in found.unreadable:
            context.log("warn", "dry-run: would skip resource (ownership could not be verified)", **_fields(each), error=why)
    if found.owned:
        context.log("debug", "dry-run: resources would be deleted", release=release.name, count=len(found.owned))
        for each in found.owned:
            context.log("debug", "dry-run: would delete resource", **_fields(each))
