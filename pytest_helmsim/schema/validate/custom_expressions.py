"""Expressions of a definition's rules, compiled when they are declared: their types, their cost, what they may compare.

A rule may cost so much, all rules of a schema ten times that. Sources: k8s.io/apiextensions-apiserver
pkg/apis/apiextensions/validation/{validation,cel_validation}.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.schema.field_errors import Errors, FieldError

RULE_LIMIT, TOTAL_LIMIT = 10_000_000, 100_000_000
MAX_DEPTH = 100
_MOST = 2**64 - 1
_ADVICE = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"


@dataclass(slots=True)
class _Total:
    cost: int = 0
    dearest: list[tuple[int, str]] = field(default_factory=list)

    def observe(self, path: str, cost: int) -> None:
        """Add a rule's cost, and keep the four that cost most."""
        self.cost = min(self.cost + cost, _MOST)
        if cost >= TOTAL_LIMIT // 100:
            self.dearest = sorted([*self.dearest, (cost, path)], key=lambda entry: -entry[0])[:4]


def check_expressions(errors: Errors, path: str, schema: JsonObject, known: Errors) -> None:
    """Compile all rules of a schema; nodes that have other errors, at themselves or below, are left alone."""
    broken = [error.field for error in known]
    total = _Total()
    _Walk(errors, broken, total).node(path, schema, _Around(1, "", True), 0)
    if total.cost > TOTAL_LIMIT:
        for _, where in total.dearest:
            errors.forbidden(where, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema")
        what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        errors.forbidden(path, _too_dear(what, total.cost, TOTAL_LIMIT))


@dataclass(frozen=True, slots=True)
class _Around:
    """How often a node may occur (None without a limit), the list around it whose items have no names, whether it is a whole object."""

    times: int | None
    within: str
    root: bool


@dataclass(slots=True)
class _Walk:
    errors: Errors
    broken: list[str]
    total: _Total

    def node(self, path: str, schema: JsonObject, around: _Around, depth: int) -> None:
        if depth > MAX_DEPTH:
            return
        times = _times(schema, around.times)
        items, others = schema.get("items"), schema.get("additionalProperties")
        if isinstance(others, dict):
            self._below(f"{path}.additionalProperties", others, times, around.within, depth)
        for key, child in (schema.get("properties") or {}).items():
            self._below(f"{path}.properties[{key}]", child, times, around.within, depth)
        if isinstance(items, dict):
            loose = schema.get("x-kubernetes-list-type") != "map"
            self._below(f"{path}.items", items, times, around.within or (path if loose else ""), depth)
        rules = schema.get("x-kubernetes-validations")
        if rules and not any(where == path or where.startswith((f"{path}.", f"{path}[")) for where in self.broken):
            self._compile(path, schema, around, rules)

    def _below(self, path: str, schema: JsonObject, times: int | None, within: str, depth: int) -> None:
        whole = bool(schema.get("x-kubernetes-embedded-resource"))
        self.node(path, schema, _Around(times, within, whole), depth + 1)

    def _compile(self, path: str, schema: JsonObject, around: _Around, rules: list[JsonObject]) -> None:
        from pytest_helmsim.schema.cel.declared import declared
        from pytest_helmsim.schema.cel.rule import Rules

        root = declared(schema, root=around.root)
        if root is None:
            why = "internal error: failed to construct type information for x-kubernetes-validations rules"
            detail = f"{why}: unable to convert structural schema to CEL declarations"
            self.errors.append(FieldError("InternalError", f"{path}.x-kubernetes-validations", "", detail))
            return
        compiler = Rules(root)
        for index, rule in enumerate(rules):
            self._check(f"{path}.x-kubernetes-validations[{index}]", rule, compiler.compile(rule), compiler.times, around)

    def _check(self, path: str, rule: JsonObject, compiled: Any, often: int, around: _Around) -> None:
        errors = self.errors
        cost = min(compiled.cost * (often if around.times is None else around.times), _MOST)
        if cost > RULE_LIMIT:
            errors.forbidden(f"{path}.rule", _too_dear("estimated rule cost", cost, RULE_LIMIT))
        self.total.observe(f"{path}.rule", cost)
        if compiled.error:
            errors.invalid(f"{path}.rule", _internal(rule), compiled.error)
        if compiled.message_error:
            errors.invalid(f"{path}.messageExpression", _internal(rule), compiled.message_error)
        elif compiled.message_tree is not None:
            if compiled.message_cost > RULE_LIMIT:
                errors.forbidden(
                    f"{path}.messageExpression", _too_dear("estimated messageExpression cost", compiled.message_cost, RULE_LIMIT)
                )
            self.total.observe(f"{path}.messageExpression", compiled.message_cost)
        if compiled.uses_old and around.within:
            why = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {around.within}"
            errors.invalid(f"{path}.rule", rule.get("rule") or "", why)
        elif not compiled.uses_old and rule.get("optionalOldSelf") is not None:
            errors.invalid(f"{path}.optionalOldSelf", rule["optionalOldSelf"], "may not be set if oldSelf is not used in rule")


def _times(schema: JsonObject, around: int | None) -> int | None:
    """How often what is below may occur; None without a limit."""
    match schema.get("type"):
        case "object" if schema.get("additionalProperties") not in (None, False):
            most = schema.get("maxProperties")
        case "array":
            most = schema.get("maxItems")
        case _:
            most = 1
    return None if around is None or most is None else min(around * max(most, 0), _MOST)


def _internal(rule: JsonObject) -> dict[str, Json]:
    """The server's own struct."""
    keys = ("rule", "message", "messageExpression", "reason", "fieldPath", "optionalOldSelf")
    return {key[0].upper() + key[1:]: rule.get(key) or ("" if key not in ("reason", "optionalOldSelf") else rule.get(key)) for key in keys}


def _too_dear(what: str, cost: int, limit: int) -> str:
    factor = cost / limit
    shown = "more than 100x" if factor > 100 else f"{factor:f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{what} exceeds budget by factor of {shown} {_ADVICE}"
