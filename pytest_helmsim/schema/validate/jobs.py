"""Rules for Jobs and CronJobs.

Source: k8s.io/kubernetes pkg/apis/batch/validation/validation.go.
"""

from __future__ import annotations

import re
import zoneinfo

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject, copy
from pytest_helmsim.objects.selectors import selects
from pytest_helmsim.schema.cron import schedule_error
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import alike, internal
from pytest_helmsim.schema.strategies import JOB_NAME_LABELS, JOB_UID_LABELS
from pytest_helmsim.schema.validate.job_policies import check_failure_policy, check_success_policy, internal_policy
from pytest_helmsim.schema.validate.metadata import (
    check_metadata,
    check_metadata_update,
    check_selector,
    is_readable,
    same,
)
from pytest_helmsim.schema.validate.pods import check_template

_NUMBERS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex")
_ZONE_PART = re.compile(r"[A-Za-z._0-9+-]{1,14}", re.ASCII)
_NOT_GENERATED = "`selector` not auto-generated"


def check_job(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, _without_generated(obj), namespaced=True)
    spec = obj.get("spec") or {}
    _check_generated(errors, obj, spec)
    _check_spec_and_selector(errors, spec)
    name, completions = obj["metadata"].get("name", ""), spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        hostname = f"{name}-{completions - 1}"
        if names.dns_label(hostname):
            errors.invalid("metadata.name", name, f"will not able to create pod with invalid DNS label: {hostname}")


def _without_generated(obj: JsonObject) -> JsonObject:
    """The labels that a Job gets by being stored are not looked at."""
    meta = obj.get("metadata") or {}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in (*JOB_NAME_LABELS, *JOB_UID_LABELS)}
    return {**obj, "metadata": {**meta, "labels": labels}}


def _check_generated(errors: Errors, obj: JsonObject, spec: JsonObject) -> None:
    selector = spec.get("selector")
    if spec.get("manualSelector") or selector is None:
        return
    meta = obj.get("metadata") or {}
    name, uid = meta.get("name", ""), meta.get("uid", "")
    if not uid:
        errors.required("metadata.uid")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    expected = {JOB_UID_LABELS[1]: uid, JOB_NAME_LABELS[1]: name, JOB_UID_LABELS[0]: uid, JOB_NAME_LABELS[0]: name}
    for key, value in expected.items():
        path = f"spec.template.metadata.labels[{key}]"
        if key not in labels:
            errors.required(path, f"must be '{value}'")
        elif labels[key] != value:
            errors.invalid(path, labels, f"must be '{value}'")
    if is_readable(selector) and not selects(selector, expected):
        errors.invalid("spec.selector", selector, _NOT_GENERATED)


def _check_spec_and_selector(errors: Errors, spec: JsonObject) -> None:
    _check_spec(errors, "spec", spec)
    selector = spec.get("selector")
    if selector is None:
        errors.required("spec.selector")
    else:
        check_selector(errors, "spec.selector", selector)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if is_readable(selector) and not selects(selector, labels):
        errors.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")


