"""Rules for containers: ports, environment, mounts, probes, resources, security contexts.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from typing import Any

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.metadata import check_port

PROTOCOLS = ("SCTP", "TCP", "UDP")
_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_STANDARD = _RESOURCES | {
    "storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "persistentvolumeclaims", "configmaps", "services.nodeports",
    "services.loadbalancers", "requests.storage",
}  # fmt: skip
_ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs",
    "status.podIP", "status.podIPs",
)  # fmt: skip
_VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_KNOWN_FIELDS = frozenset([*_ENV_FIELDS, *_VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase", "spec.host"])
_RESOURCE_FIELDS = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip
MODE_WRONG = "must be a number between 0 and 0777 (octal), both inclusive"


def check_containers(errors: Errors, path: str, spec: JsonObject, volumes: dict[str, JsonObject]) -> None:
    """The regular containers of a pod."""
    containers = spec.get("containers") or []
    if not containers:
        errors.required(path)
        return
    seen: set[str] = set()
    for index, container in enumerate(containers):
        here = f"{path}[{index}]"
        _check_common(errors, here, container, volumes, spec)
        name = container.get("name", "")
        if name in seen:
            errors.duplicate(f"{here}.name", name)
        seen.add(name)
        _check_lifecycle_and_probes(errors, here, container, spec)
        policy = container.get("restartPolicy")
        if policy is not None and errors.minor < 35:
            errors.forbidden(f"{here}.restartPolicy", "may not be set for non-init containers")
        elif policy is not None and policy not in ("Always", "Never", "OnFailure"):
            errors.unsupported(f"{here}.restartPolicy", policy, ("Always", "Never", "OnFailure"))
    _check_host_ports(errors, path, containers)


def check_init_containers(errors: Errors, path: str, spec: JsonObject, volumes: dict[str, JsonObject]) -> None:
    """Names are shared with the regular ones; probes only for those that keep running."""
    seen = {container.get("name", "") for container in spec.get("containers") or ()}
    for index, container in enumerate(spec.get("initContainers") or ()):
        here = f"{path}[{index}]"
        _check_common(errors, here, container, volumes, spec)
        policy = container.get("restartPolicy")
        if policy is not None and policy not in ("Always", "Never", "OnFailure"):
            errors.unsupported(f"{here}.restartPolicy", policy, ("Always", "Never", "OnFailure") if errors.minor >= 35 else ("Always",))
        name = container.get("name", "")
        if name in seen:
            errors.duplicate(f"{here}.name", name)
        elif name:
            seen.add(name)
        _check_host_ports(errors, path, [container])
        if policy == "Always":
            _check_lifecycle_and_probes(errors, here, container, spec)
        else:
            for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
                if container.get(key) is not None:
                    errors.forbidden(f"{here}.{key}", "may not be set for init containers without restartPolicy=Always")


def _check_common(errors: Errors, path: str, container: JsonObject, volumes: dict[str, JsonObject], spec: JsonObject) -> None:
    name = container.get("name", "")
    if not name:
        errors.required(f"{path}.name")
    else:
        errors.all_invalid(f"{path}.name", name, names.dns_label(name))
    if not container.get("image"):
        errors.required(f"{path}.image")
    policy = container.get("terminationMessagePolicy", "")
    if not policy:
        errors.required(f"{path}.terminationMessagePolicy")
    elif policy not in ("File", "FallbackToLogsOnError"):
        errors.unsupported(f"{path}.terminationMessagePolicy", policy, ("File", "FallbackToLogsOnError"))
    _check_ports(errors, f"{path}.ports", container.get("ports") or [])
    _check_env(errors, f"{path}.env", container.get("env") or [])
    _check_env_from(errors, f"{path}.envFrom", container.get("envFrom") or [])
    _check_mounts(errors, f"{path}.volumeMounts", container, volumes)
    _check_devices(errors, f"{path}.volumeDevices", container, volumes)
    pull = container.get("imagePullPolicy", "")
    if not pull:
        errors.required(f"{path}.imagePullPolicy")
    elif pull not in ("Always", "IfNotPresent", "Never"):
        errors.unsupported(f"{path}.imagePullPolicy", pull, ("Always", "IfNotPresent", "Never"))
    check_resources(errors, f"{path}.resources", container.get("resources") or {})
    _check_security(errors, f"{path}.securityContext", container.get("securityContext"))


def _check_ports(errors: Errors, path: str, ports: list[JsonObject]) -> None:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        here = f"{path}[{index}]"
        name = port.get("name", "")
        if name:
            complaints = names.port_name(name)
            errors.all_invalid(f"{here}.name", name, complaints)
            if not complaints:
                if name in seen:
                    errors.duplicate(f"{here}.name", name)
                seen.add(name)
        number = port.get("containerPort", 0)
        if number == 0:
            errors.required(f"{here}.containerPort")
        else:
            errors.all_invalid(f"{here}.containerPort", number, names.port_number(number))
        if port.get("hostPort"):
            errors.all_invalid(f"{here}.hostPort", port["hostPort"], names.port_number(port["hostPort"]))
        check_protocol(errors, f"{here}.protocol", port.get("protocol", ""))


def check_protocol(errors: Errors, path: str, protocol: str) -> None:
    """TCP, UDP or SCTP."""
    if not protocol:
        errors.required(path)
    elif protocol not in PROTOCOLS:
        errors.unsupported(path, protocol, PROTOCOLS)


def _check_host_ports(errors: Errors, path: str, containers: list[JsonObject]) -> None:
    seen: set[str] = set()
    for index, container in enumerate(containers):
        for position, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port['hostPort']}"
            if key in seen:
                errors.duplicate(f"{path}[{index}].ports[{position}].hostPort", key)
            seen.add(key)


def _env_name(errors: Errors, path: str, name: str) -> None:
    errors.all_invalid(path, name, names.relaxed_env_name(name) if errors.minor >= 32 else names.env_name(name))


def _check_env(errors: Errors, path: str, variables: list[JsonObject]) -> None:
    for index, variable in enumerate(variables):
        here = f"{path}[{index}]"
        if not variable.get("name"):
            errors.required(f"{here}.name")
        else:
            _env_name(errors, f"{here}.name", variable["name"])
        source = variable.get("valueFrom")
        if source is not None:
            _check_value_from(errors, f"{here}.valueFrom", source, variable.get("value") or "")


def _check_value_from(errors: Errors, path: str, source: JsonObject, value: str) -> None:
    if source.get("fieldRef") is not None:
        check_field_ref(errors, f"{path}.fieldRef", source["fieldRef"], _ENV_FIELDS)
    if source.get("resourceFieldRef") is not None:
        check_resource_field(errors, f"{path}.resourceFieldRef", source["resourceFieldRef"], volume=False)
    for key in ("configMapKeyRef", "secretKeyRef"):
        reference = source.get(key)
        if reference is not None:
            errors.all_invalid(f"{path}.{key}.name", reference.get("name", ""), names.dns_subdomain(reference.get("name", "")))
            if not reference.get("key"):
                errors.required(f"{path}.{key}.key")
            else:
                errors.all_invalid(f"{path}.{key}.key", reference["key"], names.config_key(reference["key"]))
    count = sum(source.get(key) is not None for key in ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"))
    if count == 0:
        last = "`configMapKeyRef`, `secretKeyRef` or `fileKeyRef`" if errors.minor >= 35 else "`configMapKeyRef` or `secretKeyRef`"
        errors.invalid(path, "", f"must specify one of: `fieldRef`, `resourceFieldRef`, {last}")
    elif value:
        errors.invalid(path, "", "may not be specified when `value` is not empty")
    elif count > 1:
        errors.invalid(path, "", "may not have more than one field specified at a time")


def check_field_ref(errors: Errors, path: str, reference: JsonObject, supported: tuple[str, ...]) -> None:
    """A field of the pod itself, of those that may be used at this place."""
    if not reference.get("apiVersion"):
        errors.required(f"{path}.apiVersion")
        return
    field = reference.get("fieldPath", "")
    if not field:
        errors.required(f"{path}.fieldPath")
        return
    if reference["apiVersion"] != "v1":
        errors.invalid(f"{path}.fieldPath", field, f"error converting fieldPath: unsupported pod version: {reference['apiVersion']}")
        return
    base, bracket, rest = field.partition("['")
    if bracket and rest.endswith("']"):
        key = rest[:-2]
        if base not in ("metadata.annotations", "metadata.labels"):
            why = f"error converting fieldPath: field label does not support subscript: {field}"
            errors.invalid(f"{path}.fieldPath", field, why)
            return
        errors.all_invalid(path, key.lower() if base == "metadata.annotations" else key, names.label_key(key.lower()))
        return
    if field not in _KNOWN_FIELDS:
        errors.invalid(f"{path}.fieldPath", field, f"error converting fieldPath: field label not supported: {field}")
    elif field not in supported:
        errors.unsupported(f"{path}.fieldPath", field, sorted(supported))


def check_volume_field_ref(errors: Errors, path: str, reference: JsonObject) -> None:
    """A field of the pod in a downwardAPI volume."""
    check_field_ref(errors, path, reference, _VOLUME_FIELDS)


def check_resource_field(errors: Errors, path: str, reference: JsonObject, *, volume: bool) -> None:
    """A limit or request of a container."""
    resource = reference.get("resource", "")
    if volume and not reference.get("containerName"):
        errors.required(f"{path}.containerName")
    elif not resource:
        errors.required(f"{path}.resource")
    elif resource not in _RESOURCE_FIELDS and not resource.startswith(("limits.hugepages-", "requests.hugepages-")):
        errors.unsupported(f"{path}.resource", resource, _RESOURCE_FIELDS)
    divisor = reference.get("divisor") or "0"
    allowed = ("1m", "1") if resource in ("limits.cpu", "requests.cpu") else _MEMORY_DIVISORS
    if divisor != "0" and str(quantity.parse(divisor)) not in allowed:
        kind = "only divisor's values 1m and 1 are supported with the cpu resource"
        if allowed is _MEMORY_DIVISORS:
            what = "memory" if resource.endswith("memory") else "local ephemeral storage"
            kind = f"only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the {what} resource"
        errors.invalid(f"{path}.divisor", divisor, kind)


_MEMORY_DIVISORS = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")


def _check_env_from(errors: Errors, path: str, sources: list[JsonObject]) -> None:
    for index, source in enumerate(sources):
        here = f"{path}[{index}]"
        if source.get("prefix"):
            _env_name(errors, f"{here}.prefix", source["prefix"])
        count = 0
        for key in ("configMapRef", "secretRef"):
            reference = source.get(key)
            if reference is not None:
                count += 1
                if not reference.get("name"):
                    errors.required(f"{here}.{key}.name")
                else:
                    errors.all_invalid(f"{here}.{key}.name", reference["name"], names.dns_subdomain(reference["name"]))
        if count == 0:
            errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif count > 1:
            errors.invalid(path, "", "may not have more than one field specified at a time")


def _check_mounts(errors: Errors, path: str, container: JsonObject, volumes: dict[str, JsonObject]) -> None:
    devices = {device.get("name"): device.get("devicePath") for device in container.get("volumeDevices") or ()}
    points: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        here = f"{path}[{index}]"
        name, point = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            errors.required(f"{here}.name")
        if name not in volumes:
            errors.not_found(f"{here}.name", name)
        if not point:
            errors.required(f"{here}.mountPath")
        if point in points:
            errors.invalid(f"{here}.mountPath", point, "must be unique")
        points.add(point)
        if name in devices:
            errors.invalid(f"{here}.name", name, "must not already exist in volumeDevices")
        if point in devices.values():
            errors.invalid(f"{here}.mountPath", point, "must not already exist as a path in volumeDevices")
        if mount.get("subPath"):
            check_descending_path(errors, f"{path}.subPath", mount["subPath"])
        if mount.get("subPathExpr"):
            if mount.get("subPath"):
                errors.invalid(f"{here}.subPathExpr", mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive")
            check_descending_path(errors, f"{path}.subPathExpr", mount["subPathExpr"])
        propagation = mount.get("mountPropagation")
        if propagation is not None:
            supported = ("Bidirectional", "HostToContainer", "None")
            if propagation not in supported:
                errors.unsupported(f"{path}.mountPropagation", propagation, supported)
            elif propagation == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
                errors.forbidden(f"{path}.mountPropagation", "Bidirectional mount propagation is available only to privileged containers")


def _check_devices(errors: Errors, path: str, container: JsonObject, volumes: dict[str, JsonObject]) -> None:
    seen_names: set[str] = set()
    seen_paths: set[str] = set()
    for index, device in enumerate(container.get("volumeDevices") or ()):
        here = f"{path}[{index}]"
        name, point = device.get("name", ""), device.get("devicePath", "")
        if not name:
            errors.required(f"{here}.name")
        if name in seen_names:
            errors.invalid(f"{here}.name", name, "must be unique")
        source = volumes.get(name)
        if source is None or ("persistentVolumeClaim" not in source and "ephemeral" not in source):
            errors.not_found(f"{here}.name", name)
        if not point:
            errors.required(f"{here}.devicePath")
        if point in seen_paths:
            errors.invalid(f"{here}.devicePath", point, "must be unique")
        if point and ".." in point.split("/"):
            errors.invalid(f"{here}.devicePath", point, "can not contain backsteps ('..')")
        seen_names.add(name)
        seen_paths.add(point)


def check_no_backsteps(errors: Errors, path: str, value: str) -> None:
    """No `..` in a path."""
    if ".." in value.split("/"):
        errors.invalid(path, value, "must not contain '..'")


def check_descending_path(errors: Errors, path: str, value: str) -> None:
    """A relative path that stays below where it starts."""
    if value.startswith("/"):
        errors.invalid(path, value, "must be a relative path")
    check_no_backsteps(errors, path, value)


def check_local_path(errors: Errors, path: str, value: str) -> None:
    """As `check_descending_path`, and no first name that begins with two dots."""
    check_descending_path(errors, path, value)
    if value.startswith("..") and not value.startswith("../"):
        errors.invalid(path, value, "must not start with '..'")


def _check_lifecycle_and_probes(errors: Errors, path: str, container: JsonObject, spec: JsonObject) -> None:
    grace = spec.get("terminationGracePeriodSeconds")
    for key in ("postStart", "preStop"):
        handler = (container.get("lifecycle") or {}).get(key)
        if handler is not None:
            _check_handler(errors, f"{path}.lifecycle.{key}", handler, grace)
    for key in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(key)
        if probe is None:
            continue
        here = f"{path}.{key}"
        _check_handler(errors, here, probe, grace)
        for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
            errors.not_negative(f"{here}.{field}", probe.get(field))
        own_grace = probe.get("terminationGracePeriodSeconds")
        if own_grace is not None and own_grace <= 0:
            errors.invalid(f"{here}.terminationGracePeriodSeconds", own_grace, "must be greater than 0")
        if key != "readinessProbe" and probe.get("successThreshold") != 1:
            errors.invalid(f"{here}.successThreshold", probe.get("successThreshold", 0), "must be 1")
        if key == "readinessProbe" and own_grace is not None:
            errors.invalid(f"{here}.terminationGracePeriodSeconds", own_grace, "must not be set for readinessProbes")


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


def check_resources(errors: Errors, path: str, resources: JsonObject) -> None:
    """Names, amounts, and requests within limits."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, amount in limits.items():
        check_resource_name(errors, f"{path}.limits[{name}]", name)
        check_amount(errors, f"{path}.limits[{name}]", name, amount)
    for name, amount in requests.items():
        check_resource_name(errors, f"{path}.requests[{name}]", name)
        check_amount(errors, f"{path}.requests[{name}]", name, amount)
        limit = limits.get(name)
        overcommit = _may_overcommit(name)
        if limit is None:
            if not overcommit:
                errors.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
            continue
        order = quantity.parse(amount).compare(quantity.parse(limit))
        if order != 0 and not overcommit:
            errors.invalid(f"{path}.requests", amount, f"must be equal to {name} limit of {limit}")
        elif order > 0:
            errors.invalid(f"{path}.requests", amount, f"must be less than or equal to {name} limit of {limit}")
    everything = {*limits, *requests}
    if any(name.startswith("hugepages-") for name in everything) and not everything & {"cpu", "memory"}:
        errors.forbidden(path, "HugePages require cpu or memory")


