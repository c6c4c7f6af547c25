"""What happens to a write between its defaults and the store: plugins change it, then plugins may refuse it.

The order is that of a real server; a cluster can leave plugins out by name.
Sources: k8s.io/apiserver pkg/admission/plugin, k8s.io/kubernetes plugin/pkg/admission, pkg/kubeapiserver/options/plugins.go.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_helmsim.apiserver.admission import builtin, certificates, pod_security
from pytest_helmsim.apiserver.admission.builtin import (
    IMMORTAL,
    MUTATING,
    NAMESPACES,
    VALIDATING,
    Plugin,
)
from pytest_helmsim.apiserver.admission.configured import NOTHING
from pytest_helmsim.apiserver.admission.refusals import forbidden
from pytest_helmsim.apiserver.store import StoreKey
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
    "CertificateApproval": certificates.check_approval,
    "CertificateSigning": certificates.check_signing,
    "CertificateSubjectRestriction": certificates.check_subject,
}
_CONFIGURED = ("MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook")
_PODS, _CLAIMS = StoreKey("", "pods"), StoreKey("", "persistentvolumeclaims")
_ONLY: dict[str, Collection[StoreKey]] = {
    "PodSecurity": pod_security.WATCHED,
    **dict.fromkeys(("ServiceAccount", "Priority", "DefaultTolerationSeconds", "RuntimeClass", "PodTopologyLabels"), (_PODS,)),
    **dict.fromkeys(("DefaultStorageClass", "PersistentVolumeClaimResize"), (_CLAIMS,)),
    "TaintNodesByCondition": (StoreKey("", "nodes"),),
    "DefaultIngressClass": (StoreKey("networking.k8s.io", "ingresses"),),
    **dict.fromkeys(("CertificateApproval", "CertificateSigning", "CertificateSubjectRestriction"), (certificates.REQUESTS,)),
}
"""Plugins that have to do with some resources only."""
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
    for plugin in _for(op.served.key, op.server.disabled_admission)[0]:
        new = plugin(op, new, old) or new
    return new


@lru_cache(maxsize=1024)
def _for(key: StoreKey, off: frozenset[str]) -> tuple[tuple[Plugin, ...], tuple[Plugin, ...]]:
    """The plugins that have to do with a resource: those that change objects, those that refuse them."""
    changing, refusing = (
        tuple(plugin for name, plugin in table.items() if name not in off and key in _ONLY.get(name, (key,)))
        for table in (MUTATING, _VALIDATING)
    )
    return changing, refusing


def validate(op: Operation, new: JsonObject, old: JsonObject | None) -> None:
    """Run the validating plugins; a refusal is an `ApiError`."""
    off = op.server.disabled_admission
    for plugin in _for(op.served.key, off)[1]:
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
