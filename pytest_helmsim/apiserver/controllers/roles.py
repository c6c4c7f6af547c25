"""ClusterRoles that are made of others: `aggregationRule`.

Source: k8s.io/kubernetes pkg/controller/clusterroleaggregation
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import CLUSTER_ROLE, Key, Keys, Reconciler
from pytest_helmsim.apiserver.selection import labels_match, of_object
from pytest_helmsim.objects.json import JsonObject, dumps

MANAGER = "clusterrole-aggregation-controller"


class AggregatedRoles(Reconciler):
    """Writes the rules of all selected roles into the one that selects."""

    name, alias = "clusterrole-aggregation-controller", "clusterrole-aggregation"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        return {common.kind(CLUSTER_ROLE): lambda event: (_ALL,)}

    def sync(self, key: Key) -> float | None:
        roles = {common.name_of(role): role for role in self.api.list(CLUSTER_ROLE)}
        for name in _parts_first(roles):
            rules = list({dumps(rule): rule for part in _parts(roles, name) for rule in roles[part].get("rules") or ()}.values())
            if rules == (roles[name].get("rules") or []):
                continue
            applied: JsonObject = {"apiVersion": CLUSTER_ROLE.api_version, "kind": CLUSTER_ROLE.kind, "metadata": {"name": name}}
            if rules:
                applied["rules"] = rules
            roles[name] = self.api.patch(
                CLUSTER_ROLE, "", name, applied, manager=MANAGER, content_type="application/apply-patch+yaml", force=True
            )
        return None


_ALL = Key("", "*")
"""All roles are looked at together: one of them may be made of another that is made of others."""


def _parts(roles: Mapping[str, JsonObject], name: str) -> list[str]:
    """Which roles this one is made of, by name."""
    selectors = [of_object(selector) for selector in roles[name]["aggregationRule"].get("clusterRoleSelectors") or ()]
    return [other for other in sorted(roles) if other != name and any(labels_match(wanted, roles[other]) for wanted in selectors)]


def _parts_first(roles: Mapping[str, JsonObject]) -> list[str]:
    """Roles that are made of others, each after those that it is made of; of a circle each once."""
    order: dict[str, None] = {}
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or not roles[name].get("aggregationRule"):
            return
        seen.add(name)
        for part in _parts(roles, name):
            visit(part)
        order[name] = None

    for name in sorted(roles):
        visit(name)
    return list(order)
