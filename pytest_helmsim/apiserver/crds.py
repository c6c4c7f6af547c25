"""A CustomResourceDefinition as what it serves: one resource per version, with its schema, scale and status paths, printer columns.

Source: k8s.io/apiextensions-apiserver pkg/apiserver/customresource_handler.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def _deprecation(group: str, kind: str, name: str, versions: Sequence[JsonObject]) -> str:
    """What is said where the definition says nothing: with the newest version to use instead, if one is newer."""
    newer = [each["name"] for each in versions if each.get("served") and not each.get("deprecated") and _age(each["name"]) < _age(name)]
    better = f"; use {group}/{min(newer, key=_age)} {kind}" if newer else ""
    return f"{group}/{name} {kind} is deprecated{better}"


def _age(name: str) -> tuple[int, int, int, str]:
    """Sorts versions as Kubernetes ranks them: stable, beta, alpha, each by number from the newest, then all other names."""
    found = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", name)
    if found is None:
        return 3, 0, 0, name
    return {"": 0, "beta": 1, "alpha": 2}[found[2] or ""], -int(found[1]), -int(found[3] or 0), ""


def schema_of(crd: JsonObject, version: str, meta: Schema | None = None) -> Schema:
    """What the fields of a version mean; `meta`: the schema of ObjectMeta."""
    return openapi.from_crd(crd, version, meta) or Schema("object", preserve_unknown=True)


def served_versions(crd: JsonObject) -> list[CustomVersion]:
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
            warning = version.get("deprecationWarning") or _deprecation(group, names["kind"], version["name"], versions)
        result.append(
            CustomVersion(
                resource,
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
