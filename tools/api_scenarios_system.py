"""Request sequences for what administrators write: kinds of storage drivers, admission policies, flow control, API services, addresses.

Each kind: a good object, the same with one thing changed at a time (dry runs), then changes of the stored one. Data for `record_api.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from api_scenarios import MERGE, TABLE, Step

GONE = object()
"""As a value: the field is left out."""
MATCH = {"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}]}
RULE = "spec.matchConstraints.resourceRules.0"
SUBJECT = "spec.rules.0.subjects.0"
RESOURCES, URLS = "spec.rules.0.resourceRules.0", "spec.rules.0.nonResourceRules.0"
LONG = "x" * 64

KINDS: dict[str, tuple[str, str, dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "csidriver": (
        "/apis/storage.k8s.io/v1/csidrivers",
        "a.csi.example.com",
        {"spec": {"attachRequired": True, "tokenRequests": [{"audience": "a", "expirationSeconds": 3600}]}},
        [
            {"spec": {}},
            {"spec.fsGroupPolicy": "Sometimes"},
            {"spec.tokenRequests.0.expirationSeconds": 10},
            {"spec.tokenRequests": [{"audience": "a"}, {"audience": "a"}]},
            {"spec.tokenRequests": [{"audience": "a", "expirationSeconds": 1 << 33}]},
            {"spec.volumeLifecycleModes": ["Persistent", "Never"]},
            {"spec.nodeAllocatableUpdatePeriodSeconds": 1},
            {"spec.serviceAccountTokenInSecrets": True, "spec.tokenRequests": GONE},
            {"spec.serviceAccountTokenInSecrets": True},
            {"metadata.name": "B_d"},
            {"metadata.name": LONG},
            {"metadata.name": "UPPER.example.com"},
        ],
        [
            {"spec": {"attachRequired": False}},
            {"spec": {"volumeLifecycleModes": ["Ephemeral"]}},
            {"spec": {"podInfoOnMount": True, "requiresRepublish": True}},
            {"spec": {"tokenRequests": [{"audience": "b"}]}},
            {"metadata": {"labels": {"a": "b"}}},
        ],
    ),
    "csinode": (
        "/apis/storage.k8s.io/v1/csinodes",
        "node-a",
        {"spec": {"drivers": [{"name": "a.csi", "nodeID": "n", "topologyKeys": ["zone"], "allocatable": {"count": 3}}]}},
        [
            {"spec": {"drivers": []}},
            {"spec": {}},
            {"spec.drivers.0.name": ""},
            {"spec.drivers.0.name": "a_b"},
            {"spec.drivers.0.name": LONG},
            {"spec.drivers.0.nodeID": ""},
            {"spec.drivers.0.nodeID": "n" * 193},
            {"spec.drivers.0.topologyKeys": ["a", "a", "", "b c"]},
            {"spec.drivers.0.allocatable.count": -1},
            {"spec.drivers": [{"name": "a", "nodeID": "n", "topologyKeys": None}, {"name": "a", "nodeID": "m", "topologyKeys": None}]},
        ],
        [
            {"spec": {"drivers": [{"name": "a.csi", "nodeID": "m", "topologyKeys": ["zone"]}]}},
            {"spec": {"drivers": [{"name": "a.csi", "nodeID": "n", "topologyKeys": ["zone"], "allocatable": {"count": 5}}]}},
            {"spec": {"drivers": [{"name": "b.csi", "nodeID": "n", "topologyKeys": None}]}},
        ],
    ),
    "volumeattachment": (
        "/apis/storage.k8s.io/v1/volumeattachments",
        "attached",
        {"spec": {"attacher": "a.csi", "nodeName": "n", "source": {"persistentVolumeName": "pv"}}},
        [
            {"spec": {"attacher": "", "nodeName": "", "source": {}}},
            {"spec.attacher": "a_b"},
            {"spec.attacher": LONG},
            {"spec.nodeName": "a_b"},
            {"spec.source": {"persistentVolumeName": ""}},
            {"spec.source": {"persistentVolumeName": "A"}},
            {"spec.source.inlineVolumeSpec": {"hostPath": {"path": "/x"}}},
            {"status": {"attached": True}},
        ],
        [{"spec": {"nodeName": "m"}}, {"metadata": {"annotations": {"a": "b"}}}],
    ),
    "csistoragecapacity": (
        "/apis/storage.k8s.io/v1/namespaces/{ns}/csistoragecapacities",
        "room",
        {"storageClassName": "fast", "capacity": "10Gi", "nodeTopology": {"matchLabels": {"a": "b"}}},
        [
            {"storageClassName": ""},
            {"storageClassName": "a_b"},
            {"capacity": "-1"},
            {"capacity": "x"},
            {"capacity": "1024Mi"},
            {"nodeTopology": {"matchExpressions": [{"key": "a", "operator": "Is"}]}},
            {"nodeTopology": GONE, "capacity": GONE},
            {"maximumVolumeSize": "5Gi"},
        ],
        [{"storageClassName": "slow"}, {"nodeTopology": {"matchLabels": {"a": "c"}}}, {"capacity": "1Gi"}],
    ),
    "validatingadmissionpolicy": (
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
        "few",
        {
            "spec": {
                "matchConstraints": MATCH,
                "matchConditions": [{"name": "a", "expression": "true"}],
                "variables": [{"name": "n", "expression": "object.spec.replicas"}],
                "validations": [{"expression": "variables.n < 5", "message": "too many", "reason": "Invalid"}],
                "auditAnnotations": [{"key": "k", "valueExpression": "'x'"}],
            }
        },
        [
            {"spec": {}},
            {"spec.failurePolicy": "Maybe"},
            {"spec.matchConstraints": {}},
            {"spec.matchConstraints.matchPolicy": "Roughly"},
            {"spec.matchConstraints.namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            {f"{RULE}.operations": []},
            {f"{RULE}.operations": ["*", "CREATE", "READ"]},
            {f"{RULE}.apiGroups": ["*", "apps"]},
            {f"{RULE}.apiVersions": ["", "v1"]},
            {f"{RULE}.resources": ["*", "pods"]},
            {f"{RULE}.resources": ["pods/*", "pods/status", "*/scale", "deployments/scale", "", "*/*"]},
            {f"{RULE}.resourceNames": ["a", "a", "b/c"]},
            {f"{RULE}.scope": "Everywhere"},
            {"spec.paramKind": {}},
            {"spec.paramKind": {"apiVersion": "a/b/c", "kind": "x y"}},
            {"spec.paramKind": {"apiVersion": "A_b/1", "kind": "ConfigMap"}},
            {"spec.paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}},
            {"spec.matchConditions": [{"name": "", "expression": ""}, {"name": "a b", "expression": "true"}]},
            {"spec.matchConditions": [{"name": "a", "expression": "true"}, {"name": "a", "expression": "true"}]},
            {"spec.variables": [{"name": "", "expression": ""}], "spec.validations": [{"expression": "true"}]},
            {"spec.variables": [{"name": "a-b", "expression": "1"}], "spec.validations": [{"expression": "true"}]},
            {"spec.variables": [{"name": "in", "expression": "1"}], "spec.validations": [{"expression": "true"}]},
            {"spec.validations": [], "spec.auditAnnotations": []},
            {"spec.validations": [{"expression": " ", "message": " ", "messageExpression": " ", "reason": "Because"}]},
            {"spec.validations": [{"expression": "true", "message": "a\nb"}]},
            {"spec.auditAnnotations": [{"key": "a b", "valueExpression": ""}]},
            {"spec.auditAnnotations": [{"key": "k", "valueExpression": "'x'"}, {"key": "k", "valueExpression": "'x'"}]},
        ],
        [
            {"spec": {"failurePolicy": "Ignore"}},
            {"spec": {"validations": []}},
            {"spec": {"validations": None, "auditAnnotations": None}},
            {"metadata": {"labels": {"a": "b"}}},
        ],
    ),
    "validatingadmissionpolicybinding": (
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
        "bound",
        {"spec": {"policyName": "few", "validationActions": ["Deny"], "paramRef": {"name": "p", "parameterNotFoundAction": "Deny"}}},
        [
            {"spec": {}},
            {"spec.policyName": "a_b"},
            {"spec.validationActions": ["Deny", "Warn", "Deny", "Cry"]},
            {"spec.validationActions": []},
            {"spec.paramRef": {}},
            {"spec.paramRef": {"name": "a/b", "selector": {}, "parameterNotFoundAction": "Cry"}},
            {"spec.paramRef": {"selector": {"matchLabels": {"a": "b"}}, "parameterNotFoundAction": "Allow"}},
            {"spec.matchResources": {"matchPolicy": "Roughly", "resourceRules": [{}]}},
            {"spec.matchResources": {}},
        ],
        [{"spec": {"policyName": "other"}}, {"spec": {"validationActions": None}}, {"spec": {"paramRef": {"namespace": "default"}}}],
    ),
    "mutatingadmissionpolicy": (
        "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies",
        "more",
        {
            "spec": {
                "matchConstraints": MATCH,
                "reinvocationPolicy": "Never",
                "mutations": [
                    {"patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: 'add', path: '/spec/paused', value: true}]"}}
                ],
            }
        },
        [
            {"spec": {}},
            {"spec.reinvocationPolicy": "Often"},
            {"spec.reinvocationPolicy": GONE},
            {"spec.mutations": []},
            {"spec.mutations": [{}]},
            {"spec.mutations": [{"patchType": "Glue"}]},
            {"spec.mutations": [{"patchType": "JSONPatch", "applyConfiguration": {"expression": "Object{}"}}]},
            {"spec.mutations": [{"patchType": "ApplyConfiguration"}]},
            {"spec.mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": " "}, "jsonPatch": {}}]},
            {f"{RULE}.operations": ["DELETE"]},
        ],
        [{"spec": {"reinvocationPolicy": "IfNeeded"}}, {"spec": {"mutations": None}}],
    ),
    "mutatingadmissionpolicybinding": (
        "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings",
        "bound",
        {"spec": {"policyName": "more"}},
        [
            {"spec": {}},
            {"spec.policyName": "a_b"},
            {"spec.paramRef": {}},
            {"spec.matchResources": {"resourceRules": [{"operations": ["DELETE"]}]}},
        ],
        [{"spec": {"policyName": "other"}}, {"spec": {"paramRef": {"selector": {}, "parameterNotFoundAction": "Allow"}}}],
    ),
    "flowschema": (
        "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
        "calm",
        {
            "spec": {
                "priorityLevelConfiguration": {"name": "global-default"},
                "distinguisherMethod": {"type": "ByUser"},
                "rules": [
                    {
                        "subjects": [{"kind": "User", "user": {"name": "u"}}],
                        "resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}],
                        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["/healthz"]}],
                    }
                ],
            }
        },
        [
            {"spec": {}},
            {"spec.matchingPrecedence": -1},
            {"spec.matchingPrecedence": 1},
            {"spec.matchingPrecedence": 10001},
            {"spec.distinguisherMethod.type": "ByMood"},
            {"spec.priorityLevelConfiguration.name": "a_b"},
            {"spec.rules": [{}]},
            {SUBJECT: {"kind": "Robot"}},
            {SUBJECT: {"kind": "User"}},
            {SUBJECT: {"kind": "Group", "group": {"name": ""}, "user": {"name": "u"}}},
            {SUBJECT: {"kind": "ServiceAccount", "serviceAccount": {"name": "A_", "namespace": ""}}},
            {SUBJECT: {"kind": "ServiceAccount", "serviceAccount": {"name": "*", "namespace": "a.b"}, "group": {"name": "g"}}},
            {f"{RESOURCES}.verbs": []},
            {f"{RESOURCES}.verbs": ["*", "get"]},
            {f"{RESOURCES}.verbs": ["look"]},
            {f"{RESOURCES}.apiGroups": ["*", "apps"], f"{RESOURCES}.resources": ["*", "pods"]},
            {f"{RESOURCES}.apiGroups": [], f"{RESOURCES}.resources": []},
            {f"{RESOURCES}.namespaces": []},
            {f"{RESOURCES}.namespaces": ["a", "*"]},
            {f"{RESOURCES}.namespaces": ["a.b"]},
            {f"{RESOURCES}.namespaces": [], f"{RESOURCES}.clusterScope": True},
            {f"{URLS}.nonResourceURLs": []},
            {f"{URLS}.nonResourceURLs": ["*", "/"]},
            {f"{URLS}.nonResourceURLs": ["a", "/a b", "/a//b", "/*/a", "", "/", "/a/*"]},
        ],
        [{"spec": {"matchingPrecedence": 500}}, {"spec": {"rules": None}}, {"spec": {"distinguisherMethod": None}}],
    ),
    "prioritylevelconfiguration": (
        "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
        "quiet",
        {"spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": {"queues": 8, "handSize": 2}}}}},
        [
            {"spec": {}},
            {"spec.type": "Exempt"},
            {"spec.type": "Unknown"},
            {"spec.limited": GONE},
            {"spec.exempt": {}},
            {"spec.limited.nominalConcurrencyShares": -1},
            {"spec.limited.lendablePercent": 101},
            {"spec.limited.borrowingLimitPercent": -1},
            {"spec.limited.limitResponse": {}},
            {"spec.limited.limitResponse": {"type": "Reject"}},
            {"spec.limited.limitResponse.type": "Reject"},
            {"spec.limited.limitResponse.type": "Wait"},
            {"spec.limited.limitResponse.queuing": GONE},
            {"spec.limited.limitResponse.queuing": {"queues": -1, "handSize": -1, "queueLengthLimit": -1}},
            {"spec.limited.limitResponse.queuing": {"queues": 20000000, "handSize": 2}},
            {"spec.limited.limitResponse.queuing": {"queues": 4, "handSize": 8}},
            {"spec.limited.limitResponse.queuing": {"queues": 1024, "handSize": 8}},
        ],
        [{"spec": {"limited": {"nominalConcurrencyShares": 7}}}, {"spec": {"type": "Exempt"}}],
    ),
    "apiservice": (
        "/apis/apiregistration.k8s.io/v1/apiservices",
        "v1.metrics.example.com",
        {
            "spec": {
                "group": "metrics.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
                "service": {"name": "metrics", "namespace": "default"}, "insecureSkipTLSVerify": True,
            }
        },
        [
            {"spec": {}},
            {"metadata.name": "v1.other"},
            {"spec.group": "A_b"},
            {"spec.version": "1"},
            {"spec.groupPriorityMinimum": 0, "spec.versionPriority": 2000},
            {"spec.groupPriorityMinimum": 20001},
            {"spec.service": {"name": "", "namespace": "", "port": 70000}},
            {"spec.caBundle": "Y2VydA=="},
            {"spec.service": GONE},
            {"spec.service": GONE, "spec.insecureSkipTLSVerify": GONE, "spec.caBundle": "Y2VydA=="},
        ],
        [{"spec": {"versionPriority": 20}}, {"spec": {"group": "other"}}, {"metadata": {"labels": {"a": "b"}}}],
    ),
    "ipaddress": (
        "/apis/networking.k8s.io/v1/ipaddresses",
        "192.168.1.9",
        {"spec": {"parentRef": {"resource": "services", "namespace": "default", "name": "x"}}},
        [
            {"spec": {}},
            {"metadata.name": "300.1.1.1"},
            {"metadata.name": "2001:DB8::1"},
            {"metadata.name": "2001:db8::1"},
            {"spec.parentRef": {}},
            {"spec.parentRef": {"group": "A_b", "resource": "a/b", "name": "..", "namespace": "a%b"}},
        ],
        [{"spec": {"parentRef": {"name": "y"}}}, {"metadata": {"labels": {"a": "b"}}}],
    ),
    "servicecidr": (
        "/apis/networking.k8s.io/v1/servicecidrs",
        "more",
        {"spec": {"cidrs": ["10.200.0.0/24"]}},
        [
            {"spec": {}},
            {"spec.cidrs": []},
            {"spec.cidrs": ["10.0.0.1/24"]},
            {"spec.cidrs": ["nothing"]},
            {"spec.cidrs": ["2001:DB8::/64"]},
            {"spec.cidrs": ["10.1.0.0/24", "10.2.0.0/24"]},
            {"spec.cidrs": ["10.1.0.0/24", "2001:db8::/112"]},
            {"spec.cidrs": ["10.1.0.0/24", "2001:db8::/112", "10.3.0.0/24"]},
        ],
        [{"spec": {"cidrs": ["10.201.0.0/24"]}}, {"spec": {"cidrs": ["10.200.0.0/24", "2001:db8::/112"]}}, {"spec": {"cidrs": None}}],
    ),
}  # fmt: skip


def changed(obj: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with other values at some paths; numbers in a path are places in lists."""
    result = copy.deepcopy(obj)
    for path, value in changes.items():
        *way, last = path.split(".")
        place: Any = result
        for step in way:
            place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
        if value is GONE:
            place.pop(last, None)
        else:
            place[int(last) if last.isdigit() else last] = value
    return result


