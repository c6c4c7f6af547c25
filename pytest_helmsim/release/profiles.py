"""Who deploys: Helm 3, Helm 4, Argo CD or Flux, each as an engine with the same methods over the same charts.

Flux's helm-controller works with Helm's own library and stores Helm's records; what differs is below. Argo CD is in `argocd`.
Sources: fluxcd/helm-controller internal/action/{install,upgrade,diff}.go, its api/v2 defaults, main.go (field manager);
https://fluxcd.io/flux/components/helm/helmreleases/ (drift detection, wait, history, values).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias

from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.release import install, ownership, plan, preview
from pytest_helmsim.release.build import build
from pytest_helmsim.release.engine import ChartLike, Engine, merged_options
from pytest_helmsim.release.model import ObjectChange, Release
from pytest_helmsim.release.options import DEFAULT_HISTORY, InstallOptions, RollbackOptions, UpgradeOptions

APPROXIMATE = ("profile `flux`: follows its documents and source; not compared with the real program",)
Profile: TypeAlias = Literal["helm3", "helm4", "argocd", "flux"]
PROFILES: Final[tuple[Profile, ...]] = ("helm3", "helm4", "argocd", "flux")
MANAGERS: Final[Mapping[str, str]] = {"helm3": "helm", "helm4": "helm", "argocd": "argocd-controller", "flux": "helm-controller"}
"""The field manager by which each one writes."""
FLUX_HISTORY = 5

DriftDetection: TypeAlias = Literal["disabled", "warn", "enabled"]


def flavour_of(profile: Profile) -> Flavour:
    """Whose templates: Argo CD and Flux render as Helm 4 does."""
    return HELM3 if profile == "helm3" else HELM4


def open_engine(profile: Profile, client: Any, **settings: Any) -> Engine:
    """The engine of a profile, with the settings of `Engine`."""
    settings.pop("flavour", None)
    if profile == "argocd":
        from pytest_helmsim.release.argocd import ArgoCD

        return ArgoCD(client, **settings)
    if profile == "flux":
        return Flux(client, **settings)
    return Engine(client, flavour=flavour_of(profile), **settings)


class Flux(Engine):
    """helm-controller: server-side apply by `helm-controller` that takes conflicting fields, waits for everything, keeps five
    revisions, starts from the chart's values each time, and may correct drift between releases (`drift_detection`).
    """

    def __init__(self, client: Any, *, drift_detection: DriftDetection = "disabled", **settings: Any) -> None:
        super().__init__(client, flavour=HELM4, **settings)
        self.drift_detection = drift_detection
        self.rules = replace(self.rules, field_manager=MANAGERS["flux"], user_agent="helm-controller")
        self.client = client.as_agent("helm-controller")

    def install(
        self, name: str, chart: ChartLike, values: JsonObject | None = None, options: InstallOptions | None = None, **changes: Any
    ) -> Release:
        """As helm-controller sets Helm's options."""
        chosen = merged_options(InstallOptions, options, changes, self.flavour)
        return super().install(name, chart, values, replace(self._common(chosen), server_side=True))

    def upgrade(
        self, name: str, chart: ChartLike, values: JsonObject | None = None, options: UpgradeOptions | None = None, **changes: Any
    ) -> Release:
        """As helm-controller sets Helm's options; values are those given now unless `reuse_values` says otherwise."""
        chosen = merged_options(UpgradeOptions, options, changes, self.flavour)
        limit = FLUX_HISTORY if chosen.history_max == DEFAULT_HISTORY else chosen.history_max
        reset = not (chosen.reuse_values or chosen.reset_then_reuse_values)
        return super().upgrade(
            name, chart, values, replace(self._common(chosen), server_side="true", reset_values=reset, history_max=limit)
        )

    def rollback(self, name: str, revision: int = 0, options: RollbackOptions | None = None, **changes: Any) -> Release:
        """The remediation of a failed upgrade."""
        chosen = merged_options(RollbackOptions, options, changes, self.flavour)
        wait = True if chosen.wait is None else chosen.wait
        return super().rollback(name, revision, replace(chosen, wait=wait, server_side="true", force_conflicts=True))

    @staticmethod
    def _common(options: Any) -> Any:
        waits = options.wait is None
        return replace(
            options, wait=True if waits else options.wait, wait_for_jobs=options.wait_for_jobs or waits, force_conflicts=not options.force
        )

    def drift(self, name: str) -> list[ObjectChange]:
        """Objects of the stored manifest that an apply would change or create now, each tried as a dry run."""
        context = self.context()
        context.check_reachable()
        release = context.history.last(name)
        targets = ownership.claim(build(context.client, release.manifest, self.namespace), name, self.namespace)
        changes = preview.walk(context, targets, targets, lambda trial: install.updating_way(trial, **_FORCED))
        return [change for change in changes if _differs(change)]

    def reconcile(self, name: str) -> list[ObjectChange]:
        """One round of the controller without a new chart: what had drifted, corrected when `drift_detection` is `enabled`.

        `warn` only tells; `disabled`, the default, does not even look.
        """
        if self.drift_detection == "disabled":
            return []
        drifted = self.drift(name)
        if self.drift_detection == "warn" or not drifted:
            return drifted
        context = self.context()
        release = context.history.last(name)
        targets = ownership.claim(build(context.client, release.manifest, self.namespace), name, self.namespace)
        wanted = {(each.kind, each.namespace, each.name) for each in drifted}
        there = [each for each in targets if (each.kind, each.namespace, each.name) in wanted]
        plan.perform_update(context, plan.make(there, there), install.updating_way(context, **_FORCED), plan.Done())
        return drifted


_FORCED: dict[str, Any] = {"server_side": True, "force": False, "force_conflicts": True, "migrate": False}


def _differs(change: ObjectChange) -> bool:
    """Something but bookkeeping would be another."""
    return _bare(change.live_before) != _bare(change.live_after) or change.error is not None


def _bare(obj: JsonObject | None) -> JsonObject | None:
    if obj is None:
        return None
    metadata = {key: value for key, value in obj["metadata"].items() if key not in ("managedFields", "resourceVersion", "generation")}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}


def reconcile(engine: Engine, name: str) -> list[ObjectChange]:
    """One round of an engine's controller; raise `UnsupportedFeature` for Helm, which has none."""
    run = getattr(engine, "reconcile", None)
    if run is None:
        raise UnsupportedFeature("reconcile under Helm, which acts only when it is called", "use the profile argocd or flux")
    return run(name)  # type: ignore[no-any-return]
