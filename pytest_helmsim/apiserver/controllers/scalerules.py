"""How quickly an autoscaler may follow its metrics: stabilization windows, policies, the limits of the spec.

Source: k8s.io/kubernetes pkg/controller/podautoscaler/horizontal.go (stabilizeRecommendationWithBehaviors,
convertDesiredReplicasWithBehaviorRate, convertDesiredReplicasWithRules)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from pytest_helmsim.objects.json import JsonObject

DOWNSCALE_WINDOW = 300.0
DISABLED, LEAST = "Disabled", "Min"
WITHIN = ("DesiredWithinRange", "the desired count is within the acceptable range")
TOO_MANY = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
TOO_QUICK_UP = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
TOO_QUICK_DOWN = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
HIGHER = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
)
LOWER = ("ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation")


class Past(NamedTuple):
    """What an autoscaler remembers: recommendations, and by how much it grew and shrank, each with its time."""

    recommended: tuple[tuple[float, int], ...] = ()
    grown: tuple[tuple[float, int], ...] = ()
    shrunk: tuple[tuple[float, int], ...] = ()


class Limited(NamedTuple):
    """A size, the reason why it is not the one that was wanted (or that it is), and in words."""

    size: int
    reason: str
    message: str


def windows(behavior: JsonObject | None) -> tuple[float, float]:
    """Seconds for which recommendations hold back growing and shrinking."""
    if behavior is None:
        return 0.0, DOWNSCALE_WINDOW
    up, down = behavior.get("scaleUp") or {}, behavior.get("scaleDown") or {}
    window = down.get("stabilizationWindowSeconds")
    return float(up.get("stabilizationWindowSeconds") or 0), DOWNSCALE_WINDOW if window is None else float(window)


def stabilized(behavior: JsonObject | None, past: Past, current: int, wanted: int, now: float) -> Limited:
    """The size that recent recommendations allow."""
    up, down = windows(behavior)
    lowest = min([wanted, *(size for when, size in past.recommended if when > now - up)])
    highest = max([wanted, *(size for when, size in past.recommended if when > now - down)])
    size = highest if behavior is None else min(max(current, lowest), highest)
    if size == wanted:
        return Limited(size, "ReadyForNewScale", "recommended size matches current size")
    return Limited(size, *(LOWER if behavior is not None and wanted >= current else HIGHER))


def limited(spec: JsonObject, past: Past, current: int, wanted: int, now: float) -> Limited:
    """The size within the limits and the pace of the spec."""
    minimum, maximum = int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])
    behavior = spec.get("behavior")
    if behavior is None:
        fastest = max(current * 2, 4)
        if wanted < minimum:
            return Limited(minimum, *TOO_FEW)
        most, why = (fastest, TOO_QUICK_UP) if maximum > fastest else (maximum, TOO_MANY)
        return Limited(most, *why) if wanted > most else Limited(wanted, *WITHIN)
    if wanted > current:
        fastest = max(_pace(behavior.get("scaleUp") or {}, past, current, now, growing=True), current)
        most, why = (fastest, TOO_QUICK_UP) if maximum > fastest else (maximum, TOO_MANY)
        if wanted > most:
            return Limited(most, *why)
    elif wanted < current:
        fastest = min(_pace(behavior.get("scaleDown") or {}, past, current, now, growing=False), current)
        least, why = (fastest, TOO_QUICK_DOWN) if minimum < fastest else (minimum, TOO_FEW)
        if wanted < least:
            return Limited(least, *why)
    return Limited(wanted, *WITHIN)


def _pace(rules: JsonObject, past: Past, current: int, now: float, *, growing: bool) -> int:
    """How far the policies let it go now."""
    select = rules.get("selectPolicy") or "Max"
    if select == DISABLED:
        return current
    proposals = []
    for policy in rules.get("policies") or ():
        cutoff, value = now - float(policy["periodSeconds"]), int(policy["value"])
        start = current - _changed(past.grown, cutoff) + _changed(past.shrunk, cutoff)
        if policy["type"] == "Pods":
            proposals.append(start + value if growing else start - value)
        else:
            proposals.append(math.ceil(start * (1 + value / 100)) if growing else int(start * (1 - value / 100)))
    boldest = max if growing else min
    timid = min if growing else max
    return (timid if select == LEAST else boldest)(proposals, default=current)


def _changed(events: Iterable[tuple[float, int]], cutoff: float) -> int:
    return sum(change for when, change in events if when > cutoff)


def recommended(past: Past, behavior: JsonObject | None, wanted: int, now: float) -> Past:
    """The past with one more recommendation, without those that no window reaches."""
    oldest = now - max(windows(behavior))
    return past._replace(recommended=(*(item for item in past.recommended if item[0] >= oldest), (now, wanted)))


def scaled(past: Past, behavior: JsonObject | None, before: int, after: int, now: float) -> Past:
    """The past with one more change of size; without a behavior nobody asks for them."""
    if behavior is None or before == after:
        return past
    part, field = ("scaleUp", "grown") if after > before else ("scaleDown", "shrunk")
    longest = max((float(item["periodSeconds"]) for item in (behavior.get(part) or {}).get("policies") or ()), default=0.0)
    events = tuple(item for item in getattr(past, field) if item[0] > now - longest)
    return past._replace(**{field: (*events, (now, abs(after - before)))})
