"""Record what a fresh kube-apiserver holds before anybody has asked it for anything.

    python tools/record_bootstrap.py https://127.0.0.1:6443 TOKEN

Writes `pytest_helmsim/apiserver/data/bootstrap.json.z`: {"server": version, "places": [[group, plural, namespace], …],
"objects": [[place, object], …]}, in the order in which they were written. No controllers may run beside the server. Uids and
resource versions are left empty; times and addresses are placeholders that `apiserver.bootstrap` fills in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import sys
import urllib.request
import zlib
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "pytest_helmsim" / "apiserver" / "data" / "bootstrap.json.z"
HOST = "localhost"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
MICRO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$")
DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
COMPUTED = ("componentstatuses",)


def get(url: str, token: str, path: str) -> Any:
    """One answer as JSON."""
    request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:
        return json.loads(answer.read())


def collect(url: str, token: str) -> list[tuple[tuple[str, str, str], dict[str, Any]]]:
    """Every listable object in the preferred version of its group, oldest write first."""
    versions = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in get(url, token, "/apis")["groups"])]
    found = []
    for path in versions:
        group = path.split("/")[2] if path.startswith("/apis/") else ""
        for resource in get(url, token, path)["resources"]:
            if "list" not in resource["verbs"] or "/" in resource["name"] or resource["name"] in COMPUTED:
                continue
            if (group, resource["name"]) == ("events.k8s.io", "events"):
                continue
            for item in get(url, token, f"{path}/{resource['name']}")["items"]:
                obj = {"kind": resource["kind"], "apiVersion": path.partition("/")[2].partition("/")[2], **item}
                found.append(((group, resource["name"], item["metadata"].get("namespace", "")), obj))
    return sorted(found, key=lambda pair: int(pair[1]["metadata"]["resourceVersion"]))


def masked(value: Any, names: dict[str, str]) -> Any:
    """Placeholders for what the recording machine and its time left in the object."""
    if isinstance(value, dict):
        return {key: masked(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, names) for item in value]
    if not isinstance(value, str):
        return value
    for pattern, placeholder in ((TIME, "@now"), (MICRO, "@micro"), (DATE, "@date")):
        if pattern.match(value):
            return placeholder
    for before, after in names.items():
        value = value.replace(before, after)
    return UID.sub("@uid", value)


def main(url: str, token: str) -> None:
    """Record everything."""
    found = collect(url, token)
    port = url.rsplit(":", 1)[-1]
    lease = next(obj["metadata"] for (_, plural, _), obj in found if plural == "leases")
    host = lease["labels"]["kubernetes.io/hostname"]
    names = {lease["name"]: identity(HOST), f"127.0.0.1:{port}": "@address"}
    if lease["name"] != identity(host):
        raise SystemExit("the server makes its name in another way than `identity`")
    places: list[tuple[str, str, str]] = []
    rows = []
    for place, obj in found:
        if place not in places:
            places.append(place)
        obj["metadata"] |= {"uid": "", "resourceVersion": ""}
        if place[1] == "leases":
            obj["metadata"]["labels"]["kubernetes.io/hostname"] = HOST
        written = masked(obj, names)
        if place[1] == "services":
            written["spec"]["ports"][0]["targetPort"] = "@port"
        rows.append([places.index(place), written])
    version = get(url, token, "/version")["gitVersion"]
    data = json.dumps({"server": version, "places": places, "objects": rows}, separators=(",", ":")).encode()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(zlib.compress(data, 9))
    sys.stdout.write(f"{len(rows)} objects of {version}\n")


def identity(host: str) -> str:
    """The name that a server gives itself on a host (k8s.io/apiserver pkg/server/config.go)."""
    data = b"".join(len(part).to_bytes(2) + part for part in (host.encode(), b"kube-apiserver"))
    return "apiserver-" + base64.b32encode(hashlib.sha256(data).digest()[:16]).decode().rstrip("=").lower()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
