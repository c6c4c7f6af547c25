"""Over HTTPS, what a broken or hostile client sends: a proper answer or the end of the connection, never a hang or a traceback."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.http_server import THREADS, HttpServer, serve
from pytest_helmsim.objects.wire import Request

MAPS = "/api/v1/namespaces/default/configmaps"
OBJECT = b'{"metadata":{"name":"a"}}'
ENDED = 0
"""No answer: the connection was closed."""
SECONDS = 20


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    cluster = ApiServer()
    cluster.handle(Request("POST", MAPS, body=b'{"metadata":{"name":"present"}}'))
    with serve(cluster) as running:
        yield running


def connect(server: HttpServer) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=server.served.certificate.decode())
    plain = socket.create_connection(address(server), timeout=SECONDS)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def address(server: HttpServer) -> tuple[str, int]:
    host, _, port = server.served.url.removeprefix("https://").rpartition(":")
    return host, int(port)


def head(server: HttpServer, line: str, *headers: str) -> bytes:
    lines = [line, "Host: x", f"Authorization: Bearer {server.served.token}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def answers(server: HttpServer, sent: bytes, *, shut: bool = False) -> tuple[int, bytes]:
    """Status and body of the first answer; ENDED for none."""
    with connect(server) as client:
        got = b""
        with suppress(ConnectionError, ssl.SSLError):
            client.sendall(sent)
            if shut:
                client.unwrap().close()
                return ENDED, b""
            while b"\r\n\r\n" not in got and (piece := client.recv(65536)):
                got += piece
            top, _, body = got.partition(b"\r\n\r\n")
            length = next((int(line[15:]) for line in top.split(b"\r\n") if line.lower().startswith(b"content-length:")), None)
            while (length is None or len(body) < length) and (piece := client.recv(65536)):
                body += piece
        if not got:
            return ENDED, b""
        return int(got.split(b" ", 2)[1]), got.partition(b"\r\n\r\n")[2] if length is None else body


def still_answers(server: HttpServer) -> bool:
    return answers(server, head(server, "GET /readyz HTTP/1.1")) == (200, b"ok")


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


CHUNKS = "Transfer-Encoding: chunked"
JSON = "Content-Type: application/json"

ROWS: dict[str, tuple[str, tuple[str, ...], bytes, set[int]]] = {
    "no JSON": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: 3"), b"{,}", {400}),
    "JSON of another shape": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: 2"), b"[]", {400}),
    "JSON without end": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: 20000"), b"[" * 20000, {400}),
    "objects without end": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: 60000"), b'{"a":' * 12000, {400}),
    "deep patch": (
        f"PATCH {MAPS}/present HTTP/1.1",
        ("Content-Type: application/merge-patch+json", "Content-Length: 60006"),
        b'{"a":' * 10000 + b"1" * 6 + b"}" * 10000,
        {400, 404, 422},
    ),
    "deep apply": (
        f"PATCH {MAPS}/present?fieldManager=x HTTP/1.1",
        ("Content-Type: application/apply-patch+yaml", "Content-Length: 6001"),
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        {400},
    ),
    "deep YAML": (
        f"POST {MAPS} HTTP/1.1",
        ("Content-Type: application/yaml", "Content-Length: 802"),
        b"a: " + b"[" * 399 + b"]" * 400,
        {400},
    ),
    "a version that is a map": (
        f"PATCH {MAPS}/present HTTP/1.1",
        ("Content-Type: application/merge-patch+json", "Content-Length: 17"),
        b'{"apiVersion":{}}',
        {422},
    ),
    "metadata that is a text": (
        f"PATCH {MAPS}/present?fieldManager=x HTTP/1.1",
        ("Content-Type: application/apply-patch+yaml", "Content-Length: 53"),
        b'{"apiVersion":"v1","kind":"ConfigMap","metadata":"x"}',
        {500},
    ),
    "another kind without metadata": (
        f"POST {MAPS} HTTP/1.1",
        (JSON, "Content-Length: 41"),
        b'{"apiVersion":"x/v1","metadata":"100pc"} ',
        {400},
    ),
    "no UTF-8": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: 4"), b"\xff\xfe\x00{", {400}),
    "no body": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: 0"), b"", {400}),
    "a type nobody knows": (f"POST {MAPS} HTTP/1.1", ("Content-Type: text/csv", "Content-Length: 1"), b"x", {415}),
    "a type that is none": (f"POST {MAPS} HTTP/1.1", ("Content-Type: \x01;;=", "Content-Length: 1"), b"x", {415, 400}),
    "a patch of no known type": (f"PATCH {MAPS}/x HTTP/1.1", (JSON, "Content-Length: 2"), b"{}", {415}),
    "protobuf that is none": (
        f"POST {MAPS} HTTP/1.1",
        ("Content-Type: application/vnd.kubernetes.protobuf", "Content-Length: 8"),
        b"k8s\0\xff\xff\xff\xff",
        {400},
    ),
    "YAML bomb": (
        f"POST {MAPS} HTTP/1.1",
        ("Content-Type: application/yaml", "Content-Length: 98"),
        b"a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]   ",
        {400, 201, 422},
    ),
    "only what cannot be accepted": (f"GET {MAPS} HTTP/1.1", ("Accept: image/png",), b"", {406}),
    "too long by its length": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: 4000000"), b"x" * 4_000_000, {413}),
    "too long in one chunk": (f"POST {MAPS} HTTP/1.1", (JSON, CHUNKS), b"ffffffff\r\nxxxx", {413, ENDED}),
    "too long in chunks": (f"POST {MAPS} HTTP/1.1", (JSON, CHUNKS), chunked(*[b"x" * 100_000] * 40), {413, ENDED}),
    "chunks": (f"POST {MAPS} HTTP/1.1", (JSON, CHUNKS), chunked(OBJECT[:5], OBJECT[5:], b""), {201}),
    "chunks of no size": (f"POST {MAPS} HTTP/1.1", (JSON, CHUNKS), b"zz\r\nxx\r\n", {400}),
    "chunks that run together": (f"POST {MAPS} HTTP/1.1", (JSON, CHUNKS), b"1\r\nxxxxxxx", {400}),
    "a length that is none": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: many"), b"", {400}),
    "a length below zero": (f"POST {MAPS} HTTP/1.1", (JSON, "Content-Length: -1"), b"", {400}),
    "a method nobody knows": (f"BREW {MAPS} HTTP/1.1", (), b"", {405}),
    "a path outside": ("GET /../../etc/passwd HTTP/1.1", (), b"", {404, 400}),
    "a path with escapes of nothing": ("GET /api/v1/%zz%00%ff HTTP/1.1", (), b"", {404, 400}),
    "a path of slashes": ("GET ////// HTTP/1.1", (), b"", {404, 400}),
    "no path": ("GET  HTTP/1.1", (), b"", {400}),
    "a long path": (f"GET /{'x' * 20000} HTTP/1.1", (), b"", {404, 414, 400, 413}),
    "an endless path": (f"GET /{'x' * 400_000} HTTP/1.1", (), b"", {414, 413, 400, ENDED}),
    "an endless header": ("GET /api HTTP/1.1", (f"X: {'x' * 400_000}",), b"", {413, 431, 400, ENDED}),
    "a header without colon": ("GET /api HTTP/1.1", ("nonsense",), b"", {400}),
    "no HTTP": ("\x16\x03\x01", (), b"", {400, ENDED}),
    "another HTTP": ("GET /api HTTP/9.9", (), b"", {505, 400}),
    "numbers that are none": (f"GET {MAPS}?limit=x HTTP/1.1", (), b"", {400}),
    "a query of noise": (f"GET {MAPS}?%ff=%fe&;&=&labelSelector=%00 HTTP/1.1", (), b"", {200, 400}),
    "a selector of noise": (f"GET {MAPS}?labelSelector=((((&fieldSelector==!= HTTP/1.1", (), b"", {400}),
    "a watch from nowhere": (f"GET {MAPS}?watch=1&resourceVersion=abc HTTP/1.1", (), b"", {500}),
}


@pytest.mark.parametrize("row", ROWS)
def test_noise_gets_an_answer(server: HttpServer, row: str, capfd: pytest.CaptureFixture[str]) -> None:
    line, headers, body, expected = ROWS[row]
    status, text = answers(server, head(server, line, *headers) + body)
    assert status in expected, text[:500]
    if text.startswith(b"{") and status >= 400:
        assert json.loads(text)["code"] == status
    assert still_answers(server)
    assert "Traceback" not in capfd.readouterr().err


CUTS = {
    "in the first line": b"GET /ap",
    "in a header": b"GET /api HTTP/1.1\r\nHost: x\r\nAuth",
    "before the body": f"POST {MAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nContent-Length: 100\r\n\r\n".encode(),
    "in the body": f"POST {MAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n{JSON}\r\nContent-Length: 26\r\n\r\n".encode()
    + OBJECT,
    "in a chunk": f"POST {MAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n{CHUNKS}\r\n\r\n5\r\nab".encode(),
    "in a watch": f"GET {MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n\r\n".encode(),
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_connection_that_is_cut_hurts_nobody(server: HttpServer, cut: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = answers(server, head(server, f"GET {MAPS} HTTP/1.1"))[1]
    sent = CUTS[cut].replace(b"TOKEN", server.served.token.encode())
    for hard in (False, True):
        with connect(server) as client:
            client.sendall(sent)
            if hard:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert still_answers(server)
    after = answers(server, head(server, f"GET {MAPS} HTTP/1.1"))[1]
    assert json.loads(after)["items"] == json.loads(before)["items"], "half a body is no object"
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "said", [b"", b"\x16\x03\x01\x02", b"tls", b"GET /api HTTP/1.1\r\nHost:"], ids=["nothing", "half a greeting", "tls", "head"]
)
def test_clients_that_never_come_to_the_point_hold_up_nobody(server: HttpServer, said: bytes) -> None:
    """More of them than there are threads at the start."""
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            if said.startswith(b"GET") or said == b"tls":
                client: socket.socket = stack.enter_context(connect(server))
                client.sendall(said.removeprefix(b"tls"))
            else:
                client = stack.enter_context(socket.create_connection(address(server), timeout=SECONDS))
                client.sendall(said)
        assert still_answers(server)


def test_more_watches_than_threads(server: HttpServer) -> None:
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            client = stack.enter_context(connect(server))
            client.sendall(head(server, f"GET {MAPS}?watch=1 HTTP/1.1"))
            assert client.recv(12) == b"HTTP/1.1 200"
        assert still_answers(server)


@pytest.mark.parametrize("header", ["", "Authorization: Bearer wrong", "Authorization: Basic eDp5"])
@pytest.mark.parametrize("size", [0, 1000, 4_000_000])
def test_without_the_token_no_body_is_read(server: HttpServer, header: str, size: int) -> None:
    lines = [f"POST {MAPS} HTTP/1.1", "Host: x", JSON, f"Content-Length: {size}", *([header] if header else []), "", ""]
    status, body = answers(server, "\r\n".join(lines).encode() + b"x" * size)
    assert (status, json.loads(body)["reason"]) == (401, "Unauthorized")


def test_it_listens_on_loopback_unless_asked_by_name() -> None:
    with serve(ApiServer()) as server:
        assert address(server)[0] == "127.0.0.1"
        assert server._http.socket.getsockname()[0] == "127.0.0.1"
