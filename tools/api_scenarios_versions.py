# ruff: noqa: E501
"""Request sequences for `record_versions.py`: what kube-apiserver answers otherwise from one minor version to the next.

A row for each feature between 1.28 and 1.37 that touches a field which charts set, a rule or a default; what is served; Table columns;
objects of a fresh cluster. As in `api_scenarios.py`, data and small functions; nearly everything is a dry run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import CLUSTER_KINDS, KINDS, MERGE, SELECTOR, TABLE, Step, collection
from api_scenarios_more import delete, get, patch, post

CORE, APPS, BATCH = "/api/v1/namespaces/{ns}", "/apis/apps/v1/namespaces/{ns}", "/apis/batch/v1/namespaces/{ns}"
DRY = "dryRun=All&fieldValidation=Warn"

GROUPS = (
    "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io",
    "authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
    "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
)  # fmt: skip
VERSIONS = (
    "admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1", "apps/v1", "autoscaling/v2", "autoscaling/v2beta2", "batch/v1", "batch/v1beta1",
    "authentication.k8s.io/v1", "certificates.k8s.io/v1", "coordination.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta2", "flowcontrol.apiserver.k8s.io/v1beta3", "networking.k8s.io/v1", "policy/v1beta1", "resource.k8s.io/v1",
    "scheduling.k8s.io/v1", "storage.k8s.io/v1", "storagemigration.k8s.io/v1",
)  # fmt: skip

POD: dict[str, Any] = {
    "plain": {},
    "sidecar": {"initContainers": [{"name": "mesh", "image": "mesh:1", "restartPolicy": "Always"}]},
    "sidecar-probe": {"initContainers": [{"name": "mesh", "image": "mesh:1", "restartPolicy": "Always", "startupProbe": {"tcpSocket": {"port": 1}}}]},
    "init-probe": {"initContainers": [{"name": "i", "image": "i:1", "readinessProbe": {"tcpSocket": {"port": 1}}}]},
    "init-never": {"initContainers": [{"name": "i", "image": "i:1", "restartPolicy": "Never"}]},
    "host-users": {"hostUsers": False},
    "host-users-network": {"hostUsers": False, "hostNetwork": True},
    "app-armor": {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
    "app-armor-wrong": {"securityContext": {"appArmorProfile": {"type": "Localhost"}}},
    "groups-policy": {"securityContext": {"supplementalGroups": [1], "supplementalGroupsPolicy": "Strict"}},
    "groups-policy-wrong": {"securityContext": {"supplementalGroupsPolicy": "Loose"}},
    "selinux-policy": {"securityContext": {"seLinuxChangePolicy": "Recursive"}},
    "image-volume": {"volumes": [{"name": "v", "image": {"reference": "data:1"}}]},
    "trust-bundle": {"volumes": [{"name": "v", "projected": {"sources": [{"clusterTrustBundle": {"name": "x", "path": "ca"}}]}}]},
    "pod-certificate": {"volumes": [{"name": "v", "projected": {"sources": [{"podCertificate": {"signerName": "a.b/c", "keyType": "ED25519", "credentialBundlePath": "x"}}]}}]},
    "git-repo": {"volumes": [{"name": "v", "gitRepo": {"repository": "https://example.com/r"}}]},
    "pod-resources": {"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "1Gi"}}},
    "pod-resources-wrong": {"resources": {"requests": {"cpu": "3"}, "limits": {"cpu": "2"}}},
    "hostname-override": {"hostnameOverride": "other.example.com"},
    "claims": {"resourceClaims": [{"name": "gpu", "resourceClaimName": "x"}]},
    "claims-source": {"resourceClaims": [{"name": "gpu", "source": {"resourceClaimName": "x"}}]},
    "gates": {"schedulingGates": [{"name": "example.com/wait"}]},
    "scheduling-group": {"schedulingGroup": {"podGroupName": "x"}},
    "workload": {"workloadRef": {"name": "x", "podGroup": "y"}},
    "toleration": {"tolerations": [{"key": "a", "operator": "Gt", "value": "3", "effect": "NoSchedule"}]},
    "spread": {"topologySpreadConstraints": [{"maxSkew": 1, "minDomains": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}, "matchLabelKeys": ["app-x"], "nodeTaintsPolicy": "Honor", "nodeAffinityPolicy": "Ignore"}]},
    "spread-wrong": {"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "x"}]},
    "affinity-keys": {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}, "matchLabelKeys": ["release"], "mismatchLabelKeys": ["tenant"]}]}}},
    "affinity-keys-wrong": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", "matchLabelKeys": ["release"]}]}}},
    "dns-search": {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.1"], "searches": ["_tcp.example.com", "."]}},
    "dns-address": {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["010.0.0.1"]}},
    "host-alias": {"hostAliases": [{"ip": "010.1.2.3", "hostnames": ["a"]}]},
    "ephemeral-volume": {"volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeAttributesClassName": "gold"}}}}]},
    "host-network": {"hostNetwork": True},
    "grace": {"terminationGracePeriodSeconds": 0},
    "same-port": {"initContainers": [{"name": "mesh", "image": "mesh:1", "restartPolicy": "Always", "ports": [{"containerPort": 80}]}]},
    "empty-claim": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": ""}}]},
    "unknown-ip": {"os": {"name": "linux"}, "securityContext": {"fsGroupChangePolicy": "OnRootMismatch", "sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}},
}  # fmt: skip
CONTAINERS: dict[str, Any] = {
    "resize": {"resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}], "resources": {"limits": {"memory": "1Gi"}}},
    "resize-wrong": {"resizePolicy": [{"resourceName": "disk", "restartPolicy": "x"}]},
    "read-only-mount": {"volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True, "recursiveReadOnly": "IfPossible"}]},
    "proc-mount": {"securityContext": {"procMount": "Unmasked"}},
    "app-armor-container": {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
    "sleep": {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}},
    "sleep-zero": {"lifecycle": {"preStop": {"sleep": {"seconds": 0}}}},
    "sleep-long": {"lifecycle": {"preStop": {"sleep": {"seconds": 5000}}}},
    "stop-signal": {"lifecycle": {"stopSignal": "SIGUSR1"}},
    "no-handler": {"lifecycle": {"preStop": {}}},
    "env-relaxed": {"env": [{"name": "1.a-b%c", "value": "x"}]},
    "env-wrong": {"env": [{"name": "a=b", "value": "x"}]},
    "env-from": {"envFrom": [{"prefix": "1-", "configMapRef": {"name": "x"}}]},
    "env-file": {"env": [{"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "p", "key": "k"}}}]},
    "restart-rules": {"restartPolicy": "Never", "restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]},
    "restart-all": {"restartPolicy": "Never", "restartPolicyRules": [{"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}}]},
    "restart": {"restartPolicy": "Always"},
    "container-claims": {"resources": {"claims": [{"name": "gpu", "request": "one"}]}},
    "probe": {"livenessProbe": {"httpGet": {"port": 80, "host": "10.0.0.1", "httpHeaders": [{"name": "a b", "value": "x"}]}, "successThreshold": 2}},
    "image-blank": {"image": " nginx "},
    "image-digest": {"image": "nginx@sha256:0123456789012345678901234567890123456789012345678901234567890123"},
    "port": {"ports": [{"containerPort": 99999, "protocol": "tcp"}]},
    "user-space": {"securityContext": {"runAsUser": -1, "capabilities": {"add": ["CAP_NET_ADMIN"]}}},
}  # fmt: skip
JOBS: dict[str, Any] = {
    "plain": {},
    "failure-policy": {"podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1]}}, {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]}},
    "fail-index": {"completionMode": "Indexed", "completions": 2, "backoffLimitPerIndex": 1, "podFailurePolicy": {"rules": [{"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [1]}}]}},
    "success-policy": {"completionMode": "Indexed", "completions": 2, "successPolicy": {"rules": [{"succeededIndexes": "0", "succeededCount": 1}]}},
    "success-policy-wrong": {"completions": 2, "successPolicy": {"rules": [{}]}},
    "per-index": {"completionMode": "Indexed", "completions": 3, "backoffLimitPerIndex": 1, "maxFailedIndexes": 2},
    "per-index-wrong": {"completions": 3, "backoffLimitPerIndex": -1},
    "managed-by": {"managedBy": "example.com/queue"},
    "managed-by-wrong": {"managedBy": "queue"},
    "replacement": {"podReplacementPolicy": "Failed"},
    "replacement-wrong": {"podReplacementPolicy": "Never"},
    "mode-wrong": {"completionMode": "Sometimes"},
    "large": {"completionMode": "Indexed", "completions": 200000, "parallelism": 100000},
}  # fmt: skip
STATEFUL: dict[str, Any] = {
    "retention": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}},
    "ordinals": {"ordinals": {"start": 3}},
    "ordinals-wrong": {"ordinals": {"start": -3}},
    "unavailable": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}},
    "unavailable-wrong": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}}},
    "recreate": {"updateStrategy": {"type": "Recreate"}},
    "ready": {"minReadySeconds": 5, "serviceName": ""},
    "name": {"serviceName": "Not_A_Name"},
    "templates": {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeAttributesClassName": "gold"}}]},
}  # fmt: skip
SERVICES: dict[str, Any] = {
    "plain": {},
    "close": {"trafficDistribution": "PreferClose"},
    "same-zone": {"trafficDistribution": "PreferSameZone"},
    "same-node": {"trafficDistribution": "PreferSameNode"},
    "distribution-wrong": {"trafficDistribution": "Far"},
    "local": {"internalTrafficPolicy": "Local"},
    "policy-wrong": {"internalTrafficPolicy": "Near", "externalTrafficPolicy": "Far", "type": "NodePort"},
    "external-ips": {"externalIPs": ["192.0.2.1"]},
    "external-ip-zeros": {"externalIPs": ["192.0.02.1"]},
    "ranges": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.1.2.3/8", "010.0.0.0/8"], "loadBalancerIP": "192.0.2.1"},
    "dual": {"ipFamilyPolicy": "PreferDualStack"},
    "affinity": {"sessionAffinity": "ClientIP"},
    "headless": {"clusterIP": "None"},
    "external": {"type": "ExternalName", "externalName": "example.com"},
    "external-wrong": {"type": "ExternalName", "externalName": "not_a_name"},
    "protocol": {"ports": [{"port": 80, "appProtocol": "kubernetes.io/h2c", "protocol": "udp"}]},
}  # fmt: skip
CLAIMS: dict[str, Any] = {
    "attributes": {"volumeAttributesClassName": "gold"},
    "claims": {"resources": {"requests": {"storage": "1Gi"}, "claims": [{"name": "x"}]}},
    "source": {"dataSourceRef": {"apiGroup": "example.com", "kind": "Backup", "name": "x"}},
    "source-elsewhere": {"dataSourceRef": {"apiGroup": "example.com", "kind": "Backup", "name": "x", "namespace": "other"}},
    "data-source": {"dataSource": {"apiGroup": "example.com", "kind": "Backup", "name": "x"}},
    "modes": {"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]},
}  # fmt: skip
AUTOSCALERS: dict[str, Any] = {
    "container": {"metrics": [{"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "web", "target": {"type": "Utilization", "averageUtilization": 50}}}]},
    "tolerance": {"behavior": {"scaleUp": {"tolerance": "50m"}, "scaleDown": {"selectPolicy": "Disabled"}}},
    "tolerance-wrong": {"behavior": {"scaleUp": {"tolerance": "-1"}}},
    "zero": {"minReplicas": 0, "metrics": [{"type": "External", "external": {"metric": {"name": "x"}, "target": {"type": "Value", "value": "1"}}}]},
    "less": {"minReplicas": 9},
}  # fmt: skip
BUDGETS: dict[str, Any] = {
    "policy": {"unhealthyPodEvictionPolicy": "AlwaysAllow"},
    "policy-wrong": {"unhealthyPodEvictionPolicy": "Sometimes"},
    "both": {"maxUnavailable": 1},
}
DEPLOYMENTS: dict[str, Any] = {
    "plain": {},
    "replacement": {"podReplacementPolicy": "TerminationComplete"},
    "both-zero": {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
    "unknown": {"strategy": {"type": "Sometimes"}},
    "selector": {"selector": {"matchLabels": {"other": "x"}}},
}  # fmt: skip

GOLD = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "VolumeAttributesClass",
    "metadata": {"name": "gold"},
    "driverName": "example.com",
    "parameters": {"a": "b"},
}
POLICY: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "rec-policy"},
    "spec": {
        "matchConstraints": {"resourceRules": [{"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nones"]}]},
        "validations": [{"expression": "object.spec.replicas < 5"}],
    },
}  # fmt: skip
MUTATING: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "MutatingAdmissionPolicy",
    "metadata": {"name": "rec-mutating"},
    "spec": {
        "matchConstraints": POLICY["spec"]["matchConstraints"],
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}],
    },
}  # fmt: skip


def definition(name: str, spec: dict[str, Any], **version: Any) -> dict[str, Any]:
    """A CustomResourceDefinition whose objects have this `spec`."""
    schema = {"type": "object", "properties": {"spec": spec}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{name}s.versions.example.com"},
        "spec": {
            "group": "versions.example.com",
            "scope": "Namespaced",
            "names": {"plural": f"{name}s", "kind": name.capitalize()},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}],
        },
    }


FIELDS = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 10}, "b": {"type": "integer", "maximum": 3}}}


def kinds(api_version: str, kind: str, plural: str, rows: dict[str, Any], base: dict[str, Any]) -> Iterator[Step]:
    """A dry run of each row on top of a kind's usual spec."""
    many = collection(api_version, plural, namespaced=True)
    for name, spec in rows.items():
        yield post(many, {"apiVersion": api_version, "kind": kind, "metadata": {"name": f"v-{name}"}, "spec": {**base, **spec}}, DRY)


