"""Waiting for objects to be ready, gone, or (hooks) done: by polling as Helm 3 does, by status as Helm 4 does, or for hooks only.

Source: helm.sh/helm/v4 pkg/kube/wait.go, statuswait.go; helm.sh/helm/v3 pkg/kube/wait.go, client.go (watchUntilReady).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_helmsim.client.client import Client
from pytest_helmsim.client.waiting import poll
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError, Forbidden, NotFound
from pytest_helmsim.release import kstatus, readiness
from pytest_helmsim.release.build import Built
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import ReleaseError, WaitFailed

POLL = 2.0
LOOK = 1.0
DEFAULT_TIMEOUT = 30.0
DEADLINE = "context deadline exceeded"
MAX_READ_ERRORS = 30
NO_LIMIT = 1e9


def telling(context: Context, look: Callable[[], bool], left: Callable[[], Mapping[str, str]]) -> Callable[[], bool]:
    """The look, with its progress told."""

    def told() -> bool:
        context.cancellation.check()
        done = look()
        context.progress({} if done else left())
        return done

    return told


class Waiter(Protocol):
    """One wait strategy. Each call has the whole time-out for itself."""

    def ready(self, targets: Sequence[Built], timeout: float, *, jobs: bool) -> None:
        """Until the release's objects are ready; raise `WaitFailed`."""

    def gone(self, targets: Sequence[Built], timeout: float) -> None:
        """Until the release's objects are deleted; raise `WaitFailed`."""

    def hook_done(self, targets: Sequence[Built], timeout: float) -> None:
        """Until a hook's Jobs and Pods have succeeded; raise `WaitFailed`."""

    def hook_gone(self, targets: Sequence[Built], timeout: float) -> None:
        """Until a hook's objects are deleted; raise `WaitFailed`."""


@dataclass(frozen=True, slots=True)
class Polling:
    """Helm 3's `--wait`, Helm 4's `--wait=legacy`."""

    context: Context

    def ready(self, targets: Sequence[Built], timeout: float, *, jobs: bool) -> None:
        """A round every two seconds; the first object that is not ready ends it."""
        errors = [0] * len(targets)
        waiting_for: list[Built] = []

        def look() -> bool:
            for index, target in enumerate(targets):
                waiting_for[:] = [target]
                try:
                    done = readiness.is_ready(self.context.client, target, jobs=jobs)
                except (ApiError, ReleaseError) as error:
                    errors[index] += 1
                    if not readiness.may_recover(error) or errors[index] > MAX_READ_ERRORS:
                        raise WaitFailed(str(error), {target.key: str(error)}) from error
                    return False
                errors[index] = 0
                if not done:
                    return False
            return True

        told = telling(self.context, look, lambda: {target.key: "not ready" for target in waiting_for})
        if not self._poll(told, timeout):
            raise WaitFailed(DEADLINE, {target.key: explain(self.context, target) for target in waiting_for})

    def gone(self, targets: Sequence[Built], timeout: float) -> None:
        """Until every GET is a 404; any other error ends the wait."""
        left: list[Built] = []

        def look() -> bool:
            for target in targets:
                left[:] = [target]
                try:
                    self.context.client.get(target.resource, target.name, target.namespace)
                except NotFound:
                    continue
                except ApiError as error:
                    raise WaitFailed(str(error), {target.key: str(error)}) from error
                return False
            return True

        told = telling(self.context, look, lambda: {target.key: "still exists" for target in left})
        if not self._poll(told, timeout):
            raise WaitFailed(DEADLINE, {target.key: "still exists" for target in left})

    def hook_done(self, targets: Sequence[Built], timeout: float) -> None:
        """Jobs and Pods until they succeed; one that is deleted counts as done."""
        problems: list[str] = []
        not_ready: dict[str, str] = {}
        for target in targets:
            if target.kind not in ("Job", "Pod"):
                continue
            try:
                self._hook_done(target, timeout)
            except WaitFailed as error:
                problems.append(str(error))
                not_ready.update(error.not_ready)
        if problems:
            raise WaitFailed(self.context.rules.join(problems), not_ready)

    def _hook_done(self, target: Built, timeout: float) -> None:
        def look() -> bool:
            try:
                found = self.context.client.list(target.resource, target.namespace, field_selector=f"metadata.name={target.name}")
            except ApiError:
                return False
            return not found or self._verdict(target, found[0])

        told = telling(self.context, look, lambda: {target.key: "hook is running"})
        if not poll(self.context.clock, told, timeout=timeout or NO_LIMIT, interval=LOOK):
            raise WaitFailed("timed out waiting for the condition", {target.key: explain(self.context, target)})

    @staticmethod
    def _verdict(target: Built, live: JsonObject) -> bool:
        status = live.get("status") or {}
        if target.kind == "Pod":
            if status.get("phase") == "Failed":
                raise WaitFailed(f"pod {target.name} failed", {target.key: "phase Failed"})
            return bool(status.get("phase") == "Succeeded")
        for each in status.get("conditions") or []:
            if each["type"] == "Complete" and each["status"] == "True":
                return True
            if each["type"] == "Failed" and each["status"] == "True":
                reason = each.get("reason") or ""
                raise WaitFailed(f"job {target.name} failed: {reason}", {target.key: each.get("message") or reason})
        return False

    def hook_gone(self, targets: Sequence[Built], timeout: float) -> None:
        """As any deletion."""
        self.gone(targets, timeout)

    def _poll(self, look: object, timeout: float) -> bool:
        return poll(self.context.clock, look, timeout=timeout, interval=POLL)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class HooksAndDeletions(Polling):
    """Helm 3 without `--wait`: hooks are awaited, and that old hooks are gone; the release's own objects are not."""

    def ready(self, targets: Sequence[Built], timeout: float, *, jobs: bool) -> None:
        """Not awaited."""

    def gone(self, targets: Sequence[Built], timeout: float) -> None:
        """Not awaited."""

    def hook_gone(self, targets: Sequence[Built], timeout: float) -> None:
        """As Helm 3 always does."""
        Polling.gone(self, targets, timeout)


