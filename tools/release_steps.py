"""Random sequences of helm commands, and of changes by others between them, for `fuzz_releases.py`."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

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
}  # fmt: skip
"""Where the namespaced kinds live."""
CLUSTER_PATHS = {
    "ClusterRole": "apis/rbac.authorization.k8s.io/v1 clusterroles",
    "PriorityClass": "apis/scheduling.k8s.io/v1 priorityclasses",
    "CustomResourceDefinition": "apis/apiextensions.k8s.io/v1 customresourcedefinitions",
    "Namespace": "api/v1 namespaces",
}
SCALED = ("Deployment", "StatefulSet")
TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet")


def case(source: Random, *, pods: bool = False) -> Case:
    """Charts and steps."""
    flavour = source.choice("34")
    first = chart(source, pods=pods)
    charts = {"one": first, "two": changed(source, first, pods=pods)}
    charts["three"] = changed(source, charts[source.choice(("one", "two"))], pods=pods)
    if source.random() < 0.4:
        charts["other"] = changed(source, first, pods=pods)
    maker = _Steps(source, flavour, charts, pods)
    return {"flavour": flavour, "charts": charts, "steps": maker.make()}


class _Steps:
    """What has happened so far, as far as it matters for what makes sense next."""

    def __init__(self, source: Random, flavour: str, charts: dict[str, Doc], pods: bool) -> None:
        self.source, self.flavour, self.charts, self.pods = source, flavour, charts, pods
        self.revisions: dict[str, int] = {}

    def make(self) -> list[Step]:
        source = self.source
        steps: list[Step] = []
        if source.random() < 0.15:
            steps.append(self.foreign())
        steps.append(self.install("web", "one"))
        for _ in range(source.randint(3, 9)):
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
            " -A -f web",
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
