"""Scripted images: what a container does when it runs an image.

`Images` maps patterns of image names to behaviours; the most recent matching entry wins. Without one, a container of a pod
that restarts always becomes ready after a second, and one that may end succeeds after a second.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Ready:
    """Starts and is ready after that many seconds, and runs until it is stopped; `logs` is what it prints at the start."""

    after: float = 1.0
    logs: str = ""


@dataclass(frozen=True, slots=True)
class NeverReady:
    """Runs, and never passes its readiness probe."""

    logs: str = ""


@dataclass(frozen=True, slots=True)
class Exit:
    """Runs for `after` seconds, prints `logs` and ends with `code`; the pod's restartPolicy decides what follows."""

    code: int = 0
    logs: str = ""
    after: float = 1.0


@dataclass(frozen=True, slots=True)
class CrashLoop:
    """Ends with an error soon after every start."""

    logs: str = ""
    exit_code: int = 1
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class ImagePullError:
    """The image cannot be pulled; `reason` is the registry's answer."""

    reason: str = "not found"


Behaviour: TypeAlias = Ready | NeverReady | Exit | CrashLoop | ImagePullError


class Images(MutableMapping[str, Behaviour]):
    """Patterns (`web:9.9.9`, `registry.example/*`) to behaviours. Setting one concerns running pods too."""

    def __init__(self) -> None:
        self._behaviours: dict[str, Behaviour] = {}
        self._listeners: list[Callable[[], None]] = []

    def find(self, image: str) -> Behaviour | None:
        """The most recently set behaviour whose pattern matches the whole image name."""
        for pattern in reversed(self._behaviours):
            if pattern == image or fnmatch.fnmatchcase(image, pattern):
                return self._behaviours[pattern]
        return None

    def __getitem__(self, pattern: str) -> Behaviour:
        return self._behaviours[pattern]

    def __setitem__(self, pattern: str, behaviour: Behaviour) -> None:
        self._behaviours.pop(pattern, None)
        self._behaviours[pattern] = behaviour
        self._tell()

    def __delitem__(self, pattern: str) -> None:
        del self._behaviours[pattern]
        self._tell()

    def __iter__(self) -> Iterator[str]:
        return iter(self._behaviours)

    def __len__(self) -> int:
        return len(self._behaviours)

    def copy(self) -> Images:
        """For a forked cluster: the same behaviours, nobody listening."""
        images = Images()
        images._behaviours = dict(self._behaviours)
        return images

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call back after every change."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """End a callback; one that is not there is no error."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
