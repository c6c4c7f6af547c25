"""Writing one object: create it, or bring the live one to the target, in one of three ways.

`ThreeWay`: strategic three-way patch for built-in kinds, two-way JSON merge patch for the others (three-way on request) and
for objects that Go's types cannot hold, such as a Secret whose data is no base64.
`ServerSide`: server-side apply, after moving what Helm owned by client-side writes to the applying manager.
`Replace`: PUT of the target over the live object.
Source: helm.sh/helm/v4 pkg/kube/client.go; helm.sh/helm/v3 pkg/kube/client.go; k8s.io/client-go util/csaupgrade.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pytest_helmsim.client.client import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from pytest_helmsim.objects import meta
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import ApiError, Conflict, NotFound
from pytest_helmsim.patch import field_codec, merge_patch, three_way
from pytest_helmsim.release.build import Built
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import ObjectFailed
from pytest_helmsim.release.model import Action
from pytest_helmsim.schema import decoding

STRICT = "Strict"
RETRIES = 5
RETRY_DELAY = 0.01

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """What was done: the object now, the patch sent (None when none was), in which way."""

    action: Action
    live: JsonObject
    patch: Json = None


class Way(Protocol):
    """One way of writing objects."""

    def create(self, target: Built) -> JsonObject:
        """Write an object that does not exist."""

    def update(self, original: JsonObject | None, target: Built, live: JsonObject) -> Written:
        """Bring the live object to the target; without an original in the record, the live object stands in for it."""


def on_conflict(context: Context, attempt: Callable[[], T], retry: Callable[[Conflict], bool] = lambda error: True) -> T:
    """Try up to five times while the server answers with a conflict, as client-go's DefaultRetry does."""
    for left in reversed(range(RETRIES)):
        try:
            return attempt()
        except Conflict as error:
            if not left or not retry(error):
                raise
            context.clock.sleep(RETRY_DELAY)
    raise AssertionError("unreachable")


def _is_quota_conflict(error: Conflict) -> bool:
    return "Operation cannot be fulfilled on resourcequotas" in error.message and "the object has been modified" in error.message


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """Client-side merge. `unstructured` merges custom objects three-way too, as an install does that takes ownership."""

    context: Context
    unstructured: bool = False

    def create(self, target: Built) -> JsonObject:
        """POST."""
        return post(self.context, target)

    def update(self, original: JsonObject | None, target: Built, live: JsonObject) -> Written:
        """PATCH, or nothing when there is nothing to change."""
        base = live if original is None else original
        try:
            patch, content_type = self._patch(base, target)
        except (HelmsimError, ApiError) as error:
            raise ObjectFailed(f"failed to create patch: {error}") from error
        client = self.context.client
        if not patch:
            try:
                return Written("unchanged", client.get(target.resource, target.name, target.namespace))
            except ApiError as error:
                raise ObjectFailed(f"failed to refresh resource information: {error}") from error
        try:
            after = client.patch(
                target.resource,
                target.name,
                patch,
                target.namespace,
                content_type=content_type,
                field_manager=self.context.rules.field_manager,
            )
        except ApiError as error:
            raise ObjectFailed(f'cannot patch "{target.name}" with kind {target.kind}: {error}') from error
        return Written("patched", after, patch)

    def _patch(self, original: JsonObject, target: Built) -> tuple[JsonObject, str]:
        client = self.context.client
        try:
            live = client.get(target.resource, target.name, target.namespace)
        except NotFound:
            live = {}
        except ApiError as error:
            raise ObjectFailed(f"unable to get data for current object {target.namespace}/{target.name}: {error}") from error
        schema = self.context.builtin_schema(target.resource.gvk)
        if schema is not None and decoding.type_error(target.object, schema) is None:
            return three_way.build(original, target.object, live, schema), STRATEGIC_PATCH
        if not self.unstructured:
            return merge_patch.diff(original, target.object), MERGE_PATCH
        patch = merge_patch.three_way(original, target.object, live)
        if "apiVersion" in patch or "kind" in patch or "name" in (patch.get("metadata") or {}):
            raise ObjectFailed(f"precondition failed for: {patch}: at least one field was changed: apiVersion, kind or name")
        return patch, MERGE_PATCH


