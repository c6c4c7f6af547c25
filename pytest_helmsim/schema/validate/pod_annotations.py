"""Annotations of pods that mean something to the server.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go (ValidatePodSpecificAnnotations).
"""

from __future__ import annotations

import re

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors, quoted
from pytest_helmsim.schema.validate.containers import check_descending_path

MIRROR = "kubernetes.io/config.mirror"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"


def check_pod_annotations(errors: Errors, path: str, annotations: dict[str, str] | None, spec: JsonObject) -> None:
    """Mirror pods, the cost of deletion, and the security profiles that were annotations once."""
    given = annotations or {}
    if MIRROR in given and not spec.get("nodeName"):
        errors.invalid(f"{path}[{MIRROR}]", given[MIRROR], "must set spec.nodeName if mirror pod annotation is set")
    cost = given.get(DELETION_COST)
    if cost is not None and not (re.fullmatch(r"0|-?[1-9][0-9]*", cost) and -(2**31) <= int(cost) < 2**31):
        errors.invalid(f"{path}[{DELETION_COST}]", cost, "must be a 32bit integer")
    for key in sorted(given):
        if key == SECCOMP_POD or key.startswith(SECCOMP_CONTAINER):
            _check_seccomp(errors, f"{path}.{key}", given[key])
    names = {container.get("name") for part in ("containers", "initContainers") for container in spec.get(part) or ()}
    for key, profile in given.items():
        if not key.startswith(APP_ARMOR):
            continue
        name = key.removeprefix(APP_ARMOR)
        if name not in names:
            errors.invalid(f"{path}[{key}]", name, "container not found")
        if profile not in ("", "runtime/default", "unconfined") and not profile.startswith("localhost/"):
            errors.invalid(f"{path}[{key}]", profile, f"invalid AppArmor profile name: {quoted(profile)}")


def _check_seccomp(errors: Errors, path: str, profile: str) -> None:
    if profile in ("runtime/default", "docker/default", "unconfined"):
        return
    if profile.startswith("localhost/"):
        check_descending_path(errors, path, profile.removeprefix("localhost/"))
    else:
        errors.invalid(path, profile, "must be a valid seccomp profile")
