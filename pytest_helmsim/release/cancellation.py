"""How an operation is cancelled: by a signal, from another thread, or by Ctrl-C in a program of one's own.

Helm hears a signal while it prepares, but heeds it only once the record is written; what is under way then ends at once and the
record says failed. A second request is not heard. Source: helm.sh/helm/v4 pkg/cmd/install.go, upgrade.go; pkg/action/install.go.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Cancellation:
    """Which operations of an engine were asked to end; each runs in a thread of its own."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._asked: set[int] = set()
        self._is_early = False

    def request(self) -> None:
        """End what runs, or else the next operation: at once in this thread (a signal's handler), in others at the next step."""
        self._is_early = not self._running
        self._asked |= self._running
        self.check()

    def check(self) -> None:
        """Raise `KeyboardInterrupt` when the end of this thread's operation was asked for."""
        thread = threading.get_ident()
        if thread in self._asked:
            self._asked.discard(thread)
            self._running.discard(thread)
            raise KeyboardInterrupt

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Within, a request ends what is under way, also one that came before; afterwards it is forgotten."""
        thread = threading.get_ident()
        self._running.add(thread)
        try:
            if self._is_early:
                self.request()
            yield
        finally:
            self._running.discard(thread)
            self._asked.discard(thread)
