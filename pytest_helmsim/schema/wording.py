"""Complaints in the words of the version that judges: what a version reworded, its predecessors said otherwise.

Sources: k8s.io/apimachinery pkg/{api,util}/validation, k8s.io/kubernetes pkg/apis/*/validation of 1.28 to 1.36; answers of 1.33.
"""

from __future__ import annotations

import re

LAST = 35
"""The minor version since which nothing here was reworded."""

_BEFORE: tuple[tuple[int, str, str, str], ...] = (
    (34, r"ownerReferences.*\.uid$", r"^must not be empty$", "uid must not be empty"),
    (34, r"ownerReferences.*\.kind$", r"^must not be empty$", "kind must not be empty"),
    (34, r"ownerReferences.*\.name$", r"^must not be empty$", "name must not be empty"),
    (
        34,
        r"^spec\.(.*\.)?(hostNetwork|HostPID|HostIPC|volumeDevices)$",
        r"^when `hostUsers` is false$",
        "when `pod.Spec.HostUsers` is false",
    ),
    (34, r"^spec\.type$", r"^must be 'Exempt' if and only if `name` is 'exempt'$", "type must be 'Exempt' if and only if name is 'exempt'"),
    (34, r"^spec\.variables.*\.name$", r"^must be a valid CEL identifier$", "name is not a valid CEL identifier"),
    (34, r"\.message$", r"^must not contain line breaks$", "message must not contain line breaks"),
    (32, r"", r"^may not be more than (\d+) bytes$", r"may not be longer than \1"),
    (34, r"", r"^must have at most 1 item$", "must have at most 1 items"),
    (35, r"", r"^(name part |prefix part )?must be no more than (\d+) bytes$", r"\1must be no more than \2 characters"),
    (35, r"", r"^a valid label key must consist", "a qualified name must consist"),
)
"""The version that says it so, the field, what it says, what was said before."""


def said(path: str, detail: str, minor: int) -> str:
    """The complaint as this version words it."""
    for since, field, pattern, before in _BEFORE:
        if minor < since and re.search(field, path):
            detail = re.sub(pattern, before, detail)
    return detail
