"""Record what a real API server says of rules in CEL, and what the rules say of objects.

    python tools/record_cel.py --server https://127.0.0.1:6443 --token TOKEN

Writes `tests/recorded/cel/`: `refused.json.z`, rules by themselves with every complaint (schema and generator are those of
`tools/fuzz_cel.py`, so that costs show), `judged.json.z`, rules and objects with every cause, and `declared.json.z`, policies and webhooks.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from pathlib import Path
from typing import Any

from fuzz_cel import _TEXTS, GROUP, SPEC, Maker, Server, _causes, _with_cost_shown, definition, spoiled, thing

OUT = Path(__file__).parents[1] / "tests" / "recorded" / "cel"
ROUNDS = 10
WRITTEN = json.loads((OUT / "inputs.json").read_text())


def refused(server: Server) -> list[dict[str, Any]]:
    """Written rules and random ones, forty in each definition."""
    chance = random.Random(36)
    wanted: list[dict[str, Any]] = [rule if isinstance(rule, dict) else {"rule": rule, "message": "no"} for rule in WRITTEN["rules"]]
    for round_number in range(ROUNDS):
        maker = Maker(chance, wrong=(0.0, 0.05)[round_number % 2])
        for _ in range(40):
            text = maker.make("bool", chance.randint(1, 4))
            wanted.append({"rule": spoiled(text, chance) if chance.random() < 0.05 else text, "message": "no"})
    rows: list[dict[str, Any]] = []
    for start in range(0, len(wanted), 40):
        properties = {f"p{index}": _with_cost_shown(rule) for index, rule in enumerate(wanted[start : start + 40])}
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All"
        said = _causes(server.send("POST", path, definition(properties))[1])
        for key, node in properties.items():
            rule = (node.get("items") or node)["x-kubernetes-validations"][0]
            rows.append({"rule": rule, "times": node.get("maxItems"), "said": said.get(key, [])})
    return rows


def judged(server: Server) -> list[dict[str, Any]]:
    """Objects against stored definitions: expressions that words of a refusal show, and rules that fail in themselves."""
    chance = random.Random(36)
    texts = list(WRITTEN["values"])
    maker = Maker(chance, wrong=0.0)
    texts += [maker.make(chance.choice(("int", "string", "string", "bool", "list(int)", "map")), chance.randint(1, 3)) for _ in range(150)]
    rows: list[dict[str, Any]] = []
    for number, start in enumerate(range(0, len(texts), 40)):
        found = {}
        for index, text in enumerate(texts[start : start + 40]):
            rule = {"rule": f"has({{'a': {text}}}.a) && false", "messageExpression": f"'%s'.format([{text}])"}
            found[f"p{index}"] = {**SPEC, "x-kubernetes-validations": [rule]}
        plural = f"judged{number}x{chance.randrange(10**6)}s"
        _, answer = server.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All", definition(found, plural))
        for key in _causes(answer):
            del found[key]
        crd = definition(found, plural)
        server.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        path = f"/apis/{GROUP}/v1/namespaces/default/{plural}"
        while server.send("GET", path)[0] != 200:
            continue
        for count in range(2):
            value = {**thing(chance), "ios": (5, "50%")[count], "s": chance.choice(_TEXTS)[:20]}
            obj = {
                "apiVersion": f"{GROUP}/v1",
                "kind": crd["spec"]["names"]["kind"],
                "metadata": {"name": "x"},
                **dict.fromkeys(found, value),
            }
            said = {}
            for cause in (server.send("POST", f"{path}?dryRun=All", obj)[1].get("details") or {}).get("causes") or ():
                said[cause["field"]] = cause["message"]
            told = [[node["x-kubernetes-validations"][0]["messageExpression"], said.get(key)] for key, node in found.items()]
            rows.append({"value": value, "said": told})
        server.send("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{GROUP}")
    return rows


_RULES = [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}]


def admissions(text: str) -> list[tuple[str, dict[str, Any]]]:
    """A validating policy, a mutating one with parameters, and a webhook that all use one expression, by their resources."""
    match = {"resourceRules": _RULES, "matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}
    variables = [{"name": "a", "expression": "1"}, {"name": "b", "expression": "variables.a + 1"}, {"name": "c", "expression": text}]
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": match,
        "matchConditions": [{"name": "m", "expression": text}],
        "variables": [*variables, {"name": "d", "expression": "variables.c == 1"}],
    }
    rules = {"validations": [{"expression": text, "messageExpression": text}], "auditAnnotations": [{"key": "k", "valueExpression": text}]}
    mutations = [
        {"patchType": "JSONPatch", "jsonPatch": {"expression": text}},
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": text}},
    ]
    params = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
    hook = {
        "name": "a.b.c",
        "failurePolicy": "Fail",
        "matchPolicy": "Exact",
        "timeoutSeconds": 3,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": "https://a/b"},
        "rules": _RULES,
        "matchConditions": [{"name": "m", "expression": text}],
    }
    meta = {"metadata": {"name": "p.example.com"}}
    return [
        ("validatingadmissionpolicies", {"kind": "ValidatingAdmissionPolicy", **meta, "spec": {**spec, **rules}}),
        (
            "mutatingadmissionpolicies",
            {"kind": "MutatingAdmissionPolicy", **meta, "spec": {**spec, **params, "mutations": mutations, "reinvocationPolicy": "Never"}},
        ),
        ("validatingwebhookconfigurations", {"kind": "ValidatingWebhookConfiguration", **meta, "webhooks": [hook]}),
    ]


def declared(server: Server) -> list[dict[str, Any]]:
    """Policies and webhooks: what is said of their expressions."""
    rows = []
    for text in WRITTEN["admission"]:
        for resource, obj in admissions(text):
            whole = {"apiVersion": "admissionregistration.k8s.io/v1", **obj}
            _, answer = server.send("POST", f"/apis/admissionregistration.k8s.io/v1/{resource}?dryRun=All", whole)
            causes = (answer.get("details") or {}).get("causes") or ()
            rows.append({"resource": resource, "object": obj, "said": sorted([cause["field"], cause["message"]] for cause in causes)})
    return rows


def main() -> None:
    """Ask, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--token", required=True)
    options = parser.parse_args()
    server = Server(options.server, options.token)
    for name, rows in (("refused", refused(server)), ("judged", judged(server)), ("declared", declared(server))):
        text = json.dumps({"spec": SPEC, "rows": rows}, separators=(",", ":"), ensure_ascii=False)
        (OUT / f"{name}.json.z").write_bytes(zlib.compress(text.encode(), 9))


if __name__ == "__main__":
    main()
