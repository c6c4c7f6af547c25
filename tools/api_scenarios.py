# ruff: noqa: E501
"""Request sequences that `record_api.py` sends to a real API server: data, and a few functions that repeat a pattern for every kind.

A step is a dict: `method`, `path` (with `{ns}`), and where wanted `query`, `body`, `type` (content type), `accept`, `agent`.
Text of the form `<3.metadata.uid>` is replaced by that field of the third step's answer (counted from 0).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Step = dict[str, Any]
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"

CONTAINER = {"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}]}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}
JOB_TEMPLATE = {"spec": {"containers": [{"name": "job", "image": "busybox"}], "restartPolicy": "Never"}}
SELECTOR = {"matchLabels": {"app": "web"}}

KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ConfigMap": ("v1", "configmaps", {"data": {"a": "1", "b": "2"}}),
    "Secret": ("v1", "secrets", {"stringData": {"a": "1"}, "type": "Opaque"}),
    "Service": ("v1", "services", {"spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}),
    "ServiceAccount": ("v1", "serviceaccounts", {"automountServiceAccountToken": False}),
    "PersistentVolumeClaim": (
        "v1", "persistentvolumeclaims", {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
    ),
    "LimitRange": ("v1", "limitranges", {"spec": {"limits": [{"type": "Pod", "max": {"cpu": "2000m"}}]}}),
    "ResourceQuota": ("v1", "resourcequotas", {"spec": {"hard": {"count/widgets": "10"}}}),
    "Pod": ("v1", "pods", {"spec": {"containers": [CONTAINER]}}),
    "PodTemplate": ("v1", "podtemplates", {"template": TEMPLATE}),
    "ReplicationController": ("v1", "replicationcontrollers", {"spec": {"replicas": 1, "selector": {"app": "web"}, "template": TEMPLATE}}),
    "Endpoints": ("v1", "endpoints", {"subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}]}),
    "Deployment": ("apps/v1", "deployments", {"spec": {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE}}),
    "StatefulSet": ("apps/v1", "statefulsets", {"spec": {"serviceName": "web", "selector": SELECTOR, "template": TEMPLATE}}),
    "DaemonSet": ("apps/v1", "daemonsets", {"spec": {"selector": SELECTOR, "template": TEMPLATE}}),
    "ReplicaSet": ("apps/v1", "replicasets", {"spec": {"selector": SELECTOR, "template": TEMPLATE}}),
    "ControllerRevision": ("apps/v1", "controllerrevisions", {"revision": 1, "data": {"a": 1}}),
    "Job": ("batch/v1", "jobs", {"spec": {"template": JOB_TEMPLATE}}),
    "CronJob": ("batch/v1", "cronjobs", {"spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": JOB_TEMPLATE}}}}),
    "HorizontalPodAutoscaler": (
        "autoscaling/v2", "horizontalpodautoscalers",
        {"spec": {"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                  "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}},
    ),
    "Ingress": (
        "networking.k8s.io/v1", "ingresses",
        {"spec": {"rules": [{"host": "a.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {
            "service": {"name": "web", "port": {"number": 80}}}}]}}]}},
    ),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies", {"spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}}),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets", {"spec": {"minAvailable": 1, "selector": SELECTOR}}),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
    "RoleBinding": (
        "rbac.authorization.k8s.io/v1", "rolebindings",
        {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}, "subjects": [{"kind": "ServiceAccount", "name": "x"}]},
    ),
    "Lease": ("coordination.k8s.io/v1", "leases", {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 15}}),
    "EndpointSlice": (
        "discovery.k8s.io/v1", "endpointslices", {"addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"port": 80}]},
    ),
}  # fmt: skip
CLUSTER_KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles", {"rules": [{"nonResourceURLs": ["/x"], "verbs": ["get"]}]}),
    "ClusterRoleBinding": (
        "rbac.authorization.k8s.io/v1", "clusterrolebindings",
        {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "x"}, "subjects": [{"kind": "User", "name": "x"}]},
    ),
    "StorageClass": ("storage.k8s.io/v1", "storageclasses", {"provisioner": "example.com/disk", "parameters": {"type": "ssd"}}),
    "PriorityClass": ("scheduling.k8s.io/v1", "priorityclasses", {"value": 100, "description": "x"}),
    "IngressClass": ("networking.k8s.io/v1", "ingressclasses", {"spec": {"controller": "example.com/ingress"}}),
    "RuntimeClass": ("node.k8s.io/v1", "runtimeclasses", {"handler": "runc"}),
    "PersistentVolume": (
        "v1", "persistentvolumes",
        {"spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/tmp/x"}}},
    ),
    "ValidatingWebhookConfiguration": (
        "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations",
        {"webhooks": [{"name": "a.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
                       "clientConfig": {"url": "https://example.com/x"},
                       "rules": [{"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nones"]}]}]},
    ),
    "Namespace": ("v1", "namespaces", {}),
    "CSIDriver": ("storage.k8s.io/v1", "csidrivers", {"spec": {"attachRequired": False}}),
}  # fmt: skip


def collection(api_version: str, plural: str, *, namespaced: bool) -> str:
    """URL of a collection."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    return f"{root}/namespaces/{{ns}}/{plural}" if namespaced else f"{root}/{plural}"


