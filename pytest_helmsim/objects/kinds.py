"""Names of kinds, resources and objects: how the API addresses things.

Source of the terms: k8s.io/apimachinery pkg/runtime/schema and pkg/apis/meta/v1 (APIResource).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pytest_helmsim.objects.json import JsonObject


class GroupVersionKind(NamedTuple):
    """`apps`, `v1`, `Deployment`; the core group is the empty string."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @classmethod
    def of(cls, api_version: str, kind: str) -> GroupVersionKind:
        """From the two strings that stand in every object."""
        group, _, version = api_version.rpartition("/")
        return cls(group, version, kind)

    @classmethod
    def of_object(cls, obj: JsonObject) -> GroupVersionKind:
        """Of an object; a missing apiVersion or kind counts as the empty string."""
        return cls.of(obj.get("apiVersion") or "", obj.get("kind") or "")

    def __str__(self) -> str:
        """As Go prints it: `apps/v1, Kind=Deployment`, `/v1, Kind=ConfigMap`."""
        return f"{self.group}/{self.version}, Kind={self.kind}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One served resource: where its URLs are and what it can do (an APIResource of discovery)."""

    gvk: GroupVersionKind
    plural: str
    namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
    subresources: tuple[str, ...] = ()

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """URL path: of the collection without a name, over all namespaces without a namespace."""
        group, version, _ = self.gvk
        parts = ["/apis", group, version] if group else ["/api", version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


class ObjectKey(NamedTuple):
    """Identity of an object across API versions; cluster-scoped objects have an empty namespace."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """`Deployment/web`; with `.group` only where two groups could be meant is the caller's choice."""
        return f"{self.kind}/{self.name}"
