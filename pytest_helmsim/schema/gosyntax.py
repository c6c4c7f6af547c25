"""Values in complaints as servers before 1.34 print them: in Go's syntax, where later ones print JSON.

`v1.LabelSelector{MatchLabels:map[string]string{"app":"web"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}`. Known are the shapes
that rules show most; a struct behind a pointer is printed by its address there, which nobody can foretell: such values stay JSON.
Sources: k8s.io/apimachinery pkg/util/validation/field/errors.go, fmt of Go (%#v).
"""

from __future__ import annotations

from typing import Any, TypeAlias

from pytest_helmsim.objects.json import Json, JsonObject

JSON_SINCE = 34
APPROXIMATE = ("values of complaints before 1.34: in Go's syntax for selectors, labels, lists of words and a few structs, else as JSON",)

_Struct: TypeAlias = tuple[str, dict[str, str]]
_STRUCTS: dict[tuple[str, ...], _Struct] = {
    ("SucceededIndexes", "SucceededCount"): ("batch.SuccessPolicyRule", {"SucceededIndexes": "*string", "SucceededCount": "*int32"}),
    ("APIGroup", "Kind", "Name"): ("rbac.RoleRef", {}),
    ("Rules",): ("batch.SuccessPolicy", {"Rules": "[]batch.SuccessPolicyRule"}),
    ("MatchExpressions",): ("core.ScopeSelector", {"MatchExpressions": "[]core.ScopedResourceSelectorRequirement"}),
    ("ScopeName", "Operator", "Values"): ("core.ScopedResourceSelectorRequirement", {"Values": "[]string"}),
    ("Rule", "Message", "MessageExpression", "Reason", "FieldPath", "OptionalOldSelf"): (
        "apiextensions.ValidationRule",
        {"Reason": "*apiextensions.FieldValueErrorReason", "OptionalOldSelf": "*bool"},
    ),
}
"""By the names of their fields: the type, and the types of fields that may be nil."""
_BY_PATH: dict[str, _Struct] = {
    "spec.strategy": ("apps.DeploymentStrategy", {"RollingUpdate": "*apps.RollingUpdateDeployment"}),
    "spec.updateStrategy": ("apps.StatefulSetUpdateStrategy", {"RollingUpdate": "*apps.RollingUpdateStatefulSetStrategy"}),
}
_INT_OR_STRING = ("may not be 0 when", "must be an integer or percentage", "must not be greater than 100%", "cannot be 0 when")


class GoText(str):
    """A value that stands in a message as it is."""

    __slots__ = ()


def shown(path: str, value: Json, detail: str) -> Json:
    """The value, as `GoText` where an old server prints it otherwise than as JSON."""
    if isinstance(value, (int, str)) and not isinstance(value, bool) and detail.startswith(_INT_OR_STRING):
        number, text = (value, "") if isinstance(value, int) else (0, value)
        return GoText(f"intstr.IntOrString{{Type:{int(isinstance(value, str))}, IntVal:{number}, StrVal:{_quoted(text)}}}")
    if value is None and path.endswith((".labels", "template.metadata.labels")):
        return GoText("map[string]string(nil)")
    if value is None:
        return "null"
    if not isinstance(value, (dict, list)):
        return value
    printed = _go(path, value)
    return value if printed is None else GoText(printed)


def _quoted(text: str) -> str:
    from pytest_helmsim.schema.field_errors import quoted

    return quoted(text)


def _go(path: str, value: Json) -> str | None:
    if isinstance(value, list):
        return _words(value) if all(isinstance(item, str) for item in value) else None
    assert isinstance(value, dict)
    if value.keys() <= {"matchLabels", "matchExpressions"} and not any(isinstance(item, str) for item in value.values()):
        return _selector(value)
    if all(isinstance(item, str) for item in value.values()) and not any(key[:1].isupper() for key in value):
        return _labels(value)
    known = _BY_PATH.get(path) if "RollingUpdate" in value else _STRUCTS.get(tuple(value))
    if known is None:
        return None
    parts = [_member(known[1].get(key, ""), item) for key, item in value.items()]
    if any(part is None for part in parts):
        return None
    return f"{known[0]}{{{', '.join(f'{key}:{part}' for key, part in zip(value, parts, strict=True))}}}"


def _member(kind: str, value: Json) -> str | None:
    """One field; None for what hangs on an address."""
    if value is None:
        return f"({kind})(nil)" if kind.startswith("*") else f"{kind}(nil)"
    if kind.startswith("*"):
        return None
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        if kind == "[]string":
            return _words(value)
        items = [_go("", item) if isinstance(item, dict) else None for item in value]
        return None if None in items else f"{kind}{{{', '.join(str(item) for item in items)}}}"
    return str(value).lower() if isinstance(value, (bool, int)) else None


def _words(items: list[Any]) -> str:
    return f"[]string{{{', '.join(_quoted(item) for item in items)}}}"


def _labels(labels: JsonObject) -> str:
    return f"map[string]string{{{', '.join(f'{_quoted(key)}:{_quoted(labels[key])}' for key in sorted(labels))}}}"


def _selector(selector: JsonObject) -> str:
    labels, rows = selector.get("matchLabels"), selector.get("matchExpressions")
    kind = "v1.LabelSelectorRequirement"
    shown_rows = [
        f"{kind}{{Key:{_quoted(row.get('key', ''))}, Operator:{_quoted(row.get('operator', ''))}, "
        f"Values:{'[]string(nil)' if row.get('values') is None else _words(row['values'])}}}"
        for row in rows or ()
    ]
    listed = f"[]{kind}(nil)" if rows is None else f"[]{kind}{{{', '.join(shown_rows)}}}"
    return f"v1.LabelSelector{{MatchLabels:{'map[string]string(nil)' if labels is None else _labels(labels)}, MatchExpressions:{listed}}}"
