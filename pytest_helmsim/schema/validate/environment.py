"""Rules for environment variables and where their values come from.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.paths import check_no_backsteps

_ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs",
    "status.podIP", "status.podIPs",
)  # fmt: skip
_VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_KNOWN_FIELDS = frozenset([*_ENV_FIELDS, *_VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase", "spec.host"])
_RESOURCE_FIELDS = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip
_HUGE = ("limits.hugepages-", "requests.hugepages-")
_BYTES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def _env_name(errors: Errors, path: str, name: str) -> None:
    errors.all_invalid(path, name, names.relaxed_env_name(name) if errors.minor >= 32 else names.env_name(name))


def check_env(errors: Errors, path: str, variables: list[JsonObject]) -> None:
    """Names, and at most one source of a value."""
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
    if source.get("fileKeyRef") is not None:
        _check_file_key(errors, f"{path}.fileKeyRef", source["fileKeyRef"])
    count = sum(source.get(key) is not None for key in _SOURCES)
    if count == 0:
        last = "`configMapKeyRef`, `secretKeyRef` or `fileKeyRef`" if errors.minor >= 35 else "`configMapKeyRef` or `secretKeyRef`"
        errors.invalid(path, "", f"must specify one of: `fieldRef`, `resourceFieldRef`, {last}")
    elif value:
        errors.invalid(path, "", "may not be specified when `value` is not empty")
    elif count > 1:
        errors.invalid(path, "", "may not have more than one field specified at a time")


def _check_file_key(errors: Errors, path: str, reference: JsonObject) -> None:
    key, volume, file = (reference.get(name, "") for name in ("key", "volumeName", "path"))
    if not key:
        errors.required(f"{path}.key")
    else:
        errors.all_invalid(f"{path}.key", key, names.relaxed_env_name(key))
    if not volume:
        errors.required(f"{path}.volumeName")
    else:
        errors.all_invalid(f"{path}.volumeName", volume, names.dns_label(volume))
    if not file:
        errors.required(f"{path}.path")
    else:
        check_no_backsteps(errors, f"{path}.path", file)


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
        shown = key.lower() if base == "metadata.annotations" else key
        errors.all_invalid(path, shown, names.label_key(shown))
        return
    if field not in _KNOWN_FIELDS:
        errors.invalid(f"{path}.fieldPath", field, f"error converting fieldPath: field label not supported: {field}")
        return
    field = "spec.nodeName" if field == "spec.host" else field
    if field not in supported:
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
    elif resource not in _RESOURCE_FIELDS and not resource.startswith(_HUGE):
        errors.unsupported(f"{path}.resource", resource, _RESOURCE_FIELDS)
    _check_divisor(errors, f"{path}.divisor", resource, reference.get("divisor") or "0")


def _check_divisor(errors: Errors, path: str, resource: str, divisor: str) -> None:
    amount = quantity.parse(divisor)
    if amount.unscaled == 0:
        return
    kind = resource.partition(".")[2]
    if resource in ("limits.cpu", "requests.cpu"):
        if str(amount) not in ("1m", "1"):
            errors.invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")
        return
    word = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}.get(kind) if resource in _RESOURCE_FIELDS else None
    if resource.startswith(_HUGE):
        word = "hugepages"
    if word and str(amount) not in _BYTES:
        errors.invalid(path, resource, f"only divisor's values {', '.join(_BYTES)} are supported with the {word} resource")


def check_env_from(errors: Errors, path: str, sources: list[JsonObject]) -> None:
    """One object each, with a prefix that may begin a name."""
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
                    name = reference["name"]
                    masked = name[:-1] + "a" if name.endswith("-") else name
                    errors.all_invalid(f"{here}.{key}.name", name, names.dns_subdomain(masked))
        if count == 0:
            errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif count > 1:
            errors.invalid(path, "", "may not have more than one field specified at a time")


def check_file_volumes(errors: Errors, spec: JsonObject, path: str) -> None:
    """Files that hold variables lie in empty directories of the pod."""
    volumes = {volume.get("name", ""): volume for volume in spec.get("volumes") or ()}
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(group) or ()):
            for position, variable in enumerate(container.get("env") or ()):
                reference = (variable.get("valueFrom") or {}).get("fileKeyRef")
                if reference is None:
                    continue
                name = reference.get("volumeName", "")
                where = f"{path}.{group}[{index}].env[{position}].valueFrom.fileKeyRef.volumeName"
                if name not in volumes:
                    errors.not_found(where, name)
                elif volumes[name].get("emptyDir") is None:
                    errors.invalid(where, name, "referenced volume must be of type emptyDir")