def life(kind: str, api_version: str, plural: str, content: dict[str, Any], *, namespaced: bool) -> Iterator[Step]:
    """Everything that can happen to one object of a kind, in order."""
    many = collection(api_version, plural, namespaced=namespaced)
    name = f"rec-{kind.lower()}"
    one = f"{many}/{name}"
    obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "labels": {"a": "1"}}, **content}
    yield {"method": "POST", "path": many, "query": "dryRun=All", "body": obj}
    yield {"method": "POST", "path": many, "query": "fieldManager=creator", "body": obj}
    yield {"method": "GET", "path": one}
    yield {"method": "POST", "path": many, "body": obj}
    yield {"method": "PUT", "path": one, "query": "fieldManager=updater", "body": "<1>"}
    changed = {"metadata": {"labels": {"a": "2", "b": "3"}, "annotations": {"note": "x"}}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "query": "fieldManager=merger", "body": changed}
    yield {"method": "PUT", "path": one, "body": "<1>"}
    yield {"method": "PATCH", "path": one, "type": MERGE, "query": "fieldManager=merger", "body": changed}
    yield {"method": "PATCH", "path": one, "type": STRATEGIC, "query": "fieldManager=merger", "body": {"metadata": {"labels": {"b": None}}}}
    operations = [{"op": "test", "path": "/metadata/labels/a", "value": "2"}, {"op": "add", "path": "/metadata/labels/c", "value": "4"}]
    yield {"method": "PATCH", "path": one, "type": JSON_PATCH, "body": operations}
    yield {"method": "PATCH", "path": one, "type": JSON_PATCH, "body": [{"op": "remove", "path": "/metadata/labels/zz"}]}
    yield {"method": "PATCH", "path": one, "type": JSON_PATCH, "body": [{"op": "test", "path": "/metadata/labels/a", "value": "9"}]}
    mine = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "labels": {"a": "2", "mine": "1"}}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "body": mine}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=applier", "body": mine}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=applier", "body": mine}
    theirs = {**mine, "metadata": {"name": name, "labels": {"a": "5"}}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=applier", "body": theirs}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=applier&force=true", "body": theirs}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=full&force=true", "body": obj}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=full", "body": {**obj, "bogus": 1}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=a&force=maybe", "body": {**mine, "kind": "Other"}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"bogus": 1}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "query": "fieldValidation=Strict", "body": {"bogus": 1}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "query": "force=true", "body": {}}
    yield {"method": "PATCH", "path": one, "type": STRATEGIC, "query": "fieldValidation=Strict", "body": {"bogus": 1}}
    yield {"method": "PATCH", "path": one, "type": STRATEGIC, "body": {"metadata": {"labels": {"$patch": "replace", "only": "1"}}}}
    yield {"method": "PATCH", "path": one, "type": STRATEGIC, "body": {"metadata": {"labels": "text"}}}
    yield {"method": "PATCH", "path": one, "type": "application/json", "body": {}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"metadata": {"name": "other"}}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"metadata": {"resourceVersion": "1"}}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"metadata": {"labels": {"bad key!": "bad value!"}}}}
    yield {"method": "PATCH", "path": f"{many}/absent", "type": MERGE, "body": {}}
    yield {"method": "GET", "path": one, "accept": TABLE}
    yield {"method": "GET", "path": one, "accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}
    yield {
        "method": "POST",
        "path": many,
        "query": "fieldValidation=Strict",
        "body": {**obj, "metadata": {"name": "other"}, "bogus": {"a": 1}},
    }
    yield {"method": "POST", "path": many, "query": "dryRun=All", "body": {**obj, "metadata": {"name": "other"}, "bogus": {"a": 1}}}
    yield {
        "method": "POST",
        "path": many,
        "query": "dryRun=All&fieldValidation=Ignore",
        "body": {**obj, "metadata": {"name": "other"}, "x": 1},
    }
    yield {"method": "POST", "path": many, "body": {**obj, "metadata": {"name": "Bad_Name"}}}
    yield {"method": "POST", "path": many, "body": {**obj, "metadata": {}}}
    yield {"method": "POST", "path": many, "body": {**obj, "metadata": {"name": "x", "resourceVersion": "5"}}}
    yield {"method": "POST", "path": many, "body": {**obj, "apiVersion": "nope/v9"}}
    yield {"method": "POST", "path": many, "body": {**obj, "kind": "Nope"}}
    yield {"method": "POST", "path": many, "body": json.dumps(obj)[:-9]}
    yield {"method": "POST", "path": many, "query": "dryRun=Some", "body": obj}
    yield {"method": "POST", "path": many, "query": "fieldValidation=Sometimes", "body": obj}
    if namespaced:
        yield {"method": "POST", "path": many, "body": {**obj, "metadata": {"name": name, "namespace": "elsewhere"}}}
        yield {"method": "POST", "path": many.replace("{ns}", "absent-namespace"), "body": obj}
    yield {"method": "PUT", "path": f"{many}/other", "body": obj}
    yield {"method": "DELETE", "path": one, "body": {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}}
    yield {"method": "DELETE", "path": one, "query": "propagationPolicy=Sideways"}
    yield {"method": "DELETE", "path": one, "query": "dryRun=All&propagationPolicy=Background"}
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"metadata": {"finalizers": ["example.com/hold"]}}}
    yield {"method": "DELETE", "path": one, "query": "propagationPolicy=Background"}
    yield {"method": "POST", "path": many, "body": obj}
    yield {"method": "DELETE", "path": one, "query": "propagationPolicy=Background"}
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"metadata": {"finalizers": None}}}
    yield {"method": "GET", "path": one}
    yield {"method": "DELETE", "path": one}


