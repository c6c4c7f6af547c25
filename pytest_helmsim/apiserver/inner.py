"""`ApiServer.api`: the loopback of `loopback.Api`, the same pipeline without encoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import bodies, conversion, deletes, patches, selection, subresources, writes
from pytest_helmsim.apiserver.loopback import Propagation, StoreEvent, Subscriber
from pytest_helmsim.apiserver.operation import CONTROLLER, Operation
from pytest_helmsim.apiserver.options import DeleteOptions
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.apiserver.store import Change
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import NotFound
from pytest_helmsim.schema import defaults

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer


class InnerApi:
    """See `loopback.Api`."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    @property
    def clock(self) -> Clock:
        return self._server.clock

    @property
    def version(self) -> str:
        return self._server.version

    def _served(self, gvk: GroupVersionKind) -> Served:
        served = self._server.registry.of_kind(gvk)
        if served is None:
            raise NotFound(f'no matches for kind "{gvk.kind}" in version "{gvk.api_version}"', details={})
        return served

    def _operation(self, served: Served, namespace: str, name: str, manager: str, subresource: str = "") -> Operation:
        space = namespace if served.namespaced else ""
        return Operation(self._server, served, space, name, subresource, CONTROLLER, manager, validation="Ignore")

    def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> JsonObject | None:
        served = self._served(gvk)
        record = self._server.store.get(served.key, namespace if served.namespaced else "", name)
        return None if record is None else conversion.from_storage(served, record.obj)

    def list(self, gvk: GroupVersionKind, namespace: str | None = None, selector: JsonObject | None = None) -> list[JsonObject]:
        served = self._served(gvk)
        space = namespace if served.namespaced else ""
        wanted = selection.of_object(selector)
        exact = [(each.key, each.values) for each in wanted if each.operator == "in"]
        found = [record.obj for _, _, record in self._server.store.labelled(served.key, space, exact)]
        if served.gvk != served.stored:
            found = [conversion.from_storage(served, obj) for obj in found]
        return [obj for obj in found if selection.labels_match(wanted, obj)] if wanted else found

    def create(self, obj: JsonObject, *, manager: str) -> JsonObject:
        served = self._served(GroupVersionKind.of_object(obj))
        with self._server.lock:
            op = self._operation(served, obj["metadata"].get("namespace") or "", obj["metadata"].get("name") or "", manager)
            return conversion.from_storage(served, writes.create(op, bodies.decoded(op, bodies.Body(obj), served.gvk)))

    def update(self, obj: JsonObject, *, manager: str) -> JsonObject:
        return self._replace(obj, manager, "")

    def update_status(self, obj: JsonObject, *, manager: str) -> JsonObject:
        return self._replace(obj, manager, "status")

    def finalize(self, obj: JsonObject, *, manager: str) -> JsonObject:
        return self._replace(obj, manager, "finalize")

    def _replace(self, obj: JsonObject, manager: str, subresource: str) -> JsonObject:
        served = self._served(GroupVersionKind.of_object(obj))
        meta = obj["metadata"]
        with self._server.lock:
            op = self._operation(served, meta.get("namespace") or "", meta["name"], manager, subresource)
            if subresource == "status":
                prepared = self._status_only(op, obj)
                if prepared is not None:
                    return writes.replace(op, prepared)[0]
            return conversion.from_storage(served, writes.replace(op, bodies.decoded(op, bodies.Body(obj), served.gvk))[0])

    def _status_only(self, op: Operation, obj: JsonObject) -> JsonObject | None:
        """What a write to `status` comes to, without looking at the parts that it cannot change; None where there is no short way."""
        served, server = op.served, self._server
        record = server.store.get(served.key, op.namespace, op.name)
        if record is None or served.custom is not None or served.gvk != served.stored or served.schema is None:
            return None
        fields = served.schema.fields or {}
        if "status" not in fields or not isinstance(obj.get("status"), dict):
            return None
        minor = server.catalog.version.minor
        metadata, known = obj["metadata"], record.obj["metadata"]
        return {
            **record.obj,
            "metadata": dict(known) if metadata is known else defaults.apply_part(metadata, fields["metadata"], minor),
            "status": defaults.apply_part(obj["status"], fields["status"], minor),
        }

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
        served = self._served(gvk)
        with self._server.lock:
            op = self._operation(served, namespace, name, manager, subresource)
            if content_type == patches.APPLY:
                obj, _ = patches.apply(op, patch, force=force)
            else:
                obj, _ = patches.merge(op, content_type, patch)
            return conversion.from_storage(served, obj)

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
        served = self._served(gvk)
        with self._server.lock:
            op = self._operation(served, namespace, name, "")
            return deletes.delete(op, DeleteOptions(grace_period=grace_period, propagation=propagation, uid=uid)).obj

    def bind(self, namespace: str, pod: str, node: str) -> None:
        with self._server.lock:
            served = self._served(GroupVersionKind("", "v1", "Pod"))
            subresources.bind(self._operation(served, namespace, pod, "kube-scheduler", "binding"), node)

    def append_log(self, namespace: str, pod: str, container: str, text: str, *, previous: bool = False) -> None:
        key = (namespace, pod, container, previous)
        self._server.logs[key] = self._server.logs.get(key, "") + text

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        def listen(change: Change) -> None:
            served = self._server.registry.storage_of(change.key)
            gvk = served.stored if served is not None else GroupVersionKind.of_object(change.after.obj)
            callback(StoreEvent(change.type, gvk, change.after.obj, change.before.obj if change.before else None))

        self._server.store.listeners.append(listen)

        def stop() -> None:
            if listen in self._server.store.listeners:
                self._server.store.listeners.remove(listen)

        return stop
