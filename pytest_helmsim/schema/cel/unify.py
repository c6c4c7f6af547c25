"""Which types fit each other, and what the open ones among them must be then.

Source: github.com/google/cel-go checker/types.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.types import Type

_NULLABLE = frozenset(["opaque", "struct", "duration", "timestamp"])
_PARTS = frozenset(["opaque", "list", "map"])


class Unifier:
    """What has been found out of open types; an attempt that fails leaves nothing behind."""

    def __init__(self) -> None:
        self._known: dict[Type, Type] = {}
        self._count = 0

    def fresh(self) -> Type:
        """A new open type."""
        self._count += 1
        return types.param(f"_var{self._count - 1}")

    def fits(self, wanted: Type, given: Type) -> bool:
        """Whether one type can stand for the other."""
        return self.all_fit((wanted,), (given,))

    def all_fit(self, wanted: Sequence[Type], given: Sequence[Type]) -> bool:
        """Whether all fit at once."""
        before = dict(self._known) if self._known else {}
        if self._list(wanted, given):
            return True
        self._known = before
        return False

    def resolved(self, value: Type, *, open_to_dyn: bool = False) -> Type:
        """The type with everything that is known of it put in."""
        known = self._known.get(value)
        if known is not None:
            return self.resolved(known, open_to_dyn=open_to_dyn)
        if value.kind == "param":
            return types.DYN if open_to_dyn else value
        if not value.params or value.kind not in ("opaque", "list", "map", "type"):
            return value
        return Type(value.kind, value.name, tuple(self.resolved(part, open_to_dyn=open_to_dyn) for part in value.params))

    def _list(self, ones: Sequence[Type], others: Sequence[Type]) -> bool:
        return len(ones) == len(others) and all(self._fits(one, other) for one, other in zip(ones, others, strict=True))

    def _fits(self, one: Type, other: Type) -> bool:
        if other.kind == "param":
            valid, bound = self._stands_for(one, other)
            if valid:
                return True
            if bound:
                return False
        if one.kind == "param":
            return self._stands_for(other, one)[0]
        if one.kind in ("dyn", "error") or other.kind in ("dyn", "error"):
            return True
        if one.kind == "null":
            return other.kind in _NULLABLE or other.kind == "null"
        if other.kind == "null":
            return one.kind in _NULLABLE
        if one.kind == "type":
            return other.kind == "type"
        if one.kind in _PARTS:
            return one.kind == other.kind and one.name == other.name and self._list(one.params, other.params)
        return one == other

    def _stands_for(self, one: Type, open_type: Type) -> tuple[bool, bool]:
        """Whether a type can be what an open one stands for, and whether that one stood for something before."""
        if one == open_type:
            return True, True
        known = self._known.get(open_type)
        if known is not None:
            if one == known:
                return True, True
            if self._fits(one, known):
                wider = most_general(one, known)
                if self._is_apart(open_type, wider):
                    self._known[open_type] = wider
                return True, True
            return False, True
        if self._is_apart(open_type, one):
            self._known[open_type] = one
            return True, False
        return False, False

    def _is_apart(self, open_type: Type, within: Type) -> bool:
        if open_type == within:
            return False
        if within.kind == "param":
            known = self._known.get(within)
            return known is None or self._is_apart(open_type, known)
        if within.kind in ("opaque", "list", "map", "type"):
            return all(self._is_apart(open_type, part) for part in within.params)
        return True


def most_general(one: Type, other: Type) -> Type:
    """Of two types that fit, the one that says less."""
    return one if _says_less(one, other) else other


def _says_less(one: Type, other: Type) -> bool:
    if one.kind in ("dyn", "param"):
        return True
    if other.kind in ("dyn", "param") or one.kind != other.kind:
        return False
    if one.kind == "type":
        return True
    if one.kind in _PARTS:
        same = one.name == other.name and len(one.params) == len(other.params)
        return same and all(_says_less(a, b) for a, b in zip(one.params, other.params, strict=True))
    return one == other
