"""Snapshots, forks and moves of a whole cluster, as a test author uses them."""

import pytest

from pytest_helmsim import ReleaseError, Releases
from pytest_helmsim.backends.base import BackendError, ClusterCannot
from pytest_helmsim.harness.cluster import Cluster

MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: "{{ .Values.colour }}"\n'
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: server, image: "web:{{ .Values.colour }}"}]}
"""
FLOW = """
apiVersion: flowcontrol.apiserver.k8s.io/{{ .Values.version }}
kind: FlowSchema
metadata: {name: quiet}
spec: {priorityLevelConfiguration: {name: exempt}, matchingPrecedence: 500}
"""


def test_restore_brings_back_objects_and_records(world, chart):
    release = world("r")
    release.install(chart(**{"templates/a.yaml": MAP, "templates/b.yaml": WEB}))
    before = world.cluster.snapshot()
    release.upgrade(chart(), values={"colour": "red"})
    release.live("Deployment/web").delete()

    world.cluster.restore(before)

    assert release.history.statuses == {1: "deployed"}
    assert release.live("ConfigMap/settings")["data.colour"] == "blue"
    release.upgrade(chart(), values={"colour": "green"}, wait=True)
    assert release.live("Deployment/web")["status.readyReplicas"] == 1


def test_forks_go_their_own_ways(world, chart):
    release = world("r")
    path = chart(**{"templates/a.yaml": MAP})
    release.install(path)
    twin = world.cluster.fork()

    release.on(twin).upgrade(path, values={"colour": "red"})

    assert (twin.flavour, twin.namespace) == (world.cluster.flavour, world.cluster.namespace)
    assert twin.live("ConfigMap/settings")["data.colour"] == "red"
    assert Releases(twin)("r").history.statuses == {1: "superseded", 2: "deployed"}
    assert release.live("ConfigMap/settings")["data.colour"] == "blue"
    assert release.history.statuses == {1: "deployed"}


def test_a_fork_in_the_middle_of_a_rollout_finishes_it_in_its_own_time(world, chart):
    release = world("r")
    release.install(chart(**{"templates/b.yaml": WEB}))
    twin = world.cluster.fork()
    assert twin.live("Deployment/web").get("status.readyReplicas") is None
    twin.advance(60)
    assert twin.live("Deployment/web")["status.readyReplicas"] == 1
    assert release.live("Deployment/web").get("status.readyReplicas") is None


def test_what_a_fork_accepts_unchecked_is_noted_in_the_first(world):
    twin = world.cluster.fork()
    twin._backend.server.note("something")
    assert world.cluster.notes == ["something"]


def test_an_api_that_the_next_kubernetes_lacks_blocks_the_upgrade(source, chart):
    path = chart(**{"templates/a.yaml": FLOW})
    with source.isolate("move", kubernetes="1.31") as backend:
        cluster = Cluster(backend)
        release = Releases(cluster)("r")
        release.install(path, values={"version": "v1beta3"})

        cluster.move_to("1.32")

        assert cluster.live("FlowSchema/quiet")["spec.matchingPrecedence"] == 500
        with pytest.raises(
            ReleaseError,
            match='current release manifest: .*no matches for kind "FlowSchema" in version "flowcontrol.apiserver.k8s.io/v1beta3"',
        ):
            release.upgrade(path, values={"version": "v1"})
        with pytest.raises(BackendError, match=r"1\.99"):
            cluster.move_to("1.99")


def test_a_real_cluster_has_no_snapshots(world):
    class Real:
        name, server = "kind", None

    for use in (Cluster.snapshot, Cluster.fork, lambda cluster: cluster.restore(None), lambda cluster: cluster.move_to("1.37")):
        with pytest.raises(ClusterCannot, match="the cluster `kind` has no"):
            use(Cluster(Real()))
