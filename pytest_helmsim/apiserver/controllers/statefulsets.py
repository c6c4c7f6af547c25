"""StatefulSets: numbered pods with their own claims, in order, from the last to the first when they are updated.

Source: k8s.io/kubernetes pkg/controller/statefulset (stateful_set_control.go, stateful_set_utils.go, stateful_pod_control.go)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import claims, common, pods, revisions
from pytest_helmsim.apiserver.controllers.common import MANAGER, POD, STATEFUL_SET, Key, Keys, Reconciler
from pytest_helmsim.apiserver.controllers.templatehash import revision_hash
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError, NotFound

COMPONENT = "statefulset-controller"
REVISION_LABEL = "controller-revision-hash"
_ORDINAL = re.compile(r"^(.*)-([0-9]+)$")


def allows_max_unavailable(version: str) -> bool:
    """`rollingUpdate.maxUnavailable` of StatefulSets is on from 1.35."""
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) >= (1, 35)


def ordinal(pod: JsonObject) -> int:
    """The number at the end of the pod's name; -1 without one."""
    match = _ORDINAL.match(common.name_of(pod))
    return int(match[2]) if match else -1


def parent(pod: JsonObject) -> str:
    """The name of the set that the pod's name speaks of."""
    match = _ORDINAL.match(common.name_of(pod))
    return match[1] if match else ""


def revision_name(pod: JsonObject) -> str:
    return str(common.labels_of(pod).get(REVISION_LABEL) or "")


