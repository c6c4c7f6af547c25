"""The rules of a CustomResourceDefinition (`x-kubernetes-validations`) over an object: what they refuse, in the server's words.

A rule that names `oldSelf` is looked at when there is an old value to compare with, or when it takes none as well. What another rule
says of a value that has not changed is a warning. Work beyond a budget ends the judgement.
Sources: k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel/validation.go, KEP-4008 (ratcheting).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pytest_helmsim.objects.errors import UnsupportedFeature
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.field_errors import OMITTED, FieldError, quoted
from pytest_helmsim.schema.model import Schema

NOT_CHECKED = FieldError(
    "FieldValueInvalid",
    "<nil>",
    None,
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
)
"""Comes after the errors of the schema itself, when the schema has rules: they are not looked at then."""

BUDGET = 10_000_000
MAX_DEPTH = 100
_LONGEST_MESSAGE = 5 * 1024
_OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"
_STEP = re.compile(r"\.([^.\[\]]+)|\['((?:[^'\\]|\\.)*)'\]")
_UNESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'", "\\": "\\"}
_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules refuse, which rules could not be judged (a sentence each), and what is only warned of."""

    errors: tuple[FieldError, ...]
    unchecked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def has_rules(schema: Schema) -> bool:
    """Whether any node of a schema has rules; looked up once for the schema of a kind."""
    return any_rules(schema.raw)


