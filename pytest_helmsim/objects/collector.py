"""Python's cycle collector pauses while a chart is loaded, rendered and sent.

This makes many small objects that all stay; looking through them again and again takes up to half of the time. What a rendering may
make is bounded by its limits, so that the pause is too. The collector belongs to the whole process: it goes on when the last pause ends.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def paused() -> Iterator[None]:
    """No automatic collection inside."""
    global _pauses, _was_on
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()