def protocol() -> Iterator[Step]:
    """Reads, selectors, pages, negotiation and paths that do not exist."""
    many = "/api/v1/namespaces/{ns}/configmaps"
    for name, tier in (("a", "x"), ("b", "y"), ("c", "x"), ("d", "z")):
        body = {"metadata": {"name": name, "labels": {"tier": tier, "n": name}}, "data": {"k": name}}
        yield {"method": "POST", "path": many, "body": body}
    for query in (
        "", "labelSelector=tier=x", "labelSelector=tier!=x", "labelSelector=tier in (x,y)", "labelSelector=tier notin (x)", "labelSelector=!tier",
        "labelSelector=tier,n=a", "labelSelector=tier in x", "labelSelector=a b", "labelSelector==", "fieldSelector=metadata.name=a",
        "fieldSelector=metadata.name!=a", "fieldSelector=metadata.namespace=nope", "fieldSelector=foo=bar", "fieldSelector=foo", "limit=-1",
        "limit=x", "timeoutSeconds=x", "resourceVersion=abc", "resourceVersion=99999999", "resourceVersionMatch=Exact", "continue=abc",
        "resourceVersion=0&resourceVersionMatch=Exact", "resourceVersion=1&resourceVersionMatch=Sometimes",
    ):  # fmt: skip
        yield {"method": "GET", "path": many, "query": query}
    yield {"method": "GET", "path": many, "accept": TABLE}
    yield {"method": "GET", "path": many, "accept": "text/html"}
    yield {"method": "GET", "path": many, "accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
    yield {"method": "GET", "path": f"{many}/a", "accept": "application/json;as=Nope;g=meta.k8s.io;v=v1"}
    yield {"method": "POST", "path": many, "type": "text/plain", "body": "x"}
    yield {"method": "POST", "path": many, "type": "application/vnd.kubernetes.protobuf", "body": "xx"}
    yield {"method": "POST", "path": many, "type": "application/yaml", "body": "metadata:\n  name: e\ndata:\n  a: x\n  a: y\n"}
    yield {"method": "POST", "path": many, "type": "application/yaml", "query": "fieldValidation=Strict",
           "body": "metadata:\n  name: f\ndata:\n  a: x\n  a: y\nzzz: 1\n"}  # fmt: skip
    yield {"method": "POST", "path": many, "body": '{"metadata":{"name":"g","name":"h"},"data":{"a":"1","a":"2"}}'}
    yield {"method": "POST", "path": many, "query": "fieldValidation=Strict", "body": '{"metadata":{"name":"g","name":"h"}}'}
    yield {"method": "POST", "path": many, "body": "[]"}
    yield {"method": "POST", "path": many, "body": ""}
    yield {"method": "POST", "path": f"{many}/a", "body": {}}
    yield {"method": "PUT", "path": many, "body": {}}
    yield {"method": "PATCH", "path": many, "type": MERGE, "body": {}}
    for path in ("/api/v1/nope", "/api/v9/configmaps", "/apis/nope.example/v1/things", "/apis/apps/v9/deployments", "/nope", "/api/v1/namespaces/{ns}/nope/x",
                 "/api/v1/namespaces/{ns}/configmaps/a/status", "/apis/apps/v1/namespaces/{ns}/deployments/a/scale",
                 "/api/v1/configmaps/a", "/api/v1/namespaces/{ns}/namespaces"):  # fmt: skip
        yield {"method": "GET", "path": path}
    yield {"method": "POST", "path": many, "body": {"metadata": {"generateName": "gen-"}, "data": {"a": "1"}}}
    yield {"method": "DELETE", "path": many, "query": "labelSelector=tier=x"}
    yield {"method": "GET", "path": many, "query": "labelSelector=tier"}


def scale() -> Iterator[Step]:
    """The scale subresource and who owns replicas afterwards."""
    many = "/apis/apps/v1/namespaces/{ns}/deployments"
    obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 3, "selector": SELECTOR, "template": TEMPLATE},
    }
    one = f"{many}/web"
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=helm", "body": obj}
    yield {"method": "GET", "path": f"{one}/scale"}
    yield {"method": "PATCH", "path": f"{one}/scale", "type": MERGE, "query": "fieldManager=kubectl", "body": {"spec": {"replicas": 5}}}
    yield {"method": "GET", "path": one}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=helm", "body": obj}
    yield {"method": "PATCH", "path": f"{one}/scale", "type": MERGE, "query": "fieldManager=kubectl", "body": {"spec": {"replicas": 0}}}
    yield {"method": "GET", "path": one}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=helm", "body": obj}
    yield {"method": "PUT", "path": f"{one}/scale", "body": {"metadata": {"name": "web"}, "spec": {"replicas": 7}}}
    yield {"method": "PUT", "path": f"{one}/scale", "body": {"metadata": {"name": "web"}, "spec": {"replicas": -1}}}
    yield {"method": "PUT", "path": f"{one}/scale", "body": {"metadata": {"name": "web", "resourceVersion": "1"}, "spec": {"replicas": 1}}}
    yield {"method": "PATCH", "path": f"{one}/scale", "type": APPLY, "query": "fieldManager=hpa",
           "body": {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 4}}}  # fmt: skip
    yield {"method": "PATCH", "path": f"{one}/scale", "type": APPLY, "query": "fieldManager=hpa&force=true",
           "body": {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 4}}}  # fmt: skip
    yield {"method": "GET", "path": one}
    yield {
        "method": "PATCH",
        "path": f"{one}/status",
        "type": MERGE,
        "query": "fieldManager=ctl",
        "body": {"status": {"replicas": 2, "readyReplicas": 1}},
    }
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"status": {"replicas": 9}}}
    yield {"method": "PATCH", "path": f"{one}/status", "type": MERGE, "query": "fieldManager=ctl",
           "body": {"spec": {"replicas": 9}, "metadata": {"labels": {"z": "1"}, "annotations": {"z": "1"}}, "status": {"replicas": 4}}}  # fmt: skip
    yield {"method": "GET", "path": one, "accept": TABLE}
    yield {"method": "PATCH", "path": f"{many}/absent/scale", "type": MERGE, "body": {}}
    yield {"method": "GET", "path": f"{many}/absent/scale"}


