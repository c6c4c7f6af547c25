"""ValidatingAdmissionPolicies: the controller that says it has looked at their expressions.

Source: k8s.io/kubernetes pkg/controller/validatingadmissionpolicystatus/controller.go
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_helmsim.apiserver.controllers import common
from pytest_helmsim.apiserver.controllers.common import POLICY, Key, Keys, Reconciler

APPROXIMATE = ("status of a ValidatingAdmissionPolicy: without warnings about the types of its expressions",)
MANAGER = "validatingadmissionpolicy-status"
_SINCE = 30


class PolicyStatuses(Reconciler):
    """Notes the generation that was looked at."""

    name = "validatingadmissionpolicy-status-controller"

    def watches(self) -> Mapping[tuple[str, str], Keys]:
        minor = int(self.api.version.partition(".")[2])
        return {common.kind(POLICY): common.itself} if minor >= _SINCE else {}

    def sync(self, key: Key) -> float | None:
        found = self.api.get(POLICY, *key)
        if found is None:
            return None
        generation = found["metadata"].get("generation") or 0
        if generation > int(common.status_of(found).get("observedGeneration") or 0):
            applied = {
                "apiVersion": POLICY.api_version,
                "kind": POLICY.kind,
                "metadata": {"name": key.name},
                "status": {"observedGeneration": generation, "typeChecking": {}},
            }
            how = "application/apply-patch+yaml"
            self.api.patch(POLICY, "", key.name, applied, manager=MANAGER, content_type=how, subresource="status", force=True)
        return None
