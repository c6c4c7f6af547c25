"""What `kubectl get` shows of each kind: columns as data, one function from an object to its row.

A column is written `Name`, with `+` in front when only `-o wide` shows it, and `:integer` or `:boolean` behind when it is no string.
Source: k8s.io/kubernetes pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_helmsim.apiserver.durations import human, since
from pytest_helmsim.apiserver.podcells import pod_row
from pytest_helmsim.objects.json import Json, JsonObject

Cells: TypeAlias = Callable[[JsonObject, float], list[Json]]
NONE, UNSET, UNKNOWN = "<none>", "<unset>", "<unknown>"


@dataclass(frozen=True, slots=True)
class Printer:
    """The columns of a kind, and the cells of an object at a time."""

    columns: tuple[str, ...]
    cells: Cells
    order: Callable[[JsonObject], tuple[Any, ...]] | None = None
    """How the rows of a list stand, where not as the list."""
    formats: Mapping[str, str] = field(default_factory=dict)
    """Of columns besides the name."""


def at(obj: Any, path: str, default: Any = None) -> Any:
    """`at(obj, "spec.replicas", 0)`: what is absent or null is the default."""
    for step in path.split("."):
        obj = obj.get(step) if isinstance(obj, dict) else None
    return default if obj is None else obj


def name_of(obj: JsonObject) -> str:
    """`metadata.name`."""
    return obj["metadata"]["name"]  # type: ignore[no-any-return]


def age(obj: JsonObject, now: float) -> str:
    """Time since creation."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def labels(pairs: JsonObject | None) -> str:
    """`a=b,c=d`, sorted; `<none>` for none."""
    return ",".join(f"{key}={value}" for key, value in sorted((pairs or {}).items())) or NONE


def selector(value: JsonObject | None) -> str:
    """A LabelSelector as text; `<none>` for an empty one."""
    from pytest_helmsim.apiserver.scaling import selector_text

    return (selector_text(value) if value is not None else "") or NONE


def containers(template: Any) -> list[Json]:
    """Names and images of a pod template's containers."""
    found = at(template, "spec.containers", [])
    return [",".join(c.get("name", "") for c in found), ",".join(c.get("image", "") for c in found)]


def _plain(*paths: tuple[str, Json]) -> Cells:
    return lambda obj, now: [name_of(obj), *(at(obj, path, default) for path, default in paths), age(obj, now)]


def _service(obj: JsonObject, now: float) -> list[Json]:
    spec = obj.get("spec") or {}
    kind, external = spec.get("type", "ClusterIP"), spec.get("externalIPs") or []
    if kind == "LoadBalancer":
        given = sorted({entry.get("ip") or entry.get("hostname") or "" for entry in at(obj, "status.loadBalancer.ingress", [])} - {""})
        shown = ",".join([*given, *external]) or "<pending>"
    elif kind == "ExternalName":
        shown = spec.get("externalName", "")
    else:
        shown = ",".join(external) or NONE
    ports = [
        f"{port['port']}:{port['nodePort']}/{port.get('protocol', 'TCP')}"
        if port.get("nodePort")
        else f"{port['port']}/{port.get('protocol', 'TCP')}"
        for port in spec.get("ports") or ()
    ]
    address = (spec.get("clusterIPs") or [NONE])[0]
    return [name_of(obj), kind, address, shown, ",".join(ports) or NONE, age(obj, now), labels(spec.get("selector"))]


def _ingress(obj: JsonObject, now: float) -> list[Json]:
    rules = at(obj, "spec.rules", [])
    hosts = [rule.get("host") for rule in rules if rule.get("host")]
    shown = ",".join(hosts[:3]) + (f" + {len(hosts) - 3} more..." if len(hosts) > 3 else "")
    found = sorted({entry.get("ip") or entry.get("hostname") or "" for entry in at(obj, "status.loadBalancer.ingress", [])} - {""})
    ports = "80, 443" if at(obj, "spec.tls") else "80"
    return [name_of(obj), at(obj, "spec.ingressClassName", NONE), shown or "*", ",".join(found), ports, age(obj, now)]


