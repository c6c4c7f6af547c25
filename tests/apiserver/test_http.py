"""Over HTTPS on loopback: token, kubeconfig, bad requests, keep-alive, watches that stream and end, protobuf bodies."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.http_server import HttpServer, serve

PATH = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HttpServer, Path]]:
    path = tmp_path_factory.mktemp("serve") / "kubeconfig"
    with serve(ApiServer(), kubeconfig=path) as server:
        yield server, path


def connect(server: HttpServer) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cadata=server.served.certificate.decode())
    host, _, port = server.served.url.removeprefix("https://").rpartition(":")
    return http.client.HTTPSConnection(host, int(port), context=context, timeout=10)


def ask(server: HttpServer, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    connection = connect(server)
    sent = {"Authorization": f"Bearer {server.served.token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    return answer.status, json.loads(raw) if raw[:1] == b"{" else raw


def test_the_kubeconfig_has_everything(running: tuple[HttpServer, Path]) -> None:
    server, path = running
    config = json.loads(path.read_text())
    assert config["clusters"][0]["cluster"]["server"] == server.served.url
    assert config["users"][0]["user"]["token"] == server.served.token
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic abc"])
def test_without_the_token_nothing(running: tuple[HttpServer, Path], header: str) -> None:
    status, body = ask(running[0], "GET", "/api/v1/namespaces", Authorization=header)
    assert (status, body["reason"], body["message"]) == (401, "Unauthorized", "Unauthorized")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/readyz", None, {}, 200),
        ("GET", "/nope", None, {}, 404),
        ("GET", "/api/v1/namespaces/default/../../x", None, {}, 404),
        ("POST", PATH, b"{", {"Content_Type": "application/json"}, 400),
        ("POST", PATH, b"\x00\xff", {"Content_Type": "application/json"}, 400),
        ("POST", PATH, b"x", {"Content_Type": "text/plain"}, 415),
        ("POST", PATH, b'{"data":"' + b"x" * (3 * 1024 * 1024) + b'"}', {"Content_Type": "application/json"}, 413),
        ("BREW", PATH, None, {}, 405),
    ],
)
def test_bad_requests_get_an_answer(
    running: tuple[HttpServer, Path], method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    assert ask(running[0], method, path, body, **headers)[0] == status


def test_one_connection_serves_many_requests(running: tuple[HttpServer, Path]) -> None:
    server, _ = running
    connection = connect(server)
    for _ in range(5):
        connection.request("GET", PATH, headers={"Authorization": f"Bearer {server.served.token}"})
        answer = connection.getresponse()
        assert answer.status == 200
        assert json.loads(answer.read())["kind"] == "ConfigMapList"
    connection.close()


def test_a_watch_streams_and_ends_with_the_client(running: tuple[HttpServer, Path]) -> None:
    server, _ = running
    ask(server, "POST", PATH, b'{"metadata":{"name":"first"}}', Content_Type="application/json")
    connection = connect(server)
    connection.request("GET", f"{PATH}?watch=true&resourceVersion=0", headers={"Authorization": f"Bearer {server.served.token}"})
    answer = connection.getresponse()
    assert json.loads(answer.readline())["object"]["metadata"]["name"] == "first"
    ask(server, "POST", PATH, b'{"metadata":{"name":"watched"}}', Content_Type="application/json")
    event = json.loads(answer.readline())
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "watched")
    connection.close()


def test_a_cut_connection_hurts_nobody(running: tuple[HttpServer, Path]) -> None:
    server, _ = running
    host, _, port = server.served.url.removeprefix("https://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n")
    assert ask(server, "GET", "/readyz")[0] == 200


def test_a_secret_in_protobuf(running: tuple[HttpServer, Path]) -> None:
    """As Go's typed clients send it: envelope, metadata.name, a data entry, a type."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    secret = field(1, field(1, b"proto")) + field(2, field(1, b"key") + field(2, b"\x00value")) + field(3, b"Opaque")
    body = b"k8s\0" + field(1, field(1, b"v1") + field(2, b"Secret")) + field(2, secret)
    status, made = ask(
        running[0], "POST", "/api/v1/namespaces/default/secrets", body, Content_Type="application/vnd.kubernetes.protobuf", Accept="*/*"
    )
    assert (status, made["metadata"]["name"], made["data"]) == (201, "proto", {"key": "AHZhbHVl"})


def test_a_client_that_says_nothing_holds_up_nobody(running: tuple[HttpServer, Path]) -> None:
    server, _ = running
    host, _, port = server.served.url.removeprefix("https://").rpartition(":")
    with socket.create_connection((host, int(port))), socket.create_connection((host, int(port))):
        assert ask(server, "GET", "/readyz")[0] == 200


def test_plain_http_is_told_to_use_tls(running: tuple[HttpServer, Path]) -> None:
    server, _ = running
    host, _, port = server.served.url.removeprefix("https://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: plain.recv(1000), b""))
    assert answer == b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
