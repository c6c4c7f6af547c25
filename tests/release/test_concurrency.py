"""Several at once: two upgrades of one release from two processes, and many releases in threads and in processes."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import oracle
import pytest

from pytest_helmsim.client.client import Client
from pytest_helmsim.objects.clock import RealClock
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.release.engine import Engine

WORDS = ("release: already exists", "another operation (install/upgrade/rollback) is in progress")
MANY = 20


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("chart")
    (place / "templates").mkdir()
    (place / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {key: {{ .Values.key | default 0 | quote }}}\n"
    (place / "templates/a.yaml").write_text(text)
    return str(place)


@pytest.fixture(scope="module", params=["served", pytest.param("real", marks=pytest.mark.oracle)])
def kubeconfig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "real":
        with oracle.control_plane() as file:
            yield file
        return
    from pytest_helmsim.apiserver import http_server
    from pytest_helmsim.backends.embedded import prepare
    from pytest_helmsim.objects.clock import VirtualClock

    file = tmp_path_factory.mktemp("served") / "kubeconfig"
    prepared = prepare("1.36", "namespace")
    with http_server.serve(prepared.fork(clock=VirtualClock(RealClock().now())), kubeconfig=file):
        yield str(file)


def engine(kubeconfig: str) -> Engine:
    return Engine(Client(oracle.connect(kubeconfig), RealClock()), clock=RealClock())


def upgrading(kubeconfig: str, chart: str, key: int, start: Any, answers: Any) -> None:
    """One process of the race."""
    mine = engine(kubeconfig)
    loaded = mine.load(chart)
    start.wait(30)
    try:
        answers.put((key, mine.upgrade("race", loaded, {"key": key}).version, ""))
    except HelmsimError as error:
        answers.put((key, 0, str(error)))


def installing(kubeconfig: str, chart: str, names: list[str], answers: Any) -> None:
    """One process of many: each name installed, upgraded and rolled back."""
    mine = engine(kubeconfig)
    for name in names:
        answers.put((name, whole_life(mine, name, chart)))


def whole_life(mine: Engine, name: str, chart: str) -> list[str]:
    mine.install(name, chart)
    mine.upgrade(name, chart, {"key": 2})
    mine.rollback(name, 1)
    return [each.status for each in mine.history(name)]


def test_two_upgrades_from_two_processes(kubeconfig: str, chart: str) -> None:
    first = engine(kubeconfig)
    first.install("race", chart)
    context = multiprocessing.get_context("spawn")
    for turn in range(2):
        before = len(first.history("race"))
        start, answers = context.Barrier(2), context.Queue()
        keys = (2 * turn + 1, 2 * turn + 2)
        racers = [context.Process(target=upgrading, args=(kubeconfig, chart, key, start, answers)) for key in keys]
        for each in racers:
            each.start()
        ended = sorted((answers.get(timeout=60) for _ in racers), key=lambda answer: answer[1])
        for each in racers:
            each.join(30)
        records = first.history("race")
        won = [answer for answer in ended if not answer[2]]
        assert won, ended
        assert all(not text or any(words in text for words in WORDS) for _, _, text in ended), ended
        assert [each.version for each in records] == list(range(1, before + len(won) + 1))
        assert [each.status for each in records] == ["superseded"] * (len(records) - 1) + ["deployed"]
        assert first.client.get("ConfigMap", "race", "default")["data"] == {"key": str(won[-1][0])}
    first.uninstall("race")


@pytest.mark.oracle
@pytest.mark.parametrize("flavour", ["helm3", "helm4"])
def test_ours_and_the_real_helm_at_once(flavour: Any, chart: str) -> None:
    with oracle.control_plane() as file:
        mine = Engine(Client(oracle.connect(file), RealClock()), clock=RealClock(), flavour=flavour)
        name, loaded = f"mixed-{flavour}", mine.load(chart)
        mine.install(name, loaded)
        for turn in range(4):
            before = len(mine.history(name))
            words = [oracle.binary(oracle.HELM[flavour]), "upgrade", name, chart, "--set", f"key=real{turn}", "--namespace", "default"]
            real = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={"KUBECONFIG": file, "HOME": chart}
            )
            error = ""
            try:
                mine.upgrade(name, loaded, {"key": f"ours{turn}"})
            except HelmsimError as failure:
                error = str(failure)
            _, text = real.communicate(timeout=60)
            failures = [each for each in (error, text.partition("Error: ")[2] if real.returncode else "") if each]
            records = mine.history(name)
            assert all(any(each in failure for each in WORDS) for failure in failures), failures
            assert [each.version for each in records][-1] == before + 2 - len(failures)
            assert [each.status for each in records] == ["superseded"] * (len(records) - 1) + ["deployed"]
        mine.uninstall(name)


def test_many_releases_in_threads(kubeconfig: str, chart: str) -> None:
    names = [f"thread-{number}" for number in range(MANY)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: whole_life(engine(kubeconfig), name, chart), names))
    assert found == [["superseded", "superseded", "deployed"]] * MANY


def test_many_releases_in_processes(kubeconfig: str, chart: str) -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    parts = [[f"process-{number}" for number in range(first, MANY, 2)] for first in range(2)]
    workers = [context.Process(target=installing, args=(kubeconfig, chart, part, answers)) for part in parts]
    for each in workers:
        each.start()
    found = dict(answers.get(timeout=120) for _ in range(MANY))
    for each in workers:
        each.join(30)
    assert len(found) == MANY
    assert all(statuses == ["superseded", "superseded", "deployed"] for statuses in found.values()), json.dumps(found)


def test_one_engine_shared_by_threads(chart: str) -> None:
    from pytest_helmsim.backends.embedded import prepare
    from pytest_helmsim.objects.clock import VirtualClock

    server = prepare("1.36", "namespace")
    clock = VirtualClock(server.clock.now())
    shared = Engine(Client(server.fork(clock=clock).handle, clock))
    loaded, lock, found = shared.load(Path(chart)), threading.Lock(), []

    def live(name: str) -> None:
        statuses = whole_life(shared, name, loaded)  # type: ignore[arg-type]
        with lock:
            found.append(statuses)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(live, [f"app-{number}" for number in range(MANY)]))
    assert found == [["superseded", "superseded", "deployed"]] * MANY