def _deployment(obj: JsonObject, now: float) -> list[Json]:
    ready = f"{at(obj, 'status.readyReplicas', 0)}/{at(obj, 'spec.replicas', 0)}"
    counts = [at(obj, "status.updatedReplicas", 0), at(obj, "status.availableReplicas", 0)]
    return [name_of(obj), ready, *counts, age(obj, now), *containers(at(obj, "spec.template")), selector(at(obj, "spec.selector"))]


def _replica_set(obj: JsonObject, now: float) -> list[Json]:
    counts = [at(obj, "spec.replicas", 0), at(obj, "status.replicas", 0), at(obj, "status.readyReplicas", 0)]
    return [name_of(obj), *counts, age(obj, now), *containers(at(obj, "spec.template")), selector(at(obj, "spec.selector"))]


def _replication_controller(obj: JsonObject, now: float) -> list[Json]:
    return [*_replica_set({**obj, "spec": {**obj["spec"], "selector": None}}, now)[:-1], labels(at(obj, "spec.selector"))]


def _stateful_set(obj: JsonObject, now: float) -> list[Json]:
    ready = f"{at(obj, 'status.readyReplicas', 0)}/{at(obj, 'spec.replicas', 0)}"
    return [name_of(obj), ready, age(obj, now), *containers(at(obj, "spec.template"))]


def _daemon_set(obj: JsonObject, now: float) -> list[Json]:
    fields = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    template = at(obj, "spec.template")
    counts = [at(obj, f"status.{field}", 0) for field in fields]
    return [
        name_of(obj),
        *counts,
        labels(at(template, "spec.nodeSelector")),
        age(obj, now),
        *containers(template),
        selector(at(obj, "spec.selector")),
    ]


def _job(obj: JsonObject, now: float) -> list[Json]:
    done, wanted = at(obj, "status.succeeded", 0), at(obj, "spec.completions")
    parallel = at(obj, "spec.parallelism", 0)
    completions = f"{done}/{wanted}" if wanted is not None else f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    start, end = at(obj, "status.startTime"), at(obj, "status.completionTime")
    took = "" if start is None else human(_seconds(end) - _seconds(start)) if end else since(start, now)
    true = {c.get("type") for c in at(obj, "status.conditions", []) if c.get("status") == "True"}
    order = (("Complete", "Complete"), ("Failed", "Failed"), ("", "Terminating"), ("Suspended", "Suspended"),
             ("FailureTarget", "FailureTarget"), ("SuccessCriteriaMet", "SuccessCriteriaMet"))  # fmt: skip
    deleted = bool(obj["metadata"].get("deletionTimestamp"))
    status = next((word for kind, word in order if (kind in true if kind else deleted)), "Running")
    return [
        name_of(obj),
        status,
        completions,
        took,
        age(obj, now),
        *containers(at(obj, "spec.template")),
        selector(at(obj, "spec.selector")),
    ]


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _cron_job(obj: JsonObject, now: float) -> list[Json]:
    last = at(obj, "status.lastScheduleTime")
    template = at(obj, "spec.jobTemplate")
    shown = [
        at(obj, "spec.schedule", ""),
        at(obj, "spec.timeZone", NONE),
        _boolean(at(obj, "spec.suspend")),
        len(at(obj, "status.active", [])),
    ]
    wide = [*containers(at(template, "spec.template")), selector(at(template, "spec.selector"))]
    return [name_of(obj), *shown, since(last, now) if last else NONE, age(obj, now), *wide]


def _boolean(value: bool | None) -> str:
    return UNSET if value is None else str(value)


