"""Rules for HorizontalPodAutoscalers, PodDisruptionBudgets and Scale.

Sources: k8s.io/kubernetes pkg/apis/autoscaling/validation, pkg/apis/policy/validation.
"""

from __future__ import annotations

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import (
    check_at_most_all,
    check_int_or_percent,
    check_metadata,
    check_metadata_update,
    check_selector,
)
from pytest_helmsim.schema.validate.resources import check_resource_name

_SOURCES = {
    "ContainerResource": "containerResource", "External": "external", "Object": "object", "Pods": "pods", "Resource": "resource",
}  # fmt: skip
_FIELD_ORDER = ("object", "external", "pods", "resource", "containerResource")
_POPULATE = "must populate information for the given metric source"


def check_autoscaler(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _check_spec(errors, obj.get("spec") or {}, {})


def check_autoscaler_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _check_spec(errors, new.get("spec") or {}, old.get("spec") or {})


def _check_spec(errors: Errors, spec: JsonObject, old: JsonObject) -> None:
    """What is wrong already, as to zero replicas and API versions, may stay so."""
    low, high = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    least = 0 if old.get("minReplicas") == 0 else 1
    if low is not None and low < least:
        errors.invalid("spec.minReplicas", low, f"must be greater than or equal to {least}")
    if high == 0:
        errors.required("spec.maxReplicas", "must be set and greater than 0")
    elif high < 0:
        errors.invalid("spec.maxReplicas", high, "must be greater than or equal to 1")
    if low is not None and high < low:
        errors.invalid("spec.maxReplicas", high, "must be greater than or equal to `minReplicas`")
    target, before = spec.get("scaleTargetRef") or {}, old.get("scaleTargetRef") or {}
    _check_named(errors, "spec.scaleTargetRef", target)
    if not old or any(target.get(key, "") != before.get(key, "") for key in ("apiVersion", "kind")):
        _check_version(errors, "spec.scaleTargetRef", target, core_allowed=target.get("kind") == "ReplicationController")
    described = [(metric.get("object") or {}).get("describedObject") or {} for metric in old.get("metrics") or () if metric.get("object")]
    lenient = any(reference.get("apiVersion", "").count("/") > 1 for reference in described)
    percent = spec.get("targetCPUUtilizationPercentage")
    if percent is not None and percent < 1:
        path = "spec.metrics[0].resource.target.averageUtilization"
        errors.invalid(path, percent, "must be greater than 0")
    for index, metric in enumerate(spec.get("metrics") or ()):
        _check_metric(errors, f"spec.metrics[{index}]", metric, lenient=lenient)
    if low == 0 and not any(metric.get("type") in ("Object", "External") for metric in spec.get("metrics") or ()):
        why = "must specify at least one Object or External metric to support scaling to zero replicas"
        errors.forbidden("spec.metrics", why)
    for key in ("scaleUp", "scaleDown"):
        rules = (spec.get("behavior") or {}).get(key)
        if rules is not None:
            _check_rules(errors, f"spec.behavior.{key}", rules)


def _check_named(errors: Errors, path: str, reference: JsonObject) -> None:
    for key in ("kind", "name"):
        if not reference.get(key):
            errors.required(f"{path}.{key}")
        else:
            errors.all_invalid(f"{path}.{key}", reference[key], names.path_segment(reference[key]))


def _check_version(errors: Errors, path: str, reference: JsonObject, *, core_allowed: bool) -> None:
    version = reference.get("apiVersion", "")
    if version.count("/") > 1:
        errors.invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    elif not core_allowed and not version.rpartition("/")[0] and errors.minor >= 36:
        errors.invalid(f"{path}.apiVersion", version, "apiVersion must specify API group")


def _check_metric(errors: Errors, path: str, metric: JsonObject, *, lenient: bool) -> None:
    kind = metric.get("type", "")
    if not kind:
        errors.required(f"{path}.type", "must specify a metric source type")
    if kind not in _SOURCES:
        errors.unsupported(f"{path}.type", kind, _SOURCES)
    present = [key for key in _FIELD_ORDER if metric.get(key) is not None]
    if present:
        _check_source(errors, f"{path}.{present[0]}", present[0], metric[present[0]], lenient=lenient)
    expected = _SOURCES.get(kind)
    if expected is None:
        errors.unsupported(f"{path}.type", kind, _SOURCES)
    elif expected not in present:
        errors.required(f"{path}.{expected}", _POPULATE)
    if len(present) != 1:
        for key in present:
            if key != expected:
                errors.forbidden(f"{path}.{key}", "must populate the given metric source only")


def _check_source(errors: Errors, path: str, kind: str, source: JsonObject, *, lenient: bool) -> None:
    target = source.get("target") or {}
    if kind == "object":
        described = source.get("describedObject") or {}
        _check_named(errors, f"{path}.describedObject", described)
        if not lenient:
            _check_version(errors, f"{path}.describedObject", described, core_allowed=True)
    if kind in ("object", "external", "pods"):
        name = (source.get("metric") or {}).get("name", "")
        if not name:
            errors.required(f"{path}.metric.name", "must specify a metric name")
        else:
            errors.all_invalid(f"{path}.metric.name", name, names.path_segment(name))
    elif not source.get("name"):
        errors.required(f"{path}.name", "must specify a resource name")
    elif kind == "containerResource":
        check_resource_name(errors, f"{path}.name", source["name"])
    if kind == "containerResource" and not source.get("container"):
        errors.required(f"{path}.container", "must specify a container")
    elif kind == "containerResource":
        errors.all_invalid(f"{path}.container", source["container"], names.dns_label(source["container"]))
    _check_metric_target(errors, f"{path}.target", target)
    value, average, percent = target.get("value"), target.get("averageValue"), target.get("averageUtilization")
    if kind == "object" and value is None and average is None:
        errors.required(f"{path}.target.averageValue", "must set either a target value or averageValue")
    elif kind == "external":
        if value is None and average is None:
            errors.required(f"{path}.target.averageValue", "must set either a target value for metric or a per-pod target")
        if value is not None and average is not None:
            errors.forbidden(f"{path}.target.value", "may not set both a target value for metric and a per-pod target")
    elif kind == "pods" and (average is None or quantity.parse(average).unscaled <= 0):
        errors.required(f"{path}.target.averageValue", "must specify a positive target averageValue")
    elif kind in ("resource", "containerResource"):
        if percent is None and average is None:
            errors.required(f"{path}.target.averageUtilization", "must set either a target raw value or a target utilization")
        if percent is not None and average is not None:
            errors.forbidden(f"{path}.target.averageValue", "may not set both a target raw value and a target utilization")


def _check_metric_target(errors: Errors, path: str, target: JsonObject) -> None:
    kind = target.get("type", "")
    if not kind:
        errors.required(f"{path}.type", "must specify a metric target type")
    if kind not in ("Utilization", "Value", "AverageValue"):
        errors.invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue")
    for key in ("value", "averageValue"):
        if target.get(key) is not None and quantity.parse(target[key]).unscaled <= 0:
            errors.invalid(f"{path}.{key}", target[key], "must be positive")
    percent = target.get("averageUtilization")
    if percent is not None and percent < 1:
        errors.invalid(f"{path}.averageUtilization", percent, "must be greater than 0")


def _check_rules(errors: Errors, path: str, rules: JsonObject) -> None:
    window = rules.get("stabilizationWindowSeconds")
    if window is not None and window < 0:
        errors.invalid(f"{path}.stabilizationWindowSeconds", window, "must be greater than or equal to zero")
    if window is not None and window > 3600:
        errors.invalid(f"{path}.stabilizationWindowSeconds", window, "must be less than or equal to 3600")
    choice = rules.get("selectPolicy")
    if choice is not None and choice not in ("Disabled", "Max", "Min"):
        errors.unsupported(f"{path}.selectPolicy", choice, ("Disabled", "Max", "Min"))
    policies = rules.get("policies") or []
    if not policies:
        errors.required(f"{path}.policies", "must specify at least one Policy")
    for index, policy in enumerate(policies):
        here = f"{path}.policies[{index}]"
        value, period = policy.get("value", 0), policy.get("periodSeconds", 0)
        if policy.get("type", "") not in ("Pods", "Percent"):
            errors.unsupported(f"{here}.type", policy.get("type", ""), ("Percent", "Pods"))
        if value <= 0:
            errors.invalid(f"{here}.value", value, "must be greater than zero")
        if period <= 0:
            errors.invalid(f"{here}.periodSeconds", period, "must be greater than zero")
        if period > 1800:
            errors.invalid(f"{here}.periodSeconds", period, "must be less than or equal to 1800")
    if "tolerance" in rules and quantity.parse(rules["tolerance"]).scaled(-9) < 0:
        errors.invalid(f"{path}.tolerance", rules["tolerance"], "must be greater than or equal to 0")


def check_budget(errors: Errors, obj: JsonObject) -> None:
    spec = obj.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        shown = {
            "MinAvailable": least, "Selector": spec.get("selector"), "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }  # fmt: skip
        errors.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")
    for key, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is not None:
            check_int_or_percent(errors, f"spec.{key}", value)
            check_at_most_all(errors, f"spec.{key}", value)
    check_selector(errors, "spec.selector", spec.get("selector"))
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in ("AlwaysAllow", "IfHealthyBudget"):
        errors.unsupported("spec.unhealthyPodEvictionPolicy", policy, ("AlwaysAllow", "IfHealthyBudget"))


def check_budget_create(errors: Errors, obj: JsonObject) -> None:
    """The kind's own rules come without metadata's: those are looked at when there is nothing else."""
    check_budget(errors, obj)
    if not errors:
        check_metadata(errors, obj, namespaced=True, name_rule=names.path_segment, standard=False)


def check_budget_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_budget(errors, new)


def check_scale(errors: Errors, obj: JsonObject) -> None:
    """An autoscaling/v1 Scale sent to a subresource."""
    check_metadata(errors, obj, namespaced=True)
    errors.not_negative("spec.replicas", (obj.get("spec") or {}).get("replicas"))
