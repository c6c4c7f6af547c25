"""Cluster IPs and node ports of Services: given out, kept over updates, dropped when the type no longer uses them.

One IPv4 range (10.96.0.0/16) and node ports 30000 to 32767, chosen deterministically from the cluster's seed.
Sources: k8s.io/kubernetes pkg/registry/core/service/storage/{storage,alloc}.go and core/service/strategy.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import addresses
from pytest_helmsim.apiserver.addresses import RANGE
from pytest_helmsim.apiserver.store import Store
from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import ApiError, InternalError, Invalid, invalid
from pytest_helmsim.schema.field_errors import Errors, FieldError
from pytest_helmsim.schema.validate.services import check_addresses

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer
    from pytest_helmsim.apiserver.operation import Operation

PORTS = range(30000, 32768)


def begin_create(op: Operation, new: JsonObject) -> None:
    """Fill `clusterIP(s)`, `ipFamilies`, `ipFamilyPolicy`, node ports and the health check port of a new Service."""
    spec = new.setdefault("spec", {})
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    _families(op, new, None)
    _addresses(op, new)
    _new_node_ports(op, new)
    _health_check_port(op, new, 0)


def begin_update(op: Operation, new: JsonObject, old: JsonObject) -> None:
    """Put back what the client left out, then allocate what the new type needs besides."""
    spec, before = new.setdefault("spec", {}), old["spec"]
    _put_back(spec, before)
    _align(spec, before)
    _families(op, new, before)
    if not _needs_ip(before):
        _addresses(op, new)
    _changed_node_ports(op, new, frozenset(_ports_of(before)))
    _health_check_port(op, new, before.get("healthCheckNodePort") or 0 if _checks_health(before) else 0, frozenset(_ports_of(before)))


def without_traffic_policy(op: Operation, service: JsonObject) -> JsonObject:
    """An ExternalName service shows no `internalTrafficPolicy`; the store keeps what was set before (`with_traffic_policy`)."""
    spec, uid = service["spec"], service["metadata"].get("uid") or ""
    if spec.get("type") == "ExternalName" and spec.get("internalTrafficPolicy"):
        if not op.dry_run:
            op.server.store.veiled[uid] = spec["internalTrafficPolicy"]
        service["spec"] = {key: value for key, value in spec.items() if key != "internalTrafficPolicy"}
    return service


def with_traffic_policy(store: Store, service: JsonObject) -> JsonObject:
    """A service as the store has it: what a patch is made of."""
    hidden = store.veiled.get(service["metadata"]["uid"])
    if hidden is None or service["spec"].get("type") != "ExternalName":
        return service
    return {**service, "spec": {**service["spec"], "internalTrafficPolicy": hidden}}


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
    one, many = spec.get("clusterIP") or "", before.get("clusterIPs") or []
    if many and not spec.get("clusterIPs") and one == (before.get("clusterIP") or ""):
        spec["clusterIPs"] = list(many)
    if one == (before.get("clusterIP") or "") or not _same_list(spec, before, "clusterIPs"):
        return
    if one:
        spec["clusterIPs"] = [one]


def _same_list(spec: JsonObject, before: JsonObject, field: str) -> bool:
    return (spec.get(field) or []) == (before.get(field) or [])


def _refuse(op: Operation, new: JsonObject, errors: Sequence[FieldError]) -> None:
    if errors:
        raise invalid("Service", "", new["metadata"].get("name") or "", [error.cause() for error in errors])


def _not_allocated(op: Operation, new: JsonObject, field: str, value: Json, why: str) -> Invalid:
    error = FieldError("FieldValueInvalid", field, value, why)
    return invalid("Service", "", new["metadata"].get("name") or "", [error.cause()])


def _keeps_preference(spec: JsonObject, before: JsonObject | None) -> bool:
    """Nothing is decided anew for a Service that prefers two families and stays what it is."""
    if before is None or spec.get("ipFamilyPolicy") is None or spec.get("type") != before.get("type"):
        return False
    if any(side.get("ipFamilyPolicy") not in (None, "PreferDualStack") for side in (spec, before)):
        return False
    same_addresses = (spec.get("clusterIP") or "") == (before.get("clusterIP") or "") and _same_list(spec, before, "clusterIPs")
    return spec.get("type") in ("ClusterIP", "NodePort", "LoadBalancer") and same_addresses and _same_list(spec, before, "ipFamilies")


def _families(op: Operation, new: JsonObject, before: JsonObject | None) -> None:
    """Decide `ipFamilyPolicy` and `ipFamilies`; this cluster has addresses of IPv4 only."""
    spec = new["spec"]
    if not _needs_ip(spec) or _keeps_preference(spec, before):
        return
    headless_alone = spec.get("clusterIP") == "None" and not spec.get("selector")
    if spec.get("ipFamilyPolicy") is None:
        spec["ipFamilyPolicy"] = (before or {}).get("ipFamilyPolicy") or ("RequireDualStack" if headless_alone else "SingleStack")
    errors = Errors()
    check_addresses(errors, spec, (before or {}).get("clusterIPs") or [])
    _refuse(op, new, errors)
    _check_policy(errors, spec, before)
    families = list(spec.get("ipFamilies") or ())
    for position, address in enumerate(spec.get("clusterIPs") or ()):
        if address == "None":
            break
        if position < len(families):
            continue
        if ":" in address:
            errors.invalid(f"spec.clusterIPs[{position}]", spec["clusterIPs"], "IPv6 is not configured on this cluster")
        else:
            families.append("IPv4")
    _refuse(op, new, errors)
    if headless_alone:
        families = families or ["IPv4"]
        if len(families) < 2 and spec["ipFamilyPolicy"] != "SingleStack":
            families.append("IPv6" if families[0] == "IPv4" else "IPv4")
        spec["ipFamilies"] = families
        return
    if spec["ipFamilyPolicy"] == "RequireDualStack":
        errors.invalid("spec.ipFamilyPolicy", "RequireDualStack", "this cluster is not configured for dual-stack services")
    for position, family in enumerate(families):
        if family != "IPv4":
            errors.invalid(f"spec.ipFamilies[{position}]", family, "not configured on this cluster")
    _refuse(op, new, errors)
    spec["ipFamilies"] = families or ["IPv4"]


def _check_policy(errors: Errors, spec: JsonObject, before: JsonObject | None) -> None:
    """Second addresses and families go and come with the policy."""
    policy, path = spec["ipFamilyPolicy"], "spec.ipFamilyPolicy"
    parts = (("clusterIPs", "cluster IP"), ("ipFamilies", "IP family"))
    for key, word in parts if before is not None else ():
        here, there = spec.get(key) or [], (before or {}).get(key) or []
        same = here == there and (key == "ipFamilies" or spec.get("clusterIP") == (before or {}).get("clusterIP"))
        if policy == "SingleStack":
            if same and len(here) > 1:
                spec[key] = here[:1]
        elif len(there) == 2 and len(here) == 1 and here[0] == there[0]:
            errors.invalid(path, policy, f"must be 'SingleStack' to release the secondary {word}")
    for key, word in (("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")) if policy == "SingleStack" else ():
        if len(spec.get(key) or ()) == 2:
            errors.invalid(path, policy, f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {word} are specified")


def _addresses(op: Operation, new: JsonObject) -> None:
    spec = new["spec"]
    if not _needs_ip(spec) or (spec.get("clusterIPs") or [""])[0] == "None":
        return
    asked = (spec.get("clusterIPs") or [""])[0]
    name = new["metadata"].get("name") or ""
    if not asked:
        asked = str(RANGE.network_address) if op.dry_run else _free_address(op.server)
        if why := addresses.take(op, name, asked):
            raise _not_allocated(op, new, "spec.clusterIPs", [""], f"failed to allocate IP: {why}")
    else:
        if not names.is_address(asked):
            return
        if why := addresses.complaint(op, asked) or addresses.take(op, name, asked):
            raise _not_allocated(op, new, "spec.clusterIPs", [asked], f"failed to allocate IP {asked}: {why}")
    spec["clusterIP"] = asked
    spec["clusterIPs"] = [asked, *(spec.get("clusterIPs") or ())[1:]]


def _free_address(server: ApiServer) -> str:
    for drawn in _draws(server.store, "clusterIP", RANGE.num_addresses - 512):
        address = str(RANGE[256 + drawn])
        if addresses.is_free(server, address):
            return address
    raise InternalError("failed to allocate a serviceIP: range is full")


def _draws(store: Store, purpose: str, size: int) -> Iterator[int]:
    for _ in range(64):
        yield int.from_bytes(store.draw(purpose)[:8], "big") % size
    start = int.from_bytes(store.draw(purpose)[:8], "big") % size
    for step in range(size):
        yield (start + step) % size


def _unclaimable(store: Store, port: int) -> str:
    """Why a node port cannot be had; empty when it can."""
    if port not in PORTS:
        return "provided port is not in the valid range. The range of valid ports is 30000-32767"
    return "provided port is already allocated" if port in store.claimed else ""


def _claim_port(op: Operation, new: JsonObject, position: int, wanted: int) -> None:
    if why := _unclaimable(op.server.store, wanted):
        raise _not_allocated(op, new, f"spec.ports[{position}].nodePort", wanted, why)


def _new_node_ports(op: Operation, new: JsonObject) -> None:
    """Of a new Service: entries with the same port share a node port."""
    spec = new["spec"]
    if not _has_node_ports(spec):
        return
    given: list[JsonObject] = spec.get("ports") or []
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    ports = []
    for position, port in enumerate(given):
        wanted, number = port.get("nodePort") or 0, port.get("port", 0)
        if not wanted and not _allocates_ports(spec):
            ports.append(port)
            continue
        if number not in chosen:
            asked = next((p["nodePort"] for p in given if p.get("port") == number and p.get("nodePort")), 0)
            if asked:
                if asked in taken:
                    raise _not_allocated(op, new, f"spec.ports[{position}].nodePort", asked, "provided port is already allocated")
                _claim_port(op, new, position, asked)
            wanted = chosen[number] = asked or _free_port(op, taken, taken)
        elif wanted and wanted != chosen[number]:
            if wanted in taken:
                raise _not_allocated(op, new, f"spec.ports[{position}].nodePort", wanted, "provided port is already allocated")
            _claim_port(op, new, position, wanted)
        else:
            wanted = chosen[number]
        taken.add(wanted)
        ports.append({**port, "nodePort": wanted})
    if ports:
        spec["ports"] = ports


def _changed_node_ports(op: Operation, new: JsonObject, held: frozenset[int]) -> None:
    """Of a changed Service: each entry without a node port gets one of its own."""
    spec = new["spec"]
    if not _has_node_ports(spec):
        return
    taken: set[int] = set()
    fresh: set[int] = set()
    seen: set[tuple[str, int]] = set()
    ports = []
    for position, port in enumerate(spec.get("ports") or ()):
        wanted = port.get("nodePort") or 0
        if not wanted and not _allocates_ports(spec):
            ports.append(port)
            continue
        if not wanted:
            wanted = _free_port(op, taken, fresh)
            fresh.add(wanted)
        elif wanted not in held and wanted not in taken:
            _claim_port(op, new, position, wanted)
            fresh.add(wanted)
        key = (port.get("protocol", ""), wanted)
        if key in seen:
            raise ApiError(f"duplicate nodePort: {{{key[0]} {key[1]}}}", code=500)
        seen.add(key)
        taken.add(wanted)
        ports.append({**port, "nodePort": wanted})
    if ports:
        spec["ports"] = ports


def _health_check_port(op: Operation, new: JsonObject, held: int, held_ports: frozenset[int] = frozenset()) -> None:
    spec = new["spec"]
    if not _checks_health(spec):
        return
    wanted = spec.get("healthCheckNodePort") or 0
    if not wanted:
        spec["healthCheckNodePort"] = _free_port(op, _ports_of(spec), frozenset(_ports_of(spec)) - held_ports)
    elif wanted != held and not held and (why := _unclaimable(op.server.store, wanted)):
        raise InternalError(f"failed to allocate requested HealthCheck NodePort {wanted}: {why}")


def _free_port(op: Operation, besides: Collection[int], fresh: Collection[int]) -> int:
    """A dry run takes none: it says the one after the last of its own, `fresh`, whatever that is."""
    store = op.server.store
    if op.dry_run:
        return max(fresh, default=PORTS[-1] + 1) + 1
    for drawn in _draws(store, "nodePort", len(PORTS) - 86):
        port = PORTS[86 + drawn]
        if port not in store.claimed and port not in besides:
            return port
    raise InternalError("failed to allocate a nodePort: range is full")
