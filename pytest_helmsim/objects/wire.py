"""One request and one response: plain values at the seam that everything shares.

`Handler` is the simulator, the in-process door and every fault injector: wrap one to add a concern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qs

from pytest_helmsim.objects.json import Json, dumps, loads


@dataclass(frozen=True, slots=True)
class User:
    """Who asks: the identity that authentication found, as SelfSubjectReview prints it."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


ADMIN = User("kubernetes-admin", ("system:masters", "system:authenticated"))


@dataclass(frozen=True, slots=True)
class Request:
    """Method, decoded path, query (every key with all its values), headers with lower-case names, body bytes."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: User = ADMIN

    @classmethod
    def make(cls, method: str, path: str, query: str = "", body: Json = None, content_type: str = "application/json") -> Request:
        """A JSON request, `query` in URL form."""
        parsed = {key: tuple(values) for key, values in parse_qs(query, keep_blank_values=True).items()}
        data = body if isinstance(body, bytes) else b"" if body is None else dumps(body)
        return cls(method, path, parsed, {"content-type": content_type, "accept": "application/json"}, data)

    def first(self, key: str, default: str = "") -> str:
        """First value of a query key."""
        values = self.query.get(key)
        return values[0] if values else default


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers (canonical names; a tuple of pairs, since `Warning` may repeat) and a body.

    A body of bytes is complete. An iterator is a stream (watch, log follow): every item is sent at once; `b""` is a
    heartbeat that says «nothing yet», so that a server can look whether the client is still there. `close()` of the
    iterator ends the watch.
    """

    status: int
    body: bytes | Iterator[bytes] = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)

    @classmethod
    def of(cls, value: Json, status: int = 200, *headers: tuple[str, str]) -> Response:
        """A JSON response."""
        return cls(status, dumps(value), (("Content-Type", "application/json"), *headers))

    def json(self) -> Json:
        """The complete body as JSON."""
        if not isinstance(self.body, bytes):
            raise TypeError("a streamed response has no complete body")
        return loads(self.body)


Handler: TypeAlias = Callable[[Request], Response]
