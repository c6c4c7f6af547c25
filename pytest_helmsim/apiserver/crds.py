"""A CustomResourceDefinition as what it serves: one resource per version, with its schema, scale and status paths, printer columns.

Source: k8s.io/apiextensions-apiserver pkg/apiserver/customresource_handler.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.schema import openapi
from pytest_helmsim.schema.model import Schema

VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


@dataclass(frozen=True, slots=True)
class CustomVersion:
    """One served version of a custom resource. `scale` is the declared subresource (its three paths) or None."""

    resource: Resource
    schema: Schema
    storage_version: str
    uid: str
    scale: JsonObject | None = None
    columns: tuple[JsonObject, ...] = ()
    selectable: tuple[str, ...] = ()
    preserve_unknown: bool = False
    deprecation: str = ""
    """Text of the warning that every request to this version carries."""
    raw: JsonObject = field(default_factory=dict)
    list_kind: str = ""


def served_versions(crd: JsonObject, meta: Schema | None = None) -> list[CustomVersion]:
    """Of an established definition (or one whose names nobody else took), the versions with `served: true`."""
    spec = crd["spec"]
    if any(c.get("type") == "NamesAccepted" and c.get("status") == "False" for c in (crd.get("status") or {}).get("conditions") or ()):
        return []
    names, group, versions = spec["names"], spec["group"], spec.get("versions") or ()
    storage = next((version["name"] for version in versions if version.get("storage")), "")
    result = []
    for version in versions:
        if not version.get("served"):
            continue
        declared = version.get("subresources") or {}
        gvk = GroupVersionKind(group, version["name"], names["kind"])
        resource = Resource(
            gvk,
            names["plural"],
            spec.get("scope") == "Namespaced",
            names.get("singular") or names["kind"].lower(),
            tuple(names.get("shortNames") or ()),
            tuple(names.get("categories") or ()),
            VERBS,
            tuple(name for name in ("status", "scale") if name in declared),
        )
        warning = ""
        if version.get("deprecated"):
            warning = version.get("deprecationWarning") or f"{group}/{version['name']} {names['kind']} is deprecated"
        result.append(
            CustomVersion(
                resource,
                openapi.from_crd(crd, version["name"], meta) or Schema("object", preserve_unknown=True),
                storage,
                crd["metadata"].get("uid", ""),
                declared.get("scale"),
                tuple(version.get("additionalPrinterColumns") or ()),
                tuple(entry["jsonPath"] for entry in version.get("selectableFields") or ()),
                bool(spec.get("preserveUnknownFields")),
                warning,
                version,
                names.get("listKind") or f"{names['kind']}List",
            )
        )
    return result
