"""The same object in another served version. Most kinds look alike in all their versions; HorizontalPodAutoscaler and Event do not.

Sources: k8s.io/kubernetes pkg/apis/autoscaling/v1/conversion.go, pkg/apis/events/v1/conversion.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pytest_helmsim.apiserver import custom_objects
from pytest_helmsim.objects import meta
from pytest_helmsim.objects.json import Json, JsonObject, dumps, loads
from pytest_helmsim.objects.kinds import GroupVersionKind

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.registry import Served

_MOST_VIEWS = 4096
Converter: TypeAlias = Callable[[JsonObject], JsonObject]


def to_storage(served: Served, obj: JsonObject) -> JsonObject:
    """From the version that was asked for to the one that is stored."""
    return convert(obj, served.gvk, served.stored)


def from_storage(served: Served, obj: JsonObject) -> JsonObject:
    """From the stored version to the one that was asked for."""
    if served.custom is not None:
        return _custom_from_storage(served, obj)
    return convert(obj, served.stored, served.gvk)


def _custom_from_storage(served: Served, obj: JsonObject) -> JsonObject:
    """A stored custom object as it is read: pruned and defaulted by the version in which it was written, pruned by the one asked for.

    So a default that came with a newer definition shows at once, and so does the default of a status. The object itself when that
    changes nothing; worked out once for each version.
    """
    known = served.views.get(id(obj))
    if known is not None and known[0] is obj:
        return known[1]
    assert served.custom is not None
    assert served.schema_of is not None
    version = obj["apiVersion"].rpartition("/")[2]
    found = obj
    if not served.custom.preserve_unknown:
        written = served.schema_of(version)
        if written is not None:
            found = custom_objects.cleaned(found, written, defaults=True)
        if version != served.gvk.version and served.schema is not None:
            found = custom_objects.cleaned(found, served.schema, defaults=False)
    if version != served.gvk.version:
        found = {**found, "apiVersion": served.gvk.api_version}
    elif found == obj:
        found = obj
    if len(served.views) >= _MOST_VIEWS:
        served.views.clear()
    served.views[id(obj)] = obj, found
    return found


def convert(obj: JsonObject, source: GroupVersionKind, target: GroupVersionKind) -> JsonObject:
    """The object itself when nothing changes, else a new one; parts are shared."""
    if source == target:
        return obj
    special = _SPECIAL.get((source.group, source.version, target.group, target.version, target.kind))
    result = special(obj) if special is not None else dict(obj)
    result["apiVersion"] = target.api_version
    return result


def there_and_back(obj: JsonObject, source: GroupVersionKind, other: GroupVersionKind) -> JsonObject:
    """The object after a way through another version, which may say more; what it does not know yet stays open."""
    result = convert(convert(obj, source, other), other, source)
    notes, key = meta.annotations(result), _PREFIX + "current-metrics"
    if key not in notes or key in meta.annotations(obj):
        return result
    return {**result, "metadata": {**result["metadata"], "annotations": {**notes, key: notes[key].replace(_UNKNOWN, "")}}}


_UNKNOWN = ',"currentAverageValue":"0"'
_PREFIX = "autoscaling.alpha.kubernetes.io/"
_STATUS_ORDER = ("observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas", "currentCPUUtilizationPercentage")
_ROUND_TRIP = frozenset(_PREFIX + name for name in ("metrics", "behavior", "current-metrics", "conditions"))


def _autoscaler_to_v1(obj: JsonObject) -> JsonObject:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = {key: value for key, value in meta.annotations(obj).items() if key not in _ROUND_TRIP}
    others = []
    for metric in spec.pop("metrics", None) or ():
        target = (metric.get("resource") or {}).get("target") or {}
        if metric.get("type") == "Resource" and metric["resource"].get("name") == "cpu" and target.get("averageUtilization") is not None:
            spec["targetCPUUtilizationPercentage"] = target["averageUtilization"]
        else:
            others.append(_metric_to_v1(metric))
    if others:
        annotations[_PREFIX + "metrics"] = dumps(others).decode()
    behavior = spec.pop("behavior", None)
    if behavior:
        annotations[_PREFIX + "behavior"] = dumps(_behavior(behavior)).decode()
    current = []
    for metric in status.pop("currentMetrics", None) or ():
        utilization = ((metric.get("resource") or {}).get("current") or {}).get("averageUtilization")
        if metric.get("type") == "Resource" and metric["resource"].get("name") == "cpu" and utilization is not None:
            status["currentCPUUtilizationPercentage"] = utilization
        current.append(_current_to_v1(metric))
    if current:
        annotations[_PREFIX + "current-metrics"] = dumps(current).decode()
    conditions = status.pop("conditions", None)
    if conditions:
        annotations[_PREFIX + "conditions"] = dumps(conditions).decode()
    status = {"currentReplicas": 0, "desiredReplicas": 0, **status}
    status = {key: status[key] for key in _STATUS_ORDER if key in status} | status
    return _with(obj, annotations, spec, status)


def _autoscaler_to_v2(obj: JsonObject) -> JsonObject:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = dict(meta.annotations(obj))
    metrics = [_metric_to_v2(metric) for metric in _loaded(annotations.pop(_PREFIX + "metrics", None))]
    utilization = spec.pop("targetCPUUtilizationPercentage", None)
    if utilization is not None:
        target = {"type": "Utilization", "averageUtilization": utilization}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if not metrics:
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}})
    spec["metrics"] = metrics
    behavior = _loaded(f"[{annotations.pop(_PREFIX + 'behavior', '')}]")
    if behavior and any(behavior[0].values()):
        spec["behavior"] = _lowered(behavior[0])
    used = status.pop("currentCPUUtilizationPercentage", None)
    current = [_current_to_v2(metric) for metric in _loaded(annotations.pop(_PREFIX + "current-metrics", None))]
    if used is not None and not current:
        current.append({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": used}}})
    if current:
        status["currentMetrics"] = current
    conditions = _loaded(annotations.pop(_PREFIX + "conditions", None))
    if conditions:
        status["conditions"] = conditions
    return _with(obj, annotations, spec, status)


def _loaded(text: str | None) -> list[JsonObject]:
    """The objects that an annotation holds; none when it is no list of objects."""
    try:
        found: Json = loads(text or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) and all(isinstance(item, dict) for item in found) else []


def _with(obj: JsonObject, annotations: JsonObject, spec: JsonObject, status: JsonObject) -> JsonObject:
    before = obj.get("metadata") or {}
    head = {key: value for key, value in before.items() if key not in ("annotations", "managedFields")}
    if annotations:
        head["annotations"] = dict(sorted(annotations.items()))
    if "managedFields" in before:
        head["managedFields"] = before["managedFields"]
    result = {**obj, **({"metadata": head} if "metadata" in obj or head else {}), "spec": spec, "status": status}
    if not status and "status" not in obj:
        del result["status"]
    return result


_TARGETS = (("averageUtilization", "targetAverageUtilization"), ("averageValue", "targetAverageValue"), ("value", "targetValue"))


def _metric_to_v1(metric: JsonObject) -> JsonObject:
    """As the annotation has it: names flat, targets by a field each, in the order of the old Go type."""
    kind = metric["type"]
    field = kind[0].lower() + kind[1:]
    source = dict(metric.get(field) or {})
    target = source.pop("target", None) or {}
    found = {old: target[new] for new, old in _TARGETS if new in target}
    named = source.pop("metric", None)
    if named is not None:
        selector = {"selector": named["selector"]} if named.get("selector") else {}
        if kind == "Object":
            average = {"averageValue": found["targetAverageValue"]} if "targetAverageValue" in found else {}
            value = found.get("targetValue", "0")
            about = {
                key: source["describedObject"][key] for key in ("kind", "name", "apiVersion") if key in source.get("describedObject", {})
            }
            source = {"target": about, "metricName": named.get("name", ""), "targetValue": value, **selector, **average}
        elif kind == "External":
            chosen = {"metricSelector": named["selector"]} if named.get("selector") else {}
            order = {key: found[key] for key in ("targetValue", "targetAverageValue") if key in found}
            source = {"metricName": named.get("name", ""), **chosen, **order}
        else:
            source = {"metricName": named.get("name", ""), **found, **selector}
    else:
        source |= found
    return {"type": kind, field: source}


def _metric_to_v2(metric: JsonObject) -> JsonObject:
    kind = metric.get("type") or ""
    field = kind[:1].lower() + kind[1:]
    source = dict(metric.get(field) or {})
    average = source.pop("averageValue", None)
    if average is not None:
        source["targetAverageValue"] = average
        source.pop("targetValue", None)
    target: JsonObject = {}
    for new, old in _TARGETS:
        if old in source:
            target[new] = source.pop(old)
    target["type"] = {"averageUtilization": "Utilization", "averageValue": "AverageValue"}.get(next(iter(target), ""), "Value")
    if "metricName" in source:
        named: JsonObject = {"name": source.pop("metricName")}
        selector = source.pop("selector", None) or source.pop("metricSelector", None)
        if selector:
            named["selector"] = selector
        about = source.pop("target", None)
        source = {**source, "metric": named}
        if about is not None:
            source["describedObject"] = about
    source["target"] = target
    return {"type": kind, field: source}


def _current_to_v1(metric: JsonObject) -> JsonObject:
    """What a metric is now, as the annotation has it."""
    kind = metric.get("type") or ""
    field = kind[:1].lower() + kind[1:]
    source = metric.get(field)
    if source is None:
        return {"type": kind}
    current, named = source.get("current") or {}, source.get("metric") or {}
    name, value, average = named.get("name", ""), current.get("value", "0"), current.get("averageValue")
    selector = {"selector": named["selector"]} if named.get("selector") else {}
    if kind == "Object":
        about = {
            key: source["describedObject"][key] for key in ("kind", "name", "apiVersion") if key in (source.get("describedObject") or {})
        }
        found = {"target": about, "metricName": name, "currentValue": value, **selector, **({"averageValue": average} if average else {})}
    elif kind == "External":
        chosen = {"metricSelector": named["selector"]} if named.get("selector") else {}
        found = {"metricName": name, **chosen, "currentValue": value, **({"currentAverageValue": average} if average else {})}
    elif kind == "Pods":
        found = {"metricName": name, "currentAverageValue": average or "0", **selector}
    else:
        used = {"currentAverageUtilization": current["averageUtilization"]} if current.get("averageUtilization") is not None else {}
        whose = {"container": source["container"]} if "container" in source else {}
        found = {"name": source.get("name", ""), **used, "currentAverageValue": average or "0", **whose}
    return {"type": kind, field: found}


def _current_to_v2(metric: JsonObject) -> JsonObject:
    kind = metric.get("type") or ""
    field = kind[:1].lower() + kind[1:]
    source = metric.get(field)
    if not isinstance(source, dict):
        return {"type": kind}
    if kind in ("Object", "External", "Pods"):
        selector = source.get("metricSelector" if kind == "External" else "selector")
        found: JsonObject = {"metric": {"name": source.get("metricName", ""), **({"selector": selector} if selector else {})}}
        average = source.get("averageValue" if kind == "Object" else "currentAverageValue")
        value = {} if kind == "Pods" else {"value": source.get("currentValue", "0")}
        found["current"] = {**value, **({"averageValue": average} if average else {})}
        if kind == "Object":
            found["describedObject"] = source.get("target") or {}
        return {"type": kind, field: found}
    used = {"averageUtilization": source["currentAverageUtilization"]} if source.get("currentAverageUtilization") is not None else {}
    whose = {"container": source["container"]} if "container" in source else {}
    average = {} if used and "currentAverageValue" not in source else {"averageValue": source.get("currentAverageValue", "0")}
    named = {"name": source.get("name", ""), "current": {**average, **used}}
    return {"type": kind, field: {**named, **whose}}


def _behavior(behavior: JsonObject) -> JsonObject:
    """Both directions with all four fields, in the order of the internal Go type."""
    result: JsonObject = {}
    for side in ("scaleUp", "scaleDown"):
        rules = behavior.get(side)
        fields = ("stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance")
        result[side] = None if rules is None else {field: rules.get(field) for field in fields}
    return _capitalized(result)  # type: ignore[no-any-return]


def _capitalized(value: Json) -> Json:
    """Field names as the internal Go type has them: the annotation holds that form."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: _capitalized(item) for key, item in value.items()}
    return [_capitalized(item) for item in value] if isinstance(value, list) else value


