"""Random charts as people write them, for `fuzz_releases.py`: templates with helpers and values, subcharts, hooks, odd documents.

A chart is made of parts, each of them files with some of their words drawn by chance; another version of it draws some parts anew.
`@TAG@` as in release_inputs.py. The answer has `parts` (files by part), `docs` (objects that others may change), and `values`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from random import Random

import yaml
from release_inputs import POLICIES
from release_parts import (
    HELPERS,
    Doc,
    Files,
    claims,
    daemon_set,
    definitions,
    deployment,
    jobs,
    looked_up,
    manifest,
    network,
    odd,
    rare,
    rights,
    scaling,
    secrets_,
    services,
    settings,
    stateful_set,
    switched,
    webhooks,
)

EVENTS = (
    "pre-install",
    "post-install",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "pre-delete",
    "post-delete",
    "test",
)


DELETE_POLICIES = (*POLICIES, *POLICIES, "before-hook-creation,hook-succeeded", "hook-succeeded, hook-failed", "never")


def hooks(source: Random, *, pods: bool = False) -> Files:
    """Some hooks in one file, which may have the same weight, name or kind, and may be refused or hang."""
    parts = []
    for _ in range(source.randint(1, 3)):
        events = source.choice(
            (
                ",".join(source.sample(EVENTS, source.choice((1, 1, 2, 3)))),
                "pre-install, pre-upgrade",
                "post-install,post-upgrade,post-rollback",
                "pre-delete",
                "test",
                "test-success",
                "crd-install",
                "pre-install,unknown",
                ",".join(EVENTS),
            )
        )
        notes = [f"    helm.sh/hook: {events}\n"]
        if source.random() < 0.6:
            notes.append(f'    "helm.sh/hook-weight": "{source.choice((-5, 0, 1, 1, "x", "1.5"))}"\n')
        if source.random() < 0.6:
            notes.append(f"    helm.sh/hook-delete-policy: {source.choice(DELETE_POLICIES)}\n")
        if source.random() < 0.2:
            notes.append(f"    helm.sh/hook-output-log-policy: {source.choice(('hook-failed', 'hook-succeeded,hook-failed'))}\n")
        head = "  annotations:\n" + "".join(notes)
        name = f"hook-{source.choice('abc')}"
        never = "spec: {restartPolicy: Never, nodeSelector: {none: here}, containers: [{name: c, image: c}]}"
        quick = "spec: {restartPolicy: Never, containers: [{name: c, image: c}]}"
        kinds = [
            ("v1", "ConfigMap", "data: {revision: 'r{{ .Release.Revision }}', level: {{ .Values.level | quote }}}\n"),
            ("v1", "ConfigMap", "data: {revision: 'r{{ .Release.Revision }}'}\n"),
            ("v1", "Secret", "stringData: {a: b}\n"),
            ("v1", "ServiceAccount", ""),
            ("v1", "ConfigMap", "data: {bad: 1}\n"),
            ("v1", "ConfigMap", "data: {a: b}\nunknown: {c: d}\n"),
            ("v1", "Service", "spec: {ports: []}\n"),
            ("batch/v1", "Job", f"spec: {{backoffLimit: 0, activeDeadlineSeconds: 1, template: {{{never}}}}}\n"),
            ("none.example.com/v1", "Thing", ""),
        ]
        if pods:
            kinds += [
                ("batch/v1", "Job", f"spec: {{backoffLimit: 0, template: {{{quick}}}}}\n"),
                ("v1", "Pod", quick + "\n"),
                ("v1", "Pod", never + "\n"),
            ] * 2
        api, kind, body = source.choice(kinds[:-1] if source.random() < 0.9 else kinds)
        parts.append(manifest(api, kind, name, body, head=head))
    return {"templates/hooks.yaml": "\n---\n".join(parts)}


def subcharts(source: Random) -> Files:
    """Dependencies with conditions, tags, aliases and values handed up and down."""
    cache = "\n".join(
        [
            "apiVersion: v1",
            "kind: ConfigMap",
            "metadata: {name: '{{ .Release.Name }}-{{ .Chart.Name }}'}",
            (
                'data: {size: {{ .Values.size | quote }}, zone: {{ (.Values.global).zone | default "none" '
                '| quote }}, parent: {{ .Values.fromParent | default "-" | quote }}}'
            ),
            "",
        ]
    )
    deep = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\ndata: {all: {{ .Values | toJson | quote }}}\n"
    return {
        "charts/cache/Chart.yaml": (
            f"apiVersion: v2\nname: cache\nversion: 1.{source.randint(0, 1)}.0\ndependencies: [{{name: "
            f"deep, version: '*', repository: ''}}]\n"
        ),
        "charts/cache/values.yaml": (
            f"size: {source.randint(1, 2)}\nexports: {{data: {{imported: {source.randint(1, 2)}}}}}\ndeep: {{x: {source.randint(1, 2)}}}\n"
        ),
        "charts/cache/templates/cache.yaml": cache,
        "charts/cache/templates/NOTES.txt": "cache notes\n",
        "charts/cache/charts/deep/Chart.yaml": "apiVersion: v2\nname: deep\nversion: 0.0.1\n",
        "charts/cache/charts/deep/templates/deep.yaml": deep,
        "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
        "charts/lib/templates/_lib.tpl": '{{ define "lib.words" }}words{{ end }}',
        "templates/imported.yaml": manifest(
            "v1",
            "ConfigMap",
            "imported",
            (
                'data: {imported: {{ .Values.imported | default "no" | quote }}, lib: {{ include "lib.words" '
                ". }}, size: {{ (.Values.cache).size | toJson | quote }}}\n"
            ),
        ),
    }


PARTS: dict[str, Callable[..., Files]] = {
    "deployment": deployment,
    "state": stateful_set,
    "agent": daemon_set,
    "jobs": jobs,
    "services": services,
    "settings": settings,
    "secret": secrets_,
    "seen": looked_up,
    "scaling": scaling,
    "network": network,
    "rights": rights,
    "claims": claims,
    "webhooks": webhooks,
    "rare": rare,
    "odd": odd,
    "same": switched,
    "definitions": definitions,
    "hooks": hooks,
    "subcharts": subcharts,
}
USUAL = ("deployment", "deployment", "services", "settings", "hooks", "hooks", "subcharts", "same", "rare", "rare")
DEPENDENCIES = (
    (
        "dependencies:\n- {name: cache, version: 1.x.x, repository: '', condition: cache.enabled, "
        "import-values: [data]}\n- {name: lib, version: '*', repository: ''}\n"
    ),
    (
        "dependencies:\n- {name: cache, version: '*', repository: '', alias: store, tags: [extra]}\n- "
        "{name: lib, version: '*', repository: ''}\n"
    ),
    (
        "dependencies:\n- {name: cache, version: '*', repository: ''}\n- {name: cache, version: "
        "'*', repository: '', alias: second, condition: second.enabled}\n- {name: lib, version: "
        "'*', repository: ''}\n"
    ),
    "",
)


def chart(source: Random, *, pods: bool = False) -> Doc:
    """A chart."""
    chosen = list(dict.fromkeys(source.choice([*PARTS, *USUAL]) for _ in range(source.randint(1, 6))))
    found: Doc = {"parts": {each: drawn(source, each, pods) for each in chosen}, "heads": {}, "docs": []}
    found["heads"] = heads(source, found)
    found["docs"] = objects(found)
    return found


def drawn(source: Random, part: str, pods: bool) -> Files:
    return hooks(source, pods=pods) if part == "hooks" else PARTS[part](source)


def heads(source: Random, found: Doc) -> Files:
    """Chart.yaml, values.yaml, notes, a schema."""
    version = f"{source.randint(0, 2)}.{source.randint(0, 3)}.0{source.choice(('', '', '+build.1', '-rc.1'))}"
    about = f"apiVersion: v2\nname: app\nversion: {version}\n"
    app_version = source.choice(("1.0", '"2.0"', "v3.1.4-ü"))
    about += f"appVersion: {app_version}\n"
    about += source.choice(
        (
            "",
            "",
            "description: Ein Text – mit Strichen\n",
            "kubeVersion: '>=1.20.0-0'\n",
            "kubeVersion: '<1.20'\n" if source.random() < 0.2 else "",
            ("annotations: {category: web, licenses: MIT}\nkeywords: [a, b]\nmaintainers: [{name: me, email: me@example.com}]\n"),
            "deprecated: true\n",
            "icon: https://example.com/i.png\n",
        )
    )
    if "subcharts" in found["parts"]:
        about += source.choice(DEPENDENCIES)
    values: Doc = {
        "replicas": source.choice((0, 1, 2)),
        "image": {"repository": "web", "tag": source.choice(("", "1.0", "2.0"))},
        "env": source.choice(({}, {"A": "1"}, {"A": "2", "B": "x"})),
        "resources": source.choice(({}, {"limits": {"cpu": "100m"}}, {"limits": {"cpu": 1, "memory": "1Gi"}, "requests": {"cpu": 0.5}})),
        "service": {"type": source.choice(("ClusterIP", "NodePort", "LoadBalancer")), "port": source.choice((80, 8080))},
        "level": source.choice(("info", "débug", 5, True)),
        "hosts": source.choice((["a.example.com"], ["a.example.com", "b.example.com"], [])),
        "ingress": source.random() < 0.7,
        "autoscale": source.random() < 0.2,
        "security": source.choice(({}, {"runAsUser": 1000})),
        "global": source.choice(({}, {"zone": "a"})),
        "cache": {"enabled": source.random() < 0.7},
        "tags": {"extra": source.random() < 0.5},
        "second": {"enabled": source.random() < 0.5, "size": 9},
    }
    files = {"Chart.yaml": about, "values.yaml": yaml.safe_dump(values, allow_unicode=True), "templates/_helpers.tpl": HELPERS}
    if source.random() < 0.4:
        files["templates/NOTES.txt"] = source.choice(
            (
                '1. Get {{ .Release.Name }} by {{ include "app.fullname" . }}\n{{- if .Release.IsUpgrade }}\nupgraded{{ end }}\n\n',
                "\n\n  grüße {{ .Release.Revision }}  \r\n",
                "{{ .Values.level }}",
                " \n",
                "{{ .Values.absent.value }}",
            )
        )
    if source.random() < 0.12:
        files["values.schema.json"] = (
            '{"type": "object", "required": ["level"], "properties": {"level": {"type": "string"}, '
            '"replicas": {"type": "integer", "maximum": 5}}}'
        )
    if source.random() < 0.1:
        files[".helmignore"] = source.choice(("*.txt\n", "templates/odd.yaml\n", "# none\n"))
    return files


def changed(source: Random, base: Doc, *, pods: bool = False) -> Doc:
    """Another version: parts drawn anew, gone, or new; other values."""
    found = copy.deepcopy(base)
    for _ in range(source.randint(1, 3)):
        what = source.random()
        parts = list(found["parts"])
        if what < 0.6 and parts:
            each = source.choice(parts)
            found["parts"][each] = drawn(source, each, pods)
        elif what < 0.72 and len(parts) > 1:
            del found["parts"][source.choice(parts)]
        elif what < 0.88:
            each = source.choice([*PARTS, *USUAL])
            found["parts"][each] = drawn(source, each, pods)
        else:
            found["heads"] = heads(source, found)
    found["docs"] = objects(found)
    return found


def files_of(found: Doc) -> Files:
    """All files of a chart by path."""
    return {path: text for part in [found["heads"], *found["parts"].values()] for path, text in part.items()}


OBJECT = re.compile(r"(?m)^apiVersion: (\S+)\r?\nkind: (\S+)\r?\nmetadata:\r?\n  name: (\S+)$")
FULL = '{{ include "app.fullname" . }}'


def objects(found: Doc) -> list[Doc]:
    """What others may find and change: kind and name of the objects with plain names."""
    texts = "\n".join(files_of(found).values()).replace(FULL, "web-app")
    return [
        {"apiVersion": api, "kind": kind, "metadata": {"name": name}}
        for api, kind, name in OBJECT.findall(texts)
        if "{" not in name and not name.startswith("@TAG@")
    ]
