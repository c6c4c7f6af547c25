"""The loop that runs the reconcilers: store events fill one queue of keys, `settle` empties it, delays wait on the clock.

One thread works at a time, in the order in which the keys were queued, so the same requests give the same history.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pytest_helmsim.apiserver.controllers import common, registry
from pytest_helmsim.apiserver.controllers.common import Key, Keys, Reconciler, Settings, World
from pytest_helmsim.apiserver.controllers.events import Recorder
from pytest_helmsim.apiserver.controllers.images import Images
from pytest_helmsim.apiserver.controllers.index import ObjectIndex
from pytest_helmsim.apiserver.loopback import Api, StoreEvent
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.status import ApiError

MAX_STEPS_PER_KEY = 2000
"""A key that is worked on more often than this in one `settle` never comes to rest: two controllers fight."""

FIRST_RETRY_SECONDS = 0.005
LAST_RETRY_SECONDS = 1000.0
"""What the server refused is tried again with doubling delays, as client-go's rate limited queue does."""


class Server(Protocol):
    """What the controllers need of the simulator."""

    after_write: Callable[[], None] | None
    """Called after every external write; the controllers put `settle` here."""

    @property
    def api(self) -> Api:
        """The loopback."""


class ControllersNeverSettle(HelmsimError):
    """Zero-delay work that makes new work without end."""


@dataclass(frozen=True, slots=True)
class _Item:
    reconciler: int
    key: Key