def _lowered(value: Json) -> Json:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _lowered(item) for key, item in value.items()}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


_EVENT_NAMES = (
    ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
)  # fmt: skip


def _event_to_group(obj: JsonObject) -> JsonObject:
    names = dict(_EVENT_NAMES)
    skip = {field for field in ("reportingComponent", "reportingInstance") if not obj.get(field)}
    result = {names.get(field, field): value for field, value in obj.items() if field not in skip}
    if result.get("series") is not None:
        result["series"] = {"count": 0, "lastObservedTime": None, **result["series"]}
    return result


def _event_to_core(obj: JsonObject) -> JsonObject:
    names = {new: old for old, new in _EVENT_NAMES}
    result = {names.get(field, field): value for field, value in obj.items()}
    if result.get("series") is not None and not result["series"].get("count"):
        result["series"] = {field: value for field, value in result["series"].items() if field != "count"}
    return result


_SPECIAL: dict[tuple[str, str, str, str, str], Converter] = {
    ("autoscaling", "v2", "autoscaling", "v1", "HorizontalPodAutoscaler"): _autoscaler_to_v1,
    ("autoscaling", "v1", "autoscaling", "v2", "HorizontalPodAutoscaler"): _autoscaler_to_v2,
    ("", "v1", "events.k8s.io", "v1", "Event"): _event_to_group,
    ("events.k8s.io", "v1", "", "v1", "Event"): _event_to_core,
}
