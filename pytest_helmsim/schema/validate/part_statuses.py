"""Rules for writes to the status of kinds that run nothing: autoscalers, budgets, ingresses, quotas, flow control, certificates.

Sources: k8s.io/kubernetes pkg/apis/{autoscaling,policy,networking,flowcontrol,admissionregistration}/validation,
k8s.io/kube-aggregator pkg/apis/apiregistration/validation, k8s.io/apimachinery pkg/apis/meta/v1/validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.certificates import check_request_status
from pytest_helmsim.schema.validate.config import check_resource_quota_status
from pytest_helmsim.schema.validate.csi import check_attachment_update
from pytest_helmsim.schema.validate.metadata import check_metadata_update
from pytest_helmsim.schema.validate.nodes import check_node_change
from pytest_helmsim.schema.validate.pods import check_ip

Check = Callable[[Errors, JsonObject, JsonObject], None]
_STATES = ("False", "True", "Unknown")
_LONGEST_REASON, _LONGEST_MESSAGE = 1024, 32 * 1024
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_ABOUT_REASON = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', "
    "and must end with an alphanumeric character or '_'"
)


def _status(obj: JsonObject) -> JsonObject:
    return obj.get("status") or {}


def check_conditions(errors: Errors, path: str, conditions: list[JsonObject]) -> None:
    """Conditions as metav1.Condition has them."""
    seen: set[str] = set()
    for index, condition in enumerate(conditions):
        here, kind, reason = f"{path}[{index}]", condition.get("type", ""), condition.get("reason", "")
        if kind in seen:
            errors.duplicate(f"{here}.type", kind)
        seen.add(kind)
        errors.all_invalid(f"{here}.type", kind, names.label_key(kind))
        if condition.get("status", "") not in _STATES:
            errors.unsupported(f"{here}.status", condition.get("status", ""), _STATES)
        generation = condition.get("observedGeneration") or 0
        if generation < 0:
            errors.invalid(f"{here}.observedGeneration", generation, "must be greater than or equal to zero")
        if not condition.get("lastTransitionTime"):
            errors.required(f"{here}.lastTransitionTime")
        if not reason:
            errors.required(f"{here}.reason")
        elif not re.fullmatch(_REASON, reason):
            why = names.regex_error(_ABOUT_REASON, _REASON, "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB")
            errors.invalid(f"{here}.reason", reason, why)
        if len(reason.encode()) > _LONGEST_REASON:
            errors.too_long(f"{here}.reason", _LONGEST_REASON)
        if len(condition.get("message", "").encode()) > _LONGEST_MESSAGE:
            errors.too_long(f"{here}.message", _LONGEST_MESSAGE)


def _autoscaler(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    for key in ("currentReplicas", "desiredReplicas"):
        errors.not_negative(f"status.{key}", _status(new).get(key))


def _budget(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_conditions(errors, "status.conditions", _status(new).get("conditions") or [])
    for key in ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"):
        errors.not_negative(f"status.{key}", _status(new).get(key))


def _ingress(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    known = {entry.get("ip") for entry in (_status(old).get("loadBalancer") or {}).get("ingress") or ()}
    for index, entry in enumerate((_status(new).get("loadBalancer") or {}).get("ingress") or ()):
        path, address, host = f"status.loadBalancer.ingress[{index}]", entry.get("ip", ""), entry.get("hostname", "")
        if address and address not in known:
            check_ip(errors, f"{path}.ip", address)
        if host:
            errors.all_invalid(f"{path}.hostname", host, names.dns_subdomain(host))
            if names.is_address(host):
                errors.invalid(f"{path}.hostname", host, "must be a DNS name, not an IP address")


def _flow(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    seen: set[str] = set()
    for index, condition in enumerate(_status(new).get("conditions") or ()):
        path, kind = f"status.conditions[{index}].type", condition.get("type", "")
        if kind in seen:
            errors.duplicate(path, kind)
        seen.add(kind)
        if not kind:
            errors.required(path)


def _api_service(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old, standard=False)
    for index, condition in enumerate(_status(new).get("conditions") or ()):
        state = condition.get("status", "")
        if state not in _STATES:
            errors.unsupported(f"status.conditions[{index}].status", state, ("True", "False", "Unknown"))


def _policy(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    for index, warning in enumerate((_status(new).get("typeChecking") or {}).get("expressionWarnings") or ()):
        for key in ("warning", "fieldRef"):
            if not warning.get(key, "").strip():
                errors.required(f"status.typeChecking.expressionWarnings[{index}].{key}")
    check_conditions(errors, "status.conditions", _status(new).get("conditions") or [])


def _only_metadata(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)


_FLOW = "flowcontrol.apiserver.k8s.io"
CHECKS: dict[tuple[str, str], Check] = {
    ("", "Node"): check_node_change,
    ("", "ResourceQuota"): check_resource_quota_status,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("policy", "PodDisruptionBudget"): _budget,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "ServiceCIDR"): _only_metadata,
    ("storage.k8s.io", "VolumeAttachment"): check_attachment_update,
    ("certificates.k8s.io", "CertificateSigningRequest"): check_request_status,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): _policy,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    (_FLOW, "FlowSchema"): _flow,
    (_FLOW, "PriorityLevelConfiguration"): _flow,
}
"""What is looked at on a write to the status, by group and kind."""