def usual(kind: str) -> tuple[str, str, dict[str, Any]]:
    """A kind's API version, plural and usual spec."""
    api_version, plural, content = KINDS[kind]
    return api_version, plural, content["spec"]


def pods() -> Iterator[Step]:
    """Fields of pods, alone and within a Deployment's template; what a stored pod keeps; resizing."""
    many = f"{CORE}/pods"
    bodies = {name: {"containers": [{"name": "web", "image": "nginx:1.27"}], **spec} for name, spec in POD.items()}
    for name, container in CONTAINERS.items():
        volumes = {"volumes": [{"name": "v", "emptyDir": {}}]} if "v" in str(container) else {}
        restart = {"restartPolicy": "Never"} if name == "restart-rules" else {}
        claims = {"resourceClaims": [{"name": "gpu", "resourceClaimName": "x"}]} if name == "container-claims" else {}
        bodies[name] = {"containers": [{"name": "web", "image": "nginx:1.27", **container}], **volumes, **restart, **claims}
    for name, spec in bodies.items():
        yield post(many, {"metadata": {"name": f"v-{name}"}, "spec": spec}, DRY)
    for name in (
        "sidecar",
        "host-users",
        "pod-resources",
        "stop-signal",
        "read-only-mount",
        "affinity-keys",
        "image-volume",
        "app-armor",
        "env-relaxed",
    ):
        template = {"metadata": {"labels": {"app": "web"}}, "spec": bodies[name]}
        yield post(f"{APPS}/deployments", {"metadata": {"name": f"v-{name}"}, "spec": {"selector": SELECTOR, "template": template}}, DRY)
    for name in ("sidecar", "pod-resources", "stop-signal", "env-relaxed"):
        yield post(many, {"metadata": {"name": f"v-{name}"}, "spec": bodies[name]}, "dryRun=All&fieldValidation=Strict")
    annotations = {
        "container.apparmor.security.beta.kubernetes.io/web": "unconfined",
        "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
    }
    yield post(many, {"metadata": {"name": "v-annotated", "annotations": annotations}, "spec": bodies["plain"]}, DRY)
    stored = {"containers": [{"name": "web", "image": "nginx:1.27", "resources": {"requests": {"cpu": "1"}}}]}
    yield post(many, {"metadata": {"name": "v-stored"}, "spec": stored}, "fieldManager=m")
    yield get(f"{many}/v-stored")
    change = {"spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "2"}}}]}}
    yield {"method": "PATCH", "path": f"{many}/v-stored", "type": "application/strategic-merge-patch+json", "body": change}
    yield {"method": "PATCH", "path": f"{many}/v-stored/resize", "type": "application/strategic-merge-patch+json", "body": change}
    yield patch(f"{many}/v-stored", MERGE, {"metadata": {"labels": {"a": "b"}}})
    yield patch(f"{many}/v-stored", MERGE, {"spec": {"activeDeadlineSeconds": 5}})
    yield patch(
        f"{many}/v-stored/status",
        MERGE,
        {"status": {"observedGeneration": 1, "hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.1"}], "resize": "Proposed"}},
    )
    yield post(f"{many}/v-stored/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "v-stored"}}, "dryRun=All")
    yield delete(f"{many}/v-stored")


def workloads() -> Iterator[Step]:
    """Jobs, StatefulSets, Deployments: fields and rules."""
    api_version, plural, base = usual("Job")
    yield from kinds(api_version, "Job", plural, JOBS, base)
    api_version, plural, base = usual("CronJob")
    yield from kinds(
        api_version, "CronJob", plural, {"zone": {"timeZone": "Europe/Berlin"}, "in-schedule": {"schedule": "TZ=UTC 0 * * * *"}}, base
    )
    inner = {"spec": {**KINDS["Job"][2]["spec"], "managedBy": "example.com/queue", "podReplacementPolicy": "Failed"}}
    yield from kinds(api_version, "CronJob", plural, {"inner": {"jobTemplate": inner}}, base)
    api_version, plural, base = usual("StatefulSet")
    yield from kinds(api_version, "StatefulSet", plural, STATEFUL, base)
    api_version, plural, base = usual("Deployment")
    yield from kinds(api_version, "Deployment", plural, DEPLOYMENTS, base)
    many = f"{BATCH}/jobs"
    spec = {**KINDS["Job"][2]["spec"], "suspend": True}
    yield post(many, {"metadata": {"name": "v-suspended"}, "spec": spec}, "fieldManager=m")
    limits = {"spec": {"template": {"spec": {"containers": [{"name": "job", "resources": {"limits": {"cpu": "1"}}}]}}}}
    yield {
        "method": "PATCH",
        "path": f"{many}/v-suspended",
        "type": "application/strategic-merge-patch+json",
        "query": "dryRun=All",
        "body": limits,
    }
    yield patch(f"{many}/v-suspended", MERGE, {"spec": {"template": {"spec": {"nodeSelector": {"a": "b"}}}}}, "dryRun=All")
    yield patch(f"{many}/v-suspended", MERGE, {"spec": {"suspend": False, "parallelism": 0, "completions": 3}}, "dryRun=All")
    status = {"status": {"conditions": [{"type": "Complete", "status": "True"}], "completionTime": "2024-01-01T00:00:00Z"}}
    yield patch(f"{many}/v-suspended/status", MERGE, status, "dryRun=All")
    yield get(f"{many}/v-suspended", accept=TABLE)
    yield delete(f"{many}/v-suspended", None, "dryRun=All")
    yield delete(f"{many}/v-suspended", None, "propagationPolicy=Background")
    many = f"{APPS}/statefulsets"
    yield post(many, {"metadata": {"name": "v-set"}, "spec": {**usual("StatefulSet")[2], "replicas": 1}}, "fieldManager=m")
    yield patch(f"{many}/v-set", MERGE, {"spec": {"revisionHistoryLimit": 3}}, "dryRun=All")
    yield patch(f"{many}/v-set", MERGE, {"spec": {"podManagementPolicy": "Parallel"}}, "dryRun=All")
    yield patch(f"{many}/v-set", MERGE, {"spec": {"serviceName": "other"}}, "dryRun=All")
    many = f"{APPS}/deployments"
    yield post(many, {"metadata": {"name": "v-deploy"}, "spec": usual("Deployment")[2]}, "fieldManager=m")
    yield patch(f"{many}/v-deploy/status", MERGE, {"status": {"terminatingReplicas": 2, "replicas": 3}}, "dryRun=All")
    yield patch(f"{many}/v-deploy", MERGE, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}, "dryRun=All")
    yield patch(f"{many}/v-deploy/scale", MERGE, {"spec": {"replicas": -1}}, "dryRun=All")
    mine = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "v-deploy"},
        "spec": {"template": {"spec": {"hostUsers": False, "hostnameOverride": "a", "resources": {"limits": {"cpu": "1"}}}}},
    }
    yield {
        "method": "PATCH",
        "path": f"{many}/v-deploy",
        "type": "application/apply-patch+yaml",
        "query": "dryRun=All&fieldManager=a",
        "body": mine,
    }


