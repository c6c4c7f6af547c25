# ruff: noqa: E501
"""More request sequences for `record_api.py`: the protocol around the objects. As in `api_scenarios.py`, data and small functions.

Besides the keys described there a step may have `headers` (for impersonation).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from api_scenarios import (
    APPLY,
    CLUSTER_KINDS,
    CONTAINER,
    JOB_TEMPLATE,
    JSON_PATCH,
    KINDS,
    MERGE,
    SELECTOR,
    STRATEGIC,
    TABLE,
    TEMPLATE,
    Step,
    collection,
)

CORE, APPS = "/api/v1/namespaces/{ns}", "/apis/apps/v1/namespaces/{ns}"
YAML = "application/yaml"
MAPS = f"{CORE}/configmaps"


def post(path: str, body: Any, query: str = "", **more: Any) -> Step:
    """A POST."""
    return {"method": "POST", "path": path, "query": query, "body": body, **more}


def get(path: str, query: str = "", **more: Any) -> Step:
    """A GET."""
    return {"method": "GET", "path": path, "query": query, **more}


def patch(path: str, kind: str, body: Any, query: str = "") -> Step:
    """A PATCH."""
    return {"method": "PATCH", "path": path, "type": kind, "query": query, "body": body}


def delete(path: str, body: Any = None, query: str = "") -> Step:
    """A DELETE."""
    return {"method": "DELETE", "path": path, "query": query, **({"body": body} if body is not None else {})}


def named(name: str, **more: Any) -> dict[str, Any]:
    """A ConfigMap."""
    return {"metadata": {"name": name, **more}, "data": {"a": "1"}}


def discovery() -> Iterator[Step]:
    """Every group and version, known and unknown."""
    groups = ("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io",
              "authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
              "events.k8s.io", "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io",
              "storage.k8s.io", "extensions", "resource.k8s.io", "flowcontrol.apiserver.k8s.io")  # fmt: skip
    for group in groups:
        yield get(f"/apis/{group}")
        yield get(f"/apis/{group}/v1")
    for path in ("autoscaling/v2", "autoscaling/v2beta2", "batch/v1beta1", "policy/v1beta1", "networking.k8s.io/v1beta1", "apps/v1beta2"):
        yield get(f"/apis/{path}")
    for path in ("/api", "/api/v1", "/api/v2", "/apis/", "/api/v1/", "/version/", "/healthz", "/livez", "/readyz", "/healthz/ping", "/openapi", "/nope", "/api/v1/namespaces/{ns}/",
                 "/apis/apps/v1/deployments/x/y/z", "/apis//v1", "//api/v1", "/apis/apps/v1/namespaces/{ns}/deployments/x/nope", "/api/v1/watch/nope"):  # fmt: skip
        yield get(path)


def tables() -> Iterator[Step]:
    """One object of each kind as kubectl prints it: as a table, with and without the objects."""
    for kind, (api_version, plural, content) in {**KINDS, **CLUSTER_KINDS}.items():
        many = collection(api_version, plural, namespaced=kind in KINDS)
        name = f"tab-{kind.lower()}"
        obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "labels": {"tab": "1"}}, **content}
        yield post(many, obj, accept=TABLE)
        yield get(many, "labelSelector=tab=1", accept=TABLE)
        yield get(many, "labelSelector=tab=1&includeObject=None", accept=TABLE)
        yield get(f"{many}/{name}", "includeObject=Object", accept=TABLE)
        yield get(f"{many}/{name}", "includeObject=Sometimes", accept=TABLE)
        yield get(many, "labelSelector=tab=1", accept=f"{TABLE},application/json")
        yield get(many, "labelSelector=tab=2", accept=TABLE)
        yield get(f"{many}/absent", accept=TABLE)
        yield delete(f"{many}/{name}", query="gracePeriodSeconds=0&dryRun=All")
        yield patch(f"{many}/{name}", MERGE, {"metadata": {"labels": {"tab": None}}}, "dryRun=All")


def deleting() -> Iterator[Step]:
    """Collections, dry runs, preconditions, finalizers and propagation."""
    for name in ("a", "b", "c", "d"):
        yield post(MAPS, named(name, labels={"group": name if name < "c" else "z"}))
    yield delete(MAPS, query="dryRun=All")
    yield get(MAPS)
    yield delete(MAPS, query="labelSelector=group=z&dryRun=All")
    yield delete(MAPS, query="fieldSelector=metadata.name=a")
    yield delete(MAPS, query="fieldSelector=nope=a")
    yield delete(MAPS, {"preconditions": {"uid": "x"}}, "labelSelector=group=z")
    yield delete(MAPS, query="labelSelector=a b")
    yield delete(MAPS, query="labelSelector=group=z")
    yield get(MAPS)
    one = f"{MAPS}/b"
    for body in ({"preconditions": {"uid": "wrong"}}, {"preconditions": {"resourceVersion": "1"}}, {"gracePeriodSeconds": -1}, {"propagationPolicy": "Nope"},
                 {"orphanDependents": True, "propagationPolicy": "Orphan"}, {"dryRun": ["Some"]}, {"dryRun": ["All"]}, {"kind": "Nope"}, {"apiVersion": "v9", "kind": "DeleteOptions"},
                 {"bogus": 1}, "text", "[]", "{", {"preconditions": 5}, {"gracePeriodSeconds": "x"}):  # fmt: skip
        yield delete(one, body)
        yield get(one)
    for query in ("gracePeriodSeconds=x", "propagationPolicy=", "dryRun=None", "orphanDependents=maybe", "pretty=true", "nope=1"):
        yield delete(f"{MAPS}/absent", query=query)
    for policy in ("Foreground", "Orphan", "Background"):
        for plural, content in (
            ("configmaps", {"data": {"a": "1"}}),
            ("services", {"spec": {"ports": [{"port": 80}]}}),
            ("serviceaccounts", {}),
            ("pods", {"spec": {"containers": [CONTAINER]}}),
        ):
            path, name = f"{CORE}/{plural}", f"p-{policy.lower()}"
            yield post(path, {"metadata": {"name": name}, **content})
            yield delete(f"{path}/{name}", {"propagationPolicy": policy})
            yield get(f"{path}/{name}")
            yield delete(f"{path}/{name}", {"propagationPolicy": "Background"})
            yield patch(f"{path}/{name}", MERGE, {"metadata": {"finalizers": None}})
            yield get(f"{path}/{name}")
    for plural, content in (
        ("deployments", {"spec": {"replicas": 0, "selector": SELECTOR, "template": TEMPLATE}}),
        ("statefulsets", {"spec": {"replicas": 0, "selector": SELECTOR, "template": TEMPLATE}}),
    ):
        for finalizers in (
            ["example.com/a"],
            ["example.com/a", "example.com/b"],
            ["foo"],
            ["a b"],
            ["orphan", "foregroundDeletion"],
            ["kubernetes"],
        ):
            path = f"{APPS}/{plural}"
            yield post(path, {"metadata": {"name": "f", "finalizers": finalizers}, **content})
            yield delete(f"{path}/f")
            yield patch(f"{path}/f", MERGE, {"metadata": {"finalizers": ["example.com/new"]}})
            yield patch(f"{path}/f", STRATEGIC, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}})
            yield patch(f"{path}/f", MERGE, {"spec": {"replicas": 1}})
            yield patch(f"{path}/f", JSON_PATCH, [{"op": "remove", "path": "/metadata/finalizers"}])
            yield get(f"{path}/f")
    yield post(MAPS, {"metadata": {"generateName": "gen-"}})
    yield post(MAPS, {"metadata": {"generateName": "Bad_"}})
    yield post(MAPS, {"metadata": {"generateName": "gen-", "name": "both"}})
    yield post(MAPS, {"metadata": {"generateName": "x" * 300}})
    yield post(MAPS, {"metadata": {"generateName": "gen-"}}, "dryRun=All")


def paging() -> Iterator[Step]:
    """Pages, selectors and resource versions of lists."""
    for index in range(7):
        yield post(MAPS, named(f"m{index}", labels={"n": str(index), "even": str(index % 2 == 0).lower()}))
        yield post(f"{CORE}/secrets", {"metadata": {"name": f"s{index}"}, "type": "Opaque" if index % 2 else "example.com/x"})
    for limit in (1, 3, 7, 8, 0):
        yield get(MAPS, f"limit={limit}")
        yield get(MAPS, f"limit={limit}&labelSelector=even=true")
        yield get(MAPS, f"limit={limit}", accept=TABLE)
        yield get(f"{CORE}/secrets", f"limit={limit}&fieldSelector=type=Opaque")
    for selector in (
        "n in (1,2,3)",
        "n notin (1,2)",
        "n",
        "!n",
        "n=1,even=false",
        "n=1,even=true",
        "n==1",
        "n!=1",
        "n>3",
        "n<3",
        "n>x",
        "n in ()",
        "n in (1",
        "=x",
        "n=a b",
        "n=-",
        ",",
        "n=1,",
        "n in (1),even",
        "x/y/z=1",
        "UPPER=1",
        "n=" + "x" * 70,
        "(n)",
        "!n=1",
        "n!",
        "n notin 1",
    ):
        yield get(MAPS, f"labelSelector={selector}")
    for plural, selectors in {
        "pods": (
            "status.phase=Pending",
            "spec.nodeName=x",
            "status.phase!=Running",
            "spec.restartPolicy=Always",
            "spec.serviceAccountName=x",
            "status.podIP=",
            "spec.hostNetwork=true",
            "spec.schedulerName=x",
            "status.nominatedNodeName=",
            "spec.nope=1",
            "metadata.labels.a=1",
        ),
        "secrets": ("type=Opaque", "type!=Opaque", "metadata.name=s1", "nope=x"),
        "services": ("spec.clusterIP=None", "spec.type=ClusterIP", "spec.nope=x"),
        "events": ("involvedObject.kind=Pod", "reason=X", "type=Normal", "source=x", "nope=x"),
        "replicationcontrollers": ("status.replicas=0",),
        "namespaces": (),
    }.items():
        for selector in selectors:
            yield get(f"{CORE}/{plural}", f"fieldSelector={selector}")
    yield post(f"{CORE}/pods", {"metadata": {"name": "sel"}, "spec": {"containers": [CONTAINER], "restartPolicy": "Never"}})
    for selector in (
        "status.phase=Pending",
        "spec.restartPolicy=Never",
        "spec.restartPolicy=Always,status.phase=Pending",
        "metadata.name=sel,spec.nodeName=",
        "status.phase=Pending,",
        "a=b=c",
        "=x",
        "status.phase",
    ):
        yield get(f"{CORE}/pods", f"fieldSelector={selector}")
    for group, selector in (
        ("apps/v1", "deployments"),
        ("batch/v1", "jobs"),
        ("apps/v1", "replicasets"),
        ("networking.k8s.io/v1", "ingresses"),
    ):
        for field in ("metadata.name=x", "metadata.namespace={ns}", "status.replicas=1", "status.successful=1"):
            yield get(f"/apis/{group}/namespaces/{{ns}}/{selector}", f"fieldSelector={field}")
    for query in (
        "resourceVersion=0",
        "resourceVersion=0&resourceVersionMatch=NotOlderThan",
        "resourceVersionMatch=NotOlderThan",
        "resourceVersion=x",
        "limit=2&resourceVersion=0",
        "continue=x",
        "limit=2&continue=x&resourceVersion=1",
        "limit=-5",
        "timeoutSeconds=-1&limit=1",
        "sendInitialEvents=true",
        "allowWatchBookmarks=x",
        "pretty=true&limit=1",
    ):
        yield get(MAPS, query)


def decoding() -> Iterator[Step]:
    """Bodies that are wrong: unknown and doubled fields, types, kinds, content types, sizes."""
    texts = ('{"metadata":{"name":"a"},"data":{"a":"1","a":"2"}}', '{"metadata":{"name":"a"},"unknown":1,"data":{}}', '{"metadata":{"name":"a","unknown":{"x":1},"labels":{"a":"1","a":"2"}}}',
             '{"metadata":{"name":"a"},"data":{"a":1}}', '{"metadata":{"name":"a"},"data":[]}', '{"metadata":{"name":5}}', '{"metadata":[]}', '{"metadata":null}', '{}', 'null', '""', '5', 'true', '{"metadata":{"name":"a"}} trailing', '{"metadata":{"name":"a"},}',
             '{"metadata":{"name":"a"}', "{'metadata':{}}", '{"kind":"Pod"}', '{"apiVersion":"v2"}', '{"kind":5}', '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}}', '{"kind":"ConfigMap","apiVersion":"v1","Metadata":{"name":"a"}}',
             '{"metadata":{"name":"a"},"binaryData":{"a":"!"}}', '{"metadata":{"name":"a"},"immutable":"yes"}', '{"metadata":{"name":"a","creationTimestamp":"yesterday"}}', '{"metadata":{"name":"a","generation":"x"}}', '{"metadata":{"name":"a"},"data":{"a":null}}')  # fmt: skip
    for text in texts:
        for mode in ("Ignore", "Warn", "Strict"):
            yield post(MAPS, text, f"dryRun=All&fieldValidation={mode}")
    documents = ("metadata: {name: a}\ndata: {a: x, a: y}\n", "metadata:\n  name: a\n  name: b\n", "metadata: {name: a}\nunknown: 1\n", "metadata:\n\tname: a\n", "a: [b", "- a\n", "", "metadata: {name: a}\n---\nmetadata: {name: b}\n",
                 "metadata: {name: a}\ndata: {a: yes}\n", "metadata: {name: a}\ndata: {a: 1.0}\n", "metadata: &m {name: a}\ndata: {a: '1'}\n", "kind: Pod\n", "{\"metadata\": {\"name\": \"a\"}}", "metadata: {name: a}\nimmutable: true\nimmutable: false\nx: 1\n")  # fmt: skip
    for text in documents:
        for mode in ("Ignore", "Warn", "Strict"):
            yield post(MAPS, text, f"dryRun=All&fieldValidation={mode}", type=YAML)
    for kind in (
        "text/plain",
        "application/xml",
        "application/json; charset=utf-8",
        "application/json;stream=watch",
        "multipart/form-data",
        "application/",
        "json",
        MERGE,
        "application/cbor",
    ):
        yield post(MAPS, named("t"), "dryRun=All", type=kind)
        yield {"method": "PUT", "path": f"{MAPS}/t", "type": kind, "body": named("t")}
        yield {"method": "DELETE", "path": f"{MAPS}/t", "type": kind, "body": {"gracePeriodSeconds": 0}}
    for accept in (
        "text/html",
        "application/xml",
        "*/*",
        "application/*",
        "application/json;as=Table;v=v9;g=meta.k8s.io",
        "application/json;as=Table;v=v1;g=nope",
        "application/json;q=0.1,application/yaml",
        "",
        "application/cbor",
    ):
        yield get(MAPS, accept=accept)
        yield get(f"{MAPS}/absent", accept=accept)
    big = {"metadata": {"name": "big"}, "data": {"a": "x" * (1024 * 1024 + 1)}}
    yield post(MAPS, big, "dryRun=All")
    yield post(MAPS, {"metadata": {"name": "big", "annotations": {"a": "x" * (256 * 1024 + 1)}}}, "dryRun=All")
    deployment = {"metadata": {"name": "d"}, "spec": {"replicas": 1, "selector": SELECTOR, "template": TEMPLATE}}
    yield post(f"{APPS}/deployments", deployment)
    wrong: tuple[Any, ...] = (
        {"spec": {"unknown": 1}}, {"spec": {"replicas": 1, "template": {"spec": {"containers": [{**CONTAINER, "unknown": 1}]}}}}, {"unknown": {"a": 1}, "spec": {"b": 1}}, {"metadata": {"unknown": 1}}, {"spec": {"replicas": "1"}},
        {"spec": {"template": {"spec": {"containers": "x"}}}}, {"spec": {"paused": "true"}}, {"spec": []}, {"spec": {"strategy": {"rollingUpdate": {"maxSurge": {}}}}}, {"spec": {"template": {"metadata": {"labels": {"a": 1}}}}})  # fmt: skip
    for body in wrong:
        for kind in (MERGE, STRATEGIC):
            for mode in ("Ignore", "Warn", "Strict"):
                yield patch(f"{APPS}/deployments/d", kind, body, f"dryRun=All&fieldValidation={mode}")
        apply = {"apiVersion": "apps/v1", "kind": "Deployment", **body, "metadata": {"name": "d", **body.get("metadata", {})}}
        yield patch(f"{APPS}/deployments/d", APPLY, apply, "dryRun=All&fieldManager=x&force=true&fieldValidation=Strict")


def access() -> Iterator[Step]:
    """RBAC as impersonated users see it, reviews, tokens."""
    who = {"Impersonate-User": "jane", "Impersonate-Group": "team"}
    account = {"Impersonate-User": "system:serviceaccount:{ns}:deployer"}
    reviews = "/apis/authorization.k8s.io/v1"
    yield get(MAPS, headers=who)
    yield post(MAPS, named("a"), headers=who)
    yield get("/api/v1/nodes", headers=who)
    yield get("/version", headers=who)
    yield get("/healthz", headers=who)
    yield get("/metrics", headers=who)
    yield get("/apis", headers=who)
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create"]}, {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"], "resourceNames": ["web"]},
             {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get", "patch"]}]  # fmt: skip
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}"
    yield post(f"{rbac}/roles", {"metadata": {"name": "r"}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    subjects = [
        {"kind": "Group", "name": "team", "apiGroup": "rbac.authorization.k8s.io"},
        {"kind": "ServiceAccount", "name": "deployer", "namespace": "rec-access"},
    ]
    yield post(f"{rbac}/rolebindings", {"metadata": {"name": "b"}, "roleRef": reference, "subjects": subjects})
    for user in (who, account):
        yield get(MAPS, headers=user, retry=200)
        yield post(MAPS, named(f"by-{len(user)}"), headers=user)
        yield get(f"{MAPS}/by-{len(user)}", headers=user)
        yield {"method": "DELETE", "path": f"{MAPS}/by-{len(user)}", "headers": user}
        yield {"method": "PATCH", "path": f"{MAPS}/by-{len(user)}", "type": MERGE, "body": {"data": {"a": "2"}}, "headers": user}
        yield {"method": "PUT", "path": f"{MAPS}/by-{len(user)}", "body": named(f"by-{len(user)}"), "headers": user}
        yield get(f"{APPS}/deployments", headers=user)
        yield get(f"{APPS}/deployments/web", headers=user)
        yield get(f"{APPS}/deployments/other", headers=user)
        yield get(f"{APPS}/deployments/other/scale", headers=user)
        yield get(f"{APPS}/deployments/other/status", headers=user)
        yield get("/api/v1/configmaps", headers=user)
        yield get("/api/v1/namespaces/default/configmaps", headers=user)
        yield get("/api/v1/namespaces", headers=user)
        yield {"method": "DELETE", "path": MAPS, "headers": user}
        yield get(f"{CORE}/secrets/x", headers=user)
        yield post(
            f"{rbac}/roles",
            {"metadata": {"name": "more"}, "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]},
            headers=user,
        )
        for attributes in ({"verb": "get", "resource": "configmaps", "namespace": "rec-access"}, {"verb": "delete", "resource": "configmaps", "namespace": "rec-access"}, {"verb": "get", "resource": "configmaps"}, {"verb": "update", "resource": "deployments", "group": "apps", "name": "web", "namespace": "rec-access"},
                           {"verb": "*", "resource": "*"}, {}):  # fmt: skip
            yield post(f"{reviews}/selfsubjectaccessreviews", {"spec": {"resourceAttributes": attributes}}, headers=user)
        yield post(
            f"{reviews}/selfsubjectaccessreviews", {"spec": {"nonResourceAttributes": {"path": "/version", "verb": "get"}}}, headers=user
        )
        yield post(f"{reviews}/selfsubjectaccessreviews", {"spec": {}}, headers=user)
    for attributes in (
        {"verb": "get", "resource": "pods"},
        {"verb": "create", "resource": "deployments", "group": "apps", "namespace": "x"},
    ):
        yield post(f"{reviews}/selfsubjectaccessreviews", {"spec": {"resourceAttributes": attributes}})
        yield post(f"{reviews}/subjectaccessreviews", {"spec": {"user": "jane", "resourceAttributes": attributes}})
    yield post(f"{reviews}/subjectaccessreviews", {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}})
    yield post(
        f"{reviews}/namespaces/{{ns}}/localsubjectaccessreviews",
        {
            "metadata": {"namespace": "rec-access"},
            "spec": {
                "user": "jane",
                "groups": ["team"],
                "resourceAttributes": {"verb": "get", "resource": "configmaps", "namespace": "rec-access"},
            },
        },
    )
    yield post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, headers=who)
    yield post(f"{CORE}/serviceaccounts", {"metadata": {"name": "deployer"}})
    yield post(f"{CORE}/serviceaccounts/absent/token", {"spec": {}})
    yield post("/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": "nope"}})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r2"}
    yield patch(f"{rbac}/rolebindings/b", MERGE, {"roleRef": role})
    yield post(f"{rbac}/rolebindings", {"metadata": {"name": "c"}, "roleRef": {"kind": "Nope", "name": "x"}})
    yield post(
        f"{rbac}/rolebindings",
        {
            "metadata": {"name": "c"},
            "roleRef": role,
            "subjects": [{"kind": "User"}, {"kind": "Nope", "name": "x"}, {"kind": "ServiceAccount", "name": "x"}],
        },
    )


def versions() -> Iterator[Step]:
    """Autoscalers in both versions, and a definition with two versions."""
    spec1 = {
        "maxReplicas": 3,
        "minReplicas": 2,
        "targetCPUUtilizationPercentage": 70,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "w"},
    }
    scalers = {version: f"/apis/autoscaling/{version}/namespaces/{{ns}}/horizontalpodautoscalers" for version in ("v1", "v2")}
    yield post(scalers["v1"], {"metadata": {"name": "one"}, "spec": spec1}, "fieldManager=c")
    metrics = [{"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 60}}},
               {"type": "Pods", "pods": {"metric": {"name": "qps"}, "target": {"type": "AverageValue", "averageValue": "10"}}},
               {"type": "External", "external": {"metric": {"name": "q", "selector": {"matchLabels": {"a": "b"}}}, "target": {"type": "Value", "value": "5"}}},
               {"type": "Object", "object": {"metric": {"name": "o"}, "describedObject": {"apiVersion": "v1", "kind": "Service", "name": "s"}, "target": {"type": "Value", "value": "1k"}}}]  # fmt: skip
    for index, metric in enumerate(metrics):
        spec = {"maxReplicas": 5, "scaleTargetRef": spec1["scaleTargetRef"], "metrics": [metric]}
        yield post(scalers["v2"], {"metadata": {"name": f"two{index}"}, "spec": spec}, "fieldManager=c")
    for name in ("one", "two0", "two1", "two2", "two3"):
        for version in ("v1", "v2"):
            yield get(f"{scalers[version]}/{name}")
            yield patch(f"{scalers[version]}/{name}", MERGE, {"spec": {"maxReplicas": 7}}, f"fieldManager=m{version}")
    for version in ("v1", "v2"):
        yield get(scalers[version])
        yield get(scalers[version], accept=TABLE)
        body = {
            "apiVersion": f"autoscaling/{version}",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "one"},
            "spec": {"maxReplicas": 9, "scaleTargetRef": spec1["scaleTargetRef"]},
        }
        yield patch(f"{scalers[version]}/one", APPLY, body, f"fieldManager=a{version}&force=true")
        yield {"method": "PUT", "path": f"{scalers[version]}/one", "query": "fieldManager=p", "body": body}
    behaviors = (
        {"scaleDown": {"stabilizationWindowSeconds": 60}},
        {"scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]}},
        {"scaleUp": {"selectPolicy": "Disabled"}},
        {"scaleDown": {"policies": []}},
        {"scaleDown": {"stabilizationWindowSeconds": 9999}},
    )
    for behavior in behaviors:
        yield patch(f"{scalers['v2']}/two0", MERGE, {"spec": {"behavior": behavior}})
        yield get(f"{scalers['v1']}/two0")
    text = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string", "default": "x"}, "n": {"type": "integer"}}}},
    }
    newer = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "string"}, "b": {"type": "string", "default": "y"}, "n": {"type": "integer"}},
            }
        },
    }
    found = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": text}}, {"name": "v2", "served": True, "storage": False, "schema": {"openAPIV3Schema": newer}},
             {"name": "v0", "served": False, "storage": False, "deprecated": True, "schema": {"openAPIV3Schema": text}}, {"name": "v1beta1", "served": True, "storage": False, "deprecated": True, "deprecationWarning": "use v1", "schema": {"openAPIV3Schema": text}}]  # fmt: skip
    names = {"plural": "gears", "singular": "gear", "kind": "Gear", "listKind": "GearList", "categories": ["all"]}
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gears.versions.example.com"}}
    yield post(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {**head, "spec": {"group": "versions.example.com", "scope": "Namespaced", "names": names, "versions": found}},
        mask=["status"],
    )
    many = {version: f"/apis/versions.example.com/{version}/namespaces/{{ns}}/gears" for version in ("v1", "v2", "v0", "v1beta1")}
    yield get(many["v1"], retry=200)
    yield get(many["v2"], retry=200)
    yield get(many["v0"])
    yield get(many["v1beta1"])
    yield get("/apis/versions.example.com")
    yield get("/apis/versions.example.com/v2")
    for version in ("v1", "v2", "v1beta1"):
        yield post(
            many[version],
            {
                "apiVersion": f"versions.example.com/{version}",
                "kind": "Gear",
                "metadata": {"name": f"g{version}"},
                "spec": {"a": "1", "b": "2", "n": 1},
            },
            "fieldManager=c",
        )
        yield post(
            many[version],
            {"apiVersion": f"versions.example.com/{version}", "kind": "Gear", "metadata": {"name": f"e{version}"}, "spec": {}},
            "fieldManager=c",
        )
        yield post(many[version], {"apiVersion": "versions.example.com/v7", "kind": "Gear", "metadata": {"name": "bad"}, "spec": {}})
        yield post(
            many[version], {"apiVersion": f"versions.example.com/{version}", "kind": "Wheel", "metadata": {"name": "bad"}, "spec": {}}
        )
    for name in ("gv1", "gv2"):
        for version in ("v1", "v2", "v1beta1"):
            yield get(f"{many[version]}/{name}")
            yield patch(f"{many[version]}/{name}", MERGE, {"spec": {"n": 2, "b": "3"}}, f"fieldManager=m{version}")
            body = {"apiVersion": f"versions.example.com/{version}", "kind": "Gear", "metadata": {"name": name}, "spec": {"a": version}}
            yield patch(f"{many[version]}/{name}", APPLY, body, f"fieldManager=a{version}&force=true")
            yield patch(f"{many[version]}/{name}", JSON_PATCH, [{"op": "add", "path": "/spec/n", "value": "x"}])
            yield get(many[version], accept=TABLE)


def rules() -> Iterator[Step]:
    """A definition whose schema has rules in CEL."""
    spec = {"type": "object", "x-kubernetes-validations": [{"rule": "self.low <= self.high", "message": "low must not exceed high"}, {"rule": "!has(self.mode) || self.mode != 'strict' || self.high < 10", "fieldPath": ".high", "reason": "FieldValueForbidden"}],
            "required": ["low", "high"], "properties": {
                "low": {"type": "integer"}, "high": {"type": "integer", "maximum": 100}, "mode": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "mode is immutable"}]},
                "name": {"type": "string", "maxLength": 20, "x-kubernetes-validations": [{"rule": "self.matches('^[a-z]+$')", "messageExpression": "'not a word: ' + self"}]},
                "items": {"type": "array", "maxItems": 5, "x-kubernetes-validations": [{"rule": "self.all(x, x.size() > 1)"}, {"rule": "self.exists_one(x, x == 'main') || self.size() == 0"}], "items": {"type": "string", "maxLength": 9}},
                "map": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "integer"}, "x-kubernetes-validations": [{"rule": "self.all(k, self[k] > 0)"}]}}}  # fmt: skip
    names = {"plural": "ranges", "singular": "range", "kind": "Range", "listKind": "RangeList"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
    }
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "ranges.rules.example.com"}}
    yield post(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {**head, "spec": {"group": "rules.example.com", "scope": "Namespaced", "names": names, "versions": [version]}},
        mask=["status"],
    )
    many = "/apis/rules.example.com/v1/namespaces/{ns}/ranges"
    yield get(many, retry=200)
    good = {"low": 1, "high": 5}
    for index, more in enumerate(
        (
            {},
            {"low": 9},
            {"high": 101},
            {"low": 9, "high": 101},
            {"mode": "strict"},
            {"mode": "strict", "high": 20},
            {"name": "abc"},
            {"name": "A1"},
            {"items": ["main", "xx"]},
            {"items": ["x"]},
            {"items": []},
            {"map": {"a": 1}},
            {"map": {"a": 0, "b": 1}},
            {"low": "x"},
            {"name": "A1", "low": 9, "map": {"z": -1}},
        )
    ):
        yield post(
            many,
            {
                "apiVersion": "rules.example.com/v1",
                "kind": "Range",
                "metadata": {"name": f"r{index}", "labels": {"a": "1"}},
                "spec": {**good, **more},
            },
            "fieldManager=c",
        )
    for change in (
        {"mode": "strict"},
        {"mode": "loose"},
        {"mode": None},
        {"low": 6},
        {"low": 6, "high": 7},
        {"name": "B"},
        {"name": "b"},
        {"high": 200},
        {"items": ["main"]},
        {"items": ["no"]},
    ):
        for name in ("r0", "r4"):
            yield patch(f"{many}/{name}", MERGE, {"spec": change}, "fieldManager=m")
            yield patch(
                f"{many}/{name}",
                APPLY,
                {
                    "apiVersion": "rules.example.com/v1",
                    "kind": "Range",
                    "metadata": {"name": name},
                    "spec": {**good, **{k: v for k, v in change.items() if v is not None}},
                },
                "fieldManager=a&force=true",
            )


def evictions() -> Iterator[Step]:
    """Evictions, scales of each kind, optimistic concurrency."""
    pods = f"{CORE}/pods"
    for name, labels in (("a", {"app": "x"}), ("b", {"app": "y"}), ("c", {"app": "x"})):
        yield post(pods, {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [CONTAINER]}})
    yield post(
        "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
        {"metadata": {"name": "x"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "x"}}}},
    )
    for name, body in (
        ("a", {}),
        ("a", {"metadata": {"name": "a"}}),
        ("b", {"metadata": {"name": "other"}}),
        ("b", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "b"}, "deleteOptions": {"dryRun": ["All"]}}),
        ("b", {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "b"}}),
        ("b", {"metadata": {"name": "b"}, "deleteOptions": {"preconditions": {"uid": "x"}}}),
        ("b", {"metadata": {"name": "b"}}),
        ("nope", {"metadata": {"name": "nope"}}),
    ):
        yield post(f"{pods}/{name}/eviction", body)
        yield get(f"{pods}/{name}")
    for kind in ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"):
        api_version, plural, content = KINDS[kind]
        one = f"{collection(api_version, plural, namespaced=True)}/s"
        yield post(
            collection(api_version, plural, namespaced=True),
            {"metadata": {"name": "s"}, **json.loads(json.dumps(content))},
            "fieldManager=c",
        )
        for body in (
            {"spec": {"replicas": 4}},
            {"spec": {"replicas": -1}},
            {"spec": {"replicas": "x"}},
            {"spec": {"replicas": 0}},
            {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 2}},
            {"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 3}},
        ):
            yield patch(f"{one}/scale", MERGE, body, "fieldManager=s")
        yield patch(f"{one}/scale", JSON_PATCH, [{"op": "replace", "path": "/spec/replicas", "value": 6}], "fieldManager=j")
        yield patch(f"{one}/scale", STRATEGIC, {"spec": {"replicas": 7}}, "fieldManager=t&dryRun=All")
        yield patch(
            f"{one}/scale",
            APPLY,
            {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "s"}, "spec": {"replicas": 8}},
            "fieldManager=a",
        )
        yield patch(
            f"{one}/scale",
            APPLY,
            {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "s"}, "spec": {"replicas": 8}},
            "fieldManager=a&force=true",
        )
        yield get(one)
        yield get(f"{one}/scale")
        yield get(f"{one}/status")
        yield patch(f"{one}/status", MERGE, {"status": {"replicas": 2, "observedGeneration": 1}}, "fieldManager=st")
        yield {"method": "PUT", "path": one, "body": {"metadata": {"name": "s", "resourceVersion": "1"}, **content}}
        yield {"method": "PUT", "path": one, "body": {"metadata": {"name": "s", "uid": "x"}, **content}}
        yield {"method": "PUT", "path": one, "body": {"metadata": {"name": "s", "resourceVersion": "x"}, **content}}
        yield {"method": "PUT", "path": f"{one}2", "body": {"metadata": {"name": "s2"}, **content}}
    yield post("/apis/batch/v1/namespaces/{ns}/jobs", {"metadata": {"name": "j"}, "spec": {"template": JOB_TEMPLATE}})
    yield get("/apis/batch/v1/namespaces/{ns}/jobs/j/scale")
    yield get("/apis/batch/v1/namespaces/{ns}/jobs/j/status")


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    for function in (discovery, tables, deleting, paging, decoding, access, versions, rules, evictions):
        yield function.__name__, list(function())
