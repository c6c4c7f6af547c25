"""Rules for when a Job has failed or succeeded.

Source: k8s.io/kubernetes pkg/apis/batch/validation/validation.go.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.field_errors import OMITTED, Errors, quoted

_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_STATUSES = ("False", "True", "Unknown")


def _listed(words: tuple[str, ...]) -> str:
    return f"valid values: [{' '.join(quoted(word) for word in words)}]"


def check_failure_policy(errors: Errors, path: str, spec: JsonObject) -> None:
    """What is done about pods that failed."""
    rules = spec["podFailurePolicy"].get("rules") or []
    if len(rules) > 20:
        errors.too_many(path, len(rules), 20)
    pod = (spec.get("template") or {}).get("spec") or {}
    known = {container.get("name", "") for group in ("containers", "initContainers") for container in pod.get(group) or ()}
    for index, rule in enumerate(rules):
        here = f"{path}[{index}]"
        action = rule.get("action", "")
        if not action:
            errors.required(f"{here}.action", _listed(_ACTIONS))
        elif action == "FailIndex":
            if spec.get("backoffLimitPerIndex") is None:
                errors.invalid(f"{here}.action", action, "requires the backoffLimitPerIndex to be set")
        elif action not in _ACTIONS:
            errors.unsupported(f"{here}.action", action, _ACTIONS)
        codes, patterns = rule.get("onExitCodes"), rule.get("onPodConditions") or []
        if codes is not None:
            _check_codes(errors, f"{here}.onExitCodes", codes, known)
        if patterns:
            _check_conditions(errors, f"{here}.onPodConditions", patterns)
        if codes is not None and patterns:
            errors.invalid(here, OMITTED, "specifying both OnExitCodes and OnPodConditions is not supported")
        elif codes is None and not patterns:
            errors.invalid(here, OMITTED, "specifying one of OnExitCodes and OnPodConditions is required")


def _check_conditions(errors: Errors, path: str, patterns: list[JsonObject]) -> None:
    if len(patterns) > 20:
        errors.too_many(path, len(patterns), 20)
    for index, pattern in enumerate(patterns):
        here, kind, status = f"{path}[{index}]", pattern.get("type", ""), pattern.get("status", "")
        errors.all_invalid(f"{here}.type", kind, names.label_key(kind))
        if not status:
            errors.required(f"{here}.status", _listed(_STATUSES))
        elif status not in _STATUSES:
            errors.unsupported(f"{here}.status", status, _STATUSES)


def _check_codes(errors: Errors, path: str, codes: JsonObject, containers: set[str]) -> None:
    operator, values, name = codes.get("operator", ""), codes.get("values"), codes.get("containerName")
    if not operator:
        errors.required(f"{path}.operator", _listed(("In", "NotIn")))
    elif operator not in ("In", "NotIn"):
        errors.unsupported(f"{path}.operator", operator, ("In", "NotIn"))
    if name is not None and name not in containers:
        errors.invalid(f"{path}.containerName", name, "must be one of the container or initContainer names in the pod template")
    if not values:
        errors.invalid(f"{path}.values", values, "at least one value is required")
        return
    if len(values) > 255:
        errors.too_many(f"{path}.values", len(values), 255)
    seen: set[int] = set()
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            errors.invalid(f"{path}.values[{index}]", value, "must not be 0 for the In operator")
        if value in seen:
            errors.duplicate(f"{path}.values[{index}]", value)
        seen.add(value)
    if values != sorted(values):
        errors.invalid(f"{path}.values", values, "must be ordered")


def check_success_policy(errors: Errors, path: str, spec: JsonObject) -> None:
    """Which indexes are enough."""
    rules = spec["successPolicy"].get("rules") or []
    if spec.get("completionMode") != "Indexed":
        errors.invalid(path, internal_policy("successPolicy", spec["successPolicy"]), "requires indexed completion mode")
        return
    if not rules:
        errors.required(f"{path}.rules", "at least one rules must be specified when the successPolicy is specified")
    if len(rules) > 20:
        errors.too_many(f"{path}.rules", len(rules), 20)
    for index, rule in enumerate(rules):
        _check_success_rule(errors, f"{path}.rules[{index}]", rule, spec.get("completions") or 0)


def _check_success_rule(errors: Errors, path: str, rule: JsonObject, completions: int) -> None:
    indexes, count = rule.get("succeededIndexes"), rule.get("succeededCount")
    if indexes is None and count is None:
        errors.required(path, "at least one of succeededCount or succeededIndexes must be specified")
    total = 0
    if indexes is not None:
        if len(indexes) > 64 * 1024:
            errors.too_long(f"{path}.succeededIndexes", 64 * 1024)
        total, why = count_indexes(indexes, completions)
        if why:
            errors.invalid(f"{path}.succeededIndexes", indexes, f"error parsing succeededIndexes: {why}")
    if count is None:
        return
    errors.not_negative(f"{path}.succeededCount", count)
    if count > completions:
        why = f"must be less than or equal to {completions} (the number of specified completions)"
        errors.invalid(f"{path}.succeededCount", count, why)
    if indexes is not None and count > total:
        why = f"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        errors.invalid(f"{path}.succeededCount", count, why)


def count_indexes(text: str, completions: int) -> tuple[int, str]:
    """How many indexes `1,3-5` names, and what is wrong with the text."""
    total, last = 0, None
    for part in text.split(",") if text else ():
        first, final, why = interval(part, completions)
        if why:
            return 0, why
        if last is not None and last >= first:
            return 0, f"non-increasing order, previous: {last}, current: {first}"
        total += final - first + 1
        last = final
    return total, ""


def interval(part: str, completions: int) -> tuple[int, int, str]:
    """First and last of `3-5`, and what is wrong with it."""
    bounds = part.split("-")
    if len(bounds) > 2:
        rule = "violates the requirement that an index interval can have at most two parts separated by '-'"
        return 0, 0, f"the fragment {quoted(part)} {rule}"
    found: list[int] = []
    for text in bounds:
        if not text.removeprefix("+").isdecimal():
            return 0, 0, f"cannot convert string to integer for index: {quoted(text)}"
        if int(text) >= completions:
            return 0, 0, f"too large index: {quoted(text)}"
        found.append(int(text))
    if len(found) == 2 and found[0] >= found[1]:
        return 0, 0, f"non-increasing order, previous: {found[0]}, current: {found[1]}"
    return found[0], found[-1], ""


def overlap(completed: str, failed: str, completions: int) -> str:
    """What is wrong when an index is in both lists; parts that cannot be read are passed over."""
    for one in completed.split(",") if completed and failed else ():
        low, high, why = interval(one, completions)
        for other in failed.split(",") if not why else ():
            first, last, bad = interval(other, completions)
            if not bad and low <= last and first <= high:
                return f"failedIndexes and completedIndexes overlap at index: {max(low, first)}"
    return ""


def internal_policy(key: str, value: Any) -> Json:
    """The server's own structs of the two policies; other fields as they are."""
    if value is None or key not in ("podFailurePolicy", "successPolicy"):
        return value
    rules = []
    for rule in value.get("rules") or ():
        if key == "successPolicy":
            rules.append({"SucceededIndexes": rule.get("succeededIndexes"), "SucceededCount": rule.get("succeededCount")})
            continue
        codes = rule.get("onExitCodes")
        if codes is not None:
            codes = {"ContainerName": codes.get("containerName"), "Operator": codes.get("operator", ""), "Values": codes.get("values")}
        patterns = [{"Type": item.get("type", ""), "Status": item.get("status", "")} for item in rule.get("onPodConditions") or ()]
        shown = patterns if rule.get("onPodConditions") is not None else None
        rules.append({"Action": rule.get("action", ""), "OnExitCodes": codes, "OnPodConditions": shown})
    return {"Rules": rules if value.get("rules") is not None else None}
