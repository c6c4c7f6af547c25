"""Lists as Table objects: column definitions and rows, for built-in kinds by `cells`, for custom ones by their printer columns.

Sources: k8s.io/apiserver pkg/endpoints/handlers/response.go, k8s.io/apiextensions-apiserver
pkg/registry/customresource/tableconvertor/tableconvertor.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import column_versions, conversion, jsonpath, published, systemcells
from pytest_helmsim.apiserver.durations import since
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import BadRequest
from pytest_helmsim.schema.strategies import TEMPLATE_GENERATION

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

_ENDED = {
    "Succeeded": {"type": "Completed", "status": "True", "reason": "Succeeded", "message": "The pod has completed successfully."},
    "Failed": {"type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."},
}

_AUTOSCALER = GroupVersionKind("autoscaling", "v2", "HorizontalPodAutoscaler")


def table(
    server: ApiServer,
    served: Served,
    objects: Sequence[JsonObject],
    *,
    meta: JsonObject,
    objects_as: str = "Metadata",
    version: str = "v1",
    headers: bool = True,
) -> JsonObject:
    """A Table with one row for each object. `objects_as`: what a row carries besides its cells (Metadata, Object, None)."""
    if objects_as not in ("Metadata", "Object", "None"):
        why = f"includeObject: Invalid value: \"{objects_as}\": must be 'Metadata', 'Object', 'None', or empty"
        raise BadRequest(f"Unable to convert to Table as requested: {why}")
    now = server.clock.now()
    minor = server.catalog.version.minor
    definitions = columns(served, minor) if headers else None
    rows = []
    for obj in _ordered(served, objects):
        row: JsonObject = {"cells": _cells(served, _as_stored(served, obj), now, minor)}
        if served.key == ("", "pods") and (ended := _ENDED.get((obj.get("status") or {}).get("phase", ""))):
            row["conditions"] = [ended]
        if objects_as == "Object":
            row["object"] = obj
        elif objects_as == "None":
            row["object"] = None
        else:
            row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": bare_metadata(obj)}
        rows.append(row)
    shown = rows or (None if _is_plain(served) else [])
    return {"kind": "Table", "apiVersion": f"meta.k8s.io/{version}", "metadata": meta, "columnDefinitions": definitions, "rows": shown}


def _ordered(served: Served, objects: Sequence[JsonObject]) -> Sequence[JsonObject]:
    order = systemcells.printer_of(served).order if served.custom is None else None
    return objects if order is None else sorted(objects, key=order)


def _as_stored(served: Served, obj: JsonObject) -> JsonObject:
    """An autoscaler's cells are made from its newest version, whichever is shown."""
    if served.plural != "horizontalpodautoscalers" or served.gvk == served.stored:
        return obj
    return conversion.to_storage(served, obj)


NEWEST = 1000


def _is_plain(served: Served) -> bool:
    """Whether a kind has no columns of its own: the server then says null where there are no rows."""
    return served.custom is None and [column["name"] for column in columns(served, NEWEST)] == ["Name", "Created At"]


def of_scale(server: ApiServer, scale: JsonObject, *, version: str) -> JsonObject:
    """A Scale, whatever it scales, as a Table."""
    meta = scale["metadata"]
    names = (("Name", "string", "name"), ("Desired", "integer", ""), ("Available", "integer", ""), ("Age", "string", ""))
    columns = [{"name": name, "type": kind, "format": form, "description": "", "priority": 0} for name, kind, form in names]
    age = since(meta["creationTimestamp"], server.clock.now())
    counts = [(scale.get(part) or {}).get("replicas") or 0 for part in ("spec", "status")]
    row = {
        "cells": [meta["name"], *counts, age],
        "object": {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": meta},
    }
    head = {"kind": "Table", "apiVersion": f"meta.k8s.io/{version}", "metadata": {"resourceVersion": meta["resourceVersion"]}}
    return {**head, "columnDefinitions": columns, "rows": [row]}


def bare_metadata(obj: JsonObject) -> JsonObject:
    """Metadata as the internal type has it: no annotations for a DaemonSet's template generation, nor for what autoscaling/v1 lacks."""
    if obj.get("kind") == "HorizontalPodAutoscaler":
        obj = conversion.convert(obj, GroupVersionKind.of_object(obj), _AUTOSCALER)
    meta = obj["metadata"]
    if obj.get("kind") == "DaemonSet" and TEMPLATE_GENERATION in (meta.get("annotations") or {}):
        rest = {key: value for key, value in meta["annotations"].items() if key != TEMPLATE_GENERATION}
        meta = {**meta, "annotations": rest}
        if not rest:
            del meta["annotations"]
    return meta  # type: ignore[no-any-return]


def columns(served: Served, minor: int) -> list[JsonObject]:
    """The column definitions of a kind."""
    if served.custom is not None:
        return _custom_columns(served)
    printer, described = systemcells.printer_of(served), published.columns(served.group, served.plural)
    result = []
    for text in printer.columns:
        name, _, kind = text.lstrip("+").partition(":")
        form = "name" if name == "Name" else printer.formats.get(name, "")
        words = described.get(name, "")
        result.append({"name": name, "type": kind or "string", "format": form, "description": words, "priority": int(text.startswith("+"))})
    return column_versions.definitions((served.group, served.plural), result, minor)


def _cells(served: Served, obj: JsonObject, now: float, minor: int) -> list[Json]:
    if served.custom is not None:
        return _custom_cells(served, obj, now)
    printer = systemcells.printer_of(served)
    names = [text.lstrip("+").partition(":")[0] for text in printer.columns]
    return column_versions.cells((served.group, served.plural), names, printer.cells(obj, now), obj, minor)


_AGE = ({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},)


def _custom_columns(served: Served) -> list[JsonObject]:
    assert served.custom is not None
    result: list[JsonObject] = [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}]
    for column in served.custom.columns or _AGE:
        text = column.get("description") or f"Custom resource definition column (in JSONPath format): {column['jsonPath']}"
        if column is _AGE[0]:
            text = ""
        result.append(
            {
                "name": column["name"],
                "type": column["type"],
                "format": column.get("format", ""),
                "description": text,
                "priority": column.get("priority", 0),
            }
        )
    return result


def _custom_cells(served: Served, obj: JsonObject, now: float) -> list[Json]:
    assert served.custom is not None
    row: list[Json] = [obj["metadata"]["name"]]
    for column in served.custom.columns or _AGE:
        found = jsonpath.find(obj, column["jsonPath"])
        row.append(_custom_cell(found, column["type"], now))
    return row


def _custom_cell(found: list[Json], kind: str, now: float) -> Json:
    if not found or found[0] is None:
        return None
    value = found[0]
    if kind == "date":
        return since(value, now) if isinstance(value, str) else "<unknown>"
    if kind == "integer":
        return int(value) if isinstance(value, (int, float)) else None
    if kind == "number":
        return value if isinstance(value, (int, float)) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    return jsonpath.text(value)
