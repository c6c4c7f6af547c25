"""GET: one object, a list (selectors, pages, old revisions), a watch.

Sources: k8s.io/apiserver pkg/endpoints/handlers/{get,watch}.go, pkg/storage/etcd3/store.go, pkg/storage/continue.go,
k8s.io/apimachinery pkg/apis/meta/internalversion/validation/validation.go.
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import conversion, selection
from pytest_helmsim.apiserver.events import Interest, Stream
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.apiserver.routes import integer, is_true
from pytest_helmsim.apiserver.selection import Selection
from pytest_helmsim.apiserver.store import Record
from pytest_helmsim.objects.json import JsonObject, dumps
from pytest_helmsim.objects.status import ApiError, BadRequest, Cause, Expired, Timeout, details, invalid
from pytest_helmsim.objects.wire import Request
from pytest_helmsim.patch.gotext import go_json_type
from pytest_helmsim.schema import decoding

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.app import ApiServer
    from pytest_helmsim.apiserver.events import Encoder

TOO_OLD = "The resourceVersion for the provided list is too old."
_DEFAULT_WATCH_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class ListOptions:
    """Checked query parameters of a list or watch."""

    selection: Selection
    limit: int = 0
    start: tuple[str, str] | None = None
    revision: int | None = None
    exact: bool = False
    timeout: int | None = None
    bookmarks: bool = False
    initial_events: bool = False
    any_revision: bool = False
    """`resourceVersion=0` or none."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a list answers: records in the requested order, and how to go on."""

    records: list[Record]
    revision: int
    proceed: str = ""
    remaining: int | None = None


def list_options(request: Request, served: Served, namespace: str, name: str = "", *, watch: bool = False) -> ListOptions:
    """`name` restricts to one object, as `fieldSelector=metadata.name=…` does."""
    limit, timeout = integer(request, "limit"), integer(request, "timeoutSeconds")
    labels = selection.parse_labels(request.first("labelSelector"))
    parsed = selection.split_fields(request.first("fieldSelector"))
    match, version, proceed = request.first("resourceVersionMatch"), request.first("resourceVersion"), request.first("continue")
    asked = "sendInitialEvents" in request.query
    initial = is_true(request.first("sendInitialEvents"))
    if watch and not asked and not match and version in ("", "0"):
        asked, match, initial = True, "NotOlderThan", True
    errors = _watch_errors(match, proceed, asked=asked) if watch else _list_errors(match, version, proceed, asked=asked)
    if errors:
        raise invalid("ListOptions", "meta.k8s.io", "", errors)
    fields = selection.supported_fields(parsed, served)
    if name:
        fields = _of_one(fields, name)
    chosen = Selection(labels, fields)
    since, start = None, None
    if proceed and not watch:
        start_key, since = decode_continue(proceed)
        if version and version != "0":
            raise BadRequest("specifying resource version is not allowed when using continue")
        start, since = _split_key(start_key, everywhere=served.namespaced and not namespace), since if since > 0 else None
    elif version:
        since = own_revision(version) if watch else revision(version)
    exact = bool(start) or match == "Exact" or bool(limit and limit > 0 and version and not match)
    return ListOptions(
        chosen,
        0 if version == "0" else max(limit or 0, 0),
        start,
        since,
        exact=(exact and version != "0") or bool(start),
        timeout=timeout,
        bookmarks=is_true(request.first("allowWatchBookmarks")),
        initial_events=initial,
        any_revision=version in ("", "0"),
    )


def _of_one(fields: tuple[tuple[str, bool, str], ...], name: str) -> tuple[tuple[str, bool, str], ...]:
    """The selector of a watch on one object: its own may only say the same name."""
    if not fields:
        return (("metadata.name", True, name),)
    if not any(path == "metadata.name" and equal and value == name for path, equal, value in fields):
        raise BadRequest("fieldSelector metadata.name doesn't match requested name")
    return fields


def revision(text: str) -> int:
    """A resourceVersion of a query."""
    return _unsigned(text, lambda why: BadRequest(f"invalid resource version: {why}"))


