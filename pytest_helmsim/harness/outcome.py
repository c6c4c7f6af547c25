"""What an operation did: objects, their fields with a verdict each, and lists over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol

from pytest_helmsim.harness.errors import NoSuchField, NoSuchObject
from pytest_helmsim.objects.fields import FieldPath
from pytest_helmsim.objects.json import Json, JsonObject, dumps
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import Conflict
from pytest_helmsim.patch import field_text, verdicts
from pytest_helmsim.patch.field_set import Path
from pytest_helmsim.patch.verdicts import FieldMerge, Verdict
from pytest_helmsim.release import ownership
from pytest_helmsim.release.model import ObjectChange, Release

if TYPE_CHECKING:
    from pytest_helmsim.client.client import Client
    from pytest_helmsim.schema.model import Schema


class Schemas(Protocol):
    """What knows a kind's schema, and the client whose warnings count: a `Cluster`, for one."""

    @property
    def client(self) -> Client:
        """The client."""

    @property
    def field_manager(self) -> str:
        """By which name the deployer writes."""

    def schema(self, gvk: GroupVersionKind) -> Schema | None:
        """None for a kind that merges as plain JSON."""


OWNERSHIP = {
    "labels": (ownership.MANAGED_BY,),
    "annotations": (ownership.RELEASE_NAME, ownership.RELEASE_NAMESPACE),
}