def _node(obj: JsonObject, now: float) -> list[Json]:
    ready = [c for c in at(obj, "status.conditions", []) if c.get("type") == "Ready"]
    status = ["Ready" if c.get("status") == "True" else "NotReady" for c in ready] or ["Unknown"]
    if at(obj, "spec.unschedulable"):
        status.append("SchedulingDisabled")
    roles = set()
    for label, value in (obj["metadata"].get("labels") or {}).items():
        if label.startswith("node-role.kubernetes.io/"):
            roles.add(label.partition("/")[2])
        elif label == "kubernetes.io/role" and value:
            roles.add(value)
    info = at(obj, "status.nodeInfo", {})
    addresses = {entry.get("type"): entry.get("address") for entry in reversed(at(obj, "status.addresses", []))}
    kernel = info.get("kernelVersion") or UNKNOWN
    if info.get("architecture"):
        kernel += f" ({info['architecture']})"
    where = [addresses.get("InternalIP") or NONE, addresses.get("ExternalIP") or NONE]
    wide = [info.get("osImage") or UNKNOWN, kernel, info.get("containerRuntimeVersion") or UNKNOWN]
    return [
        name_of(obj),
        ",".join(status),
        ",".join(sorted(roles - {""})) or NONE,
        age(obj, now),
        info.get("kubeletVersion") or "",
        *where,
        *wide,
    ]


_MODES = (("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"))


def _modes(found: list[str]) -> str:
    return ",".join(short for mode, short in _MODES if mode in found)


def _phase(obj: JsonObject) -> str:
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else at(obj, "status.phase", "")


def _volume(obj: JsonObject, now: float) -> list[Json]:
    claim = at(obj, "spec.claimRef")
    owner = f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""
    beta = (obj["metadata"].get("annotations") or {}).get("volume.beta.kubernetes.io/storage-class")
    storage = at(obj, "spec.storageClassName", "") if beta is None else beta
    policy, size = at(obj, "spec.persistentVolumeReclaimPolicy", ""), at(obj, "spec.capacity.storage", "0")
    rest = [
        storage,
        at(obj, "spec.volumeAttributesClassName", UNSET),
        at(obj, "status.reason", ""),
        age(obj, now),
        at(obj, "spec.volumeMode", UNSET),
    ]
    return [name_of(obj), size, _modes(at(obj, "spec.accessModes", [])), policy, _phase(obj), owner, *rest]


def _claim(obj: JsonObject, now: float) -> list[Json]:
    volume = at(obj, "spec.volumeName", "")
    size = at(obj, "status.capacity.storage", "0") if volume else ""
    modes = _modes(at(obj, "status.accessModes", [])) if volume else ""
    beta = (obj["metadata"].get("annotations") or {}).get("volume.beta.kubernetes.io/storage-class")
    storage = at(obj, "spec.storageClassName", "") if beta is None else beta
    wide = [at(obj, "spec.volumeAttributesClassName", UNSET), age(obj, now), at(obj, "spec.volumeMode", UNSET)]
    return [name_of(obj), _phase(obj), volume, size, modes, storage, *wide]


def _metric(spec: JsonObject, status: JsonObject | None) -> str:
    kind = spec.get("type", "")
    field = kind[:1].lower() + kind[1:]
    source, current = spec.get(field) or {}, ((status or {}).get(field) or {}).get("current")
    target = source.get("target") or {}
    name = f"{source.get('name')}: " if kind in ("Resource", "ContainerResource") else ""
    if target.get("averageValue") is not None:
        value = (current or {}).get("averageValue", UNKNOWN) if current else UNKNOWN
        return f"{name}{value}/{target['averageValue']}" + (" (avg)" if kind in ("External", "Object") else "")
    if name:
        used = (current or {}).get("averageUtilization")
        wanted = target.get("averageUtilization")
        return f"{name}{UNKNOWN if used is None else f'{used}%'}/{'<auto>' if wanted is None else f'{wanted}%'}"
    return f"{(current or {}).get('value', UNKNOWN)}/{target.get('value')}"


def _autoscaler(obj: JsonObject, now: float) -> list[Json]:
    if "targetCPUUtilizationPercentage" in (obj.get("spec") or {}):
        from pytest_helmsim.apiserver import conversion
        from pytest_helmsim.objects.kinds import GroupVersionKind

        old, new = (GroupVersionKind("autoscaling", version, "HorizontalPodAutoscaler") for version in ("v1", "v2"))
        obj = conversion.convert(obj, old, new)
    specs, statuses = at(obj, "spec.metrics", []), at(obj, "status.currentMetrics", [])
    shown = [_metric(spec, statuses[i] if i < len(statuses) else None) for i, spec in enumerate(specs)]
    text = ", ".join(shown[:2]) + (f" + {len(shown) - 2} more..." if len(shown) > 2 else "") if shown else NONE
    reference = f"{at(obj, 'spec.scaleTargetRef.kind', '')}/{at(obj, 'spec.scaleTargetRef.name', '')}"
    least = at(obj, "spec.minReplicas")
    counts = [UNSET if least is None else str(least), at(obj, "spec.maxReplicas", 0), at(obj, "status.currentReplicas", 0)]
    return [name_of(obj), reference, text, *counts, age(obj, now)]


