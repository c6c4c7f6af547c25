"""Cluster IPs and node ports of Services: given out, kept over updates, dropped when the type no longer uses them.

One IPv4 range (10.96.0.0/16) and node ports 30000 to 32767, chosen deterministically from the cluster's seed.
Sources: k8s.io/kubernetes pkg/registry/core/service/storage/{storage,alloc}.go and core/service/strategy.go.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.store import Store
from pytest_helmsim.objects.json import Json, JsonObject, dumps
from pytest_helmsim.objects.status import Cause, InternalError, Invalid, invalid

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

RANGE = ipaddress.ip_network("10.96.0.0/16")
PORTS = range(30000, 32768)


def begin_create(op: Operation, new: JsonObject) -> None:
    """Fill `clusterIP(s)`, `ipFamilies`, `ipFamilyPolicy`, node ports and the health check port of a new Service."""
    spec = new.setdefault("spec", {})
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    _families(op, new, None)
    _addresses(op, new, frozenset())
    _node_ports(op, new, frozenset())


def begin_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """Put back what the client left out, then allocate what the new type needs besides."""
    spec, before = new.setdefault("spec", {}), old["spec"]
    _put_back(spec, before)
    _align(spec, before)
    _families(op, new, old)
    if _needs_ip(before) or _needs_ip(spec):
        _addresses(op, new, frozenset(before.get("clusterIPs") or ()))
    held = frozenset(_ports_of(before))
    _node_ports(op, new, held)


def without_traffic_policy(service: JsonObject) -> JsonObject:
    """An ExternalName service shows no `internalTrafficPolicy`, although the default set one."""
    if service["spec"].get("type") == "ExternalName":
        service["spec"] = {key: value for key, value in service["spec"].items() if key != "internalTrafficPolicy"}
    return service


def drop_type_dependent(new: JsonObject, old: JsonObject) -> None:
    """Fields that the new type does not use go away, unless the client changed them in the same request."""
    spec, before = new["spec"], old["spec"]

    def drop(condition: bool, *fields: str) -> None:
        if condition:
            for field in fields:
                spec.pop(field, None)

    if _needs_ip(before) and not _needs_ip(spec):
        drop(_same(spec, before, "clusterIP") and _same(spec, before, "clusterIPs"), "clusterIP", "clusterIPs")
        drop(_same(spec, before, "ipFamilies"), "ipFamilies")
        drop(_same(spec, before, "ipFamilyPolicy"), "ipFamilyPolicy")
    if _has_node_ports(before) and not _has_node_ports(spec) and set(_ports_of(spec)) <= set(_ports_of(before)):
        spec["ports"] = [{k: v for k, v in port.items() if k != "nodePort"} for port in spec.get("ports") or ()]
    if _checks_health(before) and not _checks_health(spec):
        drop(_same(spec, before, "healthCheckNodePort"), "healthCheckNodePort")
    if before.get("type") == "LoadBalancer" != spec.get("type"):
        drop(_same(spec, before, "allocateLoadBalancerNodePorts"), "allocateLoadBalancerNodePorts")
        drop(_same(spec, before, "loadBalancerClass"), "loadBalancerClass")
    if _external(before) and not _external(spec):
        drop(_same(spec, before, "externalTrafficPolicy"), "externalTrafficPolicy")
    if spec.get("type") != "LoadBalancer" and "status" in new:
        new["status"] = {**new["status"], "loadBalancer": {}}


def _same(spec: JsonObject, before: JsonObject, field: str) -> bool:
    return spec.get(field) == before.get(field)


def _needs_ip(spec: JsonObject) -> bool:
    return spec.get("type") != "ExternalName"


def _has_node_ports(spec: JsonObject) -> bool:
    return spec.get("type") in ("NodePort", "LoadBalancer")


def _allocates_ports(spec: JsonObject) -> bool:
    return spec.get("type") == "NodePort" or (spec.get("type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False)


def _checks_health(spec: JsonObject) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _external(spec: JsonObject) -> bool:
    return _has_node_ports(spec) or (spec.get("type") in ("ClusterIP", None) and bool(spec.get("externalIPs")))


def _ports_of(spec: JsonObject) -> list[int]:
    return [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]


def _put_back(spec: JsonObject, before: JsonObject) -> None:
    if _needs_ip(before) and _needs_ip(spec):
        if not spec.get("clusterIP") and before.get("clusterIP"):
            spec["clusterIP"] = before["clusterIP"]
        if not spec.get("clusterIPs") and before.get("clusterIPs"):
            spec["clusterIPs"] = list(before["clusterIPs"])
    if _allocates_ports(before) and _allocates_ports(spec):
        used = set(_ports_of(before)) & set(_ports_of(spec))
        by_name = {port.get("name", ""): port.get("nodePort", 0) for port in before.get("ports") or ()}
        ports = []
        for port in spec.get("ports") or ():
            known = by_name.get(port.get("name", ""), 0)
            ports.append({**port, "nodePort": known} if not port.get("nodePort") and known and known not in used else port)
        if ports:
            spec["ports"] = ports
    if _checks_health(before) and _checks_health(spec) and not spec.get("healthCheckNodePort") and before.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = before["healthCheckNodePort"]


def _align(spec: JsonObject, before: JsonObject) -> None:
    """`clusterIPs` follows `clusterIP` for clients that know only the singular."""
    if spec.get("clusterIP") == before.get("clusterIP"):
        return
    if _same(spec, before, "clusterIPs"):
        if before.get("clusterIP") and not spec.get("clusterIP"):
            spec.pop("clusterIPs", None)
        elif spec.get("clusterIP"):
            spec["clusterIPs"] = [spec["clusterIP"]]


def _refuse(op: Operation, new: JsonObject, field: str, value: Json, why: str) -> Invalid:
    shown = f'"{value}"' if isinstance(value, str) else dumps(value).decode()
    return invalid("Service", "", new["metadata"].get("name", ""), [Cause("FieldValueInvalid", f"Invalid value: {shown}: {why}", field)])


def _families(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    spec = new["spec"]
    if not _needs_ip(spec):
        return
    if not spec.get("ipFamilyPolicy"):
        headless_alone = spec.get("clusterIP") == "None" and not spec.get("selector")
        spec["ipFamilyPolicy"] = "RequireDualStack" if headless_alone else "SingleStack"
    families = list(spec.get("ipFamilies") or ())
    for position, address in enumerate(spec.get("clusterIPs") or ()):
        if address == "None":
            break
        if position >= len(families):
            family = "IPv6" if ":" in address else "IPv4"
            if family == "IPv6":
                raise _refuse(op, new, f"spec.clusterIPs[{position}]", spec["clusterIPs"], "IPv6 is not configured on this cluster")
            families.append(family)
    if spec.get("clusterIP") == "None" and not spec.get("selector"):
        families = families or ["IPv4"]
        if len(families) < 2 and spec["ipFamilyPolicy"] != "SingleStack":
            families.append("IPv6" if families[0] == "IPv4" else "IPv4")
        spec["ipFamilies"] = families
        return
    errors = []
    if spec["ipFamilyPolicy"] == "RequireDualStack":
        errors.append(("spec.ipFamilyPolicy", "RequireDualStack", "this cluster is not configured for dual-stack services"))
    errors += [
        (f"spec.ipFamilies[{position}]", family, "not configured on this cluster")
        for position, family in enumerate(families)
        if family != "IPv4"
    ]
    if errors:
        causes = [Cause("FieldValueInvalid", f'Invalid value: "{value}": {why}', field) for field, value, why in errors]
        raise invalid("Service", "", new["metadata"].get("name", ""), causes)
    spec["ipFamilies"] = families or ["IPv4"]


def _addresses(op: Operation, new: JsonObject, held: frozenset[str]) -> None:
    spec = new["spec"]
    if not _needs_ip(spec) or (spec.get("clusterIPs") or [""])[0] == "None":
        return
    asked = (spec.get("clusterIPs") or [""])[0]
    if not asked:
        asked = _free_address(op.server.store)
        if not new["metadata"].get("name"):
            owner = f'IPAddress.networking.k8s.io "{asked}" is invalid: spec.parentRef.name: Required value'
            raise _refuse(op, new, "spec.clusterIPs", [""], f"failed to allocate IP: {owner}")
    elif asked not in held:
        if asked in op.server.store.claimed:
            raise _refuse(op, new, "spec.clusterIPs", [asked], f"failed to allocate IP {asked}: provided IP is already allocated")
        if ":" not in asked and _is_address(asked) and ipaddress.ip_address(asked) not in RANGE:
            why = f"failed to allocate IP {asked}: the provided network does not match the current range"
            raise _refuse(op, new, "spec.clusterIPs", [asked], why)
        if not _is_address(asked):
            return
    spec["clusterIP"] = asked
    spec["clusterIPs"] = [asked, *(spec.get("clusterIPs") or ())[1:]]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _free_address(store: Store) -> str:
    for drawn in _draws(store, "clusterIP", RANGE.num_addresses - 512):
        address = str(RANGE[256 + drawn])
        if address not in store.claimed:
            return address
    raise InternalError("failed to allocate a serviceIP: range is full")


def _draws(store: Store, purpose: str, size: int) -> Iterator[int]:
    for _ in range(64):
        yield int.from_bytes(store.draw(purpose)[:8], "big") % size
    start = int.from_bytes(store.draw(purpose)[:8], "big") % size
    for step in range(size):
        yield (start + step) % size


def _node_ports(op: Operation, new: JsonObject, held: frozenset[int]) -> None:
    spec = new["spec"]
    name = new["metadata"].get("name", "")
    used = op.server.store.claimed
    chosen: dict[int, int] = {}
    if _has_node_ports(spec):
        ports = []
        for position, port in enumerate(spec.get("ports") or ()):
            wanted = port.get("nodePort") or 0
            if not wanted and not _allocates_ports(spec):
                ports.append(port)
                continue
            number = port.get("port", 0)
            if not wanted:
                asked = next((p["nodePort"] for p in spec["ports"] if p.get("port") == number and p.get("nodePort")), 0)
                wanted = chosen.get(number) or asked or _free_port(op.server.store, chosen.values())
            elif wanted not in held and wanted not in chosen.values():
                field = f"spec.ports[{position}].nodePort"
                if wanted not in PORTS:
                    why = "provided port is not in the valid range. The range of valid ports is 30000-32767"
                    raise invalid("Service", "", name, [Cause("FieldValueInvalid", f"Invalid value: {wanted}: {why}", field)])
                if wanted in used:
                    why = "provided port is already allocated"
                    raise invalid("Service", "", name, [Cause("FieldValueInvalid", f"Invalid value: {wanted}: {why}", field)])
            chosen[number] = wanted
            ports.append({**port, "nodePort": wanted})
        if ports:
            spec["ports"] = ports
    if _checks_health(spec) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = _free_port(op.server.store, chosen.values())


def _free_port(store: Store, besides: Collection[int]) -> int:
    for drawn in _draws(store, "nodePort", len(PORTS) - 86):
        port = PORTS[86 + drawn]
        if port not in store.claimed and port not in besides:
            return port
    raise InternalError("failed to allocate a nodePort: range is full")
