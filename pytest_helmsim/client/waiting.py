"""Polling on a clock: look, sleep, look again, until done or out of time.

On a clock that knows its next event (a virtual one) nothing can change before it, so the sleep goes straight there,
rounded up to whole intervals: ten minutes of waiting cost as many looks as there are events.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pytest_helmsim.objects.clock import Clock


def poll(clock: Clock, look: Callable[[], bool], *, timeout: float, interval: float) -> bool:
    """True as soon as `look()` is true (the first look is at once), False when `timeout` seconds have passed.

    A time-out of 0 allows one look. What `look` raises is raised.
    """
    deadline = clock.now() + timeout
    while True:
        if look():
            return True
        left = deadline - clock.now()
        if left <= 0:
            return False
        clock.sleep(min(left, _step(clock, interval, left)))


def _step(clock: Clock, interval: float, left: float) -> float:
    ask = getattr(clock, "next_event", None)
    if ask is None:
        return interval
    event: float | None = ask()
    if event is None:
        return left
    return max(1, math.ceil((event - clock.now()) / interval)) * interval
