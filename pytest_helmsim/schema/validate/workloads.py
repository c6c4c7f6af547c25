"""Rules for Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers, PodTemplates, ControllerRevisions.

Source: k8s.io/kubernetes pkg/apis/apps/validation/validation.go.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.selectors import selects
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.strategies import TEMPLATE_GENERATION
from pytest_helmsim.schema.validate.claims import check_claim_spec
from pytest_helmsim.schema.validate.metadata import (
    check_annotations,
    check_at_most_all,
    check_int_or_percent,
    check_labels,
    check_metadata,
    check_metadata_update,
    check_selector,
    int_or_percent,
    is_empty_selector,
    is_readable,
    same,
)
from pytest_helmsim.schema.validate.pod_annotations import check_pod_annotations
from pytest_helmsim.schema.validate.pods import check_template

NOT_MATCHING = "`selector` does not match template `labels`"
_STATEFUL_FORBIDDEN = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_STATEFUL_MUTABLE = (
    "replicas", "template", "updateStrategy", "minReadySeconds", "ordinals", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
)  # fmt: skip


def _labels(template: JsonObject) -> dict[str, str] | None:
    return (template.get("metadata") or {}).get("labels")


def _mismatch(selector: JsonObject | None, template: JsonObject) -> bool | None:
    """None for a selector that cannot be read."""
    if selector is not None and is_empty_selector(selector):
        return False
    return not selects(selector, _labels(template)) if is_readable(selector) else None


def _check_own_selector(errors: Errors, spec: JsonObject, kind: str) -> None:
    selector = spec.get("selector")
    if selector is None:
        errors.required("spec.selector")
        return
    check_selector(errors, "spec.selector", selector)
    if is_empty_selector(selector):
        errors.invalid("spec.selector", selector, f"empty selector is invalid for {kind}")


def _check_replicated_template(errors: Errors, spec: JsonObject) -> None:
    selector, template = spec.get("selector"), spec.get("template") or {}
    mismatch = _mismatch(selector, template)
    if mismatch is None:
        errors.invalid("spec.selector", selector, "invalid label selector")
        return
    if mismatch:
        errors.invalid("spec.template.metadata.labels", _labels(template), NOT_MATCHING)
    check_template(errors, "spec.template", template)
    _check_always(errors, template, "ReplicaSet")


def _check_always(errors: Errors, template: JsonObject, kind: str) -> None:
    pod = template.get("spec") or {}
    if pod.get("restartPolicy") != "Always":
        errors.unsupported("spec.template.spec.restartPolicy", pod.get("restartPolicy", ""), ("Always",))
    if pod.get("activeDeadlineSeconds") is not None:
        errors.forbidden("spec.template.spec.activeDeadlineSeconds", f"activeDeadlineSeconds in {kind} is not Supported")


def _internal_strategy(strategy: JsonObject, *rolling_keys: str) -> dict[str, Any]:
    rolling = strategy.get("rollingUpdate")
    inner = None if rolling is None else {key[0].upper() + key[1:]: rolling.get(key, 0) for key in rolling_keys}
    return {"Type": strategy.get("type", ""), "RollingUpdate": inner}


def _deployment_spec(errors: Errors, spec: JsonObject) -> None:
    errors.not_negative("spec.replicas", spec.get("replicas"))
    _check_own_selector(errors, spec, "deployment")
    _check_replicated_template(errors, spec)
    strategy = spec.get("strategy") or {}
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            errors.forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    elif kind == "RollingUpdate":
        if rolling is None:
            errors.required("spec.strategy.rollingUpdate", "this should be defaulted and never be nil")
        else:
            _rolling_deployment(errors, "spec.strategy.rollingUpdate", rolling)
    else:
        errors.unsupported("spec.strategy", _internal_strategy(strategy, "maxUnavailable", "maxSurge"), ("Recreate", "RollingUpdate"))
    errors.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    errors.not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        errors.not_negative("spec.progressDeadlineSeconds", deadline)
        if deadline <= spec.get("minReadySeconds", 0):
            errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _rolling_deployment(errors: Errors, path: str, rolling: JsonObject) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    check_int_or_percent(errors, f"{path}.maxUnavailable", unavailable)
    check_int_or_percent(errors, f"{path}.maxSurge", surge)
    if int_or_percent(unavailable) == 0 and int_or_percent(surge) == 0:
        errors.invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    check_at_most_all(errors, f"{path}.maxUnavailable", unavailable)


def check_deployment(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _deployment_spec(errors, obj.get("spec") or {})


def check_deployment_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _deployment_spec(errors, new.get("spec") or {})
    _same_selector(errors, new, old)


def _same_selector(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    now, before = (new.get("spec") or {}).get("selector"), (old.get("spec") or {}).get("selector")
    if not same(now, before):
        errors.invalid("spec.selector", now, "field is immutable")


def _replica_set_spec(errors: Errors, spec: JsonObject) -> None:
    errors.not_negative("spec.replicas", spec.get("replicas"))
    errors.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    _check_own_selector(errors, spec, "deployment")
    _check_replicated_template(errors, spec)


def check_replica_set(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _replica_set_spec(errors, obj.get("spec") or {})


def check_replica_set_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _replica_set_spec(errors, new.get("spec") or {})
    _same_selector(errors, new, old)


def _stateful_set_spec(errors: Errors, spec: JsonObject, *, claims: bool) -> None:
    management = spec.get("podManagementPolicy", "")
    if not management:
        errors.required("spec.podManagementPolicy")
    elif management not in ("OrderedReady", "Parallel"):
        errors.invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'")
    _stateful_strategy(errors, spec.get("updateStrategy") or {})
    retention = spec.get("persistentVolumeClaimRetentionPolicy")
    for key in ("whenDeleted", "whenScaled"):
        if retention is not None and retention.get(key) not in ("Retain", "Delete"):
            errors.unsupported(f"spec.persistentVolumeClaimRetentionPolicy.{key}", retention.get(key, ""), ("Retain", "Delete"))
    if claims:
        for index, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
            check_claim_spec(errors, f"spec.volumeClaimTemplates[{index}].spec", claim.get("spec") or {})
    errors.not_negative("spec.replicas", spec.get("replicas"))
    errors.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    errors.not_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    if claims and spec.get("serviceName") and errors.minor >= 33:
        errors.all_invalid("spec.serviceName", spec["serviceName"], names.dns_label(spec["serviceName"]))
    _check_own_selector(errors, spec, "statefulset")
    template = _with_claims(spec)
    mismatch = _mismatch(spec.get("selector"), template)
    if mismatch is None:
        errors.invalid("spec.selector", spec.get("selector"), "")
    else:
        if mismatch:
            errors.invalid("spec.template.metadata.labels", _labels(template), NOT_MATCHING)
        check_template(errors, "spec.template", template)
        meta = template.get("metadata") or {}
        check_labels(errors, "spec.template.labels", meta.get("labels"))
        check_annotations(errors, "spec.template.annotations", meta.get("annotations"))
        check_pod_annotations(errors, "spec.template.annotations", meta.get("annotations"), template.get("spec") or {})
    _check_always(errors, template, "StatefulSet")


def _stateful_strategy(errors: Errors, strategy: JsonObject) -> None:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if not kind:
        errors.required("spec.updateStrategy")
    elif kind == "OnDelete":
        if rolling is not None:
            shown = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
            errors.invalid("spec.updateStrategy.rollingUpdate", shown, "only allowed for updateStrategy 'RollingUpdate'")
    elif kind == "RollingUpdate":
        if rolling is not None:
            path = "spec.updateStrategy.rollingUpdate"
            errors.not_negative(f"{path}.partition", rolling.get("partition"))
            unavailable = rolling.get("maxUnavailable")
            if unavailable is not None:
                check_int_or_percent(errors, f"{path}.maxUnavailable", unavailable)
                if int_or_percent(unavailable) == 0:
                    errors.invalid(f"{path}.maxUnavailable", unavailable, "cannot be 0")
                check_at_most_all(errors, f"{path}.maxUnavailable", unavailable)
    else:
        shown = {"Type": kind, "RollingUpdate": None if rolling is None else {"Partition": rolling.get("partition", 0)}}
        errors.invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'")


def _with_claims(spec: JsonObject) -> JsonObject:
    """The template as the pods will have it: claims count as volumes, hostname and subdomain are the controller's."""
    template = spec.get("template") or {}
    pod = {key: value for key, value in (template.get("spec") or {}).items() if key not in ("hostname", "subdomain")}
    claims = {}
    for claim in spec.get("volumeClaimTemplates") or ():
        name = (claim.get("metadata") or {}).get("name", "")
        claims[name] = {"name": name, "persistentVolumeClaim": {"claimName": name}}
    if claims:
        pod["volumes"] = [*claims.values(), *(volume for volume in pod.get("volumes") or () if volume.get("name") not in claims)]
    return {**template, "spec": pod}


