"""Every API call of every operation fails in turn: the error is one of ours, and the documented ways lead out again.

The cluster here is embedded and its faults are injected in front of it. What real Helm leaves with the same call failing is
compared in test_recorded_faults.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import scenarios

from pytest_helmsim.client.client import Client
from pytest_helmsim.client.doors import Unreachable
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.status import Conflict, Forbidden, InternalError
from pytest_helmsim.objects.wire import Handler, Request, Response
from pytest_helmsim.release.engine import Engine
from pytest_helmsim.release.errors import InstallFailed, OperationInProgress, ReleaseExists, UpgradeFailed
from pytest_helmsim.release.model import DEPLOYED, PENDING

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
    "values.yaml": "key: one\nsecond: true\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: {{ .Values.key | quote }}}\n",
    "templates/b.yaml": "{{ if .Values.second }}\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n{{ end }}",
    "templates/hook.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hook\n  annotations:\n"
        "    helm.sh/hook: pre-install,post-upgrade,pre-rollback,post-delete\n"
        "    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\n"
    ),
}


class Fault:
    """A handler that answers one call of its own accord."""

    def __init__(self, handler: Handler, number: int, answer: Callable[[Request], Response]) -> None:
        self.handler, self.number, self.answer, self.count = handler, number, answer, 0
        self.hit = ""

    def __call__(self, request: Request) -> Response:
        self.count += 1
        if self.count == self.number:
            self.hit = f"{request.method} {request.path}"
            return self.answer(request)
        return self.handler(request)


def broken(request: Request) -> Response:
    return Response.of(InternalError("injected").to_status(), 500)


def conflicting(request: Request) -> Response:
    return Response.of(Conflict("injected").to_status(), 409)


def unreachable(request: Request) -> Response:
    raise Unreachable(request.method, request.path, "EOF")


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("chart")
    scenarios.write_charts(scenarios.Scenario("x", "helm4", {"app": CHART}, []), place)
    return place / "app"


@pytest.fixture(scope="module")
def prepared() -> Any:
    from pytest_helmsim.backends import embedded

    return embedded.prepare("1.36", "namespace")


def fork(prepared: Any) -> tuple[Any, VirtualClock]:
    clock = VirtualClock(prepared.clock.now())
    return prepared.fork(clock=clock), clock


def upgraded(engine: Engine, chart: Path) -> None:
    engine.install("app", chart)
    engine.upgrade("app", chart, {"key": "two", "second": False})


OPERATIONS: dict[str, tuple[Callable[[Engine, Path], Any], Callable[[Engine, Path], Any]]] = {
    "install": (lambda engine, chart: None, lambda engine, chart: engine.install("app", chart)),
    "upgrade": (upgraded, lambda engine, chart: engine.upgrade("app", chart, {"key": "three"})),
    "atomic": (upgraded, lambda engine, chart: engine.upgrade("app", chart, {"key": "three"}, atomic=True)),
    "rollback": (upgraded, lambda engine, chart: engine.rollback("app", 1)),
    "uninstall": (upgraded, lambda engine, chart: engine.uninstall("app")),
}


@pytest.mark.parametrize(("flavour", "answer"), [("helm3", broken), ("helm4", conflicting), ("helm4", unreachable)])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_call_fails_once(flavour: Any, operation: str, answer: Any, prepared: Any, chart: Path) -> None:
    before, act = OPERATIONS[operation]
    server, clock = fork(prepared)
    before(Engine(Client(server.handle, clock), flavour=flavour), chart)
    number = 0
    while True:
        number += 1
        twin, time = fork(server)
        fault = Fault(twin.handle, number, answer)
        with suppress(HelmsimError):
            act(Engine(Client(fault, time), flavour=flavour), chart)
        if not fault.hit:
            break
        recover(Engine(Client(twin.handle, time), flavour=flavour), chart, f"after call {number}: {fault.hit}")
    assert number > 5


def recover(engine: Engine, chart: Path, where: str) -> None:
    """Uninstall what is there, with a rollback first where a record is pending; then an install works."""
    try:
        records = engine.history("app")
    except HelmsimError:
        records = []
    if records and records[-1].status in PENDING and len(records) > 1:
        assert engine.rollback("app", 1).status == DEPLOYED, where
    if records:
        engine.uninstall("app")
    assert engine.install("app", chart, take_ownership=True).status == DEPLOYED, where


def test_of_two_upgrades_at_once_one_gets_the_words_of_the_loser(prepared: Any, chart: Path) -> None:
    server, clock = fork(prepared)
    engine = Engine(Client(server.handle, clock))
    engine.install("app", chart)
    raced = False

    def racing(request: Request) -> Response:
        nonlocal raced
        if request.method == "POST" and request.path.endswith("/secrets") and not raced:
            raced = True
            engine.upgrade("app", chart, {"key": "winner"})
        return server.handle(request)

    with pytest.raises(UpgradeFailed, match=r"^release: already exists$") as failure:
        Engine(Client(racing, clock)).upgrade("app", chart, {"key": "loser"})
    assert isinstance(failure.value.cause, ReleaseExists)
    assert [(each.version, each.status) for each in engine.history("app")] == [(1, "superseded"), (2, "deployed")]
    assert engine.get_values("app") == {"key": "winner"}


def test_an_interrupt_leaves_a_failed_record(prepared: Any, chart: Path) -> None:
    server, clock = fork(prepared)
    engine = Engine(Client(server.handle, clock))
    engine.install("app", chart)

    def interrupted(request: Request) -> Response:
        if request.method == "PATCH":
            raise KeyboardInterrupt
        return server.handle(request)

    with pytest.raises(UpgradeFailed, match=r"^context canceled$"):
        Engine(Client(interrupted, clock)).upgrade("app", chart)
    last = engine.history("app")[-1]
    assert (last.status, last.info.description) == ("failed", 'Upgrade "app" failed: context canceled')
    assert engine.upgrade("app", chart).status == DEPLOYED


def test_a_request_to_stop_is_heeded_once_the_record_is_written(prepared: Any, chart: Path) -> None:
    server, clock = fork(prepared)
    engine = Engine(Client(server.handle, clock))
    engine.install("app", chart)
    asked: list[str] = []

    def handle(request: Request) -> Response:
        if not asked and request.path.endswith("/configmaps/a"):
            asked.append(request.method)
            stopped.cancel()
        return server.handle(request)

    stopped = Engine(Client(handle, clock))
    with pytest.raises(UpgradeFailed, match=r"^context canceled$"):
        stopped.upgrade("app", chart, {"key": "two"})
    assert engine.client.get("ConfigMap", "a", "default")["data"] == {"key": "one"}
    assert engine.history("app")[-1].status == "failed"
    assert stopped.upgrade("app", chart).status == DEPLOYED


def test_another_thread_ends_a_wait(prepared: Any, chart: Path) -> None:
    server, clock = fork(prepared)

    def told(left: Any) -> None:
        other = threading.Thread(target=engine.cancel)
        other.start()
        other.join()

    engine = Engine(Client(server.handle, clock), flavour="helm3", progress=told)
    (chart / "templates/late.yaml").write_text(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: late}\n"
        "spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}\n"
    )
    try:
        with pytest.raises(InstallFailed, match=r"^context canceled$"):
            engine.install("app", chart, wait=True, timeout="1h")
    finally:
        (chart / "templates/late.yaml").unlink()
    assert engine.history("app")[-1].status == "failed"


@pytest.mark.parametrize(("flavour", "words"), [("helm3", ""), ("helm4", "failed to list /v1, Kind=ConfigMap: injected")])
def test_what_may_not_be_listed_is_not_awaited_by_helm4(flavour: Any, words: str, prepared: Any, chart: Path) -> None:
    server, clock = fork(prepared)

    def handle(request: Request) -> Response:
        if request.method == "GET" and request.path.endswith("/configmaps"):
            return Response.of(Forbidden("injected").to_status(), 403)
        return server.handle(request)

    engine = Engine(Client(handle, clock), flavour=flavour)
    if not words:
        assert engine.install("app", chart, wait=True, no_hooks=True).status == DEPLOYED
        return
    with pytest.raises(InstallFailed, match=f"^{words}$"):
        engine.install("app", chart, wait=True, no_hooks=True)


def test_a_killed_upgrade_leaves_a_pending_record(prepared: Any, chart: Path) -> None:
    server, clock = fork(prepared)
    engine = Engine(Client(server.handle, clock))
    engine.install("app", chart)

    class Killed(BaseException):
        pass

    def killed(request: Request) -> Response:
        if request.method == "PATCH":
            raise Killed
        return server.handle(request)

    with pytest.raises(Killed):
        Engine(Client(killed, clock)).upgrade("app", chart)
    with pytest.raises(OperationInProgress, match=r"^another operation"):
        engine.upgrade("app", chart)
    assert engine.rollback("app", 1).status == DEPLOYED
    assert [each.status for each in engine.history("app")] == ["superseded", "pending-upgrade", "deployed"]
