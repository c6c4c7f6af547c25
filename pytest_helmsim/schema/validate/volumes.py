"""Rules for the volumes of a pod.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go (ValidateVolumes, validateVolumeSource).
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.claims import check_claim_spec
from pytest_helmsim.schema.validate.containers import (
    MODE_WRONG,
    check_local_path,
    check_no_backsteps,
    check_resource_field,
    check_volume_field_ref,
)

Check = Callable[[Errors, str, JsonObject], None]
_HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
_MORE_THAN_ONE = "may not specify more than 1 volume type"


def check_volumes(errors: Errors, path: str, volumes: list[JsonObject], pod_name: str = "") -> dict[str, JsonObject]:
    """The good volumes by name: mounts may refer to those only."""
    good: dict[str, JsonObject] = {}
    created = {f"{pod_name}-{volume.get('name')}" for volume in volumes if pod_name and volume.get("ephemeral") is not None}
    for index, volume in enumerate(volumes):
        here = f"{path}[{index}]"
        before = len(errors)
        _check_source(errors, here, volume)
        name = volume.get("name", "")
        if not name:
            errors.required(f"{here}.name")
        else:
            errors.all_invalid(f"{here}.name", name, names.dns_label(name))
        if name in good:
            errors.duplicate(f"{here}.name", name)
        if len(errors) == before:
            good[name] = volume
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim in created:
            why = "must not reference a PVC that gets created for an ephemeral volume"
            errors.invalid(f"{here}.persistentVolumeClaim.claimName", claim, why)
    return good


def _check_source(errors: Errors, path: str, volume: JsonObject) -> None:
    found = 0
    for key, check in _SOURCES.items():
        source = volume.get(key)
        if source is None:
            continue
        if found:
            errors.forbidden(f"{path}.{_PATHS.get(key, key)}", _MORE_THAN_ONE)
            continue
        found += 1
        check(errors, f"{path}.{key}", source)
    if not found:
        errors.required(path, "must specify a volume type")


def check_persistent_source(errors: Errors, path: str, key: str, source: JsonObject) -> None:
    """A source that volumes of pods and PersistentVolumes share."""
    check = _SOURCES.get(key)
    if check is not None and key != "csi":
        check(errors, path, source)


def _needs(*keys: str) -> Check:
    def check(errors: Errors, path: str, source: JsonObject) -> None:
        for key in keys:
            if not source.get(key):
                errors.required(f"{path}.{key}")

    return check


def _empty_dir(errors: Errors, path: str, source: JsonObject) -> None:
    if source.get("sizeLimit") is not None and quantity.parse(source["sizeLimit"]).unscaled < 0:
        errors.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _host_path(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("path"):
        errors.required(f"{path}.path")
        return
    check_no_backsteps(errors, f"{path}.path", source["path"])
    kind = source.get("type")
    if kind is not None and kind not in _HOST_PATH_TYPES:
        errors.unsupported(f"{path}.type", kind, _HOST_PATH_TYPES)


def _mode(errors: Errors, path: str, mode: int | None) -> None:
    if mode is not None and not 0 <= mode <= 0o777:
        errors.invalid(path, mode, MODE_WRONG)


def _items(errors: Errors, path: str, items: list[JsonObject]) -> None:
    for index, item in enumerate(items):
        here = f"{path}[{index}]"
        for key in ("key", "path"):
            if not item.get(key):
                errors.required(f"{here}.{key}")
        check_local_path(errors, f"{here}.path", item.get("path", ""))
        _mode(errors, f"{here}.mode", item.get("mode"))


def _secret(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("secretName"):
        errors.required(f"{path}.secretName")
    _mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
    _items(errors, f"{path}.items", source.get("items") or [])


def _config_map(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("name"):
        errors.required(f"{path}.name")
    _mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
    _items(errors, f"{path}.items", source.get("items") or [])


def _downward_file(errors: Errors, path: str, item: JsonObject) -> None:
    if not item.get("path"):
        errors.required(f"{path}.path")
    check_local_path(errors, f"{path}.path", item.get("path", ""))
    if item.get("fieldRef") is not None:
        check_volume_field_ref(errors, f"{path}.fieldRef", item["fieldRef"])
        if item.get("resourceFieldRef") is not None:
            errors.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
    elif item.get("resourceFieldRef") is not None:
        check_resource_field(errors, f"{path}.resourceFieldRef", item["resourceFieldRef"], volume=True)
    else:
        errors.required(path, "one of fieldRef and resourceFieldRef is required")
    _mode(errors, f"{path}.mode", item.get("mode"))


def _downward(errors: Errors, path: str, source: JsonObject) -> None:
    _mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
    for item in source.get("items") or ():
        _downward_file(errors, path, item)


def _projected(errors: Errors, path: str, source: JsonObject) -> None:
    _mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
    paths: set[str] = set()

    def claim(at: str, shown: str) -> None:
        if at and at in paths:
            errors.invalid(path, shown, "conflicting duplicate paths")
        paths.add(at)

    for index, projection in enumerate(source.get("sources") or ()):
        here = f"{path}.sources[{index}]"
        for key in ("secret", "configMap"):
            part = projection.get(key)
            if part is not None:
                if not part.get("name"):
                    errors.required(f"{here}.{key}.name")
                _items(errors, f"{here}.{key}.items", part.get("items") or [])
                for item in part.get("items") or ():
                    claim(item.get("path", ""), part.get("name", ""))
        downward = projection.get("downwardAPI")
        if downward is not None:
            for item in downward.get("items") or ():
                _downward_file(errors, f"{here}.downwardAPI", item)
                claim(item.get("path", ""), item.get("path", ""))
        token = projection.get("serviceAccountToken")
        if token is not None:
            _token(errors, path, f"{here}.serviceAccountToken", token)
        if sum(isinstance(part, dict) for part in projection.values()) > 1:
            errors.forbidden(here, "may not specify more than 1 volume type per source")


def _token(errors: Errors, path: str, here: str, token: JsonObject) -> None:
    seconds = token.get("expirationSeconds", 0)
    if seconds < 600:
        errors.invalid(f"{here}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    if seconds > 1 << 32:
        errors.invalid(f"{here}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")
    if not token.get("path"):
        errors.required(f"{path}.path")
    else:
        check_local_path(errors, f"{path}.path", token["path"])


def _nfs(errors: Errors, path: str, source: JsonObject) -> None:
    _needs("server", "path")(errors, path, source)
    if not source.get("path", "").startswith("/"):
        errors.invalid(f"{path}.path", source.get("path", ""), "must be an absolute path")


def check_driver_name(errors: Errors, path: str, name: str) -> None:
    """The name of a CSI driver."""
    if not name:
        errors.required(path)
        return
    if len(name) > 63:
        errors.too_long(path, 63)
    errors.all_invalid(path, name, names.dns_subdomain(name.lower()))


def _csi(errors: Errors, path: str, source: JsonObject) -> None:
    check_driver_name(errors, f"{path}.driver", source.get("driver", ""))
    reference = source.get("nodePublishSecretRef")
    if reference is not None:
        if not reference.get("name"):
            errors.required(f"{path}.nodePublishSecretRef.name")
        else:
            errors.all_invalid(f"{path}.name", reference["name"], names.dns_subdomain(reference["name"]))


def _ephemeral(errors: Errors, path: str, source: JsonObject) -> None:
    template = source.get("volumeClaimTemplate")
    if template is None:
        errors.required(f"{path}.volumeClaimTemplate")
    else:
        check_claim_spec(errors, f"{path}.volumeClaimTemplate.spec", template.get("spec") or {})


def _image(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("reference"):
        errors.required(f"{path}.reference")
    policy = source.get("pullPolicy", "")
    if not policy:
        errors.required(f"{path}.pullPolicy")
    elif policy not in ("Always", "IfNotPresent", "Never"):
        errors.unsupported(f"{path}.pullPolicy", policy, ("Always", "IfNotPresent", "Never"))


_PATHS = {"downwardAPI": "downwarAPI", "cephfs": "cephFS"}
_SOURCES: dict[str, Check] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "gitRepo": _needs("repository"),
    "gcePersistentDisk": _needs("pdName"),
    "awsElasticBlockStore": _needs("volumeID"),
    "secret": _secret,
    "nfs": _nfs,
    "iscsi": _needs("targetPortal", "iqn"),
    "glusterfs": _needs("endpoints", "path"),
    "flocker": _needs(),
    "persistentVolumeClaim": _needs("claimName"),
    "rbd": _needs("monitors", "image"),
    "cinder": _needs("volumeID"),
    "cephfs": _needs("monitors"),
    "quobyte": _needs("registry", "volume"),
    "downwardAPI": _downward,
    "fc": _needs(),
    "flexVolume": _needs("driver"),
    "configMap": _config_map,
    "azureFile": _needs("secretName", "shareName"),
    "vsphereVolume": _needs("volumePath"),
    "photonPersistentDisk": _needs("pdID"),
    "portworxVolume": _needs("volumeID"),
    "azureDisk": _needs("diskName", "diskURI"),
    "storageos": _needs("volumeName"),
    "projected": _projected,
    "scaleIO": _needs("gateway", "system", "volumeName"),
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
