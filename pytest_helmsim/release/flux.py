"""Flux: Helm's own library under helm-controller's settings, Helm's records, and drift correction between releases.

| what | helm-controller |
| --- | --- |
| manager | `helm-controller`; server-side apply takes conflicting fields; an upgrade keeps the way of the last release |
| ownership | objects of others are adopted |
| marks | `helm.toolkit.fluxcd.io/name` and `/namespace` as labels on every object, hooks and definitions too |
| crds/ | `Create`: applied at install and at each upgrade (with client-side apply only what is missing); `Skip` |
| values | those given now |
| waits | always, with Jobs; five revisions are kept |
| drift | a dry-run apply of the stored manifest; what differs is set by a JSON patch, what is missing is created |

Out of drift detection are objects with `helm.toolkit.fluxcd.io/driftDetection: disabled` and the paths of `ignore` rules.
Sources: fluxcd/helm-controller internal/action/{install,upgrade,rollback,uninstall,crds,diff}.go, internal/postrender;
fluxcd/pkg ssa/jsondiff; https://fluxcd.io/flux/components/helm/helmreleases/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from pytest_helmsim.chart import dependencies, model
from pytest_helmsim.client.client import JSON_PATCH, Client
from pytest_helmsim.objects import meta, yamlio
from pytest_helmsim.objects.flavour import HELM4
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import AlreadyExists, ApiError, NotFound
from pytest_helmsim.release import ownership
from pytest_helmsim.release.build import Built, build
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.engine import ChartLike, Engine, merged_options
from pytest_helmsim.release.errors import InstallFailed, ReleaseNotFound
from pytest_helmsim.release.model import ObjectChange, Release
from pytest_helmsim.release.options import DEFAULT_HISTORY, InstallOptions, RollbackOptions, UninstallOptions, UpgradeOptions
from pytest_helmsim.release.uninstall import Uninstalled
from pytest_helmsim.release.waiters import Watcher

MANAGER: Final = "helm-controller"
HISTORY: Final = 5
GROUP: Final = "helm.toolkit.fluxcd.io"
DRIFT: Final = f"{GROUP}/driftDetection"
CRD_TIMEOUT: Final = 60.0

DriftDetection: TypeAlias = Literal["disabled", "warn", "enabled"]
CrdPolicy: TypeAlias = Literal["Create", "Skip"]


@dataclass(frozen=True, slots=True)
class Ignore:
    """Paths (JSON pointers; an empty one is the whole object) that are no drift, in objects whose kind and name match."""

    paths: tuple[str, ...]
    kind: str = ""
    name: str = ""

    def concerns(self, obj: JsonObject) -> bool:
        """Whether the rule is for this object; both are regular expressions of the whole word."""
        pairs = ((self.kind, str(obj.get("kind"))), (self.name, meta.name(obj)))
        return all(not pattern or re.fullmatch(pattern, value) for pattern, value in pairs)


class Flux(Engine):
    """A HelmRelease as an engine."""

    def __init__(
        self,
        client: Client,
        *,
        drift_detection: DriftDetection = "disabled",
        ignore: Iterable[Ignore] = (),
        crds: CrdPolicy = "Create",
        **settings: Any,
    ) -> None:
        super().__init__(client, flavour=HELM4, **settings)
        self.drift_detection, self.ignore, self.crds = drift_detection, tuple(ignore), crds
        self.rules = replace(self.rules, field_manager=MANAGER, user_agent=MANAGER)
        self.client = client.as_agent(MANAGER)

    def install(
        self, name: str, chart: ChartLike, values: JsonObject | None = None, options: InstallOptions | None = None, **changes: Any
    ) -> Release:
        """As helm-controller sets Helm's options."""
        chosen = merged_options(InstallOptions, options, changes, self.flavour)
        loaded = self._installable(chart)
        self._apply_crds(name, loaded, values or {}, chosen, server_side=chosen.server_side)
        ready = replace(self._common(name, chosen, server_side=chosen.server_side), skip_crds=True)
        return super().install(name, loaded, values, ready)

    def upgrade(
        self, name: str, chart: ChartLike, values: JsonObject | None = None, options: UpgradeOptions | None = None, **changes: Any
    ) -> Release:
        """As helm-controller sets Helm's options; values are those given now unless `reuse_values` says otherwise."""
        chosen = merged_options(UpgradeOptions, options, changes, self.flavour)
        loaded = self._installable(chart)
        if chosen.install and self.needs_install(name):
            return self.install(name, loaded, values, self.as_install(name, chosen))
        limit = HISTORY if chosen.history_max == DEFAULT_HISTORY else chosen.history_max
        reset = not (chosen.reuse_values or chosen.reset_then_reuse_values)
        is_applied = self._is_applied(name, str(chosen.server_side).lower(), 0)
        self._apply_crds(name, loaded, values or {}, chosen, server_side=is_applied)
        ready = replace(
            self._common(name, chosen, server_side=is_applied),
            server_side=str(is_applied).lower(),
            reset_values=reset,
            history_max=limit,
        )
        return super().upgrade(name, loaded, values, ready)

    def rollback(self, name: str, revision: int = 0, options: RollbackOptions | None = None, **changes: Any) -> Release:
        """The remediation of a failed upgrade."""
        chosen = merged_options(RollbackOptions, options, changes, self.flavour)
        wait = True if chosen.wait is None else chosen.wait
        is_applied = self._is_applied(name, str(chosen.server_side).lower(), revision)
        return super().rollback(
            name,
            revision,
            replace(
                chosen,
                wait=wait,
                wait_for_jobs=chosen.wait_for_jobs or chosen.wait is None,
                server_side=str(is_applied).lower(),
                force_conflicts=is_applied,
                force=chosen.force and not is_applied,
                history_max=HISTORY if chosen.history_max == DEFAULT_HISTORY else chosen.history_max,
            ),
        )

    def uninstall(self, name: str, options: UninstallOptions | None = None, **changes: Any) -> Uninstalled:
        """As helm-controller sets Helm's options."""
        chosen = merged_options(UninstallOptions, options, changes, self.flavour)
        return super().uninstall(name, replace(chosen, wait=True if chosen.wait is None else chosen.wait))

    def _common(self, name: str, options: Any, *, server_side: bool) -> Any:
        waits = options.wait is None
        earlier = options.post_renderer
        return replace(
            options,
            wait=True if waits else options.wait,
            wait_for_jobs=options.wait_for_jobs or waits,
            force_conflicts=server_side,
            force=options.force and not server_side,
            take_ownership=True,
            post_renderer=lambda text: self._labelled(name, earlier(text) if earlier else text),
        )

    def _is_applied(self, name: str, wanted: str, revision: int) -> bool:
        """Whether the operation applies server-side: as asked, or as the last release (or the one to go back to) did."""
        if wanted != "auto":
            return wanted == "true"
        context = self.context()
        try:
            last = context.history.last(name)
            found = context.history.get(name, revision or last.version) if revision else last
        except ReleaseNotFound:
            return True
        return found.apply_method == "ssa"

    def _labels(self, name: str) -> dict[str, str]:
        return {f"{GROUP}/name": name, f"{GROUP}/namespace": self.namespace}

    def _labelled(self, name: str, text: str) -> str:
        labels = self._labels(name)
        return "---\n".join(yamlio.dump(meta.with_labels(obj, labels)) for obj in yamlio.load_objects(text) if isinstance(obj, dict))

    def _apply_crds(self, name: str, chart: model.Chart, values: JsonObject, options: Any, *, server_side: bool) -> None:
        """The definitions of crds/, one after the other, then a wait for all."""
        if self.crds == "Skip" or options.skip_crds or options.dry_run != "none":
            return
        files = dependencies.process(chart, values, self.flavour).crds()
        if not files:
            return
        context = self.context()
        context.check_reachable()
        written = []
        for _, file in files:
            for each in build(context.client, file.data.decode(), self.namespace):
                if each.kind != "CustomResourceDefinition":
                    continue
                body = meta.with_labels(each.object, self._labels(name))
                try:
                    if server_side:
                        context.client.apply(body, resource=each.resource, field_manager=MANAGER, force=True)
                    else:
                        context.client.create(body, resource=each.resource, field_manager=MANAGER)
                except AlreadyExists:
                    continue
                except ApiError as error:
                    words = f"failed to apply CustomResourceDefinitions: failed to create CustomResourceDefinition {each.name}: {error}"
                    raise InstallFailed(words, cause=error) from error
                written.append(each)
        Watcher(context).ready(written, CRD_TIMEOUT, jobs=False)
        context.client.resources.invalidate()

    # drift

    def drift(self, name: str) -> list[ObjectChange]:
        """Objects of the stored manifest that a correction would create or change now."""
        return [change for change, _ in self._drifted(self.context(), name)]

    def reconcile(self, name: str) -> list[ObjectChange]:
        """One round of the controller without a new chart: what had drifted, corrected when `drift_detection` is `enabled`.

        `warn` only tells; `disabled`, the default, does not even look.
        """
        if self.drift_detection == "disabled":
            return []
        context = self.context()
        drifted = list(self._drifted(context, name))
        if self.drift_detection == "enabled":
            for change, correct in sorted(drifted, key=lambda pair: pair[0].live_before is not None):
                correct()
                context.observe(change)
        return [change for change, _ in drifted]

    def _drifted(self, context: Context, name: str) -> Iterator[tuple[ObjectChange, Callable[[], object]]]:
        context.check_reachable()
        release = context.history.last(name)
        for each in ownership.claim(build(context.client, release.manifest, self.namespace), name, self.namespace):
            target = each.holding(_normal(each.object))
            if not _is_excluded(target.object):
                yield from self._compare(context, target)

    def _compare(self, context: Context, target: Built) -> Iterator[tuple[ObjectChange, Callable[[], object]]]:
        client, gvk = context.client, target.resource.gvk
        ignored = [path for rule in self.ignore if rule.concerns(target.object) for path in rule.paths]
        if "" in ignored:
            return
        live: JsonObject | None = None
        with suppress(NotFound):
            live = client.get(target.resource, target.name, target.namespace)
        if live is not None and _is_excluded(live):
            return
        place = (gvk.api_version, gvk.kind, target.namespace, target.name, target.object, target.object)
        wanted = client.rehearsing().apply(target.object, target.namespace, resource=target.resource, field_manager=MANAGER, force=True)
        if live is None:
            change = ObjectChange(*place, None, wanted, None, "created", None)
            yield change, lambda: client.create(target.object, target.namespace, resource=target.resource, field_manager=MANAGER)
            return
        patch = list(_operations(_comparable(live, ignored), _comparable(wanted, ignored), ""))
        if patch:
            change = ObjectChange(*place, live, wanted, None, "patched", None)
            yield (
                change,
                lambda: client.patch(target.resource, target.name, patch, target.namespace, content_type=JSON_PATCH, field_manager=MANAGER),
            )


