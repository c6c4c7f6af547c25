"""Content type of a PATCH → the function that applies it. Server-side apply is not here: it needs owners, not only a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.patch import json_patch, merge_patch, strategic
from pytest_helmsim.patch.errors import BadPatch
from pytest_helmsim.patch.gotext import go_json_type
from pytest_helmsim.schema.model import Schema

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

Patcher: TypeAlias = Callable[[JsonObject, Json, Schema | None], Json]


def _strategic(document: JsonObject, patch: Json, schema: Schema | None) -> Json:
    if patch is None:
        patch = {}
    if type(patch) is not dict:
        raise BadPatch(f"json: cannot unmarshal {go_json_type(patch)} into Go value of type map[string]interface {{}}")
    if schema is None:
        raise BadPatch("strategic merge patch format is not supported")
    return strategic.apply(document, patch, schema)


PATCHERS: Mapping[str, Patcher] = MappingProxyType(
    {
        JSON_PATCH: lambda document, patch, _: json_patch.apply(document, patch),
        MERGE_PATCH: lambda document, patch, _: merge_patch.apply(document, patch),
        STRATEGIC_MERGE_PATCH: _strategic,
    }
)
