"""URLs taken apart and put together by the rules of Go's net/url.

Source: github.com/Masterminds/sprig/v3 url.go; Go src/net/url/url.go.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.reflection import NIL_DEREFERENCE
from pytest_helmsim.template.functions.runes import to_bytes, to_text
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.signatures import Table
from pytest_helmsim.template.values import Value, go_kind

TABLE = Table()

_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"
_PATH = frozenset(_LETTERS + b"$&+,/:;=@")
_HOST = frozenset(_LETTERS + b"!$&'()*+,;=:[]<>\"")
_USER = frozenset(_LETTERS + b"$&+,;=")
_FRAGMENT = frozenset(_LETTERS + b"$&+,/:;=?@!()*")
_SUB_DELIMITERS = frozenset(b"!$&'()*+,;=:@[]%")
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_PORT = re.compile(r":[0-9]*")


class UrlError(ValueError):
    """Text that is no URL, in Go's words."""


@dataclass(slots=True)
class Url:
    """The parts of a URL, unescaped; `user` is None without user information."""

    scheme: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    opaque: str = ""
    fragment: str = ""
    user: tuple[str, str | None] | None = None

    @property
    def hostname(self) -> str:
        """The host without port and brackets."""
        host, colon, port = self.host.rpartition(":")
        name = host if colon and _PORT.fullmatch(":" + port) else self.host
        return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def parse(text: str) -> Url:
    """Raise UrlError (with Go's `parse "…": reason`)."""
    body, _, fragment = text.partition("#")
    shown = body
    try:
        url = _parse_body(body)
        shown = text
        url.fragment = _unescape(fragment)
    except UrlError as error:
        raise UrlError(f"parse {quote(shown)}: {error}") from None
    return url


def _parse_body(text: str) -> Url:
    if any(byte < 0x20 or byte == 0x7F for byte in to_bytes(text)):
        raise UrlError("net/url: invalid control character in URL")
    if text == "*":
        return Url(path="*")
    if text.startswith(":"):
        raise UrlError("missing protocol scheme")
    match = _SCHEME.match(text)
    url = Url(scheme=match.group()[:-1].lower() if match else "")
    rest = text[match.end() :] if match else text
    rest, _, url.query = rest.partition("?")
    if not rest.startswith("/"):
        if url.scheme:
            url.opaque = rest
            return url
        if ":" in rest.partition("/")[0]:
            raise UrlError("first path segment in URL cannot contain colon")
    if rest.startswith("//") and (url.scheme or not rest.startswith("///")):
        authority, slash, tail = rest[2:].partition("/")
        url.user, url.host = _parse_authority(url.scheme, authority)
        rest = slash + tail
    url.path = _unescape(rest)
    return url


def _parse_authority(scheme: str, authority: str) -> tuple[tuple[str, str | None] | None, str]:
    userinfo, at, host = authority.rpartition("@")
    host = _parse_host(scheme, host)
    if not at:
        return None, host
    if not _USERINFO.fullmatch(userinfo):
        raise UrlError("net/url: invalid userinfo")
    name, colon, password = userinfo.partition(":")
    return (_unescape(name), _unescape(password) if colon else None), host


def _parse_host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise UrlError("invalid IP-literal")
    if bracket == 0:
        return _parse_ip_literal(host)
    colon = host.find(":")
    if colon >= 0:
        if scheme not in ("http", "https"):
            colon = host.rfind(":")
        _check_port(host[colon:])
    return _unescape(host, host=True)


def _parse_ip_literal(host: str) -> str:
    end = host.rfind("]")
    if end < 0:
        raise UrlError("missing ']' in host")
    _check_port(host[end + 1 :])
    name = host[1:end]
    zone = name.find("%25")
    name = _unescape(name, host=True) if zone < 0 else _unescape(name[:zone], host=True) + _unescape(name[zone:], host=True, zone=True)
    address, _, scope = name.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise UrlError(_address_complaint(name, address)) from None
    if "%" in name and not scope:
        raise UrlError(f"invalid host: ParseAddr({quote(name)}): zone must be a non-empty string")
    return f"[{name}]" + host[end + 1 :]


