"""Whether values keep to a schema, for the keywords that charts use: the answer is yes, or that somebody else must look.

Importing the library takes longer than rendering many a chart. What is found wrong here, and every keyword that is not read here, is left
to it: only a yes is final. Drafts 6 and newer.

Source: json-schema.org drafts 6 to 2020-12; the choice of keywords: the schemas of well-known charts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_OLD_DRAFTS: Final = ("draft-03", "draft-04")
_ASSERTING_FORMATS: Final = ("draft-06", "draft-07")
_ELSEWHERE: Final = frozenset(
    {
        "$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor", "$recursiveRef", "$vocabulary", "additionalItems",
        "contains", "dependencies", "dependentRequired", "dependentSchemas", "disallow", "divisibleBy", "extends", "id", "maxContains",
        "minContains", "multipleOf", "patternProperties", "prefixItems", "propertyNames", "unevaluatedItems",
        "unevaluatedProperties", "uniqueItems",
    }
)  # fmt: skip
"""Keywords that the library has to look at."""


class _Unsure(Exception):
    """No answer from here."""


def is_valid(schema: Any, value: Any) -> bool:
    """True when a decoded schema has nothing against a value; False when it may have."""
    if not isinstance(schema, dict):
        return False
    dialect = schema.get("$schema") or ""
    if not isinstance(dialect, str) or any(each in dialect for each in _OLD_DRAFTS):
        return False
    asserting = any(each in dialect for each in _ASSERTING_FORMATS)
    try:
        return _Check(schema, asserting=asserting).holds(schema, value)
    except (_Unsure, RecursionError):
        return False


class _Check:
    def __init__(self, root: dict[str, Any], *, asserting: bool) -> None:
        self._root = root
        self._asserting = asserting

    def holds(self, schema: Any, value: Any) -> bool:
        """Whether every keyword of a schema holds."""
        if isinstance(value, int) and not isinstance(value, bool):
            if abs(value) >= 1 << 53:
                raise _Unsure
            value = float(value)
        if schema is True:
            return True
        if not isinstance(schema, dict):
            if schema is False:
                return False
            raise _Unsure
        if not _ELSEWHERE.isdisjoint(schema) or (self._asserting and "format" in schema):
            raise _Unsure
        if self._asserting and "$ref" in schema:
            return self._reference(schema["$ref"], value, schema)
        for keyword, argument in schema.items():
            check = _KEYWORDS.get(keyword)
            if check is not None and not check(self, argument, value, schema):
                return False
        return True

    def _type(self, names: Any, value: Any, _: Any) -> bool:
        return any(_is_type(name, value) for name in (names if isinstance(names, list) else [names]))

    def _properties(self, properties: Any, value: Any, _: Any) -> bool:
        if not isinstance(value, dict):
            return True
        return all(self.holds(subschema, value[name]) for name, subschema in _map(properties).items() if name in value)

    def _additional(self, subschema: Any, value: Any, schema: Any) -> bool:
        if not isinstance(value, dict) or subschema is True:
            return True
        known = _map(schema.get("properties", {}))
        return all(self.holds(subschema, each) for name, each in value.items() if name not in known)

    def _required(self, names: Any, value: Any, _: Any) -> bool:
        return not isinstance(value, dict) or all(name in value for name in _list(names))

    def _items(self, subschema: Any, value: Any, _: Any) -> bool:
        if isinstance(subschema, list):
            raise _Unsure
        return not isinstance(value, list) or all(self.holds(subschema, each) for each in value)

    def _enum(self, choices: Any, value: Any, _: Any) -> bool:
        return any(_same(choice, value) for choice in _list(choices))

    def _const(self, wanted: Any, value: Any, _: Any) -> bool:
        return _same(wanted, value)

    def _pattern(self, pattern: Any, value: Any, _: Any) -> bool:
        if not isinstance(value, str):
            return True
        import re2

        try:
            return re2.search(pattern, value) is not None
        except (re2.error, TypeError) as error:
            raise _Unsure from error

    def _all_of(self, subschemas: Any, value: Any, _: Any) -> bool:
        return all(self.holds(each, value) for each in _list(subschemas))

    def _any_of(self, subschemas: Any, value: Any, _: Any) -> bool:
        return any(self.holds(each, value) for each in _list(subschemas))

    def _one_of(self, subschemas: Any, value: Any, _: Any) -> bool:
        return sum(self.holds(each, value) for each in _list(subschemas)) == 1

    def _not(self, subschema: Any, value: Any, _: Any) -> bool:
        return not self.holds(subschema, value)

    def _if(self, subschema: Any, value: Any, schema: Any) -> bool:
        chosen = "then" if self.holds(subschema, value) else "else"
        return chosen not in schema or self.holds(schema[chosen], value)

    def _reference(self, reference: Any, value: Any, _: Any) -> bool:
        if not isinstance(reference, str) or not reference.startswith("#/") or "%" in reference or "~" in reference:
            raise _Unsure
        found: Any = self._root
        for name in reference[2:].split("/"):
            if not isinstance(found, dict) or name not in found or "$id" in found:
                raise _Unsure
            found = found[name]
        return self.holds(found, value)


def _is_type(name: Any, value: Any) -> bool:
    if name == "integer":
        return isinstance(value, float) and value.is_integer()
    kind = _TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise _Unsure
    return isinstance(value, kind)


_TYPES: Final[dict[str, type]] = {
    "object": dict, "array": list, "string": str, "number": float, "boolean": bool, "null": type(None),
}  # fmt: skip


def _map(argument: Any) -> dict[str, Any]:
    if not isinstance(argument, dict):
        raise _Unsure
    return argument


def _list(argument: Any) -> list[Any]:
    if not isinstance(argument, list):
        raise _Unsure
    return argument


def _same(first: Any, second: Any) -> bool:
    """Equality of scalars, in which true is not 1."""
    if isinstance(first, dict | list) and isinstance(second, dict | list):
        raise _Unsure
    return type(first) is type(second) and bool(first == second)


def _limit(counts: type, holds: Callable[[Any, Any], bool], measure: Callable[[Any], Any]) -> Callable[[_Check, Any, Any, Any], bool]:
    def check(_: _Check, limit: Any, value: Any, __: Any) -> bool:
        if not isinstance(limit, float):
            raise _Unsure
        return not isinstance(value, counts) or holds(measure(value), limit)

    return check


def _at_least(measured: Any, limit: Any) -> bool:
    return bool(measured >= limit)


def _at_most(measured: Any, limit: Any) -> bool:
    return bool(measured <= limit)


_KEYWORDS: Final[dict[str, Callable[[_Check, Any, Any, Any], bool]]] = {
    "type": _Check._type,
    "properties": _Check._properties,
    "additionalProperties": _Check._additional,
    "required": _Check._required,
    "items": _Check._items,
    "enum": _Check._enum,
    "const": _Check._const,
    "pattern": _Check._pattern,
    "allOf": _Check._all_of,
    "anyOf": _Check._any_of,
    "oneOf": _Check._one_of,
    "not": _Check._not,
    "if": _Check._if,
    "$ref": _Check._reference,
    "minimum": _limit(float, _at_least, float),
    "maximum": _limit(float, _at_most, float),
    "exclusiveMinimum": _limit(float, lambda measured, limit: bool(measured > limit), float),
    "exclusiveMaximum": _limit(float, lambda measured, limit: bool(measured < limit), float),
    "minLength": _limit(str, _at_least, len),
    "maxLength": _limit(str, _at_most, len),
    "minItems": _limit(list, _at_least, len),
    "maxItems": _limit(list, _at_most, len),
    "minProperties": _limit(dict, _at_least, len),
    "maxProperties": _limit(dict, _at_most, len),
}
