"""Rules for security contexts of pods and containers, and for what an operating system rules out.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.godiff import internal
from pytest_helmsim.schema.validate.paths import check_descending_path

_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_PATTERN = rf"^({_SEGMENT}[\./])*{_SEGMENT}$"
_SYSCTL = re.compile(_SYSCTL_PATTERN, re.ASCII)
_NET_SYSCTLS = ("net.",)
_IPC_SYSCTLS = ("kernel.shm", "kernel.msg", "fs.mqueue.")
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_NETBIOS = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_NOT_FOR_USERS = re.compile(r'["/\\:;|=,+*?<>@\[\]]')
_WINDOWS = "cannot be set for a windows pod"
_SYSTEMS = ("linux", "windows")


def each_container(spec: JsonObject, path: str) -> Iterator[tuple[JsonObject, str]]:
    """All containers of a pod with their paths, in the order in which the server visits them."""
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(group) or ()):
            yield container, f"{path}.{group}[{index}]"


def check_pod_security(errors: Errors, path: str, spec: JsonObject) -> None:
    """The security context of a pod."""
    context = spec.get("securityContext") or {}
    here = f"{path}.securityContext"
    for key in ("fsGroup", "runAsUser", "runAsGroup"):
        if context.get(key) is not None:
            errors.all_invalid(f"{here}.{key}", context[key], names.identity(context[key]))
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        errors.all_invalid(f"{here}.supplementalGroups[{index}]", group, names.identity(group))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        errors.invalid(f"{here}.shareProcessNamespace", True, "ShareProcessNamespace and HostPID cannot both be enabled")
    _check_sysctls(errors, f"{here}.sysctls", context.get("sysctls") or [], spec)
    change = context.get("fsGroupChangePolicy")
    if change is not None and change not in ("Always", "OnRootMismatch"):
        errors.unsupported(f"{here}.fsGroupChangePolicy", change, ("Always", "OnRootMismatch"))
    check_seccomp(errors, f"{here}.seccompProfile", context.get("seccompProfile"))
    _check_windows_options(errors, f"{here}.windowsOptions", context.get("windowsOptions"))
    _check_app_armor(errors, f"{here}.appArmorProfile", context.get("appArmorProfile"))
    groups = context.get("supplementalGroupsPolicy")
    if groups is not None and groups not in ("Merge", "Strict"):
        errors.unsupported(f"{here}.supplementalGroupsPolicy", groups, ("Merge", "Strict"))
    relabel = context.get("seLinuxChangePolicy")
    had_one = (errors.pod_before.get("securityContext") or {}).get("seLinuxChangePolicy") is not None
    known = ("MountOption", "Recursive") if had_one else ("Recursive",)
    if relabel is not None and relabel not in known:
        errors.unsupported(f"{here}.seLinuxChangePolicy", relabel, known)


def _check_sysctls(errors: Errors, path: str, settings: list[JsonObject], spec: JsonObject) -> None:
    seen: set[str] = set()
    for index, setting in enumerate(settings):
        here, name = f"{path}[{index}].name", setting.get("name", "")
        if not name:
            errors.required(here)
        elif len(name) > 253 or not _SYSCTL.fullmatch(name):
            errors.invalid(here, name, f"must have at most 253 characters and match regex {_SYSCTL_PATTERN}")
        elif name in seen:
            errors.duplicate(here, name)
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith(_NET_SYSCTLS):
            errors.invalid(here, name, "may not be specified when 'hostNetwork' is true")
        elif spec.get("hostIPC") and (dotted.startswith(_IPC_SYSCTLS) or dotted == "kernel.sem"):
            errors.invalid(here, name, "may not be specified when 'hostIPC' is true")
        seen.add(name)


def check_security(errors: Errors, path: str, context: JsonObject | None, *, host_users: bool) -> None:
    """The security context of a container."""
    if context is None:
        return
    for key in ("runAsUser", "runAsGroup"):
        if context.get(key) is not None:
            errors.all_invalid(f"{path}.{key}", context[key], names.identity(context[key]))
    mount = context.get("procMount")
    if mount is not None and mount not in ("Default", "Unmasked"):
        errors.unsupported(f"{path}.procMount", mount, ("Default", "Unmasked"))
    if mount == "Unmasked" and host_users:
        errors.invalid(f"{path}.procMount", mount, "`hostUsers` must be false to use `Unmasked`")
    check_seccomp(errors, f"{path}.seccompProfile", context.get("seccompProfile"))
    if context.get("allowPrivilegeEscalation") is False:
        shown = internal("SecurityContext", context)
        if context.get("privileged"):
            errors.invalid(path, shown, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        for capability in (context.get("capabilities") or {}).get("add") or ():
            if capability == "CAP_SYS_ADMIN":
                errors.invalid(path, shown, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
    _check_windows_options(errors, f"{path}.windowsOptions", context.get("windowsOptions"))
    _check_app_armor(errors, f"{path}.appArmorProfile", context.get("appArmorProfile"))


def check_seccomp(errors: Errors, path: str, profile: JsonObject | None) -> None:
    """A path belongs to Localhost and to nothing else."""
    if profile is None:
        return
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    if not kind:
        errors.required(f"{path}.type", "type is required when seccompProfile is set")
    elif kind not in ("Localhost", "RuntimeDefault", "Unconfined"):
        errors.unsupported(f"{path}.type", kind, ("Localhost", "RuntimeDefault", "Unconfined"))
    if kind == "Localhost":
        if local is None:
            errors.required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost")
        else:
            check_descending_path(errors, f"{path}.localhostProfile", local)
    elif local is not None:
        shown = {"Type": kind, "LocalhostProfile": local}
        errors.invalid(f"{path}.localhostProfile", shown, "can only be set when seccomp type is Localhost")


def _check_app_armor(errors: Errors, path: str, profile: JsonObject | None) -> None:
    if profile is None:
        return
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    needed = "must be set when AppArmor type is Localhost"
    if kind == "Localhost":
        if local is None:
            errors.required(f"{path}.localhostProfile", needed)
            return
        if local.strip() != local:
            errors.invalid(f"{path}.localhostProfile", local, "must not be padded with whitespace")
        elif not local:
            errors.required(f"{path}.localhostProfile", needed)
        if len(local) > 4095:
            errors.too_long(f"{path}.localhostProfile", 4095)
    elif kind in ("RuntimeDefault", "Unconfined"):
        if local is not None:
            errors.invalid(f"{path}.localhostProfile", local, "can only be set when AppArmor type is Localhost")
    elif not kind:
        errors.required(f"{path}.type", "type is required when appArmorProfile is set")
    else:
        errors.unsupported(f"{path}.type", kind, ("Localhost", "RuntimeDefault", "Unconfined"))


def _check_windows_options(errors: Errors, path: str, options: JsonObject | None) -> None:
    if options is None:
        return
    name, spec, user = (options.get(key) for key in ("gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName"))
    if name is not None:
        errors.all_invalid(f"{path}.gmsaCredentialSpecName", name, names.dns_subdomain(name))
    if spec is not None and not spec:
        errors.invalid(f"{path}.gmsaCredentialSpec", spec, "gmsaCredentialSpec cannot be an empty string")
    elif spec is not None and len(spec) > 64 * 1024:
        errors.invalid(f"{path}.gmsaCredentialSpec", spec, "gmsaCredentialSpec size must be under 64 KiB")
    if user is not None:
        errors.all_invalid(f"{path}.runAsUserName", user, _windows_user(user))


def _windows_user(text: str) -> Iterator[str]:
    parts = text.split("\\")
    if not text:
        yield "runAsUserName cannot be an empty string"
        return
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        yield "runAsUserName cannot contain control characters"
        return
    if len(parts) > 2:
        yield "runAsUserName cannot contain more than one backslash"
        return
    domain, user = parts if len(parts) == 2 else ("", parts[0])
    if len(domain) >= 256:
        yield "runAsUserName's Domain length must be under 256 characters"
    if len(parts) == 2 and not (_NETBIOS.fullmatch(domain) or _DOMAIN.fullmatch(domain)):
        yield "runAsUserName's Domain doesn't match the NetBios nor the DNS format"
    if not user:
        yield "runAsUserName's User cannot be empty"
    elif len(user) > 104:
        yield "runAsUserName's User length must not be longer than 104 characters"
    if re.fullmatch(r"[. ]+", user):
        yield "runAsUserName's User cannot contain only periods or spaces"
    if _NOT_FOR_USERS.search(user):
        yield "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"


def check_host_process(errors: Errors, path: str, spec: JsonObject) -> None:
    """Windows' host processes: all containers or none, on the host's network."""

    def asked(context: JsonObject | None) -> bool | None:
        return ((context or {}).get("windowsOptions") or {}).get("hostProcess")

    everywhere = asked(spec.get("securityContext"))
    total = found = 0
    for container, here in each_container(spec, path):
        own = asked(container.get("securityContext"))
        total += 1
        if everywhere is not None and own is not None and everywhere != own:
            why = f"pod hostProcess value must be identical if both are specified, was {str(everywhere).lower()}"
            errors.invalid(f"{here}.securityContext.windowsOptions.hostProcess", own, why)
        found += bool(own) if own is not None else bool(everywhere)
    if not found:
        return
    if found != total:
        errors.invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers")
    if not spec.get("hostNetwork"):
        errors.invalid(f"{path}.hostNetwork", False, "hostNetwork must be true if pod contains any hostProcess containers")


def check_host_users(errors: Errors, path: str, spec: JsonObject) -> None:
    """A pod with users of its own uses nothing else of the host."""
    if spec.get("hostUsers") is not False:
        return
    for key, shown in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if spec.get(key):
            errors.forbidden(f"{path}.{shown}", "when `hostUsers` is false")
    for container, here in each_container(spec, path):
        if container.get("volumeDevices"):
            errors.forbidden(f"{here}.volumeDevices", "when `hostUsers` is false")


def check_system(errors: Errors, path: str, spec: JsonObject) -> None:
    """The operating system that a pod names rules out what the other one has."""
    system = spec["os"].get("name", "")
    if not system:
        errors.required(f"{path}.os.name")
    elif system not in _SYSTEMS:
        errors.unsupported(f"{path}.os", system, _SYSTEMS)
    elif system == "linux":
        _check_linux(errors, path, spec)
    else:
        _check_windows(errors, path, spec)


def _check_linux(errors: Errors, path: str, spec: JsonObject) -> None:
    why = "windows options cannot be set for a linux pod"
    if (spec.get("securityContext") or {}).get("windowsOptions") is not None:
        errors.forbidden(f"{path}.securityContext.windowsOptions", why)
    for container, here in each_container(spec, path):
        if (container.get("securityContext") or {}).get("windowsOptions") is not None:
            errors.forbidden(f"{here}.securityContext.windowsOptions", why)


_NOT_ON_WINDOWS = (
    "securityContext.appArmorProfile", "securityContext.seLinuxOptions", "hostUsers", "hostPID", "hostIPC",
    "securityContext.seccompProfile", "securityContext.fsGroup", "securityContext.fsGroupChangePolicy", "securityContext.sysctls",
    "shareProcessNamespace", "securityContext.runAsUser", "securityContext.runAsGroup", "securityContext.supplementalGroups",
    "securityContext.supplementalGroupsPolicy", "securityContext.seLinuxChangePolicy",
)  # fmt: skip
_NOT_IN_WINDOWS_CONTAINERS = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
    "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
)  # fmt: skip


def _check_windows(errors: Errors, path: str, spec: JsonObject) -> None:
    for field in _NOT_ON_WINDOWS:
        group, dot, key = field.partition(".")
        value = (spec.get(group) or {}).get(key) if dot else spec.get(field)
        if value is not None and not (value is False and field in ("hostPID", "hostIPC")):
            errors.forbidden(f"{path}.{field}", _WINDOWS)
    for container, here in each_container(spec, path):
        for field in _NOT_IN_WINDOWS_CONTAINERS:
            if (container.get("securityContext") or {}).get(field) is not None:
                errors.forbidden(f"{here}.securityContext.{field}", _WINDOWS)
