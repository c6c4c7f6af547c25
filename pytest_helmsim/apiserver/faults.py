"""Faults as handlers around a handler: an error, a delay, a dropped connection at the nth call that matches.

    handler = inject(server.handle, [Fault(verb="patch", resource="deployments", at=2, outcome=Fail(ServiceUnavailable("try later")))])

What `outcome` is decides: `Fail` answers with a Status and does nothing; `Delay` moves the clock first; `Drop` breaks the connection before
the request is seen, `DropAfter` when it has been carried out, so that the client cannot know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pytest_helmsim.apiserver import routes
from pytest_helmsim.apiserver.app import refusal
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.objects.wire import Handler, Request, Response


class ConnectionDropped(ConnectionError):
    """The simulated network broke; like every `ConnectionError`, it says nothing about what the server did."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with this error instead of asking the server."""

    error: ApiError


@dataclass(frozen=True, slots=True)
class Delay:
    """Let time pass before the server is asked."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """Break the connection; the server never sees the request."""


@dataclass(frozen=True, slots=True)
class DropAfter:
    """Break the connection when the server has done the work."""


Outcome: TypeAlias = Fail | Delay | Drop | DropAfter


@dataclass(slots=True)
class Fault:
    """Which calls, and what happens to them. Empty parts match everything.

    `at` counts matching calls from 1; `times` says how many in a row are hit, 0 means all from there on. `seen` is how many have matched.
    """

    outcome: Outcome
    verb: str = ""
    resource: str = ""
    name: str = ""
    namespace: str = ""
    subresource: str | None = None
    path: str = ""
    """A regular expression that the URL path must contain."""
    at: int = 1
    times: int = 1
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def strikes(self, request: Request) -> bool:
        """Count the call when it matches; whether this one is hit."""
        if not self._matches(request):
            return False
        self.seen += 1
        hit = self.seen >= self.at and (not self.times or self.seen < self.at + self.times)
        self.hits += hit
        return hit

    def _matches(self, request: Request) -> bool:
        if self.path and not re.search(self.path, request.path):
            return False
        call = routes.parse(request)
        if call is None:
            return not (self.resource or self.name or self.namespace or self.subresource) and self.verb in ("", request.method.lower())
        if self.verb not in ("", call.verb) or self.resource not in ("", call.plural, f"{call.plural}.{call.group}"):
            return False
        if self.name not in ("", call.name) or self.namespace not in ("", call.namespace):
            return False
        return self.subresource is None or self.subresource == call.subresource


def inject(handler: Handler, faults: Sequence[Fault], clock: Clock | None = None) -> Handler:
    """The handler with faults in front; the sequence is read at every call, so a test may change it. `Delay` needs the clock."""

    def answer(request: Request) -> Response:
        after = False
        for fault in tuple(faults):
            if not fault.strikes(request):
                continue
            match fault.outcome:
                case Fail(error):
                    return refusal(error)
                case Drop():
                    raise ConnectionDropped(f"{request.method} {request.path}: connection reset before the request was sent")
                case DropAfter():
                    after = True
                case Delay(seconds) if clock is not None:
                    clock.sleep(seconds)
        response = handler(request)
        if after:
            raise ConnectionDropped(f"{request.method} {request.path}: connection reset while waiting for the answer")
        return response

    return answer
