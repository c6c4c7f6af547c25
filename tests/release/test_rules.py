"""Small rules as rows: durations, times, names, ownership, Helm 4's statuses, Helm 3's readiness, moved field owners."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.objects.wire import Request, Response
from pytest_helmsim.release import durations, kstatus, names, ownership, readiness, times
from pytest_helmsim.release.apply import handed_over
from pytest_helmsim.release.build import Built
from pytest_helmsim.release.errors import InvalidOption


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m0s", 300), ("1h30m", 5400), ("1.5s", 1.5), ("300ms", 0.3), ("0", 0), ("-2s", -2), (".5m", 30), (7, 7), ("2us", 2e-6)],
)
def test_durations(text: Any, seconds: float) -> None:
    assert durations.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "error"),
    [("5", 'time: missing unit in duration "5"'), ("", 'time: invalid duration ""'), ("5 m", 'time: unknown unit " m" in duration "5 m"')],
)
def test_bad_durations(text: str, error: str) -> None:
    with pytest.raises(InvalidOption) as failure:
        durations.seconds(text)
    assert str(failure.value) == error


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        (None, ""),
        ("0001-01-01T00:00:00Z", ""),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.100Z", "2026-01-01T00:00:00.1Z"),
        ("2026-01-01T00:00:00.000+01:00", "2026-01-01T00:00:00+01:00"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456789Z"),
    ],
)
def test_times_are_written_back_as_go_does(text: str | None, normal: str) -> None:
    assert times.normal(text) == normal


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("web", True),
        ("a.b-c.d", True),
        ("a" * 53, True),
        ("a" * 54, False),
        ("Web", False),
        ("-a", False),
        ("a-", False),
        ("a..b", False),
        ("", False),
        ("a\n", False),
    ],
)
def test_names(name: str, good: bool) -> None:
    assert (names.problem(name) == "") is good


OURS = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "n"},
}


@pytest.mark.parametrize(
    ("metadata", "problems"),
    [
        (OURS, []),
        (
            {**OURS, "labels": {"app.kubernetes.io/managed-by": "x"}},
            ['label validation error: key "app.kubernetes.io/managed-by" must equal "Helm": current value is "x"'],
        ),
        ({**OURS, "labels": None}, ['label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"']),
        (
            {"labels": OURS["labels"]},
            [
                'annotation validation error: missing key "meta.helm.sh/release-name": must be set to "r"',
                'annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "n"',
            ],
        ),
    ],
)
def test_ownership(metadata: dict[str, Any], problems: list[str]) -> None:
    assert ownership.problems({"metadata": metadata}, "r", "n") == problems


def client(pods: list[dict[str, Any]] | None = None) -> Client:
    listed = {"/api/v1/namespaces/n/pods": pods or []}
    v1 = {"resources": [{"name": "pods", "kind": "Pod", "namespaced": True}]}

    def handle(request: Request) -> Response:
        return Response.of({"items": listed[request.path]} if request.path in listed else v1)

    return Client(handle, VirtualClock(1000))


def workload(kind: str, spec: dict[str, Any], status: dict[str, Any] | None = None, group: str = "apps") -> dict[str, Any]:
    version = f"{group}/v1" if group else "v1"
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "n", "generation": 1, "uid": "u"}, "spec": spec}
    return {**body, "status": status} if status is not None else body


def conditions(**given: str) -> list[dict[str, str]]:
    return [dict(zip(("status", "reason", "message"), text.split("|"), strict=False), type=kind) for kind, text in given.items()]


READY = conditions(Available="True", Progressing="True|NewReplicaSetAvailable")
STATUSES = [
    (workload("Deployment", {"replicas": 1}), "InProgress", "Replicas: 0/1"),
    (
        workload("Deployment", {}, {"observedGeneration": 0}),
        "InProgress",
        "Deployment generation is 1, but latest observed generation is 0",
    ),
    (workload("Deployment", {"replicas": 1}, {"replicas": 1}), "InProgress", "Updated: 0/1"),
    (workload("Deployment", {"replicas": 1}, {"replicas": 2, "updatedReplicas": 1}), "InProgress", "Pending termination: 1"),
    (workload("Deployment", {"replicas": 1}, {"replicas": 1, "updatedReplicas": 1}), "InProgress", "Available: 0/1"),
    (workload("Deployment", {"replicas": 0}, {"conditions": READY}), "Current", "Deployment is available. Replicas: 0"),
    (workload("Deployment", {"replicas": 0, "progressDeadlineSeconds": 600}, {}), "InProgress", "ReplicaSet not Available"),
    (workload("Deployment", {"replicas": 0}, {}), "InProgress", "Deployment not Available"),
    (
        workload("Deployment", {}, {"conditions": conditions(Progressing="False|ProgressDeadlineExceeded")}),
        "Failed",
        "Progress deadline exceeded",
    ),
    (workload("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}), "Current", "StatefulSet is using the ondelete update strategy"),
    (
        workload(
            "StatefulSet", {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}}, {"replicas": 2, "readyReplicas": 2}
        ),
        "InProgress",
        "updated: 0/1",
    ),
    (
        workload(
            "StatefulSet", {}, {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "b"}
        ),
        "InProgress",
        "Waiting for updated revision to match current",
    ),
    (workload("DaemonSet", {}), "InProgress", "DaemonSet status.observedGeneration not found"),
    (
        workload("DaemonSet", {}, {"observedGeneration": 1, "desiredNumberScheduled": 0}),
        "Current",
        "All replicas scheduled as expected. Replicas: 0",
    ),
    (
        workload("Job", {"completions": 2}, {"failed": 1, "conditions": conditions(Failed="True")}, "batch"),
        "Failed",
        "Job Failed. failed: 1/2",
    ),
    (workload("Job", {}, {}, "batch"), "InProgress", "Job not started"),
    (workload("Job", {}, {"startTime": "t", "active": 1}, "batch"), "Current", "Job in progress. success:0, active: 1, failed: 0"),
    (workload("Pod", {}, {"phase": "Failed"}, ""), "Current", "Pod has completed, but not successfully"),
    (
        workload(
            "Pod", {}, {"phase": "Running", "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}, ""
        ),
        "Failed",
        "Containers in CrashLoop state: c",
    ),
    (workload("PersistentVolumeClaim", {}, {"phase": "Pending"}, ""), "InProgress", "PVC is not Bound. phase: Pending"),
    (workload("Service", {"type": "LoadBalancer"}, {}, ""), "InProgress", "ClusterIP not set. Service type: LoadBalancer"),
    (workload("Widget", {}, {"conditions": conditions(Ready="False|Why|not yet")}, "example.com"), "InProgress", "not yet"),
    (workload("Widget", {}, {"conditions": conditions(Stalled="True|Why|stuck")}, "example.com"), "Failed", "stuck"),
    (workload("Widget", {}, None, "example.com"), "Current", "Resource is current"),
]


@pytest.mark.parametrize(("obj", "status", "message"), STATUSES)
def test_statuses(obj: dict[str, Any], status: str, message: str) -> None:
    assert kstatus.compute(client(), obj) == (status, message)


def test_a_terminating_object_is_no_hook_that_is_done() -> None:
    obj = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"deletionTimestamp": "t"}}
    assert kstatus.compute_hook(client(), obj).status == "Terminating"


def test_crashing_pods_fail_their_stateful_set() -> None:
    pod = {
        "metadata": {"name": "x-0"},
        "status": {"phase": "Running", "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
    }
    obj = workload("StatefulSet", {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}}, {"replicas": 1})
    assert kstatus.compute(client([pod]), obj) == ("Failed", "1 pods have failed")


def built(obj: dict[str, Any]) -> Built:
    return Built(Resource(GroupVersionKind.of_object(obj), "x", True), "n", "x", obj)


@pytest.mark.parametrize(
    ("obj", "ready"),
    [
        (workload("Service", {"type": "ExternalName"}, {}, ""), True),
        (workload("Service", {"clusterIP": "None"}, {}, ""), True),
        (workload("Service", {"clusterIP": "1", "type": "LoadBalancer"}, {}, ""), False),
        (workload("Service", {"clusterIP": "1", "type": "LoadBalancer", "externalIPs": ["2"]}, {}, ""), True),
        (workload("Deployment", {"paused": True}, {}), True),
        (workload("StatefulSet", {"updateStrategy": {"type": "RollingUpdate"}}, {"observedGeneration": 1}), False),
        (workload("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, {"observedGeneration": 1}), True),
        (
            workload(
                "DaemonSet",
                {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}}},
                {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberReady": 1},
            ),
            True,
        ),
        (
            workload(
                "DaemonSet",
                {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}},
                {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberReady": 1},
            ),
            False,
        ),
        (workload("PersistentVolumeClaim", {}, {"phase": "Bound"}, ""), True),
        (workload("Pod", {}, {"conditions": conditions(Ready="False")}, ""), False),
    ],
)
def test_readiness(obj: dict[str, Any], ready: bool) -> None:
    rule = readiness.RULES[GroupVersionKind.of_object(obj).group, obj["kind"]]
    assert rule(client(), obj, built(obj)) is ready


@pytest.mark.parametrize(
    ("spec", "missing"),
    [
        ({}, 1),
        ({"strategy": {"type": "Recreate"}}, 0),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": "50%"}}}, 2),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}}}, 1),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": 9}}}, 4),
    ],
)
def test_max_unavailable(spec: dict[str, Any], missing: int) -> None:
    assert readiness.max_unavailable(spec, 4) == missing


def entry(operation: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"manager": "helm", "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, **more}


A, B, AB = {"f:data": {"f:a": {}}}, {"f:data": {"f:b": {}}}, {"f:data": {"f:a": {}, "f:b": {}}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], []),
        ([entry("Update", A, manager="x")], [entry("Update", A, manager="x")]),
        ([entry("Update", A)], [entry("Apply", A)]),
        ([entry("Apply", A), entry("Update", B)], [entry("Apply", AB)]),
        ([entry("Apply", A), entry("Update", B, apiVersion="v2")], [entry("Apply", A)]),
        ([entry("Update", A, subresource="scale")], [entry("Update", A, subresource="scale")]),
    ],
)
def test_owned_fields_are_handed_over(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    assert handed_over(before) == after
