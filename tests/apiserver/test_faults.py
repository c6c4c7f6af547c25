"""Faults: which call they hit, what the client sees, what the server has done."""

from __future__ import annotations

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.faults import ConnectionDropped, Delay, Drop, DropAfter, Fail, Fault, inject
from pytest_helmsim.objects.status import ServiceUnavailable
from pytest_helmsim.objects.wire import Request

PATH = "/api/v1/namespaces/default/configmaps"
BROKEN = Fail(ServiceUnavailable("try later"))


def post(name: str) -> Request:
    return Request.make("POST", PATH, body={"metadata": {"name": name}})


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        (Fault(BROKEN, verb="create", resource="configmaps"), [503, 201, 201]),
        (Fault(BROKEN, verb="create", at=2), [201, 503, 201]),
        (Fault(BROKEN, at=2, times=0), [201, 503, 503]),
        (Fault(BROKEN, resource="secrets"), [201, 201, 201]),
        (Fault(BROKEN, path="/default/"), [503, 201, 201]),
        (Fault(BROKEN, namespace="other"), [201, 201, 201]),
    ],
)
def test_which_call_is_hit(fault: Fault, statuses: list[int]) -> None:
    handler = inject(ApiServer().handle, [fault])
    assert [handler(post(name)).status for name in "abc"] == statuses


@pytest.mark.parametrize(("outcome", "stored"), [(Drop(), False), (DropAfter(), True)])
def test_a_dropped_connection(outcome: Drop | DropAfter, stored: bool) -> None:
    server = ApiServer()
    handler = inject(server.handle, [Fault(outcome)])
    with pytest.raises(ConnectionDropped):
        handler(post("a"))
    assert (server.handle(Request.make("GET", f"{PATH}/a")).status == 200) is stored


def test_a_delay_moves_the_clock() -> None:
    server = ApiServer()
    before = server.clock.now()
    assert inject(server.handle, [Fault(Delay(40))], server.clock)(post("a")).status == 201
    assert server.clock.now() - before == 40
