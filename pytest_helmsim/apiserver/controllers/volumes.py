"""Persistent volumes: binding claims, making volumes for classes, resizing, and keeping what is in use.

A StorageClass stands for a provisioner that answers at once: the embedded cluster plays every external provisioner.
Source: k8s.io/kubernetes pkg/controller/volume (persistentvolume/pv_controller.go, expand, pvcprotection, pvprotection)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, pods
from pytest_helmsim.apiserver.controllers.common import CLAIM, MANAGER, POD, STORAGE_CLASS, VOLUME, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects import quantity
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError, NotFound

APPROXIMATE = ("provisioners and resizers: every StorageClass stands for one that answers at once; no data is kept",)
COMPONENT = "persistentvolume-controller"
CLAIM_FINALIZER = "kubernetes.io/pvc-protection"
VOLUME_FINALIZER = "kubernetes.io/pv-protection"
BOUND = "pv.kubernetes.io/bound-by-controller"
COMPLETED = "pv.kubernetes.io/bind-completed"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
PROVISIONERS = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")
SELECTED_NODE = "volume.kubernetes.io/selected-node"
NO_PROVISIONER = "kubernetes.io/no-provisioner"


def claims_of(pod: JsonObject) -> list[str]:
    """The claims that a pod mounts; ephemeral volumes are claims named after pod and volume."""
    found = []
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            found.append(str(volume["persistentVolumeClaim"]["claimName"]))
        elif "ephemeral" in volume:
            found.append(f"{common.name_of(pod)}-{volume['name']}")
    return found


def ephemeral_claims(pod: JsonObject) -> dict[str, JsonObject]:
    """The volumes that get a claim of their own, by its name."""
    return {f"{common.name_of(pod)}-{item['name']}": item for item in pod["spec"].get("volumes") or () if item.get("ephemeral")}


class EphemeralVolumes(Reconciler):
    """A pod's ephemeral volumes get claims that go with the pod.

    Source: k8s.io/kubernetes pkg/controller/volume/ephemeral/controller.go
    """

    name, alias = "ephemeral-volume-controller", "ephemeral-volume"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(POD): self._concerned, common.kind(CLAIM): common.controlled_by(POD)}

    def _concerned(self, event: StoreEvent) -> Iterable[Key]:
        return (common.key_of(event.new),) if event.type == "ADDED" and ephemeral_claims(event.new) else ()

    def sync(self, key: Key) -> float | None:
        pod = self.api.get(POD, *key)
        if pod is None or common.is_deleting(pod):
            return None
        for name, volume in ephemeral_claims(pod).items():
            found = self.api.get(CLAIM, key.namespace, name)
            if found is not None and not common.is_controlled_by(found, pod):
                where = f"{key.namespace}/{name} was not created for pod {key.namespace}/{key.name}"
                message = f"ephemeral volume {volume['name']}: PVC {where} (pod is not owner)"
                self.world.events(pod, "FailedBinding", message, component="ephemeral_volume", warning=True)
            elif found is None:
                self._make(pod, name, volume)
        return None

    def _make(self, pod: JsonObject, name: str, volume: JsonObject) -> None:
        template = volume["ephemeral"]["volumeClaimTemplate"]
        copied = {key: value for key, value in (template.get("metadata") or {}).items() if key in ("labels", "annotations") and value}
        owner = common.controller_reference(pod, POD)
        metadata = {**copied, "name": name, "namespace": common.namespace_of(pod), "ownerReferences": [owner]}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"]}
        try:
            self.api.create(claim, manager=MANAGER)
        except ApiError as error:
            message = f"ephemeral volume {volume['name']}: create PVC {name}: {error.message}"
            self.world.events(pod, "FailedBinding", message, component="ephemeral_volume", warning=True)
            raise


class StandardClass(Reconciler):
    """The default StorageClass of a fresh cluster, with the parts that kind gives its own; only where there is no class yet."""

    name = "standard-storage-class"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {}

    def initial(self) -> Iterable[Key]:
        return (Key("", "standard"),) if self.world.settings.storage_class else ()

    def sync(self, key: Key) -> float | None:
        if not self.api.list(STORAGE_CLASS):
            made = {
                "apiVersion": STORAGE_CLASS.api_version,
                "kind": STORAGE_CLASS.kind,
                "metadata": {"name": key.name, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
                "provisioner": "rancher.io/local-path",
                "reclaimPolicy": "Delete",
                "volumeBindingMode": "WaitForFirstConsumer",
            }
            self.api.create(made, manager="kubectl-client-side-apply")
        return None


class Volumes(Reconciler):
    """Binds claims to volumes."""

    name, alias = "persistentvolume-binder-controller", "persistentvolume-binder"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {
            common.kind(CLAIM): self._claims,
            common.kind(VOLUME): self._of_volume,
            common.kind(STORAGE_CLASS): self._pending,
            common.kind(POD): self._of_pod,
        }

    def _claims(self, event: StoreEvent) -> Iterable[Key]:
        found = [common.key_of(event.new)]
        if event.type == "DELETED":
            found += [Key("", common.name_of(item)) for item in self.api.list(VOLUME) if _claimed_by(item, event.new)]
        return found

    def _of_volume(self, event: StoreEvent) -> Iterable[Key]:
        return [Key("", common.name_of(event.new)), *self._pending(event)]

    def _pending(self, event: StoreEvent) -> Iterable[Key]:
        return [common.key_of(item) for item in self.api.list(CLAIM) if common.status_of(item).get("phase") == "Pending"]

    def _of_pod(self, event: StoreEvent) -> Iterable[Key]:
        """A claim that waits for its first consumer is bound once a pod with it has come."""
        return [Key(common.namespace_of(event.new), name) for name in claims_of(event.new)] if event.type != "DELETED" else ()

    def sync(self, key: Key) -> float | None:
        if not key.namespace:
            self._sync_volume(key.name)
            return None
        claim = self.api.get(CLAIM, *key)
        if claim is None or common.is_deleting(claim):
            return None
        if claim["spec"].get("volumeName"):
            volume = self.api.get(VOLUME, "", claim["spec"]["volumeName"])
            if volume is None:
                self._phase(claim, "Lost" if COMPLETED in common.annotations_of(claim) else "Pending")
            else:
                self._bind(claim, volume)
            return None
        if common.status_of(claim).get("phase") != "Pending":
            claim = self._phase(claim, "Pending")
        volume = self._match(claim)
        storage = self._class(claim)
        if (
            volume is None
            and storage is not None
            and storage.get("volumeBindingMode") == "WaitForFirstConsumer"
            and not self._consumed(claim)
        ):
            message = "waiting for first consumer to be created before binding"
            self.world.events(claim, "WaitForFirstConsumer", message, component=COMPONENT)
            return None
        if volume is None:
            volume = self._provision(claim, storage)
        if volume is not None:
            latest = self.api.get(CLAIM, *key)
            if latest is not None:
                self._bind(latest, volume)
        return None

    def _class(self, claim: JsonObject) -> JsonObject | None:
        name = claim["spec"].get("storageClassName")
        return self.api.get(STORAGE_CLASS, "", name) if name else None

    def _consumed(self, claim: JsonObject) -> bool:
        return any(
            common.name_of(claim) in claims_of(pod) and not pods.is_finished(pod) for pod in self.api.list(POD, common.namespace_of(claim))
        )

    def _match(self, claim: JsonObject) -> JsonObject | None:
        """The smallest free volume of the same class, modes and labels that is large enough; one reserved for the claim first."""
        spec, candidates = claim["spec"], []
        wanted = quantity.parse(spec["resources"]["requests"]["storage"])
        for volume in self.api.list(VOLUME):
            reference = volume["spec"].get("claimRef")
            if reference:
                if (reference.get("namespace"), reference.get("name")) == common.key_of(claim) and reference.get("uid") in (
                    None,
                    "",
                    common.uid_of(claim),
                ):
                    return volume
                continue
            if common.is_deleting(volume) or (volume["spec"].get("storageClassName") or "") != (spec.get("storageClassName") or ""):
                continue
            if volume["spec"].get("volumeMode", "Filesystem") != spec.get("volumeMode", "Filesystem"):
                continue
            if not set(spec.get("accessModes") or ()) <= set(volume["spec"].get("accessModes") or ()):
                continue
            if spec.get("selector") is not None and not common.selects(spec["selector"], common.labels_of(volume)):
                continue
            size = quantity.parse(volume["spec"]["capacity"]["storage"])
            if size.compare(wanted) >= 0:
                candidates.append((size.scaled(0), common.name_of(volume), volume))
        return min(candidates, key=lambda item: item[:2])[2] if candidates else None

    def _provision(self, claim: JsonObject, storage: JsonObject | None) -> JsonObject | None:
        spec = claim["spec"]
        if storage is None:
            if spec.get("storageClassName"):
                message = f'storageclass.storage.k8s.io "{spec["storageClassName"]}" not found'
                self.world.events(claim, "ProvisioningFailed", message, component=COMPONENT, warning=True)
            else:
                message = "no persistent volumes available for this claim and no storage class is set"
                self.world.events(claim, "FailedBinding", message, component=COMPONENT)
            return None
        if storage["provisioner"] == NO_PROVISIONER:
            return None
        marks = dict.fromkeys(PROVISIONERS, storage["provisioner"])
        if storage.get("volumeBindingMode") == "WaitForFirstConsumer":
            marks[SELECTED_NODE] = self._node_of(claim)
        if not marks.items() <= common.annotations_of(claim).items():
            claim = self.api.update(common.with_metadata(claim, annotations={**common.annotations_of(claim), **marks}), manager=MANAGER)
        who = storage["provisioner"]
        name = f"pvc-{common.uid_of(claim)}"
        message = f'External provisioner is provisioning volume for claim "{common.namespace_of(claim)}/{common.name_of(claim)}"'
        self.world.events(claim, "Provisioning", message, component=who, manager=who.rpartition("/")[2])
        made = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name, "annotations": {PROVISIONED_BY: who}},
            "spec": {
                "accessModes": spec.get("accessModes"),
                "capacity": {"storage": spec["resources"]["requests"]["storage"]},
                "claimRef": _reference(claim),
                "hostPath": {"path": f"/var/local-path-provisioner/{name}", "type": "DirectoryOrCreate"},
                "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy") or "Delete",
                "storageClassName": common.name_of(storage),
                "volumeMode": spec.get("volumeMode", "Filesystem"),
                **({"mountOptions": storage["mountOptions"]} if storage.get("mountOptions") else {}),
            },
        }
        volume = self.api.get(VOLUME, "", name) or self.api.create(made, manager=who.rpartition("/")[2])
        message = f"Successfully provisioned volume {name}"
        self.world.events(claim, "ProvisioningSucceeded", message, component=who, manager=who.rpartition("/")[2])
        return volume

    def _node_of(self, claim: JsonObject) -> str:
        for pod in self.api.list(POD, common.namespace_of(claim)):
            if common.name_of(claim) in claims_of(pod) and pod["spec"].get("nodeName"):
                return str(pod["spec"]["nodeName"])
        return "node-0"

    def _bind(self, claim: JsonObject, volume: JsonObject) -> None:
        """Both sides point at each other and say Bound."""
        reference = volume["spec"].get("claimRef") or {}
        if reference.get("uid") not in (None, "", common.uid_of(claim)):
            message = f'volume "{common.name_of(volume)}" already bound to a different claim.'
            self.world.events(claim, "FailedBinding", message, component=COMPONENT, warning=True)
            return
        if reference.get("uid") != common.uid_of(claim):
            by_us = {} if reference else {BOUND: "yes"}
            bound = common.with_spec(volume, claimRef={**_reference(claim), **reference, "uid": common.uid_of(claim)})
            volume = self.api.update(
                common.with_metadata(bound, annotations={**common.annotations_of(volume), **by_us} or None), manager=MANAGER
            )
        self._volume_phase(volume, "Bound")
        marks = {COMPLETED: "yes"} | ({} if claim["spec"].get("volumeName") else {BOUND: "yes"})
        annotations = {**common.annotations_of(claim), **({} if COMPLETED in common.annotations_of(claim) else marks)}
        if claim["spec"].get("volumeName") != common.name_of(volume) or annotations != common.annotations_of(claim):
            pointing = common.with_spec(common.with_metadata(claim, annotations=annotations), volumeName=common.name_of(volume))
            claim = self.api.update(pointing, manager=MANAGER)
        status = {
            **common.status_of(claim),
            "phase": "Bound",
            "accessModes": volume["spec"].get("accessModes"),
            "capacity": volume["spec"]["capacity"],
        }
        if common.status_of(claim).get("phase") == "Bound":
            status["capacity"] = common.status_of(claim).get("capacity")
        common.update_status(self.api, claim, status)

    def _phase(self, claim: JsonObject, phase: str) -> JsonObject:
        return common.update_status(self.api, claim, {**common.status_of(claim), "phase": phase})

    def _volume_phase(self, volume: JsonObject, phase: str) -> None:
        status = common.status_of(volume)
        if status.get("phase") != phase:
            common.update_status(self.api, volume, {**status, "phase": phase})

    def _sync_volume(self, name: str) -> None:
        volume = self.api.get(VOLUME, "", name)
        if volume is None or common.is_deleting(volume):
            return
        reference = volume["spec"].get("claimRef")
        if not reference:
            self._volume_phase(volume, "Available")
            return
        claim = self.api.get(CLAIM, reference.get("namespace") or "", reference["name"])
        if claim is not None and reference.get("uid") in (None, "", common.uid_of(claim)):
            return
        if not reference.get("uid"):
            self._volume_phase(volume, "Available")
            return
        self._volume_phase(volume, "Released")
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            try:
                self.api.delete(VOLUME, "", name, uid=common.uid_of(volume))
            except NotFound:
                return


class Expansions(Reconciler):
    """A claim that asks for more than it has gets it, when its class allows."""

    name, alias = "persistentvolume-expander-controller", "persistentvolume-expander"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(CLAIM): common.itself}

    def sync(self, key: Key) -> float | None:
        claim = self.api.get(CLAIM, *key)
        if claim is None or common.status_of(claim).get("phase") != "Bound" or common.is_deleting(claim):
            return None
        wanted = claim["spec"]["resources"]["requests"]["storage"]
        has = (common.status_of(claim).get("capacity") or {}).get("storage") or "0"
        volume = self.api.get(VOLUME, "", claim["spec"].get("volumeName") or "")
        if volume is None or quantity.parse(wanted).compare(quantity.parse(has)) <= 0:
            return None
        storage = self.api.get(STORAGE_CLASS, "", claim["spec"].get("storageClassName") or "")
        if storage is None or not storage.get("allowVolumeExpansion"):
            return None
        who = storage["provisioner"].rpartition("/")[2]
        message = f"External resizer is resizing volume {common.name_of(volume)}"
        self.world.events(claim, "Resizing", message, component=storage["provisioner"], manager=who)
        self.api.update(common.with_spec(volume, capacity={**volume["spec"]["capacity"], "storage": wanted}), manager=who)
        status = common.status_of(claim)
        common.update_status(self.api, claim, {**status, "capacity": {**(status.get("capacity") or {}), "storage": wanted}}, manager=who)
        self.world.events(
            claim, "FileSystemResizeSuccessful", "MountVolume.NodeExpandVolume succeeded", component="kubelet", manager="kubelet"
        )
        return None


class Protection(Reconciler):
    """Claims and volumes that are deleted stay while pods or claims use them; a finalizer that somebody took away comes back.

    A key without namespace is a volume.
    """

    name, alias = "persistentvolumeclaim-protection-controller", "pvc-protection"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(CLAIM): self._claim, common.kind(VOLUME): common.itself, common.kind(POD): self._of_pod}

    def _claim(self, event: StoreEvent) -> Iterable[Key]:
        volume = event.new["spec"].get("volumeName")
        return [common.key_of(event.new), *([Key("", volume)] if volume else [])]

    def _of_pod(self, event: StoreEvent) -> Iterable[Key]:
        return [Key(common.namespace_of(event.new), name) for name in claims_of(event.new)]

    def sync(self, key: Key) -> float | None:
        gvk, finalizer = (CLAIM, CLAIM_FINALIZER) if key.namespace else (VOLUME, VOLUME_FINALIZER)
        found = self.api.get(gvk, *key)
        if found is None:
            return None
        finalizers = found["metadata"].get("finalizers") or []
        if not common.is_deleting(found):
            if finalizer not in finalizers:
                self.api.update(common.with_metadata(found, finalizers=[*finalizers, finalizer]), manager=MANAGER)
            return None
        if finalizer in finalizers and not self._used(found):
            rest = [name for name in finalizers if name != finalizer]
            self.api.update(common.with_metadata(found, finalizers=rest or None), manager=MANAGER)
        return None

    def _used(self, found: JsonObject) -> bool:
        if found["metadata"].get("namespace"):
            users = self.api.list(POD, common.namespace_of(found))
            return any(common.name_of(found) in claims_of(pod) and not pods.is_finished(pod) for pod in users)
        reference = found["spec"].get("claimRef") or {}
        claim = self.api.get(CLAIM, reference.get("namespace") or "", reference.get("name") or "") if reference else None
        return claim is not None and common.uid_of(claim) == reference.get("uid")


def _reference(claim: JsonObject) -> JsonObject:
    return {
        "kind": "PersistentVolumeClaim",
        "namespace": common.namespace_of(claim),
        "name": common.name_of(claim),
        "uid": common.uid_of(claim),
        "apiVersion": "v1",
        "resourceVersion": claim["metadata"].get("resourceVersion"),
    }


def _claimed_by(volume: JsonObject, claim: JsonObject) -> bool:
    return (volume["spec"].get("claimRef") or {}).get("uid") == common.uid_of(claim)
