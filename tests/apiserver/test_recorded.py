"""Recorded answers of a real kube-apiserver 1.36, replayed: every answer is the same.

`DIFFERENT` lists the few that are not, with the reason; the list is exact, so an answer that has become right must leave it.
"""

from __future__ import annotations

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.loop import Controllers

from . import replay

_ADDRESS = "the address of the server itself"
_ORDER = "Go's maps have no order: another run of the same server says it otherwise"
_WITH_ACCOUNTS = ("accounts",)
"""Sequences whose server ran with the plugin ServiceAccount."""
_WITH_DEFINITIONS = ("moving-refused", "moving-versions")
"""Sequences whose definitions get established, and vanish when their objects have: where the recorder waited for it, time passes."""
_WAITED = 6
DIFFERENT: dict[str, dict[int, str]] = {
    "access": {
        57: _ORDER,
    },
    "discovery": {48: _ADDRESS},
    "keywords": {447: _ORDER},
    "rules": {16: _ORDER},
    "system-escalation": {27: _ORDER},
}


@pytest.fixture(scope="module")
def base() -> ApiServer:
    """The recorded server ran without the ServiceAccount plugin."""
    return ApiServer(disabled_admission=("ServiceAccount",))


@pytest.mark.parametrize("name", replay.names())
def test_answers_are_those_of_the_real_server(name: str, base: ApiServer) -> None:
    run = replay.Replay(name, base.fork() if name not in _WITH_ACCOUNTS else ApiServer(disabled_admission=()))
    known = DIFFERENT.get(name, {})
    if name in _WITH_DEFINITIONS:
        Controllers(run.server, names="customresourcedefinition-controller").start()
    for index, (step, _) in enumerate(run.pairs):
        if name in _WITH_DEFINITIONS and "retry" in step:
            run.server.clock.sleep(_WAITED)
        ours, theirs = run.run(index)
        what = f"{name} #{index}: {step['method']} {step['path']}?{step.get('query', '')} {step.get('body')}"
        if index in known:
            assert ours != theirs, f"{what} is right now: take it out of DIFFERENT"
        else:
            assert ours == theirs, what
