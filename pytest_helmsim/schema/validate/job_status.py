"""Rules for the status of a Job: what its controller may say, and in which order.

Source: k8s.io/kubernetes pkg/apis/batch/validation/validation.go, pkg/registry/batch/job/strategy.go.
"""

from __future__ import annotations

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.field_errors import OMITTED, Errors
from pytest_helmsim.schema.validate.job_policies import count_indexes, overlap
from pytest_helmsim.schema.validate.metadata import check_metadata_update, same

_CONDITIONS = "status.conditions"


def _conditions(job: JsonObject) -> frozenset[str]:
    found = (job.get("status") or {}).get("conditions") or ()
    return frozenset(entry.get("type", "") for entry in found if entry.get("status") == "True")


def check_job_status(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Counters do not fall, an end has its reasons, and what is over stays so. Since 1.32; before, counters only."""
    check_metadata_update(errors, new, old)
    now, before = new.get("status") or {}, old.get("status") or {}
    _check_counters(errors, now)
    if errors.minor >= 32:
        _check_ending(errors, new, old)
        _check_indexes(errors, new, old)
    conditions, old_conditions = _conditions(new), _conditions(old)
    met = "SuccessCriteriaMet" in conditions
    for other, shown in (("Failed", "Failed=true"), ("FailureTarget", "FailureTarget=true")):
        if met and other in conditions:
            errors.invalid(_CONDITIONS, OMITTED, f"cannot set SuccessCriteriaMet=True and {shown} conditions")
    if (new.get("spec") or {}).get("successPolicy") is not None and not met and "Complete" in conditions:
        errors.invalid(_CONDITIONS, OMITTED, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True")
    if errors.minor >= 32:
        _check_changes(errors, new, now, before, conditions, old_conditions)
    if "SuccessCriteriaMet" in old_conditions and not met:
        errors.invalid(_CONDITIONS, OMITTED, "cannot disable the SuccessCriteriaMet=True condition")
    if "Complete" in old_conditions and "SuccessCriteriaMet" not in old_conditions and met:
        why = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"
        errors.invalid(_CONDITIONS, OMITTED, why)


def _check_counters(errors: Errors, status: JsonObject) -> None:
    for key in ("active", "succeeded", "failed", "ready", "terminating"):
        errors.not_negative(f"status.{key}", status.get(key))
    seen: set[str] = set()
    for key in ("succeeded", "failed"):
        for index, uid in enumerate((status.get("uncountedTerminatedPods") or {}).get(key) or ()):
            path = f"status.uncountedTerminatedPods.{key}[{index}]"
            if not uid:
                errors.invalid(path, uid, "must not be empty")
            elif uid in seen:
                errors.duplicate(path, uid)
            seen.add(uid)


def _check_ending(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """An end must be complete in itself; only what the write touches is looked at."""
    now, before = new.get("status") or {}, old.get("status") or {}
    conditions, old_conditions = _conditions(new), _conditions(old)

    def turned(kind: str) -> bool:
        return (kind in conditions) != (kind in old_conditions)

    def changed(key: str) -> bool:
        return not same(now.get(key), before.get(key))

    complete, failed = "Complete" in conditions, "Failed" in conditions
    finished = complete or failed
    turned_finished = finished != bool(old_conditions & {"Complete", "Failed"})
    started, completed = now.get("startTime"), now.get("completionTime")
    time_changed = turned("Complete") or changed("completionTime")
    if (turned("Complete") or turned("Failed")) and complete and failed:
        errors.invalid(_CONDITIONS, OMITTED, "cannot set Complete=True and Failed=true conditions")
    if (turned("Complete") or turned("FailureTarget")) and complete and "FailureTarget" in conditions:
        errors.invalid(_CONDITIONS, OMITTED, "cannot set Complete=True and FailureTarget=true conditions")
    if time_changed and completed is not None and not complete:
        errors.invalid("status.completionTime", completed, "cannot set completionTime when there is no Complete=True condition")
    if time_changed and completed is None and complete:
        errors.required("status.completionTime", "completionTime is required for Complete jobs")
    if (changed("startTime") or changed("completionTime")) and started and completed and completed < started:
        errors.invalid("status.completionTime", completed, "must be equal to or after `startTime`")
    if (turned("Failed") or changed("failedIndexes")) and failed and "FailureTarget" not in conditions:
        errors.invalid(_CONDITIONS, OMITTED, "cannot set Failed=True condition without the FailureTarget=true condition")
    if (turned("Complete") or turned("SuccessCriteriaMet")) and complete and "SuccessCriteriaMet" not in conditions:
        errors.invalid(_CONDITIONS, OMITTED, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
    if not finished:
        return
    spec = new.get("spec") or {}
    if (turned_finished or changed("active")) and (now.get("active") or 0) > 0:
        errors.invalid("status.active", now["active"], "active>0 is invalid for finished job")
    if (turned_finished or changed("startTime")) and started is None and not (spec.get("suspend") and spec.get("completions") == 0):
        errors.required("status.startTime", "startTime is required for finished job")
    uncounted = now.get("uncountedTerminatedPods") or {}
    if (turned_finished or changed("uncountedTerminatedPods")) and (uncounted.get("failed") or uncounted.get("succeeded")):
        shown: Json = {"Succeeded": uncounted.get("succeeded"), "Failed": uncounted.get("failed")}
        errors.invalid("status.uncountedTerminatedPods", shown, "must be empty for finished job")


def _check_indexes(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    spec, now, before = new.get("spec") or {}, new.get("status") or {}, old.get("status") or {}
    completions, per_index = spec.get("completions"), spec.get("backoffLimitPerIndex")
    done, failed = now.get("completedIndexes") or "", now.get("failedIndexes")
    done_changed = done != (before.get("completedIndexes") or "")
    failed_changed = failed != before.get("failedIndexes")
    if done_changed and completions is not None:
        why = count_indexes(done, completions)[1]
        if why:
            errors.invalid("status.completedIndexes", done, f"error parsing completedIndexes: {why}")
    if failed_changed and completions is not None and per_index is not None and failed is not None:
        why = count_indexes(failed, completions)[1]
        if why:
            errors.invalid("status.failedIndexes", failed, f"error parsing failedIndexes: {why}")
    if done_changed and done and spec.get("completionMode") != "Indexed":
        errors.invalid("status.completedIndexes", done, "cannot set non-empty completedIndexes when non-indexed completion mode")
    if failed_changed and per_index is None and failed is not None:
        errors.invalid("status.failedIndexes", failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
    if (done_changed or failed_changed) and completions is not None and failed is not None:
        why = overlap(done, failed, completions)
        if why:
            errors.invalid("status.failedIndexes", failed, why)
    finished = bool(_conditions(new) & {"Complete", "Failed"})
    turned = finished != bool(_conditions(old) & {"Complete", "Failed"})
    terminating, ready, active = now.get("terminating"), now.get("ready"), now.get("active") or 0
    if (turned or terminating != before.get("terminating")) and finished and (terminating or 0) > 0:
        errors.invalid("status.terminating", terminating, "terminating>0 is invalid for finished job")
    if (ready != before.get("ready") or active != (before.get("active") or 0)) and ready is not None and ready > active:
        errors.invalid("status.ready", ready, "cannot set more ready pods than active")


def _check_changes(
    errors: Errors, new: JsonObject, now: JsonObject, before: JsonObject, conditions: frozenset[str], old_conditions: frozenset[str]
) -> None:
    spec = new.get("spec") or {}
    for kind in ("Failed", "Complete", "FailureTarget"):
        if kind in old_conditions and kind not in conditions:
            errors.invalid(_CONDITIONS, OMITTED, f"cannot disable the terminal {kind}=True condition")
    if (now.get("failed") or 0) < (before.get("failed") or 0):
        errors.invalid("status.failed", now.get("failed") or 0, "cannot decrease the failed counter")
    elastic = spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")
    if not elastic and (now.get("succeeded") or 0) < (before.get("succeeded") or 0):
        errors.invalid("status.succeeded", now.get("succeeded") or 0, "cannot decrease the succeeded counter")
    completed, old_completed = now.get("completionTime"), before.get("completionTime")
    if completed is not None and old_completed is not None and completed != old_completed:
        errors.invalid("status.completionTime", completed, "field is immutable")
    started, old_started = now.get("startTime"), before.get("startTime")
    resumed = any(entry.get("type") == "Suspended" and entry.get("status") == "False" for entry in now.get("conditions") or ())
    resuming = "Suspended" in old_conditions and resumed
    if old_started is not None and started != old_started and not spec.get("suspend") and not resuming:
        errors.invalid("status.startTime", started, "field is immutable for unsuspended job once set")
