"""From old objects to new ones: create, update, delete, one after the other, each change told to the observer.

`Plan` says before anything happens what each object's sides are; `perform_update` walks it as Helm does: a failed update
does not stop the walk, a failed creation or read does, and any failure leaves the objects that left the chart alone.
Source: helm.sh/helm/v4 pkg/kube/client.go (update, perform, Delete).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pytest_helmsim.chart.manifests import RESOURCE_POLICY
from pytest_helmsim.objects import collector, meta
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import ApiError, NotFound
from pytest_helmsim.release import readiness
from pytest_helmsim.release.apply import Way, Written, on_conflict
from pytest_helmsim.release.build import Built
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import ObjectFailed, ReleaseError, UpdateFailed
from pytest_helmsim.release.model import Action, ObjectChange

KEEP = "keep"
NOTHING_VISITED = "no objects visited"


@dataclass(frozen=True, slots=True)
class Step:
    """One object of the new manifest with its counterpart in the old one."""

    target: Built
    original: Built | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an update will do: a step for each target, and the originals that are no targets."""

    steps: tuple[Step, ...]
    leaving: tuple[Built, ...]


def make(originals: Sequence[Built], targets: Sequence[Built]) -> Plan:
    """Pair old and new by name, namespace, kind and group."""
    index: dict[tuple[str, str, str, str], Built] = {}
    for each in originals:
        index.setdefault(_place(each), each)
    there = {_place(each) for each in targets}
    return Plan(
        tuple(Step(each, index.get(_place(each))) for each in targets),
        tuple(each for each in originals if _place(each) not in there),
    )


def _place(each: Built) -> tuple[str, str, str, str]:
    return (each.name, each.namespace, each.resource.gvk.group, each.resource.gvk.kind)


@dataclass(slots=True)
class Done:
    """What an update has done so far; a failed one still tells."""

    created: list[Built] = field(default_factory=list)
    updated: list[Built] = field(default_factory=list)
    deleted: list[Built] = field(default_factory=list)


@collector.paused()
def create_all(context: Context, targets: Sequence[Built], way: Way) -> None:
    """Create every object, also after failures; raise `UpdateFailed` with all of them."""
    if not targets:
        raise UpdateFailed(NOTHING_VISITED)
    errors: list[Exception] = []
    for target in in_batches(targets, started=True):
        context.cancellation.check()
        try:
            live = way.create(target)
        except (ApiError, ReleaseError) as error:
            errors.append(error)
            _tell(context, target, None, target.object, None, None, None, "failed", error)
        else:
            _tell(context, target, None, target.object, None, live, None, "created")
    if errors:
        raise UpdateFailed(context.rules.join([str(error) for error in errors]), errors) from errors[0]


def in_batches(targets: Sequence[Built], *, started: bool = False) -> Iterator[Built]:
    """Neighbours of one kind go out together; nothing of the next kind before they are answered.

    `started`: in the order in which Go starts goroutines, the last one first. It shows where two objects have one name.
    """
    for _, batch in groupby(targets, key=lambda each: each.kind):
        group = list(batch)
        yield from [group[-1], *group[:-1]] if started else group


@collector.paused()
def perform_update(context: Context, plan: Plan, way: Way, done: Done) -> None:
    """Walk the plan; raise `UpdateFailed`. `done` is filled on the way."""
    errors: list[Exception] = []
    for step in plan.steps:
        _perform(context, step, way, done, errors)
    if errors:
        raise UpdateFailed(" && ".join(map(str, errors)), errors) from errors[0]
    for original in plan.leaving:
        _remove(context, original, done, errors)
    if errors and context.rules.deletion_must_succeed:
        raise UpdateFailed(" && ".join(map(str, errors)), errors) from errors[0]


def _perform(context: Context, step: Step, way: Way, done: Done, errors: list[Exception]) -> None:
    context.cancellation.check()
    target = step.target
    try:
        live = _read(context, target)
    except NotFound:
        _create_missing(context, step, way, done)
        return
    except (ApiError, ReleaseError) as error:
        raise UpdateFailed(f"could not get information about the resource: {error}", [error]) from error
    if step.original is None:
        context.log(
            "warn",
            "resource exists on cluster but not in original release, using cluster state as baseline",
            namespace=target.namespace,
            name=target.name,
            kind=target.kind,
        )
    original = None if step.original is None else step.original.object
    try:
        written = way.update(original, target, live)
    except (ApiError, ReleaseError) as error:
        errors.append(error)
        written = Written("failed", live)
        _tell(context, target, original, target.object, live, live, None, "failed", error)
    else:
        _tell(context, target, original, target.object, live, written.live, written.patch, written.action)
    done.updated.append(target)


