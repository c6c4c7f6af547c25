"""Record how a real API server refuses objects: rows for tests/recorded/validation.

Usage: `python tools/record_validation.py SERVER TOKEN`, for example `https://127.0.0.1:6443 oracle`. Reads `cases.yaml`
(good objects, edits of them), creates each edited object as a dry run (the undecodable ones strictly), or creates the
good object and replaces it by the edited one, and writes `answers.json` beside it: {base, edits, request, old, status,
message, causes}, one row a line.
"""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from record_defaults import Server, collection

HERE = Path(__file__).parent.parent / "tests" / "recorded" / "validation"


def edited(base: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """The object with values set at paths; None removes."""
    result = deepcopy(base)
    for path, value in edits.items():
        *steps, last = path.split("/")
        node: Any = result
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value
    return result


def row(base: str, edits: dict[str, Any], request: dict[str, Any], old: dict[str, Any] | None, status: int, answer: dict[str, Any]) -> str:
    """One recorded row; an accepted request has neither message nor causes."""
    found: dict[str, Any] = {"base": base, "edits": edits, "request": request, "old": old, "status": status}
    if status >= 400:
        found |= {"message": answer["message"], "causes": (answer.get("details") or {}).get("causes", [])}
    return json.dumps(found, separators=(",", ":"))


def record_rules(server: Server) -> None:
    """Objects of a kind with CEL rules: `rules.yaml` to `rules.json`, rows of {new, old, status, causes}."""
    cases = yaml.load((HERE / "rules.yaml").read_text(), yaml.CSafeLoader)
    spec = cases["crd"]["spec"]
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    server.ask("POST", definitions, cases["crd"])
    objects = f"/apis/{spec['group']}/v1/namespaces/default/{spec['names']['plural']}"
    while server.ask("GET", objects)[0] != 200:
        pass

    def made(fields: dict[str, Any], name: str) -> dict[str, Any]:
        meta = {"name": name, "namespace": "default"}
        return {"apiVersion": f"{spec['group']}/v1", "kind": spec["names"]["kind"], "metadata": meta, "spec": fields}

    rows = []
    for case in cases["creates"]:
        new = made(case["spec"], case["name"])
        status, answer, _ = server.ask("POST", objects + "?dryRun=All", new)
        rows.append({"new": new, "old": None, "status": status, "causes": (answer.get("details") or {}).get("causes", [])})
    for case in cases["updates"]:
        server.ask("DELETE", objects + "/r1")
        _, old, _ = server.ask("POST", objects, made(case["from"], "r1"))
        status, answer, _ = server.ask("PUT", objects + "/r1?dryRun=All", {**old, "spec": case["to"]})
        old["metadata"] = {key: old["metadata"][key] for key in ("name", "namespace")}
        row = {"new": {**old, "spec": case["to"]}, "old": old, "status": status}
        rows.append({**row, "causes": (answer.get("details") or {}).get("causes", [])})
    server.ask("DELETE", f"{definitions}/{cases['crd']['metadata']['name']}")
    (HERE / "rules.json").write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
    print(len(rows), "recorded")


def main() -> None:
    server = Server(sys.argv[1], sys.argv[2])
    record_rules(server)
    cases = yaml.load((HERE / "cases.yaml").read_text(), yaml.CSafeLoader)
    rows = []
    for base, edits in cases["creates"]:
        request = edited(cases["bases"][base], edits)
        status, answer, _ = server.ask("POST", collection(request) + "?dryRun=All", request)
        rows.append(row(base, edits, request, None, status, answer))
    for base, edits in cases["undecodable"]:
        request = edited(cases["bases"][base], edits)
        status, answer, _ = server.ask("POST", collection(request) + "?dryRun=All&fieldValidation=Strict", request)
        rows.append(row(base, edits, request, None, status, answer))
    for base, edits in cases["updates"]:
        good = cases["bases"][base]
        path = f"{collection(good)}/{good['metadata']['name']}"
        server.ask("DELETE", path + "?propagationPolicy=Background&gracePeriodSeconds=0")
        server.ask("PATCH", path, {"metadata": {"finalizers": None}}, "application/merge-patch+json")
        status, old, _ = server.ask("POST", collection(good), good)
        if status != 201:
            print(base, edits, old)
        for _ in range(20):
            _, old, _ = server.ask("GET", path)
            old["metadata"].pop("managedFields", None)
            request = edited(old, edits)
            status, answer, _ = server.ask("PUT", path + "?dryRun=All", request)
            if status != 409:
                break
        rows.append(row(base, edits, request, old, status, answer))
        server.ask("DELETE", path + "?propagationPolicy=Background&gracePeriodSeconds=0")
    (HERE / "answers.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
    print(len(rows), "recorded")


if __name__ == "__main__":
    main()