def services() -> Iterator[Step]:
    """Types of Services and the moves between them."""
    many = "/api/v1/namespaces/{ns}/services"
    ports = [{"name": "http", "port": 80}]
    specs: dict[str, dict[str, Any]] = {
        "plain": {"ports": ports, "selector": {"a": "b"}},
        "headless": {"ports": ports, "selector": {"a": "b"}, "clusterIP": "None"},
        "alone": {"ports": ports, "clusterIP": "None"},
        "node": {"type": "NodePort", "ports": ports},
        "fixed": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31555}]},
        "taken": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31555}]},
        "low": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 1}]},
        "balanced": {"type": "LoadBalancer", "ports": ports, "externalTrafficPolicy": "Local"},
        "external": {"type": "ExternalName", "externalName": "example.com"},
        "dual": {"ports": ports, "ipFamilyPolicy": "RequireDualStack"},
        "prefer": {"ports": ports, "ipFamilyPolicy": "PreferDualStack"},
        "six": {"ports": ports, "ipFamilies": ["IPv6"]},
        "outside": {"ports": ports, "clusterIP": "10.1.1.1"},
        "wrong": {"ports": ports, "clusterIP": "x"},
        "two": {"ports": [{"port": 80}, {"port": 81}]},
        "none": {},
    }
    for name, spec in specs.items():
        yield {"method": "POST", "path": many, "body": {"metadata": {"name": name}, "spec": spec}}
    moves = (
        ("plain", {"type": "NodePort"}), ("plain", {"type": "ClusterIP"}), ("plain", {"type": "LoadBalancer"}),
        ("plain", {"type": "ExternalName", "externalName": "x.y"}), ("plain", {"type": "ClusterIP", "externalName": None}),
        ("plain", {"clusterIP": "None"}), ("node", {"ports": [{"name": "http", "port": 81}, {"name": "b", "port": 82}]}),
        ("headless", {"clusterIP": "10.96.7.7"}), ("alone", {"selector": {"a": "b"}}), ("alone", {"clusterIP": None, "clusterIPs": None}),
        ("balanced", {"type": "ClusterIP"}), ("external", {"type": "ClusterIP"}),
    )  # fmt: skip
    for name, spec in moves:
        yield {"method": "PATCH", "path": f"{many}/{name}", "type": MERGE, "query": "fieldManager=m", "body": {"spec": spec}}
    yield {"method": "GET", "path": many, "accept": TABLE}
    yield {"method": "PUT", "path": f"{many}/plain", "body": {"metadata": {"name": "plain"}, "spec": {"ports": ports}}}
    yield {"method": "PUT", "path": f"{many}/fresh", "body": {"metadata": {"name": "fresh"}, "spec": {"ports": ports}}}
    yield {"method": "DELETE", "path": f"{many}/fresh"}


def customs() -> Iterator[Step]:
    """A CustomResourceDefinition and its objects."""
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"type": "object", "properties": {
        "spec": {"type": "object", "required": ["size"], "properties": {
            "size": {"type": "integer", "minimum": 1, "maximum": 5}, "color": {"type": "string", "default": "red", "enum": ["red", "blue"]},
            "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "items": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {
                "type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}},
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"}, "phase": {"type": "string"}}}}}  # fmt: skip
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
    ]
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, "additionalPrinterColumns": columns,
               "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.replicas"}}}  # fmt: skip
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList", "shortNames": ["wd"]}
    spec = {"group": "rec.example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.rec.example.com"}}
    yield {"method": "POST", "path": crds, "body": {**kind, "spec": spec}, "mask": ["status"]}
    many = "/apis/rec.example.com/v1/namespaces/{ns}/widgets"
    head = {"apiVersion": "rec.example.com/v1", "kind": "Widget"}
    yield {"method": "GET", "path": many, "retry": 200}
    one = f"{many}/a"
    obj = {
        **head,
        "metadata": {"name": "a"},
        "spec": {"size": 2, "tags": ["x", "y"], "items": [{"name": "n", "value": "v"}], "free": {"z": {"y": 1}}},
    }
    yield {"method": "POST", "path": many, "query": "fieldManager=c", "body": obj}
    yield {"method": "GET", "path": one}
    yield {"method": "GET", "path": many, "accept": TABLE}
    yield {"method": "GET", "path": "/apis/rec.example.com/v1"}
    yield {"method": "GET", "path": "/apis/rec.example.com"}
    yield {"method": "POST", "path": many, "body": {**obj, "metadata": {"name": "b"}, "unknown": 1, "spec": {"size": 2, "nope": 1}}}
    yield {
        "method": "POST",
        "path": many,
        "query": "fieldValidation=Strict",
        "body": {**obj, "metadata": {"name": "c"}, "spec": {"size": 2, "nope": 1}},
    }
    for spec_value in ({}, {"size": 9}, {"size": "x"}, {"size": 1, "color": "green"}, {"size": 1, "tags": ["a", "a"]}, {"size": 1, "items": [{"value": "x"}]},
                       {"size": 1, "items": [{"name": "a"}, {"name": "a"}]}, None, "text"):  # fmt: skip
        yield {"method": "POST", "path": many, "body": {**head, "metadata": {"name": "bad"}, "spec": spec_value}}
    yield {"method": "PATCH", "path": one, "type": STRATEGIC, "body": {"spec": {"size": 3}}}
    yield {"method": "PATCH", "path": one, "type": MERGE, "query": "fieldManager=m", "body": {"spec": {"size": 3, "tags": ["z"]}}}
    yield {"method": "PATCH", "path": one, "type": JSON_PATCH, "body": [{"op": "replace", "path": "/spec/size", "value": 4}]}
    applied = {**head, "metadata": {"name": "a"}, "spec": {"tags": ["w"], "items": [{"name": "o", "value": "1"}]}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=ap", "body": applied}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=ap", "body": {**applied, "spec": {"size": 1}}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=ap", "body": {**applied, "spec": {"nope": 1}}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=ap&force=true", "body": {**applied, "spec": {"size": 1}}}
    yield {
        "method": "PATCH",
        "path": f"{one}/status",
        "type": MERGE,
        "query": "fieldManager=s",
        "body": {"status": {"phase": "ok", "replicas": 1}},
    }
    yield {"method": "PATCH", "path": one, "type": MERGE, "body": {"status": {"phase": "no"}}}
    yield {"method": "GET", "path": f"{one}/scale"}
    yield {"method": "PATCH", "path": f"{one}/scale", "type": MERGE, "query": "fieldManager=k", "body": {"spec": {"replicas": 5}}}
    yield {"method": "PUT", "path": one, "body": {**obj, "spec": {"size": 1}}}
    yield {"method": "GET", "path": one}
    yield {"method": "DELETE", "path": one}


