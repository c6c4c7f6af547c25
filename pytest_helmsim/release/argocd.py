"""Argo CD: Helm renders, Argo CD applies. Each operation is a sync of the rendered objects; no Helm records are written.

| what | Argo CD |
| --- | --- |
| render | `helm template` with the cluster's version and kinds: no `lookup`, revision 1, always an install; crds/ among the objects |
| hooks | pre-install, pre-upgrade: PreSync; post-install, post-upgrade: PostSync; pre-delete, post-delete on deletion; others ignored |
| order | phases, then waves (`argocd.argoproj.io/sync-wave`, a weight), then kinds; a wave is healthy before the next one |
| apply | client-side by `argocd-controller`, with `kubectl.kubernetes.io/last-applied-configuration`; or by sync options |
| tracking | the annotation `argocd.argoproj.io/tracking-id`, of hooks too, but not of definitions |
| prune | what is tracked and not rendered any more, in its wave, but `Prune=false`; `prune=False` leaves it; `keep` is not heeded |
| deletion | all that is tracked but definitions, `Delete=false`, and Helm's `keep` |
| self-heal | off: drift stays until the next sync; `self_heal=True`: `reconcile` syncs again |

Sources: argoproj/gitops-engine pkg/sync; argoproj/argo-cd controller/{sync,appcontroller,hook}.go;
https://argo-cd.readthedocs.io/en/stable/user-guide/{helm,sync-options,sync-waves,auto_sync,resource_tracking}/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from typing import Any

from pytest_helmsim.chart import dependencies, manifests, model
from pytest_helmsim.chart.render import ReleaseInfo
from pytest_helmsim.objects import meta, yamlio
from pytest_helmsim.objects.flavour import HELM4
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind, Resource
from pytest_helmsim.objects.status import ApiError, Conflict, NotFound
from pytest_helmsim.release import argocd_tasks, plan, rendering
from pytest_helmsim.release.argocd_apply import LAST_APPLIED, MANAGER, Applied
from pytest_helmsim.release.argocd_tasks import FINALIZER, SYNC_OPTIONS, TRACKING, Task, has_option
from pytest_helmsim.release.build import Built, build
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.engine import ChartLike, Engine, merged_options
from pytest_helmsim.release.errors import InvalidOption, ReleaseError, ReleaseNotFound, UninstallFailed, UpdateFailed, UpgradeFailed
from pytest_helmsim.release.model import DEPLOYED, FAILED, SUPERSEDED, UNINSTALLED, Info, ObjectChange, Release
from pytest_helmsim.release.options import InstallOptions, RollbackOptions, UninstallOptions, UpgradeOptions
from pytest_helmsim.release.uninstall import Uninstalled
from pytest_helmsim.release.waiters import Watcher

__all__ = ["LAST_APPLIED", "SYNC_OPTIONS", "TRACKING", "ArgoCD"]
REFUSED = ("atomic", "force", "force_conflicts", "reuse_values", "reset_then_reuse_values", "cleanup_on_fail", "recreate_pods", "replace")
DEFINITION = "CustomResourceDefinition"
ESTABLISHED_WITHIN = 3.0
AGENT = "argocd-application-controller"


class ArgoCD(Engine):
    """An Application of Argo CD as an engine: install and upgrade sync, rollback syncs an old render, uninstall deletes the app.

    `sync_options` are the application's: `Replace=true`, `Force=true`, `PruneLast=true`, `CreateNamespace=true` and so on.
    """

    def __init__(
        self,
        client: Any,
        *,
        prune: bool = True,
        self_heal: bool = False,
        server_side: bool = False,
        sync_options: Iterable[str] = (),
        **settings: Any,
    ) -> None:
        settings["driver"] = "memory"
        super().__init__(client, flavour=HELM4, **settings)
        self.prune, self.self_heal, self.server_side = prune, self_heal, server_side
        self.sync_options = tuple(sync_options)
        self.rules = replace(self.rules, field_manager=MANAGER, user_agent=AGENT)
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
        objects = self._objects(context, last)
        self._run_deletion_hooks(context, objects, "PreDelete", chosen.seconds)
        going = [each for each in self._tracked(context, name) if not _kept(each.object) and not argocd_tasks.is_hook(each.object)]
        for _, group in groupby(
            sorted(going, key=lambda each: -argocd_tasks.wave(each.object)), key=lambda each: argocd_tasks.wave(each.object)
        ):
            leaving = list(group)
            errors = plan.delete_all(context, leaving, "Foreground")
            if errors:
                raise UninstallFailed("; ".join(map(str, errors)), release=last, cause=errors[0])
            Watcher(context).gone(leaving, chosen.seconds)
        self._run_deletion_hooks(context, objects, "PostDelete", chosen.seconds)
        for each in context.history.all(name):
            context.history.driver.delete(name, each.version)
        return Uninstalled(last.with_status(UNINSTALLED, "application deleted"))

    def reconcile(self, name: str) -> list[ObjectChange]:
        """What a refresh finds OutOfSync; with `self_heal` it is synced."""
        from pytest_helmsim.release import preview

        context = self.context()
        context.check_reachable()
        last = context.history.last(name)
        targets = [task.target for task in argocd_tasks.of_objects(self._objects(context, last)) if not task.is_hook]
        drifted = [change for change in preview.walk(context, targets, targets, self._way) if change.action not in ("unchanged", "kept")]
        if drifted and self.self_heal:
            self._sync(context, last, 300.0, record=False)
        return drifted

    def needs_install(self, name: str) -> bool:
        """Never: a sync is a sync."""
        return False

    def _way(self, context: Context) -> Applied:
        return Applied(context, frozenset(self.sync_options) | ({"ServerSideApply=true"} if self.server_side else frozenset()))

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
        """Phases and waves in order; the outcome is the application's history."""
        try:
            if "CreateNamespace=true" in self.sync_options:
                self._create_namespace(context)
            objects = self._objects(context, release)
            records = [each for each in self._records(context, release.name) if each.status == DEPLOYED]
            before = [each for record in records[-1:] for each in self._objects(context, record)]
            sync = _Sync(context, self._way(context), timeout, before=before, prune=self.prune)
            message = sync.run(self._ordered(context, release.name, objects))
        except ReleaseError as error:
            failed = release.with_status(FAILED, f"sync failed: {error}")
            if record:
                context.history.create(failed)
            raise UpgradeFailed(str(error), release=failed, cause=error) from error
        done = release.with_status(DEPLOYED, message)
        if record:
            for each in self._records(context, release.name):
                if each.status == DEPLOYED:
                    context.history.update(each.with_info(status=SUPERSEDED))
            context.history.create(done)
        return done

    def _create_namespace(self, context: Context) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        try:
            context.client.get("Namespace", self.namespace)
        except NotFound:
            (target,) = build(context.client, f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {self.namespace}}}\n", "")
            self._way(context).create(target.holding(body))

    @staticmethod
    def _records(context: Context, name: str) -> list[Release]:
        try:
            return context.history.all(name)
        except ReleaseNotFound:
            return []

    def _objects(self, context: Context, release: Release) -> list[Built]:
        """All that was rendered, hooks among it, each with the application's mark."""
        texts = [release.manifest, *(hook.manifest for hook in release.hooks)]
        defined = {resource.gvk: resource for text in texts for resource in _defined(text)}
        found = [each for text in texts for each in build(context.client, text, self.namespace, defined=defined)]
        return [
            each.holding(
                meta.with_annotations(each.object, {TRACKING: self._tracking(release.name, each)})
                if each.kind != DEFINITION
                else each.object
            )
            for each in found
        ]

    def _ordered(self, context: Context, name: str, objects: Sequence[Built]) -> list[Task]:
        tasks = argocd_tasks.of_objects(objects)
        leaving = [
            each
            for each in self._tracked(context, name)
            if not argocd_tasks.is_hook(each.object) and not any(each.same_place(other) for other in objects)
        ]
        return argocd_tasks.in_order([*tasks, *argocd_tasks.of_leftovers(leaving, tasks, last="PruneLast=true" in self.sync_options)])

    def _tracked(self, context: Context, name: str) -> list[Built]:
        """The live objects with the application's mark, of all that it ever rendered."""
        places: dict[tuple[str, str, str], Built] = {}
        for record in self._records(context, name):
            for each in self._objects(context, record):
                places[each.kind, each.namespace, each.name] = each
        found = []
        for each in places.values():
            try:
                live = context.client.get(each.resource, each.name, each.namespace)
            except NotFound:
                continue
            if meta.annotations(live).get(TRACKING) == self._tracking(name, each):
                found.append(each.holding(live))
        return found

    def _run_deletion_hooks(self, context: Context, objects: Sequence[Built], phase: str, timeout: float) -> None:
        hooks = [each for each in objects if argocd_tasks.runs_at_deletion(each.object, phase)]
        tasks = [Task("Sync", argocd_tasks.wave(each.object), each, argocd_tasks.policies(each.object)) for each in hooks]
        _Sync(context, self._way(context), timeout, finalizes=False).run(argocd_tasks.in_order(tasks))

    def _tracking(self, name: str, each: Built) -> str:
        return f"{name}:{each.resource.gvk.group}/{each.kind}:{each.namespace or self.namespace}/{each.name}"


