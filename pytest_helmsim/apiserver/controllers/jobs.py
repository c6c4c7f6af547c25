"""Jobs: pods until enough of them have succeeded or too many have failed.

Source: k8s.io/kubernetes pkg/controller/job (job_controller.go, indexed_job_utils.go, backoff_utils.go)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_helmsim.apiserver.controllers import common, indexes, jobpolicies, pods
from pytest_helmsim.apiserver.controllers.common import JOB, MANAGER, POD, Key, Keys, Reconciler
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError, NotFound

COMPONENT = "job-controller"
TRACKING = "batch.kubernetes.io/job-tracking"
FIRST_BACKOFF = 10.0
LONGEST_BACKOFF = 600.0


def has_success_criteria(version: str) -> bool:
    """From 1.31 a Job says SuccessCriteriaMet before Complete and FailureTarget before Failed, whatever made it end."""
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) >= (1, 31)


def is_finished(job: JsonObject) -> bool:
    """Complete or Failed."""
    return any(
        item["type"] in ("Complete", "Failed") and item["status"] == "True" for item in common.status_of(job).get("conditions") or ()
    )


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why a Job ends: the interim and the final condition, with their reason and message."""

    interim: str
    final: str
    reason: str
    message: str


class Jobs(Reconciler):
    """Starts pods, counts how they ended, decides when the Job has."""

    name, alias = "job-controller", "job"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(JOB): common.itself, common.kind(POD): common.controlled_or_matching(self.api, JOB)}

    def sync(self, key: Key) -> float | None:
        job = self.api.get(JOB, *key)
        if job is None or common.is_deleting(job):
            self._release(self._named(key))
            return None
        mine = common.claim(self.api, job, JOB, common.candidates(self.world, job, POD))
        if is_finished(job):
            self._release(mine)
            return None
        old = common.status_of(job)
        suspended = bool(job["spec"].get("suspend"))
        status = dict(old)
        if not suspended and not status.get("startTime"):
            status["startTime"] = self.world.stamp()
        ended = [pod for pod in mine if TRACKING in (pod["metadata"].get("finalizers") or ()) and _counts(pod, job)]
        self._count(job, status, ended, mine)
        running = [pod for pod in mine if pods.is_active(pod)]
        terminating = [pod for pod in mine if common.is_deleting(pod) and not pods.is_finished(pod) and pod not in ended]
        ending = self._ending(job, status, mine)
        failure: ApiError | None = None
        delay: float | None = None
        if ending is not None:
            self._stop(running, job)
            self._conclude(job, status, ending, waiting=bool(terminating or running))
            terminating, running = [*terminating, *running], []
        elif suspended:
            self._withdraw(running, job)
            running = []
            self._suspend(job, status)
        else:
            self._resume(job, status)
            try:
                running, delay = self._manage(job, status, running, mine, len(terminating))
            except ApiError as error:
                failure = error
        self._write(job, status, running, terminating)
        self._release(ended)
        if failure is not None and not pods.is_namespace_terminating(failure):
            raise failure
        return _soonest(delay, self._deadline(job, status))

    def _named(self, key: Key) -> Iterable[JsonObject]:
        for pod in self.api.list(POD, key.namespace):
            reference = common.controller_of(pod)
            if reference and reference["kind"] == "Job" and reference["name"] == key.name:
                yield pod

    def _release(self, ended: Iterable[JsonObject]) -> None:
        """Take the tracking finalizer from pods whose end has been counted."""
        for pod in ended:
            latest = self.api.get(POD, common.namespace_of(pod), common.name_of(pod))
            finalizers = latest["metadata"].get("finalizers") or () if latest else ()
            if latest is not None and TRACKING in finalizers:
                rest = [name for name in finalizers if name != TRACKING]
                self.api.update(common.with_metadata(latest, finalizers=rest or None), manager=MANAGER)

    def _count(self, job: JsonObject, status: JsonObject, ended: list[JsonObject], mine: list[JsonObject]) -> None:
        succeeded = [pod for pod in ended if pods.phase(pod) == "Succeeded"]
        failed = [pod for pod in ended if pod not in succeeded]
        status["failed"] = int(status.get("failed") or 0) + sum(jobpolicies.judge(pod, job).action != "Ignore" for pod in failed)
        if indexes.is_indexed(job):
            done = indexes.parse(status.get("completedIndexes") or "")
            done |= {number for pod in mine if pods.phase(pod) == "Succeeded" and (number := indexes.index_of(pod)) is not None}
            done = {number for number in done if number < int(job["spec"].get("completions") or 0)}
            status["completedIndexes"], status["succeeded"] = indexes.write(done), len(done)
            if (limit := job["spec"].get("backoffLimitPerIndex")) is not None:
                counts = indexes.failures(mine)
                over = {number for number, count in counts.items() if count > limit} | indexes.parse(status.get("failedIndexes") or "")
                given_up = [pod for pod in failed if jobpolicies.judge(pod, job).action == "FailIndex"]
                over |= {number for pod in given_up if (number := indexes.index_of(pod)) is not None}
                status["failedIndexes"] = indexes.write(over - done)
        else:
            status["succeeded"] = int(status.get("succeeded") or 0) + len(succeeded)

    def _ending(self, job: JsonObject, status: JsonObject, mine: list[JsonObject]) -> _Ending | None:
        """Whether the Job has to end now, and why; a decision that already stands in the conditions is kept."""
        for item in status.get("conditions") or ():
            if item["type"] in ("SuccessCriteriaMet", "FailureTarget") and item["status"] == "True":
                final = "Complete" if item["type"] == "SuccessCriteriaMet" else "Failed"
                return _Ending(item["type"], final, item.get("reason", ""), item.get("message", ""))
        spec = job["spec"]
        for pod in mine:
            if pods.phase(pod) == "Failed" and (verdict := jobpolicies.judge(pod, job)).action == "FailJob":
                return _failed("PodFailurePolicy", verdict.message)
        limit = int(spec.get("backoffLimit", 6))
        per_index = spec.get("backoffLimitPerIndex") is not None
        if (failed := int(status.get("failed") or 0)) > limit and not (per_index and "backoffLimit" not in spec) and failed > 0:
            return _failed("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        if spec["template"]["spec"].get("restartPolicy") == "OnFailure" and _too_many_restarts(mine, limit):
            return _failed("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        deadline = self._deadline(job, status)
        if deadline is not None and deadline <= 0:
            return _failed("DeadlineExceeded", "Job was active longer than specified deadline")
        succeeded, completions = int(status.get("succeeded") or 0), spec.get("completions")
        active = [pod for pod in mine if pods.is_active(pod)]
        if indexes.is_indexed(job) and per_index:
            lost = indexes.parse(status.get("failedIndexes") or "")
            if (most := spec.get("maxFailedIndexes")) is not None and len(lost) > most:
                return _failed("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
            if lost and len(lost) + succeeded >= int(completions or 0):
                return _failed("FailedIndexes", "Job has failed indexes")
        if (message := jobpolicies.success(job, indexes.parse(status.get("completedIndexes") or ""))) is not None:
            return _Ending("SuccessCriteriaMet", "Complete", "SuccessPolicy", message)
        enough = succeeded >= completions if completions is not None else succeeded > 0 and not active
        if enough:
            return _Ending("SuccessCriteriaMet", "Complete", "CompletionsReached", "Reached expected number of succeeded pods")
        return None

    def _conclude(self, job: JsonObject, status: JsonObject, ending: _Ending, *, waiting: bool) -> None:
        """The interim condition at once; the final one when no pod is left that could still run."""
        modern = has_success_criteria(self.api.version)
        reason, message = ending.reason, ending.message
        if ending.final == "Complete" and not modern:
            reason = message = ""
        if modern:
            self._add_condition(status, ending.interim, reason, message)
        if waiting and modern:
            return
        self._add_condition(status, ending.final, reason, message)
        if ending.final == "Complete":
            status["completionTime"] = self.world.stamp()
            self.world.events(job, "Completed", "Job completed", component=COMPONENT)
        else:
            self.world.events(job, ending.reason, ending.message, component=COMPONENT, warning=True)

    def _add_condition(self, status: JsonObject, type_: str, reason: str, message: str, *, value: str = "True") -> bool:
        found = common.condition(status, type_)
        if found is not None and (found["status"], found.get("reason", ""), found.get("message", "")) == (value, reason, message):
            return False
        stamp = self.world.stamp()
        made = {"type": type_, "status": value, "lastProbeTime": stamp, "lastTransitionTime": stamp}
        made |= ({"reason": reason} if reason else {}) | ({"message": message} if message else {})
        present = status.get("conditions") or []
        status["conditions"] = [made if item is found else item for item in present] if found is not None else [*present, made]
        return True

    def _suspend(self, job: JsonObject, status: JsonObject) -> None:
        if self._add_condition(status, "Suspended", "JobSuspended", "Job suspended"):
            self.world.events(job, "Suspended", "Job suspended", component=COMPONENT)
        status.pop("startTime", None)

    def _resume(self, job: JsonObject, status: JsonObject) -> None:
        found = common.condition(status, "Suspended")
        if found is not None and found["status"] == "True":
            self._add_condition(status, "Suspended", "JobResumed", "Job resumed", value="False")
            self.world.events(job, "Resumed", "Job resumed", component=COMPONENT)
            status["startTime"] = self.world.stamp()

    def _deadline(self, job: JsonObject, status: JsonObject) -> float | None:
        """Seconds left of `activeDeadlineSeconds`; None without one or before the start."""
        limit, start = job["spec"].get("activeDeadlineSeconds"), common.seconds(status.get("startTime"))
        if limit is None or start is None or job["spec"].get("suspend") or is_finished({**job, "status": status}):
            return None
        return max(start + float(limit) - self.world.now(), 0.0)

    def _manage(
        self, job: JsonObject, status: JsonObject, running: list[JsonObject], mine: list[JsonObject], terminating: int
    ) -> tuple[list[JsonObject], float | None]:
        """As many pods as parallelism and the completions still to come allow; seconds until a failed one may be replaced."""
        spec = job["spec"]
        parallelism, completions = int(spec.get("parallelism", 1)), spec.get("completions")
        succeeded = int(status.get("succeeded") or 0)
        if completions is None:
            wanted = len(running) if succeeded else parallelism
        else:
            wanted = min(max(int(completions) - succeeded, 0), parallelism)
        if len(running) > wanted:
            surplus = pods.first_to_go(running, running, self.world.now())[: len(running) - wanted]
            self._withdraw(surplus, job)
            return [pod for pod in running if pod not in surplus], None
        missing = wanted - len(running)
        if spec.get("podReplacementPolicy") == "Failed":
            missing -= terminating
        if missing <= 0:
            return running, None
        wait = self._backoff(mine)
        if wait > 0:
            return running, wait
        numbers: list[int | None] = [None] * missing
        if indexes.is_indexed(job):
            taken = {indexes.index_of(pod) for pod in running}
            taken |= indexes.parse(status.get("completedIndexes") or "") | indexes.parse(status.get("failedIndexes") or "")
            numbers = list([number for number in range(int(completions or 0)) if number not in taken][:missing])
        made = []
        for number in numbers:
            pod = pods.from_template(spec["template"], job, JOB)
            finalizers = [*(pod["metadata"].get("finalizers") or ()), TRACKING]
            pod = common.with_metadata(pod, finalizers=finalizers)
            if number is not None:
                pod = indexes.with_index(pod, job, number, indexes.failures(mine).get(number, 0))
            made.append(pods.create(self.world, pod, job, component=COMPONENT))
        return [*running, *made], None

    def _backoff(self, mine: list[JsonObject]) -> float:
        """Failed pods since the last success make the next one wait: ten seconds, doubled each time, ten minutes at most."""
        last_success = max((_ended_at(pod) for pod in mine if pods.phase(pod) == "Succeeded"), default=0.0)
        failures = [_ended_at(pod) for pod in mine if pods.phase(pod) == "Failed"]
        recent = [when for when in failures if when > last_success]
        if not recent:
            return 0.0
        pause: float = min(FIRST_BACKOFF * 2.0 ** min(len(recent) - 1, 10), LONGEST_BACKOFF)
        return max(recent) + pause - self.world.now()

    def _withdraw(self, running: list[JsonObject], job: JsonObject) -> None:
        """Pods that are no longer wanted: their end is not counted."""
        self._release(running)
        self._stop(running, job)

    def _stop(self, running: list[JsonObject], job: JsonObject) -> None:
        for pod in running:
            pods.delete(self.world, pod, job, component=COMPONENT)

    def _write(self, job: JsonObject, status: JsonObject, running: list[JsonObject], terminating: list[JsonObject]) -> None:
        status |= {
            "active": len(running),
            "ready": sum(pods.is_ready(pod) for pod in running),
            "terminating": len(terminating),
            "uncountedTerminatedPods": {},
        }
        limited = indexes.is_indexed(job) and job["spec"].get("backoffLimitPerIndex") is not None
        if limited:
            status.setdefault("failedIndexes", "")
        written = common.without_empty(status, "ready", "terminating", "uncountedTerminatedPods", *(("failedIndexes",) if limited else ()))
        latest = self.api.get(JOB, *common.key_of(job))
        if latest is not None:
            common.update_status(self.api, latest, written)


def _failed(reason: str, message: str) -> _Ending:
    return _Ending("FailureTarget", "Failed", reason, message)


def _counts(pod: JsonObject, job: JsonObject) -> bool:
    """Whether the pod's end is to be counted now: a deleted one at once, unless only failed ones are to be replaced."""
    if pods.is_finished(pod):
        return True
    return common.is_deleting(pod) and job["spec"].get("podReplacementPolicy", "TerminatingOrFailed") != "Failed"


def _too_many_restarts(mine: list[JsonObject], limit: int) -> bool:
    total = 0
    for pod in mine:
        if pods.phase(pod) in ("Running", "Pending"):
            status = common.status_of(pod)
            total += sum(
                item.get("restartCount") or 0 for kind in ("containerStatuses", "initContainerStatuses") for item in status.get(kind) or ()
            )
    return total > 0 if limit == 0 else total >= limit


def _ended_at(pod: JsonObject) -> float:
    """When the last container of a finished pod ended."""
    ends = [
        common.seconds(((item.get("state") or {}).get("terminated") or {}).get("finishedAt")) or 0.0
        for item in common.status_of(pod).get("containerStatuses") or ()
    ]
    return max(ends, default=0.0) or common.seconds(pod["metadata"].get("creationTimestamp")) or 0.0


def _soonest(*waits: float | None) -> float | None:
    found = [wait for wait in waits if wait is not None]
    return min(found) if found else None


class FinishedJobs(Reconciler):
    """Deletes Jobs some time after they have finished.

    Source: k8s.io/kubernetes pkg/controller/ttlafterfinished
    """

    name, alias = "ttl-after-finished-controller", "ttl-after-finished"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(JOB): common.itself}

    def sync(self, key: Key) -> float | None:
        job = self.api.get(JOB, *key)
        limit = job["spec"].get("ttlSecondsAfterFinished") if job else None
        if job is None or limit is None or common.is_deleting(job) or not is_finished(job):
            return None
        ends = [item for item in common.status_of(job)["conditions"] if item["type"] in ("Complete", "Failed") and item["status"] == "True"]
        left = (common.seconds(ends[0]["lastTransitionTime"]) or 0.0) + float(limit) - self.world.now()
        if left > 0:
            return left
        try:
            self.api.delete(JOB, key.namespace, key.name, propagation="Foreground", uid=common.uid_of(job))
        except NotFound:
            return None
        return None
