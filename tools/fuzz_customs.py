"""Send random instances of custom resources to a real kube-apiserver and to the simulator, and print where the answers differ.

    python tools/fuzz_customs.py https://127.0.0.1:6443 TOKEN DEFINITIONS... [--seconds N] [--seed N] [--kind KIND]

DEFINITIONS are files with CustomResourceDefinitions (YAML, or JSON with one list). Instances are drawn from the schemas, good and bad:
creates, updates, merge and JSON patches, applies by two managers, status, scale, Table lists. A difference is shrunk as `fuzz_api` does.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]
import fuzz_api  # noqa: E402
from fuzz_api import Both, Step  # noqa: E402

from pytest_helmsim.apiserver.controllers.loop import Controllers  # noqa: E402
from pytest_helmsim.objects import yamlio  # noqa: E402

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_WORDS: tuple[Any, ...] = ("a", "web", "", "A b", "10.0.0.1", "1h", "5m", "http://a.example/x", "2030-01-02T03:04:05Z", "100m", "x/y", "é")
_NUMBERS: tuple[Any, ...] = (0, 1, 2, 80, 443, -1, 65536, 1.5, 2**31, 10**20)
_WRONG: tuple[Any, ...] = ("x", 7, 1.5, True, None, [], {}, ["a"], {"a": 1}, [None], 2**40)
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_MAX_DEPTH = 7


def value_for(source: random.Random, raw: dict[str, Any], depth: int = 0, wrong: float = 0.02) -> Any:
    """A value of a schema, mostly a good one."""
    if source.random() < wrong:
        return source.choice(_WRONG)
    if raw.get("enum") and source.random() < 0.9:
        return source.choice(raw["enum"])
    if "default" in raw and source.random() < 0.2:
        return raw["default"]
    if raw.get("nullable") and source.random() < 0.2:
        return None
    if raw.get("x-kubernetes-int-or-string"):
        return source.choice((80, "http", "50%", 0))
    match raw.get("type"):
        case "string":
            return _text(source, raw)
        case "integer":
            return source.choice([raw.get("minimum", 1), raw.get("maximum", 5), *_NUMBERS[:5]])
        case "number":
            return source.choice((raw.get("minimum", 1), 0.5, 1, 3))
        case "boolean":
            return source.random() < 0.5
        case "array":
            count = max(raw.get("minItems", 0), source.choice((0, 1, 1, 2)))
            return [value_for(source, raw.get("items") or {}, depth + 1, wrong) for _ in range(min(count, 4))]
        case "object":
            return _object(source, raw, depth, wrong)
    return source.choice(("x", 1, {"a": {"b": 1}}, ["x"], True))


def _text(source: random.Random, raw: dict[str, Any]) -> str:
    form = raw.get("format")
    if form == "date-time":
        return source.choice(("2030-01-02T03:04:05Z", "2030-01-02T03:04:05.5+02:00", "2030-01-02"))
    if form == "byte":
        return source.choice(("YQ==", "Zm9v", "a"))
    if form in ("duration", "uri", "email", "ipv4", "ipv6", "cidr", "uuid", "date"):
        good = {"duration": "5m", "uri": "http://a.example", "email": "a@b.co", "ipv4": "1.2.3.4", "ipv6": "::1", "cidr": "10.0.0.0/8"}
        return source.choice((good.get(form, "2030-01-02"), "x"))
    least = raw.get("minLength", 0)
    text: str = source.choice(_WORDS)
    return text if len(text) >= least or source.random() < 0.1 else "a" * least


def _object(source: random.Random, raw: dict[str, Any], depth: int, wrong: float) -> Any:
    properties = raw.get("properties") or {}
    found: dict[str, Any] = {}
    if depth < _MAX_DEPTH:
        required = [key for key in raw.get("required") or () if source.random() < 0.97]
        others = [key for key in properties if key not in required]
        wanted = [*required, *source.sample(others, min(len(others), source.choice((0, 1, 2, 3))))]
        found = {key: value_for(source, properties.get(key) or {}, depth + 1, wrong) for key in wanted}
    extra = raw.get("additionalProperties")
    if isinstance(extra, dict):
        for key in source.sample(("a", "b.c/d", "x"), source.choice((0, 1, 2))):
            found[key] = value_for(source, extra, depth + 1, wrong)
    if raw.get("x-kubernetes-embedded-resource"):
        found |= {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "e", **({"nope": 1} if source.random() < 0.2 else {})}}
    if source.random() < 0.02 or (raw.get("x-kubernetes-preserve-unknown-fields") and source.random() < 0.5):
        found["unknownField"] = source.choice((1, "x", {"a": 1}, None))
    return found


def instance(source: random.Random, definition: dict[str, Any], version: dict[str, Any], name: str, wrong: float) -> dict[str, Any]:
    """A whole object of one version."""
    raw = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    found = {key: value_for(source, part, 1, wrong) for key, part in (raw.get("properties") or {}).items() if _taken(source, key, raw)}
    spec = definition["spec"]
    return {
        **found,
        "apiVersion": f"{spec['group']}/{version['name']}",
        "kind": spec["names"]["kind"],
        "metadata": {"name": name, **({"labels": {"a": "b"}} if source.random() < 0.3 else {})},
    }


def _taken(source: random.Random, key: str, raw: dict[str, Any]) -> bool:
    if key in ("apiVersion", "kind", "metadata"):
        return False
    return key in (raw.get("required") or ()) or key == "spec" or source.random() < 0.4


def sequence(source: random.Random, definition: dict[str, Any]) -> Iterator[Step]:
    """Create, then a few of everything else."""
    spec = definition["spec"]
    versions = [version for version in spec["versions"] if version.get("served")]
    namespaced = spec["scope"] == "Namespaced"
    name = "x" if namespaced else "{ns}-x"
    wrong = source.choice((0.0, 0.0, 0.01, 0.05))

    def path(version: dict[str, Any], one: bool = True) -> str:
        space = "namespaces/{ns}/" if namespaced else ""
        return f"/apis/{spec['group']}/{version['name']}/{space}{spec['names']['plural']}{f'/{name}' if one else ''}"

    def draw(version: dict[str, Any]) -> dict[str, Any]:
        return instance(source, definition, version, name, wrong)

    def strictness() -> str:
        return source.choice(("", "", "&fieldValidation=Strict", "&fieldValidation=Ignore"))

    first = source.choice(versions)
    apply = "application/apply-patch+yaml"
    for _ in range(2):
        yield {"method": "POST", "path": path(first, one=False), "query": f"fieldManager=c{strictness()}", "body": draw(first)}
    yield {"method": "PATCH", "path": path(first), "query": "fieldManager=one", "type": apply, "body": draw(first)}
    for _ in range(source.choice((2, 3, 4))):
        version = source.choice(versions)
        obj = draw(version)
        match source.randrange(8):
            case 0:
                force = source.choice(("", "&force=true"))
                query = f"fieldManager={source.choice(('one', 'two'))}{force}{strictness()}"
                yield {"method": "PATCH", "path": path(version), "query": query, "type": apply, "body": obj}
            case 1:
                yield {"method": "PUT", "path": path(version), "query": f"fieldManager=u{strictness()}", "edit": obj}
            case 2:
                obj = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
                kind = "application/merge-patch+json"
                yield {"method": "PATCH", "path": path(version), "query": f"fieldManager=m{strictness()}", "type": kind, "body": obj}
            case 3:
                operations = [
                    {"op": source.choice(("add", "replace")), "path": f"/{key}", "value": value}
                    for key, value in obj.items()
                    if key not in ("apiVersion", "kind", "metadata")
                ]
                kind = "application/json-patch+json"
                yield {"method": "PATCH", "path": path(version), "query": "fieldManager=j", "type": kind, "body": operations}
            case 4:
                kind = "application/merge-patch+json"
                query = f"fieldManager=s{strictness()}"
                yield {
                    "method": "PATCH",
                    "path": f"{path(version)}/status",
                    "query": query,
                    "type": kind,
                    "body": {"status": obj.get("status", {})},
                }
            case 5:
                yield {"method": "PUT", "path": f"{path(version)}/status", "query": "fieldManager=s", "edit": obj}
            case 6:
                body = {"spec": {"replicas": source.choice((0, 1, 3, -1))}}
                kind = "application/merge-patch+json"
                yield {"method": "PATCH", "path": f"{path(version)}/scale", "query": "fieldManager=k", "type": kind, "body": body}
            case 7:
                yield {"method": "GET", "path": path(version), "accept": _TABLE}
    yield {"method": "GET", "path": path(source.choice(versions), one=not namespaced)}
    yield {"method": "GET", "path": path(source.choice(versions)), "accept": _TABLE}
    yield {"method": "DELETE", "path": path(first)}


def load(files: list[Path]) -> list[dict[str, Any]]:
    """The definitions in the files."""
    found: list[Any] = []
    for file in files:
        documents = json.loads(file.read_text()) if file.suffix == ".json" else yamlio.load_all(file.read_text())
        found += [document for document in documents if document and document.get("kind") == "CustomResourceDefinition"]
    return found


def install(both: Both, definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Create them on both sides; those that both took."""
    ours = fuzz_api.Simulated(both.base)
    controllers = Controllers(both.base, names="customresourcedefinition-controller")
    controllers.start()
    taken = []
    for definition in definitions:
        step = {"method": "POST", "path": _DEFINITIONS, "body": definition}
        statuses = [side.send(step)["status"] for side in (ours, both.real)]
        if statuses[0] in (201, 409) and statuses[1] in (201, 409):
            taken.append(definition)
        elif statuses[0] != statuses[1]:
            sys.stdout.write(f"# {definition['metadata']['name']}: {statuses}\n")
    controllers.settle()
    controllers.stop()
    time.sleep(5)
    return taken


