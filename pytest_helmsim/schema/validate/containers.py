"""Rules for containers: names, images, ports, mounts, devices, restarts; each kind of container with its own.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.environment import check_env, check_env_from
from pytest_helmsim.schema.validate.handlers import check_lifecycle_and_probes
from pytest_helmsim.schema.validate.paths import check_descending_path
from pytest_helmsim.schema.validate.resources import check_resources
from pytest_helmsim.schema.validate.security import check_security

PROTOCOLS = ("SCTP", "TCP", "UDP")
_RESTARTS = ("Always", "Never", "OnFailure")
_NOT_RESTARTING = "may not be set for init containers without restartPolicy=Always"
_EPHEMERAL = "cannot be set for an Ephemeral Container"
_NOT_EPHEMERAL = (
    "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe", "startupProbe",
    "lifecycle",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Around:
    """What of its pod a container is judged by."""

    spec: JsonObject
    volumes: dict[str, JsonObject]
    claims: frozenset[str]

    @property
    def host_users(self) -> bool:
        """Whether the pod shares the users of its host."""
        return self.spec.get("hostUsers") is not False


def check_containers(errors: Errors, path: str, around: Around) -> None:
    """The regular containers of a pod."""
    containers = around.spec.get("containers") or []
    if not containers:
        errors.required(path)
        return
    seen: set[str] = set()
    for index, container in enumerate(containers):
        here = f"{path}[{index}]"
        _check_common(errors, here, container, around)
        name = container.get("name", "")
        if name in seen:
            errors.duplicate(f"{here}.name", name)
        seen.add(name)
        check_lifecycle_and_probes(errors, here, container, around.spec)
        if errors.minor >= 35:
            _check_restart(errors, here, container)
        elif container.get("restartPolicy") is not None:
            errors.forbidden(f"{here}.restartPolicy", "may not be set for non-init containers")
    _check_host_ports(errors, path, containers)


def check_init_containers(errors: Errors, path: str, around: Around) -> None:
    """Names are shared with the regular ones; probes only for those that keep running."""
    seen = {container.get("name", "") for container in around.spec.get("containers") or ()}
    for index, container in enumerate(around.spec.get("initContainers") or ()):
        here = f"{path}[{index}]"
        _check_common(errors, here, container, around)
        policy = container.get("restartPolicy")
        if errors.minor >= 35 and policy is None:
            if container.get("restartPolicyRules"):
                errors.required(f"{here}.restartPolicy", "must specify restartPolicy when restart rules are used")
        elif errors.minor >= 35:
            _check_restart(errors, here, container)
        elif policy is not None and policy != "Always":
            errors.unsupported(f"{here}.restartPolicy", policy, ("Always",))
        name = container.get("name", "")
        if name in seen:
            errors.duplicate(f"{here}.name", name)
        elif name:
            seen.add(name)
        _check_host_ports(errors, path, [container])
        if policy == "Always":
            check_lifecycle_and_probes(errors, here, container, around.spec)
            continue
        for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(key) is not None:
                errors.forbidden(f"{here}.{key}", _NOT_RESTARTING)
        for position, entry in enumerate(container.get("resizePolicy") or ()):
            if entry.get("restartPolicy") == "RestartContainer":
                why = "must not be set to 'RestartContainer' for non-sidecar initContainers"
                errors.invalid(f"{here}.resizePolicy[{position}].restartPolicy", "RestartContainer", why)


def check_ephemeral_containers(errors: Errors, path: str, around: Around) -> None:
    """Containers that are added to a running pod."""
    groups = [around.spec.get(group) or [] for group in ("containers", "initContainers")]
    others = {container.get("name", "") for group in groups for container in group}
    seen = set(others)
    for index, container in enumerate(around.spec.get("ephemeralContainers") or ()):
        here = f"{path}[{index}]"
        _check_common(errors, here, container, around)
        check_image_text(errors, here, container)
        name, target = container.get("name", ""), container.get("targetContainerName", "")
        if name in seen:
            errors.duplicate(f"{here}.name", name)
        seen.add(name)
        if target and target not in others:
            errors.not_found(f"{here}.targetContainerName", target)
        for key in _NOT_EPHEMERAL:
            given = container.get(key)
            if given or (given is not None and key != "resources"):
                errors.forbidden(f"{here}.{key}", _EPHEMERAL)
        for position, mount in enumerate(container.get("volumeMounts") or ()):
            for key in ("subPath", "subPathExpr"):
                if mount.get(key):
                    errors.forbidden(f"{here}.volumeMounts[{position}].{key}", _EPHEMERAL)


def check_image_text(errors: Errors, path: str, container: JsonObject) -> None:
    """No blanks around the image of a pod's container."""
    image = container.get("image", "")
    if image != image.strip():
        errors.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")


