"""Manifest text to objects of this cluster: lists flattened, namespaces filled in, every kind looked up.

Source: k8s.io/cli-runtime pkg/resource (builder.go, mapper.go, visitor.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pytest_helmsim.client.client import Client
from pytest_helmsim.client.resources import NoKindMatch
from pytest_helmsim.objects import gojson, meta, yamlio
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release.errors import BuildFailed


@dataclass(frozen=True, slots=True)
class Built:
    """One object of a manifest and where it lives on this cluster."""

    resource: Resource
    namespace: str
    name: str
    object: JsonObject

    @property
    def kind(self) -> str:
        """`Deployment`."""
        return self.resource.gvk.kind

    @property
    def key(self) -> str:
        """`Deployment/web`."""
        return f"{self.kind}/{self.name}"

    def same_place(self, other: Built) -> bool:
        """Same name, namespace, group and kind: the same object, maybe at another version."""
        mine, its = self.resource.gvk, other.resource.gvk
        return (self.name, self.namespace, mine.group, mine.kind) == (other.name, other.namespace, its.group, its.kind)

    def __str__(self) -> str:
        """As Helm names it in messages."""
        return f'{self.kind} "{self.name}" in namespace "{self.namespace}"'

    def holding(self, obj: JsonObject) -> Built:
        """The same place with another content."""
        return replace(self, object=obj)


def build(client: Client, manifest: str | bytes, namespace: str) -> list[Built]:
    """The objects in the manifest's order; raise `BuildFailed` with every problem of every document."""
    built: list[Built] = []
    problems: list[str] = []
    try:
        documents = yamlio.load_objects(manifest)
    except yamlio.YamlError as error:
        raise BuildFailed(f"error parsing : {error}") from error
    for document in _flat(documents, problems):
        gvk = GroupVersionKind.of_object(document)
        try:
            resource = client.resource_for(gvk)
        except NoKindMatch as error:
            name, own = meta.name(document), meta.namespace(document)
            text = f'resource mapping not found for name: "{name}" namespace: "{own}" from "": {error}\nensure CRDs are installed first'
            problems.append(text)
            continue
        except ApiError as error:
            problems.append(str(error))
            continue
        built.append(_place(resource, document, namespace))
    if problems:
        unique = list(dict.fromkeys(problems))
        raise BuildFailed(unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]")
    return built


def _flat(documents: Iterable[object], problems: list[str]) -> Iterator[JsonObject]:
    """Objects, and the items of lists."""
    for document in documents:
        if not isinstance(document, dict):
            problems.append(
                f'unable to decode "": json: cannot unmarshal {gojson.kind_name(document)} into Go value of type unstructured.detector'
            )
        elif not document.get("kind"):
            problems.append(f"unable to decode \"\": Object 'Kind' is missing in '{gojson.encode(document)}'")
        elif isinstance(document.get("items"), list) and str(document["kind"]).endswith("List"):
            yield from _flat(document["items"], problems)
        elif not document.get("apiVersion"):
            problems.append(f"unable to decode \"\": Object 'apiVersion' is missing in '{gojson.encode(document)}'")
        else:
            yield document


def _place(resource: Resource, document: JsonObject, namespace: str) -> Built:
    own = meta.namespace(document)
    if resource.namespaced and not own:
        document, own = meta.with_metadata(document, namespace=namespace), namespace
    return Built(resource, own, meta.name(document), document)
