"""What a sync of Argo CD consists of: one task for each object, in a phase and a wave, and the order of them.

Each object is judged by itself: its own `argocd.argoproj.io/hook` goes before its `helm.sh/hook`, and hides nobody else's.
A hook of no known event is passed over; `Skip` alone is never applied. What is pruned is a task of the sync phase like any
other, the waves of those tasks in reverse. Source: argoproj/gitops-engine pkg/sync (sync_context.go, sync_tasks.go, hook,
syncwaves); argoproj/argo-cd controller/hook.go (deletion).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pytest_helmsim.objects import meta
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.release.build import Built

TRACKING = "argocd.argoproj.io/tracking-id"
HOOK, WAVE, SYNC_OPTIONS = "argocd.argoproj.io/hook", "argocd.argoproj.io/sync-wave", "argocd.argoproj.io/sync-options"
HOOK_POLICY = "argocd.argoproj.io/hook-delete-policy"
HELM_HOOK, HELM_POLICY, HELM_WEIGHT = "helm.sh/hook", "helm.sh/hook-delete-policy", "helm.sh/hook-weight"
FINALIZER = "argocd.argoproj.io/hook-finalizer"
PHASES: Final = ("PreSync", "Sync", "PostSync", "SyncFail")
DELETIONS: Final = {"PreDelete": "pre-delete", "PostDelete": "post-delete"}
HELM_PHASES: Final[Mapping[str, str]] = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
}
POLICIES: Final[Mapping[str, str]] = {
    "before-hook-creation": "BeforeHookCreation",
    "hook-succeeded": "HookSucceeded",
    "hook-failed": "HookFailed",
}
KINDS: Final = (
    "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount", "Secret",
    "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole",
    "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service",
    "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob",
    "IngressClass", "Ingress", "APIService",
)  # fmt: skip
"""The order of kinds within a wave; others come last."""


@dataclass(frozen=True, slots=True)
class Task:
    """One object with its place in the sync; `policies` only of hooks; one to prune is as it lives."""

    phase: str
    wave: int
    target: Built
    policies: frozenset[str] | None = None
    is_prune: bool = False

    @property
    def is_hook(self) -> bool:
        """Whether it is awaited and may be deleted."""
        return self.policies is not None


def words(text: str) -> list[str]:
    """The items of an annotation."""
    return [each.strip() for each in text.split(",") if each.strip()]


def has_option(obj: JsonObject | None, option: str) -> bool:
    """Whether the object's own sync options say so."""
    return obj is not None and option in words(meta.annotations(obj).get(SYNC_OPTIONS, ""))


def is_hook(obj: JsonObject) -> bool:
    """Whether it is no object of the application, but runs at some event."""
    notes = meta.annotations(obj)
    if HOOK in notes:
        return words(notes[HOOK]) != ["Skip"]
    return HELM_HOOK in notes and notes[HELM_HOOK] != "crd-install"


def phases(obj: JsonObject) -> list[str]:
    """Where it runs: `Sync` for what is no hook, nothing for what is passed over."""
    notes = meta.annotations(obj)
    if not is_hook(obj):
        return [] if HOOK in notes else ["Sync"]
    own = [each for each in words(notes.get(HOOK, "")) if each in (*PHASES, "Skip")]
    found = own or [HELM_PHASES[each] for each in words(notes.get(HELM_HOOK, "")) if each in HELM_PHASES]
    return [phase for phase in PHASES if phase in found]


def runs_at_deletion(obj: JsonObject, phase: str) -> bool:
    """Whether it is a hook of the application's deletion."""
    notes = meta.annotations(obj)
    return phase in words(notes.get(HOOK, "")) or DELETIONS[phase] in words(notes.get(HELM_HOOK, ""))


def policies(obj: JsonObject) -> frozenset[str]:
    """When a hook is deleted: by either annotation, else before it is created anew."""
    notes = meta.annotations(obj)
    own = [each for each in words(notes.get(HOOK_POLICY, "")) if each in POLICIES.values()]
    helms = [POLICIES[each] for each in words(notes.get(HELM_POLICY, "")) if each in POLICIES]
    return frozenset([*own, *helms] or ["BeforeHookCreation"])


def wave(obj: JsonObject) -> int:
    """Argo's wave, else Helm's weight."""
    notes = meta.annotations(obj)
    for key in (WAVE, HELM_WEIGHT):
        try:
            return int(notes.get(key, ""))
        except ValueError:
            continue
    return 0


def of_objects(objects: Iterable[Built]) -> list[Task]:
    """The tasks of rendered objects; a hook of several phases has one in each."""
    return [
        Task(phase, wave(each.object), each, policies(each.object) if is_hook(each.object) else None)
        for each in objects
        for phase in phases(each.object)
    ]


def of_leftovers(live: Sequence[Built], tasks: Sequence[Task], *, last: bool) -> list[Task]:
    """The tasks that prune: waves in reverse, or after all others where `last` or the object itself says so."""
    found = [Task("Sync", wave(each.object), each, is_prune=True) for each in live]
    waves = sorted({task.wave for task in found})
    swapped = dict(zip(waves, reversed(waves), strict=True))
    found = [replace(task, wave=swapped[task.wave]) for task in found]
    final = max([0, *(task.wave for task in [*tasks, *found] if task.phase == "Sync")]) + 1
    return [replace(task, wave=final) if last or has_option(task.target.object, "PruneLast=true") else task for task in found]


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """Phases, waves, kinds, names; namespaces and definitions before the first object that needs them, in its wave."""
    ordered = sorted(tasks, key=lambda task: (PHASES.index(task.phase), task.wave, _rank(task.target.kind), task.target.name))
    ordered = _lifted(ordered, _namespace_made, lambda each: each.namespace)
    return _lifted(ordered, _kind_made, lambda each: f"{each.resource.gvk.group}/{each.kind}")


def _rank(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def _namespace_made(each: Built) -> str:
    return each.name if each.kind == "Namespace" and not each.resource.gvk.group else ""


def _kind_made(each: Built) -> str:
    if each.kind != "CustomResourceDefinition":
        return ""
    spec = each.object.get("spec") or {}
    return f"{spec.get('group')}/{(spec.get('names') or {}).get('kind')}"


def _lifted(tasks: Sequence[Task], made: Callable[[Built], str], needed: Callable[[Built], str]) -> list[Task]:
    done: list[Task] = []
    for task in tasks:
        key = "" if task.is_prune else made(task.target)
        needs = (index for index, each in enumerate(done) if not each.is_prune and not made(each.target) and needed(each.target) == key)
        index = next(needs, None) if key else None
        if index is None:
            done.append(task)
        else:
            done.insert(index, replace(task, phase=done[index].phase, wave=done[index].wave))
    return done
