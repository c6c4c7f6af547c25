"""What became of each field in an operation: original, live, target and result give a verdict.

O the old manifest, L the cluster before, T the new manifest, R the cluster after; `-` absent, `*` anything, `own` owned by the
deployer or by nobody (a default), `out` out-of-band: owned by another manager, or no ownership is recorded at all.

| O   | T   | L            | R           | verdict                                                        |
|-----|-----|--------------|-------------|----------------------------------------------------------------|
| *   | t   | *            | not t       | `conflict` if the apply was refused there, else `diverged`     |
| -   | t   | *            | t           | `added`                                                        |
| o   | t≠o | *            | t           | `changed`                                                      |
| o   | t=o | t            | t           | `unchanged`                                                    |
| o   | t=o | not t        | t           | `converged`                                                    |
| o   | -   | *            | -           | `removed`                                                      |
| o   | -   | l            | l           | `kept`                                                         |
| o   | -   | *            | other       | `removed` (a default came in)                                  |
| -   | -   | l, out       | l           | `kept`                                                         |
| -   | -   | l, out       | - or other  | `lost`                                                         |
| -   | -   | l, own       | l           | `unchanged`                                                    |
| -   | -   | l, own       | - / other   | `removed` / `changed` (a default followed the chart)           |
| -   | -   | -            | r           | not listed (a default, or somebody was faster); `unchanged`    |

A subtree that came or went whole is one FieldMerge at its root: an injected container is `containers[mesh]` kept, not a dozen
leaves. What the server writes for itself (status, uid, generation, times …) is not listed.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from pytest_helmsim.objects.fields import FieldPath, Match, Step, scalar_text
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.quantity import QuantityError, parse
from pytest_helmsim.patch import field_codec
from pytest_helmsim.patch.compare import ABSENT, Child, children
from pytest_helmsim.patch.field_set import EMPTY, Element, FieldSet, Path
from pytest_helmsim.patch.typed import ANYTHING, Node, node
from pytest_helmsim.patch.values import equal_numbers
from pytest_helmsim.schema.model import Schema

__all__ = ["ABSENT", "VERDICTS", "FieldMerge", "Verdict", "at", "combine", "field_merges"]

Verdict = Literal["conflict", "diverged", "lost", "converged", "changed", "removed", "added", "kept", "unchanged"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""All words, what needs attention first: of several verdicts below a node the first here is the node's."""

