"""Random scenarios for the controllers: what is done to a namespace, step by step (fuzz_controllers.py plays them).

A step is (method, path, body, content type); `NS` in a path is the namespace. Images say how their pods fare: `ok` runs and gets ready,
`never` runs and does not, `done` succeeds, `exit-N` fails with code N, `flaky-N` fails N times for its owner and then succeeds, `odd`
fails for odd completion indexes; any other image is `ok`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

Step = tuple[str, str, Any, str]
Object = dict[str, Any]
JSON, MERGE, STRATEGIC = "application/json", "application/merge-patch+json", "application/strategic-merge-patch+json"
HOME = {
    "deployments": "/apis/apps/v1", "replicasets": "/apis/apps/v1", "statefulsets": "/apis/apps/v1", "daemonsets": "/apis/apps/v1",
    "jobs": "/apis/batch/v1", "cronjobs": "/apis/batch/v1", "poddisruptionbudgets": "/apis/policy/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2", "endpointslices": "/apis/discovery.k8s.io/v1",
}  # fmt: skip


def path(plural: str, name: str = "") -> str:
    """Where a kind lives in the scenario's namespace."""
    return f"{HOME.get(plural, '/api/v1')}/namespaces/NS/{plural}" + (f"/{name}" if name else "")


def post(plural: str, kind: str, name: str, spec: Object | None, **more: Any) -> Step:
    metadata = {"name": name, **more.pop("metadata", {})}
    version = HOME.get(plural, "/api/v1").removeprefix("/apis/").removeprefix("/api/")
    body = {"apiVersion": version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec is not None else {}), **more}
    return "POST", path(plural), body, JSON


def patch(plural: str, name: str, body: Object, how: str = MERGE) -> Step:
    return "PATCH", path(plural, name), body, how


def delete(plural: str, name: str, propagation: str | None = None) -> Step:
    return "DELETE", path(plural, name), {"propagationPolicy": propagation} if propagation else {}, JSON


def pod_template(r: Random, app: str, image: str, **more: Any) -> Object:
    container: Object = {"name": "c", "image": image}
    if r.random() < 0.4:
        container["ports"] = r.choice(
            [
                [{"name": "http", "containerPort": 8080}],
                [{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}],
                [{"containerPort": 9000}],
            ]
        )
    if r.random() < 0.2:
        container["resources"] = {"requests": {"cpu": "10m", "memory": "16Mi"}}
    metadata: Object = {"labels": {"app": app, **({"tier": "x"} if r.random() < 0.2 else {})}}
    if r.random() < 0.15:
        metadata["annotations"] = {"note": "a"}
    return {"metadata": metadata, "spec": {"containers": [container], "terminationGracePeriodSeconds": r.choice([0, 5, 30]), **more}}


def share(r: Random) -> Any:
    return r.choice([1, 2, 3, "10%", "25%", "50%", "100%"])


