"""Request sequences for plugins about accounts, classes and certificates: record those of `accounts` with the plugin ServiceAccount on.

Data for `record_api.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import MERGE, STRATEGIC, Step

PODS = "/api/v1/namespaces/{ns}/pods"
ACCOUNTS = "/api/v1/namespaces/{ns}/serviceaccounts"
MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
MASTERS = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIZk1JR0hBZ0VBTUNVeEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVFvd0NB"
    "WURWUVFEREFGNApNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUV0RkhVSFdvRXNSU2RRalZkUjA0UW5yczdDQndVCk9NMGRrSGV1NDlmU2Jj"
    "V1Q5SDBTTFc0VjdZbjY2R0RCcHhFRk9aME85eXFVdmRLSFkrTVdXbVJaL3FBQU1Bb0cKQ0NxR1NNNDlCQU1DQTBjQU1FUUNJRVhoV3planNKWXFhaGZCaXl1"
    "YTJ2L1lrdUdESmtVN2tIbFNLUmJLREdJZQpBaUJZZ0gxUWxZTW90RlNzV1loODJXbkF2S3ZBRDVZTW9HQnhlMEpCdHdSckF3PT0KLS0tLS1FTkQgQ0VSVElG"
    "SUNBVEUgUkVRVUVTVC0tLS0tCg=="
)
DEVELOPERS = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIYk1JR0RBZ0VBTUNFeEV6QVJCZ05WQkFvTUNtUmxkbVZzYjNCbGNuTXhDakFJQmdOVkJB"
    "TU1BWGd3V1RBVApCZ2NxaGtqT1BRSUJCZ2dxaGtqT1BRTUJCd05DQUFUWHZLNFJKdDNudTZ6OCtqQVA5RUVHaUJaSDJYUHlXRitJCjJxV1RMY2oyb0xlMzRV"
    "VTgxTnlwQzRKak83RWRLRGo0MjE5NEV5YXRJWXQ3ajhLN25rYjBvQUF3Q2dZSUtvWkkKemowRUF3SURSd0F3UkFJZ1Q5ODJ0QjBzWGNNVmpHaFQ4bDhEVkFm"
    "eDJ2QjFHOEZNakNqaTZYVUpBbDBDSUZ6NwpmbFBPaHNoL3cwMlhDUUdIcHRpcEJ6akZHUWN5c3E2a2xkU1llMkc0Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJF"
    "UVVFU1QtLS0tLQo="
)
"""Requests for certificates, of the masters and of others."""
ENFORCE = {"kubernetes.io/enforce-mountable-secrets": "true"}


def pod(name: str, query: str = "", notes: Any = None, container: Any = None, **spec: Any) -> Step:
    """A pod of one container."""
    meta = {"name": name, **({"annotations": notes} if notes else {})}
    body = {"metadata": meta, "spec": {"containers": [{"name": "a", "image": "a:1", **(container or {})}], **spec}}
    return {"method": "POST", "path": PODS, "query": query, "body": body}


def account(name: str, notes: Any = None, **body: Any) -> Step:
    """An account."""
    return {"method": "POST", "path": ACCOUNTS, "body": {"metadata": {"name": name, **({"annotations": notes} if notes else {})}, **body}}


def accounts() -> Iterator[Step]:
    """Tokens, pull secrets, mountable secrets, mirror pods, missing accounts."""
    yield pod("lost", serviceAccountName="nobody")
    yield account("default")
    yield account("plain", imagePullSecrets=[{"name": "registry"}, {"name": "other"}])
    yield account("tokenless", automountServiceAccountToken=False)
    yield account("strict", ENFORCE, secrets=[{"name": "known"}], imagePullSecrets=[{"name": "registry"}])
    yield pod("p-default")
    yield pod("p-plain", serviceAccountName="plain")
    yield pod("p-own", serviceAccountName="plain", imagePullSecrets=[{"name": "mine"}])
    yield pod("p-old", serviceAccount="plain")
    yield pod("p-tokenless", serviceAccountName="tokenless")
    yield pod("p-token", serviceAccountName="tokenless", automountServiceAccountToken=True)
    yield pod("p-off", automountServiceAccountToken=False)
    yield pod("p-init", initContainers=[{"name": "i", "image": "i:1"}])
    mount = {"volumeMounts": [{"name": "mine", "mountPath": MOUNT}]}
    yield pod("p-mounted", container=mount, volumes=[{"name": "mine", "emptyDir": {}}])
    token = {"name": "kube-api-access-mine", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    yield pod("p-named", volumes=[token])
    mirror = {"kubernetes.io/config.mirror": "x"}
    yield pod("p-mirror", notes=mirror, serviceAccountName="plain", nodeName="n")
    yield pod("p-mirror-2", notes=mirror, nodeName="n")
    yield pod("p-mirror-3", notes=mirror, nodeName="n", volumes=[{"name": "s", "secret": {"secretName": "x"}}])
    yield pod("p-mirror-4", notes=mirror, nodeName="n", volumes=[token])
    strict = {"serviceAccountName": "strict"}
    yield pod("s-good", **strict, volumes=[{"name": "s", "secret": {"secretName": "known"}}])
    yield pod("s-volume", **strict, volumes=[{"name": "s", "secret": {"secretName": "other"}}])
    env = {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "other", "key": "a"}}}]}
    yield pod("s-env", container=env, **strict)
    yield pod("s-from", container={"envFrom": [{"secretRef": {"name": "other"}}]}, **strict)
    yield pod("s-init", **strict, initContainers=[{"name": "i", "image": "i:1", **env}])
    yield pod("s-pull", **strict, imagePullSecrets=[{"name": "other"}])
    debug = {"spec": {"ephemeralContainers": [{"name": "e", "image": "a:1", **env}]}}
    yield {"method": "PATCH", "path": f"{PODS}/s-good/ephemeralcontainers", "type": STRATEGIC, "body": debug}
    yield {"method": "PATCH", "path": f"{PODS}/p-plain", "type": MERGE, "body": {"metadata": {"labels": {"a": "b"}}}}
    generated = pod("x", serviceAccountName="nobody")
    generated["body"]["metadata"] = {"generateName": "web-"}
    yield generated


def plugins() -> Iterator[Step]:
    """Other plugins that a server has on: protection, defaults, classes, topology, certificates, nodes."""
    claims = "/api/v1/namespaces/{ns}/persistentvolumeclaims"
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    yield {"method": "POST", "path": claims, "body": {"metadata": {"name": "c"}, "spec": claim}}
    yield {"method": "POST", "path": claims, "body": {"metadata": {"name": "d", "finalizers": ["example.com/x"]}, "spec": claim}}
    volume = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}
    yield {"method": "POST", "path": "/api/v1/persistentvolumes", "body": {"metadata": {"name": "plugins"}, "spec": volume}}
    yield {"method": "PATCH", "path": f"{claims}/c", "type": MERGE, "body": {"metadata": {"finalizers": None}}}
    yield {"method": "PATCH", "path": f"{claims}/c", "type": MERGE, "body": {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}}
    zone = "topology.kubernetes.io/zone"
    node = {"labels": {zone: "z", "topology.kubernetes.io/region": "r", "kubernetes.io/hostname": "h", "other": "x"}}
    yield {"method": "POST", "path": "/api/v1/nodes", "body": {"metadata": {"name": "plugins", **node}}}
    yield {"method": "POST", "path": "/api/v1/nodes", "body": {"metadata": {"name": "plugins-2"}, "spec": {"unschedulable": True}}}
    taints = [{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}]
    yield {"method": "POST", "path": "/api/v1/nodes", "body": {"metadata": {"name": "plugins-3"}, "spec": {"taints": taints}}}
    yield pod("bound", nodeName="plugins")
    yield pod("bound-own", nodeName="plugins", notes={"a": "b"})
    yield pod("bound-nowhere", nodeName="nothing")
    yield pod("free")
    bind = {"metadata": {"name": "free"}, "target": {"kind": "Node", "name": "plugins"}}
    yield {"method": "POST", "path": f"{PODS}/free/binding", "body": bind}
    yield {"method": "GET", "path": f"{PODS}/free", "pause": 1}
    yield pod("free-2")
    bind = {"metadata": {"name": "free-2", "labels": {zone: "mine"}}, "target": {"kind": "Node", "name": "plugins"}}
    yield {"method": "POST", "path": "/api/v1/namespaces/{ns}/bindings", "body": bind}
    yield {"method": "GET", "path": f"{PODS}/free-2"}
    for index, tolerations in enumerate(
        (
            [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}],
            [{"operator": "Exists"}],
            [{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoSchedule"}],
        )
    ):
        yield pod(f"tolerant-{index}", tolerations=tolerations)
    classes = "/apis/node.k8s.io/v1/runtimeclasses"
    sandbox = {"overhead": {"podFixed": {"cpu": "10m"}}, "scheduling": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "x"}]}}
    yield {"method": "POST", "path": classes, "body": {"metadata": {"name": "sandbox"}, "handler": "h", **sandbox}}
    yield pod("sandboxed", "", runtimeClassName="sandbox")
    yield pod("sandboxed-2", runtimeClassName="sandbox", overhead={"cpu": "1"})
    yield pod("sandboxed-3", runtimeClassName="nothing")
    yield pod("sandboxed-4", runtimeClassName="sandbox", nodeSelector={"a": "c"})
    requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    spec = {"signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}
    for name, request in (("masters", MASTERS), ("developers", DEVELOPERS)):
        yield {"method": "POST", "path": requests, "body": {"metadata": {"name": name}, "spec": {**spec, "request": request}}}
    roles = "/apis/rbac.authorization.k8s.io/v1"
    rules = [{"apiGroups": ["certificates.k8s.io"], "resources": ["*"], "verbs": ["get", "update", "patch"]}]
    yield {"method": "POST", "path": f"{roles}/clusterroles", "body": {"metadata": {"name": "certain"}, "rules": rules}}
    body = {
        "metadata": {"name": "certain"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "certain"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
    }
    yield {"method": "POST", "path": f"{roles}/clusterrolebindings", "body": body}
    approval = {"status": {"conditions": [{"type": "Approved", "status": "True", "reason": "x", "message": "y"}]}}
    failed = {"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "x", "message": "y"}]}}
    jane = {"Impersonate-User": "jane"}
    approve = {"method": "PATCH", "path": f"{requests}/developers/approval", "type": MERGE, "body": approval}
    sign = {"method": "PATCH", "path": f"{requests}/developers/status", "type": MERGE, "body": failed}
    yield {**approve, "headers": jane, "pause": 1}
    yield {**sign, "headers": jane}
    yield {**sign, "headers": jane, "body": {}}
    rules = [{"apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "resourceNames": ["kubernetes.io/*"], "verbs": ["approve"]}]
    yield {"method": "POST", "path": f"{roles}/clusterroles", "body": {"metadata": {"name": "approver"}, "rules": rules}}
    body = {**body, "metadata": {"name": "approver"}, "roleRef": {**body["roleRef"], "name": "approver"}}
    yield {"method": "POST", "path": f"{roles}/clusterrolebindings", "body": body}
    yield {**approve, "headers": jane, "pause": 1}
    yield sign


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    yield "accounts", list(accounts())
    yield "plugins", list(plugins())
