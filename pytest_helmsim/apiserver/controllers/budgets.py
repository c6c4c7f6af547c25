"""PodDisruptionBudgets: how many of the selected pods may be taken away now.

Source: k8s.io/kubernetes pkg/controller/disruption/disruption.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, pods
from pytest_helmsim.apiserver.controllers.common import BUDGET, DEPLOYMENT, POD, REPLICA_SET, STATEFUL_SET, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind

COMPONENT = "controllermanager"


class Budgets(Reconciler):
    """Counts healthy pods against what the budget wants."""

    name, alias = "disruption-controller", "disruption"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        scaled = dict.fromkeys((common.kind(gvk) for gvk in (DEPLOYMENT, REPLICA_SET, STATEFUL_SET)), self._of_namespace)
        return {common.kind(BUDGET): common.itself, common.kind(POD): self._of_pod, **scaled}

    def _of_pod(self, event: StoreEvent) -> Iterable[Key]:
        """The first budget that selects the pod as it is, or as it was: a second one for the same pod is not served."""
        states = [state for state in (event.old, event.new) if state is not None]
        budgets = self.api.list(BUDGET, common.namespace_of(event.new))
        keys = []
        for state in states:
            matching = [item for item in budgets if _selects(item, common.labels_of(state))]
            keys += [common.key_of(item) for item in matching[:1]]
            if len(matching) > 1:
                names = f'"{common.namespace_of(state)}"/"{common.name_of(state)}"'
                message = f'Pod {names} matches multiple PodDisruptionBudgets.  Chose "{common.name_of(matching[0])}" arbitrarily.'
                self.world.events(state, "MultiplePodDisruptionBudgets", message, component=COMPONENT, warning=True)
        return dict.fromkeys(keys)

    def _of_namespace(self, event: StoreEvent) -> Iterable[Key]:
        if event.old is not None and event.old.get("spec") == event.new.get("spec"):
            return ()
        return [common.key_of(item) for item in self.api.list(BUDGET, common.namespace_of(event.new))]

    def sync(self, key: Key) -> float | None:
        budget = self.api.get(BUDGET, *key)
        if budget is None:
            return None
        found = [pod for pod in self.api.list(POD, key.namespace) if _selects(budget, common.labels_of(pod))]
        if not found:
            self.world.events(budget, "NoPods", "No matching pods found", component=COMPONENT)
        expected, desired = self._counts(budget, found)
        healthy = sum(pods.is_ready(pod) and not common.is_deleting(pod) for pod in found)
        allowed = max(healthy - desired, 0) if expected > 0 else 0
        generation = budget["metadata"].get("generation")
        old = common.status_of(budget)
        value, reason = ("True", "SufficientPods") if allowed > 0 else ("False", "InsufficientPods")
        before = common.condition(old, "DisruptionAllowed")
        same = before is not None and before["status"] == value
        made = {
            "type": "DisruptionAllowed",
            "status": value,
            "observedGeneration": generation,
            "lastTransitionTime": before["lastTransitionTime"] if before and same else self.world.stamp(),
            "reason": reason,
            "message": "",
        }
        status = {
            "observedGeneration": generation,
            **({"disruptedPods": old["disruptedPods"]} if old.get("disruptedPods") else {}),
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": [*(item for item in old.get("conditions") or () if item is not before), made],
        }
        common.update_status(self.api, budget, status)
        return None

    def _counts(self, budget: JsonObject, found: list[JsonObject]) -> tuple[int, int]:
        """Expected pods and how many of them have to stay healthy."""
        spec = budget["spec"]
        if spec.get("maxUnavailable") is not None:
            expected = self._expected(found)
            return expected, max(expected - common.scaled(spec["maxUnavailable"], expected, round_up=True), 0)
        minimum = spec.get("minAvailable", 1)
        if isinstance(minimum, int):
            return len([pod for pod in found if not pods.is_finished(pod)]), minimum
        expected = self._expected(found)
        return expected, common.scaled(minimum, expected, round_up=True)

    def _expected(self, found: list[JsonObject]) -> int:
        """The sizes of the controllers that the pods belong to, each once."""
        sizes: dict[str, int] = {}
        for pod in found:
            scale = self._scale(common.namespace_of(pod), common.controller_of(pod))
            if scale is not None:
                sizes[scale[0]] = scale[1]
        return sum(sizes.values())

    def _scale(self, namespace: str, reference: JsonObject | None) -> tuple[str, int] | None:
        if reference is None:
            return None
        gvk = {"ReplicaSet": REPLICA_SET, "StatefulSet": STATEFUL_SET, "Deployment": DEPLOYMENT}.get(reference["kind"])
        owner = self.api.get(gvk, namespace, reference["name"]) if isinstance(gvk, GroupVersionKind) else None
        if owner is None:
            return None
        above = self._scale(namespace, common.controller_of(owner))
        return above or (common.uid_of(owner), int(owner["spec"].get("replicas") or 0))


def _selects(budget: JsonObject, labels: Mapping[str, str]) -> bool:
    return common.selects(budget["spec"].get("selector"), labels)
