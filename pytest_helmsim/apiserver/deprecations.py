"""Warnings that every request to an old API version carries.

Source: k8s.io/api zz_generated.prerelease-lifecycle.go, k8s.io/apiserver pkg/endpoints/deprecation/deprecation.go.
"""

from __future__ import annotations

from pytest_helmsim.apiserver.registry import Served
from pytest_helmsim.objects.kinds import GroupVersionKind

_FLOW = "flowcontrol.apiserver.k8s.io"
_DEPRECATED: dict[tuple[str, str], tuple[int, int, str]] = {
    ("", "v1/Endpoints"): (33, 0, "discovery.k8s.io/v1 EndpointSlice"),
    ("", "v1/ComponentStatus"): (19, 0, ""),
    (_FLOW, "v1beta2/FlowSchema"): (26, 29, f"{_FLOW}/v1beta3 FlowSchema"),
    (_FLOW, "v1beta2/PriorityLevelConfiguration"): (26, 29, f"{_FLOW}/v1beta3 PriorityLevelConfiguration"),
    (_FLOW, "v1beta3/FlowSchema"): (29, 32, f"{_FLOW}/v1 FlowSchema"),
    (_FLOW, "v1beta3/PriorityLevelConfiguration"): (29, 32, f"{_FLOW}/v1 PriorityLevelConfiguration"),
}
"""Since which minor version, gone in which (0: never), what to use instead."""


def of(served: Served, minor: int) -> tuple[str, ...]:
    """The warning for this version of the resource, if there is one."""
    if served.custom is not None:
        return (served.custom.deprecation,) if served.custom.deprecation else ()
    return of_kind(served.gvk, minor)


def of_kind(gvk: GroupVersionKind, minor: int) -> tuple[str, ...]:
    """`v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice`."""
    found = _DEPRECATED.get((gvk.group, f"{gvk.version}/{gvk.kind}"))
    if found is None or minor < found[0]:
        return ()
    since, gone, instead = found
    text = f"{gvk.api_version} {gvk.kind} is deprecated in v1.{since}+"
    text += f", unavailable in v1.{gone}+" if gone else ""
    return (text + (f"; use {instead}" if instead else ""),)