def _create_missing(context: Context, step: Step, way: Way, done: Done) -> None:
    target = step.target
    original = None if step.original is None else step.original.object
    done.created.append(target)
    try:
        live = way.create(target)
    except (ApiError, ReleaseError) as error:
        _tell(context, target, original, target.object, None, None, None, "failed", error)
        raise UpdateFailed(f"failed to create resource: {error}", [error]) from error
    _tell(context, target, original, target.object, None, live, None, "created")


def _remove(context: Context, original: Built, done: Done, errors: list[Exception]) -> None:
    """Delete what left the chart, unless its live object says keep; what cannot be read is passed over."""
    try:
        live = _read(context, original)
    except (ApiError, ReleaseError) as error:
        context.log("debug", "unable to get object", namespace=original.namespace, name=original.name, kind=original.kind, error=error)
        return
    if meta.annotations(live).get(RESOURCE_POLICY) == KEEP:
        _tell(context, original, original.object, None, live, live, None, "kept")
        return
    try:
        delete(context, original, "Background")
    except ApiError as error:
        context.log("debug", "failed to delete resource", namespace=original.namespace, name=original.name, kind=original.kind, error=error)
        if not isinstance(error, NotFound):
            place = f"namespace={original.namespace}, name={original.name}, kind={original.kind}"
            errors.append(ObjectFailed(f"failed to delete resource {place}: {error}"))
            _tell(context, original, original.object, None, live, live, None, "failed", error)
        return
    done.deleted.append(original)
    _tell(context, original, original.object, None, live, None, None, "deleted")


@collector.paused()
def delete_all(context: Context, targets: Sequence[Built], propagation: str, *, observe: bool = True) -> list[Exception]:
    """Delete every object; what is missing is as good as deleted. The errors, none when all went well."""
    if not targets:
        return [UpdateFailed(f"object not found, skipping delete: {NOTHING_VISITED}")]
    errors: list[Exception] = []
    for target in in_batches(targets):
        try:
            delete(context, target, propagation)
        except NotFound:
            continue
        except ApiError as error:
            errors.append(error)
            continue
        if observe:
            _tell(context, target, target.object, None, None, None, None, "deleted")
    return errors


def recreate_pods(context: Context, updated: Sequence[Built]) -> None:
    """Delete the pods that updated workloads select, as Helm 3 does on request; failures are only logged."""
    client = context.client
    for each in updated:
        selector = readiness.pod_selector(each.object)
        if not selector:
            continue
        try:
            for pod in client.list(readiness.PODS, each.namespace, label_selector=selector):
                client.delete(readiness.PODS, meta.name(pod), each.namespace, uid=meta.uid(pod))
        except ApiError as error:
            words = f"unable to recreate pods for object {each.namespace}/{each.name} because an error occurred"
            context.log("warn", f"{words}: {error}")
            return


def delete(context: Context, target: Built, propagation: str) -> None:
    """DELETE, tried again on conflicts."""
    client = context.client
    attempt: Callable[[], Json] = lambda: client.delete(target.resource, target.name, target.namespace, propagation=propagation)  # noqa: E731
    on_conflict(context, attempt)


def _read(context: Context, each: Built) -> JsonObject:
    if not each.name:
        raise ObjectFailed("resource name may not be empty")
    return context.client.get(each.resource, each.name, each.namespace)


def _tell(
    context: Context,
    each: Built,
    original: JsonObject | None,
    target: JsonObject | None,
    before: JsonObject | None,
    after: JsonObject | None,
    patch: Json,
    action: Action,
    error: Exception | None = None,
) -> None:
    gvk = each.resource.gvk
    context.observe(
        ObjectChange(gvk.api_version, gvk.kind, each.namespace, each.name, original, target, before, after, patch, action, error)
    )
