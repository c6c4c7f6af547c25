"""Random rules in CEL, asked of a real API server and of this package: what is refused and how, what it costs, what it answers.

    python tools/fuzz_cel.py --server https://127.0.0.1:6443 --token TOKEN [--seed 1] [--rounds 20] [--values]

Without `--values`, definitions are sent as dry runs, forty rules in each, and every complaint is compared; a rule below the limit of
costs is put under a list so long that its cost is shown. With `--values`, definitions are stored and objects sent, and what rules say of
them is compared. Differences are printed, and counted at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import ssl
import urllib.error
import urllib.request
from typing import Any

from pytest_helmsim.schema import rules
from pytest_helmsim.schema.field_errors import Errors
from pytest_helmsim.schema.openapi import from_crd
from pytest_helmsim.schema.validate import definitions

GROUP = "fuzz.example.com"
FIELDS: dict[str, dict[str, Any]] = {
    "i": {"type": "integer"},
    "s": {"type": "string", "maxLength": 20},
    "e": {"type": "string", "enum": ["a", "bcd"]},
    "b": {"type": "boolean"},
    "n": {"type": "number"},
    "li": {"type": "array", "maxItems": 5, "items": {"type": "integer"}},
    "ls": {"type": "array", "maxItems": 7, "items": {"type": "string", "maxLength": 10}},
    "set": {"type": "array", "maxItems": 3, "x-kubernetes-list-type": "set", "items": {"type": "string", "maxLength": 4}},
    "m": {"type": "object", "maxProperties": 6, "additionalProperties": {"type": "string", "maxLength": 9}},
    "mi": {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "integer"}},
    "o": {
        "type": "object",
        "required": ["x"],
        "properties": {"x": {"type": "integer"}, "y": {"type": "string", "maxLength": 11}, "namespace": {"type": "string", "maxLength": 5}},
    },
    "lo": {
        "type": "array",
        "maxItems": 4,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        "items": {
            "type": "object",
            "required": ["k"],
            "properties": {
                "k": {"type": "string", "maxLength": 8},
                "v": {"type": "integer"},
                "t": {"type": "array", "maxItems": 2, "items": {"type": "string", "maxLength": 3}},
            },
        },
    },
    "ios": {"x-kubernetes-int-or-string": True, "maxLength": 6},
    "d": {"type": "string", "format": "duration"},
    "t": {"type": "string", "format": "date-time"},
    "by": {"type": "string", "format": "byte", "maxLength": 12},
    "a-b": {"type": "string", "maxLength": 6},
}
SPEC: dict[str, Any] = {"type": "object", "properties": FIELDS}
KINDS = ("int", "double", "uint", "bool", "string", "bytes", "duration", "timestamp", "list(int)", "list(string)", "map", "quantity", "ip")
_TEXTS = ("a", "b,c", "1Gi", "10.0.0.1", "x-1", "", "Ab", "1.2.3", "10.0.0.0/8", "https://a.b:1/c?d=e")


class Maker:
    """Expressions of a wanted kind, now and then of another one."""

    def __init__(self, chance: random.Random, *, wrong: float = 0.03) -> None:
        self.chance, self.wrong = chance, wrong
        self.names: dict[str, str] = {}

    def make(self, kind: str, depth: int) -> str:
        """One expression."""
        if self.chance.random() < self.wrong:
            kind = self.chance.choice(KINDS)
        if depth <= 0:
            return self._leaf(kind)
        known = [name for name, of in self.names.items() if of == kind]
        if known and self.chance.random() < 0.4:
            return self.chance.choice(known)
        if self.chance.random() < 0.15:
            return self._leaf(kind)
        if self.chance.random() < 0.08:
            return f"({self.make('bool', depth - 1)} ? {self.make(kind, depth - 1)} : {self.make(kind, depth - 1)})"
        options = _PATTERNS.get(kind)
        if not options:
            return self._leaf(kind)
        pattern = self.chance.choice(options)
        return self._filled(pattern, depth - 1)

    def _filled(self, pattern: str, depth: int) -> str:
        made: list[str] = []
        added: list[str] = []
        for part in re.split(r"(<[^>]+>)", pattern):
            if not part.startswith("<"):
                made.append(part)
            elif part.startswith("<new "):
                name = f"v{len(self.names)}"
                self.names[name] = part[5:-1]
                added.append(name)
                made.append(name)
            elif part == "<last>":
                made.append(added[-1])
            else:
                made.append(self.make(part[1:-1], depth))
        for name in added:
            del self.names[name]
        return "".join(made)

    def _leaf(self, kind: str) -> str:
        pick = self.chance.choice
        known = [name for name, of in self.names.items() if of == kind]
        if known and self.chance.random() < 0.6:
            return pick(known)
        match kind:
            case "int":
                return pick(["self.i", "self.o.x", "0", "1", "-3", "7", "self.?i.orValue(2)", "9223372036854775807"])
            case "double":
                return pick(["self.n", "1.5", "-0.25", "2.0", "1e30"])
            case "uint":
                return pick(["1u", "0u", "7u"])
            case "bool":
                return pick(["self.b", "true", "false", "has(self.i)", "has(self.o.y)", "has(self.m.a)"])
            case "string":
                return pick(["self.s", "self.e", "self.o.y", "self.a__dash__b", "self.o.__namespace__", f"'{pick(_TEXTS)}'", "self.m['a']"])
            case "bytes":
                return pick(["self.by", "b'ab'"])
            case "duration":
                return pick(["self.d", "duration('90s')"])
            case "timestamp":
                return pick(["self.t", "timestamp('2024-02-29T01:02:03.5Z')"])
            case "list(int)":
                return pick(["self.li", "[1, 2, 3]", "[self.i, 4]", "[]"])
            case "list(string)":
                return pick(["self.ls", "self.set", "['a', 'b']", "[self.s]", "self.lo.map(z, z.k)"])
            case "map":
                return pick(["self.m", "{'a': 'b'}", "{}"])
            case "quantity":
                return pick(["quantity('1Gi')", "quantity('500m')", "quantity('2')"])
            case "ip":
                return pick(["ip('10.1.2.3')", "ip('::1')"])
            case "dyn":
                return pick(["self.ios", "dyn(self.i)", "dyn(self.s)", "dyn([1, 'a'])"])
        return "self.i"


_PATTERNS: dict[str, list[str]] = {
    "bool": [
        "<bool> && <bool>", "<bool> || <bool>", "!<bool>", "(<int> == <int>)", "(<string> == <string>)", "(<int> < <int>)",
        "(<double> >= <int>)", "(<string> < <string>)", "(<list(int)> == <list(int)>)", "(<map> != <map>)", "(<int> in <list(int)>)",
        "(<string> in <map>)", "(<string> in <list(string)>)", "<string>.startsWith(<string>)", "<string>.contains(<string>)",
        "<string>.matches('^[a-c]+$')", "<list(int)>.all(<new int>, <bool>)", "<list(int)>.exists(<new int>, <bool>)",
        "<list(string)>.exists_one(<new string>, <bool>)", "<map>.all(<new string>, <bool>)",
        "<list(string)>.all(<new int>, <new string>, <bool>)", "(<dyn> == <int>)", "(<dyn> == <dyn>)", "(type(<dyn>) == string)",
        "isQuantity(<string>)", "isIP(<string>)", "isURL(<string>)", "isCIDR(<string>)", "isSemver(<string>)",
        "<quantity>.isGreaterThan(<quantity>)", "<ip>.isLoopback()", "cidr('10.0.0.0/8').containsIP(<ip>)",
        "sets.contains(<list(string)>, <list(string)>)", "sets.intersects(<list(int)>, <list(int)>)", "<list(int)>.isSorted()",
        "(<duration> < <duration>)", "(<timestamp> > <timestamp>)", "self.?i.hasValue()",
        "format.dns1123Label().validate(<string>).hasValue()", "self.lo.all(<new o>, <last>.v > <int>)",
        "self.lo.exists(<new o>, <last>.t.exists(<new string>, <bool>))", "self.lo.map(<new o>, <last>.k).exists(<new string>, <bool>)",
        "(self.lo == self.lo)", "(<bytes> == <bytes>)", "<dyn>.matches('a')", "(<dyn> > <int>)", "(self.o == {'x': 1})",
        "<list(list)>.exists(<new list(int)>, <bool>)",
    ],
    "int": [
        "(<int> + <int>)", "(<int> - <int>)", "(<int> * <int>)", "(<int> / <int>)", "(<int> % <int>)", "-<int>", "size(<string>)",
        "<list(int)>.size()", "<map>.size()", "<list(int)>.sum()", "<list(int)>.max()", "<list(int)>[0]", "int(<string>)",
        "int(<double>)", "<string>.indexOf(<string>)", "<list(int)>.indexOf(<int>)", "<list(string)>.lastIndexOf(<string>)",
        "<duration>.getSeconds()", "<timestamp>.getDayOfYear()", "<timestamp>.getHours('-02:30')", "<list(int)>.first().orValue(<int>)",
        "self.?o.?x.optMap(<new int>, <int>).orValue(3)", "<quantity>.compareTo(<quantity>)", "<ip>.family()",
        "semver(<string>).major()", "<list(int)>[?1].orValue(<int>)", "int(<timestamp>)",
        "<list(string)>.map(<new string>, <int>).sum()", "self.mi.all(<new string>, true) ? 1 : <int>", "size(<bytes>)",
    ],
    "double": [
        "(<double> + <double>)", "(<double> / <double>)", "double(<int>)", "double(<string>)", "<quantity>.asApproximateFloat()",
    ],
    "uint": [
        "(<uint> + <uint>)", "uint(<int>)", "(<uint> - <uint>)",
    ],
    "string": [
        "(<string> + <string>)", "string(<int>)", "string(<double>)", "<list(string)>.join(',')", "<list(string)>.join()",
        "<string>.upperAscii()", "<string>.replace('a', <string>)", "<string>.substring(1)", "<string>.substring(0, <int>)",
        "<string>.trim()", "<string>.charAt(0)", "<string>.split(',')[0]", "<list(string)>[0]", "<map>['a']", "<map>.a",
        "<string>.find('[a-c]+')", "'%s-%d'.format([<string>, <int>])", "'%s'.format([<list(int)>])", "string(<duration>)",
        "string(<timestamp>)", "url(<string>).getHost()", "<list(string)>.min()", "strings.quote(<string>)", "string(<bytes>)",
        "'%.2f'.format([<double>])", "<string>.lowerAscii()", "string(<ip>)", "'%s'.format([<map>])", "'%x'.format([<int>])",
        "string(<uint>)",
    ],
    "bytes": [
        "bytes(<string>)", "(<bytes> + <bytes>)",
    ],
    "duration": [
        "duration(<string>)", "(<timestamp> - <timestamp>)", "(<duration> + <duration>)",
    ],
    "timestamp": [
        "(<timestamp> + <duration>)", "timestamp(<string>)", "timestamp(<int>)",
    ],
    "list(int)": [
        "(<list(int)> + <list(int)>)", "<list(int)>.map(<new int>, <int>)", "<list(int)>.filter(<new int>, <bool>)",
        "<list(string)>.map(<new string>, <int>)", "<list(int)>.sort()", "<list(int)>.distinct()", "<list(int)>.reverse()",
        "<list(int)>.slice(0, 1)", "lists.range(3)", "[<int>, <int>]", "[?self.?i, <int>]", "self.lo.map(<new o>, <last>.v)",
        "<list(int)>.map(<new int>, <bool>, <int>)", "<list(string)>.transformList(<new int>, <new string>, <int>)",
        "<list(list)>.flatten()", "self.lo.sortBy(<new o>, <last>.k).map(<new o>, <last>.v)",
    ],
    "list(list)": [
        "[<list(int)>, <list(int)>]", "self.ls.map(<new string>, <list(int)>)",
    ],
    "list(string)": [
        "(<list(string)> + <list(string)>)", "<string>.split(',')", "<string>.split(',', 2)",
        "<list(string)>.filter(<new string>, <bool>)", "<map>.map(<new string>, <string>)", "<string>.findAll('[a-z]')", "[<string>]",
        "<list(string)>.sort()", "self.lo.map(<new o>, <last>.k)", "<map>.transformList(<new string>, <new string>, <string>)",
        "<list(string)>.distinct()",
    ],
    "map": [
        "{'a': <string>, 'c': <string>}", "<map>.transformMap(<new string>, <new string>, <string>)", "{?'a': self.?s}",
        "<map>.transformMapEntry(<new string>, <new string>, {<string>: <string>})",
    ],
    "quantity": [
        "quantity(<string>)", "<quantity>.add(<quantity>)", "<quantity>.sub(<int>)",
    ],
    "ip": [
        "ip(<string>)", "cidr('10.0.0.0/8').ip()",
    ],
    "dyn": [
        "dyn(<int>)", "dyn(<string>)", "dyn(<list(int)>)",
    ],
}  # fmt: skip


def spoiled(text: str, chance: random.Random) -> str:
    """A text with a few letters gone, doubled or others."""
    letters = list(text)
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(letters))
        letters[at : at + 1] = chance.choice([[], [letters[at]] * 2, [chance.choice("()[]{}.,?:+-!&|'<>= a1")]])
        letters = letters or ["1"]
    return "".join(letters)


class Server:
    """The real API server."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._token = address, token
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """The status and the answer."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._address + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self._context) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            said = error.read()
            return error.code, json.loads(said) if said.startswith(b"{") else {}


def definition(properties: dict[str, Any], plural: str = "things") -> dict[str, Any]:
    """A definition whose objects have the properties."""
    kind = plural.removesuffix("s").capitalize()
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    schema = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def _causes(body: dict[str, Any]) -> dict[str, list[str]]:
    """What is said of each property, without what is said of all together and without drawn names."""
    found: dict[str, list[str]] = {}
    for cause in (body.get("details") or {}).get("causes") or ():
        _sort_in(found, cause["field"], cause["message"])
    return {key: sorted(values) for key, values in found.items()}


def _sort_in(found: dict[str, list[str]], where: str, message: str) -> None:
    match = re.match(r"spec\.validation\.openAPIV3Schema\.properties\[(p\d+)\](.*)", where)
    if match is not None and "contributed to" not in message:
        found.setdefault(match[1], []).append(f"{match[2]}: {re.sub(r'selfType[0-9]+', 'selfType0', message)}")


def _ours(properties: dict[str, Any]) -> dict[str, list[str]]:
    errors = Errors()
    definitions.check_definition(errors, definition(properties))
    found: dict[str, list[str]] = {}
    for error in errors:
        _sort_in(found, error.field, error.body)
    return {key: sorted(values) for key, values in found.items()}


def _with_cost_shown(rule: dict[str, Any]) -> dict[str, Any]:
    """The schema with the rule, below a list so long that the rule costs a little too much."""
    from pytest_helmsim.schema.cel.declared import declared
    from pytest_helmsim.schema.cel.rule import Rules

    node = {**SPEC, "x-kubernetes-validations": [rule]}
    root = declared(SPEC, root=False)
    assert root is not None
    cost = Rules(root).compile(rule).cost
    if not 0 < cost < 10_000_000:
        return node
    return {"type": "array", "maxItems": 12_000_000 // cost + 1, "items": node}


def compare_definitions(server: Server, chance: random.Random) -> int:
    """One round; how many rules differ."""
    maker = Maker(chance, wrong=chance.choice([0.0, 0.03, 0.1]))
    properties: dict[str, Any] = {}
    for index in range(40):
        text = maker.make("bool", chance.randint(1, 4))
        if chance.random() < 0.1:
            text = spoiled(text, chance)
        rule = {"rule": text, "message": "no"}
        properties[f"p{index}"] = _with_cost_shown(rule)
    _, answer = server.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All", definition(properties))
    theirs, ours = _causes(answer), _ours(properties)
    different = 0
    for key, node in properties.items():
        if theirs.get(key) != ours.get(key):
            different += 1
            rule = (node.get("items") or node)["x-kubernetes-validations"][0]["rule"]
            print(f"--- {rule}\n    real {theirs.get(key)}\n    ours {ours.get(key)}")
    return different


def thing(chance: random.Random) -> dict[str, Any]:
    """A value of the schema, with some fields missing."""
    text = chance.choice(_TEXTS)
    whole = {
        "i": chance.choice([0, 1, -5, 42, 2**62]),
        "s": text[:20],
        "e": chance.choice(["a", "bcd"]),
        "b": chance.random() < 0.5,
        "n": chance.choice([0, 1.5, -2, 1e21]),
        "li": [chance.randint(-3, 9) for _ in range(chance.randint(0, 4))],
        "ls": [chance.choice(["a", "b", "cd", "é"]) for _ in range(chance.randint(0, 4))],
        "set": chance.choice([["a", "b"], [], ["z"]]),
        "m": chance.choice([{"a": "b"}, {}, {"k": "v", "a": ""}]),
        "mi": {"q": 1},
        "o": chance.choice([{"x": 1}, {"x": 2, "y": "why", "namespace": "n"}]),
        "lo": chance.choice([[], [{"k": "a", "v": 1}], [{"k": "a", "t": ["x", "y"]}, {"k": "b", "v": 2}]]),
        "ios": chance.choice([1, "50%", 7]),
        "d": "1h30m",
        "t": chance.choice(["2024-02-29T12:00:00Z", "1999-12-31T23:59:59.25+02:00"]),
        "by": "YWI=",
        "a-b": "dash",
    }
    return {key: value for key, value in whole.items() if chance.random() < 0.9}


def compare_values(server: Server, chance: random.Random, number: int) -> int:
    """One round: a definition with rules that show values, and objects against it; how many answers differ."""
    maker = Maker(chance, wrong=0.0)
    properties: dict[str, Any] = {}
    texts: list[str] = []
    while len(texts) < 25:
        kind = chance.choice([*KINDS[:11], "bool", "bool"])
        text = maker.make(kind, chance.randint(1, 4))
        shown = f"'%s'.format([{text}])"
        rule = {"rule": "false", "messageExpression": shown} if chance.random() < 0.6 else {"rule": f"({text}) == ({text}) && false"}
        if kind in ("quantity", "ip"):
            rule = {"rule": f"dyn({text}) == dyn(1)"}
        key = f"p{len(texts)}"
        node = {**SPEC, "x-kubernetes-validations": [rule]}
        if not _ours({key: node}):
            properties[key], texts = node, [*texts, json.dumps(rule)]
    plural = f"values{number}x{chance.randrange(10**6)}s"
    crd = definition(properties, plural)
    status, answer = server.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
    if status != 201:
        print("--- refused:", answer.get("message"))
        return 1
    path = f"/apis/{GROUP}/v1/namespaces/default/{plural}"
    while server.send("GET", path)[0] != 200:
        continue
    different, schema, kind = 0, from_crd(crd, "v1"), crd["spec"]["names"]["kind"]
    assert schema is not None
    for count in range(4):
        value = thing(chance)
        obj = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": f"x{count}"}, **dict.fromkeys(properties, value)}
        _, answer = server.send("POST", f"{path}?dryRun=All", obj)
        causes = (answer.get("details") or {}).get("causes") or ()
        theirs = {cause["field"]: cause["message"] for cause in causes}
        ours = {error.field: error.body for error in rules.check(obj, schema).errors}
        for index, text in enumerate(texts):
            key = f"p{index}"
            if theirs.get(key) != ours.get(key):
                different += 1
                print(f"--- {text} of {json.dumps(value)}\n    real {theirs.get(key)}\n    ours {ours.get(key)}")
    server.send("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{GROUP}")
    return different


def main() -> None:
    """Ask both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--values", action="store_true")
    options = parser.parse_args()
    server, different = Server(options.server, options.token), 0
    for round_number in range(options.rounds):
        chance = random.Random(options.seed * 10_000 + round_number)
        if options.values:
            different += compare_values(server, chance, round_number)
        else:
            different += compare_definitions(server, chance)
    print(f"{different} differences in {options.rounds} rounds")


if __name__ == "__main__":
    main()
