"""Kind to resource by discovery: which URL a kind has on this cluster, looked up per group version and remembered.

An unknown kind is looked up afresh once, as Helm's deferred mapper does, since a CustomResourceDefinition may have come.
Source: k8s.io/client-go restmapper/discovery.go, k8s.io/cli-runtime pkg/resource/mapper.go (the words).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.objects.status import ApiError, NotFound

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
AGGREGATED_KIND = "APIGroupDiscoveryList"
ROOTS = ("/api", "/apis")


class NoKindMatch(HelmsimError):
    """The cluster does not serve this kind; the words are those of Go's mapper."""

    def __init__(self, gvk: GroupVersionKind) -> None:
        super().__init__(f'no matches for kind "{gvk.kind}" in version "{gvk.api_version}"')
        self.gvk = gvk


class UnknownResource(HelmsimError):
    """No kind, plural or short name of this text."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """All that a cluster serves: group versions in its order of preference, and every resource."""

    group_versions: tuple[str, ...]
    resources: tuple[Resource, ...]
    kinds: frozenset[str]
    """`apps/v1/Deployment`, and under their parents' group version the kinds of subresources: `apps/v1/Scale`."""


class ResourceMap:
    """The lookup, over a function that GETs a path (with an Accept header) and returns JSON."""

    def __init__(self, get: Callable[[str, str], Any]) -> None:
        self._get = get
        self._versions: dict[str, dict[str, Resource]] = {}
        self._all: Discovered | None = None
        self._sub_kinds: set[str] = set()
        self._read: tuple[dict[str, JsonObject], Discovered] | None = None

    def invalidate(self) -> None:
        """Forget everything: after CRDs came or went. Answers that turn out to be the same again are not read twice."""
        self._versions.clear()
        self._sub_kinds.clear()
        self._all = None

    def find(self, gvk: GroupVersionKind) -> Resource:
        """The resource of a kind; raise `NoKindMatch` for what is not served, and for an empty kind."""
        known = self._versions.get(gvk.api_version)
        if known is not None and gvk.kind in known:
            return known[gvk.kind]
        self._versions[gvk.api_version] = known = self._fetch(gvk.api_version)
        if gvk.kind not in known:
            raise NoKindMatch(gvk)
        return known[gvk.kind]

    def serves(self, api_version: str) -> bool:
        """Whether the server knows the group version, by what was looked up last."""
        return bool(self._versions.get(api_version))

    def named(self, text: str) -> Resource:
        """By kind, plural, singular or short name in any case, with `.group` where two could be meant: `deploy`, `ing.networking.k8s.io`.

        Raise `UnknownResource` as kubectl words it.
        """
        known = self._all is not None
        found = self._named(text)
        if found is None and known:
            self.invalidate()
            found = self._named(text)
        if found is not None:
            return found
        raise UnknownResource(f'the server doesn\'t have a resource type "{text}"')

    def _named(self, text: str) -> Resource | None:
        name, _, group = text.partition(".")
        lower = name.lower()
        for resource in self.discover().resources:
            names = (resource.gvk.kind.lower(), resource.plural, resource.singular, *resource.short_names)
            if lower in names and (not group or group in (resource.gvk.group, f"{resource.gvk.version}.{resource.gvk.group}")):
                return resource
        return None

    def discover(self) -> Discovered:
        """Everything, in two requests where the server aggregates its discovery, else one per group version."""
        if self._all is None:
            answers = {path: self._get(path, AGGREGATED) for path in ROOTS}
            read = self._read
            if read is None or read[0] != answers:
                read = (answers, self._understood(answers))
                if all(answer.get("kind") == AGGREGATED_KIND for answer in answers.values()):
                    self._read = read
            found = read[1]
            for version in found.group_versions:
                self._versions[version] = {}
            for resource in found.resources:
                self._versions[resource.gvk.api_version].setdefault(resource.gvk.kind, resource)
            self._all = found
        return self._all

    def _understood(self, answers: Mapping[str, JsonObject]) -> Discovered:
        versions: list[str] = []
        found: list[Resource] = []
        for path, answer in answers.items():
            self._discover_root(path, answer, versions, found)
        kinds = {f"{resource.gvk.api_version}/{resource.gvk.kind}" for resource in found} | self._sub_kinds
        return Discovered(tuple(versions), tuple(found), frozenset(kinds))

    def _discover_root(self, path: str, answer: JsonObject, versions: list[str], found: list[Resource]) -> None:
        if answer.get("kind") == AGGREGATED_KIND:
            for item in answer.get("items") or []:
                group = (item.get("metadata") or {}).get("name") or ""
                for version in item.get("versions") or []:
                    name = f"{group}/{version['version']}" if group else version["version"]
                    versions.append(name)
                    if version.get("freshness") != "Stale":
                        found += _aggregated(group, version)
                        children = [child for entry in version.get("resources") or [] for child in entry.get("subresources") or []]
                        self._sub_kinds |= {f"{name}/{(child.get('responseKind') or {}).get('kind')}" for child in children}
            return
        names = (
            answer.get("versions") or []
            if path == "/api"
            else [v["groupVersion"] for g in answer.get("groups") or [] for v in g["versions"]]
        )
        for name in names:
            versions.append(name)
            found += self._fetch(name).values()

    def _fetch(self, api_version: str) -> dict[str, Resource]:
        """The kinds of one group version; none when the server does not know it."""
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if not api_version:
            return {}
        try:
            answer = self._get(path, "application/json")
        except NotFound:
            return {}
        except ApiError as error:
            if error.code in (403, 503):
                return {}
            raise
        entries = answer.get("resources") or []
        self._sub_kinds |= {f"{api_version}/{entry['kind']}" for entry in entries if "/" in entry["name"]}
        result: dict[str, Resource] = {}
        for resource in _listed(api_version, entries):
            result.setdefault(resource.gvk.kind, resource)
        return result


def _listed(api_version: str, entries: Iterable[JsonObject]) -> list[Resource]:
    """From an APIResourceList; `a/b` entries are subresources of `a`."""
    entries = list(entries)
    children: dict[str, list[str]] = {}
    for entry in entries:
        name, slash, child = entry["name"].partition("/")
        if slash:
            children.setdefault(name, []).append(child)
    return [
        _resource(GroupVersionKind.of(api_version, entry["kind"]), bool(entry.get("namespaced")), entry, children.get(entry["name"], []))
        for entry in entries
        if "/" not in entry["name"]
    ]


def _aggregated(group: str, version: JsonObject) -> list[Resource]:
    """From one version of an APIGroupDiscovery."""
    result = []
    for entry in version.get("resources") or []:
        kind = entry.get("responseKind") or {}
        gvk = GroupVersionKind(kind.get("group") or group, kind.get("version") or version["version"], kind.get("kind") or "")
        children = [child["subresource"] for child in entry.get("subresources") or []]
        entry = {**entry, "name": entry["resource"], "singularName": entry.get("singularResource")}
        result.append(_resource(gvk, entry.get("scope") == "Namespaced", entry, children))
    return result


def _resource(gvk: GroupVersionKind, namespaced: bool, entry: JsonObject, subresources: list[str]) -> Resource:
    return Resource(
        gvk=gvk,
        plural=entry["name"],
        namespaced=namespaced,
        singular=entry.get("singularName") or "",
        short_names=tuple(entry.get("shortNames") or ()),
        categories=tuple(entry.get("categories") or ()),
        verbs=tuple(entry.get("verbs") or ()),
        subresources=tuple(subresources),
    )