_SYSTEM = frozenset(
    ("metadata", name)
    for name in ("uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "managedFields", "deletionTimestamp",
                 "deletionGracePeriodSeconds")
) | {
    ("status",),
    ("metadata", "annotations", "deployment.kubernetes.io/revision"),
    ("metadata", "annotations", "deprecated.daemonset.template.generation"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """One field: what each side had (ABSENT for nothing) and what became of it."""

    path: FieldPath
    original: Json
    live: Json
    target: Json
    result: Json
    verdict: Verdict


class _Sides(NamedTuple):
    original: Json
    live: Json
    target: Json
    result: Json


class _Owners(NamedTuple):
    """What others own at and below a place, and what conflicts there."""

    known: bool
    others: FieldSet
    here: bool
    conflicts: FieldSet
    conflict_here: bool

    def below(self, element: Element, parent: Node) -> _Owners:
        """At one child; who owns an atomic map owns all that is in it."""
        return _Owners(
            self.known,
            self.others.below(element),
            element in self.others.members or (parent.atomic_map and self.here),
            self.conflicts.below(element),
            element in self.conflicts.members or (parent.atomic_map and self.conflict_here),
        )

    @property
    def out_of_band(self) -> bool:
        return not self.known or self.here or bool(self.others)

    @property
    def refused(self) -> bool:
        return self.conflict_here or bool(self.conflicts)


def field_merges(
    original: JsonObject | None,
    live: JsonObject | None,
    target: JsonObject | None,
    result: JsonObject | None,
    schema: Schema | None = None,
    *,
    manager: str = "helm",
    conflicts: Collection[Path] = (),
) -> list[FieldMerge]:
    """Every field that a manifest or the cluster had before, with its verdict.

    Ownership comes from the live object's managedFields; `manager` is the deployer's name there. `conflicts` are the paths of a
    refused apply (`server_side.Conflicts`).
    """
    sides = _sides(original, live, target, result)
    owners = _owners(live, manager, conflicts)
    return list(_walk(sides, _root(schema), FieldPath(), owners))


def at(
    path: FieldPath,
    original: JsonObject | None,
    live: JsonObject | None,
    target: JsonObject | None,
    result: JsonObject | None,
    schema: Schema | None = None,
    *,
    manager: str = "helm",
    conflicts: Collection[Path] = (),
) -> FieldMerge | None:
    """The field at a path, whatever way it names list items; None when no side has it.

    An inner node has the verdict that `combine` makes of what is below it.
    """
    sides = _sides(original, live, target, result)
    owners = _owners(live, manager, conflicts)
    here, steps = _root(schema), FieldPath()
    for step in path.steps:
        found = _descend(sides, here, step)
        if found is None:
            return None
        element, child, sides = found
        here, owners, steps = child.at, owners.below(element, here), steps / child.step
    below = list(_walk(sides, here, steps, owners))
    verdict: Verdict = combine(merge.verdict for merge in below) if below else "unchanged"
    return FieldMerge(steps, *sides, verdict)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a node from those below it: the first in the order of VERDICTS, `unchanged` for nothing."""
    return min(verdicts, key=VERDICTS.index, default="unchanged")


def _sides(original: JsonObject | None, live: JsonObject | None, target: JsonObject | None, result: JsonObject | None) -> _Sides:
    """The objects, Secrets with their stringData where the server puts it."""
    return _Sides(*(ABSENT if obj is None else _without_string_data(obj) for obj in (original, live, target, result)))


def _without_string_data(obj: JsonObject) -> JsonObject:
    if obj.get("kind") != "Secret" or not isinstance(obj.get("stringData"), dict):
        return obj
    encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in obj["stringData"].items()}
    rest = {key: value for key, value in obj.items() if key != "stringData"}
    return {**rest, "data": {**(obj.get("data") or {}), **encoded}}


def _root(schema: Schema | None) -> Node:
    return node(schema if schema is not None else ANYTHING)


def _owners(live: JsonObject | None, manager: str, conflicts: Collection[Path]) -> _Owners:
    entries: Sequence[JsonObject] = ((live or {}).get("metadata") or {}).get("managedFields") or []
    others = EMPTY
    for entry in entries:
        if entry.get("manager") != manager:
            others |= field_codec.decode(entry.get("fieldsV1"))
    return _Owners(bool(entries), others, False, FieldSet.of(*conflicts), False)


def _walk(sides: _Sides, here: Node, path: FieldPath, owners: _Owners) -> Iterator[FieldMerge]:
    if path.steps in _SYSTEM:
        return
    if sides.original is ABSENT and sides.target is ABSENT and sides.live is ABSENT:
        return
    if not _is_whole(sides):
        tables = [children(value, here) if value is not ABSENT else None for value in sides]
        present = [table for value, table in zip(sides, tables, strict=True) if value is not ABSENT]
        if all(table is not None for table in present) and any(present):
            for element, child in _union(tables).items():
                below = _Sides(*(table[element].value if table and element in table else ABSENT for table in tables))
                yield from _walk(below, child.at, path / child.step, owners.below(element, here))
            return
    yield FieldMerge(path, *sides, _verdict(sides, owners, here))


def _union(tables: Sequence[dict[Element, Child] | None]) -> dict[Element, Child]:
    """All children: as the live object orders them, then the new ones of the others."""
    original, live, target, result = tables
    merged: dict[Element, Child] = {}
    for table in (live, result, target, original):
        for element, child in (table or {}).items():
            merged.setdefault(element, child)
    return merged


def _is_whole(sides: _Sides) -> bool:
    """The value came, went or stayed as one, so that looking inside would only repeat its verdict."""
    original, live, target, result = sides
    if not any(isinstance(value, (dict, list)) for value in sides):
        return True
    if original is ABSENT and target is ABSENT:
        return live is ABSENT or result is ABSENT or equal_numbers(live, result)
    if target is ABSENT:
        return result is ABSENT
    if original is ABSENT:
        return live is ABSENT and covers(result, target)
    return live is ABSENT and equal_numbers(original, target) and covers(result, target)


def covers(value: Json, part: Json) -> bool:
    """Everything in `part` stands in `value`, which may have more in its maps (defaults), but not in its lists."""
    if isinstance(part, dict):
        return isinstance(value, dict) and all(key in value and covers(value[key], item) for key, item in part.items())
    if isinstance(part, list):
        return isinstance(value, list) and len(value) == len(part) and all(map(covers, value, part))
    return equal_numbers(value, part)


def _verdict(sides: _Sides, owners: _Owners, here: Node) -> Verdict:
    original, live, target, result = sides
    if target is not ABSENT:
        if not _arrived(result, target, here):
            return "conflict" if owners.refused else "diverged"
        if original is ABSENT:
            return "added"
        if not equal_numbers(original, target) and not (here.quantity and _same_amount(original, target)):
            return "changed"
        return "unchanged" if _arrived(live, target, here) else "converged"
    if original is not ABSENT:
        return "kept" if result is not ABSENT and equal_numbers(live, result) else "removed"
    if result is not ABSENT and equal_numbers(live, result):
        return "kept" if owners.out_of_band else "unchanged"
    if owners.out_of_band:
        return "lost"
    return "removed" if result is ABSENT else "changed"


def _arrived(value: Json, wanted: Json, here: Node) -> bool:
    """The cluster has what was asked for: the same, more in its maps, or nothing where nothing was asked for (`{}`, `[]`, null)."""
    if value is ABSENT:
        return wanted is None or wanted in ({}, []) or (here.omits_zero and not wanted)
    return wanted is None or covers(value, wanted) or (here.quantity and _same_amount(value, wanted))


def _same_amount(left: Json, right: Json) -> bool:
    """`0.5` and `500m`."""
    try:
        return parse(left).compare(parse(right)) == 0
    except (QuantityError, TypeError):
        return False


def _descend(sides: _Sides, here: Node, step: Step) -> tuple[Element, Child, _Sides] | None:
    """One step on all sides; an index, or a key of several, finds the item on the first side that has it."""
    tables = [children(value, here) if value is not ABSENT else None for value in sides]
    original, live, target, result = tables
    for value, table in zip((sides.result, sides.live, sides.target, sides.original), (result, live, target, original), strict=True):
        for index, (element, child) in enumerate((table or {}).items()):
            if _names(step, child, index, isinstance(value, list), len(table or {})):
                values = (other[element].value if other and element in other else ABSENT for other in tables)
                return element, child, _Sides(*values)
    return None


def _names(step: Step, child: Child, index: int, is_item: bool, count: int) -> bool:
    if step == child.step:
        return True
    if not is_item:
        return isinstance(step, int) and str(step) == child.step
    if isinstance(step, int):
        return index == (step if step >= 0 else step + count)
    if not isinstance(child.value, dict):
        return False
    known = dict(child.step.pairs) if isinstance(child.step, Match) else {}
    wanted = step.pairs if isinstance(step, Match) else (("name", step),)
    return all(known.get(key) == text or (key in child.value and scalar_text(child.value[key]) == text) for key, text in wanted)