def deployment(r: Random) -> list[Step]:
    spec: Object = {
        "replicas": r.choice([0, 1, 2, 3, 4, 5, 7]),
        "selector": {"matchLabels": {"app": "web"}},
        "template": pod_template(r, "web", r.choice(["ok:1", "ok:1", "ok:1", "never:1"])),
    }
    if r.random() < 0.6:
        spec["strategy"] = r.choice(
            [
                {"type": "Recreate"},
                {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": share(r), "maxUnavailable": share(r)}},
                {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": share(r)}},
                {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": share(r), "maxUnavailable": 0}},
            ]
        )
    for field, values in (("revisionHistoryLimit", [0, 1, 2]), ("minReadySeconds", [1, 2]), ("paused", [True])):
        if r.random() < 0.2:
            spec[field] = r.choice(values)
    if r.random() < 0.2:
        spec["progressDeadlineSeconds"] = r.choice([4, 2147483647]) if spec.get("minReadySeconds") is None else 4
    metadata = {"labels": {"app": "web"}} if r.random() < 0.5 else {}
    if r.random() < 0.3:
        metadata["annotations"] = {"team": "a", "kubernetes.io/change-cause": "first"}
    steps = [post("deployments", "Deployment", "web", spec, metadata=metadata)]
    moves: list[Callable[[], Step]] = [
        lambda: patch("deployments", "web", {"spec": {"replicas": r.choice([0, 1, 2, 3, 5, 8])}}),
        lambda: patch(
            "deployments",
            "web",
            {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": r.choice(["ok:1", "ok:2", "ok:3", "never:2"])}]}}}},
            STRATEGIC,
        ),
        lambda: patch(
            "deployments",
            "web",
            {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": r.choice(["ok:1", "ok:2", "never:1"])}]}}}},
            STRATEGIC,
        ),
        lambda: patch(
            "deployments",
            "web",
            {"spec": {"replicas": r.choice([1, 2, 4]), "template": {"metadata": {"annotations": {"at": r.choice("xyz")}}}}},
        ),
        lambda: patch("deployments", "web", {"spec": {"paused": r.random() < 0.5}}),
        lambda: patch(
            "deployments",
            "web",
            {"metadata": {"annotations": {"team": r.choice(["a", "b", None]), "kubernetes.io/change-cause": r.choice("12")}}},
        ),
        lambda: patch("deployments", "web", {"metadata": {"labels": {"z": r.choice("ab")}}}),
        lambda: patch("deployments", "web", {"spec": {"minReadySeconds": r.choice([0, 1, 2])}}),
        lambda: patch("deployments", "web", {"spec": {"revisionHistoryLimit": r.choice([0, 1, 2])}}),
        lambda: patch("deployments", "web", {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}),
        lambda: patch(
            "deployments",
            "web",
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": share(r), "maxUnavailable": share(r)}}}},
        ),
        lambda: patch("deployments", "web", {"spec": {"template": {"spec": {"nodeSelector": r.choice([{"disk": "none"}, None])}}}}),
        lambda: delete("deployments", "web", r.choice(["Background", "Foreground", "Orphan"])),
        lambda: copy.deepcopy(steps[0]),
        lambda: ("DELETE", path("pods") + "?labelSelector=app%3Dweb", {}, JSON),
        lambda: (
            "DELETE",
            path("replicasets") + "?labelSelector=app%3Dweb",
            {"propagationPolicy": r.choice(["Orphan", "Background"])},
            JSON,
        ),
    ]
    return steps + [r.choice(moves)() for _ in range(r.randint(2, 5))]


def replica_set(r: Random) -> list[Step]:
    spec = {
        "replicas": r.choice([1, 2, 3]),
        "selector": {"matchLabels": {"app": "rs"}},
        "template": pod_template(r, "rs", r.choice(["ok:1", "never:1"])),
    }
    if r.random() < 0.3:
        spec["minReadySeconds"] = 2
    if r.random() < 0.5:
        steps = [post("replicasets", "ReplicaSet", "rs", spec)]
        plural = "replicasets"
    else:
        steps = [post("replicationcontrollers", "ReplicationController", "rs", {**spec, "selector": {"app": "rs"}})]
        plural = "replicationcontrollers"
    lone = {"containers": [{"name": "c", "image": "ok:1"}], "terminationGracePeriodSeconds": 0}
    moves: list[Callable[[], Step]] = [
        lambda: patch(plural, "rs", {"spec": {"replicas": r.choice([0, 1, 2, 4])}}),
        lambda: patch(plural, "rs", {"spec": {"template": {"metadata": {"labels": {"app": "rs", "extra": "1"}}}}}),
        lambda: patch(plural, "rs", {"spec": {"minReadySeconds": r.choice([0, 1])}}),
        lambda: post("pods", "Pod", r.choice(["one", "two"]), lone, metadata={"labels": {"app": r.choice(["rs", "no"])}}),
        lambda: delete("pods", "one"),
        lambda: patch("pods", "one", {"metadata": {"labels": {"app": r.choice(["rs", "away"])}}}),
        lambda: delete(plural, "rs", r.choice(["Background", "Foreground", "Orphan"])),
        lambda: copy.deepcopy(steps[0]),
        lambda: post(
            "resourcequotas", "ResourceQuota", "few", {"hard": {"pods": r.choice(["1", "2", "3"]), "count/replicasets.apps": "3"}}
        ),
    ]
    return steps + [r.choice(moves)() for _ in range(r.randint(2, 5))]


def stateful_set(r: Random) -> list[Step]:
    spec: Object = {
        "replicas": r.choice([0, 1, 2, 3]),
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}},
        "template": pod_template(r, "db", r.choice(["ok:1", "ok:1", "ok:1", "never:1"])),
    }
    if r.random() < 0.4:
        spec["podManagementPolicy"] = "Parallel"
    if r.random() < 0.5:
        spec["updateStrategy"] = r.choice(
            [
                {"type": "OnDelete"},
                {"type": "RollingUpdate", "rollingUpdate": {"partition": r.choice([1, 2])}},
                {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": r.choice([1, 2, "50%"])}},
            ]
        )
    if r.random() < 0.3:
        spec["ordinals"] = {"start": r.choice([1, 3])}
    if r.random() < 0.2:
        spec["minReadySeconds"] = 1
    if r.random() < 0.2:
        spec["revisionHistoryLimit"] = r.choice([0, 1])
    if r.random() < 0.3:
        spec["volumeClaimTemplates"] = [
            {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}},
            }
        ]
        if r.random() < 0.7:
            spec["persistentVolumeClaimRetentionPolicy"] = {
                "whenDeleted": r.choice(["Retain", "Delete"]),
                "whenScaled": r.choice(["Retain", "Delete"]),
            }
    steps = [post("statefulsets", "StatefulSet", "db", spec)]
    first = (spec.get("ordinals") or {}).get("start", 0)

    def image(tags: list[str]) -> Step:
        return patch(
            "statefulsets", "db", {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": r.choice(tags)}]}}}}, STRATEGIC
        )

    moves: list[Callable[[], Step]] = [
        lambda: patch("statefulsets", "db", {"spec": {"replicas": r.choice([0, 1, 2, 3, 4])}}),
        lambda: image(["ok:1", "ok:2", "ok:3", "never:2"]),
        lambda: image(["ok:1", "ok:2"]),
        lambda: image(["ok:1", "ok:2"]),
        lambda: patch(
            "statefulsets",
            "db",
            {"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": r.choice([0, 1, 2, 5])}}}},
        ),
        lambda: patch("statefulsets", "db", {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}),
        lambda: patch("statefulsets", "db", {"spec": {"ordinals": {"start": r.choice([0, 1, 2])}}}),
        lambda: patch("statefulsets", "db", {"spec": {"minReadySeconds": r.choice([0, 1])}}),
        lambda: patch(
            "statefulsets",
            "db",
            {
                "spec": {
                    "persistentVolumeClaimRetentionPolicy": {
                        "whenDeleted": r.choice(["Retain", "Delete"]),
                        "whenScaled": r.choice(["Retain", "Delete"]),
                    }
                }
            },
        ),
        lambda: delete("pods", f"db-{first + r.choice([0, 1])}"),
        lambda: delete("statefulsets", "db", r.choice(["Background", "Foreground", "Orphan"])),
        lambda: copy.deepcopy(steps[0]),
        lambda: delete("persistentvolumeclaims", f"data-db-{first}"),
    ]
    return steps + [r.choice(moves)() for _ in range(r.randint(2, 4))]


