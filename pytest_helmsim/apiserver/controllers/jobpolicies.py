"""Rules of a Job about how its pods end: `podFailurePolicy` and `successPolicy`.

Source: k8s.io/kubernetes pkg/controller/job/pod_failure_policy.go, success_policy.go
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_helmsim.apiserver.controllers import common, indexes
from pytest_helmsim.objects.json import JsonObject


class Verdict(NamedTuple):
    """What a rule says about a failed pod: `Count` (also without a rule), `Ignore`, `FailIndex`, `FailJob` with its message."""

    action: str
    message: str = ""


def judge(pod: JsonObject, job: JsonObject) -> Verdict:
    """The first rule of the failure policy that matches decides."""
    where = f"{common.namespace_of(pod)}/{common.name_of(pod)}"
    for number, rule in enumerate((job["spec"].get("podFailurePolicy") or {}).get("rules") or ()):
        action = rule["action"]
        if rule.get("onExitCodes"):
            ended = _matching_exit(pod, rule["onExitCodes"])
            if ended is not None:
                name, code = ended
                return Verdict(
                    action, f"Container {name} for pod {where} failed with exit code {code} matching {action} rule at index {number}"
                )
        else:
            type_ = _matching_condition(pod, rule.get("onPodConditions") or ())
            if type_ is not None:
                return Verdict(action, f"Pod {where} has condition {type_} matching {action} rule at index {number}")
    return Verdict("Count")


def _matching_exit(pod: JsonObject, rule: JsonObject) -> tuple[str, int] | None:
    status = common.status_of(pod)
    for item in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
        code = ((item.get("state") or {}).get("terminated") or {}).get("exitCode")
        if code and rule.get("containerName") in (None, item["name"]) and (code in rule["values"]) == (rule["operator"] == "In"):
            return item["name"], code
    return None


def _matching_condition(pod: JsonObject, patterns: list[JsonObject] | tuple[JsonObject, ...]) -> str | None:
    for condition in common.status_of(pod).get("conditions") or ():
        if any((condition["type"], condition["status"]) == (item["type"], item.get("status", "True")) for item in patterns):
            return str(condition["type"])
    return None


def success(job: JsonObject, done: set[int]) -> str | None:
    """The message of the first rule of the success policy that the succeeded indexes fulfil."""
    if not done:
        return None
    for number, rule in enumerate((job["spec"].get("successPolicy") or {}).get("rules") or ()):
        count = rule.get("succeededCount")
        wanted = rule.get("succeededIndexes")
        if wanted is not None:
            required = {index for index in indexes.parse(wanted) if index < int(job["spec"].get("completions") or 0)}
            enough = bool(required) and (required <= done or (count is not None and len(required & done) >= count))
        else:
            enough = count is not None and len(done) >= count
        if enough:
            return f"Matched rules at index {number}"
    return None
