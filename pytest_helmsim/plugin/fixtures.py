"""The fixtures: a few lines each around objects that work without pytest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from pytest_helmsim.plugin.options import settings, value

if TYPE_CHECKING:
    from pytest_helmsim.backends.base import Source
    from pytest_helmsim.harness.cluster import Cluster
    from pytest_helmsim.harness.releases import Release, Releases
    from pytest_helmsim.release.profiles import Profile


@pytest.fixture(scope="session")
def helmsim_session(pytestconfig: pytest.Config) -> Iterator[Source]:
    """Where this session's clusters come from; opened by the first test that asks for a cluster."""
    from pytest_helmsim.backends import base

    with base.open_source(settings(pytestconfig)) as source:
        yield source


@pytest.fixture
def helmsim_cluster(request: pytest.FixtureRequest, helmsim_session: Source) -> Iterator[Cluster]:
    """A fresh, isolated cluster: a fork of the session's on the embedded one, a namespace of its own elsewhere."""
    from pytest_helmsim.harness.cluster import Cluster

    marked = mark_settings(request.node)
    with helmsim_session.isolate(
        name_of_test(request.node), kubernetes=marked.get("kubernetes"), controllers=marked.get("controllers")
    ) as backend:
        made = Cluster(backend, profile=profile_of(request.config, marked))
        made.require(*marked.get("needs", ()))
        request.node.stash[_clusters] = made
        yield made


@pytest.fixture
def helmsim_releases(request: pytest.FixtureRequest, helmsim_cluster: Cluster) -> Releases:
    """Make several releases: `releases("blue")`, `releases("green", namespace="other")`."""
    from pytest_helmsim.harness.releases import Releases

    return Releases(helmsim_cluster, chart_folders=(request.path.parent, request.config.rootpath))


@pytest.fixture
def helmsim_release(request: pytest.FixtureRequest, helmsim_releases: Releases) -> Release:
    """A release named after the test."""
    return helmsim_releases(name_of_test(request.node))


@pytest.fixture
def cluster(helmsim_cluster: Cluster) -> Cluster:
    """Short for `helmsim_cluster`."""
    return helmsim_cluster


@pytest.fixture
def release(helmsim_release: Release) -> Release:
    """Short for `helmsim_release`."""
    return helmsim_release


@pytest.fixture
def releases(helmsim_releases: Releases) -> Releases:
    """Short for `helmsim_releases`."""
    return helmsim_releases


_clusters = pytest.StashKey["Cluster"]()


def cluster_of(item: pytest.Item) -> Cluster | None:
    """The cluster that a test was given, if any."""
    return item.stash.get(_clusters, None)


def profile_of(config: pytest.Config, marked: Mapping[str, Any]) -> Profile:
    """Who deploys: the mark's `profile` or `helm`, else the option `profile`, else the option `helm`."""
    if marked.get("profile"):
        return marked["profile"]  # type: ignore[no-any-return]
    if not marked.get("helm") and (chosen := value(config, "profile")):
        return chosen  # type: ignore[no-any-return]
    return "helm3" if str(marked.get("helm") or value(config, "helm")) == "3" else "helm4"


def mark_settings(item: pytest.Item) -> dict[str, Any]:
    """Keywords of all `helmsim(...)` marks, the nearest mark winning; unknown ones are a usage error."""
    result: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("helmsim"))):
        unknown = set(mark.kwargs) - {"helm", "profile", "kubernetes", "controllers", "needs"}
        if unknown or mark.args:
            found = ", ".join([*map(repr, mark.args), *sorted(unknown)])
            takes = "helm, profile, kubernetes, controllers, needs"
            raise pytest.UsageError(f"{item.nodeid}: mark helmsim does not know {found}; it takes {takes}")
        result.update(mark.kwargs)
    if str(result.get("helm", "4")) not in ("3", "4"):
        raise pytest.UsageError(f"{item.nodeid}: mark helmsim(helm={result['helm']!r}): Helm 3 or 4 is known")
    if result.get("profile") not in (None, "helm3", "helm4", "argocd", "flux"):
        raise pytest.UsageError(f"{item.nodeid}: mark helmsim(profile={result['profile']!r}): helm3, helm4, argocd, flux are known")
    return result


def name_of_test(item: pytest.Item, limit: int = 30) -> str:
    """`test_keeps_sidecar[a b]` -> `keeps-sidecar-a-b`: a release name; a long one is cut and ends in a hash."""
    text = re.sub(r"[^a-z0-9]+", "-", item.name.lower().removeprefix("test")).strip("-") or "test"
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(item.nodeid.encode()).hexdigest()[:6]
    return f"{text[: limit - 7].rstrip('-')}-{digest}"
