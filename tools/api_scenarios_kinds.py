"""Events, nodes, certificates, statuses and the other kinds that charts rarely hold: what each of their rules refuses.

Every step stands for one class of difference that `fuzz_api.py` once printed, in its smallest form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, MERGE, STRATEGIC, Step, collection
from fuzz_kinds import CERTIFICATE, CSR, SUBJECTS

EVENTS = "/api/v1/namespaces/{ns}/events"
NEW_EVENTS = "/apis/events.k8s.io/v1/namespaces/{ns}/events"
TIME = "2030-01-02T03:04:05.000006Z"


def post(path: str, body: dict[str, Any], **more: Any) -> Step:
    """Create."""
    return {"method": "POST", "path": path, "query": "fieldManager=create", "body": body, **more}


def merge(path: str, body: Any, **more: Any) -> Step:
    """Merge patch."""
    return {"method": "PATCH", "path": path, "type": MERGE, "query": "fieldManager=merge", "body": body, **more}


def of(kind: str, name: str, *, which: int = 0, **changes: Any) -> tuple[str, dict[str, Any]]:
    """Collection and a good object of a kind, with other fields at the top."""
    subject = SUBJECTS[kind]
    many = collection(subject.api_version, subject.plural, namespaced=subject.namespaced)
    head = {"apiVersion": subject.api_version, "kind": subject.kind, "metadata": {"name": name}}
    return many, {**head, **subject.contents[which], **changes}


def events() -> Iterator[Step]:
    """Old and new events, in both groups."""
    about = {"namespace": "rec-kinds-events", "kind": "Pod", "name": "p"}
    for index, change in enumerate((
        {}, {"involvedObject": {}}, {"involvedObject": {"namespace": "elsewhere"}}, {"eventTime": TIME},
        {"eventTime": TIME, "reportingComponent": "Bad Name", "reportingInstance": "i" * 129, "action": "a" * 129, "reason": "r" * 129,
         "message": "m" * 1025},
        {"metadata": {"name": "odd", "labels": {"Bad Key": "x"}, "finalizers": ["foo"]}},
    )):  # fmt: skip
        body = {"metadata": {"name": f"old{index}"}, "involvedObject": about, **change}
        yield post(EVENTS, body)
    good = {"eventTime": TIME, "reportingController": "example.com/c", "reportingInstance": "c-1", "action": "Start", "reason": "Started",
            "regarding": about, "note": "it began", "type": "Normal"}  # fmt: skip
    for index, change in enumerate((
        {}, {"eventTime": None}, {"type": "Odd"}, {"series": {}}, {"series": {"count": 2, "lastObservedTime": TIME}},
         {"deprecatedCount": 1},
        {"deprecatedSource": {"component": "c"}, "deprecatedFirstTimestamp": TIME, "deprecatedLastTimestamp": TIME},
        {"reportingController": "", "reportingInstance": "", "action": "", "reason": ""}, {"regarding": {}}, {"note": "m" * 1025},
        {"metadata": {"name": "Bad_Name", "finalizers": ["foo"]}},
    )):  # fmt: skip
        yield post(NEW_EVENTS, {"metadata": {"name": f"new{index}"}, **good, **change})
    one = f"{NEW_EVENTS}/new0"
    for change in (
        {"metadata": {"labels": {"a": "1"}}}, {"note": "other"}, {"reason": "Other", "type": "Warning"}, {"regarding": {"name": "q"}},
        {"related": {"kind": "Node", "name": "n"}}, {"eventTime": None}, {"series": {"count": 1}}, {"action": "Stop"},
        {"series": {"count": 3, "lastObservedTime": TIME}}, {"reportingController": "d", "reportingInstance": "e"},
        {"deprecatedSource": {"host": "h"}, "deprecatedCount": 2, "deprecatedFirstTimestamp": "2030-01-02T03:04:05Z"},
    ):  # fmt: skip
        yield merge(one, change)
    yield merge(f"{EVENTS}/new0", {"metadata": {"labels": {"b": "2"}}})
    yield {"method": "GET", "path": one}
    yield merge(f"{EVENTS}/new0", {"message": "changed by the old API"})
    yield {"method": "PUT", "path": f"{NEW_EVENTS}/absent", "body": {"apiVersion": "v1", "kind": "Status"}}
    yield merge(one, {"metadata": {"finalizers": ["foregroundDeletion"]}})
    yield {"method": "DELETE", "path": one, "query": "propagationPolicy=Foreground"}
    yield {"method": "GET", "path": one}


def nodes() -> Iterator[Step]:
    """Blocks of addresses in two fields, taints, and a status that comes with the object."""
    many, name = "/api/v1/nodes", "rec-kinds-node"
    one = f"{many}/{name}"
    for spec in (
        {"podCIDR": "10.8.0.0/24"}, {"podCIDRs": ["10.8.0.0/24"]}, {"podCIDR": "10.8.0.0/24", "podCIDRs": ["10.9.0.0/24", "fd00::/64"]},
        {"podCIDRs": ["10.8.0.0/24", "10.9.0.0/24"]}, {"podCIDRs": ["x", "fd00::/64"]}, {"podCIDRs": ["10.8.0.0/24", "fd00::/64",
         "fd01::/64"]},
        {"podCIDRs": ["10.8.0.1/24"]}, {"podCIDRs": ["fd00:0::/64"]}, {"configSource": {}, "externalID": "e"},
        {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule", "value": "b"}]},
        {"taints": [{}, {"key": "Bad Key", "value": "Bad Value", "effect": "Never"}]},
    ):  # fmt: skip
        yield post(many, {"metadata": {"name": name}, "spec": spec}, query="dryRun=All")
    yield post(many, {"metadata": {"name": "Bad_Name"}, "status": {"capacity": {"cpu": "-1"}, "allocatable": {"pods": "1.5"}}})
    features = {"declaredFeatures": ["b", "A", "A", "B/c"], "nodeInfo": {"swap": {"capacity": 0}}}
    yield post(many, {"metadata": {"name": name}, "status": features}, query="dryRun=All")
    status = {"capacity": {"cpu": "4"}, "config": {}, "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}
    yield post(many, {"metadata": {"name": name}, "spec": {"podCIDR": "10.8.0.0/24", "providerID": "p://1"}, "status": status})
    for change in (
        {"spec": {"podCIDR": "10.9.0.0/24"}}, {"spec": {"podCIDRs": ["10.9.0.0/24"]}}, {"spec": {"podCIDRs": ["10.8.0.0/24", "fd00::/64"]}},
        {"spec": {"providerID": "p://2"}}, {"spec": {"externalID": "e"}}, {"spec": {"configSource": {}}},
         {"status": {"capacity": {"cpu": "8"}}},
        {"metadata": {"ownerReferences": [{}]}}, {"spec": {"unschedulable": True, "taints": None}},
    ):  # fmt: skip
        yield merge(one, change)
    twice = [{"type": "InternalIP", "address": "10.0.0.1"}] * 2
    for written in ({"config": {}}, {"addresses": twice}, {"capacity": {"cpu": "-1"}}, {"phase": "Running", "capacity": {"memory": "1Gi"}}):
        yield merge(f"{one}/status", {"status": written})
    yield {"method": "DELETE", "path": one}


def certificates() -> Iterator[Step]:
    """Requests for certificates, their approval and their certificate."""
    many, name = "/apis/certificates.k8s.io/v1/certificatesigningrequests", "rec-kinds-csr"
    one = f"{many}/{name}"
    good = {"request": CSR, "signerName": "example.com/signer", "usages": ["digital signature", "client auth"]}
    for spec in (
        {}, {"request": "YQ=="}, {"request": CERTIFICATE}, {"usages": []}, {"usages": ["any", "any", "flying"]}, {"expirationSeconds": 599},
        {"signerName": ""}, {"signerName": "nodomain"}, {"signerName": "nodots/x"}, {"signerName": "Bad.com/x"}, {"signerName": "a.b/"},
        {"signerName": "a.b/c/d"}, {"signerName": "kubernetes.io/legacy-unknown"}, {"username": "somebody", "groups": ["g"], "uid": "u"},
    ):  # fmt: skip
        whole = {"metadata": {"name": name}, "spec": {**good, **spec} if spec else {}}
        yield post(many, whole, query="dryRun=All")
    yield post(many, {"metadata": {"name": name, "labels": {"a": "1"}}, "spec": good, "status": {"certificate": CERTIFICATE}})
    yield merge(one, {"spec": {"usages": ["any"]}, "metadata": {"labels": {"b": "2"}}})
    approved = {"type": "Approved", "status": "True", "reason": "Fine"}
    for part, status in (
        ("status", {"conditions": [approved]}), ("approval", {"conditions": [{"type": "", "status": ""}]}),
        ("approval", {"conditions": [{"type": "Approved", "status": "False"}]}), ("approval", {"certificate": CERTIFICATE}),
        ("approval", {"conditions": [approved, {"type": "Denied", "status": "True"}]}), ("approval", {"conditions": [approved, approved]}),
        ("approval", {"conditions": [approved], "certificate": CERTIFICATE}), ("approval", {"conditions": []}),
        ("status", {"certificate": "YQ=="}), ("status", {"certificate": CSR}), ("status", {"conditions": [{"type": "Odd",
         "status": "Maybe"}]}),
        ("status", {"certificate": CERTIFICATE, "conditions": [{**approved, "reason": "Other"}, {"type": "Failed", "status": "True"}]}),
        ("status", {"certificate": CERTIFICATE + "\n"}), ("status", {"certificate": None}),
    ):  # fmt: skip
        yield merge(f"{one}/{part}", {"status": status})
    yield {"method": "GET", "path": one}
    yield {"method": "DELETE", "path": one}


def statuses() -> Iterator[Step]:
    """Writes to the status of what has one and runs nothing."""
    condition = {"type": "Ready", "status": "True", "reason": "Fine", "lastTransitionTime": "2030-01-02T03:04:05Z", "message": ""}
    rows: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = (
        ("HorizontalPodAutoscaler", ({"currentReplicas": -1, "desiredReplicas": -2}, {"currentReplicas": 1, "desiredReplicas": 2})),
        ("PodDisruptionBudget", (
            {"conditions": [{}]}, {"conditions": [condition, condition], "currentHealthy": -1, "expectedPods": -1},
            {"conditions": [{**condition, "reason": "1 bad", "observedGeneration": -1, "status": "Maybe"}]}, {"conditions": [condition]},
        )),
        ("Ingress", (
            {"loadBalancer": {"ingress": [{"hostname": "Bad"}, {"hostname": "10.1.2.3"}, {"ip": "010.1.2.3"}]}},
            {"loadBalancer": {"ingress": [{"hostname": "a.example", "ip": "10.1.2.3", "ports": [{"port": 80}]}]}},
        )),
        ("ResourceQuota", ({"hard": {"new": "1"}, "used": {"pods": "-1"}}, {"hard": {"pods": "10"}, "used": {"pods": "1.5"}},
         {"hard": {"pods": "10"}})),
        ("VolumeAttachment", (
            {"attachError": {"errorCode": -1, "message": "m" * 1025}}, {"attached": True, "attachmentMetadata": {"a": "b"}},
        )),
    )  # fmt: skip
    for kind, written in rows:
        many, body = of(kind, "rec-kinds-status")
        yield post(many, body)
        for status in written:
            yield merge(f"{many}/rec-kinds-status/status", {"status": status})
        yield {"method": "DELETE", "path": f"{many}/rec-kinds-status"}


def routes() -> Iterator[Step]:
    """Endpoints and their slices."""
    many, body = of("Endpoints", "e")
    for subsets in (
        [{"addresses": [{}]}], [{"addresses": [{"ip": "010.1.2.3"}]}], [{"addresses": [{"ip": "127.0.0.1", "hostname": "Bad",
         "nodeName": "Bad"}]}],
        [{"ports": [{"appProtocol": "Bad Value"}]}], [{"notReadyAddresses": [{"ip": "169.254.1.1"}, {"ip": "224.0.0.1"},
         {"ip": "0.0.0.0"}]}],
    ):  # fmt: skip
        yield post(many, {**body, "subsets": subsets})
    slices, body = of("EndpointSlice", "s")
    for change in (
        {"addressType": "", "ports": [{}, {}], "endpoints": [{}]}, {"ports": [{"appProtocol": "", "protocol": "ICMP", "name": "Bad"}]},
        {"addressType": "FQDN", "endpoints": [{"addresses": ["", "a", "Bad.example", "a.example.", "010.1.2.3"]}]},
        {"addressType": "IPv6", "endpoints": [{"addresses": ["2001:DB8::1", "10.1.2.3", "fe80::1"]}]},
        {"endpoints": [{"addresses": ["10.1.2.3"], "nodeName": "Bad", "hostname": "Bad", "hints": {
            "forZones": [{"name": "a"}, {"name": "a"}, {"name": "Bad Zone"}], "forNodes": [{"name": "Bad"}]}}]},
        {"endpoints": [{"addresses": ["10.1.2.3"] * 101}, {"addresses": ["10.1.2.3"],
         "hints": {"forZones": [{"name": str(n)} for n in range(9)]}}]},
        {},
    ):  # fmt: skip
        yield post(slices, {**body, **change})
    yield merge(f"{slices}/s", {"addressType": "IPv6"})
    yield merge(f"{slices}/s", {"endpoints": [{"addresses": ["x"]}]})


def storing() -> Iterator[Step]:
    """Storage kinds, and classes of run-time."""
    many, body = of("StorageClass", "rec-kinds-class")
    term = {"matchLabelExpressions": [{"key": "zone", "values": ["a", "a"]}, {"key": "zone"}, {"key": "Bad Key", "values": ["x"]}]}
    for topologies in ([{}], [{}, {}], [term], [{"matchLabelExpressions": [{"key": "beta.kubernetes.io/os", "values": ["x"]}]}] * 2):
        yield post(many, {**body, "allowedTopologies": topologies}, query="dryRun=All")
    many, body = of("VolumeAttributesClass", "rec-kinds-class")
    yield post(many, body)
    for change in ({"driverName": None}, {"parameters": {"a": "b"}}, {"driverName": "other.example.com", "parameters": None}):
        yield merge(f"{many}/rec-kinds-class", change)
    yield merge(f"{many}/rec-kinds-class", {"metadata": {"finalizers": None}})
    yield {"method": "DELETE", "path": f"{many}/rec-kinds-class"}
    many, body = of("CSIStorageCapacity", "c")
    yield post(many, body)
    for change in ({"storageClassName": ""}, {"nodeTopology": {}}, {"capacity": "-1"}, {"maximumVolumeSize": "1500m"}):
        yield merge(f"{many}/c", change)
    many, body = of("VolumeAttachment", "rec-kinds-attach")
    for inline in (
        {}, {"claimRef": {}, "capacity": {"storage": "1"}, "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "x",
             "volumeMode": "Block", "nodeAffinity": {}, "volumeAttributesClassName": ""},
        {"accessModes": ["ReadWriteOnce"], "csi": {"driver": "d", "volumeHandle": "h"}},
    ):  # fmt: skip
        yield post(many, {**body, "spec": {**body["spec"], "source": {"inlineVolumeSpec": inline}}}, query="dryRun=All")
    yield post(many, body)
    yield merge(f"{many}/rec-kinds-attach", {"spec": {"source": {"inlineVolumeSpec": {"hostPath": {"path": "/x"}, "mountOptions": []}}}})
    yield {"method": "DELETE", "path": f"{many}/rec-kinds-attach"}
    many, body = of("PersistentVolumeClaim", "p", which=1)
    yield post(many, body)
    yield merge(f"{many}/p", {"spec": {"dataSourceRef": {"apiGroup": "Bad Group"}}})
    many, body = of("RuntimeClass", "rec-kinds-run")
    odd = [{}, {"key": "a", "operator": "Exists"}, {"key": "a", "operator": "Exists"}]
    yield post(many, {**body, "scheduling": {"tolerations": odd, "nodeSelector": {"beta.kubernetes.io/os": "linux"}}}, query="dryRun=All")
    yield post(many, {**body, "scheduling": {"nodeSelector": {"beta.kubernetes.io/os": "linux"}}})
    yield merge(f"{many}/rec-kinds-run", {"handler": "", "metadata": {"ownerReferences": [{}]}})
    yield {"method": "DELETE", "path": f"{many}/rec-kinds-run"}


def limits() -> Iterator[Step]:
    """Ranges, quotas, autoscalers and other bounds."""
    many, body = of("LimitRange", "l")
    for limit in (
        {"type": "Container", "maxLimitRequestRatio": {"cpu": "500m"}}, {"type": "Pod", "min": {"cpu": "1"}, "max": {"cpu": "2"},
         "maxLimitRequestRatio": {"cpu": "3"}},
        {"type": "Container", "default": {"example.com/gpu": "2"}, "defaultRequest": {"example.com/gpu": "1"}},
        {"type": "Container", "min": {"cpu": "0"}, "max": {"cpu": "0"}, "maxLimitRequestRatio": {"cpu": "3"}},
    ):  # fmt: skip
        yield post(many, {**body, "spec": {"limits": [limit]}}, query="dryRun=All")
    many, body = of("HorizontalPodAutoscaler", "h")
    odd = {"type": "ContainerResource", "containerResource": {"name": "x", "container": "Bad.Name", "target": {}}}
    target = body["spec"]["scaleTargetRef"]
    for change in ({"metrics": [odd]}, *({"scaleTargetRef": {**target, **other}} for other in (
        {"apiVersion": "/"}, {"apiVersion": ""}, {"apiVersion": "a/b/c"}, {"apiVersion": "v1", "kind": "ReplicationController"},
    ))):  # fmt: skip
        yield post(many, {**body, "spec": {**body["spec"], **change}}, query="dryRun=All")
    yield post(many, {**body, "spec": {**body["spec"], "scaleTargetRef": {**target, "apiVersion": "v1", "kind": "ReplicationController"}}})
    yield merge(f"{many}/h", {"spec": {"minReplicas": 2}})
    yield merge(f"{many}/h", {"spec": {"scaleTargetRef": {"kind": "Deployment"}}})
    for kind in ("FlowSchema", "PriorityLevelConfiguration"):
        many, body = of(kind, "rec-kinds-flow")
        yield post(many, {**body, "metadata": {"name": "rec-kinds-flow", "finalizers": ["foo"]}}, query="dryRun=All")
    many, body = of("IPAddress", "192.168.77.9")
    yield post(many, body)
    yield merge(f"{many}/192.168.77.9", {"spec": {"parentRef": None}})
    yield {"method": "DELETE", "path": f"{many}/192.168.77.9"}
    many, body = of("ServiceCIDR", "rec-kinds-cidr", spec={"cidrs": ["2001:db8:77::/112"]})
    yield post(many, body, query="dryRun=All")


def ownership() -> Iterator[Step]:
    """Lists that are one value belong to who sends them otherwise, though they read the same."""
    many, body = of("LimitRange", "l", spec={"limits": [{"type": "Pod", "max": {"cpu": "2000m"}}]})
    yield post(many, body)
    yield {"method": "PUT", "path": f"{many}/l", "query": "fieldManager=two", "body": body}
    yield {"method": "PUT", "path": f"{many}/l", "query": "fieldManager=three", "body": "<1>"}
    many, body = of("Role", "r")
    yield post(many, body)
    rules = [{**body["rules"][0], "nonResourceURLs": []}]
    yield {"method": "PATCH", "path": f"{many}/r", "type": STRATEGIC, "query": "fieldManager=two", "body": {"rules": rules}}
    yield {"method": "PATCH", "path": f"{many}/r", "type": APPLY, "query": "fieldManager=three", "body": {**body, "rules": rules}}
    many, body = of("StatefulSet", "s")
    claim = {"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}}
    body["spec"] = {**body["spec"], "volumeClaimTemplates": [claim]}
    yield post(many, body)
    yield {"method": "PUT", "path": f"{many}/s", "query": "fieldManager=two", "body": body}
    many, body = of("NetworkPolicy", "n")
    yield post(many, body)
    yield merge(f"{many}/n", {"spec": {"podSelector": {"matchLabels": {}}}})
    yield merge(f"{many}/n", {"spec": {"ingress": body["spec"]["ingress"]}})
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        many, body = of(kind, "rec-kinds-hook")
        body["webhooks"][0]["failurePolicy"] = "Ignore"
        yield post(many, body)
        hook = {**body["webhooks"][0], "namespaceSelector": {"matchExpressions": []}}
        for hooks in (
            [hook],
            [
                {
                    **body["webhooks"][0],
                    "matchConditions": [{}, {"name": "a b", "expression": "true"}] + [{"name": "m", "expression": "true"}] * 2,
                }
            ],
        ):
            yield {
                "method": "PATCH",
                "path": f"{many}/rec-kinds-hook",
                "type": APPLY,
                "query": "fieldManager=one&force=true",
                "body": {**body, "webhooks": hooks},
            }
        for url in ("https://u@example.com", "https://example.com/#a", "https://example.com/?a=b", "https:///x"):
            yield post(
                many,
                {**body, "metadata": {"name": "x"}, "webhooks": [{**body["webhooks"][0], "clientConfig": {"url": url}}]},
                query="dryRun=All",
            )
        yield {"method": "DELETE", "path": f"{many}/rec-kinds-hook"}
    many, body = of("ControllerRevision", "c", data="x")
    yield {"method": "PATCH", "path": f"{many}/c", "type": APPLY, "query": "fieldManager=one", "body": body}
    binding, body = of("MutatingAdmissionPolicyBinding", "x", spec={"matchResources": {"resourceRules": [{"apiGroups": ""}]}})
    yield post(binding, body)
    secrets = "/api/v1/namespaces/{ns}/secrets"
    yield post(secrets, {"metadata": {"name": "x"}, "data": {"a": None}})
    for _ in range(2):
        yield merge(f"{secrets}/x", {})


def autoscalers() -> Iterator[Step]:
    """An autoscaler in both versions: what the old one cannot say goes into annotations."""
    old, new = (f"/apis/autoscaling/{version}/namespaces/{{ns}}/horizontalpodautoscalers" for version in ("v1", "v2"))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    memory = '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]'
    prefix = "autoscaling.alpha.kubernetes.io/"
    plain = {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "spec": {"maxReplicas": 5, "scaleTargetRef": target}}
    for index, notes in enumerate((
        {}, {"metrics": memory}, {"metrics": "nothing"}, {"metrics": "[1]"}, {"behavior": "{}"}, {"behavior": "[]", "conditions": "x"},
        {"current-metrics": '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":5,"currentAverageValue":"1"}}]'},
    )):  # fmt: skip
        annotations = {prefix + key: text for key, text in notes.items()}
        yield post(old, {**plain, "metadata": {"name": f"a{index}", "annotations": annotations}})
        yield {"method": "GET", "path": f"{new}/a{index}"}
    yield merge(f"{old}/a0/status", {"status": {"currentCPUUtilizationPercentage": 2}})
    yield {"method": "GET", "path": f"{new}/a0"}
    now = [
        {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 3, "averageValue": "2"}}},
        {"type": "Pods", "pods": {"metric": {"name": "rps"}, "current": {"averageValue": "4"}}},
        {
            "type": "Object",
            "object": {"metric": {"name": "q"}, "current": {"value": "1"}, "describedObject": {"kind": "Service", "name": "s"}},
        },
        {"type": "External", "external": {"metric": {"name": "e", "selector": {"matchLabels": {"a": "b"}}}, "current": {"value": "1"}}},
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "c", "current": {"averageValue": "1"}}},
    ]
    yield merge(f"{new}/a1/status", {"status": {"currentMetrics": now, "conditions": [{"type": "AbleToScale", "status": "True"}]}})
    yield {"method": "GET", "path": f"{old}/a1"}
    yield merge(f"{old}/a1", {"metadata": {"labels": {"a": "1"}}})
    yield merge(f"{old}/a2", {"spec": {"maxReplicas": []}})
    applied = {**plain, "metadata": {"name": "b"}}
    yield {"method": "PATCH", "path": f"{old}/b", "type": APPLY, "query": "fieldManager=one", "body": applied}
    yield {
        "method": "PATCH",
        "path": f"{new}/b",
        "type": STRATEGIC,
        "query": "fieldManager=two",
        "body": {"metadata": {"labels": {"b": "2"}}},
    }
    bare = {key: applied[key] for key in ("apiVersion", "kind", "metadata")}
    yield {"method": "PATCH", "path": f"{old}/b", "type": APPLY, "query": "fieldManager=one&force=true", "body": bare}
    pods = [{"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "512Mi"}}}]
    yield post(new, {"metadata": {"name": "c"}, "spec": {"maxReplicas": 5, "scaleTargetRef": target, "metrics": pods}})
    yield merge(f"{new}/c", {"metadata": {"labels": {"a": "1"}}})


def parts() -> Iterator[Step]:
    """Pods through their subresources, with features that are off."""
    many = "/api/v1/namespaces/{ns}/pods"
    container = {"name": "web", "image": "nginx", "command": ["a"], "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "100m"}}}
    yield post(many, {"metadata": {"name": "x"}, "spec": {"containers": [container]}})
    resized = {"name": "web", "resources": {"limits": {"cpu": "2"}}}
    for entry in (
        resized,
        {**resized, "image": "nginx"},
        {**container, "resources": {"limits": {"cpu": "3"}, "requests": {"cpu": "100m"}}},
    ):
        yield merge(f"{many}/x/resize", {"spec": {"containers": [entry]}})
    yield {
        "method": "PATCH",
        "path": f"{many}/x/resize",
        "type": STRATEGIC,
        "query": "fieldManager=s",
        "body": {"spec": {"containers": [resized]}},
    }
    ended = {"stopSignal": "SIGTERM"}
    for index, lifecycle in enumerate((ended, {}, {**ended, "preStop": {"exec": {"command": ["a"]}}}, {"stopSignal": ""}, None)):
        debug = {"name": f"d{index}", "image": "busybox", "lifecycle": lifecycle}
        body = {"spec": {"ephemeralContainers": [debug]}}
        yield {"method": "PATCH", "path": f"{many}/x/ephemeralcontainers", "type": STRATEGIC, "query": "fieldManager=e", "body": body}
    image = {"name": "v", "image": {"reference": "r"}}
    yield post(many, {"metadata": {"name": "y"}, "spec": {"containers": [container], "volumes": [image]}})
    for volume in ({}, {"image": {"imageRef": "r"}}):
        state = {"name": "web", "image": "", "imageID": "", "ready": False, "restartCount": 0}
        mounts = [{"name": "v", "mountPath": "/x", "volumeStatus": volume}]
        yield merge(f"{many}/y/status", {"status": {"containerStatuses": [{**state, "volumeMounts": mounts}]}})


def forgotten() -> Iterator[Step]:
    """What is stored otherwise than it reads, and what loses its owners."""
    accounts, secrets = (f"/api/v1/namespaces/{{ns}}/{plural}" for plural in ("serviceaccounts", "secrets"))
    account: dict[str, Any] = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x"}, "secrets": [{"name": ""}]}
    one = f"{accounts}/x"
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=one", "body": account}
    yield {"method": "PATCH", "path": one, "type": STRATEGIC, "body": {"metadata": {}}}
    yield {"method": "PATCH", "path": one, "type": APPLY, "query": "fieldManager=two", "body": {**account, "secrets": [{"name": "a"}]}}
    yield {"method": "PUT", "path": one, "query": "fieldManager=three", "body": {**account, "secrets": [{"name": "b"}]}}
    yield merge(one, {"secrets": [{"namespace": "c"}]})
    many, body = of("MutatingWebhookConfiguration", "rec-kinds-empty")
    hook = {**body["webhooks"][0], "clientConfig": {"url": "https://example.com/x", "caBundle": ""}}
    whole = {**body, "webhooks": [hook]}
    yield post(many, whole)
    for change in ({"metadata": {"labels": {"a": "1"}}}, {"metadata": {"labels": {"a": "2"}}}, {"webhooks": [hook]}, {"webhooks": [hook]}):
        yield merge(f"{many}/rec-kinds-empty", change)
    yield {"method": "PATCH", "path": f"{many}/rec-kinds-empty", "type": APPLY, "query": "fieldManager=a&force=true", "body": whole}
    yield {"method": "DELETE", "path": f"{many}/rec-kinds-empty"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": {"a": None}}
    yield {
        "method": "PATCH",
        "path": f"{secrets}/x",
        "type": APPLY,
        "query": "fieldManager=one",
        "body": {**secret, "stringData": {"a": "1"}},
    }
    yield merge(f"{secrets}/x", {})
    for _ in range(3):
        yield {"method": "PUT", "path": f"{secrets}/x", "body": secret}
    for _ in range(2):
        yield merge(f"{secrets}/x", {})
    yield post(EVENTS, {"metadata": {"name": "x"}, "involvedObject": {"namespace": "rec-kinds-forgotten"}, "series": {}})
    yield {"method": "GET", "path": f"{NEW_EVENTS}/x"}


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """One sequence for each idea."""
    for make in (events, nodes, certificates, statuses, routes, storing, limits, ownership, autoscalers, parts, forgotten):
        yield f"kinds-{make.__name__}", list(make())
