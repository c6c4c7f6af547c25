"""PodDisruptionBudgets: how many of the selected pods may be taken away now.

Source: k8s.io/kubernetes pkg/controller/disruption/disruption.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, pods
from pytest_helmsim.apiserver.controllers.common import BUDGET, DEPLOYMENT, POD, REPLICA_SET, STATEFUL_SET, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import NotFound

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
        try:
            expected, desired = self._counts(budget, found)
        except _Uncountable as error:
            message = f"Failed to calculate the number of expected pods: {error}"
            self.world.events(budget, "CalculateExpectedPodCountFailed", message, component=COMPONENT, warning=True)
            self._fail(budget, str(error))
            return None
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

    def _fail(self, budget: JsonObject, why: str) -> None:
        """Nothing may be disrupted while the controller cannot count."""
        old = common.status_of(budget)
        before = common.condition(old, "DisruptionAllowed")
        made = {
            "type": "DisruptionAllowed",
            "status": "False",
            **({"observedGeneration": old["observedGeneration"]} if old.get("observedGeneration") else {}),
            "lastTransitionTime": before["lastTransitionTime"] if before and before["status"] == "False" else self.world.stamp(),
            "reason": "SyncFailed",
            "message": why,
        }
        conditions = [*(item for item in old.get("conditions") or () if item is not before), made]
        counts = dict.fromkeys(("currentHealthy", "desiredHealthy", "expectedPods"), 0)
        common.update_status(self.api, budget, {**counts, **old, "disruptionsAllowed": 0, "conditions": conditions})

    def _counts(self, budget: JsonObject, found: list[JsonObject]) -> tuple[int, int]:
        """Expected pods and how many of them have to stay healthy."""
        spec = budget["spec"]
        if spec.get("maxUnavailable") is not None:
            expected = self._expected(budget, found)
            return expected, max(expected - common.scaled(spec["maxUnavailable"], expected, round_up=True), 0)
        minimum = spec.get("minAvailable", 1)
        if isinstance(minimum, int):
            return len(found), minimum
        expected = self._expected(budget, found)
        return expected, common.scaled(minimum, expected, round_up=True)

    def _expected(self, budget: JsonObject, found: list[JsonObject]) -> int:
        """The sizes of the controllers that the pods belong to, each once; a pod that has none is told of."""
        sizes: dict[str, int] = {}
        unmanaged = False
        for pod in found:
            reference = common.controller_of(pod)
            if reference is None:
                unmanaged = True
                continue
            scale = self._scale(common.namespace_of(pod), reference)
            if scale is None:
                raise _Uncountable(f'found no controllers for pod "{common.name_of(pod)}"')
            sizes[scale[0]] = scale[1]
        if unmanaged:
            selector = common.go_selector(budget["spec"].get("selector") or {})
            message = (
                f"Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. "
                "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. "
                'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
            )
            self.world.events(budget, "UnmanagedPods", message, component=COMPONENT, warning=True)
        return sum(sizes.values())

    def _scale(self, namespace: str, reference: JsonObject | None) -> tuple[str, int] | None:
        if reference is None:
            return None
        gvk = GroupVersionKind.of(reference["apiVersion"], reference["kind"])
        if (plural := _UNSCALED.get((gvk.group, gvk.kind))) is not None:
            raise _Uncountable(f"{plural} does not implement the scale subresource")
        try:
            owner = self.api.get(gvk, namespace, reference["name"])
        except NotFound as error:
            raise _Uncountable(error.message) from error
        if owner is None or common.uid_of(owner) != reference["uid"]:
            return None
        above = self._scale(namespace, common.controller_of(owner))
        return above or (common.uid_of(owner), int(owner["spec"].get("replicas") or 0))


class _Uncountable(HelmsimError):
    """Why the number of expected pods cannot be known."""


_UNSCALED = {("apps", "DaemonSet"): "daemonsets.apps", ("batch", "Job"): "jobs.batch"}


def _selects(budget: JsonObject, labels: Mapping[str, str]) -> bool:
    return common.selects(budget["spec"].get("selector"), labels)