def life(kind: str) -> Iterator[Step]:
    """What becomes of a good object, of bad ones, and of changes."""
    path, name, content, bad, updates = KINDS[kind]
    good = {"metadata": {"name": name}, **content}
    yield {"method": "POST", "path": path, "body": good}
    for changes in bad:
        body = changed({**good, "metadata": {"name": f"dry-{name}" if kind not in ("apiservice", "ipaddress") else name}}, changes)
        yield {"method": "POST", "path": path, "query": "dryRun=All", "body": body}
    for update in updates:
        yield {"method": "PATCH", "path": f"{path}/{name}", "type": MERGE, "body": update}
    yield {"method": "GET", "path": f"{path}/{name}"}
    yield {"method": "GET", "path": f"{path}/{name}", "accept": TABLE}
    yield {"method": "PUT", "path": f"{path}/{name}", "body": good}
    yield {"method": "DELETE", "path": f"{path}/{name}"}


RBAC = "/apis/rbac.authorization.k8s.io/v1"


def as_user(name: str, method: str, path: str, body: Any = None, **more: Any) -> Step:
    """A request of somebody else."""
    headers = {"Impersonate-User": name}
    return {"method": method, "path": path, "headers": headers, **({} if body is None else {"body": body}), **more}


def rule(groups: str, resources: str, verbs: str, *names: str) -> dict[str, Any]:
    """Rules in short: words separated by commas, `core` for the core group."""
    found = {"apiGroups": ["" if group == "core" else group for group in groups.split(",")], "resources": resources.split(",")}
    return {**found, "verbs": verbs.split(","), **({"resourceNames": list(names)} if names else {})}


