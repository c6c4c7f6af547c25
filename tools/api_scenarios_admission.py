"""Request sequences for the built-in admission plugins: limit ranges, quotas, priorities, default classes. Data for `record_api.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import MERGE, Step

NS = "/api/v1/namespaces/{ns}"
CLASS = "/apis/scheduling.k8s.io/v1/priorityclasses"
STORAGE = "/apis/storage.k8s.io/v1/storageclasses"


def post(path: str, body: Any, query: str = "") -> Step:
    """Create something."""
    return {"method": "POST", "path": path, "body": body, "query": query}


def pod(name: str, resources: Any = None, *, init: Any = None, **spec: Any) -> dict[str, Any]:
    """A pod of one container."""
    container: dict[str, Any] = {"name": "a", "image": "a:1"}
    if resources is not None:
        container["resources"] = resources
    first = {} if init is None else {"initContainers": [{"name": "i", "image": "a:1", "resources": init}]}
    return {"metadata": {"name": name}, "spec": {"containers": [container], **first, **spec}}


def claim(name: str, size: str, **spec: Any) -> dict[str, Any]:
    """A claim of that size."""
    return {"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}}


def ranges() -> Iterator[Step]:
    """Defaults and bounds."""
    limits = [
        {
            "type": "Container",
            "default": {"cpu": "500m", "memory": "256Mi"},
            "defaultRequest": {"cpu": "100m"},
            "min": {"cpu": "50m"},
            "max": {"cpu": "1", "memory": "1Gi"},
            "maxLimitRequestRatio": {"cpu": "8"},
        },
        {"type": "Pod", "max": {"memory": "1536Mi"}, "min": {"cpu": "60m"}},
        {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "10Gi"}},
    ]
    yield post(f"{NS}/limitranges", {"metadata": {"name": "bounds"}, "spec": {"limits": limits}})
    given = (
        None,
        {},
        {"requests": {"cpu": "200m"}},
        {"requests": {"cpu": "600m"}},
        {"limits": {"cpu": "200m"}},
        {"limits": {"cpu": "2", "memory": "2Gi"}},
        {"requests": {"cpu": "10m"}, "limits": {"cpu": "10m"}},
        {"requests": {"cpu": "50m"}, "limits": {"cpu": "500m"}},
        {"requests": {"cpu": "50m"}, "limits": {"cpu": "400m"}},
        {"requests": {"ephemeral-storage": "1Gi"}},
        {"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "1Gi"}},
    )
    for index, resources in enumerate(given):
        yield post(f"{NS}/pods", pod(f"p{index}", resources))
    yield post(f"{NS}/pods", pod("init", {"limits": {"memory": "1Gi"}}, init={"limits": {"memory": "900Mi"}}))
    yield post(f"{NS}/pods", pod("init-2", init={}))
    yield post(f"{NS}/pods", pod("init-3", init={"limits": {"cpu": "3"}}))
    two = pod("two", {"limits": {"memory": "1Gi"}})
    two["spec"]["containers"].append({"name": "b", "image": "b:1", "resources": {"limits": {"memory": "1Gi"}}})
    yield post(f"{NS}/pods", two)
    two = pod("two-2")
    two["spec"]["containers"].append({"name": "b", "image": "b:1"})
    yield post(f"{NS}/pods", two)
    for name, size in (("small", "1Mi"), ("fine", "2Gi"), ("large", "20Gi")):
        yield post(f"{NS}/persistentvolumeclaims", claim(name, size))
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod("x", {"limits": {"cpu": "5"}})["spec"]}
    deployment = {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}
    yield post("/apis/apps/v1/namespaces/{ns}/deployments", deployment)


def quotas() -> Iterator[Step]:
    """What a namespace may hold; nobody but the requests themselves counts here."""
    hard = {
        "pods": "2", "requests.cpu": "1", "limits.memory": "1Gi", "count/configmaps": "1", "services.nodeports": "1", "secrets": "0",
        "persistentvolumeclaims": "2", "requests.storage": "5Gi", "fast.storageclass.storage.k8s.io/requests.storage": "1Gi",
        "count/deployments.apps": "1",
    }  # fmt: skip
    quota = f"{NS}/resourcequotas"
    yield post(quota, {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    used = dict.fromkeys(hard, "0")
    status = {"hard": hard, "used": {**used, "count/configmaps": "0"}}
    yield {"method": "PATCH", "path": f"{quota}/q/status", "type": MERGE, "body": {"status": status}}
    yield {"method": "GET", "path": f"{quota}/q"}
    full = {"requests": {"cpu": "400m"}, "limits": {"cpu": "400m", "memory": "256Mi"}}
    yield post(f"{NS}/pods", pod("none"))
    yield post(f"{NS}/pods", pod("half", {"requests": {"cpu": "100m"}}))
    yield post(f"{NS}/pods", pod("big", {**full, "limits": {"cpu": "3", "memory": "2Gi"}}))
    yield post(f"{NS}/pods", pod("one", full))
    yield {"method": "GET", "path": f"{quota}/q"}
    yield post(f"{NS}/pods", pod("two", full), "dryRun=All")
    yield post(f"{NS}/pods", pod("two", {**full, "requests": {"cpu": "700m"}, "limits": {"cpu": "1", "memory": "800Mi"}}))
    yield post(f"{NS}/pods", pod("two", full))
    yield post(f"{NS}/pods", pod("three", full))
    yield post(f"{NS}/secrets", {"metadata": {"name": "s"}})
    for name in ("one", "two"):
        yield post(f"{NS}/configmaps", {"metadata": {"name": name}})
    ports = [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]
    yield post(f"{NS}/services", {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": ports}})
    yield post(f"{NS}/services", {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": ports[:1]}})
    yield post(f"{NS}/services", {"metadata": {"name": "t"}, "spec": {"type": "LoadBalancer", "ports": ports[:1]}})
    yield post(f"{NS}/services", {"metadata": {"name": "u"}, "spec": {"ports": ports[:1]}})
    yield post(f"{NS}/persistentvolumeclaims", claim("a", "2Gi", storageClassName="fast"))
    yield post(f"{NS}/persistentvolumeclaims", claim("a", "1Gi", storageClassName="fast"))
    yield post(f"{NS}/persistentvolumeclaims", claim("b", "10Gi"))
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod("x")["spec"]}
    for name in ("a", "b"):
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        yield post("/apis/apps/v1/namespaces/{ns}/deployments", {"metadata": {"name": name}, "spec": spec})
    yield {"method": "GET", "path": f"{quota}/q"}
    for changes in (
        {"hard": {"pods": "-1"}},
        {"hard": {"pods": "1.5"}},
        {"hard": {"bogus": "1"}},
        {"hard": {"x.y/z": "1"}, "scopes": ["Odd"]},
    ):
        yield post(quota, {"metadata": {"name": "bad"}, "spec": changes}, "dryRun=All")
    for scopes in (["BestEffort"], ["BestEffort", "NotBestEffort"], ["Terminating"]):
        yield post(
            quota, {"metadata": {"name": "bad"}, "spec": {"hard": {"pods": "1", "requests.cpu": "1"}, "scopes": scopes}}, "dryRun=All"
        )
    for entry in (
        {"scopeName": "PriorityClass", "operator": "In", "values": ["a"]},
        {"scopeName": "PriorityClass", "operator": "In"},
        {"scopeName": "BestEffort", "operator": "In", "values": ["a"]},
        {"scopeName": "Terminating", "operator": "Exists", "values": ["a"]},
        {"scopeName": "Odd", "operator": "Odd"},
    ):
        spec = {"hard": {"pods": "1", "requests.cpu": "1"}, "scopeSelector": {"matchExpressions": [entry]}}
        yield post(quota, {"metadata": {"name": "bad"}, "spec": spec}, "dryRun=All")


def priorities() -> Iterator[Step]:
    """Priority classes and the pods that name them."""
    yield post(CLASS, {"metadata": {"name": "rec-high"}, "value": 1000, "preemptionPolicy": "Never"})
    for bad in (
        {"metadata": {"name": "system-x"}, "value": 1},
        {"metadata": {"name": "rec-top"}, "value": 2000000000},
        {"metadata": {"name": "rec-odd"}, "value": 1, "preemptionPolicy": "Sometimes"},
    ):
        yield post(CLASS, bad)
    yield {"method": "PATCH", "path": f"{CLASS}/rec-high", "type": MERGE, "body": {"value": 5}}
    yield {"method": "PATCH", "path": f"{CLASS}/rec-high", "type": MERGE, "body": {"description": "x"}}
    given: tuple[dict[str, Any], ...] = (
        {},
        {"priorityClassName": "rec-absent"},
        {"priorityClassName": "rec-high"},
        {"priorityClassName": "rec-high", "preemptionPolicy": "PreemptLowerPriority"},
        {"priorityClassName": "rec-high", "priority": 1000},
        {"priorityClassName": "rec-high", "priority": 7},
        {"priority": 0},
        {"priority": 7},
        {"preemptionPolicy": "Never"},
        {"priorityClassName": "system-node-critical"},
        {"priorityClassName": "system-cluster-critical"},
    )
    for index, spec in enumerate(given):
        step = post(f"{NS}/pods", pod(f"p{index}", **spec))
        yield {**step, "retry": 201} if index == 2 else step
    yield {"method": "PATCH", "path": f"{NS}/pods/p0", "type": MERGE, "body": {"spec": {"priorityClassName": "rec-high"}}}
    yield {"method": "PATCH", "path": f"{NS}/pods/p0", "type": MERGE, "body": {"spec": {"priority": 3}}}
    yield {"method": "DELETE", "path": f"{CLASS}/rec-high"}
    yield {"method": "DELETE", "path": f"{CLASS}/system-node-critical"}


def scopes() -> Iterator[Step]:
    """Quotas that count some pods only."""
    yield post(CLASS, {"metadata": {"name": "rec-scoped"}, "value": 10})
    quota = f"{NS}/resourcequotas"
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["rec-scoped"]}]}
    specs = {
        "best": {"hard": {"pods": "1"}, "scopes": ["BestEffort"]},
        "ending": {"hard": {"pods": "0"}, "scopes": ["Terminating"]},
        "scoped": {"hard": {"pods": "0"}, "scopeSelector": selector},
        "sized": {"hard": {"requests.cpu": "1"}, "scopes": ["NotBestEffort"]},
    }
    for name, spec in specs.items():
        yield post(quota, {"metadata": {"name": name}, "spec": spec})
        status = {"hard": spec["hard"], "used": dict.fromkeys(spec["hard"], "0")}
        yield {"method": "PATCH", "path": f"{quota}/{name}/status", "type": MERGE, "body": {"status": status}}
    sized = {"requests": {"cpu": "600m"}}
    yield post(f"{NS}/pods", pod("a", sized))
    yield post(f"{NS}/pods", pod("b"))
    yield post(f"{NS}/pods", pod("c"))
    yield post(f"{NS}/pods", pod("d", sized))
    yield post(f"{NS}/pods", pod("e", {"requests": {"memory": "1Mi"}}))
    yield post(f"{NS}/pods", pod("f", {"requests": {"cpu": "100m"}}, activeDeadlineSeconds=5))
    yield {**post(f"{NS}/pods", pod("g", {"requests": {"cpu": "100m"}}, priorityClassName="rec-scoped"))}
    yield post(f"{NS}/pods", pod("h", {"requests": {"cpu": "100m"}}, init={"requests": {"cpu": "900m"}}))
    yield post(f"{NS}/configmaps", {"metadata": {"name": "x"}})
    for name in specs:
        yield {"method": "GET", "path": f"{quota}/{name}"}


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """One sequence for each plugin."""
    yield "admission-ranges", list(ranges())
    yield "admission-quotas", list(quotas())
    yield "admission-priorities", list(priorities())
    yield "admission-scopes", list(scopes())
