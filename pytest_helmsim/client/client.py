"""The verbs of the Kubernetes API over one door: JSON objects in and out, failures as `objects.status.ApiError`.

A door is a `wire.Handler` (the embedded cluster, called straight) or a `kubernetes.client.ApiClient` (any cluster).
`Warning` headers are collected. Answers that ask to come back later are obeyed as client-go obeys them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pytest_helmsim.client.doors import Unreachable, handler_of
from pytest_helmsim.client.resources import ResourceMap
from pytest_helmsim.objects.clock import Clock
from pytest_helmsim.objects.json import Json, JsonObject, dumps, loads
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.objects.status import ApiError, InternalError
from pytest_helmsim.objects.wire import Handler, Request, Response

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

APPLY_PATCH = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

MAX_RETRIES = 10

UNREAD = {
    401: "the server has asked for the client to provide credentials",
    403: "unknown",
    404: "the server could not find the requested resource",
    429: "the server has received too many requests and has asked us to try again later",
    500: 'an error on the server ("unknown") has prevented the request from succeeding',
    503: "the server is currently unable to handle the request",
    504: "the server was unable to return a response in the time allotted, but may still be processing the request",
}
"""What client-go says of a failed answer whose body it does not read. Source: k8s.io/apimachinery pkg/api/errors."""

Target: TypeAlias = GroupVersionKind | Resource | str
"""What names a kind: its group, version and kind; its resource; or any word that kubectl takes."""

Query: TypeAlias = Mapping[str, str | None]
_WITH_INITIAL: Query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
_WARNING = re.compile(r'\s*\d{3} \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """`type` is ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."""

    type: str
    object: JsonObject


class Client:
    """One cluster, seen by one user agent. Threads may share it."""

    def __init__(self, door: Handler | ApiClient, clock: Clock, *, user_agent: str = "helmsim", _shared: Client | None = None) -> None:
        self._handler = handler_of(door)
        self._door = door
        self.clock = clock
        self.user_agent = user_agent
        self.warnings: list[str] = []
        self.on_warning: Callable[[str], None] | None = _shared.on_warning if _shared else None
        self.is_rehearsing = False
        self.resources: ResourceMap = _shared.resources if _shared else ResourceMap(self._get_path)

    def as_agent(self, user_agent: str) -> Client:
        """The same cluster and discovery cache under another name: the default field manager follows from it."""
        return Client(self._door, self.clock, user_agent=user_agent, _shared=self)

    def silent(self) -> Client:
        """The same cluster without its warnings."""
        other = self.as_agent(self.user_agent)
        other.on_warning = None
        return other

    def rehearsing(self) -> Client:
        """The same cluster with every write as a dry run."""
        trial = self.as_agent(self.user_agent)
        trial.is_rehearsing = True
        return trial

    @property
    def api_client(self) -> ApiClient:
        """The same cluster for the kubernetes package's own APIs."""
        if hasattr(self._door, "rest_client"):
            return cast("ApiClient", self._door)
        from pytest_helmsim.client.in_process import api_client

        return api_client(self._handler)

    # requests

    def request(
        self, method: str, path: str, *, query: Query | None = None, body: Json = None, content_type: str = "", accept: str = ""
    ) -> Response:
        """One request; raise the `ApiError` of a failed answer. Bodies of bytes are sent as they are."""
        pairs = {key: (value,) for key, value in (query or {}).items() if value is not None}
        if self.is_rehearsing and method != "GET":
            pairs["dryRun"] = ("All",)
        headers = {"accept": accept or "application/json", "user-agent": self.user_agent}
        data = b""
        if body is not None:
            data = body if isinstance(body, bytes) else dumps(body)
            headers["content-type"] = content_type or "application/json"
        for attempt in range(MAX_RETRIES + 1):
            try:
                answer = self._handler(Request(method, path, pairs, headers, data))
            except Unreachable as error:
                if not (method == "GET" and error.is_lost_connection) or attempt == MAX_RETRIES:
                    raise
                self.clock.sleep(1)
                continue
            if answer.status < 400:
                break
            wait = _header(answer, "Retry-After")
            if wait is None or not wait.isdigit() or not (answer.status == 429 or answer.status >= 500) or attempt == MAX_RETRIES:
                self._heed(answer)
                raise error_of(answer)
            self.clock.sleep(int(wait))
        self._heed(answer)
        return answer

    def _heed(self, answer: Response) -> None:
        """Collect and tell the warnings of an answer, be it a refusal or not."""
        for name, value in answer.headers:
            if name.lower() == "warning":
                for text in _WARNING.findall(value):
                    self.warnings.append(re.sub(r"\\(.)", r"\1", text))
                    if self.on_warning is not None:
                        self.on_warning(self.warnings[-1])

    def take_warnings(self) -> list[str]:
        """The warnings since the last call, in order, repeated ones included."""
        taken, self.warnings = self.warnings, []
        return taken

    def _get_path(self, path: str, accept: str) -> Any:
        """Discovery; of what lists all groups at once a failed answer's own words are passed over, as client-go does it here."""
        try:
            return self.request("GET", path, accept=accept).json()
        except ApiError as error:
            words = None if accept == "application/json" else UNREAD.get(error.code)
            if words is None:
                raise
            raise ApiError.from_status({**error.to_status(), "message": words}) from error

    def version(self) -> JsonObject:
        """`/version`: gitVersion, major, minor …; a failed answer's own words are passed over, too."""
        return self._get_path("/version", "")  # type: ignore[no-any-return]

    # kinds

    def resource_for(self, kind: Target) -> Resource:
        """Raise `resources.NoKindMatch` or `UnknownResource` for what is not served."""
        if isinstance(kind, Resource):
            return kind
        if isinstance(kind, str):
            return self.resources.named(kind)
        return self.resources.find(kind)

    # reading

    def get(self, kind: Target, name: str, namespace: str = "", *, subresource: str = "") -> JsonObject:
        """One object, or one of its subresources."""
        return self.request("GET", self.resource_for(kind).path(namespace, name, subresource)).json()  # type: ignore[no-any-return]

    def list(
        self, kind: Target, namespace: str = "", *, label_selector: str | None = None, field_selector: str | None = None
    ) -> list[JsonObject]:
        """The items, each with its apiVersion and kind, over all namespaces without one."""
        resource = self.resource_for(kind)
        answer = self.request(
            "GET", resource.path(namespace), query={"labelSelector": label_selector, "fieldSelector": field_selector}
        ).json()
        head = {"apiVersion": resource.gvk.api_version, "kind": resource.gvk.kind}
        return [{**head, **item} for item in answer.get("items") or []]

    def watch(
        self,
        kind: Target,
        namespace: str = "",
        *,
        resource_version: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        timeout_seconds: int | None = None,
    ) -> Iterator[WatchEvent | None]:
        """Events as they come; None is the heartbeat of a door that knows no better. Close the iterator to end it.

        On the embedded cluster, waiting for the next event moves the clock to it, in the thread that made the clock.
        """
        query = {
            "watch": "true",
            "resourceVersion": resource_version,
            "labelSelector": label_selector,
            "fieldSelector": field_selector,
            "timeoutSeconds": None if timeout_seconds is None else str(timeout_seconds),
        }
        answer = self.request("GET", self.resource_for(kind).path(namespace), query=query)
        return _events(answer)

    def try_watch(self, kind: Target, namespace: str = "", *, initial: bool = False) -> None:
        """Ask for a watch and end it once it is granted; `initial`: with what is there already, which not every server grants.

        A server without the storage for that says so in the first event.
        """
        query = {"watch": "true", **(_WITH_INITIAL if initial else {})}
        answer = self.request("GET", self.resource_for(kind).path(namespace), query=query)
        if initial and not hasattr(answer.body, "rest"):
            events = _events(answer)
            next(events, None)
            events.close()
            return
        end = getattr(answer.body, "close", None)
        if end is not None:
            end()

    def logs(
        self, name: str, namespace: str, *, container: str | None = None, previous: bool = False, tail_lines: int | None = None
    ) -> str:
        """A container's log; of the only container when none is named."""
        query = {
            "container": container,
            "previous": "true" if previous else None,
            "tailLines": None if tail_lines is None else str(tail_lines),
        }
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/log"
        answer = self.request("GET", path, query=query, accept="*/*")
        body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
        return body.decode(errors="replace")

    # writing

    def create(
        self,
        obj: JsonObject,
        namespace: str = "",
        *,
        resource: Resource | None = None,
        field_manager: str | None = None,
        field_validation: str | None = None,
        dry_run: bool = False,
        subresource: str = "",
        name: str = "",
    ) -> JsonObject:
        """POST. Without a namespace argument the object's own is used; `name` and `subresource` address e.g. `pods/web/eviction`."""
        place = self._place(obj, namespace, resource, name=name, subresource=subresource)
        query = _write_query(field_manager, field_validation, dry_run)
        return self.request("POST", place, query=query, body=obj).json()  # type: ignore[no-any-return]

    def replace(
        self,
        obj: JsonObject,
        namespace: str = "",
        *,
        resource: Resource | None = None,
        field_manager: str | None = None,
        field_validation: str | None = None,
        dry_run: bool = False,
        subresource: str = "",
    ) -> JsonObject:
        """PUT; with a `metadata.resourceVersion` only over that version."""
        place = self._place(obj, namespace, resource, name=obj["metadata"]["name"], subresource=subresource)
        query = _write_query(field_manager, field_validation, dry_run)
        return self.request("PUT", place, query=query, body=obj).json()  # type: ignore[no-any-return]

    def _place(self, obj: JsonObject, namespace: str, resource: Resource | None, *, name: str, subresource: str) -> str:
        found = resource or self.resource_for(GroupVersionKind.of_object(obj))
        return found.path(namespace or _namespace(obj), name, subresource)

    def patch(
        self,
        kind: Target,
        name: str,
        patch: Json,
        namespace: str = "",
        *,
        content_type: str,
        subresource: str = "",
        field_manager: str | None = None,
        field_validation: str | None = None,
        force: bool | None = None,
        dry_run: bool = False,
    ) -> JsonObject:
        """PATCH with one of the content types above."""
        path = self.resource_for(kind).path(namespace, name, subresource)
        query = {**_write_query(field_manager, field_validation, dry_run), "force": None if force is None else str(force).lower()}
        return self.request("PATCH", path, query=query, body=patch, content_type=content_type).json()  # type: ignore[no-any-return]

    def apply(
        self,
        obj: JsonObject,
        namespace: str = "",
        *,
        resource: Resource | None = None,
        field_manager: str,
        force: bool = False,
        field_validation: str | None = None,
        dry_run: bool = False,
        subresource: str = "",
    ) -> JsonObject:
        """Server-side apply of a complete configuration."""
        return self.patch(
            resource or GroupVersionKind.of_object(obj),
            obj["metadata"]["name"],
            obj,
            namespace or _namespace(obj),
            content_type=APPLY_PATCH,
            subresource=subresource,
            field_manager=field_manager,
            field_validation=field_validation,
            force=force,
            dry_run=dry_run,
        )

    def delete(
        self,
        kind: Target,
        name: str,
        namespace: str = "",
        *,
        propagation: str | None = None,
        uid: str | None = None,
        grace_period: int | None = None,
        dry_run: bool = False,
    ) -> JsonObject:
        """The object in deletion, or a Status. `propagation`: Background, Foreground, Orphan."""
        options: JsonObject = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if propagation is not None:
            options["propagationPolicy"] = propagation
        if grace_period is not None:
            options["gracePeriodSeconds"] = grace_period
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if dry_run:
            options["dryRun"] = ["All"]
        return self.request("DELETE", self.resource_for(kind).path(namespace, name), body=options).json()  # type: ignore[no-any-return]


