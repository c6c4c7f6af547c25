"""Rules for volume sources that live outside the cluster, as volumes of pods and as PersistentVolumes.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.validate.paths import check_descending_path, check_no_backsteps

Check = Callable[[Errors, str, JsonObject], None]
MORE_THAN_ONE = "may not specify more than 1 volume type"
_HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
_ISCSI_NAMES = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([a-zA-Z0-9-.]+)(:[^,;*&$|\s]+)$", re.ASCII),
    "eui": re.compile(r"eui.[a-zA-Z0-9]{16}$", re.ASCII),
    "naa": re.compile(r"naa.[a-zA-Z0-9]{32}$", re.ASCII),
}
_HOST_PORTS = "must be a host:port pair or multiple pairs separated by commas"
_PARTITION = "must be between 1 and 255, inclusive"
_MANAGED = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"


def needs(*keys: str) -> Check:
    """Each of these fields must be given."""

    def check(errors: Errors, path: str, source: JsonObject) -> None:
        for key in keys:
            if not source.get(key):
                errors.required(f"{path}.{key}")

    return check


def _host_path(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("path"):
        errors.required(f"{path}.path")
        return
    check_no_backsteps(errors, f"{path}.path", source["path"])
    kind = source.get("type")
    if kind is not None and kind not in _HOST_PATH_TYPES:
        errors.unsupported(f"{path}.type", kind, _HOST_PATH_TYPES)


def _git_repo(errors: Errors, path: str, source: JsonObject) -> None:
    needs("repository")(errors, path, source)
    check_descending_path(errors, f"{path}.directory", source.get("directory", ""))


def _disk(key: str) -> Check:
    def check(errors: Errors, path: str, source: JsonObject) -> None:
        needs(key)(errors, path, source)
        if not 0 <= source.get("partition", 0) <= 255:
            errors.invalid(f"{path}.partition", source["partition"], _PARTITION)

    return check


def _nfs(errors: Errors, path: str, source: JsonObject) -> None:
    needs("server", "path")(errors, path, source)
    if not source.get("path", "").startswith("/"):
        errors.invalid(f"{path}.path", source.get("path", ""), "must be an absolute path")


def _iscsi_name(errors: Errors, path: str, text: str, unknown: str) -> None:
    pattern = _ISCSI_NAMES.get(text[:3])
    if pattern is None:
        errors.invalid(path, text, unknown)
    elif not pattern.search(text):
        errors.invalid(path, text, "must be valid format")


def _iscsi(errors: Errors, path: str, source: JsonObject, *, persistent: bool = False) -> None:
    unknown = "must be valid format" if persistent else "must be valid format starting with iqn, eui, or naa"
    needs("targetPortal")(errors, path, source)
    if not source.get("iqn"):
        errors.required(f"{path}.iqn")
    else:
        _iscsi_name(errors, f"{path}.iqn", source["iqn"], unknown)
    if not 0 <= source.get("lun", 0) <= 255:
        errors.invalid(f"{path}.lun", source["lun"], "must be between 0 and 255, inclusive")
    if (source.get("chapAuthDiscovery") or source.get("chapAuthSession")) and source.get("secretRef") is None:
        errors.required(f"{path}.secretRef")
    if persistent and source.get("secretRef") is not None and not source["secretRef"].get("name"):
        errors.required(f"{path}.secretRef.name")
    if source.get("initiatorName") is not None:
        _iscsi_name(errors, f"{path}.initiatorname", source["initiatorName"], unknown)


def _flocker(errors: Errors, path: str, source: JsonObject) -> None:
    name, uuid = source.get("datasetName", ""), source.get("datasetUUID", "")
    if not name and not uuid:
        errors.required(path, "one of datasetName and datasetUUID is required")
    if name and uuid:
        errors.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
    if "/" in name:
        errors.invalid(f"{path}.datasetName", name, "must not contain '/'")


def _quobyte(errors: Errors, path: str, source: JsonObject) -> None:
    registry = source.get("registry", "")
    if not registry:
        errors.required(f"{path}.registry", _HOST_PORTS)
    elif len(source.get("tenant", "")) >= 65:
        errors.required(f"{path}.tenant", "must be a UUID and may not exceed a length of 64 characters")
    else:
        for pair in registry.split(","):
            if not re.fullmatch(r"([^:\[\]]*|\[[^\[\]]*\]):[^:\[\]]*", pair):
                errors.invalid(f"{path}.registry", registry, _HOST_PORTS)
    needs("volume")(errors, path, source)


def _fibre(errors: Errors, path: str, source: JsonObject) -> None:
    names_given, ids, lun = source.get("targetWWNs"), source.get("wwids"), source.get("lun")
    if not names_given and not ids:
        errors.required(f"{path}.targetWWNs", "must specify either targetWWNs or wwids, but not both")
    if names_given and ids:
        errors.invalid(f"{path}.targetWWNs", names_given, "targetWWNs and wwids can not be specified simultaneously")
    if names_given and lun is None:
        errors.required(f"{path}.lun", "lun is required if targetWWNs is specified")
    elif names_given and lun is not None and not 0 <= lun <= 255:
        errors.invalid(f"{path}.lun", lun, "must be between 0 and 255, inclusive")


def _flex(errors: Errors, path: str, source: JsonObject) -> None:
    needs("driver")(errors, path, source)
    for key in source.get("options") or ():
        domain = "." + key.partition("/")[0].lower()
        if domain.endswith((".kubernetes.io", ".k8s.io")):
            errors.invalid(f"{path}.options[{key}]", key, "kubernetes.io and k8s.io namespaces are reserved")


def _azure_disk(errors: Errors, path: str, source: JsonObject) -> None:
    needs("diskName", "diskURI")(errors, path, source)
    caching, kind, uri = source.get("cachingMode"), source.get("kind"), source.get("diskURI", "")
    if caching is not None and caching not in ("None", "ReadOnly", "ReadWrite"):
        errors.unsupported(f"{path}.cachingMode", caching, ("None", "ReadOnly", "ReadWrite"))
    if kind is not None and kind not in ("Dedicated", "Managed", "Shared"):
        errors.unsupported(f"{path}.kind", kind, ("Dedicated", "Managed", "Shared"))
    if kind == "Managed" and not uri.startswith("/subscriptions/"):
        errors.unsupported(f"{path}.diskURI", uri, (_MANAGED,))
    if kind is not None and kind != "Managed" and not uri.startswith("https://"):
        errors.unsupported(f"{path}.diskURI", uri, (_BLOB,))


def _storage_os(errors: Errors, path: str, source: JsonObject) -> None:
    name, namespace = source.get("volumeName", ""), source.get("volumeNamespace", "")
    if not name:
        errors.required(f"{path}.volumeName")
    else:
        errors.all_invalid(f"{path}.volumeName", name, names.dns_label(name))
    if namespace:
        errors.all_invalid(f"{path}.volumeNamespace", namespace, names.dns_label(namespace))
    _named_secret(errors, path, source)


def _named_secret(errors: Errors, path: str, source: JsonObject, *keys: str) -> None:
    reference = source.get("secretRef")
    if reference is not None:
        needs("name", *keys)(errors, f"{path}.secretRef", reference)


def _cinder(errors: Errors, path: str, source: JsonObject) -> None:
    needs("volumeID")(errors, path, source)
    _named_secret(errors, path, source)


SOURCES: dict[str, Check] = {
    "hostPath": _host_path,
    "gitRepo": _git_repo,
    "gcePersistentDisk": _disk("pdName"),
    "awsElasticBlockStore": _disk("volumeID"),
    "nfs": _nfs,
    "iscsi": _iscsi,
    "glusterfs": needs("endpoints", "path"),
    "flocker": _flocker,
    "rbd": needs("monitors", "image"),
    "cinder": _cinder,
    "cephfs": needs("monitors"),
    "quobyte": _quobyte,
    "fc": _fibre,
    "flexVolume": _flex,
    "azureFile": needs("secretName", "shareName"),
    "vsphereVolume": needs("volumePath"),
    "photonPersistentDisk": needs("pdID"),
    "portworxVolume": needs("volumeID"),
    "azureDisk": _azure_disk,
    "storageos": _storage_os,
    "scaleIO": needs("gateway", "system", "volumeName"),
}
"""Of a pod's volume, by the field that names the source."""


