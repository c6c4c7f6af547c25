"""Hooks: which run, in which order, how long they are awaited, and when they are deleted.

The journal keeps the release while an operation runs: hooks change their records in it, and it is written before each.
Source: helm.sh/helm/v4 pkg/action/hooks.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pytest_helmsim.objects import meta, yamlio
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release.apply import Way
from pytest_helmsim.release.build import build
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import BuildFailed, HookFailed, ReleaseError, WaitFailed
from pytest_helmsim.release.model import HookRecord, HookRun, Release
from pytest_helmsim.release.plan import create_all, delete_all
from pytest_helmsim.release.readiness import PODS
from pytest_helmsim.release.waiters import Waiter

BEFORE_CREATION = "before-hook-creation"
ON_SUCCESS = "hook-succeeded"
ON_FAILURE = "hook-failed"


class Journal:
    """The release as it is now; `write` stores it and passes over failures, as Helm does in the middle of things."""

    def __init__(self, context: Context, release: Release) -> None:
        self._context = context
        self.release = release

    def write(self) -> None:
        """Store the record over itself."""
        self._context.history.try_update(self.release)

    def set_hook(self, index: int, **changes: object) -> HookRecord:
        """Change one hook's record."""
        hooks = list(self.release.hooks)
        hooks[index] = replace(hooks[index], **changes)  # type: ignore[arg-type]
        self.release = replace(self.release, hooks=tuple(hooks))
        return hooks[index]


@dataclass(frozen=True, slots=True)
class HookRunner:
    """Runs the hooks of one operation: how objects are written, how it waits, how long for each wait."""

    context: Context
    way: Way
    waiter: Waiter
    timeout: float

    def run(self, journal: Journal, event: str) -> None:
        """All hooks of an event, then the deletions that their policies want; raise `HookFailed`."""
        cleanup, failure = self.start(journal, event)
        cleanup()
        if failure is not None:
            raise failure

    def start(self, journal: Journal, event: str) -> tuple[Callable[[], None], HookFailed | None]:
        """All hooks of an event without the deletions at the end: what does those, and how it failed."""
        order = self._order(journal.release.hooks, event)
        for position, index in enumerate(order):
            failure = self._run_one(journal, index, event)
            if failure is not None:
                hook = journal.release.hooks[index]
                earlier = [journal.release.hooks[each] for each in order[:position]]
                return partial(self._delete_after_failure, hook, earlier), failure
        return partial(self._finish, journal, order), None

    def _finish(self, journal: Journal, ran: Sequence[int]) -> None:
        """After success: logs, then deletions, in reverse order."""
        for index in reversed(ran):
            hook = journal.release.hooks[index]
            self._output_logs(hook, journal.release.namespace, ON_SUCCESS)
            self._delete(hook, ON_SUCCESS)

    @staticmethod
    def _order(hooks: Sequence[HookRecord], event: str) -> list[int]:
        chosen = [index for index, hook in enumerate(hooks) for each in hook.events if each == event]
        return sorted(chosen, key=lambda index: (hooks[index].weight, hooks[index].name.encode()))

    def _run_one(self, journal: Journal, index: int, event: str) -> HookFailed | None:
        """None when it succeeded; the failure of one that ran. Raise `HookFailed` for one that could not be run."""
        self.context.cancellation.check()
        hook = journal.release.hooks[index]
        if not hook.delete_policies:
            hook = journal.set_hook(index, delete_policies=(BEFORE_CREATION,))
        self._delete(hook, BEFORE_CREATION)
        try:
            objects = build(self.context.client, hook.manifest, self.context.namespace, validate=self.context.builtin_schema)
        except BuildFailed as error:
            raise HookFailed(f"unable to build kubernetes object for {event} hook {hook.path}: {error}") from error
        run = HookRun(started_at=self.context.now(), phase="Running")
        journal.set_hook(index, last_run=run)
        journal.write()
        run = replace(run, phase="Unknown")
        journal.set_hook(index, last_run=run)
        try:
            create_all(self.context, objects, self.way)
        except ReleaseError as error:
            journal.set_hook(index, last_run=replace(run, completed_at=self.context.now(), phase="Failed"))
            raise HookFailed(f"warning: Hook {event} {hook.path} failed: {error}") from error
        try:
            self.waiter.hook_done(objects, self.timeout)
        except WaitFailed as error:
            hook = journal.set_hook(index, last_run=replace(run, completed_at=self.context.now(), phase="Failed"))
            self._output_logs(hook, journal.release.namespace, ON_FAILURE)
            failure = HookFailed(str(error), error.not_ready)
            failure.__cause__ = error
            return failure
        journal.set_hook(index, last_run=replace(run, completed_at=self.context.now(), phase="Succeeded"))
        return None

    def _delete_after_failure(self, hook: HookRecord, earlier: Sequence[HookRecord]) -> None:
        try:
            self._delete(hook, ON_FAILURE)
        except ReleaseError as error:
            self.context.log("error", f"error deleting the hook resource on hook failure: {error}")
        for each in earlier:
            self._delete(each, ON_SUCCESS)

    def _delete(self, hook: HookRecord, policy: str) -> None:
        if hook.kind == "CustomResourceDefinition" or policy not in hook.delete_policies:
            return
        try:
            objects = build(self.context.client, hook.manifest, self.context.namespace)
        except BuildFailed as error:
            raise HookFailed(f"unable to build kubernetes object for deleting hook {hook.path}: {error}") from error
        errors = delete_all(self.context, objects, "Background", observe=False)
        if errors:
            raise HookFailed("; ".join(map(str, errors))) from errors[0]
        try:
            self.waiter.hook_gone(objects, self.timeout)
        except WaitFailed as error:
            raise HookFailed(str(error), error.not_ready) from error

    def _output_logs(self, hook: HookRecord, namespace: str, policy: str) -> None:
        if policy not in hook.output_log_policies or hook.kind not in ("Job", "Pod"):
            return
        place = meta.namespace(yamlio.load_object(hook.manifest) or {}) or namespace
        client = self.context.client
        try:
            if hook.kind == "Job":
                pods = client.list(PODS, place, label_selector=f"job-name={hook.name}")
            else:
                pods = client.list(PODS, place, field_selector=f"metadata.name={hook.name}")
            for pod in pods:
                for container in pod["spec"]["containers"]:
                    text = client.logs(pod["metadata"]["name"], place, container=container["name"])
                    self.context.output(place, pod["metadata"]["name"], container["name"], text)
        except ApiError as error:
            self.context.log("error", f"error outputting logs for hook failure: {error}")
