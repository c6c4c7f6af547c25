"""Test hooks: run, reported in the record, kept or deleted by their policies.

Source: helm.sh/helm/v4 pkg/action/release_testing.go, helm.sh/helm/v3 pkg/action/release_testing.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from pytest_helmsim.release.readiness import PODS

Show = Callable[[Release], None]


def run_tests(context: Context, name: str, options: TestOptions, show: Show | None = None) -> Release:
    """Run the test hooks of the last record, whatever its status; raise `TestFailed` with the record.

    `show` gets the record once it is stored, also of a failed run: in Helm 4 before hooks are deleted by their policies,
    so that it can read their logs, in Helm 3 after that.
    """
    context.check_reachable()
    names.check(name, "releaseTest: Release name is invalid")
    release = context.history.last(name)
    skipped = [hook for hook in release.hooks if _is_skipped(hook, options)]
    chosen = tuple(hook for hook in release.hooks if not _is_skipped(hook, options))
    journal = Journal(context, replace(release, hooks=chosen))
    way = ServerSide(context) if context.rules.server_side and release.apply_method == SERVER_SIDE else ThreeWay(context)
    wait = waiter(context, strategy(True, context.rules.flavour))
    runner = HookRunner(context, way, wait, options.seconds)
    cleanup: Callable[[], None] = _nothing
    failure: ReleaseError | None = None
    try:
        cleanup, failure = runner.start(journal, TEST_EVENT)
        if not context.rules.tests_deleted_last:
            cleanup()
    except ReleaseError as error:
        failure = failure or error
    journal.release = replace(journal.release, hooks=(*skipped, *journal.release.hooks))
    try:
        context.history.update(journal.release)
    except ReleaseError:
        if failure is None:
            raise
    if show is not None:
        show(journal.release)
    if context.rules.tests_deleted_last:
        try:
            cleanup()
        except ReleaseError as error:
            failure = failure or error
    if failure is not None:
        raise TestFailed(str(failure), release=journal.release, cause=failure) from failure
    return journal.release


def _nothing() -> None:
    """Where no hook ran, nothing is deleted."""


def _is_skipped(hook: HookRecord, options: TestOptions) -> bool:
    return hook.name in options.exclude or bool(options.include and hook.name not in options.include)


def logs(context: Context, release: Release, options: TestOptions) -> list[tuple[str, str]]:
    """Heading and log of every test pod, by weight; raise `ReleaseError` where a pod is not there any more.

    Helm 3 reads one log for each hook (`NAME`), Helm 4 one for each container of those that are Pods (`NAME (CONTAINER)`).
    """
    found: list[tuple[str, str]] = []
    for hook in sorted(_tests(release.hooks, options), key=lambda each: (each.weight, each.name.encode())):
        if context.rules.tests_deleted_last:
            found += _container_logs(context, hook)
            continue
        try:
            found.append((hook.name, context.client.logs(hook.name, release.namespace)))
        except ApiError as error:
            raise ReleaseError(f"unable to get pod logs for {hook.name}: {error}") from error
    return found


def _container_logs(context: Context, hook: HookRecord) -> list[tuple[str, str]]:
    if hook.kind != "Pod":
        return []
    try:
        spec = context.client.get(PODS, hook.name, context.namespace)["spec"]
    except ApiError as error:
        raise ReleaseError(f"unable to get pod {hook.name}: {error}") from error
    found, problems = [], []
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        name = container["name"]
        try:
            found.append((f"{hook.name} ({name})", context.client.logs(hook.name, context.namespace, container=name)))
        except ApiError as error:
            problems.append(f"unable to get logs for pod {hook.name}, container {name}: {error}")
    if problems:
        raise ReleaseError("\n".join(problems))
    return found


def _tests(hooks: Sequence[HookRecord], options: TestOptions) -> list[HookRecord]:
    return [hook for hook in hooks if TEST_EVENT in hook.events and not _is_skipped(hook, options)]
