"""How Argo CD writes an object: as `kubectl apply`, `create` and `replace` do it under its field manager.

| sync option | there already | not yet there |
| --- | --- | --- |
| none | three-way merge with the annotation of the last apply | POST with the annotation |
| `ServerSideApply=true` | forced apply, what client-side apply owned handed over before or after it | the same |
| `Replace=true` | PUT, by the program's own name, without the annotation | POST, likewise |
| `Force=true` | with `Replace=true` deleted and created; else only where a patch is refused | |

Roles and bindings are reconciled before a client-side apply: what is missing is added by the program's own name.
Source: argoproj/gitops-engine pkg/utils/kube/resource_ops.go, pkg/sync/sync_context.go; k8s.io/kubectl pkg/cmd/{apply,replace,auth}.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pytest_helmsim.client.client import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from pytest_helmsim.objects import gojson, meta
from pytest_helmsim.objects.json import JsonObject, loads
from pytest_helmsim.objects.status import ApiError, Conflict, Invalid, NotFound
from pytest_helmsim.patch import merge_patch, three_way
from pytest_helmsim.release.apply import Written, handed_over, on_conflict, ownership_patch
from pytest_helmsim.release.argocd_tasks import has_option
from pytest_helmsim.release.build import Built
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import ObjectFailed
from pytest_helmsim.release.waiters import Polling

MANAGER = "argocd-controller"
KUBECTL = "kubectl-client-side-apply"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Applied:
    """A `Way` by the options of the sync and of each object."""

    context: Context
    options: frozenset[str] = frozenset()

    def _is_set(self, option: str, *objects: JsonObject | None) -> bool:
        return option in self.options or any(has_option(obj, option) for obj in objects)

    def create(self, target: Built) -> JsonObject:
        """Write an object that does not exist."""
        if self._is_set("Replace=true", target.object):
            return self._post(target, target.object, None)
        if self._is_server_side(target):
            return self._apply(target)
        if target.resource.gvk.group == RBAC:
            live = self._post(target, target.object, None)
            return self._merge(target, live).live
        return self._post(target, _annotated(target.object), MANAGER)

    def update(self, original: JsonObject | None, target: Built, live: JsonObject) -> Written:
        """Bring the live object to the target."""
        force = self._is_set("Force=true", target.object, live)
        if self._is_set("Replace=true", target.object, live):
            return self._replace(target, live, force=force)
        if self._is_server_side(target):
            self._hand_over(target, live, KUBECTL)
            after = self._apply(target)
            owner = _last_applier(after)
            if owner:
                self._hand_over(target, after, owner)
                after = self._apply(target)
            return Written("applied", after, target.object)
        if target.resource.gvk.group == RBAC:
            live = self._reconcile(target, live)
        try:
            return self._merge(target, live)
        except ObjectFailed as error:
            if not force or not isinstance(error.__cause__, (Conflict, Invalid)):
                raise
            return Written("replaced", self._anew(target, _annotated(target.object), MANAGER), target.object)

    def _is_server_side(self, target: Built) -> bool:
        if has_option(target.object, "ServerSideApply=false"):
            return False
        return self._is_set("ServerSideApply=true", target.object)

    def _post(self, target: Built, body: JsonObject, manager: str | None) -> JsonObject:
        client = self.context.client
        return on_conflict(self.context, lambda: client.create(body, target.namespace, resource=target.resource, field_manager=manager))

    def _merge(self, target: Built, live: JsonObject) -> Written:
        body = _annotated(target.object)
        text = meta.annotations(live).get(LAST_APPLIED)
        last = loads(text) if text else {}
        schema = self.context.builtin_schema(target.resource.gvk)
        content = MERGE_PATCH if schema is None else STRATEGIC_PATCH
        patch = merge_patch.three_way(last, body, live) if schema is None else three_way.build(last, body, live, schema)
        if not patch:
            return Written("unchanged", live)
        client = self.context.client
        try:
            after = client.patch(target.resource, target.name, patch, target.namespace, content_type=content, field_manager=MANAGER)
        except ApiError as error:
            raise ObjectFailed(f"error when patching {target.key}: {error}") from error
        return Written("patched", after, patch)

    def _apply(self, target: Built) -> JsonObject:
        try:
            return self.context.client.apply(target.object, target.namespace, resource=target.resource, field_manager=MANAGER, force=True)
        except ApiError as error:
            raise ObjectFailed(f"server-side apply failed for {target.key}: {error}") from error

    def _hand_over(self, target: Built, live: JsonObject, manager: str) -> None:
        """What another manager owns by updates becomes ours by applies."""
        entries = meta.managed_fields(live)
        renamed = [
            {**entry, "manager": MANAGER} if entry.get("manager") == manager and entry.get("operation") == "Update" else entry
            for entry in entries
        ]
        moved = handed_over(renamed, MANAGER)
        if moved == entries:
            return
        patch = ownership_patch(live, moved)
        try:
            self.context.client.patch(target.resource, target.name, patch, target.namespace, content_type=JSON_PATCH)
        except ApiError as error:
            raise ObjectFailed(f"Failed to perform client-side apply migration for {target.key}: {error}") from error

    def _replace(self, target: Built, live: JsonObject, *, force: bool) -> Written:
        if force and target.kind not in ("CustomResourceDefinition", "Namespace"):
            return Written("replaced", self._anew(target, target.object, None), target.object)
        body = meta.with_metadata(target.object, resourceVersion=meta.resource_version(live))
        try:
            after = self.context.client.replace(body, target.namespace, resource=target.resource)
        except ApiError as error:
            raise ObjectFailed(f"error when replacing {target.key}: {error}") from error
        return Written("replaced", after, body)

    def _anew(self, target: Built, body: JsonObject, manager: str | None) -> JsonObject:
        client = self.context.client
        with suppress(NotFound):
            client.delete(target.resource, target.name, target.namespace, propagation="Background")
        Polling(self.context).gone([target], 300.0)
        return self._post(target, body, manager)

    def _reconcile(self, target: Built, live: JsonObject) -> JsonObject:
        """Rules or subjects that are missing are added, annotations and labels too; another role means another binding."""
        wanted = target.object
        if wanted.get("roleRef") and _bare_ref(wanted["roleRef"]) != _bare_ref(live.get("roleRef") or {}):
            return self._anew(target, wanted, None)
        body: dict[str, Any] = dict(live)
        for key in ("rules", "subjects"):
            have = live.get(key) or []
            missing = [each for each in wanted.get(key) or [] if each not in have]
            if missing:
                body[key] = [*have, *missing]
        for key in ("labels", "annotations"):
            both = {**(meta.metadata(live).get(key) or {}), **(meta.metadata(wanted).get(key) or {})}
            if both != (meta.metadata(live).get(key) or {}):
                body = meta.with_metadata(body, **{key: both})
        if body == live:
            return live
        try:
            return self.context.client.replace(body, target.namespace, resource=target.resource)
        except ApiError as error:
            raise ObjectFailed(f"error running kubectl auth reconcile: {error}") from error


def _bare_ref(ref: JsonObject) -> tuple[Any, Any]:
    return ref.get("kind"), ref.get("name")


def _annotated(obj: JsonObject) -> JsonObject:
    """With its own text as the annotation, an empty map of annotations standing there as kubectl writes it."""
    metadata = dict(obj.get("metadata") or {})
    metadata["annotations"] = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    bare = {**obj, "metadata": metadata}
    return meta.with_annotations(bare, {LAST_APPLIED: gojson.encode(bare, escape_html=False) + "\n"})


def _last_applier(live: JsonObject) -> str:
    """Who owns the annotation of client-side apply by updates."""
    for entry in meta.managed_fields(live):
        notes = ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:annotations") or {}
        if entry.get("operation") == "Update" and f"f:{LAST_APPLIED}" in notes:
            return str(entry["manager"])
    return ""
