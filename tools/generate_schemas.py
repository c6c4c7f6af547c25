"""Make `pytest_helmsim/schema/data/<version>.json.z`: the kinds of each Kubernetes version and what their fields mean.

Usage: `python tools/generate_schemas.py GO_MODULE_CACHE`; needs the PyPI package `kubernetes-validate`, which carries
the published OpenAPI of 1.25 to 1.37, and k8s.io/api and its siblings in a Go module cache (`go env GOMODCACHE`) for
what Go writes: order of fields, pointers, omitempty, names of types. What is not in there comes from
`tools/discovery.json` (plural and short names, verbs, subresources: aggregated discovery of a real 1.36.3 server, one
resource a line) and from the tables below.

A version serves the stable versions of its definitions; alpha and beta ones are off by default since 1.24, except the
old ones in `STILL_SERVED`.
"""

from __future__ import annotations

import json
import sys
import zlib
from importlib import resources
from pathlib import Path
from typing import Any

from go_structs import GoTypes, internal_structs

ROOT = Path(__file__).parent.parent
DATA = ROOT / "pytest_helmsim" / "schema" / "data"

# Newest patch release of each minor version that published k8s.io/api (1.36: the server that everything here was compared with).
RELEASES = {
    "1.28": "v1.28.15",
    "1.29": "v1.29.15",
    "1.30": "v1.30.14",
    "1.31": "v1.31.14",
    "1.32": "v1.32.13",
    "1.33": "v1.33.13",
    "1.34": "v1.34.13",
    "1.35": "v1.35.10",
    "1.36": "v1.36.3",
    "1.37": "v1.37.2",
}

# pkg/controlplane/instance.go legacyBetaEnabledByDefaultResources of 1.28 to 1.31.
STILL_SERVED = {
    "1.28": ("flowcontrol.apiserver.k8s.io/v1beta2", "flowcontrol.apiserver.k8s.io/v1beta3"),
    "1.29": ("flowcontrol.apiserver.k8s.io/v1beta3",),
    "1.30": ("flowcontrol.apiserver.k8s.io/v1beta3",),
    "1.31": ("flowcontrol.apiserver.k8s.io/v1beta3",),
}

# Stable after 1.36, so not in the recorded discovery; names from the types' +genclient tags and the storage of the earlier beta.
LATER = [
    {
        "in": "certificates.k8s.io/v1",
        "kind": "ClusterTrustBundle",
        "plural": "clustertrustbundles",
        "singular": "clustertrustbundle",
        "namespaced": False,
    },
    {
        "in": "certificates.k8s.io/v1",
        "kind": "PodCertificateRequest",
        "plural": "podcertificaterequests",
        "singular": "podcertificaterequest",
        "namespaced": True,
        "subresources": {"status": ["PodCertificateRequest", "", ["get", "patch", "update"]]},
    },
    {
        "in": "resource.k8s.io/v1",
        "kind": "DeviceTaintRule",
        "plural": "devicetaintrules",
        "singular": "devicetaintrule",
        "namespaced": False,
        "subresources": {"status": ["DeviceTaintRule", "", ["get", "patch", "update"]]},
    },
    {
        "in": "storagemigration.k8s.io/v1",
        "kind": "StorageVersionMigration",
        "plural": "storageversionmigrations",
        "singular": "storageversionmigration",
        "namespaced": False,
        "subresources": {"status": ["StorageVersionMigration", "", ["get", "patch", "update"]]},
    },
]

# pkg/features/kube_features.go: subresources that came with a feature on by default.
SUBRESOURCE_SINCE = {("Pod", "resize"): 33}

# The release whose Go types say how each minor version is written; types grow only, so one serves all that came before.
GO_RELEASE = {"1.37": "0.37.1"}
GO_RELEASE_BEFORE = "0.36.3"

# metadata.creationTimestamp became omitzero with 1.34; before, templates show it as null.
OMITTED_TIME_SINCE = 34

