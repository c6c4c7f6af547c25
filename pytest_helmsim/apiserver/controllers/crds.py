"""Conditions of CustomResourceDefinitions: names accepted, definition established. The server itself writes them: no switch turns it off.

Source: k8s.io/apiextensions-apiserver pkg/controller (status/naming_controller.go, establish, finalizer/crd_finalizer.go)
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import DEFINITION, Key, Keys, Reconciler
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import NotFound

MANAGER = "kube-apiserver"
_AGAIN = 5.0
"""Seconds after which it is looked again whether the objects of a deleted definition are gone."""
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


class Definitions(Reconciler):
    """Accepts names that no older definition of the group has, and empties a definition that is deleted."""

    name = "customresourcedefinition-controller"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(DEFINITION): common.itself}

    def sync(self, key: Key) -> float | None:
        found = self.api.get(DEFINITION, "", key.name)
        if found is None:
            return None
        if common.is_deleting(found):
            return _AGAIN if self._empty(found) else None
        names = found["spec"]["names"]
        taken = self._taken(found)
        wanted = {
            "plural": names.get("plural"),
            "singular": names.get("singular"),
            "kind": names.get("kind"),
            "listKind": names.get("listKind"),
        }
        clash = next(((part, name) for part, name in wanted.items() if name and name in taken), None)
        clash = clash or next((("shortNames", name) for name in names.get("shortNames") or () if name in taken), None)
        status = common.status_of(found)
        if clash is None:
            status = {**status, "acceptedNames": names}
            conditions = [self._condition(status, "NamesAccepted", "True", "NoConflicts", "no conflicts found")]
            conditions.append(
                self._condition(status, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted")
            )
        else:
            part, name = clash
            reason = {"plural": "PluralConflict", "singular": "SingularConflict", "kind": "KindConflict", "listKind": "ListKindConflict"}
            conditions = [
                self._condition(status, "NamesAccepted", "False", reason.get(part, "ShortNamesConflict"), f'"{name}" is already in use')
            ]
            established = common.condition(status, "Established")
            if established is None or established["status"] != "True":
                message = "not all names are accepted"
                established = self._condition(status, "Established", "False", "NotAccepted", message)
            conditions.append(established)
        mine = {item["type"] for item in conditions}
        rest = [item for item in status.get("conditions") or () if item["type"] not in mine]
        common.update_status(self.api, found, {**status, "conditions": conditions + rest}, manager=MANAGER)
        return None

    def _taken(self, found: JsonObject) -> set[str]:
        taken: set[str] = set()
        for other in self.api.list(DEFINITION):
            if common.uid_of(other) != common.uid_of(found) and other["spec"]["group"] == found["spec"]["group"]:
                accepted = common.status_of(other).get("acceptedNames") or {}
                taken |= {value for name, value in accepted.items() if name in ("plural", "singular", "kind", "listKind") and value}
                taken |= set(accepted.get("shortNames") or ())
        return taken

    def _condition(self, status: JsonObject, type_: str, value: str, reason: str, message: str) -> JsonObject:
        before = common.condition(status, type_)
        if before and (before["status"], before.get("reason"), before.get("message")) == (value, reason, message):
            return before
        since = before["lastTransitionTime"] if before and before["status"] == value else self.world.stamp()
        return {"type": type_, "status": value, "lastTransitionTime": since, "reason": reason, "message": message}

    def _empty(self, found: JsonObject) -> bool:
        """Delete all objects of the kind; when none is left, the finalizer goes. Whether some are held by finalizers of their own."""
        finalizers = found["metadata"].get("finalizers") or []
        if CLEANUP not in finalizers:
            return False
        spec = found["spec"]
        served = next((item["name"] for item in spec["versions"] if item.get("served")), None)
        left = False
        if served is not None:
            gvk = GroupVersionKind(spec["group"], served, spec["names"]["kind"])
            for obj in self.api.list(gvk):
                try:
                    self.api.delete(gvk, common.namespace_of(obj), common.name_of(obj))
                except NotFound:
                    continue
            left = bool(self.api.list(gvk))
        if left:
            self._say_under_way(found)
            return True
        rest = [name for name in finalizers if name != CLEANUP]
        latest = self.api.get(DEFINITION, "", common.name_of(found))
        if latest is not None:
            self.api.update(common.with_metadata(latest, finalizers=rest or None), manager=MANAGER)
        return False

    def _say_under_way(self, found: JsonObject) -> None:
        status = common.status_of(found)
        told = self._condition(status, "Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
        conditions = [told if item["type"] == "Terminating" else item for item in status.get("conditions") or ()]
        common.update_status(self.api, found, {**status, "conditions": conditions}, manager=MANAGER)
