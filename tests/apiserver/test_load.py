"""The short form of `python -m benchmarks load`: clients that write the same objects at once, and watchers that must see all of it."""

from __future__ import annotations

from pathlib import Path

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.http_server import serve

from . import load

WRITERS, WATCHERS, ROUNDS = 20, 5, 4


def test_no_update_is_lost_and_no_watch_is_stuck(tmp_path: Path) -> None:
    server = ApiServer()
    with serve(server, kubeconfig=tmp_path / "kubeconfig"):
        client = load.connect(tmp_path / "kubeconfig", WRITERS + WATCHERS + 1)
        outcome = load.Load(client, writers=WRITERS, watchers=WATCHERS, more=lambda rounds: rounds < ROUNDS).run()
        assert outcome.failures == []
        assert (outcome.lost, outcome.missed, outcome.stuck) == (0, 0, [])
        assert sum(outcome.stored.values()) == WRITERS * ROUNDS + load.COUNTERS
        assert outcome.seen == WATCHERS * sum(outcome.stored.values())
        assert [name for _, name, _ in server.store.records(("", "configmaps"), "default") if name.startswith("own")] == []  # type: ignore[arg-type]