class StatefulSets(Reconciler):
    """Keeps the pods 0 to n-1 (from `ordinals.start`) at the right revision."""

    name, alias = "statefulset-controller", "statefulset"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {
            common.kind(STATEFUL_SET): common.itself,
            common.kind(POD): common.controlled_or_matching(self.api, STATEFUL_SET),
        }

    def sync(self, key: Key) -> float | None:
        found = self.api.get(STATEFUL_SET, *key)
        if found is None:
            return None
        known = revisions.of_owner(self.world, found, STATEFUL_SET)
        status = common.status_of(found)
        collisions = int(status.get("collisionCount") or 0)
        matching = (found["spec"]["selector"] or {}).get("matchLabels") or {}
        labels = {**((found["spec"]["template"].get("metadata") or {}).get("labels") or matching)}
        update, counted = revisions.sync(
            self.world,
            found,
            STATEFUL_SET,
            known,
            digest=lambda count: revision_hash(revisions.patch_of(found), count or 0),
            collisions=collisions,
            labels=labels,
            hash_label="controller.kubernetes.io/hash",
        )
        current = next((item for item in known if common.name_of(item) == status.get("currentRevision")), update)
        step = _Step(self, found, self._pods(found), current, update)
        failure: ApiError | None = None
        try:
            if not common.is_deleting(found):
                step.run()
        except ApiError as error:
            failure = error
        self._report(found, step, counted or 0)
        live = {common.name_of(current), common.name_of(update), *(revision_name(pod) for pod in self._pods(found))}
        if failure is not None:
            raise failure
        known = revisions.of_owner(self.world, found, STATEFUL_SET)
        revisions.prune(self.world, known, live, int(found["spec"].get("revisionHistoryLimit", 10)))
        return pods.next_available(self._pods(found), found["spec"].get("minReadySeconds") or 0, self.world.now())

    def _pods(self, found: JsonObject) -> list[JsonObject]:
        candidates = [pod for pod in common.candidates(self.world, found, POD) if parent(pod) == common.name_of(found)]
        return sorted(common.claim(self.api, found, STATEFUL_SET, candidates), key=ordinal)

    def _report(self, found: JsonObject, step: _Step, collisions: int) -> None:
        every, spec, now = self._pods(found), found["spec"], self.world.now()
        wanted, minimum = int(spec.get("replicas") or 0), spec.get("minReadySeconds") or 0
        ready = [pod for pod in every if pods.phase(pod) == "Running" and pods.is_ready(pod)]
        staying = [pod for pod in every if not common.is_deleting(pod)]
        current, update = common.name_of(step.current), common.name_of(step.update)
        numbers = {
            "replicas": len(every),
            "readyReplicas": len(ready),
            "availableReplicas": sum(pods.is_available(pod, minimum, now) for pod in ready),
            "currentReplicas": sum(revision_name(pod) == current for pod in staying),
            "updatedReplicas": sum(revision_name(pod) == update for pod in staying),
        }
        rolling = (spec.get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate"
        if rolling and numbers["updatedReplicas"] == numbers["readyReplicas"] == numbers["replicas"] == wanted:
            numbers["currentReplicas"], current = numbers["updatedReplicas"], update
        status = {
            "observedGeneration": found["metadata"].get("generation"),
            **numbers,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": collisions,
        }
        latest = self.api.get(STATEFUL_SET, *common.key_of(found))
        if latest is not None:
            conditions = common.status_of(latest).get("conditions")
            status = common.without_empty(status | {"conditions": conditions}, "replicas", "collisionCount", "availableReplicas")
            common.update_status(self.api, latest, status)


class _Step:
    """One pass over a set's pods: what has to be there is made, what is too much goes, what is outdated is replaced."""

    def __init__(
        self, reconciler: StatefulSets, found: JsonObject, every: list[JsonObject], current: JsonObject, update: JsonObject
    ) -> None:
        self.world, self.api, self.set = reconciler.world, reconciler.api, found
        self.current, self.update = current, update
        spec = found["spec"]
        self.start = int((spec.get("ordinals") or {}).get("start") or 0)
        self.wanted = int(spec.get("replicas") or 0)
        self.minimum = spec.get("minReadySeconds") or 0
        self.ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        self.pods: dict[int, JsonObject] = {ordinal(pod): pod for pod in every if ordinal(pod) >= 0}

    def run(self) -> None:
        wanted = range(self.start, self.start + self.wanted)
        condemned = [self.pods[number] for number in sorted(self.pods, reverse=True) if number not in wanted]
        unhealthy = [pod for number, pod in sorted(self.pods.items()) if number in wanted and not self._available(pod)]
        unhealthy += [pod for pod in reversed(condemned) if not self._available(pod)]
        first_unhealthy = unhealthy[0] if unhealthy and not self._missing(wanted, unhealthy[0]) else None
        for number in wanted:
            if self._keep(number) and self.ordered:
                return
        for pod in condemned:
            claims.retain(self.world, self.set, pod, scaled_down=True)
        for pod in condemned:
            if self._condemn(pod, first_unhealthy) and self.ordered:
                return
        if (self.set["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate":
            self._replace_outdated(wanted)

    def _missing(self, wanted: Iterable[int], pod: JsonObject) -> bool:
        """Whether a pod that is not there comes before the unhealthy one: then that is the first unhealthy."""
        return any(number not in self.pods and number < ordinal(pod) for number in wanted)

    def _available(self, pod: JsonObject) -> bool:
        running = pods.phase(pod) == "Running" and not common.is_deleting(pod)
        return running and pods.is_available(pod, self.minimum, self.world.now())

    def _keep(self, number: int) -> bool:
        """See that pod `number` is there and well; whether an ordered set has to wait for it."""
        pod = self.pods.get(number)
        if pod is None:
            self._create(number)
            return True
        if pods.is_finished(pod):
            if not common.is_deleting(pod):
                self._delete(pod)
            return True
        if pods.phase(pod) == "Pending":
            claims.create_missing(self.world, self.set, pod, COMPONENT)
        if common.is_deleting(pod) or not self._available(pod):
            return True
        claims.retain(self.world, self.set, pod, scaled_down=False)
        return False

    def _condemn(self, pod: JsonObject, first_unhealthy: JsonObject | None) -> bool:
        if common.is_deleting(pod):
            return True
        if self.ordered and not self._available(pod) and pod is not first_unhealthy:
            return True
        self._delete(pod)
        return True

    def _replace_outdated(self, wanted: range) -> None:
        strategy = (self.set["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
        partition = int(strategy.get("partition") or 0)
        lowest = partition if self.start == 0 else max(partition, 0) + self.start
        update = common.name_of(self.update)
        if allows_max_unavailable(self.api.version):
            allowed = max(common.scaled(strategy.get("maxUnavailable") or 1, self.wanted, round_up=False), 1)
            room = allowed - sum(number not in self.pods or not self._available(self.pods[number]) for number in wanted)
            for number in reversed(wanted):
                pod = self.pods.get(number)
                if room > 0 and number >= lowest and pod and revision_name(pod) != update and not common.is_deleting(pod):
                    self._delete(pod)
                    room -= 1
            return
        for number in reversed(wanted):
            pod = self.pods.get(number)
            if number < lowest:
                return
            if pod and revision_name(pod) != update and not common.is_deleting(pod):
                self._delete(pod)
                return
            if pod is None or not self._available(pod):
                return

    def _create(self, number: int) -> None:
        strategy = self.set["spec"].get("updateStrategy") or {}
        rolling = strategy.get("rollingUpdate")
        if rolling is not None:
            old = number < self.start + int(rolling.get("partition") or 0)
        else:
            rolls = strategy.get("type", "RollingUpdate") == "RollingUpdate"
            old = rolls and number < self.start + int(common.status_of(self.set).get("currentReplicas") or 0)
        revision = self.current if old else self.update
        pod = self._pod(number, revision)
        name = common.name_of(pod)
        claims.create_missing(self.world, self.set, pod, COMPONENT)
        try:
            self.pods[number] = self.api.create(pod, manager=MANAGER)
        except ApiError as error:
            if not pods.is_namespace_terminating(error):
                self._tell(
                    "FailedCreate",
                    f"Create Pod {name} in StatefulSet {common.name_of(self.set)} failed error: {error.message}",
                    warning=True,
                )
            raise
        self._tell("SuccessfulCreate", f"Create Pod {name} in StatefulSet {common.name_of(self.set)} successful")
        claims.retain(self.world, self.set, self.pods[number], scaled_down=False)

    def _pod(self, number: int, revision: JsonObject) -> JsonObject:
        template = {key: value for key, value in revision["data"]["spec"]["template"].items() if key != "$patch"}
        made = pods.from_template(template, self.set, STATEFUL_SET)
        name = f"{common.name_of(self.set)}-{number}"
        metadata = made["metadata"]
        labels = {
            **(metadata.get("labels") or {}),
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(number),
            REVISION_LABEL: common.name_of(revision),
        }
        templates = self.set["spec"].get("volumeClaimTemplates") or ()
        claimed = {item["metadata"]["name"]: claims.claim_name(self.set, item, number) for item in templates}
        volumes = [{"name": volume, "persistentVolumeClaim": {"claimName": claim}} for volume, claim in claimed.items()]
        volumes += [item for item in made["spec"].get("volumes") or () if item["name"] not in claimed]
        spec = {**made["spec"], "hostname": name, **({"volumes": volumes} if volumes else {})}
        if self.set["spec"].get("serviceName"):
            spec["subdomain"] = self.set["spec"]["serviceName"]
        return {**made, "metadata": {**metadata, "name": name, "labels": labels}, "spec": spec}

    def _delete(self, pod: JsonObject) -> None:
        try:
            self.api.delete(POD, common.namespace_of(pod), common.name_of(pod), uid=common.uid_of(pod))
        except NotFound:
            return
        self._tell("SuccessfulDelete", f"Delete Pod {common.name_of(pod)} in StatefulSet {common.name_of(self.set)} successful")

    def _tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        self.world.events(self.set, reason, message, component=COMPONENT, warning=warning)