class Controllers:
    """All controllers of one simulated cluster.

    `names` is the switch of kube-controller-manager: `*`, `-kubelet`, names separated by commas; the scheduler and the
    kubelet are in it too. With a `VirtualClock`, every change plans a `settle` at the present time, so that the next move of
    the clock runs it at the latest; callers that want the cluster at rest at once call `settle` themselves.
    """

    def __init__(self, server: Server, *, names: str = "*", images: Images | None = None, settings: Settings | None = None) -> None:
        self.images = images if images is not None else Images()
        self.settings = settings if settings is not None else Settings()
        self.names = names
        self._server = server
        self._api = server.api
        self._index = ObjectIndex()
        self._recorder = Recorder(self._api)
        world = World(self._api, self._recorder, self.images, self.settings, self._index)
        self._reconcilers: list[Reconciler] = [make(world) for make in registry.chosen(names)]
        self._watchers: dict[tuple[str, str], list[tuple[int, Keys]]] = {}
        for index, reconciler in enumerate(self._reconcilers):
            for watched, keys in reconciler.watches().items():
                self._watchers.setdefault(watched, []).append((index, keys))
        self._all = self._watchers.pop(common.EVERY_KIND, [])
        self._news: deque[StoreEvent] = deque()
        self._queue: dict[_Item, None] = {}
        self._counting: dict[_Item, None] = {}
        self._due: dict[_Item, tuple[float, Callable[[], None]]] = {}
        self._tries: dict[_Item, int] = {}
        self.failures: dict[tuple[Key, str], ApiError] = {}
        self._working = threading.Lock()
        self._planned = False
        self._unsubscribe = self._api.subscribe(self._note)
        self.images.on_change(self._images_changed)
        server.after_write = self.settle

    def start(self) -> None:
        """Look at everything that is already stored: at first start, after a fork or a restore."""
        self._index.fill(self._api)
        for index, reconciler in enumerate(self._reconcilers):
            for (group, kind), keys in reconciler.watches().items():
                gvk = registry.version_of(group, kind)
                if gvk is None:
                    continue
                for obj in self._api.list(gvk):
                    for key in keys(StoreEvent("ADDED", gvk, obj)):
                        self._add(_Item(index, key))
            for key in reconciler.initial():
                self._add(_Item(index, key))
        self.settle()

    def restart(self) -> None:
        """Look at everything anew: after the server's content was replaced (`restore`) or its version was moved."""
        for _, cancel in self._due.values():
            cancel()
        self._due.clear()
        self._tries.clear()
        self.failures.clear()
        self._forget_queue()
        self._news.clear()
        self._index.clear()
        for reconciler in self._reconcilers:
            reconciler.forget()
        self.start()

    def fork(self, server: Server) -> Controllers:
        """The same controllers for a fork of the server: plans, memory, images and settings are carried over, nothing is looked at anew.

        The fork's clock has to stand where this one's stands.
        """
        twin = Controllers(server, names=self.names, images=self.images.copy(), settings=self.settings.copy())
        twin._index.take(self._index)
        twin._recorder.take(self._recorder)
        for mine, other in zip(self._reconcilers, twin._reconcilers, strict=True):
            other.remember(mine)
        twin._queue |= self._queue
        twin._counting |= self._counting
        for item, (when, _) in self._due.items():
            twin._plan(item, when - self._api.clock.now())
        return twin

    def stop(self) -> None:
        """Forget all plans and listen no more."""
        self._unsubscribe()
        self._server.after_write = None
        self.images.forget(self._images_changed)
        for _, cancel in self._due.values():
            cancel()
        self._due.clear()
        self._forget_queue()
        self._news.clear()

    def settle(self) -> None:
        """Do all work that needs no waiting. Returns at once when another thread is already at it: that one takes the new work along."""
        while self._news or self._queue or self._counting:
            if not self._working.acquire(blocking=False):
                return
            try:
                self._work()
            finally:
                self._working.release()

    def _work(self) -> None:
        steps: dict[_Item, int] = {}
        while True:
            self._planned = False
            while self._news:
                self._enqueue(self._news.popleft())
            if not self._queue and not self._counting:
                return
            item = self._next()
            steps[item] = steps.get(item, 0) + 1
            if steps[item] > MAX_STEPS_PER_KEY:
                self._forget_queue()
                where = "/".join(filter(None, item.key))
                raise ControllersNeverSettle(
                    f"controller {self._reconcilers[item.reconciler].name} worked {MAX_STEPS_PER_KEY} times on {where} "
                    "without time passing; switch it off with --controllers or look for two writers of one field"
                )
            self._step(item)

    def _forget_queue(self) -> None:
        self._queue.clear()
        self._counting.clear()

    def _next(self) -> _Item:
        """The oldest; one that builds on others' counts waits for those, and those wait for what they count."""
        item = next(iter(self._queue), None)
        queue = self._queue
        if item is None or (self._counting and self._reconcilers[item.reconciler].patient):
            queue = self._counting
            item = next(iter(queue))
        del queue[item]
        return item

    def _add(self, item: _Item) -> None:
        """Queue the item behind the others; one that is queued keeps its place."""
        (self._counting if self._reconcilers[item.reconciler].counts else self._queue).setdefault(item)

    def _step(self, item: _Item) -> None:
        try:
            delay = self._reconcilers[item.reconciler].sync(item.key)
        except ApiError as error:
            self.failures[item.key, self._reconcilers[item.reconciler].name] = error
            tries = self._tries[item] = self._tries.get(item, 0) + 1
            delay = min(FIRST_RETRY_SECONDS * 2 ** (tries - 1), LAST_RETRY_SECONDS)
        else:
            if self._tries.pop(item, None):
                self.failures.pop((item.key, self._reconcilers[item.reconciler].name), None)
        self._plan(item, delay)

    def _plan(self, item: _Item, delay: float | None) -> None:
        """Look at the item again after that time; None takes an earlier plan back."""
        clock, planned = self._api.clock, self._due.get(item)
        when = clock.now() + max(delay, 0.0) if delay is not None else None
        if planned is not None and planned[0] != when:
            planned[1]()
            del self._due[item]
        if when is None or item in self._due:
            return
        if not isinstance(clock, VirtualClock):
            raise HelmsimError("controllers need the cluster's VirtualClock; a server that follows real time moves it forward")

        def due() -> None:
            self._due.pop(item, None)
            self._add(item)
            self.settle()

        self._due[item] = (when, clock.call_at(when, due))

    def _note(self, event: StoreEvent) -> None:
        """Called inside the write: remember it, and see that somebody settles."""
        self._index.note(event)
        if not self._all and (event.gvk.group, event.gvk.kind) not in self._watchers:
            return
        self._news.append(event)
        clock = self._api.clock
        if not self._planned and not self._working.locked() and isinstance(clock, VirtualClock):
            self._planned = True
            clock.call_at(clock.now(), self.settle)

    def _enqueue(self, event: StoreEvent) -> None:
        for index, keys in (*self._watchers.get((event.gvk.group, event.gvk.kind), ()), *self._all):
            for key in keys(event):
                self._add(_Item(index, key))

    def _images_changed(self) -> None:
        """A newly scripted image concerns pods that already run it."""
        clock = self._api.clock
        with clock.lock if isinstance(clock, VirtualClock) else contextlib.nullcontext():
            for index, reconciler in enumerate(self._reconcilers):
                for key in reconciler.reconsider():
                    self._add(_Item(index, key))
            self.settle()