def _unsigned(text: str, refuse: Callable[[str], ApiError]) -> int:
    why = "" if not text.isdigit() else "value out of range"
    if text.isdigit() and int(text) < 2**64:
        return int(text)
    raise refuse(f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": {why or "invalid syntax"}')


def own_revision(text: str) -> int:
    """A resourceVersion with which one object is asked for: an error is no bad request."""
    return _unsigned(text, lambda why: ApiError(why, code=500))


_MATCH = "resourceVersionMatch"


def _forbidden(why: str, field: str = _MATCH) -> Cause:
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def _unsupported(match: str, *known: str) -> Cause:
    shown = ", ".join(f'"{value}"' for value in known)
    return Cause("FieldValueNotSupported", f'Unsupported value: "{match}": supported values: {shown}', _MATCH)


def _list_errors(match: str, version: str, proceed: str, *, asked: bool) -> list[Cause]:
    errors = []
    if match:
        if not version:
            errors.append(_forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"))
        if proceed:
            errors.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
        if match not in ("Exact", "NotOlderThan"):
            errors.append(_unsupported(match, "Exact", "NotOlderThan", ""))
        if match == "Exact" and version == "0":
            errors.append(_forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    if asked:
        errors.append(_forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents"))
    return errors


def _watch_errors(match: str, proceed: str, *, asked: bool) -> list[Cause]:
    errors = []
    if asked and match != "NotOlderThan":
        errors.append(_forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
    if match:
        if not asked:
            errors.append(_forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
        if match != "NotOlderThan":
            errors.append(_unsupported(match, "NotOlderThan"))
        if proceed:
            errors.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
    return errors


_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def decode_continue(token: str) -> tuple[str, int]:
    """The key after which a list goes on, and its revision (below 0: as it is now); a token that is none is `BadRequest`."""

    def refuse(why: str) -> BadRequest:
        return BadRequest(f"invalid continue token: continue key is not valid: {why}")

    wrong = next((place for place, character in enumerate(token) if character not in _ALPHABET), None)
    if wrong is None and len(token) % 4 == 1:
        wrong = len(token) - 1
    if wrong is not None:
        raise refuse(f"illegal base64 data at input byte {wrong}")
    try:
        value = decoding.parse(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))).value
    except decoding.JsonSyntaxError as error:
        raise refuse(str(error)) from error
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise refuse(f"json: cannot unmarshal {go_json_type(value)} into Go value of type storage.continueToken")
    for key, kind in (("v", str), ("rv", int), ("start", str)):
        if value.get(key) is not None and (not isinstance(value[key], kind) or isinstance(value[key], bool)):
            known = "string" if kind is str else "int64"
            raise refuse(f"json: cannot unmarshal {go_json_type(value[key])} into Go struct field continueToken.{key} of type {known}")
    version, since, start = value.get("v") or "", value.get("rv") or 0, value.get("start") or ""
    if version != "meta.k8s.io/v1":
        raise refuse(f"server does not recognize this encoded version {version}")
    if not since:
        raise refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    if not start:
        raise refuse("encoded start key empty (version meta.k8s.io/v1)")
    path = start if start.startswith("/") else f"/{start}"
    if posixpath.normpath(path) != path or path.startswith("//"):
        raise refuse(start)
    return path[1:], since


def _split_key(start: str, *, everywhere: bool) -> tuple[str, str]:
    namespace, _, name = start.rstrip("\0").rpartition("/")
    return (namespace if everywhere else "", name)


def _encode_continue(revision: int, start: str) -> str:
    value = {"v": "meta.k8s.io/v1", "rv": revision, "start": start + "\0"}
    return base64.urlsafe_b64encode(dumps(value)).rstrip(b"=").decode()


def too_large(revision: int, current: int, *, exact: bool = False) -> Timeout:
    """A revision that has not been reached; a client that does not want exactly this one is told to try again."""
    cause = Cause("ResourceVersionTooLarge", "Too large resource version")
    message = f"Timeout: Too large resource version: {revision}, current: {current}"
    return Timeout(message, details=details(causes=[cause], retry_after=0 if exact else 1))


def page(server: ApiServer, served: Served, namespace: str | None, options: ListOptions, *, waits: bool = True) -> Page:
    """The objects that the options ask for, in key order. `waits`: a revision of the future may be asked for again later."""
    store = server.store
    revision = store.revision
    source: Iterator[tuple[str, str, Record]] | list[tuple[str, str, Record]]
    chosen = options.selection
    exact = [(each.key, each.values) for each in chosen.labels if each.operator == "in"]
    source = _candidates(server, served, namespace, chosen, [] if options.limit else exact)
    if options.revision and options.revision > revision:
        raise too_large(options.revision, revision, exact=options.exact or not waits)
    if options.exact and options.revision and options.revision != revision:
        old = store.records_at(options.revision, served.key, namespace)
        if old is None:
            raise Expired(TOO_OLD) if options.start is None else _expired_continue(options)
        source, revision = old, options.revision
    if chosen.everything and not options.limit and options.start is None:
        return Page([record for _, _, record in source], revision)
    everywhere = namespace is None and served.namespaced
    if chosen.everything and revision == store.revision:
        part, left = store.part(served.key, namespace, options.start, options.limit or store.count(served.key))
        if not left:
            return Page([record for _, _, record in part], revision)
        last = f"{part[-1][0]}/{part[-1][1]}" if everywhere else part[-1][1]
        return Page([record for _, _, record in part], revision, _encode_continue(revision, last), left)
    as_stored = served.gvk == served.stored and served.custom is None
    found: list[Record] = []
    last, more = "", 0
    for space, name, record in source:
        if options.start is not None and _key(space, name, everywhere) <= _key(*options.start, everywhere):
            continue
        if options.limit and len(found) >= options.limit:
            more += 1
            continue
        if exact and not _has_labels(record.obj, exact):
            continue
        if not chosen.everything and not chosen.matches(record.obj if as_stored else conversion.from_storage(served, record.obj)):
            continue
        found.append(record)
        last = f"{space}/{name}" if everywhere else name
    if not more:
        return Page(found, revision)
    return Page(found, revision, _encode_continue(revision, last), more if chosen.everything else None)


def _candidates(
    server: ApiServer, served: Served, namespace: str | None, chosen: Selection, exact: list[tuple[str, frozenset[str]]]
) -> Iterator[tuple[str, str, Record]] | list[tuple[str, str, Record]]:
    """The objects that may be meant, in key order: the one that is named, those with a label, else all."""
    name = next((value for path, equal, value in chosen.fields if path == "metadata.name" and equal), None)
    space = namespace if served.namespaced else ""
    if name is None or space is None:
        return server.store.labelled(served.key, namespace, exact)
    record = server.store.get(served.key, space, name)
    return [] if record is None else [(space, name, record)]


def _has_labels(obj: JsonObject, exact: list[tuple[str, frozenset[str]]]) -> bool:
    """The part of a selection that tells most objects apart, before anything is converted."""
    labels = obj["metadata"].get("labels")
    if not labels:
        return False
    for key, values in exact:  # noqa: SIM110 - called for every object of a list
        if labels.get(key) not in values:
            return False
    return True


def _key(namespace: str, name: str, everywhere: bool) -> str:
    return f"{namespace}/{name}" if everywhere else name


def _expired_continue(options: ListOptions) -> Expired:
    return Expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
        "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
        "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
        "returned and now may show up in the list."
    )


def encoded(served: Served, record: Record) -> bytes:
    """One object as JSON, in the requested version; what is stored in that version is encoded only once."""
    return shown(served, record).encoded


def shown(served: Served, record: Record) -> Record:
    """A stored record as readers of the requested version see it: itself when they see what is stored."""
    obj = conversion.from_storage(served, record.obj)
    return record if obj is record.obj else Record(obj, record.revision)


def list_meta(found: Page) -> JsonObject:
    """The metadata of a list."""
    meta: JsonObject = {"resourceVersion": str(found.revision)}
    if found.proceed:
        meta["continue"] = found.proceed
    if found.remaining is not None:
        meta["remainingItemCount"] = found.remaining
    return meta


def encoded_list(served: Served, found: Page) -> bytes:
    """A list as JSON: items of built-in kinds do not repeat kind and apiVersion."""
    gvk, meta = served.gvk, list_meta(found)
    if served.custom is not None:
        meta = {"continue": "", **meta}
        head = dumps({"apiVersion": gvk.api_version})[:-1] + b',"items":['
        tail = b'],"kind":' + dumps(served.custom.list_kind) + b',"metadata":' + dumps(meta) + b"}"
        return head + b",".join([encoded(served, record) for record in found.records]) + tail
    prefix = len(dumps({"kind": gvk.kind, "apiVersion": gvk.api_version}))
    head = dumps({"kind": f"{gvk.kind}List", "apiVersion": gvk.api_version, "metadata": meta})[:-1] + b',"items":['
    if not found.records:
        return head + b"]}"
    if served.gvk == served.stored:
        return head + b"{" + b",{".join([record.encoded[prefix:] for record in found.records]) + b"]}"
    return head + b"{" + b",{".join([encoded(served, record)[prefix:] for record in found.records]) + b"]}"


def watch(
    server: ApiServer,
    served: Served,
    namespace: str | None,
    options: ListOptions,
    encode: Encoder,
    bookmark_object: Callable[[int, bool], bytes],
) -> Stream:
    """A stream of changes: from now (after the present state) without a resourceVersion, else from that one on."""
    store = server.store
    deadline = server.clock.now() + (options.timeout or _DEFAULT_WATCH_SECONDS)
    bookmark = (lambda: bookmark_object(server.store.revision, False)) if options.bookmarks else None
    stream = Stream(
        server.hub,
        served.key,
        Interest(served.gvk, namespace, options.selection, encode),
        lambda obj: conversion.from_storage(served, obj),
        clock=server.clock,
        deadline=deadline,
        bookmark=bookmark,
    )
    if options.initial_events:
        for _, _, record in store.records(served.key, namespace):
            if options.selection.everything or options.selection.matches(conversion.from_storage(served, record.obj)):
                stream.push(encode("ADDED", record))
        if options.initial_events and options.bookmarks:
            stream.push(bookmark_object(store.revision, True))
    elif not options.any_revision:
        revision = options.revision or 0
        changes = store.changes_since(revision)
        if changes is None:
            expired = ApiError(f"too old resource version: {revision} ({store.oldest})", code=410, reason="Expired")
            stream.push(dumps({"type": "ERROR", "object": expired.to_status()}) + b"\n")
            stream.close()
            return stream
        for change in changes:
            if change.key == served.key:
                stream.offer(change)
    server.hub.add(stream)
    return stream
