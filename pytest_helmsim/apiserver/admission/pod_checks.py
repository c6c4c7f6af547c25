"""The Pod Security Standards: what `baseline` and `restricted` ask of a pod, by the Kubernetes version of the standard.

A check gives the short reason and the details of a violation, or None. Source: k8s.io/pod-security-admission policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import quoted

NEWEST = 35
"""The last version in which a standard changed."""
_NEVER = 1000

Violation: TypeAlias = tuple[str, str]
Check: TypeAlias = Callable[[JsonObject, JsonObject], Violation | None]
"""Takes the metadata and the spec of a pod."""


@dataclass(frozen=True, slots=True)
class Standard:
    """One check of a level, and the minor versions in which it counts; `instead_of` names those it makes superfluous."""

    id: str
    level: str
    check: Check
    since: int = 0
    until: int = _NEVER
    instead_of: str = ""


def violations(level: str, minor: int, meta: JsonObject, spec: JsonObject) -> list[Violation]:
    """Everything in a pod that a level forbids; `minor` beyond the newest standard means that one."""
    return [found for check in _checks(level, min(minor, NEWEST)) if (found := check(meta, spec)) is not None]


@lru_cache(maxsize=256)
def _checks(level: str, minor: int) -> tuple[Check, ...]:
    if level == "privileged":
        return ()
    valid = [each for each in _STANDARDS if each.since <= minor < each.until and level in (each.level, "restricted")]
    replaced = {each.instead_of for each in valid}
    return tuple(each.check for each in sorted(valid, key=lambda each: (each.level, each.id)) if each.id not in replaced)


def _containers(spec: JsonObject) -> Iterator[JsonObject]:
    for group in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(group) or ()


def _security(holder: JsonObject) -> JsonObject:
    return holder.get("securityContext") or {}


def _list(items: Iterable[str]) -> str:
    return ", ".join(f'"{item}"' for item in items)


def _named(word: str, items: list[str]) -> str:
    """`container "a"`, `containers "a", "b"`."""
    return f"{word if len(items) == 1 else f'{word}s'} {_list(items)}"


def _setters(spec: JsonObject, wrong: Callable[[JsonObject], bool]) -> str:
    """Who has a security context that is wrong: `pod and container "a"`; empty for nobody."""
    bad = [container["name"] for container in _containers(spec) if wrong(_security(container))]
    return " and ".join([*(["pod"] if wrong(_security(spec)) else []), *([_named("container", bad)] if bad else [])])


def _profiled(spec: JsonObject, field: str) -> tuple[str, list[str]]:
    """Who sets a profile of another type than the default or a local one, as `_setters` says it, and which types."""
    values: set[str] = set()

    def wrong(context: JsonObject) -> bool:
        profile = context.get(field)
        if profile is None or profile.get("type") in ("RuntimeDefault", "Localhost"):
            return False
        values.add(profile.get("type") or "")
        return True

    return _setters(spec, wrong), sorted(values)


def _windows(spec: JsonObject) -> bool:
    return (spec.get("os") or {}).get("name") == "windows"


def _unless(excused: Callable[[JsonObject], bool], check: Check) -> Check:
    return lambda meta, spec: None if excused(spec) else check(meta, spec)


def _own_users(spec: JsonObject) -> bool:
    return spec.get("hostUsers") is False


def _app_armor(meta: JsonObject, spec: JsonObject) -> Violation | None:
    setters, values = _profiled(spec, "appArmorProfile")
    annotated = sorted(
        f"{key}={quoted(value)}"
        for key, value in (meta.get("annotations") or {}).items()
        if key.startswith("container.apparmor.security.beta.kubernetes.io/")
        and not (value in ("", "runtime/default") or value.startswith("localhost/"))
    )
    if annotated:
        word = "annotation" if len(annotated) == 1 else "annotations"
        setters = f"{setters} and {word}" if setters else word
    if not setters:
        return None
    listed = [*values, *annotated]
    reason = "forbidden AppArmor profile" if len(listed) == 1 else "forbidden AppArmor profiles"
    return reason, f"{setters} must not set AppArmor profile type to {_list(listed)}"


_HARMLESS = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
        "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip


def _added(spec: JsonObject, allowed: frozenset[str]) -> str:
    bad, names = [], set()
    for container in _containers(spec):
        beyond = set((_security(container).get("capabilities") or {}).get("add") or ()) - allowed
        names |= beyond
        if beyond:
            bad.append(container["name"])
    return f"{_named('container', bad)} must not include {_list(sorted(names))} in securityContext.capabilities.add" if bad else ""


def _default_capabilities(meta: JsonObject, spec: JsonObject) -> Violation | None:
    found = _added(spec, _HARMLESS)
    return ("non-default capabilities", found) if found else None


def _no_capabilities(meta: JsonObject, spec: JsonObject) -> Violation | None:
    keeping = [c["name"] for c in _containers(spec) if "ALL" not in ((_security(c).get("capabilities") or {}).get("drop") or ())]
    drop = f'{_named("container", keeping)} must set securityContext.capabilities.drop=["ALL"]' if keeping else ""
    found = "; ".join(text for text in (drop, _added(spec, frozenset({"NET_BIND_SERVICE"}))) if text)
    return ("unrestricted capabilities", found) if found else None


def _host_namespaces(meta: JsonObject, spec: JsonObject) -> Violation | None:
    found = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    return ("host namespaces", ", ".join(found)) if found else None


def _host_paths(meta: JsonObject, spec: JsonObject) -> Violation | None:
    found = [volume["name"] for volume in spec.get("volumes") or () if volume.get("hostPath") is not None]
    return ("hostPath volumes", _named("volume", found)) if found else None


def _using(spec: JsonObject, values_of: Callable[[JsonObject], Iterable[str]], word: str, shown: Callable[[list[str]], str]) -> str:
    """`containers "a", "b" use hostPorts 1, 2`."""
    bad, values = [], set()
    for container in _containers(spec):
        found = set(values_of(container))
        values |= found
        if found:
            bad.append(container["name"])
    if not bad:
        return ""
    uses, what = "uses" if len(bad) == 1 else "use", word if len(values) == 1 else f"{word}s"
    return f"{_named('container', bad)} {uses} {what} {shown(sorted(values))}"


def _host_ports(meta: JsonObject, spec: JsonObject) -> Violation | None:
    def ports(container: JsonObject) -> list[str]:
        return [str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")]

    found = _using(spec, ports, "hostPort", ", ".join)
    return ("hostPort", found) if found else None


def _hosts(container: JsonObject) -> Iterator[str]:
    life = container.get("lifecycle") or {}
    probes = [container.get(name) for name in ("livenessProbe", "readinessProbe", "startupProbe")]
    for handler in (*probes, life.get("postStart"), life.get("preStop")):
        for kind in ("httpGet", "tcpSocket"):
            host = ((handler or {}).get(kind) or {}).get("host")
            if host:
                yield host


def _probe_hosts(meta: JsonObject, spec: JsonObject) -> Violation | None:
    ordered: JsonObject = {"containers": sorted(_containers(spec), key=lambda container: str(container["name"]))}
    found = _using(ordered, _hosts, "probe or lifecycle host", _list)
    return ("probe or lifecycle host", found) if found else None


def _containers_that(spec: JsonObject, wrong: Callable[[JsonObject], Any]) -> list[str]:
    return [container["name"] for container in _containers(spec) if wrong(_security(container))]


def _privileged(meta: JsonObject, spec: JsonObject) -> Violation | None:
    bad = _containers_that(spec, lambda context: context.get("privileged"))
    return ("privileged", f"{_named('container', bad)} must not set securityContext.privileged=true") if bad else None


def _proc_mount(meta: JsonObject, spec: JsonObject) -> Violation | None:
    bad = _containers_that(spec, lambda context: context.get("procMount") not in (None, "Default"))
    if not bad:
        return None
    values = sorted({_security(c)["procMount"] for c in _containers(spec) if _security(c).get("procMount") not in (None, "Default")})
    return "procMount", f"{_named('container', bad)} must not set securityContext.procMount to {_list(values)}"


_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})


def _se_linux(types: frozenset[str], meta: JsonObject, spec: JsonObject) -> Violation | None:
    found: dict[str, set[str]] = {"type": set(), "user": set(), "role": set()}

    def wrong(context: JsonObject) -> bool:
        given = context.get("seLinuxOptions") or {}
        bad = {key: given.get(key) or "" for key in found}
        if bad["type"] in types:
            del bad["type"]
        bad = {key: value for key, value in bad.items() if value}
        for key, value in bad.items():
            found[key].add(value)
        return bool(bad)

    setters = _setters(spec, wrong)
    if not setters:
        return None
    told = [_named("type", sorted(found["type"]))] if found["type"] else []
    told += [f"{key} may not be set" for key in ("user", "role") if found[key]]
    return "seLinuxOptions", f"{setters} set forbidden securityContext.seLinuxOptions: {'; '.join(told)}"


def _seccomp_annotations(meta: JsonObject, spec: JsonObject) -> Violation | None:
    keys = ["seccomp.security.alpha.kubernetes.io/pod"]
    keys += [f"container.seccomp.security.alpha.kubernetes.io/{container['name']}" for container in _containers(spec)]
    given: Mapping[str, str] = meta.get("annotations") or {}
    bad = {
        f"{key}={quoted(given[key])}"
        for key in keys
        if key in given and not (given[key] in ("runtime/default", "docker/default") or given[key].startswith("localhost/"))
    }
    return ("seccompProfile", f"forbidden annotation{'' if len(bad) == 1 else 's'} {', '.join(sorted(bad))}") if bad else None


def _seccomp(meta: JsonObject, spec: JsonObject) -> Violation | None:
    setters, values = _profiled(spec, "seccompProfile")
    if not setters:
        return None
    return "seccompProfile", f"{setters} must not set securityContext.seccompProfile.type to {_list(values)}"


def _seccomp_set(meta: JsonObject, spec: JsonObject) -> Violation | None:
    found = _seccomp(meta, spec)
    if found is not None or _security(spec).get("seccompProfile") is not None:
        return found
    bad = _containers_that(spec, lambda context: context.get("seccompProfile") is None)
    wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return ("seccompProfile", f"pod or {_named('container', bad)} {wanted}") if bad else None


_SYSCTLS = (
    (0, ("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range")),
    (0, ("net.ipv4.ip_unprivileged_port_start",)),
    (27, ("net.ipv4.ip_local_reserved_ports",)),
    (29, ("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes")),
    (32, ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")),
)


def _sysctls(minor: int, meta: JsonObject, spec: JsonObject) -> Violation | None:
    safe = {name for since, names in _SYSCTLS if since <= minor for name in names}
    found = [each.get("name", "") for each in _security(spec).get("sysctls") or () if each.get("name", "") not in safe]
    return ("forbidden sysctls", ", ".join(found)) if found else None


def _host_process(meta: JsonObject, spec: JsonObject) -> Violation | None:
    setters = _setters(spec, lambda context: bool((context.get("windowsOptions") or {}).get("hostProcess")))
    return ("hostProcess", f"{setters} must not set securityContext.windowsOptions.hostProcess=true") if setters else None


def _escalation(meta: JsonObject, spec: JsonObject) -> Violation | None:
    bad = _containers_that(spec, lambda context: context.get("allowPrivilegeEscalation") is not False)
    wanted = "must set securityContext.allowPrivilegeEscalation=false"
    return ("allowPrivilegeEscalation != false", f"{_named('container', bad)} {wanted}") if bad else None


_VOLUMES = frozenset({"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"})


def _volume_types(meta: JsonObject, spec: JsonObject) -> Violation | None:
    bad, types = [], set()
    for volume in spec.get("volumes") or ():
        given = [key for key, value in volume.items() if key != "name" and value is not None]
        if not _VOLUMES.intersection(given):
            bad.append(volume["name"])
            types.add(given[0] if given else "unknown")
    if not bad:
        return None
    word = "restricted volume type" if len(types) == 1 else "restricted volume types"
    return "restricted volume types", f"{_named('volume', bad)} {'uses' if len(bad) == 1 else 'use'} {word} {_list(sorted(types))}"


def _non_root(meta: JsonObject, spec: JsonObject) -> Violation | None:
    reason, field = "runAsNonRoot != true", "runAsNonRoot"
    setters = _setters(spec, lambda context: context.get(field) is False)
    if setters:
        return reason, f"{setters} must not set securityContext.runAsNonRoot=false"
    if _security(spec).get(field):
        return None
    bad = _containers_that(spec, lambda context: context.get(field) is None)
    return (reason, f"pod or {_named('container', bad)} must set securityContext.runAsNonRoot=true") if bad else None


def _root_user(meta: JsonObject, spec: JsonObject) -> Violation | None:
    setters = _setters(spec, lambda context: context.get("runAsUser") == 0)
    return ("runAsUser=0", f"{setters} must not set runAsUser=0") if setters else None


_STANDARDS = (
    Standard("appArmorProfile", "baseline", _app_armor),
    Standard("capabilities_baseline", "baseline", _default_capabilities),
    Standard("hostNamespaces", "baseline", _host_namespaces),
    Standard("hostPathVolumes", "baseline", _host_paths),
    Standard("hostPorts", "baseline", _host_ports),
    Standard("hostProbesAndHostLifecycle", "baseline", _probe_hosts, 34),
    Standard("privileged", "baseline", _privileged),
    Standard("procMount", "baseline", _proc_mount, 0, 35),
    Standard("procMount", "baseline", _unless(_own_users, _proc_mount), 35),
    Standard("seLinuxOptions", "baseline", partial(_se_linux, _TYPES), 0, 31),
    Standard("seLinuxOptions", "baseline", partial(_se_linux, _TYPES | {"container_engine_t"}), 31),
    Standard("seccompProfile_baseline", "baseline", _seccomp_annotations, 0, 19),
    Standard("seccompProfile_baseline", "baseline", _seccomp, 19),
    Standard("sysctls", "baseline", partial(_sysctls, 0), 0, 27),
    Standard("sysctls", "baseline", partial(_sysctls, 27), 27, 29),
    Standard("sysctls", "baseline", partial(_sysctls, 29), 29, 32),
    Standard("sysctls", "baseline", partial(_sysctls, 32), 32),
    Standard("windowsHostProcess", "baseline", _host_process),
    Standard("allowPrivilegeEscalation", "restricted", _escalation, 8, 25),
    Standard("allowPrivilegeEscalation", "restricted", _unless(_windows, _escalation), 25),
    Standard("capabilities_restricted", "restricted", _no_capabilities, 22, 25, "capabilities_baseline"),
    Standard("capabilities_restricted", "restricted", _unless(_windows, _no_capabilities), 25, _NEVER, "capabilities_baseline"),
    Standard("procMount_restricted", "restricted", _proc_mount, 35, _NEVER, "procMount"),
    Standard("restrictedVolumes", "restricted", _volume_types, 0, _NEVER, "hostPathVolumes"),
    Standard("runAsNonRoot", "restricted", _non_root, 0, 35),
    Standard("runAsNonRoot", "restricted", _unless(_own_users, _non_root), 35),
    Standard("runAsUser", "restricted", _root_user, 23, 35),
    Standard("runAsUser", "restricted", _unless(_own_users, _root_user), 35),
    Standard("seccompProfile_restricted", "restricted", _seccomp_set, 19, 25, "seccompProfile_baseline"),
    Standard("seccompProfile_restricted", "restricted", _unless(_windows, _seccomp_set), 25, _NEVER, "seccompProfile_baseline"),
)
