"""Rules for Ingresses, IngressClasses, NetworkPolicies and EndpointSlices.

Sources: k8s.io/kubernetes pkg/apis/networking/validation, pkg/apis/discovery/validation.
"""

from __future__ import annotations

import ipaddress

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, check_selector, same
from pytest_helmsim.schema.validate.pods import check_canonical_ip, check_ip
from pytest_helmsim.schema.validate.services import check_cidr, check_endpoint_address, service_name

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_SUFFIXES = ("/..", "/.")
_MOST_ENDPOINTS, _MOST_ADDRESSES, _MOST_PORTS, _MOST_HINTS = 1000, 100, 20000, 8
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")


def check_ingress(errors: Errors, obj: JsonObject) -> None:
    _check_ingress(errors, obj)
    spec = obj.get("spec") or {}
    annotation = (obj["metadata"].get("annotations") or {}).get(_CLASS_ANNOTATION)
    if annotation is not None and spec.get("ingressClassName") not in (None, annotation):
        path = f"annotations.{_CLASS_ANNOTATION}"
        errors.invalid(path, annotation, "must match `ingressClassName` when both are specified")


def _check_ingress(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    spec = obj.get("spec") or {}
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        errors.invalid("spec", spec.get("rules"), "either `defaultBackend` or `rules` must be specified")
    if spec.get("defaultBackend") is not None:
        _check_backend(errors, "spec.defaultBackend", spec["defaultBackend"])
    for index, rule in enumerate(spec.get("rules") or ()):
        _check_rule(errors, f"spec.rules[{index}]", rule)
    for index, tls in enumerate(spec.get("tls") or ()):
        for position, host in enumerate(tls.get("hosts") or ()):
            rule = names.wildcard_subdomain if "*" in host else names.dns_subdomain
            errors.all_invalid(f"spec.tls[{index}].hosts[{position}]", host, rule(host))
        if tls.get("secretName"):
            errors.all_invalid(f"spec.tls[{index}].secretName", tls["secretName"], names.dns_subdomain(tls["secretName"]))
    if spec.get("ingressClassName") is not None:
        errors.all_invalid("spec.ingressClassName", spec["ingressClassName"], names.dns_subdomain(spec["ingressClassName"]))


def _check_rule(errors: Errors, path: str, rule: JsonObject) -> None:
    host = rule.get("host", "")
    if host:
        if names.is_address(host):
            errors.invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
        errors.all_invalid(f"{path}.host", host, names.wildcard_subdomain(host) if "*" in host else names.dns_subdomain(host))
    if rule.get("http") is None:
        return
    paths = rule["http"].get("paths") or []
    if not paths:
        errors.required(f"{path}.http.paths")
    for index, entry in enumerate(paths):
        _check_path(errors, f"{path}.http.paths[{index}]", entry)


def _check_path(errors: Errors, path: str, entry: JsonObject) -> None:
    kind, value = entry.get("pathType"), entry.get("path", "")
    if kind is None:
        errors.required(f"{path}.pathType", "pathType must be specified")
        return
    if kind in ("Exact", "Prefix"):
        if not value.startswith("/"):
            errors.invalid(f"{path}.path", value, "must be an absolute path")
        for sequence in _SEQUENCES:
            if sequence in value:
                errors.invalid(f"{path}.path", value, f"must not contain '{sequence}'")
        for suffix in _SUFFIXES:
            if value.endswith(suffix):
                errors.invalid(f"{path}.path", value, f"cannot end with '{suffix}'")
    elif kind == "ImplementationSpecific":
        if value and not value.startswith("/"):
            errors.invalid(f"{path}.path", value, "must be an absolute path")
    else:
        errors.unsupported(f"{path}.pathType", kind, _PATH_TYPES)
    _check_backend(errors, f"{path}.backend", entry.get("backend") or {})


def _check_backend(errors: Errors, path: str, backend: JsonObject) -> None:
    resource, service = backend.get("resource"), backend.get("service")
    if resource is not None and service is not None:
        errors.invalid(path, "", "cannot set both resource and service backends")
    elif resource is not None:
        if resource.get("apiGroup") is not None:
            errors.all_invalid(f"{path}.resource.apiGroup", resource["apiGroup"], names.dns_subdomain(resource["apiGroup"]))
        for key in ("kind", "name"):
            if not resource.get(key):
                errors.required(f"{path}.resource.{key}")
            else:
                errors.all_invalid(f"{path}.resource.{key}", resource[key], names.path_segment(resource[key]))
    elif service is not None:
        _check_service_backend(errors, path, service)
    else:
        errors.invalid(path, "", "resource or service backend is required")


def _check_service_backend(errors: Errors, path: str, service: JsonObject) -> None:
    if not service.get("name"):
        errors.required(f"{path}.service.name")
    else:
        errors.all_invalid(f"{path}.service.name", service["name"], service_name(errors.minor)(service["name"]))
    port = service.get("port") or {}
    name, number = port.get("name"), port.get("number")
    if name and number:
        errors.invalid(path, "", "cannot set both port name & port number")
    elif name:
        errors.all_invalid(f"{path}.service.port.name", name, names.port_name(name))
    elif number:
        errors.all_invalid(f"{path}.service.port.number", number, names.port_number(number))
    else:
        errors.required(path, "port name or number is required")


def check_ingress_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _check_ingress(errors, new)


def check_ingress_class(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    spec = obj.get("spec") or {}
    controller = spec.get("controller", "")
    if len(controller) > 250:
        errors.too_long("spec.controller", 250)
    _check_prefixed_path(errors, "spec.controller", controller)
    _check_parameters(errors, "spec.parameters", spec.get("parameters"))


def _check_prefixed_path(errors: Errors, path: str, value: str) -> None:
    if not value:
        errors.required(path)
        return
    host, slash, rest = value.partition("/")
    if not slash or not host or not rest:
        errors.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
        return
    errors.all_invalid(path, host, names.dns_subdomain(host))


def _check_parameters(errors: Errors, path: str, parameters: JsonObject | None) -> None:
    if parameters is None:
        return
    group = parameters.get("apiGroup")
    if group is not None:
        errors.all_invalid(f"{path}.apiGroup", group, names.dns_subdomain(group))
    for key in ("kind", "name"):
        if not parameters.get(key):
            errors.required(f"{path}.{key}")
        else:
            errors.all_invalid(f"{path}.{key}", parameters[key], names.path_segment(parameters[key]))
    scope = parameters.get("scope")
    if scope is None:
        errors.required(f"{path}.scope")
    elif scope not in ("Cluster", "Namespace"):
        errors.unsupported(f"{path}.scope", scope, ("Cluster", "Namespace"))
    elif scope == "Namespace" and parameters.get("namespace") is None:
        errors.required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Namespace":
        errors.all_invalid(f"{path}.namespace", parameters["namespace"], names.dns_label(parameters["namespace"]))
    elif scope == "Cluster" and parameters.get("namespace") is not None:
        errors.forbidden(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")


def check_ingress_class_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    errors.immutable("spec.controller", spec.get("controller", ""), before.get("controller", ""))
    check_ingress_class(errors, new)


def _check_policy_port(errors: Errors, path: str, port: JsonObject) -> None:
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in ("TCP", "UDP", "SCTP"):
        errors.unsupported(f"{path}.protocol", protocol, ("TCP", "UDP", "SCTP"))
    if number is None:
        if end is not None:
            errors.invalid(f"{path}.endPort", end, "may not be specified when `port` is not specified")
    elif isinstance(number, str):
        if end is not None:
            errors.invalid(f"{path}.endPort", end, "may not be specified when `port` is non-numeric")
        errors.all_invalid(f"{path}.port", number, names.port_name(number))
    else:
        errors.all_invalid(f"{path}.port", number, names.port_number(number))
        if end is not None:
            if end < number:
                errors.invalid(f"{path}.endPort", number, "must be greater than or equal to `port`")
            errors.all_invalid(f"{path}.endPort", end, names.port_number(end))


def _check_peer(errors: Errors, path: str, peer: JsonObject) -> None:
    count = 0
    for key in ("podSelector", "namespaceSelector"):
        if peer.get(key) is not None:
            count += 1
            check_selector(errors, f"{path}.{key}", peer[key])
    block = peer.get("ipBlock")
    if block is not None:
        count += 1
        _check_block(errors, f"{path}.ipBlock", block)
    if count == 0:
        errors.required(path, "must specify a peer")
    elif count > 1 and block is not None:
        errors.forbidden(path, "may not specify both ipBlock and another peer")


def _check_block(errors: Errors, path: str, block: JsonObject) -> None:
    cidr = block.get("cidr", "")
    if not cidr:
        errors.required(f"{path}.cidr")
        return
    check_cidr(errors, f"{path}.cidr", cidr)
    whole = _network(cidr)
    if whole is None:
        return
    for index, text in enumerate(block.get("except") or ()):
        here = f"{path}.except[{index}]"
        check_cidr(errors, here, text)
        part = _network(text)
        if part is not None and (part.version != whole.version or part.prefixlen <= whole.prefixlen or part.network_address not in whole):
            errors.invalid(here, text, "must be a strict subset of `cidr`")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _check_policy_spec(errors: Errors, spec: JsonObject) -> None:
    check_selector(errors, "spec.podSelector", spec.get("podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{index}]"
            for position, port in enumerate(rule.get("ports") or ()):
                _check_policy_port(errors, f"{path}.ports[{position}]", port)
            for position, peer in enumerate(rule.get(peers) or ()):
                _check_peer(errors, f"{path}.{peers}[{position}]", peer)
    types = spec.get("policyTypes") or []
    if len(types) > 2:
        errors.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for index, kind in enumerate(types):
        if kind not in ("Ingress", "Egress"):
            errors.unsupported(f"spec.policyTypes[{index}]", kind, ("Ingress", "Egress"))


def check_network_policy(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _check_policy_spec(errors, obj.get("spec") or {})


def check_network_policy_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    _check_policy_spec(errors, new.get("spec") or {})


def check_endpoint_slice(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=True)
    _check_slice(errors, obj, {})


def _check_slice(errors: Errors, obj: JsonObject, old: JsonObject) -> None:
    """Endpoints that stay as they are may be as they were."""
    kind = obj.get("addressType", "")
    if not kind:
        errors.required("addressType")
    elif kind not in ("FQDN", "IPv4", "IPv6"):
        errors.unsupported("addressType", kind, ("FQDN", "IPv4", "IPv6"))
    _check_slice_ports(errors, obj.get("ports") or [])
    endpoints = obj.get("endpoints") or []
    if old and same(endpoints, old.get("endpoints")):
        return
    if len(endpoints) > _MOST_ENDPOINTS:
        errors.too_many("endpoints", len(endpoints), _MOST_ENDPOINTS)
        return
    for index, endpoint in enumerate(endpoints):
        _check_endpoint(errors, f"endpoints[{index}]", endpoint, kind)


def _check_slice_ports(errors: Errors, ports: list[JsonObject]) -> None:
    if len(ports) > _MOST_PORTS:
        errors.too_many("ports", len(ports), _MOST_PORTS)
        return
    seen: set[str] = set()
    for index, port in enumerate(ports):
        path, name, protocol = f"ports[{index}]", port.get("name") or "", port.get("protocol")
        if name:
            errors.all_invalid(f"{path}.name", name, names.dns_label(name))
        if name in seen:
            errors.duplicate(f"{path}.name", name)
        seen.add(name)
        if protocol is None:
            errors.required(f"{path}.protocol")
        elif protocol not in ("SCTP", "TCP", "UDP"):
            errors.unsupported(f"{path}.protocol", protocol, ("SCTP", "TCP", "UDP"))
        if port.get("appProtocol") is not None:
            errors.all_invalid(f"{path}.appProtocol", port["appProtocol"], names.label_key(port["appProtocol"]))


def _check_endpoint(errors: Errors, path: str, endpoint: JsonObject, kind: str) -> None:
    addresses, where = endpoint.get("addresses") or [], f"{path}.addresses"
    if not addresses:
        errors.required(where, "must contain at least 1 address")
    elif len(addresses) > _MOST_ADDRESSES:
        errors.too_many(where, len(addresses), _MOST_ADDRESSES)
    for position, address in enumerate(addresses):
        if kind == "FQDN":
            _check_full_name(errors, f"{where}[{position}]", address)
        elif kind in ("IPv4", "IPv6"):
            before = len(errors)
            (check_ip if kind == "IPv4" else check_canonical_ip)(errors, f"{where}[{position}]", address)
            if len(errors) == before:
                if (":" in address) != (kind == "IPv6"):
                    errors.invalid(where, address, f"must be an {kind} address")
                check_endpoint_address(errors, f"{where}[{position}]", address)
    if endpoint.get("nodeName") is not None:
        errors.all_invalid(f"{path}.nodeName", endpoint["nodeName"], names.dns_subdomain(endpoint["nodeName"]))
    if endpoint.get("hostname") is not None:
        errors.all_invalid(f"{path}.hostname", endpoint["hostname"], names.dns_label(endpoint["hostname"]))
    hints = endpoint.get("hints") or {}
    for key, rule in (("forZones", names.label_value), ("forNodes", names.dns_subdomain)):
        given, seen = hints.get(key) or [], set()
        if len(given) > _MOST_HINTS:
            errors.too_many(f"{path}.hints.{key}", len(given), _MOST_HINTS)
            return
        for position, hint in enumerate(given):
            here, name = f"{path}.hints.{key}[{position}].name", hint.get("name", "")
            if name in seen:
                errors.duplicate(here, name)
            seen.add(name)
            errors.all_invalid(here, name, rule(name))


def _check_full_name(errors: Errors, path: str, name: str) -> None:
    """A domain of at least two labels."""
    if not name:
        errors.required(path)
        return
    name = name.removesuffix(".")
    labels = name.split(".")
    if complaints := names.dns_subdomain(name):
        errors.invalid(path, name, ",".join(complaints))
    elif len(labels) < 2:
        errors.invalid(path, name, "should be a domain with at least two segments separated by dots")
    else:
        bad = next(((label, found) for label in labels if (found := names.dns_label(label))), None)
        if bad is not None:
            errors.invalid(path, bad[0], ",".join(bad[1]))


def check_endpoint_slice_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata(errors, new, namespaced=True)
    _check_slice(errors, new, old)
    errors.immutable("addressType", new.get("addressType"), old.get("addressType"))
