"""Templates whose answers are recorded from Go: the language itself, without sprig.

A row is one text (template `t`), or several files of which the last but helpers runs; data is the same for all (`DATA`, with tags for
Go types that JSON has not). `tools/record_templates.py` records, `test_language.py` compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DATA: dict[str, Any] = {
    "Values": {
        "name": "bob",
        "empty": "",
        "yes": True,
        "no": False,
        "one": 1,
        "big": 1234567,
        "pi": 3.25,
        "tiny": 0.00001,
        "huge": 1e100,
        "negative": -7,
        "null": None,
        "list": ["a", "b", "c"],
        "mixed": [1, "two", None, True, {"k": "v"}, [1, 2]],
        "none": [],
        "nomap": {},
        "map": {"z": 1, "a": "x", "m": {"deep": {"er": "value"}}},
        "people": [{"name": "ann", "age": 30}, {"name": "bob"}, None],
        "unicode": "héllo wörld ☃",
        "quotes": "a \"b\" 'c' <d> & \\ \n\t",
        "percent": "100% %d",
    },
    "int": {"$int": 42},
    "int64": {"$int64": -5},
    "int32": {"$int32": 97},
    "uint8": {"$uint8": 200},
    "uint64": {"$uint64": 7},
    "float32": {"$float32": 0.1},
    "complex": {"$complex": [1, -2]},
    "bytes": {"$bytes": "hey"},
    "strings": {"$strings": ["x", "y"]},
    "ints": {"$ints": [3, 1, 2]},
    "stringmap": {"$stringmap": {"b": "2", "a": "1"}},
    "anymap": {"$anymap": [["k", 1], [{"$int": 3}, "three"], [True, "t"]]},
    "named": {"$named": {"k": "v"}},
    "object": {"$object": "obj"},
    "pointer": {"$pointer": "ptr"},
    "colour": {"$colour": 3},
    "str": "plain",
    "nil": None,
}


@dataclass(frozen=True)
class Row:
    files: list[list[str]]
    run: str = "t"
    missing: str = "zero"


def _text(*texts: str, missing: str = "zero") -> list[Row]:
    return [Row([["t", text]], missing=missing) for text in texts]


TEXT = _text(
    "", "plain", "a\nb\n", "{{1}}", " {{- 1 -}} ", "a {{- 1}} b", "a {{1 -}} b", "a\n\n{{- 1 -}}\n\n b", "{{-3}}", "{{- -3}}",
    "x {{/* c */}} y", "x {{- /* c */ -}} y", "x {{- /* c */}} y", "x {{/* c */ -}} y", "{{/* multi\nline */}}z", "{{ /* c */ }}",
    "{{/* unclosed", "{{/* c */ x}}", "{{/* c */", "{{- /*c*/ - }}", "{{", "{{ ", "}}", "a }} b", "{{}}", "{{ }}", "{{-}}", "{{- }}", "{{ -}}",
    "{{1", "{{1\n", "{{\n1\n}}", "{{1\n\n -}}\n x", "{ {1} }", "{{{1}}}", "{{ {1} }}", "é{{1}}é", "{{ \"é\" }}", "\ufeff{{1}}",
    "{{ if\n .Values.name\n }}x{{ end }}", "a{{- /* x */ -}}\n  b", "{{- 1 }}\n{{- 2 }}\n{{ 3 -}}\n", "{{1 -}} \t\r\n x", "x{{ 1-}}",
)  # fmt: skip

LITERALS = _text(
    "{{1}} {{-1}} {{+1}} {{0}} {{-0}}", "{{0x1F}} {{0X1f}} {{0b101}} {{0o17}} {{017}} {{1_000}} {{0x_ff}}", "{{1.5}} {{.5}} {{1.}} {{1e3}} {{1E-3}} {{1e+3}}",
    "{{1e6}} {{1e5}} {{123456789.0}} {{1e20}} {{1e21}} {{1e-4}} {{1e-5}} {{0.1}} {{100000.5}} {{1234567.5}}", "{{0x1p4}} {{0x1.8p1}} {{0x1P-2}}",
    "{{'a'}} {{'\\n'}} {{'\\x41'}} {{'\\u00e9'}} {{'é'}} {{'\\''}} {{'\\377'}}", "{{1i}} {{1+2i}} {{1-2i}} {{0i}} {{1.5e1i}}",
    "{{9223372036854775807}}", "{{9223372036854775808}}", "{{18446744073709551615}}", "{{18446744073709551616}}", "{{-9223372036854775808}}",
    "{{-9223372036854775809}}", "{{08}}", "{{1__0}}", "{{1_}}", "{{0x}}", "{{0b2}}", "{{1e}}", "{{1a}}", "{{0xg}}", "{{1.2.3}}", "{{1+2}}", "{{1e400}}",
    "{{''}}", "{{'ab'}}", "{{'\\q'}}", "{{'a}}", "{{\"a\\tb\\n\\\"q\\\" \\\\ \\x41 \\101 \\u00e9 \\U0001F600\"}}", "{{\"\\q\"}}", "{{\"\\'\"}}", "{{\"a}}", "{{\"a\n\"}}",
    "{{`raw \\n \"x\"`}}", "{{`a\nb`}}", "{{`a}}", "{{true}} {{false}}", "{{nil}}", "{{nil | printf}}", "{{true 1}}", "{{1 2}}", "{{\"a\" \"b\"}}", "{{. 1}}", "{{$ 1}}",
    "{{\"\\ud800\"}}", "{{\"\\400\"}}", "{{\"\\xff\" | printf \"%q\"}}", "{{printf \"%d\" 0x7fffffffffffffff}}", "{{1.0}} {{2.50}} {{1e0}}", "{{.}}x{{ . | len}}",
    "{{printf \"%T %T %T %T %T\" 1 1.0 'a' 1i \"s\"}}", "{{printf \"%T %T\" 1e3 0x10}}", "{{print 0x1p-2 07 0b1}}",
)  # fmt: skip

FIELDS = _text(
    "{{.str}}", "{{.Values.name}}", "{{.Values.map.m.deep.er}}", "{{.Values.missing}}", "{{.Values.missing.x}}", "{{.Values.missing.x.y}}", "{{.missing.x}}", "{{.nil}}", "{{.nil.x}}",
    "{{.Values.null}}", "{{.Values.null.x}}", "{{.Values.name.x}}", "{{.Values.one.x}}", "{{.Values.list.x}}", "{{.str.x}}", "{{(.Values.missing).x}}", "{{(.Values.missing).x.y}}",
    "{{(.Values.name).x}}", "{{(.Values.map).m.deep}}", "{{(.Values.map.m).deep.er}}", "{{(.Values.map.m).nope.er}}", "{{$x := .Values.missing}}{{$x.y}}", "{{$x := .Values.missing}}{{$x.y.z}}",
    "{{$x := .Values.name}}{{$x.y}}", "{{$x := .Values.map}}{{$x.m.deep.er}} {{$x.nope.deep}}", "{{$.Values.name}}", "{{$.Values.null.a}}", "{{.Values.name 1}}", "{{.Values.name \"x\" .str}}",
    "{{1 | .Values.name}}", "{{.Values 1}}", "{{.nope 1}}", "{{.nil.x 1}}", "{{.object.Name}}", "{{.object.Hello}}", "{{.object.Greet \"me\"}}", "{{.object.Greet .str}}", "{{.str | .object.Greet}}",
    "{{.object.Greet}}", "{{.object.Greet 1}}", "{{.object.Greet \"a\" \"b\"}}", "{{.object.Greet .nil}}", "{{.object.Greet .int}}", "{{.object.Sum 1 2 3}}", "{{.object.Sum}}", "{{.object.Sum 1 .int}}",
    "{{.object.Sum 1 \"a\"}}", "{{.object.Scale 2 3}}", "{{.object.Scale 2.5 .int64}}", "{{.object.Scale 2.5 .int}}", "{{.object.Broken}}", "{{.object.Broken.x}}", "{{.object.Nothing}}", "{{.object.Nothing.x}}",
    "{{.object.nope}}", "{{.object.hidden}}", "{{.object.Name.x}}", "{{.object.Name 1}}", "{{.object.Inner.Name}}", "{{.object.Inner.Nope}}", "{{.object.Any}}", "{{.object.Any.x}}", "{{.object.Map.k}}", "{{.object.Map.no}}", "{{.object.Map.no.x}}",
    "{{.pointer.Name}}", "{{.pointer.Hello}}", "{{.pointer.nope}}", "{{.pointer.Pointer.Name}}", "{{.pointer.Pointer.Nope}}", "{{.object.Pointer.Name}}", "{{(.object).nope}}", "{{$o := .object}}{{$o.nope}}", "{{$o := .pointer}}{{$o.nope}}",
    "{{.named.k}}", "{{.named.Size}}", "{{.named.nope}}", "{{.named.nope.x}}", "{{.stringmap.a}}", "{{.stringmap.nope}}x", "{{.stringmap.a.x}}", "{{.anymap.k}}", "{{.anymap.nope}}", "{{.colour}}", "{{.colour.String}}", "{{.colour.x}}",
    "{{.Values.people.name}}", "{{(index .Values.people 0).name}}", "{{(index .Values.people 2).name}}", "{{(index .Values.people 1).age.x}}", "{{.Values.name.}}", "{{..x}}", "{{.Values..x}}", "{{.Values .name}}", "{{. .x}}", "{{.1}}", "{{.x-y}}", "{{.x_y}}", "{{.é}}",
    "{{ .Values.map.m . }}", "{{ (dict \"a\" 1).a }}", "{{ (dict \"a\" 1).a.b }}", "{{ dict.a }}", "{{ null.x }}", "{{ (null).x }}", "{{ \"a\".x }}", "{{ 1.x }}", "{{ true.x }}", "{{ nil.x }}", "{{ $.x.y }}", "{{ $x.y }}",
    "{{.Values.a.b.c.d.e.f}}", "{{.Values.map.m.deep.er.x.y}}", "{{.Values.map.m.deep.no.x.y}}",
)  # fmt: skip

_OPTION_TEXTS = (
    "{{.nope}}", "{{.nope.x}}", "{{.Values.nope}}", "{{.Values.nope.x.y}}", "{{.Values.null}}", "{{.Values.null.x}}", "{{if .nope}}x{{end}}", "{{.stringmap.nope}}x", "{{index .Values \"nope\"}}",
    "{{range .nope}}x{{else}}e{{end}}", "{{with .nope}}x{{end}}", "{{printf \"%v\" .nope}}", "{{.nope | printf \"%v\"}}", "{{upper .nope}}", "{{.nope | upper}}", "{{$x := .nope}}{{$x}} {{$x.y}}", "{{(.nope).x}}", "{{.named.nope}}",
    "{{.anymap.nope}}", "{{any .nope}}", "{{.object.Map.no}}", "{{eq .nope nil}}", "{{not .nope}}", "{{and .nope 1}}", "{{or .nope 1}}", "{{size .nope}}", "{{range .Values.people}}{{.age}},{{end}}", "{{.nil}} {{.nil.x}}",
)  # fmt: skip
MISSING = [row for option in ("zero", "default", "error") for row in _text(*_OPTION_TEXTS, missing=option)]

CONTROL = _text(
    "{{if .Values.yes}}a{{end}}", "{{if .Values.no}}a{{end}}", "{{if .Values.no}}a{{else}}b{{end}}", "{{if .Values.no}}a{{else if .Values.yes}}c{{else}}d{{end}}", "{{if .Values.no}}a{{else if .Values.no}}c{{else}}d{{end}}",
    "{{if 0}}a{{else}}b{{end}}{{if 1}}a{{else}}b{{end}}{{if 0.0}}a{{else}}b{{end}}{{if \"\"}}a{{else}}b{{end}}{{if \"x\"}}a{{else}}b{{end}}{{if 0i}}a{{else}}b{{end}}",
    "{{if .Values.none}}a{{else}}b{{end}}{{if .Values.nomap}}a{{else}}b{{end}}{{if .Values.null}}a{{else}}b{{end}}{{if .object}}a{{end}}{{if .pointer}}a{{end}}{{if .bytes}}a{{end}}{{if .colour}}c{{end}}{{if .named}}n{{end}}",
    "{{with .Values.name}}{{.}}{{end}}", "{{with .Values.empty}}{{.}}{{else}}{{.str}}{{end}}", "{{with .Values.empty}}a{{else with .str}}{{.}}{{end}}", "{{with .Values.empty}}a{{else with .Values.null}}{{.}}{{else}}z{{.str}}{{end}}",
    "{{with $x := .Values.name}}{{$x}}{{.}}{{end}}", "{{with $x := .Values.map}}{{$x.a}}{{.z}}{{$.str}}{{end}}", "{{with .Values.map}}{{with .m}}{{.deep.er}}{{$.str}}{{end}}{{.a}}{{end}}", "{{if $x := .Values.name}}{{$x}}{{end}}",
    "{{if $x := .Values.empty}}a{{else}}[{{$x}}]{{end}}", "{{if .Values.no}}{{$y := 1}}{{else}}{{$y}}{{end}}", "{{$y := 5}}{{if .Values.no}}{{$y := 1}}{{else}}{{$y}}{{end}}", "{{range .Values.list}}{{.}},{{end}}",
    "{{range $x := .Values.list}}{{$x}}{{.}}{{end}}", "{{range $i, $x := .Values.list}}{{$i}}{{$x}} {{end}}", "{{range $k, $v := .Values.map}}{{$k}}={{$v}};{{end}}", "{{range .Values.map}}{{.}};{{end}}", "{{range .Values.none}}a{{else}}b{{end}}",
    "{{range .Values.nomap}}a{{else}}b{{end}}", "{{range .Values.null}}a{{else}}b{{.str}}{{end}}", "{{range .Values.missing}}a{{end}}", "{{range 3}}{{.}}{{end}}", "{{range 0}}a{{else}}z{{end}}", "{{range -2}}a{{else}}z{{end}}", "{{range $i := 3}}{{$i}}{{end}}",
    "{{range $i, $j := 3}}{{$i}}{{end}}", "{{range .int64}}a{{else}}z{{end}}", "{{range .uint64}}{{printf \"%T\" .}}{{end}}", "{{range .Values.one}}{{.}}{{end}}", "{{range .Values.name}}{{.}}{{end}}", "{{range true}}{{end}}", "{{range $k, $v := .str}}{{end}}", "{{range .object}}{{end}}",
    "{{range .bytes}}{{.}} {{end}}", "{{range $i, $b := .bytes}}{{$i}}:{{printf \"%T\" $b}} {{end}}", "{{range .strings}}{{.}}{{end}}", "{{range .ints}}{{printf \"%T\" .}}{{end}}", "{{range $k, $v := .stringmap}}{{$k}}{{$v}}{{end}}", "{{range $k, $v := .named}}{{$k}}{{$v}}{{end}}",
    "{{range .Values.list}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "{{range .Values.list}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "{{range .Values.list}}{{range 3}}{{if eq . 1}}{{break}}{{end}}{{.}}{{end}}{{.}}{{end}}", "{{break}}", "{{continue}}", "{{if 1}}{{break}}{{end}}",
    "{{range .Values.list}}{{define \"x\"}}{{break}}{{end}}{{end}}", "{{range .Values.list}}{{else}}{{break}}{{end}}", "{{range 2}}{{break 1}}{{end}}", "{{range .Values.people}}{{.name}}{{end}}", "{{range .Values.people}}{{with .}}{{.name}} {{end}}{{end}}", "{{range $p := .Values.people}}{{$p.name}}{{end}}",
    "{{range .Values.people}}{{upper .}}{{end}}", "{{range .Values.mixed}}{{.}} {{end}}", "{{range .Values.mixed}}{{upper .}} {{end}}", "{{range $i, $e := .Values.mixed}}{{if $i}}, {{end}}{{printf \"%T\" $e}}{{end}}", "{{range list nil}}{{.}}{{.x}}{{end}}", "{{range list nil}}{{$y := .}}{{$y.x}}{{end}}",
    "{{range $x := list nil 1}}{{$x}}{{end}}", "{{range $x := list nil}}{{$x.y}}{{end}}", "{{range $x := list nil}}{{upper $x}}{{end}}", "{{range $x, $y, $z := .Values.list}}{{end}}", "{{range $x, 1 := .Values.list}}{{end}}", "{{range $x,}}{{end}}", "{{range $x, $y}}{{end}}", "{{range}}{{end}}", "{{if}}{{end}}", "{{with}}{{end}}",
    "{{if 1}}", "{{if 1}}{{else}}", "{{if 1}}{{else}}{{else}}{{end}}", "{{end}}", "{{else}}", "{{else if 1}}", "{{if 1}}{{end 1}}", "{{if 1}}{{else 1}}{{end}}", "{{if 1}}{{else with 1}}x{{end}}", "{{with 1}}{{else if 1}}x{{end}}", "{{range 1}}{{else if 1}}x{{end}}{{end}}", "{{range 1}}{{else range 1}}{{end}}{{end}}",
    "{{if 1 2}}a{{end}}", "{{if nil}}a{{end}}", "{{with nil}}a{{end}}", "{{if fail \"x\"}}a{{end}}", "{{range fail \"x\"}}a{{end}}", "{{if .Values.missing.x}}a{{end}}", "{{if and .Values.missing .Values.missing.x}}a{{else}}b{{end}}", "{{if or .Values.yes .Values.missing.x}}a{{end}}",
    "{{ if eq .Values.name \"bob\" }}\n  a\n{{- else }}\n  b\n{{- end }}\n", "a\n{{- range .Values.list }}\n- {{ . }}\n{{- end }}\nb", "{{range 20}}{{range 20}}{{.}}{{end}}{{end}}", "{{range .anymap}}x{{end}}", "{{range $i, $c := .int32}}{{end}}", "{{range .colour}}{{.}} {{end}}", "{{range .float32}}{{end}}", "{{range .complex}}{{end}}", "{{range .Values.pi}}{{end}}",
    "{{range any .Values.list}}{{.}}{{end}}", "{{range null}}{{.}}{{else}}e{{end}}", "{{range $i, $e := null}}{{.}}{{else}}[{{$i}}{{$e}}]{{end}}", "{{range $i, $e := .Values.none}}{{else}}[{{$i}}{{$e}}]{{end}}",
)  # fmt: skip

VARIABLES = _text(
    "{{$x := 1}}{{$x}}", "{{$x := 1}}{{$x = 2}}{{$x}}", "{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "{{$x := 1}}{{range 3}}{{$x = .}}{{end}}{{$x}}", "{{$x := 1}}{{range 3}}{{$x := .}}{{end}}{{$x}}", "{{$x}}", "{{$x = 1}}", "{{$x := 1}}{{define \"a\"}}{{$x}}{{end}}",
    "{{$x := 1}}{{$x := 2}}{{$x}}", "{{if true}}{{$x := 1}}{{end}}{{$x}}", "{{$x := .Values.name | upper}}{{$x}}", "{{$x, $y := 1}}", "{{$x:=1}}{{$x}}", "{{$x :=}}", "{{$x := }}", "{{:= 1}}", "{{$x : = 1}}", "{{$x := $x}}", "{{$ := 1}}{{$}}", "{{$ = 5}}{{$}}{{.str}}", "{{$1 := 3}}{{$1}}", "{{$_ := 3}}{{$_}}", "{{$x := 1}}{{$x.y}}",
    "{{$x := .}}{{$x.str}}", "{{$i := 10}}{{range $i = .Values.list}}{{$i}}{{end}}{{$i}}", "{{$i := 10}}{{$e := 1}}{{range $i, $e = .Values.list}}{{$i}}{{$e}}{{end}}{{$i}}{{$e}}", "{{range $i, $e := .Values.list}}{{end}}{{$i}}", "{{with $x := 1}}{{end}}{{$x}}", "{{($x := 1)}}{{$x}}", "{{print ($x := 1) $x}}", "{{and false ($x := 1)}}{{$x}}", "{{and true ($x := 1)}}{{$x}}",
    "{{$a := list 1 2}}{{range $i, $v := $a}}{{$a}}{{$i}}{{$v}}{{end}}", "{{$v := 1}}{{range $v := .Values.list}}{{$v}}{{end}}{{$v}}", "{{$x := 1}}{{with 2}}{{$x = .}}{{end}}{{$x}}", "{{$x := \"a\"}}{{range .Values.list}}{{$x = print $x .}}{{end}}{{$x}}", "{{$x 1}}", "{{$x := 1}}{{$x 1}}", "{{$x := 1}}{{1 | $x}}", "{{$x := 1 }}{{ $x:foo }}", "{{$x := 1}}{{$x|print}}", "{{$é := 1}}{{$é}}",
    "{{range $i, $e := .Values.list}}{{$e = \"z\"}}{{$e}}{{end}}", "{{range $k, $v := .Values.map}}{{$k := 1}}{{$k}}{{end}}", "{{$x := 1}}{{template \"a\" $x}}{{define \"a\"}}{{$}}{{.}}{{end}}", "{{$x := nil}}", "{{$x := null}}{{$x}}", "{{$x := (nil)}}", "{{$x := 1 | print}}{{$x}}{{$y := $x | print \"a\"}}{{$y}}",
)  # fmt: skip

PIPELINES = _text(
    "{{1 | print}}", "{{1 | print 2}}", "{{\"a\" | upper | printf \"%s-%s\" \"b\"}}", "{{(1)}}", "{{((1))}}", "{{(print 1) | print 2}}", "{{print (print 1) (print 2)}}", "{{1 | 2}}", "{{print 1 | nil}}", "{{print 1 | \"x\"}}", "{{print 1 | .}}", "{{print 1 | true}}", "{{print 1 | .Values.name}}", "{{print 1 | $}}", "{{print 1 | (print)}}", "{{(print 1) 2}}", "{{|}}", "{{1 |}}", "{{| 1}}", "{{print 1 || print}}",
    "{{print(1)}}", "{{print (1)}}", "{{print 1(2)}}", "{{(1}}", "{{1)}}", "{{()}}", "{{( )}}", "{{print ()}}", "{{nope}}", "{{nope 1}}", "{{1 | nope}}", "{{print nope}}", "{{upper}}", "{{upper \"a\" \"b\"}}", "{{upper 1}}", "{{upper true}}", "{{upper nil}}", "{{upper .nil}}", "{{upper .int}}", "{{upper .Values.one}}", "{{upper (1)}}", "{{upper (.nil)}}", "{{.nil | upper}}", "{{.int | upper}}", "{{1 | upper}}",
    "{{\"a\" | upper \"b\"}}", "{{upper .Values}}", "{{upper .Values.list}}", "{{upper .strings}}", "{{upper .bytes}}", "{{upper .object}}", "{{upper .pointer}}", "{{upper .colour}}", "{{upper .complex}}", "{{upper .float32}}", "{{upper .uint8}}", "{{upper .named}}", "{{upper .stringmap}}", "{{upper .anymap}}", "{{upper $}}", "{{upper .}}",
    "{{trunc 2 \"abc\"}}", "{{trunc \"2\" \"abc\"}}", "{{trunc 2.0 \"abc\"}}", "{{trunc 2.5 \"abc\"}}", "{{trunc .int \"abc\"}}", "{{trunc .int64 \"abc\"}}", "{{trunc .Values.one \"abc\"}}", "{{trunc 9 \"abc\"}}", "{{trunc nil \"abc\"}}", "{{trunc 'a' \"abc\"}}", "{{trunc 1e0 \"abc\"}}", "{{trunc 0x1 \"abc\"}}", "{{trunc true \"abc\"}}", "{{trunc 1i \"abc\"}}", "{{trunc 0i \"abc\"}}", "{{trunc 2}}", "{{\"abc\" | trunc 2}}", "{{\"abc\" | trunc}}", "{{\"abc\" | trunc 1 2}}", "{{2 | trunc \"abc\"}}",
    "{{half 3}} {{half 2.5}} {{half 'a'}} {{half 1e3}}", "{{half .Values.pi}}", "{{half .int}}", "{{half \"1\"}}", "{{half nil}}", "{{half 1i}}", "{{wide 3}}", "{{wide .int}}", "{{wide .int64}}", "{{wide 3.0}}", "{{wide 3.5}}", "{{unsigned 3}} {{unsigned 18446744073709551615}}", "{{unsigned -3}}", "{{unsigned .uint64}}", "{{unsigned .int}}", "{{flag true}}", "{{flag 1}}", "{{flag .Values.yes}}", "{{flag .str}}", "{{flag nil}}", "{{flag .nil}}", "{{flag (.nil)}}",
    "{{size .Values.map}}", "{{size .named}}", "{{size .stringmap}}", "{{size nil}}", "{{size .nil}}", "{{size (.nil)}}", "{{.nil | size}}", "{{size \"x\"}}", "{{size 1}}", "{{size true}}", "{{size 'a'}}", "{{count .Values.list}}", "{{count .strings}}", "{{count nil}}", "{{words .strings}}", "{{words .Values.list}}", "{{words nil}}", "{{join \",\" \"a\" \"b\"}}", "{{join \",\"}}", "{{join}}", "{{join \",\" 1}}", "{{join \",\" .int}}", "{{\"x\" | join \",\" \"a\"}}", "{{\"x\" | join}}", "{{1 | join \",\"}}", "{{.nil | join \",\"}}",
    "{{any nil}}", "{{any 1}} {{any 1.5}} {{any \"a\"}} {{any true}}", "{{any}}", "{{add 1 2}}", "{{add 1 .str}}", "{{add}}", "{{pair 1 nil}}", "{{pair 1 .nil}}", "{{pair nil nil}}", "{{fail \"no\"}}", "{{fail \"100%\"}}", "{{print (fail \"no\")}}", "{{fail \"a\" | upper}}", "{{upper (fail \"a\")}}", "{{\"x\" | fail}}", "{{fail}}", "{{null}}", "{{print null}}", "{{upper null}}", "{{upper (null)}}", "{{null | upper}}", "{{null 1}}", "{{printf \"%v\" null}}",
    "{{ .Values.missing.x | default }}", "{{ .Values.a.b | print (fail \"later\") }}", "{{ print (fail \"first\") (fail \"second\") }}", "{{ upper 1 | fail }}", "{{ trunc (add 1 1) \"abc\" }}", "{{ trunc (print 1) \"abc\" }}", "{{ trunc 1 (pair 1 2) }}", "{{ trunc 1 (and .int .int) }}", "{{ upper (or .nil .int) }}", "{{ upper (print 1 | len) }}", "{{upper (index .Values.list 0)}}", "{{upper (index .Values.mixed 0)}}", "{{upper (index .Values.mixed 2)}}",
    "{{ . | print | len }}", "{{- \"x\" -}}", "{{ print \"a\" \"b\" }}{{print 1 2}}{{print \"a\" 1 2 \"b\"}}{{print 1 \"a\"}}{{print nil nil}}{{print}}", "{{println 1 \"a\" nil}}{{println}}", "{{ print . .str,1 }}", "{{ @ }}", "{{ é }}", "{{ # }}", "{{ print # }}", "{{ \u0001 }}", "{{ print.x }}", "{{ print .str.x }}", "{{ x=1 }}", "{{ = 1 }}", "{{ a:b }}", "{{ ! }}", "{{ print ☃ }}", "{{print 1,2}}", "{{,}}",
)  # fmt: skip

LOGIC = _text(
    "{{and 1 0 2}}|{{and 1 2}}|{{and 0}}|{{and \"\" 1}}|{{and 1 .nil}}", "{{or 0 1 2}}|{{or 0 \"\"}}|{{or nil 1}}|{{or .nil 0}}", "{{and}}", "{{or}}", "{{not}}", "{{not 1 2}}", "{{not 0}} {{not 1}} {{not nil}} {{not .nil}} {{not .Values.list}} {{not .object}}", "{{1 | and 0}} {{1 | and 2}} {{0 | or 0}} {{3 | or 0}}", "{{0 | not}}", "{{and true (fail \"x\")}}", "{{and false (fail \"x\")}}", "{{or true (fail \"x\")}}", "{{or false (fail \"x\")}}", "{{and 1 nil}}", "{{and nil 1}}",
    "{{and .Values.name .Values.list}}", "{{or .Values.empty .Values.map.a}}", "{{if and .Values.yes (not .Values.no)}}ok{{end}}", "{{1 | or}}", "{{or 1 | print 2}}", "{{and true true true false}}", "{{not (and 1 0)}}", "{{fail \"p\" | or 1}}",
    "{{eq 1 1}} {{eq 1 2}} {{eq 1 2 1}} {{eq \"a\" \"a\"}} {{eq \"a\" \"b\" \"c\" \"a\"}} {{eq true true}} {{eq 1.0 1.0}} {{eq 1i 1i}}", "{{eq}}", "{{eq 1}}", "{{eq 1 1.0}}", "{{eq 1 \"1\"}}", "{{eq true 1}}", "{{eq .int 42}} {{eq .int64 -5}} {{eq .uint8 200}} {{eq 200 .uint8}} {{eq .int64 .uint64}}", "{{eq .Values.one 1}}", "{{eq .Values.one 1.0}}", "{{eq .Values.name \"bob\"}}", "{{eq nil nil}}", "{{eq .nil nil}} {{eq nil .nil}} {{eq .nil 1}} {{eq 1 .nil}} {{eq .nil .nil}} {{eq .nil \"\"}}", "{{eq .Values.list .Values.list}}", "{{eq .Values.map .Values.map}}", "{{eq .Values.map nil}}", "{{eq .Values.list .nil}}", "{{eq .Values.list 1}}", "{{eq 1 .Values.list}}", "{{eq .Values.list .Values.map}}", "{{eq .Values.list \"a\"}}", "{{eq .object .object}}", "{{eq .pointer .pointer}}", "{{eq .colour 3}}", "{{eq .colour .colour}}", "{{eq .strings .Values.list}}", "{{eq .bytes \"hey\"}}", "{{eq 'a' .int32}}", "{{eq 1 2 \"a\"}}", "{{eq 1 1 \"a\"}}", "{{eq .float32 0.1}}",
    "{{ne 1 2}} {{ne 1 1}} {{ne \"a\" \"b\"}} {{ne .nil nil}}", "{{ne 1}}", "{{ne 1 2 3}}", "{{ne 1 \"a\"}}", "{{ne .Values.list .Values.list}}", "{{lt 1 2}} {{lt 2 1}} {{lt 1 1}} {{lt \"a\" \"b\"}} {{lt 1.5 2.5}}", "{{lt 1 2.0}}", "{{lt 1}}", "{{lt true false}}", "{{lt nil 1}}", "{{lt .nil 1}}", "{{lt 1 .nil}}", "{{lt .Values.list 1}}", "{{lt 1i 2i}}", "{{lt .int64 .uint64}} {{lt .uint64 .int64}} {{lt \"a\" 1}}", "{{le 1 1}} {{le 2 1}} {{le \"a\" \"a\"}}", "{{gt 2 1}} {{gt 1 1}} {{gt 1 2}} {{gt \"b\" \"a\"}}", "{{ge 1 1}} {{ge 1 2}} {{ge 2.5 2.5}}", "{{gt 1 \"a\"}}", "{{ge nil nil}}", "{{le .Values.one 1}}", "{{gt .Values.one 0.5}}", "{{1 | lt 0}}", "{{1 | eq 1}}", "{{.int | eq 42}}",
)  # fmt: skip

INDEXING = _text(
    "{{index .Values.list 0}} {{index .Values.list 2}}", "{{index .Values.list 3}}", "{{index .Values.list 4}}", "{{index .Values.list -1}}", "{{index .Values.list \"a\"}}", "{{index .Values.list 1.0}}", "{{index .Values.list nil}}", "{{index .Values.list .nil}}", "{{index .Values.list .int64}}", "{{index .Values.list .uint8}}", "{{index .Values.list}}", "{{index}}", "{{index .Values.map \"a\"}}", "{{index .Values.map \"nope\"}}", "{{index .Values.map 1}}", "{{index .Values.map nil}}", "{{index .Values.map \"m\" \"deep\" \"er\"}}", "{{index .Values.map \"nope\" \"deep\"}}", "{{index .Values.map \"a\" \"x\"}}", "{{index .Values.name 0}}", "{{index .Values.name 9}}", "{{printf \"%T\" (index .Values.name 0)}}", "{{index .nil 0}}", "{{index nil 0}}", "{{index .nil}}", "{{index 1 0}}", "{{index true 0}}", "{{index .object 0}}", "{{index .bytes 1}}", "{{index .strings 1}}", "{{index .stringmap \"a\"}}", "{{index .stringmap \"zz\"}}x", "{{index .anymap \"k\"}}", "{{index .anymap 3}}", "{{index .anymap true}}", "{{index .anymap nil}}", "{{index .named \"k\"}}", "{{index .Values.mixed 4 \"k\"}}", "{{index .Values.mixed 5 1}}", "{{index .Values.mixed 2 1}}", "{{index .Values.people 0 \"name\"}}", "{{0 | index .Values.list}}", "{{index .Values.unicode 1}}", "{{index .pointer \"x\"}}", "{{index .Values.list .str}}", "{{index .Values.list true}}",
    "{{slice .Values.list 1 2}} {{slice .Values.list 1}} {{slice .Values.list}}", "{{slice .Values.list 2 1}}", "{{slice .Values.list 0 4}}", "{{slice .Values.list 0 1 2}}", "{{slice .Values.list 0 2 1}}", "{{slice .Values.list 0 1 2 3}}", "{{slice .Values.name 1 2}} {{slice .Values.name 1}}", "{{slice .Values.name 0 1 2}}", "{{slice .Values.name 5}}", "{{slice .Values.name 2 1}}", "{{slice .nil 1}}", "{{slice nil}}", "{{slice 1 1}}", "{{slice .Values.map 1}}", "{{slice .Values.list \"a\"}}", "{{slice .bytes 1}}", "{{slice .strings 1}}", "{{printf \"%T\" (slice .strings 1)}}", "{{slice .Values.unicode 0 2 | printf \"%q\"}}", "{{slice \"abc\" -1}}", "{{slice}}",
    "{{len .Values.list}} {{len .Values.map}} {{len .Values.name}} {{len .Values.unicode}} {{len .bytes}} {{len .strings}} {{len .stringmap}}", "{{len 3}}", "{{len nil}}", "{{len .nil}}", "{{len true}}", "{{len .object}}", "{{len .pointer}}", "{{len}}", "{{len 1 2}}", "{{len .Values.pi}}", "{{len \"\"}}", "{{call nil}}", "{{call .nil}}", "{{call .str}}", "{{call 1 2}}", "{{call}}", "{{call .Values.map}}", "{{html \"<a href='x'>&\\\"\"}} {{html .Values.quotes}}", "{{html 1 2 \"<\"}} {{html nil}} {{html .nil}} {{html}}", "{{js \"it's \\\"<x>\\\" = & \\n \\u00e9 \\u2028\"}}", "{{js .Values.unicode}} {{js 1}} {{js nil}}", "{{urlquery \"a b&c=d/é~-_.*\"}} {{urlquery 1 \"x\"}} {{urlquery nil}}", "{{.Values.quotes | html | js}}",
)  # fmt: skip

_VERBS = "vdsqxXtfeEgGbcoOUTp"
_FORMAT_VALUES = ("1", "-5", "0", "1.5", "\"a b\"", "true", "nil", ".Values.list", ".Values.map", ".bytes", "'x'", ".uint8", ".Values.unicode", "1e21", "1i")
PRINTF = _text(
    *(f"{{{{printf \"%{verb}\" {value}}}}}" for verb in _VERBS for value in _FORMAT_VALUES if verb != "p" or value in ("1", "nil", "\"a b\"")),
    *(f"{{{{printf \"[%{flags}]\" {value}}}}}" for flags, value in (
        ("5d", "42"), ("-5d", "42"), ("05d", "42"), ("+d", "42"), ("+d", "-42"), (" d", "42"), ("+05d", "42"), ("-05d", "42"), (".3d", "7"), ("6.3d", "7"), (".0d", "0"), ("5.0d", "0"), ("#x", "255"), ("#X", "255"), ("#o", "8"), ("#b", "5"), ("#O", "8"), ("x", "-255"), ("08x", "255"), ("#08x", "255"), ("-8x", "255"), ("+x", "255"), ("#U", "9731"), ("10U", "9731"), ("#.6U", "9731"), ("c", "9731"), ("5c", "65"), ("-5c|", "65"), ("q", "65"), ("+q", "9731"), ("#q", "65"), ("c", "-1"), ("U", "-1"), ("c", "1114112"), ("q", "10"),
        ("5s", "\"ab\""), ("-5s", "\"ab\""), ("05s", "\"ab\""), (".1s", "\"ab\""), ("5.1s", "\"ab\""), (".2s", "\"é☃x\""), ("5s", "\"é\""), ("q", "\"a\\nb\\\"c\""), ("#q", "\"a b\""), ("#q", "\"a`b\""), ("#q", "\"a\\nb\""), ("+q", "\"é☃\""), ("10q", "\"ab\""), ("-10q", "\"ab\""), (".1q", "\"ab\""), ("x", "\"hello\""), ("X", "\"hello\""), ("# x", "\"hello\""), (" x", "\"hello\""), ("#x", "\"hello\""), (".2x", "\"hello\""), ("12x", "\"hi\""), ("-12x", "\"hi\""), ("x", "\"\""), ("5x", "\"\""), ("s", "1"), ("d", "\"x\""), ("t", "1"), ("5t", "true"), ("-7t", "false"), ("z", "1"), ("!", "1"), ("☃", "1"), ("w", "1"), ("w", "\"x\""),
        ("f", "3.14159265"), (".2f", "3.14159"), ("8.2f", "3.14159"), ("-8.2f", "3.14159"), ("08.2f", "3.14159"), ("08.2f", "-3.14159"), ("+.2f", "3.14159"), (" .2f", "3.14159"), (".0f", "2.5"), (".0f", "3.5"), ("#.0f", "2.0"), ("e", "123456.789"), (".2e", "123456.789"), ("E", "0.00012"), ("g", "123456.789"), (".3g", "123456.789"), ("#g", "1.0"), ("#.3g", "1.0"), ("#v", "1.0"), ("+v", "1.5"), ("G", "1e-10"), ("g", "1e21"), ("g", "1e20"), ("g", "100000.0"), ("g", "1000000.0"), (".10g", "1000000.0"), (".2g", "100.0"), ("f", "1e21"), ("f", "0.0"), ("e", "0.0"), ("g", "0.0"), ("x", "1.5"), ("X", "1.5"), (".1x", "1.55"), ("b", "1.5"), ("F", "1.5"), ("6.3g|", "0.5"), ("v", "-0.0"), ("v", "0.1"), ("v", "1e-7"), ("#x", "1.0"), ("5.1f|", "0.25"), (".1f", "0.25"), (".1f", "0.35"), (".20f", "0.1"), ("010.3e", "1234.5"), ("+g", "1.0"),
        ("v", ".Values"), ("v", ".Values.mixed"), ("+v", ".Values.mixed"), ("#v", ".Values.mixed"), ("#v", ".Values.map"), ("#v", ".strings"), ("#v", ".stringmap"), ("#v", ".ints"), ("#v", ".bytes"), ("#v", "\"q\\\"\""), ("#v", "1"), ("#v", "true"), ("#v", "nil"), ("#v", ".uint8"), ("#v", ".named"), ("#v", ".colour"), ("v", ".colour"), ("d", ".colour"), ("s", ".colour"), ("q", ".colour"), ("x", ".colour"), ("T", ".colour"), ("v", ".object"), ("+v", ".object"), ("#v", ".object.Inner"), ("v", ".object.Inner"), ("s", ".object.Inner"), ("d", ".object.Inner"), ("T", ".object"), ("T", ".pointer"), ("v", ".object.Inner.Tags"), ("d", ".Values.mixed"), ("s", ".Values.mixed"), ("q", ".Values.mixed"), ("x", ".Values.list"), ("q", ".Values.list"), ("5v", ".Values.list"), ("05d", ".ints"), ("-4d", ".ints"), ("x", ".ints"), ("x", ".bytes"), ("X", ".bytes"), ("s", ".bytes"), ("q", ".bytes"), ("d", ".bytes"), ("# x", ".bytes"), ("o", ".bytes"), ("5d", ".bytes"), ("t", ".Values.list"), ("s", ".nil"), ("d", "nil"), ("T", "nil"), ("v", ".anymap"), ("v", ".complex"), (".1f", ".complex"), ("+v", ".complex"), ("d", ".complex"), ("v", ".float32"), ("g", ".float32"), ("f", ".float32"), ("v", ".int64"), ("#v", ".int64"), ("#v", ".uint64"), ("s", ".int64"), ("s", ".uint64"), ("s", ".Values.pi"), ("d", ".Values.pi"), ("d", ".Values.one"), ("s", ".Values.yes"), ("v", "(list)"), ("v", "(dict)"), ("#v", "(list)"), ("v", "(list nil)"), ("s", "(list nil 1)"), ("d", "(list nil \"a\")"), ("#v", "(list nil 1.5 \"a\")"), ("v", "(pair nil nil)"), ("20v", ".Values.map"), ("T", "(list)"), ("T", ".strings"), ("T", ".Values.map"), ("T", ".bytes"), ("T", ".named"), ("T", ".anymap"), ("20T", "1"), ("5v", "nil"), ("v", "\"\""), ("v", ".Values.unicode"), ("q", ".Values.quotes"), ("+q", ".Values.unicode"), ("#q", ".Values.quotes"),
    )),
    "{{printf \"\"}}", "{{printf \"x\"}}", "{{printf \"%\"}}", "{{printf \"%%\"}}", "{{printf \"%5%\"}}", "{{printf \"%d\"}}", "{{printf \"%d %d\" 1}}", "{{printf \"%d\" 1 2}}", "{{printf \"x\" 1 \"a\" nil}}", "{{printf \"%!\"}}", "{{printf \"%-\" 1}}", "{{printf \"%[1]d %[1]d\" 1}}", "{{printf \"%[2]d %[1]d\" 1 2}}", "{{printf \"%[3]d\" 1}}", "{{printf \"%[0]d\" 1}}", "{{printf \"%[x]d\" 1}}", "{{printf \"%[1d\" 1}}", "{{printf \"%[]d\" 1}}", "{{printf \"%[1]*d\" 5}}", "{{printf \"%*d\" 5 1}}", "{{printf \"%-*d|\" 5 1}}", "{{printf \"%*d|\" -5 1}}", "{{printf \"%.*f\" 2 1.2345}}", "{{printf \"%.*f\" -2 1.2345}}", "{{printf \"%*d\" \"a\" 1}}", "{{printf \"%.*f\" \"a\" 1.5}}", "{{printf \"%*d\" 1}}", "{{printf \"%[2]*[1]d\" 1 5}}", "{{printf \"%[1]5d\" 1}}", "{{printf \"%[1].2f\" 1.5}}", "{{printf \"%.[2]*[1]f\" 1.5 2}}", "{{printf \"%.f\" 1.5}}", "{{printf \"%5.f|\" 1.5}}", "{{printf \"%9999999999d\" 1}}", "{{printf \"%.9999999999d\" 1}}", "{{printf \"%s %s\" .Values.name}}", "{{printf .Values.percent}}", "{{printf .Values.percent 5}}", "{{printf .nil}}", "{{printf nil}}", "{{printf .int}}", "{{printf (print \"%\" \"d\") 5}}", "{{printf \"%s\" (fail \"x\")}}", "{{printf \"%s\" .Values.missing}}", "{{.Values.missing | printf \"%s\"}}", "{{printf}}", "{{printf \"%v %v\" .Values.name .Values.missing}}", "{{printf \"%d%%\" 5}}", "{{printf \"%6.2f%%\" 12.345}}", "{{printf \"%s\" .Values.list}}", "{{printf \"%+d %x\" .int .str}}", "{{printf \"% d|% x|% +d\" 5 \"ab\" 3}}", "{{printf \"%0-5d|\" 3}}", "{{printf \"%+-5d|\" 3}}", "{{printf \"%#+v\" 3}}", "{{printf \"%.3v\" \"abcdef\"}}", "{{printf \"%.3v\" 1.23456}}", "{{printf \"%.2v\" .Values.list}}", "{{printf \"%6v|%-6v|\" 1 2}}", "{{printf \"%06v|\" 1.5}}", "{{printf \"%c%c\" 72 .int32}}", "{{printf \"%t\" .Values.yes}}", "{{printf \"%v\" .}}", "{{printf \"%5t|%q\" true 'x'}}",
)  # fmt: skip

PRINTING = _text(
    "{{.Values.big}} {{.Values.tiny}} {{.Values.huge}} {{.Values.pi}} {{.Values.negative}} {{.Values.one}}", "{{.Values}}", "{{.Values.mixed}}", "{{.Values.null}}", "{{.bytes}} {{.strings}} {{.ints}} {{.stringmap}} {{.anymap}}", "{{.int}} {{.int64}} {{.int32}} {{.uint8}} {{.uint64}} {{.float32}} {{.complex}}", "{{.object}}", "{{.object.Inner}}", "{{.named}}", "{{.colour}}", "{{list .colour}}", "{{dict \"c\" .colour}}", "{{print .colour .int}}", "{{print .Values.list .Values.map}}", "{{print \"a\" nil \"b\" nil nil}}", "{{print 1.0 2.5 1e6 1e7}}", "{{list 1 1.0 1e6 nil \"a\" true}}", "{{dict \"b\" 1 \"a\" nil}}", "{{list (list) (dict)}}", "{{println .Values.list 1}}", "{{print .nil}} {{print (.nil)}}", "{{print .Values.missing .str}}", "{{.Values.percent}}", "{{.Values.quotes}}", "{{print 'a' .int32}}", "{{print true false}}", "{{.Values.list | print}}", "{{1.0}} {{100000.0}} {{1000000.0}} {{123456.7}} {{1e-5}} {{0.0001}}", "{{print -0.0}}", "{{pair .object.Inner .colour}}",
)  # fmt: skip


def _files(*files: tuple[str, str], run: str = "t") -> Row:
    return Row([list(file) for file in files], run=run)


TEMPLATES = [
    *_text(
        "{{define \"a\"}}A{{.}}{{end}}{{template \"a\" 1}}", "{{template \"a\"}}{{define \"a\"}}[{{.}}]{{end}}", "{{template \"a\" .}}{{define \"a\"}}{{.str}}{{end}}", "{{template \"nope\"}}", "x\ny {{template \"nope\" .}}", "{{template a}}", "{{template}}", "{{template 1}}", "{{template \"a\" 1 2}}", "{{template `a` 1}}{{define `a`}}{{.}}{{end}}", "{{define \"a\"}}x", "{{define}}{{end}}", "{{define a}}{{end}}", "{{define \"a\" 1}}{{end}}", "{{define \"a\"}}{{else}}{{end}}", "{{if 1}}{{define \"a\"}}{{end}}{{end}}", "{{define \"a\"}}1{{end}}{{define \"a\"}}2{{end}}", "{{define \"a\"}}1{{end}}{{define \"a\"}} {{/* c */}} {{end}}{{template \"a\"}}", "{{define \"a\"}} {{end}}{{define \"a\"}}2{{end}}{{template \"a\"}}", "{{block \"b\" .}}B{{.str}}{{end}}", "{{block \"b\"}}x{{end}}", "{{block \"b\" 1}}x", "{{block \"b\" 1}}x{{else}}{{end}}", "\n{{block \"b\" 1}}\n\nx{{else}}{{end}}", "{{block b 1}}{{end}}", "{{define \"t\"}}inner{{end}}", "{{define \"t\"}}inner{{end}}outer", "{{define \"a\"}}{{fail \"x\"}}{{end}}\n {{template \"a\"}}", "{{define \"a\"}}{{template \"b\" .}}{{end}}{{define \"b\"}}{{.Values.x.y}}{{end}}{{template \"a\" .}}", "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}", "{{include \"a\" .}}{{define \"a\"}}{{.str}}{{end}}", "{{include \"nope\" .}}", "{{include \"a\"}}{{define \"a\"}}{{end}}", "{{include \"a\" .}}{{define \"a\"}}\n {{.Values.x.y}}{{end}}", "{{include \"a\" . | upper}}{{define \"a\"}}{{include \"b\" .}}{{end}}{{define \"b\"}}{{fail \"deep\"}}{{end}}", "{{include \"a\" nil}}{{define \"a\"}}[{{.}}{{.x}}]{{end}}", "{{include \"a\" .nil}}{{define \"a\"}}[{{.}}{{.x}}{{$.x}}]{{end}}", "{{template \"a\" .nil}}{{define \"a\"}}[{{.}}{{.x}}{{upper .}}]{{end}}", "{{template \"a\" (dict \"x\" 1)}}{{define \"a\"}}{{.x}}{{$.x}}{{end}}", "{{define \"a b/c.d\"}}x{{end}}{{template \"a b/c.d\"}}", "{{define \"q\\\"uote\"}}{{fail \"f\"}}{{end}}{{template \"q\\\"uote\"}}", "{{define \"\"}}e{{end}}{{template \"\"}}", "{{ template \"a\" . }}\n{{- define \"a\" }}\nline\n{{- end }}", "{{define \"a\"}}{{range .Values.list}}{{template \"b\" .}}{{end}}{{end}}{{define \"b\"}}<{{.}}>{{end}}{{template \"a\" .}}", "{{range .Values.list}}{{template \"b\" $}}{{end}}{{define \"b\"}}{{.str}}{{end}}", "{{template \"a\" fail \"x\"}}{{define \"a\"}}{{end}}", "{{template \"a\" .Values.x.y}}{{define \"a\"}}{{end}}", "{{$x := 1}}{{template \"a\" $x}}{{define \"a\"}}{{.}}{{end}}", "{{template \"a\" $y := 3}}{{$y}}{{define \"a\"}}{{.}}{{end}}", "{{break}}{{define \"break\"}}{{end}}", "{{define \"a\"}}{{break}}{{end}}", "{{define \"a\"}}{{.x}}{{end}}{{include \"a\" 1}}", "{{define \"a\"}}{{.x}}{{end}}{{include \"a\" \"s\"}}", "{{define \"a\"}}{{.x}}{{end}}{{range .Values.list}}{{template \"a\" .}}{{end}}",
    ),
    _files(("a", "{{define \"x\"}}1{{end}}"), ("b", "{{define \"x\"}}2{{end}}"), ("t", "{{template \"x\"}}")),
    _files(("a", "{{define \"x\"}}1{{end}}"), ("b", "{{define \"x\"}} {{end}}"), ("t", "{{template \"x\"}}")),
    _files(("a", "AAA"), ("a", " "), ("t", "{{template \"a\"}}")), _files(("a", "AAA"), ("a", "B"), ("t", "{{template \"a\"}}")), _files(("t", ""), run="nope"), _files(("a.yaml", "{{template \"h\" .}}"), ("_h.tpl", "{{define \"h\"}}\n\n{{fail \"deep\"}}{{end}}"), run="a.yaml"), _files(("a", "{{ .x"), ("t", "x")), _files(("chart/templates/a.yaml", "x: {{ .Values.a.b }}"), run="chart/templates/a.yaml"), _files(("we%ird", "{{fail \"%d\"}}"), run="we%ird"), _files(("a", "{{define \"x\"}}{{.str}}{{end}}"), ("t", "{{block \"x\" .}}default{{end}}")), _files(("t", "{{block \"x\" .}}default{{end}}"), ("a", "{{define \"x\"}}{{.str}}{{end}}")),
]  # fmt: skip

ROWS: list[Row] = [*TEXT, *LITERALS, *FIELDS, *MISSING, *CONTROL, *VARIABLES, *PIPELINES, *LOGIC, *INDEXING, *PRINTF, *PRINTING, *TEMPLATES]
