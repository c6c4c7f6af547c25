"""`.j2` files in charts: the objects, Helm's functions as filters, errors with file and line, and bounds for authors one does not know."""

from __future__ import annotations

import pytest

from pytest_helmsim.chart import loader, render
from pytest_helmsim.chart.errors import ChartError, RenderError
from pytest_helmsim.chart.model import File
from pytest_helmsim.objects.flavour import HELM4
from pytest_helmsim.template.limits import Limits

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n",
    "values.yaml": "replicas: 3\nlabels: {team: a, items: b}\nports: [80, 8080]\nname: Web\n",
    "config.ini": "[a]\n",
    "templates/_helpers.tpl": '{{ define "web.name" }}{{ .Values.name | lower }}-{{ .Release.Name }}{{ end }}',
}


def _render(text: str, *, path: str = "templates/web.yaml.j2", steps: int = 100_000, **more: str) -> str:
    files = {**CHART, path: text, **{name.replace("__", "/") + ".j2": each for name, each in more.items()}}
    chart = loader.load_files([File(name, each.encode()) for name, each in files.items()], flavour=HELM4)
    rendered = render.render(chart, {}, limits=Limits(steps=steps, output=1_000_000))
    return rendered.notes or rendered.files[f"web/{path}"]


ROWS = [
    ("{{ Release.Name }} {{ Chart.Name }}-{{ Chart.Version }} {{ Values.replicas | int }}", "release-name web-1.2.3 3"),
    ("{{ Values.labels.items }} {{ Values['labels']['team'] }}", "b a"),
    (
        "{% for key, value in Values.labels.items2 | default(Values.labels) | dictsort %}{{ key }}={{ value }};{% endfor %}",
        "items=b;team=a;",
    ),
    ("{{ Values.labels | toYaml | nindent(2) }}", "\n  items: b\n  team: a"),
    ("{{ include('web.name', {'Values': Values, 'Release': Release}) }}", "web-release-name"),
    ("{{ Files.Get('config.ini') }}", "[a]\n"),
    ("{{ Capabilities.APIVersions.Has('apps/v1') }} {{ Capabilities.KubeVersion.Major }}", "True 1"),
    ("{{ Template.Name }}", "web/templates/web.yaml.j2"),
    ("{{ Values.name | b64enc }} {{ Values.name | sha256sum | trunc(8) }} {{ 5 | printf('%03d') }}", "V2Vi 29751047 005"),
    ("{{ Values.missing | default('x') }} {{ Values.missing is defined }}", "x False"),
    ("{{ 'a' ~ 1 ~ Values.name }} {{ 'ab' * 2 }} {{ 2 ** 10 }}", "a1Web abab 1024"),
    ("{% import 'web/templates/_macros.j2' as m %}{{ m.port(80) }}", "port: 80"),
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[row[0][:40] for row in ROWS])
def test_output(text: str, expected: str) -> None:
    macros = {"templates___macros": "{% macro port(number) %}port: {{ number }}{% endmacro %}"} if "import" in text else {}
    assert (
        _render("# " + text.replace("\n", " "), **macros).removeprefix("# ") == expected if "\n" not in expected else expected in _raw(text)
    )


def _raw(text: str) -> str:
    """The output of a text whose lines need not be YAML."""
    return _render("text: |\n  " + text).removeprefix("text: |\n  ") + "\n"


def test_beside_go_templates_and_notes() -> None:
    assert _render("Hello {{ Values.name }}", path="templates/NOTES.txt.j2") == "Hello Web"


ERRORS = [
    ("a: 1\nb: {{ Values.nothing.at.all }}", "execution error at (web/templates/web.yaml.j2:2): common.Values has no nothing"),
    ("a: 1\n\nb: {{ Chart.Nothing }}", "execution error at (web/templates/web.yaml.j2:3): map[string]interface {} has no Nothing"),
    ("a: 1\nb: {% if %}", "parse error at (web/templates/web.yaml.j2:2): "),
    ("{{ Values.x | required('x is needed') }}", "execution error at (web/templates/web.yaml.j2:1): "),
    ("\n{{ 'x' | fail }}", "execution error at (web/templates/web.yaml.j2:2): "),
    ("{{ 'x' | nosuch }}", "parse error at (web/templates/web.yaml.j2:1): No filter named 'nosuch'"),
    ("{{ 'x' | trunc('a') }}", "execution error at (web/templates/web.yaml.j2:1): "),
    ("\n{{ 1 / 0 }}", "execution error at (web/templates/web.yaml.j2:2): division by zero"),
    ("{% include 'web/values.yaml' %}", "execution error at (web/templates/web.yaml.j2:1): web/values.yaml"),
    ("{% include '/etc/passwd' %}", "execution error at (web/templates/web.yaml.j2:1): /etc/passwd"),
]


@pytest.mark.parametrize(("text", "expected"), ERRORS, ids=[row[0][:40] for row in ERRORS])
def test_errors_name_file_and_line(text: str, expected: str) -> None:
    with pytest.raises(RenderError) as caught:
        _render(text)
    assert str(caught.value).startswith(expected), str(caught.value)


HARM = [
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in range(999999999) %}{% endfor %}",
    "{% set _step = dict %}{% for i in range(9999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'a' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ 'x' | indent(1000000000) }}",
    "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}",
    "{{ range(100000) | join('b' * 100000) }}",
    "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set n.x = [n.x, n.x] | join %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=[1, 2]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = dict(a=n.x, b=n.x) %}{% endfor %}{{ n.x | toYaml }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'web/templates/web.yaml.j2' %}",
    "{% for i in range(99999) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "{{ Files.__class__ }}",
    "{{ Files.Get.__globals__ }}",
    "{{ include.__self__ }}",
    "{{ 'x' | attr('__class__') }}",
]


@pytest.mark.parametrize("text", HARM, ids=[text[:60] for text in HARM])
def test_harm_is_refused(text: str) -> None:
    with pytest.raises(ChartError):
        _render(text)
