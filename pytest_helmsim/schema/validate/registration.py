"""Rules for APIServices, IPAddresses and ServiceCIDRs.

Sources: k8s.io/kube-aggregator pkg/apis/apiregistration/validation, k8s.io/kubernetes pkg/apis/networking/validation,
k8s.io/apimachinery pkg/util/validation/ip.go.
"""

from __future__ import annotations

import ipaddress

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import IMMUTABLE, Errors
from pytest_helmsim.schema.validate.metadata import check_metadata, check_metadata_update, same

_NO_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_NO_RANGE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def check_service(errors: Errors, obj: JsonObject) -> None:
    spec = obj.get("spec") or {}
    group, version = spec.get("group", ""), spec.get("version", "")
    wanted = f"{version}.{group}"

    def name_rule(name: str) -> tuple[str, ...]:
        found = names.path_segment(name)
        return found or (() if name == wanted else (f'must be `spec.version+"."+spec.group`: "{wanted}"',))

    check_metadata(errors, obj, namespaced=False, name_rule=name_rule, standard=False)
    if not group and version != "v1":
        errors.required("spec.group", "only v1 may have an empty group and it better be legacy kube")
    if group:
        errors.all_invalid("spec.group", group, names.dns_subdomain(group))
    errors.all_invalid("spec.version", version, names.dns_1035_label(version))
    for field, most in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        number = spec.get(field, 0)
        if not 0 < number <= most:
            errors.invalid(f"spec.{field}", number, f"must be positive and less than {most}")
    _check_backend(errors, spec)


def _check_backend(errors: Errors, spec: JsonObject) -> None:
    service, insecure, bundle = spec.get("service"), bool(spec.get("insecureSkipTLSVerify")), spec.get("caBundle") or ""
    if service is None:
        if bundle:
            size = len(bundle) * 3 // 4 - bundle[-2:].count("=")
            errors.invalid("spec.caBundle", f"{size} bytes", "local APIServices may not have a caBundle")
        if insecure:
            errors.invalid("spec.insecureSkipTLSVerify", insecure, "local APIServices may not have insecureSkipTLSVerify")
        return
    for field in ("namespace", "name"):
        if not service.get(field):
            errors.required(f"spec.service.{field}")
    port = service.get("port", 0)
    complaints = names.port_number(port)
    if complaints:
        errors.invalid("spec.service.port", port, f"port is not valid: {', '.join(complaints)}")
    if insecure and bundle:
        errors.invalid("spec.insecureSkipTLSVerify", insecure, "may not be true if caBundle is present")


def check_service_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old, standard=False)
    check_service(errors, new)


def check_address(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False, name_rule=_about_address)
    parent = (obj.get("spec") or {}).get("parentRef")
    if parent is None:
        errors.required("spec.parentRef")
        return
    if parent.get("group"):
        errors.all_invalid("spec.parentRef.group", parent["group"], names.dns_subdomain(parent["group"]))
    for field in ("resource", "name", "namespace"):
        value, path = parent.get(field, ""), f"spec.parentRef.{field}"
        if value:
            errors.all_invalid(path, value, names.path_segment(value))
        elif field != "namespace":
            errors.required(path)


def _about_address(text: str) -> tuple[str, ...]:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return (_NO_ADDRESS,)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return ("must not be an IPv4-mapped IPv6 address",)
    return () if str(found) == text else (f'must be in canonical form ("{found}")',)


def check_address_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_address(errors, new)
    check_metadata_update(errors, new, old)
    now, before = (((each.get("spec") or {}).get("parentRef")) for each in (new, old))
    if not same(now, before):
        fields = ("Group", "Resource", "Namespace", "Name")
        internal = None if now is None else {field: now.get(field.lower(), "") for field in fields}
        errors.invalid("spec.parentRef", internal, IMMUTABLE)


def check_ranges(errors: Errors, obj: JsonObject) -> None:
    check_metadata(errors, obj, namespaced=False)
    _check_range_list(errors, (obj.get("spec") or {}).get("cidrs") or [])


def _check_range_list(errors: Errors, ranges: list[str]) -> None:
    path = "spec.cidrs"
    if not ranges:
        errors.required(path, "at least one CIDR required")
        return
    if len(ranges) > 2:
        errors.invalid(path, {"CIDRs": list(ranges)}, "may only hold up to 2 values")
        return
    families = []
    for index, text in enumerate(ranges):
        complaint = _about_range(text)
        if complaint:
            errors.invalid(f"{path}[{index}]", text, complaint)
        families.append(0 if complaint == _NO_RANGE else 6 if ":" in text else 4)
    if len(families) == 2 and families[0] == families[1] and families[0]:
        why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
        errors.invalid(path, list(ranges), why)


def _about_range(text: str) -> str:
    try:
        found = ipaddress.ip_interface(text) if "/" in text else None
    except ValueError:
        found = None
    if found is None:
        return _NO_RANGE
    if isinstance(found, ipaddress.IPv6Interface) and found.ip.ipv4_mapped is not None:
        return "must not have an IPv4-mapped IPv6 address"
    if found.ip != found.network.network_address:
        return "must not have bits set beyond the prefix length"
    return "" if str(found.network) == text else f'must be in canonical form ("{found.network}")'


def check_ranges_update(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    check_metadata_update(errors, new, old)
    now, before = (list((each.get("spec") or {}).get("cidrs") or ()) for each in (new, old))
    if len(now) == len(before):
        for index, (text, known) in enumerate(zip(now, before, strict=True)):
            if text != known:
                errors.invalid(f"spec.cidrs[{index}]", text, IMMUTABLE)
    elif (len(before), len(now)) == (1, 2):
        if now[0] != before[0]:
            errors.invalid("spec.cidrs[0]", now[0], IMMUTABLE)
        _check_range_list(errors, now)
    else:
        errors.invalid("spec.cidrs", (new.get("spec") or {}).get("cidrs"), IMMUTABLE)
