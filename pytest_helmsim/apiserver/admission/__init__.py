"""What happens to a write between its defaults and the store: plugins change it, then plugins may refuse it.

The order is that of a real server; a cluster can leave plugins out by name.
Sources: k8s.io/apiserver pkg/admission/plugin, k8s.io/kubernetes plugin/pkg/admission, pkg/kubeapiserver/options/plugins.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission import builtin, pod_security
from pytest_helmsim.apiserver.admission.builtin import (
    IMMORTAL,
    MUTATING,
    NAMESPACES,
    VALIDATING,
    Plugin,
)
from pytest_helmsim.apiserver.admission.configured import NOTHING
from pytest_helmsim.apiserver.admission.refusals import forbidden
from pytest_helmsim.objects.json import JsonObject

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.operation import Operation
    from pytest_helmsim.apiserver.options import DeleteOptions

APPROXIMATE = (
    "admission policies: asked by name, where the real server has no order; audit annotations are not kept",
    "webhooks behind a Service: with a ready endpoint they say what `cluster.webhook` scripts; without a script, passed with a note",
    "webhooks with a URL: called on loopback only, and must not ask the cluster meanwhile; other addresses pass with a note",
    "parts of pods and accounts at admission: nobody is asked about `binding`, `eviction`, `token`, `exec` and their kin",
)
Mutator = Plugin
_VALIDATING: dict[str, Plugin] = {
    "LimitRanger": VALIDATING["LimitRanger"],
    "PodSecurity": pod_security.check,
    "PersistentVolumeClaimResize": VALIDATING["PersistentVolumeClaimResize"],
    "RuntimeClass": VALIDATING["RuntimeClass"],
}
_CONFIGURED = ("MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook")
PLUGINS = tuple(dict.fromkeys((*MUTATING, *_VALIDATING, *_CONFIGURED, "ResourceQuota")))
"""Names of all plugins, as `--disable-admission-plugins` takes them."""


def mutate(op: Operation, new: JsonObject, old: JsonObject | None) -> JsonObject:
    """Run the mutating plugins, then the actors of the cluster. `new` is private; the result is the object to go on with."""
    new = _built_in(op, new, old)
    if op.server.configured is not NOTHING:
        from pytest_helmsim.apiserver.admission import dispatch

        new = dispatch.mutate(op, new, old, _built_in)
    if not op.subresource:
        for actor in op.server.mutators:
            new = actor(op, new, old) or new
    return new


def _built_in(op: Operation, new: JsonObject, old: JsonObject | None) -> JsonObject:
    off = op.server.disabled_admission
    for name, plugin in MUTATING.items():
        if name not in off:
            new = plugin(op, new, old) or new
    return new


def validate(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Run the validating plugins; a refusal is an `ApiError`."""
    off = op.server.disabled_admission
    for name, plugin in _VALIDATING.items():
        if name not in off:
            plugin(op, new, old)
    if op.server.configured is not NOTHING:
        from pytest_helmsim.apiserver.admission import dispatch

        dispatch.validate(op, new, old)
    if "ResourceQuota" not in off:
        VALIDATING["ResourceQuota"](op, new, old)


def validate_delete(op: Operation, old: JsonObject, options: DeleteOptions) -> None:
    """Some objects stay, and policies and webhooks may refuse, too."""
    builtin.validate_delete(op, old)
    if op.server.configured is not NOTHING:
        from pytest_helmsim.apiserver.admission import dispatch

        dispatch.validate_delete(op, old, options)


__all__ = ["IMMORTAL", "NAMESPACES", "PLUGINS", "Mutator", "forbidden", "mutate", "validate", "validate_delete"]
