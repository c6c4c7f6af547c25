"""Warnings that a good object can carry: what will not work as its author may think, what is deprecated.

They go out with the answer, in the order of the checks. Sources: k8s.io/kubernetes pkg/api/pod/warnings.go, pkg/api/service/warnings.go,
pkg/api/{job,persistentvolume,persistentvolumeclaim,node}, and WarningsOnCreate/-Update in pkg/registry/*/*/strategy.go.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import TypeAlias

from pytest_helmsim.apiserver import key_pairs, pods, value_warnings, warning_versions
from pytest_helmsim.apiserver.operation import Operation
from pytest_helmsim.objects import names, quantity
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.field_errors import quoted

_NODE_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_NULL_SELECTOR = "a null labelSelector results in matching no pod"
_NAME = "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: "
_HOSTNAME = "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: "

_OWN_SLICES = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")

Check: TypeAlias = Callable[[JsonObject, JsonObject | None], Iterator[str]]
"""New object and old one (None on create)."""


def add(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Put the kind's warnings on the answer."""
    check = _CHECKS.get((op.served.group, op.served.stored.kind)) if op.served.custom is None else None
    if check is not None:
        for text in check(new, old):
            if (known := warning_versions.said(text, op.server.catalog.version.minor)) is not None:
                op.warn(known)


def _at(value: Json, *steps: str) -> Json:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _counted(new: JsonObject, old: JsonObject | None) -> bool:
    """A new object, or a change that its generation counts."""
    return old is None or new["metadata"].get("generation") != old["metadata"].get("generation")


def _name(new: JsonObject, old: JsonObject | None, text: str = _NAME) -> Iterator[str]:
    if old is None:
        complaints = names.dns_label(new["metadata"].get("name") or "")
        if complaints:
            yield f"{text}[{' '.join(complaints)}]"