def check_driver_name(errors: Errors, path: str, name: str) -> None:
    """The name of a CSI driver."""
    if not name:
        errors.required(path)
        return
    if len(name) > 63:
        errors.too_long(path, 63)
    errors.all_invalid(path, name, names.dns_subdomain(name.lower()))


def _persistent_glusterfs(errors: Errors, path: str, source: JsonObject) -> None:
    needs("endpoints", "path")(errors, path, source)
    namespace = source.get("endpointsNamespace")
    if namespace == "":
        why = "if the endpointnamespace is set, it must be a valid namespace name"
        errors.invalid(f"{path}.endpointsNamespace", namespace, why)
    elif namespace is not None:
        errors.all_invalid(f"{path}.endpointsNamespace", namespace, names.dns_label(namespace))


def _persistent_cinder(errors: Errors, path: str, source: JsonObject) -> None:
    needs("volumeID")(errors, path, source)
    _named_secret(errors, path, source, "namespace")


def _persistent_azure_file(errors: Errors, path: str, source: JsonObject) -> None:
    needs("secretName", "shareName")(errors, path, source)
    if source.get("secretNamespace") == "":
        errors.required(f"{path}.secretNamespace")


def _persistent_storage_os(errors: Errors, path: str, source: JsonObject) -> None:
    _storage_os(errors, path, {**source, "secretRef": None})
    _named_secret(errors, path, source, "namespace")


