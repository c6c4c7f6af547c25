"""Random charts, drifts and helm commands for `fuzz_releases.py`.

A case is plain JSON: `flavour`, `charts` (name -> documents, hooks, CRDs, values, a subchart), `steps`. A step is a command line
(`helm upgrade …`) or a request that is none of Helm's. `@TAG@` stands for a word that each place of a comparison has of its own:
names of namespaces, cluster-wide objects and API groups begin with it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Doc = dict[str, Any]
Case = dict[str, Any]
Step = str | dict[str, Any]

HOOKS = ("pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "pre-delete", "post-delete", "test")
POLICIES = ("before-hook-creation", "hook-succeeded", "hook-failed")


def container(source: Random, name: str = "server") -> Doc:
    """One container with some of the lists that merge by key."""
    found: Doc = {"name": name, "image": f"app:{source.randint(1, 3)}"}
    if source.random() < 0.6:
        found["ports"] = [{"containerPort": port, "name": f"p{port}"} for port in source.sample((80, 443, 8080), source.randint(1, 2))]
    if source.random() < 0.6:
        found["env"] = [{"name": name, "value": source.choice("xyz")} for name in source.sample("ABCD", source.randint(1, 3))]
    if source.random() < 0.3:
        found["resources"] = {"limits": {"cpu": source.choice(("100m", "1", "0.5")), "memory": source.choice(("64Mi", "1Gi"))}}
    if source.random() < 0.2:
        found["args"] = [source.choice(("--a", "--b")) for _ in range(source.randint(1, 3))]
    if source.random() < 0.2:
        found["volumeMounts"] = [{"name": "data", "mountPath": source.choice(("/data", "/var"))}]
    return found


def pod_spec(source: Random) -> Doc:
    """A pod's spec."""
    found: Doc = {"containers": [container(source)]}
    if source.random() < 0.3:
        found["containers"].append(container(source, "side"))
    if source.random() < 0.2:
        found["initContainers"] = [{"name": "init", "image": "init:1"}]
    if any("volumeMounts" in each for each in found["containers"]) or source.random() < 0.2:
        found["volumes"] = [{"name": "data", **source.choice(({"emptyDir": {}}, {"configMap": {"name": "configmap-a"}}))}]
    if source.random() < 0.2:
        found["tolerations"] = [{"key": source.choice("kl"), "operator": "Exists"}]
    if source.random() < 0.2:
        found["nodeSelector"] = {source.choice("ab"): "x"}
    if source.random() < 0.2:
        found["terminationGracePeriodSeconds"] = source.choice((0, 5, 30))
    return found


def template(source: Random, name: str) -> Doc:
    """A pod template."""
    meta: Doc = {"labels": {"app": name}}
    if source.random() < 0.3:
        meta["annotations"] = {"checksum": source.choice("abc")}
    return {"metadata": meta, "spec": pod_spec(source)}


def _workload(api: str, kind: str) -> Callable[[Random, str], Doc]:
    def make(source: Random, name: str) -> Doc:
        spec: Doc = {"selector": {"matchLabels": {"app": name}}, "template": template(source, name)}
        if kind != "DaemonSet" and source.random() < 0.8:
            spec["replicas"] = source.randint(0, 3)
        if kind == "StatefulSet":
            spec["serviceName"] = name
            if source.random() < 0.3:
                claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
                spec["volumeClaimTemplates"] = [{"metadata": {"name": "disk"}, "spec": claim}]
        if kind == "Deployment" and source.random() < 0.3:
            spec["strategy"] = source.choice(({"type": "Recreate"}, {"rollingUpdate": {"maxSurge": source.choice((1, "50%"))}}))
        return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec}

    return make


def job(source: Random, name: str) -> Doc:
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "job", "image": f"job:{source.randint(1, 2)}"}]}}}
    if source.random() < 0.5:
        spec["backoffLimit"] = source.randint(0, 3)  # type: ignore[assignment]
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