def any_rules(raw: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether a schema as written has rules, on its spine or in what must hold besides."""
    if depth > MAX_DEPTH:
        return False
    if raw.get("x-kubernetes-validations"):
        return True
    parts = [*(raw.get("properties") or {}).values(), raw.get("items"), raw.get("additionalProperties"), *(raw.get("allOf") or ())]
    return any(isinstance(part, dict) and any_rules(part, depth + 1) for part in parts)


RATCHETING_SINCE, VALUES_SINCE = 30, 35
"""Since which minor version what was wrong before may stay, and a refused value is shown instead of its type."""


def check(obj: JsonObject, schema: Schema, old: JsonObject | None = None, minor: int = 36) -> Verdict:
    """Every rule of the schema; `old` is the stored object of an update."""
    judge = _Judge(minor=minor)
    before = _MISSING if old is None else old
    kin = None if old is None else _Kin(_same(obj, old, schema.raw), True)
    judge.walk(_compiled(schema), _Place(obj, before, "", kin))
    return Verdict(tuple(judge.errors), tuple(dict.fromkeys(judge.unchecked)), tuple(dict.fromkeys(judge.warnings)))


def default_errors(raw: JsonObject, default: Json, path: str, *, root: bool) -> list[FieldError]:
    """What the rules of a node say of its default: as a value that stays, and then as one that is new."""
    if not any_rules(raw):
        return []
    node = _Validator(raw, root=root)
    for old in (default, _MISSING):
        judge = _Judge()
        judge.walk(node, _Place(default, old, path, None))
        if judge.errors:
            return judge.errors
    return []


@lru_cache(maxsize=128)
def _compiled(schema: Schema) -> _Validator:
    return _Validator(dict(schema.raw), root=True)


class _Validator:
    """A schema node with its compiled rules; nodes below are made when a value is there."""

    __slots__ = ("_below", "_declared", "_rules", "raw", "root")

    def __init__(self, raw: JsonObject, *, root: bool = False, declared: Any = _MISSING) -> None:
        self.raw = raw
        self.root = root
        self._declared = declared
        self._rules: list[tuple[JsonObject, Any]] | None = None
        self._below: dict[str, _Validator | None] = {}

    @property
    def declared(self) -> Any:
        """The node's type in expressions, None when it has none."""
        if self._declared is _MISSING:
            from pytest_helmsim.schema.cel.declared import declared

            self._declared = declared(self.raw, root=self.root)
        return self._declared

    @property
    def rules(self) -> list[tuple[JsonObject, Any]]:
        """Each rule with what it was compiled to; those of `allOf` count as well."""
        if self._rules is None:
            written = [rule for part in (self.raw, *(self.raw.get("allOf") or ())) for rule in part.get("x-kubernetes-validations") or ()]
            self._rules = []
            if written and self.declared is not None:
                from pytest_helmsim.schema.cel.rule import Rules

                compiler = Rules(self.declared)
                self._rules = [(rule, compiler.compile(rule)) for rule in written]
        return self._rules

    def below(self, key: str, raw: Any) -> _Validator | None:
        """The node of a property, of items (`[]`) or of values (`{}`), None when there are no rules there."""
        if key not in self._below:
            useful = isinstance(raw, dict) and any_rules(raw)
            self._below[key] = _Validator(raw, root=bool(raw.get("x-kubernetes-embedded-resource"))) if useful else None
        return self._below[key]


@dataclass(frozen=True, slots=True)
class _Kin:
    """Whether the nearest value that can be compared with an old one is the same, and whether it is the value itself."""

    same: bool
    own: bool


@dataclass(frozen=True, slots=True)
class _Place:
    value: Json
    old: Any
    path: str
    kin: _Kin | None

    @property
    def shown(self) -> str:
        return self.path or "<nil>"


class _OutOfBudget(Exception):
    """No further rule is looked at."""


@dataclass(slots=True)
class _Judge:
    errors: list[FieldError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    minor: int = 36
    budget: int = BUDGET

    def walk(self, node: _Validator, place: _Place) -> None:
        """The rules of a node and of all below."""
        try:
            self._walk(node, place)
        except _OutOfBudget:
            return

    def _walk(self, node: _Validator, place: _Place) -> None:
        value = place.value
        if value is None:
            return
        if node.rules:
            self._judge_all(node, place)
        if isinstance(value, dict):
            for child, below in self._members(node, place, value):
                self._walk(child, below)
        elif isinstance(value, list):
            child_node = node.below("[]", node.raw.get("items"))
            if child_node is not None:
                for index, item in enumerate(value):
                    partner = _partner(item, place.old, node.raw)
                    kin = _kin(place, item, partner, child_node.raw)
                    self._walk(child_node, _Place(item, partner, f"{place.path}[{index}]", kin))

    def _members(self, node: _Validator, place: _Place, value: JsonObject) -> Iterator[tuple[_Validator, _Place]]:
        before = place.old if isinstance(place.old, dict) else {}
        properties, others = node.raw.get("properties") or {}, node.raw.get("additionalProperties")
        for key, item in sorted(value.items()):
            if key in properties:
                child, path = node.below(key, properties[key]), f"{place.path}.{key}" if place.path else key
            else:
                child, path = node.below("{}", others), f"{place.path}[{key}]"
            if child is None:
                continue
            old = before.get(key, _MISSING)
            old = _MISSING if old is None else old
            kin = None if place.path == "" and key in ("apiVersion", "kind") else _kin(place, item, old, child.raw)
            yield child, _Place(item, old, path, kin)

    def _judge_all(self, node: _Validator, place: _Place) -> None:
        from pytest_helmsim.schema.cel.values import Optional, adapt

        kind = node.raw.get("type") or ""
        if self.budget <= 0:
            self._refuse(place, kind, _OUT_OF_BUDGET)
            raise _OutOfBudget
        names: dict[str, Any] = {"self": adapt(place.value, node.raw, root=node.root)}
        old = None if place.old is _MISSING else adapt(place.old, node.raw, root=node.root)
        for rule, compiled in node.rules:
            if compiled.error:
                self._refuse(place, kind, f"rule compile error: {compiled.error}")
                continue
            optional = bool(rule.get("optionalOldSelf"))
            if not compiled.tree or (compiled.uses_old and place.old is _MISSING and not optional):
                continue
            if compiled.uses_old:
                names["oldSelf"] = Optional(old, place.old is not _MISSING) if optional else old
            try:
                self._judge(node, place, rule, compiled, names)
            except UnsupportedFeature as error:
                self.unchecked.append(f"rule {rule.get('rule')!r} of {place.shown} is not checked: {error}")

    def _refuse(self, place: _Place, kind: str, detail: str) -> None:
        self.errors.append(FieldError("FieldValueInvalid", place.shown, kind, detail))

    def _run(self, program: Any, names: dict[str, Any]) -> tuple[Any, str]:
        """A program's value (an error is one) and its complaint about costs: `call` for its own, `budget` for the object's."""
        from pytest_helmsim.schema.cel.program import PER_CALL_LIMIT, CostExceeded

        try:
            found, cost = program.run(names)
        except CostExceeded:
            found, cost = None, PER_CALL_LIMIT
            if cost <= self.budget:
                return None, "call"
        if cost > self.budget:
            return None, "budget"
        self.budget -= cost
        return found, ""

    def _judge(self, node: _Validator, place: _Place, rule: JsonObject, compiled: Any, names: dict[str, Any]) -> None:
        kind = node.raw.get("type") or ""
        told = (rule.get("message") or rule.get("rule") or "").strip()
        found, limit = self._run(compiled.program, names)
        if limit == "budget":
            self._refuse(place, kind, _OUT_OF_BUDGET)
            raise _OutOfBudget
        if limit:
            why = "no further validation rules will be run due to call cost exceeds limit for rule"
            self._refuse(place, kind, f"'operation cancelled: actual cost limit exceeded': {why}: {told}")
            raise _OutOfBudget
        if isinstance(found, Exception):
            if str(found).startswith("no such overload"):
                why = "call arguments did not match a supported operator, function or macro signature for rule"
                self._refuse(place, kind, f"'{found}': {why}: {told}")
            else:
                self._refuse(place, kind, f"{found} evaluating rule: {told}")
            return
        if found is True:
            return
        path = place.path
        if rule.get("fieldPath"):
            further = field_path(rule["fieldPath"], node.raw)
            path = ".".join(part for part in (path, further or "") if part)
        detail = f"failed rule: {told}" if not rule.get("message") else told
        if compiled.message_tree is not None:
            detail = self._worded(compiled, rule, names, path, kind, place) or detail
        value = kind if self.minor < VALUES_SINCE else OMITTED if kind in ("object", "array") else place.value
        reason = rule.get("reason") or "FieldValueInvalid"
        self._add(FieldError(reason, path or "<nil>", value, "" if reason == "FieldValueDuplicate" else detail), compiled, place)

    def _add(self, error: FieldError, compiled: Any, place: _Place) -> None:
        if self.minor >= RATCHETING_SINCE and not compiled.uses_old and place.kin is not None and place.kin.same:
            self.warnings.append(str(error))
        else:
            self.errors.append(error)

    def _worded(self, compiled: Any, rule: JsonObject, names: dict[str, Any], path: str, kind: str, place: _Place) -> str:
        """What the rule's own expression says, empty when it says nothing useful."""
        found, limit = self._run(compiled.message, names)
        if limit:
            text = quoted(rule["messageExpression"])
            why = "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"
            if limit == "call":
                why = f"no further validation rules will be run due to call cost exceeds limit for messageExpression: {text}"
            self._add(FieldError("FieldValueInvalid", path or "<nil>", kind, why), compiled, place)
            raise _OutOfBudget
        if not isinstance(found, str):
            return ""
        trimmed = found.strip()
        return "" if "\n" in trimmed or len(trimmed.encode()) > _LONGEST_MESSAGE else trimmed


def _kin(place: _Place, value: Json, old: Any, raw: Mapping[str, Any]) -> _Kin | None:
    """What is known of a child: its own old value if there is one, else what was known nearest above."""
    kin = place.kin
    if kin is None or not kin.own:
        return kin
    return _Kin(kin.same, False) if old is _MISSING else _Kin(_same(value, old, raw), True)


def _same(value: Json, old: Any, raw: Any) -> bool:
    """Whether two values are equal; the order of a list whose items have keys does not count."""
    if value == old:
        return True
    if not isinstance(raw, dict) or type(value) is not type(old):
        return False
    if isinstance(value, dict) and len(value) == len(old):
        properties, others = raw.get("properties") or {}, raw.get("additionalProperties")
        return all(key in old and _same(item, old[key], properties.get(key, others)) for key, item in value.items())
    if raw.get("x-kubernetes-list-type") != "map" or not isinstance(value, list) or len(value) != len(old):
        return False
    return all((partner := _partner(item, old, raw)) is not _MISSING and _same(item, partner, raw.get("items")) for item in value)


def _partner(item: Json, old: Any, raw: Mapping[str, Any]) -> Any:
    """The old item with the same keys; items of other lists have no partner."""
    if raw.get("x-kubernetes-list-type") != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return _MISSING
    keys = raw.get("x-kubernetes-list-map-keys") or ()
    for other in old:
        if isinstance(other, dict) and all(other.get(key) == item.get(key) for key in keys):
            return other
    return _MISSING


def field_path(path: str, raw: Mapping[str, Any]) -> str | None:
    """A path of a rule as errors write it, None when it leads to no field of the schema."""
    position, node, shown = 0, raw, ""
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            return None
        key = step[1]
        if key is None:
            if re.search(r"\\[^abfnrtv'\\]", step[2]):
                return None
            key = re.sub(r"\\(.)", lambda match: _UNESCAPED[match[1]], step[2])
        properties, others = node.get("properties"), node.get("additionalProperties")
        if properties is not None:
            found, shown = properties.get(key), f"{shown}.{key}" if shown else key
        else:
            found, shown = others, f"{shown}[{key}]"
        if not isinstance(found, dict):
            return None
        node, position = found, step.end()
    return shown
