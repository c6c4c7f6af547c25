"""Bodies that Go clients send in Kubernetes' protobuf envelope, to JSON. Answers are JSON: every such client accepts that too.

Since client-go 1.32 typed clients (Helm's record keeping among them) send protobuf and do not fall back when it is refused.
Sources: k8s.io/apimachinery pkg/runtime/serializer/protobuf; field numbers in `schema/data/protobuf.json.z`.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

from pytest_helmsim.objects.clock import rfc3339, rfc3339_micro
from pytest_helmsim.objects.json import Json, JsonObject, loads
from pytest_helmsim.objects.kinds import GroupVersionKind

MAGIC = b"k8s\0"
MAX_DEPTH = 64
_META = "k8s.io.apimachinery.pkg.apis.meta.v1."
_PACKAGES = {
    "": "k8s.io.api.core",
    "apiextensions.k8s.io": "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions",
    "apiregistration.k8s.io": "k8s.io.kube_aggregator.pkg.apis.apiregistration",
    "internal.apiserver.k8s.io": "k8s.io.api.apiserverinternal",
}
Raw: TypeAlias = int | bytes


class ProtobufError(ValueError):
    """A body that is no Kubernetes protobuf message."""


@cache
def _messages() -> dict[str, dict[str, list[str]]]:
    packed = (resources.files("pytest_helmsim.schema") / "data" / "protobuf.json.z").read_bytes()
    return loads(zlib.decompress(packed))  # type: ignore[no-any-return]


def decode(body: bytes) -> JsonObject:
    """The object in the envelope, with kind and apiVersion."""
    if not body.startswith(MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = dict(_fields(body[len(MAGIC) :]))
    about = dict(_fields(_bytes(envelope.get(1, b""))))
    gvk = GroupVersionKind.of(_bytes(about.get(1, b"")).decode(), _bytes(about.get(2, b"")).decode())
    name = message_name(gvk)
    if name not in _messages():
        raise ProtobufError(f'no kind "{gvk.kind}" is registered for version "{gvk.api_version}"')
    value = _message(_bytes(envelope.get(2, b"")), name, 0)
    return {"kind": gvk.kind, "apiVersion": gvk.api_version, **value}


def message_name(gvk: GroupVersionKind) -> str:
    """`k8s.io.api.apps.v1.Deployment`."""
    if gvk.kind == "DeleteOptions":
        return _META + gvk.kind
    package = _PACKAGES.get(gvk.group) or f"k8s.io.api.{gvk.group.partition('.')[0]}"
    return f"{package}.{gvk.version}.{gvk.kind}"


def _bytes(value: Raw) -> bytes:
    if not isinstance(value, bytes):
        raise ProtobufError("proto: wrong wireType")
    return value


def _varint(data: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ProtobufError("unexpected EOF")
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, Raw]]:
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            size, position = _varint(data, position)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ProtobufError(f"proto: illegal wireType {wire}")
        if position + size > len(data):
            raise ProtobufError("unexpected EOF")
        yield number, data[position : position + size]
        position += size


def _message(data: bytes, name: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ProtobufError("proto: message nested too deeply")
    special = _SPECIAL.get(name) or _SPECIAL.get(name.rpartition(".")[2] if name.endswith(_WRAPPERS) else "")
    if special is not None:
        return special(data, depth)
    known = _messages()[name]
    result: JsonObject = {}
    for number, raw in _fields(data):
        field = known.get(str(number))
        if field is None:
            continue
        key, kind, form = field
        if form == "m":
            entry = dict(_fields(_bytes(raw)))
            result.setdefault(key, {})[_bytes(entry.get(1, b"")).decode()] = _value(entry.get(2), kind, depth)
        elif form == "r":
            result.setdefault(key, []).extend(_repeated(raw, kind, depth))
        elif not key:
            result |= _value(raw, kind, depth)
        else:
            result[key] = _value(raw, kind, depth)
    return result


def _repeated(raw: Raw, kind: str, depth: int) -> list[Json]:
    if isinstance(raw, bytes) and kind in ("int32", "int64", "uint32", "uint64", "bool"):
        values, position = [], 0
        while position < len(raw):
            value, position = _varint(raw, position)
            values.append(_value(value, kind, depth))
        return values
    return [_value(raw, kind, depth)]


def _value(raw: Raw | None, kind: str, depth: int) -> Json:
    match kind:
        case "string":
            return _bytes(raw or b"").decode()
        case "bytes":
            return base64.b64encode(_bytes(raw or b"")).decode()
        case "bool":
            return bool(raw)
        case "int32" | "int64":
            number = raw if isinstance(raw, int) else 0
            return number - 2**64 if number >= 2**63 else number
        case "uint32" | "uint64":
            return raw if isinstance(raw, int) else 0
        case "double":
            return struct.unpack("<d", raw)[0] if isinstance(raw, bytes) else 0.0
        case "float":
            return struct.unpack("<f", raw)[0] if isinstance(raw, bytes) else 0.0
    return _message(_bytes(raw or b""), kind, depth + 1)


def _signed(value: Raw | None) -> int:
    number = value if isinstance(value, int) else 0
    return number - 2**64 if number >= 2**63 else number


def _time(data: bytes, depth: int) -> Json:
    return rfc3339(_signed(dict(_fields(data)).get(1))) if data else None


def _micro_time(data: bytes, depth: int) -> Json:
    if not data:
        return None
    parts = dict(_fields(data))
    return rfc3339_micro(_signed(parts.get(1)) + _signed(parts.get(2)) // 1000 / 1e6)


def _quantity(data: bytes, depth: int) -> Json:
    return _bytes(dict(_fields(data)).get(1, b"0")).decode()


def _int_or_string(data: bytes, depth: int) -> Json:
    parts = dict(_fields(data))
    return _bytes(parts.get(3, b"")).decode() if parts.get(1) else _signed(parts.get(2))


def _json(data: bytes, depth: int) -> Json:
    raw = _bytes(dict(_fields(data)).get(1, b""))
    return loads(raw) if raw else None


def _duration(data: bytes, depth: int) -> Json:
    nanoseconds = _signed(dict(_fields(data)).get(1))
    return f"{nanoseconds / 1e9:g}s"


def _items(data: bytes, depth: int) -> Json:
    return [_bytes(raw).decode() for number, raw in _fields(data) if number == 1]


_PROPS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"


def _props_or_array(data: bytes, depth: int) -> Json:
    found = list(_fields(data))
    one = [_message(_bytes(raw), _PROPS, depth + 1) for number, raw in found if number == 1]
    return one[0] if one else [_message(_bytes(raw), _PROPS, depth + 1) for number, raw in found if number == 2]


def _props_or_bool(data: bytes, depth: int) -> Json:
    parts = dict(_fields(data))
    return _message(_bytes(parts[2]), _PROPS, depth + 1) if 2 in parts else bool(parts.get(1))


def _props_or_strings(data: bytes, depth: int) -> Json:
    found = list(_fields(data))
    one = [_message(_bytes(raw), _PROPS, depth + 1) for number, raw in found if number == 1]
    return one[0] if one else [_bytes(raw).decode() for number, raw in found if number == 2]


_WRAPPERS = (".ExtraValue", ".JSON", ".JSONSchemaPropsOrArray", ".JSONSchemaPropsOrBool", ".JSONSchemaPropsOrStringArray")
_SPECIAL: dict[str, Callable[[bytes, int], Json]] = {
    _META + "Time": _time,
    _META + "MicroTime": _micro_time,
    _META + "Duration": _duration,
    _META + "FieldsV1": _json,
    _META + "Verbs": _items,
    "k8s.io.apimachinery.pkg.api.resource.Quantity": _quantity,
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    "k8s.io.apimachinery.pkg.runtime.RawExtension": _json,
    "ExtraValue": _items,
    "JSON": _json,
    "JSONSchemaPropsOrArray": _props_or_array,
    "JSONSchemaPropsOrBool": _props_or_bool,
    "JSONSchemaPropsOrStringArray": _props_or_strings,
}
