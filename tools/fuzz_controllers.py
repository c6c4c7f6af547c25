"""Random scenarios for the controllers on a real control plane and on the embedded cluster; prints what differs.

    python tools/fuzz_controllers.py KUBECONFIG [--seconds N] [--seed N] [--area AREA]... [--batch N] [--replay SEED/AREA]

The control plane has a scheduler and one node, and nothing that plays its kubelet: this tool does it on both sides, pods fare as their
image says (controller_inputs.py). A batch of scenarios runs side by side, each in a namespace of its own; after each step the clusters
come to rest, and all objects, pods' statuses and events are compared, masked by record_controllers.py.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import ssl
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]
import controller_inputs as inputs  # noqa: E402
import controller_inputs_more as areas  # noqa: E402
import record_controllers as recorder  # noqa: E402
from controller_inputs import JSON, STRATEGIC, Step  # noqa: E402

from pytest_helmsim.apiserver.app import ApiServer  # noqa: E402
from pytest_helmsim.apiserver.controllers.common import Settings  # noqa: E402
from pytest_helmsim.apiserver.controllers.loop import Controllers, ControllersNeverSettle  # noqa: E402
from pytest_helmsim.objects.clock import VirtualClock, rfc3339  # noqa: E402
from pytest_helmsim.objects.wire import Request  # noqa: E402
from tests.apiserver.controllers.test_recorded import _differences  # noqa: E402

KINDS = recorder.GROUPS | {"resourcequotas": "/api/v1"}
PLAYER = "player"


class Real:
    """The real API server, over one connection."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        self._host = urlsplit(config["clusters"][0]["cluster"]["server"]).netloc
        self._token = config["users"][0]["user"]["token"]
        self._connection = self._connect()

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, context=ssl._create_unverified_context(), timeout=30)

    def __call__(self, method: str, path: str, body: Any, content_type: str, agent: str = "recorder") -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type, "User-Agent": agent}
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
        except (http.client.HTTPException, OSError):
            self._connection = self._connect()
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())


class Ours:
    """The embedded cluster without its kubelet."""

    def __init__(self) -> None:
        self.server = ApiServer("1.36", disabled_admission=("ServiceAccount",))
        self.controllers = Controllers(self.server, names="*,-kubelet", settings=Settings(load_balancers=False, storage_class=False))
        self.controllers.start()
        assert isinstance(self.server.clock, VirtualClock)
        self.clock = self.server.clock
        self.clock.sleep(2)

    def __call__(self, method: str, path: str, body: Any, content_type: str, agent: str = "recorder") -> tuple[int, Any]:
        bare, _, query = path.partition("?")
        owner = f"fieldManager={agent}" if method in ("POST", "PATCH", "PUT") else ""
        response = self.server.handle(Request.make(method, bare, "&".join(filter(None, (query, owner))), body, content_type))
        return response.status, response.json()


@dataclass
class Player:
    """The kubelet of all nodes of one cluster: pods get the status that their image stands for, and go when they are deleted."""

    call: Any
    now: Any
    serial: int = 0
    failures: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def play(self) -> bool:
        """One look at all pods; whether something was written."""
        acted = False
        for pod in self.call("GET", "/api/v1/pods", None, JSON)[1]["items"]:
            if not pod["spec"].get("nodeName"):
                continue
            where = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
            phase = pod["status"].get("phase")
            if pod["metadata"].get("deletionTimestamp"):
                if phase not in ("Succeeded", "Failed"):
                    self._write(where, pod, "exit-137")
                    acted = True
                elif pod["metadata"].get("deletionGracePeriodSeconds") != 0:
                    self.call("DELETE", where, {"gracePeriodSeconds": 0}, JSON, PLAYER)
                    acted = True
            elif phase == "Pending":
                self._write(where, pod, self._fate(pod))
                acted = True
        return acted

    def _fate(self, pod: Any) -> str:
        image = str(pod["spec"]["containers"][0]["image"]).partition(":")[0]
        if image == "odd":
            index = int(pod["metadata"].get("annotations", {}).get("batch.kubernetes.io/job-completion-index", "1"))
            return "exit-1" if index % 2 else "done"
        if image.startswith("flaky-"):
            owner = pod["metadata"]["ownerReferences"][0]["uid"]
            self.failures[owner] += 1
            return "exit-1" if self.failures[owner] <= int(image[6:]) else "done"
        return image

    def _write(self, where: str, pod: Any, fate: str) -> None:
        self.serial += 1
        stamp = rfc3339(self.now())
        phase = "Succeeded" if fate == "done" else "Failed" if fate.startswith("exit-") else "Running"
        ready = phase == "Running" and fate != "never"
        code = int(fate[5:]) if phase == "Failed" else 0
        if phase == "Running":
            state: Any = {"running": {"startedAt": stamp}}
        else:
            state = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", "startedAt": stamp, "finishedAt": stamp}}
        value = "True" if ready else "False"
        reason = (
            {}
            if ready
            else {"reason": "ContainersNotReady"}
            if phase == "Running"
            else {"reason": "Pod" + ("Failed" if code else "Completed")}
        )
        conditions = [
            {"type": "Initialized", "status": "True", "lastTransitionTime": stamp},
            {"type": "Ready", "status": value, "lastTransitionTime": stamp, **reason},
            {"type": "ContainersReady", "status": value, "lastTransitionTime": stamp, **reason},
        ]
        address = pod["status"].get("podIP") or f"10.244.{self.serial >> 8}.{self.serial & 255}"
        statuses = [
            {
                "name": item["name"],
                "image": item["image"],
                "imageID": "",
                "ready": ready,
                "restartCount": 0,
                "started": phase == "Running",
                "state": state,
            }
            for item in pod["spec"]["containers"]
        ]
        status = {
            "phase": phase,
            "conditions": conditions,
            "containerStatuses": statuses,
            "hostIP": "172.18.0.2",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "startTime": pod["status"].get("startTime") or stamp,
        }
        self.call("PATCH", where + "/status", {"status": status}, STRATEGIC, PLAYER)


