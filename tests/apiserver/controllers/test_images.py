"""Scripted images: what pods, Deployments and Jobs make of containers that start, crash, end, or cannot be pulled."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_helmsim.apiserver.controllers.images import CrashLoop, Exit, ImagePullError, Images, NeverReady, Ready


def condition(obj: Any, type_: str) -> tuple[str, str]:
    found = next(item for item in obj["status"]["conditions"] if item["type"] == type_)
    return found["status"], found.get("reason", "")


def state(pod: Any) -> Any:
    return pod["status"]["containerStatuses"][0]["state"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [("web:9.9.9", CrashLoop("b")), ("web:1", Ready(after=2)), ("registry.example/a/b:1", NeverReady()), ("other", None)],
)
def test_the_latest_matching_pattern_wins(image: str, expected: object) -> None:
    images = Images()
    images["web:9.9.9"] = CrashLoop("a")
    images["web:*"] = Ready(after=2)
    images["registry.example/*"] = NeverReady()
    images["web:9.9.9"] = CrashLoop("b")
    assert images.find(image) == expected


def test_ready_after_the_seconds_it_says(cluster: Any, workload: Any) -> None:
    cluster.images["slow:1"] = Ready(after=30)
    cluster.create("deployments", workload("Deployment", "web", "slow:1"))
    cluster.clock.sleep(29)
    assert "readyReplicas" not in cluster.get("deployments/web")["status"]
    assert state(cluster.list("pods")[0]) == {"waiting": {"reason": "ContainerCreating"}}
    cluster.clock.sleep(1)
    assert cluster.get("deployments/web")["status"]["readyReplicas"] == 1


def test_a_crash_loop_restarts_with_doubling_pauses_and_keeps_its_log(cluster: Any, workload: Any) -> None:
    cluster.images["bad:1"] = CrashLoop(logs="panic: no config", exit_code=3)
    cluster.create("deployments", workload("Deployment", "web", "bad:1"))
    restarts = []
    for _ in range(8):
        cluster.clock.sleep(10)
        restarts.append(cluster.list("pods")[0]["status"]["containerStatuses"][0]["restartCount"])
    assert restarts == [1, 2, 2, 3, 3, 3, 3, 4]
    pod = cluster.list("pods")[0]
    status = pod["status"]["containerStatuses"][0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["state"]["waiting"]["message"].startswith("back-off 1m20s restarting failed container=c pod=web-")
    assert (status["lastState"]["terminated"]["exitCode"], status["lastState"]["terminated"]["reason"]) == (3, "Error")
    assert (pod["status"]["phase"], condition(pod, "Ready")) == ("Running", ("False", "ContainersNotReady"))
    assert cluster.log(pod["metadata"]["name"]) == "panic: no config\n"
    assert cluster.log(pod["metadata"]["name"], previous=True) == "panic: no config\n"
    assert "BackOff" in cluster.reasons("Pod")


@pytest.mark.parametrize("behaviour", [NeverReady(), CrashLoop(), ImagePullError()])
def test_a_bad_image_stalls_the_rollout_until_its_deadline(cluster: Any, workload: Any, behaviour: object) -> None:
    cluster.create("deployments", workload("Deployment", "web", "web:1", replicas=3))
    cluster.clock.sleep(5)
    cluster.images["web:2"] = behaviour
    cluster.ask(
        "PATCH",
        "deployments/web",
        {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "web:2"}]}}}},
        "application/strategic-merge-patch+json",
    )
    cluster.clock.sleep(500)
    status = cluster.get("deployments/web")["status"]
    assert (status["replicas"], status["updatedReplicas"], status["availableReplicas"], status["unavailableReplicas"]) == (4, 1, 3, 1)
    assert condition(cluster.get("deployments/web"), "Progressing") == ("True", "ReplicaSetUpdated")
    cluster.clock.sleep(110)
    assert condition(cluster.get("deployments/web"), "Progressing") == ("False", "ProgressDeadlineExceeded")
    assert condition(cluster.get("deployments/web"), "Available") == ("True", "MinimumReplicasAvailable")


def test_an_image_that_cannot_be_pulled(cluster: Any, workload: Any) -> None:
    cluster.images["web:404"] = ImagePullError("not found")
    cluster.create("deployments", workload("Deployment", "web", "web:404"))
    cluster.clock.sleep(2)
    assert state(cluster.list("pods")[0])["waiting"]["reason"] == "ErrImagePull"
    cluster.clock.sleep(20)
    assert state(cluster.list("pods")[0])["waiting"]["reason"] == "ImagePullBackOff"
    assert cluster.list("pods")[0]["status"]["phase"] == "Pending"
    cluster.images["web:404"] = Ready()
    cluster.clock.sleep(1)
    assert cluster.get("deployments/web")["status"]["readyReplicas"] == 1


@pytest.mark.parametrize(
    ("code", "limit", "pods", "final", "reason"),
    [(0, 6, 1, "Complete", "CompletionsReached"), (1, 0, 1, "Failed", "BackoffLimitExceeded"), (1, 2, 3, "Failed", "BackoffLimitExceeded")],
)
def test_a_job_ends_as_its_pods_do(cluster: Any, job: Any, code: int, limit: int, pods: int, final: str, reason: str) -> None:
    cluster.images["migrate:1"] = Exit(code=code, logs="migrating", after=4)
    cluster.create("jobs", job("migrate", "migrate:1", backoffLimit=limit))
    cluster.clock.sleep(3)
    assert cluster.get("jobs/migrate")["status"]["active"] == 1
    cluster.clock.sleep(100)
    found = cluster.get("jobs/migrate")
    assert condition(found, final) == ("True", reason)
    assert found["status"].get("failed", 0) == (pods if code else 0)
    assert len(cluster.list("pods")) == pods
    assert all("finalizers" not in pod["metadata"] for pod in cluster.list("pods"))
    assert cluster.log(cluster.list("pods")[0]["metadata"]["name"]) == "migrating\n"


def test_a_failed_job_pod_is_replaced_after_ten_seconds_then_twenty(cluster: Any, job: Any) -> None:
    cluster.images["bad:1"] = Exit(code=1, after=0)
    cluster.create("jobs", job("j", "bad:1"))
    counts = []
    for _ in range(7):
        counts.append(len(cluster.list("pods")))
        cluster.clock.sleep(5)
    assert counts == [1, 1, 2, 2, 2, 2, 3]


def test_on_failure_restarts_in_the_same_pod(cluster: Any, job: Any) -> None:
    cluster.images["bad:1"] = Exit(code=1, after=1)
    cluster.create("jobs", job("j", "bad:1", restart="OnFailure", backoffLimit=2))
    cluster.clock.sleep(60)
    assert condition(cluster.get("jobs/j"), "Failed") == ("True", "BackoffLimitExceeded")
    assert cluster.list("pods") == []


def test_init_containers_run_one_after_the_other(cluster: Any, workload: Any) -> None:
    cluster.images["init:1"] = Exit(after=5)
    inits = [{"name": "a", "image": "init:1"}, {"name": "b", "image": "init:1"}]
    cluster.create("deployments", workload("Deployment", "web", "web:1", pod={"initContainers": inits}))
    cluster.clock.sleep(6)
    pod = cluster.list("pods")[0]
    assert [next(iter(item["state"])) for item in pod["status"]["initContainerStatuses"]] == ["terminated", "running"]
    assert condition(pod, "Initialized") == ("False", "ContainersNotInitialized")
    cluster.clock.sleep(5)
    assert cluster.get("deployments/web")["status"]["readyReplicas"] == 1


def test_a_failing_init_container_holds_the_pod(cluster: Any, workload: Any) -> None:
    cluster.images["init:1"] = CrashLoop(logs="no database")
    cluster.create("deployments", workload("Deployment", "web", "web:1", pod={"initContainers": [{"name": "a", "image": "init:1"}]}))
    cluster.clock.sleep(30)
    pod = cluster.list("pods")[0]
    assert (pod["status"]["phase"], pod["status"]["initContainerStatuses"][0]["state"]["waiting"]["reason"]) == (
        "Pending",
        "CrashLoopBackOff",
    )
    assert cluster.log(pod["metadata"]["name"], "a") == "no database\n"


def test_a_readiness_gate_needs_its_condition(cluster: Any, workload: Any) -> None:
    cluster.create("deployments", workload("Deployment", "web", "web:1", pod={"readinessGates": [{"conditionType": "example.com/lb"}]}))
    cluster.clock.sleep(5)
    pod = cluster.list("pods")[0]
    assert condition(pod, "Ready") == ("False", "ReadinessGatesNotReady")
    name = pod["metadata"]["name"]
    opened = {"type": "example.com/lb", "status": "True"}
    cluster.ask("PATCH", f"pods/{name}/status", {"status": {"conditions": [opened]}}, "application/strategic-merge-patch+json")
    assert cluster.get("deployments/web")["status"]["readyReplicas"] == 1


@pytest.mark.parametrize(
    ("action", "code", "final", "reason"),
    [
        ("FailJob", 42, "Failed", "PodFailurePolicy"),
        ("FailJob", 7, "Failed", "BackoffLimitExceeded"),
        ("Count", 42, "Failed", "BackoffLimitExceeded"),
    ],
)
def test_a_failure_policy(cluster: Any, job: Any, action: str, code: int, final: str, reason: str) -> None:
    cluster.images["bad:1"] = Exit(code=code)
    rule = {"action": action, "onExitCodes": {"operator": "In", "values": [42]}}
    cluster.create("jobs", job("j", "bad:1", backoffLimit=1, podFailurePolicy={"rules": [rule]}))
    cluster.clock.sleep(60)
    found = cluster.get("jobs/j")
    assert condition(found, final) == ("True", reason)
    assert found["status"]["failed"] == (1 if reason == "PodFailurePolicy" else 2)


def test_ignored_failures_are_tried_again_for_ever(cluster: Any, job: Any) -> None:
    cluster.images["bad:1"] = Exit(code=42)
    rule = {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [42]}}
    cluster.create("jobs", job("j", "bad:1", backoffLimit=1, podFailurePolicy={"rules": [rule]}))
    cluster.clock.sleep(120)
    assert "failed" not in cluster.get("jobs/j")["status"]
    assert len(cluster.list("pods")) > 3


def test_a_success_policy_ends_an_indexed_job_early(cluster: Any, job: Any) -> None:
    policy = {"rules": [{"succeededIndexes": "0"}]}
    cluster.create("jobs", job("j", "job:1", completions=3, parallelism=1, completionMode="Indexed", successPolicy=policy))
    cluster.clock.sleep(30)
    found = cluster.get("jobs/j")
    assert condition(found, "SuccessCriteriaMet") == ("True", "SuccessPolicy")
    assert (condition(found, "Complete")[0], found["status"]["completedIndexes"], found["status"]["succeeded"]) == ("True", "0", 1)


def test_indexes_fail_by_themselves(cluster: Any, job: Any) -> None:
    cluster.images["bad:1"] = Exit(code=1)
    cluster.create("jobs", job("j", "bad:1", completions=2, parallelism=2, completionMode="Indexed", backoffLimitPerIndex=1))
    cluster.clock.sleep(120)
    found = cluster.get("jobs/j")
    assert (condition(found, "Failed"), found["status"]["failedIndexes"], found["status"]["failed"]) == (
        ("True", "FailedIndexes"),
        "0,1",
        4,
    )