def _budget(obj: JsonObject, now: float) -> list[Json]:
    bounds = [str(at(obj, f"spec.{field}", "N/A")) for field in ("minAvailable", "maxUnavailable")]
    return [name_of(obj), *bounds, at(obj, "status.disruptionsAllowed", 0), age(obj, now)]


def _endpoints(obj: JsonObject, now: float) -> list[Json]:
    found, shown = 0, []
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or (None,):
            for address in subset.get("addresses") or ():
                found += 1
                ip = address["ip"]
                shown.append(ip if port is None else f"[{ip}]:{port['port']}" if ":" in ip else f"{ip}:{port['port']}")
    text = ",".join(shown[:3]) + (f" + {found - 3} more..." if found > 3 else "")
    return [name_of(obj), text or NONE, age(obj, now)]


def _few(values: list[str], empty: str) -> str:
    if not values:
        return empty
    return ",".join(values[:3]) + (f" + {len(values) - 3} more..." if len(values) > 3 else "")


def _slice(obj: JsonObject, now: float) -> list[Json]:
    ports = [str(port.get("port", "*")) if port.get("port") is not None else port.get("name", "*") for port in obj.get("ports") or ()]
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint.get("addresses") or ()]
    return [name_of(obj), obj.get("addressType", ""), _few(ports, UNSET), _few(addresses, UNSET), age(obj, now)]


