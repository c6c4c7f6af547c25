"""Make `pytest_helmsim/apiserver/data/roles.json.z`: how the default RBAC objects of each Kubernetes version differ from the recorded 1.36.

    python tools/generate_roles.py GO_MODULE_CACHE

Read from the lists that upstream's own tests hold every release to (k8s.io/kubernetes, testdata of the package bootstrappolicy); those of
1.36 are the recorded ones (tools/record_bootstrap.py), which this checks. The file: {"parts": [rules, subjects or roleRef, …],
"versions": {minor: {"gone": [key, …], "changed": {key: {field: part}}, "new": {key: {field: part}}}}}; a key is `plural/namespace/name`.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent.parent / "pytest_helmsim" / "apiserver" / "data"
RELEASES = {
    "1.28": "1.28.15", "1.29": "1.29.6", "1.30": "1.30.14", "1.31": "1.31.14", "1.32": "1.32.13", "1.33": "1.33.13", "1.34": "1.34.4",
    "1.35": "1.35.4", "1.36": "1.36.3", "1.37": "1.37.0",
}  # fmt: skip
LISTS = (
    "cluster-roles", "controller-roles", "cluster-role-bindings", "controller-role-bindings", "namespace-roles", "namespace-role-bindings",
)  # fmt: skip
ORDER = ("kind", "verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs", "apiGroup", "name", "namespace")
FIELDS = ("rules", "aggregationRule", "roleRef", "subjects")


def key(obj: dict[str, Any]) -> str:
    """`clusterroles//view`."""
    return f"{obj['kind'].lower()}s/{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"


def content(obj: dict[str, Any]) -> dict[str, Any]:
    """What a role allows or a binding binds."""
    return {field: ordered(obj[field]) for field in FIELDS if obj.get(field) is not None}


def ordered(value: Any) -> Any:
    """Members in the order in which the server writes them."""
    if isinstance(value, list):
        return [ordered(item) for item in value]
    if isinstance(value, dict):
        return {name: ordered(value[name]) for name in (*ORDER, *sorted(value)) if name in value}
    return value


def listed(modules: Path, release: str) -> dict[str, dict[str, Any]]:
    """The default objects of one release."""
    folder = modules / "k8s.io" / f"kubernetes@v{release}" / "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata"
    items = [item for name in LISTS for item in yaml.safe_load((folder / f"{name}.yaml").read_text())["items"]]
    return {key(item): content(item) for item in items}


def main(modules: Path) -> None:
    """Write the differences."""
    recorded = json.loads(zlib.decompress((DATA / "bootstrap.json.z").read_bytes()))["objects"]
    base = {key(obj): content(obj) for _, obj in recorded if obj["apiVersion"].startswith("rbac.")}
    if listed(modules, RELEASES["1.36"]) != base:
        raise SystemExit("the lists of 1.36 are not what its server wrote")
    parts: list[Any] = []

    def numbered(obj: dict[str, Any]) -> dict[str, int]:
        for part in obj.values():
            if part not in parts:
                parts.append(part)
        return {field: parts.index(part) for field, part in obj.items()}

    versions = {}
    for minor, release in RELEASES.items():
        found = listed(modules, release)
        gone = sorted(base.keys() - found.keys())
        new = {name: numbered(found[name]) for name in sorted(found.keys() - base.keys())}
        changed = {name: numbered(found[name]) for name in sorted(found.keys() & base.keys()) if found[name] != base[name]}
        if gone or new or changed:
            versions[minor] = {"gone": gone, "changed": changed, "new": new}
    data = zlib.compress(json.dumps({"parts": parts, "versions": versions}, separators=(",", ":")).encode(), 9)
    (DATA / "roles.json.z").write_bytes(data)
    sys.stdout.write(f"{len(data)} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
