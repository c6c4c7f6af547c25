"""Manifest text to objects of this cluster: lists flattened, namespaces filled in, every kind looked up.

Source: k8s.io/cli-runtime pkg/resource (builder.go, mapper.go, visitor.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_helmsim.client.client import Client
from pytest_helmsim.client.resources import NoKindMatch
from pytest_helmsim.objects import gojson, meta, yamlio
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release import listed
from pytest_helmsim.release.errors import BuildFailed

_NONE_DEFINED: Mapping[GroupVersionKind, Resource] = {}


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


def build(
    client: Client,
    manifest: str | bytes,
    namespace: str,
    *,
    validate: listed.SchemaOf | None = None,
    defined: Mapping[GroupVersionKind, Resource] = _NONE_DEFINED,
) -> list[Built]:
    """The objects in the manifest's order; raise `BuildFailed` with every problem of every document.

    `validate`, which knows the schemas of kinds, is for what is new: a missing apiVersion or kind is then named in other words than
    in a stored manifest, and the items of a List are held against their schemas. `defined` are kinds that the cluster need not know.
    """
    built: list[Built] = []
    problems: list[str] = []
    try:
        documents = _documents(manifest)
    except yamlio.YamlError as error:
        raise BuildFailed(f"error parsing : {error}") from error
    for document, is_item in _flat(documents, problems, validate):
        gvk = GroupVersionKind.of_object(document)
        try:
            resource = defined.get(gvk) or client.resource_for(gvk)
        except NoKindMatch as error:
            if is_item:
                problems.append(f"unable to recognize {error}")
                continue
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


def build_both(client: Client, current: str, new: str, namespace: str) -> tuple[list[Built], list[Built]]:
    """The objects of two records' manifests; the `BuildFailed` says of which."""
    try:
        originals = build(client, current, namespace)
    except BuildFailed as error:
        raise BuildFailed(f"unable to build kubernetes objects from current release manifest: {error}") from error
    try:
        return originals, build(client, new, namespace)
    except BuildFailed as error:
        raise BuildFailed(f"unable to build kubernetes objects from new release manifest: {error}") from error


@lru_cache(maxsize=8)
def _documents(manifest: str | bytes) -> tuple[object, ...]:
    """The documents of a manifest, which an operation builds several times; nobody changes them."""
    return tuple(yamlio.load_objects(manifest))


def _flat(documents: Iterable[object], problems: list[str], validate: listed.SchemaOf | None) -> Iterator[tuple[JsonObject, bool]]:
    """Objects, and (with True) the items of lists."""
    for document in documents:
        problem = _invalid(document, validate) if validate else ""
        problem = problem or _undecodable(document)
        if problem or not isinstance(document, dict):
            problems.append(problem)
        elif isinstance(document.get("items"), list) and document["kind"].endswith("List"):
            for item in _items(document["items"], problems):
                yield item, True
        else:
            yield document, False


def _items(items: Iterable[object], problems: list[str]) -> Iterator[JsonObject]:
    for item in items:
        head = 'unable to get type info from the object "*unstructured.Unstructured"'
        if not isinstance(item, dict) or not item.get("kind"):
            problems.append(f"{head}: Object 'Kind' is missing in 'object has no kind field '")
        elif not item.get("apiVersion"):
            problems.append(f"{head}: Object 'apiVersion' is missing in 'object has no apiVersion field'")
        else:
            yield item


def _invalid(document: object, schema_of: listed.SchemaOf) -> str:
    """What the validator that looks at new manifests complains about, lists looked into."""
    if not isinstance(document, dict):
        return ""
    found = list(dict.fromkeys([*listed.untyped(document)] or listed.problems(document, schema_of)))
    if not found:
        return ""
    text = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
    return f'error validating "": error validating data: {text}'


_METADATA = (
    ("annotations", dict, "map[string]string"),
    ("finalizers", list, "[]string"),
    ("generateName", str, "string"),
    ("labels", dict, "map[string]string"),
    ("name", str, "string"),
    ("namespace", str, "string"),
)


def _undecodable(document: object) -> str:
    """Why a document is no object: no kind or apiVersion, or metadata of wrong types (the first in the order of the keys)."""
    if not isinstance(document, dict):
        return f'unable to decode "": json: cannot unmarshal {_go_type(document)} into Go value of type unstructured.detector'
    for key, word in (("kind", "Kind"), ("apiVersion", "apiVersion")):
        if not document.get(key) or not isinstance(document[key], str):
            return f"unable to decode \"\": Object '{word}' is missing in '{gojson.encode(document)}'"
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    for key, kind, name in _METADATA:
        value = metadata.get(key)
        wrong: object = None
        if value is not None and not isinstance(value, kind):
            wrong = value
        elif isinstance(value, dict | list):
            inner = [value[each] for each in sorted(value)] if isinstance(value, dict) else value
            wrong, name = next((each for each in inner if each is not None and not isinstance(each, str)), None), "string"
        if wrong is not None:
            field = f"Go struct field ObjectMeta.metadata.{key} of type {name}"
            return f'unable to decode "": json: cannot unmarshal {_go_type(wrong)} into {field}'
    return ""


def _go_type(value: object) -> str:
    return "number" if isinstance(value, int) and not isinstance(value, bool) else gojson.kind_name(value)


def _place(resource: Resource, document: JsonObject, namespace: str) -> Built:
    own = meta.namespace(document)
    if resource.namespaced and not own:
        document, own = meta.with_metadata(document, namespace=namespace), namespace
    return Built(resource, own, meta.name(document), document)
