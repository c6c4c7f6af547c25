"""What a pod asks for in total: the sums that defaulting, validation and quality of service share.

Init containers run one after another, so the largest counts; those that restart always keep running beside the others.
Source: k8s.io/component-helpers/resource/helpers.go; pkg/apis/core/v1/helper/qos.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.quantity import Quantity

Totals = dict[str, Quantity]


def container_requests(spec: JsonObject, section: str = "requests") -> dict[str, str]:
    """The containers' requests (or limits) as one ResourceList."""
    total: Totals = {}
    for container in spec.get("containers") or ():
        _add(total, _list(container, section))
    side: Totals = {}
    peak: Totals = {}
    for container in spec.get("initContainers") or ():
        mine = _list(container, section)
        if container.get("restartPolicy") == "Always":
            _add(total, mine)
            _add(side, mine)
            mine = dict(side)
        else:
            mine = {**mine}
            _add(mine, side)
        for name, amount in mine.items():
            if name not in peak or amount.compare(peak[name]) > 0:
                peak[name] = amount
    for name, amount in peak.items():
        if name not in total or amount.compare(total[name]) > 0:
            total[name] = amount
    return {name: str(amount) for name, amount in sorted(total.items())}


def quality_of_service(spec: JsonObject) -> str:
    """`Guaranteed`, `Burstable` or `BestEffort`, from cpu and memory only."""
    pod_level = spec.get("resources") or {}
    sources: list[Any] = [{"resources": pod_level}] if pod_level.get("requests") or pod_level.get("limits") else [
        *(spec.get("containers") or ()), *(spec.get("initContainers") or ()),
    ]  # fmt: skip
    requests: Totals = {}
    limits: Totals = {}
    guaranteed = True
    for source in sources:
        mine = {name: q for name, q in _list(source, "requests").items() if name in ("cpu", "memory") and q.unscaled > 0}
        _add(requests, mine)
        capped = {name: q for name, q in _list(source, "limits").items() if name in ("cpu", "memory") and q.unscaled > 0}
        _add(limits, capped)
        if len(capped) != 2:
            guaranteed = False
    if not requests and not limits:
        return "BestEffort"
    if guaranteed and len(requests) == len(limits) and all(name in limits and q.compare(limits[name]) == 0 for name, q in requests.items()):
        return "Guaranteed"
    return "Burstable"


def _list(container: JsonObject, section: str) -> Totals:
    return {name: quantity.parse(amount) for name, amount in ((container.get("resources") or {}).get(section) or {}).items()}


def _add(total: Totals, more: Totals) -> None:
    for name, amount in more.items():
        total[name] = total[name].plus(amount) if name in total else amount
