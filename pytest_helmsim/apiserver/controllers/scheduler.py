"""The scheduler: gives each pod the first node that can take it, or says why none can.

Source: k8s.io/kubernetes pkg/scheduler/framework/plugins (NodeUnschedulable, NodeAffinity, TaintToleration, NodeResourcesFit), FitError
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, pods, volumes
from pytest_helmsim.apiserver.controllers.common import CLAIM, NODE, POD, STORAGE_CLASS, Key, Keys, Reconciler, World
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject

APPROXIMATE = (
    "scheduling: the first node that fits by selectors, node affinity, taints, requests and volumes; no pod affinity, spread, preemption",
)
MANAGER = "kube-scheduler"
_IDLE = (0, 0.0, 0.0)
"""The load of a node without pods: how many, their CPU, their memory."""


class Scheduler(Reconciler):
    """Binds pods of the default scheduler."""

    name, alias = "scheduler", "kube-scheduler"
    memory = ("_held", "_loads")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._held: dict[str, tuple[str, float, float]] = {}
        self._loads: dict[str, tuple[int, float, float]] = {}

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(POD): self._pods, common.kind(NODE): self._waiting, common.kind(CLAIM): self._waiting}

    def _pods(self, event: StoreEvent) -> Iterable[Key]:
        """A new pod, or one that left: then the waiting ones may have room."""
        self._account(event)
        if event.type == "DELETED" or (event.old is not None and pods.is_finished(event.new) and not pods.is_finished(event.old)):
            return self._waiting(event)
        spec = event.new.get("spec") or {}
        return () if spec.get("nodeName") else (common.key_of(event.new),)

    def _waiting(self, event: StoreEvent) -> Iterable[Key]:
        return [common.key_of(pod) for pod in self.api.list(POD) if not pod["spec"].get("nodeName") and pods.is_active(pod)]

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
        reasons: dict[str, int] = {}
        resolvable = 0
        loads = self._loads
        for node in sorted(nodes, key=lambda item: (loads.get(common.name_of(item), _IDLE)[0], common.name_of(item))):
            why = refusals(pod, node, loads.get(common.name_of(node), _IDLE))
            if not why:
                self.api.bind(key.namespace, key.name, common.name_of(node))
                message = f"Successfully assigned {key.namespace}/{key.name} to {common.name_of(node)}"
                self.world.events.scheduled(pod, "Scheduled", message, action="Binding")
                return None
            resolvable += not refusals(pod, node, _IDLE)
            for reason in why:
                reasons[reason] = reasons.get(reason, 0) + 1
        self._refuse(pod, _fit_error(len(nodes), reasons, resolvable))
        return None

    def _claim_problem(self, pod: JsonObject) -> str | None:
        """A claim that is missing, or that is not bound although its class binds at once."""
        for name in volumes.claims_of(pod):
            claim = self.api.get(CLAIM, common.namespace_of(pod), name)
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
        """Keep what each node has promised: its pods that are not finished, their CPU and memory."""
        pod, uid = event.new, common.uid_of(event.new)
        node = pod["spec"].get("nodeName")
        before = self._held.pop(uid, None)
        if before is not None:
            self._add(before, -1)
        if node and event.type != "DELETED" and not pods.is_finished(pod):
            self._held[uid] = (node, *(before[1:] if before is not None else requests(pod)))
            self._add(self._held[uid], 1)

    def _add(self, held: tuple[str, float, float], sign: int) -> None:
        node, cpu, memory = held
        count, cpus, memories = self._loads.get(node, _IDLE)
        self._loads[node] = (count + sign, cpus + sign * cpu, memories + sign * memory)

    def _refuse(self, pod: JsonObject, message: str) -> None:
        status = common.status_of(pod)
        found = common.condition(status, "PodScheduled")
        if found and found.get("message") == message:
            return
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
        written = common.update_status(self.api, pod, {**status, "conditions": conditions}, manager=MANAGER)
        self.world.events.scheduled(written, "FailedScheduling", message, action="Scheduling", warning=True)


def requests(pod: JsonObject) -> tuple[float, float]:
    """CPU and memory that the pod asks for: containers together, or the largest init container."""

    def sums(containers: Iterable[JsonObject], name: str) -> list[float]:
        return [_number(((item.get("resources") or {}).get("requests") or {}).get(name) or "0") for item in containers]

    found = []
    for name in ("cpu", "memory"):
        spec = pod["spec"]
        found.append(max([sum(sums(spec.get("containers") or (), name)), *sums(spec.get("initContainers") or (), name)]))
    return found[0], found[1]


def refusals(pod: JsonObject, node: JsonObject, load: tuple[int, float, float]) -> list[str]:
    """Why the node cannot take the pod; empty when it can. The first filter that refuses counts; resources give all their reasons."""
    spec = pod["spec"]
    if node["spec"].get("unschedulable") and not tolerates(spec, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}):
        return ["node(s) were unschedulable"]
    for taint in node["spec"].get("taints") or ():
        if taint.get("effect") in ("NoSchedule", "NoExecute") and not tolerates(spec, taint):
            return [f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}"]
    if not matches_node(spec, node):
        return ["node(s) didn't match Pod's node affinity/selector"]
    allocatable = common.status_of(node).get("allocatable") or {}
    count, used_cpu, used_memory = load
    cpu, memory = requests(pod)
    why = []
    if count + 1 > _number(allocatable.get("pods") or "110"):
        why.append("Too many pods")
    if cpu and used_cpu + cpu > _number(allocatable.get("cpu") or "0"):
        why.append("Insufficient cpu")
    if memory and used_memory + memory > _number(allocatable.get("memory") or "0"):
        why.append("Insufficient memory")
    return why


def _number(text: str) -> float:
    """A quantity in units of one."""
    return quantity.parse(text).scaled(-3) / 1000


def matches_node(spec: JsonObject, node: JsonObject) -> bool:
    """nodeSelector and required node affinity."""
    labels = common.labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    fields = {"metadata.name": common.name_of(node)}
    return any(
        (term.get("matchExpressions") or term.get("matchFields"))
        and all(_rule(rule, labels) for rule in term.get("matchExpressions") or ())
        and all(_rule(rule, fields) for rule in term.get("matchFields") or ())
        for term in required.get("nodeSelectorTerms") or ()
    )


def _rule(rule: JsonObject, values: Mapping[str, str]) -> bool:
    operator, found = rule["operator"], values.get(rule["key"])
    if operator in ("Gt", "Lt"):
        if found is None or not found.lstrip("-").isdigit():
            return False
        return int(found) > int(rule["values"][0]) if operator == "Gt" else int(found) < int(rule["values"][0])
    return common.selects({"matchExpressions": [rule]}, values)


def tolerates(spec: JsonObject, taint: JsonObject) -> bool:
    for item in spec.get("tolerations") or ():
        if item.get("effect") and item["effect"] != taint.get("effect"):
            continue
        if item.get("key") and item["key"] != taint["key"]:
            continue
        if item.get("operator") == "Exists" or (item.get("key") and (item.get("value") or "") == (taint.get("value") or "")):
            return True
    return False


def _fit_error(nodes: int, reasons: Mapping[str, int], resolvable: int) -> str:
    """`0/1 nodes are available: 1 Insufficient cpu.`, and what preemption could do: no pod ever has a lower priority here."""
    if not nodes:
        return "no nodes available to schedule pods"
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    found = {"No preemption victims found for incoming pod": resolvable, "Preemption is not helpful for scheduling": nodes - resolvable}
    outcome = ", ".join(sorted(f"{count} {what}" for what, count in found.items() if count))
    return f"0/{nodes} nodes are available: {listed}. no new claims to deallocate, preemption: 0/{nodes} nodes are available: {outcome}."
