"""Time as a value that is passed in: the machine's clock, and one that moves only when somebody waits.

Nothing else in the package asks the system for the time or sleeps.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

EPOCH = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


class Clock(Protocol):
    """What code that needs time may ask."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""


class RealClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        time.sleep(seconds)


class VirtualClock:
    """A clock that stands still until somebody sleeps; sleeping runs what was planned until then, in order.

    Equal times run in the order they were planned, so the same program gives the same history. Actions run in the
    thread that sleeps, and may plan more. Thread-safe.

    `mover` is the thread whose waiting for others moves the clock: the one that made it; None while something else moves it.
    """

    def __init__(self, start: float = EPOCH) -> None:
        self._now = start
        self._plan: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()
        self.mover: int | None = threading.get_ident()

    @property
    def is_moved_here(self) -> bool:
        """Whether the calling thread is the one that moves the clock by waiting."""
        return self.mover == threading.get_ident()

    @property
    def lock(self) -> threading.RLock:
        """Held while planned actions run. What serves requests beside them takes the same one, so the two cannot wait for each other."""
        return self._lock

    def now(self) -> float:
        """Seconds since 1970, UTC, of the simulated world."""
        return self._now

    def call_at(self, when: float, action: Callable[[], None]) -> Callable[[], None]:
        """Plan `action`; a time in the past means the next move of the clock. Returns a function that cancels."""
        entry = (when, next(self._order), action)
        with self._lock:
            heapq.heappush(self._plan, entry)

        def cancel() -> None:
            with self._lock:
                if entry in self._plan:
                    self._plan.remove(entry)
                    heapq.heapify(self._plan)

        return cancel

    def next_event(self) -> float | None:
        """When the next planned action is due; None when nothing is planned."""
        with self._lock:
            return self._plan[0][0] if self._plan else None

    def sleep(self, seconds: float) -> None:
        """Move time on by `seconds`, running every planned action on the way at its own time."""
        self.advance_to(self._now + seconds)

    def advance_to(self, when: float) -> None:
        """Move time to `when` (never back), running every planned action on the way at its own time."""
        with self._lock:
            while self._plan and self._plan[0][0] <= when:
                due, _, action = heapq.heappop(self._plan)
                self._now = max(self._now, due)
                action()
            self._now = max(self._now, when)


@lru_cache(maxsize=64)
def rfc3339(seconds: float) -> str:
    """As the API writes metav1.Time: whole seconds, `Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(seconds: float) -> str:
    """As the API writes metav1.MicroTime: six digits, `Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
