"""The garbage collector: what has no owner left goes, and deletion in the foreground or of orphans is carried out.

Source: k8s.io/kubernetes pkg/controller/garbagecollector/garbagecollector.go (attemptToDeleteItem, orphanDependents)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import MANAGER, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import Propagation, StoreEvent
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import NotFound

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
_IGNORED = frozenset({("", "Event"), ("events.k8s.io", "Event")})


class Garbage(Reconciler):
    """Works on uids: a key's `name` is the uid of an object that may have to go."""

    name, alias = "garbage-collector-controller", "garbagecollector"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.EVERY_KIND: self._concerned}

    def initial(self) -> Iterable[Key]:
        return [Key("", uid) for uid in self.world.index.owned()]

    def _concerned(self, event: StoreEvent) -> Iterable[Key]:
        if (event.gvk.group, event.gvk.kind) in _IGNORED:
            return ()
        uid = common.uid_of(event.new)
        owners = [reference.get("uid") or "" for reference in event.new["metadata"].get("ownerReferences") or ()]
        if event.type == "DELETED":
            return [Key("", item) for item in (*self.world.index.dependents(uid), *owners)]
        found = []
        if owners or common.is_deleting(event.new):
            found.append(Key("", uid))
        if event.old is not None:
            before = [reference.get("uid") or "" for reference in event.old["metadata"].get("ownerReferences") or ()]
            found += [Key("", item) for item in before if item not in owners]
        return found

    def sync(self, key: Key) -> float | None:
        place = self.world.index.place(key.name)
        obj = self.api.get(*place) if place else None
        if place is None or obj is None or common.uid_of(obj) != key.name:
            return None
        finalizers = obj["metadata"].get("finalizers") or ()
        if common.is_deleting(obj):
            if ORPHAN in finalizers:
                self._orphan(key.name)
                self._finish(place.gvk, obj, ORPHAN)
            elif FOREGROUND in finalizers:
                self._foreground(key.name, place.gvk, obj)
            return None
        self._check_owners(place.gvk, obj)
        return None

    def _check_owners(self, gvk: GroupVersionKind, obj: JsonObject) -> None:
        """No owner left: delete. Some left: forget the gone ones. All that is left is being deleted in the foreground: go along."""
        references = obj["metadata"].get("ownerReferences") or []
        if not references:
            return
        solid, waiting, dangling = [], [], []
        for reference in references:
            try:
                owner = self._owner(obj, reference)
            except NotFound:
                return  # nobody knows what kind that is
            if owner is None:
                dangling.append(reference)
            elif common.is_deleting(owner) and FOREGROUND in (owner["metadata"].get("finalizers") or ()):
                waiting.append(reference)
            else:
                solid.append(reference)
        if solid:
            if dangling or waiting:
                self._disown(gvk, obj, {reference["uid"] for reference in (*dangling, *waiting)})
            return
        uid = common.uid_of(obj)
        own = [name for name in obj["metadata"].get("finalizers") or () if name in (ORPHAN, FOREGROUND)]
        policy: Propagation = "Orphan" if ORPHAN in own else "Foreground" if FOREGROUND in own else "Background"
        if waiting and self.world.index.dependents(uid):
            policy = "Foreground"
        try:
            self.api.delete(gvk, common.namespace_of(obj), common.name_of(obj), propagation=policy, uid=uid)
        except NotFound:
            return

    def _owner(self, obj: JsonObject, reference: JsonObject) -> JsonObject | None:
        """The owner that a reference names, in the object's own namespace; None when it is not there."""
        kind = GroupVersionKind.of(reference["apiVersion"], reference["kind"])
        found = self.api.get(kind, common.namespace_of(obj), reference["name"])
        if found is not None and common.uid_of(found) == reference["uid"]:
            return found
        place = self.world.index.place(reference["uid"])
        namespace = common.namespace_of(obj)
        if place is not None and place.gvk.kind == kind.kind and place.namespace not in ("", namespace):
            named = f"[{kind.api_version}/{kind.kind}, namespace: {namespace}, name: {reference['name']}, uid: {reference['uid']}]"
            message = f'ownerRef {named} does not exist in namespace "{namespace}"'
            self.world.events(obj, "OwnerRefInvalidNamespace", message, component=self.name, warning=True)
        return None

    def _foreground(self, uid: str, gvk: GroupVersionKind, obj: JsonObject) -> None:
        """Delete what blocks; once nothing that blocks is left, the object itself may go."""
        blocked = False
        for dependent in self.world.index.dependents(uid):
            place = self.world.index.place(dependent)
            found = self.api.get(*place) if place else None
            if place is None or found is None:
                continue
            references = found["metadata"].get("ownerReferences") or ()
            blocked = blocked or any(item.get("uid") == uid and item.get("blockOwnerDeletion") for item in references)
            if not common.is_deleting(found):
                self._check_owners(place.gvk, found)
        if not blocked or not any(self._blocks(uid, dependent) for dependent in self.world.index.dependents(uid)):
            self._finish(gvk, obj, FOREGROUND)

    def _blocks(self, uid: str, dependent: str) -> bool:
        place = self.world.index.place(dependent)
        found = self.api.get(*place) if place else None
        return found is not None and any(
            item.get("uid") == uid and item.get("blockOwnerDeletion") for item in found["metadata"].get("ownerReferences") or ()
        )

    def _orphan(self, uid: str) -> None:
        for dependent in self.world.index.dependents(uid):
            place = self.world.index.place(dependent)
            found = self.api.get(*place) if place else None
            if place is not None and found is not None:
                self._disown(place.gvk, found, {uid})

    def _disown(self, gvk: GroupVersionKind, obj: JsonObject, gone: set[str]) -> None:
        rest = [item for item in obj["metadata"].get("ownerReferences") or () if item.get("uid") not in gone]
        self.api.update(common.with_metadata(obj, ownerReferences=rest or None), manager=MANAGER)

    def _finish(self, gvk: GroupVersionKind, obj: JsonObject, finalizer: str) -> None:
        latest = self.api.get(gvk, common.namespace_of(obj), common.name_of(obj))
        if latest is None or common.uid_of(latest) != common.uid_of(obj):
            return
        rest = [name for name in latest["metadata"].get("finalizers") or () if name != finalizer]
        self.api.update(common.with_metadata(latest, finalizers=rest or None), manager=MANAGER)
