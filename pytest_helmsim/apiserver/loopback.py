"""The server's inner door: what a controller may ask, as Python objects instead of bytes.

The same pipeline as over HTTP (defaulting, validation, field owners, generation, finalizers), no encoding and no authorization.
Objects that come out are the stored ones: never change them, build new ones. Errors are `objects.status.ApiError`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind

EventType: TypeAlias = Literal["ADDED", "MODIFIED", "DELETED"]
Propagation: TypeAlias = Literal["Background", "Foreground", "Orphan"]


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One committed change. `gvk` is the version the object is stored in; `old` is None for ADDED; `new` of DELETED is the last state."""

    type: EventType
    gvk: GroupVersionKind
    new: JsonObject
    old: JsonObject | None = None


Subscriber: TypeAlias = Callable[[StoreEvent], None]


class Api(Protocol):
    """Reads and writes of a controller. Every `gvk` may be any served version; objects come back in that version."""

    @property
    def clock(self) -> Clock:
        """The server's clock."""

    @property
    def version(self) -> str:
        """The Kubernetes version that is simulated, such as `1.36`."""

    def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> JsonObject | None:
        """The object, or None when it does not exist. Cluster-scoped: namespace is empty."""

    def list(self, gvk: GroupVersionKind, namespace: str | None = None, selector: JsonObject | None = None) -> list[JsonObject]:
        """In key order; over all namespaces with None. `selector` is a LabelSelector object (`matchLabels`, `matchExpressions`)."""

    def create(self, obj: JsonObject, *, manager: str) -> JsonObject:
        """Create; `metadata.generateName` is honoured."""

    def update(self, obj: JsonObject, *, manager: str) -> JsonObject:
        """Replace; with `metadata.resourceVersion` set, only when it is still the stored one (`Conflict`)."""

    def update_status(self, obj: JsonObject, *, manager: str) -> JsonObject:
        """Replace the status subresource; what stands outside `status` is not written."""

    def patch(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        patch: Json,
        *,
        manager: str,
        content_type: str = "application/merge-patch+json",
        subresource: str = "",
        force: bool = False,
    ) -> JsonObject:
        """Any of the four patch content types (also `application/apply-patch+yaml`, with `force`)."""

    def delete(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        *,
        propagation: Propagation | None = None,
        uid: str = "",
        grace_period: int | None = None,
    ) -> JsonObject | None:
        """Delete (or mark as being deleted, when finalizers or a grace period hold it). `uid` is a precondition. `NotFound` when absent.

        A pod's grace period 0 removes it at once, as the kubelet does when all containers have ended.
        """

    def finalize(self, obj: JsonObject, *, manager: str) -> JsonObject:
        """Replace the subresource `finalize` of a Namespace (spec.finalizers)."""

    def bind(self, namespace: str, pod: str, node: str) -> None:
        """The scheduler's subresource `binding` of a pod."""

    def append_log(self, namespace: str, pod: str, container: str, text: str, *, previous: bool = False) -> None:
        """Lines that the subresource `log` of the pod answers with; they leave with the pod."""

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call back for every committed change, in order, inside the write (so: note it, do not write). Returns a function that ends it."""
