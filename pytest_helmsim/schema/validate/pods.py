"""Rules for pods and pod templates; containers, volumes, security and affinity have modules of their own.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import ipaddress

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import internal
from pytest_helmsim.schema.validate.affinity import check_affinity, check_spread, check_tolerations
from pytest_helmsim.schema.validate.containers import (
    Around,
    check_containers,
    check_ephemeral_containers,
    check_image_text,
    check_init_containers,
)
from pytest_helmsim.schema.validate.environment import check_file_volumes
from pytest_helmsim.schema.validate.metadata import check_annotations, check_labels, check_metadata
from pytest_helmsim.schema.validate.pod_annotations import MIRROR, check_pod_annotations, check_profiles_agree
from pytest_helmsim.schema.validate.resources import check_pod_resources, check_resources
from pytest_helmsim.schema.validate.security import check_host_process, check_host_users, check_pod_security, check_system
from pytest_helmsim.schema.validate.volumes import check_volumes

MAX_INT32 = 2**31 - 1
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")


def check_template(errors: Errors, path: str, template: JsonObject) -> None:
    """A pod template; the paths of its labels and annotations are the server's, without `metadata`."""
    meta = template.get("metadata") or {}
    check_labels(errors, f"{path}.labels", meta.get("labels"))
    check_annotations(errors, f"{path}.annotations", meta.get("annotations"))
    spec = template.get("spec") or {}
    check_pod_annotations(errors, f"{path}.annotations", meta.get("annotations"), spec)
    check_pod_spec(errors, f"{path}.spec", spec)
    check_profiles_agree(errors, f"{path}.spec", meta.get("annotations"), spec, armor=True)
    if spec.get("ephemeralContainers"):
        errors.forbidden(f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")


def check_pod_spec(
    errors: Errors, path: str, spec: JsonObject, *, pod_name: str = "", is_pod: bool = False, is_mirror: bool = False
) -> None:
    """Everything under `spec`, in the server's order."""
    if spec.get("terminationGracePeriodSeconds") is None:
        errors.required(f"{path}.terminationGracePeriodSeconds")
    volumes = check_volumes(errors, f"{path}.volumes", spec.get("volumes") or [], pod_name, is_pod=is_pod)
    claims = spec.get("resourceClaims") or []
    _check_claims(errors, f"{path}.resourceClaims", claims, is_mirror)
    around = Around(spec, volumes, frozenset(claim["name"] for claim in claims if claim.get("name")))
    check_containers(errors, f"{path}.containers", around)
    check_init_containers(errors, f"{path}.initContainers", around)
    check_ephemeral_containers(errors, f"{path}.ephemeralContainers", around)
    if spec.get("resources") is not None:
        check_pod_resources(errors, f"{path}.resources", spec, around.claims)
    _check_host_network(errors, f"{path}.containers", spec, is_pod)
    _check_policies(errors, path, spec)
    check_labels(errors, f"{path}.nodeSelector", spec.get("nodeSelector"))
    check_pod_security(errors, path, spec)
    check_affinity(errors, f"{path}.affinity", spec.get("affinity") or {})
    _check_dns(errors, f"{path}.dnsConfig", spec)
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        condition = gate.get("conditionType", "")
        errors.all_invalid(f"{path}.readinessGates[{index}].conditionType", condition, names.label_key(condition))
    _check_gates(errors, f"{path}.schedulingGates", spec.get("schedulingGates") or [])
    check_spread(errors, f"{path}.topologySpreadConstraints", spec.get("topologySpreadConstraints") or [])
    check_host_process(errors, path, spec)
    check_host_users(errors, path, spec)
    _check_host_name(errors, path, spec)
    for key in ("serviceAccountName", "nodeName"):
        if spec.get(key):
            errors.all_invalid(f"{path}.{key}", spec[key], names.dns_subdomain(spec[key]))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= MAX_INT32:
        errors.invalid(f"{path}.activeDeadlineSeconds", deadline, f"must be between 1 and {MAX_INT32}, inclusive")
    for key in ("hostname", "subdomain"):
        if spec.get(key):
            errors.all_invalid(f"{path}.{key}", spec[key], names.dns_label(spec[key]))
    check_tolerations(errors, f"{path}.tolerations", spec.get("tolerations") or [])
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        here = f"{path}.hostAliases[{index}]"
        check_ip(errors, f"{here}.ip", alias.get("ip", ""))
        for position, hostname in enumerate(alias.get("hostnames") or ()):
            errors.all_invalid(f"{here}.hostnames[{position}]", hostname, names.dns_subdomain(hostname))
    for key in ("priorityClassName", "runtimeClassName"):
        if spec.get(key) or (key == "runtimeClassName" and spec.get(key) is not None):
            errors.all_invalid(f"{path}.{key}", spec[key], names.dns_subdomain(spec[key]))
    _check_preemption(errors, f"{path}.preemptionPolicy", spec.get("preemptionPolicy"))
    if spec.get("overhead") is not None:
        check_resources(errors, f"{path}.overhead", {"limits": spec["overhead"]})
    if spec.get("os") is not None:
        check_system(errors, path, spec)
    check_file_volumes(errors, spec, path)


def _check_preemption(errors: Errors, path: str, policy: str | None) -> None:
    if policy == "":
        errors.required(path)
    elif policy is not None and policy not in ("Never", "PreemptLowerPriority"):
        errors.unsupported(path, policy, ("PreemptLowerPriority", "Never"))


def _check_claims(errors: Errors, path: str, claims: list[JsonObject], is_mirror: bool) -> None:
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        if is_mirror:
            errors.forbidden("[]", "static pods do not support resource claims")
            continue
        here, name = f"{path}[{index}]", claim.get("name", "")
        if not name:
            errors.required(f"{here}.name")
        elif name in seen:
            errors.duplicate(f"{here}.name", name)
        else:
            errors.all_invalid(f"{here}.name", name, names.dns_label(name))
            seen.add(name)
        sources = [key for key in ("resourceClaimName", "resourceClaimTemplateName") if claim.get(key) is not None]
        if len(sources) == 2:
            why = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            errors.invalid(here, internal("PodResourceClaim", claim), why)
        elif not sources:
            why = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            errors.invalid(here, internal("PodResourceClaim", claim), why)
        for key in sources:
            errors.all_invalid(f"{here}.{key}", claim[key], names.dns_subdomain(claim[key]))


def _check_gates(errors: Errors, path: str, gates: list[JsonObject]) -> None:
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        name = gate.get("name", "")
        errors.all_invalid(f"{path}[{index}]", name, names.label_key(name))
        if name in seen:
            errors.duplicate(f"{path}[{index}]", name)
        seen.add(name)


def _check_host_name(errors: Errors, path: str, spec: JsonObject) -> None:
    name = spec.get("hostnameOverride")
    if name is None:
        return
    here = f"{path}.hostnameOverride"
    for key in ("setHostnameAsFQDN", "hostNetwork"):
        if spec.get(key):
            errors.forbidden(here, f"may not be specified when {key} is true")
    if len(name) > 64:
        errors.too_long(here, 64)
    errors.all_invalid(here, name, names.dns_subdomain(name))


def check_ip(errors: Errors, path: str, text: str) -> None:
    """An address, of either family."""
    try:
        address = ipaddress.ip_address(text if "%" not in text else "")
    except ValueError:
        parts = text.split(".")
        if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
            if errors.minor >= 36:
                errors.invalid(path, text, "must not have leading 0s")
            return
        errors.invalid(path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
        return
    if errors.minor >= 36 and address.version == 6 and address.ipv4_mapped is not None:
        errors.invalid(path, text, "must not be an IPv4-mapped IPv6 address")


def check_canonical_ip(errors: Errors, path: str, text: str) -> None:
    """An address in the form that Go prints."""
    before = len(errors)
    check_ip(errors, path, text)
    if len(errors) == before and (shown := str(ipaddress.ip_address(text))) != text:
        errors.invalid(path, text, f'must be in canonical form ("{shown}")')


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


def check_pod(errors: Errors, obj: JsonObject) -> None:
    """A new Pod."""
    check_metadata(errors, obj, namespaced=True)
    check_pod_parts(errors, obj)
    spec, annotations = obj.get("spec") or {}, (obj.get("metadata") or {}).get("annotations")
    if spec.get("ephemeralContainers"):
        errors.forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
    check_profiles_agree(errors, "spec", annotations, spec, armor=True)


def check_pod_parts(errors: Errors, obj: JsonObject) -> None:
    """Annotations and spec of a Pod, new or changed."""
    meta, spec = obj.get("metadata") or {}, obj.get("spec") or {}
    annotations = meta.get("annotations") or {}
    check_pod_annotations(errors, "metadata.annotations", annotations, spec)
    check_pod_spec(errors, "spec", spec, pod_name=meta.get("name", ""), is_pod=True, is_mirror=MIRROR in annotations)
    if not spec.get("serviceAccountName"):
        for index, volume in enumerate(spec.get("volumes") or ()):
            for position, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
                if source.get("serviceAccountToken") is not None:
                    where = f"spec.volumes[{index}].projected.sources[{position}].serviceAccountToken"
                    errors.forbidden(where, "must not be specified when serviceAccountName is not set")
    for key in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(key) or ()):
            check_image_text(errors, f"spec.{key}[{index}]", container)