def _event(obj: JsonObject, now: float) -> list[Json]:
    if "regarding" in obj:
        from pytest_helmsim.apiserver import conversion
        from pytest_helmsim.objects.kinds import GroupVersionKind

        obj = conversion.convert(obj, GroupVersionKind("events.k8s.io", "v1", "Event"), GroupVersionKind("", "v1", "Event"))
    first = since(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = since(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    if obj.get("series"):
        last, count = since(obj["series"].get("lastObservedTime"), now), obj["series"].get("count", 0)
    involved = obj.get("involvedObject") or {}
    target = involved.get("kind", "").lower() + (f"/{involved['name']}" if involved.get("name") else "")
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent", "")
    instance = source.get("host") or obj.get("reportingInstance", "")
    start = [last, obj.get("type", ""), obj.get("reason", ""), target, involved.get("fieldPath", "")]
    return [*start, f"{component}, {instance}" if instance else component, (obj.get("message") or "").strip(), first, count, name_of(obj)]


def _is_default(obj: JsonObject, *annotations: str) -> str:
    found = obj["metadata"].get("annotations") or {}
    return name_of(obj) + (" (default)" if any(found.get(annotation) == "true" for annotation in annotations) else "")


def _storage_class(obj: JsonObject, now: float) -> list[Json]:
    name = _is_default(obj, "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
    rest = [obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate"), obj.get("allowVolumeExpansion", False)]
    return [name, obj.get("provisioner", ""), *rest, age(obj, now)]


def _ingress_class(obj: JsonObject, now: float) -> list[Json]:
    given = at(obj, "spec.parameters")
    text = NONE
    if given:
        text = given.get("kind", "") + (f".{given['apiGroup']}" if given.get("apiGroup") else "") + f"/{given.get('name', '')}"
    return [_is_default(obj, "ingressclass.kubernetes.io/is-default-class"), at(obj, "spec.controller", ""), text, age(obj, now)]


def _binding(obj: JsonObject, now: float) -> list[Json]:
    subjects = obj.get("subjects") or []
    users = [s["name"] for s in subjects if s.get("kind") == "User"]
    groups = [s["name"] for s in subjects if s.get("kind") == "Group"]
    accounts = [f"{s.get('namespace', '')}/{s['name']}" for s in subjects if s.get("kind") == "ServiceAccount"]
    role = f"{at(obj, 'roleRef.kind', '')}/{at(obj, 'roleRef.name', '')}"
    return [name_of(obj), role, age(obj, now), ", ".join(users), ", ".join(groups), ", ".join(accounts)]


def _quota(obj: JsonObject, now: float) -> list[Json]:
    columns: dict[bool, list[str]] = {False: [], True: []}
    for name, hard in sorted(at(obj, "status.hard", {}).items()):
        columns[name.startswith("limits.")].append(f"{name}: {at(obj, 'status.used', {}).get(name, '0')}/{hard}")
    return [name_of(obj), ", ".join(columns[False]), ", ".join(columns[True]), age(obj, now)]


def _revision(obj: JsonObject, now: float) -> list[Json]:
    owner = next((ref for ref in obj["metadata"].get("ownerReferences") or () if ref.get("controller")), None)
    shown = NONE
    if owner:
        group = owner["apiVersion"].rpartition("/")[0]
        shown = f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}"
    return [name_of(obj), shown, obj.get("revision", 0), age(obj, now)]


def _data(obj: JsonObject) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def _secret(obj: JsonObject, now: float) -> list[Json]:
    return [name_of(obj), obj.get("type", ""), _data(obj), age(obj, now)]


def _priority_class(obj: JsonObject, now: float) -> list[Json]:
    shown = [obj.get("value", 0), obj.get("globalDefault", False), age(obj, now), obj.get("preemptionPolicy", "")]
    return [name_of(obj), *shown]


def _csi_driver(obj: JsonObject, now: float) -> list[Json]:
    spec = obj.get("spec") or {}
    audiences = [request.get("audience", "") for request in spec.get("tokenRequests") or ()]
    flags = [spec.get("attachRequired", True), spec.get("podInfoOnMount", False), spec.get("storageCapacity", False)]
    modes = ",".join(spec.get("volumeLifecycleModes") or ()) or NONE
    return [name_of(obj), *flags, ",".join(audiences) or UNSET, spec.get("requiresRepublish", False), modes, age(obj, now)]


_WORKLOAD = ("+Containers", "+Images", "+Selector")
_COUNTS = ("Name", "Desired:integer", "Current:integer", "Ready:integer", "Age", *_WORKLOAD)
_BINDING = Printer(("Name", "Role", "Age", "+Users", "+Groups", "+ServiceAccounts"), _binding)
_WEBHOOKS = Printer(("Name", "Webhooks:integer", "Age"), lambda obj, now: [name_of(obj), len(obj.get("webhooks") or ()), age(obj, now)])
_EVENT = Printer(("Last Seen", "Type", "Reason", "Object", "+Subobject", "+Source", "Message", "+First Seen", "+Count", "+Name"), _event)
_AGE = Printer(("Name", "Age"), _plain())

PRINTERS: dict[tuple[str, str], Printer] = {
    ("", "pods"): Printer(("Name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node", "+Readiness Gates"), pod_row),
    ("", "services"): Printer(("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector"), _service),
    ("", "configmaps"): Printer(("Name", "Data", "Age"), lambda obj, now: [name_of(obj), _data(obj), age(obj, now)]),
    ("", "secrets"): Printer(("Name", "Type", "Data", "Age"), _secret),
    ("", "serviceaccounts"): _AGE,
    ("", "namespaces"): Printer(("Name", "Status", "Age"), _plain(("status.phase", ""))),
    ("", "nodes"): Printer(
        ("Name", "Status", "Roles", "Age", "Version", "+Internal-IP", "+External-IP", "+OS-Image", "+Kernel-Version", "+Container-Runtime"),
        _node,
    ),
    ("", "endpoints"): Printer(("Name", "Endpoints", "Age"), _endpoints),
    ("", "events"): _EVENT,
    ("events.k8s.io", "events"): _EVENT,
    ("", "persistentvolumes"): Printer(
        ("Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass", "VolumeAttributesClass", "Reason", "Age",
         "+VolumeMode"),
        _volume,
    ),
    ("", "persistentvolumeclaims"): Printer(
        ("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age", "+VolumeMode"), _claim
    ),
    ("", "replicationcontrollers"): Printer(_COUNTS, _replication_controller),
    ("", "resourcequotas"): Printer(("Name", "Request", "Limit", "Age"), _quota),
    ("", "podtemplates"): Printer(
        ("Name", "Containers", "Images", "Pod Labels"),
        lambda obj, now: [name_of(obj), *containers(obj.get("template")), labels(at(obj, "template.metadata.labels"))],
    ),
    ("apps", "deployments"): Printer(("Name", "Ready", "Up-to-date", "Available", "Age", *_WORKLOAD), _deployment),
    ("apps", "replicasets"): Printer(_COUNTS, _replica_set),
    ("apps", "statefulsets"): Printer(("Name", "Ready", "Age", "+Containers", "+Images"), _stateful_set),
    ("apps", "daemonsets"): Printer(
        ("Name", "Desired:integer", "Current:integer", "Ready:integer", "Up-to-date:integer", "Available:integer", "Node Selector", "Age",
         *_WORKLOAD),
        _daemon_set,
    ),
    ("apps", "controllerrevisions"): Printer(("Name", "Controller", "Revision", "Age"), _revision),
    ("batch", "jobs"): Printer(("Name", "Status", "Completions", "Duration", "Age", *_WORKLOAD), _job),
    ("batch", "cronjobs"): Printer(
        ("Name", "Schedule", "Timezone", "Suspend:boolean", "Active:integer", "Last Schedule", "Age", *_WORKLOAD), _cron_job
    ),
    ("autoscaling", "horizontalpodautoscalers"): Printer(
        ("Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"), _autoscaler
    ),
    ("networking.k8s.io", "ingresses"): Printer(("Name", "Class", "Hosts", "Address", "Ports", "Age"), _ingress),
    ("networking.k8s.io", "ingressclasses"): Printer(("Name", "Controller", "Parameters", "Age"), _ingress_class),
    ("networking.k8s.io", "networkpolicies"): Printer(
        ("Name", "Pod-Selector", "Age"), lambda obj, now: [name_of(obj), selector(at(obj, "spec.podSelector", {})), age(obj, now)]
    ),
    ("policy", "poddisruptionbudgets"): Printer(
        ("Name", "Min Available", "Max Unavailable", "Allowed Disruptions:integer", "Age"), _budget
    ),
    ("rbac.authorization.k8s.io", "rolebindings"): _BINDING,
    ("rbac.authorization.k8s.io", "clusterrolebindings"): _BINDING,
    ("storage.k8s.io", "storageclasses"): Printer(
        ("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"), _storage_class
    ),
    ("storage.k8s.io", "csidrivers"): Printer(
        ("Name", "AttachRequired:boolean", "PodInfoOnMount:boolean", "StorageCapacity:boolean", "TokenRequests",
         "RequiresRepublish:boolean",
         "Modes", "Age"),
        _csi_driver,
    ),
    ("storage.k8s.io", "csinodes"): Printer(
        ("Name", "Drivers:integer", "Age"), lambda obj, now: [name_of(obj), len(at(obj, "spec.drivers", [])), age(obj, now)]
    ),
    ("storage.k8s.io", "volumeattributesclasses"): Printer(("Name", "DriverName", "Age"), _plain(("driverName", ""))),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): _WEBHOOKS,
    ("scheduling.k8s.io", "priorityclasses"): Printer(
        ("Name", "Value:integer", "Global-Default:boolean", "Age", "PreemptionPolicy"),
        _priority_class,
    ),
    ("coordination.k8s.io", "leases"): Printer(("Name", "Holder", "Age"), _plain(("spec.holderIdentity", ""))),
    ("node.k8s.io", "runtimeclasses"): Printer(("Name", "Handler", "Age"), _plain(("handler", ""))),
    ("discovery.k8s.io", "endpointslices"): Printer(("Name", "AddressType", "Ports", "Endpoints", "Age"), _slice),
    ("resource.k8s.io", "deviceclasses"): _AGE,
    ("resource.k8s.io", "resourceclaimtemplates"): _AGE,
}  # fmt: skip
CREATED = Printer(("Name", "Created At:date"), lambda obj, now: [name_of(obj), obj["metadata"].get("creationTimestamp")])
"""Kinds without a printer of their own."""