def _may_overcommit(name: str) -> bool:
    native = "/" not in name or "kubernetes.io/" in name
    return native and not name.startswith("hugepages-")


def check_any_resource_name(errors: Errors, path: str, name: str) -> None:
    """A qualified name; without a domain a known one."""
    before = len(errors)
    errors.all_invalid(path, name, names.label_key(name))
    if "/" not in name and len(errors) == before and name not in _STANDARD and not name.startswith(("hugepages-", "requests.hugepages-")):
        errors.invalid(path, name, "must be a standard resource type or fully qualified")


def check_resource_name(errors: Errors, path: str, name: str) -> None:
    """Of what a container can ask for."""
    check_any_resource_name(errors, path, name)
    if "/" not in name:
        if name not in _RESOURCES and not name.startswith("hugepages-"):
            errors.invalid(path, name, "must be a standard resource for containers")
    elif "kubernetes.io/" not in name and name.startswith("requests."):
        errors.invalid(path, name, "doesn't follow extended resource name standard")


def check_amount(errors: Errors, path: str, name: str, amount: str) -> None:
    """Not negative; whole for what is counted."""
    parsed = quantity.parse(amount)
    if parsed.unscaled < 0:
        errors.invalid(path, str(parsed), "must be greater than or equal to 0")
    if (name in _COUNTED or ("/" in name and "kubernetes.io/" not in name)) and parsed.scaled(-3) % 1000:
        errors.invalid(path, str(parsed), "must be an integer")


