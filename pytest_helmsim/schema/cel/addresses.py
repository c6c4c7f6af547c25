"""IP addresses, networks and URLs in expressions.

Sources: k8s.io/apiserver pkg/cel/library/{ip,cidr,urls}.go, net/netip, net/url.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.types import Type
from pytest_helmsim.schema.cel.values import CelError, Url

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address."""

    address: _Address

    @property
    def cel_type(self) -> Type:
        """The type it has in expressions."""
        return types.IP

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Network:
    """An address and how many of its bits name the network."""

    address: _Address
    bits: int

    @property
    def cel_type(self) -> Type:
        """The type it has in expressions."""
        return types.CIDR

    def __str__(self) -> str:
        return f"{self.address}/{self.bits}"

    @property
    def block(self) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """All addresses of the network."""
        return ipaddress.ip_interface(f"{self.address}/{self.bits}").network

    def __len__(self) -> int:
        return self.address.max_prefixlen // 8


def _why(text: str) -> str:
    """What netip says of a text that is no address."""
    shown = json.dumps(text, ensure_ascii=False)
    parts = text.split(".")
    if ":" not in text and "." in text:
        if not re.fullmatch(r"[0-9.]*", text):
            bad = re.search(r"[^0-9.]", text)
            at = json.dumps(text[bad.start() :] if bad else text, ensure_ascii=False)
            return f"ParseAddr({shown}): unexpected character (at {at})"
        for part in parts:
            if len(part) > 1 and part.startswith("0"):
                return f"ParseAddr({shown}): IPv4 field has octet with leading zero"
            if part and int(part) > 255:
                return f"ParseAddr({shown}): IPv4 field has value >255"
        if "" in parts:
            at = json.dumps(text[text.index("..") + 1 :] if ".." in text else text[-1:] if not parts[-1] else text, ensure_ascii=False)
            return f"ParseAddr({shown}): IPv4 field must have at least one digit (at {at})"
        return f"ParseAddr({shown}): IPv4 address too {'short' if len(parts) < 4 else 'long'}"
    return f"ParseAddr({shown}): unable to parse IP"


def address(text: str) -> Address:
    """An address; one of version 4 within version 6, or with a zone, is refused."""
    shown = json.dumps(text, ensure_ascii=False)
    try:
        plain, _, zone = text.partition("%")
        found = ipaddress.ip_address(plain)
        if "%" in text and (found.version == 4 or not zone):
            raise ValueError(text)
    except ValueError as error:
        raise CelError(f"IP Address {shown} parse error during conversion from string: {_why(text)}") from error
    if zone:
        raise CelError(f"IP address {shown} with zone value is not allowed")
    if found.version == 6 and found.ipv4_mapped is not None:
        raise CelError(f"IPv4-mapped IPv6 address {shown} is not allowed")
    return Address(found)


def network(text: str) -> Network:
    """A network; bits behind its prefix may be set."""
    head = "network address parse error during conversion from string: "
    shown = json.dumps(text, ensure_ascii=False)
    where, slash, bits = text.rpartition("/")
    if not slash:
        raise CelError(f"{head}{head}netip.ParsePrefix({shown}): no '/'")
    try:
        found = ipaddress.ip_address(where)
    except ValueError as error:
        raise CelError(f"{head}{head}netip.ParsePrefix({shown}): {_why(where)}") from error
    if not re.fullmatch(r"0|[1-9][0-9]*", bits):
        raise CelError(f"{head}{head}netip.ParsePrefix({shown}): bad bits after slash: {json.dumps(bits)}")
    if int(bits) > found.max_prefixlen:
        raise CelError(f"{head}{head}netip.ParsePrefix({shown}): prefix length out of range")
    if found.version == 6 and found.ipv4_mapped is not None:
        raise CelError(f"{head}IPv4-mapped IPv6 address {shown} is not allowed")
    return Network(found, int(bits))


def contains(block: Network, other: Address) -> bool:
    """Whether an address is in a network."""
    return other.address in block.block


def covers(block: Network, other: Network) -> bool:
    """Whether a network is within another."""
    if block.address.version != other.address.version:
        return False
    return block.bits <= other.bits and other.address in block.block


def masked(block: Network) -> Network:
    """The network with nothing set behind its prefix."""
    return Network(block.block.network_address, block.bits)


def is_global(one: Address) -> bool:
    """Whether an address is one of a single host anywhere."""
    found = one.address
    broadcast = found == ipaddress.ip_address("255.255.255.255")
    return not (found.is_unspecified or found.is_loopback or found.is_multicast or found.is_link_local or broadcast)


def is_local_multicast(one: Address) -> bool:
    """Whether an address speaks to many on one link."""
    found = one.address
    if isinstance(found, ipaddress.IPv4Address):
        return found in ipaddress.ip_network("224.0.0.0/24")
    return found.packed[0] == 0xFF and found.packed[1] & 0x0F == 2


def url(text: str) -> Url:
    """A URL with a scheme, or a path from the root."""
    head, shown = "URL parse error during conversion from string: ", json.dumps(text, ensure_ascii=False)
    if not text:
        raise CelError(f'{head}parse "": empty url')
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in text):
        raise CelError(f"{head}parse {shown}: net/url: invalid control character in URL")
    if text.startswith(":"):
        raise CelError(f"{head}parse {shown}: missing protocol scheme")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", text)
    if scheme is None and not text.startswith("/") and text != "*":
        raise CelError(f"{head}parse {shown}: invalid URI for request")
    escape = re.search(r"%(?![0-9A-Fa-f]{2}).{0,2}", text.partition("?")[0])
    if escape is not None:
        raise CelError(f"{head}parse {shown}: invalid URL escape {json.dumps(escape.group())}")
    try:
        parts = urlsplit(text)
        if " " in parts.netloc:
            raise CelError(f'{head}parse {shown}: invalid character " " in host name')
        port = parts.netloc.rpartition("@")[2].rpartition("]")[2].rpartition(":")
        if port[1] and port[2] and not port[2].isdigit():
            raise CelError(f"{head}parse {shown}: invalid port {json.dumps(':' + port[2])} after host")
    except ValueError as error:
        raise CelError(f"{head}parse {shown}: missing ']' in host") from error
    host = parts.netloc.rpartition("@")[2]
    path = parts.path if scheme is None or parts.netloc or parts.path.startswith("/") else ""
    return Url(parts.scheme, host, path, parts.query, text)


def hostname(found: Url) -> str:
    """The host without its port and brackets."""
    host = found.host
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def port(found: Url) -> str:
    """The port, empty when there is none."""
    rest = found.host.rpartition("]")[2]
    return rest.rpartition(":")[2] if ":" in rest else ""


def escaped_path(found: Url) -> str:
    """The path as it is sent."""
    return quote(unquote(found.path), safe="/:@!$&'()*+,;=~%-._") if "%" not in found.path else found.path


def query(found: Url) -> dict[str, Any]:
    """Names and values behind the question mark."""
    return dict(parse_qs(found.query, keep_blank_values=True))
