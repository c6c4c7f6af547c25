"""Watches: every committed change goes to every stream that is about it; looked at and encoded once for all that ask the same.

A stream is an iterator of bytes. It never blocks: `b""` says that nothing has happened yet; `wait` and `rest` pass the time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from pytest_helmsim.apiserver.selection import Selection
from pytest_helmsim.apiserver.store import Change, Record, StoreKey, with_revision
from pytest_helmsim.objects.clock import Clock, RealClock, VirtualClock
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind

Encoder: TypeAlias = Callable[[str, Record], bytes]
"""Event type and record to a line of the stream."""
MAX_BACKLOG = 100_000
HEARTBEAT = 1.0
"""Real seconds after which a waiting reader looks around."""


class Interest(NamedTuple):
    """What a watch asks for: streams with equal interests get the same lines. `encode` is one function for equal forms."""

    gvk: GroupVersionKind
    namespace: str | None
    selection: Selection
    encode: Encoder

    def line(self, change: Change, view: Callable[[JsonObject], JsonObject]) -> bytes | None:
        """The change as a line; None when it is about something else. An object that starts or stops matching is ADDED or DELETED."""
        if self.namespace is not None and change.namespace != self.namespace:
            return None
        kind: str = change.type
        record = change.after
        if not self.selection.everything:
            now = change.type != "DELETED" and self.selection.matches(view(change.after.obj))
            before = change.before is not None and self.selection.matches(view(change.before.obj))
            if not now and not before:
                return None
            kind = "MODIFIED" if now and before else "ADDED" if now else "DELETED"
            if kind == "DELETED" and change.type == "MODIFIED" and change.before is not None:
                record = Record(with_revision(change.before.obj, change.revision), change.revision)
        return self.encode(kind, record)


class Stream:
    """One open watch. `close()` ends it from the client's side; it ends by itself at `deadline` of the server's clock."""

    def __init__(
        self,
        hub: Hub,
        key: StoreKey,
        interest: Interest,
        view: Callable[[JsonObject], JsonObject],
        *,
        clock: Clock,
        deadline: float,
        bookmark: Callable[[], bytes] | None = None,
        real: Clock | None = None,
    ) -> None:
        self.key = key
        self.interest = interest
        self.view = view
        self._hub = hub
        self._clock = clock
        self._deadline = deadline
        self._real = real if real is not None else RealClock()
        self._real_deadline = self._real.now() + deadline - clock.now()
        self._bookmark = bookmark
        self._next_bookmark = clock.now() + 60
        self._lines: deque[bytes] = deque()
        self._ready = threading.Condition()
        self._waiting = False
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

    def following(self) -> bytes:
        """The lines that are queued now, in one piece: what comes after a line that was read."""
        lines = self._lines
        return b"".join([lines.popleft() for _ in range(len(lines))])

    def wait(self, seconds: float) -> None:
        """Block the thread until there is something to read, the watch is over, or `seconds` of real time have passed."""
        with self._ready:
            self._waiting = True
            if not self._lines and not self._closed:
                self._ready.wait(seconds)
            self._waiting = False

    def rest(self) -> None:
        """What a reader in the server's process does when there is nothing to read.

        The thread whose waiting moves the virtual clock moves it to the next event; another one waits for what that thread does,
        in real time at most as long as the watch lasts.
        """
        clock = self._clock
        if isinstance(clock, VirtualClock) and clock.is_moved_here:
            due = clock.next_event()
            marked = self._next_bookmark if self._bookmark is not None else self._deadline
            clock.advance_to(min(self._deadline, marked, self._deadline if due is None else due))
            return
        self.wait(HEARTBEAT)
        if self._real.now() >= self._real_deadline:
            self.close()

    def close(self) -> None:
        """Stop listening. What is queued can still be read."""
        self._hub.remove(self)
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    def abort(self) -> None:
        """End without another line, as when an event cannot be written in the form that was asked for."""
        self._lines.clear()
        self.close()

    def push(self, line: bytes) -> None:
        """Queue one line. Only a thread that waits is woken: one that reads finds the line by itself."""
        self._lines.append(line)
        if self._waiting:
            with self._ready:
                self._ready.notify_all()
        if len(self._lines) > MAX_BACKLOG:
            self.close()

    def offer(self, change: Change) -> None:
        """Queue the change when it is about what is watched."""
        line = self.interest.line(change, self.view)
        if line is not None:
            self.push(line)


class Hub:
    """All open watches of one server."""

    def __init__(self) -> None:
        self._streams: dict[StoreKey, dict[Interest, list[Stream]]] = {}
        self._lock = threading.Lock()

    def add(self, stream: Stream) -> None:
        """Send changes to the stream from now on."""
        with self._lock:
            self._streams.setdefault(stream.key, {}).setdefault(stream.interest, []).append(stream)

    def remove(self, stream: Stream) -> None:
        """No more changes; a second time is no error."""
        with self._lock:
            interests = self._streams.get(stream.key, {})
            streams = interests.get(stream.interest, [])
            if stream in streams:
                streams.remove(stream)
            if not streams:
                interests.pop(stream.interest, None)

    def publish(self, change: Change) -> None:
        """A listener of the store."""
        if not self._streams.get(change.key):
            return
        with self._lock:
            found = [(interest, tuple(streams)) for interest, streams in self._streams[change.key].items()]
        for interest, streams in found:
            line = interest.line(change, streams[0].view)
            if line is not None:
                for stream in streams:
                    stream.push(line)

    def close_all(self) -> None:
        """End every watch: the store was replaced, or the server stops."""
        with self._lock:
            streams = [stream for interests in self._streams.values() for found in interests.values() for stream in found]
        for stream in streams:
            stream.close()

    @property
    def open(self) -> int:
        """How many watches there are."""
        with self._lock:
            return sum(len(found) for interests in self._streams.values() for found in interests.values())