def escalation() -> Iterator[Step]:
    """Users with few rights who write roles and bindings; what the default roles allow."""
    api, spaced = "rbac.authorization.k8s.io", f"{RBAC}/namespaces/{{ns}}"
    own = [
        rule("core", "configmaps", "get,list"),
        rule("core", "pods/*", "get"),
        rule("core", "secrets", "get", "one"),
        rule(api, "*", "*"),
    ]
    limited = [{**each, "verbs": ["create", "update", "patch", "get", "delete"]} if each["apiGroups"] == [api] else each for each in own]
    paths = [{"nonResourceURLs": ["/logs/*"], "verbs": ["get"]}, rule(api, "clusterroles,clusterrolebindings", "create,patch,update,get")]
    yield {"method": "POST", "path": f"{spaced}/roles", "body": {"metadata": {"name": "own"}, "rules": limited}}
    yield {"method": "POST", "path": f"{RBAC}/clusterroles", "body": {"metadata": {"name": "rec-paths"}, "rules": paths}}
    subjects = [{"kind": "User", "apiGroup": api, "name": "ann"}]
    reference = {"apiGroup": api, "kind": "Role", "name": "own"}
    bound = {"metadata": {"name": "own"}, "roleRef": reference, "subjects": subjects}
    yield {"method": "POST", "path": f"{spaced}/rolebindings", "body": bound, "pause": 1}
    everywhere = {
        "metadata": {"name": "rec-paths"},
        "roleRef": {**reference, "kind": "ClusterRole", "name": "rec-paths"},
        "subjects": subjects,
    }
    yield {"method": "POST", "path": f"{RBAC}/clusterrolebindings", "body": everywhere}
    yield as_user("ann", "GET", "/api/v1/namespaces/{ns}/configmaps", accept=TABLE, retry=200)
    given: tuple[list[dict[str, Any]], ...] = (
        [rule("core", "configmaps", "get")],
        [rule("core", "configmaps", "get,list,watch"), rule("apps", "deployments", "*")],
        [rule("core", "configmaps,pods", "get,delete", "a", "b"), rule("core", "secrets", "get", "one")],
        [rule("core", "pods/log,pods/exec", "get")],
        [rule("core", "secrets", "get")],
        [rule("*", "*", "*")],
        [],
    )
    for index, rules in enumerate(given):
        yield as_user("ann", "POST", f"{spaced}/roles", {"metadata": {"name": f"r{index}"}, "rules": rules})
    yield as_user("ann", "PATCH", f"{spaced}/roles/r0", {"rules": [rule("core", "nodes", "get")]}, type=MERGE)
    yield as_user("ann", "PATCH", f"{spaced}/roles/r0", {"metadata": {"labels": {"a": "b"}}}, type=MERGE)
    yield as_user("ann", "PATCH", f"{spaced}/roles/own", {"metadata": {"labels": {"a": "b"}}}, type=MERGE)
    applied = {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": {"name": "r9"}, "rules": given[1]}
    yield as_user("ann", "PATCH", f"{spaced}/roles/r9", applied, type="application/apply-patch+yaml", query="fieldManager=x")
    for index, url in enumerate(("/logs/x", "/logs/*", "/other")):
        rules = [{"nonResourceURLs": [url], "verbs": ["get"]}]
        yield as_user("ann", "POST", f"{RBAC}/clusterroles", {"metadata": {"name": f"rec-url{index}"}, "rules": rules})
    aggregated = {"metadata": {"name": "rec-all"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}}
    yield as_user("ann", "POST", f"{RBAC}/clusterroles", aggregated)
    for kind, name in (("Role", "own"), ("Role", "absent"), ("ClusterRole", "absent"), ("ClusterRole", "system:basic-user")):
        body = {"metadata": {"name": f"to-{kind.lower()}-{name.replace(':', '-')}"}, "roleRef": {**reference, "kind": kind, "name": name}}
        yield as_user("ann", "POST", f"{spaced}/rolebindings", {**body, "subjects": subjects})
    yield as_user(
        "ann", "POST", f"{RBAC}/clusterrolebindings", {**everywhere, "metadata": {"name": "rec-more"}, "roleRef": everywhere["roleRef"]}
    )
    master = {**everywhere["roleRef"], "name": "cluster-admin"}
    yield as_user("ann", "POST", f"{RBAC}/clusterrolebindings", {**everywhere, "metadata": {"name": "rec-master"}, "roleRef": master})
    yield as_user("ann", "DELETE", f"{spaced}/roles/r0")
    for verb, path in (("get", "/version"), ("get", "/metrics"), ("post", "/version")):
        review = {"spec": {"nonResourceAttributes": {"path": path, "verb": verb}}}
        yield as_user("ann", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    for name in ("bob", "system:anonymous"):
        yield as_user(name, "GET", "/api/v1/namespaces")
        yield as_user(name, "GET", "/version/")
        yield as_user(name, "GET", "/apis")


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """One sequence for each kind, and one for rights."""
    for kind in KINDS:
        yield f"system-{kind}", list(life(kind))
    yield "system-escalation", list(escalation())
