"""What the server serves now: the built-in resources of its Kubernetes version and those that CustomResourceDefinitions add."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, partial

from pytest_helmsim.apiserver import crds, strategies
from pytest_helmsim.apiserver.store import Store, StoreKey
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.schema.catalog import Catalog
from pytest_helmsim.schema.model import Schema

NOT_SIMULATED = (
    "APIService: stored; requests are not passed on to an extension server",
    "API priority and fairness: FlowSchemas are stored; no request waits or is turned away",
    "conversion webhooks of CustomResourceDefinitions: not called; objects only change their `apiVersion`",
)
CRD_KEY = StoreKey("apiextensions.k8s.io", "customresourcedefinitions")
_SHARED_STORAGE = {StoreKey("events.k8s.io", "events"): StoreKey("", "events")}
"""Resources whose objects are the same ones under two groups."""
_PREFERRED_STORAGE = {StoreKey("autoscaling", "horizontalpodautoscalers"): "v2"}
_NOT_PERSISTED = frozenset(
    {
        "bindings", "tokenreviews", "localsubjectaccessreviews", "selfsubjectaccessreviews",
        "selfsubjectrulesreviews", "subjectaccessreviews", "selfsubjectreviews",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Served:
    """One resource in one version, with everything that is known about it."""

    resource: Resource
    find_schema: Callable[[], Schema | None]
    key: StoreKey
    stored: GroupVersionKind
    strategy: strategies.Strategy
    custom: crds.CustomVersion | None = None
    schema_of: Callable[[str], Schema | None] | None = None
    """Of a custom kind: what the fields of any of its versions mean, served or not; None for a version that there is not."""
    views: dict[int, tuple[JsonObject, JsonObject]] = field(default_factory=dict, compare=False, repr=False)
    """Of a custom kind: stored objects with what readers of this version see (`conversion`)."""

    @property
    def schema(self) -> Schema | None:
        """What its fields mean; of a built-in kind worked out when first asked for."""
        return self.find_schema()

    @property
    def gvk(self) -> GroupVersionKind:
        """The kind in the version that is asked for."""
        return self.resource.gvk

    @property
    def plural(self) -> str:
        """`deployments`."""
        return self.resource.plural

    @property
    def group(self) -> str:
        """`apps`."""
        return self.resource.gvk.group

    @property
    def namespaced(self) -> bool:
        """Whether objects live in namespaces."""
        return self.resource.namespaced

    @property
    def persisted(self) -> bool:
        """False for resources that only answer, such as TokenReview."""
        return self.custom is not None or self.plural not in _NOT_PERSISTED


class Registry:
    """Looks resources up by path and by kind. Built-in entries are made once per version, custom ones after each change of a CRD."""

    def __init__(self, catalog: Catalog, store: Store) -> None:
        self.catalog = catalog
        self._store = store
        self._built_in = _builtin_entries(catalog)
        self._custom: dict[tuple[str, str, str], Served] = {}
        self._schemas: dict[tuple[str, str], tuple[tuple[str, int], Schema]] = {}
        self._revision = -1
        self._versions: dict[StoreKey, tuple[Served, ...]] = {}
        self._by_kind = {entry.gvk: entry for entry in self._built_in.values()}
        self._custom_by_kind: dict[GroupVersionKind, Served] = {}

    def invalidate(self) -> None:
        """A CustomResourceDefinition has changed."""
        self._revision = -1
        self._versions = {}

    def find(self, group: str, version: str, plural: str) -> Served | None:
        """By the parts of a URL."""
        return self._built_in.get((group, version, plural)) or self._customs().get((group, version, plural))

    def of_kind(self, gvk: GroupVersionKind) -> Served | None:
        """By kind."""
        found = self._by_kind.get(gvk)
        if found is None:
            self._customs()
            found = self._custom_by_kind.get(gvk)
        return found

    def storage_of(self, key: StoreKey) -> Served | None:
        """The entry of the version that the resource is stored in."""
        return next((entry for entry in self.versions_of(key) if entry.gvk == entry.stored), None)

    def versions_of(self, key: StoreKey) -> tuple[Served, ...]:
        """Every served version of a resource."""
        found = self._versions.get(key)
        if found is None:
            found = self._versions[key] = tuple(entry for entry in self.all() if entry.key == key)
        return found

    def all(self) -> Iterable[Served]:
        """Everything that is served, in the order of discovery."""
        yield from self._built_in.values()
        yield from self._customs().values()

    def _schema_of(self, definition: JsonObject, version: str) -> Schema | None:
        """Built when first asked for, and kept while the definition's spec is the same; None for a version that there is not."""
        if all(entry["name"] != version for entry in definition["spec"]["versions"]):
            return None
        meta = definition["metadata"]
        key = (meta["name"], version)
        mark = (meta.get("uid"), meta.get("generation"))
        known = self._schemas.get(key)
        if known is None or known[0] != mark:
            known = self._schemas[key] = mark, crds.schema_of(definition, version, self.catalog.meta)
        return known[1]

    def _customs(self) -> dict[tuple[str, str, str], Served]:
        if self._revision < 0:
            self._custom = {}
            for _, _, record in self._store.records(CRD_KEY):
                for version in crds.served_versions(record.obj):
                    resource = version.resource
                    gvk = resource.gvk
                    self._custom[gvk.group, gvk.version, resource.plural] = Served(
                        resource,
                        partial(self._schema_of, record.obj, gvk.version),
                        StoreKey(gvk.group, resource.plural),
                        GroupVersionKind(gvk.group, version.storage_version, gvk.kind),
                        strategies.CustomResource(resource),
                        version,
                        partial(self._schema_of, record.obj),
                    )
            self._custom_by_kind = {entry.gvk: entry for entry in self._custom.values()}
            self._revision = self._store.revision
            self._versions = {}
        return self._custom


@cache
def _builtin_entries(catalog: Catalog) -> dict[tuple[str, str, str], Served]:
    resources = catalog.resources()
    stored: dict[StoreKey, str] = {}
    for resource in resources:
        key = StoreKey(resource.gvk.group, resource.plural)
        if key not in stored or _rank(resource.gvk.version) < _rank(stored[key]):
            stored[key] = resource.gvk.version
    for key, version in _PREFERRED_STORAGE.items():
        if any((r.gvk.group, r.plural, r.gvk.version) == (*key, version) for r in resources):
            stored[key] = version
    entries: dict[tuple[str, str, str], Served] = {}
    for resource in resources:
        gvk = resource.gvk
        own = StoreKey(gvk.group, resource.plural)
        key = _SHARED_STORAGE.get(own, own)
        storage = GroupVersionKind(key.group, stored.get(key, gvk.version), gvk.kind)
        strategy = strategies.for_resource(resource)
        entries[gvk.group, gvk.version, resource.plural] = Served(resource, partial(catalog.schema, gvk), key, storage, strategy)
    return entries


def _rank(version: str) -> tuple[int, str]:
    """Stable versions before beta before alpha, the later beta first."""
    if "beta" in version:
        return 1, str(9 - int(version[-1]))
    return (2 if "alpha" in version else 0, version)