def _workload(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    yield from _name(new, old)
    yield from _nameless_workload(new, old)


def _nameless_workload(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    if _counted(new, old):
        yield from template(_at(new, "spec", "template") or {}, "spec.template.")


def _daemon_set(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    """Its template has a generation of its own."""
    if old is None or _at(new, "spec", "template") != _at(old, "spec", "template"):
        yield from template(_at(new, "spec", "template") or {}, "spec.template.")


def _replication_controller(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    """On a change the server looks at the template as it was."""
    yield from _name(new, old)
    if _counted(new, old):
        yield from template(_at(new if old is None else old, "spec", "template") or {}, "spec.template.")


def _stateful_set(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    yield from _nameless_workload(new, old)
    for index, claim in enumerate(_at(new, "spec", "volumeClaimTemplates") or ()):
        where = f"spec.volumeClaimTemplates[{index}]" + (".Spec" if old is not None else "")
        yield from _claim_spec(claim.get("spec") or {}, where)
    if (_at(new, "spec", "revisionHistoryLimit") or 0) < 0:
        yield "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"


def _job(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    yield from _name(new, old)
    spec = new.get("spec") or {}
    many = (spec.get("completions") or 0) > 100_000 and (spec.get("parallelism") or 0) > 10_000
    if _counted(new, old) and many and spec.get("completionMode") == "Indexed":
        sizes = "a number of completions higher than 10^5 and a parallelism higher than 10^4"
        why = "Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        yield f"spec: In Indexed Jobs with {sizes}, {why}"
    yield from _nameless_workload(new, old)


def _cron_job(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    yield from _name(new, old)
    if _counted(new, old):
        yield from template(_at(new, "spec", "jobTemplate", "spec", "template") or {}, "spec.jobTemplate.spec.template.")
    if "TZ" in (_at(new, "spec", "schedule") or ""):
        link = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
        yield f"cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see {link} for more details"


def _pod(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    if old is None:
        yield from _name(new, old, _HOSTNAME)
        yield from template(new, "")


def _pod_template(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    if _counted(new, old):
        yield from template(new.get("template") or {}, "template.")


def template(value: JsonObject, path: str) -> Iterator[str]:
    """Of a pod template (or a pod); `path` is what stands before `spec` and `metadata`, with its dot."""
    spec, annotations = value.get("spec") or {}, _at(value, "metadata", "annotations") or {}
    yield from _placement(spec, path)
    for key, text in _ANNOTATIONS.items():
        if key in annotations:
            yield f"{path}metadata.annotations[{key}]: {text}"
    for index, volume in enumerate(spec.get("volumes") or ()):
        for kind, text in _VOLUMES.items():
            if kind in volume:
                yield f"{path}spec.volumes[{index}].{kind.replace('storageos', 'storageOS')}: {text}"
        claim = _at(volume, "ephemeral", "volumeClaimTemplate", "spec")
        if claim:
            yield from _claim_spec(claim, f"{path}spec.volumes[{index}].ephemeral.volumeClaimTemplate.spec")
    yield from value_warnings.overlaps(spec.get("volumes") or [])
    yield from _doubles(spec.get("hostAliases") or (), "ip", f"{path}spec.hostAliases")
    secrets = spec.get("imagePullSecrets") or ()
    yield from _doubles(secrets, "name", f"{path}spec.imagePullSecrets")
    yield from (f'{path}spec.imagePullSecrets[{i}].name: invalid empty name ""' for i, item in enumerate(secrets) if not item.get("name"))
    yield from _fractions(spec.get("overhead") or {}, f"{path}spec.overhead")
    if "seccomp.security.alpha.kubernetes.io/pod" in annotations and not _at(spec, "securityContext", "seccompProfile"):
        yield f"{path}metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: {_SECCOMP}"
    for container, where in _containers(spec, path):
        yield from _container(container, where, annotations, path, spec)
    yield from _ports(spec, path)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        yield f"{path}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
    yield from _affinity(spec, path)
    for index, server in enumerate(_at(spec, "dnsConfig", "nameservers") or ()):
        yield from value_warnings.address(server, f"{path}spec.dnsConfig.nameservers[{index}]")
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        yield from value_warnings.address(alias.get("ip") or "", f"{path}spec.hostAliases[{index}].ip")


def _placement(spec: JsonObject, path: str) -> Iterator[str]:
    for key in spec.get("nodeSelector") or ():
        if key in _NODE_LABELS:
            yield f"{path}spec.nodeSelector[{key}]: {_NODE_LABELS[key]}"
    affinity = _at(spec, "affinity", "nodeAffinity") or {}
    where = f"{path}spec.affinity.nodeAffinity"
    required = _at(affinity, "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms") or ()
    for index, term in enumerate(required):
        yield from _node_term(term, f"{where}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[{index}]")
    for index, term in enumerate(affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        here = f"{where}.preferredDuringSchedulingIgnoredDuringExecution[{index}].preference"
        yield from _node_term(term.get("preference") or {}, here, values=True)
    for index, spread in enumerate(spec.get("topologySpreadConstraints") or ()):
        where, key = f"{path}spec.topologySpreadConstraints[{index}]", spread.get("topologyKey")
        if key in _NODE_LABELS:
            yield f"{where}.topologyKey: {key} is {_NODE_LABELS[key]}"
        if spread.get("labelSelector") is None:
            yield f"{where}.labelSelector: {_NULL_SELECTOR}"


def _node_term(term: JsonObject, where: str, *, values: bool = False) -> Iterator[str]:
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        key = expression.get("key")
        if key in _NODE_LABELS:
            yield f"{where}.matchExpressions[{index}].key: {key} is {_NODE_LABELS[key]}"
        for position, value in enumerate(expression.get("values") or () if values else ()):
            for complaint in names.label_value(value):
                yield f"{where}.matchExpressions[{index}].values[{position}]: {value} is invalid, {complaint}"


def _affinity(spec: JsonObject, path: str) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        where, found = f"{path}spec.affinity.{kind}", _at(spec, "affinity", kind) or {}
        for index, term in enumerate(found.get("requiredDuringSchedulingIgnoredDuringExecution") or ()):
            if term.get("labelSelector") is None:
                yield f"{where}.requiredDuringSchedulingIgnoredDuringExecution[{index}].labelSelector: {_NULL_SELECTOR}"
        for index, term in enumerate(found.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
            if _at(term, "podAffinityTerm", "labelSelector") is None:
                yield f"{where}.preferredDuringSchedulingIgnoredDuringExecution[{index}].podAffinityTerm.labelSelector: {_NULL_SELECTOR}"


def _doubles(items: Json, key: str, path: str) -> Iterator[str]:
    seen = set()
    for index, item in enumerate(items):
        value = item.get(key) or ""
        if value in seen:
            yield f'{path}[{index}].{key}: duplicate {key} "{value}"'
        seen.add(value)


def _containers(spec: JsonObject, path: str) -> Iterator[tuple[JsonObject, str]]:
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(group) or ()):
            yield container, f"{path}spec.{group}[{index}]"


def _fractions(amounts: JsonObject, path: str) -> Iterator[str]:
    for name in ("memory", "ephemeral-storage"):
        if name in amounts:
            amount = quantity.parse(amounts[name])
            if amount.scaled(-3) % 1000:
                yield f'{path}[{name}]: fractional byte value "{amount}" is invalid, must be an integer'


def _container(container: JsonObject, where: str, annotations: JsonObject, path: str, value_spec: JsonObject) -> Iterator[str]:
    name = container.get("name")
    key = f"container.seccomp.security.alpha.kubernetes.io/{name}"
    if key in annotations and not _at(container, "securityContext", "seccompProfile"):
        yield f"{path}metadata.annotations[{key}]: {_SECCOMP}"
    armor = f"container.apparmor.security.beta.kubernetes.io/{name}"
    general = _at(value_spec, "securityContext", "appArmorProfile")
    known = general is not None and general == pods.profile_of(annotations.get(armor, ""))
    if path and armor in annotations and not known and not _at(container, "securityContext", "appArmorProfile"):
        yield f'{path}metadata.annotations[{armor}]: deprecated since v1.30; use the "appArmorProfile" field instead'
    resources = container.get("resources") or {}
    for resource in ("memory", "ephemeral-storage"):
        for side in ("limits", "requests"):
            amounts = resources.get(side) or {}
            yield from _fractions({resource: amounts[resource]} if resource in amounts else {}, f"{where}.resources.{side}")
    seen = set()
    for index, variable in enumerate(container.get("env") or ()):
        known = variable.get("name")
        reference = f"$({known})"
        value = variable.get("value") or ""
        if known in seen and (variable.get("valueFrom") or value == reference or reference not in value):
            yield f'{where}.env[{index}]: hides previous definition of "{known}", which may be dropped when using apply'
        seen.add(known)


def _ports(spec: JsonObject, path: str) -> Iterator[str]:
    known: dict[str, list[tuple[str, JsonObject]]] = {}
    for container, where in _containers(spec, path):
        for index, port in enumerate(container.get("ports") or ()):
            here = f"{where}.ports[{index}]"
            others = known.setdefault(f"{port.get('containerPort')}/{port.get('protocol')}", [])
            host, address = port.get("hostPort") or 0, port.get("hostIP") or ""
            if address and not host:
                fields = (port.get("name", ""), 0, port.get("containerPort", 0), port.get("protocol", ""), address)
                shown = "{{Name:{} HostPort:{} ContainerPort:{} Protocol:{} HostIP:{}}}".format(*fields)
                yield f"{here}: hostIP set without hostPort: {shown}"
            for there, other in others:
                other_host, other_address = other.get("hostPort") or 0, other.get("hostIP") or ""
                if (address, host) == (other_address, other_host):
                    yield f"{here}: duplicate port definition with {there}"
                elif not host or not other_host:
                    yield f"{here}: overlapping port definition with {there}"
                elif host == other_host and bool(address) != bool(other_address):
                    yield f"{here}: dangerously ambiguous port definition with {there}"
            others.append((here, port))
    named: dict[str, str] = {}
    for container, where in _containers(spec, path):
        for index, port in enumerate(container.get("ports") or ()):
            name, here = port.get("name"), f"{where}.ports[{index}]"
            if name and name in named:
                first = named[name]
                yield f'{here}: duplicate port name "{name}" with {first}, services and probes that select ports by name will use {first}'
            elif name:
                named[name] = here


def _claim_spec(spec: JsonObject, path: str) -> Iterator[str]:
    for side in ("requests", "limits"):
        amount = _at(spec, "resources", side, "storage")
        if amount is not None and quantity.parse(amount).scaled(-3) % 1000:
            yield f'{path}.resources.{side}[storage]: fractional byte value "{amount}" is invalid, must be an integer'


_CLASS = "volume.beta.kubernetes.io/storage-class"
_OLD_CLASS = 'deprecated since v1.8; use "storageClassName" attribute instead'
_OLD_OPTIONS = 'deprecated since v1.31; use "mountOptions" attribute instead'


def _claim(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    if _CLASS in (new["metadata"].get("annotations") or {}):
        yield f"metadata.annotations[{_CLASS}]: {_OLD_CLASS}"
    yield from _claim_spec(new.get("spec") or {}, "spec")


def _service(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    spec = new.get("spec") or {}
    headless = spec.get("type") == "ClusterIP" and spec.get("clusterIP") == "None"
    if "service.kubernetes.io/topology-aware-hints" in (new["metadata"].get("annotations") or {}):
        instead = "service.kubernetes.io/topology-mode"
        yield f"annotation service.kubernetes.io/topology-aware-hints is deprecated, please use {instead} instead"
    external = spec.get("externalIPs")
    for index, text in enumerate(spec.get("clusterIPs") or ()):
        yield from value_warnings.address(text, f"spec.clusterIPs[{index}]")
    if headless:
        if spec.get("loadBalancerIP"):
            yield "spec.loadBalancerIP is ignored for headless services"
        if external:
            yield "spec.externalIPs is ignored for headless services"
        if spec.get("sessionAffinity") != "None":
            yield "spec.SessionAffinity is ignored for headless services"
    for index, text in enumerate(external or ()):
        yield from value_warnings.address(text, f"spec.externalIPs[{index}]")
    if external and not headless and spec.get("type") != "ExternalName":
        yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
    if spec.get("loadBalancerIP"):
        yield from value_warnings.address(spec["loadBalancerIP"], "spec.loadBalancerIP")
    for index, text in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        yield from value_warnings.block(text, f"spec.loadBalancerSourceRanges[{index}]")
    if spec.get("type") == "ExternalName" and external:
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if spec.get("type") != "ExternalName" and spec.get("externalName"):
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'


def _ingress(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    annotations = new["metadata"].get("annotations") or {}
    if old is None and "kubernetes.io/ingress.class" in annotations and not _at(new, "spec", "ingressClassName"):
        yield "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"


def _volume(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    for key, text in ((_CLASS, _OLD_CLASS), ("volume.beta.kubernetes.io/mount-options", _OLD_OPTIONS)):
        if key in (new["metadata"].get("annotations") or {}):
            yield f"metadata.annotations[{key}]: {text}"
    if _at(new, "spec", "persistentVolumeReclaimPolicy") == "Recycle":
        instead = "Instead, the recommended approach is to use dynamic provisioning."
        yield f"spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. {instead}"
    for index, term in enumerate(_at(new, "spec", "nodeAffinity", "required", "nodeSelectorTerms") or ()):
        yield from _node_term(term, f"spec.nodeAffinity.required.nodeSelectorTerms[{index}]")
    for kind in ("cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"):
        if kind in (new.get("spec") or {}):
            yield f"spec.{kind.replace('storageos', 'storageOS')}: {_VOLUMES[kind]}"


def _definition(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    """Formats that mean nothing to the server, each once; those that an older definition had pass."""
    before = set(_odd_formats(old)) if old is not None else set()
    yield from (f"unrecognized format {quoted(name)}" for name in _odd_formats(new) if name not in before)


def _odd_formats(definition: JsonObject) -> list[str]:
    from pytest_helmsim.schema import formats

    found: dict[str, None] = {}

    def walk(node: Json, depth: int) -> None:
        if not isinstance(node, dict) or depth > 100:
            return
        name, kind = node.get("format"), node.get("type")
        if isinstance(name, str) and name and not formats.effective(name, [kind] if kind else []):
            found[name] = None
        children = [*(node.get("properties") or {}).values(), node.get("items"), node.get("additionalProperties"), node.get("not")]
        children += [part for key in ("allOf", "anyOf", "oneOf") for part in node.get(key) or ()]
        for child in children:
            walk(child, depth + 1)

    for version in (definition.get("spec") or {}).get("versions") or ():
        walk((version.get("schema") or {}).get("openAPIV3Schema"), 0)
    return list(found)


def _secret(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    """Of a TLS Secret, at every write of it."""
    if new.get("type") == "kubernetes.io/tls":
        found = new.get("data") or {}
        why = key_pairs.problem(*(base64.b64decode(found.get(key) or "") for key in ("tls.crt", "tls.key")))
        if why:
            yield why


def _runtime_class(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    for key in _at(new, "scheduling", "nodeSelector") or ():
        if key in _NODE_LABELS:
            yield f"scheduling.nodeSelector: {_NODE_LABELS[key]}"


def _storage_class(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    for index, term in enumerate(new.get("allowedTopologies") or ()):
        for position, entry in enumerate(term.get("matchLabelExpressions") or ()):
            if entry.get("key") in _NODE_LABELS:
                yield f"allowedTopologies[{index}].matchLabelExpressions[{position}].key: {_NODE_LABELS[entry['key']]}"


def _endpoint_slice(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    if old is None and new.get("addressType") == "FQDN":
        yield "spec.addressType: FQDN endpoints are deprecated"
    if (new["metadata"].get("labels") or {}).get("endpointslice.kubernetes.io/managed-by") in _OWN_SLICES:
        return
    for index, endpoint in enumerate(new.get("endpoints") or ()):
        for position, text in enumerate(endpoint.get("addresses") or ()):
            yield from value_warnings.address(text, f"endpoints[{index}].addresses[{position}]")


def _node(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    spec = new.get("spec") or {}
    if spec.get("configSource") is not None:
        yield "spec.configSource: the feature is removed"
    if spec.get("externalID"):
        yield "spec.externalID: this field is deprecated, and is unused by Kubernetes"
    for index, text in enumerate(spec.get("podCIDRs") or ()):
        yield from value_warnings.block(text, f"spec.podCIDRs[{index}]")


def _network_policy(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    yield from value_warnings.policy_blocks(new.get("spec") or {})


def _endpoints(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    """Not of what the controller makes."""
    if _at(new, "metadata", "labels", "endpoints.kubernetes.io/managed-by") != "endpoint-controller":
        yield from value_warnings.endpoint_addresses(new.get("subsets") or [])


_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"


def _account(new: JsonObject, old: JsonObject | None) -> Iterator[str]:
    now, before = (((obj or {}).get("metadata") or {}).get("annotations") or {} for obj in (new, old))
    if _MOUNTABLE in now and _MOUNTABLE not in before:
        why = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
        yield f"metadata.annotations[{_MOUNTABLE}]: {why}"


_CHECKS: dict[tuple[str, str], Check] = {
    ("", "ServiceAccount"): _account,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("", "Endpoints"): _endpoints,
    ("", "Node"): _node,
    ("discovery.k8s.io", "EndpointSlice"): _endpoint_slice,
    ("node.k8s.io", "RuntimeClass"): _runtime_class,
    ("storage.k8s.io", "StorageClass"): _storage_class,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("", "Pod"): _pod,
    ("", "PodTemplate"): _pod_template,
    ("", "ReplicationController"): _replication_controller,
    ("apps", "Deployment"): _workload,
    ("apps", "ReplicaSet"): _workload,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
}