class _Sync:
    """One run through ordered tasks."""

    def __init__(
        self, context: Context, way: Applied, timeout: float, *, before: Sequence[Built] = (), prune: bool = True, finalizes: bool = True
    ) -> None:
        self.context, self.way, self.timeout = context, way, timeout
        self.before, self.prune, self.finalizes = before, prune, finalizes
        self.wait = Watcher(context)

    def run(self, tasks: Sequence[Task]) -> str:
        """Do all; the words of success. Raise `UpgradeFailed` in the words of a failed sync."""
        steps = [task for task in tasks if task.phase != "SyncFail"]
        groups = [list(group) for _, group in groupby(steps, key=lambda task: (task.phase, task.wave))]
        hooks = [task for task in steps if task.is_hook]
        ran: list[Task] = []
        try:
            for number, group in enumerate(groups):
                ran += [task for task in group if task.is_hook]
                self._run_wave(group, awaited=number < len(groups) - 1 or any(task.is_hook for task in group))
        except ReleaseError:
            self._delete(ran, "HookFailed")
            for _, failing in groupby((task for task in tasks if task.phase == "SyncFail"), key=lambda task: task.wave):
                self._run_wave(list(failing), awaited=True)
            raise
        self._delete(hooks, "HookSucceeded")
        return f"successfully synced ({'no more tasks' if groups and any(task.is_hook for task in groups[-1]) else 'all tasks run'})"

    def _run_wave(self, group: Sequence[Task], *, awaited: bool) -> None:
        pruned = [task.target for task in group if task.is_prune and self.prune and not has_option(task.target.object, "Prune=false")]
        going = [task.target for task in group if "BeforeHookCreation" in (task.policies or ())]
        for each in going:
            self._release(each)
        for targets in (pruned, going):
            if targets:
                errors = plan.delete_all(self.context, targets, "Foreground", observe=targets is pruned)
                if errors:
                    raise UpgradeFailed(f"one or more objects failed to apply, reason: {errors[0]}", cause=errors[0])
                self.wait.gone(targets, self.timeout)
        written = [task for task in group if not task.is_prune]
        problems: list[Exception] = []
        for task in written:
            try:
                self._write(task)
            except UpdateFailed as error:
                problems += error.errors
            except (ApiError, ReleaseError) as error:
                problems.append(error)
        if problems:
            running = len(problems) < len(written)
            head = "one or more synchronization tasks completed unsuccessfully" if running else "one or more objects failed to apply"
            raise UpgradeFailed(f"{head}, reason: {','.join(map(str, problems))}", cause=problems[0])
        if awaited:
            self._await(written)

    def _write(self, task: Task) -> None:
        target = task.target
        if task.is_hook and self.finalizes:
            held = [*meta.finalizers(target.object), FINALIZER] if FINALIZER not in meta.finalizers(target.object) else None
            target = target.holding(meta.with_metadata(target.object, finalizers=held)) if held else target
        if not task.is_hook:
            plan.perform_update(self.context, plan.Plan(plan.make(self.before, [target]).steps, ()), self.way, plan.Done())
            if target.kind == DEFINITION:
                with suppress(ReleaseError):
                    self.wait.ready([target], ESTABLISHED_WITHIN, jobs=False)
                self.context.client.resources.invalidate()
            return
        try:
            live = self.context.client.get(target.resource, target.name, target.namespace)
        except NotFound:
            self.way.create(target)
        else:
            self.way.update(None, target, live)

    def _await(self, written: Sequence[Task]) -> None:
        plain = [task.target for task in written if not task.is_hook]
        hooks = [task.target for task in written if task.is_hook]
        if plain:
            self.wait.ready(plain, self.timeout, jobs=True)
        if hooks:
            try:
                self.wait.hook_done(hooks, self.timeout)
            finally:
                for each in hooks:
                    self._release(each)

    def _release(self, hook: Built) -> None:
        """Take our finalizer off a hook."""
        client = self.context.client
        for _ in range(5):
            try:
                live = client.get(hook.resource, hook.name, hook.namespace)
                left = [each for each in meta.finalizers(live) if each != FINALIZER]
                if left != meta.finalizers(live):
                    client.replace(meta.with_metadata(live, finalizers=left or None), hook.namespace, resource=hook.resource)
                return
            except NotFound:
                return
            except Conflict:
                continue

    def _delete(self, hooks: Sequence[Task], policy: str) -> None:
        leaving = [task.target for task in hooks if policy in (task.policies or ())]
        if leaving:
            plan.delete_all(self.context, leaving, "Foreground", observe=False)


def _defined(text: str) -> Iterator[Resource]:
    """The kinds that definitions of a manifest are going to make."""
    for obj in yamlio.load_objects(text):
        if isinstance(obj, dict) and obj.get("kind") == DEFINITION:
            spec = obj.get("spec") or {}
            names = spec.get("names") or {}
            for version in spec.get("versions") or []:
                gvk = GroupVersionKind(str(spec.get("group")), str(version.get("name")), str(names.get("kind")))
                yield Resource(gvk, str(names.get("plural")), spec.get("scope") == "Namespaced")


def _kept(obj: JsonObject) -> bool:
    keeps = meta.annotations(obj).get(manifests.RESOURCE_POLICY, "").strip() == plan.KEEP
    return keeps or obj.get("kind") == DEFINITION or has_option(obj, "Delete=false")
