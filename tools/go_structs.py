"""Read what OpenAPI does not say from the Go types: order of fields, pointers, omitempty, and the names of types.

Source: types.go of k8s.io/api, apimachinery, apiextensions-apiserver, kube-aggregator in a Go module cache.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\s+(?:(\w+)\s+)?([*\w.\[\]{}]+)\s+`[^`]*json:\"([^\"]*)\"", re.MULTILINE)
ALIAS = re.compile(r"^\w*?(v\d\w*)\.")
PREFIXES = {
    "io.k8s.api.": "api@v{v}/",
    "io.k8s.apimachinery.": "apimachinery@v{v}/",
    "io.k8s.apiextensions-apiserver.": "apiextensions-apiserver@v{v}/",
    "io.k8s.kube-aggregator.": "kube-aggregator@v{v}/",
}


@dataclass(frozen=True)
class Field:
    """One JSON field, and the inlined struct it comes from.

    `presence` is p (pointer: kept when given), n (pointer written as null), z (omitzero), o (omitempty: Go ignores it for
    structs) or a (always written).
    """

    name: str
    presence: str
    go_type: str
    embedded: str = ""


class GoTypes:
    """The structs of one release, found by the name of their OpenAPI definition."""

    def __init__(self, modules: Path, release: str) -> None:
        self._modules = modules / "k8s.io"
        self._release = release
        self._packages: dict[Path, dict[str, str]] = {}

    def fields(self, definition: str) -> list[Field]:
        """Fields of a definition in Go's order, inlined structs in place; empty when there is no such struct."""
        for prefix, form in PREFIXES.items():
            if definition.startswith(prefix):
                *path, name = definition.removeprefix(prefix).split(".")
                folder = self._modules / form.format(v=self._release) / "/".join(path)
                return self._struct(folder, name)
        return []

    def _struct(self, folder: Path, name: str) -> list[Field]:
        body = self._package(folder).get(name)
        if body is None:
            return []
        found: list[Field] = []
        package = folder.name
        for _label, go, tag in FIELD.findall(body):
            json_name, *options = tag.split(",")
            pointer = go.startswith("*")
            bare = go.removeprefix("*")
            if "inline" in options or not json_name:
                found += self._inline(folder, bare)
                continue
            if json_name == "-":
                continue
            if pointer:
                presence = "p" if "omitempty" in options or "omitzero" in options else "n"
            else:
                presence = "z" if "omitzero" in options else "o" if "omitempty" in options else "a"
            found.append(Field(json_name, presence, qualify(bare, package)))
        return found

    def _inline(self, folder: Path, name: str) -> list[Field]:
        if name.endswith("TypeMeta"):
            return [Field(key, "o", "string", embedded="TypeMeta") for key in ("kind", "apiVersion")]
        if "." in name:
            return []
        return [replace(field, embedded=f"{name}.{field.embedded}".rstrip(".")) for field in self._struct(folder, name)]

    def _package(self, folder: Path) -> dict[str, str]:
        if folder not in self._packages:
            text = "\n".join(
                re.sub(r"//.*", "", path.read_text()) for path in sorted(folder.glob("*.go")) if not path.name.endswith("_test.go")
            )
            self._packages[folder] = dict(STRUCT.findall(text))
        return self._packages[folder]


def qualify(go: str, package: str) -> str:
    """The type as Go prints it: local names get their package, import aliases become the package's own name."""
    lead = ""
    while True:
        match = re.match(r"\[\]|\*|map\[[^\]]*\]", go)
        if match is None:
            break
        part = match.group(0)
        if part.startswith("map["):
            part = f"map[{qualify(part[4:-1], package)}]"
        lead, go = lead + part, go[match.end() :]
    if "." in go:
        return lead + ALIAS.sub(r"\1.", go)
    return lead + (f"{package}.{go}" if go[:1].isupper() else go)


INTERNAL_FIELD = re.compile(r"^\s+(?:(\w+)[ \t]+)?([*\w.\[\]{}]+)[ \t]*(?:`[^`]*`)?$", re.MULTILINE)
SCALARS = {"string": "s", "bool": "b", "int32": "i", "int64": "i", "int": "i", "resource.Quantity": "q", "intstr.IntOrString": "x"}


def internal_structs(modules: Path, kubernetes: str, release: str) -> dict[str, list[list[str]]]:
    """Structs inside the server as [Go name, published JSON name, kind] rows; a kind is a struct, a scalar's letter, or holds one."""
    folder = modules / "k8s.io" / f"kubernetes@v{kubernetes}" / "pkg" / "apis" / "core"
    text = re.sub(r"//.*", "", (folder / "types.go").read_text())
    bodies = dict(STRUCT.findall(text))
    named = dict(re.findall(r"^type (\w+) (string|bool|int32|int64|map\[\w+\][\w.]+)$", text, re.MULTILINE))
    published = re.sub(r"//.*", "", (modules / "k8s.io" / f"api@v{release}" / "core" / "v1" / "types.go").read_text())
    json_names = {
        name: {label or go.rpartition(".")[2]: tag.split(",")[0] for label, go, tag in FIELD.findall(body)}
        for name, body in STRUCT.findall(published)
    }

    def kind(go: str) -> str:
        match = re.match(r"\*|\[\]|map\[[^\]]*\]", go)
        if match:
            return match.group(0) + kind(go[match.end() :])
        if go in named:
            return kind(named[go])
        return SCALARS.get(go, go if go in bodies else "meta" if go.startswith("metav1.") else "s")

    def rows(name: str) -> list[list[str]]:
        found: list[list[str]] = []
        for label, go in INTERNAL_FIELD.findall(bodies[name]):
            bare = go.removeprefix("*")
            if not label:
                found += rows(bare) if bare in bodies else []
                continue
            key = json_names.get(name, {}).get(label) or label[0].lower() + label[1:]
            found.append([label, key, kind(go)])
        return found

    wanted: dict[str, list[list[str]]] = {}
    todo = ["PodTemplateSpec", "PodSpec", "PersistentVolumeClaimSpec", "PersistentVolumeSource", "PersistentVolumeSpec"]
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted[name] = rows(name)
            todo += [part for row in wanted[name] if (part := re.sub(r"^(?:\*|\[\]|map\[[^\]]*\])+", "", row[2])) in bodies]
    return dict(sorted(wanted.items()))
