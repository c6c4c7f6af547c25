"""Rules for the volumes of a pod; sources that live outside the cluster are in `volume_sources`.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go (ValidateVolumes, validateVolumeSource).
"""

from __future__ import annotations

from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.claims import check_claim_spec
from pytest_helmsim.schema.validate.containers import check_pull_policy
from pytest_helmsim.schema.validate.environment import check_resource_field, check_volume_field_ref
from pytest_helmsim.schema.validate.metadata import check_annotations, check_labels
from pytest_helmsim.schema.validate.paths import check_local_path, check_mode
from pytest_helmsim.schema.validate.volume_sources import MORE_THAN_ONE, SOURCES, Check, check_driver_name

_NOT_IN_TEMPLATES = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip
_LONG_ISCSI = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."


def check_volumes(
    errors: Errors, path: str, volumes: list[JsonObject], pod_name: str = "", *, is_pod: bool = False
) -> dict[str, JsonObject]:
    """The good volumes by name: mounts may refer to those only."""
    good: dict[str, JsonObject] = {}
    created = {f"{pod_name}-{volume.get('name', '')}" for volume in volumes if pod_name and volume.get("ephemeral") is not None}
    for index, volume in enumerate(volumes):
        here = f"{path}[{index}]"
        before = len(errors)
        name = volume.get("name", "")
        _check_source(errors, here, volume, name, pod_name, is_pod)
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


def _check_source(errors: Errors, path: str, volume: JsonObject, name: str, pod_name: str, is_pod: bool) -> None:
    found = 0
    for key, check in _SOURCES.items():
        source = volume.get(key)
        if source is None:
            continue
        if found:
            errors.forbidden(f"{path}.{_PATHS.get(key, key)}", MORE_THAN_ONE)
        else:
            check(errors, f"{path}.{_OWN_PATHS.get(key, key)}", source)
            if key == "ephemeral" and pod_name and name:
                claim = f"{pod_name}-{name}"
                errors.all_invalid(f"{path}.name", name, (f'PVC name "{claim}": {why}' for why in names.dns_subdomain(claim)))
            if key == "image" and is_pod and not source.get("reference"):
                errors.required(f"{path}.image.reference")
            if key == "image":
                check_pull_policy(errors, f"{path}.image.pullPolicy", source.get("pullPolicy", ""))
        found += 1
        if key == "iscsi" and source.get("initiatorName") is not None and len(f"{name}:{source.get('targetPortal', '')}") > 64:
            errors.invalid(f"{path}.name", name, _LONG_ISCSI)
    if not found:
        errors.required(path, "must specify a volume type")


def _empty_dir(errors: Errors, path: str, source: JsonObject) -> None:
    if source.get("sizeLimit") is not None and quantity.parse(source["sizeLimit"]).unscaled < 0:
        errors.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _items(errors: Errors, path: str, items: list[JsonObject]) -> None:
    for index, item in enumerate(items):
        here = f"{path}[{index}]"
        for key in ("key", "path"):
            if not item.get(key):
                errors.required(f"{here}.{key}")
        check_local_path(errors, f"{here}.path", item.get("path", ""))
        check_mode(errors, f"{here}.mode", item.get("mode"))


def _secret(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("secretName"):
        errors.required(f"{path}.secretName")
    check_mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
    _items(errors, f"{path}.items", source.get("items") or [])


def _config_map(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("name"):
        errors.required(f"{path}.name")
    check_mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
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
    check_mode(errors, f"{path}.mode", item.get("mode"))


def _downward(errors: Errors, path: str, source: JsonObject) -> None:
    check_mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
    for item in source.get("items") or ():
        _downward_file(errors, path, item)


def _projected(errors: Errors, path: str, source: JsonObject) -> None:
    check_mode(errors, f"{path}.defaultMode", source.get("defaultMode"))
    paths: set[str] = set()

    def claim(at: str, shown: str) -> None:
        if at and at in paths:
            errors.invalid(path, shown, "conflicting duplicate paths")
        paths.add(at)

    for index, projection in enumerate(source.get("sources") or ()):
        here = f"{path}.sources[{index}]"
        for key in ("secret", "configMap"):
            part = projection.get(key)
            if part is None:
                continue
            if not part.get("name"):
                errors.required(f"{here}.{key}.name")
            for position, item in enumerate(part.get("items") or ()):
                _item_at(errors, f"{here}.{key}.items[{position}]", item)
                claim(item.get("path", ""), part.get("name", ""))
        for item in (projection.get("downwardAPI") or {}).get("items") or ():
            _downward_file(errors, f"{here}.downwardAPI", item)
            claim(item.get("path", ""), item.get("path", ""))
        token = projection.get("serviceAccountToken")
        if token is not None:
            _token(errors, path, f"{here}.serviceAccountToken", token)
        if sum(isinstance(part, dict) for part in projection.values()) > 1:
            errors.forbidden(here, "may not specify more than 1 volume type per source")


def _item_at(errors: Errors, path: str, item: JsonObject) -> None:
    for key in ("key", "path"):
        if not item.get(key):
            errors.required(f"{path}.{key}")
    check_local_path(errors, f"{path}.path", item.get("path", ""))
    check_mode(errors, f"{path}.mode", item.get("mode"))


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
        return
    here, meta = f"{path}.volumeClaimTemplate", template.get("metadata") or {}
    check_annotations(errors, f"{here}.metadata.annotations", meta.get("annotations"))
    check_labels(errors, f"{here}.metadata.labels", meta.get("labels"))
    for key in _NOT_IN_TEMPLATES:
        if meta.get(key):
            errors.forbidden(f"{here}.metadata.{key}", "cannot be set")
    check_claim_spec(errors, f"{here}.spec", template.get("spec") or {})


def _nothing(errors: Errors, path: str, source: JsonObject) -> None:
    """Judged where more of the volume is known."""


_PATHS = {"downwardAPI": "downwarAPI", "cephfs": "cephFS"}
_OWN_PATHS = {"gcePersistentDisk": "persistentDisk"}
_HERE: dict[str, Check] = {
    "emptyDir": _empty_dir,
    "secret": _secret,
    "persistentVolumeClaim": lambda errors, path, source: None if source.get("claimName") else errors.required(f"{path}.claimName"),
    "downwardAPI": _downward,
    "configMap": _config_map,
    "projected": _projected,
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _nothing,
}
_ORDER = (
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs", "flocker",
    "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume", "configMap", "azureFile",
    "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO", "csi", "ephemeral",
    "image",
)  # fmt: skip
_SOURCES: dict[str, Check] = {key: _HERE[key] if key in _HERE else SOURCES[key] for key in _ORDER}
