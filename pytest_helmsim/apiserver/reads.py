"""GET: one object, a list (selectors, pages, old revisions), a watch.

Sources: k8s.io/apiserver pkg/endpoints/handlers/{get,watch}.go, pkg/storage/etcd3/store.go, pkg/storage/continue.go,
k8s.io/apimachinery pkg/apis/meta/internalversion/validation/validation.go.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver import conversion, selection
from pytest_helmsim.apiserver.events import Interest, Stream
from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.apiserver.routes import is_true
from pytest_helmsim.apiserver.selection import Selection
from pytest_helmsim.apiserver.store import Record
from pytest_helmsim.objects.json import JsonObject, dumps
from pytest_helmsim.objects.status import ApiError, BadRequest, Cause, Expired, Timeout, details, invalid
from pytest_helmsim.objects.wire import Request
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
    fields = selection.parse_fields(request.first("fieldSelector"), served)
    if name:
        fields = (*fields, ("metadata.name", True, name))
    chosen = Selection(selection.parse_labels(request.first("labelSelector")), fields)
    limit, timeout = _integer(request, "limit"), _integer(request, "timeoutSeconds")
    match, version, proceed = request.first("resourceVersionMatch"), request.first("resourceVersion"), request.first("continue")
    initial = "sendInitialEvents" in request.query and is_true(request.first("sendInitialEvents"))
    errors = _match_errors(match, version, proceed, watch=watch, initial="sendInitialEvents" in request.query)
    if errors:
        raise invalid("ListOptions", "meta.k8s.io", "", errors)
    since, start = None, None
    if proceed:
        if version and version != "0":
            raise BadRequest("specifying resource version is not allowed when using continue")
        since, start = _decode_continue(proceed, everywhere=served.namespaced and not namespace)
    elif version:
        since = revision(version)
    return ListOptions(
        chosen,
        max(limit or 0, 0),
        start,
        since,
        exact=bool(start) or match == "Exact",
        timeout=timeout,
        bookmarks=is_true(request.first("allowWatchBookmarks")),
        initial_events=initial,
        any_revision=not version or version == "0",
    )


def _integer(request: Request, key: str) -> int | None:
    text = request.first(key)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise BadRequest(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def revision(text: str) -> int:
    """A resourceVersion of a query."""
    if not text.isdigit():
        why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise BadRequest(f"invalid resource version: {why}")
    return int(text)


def _match_errors(match: str, version: str, proceed: str, *, watch: bool, initial: bool) -> list[Cause]:
    field = "resourceVersionMatch"

    def no(why: str) -> Cause:
        return Cause("FieldValueForbidden", f"Forbidden: {why}", field)

    if initial and watch:
        errors = []
        if match != "NotOlderThan":
            errors.append(no("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        return errors
    if initial:
        return [Cause("FieldValueForbidden", "Forbidden: sendInitialEvents is forbidden for list", "sendInitialEvents")]
    if not match:
        return []
    errors = []
    if watch:
        errors.append(no("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
        return errors
    if not version:
        errors.append(no("resourceVersionMatch is forbidden unless resourceVersion is provided"))
    if proceed:
        errors.append(no("resourceVersionMatch is forbidden when continue is provided"))
    if match not in ("Exact", "NotOlderThan"):
        shown = '"Exact", "NotOlderThan", ""'
        errors.append(Cause("FieldValueNotSupported", f'Unsupported value: "{match}": supported values: {shown}', field))
    if match == "Exact" and version == "0":
        errors.append(no('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    return errors


def _decode_continue(token: str, *, everywhere: bool) -> tuple[int, tuple[str, str]]:
    try:
        value = decoding.parse(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))).value
        start = value["start"].rstrip("\0")
        revision = int(value["rv"])
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(f"invalid continue token: continue key is not valid: {error}") from error
    if value.get("v") != "meta.k8s.io/v1":
        raise BadRequest(
            f'invalid continue token: continue key is not valid: server does not recognize this encoded version "{value.get("v")}"'
        )
    namespace, _, name = start.rpartition("/")
    return revision, (namespace if everywhere else "", name)


def _encode_continue(revision: int, start: str) -> str:
    value = {"v": "meta.k8s.io/v1", "rv": revision, "start": start + "\0"}
    return base64.urlsafe_b64encode(dumps(value)).rstrip(b"=").decode()


def too_large(revision: int, current: int) -> Timeout:
    """A revision that has not been reached."""
    cause = Cause("ResourceVersionTooLarge", "Too large resource version")
    message = f"Timeout: Too large resource version: {revision}, current: {current}"
    return Timeout(message, details=details(causes=[cause], retry_after=1))


def page(server: ApiServer, served: Served, namespace: str | None, options: ListOptions) -> Page:
    """The objects that the options ask for, in key order."""
    store = server.store
    revision = store.revision
    source: Iterator[tuple[str, str, Record]] | list[tuple[str, str, Record]]
    chosen = options.selection
    exact = [(each.key, each.values) for each in chosen.labels if each.operator == "in"]
    source = _candidates(server, served, namespace, chosen, exact)
    if options.revision and options.revision > revision:
        raise too_large(options.revision, revision)
    if options.exact and options.revision and options.revision != revision:
        old = store.records_at(options.revision, served.key, namespace)
        if old is None:
            raise Expired(TOO_OLD) if options.start is None else _expired_continue(options)
        source, revision = old, options.revision
    if chosen.everything and not options.limit and options.start is None:
        return Page([record for _, _, record in source], revision)
    everywhere = namespace is None and served.namespaced
    as_stored = served.gvk == served.stored
    found: list[Record] = []
    last, more = "", 0
    for space, name, record in source:
        if options.start is not None and _key(space, name, everywhere) <= _key(*options.start, everywhere):
            continue
        if exact and not _has_labels(record.obj, exact):
            continue
        if not chosen.everything and not chosen.matches(record.obj if as_stored else conversion.from_storage(served, record.obj)):
            continue
        if options.limit and len(found) >= options.limit:
            more += 1
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
    if served.gvk == served.stored:
        return record.encoded
    return dumps(conversion.from_storage(served, record.obj))


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
        tail = b'],"kind":' + dumps(f"{gvk.kind}List") + b',"metadata":' + dumps(meta) + b"}"
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
    if options.any_revision or options.initial_events:
        for _, _, record in store.records(served.key, namespace):
            if options.selection.everything or options.selection.matches(conversion.from_storage(served, record.obj)):
                stream.push(encode("ADDED", record))
        if options.initial_events and options.bookmarks:
            stream.push(bookmark_object(store.revision, True))
    else:
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