@dataclass(frozen=True, slots=True)
class Watcher:
    """Helm 4's `--wait`: a status of every object, until all are Current or Failed."""

    context: Context

    def _subscribe(self, targets: Sequence[Built]) -> Client:
        """Ask for each kind's events as the watcher does; what may not be listed ends the wait.

        A server that grants no watch of what is there already is asked for a list and a watch. Later looks read single objects
        and are no requests of Helm's: the client that is given makes them, and drops their warnings.
        """
        client = self.context.client
        for resource, namespace in dict.fromkeys((target.resource, target.namespace) for target in targets):
            try:
                client.try_watch(resource, namespace, initial=True)
                continue
            except ApiError:
                pass
            try:
                client.list(resource, namespace)
                client.try_watch(resource, namespace)
            except Forbidden as error:
                gvk = resource.gvk
                raise WaitFailed(f"failed to list {gvk.api_version if gvk.group else '/v1'}, Kind={gvk.kind}: {error}") from error
            except ApiError:
                continue
        return client.silent()

    def ready(self, targets: Sequence[Built], timeout: float, *, jobs: bool) -> None:
        """Paused Deployments are left out; the failed and the late ones are named in the targets' order."""
        awaited = [target for target in targets if not _is_paused(target)]
        self._until_current(awaited, timeout, kstatus.compute_with_jobs if jobs else kstatus.compute)

    def hook_done(self, targets: Sequence[Built], timeout: float) -> None:
        """Jobs and Pods succeed, everything else has to be seen."""
        self._until_current(targets, timeout, kstatus.compute_hook)

    def gone(self, targets: Sequence[Built], timeout: float) -> None:
        """Until nothing is found any more."""
        states: dict[int, kstatus.Result] = {}
        client = self._subscribe(targets)

        def look() -> bool:
            for index, target in enumerate(targets):
                states[index] = _state(client, target, kstatus.compute)
            return all(state.status in (kstatus.NOT_FOUND, kstatus.UNKNOWN) for state in states.values())

        def left() -> dict[str, str]:
            absent = (kstatus.NOT_FOUND, kstatus.UNKNOWN)
            return {target.key: "still exists" for index, target in enumerate(targets) if states[index].status not in absent}

        if poll(self.context.clock, telling(self.context, look, left), timeout=timeout or DEFAULT_TIMEOUT, interval=LOOK):
            return
        lines, not_ready = [], {}
        for index, target in enumerate(targets):
            state = states[index]
            if state.status not in (kstatus.NOT_FOUND, kstatus.UNKNOWN):
                place = f"{target.kind}/{target.namespace}/{target.name}"
                lines.append(f"resource {place} still exists. status: {state.status}, message: {state.message}")
                not_ready[target.key] = state.message
        raise WaitFailed("\n".join([*lines, DEADLINE]), not_ready)

    def hook_gone(self, targets: Sequence[Built], timeout: float) -> None:
        """As any deletion."""
        self.gone(targets, timeout)

    def _until_current(self, targets: Sequence[Built], timeout: float, compute: kstatus.Reader) -> None:
        states: dict[int, kstatus.Result] = {}
        client = self._subscribe(targets)

        def look() -> bool:
            for index, target in enumerate(targets):
                states[index] = _state(client, target, compute)
            return all(state.status in (kstatus.CURRENT, kstatus.FAILED) for state in states.values())

        def left() -> dict[str, str]:
            waited = ((target, states[index]) for index, target in enumerate(targets))
            return {target.key: state.message or state.status for target, state in waited if state.status != kstatus.CURRENT}

        told = telling(self.context, look, left)
        in_time = poll(self.context.clock, told, timeout=timeout or DEFAULT_TIMEOUT, interval=LOOK)
        lines, not_ready = [], {}
        for index, target in enumerate(targets):
            state = states[index]
            if state.status != kstatus.CURRENT:
                place = f"{target.kind}/{target.namespace}/{target.name}"
                lines.append(f"resource {place} not ready. status: {state.status}, message: {state.message}")
                not_ready[target.key] = f"{state.message or state.status}{_tail(explain(self.context, target))}"
        if not in_time:
            lines.append(DEADLINE)
        if lines:
            raise WaitFailed("\n".join(lines), not_ready)


