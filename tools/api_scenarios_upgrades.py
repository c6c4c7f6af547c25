# ruff: noqa: E501
"""Request sequences for `record_api.py`: what chart upgrades change and may not change, selectors, evictions. As in `api_scenarios.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, CONTAINER, JOB_TEMPLATE, KINDS, MERGE, SELECTOR, STRATEGIC, TEMPLATE, Step, collection
from api_scenarios_definitions import CRDS, INTEGER, STRING, obj
from api_scenarios_more import CORE, MAPS, get, patch, post

PODS = f"{CORE}/pods"
GROUP = "moving.example.com"


def put(path: str, body: Any, query: str = "") -> Step:
    """A PUT."""
    return {"method": "PUT", "path": path, "query": query, "body": body}


def merged(old: Any, change: Any) -> Any:
    """The object with a merge patch in it."""
    if not isinstance(old, dict) or not isinstance(change, dict):
        return change
    new = {**old, **{key: merged(old.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in new.items() if value is not None}


CLAIM = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
STATEFUL = {"serviceName": "web", "selector": SELECTOR, "template": TEMPLATE, "volumeClaimTemplates": [CLAIM]}
INDEXED = {"completions": 3, "parallelism": 2, "completionMode": "Indexed", "template": JOB_TEMPLATE}
OTHER = {"matchLabels": {"app": "other"}}
FIXED: tuple[tuple[str, str, dict[str, Any], tuple[dict[str, Any], ...]], ...] = (
    (
        "StatefulSet", "apps/v1/statefulsets", STATEFUL,
        (
            {"serviceName": "b"}, {"selector": OTHER}, {"selector": OTHER, "template": {"metadata": {"labels": {"app": "other"}}}},
            {"podManagementPolicy": "Parallel"}, {"volumeClaimTemplates": []},
            {"volumeClaimTemplates": [{**CLAIM, "spec": {**CLAIM["spec"], "resources": {"requests": {"storage": "2Gi"}}}}]},
            {"volumeClaimTemplates": [{**CLAIM, "metadata": {"name": "data", "labels": {"a": "b"}}}]},
            {"serviceName": "b", "template": {"metadata": {"labels": {"app": "other"}}}}, {"serviceName": None},
            {"replicas": 2, "minReadySeconds": 3, "revisionHistoryLimit": 2, "ordinals": {"start": 1}}, {"replicas": -1},
            {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}, {"updateStrategy": {"type": "OnDelete"}},
            {"updateStrategy": {"rollingUpdate": {"partition": -1}}}, {"template": {"spec": {"restartPolicy": "Never"}}},
        ),
    ),
    (
        "Deployment", "apps/v1/deployments", {"selector": SELECTOR, "template": TEMPLATE},
        (
            {"selector": OTHER}, {"selector": OTHER, "template": {"metadata": {"labels": {"app": "other"}}}},
            {"template": {"metadata": {"labels": {"app": "other"}}}}, {"selector": {"matchLabels": {"app": "web", "b": "c"}}},
            {"selector": None}, {"strategy": {"type": "Recreate"}}, {"strategy": {"type": "Recreate", "rollingUpdate": None}},
            {"template": {"spec": {"containers": []}}}, {"progressDeadlineSeconds": 1, "minReadySeconds": 1},
            {"selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}},
        ),
    ),
    ("DaemonSet", "apps/v1/daemonsets", {"selector": SELECTOR, "template": TEMPLATE}, ({"selector": OTHER}, {"selector": OTHER, "template": {"metadata": {"labels": {"app": "other"}}}})),
    ("ReplicaSet", "apps/v1/replicasets", {"selector": SELECTOR, "template": TEMPLATE}, ({"selector": OTHER}, {"selector": OTHER, "template": {"metadata": {"labels": {"app": "other"}}}})),
    (
        "Job", "batch/v1/jobs", INDEXED,
        (
            {"completions": 4}, {"completions": 4, "parallelism": 4}, {"completions": None}, {"completionMode": "NonIndexed"},
            {"selector": OTHER}, {"manualSelector": True}, {"podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "X"}]}]}},
            {"backoffLimitPerIndex": 1}, {"maxFailedIndexes": 1}, {"managedBy": "a.b/c"}, {"podReplacementPolicy": "Failed"},
            {"successPolicy": {"rules": [{"succeededCount": 1}]}}, {"suspend": True, "parallelism": 1, "backoffLimit": 2, "activeDeadlineSeconds": 9, "ttlSecondsAfterFinished": 1},
            {"template": {"spec": {"nodeSelector": {"a": "b"}}}}, {"template": {"metadata": {"annotations": {"a": "b"}}}},
            {"template": {"spec": {"containers": [{"name": "job", "image": "other"}]}}}, {"template": {"spec": {"restartPolicy": "Always"}}},
        ),
    ),
    (
        "PersistentVolumeClaim", "v1/persistentvolumeclaims", CLAIM["spec"],
        (
            {"resources": {"requests": {"storage": "2Gi"}}}, {"resources": {"requests": {"storage": "1Mi"}}}, {"storageClassName": "fast"},
            {"accessModes": ["ReadWriteMany"]}, {"volumeMode": "Block"}, {"volumeName": "pv"}, {"selector": OTHER},
            {"dataSource": {"kind": "PersistentVolumeClaim", "name": "x"}}, {"volumeAttributesClassName": "x"}, {"resources": {"limits": {"storage": "2Gi"}}},
            {"accessModes": None}, {"storageClassName": ""},
        ),
    ),
    (
        "Service", "v1/services", {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]},
        (
            {"clusterIP": "10.96.77.77"}, {"clusterIP": "None"}, {"clusterIPs": ["10.96.77.77"]}, {"clusterIPs": []}, {"ipFamilies": ["IPv6"]},
            {"type": "ExternalName"}, {"type": "ExternalName", "externalName": "a.example"}, {"type": "NodePort"}, {"ipFamilyPolicy": "RequireDualStack"},
            {"ports": []}, {"ports": [{"port": 81}, {"port": 82}]}, {"type": "Odd"}, {"loadBalancerClass": "a/b"}, {"type": "LoadBalancer", "loadBalancerClass": "a/b"},
            {"sessionAffinity": "ClientIP"}, {"internalTrafficPolicy": "Odd"}, {"externalTrafficPolicy": "Local"}, {"healthCheckNodePort": 31000}, {"clusterIP": ""},
        ),
    ),
)  # fmt: skip


def fixed() -> Iterator[Step]:
    """The same forbidden (and allowed) changes four ways."""
    for kind, place, spec, changes in FIXED:
        api_version, _, plural = place.rpartition("/")
        many = collection(api_version, plural, namespaced=True)
        head = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}}
        yield patch(f"{many}/x", APPLY, {**head, "spec": spec}, "fieldManager=helm")
        for change in changes:
            whole = {**head, "spec": merged(spec, change)}
            yield put(f"{many}/x", whole, "dryRun=All&fieldManager=helm")
            yield patch(f"{many}/x", MERGE, {"spec": change}, "dryRun=All&fieldManager=helm")
            yield patch(f"{many}/x", STRATEGIC, {"spec": change}, "dryRun=All&fieldManager=helm")
            yield patch(f"{many}/x", APPLY, whole, "dryRun=All&fieldManager=helm&force=true")
    maps = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "b"}, "immutable": True}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": {"a": "Yg=="}, "immutable": True}
    for body, plural, changes in ((maps, "configmaps", ({"data": {"a": "c"}}, {"immutable": False}, {"immutable": None}, {"binaryData": {"b": "Yg=="}}, {"metadata": {"labels": {"a": "b"}}})),
                                  (secret, "secrets", ({"data": {"a": "Yw=="}}, {"immutable": False}, {"type": "a/b"}, {"stringData": {"a": "c"}}, {"data": {"a": "Yw=="}, "type": "kubernetes.io/tls"}))):  # fmt: skip
        one = f"{CORE}/{plural}/x"
        yield patch(one, APPLY, body, "fieldManager=helm")
        for change in changes:
            yield put(one, merged(body, change), "dryRun=All&fieldManager=helm")
            yield patch(one, MERGE, change, "dryRun=All&fieldManager=helm")
            yield patch(one, STRATEGIC, change, "dryRun=All&fieldManager=helm")
            yield patch(one, APPLY, merged(body, change), "dryRun=All&fieldManager=helm&force=true")


OLD_KINDS = (
    ("batch/v1", "cronjobs", "CronJob", ("batch/v1beta1", "batch/v2alpha1")),
    ("batch/v1", "jobs", "Job", ("batch/v1beta1",)),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", ("policy/v1beta1",)),
    ("networking.k8s.io/v1", "ingresses", "Ingress", ("extensions/v1beta1", "networking.k8s.io/v1beta1")),
    ("networking.k8s.io/v1", "ingressclasses", "IngressClass", ("networking.k8s.io/v1beta1", "networking.k8s.io/v1alpha1")),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", ("extensions/v1beta1", "networking.k8s.io/v1beta1")),
    ("apps/v1", "deployments", "Deployment", ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")),
    ("apps/v1", "statefulsets", "StatefulSet", ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")),
    ("apps/v1", "daemonsets", "DaemonSet", ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")),
    ("apps/v1", "replicasets", "ReplicaSet", ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")),
    ("apps/v1", "controllerrevisions", "ControllerRevision", ("apps/v1beta1", "apps/v1beta2")),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", ("autoscaling/v2beta1", "autoscaling/v2beta2", "autoscaling/v1")),
    ("autoscaling/v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", ("autoscaling/v2beta2", "autoscaling/v2")),
    ("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", ("apiextensions.k8s.io/v1beta1",)),
    ("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", ("admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1alpha1")),
    ("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", ("admissionregistration.k8s.io/v1beta1",)),
    ("admissionregistration.k8s.io/v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", ("admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1alpha1")),
    ("apiregistration.k8s.io/v1", "apiservices", "APIService", ("apiregistration.k8s.io/v1beta1",)),
    ("rbac.authorization.k8s.io/v1", "roles", "Role", ("rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1alpha1")),
    ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", ("rbac.authorization.k8s.io/v1beta1",)),
    ("storage.k8s.io/v1", "storageclasses", "StorageClass", ("storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1")),
    ("storage.k8s.io/v1", "csidrivers", "CSIDriver", ("storage.k8s.io/v1beta1",)),
    ("storage.k8s.io/v1", "csistoragecapacities", "CSIStorageCapacity", ("storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1")),
    ("storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", ("storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1")),
    ("storage.k8s.io/v1", "volumeattributesclasses", "VolumeAttributesClass", ("storage.k8s.io/v1beta1", "storage.k8s.io/v1alpha1")),
    ("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", ("scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1alpha1")),
    ("coordination.k8s.io/v1", "leases", "Lease", ("coordination.k8s.io/v1beta1", "coordination.k8s.io/v1alpha1")),
    ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", ("discovery.k8s.io/v1beta1", "discovery.k8s.io/v1alpha1")),
    ("events.k8s.io/v1", "events", "Event", ("events.k8s.io/v1beta1", "v1")),
    ("v1", "events", "Event", ("events.k8s.io/v1beta1", "events.k8s.io/v1")),
    ("node.k8s.io/v1", "runtimeclasses", "RuntimeClass", ("node.k8s.io/v1beta1", "node.k8s.io/v1alpha1")),
    ("certificates.k8s.io/v1", "certificatesigningrequests", "CertificateSigningRequest", ("certificates.k8s.io/v1beta1", "certificates.k8s.io/v1alpha1")),
    ("flowcontrol.apiserver.k8s.io/v1", "flowschemas", "FlowSchema", ("flowcontrol.apiserver.k8s.io/v1beta1", "flowcontrol.apiserver.k8s.io/v1beta2", "flowcontrol.apiserver.k8s.io/v1beta3", "flowcontrol.apiserver.k8s.io/v1alpha1")),
    ("resource.k8s.io/v1", "deviceclasses", "DeviceClass", ("resource.k8s.io/v1beta1", "resource.k8s.io/v1beta2", "resource.k8s.io/v1alpha3", "resource.k8s.io/v1alpha2")),
    ("v1", "configmaps", "ConfigMap", ("policy/v1beta1", "v2", "extensions/v1beta1")),
    ("v1", "configmaps", "PodSecurityPolicy", ("policy/v1beta1", "extensions/v1beta1", "policy/v1")),
    ("v1", "configmaps", "Scale", ("autoscaling/v1", "extensions/v1beta1", "apps/v1beta1", "apps/v1beta2", "apps/v1")),
    ("v1", "configmaps", "DeploymentRollback", ("extensions/v1beta1", "apps/v1beta1", "apps/v1")),
    ("v1", "configmaps", "Eviction", ("policy/v1", "policy/v1beta1", "v1")),
    ("v1", "configmaps", "PodPreset", ("settings.k8s.io/v1alpha1",)),
    ("v1", "configmaps", "ImageReview", ("imagepolicy.k8s.io/v1alpha1",)),
    ("v1", "configmaps", "PodGroup", ("scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1alpha2")),
    ("v1", "configmaps", "AdmissionReview", ("admission.k8s.io/v1", "admission.k8s.io/v1beta1")),
)  # fmt: skip
CLUSTERED = ("ingressclasses", "customresourcedefinitions", "validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies",
             "apiservices", "clusterrolebindings", "storageclasses", "csidrivers", "volumeattachments", "volumeattributesclasses", "priorityclasses", "runtimeclasses",
             "certificatesigningrequests", "flowschemas", "deviceclasses")  # fmt: skip


def older() -> Iterator[Step]:
    """Bodies in versions that are known and no longer served."""
    for served, plural, kind, versions in OLD_KINDS:
        many = collection(served, plural, namespaced=plural not in CLUSTERED)
        for version in versions:
            body = {"apiVersion": version, "kind": kind, "metadata": {"name": "old"}}
            yield post(many, body, "dryRun=All")
            yield put(f"{many}/old", body, "dryRun=All")
            yield patch(f"{many}/old", APPLY, body, "dryRun=All&fieldManager=a")
        yield post(many, {"apiVersion": versions[0], "kind": f"{kind}List", "metadata": {"name": "old"}}, "dryRun=All")
    yield post(MAPS, {"metadata": {"name": "m"}})
    for version in ("v2", "policy/v1beta1", "v1beta1"):
        yield patch(f"{MAPS}/m", MERGE, {"apiVersion": version}, "dryRun=All")
        yield patch(f"{MAPS}/m", STRATEGIC, {"apiVersion": version}, "dryRun=All")
    jobs = "/apis/batch/v1/namespaces/{ns}/cronjobs"
    yield post(jobs, {"metadata": {"name": "c"}, **KINDS["CronJob"][2]})
    for body in ({"apiVersion": "batch/v1beta1"}, {"kind": "Job"}, {"apiVersion": "batch/v2alpha1"}):
        yield patch(f"{jobs}/c", MERGE, body, "dryRun=All")
        yield patch(f"{jobs}/c", STRATEGIC, body, "dryRun=All")


def budgets() -> Iterator[Step]:
    """Evictions against budgets whose statuses are written by hand."""
    budget = "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction"}

    def pod(name: str, app: str, phase: str, ready: str) -> Iterator[Step]:
        yield post(PODS, {"metadata": {"name": name, "labels": {"app": app}}, "spec": {"containers": [CONTAINER]}})
        conditions = [{"type": "Ready", "status": ready}] if ready else []
        yield patch(f"{PODS}/{name}/status", MERGE, {"status": {"phase": phase, "conditions": conditions}})

    def evict(name: str, query: str = "", **more: Any) -> Step:
        return post(f"{PODS}/{name}/eviction", {**eviction, "metadata": {"name": name}, **more}, query)

    def state(name: str, **status: Any) -> Step:
        return patch(f"{budget}/{name}/status", MERGE, {"status": status})

    def declare(name: str, app: str, policy: str = "") -> Step:
        spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}, **({"unhealthyPodEvictionPolicy": policy} if policy else {})}
        return post(budget, {"metadata": {"name": name}, "spec": spec})

    for name, policy in (("plain", ""), ("always", "AlwaysAllow"), ("healthy", "IfHealthyBudget")):
        yield declare(name, name, policy)
        for phase, ready in (
            ("Running", "True"),
            ("Running", "False"),
            ("Running", ""),
            ("Pending", ""),
            ("Succeeded", ""),
            ("Failed", ""),
        ):
            one = f"{name}-{phase.lower()}-{ready.lower() or 'none'}"
            yield from pod(one, name, phase, ready)
            yield evict(one, "dryRun=All")
        yield state(name, observedGeneration=1, disruptionsAllowed=0, currentHealthy=1, desiredHealthy=2, expectedPods=3)
        for one in ("running-true", "running-false"):
            yield evict(f"{name}-{one}", "dryRun=All")
        yield state(name, observedGeneration=1, disruptionsAllowed=0, currentHealthy=2, desiredHealthy=2, expectedPods=3)
        for one in ("running-true", "running-false"):
            yield evict(f"{name}-{one}", "dryRun=All")
        yield state(name, observedGeneration=1, disruptionsAllowed=-1)
        yield evict(f"{name}-running-true")
        yield state(name, observedGeneration=1, disruptionsAllowed=2, currentHealthy=3, desiredHealthy=1, expectedPods=3)
        yield evict(f"{name}-running-true", "dryRun=All")
        yield get(f"{budget}/{name}")
        yield evict(f"{name}-running-true", deleteOptions={"preconditions": {"uid": "nope"}})
        yield get(f"{budget}/{name}")
        yield evict(f"{name}-running-true", deleteOptions={"preconditions": {"resourceVersion": "1"}})
        yield evict(f"{name}-running-true", deleteOptions={"gracePeriodSeconds": 5, "propagationPolicy": "Background"})
        yield get(f"{budget}/{name}")
        yield get(f"{PODS}/{name}-running-true")
        yield evict(f"{name}-running-false", deleteOptions={"dryRun": ["All"]})
        for one in ("running-false", "running-none", "pending-none", "succeeded-none", "failed-none"):
            yield evict(f"{name}-{one}")
            yield get(f"{budget}/{name}")
    for name in ("one", "two"):
        yield declare(name, "both")
    yield from pod("both", "both", "Running", "True")
    yield evict("both")
    yield evict("both", "dryRun=All")
    yield patch(f"{PODS}/both/status", MERGE, {"status": {"phase": "Failed"}})
    yield evict("both", "dryRun=All")
    yield from pod("free", "free", "Running", "True")
    for body in (
        {}, [], None, "x", {"metadata": {}}, {"metadata": {"name": ""}}, {"metadata": {"name": "free", "namespace": "other"}}, {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "free"}},
        {"kind": "Eviction", "apiVersion": "policy/v2", "metadata": {"name": "free"}}, {"kind": "Eviction", "apiVersion": "v1", "metadata": {"name": "free"}},
        {"metadata": {"name": "free"}, "deleteOptions": {"gracePeriodSeconds": -1, "dryRun": ["All"]}}, {"metadata": {"name": "free"}, "deleteOptions": {"dryRun": ["Some"]}},
        {"metadata": {"name": "free"}, "deleteOptions": {"propagationPolicy": "Odd", "dryRun": ["All"]}}, {"metadata": {"name": "free"}, "deleteOptions": {"orphanDependents": True, "propagationPolicy": "Orphan"}},
        {"metadata": {"name": "free"}, "odd": 1, "deleteOptions": {"dryRun": ["All"]}}, {"metadata": {"name": "free"}, "deleteOptions": 1},
        {"metadata": {"name": "free", "labels": {"a": "b"}}, "deleteOptions": {"dryRun": ["All"]}},
    ):  # fmt: skip
        yield post(f"{PODS}/free/eviction", body)
    yield post(f"{PODS}/free/eviction", {"metadata": {"name": "free"}, "odd": 1}, "fieldValidation=Strict&dryRun=All")
    yield post(f"{PODS}/free/eviction", {"metadata": {"name": "free"}}, "dryRun=Some")
    yield post(f"{PODS}/free/eviction", {"metadata": {"name": "free"}, "deleteOptions": {"dryRun": ["All"]}}, "dryRun=All")
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        yield {"method": method, "path": f"{PODS}/free/eviction", "type": MERGE if method == "PATCH" else "application/json", "body": {}}
    yield evict("nope")
    yield patch(f"{PODS}/free", MERGE, {"metadata": {"finalizers": ["a.b/c"]}})
    yield evict("free")
    yield evict("free")
    yield get(f"{PODS}/free")
    yield post(budget, {"metadata": {"name": "empty"}, "spec": {"minAvailable": 1, "selector": {}}})
    yield from pod("last", "last", "Running", "True")
    yield evict("last")
    yield patch(f"{budget}/empty", MERGE, {"spec": {"selector": None}})
    yield evict("last", "dryRun=All")


FIELDS = {
    "v1/pods": ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName", "spec.host", "spec.serviceAccount", "metadata.uid"),
    "v1/events": ("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type", "reportingController", "regarding.kind"),
    "events.k8s.io/v1/events": ("regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type", "involvedObject.kind", "source", "reportingComponent"),
    "v1/nodes": ("spec.unschedulable", "metadata.labels"), "v1/secrets": ("type", "data"), "v1/namespaces": ("status.phase", "name"), "v1/services": ("spec.clusterIP", "spec.type", "spec.clusterIPs"),
    "v1/replicationcontrollers": ("status.replicas", "spec.replicas"), "batch/v1/jobs": ("status.successful", "status.active"), "batch/v1/cronjobs": ("status.successful",),
    "certificates.k8s.io/v1/certificatesigningrequests": ("spec.signerName", "spec.username"), "certificates.k8s.io/v1beta1/clustertrustbundles": ("spec.signerName",),
    "apps/v1/deployments": ("status.successful", "status.replicas"), "apps/v1/statefulsets": ("status.successful", "status.replicas"), "apps/v1/replicasets": ("status.replicas", "spec.replicas"), "apps/v1/daemonsets": ("status.x",),
    "apiextensions.k8s.io/v1/customresourcedefinitions": ("spec.group",), "apiregistration.k8s.io/v1/apiservices": ("spec.group",), "rbac.authorization.k8s.io/v1/roles": ("rules",), "storage.k8s.io/v1/storageclasses": ("provisioner",),
    "networking.k8s.io/v1/ingresses": ("spec.x",), "autoscaling/v1/horizontalpodautoscalers": ("spec.x",), "autoscaling/v2/horizontalpodautoscalers": ("spec.x",), "policy/v1/poddisruptionbudgets": ("spec.x",), "coordination.k8s.io/v1/leases": ("spec.holderIdentity",),
    "v1/persistentvolumes": ("name", "spec.x"), "v1/persistentvolumeclaims": ("name", "spec.volumeName"), "v1/endpoints": ("name", "x"), "v1/serviceaccounts": ("name",), "v1/limitranges": ("name",), "v1/resourcequotas": ("name",), "v1/podtemplates": ("name",), "resource.k8s.io/v1/resourceslices": ("spec.nodeName", "spec.driver", "spec.x"),
}  # fmt: skip
UNSCOPED = (
    "nodes",
    "namespaces",
    "certificatesigningrequests",
    "clustertrustbundles",
    "customresourcedefinitions",
    "apiservices",
    "storageclasses",
    "persistentvolumes",
    "resourceslices",
)


def fields() -> Iterator[Step]:
    """Field selectors of every kind that has some, and of some that have none; label selectors with odd syntax."""
    yield post(
        PODS,
        {
            "metadata": {"name": "p", "labels": {"n": "5", "tier": "x"}},
            "spec": {"containers": [CONTAINER], "hostNetwork": True, "nodeName": "n0"},
        },
    )
    yield patch(
        f"{PODS}/p/status",
        MERGE,
        {"status": {"podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}], "nominatedNodeName": "n1", "phase": "Running"}},
    )
    yield post(
        PODS, {"metadata": {"name": "q", "labels": {"n": "x", "tier": ""}}, "spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}
    )
    involved = {
        "kind": "Pod",
        "namespace": "{ns}",
        "name": "p",
        "uid": "u1",
        "apiVersion": "v1",
        "resourceVersion": "7",
        "fieldPath": "spec.x",
    }
    yield post(
        f"{CORE}/events",
        {
            "metadata": {"name": "e1"},
            "involvedObject": involved,
            "reason": "R",
            "type": "Normal",
            "source": {"component": "kubelet"},
            "message": "m",
        },
    )
    yield post(
        f"{CORE}/events",
        {
            "metadata": {"name": "e2"},
            "involvedObject": involved,
            "reason": "R",
            "type": "Warning",
            "reportingComponent": "rep",
            "message": "m",
        },
    )
    yield post(f"{CORE}/secrets", {"metadata": {"name": "s"}, "type": "a/b"})
    yield post("/apis/batch/v1/namespaces/{ns}/jobs", {"metadata": {"name": "j"}, "spec": {"template": JOB_TEMPLATE}})
    yield post(f"{CORE}/services", {"metadata": {"name": "v"}, "spec": {"clusterIP": "None"}})
    yield post(f"{CORE}/replicationcontrollers", {"metadata": {"name": "r"}, **KINDS["ReplicationController"][2]})
    for place, paths in FIELDS.items():
        api_version, _, plural = place.rpartition("/")
        many = collection(api_version, plural, namespaced=plural not in UNSCOPED)
        for path in paths:
            yield get(many, f"fieldSelector={path}=nope")
        yield get(many, "fieldSelector=metadata.name=nope,spec.odd!=1")
        yield {"method": "DELETE", "path": many, "query": "fieldSelector=spec.odd=1"}
        yield get(many, "watch=true&fieldSelector=spec.odd=1", watch=True)
    for text in ("spec.nodeName=n0", "spec.nodeName!=n0", "spec.nodeName=", "spec.hostNetwork=true", "spec.hostNetwork=false", "status.phase=Running", "status.podIP=10.1.2.3",
                 "status.podIPs=10.1.2.3", "status.nominatedNodeName=n1", "spec.restartPolicy=Never", "spec.schedulerName=default-scheduler", "spec.host=n0", "spec.serviceAccountName=",
                 "status.phase==Running,spec.nodeName=n0", "status.phase", "=x", "status.phase=a=b", ",", "status.phase=Running,", "status.phase=Run\\,ning", "status.phase=\\x", "status.phase=a\\", " status.phase=Running", "status.phase = Running", "status.phase in (Running)", "!status.phase", "status.phase=Running=", "metadata.name=p,metadata.name=q", "metadata.name=p,metadata.name!=q", "metadata.name!=p", "METADATA.NAME=p"):  # fmt: skip
        yield get(PODS, f"fieldSelector={text}", accept="application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
        yield {
            "method": "DELETE",
            "path": PODS,
            "query": f"dryRun=All&fieldSelector={text}",
            "accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        }
    part = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    for place, text in (
        (f"{CORE}/events", "source=kubelet"), (f"{CORE}/events", "source=rep"), (f"{CORE}/events", "involvedObject.fieldPath=spec.x"), (f"{CORE}/events", "involvedObject.resourceVersion=7"), (f"{CORE}/events", "type=Warning"), (f"{CORE}/events", "reportingComponent=rep"), (f"{CORE}/events", "involvedObject.uid!=u1"),
        ("/apis/events.k8s.io/v1/namespaces/{ns}/events", "reportingController=rep"), ("/apis/events.k8s.io/v1/namespaces/{ns}/events", "regarding.name=p,type=Normal"), ("/apis/events.k8s.io/v1/namespaces/{ns}/events", "regarding.uid=u1"),
        (f"{CORE}/secrets", "type=a/b"), (f"{CORE}/secrets", "type!=a/b"), ("/api/v1/namespaces", "status.phase!=Active"), ("/api/v1/namespaces", "metadata.name={ns},status.phase=Active"), ("/apis/batch/v1/namespaces/{ns}/jobs", "status.successful=0"), ("/apis/batch/v1/namespaces/{ns}/jobs", "status.successful!=0"),
        (f"{CORE}/services", "spec.clusterIP=None"), (f"{CORE}/services", "spec.type=ClusterIP"), (f"{CORE}/replicationcontrollers", "status.replicas=0"),
    ):  # fmt: skip
        yield get(place, f"fieldSelector={text}", accept=part)
    for text in LABELS:
        yield get(PODS, f"labelSelector={text}", accept=part)
        yield {"method": "DELETE", "path": MAPS, "query": f"labelSelector={text}", "mask": ["metadata"]}
    for text in ("a in (", "a b", "a>x"):
        yield get(PODS, f"watch=true&timeoutSeconds=1&labelSelector={text}", watch=True)
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"picks.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": {"plural": "picks", "singular": "pick", "kind": "Pick", "listKind": "PickList"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": obj({"spec": obj({"s": STRING, "n": INTEGER, "b": {"type": "boolean"}})})},
                               "selectableFields": [{"jsonPath": ".spec.s"}, {"jsonPath": ".spec.n"}, {"jsonPath": ".spec.b"}]}]},
    }  # fmt: skip
    picks = f"/apis/{GROUP}/v1/namespaces/{{ns}}/picks"
    yield post(CRDS, crd, mask=["status"])
    yield get(picks, retry=200)
    for name, spec in (("a", {"s": "x", "n": 5, "b": True}), ("b", {}), ("c", {"s": "", "n": 0, "b": False})):
        yield post(
            picks,
            {"apiVersion": f"{GROUP}/v1", "kind": "Pick", "metadata": {"name": name, "labels": {"tier": name, "n": "5"}}, "spec": spec},
            retry=201,
        )
    for text in (
        "spec.s=x",
        "spec.s=",
        "spec.s!=x",
        "spec.n=5",
        "spec.n=0",
        "spec.n=",
        "spec.b=true",
        "spec.b=false",
        "spec.b=",
        "spec.t=x",
        ".spec.s=x",
        "spec.s",
        "spec=x",
        "metadata.name=a,spec.n=5",
        "metadata.uid=x",
        "spec.s=a,",
        "spec.s=\\x",
    ):
        yield get(picks, f"fieldSelector={text}", accept=part)
        yield {"method": "DELETE", "path": picks, "query": f"dryRun=All&fieldSelector={text}", "accept": part}
    for text in LABELS:
        yield get(picks, f"labelSelector={text}", accept=part)


LABELS = (
    "a in (", "a in ()", "a in (,)", "a in (b,)", "a in (,b)", "a in (b,,c)", "a in (b", "a in b", "a in", "a notin (b) c", "a,", ",a", "a,,b", "!", "!!a", "! a", "!a=b", "a=", "a==", "a===b", "a!=", "a=b=c", "a = b", "a b", "a>1", "a>x", "a<-1", "a>1.5", "n>4", "n<4", "n>+4", "a>",
    "a in (b) , c", "tier", "tier=", "tier in (x,)", "tier in ()", "tier notin ()", "tier notin (x)", "in=a", "notin", "in in (in)", "a=in", "a=notin", "a in (in,notin)", "(a)", "a=(b)", ")", "a=b)", "a/b/c=d", "/a", "a/", "-a=b", "a=-b", "a=b-", "a in (b,-c)", "A.B/c=d", "UPPER.x/c", "a=b,a=c",
    "a=@", "a=" + "x" * 64, "x" * 64, "a in (\"b\")", "a='b'", "a <3", "a><3", "a=<3", "a!b", "a! =b", "a! in (b)", "!a in (b)", "a = = b", "a,!", "a,=b", "a in (b) in (c)", "a in (b)c", "a\tin\t(b)", "a=b\n", "tier exists", "a ! b", "1", "1=1", "a in (1,2,1)",
)  # fmt: skip


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    for function in (fixed, older, budgets, fields):
        yield f"upgrades-{function.__name__}", list(function())