def services() -> Iterator[Step]:
    """Services, claims, autoscalers, budgets and what else charts hold in a namespace."""
    for kind, rows in (
        ("Service", SERVICES),
        ("PersistentVolumeClaim", CLAIMS),
        ("HorizontalPodAutoscaler", AUTOSCALERS),
        ("PodDisruptionBudget", BUDGETS),
    ):
        api_version, plural, base = usual(kind)
        yield from kinds(api_version, kind, plural, rows, base)
    for name in ("1up", "a.b", "UPPER", "x" * 64):
        yield post(f"{CORE}/services", {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}}, DRY)
    yield post(
        f"{CORE}/services", {"metadata": {"name": "v-lb"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}, "fieldManager=m"
    )
    yield patch(
        f"{CORE}/services/v-lb/status",
        MERGE,
        {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "Proxy"}]}}},
        "dryRun=All",
    )
    yield patch(f"{CORE}/services/v-lb/status", MERGE, {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}, "dryRun=All")
    yield patch(f"{CORE}/services/v-lb", MERGE, {"spec": {"type": "ClusterIP"}}, "dryRun=All")
    yield delete(f"{CORE}/services/v-lb")
    endpoints = {
        "metadata": {"name": "v-e"},
        "subsets": [{"addresses": [{"ip": "010.1.2.3"}, {"ip": "127.0.0.1"}], "ports": [{"port": 80}]}],
    }
    yield post(f"{CORE}/endpoints", endpoints, DRY)
    yield post(
        f"{CORE}/endpoints", {"metadata": {"name": "v-e"}, "subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}]}, DRY
    )
    yield get(f"{CORE}/endpoints")
    backend = {"service": {"name": "1up", "port": {"number": 80}}}
    rule = {"host": "a.example", "http": {"paths": [{"path": "/a", "pathType": "Exact", "backend": backend}]}}
    yield post("/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses", {"metadata": {"name": "v-i"}, "spec": {"rules": [rule]}}, DRY)
    peers = {"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "10.1.2.3/08", "except": ["10.1.2.0/24"]}}]}]}
    yield post("/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies", {"metadata": {"name": "v-n"}, "spec": peers}, DRY)
    yield post(
        "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
        {"metadata": {"name": "v-n"}, "spec": {"podSelector": {}}, "status": {}},
        DRY,
    )
    hard = {
        "hard": {"cpu": "1"},
        "scopeSelector": {"matchExpressions": [{"scopeName": "VolumeAttributesClass", "operator": "In", "values": ["gold"]}]},
    }
    yield post(f"{CORE}/resourcequotas", {"metadata": {"name": "v-q"}, "spec": hard}, DRY)
    lease = {"metadata": {"name": "v-l"}, "spec": {"strategy": "OldestEmulationVersion", "preferredHolder": "a"}}
    yield post("/apis/coordination.k8s.io/v1/namespaces/{ns}/leases", lease, DRY)
    yield post(f"{CORE}/serviceaccounts/default/token", {"spec": {"expirationSeconds": 1}})
    yield post(f"{CORE}/configmaps", {"metadata": {"name": "v-c"}, "data": {"a b": "y"}}, DRY)
    yield post(f"{CORE}/secrets", {"metadata": {"name": "v-s"}, "type": "kubernetes.io/tls", "data": {}}, DRY)
    yield get(f"{CORE}/configmaps", "limit=-1")
    yield get(f"{CORE}/configmaps", "sendInitialEvents=true")
    yield get(f"{CORE}/configmaps", "resourceVersion=x")
    yield get(f"{CORE}/configmaps", "resourceVersionMatch=Exact")
    yield get(f"{CORE}/configmaps", "shardSelector=x")
    yield delete(f"{CORE}/configmaps/none", {"ignoreStoreReadErrorWithClusterBreakingPotential": True})
    yield post(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {"spec": {"resourceAttributes": {"verb": "list", "resource": "pods", "fieldSelector": {"rawSelector": "a=b"}}}},
    )
    yield post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, mask=["status"])


def cluster() -> Iterator[Step]:
    """Kinds without a namespace."""
    yield post("/apis/storage.k8s.io/v1/volumeattributesclasses", GOLD, DRY)
    yield post("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", POLICY, DRY)
    yield post("/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies", MUTATING, DRY)
    webhooks = CLUSTER_KINDS["ValidatingWebhookConfiguration"][2]["webhooks"]
    conditions = [{**webhooks[0], "matchConditions": [{"name": "a", "expression": "request.name != 'x'"}]}]
    yield post(
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", {"metadata": {"name": "v-w"}, "webhooks": conditions}, DRY
    )
    volume = {"spec": {**CLUSTER_KINDS["PersistentVolume"][2]["spec"], "volumeAttributesClassName": "gold"}}
    yield post("/api/v1/persistentvolumes", {"metadata": {"name": "v-pv"}, **volume}, DRY)
    yield post("/api/v1/persistentvolumes", {"metadata": {"name": "v-pv"}, **CLUSTER_KINDS["PersistentVolume"][2]}, DRY)
    driver = {
        "attachRequired": True,
        "seLinuxMount": True,
        "nodeAllocatableUpdatePeriodSeconds": 60,
        "serviceAccountTokenInSecrets": True,
        "preventPodSchedulingIfMissing": True,
    }
    yield post("/apis/storage.k8s.io/v1/csidrivers", {"metadata": {"name": "v.example.com"}, "spec": driver}, DRY)
    yield post(
        "/apis/storage.k8s.io/v1/csidrivers",
        {"metadata": {"name": "v.example.com"}, "spec": {"nodeAllocatableUpdatePeriodSeconds": 1}},
        DRY,
    )
    yield post("/apis/storage.k8s.io/v1/storageclasses", {"metadata": {"name": "v-sc"}, "provisioner": "", "volumeBindingMode": "x"}, DRY)
    for version in ("v1", "v1beta3"):
        level = {"type": "Limited", "limited": {"limitResponse": {"type": "Queue"}}}
        yield post(
            f"/apis/flowcontrol.apiserver.k8s.io/{version}/prioritylevelconfigurations", {"metadata": {"name": "v-p"}, "spec": level}, DRY
        )
        zero = {"type": "Limited", "limited": {"nominalConcurrencyShares": 0, "limitResponse": {"type": "Reject"}}}
        yield post(
            f"/apis/flowcontrol.apiserver.k8s.io/{version}/prioritylevelconfigurations", {"metadata": {"name": "v-p"}, "spec": zero}, DRY
        )
        yield get(f"/apis/flowcontrol.apiserver.k8s.io/{version}/flowschemas/exempt")
    yield post("/apis/networking.k8s.io/v1/servicecidrs", {"metadata": {"name": "v-cidr"}, "spec": {"cidrs": ["10.97.0.0/16"]}}, DRY)
    yield post("/apis/certificates.k8s.io/v1/clustertrustbundles", {"metadata": {"name": "v-b"}, "spec": {"trustBundle": "x"}}, DRY)
    yield post("/apis/resource.k8s.io/v1/deviceclasses", {"metadata": {"name": "v-d"}, "spec": {}}, DRY)
    yield post("/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": "v-p"}, "value": 2000000000}, DRY)
    yield post("/api/v1/namespaces", {"metadata": {"name": "v-ns"}}, DRY)
    yield post("/api/v1/nodes", {"metadata": {"name": "v-node"}, "spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"]}}, DRY)
    yield post("/apis/rbac.authorization.k8s.io/v1/clusterroles", {"metadata": {"name": "v-r"}, "rules": [{"verbs": []}]}, DRY)


