"""The volume claims of a StatefulSet's pods: made from templates, kept or owned as the retention policy says.

Source: k8s.io/kubernetes pkg/controller/statefulset (stateful_pod_control.go, stateful_set_utils.go)
"""

from __future__ import annotations

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import CLAIM, MANAGER, POD, STATEFUL_SET, World
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError


def claim_name(owner: JsonObject, template: JsonObject, number: int) -> str:
    """`data-db-0`."""
    return f"{template['metadata']['name']}-{common.name_of(owner)}-{number}"


def _number(pod: JsonObject) -> int:
    return int(common.name_of(pod).rpartition("-")[2])


def create_missing(world: World, owner: JsonObject, pod: JsonObject, component: str) -> None:
    """Make the claims that the pod needs and that are not there."""
    for template in owner["spec"].get("volumeClaimTemplates") or ():
        name = claim_name(owner, template, _number(pod))
        if world.api.get(CLAIM, common.namespace_of(owner), name) is not None:
            continue
        metadata = {key: value for key, value in template["metadata"].items() if key in ("labels", "annotations", "finalizers") and value}
        labels = {**(metadata.get("labels") or {}), **((owner["spec"].get("selector") or {}).get("matchLabels") or {})}
        made = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {**metadata, "name": name, "namespace": common.namespace_of(owner), "labels": labels},
            "spec": template["spec"],
        }
        where = f"Claim {name} Pod {common.name_of(pod)} in StatefulSet {common.name_of(owner)}"
        try:
            world.api.create(made, manager=MANAGER)
        except ApiError as error:
            message = (
                f"Create Claim {name} for Pod {common.name_of(pod)} in StatefulSet {common.name_of(owner)} failed error: {error.message}"
            )
            world.events(owner, "FailedCreate", message, component=component, warning=True)
            raise
        world.events(owner, "SuccessfulCreate", f"Create {where} success", component=component)


def retain(world: World, owner: JsonObject, pod: JsonObject, *, scaled_down: bool) -> None:
    """Owner references as the policy wants them: the set's where its deletion takes the claims along, the pod's where scaling down does."""
    policy = owner["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    on_deleted, on_scaled = policy.get("whenDeleted") == "Delete", policy.get("whenScaled") == "Delete"
    for template in owner["spec"].get("volumeClaimTemplates") or ():
        claim = world.api.get(CLAIM, common.namespace_of(owner), claim_name(owner, template, _number(pod)))
        if claim is None:
            continue
        wanted: list[JsonObject] = []
        if on_scaled and scaled_down:
            wanted.append({"apiVersion": POD.api_version, "kind": "Pod", "name": common.name_of(pod), "uid": common.uid_of(pod)})
        elif on_deleted:
            wanted.append(
                {"apiVersion": STATEFUL_SET.api_version, "kind": "StatefulSet", "name": common.name_of(owner), "uid": common.uid_of(owner)}
            )
        for reference in wanted:
            reference |= {"controller": True, "blockOwnerDeletion": True}
        present = claim["metadata"].get("ownerReferences") or []
        managed = {common.uid_of(owner), common.uid_of(pod)}
        rest = [item for item in present if item.get("uid") not in managed and item.get("kind") not in ("StatefulSet", "Pod")]
        if [*rest, *wanted] != present:
            world.api.update(common.with_metadata(claim, ownerReferences=[*rest, *wanted] or None), manager=MANAGER)
