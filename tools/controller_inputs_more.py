"""Random scenarios for the controllers, second part: Jobs, Services, policies, owners; and all areas by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from controller_inputs import (
    JSON,
    STRATEGIC,
    Object,
    Step,
    daemon_set,
    delete,
    deployment,
    patch,
    path,
    pod_template,
    post,
    replica_set,
    share,
    stateful_set,
)


def _job_spec(r: Random, images: list[str]) -> Object:
    spec: Object = {
        "template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": r.choice(images)}], "terminationGracePeriodSeconds": 0}
        }
    }
    if r.random() < 0.6:
        spec["completions"] = r.choice([1, 2, 3, 5])
    if r.random() < 0.6:
        spec["parallelism"] = r.choice([0, 1, 2, 3])
    if r.random() < 0.4:
        spec |= {"completionMode": "Indexed", "completions": r.choice([1, 2, 3, 4])}
        if r.random() < 0.3:
            spec["successPolicy"] = {
                "rules": [r.choice([{"succeededIndexes": "0"}, {"succeededCount": 1}, {"succeededIndexes": "0-2", "succeededCount": 2}])]
            }
    if r.random() < 0.3:
        spec["suspend"] = True
    if r.random() < 0.15:
        spec["ttlSecondsAfterFinished"] = r.choice([0, 1, 100])
    if r.random() < 0.15:
        spec["podReplacementPolicy"] = "Failed"
    return spec


def _job_moves(r: Random, name: str, steps: list[Step]) -> list[Callable[[], Step]]:
    return [
        lambda: patch("jobs", name, {"spec": {"parallelism": r.choice([0, 1, 2, 4])}}),
        lambda: patch("jobs", name, {"spec": {"suspend": r.random() < 0.5}}),
        lambda: patch("jobs", name, {"spec": {"suspend": False}}),
        lambda: delete("jobs", name, r.choice(["Background", "Foreground", "Orphan"])),
        lambda: patch("jobs", name, {"spec": {"ttlSecondsAfterFinished": r.choice([0, 1])}}),
        lambda: patch("jobs", name, {"spec": {"activeDeadlineSeconds": r.choice([1, 2])}}),
        lambda: copy.deepcopy(steps[0]),
        lambda: ("DELETE", path("pods") + "?labelSelector=job-name%3D" + name, {}, JSON),
    ]


def job(r: Random) -> list[Step]:
    """Jobs whose pods succeed, or go on running."""
    spec = _job_spec(r, ["done:1", "done:1", "ok:1", "never:1"])
    if r.random() < 0.2:
        spec["activeDeadlineSeconds"] = r.choice([1, 3])
    steps = [post("jobs", "Job", "work", spec)]
    return steps + [r.choice(_job_moves(r, "work", steps))() for _ in range(r.randint(1, 4))]


def failing_job(r: Random) -> list[Step]:
    """Jobs whose pods fail; back-offs of ten seconds and more make these slow."""
    spec = _job_spec(r, ["exit-1:1", "exit-3:1", "flaky-1:1", "odd:1"])
    spec["backoffLimit"] = r.choice([0, 0, 1])
    spec.pop("suspend", None)
    if spec.get("completionMode") == "Indexed" and r.random() < 0.6:
        spec["backoffLimitPerIndex"] = r.choice([0, 0, 1])
        spec.pop("backoffLimit")
        if r.random() < 0.4:
            spec["maxFailedIndexes"] = r.choice([0, 1])
    if r.random() < 0.4:
        actions = ["FailJob", "Ignore", "Count"] + (["FailIndex"] if "backoffLimitPerIndex" in spec else [])
        action = r.choice(actions)
        rule: Object = r.choice(
            [
                {"action": action, "onExitCodes": {"operator": "In", "values": [3]}},
                {"action": action, "onExitCodes": {"containerName": "c", "operator": "NotIn", "values": [3]}},
                {"action": action, "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            ]
        )
        if action != "Ignore" or rule.get("onPodConditions"):
            spec["podFailurePolicy"] = {"rules": [rule]}
    steps = [post("jobs", "Job", "work", spec)]
    return steps + [r.choice(_job_moves(r, "work", steps))() for _ in range(r.randint(0, 2))]


def cron_job(r: Random) -> list[Step]:
    template = {
        "spec": _job_spec(r, ["done:1", "ok:1"]),
        **({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}} if r.random() < 0.4 else {}),
    }
    template["spec"].pop("ttlSecondsAfterFinished", None)
    spec = {"schedule": r.choice(["0 0 1 1 *", "@yearly"]), "jobTemplate": template, "suspend": r.random() < 0.3}
    steps = [post("cronjobs", "CronJob", "nightly", spec)]
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly", "uid": "UID:cronjobs/nightly", "controller": True}
    manual = {"metadata": {"annotations": {"cronjob.kubernetes.io/instantiate": "manual"}, "ownerReferences": [owner]}}
    moves: list[Callable[[], Step]] = [
        lambda: post("jobs", "Job", r.choice(["m1", "m2", "m3", "m4"]), template["spec"], **copy.deepcopy(manual)),
        lambda: post("jobs", "Job", r.choice(["m1", "m2", "m3", "m4"]), template["spec"], **copy.deepcopy(manual)),
        lambda: patch("cronjobs", "nightly", {"spec": {"suspend": r.random() < 0.5}}),
        lambda: patch("cronjobs", "nightly", {"spec": {"successfulJobsHistoryLimit": r.choice([0, 1, 2])}}),
        lambda: patch("cronjobs", "nightly", {"spec": {"schedule": "TZ=UTC 0 0 1 1 *"}}),
        lambda: delete("jobs", "m1", "Background"),
        lambda: delete("cronjobs", "nightly", r.choice(["Background", "Foreground", "Orphan"])),
    ]
    return steps + [r.choice(moves)() for _ in range(r.randint(2, 4))]


def service(r: Random) -> list[Step]:
    template = pod_template(r, "web", r.choice(["ok:1", "never:1"]))
    template["spec"]["containers"][0]["ports"] = [
        {"name": "http", "containerPort": 8080},
        {"name": "dns", "containerPort": 53, "protocol": "UDP"},
    ]
    if r.random() < 0.3:
        template["spec"] |= {"hostname": "h", "subdomain": "web"}
    app = post(
        "deployments",
        "Deployment",
        "web",
        {"replicas": r.choice([1, 2]), "selector": {"matchLabels": {"app": "web"}}, "template": template},
    )

    def ports() -> list[Object]:
        found: list[Object] = r.sample(
            [
                {"name": "http", "port": 80, "targetPort": "http"},
                {"name": "admin", "port": 81, "targetPort": 9000},
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"},
                {"name": "gone", "port": 82, "targetPort": "missing"},
                {"name": "plain", "port": 83, "appProtocol": "http"},
            ],
            r.randint(1, 4),
        )
        return found

    spec: Object = {"selector": {"app": "web"}, "ports": ports()}
    if r.random() < 0.3:
        spec["clusterIP"] = "None"
    if r.random() < 0.3:
        spec["publishNotReadyAddresses"] = True
    if r.random() < 0.2:
        spec.pop("selector")
    first = post("services", "Service", "web", spec, metadata=r.choice([{}, {"labels": {"team": "a"}, "annotations": {"note": "x"}}]))
    steps = [app, first] if r.random() < 0.7 else [first, app]
    moves: list[Callable[[], Step]] = [
        lambda: patch("services", "web", {"spec": {"ports": ports()}}),
        lambda: patch("services", "web", {"spec": {"selector": r.choice([{"app": "web"}, {"app": "none"}])}}),
        lambda: patch("services", "web", {"spec": {"publishNotReadyAddresses": r.random() < 0.5}}),
        lambda: patch("services", "web", {"metadata": {"labels": {"team": r.choice(["a", "b", None])}}}),
        lambda: patch("services", "web", {"metadata": {"annotations": {"note": r.choice(["x", "y", None])}}}),
        lambda: patch("deployments", "web", {"spec": {"replicas": r.choice([0, 1, 3])}}),
        lambda: patch(
            "deployments",
            "web",
            {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": r.choice(["ok:2", "never:2"])}]}}}},
            STRATEGIC,
        ),
        lambda: delete("endpoints", "web"),
        lambda: ("DELETE", path("endpointslices") + "?labelSelector=kubernetes.io/service-name%3Dweb", {}, JSON),
        lambda: delete("services", "web"),
        lambda: copy.deepcopy(first),
        lambda: (
            "POST",
            path("endpoints"),
            {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {"name": "web"},
                "subsets": [{"addresses": [{"ip": "192.0.2.1"}], "ports": [{"name": "http", "port": 1}]}],
            },
            JSON,
        ),
        lambda: delete("deployments", "web", "Background"),
    ]
    return steps + [r.choice(moves)() for _ in range(r.randint(2, 4))]


def policy(r: Random) -> list[Step]:
    """Budgets, quotas, limits, autoscalers without metrics, around a Deployment."""
    spec = {
        "replicas": r.choice([1, 2, 4]),
        "selector": {"matchLabels": {"app": "web"}},
        "template": pod_template(r, "web", r.choice(["ok:1", "never:1"])),
    }
    app = post("deployments", "Deployment", "web", spec)

    def budget() -> Step:
        need = r.choice([{"minAvailable": share(r)}, {"maxUnavailable": share(r)}])
        if r.random() < 0.2:
            need["unhealthyPodEvictionPolicy"] = "AlwaysAllow"
        return post(
            "poddisruptionbudgets",
            "PodDisruptionBudget",
            r.choice(["one", "two"]),
            {**need, "selector": r.choice([{"matchLabels": {"app": "web"}}, {}, {"matchLabels": {"app": "x"}}])},
        )

    quota = {
        "hard": r.choice(
            [
                {"pods": "2"},
                {"requests.cpu": "1", "count/deployments.apps": "3"},
                {"services": "1", "configmaps": "3", "persistentvolumeclaims": "1", "requests.storage": "2Gi"},
                {"count/pods": "2", "limits.memory": "1Gi"},
            ]
        )
    }
    limits = {"limits": [{"type": "Container", "default": {"cpu": "100m", "memory": "32Mi"}, "defaultRequest": {"cpu": "50m"}}]}
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": r.choice(["web", "absent"])}
    lone = {"containers": [{"name": "c", "image": "ok:1"}], "terminationGracePeriodSeconds": 0}
    moves: list[Callable[[], Step]] = [
        budget,
        budget,
        lambda: delete("poddisruptionbudgets", "one"),
        lambda: post("resourcequotas", "ResourceQuota", r.choice("qs"), copy.deepcopy(quota)),
        lambda: post("limitranges", "LimitRange", "sizes", copy.deepcopy(limits)),
        lambda: post("persistentvolumeclaims", "PersistentVolumeClaim", r.choice("ab"), copy.deepcopy(claim)),
        lambda: post("pods", "Pod", "lone", lone, metadata={"labels": {"app": r.choice(["web", "no"])}}),
        lambda: delete("pods", "lone"),
        lambda: patch("deployments", "web", {"spec": {"replicas": r.choice([0, 1, 3, 5])}}),
        lambda: post("services", "Service", "s", {"ports": [{"port": 1}]}),
        lambda: post("configmaps", "ConfigMap", r.choice("xyz"), None, data={"a": "b"}),
        lambda: delete("configmaps", "x"),
        lambda: delete("resourcequotas", "q"),
        lambda: post(
            "horizontalpodautoscalers",
            "HorizontalPodAutoscaler",
            "web",
            {
                "scaleTargetRef": target,
                "minReplicas": r.choice([1, 2, 3]),
                "maxReplicas": r.choice([3, 4]),
                **(
                    {
                        "metrics": [
                            r.choice(
                                [
                                    {
                                        "type": "Resource",
                                        "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}},
                                    },
                                    {
                                        "type": "Pods",
                                        "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "5"}},
                                    },
                                    {
                                        "type": "ContainerResource",
                                        "containerResource": {
                                            "name": "cpu",
                                            "container": "c",
                                            "target": {"type": "Utilization", "averageUtilization": 50},
                                        },
                                    },
                                    {
                                        "type": "External",
                                        "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "5"}},
                                    },
                                    {
                                        "type": "Object",
                                        "object": {
                                            "metric": {"name": "rate"},
                                            "describedObject": {"kind": "Service", "name": "s"},
                                            "target": {"type": "Value", "value": "5"},
                                        },
                                    },
                                ]
                            )
                        ]
                    }
                    if r.random() < 0.7
                    else {}
                ),
            },
        ),
        lambda: post(
            "pods", "Pod", r.choice(["p1", "p2"]), {**lone, "schedulingGates": [{"name": "g"}]}, metadata={"labels": {"app": "web"}}
        ),
    ]
    return [app] + [r.choice(moves)() for _ in range(r.randint(3, 6))]


def garbage(r: Random) -> list[Step]:
    """Owners of owners: what goes with whom, by which propagation."""

    def config(name: str, *owners: str, **more: Any) -> Step:
        references = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "name": owner,
                "uid": f"UID:configmaps/{owner}",
                **({"blockOwnerDeletion": True} if r.random() < 0.5 else {}),
            }
            for owner in owners
        ]
        return post("configmaps", "ConfigMap", name, None, metadata={"ownerReferences": references} if references else {}, **more)

    steps = [config("a"), config("b"), config("child", "a"), config("both", "a", "b"), config("grand", "child")]
    moves: list[Callable[[], Step]] = [
        lambda: delete("configmaps", r.choice(["a", "b", "child"]), r.choice(["Background", "Foreground", "Orphan"])),
        lambda: delete("configmaps", r.choice(["a", "b"]), r.choice(["Background", "Foreground", "Orphan"])),
        lambda: patch(
            "configmaps", r.choice(["child", "both", "grand"]), {"metadata": {"finalizers": r.choice([["example.com/hold"], None])}}
        ),
        lambda: patch("configmaps", "both", {"metadata": {"ownerReferences": None}}),
        lambda: copy.deepcopy(steps[0]),
        lambda: post(
            "configmaps",
            "ConfigMap",
            "lost",
            None,
            metadata={"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "nobody", "uid": "none"}]},
        ),
        lambda: post(
            "configmaps",
            "ConfigMap",
            "odd",
            None,
            metadata={"ownerReferences": [{"apiVersion": "example.com/v1", "kind": "Nothing", "name": "x", "uid": "y"}]},
        ),
        lambda: post(
            "configmaps",
            "ConfigMap",
            "node",
            None,
            metadata={"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "node-9", "uid": "z"}]},
        ),
    ]
    return steps + [r.choice(moves)() for _ in range(r.randint(2, 4))]


AREAS: dict[str, Callable[[Random], list[Step]]] = {
    "deployment": deployment,
    "replicas": replica_set,
    "stateful": stateful_set,
    "daemon": daemon_set,
    "job": job,
    "failing": failing_job,
    "cron": cron_job,
    "service": service,
    "policy": policy,
    "garbage": garbage,
}
SLOW = {"failing": 13.0, "policy": 16.5, "deployment": 4.0}
"""Seconds of quiet that an area needs before it is at rest; others take three."""