def daemon_set(r: Random) -> list[Step]:
    spec: Object = {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": pod_template(r, "agent", r.choice(["ok:1", "ok:1", "never:1"])),
    }
    if r.random() < 0.2:
        spec["template"]["spec"]["nodeSelector"] = {"disk": "none"}
    if r.random() < 0.6:
        spec["updateStrategy"] = r.choice(
            [
                {"type": "OnDelete"},
                {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": r.choice([1, "100%"])}},
                {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": share(r)}},
            ]
        )
    for field, values in (("minReadySeconds", [1, 2]), ("revisionHistoryLimit", [0, 1])):
        if r.random() < 0.2:
            spec[field] = r.choice(values)
    steps = [post("daemonsets", "DaemonSet", "agent", spec)]
    moves: list[Callable[[], Step]] = [
        lambda: patch(
            "daemonsets",
            "agent",
            {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": r.choice(["ok:1", "ok:2", "never:2", "exit-1:1"])}]}}}},
            STRATEGIC,
        ),
        lambda: patch(
            "daemonsets",
            "agent",
            {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": r.choice(["ok:1", "ok:2"])}]}}}},
            STRATEGIC,
        ),
        lambda: patch(
            "daemonsets",
            "agent",
            {"spec": {"template": {"spec": {"nodeSelector": r.choice([{"disk": "none"}, {"kubernetes.io/os": "linux"}, None])}}}},
        ),
        lambda: patch(
            "daemonsets",
            "agent",
            {
                "spec": {
                    "updateStrategy": r.choice(
                        [
                            {"type": "OnDelete", "rollingUpdate": None},
                            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
                        ]
                    )
                }
            },
        ),
        lambda: patch("daemonsets", "agent", {"metadata": {"annotations": {"team": r.choice("ab")}}}),
        lambda: patch("daemonsets", "agent", {"spec": {"minReadySeconds": r.choice([0, 1])}}),
        lambda: ("DELETE", path("pods") + "?labelSelector=app%3Dagent", {}, JSON),
        lambda: delete("daemonsets", "agent", r.choice(["Background", "Foreground", "Orphan"])),
        lambda: copy.deepcopy(steps[0]),
    ]
    return steps + [r.choice(moves)() for _ in range(r.randint(2, 4))]
