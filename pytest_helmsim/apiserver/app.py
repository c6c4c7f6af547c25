"""The simulated kube-apiserver as one callable: `ApiServer.handle` is a `Handler`.

Requests run one at a time. An external write is answered with what it stored; then the attached controllers settle, so the next
request sees what they did at once. What takes time is planned on the clock. Only here an `ApiError` becomes a `Status`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pytest_helmsim.apiserver import bootstrap as fresh
from pytest_helmsim.apiserver import endpoints, negotiation, routes, upkeep
from pytest_helmsim.apiserver.admission import Mutator, configured
from pytest_helmsim.apiserver.admission.scripted import Script
from pytest_helmsim.apiserver.events import Hub
from pytest_helmsim.apiserver.inner import InnerApi
from pytest_helmsim.apiserver.registry import CRD_KEY, Registry
from pytest_helmsim.apiserver.store import Change, Store
from pytest_helmsim.objects.clock import Clock, VirtualClock
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.objects.wire import Request, Response, User
from pytest_helmsim.schema.catalog import DEFAULT, Catalog

APPROXIMATE = (
    "admission plugin ServiceAccount: off unless `disabled_admission` is given without it: pods get no token volume, and need no account",
)
PATCH_LOG = 64 * 1024
REQUEST_LOG, REQUEST_LOG_BYTES = 20_000, 64 * 1024 * 1024
"""So many requests, with so much of what they sent, are remembered."""
DISABLED_BY_DEFAULT = ("ServiceAccount",)
"""Pods get no token volume and need no account unless asked for: no chart's upgrade hangs on it, and nothing waits for accounts.

`ApiServer(disabled_admission=())` is as kubeadm sets a cluster up.
"""


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as it came: who asked for what. `body` holds what a write sent (the patch, the object), cut at 64 KiB."""

    user: User
    verb: str
    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    status: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A cluster's whole content at one moment; costs next to nothing."""

    store: Store
    now: float