def patching() -> Iterator[Step]:
    """Patches of a Deployment that merge, order, delete, or are wrong."""
    many = "/apis/apps/v1/namespaces/{ns}/deployments"
    one = f"{many}/web"
    containers = [
        {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}], "args": ["x", "y"]},
        {"name": "b", "image": "b:1", "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]},
    ]
    pod = {"containers": containers, "volumes": [{"name": "v", "emptyDir": {}}], "imagePullSecrets": [{"name": "s"}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    obj = {"metadata": {"name": "web", "finalizers": ["a.b/c"]}, "spec": {"replicas": 2, "selector": SELECTOR, "template": template}}
    yield {"method": "POST", "path": many, "query": "fieldManager=creator", "body": obj}

    def pods(value: Any) -> dict[str, Any]:
        return {"spec": {"template": {"spec": value}}}

    strategic: list[Any] = [
        pods({"containers": [{"name": "a", "image": "a:2"}]}),
        pods({"containers": [{"name": "c", "image": "c:1"}]}),
        pods({"containers": [{"name": "c", "$patch": "delete"}]}),
        pods({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": "a:3"}]}),
        pods({"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "b", "image": "x"}]}),
        pods({"containers": [{"name": "a", "env": [{"name": "X", "$patch": "delete"}, {"name": "Z", "value": "9"}]}]}),
        pods({"containers": [{"name": "a", "env": [{"$patch": "replace"}, {"name": "Q", "value": "1"}]}]}),
        pods({"containers": [{"image": "nokey"}]}),
        pods({"containers": [{"name": "a", "image": "x", "$patch": "bogus"}]}),
        pods({"containers": ["text"]}),
        pods({"containers": {"name": "a"}}),
        pods({"containers": [{"name": "b", "ports": [{"containerPort": 80, "name": "p"}]}]}),
        pods({"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}),
        pods({"volumes": [{"name": "v", "$retainKeys": ["name"], "hostPath": {"path": "/y"}}]}),
        pods({"volumes": [{"$patch": "replace"}, {"name": "w", "emptyDir": {}}]}),
        pods({"imagePullSecrets": None}),
        pods({"nodeSelector": {"a": "b"}, "tolerations": [{"key": "k", "operator": "Exists"}]}),
        pods({"tolerations": [{"key": "l", "operator": "Exists"}]}),
        {"spec": {"strategy": {"type": "Recreate"}}},
        {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
        {"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a.b/c"]}},
        {"metadata": {"finalizers": ["d.e/f"]}},
        {"metadata": {"$setElementOrder/finalizers": ["d.e/f", "g.h/i"], "finalizers": ["g.h/i"]}},
        {"spec": {"replicas": None}},
        {"spec": {"replicas": "3"}},
        {"spec": {"replicas": -1}},
        {"spec": {"replicas": 2.5}},
        {"spec": {"selector": {"matchLabels": {"x": "y"}}}},
        {"spec": {"template": {"metadata": {"labels": {"app": "other"}}}}},
        {"spec": None},
        {"spec": {"paused": True, "minReadySeconds": 5}},
        {"status": {"replicas": 5}},
        {},
        None,
        [],
        "text",
        {"kind": "Service"},
        {"apiVersion": "v1"},
        {"metadata": {"managedFields": []}},
        {"metadata": {"generation": 99}},
        {"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z"}},
        {"metadata": {"deletionTimestamp": "2001-01-01T00:00:00Z"}},
        {"metadata": {"namespace": "other"}},
        {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u"}] * 2}},
        {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x"}]}},
    ]
    for body in strategic:
        yield {"method": "PATCH", "path": one, "type": STRATEGIC, "query": "fieldManager=smp", "body": body}
    merges: list[Any] = [
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "only:1"}]}}}},
        {"spec": {"template": {"spec": {"containers": None}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "i"}, {"name": "a", "image": "i"}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "A_b", "image": "i"}]}}}},
        {"spec": {"replicas": 4, "template": {"metadata": {"annotations": {"x": "1"}}}}},
        {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}, "type": "RollingUpdate"}}},
        {"spec": {"strategy": {"rollingUpdate": {"maxSurge": "x"}}}},
        {"spec": {"progressDeadlineSeconds": 1, "minReadySeconds": 2}},
        {"spec": {"template": {"spec": {"restartPolicy": "Never"}}}},
        {
            "spec": {
                "template": {
                    "spec": {"containers": [{"name": "a", "image": "i", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}]}
                }
            }
        },
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "i", "resources": {"limits": {"cpu": "x"}}}]}}}},
        {
            "spec": {
                "template": {
                    "spec": {"containers": [{"name": "a", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}]}
                }
            }
        },
        {
            "spec": {
                "template": {"spec": {"containers": [{"name": "a", "image": "i", "volumeMounts": [{"name": "no", "mountPath": "/x"}]}]}}
            }
        },
        {"metadata": {"labels": None}},
        None,
        [],
        "text",
        5,
    ]
    for body in merges:
        yield {"method": "PATCH", "path": one, "type": MERGE, "query": "fieldManager=jmp", "body": body}
    for raw in ("{", "null", "", '{"spec":{"replicas":3,"replicas":4}}', '{"spec":{"unknown":{"a":1},"replicas":3}}'):
        for kind in (MERGE, STRATEGIC):
            yield {"method": "PATCH", "path": one, "type": kind, "query": "fieldManager=raw", "body": raw}
            yield {"method": "PATCH", "path": one, "type": kind, "query": "fieldManager=raw&fieldValidation=Strict", "body": raw}
            yield {"method": "PATCH", "path": one, "type": kind, "query": "fieldManager=raw&fieldValidation=Ignore", "body": raw}
    operations: list[Any] = [
        [{"op": "replace", "path": "/spec/replicas", "value": 1}],
        [{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "z", "image": "z"}}],
        [{"op": "remove", "path": "/spec/template/spec/containers/1"}],
        [{"op": "remove", "path": "/spec/template/spec/containers/9"}],
        [{"op": "move", "from": "/metadata/annotations", "path": "/metadata/labels"}],
        [{"op": "copy", "from": "/spec/replicas", "path": "/spec/minReadySeconds"}],
        [{"op": "test", "path": "/spec/replicas", "value": 1}, {"op": "replace", "path": "/spec/replicas", "value": 2}],
        [{"op": "replace", "path": "/spec/replicas", "value": "many"}],
        [{"op": "bogus", "path": "/x"}],
        [{"op": "add", "path": "no/slash", "value": 1}],
        [{"op": "add", "value": 1}],
        [{"path": "/x"}],
        [{"op": "add", "path": "/bogus", "value": 1}],
        [{"op": "add", "path": "/metadata/labels/x", "value": "1", "extra": True}],
        {"op": "add"},
        "x",
        None,
        [],
    ]
    for body in operations:
        yield {"method": "PATCH", "path": one, "type": JSON_PATCH, "query": "fieldManager=jp", "body": body}
    yield {
        "method": "PATCH",
        "path": one,
        "type": JSON_PATCH,
        "query": "fieldValidation=Strict",
        "body": [{"op": "add", "path": "/bogus", "value": 1}],
    }


