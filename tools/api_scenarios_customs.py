"""Request sequences for `record_api.py`: custom objects as readers of each version see them. As in `api_scenarios.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, JSON_PATCH, MERGE, TABLE, Step
from api_scenarios_definitions import CRDS, INTEGER, STRING, obj
from api_scenarios_more import delete, get, post
from api_scenarios_more import patch as typed_patch

GROUP = "seen.example.com"


def patch(path: str, body: Any, kind: str, query: str = "") -> Step:
    """A PATCH."""
    return typed_patch(path, kind, body, query)


def _version(name: str, spec: dict[str, Any], status: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    schema = obj({"spec": spec, **({"status": status} if status else {})})
    return {"name": name, "served": True, "storage": False, "schema": {"openAPIV3Schema": schema}, **more}


def _definition(kind: str, plural: str, versions: list[dict[str, Any]], **names: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, **names},
            "versions": versions,
        },
    }


def _body(kind: str, name: str, version: str = "v1", **parts: Any) -> dict[str, Any]:
    return {"apiVersion": f"{GROUP}/{version}", "kind": kind, "metadata": {"name": name}, **parts}


def _path(plural: str, version: str = "v1") -> str:
    return f"/apis/{GROUP}/{version}/namespaces/{{ns}}/{plural}"


def seen() -> Iterator[Step]:
    """Two versions that know different fields, a status with a default, types that no owner can be found for."""
    conditions = {
        "type": "array",
        "items": obj({"type": STRING, "status": STRING}),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    }
    status = {**obj({"phase": {"type": "string", "default": "Pending"}, "conditions": conditions}), "default": {"phase": "Unknown"}}
    labels = {"type": "object", "additionalProperties": STRING}
    closed = {"type": "object"}
    full = obj(
        {
            "size": INTEGER,
            "labels": labels,
            "names": {"type": "array", "items": STRING},
            "free": closed,
            "tags": {**conditions},
            "amount": {"type": "string", "x-kubernetes-int-or-string": True},
        }
    )
    less = obj({"size": INTEGER, "old": STRING})
    more = {"subresources": {"status": {}}}
    columns = [
        {"name": "Tags", "type": "string", "jsonPath": ".spec.tags[*].type"},
        {"name": "All", "type": "string", "jsonPath": ".spec.tags"},
    ]
    versions = [
        {**_version("v1", full, status, **more, additionalPrinterColumns=columns), "storage": True},
        _version("v1beta1", less, status, **more, deprecated=True),
        _version("v1alpha1", less, status, **more, deprecated=True, deprecationWarning="do not"),
        _version("v2", less, status, **more),
    ]
    yield post(CRDS, _definition("Sight", "services", versions, listKind="SightsOfAll"))
    yield {**get(f"/apis/{GROUP}/v1"), "retry": 200}
    many, one = _path("services"), f"{_path('services')}/a"
    yield {**get(many), "retry": 200}
    yield post(
        many,
        _body("Sight", "a", spec={"size": 1, "labels": {"a": "b"}, "names": ["x"], "tags": [{"type": "t"}, {"type": "u", "status": "s"}]}),
        "fieldManager=c",
    )
    for version in ("v1", "v1beta1", "v1alpha1", "v2"):
        yield get(f"{_path('services', version)}/a")
        yield get(_path("services", version), accept=TABLE)
    yield get(many)
    yield patch(f"{_path('services', 'v2')}/a", {"spec": {"old": "x", "size": 2}}, MERGE, "fieldManager=m")
    yield get(one)
    yield patch(f"{_path('services', 'v2')}/a", {"spec": {"labels": {}}}, MERGE, "fieldManager=m&fieldValidation=Strict")
    yield {"method": "PUT", "path": f"{many}/none", "body": _body("Sight", "none", spec={})}
    for spec in (
        {"labels": {"a": {"b": 1}}},
        {"names": [{"a": 1}]},
        {"names": {"a": 1}},
        {"free": {"x": {}}},
        {"size": {"x": 1}},
        {"labels": [{"a": 1}]},
    ):
        for how in ("Strict", "Warn"):
            yield post(many, _body("Sight", "b", spec=spec), f"fieldValidation={how}&dryRun=All")
    for spec in ({"nope": 1}, {"labels": {"a": {"b": 1}}}):
        yield patch(one, {"spec": spec}, MERGE, "fieldValidation=Strict")
        yield patch(one, [{"op": "add", "path": "/spec/nope", "value": spec}], JSON_PATCH, "fieldValidation=Strict")
    yield patch(one, {"status": {"nope": 1}}, MERGE, "fieldValidation=Strict")
    for tags in ([7], [{"type": "a"}, {"type": "a"}, {"type": "a"}], [{}, {}], [{"type": "a"}, "x"]):
        yield patch(one, {"spec": {"tags": tags}}, MERGE)
    yield patch(f"{one}/status", {"status": {"conditions": [7]}}, MERGE)
    yield patch(f"{one}/status", {"status": {"phase": None}}, MERGE, "fieldManager=s")
    yield get(one)
    yield post(many, _body("Sight", "typed", spec={"size": 1}, status={"phase": {}}), "fieldManager=c")
    yield post(many, _body("Sight", "amount", spec={"amount": 1}), "fieldManager=c")
    applied = _path("services") + "/applied"
    for spec in ({"labels": {"a": "b"}, "size": 1}, {"labels": {}}, {}, None, {"free": {"x": {}}}, {"free": {"y": {}}}):
        yield patch(applied, _body("Sight", "applied", spec=spec), APPLY, "fieldManager=one")
    yield get(applied)
    yield delete(one)


def newer() -> Iterator[Step]:
    """A definition that changes under its objects: new defaults show at once, lost fields are gone."""
    before = obj({"kept": STRING, "lost": STRING, "deep": obj({"a": STRING})})
    after = obj(
        {"kept": STRING, "added": {"type": "string", "default": "d"}, "deep": obj({"a": STRING, "b": {"type": "integer", "default": 3}})}
    )
    first = _definition("Change", "changes", [{**_version("v1", before), "storage": True}])
    many, one = _path("changes"), f"{_path('changes')}/a"
    yield post(CRDS, first)
    yield {**get(many), "retry": 200}
    yield post(many, _body("Change", "a", spec={"kept": "k", "lost": "l", "deep": {"a": "x"}}), "fieldManager=c")
    changed = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec", "value": after}]
    yield {**patch(f"{CRDS}/changes.{GROUP}", changed, JSON_PATCH), "mask": ["metadata", "status"]}
    yield get(one)
    yield patch(one, {"metadata": {"labels": {"a": "b"}}}, MERGE, "fieldManager=m")
    yield get(one)


def documented() -> Iterator[Step]:
    """The documents of OpenAPI 3 of a group with two kinds, two versions, subresources and all kinds of nodes."""
    group = "my-docs.example.k8s.io"
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    spec = obj(
        {
            "size": {"type": "integer", "description": "How big.", "minimum": 1, "format": "int32"},
            "color": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "port": {"x-kubernetes-int-or-string": True},
            "tags": {"type": "array", "items": STRING, "x-kubernetes-list-type": "set"},
            "free": anything,
            "loose": {"x-kubernetes-preserve-unknown-fields": True},
            "maybe": {"type": "string", "nullable": True},
            "map": {"type": "object", "additionalProperties": INTEGER},
            "pod": {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
            "ruled": {**obj({"a": INTEGER}), "x-kubernetes-validations": [{"rule": "self.a > 0"}]},
        }
    )
    full = {
        **obj({"spec": {**spec, "required": ["size"]}, "status": obj({"replicas": INTEGER})}),
        "description": "A widget.",
        "required": ["spec"],
    }
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.replicas"}
    versions = (
        {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": full}, "subresources": {"status": {}, "scale": scale},
         "selectableFields": [{"jsonPath": ".spec.color"}, {"jsonPath": ".spec.size"}]},
        {"name": "v1alpha1", "served": True, "storage": False, "deprecated": True, "schema": {"openAPIV3Schema": anything}},
        {"name": "v1beta2", "served": True, "storage": False, "schema": {"openAPIV3Schema": obj({})}, "subresources": {"status": {}}},
    )  # fmt: skip
    for kind, plural, scope, made in (("Widget", "widgets", "Namespaced", versions), ("GasPlanet", "planets", "Cluster", versions[1:])):
        names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
        stored = [{**version, "storage": index == 0} for index, version in enumerate(made)]
        meta = {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "unapproved, experimental-only"}}
        content = {"group": group, "scope": scope, "names": names, "versions": stored}
        yield {**post(CRDS, {"metadata": meta, "spec": content}), "mask": ["metadata", "spec", "status"]}
    for number, version in enumerate(("v1", "v1alpha1", "v1beta2")):
        yield {**get(f"/openapi/v3/apis/{group}/{version}"), "pause": 0 if number else 3}


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences of this module."""
    yield "seen", list(seen())
    yield "newer", list(newer())
    yield "documented", list(documented())
