"""What a real server of one version says of itself at /openapi/v3 and /openapi/v2, read from a packed file document by document.

Made by tools/generate_openapi.py; the descriptions are Kubernetes' own (Apache License 2.0).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject, dumps, loads

VERSION = "1.36"
"""Whose documents these are."""
_V3, _V2 = "#/components/schemas/", "#/definitions/"


@cache
def _archive() -> zipfile.ZipFile:
    data = (resources.files("pytest_helmsim.apiserver") / "data" / "openapi.zip").read_bytes()
    return zipfile.ZipFile(io.BytesIO(data))


def _member(name: str) -> Any:
    return loads(_archive().read(name))


@cache
def schemas() -> JsonObject:
    """Every schema of version 3 by its name; to be read only."""
    return _member("schemas.json")  # type: ignore[no-any-return]


@cache
def names() -> tuple[str, ...]:
    """The documents of version 3, such as `api/v1`."""
    return tuple(name.removeprefix("v3/") for name in _archive().namelist() if name.startswith("v3/"))


@cache
def document(name: str) -> bytes:
    """One document of version 3 as JSON."""
    found = _member(f"v3/{name}")
    result: JsonObject = found["document"]
    if found["schemas"] is not None:
        known, own = schemas(), found["own"]
        parts = result["components"]
        result["components"] = {"schemas": {schema: own.get(schema, known[schema]) for schema in found["schemas"]}, **parts}
    return dumps(result)


@cache
def _columns() -> JsonObject:
    return _member("columns.json")  # type: ignore[no-any-return]


def columns(group: str, plural: str) -> JsonObject:
    """What the columns of a built-in kind's Table are said to show, by their names; empty for a kind that is not published."""
    return _columns().get(f"{plural}.{group}") or {}


def second() -> JsonObject:
    """The one document of version 2; a new object at every call."""
    found = _member("v2")
    kinds: JsonObject = found["kinds"]
    definitions = {name: to_second(node) for name, node in schemas().items()}
    for name, value in kinds.items():
        definitions[name]["x-kubernetes-group-version-kind"] = value
    return {**found["document"], "definitions": definitions}


@cache
def kinds(name: str) -> list[JsonObject]:
    """Which kinds version 2 says a schema is."""
    return _member("v2")["kinds"][name]  # type: ignore[no-any-return]


def second_in_protobuf() -> bytes:
    """The same in gnostic's protobuf form; further paths may be appended."""
    return _archive().read("v2.pb")


def closure(roots: Iterable[str]) -> list[str]:
    """These schemas and all that they refer to."""
    found: dict[str, None] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += _references(schemas()[name])
    return sorted(found)


def _references(node: Json) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    own = node.get("$ref")
    return [own.removeprefix(_V3)] if isinstance(own, str) else [name for item in node.values() for name in _references(item)]


def to_second(node: JsonObject) -> JsonObject:
    """A schema of version 3 in the form of version 2: no defaults, references without a wrapper, no choice of types."""
    merged: JsonObject = {}
    for key, value in node.items():
        if key == "allOf" and len(value) == 1:
            merged["$ref"] = value[0]["$ref"].replace(_V3, _V2)
        elif key == "$ref":
            merged[key] = value.replace(_V3, _V2)
        elif key == "properties":
            merged[key] = {name: to_second(field) for name, field in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            merged[key] = to_second(value)
        elif key == "oneOf":
            merged["type"] = "string"
        elif key != "default":
            merged[key] = value
    return merged