def states(call: Any, *namespaces: str) -> dict[str, list[Any]]:
    """What each namespace holds, unmasked."""
    found: dict[str, list[Any]] = {name: [] for name in namespaces}
    for plural, prefix in KINDS.items():
        status, answer = call("GET", f"{prefix}/{plural}", None, JSON)
        if status != 200:
            raise SystemExit(f"{prefix}/{plural}: {answer}")
        for item in answer["items"]:
            if item["metadata"].get("namespace") in found and item["metadata"]["name"] not in recorder.LEFT_OUT:
                found[item["metadata"]["namespace"]].append({"plural": plural, **item})
    return found


def masked(found: list[Any], namespace: str) -> list[Any]:
    """As the recorder masks, and without what the player wrote."""
    text = json.dumps(found).replace(namespace, "NS")
    objects = json.loads(text)
    for item in objects:
        fields = item["metadata"].get("managedFields", [])
        item["metadata"]["managedFields"] = [entry for entry in fields if entry["manager"] != PLAYER]
        for subset in item.get("subsets") or ():
            for part in ("addresses", "notReadyAddresses"):
                subset.get(part, []).sort(key=lambda entry: (entry.get("targetRef") or {}).get("name", ""))
        (item.get("subsets") or []).sort(key=json.dumps)
    text = re.sub(r'-[bcdfghjklmnpqrstvwxz2456789]{5}(?=\\")', "-*", json.dumps(recorder.mask(objects)))
    found = json.loads(text)
    return [item for number, item in enumerate(found) if item["plural"] != "events" or item not in found[:number]]


def resolved(call: Any, step: Step, namespace: str) -> Step:
    """The step with its namespace and the uids that it speaks of."""
    text = json.dumps(step[2])
    for place in re.findall(r"UID:([a-z]+)/([a-z0-9-]+)", text):
        answer = call("GET", inputs.path(*place).replace("NS", namespace), None, JSON)[1]
        text = text.replace(f"UID:{place[0]}/{place[1]}", answer["metadata"].get("uid", "none"))
    return step[0], step[1].replace("/NS/", f"/{namespace}/"), json.loads(text), step[3]


@dataclass
class Case:
    """One scenario: where it came from, what is done, and what was seen on the real side after each step."""

    name: str
    steps: list[Step]
    namespace: str
    seen: list[tuple[int, str, float, list[Any]]] = field(default_factory=list)


def beat(real: Any) -> None:
    """The node's heart."""
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": rfc3339(time.time()), "reason": "KubeletReady", "message": "beat"}
    real("PATCH", "/api/v1/nodes/node-0/status", {"status": {"conditions": [ready]}}, STRATEGIC, PLAYER)


