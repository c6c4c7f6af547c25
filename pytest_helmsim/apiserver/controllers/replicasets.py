"""ReplicaSets, and ReplicationControllers before them: as many active pods as `spec.replicas` says.

Source: k8s.io/kubernetes pkg/controller/replicaset, pkg/controller/replication (the same code behind a conversion)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pytest_helmsim.apiserver.controllers import common, pods
from pytest_helmsim.apiserver.controllers.common import POD, REPLICA_SET, REPLICATION_CONTROLLER, Key, Keys, Reconciler
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError

BURST = 500


def reports_terminating(version: str) -> bool:
    """`status.terminatingReplicas` of Deployments and ReplicaSets is on from 1.35."""
    major, minor = version.split(".")[:2]
    return (int(major), int(minor)) >= (1, 35)


class ReplicaSets(Reconciler):
    """Creates and deletes pods, counts them into the status."""

    name, alias = "replicaset-controller", "replicaset"
    counts = True
    gvk: ClassVar[GroupVersionKind] = REPLICA_SET
    component: ClassVar[str] = "replicaset-controller"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {
            common.kind(self.gvk): common.itself,
            common.kind(POD): common.controlled_or_matching(self.api, self.gvk),
        }

    def sync(self, key: Key) -> float | None:
        replica_set = self.api.get(self.gvk, *key)
        if replica_set is None:
            return None
        claimed = common.claim(self.api, replica_set, self.gvk, common.candidates(self.world, replica_set, POD))
        active = [pod for pod in claimed if pods.is_active(pod)]
        terminating = [pod for pod in claimed if common.is_deleting(pod) and not pods.is_finished(pod)]
        failure: ApiError | None = None
        if not common.is_deleting(replica_set):
            try:
                self._manage(replica_set, active)
            except ApiError as error:
                failure = error
        self._report(replica_set, active, len(terminating), failure)
        if failure is not None:
            raise failure
        return pods.next_available(active, replica_set["spec"].get("minReadySeconds") or 0, self.world.now())

    def _manage(self, replica_set: JsonObject, active: list[JsonObject]) -> None:
        missing = int(replica_set["spec"].get("replicas") or 0) - len(active)
        for _ in range(min(missing, BURST)):
            try:
                pod = pods.from_template(replica_set["spec"]["template"], replica_set, self.gvk)
                pods.create(self.world, pod, replica_set, component=self.component)
            except ApiError as error:
                if pods.is_namespace_terminating(error):
                    return
                raise
        if missing < 0:
            for pod in pods.first_to_go(active, self._related(replica_set, active), self.world.now())[: min(-missing, BURST)]:
                pods.delete(self.world, pod, replica_set, component=self.component)

    def _related(self, replica_set: JsonObject, active: list[JsonObject]) -> list[JsonObject]:
        """Pods of all ReplicaSets with the same controller: their crowding on nodes counts."""
        reference = common.controller_of(replica_set)
        if reference is None:
            return active
        namespace = common.namespace_of(replica_set)
        siblings = [
            common.uid_of(item)
            for item in self.api.list(self.gvk, namespace)
            if (common.controller_of(item) or {}).get("uid") == reference["uid"]
        ]
        return [pod for pod in self.api.list(POD, namespace) if (common.controller_of(pod) or {}).get("uid") in siblings]

    def _report(self, replica_set: JsonObject, active: list[JsonObject], terminating: int, failure: ApiError | None) -> None:
        spec, old, now = replica_set["spec"], common.status_of(replica_set), self.world.now()
        template_labels = (spec["template"].get("metadata") or {}).get("labels") or {}
        terminates = self.gvk == REPLICA_SET and reports_terminating(self.api.version)
        status = {
            "replicas": len(active),
            "fullyLabeledReplicas": sum(template_labels.items() <= common.labels_of(pod).items() for pod in active),
            "readyReplicas": sum(pods.is_ready(pod) for pod in active),
            "availableReplicas": sum(pods.is_available(pod, spec.get("minReadySeconds") or 0, now) for pod in active),
            "terminatingReplicas": terminating if terminates else None,
            "observedGeneration": replica_set["metadata"].get("generation"),
            "conditions": self._conditions(old, int(spec.get("replicas") or 0) - len(active), failure),
        }
        keep = ("replicas", "terminatingReplicas") if terminates else ("replicas",)
        common.update_status(self.api, replica_set, common.without_empty(status, *keep))

    def _conditions(self, old: JsonObject, missing: int, failure: ApiError | None) -> list[JsonObject]:
        found = common.condition(old, "ReplicaFailure")
        others = [item for item in old.get("conditions") or () if item is not found]
        if failure is None:
            return others
        if found is not None:
            return [*others, found]
        reason = "FailedCreate" if missing > 0 else "FailedDelete"
        failed = {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": self.world.stamp(),
            "reason": reason,
            "message": failure.message,
        }
        return [*others, failed]


class ReplicationControllers(ReplicaSets):
    """The same for the older kind."""

    name, alias = "replicationcontroller-controller", "replicationcontroller"
    gvk = REPLICATION_CONTROLLER
    component = "replication-controller"
