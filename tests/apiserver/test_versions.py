"""Recorded answers of kube-apiservers of other versions, replayed against ours of the same version.

`KNOWN` lists the few that differ, with the reason; what a newer server that emulates an older one cannot know is in `EMULATED`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer

from . import replay

VERSIONS = Path(__file__).parent.parent / "recorded" / "versions"

_ADDRESS = "before 1.34 a value behind a pointer is shown by its address"
_STRINGER = "before 1.34 names of resources stand without quotes"
_STRUCTS = "a refused change of a pod is shown with the fields that the version's own structs have"
_CLAIMS = "claims of devices had another form before 1.31"
KNOWN: dict[str, dict[str, dict[int, str]]] = {
    "1.28": {
        "cluster": {13: "before 1.29 no shares are taken for the default ones"},
        "columns": {55: "before 1.30 targets stand without their names"},
        "pods": {
            19: _CLAIMS,
            21: "before 1.29 the condition of a gated pod has no time",
            55: _CLAIMS,
            77: _STRUCTS,
        },
        "services": {
            29: _ADDRESS,
            45: "an unknown scope is told of otherwise",
            52: "an unreadable revision is told of otherwise",
            56: "fields of reviews that came later are known",
        },
        "workloads": {31: _ADDRESS},
    },
    "1.33": {
        "pods": {39: _STRINGER, 77: _STRUCTS},
        "services": {29: _ADDRESS},
        "workloads": {31: _ADDRESS},
    },
}

EMULATED: dict[str, dict[str, tuple[int, ...]]] = {
    "1.34": {
        "cluster": (6,),
        "columns": (10,),
        "fresh": (0, 2),
        "pods": (22, 24, 30, 31),
        "served": (0,),
        "services": (1, 7, 8, 9, 43),
    },
    "1.35": {"cluster": (6,), "fresh": (0,), "pods": (22, 23, 30, 31), "served": (0,), "services": (7, 8, 9, 43)},
}
"""Where the server that emulates a version gives away that it is 1.36: its own version, fields, warnings, columns and default roles."""


@cache
def _base(version: str) -> ApiServer:
    """The recorded servers ran without the ServiceAccount plugin."""
    return ApiServer(version, disabled_admission=("ServiceAccount",))


def _rows() -> list[tuple[str, str]]:
    return sorted((path.parent.name, path.name.removesuffix(".json.z")) for path in VERSIONS.glob("*/*.json.z"))


def _unordered(answer: Any) -> Any:
    """A fresh server writes its first objects in an order of its own."""
    body = answer["body"]
    items = body.get("items", [body]) if isinstance(body, dict) else []
    for item in items:
        for key in ("resourceVersion", "uid"):
            (item.get("metadata") if isinstance(item.get("metadata"), dict) else {}).pop(key, None)
    return answer


@pytest.mark.parametrize(("version", "name"), _rows())
def test_each_version_answers_as_its_server_does(version: str, name: str) -> None:
    run = replay.Replay(name, _base(version).fork(), VERSIONS / version)
    known, blind = KNOWN.get(version, {}).get(name, {}), EMULATED.get(version, {}).get(name, ())
    for index, (step, _) in enumerate(run.pairs):
        ours, theirs = run.run(index)
        if name == "fresh":
            ours, theirs = _unordered(ours), _unordered(theirs)
        what = f"{version} {name} #{index}: {step['method']} {step['path']}?{step.get('query', '')} {step.get('body')}"
        if index in known or index in blind:
            assert ours != theirs, f"{what} is right now: take it out"
        else:
            assert ours == theirs, what


def test_what_is_listed_was_recorded() -> None:
    rows = set(_rows())
    assert {(version, name) for table in (KNOWN, EMULATED) for version, names in table.items() for name in names} <= rows
    assert all(not names for names in KNOWN.get("1.36", {}).values())
