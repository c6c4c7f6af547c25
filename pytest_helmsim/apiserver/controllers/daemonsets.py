"""DaemonSets: one pod on each node that fits, replaced node by node.

Source: k8s.io/kubernetes pkg/controller/daemon (daemon_controller.go, update.go, util/daemonset_util.go)
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common, placement, pods, revisions
from pytest_helmsim.apiserver.controllers.common import DAEMON_SET, NODE, POD, REVISION, Key, Keys, Reconciler
from pytest_helmsim.apiserver.controllers.templatehash import pod_template_hash
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject

COMPONENT = "daemonset-controller"
HASH_LABEL = "controller-revision-hash"
_TOLERATED = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)


class DaemonSets(Reconciler):
    """One pod per node."""

    name, alias = "daemonset-controller", "daemonset"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {
            common.kind(DAEMON_SET): common.itself,
            common.kind(POD): common.controlled_or_matching(self.api, DAEMON_SET),
            common.kind(REVISION): common.controlled_by(DAEMON_SET),
            common.kind(NODE): self._all,
        }

    def _all(self, event: StoreEvent) -> list[Key]:
        return [common.key_of(item) for item in self.api.list(DAEMON_SET)]

    def sync(self, key: Key) -> float | None:
        found = self.api.get(DAEMON_SET, *key)
        if found is None or common.is_deleting(found):
            return None
        template = found["spec"]["template"]
        known = revisions.of_owner(self.world, found, DAEMON_SET)
        before = common.status_of(found).get("collisionCount")
        labels = (template.get("metadata") or {}).get("labels") or {}
        current, collisions = revisions.sync(
            self.world,
            found,
            DAEMON_SET,
            known,
            digest=lambda count: pod_template_hash(template, count),
            collisions=before,
            labels=labels,
            hash_label=HASH_LABEL,
        )
        if collisions != before:
            found = common.update_status(self.api, found, {**common.status_of(found), "collisionCount": collisions})
        digest = str(common.labels_of(current)[HASH_LABEL])
        nodes = self.api.list(NODE)
        self._place(found, nodes, digest)
        if (found["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate":
            self._roll(found, nodes, digest)
        mine = self._pods(found)
        self._report(found, nodes, mine, digest)
        live = {common.name_of(current), *(f"{key.name}-{common.labels_of(pod).get(HASH_LABEL)}" for pod in mine)}
        revisions.prune(
            self.world, revisions.of_owner(self.world, found, DAEMON_SET), live, int(found["spec"].get("revisionHistoryLimit", 10))
        )
        return pods.next_available(mine, found["spec"].get("minReadySeconds") or 0, self.world.now())

    def _pods(self, found: JsonObject) -> list[JsonObject]:
        return common.claim(self.api, found, DAEMON_SET, common.candidates(self.world, found, POD))

    def _by_node(self, found: JsonObject) -> dict[str, list[JsonObject]]:
        """Pods by the node that they run on or were made for, oldest first."""
        placed: dict[str, list[JsonObject]] = {}
        for pod in self._pods(found):
            placed.setdefault(target_node(pod), []).append(pod)
        for items in placed.values():
            items.sort(
                key=lambda pod: (not pod["spec"].get("nodeName"), pod["metadata"].get("creationTimestamp") or "", common.name_of(pod))
            )
        return placed

    def _place(self, found: JsonObject, nodes: list[JsonObject], digest: str) -> None:
        """A pod where one should run, none where none should; finished ones are replaced, doubles go."""
        placed = self._by_node(found)
        surge = _surge(found, len(nodes))
        names = {common.name_of(node) for node in nodes}
        for node in nodes:
            should, may_stay = runs_on(found, node)
            here = placed.get(common.name_of(node), [])
            if not should:
                for pod in here if not may_stay else ():
                    self._delete(pod, found)
                continue
            alive = []
            for pod in here:
                where = f"{common.namespace_of(pod)}/{common.name_of(pod)} on node {common.name_of(node)}"
                if common.is_deleting(pod):
                    if not surge:
                        alive.append(pod)
                elif pods.phase(pod) == "Failed":
                    message = f"Found failed daemon pod {where}, will try to kill it"
                    self.world.events(found, "FailedDaemonPod", message, component=COMPONENT, warning=True)
                    self._delete(pod, found)
                elif pods.phase(pod) == "Succeeded":
                    message = f"Found succeeded daemon pod {where}, will try to delete it"
                    self.world.events(found, "SucceededDaemonPod", message, component=COMPONENT)
                    self._delete(pod, found)
                else:
                    alive.append(pod)
            if not alive:
                self._create(found, common.name_of(node), digest)
            elif not surge:
                for pod in alive[1:]:
                    self._delete(pod, found)
        for name, here in placed.items():
            if name not in names:
                for pod in here:
                    self._delete(pod, found)

    def _roll(self, found: JsonObject, nodes: list[JsonObject], digest: str) -> None:
        """Replace outdated pods: unavailable ones at once, others while `maxUnavailable` (or `maxSurge`) leaves room."""
        spec, now = found["spec"], self.world.now()
        minimum = spec.get("minReadySeconds") or 0
        eligible = [node for node in nodes if runs_on(found, node)[0]]
        surge = _surge(found, len(eligible))
        rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
        allowed = common.scaled(rolling.get("maxUnavailable", 1), len(eligible), round_up=True)
        placed = self._by_node(found)
        unavailable, ready_to_go = 0, []
        for node in eligible:
            here = [pod for pod in placed.get(common.name_of(node), []) if not common.is_deleting(pod)]
            new = [pod for pod in here if common.labels_of(pod).get(HASH_LABEL) == digest]
            old = [pod for pod in here if pod not in new]
            if surge:
                if old and new and pods.is_available(new[0], minimum, now):
                    self._delete(old[0], found)
                elif old and not new:
                    ready_to_go.append((old[0], common.name_of(node)))
                continue
            if not here or (new and not old):
                unavailable += not (new and pods.is_available(new[0], minimum, now))
            elif not pods.is_available(old[0], minimum, now):
                unavailable += 1
                self._delete(old[0], found)
            else:
                ready_to_go.append((old[0], common.name_of(node)))
        if surge:
            started = sum(
                bool([p for p in placed.get(common.name_of(n), []) if common.labels_of(p).get(HASH_LABEL) == digest])
                and len(placed[common.name_of(n)]) > 1
                for n in eligible
            )
            for _, name in ready_to_go[: max(surge - started, 0)]:
                self._create(found, name, digest)
            return
        for pod, _ in ready_to_go[: max(allowed - unavailable, 0)]:
            self._delete(pod, found)

    def _create(self, found: JsonObject, node: str, digest: str) -> None:
        made = pods.from_template(found["spec"]["template"], found, DAEMON_SET)
        labels = {**(made["metadata"].get("labels") or {}), HASH_LABEL: digest}
        generation = common.annotations_of(found).get("deprecated.daemonset.template.generation")
        if generation:
            labels["pod-template-generation"] = generation
        spec = _with_tolerations(_pinned(made["spec"], node))
        pods.create(self.world, {**made, "metadata": {**made["metadata"], "labels": labels}, "spec": spec}, found, component=COMPONENT)

    def _delete(self, pod: JsonObject, found: JsonObject) -> None:
        if not common.is_deleting(pod):
            pods.delete(self.world, pod, found, component=COMPONENT)

    def _report(self, found: JsonObject, nodes: list[JsonObject], mine: list[JsonObject], digest: str) -> None:
        now, minimum = self.world.now(), found["spec"].get("minReadySeconds") or 0
        placed = self._by_node(found)
        numbers = dict.fromkeys(
            (
                "currentNumberScheduled",
                "numberMisscheduled",
                "desiredNumberScheduled",
                "numberReady",
                "updatedNumberScheduled",
                "numberAvailable",
            ),
            0,
        )
        for node in nodes:
            here = placed.get(common.name_of(node), [])
            if not runs_on(found, node)[0]:
                numbers["numberMisscheduled"] += bool(here)
                continue
            numbers["desiredNumberScheduled"] += 1
            if here:
                first = here[0]
                numbers["currentNumberScheduled"] += 1
                numbers["numberReady"] += pods.is_ready(first)
                numbers["numberAvailable"] += pods.is_available(first, minimum, now)
                numbers["updatedNumberScheduled"] += common.labels_of(first).get(HASH_LABEL) == digest
        old = common.status_of(found)
        status = common.without_empty(
            numbers
            | {
                "observedGeneration": found["metadata"].get("generation"),
                "numberUnavailable": numbers["desiredNumberScheduled"] - numbers["numberAvailable"],
                "collisionCount": old.get("collisionCount"),
                "conditions": old.get("conditions"),
            },
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
            "collisionCount" if old.get("collisionCount") is not None else "numberReady",
        )
        common.update_status(self.api, found, status)


def _surge(found: JsonObject, nodes: int) -> int:
    rolling = (found["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    return common.scaled(rolling.get("maxSurge") or 0, nodes, round_up=True)


def _with_tolerations(spec: JsonObject) -> JsonObject:
    """Daemon pods stay on nodes in trouble, and start on nodes whose network waits for them when they use the host's."""
    rows = [*_TOLERATED, *([("network-unavailable", "NoSchedule")] if spec.get("hostNetwork") else [])]
    have = list(spec.get("tolerations") or ())
    for key, effect in rows:
        wanted = {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
        if not any(item.get("key") == wanted["key"] and item.get("effect") == effect and item.get("operator") == "Exists" for item in have):
            have.append(wanted)
    return {**spec, "tolerations": have}


def _pinned(spec: JsonObject, node: str) -> JsonObject:
    """The spec with required affinity to that one node in place of its own; the template's was looked at when the node was chosen."""
    affinity = spec.get("affinity") or {}
    near = affinity.get("nodeAffinity") or {}
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    near = {**near, "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {**spec, "affinity": {**affinity, "nodeAffinity": near}}


def target_node(pod: JsonObject) -> str:
    """The node that a daemon pod runs on, or was made for."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    near = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in near.get("nodeSelectorTerms") or ():
        for rule in term.get("matchFields") or ():
            if rule.get("key") == "metadata.name" and rule.get("values"):
                return str(rule["values"][0])
    return ""


def runs_on(found: JsonObject, node: JsonObject) -> tuple[bool, bool]:
    """Whether a pod should run on the node, and whether one that runs there may stay."""
    spec = _with_tolerations(found["spec"]["template"]["spec"])
    if spec.get("nodeName") not in (None, "", common.name_of(node)) or not placement.matches_node(spec, node):
        return False, False
    taints = [item for item in node["spec"].get("taints") or () if not placement.tolerates(spec, item)]
    if any(item.get("effect") in ("NoSchedule", "NoExecute") for item in taints):
        return False, not any(item.get("effect") == "NoExecute" for item in taints)
    return True, True
