"""Rules for probes and for what containers do when they start and stop.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import check_port

_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def check_lifecycle_and_probes(errors: Errors, path: str, container: JsonObject, spec: JsonObject) -> None:
    """Both, of a container that keeps running."""
    grace = spec.get("terminationGracePeriodSeconds")
    for key in ("postStart", "preStop"):
        handler = (container.get("lifecycle") or {}).get(key)
        if handler is not None:
            _check_handler(errors, f"{path}.lifecycle.{key}", handler, grace)
    for key in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(key)
        if probe is not None:
            _check_probe(errors, f"{path}.{key}", key, probe, grace)


def _check_probe(errors: Errors, path: str, key: str, probe: JsonObject, grace: int | None) -> None:
    _check_handler(errors, path, probe, grace)
    for field in _COUNTS:
        errors.not_negative(f"{path}.{field}", probe.get(field))
    own_grace = probe.get("terminationGracePeriodSeconds")
    if own_grace is not None and own_grace <= 0:
        errors.invalid(f"{path}.terminationGracePeriodSeconds", own_grace, "must be greater than 0")
    if key != "readinessProbe" and probe.get("successThreshold") != 1:
        errors.invalid(f"{path}.successThreshold", probe.get("successThreshold", 0), "must be 1")
    if key == "readinessProbe" and own_grace is not None:
        errors.invalid(f"{path}.terminationGracePeriodSeconds", own_grace, "must not be set for readinessProbes")


def _check_handler(errors: Errors, path: str, handler: JsonObject, grace: int | None) -> None:
    found = 0
    for key, check in _HANDLERS.items():
        action = handler.get(key)
        if action is None:
            continue
        if found:
            errors.forbidden(f"{path}.{key}", "may not specify more than 1 handler type")
        else:
            check(errors, f"{path}.{key}", action, grace)
        found += 1
    if not found:
        errors.required(path, "must specify a handler type")


def _check_exec(errors: Errors, path: str, action: JsonObject, grace: int | None) -> None:
    if not action.get("command"):
        errors.required(f"{path}.command")


def _check_http(errors: Errors, path: str, action: JsonObject, grace: int | None) -> None:
    if not action.get("path"):
        errors.required(f"{path}.path")
    check_port(errors, f"{path}.port", action.get("port"))
    if action.get("scheme") not in ("HTTP", "HTTPS"):
        errors.unsupported(f"{path}.scheme", action.get("scheme") or "", ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders") or ():
        errors.all_invalid(f"{path}.httpHeaders", header.get("name", ""), names.header_name(header.get("name", "")))


def _check_port_action(errors: Errors, path: str, action: JsonObject, grace: int | None) -> None:
    check_port(errors, f"{path}.port", action.get("port"))


def _check_sleep(errors: Errors, path: str, action: JsonObject, grace: int | None) -> None:
    seconds = action.get("seconds", 0)
    if grace is not None and (seconds < 0 or seconds > grace):
        errors.invalid(path, seconds, f"must be non-negative and less than terminationGracePeriodSeconds ({grace})")


_HANDLERS = {
    "exec": _check_exec,
    "httpGet": _check_http,
    "tcpSocket": _check_port_action,
    "grpc": _check_port_action,
    "sleep": _check_sleep,
}
