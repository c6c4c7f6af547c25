"""Reaching a webhook: its Service or address, HTTPS, and what may go wrong on the way, in the words of Go's client.

Only addresses on loopback are called. Sources: k8s.io/apiserver pkg/util/webhook/client.go, pkg/util/proxy/proxy.go,
k8s.io/client-go rest/request.go, net/http, crypto/tls.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_helmsim.apiserver.store import SERVICES, StoreKey
from pytest_helmsim.objects import yamlio
from pytest_helmsim.objects.json import JsonObject, dumps
from pytest_helmsim.objects.yaml_load import YamlError
from pytest_helmsim.patch.gotext import go_json_type
from pytest_helmsim.schema.field_errors import quoted

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer

MAX_ANSWER = 3 * 1024 * 1024
_SLICES = StoreKey("discovery.k8s.io", "endpointslices")
_STATUS = {
    400: "the server rejected our request for an unknown reason",
    401: "the server has asked for the client to provide credentials",
    404: "the server could not find the requested resource",
    405: "the server does not allow this method on the requested resource",
    409: "the server reported a conflict",
    422: "the server rejected our request due to an error in our request",
    429: "the server has received too many requests and has asked us to try again later",
    503: "the server is currently unable to handle the request",
    504: "the server was unable to return a response in the time allotted, but may still be processing the request",
}
_OWN_WORDS = (403, 406, 415)
_HEAD = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


class CallFailed(Exception):
    """The webhook was not reached, or did not answer as one does."""


class NotCallable(Exception):
    """A webhook that a simulated cluster cannot reach, though a real one could."""


def address(hook: JsonObject) -> str:
    """The URL as messages show it: `https://web.default.svc:443/validate?timeout=10s`."""
    config, seconds = hook.get("clientConfig") or {}, hook.get("timeoutSeconds") or 10
    service = config.get("service")
    if service is not None:
        url = f"https://{service.get('name')}.{service.get('namespace')}.svc:{service.get('port') or 443}{service.get('path') or '/'}"
    else:
        url = config.get("url") or ""
    return f"{url}?timeout={seconds}s"


def check_service(server: ApiServer, hook: JsonObject) -> None:
    """Raise `CallFailed` where the Service of a webhook is not there, or nobody listens behind it."""
    service = hook["clientConfig"]["service"]
    name, namespace, port = service.get("name"), service.get("namespace"), service.get("port") or 443
    record = server.store.get(SERVICES, namespace, name)
    if record is None:
        raise CallFailed(f'Post "{address(hook)}": service "{name}" not found')
    spec = record.obj.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return
    if spec.get("clusterIP") == "None":
        raise CallFailed(f'Post "{address(hook)}": cannot route to service with ClusterIP "None"')
    if all(each.get("port") != port for each in spec.get("ports") or ()):
        raise CallFailed(f'Post "{address(hook)}": no service port {port} found for service "{name}"')
    if not _has_ready_endpoint(server, namespace, name):
        raise CallFailed(f'Post "{address(hook)}": dial tcp {spec.get("clusterIP")}:{port}: connect: connection refused')


def _has_ready_endpoint(server: ApiServer, namespace: str, name: str) -> bool:
    wanted = [("kubernetes.io/service-name", frozenset((name,)))]
    slices = (record.obj for _, _, record in server.store.labelled(_SLICES, namespace, wanted))
    return any(
        (endpoint.get("conditions") or {}).get("ready") is not False
        for each in slices
        if (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == name
        for endpoint in each.get("endpoints") or ()
    )


def post(hook: JsonObject, review: JsonObject, version: str) -> JsonObject:
    """Send an AdmissionReview to a webhook with a URL, and read the one that comes back."""
    url, seconds = address(hook), hook.get("timeoutSeconds") or 10
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if not is_loopback(host):
        raise NotCallable(f"{parts.scheme}://{parts.netloc} is not on loopback")
    try:
        status, content = _exchange(hook, (host, port, seconds), f"{parts.path}?{parts.query}", dumps(review))
    except TimeoutError as error:
        raise CallFailed(f'Post "{url}": context deadline exceeded') from error
    except ssl.SSLError as error:
        raise CallFailed(f'Post "{url}": {_tls(error)}') from error
    except ConnectionRefusedError as error:
        shown = host if ":" not in host else f"[{host}]"
        raise CallFailed(f'Post "{url}": dial tcp {_resolved(shown)}:{port}: connect: connection refused') from error
    except ConnectionResetError as error:
        raise CallFailed(f'Post "{url}": read: connection reset by peer') from error
    except (OSError, http.client.HTTPException) as error:
        raise CallFailed(f'Post "{url}": EOF') from error
    return _read(status, content, version)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _resolved(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _exchange(hook: JsonObject, where: tuple[str, int, float], path: str, body: bytes) -> tuple[int, bytes]:
    host, port, seconds = where
    bundle = (hook.get("clientConfig") or {}).get("caBundle")
    try:
        context = ssl.create_default_context(cadata=base64.b64decode(bundle).decode() if bundle else None)
    except (ssl.SSLError, ValueError) as error:
        raise CallFailed("unable to load root certificates: unable to parse bytes as PEM block") from error
    connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, */*",
        "User-Agent": "kube-apiserver-admission",
    }
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(MAX_ANSWER)
    finally:
        connection.close()


def _tls(error: ssl.SSLError) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return "http: server gave HTTP response to HTTPS client" if "WRONG_VERSION" in str(error) else "EOF"
    message = error.verify_message
    if "expired" in message:
        return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid"
    if "mismatch" in message or "not valid for" in message:
        return f"tls: failed to verify certificate: x509: {message}"
    return "tls: failed to verify certificate: x509: certificate signed by unknown authority"


def _read(status: int, content: bytes, version: str) -> JsonObject:
    try:
        found = yamlio.load(content.decode())
    except (ValueError, YamlError):
        found = None
    if not 200 <= status < 300:
        if isinstance(found, dict) and found.get("kind") == "Status":
            raise CallFailed(found.get("message") or "unknown")
        text = content.decode(errors="replace").strip()
        if status in _OWN_WORDS:
            raise CallFailed(text)
        if status >= 500 and status not in _STATUS:
            raise CallFailed(f"an error on the server ({quoted(text)}) has prevented the request from succeeding")
        raise CallFailed(_STATUS.get(status) or f"the server responded with the status code {status} but did not return more information")
    if not isinstance(found, dict):
        kind = go_json_type(found)
        raise CallFailed(f"couldn't get version/kind; json parse error: json: cannot unmarshal {kind} into Go value of type {_HEAD}")
    given, kind = found.get("apiVersion") or "", found.get("kind") or ""
    if kind != "AdmissionReview":
        raise CallFailed(f'no kind "{kind}" is registered for version "{given}" in scheme "pkg/runtime/scheme.go:111"')
    _, _, other = given.partition("/")
    if other != version:
        raise CallFailed(f"converting ({other}.AdmissionReview) to ({version}.AdmissionReview): unknown conversion")
    return found
