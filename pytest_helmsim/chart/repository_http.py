"""Fetching from chart repositories over HTTP: credentials, certificates, redirects, bounds, and errors in Go's words.

`fetch(url, access)` gives the body of a 200 answer; RepositoryError for anything else. Nothing but http and https is ever opened.
Credentials go only to the scheme, host and port of `access.url`, unless `pass_credentials` says otherwise, and never along a redirect to
another host.

Source: helm.sh/helm pkg/getter/httpgetter.go; Go's net/http client (redirects) and net (texts of errors).
"""

from __future__ import annotations

import base64
import errno
import json
import socket
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_helmsim._version import VERSION
from pytest_helmsim.chart.errors import RepositoryError

if TYPE_CHECKING:
    import urllib3

MAX_BODY: Final = 200 * 1024 * 1024
MAX_REDIRECTS: Final = 10
TIMEOUT: Final = 120.0
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_TLS_REASONS: Final = (
    ("self-signed certificate", "x509: certificate signed by unknown authority"),
    ("self signed certificate", "x509: certificate signed by unknown authority"),
    ("unable to get local issuer", "x509: certificate signed by unknown authority"),
    ("certificate has expired", "x509: certificate has expired or is not yet valid"),
)


class CaFileError(RepositoryError):
    """A file of trusted certificates that cannot be read; [3] says less of it."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and whom to trust; `url` is the place that the credentials belong to."""

    username: str = ""
    password: str = ""
    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    insecure: bool = False
    pass_credentials: bool = False
    url: str = ""
    timeout: float = TIMEOUT
    plain_http: bool = False


def check_scheme(url: str) -> None:
    """Raise for a repository URL that no getter exists for; UnsupportedFeature for registries."""
    scheme = urllib.parse.urlsplit(url).scheme
    if scheme == "oci":
        text = f"looks like {json.dumps(url)} is not a valid chart repository or cannot be reached"
        raise RepositoryError(f'{text}: failed to perform "FetchReference" on source: invalid reference')
    if scheme not in ("http", "https"):
        raise RepositoryError(f"could not find protocol handler for: {scheme}")


