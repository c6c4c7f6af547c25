"""The server's defaulting: what it fills in that a request left out, and the form in which it keeps the object.

One table from type to function; `apply` walks an object along its schema, parents before children, as the generated defaulters do.
Admission (storage classes, priorities, limits), allocation (cluster IPs) and strategies (status, generation) are not defaulting.
Sources: k8s.io/kubernetes pkg/apis/*/v1/defaults.go and zz_generated.defaults.go; conversions of the same packages.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.canonical import canonical
from pytest_helmsim.schema.catalog import DEFAULT, Catalog
from pytest_helmsim.schema.model import Schema

Node: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[Node, int], None]

MAX_INT32 = 2**31 - 1
RBAC_GROUP = "rbac.authorization.k8s.io"

_CORE = "io.k8s.api.core.v1."
_ADMISSION = "io.k8s.api.admissionregistration.v1."
_CRD = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."


def apply(gvk: GroupVersionKind, obj: JsonObject, version: str = DEFAULT) -> JsonObject:
    """The object as the server has it after decoding and defaulting; kinds that are not built in come back unchanged."""
    schema = Catalog.for_version(version).schema(gvk)
    if schema is None:
        return obj
    return apply_part(obj, schema, Catalog.for_version(version).version.minor)


def apply_part(value: JsonObject, schema: Schema, minor: int) -> JsonObject:
    """As `apply`, for one part of an object, such as its status."""
    if not _is_ruled(schema):
        return canonical(value, schema)
    result = canonical(value, schema, draft=True)
    _walk(result, schema, minor)
    return canonical(result, schema)


@lru_cache(maxsize=4096)
def _is_ruled(schema: Schema) -> bool:
    """Whether a rule can apply anywhere within."""
    return any(node.name in RULES for node, _ in schema.within())


def _walk(value: Json, schema: Schema, minor: int) -> None:
    if not _is_ruled(schema):
        return
    if isinstance(value, dict):
        rule = RULES.get(schema.name) if schema.name else None
        if rule is not None:
            rule(value, minor)
        if schema.fields is not None:
            for key, child in list(value.items()):
                if isinstance(child, (dict, list)) and (field := schema.fields.get(key)) is not None:
                    _walk(child, field, minor)
        elif schema.values is not None and schema.values.name:
            for child in value.values():
                _walk(child, schema.values, minor)
    elif isinstance(value, list) and schema.items is not None and schema.items.name:
        for child in value:
            _walk(child, schema.items, minor)


def fill(**values: Json) -> Rule:
    """Each value where the key is missing; objects and lists are made anew each time."""

    def rule(node: Node, minor: int) -> None:
        for key, value in values.items():
            if key not in node:
                node[key] = {} if value == {} else list(value) if isinstance(value, list) else value

    return rule


# --- core: pods ---------------------------------------------------------------------------------------------------------------

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_IMAGE = re.compile(
    rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?(?P<digest>@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{{32,}})?",
    re.ASCII,
)


def image_tag(image: str) -> str:
    """The tag of an image reference; `latest` without tag and digest, empty with a digest only or for what is no reference.

    Source: pkg/util/parsers over github.com/distribution/reference.
    """
    shape = _IMAGE.fullmatch(image)
    if shape is None or re.fullmatch(r"[a-f0-9]{64}", image):
        return ""
    return shape["tag"] or ("" if shape["digest"] else "latest")


def _pull_policy(image: str) -> str:
    return "Always" if image_tag(image) == "latest" else "IfNotPresent"


def _container(node: Node, minor: int) -> None:
    node.setdefault("imagePullPolicy", _pull_policy(node.get("image", "")))
    node.setdefault("terminationMessagePath", "/dev/termination-log")
    node.setdefault("terminationMessagePolicy", "File")


_INIT_CONTAINERS = frozenset(
    f"pod.{stage}.kubernetes.io/init-container{what}" for stage in ("alpha", "beta") for what in ("s", "-statuses")
)


def _pod_meta(node: Node, minor: int) -> None:
    """Annotations that held init containers once are dropped."""
    annotations = (node.get("metadata") or {}).get("annotations")
    if annotations and not _INIT_CONTAINERS.isdisjoint(annotations):
        node["metadata"]["annotations"] = {key: value for key, value in annotations.items() if key not in _INIT_CONTAINERS}


def _pod_status(node: Node, minor: int) -> None:
    """The one address and the list of them say the same; where they do not, the one counts."""
    one, many = node.get("podIP"), node.get("podIPs")
    if one and (not many or many[0].get("ip", "") != one):
        node["podIPs"] = [{"ip": one}]
    elif many and many[0].get("ip"):
        node["podIP"] = many[0]["ip"]


def _pod(node: Node, minor: int) -> None:
    _pod_meta(node, minor)
    spec = node["spec"]
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        spec["terminationGracePeriodSeconds"] = 1
    for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
        resources = container.get("resources") or {}
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **resources.get("requests", {})}
    if minor >= 34:
        _pod_requests(spec)
    spec.setdefault("enableServiceLinks", True)
    if spec.get("hostNetwork"):
        for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
            for port in container.get("ports", ()):
                port.setdefault("hostPort", port.get("containerPort"))


def _pod_requests(spec: Node) -> None:
    """Pod-level requests that are missing come from the containers' requests, else from the pod's own limits."""
    resources = spec.get("resources") or {}
    if not resources.get("limits"):
        return
    from pytest_helmsim.schema.pod_resources import container_requests

    requests = dict(resources.get("requests", {}))
    for name, amount in container_requests(spec).items():
        if name in ("cpu", "memory"):
            requests.setdefault(name, amount)
    for name, amount in resources["limits"].items():
        if name in ("cpu", "memory") or name.startswith("hugepages-"):
            requests.setdefault(name, amount)
    if requests:
        resources["requests"] = requests


def _pod_spec(node: Node, minor: int) -> None:
    node.setdefault("dnsPolicy", "ClusterFirst")
    node.setdefault("restartPolicy", "Always")
    node.setdefault("securityContext", {})
    node.setdefault("terminationGracePeriodSeconds", 30)
    node.setdefault("schedulerName", "default-scheduler")
    account = node.get("serviceAccountName") or node.get("serviceAccount")
    if account:
        node["serviceAccountName"] = node["serviceAccount"] = account


def _node_spec(node: Node, minor: int) -> None:
    """The one block and the list say the same; where they differ the one counts."""
    one, many = node.get("podCIDR"), node.get("podCIDRs") or []
    if one and (not many or one != many[0]):
        node["podCIDRs"] = [one]
    elif many:
        node["podCIDR"] = many[0]


def _volume(node: Node, minor: int) -> None:
    if not any(isinstance(value, dict) for value in node.values()):
        node["emptyDir"] = {}
    if minor >= 35 and isinstance(node.get("image"), dict):
        node["image"].setdefault("pullPolicy", _pull_policy(node["image"].get("reference", "")))


# --- core: the rest -----------------------------------------------------------------------------------------------------------


def _service(node: Node, minor: int) -> None:
    spec = node["spec"]
    affinity = spec.setdefault("sessionAffinity", "None")
    if affinity == "None":
        spec.pop("sessionAffinityConfig", None)
    elif affinity == "ClientIP" and ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds") is None:
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800}}
    kind = spec.setdefault("type", "ClusterIP")
    for port in spec.get("ports", ()):
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and minor >= 29 and spec.get("externalIPs")):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
        for ingress in (node.get("status") or {}).get("loadBalancer", {}).get("ingress", ()) if minor >= 30 else ():
            if ingress.get("ip"):
                ingress.setdefault("ipMode", "VIP")


def _secret(node: Node, minor: int) -> None:
    node.setdefault("type", "Opaque")
    texts = node.pop("stringData", None)
    if texts:
        encoded = {key: base64.b64encode(str(text).encode("utf-8", "surrogateescape")).decode() for key, text in texts.items()}
        node["data"] = {**node.get("data", {}), **encoded}


def _replication_controller(node: Node, minor: int) -> None:
    spec = node["spec"]
    labels = (spec.get("template") or {}).get("metadata", {}).get("labels")
    if labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        node["metadata"].setdefault("labels", dict(labels))
    spec.setdefault("replicas", 1)


def _namespace(node: Node, minor: int) -> None:
    name = node["metadata"].get("name")
    if name:
        node["metadata"]["labels"] = {**node["metadata"].get("labels", {}), "kubernetes.io/metadata.name": name}


def _endpoints(node: Node, minor: int) -> None:
    for subset in node.get("subsets", ()):
        for port in subset.get("ports", ()):
            port.setdefault("protocol", "TCP")


def _limit_range_item(node: Node, minor: int) -> None:
    if node.get("type") == "Container":
        node["default"] = {**node.get("max", {}), **node.get("default", {})}
        node["defaultRequest"] = {**node.get("min", {}), **node["default"], **node.get("defaultRequest", {})}


def _persistent_volume(node: Node, minor: int) -> None:
    node["status"].setdefault("phase", "Pending")
    node["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")
    node["spec"].setdefault("volumeMode", "Filesystem")


def _persistent_volume_claim(node: Node, minor: int) -> None:
    node["status"].setdefault("phase", "Pending")


def _node_status(node: Node, minor: int) -> None:
    if node.get("capacity"):
        node.setdefault("allocatable", dict(node["capacity"]))


# --- apps, batch, autoscaling -------------------------------------------------------------------------------------------------


def _deployment(node: Node, minor: int) -> None:
    spec = node["spec"]
    spec.setdefault("replicas", 1)
    strategy = spec["strategy"]
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def _daemon_set(node: Node, minor: int) -> None:
    spec = node["spec"]
    strategy = spec["updateStrategy"]
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)


def _stateful_set(node: Node, minor: int) -> None:
    spec = node["spec"]
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec["updateStrategy"]
    if "type" not in strategy:
        strategy["type"] = "RollingUpdate"
        strategy.setdefault("rollingUpdate", {})
    if strategy["type"] == "RollingUpdate" and "rollingUpdate" in strategy:
        strategy["rollingUpdate"].setdefault("partition", 0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    for claim in spec.get("volumeClaimTemplates", ()):
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim.setdefault("apiVersion", "v1")


def _replica_set(node: Node, minor: int) -> None:
    node["spec"].setdefault("replicas", 1)


def _job(node: Node, minor: int) -> None:
    spec = node["spec"]
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", MAX_INT32 if "backoffLimitPerIndex" in spec else 6)
    labels = spec["template"]["metadata"].get("labels")
    if labels and not node["metadata"].get("labels"):
        node["metadata"]["labels"] = dict(labels)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    if minor >= 29:
        spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
        spec.setdefault("manualSelector", False)


def _cron_job(node: Node, minor: int) -> None:
    fill(concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)(node["spec"], minor)


def _scaling_rules(node: Node, policies: list[Node], window: int | None) -> Node:
    rules = {"selectPolicy": "Max", "policies": policies, **node}
    if window is not None:
        rules.setdefault("stabilizationWindowSeconds", window)
    return rules


def _autoscaler(node: Node, minor: int) -> None:
    spec = node["spec"]
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        percent = {"type": "Percent", "value": 100, "periodSeconds": 15}
        pods = {"type": "Pods", "value": 4, "periodSeconds": 15}
        behavior["scaleUp"] = _scaling_rules(behavior.get("scaleUp") or {}, [pods, dict(percent)], 0)
        behavior["scaleDown"] = _scaling_rules(behavior.get("scaleDown") or {}, [percent], None)


def _autoscaler_v1(node: Node, minor: int) -> None:
    node["spec"].setdefault("minReplicas", 1)
    if "autoscaling.alpha.kubernetes.io/metrics" not in (node["metadata"].get("annotations") or {}):
        node["spec"].setdefault("targetCPUUtilizationPercentage", 80)


# --- networking, rbac, storage, admission, extensions -------------------------------------------------------------------------


def _network_policy(node: Node, minor: int) -> None:
    spec = node["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _ingress_class(node: Node, minor: int) -> None:
    parameters = (node.get("spec") or {}).get("parameters")
    if parameters is not None:
        parameters.setdefault("scope", "Cluster")


def _binding(node: Node, minor: int) -> None:
    if not node["roleRef"].get("apiGroup"):
        node["roleRef"]["apiGroup"] = RBAC_GROUP


def _subject(node: Node, minor: int) -> None:
    if node.get("kind") in ("User", "Group"):
        node.setdefault("apiGroup", RBAC_GROUP)


def _csi_driver(node: Node, minor: int) -> None:
    if not node["spec"].get("volumeLifecycleModes"):
        node["spec"].pop("volumeLifecycleModes", None)
    fill(
        attachRequired=True, podInfoOnMount=False, storageCapacity=False, fsGroupPolicy="ReadWriteOnceWithFSType",
        volumeLifecycleModes=["Persistent"], requiresRepublish=False, seLinuxMount=False,
    )(node["spec"], minor)  # fmt: skip


def _crd(node: Node, minor: int) -> None:
    spec = node["spec"]
    names = spec["names"]
    kind = names.get("kind", "")
    if not names.get("singular"):
        names["singular"] = kind.lower()
    if kind:
        names.setdefault("listKind", kind + "List")
    spec.setdefault("conversion", {"strategy": "None"})
    stored = [version.get("name") for version in spec.get("versions") or () if version.get("storage")]
    if not node["status"].get("storedVersions"):
        node["status"]["storedVersions"] = stored[:1]


def _device_request(node: Node, minor: int) -> None:
    if node.setdefault("allocationMode", "ExactCount") == "ExactCount":
        node.setdefault("count", 1)


_PROBE = fill(timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
_FILES = fill(defaultMode=0o644)
_RBD = fill(pool="rbd", user="admin", keyring="/etc/ceph/keyring")
_ISCSI = fill(iscsiInterface="default")
_SCALE_IO = fill(storageMode="ThinProvisioned", fsType="xfs")
_WEBHOOK = fill(failurePolicy="Fail", matchPolicy="Equivalent", namespaceSelector={}, objectSelector={}, timeoutSeconds=10)
_MUTATING = fill(
    failurePolicy="Fail", matchPolicy="Equivalent", namespaceSelector={}, objectSelector={}, timeoutSeconds=10, reinvocationPolicy="Never"
)
_QUEUING = fill(handSize=8, queues=64, queueLengthLimit=50)

RULES: dict[str, Rule] = {
    _CORE + "Pod": _pod,
    _CORE + "PodSpec": _pod_spec,
    _CORE + "PodStatus": _pod_status,
    _CORE + "PodTemplateSpec": _pod_meta,
    _CORE + "Container": _container,
    _CORE + "EphemeralContainer": _container,
    _CORE + "ContainerPort": fill(protocol="TCP"),
    _CORE + "Probe": _PROBE,
    _CORE + "HTTPGetAction": fill(path="/", scheme="HTTP"),
    _CORE + "GRPCAction": fill(service=""),
    _CORE + "ObjectFieldSelector": fill(apiVersion="v1"),
    _CORE + "FileKeySelector": fill(optional=False),
    _CORE + "Volume": _volume,
    _CORE + "SecretVolumeSource": _FILES,
    _CORE + "ConfigMapVolumeSource": _FILES,
    _CORE + "DownwardAPIVolumeSource": _FILES,
    _CORE + "ProjectedVolumeSource": _FILES,
    _CORE + "ServiceAccountTokenProjection": fill(expirationSeconds=3600),
    _CORE + "HostPathVolumeSource": fill(type=""),
    _CORE + "ISCSIVolumeSource": _ISCSI,
    _CORE + "ISCSIPersistentVolumeSource": _ISCSI,
    _CORE + "RBDVolumeSource": _RBD,
    _CORE + "RBDPersistentVolumeSource": _RBD,
    _CORE + "ScaleIOVolumeSource": _SCALE_IO,
    _CORE + "ScaleIOPersistentVolumeSource": _SCALE_IO,
    _CORE + "AzureDiskVolumeSource": fill(cachingMode="ReadWrite", fsType="ext4", readOnly=False, kind="Shared"),
    _CORE + "PersistentVolumeClaimSpec": fill(volumeMode="Filesystem"),
    _CORE + "PersistentVolumeClaim": _persistent_volume_claim,
    _CORE + "PersistentVolume": _persistent_volume,
    _CORE + "Service": _service,
    _CORE + "Secret": _secret,
    _CORE + "ReplicationController": _replication_controller,
    _CORE + "Namespace": _namespace,
    _CORE + "NamespaceStatus": fill(phase="Active"),
    _CORE + "NodeSpec": _node_spec,
    _CORE + "NodeStatus": _node_status,
    _CORE + "Endpoints": _endpoints,
    _CORE + "LimitRangeItem": _limit_range_item,
    "io.k8s.api.apps.v1.Deployment": _deployment,
    "io.k8s.api.apps.v1.DaemonSet": _daemon_set,
    "io.k8s.api.apps.v1.RollingUpdateDaemonSet": fill(maxUnavailable=0, maxSurge=0),
    "io.k8s.api.apps.v1.StatefulSet": _stateful_set,
    "io.k8s.api.apps.v1.ReplicaSet": _replica_set,
    "io.k8s.api.batch.v1.Job": _job,
    "io.k8s.api.batch.v1.CronJob": _cron_job,
    "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern": fill(status="True"),
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler": _autoscaler,
    "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler": _autoscaler_v1,
    "io.k8s.api.networking.v1.NetworkPolicy": _network_policy,
    "io.k8s.api.networking.v1.NetworkPolicyPort": fill(protocol="TCP"),
    "io.k8s.api.networking.v1.IngressClass": _ingress_class,
    "io.k8s.api.rbac.v1.RoleBinding": _binding,
    "io.k8s.api.rbac.v1.ClusterRoleBinding": _binding,
    "io.k8s.api.rbac.v1.Subject": _subject,
    "io.k8s.api.scheduling.v1.PriorityClass": fill(preemptionPolicy="PreemptLowerPriority"),
    "io.k8s.api.storage.v1.StorageClass": fill(reclaimPolicy="Delete", volumeBindingMode="Immediate"),
    "io.k8s.api.storage.v1.CSIDriver": _csi_driver,
    "io.k8s.api.discovery.v1.EndpointPort": fill(name="", protocol="TCP"),
    "io.k8s.api.authentication.v1.TokenRequestSpec": fill(expirationSeconds=3600),
    "io.k8s.api.flowcontrol.v1.FlowSchemaSpec": fill(matchingPrecedence=1000),
    "io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration": fill(nominalConcurrencyShares=0, lendablePercent=0),
    "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration": fill(nominalConcurrencyShares=30, lendablePercent=0),
    "io.k8s.api.flowcontrol.v1.QueuingConfiguration": _QUEUING,
    "io.k8s.api.resource.v1.ExactDeviceRequest": _device_request,
    "io.k8s.api.resource.v1.DeviceSubRequest": _device_request,
    _ADMISSION + "ValidatingWebhook": _WEBHOOK,
    _ADMISSION + "MutatingWebhook": _MUTATING,
    _ADMISSION + "RuleWithOperations": fill(scope="*"),
    _ADMISSION + "NamedRuleWithOperations": fill(scope="*"),
    _ADMISSION + "ServiceReference": fill(port=443),
    _ADMISSION + "ValidatingAdmissionPolicySpec": fill(failurePolicy="Fail"),
    _ADMISSION + "MutatingAdmissionPolicySpec": fill(failurePolicy="Fail"),
    _ADMISSION + "MatchResources": fill(matchPolicy="Equivalent", namespaceSelector={}, objectSelector={}),
    _CRD + "CustomResourceDefinition": _crd,
    _CRD + "ServiceReference": fill(port=443),
    "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference": fill(port=443),
}
