"""The scheduler: gives each pod the best node that can take it, makes room by preemption, or says why none can.

Source: k8s.io/kubernetes pkg/scheduler (schedule_one.go, framework/types.go FitError), framework/preemption
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import affinity, common, placement, pods, preemption, preference, volumes
from pytest_helmsim.apiserver.controllers.common import CLAIM, NAMESPACE, NODE, POD, STORAGE_CLASS, VOLUME, Key, Keys, Reconciler, World
from pytest_helmsim.apiserver.controllers.placement import Held, Load, Refusal, View
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject

APPROXIMATE = (
    "scheduling: nodes with equal scores go by load and name, not by lot; images and preferences of pods that are there do not count",
)
MANAGER = "kube-scheduler"


class Scheduler(Reconciler):
    """Binds pods of the default scheduler."""

    name, alias = "scheduler", "kube-scheduler"
    memory = ("_held", "_loads", "_crowds", "_averse", "_nominated", "_social")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._held: dict[str, Held] = {}
        self._loads: dict[str, Load] = {}
        self._crowds: dict[tuple[str, str], int] = {}
        self._averse: dict[str, bool] = {}
        self._nominated: dict[str, tuple[int, Held]] = {}
        self._social: dict[str, Key] = {}

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(POD): self._pods, common.kind(NODE): self._waiting, common.kind(CLAIM): self._waiting}

    def _pods(self, event: StoreEvent) -> Iterable[Key]:
        """A new pod, or one that left: then the waiting ones may have room; one that came may be company for those that wait for it."""
        self._account(event)
        pod, old = event.new, event.old
        if event.type == "DELETED" or (old is not None and pods.is_finished(pod) and not pods.is_finished(old)):
            return self._waiting(event)
        if not pod["spec"].get("nodeName"):
            return (common.key_of(pod),)
        came = old is None or not old["spec"].get("nodeName") or common.labels_of(old) != common.labels_of(pod)
        return list(self._social.values()) if came and self._social else ()

    def _waiting(self, event: StoreEvent) -> Iterable[Key]:
        """Pods without a node, the most important first."""
        waiting = [pod for pod in self.api.list(POD) if not pod["spec"].get("nodeName") and pods.is_active(pod)]
        return [common.key_of(pod) for pod in sorted(waiting, key=lambda pod: -preemption.priority(pod))]

    def sync(self, key: Key) -> float | None:
        pod = self.api.get(POD, *key)
        if pod is None or pod["spec"].get("nodeName") or not pods.is_active(pod):
            return None
        if pod["spec"].get("schedulerName", "default-scheduler") != "default-scheduler" or pod["spec"].get("schedulingGates"):
            return None
        nodes = self.api.list(NODE)
        problem = self._claim_problem(pod)
        if problem is not None:
            self._refuse(pod, f"0/{len(nodes)} nodes are available: {problem}. not found")
            return None
        view = self._view(pod, nodes)
        chosen = placement.preselected(pod["spec"])
        refused: dict[str, Refusal] = {}
        feasible = []
        for node in nodes:
            name = common.name_of(node)
            if chosen is not None and name not in chosen:
                refused[name] = Refusal(("node(s) didn't satisfy plugin(s) [NodeAffinity]",), True)
                continue
            why = placement.refusal(pod, node, view, self.api.version)
            if why is None:
                feasible.append(node)
            else:
                refused[name] = why
        if feasible:
            self._bind(pod, preference.best(pod, feasible, view))
            return None
        self._make_room(pod, view, refused)
        return None

    def _view(self, pod: JsonObject, nodes: list[JsonObject]) -> View:
        """The cluster for that pod: what others of its importance were promised on a node counts as if they were there."""
        held, loads = self._held, self._loads
        mine, rank = common.uid_of(pod), preemption.priority(pod)
        promised = {uid: item for uid, (other, item) in self._nominated.items() if uid != mine and other >= rank}
        if promised:
            held, loads = {**held, **promised}, dict(loads)
            for item in promised.values():
                loads[item.node] = loads.get(item.node, Load()).plus(item)
        shunned = bool(self._averse) or any(item.averse for item in promised.values())
        ways = (self._pod_at, self._namespace_labels, self._volumes_of, self._exclusive_claims)
        return View(nodes, held, loads, self._crowds, shunned, *ways)

    def _pod_at(self, namespace: str, name: str) -> JsonObject | None:
        return self.api.get(POD, namespace, name)

    def _namespace_labels(self, name: str) -> Mapping[str, str]:
        found = self.api.get(NAMESPACE, "", name)
        return common.labels_of(found) if found is not None else {}

    def _claims(self, pod: JsonObject) -> list[JsonObject]:
        found = (self.api.get(CLAIM, common.namespace_of(pod), name) for name in volumes.claims_of(pod))
        return [claim for claim in found if claim is not None]

    def _volumes_of(self, pod: JsonObject) -> list[JsonObject]:
        names = [claim["spec"].get("volumeName") for claim in self._claims(pod)]
        found = (self.api.get(VOLUME, "", name) for name in names if name)
        return [volume for volume in found if volume is not None]

    def _exclusive_claims(self, pod: JsonObject) -> set[str]:
        return {common.name_of(claim) for claim in self._claims(pod) if "ReadWriteOncePod" in (claim["spec"].get("accessModes") or ())}

    def _bind(self, pod: JsonObject, node: JsonObject) -> None:
        namespace, name, where = common.namespace_of(pod), common.name_of(pod), common.name_of(node)
        self.api.bind(namespace, name, where)
        message = f"Successfully assigned {namespace}/{name} to {where}"
        self.world.events.scheduled(pod, "Scheduled", message, action="Binding")

    def _make_room(self, pod: JsonObject, view: View, refused: Mapping[str, Refusal]) -> None:
        """Say why the pod does not fit, and send away less important pods when that helps."""
        listed = _listed(why for refusal in refused.values() for why in refusal.reasons)
        if not view.nodes:
            self._refuse(pod, "no nodes available to schedule pods")
            return
        head = f"0/{len(view.nodes)} nodes are available: {listed}."
        if pod["spec"].get("preemptionPolicy") == "Never":
            self._refuse(pod, f"{head} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.")
            return
        if self._is_waiting_for_victims(pod, view):
            return
        budgets = preemption.budgets(self.api)
        outcome: list[str] = []
        candidates = []
        for node in view.nodes:
            if refused[common.name_of(node)].hopeless:
                outcome.append("Preemption is not helpful for scheduling")
                continue
            found = preemption.victims_on(pod, node, view, budgets, self.api.version)
            if isinstance(found, Refusal):
                outcome += found.reasons
            else:
                candidates.append(found)
        if not candidates:
            text = f"0/{len(view.nodes)} nodes are available: {_listed(outcome)}."
            self._refuse(pod, f"{head} no new claims to deallocate, preemption: {text}", nominated="")
            return
        best = preemption.choose(candidates)
        written = self._refuse(pod, head, nominated=best.node)
        for victim in best.victims:
            preemption.send_away(self.world, victim, written, best.node)

    def _is_waiting_for_victims(self, pod: JsonObject, view: View) -> bool:
        where = common.status_of(pod).get("nominatedNodeName")
        return bool(where) and any(
            preemption.is_being_preempted(other)
            for held in view.held.values()
            if held.node == where and (other := self._pod_at(held.namespace, held.name)) is not None
        )

    def _claim_problem(self, pod: JsonObject) -> str | None:
        """A claim that is missing, or that is not bound although its class binds at once."""
        for name in volumes.claims_of(pod):
            claim = self.api.get(CLAIM, common.namespace_of(pod), name)
            if claim is None and name in volumes.ephemeral_claims(pod):
                return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if common.is_deleting(claim):
                return f'persistentvolumeclaim "{name}" is being deleted'
            storage = self.api.get(STORAGE_CLASS, "", claim["spec"].get("storageClassName") or "")
            waits = storage is not None and storage.get("volumeBindingMode") == "WaitForFirstConsumer"
            if common.status_of(claim).get("phase") != "Bound" and not waits:
                return "pod has unbound immediate PersistentVolumeClaims"
        return None

    def _account(self, event: StoreEvent) -> None:
        """Keep what each node has promised: its pods that are not finished, and those that it is being cleared for."""
        pod, uid = event.new, common.uid_of(event.new)
        node, alive = pod["spec"].get("nodeName"), event.type != "DELETED" and not pods.is_finished(event.new)
        before = self._held.pop(uid, None)
        if before is not None:
            self._book(before, -1)
            self._averse.pop(uid, None)
        if node and alive:
            self._held[uid] = held = before if before is not None else placement.hold(pod, node)
            self._book(held, 1)
            if held.averse:
                self._averse[uid] = True
        self._nominated.pop(uid, None)
        self._social.pop(uid, None)
        if node or not alive:
            return
        if where := common.status_of(pod).get("nominatedNodeName"):
            self._nominated[uid] = (preemption.priority(pod), placement.hold(pod, where))
        if affinity.is_social(pod):
            self._social[uid] = common.key_of(pod)

    def _book(self, held: Held, sign: int) -> None:
        self._loads[held.node] = self._loads.get(held.node, Load()).plus(held, sign)
        if held.owner:
            place = (held.node, held.owner)
            left = self._crowds.pop(place, 0) + sign
            if left:
                self._crowds[place] = left

    def _refuse(self, pod: JsonObject, message: str, nominated: str | None = None) -> JsonObject:
        """Write down and tell why the pod waits; `nominated` is the node that is being cleared for it, empty for none any more."""
        status = common.status_of(pod)
        found = common.condition(status, "PodScheduled")
        if found and found.get("message") == message and nominated in (None, status.get("nominatedNodeName", "")):
            return pod
        refused = {
            "type": "PodScheduled",
            "status": "False",
            "observedGeneration": pod["metadata"].get("generation"),
            "lastProbeTime": None,
            "lastTransitionTime": found["lastTransitionTime"] if found and found["status"] == "False" else self.world.stamp(),
            "reason": "Unschedulable",
            "message": message,
        }
        conditions = [*(item for item in status.get("conditions") or () if item["type"] != "PodScheduled"), refused]
        status = {**status, "conditions": conditions}
        if nominated is not None:
            status = {key: value for key, value in status.items() if key != "nominatedNodeName"}
            status |= {"nominatedNodeName": nominated} if nominated else {}
        written = common.update_status(self.api, pod, status, manager=MANAGER)
        self.world.events.scheduled(written, "FailedScheduling", message, action="Scheduling", warning=True)
        return written


def _listed(reasons: Iterable[str]) -> str:
    """`1 Insufficient cpu, 2 node(s) were unschedulable`."""
    counts: dict[str, int] = {}
    for reason in reasons:
        counts[reason] = counts.get(reason, 0) + 1
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
