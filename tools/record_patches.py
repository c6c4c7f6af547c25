"""Record what a real API server answers to patches, applies and updates: `tests/recorded/patch/*.jsonl.gz`.

    PYTHONPATH=. python tools/record_patches.py --server https://127.0.0.1:6443 --token TOKEN --out tests/recorded/patch

Needs a server without controllers (they would write in between). One line is one object's life: its kind and its steps, each with
the request and the answer (status code, 0 for a cut connection; the object after it, or the error). Inputs: patch_inputs.py.
Masked: uid, resourceVersion, creationTimestamp; times are renumbered, so that their order stays.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import random
import ssl
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from patch_inputs import CUSTOM_KINDS, HAND_WRITTEN, KINDS, Kind
from record_three_way import mutated

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.patch import merge_patch, strategic_diff, three_way
from pytest_helmsim.patch.errors import PatchError
from pytest_helmsim.schema.catalog import Catalog

NAMESPACE = "recorded-patches"
TYPES = {
    "smp": "application/strategic-merge-patch+json",
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}


class Server:
    """A few verbs over one kept connection."""

    def __init__(self, url: str, token: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=ssl._create_unverified_context())
        self.token = token

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any]:
        """Status code and decoded body."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "User-Agent": "recorder/1"}
        self.connection.request(method, path, json.dumps(body) if body is not None or method == "PATCH" else None, headers)
        try:
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:  # the server's handler panicked
            self.connection.close()
            return 0, {}
        return answer.status, json.loads(answer.read() or b"{}")


def perform(server: Server, kind: Kind, name: str, step: dict[str, Any]) -> tuple[int, Any]:
    """Carry out one step."""
    collection = kind.path(NAMESPACE)
    query = urllib.parse.urlencode({key: step[key] for key in ("fieldManager", "force", "fieldValidation") if key in step})
    version = step.get("version")
    if version:
        collection = collection.replace(f"/{kind.version}/", f"/{version}/")
    suffix = f"/{step['sub']}" if step.get("sub") else ""
    body = step.get("body")
    if isinstance(body, dict) and step["verb"] in ("create", "update", "apply") and "raw" not in step:
        body = {
            **body,
            "metadata": {**(body["metadata"] if isinstance(body.get("metadata"), dict) else {}), "name": name, "namespace": NAMESPACE},
        }
        step["body"] = body
    if step["verb"] == "create":
        return server.send("POST", f"{collection}?{query}", body)
    if step["verb"] == "update":
        return server.send("PUT", f"{collection}/{name}{suffix}?{query}", body)
    return server.send("PATCH", f"{collection}/{name}{suffix}?{query}", body, TYPES[step["verb"]])


def masked(answer: Any, times: dict[str, str]) -> Any:
    """Without what differs from run to run."""
    metadata = answer.get("metadata") if isinstance(answer, dict) else None
    if not metadata:
        return answer
    metadata = {key: value for key, value in metadata.items() if key not in ("uid", "resourceVersion", "creationTimestamp")}
    if "managedFields" in metadata:
        metadata["managedFields"] = [
            {**entry, "time": times[entry["time"]]} if "time" in entry else entry for entry in metadata["managedFields"]
        ]
    return {**answer, "metadata": metadata}