class VerdictText(str):
    """A verdict that knows its field, so that a failed comparison can show the sides."""

    __slots__ = ("field",)
    field: Field

    def __new__(cls, text: str, field: Field) -> VerdictText:
        made = super().__new__(cls, text)
        made.field = field
        return made

    def __helmsim_explain__(self) -> list[str]:
        return [str(self.field), *self.field.sides()]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one object: the three sides, the result and the verdict."""

    object: str
    merge: FieldMerge

    @property
    def path(self) -> str:
        """As `spec.template.spec.containers[web].image`."""
        return str(self.merge.path)

    @property
    def verdict(self) -> VerdictText:
        """One of the words of the vocabulary; compares as text."""
        return VerdictText(self.merge.verdict, self)

    @property
    def original(self) -> Json:
        """In the old manifest."""
        return self.merge.original

    @property
    def live(self) -> Json:
        """In the cluster before the operation."""
        return self.merge.live

    @property
    def target(self) -> Json:
        """In the new manifest."""
        return self.merge.target

    @property
    def result(self) -> Json:
        """In the cluster after the operation."""
        return self.merge.result

    def __str__(self) -> str:
        return f"{self.object} {self.path}"

    def sides(self) -> list[str]:
        """The three sides and the result, a line each."""
        return [f"{side:<9} {show(getattr(self, side))}" for side in ("original", "live", "target", "result")]


class Fields(list[Field]):
    """A list of fields that a failed comparison prints with their sides; `in` also takes `Kind/name path` text."""

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return any(item in (str(each), each.path) for each in self)
        return super().__contains__(item)

    def __helmsim_explain__(self) -> list[str]:
        return [line for each in self for line in (f"{each}: {each.verdict}", *(f"  {side}" for side in each.sides()))]

    def __repr__(self) -> str:
        return f"[{', '.join(map(str, self))}]"


@dataclass(frozen=True, slots=True)
class ObjectOutcome:
    """One object: what was done to it and what became of each field."""

    name: str
    action: str
    change: ObjectChange
    schema: Schema | None
    fields: tuple[Field, ...]
    manager: str = "helm"

    def field(self, path: str) -> Field:
        """The field at `path`. An inner node has the verdict of what is below it, by `verdicts.combine`.

        Raises `NoSuchField` when none of the four sides has it, naming the nearest paths.
        """
        merge = verdicts.at(
            FieldPath.parse(path),
            self.change.original,
            self.change.live_before,
            self.change.target,
            self.change.live_after,
            self.schema,
            manager=self.manager,
            conflicts=conflict_paths(self.change),
        )
        if merge is None:
            near = get_close_matches(path, [each.path for each in self.fields], n=3, cutoff=0.5)
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise NoSuchField(f"{self.name} has no field {path!r} in the old manifest, the new one or the cluster{hint}")
        return Field(self.name, merge)

    def having(self, verdict: Verdict) -> list[Field]:
        """Its fields with that verdict."""
        return [each for each in self.fields if each.merge.verdict == verdict]


@dataclass(frozen=True, slots=True)
class Outcome(Mapping[str, ObjectOutcome]):
    """What an install, upgrade or rollback did, by `Kind/name`; `release` is the record it wrote."""

    release: Release
    objects: Mapping[str, ObjectOutcome]
    warnings: Sequence[str] = ()

    @classmethod
    def of(cls, record: Release | None, changes: Sequence[ObjectChange], cluster: Schemas) -> Outcome:
        """From what the engine reported; the last report of an object counts."""
        objects = {}
        for change in map(_owned, changes):
            schema = cluster.schema(GroupVersionKind.of(change.api_version, change.kind))
            merges = verdicts.field_merges(
                change.original,
                change.live_before,
                change.target,
                change.live_after,
                schema,
                manager=cluster.field_manager,
                conflicts=conflict_paths(change),
            )
            objects[change.key] = ObjectOutcome(
                change.key, _action(change), change, schema, tuple(Field(change.key, merge) for merge in merges), cluster.field_manager
            )
        return cls(record or Release("", ""), objects, tuple(cluster.client.take_warnings()))

    @property
    def summary(self) -> str:
        """`revision 2 deployed`."""
        return f"revision {self.revision} {self.status}"

    def story(self) -> Iterator[str]:
        """A line for each object, and below it one for each field that did not stay as it was."""
        for obj in self.objects.values():
            yield f"{obj.name} {obj.action}"
            if obj.change.target is None or (obj.change.original is None and obj.action != "failed"):
                continue
            for each in obj.fields:
                if each.merge.verdict != "unchanged":
                    yield f"  {each.merge.verdict:<9} {each.path}  {_movement(each)}"

    def __getitem__(self, name: str) -> ObjectOutcome:
        found = self.objects.get(name)
        if found is None:
            kind, _, rest = name.partition("/")
            candidates = [obj for each in self.objects.values() if (obj := each.change.target) and obj.get("kind") == kind]
            found = self.objects.get(f"{kind}/{nearest(rest, self.release.name, candidates)}")
        if found is None:
            raise NoSuchObject(f"the operation touched no {name!r}; it touched {', '.join(self.objects) or 'nothing'}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.objects)

    def __len__(self) -> int:
        return len(self.objects)

    def __contains__(self, name: object) -> bool:
        return name in self.objects

    @property
    def revision(self) -> int:
        """The revision that was written."""
        return self.release.version

    @property
    def status(self) -> str:
        """Its status: `deployed`, `failed` …"""
        return self.release.info.status

    @property
    def notes(self) -> str:
        """Rendered NOTES.txt."""
        return self.release.info.notes

    def _having(self, verdict: Verdict) -> Fields:
        return Fields(each for obj in self.objects.values() for each in obj.having(verdict))

    @property
    def changed(self) -> Fields:
        """Fields that the chart changed."""
        return self._having("changed")

    @property
    def converged(self) -> Fields:
        """Fields that had drifted and are what the chart declares again."""
        return self._having("converged")

    @property
    def kept(self) -> Fields:
        """Out-of-band fields that survived."""
        return self._having("kept")

    @property
    def lost(self) -> Fields:
        """Out-of-band fields that the chart does not declare and that are gone."""
        return self._having("lost")

    @property
    def added(self) -> Fields:
        """Fields that the chart declares anew."""
        return self._having("added")

    @property
    def removed(self) -> Fields:
        """Fields that left the chart and the cluster."""
        return self._having("removed")

    @property
    def conflicts(self) -> Fields:
        """Fields that another manager owns."""
        return self._having("conflict")

    @property
    def diverged(self) -> Fields:
        """Fields where the record says one thing and the cluster has another."""
        return self._having("diverged")

    @property
    def hooks(self) -> Sequence[HookOutcome]:
        """The hooks of the release, with the phase of their last run."""
        return [HookOutcome(hook.name, hook.kind, hook.last_run.phase) for hook in self.release.hooks]

    @property
    def actions(self) -> dict[str, str]:
        """What was done to each object: `created`, `patched`, `unchanged`, `deleted`, `kept` …"""
        return {name: each.action for name, each in self.objects.items()}


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """A hook: `phase` is empty before any run, then Running, Unknown, Succeeded or Failed."""

    name: str
    kind: str
    phase: str


def nearest(name: str, release: str, objects: Sequence[JsonObject]) -> str:
    """The full name of the one object that `name` means: `RELEASE-name`, or labelled as the app `name`; empty when none or several are."""
    names = [obj["metadata"]["name"] for obj in objects]
    if f"{release}-{name}" in names:
        return f"{release}-{name}"
    labelled = [obj["metadata"]["name"] for obj in objects if (obj["metadata"].get("labels") or {}).get("app.kubernetes.io/name") == name]
    return labelled[0] if len(labelled) == 1 else ""


def _action(change: ObjectChange) -> str:
    """What became of the object: a write that changed nothing in the cluster left it `unchanged`."""
    before, after = ((side or {}).get("metadata", {}).get("resourceVersion") for side in (change.live_before, change.live_after))
    if change.action in ("patched", "applied", "replaced") and before and before == after:
        return "unchanged"
    return change.action


def _owned(change: ObjectChange) -> ObjectChange:
    """Records do not hold the ownership metadata that Helm puts on every object: lay the target's over the original."""
    if change.original is None or change.target is None:
        return change
    metadata = dict(change.original.get("metadata") or {})
    for part, names in OWNERSHIP.items():
        given = (change.target.get("metadata") or {}).get(part) or {}
        metadata[part] = {**(metadata.get(part) or {}), **{name: given[name] for name in names if name in given}}
    return replace(change, original={**change.original, "metadata": metadata})


def conflict_paths(change: ObjectChange) -> Sequence[Path]:
    """The field paths that a server-side apply was refused at."""
    error: BaseException | None = change.error
    while error is not None:
        if isinstance(error, Conflict):
            causes = (error.details or {}).get("causes") or ()
            return [field_text.parse(cause["field"]) for cause in causes if cause.get("reason") == "FieldManagerConflict"]
        error = error.__cause__
    return ()


def _movement(field: Field) -> str:
    if field.merge.verdict in ("kept", "added"):
        return show(field.result)
    if field.merge.verdict in ("lost", "removed"):
        return f"was {show(field.live)}"
    return f"{show(field.live)} → {show(field.result)}"


def show(value: Json, limit: int = 100) -> str:
    """A value on one line, cut at `limit`; absent is `-`."""
    text = "-" if value is verdicts.ABSENT else repr(value) if isinstance(value, str) else dumps(value).decode()
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
