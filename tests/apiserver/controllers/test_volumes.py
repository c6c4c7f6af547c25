"""Claims and volumes: classes that bind at once or at the first consumer, retention of a StatefulSet's claims, resizing, protection."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.apiserver.controllers.common import Settings

CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
VOLUMES = "/api/v1/persistentvolumes"


def storage(mode: str = "Immediate", **more: Any) -> Any:
    metadata = {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    base = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata, "provisioner": "example.com/disk"}
    return {**base, "volumeBindingMode": mode, **more}


def claim(name: str = "data", size: str = "1Gi", **spec: Any) -> Any:
    body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": body}


def mounting(workload: Any, name: str, used: str) -> Any:
    return workload("Deployment", name, "web:1", pod={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": used}}]})


def test_a_class_that_binds_at_once(cluster: Any) -> None:
    cluster.create(CLASSES, storage())
    cluster.create("persistentvolumeclaims", claim(storageClassName="fast"))
    found = cluster.get("persistentvolumeclaims/data")
    assert (found["status"]["phase"], found["status"]["capacity"]) == ("Bound", {"storage": "1Gi"})
    volume = cluster.get(f"{VOLUMES}/{found['spec']['volumeName']}")
    assert (volume["status"]["phase"], volume["spec"]["claimRef"]["name"]) == ("Bound", "data")


def test_a_class_that_waits_for_the_first_consumer(cluster: Any, workload: Any) -> None:
    cluster.create(CLASSES, storage("WaitForFirstConsumer"))
    cluster.create("persistentvolumeclaims", claim(storageClassName="fast"))
    cluster.clock.sleep(60)
    assert cluster.get("persistentvolumeclaims/data")["status"]["phase"] == "Pending"
    assert "WaitForFirstConsumer" in cluster.reasons("PersistentVolumeClaim")
    cluster.create("deployments", mounting(workload, "web", "data"))
    cluster.clock.sleep(5)
    assert cluster.get("persistentvolumeclaims/data")["status"]["phase"] == "Bound"
    assert cluster.get("deployments/web")["status"]["readyReplicas"] == 1


@pytest.mark.parametrize("used", ["missing", "data"])
def test_a_pod_waits_for_its_claim(cluster: Any, workload: Any, used: str) -> None:
    cluster.create("persistentvolumeclaims", claim(storageClassName="none"))
    cluster.create("deployments", mounting(workload, "web", used))
    cluster.clock.sleep(60)
    pod = cluster.list("pods")[0]
    why = {"missing": 'persistentvolumeclaim "missing" not found', "data": "pod has unbound immediate PersistentVolumeClaims"}[used]
    scheduled = next(item for item in pod["status"]["conditions"] if item["type"] == "PodScheduled")
    assert (scheduled["status"], scheduled["reason"]) == ("False", "Unschedulable")
    assert why in scheduled["message"]


def test_resize(cluster: Any) -> None:
    cluster.create(CLASSES, storage(allowVolumeExpansion=True))
    cluster.create("persistentvolumeclaims", claim(storageClassName="fast"))
    cluster.patch("persistentvolumeclaims/data", {"spec": {"resources": {"requests": {"storage": "5Gi"}}}})
    assert cluster.get("persistentvolumeclaims/data")["status"]["capacity"] == {"storage": "5Gi"}
    assert [item["spec"]["capacity"] for item in cluster.list(VOLUMES)] == [{"storage": "5Gi"}]


def test_a_claim_in_use_stays_until_its_pod_has_gone(cluster: Any, workload: Any) -> None:
    cluster.create(CLASSES, storage())
    cluster.create("persistentvolumeclaims", claim(storageClassName="fast"))
    cluster.create("deployments", mounting(workload, "web", "data"))
    cluster.clock.sleep(3)
    cluster.delete("persistentvolumeclaims/data")
    cluster.clock.sleep(60)
    assert "deletionTimestamp" in cluster.get("persistentvolumeclaims/data")["metadata"]
    cluster.delete("deployments/web")
    cluster.clock.sleep(1)
    assert not cluster.exists("persistentvolumeclaims/data")
    assert cluster.list(VOLUMES) == []


@pytest.mark.parametrize(
    ("policy", "after_scaling", "after_deleting"),
    [
        (None, ["data-db-0", "data-db-1"], ["data-db-0", "data-db-1"]),
        ({"whenScaled": "Delete"}, ["data-db-0"], ["data-db-0"]),
        ({"whenDeleted": "Delete"}, ["data-db-0", "data-db-1"], []),
    ],
)
def test_retention_of_claims(cluster: Any, workload: Any, policy: Any, after_scaling: list[str], after_deleting: list[str]) -> None:
    cluster.create(CLASSES, storage("WaitForFirstConsumer"))
    template = {"metadata": {"name": "data"}, "spec": claim(storageClassName="fast")["spec"]}
    body = workload("StatefulSet", "db", "db:1", replicas=2, volumeClaimTemplates=[template])
    if policy:
        body["spec"]["persistentVolumeClaimRetentionPolicy"] = policy
    cluster.create("statefulsets", body)
    cluster.clock.sleep(5)
    assert cluster.get("statefulsets/db")["status"]["readyReplicas"] == 2
    cluster.patch("statefulsets/db", {"spec": {"replicas": 1}})
    cluster.clock.sleep(5)
    assert [item["metadata"]["name"] for item in cluster.list("persistentvolumeclaims")] == after_scaling
    cluster.delete("statefulsets/db")
    cluster.clock.sleep(5)
    assert [item["metadata"]["name"] for item in cluster.list("persistentvolumeclaims")] == after_deleting


@pytest.mark.parametrize(("default", "phase"), [(True, "Bound"), (False, "Pending")])
def test_a_claim_without_a_class_takes_the_default_one(make_cluster: Any, workload: Any, default: bool, phase: str) -> None:
    cluster = make_cluster(settings=Settings(storage_class=default))
    cluster.create("persistentvolumeclaims", claim())
    cluster.create("deployments", mounting(workload, "web", "data"))
    cluster.clock.sleep(5)
    found = cluster.get("persistentvolumeclaims/data")
    assert (found["status"]["phase"], found["spec"].get("storageClassName")) == (phase, "standard" if default else None)