def definitions() -> Iterator[Step]:
    """CustomResourceDefinitions: fields, what their objects may keep when their schema gets stricter."""
    many = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    yield post(many, definition("select", FIELDS, selectableFields=[{"jsonPath": ".spec.a"}]), DRY)
    yield post(many, definition("select", FIELDS, selectableFields=[{"jsonPath": ".spec.c"}]), DRY)
    rule = {
        "rule": "self.a.size() < 5",
        "message": "too long",
        "messageExpression": "'too long: ' + self.a",
        "reason": "FieldValueForbidden",
        "fieldPath": ".a",
        "optionalOldSelf": True,
    }
    yield post(many, definition("rule", {**FIELDS, "x-kubernetes-validations": [rule]}), DRY)
    hidden = {"mask": ["metadata", "status"]}
    yield post(many, definition("ratchet", FIELDS))
    objects = "/apis/versions.example.com/v1/namespaces/{ns}/ratchets"
    one = {"apiVersion": "versions.example.com/v1", "kind": "Ratchet", "metadata": {"name": "r"}, "spec": {"a": "abcdefgh", "b": 1}}
    yield post(objects, one, "fieldManager=m", retry=201)
    stricter = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}, "b": {"type": "integer", "maximum": 3}}}
    versions = definition("ratchet", stricter)["spec"]["versions"]
    yield patch(f"{many}/ratchets.versions.example.com", MERGE, {"spec": {"versions": versions}}, "fieldManager=m") | hidden
    yield {**post(objects, {**one, "metadata": {"name": "r2"}}, "dryRun=All"), "retry": 422}
    yield patch(f"{objects}/r", MERGE, {"spec": {"b": 2}}, "dryRun=All")
    yield patch(f"{objects}/r", MERGE, {"spec": {"a": "abcdefg"}}, "dryRun=All")
    yield get(objects, "fieldSelector=spec.a=x")
    yield delete(f"{many}/ratchets.versions.example.com") | hidden


