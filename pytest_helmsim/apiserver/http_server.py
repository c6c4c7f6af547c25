"""The simulator on a loopback socket: TLS, bearer token, keep-alive, streamed watches. The only module here with sockets.

TLS because client-go sends tokens over nothing else. The virtual clock follows real time while the server runs.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import secrets
import select
import socket
import ssl
import tempfile
import threading
import traceback
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from cheroot import errors as cheroot_errors
from cheroot.server import Gateway, HTTPConnection, HTTPServer
from cheroot.ssl import Adapter
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.workers.threadpool import ThreadPool

from pytest_helmsim.apiserver.app import ApiServer, refusal
from pytest_helmsim.apiserver.bodies import MAX_BODY
from pytest_helmsim.apiserver.certificates import Certificate, self_signed
from pytest_helmsim.apiserver.events import HEARTBEAT, Stream
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.clock import Clock, RealClock, VirtualClock
from pytest_helmsim.objects.json import dumps
from pytest_helmsim.objects.status import ApiError, BadRequest, InternalError, RequestEntityTooLarge, Unauthorized
from pytest_helmsim.objects.wire import ADMIN, Request, Response, User

THREADS, MAX_THREADS = 24, 1024
MAX_DRAINED = 16 * MAX_BODY
"""A body that is too large is read so far before it is refused, so that the client sees the refusal and no broken pipe."""
HANDSHAKE_SECONDS = 10.0
_CHUNK_HEADS, _TOO_LARGE = 256 * 1024, "Request Entity Too Large"
"""What the heads of chunks may take beside the body, and how the library says that a body goes beyond what it was allowed."""
_PLAIN = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
_TICK = 0.05
_REASONS = {status.value: f"{status.value} {status.phrase}".encode() for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where it is, and how to speak to it."""

    url: str
    token: str
    certificate: bytes
    """The CA that clients must trust, PEM."""

    def kubeconfig(self) -> str:
        """A kubeconfig in JSON (which is YAML), with everything inside."""
        cluster = {"server": self.url, "certificate-authority-data": base64.b64encode(self.certificate).decode()}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "helmsim", "cluster": cluster}],
            "users": [{"name": "helmsim", "user": {"token": self.token}}],
            "contexts": [{"name": "helmsim", "context": {"cluster": "helmsim", "user": "helmsim"}}],
            "current-context": "helmsim",
        }
        return dumps(config).decode() + "\n"

    def write_kubeconfig(self, path: Path) -> None:
        """Appears complete or not at all; readable by the owner only."""
        path = path.absolute()
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(self.kubeconfig())
        Path(name).replace(path)


class _Pool(ThreadPool):
    """Worker threads that are not waited for: what comes first stands in the queue.

    Grows when all are held, by watches or by clients that are slow to say what they want; shrinks when those are gone.
    """

    def put(self, obj: Any) -> None:
        """Queue a connection that has something to say, and see that there is somebody to listen."""
        pool: Any = self
        super().put(obj)
        if pool._queue.qsize() > self.idle and len(pool._threads) < MAX_THREADS:
            self.grow(1)

    def grow(self, amount: int) -> None:
        pool: Any = self
        pool._threads.extend([pool._spawn_worker() for _ in range(amount)])

    def rest(self) -> None:
        """One thread less when more than enough have nothing to do."""
        if self.idle > THREADS:
            self.shrink(1)


class _Tls(BuiltinSSLAdapter):
    """Leaves the handshake to the worker that serves the connection: a client that says nothing holds up nobody else.

    Reads key and certificate only: what the library works out for WSGI beside them takes longer than the whole rest of the start.
    """

    def __init__(self, certificate: str, key: str) -> None:
        Adapter.__init__(self, certificate, key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """The socket, not yet greeted."""
        return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), {"wsgi.url_scheme": "https"}


class _Connection(HTTPConnection):
    heard = False
    """Whether the client has said anything yet."""
    greeted = False

    def communicate(self) -> bool:
        """Greet first; a client that speaks plain HTTP is told so, as kube-apiserver does it."""
        if not self.greeted:
            try:
                self.socket.settimeout(HANDSHAKE_SECONDS)
                self.socket.do_handshake()
                self.socket.settimeout(self.server.timeout)
            except OSError as error:
                if "HTTP_REQUEST" in str(error):
                    with suppress(OSError):
                        socket.socket.send(self.socket, _PLAIN)
                return False
            self.greeted = True
        return bool(super().communicate())  # type: ignore[no-untyped-call]


