"""Request sequences for admission webhooks, which `record_webhooks.py` sends while a webhook is served. Data.

In bodies `{url}` is the address of the webhook, `{ca}` its certificate; what it answers hangs on the path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, MERGE, Step

API = "/apis/admissionregistration.k8s.io/v1"
MAPS, PODS = "/api/v1/namespaces/{ns}/configmaps", "/api/v1/namespaces/{ns}/pods"
HERE = {"matchLabels": {"kubernetes.io/metadata.name": "{ns}"}}
MUTATING, VALIDATING = "mutatingwebhookconfigurations", "validatingwebhookconfigurations"


def rule(resources: str = "configmaps", operations: Any = ("CREATE", "UPDATE"), group: str = "", version: str = "v1", **more: Any) -> Any:
    """Which writes a webhook sees."""
    return {"apiGroups": [group], "apiVersions": [version], "operations": list(operations), "resources": [resources], **more}


def hook(path: str, *rules: Any, **more: Any) -> dict[str, Any]:
    """A webhook that answers as `path` says."""
    return {
        "name": f"{path}.example.com",
        "rules": list(rules) or [rule()],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": HERE,
        "clientConfig": {"url": "{url}/" + path, "caBundle": "{ca}"},
        **more,
    }


def declare(plural: str, name: str, *hooks: Any) -> Step:
    """Declare webhooks; they are asked some moments later."""
    return {"method": "POST", "path": f"{API}/{plural}", "body": {"metadata": {"name": name}, "webhooks": list(hooks)}}


def gone(plural: str, name: str) -> Step:
    """No more of them."""
    return {"method": "DELETE", "path": f"{API}/{plural}/{name}", "mask": ["details"]}


def config(name: str, query: str = "dryRun=All", **body: Any) -> Step:
    """A ConfigMap, by default not kept."""
    labels = body.pop("labels", None)
    meta = {"name": name, **({"labels": labels} if labels else {})}
    return {"method": "POST", "path": MAPS, "query": query, "body": {"metadata": meta, **body}}


def after(step: Step) -> Step:
    """Send it when the server has seen the webhooks."""
    return {**step, "pause": 1.5}


def answers() -> Iterator[Step]:
    """Every answer of a webhook, of both sorts and both failure policies."""
    paths = (
        "allow", "deny", "deny-code", "deny-reason", "deny-silent", "deny-empty", "deny-low", "deny-details", "warn", "warn-deny",
        "wrong-uid", "no-response", "no-type", "no-patch", "merge", "merge-list", "undecodable", "wrong-kind",
        "old", "text", "error", "lost-page",
        "unauthorized", "teapot", "label", "same", "none", "lost", "type", "unknown", "name", "test", "data",
    )  # fmt: skip
    for plural in (MUTATING, VALIDATING):
        sort = plural[0]
        for failure in ("Fail", "Ignore"):
            name = f"hooks-{sort}-{failure.lower()}"
            hooks = [hook(path, objectSelector={"matchLabels": {"path": path}}, failurePolicy=failure) for path in paths]
            yield declare(plural, name, *hooks)
            for index, path in enumerate(paths):
                step = config(f"{sort}-{path}", labels={"path": path}, data={"x": "1"})
                yield after(step) if index == 0 else step
            yield gone(plural, name)
            yield after(config("free", labels={"path": "deny"}))


def failures() -> Iterator[Step]:
    """Webhooks that cannot be reached."""
    service = {"name": "nobody", "namespace": "{ns}", "path": "/check"}
    closed = {"url": "https://127.0.0.1:9/closed", "caBundle": "{ca}"}
    given = {
        "closed": {"clientConfig": closed},
        "stranger": {"clientConfig": {"url": "{url}/allow", "caBundle": "{other-ca}"}},
        "service": {"clientConfig": {"service": service, "caBundle": "{ca}"}},
        "service-port": {
            "clientConfig": {"service": {**service, "port": 8443, "path": "/check/it"}, "caBundle": "{ca}"},
            "timeoutSeconds": 3,
        },
        "service-bare": {"clientConfig": {"service": {"name": "nobody", "namespace": "{ns}"}}},
        "headless": {"clientConfig": {"service": {**service, "name": "headless"}, "caBundle": "{ca}"}},
        "other-port": {"clientConfig": {"service": {**service, "name": "web", "port": 444}, "caBundle": "{ca}"}},
    }
    ports = [{"port": 443}]
    services = "/api/v1/namespaces/{ns}/services"
    yield {"method": "POST", "path": services, "body": {"metadata": {"name": "headless"}, "spec": {"clusterIP": "None", "ports": ports}}}
    yield {"method": "POST", "path": services, "body": {"metadata": {"name": "web"}, "spec": {"ports": ports, "selector": {"a": "b"}}}}
    for plural in (MUTATING, VALIDATING):
        for failure in ("Fail", "Ignore"):
            name = f"unreached-{plural[0]}-{failure.lower()}"
            hooks = [
                hook(path, objectSelector={"matchLabels": {"path": path}}, failurePolicy=failure, **more) for path, more in given.items()
            ]
            yield declare(plural, name, *hooks)
            for index, path in enumerate(given):
                step = config(f"c-{path}", labels={"path": path})
                yield after(step) if index == 0 else step
            yield gone(plural, name)
            yield after(config("free", labels={"path": "closed"}))


def reviews() -> Iterator[Step]:
    """What a webhook is told, for every operation; rules, selectors, versions, conditions."""
    everything = [rule("*/*", ("*",)), rule("horizontalpodautoscalers", ("*",), "autoscaling", "v1"), rule("*/scale", ("*",), "apps")]
    yield config("kept", "", data={"a": "1"})
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}
    body = {"metadata": {"name": "web"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}}
    yield {"method": "POST", "path": "/apis/apps/v1/namespaces/{ns}/deployments", "body": body}
    yield declare(VALIDATING, "reviews-v", hook("allow", *everything))
    yield declare(MUTATING, "reviews-m", hook("allow", rule("configmaps", ("*",))))
    yield after(config("new", "fieldManager=me&fieldValidation=Strict"))
    yield config("dry")
    generated = {"metadata": {"generateName": "gen-"}, "data": {"a": "b"}}
    yield {"method": "POST", "path": MAPS, "body": generated, "query": "dryRun=All"}
    yield {"method": "PUT", "path": f"{MAPS}/kept", "body": {"metadata": {"name": "kept"}, "data": {"a": "2"}}}
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "body": {"data": {"a": "3"}}}
    yield {"method": "PATCH", "path": f"{MAPS}/kept", "type": MERGE, "body": {}}
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": "3"}}
    yield {"method": "PATCH", "path": f"{MAPS}/applied", "type": APPLY, "query": "fieldManager=x&force=true", "body": applied}
    yield {
        "method": "PATCH",
        "path": "/apis/apps/v1/namespaces/{ns}/deployments/web/scale",
        "type": MERGE,
        "body": {"spec": {"replicas": 2}},
    }
    scaler = {
        "metadata": {"name": "h"},
        "spec": {"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    }
    yield {"method": "POST", "path": "/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers", "body": scaler}
    yield {"method": "DELETE", "path": f"{MAPS}/applied", "body": {"propagationPolicy": "Foreground", "gracePeriodSeconds": 3}}
    yield {"method": "DELETE", "path": f"{MAPS}/kept", "query": "dryRun=All"}
    yield {"method": "DELETE", "path": MAPS, "query": "labelSelector=nothing"}
    yield {"method": "POST", "path": PODS, "body": {"metadata": {"name": "p"}, "spec": template["spec"]}}
    yield {"method": "PATCH", "path": f"{PODS}/p/status", "type": MERGE, "body": {"status": {"phase": "Running"}}}
    yield gone(VALIDATING, "reviews-v")
    yield gone(MUTATING, "reviews-m")
    conditions = [
        {"name": "a", "expression": "request.operation == 'CREATE'"},
        {"name": "b", "expression": "!has(object.data) || object.data.size == 'large' || object.data.broken == '1'"},
    ]
    yield declare(
        VALIDATING,
        "conditions-v",
        hook("deny", matchConditions=conditions),
        hook("deny-code", rule("configmaps", scope="Cluster")),
        hook("deny-reason", matchPolicy="Exact", objectSelector={"matchLabels": {"exact": "yes"}}),
    )
    yield after(config("c-1", data={"size": "large"}))
    yield config("c-2", data={"size": "small", "broken": "0"})
    yield config("c-3", data={"other": "small"})
    yield config("c-4", data={"size": "small", "broken": "0"}, labels={"exact": "yes"})
    yield gone(VALIDATING, "conditions-v")


def changes() -> Iterator[Step]:
    """Patches one after the other, and a second look at what later ones changed."""
    path = lambda name: {"objectSelector": {"matchExpressions": [{"key": "hooks", "operator": "In", "values": [name, "all"]}]}}  # noqa: E731
    pods = [rule("pods")]
    yield declare(
        MUTATING,
        "changes",
        hook("same", *pods, reinvocationPolicy="IfNeeded"),
        hook("sidecar", *pods, **path("mesh")),
        hook("label-2", *pods, **path("all"), reinvocationPolicy="IfNeeded"),
        hook("allow", *pods, reinvocationPolicy="Never"),
    )
    yield declare(VALIDATING, "changes", hook("allow", *pods))

    def pod(name: str, hooks: str) -> Step:
        spec = {"containers": [{"name": "a", "image": "a:1"}]}
        return {"method": "POST", "path": PODS, "body": {"metadata": {"name": name, "labels": {"hooks": hooks}}, "spec": spec}}

    yield after(pod("p-none", "none"))
    yield pod("p-mesh", "mesh")
    yield pod("p-all", "all")
    yield {"method": "PATCH", "path": f"{PODS}/p-none", "type": MERGE, "body": {"metadata": {"labels": {"x": "y"}}}}
    yield {"method": "DELETE", "path": f"{PODS}/p-none", "query": "gracePeriodSeconds=0"}
    yield gone(MUTATING, "changes")
    yield gone(VALIDATING, "changes")


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    yield "answers", list(answers())
    yield "failures", list(failures())
    yield "reviews", list(reviews())
    yield "changes", list(changes())
