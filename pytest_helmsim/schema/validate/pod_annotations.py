"""Annotations of pods that mean something to the server.

Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go (ValidatePodSpecificAnnotations).
"""

from __future__ import annotations

import re

from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.schema.field_errors import Errors, quoted
from pytest_helmsim.schema.validate.paths import check_descending_path
from pytest_helmsim.schema.validate.security import each_container

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
    names = {container.get("name") for container, _ in each_container(spec, "")}
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


def check_annotation_changes(errors: Errors, new: JsonObject, old: JsonObject) -> None:
    """What an update of a pod may not do to them."""
    now, before = ((side.get("metadata") or {}).get("annotations") or {} for side in (new, old))
    path = "metadata.annotations"
    for key in sorted(before):
        if now.get(key) == before[key]:
            continue
        if key.startswith(APP_ARMOR):
            errors.forbidden(f"{path}[{key}]", "may not remove or update AppArmor annotations")
        if key == MIRROR:
            errors.forbidden(f"{path}[{key}]", "may not remove or update mirror pod annotation")
    for key in sorted(now.keys() - before.keys()):
        if key.startswith(APP_ARMOR):
            errors.forbidden(f"{path}[{key}]", "may not add AppArmor annotations")
        if key == MIRROR:
            errors.forbidden(f"{path}[{key}]", "may not add mirror pod annotation")
    check_pod_annotations(errors, path, now, new.get("spec") or {})


def check_profiles_agree(errors: Errors, path: str, annotations: dict[str, str] | None, spec: JsonObject, *, armor: bool = False) -> None:
    """A profile that stands in an annotation and in a field must be the same in both; `armor`: AppArmor's too."""
    given, pod = annotations or {}, spec.get("securityContext") or {}
    if pod.get("seccompProfile") and SECCOMP_POD in given:
        _seccomp_agrees(errors, f"{path}.securityContext.seccompProfile", given[SECCOMP_POD], pod["seccompProfile"])
    for container, here in each_container(spec, path):
        profile = (container.get("securityContext") or {}).get("seccompProfile")
        key = f"{SECCOMP_CONTAINER}{container.get('name', '')}"
        if profile is not None and key in given:
            _seccomp_agrees(errors, f"{here}.securityContext.seccompProfile", given[key], profile)
    if not armor or (spec.get("os") or {}).get("name") == "windows":
        return
    for container, here in each_container(spec, path):
        profile = (container.get("securityContext") or {}).get("appArmorProfile") or pod.get("appArmorProfile")
        key = f"{APP_ARMOR}{container.get('name', '')}"
        if profile is not None and key in given:
            _armor_agrees(errors, f"{here}.securityContext.appArmorProfile", given[key], profile)


def _seccomp_agrees(errors: Errors, path: str, annotation: str, profile: JsonObject) -> None:
    known = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default", "docker/default")}
    _agrees(errors, path, "seccomp", annotation, profile, known)


def _armor_agrees(errors: Errors, path: str, annotation: str, profile: JsonObject) -> None:
    _agrees(errors, path, "apparmor", annotation, profile, {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default",)})


def _agrees(errors: Errors, path: str, word: str, annotation: str, profile: JsonObject, known: dict[str, tuple[str, ...]]) -> None:
    kind = profile.get("type", "")
    if kind == "Localhost":
        if not annotation.startswith("localhost/"):
            errors.forbidden(f"{path}.type", f"{word} type in annotation and field must match")
        elif annotation.removeprefix("localhost/") != profile.get("localhostProfile"):
            errors.forbidden(f"{path}.localhostProfile", f"{word} profile in annotation and field must match")
    elif kind in known and annotation not in known[kind]:
        errors.forbidden(f"{path}.type", f"{word} type in annotation and field must match")