def cron_job(source: Random, name: str) -> Doc:
    spec = {"schedule": source.choice(("0 3 * * *", "0 4 1 * *")), "suspend": True, "jobTemplate": {"spec": job(source, name)["spec"]}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}


def config_map(source: Random, name: str) -> Doc:
    found: Doc = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    found["data"] = {key: source.choice(("1", "two", "x: y\nz: [1]\n", "")) for key in source.sample("abcd", source.randint(1, 3))}
    if source.random() < 0.1:
        found["immutable"] = True
    if source.random() < 0.1:
        found["binaryData"] = {"blob": "AAEC"}
    return found


def values_map(source: Random, name: str) -> Doc:
    """Shows the values it was rendered with."""
    text = "{{ toYaml .Values | quote }}"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"values": text, "revision": "r{{ .Release.Revision }}"},
    }


def secret(source: Random, name: str) -> Doc:
    found: Doc = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    if source.random() < 0.5:
        found["stringData"] = {key: source.choice(("s3cret", "")) for key in source.sample("abc", 2)}
    else:
        found["data"] = {key: source.choice(("YQ==", "Yg==")) for key in source.sample("abc", 2)}
    if source.random() < 0.3:
        found["type"] = "Opaque"
    return found


def service(source: Random, name: str) -> Doc:
    numbers = source.sample((80, 443, 8080, 9090), source.randint(1, 2))
    ports: list[Doc] = [{"port": port, "name": f"p{port}"} for port in numbers]
    for port in ports:
        if source.random() < 0.5:
            port["targetPort"] = source.choice((8080, "http"))
        if source.random() < 0.2:
            port["protocol"] = source.choice(("TCP", "UDP"))
    spec: Doc = {"ports": ports, "selector": {"app": source.choice("xy")}}
    if source.random() < 0.4:
        spec["type"] = source.choice(("ClusterIP", "NodePort", "LoadBalancer"))
    if source.random() < 0.15:
        spec["clusterIP"] = "None"
        spec.pop("type", None)
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def ingress(source: Random, name: str) -> Doc:
    backend = {"service": {"name": "service-a", "port": {"number": source.choice((80, 443))}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend} for path in source.sample(("/", "/a", "/b"), source.randint(1, 2))]
    spec: Doc = {"rules": [{"host": f"{source.choice('ab')}.example.com", "http": {"paths": paths}}]}
    if source.random() < 0.3:
        spec["tls"] = [{"hosts": ["a.example.com"], "secretName": "tls"}]
    if source.random() < 0.3:
        spec["ingressClassName"] = "nginx"
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": spec}


def role(source: Random, name: str) -> Doc:
    rules = [{"apiGroups": [""], "resources": [source.choice(("pods", "secrets"))], "verbs": ["get", "list"][: source.randint(1, 2)]}]
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules}


def cluster_role(source: Random, name: str) -> Doc:
    return {**role(source, f"@TAG@-{name}"), "kind": "ClusterRole"}


def role_binding(source: Random, name: str) -> Doc:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": source.choice(("role-a", "role-b"))}
    subjects = [
        {"kind": "ServiceAccount", "name": each, "namespace": "@TAG@-a"} for each in source.sample(("one", "two"), source.randint(1, 2))
    ]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": reference, "subjects": subjects,
    }  # fmt: skip


def budget(source: Random, name: str) -> Doc:
    spec = {source.choice(("minAvailable", "maxUnavailable")): source.choice((1, "50%")), "selector": {"matchLabels": {"app": name}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


def autoscaler(source: Random, name: str) -> Doc:
    spec: Doc = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "deployment-a"},
        "maxReplicas": source.randint(2, 4),
    }
    if source.random() < 0.6:
        spec["minReplicas"] = source.randint(1, 2)
    if source.random() < 0.7:
        target = {"type": "Utilization", "averageUtilization": source.choice((50, 80))}
        spec["metrics"] = [
            {"type": "Resource", "resource": {"name": each, "target": target}}
            for each in source.sample(("cpu", "memory"), source.randint(1, 2))
        ]
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}


