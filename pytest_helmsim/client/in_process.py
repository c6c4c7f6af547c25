"""A `kubernetes.client.ApiClient` that calls a `Handler` in this process: no sockets, streams included.

`AppsV1Api(api_client(handler))` and `kubernetes.watch.Watch` then work as on any cluster. Only the connection pool is
replaced, so every generation of the kubernetes package since 31 fits. Our own `Client` calls the handler straight.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from pytest_helmsim.objects.wire import Handler, Request

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

HOST = "http://embedded.helmsim"


def api_client(handler: Handler) -> ApiClient:
    """A client of its own configuration; closing it closes nothing of the handler."""
    import kubernetes.client

    configuration = kubernetes.client.Configuration()
    configuration.host = HOST
    configuration.api_key = {}
    client = kubernetes.client.ApiClient(configuration)
    client.rest_client.pool_manager = cast(Any, _Pool(handler))
    cast(Any, client).helmsim_handler = handler
    return client


class _Pool:
    """Stands where urllib3's pool manager stands."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def request(self, method: str, url: str, body: Any = None, fields: Any = None, headers: Any = None, **options: Any) -> Any:
        """As `urllib3.PoolManager.request`; time-outs and retries have no meaning here."""
        import urllib3

        parts = urlsplit(url)
        pairs = parse_qs(parts.query, keep_blank_values=True)
        for key, value in fields or []:
            pairs.setdefault(key, []).append(value)
        query = {key: tuple(values) for key, values in pairs.items()}
        lower = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
        data = body.encode() if isinstance(body, str) else body or b""
        answer = self._handler(Request(method, unquote(parts.path), query, lower, data))
        found = urllib3.HTTPHeaderDict()
        for name, value in answer.headers:
            found.add(name, value)
        common: dict[str, Any] = {
            "headers": found,
            "status": answer.status,
            "reason": "",
            "request_method": method,
            "enforce_content_length": False,
        }
        if isinstance(answer.body, bytes):
            return urllib3.HTTPResponse(io.BytesIO(answer.body), preload_content=options.get("preload_content", True), **common)
        return _streamed_response(answer.body, common)

    def clear(self) -> None:
        """Nothing is pooled."""


def _streamed_response(items: Iterator[bytes], common: dict[str, Any]) -> Any:
    """A response of urllib3 whose pieces are the iterator's; at a heartbeat it rests, `close` ends the watch."""
    import urllib3

    rest: Callable[[], None] = getattr(items, "rest", lambda: None)

    class Streamed(urllib3.HTTPResponse):
        def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Generator[bytes, None, None]:
            for item in items:
                if item:
                    yield item
                else:
                    rest()

        def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Generator[bytes, None, None]:
            return self.stream()

        def close(self) -> None:
            end = getattr(items, "close", None)
            if end is not None:
                end()

    return Streamed(io.BytesIO(), preload_content=False, **common)