def _check_restart(errors: Errors, path: str, container: JsonObject) -> None:
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or []
    if policy is None:
        if rules:
            errors.required(f"{path}.restartPolicy", "must specify restartPolicy when restart rules are used")
    elif policy not in _RESTARTS:
        errors.unsupported(f"{path}.restartPolicy", policy, _RESTARTS)
    if len(rules) > 20:
        errors.too_many(f"{path}.restartPolicyRules", len(rules), 20)
    actions = ("Restart", "RestartAllContainers") if errors.minor >= 36 else ("Restart",)
    for index, rule in enumerate(rules):
        here = f"{path}.restartPolicyRules[{index}]"
        if rule.get("action") not in actions:
            errors.unsupported(f"{here}.action", rule.get("action", ""), actions)
        codes = rule.get("exitCodes")
        if codes is None:
            errors.required(f"{here}.exitCodes", "must be specified")
            continue
        if codes.get("operator") not in ("In", "NotIn"):
            errors.unsupported(f"{here}.exitCodes.operator", codes.get("operator", ""), ("In", "NotIn"))
        if len(codes.get("values") or ()) > 255:
            errors.too_many(f"{here}.exitCodes.values", len(codes["values"]), 255)


def _check_common(errors: Errors, path: str, container: JsonObject, around: Around) -> None:
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
    check_env(errors, f"{path}.env", container.get("env") or [])
    check_env_from(errors, f"{path}.envFrom", container.get("envFrom") or [])
    _check_mounts(errors, f"{path}.volumeMounts", container, around.volumes)
    _check_devices(errors, f"{path}.volumeDevices", container, around.volumes)
    check_pull_policy(errors, f"{path}.imagePullPolicy", container.get("imagePullPolicy", ""))
    check_resources(errors, f"{path}.resources", container.get("resources") or {}, around.claims)
    _check_resizing(errors, f"{path}.resizePolicy", container.get("resizePolicy") or [], around.spec.get("restartPolicy", ""))
    check_security(errors, f"{path}.securityContext", container.get("securityContext"), host_users=around.host_users)


def check_pull_policy(errors: Errors, path: str, policy: str) -> None:
    """When an image is fetched."""
    if not policy:
        errors.required(path)
    elif policy not in ("Always", "IfNotPresent", "Never"):
        errors.unsupported(path, policy, ("Always", "IfNotPresent", "Never"))


def _check_resizing(errors: Errors, path: str, policies: list[JsonObject], pod_restart: str) -> None:
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        name, restart = policy.get("resourceName", ""), policy.get("restartPolicy", "")
        if name in seen:
            errors.duplicate(f"{path}[{index}]", name)
        seen.add(name)
        for value, known in ((name, ("cpu", "memory")), (restart, ("NotRequired", "RestartContainer"))):
            if not value:
                errors.required(path)
            elif value not in known:
                errors.unsupported(path, value, known)
        if pod_restart == "Never" and restart != "NotRequired":
            errors.invalid(path, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")


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


def _check_mounts(errors: Errors, path: str, container: JsonObject, volumes: dict[str, JsonObject]) -> None:
    devices = {device.get("name", ""): device.get("devicePath", "") for device in container.get("volumeDevices") or ()}
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
        _check_propagation(errors, path, mount, bool((container.get("securityContext") or {}).get("privileged")))


def _check_propagation(errors: Errors, path: str, mount: JsonObject, privileged: bool) -> None:
    propagation, recursive = mount.get("mountPropagation"), mount.get("recursiveReadOnly")
    if propagation is not None and propagation not in ("Bidirectional", "HostToContainer", "None"):
        errors.unsupported(f"{path}.mountPropagation", propagation, ("Bidirectional", "HostToContainer", "None"))
    if propagation == "Bidirectional" and not privileged:
        errors.forbidden(f"{path}.mountPropagation", "Bidirectional mount propagation is available only to privileged containers")
    if recursive in (None, "Disabled"):
        return
    if recursive not in ("Enabled", "IfPossible"):
        errors.unsupported(f"{path}.recursiveReadOnly", recursive, ("Disabled", "Enabled", "IfPossible"))
        return
    if not mount.get("readOnly"):
        errors.forbidden(f"{path}.recursiveReadOnly", "may only be specified when readOnly is true")
    if propagation not in (None, "None"):
        errors.forbidden(f"{path}.recursiveReadOnly", "may only be specified when mountPropagation is None or not specified")


def _check_devices(errors: Errors, path: str, container: JsonObject, volumes: dict[str, JsonObject]) -> None:
    mounts = {mount.get("name", ""): mount.get("mountPath", "") for mount in container.get("volumeMounts") or ()}
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
        if source is None:
            errors.not_found(f"{here}.name", name)
        elif "persistentVolumeClaim" not in source and "ephemeral" not in source:
            why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            errors.invalid(f"{here}.name", name, why)
        if not point:
            errors.required(f"{here}.devicePath")
        if point in seen_paths:
            errors.invalid(f"{here}.devicePath", point, "must be unique")
        if point and ".." in point.split("/"):
            errors.invalid(f"{here}.devicePath", point, "can not contain backsteps ('..')")
        else:
            seen_paths.add(point)
        if name in mounts:
            errors.invalid(f"{here}.name", name, "must not already exist in volumeMounts")
        if point in mounts.values():
            errors.invalid(f"{here}.devicePath", point, "must not already exist as a path in volumeMounts")
        if name:
            seen_names.add(name)
