# ruff: noqa: E501 - rows of data
"""Inputs of record_patches.py: kinds with variants of one object each, and lives written by hand around the known traps."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

Obj = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind, and variants of one object."""

    group: str
    version: str
    kind: str
    plural: str
    variants: list[Obj] = field(default_factory=list)

    def path(self, namespace: str) -> str:
        """URL path of the collection."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.plural}"


def _obj(api_version: str, kind: str, labels: Obj, **parts: Any) -> Obj:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"labels": labels}, **parts}


def _with(base: Obj, *changes: tuple[str, Any]) -> Obj:
    """A copy with dotted paths set; None deletes; numbers index lists."""
    result = copy.deepcopy(base)
    for path, value in changes:
        node: Any = result
        *parents, last = path.split(".")
        for part in parents:
            node = node[int(part)] if isinstance(node, list) else node.setdefault(part.replace("~", "."), {})
        last_key: Any = int(last) if isinstance(node, list) else last.replace("~", ".")
        if value is None:
            del node[last_key]
        elif isinstance(node, list) and last_key == len(node):
            node.append(value)
        else:
            node[last_key] = value
    return result


_CONTAINER = {
    "name": "server", "image": "web:1", "command": ["a", "b"], "args": ["--x"],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "P", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    "ports": [{"name": "http", "containerPort": 80}, {"name": "metrics", "containerPort": 9090}],
    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    "volumeMounts": [{"name": "config", "mountPath": "/config"}, {"name": "tmp", "mountPath": "/tmp"}],
    "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
}  # fmt: skip
_SIDECAR = {"name": "mesh", "image": "mesh:1", "ports": [{"containerPort": 15001, "protocol": "TCP"}]}
_POD = {
    "containers": [_CONTAINER],
    "volumes": [{"name": "config", "configMap": {"name": "web"}}, {"name": "tmp", "emptyDir": {}}],
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "nodeSelector": {"disk": "ssd"},
}
_TEMPLATE = {"metadata": {"labels": {"app": "web"}, "annotations": {"a.example/x": "1"}}, "spec": _POD}
_SPEC = "spec.template.spec."


def _pod_variants(base: Obj) -> list[Obj]:
    pod = _SPEC
    return [
        base,
        _with(base, (f"{pod}containers.0.image", "web:2"), (f"{pod}containers.0.env.1", None), ("metadata.labels.team", "x")),
        _with(
            base,
            (f"{pod}containers", [_SIDECAR, {**_CONTAINER, "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}], "args": []}]),
            (f"{pod}volumes", [{"name": "config", "secret": {"secretName": "s"}}, {"name": "tmp", "emptyDir": {"medium": "Memory"}}]),
            ("metadata.annotations", {"note": "n", "a.example/long": "v"}),
        ),
        _with(
            base,
            (f"{pod}containers.0.ports", [{"name": "dns", "containerPort": 53, "protocol": "UDP"}, {"name": "dns-tcp", "containerPort": 53}]),
            (f"{pod}initContainers", [{"name": "init", "image": "init:1"}]),
            (f"{pod}tolerations", None), (f"{pod}nodeSelector", {"disk": "hdd", "zone": "a"}),
            (f"{pod}containers.0.readinessProbe", None), (f"{pod}containers.0.resources", {"limits": {"cpu": "1"}}),
            (f"{pod}topologySpreadConstraints", [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]),
            (f"{pod}hostAliases", [{"ip": "10.0.0.1", "hostnames": ["a"]}]), (f"{pod}imagePullSecrets", [{"name": "reg"}]),
        ),
    ]  # fmt: skip


_DEPLOYMENT = _obj(
    "apps/v1", "Deployment", {"app": "web", "tier": "front"},
    spec={"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": _TEMPLATE},
)  # fmt: skip
_STATEFUL_SET = _obj(
    "apps/v1", "StatefulSet", {"app": "web"},
    spec={"replicas": 2, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}}, "template": _TEMPLATE},
)  # fmt: skip
_SERVICE = _obj(
    "v1", "Service", {"app": "web"},
    spec={"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
)  # fmt: skip
_CONFIG_MAP = _obj("v1", "ConfigMap", {"app": "web"}, data={"a": "1", "b.yaml": "x: y\n"})
_SECRET = _obj("v1", "Secret", {"app": "web"}, type="Opaque", data={"a": "MQ=="})
_POD_OBJ = _obj(
    "v1", "Pod", {"app": "web"}, spec={"containers": [{"name": "server", "image": "web:1"}], "terminationGracePeriodSeconds": 5}
)
_INGRESS = _obj(
    "networking.k8s.io/v1", "Ingress", {"app": "web"},
    spec={"ingressClassName": "nginx", "tls": [{"hosts": ["a.example"], "secretName": "tls"}], "rules": [
        {"host": "a.example", "http": {"paths": [
            {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"name": "http"}}}}]}}]},
)  # fmt: skip
_POLICY = _obj(
    "networking.k8s.io/v1", "NetworkPolicy", {"app": "web"},
    spec={"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": [{"port": 80}]}], "policyTypes": ["Ingress"]},
)  # fmt: skip
_HPA = _obj(
    "autoscaling/v2", "HorizontalPodAutoscaler", {"app": "web"},
    spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 1, "maxReplicas": 5, "metrics": [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]},
)  # fmt: skip
_CRON = _obj(
    "batch/v1", "CronJob", {"app": "web"},
    spec={"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "job", "image": "job:1", "env": [{"name": "A", "value": "1"}]}]}}}}},
)  # fmt: skip
_PDB = _obj("policy/v1", "PodDisruptionBudget", {"app": "web"}, spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}})
_ROLE = _obj("rbac.authorization.k8s.io/v1", "Role", {"app": "web"}, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])
_ACCOUNT = _obj("v1", "ServiceAccount", {"app": "web"}, imagePullSecrets=[{"name": "a"}], secrets=[{"name": "s"}])
_WIDGET = _obj(
    "test.example/v1", "Widget", {"app": "web"},
    spec={
        "size": 3, "tags": ["a", "b"], "hosts": ["x", "y"], "endpoints": [{"port": 80}, {"port": 80, "protocol": "UDP", "weight": 2}],
        "atomic": {"a": {"b": 1}}, "granular": {"k": "v"}, "free": {"x": {"y": [1, {"z": 2}]}, "s": "t"}, "target": "50%",
    },
)  # fmt: skip

KINDS = [
    Kind("apps", "v1", "Deployment", "deployments", [
        *_pod_variants(_DEPLOYMENT),
        _with(_DEPLOYMENT, ("spec.strategy", {"type": "Recreate"}), ("spec.replicas", None), ("spec.minReadySeconds", 5), ("metadata.labels", None)),
        _with(_DEPLOYMENT, ("spec.strategy", {"rollingUpdate": {"maxSurge": 2, "maxUnavailable": "10%"}}), ("spec.replicas", 1)),
    ]),
    Kind("apps", "v1", "StatefulSet", "statefulsets", _pod_variants(_STATEFUL_SET)[:3]),
    Kind("", "v1", "Service", "services", [
        _SERVICE,
        _with(_SERVICE, ("spec.ports.0.port", 8080), ("spec.ports.1", {"name": "dns", "port": 53, "protocol": "UDP"}), ("spec.selector.x", "y")),
        _with(_SERVICE, ("spec.ports", [{"name": "t", "port": 53, "protocol": "TCP"}, {"name": "u", "port": 53, "protocol": "UDP"}]),
              ("metadata.labels.z", "z"), ("metadata.annotations", {"a": "b"})),
        _with(_SERVICE, ("spec.type", "NodePort"), ("spec.externalTrafficPolicy", "Cluster"), ("spec.selector", {"q": "r"})),
    ]),
    Kind("", "v1", "ConfigMap", "configmaps", [
        _CONFIG_MAP,
        _with(_CONFIG_MAP, ("data.a", "2"), ("data.b~yaml", None), ("data.c", "3"), ("metadata.labels.l", "1")),
        _with(_CONFIG_MAP, ("data", None), ("binaryData", {"x": "AA=="}), ("metadata.finalizers", ["z.example/b", "z.example/a"])),
        _with(_CONFIG_MAP, ("metadata.finalizers", ["z.example/a", "z.example/c"]), ("metadata.labels", {"only": "this"}), ("metadata.ownerReferences", [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "1"}])),
    ]),
    Kind("", "v1", "Secret", "secrets", [
        _SECRET, _with(_SECRET, ("data.b", "Mg=="), ("data.a", None)), _with(_SECRET, ("stringData", {"s": "x"}))]),
    Kind("", "v1", "Pod", "pods", [
        _POD_OBJ,
        _with(_POD_OBJ, ("spec.containers.0.image", "web:2"), ("metadata.annotations", {"a": "b"})),
        _with(_POD_OBJ, ("spec.tolerations", [{"key": "k", "operator": "Exists", "effect": "NoExecute"}]), ("metadata.labels.more", "1")),
    ]),
    Kind("networking.k8s.io", "v1", "Ingress", "ingresses", [
        _INGRESS,
        _with(_INGRESS, ("spec.rules.0.host", "b.example"), ("spec.tls", None)),
        _with(_INGRESS, ("spec.rules.0.http.paths.0.backend.service.port", {"number": 80}), ("metadata.annotations", {"nginx/x": "1"})),
    ]),
    Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", [
        _POLICY,
        _with(_POLICY, ("spec.ingress.0.from", [{"podSelector": {"matchLabels": {"a": "b"}}}]), ("spec.policyTypes", ["Egress", "Ingress"])),
        _with(_POLICY, ("spec.podSelector", {}), ("spec.ingress", None), ("metadata.labels", None)),
    ]),
    Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", [
        _HPA,
        _with(_HPA, ("spec.maxReplicas", 9), ("spec.minReplicas", None), ("spec.metrics.0.resource.target.averageUtilization", 50)),
        _with(_HPA, ("spec.behavior", {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}), ("spec.metrics", None)),
    ]),
    Kind("batch", "v1", "CronJob", "cronjobs", [
        _CRON,
        _with(_CRON, ("spec.schedule", "0 * * * *"), ("spec.jobTemplate.spec.template.spec.containers.0.env.0.value", "2"), ("spec.suspend", True)),
        _with(_CRON, ("spec.jobTemplate.metadata", {"labels": {"a": "b"}}), ("spec.jobTemplate.spec.template.spec.containers.0.env", None)),
    ]),
    Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", [
        _PDB, _with(_PDB, ("spec.minAvailable", None), ("spec.maxUnavailable", "10%")), _with(_PDB, ("spec.selector.matchLabels.z", "1"))]),
    Kind("rbac.authorization.k8s.io", "v1", "Role", "roles", [
        _ROLE, _with(_ROLE, ("rules.0.verbs", ["get", "list"]), ("rules.1", {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]}))]),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", [
        _ACCOUNT, _with(_ACCOUNT, ("imagePullSecrets", [{"name": "b"}, {"name": "a"}]), ("secrets", [{"name": "t"}])),
        _with(_ACCOUNT, ("imagePullSecrets", None), ("automountServiceAccountToken", False))]),
    Kind("test.example", "v1", "Widget", "widgets", [
        _WIDGET,
        _with(_WIDGET, ("spec.size", 4), ("spec.tags", ["b", "c"]), ("spec.hosts", ["y"]), ("spec.endpoints.1.weight", 7), ("spec.free.x.y", [3])),
        _with(_WIDGET, ("spec.endpoints", [{"port": 81, "name": "n"}]), ("spec.atomic", {"c": {"d": 2}}), ("spec.granular", {"l": "w"}),
              ("spec.free", {"s": {"deep": "er"}}), ("spec.target", 5), ("spec.tags", None)),
        _with(_WIDGET, ("spec.free", None), ("spec.granular.m", "n"), ("spec.hosts", ["z", "x", "y"]), ("spec.nothing", "null"),
              ("spec.template", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "t"}, "data": {"q": "r"}})),
    ]),
]  # fmt: skip

_INT_OR_STRING = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
_WIDGET_SPEC = {
    "type": "object",
    "properties": {
        "size": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "hosts": {"type": "array", "items": {"type": "string"}},
        "endpoints": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
            "items": {"type": "object", "required": ["port"], "properties": {
                "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"},
                "weight": {"type": "integer"}, "name": {"type": "string"}}},
        },
        "atomic": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}}},
        "granular": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"known": {"type": "object", "properties": {"a": {"type": "string"}}}}},
        "target": _INT_OR_STRING,
        "nothing": {"type": "string", "nullable": True},
        "mode": {"type": "string", "default": "fast"},
        "template": {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
    },
}  # fmt: skip
CUSTOM_KINDS: list[Obj] = [{
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.test.example"},
    "spec": {
        "group": "test.example", "scope": "Namespaced", "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _WIDGET_SPEC, "status": {
                "type": "object", "properties": {"ready": {"type": "boolean"}}}}}},
        }],
    },
}]  # fmt: skip


def _smp(body: Any, **more: Any) -> Obj:
    return {"verb": "smp", "body": body, "fieldManager": "patcher", **more}


def _pod_smp(pod: Obj, **more: Any) -> Obj:
    return _smp({"spec": {"template": {"spec": pod}}}, **more)


def _apply(body: Obj, manager: str = "helm", **more: Any) -> Obj:
    return {"verb": "apply", "body": body, "fieldManager": manager, **more}


def _head(obj: Obj, **parts: Any) -> Obj:
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], **parts}


def _create(body: Obj) -> Obj:
    return {"verb": "create", "body": body, "fieldManager": "creator"}


def _json(*operations: Any) -> Obj:
    return {"verb": "json", "body": list(operations), "fieldManager": "patcher"}


def _deployment_patches() -> list[Obj]:
    two_ports = [{"containerPort": 53, "protocol": "TCP", "name": "a"}, {"containerPort": 53, "protocol": "UDP", "name": "b"}]
    names = [{"name": "server"}, {"name": "mesh"}]
    mesh = {"name": "mesh", "image": "m:1"}
    return [
        _pod_smp({"containers": [{"name": "server", "image": "web:9"}]}),
        _pod_smp({"containers": [mesh]}),
        _pod_smp({"containers": [mesh], "$setElementOrder/containers": names}),
        _pod_smp({"$setElementOrder/containers": names[::-1]}),
        _pod_smp({"containers": [{"name": "server", "$patch": "delete"}]}),
        _pod_smp({"containers": [{"image": "nameless"}]}),
        _pod_smp({"containers": [{"$patch": "replace"}, {"name": "only", "image": "o:1"}]}),
        _pod_smp({"containers": [{"$patch": "merge"}, mesh]}),
        _pod_smp({"containers": [{"name": "server", "$patch": "bogus"}]}),
        _pod_smp({"containers": [{"$patch": "delete"}]}),
        _pod_smp({"containers": [mesh, {"name": "server", "image": "x"}], "$setElementOrder/containers": names}),
        _pod_smp({"containers": [mesh], "$setElementOrder/containers": [{"name": "server"}]}),
        _pod_smp({"containers": ["text"]}),
        _pod_smp({"containers": [["list"]]}),
        _pod_smp({"containers": {"name": "server"}}),
        _pod_smp({"containers": None}),
        _pod_smp({"containers": [{"name": "server", "env": [{"name": "A", "$patch": "delete"}, {"name": "N", "value": "n"}]}]}),
        _pod_smp({"containers": [{"name": "server", "env": None}]}),
        _pod_smp({"containers": [{"name": "server", "env": [{"name": "A", "value": None}]}]}),
        _pod_smp({"containers": [{"name": "server", "env": [{"$patch": "replace"}, {"name": "Z", "value": "z"}]}]}),
        _pod_smp({"containers": [{"name": "server", "env": [{"name": "D", "value": "1"}, {"name": "D", "value": "2"}]}]}),
        _pod_smp({"containers": [{"name": "server", "ports": two_ports}]}),
        _pod_smp({"containers": [{"name": "server", "ports": [{"containerPort": 80, "protocol": "UDP", "name": "http"}]}]}),
        _pod_smp({"containers": [{"name": "server", "ports": [{"containerPort": 80, "$patch": "delete"}]}]}),
        _pod_smp({"containers": [{"name": "server", "ports": [{"name": "keyless"}]}]}),
        _pod_smp({"containers": [{"name": "server", "args": ["new"]}]}),
        _pod_smp({"containers": [{"name": "server", "volumeMounts": [{"name": "tmp", "mountPath": "/config"}]}]}),
        _pod_smp({"containers": [{"name": "server", "resources": {"limits": {"$patch": "delete"}}}]}),
        _pod_smp({"containers": [{"name": "server", "resources": {"$patch": "replace", "limits": {"cpu": "2"}}}]}),
        _pod_smp({"containers": [{"name": "server", "resources": {"requests": {"cpu": None}}}]}),
        _pod_smp({"volumes": [{"name": "config", "$retainKeys": ["name", "emptyDir"], "emptyDir": {}}]}),
        _pod_smp({"volumes": [{"name": "config", "emptyDir": {}}]}),
        _pod_smp({"volumes": [{"name": "config", "$retainKeys": ["name"], "emptyDir": {}}]}),
        _pod_smp({"volumes": [{"name": "config", "$retainKeys": "name"}]}),
        _pod_smp({"tolerations": [{"key": "other"}]}),
        _pod_smp({"nodeSelector": {"disk": None, "$patch": "merge"}}),
        _pod_smp({"nodeSelector": {"$patch": "replace", "only": "me"}}),
        _pod_smp({"hostAliases": [{"ip": "1.1.1.1", "hostnames": ["a"]}, {"ip": "1.1.1.2", "hostnames": ["b"]}]}),
        _pod_smp({"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}),
        _pod_smp({"topologySpreadConstraints": [{"topologyKey": "z", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}]}),
        _smp({"spec": {"strategy": {"type": "Recreate"}}}),
        _smp({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
        _smp({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate", "rollingUpdate": {"maxSurge": 1}}}}),
        _smp({"spec": {"strategy": None}}),
        _smp({"spec": {"replicas": None}}),
        _smp({"spec": {"replicas": "three"}}),
        _smp({"spec": {"replicas": 1.5}}),
        _smp({"spec": {"bogus": 1}}),
        _smp({"spec": {"bogus": 1}}, fieldValidation="Strict"),
        _smp({"spec": {"bogus": {"a": 1}}}),
        _smp({"spec": {"Replicas": 2}}),
        _smp({"spec": {"$patch": "bogus"}}),
        _smp({"metadata": {"labels": {"app": None, "new": "x"}}}),
        _smp({"metadata": {"labels": None}}),
        _smp({"metadata": {"labels": {"$patch": "delete"}}}),
        _smp({"metadata": {"labels": {"n": 5}}}),
        _smp({"metadata": {"labels": {"n": {"a": "b"}}}}),
        _smp({"metadata": {"finalizers": ["x.example/b", "x.example/a"]}}),
        _smp({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x.example/b"]}}),
        _smp({"metadata": {"$deleteFromPrimitiveListfinalizers": ["x.example/b"]}}),
        _smp({"metadata": {"$setElementOrder/finalizers": ["x.example/a"], "finalizers": ["x.example/a"]}}),
        _smp({"metadata": {"$setElementOrder/finalizers": "x"}}),
        _smp({"metadata": {"$setElementOrder/bogus": ["x"]}}),
        _smp({"metadata": {"annotations": {"a": "1", "b": None}}}),
        _smp({}),
        _smp([]),
        _smp("text"),
        _smp(None),
    ]  # fmt: skip


_FINALIZED = _with(_DEPLOYMENT, ("metadata.finalizers", ["x.example/b", "x.example/a", "x.example/c"]))
_APPLY_ERRORS = [
    _apply(_head(_DEPLOYMENT, spec={"foo": 1})),
    _apply(_head(_DEPLOYMENT, spec={"replicas": "3"})),
    _apply(_head(_DEPLOYMENT, spec={"paused": "yes"})),
    _apply(_head(_DEPLOYMENT, spec={"selector": "x"})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": "x"}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"image": "x"}]}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": ["x"]}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [None]}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"name": "a", "image": 5}]}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"name": "a", "args": "x"}]}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"name": "a", "command": [1]}]}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}})),
    _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 1}, {"containerPort": 1}]}]}}})),
    _apply(_head(_DEPLOYMENT, metadata={"finalizers": ["x.example/a", "x.example/a"]})),
    _apply(_head(_DEPLOYMENT, metadata={"finalizers": [{"a": "b"}]})),
    _apply(_head(_DEPLOYMENT, metadata={"labels": {"n": 5}})),
    _apply(_head(_DEPLOYMENT, metadata={"managedFields": []})),
    _apply({"apiVersion": "apps/v1beta1", "kind": "Deployment"}),
    _apply({"apiVersion": "apps/v1", "kind": "StatefulSet"}),
]  # fmt: skip

_CONFIG_JSON = [
    _json({"op": "add", "path": "/data/x", "value": "1"}),
    _json({"op": "replace", "path": "/data/a", "value": "9"}),
    _json({"op": "replace", "path": "/data/missing", "value": "new"}),
    _json({"op": "remove", "path": "/data/a"}),
    _json({"op": "remove", "path": "/data/missing"}),
    _json({"op": "remove", "path": "/nothing/missing"}),
    _json({"op": "add", "path": "/nothing/missing", "value": "1"}),
    _json({"op": "add", "path": "", "value": {}}),
    _json({"op": "move", "from": "/data/a", "path": "/data/m"}),
    _json({"op": "move", "from": "/data/missing", "path": "/data/m"}),
    _json({"op": "copy", "from": "/data/a", "path": "/data/c"}),
    _json({"op": "copy", "from": "/data", "path": "/data/c"}),
    _json({"op": "test", "path": "/data/a", "value": "1"}, {"op": "add", "path": "/data/t", "value": "ok"}),
    _json({"op": "test", "path": "/data/a", "value": "2"}),
    _json({"op": "test", "path": "/data/missing", "value": None}, {"op": "add", "path": "/data/t", "value": "ok"}),
    _json({"op": "test", "path": "/metadata/labels", "value": {"app": "web"}}),
    _json({"op": "add", "path": "/metadata/finalizers", "value": ["z.example/a"]}),
    _json({"op": "add", "path": "/metadata/labels/a~1b", "value": "x"}, {"op": "test", "path": "/metadata/labels/a~1b", "value": "x"}),
    _json({"op": "bogus", "path": "/data/a"}),
    _json({"path": "/data/a"}),
    _json({"op": "add", "value": "x"}),
    _json({"op": "add", "path": "/data/novalue"}),
    _json({"op": "add", "path": 5, "value": "x"}),
    _json({"op": "add", "path": "/data/u", "value": "x", "unknown": 1}),
    _json("text"),
    _json(),
    {"verb": "json", "body": {"op": "add"}, "fieldManager": "patcher"},
    {"verb": "json", "body": None, "fieldManager": "patcher"},
    {"verb": "merge", "body": [], "fieldManager": "patcher"},
    {"verb": "merge", "body": "x", "fieldManager": "patcher"},
    {"verb": "merge", "body": {"data": None}, "fieldManager": "patcher"},
    {"verb": "merge", "body": {"data": {"a": None, "n": "1"}}, "fieldManager": "patcher"},
    {"verb": "merge", "body": {"data": "text"}, "fieldManager": "patcher"},
    {"verb": "merge", "body": {"metadata": {"labels": {"x": None, "y": "z"}}}, "fieldManager": "patcher"},
]  # fmt: skip
_LISTED = _with(_CONFIG_MAP, ("metadata.finalizers", ["z.example/a", "z.example/b"]))
_LIST_JSON = [
    _json({"op": "add", "path": "/metadata/finalizers/0", "value": "z.example/0"}),
    _json({"op": "add", "path": "/metadata/finalizers/-", "value": "z.example/9"}),
    _json({"op": "add", "path": "/metadata/finalizers/-1", "value": "z.example/8"}),
    _json({"op": "add", "path": "/metadata/finalizers/7", "value": "z.example/7"}),
    _json({"op": "add", "path": "/metadata/finalizers/x", "value": "z.example/7"}),
    _json({"op": "remove", "path": "/metadata/finalizers/-1"}),
    _json({"op": "remove", "path": "/metadata/finalizers/5"}),
    _json({"op": "replace", "path": "/metadata/finalizers/-2", "value": "z.example/r"}),
    _json({"op": "replace", "path": "/metadata/finalizers/5", "value": "z.example/r"}),
    _json({"op": "replace", "path": "/metadata/finalizers/-", "value": "z.example/r"}),
]

_SCALE = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {}, "spec": {"replicas": 5}}
_ANCIENT = [_create(_CONFIG_MAP), *(
    {"verb": "merge", "body": {"data": {f"k{n}": str(n)}}, "fieldManager": f"u{n}"} for n in range(14)
), {"verb": "merge", "body": {"data": {"k3": "again"}}, "fieldManager": "u3"}, _apply(_CONFIG_MAP, force="true")]  # fmt: skip


def _after(first: Obj, steps: list[Obj]) -> list[tuple[str, list[Obj]]]:
    return [(f"{step['verb']} {number}", [_create(first), step]) for number, step in enumerate(steps)]


HAND_WRITTEN: dict[str, list[tuple[str, list[Obj]]]] = {
    "Deployment": [
        *_after(_FINALIZED, _deployment_patches()),
        *_after(_DEPLOYMENT, _APPLY_ERRORS),
        ("status", [_create(_DEPLOYMENT), {"verb": "merge", "sub": "status", "fieldManager": "kubelet", "body": {"status": {"replicas": 2}, "spec": {"replicas": 9}}},
                    _apply(_head(_DEPLOYMENT, status={"readyReplicas": 1}, spec={"replicas": 3}), "st", sub="status")]),
        ("two appliers", [_apply(_DEPLOYMENT), _apply(_head(_DEPLOYMENT, spec={"replicas": 3}), "hpa"), _apply(_head(_DEPLOYMENT, spec={"replicas": 4}), "hpa"),
                          _apply(_head(_DEPLOYMENT, spec={"replicas": 4}), "hpa", force="true"), _apply(_DEPLOYMENT),
                          _apply(_with(_DEPLOYMENT, ("spec.replicas", None))), _apply(_head(_DEPLOYMENT, spec={}), "hpa")]),
        ("kubectl takes over its own", [_create(_DEPLOYMENT), _apply(_with(_DEPLOYMENT, ("spec.replicas", 4)), "kubectl")]),
        ("reset", [_create(_DEPLOYMENT), {"verb": "merge", "body": {"metadata": {"managedFields": []}}, "fieldManager": "r"},
                   {"verb": "merge", "body": {"spec": {"replicas": 7}}, "fieldManager": "after"}, _apply(_DEPLOYMENT), _apply(_DEPLOYMENT, force="true")]),
        ("reset by empty entry", [_create(_DEPLOYMENT), {"verb": "json", "body": [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}], "fieldManager": "r"}]),
        ("shared", [_apply(_DEPLOYMENT, "a"), _apply(_DEPLOYMENT, "b"), _apply(_head(_DEPLOYMENT, spec={}), "a"), _apply(_head(_DEPLOYMENT, metadata={}), "b")]),
        ("without a manager", [{"verb": "create", "body": _DEPLOYMENT}, {"verb": "merge", "body": {"spec": {"replicas": 2}}}, {"verb": "apply", "body": _DEPLOYMENT}]),
        ("no change", [_create(_DEPLOYMENT), {"verb": "merge", "body": {"spec": {"replicas": 3}}, "fieldManager": "x"}, _apply(_head(_DEPLOYMENT, spec={"replicas": 3}), "y")]),
        ("nulls", [_apply(_with(_DEPLOYMENT, ("spec.paused", False))), _apply({**_DEPLOYMENT, "spec": {**_DEPLOYMENT["spec"], "replicas": None, "strategy": None}})]),
    ],
    "ConfigMap": [
        *_after(_CONFIG_MAP, _CONFIG_JSON),
        *_after(_LISTED, _LIST_JSON),
        ("ancient", _ANCIENT),
        ("nulls in maps", [_apply({**_CONFIG_MAP, "data": {"a": None, "b": "1"}}), _apply({**_CONFIG_MAP, "data": {"b": None}, "immutable": None})]),
    ("labels emptied", [_apply(_CONFIG_MAP), _apply(_head(_CONFIG_MAP)), _apply(_CONFIG_MAP, "other")]),
    ],
    "Widget": [
        ("status", [_create(_WIDGET), {"verb": "merge", "sub": "status", "fieldManager": "op", "body": {"status": {"ready": True}, "spec": {"size": 9}}},
                    _apply(_head(_WIDGET, status={"ready": False}), "op2", sub="status")]),
        *_after(_WIDGET, [
            _apply(_head(_WIDGET, spec={"unknown": 1})), _apply(_head(_WIDGET, spec={"size": "x"})), _apply(_head(_WIDGET, spec={"tags": ["a", "a"]})),
            _apply(_head(_WIDGET, spec={"endpoints": [{"weight": 1}]})), _apply(_head(_WIDGET, spec={"endpoints": [{"protocol": "UDP"}]})),
            _apply(_head(_WIDGET, spec={"endpoints": [{"port": 80}, {"port": 80, "protocol": "TCP"}]})), _apply(_head(_WIDGET, spec={"atomic": {"a": {"b": "x"}}})),
            _apply(_head(_WIDGET, spec={"free": {"x": {"y": [5]}, "n": None}})), _apply(_head(_WIDGET, spec={"free": {"known": {"a": 1}}})), _apply(_head(_WIDGET, spec={"target": [1]})), _smp({"spec": {"size": 1}}),
        ]),
    ],
}  # fmt: skip
HAND_WRITTEN["Service"] = [
    ("ports by number", [_create(_SERVICE), _smp({"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}), _smp({"spec": {"ports": [{"port": 443, "name": "tls"}]}}),
                         _smp({"spec": {"ports": [{"port": 80, "$patch": "delete"}]}}), _smp({"spec": {"ports": [{"name": "x"}]}})]),
    ("selector", [_create(_SERVICE), _smp({"spec": {"selector": {"app": None, "b": "c"}}}), _apply(_SERVICE), _apply(_SERVICE, force="true")]),
]  # fmt: skip

_DUPLICATES = _with(
    _DEPLOYMENT, (f"{_SPEC}containers.0.env", [{"name": "D", "value": "1"}, {"name": "E", "value": "e"}, {"name": "D", "value": "2"}])
)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_BY_KUBECTL = {**_CONFIG_MAP, "metadata": {"labels": {"app": "web"}, "annotations": {_LAST_APPLIED: json.dumps(_CONFIG_MAP)}}}
_MIGRATED = [
    {
        "manager": "helm", "operation": "Apply", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {".": {}, "f:a": {}, "f:b.yaml": {}}, "f:metadata": {"f:labels": {".": {}, "f:app": {}}}},
    }
]  # fmt: skip


def _managed_fields(entries: Any) -> Obj:
    return _json({"op": "replace", "path": "/metadata/managedFields", "value": entries})


HAND_WRITTEN["Deployment"] += [
    ("duplicates", [_create(_DUPLICATES), _pod_smp({"containers": [{"name": "server", "env": [{"name": "D", "value": "3"}]}]}),
                    _apply(_DUPLICATES), _apply(_DEPLOYMENT, force="true"), {"verb": "update", "body": _DEPLOYMENT, "fieldManager": "putter"}]),
    ("duplicates applied once", [_create(_DUPLICATES), *(
        _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"name": "server", "env": env}]}}}), force="true")
        for env in ([{"name": "D", "value": "5"}], [{"name": "E", "value": "5"}, {"name": "D", "value": "6"}], [{"name": "N", "value": "1"}])
    )]),
    ("order of items", [_apply(_with(_DEPLOYMENT, (f"{_SPEC}containers.0.env", [{"name": name, "value": "1"} for name in live])), "a") for live in ["abcd"]] + [
        _apply(_head(_DEPLOYMENT, spec={"template": {"spec": {"containers": [{"name": "server", "env": [{"name": n, "value": "1"} for n in names]}]}}}), "b")
        for names in ("dcba", "ca", "xbya", "azd", "")
    ]),
    ("duplicates put", [_create(_DUPLICATES), {"verb": "update", "body": _DEPLOYMENT, "fieldManager": "putter"},
                        {"verb": "update", "body": _DUPLICATES, "fieldManager": "putter"}]),
    ("duplicates deleted", [_create(_DUPLICATES), _pod_smp({"containers": [{"name": "server", "env": [{"name": "D", "$patch": "delete"}]}]})]),
    ("duplicates ordered", [_create(_DUPLICATES), _pod_smp({"containers": [{"name": "server", "$setElementOrder/env": [{"name": "E"}, {"name": "D"}]}]})]),
]  # fmt: skip
HAND_WRITTEN["ConfigMap"] += [
    ("kubectl", [_create(_BY_KUBECTL), _apply(_with(_CONFIG_MAP, ("data.a", "2")), "kubectl"), _apply(_with(_CONFIG_MAP, ("data.a", "3")), "kubectl")]),
    ("kubectl with drift", [_create(_BY_KUBECTL), {"verb": "merge", "body": {"data": {"a": "drift", "n": "new"}}, "fieldManager": "x"},
                            _apply(_with(_CONFIG_MAP, ("data.a", "2"), ("data.n", "m"), ("data.b~yaml", "z")), "kubectl")]),
    ("migration", [_create(_CONFIG_MAP), _managed_fields(_MIGRATED), _apply(_with(_CONFIG_MAP, ("data.a", "2"), ("data.b~yaml", None)))]),
    ("undecodable owners", [_create(_CONFIG_MAP), _managed_fields([{**_MIGRATED[0], "operation": "Bogus"}]), _managed_fields([{**_MIGRATED[0], "fieldsType": ""}]),
                            _managed_fields([{**_MIGRATED[0], "apiVersion": ""}]), _managed_fields([{"manager": "only"}]), _managed_fields(None)]),
    ("older owners", [_create(_CONFIG_MAP), _managed_fields([{**_MIGRATED[0], "apiVersion": "v1beta7"}]), _apply(_CONFIG_MAP)]),
    ("owners of nothing", [_create(_CONFIG_MAP), _managed_fields([{**_MIGRATED[0], "fieldsV1": {}}]), {"verb": "merge", "body": {"data": {"q": "1"}}, "fieldManager": "x"}]),
]  # fmt: skip
