"""A pod's status as a function of time: what the kubelet would have written when its containers have behaved for so long.

Nothing is remembered between calls: the start time stands in the pod, the rest follows from the scripted behaviours. Probes
are not run; a container is ready when its behaviour says so.
Source: k8s.io/kubernetes pkg/kubelet (kubelet_pods.go, status/generate.go, kuberuntime back-off of ten seconds doubled up to five minutes)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_helmsim.apiserver.controllers.images import Behaviour, CrashLoop, ImagePullError, NeverReady, Ready
from pytest_helmsim.objects import clock as clocks
from pytest_helmsim.objects.json import JsonObject

APPROXIMATE = ("probes: not run; a container starts, is ready or fails as its image is scripted",)
START_SECONDS = 1.0
FIRST_BACKOFF = 10.0
LONGEST_BACKOFF = 300.0


@dataclass(frozen=True, slots=True)
class Run:
    """One container at one moment. `phase` is waiting, running or terminated; times are absolute."""

    phase: str
    reason: str = ""
    message: str = ""
    since: float = 0.0
    ended: float = 0.0
    code: int = 0
    ready: bool = False
    restarts: int = 0
    last: Run | None = None
    change: float | None = None
    """When this state changes by itself; None for never."""
    pulled: bool = True

    @property
    def succeeded(self) -> bool:
        return self.phase == "terminated" and self.code == 0

    @property
    def failed(self) -> bool:
        return self.phase == "terminated" and self.code != 0


def container_at(behaviour: Behaviour, begin: float, now: float, restart: str, image: str) -> Run:
    """The container that could start at `begin`, at `now`. `restart` is the policy: Always, OnFailure, Never."""
    if isinstance(behaviour, ImagePullError):
        return _unpullable(behaviour, begin, now, image)
    if isinstance(behaviour, Ready):
        started = begin + behaviour.after
        if now < started:
            return Run("waiting", "ContainerCreating", change=started, pulled=False)
        return Run("running", since=started, ready=True)
    if isinstance(behaviour, NeverReady):
        started = begin + START_SECONDS
        if now < started:
            return Run("waiting", "ContainerCreating", change=started, pulled=False)
        return Run("running", since=started)
    code = behaviour.exit_code if isinstance(behaviour, CrashLoop) else behaviour.code
    startup = START_SECONDS if isinstance(behaviour, CrashLoop) else 0.0
    return _ending(code, behaviour.after, begin + startup, now, restart)


def _unpullable(behaviour: ImagePullError, begin: float, now: float, image: str) -> Run:
    tried = begin + START_SECONDS
    if now < tried:
        return Run("waiting", "ContainerCreating", change=tried, pulled=False)
    problem = f'failed to pull and unpack image "{image}": {behaviour.reason}'
    if now < tried + FIRST_BACKOFF:
        return Run("waiting", "ErrImagePull", f"rpc error: code = NotFound desc = {problem}", change=tried + FIRST_BACKOFF, pulled=False)
    return Run("waiting", "ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {problem}', pulled=False)


def _ending(code: int, lasts: float, begin: float, now: float, restart: str) -> Run:
    """Runs and ends again and again: restarted at once the first time, then with doubling pauses."""
    if now < begin:
        return Run("waiting", "ContainerCreating", change=begin, pulled=False)
    again = restart == "Always" or (restart == "OnFailure" and code != 0)
    started, restarts, pause = begin, 0, 0.0
    last: Run | None = None
    while True:
        ended = started + lasts
        if now < ended:
            return Run("running", since=started, ready=True, restarts=restarts, last=last, change=ended)
        over = Run("terminated", "Completed" if code == 0 else "Error", since=started, ended=ended, code=code, restarts=restarts)
        if not again:
            return replace(over, last=last)
        resumed = ended + pause
        if now < resumed:
            return Run(
                "waiting",
                "CrashLoopBackOff",
                f"back-off {_pause(pause)} restarting failed container",
                restarts=restarts,
                last=over,
                change=resumed,
            )
        last, started, restarts = over, resumed, restarts + 1
        pause = min(pause * 2, LONGEST_BACKOFF) if pause else FIRST_BACKOFF


def _pause(seconds: float) -> str:
    """As Go prints a duration: `10s`, `1m20s`, `5m0s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


@dataclass(frozen=True, slots=True)
class Life:
    """The whole pod at one moment: its status, when it changes by itself, and the runs by container."""

    status: JsonObject
    change: float | None
    runs: dict[str, Run]


def life_at(pod: JsonObject, begin: float, now: float, behave: Callable[[JsonObject, bool], Behaviour], addresses: JsonObject) -> Life:
    """The status at `now` of a pod that its kubelet took at `begin`.

    Init containers run one after another; those that restart always are sidecars and only have to start. `behave` says what a
    container (init: True) does. `addresses` are hostIP and podIP and their lists.
    """
    spec = pod["spec"]
    policy = spec.get("restartPolicy") or "Always"
    runs: dict[str, Run] = {}
    clear, failed_init, waiting_for_init = begin, False, False
    for container in spec.get("initContainers") or ():
        name = container["name"]
        if waiting_for_init or failed_init:
            runs[name] = Run("waiting", "PodInitializing", pulled=False)
            continue
        sidecar = container.get("restartPolicy") == "Always"
        run = container_at(
            behave(container, True), clear, now, "Always" if sidecar else "Never" if policy == "Never" else "OnFailure", container["image"]
        )
        runs[name] = run
        if sidecar and run.phase == "running" and run.ready:
            clear = run.since
        elif not sidecar and run.succeeded:
            clear = run.ended
        elif not sidecar and run.failed:
            failed_init = True
        else:
            waiting_for_init = True
    initialized = not (waiting_for_init or failed_init)
    for container in spec.get("containers") or ():
        if initialized:
            runs[container["name"]] = container_at(behave(container, False), clear, now, policy, container["image"])
        else:
            runs[container["name"]] = Run("waiting", "PodInitializing", pulled=False)
    status = _status(pod, begin, now, runs, initialized, failed_init, addresses)
    changes = [run.change for run in runs.values() if run.change is not None]
    over = status["phase"] in ("Succeeded", "Failed")
    return Life(status, None if over or not changes else min(changes), runs)


def _phase(mains: Sequence[Run], initialized: bool, failed_init: bool) -> str:
    if failed_init:
        return "Failed"
    if not initialized or any(run.phase == "waiting" and run.last is None for run in mains):
        return "Pending"
    if all(run.phase == "terminated" for run in mains):
        return "Failed" if any(run.failed for run in mains) else "Succeeded"
    return "Running"


def _status(
    pod: JsonObject, begin: float, now: float, runs: dict[str, Run], initialized: bool, failed_init: bool, addresses: JsonObject
) -> JsonObject:
    spec, old = pod["spec"], pod.get("status") or {}
    mains = [runs[item["name"]] for item in spec.get("containers") or ()]
    sidecars = [runs[item["name"]] for item in spec.get("initContainers") or () if item.get("restartPolicy") == "Always"]
    phase = _phase(mains, initialized, failed_init)
    unready = [item["name"] for item in spec.get("containers") or () if not runs[item["name"]].ready]
    contained = not unready and all(run.ready for run in sidecars)
    stamp, generation = clocks.rfc3339(now), pod["metadata"].get("generation")
    previous = {item["type"]: item for item in old.get("conditions") or ()}

    def condition(type_: str, true: bool, reason: str = "", message: str = "") -> JsonObject:
        value = "True" if true else "False"
        before = previous.get(type_)
        since = before["lastTransitionTime"] if before and before.get("status") == value else stamp
        made: dict[str, Any] = {"type": type_}
        if generation:
            made["observedGeneration"] = generation
        made |= {"status": value, "lastProbeTime": None, "lastTransitionTime": since}
        return made | ({"reason": reason} if reason else {}) | ({"message": message} if message else {})

    over = phase in ("Succeeded", "Failed")
    done = "PodCompleted" if phase == "Succeeded" else "PodFailed" if phase == "Failed" else ""
    why = done or "ContainersNotReady"
    text = "" if done else f"containers with unready status: [{' '.join(unready)}]"
    gates = [item["conditionType"] for item in spec.get("readinessGates") or ()]
    closed = [gate for gate in gates if (previous.get(gate) or {}).get("status") != "True"]
    ready = contained and not closed and not over
    if contained and closed and not over:
        missing = "corresponding condition of pod readiness gate" if closed else ""
        ready_condition = condition(
            "Ready", False, "ReadinessGatesNotReady", "\n".join(f'{missing} "{gate}" does not exist.' for gate in closed)
        )
    else:
        ready_condition = condition("Ready", ready, "" if ready else why, "" if ready else text)
    waiting_inits = [item["name"] for item in spec.get("initContainers") or () if not _init_done(item, runs[item["name"]])]
    started = any(run.pulled for run in runs.values())
    own = [
        condition("PodReadyToStartContainers", started and not over),
        condition(
            "Initialized",
            initialized or phase == "Succeeded",
            *(_not_initialized(waiting_inits) if not initialized else (done if phase == "Succeeded" else "",)),
        ),
        ready_condition,
        condition("ContainersReady", contained and not over, "" if contained and not over else why, "" if contained and not over else text),
    ]
    kept = [item for type_, item in previous.items() if type_ not in {made["type"] for made in own}]
    status = {
        **{
            key: value
            for key, value in old.items()
            if key in ("qosClass", "observedGeneration", "nominatedNodeName", "resourceClaimStatuses")
        },
        "phase": phase,
        "conditions": own + kept,
        "startTime": clocks.rfc3339(begin),
        "hostIP": addresses["hostIP"],
        "hostIPs": [{"ip": addresses["hostIP"]}],
        "containerStatuses": [_container_status(item, runs[item["name"]], pod) for item in spec.get("containers") or ()],
    }
    if started:
        status |= {"podIP": addresses["podIP"], "podIPs": [{"ip": addresses["podIP"]}]}
    if generation and "observedGeneration" in (previous.get("PodScheduled") or status):
        status["observedGeneration"] = generation
    if spec.get("initContainers"):
        status["initContainerStatuses"] = [_container_status(item, runs[item["name"]], pod, init=True) for item in spec["initContainers"]]
    return status


def _init_done(container: JsonObject, run: Run) -> bool:
    return run.phase == "running" if container.get("restartPolicy") == "Always" else run.succeeded


def _not_initialized(names: Sequence[str]) -> tuple[str, str]:
    return "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(names)}]"


def _container_status(container: JsonObject, run: Run, pod: JsonObject, *, init: bool = False) -> JsonObject:
    sidecar = container.get("restartPolicy") == "Always"
    ready = run.ready if not init or sidecar else run.succeeded
    status: dict[str, Any] = {
        "name": container["name"],
        "state": _state(run, container, pod),
        "lastState": _state(run.last, container, pod) if run.last else {},
        "ready": ready,
        "restartCount": run.restarts,
        "image": container["image"],
        "imageID": f"docker-pullable://{container['image']}" if run.pulled else "",
        "started": run.phase == "running",
    }
    if run.pulled:
        status["containerID"] = _container_id(container, run, pod)
    if container.get("resources"):
        status["resources"] = container["resources"]
        if run.pulled and container["resources"].get("requests"):
            status["allocatedResources"] = container["resources"]["requests"]
    return status


def _state(run: Run, container: JsonObject, pod: JsonObject) -> JsonObject:
    if run.phase == "running":
        return {"running": {"startedAt": clocks.rfc3339(run.since)}}
    if run.phase == "terminated":
        return {
            "terminated": {
                "exitCode": run.code,
                "reason": run.reason,
                "startedAt": clocks.rfc3339(run.since),
                "finishedAt": clocks.rfc3339(run.ended),
                "containerID": _container_id(container, run, pod),
            }
        }
    message = run.message
    if run.reason == "CrashLoopBackOff":
        metadata = pod["metadata"]
        message = f"{message}={container['name']} pod={metadata['name']}_{metadata.get('namespace', '')}({metadata.get('uid', '')})"
    return {"waiting": {"reason": run.reason, **({"message": message} if message else {})}}


def _container_id(container: JsonObject, run: Run, pod: JsonObject) -> str:
    """Stable for a pod, container and start: the uid spread over the length of a real id."""
    uid = str(pod["metadata"].get("uid") or "").replace("-", "")
    number = run.restarts if run.phase != "waiting" else max(run.restarts - 1, 0)
    tail = f"{sum(map(ord, container['name'])):08x}{number:08x}"
    return f"containerd://{(uid + tail).ljust(64, '0')[:64]}"
