"""What happens to a write between its defaults and the store: plugins change it, then plugins may refuse it.

The order is that of a real server; a cluster can leave plugins out by name.
Sources: k8s.io/apiserver pkg/admission/plugin, k8s.io/kubernetes plugin/pkg/admission, pkg/kubeapiserver/options/plugins.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission import pod_security
from pytest_helmsim.apiserver.admission.builtin import (
    IMMORTAL,
    MUTATING,
    NAMESPACES,
    VALIDATING,
    Plugin,
    validate_delete,
)
from pytest_helmsim.apiserver.admission.refusals import forbidden
from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation

NOT_SIMULATED = (
    "admission webhooks: stored and checked, not called; a test adds actors of its own to `server.mutators`",
    "ValidatingAdmissionPolicy and MutatingAdmissionPolicy: stored, not evaluated",
)
Mutator = Plugin
_VALIDATING: dict[str, Plugin] = {
    "LimitRanger": VALIDATING["LimitRanger"],
    "PodSecurity": pod_security.check,
    "PersistentVolumeClaimResize": VALIDATING["PersistentVolumeClaimResize"],
    "RuntimeClass": VALIDATING["RuntimeClass"],
}
PLUGINS = tuple(dict.fromkeys((*MUTATING, *_VALIDATING, "ResourceQuota")))
"""Names of all plugins, as `--disable-admission-plugins` takes them."""


def mutate(op: Operation, new: JsonObject, old: JsonObject | None) -> JsonObject:
    """Run the mutating plugins, then the actors of the cluster. `new` is private; the result is the object to go on with."""
    off = op.server.disabled_admission
    for name, plugin in MUTATING.items():
        if name not in off:
            new = plugin(op, new, old) or new
    if not op.subresource:
        for actor in op.server.mutators:
            new = actor(op, new, old) or new
    return new


def validate(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Run the validating plugins; a refusal is an `ApiError`."""
    off = op.server.disabled_admission
    for name, plugin in _VALIDATING.items():
        if name not in off:
            plugin(op, new, old)
    if "ResourceQuota" not in off:
        VALIDATING["ResourceQuota"](op, new, old)


__all__ = ["IMMORTAL", "NAMESPACES", "PLUGINS", "Mutator", "forbidden", "mutate", "validate", "validate_delete"]
