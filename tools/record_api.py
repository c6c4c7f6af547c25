"""Record what a real kube-apiserver answers to the sequences of `api_scenarios.py`.

    python tools/record_api.py https://127.0.0.1:6443 TOKEN [NAME...]

Writes `tests/recorded/api/<name>.json.z`: {"server": version, "pairs": [[request, response], …]}. Uids, resource versions, times, addresses
and ports are kept as they came; the test masks both sides. No controllers may run beside the server. Each sequence gets a namespace
of its own name, which must not exist.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import sys
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
import api_scenarios
import api_scenarios_accounts
import api_scenarios_addresses
import api_scenarios_admission
import api_scenarios_customs
import api_scenarios_definitions
import api_scenarios_kinds
import api_scenarios_lists
import api_scenarios_more
import api_scenarios_moving
import api_scenarios_mutations
import api_scenarios_policies
import api_scenarios_security
import api_scenarios_system
import api_scenarios_upgrades
import api_scenarios_workloads
from api_scenarios import Step

TARGET = Path(__file__).parent.parent / "tests" / "recorded" / "api"
MODULES = (
    api_scenarios, api_scenarios_more, api_scenarios_lists, api_scenarios_definitions, api_scenarios_system,
    api_scenarios_accounts, api_scenarios_admission, api_scenarios_mutations, api_scenarios_policies, api_scenarios_security,
    api_scenarios_workloads,
    api_scenarios_kinds, api_scenarios_customs, api_scenarios_addresses, api_scenarios_upgrades, api_scenarios_moving,
)  # fmt: skip
REFERENCE = re.compile(r"<(\d+)((?:\.[\w-]+)*)>")


class Server:
    """One connection to the real server."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=ssl._create_unverified_context())
        self._token = token

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, step: Step) -> dict[str, Any]:
        """Status, warnings, content type and body (JSON where it is)."""
        body = step.get("body")
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body, separators=(",", ":")).encode()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": step.get("accept", "application/json"),
            "Content-Type": step.get("type", "application/json"),
            "User-Agent": step.get("agent", "recorder/1.0"),
            **step.get("headers", {}),
        }
        query = f"?{quote(step['query'], safe='=&,()!/')}" if step.get("query") else ""
        self._connection.request(step["method"], step["path"] + query, data, headers)
        try:
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:
            self._connection.close()
            return {"status": 0, "warnings": [], "type": "", "body": "the connection was closed without an answer"}
        raw = answer.read()
        try:
            content: Any = events(raw) if step.get("watch") and answer.status == 200 else json.loads(raw)
        except ValueError:
            content = raw.decode(errors="replace")
        kind = answer.getheader("Content-Type", "")
        return {"status": answer.status, "warnings": answer.headers.get_all("Warning") or [], "type": kind, "body": content}


def events(raw: bytes) -> dict[str, Any]:
    """What a watch told until it ended."""
    told = [json.loads(line) for line in raw.splitlines() if line]
    return told[0] if len(told) == 1 and "object" not in told[0] else {"events": told}


def resolve_text(text: str, answers: list[Any]) -> str:
    """Replace references within a path or query."""
    return REFERENCE.sub(lambda found: str(resolve(found[0], answers)), text)


def resolve(value: Any, answers: list[Any]) -> Any:
    """Replace references to earlier answers."""
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


def record(server: Server, name: str, steps: list[Step]) -> list[list[Any]]:
    """Send all steps of a sequence."""
    namespace = f"rec-{name}"
    made = server.send({"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": namespace}}})
    if made["status"] != 201:
        raise SystemExit(f"{namespace} exists already: record against a fresh server")
    answers: list[Any] = []
    pairs = []
    for step in steps:
        sent = {**step, "path": step["path"].replace("{ns}", namespace)}
        if "{ns}" in step.get("query", ""):
            sent["query"] = step["query"].replace("{ns}", namespace)
        if "body" in step:
            sent["body"] = json.loads(json.dumps(step["body"]).replace("{ns}", namespace))
        if "headers" in step:
            sent["headers"] = {key: value.replace("{ns}", namespace) for key, value in step["headers"].items()}
        resolved = {**sent, "path": resolve_text(sent["path"], answers), "query": resolve_text(sent.get("query", ""), answers)}
        if "body" in sent:
            resolved["body"] = resolve(sent["body"], answers)
        time.sleep(sent.pop("pause", 0))
        answer = server.send(resolved)
        for _ in range(100):
            if answer["status"] == step.get("retry", answer["status"]):
                break
            time.sleep(0.1)
            answer = server.send(resolved)
        answers.append(answer["body"])
        pairs.append([sent, answer])
    return pairs


def main(url: str, token: str, wanted: list[str]) -> None:
    """Record the named sequences, or all."""
    server = Server(url, token)
    version = server.send({"method": "GET", "path": "/version"})["body"]["gitVersion"]
    total = 0
    for name, steps in (sequence for module in MODULES for sequence in module.scenarios()):
        if wanted and name not in wanted:
            continue
        pairs = record(server, name, steps)
        total += len(pairs)
        data = json.dumps({"server": version, "pairs": pairs}, separators=(",", ":")).encode()
        (TARGET / f"{name}.json.z").write_bytes(zlib.compress(data, 9))
    sys.stdout.write(f"{total} pairs\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