class _Server(HTTPServer):
    ConnectionClass = _Connection
    protocol = "HTTP/1.1"

    def __init__(self, server: ApiServer, address: tuple[str, int], token: str, certificate: Certificate, folder: str) -> None:
        super().__init__(address, gateway=_Gateway, minthreads=THREADS, server_name="helmsim")
        self.requests = _Pool(self, min=THREADS, accepted_queue_size=-1)
        self.api = server
        self.token = token
        self.stopping_watches = False
        self.request_queue_size = 256
        self.timeout = 60
        self.keep_alive_conn_limit = 1024
        self.max_request_header_size = 256 * 1024
        key, chain = Path(folder, "key.pem"), Path(folder, "cert.pem")
        key.write_bytes(certificate.key)
        key.chmod(0o600)
        chain.write_bytes(certificate.chain)
        self.ssl_adapter = _Tls(str(chain), str(key))

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """A client that goes away is nobody's news."""

    def process_conn(self, conn: _Connection) -> None:
        """Give the connection to a worker; a new one not before its client says something."""
        if conn.heard:
            self.requests.put(conn)
        else:
            conn.heard = True
            self.put_conn(conn)


def _is_encoded(path: bytes, response: Response) -> bool:
    """Whether the real server's encoder wrote this answer, which ends every document with a line break."""
    if path.startswith(b"/openapi") or path == b"/version" or response.status == 304:
        return False
    return any(name.lower() == "content-type" and value.startswith("application/json") for name, value in response.headers)


def _marks(server: ApiServer) -> list[tuple[bytes, bytes]]:
    """What every answer carries: an id of its own, and the flow and level under which it was let in (no request ever waits)."""
    marks = [(b"Audit-Id", str(uuid.uuid4()).encode())]
    for name, key in _FLOW:
        record = server.store.get(key, "", "exempt")
        if record is not None:
            marks.append((name, record.obj["metadata"]["uid"].encode()))
    return marks


_GROUP = "flowcontrol.apiserver.k8s.io"
_FLOW = (
    (b"X-Kubernetes-Pf-Flowschema-Uid", StoreKey(_GROUP, "flowschemas")),
    (b"X-Kubernetes-Pf-Prioritylevel-Uid", StoreKey(_GROUP, "prioritylevelconfigurations")),
)


