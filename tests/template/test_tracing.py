"""Where output came from: lines of templates, through include, and the values read for it."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.signatures import define
from pytest_helmsim.template.tracing import Trace

sys.path.insert(0, str(Path(__file__).parent))
import support

VALUES = {
    "image": {"repo": "web", "tag": "1.2"},
    "replicas": 3,
    "list": ["a", {"b": "c"}],
    "labels": {"x.y/z": "v", "app": "web"},
    "on": True,
}
FILES = {
    "web.yaml": "\n".join(
        [
            "name: {{ .Values.image.repo }}",
            "{{- if .Values.on }}",
            "image: {{ .Values.image.repo }}:{{ .Values.image.tag }}",
            "{{- end }}",
            "{{- range $i, $e := .Values.list }}",
            "- {{ $i }}",
            "{{- end }}",
            "labels:",
            '{{- include "labels" . | indent }}',
            "{{ with .Values.image }}tag: {{ .tag }}{{ end }}",
        ]
    ),
    "_labels.tpl": '{{ define "labels" }}{{ range $k, $v := .Values.labels }}\n{{ $k }}: {{ $v }}{{ end }}{{ end }}',
}


def _environment() -> Environment:
    environment = support.environment()
    environment.bind_functions({"indent": define("indent", lambda text: text.replace("\n", "\n  "), "string")})
    for name, text in FILES.items():
        environment.add(name, text)
    return environment


def _trace() -> Trace:
    return _environment().trace("web.yaml", {"Values": VALUES})


def test_the_text_is_what_execution_gives() -> None:
    environment = _environment()
    data = {"Values": VALUES}
    plain = environment.execute("web.yaml", data)
    assert (
        environment.trace("web.yaml", data).text
        == environment.trace("web.yaml", data).text
        == environment.execute("web.yaml", data)
        == plain
    )


def test_lines_lead_to_templates_and_values() -> None:
    trace = _trace()
    found = {
        line: [(str(origin.location), origin.reads) for origin in trace.line_origins(number)]
        for number, line in enumerate(trace.text.split("\n"), 1)
    }
    name, tag, label = ".Values.image.repo", ".Values.image.tag", ".Values.labels"
    assert found == {
        "name: web": [("web.yaml:1:9", (name,))],
        "image: web:1.2": [("web.yaml:3:35", (".Values.on", name, tag))],
        "- 0": [("web.yaml:6:5", (".Values.list", ".Values.list[0]"))],
        "- 1": [("web.yaml:6:5", (".Values.list[1]",))],
        "labels:": [("web.yaml:7:10", ())],
        "  app: web": [("web.yaml:9:4", ()), ("_labels.tpl:2:13", (label, f"{label}.app"))],
        "  x.y/z: v": [("web.yaml:9:4", ()), ("_labels.tpl:2:13", (f'{label}["x.y/z"]',))],
        "tag: 1.2": [("web.yaml:10:32", (".Values.image", tag))],
    }


def test_pieces_hold_the_conditions_before_them() -> None:
    pieces = [(piece.origin.location.line, piece.origin.reads) for piece in _trace().pieces]
    assert (2, (".Values.on",)) in pieces
    assert (5, (".Values.list", ".Values.list[0]")) in pieces
    assert (5, (".Values.list[1]",)) in pieces


def test_no_origin_outside_of_the_text() -> None:
    trace = _trace()
    assert trace.origins(len(trace.text)) == trace.line_origins(0) == trace.line_origins(99) == []


def test_a_value_is_known_in_whatever_variable_it_travels() -> None:
    environment = support.environment()
    environment.add("t", '{{ $x := .Values.image }}{{ include "a" (dict "it" $x) }}{{ define "a" }}{{ .it.tag }}{{ end }}')
    trace = environment.trace("t", {"Values": VALUES})
    assert [origin.reads for origin in trace.origins(0)] == [(".Values.image",), (".Values.image.tag",)]
