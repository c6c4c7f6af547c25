"""`/openapi/v2` in gnostic's protobuf form: the paths with their kinds and query parameters, which is what clients look up there.

kubectl asks for nothing else when a kind is missing from version 3. Definitions are left out here; `published` has those of built-in kinds.
Source: google/gnostic-models openapiv2/OpenAPIv2.proto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterable

MEDIA = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}
_WRAPPED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"


def encode(document: JsonObject) -> bytes:
    """A version 2 document without definitions."""
    info = _field(1, document["info"]["title"]) + _field(2, document["info"]["version"])
    return _field(1, document["swagger"]) + _field(2, info) + encode_paths(document["paths"])


def encode_paths(paths: JsonObject) -> bytes:
    """The part of a document that may stand behind another document, whose paths it then adds to; nothing for no paths."""
    found = b"".join(_field(2, _field(1, path) + _field(2, _item(item))) for path, item in paths.items())
    return _field(8, found) if found else b""


def _field(number: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def _item(item: JsonObject) -> bytes:
    return b"".join(_field(_METHODS[method], _operation(operation)) for method, operation in item.items())


def _operation(operation: JsonObject) -> bytes:
    parameters = b"".join(_field(8, _parameter(parameter)) for parameter in operation.get("parameters", ()))
    gvk = operation["x-kubernetes-group-version-kind"]
    text = "".join(f"{key}: {_yaml(gvk[key])}\n" for key in ("group", "kind", "version"))
    action = _extension("x-kubernetes-action", operation["x-kubernetes-action"] + "\n")
    return parameters + action + _extension("x-kubernetes-group-version-kind", text)


def _yaml(text: str) -> str:
    return text or '""'


def _extension(name: str, yaml: str) -> bytes:
    return _field(13, _field(1, name) + _field(2, _field(2, yaml)))


def _parameter(parameter: JsonObject) -> bytes:
    query = _field(2, parameter["in"]) + _field(4, parameter["name"]) + _field(6, "string")
    return _field(1, _field(2, _field(3, query)))


def accepted(accept: str) -> bool:
    """Whether the client asks for this form (under its old or new name)."""
    wanted: Iterable[str] = (part.partition(";")[0].strip() for part in accept.split(","))
    return any(media in (MEDIA, _WRAPPED) for media in wanted)
