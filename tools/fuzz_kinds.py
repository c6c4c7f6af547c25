"""What `fuzz_api.py` starts from: good objects of every kind, several where one cannot show all of a kind, and words for their fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api_scenarios import CLUSTER_KINDS, KINDS

CSR = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWE1IOENBUUF3SFRFTU1Bb0dBMVVFQ2d3RFpHVjJNUTB3Q3dZRFZRUUREQVJxWVc1bE1Ga3dFd1lIS29a"
    "SQp6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUVuV0Nma3o0aTlEWHJYU1Frc3VWL2NXUnFjTlNjZXBseXloSGJwMjNCCjJpQmVhM3ZsVklQMzZVY2FsYnZXSysvUHRQRjJ2UStX"
    "OWRFaC94cWhlYmxFZ2FBQU1Bb0dDQ3FHU000OUJBTUMKQTBnQU1FVUNJREVJa2trOXFtSWpCQWhWb1g1YXdUeXRyY0RXamZpRzliVmhkaVJOS05zd0FpRUFzRzN1TGpaSgpO"
    "N3hzNVRydmp4cGttdE1KYlA3V2Y4VElFT1hZMEc1K1JLOD0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="
)
"""A request for `jane` of the organisation `dev`."""
MASTERS_CSR = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIaE1JR0hBZ0VBTUNVeEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVFvd0NBWURWUVFEREFG"
    "NApNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUU1amVKMllFS1lDTXlrSTdOL29wcFBGK0o5cXF5ClVnY0FFMkx2dnhabnVFVDdURlE0VlV3SFFZRER1TEZE"
    "VVZOVDBROXRHZWVVaStkMGJCazBaa2d0d2FBQU1Bb0cKQ0NxR1NNNDlCQU1DQTBrQU1FWUNJUUQ2YnVPbWxIU21NOGpBb1lKZ01RY3QyaFhrcDNYR1V5azA0R0lCbHFmMQpi"
    "QUloQUo1SUlYU3ZzaEJFSFRQNnk0cEVYa3ptd04vSzJNWCtOMWNna2haMUsyZkMKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="
)
"""A request for `x` of the organisation `system:masters`."""
CERTIFICATE = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJDakNCc2FBREFnRUNBZ0VGTUFvR0NDcUdTTTQ5QkFNQ01BOHhEVEFMQmdOVkJBTU1CR3BoYm1Vd0hoY04KTWpZd01U"
    "QXhNREF3TURBd1doY05ORFl3TVRBeE1EQXdNREF3V2pBUE1RMHdDd1lEVlFRRERBUnFZVzVsTUZrdwpFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRVdDUjd1dGNE"
    "dTBzMkhiK3BlM0wvR1hEYVZ5Q1lMd0M0CkFMUVhDRDg2SXZhaDU1RDlCb09CaFpDN2QrY1dQSzNrTG5NTC9UdS9aMzFxVEZFR1l2WUJtakFLQmdncWhrak8KUFFRREFnTklB"
    "REJGQWlFQTh6TCtPQ3RYSE1RV3FTdlFidFB2RVVETmZQVUJiZmdRQlBOUklOVTJldzRDSUhtcQp0UVVBU1RiTExMTEZFc2pwb2tCQlVQRGthZkxaYWZ3TjVLcWZoRG5UCi0t"
    "LS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"
)


@dataclass(frozen=True)
class Subject:
    """A kind in one version: where it lives, what good ones hold, and other versions that the same object is asked for in."""

    api_version: str
    kind: str
    plural: str
    contents: tuple[dict[str, Any], ...]
    namespaced: bool = True
    name: str = ""
    others: tuple[str, ...] = ()


_SELECTOR = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a"]}]}
_HPA = {"maxReplicas": 5, "minReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
_METRIC = {"metric": {"name": "rps", "selector": _SELECTOR}, "target": {"type": "AverageValue", "averageValue": "10"}}
_AUTOSCALERS = (
    {"spec": {**_HPA, "metrics": [
        {"type": "Pods", "pods": _METRIC},
        {"type": "External", "external": _METRIC},
        {"type": "Object", "object": {**_METRIC, "describedObject": {"kind": "Service", "name": "web", "apiVersion": "v1"}}},
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "web", "target": {"type": "Utilization",
         "averageUtilization": 50}}},
    ]}},
    {"spec": {**_HPA, "behavior": {
        "scaleUp": {"stabilizationWindowSeconds": 5, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]},
        "scaleDown": {"selectPolicy": "Min", "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}], "tolerance": "0.1"},
    }}},
)  # fmt: skip
_PV = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}
_NODE_AFFINITY = {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}]}}
_WEBHOOK = {
    "name": "a.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore", "timeoutSeconds": 5,
    "clientConfig": {"service": {"name": "x", "namespace": "y", "path": "/z"}},
    "matchConditions": [{"name": "m", "expression": "true"}],
    "namespaceSelector": _SELECTOR, "objectSelector": _SELECTOR,
    "rules": [{"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nones"], "scope": "*"}],
}  # fmt: skip
_MATCH = {
    "resourceRules": [{"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nones"]}],
    "namespaceSelector": _SELECTOR, "matchPolicy": "Exact",
    "excludeResourceRules": [{"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["x/y"],
     "resourceNames": ["n"]}],
}  # fmt: skip
_ADMISSION, _FLOW, _STORAGE = "admissionregistration.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1", "storage.k8s.io/v1"
_LEGACY_EVENT = {
    "involvedObject": {"kind": "Pod", "namespace": "{ns}", "name": "p"}, "reason": "Started", "message": "it began", "type": "Normal",
     "count": 1,
    "source": {"component": "c", "host": "h"}, "firstTimestamp": "2030-01-02T03:04:05Z",
}  # fmt: skip
_EVENT = {
    "eventTime": "2030-01-02T03:04:05.000006Z", "reportingController": "example.com/c", "reportingInstance": "c-1", "action": "Start",
    "reason": "Started", "regarding": {"kind": "Pod", "namespace": "{ns}", "name": "p"}, "note": "it began", "type": "Normal",
}  # fmt: skip

RICHER: dict[str, tuple[dict[str, Any], ...]] = {
    "HorizontalPodAutoscaler": _AUTOSCALERS,
    "Ingress": (
        {"spec": {"defaultBackend": {"service": {"name": "web", "port": {"name": "http"}}}, "ingressClassName": "x",
                  "tls": [{"hosts": ["a.example"], "secretName": "s"}]}},
        {"spec": {"rules": [{"host": "*.example", "http": {"paths": [
            {"path": "/a", "pathType": "Exact", "backend": {"resource": {"apiGroup": "example.com", "kind": "Bucket", "name": "b"}}},
            {"pathType": "ImplementationSpecific", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}},
    ),
    "IngressClass": (
        {"spec": {"controller": "example.com/ingress",
                  "parameters": {"apiGroup": "example.com", "kind": "P", "name": "p", "scope": "Namespace", "namespace": "n"}}},
        {"metadata": {"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
         "spec": {"controller": "example.com/ingress"}},
    ),
    "NetworkPolicy": (
        {"spec": {"podSelector": _SELECTOR, "policyTypes": ["Ingress", "Egress"],
                  "ingress": [{"from": [{"podSelector": _SELECTOR}, {"namespaceSelector": {}},
                                        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}],
                  "egress": [{"ports": [{"protocol": "UDP", "port": 53, "endPort": 60}, {"port": "http"}], "to": [{"podSelector": {}}]}]}},
    ),
    "PodDisruptionBudget": (
        {"spec": {"maxUnavailable": "25%", "selector": _SELECTOR, "unhealthyPodEvictionPolicy": "AlwaysAllow"}},
    ),
    "ClusterRole": (
        {"aggregationRule": {"clusterRoleSelectors": [_SELECTOR]}},
        {"rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"], "resourceNames": ["x"]}]},
    ),
    "RoleBinding": (
        {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "x"},
         "subjects": [{"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"}, {"kind": "Group", "name": "g"},
                      {"kind": "ServiceAccount", "name": "s", "namespace": "n"}]},
    ),
    "StorageClass": (
        {"provisioner": "example.com/disk", "allowVolumeExpansion": True, "volumeBindingMode": "WaitForFirstConsumer",
         "mountOptions": ["ro"],
         "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a", "b"]}]}]},
    ),
    "PersistentVolume": (
        {"spec": {**_PV, "csi": {"driver": "csi.example.com", "volumeHandle": "h", "volumeAttributes": {"a": "b"},
                                 "nodePublishSecretRef": {"name": "s", "namespace": "n"}}, "storageClassName": "fast"}},
        {"spec": {**_PV, "local": {"path": "/mnt"}, "nodeAffinity": _NODE_AFFINITY, "volumeMode": "Block"}},
        {"spec": {**_PV, "nfs": {"server": "s", "path": "/x"}, "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "n", "name": "c"},
                  "persistentVolumeReclaimPolicy": "Delete", "mountOptions": ["ro"]}},
    ),
    "PersistentVolumeClaim": (
        {"spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}, "limits": {"storage": "2Gi"}},
                  "selector": _SELECTOR, "storageClassName": "fast", "volumeMode": "Block",
                  "dataSourceRef": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}}},
    ),
    "CSIDriver": (
        {"spec": {"fsGroupPolicy": "File", "podInfoOnMount": True, "volumeLifecycleModes": ["Ephemeral"], "storageCapacity": True,
                  "tokenRequests": [{"audience": "a", "expirationSeconds": 3600}], "requiresRepublish": True, "seLinuxMount": True}},
    ),
    "ValidatingWebhookConfiguration": ({"webhooks": [_WEBHOOK]}, {"webhooks": [_WEBHOOK, {**_WEBHOOK, "name": "b.example.com"}]}),
    "RuntimeClass": (
        {"handler": "runc", "overhead": {"podFixed": {"cpu": "1"}},
         "scheduling": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}]}},
    ),
    "PriorityClass": ({"value": -5, "preemptionPolicy": "Never"},),
    "Lease": (
        {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 15, "acquireTime": "2030-01-02T03:04:05.000006Z",
                  "renewTime": "2030-01-02T03:04:05.000006Z", "leaseTransitions": 3}},
        {},
    ),
    "EndpointSlice": (
        {"addressType": "IPv6", "endpoints": [{"addresses": ["2001:db8::1"], "hostname": "h", "nodeName": "n", "zone": "z",
                                               "conditions": {"ready": True}, "hints": {"forZones": [{"name": "z"}]},
                                               "targetRef": {"kind": "Pod", "name": "p"}}],
         "ports": [{"name": "http", "port": 80, "appProtocol": "h2c"}, {"name": "dns", "protocol": "UDP", "port": 53}]},
        {"addressType": "FQDN", "endpoints": [{"addresses": ["a.example"]}]},
    ),
    "Endpoints": (
        {"subsets": [{"addresses": [{"ip": "10.1.2.3", "hostname": "h", "nodeName": "n", "targetRef": {"kind": "Pod", "name": "p"}}],
                      "notReadyAddresses": [{"ip": "10.1.2.4"}],
                      "ports": [{"name": "a", "port": 80, "appProtocol": "http"}, {"name": "b", "port": 53, "protocol": "UDP"}]}]},
    ),
    "LimitRange": (
        {"spec": {"limits": [
            {"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "100m"}, "default": {"cpu": "1"}, "defaultRequest": {"cpu": "500m"},
             "maxLimitRequestRatio": {"cpu": "10"}},
            {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}]}},
    ),
    "ResourceQuota": (
        {"spec": {"hard": {"pods": "10"}, "scopes": ["NotTerminating"],
                  "scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}}},
    ),
}  # fmt: skip

_EXTRA: dict[str, Subject] = {
    "Namespace": Subject("v1", "Namespace", "namespaces", ({}, {"spec": {"finalizers": ["kubernetes"]}}), namespaced=False),
    "Node": Subject(
        "v1", "Node", "nodes",
        ({}, {"spec": {"podCIDR": "10.8.0.0/24", "podCIDRs": ["10.8.0.0/24"], "providerID": "p://1", "unschedulable": True,
                       "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]}},
         {"status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}, "allocatable": {"cpu": "4"},
                     "conditions": [{"type": "Ready", "status": "True"}],
                     "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}], "nodeInfo": {"kubeletVersion": "v1.36.0"}}}),
        namespaced=False,
    ),
    "HorizontalPodAutoscaler/v1": Subject(
        "autoscaling/v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers",
        ({"spec": {**_HPA, "targetCPUUtilizationPercentage": 80}},
         {"spec": _HPA, "metadata": {"annotations": {
             "autoscaling.alpha.kubernetes.io/metrics": '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]'}}}),
        others=("autoscaling/v2",),
    ),
    "Event": Subject(
        "v1", "Event", "events",
        (_LEGACY_EVENT, {**_LEGACY_EVENT, "eventTime": "2030-01-02T03:04:05.000006Z", "reportingComponent": "example.com/c",
                         "reportingInstance": "c-1", "action": "Start"}),
        others=("events.k8s.io/v1",),
    ),
    "Event/v1": Subject(
        "events.k8s.io/v1", "Event", "events",
        (_EVENT, {**_EVENT, "series": {"count": 2, "lastObservedTime": "2030-01-02T03:04:06.000000Z"}, "related": {"kind": "Node",
         "name": "n"}}),
        others=("v1",),
    ),
    "CertificateSigningRequest": Subject(
        "certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests",
        ({"spec": {"request": CSR, "signerName": "example.com/signer", "usages": ["digital signature", "key encipherment", "client auth"]}},
         {"spec": {"request": CSR, "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"],
          "expirationSeconds": 3600}}),
        namespaced=False,
    ),
    "VolumeAttributesClass": Subject(
        _STORAGE, "VolumeAttributesClass", "volumeattributesclasses", ({"driverName": "csi.example.com",
         "parameters": {"iops": "10"}},), namespaced=False
    ),
    "CSINode": Subject(
        _STORAGE, "CSINode", "csinodes",
        ({"spec": {"drivers": []}}, {"spec": {"drivers": [{"name": "csi.example.com", "nodeID": "n", "topologyKeys": ["zone"],
         "allocatable": {"count": 5}}]}}),
        namespaced=False,
    ),
    "CSIStorageCapacity": Subject(
        _STORAGE, "CSIStorageCapacity", "csistoragecapacities",
        ({"storageClassName": "fast"}, {"storageClassName": "fast", "capacity": "1Gi", "maximumVolumeSize": "1Gi",
         "nodeTopology": _SELECTOR}),
    ),
    "VolumeAttachment": Subject(
        _STORAGE, "VolumeAttachment", "volumeattachments",
        ({"spec": {"attacher": "csi.example.com", "nodeName": "n", "source": {"persistentVolumeName": "pv"}}},
         {"spec": {"attacher": "csi.example.com", "nodeName": "n", "source": {"inlineVolumeSpec": {
             **_PV, "csi": {"driver": "csi.example.com", "volumeHandle": "h"}}}}}),
        namespaced=False,
    ),
    "MutatingWebhookConfiguration": Subject(
        _ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations",
        ({"webhooks": [{**_WEBHOOK, "reinvocationPolicy": "IfNeeded"}]},
         {"webhooks": [{**_WEBHOOK, "clientConfig": {"url": "https://example.com/x"}}]}),
        namespaced=False,
    ),
    "ValidatingAdmissionPolicy": Subject(
        _ADMISSION, "ValidatingAdmissionPolicy", "validatingadmissionpolicies",
        ({"spec": {"matchConstraints": _MATCH, "validations": [{"expression": "true", "message": "no"}]}},
         {"spec": {"matchConstraints": _MATCH, "failurePolicy": "Ignore", "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
                   "matchConditions": [{"name": "m", "expression": "true"}], "variables": [{"name": "v", "expression": "1"}],
                   "auditAnnotations": [{"key": "k", "valueExpression": "'x'"}],
                   "validations": [{"expression": "true", "messageExpression": "'no'", "reason": "Forbidden"}]}}),
        namespaced=False,
    ),
    "ValidatingAdmissionPolicyBinding": Subject(
        _ADMISSION, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings",
        ({"spec": {"policyName": "absent.example.com", "validationActions": ["Deny"]}},
         {"spec": {"policyName": "absent.example.com", "validationActions": ["Warn", "Audit"], "matchResources": _MATCH,
                   "paramRef": {"name": "p", "namespace": "n", "parameterNotFoundAction": "Deny"}}}),
        namespaced=False,
    ),
    "MutatingAdmissionPolicy": Subject(
        _ADMISSION, "MutatingAdmissionPolicy", "mutatingadmissionpolicies",
        ({"spec": {"matchConstraints": _MATCH, "reinvocationPolicy": "Never", "failurePolicy": "Ignore",
                   "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}]}},
         {"spec": {"matchConstraints": _MATCH, "reinvocationPolicy": "IfNeeded",
                   "variables": [{"name": "v", "expression": "1"}], "matchConditions": [{"name": "m", "expression": "true"}],
                   "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": '[JSONPatch{op: "remove", path: "/x"}]'}}]}}),
        namespaced=False,
    ),
    "MutatingAdmissionPolicyBinding": Subject(
        _ADMISSION, "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings",
        ({"spec": {"policyName": "absent.example.com"}},
         {"spec": {"policyName": "absent.example.com", "matchResources": _MATCH, "paramRef": {"selector": {},
          "parameterNotFoundAction": "Allow"}}}),
        namespaced=False,
    ),
    "FlowSchema": Subject(
        _FLOW, "FlowSchema", "flowschemas",
        ({"spec": {"priorityLevelConfiguration": {"name": "global-default"},
         "matchingPrecedence": 9000, "distinguisherMethod": {"type": "ByUser"},
                   "rules": [{"subjects": [{"kind": "User", "user": {"name": "u"}}, {"kind": "Group", "group": {"name": "g"}},
                                           {"kind": "ServiceAccount", "serviceAccount": {"name": "s", "namespace": "n"}}],
                              "resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}],
                              "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["/healthz"]}]}]}},),
        namespaced=False,
    ),
    "PriorityLevelConfiguration": Subject(
        _FLOW, "PriorityLevelConfiguration", "prioritylevelconfigurations",
        ({"spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 5, "lendablePercent": 10, "borrowingLimitPercent": 20,
                                                  "limitResponse": {"type": "Queue",
                                                   "queuing": {"queues": 8, "handSize": 2, "queueLengthLimit": 5}}}}},
         {"spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}}),
        namespaced=False,
    ),
    "ServiceCIDR": Subject(
        "networking.k8s.io/v1", "ServiceCIDR", "servicecidrs", ({"spec": {"cidrs": ["2001:db8:1::/112"]}},
         {"spec": {"cidrs": ["2001:db8::/112"]}}),
        namespaced=False,
    ),
    "IPAddress": Subject(
        "networking.k8s.io/v1", "IPAddress", "ipaddresses", ({"spec": {"parentRef": {"resource": "services", "namespace": "d",
         "name": "x"}}},),
        namespaced=False, name="192.168.{n}.{n}",
    ),
    "APIService": Subject(
        "apiregistration.k8s.io/v1", "APIService", "apiservices",
        ({"spec": {"group": "fuzz{n}.example.com", "version": "v1",
         "groupPriorityMinimum": 100, "versionPriority": 100, "insecureSkipTLSVerify": True,
                   "service": {"name": "absent", "namespace": "default"}}},),
        namespaced=False, name="v1.fuzz{n}.example.com",
    ),
}  # fmt: skip


def _plain(kinds: dict[str, tuple[str, str, dict[str, Any]]], *, namespaced: bool) -> dict[str, Subject]:
    return {
        kind: Subject(version, kind, plural, (content, *RICHER.get(kind, ())), namespaced)
        for kind, (version, plural, content) in kinds.items()
    }


SUBJECTS: dict[str, Subject] = {
    **_plain(KINDS, namespaced=True), **_plain({k: v for k, v in CLUSTER_KINDS.items() if k != "Namespace"}, namespaced=False), **_EXTRA,
}  # fmt: skip
"""By the name that `--kind` takes."""

ASYNCHRONOUS = ("FlowSchema", "APIService", "ValidatingAdmissionPolicy", "PriorityLevelConfiguration", "ServiceCIDR")
"""The real server writes their status itself, some time after."""

OWN_WORDS: dict[tuple[str, str], tuple[Any, ...]] = {
    **{(kind, "apiGroups"): ("none.example.com", "other.example.com", "Bad Group")
       for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy",
        "MutatingAdmissionPolicy",
                    "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding")},
    **{(kind, "failurePolicy"): ("Ignore", "Fail", "x") for kind in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")},
    ("Role", "apiGroups"): ("", "apps", "*", "batch"),
    ("LimitRange", "type"): ("Pod", "Container", "PersistentVolumeClaim", "x", "example.com/x"),
    ("ResourceQuota", "operator"): ("In", "NotIn", "Exists", "DoesNotExist", "x"),
    ("PriorityLevelConfiguration", "type"): ("Limited", "Exempt", "Queue", "Reject", "x"),
    ("FlowSchema", "type"): ("ByUser", "ByNamespace", "x"),
    ("FlowSchema", "kind"): ("User", "Group", "ServiceAccount", "x"),
    ("FlowSchema", "namespaces"): ("*", "default", "Bad"),
    ("RoleBinding", "kind"): ("User", "Group", "ServiceAccount", "Role", "ClusterRole", "x"),
    ("ClusterRoleBinding", "kind"): ("User", "Group", "ServiceAccount", "ClusterRole", "x"),
    ("RoleBinding", "apiGroup"): ("rbac.authorization.k8s.io", "", "x"),
    ("ClusterRoleBinding", "apiGroup"): ("rbac.authorization.k8s.io", "", "x"),
    ("CertificateSigningRequest", "type"): ("Approved", "Denied", "Failed", "", "x"),
    ("CertificateSigningRequest", "request"): (CSR, MASTERS_CSR, "YQ==", CERTIFICATE),
    ("CertificateSigningRequest", "certificate"): (CERTIFICATE, "YQ==", CSR),
    ("Event", "type"): ("Normal", "Warning", "x", ""),
    ("Event", "namespace"): ("{ns}", "default", "", "x"),
    ("Event/v1", "type"): ("Normal", "Warning", "x", ""),
    ("Event/v1", "namespace"): ("{ns}", "default", "", "x"),
    ("APIService", "group"): ("fuzz.example.com", "other.example.com", ""),
    ("APIService", "version"): ("v1", "v2", "Bad"),
    ("MutatingAdmissionPolicy", "expression"): ("Object{}", "[]", "true", "1 +", ""),
    ("ValidatingAdmissionPolicy", "expression"): ("true", "object.x == 1", "1 +", "", "self"),
    **{(kind, "expression"): ("true", "1 == 1", "") for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")},
    ("CSIStorageCapacity", "storageClassName"): ("fast", "", "Bad_Value"),
    ("Node", "podCIDR"): ("10.8.0.0/24", "10.9.0.0/24", "x", "fd00::/64"),
    ("Node", "podCIDRs"): ("10.8.0.0/24", "10.9.0.0/24", "x", "fd00::/64"),
    ("NetworkPolicy", "except"): ("10.1.0.0/16", "10.0.0.0/8", "11.0.0.0/16", "fd00::/64", "x"),
    ("ServiceCIDR", "cidrs"): ("2001:db8:1::/112", "2001:db8::/112", "10.0.0.1/24", "x", "2001:DB8::/64"),
    ("EndpointSlice", "addresses"): ("10.1.2.3", "127.0.0.1", "2001:db8::1", "a.example", "", "010.1.2.3", "Bad_Host"),
    ("EndpointSlice", "name"): ("", "http", "dns", "Bad_Name", "z"),
    ("HorizontalPodAutoscaler", "apiVersion"): ("apps/v1", "v1", "", "a/b/c", "/"),
    ("HorizontalPodAutoscaler/v1", "apiVersion"): ("apps/v1", "v1", "", "a/b/c"),
}  # fmt: skip
"""Words of a field that other kinds have with other values."""

MORE_WORDS: dict[str, tuple[Any, ...]] = {
    "scope": ("*", "Cluster", "Namespaced", "Namespace", "x"),
    "sideEffects": ("None", "NoneOnDryRun", "Some", "Unknown", "x"),
    "matchPolicy": ("Exact", "Equivalent", "x"),
    "reinvocationPolicy": ("Never", "IfNeeded", "x"),
    "operations": ("CREATE", "UPDATE", "DELETE", "CONNECT", "*", "x"),
    "validationActions": ("Deny", "Warn", "Audit", "x"),
    "parameterNotFoundAction": ("Allow", "Deny", "x"),
    "patchType": ("ApplyConfiguration", "JSONPatch", "x"),
    "admissionReviewVersions": ("v1", "v1beta1", "V9", ""),
    "url": ("https://example.com/x", "http://example.com", "https://u@example.com", "https://example.com/?a=b", "x", ""),
    "fsGroupPolicy": ("File", "None", "ReadWriteOnceWithFSType", "x"),
    "volumeLifecycleModes": ("Persistent", "Ephemeral", "x"),
    "persistentVolumeReclaimPolicy": ("Delete", "Retain", "Recycle", "x"),
    "provisioner": ("example.com/disk", "kubernetes.io/no-provisioner", "Bad_Value", ""),
    "attacher": ("csi.example.com", "Bad_Value", ""),
    "driverName": ("csi.example.com", "Bad_Value", ""),
    "signerName": ("example.com/signer", "kubernetes.io/legacy-unknown", "kubernetes.io/kube-apiserver-client", "nodomain", "a.b/",
     "Example.com/x", ""),
    "usages": ("digital signature", "client auth", "server auth", "any", "x", ""),
    "scopes": ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "x"),
    "scopeName": ("Terminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "x"),
    "strategy": ("OldestEmulationVersion", "example.com/x", "x"),
    "reportingController": ("example.com/c", "c", "Bad Value", ""),
    "reportingComponent": ("example.com/c", "c", "Bad Value", ""),
    "host": ("a.example", "*.example", "10.1.2.3", "Bad", "*", ""),
    "hosts": ("a.example", "*.example", "10.1.2.3", "Bad", ""),
    "zone": ("a", "b", "Bad Zone", ""),
    "appProtocol": ("http", "kubernetes.io/h2c", "example.com/x", "Bad Value", ""),
    "nonResourceURLs": ("/x", "/x/*", "*", "", "x", "/a/*/b"),
    "providerID": ("p://1", "p://2", ""),
    "status": ("True", "False", "Unknown", "x", ""),
    "hostnames": ("a.b",),
    "hostname": ("web", "Bad", "a.b", ""),
    "handler": ("runc", "Bad_Value", ""),
    "controller": ("example.com/ingress", "example.com", "Bad/x", "example.com/", ""),
    "apiGroup": ("example.com", "", "Bad Group", "apps"),
    "queues": (8, 0, -1),
}  # fmt: skip
