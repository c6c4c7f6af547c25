"""The scenarios of tests/recorded/controllers on the embedded cluster: after each step the same objects as from the real controllers.

Compared: specs, statuses, conditions, owners, labels, annotations, managedFields, and the controllers' events. Left out on purpose: what a
kubelet writes about a pod, times, uids, addresses, random names (see tools/record_controllers.py, `mask`).
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_helmsim.apiserver.app import ApiServer
from pytest_helmsim.apiserver.controllers.common import Settings
from pytest_helmsim.apiserver.controllers.loop import Controllers
from pytest_helmsim.objects.clock import VirtualClock
from pytest_helmsim.objects.wire import Request

ROOT = Path(__file__).resolve().parents[3]


def _recorder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record_controllers", ROOT / "tools" / "record_controllers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDER = _recorder()
SCENARIOS = {name: steps for name, steps in RECORDER.scenarios([]) if (RECORDER.HERE / f"{name}.json").exists()}


def _identity(item: dict[str, Any]) -> str:
    if item["plural"] == "events":
        return f"event of {item['about']}: {item['reason']}: {item['message']}"
    return f"{item['plural']}/{item['metadata']['name']}"


def _differences(expected: list[Any], found: list[Any]) -> list[str]:
    """Which objects are missing, too many, or different, and where."""
    lines = []
    left = list(found)
    for item in expected:
        if item in left:
            left.remove(item)
            continue
        twin = next((other for other in left if _identity(other) == _identity(item)), None)
        if twin is None:
            lines.append(f"missing {_identity(item)}")
            continue
        left.remove(twin)
        lines += [f"{_identity(item)} {line}" for line in _paths(item, twin, "")]
    return lines + [f"too many: {_identity(item)}" for item in left]


def _paths(expected: Any, found: Any, path: str) -> list[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        lines = []
        for key in sorted(expected.keys() | found.keys()):
            if key not in found or key not in expected:
                lines.append(f"{path}.{key}: expected {json.dumps(expected.get(key))}, found {json.dumps(found.get(key))}")
            else:
                lines += _paths(expected[key], found[key], f"{path}.{key}")
        return lines
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [line for index, pair in enumerate(zip(expected, found, strict=True)) for line in _paths(*pair, f"{path}[{index}]")]
    return [] if expected == found else [f"{path}: expected {json.dumps(expected)}, found {json.dumps(found)}"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    server = ApiServer("1.36", disabled_admission=("ServiceAccount",))
    controllers = Controllers(server, settings=Settings(load_balancers=False, storage_class=False))
    controllers.start()
    clock = server.clock
    assert isinstance(clock, VirtualClock)

    def call(method: str, path: str, body: Any, content_type: str) -> tuple[int, Any]:
        response = server.handle(Request.make(method, path, "fieldManager=recorder" if method != "GET" else "", body, content_type))
        return response.status, response.json()

    clock.sleep(2)
    recorded = json.loads((RECORDER.HERE / f"{name}.json").read_text())
    problems = []
    for number, (step, expected) in enumerate(zip(SCENARIOS[name], recorded, strict=True)):
        method, path, body, content_type = RECORDER.request_of(step)
        status, answer = call(method, path, body, content_type)
        assert status < 300, answer
        clock.sleep(step.get("wait", 10))
        found = RECORDER.state_of(call)
        problems += [f"step {number}: {line}" for line in _differences(expected, found)]
    assert not problems, "\n".join(problems)
