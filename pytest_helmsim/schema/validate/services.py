"""Rules for Services and Endpoints.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import ipaddress
import re

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.containers import check_protocol
from pytest_helmsim.schema.validate.metadata import NameRule, check_labels, check_metadata, check_metadata_update, check_port, same
from pytest_helmsim.schema.validate.pods import check_ip

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
FAMILIES = ("IPv4", "IPv6")
POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")


def service_name(minor: int) -> NameRule:
    """Services may start with a digit since 1.36."""
    return names.dns_label if minor >= 36 else names.dns_1035_label


def _families_refused(errors: Errors, obj: JsonObject, old: JsonObject | None) -> bool:
    """Before anything else the server looks at addresses and families, since it has to allocate by them."""
    spec = obj.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return False
    before = len(errors)
    check_addresses(errors, spec, ((old or {}).get("spec") or {}).get("clusterIPs") or [])
    return len(errors) > before


def check_service(errors: Errors, obj: JsonObject) -> None:
    if _families_refused(errors, obj, None):
        return
    check_metadata(errors, obj, namespaced=True, name_rule=service_name(errors.minor))
    _check(errors, obj, None)


def check_service_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    if _families_refused(errors, new, old):
        return
    check_metadata_update(errors, new, old)
    _check_addresses_update(errors, new.get("spec") or {}, old.get("spec") or {})
    _check_class(errors, old.get("spec") or {}, new.get("spec") or {})
    _check_health_update(errors, new.get("spec") or {}, old.get("spec") or {})
    _check(errors, new, old)


def _is_headless(spec: JsonObject) -> bool:
    return spec.get("clusterIPs") == ["None"]


def _check_addresses_update(errors: Errors, now: JsonObject, before: JsonObject) -> None:
    """The first address and family stay; a second one goes with the policy."""
    if "ExternalName" in (now.get("type"), before.get("type")):
        return
    headless, was_headless = _is_headless(now), _is_headless(before)
    if not (headless and was_headless):
        _check_kept(errors, now, before, "clusterIPs", "clusterIP")
    if not headless and not was_headless:
        _check_kept(errors, now, before, "ipFamilies", "ipFamily")


def _check_kept(errors: Errors, now: JsonObject, before: JsonObject, key: str, word: str) -> None:
    ours, theirs, path = now.get(key) or [], before.get(key) or [], f"spec.{key}"
    shown = now.get(key) if key == "clusterIPs" or len(ours) == len(theirs) else now.get("clusterIPs")
    if len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if one != other:
                errors.invalid(f"{path}[{index if key == 'clusterIPs' else 0}]", shown, "may not change once set")
        return
    if len(theirs) > len(ours) and not (now.get("clusterIPs") or []):
        errors.invalid(f"{path}[0]", now.get(key), f"primary {word} can not be unset")
    if theirs and ours and ours[0] != theirs[0]:
        errors.invalid(f"{path}[0]", shown, "may not change once set")
    if len(theirs) > len(ours) == 1 and now.get("ipFamilyPolicy") != "SingleStack":
        why = f"must be set to 'SingleStack' when releasing the secondary {word}"
        errors.invalid("spec.ipFamilyPolicy", now.get("ipFamilyPolicy"), why)


def _check_health_update(errors: Errors, now: JsonObject, before: JsonObject) -> None:
    def needs(spec: JsonObject) -> bool:
        return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"

    port, old = (spec.get("healthCheckNodePort") or 0 for spec in (now, before))
    if needs(now) and needs(before) and port != old:
        errors.forbidden("spec.healthCheckNodePort", "field is immutable")


def _check_class(errors: Errors, before: JsonObject | None, now: JsonObject) -> None:
    value, old, path = now.get("loadBalancerClass"), (before or {}).get("loadBalancerClass"), "spec.loadBalancerClass"
    if before is not None and before.get("type") == now.get("type") == "LoadBalancer" and value != old:
        errors.invalid(path, value, "may not change once set")
    if value is None:
        return
    if now.get("type") == "LoadBalancer":
        errors.all_invalid(path, value, names.label_key(value))
    else:
        errors.forbidden(path, "may only be used when `type` is 'LoadBalancer'")


def _check(errors: Errors, obj: JsonObject, old: JsonObject | None) -> None:
    spec = obj.get("spec") or {}
    kind, addresses = spec.get("type", ""), spec.get("clusterIPs") or []
    headless = addresses == ["None"]
    _check_hints(errors, (obj.get("metadata") or {}).get("annotations") or {})
    ports = spec.get("ports") or []
    if not ports and not headless and kind != "ExternalName":
        errors.required("spec.ports")
    if headless and kind in ("LoadBalancer", "NodePort"):
        errors.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        _check_external_name(errors, spec)
    _check_ports(errors, ports)
    check_labels(errors, "spec.selector", spec.get("selector"))
    _check_affinity(errors, spec)
    if kind != "ExternalName":
        check_addresses(errors, spec, ((old or {}).get("spec") or {}).get("clusterIPs") or [])
    known_ips = ((old or {}).get("spec") or {}).get("externalIPs") or []
    for index, address in enumerate(spec.get("externalIPs") or ()):
        before = len(errors)
        if address not in known_ips:
            check_ip(errors, f"spec.externalIPs[{index}]", address)
        if len(errors) == before:
            check_endpoint_address(errors, f"spec.externalIPs[{index}]", address)
    if not kind:
        errors.required("spec.type")
    elif kind not in TYPES:
        errors.unsupported("spec.type", kind, TYPES)
    _check_port_numbers(errors, ports, kind)
    _check_ranges(errors, obj, old or {}, kind)
    allocate = spec.get("allocateLoadBalancerNodePorts")
    if allocate is not None and kind != "LoadBalancer":
        errors.forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'")
    if allocate is None and kind == "LoadBalancer":
        errors.required("allocateLoadBalancerNodePorts")
    _check_class(errors, None, spec)
    _check_traffic(errors, spec, kind)


_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED = "may only be used when `type` is 'LoadBalancer'"


def _check_hints(errors: Errors, annotations: dict[str, str]) -> None:
    hints, mode = annotations.get(_HINTS), annotations.get(_MODE)
    if hints is not None and mode is not None and hints != mode:
        errors.invalid(f"metadata.annotations[{_MODE}]", mode, f"must match annotations[{_HINTS}] when both are specified")


def _check_ranges(errors: Errors, obj: JsonObject, old: JsonObject, kind: str) -> None:
    """Blocks of addresses from which a load balancer takes traffic, in the spec or in an old annotation."""
    ranges = (obj.get("spec") or {}).get("loadBalancerSourceRanges") or []
    known = {block.strip() for block in (old.get("spec") or {}).get("loadBalancerSourceRanges") or ()}
    text, before = (((side.get("metadata") or {}).get("annotations") or {}).get(_RANGES) for side in (obj, old))
    if ranges:
        if kind != "LoadBalancer":
            errors.forbidden("spec.LoadBalancerSourceRanges", _BALANCED)
        for index, block in enumerate(ranges):
            if block.strip() not in known:
                check_cidr(errors, f"spec.LoadBalancerSourceRanges[{index}]", block.strip())
    elif text is not None:
        path = f"metadata.annotations[{_RANGES}]"
        if kind != "LoadBalancer":
            errors.forbidden(path, _BALANCED)
        for block in text.strip().split(",") if text != before and text.strip() else ():
            check_cidr(errors, path, block.strip())


def _check_external_name(errors: Errors, spec: JsonObject) -> None:
    for key in ("clusterIPs", "ipFamilies"):
        if spec.get(key):
            errors.forbidden(f"spec.{key}", "may not be set for ExternalName services")
    if spec.get("ipFamilyPolicy") is not None:
        errors.forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services")
    name = spec.get("externalName", "").removesuffix(".")
    if name:
        errors.all_invalid("spec.externalName", name, names.dns_subdomain(name))
    else:
        errors.required("spec.externalName")


def _check_ports(errors: Errors, ports: list[JsonObject]) -> None:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        name = port.get("name", "")
        if name:
            errors.all_invalid(f"{path}.name", name, names.dns_label(name))
            if name in seen:
                errors.duplicate(f"{path}.name", name)
            seen.add(name)
        elif len(ports) > 1:
            errors.required(f"{path}.name")
        errors.all_invalid(f"{path}.port", port.get("port", 0), names.port_number(port.get("port", 0)))
        check_protocol(errors, f"{path}.protocol", port.get("protocol", ""))
        check_port(errors, f"{path}.targetPort", port.get("targetPort"))
        if port.get("appProtocol") is not None:
            errors.all_invalid(f"{path}.appProtocol", port["appProtocol"], names.label_key(port["appProtocol"]))


def _check_port_numbers(errors: Errors, ports: list[JsonObject], kind: str) -> None:
    if kind == "ClusterIP":
        for index, port in enumerate(ports):
            if port.get("nodePort"):
                errors.forbidden(f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'")
    node_ports: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        if port.get("nodePort"):
            key = (port.get("protocol", ""), port["nodePort"])
            if key in node_ports:
                errors.duplicate(f"spec.ports[{index}].nodePort", port["nodePort"])
            node_ports.add(key)
    numbers: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        key = (port.get("protocol", ""), port.get("port", 0))
        if key in numbers:
            shown = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": key[1], "TargetPort": 0, "NodePort": 0}
            errors.duplicate(f"spec.ports[{index}]", shown)
        numbers.add(key)


def _check_affinity(errors: Errors, spec: JsonObject) -> None:
    affinity, config = spec.get("sessionAffinity", ""), spec.get("sessionAffinityConfig")
    path = "spec.sessionAffinityConfig"
    if not affinity:
        errors.required("spec.sessionAffinity")
    elif affinity not in ("ClientIP", "None"):
        errors.unsupported("spec.sessionAffinity", affinity, ("ClientIP", "None"))
    if affinity == "ClientIP":
        if config is None:
            errors.required(path, "when session affinity type is ClientIP")
        else:
            seconds = (config.get("clientIP") or {}).get("timeoutSeconds")
            if seconds is None:
                errors.required(f"{path}.clientIP.timeoutSeconds", "when session affinity type is ClientIP")
            elif not 0 < seconds <= 86400:
                errors.invalid(f"{path}.clientIP.timeoutSeconds", seconds, "must be greater than 0 and less than 86400")
    elif affinity == "None" and config is not None:
        errors.forbidden(path, "must not be set when session affinity is None")


def check_addresses(errors: Errors, spec: JsonObject, known: list[str]) -> None:
    """Addresses and their families agree; `known` ones are not read again."""
    addresses, path = spec.get("clusterIPs") or [], "spec.clusterIPs"
    if spec.get("clusterIP"):
        if not addresses:
            errors.required(path)
        elif addresses[0] != spec["clusterIP"]:
            errors.invalid(path, addresses, "first value must match `clusterIP`")
    elif addresses:
        errors.invalid(path, addresses, "must be empty when `clusterIP` is not specified")
    families = spec.get("ipFamilies") or []
    for index, family in enumerate(families):
        if family not in FAMILIES:
            errors.unsupported(f"spec.ipFamilies[{index}]", family, FAMILIES)
        if family in families[:index]:
            errors.duplicate(f"spec.ipFamilies[{index}]", family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in POLICIES:
        errors.unsupported("spec.ipFamilyPolicy", policy, POLICIES)
    before = len(errors)
    for index, address in enumerate(addresses):
        if index == 0 and address == "None":
            if len(addresses) > 1:
                errors.invalid(path, addresses, "'None' must be the first and only value")
        elif address not in known:
            check_ip(errors, f"{path}[{index}]", address)
    bad = len(errors) > before
    if len(addresses) > 2:
        errors.invalid(path, addresses, "may only hold up to 2 values")
    if bad:
        return
    if len(addresses) > 1 and (len(addresses) > 2 or len({":" in address for address in addresses}) == 1):
        errors.invalid(path, addresses, "may specify no more than one IP for each IP family")
    for index, (address, family) in enumerate(zip([] if addresses == ["None"] else addresses, families, strict=False)):
        if family in FAMILIES and (family == "IPv4") == (":" in address):
            errors.invalid(f"{path}[{index}]", address, f"expected an {family} value as indicated by `ipFamilies[{index}]`")


def _check_traffic(errors: Errors, spec: JsonObject, kind: str) -> None:
    external = kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and errors.minor >= 29 and spec.get("externalIPs"))
    policy = spec.get("externalTrafficPolicy", "")
    if not external:
        if policy:
            where = "for externally-accessible services" if errors.minor >= 29 else "when `type` is 'NodePort' or 'LoadBalancer'"
            errors.invalid("spec.externalTrafficPolicy", policy, f"may only be set {where}")
    elif not policy:
        errors.required("spec.externalTrafficPolicy")
    elif policy not in ("Cluster", "Local"):
        errors.unsupported("spec.externalTrafficPolicy", policy, ("Cluster", "Local"))
    check_port_number = spec.get("healthCheckNodePort", 0)
    if kind == "LoadBalancer" and policy == "Local":
        if check_port_number:
            errors.all_invalid("spec.healthCheckNodePort", check_port_number, names.port_number(check_port_number))
    elif check_port_number:
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        errors.invalid("spec.healthCheckNodePort", check_port_number, why)
    inside = spec.get("internalTrafficPolicy")
    if inside is None:
        if kind in ("NodePort", "LoadBalancer", "ClusterIP"):
            errors.required("spec.internalTrafficPolicy")
    elif inside not in ("Cluster", "Local"):
        errors.unsupported("spec.internalTrafficPolicy", inside, ("Cluster", "Local"))
    distribution = spec.get("trafficDistribution")
    known = ("PreferClose", "PreferSameZone", "PreferSameNode") if errors.minor >= 34 else ("PreferClose",)
    if distribution is not None and distribution not in known:
        errors.unsupported("spec.trafficDistribution", distribution, known)


STRICT_ADDRESSES_SINCE = 36
_ZEROS = re.compile(r"(?<![0-9a-fA-F:])0+(?=\d)")


def check_cidr(errors: Errors, path: str, text: str) -> None:
    """A block of addresses."""
    plain = _ZEROS.sub("", text) if "." in text or "/0" in text else text
    try:
        network = ipaddress.ip_interface(plain) if "/" in text else None
    except ValueError:
        network = None
    if network is None:
        errors.invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
    elif errors.minor < STRICT_ADDRESSES_SINCE:
        return
    elif plain != text:
        errors.invalid(path, text, "must not have leading 0s in IP or prefix length")
    elif network.version == 6 and network.ip.ipv4_mapped is not None:
        errors.invalid(path, text, "must not have an IPv4-mapped IPv6 address")
    elif network.ip != network.network.network_address:
        errors.invalid(path, text, "must not have bits set beyond the prefix length")


def check_endpoint_address(errors: Errors, path: str, text: str) -> None:
    """An address that traffic may go to."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        parts = text.split(".")
        if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
            errors.invalid(path, text, "must be a valid IP address")
            return
        address = ipaddress.IPv4Address(".".join(str(int(part)) for part in parts))
    if address.is_unspecified:
        errors.invalid(path, text, f"may not be unspecified ({text})")
    if address.is_loopback:
        errors.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        errors.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if address.is_multicast and ((address.version == 4 and str(address).startswith("224.0.0.")) or str(address).startswith("ff02")):
        errors.invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")


