"""Outlines: what has one is what the parser takes; the interpreter prints what compiled code prints."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.errors import ParseError, Unplaced
from pytest_helmsim.template.functions import FUNCTIONS
from pytest_helmsim.template.outline import outline
from pytest_helmsim.template.parser import parse

sys.path.insert(0, str(Path(__file__).parent))
import rows

TEXTS = sorted({text for row in rows.ROWS for _, text in row.files if '"t"' not in text})
PIECES = ("{{", "}}", "{{-", " -}}", "/*", "*/", "(", ")", "|", '"', "`", "$x", ":=", "=", " ", "\n", ".", ".a", "end", "if", "else",
          "range", "define", "with", "break", "true", "nil", "1", "-", "\\", ",", "$", "len", "{{end}}", "{{ if .a }}", "{{else}}", "1.5", "{")  # fmt: skip
FUNCTION_NAMES = frozenset({*FUNCTIONS, "include", "html", "js", "print", "println", "urlquery", "null", "pair", "words", "flag", "wide"})


def _changed(text: str, source: random.Random) -> str:
    for _ in range(source.randint(1, 3)):
        at = source.randint(0, len(text))
        if source.random() < 0.6:
            text = text[:at] + source.choice(PIECES) + text[at:]
        else:
            text = text[:at] + text[at + source.randint(1, 3) :]
    return text


@pytest.mark.parametrize("seed", range(4))
def test_what_has_an_outline_has_no_syntax_error(seed: int) -> None:
    source = random.Random(seed)
    seen = 0
    for _ in range(1500):
        text = _changed(source.choice(TEXTS), source)
        known = outline(text, FUNCTION_NAMES)
        if known is None or "t" in dict(known.defined):
            continue
        seen += 1
        try:
            parsed = parse("t", text, FUNCTION_NAMES)
        except ParseError as error:
            pytest.fail(f"{text!r} has an outline: {error}")
        assert {each.name for each in parsed.definitions} == set(dict(known.defined)), text
        assert parsed.functions == known.functions, text
    assert seen > 200


@pytest.mark.parametrize(
    "text",
    [
        "{{{ 1 }}",
        "{{/* c */ x}}",
        "{{ $x }}",
        "{{ if 1 }}",
        "{{ end }}",
        "{{ break }}",
        "{{ nosuch }}",
        '{{ "\\d" }}',
        "{{ 1 | 2 }}",
        "{{ range $x := .l }}{{ end }}{{ $x }}",
        "{{ range .l }}{{ else }}{{ break }}{{ end }}",
        "{{ with 1 }}{{ else if 2 }}{{ end }}",
        "{{ if 1 }}{{ define `x` }}{{ end }}{{ end }}",
        "{{ $ := 1 }}",
        "{{ range $x, $x := .l }}{{ end }}",
        "{{ 'a' }}",
        "{{ block `x` . }}{{ end }}",
    ],
)
def test_doubt_is_left_to_the_parser(text: str) -> None:
    assert outline(text, FUNCTION_NAMES) is None


@pytest.mark.parametrize("piece", ["{{/*", "{{ (", '{{ "', "{{ `", "{{", "{{ if 1 }}", "{{ a | ", "{{ $x"])
def test_a_text_that_opens_without_end_has_none(piece: str) -> None:
    assert outline(piece * 20_000, FUNCTION_NAMES) is None


LOOP = "{{ range $i, $e := .l }}{{ if eq $e.a 2.0 }}{{ continue }}{{ end }}{{ $i }}{{ with $e.b }}{{ . }}{{ break }}{{ else }}-{{ end }}{{ else }}none{{ end }}"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ('{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}{{ "a" | printf "%s%s" "b" }}', "2ba"),
        (LOOP, "0-2x"),
        ('{{ define "d" }}{{ $ }}{{ end }}{{ template "d" .n }}{{ template "d" }}', "7<no value>"),
        ("{{ (index .l 2).b }}{{ (dict `k` 1).k }}{{ .n | and true }}{{ or 0 `` .n }}{{ not .n }}", "x177false"),
        ("{{ $x := 1 }}{{ if $x := 2 }}{{ $x := 3 }}{{ $x }}{{ $x = 4 }}{{ $x }}{{ $x := 5 }}{{ $x }}{{ end }}{{ $x }}", "3451"),
        ("{{ $x := 1 }}{{ range $x, $y := .n2 }}{{ with $x := $y }}{{ $x }}{{ end }}{{ $x }}{{ $x = 9 }}{{ end }}{{ $x }}", "p0q11"),
        (
            "{{with.n}}{{ . }}{{ end }}{{ if $v := .n }}{{ $v }}{{ else if .l }}l{{ end }}{{ with $w := .none }}{{ else }}{{ $w }}{{ end }}",
            "77<no value>",
        ),
        ('{{- /* c */ -}}  a {{- " b" -}} \n c', "a bc"),
    ],
)
def test_interpreted_and_compiled_print_the_same(text: str, printed: str) -> None:
    data = {"n": 7.0, "n2": ["p", "q"], "l": [{"a": 1.0}, {"a": 2.0}, {"a": 3.0, "b": "x"}, {"a": 4.0}]}
    for interprets in (True, False):
        environment = Environment(FUNCTIONS, missing_key="zero", interprets=interprets)
        environment.add("t", text)
        assert outline(text, FUNCTION_NAMES) is not None
        assert environment.execute("t", data) == printed


@pytest.mark.parametrize(
    "text", ["{{ .n.a }}", "{{ 1 2 }}", "{{ nil }}", '{{ fail "no" }}', '{{ template "no" }}', "{{ trunc .n 1 }}", "{{ upper }}"]
)
def test_a_failure_has_no_place(text: str) -> None:
    environment = Environment(FUNCTIONS, missing_key="zero", interprets=True)
    environment.add("t", text)
    with pytest.raises(Unplaced):
        environment.execute("t", {"n": 7.0})
