"""Warnings about single values: addresses that are not written as they should be, files that cover each other in a volume.

Sources: k8s.io/apimachinery pkg/util/validation/ip.go, k8s.io/kubernetes pkg/api/pod/warnings.go.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import quoted


def address(text: str, path: str) -> Iterator[str]:
    """An address of IPv6 in another form than the canonical one, or one that only a lenient reader takes."""
    try:
        canonical = ipaddress.ip_address(text)
    except ValueError:
        parts = text.split(".")
        if len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts):
            usual = ".".join(str(int(part)) for part in parts)
            yield f"{path}: non-standard IP address {quoted(text)} is invalid: use {quoted(usual)}"
        return
    if canonical.version == 6 and canonical.ipv4_mapped is None and str(canonical) != text:
        yield f"{path}: IPv6 address {quoted(text)} should be in RFC 5952 canonical format ({quoted(str(canonical))})"


def block(text: str, path: str) -> Iterator[str]:
    """A block of addresses with bits set beyond its length, in a form that only a lenient reader takes, or not in the canonical one."""
    plain = re.sub(r"(?<![0-9a-fA-F:])0+(?=\d)", "", text) if "." in text or "/0" in text else text
    try:
        host = ipaddress.ip_interface(plain) if "/" in text else None
    except ValueError:
        host = None
    if host is None:
        return
    whole, lenient = host.network, False
    if host.ip != whole.network_address:
        single = f"{host.ip}/{host.max_prefixlen}"
        yield f"{path}: CIDR value {quoted(text)} is ambiguous in this context (should be {quoted(str(whole))} or {quoted(single)}?)"
        lenient = True
    if plain != text:
        yield f"{path}: non-standard CIDR value {quoted(text)} is invalid: use {quoted(str(whole))}"
    elif not lenient and whole.version == 6 and str(whole) != text:
        yield f"{path}: IPv6 CIDR value {quoted(text)} should be in RFC 5952 canonical format ({quoted(str(whole))})"


def policy_blocks(spec: JsonObject) -> Iterator[str]:
    """Blocks of a NetworkPolicy."""
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in enumerate(spec.get(direction) or ()):
            for j, peer in enumerate(rule.get(peers) or ()):
                found, where = peer.get("ipBlock") or {}, f"spec.{direction}[{i}].{peers}[{j}].ipBlock"
                yield from block(found.get("cidr") or "", f"{where}.cidr")
                for k, text in enumerate(found.get("except") or ()):
                    yield from block(text, f"{where}.except[{k}]")


def endpoint_addresses(subsets: list[JsonObject]) -> Iterator[str]:
    """Addresses of Endpoints."""
    for i, subset in enumerate(subsets):
        for key in ("addresses", "notReadyAddresses"):
            for j, entry in enumerate(subset.get(key) or ()):
                yield from address(entry.get("ip") or "", f"subsets[{i}].{key}[{j}].ip")


def overlaps(volumes: list[JsonObject]) -> Iterator[str]:
    """Files of one volume of which one hides the other."""
    for volume in volumes:
        name = quoted(volume.get("name", ""))
        for key, word, field in (
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "secretName"),
            ("downwardAPI", "DownwardAPI", ""),
        ):
            source = volume.get(key)
            if source is None:
                continue
            kind = f"{word} {quoted(source.get(field, ''))}" if field else word
            for text in _collisions([(item.get("path", ""), "") for item in source.get("items") or ()]):
                yield f"volume {name} ({kind}): overlapping paths: {text}"
        if volume.get("projected") is not None:
            yield from _projected(name, volume["projected"].get("sources") or [])


def _projected(name: str, sources: list[JsonObject]) -> Iterator[str]:
    paths: list[tuple[str, str]] = []
    for source in sources:
        if not source:
            yield f"volume {name} (Projected) has no sources provided"
            continue
        paths += _paths(source)
    for text in _collisions(paths):
        yield f"volume {name} (Projected): overlapping paths: {text}"


def _paths(source: JsonObject) -> list[tuple[str, str]]:
    for key, word in (("configMap", "ConfigMap"), ("secret", "Secret"), ("downwardAPI", "DownwardAPI")):
        part = source.get(key)
        if part is not None and part.get("items"):
            shown = word if key == "downwardAPI" else f"{word} {quoted(part.get('name', ''))}"
            return [(item.get("path", ""), shown) for item in part["items"]]
    token = source.get("serviceAccountToken")
    return [(token.get("path", ""), "ServiceAccountToken")] if token is not None else []


def _collisions(paths: list[tuple[str, str]]) -> Iterator[str]:
    seen: list[tuple[str, str]] = []
    for path, source in paths:
        mine = path.rstrip("/")
        for other, origin in seen:
            if mine and other and (f"{other}/".startswith(f"{mine}/") or f"{mine}/".startswith(f"{other}/")):
                yield f"{_shown(mine, source)} with {_shown(other, origin)}"
        seen.append((mine, source))


def _shown(path: str, source: str) -> str:
    return f"{quoted(path)} ({source})" if source else quoted(path)