def check_stateful_set(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True, name_rule=names.dns_label if errors.minor >= 36 else names.dns_subdomain)
    _stateful_set_spec(errors, obj.get("spec") or {}, claims=True)


def check_stateful_set_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    _stateful_set_spec(errors, now, claims=False)
    may_change = set(_STATEFUL_MUTABLE) - ({"revisionHistoryLimit"} if errors.minor < 33 else set())
    fixed = [{key: value for key, value in spec.items() if key not in may_change} for spec in (now, before)]
    if not same(*fixed):
        errors.forbidden("spec", _STATEFUL_FORBIDDEN if errors.minor >= 33 else _STATEFUL_FORBIDDEN.replace("'revisionHistoryLimit', ", ""))


def _daemon_set_spec(errors: Errors, spec: JsonObject) -> None:
    selector, template = spec.get("selector"), spec.get("template") or {}
    check_selector(errors, "spec.selector", selector)
    if _mismatch(selector, template):
        errors.invalid("spec.template.metadata.labels", _labels(template), NOT_MATCHING)
    if is_empty_selector(selector):
        errors.invalid("spec.selector", selector, "empty selector is invalid for daemonset")
    check_template(errors, "spec.template", template)
    _check_always(errors, template, "DaemonSet")
    errors.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "RollingUpdate":
        if strategy.get("rollingUpdate") is None:
            errors.required("spec.updateStrategy.rollingUpdate")
        else:
            _rolling_daemon_set(errors, "spec.updateStrategy.rollingUpdate", strategy["rollingUpdate"])
    elif strategy.get("type") != "OnDelete":
        shown = _internal_strategy(strategy, "maxUnavailable", "maxSurge")
        errors.unsupported("spec.updateStrategy", shown, ("RollingUpdate", "OnDelete"))
    errors.not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def _rolling_daemon_set(errors: Errors, path: str, rolling: JsonObject) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    for key, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        check_int_or_percent(errors, f"{path}.{key}", value)
    for key, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        check_at_most_all(errors, f"{path}.{key}", value)
    some = (int_or_percent(unavailable) != 0, int_or_percent(surge) != 0)
    if all(some):
        errors.invalid(f"{path}.maxSurge", surge, "may not be set when maxUnavailable is non-zero")
    elif not any(some):
        errors.required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def check_daemon_set(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _daemon_set_spec(errors, obj.get("spec") or {})


def check_daemon_set_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    now, before = (int(((side.get("metadata") or {}).get("annotations") or {}).get(TEMPLATE_GENERATION) or 0) for side in (new, old))
    if now < before:
        errors.invalid("spec.templateGeneration", now, "must not be decremented")
    _same_selector(errors, new, old)
    _daemon_set_spec(errors, new.get("spec") or {})


def check_replication_controller(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    spec = obj.get("spec") or {}
    errors.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    if not spec.get("selector"):
        errors.required("spec.selector")
    errors.not_negative("spec.replicas", spec.get("replicas"))
    template = spec.get("template")
    if template is None:
        errors.required("spec.template")
        return
    selector = spec.get("selector") or {}
    if selector and not all((_labels(template) or {}).get(key) == value for key, value in selector.items()):
        errors.invalid("spec.template.metadata.labels", _labels(template), NOT_MATCHING)
    check_template(errors, "spec.template", template)
    _check_always(errors, template, "ReplicationController")


def check_replication_controller_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    rest = Errors(errors.minor)
    check_replication_controller(rest, new)
    errors.extend(error for error in rest if not error.field.startswith("metadata"))


def check_pod_template(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    check_template(errors, "template", obj.get("template") or {})


def check_pod_template_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    check_template(errors, "template", new.get("template") or {})


def check_controller_revision(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    errors.not_negative("revision", obj.get("revision"))
    data = obj.get("data")
    if data is None:
        errors.required("data", "data is mandatory")
    elif not isinstance(data, dict):
        errors.required("data", "data must be a valid JSON object")


def check_controller_revision_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    check_metadata(errors, new, namespaced=True)
    errors.not_negative("revision", new.get("revision"))
    if new.get("data") != old.get("data"):
        errors.invalid("data", new.get("data"), "field is immutable")
