"""In which form an answer goes out: JSON or YAML, the object itself, a Table, or metadata only.

Source: k8s.io/apiserver pkg/endpoints/handlers/negotiation/negotiate.go, pkg/endpoints/handlers/response.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_helmsim.apiserver import conversion, reads, tables
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.apiserver.store import Record
from pytest_helmsim.objects.json import JsonObject, dumps, loads
from pytest_helmsim.objects.status import NotAcceptable
from pytest_helmsim.objects.wire import Request
from pytest_helmsim.schema.canonical import canonical
from pytest_helmsim.schema.model import Schema
from pytest_helmsim.schema.strategies import TEMPLATE_GENERATION

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer
    from pytest_helmsim.apiserver.events import Encoder
    from pytest_helmsim.apiserver.reads import Page

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
Shape = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]
_META = "meta.k8s.io"


@dataclass(frozen=True, slots=True)
class Representation:
    """`shape` is empty for the object itself; `objects` says what a Table row carries (Metadata, None, Object)."""

    media: str = JSON
    shape: Shape = ""
    version: str = "v1"
    objects: str = "Metadata"

    @property
    def plain(self) -> bool:
        """The object itself, as JSON."""
        return self.media == JSON and not self.shape

    @property
    def stream_type(self) -> str:
        """Content type of a watch."""
        return JSON if self.media == JSON else f"{self.media};stream=watch"

    def one(self, server: ApiServer, served: Served, record: Record) -> tuple[bytes, str]:
        """An object (already in the requested version) as body and content type."""
        if self.shape == "Table":
            return self._out(
                tables.table(server, served, [record.obj], meta=_list_meta(record), objects_as=self.objects, version=self.version)
            )
        if self.shape == "PartialObjectMetadataList":
            raise NotAcceptable(f"you requested PartialObjectMetadataList, but the requested object is not a list ({_go_type(served)})")
        if self.shape:
            return self._out(self._partial(record.obj))
        return (record.encoded, JSON) if self.media == JSON else self._out(record.obj)

    def many(self, server: ApiServer, served: Served, found: Page) -> tuple[bytes, str]:
        """A list as body and content type."""
        if self.shape == "PartialObjectMetadata":
            raise NotAcceptable(f"you requested PartialObjectMetadata, but the requested object is a list ({_go_type(served)}List)")
        if not self.shape:
            body = reads.encoded_list(served, found)
            return (body, JSON) if self.media == JSON else self._out(loads(body))
        meta = reads.list_meta(found)
        objects = [conversion.from_storage(served, record.obj) for record in found.records]
        if self.shape == "Table":
            return self._out(tables.table(server, served, objects, meta=meta, objects_as=self.objects, version=self.version))
        items = [self._partial(obj) for obj in objects] or None
        return self._out({"kind": "PartialObjectMetadataList", "apiVersion": f"{_META}/{self.version}", "metadata": meta, "items": items})

    def event_encoder(self, server: ApiServer, served: Served) -> Encoder:
        """A function that writes one line of a watch. One function for equal representations, so that lines are shared."""
        if self.plain and served.gvk == served.stored and served.custom is None:
            return _plain_event
        first = True

        def encode(kind: str, record: Record) -> bytes:
            nonlocal first
            obj = conversion.from_storage(served, record.obj)
            if self.shape == "Table":
                meta = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
                value = tables.table(server, served, [obj], meta=meta, objects_as=self.objects, version=self.version, headers=first)
                first = False
            else:
                value = self._partial(obj) if self.shape else obj
            return dumps({"type": kind, "object": value}) + b"\n"

        return encode

    def bookmark_encoder(self, server: ApiServer, served: Served) -> Callable[[int, bool], bytes]:
        """A function that writes a bookmark for a revision; the flag marks the end of the initial events."""

        def encode(revision: int, initial_end: bool) -> bytes:
            meta: JsonObject = {"resourceVersion": str(revision)}
            if initial_end:
                meta["annotations"] = {"k8s.io/initial-events-end": "true"}
            obj: JsonObject = {"kind": served.gvk.kind, "apiVersion": served.gvk.api_version, "metadata": meta}
            if served.custom is None and not self.shape and served.schema is not None:
                obj = _empty(served, obj, served.schema)
            if self.shape == "Table":
                obj = tables.table(
                    server, served, [], meta={"resourceVersion": str(revision)}, objects_as="None", version=self.version, headers=False
                )
            elif self.shape:
                obj = self._partial(obj)
            return dumps({"type": "BOOKMARK", "object": obj}) + b"\n"

        return encode

    def _partial(self, obj: JsonObject) -> JsonObject:
        return {"kind": "PartialObjectMetadata", "apiVersion": f"{_META}/{self.version}", "metadata": tables.bare_metadata(obj)}

    def _out(self, value: JsonObject) -> tuple[bytes, str]:
        return encode(value, self.media), self.media


_REPLICAS = frozenset({"Deployment", "ReplicaSet", "StatefulSet"})
"""Kinds whose internal type counts replicas without a pointer: there is no telling zero from none."""


def _empty(served: Served, obj: JsonObject, schema: Schema) -> JsonObject:
    """A bookmark is a whole object of its kind: with all that Go writes of an empty one."""
    if obj["kind"] in _REPLICAS and served.gvk.group == "apps":
        obj = {**obj, "spec": {"replicas": 0}}
    if obj["kind"] == "DaemonSet" and served.gvk.group == "apps":
        meta = obj["metadata"]
        obj = {**obj, "metadata": {**meta, "annotations": {TEMPLATE_GENERATION: "0", **meta.get("annotations", {})}}}
    return canonical(obj, schema)


def _go_type(served: Served) -> str:
    """The type that holds the kind inside the server."""
    if served.custom is not None:
        return "*unstructured.Unstructured"
    return f"*{(served.key.group or 'core').partition('.')[0]}.{served.gvk.kind}"


def encode(value: JsonObject, media: str) -> bytes:
    """As JSON or YAML."""
    if media == YAML:
        from pytest_helmsim.objects import yamlio

        return yamlio.dump(value).encode()
    return dumps(value)


def error_media(request: Request) -> str:
    """The form of a refusal: YAML for whoever prefers it, else JSON."""
    accept = request.headers.get("accept", "")
    if "yaml" not in accept or (request.first("watch") and "stream" in accept):
        return JSON
    return next((found for found in (_MEDIA.get(media) for media, _ in _clauses(accept)) if found), JSON)


_MEDIA = {"*/*": JSON, JSON: JSON, YAML: YAML}


def _plain_event(kind: str, record: Record) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + record.encoded + b"}\n"


def _list_meta(record: Record) -> JsonObject:
    version = record.obj["metadata"].get("resourceVersion")
    return {"resourceVersion": version} if version else {}


_PLAIN = Representation()


def negotiate(request: Request, served: Served, *, stream: bool = False, single: bool = False) -> Representation:
    """The first acceptable entry of the Accept header; protobuf is passed over, so clients that also take JSON get JSON."""
    accept = request.headers.get("accept", "")
    if accept in ("", "*/*", JSON):
        return _PLAIN
    objects = request.first("includeObject") or "Metadata"
    unstreamed = False
    for media, parameters in _clauses(accept):
        found = _MEDIA.get(media)
        if found is None or (stream and found == YAML):
            unstreamed = unstreamed or found == YAML
            continue
        shape, group, version = parameters.get("as", ""), parameters.get("g", ""), parameters.get("v", "")
        if not shape:
            return _PLAIN if found == JSON else Representation(found)
        if group == _META and version in ("v1", "v1beta1") and shape in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
            return Representation(found, shape, version, objects)  # type: ignore[arg-type]
    known = {"*/*", JSON, YAML, "application/vnd.kubernetes.protobuf"}
    if served.custom is None and not any(media in known for media, _ in _clauses(accept)):
        watching = "watch" in served.resource.verbs and not single and request.method == "GET"
        streams = (f"{JSON};stream=watch", "application/vnd.kubernetes.protobuf;stream=watch") if watching else ()
        listed = ", ".join((JSON, YAML, "application/vnd.kubernetes.protobuf", *streams))
        raise NotAcceptable(f"406: Not Acceptable\n\nAvailable representations: {listed}", details={})
    kinds = (JSON, YAML, PROTOBUF) if not unstreamed else (f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
    raise NotAcceptable(f"only the following media types are accepted: {', '.join(kinds)}")


def of_discovery(request: Request, path: str) -> str:
    """The form of a discovery document; protobuf is passed over. Where nothing fits, 406 by the part of the server that has the path."""
    accept = request.headers.get("accept", "")
    if accept in ("", "*/*", JSON):
        return JSON
    wanted = [media for media, _ in _clauses(accept)]
    whole = path in ("/api", "/apis")
    for media in wanted:
        if media in _MEDIA and (path != "/version" or media != YAML):
            return _MEDIA[media]
        if (media == PROTOBUF and path != "/version") or (whole and media == "application/*"):
            return JSON
    if whole:
        raise NotAcceptable(f"only the following media types are accepted: {JSON}, {YAML}, {PROTOBUF}")
    known = (JSON,) if path == "/version" else (JSON, YAML, PROTOBUF)
    raise NotAcceptable(f"406: Not Acceptable\n\nAvailable representations: {', '.join(known)}", details={})


def _clauses(accept: str) -> list[tuple[str, dict[str, str]]]:
    """Media types with their parameters, best quality first."""
    found = []
    for part in accept.split(","):
        media, *rest = (piece.strip() for piece in part.split(";"))
        parameters = dict(piece.partition("=")[::2] for piece in rest if "=" in piece)
        try:
            quality = float(parameters.pop("q", "1"))
        except ValueError:
            quality = 1.0
        found.append((quality, media.lower(), parameters))
    found.sort(key=lambda clause: -clause[0])
    return [(media, parameters) for _, media, parameters in found]


def aggregated_version(request: Request, minor: int) -> str:
    """`v2` (since 1.30) or `v2beta1` (before 1.33) when the client prefers aggregated discovery, else empty."""
    known = (*(("v2",) if minor >= 30 else ()), *(("v2beta1",) if minor < 33 else ()))
    for media, parameters in _clauses(request.headers.get("accept", "")):
        if media not in (JSON, "*/*"):
            continue
        if parameters.get("as") == "APIGroupDiscoveryList" and parameters.get("g") == "apidiscovery.k8s.io":
            if parameters.get("v") in known:
                return parameters["v"]
            continue
        return ""
    return ""


def warning_headers(warnings: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """`Warning: 299 - "text"` for each."""
    return tuple(("Warning", f'299 - "{_quoted(text)}"') for text in warnings)


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(character if character.isprintable() else " " for character in text)
