"""Request sequences for Pod Security: every check of every level, the versions, controllers, namespaces. Data for `record_api.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, MERGE, STRATEGIC, Step

PODS = "/api/v1/namespaces/{ns}/pods"
NAMESPACE = "/api/v1/namespaces/{ns}"
PREFIX = "pod-security.kubernetes.io/"
GOOD = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
HANDLER = {"httpGet": {"port": 80, "host": "10.0.0.1"}}
SOURCES: dict[str, Any] = {
    "hostPath": {"path": "/x"},
    "gcePersistentDisk": {"pdName": "x"},
    "awsElasticBlockStore": {"volumeID": "x"},
    "nfs": {"server": "x", "path": "/x"},
    "iscsi": {"targetPortal": "1.2.3.4", "iqn": "iqn.2001-04.com.example:x", "lun": 0},
    "glusterfs": {"endpoints": "x", "path": "x"},
    "rbd": {"monitors": ["x"], "image": "x"},
    "cephfs": {"monitors": ["x"]},
    "fc": {"wwids": ["x"]},
    "flexVolume": {"driver": "a/b"},
    "cinder": {"volumeID": "x"},
    "azureFile": {"secretName": "x", "shareName": "x"},
    "azureDisk": {"diskName": "x", "diskURI": "https://x.blob.core.windows.net/x"},
    "vsphereVolume": {"volumePath": "x"},
    "portworxVolume": {"volumeID": "x"},
    "emptyDir": {},
    "configMap": {"name": "x"},
    "secret": {"secretName": "x"},
    "projected": {"sources": []},
    "downwardAPI": {},
    "persistentVolumeClaim": {"claimName": "x"},
    "csi": {"driver": "x.example.com"},
    "image": {"reference": "a:1"},
}


def labels(**values: str | None) -> dict[str, Any]:
    """Labels of a namespace; underscores stand for hyphens."""
    return {f"{PREFIX}{key.replace('_', '-')}": value for key, value in values.items()}


def relabel(query: str = "", **values: str | None) -> Step:
    """Other labels for the namespace of the sequence."""
    return {"method": "PATCH", "path": NAMESPACE, "type": MERGE, "query": query, "body": {"metadata": {"labels": labels(**values)}}}


def pod(name: str, *contexts: Any, security: Any = None, **spec: Any) -> dict[str, Any]:
    """A pod with a container for each security context (one without when there is none)."""
    names = iter("abcdef")
    containers = [{"name": next(names), "image": "a:1", **({"securityContext": each} if each else {})} for each in contexts or (None,)]
    own = {"securityContext": security} if security is not None else {}
    return {"metadata": {"name": name}, "spec": {"containers": containers, **own, **spec}}


def create(body: Any, query: str = "dryRun=All") -> Step:
    """A pod, by default not kept."""
    return {"method": "POST", "path": PODS, "query": query, "body": body}


def contexts() -> Iterator[dict[str, Any]]:
    """Pods that break one rule each, and pods that only seem to."""
    yield pod("plain")
    yield pod("good", GOOD)
    yield pod("two", GOOD, None)
    yield pod("bad-two", None, None)
    for index, value in enumerate(
        (
            {"privileged": True},
            {"privileged": False},
            {"capabilities": {"add": ["NET_ADMIN"]}},
            {"capabilities": {"add": ["NET_ADMIN", "CHOWN", "SYS_TIME"], "drop": ["ALL"]}},
            {"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}},
            {"capabilities": {"drop": ["KILL"]}},
            {"capabilities": {}},
            {"allowPrivilegeEscalation": True},
            {"runAsNonRoot": False},
            {"runAsUser": 0},
            {"runAsUser": 1000},
            {"seccompProfile": {"type": "Unconfined"}},
            {"seccompProfile": {"type": "Localhost", "localhostProfile": "x.json"}},
            {"appArmorProfile": {"type": "Unconfined"}},
            {"appArmorProfile": {"type": "RuntimeDefault"}},
            {"seLinuxOptions": {"type": "container_t"}},
            {"seLinuxOptions": {"type": "container_engine_t"}},
            {"seLinuxOptions": {"type": "spc_t"}},
            {"seLinuxOptions": {"user": "system_u", "role": "system_r", "level": "s0"}},
            {"procMount": "Default"},
        )
    ):
        yield pod(f"one-{index}", value)
        yield pod(f"also-{index}", {**GOOD, **value}, {**GOOD, **value}, GOOD)
    yield pod("proc", {"procMount": "Unmasked"}, hostUsers=False)
    yield pod("proc-2", {**GOOD, "procMount": "Unmasked"}, {"procMount": "Unmasked"}, hostUsers=False)
    yield pod("users", {"runAsUser": 0, "runAsNonRoot": False}, hostUsers=False)
    for index, security in enumerate(
        (
            {},
            {"runAsNonRoot": True},
            {"runAsNonRoot": False},
            {"runAsUser": 0},
            {"seccompProfile": {"type": "RuntimeDefault"}, "runAsNonRoot": True},
            {"seccompProfile": {"type": "Unconfined"}},
            {"appArmorProfile": {"type": "Unconfined"}},
            {"seLinuxOptions": {"type": "spc_t", "user": "u"}},
            {"sysctls": [{"name": "kernel.msgmax", "value": "1"}, {"name": "net.ipv4.tcp_syncookies", "value": "1"}]},
            {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}, {"name": "net.ipv4.tcp_keepalive_time", "value": "1"}]},
            {"sysctls": [{"name": "net.ipv4.ip_local_reserved_ports", "value": "1"}]},
        )
    ):
        yield pod(f"pod-{index}", security=security)
        yield pod(f"with-{index}", GOOD, security=security)
        yield pod(f"both-{index}", {**GOOD, **{k: v for k, v in security.items() if k != "sysctls"}}, GOOD, security=security)
    yield pod("host", hostNetwork=True)
    yield pod("host-all", hostNetwork=True, hostPID=True, hostIPC=True)
    port = pod("port", GOOD, GOOD)
    port["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81, "hostPort": 9090}]
    yield port
    port = pod("port-2", GOOD)
    port["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 8080}]
    yield port
    probes = pod("probes", GOOD, GOOD)
    probes["spec"]["containers"][1] |= {
        "livenessProbe": HANDLER,
        "lifecycle": {"preStop": {"tcpSocket": {"port": 80, "host": "x.example"}}},
    }
    probes["spec"]["containers"][0] |= {"readinessProbe": {"tcpSocket": {"port": 80, "host": "y.example"}}}
    yield probes
    probes = pod("probe", GOOD)
    probes["spec"]["containers"][0] |= {"startupProbe": HANDLER}
    yield probes
    init = pod("init", GOOD)
    init["spec"]["initContainers"] = [{"name": "i", "image": "a:1", "securityContext": {"privileged": True}}]
    yield init
    for index, notes in enumerate(
        (
            {"container.apparmor.security.beta.kubernetes.io/a": "unconfined"},
            {"container.apparmor.security.beta.kubernetes.io/a": "localhost/x"},
            {"seccomp.security.alpha.kubernetes.io/pod": "unconfined", "container.seccomp.security.alpha.kubernetes.io/a": "x"},
        )
    ):
        noted = pod(f"noted-{index}", GOOD)
        noted["metadata"]["annotations"] = notes
        yield noted
    volumes = [{"name": kind.lower(), kind: source} for kind, source in SOURCES.items()]
    yield pod("volumes", GOOD, volumes=volumes)
    for volume in volumes[:3]:
        yield pod("volume", GOOD, volumes=[volume])
    windows = {"windowsOptions": {"hostProcess": True}, "runAsNonRoot": True}
    yield pod("windows", None, security={"runAsNonRoot": True}, os={"name": "windows"})
    yield pod("windows-2", None, security=windows, os={"name": "windows"}, hostNetwork=True)
    yield pod("windows-3", {"windowsOptions": {"hostProcess": True}}, security=windows, hostNetwork=True)


def level(name: str, version: str) -> Iterator[Step]:
    """All pods under one level."""
    yield relabel(enforce=name, enforce_version=version)
    for body in contexts():
        yield create(body)


def versions() -> Iterator[Step]:
    """Pods that some versions of a level take and others do not."""
    told = ("one-9", "one-16", "one-9", "with-8", "with-9", "with-10", "proc", "users", "probe", "noted-2", "noted-0", "windows", "plain")
    bodies = [body for body in contexts() if body["metadata"]["name"] in told]
    for name in ("baseline", "restricted"):
        for version in ("v1.0", "v1.8", "v1.18", "v1.19", "v1.22", "v1.24", "v1.27", "v1.30", "v1.33", "v1.34", "v1.36", "v1.99"):
            yield relabel(enforce=name, enforce_version=version)
            for body in bodies:
                yield create(body)


def template(extra: Any = None) -> dict[str, Any]:
    """A template of pods."""
    return {"metadata": {"labels": {"a": "b"}}, "spec": {**pod("x")["spec"], **(extra or {})}}


def makers() -> Iterator[tuple[str, dict[str, Any]]]:
    """One object of each kind that makes pods."""
    selector = {"matchLabels": {"a": "b"}}
    job = {"template": template({"restartPolicy": "Never"})}
    yield "/apis/apps/v1/namespaces/{ns}/deployments", {"spec": {"selector": selector, "template": template()}}
    yield "/apis/apps/v1/namespaces/{ns}/replicasets", {"spec": {"selector": selector, "template": template()}}
    yield "/apis/apps/v1/namespaces/{ns}/daemonsets", {"spec": {"selector": selector, "template": template()}}
    yield "/apis/apps/v1/namespaces/{ns}/statefulsets", {"spec": {"selector": selector, "serviceName": "s", "template": template()}}
    yield "/apis/batch/v1/namespaces/{ns}/jobs", {"spec": job}
    yield "/apis/batch/v1/namespaces/{ns}/cronjobs", {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": job}}}
    yield "/api/v1/namespaces/{ns}/replicationcontrollers", {"spec": {"selector": {"a": "b"}, "template": template()}}
    yield "/api/v1/namespaces/{ns}/podtemplates", {"template": template()}


def controllers() -> Iterator[Step]:
    """Warnings for what makes pods: at creation, at an update, at an apply, at a write to a part."""
    for given in (
        {"enforce": "restricted"},
        {"enforce": "privileged", "warn": "baseline"},
        {"warn": "restricted", "warn_version": "v1.24"},
    ):
        yield relabel(**given)
        for path, body in makers():
            yield {"method": "POST", "path": path, "query": "dryRun=All", "body": {"metadata": {"name": "x"}, **body}}
    yield relabel(enforce="baseline", warn="restricted", warn_version=None, audit="restricted")
    path, body = next(makers())
    yield {"method": "POST", "path": path, "body": {"metadata": {"name": "d"}, **body}}
    yield {"method": "PATCH", "path": f"{path}/d", "type": MERGE, "body": {"metadata": {"labels": {"x": "y"}}}}
    yield {"method": "PATCH", "path": f"{path}/d", "type": MERGE, "body": {}}
    yield {"method": "PATCH", "path": f"{path}/d/scale", "type": MERGE, "body": {"spec": {"replicas": 2}}}
    yield {"method": "PATCH", "path": f"{path}/d/status", "type": MERGE, "body": {"status": {"replicas": 2}}}
    applied = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "e"}, **body}
    yield {"method": "PATCH", "path": f"{path}/e", "type": APPLY, "query": "fieldManager=a", "body": applied}
    yield create(pod("warned"), "")
    yield create(pod("named", {"privileged": True}), "")
    generated = pod("x", {"privileged": True})
    generated["metadata"] = {"generateName": "gen-"}
    yield relabel(enforce="restricted", enforce_version="v1.30", warn="baseline")
    yield create(pod("named-2"), "")
    yield {"method": "PATCH", "path": f"{PODS}/warned", "type": MERGE, "body": {"metadata": {"labels": {"x": "y"}}}}
    changed = {"spec": {"containers": [{"name": "a", "image": "a:2"}]}}
    yield {"method": "PATCH", "path": f"{PODS}/warned", "type": STRATEGIC, "body": changed}
    yield {"method": "PATCH", "path": f"{PODS}/warned/status", "type": MERGE, "body": {"status": {"phase": "Running"}}}
    debug = {"spec": {"ephemeralContainers": [{"name": "e", "image": "a:1", "securityContext": {"privileged": True}}]}}
    yield {"method": "PATCH", "path": f"{PODS}/warned/ephemeralcontainers", "type": STRATEGIC, "body": debug}
    larger = {"spec": {"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]}}
    yield {"method": "PATCH", "path": f"{PODS}/warned/resize", "type": STRATEGIC, "body": larger}
    yield {"method": "DELETE", "path": f"{PODS}/warned", "query": "gracePeriodSeconds=0"}


def namespaces() -> Iterator[Step]:
    """Labels that are none, and pods that a new level would not take."""
    for index, given in enumerate(
        (
            {"enforce": "strict"},
            {"enforce": ""},
            {"enforce": "restricted", "enforce_version": "1.24"},
            {"warn": "x", "warn_version": "y", "audit": "z", "audit_version": "v2.0", "enforce": "X", "enforce_version": "v1.01"},
            {"warn": "restricted"},
            {"enforce_version": "v1.24"},
        )
    ):
        body = {"metadata": {"name": f"security-{index}", "labels": labels(**given)}}
        yield {"method": "POST", "path": "/api/v1/namespaces", "body": body, "query": "dryRun=All"}
    for name, contexts_of in (("a", (None,)), ("b", (None,)), ("c", ({"privileged": True},)), ("good", (GOOD,))):
        yield create(pod(name, *contexts_of), "")
    owner = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "1", "controller": True}]
    for name in ("r-1", "r-2"):
        owned = pod(name, hostNetwork=True)
        owned["metadata"]["ownerReferences"] = owner
        yield create(owned, "")
    yield relabel(enforce="restricted", query="dryRun=All")
    yield relabel(enforce="baseline")
    yield relabel(enforce="baseline")
    yield relabel(enforce="restricted")
    yield relabel(enforce_version="v1.8")
    yield relabel(enforce="baseline")
    yield relabel(enforce="nothing")
    yield relabel(enforce="privileged")
    yield relabel(warn="restricted", audit="restricted")
    yield relabel(enforce="restricted", enforce_version=None)
    yield relabel(enforce=None)
    yield {"method": "PATCH", "path": f"{NAMESPACE}/status", "type": MERGE, "body": {"metadata": {"labels": labels(enforce="no")}}}
    yield {"method": "GET", "path": NAMESPACE}


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    yield "security-baseline", list(level("baseline", "latest"))
    yield "security-restricted", list(level("restricted", "latest"))
    yield "security-versions", list(versions())
    yield "security-controllers", list(controllers())
    yield "security-namespaces", list(namespaces())
