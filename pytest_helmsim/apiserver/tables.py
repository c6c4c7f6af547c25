"""Lists as tables, as `kubectl get` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.json import Json, JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer


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
    """A Table with one row for each object."""
    columns = [("Name", "string", "name", 0), ("Created At", "date", "", 0)]
    definitions = [{"name": n, "type": t, "format": f, "description": "", "priority": p} for n, t, f, p in columns]
    rows = []
    for obj in objects:
        row: JsonObject = {"cells": [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")]}
        rows.append(row)
    return {"kind": "Table", "apiVersion": f"meta.k8s.io/{version}", "metadata": meta, "columnDefinitions": definitions if headers else [], "rows": rows}


def age(since: str | None, now: float) -> Json:
    """`5m12s`: how kubectl writes a duration."""
    if not since:
        return "<unknown>"
    return str(int(now - datetime.fromisoformat(since).timestamp())) + "s"
