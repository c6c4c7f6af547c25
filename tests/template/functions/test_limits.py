"""What a chart of an unknown author may ask for: results that would fill the memory are refused before they are built."""

from __future__ import annotations

import re
import resource

import pytest

from pytest_helmsim.template.environment import Environment
from pytest_helmsim.template.errors import TemplateError
from pytest_helmsim.template.functions import FUNCTIONS

TOO_MUCH = [
    'repeat 2000000000 "abc"',
    'repeat 100000 (repeat 100000 "abc")',
    'indent 1000000000 "a"',
    'nindent 10000 (repeat 100000 "\\n")',
    "until 9223372036854775807",
    "until -9223372036854775807",
    "untilStep 0 1000000000000 1",
    "seq 1 9000000000000",
    "seq -1 -1 -9000000000000",
    "randAlpha 1000000000",
    "randAscii 1000000000",
    "randBytes 1000000000",
    'replace "" (repeat 10000000 "b") "aaaaaaaaaaaaa"',
    'regexReplaceAll "" (repeat 100000 "a") (repeat 100000 "b")',
    'regexReplaceAll "(a+)" (repeat 100000 "a") (repeat 10000 "$1")',
    'wrapWith 1 (repeat 10000 "x") (repeat 100000 "y")',
    'join (repeat 1000000 "x") (until 1000)',
    'regexMatch (repeat 100000 "a") "a" | ternary "y" (fail "refused")',
    'mustRegexMatch "((a{100}){100}){100}" "a"',
    'mustRegexMatch "(((((a{10}){10}){10}){10}){10})" "a"',
]


@pytest.mark.parametrize("call", TOO_MUCH, ids=[call[:40] for call in TOO_MUCH])
def test_refused(call: str) -> None:
    environment = Environment(FUNCTIONS)
    environment.add("t", f"{{{{ {call} | toString | len }}}}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TemplateError):
        environment.execute("t", {})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024


TOO_MANY = [
    'splitList "" (repeat 2000000 "a")',
    'regexFindAll "" (repeat 300000 "a") -1',
    'regexSplit "a" (repeat 300000 "a") -1',
    'regexReplaceAll "x*" (repeat 300000 "a") "b"',
    "chunk 1 (until 600000)",
]


@pytest.mark.parametrize("call", TOO_MANY)
def test_refused_for_the_number_of_parts(call: str) -> None:
    environment = Environment(FUNCTIONS)
    environment.add("t", f"{{{{ {call} | len }}}}")
    with pytest.raises(TemplateError, match="limit"):
        environment.execute("t", {})


SLOW_ELSEWHERE = [
    ('regexMatch "(a+)+$" (printf "%sb" (repeat 5000 "a"))', "false"),
    ('regexMatch "(a|aa)+$" (printf "%sb" (repeat 5000 "a"))', "false"),
    ('semverCompare (repeat 100 ">1 ") "1.0.0"', "false"),
    ('regexFindAll "(.*)(.*)(.*)x" (repeat 2000 "a") -1 | len', "0"),
]


@pytest.mark.parametrize(("call", "expected"), SLOW_ELSEWHERE, ids=[call[:40] for call, _ in SLOW_ELSEWHERE])
def test_patterns_take_linear_time(call: str, expected: str) -> None:
    environment = Environment(FUNCTIONS)
    environment.add("t", f"{{{{ {call} }}}}")
    assert environment.execute("t", {}) == expected


CYCLES = {
    "toJson $d": "^$",
    "toYaml $d": "^$",
    "toYamlPretty $d": "^$",
    "mustToJson $d": "encountered a cycle via map",
    "mustToYaml $d": "encountered a cycle via map",
    "toToml $d": "nested deeper than the limit",
    "deepCopy $d": "limit exceeded: depth",
    "quote $d": "limit exceeded: depth",
}


@pytest.mark.parametrize(("call", "expected"), CYCLES.items(), ids=list(CYCLES))
def test_a_map_that_holds_itself(call: str, expected: str) -> None:
    environment = Environment(FUNCTIONS)
    environment.add("t", f'{{{{ $d := dict }}}}{{{{ $_ := set $d "x" $d }}}}{{{{ {call} }}}}')
    try:
        outcome = environment.execute("t", {})
    except TemplateError as error:
        outcome = str(error)
    assert re.search(expected, outcome)
