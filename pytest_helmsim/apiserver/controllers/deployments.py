"""Deployments: one ReplicaSet per pod template, and the way from the old ones to the new.

Source: k8s.io/kubernetes pkg/controller/deployment (sync.go, rolling.go, recreate.go, progress.go, util/deployment_util.go)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, pods, rollout
from pytest_helmsim.apiserver.controllers.common import DEPLOYMENT, MANAGER, POD, REPLICA_SET, Key, Keys, Reconciler
from pytest_helmsim.apiserver.controllers.replicasets import reports_terminating
from pytest_helmsim.apiserver.controllers.templatehash import pod_template_hash
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import AlreadyExists, ApiError, NotFound

COMPONENT = "deployment-controller"


class Deployments(Reconciler):
    """Makes, scales and prunes ReplicaSets; reports progress."""

    name, alias = "deployment-controller", "deployment"
    patient = True

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {
            common.kind(DEPLOYMENT): common.itself,
            common.kind(REPLICA_SET): common.controlled_or_matching(self.api, DEPLOYMENT),
            common.kind(POD): self._of_gone_pod,
        }

    def _of_gone_pod(self, event: StoreEvent) -> Iterable[Key]:
        """Only Recreate waits for pods to be gone."""
        if event.type != "DELETED":
            return ()
        reference = common.controller_of(event.new)
        if reference is None or reference["kind"] != "ReplicaSet":
            return ()
        replica_set = self.api.get(REPLICA_SET, common.namespace_of(event.new), reference["name"])
        owner = common.controller_of(replica_set) if replica_set else None
        return (Key(common.namespace_of(event.new), owner["name"]),) if owner and owner["kind"] == "Deployment" else ()

    def sync(self, key: Key) -> float | None:
        deployment = self.api.get(DEPLOYMENT, *key)
        if deployment is None:
            return None
        claimed = common.claim(self.api, deployment, DEPLOYMENT, common.candidates(self.world, deployment, REPLICA_SET))
        sets = sorted(claimed, key=rollout.age)
        if common.is_deleting(deployment):
            self._write(
                deployment, rollout.counts(deployment, sets, rollout.find_new(deployment, sets), self._reports(), self.world.stamp())
            )
            return None
        deployment = self._note_pause(deployment)
        if deployment["spec"].get("paused") or self._is_scaling(deployment, sets):
            return self._scale_only(deployment, sets)
        if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
            return self._recreate(deployment, sets)
        return self._roll(deployment, sets)

    def _reports(self) -> bool:
        return reports_terminating(self.api.version)

    def _write(self, deployment: JsonObject, status: JsonObject) -> JsonObject:
        return common.update_status(self.api, deployment, status)

    def _note_pause(self, deployment: JsonObject) -> JsonObject:
        """Pausing stops the clock of the progress deadline, resuming starts it anew."""
        status = common.status_of(deployment)
        found = common.condition(status, "Progressing")
        if not rollout.has_deadline(deployment) or (found and found.get("reason") == "ProgressDeadlineExceeded"):
            return deployment
        paused, noted = bool(deployment["spec"].get("paused")), bool(found) and (found or {}).get("reason") == "DeploymentPaused"
        if paused == noted:
            return deployment
        reason, message = ("DeploymentPaused", "Deployment is paused") if paused else ("DeploymentResumed", "Deployment is resumed")
        return self._write(deployment, rollout.with_condition(status, "Progressing", "Unknown", reason, message, self.world.stamp()))

    def _is_scaling(self, deployment: JsonObject, sets: list[JsonObject]) -> bool:
        """Whether some active ReplicaSet was sized for another number of replicas."""
        wanted = rollout.replicas(deployment)
        return any(
            (desired := rollout.number_annotation(item, rollout.DESIRED)) is not None and desired != wanted
            for item in sets
            if rollout.replicas(item) > 0
        )

    def _scale_only(self, deployment: JsonObject, sets: list[JsonObject]) -> float | None:
        found, new, old = self._find_or_make(deployment, sets, make=False)
        if new is not rollout.find_new(deployment, sets):
            return None  # its annotations were written, which brings the deployment here again
        sized = self._rescale(found, new, old)
        if found["spec"].get("paused"):
            self._prune(found, old)
        if found is not deployment:
            return None  # upstream's write of the counts meets a conflict with its own note of the revision, and is not repeated
        new = sized.get(common.uid_of(new), new) if new else None
        every = [sized.get(common.uid_of(item), item) for item in old] + ([new] if new else [])
        self._write(deployment, rollout.counts(deployment, every, new, self._reports(), self.world.stamp()))
        return None

    def _roll(self, deployment: JsonObject, sets: list[JsonObject]) -> float | None:
        deployment, new, old = self._find_or_make(deployment, sets, make=True)
        if new is None:
            return None
        if rollout.replicas(new) != rollout.replicas(deployment):
            size = rollout.replicas(deployment)
            if rollout.replicas(new) < size:
                size = rollout.new_size(deployment, [*old, new], new)
            if size != rollout.replicas(new):
                new = self._resize(new, size, deployment)
                return self._progress(deployment, [*old, new], new)
        shrunk = self._shrink_old(deployment, new, old)
        if shrunk is not None:
            return self._progress(deployment, [*shrunk, new], new)
        if rollout.is_complete(deployment, common.status_of(deployment)):
            self._prune(deployment, old)
        return self._progress(deployment, [*old, new], new)

    def _shrink_old(self, deployment: JsonObject, new: JsonObject, old: list[JsonObject]) -> list[JsonObject] | None:
        """Old ReplicaSets made smaller as availability allows: unhealthy replicas first; None when nothing could go."""
        if not any(rollout.replicas(item) for item in old):
            return None
        minimum = rollout.replicas(deployment) - rollout.max_unavailable(deployment)
        unavailable = rollout.replicas(new) - rollout.status_count(new, "availableReplicas")
        room = sum(map(rollout.replicas, [*old, new])) - minimum - unavailable
        if room <= 0:
            return None
        changed, gone, result = False, 0, []
        for item in old:
            sick = rollout.replicas(item) - rollout.status_count(item, "availableReplicas")
            drop = min(room - gone, sick) if rollout.replicas(item) else 0
            if drop > 0:
                item = self._resize(item, rollout.replicas(item) - drop, deployment)
                gone, changed = gone + drop, True
            result.append(item)
        spare = sum(rollout.status_count(item, "availableReplicas") for item in [*result, new]) - minimum
        for index, item in enumerate(result):
            drop = min(rollout.replicas(item), spare)
            if drop > 0:
                result[index] = self._resize(item, rollout.replicas(item) - drop, deployment)
                spare, changed = spare - drop, True
        return result if changed else None

    def _recreate(self, deployment: JsonObject, sets: list[JsonObject]) -> float | None:
        deployment, new, old = self._find_or_make(deployment, sets, make=False)
        shrunk = [self._resize(item, 0, deployment) if rollout.replicas(item) else item for item in old]
        every = [*shrunk, *([new] if new else [])]
        if any(rollout.replicas(item) for item in old) or self._old_pods_run(new, old):
            return self._progress(deployment, every, new)
        if new is None:
            deployment, new, old = self._find_or_make(deployment, sets, make=True)
            if new is None:
                return None
        if rollout.replicas(new) != rollout.replicas(deployment):
            new = self._resize(new, rollout.replicas(deployment), deployment)
        if rollout.is_complete(deployment, common.status_of(deployment)):
            self._prune(deployment, old)
        return self._progress(deployment, [*old, new], new)

    def _old_pods_run(self, new: JsonObject | None, old: list[JsonObject]) -> bool:
        """Pods of old ReplicaSets that are not finished; being deleted counts as running."""
        if any(rollout.status_count(item, "replicas") for item in old):
            return True
        return any(not pods.is_finished(pod) for item in old for pod in common.owned(self.world, item, POD))

    def _find_or_make(
        self, deployment: JsonObject, sets: list[JsonObject], *, make: bool
    ) -> tuple[JsonObject, JsonObject | None, list[JsonObject]]:
        """The deployment (its revision noted), the ReplicaSet of its template, and all others."""
        new = rollout.find_new(deployment, sets)
        old = [item for item in sets if new is None or common.uid_of(item) != common.uid_of(new)]
        revision = str(max((rollout.revision(item) for item in old), default=0) + 1)
        if new is not None:
            wanted = rollout.synced(new, deployment, revision)
            if wanted is not new:
                new = self.api.update(wanted, manager=MANAGER)
                return deployment, new, old
            noted = rollout.with_revision(deployment, common.annotations_of(new)[rollout.REVISION])
            status = common.status_of(deployment)
            if rollout.has_deadline(deployment) and common.condition(status, "Progressing") is None:
                message = f'Found new replica set "{common.name_of(new)}"'
                status = rollout.with_condition(status, "Progressing", "True", "FoundNewReplicaSet", message, self.world.stamp())
            if noted is not deployment or status is not common.status_of(deployment):
                deployment = self.api.update_status({**noted, "status": status}, manager=MANAGER)
            return deployment, new, old
        if not make:
            return deployment, None, old
        return (*self._make(deployment, old, revision), old)

    def _make(self, deployment: JsonObject, old: list[JsonObject], revision: str) -> tuple[JsonObject, JsonObject | None]:
        status = common.status_of(deployment)
        digest = pod_template_hash(deployment["spec"]["template"], status.get("collisionCount"))
        draft = rollout.new_replica_set(deployment, digest)
        draft = common.with_spec(draft, replicas=rollout.new_size(deployment, [*old, draft], draft))
        draft = rollout.sized(rollout.synced(draft, deployment, revision), deployment)
        try:
            new = self.api.create(draft, manager=MANAGER)
        except AlreadyExists:
            return self._write(deployment, {**status, "collisionCount": (status.get("collisionCount") or 0) + 1}), None
        except ApiError as error:
            if pods.is_namespace_terminating(error):
                raise
            message = f'Failed to create new replica set "{common.name_of(draft)}": {error.message}'
            self._write(
                deployment, rollout.with_condition(status, "Progressing", "False", "ReplicaSetCreateError", message, self.world.stamp())
            )
            self.world.events(deployment, "ReplicaSetCreateError", message, component=COMPONENT, warning=True)
            raise
        if rollout.replicas(new) > 0:
            self._tell_scaled(deployment, new, 0)
        if rollout.has_deadline(deployment):
            message = f'Created new replica set "{common.name_of(new)}"'
            status = rollout.with_condition(status, "Progressing", "True", "NewReplicaSetCreated", message, self.world.stamp())
        noted = rollout.with_revision(deployment, revision)
        return self.api.update_status({**noted, "status": status}, manager=MANAGER), new

    def _rescale(self, deployment: JsonObject, new: JsonObject | None, old: list[JsonObject]) -> dict[str, JsonObject]:
        """Sizes after `spec.replicas` changed: the only active ReplicaSet takes it all, several share in proportion."""
        every = [*old, *([new] if new else [])]
        active = [item for item in every if rollout.replicas(item) > 0]
        wanted = rollout.replicas(deployment)
        if len(active) <= 1:
            target = active[0] if active else new or (old[-1] if old else None)
            if target is None or rollout.replicas(target) == wanted:
                return {}
            return {common.uid_of(target): self._resize(target, wanted, deployment)}
        if new is not None and rollout.is_saturated(deployment, new):
            return {common.uid_of(item): self._resize(item, 0, deployment) for item in old if rollout.replicas(item)}
        if not rollout.is_rolling(deployment):
            return {}
        sizes = rollout.proportional(deployment, active)
        return {common.uid_of(item): self._resize(item, sizes[common.uid_of(item)], deployment) for item in active}

    def _resize(self, replica_set: JsonObject, size: int, deployment: JsonObject) -> JsonObject:
        """Write the size and the two annotations about it, with the event when the size is new."""
        before = rollout.replicas(replica_set)
        wanted = rollout.sized(common.with_spec(replica_set, replicas=size), deployment)
        if wanted == replica_set:
            return replica_set
        written = self.api.update(wanted, manager=MANAGER)
        if before != size:
            self._tell_scaled(deployment, written, before)
        return written

    def _tell_scaled(self, deployment: JsonObject, replica_set: JsonObject, before: int) -> None:
        size, word = rollout.replicas(replica_set), "up" if rollout.replicas(replica_set) > before else "down"
        message = f"Scaled {word} replica set {common.name_of(replica_set)} from {before} to {size}"
        self.world.events(deployment, "ScalingReplicaSet", message, component=COMPONENT)

    def _prune(self, deployment: JsonObject, old: list[JsonObject]) -> None:
        """Delete the oldest revisions beyond `revisionHistoryLimit` that hold no pods."""
        limit = deployment["spec"].get("revisionHistoryLimit")
        if limit is None:
            return
        alive = sorted((item for item in old if not common.is_deleting(item)), key=lambda item: (rollout.revision(item), rollout.age(item)))
        for item in alive[: max(len(alive) - limit, 0)]:
            observed = rollout.status_count(item, "observedGeneration") >= (item["metadata"].get("generation") or 0)
            if rollout.replicas(item) == 0 and rollout.status_count(item, "replicas") == 0 and observed:
                try:
                    self.api.delete(REPLICA_SET, common.namespace_of(item), common.name_of(item))
                except NotFound:
                    continue

    def _progress(self, deployment: JsonObject, every: list[JsonObject], new: JsonObject | None) -> float | None:
        """Write the status of a rollout; seconds until its deadline may have passed."""
        status = rollout.progress(deployment, every, new, self._reports(), self.world.now())
        if status != common.status_of(deployment):
            deployment = self._write(deployment, status)
        return rollout.deadline_in(deployment, status, self.world.now())
