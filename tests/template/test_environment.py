"""Environments: redefinition, clones, late functions, the cache, errors as objects."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.template import functions
from pytest_helmsim.template.compiler import compile_body
from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.errors import ExecutionError, FunctionError, NoSuchTemplate, ParseError
from pytest_helmsim.template.functions import FUNCTIONS
from pytest_helmsim.template.lexer import Delimiters
from pytest_helmsim.template.signatures import define
from pytest_helmsim.template.values import Value

sys.path.insert(0, str(Path(__file__).parent))
import support


def test_later_definitions_replace_earlier_ones_unless_they_are_empty() -> None:
    environment = Environment({})
    environment.add("a", '{{define "x"}}1{{end}}{{template "x"}}')
    environment.add("b", '{{define "x"}}2{{end}}{{define "y"}}{{end}}')
    environment.add("c", '{{define "x"}} \n{{/* nothing */}}{{end}}')
    assert environment.execute("a", None) == "2"
    assert environment.names() == ["x", "a", "y", "b", "c"]


def test_an_empty_text_is_run_though_it_replaced_nothing() -> None:
    environment = Environment({})
    environment.add("a", "full")
    empty = environment.add("a", "  ")
    assert environment.execute("a", None) == "full"
    assert environment.run(empty, None) == "  "


def test_a_clone_sees_the_original_and_not_the_other_way_round() -> None:
    original = Environment({})
    original.add("a", '{{define "x"}}1{{end}}{{template "x"}}')
    assert original.execute("a", None) == "1"
    clone = original.clone()
    clone.add("b", '{{define "x"}}2{{end}}{{template "a"}}')
    assert clone.execute("b", None) == "2"
    assert original.execute("a", None) == "1"
    with pytest.raises(NoSuchTemplate, match='template: no template "b" associated with template "gotpl"'):
        original.execute("b", None)


def test_functions_may_be_bound_after_parsing() -> None:
    environment = Environment({"f": define("f", lambda: "early")})
    environment.add("a", "{{f}}")
    environment.bind_functions({"f": define("f", lambda: "late")})
    assert environment.execute("a", None) == "late"


def test_a_shared_text_runs_with_the_functions_of_its_environment() -> None:
    text = "{{f}} {{f | print 1}}"
    for answer in ("one", "two"):
        environment = Environment({"f": define("f", lambda answer=answer: answer)})
        environment.add("a", text)
        assert environment.execute("a", None) == f"{answer} 1{answer}"


def test_a_function_unknown_here_is_refused_though_the_text_is_cached() -> None:
    text = "{{ known_here }}"
    Environment({"known_here": define("known_here", lambda: "x")}).add("a", text)
    with pytest.raises(ParseError, match=r'^template: b:1: function "known_here" not defined$'):
        Environment({}).add("b", text)


def test_the_same_text_is_compiled_once() -> None:
    first, second = Environment({}), Environment({})
    text = "same {{.}}"
    assert first.add("a", text).body is second.add("b", text).body


def test_a_text_that_defines_its_own_name_is_not_mixed_up_with_the_same_text_elsewhere() -> None:
    text = '{{define "a"}}inner{{end}} '
    one, other = Environment({}), Environment({})
    one.add("b", text)
    other.add("a", text)
    assert (one.execute("b", None), other.execute("a", None)) == (" ", "inner")


def test_operators_cannot_be_replaced() -> None:
    with pytest.raises(ValueError, match="and"):
        Environment({"and": define("and", lambda *_: "", variadic="any")})


def test_functions_called_break_and_continue_hide_the_words() -> None:
    environment = Environment({"break": define("break", lambda: "b"), "continue": define("continue", lambda: "c")})
    environment.add("a", "{{break}}{{continue | print}}")
    assert environment.execute("a", None) == "bc"


def test_other_delimiters() -> None:
    environment = Environment({}, delimiters=Delimiters("<<", ">>"))
    environment.add("a", "{{.}} <<- . ->> x << /* no */ . >>".replace("/* no */ ", ""))
    assert environment.execute("a", "dot") == "{{.}}dotx dot"


def test_an_error_knows_its_place_and_its_cause() -> None:
    environment = support.environment()
    environment.add("a.yaml", '\n  é {{ include "x" .Values }}')
    environment.add("_x.tpl", '{{ define "x" }}\n{{ fail "no" }}{{ end }}')
    with pytest.raises(ExecutionError) as failure:
        environment.execute("a.yaml", {"Values": {}})
    error = failure.value
    assert (error.template, str(error.location), error.context) == ("a.yaml", "a.yaml:2:8", 'include "x" .Values')
    assert error.reason == 'error calling include: template: _x.tpl:2:3: executing "x" at <fail "no">: error calling fail: no'
    inner = error.__cause__
    assert isinstance(inner, ExecutionError)
    assert (str(inner.location), inner.reason, type(inner.__cause__)) == ("_x.tpl:2:3", "error calling fail: no", FunctionError)


def test_errors_of_a_function_that_are_no_function_errors_pass_through() -> None:
    for bug in (KeyError("a bug of ours"), UnboundLocalError("a bug of ours")):

        def broken(bug: Exception = bug) -> Value:
            raise bug

        environment = Environment({"broken": define("broken", broken)})
        environment.add("a", "{{broken}}")
        with pytest.raises(type(bug), match="a bug of ours"):
            environment.execute("a", None)


def test_the_recursion_limit_is_put_back() -> None:
    limits: list[int] = []
    environment = Environment({"look": define("look", lambda: limits.append(sys.getrecursionlimit()))})
    environment.add("a", "{{look}}")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(3000)
    try:
        environment.execute("a", None)
        assert (limits, sys.getrecursionlimit()) == ([20_000], 3000)
    finally:
        sys.setrecursionlimit(before)


def test_code_is_the_same_for_the_same_text() -> None:
    text = "{{$x := .a}}{{range $i, $e := .b}}{{if $x}}{{$e.c | printf `%v` $i}}{{end}}{{end}}"
    codes = [compile_body("t", Environment({}).add(str(n), text).body.nodes).code for n in range(2)]
    assert codes[0].co_code == codes[1].co_code


def test_every_function_is_named_for_its_module() -> None:
    for families, lazy in ((functions._FAMILIES, FUNCTIONS), (functions._BOUND, functions.bound_to(VirtualClock(), 1))):
        for family, names in families.items():
            module = importlib.import_module(f"pytest_helmsim.template.functions.{family}")
            if families is functions._FAMILIES:
                assert set(module.TABLE) - {"slice"} == set(names.split()) - {"slice"}, family
            assert [lazy[name].name for name in names.split()] == names.split()
    assert FUNCTIONS["slice"].params == ("interface {}",)
