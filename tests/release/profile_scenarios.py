"""Scenarios for the profiles: charts as text, and steps that each deployer takes in its own way.

A step is `sync` (deploy with `values`, under the options given), or `drift` as in `scenarios`. After each step the state is
taken, with the kinds in the order in which they were last written.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import Any

import scenarios

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.status import ApiError

RECORDED = Path(__file__).parent.parent / "recorded" / "profiles"
UNORDERED = ("Deployment.apps",)
"""Their controllers write to them, too."""
KINDS = (*scenarios.KINDS, "RoleBinding.rbac.authorization.k8s.io")


def config_map(name: str, annotations: str = "", data: str = "", extra: str = "") -> str:
    """A ConfigMap as text."""
    notes = f", annotations: {{ {annotations} }}" if annotations else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{notes}{extra}}}\n{f'data: {{{data}}}' if data else ''}\n---\n"


DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n"
    "  selector: {matchLabels: {app: {{ .Values.app }}}}\n  template:\n    metadata: {labels: {app: {{ .Values.app }}}}\n"
    "    spec: {containers: [{name: main, image: 'i:{{ .Values.tag }}'}]}\n---\n"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\n"
ROLE = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\n"
    "rules: [{apiGroups: [''], resources: [{{ .Values.resource }}], verbs: [get]}]\n---\n"
)
WIDGETS = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n"
    "  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n"
    "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object,"
    " x-kubernetes-preserve-unknown-fields: true}}}]\n"
)
VALUES = "key: one\nb: true\nreplicas: 0\napp: web\ntag: 1\nresource: pods\nnotes: ''\n"
WORK = "{{ if .Values.b }}" + config_map("b") + "{{ end }}" + config_map("a", "{{ .Values.notes }}", "key: '{{ .Values.key }}'")
HOOK, SYNC = "argocd.argoproj.io/hook", "argocd.argoproj.io/sync-options"
WAVE = "argocd.argoproj.io/sync-wave"

CHARTS: dict[str, dict[str, str]] = {
    "app": {"values.yaml": VALUES, "templates/all.yaml": WORK + DEPLOYMENT + SERVICE},
    "plain": {"values.yaml": VALUES, "templates/all.yaml": WORK},
    "hooks": {
        "values.yaml": VALUES,
        "templates/all.yaml": WORK
        + "".join(
            config_map(name, f"helm.sh/hook: '{events}'{rest}")
            for name, events, rest in (
                ("pre", "pre-install,pre-upgrade", ""),
                ("only-install", "pre-install", ", helm.sh/hook-weight: '-5'"),
                ("post", "post-install", ", helm.sh/hook-delete-policy: hook-succeeded"),
                ("both", "pre-upgrade,post-upgrade", ", helm.sh/hook-delete-policy: before-hook-creation"),
                ("left", "post-upgrade", ", helm.sh/hook-delete-policy: hook-failed"),
                ("test", "test", ""),
                ("rolled", "pre-rollback", ""),
            )
        ),
    },
    "argo-hooks": {
        "values.yaml": VALUES,
        "templates/all.yaml": WORK
        + config_map("helms", "helm.sh/hook: pre-install")
        + config_map("before", f"{HOOK}: PreSync, {WAVE}: '2'")
        + config_map("during", f"{HOOK}: Sync, argocd.argoproj.io/hook-delete-policy: HookSucceeded")
        + config_map("after", f"{HOOK}: 'PostSync,PreSync'")
        + config_map("failing", f"{HOOK}: SyncFail")
        + config_map("skipped", f"{HOOK}: Skip")
        + config_map("mixed", f"{HOOK}: PostSync, helm.sh/hook: pre-install")
        + config_map("unknown", f"{HOOK}: Never"),
    },
    "waves": {
        "values.yaml": VALUES,
        "templates/all.yaml": WORK
        + DEPLOYMENT
        + config_map("late", f"{WAVE}: '5'")
        + SERVICE.replace("{name: web}", f"{{name: early, annotations: {{{WAVE}: '-1'}}}}")
        + "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n---\n"
        + "{{ if .Values.b }}"
        + config_map("p1", f"{WAVE}: '1'")
        + config_map("p3", f"{WAVE}: '3'")
        + config_map("plast", f"{SYNC}: PruneLast=true")
        + "{{ end }}",
    },
    "marks": {
        "values.yaml": VALUES,
        "templates/all.yaml": config_map("a", data="key: '{{ .Values.key }}'")
        + "{{ if .Values.b }}"
        + config_map("kept", "helm.sh/resource-policy: keep")
        + config_map("unpruned", f"{SYNC}: Prune=false")
        + "{{ end }}"
        + config_map("applied", f"{SYNC}: ServerSideApply=true", "key: '{{ .Values.key }}'")
        + config_map("replaced", f"{SYNC}: Replace=true", "key: '{{ .Values.key }}'")
        + config_map("forced", f"{SYNC}: 'Force=true,Replace=true'", "key: '{{ .Values.key }}'"),
    },
    "role": {"values.yaml": VALUES, "templates/all.yaml": ROLE},
    "widgets": {
        "values.yaml": VALUES,
        "crds/widget.yaml": WIDGETS,
        "templates/all.yaml": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: '{{ .Values.key }}'}\n",
    },
    "bad": {"values.yaml": VALUES, "templates/all.yaml": WORK + "{{ if ne .Values.key `one` }}" + config_map("UPPER") + "{{ end }}"},
}
TWO = {"values": {"key": "two"}}
LESS = {"values": {"key": "two", "b": False}}
EDIT = {"object": "ConfigMap/a", "type": "merge", "patch": {"data": {"key": "edited", "extra": "mine"}}}
SCALE = {"object": "Deployment.apps/web", "type": "merge", "patch": {"spec": {"replicas": 2}}}


def _steps(chart: str, *steps: Any, **options: Any) -> dict[str, Any]:
    """Syncs of one chart under the same options, with drifts between."""
    return {
        "chart": chart,
        "steps": [
            each if "drift" in each else {"sync": {**each, "options": {"prune": True, **options, **each.get("options", {})}}}
            for each in steps
        ],
    }


ARGOCD: dict[str, dict[str, Any]] = {
    "plain": _steps("app", {}, TWO, LESS, {}),
    "drift": _steps("app", {}, {"drift": EDIT}, {"drift": SCALE}, {}, TWO),
    "deleted": _steps("plain", {}, {"drift": {"object": "ConfigMap/a", "delete": True}}, TWO),
    "no-prune": _steps("plain", {}, LESS, {**LESS, "options": {"prune": True}}, prune=False),
    "server-side": _steps("app", {}, {"drift": EDIT}, {"drift": SCALE}, TWO, LESS, serverSide=True),
    "to-server-side": _steps("app", {}, {**TWO, "options": {"serverSide": True}}, {"options": {"serverSide": True}}),
    "from-server-side": _steps("plain", {"options": {"serverSide": True}}, TWO),
    "replace": _steps("plain", {}, {"drift": EDIT}, TWO, replace=True),
    "immutable": _steps("app", {}, {"values": {"app": "other"}}),
    "immutable-replace": _steps("app", {}, {"values": {"app": "other"}, "options": {"replace": True}}),
    "immutable-force": _steps("app", {}, {"values": {"app": "other"}, "options": {"replace": True, "force": True}}),
    "helm-hooks": _steps("hooks", {}, TWO),
    "argo-hooks": _steps("argo-hooks", {}, TWO),
    "waves": _steps("waves", {}, LESS),
    "prune-last": _steps("waves", {}, LESS, pruneLast=True),
    "marks": _steps("marks", {}, {"drift": EDIT}, LESS),
    "role": _steps("role", {}, {"values": {"resource": "secrets"}}),
    "role-server-side": _steps("role", {}, {"values": {"resource": "secrets"}}, serverSide=True),
    "widgets": _steps("widgets", {}, TWO),
    "bad": _steps("bad", {}, TWO),
    "adopted": _steps(
        "plain", {"drift": {"create": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "y"}}}}, {}, TWO
    ),
    "annotated": _steps("plain", {"values": {"notes": "x: first"}}, {"values": {"notes": "z: second"}}),
}
"""By name: a chart and steps."""

MOUNTED = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: '{{ .Values.key }}'}\n---\n"
    + config_map("free", "helm.toolkit.fluxcd.io/driftDetection: disabled", "key: '{{ .Values.key }}'")
    + config_map("hook", "helm.sh/hook: 'pre-install,pre-upgrade'", "key: '{{ .Values.key }}'")
)
CHARTS["flux"] = {"values.yaml": VALUES, "templates/all.yaml": WORK + DEPLOYMENT + SERVICE + MOUNTED}
INSTALL, CORRECT = {"install": {}}, {"correct": {}}
FREE = {"object": "ConfigMap/free", "type": "merge", "patch": {"data": {"key": "edited"}}}
GONE = {"object": "Service/web", "delete": True}
UNMARKED = {"object": "ConfigMap/a", "type": "merge", "patch": {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}}
SECRET = {"object": "Secret/s", "type": "merge", "patch": {"data": {"p": "eA==", "q": "eA=="}}}
IMAGE = {
    "object": "Deployment.apps/web",
    "patch": {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "other:1"}, {"name": "side", "image": "s:1"}]}}}},
}
FOREIGN = {"create": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "y"}}}
FLUX: dict[str, dict[str, Any]] = {
    "life": {"chart": "flux", "steps": [INSTALL, {"upgrade": LESS}, {"rollback": {"revision": 1}}, {"uninstall": {}}]},
    "conflict": {"chart": "flux", "steps": [INSTALL, {"drift": EDIT}, {"drift": SCALE}, {"upgrade": TWO}]},
    "drift": {
        "chart": "flux",
        "steps": [INSTALL, *({"drift": each} for each in (EDIT, FREE, SECRET, GONE)), {"diff": {}}, CORRECT, {"diff": {}}],
    },
    "containers": {"chart": "flux", "steps": [INSTALL, {"drift": IMAGE}, CORRECT, {"upgrade": TWO}]},
    "labels": {"chart": "flux", "steps": [INSTALL, {"drift": UNMARKED}, {"diff": {}}, CORRECT]},
    "ignored": {
        "chart": "flux",
        "steps": [
            INSTALL,
            {"drift": EDIT},
            {"drift": SCALE},
            {"correct": {"ignore": [{"paths": ["/spec/replicas"], "kind": "Deployment"}]}},
            {"correct": {"ignore": [{"paths": [""], "name": "we."}]}},
            CORRECT,
        ],
    },
    "foreign": {"chart": "flux", "steps": [{"drift": FOREIGN}, INSTALL, {"upgrade": TWO}]},
    "client-side": {
        "chart": "plain",
        "steps": [{"install": {"serverSide": "false"}}, {"drift": EDIT}, {"upgrade": TWO}, {"upgrade": {"serverSide": "true"}}],
    },
    "immutable": {"chart": "app", "steps": [INSTALL, {"upgrade": {"values": {"app": "other"}}}, {"rollback": {"revision": 1}}]},
    "forced": {"chart": "plain", "steps": [{"install": {"serverSide": "false"}}, {"drift": EDIT}, {"upgrade": {**TWO, "force": True}}]},
    "widgets": {"chart": "widgets", "steps": [INSTALL, {"upgrade": TWO}]},
}
"""By name: a chart and what the controller does."""


def scenario(name: str, profile: str, chart: str) -> scenarios.Scenario:
    """The place of one scenario."""
    return scenarios.Scenario(name, profile, {"app": CHARTS[chart]}, [])


def snapshot(client: Client, place: scenarios.Scenario) -> dict[str, Any]:
    """The masked state, and the order of writing as a list of kinds."""
    state = scenarios.snapshot(client, place)
    found = []
    for kind in KINDS:
        try:
            objects = client.list(kind, place.namespace)
        except (ApiError, HelmsimError):
            continue
        for obj in objects:
            key = f"{obj['kind']}/{obj['metadata']['name']}"
            if key in state and kind not in UNORDERED:
                found.append((int(obj["metadata"]["resourceVersion"]), obj["kind"]))
    state["order"] = [kind for kind, _ in groupby(kind for _, kind in sorted(found))]
    state.pop("Namespace", None)
    return state


def settled(found: dict[str, Any]) -> dict[str, Any]:
    """Changes with records as every Helm 4 writes them: helm-controller has another minor version than we follow."""
    result = dict(found)
    for key, value in found.items():
        if key.startswith("record ") and value:
            info = {name: each for name, each in value["info"].items() if name != "rollback_revision"}
            hooks = [{**hook, "manifest": hook["manifest"].rstrip()} for hook in value.get("hooks") or []]
            result[key] = {**value, "info": info, "manifest": re.sub("\n+(---|$)", "\n\\1", value["manifest"]), "hooks": hooks}
    return result


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is another now; None for what went."""
    return {key: after.get(key) for key in sorted({*before, *after}) if before.get(key) != after.get(key)}
