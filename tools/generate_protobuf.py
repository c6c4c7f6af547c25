"""Write `pytest_helmsim/schema/data/protobuf.json.z`: the field numbers by which Go clients send built-in kinds.

    python tools/generate_protobuf.py MODULE_DIR...

Each argument is an unpacked Go module with `generated.proto` files: k8s.io/api, k8s.io/apimachinery, k8s.io/apiextensions-apiserver,
k8s.io/kube-aggregator. Types come from the .proto files, JSON names (and which structs are inlined) from the tags in the Go types.
Result: message name -> field number -> [JSON name ("" for inlined), type, "r" repeated | "m" map | ""].
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from pathlib import Path

TARGET = Path(__file__).parent.parent / "pytest_helmsim" / "schema" / "data" / "protobuf.json.z"
FIELD = re.compile(r"^\s*(?:(optional|repeated|required)\s+)?(map<\s*string\s*,\s*([\w.]+)\s*>|[\w.]+)\s+(\w+)\s*=\s*(\d+)")
STRUCT = re.compile(r"^type (\w+) struct \{")
TAG = re.compile(r'json:"([^"]*)"\s+protobuf:"\w+,(\d+),')
SCALARS = {"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float", "sint32", "sint64", "fixed64", "fixed32"}


def json_names(folder: Path) -> dict[str, dict[str, str]]:
    """Struct → field number → JSON name, from the Go files beside a .proto."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(folder.glob("*.go")):
        if file.name.endswith("_test.go") or file.name.startswith(("generated", "zz_")):
            continue
        current: dict[str, str] | None = None
        for line in file.read_text().splitlines():
            if start := STRUCT.match(line):
                current = found.setdefault(start[1], {})
            elif line.startswith("}"):
                current = None
            elif current is not None and (tag := TAG.search(line)):
                current[tag[2]] = tag[1].split(",")[0]
    if "JSONSchemaProps" in found:
        found["JSONSchemaProps"]["44"] = "x-kubernetes-validations"  # its tag stands on a line of another form
    return found


def messages(proto: Path) -> dict[str, dict[str, list[str]]]:
    """All messages of one file under their full names."""
    text = proto.read_text()
    package = re.search(r"^package ([\w.]+);", text, re.MULTILINE)
    assert package is not None
    names = json_names(proto.parent)
    found: dict[str, dict[str, list[str]]] = {}
    current, fields = "", {}
    for line in text.splitlines():
        line = line.split("//")[0]
        if start := re.match(r"\s*message (\w+) \{", line):
            current, fields = start[1], {}
            found[f"{package[1]}.{current}"] = fields
        elif field := FIELD.match(line):
            label, whole, mapped, name, number = field.groups()
            kind, form = (mapped, "m") if mapped else (whole, "r" if label == "repeated" else "")
            if kind not in SCALARS and "." not in kind:
                kind = f"{package[1]}.{kind}"
            fields[number] = [names.get(current, {}).get(number, name), kind.lstrip("."), form]
    return found


def main(modules: list[str]) -> None:
    """Collect, and write compressed."""
    table: dict[str, dict[str, list[str]]] = {}
    for module in modules:
        for proto in sorted(Path(module).rglob("generated.proto")):
            table |= messages(proto)
    data = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(zlib.compress(data, 9))
    sys.stdout.write(f"{len(table)} messages, {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