def _check_spec(errors: Errors, path: str, spec: JsonObject) -> None:
    for key in _NUMBERS:
        errors.not_negative(f"{path}.{key}", spec.get(key))
    failed, per_index = spec.get("maxFailedIndexes"), spec.get("backoffLimitPerIndex")
    if failed is not None:
        errors.not_negative(f"{path}.maxFailedIndexes", failed)
        if per_index is None:
            errors.required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    if spec.get("managedBy") is not None:
        _check_manager(errors, f"{path}.managedBy", spec["managedBy"])
    mode = spec.get("completionMode")
    if mode is not None and mode not in ("NonIndexed", "Indexed"):
        errors.unsupported(f"{path}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        _check_indexed(errors, path, spec)
    if mode in (None, "NonIndexed"):
        for key, value in (("backoffLimitPerIndex", per_index), ("maxFailedIndexes", failed)):
            if value is not None:
                errors.invalid(f"{path}.{key}", value, "requires indexed completion mode")
    if spec.get("podFailurePolicy") is not None:
        check_failure_policy(errors, f"{path}.podFailurePolicy.rules", spec)
    if spec.get("successPolicy") is not None:
        check_success_policy(errors, f"{path}.successPolicy", spec)
    replacement = spec.get("podReplacementPolicy")
    if replacement is not None:
        known = ("Failed",) if spec.get("podFailurePolicy") is not None else ("Failed", "TerminatingOrFailed")
        if replacement not in known:
            errors.unsupported(f"{path}.podReplacementPolicy", replacement, known)
    template = spec.get("template") or {}
    check_template(errors, f"{path}.template", template)
    _check_restart(errors, f"{path}.template.spec.restartPolicy", (template.get("spec") or {}).get("restartPolicy", ""), spec)


def _check_manager(errors: Errors, path: str, manager: str) -> None:
    domain, slash, rest = manager.partition("/")
    if not slash or not domain or not rest:
        if not manager:
            errors.required(path)
        else:
            errors.invalid(path, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')
    else:
        errors.all_invalid(path, domain, names.dns_subdomain(domain))
        errors.all_invalid(path, rest, names.url_path(rest))
    if len(manager) > 63:
        errors.too_long(path, 63)


def _check_indexed(errors: Errors, path: str, spec: JsonObject) -> None:
    completions, parallelism, failed = (spec.get(key) for key in ("completions", "parallelism", "maxFailedIndexes"))
    if completions is None:
        errors.required(f"{path}.completions", "when completion mode is Indexed")
    if parallelism is not None and parallelism > 100000:
        errors.invalid(f"{path}.parallelism", parallelism, "must be less than or equal to 100000 when completion mode is Indexed")
    if completions is not None and failed is not None and failed > completions:
        errors.invalid(f"{path}.maxFailedIndexes", failed, "must be less than or equal to completions")
    if failed is not None and failed > 100000:
        errors.invalid(f"{path}.maxFailedIndexes", failed, "must be less than or equal to 100000")
    if completions is None or completions <= 100000 or spec.get("backoffLimitPerIndex") is None:
        return
    if failed is None:
        errors.required(f"{path}.maxFailedIndexes", "must be specified when completions is above 100000")
    for key, value in (("parallelism", parallelism), ("maxFailedIndexes", failed)):
        if value is not None and value > 10000:
            why = "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index"
            errors.invalid(f"{path}.{key}", value, why)


def _check_restart(errors: Errors, path: str, policy: str, spec: JsonObject) -> None:
    if policy in ("Always", ""):
        errors.required(path, 'valid values: "OnFailure", "Never"')
    elif policy not in ("OnFailure", "Never"):
        errors.unsupported(path, policy, ("OnFailure", "Never"))
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        errors.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')


def check_job_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Nothing of the template may change, but scheduling and resources of a suspended Job that never ran."""
    check_job(errors, new)
    check_metadata_update(errors, new, old)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    _check_spec_and_selector(errors, now)
    if now.get("completionMode") != "Indexed":
        errors.immutable_value("spec.completions", now.get("completions"), before.get("completions"))
    elif now.get("completions") not in (before.get("completions"), None) and now["completions"] != now.get("parallelism"):
        errors.invalid("spec.completions", now["completions"], "can only be modified in tandem with spec.parallelism")
    if not same(now.get("selector"), before.get("selector")):
        errors.invalid("spec.selector", now.get("selector"), "field is immutable")
    _check_template_update(errors, now, before, old)
    for key in ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"):
        if not same(now.get(key), before.get(key)):
            errors.invalid(f"spec.{key}", internal_policy(key, now.get(key)), "field is immutable")


def _check_template_update(errors: Errors, now: JsonObject, before: JsonObject, old: JsonObject) -> None:
    template, base = now.get("template") or {}, copy(before.get("template") or {})
    spec, base_spec = template.get("spec") or {}, base.setdefault("spec", {})
    allowed = _may_be_rescheduled(errors.minor, before, old.get("status") or {})
    if allowed:
        for key in ("nodeSelector", "tolerations", "schedulingGates"):
            base_spec[key] = spec.get(key)
        base["metadata"] = {**(base.get("metadata") or {})}
        for key in ("annotations", "labels"):
            base["metadata"][key] = (template.get("metadata") or {}).get(key)
        base_spec["affinity"] = _with_node_affinity(base_spec.get("affinity"), spec.get("affinity"))
    if not (allowed and errors.minor >= 36):
        if not same(template.get("metadata"), base.get("metadata")) or not alike("PodSpec", spec, base_spec):
            errors.invalid("spec.template", _internal_template(template), "field is immutable")
        return
    for key in ("containers", "initContainers"):
        mine, theirs = spec.get(key) or [], base_spec.get(key) or []
        if len(mine) == len(theirs):
            for one, other in zip(mine, theirs, strict=True):
                if one.get("name") == other.get("name"):
                    other["resources"] = one.get("resources")
    if not alike("PodSpec", spec, base_spec):
        errors.invalid("spec.template.spec", internal("PodSpec", spec), "field is immutable")


def _may_be_rescheduled(minor: int, before: JsonObject, status: JsonObject) -> bool:
    """A suspended Job that never ran; since 1.36 also one whose pods have all stopped."""
    if not before.get("suspend"):
        return False
    if minor < 36:
        return not status.get("startTime")
    stopped = any(entry.get("type") == "Suspended" and entry.get("status") == "True" for entry in status.get("conditions") or ())
    return (not status.get("startTime") or stopped) and not status.get("active")


def _with_node_affinity(base: JsonObject | None, wanted: JsonObject | None) -> JsonObject | None:
    if wanted is None:
        rest = {key: value for key, value in (base or {}).items() if key != "nodeAffinity"}
        return rest or None
    return {**(base or {}), "nodeAffinity": wanted.get("nodeAffinity")}


def _internal_template(template: JsonObject) -> JsonObject:
    """Metadata has JSON names and is inlined under its own; the spec is the server's struct."""
    meta = {key: value for key, value in (template.get("metadata") or {}).items() if value not in ([], {})}
    return {**meta, "Spec": internal("PodSpec", template.get("spec") or {})}


def check_cron_job(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _check_cron_spec(errors, obj.get("spec") or {}, None)
    name = obj["metadata"].get("name", "")
    if len(name) > 52:
        errors.invalid("metadata.name", name, "must be no more than 52 characters")


def check_cron_job_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _check_cron_spec(errors, new.get("spec") or {}, old.get("spec") or {})


def _check_cron_spec(errors: Errors, spec: JsonObject, before: JsonObject | None) -> None:
    schedule = spec.get("schedule", "")
    if not schedule:
        errors.required("spec.schedule")
    else:
        _check_schedule(errors, schedule, spec.get("timeZone"), before is not None and "TZ" in before.get("schedule", ""))
    errors.not_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    zone = spec.get("timeZone")
    if zone is not None and (before is None or before.get("timeZone") != zone):
        _check_zone(errors, zone)
    policy = spec.get("concurrencyPolicy", "")
    if not policy:
        errors.required("spec.concurrencyPolicy")
    elif policy not in ("Allow", "Forbid", "Replace"):
        errors.unsupported("spec.concurrencyPolicy", policy, ("Allow", "Forbid", "Replace"))
    _check_job_template(errors, "spec.jobTemplate", spec.get("jobTemplate") or {})
    errors.not_negative("spec.successfulJobsHistoryLimit", spec.get("successfulJobsHistoryLimit"))
    errors.not_negative("spec.failedJobsHistoryLimit", spec.get("failedJobsHistoryLimit"))


def _check_schedule(errors: Errors, schedule: str, zone: str | None, keeps_zone: bool) -> None:
    why = schedule_error(schedule)
    if why:
        errors.invalid("spec.schedule", schedule, why)
    if "TZ" in schedule:
        if zone is not None and keeps_zone:
            errors.invalid("spec.schedule", schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule")
        elif not keeps_zone and errors.minor >= 29:
            errors.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")


def _check_zone(errors: Errors, zone: str) -> None:
    if not zone:
        errors.invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string")
        return
    if any(part in (".", "..") or part.startswith("-") or not _ZONE_PART.fullmatch(part) for part in zone.split("/")):
        errors.invalid("spec.timeZone", zone, f"unknown time zone {zone}")
        return
    if zone.lower() == "local":
        errors.invalid("spec.timeZone", zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
        if zone == "Local":
            return
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        errors.invalid("spec.timeZone", zone, f"unknown time zone {zone}")


def _check_job_template(errors: Errors, path: str, template: JsonObject) -> None:
    spec = template.get("spec") or {}
    _check_spec(errors, f"{path}.spec", spec)
    if spec.get("selector") is not None:
        errors.invalid(f"{path}.spec.selector", spec["selector"], "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        errors.unsupported(f"{path}.spec.manualSelector", True, ("nil", "false"))
