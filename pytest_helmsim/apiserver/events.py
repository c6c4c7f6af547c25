"""Watches: every committed change goes to every stream that is about it, encoded once.

A stream is an iterator of bytes. It never blocks: `b""` says that nothing has happened yet; `wait` blocks until something may have.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from pytest_helmsim.apiserver.selection import Selection
from pytest_helmsim.apiserver.store import Change, Record, StoreKey
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.json import JsonObject

Encoder: TypeAlias = Callable[[str, Record], bytes]
"""Event type and record to a line of the stream."""
MAX_BACKLOG = 100_000


class Stream:
    """One open watch. `close()` ends it from the client's side; it ends by itself at `deadline` of the server's clock."""

    def __init__(
        self,
        hub: Hub,
        key: StoreKey,
        namespace: str | None,
        selection: Selection,
        view: Callable[[JsonObject], JsonObject],
        encode: Encoder,
        *,
        clock: Clock,
        deadline: float,
        bookmark: Callable[[], bytes] | None = None,
    ) -> None:
        self.key = key
        self._hub = hub
        self._namespace = namespace
        self._selection = selection
        self._view = view
        self._encode = encode
        self._clock = clock
        self._deadline = deadline
        self._bookmark = bookmark
        self._next_bookmark = clock.now() + 60
        self._lines: deque[bytes] = deque()
        self._ready = threading.Condition()
        self._closed = False

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> bytes:
        if self._lines:
            return self._lines.popleft()
        if self._closed:
            raise StopIteration
        now = self._clock.now()
        if now >= self._deadline:
            self.close()
            raise StopIteration
        if self._bookmark is not None and now >= self._next_bookmark:
            self._next_bookmark = now + 60
            return self._bookmark()
        return b""

    def wait(self, seconds: float) -> None:
        """Block the thread until there is something to read, the watch is over, or `seconds` of real time have passed."""
        with self._ready:
            if not self._lines and not self._closed:
                self._ready.wait(seconds)

    def close(self) -> None:
        """Stop listening. What is queued can still be read."""
        self._hub.remove(self)
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    def push(self, line: bytes) -> None:
        """Queue one line."""
        with self._ready:
            self._lines.append(line)
            self._ready.notify_all()
        if len(self._lines) > MAX_BACKLOG:
            self.close()

    def offer(self, change: Change, cache: dict[object, bytes]) -> None:
        """Queue the change when it is about what is watched. An object that starts or stops matching is ADDED or DELETED."""
        if self._namespace is not None and change.namespace != self._namespace:
            return
        kind: str = change.type
        record = change.after
        if not self._selection.everything:
            now = change.type != "DELETED" and self._selection.matches(self._view(change.after.obj))
            before = change.before is not None and self._selection.matches(self._view(change.before.obj))
            if not now and not before:
                return
            kind = "MODIFIED" if now and before else "ADDED" if now else "DELETED"
        token = (kind, self._encode)
        line = cache.get(token)
        if line is None:
            line = cache[token] = self._encode(kind, record)
        self.push(line)


class Hub:
    """All open watches of one server."""

    def __init__(self) -> None:
        self._streams: dict[StoreKey, list[Stream]] = {}
        self._lock = threading.Lock()

    def add(self, stream: Stream) -> None:
        """Send changes to the stream from now on."""
        with self._lock:
            self._streams.setdefault(stream.key, []).append(stream)

    def remove(self, stream: Stream) -> None:
        """No more changes; a second time is no error."""
        with self._lock:
            streams = self._streams.get(stream.key, [])
            if stream in streams:
                streams.remove(stream)

    def publish(self, change: Change) -> None:
        """A listener of the store."""
        streams = self._streams.get(change.key)
        if streams:
            cache: dict[object, bytes] = {}
            for stream in tuple(streams):
                stream.offer(change, cache)

    def close_all(self) -> None:
        """End every watch: the store was replaced, or the server stops."""
        with self._lock:
            streams = [stream for found in self._streams.values() for stream in found]
        for stream in streams:
            stream.close()

    @property
    def open(self) -> int:
        """How many watches there are."""
        return sum(len(found) for found in self._streams.values())
