"""Rules for pods and pod templates; containers and volumes have modules of their own.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import go_diff
from pytest_helmsim.schema.validate.containers import check_containers, check_init_containers, check_resources, check_seccomp
from pytest_helmsim.schema.validate.metadata import (
    check_annotations,
    check_labels,
    check_metadata,
    check_metadata_update,
    check_selector,
    same,
)
from pytest_helmsim.schema.validate.pod_annotations import check_pod_annotations
from pytest_helmsim.schema.validate.volumes import check_volumes

MAX_INT32 = 2**31 - 1
_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_PATTERN = rf"^({_SEGMENT}[\./])*{_SEGMENT}$"
_SYSCTL = re.compile(_SYSCTL_PATTERN, re.ASCII)
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)


def check_template(errors: Errors, path: str, template: JsonObject) -> None:
    """A pod template; the paths of its labels and annotations are the server's, without `metadata`."""
    meta = template.get("metadata") or {}
    check_labels(errors, f"{path}.labels", meta.get("labels"))
    check_annotations(errors, f"{path}.annotations", meta.get("annotations"))
    spec = template.get("spec") or {}
    check_pod_annotations(errors, f"{path}.annotations", meta.get("annotations"), spec)
    check_pod_spec(errors, f"{path}.spec", spec)
    if spec.get("ephemeralContainers"):
        errors.forbidden(f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")


def check_pod_spec(errors: Errors, path: str, spec: JsonObject, *, pod_name: str = "", is_pod: bool = False) -> None:
    """Everything under `spec`, in the server's order."""
    if spec.get("terminationGracePeriodSeconds") is None:
        errors.required(f"{path}.terminationGracePeriodSeconds")
    volumes = check_volumes(errors, f"{path}.volumes", spec.get("volumes") or [], pod_name)
    check_containers(errors, f"{path}.containers", spec, volumes)
    check_init_containers(errors, f"{path}.initContainers", spec, volumes)
    if spec.get("resources") is not None:
        check_resources(errors, f"{path}.resources", spec["resources"])
    _check_host_network(errors, f"{path}.containers", spec, is_pod)
    _check_policies(errors, path, spec)
    check_labels(errors, f"{path}.nodeSelector", spec.get("nodeSelector"))
    _check_security(errors, path, spec)
    _check_affinity(errors, f"{path}.affinity", spec.get("affinity") or {})
    _check_dns(errors, f"{path}.dnsConfig", spec)
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        condition = gate.get("conditionType", "")
        errors.all_invalid(f"{path}.readinessGates[{index}].conditionType", condition, names.label_key(condition))
    _check_spread(errors, f"{path}.topologySpreadConstraints", spec.get("topologySpreadConstraints") or [])
    for key in ("serviceAccountName", "nodeName"):
        if spec.get(key):
            errors.all_invalid(f"{path}.{key}", spec[key], names.dns_subdomain(spec[key]))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= MAX_INT32:
        errors.invalid(f"{path}.activeDeadlineSeconds", deadline, f"must be between 1 and {MAX_INT32}, inclusive")
    for key in ("hostname", "subdomain"):
        if spec.get(key):
            errors.all_invalid(f"{path}.{key}", spec[key], names.dns_label(spec[key]))
    _check_tolerations(errors, f"{path}.tolerations", spec.get("tolerations") or [])
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        here = f"{path}.hostAliases[{index}]"
        check_ip(errors, f"{here}.ip", alias.get("ip", ""))
        for position, hostname in enumerate(alias.get("hostnames") or ()):
            errors.all_invalid(f"{here}.hostnames[{position}]", hostname, names.dns_subdomain(hostname))
    for key in ("priorityClassName", "runtimeClassName"):
        if spec.get(key) or (key == "runtimeClassName" and spec.get(key) is not None):
            errors.all_invalid(f"{path}.{key}", spec[key], names.dns_subdomain(spec[key]))
    preemption = spec.get("preemptionPolicy")
    if preemption is not None and preemption not in ("Never", "PreemptLowerPriority"):
        if preemption == "":
            errors.required(f"{path}.preemptionPolicy")
        else:
            errors.unsupported(f"{path}.preemptionPolicy", preemption, ("PreemptLowerPriority", "Never"))


def check_ip(errors: Errors, path: str, text: str) -> None:
    """An address, of either family."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        parts = text.split(".")
        if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
            if errors.minor >= 36:
                errors.invalid(path, text, "must not have leading 0s")
            return
        errors.invalid(path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")


def _check_host_network(errors: Errors, path: str, spec: JsonObject, is_pod: bool) -> None:
    if not spec.get("hostNetwork"):
        return
    for index, container in enumerate(spec.get("containers") or ()):
        for position, port in enumerate(container.get("ports") or ()):
            host, own = port.get("hostPort", 0), port.get("containerPort", 0)
            if (is_pod or host) and host != own:
                errors.invalid(f"{path}[{index}].ports[{position}].hostPort", host, "must match `containerPort` when `hostNetwork` is true")


def _check_policies(errors: Errors, path: str, spec: JsonObject) -> None:
    for key, known in (("restartPolicy", ("Always", "OnFailure", "Never")), ("dnsPolicy", _DNS_POLICIES)):
        policy = spec.get(key, "")
        if not policy:
            errors.required(f"{path}.{key}")
        elif policy not in known:
            errors.unsupported(f"{path}.{key}", policy, known)


def _check_security(errors: Errors, path: str, spec: JsonObject) -> None:
    context = spec.get("securityContext") or {}
    here = f"{path}.securityContext"
    for key in ("fsGroup", "runAsUser", "runAsGroup"):
        if context.get(key) is not None:
            errors.all_invalid(f"{here}.{key}", context[key], names.identity(context[key]))
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        errors.all_invalid(f"{here}.supplementalGroups[{index}]", group, names.identity(group))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        errors.invalid(f"{here}.shareProcessNamespace", True, "ShareProcessNamespace and HostPID cannot both be enabled")
    seen: set[str] = set()
    for index, setting in enumerate(context.get("sysctls") or ()):
        name = setting.get("name", "")
        if not name:
            errors.required(f"{here}.sysctls[{index}].name")
        elif len(name) > 253 or not _SYSCTL.fullmatch(name):
            why = f"must have at most 253 characters and match regex {_SYSCTL_PATTERN}"
            errors.invalid(f"{here}.sysctls[{index}].name", name, why)
        elif name in seen:
            errors.duplicate(f"{here}.sysctls[{index}].name", name)
        seen.add(name)
    change = context.get("fsGroupChangePolicy")
    if change is not None and change not in ("Always", "OnRootMismatch"):
        errors.unsupported(f"{here}.fsGroupChangePolicy", change, ("Always", "OnRootMismatch"))
    check_seccomp(errors, f"{here}.seccompProfile", context.get("seccompProfile"))


def _check_affinity(errors: Errors, path: str, affinity: JsonObject) -> None:
    node = affinity.get("nodeAffinity") or {}
    required = node.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is not None:
        check_node_selector(errors, f"{path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution", required)
    for index, term in enumerate(node.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        here = f"{path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[{index}]"
        _check_weight(errors, here, term)
        _check_node_term(errors, f"{here}.preference", term.get("preference") or {}, values=False)
    for key in ("podAffinity", "podAntiAffinity"):
        part = affinity.get(key) or {}
        for index, term in enumerate(part.get("requiredDuringSchedulingIgnoredDuringExecution") or ()):
            _check_pod_term(errors, f"{path}.{key}.requiredDuringSchedulingIgnoredDuringExecution[{index}]", term)
        for index, weighted in enumerate(part.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
            here = f"{path}.{key}.preferredDuringSchedulingIgnoredDuringExecution[{index}]"
            _check_weight(errors, here, weighted)
            _check_pod_term(errors, f"{here}.podAffinityTerm", weighted.get("podAffinityTerm") or {})


def _check_weight(errors: Errors, path: str, term: JsonObject) -> None:
    weight = term.get("weight", 0)
    if not 0 < weight <= 100:
        errors.invalid(f"{path}.weight", weight, "must be in the range 1-100")


def check_node_selector(errors: Errors, path: str, selector: JsonObject) -> None:
    """At least one term."""
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        errors.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        _check_node_term(errors, f"{path}.nodeSelectorTerms[{index}]", term, values=True)


def _check_node_term(errors: Errors, path: str, term: JsonObject, *, values: bool) -> None:
    for index, rule in enumerate(term.get("matchExpressions") or ()):
        here = f"{path}.matchExpressions[{index}]"
        operator, given = rule.get("operator", ""), rule.get("values") or []
        if operator in ("In", "NotIn"):
            if not given:
                errors.required(f"{here}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist"):
            if given:
                errors.forbidden(f"{here}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        elif operator in ("Gt", "Lt"):
            if len(given) != 1:
                errors.required(f"{here}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
        else:
            errors.invalid(f"{here}.operator", operator, "not a valid selector operator")
        errors.all_invalid(f"{here}.key", rule.get("key", ""), names.label_key(rule.get("key", "")))
        for position, value in enumerate(given if values else ()):
            errors.all_invalid(f"{here}.values[{position}]", value, names.label_value(value))


def _check_pod_term(errors: Errors, path: str, term: JsonObject) -> None:
    check_selector(errors, f"{path}.labelSelector", term.get("labelSelector"))
    check_selector(errors, f"{path}.namespaceSelector", term.get("namespaceSelector"))
    for namespace in term.get("namespaces") or ():
        errors.all_invalid(f"{path}.namespace", namespace, names.dns_label(namespace))
    key = term.get("topologyKey", "")
    if not key:
        errors.required(f"{path}.topologyKey", "can not be empty")
    errors.all_invalid(f"{path}.topologyKey", key, names.label_key(key))


def _check_dns(errors: Errors, path: str, spec: JsonObject) -> None:
    config = spec.get("dnsConfig")
    if spec.get("dnsPolicy") == "None":
        if config is None:
            errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not config.get("nameservers"):
            errors.required(f"{path}.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
            return
    if config is None:
        return
    servers, searches = config.get("nameservers") or [], config.get("searches") or []
    if len(servers) > 3:
        errors.invalid(f"{path}.nameservers", servers, "must not have more than 3 nameservers")
    for index, server in enumerate(servers):
        check_ip(errors, f"{path}.nameservers[{index}]", server)
    if len(searches) > 32:
        errors.invalid(f"{path}.searches", searches, "must not have more than 32 search paths")
    if len(" ".join(searches)) > 2048:
        errors.invalid(f"{path}.searches", searches, "must not have more than 2048 characters (including spaces) in the search list")
    for index, search in enumerate(searches):
        if search != "." or errors.minor < 33:
            text = search.removesuffix(".")
            rule = names.dns_subdomain_underscore if errors.minor >= 33 else names.dns_subdomain
            errors.all_invalid(f"{path}.searches[{index}]", text, rule(text))
    for index, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            errors.required(f"{path}.options[{index}]", "must not be empty")


def _check_spread(errors: Errors, path: str, constraints: list[JsonObject]) -> None:
    for index, constraint in enumerate(constraints):
        here = f"{path}[{index}]"
        skew, key, action = constraint.get("maxSkew", 0), constraint.get("topologyKey", ""), constraint.get("whenUnsatisfiable", "")
        if skew <= 0:
            errors.invalid(f"{here}.maxSkew", skew, "must be greater than zero")
        if not key:
            errors.required(f"{here}.topologyKey", "can not be empty")
        if action not in ("DoNotSchedule", "ScheduleAnyway"):
            errors.unsupported(f"{here}.whenUnsatisfiable", action, ("DoNotSchedule", "ScheduleAnyway"))
        if any((other.get("topologyKey", ""), other.get("whenUnsatisfiable", "")) == (key, action) for other in constraints[index + 1 :]):
            errors.duplicate(f"{here}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        domains = constraint.get("minDomains")
        if domains is not None:
            if domains <= 0:
                errors.invalid(f"{here}.minDomains", domains, "must be greater than zero")
            if action != "DoNotSchedule":
                why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
                errors.invalid(f"{here}.minDomains", domains, why)
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if constraint.get(name) is not None and constraint[name] not in ("Honor", "Ignore"):
                errors.unsupported(f"{here}.{name}", constraint[name], ("Honor", "Ignore"))
        check_selector(errors, f"{here}.labelSelector", constraint.get("labelSelector"))


def _check_tolerations(errors: Errors, path: str, tolerations: list[JsonObject]) -> None:
    for index, toleration in enumerate(tolerations):
        here = f"{path}[{index}]"
        key, operator, value = toleration.get("key", ""), toleration.get("operator", ""), toleration.get("value", "")
        effect = toleration.get("effect", "")
        if key:
            errors.all_invalid(f"{here}.key", key, names.label_key(key))
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            errors.invalid(f"{here}.operator", operator, why)
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            errors.invalid(f"{here}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        if operator in ("Equal", ""):
            complaints = names.label_value(value)
            if complaints:
                errors.invalid(f"{here}.operator", value, ";".join(complaints))
        elif operator == "Exists":
            if value:
                errors.invalid(f"{here}.operator", value, "value must be empty when `operator` is 'Exists'")
        elif operator in ("Lt", "Gt"):
            errors.unsupported(f"{here}.operator", operator, ("Equal", "Exists", "Lt", "Gt"))
        else:
            errors.unsupported(f"{here}.operator", operator, ("Equal", "Exists"))
        if effect and effect not in EFFECTS:
            errors.unsupported(f"{here}.effect", effect, EFFECTS)


def check_pod(errors: Errors, obj: JsonObject) -> None:
    """A Pod."""
    check_metadata(errors, obj, namespaced=True)
    _check_rest(errors, obj)
    if (obj.get("spec") or {}).get("ephemeralContainers"):
        errors.forbidden("spec.ephemeralContainers", "cannot be set on create")


def _check_rest(errors: Errors, obj: JsonObject) -> None:
    name = (obj.get("metadata") or {}).get("name", "")
    spec = obj.get("spec") or {}
    check_pod_annotations(errors, "metadata.annotations", (obj.get("metadata") or {}).get("annotations"), spec)
    check_pod_spec(errors, "spec", spec, pod_name=name, is_pod=True)
    for key in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(key) or ()):
            image = container.get("image", "")
            if image != image.strip():
                errors.invalid(f"spec.{key}[{index}].image", image, "must not have leading or trailing whitespace")


def check_pod_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """Images, a shorter deadline and more tolerations only."""
    check_metadata_update(errors, new, old)
    check_metadata(errors, new, namespaced=True)
    _check_rest(errors, new)
    now, before = new.get("spec") or {}, old.get("spec") or {}
    for key in ("containers", "initContainers"):
        here, there = now.get(key) or [], before.get(key) or []
        for index, container in enumerate(here):
            if not container.get("image"):
                errors.required(f"spec.{key}[{index}].image")
        if len(here) != len(there):
            errors.forbidden(f"spec.{key}", "pod updates may not add or remove containers")
            return
    deadline, old_deadline = now.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    if deadline is None and old_deadline is not None:
        errors.invalid("spec.activeDeadlineSeconds", None, "must not update from a positive integer to nil value")
    elif deadline is not None and old_deadline is not None and old_deadline < deadline:
        errors.invalid("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value")
        return
    _check_added_tolerations(errors, now, before)
    munged: dict[str, Any] = {**now, "tolerations": before.get("tolerations"), "activeDeadlineSeconds": old_deadline}
    munged["schedulingGates"] = before.get("schedulingGates")
    for key in ("containers", "initContainers"):
        if now.get(key):
            munged[key] = [{**mine, "image": theirs.get("image")} for mine, theirs in zip(now[key], before[key], strict=True)]
    if not same(munged, before):
        why = f"pod updates may not change fields other than {_UPDATABLE}"
        errors.forbidden("spec", f"{why}\n{go_diff('PodSpec', before, munged)}")


def _check_added_tolerations(errors: Errors, now: JsonObject, before: JsonObject) -> None:
    given = now.get("tolerations") or []

    def identity(toleration: JsonObject) -> tuple[Any, ...]:
        return tuple(toleration.get(key) for key in ("key", "operator", "value", "effect"))

    kept = {identity(toleration) for toleration in given}
    if any(identity(toleration) not in kept for toleration in before.get("tolerations") or ()):
        errors.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
