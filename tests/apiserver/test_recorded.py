"""Recorded answers of a real kube-apiserver 1.36, replayed: every answer is the same.

`DIFFERENT` lists the few that are not, with the reason; the list is exact, so an answer that has become right must leave it.
"""

from __future__ import annotations

import pytest

from pytest_helmsim.apiserver.app import ApiServer

from . import replay

_EXTERNAL = "internalTrafficPolicy of an ExternalName is hidden on reading, not taken out of the store"
_ADDRESS = "the address of the server itself"
_DRAWN = "the message holds a drawn name"
_ORDER = "Go's maps have no order: another run of the same server says it otherwise"
_YAML = "the heading that go-yaml gives to keys set twice below the first level"
_UNCOMPILED = "rules in CEL are not compiled when they are declared"
DIFFERENT: dict[str, dict[int, str]] = {
    "access": {
        57: _ORDER,
    },
    "decoding": {
        **dict.fromkeys((86, 122), _YAML),
    },
    "deleting": dict.fromkeys((206, 208), _DRAWN),
    "discovery": {48: _ADDRESS},
    "bookmarks": {10: "a bookmark is a whole object of its kind, with what Go writes of an empty one"},
    "history": {
        60: "changes from before the cluster was made are not told",
        109: "a resource that cannot be watched says so in its own words",
    },
    "keywords": {
        447: "several fields that are not declared, told in one message",
        453: "metadata of an object within an object is not typed",
    },
    "pages": {91: "ages in YAML", 111: "the list before a deletion of many does not wait for a revision"},
    "refusals": {
        21: "rules are not tried on defaults",
        **dict.fromkeys((*range(51, 57), 61, 62), _UNCOMPILED),
        **dict.fromkeys((68, 69), "costs of rules are not estimated"),
    },
    "rules": {16: _ORDER},
    "services": dict.fromkeys((20, 28, 29), _EXTERNAL),
    "system-escalation": {27: _ORDER},
    "versions": {
        26: "a row shows the metadata of the stored version of an autoscaler",
        **dict.fromkeys((52, 56, 60), "fields of another version are unknown besides"),
    },
}


@pytest.fixture(scope="module")
def base() -> ApiServer:
    """The recorded server ran without the ServiceAccount plugin."""
    return ApiServer(disabled_admission=("ServiceAccount",))


@pytest.mark.parametrize("name", replay.names())
def test_answers_are_those_of_the_real_server(name: str, base: ApiServer) -> None:
    run = replay.Replay(name, base.fork())
    known = DIFFERENT.get(name, {})
    for index, (step, _) in enumerate(run.pairs):
        ours, theirs = run.run(index)
        what = f"{name} #{index}: {step['method']} {step['path']}?{step.get('query', '')} {step.get('body')}"
        if index in known:
            assert ours != theirs, f"{what} is right now: take it out of DIFFERENT"
        else:
            assert ours == theirs, what
