"""Random requests to the simulator and to a real kube-apiserver: nothing but the known kinds of difference, every kind for some seconds.

A control plane without controllers is started for it, or `HELMSIM_FUZZ=URL,TOKEN` names one; see `tools/fuzz_api.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import oracle
import pytest

pytestmark = pytest.mark.oracle
SECONDS = 15
SEED = 1
KNOWN = {
    ("MutatingWebhookConfiguration", ".body.metadata.generation"): "an empty certificate that is stored is another value to Go than none",
    ("CertificateSigningRequest", ".body.metadata.resourceVersion"): "an empty certificate in the status is written once",
}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, str]]:
    """URL and token of the real server."""
    where = os.environ.get("HELMSIM_FUZZ")
    if where:
        url, _, token = where.partition(",")
        yield url, token
        return
    with oracle.api_server() as started:
        yield started


KINDS = {
    "objects": "ConfigMap Secret ServiceAccount PersistentVolumeClaim PersistentVolume Service",
    "workloads": "Pod PodTemplate Deployment ReplicaSet StatefulSet DaemonSet Job CronJob ReplicationController",
    "network": "Ingress IngressClass NetworkPolicy Endpoints EndpointSlice ServiceCIDR IPAddress Namespace",
    "policy": "PodDisruptionBudget HorizontalPodAutoscaler Role RoleBinding ClusterRole ClusterRoleBinding LimitRange ResourceQuota PriorityClass",
    "storage": "StorageClass VolumeAttributesClass CSIDriver CSINode CSIStorageCapacity VolumeAttachment RuntimeClass ControllerRevision",
    "system": "Event Event/v1 Node Lease CertificateSigningRequest PriorityLevelConfiguration MutatingWebhookConfiguration",
}


@pytest.mark.parametrize("kinds", [names.split() for names in KINDS.values()], ids=list(KINDS))
def test_random_requests_are_answered_alike(server: tuple[str, str], kinds: list[str]) -> None:
    sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
    import fuzz_api

    lines: list[str] = []
    both = fuzz_api.Both(*server)
    found = fuzz_api.fuzz(both, SECONDS, SEED, kinds, lines.append, most=len(KNOWN) + 3)
    both.close()
    assert not [mark for mark in found if mark[:2] not in KNOWN], "\n".join(lines)
