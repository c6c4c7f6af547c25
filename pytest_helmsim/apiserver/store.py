"""Where the objects are: immutable records by resource, namespace and name, one revision counter, a window of past changes.

Fork copies references only; a bucket (one resource in one namespace) is copied when one of the two sides first writes to it.
Objects that go in are never changed afterwards, by anyone. The caller serializes access.
"""

from __future__ import annotations

import hashlib
import uuid
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject, dumps

WINDOW = 4096
"""Changes that stay readable for watches and paged lists; older ones answer 410."""


class StoreKey(NamedTuple):
    """Where objects of one resource are kept, whatever version they are served in: `apps`, `deployments`."""

    group: str
    plural: str


SERVICES = StoreKey("", "services")


class Record:
    """One stored object and its encoding, made when first asked for.

    `first`: it has not been changed since it was created. `loose`: it is stored otherwise than it reads, so that its next update writes.
    """

    __slots__ = ("_encoded", "first", "loose", "obj", "revision")

    def __init__(self, obj: JsonObject, revision: int, *, first: bool = False, loose: bool = False) -> None:
        self.obj = obj
        self.revision = revision
        self.first = first
        self.loose = loose
        self._encoded: bytes | None = None

    @property
    def encoded(self) -> bytes:
        """The object as JSON."""
        if self._encoded is None:
            self._encoded = dumps(self.obj)
        return self._encoded


@dataclass(frozen=True, slots=True)
class Change:
    """One committed write: before and after; `after` of a deletion is the last state with the revision of the deletion."""

    revision: int
    key: StoreKey
    namespace: str
    name: str
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    after: Record
    before: Record | None


MANY = 20
"""From so many objects on, those with a label are found by an index."""


def _label(record: Record, label: str) -> str:
    """The label's value; a text that no label has where it is absent."""
    return (record.obj["metadata"].get("labels") or {}).get(label, "\0")  # type: ignore[no-any-return]


class _Bucket:
    __slots__ = ("_order", "index", "items", "owner")

    def __init__(self, items: dict[str, Record], owner: object) -> None:
        self.items = items
        self.owner = owner
        self.index: dict[str, dict[str, dict[str, None]]] = {}
        """Label, value, names: only of labels that were asked for since this bucket was copied."""
        self._order: list[str] | None = None

    def ordered(self) -> list[str]:
        """All names, sorted; sorted at the first question, then kept so. Not for holding on to: it changes with the bucket."""
        if self._order is None:
            self._order = sorted(self.items)
        return self._order

    def put(self, name: str, record: Record) -> None:
        """Write one object."""
        before = self.items.get(name)
        self.items[name] = record
        if before is None and self._order is not None:
            insort(self._order, name)
        if self.index:
            self._note(name, before, record)

    def take(self, name: str) -> Record:
        """Remove one object."""
        before = self.items.pop(name)
        if self._order is not None:
            del self._order[bisect_left(self._order, name)]
        if self.index:
            self._note(name, before, None)
        return before

    def names_with(self, label: str, values: frozenset[str]) -> list[dict[str, None]]:
        """Which objects have one of the values, a table of names for each, by an index made at the first question."""
        table = self.index.get(label)
        if table is None:
            table = {}
            for name, record in self.items.items():
                table.setdefault(_label(record, label), {})[name] = None
            self.index[label] = table
        return [table[value] for value in values if value in table]

    def _note(self, name: str, before: Record | None, after: Record | None) -> None:
        for label, table in self.index.items():
            if before is not None:
                table[_label(before, label)].pop(name)
            if after is not None:
                table.setdefault(_label(after, label), {})[name] = None


Listener: TypeAlias = Callable[[Change], None]