class _Gateway(Gateway):
    """One HTTP request to one `Request`, one `Response` back."""

    def respond(self) -> None:
        """A connection that breaks off while the request is read is the library's to close."""
        req = self.req
        server: _Server = req.server
        try:
            request = self._request(server)
        except ApiError as error:
            response = refusal(error)
        else:
            response = self._handled(server, request)
        body = response.body
        headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in response.headers]
        headers.append((b"Cache-Control", b"no-cache, private"))
        headers += _marks(server.api)
        req.status = _REASONS.get(response.status, f"{response.status} Status".encode())
        if isinstance(body, bytes):
            if _is_encoded(req.path, response):
                body += b"\n"
            if response.status != 304:
                headers.append((b"Content-Length", str(len(body)).encode()))
            req.outheaders = headers
            req.sent_headers = True
            req.send_headers()
            if req.method != b"HEAD" and body:
                req.write(body)
            return
        req.outheaders = headers
        self._stream(body)

    def _handled(self, server: _Server, request: Request) -> Response:
        try:
            return server.api.handle(request)
        except Exception as error:
            traceback.print_exc()
            return refusal(InternalError(f"Internal error occurred: {error!r}", details={"causes": [{"message": repr(error)}]}))

    def _request(self, server: _Server) -> Request:
        """Who asks comes first: nobody else's body is read."""
        req = self.req
        headers = {name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in req.inheaders.items()}
        if "impersonate-group" in headers:
            headers["impersonate-group"] = "\n".join(part.strip() for part in headers["impersonate-group"].split(","))
        try:
            user = self._user(server, headers.get("authorization", ""))
        except Unauthorized:
            self._skip()
            raise
        query = {key: tuple(values) for key, values in parse_qs(req.qs.decode("latin-1"), keep_blank_values=True).items()}
        path = unquote(req.path.replace(b"%2F", b"%252F").decode("latin-1").split("?")[0])
        return Request(req.method.decode("latin-1"), path, query, headers, self._body(), user)

    def _body(self) -> bytes:
        req = self.req
        length = 0 if req.chunked_read else int(req.inheaders.get(b"Content-Length", b"0"))
        if length > MAX_BODY:
            self._skip()
            raise RequestEntityTooLarge(f"limit is {MAX_BODY}", details={})
        if not req.chunked_read:
            body: bytes = req.rfile.read(length) if length > 0 else b""
            if len(body) < length:
                req.close_connection = True
                raise BadRequest("unexpected EOF")
            return body
        req.rfile.maxlen = MAX_BODY + _CHUNK_HEADS
        try:
            body = req.rfile.read(MAX_BODY + 1)
        except ValueError as error:
            req.close_connection = True
            raise BadRequest(str(error)) from error
        except (OSError, cheroot_errors.MaxSizeExceeded) as error:
            if error.args[:1] != (_TOO_LARGE,):
                raise
            body = bytes(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            req.close_connection = True
            raise RequestEntityTooLarge(f"limit is {MAX_BODY}", details={})
        return body

    def _skip(self) -> None:
        """Read past a body that is not wanted, so that the client sees the answer and no broken pipe; a long one ends the connection."""
        length = int(self.req.inheaders.get(b"Content-Length", b"0"))
        if self.req.chunked_read or length > MAX_DRAINED:
            self.req.close_connection = True
        left = 0 if self.req.chunked_read else min(length, MAX_DRAINED)
        while left > 0 and (piece := self.req.rfile.read(min(left, 65536))):
            left -= len(piece)

    def _user(self, server: _Server, header: str) -> User:
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer":
            if secrets.compare_digest(token.strip().encode(), server.token.encode()):
                return ADMIN
            known = server.api.tokens.get(token.strip())
            if known is not None:
                return known
        raise Unauthorized("Unauthorized")

    def _stream(self, body: Iterator[bytes]) -> None:
        req = self.req
        server: _Server = req.server
        req.sent_headers = True
        try:
            req.send_headers()
            for chunk in body:
                if chunk:
                    req.write(chunk + body.following() if isinstance(body, Stream) else chunk)
                    continue
                if server.stopping_watches or self._is_gone():
                    break
                if isinstance(body, Stream):
                    body.wait(HEARTBEAT)
        except OSError:
            req.close_connection = True
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
            server.requests.rest()

    def _is_gone(self) -> bool:
        """The client has closed its side (or sends where it should only listen)."""
        connection: Any = self.req.conn.socket
        try:
            readable, _, _ = select.select([connection], [], [], 0)
        except (OSError, ValueError):
            readable = [connection]
        if readable:
            self.req.close_connection = True
        return bool(readable)


class HttpServer:
    """Serves one `ApiServer` until `close`. Loopback, unless another address is asked for by name."""

    def __init__(self, server: ApiServer, *, host: str = "127.0.0.1", port: int = 0, real_clock: Clock | None = None) -> None:
        self._api = server
        self._folder = tempfile.TemporaryDirectory(prefix="helmsim-")
        self._clock = real_clock if real_clock is not None else RealClock()
        token = secrets.token_urlsafe(24)
        certificate = self_signed(("localhost", "kubernetes", "kubernetes.default.svc"), (ipaddress.ip_address(host),), self._clock.now())
        self._http = _Server(server, (host, port), token, certificate, self._folder.name)
        self._http.prepare()
        bound = self._http.bind_addr[1]
        address = f"{host}:{bound}" if ":" not in host else f"[{host}]:{bound}"
        server.address = address
        self.served = Served(f"https://{address}", token, certificate.chain)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._http.serve, name="helmsim-http", daemon=True),
            threading.Thread(target=self._follow, name="helmsim-clock", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _follow(self) -> None:
        """Move the virtual clock with real time; under the server's lock, so requests and timers never meet."""
        clock = self._api.clock
        if not isinstance(clock, VirtualClock):
            return
        mover, clock.mover = clock.mover, None
        try:
            self._move(clock)
        finally:
            clock.mover = mover

    def _move(self, clock: VirtualClock) -> None:
        offset = clock.now() - self._clock.now()
        while not self._stopped.is_set():
            with self._api.lock:
                try:
                    clock.advance_to(self._clock.now() + offset)
                except Exception:  # a controller's mistake; the others go on
                    traceback.print_exc()
            due = clock.next_event()
            wait = _TICK if due is None else min(_TICK, max(0.001, due - (self._clock.now() + offset)))
            self._stopped.wait(wait)

    def wait(self) -> None:
        """Block until `close` is called from another thread or a signal handler."""
        self._stopped.wait()

    def close(self) -> None:
        """Stop listening, end all watches, remove the key."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._http.stopping_watches = True
        self._api.hub.close_all()
        with suppress(OSError, cheroot_errors.FatalSSLAlert):
            self._http.stop()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(5)
        self._folder.cleanup()

    def __enter__(self) -> HttpServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(server: ApiServer, *, port: int = 0, kubeconfig: Path | None = None, host: str = "127.0.0.1") -> HttpServer:
    """Start serving; the kubeconfig is written when the socket answers. Close the result to stop."""
    running = HttpServer(server, host=host, port=port)
    if kubeconfig is not None:
        running.served.write_kubeconfig(kubeconfig)
    return running