_COUNTED = _STANDARD - _RESOURCES - {name for name in _STANDARD if name.startswith(("requests.", "limits.", "storage"))}


def _check_security(errors: Errors, path: str, context: JsonObject | None) -> None:
    if context is None:
        return
    for key in ("runAsUser", "runAsGroup"):
        if context.get(key) is not None:
            errors.all_invalid(f"{path}.{key}", context[key], names.identity(context[key]))
    mount = context.get("procMount")
    if mount is not None and mount not in ("Default", "Unmasked"):
        errors.unsupported(f"{path}.procMount", mount, ("Default", "Unmasked"))
    check_seccomp(errors, f"{path}.seccompProfile", context.get("seccompProfile"))
    if context.get("allowPrivilegeEscalation") is False:
        internal = _internal_security(context)
        if context.get("privileged"):
            errors.invalid(path, internal, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        for capability in (context.get("capabilities") or {}).get("add") or ():
            if capability == "CAP_SYS_ADMIN":
                why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
                errors.invalid(path, internal, why)


def _internal_security(context: JsonObject) -> dict[str, Any]:
    """The server's own struct, whose fields have no JSON names."""
    capabilities = context.get("capabilities")
    order = (
        "Capabilities", "Privileged", "SELinuxOptions", "WindowsOptions", "RunAsUser", "RunAsGroup", "RunAsNonRoot",
        "ReadOnlyRootFilesystem", "AllowPrivilegeEscalation", "ProcMount", "SeccompProfile", "AppArmorProfile",
    )  # fmt: skip
    values: dict[str, Any] = {}
    for name in order:
        values[name] = context.get(name[0].lower() + name[1:])
    values["SELinuxOptions"] = context.get("seLinuxOptions")
    if capabilities is not None:
        values["Capabilities"] = {"Add": capabilities.get("add"), "Drop": capabilities.get("drop")}
    return values


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
            check_local_path(errors, f"{path}.localhostProfile", local)
    elif local is not None:
        errors.invalid(f"{path}.localhostProfile", local, "can only be set when seccomp type is Localhost")
