"""Sends recorded requests to the simulator and compares whole answers: status, warnings, content type, body.

Masked on both sides: uids and resource versions (by order of first appearance, so equality still counts), times, ages, allocated addresses
and ports. `managedFields` are compared as a set of entries, since their order hangs on the second in which a request came.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.wire import Request, Response, User

RECORDED = Path(__file__).parent.parent / "recorded" / "api"
REFERENCE = re.compile(r"<(\d+)((?:\.[\w-]+)*)>")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
ADDRESS = re.compile(r"10\.96\.\d+\.\d+")
AGE = re.compile(r"(\n  - )(?:\d+[ydhms])+(?=\n)")
"""The cell of a Table in YAML."""
DRAWN = 58
NODE_PORT = re.compile(r"\b3[0-2]\d{3}\b")


def load(name: str, folder: Path | None = None) -> list[list[Any]]:
    """The pairs of one sequence."""
    return json.loads(zlib.decompress(((folder or RECORDED) / f"{name}.json.z").read_bytes()))["pairs"]


def names() -> list[str]:
    """All recorded sequences."""
    return sorted(path.name.removesuffix(".json.z") for path in RECORDED.glob("*.json.z"))


def resolve(value: Any, answers: list[Any]) -> Any:
    if isinstance(value, dict):
        return {key: resolve(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, answers) for item in value]
    if isinstance(value, str) and (found := REFERENCE.fullmatch(value)):
        result: Any = answers[int(found[1])]
        for part in found[2].strip(".").split(".") if found[2] else ():
            result = result[int(part) if isinstance(result, list) else part]
        return result
    return value


def resolve_text(text: str, answers: list[Any]) -> str:
    return REFERENCE.sub(lambda found: str(resolve(found[0], answers)), text)


def events(response: Response, server: ApiServer, seconds: int) -> dict[str, Any]:
    """What a watch tells until its time is over."""
    assert not isinstance(response.body, bytes)
    lines: list[bytes] = []
    assert isinstance(server.clock, VirtualClock)
    for pause in (seconds, 0):
        for line in response.body:
            if line == b"":
                break
            lines.append(line)
        server.clock.sleep(pause)
    return {"events": [json.loads(line) for line in lines]}


class Masker:
    """Stable names for what differs from cluster to cluster."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def _name(self, kind: str, text: str) -> str:
        return self._seen.setdefault(f"{kind}{text}", f"<{kind} {sum(1 for key in self._seen if key.startswith(kind))}>")

    def text(self, text: str) -> str:
        text = UID.sub(lambda found: self._name("uid", found[0]), text)
        text = TIME.sub("<time>", text)
        text = ADDRESS.sub("<address>", text)
        text = re.sub(r"^kube-api-access-\w{5}$", "kube-api-access-<drawn>", text)
        text = re.sub(r'(resourceVersion\\*":\\*")\d+', r"\1<rv>", text)
        text = NODE_PORT.sub("<port>", text)
        text = AGE.sub(r"\1<age>", text)
        text = re.sub(r"ResourceVersion: \d+", "ResourceVersion: <rv>", text)
        text = re.sub(r"ResourceVersion in the precondition \(\d+\)", "ResourceVersion in the precondition (<rv>)", text)
        text = re.sub(r"ResourceVersion in record \(\d+\)", "ResourceVersion in record (<rv>)", text)
        text = re.sub(r'resourceVersion: "\d+"', "resourceVersion: <rv>", text)
        return re.sub(r"current: \d+", "current: <rv>", text)

    def mask(self, value: Any, path: tuple[str, ...] = ()) -> Any:
        if isinstance(value, dict):
            return {key: self._member(key, value[key], path) for key in sorted(value)}
        if isinstance(value, list):
            return [self.mask(item, path) for item in value]
        if isinstance(value, str):
            return self.text(value)
        return value

    def _member(self, key: str, value: Any, path: tuple[str, ...]) -> Any:
        if key == "resourceVersion" and isinstance(value, str):
            return "<list version>" if path == ("metadata",) and self.listing else self._name("version", value)
        if key in ("nodePort", "healthCheckNodePort"):
            return "<port>"
        if key == "managedFields":
            return sorted((self.mask(entry) for entry in value), key=lambda entry: json.dumps(entry, sort_keys=True))
        if key == "cells":
            return [self.text(re.sub(r"^(\d+[ydhms])+$", "<age>", cell)) if isinstance(cell, str) else cell for cell in value]
        if key == "continue" and value:
            return "<continue>"
        if key == "columnDefinitions" and value:
            return [{k: v for k, v in column.items() if k != "description"} for column in value]
        if key == "storageVersionHash":
            return "<hash>"
        if key == "generateName" or (key == "name" and isinstance(value, str) and value.startswith("gen-")):
            return "gen-<name>"
        if key == "causes" and isinstance(value, list):
            return [self.mask(cause) for cause in value]
        return self.mask(value, (*path, key))

    listing = False

    def answer(self, status: int, warnings: list[str], kind: str, body: Any) -> Any:
        self.listing = isinstance(body, dict) and ("items" in body or body.get("kind") in ("Table",))
        return {"status": status, "warnings": [self.text(text) for text in warnings], "type": kind, "body": self.mask(body)}


