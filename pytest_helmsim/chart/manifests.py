"""Rendered files to documents: splitting, heads, hooks, order of kinds, and the manifest text of a release.

Source: helm.sh/helm pkg/releaseutil ([3]), pkg/release/v1/util ([4]): manifest.go, manifest_sorter.go, kind_sorter.go.
"""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from pytest_helmsim.chart.errors import ManifestError
from pytest_helmsim.objects import yaml_load, yamlio
from pytest_helmsim.objects.flavour import HELM3, Flavour
from pytest_helmsim.objects.remembered import Remembered

_log = logging.getLogger(__name__)

_COMMON_INSTALL: Final = (
    "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget",
    "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim",
    "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList",
    "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment",
    "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService",
)  # fmt: skip
_COMMON_UNINSTALL: Final = (
    "APIService", "Ingress", "IngressClass", "Service", "CronJob", "Job", "StatefulSet", "HorizontalPodAutoscaler", "Deployment",
    "ReplicaSet", "ReplicationController", "Pod", "DaemonSet", "RoleBindingList", "RoleBinding", "RoleList", "Role",
    "ClusterRoleBindingList", "ClusterRoleBinding", "ClusterRoleList", "ClusterRole", "CustomResourceDefinition",
    "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "ConfigMap", "SecretList", "Secret", "ServiceAccount",
    "PodDisruptionBudget", "PodSecurityPolicy", "LimitRange", "ResourceQuota", "NetworkPolicy", "Namespace", "PriorityClass",
)  # fmt: skip
_WEBHOOKS: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")

INSTALL_ORDER: Final[dict[str, tuple[str, ...]]] = {"helm3": _COMMON_INSTALL, "helm4": (*_COMMON_INSTALL, *_WEBHOOKS)}
UNINSTALL_ORDER: Final[dict[str, tuple[str, ...]]] = {"helm3": _COMMON_UNINSTALL, "helm4": (*_WEBHOOKS[::-1], *_COMMON_UNINSTALL)}

HOOK: Final = "helm.sh/hook"
HOOK_WEIGHT: Final = "helm.sh/hook-weight"
HOOK_DELETE_POLICY: Final = "helm.sh/hook-delete-policy"
HOOK_OUTPUT_LOG_POLICY: Final = "helm.sh/hook-output-log-policy"
RESOURCE_POLICY: Final = "helm.sh/resource-policy"
TEST_EVENT: Final = "test"

EVENTS: Final[dict[str, str]] = {
    **{name: name for name in (
        "pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "test",
    )},
    "test-success": TEST_EVENT,
}  # fmt: skip
_SEPARATOR_3 = re.compile(r"(?:\A|\n)---[\t\n\f\r ]*")
_SEPARATOR_4 = re.compile(r"^---[ \t]*", re.MULTILINE)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


_HEADS: Final = Remembered("head", shortest=32 * 1024)


class Head(NamedTuple):
    """What Helm reads of a document."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    annotations: dict[str, str] | None = None


class Manifest(NamedTuple):
    """One rendered document that is no hook: the template's path and the text."""

    path: str
    text: str
    api_version: str = ""
    kind: str = ""
    name: str = ""
    annotations: dict[str, str] | None = None


class Hook(NamedTuple):
    """One rendered document with the annotation `helm.sh/hook`, as a release record stores it."""

    name: str
    kind: str
    path: str
    manifest: str
    events: tuple[str, ...]
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    output_log_policies: tuple[str, ...] = ()

    @property
    def is_test(self) -> bool:
        return TEST_EVENT in self.events


def split(text: str, flavour: Flavour) -> list[str]:
    """The documents of a file. [3] trims them, and an empty one leaves its second `---` with the next; [4] keeps trailing line ends."""
    if flavour == HELM3:
        return [part.strip(SPACE) for part in _SEPARATOR_3.split(text.strip(SPACE)) if part.rstrip("\t\n\f\r ")]
    return [part.lstrip(SPACE) for part in _SEPARATOR_4.split(text.lstrip(SPACE)) if part.strip(SPACE)]


def read_head(text: str, flavour: Flavour) -> Head:
    """Kind, name and annotations of a document; YamlError in Go's words for a broken one."""
    key = _HEADS.key(text, flavour)
    known = _HEADS.find(key)
    if known is None:
        head = _read_head(text, flavour)
        _HEADS.keep(key, (head.api_version, head.kind, head.name, head.annotations))
        return head
    return Head(*known)