def applying() -> Iterator[Step]:
    """Server-side apply: shared, stolen, given up, keyed, reset."""
    many = "/apis/apps/v1/namespaces/{ns}/deployments"
    one = f"{many}/web"
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}

    def config(**spec: Any) -> dict[str, Any]:
        return {**head, "spec": spec}

    def with_containers(*found: Any) -> dict[str, Any]:
        return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": list(found)}}

    base = config(
        replicas=2, selector=SELECTOR, template=with_containers({"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]})
    )
    steps: list[tuple[str, Any]] = [
        ("fieldManager=one", base),
        ("fieldManager=two", base),
        ("fieldManager=two", config(replicas=5)),
        ("fieldManager=two&force=true", config(replicas=5)),
        ("fieldManager=one", base),
        ("fieldManager=two", head),
        ("fieldManager=one", base),
        ("fieldManager=side", config(template=with_containers({"name": "s", "image": "s:1"}))),
        ("fieldManager=one", config(selector=SELECTOR, template=with_containers({"name": "a", "image": "a:1"}))),
        ("fieldManager=side", head),
        ("fieldManager=one", config(template=with_containers({"name": "a", "image": "x"}, {"name": "a", "image": "y"}))),
        ("fieldManager=one", config(template=with_containers({"image": "x"}))),
        ("fieldManager=one", config(replicas="x")),
        ("fieldManager=one", {**base, "status": {"replicas": 9}}),
        ("fieldManager=one", {**base, "metadata": {"name": "web", "managedFields": []}}),
        ("fieldManager=one", {**base, "metadata": {"name": "other"}}),
        ("fieldManager=one", {**base, "metadata": {}}),
        ("fieldManager=one", {**base, "apiVersion": "apps/v2"}),
        ("fieldManager=one", {"kind": "Deployment"}),
        ("fieldManager=one", {**base, "metadata": {"name": "web", "namespace": "other"}}),
        ("fieldManager=one", {**base, "metadata": {"name": "web", "resourceVersion": "1"}}),
        ("fieldManager=one", {**base, "metadata": {"name": "web", "uid": "x"}}),
        ("fieldManager=one&dryRun=All&force=true", config(replicas=7)),
        ("fieldManager=one&fieldValidation=Strict&force=true", {**base, "metadata": {"name": "web", "labels": {"a": None}}}),
        ("fieldManager=", base),
        ("", base),
        ("fieldManager=" + "x" * 130, base),
        ("fieldManager=one&force=true", "spec:\n  replicas: 1\n  replicas: 2\napiVersion: apps/v1\nkind: Deployment\n"),
        (
            "fieldManager=one&fieldValidation=Strict&force=true",
            "spec:\n  replicas: 1\n  replicas: 2\napiVersion: apps/v1\nkind: Deployment\n",
        ),
        ("fieldManager=one", "- a"),
        ("fieldManager=one", "a: [b"),
        ("fieldManager=one", ""),
    ]
    for query, body in steps:
        yield {"method": "PATCH", "path": one, "type": APPLY, "query": query, "body": body}
    yield {"method": "PATCH", "path": one, "type": MERGE, "query": "fieldManager=edit", "body": {"spec": {"replicas": 9, "paused": True}}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=one", "body": base}
    yield {"method": "PATCH", "path": one, "type": MERGE, "query": "fieldManager=reset", "body": {"metadata": {"managedFields": [{}]}}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=one", "body": base}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=one&force=true", "body": base}
    yield {
        "method": "PATCH",
        "path": f"{one}/status",
        "type": APPLY,
        "query": "fieldManager=st",
        "body": {**head, "status": {"replicas": 2}},
    }
    yield {"method": "PATCH", "path": f"{one}/status", "type": APPLY, "query": "fieldManager=st", "body": {**head, "spec": {"replicas": 7}}}
    yield {"method": "GET", "path": one}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    ports = [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}]
    where = "/api/v1/namespaces/{ns}/services/s"
    yield {
        "method": "PATCH",
        "path": where,
        "type": APPLY,
        "query": "fieldManager=one",
        "body": {**service, "spec": {"ports": [{"port": 80}]}},
    }
    named = [{**port, "name": name} for port, name in zip(ports, ("a", "b"), strict=True)]
    yield {"method": "PATCH", "path": where, "type": APPLY, "query": "fieldManager=one", "body": {**service, "spec": {"ports": named}}}
    yield {
        "method": "PATCH",
        "path": where,
        "type": APPLY,
        "query": "fieldManager=two",
        "body": {**service, "spec": {"ports": [{"port": 90, "name": "c"}]}},
    }
    yield {"method": "PATCH", "path": where, "type": APPLY, "query": "fieldManager=one", "body": {**service, "spec": {"ports": named[:1]}}}


def objects() -> Iterator[Step]:
    """What is special about single kinds: immutable data, autoscaler versions, jobs, pods, claims, events."""
    core, apps = "/api/v1/namespaces/{ns}", "/apis/apps/v1/namespaces/{ns}"
    for plural in ("configmaps", "secrets"):
        one = f"{core}/{plural}/fixed"
        yield {
            "method": "POST",
            "path": f"{core}/{plural}",
            "body": {"metadata": {"name": "fixed"}, "data": {"a": "MQ=="}, "immutable": True},
        }
        for body in ({"data": {"a": "Mg=="}}, {"metadata": {"labels": {"x": "y"}}}, {"immutable": False}, {"immutable": None}):
            yield {"method": "PATCH", "path": one, "type": MERGE, "body": body}
    yield {"method": "POST", "path": f"{core}/secrets", "body": {"metadata": {"name": "bad"}, "data": {"a": "not base64!"}}}
    yield {"method": "POST", "path": f"{core}/secrets", "body": {"metadata": {"name": "tls"}, "type": "kubernetes.io/tls", "data": {}}}
    yield {
        "method": "POST",
        "path": f"{core}/secrets",
        "body": {"metadata": {"name": "both"}, "data": {"a": "MQ=="}, "stringData": {"a": "2", "b": "3"}},
    }
    yield {"method": "PATCH", "path": f"{core}/secrets/both", "type": MERGE, "body": {"type": "other"}}
    yield {
        "method": "POST",
        "path": f"{core}/configmaps",
        "body": {"metadata": {"name": "keys"}, "data": {"bad key": "1"}, "binaryData": {"b": "AA=="}},
    }
    yield {
        "method": "POST",
        "path": f"{core}/configmaps",
        "body": {"metadata": {"name": "twice"}, "data": {"a": "1"}, "binaryData": {"a": "AA=="}},
    }
    yield {"method": "POST", "path": f"{core}/configmaps", "body": {"metadata": {"name": "types"}, "data": {"a": 1, "b": True}}}
    scaler = "/apis/autoscaling/{v}/namespaces/{{ns}}/horizontalpodautoscalers"
    spec1 = {
        "maxReplicas": 3,
        "targetCPUUtilizationPercentage": 70,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "w"},
    }
    yield {
        "method": "POST",
        "path": scaler.format(v="v1").replace("{{", "{").replace("}}", "}"),
        "body": {"metadata": {"name": "h"}, "spec": spec1},
    }
    for version in ("v1", "v2"):
        yield {"method": "GET", "path": f"/apis/autoscaling/{version}/namespaces/{{ns}}/horizontalpodautoscalers/h"}
    metrics = [{"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}}]
    yield {
        "method": "PATCH",
        "path": "/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers/h",
        "type": MERGE,
        "query": "fieldManager=m",
        "body": {"spec": {"metrics": metrics, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}}},
    }
    for version in ("v1", "v2"):
        yield {"method": "GET", "path": f"/apis/autoscaling/{version}/namespaces/{{ns}}/horizontalpodautoscalers/h"}
    yield {"method": "GET", "path": "/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers", "accept": TABLE}
    jobs = "/apis/batch/v1/namespaces/{ns}/jobs"
    yield {"method": "POST", "path": jobs, "body": {"metadata": {"name": "j"}, "spec": {"template": JOB_TEMPLATE}}}
    for body in (
        {"spec": {"template": {"spec": {"containers": [{"name": "job", "image": "x"}]}}}},
        {"spec": {"parallelism": 3}},
        {"spec": {"completions": 3}},
        {"spec": {"suspend": True}},
        {"spec": {"backoffLimit": -1}},
        {"spec": {"activeDeadlineSeconds": 5}},
    ):
        yield {"method": "PATCH", "path": f"{jobs}/j", "type": MERGE, "body": body}
    yield {"method": "DELETE", "path": f"{jobs}/j"}
    yield {"method": "POST", "path": jobs, "body": {"metadata": {"name": "k"}, "spec": {"template": JOB_TEMPLATE}}}
    yield {"method": "DELETE", "path": f"{jobs}/k", "body": {"propagationPolicy": "Foreground"}}
    yield {"method": "POST", "path": jobs, "body": {"metadata": {"name": "l"}, "spec": {"template": TEMPLATE}}}
    sets = f"{apps}/statefulsets"
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    stateful = {"serviceName": "web", "selector": SELECTOR, "template": TEMPLATE, "volumeClaimTemplates": [claim]}
    yield {"method": "POST", "path": sets, "body": {"metadata": {"name": "st"}, "spec": stateful}}
    for body in (
        {"spec": {"serviceName": "x"}},
        {"spec": {"volumeClaimTemplates": None}},
        {"spec": {"replicas": 3, "podManagementPolicy": "Parallel"}},
        {"spec": {"replicas": 3}},
        {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 1}}}},
    ):
        yield {"method": "PATCH", "path": f"{sets}/st", "type": MERGE, "body": body}
    claims = f"{core}/persistentvolumeclaims"
    yield {"method": "POST", "path": claims, "body": claim}
    for body in (
        {"spec": {"resources": {"requests": {"storage": "2Gi"}}}},
        {"spec": {"storageClassName": "x"}},
        {"spec": {"accessModes": ["ReadWriteMany"]}},
    ):
        yield {"method": "PATCH", "path": f"{claims}/data", "type": MERGE, "body": body}
    yield {"method": "DELETE", "path": f"{claims}/data"}
    yield {"method": "GET", "path": claims, "accept": TABLE}
    pods = f"{core}/pods"
    yield {
        "method": "POST",
        "path": pods,
        "body": {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER], "terminationGracePeriodSeconds": 7}},
    }
    yield {"method": "GET", "path": f"{pods}/p/log"}
    yield {"method": "GET", "path": f"{pods}/p/log", "query": "container=nope"}
    yield {"method": "GET", "path": f"{pods}/q/log"}
    yield {"method": "POST", "path": f"{pods}/p/exec", "query": "command=ls"}
    yield {"method": "POST", "path": f"{pods}/p/binding", "body": {"target": {"kind": "Node", "name": "n"}}}
    yield {"method": "POST", "path": f"{pods}/p/binding", "body": {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}}
    yield {"method": "POST", "path": f"{pods}/p/binding", "body": {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}}
    yield {"method": "GET", "path": f"{pods}/p"}
    for body in (
        {"spec": {"containers": [{**CONTAINER, "image": "x"}]}},
        {"spec": {"nodeName": "m"}},
        {"spec": {"activeDeadlineSeconds": 9}},
    ):
        yield {"method": "PATCH", "path": f"{pods}/p", "type": MERGE, "query": "fieldManager=m", "body": body}
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "podIP": "10.1.1.1", "podIPs": [{"ip": "10.1.1.1"}]}
    yield {"method": "PATCH", "path": f"{pods}/p/status", "type": STRATEGIC, "query": "fieldManager=kubelet", "body": {"status": status}}
    yield {"method": "GET", "path": pods, "accept": TABLE}
    yield {"method": "DELETE", "path": f"{pods}/p", "query": "gracePeriodSeconds=5"}
    yield {"method": "DELETE", "path": f"{pods}/p"}
    yield {"method": "DELETE", "path": f"{pods}/p", "query": "gracePeriodSeconds=2"}
    yield {"method": "GET", "path": pods, "accept": TABLE}
    yield {"method": "DELETE", "path": f"{pods}/p", "query": "gracePeriodSeconds=0"}
    yield {"method": "GET", "path": f"{pods}/p"}
    yield {"method": "POST", "path": f"{pods}/p/eviction", "body": {"metadata": {"name": "p"}}}
    for spec in (
        {},
        {"containers": []},
        {"containers": [{"name": "a"}]},
        {"containers": [{"name": "a", "image": "b", "imagePullPolicy": "Maybe"}]},
        {"containers": [{"name": "a", "image": "b", "ports": [{"containerPort": 0}]}]},
        {"containers": [CONTAINER], "restartPolicy": "Maybe"},
        {"containers": [CONTAINER], "priorityClassName": "nope"},
        {"containers": [{"name": "a", "image": " b"}]},
        {"containers": [{**CONTAINER, "livenessProbe": {}}]},
        {"containers": [CONTAINER], "volumes": [{"name": "v"}]},
        {"containers": [CONTAINER], "dnsPolicy": "x"},
        {"containers": [{**CONTAINER, "securityContext": {"runAsUser": -1}}]},
    ):
        yield {"method": "POST", "path": pods, "body": {"metadata": {"name": "bad"}, "spec": spec}}
    event = {"involvedObject": {"kind": "Pod", "name": "p", "namespace": "rec-objects"}, "reason": "R", "message": "m", "type": "Normal"}
    yield {"method": "POST", "path": f"{core}/events", "body": {"metadata": {"name": "e"}, **event}}
    yield {"method": "GET", "path": "/apis/events.k8s.io/v1/namespaces/{ns}/events/e"}
    yield {"method": "GET", "path": f"{core}/events", "query": "fieldSelector=involvedObject.name=p"}
    yield {
        "method": "POST",
        "path": f"{core}/serviceaccounts",
        "body": {"metadata": {"name": "sa"}, "secrets": [{"name": "s", "kind": "Secret"}]},
    }
    yield {
        "method": "POST",
        "path": "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "body": {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}},
    }
    for path in (
        "/apis/apps",
        "/apis/apps/v1",
        "/api/v1",
        "/apis/batch/v1",
        "/version",
        "/apis/nope.example",
        "/apis/apps/v7",
        "/healthz",
        "/apis/policy/v1",
    ):
        yield {"method": "GET", "path": path}


