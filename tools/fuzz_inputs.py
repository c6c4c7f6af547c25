"""Random requests for `fuzz_api.py`: a good object of each kind, and changes to it that its schema suggests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from api_scenarios import APPLY, JSON_PATCH, MERGE, STRATEGIC, TABLE, collection
from fuzz_kinds import MORE_WORDS, OWN_WORDS, SUBJECTS, Subject

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.catalog import Catalog
from pytest_helmsim.schema.model import Schema

Step = dict[str, Any]
NAMES = list(SUBJECTS)
SCALED = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")
CATALOG = Catalog.for_version("1.36")

WORDS: dict[str, tuple[Any, ...]] = {
    "restartPolicy": ("Always", "Never", "OnFailure"),
    "imagePullPolicy": ("Always", "IfNotPresent", "Never", "Maybe"),
    "protocol": ("TCP", "UDP", "SCTP", "tcp"),
    "pathType": ("Prefix", "Exact", "ImplementationSpecific", "x"),
    "concurrencyPolicy": ("Allow", "Forbid", "Replace"),
    "operator": ("In", "NotIn", "Exists", "DoesNotExist", "Equal"),
    "effect": ("NoSchedule", "NoExecute", "PreferNoSchedule"),
    "policyTypes": ("Ingress", "Egress"),
    "sessionAffinity": ("None", "ClientIP"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "internalTrafficPolicy": ("Cluster", "Local"),
    "podManagementPolicy": ("OrderedReady", "Parallel"),
    "accessModes": ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"),
    "volumeMode": ("Filesystem", "Block"),
    "reclaimPolicy": ("Delete", "Retain"),
    "volumeBindingMode": ("Immediate", "WaitForFirstConsumer"),
    "dnsPolicy": ("ClusterFirst", "Default", "None"),
    "schedule": ("* * * * *", "@daily", "x"),
    "verbs": ("get", "list", "*"),
    "whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    "unhealthyPodEvictionPolicy": ("IfHealthyBudget", "AlwaysAllow"),
    "completionMode": ("NonIndexed", "Indexed"),
    "addressType": ("IPv4", "IPv6"),
    "failurePolicy": ("Ignore", "Fail"),
    "cidr": ("10.0.0.0/8", "x"),
    "selectPolicy": ("Max", "Min", "Disabled"),
    "timeZone": ("Europe/Berlin", "Nowhere"),
    "ip": ("10.1.2.3", "x"),
    "clusterIP": ("None", "", "x", "fd00::1"),
    "finalizers": ("example.com/hold", "foregroundDeletion", "foo"),
    "terminationMessagePolicy": ("File", "FallbackToLogsOnError", "x"),
    "mountPropagation": ("None", "HostToContainer", "Bidirectional", "x"),
    "recursiveReadOnly": ("Disabled", "IfPossible", "Enabled", "x"),
    "scheme": ("HTTP", "HTTPS", "x"),
    "procMount": ("Default", "Unmasked", "x"),
    "fsGroupChangePolicy": ("Always", "OnRootMismatch", "x"),
    "supplementalGroupsPolicy": ("Merge", "Strict", "x"),
    "seLinuxChangePolicy": ("MountOption", "Recursive", "x"),
    "topologyKey": ("kubernetes.io/hostname", "failure-domain.beta.kubernetes.io/zone", "", "a b"),
    "nodeAffinityPolicy": ("Honor", "Ignore", "x"),
    "nodeTaintsPolicy": ("Honor", "Ignore", "x"),
    "resourceName": ("cpu", "memory", "x", ""),
    "podReplacementPolicy": ("TerminatingOrFailed", "Failed", "x"),
    "preemptionPolicy": ("PreemptLowerPriority", "Never", "x"),
    "action": ("Restart", "RestartAllContainers", "FailJob", "Ignore", "Count", "FailIndex", "x"),
    "ipFamilyPolicy": ("SingleStack", "PreferDualStack", "RequireDualStack", "x"),
    "ipFamilies": ("IPv4", "IPv6", "x"),
    "trafficDistribution": ("PreferClose", "PreferSameZone", "PreferSameNode", "x"),
    "externalIPs": ("1.2.3.4", "127.0.0.1", "fd00::0:1", "01.2.3.4", "x"),
    "loadBalancerIP": ("1.2.3.4", "x", "fd00::0:1"),
    "loadBalancerSourceRanges": ("10.0.0.0/8", "10.1.0.0/8", "x", "fd00:0::/64"),
    "loadBalancerClass": ("example.com/lb", "Bad Value", "internal"),
    "ipMode": ("VIP", "Proxy", "x"),
    "hostIP": ("10.1.2.3", "127.0.0.1", ""),
    "nameservers": ("1.1.1.1", "x", "fd00::0:1"),
    "searches": ("example.com", ".", "a_b", "Bad"),
    "hostname": ("web", "Bad", "a.b"),
    "subdomain": ("web", "Bad"),
    "serviceAccountName": ("default", "Bad"),
    "runtimeClassName": ("absent",),
    "image": ("nginx:1.27", "nginx", "nginx@sha256:" + "0" * 64, " nginx", ""),
    "mountPath": ("/data", "/data/x", "", "relative"),
    "subPath": ("a", "../a", "/a", ".."),
    "path": ("/", "/x", "a", "../a", "..a", ""),
    "fieldPath": ("metadata.name", "metadata.labels['a']", "metadata.labels", "status.podIP", "spec.host", "limits.cpu", "x"),
    "resource": ("limits.cpu", "requests.memory", "limits.hugepages-2Mi", "x"),
    "divisor": ("1m", "1", "1Ki", "0", "7"),
    "driver": ("csi.example.com", "Bad_Value", ""),
    "storageClassName": ("fast", "Bad_Value", ""),
    "volumeAttributesClassName": ("gold", "Bad_Value", ""),
    "volumeName": ("data", "vol", "Bad"),
    "iqn": ("iqn.2001-04.com.example:storage", "eui.0123456789abcdef", "naa.x", "x"),
    "sizeLimit": ("1Gi", "-1", "0"),
    "managedBy": ("kubernetes.io/job-controller", "example.com/x", "x", "example.com/a b"),
    "succeededIndexes": ("0", "0-1", "1,0", "9", "x"),
    "phase": ("Pending", "Running", "Bound", "Active", "Terminating", "x"),
    "qosClass": ("BestEffort", "Burstable", "Guaranteed"),
    "os": ("linux", "windows", "x"),
    "env": ("A",),
    "overhead": ("1",),
    "requirement": ("x",),
    **MORE_WORDS,
}  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    "annotations": (
        "a", "example.com/x", "seccomp.security.alpha.kubernetes.io/pod", "container.apparmor.security.beta.kubernetes.io/web",
        "kubernetes.io/config.mirror", "controller.kubernetes.io/pod-deletion-cost", "scheduler.alpha.kubernetes.io/critical-pod",
        "volume.beta.kubernetes.io/storage-class", "service.kubernetes.io/topology-aware-hints", "pod.beta.kubernetes.io/init-containers",
        "service.beta.kubernetes.io/load-balancer-source-ranges", "batch.kubernetes.io/cronjob-scheduled-timestamp", "Bad Key",
    ),
    "labels": ("app", "a", "b", "example.com/x", "Bad Key", "job-name"),
    "matchLabels": ("app", "a", "example.com/x", "Bad Key"),
    "nodeSelector": ("a", "beta.kubernetes.io/os", "Bad Key"),
    "limits": ("cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "example.com/gpu", "x", "requests.example.com/x"),
    "requests": ("cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "example.com/gpu", "x", "storage"),
    "capacity": ("storage", "cpu", "x"),
    "data": ("a", "tls.crt", "b.txt", "Bad Key", ".."),
}  # fmt: skip
"""Keys of maps, by the field that holds the map."""
TYPES = {
    "Service": ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    "Deployment": ("RollingUpdate", "Recreate"),
    "StatefulSet": ("RollingUpdate", "OnDelete"),
    "DaemonSet": ("RollingUpdate", "OnDelete"),
    "HorizontalPodAutoscaler": ("Resource", "Pods", "Utilization", "AverageValue", "Percent"),
    "Secret": ("Opaque", "kubernetes.io/tls"),
}
STRINGS = ("a", "b", "web", "example.com", "", "Bad_Value", "5Gi")
SKIPPED = frozenset(
    {"resourceVersion", "uid", "selfLink", "managedFields", "creationTimestamp", "deletionTimestamp", "generation", "namespace", "name",
     "globalDefault", "deletionGracePeriodSeconds", "generateName", "apiVersion", "kind", "nodePort", "healthCheckNodePort"}
)  # fmt: skip


EPHEMERAL = CATALOG.definition("io.k8s.api.core.v1.EphemeralContainer") or Schema("object")


def schema_of(kind: str) -> Schema:
    """The schema of a kind."""
    found = CATALOG.schema(GroupVersionKind.of(SUBJECTS[kind].api_version, SUBJECTS[kind].kind))
    assert found is not None
    return found


def value_for(source: Random, kind: str, key: str, schema: Schema, depth: int = 0) -> Any:
    """A value that is right more often than not."""
    if source.random() < 0.03:
        return source.choice((None, "", 0, [], {}, True, "text"))
    if (kind, key) in OWN_WORDS and schema.type == "string":
        return source.choice(OWN_WORDS[kind, key])
    if key in WORDS and schema.type in ("string", "integer") and (schema.type == "string") == isinstance(WORDS[key][0], str):
        return source.choice(WORDS[key])
    if key == "type" and kind in TYPES:
        return source.choice(TYPES[kind])
    match schema.type:
        case "string" if schema.format == "quantity":
            return source.choice(("1", "100m", "1.5", "2Gi", "0.5Gi", 3, "1e3", "x"))
        case "string" if schema.format == "byte":
            return source.choice(("YQ==", "", "Zm9v"))
        case "string" if schema.format == "date-time":
            return source.choice(("2030-01-02T03:04:05Z", "2030-01-02T03:04:05+02:00"))
        case "string":
            return source.choice(STRINGS)
        case "integer":
            return source.choice((0, 1, 2, 3, 5, 80, 443, 8080, -1))
        case "number":
            return source.choice((0, 1, 0.5))
        case "boolean":
            return source.random() < 0.5
        case "int-or-string":
            return source.choice((1, 80, 0, "50%", "http", "25%"))
        case "array":
            if schema.items is None:
                return []
            return [value_for(source, kind, key, schema.items, depth + 1) for _ in range(source.choice((0, 1, 1, 1, 2)))]
    if schema.fields:
        if depth > 6:
            return {}
        wanted = [name for name in schema.required if name in schema.fields]
        others = [name for name in schema.fields if name not in wanted and name not in ("managedFields", "selfLink")]
        wanted += source.sample(others, min(len(others), source.choice((0, 1, 1, 2))))
        return {name: value_for(source, kind, name, schema.fields[name], depth + 1) for name in wanted}
    if schema.values is not None:
        known = KEYS.get(key, ("app", "a", "b", "example.com/x", "cpu", "memory"))
        keys = source.sample(known, min(len(known), source.choice((0, 1, 1, 2))))
        return {name: value_for(source, kind, name, schema.values, depth + 1) for name in keys}
    return source.choice(({"a": 1}, {}, "x"))


def change(source: Random, kind: str, base: Any, schema: Schema, *, nulls: bool, depth: int = 0, here_key: str = "") -> Any:
    """A merge patch of one place below `base`."""
    if not schema.fields or (depth > 1 and source.random() < 0.12):
        if schema.values is not None:
            keys = [*base, "a", "new", *KEYS.get(here_key, ())] if isinstance(base, dict) else ["a", "new", *KEYS.get(here_key, ())]
            key = source.choice(keys)
            return {key: None if nulls and source.random() < 0.4 else value_for(source, kind, key, schema.values)}
        return value_for(source, kind, "", schema, depth)
    here = base if isinstance(base, dict) else {}
    names = [name for name in schema.fields if name not in SKIPPED]
    present = [name for name in names if name in here]
    if depth == 0:
        names = [name for name in names if name != "status"]
        present = [name for name in present if name != "status"]
    if not names:
        return {}
    name = source.choice(present) if present and source.random() < 0.6 else source.choice(names)
    field = schema.fields[name]
    if nulls and depth > 0 and source.random() < 0.12:
        return {name: None}
    if field.type == "object" and (field.fields or field.values):
        return {name: change(source, kind, here.get(name), field, nulls=nulls, depth=depth + 1, here_key=name)}
    if field.type == "array" and field.items is not None and field.items.fields and here.get(name) and isinstance(here[name], list):
        items = json.loads(json.dumps(here[name]))
        if source.random() < 0.75:
            item = items[source.randrange(len(items))]
            merge_into(item, change(source, kind, item, field.items, nulls=False, depth=depth + 1))
        else:
            items.append(value_for(source, kind, name, field.items))
        return {name: items}
    return {name: value_for(source, kind, name, field)}


def merge_into(target: Any, patch: Any) -> None:
    """RFC 7386 in place."""
    if not isinstance(target, dict) or not isinstance(patch, dict):
        return
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            merge_into(target[key], value)
        else:
            target[key] = value


RICH: dict[str, Any] = {
    "serviceAccountName": "default",
    "securityContext": {
        "runAsUser": 1000,
        "fsGroup": 2000,
        "seccompProfile": {"type": "RuntimeDefault"},
        "sysctls": [{"name": "a.b", "value": "1"}],
    },
    "volumes": [
        {"name": "data", "emptyDir": {}},
        {"name": "config", "configMap": {"name": "c", "items": [{"key": "a", "path": "a"}]}},
        {"name": "claim", "persistentVolumeClaim": {"claimName": "c"}},
        {
            "name": "all",
            "projected": {
                "sources": [
                    {"secret": {"name": "s"}},
                    {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}},
                ]
            },
        },
    ],
    "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute"}],
    "affinity": {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
            ]
        }
    },
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}
    ],
    "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a.b"]}],
    "dnsConfig": {"searches": ["example.com"]},
    "initContainers": [{"name": "init", "image": "busybox"}, {"name": "side", "image": "busybox", "restartPolicy": "Always"}],
    "schedulingGates": [{"name": "example.com/gate"}],
    "readinessGates": [{"conditionType": "example.com/ready"}],
    "resourceClaims": [{"name": "claim", "resourceClaimName": "x"}],
    "os": {"name": "linux"},
    "activeDeadlineSeconds": 100,
    "nodeSelector": {"a": "b"},
    "overhead": {"cpu": "1"},
    "resources": {"limits": {"cpu": "1"}},
    "hostUsers": False,
}
"""Parts of a good pod from which changes of deeper places start."""
RICH_CONTAINER: dict[str, Any] = {
    "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    "envFrom": [{"configMapRef": {"name": "c"}}],
    "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 53, "protocol": "UDP", "hostPort": 53}],
    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}},
    "livenessProbe": {"httpGet": {"port": "http", "path": "/"}},
    "readinessProbe": {"exec": {"command": ["true"]}},
    "startupProbe": {"tcpSocket": {"port": 80}},
    "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
    "securityContext": {"runAsUser": 1, "capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": False},
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
    "command": ["a"],
}  # fmt: skip
TEMPLATES = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController"), ("spec", "template", "spec")),
}


def enrich(source: Random, kind: str, obj: Any) -> None:
    """Add some of the rich parts to the pod of an object."""
    path = TEMPLATES.get(kind)
    if path is None:
        return
    spec = obj
    for step in path:
        spec = spec[step]
    for key in source.sample(list(RICH), source.choice((0, 0, 1, 2, 3))):
        spec.setdefault(key, json.loads(json.dumps(RICH[key])))
    for key in source.sample(list(RICH_CONTAINER), source.choice((0, 1, 2, 3))):
        spec["containers"][0].setdefault(key, json.loads(json.dumps(RICH_CONTAINER[key])))
        if key == "volumeMounts":
            spec.setdefault("volumes", json.loads(json.dumps(RICH["volumes"])))


def sequence(source: Random, kind: str) -> Iterator[Step]:
    """Create, then a few of everything else."""
    subject = SUBJECTS[kind]
    many = collection(subject.api_version, subject.plural, namespaced=subject.namespaced)
    number = str(source.randrange(1, 255))
    name = subject.name.replace("{n}", number) or ("x" if subject.namespaced else "{ns}-x")
    one = f"{many}/{name}"
    schema = schema_of(kind)
    content = json.loads(json.dumps(source.choice(subject.contents)).replace("{n}", number))
    meta = {"name": name, "labels": {"a": "1"}, **content.pop("metadata", {})}
    head = {"apiVersion": subject.api_version, "kind": subject.kind, "metadata": meta}
    obj: Any = {**json.loads(json.dumps(head)), **content}
    content = json.loads(json.dumps(content))
    if source.random() < 0.5:
        enrich(source, kind, obj)
        content = {key: json.loads(json.dumps(value)) for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    for _ in range(source.choice((0, 0, 1, 2))):
        merge_into(obj, change(source, kind, obj, schema, nulls=True))
    if source.random() < 0.06:
        yield {"method": "POST", "path": many, "query": source.choice(VALIDATION), "body": spoilt(source, obj)}
        return
    if source.random() < 0.3:
        yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=one", "body": obj}
    else:
        yield {"method": "POST", "path": many, "query": "fieldManager=create", "body": obj}
    good: Any = {**head, **content}
    for _ in range(source.randint(1, 5)):
        if subject.others and source.random() < 0.2:
            yield from _elsewhere(source, subject, one)
        else:
            yield from _operation(source, kind, one, many, good, schema)


def _elsewhere(source: Random, subject: Subject, one: str) -> Iterator[Step]:
    """The same object asked for, or changed a little, in another version."""
    root, other = (f"/apis/{version}/" if "/" in version else f"/api/{version}/" for version in (subject.api_version, subject.others[0]))
    path = one.replace(root, other, 1)
    labels = {"metadata": {"labels": {"b": "2"}}}
    if source.random() < 0.4:
        yield {"method": "GET", "path": path, "accept": source.choice((TABLE, "application/json"))}
    elif source.random() < 0.5:
        yield {"method": "PATCH", "path": path, "type": source.choice((MERGE, STRATEGIC)), "query": "fieldManager=other", "body": labels}
    else:
        yield {"method": "PUT", "path": path, "query": "fieldManager=other", "edit": labels}


VALIDATION = ("", "fieldValidation=Strict", "fieldValidation=Ignore", "fieldValidation=Warn")
_WRONG = (
    '"text"',
    "1",
    "1.5",
    "true",
    "null",
    "[]",
    "{}",
    "[1]",
    '{"a":1}',
    "2147483648",
    "99999999999999999999",
    "-1",
    '"' + "1" * 5 + '"',
)


def spoilt(source: Random, obj: Any) -> str:
    """The object as JSON text with something in it that its type does not have: a wrong type, a doubled, misspelt or unknown key."""
    copy = json.loads(json.dumps(obj))
    places = [(parent, key) for parent, key in _members(copy) if not (parent is copy and key in ("apiVersion", "kind", "metadata"))]
    texts = {}
    for number in range(source.choice((1, 1, 2))):
        parent, key = source.choice(places)
        mark = f"@{number}@"
        how = source.random()
        if how < 0.5:
            parent[key] = mark
            texts[f'"{mark}"'] = source.choice(_WRONG)
        elif isinstance(parent, dict) and how < 0.7:
            parent[key + mark] = source.choice((1, "x", {}, []))
            texts[f'{key}{mark}"'] = f'{key}"'
        elif isinstance(parent, dict):
            parent[source.choice((key.upper(), key.capitalize(), key + "x", "new"))] = parent[key]
    text = json.dumps(copy, separators=(",", ":"))
    for mark, wrong in texts.items():
        text = text.replace(mark, wrong)
    return text


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for key, item in entries:
        yield value, key
        yield from _members(item)


def _operation(source: Random, kind: str, one: str, many: str, good: Any, schema: Schema) -> Iterator[Step]:
    manager = source.choice(("one", "two"))
    query = f"fieldManager={manager}" + ("&dryRun=All" if source.random() < 0.05 else "")
    query += source.choice(("", "", "", "&fieldValidation=Strict", "&fieldValidation=Ignore"))
    patch = change(source, kind, good, schema, nulls=True)
    path = one
    chosen = source.random()
    if kind == "CertificateSigningRequest" and source.random() < 0.25:
        part = source.choice(("approval", "status"))
        patch = {"status": change(source, kind, {}, (schema.fields or {})["status"], nulls=False, depth=1)}
        yield {"method": "PATCH", "path": f"{one}/{part}", "type": source.choice((STRATEGIC, MERGE)), "query": query, "body": patch}
        return
    if kind == "Namespace" and source.random() < 0.15:
        yield {"method": "PUT", "path": f"{one}/finalize", "query": query, "edit": patch}
        return
    if kind == "Pod" and source.random() < 0.15:
        path = f"{one}/{source.choice(('resize', 'ephemeralcontainers'))}"
        if path.endswith("resize"):
            amounts = {source.choice(("cpu", "memory")): source.choice(("1", "2", "100m"))}
            patch = {"spec": {"containers": [{"name": "web", "resources": {source.choice(("limits", "requests")): amounts}}]}}
        else:
            patch = {
                "spec": {"ephemeralContainers": [{"name": "debug", "image": source.choice(("busybox", "")), "targetContainerName": "web"}]}
            }
            merge_into(patch["spec"]["ephemeralContainers"][0], value_for(source, kind, "", EPHEMERAL))
        yield {"method": "PATCH", "path": path, "type": source.choice((STRATEGIC, STRATEGIC, MERGE)), "query": query, "body": patch}
        return
    if chosen < 0.08 and schema.fields and "status" in schema.fields:
        path = f"{one}/status"
        patch = {"status": change(source, kind, {}, schema.fields["status"], nulls=False, depth=1)}
    if chosen < 0.02:
        yield {"method": "PUT", "path": one, "query": query, "body": spoilt(source, good)}
    elif chosen < 0.2:
        yield {"method": "PATCH", "path": path, "type": MERGE, "query": query, "body": patch}
    elif chosen < 0.36:
        yield {"method": "PATCH", "path": path, "type": STRATEGIC, "query": query, "body": patch}
    elif chosen < 0.42:
        yield {"method": "PATCH", "path": one, "type": JSON_PATCH, "query": query, "body": list(_operations(patch))}
    elif chosen < 0.64:
        config = json.loads(json.dumps(good)) if source.random() < 0.6 else {k: good[k] for k in ("apiVersion", "kind")}
        config["metadata"] = {"name": good["metadata"]["name"], "labels": {source.choice("ab"): "1"}}
        merge_into(config, patch)
        force = source.choice(("", "&force=true", "&force=true"))
        yield {"method": "PATCH", "path": one, "type": APPLY, "query": query + force, "body": config}
    elif chosen < 0.8:
        yield {"method": "PUT", "path": one, "query": query, "edit": patch}
    elif chosen < 0.86 and kind in SCALED:
        yield {
            "method": "PATCH",
            "path": f"{one}/scale",
            "type": MERGE,
            "query": query,
            "body": {"spec": {"replicas": source.randint(0, 4)}},
        }
    elif chosen < 0.88:
        yield {
            "method": "PATCH",
            "path": one,
            "type": MERGE,
            "query": query,
            "body": {"metadata": {"managedFields": source.choice(([], [{}]))}},
        }
    elif chosen < 0.91:
        yield {"method": "GET", "path": one, "accept": source.choice((TABLE, "application/json"))}
    elif chosen < 0.94 and SUBJECTS[kind].namespaced:
        query = source.choice(("labelSelector=a=1", "labelSelector=a!=1", "fieldSelector=metadata.name=x", "limit=1", ""))
        yield {"method": "GET", "path": many, "query": query}
    else:
        policy = source.choice(("Background", "Foreground", "Orphan"))
        yield {"method": "DELETE", "path": one, "query": f"propagationPolicy={policy}" + source.choice(("", "&gracePeriodSeconds=0"))}


def _operations(patch: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """A merge patch as a JSON patch, as far as its parents exist."""
    for key, value in patch.items():
        here = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if isinstance(value, dict) and value:
            yield from _operations(value, here)
        elif value is None:
            yield {"op": "remove", "path": here}
        else:
            yield {"op": "add", "path": here, "value": value}