def record(server: Server, kind: Kind, title: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """One life of one object."""
    name = "web"
    rows: list[dict[str, Any]] = []
    for step in steps:
        step = dict(step)
        if step.pop("sleep", None):
            time.sleep(1.05)
        code, answer = perform(server, kind, name, step)
        object_after = answer
        if code < 300 and step.get("sub") and answer.get("kind") != kind.kind:
            _, object_after = server.send("GET", f"{kind.path(NAMESPACE)}/{name}")
        rows.append({"request": step, "code": code, "answer": object_after})
    server.send("DELETE", f"{kind.path(NAMESPACE)}/{name}?gracePeriodSeconds=0&propagationPolicy=Background")
    server.send("PATCH", f"{kind.path(NAMESPACE)}/{name}", {"metadata": {"finalizers": None}}, TYPES["merge"])
    seen = sorted({stamp for row in rows for stamp in _times(row["answer"])})
    times = {stamp: f"2026-01-01T00:00:{index:02d}Z" for index, stamp in enumerate(seen)}
    gvk = [kind.group, kind.version, kind.kind]
    return {"title": title, "gvk": gvk, "steps": [{**row, "answer": masked(row["answer"], times)} for row in rows]}


def _times(answer: Any) -> Iterator[str]:
    for entry in (answer.get("metadata") or {}).get("managedFields") or []:
        if "time" in entry:
            yield entry["time"]


def generated(kind: Kind, rng: random.Random) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Lives made of the variants of a kind: every pair by every way of writing, then random walks of several managers."""
    catalog = Catalog.for_version("1.36")
    schema = catalog.schema(GroupVersionKind(kind.group, kind.version, kind.kind))
    variants = kind.variants
    for i, first in enumerate(variants):
        for j, second in enumerate(variants):
            if i == j:
                continue
            create = {"verb": "create", "body": first, "fieldManager": "creator"}
            if schema is not None:
                patch = strategic_diff.two_way(first, second, schema)
                yield f"{i}->{j} smp", [create, {"verb": "smp", "body": patch, "fieldManager": "patcher"}]
                third = variants[rng.randrange(len(variants))]
                helm = three_way.build(first, second, third, schema)
                yield f"{i}->{j} three-way over {third['metadata'].get('labels')}", [
                    {"verb": "create", "body": third, "fieldManager": "helm"}, {"verb": "smp", "body": helm, "fieldManager": "helm"},
                ]  # fmt: skip
            yield f"{i}->{j} merge", [create, {"verb": "merge", "body": merge_patch.diff(first, second), "fieldManager": "patcher"}]
            yield f"{i}->{j} apply", [
                {"verb": "apply", "body": first, "fieldManager": "helm"}, {"verb": "apply", "body": second, "fieldManager": "helm"},
                {"verb": "apply", "body": second, "fieldManager": "helm"},
            ]  # fmt: skip
            yield f"{i}->{j} apply over update", [create, *(
                {"verb": "apply", "body": second, "fieldManager": "helm", **more} for more in ({}, {"force": "true"})
            )]  # fmt: skip
            yield f"{i}->{j} update", [create, {"verb": "update", "body": second, "fieldManager": "putter"}]
    verbs = ["apply", "apply", "update", "merge", *(["smp"] if schema is not None else [])]
    for walk in range(6):
        steps: list[dict[str, Any]] = [{"verb": rng.choice(["apply", "create"]), "body": variants[0], "fieldManager": "m0"}]
        current = variants[0]
        for number in range(7):
            wanted = rng.choice(variants)
            verb = rng.choice(verbs)
            step: dict[str, Any] = {"verb": verb, "body": wanted, "fieldManager": f"m{rng.randrange(3)}"}
            if verb == "apply" and rng.random() < 0.5:
                step["force"] = "true"
            if verb == "merge":
                step["body"] = merge_patch.diff(current, wanted)
            if verb == "smp":
                step["body"] = strategic_diff.two_way(current, wanted, schema)
            if number == 3:
                step["sleep"] = True
            current = wanted
            steps.append(step)
        yield f"walk {walk}", steps


def directed(value: Any, rng: random.Random) -> Any:
    """A strategic merge patch with directives here and there."""
    if isinstance(value, dict):
        result = {key: directed(item, rng) for key, item in value.items()}
        if rng.random() < 0.06:
            result["$patch"] = rng.choice(["delete", "replace", "merge"])
        if rng.random() < 0.04:
            result["$retainKeys"] = [key for key in result if not key.startswith("$")]
        for key, item in list(result.items()):
            if isinstance(item, list) and item and not key.startswith("$"):
                if rng.random() < 0.15:
                    names = [
                        {k: v for k, v in one.items() if k in ("name", "containerPort", "port", "mountPath")}
                        if isinstance(one, dict)
                        else one
                        for one in item
                    ]
                    rng.shuffle(names)
                    result[f"$setElementOrder/{key}"] = names
                if rng.random() < 0.1 and not isinstance(item[0], dict):
                    result[f"$deleteFromPrimitiveList/{key}"] = result.pop(key)
        return result
    return [directed(item, rng) for item in value] if isinstance(value, list) else value


def fuzzed(kind: Kind, rng: random.Random, count: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Random walks over mutated variants: what no one thought of. Most steps are refused by validation; the rest is worth it."""
    schema = Catalog.for_version("1.36").schema(GroupVersionKind(kind.group, kind.version, kind.kind))
    for number in range(count):
        current = rng.choice(kind.variants)
        steps: list[dict[str, Any]] = [{"verb": rng.choice(["create", "apply"]), "body": current, "fieldManager": "m0"}]
        for _ in range(6):
            wanted = mutated(rng.choice(kind.variants), rng, rng.choice([0.03, 0.06, 0.12]))
            wanted = {**wanted, "apiVersion": current["apiVersion"], "kind": kind.kind, "metadata": wanted.get("metadata") or {}}
            verb = rng.choice(["apply", "apply", "apply", "update", "merge", *(["smp", "smp"] if schema is not None else [])])
            step: dict[str, Any] = {"verb": verb, "body": wanted, "fieldManager": f"m{rng.randrange(3)}"}
            if verb == "apply" and rng.random() < 0.6:
                step["force"] = "true"
            if verb == "merge":
                step["body"] = merge_patch.diff(current, wanted)
            elif verb == "smp" and schema is not None:
                try:
                    step["body"] = strategic_diff.two_way(current, wanted, schema)
                except PatchError:
                    step["body"] = {key: value for key, value in wanted.items() if key in ("spec", "data")}
                if rng.random() < 0.6:
                    parts = {key: wanted[key] for key in ("spec", "data", "metadata", "secrets", "imagePullSecrets") if key in wanted}
                    step["body"] = directed(rng.choice([step["body"], parts]), rng)
            current = wanted
            steps.append(step)
        yield f"fuzz {number}", steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--only", default="", help="one kind")
    parser.add_argument("--fuzz", default=0, type=int, help="random walks instead of the lives, so many of each kind")
    parser.add_argument("--seed", default=0, type=int)
    arguments = parser.parse_args()
    server = Server(arguments.server, arguments.token)
    server.send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for crd in CUSTOM_KINDS:
        server.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
    time.sleep(2 if CUSTOM_KINDS else 0)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "widgets.json").write_text(json.dumps(CUSTOM_KINDS[0], indent=1) + "\n")
    for kind in KINDS:
        if arguments.only and kind.kind != arguments.only:
            continue
        rng = random.Random(kind.kind)
        lives = [*HAND_WRITTEN.get(kind.kind, ()), *generated(kind, rng)]
        if arguments.fuzz:
            lives = list(fuzzed(kind, random.Random(f"{kind.kind}{arguments.seed}"), arguments.fuzz))
        lines = [json.dumps(record(server, kind, title, steps), separators=(",", ":")) for title, steps in lives]
        data = gzip.compress("\n".join(lines).encode(), 9, mtime=0)
        (arguments.out / f"{kind.kind.lower()}.jsonl.gz").write_bytes(data)
        requests = sum(len(steps) for _, steps in lives)
        sys.stdout.write(f"{kind.kind}: {len(lives)} lives, {requests} requests, {len(data)} bytes\n")


if __name__ == "__main__":
    main()