def fetch(url: str, access: Access, *, accept: str = "", limit: int = MAX_BODY) -> bytes:
    """The body; RepositoryError with Go's text for every failure, and for a body of more than `limit` bytes."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        check_scheme(url)
    headers = {"User-Agent": f"helmsim/{VERSION}", "Accept-Encoding": "identity"}
    if accept:
        headers["Accept"] = accept
    owner = urllib.parse.urlsplit(access.url)
    same = (owner.scheme, owner.netloc) == (parts.scheme, parts.netloc)
    if access.username and access.password and (access.pass_credentials or same):
        secret = base64.b64encode(f"{access.username}:{access.password}".encode()).decode()
        headers["Authorization"] = f"Basic {secret}"
    elif parts.username:
        user, word = urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
        headers["Authorization"] = f"Basic {base64.b64encode(f'{user}:{word}'.encode()).decode()}"
    target = url
    for _ in range(MAX_REDIRECTS):
        response = _request(target, headers, access)
        try:
            location = response.headers.get("Location", "")
            if response.status not in _REDIRECTS or not location:
                return _body(response, url, limit)
        finally:
            response.release_conn()
        following = urllib.parse.urljoin(target, location)
        scheme = urllib.parse.urlsplit(following).scheme
        if scheme not in ("http", "https"):
            raise RepositoryError(f'Get {json.dumps(following)}: unsupported protocol scheme "{scheme}"')
        if not _stays(url, following):
            headers.pop("Authorization", None)
        target = following
    raise RepositoryError(f"Get {json.dumps(location)}: stopped after {MAX_REDIRECTS} redirects")


def _stays(first: str, following: str) -> bool:
    """Whether a redirect leads to the same host or one below it."""
    a, b = urllib.parse.urlsplit(first).hostname or "", urllib.parse.urlsplit(following).hostname or ""
    return a == b or b.endswith(f".{a}")


def _body(response: urllib3.BaseHTTPResponse, url: str, limit: int) -> bytes:
    import urllib3

    if response.status != 200:
        raise RepositoryError(f"failed to fetch {url} : {response.status} {response.reason}".rstrip())
    chunks, size = [], 0
    try:
        for chunk in response.stream(65536):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise RepositoryError(f"{url} is larger than the maximum size {limit}")
    except urllib3.exceptions.ProtocolError as error:
        raise RepositoryError("unexpected EOF") from error
    except urllib3.exceptions.TimeoutError as error:
        raise RepositoryError("context deadline exceeded (Client.Timeout or context cancellation while reading body)") from error
    return b"".join(chunks)


def _request(url: str, headers: dict[str, str], access: Access) -> urllib3.BaseHTTPResponse:
    import urllib3

    parts = urllib.parse.urlsplit(url)
    shown = f"Get {json.dumps(_without_password(parts))}"
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    try:
        pool = _pool(parts, access)
        return pool.request(
            "GET",
            bare,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=urllib3.Timeout(total=access.timeout),
        )
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.NameResolutionError) as error:
        raise RepositoryError(f"{shown}: {reason(error, parts)}") from error
    except urllib3.exceptions.TimeoutError as error:
        raise RepositoryError(f"{shown}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)") from error
    except urllib3.exceptions.SSLError as error:
        raise RepositoryError(f"{shown}: {tls_reason(error)}") from error
    except urllib3.exceptions.HTTPError as error:
        raise RepositoryError(f"{shown}: {reason(error, parts)}") from error


def _pool(parts: urllib.parse.SplitResult, access: Access) -> urllib3.PoolManager:
    import urllib3

    context = _tls(access) if parts.scheme == "https" else None
    if access.insecure:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies_environment().get(parts.scheme, "")
    if proxy and host not in ("localhost", "127.0.0.1", "::1") and not urllib.request.proxy_bypass(parts.netloc):
        return urllib3.ProxyManager(proxy if "://" in proxy else f"http://{proxy}", ssl_context=context)
    return urllib3.PoolManager(ssl_context=context)


def _tls(access: Access) -> ssl.SSLContext:
    """The client's side of TLS; raises for files that cannot be read."""
    context = ssl.create_default_context()
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        if access.cert_file and access.key_file:
            context.load_cert_chain(access.cert_file, access.key_file)
    except OSError as error:
        reason = _file_reason(error, access.cert_file)
        text = f"can't load key pair from cert {access.cert_file} and key {access.key_file}: {reason}"
        raise RepositoryError(f"can't create TLS config for client: {text}") from error
    try:
        if access.ca_file:
            context.load_verify_locations(access.ca_file)
    except OSError as error:
        reason = _file_reason(error, access.ca_file)
        text = f"can't read CA file: {json.dumps(access.ca_file)}: {reason}"
        raise CaFileError(f"can't create TLS config for client: {text}") from error
    return context


def _file_reason(error: OSError, path: str) -> str:
    if isinstance(error, FileNotFoundError):
        return f"open {path}: no such file or directory"
    return str(error).lower()


def _without_password(parts: urllib.parse.SplitResult) -> str:
    if parts.password is None:
        return parts.geturl()
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}").geturl()


def tls_reason(error: Exception) -> str:
    """Go's words for a handshake that failed."""
    text = str(error)
    if "WRONG_VERSION_NUMBER" in text or "wrong version number" in text:
        return "http: server gave HTTP response to HTTPS client"
    for mark, reason in _TLS_REASONS:
        if mark in text:
            return f"tls: failed to verify certificate: {reason}"
    return f"tls: {text}"


def reason(error: Exception, parts: urllib.parse.SplitResult) -> str:
    """Go's words for a connection that failed."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    causes = [error, error.__cause__, error.__context__, *error.args]
    if any(isinstance(each, socket.gaierror) for each in causes):
        return f"dial tcp: lookup {parts.hostname}: no such host"
    system = next((each for each in causes if isinstance(each, OSError)), None)
    if system is not None and system.errno == errno.ECONNRESET:
        return f"read tcp {_address(parts.hostname or '', port)}: read: connection reset by peer"
    if system is not None and system.errno:
        import os

        reason = os.strerror(system.errno).lower()
        return f"dial tcp {_address(parts.hostname or '', port)}: connect: {reason}"
    return "EOF" if "Connection aborted" in str(error) else str(error)


def _address(host: str, port: int) -> str:
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        address = host
    return f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"
