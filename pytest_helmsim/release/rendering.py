"""From a chart and values to what a release stores: what the cluster can do, `lookup`, the chart's rendering, hooks as records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_helmsim.chart import dns, manifests, model, render
from pytest_helmsim.chart.capabilities import Capabilities, KubeVersion
from pytest_helmsim.client.doors import Unreachable
from pytest_helmsim.client.resources import NoKindMatch
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.objects.status import ApiError, NotFound
from pytest_helmsim.release import post_render
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import ClusterUnreachable, InvalidOption
from pytest_helmsim.release.model import SYSTEM_LABELS, HookRecord
from pytest_helmsim.release.options import _Rendering
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.values import Int64


@dataclass(frozen=True, slots=True)
class Rendering:
    """The parts of a release that come from templates."""

    manifest: str
    hooks: tuple[HookRecord, ...]
    notes: str


def capabilities(context: Context) -> Capabilities:
    """Version, group versions and kinds of the cluster, looked up once per client."""
    client = context.client
    try:
        version = client.version()
    except ApiError as error:
        raise ClusterUnreachable(f"could not get server version from Kubernetes: {error}") from error
    try:
        found = client.resources.discover()
    except ApiError as error:
        words = "could not get apiVersions from Kubernetes: "
        raise ClusterUnreachable(f"{words}{words}{error}") from error
    git = version.get("gitVersion") or ""
    return Capabilities(
        KubeVersion(git, git, version.get("major") or "", version.get("minor") or ""),
        tuple(sorted({*found.group_versions, *found.kinds})),
        context.rules.flavour,
    )


def prepare(
    context: Context,
    chart: model.Chart,
    values: JsonObject,
    release: render.ReleaseInfo,
    options: _Rendering,
    known: Capabilities,
    *,
    before: Callable[[], None] | None = None,
) -> Rendering:
    """Render a chart whose dependencies are processed; errors are the chart's own. `before` may refuse once the values are checked."""

    def begin() -> render.Lookup | None:
        if before is not None:
            before()
        return None if options.dry_run == "client" else lookup(context)

    rendered = render.render(
        chart,
        values,
        release=release,
        capabilities=known,
        begin=begin,
        flavour=context.rules.flavour,
        subchart_notes=options.subchart_notes,
        skip_schema_validation=options.skip_schema_validation,
        functions=dns.FUNCTIONS if options.enable_dns else None,
    )
    if options.post_renderer is not None:
        text, hooks = post_render.run(rendered, options.post_renderer, context.rules.flavour, hide_secrets=options.hide_secret)
        return Rendering(text, hook_records(hooks), rendered.notes)
    text = manifests.join(rendered.manifests, hide_secrets=options.hide_secret)
    return Rendering(text, hook_records(rendered.hooks), rendered.notes)


def hook_records(hooks: Sequence[manifests.Hook]) -> tuple[HookRecord, ...]:
    """Rendered hooks as a release holds them, not yet run."""
    return tuple(
        HookRecord(
            name=hook.name,
            kind=hook.kind,
            path=hook.path,
            manifest=hook.manifest,
            events=hook.events,
            weight=hook.weight,
            delete_policies=hook.delete_policies,
            output_log_policies=hook.output_log_policies,
        )
        for hook in hooks
    )


def check_labels(options: _Rendering) -> None:
    """Raise `InvalidOption` for a label that the storage uses itself."""
    if set(options.labels) & set(SYSTEM_LABELS):
        system = " ".join(SYSTEM_LABELS)
        raise InvalidOption(f"user supplied labels contains system reserved label name. System labels: [{system}]")


def check_hide_secret(context: Context, options: _Rendering) -> None:
    """Raise `InvalidOption` where secrets are hidden from a real run."""
    if options.hide_secret and options.dry_run == "none":
        raise InvalidOption(context.rules.hide_secret)


def lookup(context: Context) -> render.Lookup:
    """The template function over a cluster."""
    client = context.client

    def look(api_version: str, kind: str, namespace: str, name: str) -> JsonObject:
        gvk = GroupVersionKind.of(api_version, kind)
        try:
            resource = client.resource_for(gvk)
        except NoKindMatch as error:
            if client.resources.serves(api_version):
                return {}
            why = f"unable to get apiresource from unstructured: {gvk}: the server could not find the requested resource"
            raise FunctionError(why) from error
        except Unreachable as error:
            where = f'{error.method.capitalize()} "{error.url}?timeout=32s": {error.why}'
            raise FunctionError(f"unable to get apiresource from unstructured: {gvk}: {where}") from error
        except ApiError as error:
            raise FunctionError(f"unable to get apiresource from unstructured: {gvk}: {error}") from error
        try:
            place = namespace if resource.namespaced else ""
            if name:
                return _as_go(client.get(resource, name, place))  # type: ignore[no-any-return]
            return _as_go(client.request("GET", resource.path(place)).json())  # type: ignore[no-any-return]
        except NotFound:
            return {}
        except ApiError as error:
            raise FunctionError(str(error)) from error

    return look


def _as_go(value: Json) -> Json:
    """An unstructured object: whole numbers are int64."""
    if isinstance(value, dict):
        return {key: _as_go(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_go(item) for item in value]
    if type(value) is int:
        return Int64(value)
    return value