class ApiServer:
    """One cluster. `seed` decides uids, names and addresses; `disabled_admission` names plugins that are off (`ServiceAccount` …)."""

    def __init__(
        self,
        version: str = DEFAULT,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        disabled_admission: Iterable[str] = DISABLED_BY_DEFAULT,
        bootstrap: bool = True,
        store: Store | None = None,
    ) -> None:
        self.catalog = Catalog.for_version(version)
        self.clock: Clock = clock if clock is not None else VirtualClock()
        self.seed = seed
        self.store = store if store is not None else Store(seed)
        self.registry = Registry(self.catalog, self.store)
        self.hub = Hub()
        self.disabled_admission = frozenset(disabled_admission)
        self.mutators: list[Mutator] = []
        """Actors that change objects at admission, in order."""
        self.requests: deque[Logged] = deque()
        """Requests from outside, oldest first; of a server that runs for long only the last ones."""
        self._logged_bytes = 0
        self.after_write: Callable[[], None] | None = None
        """Set by controllers: called after every external write that was answered without an error."""
        self.address = "127.0.0.1:6443"
        self.logs: dict[tuple[str, str, str, bool], str] = {}
        """Pod logs by namespace, pod, container, and whether of the previous run."""
        self.warnings: list[str] = []
        """Of the request that is being answered."""
        self.notes: list[str] = []
        """What was accepted without being checked, each once: rules that could not be judged."""
        self.webhooks: dict[str, Script] = {}
        """What webhooks answer, by name, instead of being called."""
        self.request: Request | None = None
        """The last one from outside."""
        self._configured: configured.Configured | None = None
        self.tokens: dict[str, User] = {}
        """Bearer tokens that were given out for service accounts."""
        self.lock: threading.RLock = self.clock.lock if isinstance(self.clock, VirtualClock) else threading.RLock()
        self._changed: list[Change] = []
        """Of kinds whose status the server itself keeps, since it last looked."""
        self.store.listeners += [self._committed, self.hub.publish]
        self.api = InnerApi(self)
        if bootstrap and store is None:
            fresh.populate(self)

    @property
    def version(self) -> str:
        """`1.36`."""
        return self.catalog.version.short

    @property
    def configured(self) -> configured.Configured:
        """The admission policies and webhooks that hold now."""
        if self._configured is None:
            self._configured = configured.of_store(self.store)
        return self._configured

    def _committed(self, change: Change) -> None:
        if change.key in upkeep.WATCHED:
            self._changed.append(change)
        if change.key.group == configured.GROUP:
            self._configured = None
        elif change.key == CRD_KEY:
            self.registry.invalidate()
        elif change.type == "DELETED" and change.key == ("", "pods") and self.logs:
            for entry in [entry for entry in self.logs if entry[:2] == (change.namespace, change.name)]:
                del self.logs[entry]

    def handle(self, request: Request) -> Response:
        """Answer one request. A streamed body must be read (and closed) by the caller."""
        with self.lock:
            self._keep_up()
            call = routes.parse(request)
            self.warnings = []
            self.request = request
            try:
                response = endpoints.answer(self, request, call)
            except ApiError as error:
                response = refusal(error, self.warnings, negotiation.error_media(request))
            self._log(request, call.verb if call else request.method.lower(), response.status)
            if request.method not in ("GET", "HEAD") and response.status < 300:
                self.settle()
            return response

    def note(self, text: str) -> None:
        """Remember, for the test's report, that something was accepted without being checked."""
        if text not in self.notes:
            self.notes.append(text)

    def settle(self) -> None:
        """Let the attached controllers do what needs no waiting."""
        with self.lock:
            if self.after_write is not None:
                self.after_write()
            self._keep_up()

    def _keep_up(self) -> None:
        """The server's own writes that follow from changes: after a write, and before the answer to what controllers did meanwhile."""
        while self._changed:
            changes, self._changed = self._changed, []
            upkeep.run(self, changes)

    def _log(self, request: Request, verb: str, status: int) -> None:
        query = "&".join(f"{key}={value}" for key, values in request.query.items() for value in values)
        content_type = request.headers.get("content-type", "")
        body = request.body[:PATCH_LOG]
        if not self.requests:
            self._logged_bytes = 0
        self._logged_bytes += len(body)
        while self.requests and (len(self.requests) >= REQUEST_LOG or self._logged_bytes > REQUEST_LOG_BYTES):
            self._logged_bytes -= len(self.requests.popleft().body)
        self.requests.append(Logged(request.user, verb, request.method, request.path, query, content_type, body, status))

    def fork(self, *, clock: Clock | None = None) -> ApiServer:
        """An independent cluster with the same content, its clock where this one's is. Controllers are not copied; attach new ones."""
        with self.lock:
            twin = ApiServer(
                self.version,
                clock=clock if clock is not None else VirtualClock(self.clock.now()),
                seed=self.seed,
                disabled_admission=self.disabled_admission,
                store=self.store.fork(),
            )
            twin.mutators = list(self.mutators)
            twin.webhooks = dict(self.webhooks)
            twin.address = self.address
            twin.logs = dict(self.logs)
            return twin

    def snapshot(self) -> Snapshot:
        """What `restore` takes."""
        with self.lock:
            return Snapshot(self.store.fork(), self.clock.now())

    def restore(self, snapshot: Snapshot) -> None:
        """Put the content back; the clock goes on, open watches end."""
        with self.lock:
            self.store.restore(snapshot.store)
            self._configured = None
            self.registry.invalidate()
            self.hub.close_all()

    def move_to(self, version: str) -> None:
        """Upgrade (or downgrade) the running cluster: what is served and defaulted changes, what is stored stays."""
        with self.lock:
            self.catalog = Catalog.for_version(version)
            self.registry = Registry(self.catalog, self.store)
            fresh.move(self)
            self.hub.close_all()


def refusal(error: ApiError, warnings: Sequence[str] = (), media: str = negotiation.JSON) -> Response:
    """The Status object of an error as a response."""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", media), *negotiation.warning_headers(warnings))
    retry = (error.details or {}).get("retryAfterSeconds")
    if retry and error.code in (429, 500, 503, 504):
        headers += (("Retry-After", str(retry)),)
    return Response(error.code, negotiation.encode(error.to_status(), media), headers)
