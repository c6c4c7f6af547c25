"""Send random sequences of requests to a real kube-apiserver and to the simulator, and print where the answers differ.

    python tools/fuzz_api.py https://127.0.0.1:6443 TOKEN [--seconds N] [--seed N] [--kind KIND]...

Objects, updates, the four patches, applies by several managers, scale and status, deletes with preconditions, lists. Whole answers are
compared, managedFields included. A difference is shrunk to the smallest sequence that still shows it and printed as JSON. The real
server must run without controllers. Each sequence works in a namespace of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]
import fuzz_inputs as inputs  # noqa: E402
from api_scenarios import MERGE  # noqa: E402
from fuzz_kinds import ASYNCHRONOUS, SUBJECTS  # noqa: E402
from record_api import Server  # noqa: E402

from pytest_helmsim.apiserver.app import ApiServer  # noqa: E402
from pytest_helmsim.objects.wire import Request, User  # noqa: E402
from pytest_helmsim.patch import merge_patch  # noqa: E402
from tests.apiserver.replay import Masker  # noqa: E402

Step = dict[str, Any]
RANDOM = re.compile(
    r"limits|requests|hard|metrics|max|min|default|labels|annotations|data\[|capacity|allocatedResource|nodeSelector|overhead|selector|matchLabels|finalizers|options"
)
WHOLE = re.compile(r"/(?:api|apis/[^/]+)/v\d+/([a-z]+)/[^/]+$|.*/(services)/x$")
"""An object that belongs to no namespace, or one that holds an address."""
ADMIN = User("admin", ("system:masters", "system:authenticated"), "admin")


class Simulated:
    """The simulator, asked as `record_api.Server` asks the real one."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    def send(self, step: Step) -> dict[str, Any]:
        """Status, warnings, content type and body."""
        body = step.get("body")
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = Request.make(
            step["method"], step["path"], step.get("query", "").replace("+", "%2B"), data, step.get("type", "application/json")
        )
        headers = {**request.headers, "accept": step.get("accept", "application/json"), "user-agent": step.get("agent", "recorder/1.0")}
        headers |= {key.lower(): value for key, value in step.get("headers", {}).items()}
        try:
            response = self._server.handle(replace(request, headers=headers, user=ADMIN))
        except Exception:  # a traceback is a difference like any other
            return {"status": 599, "warnings": [], "type": "", "body": traceback.format_exc()[-1500:]}
        raw = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        try:
            content: Any = json.loads(raw)
        except ValueError:
            content = raw.decode(errors="replace")
        found = dict(response.headers)
        warnings = [value for key, value in response.headers if key == "Warning"]
        return {"status": response.status, "warnings": warnings, "type": found.get("Content-Type", ""), "body": content}


class Both:
    """The two servers."""

    def __init__(self, url: str, token: str) -> None:
        self.real = Server(url, token)
        self.base = ApiServer(disabled_admission=("ServiceAccount",))
        self.sequences = 0
        self.requests = 0
        self.statuses: Counter[int] = Counter()
        self._made: list[str] = []
        self._tag = f"{int(time.time()) % 10_000_000:x}"

    def differences(self, steps: list[Step]) -> Iterator[tuple[int, Step, Any, Any]]:
        """As `_differences`, with what the sequence claimed let go."""
        space = f"fuzz-{self._tag}-{self.sequences + 1}"
        try:
            yield from self._differences(steps)
        finally:
            self.release(space, steps)

    def _differences(self, steps: list[Step]) -> Iterator[tuple[int, Step, Any, Any]]:
        """Run the steps in a new namespace on both; where the answers differ: index, step, ours, theirs."""
        self.sequences += 1
        space = f"fuzz-{self._tag}-{self.sequences}"
        ours = Simulated(self.base.fork())
        masks = (Masker(), Masker())
        asynchronous = any(f"/{SUBJECTS[kind].plural}/" in step["path"] + "/" for kind in ASYNCHRONOUS for step in steps)
        for side in (ours, self.real):
            side.send({"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": space}}})
        for index, step in enumerate(steps):
            self.requests += 1
            answers = []
            for side, mask in zip((ours, self.real), masks, strict=True):
                answer = side.send(filled(side, step, space))
                answers.append(mask.answer(answer["status"], answer["warnings"], answer["type"], answer["body"]))
            if asynchronous:
                if any(answer["status"] == 409 for answer in answers):
                    return
                answers = [without_status(answer) for answer in answers]
            self.statuses[answers[1]["status"]] += 1
            if answers[1]["status"] == 201 and "/namespaces/" not in step["path"] and step["method"] == "POST":
                self._made.append(f"{step['path']}/{answers[1]['body'].get('metadata', {}).get('name')}")
            if answers[1]["status"] == 0:
                return  # the real server panicked
            if answers[0] != answers[1] and unordered(answers[0]) != unordered(answers[1]):
                yield index, step, answers[0], answers[1]

    def release(self, space: str, steps: list[Step]) -> None:
        """Delete what holds addresses and node ports of the whole cluster, and what belongs to no namespace."""
        paths = {step["path"].replace("{ns}", space) for step in steps} | set(self._made)
        self._made.clear()
        for path in paths:
            found = WHOLE.match(path)
            if found is None or found[1] == "namespaces":
                continue
            self.real.send({"method": "PATCH", "path": path, "type": MERGE, "body": {"metadata": {"finalizers": None}}})
            self.real.send({"method": "DELETE", "path": path})

    def close(self) -> None:
        """Let go of the real one."""
        self.real.close()

    def first(self, steps: list[Step]) -> tuple[int, Step, Any, Any] | None:
        """The first difference, None when all answers are the same."""
        return next(self.differences(steps), None)


