"""Argo CD: Helm renders, Argo CD applies. Each operation is a sync of the rendered objects; no Helm records are written.

| what | Argo CD |
| --- | --- |
| render | `helm template` with the cluster's version and kinds: no `lookup`, revision 1, always an install; crds/ among the objects |
| hooks | pre-install, pre-upgrade: PreSync; post-install, post-upgrade: PostSync; pre-delete, post-delete on deletion; others ignored; all of Helm's ignored where an object has `argocd.argoproj.io/hook` |
| order | phases, then waves (`argocd.argoproj.io/sync-wave`, a hook's weight), then kinds; a wave is healthy before the next one |
| apply | client-side by `argocd-controller`, with `kubectl.kubernetes.io/last-applied-configuration`; `server_side=True`: forced |
| tracking | the annotation `argocd.argoproj.io/tracking-id` |
| prune | what is tracked and not rendered any more, after the sync, but `Prune=false`; `prune=False` leaves it |
| self-heal | off: drift stays until the next sync; `self_heal=True`: `reconcile` syncs again |

Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/{helm,sync-options,sync-waves,auto_sync,resource_tracking}/;
argoproj/gitops-engine pkg/utils/kube/resource_ops.go (kubectl's apply with the manager), pkg/sync.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from pytest_helmsim.chart import dependencies, manifests, model
from pytest_helmsim.chart.render import ReleaseInfo
from pytest_helmsim.client.client import MERGE_PATCH, STRATEGIC_PATCH
from pytest_helmsim.objects import gojson, meta
from pytest_helmsim.objects.flavour import HELM4
from pytest_helmsim.objects.json import JsonObject, loads
from pytest_helmsim.objects.status import ApiError, NotFound
from pytest_helmsim.patch import merge_patch, three_way
from pytest_helmsim.release import plan, rendering
from pytest_helmsim.release.apply import ServerSide, Way, Written, on_conflict
from pytest_helmsim.release.build import Built, build
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.engine import ChartLike, Engine, merged_options
from pytest_helmsim.release.errors import InvalidOption, ObjectFailed, ReleaseError, ReleaseNotFound, UninstallFailed, UpgradeFailed
from pytest_helmsim.release.model import DEPLOYED, FAILED, SUPERSEDED, UNINSTALLED, HookRecord, Info, ObjectChange, Release
from pytest_helmsim.release.options import InstallOptions, RollbackOptions, UninstallOptions, UpgradeOptions
from pytest_helmsim.release.uninstall import Uninstalled
from pytest_helmsim.release.waiters import Watcher

MANAGER = "argocd-controller"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
TRACKING = "argocd.argoproj.io/tracking-id"
HOOK, WAVE, SYNC_OPTIONS = "argocd.argoproj.io/hook", "argocd.argoproj.io/sync-wave", "argocd.argoproj.io/sync-options"
HOOK_POLICY = "argocd.argoproj.io/hook-delete-policy"
PHASES = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
    "pre-delete": "PreDelete",
    "post-delete": "PostDelete",
}
POLICIES = {"before-hook-creation": "BeforeHookCreation", "hook-succeeded": "HookSucceeded", "hook-failed": "HookFailed"}
SYNC = ("PreSync", "Sync", "PostSync")
REFUSED = ("atomic", "force", "force_conflicts", "reuse_values", "reset_then_reuse_values", "cleanup_on_fail", "recreate_pods", "replace")


@dataclass(frozen=True, slots=True)
class Task:
    """One object with its place in the sync; `policies` only of hooks."""

    phase: str
    wave: int
    target: Built
    policies: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ClientApply:
    """`kubectl apply`: a three-way merge whose original is the annotation of the last apply."""

    context: Context

    def create(self, target: Built) -> JsonObject:
        """POST with the annotation."""
        body, client = _annotated(target.object), self.context.client
        return on_conflict(self.context, lambda: client.create(body, target.namespace, resource=target.resource, field_manager=MANAGER))

    def update(self, original: JsonObject | None, target: Built, live: JsonObject) -> Written:
        """PATCH, or nothing when there is nothing to change."""
        body = _annotated(target.object)
        text = meta.annotations(live).get(LAST_APPLIED)
        last = loads(text) if text else {}
        schema = self.context.builtin_schema(target.resource.gvk)
        content = MERGE_PATCH if schema is None else STRATEGIC_PATCH
        patch = merge_patch.three_way(last, body, live) if schema is None else three_way.build(last, body, live, schema)
        if not patch:
            return Written("unchanged", live)
        client = self.context.client
        try:
            after = client.patch(target.resource, target.name, patch, target.namespace, content_type=content, field_manager=MANAGER)
        except ApiError as error:
            raise ObjectFailed(f"error when patching {target.key}: {error}") from error
        return Written("patched", after, patch)


def _annotated(obj: JsonObject) -> JsonObject:
    """With its own text as the annotation, an empty map of annotations standing there as kubectl writes it."""
    metadata = dict(obj.get("metadata") or {})
    metadata["annotations"] = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    bare = {**obj, "metadata": metadata}
    return meta.with_annotations(bare, {LAST_APPLIED: gojson.encode(bare, escape_html=False) + "\n"})


class ArgoCD(Engine):
    """An Application of Argo CD as an engine: install and upgrade sync, rollback syncs an old render, uninstall deletes the app."""

    def __init__(self, client: Any, *, prune: bool = True, self_heal: bool = False, server_side: bool = False, **settings: Any) -> None:
        settings["driver"] = "memory"
        super().__init__(client, flavour=HELM4, **settings)
        self.prune, self.self_heal, self.server_side = prune, self_heal, server_side
        self.rules = replace(self.rules, field_manager=MANAGER, user_agent="argocd-application-controller")
        self.client = client.as_agent(self.rules.user_agent)

    def install(
        self, name: str, chart: ChartLike, values: JsonObject | None = None, options: InstallOptions | None = None, **changes: Any
    ) -> Release:
        """Create the application and sync it."""
        chosen = merged_options(InstallOptions, options, changes, self.flavour)
        return self._deploy(name, self._installable(chart), values or {}, chosen)

    def upgrade(
        self, name: str, chart: ChartLike, values: JsonObject | None = None, options: UpgradeOptions | None = None, **changes: Any
    ) -> Release:
        """Sync another chart or other values; values are always those given now."""
        chosen = merged_options(UpgradeOptions, options, changes, self.flavour)
        return self._deploy(name, self._installable(chart), values or {}, chosen)

    def rollback(self, name: str, revision: int = 0, options: RollbackOptions | None = None, **changes: Any) -> Release:
        """Sync what an earlier sync had rendered."""
        context = self.context()
        context.check_reachable()
        chosen = merged_options(RollbackOptions, options, changes, self.flavour)
        last = context.history.last(name)
        old = context.history.get(name, revision or last.version - 1)
        release = replace(old, version=last.version + 1, info=replace(old.info, last_deployed=context.now()))
        return self._sync(context, release, chosen.seconds)

    def uninstall(self, name: str, options: UninstallOptions | None = None, **changes: Any) -> Uninstalled:
        """Delete the application with its resources, but those with `Delete=false` or Helm's policy `keep`."""
        chosen = merged_options(UninstallOptions, options, changes, self.flavour)
        context = self.context()
        context.check_reachable()
        last = context.history.last(name)
        tasks = list(self._tasks(context, last))
        self._run_hooks(context, [task for task in tasks if task.phase == "PreDelete"], chosen.seconds)
        going = [task.target for task in tasks if task.phase == "Sync" and not _kept(task.target.object)]
        errors = plan.delete_all(context, going[::-1], "Foreground")
        if errors:
            raise UninstallFailed("; ".join(map(str, errors)), release=last, cause=errors[0])
        Watcher(context).gone(going, chosen.seconds)
        self._run_hooks(context, [task for task in tasks if task.phase == "PostDelete"], chosen.seconds)
        for each in context.history.all(name):
            context.history.driver.delete(name, each.version)
        return Uninstalled(last.with_status(UNINSTALLED, "application deleted"))

    def reconcile(self, name: str) -> list[ObjectChange]:
        """What a refresh finds OutOfSync; with `self_heal` it is synced."""
        from pytest_helmsim.release import preview

        context = self.context()
        context.check_reachable()
        last = context.history.last(name)
        targets = [task.target for task in self._tasks(context, last) if task.phase == "Sync"]
        drifted = [change for change in preview.walk(context, targets, targets, self._way) if change.action not in ("unchanged", "kept")]
        if drifted and self.self_heal:
            self._sync(context, last, 300.0, record=False)
        return drifted

    def needs_install(self, name: str) -> bool:
        """Never: a sync is a sync."""
        return False

    def _way(self, context: Context) -> Way:
        return ServerSide(context, force=True) if self.server_side else ClientApply(context)

    def _deploy(self, name: str, chart: model.Chart, values: JsonObject, options: InstallOptions | UpgradeOptions) -> Release:
        for refused in REFUSED:
            if getattr(options, refused, False):
                raise InvalidOption(f"Argo CD has nothing like {refused}: it renders with `helm template` and applies the objects")
        context = self.context()
        context.check_reachable()
        chart = dependencies.process(chart, values, self.flavour)
        info = ReleaseInfo(name, self.namespace, 1, True, False)
        offline = replace(options, dry_run="client")
        rendered = rendering.prepare(context, chart, values, info, offline, rendering.capabilities(context))
        crds = "" if options.skip_crds else "".join(f"---\n{file.data.decode()}\n" for _, file in chart.crds())
        now = context.now()
        release = Release(
            name=name,
            namespace=self.namespace,
            version=self._next(context, name),
            info=Info(now, now, status=DEPLOYED, notes=""),
            chart=model.to_record(chart, self.flavour),
            config=values,
            manifest=crds + rendered.manifest,
            hooks=rendered.hooks,
        )
        if options.dry_run != "none":
            return release.with_info(description="Dry run complete")
        return self._sync(context, release, options.seconds)

    @staticmethod
    def _next(context: Context, name: str) -> int:
        try:
            return context.history.last(name).version + 1
        except ReleaseNotFound:
            return 1

    def _sync(self, context: Context, release: Release, timeout: float, *, record: bool = True) -> Release:
        """Phases and waves in order, then pruning; the outcome is the application's history."""
        try:
            tasks = list(self._tasks(context, release))
            before = self._before(context, release.name)
            for phase in SYNC:
                self._run_phase(context, [task for task in tasks if task.phase == phase], before, timeout)
            if self.prune:
                self._prune(context, release, tasks)
        except ReleaseError as error:
            failed = release.with_status(FAILED, f"sync failed: {error}")
            if record:
                context.history.create(failed)
            raise UpgradeFailed(str(error), release=failed, cause=error) from error
        done = release.with_status(DEPLOYED, "successfully synced (all tasks run)")
        if record:
            for each in self._records(context, release.name):
                if each.status == DEPLOYED:
                    context.history.update(each.with_info(status=SUPERSEDED))
            context.history.create(done)
        return done

    @staticmethod
    def _records(context: Context, name: str) -> list[Release]:
        try:
            return context.history.all(name)
        except ReleaseNotFound:
            return []

    def _tasks(self, context: Context, release: Release) -> Iterator[Task]:
        """Objects and hooks in their phases; a hook of two events of one phase is one task."""
        objects = build(context.client, release.manifest, self.namespace)
        own = any(HOOK in meta.annotations(each.object) for each in objects)
        for each in objects:
            tracked = each.holding(meta.with_annotations(each.object, {TRACKING: self._tracking(release.name, each)}))
            notes = meta.annotations(each.object)
            if HOOK not in notes:
                yield Task("Sync", _wave(notes), tracked)
                continue
            policies = frozenset(_words(notes.get(HOOK_POLICY, "BeforeHookCreation")))
            yield from (Task(phase, _wave(notes), each, policies) for phase in _words(notes[HOOK]) if phase != "Skip")
        for hook in () if own else release.hooks:
            yield from self._hook_tasks(context, hook)

    def _hook_tasks(self, context: Context, hook: HookRecord) -> Iterator[Task]:
        policies = frozenset(POLICIES[each] for each in hook.delete_policies if each in POLICIES) or frozenset({"BeforeHookCreation"})
        for each in build(context.client, hook.manifest, self.namespace):
            for phase in dict.fromkeys(PHASES[event] for event in hook.events if event in PHASES):
                yield Task(phase, _wave(meta.annotations(each.object), hook.weight), each, policies)

    def _before(self, context: Context, name: str) -> list[Built]:
        """What the last sync that succeeded had rendered."""
        records = [each for each in self._records(context, name) if each.status == DEPLOYED]
        return [task.target for each in records[-1:] for task in self._tasks(context, each)]

    def _run_phase(self, context: Context, tasks: Sequence[Task], before: Sequence[Built], timeout: float) -> None:
        ordered = sorted(tasks, key=lambda task: (task.wave, _kind_order(task.target.kind), task.target.name))
        waves = [(wave, list(group)) for wave, group in groupby(ordered, key=lambda task: task.wave)]
        for number, (_, group) in enumerate(waves):
            plain = [task.target for task in group if task.policies is None]
            plan.perform_update(context, plan.Plan(plan.make(before, plain).steps, ()), self._way(context), plan.Done())
            self._run_hooks(context, [task for task in group if task.policies is not None], timeout)
            if plain and number < len(waves) - 1:
                Watcher(context).ready(plain, timeout, jobs=True)

    def _run_hooks(self, context: Context, tasks: Sequence[Task], timeout: float) -> None:
        """Apply the hooks of one wave, wait for them, delete them by their policies."""
        wait = Watcher(context)
        for task in tasks:
            if "BeforeHookCreation" in (task.policies or ()):
                plan.delete_all(context, [task.target], "Foreground", observe=False)
                wait.gone([task.target], timeout)
            try:
                live = context.client.get(task.target.resource, task.target.name, task.target.namespace)
                self._way(context).update(None, task.target, live)
            except NotFound:
                self._way(context).create(task.target)
        outcome = "HookSucceeded"
        try:
            wait.hook_done([task.target for task in tasks], timeout)
        except ReleaseError:
            outcome = "HookFailed"
            raise
        finally:
            plan.delete_all(context, [task.target for task in tasks if outcome in (task.policies or ())], "Foreground", observe=False)

    def _prune(self, context: Context, release: Release, tasks: Sequence[Task]) -> None:
        """What an earlier sync tracked and this one has not."""
        wanted = {(task.target.kind, task.target.namespace, task.target.name) for task in tasks}
        leaving: dict[tuple[str, str, str], Built] = {}
        for old in self._records(context, release.name):
            for each in build(context.client, old.manifest, self.namespace):
                place = (each.kind, each.namespace, each.name)
                if place not in wanted and HOOK not in meta.annotations(each.object):
                    leaving[place] = each
        for each in reversed(list(leaving.values())):
            try:
                live = context.client.get(each.resource, each.name, each.namespace)
            except NotFound:
                continue
            tracked = meta.annotations(live).get(TRACKING) == self._tracking(release.name, each)
            if tracked and "Prune=false" not in _words(meta.annotations(live).get(SYNC_OPTIONS, "")):
                plan.delete_all(context, [each], "Foreground")

    def _tracking(self, name: str, each: Built) -> str:
        return f"{name}:{each.resource.gvk.group}/{each.kind}:{each.namespace or self.namespace}/{each.name}"


def _words(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _wave(annotations: Any, weight: int = 0) -> int:
    text = annotations.get(WAVE, "")
    return int(text) if text.lstrip("-").isdigit() else weight


def _kind_order(kind: str) -> int:
    order = manifests.INSTALL_ORDER[HELM4]
    return order.index(kind) if kind in order else len(order)


def _kept(obj: JsonObject) -> bool:
    notes = meta.annotations(obj)
    return notes.get(manifests.RESOURCE_POLICY, "").strip() == plan.KEEP or "Delete=false" in _words(notes.get(SYNC_OPTIONS, ""))