def claim(source: Random, name: str) -> Doc:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": source.choice(("1Gi", "2Gi"))}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def network_policy(source: Random, name: str) -> Doc:
    spec: Doc = {"podSelector": {"matchLabels": {"app": source.choice("xy")}}, "policyTypes": ["Ingress"]}
    if source.random() < 0.6:
        spec["ingress"] = [{"from": [{"podSelector": {}}], "ports": [{"port": source.choice((80, "http"))}]}]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def endpoints(source: Random, name: str) -> Doc:
    """A kind that the server calls deprecated."""
    subset = {"addresses": [{"ip": f"10.1.2.{source.randint(1, 3)}"}], "ports": [{"port": source.choice((80, 443))}]}
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": name}, "subsets": [subset]}


def account(source: Random, name: str) -> Doc:
    found: Doc = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    if source.random() < 0.3:
        found["imagePullSecrets"] = [{"name": each} for each in source.sample(("one", "two"), source.randint(1, 2))]
    if source.random() < 0.3:
        found["automountServiceAccountToken"] = source.random() < 0.5
    return found


def pod(source: Random, name: str) -> Doc:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"restartPolicy": "Never", **pod_spec(source)},
    }


def namespace(source: Random, name: str) -> Doc:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"@TAG@-{name}", "labels": {"l": source.choice("ab")}}}


def priority(source: Random, name: str) -> Doc:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": f"@TAG@-{name}"},
        "value": source.choice((10, 20)),
    }


