"""A chart version that cannot be upgraded to: a StatefulSet's volume claims are immutable."""

import pytest

from pytest_helmsim import UpgradeFailed


def test_a_bigger_volume_is_refused_and_the_release_says_so(release):
    release.install("charts/store-1.0.0")

    with pytest.raises(UpgradeFailed, match="updates to statefulset spec for fields other than"):
        release.upgrade("charts/store-2.0.0")

    assert release.live("StatefulSet/store")["spec.template.spec.containers[store].image"] == "store:1.0.0"
    assert release.history.statuses == {1: "deployed", 2: "failed"}


def test_the_fixed_version_upgrades_over_the_failed_one(release):
    release.install("charts/store-1.0.0")
    with pytest.raises(UpgradeFailed):
        release.upgrade("charts/store-2.0.0")

    upgrade = release.upgrade("charts/store-2.1.0")

    assert upgrade["StatefulSet/store"].field("spec.template.spec.containers[store].image").verdict == "changed"
    assert release.history.statuses == {1: "superseded", 2: "failed", 3: "deployed"}


@pytest.mark.helmsim(needs=["virtual clock"])
def test_volumes_outlive_the_release(release, cluster):
    release.install("charts/store-1.0.0", wait=True)
    release.uninstall(wait=True)
    cluster.advance(60)
    assert cluster.live("PersistentVolumeClaim/data-store-0").exists
    assert not cluster.live("Pod/store-0").exists
