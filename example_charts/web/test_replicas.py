"""Replicas: scaled by hand, rolled back, and handed over to an autoscaler."""

import pytest

from pytest_helmsim import UpgradeFailed


def test_rollback_restores_replicas(release):
    release.install("charts/web", values={"replicaCount": 3})
    release.live("Deployment/web").scale(0)  # as `kubectl scale` does it: scale subresource, its own manager
    rollback = release.rollback(1)
    assert rollback["Deployment/web"].field("spec.replicas").verdict == "converged"
    assert release.live("Deployment/web")["spec.replicas"] == 3


@pytest.mark.helmsim(helm="3")
def test_helm_3_takes_back_what_an_autoscaler_set(release):
    release.install("charts/web", values={"replicaCount": 3})
    release.live("Deployment/web").scale(5)

    upgrade = release.upgrade("charts/web", values={"replicaCount": 3, "greeting": "hi"})

    assert upgrade["Deployment/web"].field("spec.replicas").verdict == "converged"
    assert release.live("Deployment/web")["spec.replicas"] == 3


@pytest.mark.helmsim(helm="4")
def test_helm_4_stops_where_somebody_else_owns_the_replicas(release):
    release.install("charts/web", values={"replicaCount": 3})
    release.live("Deployment/web").scale(5)

    with pytest.raises(UpgradeFailed, match=r'conflict with "kubectl" with subresource "scale" using apps/v1: \.spec\.replicas') as failure:
        release.upgrade("charts/web", values={"replicaCount": 3, "greeting": "hi"})

    assert failure.value.outcome["Deployment/web"].field("spec.replicas").verdict == "conflict"
    assert release.live("Deployment/web")["spec.replicas"] == 5
    assert release.history.statuses == {1: "deployed", 2: "failed"}

    forced = release.upgrade("charts/web", values={"replicaCount": 3, "greeting": "hi"}, force_conflicts=True)
    assert forced["Deployment/web"].field("spec.replicas").verdict == "converged"


def test_a_chart_that_stops_declaring_replicas_falls_to_the_default_once(release):
    release.install("charts/web", values={"replicaCount": 3})

    upgrade = release.upgrade("charts/web-2.0.0")

    assert upgrade["Deployment/web"].field("spec.replicas").verdict == "removed"
    assert release.live("Deployment/web")["spec.replicas"] == 1

    release.live("Deployment/web").scale(4)  # from here on the number belongs to the autoscaler
    release.upgrade("charts/web-2.0.0", values={"greeting": "hi"})
    assert release.live("Deployment/web")["spec.replicas"] == 4