def error_of(answer: Response) -> ApiError:
    """The exception of a failed answer: of its Status, else of its text as client-go wraps it."""
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    try:
        status = loads(body)
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        return ApiError.from_status(status)
    text = body.decode(errors="replace").strip()
    if answer.status == 500:
        return InternalError(f'an error on the server ("{text}") has prevented the request from succeeding')
    return ApiError.from_status({"code": answer.status, "message": text or f"the server answered {answer.status}"})


def _events(answer: Response) -> Generator[WatchEvent | None, None, None]:
    stream = answer.body
    if isinstance(stream, bytes):
        raise InternalError("the server did not stream the watch")
    rest: Callable[[], None] | None = getattr(stream, "rest", None)
    pending = b""
    try:
        for chunk in stream:
            if not chunk:
                if rest is None:
                    yield None
                else:
                    rest()
                continue
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                if line.strip():
                    event = loads(line)
                    if event["type"] == "ERROR":
                        raise ApiError.from_status(event["object"])
                    yield WatchEvent(event["type"], event["object"])
    finally:
        end = getattr(stream, "close", None)
        if end is not None:
            end()


def _header(answer: Response, name: str) -> str | None:
    return next((value for key, value in answer.headers if key.lower() == name.lower()), None)


def _namespace(obj: JsonObject) -> str:
    return (obj.get("metadata") or {}).get("namespace") or ""


def _write_query(field_manager: str | None, field_validation: str | None, dry_run: bool) -> dict[str, str | None]:
    return {"fieldManager": field_manager, "fieldValidation": field_validation, "dryRun": "All" if dry_run else None}
