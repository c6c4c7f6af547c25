"""Room on Python's stack for templates within templates.

A frame of a Python function called by Python code lives on the heap (3.11 and newer), so that the recursion limit may be much higher
than its default without endangering the C stack. The limit belongs to the whole process: it goes back when the last execution ends.
"""

from __future__ import annotations

import sys
import threading
from typing import Final

FRAMES: Final = 20_000

_lock = threading.Lock()
_executions = 0
_before = 0


def enter() -> None:
    """An execution begins."""
    global _executions, _before
    with _lock:
        if _executions == 0:
            _before = sys.getrecursionlimit()
            if _before < FRAMES:
                sys.setrecursionlimit(FRAMES)
        _executions += 1


def leave() -> None:
    """An execution ends."""
    global _executions
    with _lock:
        _executions -= 1
        if _executions == 0 and _before < FRAMES and sys.getrecursionlimit() == FRAMES:
            sys.setrecursionlimit(_before)