class Store:
    """Objects of one cluster. `seed` decides every uid and generated name."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.revision = 1
        self.drawn = 0
        self._tables: dict[StoreKey, dict[str, _Bucket]] = {}
        self._owner: object = object()
        self._changes: list[Change] = []
        self._forgotten = 0
        self.listeners: list[Listener] = []
        self.claimed: dict[str | int, int] = {}
        """Cluster IPs and node ports that Services hold, with how often."""
        self.veiled: dict[str, Json] = {}
        """By uid, what an object has in the store that no reader sees."""

    def fork(self) -> Store:
        """An independent store with the same content, revision and future names; listeners stay here."""
        twin = Store(self.seed)
        twin.revision = self.revision
        twin.drawn = self.drawn
        twin._tables = {key: dict(table) for key, table in self._tables.items()}
        twin._changes = list(self._changes)
        twin._forgotten = self._forgotten
        twin.claimed = dict(self.claimed)
        twin.veiled = dict(self.veiled)
        self._owner = object()
        return twin

    def restore(self, snapshot: Store) -> None:
        """Become what `snapshot` (a fork) was; the revision goes on from where it is, as after an etcd restore with a bump.

        Watches that were open cannot follow such a jump: what happened before is forgotten.
        """
        twin = snapshot.fork()
        self.seed, self.drawn, self._tables, self.claimed = twin.seed, twin.drawn, twin._tables, twin.claimed
        self.veiled = twin.veiled
        self._owner = object()
        self.revision = max(self.revision, snapshot.revision) + 1
        self._changes = []
        self._forgotten = self.revision

    # names and identities

    def draw(self, purpose: str) -> bytes:
        """32 bytes that follow from the seed and how much was drawn before."""
        self.drawn += 1
        return hashlib.sha256(f"{self.seed}/{purpose}/{self.drawn}".encode()).digest()

    def draw_uid(self) -> str:
        """A random UUID (version 4) that follows from the seed."""
        return str(uuid.UUID(bytes=self.draw("uid")[:16], version=4))

    # reading

    def get(self, key: StoreKey, namespace: str, name: str) -> Record | None:
        """The record, or None."""
        table = self._tables.get(key)
        bucket = table.get(namespace) if table is not None else None
        return bucket.items.get(name) if bucket is not None else None

    def records(self, key: StoreKey, namespace: str | None = None) -> Iterator[tuple[str, str, Record]]:
        """`(namespace, name, record)` in the order of etcd's keys: namespaces and names by bytes."""
        table = self._tables.get(key)
        if table is None:
            return
        for space in sorted(table, key=_order) if namespace is None else (namespace,):
            bucket = table.get(space)
            if bucket is not None:
                for name in tuple(bucket.ordered()):
                    yield space, name, bucket.items[name]

    def part(
        self, key: StoreKey, namespace: str | None, start: tuple[str, str] | None, limit: int
    ) -> tuple[list[tuple[str, str, Record]], int]:
        """At most `limit` of `records`, those after the namespace and name `start`, and how many there are after them."""
        table = self._tables.get(key, {})
        found: list[tuple[str, str, Record]] = []
        left = 0
        for space in sorted(table, key=_order) if namespace is None else (namespace,):
            bucket = table.get(space)
            if bucket is None or (start is not None and namespace is None and _order(space) < _order(start[0])):
                continue
            names = bucket.ordered()
            first = bisect_right(names, start[1]) if start is not None and (namespace is not None or space == start[0]) else 0
            taken = names[first : first + limit - len(found)]
            found += [(space, name, bucket.items[name]) for name in taken]
            left += len(names) - first - len(taken)
        return found, left

    def labelled(
        self, key: StoreKey, namespace: str | None, wanted: Sequence[tuple[str, frozenset[str]]]
    ) -> Iterator[tuple[str, str, Record]]:
        """Those of `records` that may have the labels: by the rarest one where a namespace has many objects, else all."""
        bucket = self._tables.get(key, {}).get(namespace) if namespace is not None else None
        if bucket is None or namespace is None or not wanted or len(bucket.items) < MANY:
            yield from self.records(key, namespace)
            return
        tables = min((bucket.names_with(label, values) for label, values in wanted), key=lambda found: sum(map(len, found)))
        for name in sorted(name for names in tables for name in names):
            yield namespace, name, bucket.items[name]

    def count(self, key: StoreKey, namespace: str | None = None) -> int:
        """How many objects there are."""
        table = self._tables.get(key, {})
        if namespace is not None:
            return len(table[namespace].items) if namespace in table else 0
        return sum(len(bucket.items) for bucket in table.values())

    @property
    def oldest(self) -> int:
        """The first revision from which changes can still be told."""
        return self._forgotten + 1

    def keys(self) -> list[StoreKey]:
        """Every resource that has, or had, objects."""
        return sorted(self._tables)

    def changes_since(self, revision: int) -> list[Change] | None:
        """All changes after `revision`, oldest first; None when some of them are forgotten."""
        if revision < self._forgotten:
            return None
        return self._changes[bisect_right(self._changes, revision, key=lambda change: change.revision) :]

    def records_at(self, revision: int, key: StoreKey, namespace: str | None) -> list[tuple[str, str, Record]] | None:
        """As `records`, but as it was after `revision`; None when that is forgotten."""
        later = self.changes_since(revision)
        if later is None:
            return None
        state = {(space, name): record for space, name, record in self.records(key, namespace)}
        for change in reversed(later):
            if change.key == key and namespace in (None, change.namespace):
                if change.before is None:
                    state.pop((change.namespace, change.name), None)
                else:
                    state[change.namespace, change.name] = change.before
        return [(space, name, state[space, name]) for space, name in sorted(state, key=lambda pair: (_order(pair[0]), pair[1]))]

    # writing

    def load(self, rows: Iterable[tuple[StoreKey, str, JsonObject]]) -> None:
        """Take objects in as they are, each with the next revision: a watch can be told of them, no listener is.

        What has no uid is no stored object, only shown like one, and gets no revision.
        """
        self._changes = []
        self._forgotten = self.revision
        for key, namespace, obj in rows:
            self.revision += "uid" in obj["metadata"]
            record = Record(with_revision(obj, self.revision) if "uid" in obj["metadata"] else obj, self.revision, first=True)
            name = obj["metadata"]["name"]
            self._bucket(key, namespace).put(name, record)
            if "uid" in obj["metadata"]:
                self._changes.append(Change(self.revision, key, namespace, name, "ADDED", record, None))
            if key == SERVICES:
                self._claim(None, record.obj)

    def put(self, key: StoreKey, namespace: str, name: str, obj: JsonObject, *, loose: bool = False) -> Record:
        """Store `obj` with the next revision in its metadata; the result is the record that readers see."""
        before = self.get(key, namespace, name)
        self.revision += 1
        record = Record(with_revision(obj, self.revision), self.revision, first=before is None, loose=loose)
        self._bucket(key, namespace).put(name, record)
        if key == SERVICES:
            self._claim(before.obj if before else None, record.obj)
        self._commit(Change(self.revision, key, namespace, name, "ADDED" if before is None else "MODIFIED", record, before))
        return record

    def remove(self, key: StoreKey, namespace: str, name: str) -> Record:
        """Take the object out; watchers see its last stored state under the revision of the deletion."""
        bucket = self._bucket(key, namespace)
        before = bucket.take(name)
        self.revision += 1
        after = Record(with_revision(before.obj, self.revision), self.revision)
        if key == SERVICES:
            self._claim(before.obj, None)
        self._commit(Change(self.revision, key, namespace, name, "DELETED", after, before))
        return after

    def _claim(self, before: JsonObject | None, after: JsonObject | None) -> None:
        for value in _claims(before):
            self.claimed[value] -= 1
            if not self.claimed[value]:
                del self.claimed[value]
        for value in _claims(after):
            self.claimed[value] = self.claimed.get(value, 0) + 1

    def _bucket(self, key: StoreKey, namespace: str) -> _Bucket:
        table = self._tables.setdefault(key, {})
        bucket = table.get(namespace)
        if bucket is None:
            bucket = table[namespace] = _Bucket({}, self._owner)
        elif bucket.owner is not self._owner:
            bucket = table[namespace] = _Bucket(dict(bucket.items), self._owner)
        return bucket

    def _commit(self, change: Change) -> None:
        self._changes.append(change)
        if len(self._changes) > 2 * WINDOW:
            self._forgotten = self._changes[WINDOW - 1].revision
            del self._changes[:WINDOW]
        for listener in tuple(self.listeners):
            listener(change)


def _claims(service: JsonObject | None) -> list[str | int]:
    spec = (service or {}).get("spec") or {}
    claims: list[str | int] = [address for address in spec.get("clusterIPs") or () if address != "None"]
    claims += [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    if spec.get("healthCheckNodePort"):
        claims.append(spec["healthCheckNodePort"])
    return claims


def _order(namespace: str) -> str:
    return f"{namespace}/"


def with_revision(obj: JsonObject, revision: int) -> JsonObject:
    """A copy of the outer layers with `metadata.resourceVersion` set, at the place where the API prints it."""
    text, meta = str(revision), obj["metadata"]
    if "resourceVersion" in meta:
        return {**obj, "metadata": {**meta, "resourceVersion": text}}
    placed: JsonObject = {}
    for key, value in meta.items():
        placed[key] = value
        if key == "uid":
            placed["resourceVersion"] = text
    placed["resourceVersion"] = text
    return {**obj, "metadata": placed}
