"""Nodes and the kubelet on each of them: pods live as their images are scripted.

Source: k8s.io/kubernetes pkg/kubelet; kwok's stages for what a node without a machine reports
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common, podlife, pods
from pytest_helmsim.apiserver.controllers.common import NODE, POD, Key, Keys, Reconciler, World
from pytest_helmsim.apiserver.controllers.images import Behaviour, CrashLoop, Exit, NeverReady, Ready
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import NotFound

APPROXIMATE = (
    "end of pods: a pod that is deleted goes at once; `preStop`, grace periods and the order in which sidecars end take no time",
)
NOT_SIMULATED = ("dead nodes: nodes stay ready; nothing is evicted, and there is no pressure of memory or disk",)
MANAGER = "kubelet"
COMPONENT = "kubelet"
NETWORK = ["10", "244"]
LAST_ADDRESS = 65_534
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"


class Nodes(Reconciler):
    """The cluster has as many ready nodes as its settings say."""

    name, alias = "node-lifecycle-controller", "nodelifecycle"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(NODE): self._changed}

    def _changed(self, event: StoreEvent) -> Iterable[Key]:
        return () if event.type == "DELETED" else (common.key_of(event.new),)

    def initial(self) -> Iterable[Key]:
        return [Key("", f"node-{index}") for index in range(self.world.settings.nodes)]

    def sync(self, key: Key) -> float | None:
        found = self.api.get(NODE, "", key.name)
        if found is not None:
            self._mark(found)
            return None
        labels = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": key.name}
        labels |= {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux"}
        node = self.api.create(
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": key.name, "labels": labels}, "spec": {}}, manager=MANAGER
        )
        node = self.api.get(NODE, "", key.name) or node
        ready = [item for item in node["spec"].get("taints") or () if item["key"] != "node.kubernetes.io/not-ready"]
        if len(ready) != len(node["spec"].get("taints") or ()):
            spec = {name: value for name, value in node["spec"].items() if name != "taints"}
            node = self.api.update({**node, "spec": {**spec, **({"taints": ready} if ready else {})}}, manager=common.MANAGER)
        common.update_status(self.api, node, self._status(key.name), manager=MANAGER)
        return None

    def _mark(self, node: JsonObject) -> None:
        """A cordoned node has a taint that says so."""
        taints = node["spec"].get("taints") or []
        others = [item for item in taints if item["key"] != UNSCHEDULABLE]
        wanted = bool(node["spec"].get("unschedulable"))
        if wanted == (len(others) != len(taints)):
            return
        marked = [*others, {"key": UNSCHEDULABLE, "effect": "NoSchedule", "timeAdded": self.world.stamp()}] if wanted else others
        spec = {name: value for name, value in node["spec"].items() if name != "taints"}
        self.api.update({**node, "spec": {**spec, **({"taints": marked} if marked else {})}}, manager=common.MANAGER)

    def _status(self, name: str) -> JsonObject:
        stamp, capacity = self.world.stamp(), dict(self.world.settings.node_capacity)
        rows = (
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        )
        return {
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": [
                {
                    "type": type_,
                    "status": status,
                    "lastHeartbeatTime": stamp,
                    "lastTransitionTime": stamp,
                    "reason": reason,
                    "message": message,
                }
                for type_, status, reason, message in rows
            ],
            "addresses": [{"type": "InternalIP", "address": host_ip(name)}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
                "kernelVersion": "6.8.0",
                "osImage": "pytest-helmsim",
                "containerRuntimeVersion": "containerd://2.1.0",
                "kubeletVersion": f"v{self.api.version}.0",
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        }


class Kubelet(Reconciler):
    """Starts, reports and removes the pods that are bound to a node."""

    name = "kubelet"
    memory = ("_begun", "_last")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._begun: dict[str, float] = {}
        self._last: dict[str, int] = {}
        self._told: dict[str, set[tuple[str, str, int]]] = {}

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(POD): common.itself}

    def reconsider(self) -> Iterable[Key]:
        return [common.key_of(pod) for pod in self.api.list(POD)]

    def sync(self, key: Key) -> float | None:
        pod = self.api.get(POD, *key)
        if pod is None or not pod["spec"].get("nodeName"):
            return None
        uid = common.uid_of(pod)
        if common.is_deleting(pod):
            return self._remove(pod)
        if pods.is_finished(pod):
            return None
        started = common.seconds(common.status_of(pod).get("startTime"))
        if started is None:
            started = self.world.now()
            self._begun[uid] = started
        begin = self._begun.setdefault(uid, started)
        now = self.world.now()
        life = podlife.life_at(pod, begin, now, lambda container, init: self._behaviour(pod, container, init), self._addresses(pod))
        deadline = pod["spec"].get("activeDeadlineSeconds")
        if deadline is not None and now >= begin + deadline and life.status["phase"] not in pods.FINISHED:
            life = podlife.Life(
                {
                    **life.status,
                    "phase": "Failed",
                    "reason": "DeadlineExceeded",
                    "message": "Pod was active on the node longer than the specified deadline",
                },
                None,
                life.runs,
            )
        self._tell(pod, life)
        common.update_status(self.api, pod, life.status, manager=MANAGER)
        changes = [when for when in (life.change, begin + deadline if deadline is not None else None) if when is not None and when > now]
        return min(changes) - now if changes and life.status["phase"] not in pods.FINISHED else None

    def _remove(self, pod: JsonObject) -> float | None:
        """All containers stop when they are told to, so that the pod is gone well within its grace period."""
        uid = common.uid_of(pod)
        self._begun.pop(uid, None)
        self._told.pop(uid, None)
        if pod["metadata"].get("finalizers") and pods.is_finished(pod):
            return None
        if any(True for item in common.status_of(pod).get("containerStatuses") or () if "running" in (item.get("state") or {})):
            self._tell_stopped(pod)
        if pod["metadata"].get("finalizers") and not pods.is_finished(pod):
            pod = common.update_status(self.api, pod, {**common.status_of(pod), "phase": "Failed"}, manager=MANAGER)
        try:
            self.api.delete(POD, common.namespace_of(pod), common.name_of(pod), uid=uid, grace_period=0)
        except NotFound:
            return None
        return None

    def _behaviour(self, pod: JsonObject, container: JsonObject, init: bool) -> Behaviour:
        found = self.world.images.find(container["image"])
        if found is not None:
            return found
        sidecar = init and container.get("restartPolicy") == "Always"
        if init and not sidecar:
            return Exit(after=0.0)
        ends = not init and (pod["spec"].get("restartPolicy") or "Always") != "Always"
        return Exit() if ends else Ready(after=0.0 if init else 1.0)

    def _addresses(self, pod: JsonObject) -> JsonObject:
        host = host_ip(pod["spec"]["nodeName"])
        if pod["spec"].get("hostNetwork"):
            return {"hostIP": host, "podIP": host}
        known = common.status_of(pod).get("podIP")
        return {"hostIP": host, "podIP": known or self._free_address()}

    def _free_address(self) -> str:
        """The address after the last one given, as a node's plugin counts on; the first time after the highest that is in use."""
        if "" not in self._last:
            used = [str(common.status_of(pod).get("podIP") or "").split(".") for pod in self.api.list(POD)]
            self._last[""] = max((int(parts[2]) * 256 + int(parts[3]) for parts in used if parts[:2] == NETWORK), default=0)
        number = self._last[""] = self._last[""] % LAST_ADDRESS + 1
        return f"10.244.{number >> 8}.{number & 255}"

    def _tell(self, pod: JsonObject, life: podlife.Life) -> None:
        """Log lines and events, once for each start and end of a container."""
        told = self._told.setdefault(common.uid_of(pod), set())
        before = {
            item["name"]: item for kind in ("containerStatuses", "initContainerStatuses") for item in common.status_of(pod).get(kind) or ()
        }
        for kind in ("initContainers", "containers"):
            for container in pod["spec"].get(kind) or ():
                run, known = life.runs[container["name"]], before.get(container["name"])
                self._tell_one(pod, container, kind, run, known, told)

    def _tell_one(
        self, pod: JsonObject, container: JsonObject, kind: str, run: podlife.Run, known: JsonObject | None, told: set[tuple[str, str, int]]
    ) -> None:
        name, path = container["name"], f"spec.{kind}{{{container['name']}}}"

        def once(mark: str, number: int) -> bool:
            if (name, mark, number) in told:
                return False
            told.add((name, mark, number))
            return True

        def event(reason: str, message: str, warning: bool = False) -> None:
            self.world.events(pod, reason, message, component=COMPONENT, warning=warning, manager=MANAGER, field_path=path)

        image = container["image"]
        starts = run.restarts + 1 if run.phase in ("running", "terminated") or run.last else 0
        earlier = int((known or {}).get("restartCount") or 0) + 1 if known and (known.get("containerID") or known.get("lastState")) else 0
        for number in range(earlier, starts):
            if once("start", number):
                event("Pulled", f'Container image "{image}" already present on machine')
                event("Created", "Container created")
                event("Started", "Container started")
                self._log(pod, container, number)
        if run.reason in ("ErrImagePull", "ImagePullBackOff") and once(run.reason, 0):
            if run.reason == "ErrImagePull":
                event("Pulling", f'Pulling image "{image}"')
                event("Failed", f'Failed to pull image "{image}": {run.message}', warning=True)
                event("Failed", "Error: ErrImagePull", warning=True)
            else:
                event("BackOff", f'Back-off pulling image "{image}"')
                event("Failed", "Error: ImagePullBackOff", warning=True)
        if run.reason == "CrashLoopBackOff" and once("backoff", run.restarts):
            metadata = pod["metadata"]
            event(
                "BackOff",
                f"Back-off restarting failed container {name} in pod {metadata['name']}_{metadata['namespace']}({metadata['uid']})",
                warning=True,
            )

    def _log(self, pod: JsonObject, container: JsonObject, number: int) -> None:
        behaviour = self.world.images.find(container["image"])
        if isinstance(behaviour, Ready | NeverReady | Exit | CrashLoop) and behaviour.logs:
            text = behaviour.logs if behaviour.logs.endswith("\n") else behaviour.logs + "\n"
            if number <= 1:
                self.api.append_log(common.namespace_of(pod), common.name_of(pod), container["name"], text, previous=number == 1)

    def _tell_stopped(self, pod: JsonObject) -> None:
        for container in pod["spec"].get("containers") or ():
            path = f"spec.containers{{{container['name']}}}"
            self.world.events(
                pod, "Killing", f"Stopping container {container['name']}", component=COMPONENT, manager=MANAGER, field_path=path
            )


def host_ip(node: str) -> str:
    """The address of a node: from the number in its name."""
    digits = "".join(character for character in node if character.isdigit()) or "0"
    return f"172.18.0.{int(digits) % 250 + 2}"