META = "io.k8s.apimachinery.pkg.apis.meta.v1."
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
SPECIAL = {
    QUANTITY: "s:quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "x",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "*",
    META + "FieldsV1": "*",
    META + "Time": "s:date-time",
    META + "MicroTime": "s:date-time",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "?",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "?",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "?",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "?",
}
TYPES = {"string": "s", "integer": "i", "number": "n", "boolean": "b", "object": "o", "array": "a"}

# OpenAPI v3 says these defaults, v2 does not; only keys of keyed lists matter to server-side apply.
KEY_DEFAULTS = {
    "io.k8s.api.core.v1.ContainerPort": {"protocol": "TCP"},
    "io.k8s.api.core.v1.ServicePort": {"protocol": "TCP"},
    "io.k8s.api.core.v1.LocalObjectReference": {"name": ""},
}
ALSO = (
    META + "DeleteOptions",
    META + "Status",
    "io.k8s.api.autoscaling.v1.Scale",
    "io.k8s.api.policy.v1.Eviction",
    "io.k8s.api.authentication.v1.TokenRequest",
)


def compact(node: dict[str, Any]) -> Any:
    """A node in the short form that `openapi.Definitions` reads; attributes that say nothing are left out."""
    ref = node.get("$ref", "").rsplit("/", 1)[-1]
    kind = node.get("type", "")
    kind = kind[0] if isinstance(kind, list) else kind
    short: Any = "#" + ref if ref else TYPES.get(kind, "?")
    if ref in SPECIAL:
        short = SPECIAL[ref]
    elif not ref and node.get("format"):
        short += ":" + node["format"]
    out: dict[str, Any] = {}
    if "items" in node:
        out["i"] = compact(node["items"])
    if isinstance(node.get("additionalProperties"), dict):
        out["v"] = compact(node["additionalProperties"])
    for key, name in (("l", "list-type"), ("k", "list-map-keys"), ("m", "patch-merge-key"), ("s", "patch-strategy"), ("a", "map-type")):
        if value := node.get("x-kubernetes-" + name):
            out[key] = value
    if not out:
        return short
    return {"t": short, **out}


def compact_definition(name: str, node: dict[str, Any], go: GoTypes, number: int) -> Any:
    """A definition: its properties in Go's order with how each is written, what is required, whether it is one value."""
    if name in SPECIAL:
        return SPECIAL[name]
    source = node.get("properties", {})
    required = node.get("required", [])
    written = {field.name: field for field in go.fields(name)}
    order = [key for key in written if key in source] + [key for key in source if key not in written]
    short = {key: compact(source[key]) for key in order}
    presence = "".join(written[key].presence if key in written else _presence(source[key], key in required) for key in order)
    if name == META + "ObjectMeta" and number < OMITTED_TIME_SINCE:
        presence = "".join("o" if key == "creationTimestamp" else letter for key, letter in zip(order, presence, strict=True))
    out: dict[str, Any] = {"t": "o", "p": short, "w": presence}
    types = {key: written[key].go_type for key in order if key in written and written[key].go_type != plain_type(short[key])}
    if types:
        out["g"] = types
    if inlined := {key: written[key].embedded for key in order if key in written and written[key].embedded}:
        out["e"] = inlined
    if required:
        out["q"] = required
    if node.get("x-kubernetes-map-type"):
        out["a"] = node["x-kubernetes-map-type"]
    if name in KEY_DEFAULTS:
        out["d"] = KEY_DEFAULTS[name]
    return out


def _presence(node: dict[str, Any], required: bool) -> str:
    """Of a field that the Go types no longer have: required ones are written, structs are pointers, the rest omitempty."""
    return "a" if required else "p" if "$ref" in node else "o"


def plain_type(short: Any) -> str:
    """The Go type that a node has unless said otherwise; `openapi.go_type` derives the same."""
    if isinstance(short, dict):
        if "i" in short:
            return "[]" + plain_type(short["i"])
        if "v" in short:
            return "map[string]" + plain_type(short["v"])
        return plain_type(short["t"])
    if short.startswith("#"):
        *_, version, name = short.split(".")
        return f"{version}.{name}"
    return {
        "s": "string",
        "b": "bool",
        "i:int32": "int32",
        "i:int64": "int64",
        "x": "intstr.IntOrString",
        "s:quantity": "resource.Quantity",
        "s:date-time": "v1.Time",
        "s:byte": "[]uint8",
        "*": "runtime.RawExtension",
    }.get(short, short)


