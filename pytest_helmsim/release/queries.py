"""Reading: which releases there are, what one consists of, what its objects are now.

Source: helm.sh/helm/v4 pkg/action/{list,get_metadata,status}.go, pkg/kube/client.go (Get).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_helmsim.objects import selectors
from pytest_helmsim.objects.flavour import HELM4, Flavour
from pytest_helmsim.objects.json import JsonObject
from pytest_helmsim.objects.status import ApiError
from pytest_helmsim.release import times
from pytest_helmsim.release.build import Built, build
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import InvalidOption, ReleaseNotFound
from pytest_helmsim.release.model import (
    CLIENT_SIDE,
    DEPLOYED,
    FAILED,
    PENDING,
    SERVER_SIDE,
    SUPERSEDED,
    UNINSTALLED,
    UNINSTALLING,
    Release,
)
from pytest_helmsim.release.readiness import PODS
from pytest_helmsim.template.functions import regexes

EVERY_STATE = frozenset({DEPLOYED, UNINSTALLED, SUPERSEDED, FAILED, UNINSTALLING, *PENDING})
"""Without `unknown`, which no flag of Helm's asks for."""
STATE_WORDS: Mapping[str, frozenset[str]] = {
    "all": EVERY_STATE,
    "deployed": frozenset({DEPLOYED}),
    "failed": frozenset({FAILED}),
    "pending": PENDING,
    "superseded": frozenset({SUPERSEDED}),
    "uninstalled": frozenset({UNINSTALLED}),
    "uninstalling": frozenset({UNINSTALLING}),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """The flags of `helm list`. No `states` means the flavour's default."""

    name_filter: str = ""
    states: frozenset[str] = frozenset()
    label_selector: str = ""
    by_date: bool = False
    reverse: bool = False
    limit: int = 256
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What `helm get metadata` shows of a record."""

    name: str
    chart: str
    version: str
    app_version: str
    annotations: Mapping[str, str]
    labels: Mapping[str, str]
    dependencies: tuple[JsonObject, ...]
    namespace: str
    revision: int
    status: str
    deployed_at: str
    apply_method: str = ""


def select(context: Context, selection: Selection) -> list[Release]:
    """Name filter, latest revision of each release, state, labels, order, window: in Helm's order of steps."""
    try:
        pattern = regexes.compile(selection.name_filter) if selection.name_filter else None
    except regexes.RegexError as error:
        raise InvalidOption(str(error)) from error
    found = [each for each in _everything(context) if pattern is None or pattern.search(each.name)]
    states = selection.states or (EVERY_STATE if context.rules.list_pending else frozenset({DEPLOYED, FAILED}))
    if states != frozenset({SUPERSEDED}):
        latest: dict[tuple[str, str], Release] = {}
        for each in found:
            kept = latest.get((each.namespace, each.name))
            if kept is None or each.version > kept.version:
                latest[each.namespace, each.name] = each
        found = list(latest.values())
    found = [each for each in found if each.status in states]
    if selection.label_selector:
        try:
            wanted = selectors.parse_labels(selection.label_selector)
        except selectors.SelectorError as error:
            raise InvalidOption(str(error)) from error
        found = [each for each in found if wanted.matches(each.labels)]
    return _window(_sorted(found, selection), selection)


def _everything(context: Context) -> list[Release]:
    try:
        return context.history.driver.list_all()
    except ReleaseNotFound:
        return []


def _sorted(found: list[Release], selection: Selection) -> list[Release]:
    if selection.by_date:

        def when(release: Release) -> tuple[int, str]:
            moment = times.parse(release.info.last_deployed)
            return (int(moment.timestamp()) if moment else 0, release.name)

        return sorted(found, key=when, reverse=selection.reverse)
    return sorted(found, key=lambda each: each.name.encode(), reverse=selection.reverse)


def _window(found: list[Release], selection: Selection) -> list[Release]:
    if selection.offset >= len(found):
        return []
    end = selection.offset + selection.limit if selection.limit > 0 else None
    return found[selection.offset : end]


def metadata(release: Release, flavour: Flavour) -> Metadata:
    """The fields, as both the table and the JSON of `get metadata` need them."""
    chart = release.chart_metadata
    method = ""
    if flavour == HELM4:
        words = {"": "client-side apply (defaulted)", CLIENT_SIDE: "client-side apply", SERVER_SIDE: "server-side apply"}
        method = words.get(release.apply_method, f'unknown ("{release.apply_method}")')
    return Metadata(
        name=release.name,
        chart=chart.get("name") or "",
        version=chart.get("version") or "",
        app_version=chart.get("appVersion") or "",
        annotations=chart.get("annotations") or {},
        labels=release.labels,
        dependencies=tuple(chart.get("dependencies") or ()),
        namespace=release.namespace,
        revision=release.version,
        status=release.status,
        deployed_at=release.info.last_deployed,
        apply_method=method,
    )


@dataclass(slots=True)
class _Related:
    """Pods of workloads, a list of the server's for each selector, each asked once."""

    seen: list[Mapping[str, str]] = field(default_factory=list)
    lists: list[JsonObject] = field(default_factory=list)


def resources(context: Context, release: Release, accept: str = "") -> dict[str, list[JsonObject]]:
    """Live objects by `version/Kind`; what cannot be read is left out. Raise `BuildFailed` for a manifest that cannot be built.

    Pods are asked for by the selectors of the manifest, not of the live objects, and stand as the server's lists. `accept` asks for
    another form of every answer, which stands in the object's place.
    """
    found: dict[str, list[JsonObject]] = {}
    related = _Related()
    for each in build(context.client, release.manifest, context.namespace):
        try:
            live = context.client.request("GET", each.resource.path(each.namespace, each.name), accept=accept).json()
            found.setdefault(f"{each.resource.gvk.version}/{each.kind}", []).append(live)
            _relate(context, each, related, accept)
        except ApiError:
            continue
    if related.lists:
        found["v1/Pod(related)"] = related.lists
    return found


def _relate(context: Context, each: Built, related: _Related, accept: str) -> None:
    selector = (each.object.get("spec") or {}).get("selector") or {}
    if each.kind in ("ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job"):
        selector = selector.get("matchLabels")
    elif each.kind != "ReplicationController":
        return
    if not selector or selector in related.seen:
        return
    related.seen.append(selector)
    text = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    path = context.client.resource_for(PODS).path(each.namespace)
    found = context.client.request("GET", path, query={"labelSelector": text}, accept=accept).json()
    if "items" in found:
        head = {"apiVersion": PODS.api_version, "kind": PODS.kind}
        found = {**found, "items": [{**head, **pod} for pod in found["items"] or ()]}
    related.lists.append(found)
