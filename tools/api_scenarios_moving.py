# ruff: noqa: E501
"""Request sequences for `record_api.py`: definitions that change under their objects, as chart upgrades do it. As in `api_scenarios.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api_scenarios import APPLY, JSON_PATCH, MERGE, Step
from api_scenarios_definitions import CRDS, INTEGER, STRING, obj
from api_scenarios_more import delete, get, patch, post
from api_scenarios_upgrades import merged, put

GROUP = "upgrading.example.com"
SETTLED = 0.4
"""Seconds in which the server's own controllers have written a definition's status."""
PLAIN = obj({"a": STRING, "n": INTEGER})


def version(name: str, spec: dict[str, Any] | None = None, *, storage: bool = False, served: bool = True, **more: Any) -> dict[str, Any]:
    """One version of a definition."""
    schema = obj({"spec": spec or PLAIN, "status": obj({"phase": STRING})})
    return {"name": name, "served": served, "storage": storage, "schema": {"openAPIV3Schema": schema}, **more}


def definition(kind: str, versions: list[dict[str, Any]]) -> dict[str, Any]:
    """A namespaced definition."""
    plural = f"{kind.lower()}s"
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    spec = {"group": GROUP, "scope": "Namespaced", "names": names, "versions": versions}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": spec,
    }


WEBHOOK = {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://a.example/convert"}}}
CHANGES: tuple[dict[str, Any], ...] = (
    {"scope": "Cluster"}, {"group": "other.example.com"}, {"names": {"plural": "others"}}, {"names": {"kind": "Other"}}, {"names": {"listKind": "OtherList"}},
    {"names": {"singular": "other"}}, {"names": {"shortNames": ["mv"]}}, {"names": {"categories": ["all"]}}, {"names": {"shortNames": ["A_B"]}}, {"names": {"kind": "other kind"}},
    {"versions": []}, {"versions": [version("v1")]}, {"versions": [version("v1", storage=True), version("v2", storage=True)]}, {"versions": [version("v2", storage=True)]},
    {"versions": [version("v1", storage=True), version("v1")]}, {"versions": [version("v1", served=False, storage=True)]}, {"versions": [version("v1"), version("v2", storage=True)]},
    {"versions": [version("V 1", storage=True), version("v1")]}, {"versions": [{"name": "v1", "served": True, "storage": True}]}, {"versions": [version("v1", {"type": "odd"}, storage=True)]},
    {"versions": [version("v1", storage=True, deprecated=True, deprecationWarning="go")]}, {"versions": [version("v1", storage=True, deprecationWarning="go")]},
    {"preserveUnknownFields": True}, {"preserveUnknownFields": False}, {"conversion": {"strategy": "None"}}, {"conversion": {"strategy": "Odd"}}, {"conversion": {"strategy": "Webhook"}}, {"conversion": WEBHOOK},
    {"conversion": {**WEBHOOK, "strategy": "None"}}, {"versions": [version("v1", storage=True, subresources={"status": {}, "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}})]},
    {"versions": [version("v1", storage=True, subresources={"scale": {"specReplicasPath": ".n", "statusReplicasPath": ".status.n"}})]},
    {"versions": [version("v1", obj({"a": {"type": "string", "default": 5}}), storage=True)]}, {"versions": [version("v1", obj({"a": {"type": "string", "minLength": 3}}), storage=True)]},
    {"versions": [version("v1", storage=True, additionalPrinterColumns=[{"name": "A", "type": "odd", "jsonPath": ".spec.a"}])]}, {"versions": [version("v1", storage=True, selectableFields=[{"jsonPath": ".spec.x"}])]},
)  # fmt: skip


def refused() -> Iterator[Step]:
    """Changes to a definition that is used, three ways."""
    made = definition("Mover", [version("v1", storage=True)])
    one, many = f"{CRDS}/movers.{GROUP}", f"/apis/{GROUP}/v1/namespaces/{{ns}}/movers"
    yield post(CRDS, made, mask=["status"])
    yield get(many, retry=200)
    yield post(many, {"apiVersion": f"{GROUP}/v1", "kind": "Mover", "metadata": {"name": "a"}, "spec": {"a": "x"}})
    yield get(one, pause=SETTLED)
    for change in CHANGES:
        whole = merged(made, {"spec": change})
        yield put(one, whole, "dryRun=All")
        yield put(one, {**whole, "metadata": {**whole["metadata"], "resourceVersion": "<3.metadata.resourceVersion>"}}, "dryRun=All")
        yield patch(one, MERGE, {"spec": change}, "dryRun=All")
        yield patch(one, APPLY, whole, "dryRun=All&fieldManager=helm&force=true")
    for status in (
        {"storedVersions": []},
        {"storedVersions": ["v2"]},
        {"storedVersions": ["v1", "v2"]},
        {"storedVersions": None},
        {"acceptedNames": {"plural": "x"}},
    ):
        yield patch(f"{one}/status", MERGE, {"status": status}, "dryRun=All")
        yield patch(one, MERGE, {"status": status}, "dryRun=All")
    yield patch(one, JSON_PATCH, [{"op": "remove", "path": "/spec/versions/0/schema"}], "dryRun=All")
    yield patch(one, JSON_PATCH, [{"op": "remove", "path": "/spec/names/listKind"}], "dryRun=All")
    yield patch(one, JSON_PATCH, [{"op": "remove", "path": "/spec/conversion"}], "dryRun=All")
    yield patch(one, APPLY, made, "fieldManager=helm&dryRun=All")


def versions() -> Iterator[Step]:
    """A version comes, takes the storage, the old one goes; schemas grow tighter, subresources and defaults appear; the end."""
    one, objects = f"{CRDS}/rovers.{GROUP}", f"/apis/{GROUP}/{{}}/namespaces/{{ns}}/rovers"
    v1, v2 = (objects.replace("{}", name) for name in ("v1", "v2"))

    def body(name: str, api: str, **parts: Any) -> dict[str, Any]:
        return {"apiVersion": f"{GROUP}/{api}", "kind": "Rover", "metadata": {"name": name}, **parts}

    def change(*each: dict[str, Any], query: str = "fieldManager=helm&force=true") -> Step:
        return {**patch(one, APPLY, definition("Rover", list(each)), query), "mask": ["status", "metadata"]}

    def owned(step: Step) -> Step:
        """Without the owners: what becomes of those that wrote in a version that is gone is not compared."""
        return {**step, "mask": ["metadata"]}

    def settled() -> Step:
        return get(one, pause=SETTLED)

    yield change(version("v1", storage=True))
    yield get(v1, retry=200)
    yield post(v1, body("a", "v1", spec={"a": "x", "n": 1}, status={"phase": "on"}))
    yield post(v1, body("b", "v1", spec={"a": "long enough", "n": 9}))
    yield settled()
    more = obj({"a": STRING, "n": INTEGER, "extra": {"type": "string", "default": "new"}})
    yield change(version("v1", storage=True), version("v2", more))
    yield get(v2, retry=200)
    yield settled()
    yield get(f"{v2}/a")
    yield post(v2, body("c", "v2", spec={"a": "c"}))
    yield get(f"{v1}/c")
    yield change(version("v1"), version("v2", more, storage=True))
    yield settled()
    yield get(v1)
    yield patch(f"{v1}/a", MERGE, {"metadata": {"labels": {"a": "b"}}})
    yield get(f"{v2}/a")
    yield change(version("v2", more, storage=True))
    yield change(version("v1", served=False), version("v2", more, storage=True))
    yield get(v1, retry=404)
    yield get(f"{v2}/a")
    for name in ("b", "c"):
        yield owned(patch(f"{v2}/{name}", MERGE, {"metadata": {"labels": {"moved": "yes"}}}))
    yield settled()
    for stored in (["v1"], [], ["v2", "v3"], ["v2"]):
        yield patch(f"{one}/status", MERGE, {"status": {"storedVersions": stored}})
    yield change(version("v2", more, storage=True))
    yield settled()
    yield get(f"{v2}/a", mask=["metadata"])
    tight = obj(
        {"a": {"type": "string", "minLength": 5}, "n": {"type": "integer", "minimum": 5}, "extra": {"type": "string", "default": "new"}}
    )
    yield change(version("v2", tight, storage=True))
    yield {**patch(f"{v2}/b", MERGE, {"spec": {"a": "bad"}}, "dryRun=All"), "retry": 422}
    yield owned(patch(f"{v2}/a", MERGE, {"metadata": {"labels": {"c": "d"}}}))
    yield owned(patch(f"{v2}/a", MERGE, {"spec": {"extra": "e"}}))
    yield owned(patch(f"{v2}/a", MERGE, {"spec": {"a": "y"}}))
    yield owned(patch(f"{v2}/a", APPLY, body("a", "v2", spec={"a": "z"}), "fieldManager=helm&force=true"))
    yield owned(patch(f"{v2}/a", APPLY, body("a", "v2", spec={"a": "x", "n": 6}), "fieldManager=helm&force=true"))
    yield post(v2, body("d", "v2", spec={"a": "d"}))
    scaled = {"subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}}}
    yield change(version("v2", tight, storage=True, **scaled))
    yield {**get(f"{v2}/a/scale"), "retry": 200}
    yield owned(patch(f"{v2}/a", MERGE, {"status": {"phase": "off"}, "metadata": {"labels": {"e": "f"}}}))
    yield owned(patch(f"{v2}/a/status", MERGE, {"status": {"phase": "off"}}))
    yield owned(patch(f"{v2}/a/scale", MERGE, {"spec": {"replicas": 8}}))
    yield change(version("v2", tight, storage=True))
    yield {**get(f"{v2}/a/scale"), "retry": 404}
    yield owned(patch(f"{v2}/a/status", MERGE, {"status": {"phase": "off"}}))
    yield owned(patch(f"{v2}/a", MERGE, {"status": {"phase": "direct"}}))
    yield owned(patch(f"{v2}/a", MERGE, {"metadata": {"finalizers": ["a.example/b"]}}))
    yield {**delete(one), "mask": ["metadata", "status"]}
    yield get(f"{v2}/a", pause=SETTLED, mask=["metadata"])
    yield get(f"{v2}/a", mask=["metadata"])
    yield post(v2, body("e", "v2", spec={"a": "eeeee", "n": 7}))
    yield settled()
    yield {**delete(one), "mask": ["metadata", "status"]}
    yield patch(f"{v2}/a", MERGE, {"metadata": {"finalizers": None}}) | {"mask": ["metadata"]}
    yield {**get(one), "retry": 404}
    yield get(v2, retry=404)
    yield change(version("v1", storage=True))
    yield get(v1, retry=200)
    yield {**delete(one), "mask": ["metadata", "status"]}
    yield {**get(one), "retry": 404}


def scenarios() -> Iterator[tuple[str, list[Step]]]:
    """All sequences by name."""
    for function in (refused, versions):
        yield f"moving-{function.__name__}", list(function())
