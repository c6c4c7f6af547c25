"""ClusterRoles that are made of others: `aggregationRule`.

Source: k8s.io/kubernetes pkg/controller/clusterroleaggregation
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import CLUSTER_ROLE, Key, Keys, Reconciler
from pytest_helmsim.apiserver.loopback import StoreEvent
from pytest_helmsim.objects.json import JsonObject

MANAGER = "clusterrole-aggregation-controller"


class AggregatedRoles(Reconciler):
    """Writes the rules of all selected roles into the one that selects."""

    name, alias = "clusterrole-aggregation-controller", "clusterrole-aggregation"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(CLUSTER_ROLE): self._aggregating}

    def _aggregating(self, event: StoreEvent) -> Iterable[Key]:
        return [common.key_of(role) for role in self.api.list(CLUSTER_ROLE) if role.get("aggregationRule")]

    def sync(self, key: Key) -> float | None:
        role = self.api.get(CLUSTER_ROLE, "", key.name)
        if role is None or not role.get("aggregationRule"):
            return None
        rules: list[JsonObject] = []
        for selector in role["aggregationRule"].get("clusterRoleSelectors") or ():
            for other in self.api.list(CLUSTER_ROLE, None, selector):
                if common.name_of(other) != key.name:
                    rules += [rule for rule in other.get("rules") or () if rule not in rules]
        if rules != (role.get("rules") or []):
            applied = {"apiVersion": CLUSTER_ROLE.api_version, "kind": CLUSTER_ROLE.kind, "metadata": {"name": key.name}, "rules": rules}
            self.api.patch(CLUSTER_ROLE, "", key.name, applied, manager=MANAGER, content_type="application/apply-patch+yaml", force=True)
        return None
