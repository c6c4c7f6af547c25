"""The row of a pod: which word stands under STATUS, how many containers are ready, when it last restarted.

Source: k8s.io/kubernetes pkg/printers/internalversion/printers.go (printPod).
"""

from __future__ import annotations

from pytest_helmsim.apiserver.durations import since
from pytest_helmsim.objects.json import Json, JsonObject

NONE = "<none>"


def pod_row(pod: JsonObject, now: float) -> list[Json]:
    """Name, ready, status, restarts, age, IP, node, nominated node, readiness gates."""
    spec, status, meta = pod.get("spec") or {}, pod.get("status") or {}, pod["metadata"]
    reason, ready, restarts, last = _state(spec, status)
    total = len(spec.get("containers") or ()) + sum(1 for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always")
    if meta.get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            reason = "Terminating"
    shown = f"{restarts} ({since(last, now)} ago)" if restarts and last else str(restarts)
    address = (status.get("podIPs") or [{}])[0].get("ip") or NONE
    wide = [address, spec.get("nodeName") or NONE, status.get("nominatedNodeName") or NONE, _gates(spec, status)]
    return [meta["name"], f"{ready}/{total}", reason, shown, since(meta.get("creationTimestamp"), now), *wide]


def _gates(spec: JsonObject, status: JsonObject) -> str:
    gates = spec.get("readinessGates") or []
    if not gates:
        return NONE
    true = {c["type"] for c in status.get("conditions") or () if c.get("status") == "True"}
    return f"{sum(1 for gate in gates if gate.get('conditionType') in true)}/{len(gates)}"


def _has(status: JsonObject, condition: str) -> bool:
    return any(c.get("type") == condition and c.get("status") == "True" for c in status.get("conditions") or ())


def _ended(container: JsonObject) -> str:
    return ((container.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""


def _word(ended: JsonObject, prefix: str = "") -> str:
    if ended.get("reason"):
        return f"{prefix}{ended['reason']}"
    if ended.get("signal"):
        return f"{prefix}Signal:{ended['signal']}"
    return f"{prefix}ExitCode:{ended.get('exitCode', 0)}"


def _state(spec: JsonObject, status: JsonObject) -> tuple[str, int, int, str]:
    reason = status.get("reason") or status.get("phase") or ""
    if any(c.get("type") == "PodScheduled" and c.get("reason") == "SchedulingGated" for c in status.get("conditions") or ()):
        reason = "SchedulingGated"
    sidecars = {c["name"] for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"}
    restarts = side_restarts = ready = 0
    last = side_last = ""
    initializing = False
    for position, container in enumerate(status.get("initContainerStatuses") or ()):
        restarts += container.get("restartCount", 0)
        last = max(last, _ended(container))
        side = container.get("name") in sidecars
        if side:
            side_restarts += container.get("restartCount", 0)
            side_last = max(side_last, _ended(container))
        state = container.get("state") or {}
        ended, waiting = state.get("terminated"), (state.get("waiting") or {}).get("reason", "")
        if ended is not None and ended.get("exitCode", 0) == 0:
            continue
        if side and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        initializing = True
        if ended is not None:
            reason = _word(ended, "Init:")
        elif waiting and waiting != "PodInitializing":
            reason = f"Init:{waiting}"
        else:
            reason = f"Init:{position}/{len(spec.get('initContainers') or ())}"
        break
    if initializing and not _has(status, "Initialized"):
        return reason, ready, restarts, last
    return _running(status, reason, ready, side_restarts, side_last)


def _running(status: JsonObject, reason: str, ready: int, restarts: int, last: str) -> tuple[str, int, int, str]:
    running, error = False, ""
    for container in reversed(status.get("containerStatuses") or ()):
        restarts += container.get("restartCount", 0)
        last = max(last, _ended(container))
        state = container.get("state") or {}
        waiting, ended = (state.get("waiting") or {}).get("reason", ""), state.get("terminated")
        if waiting:
            reason = waiting
        elif ended is not None:
            reason = _word(ended)
            if ended.get("exitCode", 0):
                error = reason
        elif container.get("ready") and state.get("running") is not None:
            running = True
            ready += 1
    if reason == "Completed":
        if running and _has(status, "Ready"):
            reason = "Running"
        elif error:
            reason = error
        elif running:
            reason = "NotReady"
    return reason, ready, restarts, last