def _state(client: Client, target: Built, compute: kstatus.Reader) -> kstatus.Result:
    try:
        return compute(client, client.get(target.resource, target.name, target.namespace))
    except NotFound:
        return kstatus.Result(kstatus.NOT_FOUND, "Resource not found")
    except ApiError as error:
        return kstatus.Result(kstatus.UNKNOWN, str(error))


@dataclass(frozen=True, slots=True)
class HookOnly(Watcher):
    """Helm 4's default: hooks are awaited, but neither the release's objects nor any deletion."""

    def ready(self, targets: Sequence[Built], timeout: float, *, jobs: bool) -> None:
        """Not awaited."""

    def gone(self, targets: Sequence[Built], timeout: float) -> None:
        """Not awaited."""

    def hook_gone(self, targets: Sequence[Built], timeout: float) -> None:
        """Not awaited."""


def _is_paused(target: Built) -> bool:
    return target.resource.gvk[:1] == ("apps",) and target.kind == "Deployment" and bool((target.object.get("spec") or {}).get("paused"))


def _tail(text: str) -> str:
    return f"; {text}" if text else ""


def explain(context: Context, target: Built) -> str:
    """What an object hangs on, for people: its pods' waiting containers with the last log line, else a condition that is not True."""
    try:
        live = context.client.get(target.resource, target.name, target.namespace)
        selector = readiness.selector_text(_pod_selector(target, live))
        pods = context.client.list(readiness.PODS, target.namespace, label_selector=selector) if selector else []
        if target.kind == "Pod":
            pods = [live]
        parts = [part for pod in pods for part in _pod_troubles(context, pod)]
    except ApiError as error:
        return str(error)
    if not parts:
        conditions = (live.get("status") or {}).get("conditions") or []
        parts = [f"{each['type']}={each['status']}: {each.get('message', '')}" for each in conditions if each.get("status") == "False"]
    return "; ".join(parts[:3])


def _pod_selector(target: Built, live: JsonObject) -> JsonObject:
    if target.kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"):
        return (live.get("spec") or {}).get("selector") or {}
    return {}


def _pod_troubles(context: Context, pod: JsonObject) -> list[str]:
    name, namespace = pod["metadata"]["name"], pod["metadata"].get("namespace") or ""
    troubles = []
    status = pod.get("status") or {}
    for each in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (each.get("state") or {}).get("waiting") or {}
        ended = (each.get("state") or {}).get("terminated") or {}
        reason = waiting.get("reason") or (ended.get("reason") if ended.get("exitCode") else "")
        if not reason:
            continue
        text = f"pod {name}, container {each['name']}: {reason}"
        try:
            lines = context.client.logs(name, namespace, container=each["name"], tail_lines=1).strip().splitlines()
        except ApiError:
            lines = []
        troubles.append(text + (f", last log line: {lines[-1]}" if lines else ""))
    if not troubles and status.get("phase") == "Pending":
        scheduled = readiness.condition(pod, "PodScheduled")
        if scheduled.get("status") == "False":
            troubles.append(f"pod {name}: {scheduled.get('message') or scheduled.get('reason')}")
    return troubles