def _is_excluded(obj: JsonObject) -> bool:
    return "disabled" in (meta.annotations(obj).get(DRIFT), (meta.metadata(obj).get("labels") or {}).get(DRIFT))


def _normal(obj: JsonObject) -> JsonObject:
    """A Secret's `stringData` as the data that the server makes of it."""
    if obj.get("kind") != "Secret" or not isinstance(obj.get("stringData"), dict):
        return obj
    from base64 import b64encode

    plain = {key: b64encode(str(value).encode()).decode() for key, value in obj["stringData"].items()}
    rest = {key: value for key, value in obj.items() if key != "stringData"}
    return {**rest, "data": {**(obj.get("data") or {}), **plain}}


def _comparable(obj: JsonObject, ignored: Iterable[str]) -> JsonObject:
    """Without status and metadata but labels and annotations, and without what is ignored."""
    metadata = {key: value for key, value in meta.metadata(obj).items() if key in ("labels", "annotations")}
    found: JsonObject = {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}
    for path in ignored:
        found = _without(found, [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]])
    return found


def _without(value: Any, parts: list[str]) -> Any:
    head, *rest = parts
    if isinstance(value, dict) and head in value:
        if not rest:
            return {key: each for key, each in value.items() if key != head}
        return {**value, head: _without(value[head], rest)}
    if isinstance(value, list) and head.isdigit() and int(head) < len(value):
        index = int(head)
        return [*value[:index], *([_without(value[index], rest)] if rest else []), *value[index + 1 :]]
    return value


def _operations(before: Json, after: Json, path: str) -> Iterator[JsonObject]:
    """A JSON patch from one value to the other."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in after:
                yield {"op": "remove", "path": place}
            elif key not in before:
                yield {"op": "add", "path": place, "value": after[key]}
            else:
                yield from _operations(before[key], after[key], place)
    elif isinstance(before, list) and isinstance(after, list):
        shared = min(len(before), len(after))
        for index in range(shared):
            yield from _operations(before[index], after[index], f"{path}/{index}")
        yield from ({"op": "remove", "path": f"{path}/{index}"} for index in reversed(range(shared, len(before))))
        yield from ({"op": "add", "path": f"{path}/-", "value": value} for value in after[shared:])
    elif before != after:
        yield {"op": "replace", "path": path, "value": after}
