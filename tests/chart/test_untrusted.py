"""Charts that mean harm: refused with a reason, in short time, with our own errors only."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from pytest_helmsim.chart import globs, set_flags, template_command
from pytest_helmsim.chart.errors import ChartError, ValuesError
from pytest_helmsim.chart.template_command import TemplateOptions
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.errors import HelmsimError


def _run(folder: Path, template: str, values: str = "{}") -> str:
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (folder / "values.yaml").write_text(values)
    (folder / "templates" / "a.yaml").write_text(template)
    return template_command.run(str(folder), TemplateOptions())


@pytest.mark.parametrize(
    ("template", "values", "reason"),
    [
        ('{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}', "{}", "nested reference name: r"),
        ('{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}', "{}", "exceeded maximum template depth"),
        ("{{ tpl .Values.t . }}", 't: "{{ tpl .Values.t . }}"', "texts within texts of tpl"),
        ("{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}", "{}", "template limit exceeded"),
        ('{{ $d := dict }}{{ range until 5000 }}{{ $d = dict "a" $d }}{{ end }}{{ toYaml $d }}', "{}", "more than 900 levels deep"),
        ("a: b", "a: " + "{a: " * 3000 + "1" + "}" * 3000, "exceeded max depth"),
        ("a: b", "a: &a [1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n" + "".join(
            f"{n}: &{n} [{','.join(['*' + chr(ord(n) - 1)] * 8)}]\n" for n in "cdefghi"), "excessive aliasing"),
    ],
    ids=["include", "template", "tpl", "loops", "deep value", "deep values file", "aliases"],
)  # fmt: skip
def test_refused_with_a_reason(tmp_path: Path, template: str, values: str, reason: str) -> None:
    with pytest.raises(HelmsimError, match=reason):
        _run(tmp_path, template, values)


def test_files_stay_inside_of_the_chart(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (tmp_path / "c").mkdir()
    text = 'a: |\n  {{ .Files.Get "../secret" | quote }} {{ .Files.Get "/etc/passwd" | quote }} {{ len (.Files.Glob "/**") }}'
    assert _run(tmp_path / "c", text).endswith('a: |\n  "" "" 0\n')


def test_output_stays_inside_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "c" / "templates").mkdir(parents=True)
    (tmp_path / "c" / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (tmp_path / "c" / "templates" / "a.yaml").write_text("a: b\n---\nc: d\n")
    out = tmp_path / "out"
    text = template_command.run(str(tmp_path / "c"), TemplateOptions(output_dir=str(out), name="r", use_release_name=True))
    path = out / "r" / "c" / "templates" / "a.yaml"
    assert text == f"wrote {path}\nwrote {path}\n\n"
    assert path.read_text() == "---\n# Source: c/templates/a.yaml\na: b\n\n---\n# Source: c/templates/a.yaml\nc: d\n\n"


def test_random_set_texts_end_in_values_or_our_error() -> None:
    chooser = random.Random(1)
    parts = ["a", "b", ".", "[", "]", "=", ",", "{", "}", "\\", "0", "-1", "65536", " ", "é", "null", "true", '"', "{}", "[1]"]
    parsers = (set_flags.parse_into, set_flags.parse_string_into, set_flags.parse_json_into, set_flags.parse_literal_into)
    for _ in range(4000):
        text = "".join(chooser.choice(parts) for _ in range(chooser.randint(0, 9)))
        for parse in parsers:
            try:
                parse(text, {"a": {"b": [1]}, "b": None})
            except ValuesError:
                continue


def test_random_yaml_ends_in_a_value_or_our_error() -> None:
    chooser = random.Random(2)
    parts = [
        "a",
        "- ",
        ": ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "!!str ",
        "|\n",
        ">-\n",
        "'",
        '"',
        "\n",
        "  ",
        "#",
        "---\n",
        "\t",
        "\0",
        "\udc80",
        "<<",
    ]
    for _ in range(4000):
        try:
            yamlio.dump(yamlio.load("".join(chooser.choice(parts) for _ in range(chooser.randint(0, 12)))))
        except yamlio.YamlError:
            continue


@pytest.mark.parametrize(
    "pattern", ["*" * 500 + "x", "{" * 50 + "a" + "}" * 50, "{a,{b,{c,d}}}" * 20, "*a" * 100 + "b", "[a-", "\\", "[]", "{a"]
)
def test_patterns_take_no_time(pattern: str) -> None:
    with contextlib.suppress(ValueError):
        assert globs.deep(pattern)("a" * 200) is False


def test_every_chart_error_is_ours() -> None:
    assert issubclass(ChartError, HelmsimError)
