"""Test hooks: run, reported in the record, kept or deleted by their policies.

Source: helm.sh/helm/v4 pkg/action/release_testing.go, helm.sh/helm/v3 pkg/action/release_testing.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_helmsim.chart.manifests import TEST_EVENT
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release import names
from pytest_helmsim.release.apply import ServerSide, ThreeWay
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import ReleaseError, TestFailed
from pytest_helmsim.release.hooks import HookRunner, Journal
from pytest_helmsim.release.model import SERVER_SIDE, HookRecord, Release
from pytest_helmsim.release.options import TestOptions, strategy, waiter


def test(context: Context, name: str, options: TestOptions) -> Release:
    """Run the test hooks of the last record, whatever its status; raise `TestFailed` with the record."""
    context.check_reachable()
    names.check(name, "releaseTest: Release name is invalid")
    release = context.history.last(name)
    skipped = [hook for hook in release.hooks if _is_skipped(hook, options)]
    chosen = tuple(hook for hook in release.hooks if not _is_skipped(hook, options))
    journal = Journal(context, replace(release, hooks=chosen))
    way = ServerSide(context) if context.rules.server_side and release.apply_method == SERVER_SIDE else ThreeWay(context)
    wait = waiter(context, strategy(True, context.rules.flavour))
    runner = HookRunner(context, way, wait, options.seconds)
    failure: ReleaseError | None = None
    try:
        runner.run(journal, TEST_EVENT)
    except ReleaseError as error:
        failure = error
    journal.release = replace(journal.release, hooks=(*skipped, *journal.release.hooks))
    context.history.update(journal.release)
    if failure is not None:
        raise TestFailed(str(failure), release=journal.release, cause=failure) from failure
    return journal.release


test.__test__ = False  # type: ignore[attr-defined]


def _is_skipped(hook: HookRecord, options: TestOptions) -> bool:
    return hook.name in options.exclude or bool(options.include and hook.name not in options.include)


def logs(context: Context, release: Release, options: TestOptions) -> list[tuple[str, str]]:
    """Pod name and log of every test pod, by weight; raise `ReleaseError` where a pod is not there any more."""
    found = []
    for hook in sorted(_tests(release.hooks, options), key=lambda each: (each.weight, each.name.encode())):
        try:
            found.append((hook.name, context.client.logs(hook.name, release.namespace)))
        except ApiError as error:
            raise ReleaseError(f"unable to get pod logs for {hook.name}: {error}") from error
    return found


def _tests(hooks: Sequence[HookRecord], options: TestOptions) -> list[HookRecord]:
    return [hook for hook in hooks if TEST_EVENT in hook.events and not _is_skipped(hook, options)]
