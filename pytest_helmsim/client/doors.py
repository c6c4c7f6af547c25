"""Two ways to a cluster under one callable: any `ApiClient` of the kubernetes package becomes a `wire.Handler`.

Addresses, TLS, tokens, exec plugins and proxies stay the work of the kubernetes package (its configuration and its
connection pool are used as they are); only its models and its deserialisation are passed by.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode, urlsplit

from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.objects.wire import Handler, Request, Response

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

CHUNK = 1 << 16


class Unreachable(HelmsimError, ApiError):
    """No answer at all: refused, unknown host, TLS, time-out. Worded as Go's HTTP client words it; the cause is kept.

    An `ApiError` with code 0, so that whoever reckons with a failing call reckons with this one.
    """

    code = 0

    def __init__(self, method: str, url: str, why: str) -> None:
        ApiError.__init__(self, f'{method.capitalize()} "{url}": {why}')
        self.method, self.url, self.why = method, url, why

    @property
    def is_lost_connection(self) -> bool:
        """The connection broke off: what client-go tries again for reads."""
        return self.why.endswith(("EOF", "connection reset by peer", "http2: client connection lost"))


class BrokenOff(Unreachable):
    """The answer began and broke off in its body. Nobody knows whether the call was done; it is not tried again, not even a read."""

    def __init__(self, method: str, url: str) -> None:
        super().__init__(method, url, "unexpected EOF")
        self.args = ("unexpected error when reading response body. Please retry. Original error: unexpected EOF",)

    @property
    def is_lost_connection(self) -> bool:
        """Never, as client-go takes it."""
        return False


def handler_of(door: Handler | ApiClient) -> Handler:
    """A handler as it is; an in-process `ApiClient` gives the handler it was made of; any other one is wrapped."""
    own = getattr(door, "helmsim_handler", None)
    if own is not None:
        return own  # type: ignore[no-any-return]
    if hasattr(door, "rest_client"):
        return HttpDoor(cast("ApiClient", door))
    return door


class HttpDoor:
    """Sends requests through an `ApiClient`'s connection pool, with its credentials."""

    def __init__(self, api_client: ApiClient) -> None:
        self._api = api_client

    def __call__(self, request: Request) -> Response:
        """Send one request; raise `Unreachable` when no answer comes."""
        import urllib3

        pairs = [(key, value) for key, values in request.query.items() for value in values]
        headers = {**{name.lower(): value for name, value in self._api.default_headers.items()}, **request.headers}
        for setting in self._api.configuration.auth_settings().values():
            if setting["value"]:
                headers[setting["key"]] = setting["value"]
        query = f"?{urlencode(pairs)}" if pairs else ""
        url = self._api.configuration.host.rstrip("/") + quote(request.path, safe="/:~") + query
        streaming = request.first("watch") in ("true", "1") or request.first("follow") in ("true", "1")
        options: dict[str, Any] = {"retries": urllib3.Retry(connect=0, read=0, redirect=3, status=0, other=0)}
        if request.body:
            options["body"] = request.body
        try:
            answer = self._api.rest_client.pool_manager.request(
                request.method, url, headers=headers, preload_content=not streaming, **options
            )
        except urllib3.exceptions.HTTPError as error:
            raise _lost(error, request.method, url) from error
        pairs = [(name, value) for name, value in answer.headers.iteritems()]
        return Response(answer.status, _Streamed(answer) if streaming and answer.status == 200 else answer.data, tuple(pairs))


def _lost(error: Exception, method: str, url: str) -> Unreachable:
    if "IncompleteRead" in str(getattr(error, "reason", error)):
        return BrokenOff(method, url)
    return Unreachable(method, url, _why(error, url))


class _Streamed(Iterator[bytes]):
    """A body as it comes; closing it, also unread, ends the connection."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self._chunks: Iterator[bytes] = answer.stream(CHUNK, decode_content=True)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Once or more often."""
        self._answer.close()
        self._answer.release_conn()


def _why(error: Exception, url: str) -> str:
    """The end of Go's message for the same failure; text of our library where Go has no fixed words."""
    reason: Any = getattr(error, "reason", error)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    name = type(reason).__name__
    if name == "NameResolutionError":
        return f"dial tcp: lookup {parts.hostname}: no such host"
    if "Connection refused" in str(reason):
        return f"dial tcp {parts.hostname}:{port}: connect: connection refused"
    if name in ("ConnectTimeoutError", "ReadTimeoutError"):
        return "net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
    if "Connection reset" in str(reason):
        return "read: connection reset by peer"
    if "Remote end closed" in str(reason) or "Connection aborted" in str(reason):
        return "EOF"
    return str(reason)
