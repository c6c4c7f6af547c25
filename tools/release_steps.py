"""Random sequences of helm commands, and of changes by others between them, for `fuzz_releases.py`."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import release_charts
from release_inputs import KINDS, Case, Doc, Step, changed, chart

PATHS = {
    "ConfigMap": "api/v1 configmaps", "Secret": "api/v1 secrets", "Service": "api/v1 services", "Endpoints": "api/v1 endpoints",
    "ServiceAccount": "api/v1 serviceaccounts",
    "Pod": "api/v1 pods", "PersistentVolumeClaim": "api/v1 persistentvolumeclaims", "Deployment": "apis/apps/v1 deployments",
    "StatefulSet": "apis/apps/v1 statefulsets", "DaemonSet": "apis/apps/v1 daemonsets", "Job": "apis/batch/v1 jobs",
    "CronJob": "apis/batch/v1 cronjobs", "Ingress": "apis/networking.k8s.io/v1 ingresses",
    "NetworkPolicy": "apis/networking.k8s.io/v1 networkpolicies", "Role": "apis/rbac.authorization.k8s.io/v1 roles",
    "RoleBinding": "apis/rbac.authorization.k8s.io/v1 rolebindings", "PodDisruptionBudget": "apis/policy/v1 poddisruptionbudgets",
    "HorizontalPodAutoscaler": "apis/autoscaling/v2 horizontalpodautoscalers", "Widget": "apis/@TAG@.example.com/v1 widgets",
    "LimitRange": "api/v1 limitranges", "ResourceQuota": "api/v1 resourcequotas", "PodTemplate": "api/v1 podtemplates",
    "ReplicaSet": "apis/apps/v1 replicasets", "ReplicationController": "api/v1 replicationcontrollers",
    "Lease": "apis/coordination.k8s.io/v1 leases", "EndpointSlice": "apis/discovery.k8s.io/v1 endpointslices",
}  # fmt: skip
"""Where the namespaced kinds live."""
CLUSTER_PATHS = {
    "ClusterRole": "apis/rbac.authorization.k8s.io/v1 clusterroles",
    "PriorityClass": "apis/scheduling.k8s.io/v1 priorityclasses",
    "CustomResourceDefinition": "apis/apiextensions.k8s.io/v1 customresourcedefinitions",
    "Namespace": "api/v1 namespaces",
    "ClusterRoleBinding": "apis/rbac.authorization.k8s.io/v1 clusterrolebindings",
    "StorageClass": "apis/storage.k8s.io/v1 storageclasses", "IngressClass": "apis/networking.k8s.io/v1 ingressclasses",
    "RuntimeClass": "apis/node.k8s.io/v1 runtimeclasses", "PersistentVolume": "api/v1 persistentvolumes",
    "ValidatingWebhookConfiguration": "apis/admissionregistration.k8s.io/v1 validatingwebhookconfigurations",
    "MutatingWebhookConfiguration": "apis/admissionregistration.k8s.io/v1 mutatingwebhookconfigurations",
    "ValidatingAdmissionPolicy": "apis/admissionregistration.k8s.io/v1 validatingadmissionpolicies",
}  # fmt: skip
SCALED = ("Deployment", "StatefulSet")
TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet")
WRITTEN = 0.85
"""How many of the charts are as people write them."""
LENGTH = (2, 6)
"""How many steps a case has between its install and its end."""
SETTINGS = (
    "--set=replicas=2", "--set=replicas=0", "--set=image.tag=9", "--set=env.C=new", "--set=env=null", "--set=level=warn",
    "--set=level=null", "--set=cache.enabled=false", "--set=cache.size=7", "--set=tags.extra=true", "--set=global.zone=b",
    "--set=autoscale=true", "--set=ingress=false", "--set=hosts[0]=c.example.com", "--set-string=replicas=3",
    "--set-json=resources={}", "--set=fullnameOverride=named", "--set=service.type=NodePort", "--set=service.port=81",
    "--set=second.enabled=true,second.deep.x=5", "--set=unknown.key=1", "--set=replicas=9", "-f one/values.yaml",
    "-f two/values.yaml", "--set-literal=level=a,b=c", "--set-file=level=one/Chart.yaml", "--set=level=", "-f missing.yaml",
    "--set=a[=1",
)  # fmt: skip


def case(source: Random, *, pods: bool = False) -> Case:
    """Charts and steps."""
    flavour = source.choice("34")
    written = source.random() < WRITTEN
    make, change = (release_charts.chart, release_charts.changed) if written else (chart, changed)
    first = make(source, pods=pods)
    charts = {"one": first, "two": change(source, first, pods=pods)}
    charts["three"] = change(source, charts[source.choice(("one", "two"))], pods=pods)
    if source.random() < 0.4:
        charts["other"] = change(source, first, pods=pods)
    maker = (_Written if written else _Steps)(source, flavour, charts, pods)
    steps = maker.make()
    before = source.choice(("HELM_DRIVER=configmap ", "HELM_MAX_HISTORY=2 ", "HELM_NAMESPACE=@TAG@-b ")) if source.random() < 0.08 else ""
    if before:
        steps = [f"{before}{each}" if isinstance(each, str) else each for each in steps]
    return {"flavour": flavour, "charts": charts, "steps": steps}


class _Steps:
    """What has happened so far, as far as it matters for what makes sense next."""

    def __init__(self, source: Random, flavour: str, charts: dict[str, Doc], pods: bool) -> None:
        self.source, self.flavour, self.charts, self.pods = source, flavour, charts, pods
        self.revisions: dict[str, int] = {}
        self.length = LENGTH

    def make(self) -> list[Step]:
        source = self.source
        steps: list[Step] = []
        if source.random() < 0.15:
            steps.append(self.foreign())
        steps.append(self.install("web", "one"))
        for _ in range(source.randint(*self.length)):
            what = source.random()
            if what < 0.28:
                steps.append(self.upgrade())
            elif what < 0.38:
                steps.append(self.rollback())
            elif what < 0.65:
                steps.append(self.drift())
            elif what < 0.88:
                steps.append(self.question())
            elif what < 0.92:
                steps.append(self.test())
            elif what < 0.95:
                steps.append(self.install(source.choice(("web", "two")), source.choice(list(self.charts))))
            else:
                steps.append(self.uninstall())
        steps.append(self.question())
        if source.random() < 0.6:
            steps.append(self.uninstall())
        return steps

    def maybe(self, chance: float, *flags: str) -> list[str]:
        return [self.source.choice(flags)] if self.source.random() < chance else []

    def name(self) -> str:
        if self.source.random() < 0.03:
            return self.source.choice(("absent", "Bad_Name", "a" * 60))
        return self.source.choice(list(self.revisions)) if self.revisions else "web"

    def namespace(self) -> list[str]:
        return self.maybe(0.03, "-n @TAG@-b", "-n @TAG@-none", "-n @TAG@-b --create-namespace")

    def waiting(self, verb: str) -> list[str]:
        source = self.source
        if source.random() > (0.6 if self.pods else 0.08):
            return []
        kinds = (
            ["--wait"]
            if self.flavour == "3"
            else ["--wait", "--wait", "--wait=legacy", "--wait=watcher", "--wait=hookOnly", "--wait=ordered"]
        )
        flags = [source.choice(kinds), f"--timeout={source.choice((3, 6)) if self.pods else 2}s"]
        return flags + (self.maybe(0.3, "--wait-for-jobs") if verb != "uninstall" else [])

    def common(self) -> list[str]:
        """Flags that install and upgrade share."""
        four = self.flavour == "4"
        flags = self.waiting("install")
        flags += self.maybe(0.08, "--rollback-on-failure --timeout=4s" if four else "--atomic --timeout=4s")
        flags += self.maybe(0.08, *(("--force-replace", "--force-conflicts") if four else ("--force",)))
        flags += self.maybe(0.15, "--server-side=false", "--server-side=true") if four else []
        flags += self.maybe(0.05, "--take-ownership") + self.maybe(0.06, "--no-hooks") + self.maybe(0.06, "--skip-crds")
        flags += self.maybe(0.06, "--description=by-hand") + self.maybe(
            0.05, "--labels=team=red", "--labels=team=blue,x=null", "--labels=owner=me"
        )
        flags += (
            self.maybe(0.06, "--disable-openapi-validation")
            + self.maybe(0.03, "--create-namespace")
            + self.maybe(0.05, "-o json", "-o yaml")
        )
        flags += self.maybe(
            0.06, "--dry-run", "--dry-run=client", "--dry-run=server", "--dry-run --hide-secret", "--dry-run=server -o json"
        )
        flags += self.maybe(
            0.2, "--set=a=5", "--set=b.c=null", "--set=b.d={x}", "--set=g=new,e=null", "--set-string=a=7", '--set-json=b={"k":1}'
        )
        return flags + self.maybe(0.02, "--hide-notes", "--render-subchart-notes", "--skip-schema-validation") + self.namespace()

    def install(self, name: str, chosen: str) -> str:
        self.revisions.setdefault(name, 1)
        return " ".join(["helm install", name, chosen, *self.maybe(0.04, "--replace"), *self.common()])

    def upgrade(self) -> str:
        name = self.name()
        self.revisions[name] = self.revisions.get(name, 0) + 1
        flags = self.maybe(0.2, "--install") + self.common()
        flags += self.maybe(0.2, "--reuse-values", "--reset-values", "--reset-then-reuse-values")
        flags += self.maybe(0.1, "--cleanup-on-fail") + self.maybe(0.1, "--history-max=1", "--history-max=2", "--history-max=0")
        if self.flavour == "3":
            flags += self.maybe(0.03, "--recreate-pods")
        return " ".join(["helm upgrade", name, self.source.choice(list(self.charts)), *flags])

    def rollback(self) -> str:
        name = self.name()
        last = self.revisions.get(name, 1)
        self.revisions[name] = last + 1
        four = self.flavour == "4"
        flags = self.waiting("rollback") + self.maybe(0.1, *(("--force-replace", "--force-conflicts") if four else ("--force",)))
        flags += self.maybe(0.1, "--no-hooks") + self.maybe(0.1, "--cleanup-on-fail") + self.maybe(0.05, "--history-max=2")
        flags += self.maybe(0.05, "--dry-run", *(("--dry-run=server",) if four else ()))
        flags += self.maybe(0.2, "--server-side=false", "--server-side=true") if four else []
        revision = self.source.choice(
            ["", "0", "1", "1", *(str(self.source.randint(1, last)),) * 3, *(("99", "x", "-1") if self.source.random() < 0.1 else ())]
        )
        return " ".join(["helm rollback", name, *([revision] if revision != "-1" else ["-- -1"]), *(flags if revision != "-1" else [])])

    def uninstall(self) -> str:
        flags = (
            self.waiting("uninstall") + self.maybe(0.25, "--keep-history") + self.maybe(0.1, "--no-hooks") + self.maybe(0.1, "--dry-run")
        )
        flags += self.maybe(0.1, "--ignore-not-found") + self.maybe(0.1, "--cascade=foreground", "--cascade=orphan", "--cascade=x")
        flags += self.maybe(0.1, "--description=gone")
        return " ".join(["helm uninstall", self.name(), *self.maybe(0.03, "absent"), *flags, *self.namespace()])

    def test(self) -> str:
        return " ".join(
            ["helm test", self.name(), "--timeout=3s", *self.maybe(0.2, "--logs"), *self.maybe(0.2, "--filter name=hook-configmap-a")]
        )

    def question(self) -> str:
        name, source = self.name(), self.source
        form = source.choice(("", "", " -o json", " -o yaml"))
        revision = source.choice(("", "", f" --revision {source.randint(1, 3)}"))
        filters = (
            "",
            " -a",
            " --failed",
            " --superseded",
            " --pending",
            " --uninstalled",
            " --deployed",
            " -f web",
            " -q",
            " -d",
            " -r",
            " -m 1",
        )
        asked = (
            f"helm history {name}{form}",
            f"helm history {name} --max {source.randint(0, 2)}",
            f"helm status {name}{revision}",
            f"helm status {name} -o json",
            f"helm status {name} --show-resources" if self.flavour == "3" else f"helm status {name} -o yaml",
            f"helm list{source.choice(filters)}{form}",
            f"helm list -l {source.choice(('team=red', 'status=deployed', 'name=web', 'x in (a)'))}",
            f"helm get values {name}{revision}{source.choice(('', ' --all'))}{form}",
            f"helm get manifest {name}{revision}",
            f"helm get hooks {name}{revision}",
            f"helm get notes {name}{revision}",
            f"helm get metadata {name}{revision}{form}",
            f"helm get all {name}{revision}",
        )
        return source.choice(asked)

    def foreign(self) -> Step:
        """An object of the first chart that is there before; whose it is varies."""
        docs = [each for each in self.charts["one"]["docs"] if each.get("kind") in PATHS and each["kind"] != "Widget"]
        if not docs:
            return "helm list"
        doc = copy.deepcopy(self.source.choice(docs))
        owner = self.source.random()
        if owner < 0.5:
            doc["metadata"].setdefault("labels", {})["app.kubernetes.io/managed-by"] = "Helm"
            name = "web" if owner < 0.25 else "two"
            doc["metadata"].setdefault("annotations", {}).update(
                {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": "@TAG@-a"}
            )
        group, plural = PATHS[doc["kind"]].split()
        return {"method": "POST", "path": f"/{group}/namespaces/@TAG@-a/{plural}", "manager": "kubectl-create", "body": doc}

    def drift(self) -> Step:
        """One request by somebody else on an object of a chart."""
        source = self.source
        pool = [each for found in self.charts.values() for each in found["docs"] if each.get("kind") in PATHS]
        if not pool:
            return "helm list"
        doc = source.choice(pool)
        kind, meta = doc["kind"], doc["metadata"]
        group, plural = PATHS[kind].split()
        path = f"/{group}/namespaces/{meta.get('namespace', '@TAG@-a')}/{plural}/{meta['name']}"
        merge: dict[str, Any] = {"method": "PATCH", "type": "application/merge-patch+json", "manager": "kubectl-edit", "path": path}
        what = source.random()
        if what < 0.2:
            return {"method": "DELETE", "path": path, "body": {"propagationPolicy": source.choice(("Background", "Orphan", "Foreground"))}}
        if kind in SCALED and what < 0.4:
            return {**merge, "path": f"{path}/scale", "manager": "kubectl", "body": {"spec": {"replicas": source.randint(0, 4)}}}
        if kind in TEMPLATED and what < 0.7:
            return self.pod_drift(merge, meta["name"])
        if what < 0.5:
            return {
                **merge,
                "body": {
                    "metadata": {
                        source.choice(("labels", "annotations")): {source.choice(("team", "note", "extra")): source.choice(("drift", None))}
                    }
                },
            }
        if what < 0.6:
            return {
                **merge,
                "body": {
                    "metadata": {
                        "annotations": {
                            source.choice(("helm.sh/resource-policy", "meta.helm.sh/release-name")): source.choice(("keep", "two", None))
                        }
                    }
                },
            }
        if what < 0.65:
            return {**merge, "body": {"metadata": {"labels": {"app.kubernetes.io/managed-by": source.choice((None, "kustomize"))}}}}
        other = KINDS[next((key for key in KINDS if meta["name"].startswith(f"{key}-")), "configmap")](source, meta["name"])
        body = {key: value for key, value in other.items() if key not in ("metadata", "immutable")}
        if body["kind"] != kind:
            return {**merge, "body": {"metadata": {"labels": {"team": "drift"}}}}
        if what < 0.85:
            return {**merge, "body": {key: value for key, value in body.items() if key not in ("apiVersion", "kind")}}
        applied = {**body, "metadata": {"name": meta["name"]}}
        force = source.choice(("true", "false"))
        return {
            "method": "PATCH",
            "type": "application/apply-patch+yaml",
            "manager": source.choice(("argocd", "kubectl", "helm")),
            "query": f"force={force}",
            "path": path,
            "body": applied,
        }

    def pod_drift(self, merge: dict[str, Any], name: str) -> Step:
        """A sidecar, another image, a variable, an annotation of a restart."""
        source = self.source
        strategic = {**merge, "type": "application/strategic-merge-patch+json"}
        container = source.choice((
            {"name": "mesh", "image": "mesh:1"},
            {"name": "server", "image": "app:9"},
            {"name": "server", "env": [{"name": source.choice("AZ"), "value": "drift"}]},
            {"name": "server", "ports": [{"containerPort": 9999}]},
        ))  # fmt: skip
        inside = {"spec": {"containers": [container]}}
        if source.random() < 0.25:
            inside = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}}}  # type: ignore[dict-item]
        return {**strategic, "body": {"spec": {"template": inside}}}


class _Written(_Steps):
    """Steps over charts as people write them: their values, records that break, objects that do not go."""

    def common(self) -> list[str]:
        """Flags that install and upgrade share."""
        flags = [each for each in super().common() if not each.startswith(("--set", "--wait"))]
        flags = [each for each in flags if not each.startswith("--timeout") or "atomic" in each or "rollback" in each]
        flags += self.waiting("install")
        for _ in range(self.source.choice((0, 0, 0, 1, 1, 2))):
            flags.append(self.source.choice(SETTINGS))
        return flags

    def drift(self) -> Step:
        """One request by somebody else on an object or a record."""
        source = self.source
        what = source.random()
        if what < 0.15:
            return self.record()
        pool = [each for found in self.charts.values() for each in found["docs"] if each["kind"] in PATHS]
        if not pool:
            return "helm list"
        doc = source.choice(pool)
        kind, name = doc["kind"], doc["metadata"]["name"]
        group, plural = PATHS[kind].split()
        path = f"/{group}/namespaces/@TAG@-a/{plural}/{name}"
        merge: dict[str, Any] = {"method": "PATCH", "type": "application/merge-patch+json", "manager": "kubectl-edit", "path": path}
        if what < 0.3:
            return {"method": "DELETE", "path": path, "body": {"propagationPolicy": source.choice(("Background", "Orphan", "Foreground"))}}
        if what < 0.4:
            return {**merge, "body": {"metadata": {"finalizers": source.choice((["example.com/hold"], ["example.com/hold"], None))}}}
        if kind in SCALED and what < 0.5:
            return {**merge, "path": f"{path}/scale", "manager": "kubectl", "body": {"spec": {"replicas": source.randint(0, 4)}}}
        if kind in TEMPLATED and what < 0.7:
            return self.pod_drift(merge, name)
        if what < 0.8 and kind in DRIFTS:
            body = source.choice(DRIFTS[kind])
            if source.random() < 0.4:
                head = {"apiVersion": doc["apiVersion"], "kind": kind, "metadata": {"name": name}}
                force = source.choice(("true", "false"))
                apply = {
                    "type": "application/apply-patch+yaml",
                    "manager": source.choice(("argocd", "kubectl", "helm")),
                    "query": f"force={force}",
                }
                return {**merge, **apply, "body": {**head, **body}}
            return {**merge, "body": body}
        key = source.choice(("labels", "annotations"))
        return {**merge, "body": {"metadata": {key: source.choice(OWNERS if key == "annotations" else MARKS)}}}

    def record(self) -> Step:
        """A record by hand: another status, broken data, gone."""
        source = self.source
        name = source.choice(list(self.revisions))
        version = source.randint(1, max(self.revisions[name], 1))
        what: Any = source.choice((
            {"status": source.choice(STATUSES)}, {"status": source.choice(STATUSES)}, {"data": "bm90aGluZw=="}, {"cut": 40}, "delete",
            {"labels": {"owner": "me"}}, {"labels": {"status": source.choice(STATUSES)}}, {"labels": {"version": "77"}},
        ))  # fmt: skip
        return {"record": name, "version": version, "do": what}

    def question(self) -> str:
        """Also what asks about charts."""
        source = self.source
        if source.random() < 0.75:
            return super().question()
        chosen, settings = source.choice(list(self.charts)), source.choice(("", source.choice(SETTINGS)))
        return source.choice((
            f"helm template {self.name()} {chosen} {settings} {source.choice(('', '--is-upgrade', '--no-hooks', '--include-crds'))}",
            f"helm lint {chosen} {settings}", f"helm show all {chosen}", f"helm show crds {chosen}", f"helm dependency list {chosen}",
            f"helm upgrade {self.name()} {chosen} {settings} --dry-run=server --install", f"helm get values {self.name()} -a -o json",
            f"helm list -a -o yaml --max 1 --offset {source.randint(0, 1)}", "helm list -a -d -r -o json", "helm list -q -a -f ^(web|two)$",
            f"helm test {self.name()} --timeout=2s --logs",
        ))  # fmt: skip


STATUSES = (
    "deployed", "failed", "superseded", "pending-install", "pending-upgrade", "pending-rollback", "uninstalling", "uninstalled", "unknown",
)  # fmt: skip
MARKS = (
    {"team": "drift"}, {"app.kubernetes.io/managed-by": None}, {"app.kubernetes.io/managed-by": "kustomize"}, {"team": None},
    {"helm.sh/chart": "other"},
)  # fmt: skip
OWNERS = (
    {"note": "drift"}, {"meta.helm.sh/release-name": "two"}, {"meta.helm.sh/release-namespace": None}, {"helm.sh/resource-policy": "keep"},
    {"helm.sh/resource-policy": None},
)  # fmt: skip
DRIFTS: dict[str, tuple[Doc, ...]] = {
    "ConfigMap": (
        {"data": {"level": "drift"}},
        {"data": {"extra": "x"}},
        {"data": {"a": None}},
        {"data": {"a": "drift"}},
        {"immutable": True},
    ),
    "Secret": ({"data": {"user": "ZHJpZnQ="}}, {"data": {"extra": "eA=="}}, {"stringData": {"password": "drift"}}),
    "Service": (
        {"spec": {"type": "NodePort"}},
        {"spec": {"ports": [{"port": 80, "name": "http"}]}},
        {"spec": {"externalIPs": ["1.2.3.4"]}},
    ),
    "Deployment": ({"spec": {"replicas": 4}}, {"spec": {"paused": True}}, {"spec": {"revisionHistoryLimit": 3}}),
    "StatefulSet": ({"spec": {"replicas": 3}}, {"spec": {"updateStrategy": {"type": "OnDelete"}}}),
    "HorizontalPodAutoscaler": ({"spec": {"maxReplicas": 9}}, {"spec": {"minReplicas": 2}}),
    "Widget": ({"spec": {"size": 7}}, {"spec": {"tags": ["z"]}}, {"spec": {"parts": [{"name": "y", "value": 1}]}}),
    "Role": ({"rules": []},),
    "RoleBinding": ({"subjects": None},),
    "Ingress": ({"spec": {"ingressClassName": "drift"}},),
    "PersistentVolumeClaim": ({"spec": {"resources": {"requests": {"storage": "3Gi"}}}},),
    "ServiceAccount": ({"automountServiceAccountToken": True}, {"secrets": [{"name": "token"}]}),
}
