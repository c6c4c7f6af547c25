"""Where every object is, who owns whom, and what lies in a namespace: what the garbage collector and namespaces ask.

Kept up to date by store events, so that no controller has to list all kinds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import DEFINITION
from pytest_helmsim.apiserver.loopback import Api, StoreEvent
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.catalog import Catalog


class Place(NamedTuple):
    """Where an object is stored."""

    gvk: GroupVersionKind
    namespace: str
    name: str


class ObjectIndex:
    """Objects by uid, dependents by their owners' uids, uids by namespace."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._owners: dict[str, tuple[str, ...]] = {}
        self._dependents: dict[str, dict[str, None]] = {}
        self._namespaces: dict[str, dict[str, None]] = {}

    def fill(self, api: Api) -> None:
        """From a store that holds objects already."""
        gvks: dict[tuple[str, str], GroupVersionKind] = {}
        for resource in Catalog.for_version(api.version).resources():
            gvks.setdefault((resource.gvk.group, resource.gvk.kind), resource.gvk)
        for definition in api.list(DEFINITION):
            spec = definition["spec"]
            served = next((item["name"] for item in spec["versions"] if item.get("served")), None)
            if served:
                gvks[spec["group"], spec["names"]["kind"]] = GroupVersionKind(spec["group"], served, spec["names"]["kind"])
        for gvk in gvks.values():
            for obj in api.list(gvk):
                self._add(gvk, obj)

    def take(self, other: ObjectIndex) -> None:
        """All that another index knows; the two then go their own ways."""
        self._places = dict(other._places)
        self._owners = dict(other._owners)
        self._dependents = {uid: dict(found) for uid, found in other._dependents.items() if found}
        self._namespaces = {name: dict(found) for name, found in other._namespaces.items()}

    def clear(self) -> None:
        """Forget everything."""
        self.take(ObjectIndex())

    def note(self, event: StoreEvent) -> None:
        """One committed change."""
        if event.type == "DELETED":
            self._drop(common.uid_of(event.new))
        else:
            self._add(event.gvk, event.new)

    def place(self, uid: str) -> Place | None:
        """Where the object with that uid is; None when there is none."""
        return self._places.get(uid)

    def dependents(self, uid: str) -> list[str]:
        """The uids of objects that name this one as an owner, in the order they came."""
        return list(self._dependents.get(uid, ()))

    def owned_places(self, uid: str, gvk: GroupVersionKind) -> list[Place]:
        """Where the objects of that kind are that name this one as an owner."""
        places = [self._places[found] for found in self._dependents.get(uid, ()) if found in self._places]
        return [place for place in places if place.gvk.kind == gvk.kind and place.gvk.group == gvk.group]

    def owned(self) -> list[str]:
        """The uids of everything that names an owner."""
        return [uid for uid, owners in self._owners.items() if owners]

    def in_namespace(self, namespace: str) -> Iterable[Place]:
        """Everything in a namespace, in the order it came."""
        return [self._places[uid] for uid in self._namespaces.get(namespace, ())]

    def _add(self, gvk: GroupVersionKind, obj: JsonObject) -> None:
        uid = common.uid_of(obj)
        if not uid:
            return
        owners = tuple(reference.get("uid") or "" for reference in obj["metadata"].get("ownerReferences") or ())
        if uid not in self._places:
            namespace = common.namespace_of(obj)
            self._places[uid] = Place(gvk, namespace, common.name_of(obj))
            if namespace:
                self._namespaces.setdefault(namespace, {})[uid] = None
        before = self._owners.get(uid, ())
        if owners != before:
            for owner in before:
                self._dependents.get(owner, {}).pop(uid, None)
            for owner in owners:
                self._dependents.setdefault(owner, {})[uid] = None
            self._owners[uid] = owners

    def _drop(self, uid: str) -> None:
        place = self._places.pop(uid, None)
        if place is None:
            return
        for owner in self._owners.pop(uid, ()):
            self._dependents.get(owner, {}).pop(uid, None)
        self._namespaces.get(place.namespace, {}).pop(uid, None)
