"""Record what a real API server makes of objects: request and response pairs for tests/recorded/defaults.

Usage: `python tools/record_defaults.py SERVER TOKEN`, for example `https://127.0.0.1:6443 oracle`. Reads
`tests/recorded/defaults/objects.yaml`, POSTs each document as a dry run, writes `answers.json` beside it: a list of
{request, status, response}. What differs from run to run (uid, times, managedFields, resourceVersion, addresses) is taken out.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.catalog import Catalog

HERE = Path(__file__).parent.parent / "tests" / "recorded" / "defaults"


class Server:
    """A few words of HTTP with a real API server; its certificate is its own."""

    def __init__(self, url: str, token: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        parts = urlsplit(url)
        self._http = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=context)
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any, list[str]]:
        """Status, JSON answer, warnings; a body of bytes goes out as it is."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type, "Accept": "application/json"}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body)
        self._http.request(method, path, data, headers)
        answer = self._http.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else {}, answer.headers.get_all("Warning") or []


def collection(obj: dict[str, Any]) -> str:
    """The URL path that an object of a built-in kind is POSTed to."""
    resource = Catalog.for_version("1.36").resource(GroupVersionKind.of_object(obj))
    if resource is None:
        raise SystemExit(f"no such kind: {obj.get('apiVersion')} {obj.get('kind')}")
    return resource.path(namespace=obj.get("metadata", {}).get("namespace") or "default")


def masked(obj: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from run to run."""
    for key in ("uid", "creationTimestamp", "managedFields", "resourceVersion"):
        obj.get("metadata", {}).pop(key, None)
    if obj.get("kind") == "Service":
        for key in ("clusterIP", "clusterIPs"):
            if obj["spec"].get(key) not in ("None", ["None"], None):
                obj["spec"].pop(key)
        for port in obj["spec"].get("ports", ()):
            port.pop("nodePort", None)
        obj["spec"].pop("healthCheckNodePort", None)
    return obj


def main() -> None:
    server = Server(sys.argv[1], sys.argv[2])
    rows = []
    for index, obj in enumerate(yaml.load_all((HERE / "objects.yaml").read_text(), yaml.CSafeLoader)):
        status, answer, _ = server.ask("POST", collection(obj) + "?dryRun=All&fieldValidation=Ignore", obj)
        if status != 201:
            print(index, obj["kind"], obj["metadata"], answer.get("message"))
        rows.append({"request": obj, "status": status, "response": masked(answer) if status == 201 else answer})
    (HERE / "answers.json").write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
    print(len(rows), "recorded")


if __name__ == "__main__":
    main()