def run_real(real: Real, cases: list[Case], quiet: float, limit: float) -> None:
    """All cases side by side; the clock of a step runs until no namespace has changed for `quiet` seconds."""
    player = Player(real, time.time)
    names = [case.namespace for case in cases]
    for name in names:
        real("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, JSON)
    time.sleep(1)
    for number in range(max(len(case.steps) for case in cases)):
        begun = time.monotonic()
        answers = {}
        for case in cases:
            if number < len(case.steps):
                status, answer = real(*resolved(real, case.steps[number], case.namespace))
                answers[case.namespace] = (status, answer.get("message", "") if status >= 300 else "")
        since, before = time.monotonic(), ""
        found: dict[str, list[Any]] = {}
        while time.monotonic() - since < quiet and time.monotonic() - begun < limit:
            beat(real)
            while player.play():
                since = time.monotonic()
            time.sleep(0.3)
            found = states(real, *names)
            now = json.dumps(found, sort_keys=True)
            if now != before:
                before, since = now, time.monotonic()
        for case in cases:
            if number < len(case.steps):
                status, message = answers[case.namespace]
                case.seen.append((status, message, time.monotonic() - begun, masked(found[case.namespace], case.namespace)))
    for name in names:
        for plural in (
            "cronjobs",
            "jobs",
            "deployments",
            "statefulsets",
            "daemonsets",
            "replicasets",
            "replicationcontrollers",
            "configmaps",
        ):
            if plural == "configmaps":
                for item in found[name]:
                    if item["plural"] == plural and item["metadata"].get("finalizers"):
                        real(
                            "PATCH",
                            inputs.path(plural, item["metadata"]["name"]).replace("NS", name),
                            {"metadata": {"finalizers": None}},
                            inputs.MERGE,
                        )
            real("DELETE", inputs.path(plural).replace("NS", name), {"propagationPolicy": "Background"}, JSON)
        real("DELETE", f"/api/v1/namespaces/{name}", {"propagationPolicy": "Background"}, JSON)


def run_ours(case: Case) -> list[str]:
    """The case on the embedded cluster: how its first differing step differs."""
    ours = Ours()
    player = Player(ours, ours.clock.now)
    ours("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case.namespace}}, JSON)
    ours.clock.sleep(1)
    for number, (step, (status, message, took, expected)) in enumerate(zip(case.steps, case.seen, strict=True)):
        begun = ours.clock.now()
        found_status, answer = ours(*resolved(ours, step, case.namespace))
        if found_status != status:
            return [f"step {number}: status {found_status} instead of {status}: {message or answer.get('message')}"]
        while ours.clock.now() - begun < took:
            while player.play():
                ours.clock.sleep(0.05)
            ours.clock.sleep(0.25)
        found = masked(states(ours, case.namespace)[case.namespace], case.namespace)
        lines = _differences(expected, found)
        if lines:
            return [f"step {number}: {line}" for line in lines]
    return []


def shape(line: str) -> str:
    """What differences of one cause have in common."""
    return re.sub(r"step \d+: |\d+", "", line)[:150]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kubeconfig", type=Path)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--area", action="append", choices=sorted(areas.AREAS))
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--keep", type=Path, help="write the differing cases there, as JSON, with what was seen; --replay reads it")
    parser.add_argument("--replay", type=Path, help="only the embedded cluster: the cases of this file again")
    options = parser.parse_args()
    if options.replay:
        kept = [Case(**json.loads(line)) for line in options.replay.read_text().splitlines()]
        differing = sum(report(case) for case in kept)
        print(f"{len(kept)} cases, {differing} differ")
        return
    real = Real(options.kubeconfig)
    end, seed, count, differing = time.monotonic() + options.seconds, options.seed, 0, 0
    while time.monotonic() < end:
        area = (options.area or sorted(areas.AREAS))[seed % len(options.area or areas.AREAS)]
        cases = []
        for index in range(options.batch):
            name = f"{area}/{seed}/{index}"
            steps = areas.AREAS[area](Random(name))
            cases.append(Case(name, steps, f"f{int(time.time()) % 1000000}-{index}"))
        quiet = areas.SLOW.get(area, 3.0)
        run_real(real, cases, quiet, quiet + 20)
        for case in cases:
            count += 1
            if options.keep:
                with options.keep.open("a") as file:
                    file.write(json.dumps(vars(case)) + "\n")
            differing += report(case)
        seed += 1
    print(f"{count} cases, {differing} differ")


def report(case: Case) -> bool:
    """Run it on the embedded cluster; print it when it differs."""
    try:
        lines = run_ours(case)
    except ControllersNeverSettle as error:
        lines = [f"step {len(case.steps) - 1}: {error}"]
    if lines:
        print(f"--- {case.name}")
        for step in case.steps[: int(lines[0].split()[1].rstrip(":")) + 1]:
            print("   ", step[0], step[1].rpartition("/NS/")[2], json.dumps(step[2], separators=(",", ":")))
        print("\n".join(f"  {line[:400]}" for line in lines[:12]), flush=True)
    return bool(lines)


if __name__ == "__main__":
    main()
