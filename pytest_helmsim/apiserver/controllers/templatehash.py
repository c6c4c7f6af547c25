"""Hashes in names: of a pod template (`pod-template-hash`) and of a ControllerRevision.

FNV-1 (pod templates) or FNV-1a … see each function; both end as decimal digits in an alphabet without vowels.
Source: k8s.io/kubernetes pkg/controller/controller_utils.go (ComputeHash), controller/history (HashControllerRevision)
"""

from __future__ import annotations

from pytest_helmsim.objects.json import Json, JsonObject, dumps_sorted

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
_DECIMAL_TO_SAFE = {str(digit): _SAFE[(ord(str(digit)) % len(_SAFE))] for digit in range(10)}


def fnv32a(data: bytes) -> int:
    """FNV-1a, 32 bits, of bytes."""
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


def safe(number: int) -> str:
    """The decimal digits in the alphabet of generated names."""
    return "".join(_DECIMAL_TO_SAFE[digit] for digit in str(number))


def pod_template_hash(template: JsonObject, collisions: int | None) -> str:
    """The hash that names a ReplicaSet or a DaemonSet's revision."""
    return safe(fnv32a(dumps_sorted(template) + _probe(collisions)))


def revision_hash(data: Json, collisions: int | None) -> str:
    """The hash that names a StatefulSet's ControllerRevision: of its data as compact JSON with sorted keys."""
    return safe(fnv32(dumps_sorted(data) + _probe(collisions)))


def _probe(collisions: int | None) -> bytes:
    return b"" if collisions is None else str(collisions).encode()
