"""Random template expressions, evaluated by us and by a real Helm: what comes out differently.

    python tools/fuzz_expressions.py --helm4 BIN [--count 2000] [--seed 0] [--helm3 BIN]

Functions of Helm's map are composed with arguments that mostly have the types of their Go signatures and sometimes do not: nil, numbers
of every kind, strings from plain to odd, lists, maps, values of values.yaml beside the recorded expressions. Prints each template whose
output or error differs, with both answers; add it to a file of tests/recorded/expressions and record it there.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from record_expressions import BATCH, HERE, TEMPLATE, Helm, Row, one_line

from pytest_helmsim.chart import render
from pytest_helmsim.chart.capabilities import Capabilities
from pytest_helmsim.chart.errors import RenderError
from pytest_helmsim.chart.model import Chart, File, Metadata
from pytest_helmsim.chart.render import ReleaseInfo
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.template.functions import FUNCTIONS
from pytest_helmsim.template.signatures import Function

_RANDOM: Final = (
    "now ago randAlphaNum randAlpha randNumeric randAscii randBytes randInt uuidv4 shuffle genPrivateKey buildCustomCert genCA genCAWithKey"
    " genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey bcrypt htpasswd encryptAES keys values"
    " date htmlDate dateInZone htmlDateInZone date_in_zone"
    " getHostByName derivePassword and or call set unset merge mustMerge mergeOverwrite mustMergeOverwrite"
)
RANDOM: Final = frozenset(_RANDOM.split())
"""Left out: those with another answer each time, and those that change the values that other expressions see."""

STRINGS: Final = (
    *('""', '" "', '"a"', '"abc"', '"Hello World"', '"foo-bar_baz"', '"fooBarBaz"', '"HTTPServer"', '"a,b,,c"', '"a b  c"', '"  pad  "'),
    *('"ünï ☃ 😀"', '"ß"', '"İstanbul"', '"line1\\nline2\\n"', '"\\t"', '"\\x00"', '"e\\u0301"', '"<a&b>"', '"\\xff\\xfe"'),
    *("`a\\d+`", "`(a)(b)?`", '"$1"'),
    *('"0"', '"1"', '"-1"', '"007"', '"0x1f"', '"1e3"', '"1.5"', '"1_000"', '"12345678901234567890"', '"true"', '"null"', '"NaN"', '"Inf"'),
    *('"1.2.3"', '"v1.2"', '">=1.2 <2"', '"^1.2"', '"1.2.3-rc.1+b"', '"1h30m"', '"2006-01-02"', '"2024-02-29T12:00:00Z"', '"90s"', '"-1h"'),
    *('"/a/b/../c.txt"', '"http://u:p@h:80/p/a?q=1#f"', '"YWJj"', '"a: 1"', '"[1, 2]"', '"{\\"a\\": 1.0}"', '"a = 1"', '"- x\\n- 2\\n"'),
    *('"%d %s %v"',),
    *('"string"', '"int"', '"map"', '"a" | printf "%s-%d"', '"k"', '"b"', '"name"', "(printf \"%c\" 0x1F600)", '(repeat 30 "xy")'),
)  # fmt: skip
SMALL: Final = ("0", "1", "2", "5", "-1", "20")
INTS: Final = ("0", "1", "2", "3", "-1", "7", "10", "64", "255", "1000000", "9223372036854775807", "-9223372036854775808", "0x10", "'a'")
FLOATS: Final = ("0.0", "1.5", "-2.5", "3.0", "1e21", "1e-7", "123456789.0", "0.1", "1e100", ".Values.float", ".Values.int", ".Values.big")
TYPED: Final = (
    *('(int64 5)', '(int64 -3)', '(int "8")', '(float64 "2.5")', '(float64 3)', "(len .Values.list)", '(toDecimal "755")', "(add 1 2)"),
    *("(index \"abc\" 1)",),
    *('(atoi "12")', "(floor 2.7)", "(1 | int)", "(duration 90)", '(toDate "2006-01-02" "2024-02-29")', '(semver "1.2.3-a+b")', "(urlParse \"http://a/b\")"),
)  # fmt: skip
LISTS: Final = (
    *("(list)", "(list 1 2 3)", '(list "b" "a" "c" "a")', '(list 1 "x" 2.5 true nil)', "(list (list 1) (list 2 3))", ".Values.list"),
    *(".Values.mixed", ".Values.emptyList", '(splitList "," "x,y,z")', "(until 4)", ".Values.nested.list", '(tuple "a" nil)', '(list "")'),
    *('(regexSplit "b" "abc" -1)', "(untilStep 0 10 3)", '(fromYamlArray "[1, a]")', '(fromJsonArray "[1]")', "(list (dict \"a\" 1))"),
)  # fmt: skip
DICTS: Final = (
    *("(dict)", '(dict "a" 1)', '(dict "a" "x" "b" (list 1 2) "c" (dict "d" nil))', ".Values.map", ".Values.nested", ".Values.emptyMap"),
    *(
        '(dict "name" "n" "v" 1.5)',
        '(fromYaml "a: {b: [1, 2]}")',
        '(fromJson "{\\"x\\": 1}")',
        '(split "," "p,q")',
        '(urlParse "http://h/p")',
    ),
    *(
        "(deepCopy .Values)",
        '(fromToml "a = 1\\n[b]\\nc = 2.5")',
        '(dict "k" nil)',
        '(dict 1 2 true "x")',
        '(dict "ü" "☃" "multi" "l1\\nl2\\n")',
    ),
)
OTHERS: Final = (
    "nil",
    "true",
    "false",
    ".Values.nothing",
    ".Values.missing",
    ".Values.truth",
    ".Values.nested.a.b.n",
    "$x",
    "(nil | default nil)",
)


FORMS: Final = (
    *(
        "{{ CALL }}",
        "{{ CALL }}",
        "{{ CALL | toJson }}",
        '{{ CALL | printf "%#v" }}',
        "{{ typeOf (CALL) }}",
        "{{ CALL | quote }}",
        "{{ CALL | toYaml }}",
    ),
    *(
        "{{ with CALL }}{{ . }}{{ else }}-{{ end }}",
        "{{ range $k, $v := CALL }}{{ $k }}={{ $v }};{{ end }}",
        '{{ CALL | printf "%v %T" 1 }}',
    ),
)
GROWING: Final = frozenset(("until", "untilStep", "seq", "repeat", "indent", "nindent", "wrap", "wrapWith"))
"""What makes large results of large numbers."""


class Generator:
    """Expressions over a table of functions, from a seed."""

    def __init__(self, functions: Mapping[str, Function], seed: int) -> None:
        self._random = random.Random(seed)
        self._functions = {name: functions[name] for name in sorted(functions) if name not in RANDOM}
        self._names = list(self._functions)
        self._by_result: dict[str, list[str]] = {}
        for name, function in self._functions.items():
            self._by_result.setdefault(function.result, []).append(name)

    def template(self) -> str:
        """A call, printed as it is or so that its types show."""
        call = self._call(self._random.choice(self._names), self._random.choice((0, 1, 1, 2)))
        return "{{ $x := 1 }}" + self._random.choice(FORMS).replace("CALL", call)

    def _call(self, name: str, depth: int) -> str:
        function = self._functions[name]
        types = list(function.params)
        if function.variadic is not None:
            types += [function.variadic] * self._random.choice((0, 1, 1, 2, 3))
        if self._random.random() < 0.03:
            types = types[:-1] if self._random.random() < 0.5 else [*types, "string"]
        if name in GROWING:
            arguments = [self._plain(STRINGS if each == "string" else SMALL) for each in types]
        else:
            arguments = [self._argument(each, depth) for each in types]
        if arguments and self._random.random() < 0.25:
            return f"{arguments[-1]} | {' '.join([name, *arguments[:-1]])}"
        return " ".join([name, *arguments])

    def _argument(self, type_name: str, depth: int) -> str:
        draw = self._random.random()
        if depth and draw < 0.35:
            candidates = self._by_result.get(type_name) or self._names
            return f"({self._call(self._random.choice(candidates), depth - 1)})"
        if draw < 0.45:
            return self._any()
        if type_name == "string":
            return self._plain(STRINGS)
        if type_name == "bool":
            return self._plain(("true", "false", ".Values.truth", "(eq 1 1)"))
        if type_name in ("float64", "float32"):
            return self._plain((*FLOATS, *INTS))
        if type_name.startswith(("int", "uint")):
            return self._plain((*INTS, *TYPED[:10]))
        if type_name.startswith("[]"):
            return self._plain(LISTS)
        if type_name.startswith("map["):
            return self._plain(DICTS)
        return self._any()

    def _any(self) -> str:
        return self._plain(self._random.choice((STRINGS, STRINGS, INTS, FLOATS, TYPED, LISTS, LISTS, DICTS, DICTS, OTHERS)))

    def _plain(self, choices: tuple[str, ...]) -> str:
        chosen = self._random.choice(choices)
        return f"({chosen})" if " | " in chosen and not chosen.startswith("(") else chosen


def answer(template: str, values: dict[str, Any], flavour: Flavour) -> Row:
    """What our engine makes of a template, in the form of a recorded row."""
    chart = Chart(
        Metadata(name="c", version="0.1.0", api_version="v2"),
        templates=[File("templates/e.yaml", template.encode("utf-8", "surrogateescape"))],
    )
    try:
        files = render.render_files(chart, values, release=ReleaseInfo("r"), capabilities=Capabilities.default(flavour), flavour=flavour)
    except RenderError as error:
        return {"error": one_line(str(error))}
    return {"out": files[TEMPLATE]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helm4")
    parser.add_argument("--helm3")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    generator = Generator(FUNCTIONS, options.seed)
    templates = dict(enumerate(generator.template() for _ in range(options.count)))
    values = yamlio.load((HERE / "values.yaml").read_text())
    differing = 0
    flavours: tuple[tuple[Flavour, str | None], ...] = ((HELM4, options.helm4), (HELM3, options.helm3))
    with tempfile.TemporaryDirectory() as scratch:
        for flavour, binary in flavours:
            if binary is None:
                continue
            helm = Helm(binary, Path(scratch) / flavour / "c", HERE / "values.yaml")
            for start in range(0, options.count, BATCH):
                part = {number: templates[number] for number in range(start, min(start + BATCH, options.count))}
                theirs = helm.evaluate(part)
                for number, template in part.items():
                    ours = answer(template, copy.deepcopy(values), flavour)
                    if ours != theirs[number]:
                        differing += 1
                        sys.stdout.write(f"{flavour} {template}\n   theirs {theirs[number]}\n   ours   {ours}\n")
    sys.stdout.write(f"{differing} of {options.count} differ\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