def _read_head(text: str, flavour: Flavour) -> Head:
    document = yamlio.load_object(text)
    if document is None:
        return Head()
    package = "releaseutil" if flavour == HELM3 else "util"
    if not isinstance(document, dict):
        raise yamlio.YamlError(_mismatch(document, f"value of type {package}.SimpleHead"))
    metadata = _field(document, "metadata")
    name, annotations = "", None
    if metadata is not None:
        if not isinstance(metadata, dict):
            inner = 'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }'
            raise yamlio.YamlError(_mismatch(metadata, f"struct field SimpleHead.metadata of type {inner}"))
        name = _text(_field(metadata, "name"), "metadata.name")
        given = _field(metadata, "annotations")
        if given is not None:
            if not isinstance(given, dict):
                raise yamlio.YamlError(_mismatch(given, "struct field .metadata.annotations of type map[string]string"))
            annotations = {key: _text(value, "metadata.annotations") for key, value in given.items()}
    return Head(_text(_field(document, "apiVersion"), "apiVersion"), _text(_field(document, "kind"), "kind"), name, annotations)


def _field(document: dict[str, Any], key: str) -> Any:
    if key in document:
        return document[key]
    folded = key.lower()
    for each, value in document.items():
        if each.lower() == folded:
            return value
    return None


def _text(value: Any, path: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return yaml_load.float32_text(value)
    head, _, tail = path.partition(".")
    field = f".{head}.{tail}" if tail else f"SimpleHead.{head}"
    raise yamlio.YamlError(_mismatch(value, f"struct field {field} of type string"))


def _mismatch(value: Any, where: str) -> str:
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "string" if isinstance(value, str) else "number"
    if isinstance(value, bool):
        kind = "bool"
    return f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go {where}"


def sort(files: dict[str, str], flavour: Flavour) -> tuple[list[Hook], list[Manifest]]:
    """Hooks and manifests of rendered files (path to text), both in install order; ManifestError for text that is no YAML."""
    hooks: list[Hook] = []
    manifests: list[Manifest] = []
    for path in sorted(files):
        text = files[path]
        if posixpath.basename(path).startswith("_") or not text.strip(SPACE):
            continue
        for document in split(text, flavour):
            try:
                head = read_head(document, flavour)
            except yamlio.YamlError as error:
                raise ManifestError(f"YAML parse error on {path}: {error}", files) from error
            if head.annotations is None or HOOK not in head.annotations:
                manifests.append(Manifest(path, document, head.api_version, head.kind, head.name, head.annotations))
            elif (hook := _hook(path, document, head, head.annotations)) is not None:
                hooks.append(hook)
    return sort_by_kind(hooks, INSTALL_ORDER[flavour]), sort_by_kind(manifests, INSTALL_ORDER[flavour])


def _hook(path: str, document: str, head: Head, annotations: dict[str, str]) -> Hook | None:
    """The hook, or None for one with an unknown event, which Helm drops altogether."""
    events: list[str] = []
    for word in annotations[HOOK].split(","):
        event = EVENTS.get(word.strip(SPACE).lower())
        if event is None:
            _log.info("skipping unknown hooks: %s in %s", annotations[HOOK], path)
            return None
        events.append(event)
    weight = annotations.get(HOOK_WEIGHT, "")
    return Hook(
        name=head.name,
        kind=head.kind,
        path=path,
        manifest=document,
        events=tuple(events),
        weight=int(weight) if _INTEGER.fullmatch(weight) else 0,
        delete_policies=_words(annotations.get(HOOK_DELETE_POLICY)),
        output_log_policies=_words(annotations.get(HOOK_OUTPUT_LOG_POLICY)),
    )


def _words(value: str | None) -> tuple[str, ...]:
    return () if value is None else tuple(word.strip(SPACE).lower() for word in value.split(","))


_Kinded = TypeVar("_Kinded", Hook, Manifest)


def sort_by_kind(items: Iterable[_Kinded], order: Sequence[str]) -> list[_Kinded]:
    """A stable sort by kind; unknown kinds come last by their names."""
    ranks = {kind: rank for rank, kind in enumerate(order)}
    last = len(ranks)
    return sorted(items, key=lambda item: (ranks[item.kind], "") if item.kind in ranks else (last, item.kind))


def document_text(path: str, text: str) -> str:
    """A document with its header, as it stands in a manifest."""
    return f"---\n# Source: {path}\n{text}\n"


HIDDEN_SECRET: Final = "# HIDDEN: The Secret output has been suppressed"


def join(manifests: Iterable[Manifest], *, hide_secrets: bool = False) -> str:
    """The manifest text of a release."""
    return "".join(
        document_text(each.path, HIDDEN_SECRET if hide_secrets and each.kind == "Secret" and each.api_version == "v1" else each.text)
        for each in manifests
    )


def split_release(manifest: str, flavour: Flavour) -> list[Manifest]:
    """A stored manifest text to its documents, in the order of the text; the path is read from the `# Source:` line."""
    documents: list[Manifest] = []
    for text in split(manifest, flavour):
        head = read_head(text, flavour)
        first = text.split("\n", 1)[0]
        path = first.removeprefix("# Source: ") if first.startswith("# Source: ") else ""
        documents.append(Manifest(path, text, head.api_version, head.kind, head.name, head.annotations))
    return documents