def served() -> Iterator[Step]:
    """What discovery says, and the version of the server."""
    yield get("/version")
    yield get("/api/v1")
    yield get("/apis")
    for group in GROUPS:
        yield get(f"/apis/{group}")
    for version in VERSIONS:
        yield get(f"/apis/{version}")
    for accept in ("v2", "v2beta1"):
        yield get("/apis", accept=f"application/json;g=apidiscovery.k8s.io;v={accept};as=APIGroupDiscoveryList,application/json")


def columns() -> Iterator[Step]:
    """Tables: the columns of every kind, with the rows of a fresh cluster left out."""
    for kind, (api_version, plural, content) in {**KINDS, **CLUSTER_KINDS}.items():
        if kind in ("Namespace",):
            continue
        namespaced = kind in KINDS
        many = collection(api_version, plural, namespaced=namespaced)
        name = f"rec-v-{plural}"
        yield post(many, {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **content}, "fieldManager=m")
        yield get(f"{many}/{name}", accept=TABLE)
        yield delete(f"{many}/{name}")
    for path in (
        "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/exempt", "/apis/flowcontrol.apiserver.k8s.io/v1beta3/prioritylevelconfigurations/exempt",
        "/apis/networking.k8s.io/v1/servicecidrs/kubernetes", "/apis/apiregistration.k8s.io/v1/apiservices/v1.apps",
    ):  # fmt: skip
        yield get(path, accept=TABLE)


def fresh() -> Iterator[Step]:
    """Objects that a server makes for itself."""
    for group in ("clusterroles", "clusterrolebindings", "roles", "rolebindings"):
        yield get(f"/apis/rbac.authorization.k8s.io/v1/{group}", mask=["metadata"])
    for version in ("v1", "v1beta3"):
        for plural in ("flowschemas", "prioritylevelconfigurations"):
            yield get(f"/apis/flowcontrol.apiserver.k8s.io/{version}/{plural}", mask=["metadata"])
    yield get("/apis/scheduling.k8s.io/v1/priorityclasses", mask=["metadata"])
    yield get("/apis/apiregistration.k8s.io/v1/apiservices", mask=["metadata"])
    for namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
        yield get(f"/api/v1/namespaces/{namespace}")
    yield get("/api/v1/configmaps", "fieldSelector=metadata.name!=kube-apiserver-legacy-service-account-token-tracking", mask=["metadata"])


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """Every sequence by name; `fresh` goes first, since others write."""
    for make in (fresh, served, pods, workloads, services, cluster, definitions, columns):
        yield make.__name__, list(make())
