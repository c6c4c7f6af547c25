"""Pod Security: namespaces say by labels what their pods may do, and what is only warned of.

Pods are refused; objects that make pods, and namespaces whose pods would be refused from now on, get warnings.
Source: k8s.io/pod-security-admission admission, api/helpers.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission.pod_checks import violations
from pytest_helmsim.apiserver.admission.refusals import forbidden
from pytest_helmsim.apiserver.store import StoreKey
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import invalid
from pytest_helmsim.schema.field_errors import Errors

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

_PREFIX = "pod-security.kubernetes.io/"
_LEVELS = ("privileged", "baseline", "restricted")
_VERSION = re.compile(r"v1\.(0|[1-9]\d*)")
_LATEST = "latest"
_NAMESPACES, _PODS = StoreKey("", "namespaces"), StoreKey("", "pods")
_TEMPLATE = ("spec", "template")
_TEMPLATES = {
    StoreKey("", "replicationcontrollers"): _TEMPLATE,
    StoreKey("", "podtemplates"): ("template",),
    **{StoreKey("apps", plural): _TEMPLATE for plural in ("replicasets", "deployments", "statefulsets", "daemonsets")},
    StoreKey("batch", "jobs"): _TEMPLATE,
    StoreKey("batch", "cronjobs"): ("spec", "jobTemplate", "spec", "template"),
}
WATCHED = frozenset({_NAMESPACES, _PODS, *_TEMPLATES})
"""Resources that have to do with pods."""
_OPEN_PARTS = frozenset({"binding", "eviction", "status"})
_MOST_PODS = 3000


@dataclass(frozen=True, slots=True)
class Demand:
    """A level in a version: `restricted:latest`."""

    level: str = "privileged"
    version: str = _LATEST

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a namespace's labels ask for, and what is wrong with them."""

    enforce: Demand
    warn: Demand
    errors: Errors


def policy_of(labels: JsonObject) -> Policy:
    """What the labels say. A value that is none counts as the strictest for `enforce`, as none for `warn`."""
    errors = Errors()
    levels: dict[str, str] = {}
    versions: dict[str, str] = {}
    good: set[str] = set()
    for mode in ("enforce", "audit", "warn"):
        level, version = labels.get(_PREFIX + mode), labels.get(f"{_PREFIX}{mode}-version")
        levels[mode], versions[mode] = level or "privileged", _LATEST
        if level in _LEVELS:
            good.add(mode)
        elif level is not None:
            levels[mode] = "restricted" if mode == "enforce" else "privileged"
            errors.invalid(f"metadata.labels[{_PREFIX}{mode}]", level, f"must be one of {', '.join(_LEVELS)}")
        if version is not None and (version == _LATEST or _VERSION.fullmatch(version)):
            versions[mode] = version
        elif version is not None:
            errors.invalid(f"metadata.labels[{_PREFIX}{mode}-version]", version, 'must be "latest" or "v1.x"')
    if f"{_PREFIX}warn" not in labels and "enforce" in good and levels["enforce"] != "privileged":
        levels["warn"] = levels["enforce"]
        if f"{_PREFIX}warn-version" not in labels:
            versions["warn"] = versions["enforce"]
    return Policy(Demand(levels["enforce"], versions["enforce"]), Demand(levels["warn"], versions["warn"]), errors)


def check(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Refuse a pod, or warn of what will be refused."""
    key = op.served.key
    if key not in WATCHED:
        return
    if key == _NAMESPACES:
        if not op.subresource:
            _check_namespace(op, new, old)
        return
    if op.subresource in _OPEN_PARTS or (op.subresource and key != _PODS):
        return
    record = op.server.store.get(_NAMESPACES, "", op.namespace)
    labels = (record.obj["metadata"].get("labels") or {}) if record is not None else {}
    if not any(label.startswith(_PREFIX) for label in labels):
        return
    policy = policy_of(labels)
    if key == _PODS:
        if old is None or _matters(new["spec"], old["spec"]):
            _check_pod(op, policy, new)
        return
    template = new
    for step in _TEMPLATES[key]:
        template = template.get(step) or {}
    if template.get("spec"):
        _warn(op, policy.warn, template.get("metadata") or {}, template["spec"])


def _check_pod(op: Operation, policy: Policy, pod: JsonObject) -> None:
    found = _violations(op, policy.enforce, pod["metadata"], pod["spec"])
    if found:
        raise forbidden(op, f'violates PodSecurity "{policy.enforce}": {_told(found)}')
    _warn(op, policy.warn, pod["metadata"], pod["spec"])


def _warn(op: Operation, demand: Demand, meta: JsonObject, spec: JsonObject) -> None:
    found = _violations(op, demand, meta, spec)
    if found:
        op.warn(f'would violate PodSecurity "{demand}": {_told(found)}')


def _violations(op: Operation, demand: Demand, meta: JsonObject, spec: JsonObject) -> list[tuple[str, str]]:
    own = op.server.catalog.version.minor
    return violations(demand.level, own if demand.version == _LATEST else min(own, int(demand.version[3:])), meta, spec)


def _told(found: list[tuple[str, str]]) -> str:
    return ", ".join(f"{reason} ({detail})" if detail else reason for reason, detail in found)


def _matters(new: JsonObject, old: JsonObject) -> bool:
    """Whether a change to a pod could break a rule: another image, or other containers."""
    for group in ("containers", "initContainers"):
        images, before = ([each.get("image") for each in spec.get(group) or ()] for spec in (new, old))
        if images != before:
            return True
    known = {each["name"]: each.get("image") for each in old.get("ephemeralContainers") or ()}
    return any(known.get(each["name"], ...) != each.get("image") for each in new.get("ephemeralContainers") or ())


def _check_namespace(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    labels, before = ((obj or {}).get("metadata", {}).get("labels") or {} for obj in (new, old))
    if labels == before or not any(label.startswith(_PREFIX) for label in labels):
        return
    policy, former = policy_of(labels), policy_of(before)
    if policy.errors and (old is None or policy.errors != former.errors):
        raise invalid("Namespace", "", op.name, [error.cause() for error in policy.errors])
    if old is None or policy.enforce == former.enforce or policy.enforce.level == "privileged":
        return
    if policy.enforce.version == former.enforce.version and _LEVELS.index(policy.enforce.level) <= _LEVELS.index(former.enforce.level):
        return
    _warn_of_pods(op, policy.enforce)


def _warn_of_pods(op: Operation, demand: Demand) -> None:
    """Which pods the namespace would not take any more; those of one kind are told together."""
    pods = [record.obj for _, _, record in op.server.store.records(_PODS, op.name)]
    found: dict[str, list[str]] = {}
    for pod in pods[:_MOST_PODS]:
        broken = _violations(op, demand, pod["metadata"], pod["spec"])
        if broken:
            found.setdefault(", ".join(reason for reason, _ in broken), []).append(pod["metadata"]["name"])
    if len(pods) > _MOST_PODS:
        op.warn(f"new PodSecurity enforce level only checked against the first {_MOST_PODS} of {len(pods)} existing pods")
    if found:
        op.warn(f'existing pods in namespace "{op.name}" violate the new PodSecurity enforce level "{demand}"')
    lines = []
    for reasons, names in found.items():
        others = len(names) - 1
        also = f" (and {others} other pod{'' if others == 1 else 's'})" if others else ""
        lines.append(f"{min(names)}{also}: {reasons}")
    for line in sorted(lines):
        op.warn(line)
