"""What a long wait waits for, on a line of the terminal that goes away; standard error of anything else stays as Helm's.

⠋ waiting for 2: Deployment/web (Deployment: 1/3 replicas ready), Job/migrate (hook is running)
"""

from __future__ import annotations

import atexit
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

SHOWN = 3


def words(left: Mapping[str, str]) -> str:
    """At most three objects with their reasons, and how many there are."""
    parts = [f"{key} ({why.splitlines()[0]})" if why else key for key, why in list(left.items())[:SHOWN]]
    more = f", and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    return f"waiting for {len(left)}: {', '.join(parts)}{more}"


class Waiting:
    """The engine's `progress` for the command line; nothing is imported and nothing printed where there is no terminal."""

    def __init__(self) -> None:
        self.left: dict[str, str] = {}
        self._status: Status | None = None

    def __call__(self, left: Mapping[str, str], /) -> None:
        """Show what is left; take the line away when that is nothing."""
        self.left = dict(left)
        if not sys.stderr.isatty():
            return
        if not left:
            self.stop()
        elif self._status is None:
            from rich.console import Console
            from rich.markup import escape

            self._status = Console(stderr=True).status(escape(words(left)))
            self._status.start()
            atexit.register(self.stop)
        else:
            from rich.markup import escape

            self._status.update(escape(words(left)))

    def stop(self) -> None:
        """Take the line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def interrupted(self) -> None:
        """On a terminal: what the wait had not seen yet when it was cancelled."""
        self.stop()
        if self.left and sys.stderr.isatty():
            sys.stderr.write(f"interrupted while {words(self.left)}; the record says failed, the objects stay as they are\n")