def namespaces() -> Iterator[Step]:
    """A namespace that is terminating."""
    name = "rec-ending"
    yield {"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": name}}}
    yield {"method": "POST", "path": f"/api/v1/namespaces/{name}/configmaps", "body": {"metadata": {"name": "a"}}}
    yield {"method": "DELETE", "path": f"/api/v1/namespaces/{name}"}
    yield {"method": "POST", "path": f"/api/v1/namespaces/{name}/configmaps", "body": {"metadata": {"name": "b"}}}
    yield {"method": "PATCH", "path": f"/api/v1/namespaces/{name}/configmaps/a", "type": MERGE, "body": {"data": {"x": "y"}}}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    yield {"method": "PATCH", "path": f"/api/v1/namespaces/{name}/configmaps/c", "type": APPLY, "query": "fieldManager=x", "body": body}
    yield {"method": "DELETE", "path": f"/api/v1/namespaces/{name}"}
    yield {"method": "GET", "path": "/api/v1/namespaces", "query": f"fieldSelector=metadata.name={name}", "accept": TABLE}
    yield {"method": "DELETE", "path": "/api/v1/namespaces/default"}
    yield {"method": "PUT", "path": f"/api/v1/namespaces/{name}/finalize", "body": {"metadata": {"name": name}, "spec": {"finalizers": []}}}
    yield {"method": "GET", "path": f"/api/v1/namespaces/{name}"}
    yield {"method": "DELETE", "path": "/api/v1/namespaces"}


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    for kind, (api_version, plural, content) in KINDS.items():
        yield f"life-{kind.lower()}", list(life(kind, api_version, plural, content, namespaced=True))
    for kind, (api_version, plural, content) in CLUSTER_KINDS.items():
        yield f"life-{kind.lower()}", list(life(kind, api_version, plural, content, namespaced=False))
    yield "protocol", list(protocol())
    yield "scale", list(scale())
    yield "services", list(services())
    yield "customs", list(customs())
    yield "patching", list(patching())
    yield "applying", list(applying())
    yield "objects", list(objects())
    yield "namespaces", list(namespaces())