class Replay:
    """One sequence against one fresh cluster."""

    def __init__(self, name: str, server: ApiServer, folder: Path | None = None) -> None:
        self.pairs = load(name, folder)
        self.server = server
        made = Request.make("POST", "/api/v1/namespaces", body={"metadata": {"name": f"rec-{name}"}})
        server.handle(replace(made, headers={**made.headers, "user-agent": "recorder/1.0"}))
        self._answers: list[Any] = []
        self._ours, self._theirs = Masker(), Masker()

    def run(self, index: int) -> tuple[Any, Any]:
        """Our answer and the recorded one, masked."""
        step, recorded = self.pairs[index]
        body = resolve(step.get("body"), self._answers)
        compact = (",", ":")
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body, separators=compact).encode()
        path, query = (resolve_text(step.get(key, ""), self._answers) for key in ("path", "query"))
        request = Request.make(step["method"], path, query.replace("+", "%2B"), data, step.get("type", "application/json"))
        headers = {**request.headers, "accept": step.get("accept", "application/json"), "user-agent": step.get("agent", "recorder/1.0")}
        headers |= {key.lower(): value for key, value in step.get("headers", {}).items()}
        request = replace(request, headers=headers, user=User("admin", ("system:masters", "system:authenticated"), "admin"))
        response = self.server.handle(request)
        try:
            ours: Any = json.loads(response.body) if isinstance(response.body, bytes) else events(response, self.server, 3)
        except ValueError:
            assert isinstance(response.body, bytes)
            ours = response.body.decode(errors="replace")
        if step["method"] == "HEAD":
            ours = ""
        self._answers.append(ours)
        found = dict(response.headers)
        warnings = [value for key, value in response.headers if key == "Warning"]
        theirs = recorded["body"]
        for field in step.get("mask", ()):
            ours, theirs = ({**side, field: "<masked>"} if isinstance(side, dict) else side for side in (ours, theirs))
        for side in (ours, theirs):
            for event in side.get("events", ()) if isinstance(side, dict) else ():
                if event["type"] == "BOOKMARK":
                    event["object"]["metadata"]["resourceVersion"] = "<bookmark>"
        meta = body.get("metadata") if isinstance(body, dict) else None
        prefix = meta.get("generateName") if isinstance(meta, dict) and not meta.get("name") else None
        if prefix and isinstance(prefix, str):
            drawn = re.compile(re.escape(prefix[:DRAWN]) + "[bcdfghjklmnpqrstvwxz2456789]{5}(?=[^\\w])")
            ours, theirs = (json.loads(drawn.sub("<drawn>", json.dumps(side))) for side in (ours, theirs))
        mine = self._ours.answer(response.status, warnings, found.get("Content-Type", ""), ours)
        real = self._theirs.answer(recorded["status"], recorded["warnings"], recorded["type"], theirs)
        return mine, real
