"""Make `pytest_helmsim/apiserver/data/openapi.zip`: what a real kube-apiserver says of itself at /openapi/v3 and /openapi/v2.

    python tools/generate_openapi.py https://127.0.0.1:6443 TOKEN

Against a server without CustomResourceDefinitions. Members, read one by one by `apiserver.published`: `schemas.json` holds every
schema of version 3 once (the definitions of version 2 follow from them), `v3/<document>` the rest of a document, `v2` and `v2.pb` the
other form, `columns.json` what the columns of Tables are said to show. The descriptions are Kubernetes' own (Apache License 2.0).
"""

from __future__ import annotations

import json
import ssl
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "pytest_helmsim" / "apiserver" / "data" / "openapi.zip"
STAMP = (1980, 1, 1, 0, 0, 0)


TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def fetch(url: str, token: str, path: str, accept: str) -> bytes:
    """One answer."""
    request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}", "Accept": accept})
    with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:
        return bytes(answer.read())


def get(url: str, token: str, path: str, accept: str = "application/json") -> Any:
    """One answer as JSON."""
    return json.loads(fetch(url, token, path, accept))


def columns(url: str, token: str) -> dict[str, dict[str, str]]:
    """Descriptions of the columns of every kind that can be listed, by `plural.group`."""
    found = {}
    groups = get(url, token, "/apis")["groups"]
    for path in ("/api/v1", *(f"/apis/{version['groupVersion']}" for group in groups for version in group["versions"])):
        group = path.split("/")[2] if path.startswith("/apis/") else ""
        for resource in get(url, token, path)["resources"]:
            if "list" in resource["verbs"] and "/" not in resource["name"]:
                shown = get(url, token, f"{path}/{resource['name']}", TABLE)["columnDefinitions"]
                found[f"{resource['name']}.{group}"] = {column["name"]: column["description"] for column in shown}
    return found


def main(url: str, token: str) -> None:
    """Fetch all documents and pack them."""
    paths = get(url, token, "/openapi/v3")["paths"]
    schemas: dict[str, Any] = {}
    members: dict[str, Any] = {}
    for name, entry in sorted(paths.items()):
        document = get(url, token, entry["serverRelativeURL"])
        found = document["components"].pop("schemas", None)
        own = {}
        for schema, node in (found or {}).items():
            if schemas.setdefault(schema, node) != node:
                own[schema] = node
        members[f"v3/{name}"] = {"document": document, "schemas": None if found is None else list(found), "own": own}
    second = get(url, token, "/openapi/v2")
    definitions = second.pop("definitions")
    kinds = {name: node.get("x-kubernetes-group-version-kind") for name, node in definitions.items()}
    known = {name: node.get("x-kubernetes-group-version-kind") for name, node in schemas.items()}
    members["v2"] = {"document": second, "kinds": {name: value for name, value in kinds.items() if value != known[name]}}
    members["v2.pb"] = fetch(url, token, "/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
    members["schemas.json"] = schemas
    members["columns.json"] = columns(url, token)
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, value in members.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
            archive.writestr(info, data, compresslevel=9)
    sys.stdout.write(f"{len(paths)} documents, {len(schemas)} schemas, {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
