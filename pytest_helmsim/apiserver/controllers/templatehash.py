"""Hashes in names: of a pod template (`pod-template-hash`) and of a ControllerRevision.

The first is FNV-1a over the template as Go's spew prints it, the second FNV-1 over the revision's JSON; both end as decimal digits
written in an alphabet without vowels, so that ReplicaSets and their pods are named as the real controllers name them.
Source: k8s.io/kubernetes pkg/controller/controller_utils.go (ComputeHash), pkg/controller/history (HashControllerRevision)
"""

from __future__ import annotations

from pytest_helmsim.apiserver.controllers import spew
from pytest_helmsim.objects.json import Json, JsonObject, dumps_sorted

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
_TO_SAFE = {str(digit): _SAFE[ord(str(digit)) % len(_SAFE)] for digit in range(10)}


def fnv32a(data: bytes) -> int:
    """FNV-1a, 32 bits: mixes before it multiplies."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def fnv32(data: bytes) -> int:
    """FNV-1, 32 bits: multiplies before it mixes."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value * 0x01000193) & 0xFFFFFFFF) ^ byte
    return value


def fnv128a(data: bytes) -> int:
    """FNV-1a, 128 bits."""
    value = 0x6C62272E07BB014262B821756295C58D
    for byte in data:
        value = ((value ^ byte) * 0x0000000001000000000000000000013B) & (1 << 128) - 1
    return value


def endpoint_port_order(port: JsonObject) -> int:
    """By what the ports of Endpoints are sorted.

    Source: k8s.io/kubernetes pkg/api/v1/endpoints/util.go (portsByHash)
    """
    text = "{{Name:(string){} Port:(int32){} Protocol:(v1.Protocol){} AppProtocol:(*string){}}}"
    values = (port.get("name") or "", port["port"], port.get("protocol") or "", port.get("appProtocol") or "<nil>")
    return fnv128a(("(v1.EndpointPort)" + text.format(*values)).encode())


def slice_port_order(port: JsonObject) -> int:
    """By what the ports of an EndpointSlice are sorted.

    Source: k8s.io/endpointslice util/controller_utils.go (portsInOrder)
    """
    text = "{{Name:(*string){} Protocol:(*v1.Protocol){} Port:(*int32){} AppProtocol:(*string){}}}"
    values = (port.get("name") or "", port.get("protocol") or "<nil>", port["port"], port.get("appProtocol") or "<nil>")
    return fnv128a(("(v1.EndpointPort)" + text.format(*values)).encode())


def safe(number: int) -> str:
    """The decimal digits in the alphabet of generated names."""
    return "".join(_TO_SAFE[digit] for digit in str(number))


def pod_template_hash(template: JsonObject, collisions: int | None) -> str:
    """The hash that names a ReplicaSet or a DaemonSet's revision; collisions come in as eight bytes."""
    probe = b"" if collisions is None else collisions.to_bytes(8, "little")
    return safe(fnv32a(spew.pod_template(template).encode("utf-8", "surrogateescape") + probe))


def revision_hash(data: Json, collisions: int | None) -> str:
    """The hash that names a StatefulSet's ControllerRevision: of its data as Go's compact JSON; collisions come in as digits."""
    text = dumps_sorted(data)
    for plain, escaped in (
        (b"<", b"\\u003c"),
        (b">", b"\\u003e"),
        (b"&", b"\\u0026"),
        ("\u2028".encode(), b"\\u2028"),
        ("\u2029".encode(), b"\\u2029"),
    ):
        text = text.replace(plain, escaped)
    return safe(fnv32(text + (b"" if collisions is None else str(collisions).encode())))
