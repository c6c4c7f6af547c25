"""Templates of unknown authors: what would eat the stack, the memory or the day ends in an error with the bound's name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.template import gofmt
from pytest_helmsim.template.errors import LimitExceeded, ParseError, TemplateError
from pytest_helmsim.template.limits import Limits

sys.path.insert(0, str(Path(__file__).parent))
import support

SMALL = Limits(output=1_000_000, steps=100_000)
LONG = "{{$s := printf `%0999d` 1}}"

REFUSED = {
    "include without end": ('{{define "a"}}{{include "a" .}}{{end}}{{include "a" .}}', "depth of templates"),
    "template without end": (
        '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}',
        'template: t:1:25: executing "a" at <{{template "a" .}}>: exceeded maximum template depth (100000)',
    ),
    "many turns": ("{{range 1000000000}}{{end}}", "steps of a template"),
    "loops in loops": ("{{range 99}}{{range 99}}{{range 99}}{{end}}{{end}}{{end}}", "steps of a template"),
    "templates that branch": (
        "".join(f'{{{{define "{n}"}}}}{{{{template "{n + 1}"}}}}{{{{template "{n + 1}"}}}}{{{{end}}}}' for n in range(40))
        + '{{define "40"}}{{end}}{{template "0"}}',
        "steps of a template",
    ),
    "much output of one loop": (LONG + "{{range 5000}}{{$s}}{{end}}", "characters printed"),
    "much output of small loops": (LONG + "{{range 90}}{{range 90}}{{$s}}{{end}}{{end}}", "characters printed"),
    "much output without loops": (LONG + "{{$s}}" * 1100, "characters printed"),
    "much output of an include": (
        LONG + '{{define "a"}}{{.}}{{.}}{{end}}{{range 9000}}{{$x := include "a" $s}}{{end}}',
        "characters printed",
    ),
    "a string that doubles": ('{{$s := "0123456789"}}{{range 99}}{{$s = print $s $s}}{{end}}', "error calling print: result of 83886"),
    "a list that doubles": ("{{$l := list 1}}{{range 40}}{{$l = list $l $l}}{{end}}{{print $l}}", "error calling print: result of 67108"),
    "a list that doubles, printed": ("{{$l := list 1}}{{range 40}}{{$l = list $l $l}}{{end}}{{$l}}", "at <{{$l}}>: result of 67108"),
    "loops too deep for Python": ("{{range 1}}" * 30 + "{{end}}" * 30, "nested range"),
}
UNREADABLE = {
    "parentheses": "{{" + "(" * 1000 + "1" + ")" * 1000 + "}}",
    "ifs": "{{if 1}}" * 1000 + "{{end}}" * 1000,
    "else ifs": "{{if 1}}" + "{{else if 1}}" * 2000 + "{{end}}",
}
FINE = {
    "many actions": ("{{1}}" * 3000, "1" * 3000),
    "a long pipeline": ("{{1" + " | print" * 1000 + "}}", "1"),
    "many arguments": ("{{len (print " + "1 " * 3000 + ")}}", "5999"),
    "ifs": ("{{if 1}}" * 140 + "x" + "{{end}}" * 140, "x"),
    "loops": ("{{range 2}}" * 10 + "x" + "{{end}}" * 10, "x" * 1024),
    "template in template": (
        '{{define "a"}}{{if .}}{{template "a" (slice . 1)}}{{else}}x{{end}}{{end}}{{template "a" (printf "%02000d" 1)}}',
        "x",
    ),
    "include in include": (
        '{{define "a"}}{{if .}}{{include "a" (slice . 1)}}{{else}}x{{end}}{{end}}{{include "a" (printf "%01100d" 1)}}',
        "x",
    ),
}


def _execute(text: str, **options: Any) -> str:
    environment = support.environment(**options)
    environment.add("t", text)
    return environment.execute("t", {})


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(TemplateError) as failure:
        _execute(text, limits=SMALL)
    assert message in str(failure.value)


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable(name: str) -> None:
    with pytest.raises(ParseError, match="max expression depth exceeded"):
        support.environment().add("t", UNREADABLE[name])


@pytest.mark.parametrize("name", FINE)
def test_fine(name: str) -> None:
    text, printed = FINE[name]
    assert _execute(text) == printed


def test_a_value_that_holds_itself() -> None:
    environment = support.environment()
    environment.add("t", "{{.}}")
    value: dict[str, Any] = {}
    value["self"] = value
    with pytest.raises(LimitExceeded, match="depth"):
        environment.execute("t", value)


def test_each_execution_has_the_whole_budget() -> None:
    environment = support.environment(limits=SMALL)
    environment.add("t", "{{range 60000}}{{end}}")
    assert environment.execute("t", None) + environment.execute("t", None) == ""


def test_a_long_list_of_bytes_counts_as_one_piece() -> None:
    assert gofmt.show(bytes(1_000_000)) == "[" + " ".join(["0"] * 1_000_000) + "]"
