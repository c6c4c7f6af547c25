"""Which objects a list or watch is about: label selectors as text and as objects, field selectors.

Sources: k8s.io/apimachinery pkg/labels/selector.go, pkg/fields/selector.go; the selectable fields stand in the strategies of
k8s.io/kubernetes (SelectableFields) and in pkg/apis/*/v1/conversion.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pytest_helmsim.objects import selectors
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import BadRequest

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.registry import Served


@dataclass(frozen=True, slots=True)
class Requirement:
    """`key operator values`: operators are in, notin, exists, absent, gt, lt."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """`notin` (and `!=`) is also true when the key is absent."""
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "absent":
                return value is None
        bound = next(iter(self.values))
        try:
            left, right = int(value or ""), int(bound)
        except ValueError:
            return False
        return left > right if self.operator == "gt" else left < right


def labels_match(requirements: tuple[Requirement, ...], obj: JsonObject) -> bool:
    """Every requirement holds; none at all matches everything."""
    labels = obj["metadata"].get("labels") or {}
    for requirement in requirements:  # noqa: SIM110 - called for every object of a list
        if not requirement.matches(labels):
            return False
    return True


def of_object(selector: JsonObject | None) -> tuple[Requirement, ...]:
    """A LabelSelector object: `matchLabels` and `matchExpressions`."""
    if not selector:
        return ()
    found = [Requirement(key, "in", frozenset((value,))) for key, value in (selector.get("matchLabels") or {}).items()]
    words = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}
    for entry in selector.get("matchExpressions") or ():
        found.append(Requirement(entry["key"], words[entry["operator"]], frozenset(entry.get("values") or ())))
    return tuple(found)


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """`a=b,c!=d,e in (f, g),h notin (i),j,!k,l>3`; mistakes are `BadRequest`."""
    try:
        found = selectors.parse_labels(text)
    except selectors.SelectorError as error:
        raise BadRequest(str(error)) from error
    words = {"=": "in", "==": "in", "!=": "notin", "!": "absent"}
    return tuple(Requirement(each.key, words.get(each.operator, each.operator), frozenset(each.values)) for each in found.requirements)


_META_FIELDS = ("metadata.name", "metadata.namespace")
_SLICES = ("resource.k8s.io", "resourceslices")
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "pods"): (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
        "status.podIP", "status.podIPs", "status.nominatedNodeName", "spec.host",
    ),
    ("", "events"): (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    ),
    ("events.k8s.io", "events"): (
        "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion",
        "regarding.fieldPath", "reason", "reportingController", "type",
    ),
    ("", "namespaces"): ("status.phase",),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "secrets"): ("type",),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("", "replicationcontrollers"): ("status.replicas",),
    ("batch", "jobs"): ("status.successful",),
    ("certificates.k8s.io", "certificatesigningrequests"): ("spec.signerName",),
    _SLICES: ("spec.nodeName", "spec.driver"),
}  # fmt: skip
_WITHOUT_NAMESPACE = (("", "nodes"), ("", "namespaces"), ("certificates.k8s.io", "certificatesigningrequests"), _SLICES)
"""Kinds with fields of their own that do not have `metadata.namespace` among them."""


_RENAMED = {"spec.host": "spec.nodeName"}
Fields: TypeAlias = tuple[tuple[str, bool, str], ...]
"""Path, whether it must be equal, value."""


def parse_fields(text: str, served: Served) -> Fields:
    """`a=b,c!=d`, only over fields that the kind supports."""
    return supported_fields(split_fields(text), served)


def split_fields(text: str) -> Fields:
    """`a=b,c==d,e!=f`; commas, equal signs and backslashes in values are escaped by a backslash."""
    found = []
    for part in sorted(re.findall(r"(?:\\.|[^,\\]|\\$)+", text)):
        shape = re.fullmatch(r"(.*?)(!=|==|=)(.*)", part)
        if shape is None:
            raise BadRequest(f"invalid selector: '{text}'; can't understand '{part}'")
        path, operator, value = shape.groups()
        found.append((path, operator != "!=", _unescaped(value)))
    return tuple(found)


def _unescaped(value: str) -> str:
    """A value of a field selector without its backslashes; what has to be escaped and is not is refused."""
    result, escaped = "", False
    for character in value:
        if escaped and character not in "\\,=":
            raise BadRequest(f"invalid field selector: invalid escape sequence: \\{character}")
        if not escaped and character in ",=":
            raise BadRequest(f"invalid field selector: unescaped character in value: {ord(character)}")
        escaped = character == "\\" and not escaped
        if not escaped:
            result += character
    if escaped:
        raise BadRequest("invalid field selector: invalid escape sequence: \\")
    return result


def supported_fields(found: Fields, served: Served) -> Fields:
    """The same, when the kind supports every one of them; else `BadRequest` as the kind words it."""
    place = served.group, served.plural
    allowed = {*_META_FIELDS, *_FIELDS.get(place, ())}
    if place in _WITHOUT_NAMESPACE:
        allowed.remove("metadata.namespace")
    if served.custom is not None:
        allowed |= {path.lstrip(".") for path in served.custom.selectable}
    for path, _, _ in found:
        if path not in allowed:
            raise BadRequest(_unknown_field(path, served))
    return found


def _unknown_field(path: str, served: Served) -> str:
    place = served.group, served.plural
    if place == _SLICES:
        return f"field label not supported for {served.gvk.api_version}, Kind={served.gvk.kind}: {path}"
    if place == ("batch", "jobs"):
        return f'field label "{path}" not supported for {served.gvk.kind}'
    if served.custom is not None or place in _FIELDS:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def fields_match(requirements: tuple[tuple[str, bool, str], ...], obj: JsonObject) -> bool:
    """Every requirement holds; an absent field counts as its zero value."""
    return all((_field(obj, path) == value) is equal for path, equal, value in requirements)


def _field(obj: JsonObject, path: str) -> str:
    if path == "metadata.name":
        return obj["metadata"]["name"]  # type: ignore[no-any-return]
    value: object = obj
    for step in _RENAMED.get(path, path).split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if path == "source" and isinstance(value, dict):
        value = value.get("component") or None
    if value is None:
        if path == "source":
            return obj.get("reportingComponent") or ""
        if path in ("spec.unschedulable", "spec.hostNetwork"):
            return "false"
        return "0" if path in ("status.replicas", "status.successful") else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list or watch is restricted to."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[tuple[str, bool, str], ...] = ()

    @property
    def everything(self) -> bool:
        """No restriction."""
        return not self.labels and not self.fields

    def matches(self, obj: JsonObject) -> bool:
        """`obj` in the version that was asked for."""
        return (not self.labels or labels_match(self.labels, obj)) and (not self.fields or fields_match(self.fields, obj))
