"""Many clients at once: each counts up shared numbers under optimistic locking and makes, changes and deletes objects of its own, while others watch.

What must hold afterwards is counted: `Outcome.lost` and `Outcome.missed` are zero, `Outcome.stuck` is empty.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pytest_helmsim.client.client import MERGE_PATCH, Client
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import Conflict

SPACE, COUNTERS, WATCH_SECONDS, PATIENCE = "default", 5, 20, 60
MAP = GroupVersionKind("", "v1", "ConfigMap")
LABEL = {"load": "counter"}


@dataclass(slots=True)
class Outcome:
    """What happened: `counted` increments answered with success, the numbers `stored` at the end, changes that watchers did not see."""

    counted: Counter[str] = field(default_factory=Counter)
    stored: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    conflicts: int = 0
    seen: int = 0
    missed: int = 0
    stuck: list[str] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Increments that were answered with success and are not in the stored numbers, or stand there twice."""
        return sum(abs(self.stored[name] - self.counted[name]) for name in self.stored)


def connect(kubeconfig: Path, connections: int) -> Client:
    """A client whose pool has a connection for every thread."""
    import kubernetes.client
    import kubernetes.config

    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    configuration.connection_pool_maxsize = connections
    return Client(kubernetes.client.ApiClient(configuration), RealClock())


class Load:
    """The clients on one server. `more(rounds)` says whether a client that did so many rounds goes on."""

    def __init__(self, client: Client, *, writers: int, watchers: int, more: Callable[[int], bool]) -> None:
        self.outcome = Outcome()
        self._client = client
        self._more = more
        self._lock = threading.Lock()
        self._final: dict[str, int] | None = None
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._write, n), name=f"writer {n}", daemon=True) for n in range(writers)
        ]
        self._watchers = [
            threading.Thread(target=self._guarded, args=(self._watch, n), name=f"watcher {n}", daemon=True) for n in range(watchers)
        ]
        self._begun = threading.Barrier(writers + watchers + 1)

    def run(self) -> Outcome:
        """Until all writers have enough and all watchers have seen the last number."""
        for number in range(COUNTERS):
            meta = {"name": f"counter-{number}", "namespace": SPACE, "labels": LABEL}
            self._client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"value": "0"}})
        self._since = str(max(int(obj["metadata"]["resourceVersion"]) for obj in self._counters()))
        for thread in (*self._watchers, *self._threads):
            thread.start()
        self._begun.wait()
        for thread in self._threads:
            thread.join()
        self._final = {name: count + 1 for name, count in ((f"counter-{n}", self.outcome.counted[f"counter-{n}"]) for n in range(COUNTERS))}
        for number in range(COUNTERS):
            self._count_up(self._client, f"counter-{number}")
        for thread in self._watchers:
            thread.join(PATIENCE)
        self.outcome.stuck = [thread.name for thread in self._watchers if thread.is_alive()]
        self.outcome.stored = {obj["metadata"]["name"]: int(obj["data"]["value"]) for obj in self._counters()}
        return self.outcome

    def _counters(self) -> list[JsonObject]:
        return self._client.list(MAP, SPACE, label_selector="load=counter")

    def _guarded(self, work: Callable[[int], None], number: int) -> None:
        try:
            self._begun.wait()
            work(number)
        except BaseException as error:
            self.outcome.failures.append(error)
            raise

    def _write(self, number: int) -> None:
        rounds = 0
        while self._more(rounds):
            self._count_up(self._client, f"counter-{(number + rounds) % COUNTERS}")
            self._live_and_die(f"own-{number}-{rounds}")
            rounds += 1

    def _count_up(self, client: Client, name: str) -> None:
        """Read, add one, write over just that version; again when somebody was faster."""
        tries = 0
        while True:
            tries += 1
            obj = client.get(MAP, name, SPACE)
            try:
                client.replace({**obj, "data": {"value": str(int(obj["data"]["value"]) + 1)}})
            except Conflict:
                continue
            with self._lock:
                self.outcome.counted[name] += 1
                self.outcome.conflicts += tries - 1
                self.outcome.requests += 2 * tries
            return

    def _live_and_die(self, name: str) -> None:
        client, meta = self._client, {"name": name, "namespace": SPACE}
        wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"key": "value" * 20}}
        client.create(wanted)
        client.patch(MAP, name, {"data": {"other": "x"}}, SPACE, content_type=MERGE_PATCH)
        applied = client.apply({**wanted, "data": {"third": "y"}}, field_manager="load")
        assert set(applied["data"]) == {"key", "other", "third"}, applied
        client.delete(MAP, name, SPACE)
        with self._lock:
            self.outcome.requests += 4

    def _watch(self, number: int) -> None:
        """Every number of every counter must come, in order; a watch that ends is begun anew where it ended."""
        since, last, missed, seen = self._since, Counter[str](), 0, 0
        while self._final is None or any(last[name] < value for name, value in self._final.items()):
            events = self._client.watch(MAP, SPACE, resource_version=since, label_selector="load=counter", timeout_seconds=WATCH_SECONDS)
            for event in events:
                if event is None or event.type != "MODIFIED":
                    continue
                seen += 1
                name, value = event.object["metadata"]["name"], int(event.object["data"]["value"])
                since = event.object["metadata"]["resourceVersion"]
                missed += abs(value - last[name] - 1)
                last[name] = value
                if self._final is not None and all(last[counter] >= final for counter, final in self._final.items()):
                    break
            events.close()  # type: ignore[attr-defined]
        with self._lock:
            self.outcome.missed += missed
            self.outcome.seen += seen
