"""Who deploys: Helm 3, Helm 4, Argo CD or Flux, each as an engine with the same methods over the same charts.

Argo CD is in `argocd`, Flux in `flux`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.flavour import HELM3, HELM4, Flavour
from pytest_helmsim.release.engine import Engine
from pytest_helmsim.release.model import ObjectChange

APPROXIMATE = (
    "profile `argocd`: compared with Argo CD's engine without its controller; health is Helm 4's, and nothing is tried dry before a sync",
    "profile `flux`: compared with Helm's library and Flux's drift detection under helm-controller's settings, not with the controller",
)
Profile: TypeAlias = Literal["helm3", "helm4", "argocd", "flux"]
PROFILES: Final[tuple[Profile, ...]] = ("helm3", "helm4", "argocd", "flux")
MANAGERS: Final[Mapping[str, str]] = {"helm3": "helm", "helm4": "helm", "argocd": "argocd-controller", "flux": "helm-controller"}
"""The field manager by which each one writes."""


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
        from pytest_helmsim.release.flux import Flux

        return Flux(client, **settings)
    return Engine(client, flavour=flavour_of(profile), **settings)


def reconcile(engine: Engine, name: str) -> list[ObjectChange]:
    """One round of an engine's controller; raise `UnsupportedFeature` for Helm, which has none."""
    run = getattr(engine, "reconcile", None)
    if run is None:
        raise UnsupportedFeature("reconcile under Helm, which acts only when it is called", "use the profile argocd or flux")
    return run(name)  # type: ignore[no-any-return]
