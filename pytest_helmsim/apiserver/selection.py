"""Which objects a list or watch is about: label selectors as text and as objects, field selectors.

Sources: k8s.io/apimachinery pkg/labels/selector.go, pkg/fields/selector.go; the selectable fields stand in the strategies of
k8s.io/kubernetes (SelectableFields) and in pkg/apis/*/v1/conversion.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pytest_helmsim.objects import names
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import BadRequest

if TYPE_CHECKING:
    from pytest_helmsim.apiserver.registry import Served

_TOKEN = re.compile(r"\s*(==|!=|=|>|<|\(|\)|,|!|[^\s=!<>(),]+)")
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")


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
    tokens = _TOKEN.findall(text)
    if not tokens:
        return ()
    found: list[Requirement] = []
    position = 0

    def take() -> str:
        nonlocal position
        token = tokens[position] if position < len(tokens) else ""
        position += 1
        return token

    while True:
        token = take()
        if token == "!":
            found.append(Requirement(_key(take()), "absent"))
        else:
            key = _key(token)
            operator = tokens[position] if position < len(tokens) else ""
            if operator in ("", ","):
                found.append(Requirement(key, "exists"))
            else:
                position += 1
                found.append(_comparison(key, operator, take))
        separator = take()
        if separator == "":
            return tuple(found)
        if separator != ",":
            raise BadRequest(f"found '{separator}', expected: ',' or 'end of string'")
        if position >= len(tokens):
            raise BadRequest("found '', expected: identifier after ','")


def _comparison(key: str, operator: str, take: object) -> Requirement:
    assert callable(take)
    if operator in ("=", "==", "!=", ">", "<"):
        value = take()
        value = "" if value == "," else value
        if value and not (_NAME.fullmatch(value) and len(value) <= 63):
            raise _bad_value(key, value)
        if operator in ("<", ">") and not re.fullmatch(r"[+-]?\d+", value):
            why = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise _unparsable(f'values[0]: Invalid value: "{value}": {why}')
        return Requirement(key, {"=": "in", "==": "in", "!=": "notin", ">": "gt", "<": "lt"}[operator], frozenset((value,)))
    if operator in ("in", "notin"):
        opening = take()
        if opening != "(":
            raise _unparsable(f"found '{opening}' expected: '('")
        values = set()
        while True:
            token = take()
            if token == ")":
                break
            if token == "":
                raise _unparsable("found '', expected: ',' or ')'")
            if token != ",":
                values.add(token)
        return Requirement(key, operator, frozenset(values or {""}))
    raise _unparsable(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")


def _key(token: str) -> str:
    if token in ("", ",", "=", "==", "!=", "(", ")"):
        raise BadRequest(f"found '{token}', expected: !, identifier, or 'end of string'")
    if complaints := names.label_key(token):
        raise _unparsable(f'<nil>: Invalid value: "{token}": {"; ".join(complaints)}')
    return token


def _bad_value(key: str, value: str) -> BadRequest:
    if len(value) > 63 and _NAME.fullmatch(value):
        return _unparsable(f'values[0][{key}]: Invalid value: "{value}": must be no more than 63 bytes')
    rule = (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
        "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    )
    return BadRequest(f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": {rule}')


def _unparsable(why: str) -> BadRequest:
    return BadRequest(f"unable to parse requirement: {why}")


_META_FIELDS = ("metadata.name", "metadata.namespace")
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "pods"): (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
        "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    ("", "events"): (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    ),
    ("events.k8s.io", "events"): (
        "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "reason", "reportingController", "type",
    ),
    ("", "namespaces"): ("status.phase",),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "secrets"): ("type",),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("", "replicationcontrollers"): ("status.replicas",),
    ("batch", "jobs"): ("status.successful",),
    ("certificates.k8s.io", "certificatesigningrequests"): ("spec.signerName",),
}  # fmt: skip


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
    allowed = {*_META_FIELDS, *_FIELDS.get((served.group, served.plural), ())}
    if served.custom is not None:
        allowed |= {path.lstrip(".") for path in served.custom.selectable}
    for path, _, _ in found:
        if path not in allowed:
            raise BadRequest(_unknown_field(path, served))
    return found


def _unknown_field(path: str, served: Served) -> str:
    special = {("", "pods"), ("", "events"), ("", "namespaces"), ("", "nodes"), ("", "secrets"), ("", "services"),
               ("", "replicationcontrollers")}  # fmt: skip
    if served.custom is not None or (served.group, served.plural) in special:
        return f"field label not supported: {path}"
    if served.plural in ("jobs", "statefulsets"):
        return f'field label "{path}" not supported for {served.gvk.kind}'
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def fields_match(requirements: tuple[tuple[str, bool, str], ...], obj: JsonObject) -> bool:
    """Every requirement holds; an absent field counts as its zero value."""
    return all((_field(obj, path) == value) is equal for path, equal, value in requirements)


def _field(obj: JsonObject, path: str) -> str:
    if path == "metadata.name":
        return obj["metadata"]["name"]  # type: ignore[no-any-return]
    value: object = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if path == "source" and isinstance(value, dict):
        value = value.get("component")
    if value is None:
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
