"""Request sequences for `record_api.py`: what random requests found out about pods, workloads, services and configuration.

Every step stands for one class of difference that `fuzz_api.py` once printed, in its smallest form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, JSON_PATCH, MERGE, STRATEGIC, Step
from api_scenarios_more import APPS, CORE, get, patch, post

BATCH = "/apis/batch/v1/namespaces/{ns}"
WEB = {"name": "web", "image": "nginx"}
LABELS = {"app": "web"}
STATUS = "status"


def pod(name: str, **spec: Any) -> dict[str, Any]:
    """A Pod of one container, with more in its spec."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [WEB], **spec}}


def web(**more: Any) -> list[dict[str, Any]]:
    """The one container, with more fields."""
    return [{**WEB, **more}]


def workload(kind: str, name: str, spec: dict[str, Any] | None = None, **template: Any) -> dict[str, Any]:
    """A Deployment, StatefulSet, …"""
    inner = {"metadata": {"labels": LABELS}, "spec": {"containers": [WEB], **template}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": LABELS}, "template": inner, **(spec or {})},
    }


def job(name: str, **spec: Any) -> dict[str, Any]:
    """A Job."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [WEB]}}, **spec},
    }


def put(path: str, body: Any, query: str = "") -> Step:
    """A PUT."""
    return {"method": "PUT", "path": path, "query": query, "body": body}


def pods() -> Iterator[Step]:
    """Parts of pods, each refused or taken, with warnings."""
    handlers = {"exec": {"command": ["true"]}, "httpGet": {"port": 80}}
    yield from (
        post(f"{CORE}/pods", pod(f"p{index}", **spec), "dryRun=All")
        for index, spec in enumerate(
            (
                {"containers": web(livenessProbe=handlers)},
                {
                    "containers": web(
                        livenessProbe={
                            "httpGet": {"port": 0, "path": "", "scheme": "ftp", "httpHeaders": [{"name": "a b"}]},
                            "successThreshold": 2,
                        }
                    )
                },
                {"containers": web(readinessProbe={"grpc": {"port": 70000}, "terminationGracePeriodSeconds": 1})},
                {
                    "containers": web(
                        lifecycle={"postStart": {"tcpSocket": {"port": "x_y"}}, "preStop": {"sleep": {"seconds": -1}}, "stopSignal": "SIGX"}
                    )
                },
                {
                    "containers": web(
                        securityContext={
                            "privileged": True,
                            "allowPrivilegeEscalation": False,
                            "procMount": "x",
                            "runAsUser": -1,
                            "seccompProfile": {"type": "Localhost"},
                        }
                    )
                },
                {"containers": web(ports=[{"containerPort": 80}, {"containerPort": 80, "hostPort": 99999, "name": "Web"}])},
                {"containers": web(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "", "valueFrom": {}}])},
                {
                    "containers": web(
                        env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.x"}, "secretKeyRef": {"key": "a/b"}}}]
                    )
                },
                {"containers": web(envFrom=[{"prefix": "=", "configMapRef": {}}, {}])},
                {"containers": web(resources={"limits": {"cpu": "-1"}, "claims": [{"name": "c"}]})},
                {"containers": web(resources={"requests": {"example.com/x": "1500m"}})},
                {
                    "containers": web(
                        volumeMounts=[
                            {"name": "none", "mountPath": ""},
                            {"name": "none", "mountPath": "/a:b", "subPath": "..", "subPathExpr": "x"},
                        ]
                    )
                },
                {"containers": web(restartPolicy="Sometimes", restartPolicyRules=[{"action": "Restart", "exitCodes": {"operator": "x"}}])},
                {"containers": [WEB, WEB], "initContainers": web(restartPolicy="Always", startupProbe={"exec": {}})},
                {
                    "os": {"name": "windows"},
                    "hostNetwork": True,
                    "containers": web(securityContext={"runAsUser": 1, "windowsOptions": {"hostProcess": True}}),
                },
                {
                    "os": {"name": "linux"},
                    "securityContext": {"windowsOptions": {"gmsaCredentialSpecName": "X"}, "sysctls": [{"name": "kernel/x"}, {"name": ""}]},
                },
                {"resourceClaims": [{"name": "a"}, {"name": "a", "resourceClaimName": "b", "resourceClaimTemplateName": "c"}]},
                {
                    "topologySpreadConstraints": [
                        {"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "x", "minDomains": 0, "matchLabelKeys": ["a"]}
                    ]
                },
                {
                    "affinity": {
                        "nodeAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [
                                    {
                                        "matchExpressions": [{"key": "a", "operator": "Gt", "values": ["x"]}],
                                        "matchFields": [{"key": "a", "operator": "In"}],
                                    }
                                ]
                            }
                        }
                    }
                },
                {
                    "affinity": {
                        "podAntiAffinity": {
                            "preferredDuringSchedulingIgnoredDuringExecution": [
                                {
                                    "weight": 0,
                                    "podAffinityTerm": {
                                        "topologyKey": "",
                                        "labelSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
                                    },
                                }
                            ]
                        }
                    }
                },
                {"tolerations": [{"operator": "Exists", "value": "x"}, {"key": "", "effect": "x"}, {"key": "a", "tolerationSeconds": 1}]},
                {
                    "volumes": [
                        {"name": "A", "emptyDir": {"sizeLimit": "-1"}, "hostPath": {"path": "../x", "type": "x"}},
                        {
                            "name": "b",
                            "projected": {
                                "sources": [
                                    {"configMap": {"items": [{"key": "a", "path": "/x"}]}},
                                    {"serviceAccountToken": {"expirationSeconds": 1}},
                                ]
                            },
                        },
                    ]
                },
                {
                    "volumes": [
                        {"name": "a", "gitRepo": {"repository": "", "directory": ".."}},
                        {"name": "a", "nfs": {"path": "x"}},
                        {"name": "c", "rbd": {}},
                        {"name": "d", "ephemeral": {}},
                    ]
                },
                {
                    "dnsPolicy": "None",
                    "hostAliases": [{"ip": "x", "hostnames": ["A"]}],
                    "hostname": "A",
                    "subdomain": ".",
                    "nodeSelector": {"a b": "c d"},
                },
                {
                    "imagePullSecrets": [{"name": ""}],
                    "schedulingGates": [{"name": "a"}, {"name": "a"}],
                    "nodeName": "n",
                    "priorityClassName": "none",
                },
                {
                    "terminationGracePeriodSeconds": -1,
                    "activeDeadlineSeconds": 0,
                    "restartPolicy": "x",
                    "preemptionPolicy": "x",
                    "setHostnameAsFQDN": True,
                    "hostUsers": False,
                    "hostPID": True,
                },
            )
        )
    )
    annotations = {
        "container.apparmor.security.beta.kubernetes.io/web": "x",
        "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
        "scheduler.alpha.kubernetes.io/critical-pod": "",
    }
    yield post(f"{CORE}/pods", {**pod("noted"), "metadata": {"name": "noted", "annotations": annotations}}, "dryRun=All")


def pod_changes() -> Iterator[Step]:
    """What may change in a pod that is there, its status, and its subresources."""
    here = f"{CORE}/pods/x"
    yield post(f"{CORE}/pods", pod("x", activeDeadlineSeconds=100))
    yield patch(here, STRATEGIC, {"spec": {"containers": [{"name": "web", "image": "nginx:2"}], "activeDeadlineSeconds": 50}})
    yield patch(here, MERGE, {"spec": {"activeDeadlineSeconds": 60}})
    yield patch(here, MERGE, {"spec": {"activeDeadlineSeconds": None}})
    yield patch(here, JSON_PATCH, [{"op": "add", "path": "/spec/tolerations/-", "value": {"key": "a", "operator": "Exists"}}])
    yield patch(here, JSON_PATCH, [{"op": "remove", "path": "/spec/tolerations/0"}])
    yield patch(here, MERGE, {"spec": {"containers": []}})
    yield patch(here, MERGE, {"spec": {"hostname": "y", "nodeSelector": {"a": "b"}}})
    yield patch(here, MERGE, {"spec": {"ephemeralContainers": [{"name": "e", "image": "i"}]}})
    yield patch(
        f"{here}/ephemeralcontainers",
        STRATEGIC,
        {
            "spec": {
                "ephemeralContainers": [
                    {"name": "e", "image": "i", "targetContainerName": "none", "ports": [{"containerPort": 1}], "resizePolicy": []}
                ]
            }
        },
    )
    yield patch(
        f"{here}/ephemeralcontainers",
        STRATEGIC,
        {"metadata": {"labels": {"a": "b"}}, "spec": {"ephemeralContainers": [{"name": "e", "image": "i"}]}},
    )
    yield patch(f"{here}/ephemeralcontainers", STRATEGIC, {"spec": {"ephemeralContainers": [{"name": "e", "image": "other"}]}})
    yield patch(f"{here}/ephemeralcontainers", JSON_PATCH, [{"op": "remove", "path": "/spec/ephemeralContainers"}])
    yield patch(
        f"{here}/resize", STRATEGIC, {"spec": {"containers": [{"name": "web", "image": "other", "resources": {"requests": {"cpu": "1"}}}]}}
    )
    yield patch(
        f"{here}/{STATUS}",
        MERGE,
        {"status": {"phase": "Running", "podIP": "x", "hostIPs": [{"ip": "1.2.3"}], "conditions": [{"type": "a/b/c", "status": "maybe"}]}},
    )
    yield patch(
        f"{here}/{STATUS}",
        MERGE,
        {"status": {"containerStatuses": [{"name": "none", "restartCount": -1}], "resourceClaimStatuses": [{"name": "a"}]}},
    )
    yield patch(f"{here}/{STATUS}", MERGE, {"status": {"phase": "Running"}, "spec": {"hostname": "y"}})
    yield get(here)


def workload_changes() -> Iterator[Step]:
    """Workloads: what may change, their status, scale and owners of fields."""
    yield post(
        f"{APPS}/deployments",
        workload(
            "Deployment", "d", {"strategy": {"type": "Recreate", "rollingUpdate": {}}, "minReadySeconds": -1, "progressDeadlineSeconds": 0}
        ),
        "dryRun=All",
    )
    yield post(
        f"{APPS}/deployments",
        workload("Deployment", "d", {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}}),
        "dryRun=All",
    )
    yield post(
        f"{APPS}/deployments",
        workload(
            "Deployment",
            "d",
            topologySpreadConstraints=[
                {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}, "matchLabelKeys": ["app"]}
            ],
        ),
    )
    yield patch(
        f"{APPS}/deployments/d/scale",
        APPLY,
        {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": {"replicas": 3}},
        "fieldManager=one&force=true",
    )
    yield patch(f"{APPS}/deployments/d/scale", MERGE, {})
    yield patch(f"{APPS}/deployments/d/scale", MERGE, {"spec": {"replicas": -1}})
    yield patch(
        f"{APPS}/deployments/d/{STATUS}",
        MERGE,
        {"status": {"replicas": 1, "readyReplicas": 2, "availableReplicas": -1, "collisionCount": -1}},
    )
    yield patch(
        f"{APPS}/deployments/d",
        APPLY,
        '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":3.0,"template":{"spec":{"containers":[{"name":"web","livenessProbe":{"httpGet":{"port":80.0}}}]}}}}',
        "fieldManager=two&force=true",
    )
    yield patch(
        f"{APPS}/deployments/d",
        STRATEGIC,
        '{"spec":{"replicas":4.0,"template":{"spec":{"containers":[{"name":"web","ports":[{"containerPort":80.0}]}]}}}}',
    )
    yield patch(f"{APPS}/deployments/d", MERGE, '{"spec":{"replicas":5.0}}')
    yield patch(f"{APPS}/deployments/d", MERGE, {"metadata": {"annotations": {"a": "<b> & c"}}, "spec": {"replicas": "<x>"}})
    yield patch(f"{APPS}/deployments/d", MERGE, {"spec": {"selector": {"matchLabels": {"other": "x"}}, "template": None}})
    yield patch(
        f"{APPS}/deployments/d",
        APPLY,
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 1}},
        "fieldManager=two",
    )
    yield patch(
        f"{APPS}/deployments/d", APPLY, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}, "fieldManager=two"
    )
    yield post(
        f"{APPS}/statefulsets",
        workload(
            "StatefulSet",
            "s",
            {
                "podManagementPolicy": "x",
                "updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": -1}},
                "ordinals": {"start": -1},
                "persistentVolumeClaimRetentionPolicy": {"whenScaled": "x"},
            },
        ),
        "dryRun=All",
    )
    yield post(f"{APPS}/statefulsets", workload("StatefulSet", "s", {"serviceName": "s"}))
    yield patch(f"{APPS}/statefulsets/s", MERGE, {"spec": {"serviceName": "t", "replicas": 2, "revisionHistoryLimit": -1}})
    yield patch(f"{APPS}/statefulsets/s/{STATUS}", MERGE, {"status": {"replicas": 1, "readyReplicas": 2, "currentReplicas": -1}})
    yield post(
        f"{APPS}/daemonsets",
        workload(
            "DaemonSet",
            "e",
            {"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}},
            restartPolicy="Never",
            activeDeadlineSeconds=1,
        ),
        "dryRun=All",
    )
    yield post(f"{APPS}/daemonsets", workload("DaemonSet", "e"))
    yield patch(f"{APPS}/daemonsets/e/{STATUS}", MERGE, {"status": {"numberReady": -1, "observedGeneration": -1, "collisionCount": 0}})
    yield post(
        f"{BATCH}/jobs",
        job("j", completionMode="Indexed", backoffLimitPerIndex=1, maxFailedIndexes=200000, parallelism=-1, manualSelector=True),
        "dryRun=All",
    )
    yield post(
        f"{BATCH}/jobs",
        job(
            "j",
            podFailurePolicy={
                "rules": [
                    {"action": "x"},
                    {"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [0, 0], "containerName": "none"}},
                ]
            },
            podReplacementPolicy="x",
        ),
        "dryRun=All",
    )
    yield post(f"{BATCH}/jobs", job("j", suspend=True, completions=2))
    yield patch(
        f"{BATCH}/jobs/j",
        STRATEGIC,
        {
            "spec": {
                "parallelism": 2,
                "template": {
                    "spec": {"nodeSelector": {"a": "b"}, "containers": [{"name": "web", "resources": {"requests": {"cpu": "1"}}}]}
                },
            }
        },
    )
    yield patch(
        f"{BATCH}/jobs/j",
        STRATEGIC,
        {"spec": {"completions": 3, "template": {"spec": {"containers": [{"name": "web", "image": "other"}]}}}},
    )
    yield patch(
        f"{BATCH}/jobs/j/{STATUS}",
        MERGE,
        {"status": {"active": -1, "succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}], "completedIndexes": "1"}},
    )
    yield patch(f"{BATCH}/jobs/j", MERGE, {"spec": {"suspend": False}})
    yield post(
        f"{BATCH}/cronjobs",
        {
            "metadata": {"name": "c"},
            "spec": {
                "schedule": "TZ=UTC * * * *",
                "timeZone": "Nowhere",
                "concurrencyPolicy": "x",
                "startingDeadlineSeconds": -1,
                "successfulJobsHistoryLimit": -1,
                "jobTemplate": {"spec": job("c")["spec"]},
            },
        },
    )


def configuration() -> Iterator[Step]:
    """Secrets, ConfigMaps, claims and services."""
    yield patch(
        f"{CORE}/secrets/s",
        APPLY,
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "no base64"}},
        "fieldManager=one",
    )
    yield patch(
        f"{CORE}/secrets/s",
        APPLY,
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "YQ=="}, "stringData": {"b": "c"}},
        "fieldManager=one",
    )
    yield patch(f"{CORE}/secrets/s", MERGE, {"type": "other"})
    yield post(f"{CORE}/secrets", {"metadata": {"name": "f", "finalizers": ["foregroundDeletion", "foregroundDeletion"]}})
    yield {"method": "DELETE", "path": f"{CORE}/secrets/f", "query": "dryRun=All"}
    yield {"method": "DELETE", "path": f"{CORE}/secrets/f", "query": ""}
    yield post(f"{CORE}/configmaps", {"metadata": {"name": "c"}, "immutable": True, "data": {"a": "1"}})
    yield patch(f"{CORE}/configmaps/c", MERGE, {"data": {"a": "2"}, "immutable": False, "binaryData": {}})
    yield post(f"{CORE}/configmaps", '{"metadata":{"name":"d"},"data":{"a":"1","b":{},"b":"x"}}')
    yield post(f"{CORE}/configmaps", '{"metadata":{"name":"d","labels":{"a":"1","n":{},"a":[]}}}')
    yield post(
        f"{CORE}/configmaps",
        '{"metadata":{"name":"d"},"data":{"a":"1","a":"2"},"Data":{},"immutable":null,"x":{"y":1,"y":2}}',
        "fieldValidation=Warn",
    )
    yield post(f"{CORE}/configmaps", '{"metadata":{"name":"d"},"data":{"a":"1","a":"2"},"Data":{},"x":1}', "fieldValidation=Strict")
    yield post(f"{CORE}/services", {"metadata": {"name": "x"}, "spec": {"type": "ExternalName", "externalName": "example.com"}})
    yield patch(
        f"{CORE}/services/x", MERGE, {"spec": {"type": "NodePort", "externalName": None, "ports": [{"port": 80, "nodePort": 31999}]}}
    )
    yield patch(f"{CORE}/services/x", MERGE, {"spec": {"type": "ClusterIP"}})
    yield patch(
        f"{CORE}/services/x",
        MERGE,
        {
            "spec": {
                "ipFamilyPolicy": "RequireDualStack",
                "internalTrafficPolicy": "x",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}},
            }
        },
    )
    yield patch(f"{CORE}/services/x", STRATEGIC, {"spec": {"ports": [{"port": 81, "targetPort": "a_b"}]}})
    yield patch(
        f"{CORE}/services/x/{STATUS}", MERGE, {"status": {"loadBalancer": {"ingress": [{"ip": "x", "hostname": "1.2.3.4", "ipMode": "x"}]}}}
    )
    yield post(
        f"{CORE}/persistentvolumeclaims",
        {
            "metadata": {"name": "p"},
            "spec": {
                "accessModes": ["ReadWriteOnce", "ReadWriteOncePod", "x"],
                "volumeMode": "x",
                "resources": {"requests": {"storage": "-1"}},
            },
        },
    )
    yield post(
        f"{CORE}/persistentvolumeclaims",
        {"metadata": {"name": "p"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
    )
    yield patch(f"{CORE}/persistentvolumeclaims/p", MERGE, {"spec": {"resources": {"requests": {"storage": "2Gi"}}, "volumeName": "v"}})
    yield patch(
        f"{CORE}/persistentvolumeclaims/p/{STATUS}",
        MERGE,
        {"status": {"capacity": {"storage": "-1"}, "conditions": [{"type": "Resizing"}]}},
    )


def addresses() -> Iterator[Step]:
    """Addresses in the status of a pod, amounts of a pod as a whole."""
    yield post(f"{CORE}/pods", pod("x"))
    for ips in (["", ""], ["x", "1.2.3.4"], ["1.2.3.4", "y z", "::1"], ["01.2.3.4", "1.2.3.5"], ["1.2.3.4", "::1"]):
        yield patch(f"{CORE}/pods/x/{STATUS}", MERGE, {"status": {"podIPs": [{"ip": ip} for ip in ips]}})
        yield patch(f"{CORE}/pods/x/{STATUS}", MERGE, {"status": {"hostIPs": [{"ip": ip} for ip in ips]}})
    yield post(f"{CORE}/pods", pod("y", resources={"limits": {"requests.example.com/x": "100m"}}))


def sources() -> Iterator[Step]:
    """A key of a file, an overhead without anything."""
    source = {"fileKeyRef": {"volumeName": "v", "path": "p", "key": "k"}}
    yield post(f"{CORE}/pods", pod("x", volumes=[{"name": "v", "emptyDir": {}}], containers=web(env=[{"name": "A", "valueFrom": source}])))
    yield patch(
        f"{CORE}/pods/x", JSON_PATCH, [{"op": "replace", "path": "/spec/containers/0/env/0/valueFrom/fileKeyRef/path", "value": "q"}]
    )
    yield post(f"{CORE}/pods", pod("y", overhead={}))


def warned() -> Iterator[Step]:
    """Warnings of a template: with a new generation, of a DaemonSet only with a new template."""
    for kind, plural in (
        ("DaemonSet", "daemonsets"),
        ("Deployment", "deployments"),
        ("StatefulSet", "statefulsets"),
        ("ReplicaSet", "replicasets"),
    ):
        yield post(f"{APPS}/{plural}", workload(kind, "x", nodeSelector={"beta.kubernetes.io/os": "linux"}))
        yield patch(f"{APPS}/{plural}/x", MERGE, {"spec": {"minReadySeconds": 3}})
        yield patch(f"{APPS}/{plural}/x", MERGE, {"metadata": {"labels": {"a": "b"}}})
        yield patch(f"{APPS}/{plural}/x", MERGE, {"spec": {"template": {"metadata": {"labels": {"b": "c"}}}}})


def wrong_types() -> Iterator[Step]:
    """JSON of a wrong type: the decoder's first error."""
    for spec in (
        '"replicas":"3"',
        '"replicas":1.5',
        '"replicas":3000000000',
        '"replicas":true',
        '"paused":"x","replicas":[]',
        '"strategy":{"rollingUpdate":{"maxSurge":1.5}}',
        '"template":[]',
        '"template":{"metadata":{"creationTimestamp":"x"}}',
        '"template":{"spec":{"containers":{}}}',
        '"template":{"spec":{"overhead":{"cpu":[]}}}',
    ):
        yield post(f"{APPS}/deployments", f'{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"w"}},"spec":{{{spec}}}}}')
    for body in (
        '{"spec":null}',
        '{"metadata":{"labels":{"a":null}}}',
        '{"metadata":null}',
        "null",
        '{"spec":{"template":null,"selector":null}}',
    ):
        yield post(f"{APPS}/deployments", body)


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """Names and sequences."""
    for name, steps in (
        ("found-pods", pods),
        ("found-pod-changes", pod_changes),
        ("found-workloads", workload_changes),
        ("found-settings", configuration),
        ("found-types", wrong_types),
        ("found-addresses", addresses),
        ("found-warnings", warned),
        ("found-sources", sources),
    ):
        yield name, list(steps())