def check_endpoints(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _check_subsets(errors, obj)


def check_endpoints_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    check_metadata(errors, new, namespaced=True)
    if not same(new.get("subsets"), old.get("subsets")):
        _check_subsets(errors, new)


def _check_subsets(errors: Errors, obj: JsonObject) -> None:
    for index, subset in enumerate(obj.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            errors.required(path, "must specify `addresses` or `notReadyAddresses`")
        for key in ("addresses", "notReadyAddresses"):
            for position, address in enumerate(subset.get(key) or ()):
                here = f"{path}.{key}[{position}]"
                check_ip(errors, f"{here}.ip", address.get("ip", ""))
                if address.get("hostname"):
                    errors.all_invalid(f"{here}.hostname", address["hostname"], names.dns_label(address["hostname"]))
                if address.get("nodeName") is not None:
                    errors.all_invalid(f"{here}.nodeName", address["nodeName"], names.dns_subdomain(address["nodeName"]))
                check_endpoint_address(errors, f"{here}.ip", address.get("ip", ""))
        ports = subset.get("ports") or []
        for position, port in enumerate(ports):
            here = f"{path}.ports[{position}]"
            if port.get("name"):
                errors.all_invalid(f"{here}.name", port["name"], names.dns_label(port["name"]))
            elif len(ports) > 1:
                errors.required(f"{here}.name")
            errors.all_invalid(f"{here}.port", port.get("port", 0), names.port_number(port.get("port", 0)))
            check_protocol(errors, f"{here}.protocol", port.get("protocol", ""))
            if port.get("appProtocol") is not None:
                errors.all_invalid(f"{here}.appProtocol", port["appProtocol"], names.label_key(port["appProtocol"]))
