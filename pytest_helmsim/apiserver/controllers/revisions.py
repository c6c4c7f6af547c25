"""ControllerRevisions: the numbered templates that StatefulSets and DaemonSets have had.

Source: k8s.io/kubernetes pkg/controller/history, statefulset/stateful_set_control.go, daemon/update.go
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import MANAGER, REVISION, World
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import AlreadyExists, NotFound


def patch_of(owner: JsonObject) -> JsonObject:
    """What a revision stores: a strategic patch that puts the template back."""
    return {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}


def of_owner(world: World, owner: JsonObject, gvk: GroupVersionKind) -> list[JsonObject]:
    """The owner's revisions, oldest first, orphans adopted."""
    found = common.claim(world.api, owner, gvk, common.candidates(world, owner, REVISION))
    return sorted(found, key=lambda item: (item["revision"], item["metadata"].get("creationTimestamp") or "", common.name_of(item)))


def sync(
    world: World,
    owner: JsonObject,
    gvk: GroupVersionKind,
    known: list[JsonObject],
    *,
    digest: Callable[[int | None], str],
    collisions: int | None,
    labels: JsonObject,
    hash_label: str,
) -> tuple[JsonObject, int | None]:
    """The revision of the owner's present template, made or moved to the top where needed, and the collision count."""
    data = patch_of(owner)
    equal = [item for item in known if item.get("data") == data]
    newest = known[-1]["revision"] if known else 0
    if equal:
        if equal[-1]["revision"] == newest:
            return equal[-1], collisions
        return world.api.update({**equal[-1], "revision": newest + 1}, manager=MANAGER), collisions
    while True:
        name = digest(collisions)
        annotations = dict(common.annotations_of(owner))
        made: JsonObject = {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": f"{common.name_of(owner)}-{name}",
                "namespace": common.namespace_of(owner),
                "labels": {**labels, hash_label: name},
                **({"annotations": annotations} if annotations else {}),
                "ownerReferences": [common.controller_reference(owner, gvk)],
            },
            "data": data,
            "revision": newest + 1,
        }
        try:
            return world.api.create(made, manager=MANAGER), collisions
        except AlreadyExists:
            other = world.api.get(REVISION, common.namespace_of(owner), f"{common.name_of(owner)}-{name}")
            if other is not None and other.get("data") == data:
                return other, collisions
            collisions = (collisions or 0) + 1


def prune(world: World, known: list[JsonObject], live: Collection[str], limit: int) -> None:
    """Delete the oldest revisions beyond the limit that nothing uses."""
    idle = [item for item in known if common.name_of(item) not in live]
    for item in idle[: max(len(idle) - limit, 0)]:
        try:
            world.api.delete(REVISION, common.namespace_of(item), common.name_of(item))
        except NotFound:
            continue