def _local(errors: Errors, path: str, source: JsonObject) -> None:
    if not source.get("path"):
        errors.required(f"{path}.path")
    else:
        check_no_backsteps(errors, f"{path}.path", source["path"])


def _persistent_csi(errors: Errors, path: str, source: JsonObject) -> None:
    check_driver_name(errors, f"{path}.driver", source.get("driver", ""))
    needs("volumeHandle")(errors, path, source)
    for key in ("controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"):
        reference = source.get(key)
        if reference is None:
            continue
        for field, rule in (("name", names.dns_subdomain), ("namespace", names.dns_label)):
            if not reference.get(field):
                errors.required(f"{path}.{key}.{field}")
            else:
                errors.all_invalid(f"{path}.{key}.{field}", reference[field], rule(reference[field]))


_PERSISTENT: dict[str, Check] = {
    "hostPath": _host_path,
    "gcePersistentDisk": SOURCES["gcePersistentDisk"],
    "awsElasticBlockStore": SOURCES["awsElasticBlockStore"],
    "glusterfs": _persistent_glusterfs,
    "flocker": _flocker,
    "nfs": _nfs,
    "rbd": SOURCES["rbd"],
    "quobyte": _quobyte,
    "cephfs": SOURCES["cephfs"],
    "iscsi": lambda errors, path, source: _iscsi(errors, path, source, persistent=True),
    "cinder": _persistent_cinder,
    "fc": _fibre,
    "flexVolume": _flex,
    "azureFile": _persistent_azure_file,
    "vsphereVolume": SOURCES["vsphereVolume"],
    "photonPersistentDisk": SOURCES["photonPersistentDisk"],
    "portworxVolume": SOURCES["portworxVolume"],
    "azureDisk": _azure_disk,
    "scaleIO": SOURCES["scaleIO"],
    "local": _local,
    "storageos": _persistent_storage_os,
    "csi": _persistent_csi,
}


def check_persistent_sources(errors: Errors, path: str, spec: JsonObject, name: str) -> None:
    """Exactly one source of a PersistentVolume; a flexVolume may come beside another, for the server does not look."""
    found = 0
    for key, check in _PERSISTENT.items():
        source = spec.get(key)
        if source is None:
            continue
        if found and key != "flexVolume":
            errors.forbidden(f"{path}.{'cephFS' if key == 'cephfs' else key}", MORE_THAN_ONE)
            continue
        found += 1
        if key == "iscsi":
            _check_portal(errors, f"{path}.iscsi", source, name)
        check(errors, f"{path}.{'persistentDisk' if key == 'gcePersistentDisk' else key}", source)
        if key == "local" and spec.get("nodeAffinity") is None:
            errors.required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    if not found:
        errors.required(path, "must specify a volume type")


def _check_portal(errors: Errors, path: str, source: JsonObject, name: str) -> None:
    portal = source.get("targetPortal", "")
    if portal and source.get("initiatorName") is not None and len(f"{name}:{portal}") > 64:
        why = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."
        errors.invalid(f"{path}.targetportal", portal, why)
