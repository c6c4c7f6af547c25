"""What one Kubernetes version serves: its resources, and the schema of each kind.

`Catalog.for_version` is cached and shared; schemas are built per kind when first asked for.
Data: `data/<version>.json.z`, made by tools/generate_schemas.py.
"""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources as package_files
from typing import Any

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import loads
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.openapi import OBJECT_META, Definitions

APPROXIMATE = (
    "Kubernetes before 1.36: its OpenAPI's resources and fields; rules, defaults and words of 1.36 with tables of what came later",
    "Kubernetes 1.37: its OpenAPI and default roles with the rules and defaults of 1.36",
)
SUPPORTED = ("1.28", "1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
DEFAULT = "1.36"
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class UnknownKubernetesVersion(HelmsimError):
    """A Kubernetes version that we have no data for."""


@dataclass(frozen=True, slots=True, order=True)
class KubernetesVersion:
    """`KubernetesVersion(1, 36, "v1.36.3")`; compares by number."""

    major: int
    minor: int
    git_version: str

    @property
    def short(self) -> str:
        """`1.36`."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return self.git_version


@dataclass(frozen=True, slots=True)
class Subresource:
    """One subresource: its name, the kind it speaks (`autoscaling/v1 Scale` under a Deployment), its verbs."""

    name: str
    gvk: GroupVersionKind
    verbs: tuple[str, ...]
    own_group: bool = True
    """False where discovery names group and version beside the kind (Scale, Eviction, TokenRequest)."""


class Catalog:
    """The kinds of one Kubernetes version, in the order of its discovery."""

    def __init__(self, version: str) -> None:
        raw = (package_files.files("pytest_helmsim.schema") / "data" / f"{version}.json.z").read_bytes()
        self._data: dict[str, Any] = loads(zlib.decompress(raw))
        major, minor = version.split(".")
        self.version = KubernetesVersion(int(major), int(minor), self._data["version"])
        self._definitions = Definitions(self._data["definitions"])
        self._kinds: dict[str, str] = self._data["kinds"]
        self._schemas: dict[GroupVersionKind, Schema | None] = {}
        self._building = threading.Lock()

    @staticmethod
    @lru_cache(maxsize=64)
    def for_version(version: str = DEFAULT) -> Catalog:
        """`1.36`, `v1.36`, `1.36.3` and `v1.36.3` mean the same; raise `UnknownKubernetesVersion` for others than 1.28 to 1.37."""
        short = ".".join(version.removeprefix("v").split(".")[:2])
        if short not in SUPPORTED:
            raise UnknownKubernetesVersion(f"Kubernetes version {version!r} is not known; choose one of {', '.join(SUPPORTED)}")
        return _load(short)

    def resources(self) -> tuple[Resource, ...]:
        """Every built-in resource that is served by default."""
        return self._resources

    def resource(self, gvk: GroupVersionKind) -> Resource | None:
        """The resource of a kind, None when this version does not serve it."""
        return self._by_kind.get(gvk)

    def resource_for(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource behind a URL's group, version and plural name."""
        return self._by_plural.get((group, version, plural))

    resource_for_path = resource_for

    def schema(self, gvk: GroupVersionKind) -> Schema | None:
        """What the fields of a built-in kind mean, also of the kinds of subresources (Scale, Eviction, TokenRequest)."""
        try:
            return self._schemas[gvk]
        except KeyError:
            name = self._kinds.get(f"{gvk.api_version} {gvk.kind}")
            found = self._schemas[gvk] = self._built(name) if name else None
            return found

    def _built(self, name: str) -> Schema:
        """One thread builds, so that nobody sees half a schema."""
        with self._building:
            return self._definitions.get(name)

    def definition(self, name: str) -> Schema | None:
        """A schema by its published name, such as `io.k8s.api.core.v1.PodSpec`."""
        return self._built(name) if name in self._data["definitions"] else None

    @property
    def meta(self) -> Schema:
        """The schema of `metadata`."""
        return self._built(OBJECT_META)

    def subresources(self, gvk: GroupVersionKind) -> tuple[Subresource, ...]:
        """The subresources of a kind, by name."""
        return self._subresources.get(gvk, ())

    @cached_property
    def _resources(self) -> tuple[Resource, ...]:
        return tuple(
            Resource(
                GroupVersionKind.of(row["in"], row["kind"]),
                row["plural"],
                row["namespaced"],
                row["singular"],
                tuple(row.get("short", ())),
                tuple(row.get("categories", ())),
                tuple(row.get("verbs", _VERBS)),
                tuple(row.get("subresources", ())),
            )
            for row in self._data["resources"]
        )

    @cached_property
    def _by_kind(self) -> dict[GroupVersionKind, Resource]:
        return {resource.gvk: resource for resource in self._resources}

    @cached_property
    def _by_plural(self) -> dict[tuple[str, str, str], Resource]:
        return {(r.gvk.group, r.gvk.version, r.plural): r for r in self._resources}

    @cached_property
    def _subresources(self) -> dict[GroupVersionKind, tuple[Subresource, ...]]:
        found = {}
        for row in self._data["resources"]:
            own = row["in"]
            found[GroupVersionKind.of(own, row["kind"])] = tuple(
                Subresource(name, GroupVersionKind.of(where or own, kind), tuple(verbs), not where)
                for name, (kind, where, verbs) in row.get("subresources", {}).items()
            )
        return found


@cache
def _load(version: str) -> Catalog:
    return Catalog(version)