def without_status(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what the real server writes some time after: status, its owner, and the version that comes with it."""
    body = answer["body"]
    if isinstance(body, dict) and body.get("kind") == "Table":
        return {**answer, "body": {**body, "rows": "<rows>"}}
    if not isinstance(body, dict) or "metadata" not in body or body.get("kind") == "Status":
        return answer
    meta = {key: value for key, value in body["metadata"].items() if key != "resourceVersion"}
    meta["managedFields"] = [entry for entry in meta.get("managedFields", ()) if entry.get("subresource") != "status"]
    return {**answer, "body": {**{key: value for key, value in body.items() if key != "status"}, "metadata": meta}}


def unordered(answer: dict[str, Any]) -> Any:
    """The answer without the order of causes and warnings where that comes from Go's maps (limits, labels, annotations, data)."""
    body = answer["body"]
    causes = (body.get("details") or {}).get("causes") if isinstance(body, dict) and body.get("kind") == "Status" else None
    if answer["status"] == 500 and isinstance(body, dict) and "errors:\n" in str(body.get("message")):
        return {**answer, "body": {**body, "message": sorted(body["message"].split("\n"))}}
    if not causes or not any(cause.get("reason") == "FieldManagerConflict" or RANDOM.search(cause.get("field", "")) for cause in causes):
        return {**answer, "warnings": sorted(answer["warnings"])}
    ranked = sorted(causes, key=json.dumps)
    return {**answer, "body": {**body, "details": {**body["details"], "causes": ranked}, "message": "".join(sorted(body["message"]))}}


def filled(side: Any, step: Step, space: str) -> Step:
    """The step with the namespace put in; an `edit` is merged into what the server has and sent back whole."""
    result: Step = json.loads(json.dumps(step).replace("{ns}", space))
    if "edit" in result:
        edit = result.pop("edit")
        live = side.send({"method": "GET", "path": result["path"]})["body"]
        result["body"] = merge_patch.apply(live, edit)
    return result


def signature(ours: Any, theirs: Any) -> tuple[Any, ...]:
    """What a difference is about, roughly: so that shrinking does not wander to another one."""
    return tuple(differing(ours, theirs))[:1] or ((),)


def differing(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Paths at which two answers differ; items of lists without their index."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            if key not in ours or key not in theirs:
                yield f"{path}.{key} {'missing' if key not in ours else 'extra'}"
            elif ours[key] != theirs[key]:
                yield from differing(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for left, right in zip(ours, theirs, strict=True):
            if left != right:
                yield from differing(left, right, f"{path}[]")
    else:
        yield path


def shrunk(both: Both, steps: list[Step], limit: int = 150) -> list[Step]:
    """Fewer steps and smaller bodies that still differ in the same place at the last step."""
    found = both.first(steps)
    if found is None:
        return steps
    wanted = signature(found[2], found[3])
    steps = steps[: found[0] + 1]

    def still(candidate: list[Step]) -> bool:
        nonlocal limit
        limit -= 1
        again = both.first(candidate) if limit > 0 else None
        return again is not None and again[0] == len(candidate) - 1 and signature(again[2], again[3]) == wanted

    for index in range(len(steps) - 2, -1, -1):
        fewer = steps[:index] + steps[index + 1 :]
        if still(fewer):
            steps = fewer
    for index in range(len(steps)):
        for field in ("body", "edit"):
            if isinstance(steps[index].get(field), (dict, list)):
                steps = _smaller(steps, index, field, still)
        if steps[index].get("query") and still([*steps[:index], {**steps[index], "query": ""}, *steps[index + 1 :]]):
            steps[index] = {**steps[index], "query": ""}
    return steps


def _smaller(steps: list[Step], index: int, field: str, still: Callable[[list[Step]], bool]) -> list[Step]:
    changed = True
    while changed:
        changed = False
        for path in list(_paths(steps[index][field])):
            body = json.loads(json.dumps(steps[index][field]))
            parent = body
            try:
                for part in path[:-1]:
                    parent = parent[part]
                del parent[path[-1]]
            except (KeyError, IndexError, TypeError):
                continue
            candidate = [*steps[:index], {**steps[index], field: body}, *steps[index + 1 :]]
            if still(candidate):
                steps = candidate
                changed = True
                break
    return steps


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value, outer ones first."""
    entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for key, _ in entries:
        if (*path, key) not in (("apiVersion",), ("kind",), ("metadata",), ("metadata", "name")):
            yield (*path, key)
    for key, item in entries:
        yield from _paths(item, (*path, key))


def fuzz(
    both: Both, seconds: float, seed: int, kinds: list[str], report: Callable[[str], None], most: int = 1_000_000
) -> dict[tuple[Any, ...], int]:
    """Random sequences until the time is over; every kind of difference is shrunk and reported once."""
    seen: dict[tuple[Any, ...], int] = {}
    end = time.monotonic() + seconds
    number = seed
    while time.monotonic() < end and len(seen) < most:
        number += 1
        source = random.Random(number)
        kind = source.choice(kinds or inputs.NAMES)
        steps = list(inputs.sequence(source, kind))
        found = both.first(steps)
        if found is None:
            continue
        mark = (kind, *signature(found[2], found[3]))
        seen[mark] = seen.get(mark, 0) + 1
        if seen[mark] > 1:
            continue
        small = shrunk(both, steps)
        last = both.first(small) or found
        report(f"# seed {number} {kind} {' '.join(map(str, mark[1:]))}")
        for step in small:
            report(json.dumps(step))
        report(f"  ours:   {_cut(last[2], last[3])}")
        report(f"  theirs: {_cut(last[3], last[2])}")
    return seen


def _cut(value: Any, other: Any) -> str:
    """Only what differs."""
    if isinstance(value, dict) and isinstance(other, dict):
        parts = {key: value[key] for key in value if key not in other or value[key] != other[key]}
        return "{" + ", ".join(f"{key}: {_cut(part, other.get(key))}" for key, part in parts.items()) + "}"
    if isinstance(value, list) and isinstance(other, list):
        return "[" + ", ".join(_cut(left, right) for left, right in _pairs(value, other) if left != right) + "]"
    if isinstance(value, str) and isinstance(other, str) and len(value) > 200:
        start = max(0, next((i for i, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), 0) - 60)
        return f"…{json.dumps(value[start : start + 400])}"
    return json.dumps(value)[:1200]


def _pairs(value: list[Any], other: list[Any]) -> Iterator[tuple[Any, Any]]:
    for index, item in enumerate(value):
        yield item, other[index] if index < len(other) else None


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", default=[])
    given = parser.parse_args()
    both = Both(given.url, given.token)
    seen = fuzz(both, given.seconds, given.seed * 1_000_000, given.kind, lambda line: print(line, flush=True))
    print(f"{both.sequences} sequences, {both.requests} requests, statuses {dict(sorted(both.statuses.items()))}")
    for mark, count in sorted(seen.items(), key=lambda row: -row[1]):
        print(f"{count:5} {' '.join(map(str, mark))}")


if __name__ == "__main__":
    main()