def widget(source: Random, name: str) -> Doc:
    spec: Doc = {"size": source.randint(1, 3)}
    if source.random() < 0.5:
        spec["tags"] = source.sample("abc", source.randint(1, 2))
    if source.random() < 0.5:
        spec["parts"] = [{"name": each, "value": source.randint(1, 2)} for each in source.sample("xyz", source.randint(1, 2))]
    if source.random() < 0.3:
        spec["nested"] = {"key": source.choice("ab"), "map": {source.choice("ab"): "1"}}
    return {"apiVersion": "@TAG@.example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def widget_definition(source: Random) -> Doc:
    text, number = {"type": "string"}, {"type": "integer"}
    part = {"type": "object", "required": ["name"], "properties": {"name": text, "value": number}}
    parts: Doc = {"type": "array", "items": part}
    if source.random() < 0.5:
        parts |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    nested = {
        "type": "object",
        "properties": {"key": {"type": "string", "default": "d"}, "map": {"type": "object", "additionalProperties": text}},
    }
    spec = {"size": {"type": "integer", "minimum": 0}, "tags": {"type": "array", "items": text}, "parts": parts, "nested": nested}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": spec}, "status": {"type": "object"}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.@TAG@.example.com"},
        "spec": {
            "group": "@TAG@.example.com",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


KINDS: dict[str, Callable[[Random, str], Doc]] = {
    "configmap": config_map, "values": values_map, "secret": secret, "service": service, "ingress": ingress, "role": role,
    "clusterrole": cluster_role, "rolebinding": role_binding, "budget": budget, "autoscaler": autoscaler, "claim": claim,
    "policy": network_policy, "endpoints": endpoints, "account": account, "pod": pod, "namespace": namespace,
    "priority": priority, "widget": widget,
    "deployment": _workload("apps/v1", "Deployment"), "statefulset": _workload("apps/v1", "StatefulSet"),
    "daemonset": _workload("apps/v1", "DaemonSet"), "job": job, "cronjob": cron_job,
}  # fmt: skip
COMMON = ("configmap", "configmap", "deployment", "deployment", "service", "secret", "values")
HOOK_KINDS = ("configmap", "secret", "account", "role")
PODS_HOOK_KINDS = ("job", "pod", *HOOK_KINDS)


def document(source: Random, kind: str = "") -> Doc:
    """One object of some kind, of one of two names."""
    kind = kind or source.choice([*KINDS, *COMMON])
    found = KINDS[kind](source, f"{kind}-{source.choice('ab')}")
    meta = found["metadata"]
    if source.random() < 0.2:
        meta.setdefault("labels", {})[source.choice(("team", "tier"))] = source.choice("xy")
    if source.random() < 0.15:
        meta.setdefault("annotations", {})[source.choice(("note", "example.com/note"))] = source.choice(("x", "y", ""))
    if source.random() < 0.06:
        meta.setdefault("annotations", {})["helm.sh/resource-policy"] = source.choice(("keep", "keep", "Keep", "delete"))
    return found


def hook(source: Random, *, pods: bool) -> Doc:
    """A hook."""
    kind = source.choice(PODS_HOOK_KINDS if pods else HOOK_KINDS)
    found = KINDS[kind](source, f"hook-{kind}-{source.choice('ab')}")
    if kind == "job" and source.random() < 0.5:
        found["metadata"]["name"] += "-{{ .Release.Revision }}"
    events = source.sample(HOOKS, source.choice((1, 1, 2, 4)))
    annotations = {"helm.sh/hook": ",".join(events)}
    if source.random() < 0.5:
        annotations["helm.sh/hook-weight"] = str(source.randint(-2, 2))
    if source.random() < 0.6:
        annotations["helm.sh/hook-delete-policy"] = ",".join(source.sample(POLICIES, source.randint(1, 2)))
    found["metadata"]["annotations"] = annotations
    return found


def chart(source: Random, *, pods: bool = False) -> Doc:
    """A chart; names do not repeat within it."""
    docs: list[Doc] = []
    for _ in range(source.randint(1, 5)):
        _add(docs, document(source))
    found: Doc = {
        "docs": docs,
        "hooks": [],
        "values": {"a": 1, "b": {"c": "x", "d": [1, 2]}, "e": None if source.random() < 0.1 else "z"},
        "crds": [],
    }
    for _ in range(source.choice((0, 0, 1, 2))):
        _add(found["hooks"], hook(source, pods=pods))
    if any(each["kind"] == "Widget" for each in docs) and source.random() < 0.9:
        found["crds"] = [widget_definition(source)]
    if source.random() < 0.3:
        found["notes"] = "Revision {{ .Release.Revision }} of {{ .Release.Name }}: {{ .Values.a }}"
    if source.random() < 0.15:
        found["sub"] = {"docs": [config_map(source, "sub-a")], "values": {"f": 1}}
    return found


def _place(doc: Doc) -> tuple[str, str, str]:
    return doc["kind"], doc["metadata"].get("namespace", ""), doc["metadata"]["name"]


def _add(docs: list[Doc], doc: Doc) -> None:
    if _place(doc) not in map(_place, docs):
        docs.append(doc)


def changed(source: Random, base: Doc, *, pods: bool = False) -> Doc:
    """Another version of a chart."""
    found = copy.deepcopy(base)
    for _ in range(source.randint(1, 3)):
        source.choice(CHANGES)(source, found, pods)
    return found


def _more(source: Random, found: Doc, pods: bool) -> None:
    doc = document(source)
    _add(found["docs"], doc)
    if doc["kind"] == "Widget" and not found["crds"]:
        found["crds"] = [widget_definition(source)]


def _less(source: Random, found: Doc, pods: bool) -> None:
    if found["docs"]:
        found["docs"].pop(source.randrange(len(found["docs"])))


def _anew(source: Random, found: Doc, pods: bool) -> None:
    """The same object with other fields: lists grow and shrink, immutable fields change."""
    if found["docs"]:
        index = source.randrange(len(found["docs"]))
        old = found["docs"][index]
        kind = next((key for key in KINDS if old["metadata"]["name"].removeprefix("@TAG@-").startswith(f"{key}-")), None)
        if kind:
            new = KINDS[kind](source, old["metadata"]["name"].removeprefix("@TAG@-"))
            if new["kind"] == old["kind"]:
                new["metadata"] = old["metadata"]
                found["docs"][index] = new


def _break(source: Random, found: Doc, pods: bool) -> None:
    """A field that the server refuses, or does not know."""
    doc = source.choice(found["docs"]) if found["docs"] else None
    if doc is None:
        return
    what = source.random()
    if what < 0.25:
        doc["unknownField"] = 1
    elif what < 0.4 and isinstance(doc.setdefault("spec", {}), dict):
        doc["spec"]["nothing"] = {"x": 1}
    elif what < 0.55:
        doc["metadata"]["labels"] = {**(doc["metadata"].get("labels") or {}), "bad label!": "x"}
    elif what < 0.7:
        doc["metadata"]["name"] += source.choice(("_Bad", "a" * 300))
    elif what < 0.8:
        doc["apiVersion"] = source.choice(("v9", "example.org/v1", "apps/v1beta1"))
    else:
        _wrong_type(source, doc)


def _wrong_type(source: Random, doc: Doc) -> None:
    """Some value becomes one of another type, or null."""
    paths = list(_paths({key: value for key, value in doc.items() if key not in ("apiVersion", "kind", "metadata")}))
    if paths:
        path = source.choice(paths)
        parent: Any = doc
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = source.choice((None, "text", 5, True, [], {}, ["x"], {"x": "y"}, -1, ""))


def _field(source: Random, found: Doc, pods: bool) -> None:
    """One value changes a little, goes, or becomes null."""
    doc = source.choice(found["docs"]) if found["docs"] else None
    if doc is None:
        return
    paths = list(_paths({key: value for key, value in doc.items() if key not in ("apiVersion", "kind", "metadata")}))
    if not paths:
        return
    path = source.choice(paths)
    parent: Any = doc
    for key in path[:-1]:
        parent = parent[key]
    old = parent[path[-1]]
    if source.random() < 0.3:
        del parent[path[-1]]
    elif source.random() < 0.2:
        parent[path[-1]] = None
    elif isinstance(old, bool):
        parent[path[-1]] = not old
    elif isinstance(old, int):
        parent[path[-1]] = old + 1
    elif isinstance(old, str):
        parent[path[-1]] = source.choice((f"{old}2", "other"))
    elif isinstance(old, list):
        parent[path[-1]] = [*reversed(old)] if source.random() < 0.5 else old[:1]
    else:
        parent[path[-1]] = {}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for key, item in entries:
        yield (*path, key)
        yield from _paths(item, (*path, key))


def _metadata(source: Random, found: Doc, pods: bool) -> None:
    if found["docs"]:
        meta = source.choice(found["docs"])["metadata"]
        key = source.choice(("labels", "annotations"))
        if key in meta and source.random() < 0.4:
            del meta[key]
        else:
            meta[key] = {**(meta.get(key) or {}), source.choice(("team", "note")): source.choice(("p", "q"))}
        if source.random() < 0.15:
            meta["annotations"] = {**(meta.get("annotations") or {}), "helm.sh/resource-policy": "keep"}


def _elsewhere(source: Random, found: Doc, pods: bool) -> None:
    """Into the other namespace."""
    docs = [each for each in found["docs"] if each["kind"] in ("ConfigMap", "Secret", "Service", "Deployment", "Role")]
    if docs:
        source.choice(docs)["metadata"]["namespace"] = "@TAG@-b"


def _listed(source: Random, found: Doc, pods: bool) -> None:
    """Two objects become the items of a list."""
    if len(found["docs"]) >= 2 and all("items" not in each for each in found["docs"][:2]):
        items = found["docs"][:2]
        found["docs"][:2] = [{"apiVersion": "v1", "kind": "List", "metadata": {"name": "list"}, "items": items}]


def _hooks(source: Random, found: Doc, pods: bool) -> None:
    if found["hooks"] and source.random() < 0.4:
        found["hooks"].pop()
    else:
        new = hook(source, pods=pods)
        if source.random() < 0.15:
            new["metadata"]["labels"] = {"bad label!": "x"}
        _add(found["hooks"], new)


def _values(source: Random, found: Doc, pods: bool) -> None:
    found["values"][source.choice("abeg")] = source.choice((2, None, {"new": 1}, [3]))


CHANGES = (_more, _less, _anew, _anew, _field, _field, _field, _break, _metadata, _elsewhere, _listed, _hooks, _values)