def references(short: Any) -> set[str]:
    """Definitions that a compact node names."""
    if isinstance(short, str):
        return {short[1:]} if short.startswith("#") else set()
    found: set[str] = set()
    for part in (short["t"], *(short[key] for key in ("i", "v") if key in short), *short.get("p", {}).values()):
        found |= references(part)
    return found


def stable(version: str) -> bool:
    return "alpha" not in version and "beta" not in version


def served(minor: str, definitions: dict[str, Any]) -> dict[tuple[str, str], str]:
    """(groupVersion, kind) → definition, of everything this version serves by default."""
    found: dict[tuple[str, str], str] = {}
    for name, node in definitions.items():
        for gvk in node.get("x-kubernetes-group-version-kind") or ():
            gv = f"{gvk['group']}/{gvk['version']}".lstrip("/")
            if len(node["x-kubernetes-group-version-kind"]) == 1 and (stable(gvk["version"]) or gv in STILL_SERVED.get(minor, ())):
                found[gv, gvk["kind"]] = name
    return found


def resource_rows(minor: str, kinds: dict[tuple[str, str], str]) -> list[dict[str, Any]]:
    """Discovery's rows that exist in this version, in the order of the server's groups; old betas beside their stable successor."""
    table = json.loads((ROOT / "tools" / "discovery.json").read_text())
    rows: list[dict[str, Any]] = []
    number = int(minor.split(".")[1])
    for row in table + LATER:
        group, _, _version = row["in"].rpartition("/")
        versions = [row["in"]] if (row["in"], row["kind"]) in kinds else []
        versions += [gv for gv in STILL_SERVED.get(minor, ()) if gv.startswith(group + "/") and group and (gv, row["kind"]) in kinds]
        for gv in versions:
            new = {**row, "in": gv}
            subs = {
                name: sub for name, sub in row.get("subresources", {}).items() if SUBRESOURCE_SINCE.get((row["kind"], name), 0) <= number
            }
            if subs:
                new["subresources"] = subs
            rows.append(new)
    order: dict[str, int] = {}
    for row in rows:
        order.setdefault(row["in"].rpartition("/")[0], len(order))
    return sorted(rows, key=lambda row: order[row["in"].rpartition("/")[0]])


def build(minor: str, modules: Path) -> bytes:
    """Everything of one Kubernetes version as compressed JSON."""
    source = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{minor}.0-local" / "_definitions.json"
    definitions = json.loads(source.read_text())["$defs"]
    kinds = served(minor, definitions)
    go = GoTypes(modules, GO_RELEASE.get(minor, GO_RELEASE_BEFORE))
    rows = resource_rows(minor, kinds)
    roots = {kinds[row["in"], row["kind"]] for row in rows} | {name for name in ALSO if name in definitions}
    wanted: dict[str, Any] = {}
    todo = sorted(roots)
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted[name] = compact_definition(name, definitions[name], go, int(minor.split(".")[1]))
            todo += sorted(references(wanted[name]))
    out = {
        "version": RELEASES[minor],
        "resources": rows,
        "kinds": {f"{gv} {kind}": name for (gv, kind), name in sorted(kinds.items()) if name in wanted},
        "definitions": {name: wanted[name] for name in sorted(wanted)},
    }
    return zlib.compress(json.dumps(out, separators=(",", ":")).encode(), 9)


def main() -> None:
    DATA.mkdir(exist_ok=True)
    for minor in RELEASES:
        data = build(minor, Path(sys.argv[1]))
        (DATA / f"{minor}.json.z").write_bytes(data)
        print(minor, len(data))
    structs = internal_structs(Path(sys.argv[1]), "1.36.3", GO_RELEASE_BEFORE)
    (DATA / "internal.json.z").write_bytes(zlib.compress(json.dumps(structs, separators=(",", ":")).encode(), 9))


if __name__ == "__main__":
    main()
