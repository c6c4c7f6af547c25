"""Fields of rendered manifests lead to template lines and values."""

from __future__ import annotations

import pytest

from pytest_helmsim.chart import provenance
from pytest_helmsim.chart.provenance import NoOrigin, Place, Provenance

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "replicas: 2\nimage: {repo: web, tag: '1.0'}\nextra: {}\nports: [80, 8080]\nlabels: {team: a}\n",
    "templates/_helpers.tpl": (
        '{{- define "web.labels" -}}\napp: {{ .Chart.Name }}\n{{- range $k, $v := .Values.labels }}\n{{ $k }}: {{ $v }}\n{{- end }}\n{{- end -}}\n'
    ),
    "templates/web.yaml": """\
{{- if .Values.replicas }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: sidecar
          image: mesh
        - name: web
          image: "{{ .Values.image.repo }}:{{ .Values.image.tag }}"
          ports:
            {{- range .Values.ports }}
            - containerPort: {{ . }}
            {{- end }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  file: |
    first
    {{ .Values.missing }}tag={{ .Values.image.tag }}
""",
}
CONTAINER = "spec.template.spec.containers"
WEB, HELPERS = "web/templates/web.yaml", "web/templates/_helpers.tpl"
ROWS = [
    ("Deployment/web", "kind", WEB, 1, (".Values.replicas",)),
    ("Deployment/web", "spec.replicas", WEB, 9, (".Values.replicas",)),
    ("Deployment/web", f"{CONTAINER}[web].image", WEB, 16, (".Values.image.repo", ".Values.image.tag")),
    ("Deployment/web", f"{CONTAINER}[0].image", WEB, 9, ()),
    ("Deployment/web", f"{CONTAINER}[web].ports[1].containerPort", WEB, 19, (".Values.ports[1]",)),
    ("Deployment/web", f"{CONTAINER}[web].ports[containerPort=80].containerPort", WEB, 19, (".Values.ports", ".Values.ports[0]")),
    ("Deployment/web", "metadata.labels.team", HELPERS, 4, (".Values.labels", ".Values.labels.team")),
]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Provenance:
    folder = tmp_path_factory.mktemp("charts") / "web"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return provenance.trace(folder)


@pytest.mark.parametrize(("name", "path", "template", "line", "values"), ROWS, ids=[row[1] for row in ROWS])
def test_origin(web: Provenance, name: str, path: str, template: str, line: int, values: tuple[str, ...]) -> None:
    origin = web.of(name, path)
    assert (origin.template, origin.line, origin.values) == (template, line, values)


def test_the_way_through_an_include(web: Provenance) -> None:
    origin = web.of("Deployment/web", "metadata.labels.team")
    assert origin.way == (Place(WEB, 7), Place(HELPERS, 4))
    assert str(origin) == f"{HELPERS}:4, through {WEB}:7 (from .Values.labels, .Values.labels.team)"


def test_a_file_in_which_nothing_was_printed_for_nil(web: Provenance) -> None:
    assert web.of("ConfigMap/settings", "data.file").template == WEB
    assert "<no value>" not in web.rendered.manifest


def test_objects(web: Provenance) -> None:
    assert web.objects == ["Deployment/web", "ConfigMap/settings"]


@pytest.mark.parametrize(
    ("name", "path", "reason"),
    [
        ("Deployment/api", "spec", "Deployment/api is not among the rendered objects: Deployment/web, ConfigMap/settings"),
        ("Deployment/web", "spec.paused.x", "Deployment/web has no field spec.paused"),
        ("Deployment/web", f"{CONTAINER}[db]", f"Deployment/web has no field {CONTAINER}[db]"),
        ("Deployment/web", f"{CONTAINER}[7]", f"Deployment/web has no field {CONTAINER}[7]"),
    ],
)
def test_no_origin(web: Provenance, name: str, path: str, reason: str) -> None:
    with pytest.raises(NoOrigin) as caught:
        web.of(name, path)
    assert str(caught.value) == reason
