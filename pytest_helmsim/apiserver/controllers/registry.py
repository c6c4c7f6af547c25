"""The table of controllers, their order, and the switch that chooses among them.

Names are those of kube-controller-manager's `--controllers` with their older short forms, plus `kubelet` and `scheduler`.
Source: k8s.io/kubernetes cmd/kube-controller-manager/names and app/controllermanager.go (IsControllerEnabled)
"""

from __future__ import annotations

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.autoscaler import Autoscalers
from pytest_helmsim.apiserver.controllers.budgets import Budgets
from pytest_helmsim.apiserver.controllers.common import Reconciler
from pytest_helmsim.apiserver.controllers.crds import Definitions
from pytest_helmsim.apiserver.controllers.cronjobs import CronJobs
from pytest_helmsim.apiserver.controllers.daemonsets import DaemonSets
from pytest_helmsim.apiserver.controllers.deployments import Deployments
from pytest_helmsim.apiserver.controllers.endpoints import EndpointsController, EndpointSlices
from pytest_helmsim.apiserver.controllers.garbage import Garbage
from pytest_helmsim.apiserver.controllers.jobs import FinishedJobs, Jobs
from pytest_helmsim.apiserver.controllers.kubelet import Kubelet, Nodes
from pytest_helmsim.apiserver.controllers.mirroring import Mirrors
from pytest_helmsim.apiserver.controllers.namespaces import Namespaces, RootCertificates, ServiceAccounts
from pytest_helmsim.apiserver.controllers.policies import PolicyStatuses
from pytest_helmsim.apiserver.controllers.quotas import Quotas
from pytest_helmsim.apiserver.controllers.ranges import ServiceRanges
from pytest_helmsim.apiserver.controllers.replicasets import ReplicaSets, ReplicationControllers
from pytest_helmsim.apiserver.controllers.roles import AggregatedRoles
from pytest_helmsim.apiserver.controllers.scheduler import Scheduler
from pytest_helmsim.apiserver.controllers.services import Ingresses, LoadBalancers
from pytest_helmsim.apiserver.controllers.statefulsets import StatefulSets
from pytest_helmsim.apiserver.controllers.tokens import Tokens
from pytest_helmsim.apiserver.controllers.volumes import EphemeralVolumes, Expansions, Protection, StandardClass, Volumes
from pytest_helmsim.objects.errors import HelmsimError
from pytest_helmsim.objects.kinds import GroupVersionKind

ALL: tuple[type[Reconciler], ...] = (
    Nodes,
    StandardClass,
    Namespaces,
    ServiceAccounts,
    RootCertificates,
    Tokens,
    Definitions,
    AggregatedRoles,
    ServiceRanges,
    PolicyStatuses,
    Autoscalers,
    CronJobs,
    Deployments,
    ReplicaSets,
    ReplicationControllers,
    StatefulSets,
    DaemonSets,
    Jobs,
    FinishedJobs,
    Volumes,
    Expansions,
    Scheduler,
    EphemeralVolumes,
    Kubelet,
    EndpointsController,
    EndpointSlices,
    Mirrors,
    LoadBalancers,
    Ingresses,
    Budgets,
    Protection,
    Quotas,
    Garbage,
)

ALWAYS = (Definitions,)
"""Part of the API server itself: no switch turns them off."""

_VERSIONS: dict[tuple[str, str], GroupVersionKind] = {
    common.kind(value): value for value in vars(common).values() if isinstance(value, GroupVersionKind)
}


class UnknownController(HelmsimError):
    """A name in the switch that no controller has."""


def chosen(names: str) -> list[type[Reconciler]]:
    """`*` turns all on, `name` one on, `-name` one off; a later word does not overrule: `-name` wins over `*`."""
    words = [word.strip() for word in names.split(",") if word.strip()]
    known = {name: cls for cls in ALL for name in (cls.name, cls.alias) if name}
    for word in words:
        if word != "*" and word.removeprefix("-") not in known:
            raise UnknownController(
                f'"{word.removeprefix("-")}" is no controller of the embedded cluster; choose from {", ".join(sorted(known))}'
            )
    on = {known[word] for word in words if word in known}
    off = {known[word[1:]] for word in words if word.startswith("-")}
    return [cls for cls in ALL if cls in ALWAYS or cls in on or ("*" in words and cls not in off)]


def version_of(group: str, kind: str) -> GroupVersionKind | None:
    """The version in which controllers read that kind; None for kinds whose controller lists them itself."""
    return _VERSIONS.get((group, kind))