@dataclass(frozen=True, slots=True)
class ServerSide:
    """Server-side apply. `force` takes fields from other managers; `migrate` first hands over what `helm` owns by updates."""

    context: Context
    force: bool = False
    migrate: bool = False

    def create(self, target: Built) -> JsonObject:
        """An apply, which also writes over an object that exists after all."""
        return on_conflict(self.context, lambda: self._apply(target), _quota_conflict_inside)

    def update(self, original: JsonObject | None, target: Built, live: JsonObject) -> Written:
        """Always one apply of the whole target."""
        if self.migrate and original is not None:
            self._hand_over(target)
        return Written("applied", self._apply(target), target.object)

    def _apply(self, target: Built) -> JsonObject:
        if not target.name:
            raise ObjectFailed(f"server-side apply failed for object {_place(target)}: resource name may not be empty")
        client = self.context.client
        try:
            return client.apply(
                target.object,
                target.namespace,
                resource=target.resource,
                field_manager=self.context.rules.field_manager,
                force=self.force,
                field_validation=STRICT,
            )
        except ApiError as error:
            if error.code == 415:
                raise ObjectFailed(f"server-side apply not available on the server: {error}") from error
            if error.reason == "Conflict":
                raise ApplyConflict(f"conflict occurred while applying object {_place(target)}: {error}", error.details) from error
            raise ObjectFailed(f"server-side apply failed for object {_place(target)}: {error}") from error

    def _hand_over(self, target: Built) -> None:
        client = self.context.client

        def attempt() -> None:
            try:
                live = client.get(target.resource, target.name, target.namespace)
            except ApiError as error:
                raise ObjectFailed(f"failed to get object {_place(target)}: {error}") from error
            entries = meta.managed_fields(live)
            moved = handed_over(entries, self.context.rules.field_manager)
            if moved == entries:
                return
            try:
                client.patch(
                    target.resource,
                    target.name,
                    ownership_patch(live, moved),
                    target.namespace,
                    content_type=JSON_PATCH,
                    field_manager=self.context.rules.field_manager,
                    field_validation=STRICT,
                )
            except Conflict:
                raise
            except ApiError as error:
                raise ObjectFailed(f"failed to patch object to upgrade CSA field manager {_place(target)}: {error}") from error

        on_conflict(self.context, attempt)


class ApplyConflict(ObjectFailed, Conflict):
    """Another manager owns fields with other values; `details` are those of the server's answer."""

    def __init__(self, message: str, details: JsonObject | None) -> None:
        ObjectFailed.__init__(self, message)
        self.message = message
        self.details = details


def _quota_conflict_inside(error: Conflict) -> bool:
    return _is_quota_conflict(error)


def _place(target: Built) -> str:
    return f"{target.namespace}/{target.name} {target.resource.gvk}"


def ownership_patch(live: JsonObject, entries: list[JsonObject]) -> list[JsonObject]:
    """The JSON patch that writes these entries of managedFields, if nobody has written the object meanwhile."""
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": meta.resource_version(live)},
    ]


def handed_over(entries: list[JsonObject], manager: str = "helm") -> list[JsonObject]:
    """Managed fields where what the manager owns by Update is its own by Apply; the same list when there is nothing to move.

    Only entries without subresource; only the first Update entry of the same API version is united, all of them go.
    """

    def is_update(entry: JsonObject) -> bool:
        return entry.get("manager") == manager and entry.get("operation") == "Update" and not entry.get("subresource")

    def is_apply(entry: JsonObject) -> bool:
        return entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")

    moved: list[JsonObject] = list(entries)
    index = next((i for i, entry in enumerate(moved) if is_apply(entry)), None)
    if index is None:
        index = next((i for i, entry in enumerate(moved) if is_update(entry)), None)
        if index is None:
            return entries
        moved[index] = {**moved[index], "operation": "Apply"}
    chosen = moved[index]
    source = next((entry for entry in moved if is_update(entry) and entry.get("apiVersion") == chosen.get("apiVersion")), None)
    fields = field_codec.decode(chosen.get("fieldsV1") or {})
    if source is not None:
        fields = fields | field_codec.decode(source.get("fieldsV1") or {})
    moved[index] = {**chosen, "fieldsV1": field_codec.encode(fields)}
    return [entry for entry in moved if not is_update(entry)]


@dataclass(frozen=True, slots=True)
class Replace:
    """PUT; what the chart does not say is lost, what cannot change still fails."""

    context: Context

    def create(self, target: Built) -> JsonObject:
        """POST."""
        return post(self.context, target)

    def update(self, original: JsonObject | None, target: Built, live: JsonObject) -> Written:
        """Over the version that is read just before, unless the manifest names one."""
        client = self.context.client
        try:
            body = target.object
            if not meta.resource_version(body):
                now = client.get(target.resource, target.name, target.namespace)
                body = meta.with_metadata(body, resourceVersion=meta.resource_version(now))
            validation = STRICT if self.context.rules.strict_replace else None
            after = client.replace(
                body,
                target.namespace,
                resource=target.resource,
                field_manager=self.context.rules.field_manager,
                field_validation=validation,
            )
        except ApiError as error:
            raise ObjectFailed(f"failed to replace object: {error}") from error
        return Written("replaced", after, body)


def post(context: Context, target: Built) -> JsonObject:
    """POST of an object, tried again on conflicts."""
    body: Any = target.object
    if meta.resource_version(body):
        body = meta.with_metadata(body, resourceVersion=None)
    manager = context.rules.field_manager
    return on_conflict(context, lambda: context.client.create(body, target.namespace, resource=target.resource, field_manager=manager))
