"""What Helm's client library complains about in the items of a `v1 List`, before anything is sent.

Every other kind is checked by the server when it is written; a List is none of the server's kinds, so its items are held against the
server's published OpenAPI. Custom resources are passed over, as is any kind without a schema.
Source: k8s.io/kubectl pkg/validation, k8s.io/kube-openapi pkg/util/proto/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.schema.model import Schema

SchemaOf = Callable[[GroupVersionKind], Schema | None]
LIST = ("v1", "List")


def problems(document: JsonObject, schema_of: SchemaOf) -> Iterator[str]:
    """Each complaint about the items; nothing for a document that is no `v1 List`."""
    if (document.get("apiVersion"), document.get("kind")) != LIST:
        return
    items = document.get("items")
    if not isinstance(items, list):
        yield "invalid object to validate"
        return
    for item in items:
        head = list(untyped(item))
        if head or not isinstance(item, dict):
            yield from head
            continue
        schema = schema_of(GroupVersionKind.of_object(item))
        if schema is not None:
            kind = item["kind"]
            yield from _checked(item, schema, kind, kind, top=True)


def untyped(document: Json) -> Iterator[str]:
    """What is wrong with apiVersion and kind."""
    if not isinstance(document, dict):
        yield "invalid object to validate"
        return
    for key in ("apiVersion", "kind"):
        if document.get(key) is None:
            yield f"{key} not set"
        elif not isinstance(document[key], str):
            yield f"{key} isn't string type"


def _checked(value: Json, schema: Schema, path: str, place: str, *, top: bool = False) -> Iterator[str]:
    """One value at `path` of the object, whose schema stands at `place`."""
    if schema.type == "any":
        return
    place = schema.name if schema.name and schema.fields is not None else place
    actual, expected = _kind(value), _expected(schema)
    if expected == "string" and actual not in ("map", "array"):
        return
    if actual != expected and {expected, actual} != {"integer", "number"}:
        yield _failed(path, f'invalid type for {place}: got "{actual}", expected "{expected}"')
    elif isinstance(value, list) and schema.items is not None:
        yield from _items(value, schema.items, path, place)
    elif isinstance(value, dict) and schema.fields is not None:
        yield from _fields(value, schema, path, place, top=top)
    elif isinstance(value, dict) and schema.values is not None:
        for key in sorted(value):
            if value[key] is None:
                yield f'unknown object type "nil" in {path}.{key}'
            else:
                yield from _checked(value[key], schema.values, f"{path}.{key}", place)


def _items(value: list[Json], schema: Schema, path: str, place: str) -> Iterator[str]:
    for index, item in enumerate(value):
        below = f"{path}[{index}]"
        if item is None:
            yield _failed(path, f'unknown object type "nil" in {below}')
        else:
            yield from _checked(item, schema, below, place)


def _fields(value: JsonObject, schema: Schema, path: str, place: str, *, top: bool) -> Iterator[str]:
    fields = schema.fields or {}
    for key in sorted(value):
        if value[key] is None or (top and key in ("apiVersion", "kind")):
            continue
        if key in fields:
            yield from _checked(value[key], fields[key], f"{path}.{key}", f"{place}.{key}")
        else:
            yield _failed(path, f'unknown field "{key}" in {place}')
    for key in schema.required:
        if value.get(key) is None:
            yield _failed(path, f'missing required field "{key}" in {place}')


def _failed(path: str, text: str) -> str:
    return f"ValidationError({path}): {text}"


def _expected(schema: Schema) -> str:
    return {"object": "map", "int-or-string": "string"}.get(schema.type, schema.type)


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {dict: "map", list: "array", str: "string", int: "integer"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "number")
