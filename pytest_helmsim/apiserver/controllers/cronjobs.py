"""CronJobs: a Job for every due time.

Source: k8s.io/kubernetes pkg/controller/cronjob/cronjob_controllerv2.go, utils.go
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common, jobs, schedules
from pytest_helmsim.apiserver.controllers.common import CRON_JOB, JOB, MANAGER, Key, Keys, Reconciler
from pytest_helmsim.objects import clock as clocks
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import AlreadyExists, ApiError, NotFound

APPROXIMATE = ("CronJob with `TZ=` in its schedule: the controller cannot read it and starts nothing; `spec.timeZone` is followed",)
COMPONENT = "cronjob-controller"
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
MANY_MISSED = 100


class CronJobs(Reconciler):
    """Starts Jobs, keeps the list of running ones, prunes finished ones."""

    name, alias = "cronjob-controller", "cronjob"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(CRON_JOB): common.itself, common.kind(JOB): common.controlled_by(CRON_JOB)}

    def sync(self, key: Key) -> float | None:
        found = self.api.get(CRON_JOB, *key)
        if found is None:
            return None
        mine = common.owned(self.world, found, JOB)
        status = self._noticed(found, dict(common.status_of(found)), mine)
        self._prune(found, mine)
        wait: float | None = None
        if not common.is_deleting(found) and not found["spec"].get("suspend"):
            try:
                schedule = schedules.parse(found["spec"]["schedule"], found["spec"].get("timeZone"))
            except schedules.ScheduleError as error:
                message = f'unparseable schedule: "{found["spec"]["schedule"]}" : {error}'
                self.world.events(found, "UnparseableSchedule", message, component=COMPONENT, warning=True)
            else:
                status, wait = self._start_due(found, status, schedule)
        latest = self.api.get(CRON_JOB, *key)
        if latest is not None:
            common.update_status(self.api, latest, common.without_empty(status))
        return wait

    def _noticed(self, found: JsonObject, status: JsonObject, mine: list[JsonObject]) -> JsonObject:
        """Running Jobs that have ended or gone leave the list of active ones."""
        by_uid = {common.uid_of(job): job for job in mine}
        active = []
        for reference in status.get("active") or ():
            job = by_uid.get(reference.get("uid", ""))
            if job is None:
                self.world.events(found, "MissingJob", f"Active job went missing: {reference['name']}", component=COMPONENT)
            elif jobs.is_finished(job):
                ended = next(item for item in common.status_of(job)["conditions"] if item["type"] in ("Complete", "Failed"))
                message = f"Saw completed job: {common.name_of(job)}, condition: {ended['type']}"
                self.world.events(found, "SawCompletedJob", message, component=COMPONENT)
            else:
                active.append(reference)
        known = {reference.get("uid") for reference in status.get("active") or ()}
        for job in mine:
            if common.uid_of(job) not in known and not jobs.is_finished(job):
                message = f"Saw a job that the controller did not create or forgot: {common.name_of(job)}"
                self.world.events(found, "UnexpectedJob", message, component=COMPONENT, warning=True)
            ended_at = common.status_of(job).get("completionTime")
            if ended_at and ended_at > (status.get("lastSuccessfulTime") or ""):
                status["lastSuccessfulTime"] = ended_at
        return {**status, "active": active}

    def _start_due(self, found: JsonObject, status: JsonObject, schedule: schedules.Schedule) -> tuple[JsonObject, float | None]:
        now = self.world.now()
        since = common.seconds(status.get("lastScheduleTime")) or common.seconds(found["metadata"].get("creationTimestamp")) or now
        limit = found["spec"].get("startingDeadlineSeconds")
        earliest = max(since, now - float(limit)) if limit is not None else since
        due, missed = None, 0
        following = schedule.after(earliest)
        while following is not None and following <= now:
            due, missed = following, missed + 1
            following = schedule.after(following)
        if missed > MANY_MISSED:
            message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
            self.world.events(
                found, "TooManyMissedTimes", f"too many missed start times: {missed}. {message[27:]}", component=COMPONENT, warning=True
            )
        wait = following - now if following is not None else None
        if due is None:
            return status, wait
        policy = found["spec"].get("concurrencyPolicy", "Allow")
        if policy == "Forbid" and status.get("active"):
            message = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self.world.events(found, "JobAlreadyActive", message, component=COMPONENT)
            return status, wait
        if policy == "Replace":
            for reference in status.get("active") or ():
                self._delete(found, reference["name"])
            status = {**status, "active": []}
        job = self._create(found, due)
        if job is None:
            return {**status, "lastScheduleTime": clocks.rfc3339(due)}, wait
        reference = {
            "kind": "Job",
            "namespace": common.namespace_of(job),
            "name": common.name_of(job),
            "uid": common.uid_of(job),
            "apiVersion": "batch/v1",
            "resourceVersion": job["metadata"].get("resourceVersion"),
        }
        return {**status, "active": [*(status.get("active") or ()), reference], "lastScheduleTime": clocks.rfc3339(due)}, wait

    def _create(self, found: JsonObject, due: float) -> JsonObject | None:
        """The Job of a due time: its minute since 1970 makes the name."""
        template = found["spec"]["jobTemplate"]
        source = template.get("metadata") or {}
        zone = found["spec"].get("timeZone")
        stamp = clocks.rfc3339(due) if not zone else schedules.local(due, zone)
        metadata = {
            "name": f"{common.name_of(found)}-{int(due) // 60}",
            "namespace": common.namespace_of(found),
            **({"labels": source["labels"]} if source.get("labels") else {}),
            "annotations": {**(source.get("annotations") or {}), SCHEDULED: stamp},
            "ownerReferences": [common.controller_reference(found, CRON_JOB)],
        }
        made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]}
        try:
            job = self.api.create(made, manager=MANAGER)
        except AlreadyExists:
            return None
        except ApiError as error:
            self.world.events(found, "FailedCreate", f"Error creating job: {error.message}", component=COMPONENT, warning=True)
            raise
        self.world.events(found, "SuccessfulCreate", f"Created job {common.name_of(job)}", component=COMPONENT)
        return job

    def _prune(self, found: JsonObject, mine: list[JsonObject]) -> None:
        """Keep as many finished Jobs as the two history limits say, the newest."""
        for type_, field, default in (("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)):
            ended = [job for job in mine if (common.condition(common.status_of(job), type_) or {}).get("status") == "True"]
            ended.sort(key=lambda job: (common.status_of(job).get("startTime") or "", common.name_of(job)))
            for job in ended[: max(len(ended) - int(found["spec"].get(field, default)), 0)]:
                self._delete(found, common.name_of(job))

    def _delete(self, found: JsonObject, name: str) -> None:
        try:
            self.api.delete(JOB, common.namespace_of(found), name, propagation="Background")
        except NotFound:
            return
        self.world.events(found, "SuccessfulDelete", f"Deleted job {name}", component=COMPONENT)