def _address_complaint(name: str, address: str) -> str:
    """Go's reason why brackets hold no IPv6 address."""
    head = f"invalid host: ParseAddr({quote(name)}): "
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        pass
    else:
        return "invalid IP-literal"
    first = next((char for char in name if char in ".:%"), "")
    if first == ":":
        if address.startswith(":") and not address.startswith("::"):
            return f"{head}each colon-separated field must have at least one digit (at {quote(name)})"
        for at, char in enumerate(address):
            if char not in "0123456789abcdefABCDEF:.":
                digits = at > 0 and address[at - 1] != ":"
                reason = "unexpected character, want colon" if digits else "each colon-separated field must have at least one digit"
                return f"{head}{reason} (at {quote(name[at:])})"
        return f"{head}unable to parse IP"
    if first == ".":
        rest = name.lstrip("0123456789.")
        return f"{head}unexpected character (at {quote(rest)})" if rest else f"{head}unable to parse IP"
    return f"{head}missing IPv6 address" if first == "%" else f"{head}unable to parse IP"


def _check_port(port: str) -> None:
    if port and not _PORT.fullmatch(port):
        raise UrlError(f"invalid port {quote(port)} after host")


def _unescape(text: str, *, host: bool = False, zone: bool = False) -> str:
    data, out, at = to_bytes(text), bytearray(), 0
    while at < len(data):
        byte = data[at]
        if byte != 0x25:
            if host and byte < 0x80 and byte not in _HOST:
                raise UrlError(f"invalid character {quote(chr(byte))} in host name")
            out.append(byte)
            at += 1
            continue
        escape = data[at : at + 3]
        shown = UrlError(f"invalid URL escape {quote(to_text(escape))}")
        try:
            value = int(escape[1:], 16) if re.fullmatch(rb"%[0-9a-fA-F]{2}", escape) else -1
        except ValueError:
            value = -1
        if value < 0:
            raise shown
        if host and not zone and value < 0x80 and escape != b"%25":
            raise shown
        if zone and escape != b"%25" and value != 0x20 and value not in _HOST:
            raise shown
        out.append(value)
        at += 3
    return to_text(bytes(out))


def _escape(text: str, plain: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in to_bytes(text))


def userinfo_text(user: tuple[str, str | None]) -> str:
    """`name:password`, escaped."""
    name, password = user
    return _escape(name, _USER) + ("" if password is None else ":" + _escape(password, _USER))


def join(url: Url) -> str:
    """The URL as text."""
    out = f"{url.scheme}:" if url.scheme else ""
    if url.opaque:
        out += url.opaque
    else:
        if (url.scheme or url.host or url.user) and (url.host or url.path or url.user):
            out += "//"
            if url.user is not None:
                out += userinfo_text(url.user) + "@"
            out += _escape(url.host, _HOST)
        path = "*" if url.path == "*" else _escape(url.path, _PATH)
        if path and path[0] != "/" and url.host:
            out += "/"
        if not out and ":" in path.partition("/")[0]:
            out += "./"
        out += path
    out += f"?{url.query}" if url.query else ""
    return out + (f"#{_escape(url.fragment, _FRAGMENT)}" if url.fragment else "")


@TABLE.function("urlParse", "string", result="map[string]any")
def url_parse(text: str) -> dict[str, Value]:
    try:
        url = parse(text)
    except UrlError as error:
        raise FunctionError(f"unable to parse url: {error}") from error
    return {
        "scheme": url.scheme,
        "host": url.host,
        "hostname": url.hostname,
        "path": url.path,
        "query": url.query,
        "opaque": url.opaque,
        "fragment": url.fragment,
        "userinfo": userinfo_text(url.user) if url.user is not None else "",
    }


@TABLE.function("urlJoin", "map[string]any", result="string")
def url_join(parts: dict[str, Value] | None) -> str:
    given = parts or {}
    url = Url(
        scheme=_part(given, "scheme"),
        host=_part(given, "host"),
        path=_part(given, "path"),
        query=_part(given, "query"),
        opaque=_part(given, "opaque"),
        fragment=_part(given, "fragment"),
    )
    userinfo = _part(given, "userinfo")
    if userinfo:
        try:
            url.user = parse(f"proto://{userinfo}@host").user
        except UrlError as error:
            raise FunctionError(f"unable to parse userinfo in dict: {error}") from error
    return join(url)


def _part(parts: dict[str, Value], name: str) -> str:
    value = parts.get(name, "")
    if value is None:
        raise FunctionError(NIL_DEREFERENCE)
    if not isinstance(value, str):
        raise FunctionError(f"unable to parse {name} key, must be of type string, but {go_kind(value)} found")
    return value
