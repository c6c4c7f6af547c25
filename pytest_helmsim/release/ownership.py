"""Whose is an object: the label and two annotations that say it, and the check before touching what exists.

Source: helm.sh/helm/v4 pkg/action/validate.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pytest_helmsim.objects import meta
from pytest_helmsim.objects.json import Json, JsonObject
from pytest_helmsim.objects.status import ApiError, NotFound
from pytest_helmsim.release.build import Built
from pytest_helmsim.release.context import Context
from pytest_helmsim.release.errors import OwnershipConflict

MANAGED_BY = "app.kubernetes.io/managed-by"
HELM = "Helm"
RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"


def claim(objects: Iterable[Built], name: str, namespace: str) -> list[Built]:
    """The objects with the release's metadata, over whatever stood there."""
    annotations = {RELEASE_NAME: name, RELEASE_NAMESPACE: namespace}
    marked = ((each, meta.with_labels(_readable(each.object), {MANAGED_BY: HELM})) for each in objects)
    return [each.holding(meta.with_annotations(obj, annotations)) for each, obj in marked]


def _readable(obj: JsonObject) -> JsonObject:
    """Without labels or annotations that are no strings throughout (items of a List may have them): Go reads them as none."""
    found = meta.metadata(obj)
    odd = {key: None for key in ("labels", "annotations") if key in found and not _is_text(found[key])}
    return meta.with_metadata(obj, **odd) if odd else obj


def _is_text(value: Json) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def problems(obj: JsonObject, name: str, namespace: str) -> list[str]:
    """Why an object is not the release's; nothing when it is."""
    wanted = (
        ("label", meta.labels(obj), MANAGED_BY, HELM),
        ("annotation", meta.annotations(obj), RELEASE_NAME, name),
        ("annotation", meta.annotations(obj), RELEASE_NAMESPACE, namespace),
    )
    return [f"{what} validation error: {why}" for what, found, key, value in wanted if (why := _mismatch(found, key, value))]


def _mismatch(found: Mapping[str, str], key: str, value: str) -> str:
    if key not in found:
        return f'missing key "{key}": must be set to "{value}"'
    if found[key] != value:
        return f'key "{key}" must equal "{value}": current value is "{found[key]}"'
    return ""


def adoptable(context: Context, objects: Iterable[Built], name: str, namespace: str) -> list[Built]:
    """Those that exist and are the release's; raise `OwnershipConflict` at the first that exists and is not."""

    def check(each: Built, live: JsonObject) -> None:
        found = problems(live, name, namespace)
        if found:
            text = "exists and cannot be imported into the current release: invalid ownership metadata; "
            raise OwnershipConflict(f"{each} {text}{'; '.join(found)}")

    return _existing(context, objects, check)


def existing(context: Context, objects: Iterable[Built]) -> list[Built]:
    """Those that exist, whoever owns them."""
    return _existing(context, objects, lambda each, live: None)


def _existing(context: Context, objects: Iterable[Built], check: Callable[[Built, JsonObject], None]) -> list[Built]:
    found = []
    for each in objects:
        generated = bool(meta.metadata(each.object).get("generateName"))
        if generated and context.rules.skip_generated_names:
            if each.name:
                raise OwnershipConflict("metadata.name and metadata.generateName cannot both be set")
            continue
        try:
            live = read(context, each)
        except NotFound:
            continue
        except (ApiError, OwnershipConflict) as error:
            raise OwnershipConflict(f"could not get information about the resource {each}: {error}") from error
        check(each, live)
        found.append(each)
    return found


def read(context: Context, each: Built) -> JsonObject:
    """GET of an object's place; an object without name has none."""
    if not each.name:
        raise OwnershipConflict("resource name may not be empty")
    return context.client.get(each.resource, each.name, each.namespace)