class Customs(Both):
    """The two servers; the order in which Go came by the fields of an object is no difference."""

    def first(self, steps: list[Step]) -> tuple[int, Step, Any, Any] | None:
        """The first difference, None when all answers are the same."""
        return next((found for found in self.differences(steps) if _regardless_of_order(found[2]) != _regardless_of_order(found[3])), None)


def _regardless_of_order(answer: Any) -> Any:
    body = answer["body"]
    causes = (body.get("details") or {}).get("causes") if isinstance(body, dict) and body.get("kind") == "Status" else None
    if not causes:
        return answer
    ranked = sorted(causes, key=json.dumps)
    return {**answer, "body": {**body, "details": {**body["details"], "causes": ranked}, "message": "".join(sorted(body["message"]))}}


def fuzz(both: Both, definitions: list[dict[str, Any]], seconds: float, seed: int, report: Callable[[str], None]) -> int:
    """Random sequences until the time is over; every kind of difference is shrunk and reported once. The number of kinds."""
    seen: set[tuple[Any, ...]] = set()
    end = time.monotonic() + seconds
    number = seed
    while time.monotonic() < end:
        number += 1
        source = random.Random(number)
        definition = source.choice(definitions)
        steps = list(sequence(source, definition))
        found = both.first(steps)
        if found is None:
            continue
        mark = (found[1]["method"], found[2]["status"], found[3]["status"], *fuzz_api.signature(found[2], found[3]))
        if mark in seen:
            continue
        seen.add(mark)
        small = fuzz_api.shrunk(both, steps, 60)
        last = both.first(small) or found
        report(f"# seed {number} {definition['metadata']['name']} {' '.join(map(str, mark))}")
        for step in small:
            report(json.dumps(step)[:1500])
        report(f"  ours:   {fuzz_api._cut(last[2], last[3])[:1500]}")
        report(f"  theirs: {fuzz_api._cut(last[3], last[2])[:1500]}")
    return len(seen)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("definitions", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", default="")
    given = parser.parse_args()
    both = Customs(given.url, given.token)
    wanted = [item for item in load(given.definitions) if given.kind in item["metadata"]["name"]]
    definitions = install(both, wanted)
    sys.stdout.write(f"{len(definitions)} of {len(wanted)} definitions\n")
    kinds = fuzz(both, definitions, given.seconds, given.seed, lambda line: sys.stdout.write(line + "\n") and sys.stdout.flush())
    sys.stdout.write(f"{both.sequences} sequences, {both.requests} requests, {kinds} kinds of differences; {dict(both.statuses)}\n")


if __name__ == "__main__":
    main()
