"""The same drift under every deployer: what does an upgrade make of replicas that somebody scaled, and of a sidecar?"""

import pytest

from pytest_helmsim import UpgradeFailed

MARKS = {name: pytest.mark.helmsim(profile=name) for name in ("helm3", "helm4", "argocd")}
MARKS["flux"] = pytest.mark.helmsim(profile="flux", needs=["scripted images"])  # it waits until the pods are ready
ALL = [pytest.param(name, marks=mark) for name, mark in MARKS.items()]
CONTROLLERS = [pytest.param(name, marks=MARKS[name]) for name in ("argocd", "flux")]
VALUES = {"replicaCount": 3, "greeting": "hi"}


@pytest.mark.parametrize("deployer", ALL)
def test_an_upgrade_over_scaled_replicas(release, deployer):
    release.install("charts/web", values={"replicaCount": 3})
    release.live("Deployment/web").scale(5)

    if deployer == "helm4":  # stops, and leaves it to a human
        with pytest.raises(UpgradeFailed, match="conflict"):
            release.upgrade("charts/web", values=VALUES)
        assert release.live("Deployment/web")["spec.replicas"] == 5
        return
    upgrade = release.upgrade("charts/web", values=VALUES)  # all others take the number back
    assert upgrade["Deployment/web"].field("spec.replicas").verdict == "converged"
    assert release.live("Deployment/web")["spec.replicas"] == 3


@pytest.mark.parametrize("deployer", ALL)
def test_a_sidecar_survives_every_deployer(release, deployer):
    release.install("charts/web")
    release.live("Deployment/web").inject_container("mesh", image="mesh:1.0.0")

    upgrade = release.upgrade("charts/web", values={"greeting": "hi"})

    assert upgrade["Deployment/web"].field("spec.template.spec.containers[mesh]").verdict == "kept"
    assert upgrade.lost == []


@pytest.mark.parametrize("deployer", CONTROLLERS)
def test_between_releases_drift_stays_until_it_is_to_be_corrected(release, deployer):
    release.install("charts/web", values={"replicaCount": 3})
    release.live("Deployment/web").scale(5)
    release.reconcile()
    assert release.live("Deployment/web")["spec.replicas"] == 5  # the default of both

    if deployer == "argocd":
        release.engine.self_heal = True
    else:
        release.engine.drift_detection = "enabled"
    assert release.reconcile() == ["Deployment/web"]
    assert release.live("Deployment/web")["spec.replicas"] == 3
    assert release.reconcile() == []


@pytest.mark.helmsim(profile="argocd")
def test_argo_cd_writes_no_helm_records_and_one_annotation_of_its_own(release, cluster):
    release.install("charts/web")
    web = release.live("Deployment/web")
    assert "kubectl.kubernetes.io/last-applied-configuration" in web["metadata.annotations"]
    assert [each["metadata"]["name"] for each in cluster.client.list("Secret", cluster.namespace)] == []
    assert release.history.statuses == {1: "deployed"}
