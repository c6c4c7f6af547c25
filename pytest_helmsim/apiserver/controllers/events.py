"""`v1 Event` objects as client-go's recorder writes them: what `kubectl describe` and `kubectl get events` show.

The same event of the same object again raises `count` and `lastTimestamp` instead of adding one; many similar ones are combined.
Source: k8s.io/client-go tools/record (recorder.go makeEvent, events_cache.go), tools/events for the scheduler's form
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pytest_helmsim.apiserver.controllers.common import EVENT, MANAGER, Key, key_of, namespace_of, uid_of
from pytest_helmsim.apiserver.loopback import Api
from pytest_helmsim.objects import clock as clocks
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import AlreadyExists, Forbidden, NotFound

APPROXIMATE = ("Events: kept as long as the cluster; the real server drops them after an hour",)
COMBINED = "(combined from similar events): "
SIMILAR_EVENTS = 10
SIMILAR_SECONDS = 600.0
BURST = 25.0
REFILL_SECONDS = 300.0


class _Same(NamedTuple):
    """What makes two events one."""

    uid: str
    type: str
    reason: str
    message: str
    field_path: str


class _Group(NamedTuple):
    """Events that differ in their message only: too many of them are combined."""

    component: str
    uid: str
    type: str
    reason: str


@dataclass(slots=True)
class _Similar:
    messages: dict[str, None]
    last: float


@dataclass(slots=True)
class _Bucket:
    """Events that may still be written about one object."""

    tokens: float
    filled: float


class Recorder:
    """Writes events; one that the server refuses (a namespace that is going away) is dropped, as the real recorder drops it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._serial = 0
        self._known: dict[_Same, Key] | None = None
        self._similar: dict[_Group, _Similar] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, other: Recorder) -> None:
        """What another recorder remembers, for a forked cluster."""
        self._serial = other._serial
        self._known = dict(other._known) if other._known is not None else None
        self._similar = {group: _Similar(dict(found.messages), found.last) for group, found in other._similar.items()}
        self._buckets = {key: _Bucket(found.tokens, found.filled) for key, found in other._buckets.items()}

    def __call__(
        self,
        obj: JsonObject,
        reason: str,
        message: str,
        *,
        component: str,
        warning: bool = False,
        manager: str = MANAGER,
        field_path: str = "",
    ) -> None:
        """Record one event about `obj`, as controllers and kubelets do."""
        kind, uid = "Warning" if warning else "Normal", uid_of(obj)
        combined = self._is_combined(_Group(component, uid, kind, reason), message)
        same = _Same(uid, kind, reason, COMBINED if combined else message, "" if combined else field_path)
        if not self._may_write(component, uid):
            return
        text = COMBINED + message if combined else message
        now = clocks.rfc3339(self._api.clock.now())
        if self._count_up(same, now, text, manager):
            return
        event = {
            **self._head(obj, field_path),
            "reason": reason,
            "message": text,
            "source": {"component": component},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": kind,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": "",
        }
        self._create(event, same, manager)

    def scheduled(self, obj: JsonObject, reason: str, message: str, *, action: str, warning: bool = False) -> None:
        """The scheduler's events have the newer form: `eventTime` and `action` instead of counts."""
        kind = "Warning" if warning else "Normal"
        same = _Same(uid_of(obj), kind, reason, message, "")
        if self._index().get(same):
            return
        event = {
            **self._head(obj, ""),
            "reason": reason,
            "message": message,
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": kind,
            "eventTime": clocks.rfc3339_micro(self._api.clock.now()),
            "action": action,
            "reportingComponent": "default-scheduler",
            "reportingInstance": "default-scheduler-node-0",
        }
        self._create(event, same, "kube-scheduler")

    def _is_combined(self, group: _Group, message: str) -> bool:
        """From the tenth different message within ten minutes on, similar events share one."""
        now = self._api.clock.now()
        similar = self._similar.get(group)
        if similar is None or now - similar.last > SIMILAR_SECONDS:
            similar = self._similar[group] = _Similar({}, now)
        similar.last = now
        similar.messages[message] = None
        if len(similar.messages) < SIMILAR_EVENTS:
            return False
        similar.messages.pop(next(iter(similar.messages)))
        return True

    def _may_write(self, component: str, uid: str) -> bool:
        """Twenty-five events about an object at once, then one in five minutes."""
        now = self._api.clock.now()
        bucket = self._buckets.setdefault((component, uid), _Bucket(BURST, now))
        bucket.tokens = min(bucket.tokens + (now - bucket.filled) / REFILL_SECONDS, BURST)
        bucket.filled = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _head(self, obj: JsonObject, field_path: str) -> JsonObject:
        metadata, gvk = obj["metadata"], GroupVersionKind.of_object(obj)
        self._serial += 1
        stamp = int(self._api.clock.now() * 1_000_000_000) + self._serial
        involved = {
            "kind": gvk.kind,
            "namespace": namespace_of(obj),
            "name": metadata["name"],
            "uid": uid_of(obj),
            "apiVersion": gvk.api_version,
            "resourceVersion": metadata.get("resourceVersion") or "",
            "fieldPath": field_path,
        }
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name']}.{stamp:x}", "namespace": namespace_of(obj) or "default"},
            "involvedObject": {key: value for key, value in involved.items() if value},
        }

    def _create(self, event: JsonObject, same: _Same, manager: str) -> None:
        try:
            stored = self._api.create(event, manager=manager)
        except (Forbidden, NotFound, AlreadyExists):
            return
        self._index()[same] = key_of(stored)

    def _count_up(self, same: _Same, now: str, message: str, manager: str) -> bool:
        key = self._index().get(same)
        known = self._api.get(EVENT, *key) if key else None
        if known is None:
            return False
        counted = {**known, "count": (known.get("count") or 1) + 1, "lastTimestamp": now, "message": message}
        try:
            self._api.update(counted, manager=manager)
        except (Forbidden, NotFound):
            return True
        return True

    def _index(self) -> dict[_Same, Key]:
        """Built from the store at first use, so that a forked cluster counts on."""
        if self._known is None:
            self._known = {}
            for event in self._api.list(EVENT):
                about, message = event.get("involvedObject") or {}, str(event.get("message") or "")
                combined = message.startswith(COMBINED)
                path = "" if combined else about.get("fieldPath", "")
                same = _Same(about.get("uid", ""), event.get("type", ""), event.get("reason", ""), COMBINED if combined else message, path)
                self._known[same] = key_of(event)
        return self._known
