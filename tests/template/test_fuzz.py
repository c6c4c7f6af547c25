"""Whatever the text and the data: a template is parsed and run, or one of our errors says why not."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_helmsim.template import gofmt, lexer
from pytest_helmsim.template.errors import FunctionError, TemplateError
from pytest_helmsim.template.limits import Limits

sys.path.insert(0, str(Path(__file__).parent))
import rows
import support

DATA = support.decode(rows.DATA)
LIMITS = Limits(output=100_000, steps=20_000)
BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)

OPERATORS = ["and", "or", "not", "eq", "lt", "index", "len", "print", "printf", "html", "include", "call"]
_names = st.sampled_from([*sorted(support.TABLE), *OPERATORS])
_LITERALS = "1 -2.5 0x1F 1e9 'a' 2i \"s\" `r` nil true . $ $x $x.a $y , = := | ( ) range end"
_FIELDS = (
    ".Values .Values.name .Values.map.m .Values.list .Values.null.x .nil .object.Greet .object.Inner .pointer .colour .bytes .named.Size"
)
_atoms = st.sampled_from([*_LITERALS.split(), *_FIELDS.split(), '"%d %v %5.2f"', ".a b", ".anymap", "\n"])
_parts = st.recursive(_atoms | _names, lambda inner: st.builds("({})".format, st.lists(inner, max_size=4).map(" ".join)), max_leaves=6)
_pipes = st.lists(st.lists(_parts, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=3).map(" | ".join)
_words = st.sampled_from(
    ["", "", "", "if ", "with ", "range ", "range $i, $x := ", "$x := ", "$x = ", "else if ", 'template "a" ', 'block "b" ']
)
_ends = st.sampled_from(
    ["{{end}}", "{{- end -}}", "{{else}}", "{{break}}", "{{continue}}", "{{/* c */}}", " text\n", "{{", "}}", '{{define "a"}}']
)
_actions = st.builds(
    "{}{}{}{}".format, st.sampled_from(["{{", "{{- "]), _words, _pipes, st.sampled_from(["}}", " -}}", "}}x{{end}}", "}}{{else}}{{end}}"])
)
_texts = st.lists(_actions | _ends, max_size=8).map("".join)


def _run(text: str, missing: str) -> str:
    environment = support.environment(missing, limits=LIMITS)
    try:
        environment.add("t", "{{$x := 1}}" + text)
        environment.execute("t", DATA)
    except TemplateError as error:
        return str(error)
    return ""


@BOUNDED
@given(_texts, st.sampled_from(["zero", "default", "error"]))
def test_templates_of_plausible_parts(text: str, missing: str) -> None:
    assert _run(text, missing) is not None


@BOUNDED
@given(st.text(max_size=40).map("{{{}".format) | st.text(alphabet="{}-/* \n\"'`$.:=|()0x_e+ai,é\udc80", max_size=40))
def test_templates_of_characters(text: str) -> None:
    assert _run(text, "zero") is not None


@BOUNDED
@given(st.text(alphabet="{}- \n\"'`$.|()0a", max_size=60))
def test_tokens_cover_the_text(text: str) -> None:
    tokens = lexer.tokenize(text)
    assert [token[0] for token in tokens[:-1]].count(lexer.ERROR) == 0
    assert tokens[-1][0] in (lexer.EOF, lexer.ERROR)
    positions = [token[1] for token in tokens[:-1]]
    assert positions == sorted(positions)
    assert all(text.startswith(token[2], token[1]) for token in tokens[:-1])


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@BOUNDED
@given(st.text(alphabet="%vdsqxXtfeEgGbcoOUTpw+-# 0123.*[]a!é", max_size=12), st.lists(_values, max_size=3))
def test_printf(template: str, arguments: list[object]) -> None:
    with contextlib.suppress(FunctionError):
        assert isinstance(gofmt.sprintf(template, *arguments), str)
